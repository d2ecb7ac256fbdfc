//! The people through whom a visitor can look at every role, all of them around one estate, so that one report can be followed
//! through all their screens.

use crate::cli::Profile;

use super::estates::{Estate, Kind, Management};
use super::property::is_divided;
use super::staff::{Appointment, Ground, Staff, role};

/// A person who can sign in to the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLogin {
    /// Name to sign in with.
    pub login: String,
    /// The person.
    pub person_code: String,
    /// Word of the role they act under.
    pub role: &'static str,
    /// Who that is, in Chinese.
    pub who_zh: String,
    /// Who that is, in English.
    pub who_en: &'static str,
}

/// Roles that only the treatment network has.
const TREATING: [&str; 5] =
    [role::BED_MANAGER, role::GRID_COORDINATOR, role::EMERGENCY_DISPATCHER, role::HEALTH_OFFICER, role::EXPERT];

impl DemoLogin {
    /// Whether there is a page for them in this profile.
    #[must_use]
    pub fn is_in(&self, profile: Profile) -> bool {
        let treats = TREATING.contains(&self.role);
        match profile {
            Profile::Both => true,
            Profile::Community => !treats,
            Profile::Treatment => treats || self.role == role::FAMILY_DOCTOR,
        }
    }
}

/// The estate to look at and those who answer there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tour {
    /// Key of an entrance in it, whose board is a good first page.
    pub entrance: String,
    /// One login for each role.
    pub logins: Vec<DemoLogin>,
}

/// Login, role, title it must have (all when empty), who in Chinese and English.
type Part = (&'static str, &'static str, &'static str, &'static str, &'static str);

const PARTS: [Part; 17] = [
    ("quzhiban", role::DISTRICT_OFFICER, "", "区级值班员", "district duty officer"),
    ("jiedao", role::SUBDISTRICT_OFFICER, "", "街道工作人员", "subdistrict officer"),
    ("shuji", role::COMMUNITY_SECRETARY, "社区党委书记", "社区党委书记", "community party secretary"),
    ("shequ", role::COMMUNITY_WORKER, "", "社区工作者", "community worker"),
    ("wangge", role::GRID_WORKER, "", "网格员", "grid worker"),
    ("guanjia", role::LIFE_STEWARD, "", "生活管家", "life steward"),
    ("hongse", role::RED_STEWARD, "红色管家（网格党支部书记）", "红色管家", "red steward"),
    ("jingli", role::PROPERTY_MANAGER, "", "物业项目经理", "property manager"),
    ("zhiban", role::PROPERTY_DESK, "", "物业值班", "property duty desk"),
    ("baoan", role::GUARD, "", "保安", "guard"),
    ("yisheng", role::FAMILY_DOCTOR, "", "家庭医生", "family doctor"),
    ("chuangwei", role::BED_MANAGER, "床位管理员（牵头医院）", "牵头医院床位管理员", "bed manager of the lead hospital"),
    ("chuangwei2", role::BED_MANAGER, "床位管理员（二级医院）", "二级医院床位管理员", "bed manager of a level-2 hospital"),
    ("xietiao", role::GRID_COORDINATOR, "", "救治网格协调员", "coordinator of the treatment grid"),
    ("diaodu", role::EMERGENCY_DISPATCHER, "", "120 调度员", "120 dispatcher"),
    ("weijian", role::HEALTH_OFFICER, "", "卫生健康局工作人员", "health officer"),
    ("zhuanjia", role::EXPERT, "专家组组长", "专家组组长", "head of the expert group"),
];

/// Chooses the estate: walled, in entrusted management, of middling size, so that there is a gate to guard and one steward.
/// `None` when the district has no such estate.
pub fn tour(staff: &Staff, ground: Ground<'_>) -> Option<Tour> {
    let (estate, buildings) =
        ground.estates.iter().zip(ground.houses).find(|(e, _)| {
            e.management == Management::Entrusted && e.kind == Kind::Closed && e.households > 250 && !is_divided(e)
        })?;
    let building = buildings.first()?;
    let entrance = format!("{}/{}/{}", estate.code, building.name, building.entrances.first()?.name);
    let covers = [estate.code.clone(), format!("{}/{}", estate.code, building.name)];
    let grid = ground.grids.iter().find(|g| g.covers.iter().any(|c| covers.contains(c)))?;
    let logins = PARTS.iter().filter_map(|part| login(staff, estate, &grid.code, part)).collect();
    Some(Tour { entrance, logins })
}

fn login(staff: &Staff, estate: &Estate, grid: &str, (login, role, title, who, who_en): &Part) -> Option<DemoLogin> {
    let reaches = |a: &Appointment| match &a.grid {
        Some(code) => code == grid,
        // A division contains the estate when its code begins that of the community.
        None => a.place == estate.code || estate.community.starts_with(&a.place),
    };
    let fits = |a: &&Appointment| a.role == *role && (title.is_empty() || a.title == *title) && reaches(a);
    let appointment = staff.appointments.iter().find(fits)?;
    let person = staff.persons.get(appointment.person)?;
    Some(DemoLogin {
        login: (*login).to_owned(),
        person_code: person.code.clone(),
        role,
        who_zh: format!("{who} {}", person.name),
        who_en,
    })
}
