//! `Observation`: one part of a reading.

pub(crate) mod codes;
pub(crate) mod read;
pub(crate) mod write;

use linli_care::follow::model::{Part, ReadingId};

/// The id of an observation: the reading, and the part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObservationId {
    pub(crate) reading: ReadingId,
    pub(crate) part: Part,
}

impl ObservationId {
    /// Reads one as it stands in an address.
    pub(crate) fn read(id: &str) -> Option<Self> {
        let (reading, part) = id.split_once('.')?;
        Some(Self { reading: reading.parse().ok()?, part: part.parse().ok()? })
    }
}

impl std::fmt::Display for ObservationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.reading, self.part)
    }
}
