//! A small client for other servers: one connection for each question, so that a server which hangs on one is not asked the next on the same
//! line.
//!
//! What always holds here: an answer is waited for no longer than was said and read no further than a limit; the address that was judged is
//! the one that is asked; nothing leads on to another host; whoever is told something is told it once.

pub mod xml;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::Scheme;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes of an answer that are read (20 MB); a thousand requests are about one.
const LARGEST: usize = 20_000_000;
/// Redirections that are followed, within the same host and for questions only.
const REDIRECTS: usize = 3;

/// Which addresses may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Any: whoever runs the command named it.
    Anywhere,
    /// Public ones only: what an administrator keeps for a job must not become a way into the network of the machine (SSRF).
    Public,
}

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
    /// More than is read.
    #[error("the answer is larger than {} MB", LARGEST / 1_000_000)]
    TooLarge,
    /// The address lies in a network that is not to be asked.
    #[error("{0} is a private address; it is asked only when that was allowed")]
    Private(std::net::IpAddr),
    /// It sends to another host.
    #[error("it leads on to {0}, which is another host; name that address instead if it is meant")]
    LedAway(String),
}

impl Failure {
    /// Whether the question cannot have reached the server.
    #[must_use]
    pub const fn never_sent(&self) -> bool {
        matches!(self, Self::Nobody(_) | Self::Private(_))
    }
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
    reach: Reach,
    agent: &'static str,
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
    pub fn new(endpoint: &str, believed: Option<&Path>, patience: Duration) -> Result<Self, TargetError> {
        let wrong = || TargetError::Address(endpoint.to_owned());
        let base: Uri = endpoint.trim_end_matches('/').parse().map_err(|_| wrong())?;
        // A name and a password in the address would be sent to whoever is there, and stand in lists.
        if base.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(wrong());
        }
        let host = base.host().ok_or_else(wrong)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let https = match base.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(wrong()),
        };
        let port = base.port_u16().unwrap_or(if https { 443 } else { 80 });
        let tls = https.then(|| connector(believed)).transpose()?;
        Ok(Self { base, host, port, tls, patience, reach: Reach::Anywhere, agent: "linli" })
    }

    /// The same client, asking only where it may, under another name.
    #[must_use]
    pub fn within(mut self, reach: Reach, agent: &'static str) -> Self {
        (self.reach, self.agent) = (reach, agent);
        self
    }

    /// Whether what is sent can be read on the way.
    #[must_use]
    pub const fn is_open_text(&self) -> bool {
        self.tls.is_none()
    }

    /// `GET` of a path under the endpoint.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn get(&self, path: &str) -> Result<Got, Failure> {
        self.ask(Method::GET, self.below(path), String::new(), None).await
    }

    /// As [`Client::get`], following what leads on within the same host.
    ///
    /// # Errors
    /// When no answer came, or it leads to another host or in a circle.
    pub async fn get_on(&self, path: &str) -> Result<Got, Failure> {
        let mut target = self.below(path);
        for _ in 0..=REDIRECTS {
            let got = self.ask(Method::GET, target, String::new(), None).await?;
            match self.led_to(&got)? {
                None => return Ok(got),
                Some(next) => target = next,
            }
        }
        Err(Failure::BrokeOff(format!("it leads on more than {REDIRECTS} times")))
    }

    /// `POST` of a form to a path under the endpoint. It is sent once, and nothing that leads on is followed.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Got, Failure> {
        self.post_once(path, fields, None).await
    }

    /// As [`Client::post`], with an `Idempotency-Key` by which a server that knows it tells the same form sent again.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn post_once(&self, path: &str, fields: &[(&str, &str)], key: Option<&str>) -> Result<Got, Failure> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, self.below(path), body, key).await
    }

    /// Sends a body, or none, to the endpoint or to a path under it, with headers of the caller's. It is sent once, and nothing that leads on
    /// is followed.
    ///
    /// # Errors
    /// When no answer came.
    pub async fn send(&self, method: Method, path: Option<&str>, headers: HeaderMap, body: String) -> Result<Got, Failure> {
        let whole = || self.base.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        let mut request = Request::builder().method(method).uri(path.map_or_else(whole, |path| self.below(path)));
        if let Some(all) = request.headers_mut() {
            all.extend(headers);
        }
        self.carry(request, body).await
    }

    fn below(&self, path: &str) -> String {
        format!("{}/{path}", self.base.path().trim_end_matches('/'))
    }

    /// Where an answer leads within the same host; `None` when it leads nowhere.
    fn led_to(&self, got: &Got) -> Result<Option<String>, Failure> {
        if !matches!(got.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let Some(to) = got.headers.get(http::header::LOCATION).and_then(|to| to.to_str().ok()) else { return Ok(None) };
        let away = || Failure::LedAway(to.to_owned());
        let next: Uri = to.parse().map_err(|_| away())?;
        let target = next.path_and_query().map(ToString::to_string).ok_or_else(away)?;
        match next.authority() {
            None if target.starts_with('/') && !target.starts_with("//") => Ok(Some(target)),
            Some(authority) if self.base.authority() == Some(authority) && self.base.scheme() == next.scheme() => {
                Ok(Some(target))
            }
            _ => Err(away()),
        }
    }

    async fn ask(&self, method: Method, target: String, body: String, key: Option<&str>) -> Result<Got, Failure> {
        let mut request = Request::builder().method(&method).uri(target);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8");
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.carry(request, body).await
    }

    /// Sends a request that names no host yet, and waits for the answer.
    async fn carry(&self, request: http::request::Builder, body: String) -> Result<Got, Failure> {
        let host = self.base.authority().map(http::uri::Authority::as_str).unwrap_or_default();
        let request = request.header(HOST, host).header(USER_AGENT, self.agent);
        let request = request.body(Full::new(Bytes::from(body))).map_err(|e| Failure::BrokeOff(e.to_string()))?;
        let outcome = tokio::time::timeout(self.patience, self.exchange(request)).await;
        outcome.unwrap_or_else(|_| Err(Failure::Hangs(self.patience.as_secs())))
    }

    /// Whether the host lies where it may be asked, by its addresses at this moment.
    ///
    /// # Errors
    /// `Private` when it does not; `Nobody` and `Hangs` when its addresses cannot be had.
    pub async fn is_allowed(&self) -> Result<(), Failure> {
        let found = tokio::time::timeout(self.patience, self.addresses()).await;
        found.unwrap_or(Err(Failure::Hangs(self.patience.as_secs()))).map(|_| ())
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Got, Failure> {
        let nobody = |e: std::io::Error| Failure::Nobody(e.to_string());
        let stream = TcpStream::connect(self.addresses().await?.as_slice()).await.map_err(nobody)?;
        match &self.tls {
            None => talk(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone()).map_err(|e| Failure::Nobody(e.to_string()))?;
                talk(tls.connect(name, stream).await.map_err(nobody)?, request).await
            }
        }
    }

    /// The addresses of the host, looked up once: the one that was judged is the one that is asked.
    async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found: Vec<SocketAddr> = found.map_err(|e| Failure::Nobody(e.to_string()))?.collect();
        let inside = found.iter().map(SocketAddr::ip).find(|ip| self.reach == Reach::Public && !is_public(*ip));
        inside.map_or(Ok(found), |ip| Err(Failure::Private(ip)))
    }
}

