//! SQL of this room.

pub(crate) mod beds;
pub(crate) mod institutions;
