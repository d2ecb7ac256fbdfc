//! Bands of a score: every whole number lies in exactly one of them.

use serde::{Deserialize, Serialize};

use super::Contradiction;

/// A band and its points. Without `from` or `to` it is open on that side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The least value in it.
    #[serde(default)]
    pub from: Option<i64>,
    /// The greatest value in it.
    #[serde(default)]
    pub to: Option<i64>,
    /// What it counts.
    pub points: i64,
}

/// Bands in ascending order. Refused unless they begin and end open and leave no whole number out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Band>")]
pub struct Bands(Vec<Band>);

impl TryFrom<Vec<Band>> for Bands {
    type Error = Contradiction;

    fn try_from(bands: Vec<Band>) -> Result<Self, Contradiction> {
        let refuse = |what: String| Err(Contradiction(what));
        let mut ends_at = None;
        for (position, band) in bands.iter().enumerate() {
            let last = position + 1 == bands.len();
            let follows = match (ends_at, band.from) {
                (None, None) => position == 0,
                (Some(end), Some(from)) => from == end + 1,
                _ => false,
            };
            let in_order = band.from.zip(band.to).is_none_or(|(from, to)| from <= to);
            if !follows || !in_order || band.to.is_none() != last {
                return refuse(format!("band {} does not follow the one before without a gap", position + 1));
            }
            ends_at = band.to;
        }
        if bands.is_empty() { refuse("a score without bands".to_owned()) } else { Ok(Self(bands)) }
    }
}

impl Bands {
    /// The band a value lies in.
    #[must_use]
    pub fn of(&self, value: i64) -> Option<Band> {
        let holds = |band: &&Band| band.from.is_none_or(|from| from <= value) && band.to.is_none_or(|to| value <= to);
        self.0.iter().find(holds).copied()
    }

    /// What a value counts.
    #[must_use]
    pub fn points(&self, value: i64) -> i64 {
        self.of(value).map_or(0, |band| band.points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(from: Option<i64>, to: Option<i64>) -> Band {
        Band { from, to, points: 1 }
    }

    #[test]
    fn a_gap_an_overlap_and_a_closed_end_are_refused() {
        let whole = [band(None, Some(8)), band(Some(9), None)];
        assert!(Bands::try_from(whole.to_vec()).is_ok());
        for wrong in [
            vec![],
            vec![band(None, Some(8)), band(Some(10), None)],
            vec![band(None, Some(8)), band(Some(8), None)],
            vec![band(Some(0), Some(8)), band(Some(9), None)],
            vec![band(None, Some(8)), band(Some(9), Some(10))],
            vec![band(None, None), band(Some(9), None)],
        ] {
            assert!(Bands::try_from(wrong.clone()).is_err(), "{wrong:?}");
        }
    }
}
