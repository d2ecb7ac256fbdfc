//! SQL of this room.

pub(crate) mod beds;
pub(crate) mod institutions;
pub(crate) mod referrals;
