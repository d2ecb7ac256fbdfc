//! What is known of an institution and of its units.

use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts, words};

use super::{GridKind, InstitutionId, Level, TreatmentGridId, UnitId};

linli_kernel::id_type! {
    /// A membership of a treatment grid (入网记录).
    pub struct MembershipId;
    /// Which centre looks after a place (服务片区).
    pub struct CatchmentId;
    /// Hours of a unit.
    pub struct HoursId;
    /// A count of staff.
    pub struct StaffingId;
}

words! {
    /// What kind of institution (机构类别).
    pub enum InstitutionKind {
        /// 综合医院.
        Hospital = "hospital",
        /// 儿童医院.
        ChildrensHospital = "childrens_hospital",
        /// 妇产医院.
        MaternityHospital = "maternity_hospital",
        /// 专科医院.
        SpecialisedHospital = "specialised_hospital",
        /// 区域医疗中心.
        RegionalCentre = "regional_centre",
        /// 社区卫生服务中心.
        HealthCentre = "health_centre",
        /// 社区卫生服务站.
        HealthStation = "health_station",
        /// 村卫生室.
        VillageClinic = "village_clinic",
        /// 急救中心.
        EmergencyCentre = "emergency_centre",
        /// A region that another register sums up (区域汇总): it tells figures, and nobody is sent there.
        Area = "area",
        /// Not said.
        Unknown = "unknown",
    }

    /// What kind of unit (科室类别).
    pub enum UnitKind {
        /// 发热门诊.
        FeverClinic = "fever_clinic",
        /// 发热诊室: a room of a centre or station, no clinic.
        FeverRoom = "fever_room",
        /// 急诊科.
        Emergency = "emergency",
        /// 急诊留观.
        Observation = "observation",
        /// 重症监护病房.
        Icu = "icu",
        /// 病区.
        Ward = "ward",
        /// 输液、氧疗.
        InfusionOxygen = "infusion_oxygen",
        /// 120 调度.
        Dispatch = "dispatch",
        /// 其他.
        Other = "other",
    }

    /// How a unit came to be (新增方式).
    pub enum Added {
        /// 原有.
        Original = "original",
        /// 就地增设.
        OnSite = "on_site",
        /// 方舱改建.
        ConvertedCabin = "converted_cabin",
        /// 社区巡诊.
        CommunityRounds = "community_rounds",
        /// Not said.
        Unknown = "unknown",
    }

    /// Whom a unit sees (接诊对象).
    pub enum Serves {
        /// 成人和儿童.
        Everybody = "everybody",
        /// 成人.
        Adults = "adults",
        /// 儿童.
        Children = "children",
        /// 本单位职工: never shown to residents.
        Staff = "staff",
        /// Not said.
        Unknown = "unknown",
    }

    /// What one can come for (服务方式).
    pub enum Lane {
        /// 看诊.
        Full = "full",
        /// 只配药 (简易药房).
        MedicineOnly = "medicine_only",
    }

    /// How crowded it is (拥挤程度).
    pub enum Crowding {
        /// 人不多.
        Quiet = "quiet",
        /// 要排队.
        Busy = "busy",
        /// 非常拥挤.
        Crowded = "crowded",
    }

    /// A profession (岗位).
    pub enum Profession {
        /// 医师.
        Doctor = "doctor",
        /// 护士.
        Nurse = "nurse",
    }

    /// What somebody is trained for (培训).
    pub enum Training {
        /// 重症医学.
        IntensiveCare = "intensive_care",
        /// 重症培训合格的其他科室人员.
        IntensiveCareReserve = "intensive_care_reserve",
        /// 急诊.
        Emergency = "emergency",
        /// 发热门诊.
        FeverClinic = "fever_clinic",
        /// 未专门培训.
        General = "general",
    }
}

impl InstitutionKind {
    /// The kind of organisation it is.
    #[must_use]
    pub const fn organisation_kind(self) -> &'static str {
        match self {
            Self::HealthCentre => "health_centre",
            Self::HealthStation => "health_station",
            Self::VillageClinic => "village_clinic",
            Self::Area => "department",
            _ => "hospital",
        }
    }
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// The district in which it is registered.
    pub district: DistrictId,
    /// Its id.
    pub id: InstitutionId,
    /// The code others know it by, as written.
    pub code: String,
    /// The name of its organisation.
    pub name: String,
    /// What kind.
    pub kind: InstitutionKind,
    /// How much it can.
    pub level: Level,
    /// Where.
    pub place: PlacePath,
    /// Its address, or empty.
    pub address: String,
    /// Where exactly, when that is known.
    pub point: Option<Point>,
    /// The phone that may be shown.
    pub phone: Option<String>,
    /// What it can do: codes of `treatment.capabilities`.
    pub capabilities: Vec<String>,
    /// From when.
    pub valid_from: Ts,
    /// Until when; `None` while it is there.
    pub valid_to: Option<Ts>,
    /// Grows with every change.
    pub version: i64,
}

/// A unit of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Whose.
    pub institution: InstitutionId,
    /// What kind.
    pub kind: UnitKind,
    /// Its name.
    pub name: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// How it came to be.
    pub added: Added,
    /// Whom it sees.
    pub serves: Serves,
    /// What one can come for.
    pub lane: Lane,
    /// With whom it is run.
    pub partner: Option<String>,
    /// Where one is advised without coming.
    pub online: Option<String>,
    /// From when.
    pub valid_from: Ts,
    /// Until when; `None` while it is there.
    pub valid_to: Option<Ts>,
}

/// A treatment grid by its place in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct GridRef {
    /// The district of its lead.
    pub district: DistrictId,
    /// Its id there.
    pub id: TreatmentGridId,
}

/// A treatment grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreatmentGrid {
    /// Where it stands.
    pub at: GridRef,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What kind.
    pub kind: GridKind,
    /// Who leads it.
    pub lead: InstitutionId,
    /// From when.
    pub valid_from: Ts,
    /// Until when.
    pub valid_to: Option<Ts>,
}

/// A time in a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// Whose.
    pub institution: InstitutionId,
    /// Of which kind.
    pub kind: GridKind,
    /// In which.
    pub grid: GridRef,
    /// From when.
    pub valid_from: Ts,
    /// Until when, exclusive.
    pub valid_to: Option<Ts>,
}

impl Membership {
    /// Whether it holds at an instant.
    #[must_use]
    pub fn holds(&self, at: Ts) -> bool {
        self.valid_from <= at && self.valid_to.is_none_or(|end| at < end)
    }
}

/// A time in which a centre looks after a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catchment {
    /// Its id.
    pub id: CatchmentId,
    /// Which place, with everything under it.
    pub place: PlacePath,
    /// Who.
    pub institution: InstitutionId,
    /// From when.
    pub valid_from: Ts,
    /// Until when, exclusive.
    pub valid_to: Option<Ts>,
}

/// How many of a training there are.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Staffing {
    /// As what.
    pub profession: Profession,
    /// Trained for what.
    pub training: Training,
    /// The institution that sent them; empty for its own.
    pub seconded_from: String,
    /// How many.
    pub headcount: i64,
}
