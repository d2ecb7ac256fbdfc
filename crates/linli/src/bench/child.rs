//! This program as a child: what is measured is what is shipped, started as anybody starts it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// A program of our own that serves, ended with the measurement.
pub struct Served {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts `linli --data FOLDER HOW --listen 127.0.0.1:0` without rate limits and waits until it says where it answers.
    pub fn start(folder: &Path, how: &str) -> anyhow::Result<Self> {
        Self::start_with(folder, &[how])
    }

    /// As [`Served::start`], with more arguments behind the command.
    pub fn start_with(folder: &Path, how: &[&str]) -> anyhow::Result<Self> {
        let mut child = linli(folder)?
            .args(how)
            .args(["--listen", "127.0.0.1:0"])
            .env("LINLI_UNLIMITED", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let address = loop {
            let line = lines.next().context("the measured program ended")??;
            if let Some(address) = line.strip_prefix("Linli answers at http://") {
                break address.parse()?;
            }
        };
        // Somebody must go on reading, or the program would wait for its output.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, address })
    }

    /// Resident memory now, megabytes (10⁶ bytes).
    pub fn resident_mb(&self) -> anyhow::Result<f64> {
        status_mb(self.child.id(), "VmRSS:")
    }
}

/// What a command of this program took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// From start to end, seconds.
    pub secs: f64,
    /// Most resident memory, megabytes (10⁶ bytes).
    pub peak_mb: f64,
}

/// Runs `linli --data FOLDER ARGS…` to its end. Rows that the file has wrong are no failure of the measurement.
pub fn run(folder: &Path, args: &[&str]) -> anyhow::Result<Took> {
    let begun = Instant::now();
    let mut child = linli(folder)?.args(args).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let mut peak_mb = 0.0_f64;
    let status = loop {
        peak_mb = status_mb(child.id(), "VmHWM:").map_or(peak_mb, |now| now.max(peak_mb));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    ensure!(status.success(), "linli {} ended with {status}", args.join(" "));
    Ok(Took { secs: begun.elapsed().as_secs_f64(), peak_mb })
}

fn linli(folder: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--data").arg(folder).env_remove("LINLI_DATA").env_remove("LINLI_DATABASE_URL");
    Ok(command)
}

/// A line of `/proc/PID/status` that counts kibibytes, in megabytes.
fn status_mb(pid: u32, name: &str) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).context("memory is measured on Linux only")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).context("the program has ended")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1_024.0 / 1_000_000.0)
}
