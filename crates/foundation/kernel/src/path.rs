//! The path of a place: fixed-width segments of stable numbers, so that "everything under here" is a range of text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Letters of a segment: ascending in ASCII, without those that are misread aloud (i l o u).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a segment: 32⁴ = 1,048,576 places under one parent.
const WIDTH: usize = 4;
/// City, district, subdistrict, community, estate, building, entrance, home.
const MAX_DEPTH: usize = 8;

/// The levels of the tree, from the city down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceLevel {
    /// 市 (地级): the first four digits of the code.
    City,
    /// 区、县: the first six digits.
    District,
    /// 街道、镇、乡: nine digits.
    Subdistrict,
    /// 社区居委会、行政村: twelve digits.
    Community,
    /// 小区.
    Estate,
    /// 楼栋.
    Building,
    /// 单元.
    Entrance,
    /// 户.
    Home,
}

impl PlaceLevel {
    /// All levels, from the city down.
    pub const ALL: [Self; MAX_DEPTH] = [
        Self::City,
        Self::District,
        Self::Subdistrict,
        Self::Community,
        Self::Estate,
        Self::Building,
        Self::Entrance,
        Self::Home,
    ];

    /// How many segments the path of such a place has: 1 for a city, 8 for a home.
    #[must_use]
    pub fn depth(self) -> usize {
        Self::ALL.iter().position(|level| *level == self).map_or(0, |i| i + 1)
    }

    /// The word used in the database, in files and in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::District => "district",
            Self::Subdistrict => "subdistrict",
            Self::Community => "community",
            Self::Estate => "estate",
            Self::Building => "building",
            Self::Entrance => "entrance",
            Self::Home => "home",
        }
    }

    /// The level below, `None` for a home.
    #[must_use]
    pub fn below(self) -> Option<Self> {
        Self::ALL.get(self.depth()).copied()
    }
}

impl fmt::Display for PlaceLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PlaceLevel {
    type Err = PathError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str() == s).ok_or(PathError::Level)
    }
}

/// The path of a place, e.g. `0001000800030002` for a community. The empty path is the whole of everything.
///
/// Ordered as text; in SQL the subtree of `p` is `path >= p AND path < p || '~'` (columns are `COLLATE "C"` on PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(try_from = "String", into = "String")]
pub struct PlacePath(String);

crate::sql_newtype!(PlacePath, String);

/// Why a text is not a place path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not whole segments of the right letters, or too many of them.
    #[error("not a place path")]
    Form,
    /// A segment number beyond 32⁴ − 1.
    #[error("no more numbers under this place")]
    Full,
    /// No such level.
    #[error("not a level of the place tree")]
    Level,
}

impl PlacePath {
    /// Above every city.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// The path of the child with this number.
    ///
    /// # Errors
    /// `Full` beyond 1,048,575; `Form` below a home.
    pub fn child(&self, number: u32) -> Result<Self, PathError> {
        if self.depth() >= MAX_DEPTH {
            return Err(PathError::Form);
        }
        let mut segment = [b'0'; WIDTH];
        let mut rest = number;
        for slot in segment.iter_mut().rev() {
            let digit = usize::try_from(rest % 32).map_err(|_| PathError::Full)?;
            *slot = *ALPHABET.get(digit).ok_or(PathError::Full)?;
            rest /= 32;
        }
        if rest != 0 {
            return Err(PathError::Full);
        }
        let mut path = String::with_capacity(self.0.len() + WIDTH);
        path.push_str(&self.0);
        path.extend(segment.iter().copied().map(char::from));
        Ok(Self(path))
    }

    /// Number of segments: 0 for the root, 8 for a home.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.len() / WIDTH
    }

    /// The level of the place, `None` for the root.
    #[must_use]
    pub fn level(&self) -> Option<PlaceLevel> {
        self.depth().checked_sub(1).and_then(|i| PlaceLevel::ALL.get(i)).copied()
    }

    /// The place above, `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let end = self.0.len().checked_sub(WIDTH)?;
        self.0.get(..end).map(|p| Self(p.to_owned()))
    }

    /// This path cut to the given level; itself when it is not deeper.
    #[must_use]
    pub fn at_level(&self, level: PlaceLevel) -> Self {
        let end = (level.depth() * WIDTH).min(self.0.len());
        Self(self.0.get(..end).unwrap_or_default().to_owned())
    }

    /// From the city down to this place itself.
    #[must_use]
    pub fn ancestors(&self) -> Vec<Self> {
        self.steps().map(|step| Self(step.to_owned())).collect()
    }

    /// The texts of [`PlacePath::ancestors`], for looking them up in a map by path.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = &str> {
        (1..=self.depth()).filter_map(|depth| self.0.get(..depth * WIDTH))
    }

    /// Whether `other` is this place or lies under it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The first text after the subtree: with it, `path >= self AND path < self.end()` is the subtree.
    #[must_use]
    pub fn end(&self) -> String {
        format!("{}~", self.0)
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A path is equal, ordered and hashed as its text.
impl std::borrow::Borrow<str> for PlacePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PlacePath {
    type Err = PathError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let whole = s.len().is_multiple_of(WIDTH) && s.len() <= WIDTH * MAX_DEPTH;
        if whole && s.bytes().all(|b| ALPHABET.contains(&b)) { Ok(Self(s.to_owned())) } else { Err(PathError::Form) }
    }
}

impl TryFrom<String> for PlacePath {
    type Error = PathError;
    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<PlacePath> for String {
    fn from(path: PlacePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The range in text is exactly the subtree, whatever the numbers are.
        #[test]
        fn subtree_is_a_text_range(a in prop::collection::vec(0_u32..1_048_576, 0..=8), b in prop::collection::vec(0_u32..1_048_576, 0..=8)) {
            let build = |numbers: &[u32]| numbers.iter().fold(PlacePath::root(), |p, n| p.child(*n).unwrap());
            let (pa, pb) = (build(&a), build(&b));
            let in_range = pb.as_str() >= pa.as_str() && pb.as_str() < pa.end().as_str();
            prop_assert_eq!(in_range, pa.contains(&pb));
            prop_assert_eq!(pa.contains(&pb), b.starts_with(&a));
            prop_assert_eq!(pa.to_string().parse::<PlacePath>().unwrap(), pa.clone());
        }
    }

    #[test]
    fn no_number_beyond_the_width() {
        assert_eq!(PlacePath::root().child(1_048_576), Err(PathError::Full));
        assert_eq!("00i0".parse::<PlacePath>(), Err(PathError::Form));
        assert_eq!("000".parse::<PlacePath>(), Err(PathError::Form));
    }
}
