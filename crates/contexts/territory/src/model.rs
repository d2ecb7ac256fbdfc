//! The types of the ground.

use linli_geo::Point;
use linli_kernel::{Area, DistrictId, PlaceLevel, PlacePath, Ts};
use serde::{Deserialize, Serialize};

linli_kernel::id_type! {
    /// A place (地点): estate, building, entrance or home; for divisions the id is made from the official code.
    pub struct PlaceId;
    /// A component (部件).
    pub struct ComponentId;
    /// A governance grid (治理网格).
    pub struct GridId;
}

impl PlaceId {
    /// The id of an official division: always the same for the same code, so that journal lines can name it.
    #[must_use]
    pub fn of_division(code: &str) -> Self {
        let mut bytes = [0_u8; 16];
        for (slot, byte) in bytes.iter_mut().rev().zip(code.bytes().rev()) {
            *slot = byte;
        }
        // Digits are 0x30 to 0x39; version and variant only touch high bits of bytes 6 and 8, so codes stay apart.
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// A place of any level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its id.
    pub id: PlaceId,
    /// The district whose data it is; for a division the district it was asked under.
    pub district: DistrictId,
    /// Its level.
    pub level: PlaceLevel,
    /// Where it stands in the tree.
    pub path: PlacePath,
    /// Its name as people say it (`2单元`), without the places above.
    pub name: String,
    /// The official code of a division, the natural key of everything below (`E/3栋/2单元`).
    pub code: String,
}

/// One step of the way from the city down to a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crumb {
    /// Level.
    pub level: PlaceLevel,
    /// Name.
    pub name: String,
    /// Path.
    pub path: PlacePath,
}

/// A district that is served here.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct District {
    /// Our own number of it.
    pub id: DistrictId,
    /// Name.
    pub name: String,
    /// Its place in the tree.
    #[row(column = "place_path")]
    pub path: PlacePath,
    /// Official code, six digits.
    pub division: String,
}

/// An official division (行政区划) of city to community level.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Division {
    /// 4, 6, 9 or 12 digits.
    pub code: String,
    /// Its place in the tree.
    pub place_path: PlacePath,
    /// Name; the code when the name is not known.
    pub name: String,
    /// Whether the name is known.
    pub named: bool,
    /// From when it exists, when known.
    pub valid_from: Option<Ts>,
    /// From when it exists no more.
    pub valid_to: Option<Ts>,
    /// The code that took its place.
    pub replaced_by: Option<String>,
}

/// A place that exists no more (已撤销).
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Gone {
    /// Its last name.
    pub name: String,
    /// Its code or natural key.
    pub code: String,
    /// From when it exists no more.
    pub valid_to: Ts,
    /// Code or key of what took its place.
    pub successor: Option<String>,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal | $($chinese:literal)|+,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the database, in files and in text keys.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Reads the word or a Chinese term of the field.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text.trim() { $($word $(| $chinese)+ => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// How an estate lies (小区类型).
    EstateKind {
        /// 封闭小区: a wall and gates around it.
        Closed = "closed" | "封闭" | "封闭小区",
        /// 零散小区: single buildings along streets.
        Scattered = "scattered" | "零散" | "零散小区" | "开放" | "敞开",
    }
}

words! {
    /// Who looks after an estate (管理方式).
    Management {
        /// 国企物业托管: entrusted to a state-owned property company.
        Entrusted = "entrusted" | "托管" | "国企托管" | "国企物业托管",
        /// 物业公司 under contract with the owners.
        Commercial = "commercial" | "物业公司" | "商业物业" | "市场化物业",
        /// 业主自管: the owners themselves.
        SelfManaged = "self_managed" | "业主自管" | "自管" | "业主自筹物业" | "自治",
        /// Nobody.
        Nobody = "none" | "无" | "无物业" | "失管",
    }
}

words! {
    /// The state of a component (部件状态), GB/T 47678.5-2026.
    ComponentState {
        /// 完好.
        Intact = "intact" | "完好",
        /// 破损.
        Damaged = "damaged" | "破损",
        /// 丢失.
        Missing = "missing" | "丢失",
        /// 废弃.
        Abandoned = "abandoned" | "废弃",
        /// 移除.
        Removed = "removed" | "移除",
    }
}

/// What is to be recorded about an estate (小区). What is `None` is not known and leaves what is known already.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EstateInput {
    /// Natural key, unique in the district.
    pub code: String,
    /// Twelve-digit code of its community.
    pub community: String,
    /// Name.
    pub name: String,
    /// How it lies.
    pub kind: Option<EstateKind>,
    /// Year of completion.
    pub year_built: Option<i64>,
    /// Households by the manager's or the committee's count.
    pub households: Option<i64>,
    /// Buildings by the same count; the rows may be fewer.
    pub buildings: Option<i64>,
    /// Floor area.
    pub area: Option<Area>,
    /// Who looks after it.
    pub management: Option<Management>,
    /// Name of the manager.
    pub manager_name: Option<String>,
    /// Unified social credit code of the manager.
    pub manager_credit_code: Option<String>,
    /// Since when, `YYYY-MM-DD`.
    pub managed_since: Option<jiff::civil::Date>,
    /// A point in it, WGS-84.
    pub point: Option<Point>,
}

/// An estate as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estate {
    /// The place.
    pub place: Place,
    /// How it lies.
    pub kind: Option<EstateKind>,
    /// Year of completion.
    pub year_built: Option<i64>,
    /// Households by the manager's or the committee's count.
    pub households: Option<i64>,
    /// Buildings by the same count.
    pub buildings_declared: Option<i64>,
    /// Floor area.
    pub area: Option<Area>,
    /// Who looks after it.
    pub management: Option<Management>,
    /// Name of the manager.
    pub manager_name: Option<String>,
    /// Unified social credit code of the manager.
    pub manager_credit_code: Option<String>,
    /// Since when.
    pub managed_since: Option<jiff::civil::Date>,
    /// A point in it, WGS-84.
    pub point: Option<Point>,
    /// Buildings on record.
    pub buildings: i64,
    /// Entrances on record.
    pub entrances: i64,
    /// Homes on record.
    pub homes: i64,
}

