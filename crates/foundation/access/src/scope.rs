//! Where an appointment reaches, as SQL sees it.

use linli_kernel::{DistrictId, PlacePath};

/// One district and one subtree of places. In SQL: `district_id = $d AND place_path >= $from AND place_path < $to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The district.
    pub district: DistrictId,
    /// The top of the subtree.
    pub place: PlacePath,
}

impl Scope {
    /// First path of the subtree.
    #[must_use]
    pub fn from(&self) -> &str {
        self.place.as_str()
    }

    /// First text after the subtree.
    #[must_use]
    pub fn to(&self) -> String {
        self.place.end()
    }

    /// Whether a place lies in it.
    #[must_use]
    pub fn contains(&self, district: DistrictId, place: &PlacePath) -> bool {
        self.district == district && self.place.contains(place)
    }

    /// The same scope, narrowed to a place that was asked for; `None` when that lies outside.
    #[must_use]
    pub fn narrowed(&self, place: &PlacePath) -> Option<Self> {
        self.place.contains(place).then(|| Self { district: self.district, place: place.clone() })
    }
}
