//! What is published, and what a log says of itself.

use std::fmt;
use std::str::FromStr;

use linli_kernel::{DistrictId, PlacePath, Ts, id_type};
use linli_publiclog::{Commitment, Hash, Salt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

id_type! {
    /// An entry of the public log (日志条目), by which it is found before and after it has its number.
    pub struct EntryId;
}

/// Something to be published (公开).
#[derive(Debug, Clone)]
pub struct Publish {
    /// What it is: a stable word of small letters, digits, `.`, `_` and `-`, such as `board.notice`. It is the purpose of the commitment.
    pub kind: &'static str,
    /// The record it is about. Several entries may be about one; the newest is how it stands.
    pub subject: Uuid,
    /// Where; at most down to the entrance.
    pub place: PlacePath,
    /// What everyone may read, for ever: no names of residents, no telephones, no homes. At most [`crate::rules::PUBLIC_MAX`] bytes.
    pub public: Vec<u8>,
    /// What not everyone may read.
    pub sealed: Option<Sealed>,
    /// The public page on which it is shown, `/b/…`; the page of the proof leads back there.
    pub page: Option<String>,
}

/// What enters the log as a salted commitment alone (加盐承诺).
#[derive(Debug, Clone)]
pub enum Sealed {
    /// The words. This room draws a salt, keeps both until they are erased, and shows them to nobody.
    Words(Vec<u8>),
    /// Words that somebody typed and that are public until they are erased, such as the text of a notice: shown with their salt beside the proof.
    Open(Vec<u8>),
    /// A commitment to words that another room keeps, made for the kind of the entry.
    Kept(Commitment),
}

/// How something stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The entry.
    pub entry: EntryId,
    /// Its kind.
    pub kind: String,
    /// Its number, from 0; none while it waits.
    pub number: Option<u64>,
    /// Entries of the newest signed checkpoint of its log; 0 while it waits.
    pub size: u64,
    /// The page of its proof, `/log/…/e/…`.
    pub path: String,
}

/// What was committed to, and the salt that opens it (承诺的开启).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The salt.
    pub salt: Salt,
    /// The words.
    pub words: Vec<u8>,
    /// Whether everyone may read them as long as they are kept.
    pub open: bool,
}

/// Which log: that of a district, and how often it was begun anew. As text `1`, and `1-2` for the second of district 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogId {
    /// The district; 0 is what belongs to the whole city.
    pub district: DistrictId,
    /// From 1.
    pub no: i64,
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.no == 1 { write!(f, "{}", self.district) } else { write!(f, "{}-{}", self.district, self.no) }
    }
}

/// There is no log of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no name of a log")]
pub struct NotALog;

impl FromStr for LogId {
    type Err = NotALog;

    fn from_str(text: &str) -> Result<Self, NotALog> {
        let (district, no) = text.split_once('-').unwrap_or((text, "1"));
        let id = Self { district: DistrictId(district.parse().map_err(|_| NotALog)?), no: no.parse().map_err(|_| NotALog)? };
        // One log has one address.
        if id.no > 0 && id.to_string() == text { Ok(id) } else { Err(NotALog) }
    }
}

/// A log as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// Which.
    pub id: LogId,
    /// What its checkpoints call it.
    pub origin: String,
    /// The key that checks them, as text.
    pub key: String,
    /// Its entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The newest checkpoint, as it was signed.
    pub note: String,
    /// When its key was made.
    pub begun_at: Ts,
    /// When the newest checkpoint was signed.
    pub sealed_at: Ts,
    /// When another log took its place; none while it grows.
    pub ended_at: Option<Ts>,
}

impl LogHead {
    /// Where its files lie, `/log/1`.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("/log/{}", self.id)
    }
}

/// A checkpoint that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Entries.
    pub size: u64,
    /// Root.
    pub root: Hash,
    /// As it was signed.
    pub note: String,
    /// When.
    pub at: Ts,
}

/// An entry that has a number, or waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: EntryId,
    /// Its kind.
    pub kind: String,
    /// The record it is about.
    pub subject: Uuid,
    /// Where.
    pub place: PlacePath,
    /// The public page on which it is shown.
    pub page: Option<String>,
    /// When it was published.
    pub made_at: Ts,
    /// In which log under which number; none while it waits.
    pub at: Option<(LogId, u64)>,
}

impl Kept {
    /// The page of its proof.
    #[must_use]
    pub fn path(&self, district: DistrictId) -> String {
        format!("/log/{district}/e/{}", self.id)
    }
}

/// An entry with all that proves it (收录证明).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The log.
    pub log: LogHead,
    /// Its number.
    pub number: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The hashes from it up to the root.
    pub proof: Vec<Hash>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_one_name() {
        for (text, district, no) in [("0", 0, 1), ("1", 1, 1), ("12-2", 12, 2)] {
            let id = LogId { district: DistrictId(district), no };
            assert_eq!(text.parse(), Ok(id));
            assert_eq!(id.to_string(), text);
        }
        for text in ["", "a", "1-1", "1-0", "01", "+1", "1-02", "1-", "-1-2-3", "1-2-3"] {
            assert_eq!(text.parse::<LogId>(), Err(NotALog), "{text}");
        }
    }
}