/// Whether an address belongs to the public network: not the machine itself, its own network, or what is set aside (the IANA
/// registries of special-purpose addresses, RFC 6890). IPv4 inside IPv6 counts as what it is.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => {
            let [a, b, .., y, z] = ip.segments();
            let embedded = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
            if let Some(v4) = ip.to_ipv4_mapped() {
                return is_public_v4(v4);
            }
            match (a, b) {
                (0x64, 0xff9b) => is_public_v4(embedded(y, z)),
                (0x2002, high) => is_public_v4(embedded(high, ip.segments().into_iter().nth(2).unwrap_or_default())),
                (0x2001, 0x0db8 | 0) => false,
                // 2000::/3 is all that is given out.
                _ => a & 0xe000 == 0x2000,
            }
        }
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let inside = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_documentation() || ip.is_multicast();
    let set_aside =
        a == 0 || a >= 240 || (a == 100 && b & 0xc0 == 64) || (a == 198 && b & 0xfe == 18) || (a, b, c) == (192, 0, 0);
    !inside && !set_aside
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
    let body = Limited::new(body, LARGEST).collect().await.map_err(|e| match e.downcast_ref::<LengthLimitError>() {
        Some(_) => Failure::TooLarge,
        None => Failure::BrokeOff(e.to_string()),
    })?;
    let body = body.to_bytes();
    carried.abort();
    Ok(Got { status: head.status.as_u16(), headers: head.headers, body })
}

/// Where machines keep the certificates they believe.
const BELIEVED: [&str; 4] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

/// The file of certificates that this machine believes, where there is one.
#[must_use]
pub fn believed_here() -> Option<PathBuf> {
    BELIEVED.iter().map(Path::new).find(|file| file.exists()).map(Path::to_path_buf)
}

fn connector(believed: Option<&Path>) -> Result<TlsConnector, TargetError> {
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
    fn what_is_inside_is_told_from_what_is_public() {
        let public = |ip: &str| is_public(ip.parse().unwrap());
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.1",
            "203.0.113.5",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::7f00:1",
        ] {
            assert!(!public(inside), "{inside}");
        }
        for outside in
            ["114.114.114.114", "8.8.8.8", "100.128.0.1", "172.32.0.1", "2400:3200::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
        {
            assert!(public(outside), "{outside}");
        }
    }

    #[test]
    fn what_leads_on_is_followed_within_the_host_only() {
        let client = Client::new("http://city.example:81/v2", None, Duration::from_secs(1)).unwrap();
        let led = |to: &str| {
            let headers = HeaderMap::from_iter([(http::header::LOCATION, to.parse().unwrap())]);
            client.led_to(&Got { status: 302, headers, body: Bytes::new() })
        };
        assert_eq!(led("/v3/services.json?a=1"), Ok(Some("/v3/services.json?a=1".to_owned())));
        assert_eq!(led("http://city.example:81/x"), Ok(Some("/x".to_owned())));
        for away in
            ["http://city.example/x", "https://city.example:81/x", "http://127.0.0.1/", "//other.example/x", "services.json"]
        {
            assert_eq!(led(away), Err(Failure::LedAway(away.to_owned())), "{away}");
        }
    }

    #[test]
    fn addresses_are_read() {
        let client = |address: &str| Client::new(address, None, Duration::from_secs(1));
        let here = client("http://[::1]:8311/open311/v2/").unwrap();
        assert_eq!((here.host.as_str(), here.port, here.base.path()), ("::1", 8311, "/open311/v2"));
        assert_eq!(client("http://city.example/v2").unwrap().port, 80);
        for wrong in ["city.example/v2", "ftp://city.example", "", "http://", "http://me:secret@city.example"] {
            assert!(matches!(client(wrong), Err(TargetError::Address(_))), "{wrong}");
        }
        assert!(matches!(client("https://city.example"), Err(TargetError::NoCertificates)));
    }
}
