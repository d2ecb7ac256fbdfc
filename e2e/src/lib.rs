//! Journeys in a real browser: what is needed to start the program on its demonstration, to drive chromium as a person with a
//! phone or at a desk would, and to judge a page by its looks. The journeys themselves are in `tests/journeys`.

mod bare;
mod house;
mod looks;
mod window;
mod wire;

pub use bare::Bare;
pub use house::{House, Line};
pub use looks::{AXE_TAGS, Rules, audit};
pub use thirtyfour::Key;
pub use window::{Device, Setup, Window};
pub use wire::Wire;
