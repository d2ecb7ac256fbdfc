//! The treatment network (分级救治): institutions, their daily returns, the ledger of their beds, referrals up and down.
//!
//! What always holds here:
//! * An institution belongs to exactly one treatment grid (救治网格) of a kind at any time; a treatment grid is no governance grid.
//! * Unknown, suppressed and zero are three different things, in a return, in a file and on the screen.
//! * How many beds are available is derived from the entries of the ledger, what is staffed and what is held; it is typed nowhere. No bed is
//!   held twice: the store refuses the second, whoever asks at the same moment.
//! * A referral moves by the rows of its table only (`rules/referrals.toml`), each step on a clock and in the journal. What spans two
//!   districts is two records joined by messages that may come late, twice and in any order.
//! * No role of the community side reads a clinical field, and no role of this side a complaint, a home or a vote.

pub mod commands;
mod desk;
mod error;
mod error_beds;
pub mod model;
mod pages;
mod standing;
pub mod queries;
pub mod rules;
mod store;

use linli_hall::Hall;
use linli_webkit::{Module, RoomRoutes};

pub use desk::BedDesk;
pub use error::TreatmentError;
pub use error_beds::{BedError, Wrong};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    Module { name: "treatment", routes: RoomRoutes::new("treatment"), texts: TEXTS, nav: vec![] }
}
