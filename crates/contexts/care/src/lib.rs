//! Care (关爱): a watch over those who live alone and agree (看护), the visits that follow from it, and the readings of those at risk.
//!
//! What always holds here:
//! * Nobody is watched without a consent in force: enrolling takes a proof of consent as an argument, and only the record of consents
//!   makes one.
//! * Of presence the database knows nothing. The watch holds the second from which silence is counted, and it lies in a folder of its own.
//! * An alarm opens one visit, whatever dies when: the highest number of what the watch asked for is written in the transaction that
//!   opens the visit.
//! * Names and numbers are sealed with the key outside the database; a journal line carries ids only.

mod error;

use linli_hall::Hall;
use linli_webkit::{Module, RoomRoutes};

pub use error::CareError;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    let routes = RoomRoutes::new("care");
    Module { name: "care", routes, texts: TEXTS, nav: Vec::new() }
}
