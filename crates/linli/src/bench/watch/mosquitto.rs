//! A broker as it comes from Debian, and somebody who publishes as fast as it takes messages.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use linli_devices::mqtt::codec;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PROGRAM: &str = "/usr/sbin/mosquitto";
/// Messages that the broker has not acknowledged yet, at most.
const ON_THE_WAY: usize = 5_000;
/// Bytes of an acknowledgement.
const ACKNOWLEDGED: usize = 4;

/// A running broker.
pub struct Mosquitto {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Mosquitto {
    /// Starts it on a free port; nothing where it is not installed. As docs/devices.md says, it hands out more than twenty messages at a time.
    pub fn start(folder: &Path) -> anyhow::Result<Option<Self>> {
        if !Path::new(PROGRAM).exists() {
            tracing::warn!("not done: there is no {PROGRAM}");
            return Ok(None);
        }
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let file = folder.join("mosquitto.conf");
        let settings = format!(
            "listener {} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 2000\nmax_queued_messages 0\nset_tcp_nodelay true\n",
            address.port()
        );
        std::fs::write(&file, settings)?;
        let child = Command::new(PROGRAM).arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let broker = Self { child, address };
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(10), "the broker does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(broker))
    }

    /// Publishes these payloads with QoS 1, many on the way at a time; done when the broker has acknowledged all of them.
    pub async fn publish(&self, topic: &str, payloads: impl Iterator<Item = String>) -> anyhow::Result<()> {
        let mut wire = TcpStream::connect(self.address).await?;
        wire.set_nodelay(true)?;
        wire.write_all(&codec::connect("bench-sender", None, 60, true)).await?;
        let mut answer = [0; ACKNOWLEDGED];
        wire.read_exact(&mut answer).await?;
        ensure!(answer == [0x20, 2, 0, 0], "the broker refuses us");
        let (mut from, mut to) = wire.into_split();
        let mut out = Vec::new();
        let window = std::sync::Arc::new(tokio::sync::Semaphore::new(ON_THE_WAY));
        let freed = std::sync::Arc::clone(&window);
        let reading = tokio::spawn(async move {
            let (mut bytes, mut rest) = (vec![0; 64 * 1024], 0);
            while let Ok(read) = from.read(&mut bytes).await
                && read > 0
            {
                rest += read;
                freed.add_permits(rest / ACKNOWLEDGED);
                rest %= ACKNOWLEDGED;
            }
        });
        for (n, payload) in payloads.enumerate() {
            if window.available_permits() == 0 || out.len() > 32 * 1024 {
                to.write_all(&out).await?;
                out.clear();
            }
            window.acquire().await.context("the window is closed")?.forget();
            let id = u16::try_from(n % usize::from(u16::MAX)).unwrap_or(0) + 1;
            out.extend(codec::publish(topic, payload.as_bytes(), Some(id), false));
        }
        to.write_all(&out).await?;
        let all = u32::try_from(ON_THE_WAY)?;
        window.acquire_many(all).await.context("the window is closed")?.forget();
        to.write_all(&codec::LEAVE).await?;
        reading.abort();
        Ok(())
    }
}
