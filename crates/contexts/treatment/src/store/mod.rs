//! SQL of this room.

pub(crate) mod beds;
pub(crate) mod directory;
pub(crate) mod grids;
pub(crate) mod hand_off;
pub(crate) mod institutions;
mod letters;
pub(crate) mod opening;
pub(crate) mod outcomes;
pub(crate) mod plan;
pub(crate) mod referrals;
pub(crate) mod returns;
pub(crate) mod stays;
pub(crate) mod whole;
