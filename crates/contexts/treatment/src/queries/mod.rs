//! What only looks.

pub mod clinics;
pub mod grids;
pub mod institutions;
pub mod returns;
