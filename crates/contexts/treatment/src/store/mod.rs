//! SQL of this room.

pub(crate) mod institutions;
