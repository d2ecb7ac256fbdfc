//! A PostgreSQL server that goes away and comes back: nothing answered is lost, and the program needs no help to go on.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{At, door, get, link_of, postgres_programs, text, try_report, wait_for};

/// A server of our own.
struct Server {
    bin: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Server {
    fn start(folder: &Path) -> Option<Self> {
        let bin = postgres_programs().or_else(|| {
            eprintln!("skipped: no programs of a PostgreSQL server on this machine");
            None
        })?;
        let data = folder.join("pg");
        // Nobody else listens there now; the next test asks the system for another one.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { bin, data, port };
        let made = server.run(
            "initdb",
            &["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"],
            folder,
        );
        if !made {
            eprintln!("skipped: no PostgreSQL server can be made here");
            return None;
        }
        server.up().then_some(server)
    }

    fn run(&self, program: &str, args: &[&str], folder: &Path) -> bool {
        // PostgreSQL refuses to run as root.
        let mut command = if is_root() {
            let mut as_postgres = Command::new("runuser");
            let _ = Command::new("chown").arg("-R").arg("postgres").arg(folder).output();
            as_postgres.args(["-u", "postgres", "--"]).arg(self.bin.join(program));
            as_postgres
        } else {
            Command::new(self.bin.join(program))
        };
        command.arg("--pgdata").arg(&self.data).args(args).stdin(Stdio::null()).stdout(Stdio::null());
        let done = command.stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success())
    }

    fn up(&self) -> bool {
        let log = self.data.join("server.log");
        let options =
            format!("-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={}", self.port, self.data.display());
        self.run("pg_ctl", &["--wait", "--log", &log.to_string_lossy(), "--options", &options, "start"], &self.data)
    }

    fn down(&self) {
        assert!(self.run("pg_ctl", &["--wait", "--mode", "immediate", "stop"], &self.data));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.run("pg_ctl", &["--mode", "immediate", "stop"], &self.data);
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|done| text(&done.stdout).trim() == "0")
}

#[test]
fn a_server_that_restarts_is_survived() {
    let folder = tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir().unwrap();
    let Some(server) = Server::start(folder.path()) else { return };
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", server.port);
    let files = tempfile::tempdir().unwrap();
    let at = At { folder: files.path().join("data"), url: Some(url) };
    at.district();
    let served = at.serve();
    let door = door(&served.address);
    let mut kept = Vec::new();
    // Each round waits until a connection that cannot be had is given up.
    let rounds = if std::env::var_os("LINLI_FULL").is_some() { 4 } else { 1 };
    for round in 0..rounds {
        for n in 0..10 {
            let answer = try_report(&served.address, &door, "楼道灯不亮", &format!("key-{round}-{n:06}")).unwrap();
            assert_eq!(answer.status, 201, "{}", answer.text());
            kept.push(link_of(&answer));
        }
        server.down();
        let key = format!("key-{round}-away");
        let away = try_report(&served.address, &door, "楼道灯不亮", &key).unwrap();
        assert_eq!(away.status, 503, "{}", away.text());
        assert_eq!(away.json()["code"], "db.unavailable");
        assert!(away.header("retry-after").is_some());
        assert_eq!(get(&served.address, "/health").status, 200, "a restart of the program would not help");
        let not_ready = get(&served.address, "/ready");
        assert_eq!(not_ready.status, 503, "{}", not_ready.text());
        assert!(server.up());
        let back = wait_for("the store to be back", || {
            let answer = try_report(&served.address, &door, "楼道灯不亮", &key)?;
            (answer.status == 201).then_some(answer)
        });
        kept.push(link_of(&back));
        wait_for("ready again", || (get(&served.address, "/ready").json()["store"] == "ok").then_some(()));
    }
    for link in &kept {
        assert_eq!(get(&served.address, &format!("/r/{link}")).status, 200, "an answered report is gone");
    }
    drop(served);
    at.check();
}
