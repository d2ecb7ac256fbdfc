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
    /// It lies in a network that is not to be asked.
    #[error(
        "{remote}: {what}: {ip} is a private address; it is asked only when it was said to be inside the own network (--inside)"
    )]
    Private {
        /// Which server.
        remote: String,
        /// What was asked.
        what: String,
        /// Its address.
        ip: std::net::IpAddr,
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

/// What a look at another server met, by the words that it is kept in: those of the errors here and of [`Failure`], which name it in English.
const MEANINGS: [(&str, &str); 18] = [
    ("is a private address", "open311-wrong-private"),
    ("no answer within", "open311-wrong-no-answer"),
    ("no connection", "open311-wrong-no-answer"),
    ("not done within", "open311-wrong-no-answer"),
    ("it leads on to", "open311-wrong-led-away"),
    ("the status is", "open311-wrong-refused"),
    ("an attempt was cut off", "open311-wrong-cut-off"),
    ("it among them", "open311-wrong-cut-off"),
    ("it is not among", "open311-wrong-not-listed"),
    ("the token is not ready", "open311-wrong-token"),
    ("nothing new is pulled", "open311-wrong-unsettled"),
    ("there may be more", "open311-wrong-too-many"),
    (": request ", "open311-wrong-row"),
    ("the answer ", "open311-wrong-unreadable"),
    ("the body is empty", "open311-wrong-unreadable"),
    ("the same body", "open311-wrong-unreadable"),
    (": it ", "open311-wrong-unreadable"),
    ("it is ", "open311-wrong-unreadable"),
];

/// The key of the sentence for what is kept of a look, with `detail` for the words themselves.
pub(crate) fn meaning(problem: &str) -> &'static str {
    MEANINGS.iter().find(|(words, _)| problem.contains(words)).map_or("open311-detail", |(_, key)| key)
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
            Self::Private { .. } => ("open311-wrong-private", detail()),
            Self::NoAnswer { .. } => ("open311-wrong-no-answer", detail()),
            Self::Refused { .. } => ("open311-wrong-refused", detail()),
            Self::Unreadable { .. } => ("open311-wrong-unreadable", detail()),
            Self::Mapping(_) => ("open311-wrong-mapping", detail()),
            Self::Place(place) => ("open311-wrong-place", vec![("place", place.clone())]),
            Self::Denied(_) | Self::Cases(_) | Self::Territory(_) | Self::Db(_) => ("open311-wrong-ours", detail()),
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_webkit::{Locale, Texts};

    use super::*;

    /// Whatever is kept of a look is said in the language of the reader before its own words.
    #[test]
    fn every_failure_that_is_kept_has_its_sentence() {
        let texts = std::sync::Arc::new(Texts::new(&[linli_webkit::i18n::SHARED_TEXTS, crate::TEXTS]).unwrap());
        let (remote, what) = (|| "open311:x".to_owned(), || "GET requests.json".to_owned());
        let silent = |failure| RemoteError::NoAnswer { remote: remote(), what: what(), failure };
        let unreadable = |why: &str| RemoteError::Unreadable { remote: remote(), what: what(), why: why.to_owned() };
        let ip = std::net::Ipv4Addr::LOCALHOST.into();
        for (error, key) in [
            (silent(Failure::Hangs(30)), "open311-wrong-no-answer"),
            (silent(Failure::Nobody("refused".to_owned())), "open311-wrong-no-answer"),
            (silent(Failure::BrokeOff("cut".to_owned())), "open311-wrong-unreadable"),
            (silent(Failure::TooLarge), "open311-wrong-unreadable"),
            (silent(Failure::LedAway("https://y".to_owned())), "open311-wrong-led-away"),
            (RemoteError::Private { remote: remote(), what: what(), ip }, "open311-wrong-private"),
            (RemoteError::Refused { remote: remote(), what: what(), status: 500, said: String::new() }, "open311-wrong-refused"),
            (unreadable("it is an HTML page"), "open311-wrong-unreadable"),
            (unreadable("the answer is no list"), "open311-wrong-unreadable"),
        ] {
            let problem = error.to_string();
            assert_eq!(meaning(&problem), key, "{problem}");
        }
        // What is kept of a case that was sent, and what is said of a look, is no error of its own.
        for (problem, key) in [
            ("it is not among the requests that are shown there", "open311-wrong-not-listed"),
            ("the token is not ready", "open311-wrong-token"),
            ("an attempt was cut off; it is not listed there (yet)", "open311-wrong-cut-off"),
            ("open311:x: nothing new is pulled until everything sent there is settled", "open311-wrong-unsettled"),
            ("open311:x: 1000 requests in one answer, and they lie within a minute: there may be more", "open311-wrong-too-many"),
            ("open311:x: request 7: it is there twice in one answer", "open311-wrong-row"),
            ("it is an HTML page", "open311-wrong-unreadable"),
            ("the body is empty", "open311-wrong-unreadable"),
        ] {
            assert_eq!(meaning(problem), key, "{problem}");
        }
        for key in MEANINGS.iter().map(|(_, key)| *key).chain(["open311-detail"]) {
            for locale in [Locale::ZhCn, Locale::En] {
                assert!(texts.in_locale(locale).v(key, "detail", "busy").contains("busy"), "{key}");
            }
        }
    }
}
