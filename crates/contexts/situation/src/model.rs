//! What this room speaks of: published figures, and a place as officials see it.

use std::collections::HashMap;

use jiff::civil::Date;
use linli_cases::queries::{ChildCounts, Figures};
use linli_kernel::{DistrictId, PlacePath, Ts, words};
use linli_record::model::Standing;
use linli_territory::model::{Coverage, Crumb, Place};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

words! {
    /// What a figure counts.
    pub enum Counted {
        /// 居民小区.
        Estates = "estates",
        /// 老旧小区.
        Old = "old",
        /// 封闭小区.
        Closed = "closed",
        /// 零散小区.
        Scattered = "scattered",
        /// 托管小区.
        InCare = "in_care",
        /// 托管的封闭小区.
        InCareClosed = "in_care_closed",
        /// 托管的零散小区.
        InCareScattered = "in_care_scattered",
        /// 建筑面积, 0.01 m².
        Area = "area",
        /// 托管面积, 0.01 m².
        AreaInCare = "area_in_care",
        /// 户数.
        Households = "households",
        /// 托管户数.
        HouseholdsInCare = "households_in_care",
    }
}

impl Counted {
    /// What the records say.
    #[must_use]
    pub const fn on_record(self, coverage: &Coverage) -> i64 {
        match self {
            Self::Estates => coverage.estates,
            Self::Old => coverage.old,
            Self::Closed => coverage.closed,
            Self::Scattered => coverage.scattered,
            Self::InCare => coverage.in_care,
            Self::InCareClosed => coverage.in_care_closed,
            Self::InCareScattered => coverage.in_care_scattered,
            Self::Area => coverage.area,
            Self::AreaInCare => coverage.area_in_care,
            Self::Households => coverage.households,
            Self::HouseholdsInCare => coverage.households_in_care,
        }
    }

    /// Whether it is an area in 0.01 m².
    #[must_use]
    pub const fn is_area(self) -> bool {
        matches!(self, Self::Area | Self::AreaInCare)
    }
}

words! {
    /// How a published figure was put.
    pub enum Precision {
        /// As it stands.
        Exactly = "exactly",
        /// 左右、约.
        About = "about",
        /// 余、超过.
        Over = "over",
    }
}

/// A figure as somebody published it (公布口径). Kept as printed; never repaired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The place it speaks of.
    pub place: PlacePath,
    /// What it counts.
    pub figure: Counted,
    /// A count (areas in 0.01 m²), or per cent when `share_of` is set.
    pub value: i64,
    /// Published as a share of this other figure.
    pub share_of: Option<Counted>,
    /// How it was put.
    pub precision: Precision,
    /// Who published it where, as one cites it.
    pub source: String,
    /// The day it was published.
    pub published_on: Date,
}

impl Published {
    /// Under what the public log knows it: the same figure of the same source about the same place is one record.
    #[must_use]
    pub fn subject(&self) -> Uuid {
        linli_record::rules::subject_of(&format!("figure\n{}\n{}\n{}", self.place, self.source, self.figure.as_str()))
    }
}

/// Something recent under a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Ts,
    /// What: the kind of the journal line.
    pub kind: String,
    /// Where.
    pub place: PlacePath,
    /// Where, in words, from the estate down; the name of the place itself above it.
    pub place_name: String,
    /// The number of the record, when it has one.
    pub number: String,
    /// The id of the record, when it is one.
    pub subject: String,
}

/// One child of a place in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The place.
    pub place: Place,
    /// What is open under it.
    pub counts: ChildCounts,
    /// What it holds.
    pub coverage: Coverage,
}

/// A place as officials see it now.
#[derive(Debug, Clone)]
pub struct PlaceView {
    /// District.
    pub district: DistrictId,
    /// The place.
    pub place: Place,
    /// The way to it.
    pub crumbs: Vec<Crumb>,
    /// The figures of its cases.
    pub figures: Figures,
    /// What it holds.
    pub coverage: Coverage,
    /// Its children, what needs help first.
    pub children: Vec<Child>,
    /// What was published about it.
    pub published: Vec<Published>,
    /// How that stands in the public log, by [`Published::subject`].
    pub proofs: HashMap<Uuid, Standing>,
    /// What happened lately, latest first.
    pub happenings: Vec<Happening>,
    /// When this was true.
    pub at: Ts,
}
