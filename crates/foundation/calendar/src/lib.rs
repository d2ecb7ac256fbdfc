//! Working time of Beijing: which days are worked, when a deadline falls, and why it falls there.
//!
//! What always holds here:
//! - A [`Calendar`] is a value. Changing it makes a new one with another [`Calendar::version`]; nothing is read from files, the
//!   network or the wall clock.
//! - Nothing is refused for want of data. A day whose year has no published plan follows the plain week, and whatever rests
//!   on such a day is marked provisional, so that it can be computed again when the plan comes.
//! - All arithmetic is in whole microseconds of Beijing time at a fixed +08:00, which is right since 1991-09-15.
//!
//! Sources: 全国年节及纪念日放假办法 (amended 2024-11-10) and the yearly notice of the State Council's general office for the days;
//! 民法典 (Civil Code) arts 200–204 for periods of days and months.

mod calendar;
mod clock;
mod day;
mod error;
mod explain;
mod plan;
mod stops;
mod table;
mod term;

pub use calendar::{Calendar, Certainty, DayInfo, LocalDay, LocalKind, Reason};
pub use clock::{Deadline, Measure, Outcome};
pub use error::{CalendarError, PlanError, TermError};
pub use explain::{Explanation, Step, Why};
pub use plan::{OfficialDay, YearPlan};
pub use stops::Pause;
pub use term::{Term, Unit, Window};

/// The texts of an explanation: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
