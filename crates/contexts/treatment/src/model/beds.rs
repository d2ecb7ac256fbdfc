//! Beds (床位): what a unit has of each kind, how that changed, and who a bed is held for.
//!
//! Unknown is not zero: what nobody has told is `None`, and what follows from it is `None` too.

use linli_kernel::{DistrictId, Ts, id_type, words};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{InstitutionId, UnitId};

id_type! {
    /// An entry of the ledger (台账条目).
    pub struct EntryId;
    /// A bed held for somebody, or taken by them (床位预留).
    pub struct HoldId;
    /// An order to make beds of another kind (转换指令).
    pub struct ConversionId;
}

words! {
    /// What kind of bed (床位类型). Kinds are never summed.
    pub enum BedType {
        /// 重症监护床位.
        Icu = "icu",
        /// 儿童重症监护床位.
        Picu = "picu",
        /// 急诊留观床位.
        Observation = "observation",
        /// 普通病床.
        Ward = "ward",
        /// 隔离病床.
        Isolation = "isolation",
        /// 输液、吸氧床位.
        Infusion = "infusion",
        /// 康复床位.
        Rehab = "rehab",
    }

    /// What an entry is about (台账科目).
    pub enum EntryKind {
        /// 编制（核定）床位.
        Licensed = "licensed",
        /// 实有床位.
        InPlace = "in_place",
        /// 开放床位.
        Open = "open",
        /// 在岗医师.
        Doctors = "doctors",
        /// 在岗护士.
        Nurses = "nurses",
        /// 可转换床位.
        Convertible = "convertible",
        /// 停用床位.
        Blocked = "blocked",
        /// 占用床位.
        Occupied = "occupied",
        /// 预留床位: only by a hold, never typed.
        Reserved = "reserved",
    }

    /// Whether an entry says how many there are, or how many more or less there are than before.
    pub enum Change {
        /// 盘点: so many there are.
        Level = "level",
        /// 增减.
        Delta = "delta",
    }

    /// Why beds are blocked (停用原因).
    pub enum Blocking {
        /// 缺人.
        Staff = "staff",
        /// 缺设备.
        Equipment = "equipment",
        /// 终末消毒.
        Cleaning = "cleaning",
        /// 隔离需要.
        Isolation = "isolation",
        /// 维修.
        Repair = "repair",
        /// 其他.
        Other = "other",
    }

    /// How far a hold is.
    pub enum HoldState {
        /// 预留中.
        Held = "held",
        /// 已入住.
        Occupied = "occupied",
        /// 已离开.
        Left = "left",
        /// 已释放.
        Released = "released",
        /// 到时释放.
        Expired = "expired",
    }

    /// How far an order to convert beds is.
    pub enum ConversionState {
        /// 已下达.
        Ordered = "ordered",
        /// 执行中.
        Begun = "begun",
        /// 已完成.
        Done = "done",
        /// 已撤回.
        Cancelled = "cancelled",
    }
}

impl EntryKind {
    /// What whoever keeps the ledger may enter. A reservation is made by a hold alone.
    pub const TYPED: [Self; 8] = [
        Self::Licensed,
        Self::InPlace,
        Self::Open,
        Self::Doctors,
        Self::Nurses,
        Self::Convertible,
        Self::Blocked,
        Self::Occupied,
    ];
}

/// The most of anything in a unit: more is a slip of the finger.
pub const COUNT_MAX: i64 = 10_000;

/// Which cell of the ledger: a kind of bed in a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellKey {
    /// The district of the institution.
    pub district: DistrictId,
    /// The unit.
    pub unit: UnitId,
    /// The kind of bed.
    pub bed_type: BedType,
}

/// An entry. Entries are added, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// What it is about.
    pub kind: EntryKind,
    /// How it counts.
    pub change: Change,
    /// How many, or how many more.
    pub amount: i64,
    /// For convertible beds: within how many hours.
    pub within_hours: Option<i64>,
    /// Since when it is so.
    pub at: Ts,
    /// When it was entered.
    pub known_at: Ts,
    /// Why, for what is blocked.
    pub reason: Option<Blocking>,
    /// The hold or the order that it follows from.
    pub cause: Option<Uuid>,
}

/// What a unit has of a kind of bed at an instant: the fold of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Levels {
    /// 编制（核定）.
    pub licensed: Option<i64>,
    /// 实有.
    pub in_place: Option<i64>,
    /// 开放.
    pub open: Option<i64>,
    /// 医师.
    pub doctors: Option<i64>,
    /// 护士.
    pub nurses: Option<i64>,
    /// 可转换.
    pub convertible: Option<i64>,
    /// Within how many hours those are ready.
    pub within_hours: Option<i64>,
    /// 停用.
    pub blocked: i64,
    /// 占用.
    pub occupied: i64,
    /// 预留.
    pub reserved: i64,
}

/// A cell of the ledger as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Which.
    pub key: CellKey,
    /// Whose.
    pub institution: InstitutionId,
    /// What there is.
    pub levels: Levels,
    /// The latest instant that an entry speaks of.
    pub last_at: Ts,
    /// When something was last entered.
    pub known_at: Ts,
}

/// A bed held for somebody on the way, or taken by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: HoldId,
    /// Where.
    pub unit: UnitId,
    /// Which kind.
    pub bed_type: BedType,
    /// Whose.
    pub institution: InstitutionId,
    /// For which referral; its own id, when it is held without one.
    pub referral: Uuid,
    /// How far it is.
    pub state: HoldState,
    /// The unit that answers for the patient, when the bed is another department's (借床收治).
    pub guest_of: Option<UnitId>,
    /// Since when it is held.
    pub held_at: Ts,
    /// Until when it is held.
    pub until: Ts,
    /// When it ended.
    pub over_at: Option<Ts>,
}

/// An order to make beds of another kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: ConversionId,
    /// Where.
    pub unit: UnitId,
    /// Which kind is made.
    pub bed_type: BedType,
    /// Whose.
    pub institution: InstitutionId,
    /// How many.
    pub beds: i64,
    /// How far it is.
    pub state: ConversionState,
    /// When it was given.
    pub ordered_at: Ts,
    /// By when they must be ready.
    pub due_at: Ts,
    /// When it ended.
    pub over_at: Option<Ts>,
    /// What proves that they are ready: beds, doctors and nurses that were counted then.
    pub proof: Option<Proof>,
    /// Changed since it was looked at?
    pub version: i64,
}

/// What was counted when converted beds were ready (完成证明).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Beds that stand there with what they need.
    pub beds: i64,
    /// Doctors who staff the unit then.
    pub doctors: i64,
    /// Nurses who staff the unit then.
    pub nurses: i64,
}
