//! The connection to a broker: subscribe, hear, acknowledge when it is on disk, and come back when it breaks.
//!
//! # Rules
//!
//! | What happens | What is done |
//! |---|---|
//! | A message with QoS 1 | Acknowledged when what is in it is on disk, or when it is dropped and counted. |
//! | It comes again (`DUP`) | Heard again; the ear and the watch know what was said before. |
//! | The watch is shut (a full disk) | Nothing is acknowledged, the connection is ended, and taken up again after a while: the broker keeps what comes. |
//! | The connection breaks | Taken up again after 1 s, then twice as long each time, a minute at most. |
//! | The broker kept messages meanwhile | Those without a time of their own count as of when we were last there; see [`crate::ear`]. |
//! | A device is added or ends | Subscribed to, or no longer, on the same connection. |
//! | A message larger than 256 KiB, or of no device | Passed over, acknowledged. |

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use linli_kernel::Ts;
use linli_rulebook::RuleError;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::TlsConnector;

use super::codec::{self, Broken, Message, Packet};
use super::inbox::Inbox;
use super::topics::Routes;
use crate::devices::Devices;
use crate::door::{Shut, Sign, Verdict};
use crate::ear::{Arrival, Outcome};
use crate::registry::Known;

/// Seconds without a word after which a broker takes us for gone.
const KEEP_ALIVE_SECS: u16 = 30;
/// How long a broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// What came without a pause of this length after we came back was kept by the broker.
const PAUSE: Duration = Duration::from_millis(1_000);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Filters of one packet.
const FILTERS: usize = 500;
/// Most bytes that are read before what is in them is put to disk.
const GULP: usize = 256 * 1024;

/// A connection, plain or under TLS.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}
type Wire = Box<dyn Line>;

/// How the broker is known again (TLS): the name that its certificate must have, and who must have signed it.
#[derive(Clone)]
struct Tls {
    name: ServerName<'static>,
    config: Arc<rustls::ClientConfig>,
}

/// Where the broker is and how to sign in there.
#[derive(Clone)]
pub struct Broker {
    /// Host and port.
    pub address: String,
    /// Our id there; the broker keeps messages for it while we are away. One installation, one id.
    pub id: String,
    /// User and password.
    pub login: Option<(String, String)>,
    tls: Option<Tls>,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker")
            .field("address", &self.address)
            .field("id", &self.id)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// From an address like `mqtt://broker.example:1883`, or `mqtts://broker.example:8883` for TLS; the port may be left out.
    /// `authority` is a PEM file with the certificate that signed the broker's, or is the broker's own. Only that one is believed, not
    /// the hundred that a browser believes.
    ///
    /// # Errors
    /// `Address` for anything else; `NoAuthority` for TLS without one, and for one without TLS; `Authority` when it cannot be used.
    pub fn at(url: &str, id: &str, login: Option<(String, String)>, authority: Option<&Path>) -> Result<Self, BrokerError> {
        let url = url.trim();
        let (secure, rest) = match (url.strip_prefix("mqtts://"), url.strip_prefix("mqtt://")) {
            (Some(rest), _) => (true, rest),
            (None, rest) => (false, rest.unwrap_or_default()),
        };
        let rest = rest.trim_end_matches('/');
        if rest.is_empty() || rest.contains(['/', '@', '?', '#', ' ']) {
            return Err(BrokerError::Address(url.to_owned()));
        }
        let port = rest.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let host = port.map_or(rest, |(host, _)| host);
        let address = match (port, secure) {
            (Some(_), _) => rest.to_owned(),
            (None, true) => format!("{rest}:8883"),
            (None, false) => format!("{rest}:1883"),
        };
        let tls = match (secure, authority) {
            (true, Some(authority)) => Some(Tls::believing(host, authority)?),
            (false, None) => None,
            _ => return Err(BrokerError::NoAuthority),
        };
        Ok(Self { address, id: id.to_owned(), login, tls })
    }

    async fn connect(&self) -> Result<Wire, BrokerError> {
        let wire = TcpStream::connect(&self.address).await?;
        wire.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(wire),
            Some(tls) => Box::new(TlsConnector::from(Arc::clone(&tls.config)).connect(tls.name.clone(), wire).await?),
        })
    }
}

impl Tls {
    fn believing(host: &str, authority: &Path) -> Result<Self, BrokerError> {
        let unusable = |why: String| BrokerError::Authority(authority.to_owned(), why);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(|_| BrokerError::Address(host.to_owned()))?;
        let certificates = CertificateDer::pem_file_iter(authority)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unusable(error.to_string()))?;
        let mut roots = rustls::RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(unusable("no certificate in it".to_owned()));
        }
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { name, config: Arc::new(config) })
    }
}

