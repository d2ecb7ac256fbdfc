//! Commands of the machine.

pub mod backup;
pub mod cases;
pub mod check;
pub mod files;
pub mod user;
