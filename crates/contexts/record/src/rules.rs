//! Limits, and what a log is called.

use linli_publiclog::{Entry, Hash, LogError, leaf_hash};
use uuid::Uuid;

use crate::model::LogId;

/// The most bytes everyone may read of an entry. An entry of C2SP tiles has 65,535 with its head.
pub const PUBLIC_MAX: usize = 60_000;
/// The most bytes that are committed to.
pub const WORDS_MAX: usize = 60_000;
/// Entries that are given numbers in one transaction.
pub const BATCH: i64 = 2_048;
/// Checkpoints shown on the page of a log.
pub const SHOWN: i64 = 20;
/// Places that are told of one by one when entries got numbers; of more, what is above them all is told.
pub const PLACES_TOLD: usize = 16;

/// What the checkpoints of a log call it: where the installation is reached, and which log it is. C2SP asks that it is unique and never changes, not that it
/// leads anywhere, so an installation that moves keeps it.
#[must_use]
pub fn origin(base_url: &str, log: LogId) -> String {
    let host = base_url.split_once("://").map_or(base_url, |(_, rest)| rest).trim_end_matches('/');
    // The name of a key holds neither blanks nor plus signs.
    let host: String = host.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '+').collect();
    format!("{}/log/{log}", if host.is_empty() { "linli" } else { &host })
}

/// What a store says that was set back: fewer entries than were signed, or others.
///
/// # Errors
/// `RolledBack`.
pub fn must_extend(seen: (u64, Hash), size: u64, root_then: Option<Hash>) -> Result<(), LogError> {
    if seen.0 > size || root_then != Some(seen.1) {
        return Err(LogError::RolledBack { before: seen.0, now: size });
    }
    Ok(())
}

/// What everyone may read of an entry, as text where it is text.
#[must_use]
pub fn public_text(bytes: &[u8]) -> Option<String> {
    let entry = Entry::read(bytes).ok()?;
    String::from_utf8(entry.public).ok()
}

/// The subject of what has no id of its own: the same words give the same one.
#[must_use]
pub fn subject_of(words: &str) -> Uuid {
    let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = leaf_hash(words.as_bytes()).0;
    uuid::Builder::from_custom_bytes(head).into_uuid()
}

#[cfg(test)]
mod tests {
    use linli_kernel::DistrictId;

    use super::*;

    #[test]
    fn an_origin_is_a_name_of_a_key() {
        let log = LogId { district: DistrictId(1), no: 2 };
        for (base, wanted) in [
            ("https://linli.example", "linli.example/log/1-2"),
            ("http://127.0.0.1:8311/", "127.0.0.1:8311/log/1-2"),
            ("a b+c", "abc/log/1-2"),
            ("", "linli/log/1-2"),
        ] {
            assert_eq!(origin(base, log), wanted);
            assert!(linli_publiclog::VerifierKey::new(&origin(base, log), [1; 32]).is_ok());
        }
    }

    #[test]
    fn fewer_entries_or_others_are_a_log_that_was_set_back() {
        let (one, other) = (Hash([1; 32]), Hash([2; 32]));
        assert_eq!(must_extend((5, one), 5, Some(one)), Ok(()));
        assert_eq!(must_extend((5, one), 9, Some(one)), Ok(()));
        assert_eq!(must_extend((5, one), 4, None), Err(LogError::RolledBack { before: 5, now: 4 }));
        assert_eq!(must_extend((5, one), 5, Some(other)), Err(LogError::RolledBack { before: 5, now: 5 }));
        assert_eq!(must_extend((5, one), 9, None), Err(LogError::RolledBack { before: 5, now: 9 }));
    }
}
