//! Money, area and fractions as whole numbers: nobody's right depends on a rounding error.

use serde::{Deserialize, Serialize};

/// Money in fen (分, 0.01 yuan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Fen(pub i64);

crate::sql_newtype!(Fen, i64);

impl std::fmt::Display for Fen {
    /// `1234.50` (yuan).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// Floor area in units of 0.01 m² (平方米).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Area(pub i64);

crate::sql_newtype!(Area, i64);

impl std::fmt::Display for Area {
    /// `86.5` (m²), without needless zeros.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let hundredths = self.0.unsigned_abs();
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        match rest {
            0 => write!(f, "{sign}{whole}"),
            r if r % 10 == 0 => write!(f, "{sign}{whole}.{}", r / 10),
            r => write!(f, "{sign}{whole}.{r:02}"),
        }
    }
}

impl Area {
    /// Reads `86`, `86.5` or `86.55` (m²). More than two decimals, a sign or anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let hundredths: i64 = match decimals.len() {
            0 => 0,
            1 => decimals.parse::<i64>().ok()?.checked_mul(10)?,
            2 => decimals.parse().ok()?,
            _ => return None,
        };
        whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(hundredths).map(Self)
    }
}

/// A fraction of whole numbers, compared without division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fraction {
    /// Above the line.
    pub part: i64,
    /// Below the line.
    pub whole: i64,
}

impl Fraction {
    /// `part/whole ≥ self`, exactly; false when `whole` is 0 (nobody cannot be two thirds of nobody).
    #[must_use]
    pub fn is_reached_by(self, part: i64, whole: i64) -> bool {
        whole > 0 && i128::from(part) * i128::from(self.whole) >= i128::from(self.part) * i128::from(whole)
    }

    /// `part/whole > self`, exactly ("过半数" is more than half, not half).
    #[must_use]
    pub fn is_exceeded_by(self, part: i64, whole: i64) -> bool {
        whole > 0 && i128::from(part) * i128::from(self.whole) > i128::from(self.part) * i128::from(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_reads_what_it_prints() {
        for (text, hundredths) in [("86", 8600), ("86.5", 8650), ("86.55", 8655), ("0.07", 7)] {
            assert_eq!(Area::parse(text), Some(Area(hundredths)));
            assert_eq!(Area(hundredths).to_string(), text);
        }
        for bad in ["", "-1", "1.234", "一", "1e3", ".5"] {
            assert_eq!(Area::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn half_is_not_more_than_half() {
        let half = Fraction { part: 1, whole: 2 };
        assert!(half.is_reached_by(5, 10) && !half.is_exceeded_by(5, 10) && half.is_exceeded_by(6, 10));
        assert!(!half.is_reached_by(0, 0));
    }
}
