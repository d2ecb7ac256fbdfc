//! A line between the browser and the program that can be cut. The emulation of the browser's tools reaches a page, but not its
//! service worker; a line that is really dead reaches both.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A line on a port of its own. It ends with its owner.
pub struct Wire {
    /// Where the browser must go.
    pub address: SocketAddr,
    up: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Wire {
    /// A line to `to`, not cut.
    ///
    /// # Errors
    /// No port is free.
    pub async fn to(to: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (up, state) = watch::channel(true);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                // When the line is dead, whoever comes is let go at once.
                if *state.borrow() {
                    tokio::spawn(carry(near, to, state.clone()));
                }
            }
        });
        Ok(Self { address, up, task })
    }

    /// Cuts the line: what is under way breaks off, and nothing new gets through.
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Mends it.
    pub fn mend(&self) {
        self.up.send_replace(true);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(mut near: TcpStream, to: SocketAddr, mut state: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(to).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = state.wait_for(|up| !*up) => {}
    }
}