/// What is to be recorded about a home (户). Building and entrance are made when they are not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeInput {
    /// Natural key of the estate.
    pub estate: String,
    /// Name of the building, e.g. `3栋`.
    pub building: String,
    /// Name of the entrance, e.g. `2单元`.
    pub entrance: String,
    /// Floor; basements are negative.
    pub floor: Option<i64>,
    /// Room, e.g. `301`.
    pub room: String,
    /// Floor area.
    pub area: Option<Area>,
}

/// A home as a room, without anything about who lives there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Home {
    /// The place.
    pub place: Place,
    /// Floor.
    pub floor: Option<i64>,
    /// Room.
    pub room: String,
    /// Floor area.
    pub area: Option<Area>,
}

/// What is to be recorded about a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentInput {
    /// 17 digits.
    pub component_id: String,
    /// Name; the name of the class when `None`.
    pub name: Option<String>,
    /// Five digits; must be the class inside the identifier when given.
    pub class_code: Option<String>,
    /// Key of the place it stands at; the district when `None`.
    pub place: Option<String>,
    /// Where, WGS-84.
    pub point: Option<Point>,
    /// State; intact when `None` and new.
    pub state: Option<ComponentState>,
    /// Unified social credit code of the department in charge.
    pub department_code: Option<String>,
    /// Name of the department in charge.
    pub department_name: Option<String>,
    /// Since when.
    pub since: Option<jiff::civil::Date>,
}

/// A component as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Component {
    /// Our id.
    pub id: ComponentId,
    /// 17 digits.
    pub component_id: String,
    /// Class.
    pub class_code: String,
    /// Name.
    pub name: String,
    /// Where in the tree.
    pub path: PlacePath,
    /// Where on the ground, WGS-84.
    pub point: Option<Point>,
    /// State.
    pub state: ComponentState,
    /// Department in charge.
    pub department_code: Option<String>,
    /// Its name.
    pub department_name: Option<String>,
    /// Since when.
    pub since: Option<jiff::civil::Date>,
    /// Doubts about the point (`outside_place`, `repeated_point`).
    pub doubts: Vec<String>,
}

/// A class of components (部件类别).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, linli_db::FromRow)]
pub struct ComponentClass {
    /// Five digits: major class and minor class.
    pub code: String,
    /// Name.
    pub name: String,
    /// Name of the major class (大类).
    pub major_name: String,
    /// The standard, or the paper of a local addition.
    pub standard_ref: String,
    /// In force from, `YYYY-MM-DD`.
    pub valid_from: String,
    /// In force until.
    pub valid_to: Option<String>,
    /// Added by the city (minor class 79 to 99 by custom), not in the standard.
    pub is_local: bool,
    /// Compared with the printed standard by somebody.
    pub verified: bool,
}

/// What is to be recorded about a governance grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridInput {
    /// Natural key, unique in the district.
    pub code: String,
    /// Name.
    pub name: String,
    /// Twelve-digit code of its community.
    pub community: String,
    /// Keys of the places it covers: estates, buildings, entrances.
    pub covers: Vec<String>,
}

/// A governance grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grid {
    /// Id.
    pub id: GridId,
    /// Natural key.
    pub code: String,
    /// Name.
    pub name: String,
    /// Its community.
    pub community: PlacePath,
    /// The places it covers.
    pub covers: Vec<PlacePath>,
}

/// The outline of a place (边界).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary {
    /// The place.
    pub path: PlacePath,
    /// A GeoJSON geometry in WGS-84.
    pub geojson: String,
    /// The coordinate system in which it was received.
    pub original_crs: String,
    /// Who published it and under what terms.
    pub source: String,
}

/// What a place holds (覆盖情况). "Old" is by [`crate::rules::is_old`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, linli_db::FromRow)]
pub struct Coverage {
    /// Estates.
    pub estates: i64,
    /// Of them old.
    pub old: i64,
    /// Of them without a known year.
    pub age_unknown: i64,
    /// Of them closed.
    pub closed: i64,
    /// Of them scattered.
    pub scattered: i64,
    /// Of them in entrusted management (托管).
    pub in_care: i64,
    /// In care and closed.
    pub in_care_closed: i64,
    /// In care and scattered.
    pub in_care_scattered: i64,
    /// Floor area, 0.01 m².
    pub area: i64,
    /// Floor area in care, 0.01 m².
    pub area_in_care: i64,
    /// Households.
    pub households: i64,
    /// Households in care.
    pub households_in_care: i64,
    /// Buildings on record.
    pub buildings: i64,
    /// Entrances on record.
    pub entrances: i64,
    /// Homes on record.
    pub homes: i64,
}
