//! The door to the network: plain on loopback only, else TLS; slow and too many callers are bounded; it closes cleanly.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

/// How long a caller may take to say what it wants.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a caller may take for the TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way are waited for at the end.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(20);
/// One address may hold this part of all connections, so that nobody shuts the door for the others alone.
const PART_OF_ONE: usize = 4;
/// But so many in any case: a whole office or estate may sit behind one address.
const LEAST_OF_ONE: usize = 64;
/// Largest head of a request, bytes.
const MAX_HEAD: usize = 32 * 1024;

/// How the door is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Certificate chain and key, PEM files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// A proxy in front speaks TLS for us: plain HTTP is then allowed beyond loopback.
    pub behind_proxy: bool,
    /// Connections at a time; more wait in the system's queue.
    pub max_connections: usize,
}

/// Why the door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Passwords would travel readable.
    #[error("refusing plain HTTP on {0}: give --tls-cert and --tls-key, or say --behind-proxy if a proxy in front speaks TLS")]
    PlainBeyondLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// A certificate or key cannot be read.
    #[error("cannot read {0}")]
    Pem(PathBuf, #[source] rustls::pki_types::pem::Error),
    /// There is no certificate in the file.
    #[error("no certificate in {0}")]
    NoCertificate(PathBuf),
    /// Certificate and key do not go together.
    #[error("certificate and key cannot be used")]
    Tls(#[from] rustls::Error),
}

/// An open door, not yet answering.
pub struct Listening {
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    places: usize,
    /// A proxy stands in front: all connections are its own.
    behind_proxy: bool,
    address: SocketAddr,
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listening").field("address", &self.address).field("tls", &self.acceptor.is_some()).finish_non_exhaustive()
    }
}

/// Opens the door.
///
/// # Errors
/// See [`ServeError`].
pub async fn listen(door: &Door) -> Result<Listening, ServeError> {
    if door.tls.is_none() && !door.behind_proxy && !door.listen.ip().is_loopback() {
        return Err(ServeError::PlainBeyondLoopback(door.listen));
    }
    let acceptor = door.tls.as_ref().map(|(certificate, key)| tls_acceptor(certificate, key)).transpose()?;
    let failed = |error| ServeError::Listen(door.listen, error);
    let listener = TcpListener::bind(door.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Listening { listener, acceptor, places: door.max_connections.max(1), behind_proxy: door.behind_proxy, address })
}

fn tls_acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, ServeError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |error| ServeError::Pem(path.clone(), error)
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(certificate))?;
    if chain.is_empty() {
        return Err(ServeError::NoCertificate(certificate.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Listening {
    /// The address that is listened on, with the port the system chose when 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is done, then lets requests under way finish (20 s at most). Close [`crate::live::Live`] with `stop`:
    /// its streams have no end of their own.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(self.places));
        let callers = Callers::default();
        let of_one = if self.behind_proxy { usize::MAX } else { (self.places / PART_OF_ONE).max(LEAST_OF_ONE) };
        let graceful = GracefulShutdown::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            let Ok((stream, peer)) = accepted else {
                // Out of file handles, or the caller is gone already: breathe, go on.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let Some(line) = callers.answer(peer.ip(), of_one) else {
                tracing::debug!(%peer, "too many connections of one address");
                continue;
            };
            let (router, acceptor, watcher) = (router.clone(), self.acceptor.clone(), graceful.watcher());
            tokio::spawn(async move {
                converse(stream, peer, acceptor, router, watcher).await;
                drop((place, line));
            });
        }
        drop(self.listener);
        if tokio::time::timeout(LEAVE_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

/// How many connections each address has.
#[derive(Debug, Clone, Default)]
struct Callers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address, given back when it is dropped.
struct CallLine {
    callers: Callers,
    address: IpAddr,
}

impl Callers {
    /// `None` when the address has as many connections as one may.
    fn answer(&self, ip: IpAddr, most: usize) -> Option<CallLine> {
        let address = crate::rate::address(ip);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = all.entry(address).or_default();
        if *lines >= most {
            return None;
        }
        *lines += 1;
        Some(CallLine { callers: self.clone(), address })
    }
}

impl Drop for CallLine {
    fn drop(&mut self) {
        let mut all = self.callers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = all.get_mut(&self.address) {
            *lines = lines.saturating_sub(1);
            if *lines == 0 {
                all.remove(&self.address);
            }
        }
    }
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Small answers should not wait for company.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(axum::body::Body::new))
    });
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_HEAD);
    let outcome = match acceptor {
        None => watcher.watch(protocol.serve_connection(TokioIo::new(stream), service)).await,
        Some(acceptor) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => watcher.watch(protocol.serve_connection(TokioIo::new(stream), service)).await,
            Ok(Err(error)) => return tracing::debug!(%peer, %error, "no TLS handshake"),
            Err(_) => return tracing::debug!(%peer, "TLS handshake too slow"),
        },
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_part_and_no_more() {
        let callers = Callers::default();
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let held = (callers.answer(one, 2).unwrap(), callers.answer(one, 2).unwrap());
        assert!(callers.answer(one, 2).is_none());
        assert!(callers.answer(other, 2).is_some());
        drop(held.0);
        assert!(callers.answer(one, 2).is_some(), "a connection that ended counts no more");
        drop(held.1);
        assert!(callers.0.lock().unwrap().is_empty(), "nothing is forgotten");
    }
}
