//! Institutions, units, treatment grids; beds.

pub mod beds;
pub mod hand_off;
pub mod plan;
pub mod referrals;

mod hours;
mod institutions;
mod returns;

pub use hours::{Hours, Interval, NoHours, OpenNow, Posted};
pub use institutions::{
    Added, Catchment, CatchmentId, Crowding, GridRef, HoursId, Institution, InstitutionKind, Lane, Membership, MembershipId,
    Profession, Serves, Staffing, StaffingId, Training, TreatmentGrid, Unit, UnitKind,
};
pub use returns::{Figures, Return, ReturnId, ReturnVersion, Stated, Sum};

use linli_kernel::words;

linli_kernel::id_type! {
    /// A medical institution (医疗机构): the id of its organisation.
    pub struct InstitutionId;
    /// A unit of it (科室、病区、门诊).
    pub struct UnitId;
    /// A treatment grid (救治网格): a consortium of institutions, no governance grid.
    pub struct TreatmentGridId;
}

words! {
    /// What kind of treatment grid (网格类别): an institution belongs to one of each kind at a time.
    pub enum GridKind {
        /// 综合.
        General = "general",
        /// 儿科.
        Children = "children",
        /// 产科.
        Maternity = "maternity",
    }

    /// How much an institution can (医疗机构级别).
    pub enum Level {
        /// 基层、一级.
        Primary = "primary",
        /// 二级.
        Second = "second",
        /// 三级.
        Tertiary = "tertiary",
        /// Not said.
        Unknown = "unknown",
    }
}
