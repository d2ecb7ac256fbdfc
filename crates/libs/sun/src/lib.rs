//! What a new shaft (加装电梯井道) takes from the windows around it: sun (日照) and daylight (采光), which are two answers.
//!
//! * Sun: minutes during which the sun reaches a window on a given day ([`Plan::sunlight`]), counted in true solar time as
//!   GB/T 50947-2014 describes it: a fixed declination for the day, a step of at most a minute, short spells left out, grazing sun left
//!   out. How long it must be, between which hours, and which spells count is the caller's rule ([`Counting`]); no limit is built in.
//! * Daylight: the vertical sky component ([`Plan::sky`]), the light that falls on a window from the overcast sky of the CIE
//!   (Moon and Spencer 1942) as a share of what falls on open ground. Without anything in front of it a window has 39.6 %
//!   (P. Littlefair, *Site layout planning for daylight and sunlight*, BRE 209).
//! * Where the sun is: [`Sight`] by the formulas of the standard for a declination and an hour; [`sun_at`] by astronomy for an instant, a
//!   shortened form of the Solar Position Algorithm (Reda and Andreas, NREL/TP-560-34302, 2008), within 0.002° of it from 1950 to 2100.
//! * A picture: [`Block::shadow`].
//!
//! What always holds here: metres, x to the east, y to the north, z up from the ground; angles in degrees, azimuth from north by east;
//! everything stands upright and the ground is level; the same input gives the same answer; what cannot be built (a window
//! inside a wall, a shaft inside the building) is refused when the [`Plan`] is made. A result is an estimate for consultation, not the
//! report of a qualified firm.

mod astronomy;
mod block;
mod count;
mod error;
mod plan;
mod sight;
mod sky;

pub use astronomy::{SunPosition, refraction_deg, sun_at};
pub use block::{Block, Spot};
pub use count::{Counting, Sampling, Spell, Sunlight};
pub use error::SunError;
pub use plan::{BeforeAfter, Plan, Window};
pub use sight::{GREAT_COLD_DECLINATION_DEG, Sight, WINTER_SOLSTICE_DECLINATION_DEG, true_solar_s};
pub use sky::UNOBSTRUCTED_SKY;

/// The Fluent sources of this crate: Chinese, then English.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
