//! How outcomes are counted (转归口径): when somebody came back, over which days, and from how many cases on a share is told.

use serde::Deserialize;

use super::Contradiction;

/// The id of the pack.
pub const ID: &str = "treatment.outcomes";

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    return_days: i64,
    window_days: i64,
    least: i64,
}

/// How outcomes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Body")]
pub struct OutcomeRule {
    /// Whoever is referred up again within so many days of the step-down came back.
    pub return_days: i64,
    /// Over how many days outcomes are looked at.
    pub window_days: i64,
    /// The fewest cases of which a share is told.
    pub least: i64,
}

impl TryFrom<Body> for OutcomeRule {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        if !(1..=90).contains(&body.return_days) || !(1..=366).contains(&body.window_days) {
            return Err(Contradiction("somebody comes back within 1 to 90 days, and at most a year is looked at".to_owned()));
        }
        if !(1..=1_000).contains(&body.least) {
            return Err(Contradiction("a share is told from between 1 and 1000 cases on".to_owned()));
        }
        Ok(Self { return_days: body.return_days, window_days: body.window_days, least: body.least })
    }
}
