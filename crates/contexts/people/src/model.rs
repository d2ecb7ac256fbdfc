//! Organisations, people, appointments.

use linli_access::Role;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

linli_kernel::id_type! {
    /// An organisation (单位、组织).
    pub struct OrganisationId;
    /// Somebody who works in the neighbourhood (工作人员).
    pub struct PersonId;
    /// A dated role at a place (任职).
    pub struct AppointmentId;
}

/// What kind of organisation it is, as files and the database write it.
pub const ORGANISATION_KINDS: [&str; 18] = [
    "residents_committee",  // 居民委员会
    "party_branch",         // 党支部、党总支
    "party_committee",      // 社区大党委
    "party_group",          // 党小组
    "property_company",     // 物业公司
    "property_branch",      // 物业分公司
    "project_team",         // 项目部
    "owners_committee",     // 业主委员会
    "management_committee", // 物业管理委员会 (管委会)
    "street_office",        // 街道办事处
    "hospital",             // 医疗机构
    "health_centre",        // 社区卫生服务中心
    "health_station",       // 社区卫生服务站
    "village_clinic",       // 村卫生室
    "department",           // 部门
    "utility",              // 水电气暖企业
    "contractor",           // 维保、施工单位
    "other",
];

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// One of [`ORGANISATION_KINDS`].
    pub kind: String,
    /// Its name, unique in the district.
    pub name: String,
    /// Unified social credit code (统一社会信用代码), when known.
    pub credit_code: Option<String>,
}

/// Somebody who works in the neighbourhood.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// The natural key: a staff number.
    pub code: String,
    /// The name.
    pub name: String,
    /// The phone for colleagues; the public one stands with the appointment.
    pub work_phone: Option<String>,
}

/// A dated role at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// The district it reaches into.
    pub district: DistrictId,
    /// Who.
    pub person: PersonId,
    /// The organisation on whose behalf, when there is one.
    pub organisation_id: Option<OrganisationId>,
    /// Its name.
    pub organisation: Option<String>,
    /// As what.
    pub role: Role,
    /// The exact title, e.g. 党建指导员; empty when the role says it.
    pub title: String,
    /// Where.
    pub place: PlacePath,
    /// In which governance grid, when the appointment is for a grid.
    pub grid: Option<Uuid>,
    /// The phone a board may show.
    pub public_phone: Option<String>,
    /// From.
    pub valid_from: Ts,
    /// Until, exclusive; `None` while open.
    pub valid_to: Option<Ts>,
}

impl Appointment {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn in_force(&self, at: Ts) -> bool {
        self.valid_from <= at && self.valid_to.is_none_or(|end| at < end)
    }
}

/// Whether somebody answers through a place or through a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Via {
    /// Appointed at the place itself or above it.
    Place,
    /// Appointed in a governance grid that covers the place.
    Grid,
}

/// Somebody who answers for a place now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answering {
    /// As what.
    pub role: Role,
    /// The exact title, or empty.
    pub title: String,
    /// The name.
    pub person_name: String,
    /// The phone a board may show.
    pub phone: Option<String>,
    /// The organisation, or empty.
    pub organisation: String,
    /// The appointment.
    pub appointment: AppointmentId,
    /// The person.
    pub person: PersonId,
    /// How.
    pub via: Via,
    /// Where the appointment stands.
    pub place: PlacePath,
}

/// A person with the organisation they come from, as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct StaffLine {
    /// The id.
    pub id: PersonId,
    /// Staff number.
    pub code: String,
    /// Name.
    pub name: String,
    /// Phone for colleagues.
    pub work_phone: Option<String>,
    /// The organisation they come from.
    pub organisation_id: Option<OrganisationId>,
    /// Its name.
    pub organisation: Option<String>,
}

/// Whom a list of staff asks for. What is empty asks for everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaffFilter {
    /// A staff number that begins so, or a name that holds it.
    pub text: String,
    /// Those who hold this role now.
    pub role: Option<Role>,
    /// Those who hold a post at this place or below it now.
    pub under: Option<PlacePath>,
}

/// A post in an organisation and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Who.
    pub person_name: String,
    /// The appointment.
    pub appointment: Appointment,
}

/// A person as a file or a form names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonInput {
    /// Staff number, the natural key.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind of the organisation; `None` leaves a known organisation as it is.
    pub organisation_kind: Option<String>,
    /// Name of the organisation.
    pub organisation_name: Option<String>,
    /// Its unified social credit code.
    pub organisation_credit_code: Option<String>,
    /// Phone for colleagues.
    pub work_phone: Option<String>,
}

/// An appointment as a file or a form names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentInput {
    /// Staff number of the person.
    pub person_code: String,
    /// Name of the organisation on whose behalf.
    pub organisation_name: Option<String>,
    /// Role, as `access` writes it.
    pub role: String,
    /// Exact title.
    pub title: String,
    /// Key of the place: a division code, `ESTATE`, `ESTATE/3栋`, `ESTATE/3栋/2单元`; empty with a grid.
    pub place: String,
    /// Code of the grid, for appointments in a grid.
    pub grid_code: Option<String>,
    /// Phone a board may show.
    pub public_phone: Option<String>,
    /// From.
    pub valid_from: Ts,
    /// Until, exclusive.
    pub valid_to: Option<Ts>,
}

/// A cross-appointment (双向进入、交叉任职): somebody of one organisation who holds a post in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrossAppointment {
    /// Who, by id.
    pub person: PersonId,
    /// Who.
    pub person_name: String,
    /// The organisation they come from.
    pub home_organisation: String,
    /// The organisation they hold the post in.
    pub post_organisation: String,
    /// The post.
    pub title: String,
    /// Its role.
    pub role: Role,
}
