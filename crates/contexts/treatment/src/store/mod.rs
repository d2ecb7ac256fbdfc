//! SQL of this room.

pub(crate) mod grids;
pub(crate) mod institutions;
pub(crate) mod opening;
pub(crate) mod returns;
