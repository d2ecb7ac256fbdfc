//! A small client: one connection for each question, so that a server which hangs on one is not asked the next on the same line.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes of an answer that are read; a thousand requests are about one.
const LARGEST: usize = 32 << 20;

/// Why a server cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Not an address.
    #[error("{0} is no address; it looks like http://localhost:8311/open311/v2")]
    Address(String),
    /// Certificates that cannot be read.
    #[error("the certificates in {0} cannot be read: {1}")]
    Certificates(String, String),
    /// TLS without certificates to believe.
    #[error("https needs the certificates that this machine believes; name their file (PEM)")]
    NoCertificates,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing came in time.
    #[error("no answer within {0} s")]
    Hangs(u64),
    /// Nobody is there.
    #[error("no connection: {0}")]
    Nobody(String),
    /// The answer broke off, or was no HTTP.
    #[error("the answer broke off: {0}")]
    BrokeOff(String),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Got {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Got {
    /// The content type as it was sent.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
    }
}

/// Asks one endpoint.
pub struct Client {
    base: Uri,
    host: String,
    port: u16,
    tls: Option<TlsConnector>,
    patience: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the endpoint at this address. `believed` is the file of certificates (PEM) for https; answers are waited for as
    /// long as `patience`.
    ///
    /// # Errors
    /// When the address is none or the certificates cannot be read.
    pub fn new(endpoint: &str, believed: Option<&std::path::Path>, patience: Duration) -> Result<Self, TargetError> {
        let wrong = || TargetError::Address(endpoint.to_owned());
        let base: Uri = endpoint.trim_end_matches('/').parse().map_err(|_| wrong())?;
        let host = base.host().ok_or_else(wrong)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let https = match base.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(wrong()),
        };
        let port = base.port_u16().unwrap_or(if https { 443 } else { 80 });
        let tls = https.then(|| connector(believed)).transpose()?;
        Ok(Self { base, host, port, tls, patience })
    }

    /// `GET` of a path under the endpoint.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get(&self, path: &str) -> Result<Got, Failure> {
        self.ask(Method::GET, path, &[]).await
    }

    /// `POST` of a form to a path under the endpoint.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Got, Failure> {
        self.ask(Method::POST, path, fields).await
    }

    async fn ask(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Result<Got, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let below = format!("{}/{path}", self.base.path().trim_end_matches('/'));
        let request = Request::builder()
            .method(&method)
            .uri(below)
            .header(HOST, self.base.authority().map(http::uri::Authority::as_str).unwrap_or_default())
            .header(USER_AGENT, "linli-open311-check");
        let request = if method == Method::POST {
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
        } else {
            request
        };
        let request = request.body(Full::new(Bytes::from(body))).map_err(|e| Failure::BrokeOff(e.to_string()))?;
        let outcome = tokio::time::timeout(self.patience, self.exchange(request)).await;
        outcome.unwrap_or_else(|_| Err(Failure::Hangs(self.patience.as_secs())))
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Got, Failure> {
        let nobody = |e: std::io::Error| Failure::Nobody(e.to_string());
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(nobody)?;
        match &self.tls {
            None => talk(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone()).map_err(|e| Failure::Nobody(e.to_string()))?;
                talk(tls.connect(name, stream).await.map_err(nobody)?, request).await
            }
        }
    }
}

async fn talk<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Got, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broke_off = |e: hyper::Error| Failure::BrokeOff(e.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broke_off)?;
    // Ends by itself when the sender is gone.
    let carried = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(broke_off)?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, LARGEST).collect().await.map_err(|e| Failure::BrokeOff(e.to_string()))?.to_bytes();
    carried.abort();
    Ok(Got { status: head.status.as_u16(), headers: head.headers, body })
}

fn connector(believed: Option<&std::path::Path>) -> Result<TlsConnector, TargetError> {
    let file = believed.ok_or(TargetError::NoCertificates)?;
    let wrong = |why: String| TargetError::Certificates(file.display().to_string(), why);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| wrong(e.to_string()))? {
        // One of a bundle that this version of TLS does not read must not keep the others out.
        let _ = roots.add(certificate.map_err(|e| wrong(e.to_string()))?);
    }
    if roots.is_empty() {
        return Err(wrong("there is none in it".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let client = |address: &str| Client::new(address, None, Duration::from_secs(1));
        let here = client("http://[::1]:8311/open311/v2/").unwrap();
        assert_eq!((here.host.as_str(), here.port, here.base.path()), ("::1", 8311, "/open311/v2"));
        assert_eq!(client("http://city.example/v2").unwrap().port, 80);
        for wrong in ["city.example/v2", "ftp://city.example", "", "http://"] {
            assert!(matches!(client(wrong), Err(TargetError::Address(_))), "{wrong}");
        }
        assert!(matches!(client("https://city.example"), Err(TargetError::NoCertificates)));
    }
}
