//! Other Open311 servers: requests are pulled from them, cases are handed over to them, and what they say of either is followed.
//!
//! What always holds here:
//! * An answer is read and judged whole before anything of it is written. A request that is wrong is refused by itself, with its reason.
//! * System and `service_request_id` are the natural key of a pulled case: the same again changes nothing.
//! * That a case is about to be sent is on disk before it is sent. Whether an attempt that was cut off arrived is looked up, and where
//!   that does not tell, a person decides; nothing is sent a second time on a guess.
//! * Only public addresses are asked unless an administrator said otherwise; redirections stay on the host; keys go over TLS.
//!
//! Every change of a case is a public command of the room of cases.

mod cannot;
mod follow;
mod mapping;
mod pull;
mod push;
mod remotes;
mod row;
mod run;
mod server;
pub(crate) mod store;

use linli_access::Denied;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_territory::TerritoryError;

pub use cannot::Cannot;
pub use mapping::{Mapping, USUAL};
pub use pull::{Pulled, Since, pull};
pub use push::{Handed, hand_over, handed, settle, takers, try_again};
pub use remotes::{NewRemote, Remote, RemoteId, add, list, remove};
pub use run::{Ran, run, run_all};
pub use server::Spec;

use linli_wire::{Failure, TargetError};

/// Why something with another server did not happen. Every text names that server and the reason.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// It cannot be asked at all.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// No answer came.
    #[error("{remote}: {what}: {failure}")]
    NoAnswer {
        /// Which server.
        remote: String,
        /// What was asked.
        what: String,
        /// Why.
        failure: Failure,
    },
    /// It refused.
    #[error("{remote}: {what}: the status is {status}{said}")]
    Refused {
        /// Which server.
        remote: String,
        /// What was asked.
        what: String,
        /// The status.
        status: u16,
        /// What it said, after a colon; empty when nothing that can be read.
        said: String,
    },
    /// The answer makes no sense.
    #[error("{remote}: {what}: {why}")]
    Unreadable {
        /// Which server.
        remote: String,
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// The mapping is wrong.
    #[error("the mapping: {0}")]
    Mapping(String),
    /// The place is not there.
    #[error("there is no place {0} in this district")]
    Place(String),
    /// What the administrator or the desk asked for cannot be done.
    #[error(transparent)]
    Cannot(#[from] Cannot),
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The room of cases.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The room of places.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl RemoteError {
    /// The key of the text that pages have for it, and what stands in it: a sentence in the language of the reader, with what the other server
    /// or the mapping says as it is.
    #[must_use]
    pub fn told(&self) -> (&'static str, Vec<(&'static str, String)>) {
        let detail = || vec![("detail", self.to_string())];
        match self {
            Self::Cannot(cannot) => cannot.told(),
            Self::Target(_) => ("open311-wrong-target", detail()),
            Self::NoAnswer { .. } => ("open311-wrong-no-answer", detail()),
            Self::Refused { .. } => ("open311-wrong-refused", detail()),
            Self::Unreadable { .. } => ("open311-wrong-unreadable", detail()),
            Self::Mapping(_) => ("open311-wrong-mapping", detail()),
            Self::Place(place) => ("open311-wrong-place", vec![("place", place.clone())]),
            Self::Denied(_) | Self::Cases(_) | Self::Territory(_) | Self::Db(_) => ("open311-wrong-ours", detail()),
        }
    }
}
