//! Returns (日报): what an institution tells of a day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::InstitutionId;

linli_kernel::id_type! {
    /// A return of an institution about a day or a week.
    pub struct ReturnId;
}

/// A number that was told, or why there is none. Zero is a number; unknown and suppressed are none, and are not the same: what is suppressed
/// is known to those who keep it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stated {
    /// A number.
    #[serde(rename = "number")]
    Number(i64),
    /// Nobody knows (不掌握).
    #[serde(rename = "unknown")]
    Unknown,
    /// It is kept back, because it is small enough to point at somebody (不公开).
    #[serde(rename = "suppressed")]
    Suppressed,
}

impl Stated {
    /// The number, when there is one.
    #[must_use]
    pub const fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Unknown | Self::Suppressed => None,
        }
    }

    /// The word in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
        }
    }

    /// From the word and the number in the store.
    #[must_use]
    pub fn of(word: &str, number: Option<i64>) -> Option<Self> {
        match (word, number) {
            ("number", Some(number)) => Some(Self::Number(number)),
            ("unknown", None) => Some(Self::Unknown),
            ("suppressed", None) => Some(Self::Suppressed),
            _ => None,
        }
    }
}

/// The figures of a return by field. What was not asked is not in it.
pub type Figures = BTreeMap<String, Stated>;

/// A return as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Its id.
    pub id: ReturnId,
    /// The district.
    pub district: DistrictId,
    /// Of whom.
    pub institution: InstitutionId,
    /// Where that lies.
    pub place: PlacePath,
    /// Which form.
    pub form: String,
    /// About which day, or the week that begins then.
    pub day: Date,
    /// When the first version came.
    pub first_at: Ts,
    /// When the newest came.
    pub told_at: Ts,
    /// Which version stands, from 1.
    pub version: i64,
    /// What it says.
    pub figures: Figures,
}

/// A version of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnVersion {
    /// Which, from 1.
    pub version: i64,
    /// When.
    pub at: Ts,
    /// The appointment that told it; none for a file.
    pub by: Option<Uuid>,
    /// By which way.
    pub via: String,
    /// What it said.
    pub figures: Figures,
    /// Fields that were confirmed although they lie out of what is usual.
    pub confirmed: Vec<String>,
    /// Why it is as it is, or why it was corrected.
    pub because: String,
}

/// A sum over returns that says what is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// The sum of the numbers.
    pub sum: i64,
    /// How many numbers.
    pub numbers: i64,
    /// How many are unknown.
    pub unknown: i64,
    /// How many are suppressed.
    pub suppressed: i64,
}

impl Sum {
    /// One more.
    pub const fn add(&mut self, one: Stated) {
        match one {
            Stated::Number(number) => {
                self.sum = self.sum.saturating_add(number);
                self.numbers += 1;
            }
            Stated::Unknown => self.unknown += 1,
            Stated::Suppressed => self.suppressed += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_unknown_and_suppressed_stay_three() {
        let three = [Stated::Number(0), Stated::Unknown, Stated::Suppressed];
        for one in three {
            assert_eq!(Stated::of(one.word(), one.number()), Some(one));
            let written = serde_json::to_string(&one).unwrap();
            assert_eq!(serde_json::from_str::<Stated>(&written).unwrap(), one);
        }
        let mut sum = Sum::default();
        three.into_iter().chain([Stated::Number(7)]).for_each(|one| sum.add(one));
        assert_eq!(sum, Sum { sum: 7, numbers: 2, unknown: 1, suppressed: 1 });
        assert_eq!(Stated::of("number", None), None);
        assert_eq!(Stated::of("unknown", Some(0)), None);
    }
}
