//! What can go wrong, and what to do then.

use std::io;

use crate::sign::Slot;

/// Why the watch did not do what was asked. Nothing of a refused call was done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A rule pack that makes no sense.
    #[error("rule pack {id}: {why}")]
    Pack {
        /// Its number.
        id: u8,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Persons hold a pack that was not given.
    #[error("a person holds rule pack {0}, which is not among those given: give it, or move them first")]
    NoSuchPack(u8),
    /// A number beyond [`Config::slots`](crate::Config::slots).
    #[error("slot {0} is beyond those that the watch was opened with: open it with more")]
    NoSuchSlot(Slot),
    /// Somebody is enrolled there already.
    #[error("slot {0} is taken")]
    Taken(Slot),
    /// Nobody is enrolled there.
    #[error("nobody is watched under slot {0}")]
    Nobody(Slot),
    /// What was known of the one before is not yet erased.
    #[error("slot {0} is still being erased: take another one or wait for the next compaction")]
    StillErasing(Slot),
    /// A group is larger than a segment of the log holds.
    #[error("more in one commit than a segment of the log holds: commit more often")]
    TooMuch,
    /// There is no room for more events; answer 503 and let the sender come again. What the watch has to write down itself still fits.
    #[error("no room in the log: {0}")]
    Full(#[source] io::Error),
    /// The files could not be read or written. Nothing was acknowledged.
    #[error("files of the watch: {0}")]
    Files(#[from] io::Error),
    /// A file says something that nobody wrote.
    #[error("{file} is damaged ({why}): bring it back from a copy")]
    Damaged {
        /// Its name.
        file: String,
        /// What does not fit.
        why: &'static str,
    },
}

impl Error {
    /// A stable word for it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pack { .. } => "watch.pack",
            Self::NoSuchPack(_) => "watch.no_such_pack",
            Self::NoSuchSlot(_) => "watch.no_such_slot",
            Self::Taken(_) => "watch.taken",
            Self::Nobody(_) => "watch.nobody",
            Self::StillErasing(_) => "watch.still_erasing",
            Self::TooMuch => "watch.too_much",
            Self::Full(_) => "watch.full",
            Self::Files(_) => "watch.files",
            Self::Damaged { .. } => "watch.damaged",
        }
    }

    /// Whether the same call may succeed later without anybody changing it (a server answers 503 and Retry-After).
    pub fn passes(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Files(_) | Self::StillErasing(_))
    }
}
