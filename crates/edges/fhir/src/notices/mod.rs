//! Notices: the system of an institution is told when something that it may read changes (R4 `Subscription`, channel `rest-hook`).
//!
//! What always holds here:
//! * The journal is the outbox. A subscription remembers up to which line everything was told, and goes on only when the receiver has said that
//!   it took the notice: nothing is lost when a process is killed, something may come twice, and the order is that of the journal.
//! * What is told is read at the moment of telling, in the name of the key, by the same queries as a request with that key. A consent that was
//!   withdrawn, a membership that ended and a key that was closed stop it at once.
//! * Only public addresses over https are told, unless whoever runs the machine named an address inside; nothing leads on to another host.

pub(crate) mod read;
mod run;
pub(crate) mod store;
mod watch;
pub(crate) mod write;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use linli_care::follow::FollowError;
use linli_db::DbError;
use linli_identity::keys::KeyId;
use linli_identity::vault::Vault;
use linli_kernel::{DistrictId, Ts, id_type, words};
use linli_people::model::OrganisationId;
use linli_treatment::{BedDesk, BedError, Network, NetworkError};
use linli_wire::{Client, Reach, TargetError, believed_here};

pub use run::run_due;

/// How long a receiver has to take a notice.
const PATIENCE: Duration = Duration::from_secs(10);

id_type! {
    /// A subscription (订阅).
    pub struct NoticeId;
}

words! {
    /// How it stands with a subscription.
    pub enum Status {
        /// 已申请.
        Requested = "requested",
        /// 生效.
        Active = "active",
        /// 投递失败，重试中.
        Error = "error",
        /// 已停止.
        Off = "off",
    }
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) district: DistrictId,
    pub(crate) id: NoticeId,
    pub(crate) key: KeyId,
    pub(crate) organisation: OrganisationId,
    pub(crate) criteria: String,
    pub(crate) reason: String,
    pub(crate) endpoint: String,
    /// Whether the resource goes along.
    pub(crate) full: bool,
    pub(crate) headers_sealed: Option<Vec<u8>>,
    pub(crate) status: Status,
    pub(crate) problem: Option<String>,
    pub(crate) ends_at: Option<Ts>,
    pub(crate) made_at: Ts,
    pub(crate) changed_at: Ts,
    pub(crate) attempts: i64,
    pub(crate) next_at: Ts,
}

/// Why nothing could be told. What a receiver does wrong is kept with its subscription and is no such error.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Referrals and stays.
    #[error(transparent)]
    Beds(#[from] BedError),
    /// Returns and the register.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Alarms.
    #[error(transparent)]
    Follow(#[from] FollowError),
}

/// What notices are made of and where they may go. The hall needs an `Arc` of it.
pub struct Hooks {
    vault: Vault,
    beds: Arc<BedDesk>,
    network: Arc<Network>,
    /// Where the endpoint of this house stands for those outside.
    base: String,
    /// Hosts inside the own network that may be told, as `host` or `host:port`.
    inside: Vec<String>,
    believed: Option<PathBuf>,
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks").field("base", &self.base).field("inside", &self.inside).finish_non_exhaustive()
    }
}

/// Why an address cannot be told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is none.
    Address,
    /// What is sent there could be read on the way.
    Plain,
    /// It lies in a network that is not to be told.
    Inside,
    /// This machine believes no certificates.
    Certificates,
}

impl Hooks {
    /// For a house at this address. `inside` names the hosts of its own network that may be told.
    #[must_use]
    pub fn new(vault: Vault, (beds, network): (Arc<BedDesk>, Arc<Network>), base_url: &str, inside: Vec<String>) -> Self {
        let base = format!("{}{}", base_url.trim_end_matches('/'), crate::ENDPOINT);
        Self { vault, beds, network, base, inside, believed: believed_here() }
    }

    /// Who tells an endpoint something.
    ///
    /// # Errors
    /// Why nobody does.
    pub(crate) fn client(&self, endpoint: &str) -> Result<Client, Refused> {
        let uri: Uri = endpoint.parse().map_err(|_| Refused::Address)?;
        let host = uri.host().ok_or(Refused::Address)?;
        let named = |one: &String| one == host || uri.authority().is_some_and(|authority| one == authority.as_str());
        let inside = self.inside.iter().any(named);
        if uri.scheme() == Some(&Scheme::HTTP) && !(inside && is_this_machine(host)) {
            return Err(Refused::Plain);
        }
        let reach = if inside { Reach::Anywhere } else { Reach::Public };
        let client = Client::new(endpoint, self.believed.as_deref(), PATIENCE).map_err(|error| match error {
            TargetError::Address(_) => Refused::Address,
            TargetError::Certificates(..) | TargetError::NoCertificates => Refused::Certificates,
        })?;
        Ok(client.within(reach, "linli-fhir"))
    }

    /// Seals headers for a subscription.
    pub(crate) fn sealed(&self, id: NoticeId, headers: &[String]) -> Option<Vec<u8>> {
        let plain = serde_json::to_string(headers).ok().filter(|_| !headers.is_empty())?;
        Some(self.vault.seal_for(id.0.as_bytes(), &plain))
    }

    /// The headers of a subscription, `Name: value`.
    pub(crate) fn headers(&self, notice: &Notice) -> Vec<String> {
        let plain = notice.headers_sealed.as_ref().and_then(|sealed| self.vault.open_for(notice.id.0.as_bytes(), sealed));
        plain.and_then(|plain| serde_json::from_str(&plain).ok()).unwrap_or_default()
    }
}

/// Whether only members of the treatment network may be told of what criteria are about.
pub(crate) fn is_of_the_network(criteria: &str) -> bool {
    watch::is_of_the_network(criteria.split('?').next().unwrap_or_default())
}

/// Whether a host is written as this machine itself.
fn is_this_machine(host: &str) -> bool {
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    plain == "localhost" || plain.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