/// Why a broker cannot be used, for now or at all.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Not an address.
    #[error("{0} is no address of a broker; it looks like mqtt://broker.example:1883 or mqtts://broker.example:8883")]
    Address(String),
    /// TLS without a certificate to believe, or the other way round.
    #[error("a broker at mqtts:// and a certificate that is believed (--mqtt-ca) go together; neither is any good alone")]
    NoAuthority,
    /// The certificate that is to be believed cannot be used.
    #[error("{0} holds no certificate that can be believed: {1}")]
    Authority(PathBuf, String),
    /// It refuses us.
    #[error("the broker refuses the connection (code {0}): 4 and 5 are a wrong user or password")]
    Refused(u8),
    /// It does not answer in time.
    #[error("the broker does not answer")]
    Silent,
    /// It speaks something else.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The connection.
    #[error("the connection to the broker: {0}")]
    Io(#[from] std::io::Error),
    /// The watch takes nothing now.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The registry cannot be read.
    #[error("the registry of devices: {0}")]
    Db(#[from] linli_db::DbError),
    /// No rule counts.
    #[error(transparent)]
    Rules(#[from] RuleError),
}

/// Listens until told to stop. Whatever breaks is taken up again.
pub async fn listen(devices: Arc<Devices>, broker: Broker, mut stopped: watch::Receiver<bool>) {
    let (mut pause, mut away_since) = (FIRST_PAUSE, None);
    loop {
        let mut session = Session { devices: &devices, broker: &broker, last: None, kept_since: None, wrote: 0 };
        let began = Instant::now();
        let outcome = tokio::select! {
            outcome = session.run(away_since) => outcome,
            _ = stopped.wait_for(|stop| *stop) => return,
        };
        away_since = session.last.or(away_since);
        if let Err(error) = outcome {
            tracing::warn!(broker = broker.address, %error, "the broker is taken up again in {} s", pause.as_secs());
        }
        if began.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tokio::select! {
            () = sleep(pause) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

struct Session<'a> {
    devices: &'a Devices,
    broker: &'a Broker,
    /// When we were there last.
    last: Option<Ts>,
    /// While the broker hands over what it kept: since when we were away.
    kept_since: Option<Ts>,
    /// Packets that want an answer get a number each.
    wrote: u16,
}

impl Session<'_> {
    async fn run(&mut self, away_since: Option<Ts>) -> Result<(), BrokerError> {
        let mut wire = timeout(PATIENCE, self.broker.connect()).await.map_err(|_| BrokerError::Silent)??;
        let login = self.broker.login.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
        wire.write_all(&codec::connect(&self.broker.id, login, KEEP_ALIVE_SECS, false)).await?;
        wire.flush().await?;
        let mut inbox = Inbox::of(GULP);
        let session = timeout(PATIENCE, connected(&mut wire, &mut inbox)).await.map_err(|_| BrokerError::Silent)??;
        let came = self.devices.now();
        // After a restart of ours nobody knows since when: then it counts as of now.
        self.kept_since = away_since.filter(|_| session).map(|since| since.min(came));
        self.last = Some(came);
        tracing::info!(broker = self.broker.address, "listening to the broker");
        self.hear(&mut wire, inbox).await
    }

    async fn hear(&mut self, wire: &mut Wire, mut inbox: Inbox) -> Result<(), BrokerError> {
        let mut changes = self.devices.changes();
        let (mut subscribed, mut routes) = (BTreeSet::new(), self.devices.routes().await?);
        self.subscribe(wire, &mut subscribed, &routes).await?;
        let mut ping = interval(Duration::from_secs(u64::from(KEEP_ALIVE_SECS) / 2));
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut passing, mut heard) = (0_usize, Instant::now());
        loop {
            if !inbox.unread().is_empty() {
                passing = self.take(wire, &mut inbox, &routes).await?;
            }
            tokio::select! {
                read = wire.read(inbox.room()) => {
                    let read = read?;
                    if read == 0 {
                        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                    }
                    inbox.came(read);
                    let passed = passing.min(inbox.unread().len());
                    inbox.done(passed);
                    passing -= passed;
                    heard = Instant::now();
                }
                _ = ping.tick() => {
                    if heard.elapsed() > Duration::from_secs(u64::from(KEEP_ALIVE_SECS)) + PATIENCE {
                        return Err(BrokerError::Silent);
                    }
                    wire.write_all(&codec::PING).await?;
                    wire.flush().await?;
                }
                () = sleep(PAUSE), if self.kept_since.is_some() => self.kept_since = None,
                _ = changes.changed() => {
                    changes.mark_unchanged();
                    routes = self.devices.routes().await?;
                    self.subscribe(wire, &mut subscribed, &routes).await?;
                }
            }
        }
    }

    async fn subscribe(&mut self, wire: &mut Wire, had: &mut BTreeSet<String>, routes: &Routes) -> Result<(), BrokerError> {
        let wanted = routes.filters();
        let new: Vec<&str> = wanted.difference(had).map(String::as_str).collect();
        let gone: Vec<&str> = had.difference(&wanted).map(String::as_str).collect();
        for some in new.chunks(FILTERS) {
            let id = self.number();
            wire.write_all(&codec::subscribe(id, some.iter().copied())).await?;
        }
        for some in gone.chunks(FILTERS) {
            let id = self.number();
            wire.write_all(&codec::unsubscribe(id, some.iter().copied())).await?;
        }
        *had = wanted;
        Ok(wire.flush().await?)
    }

    fn number(&mut self) -> u16 {
        self.wrote = self.wrote.checked_add(1).unwrap_or(1);
        self.wrote
    }

    /// Takes everything that is whole in the inbox; gives how many bytes of a message that is too large are still to come.
    async fn take(&mut self, wire: &mut Wire, inbox: &mut Inbox, routes: &Routes) -> Result<usize, BrokerError> {
        let at = self.devices.now();
        let (mut done, mut group) = (0, Group::default());
        while let Some((packet, size)) = codec::read(inbox.unread().get(done..).unwrap_or_default())? {
            match packet {
                Packet::Message(message) => self.heard(&mut group, &message, routes, at)?,
                Packet::Subscribed(codes) => {
                    let refused = codes.iter().filter(|code| **code == 128).count();
                    if refused > 0 {
                        tracing::warn!(refused, "the broker refuses subscriptions: its rules do not let us hear these topics");
                    }
                }
                Packet::Connected { .. } => return Err(Broken.into()),
                Packet::Pong | Packet::Other => {}
            }
            done += size;
        }
        let passing = done.saturating_sub(inbox.unread().len());
        inbox.done(done);
        self.pass(wire, group).await?;
        self.last = Some(at);
        Ok(passing)
    }

    fn heard(&self, group: &mut Group, message: &Message<'_>, routes: &Routes, at: Ts) -> Result<(), BrokerError> {
        group.ids.extend(message.id);
        let Some(payload) = message.payload else { return Ok(()) };
        let arrival = Arrival { at, retained: message.retained, kept_since: self.kept_since };
        for known in routes.of_topic(message.topic) {
            let rule = self.devices.rule(known)?;
            for outcome in self.devices.hear(known, &rule.value, (message.topic, payload), arrival) {
                if let Outcome::Sign(sign) = outcome {
                    group.signs.push(sign);
                    group.whose.push(Arc::clone(known));
                }
            }
        }
        Ok(())
    }

    /// To disk, then to the broker.
    async fn pass(&self, wire: &mut Wire, group: Group) -> Result<(), BrokerError> {
        let verdicts = self.devices.gate().take(group.signs).await.inspect_err(|_| {
            // They come again and must be taken then.
            self.devices.ear().forget();
        })?;
        for (verdict, known) in verdicts.into_iter().zip(&group.whose) {
            if verdict != Verdict::Counted {
                self.devices.ear().dropped(known, verdict.code(), 1);
            }
        }
        let mut answer = Vec::with_capacity(group.ids.len() * 4);
        for id in group.ids {
            codec::acknowledge(&mut answer, id);
        }
        wire.write_all(&answer).await?;
        Ok(wire.flush().await?)
    }
}

/// Messages that are put to disk together.
#[derive(Default)]
struct Group {
    ids: Vec<u16>,
    signs: Vec<Sign>,
    whose: Vec<Arc<Known>>,
}

/// Waits until the broker has accepted us; gives whether it kept a session.
async fn connected(wire: &mut Wire, inbox: &mut Inbox) -> Result<bool, BrokerError> {
    loop {
        if let Some((packet, size)) = codec::read(inbox.unread())? {
            let Packet::Connected { session, code } = packet else { return Err(Broken.into()) };
            if code != 0 {
                return Err(BrokerError::Refused(code));
            }
            inbox.done(size);
            return Ok(session);
        }
        let read = wire.read(inbox.room()).await?;
        if read == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        inbox.came(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_broker_is_recognised() {
        let address = |url: &str| Broker::at(url, "linli", None, None).map(|broker| broker.address).ok();
        assert_eq!(address("mqtt://broker.example"), Some("broker.example:1883".to_owned()));
        assert_eq!(address("mqtt://127.0.0.1:1884/"), Some("127.0.0.1:1884".to_owned()));
        for wrong in ["broker.example", "http://broker", "mqtt://", "mqtt://user:secret@broker", "mqtt://a/b"] {
            assert_eq!(address(wrong), None, "{wrong}");
        }
        assert!(matches!(Broker::at("mqtts://broker", "linli", None, None), Err(BrokerError::NoAuthority)));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Broker::at("mqtts://broker", "linli", None, Some(file.path())), Err(BrokerError::Authority(..))));
        assert!(matches!(Broker::at("mqtt://broker", "linli", None, Some(file.path())), Err(BrokerError::NoAuthority)));
    }
}
