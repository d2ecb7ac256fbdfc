//! Commands of the machine.

pub mod backup;
pub mod check;
pub mod erase;
pub mod export;
pub mod files;
pub mod hotline;
pub mod keys;
pub mod open311;
pub mod recount;
pub mod remotes;
pub mod user;
pub mod verify;
