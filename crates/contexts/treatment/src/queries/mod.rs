//! What only looks.

pub mod beds;
pub mod clinics;
pub mod grids;
pub mod institutions;
pub mod plan;
pub mod referrals;
pub mod returns;
