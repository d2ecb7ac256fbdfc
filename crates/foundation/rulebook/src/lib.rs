//! Rules as data: versioned packs with a citation, a validity and, where a place has its own, the place.
//!
//! What always holds here:
//! - A decision that uses a rule gets the value together with its [`Stamp`], so that the screen can cite it and the journal can keep it.
//! - At one instant and one place there is exactly one pack of an id that counts, or a clear error. Nothing falls back in silence.
//! - A pack that is wrong names its file, line and field, and is refused as a whole; the book in use stays as it was.
//! - This crate reads no files: whoever wires it hands over names and texts.
//!
//! A pack:
//!
//! ```toml
//! id = "cases.clock"
//! version = "2026-07"
//! valid_from = 2026-07-01          # from 00:00 in Beijing
//! valid_to = 2026-12-31            # optional; the last day on which it counts
//! place = "0001000800030002"       # optional; counts at and under this place only
//! verified = false                 # 规则未核实 is shown until somebody has checked it against its source
//!
//! [citation]
//! title = "立案、处置和结案标准"
//! article = "部件 01001"            # optional, as are url and note
//!
//! [body]                           # whatever the rule's own type wants
//! respond = { unit = "continuous_hours", amount = 2 }
//! ```

mod book;
mod error;
mod pack;
mod reading;
mod shared;

pub use book::{Rule, Rulebook};
pub use error::RuleError;
pub use pack::{Citation, Contradiction, Origin, Stamp};
pub use shared::SharedRulebook;
