//! Organisations, persons and their appointments. All persons are invented.

use std::collections::HashMap;

use super::dice::Dice;
use super::divisions::Divisions;
use super::estates::Estate;
use super::grids::{Grid, chinese};
use super::houses::Building;
use super::names::{PersonNames, unreal_credit_code, unreal_phone};
use super::{network, property};

/// The words of the roles, as `access::Role` prints them.
pub mod role {
    /// 区级值班员.
    pub const DISTRICT_OFFICER: &str = "district_officer";
    /// 街道工作人员.
    pub const SUBDISTRICT_OFFICER: &str = "subdistrict_officer";
    /// 社区党组织书记.
    pub const COMMUNITY_SECRETARY: &str = "community_secretary";
    /// 社区工作者.
    pub const COMMUNITY_WORKER: &str = "community_worker";
    /// 网格员.
    pub const GRID_WORKER: &str = "grid_worker";
    /// 生活管家.
    pub const LIFE_STEWARD: &str = "life_steward";
    /// 红色管家.
    pub const RED_STEWARD: &str = "red_steward";
    /// 物业经理.
    pub const PROPERTY_MANAGER: &str = "property_manager";
    /// 物业值班.
    pub const PROPERTY_DESK: &str = "property_desk";
    /// 保安.
    pub const GUARD: &str = "guard";
    /// 家庭医生.
    pub const FAMILY_DOCTOR: &str = "family_doctor";
    /// 床位管理员.
    pub const BED_MANAGER: &str = "bed_manager";
    /// 网格协调员.
    pub const GRID_COORDINATOR: &str = "grid_coordinator";
    /// 120 调度员.
    pub const EMERGENCY_DISPATCHER: &str = "emergency_dispatcher";
    /// 卫生健康部门工作人员.
    pub const HEALTH_OFFICER: &str = "health_officer";
    /// 专家组成员.
    pub const EXPERT: &str = "expert";
    /// 兼职、名誉职务, which grants nothing.
    pub const MEMBER: &str = "member";
}

/// An organisation.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// The word of its kind in the import file.
    pub kind: &'static str,
    /// Its name, by which appointments find it.
    pub name: String,
    /// Only firms have one; it belongs to nobody.
    pub credit_code: String,
}

/// A person (invented).
#[derive(Debug, Clone)]
pub struct Person {
    /// Natural key, `P0001`.
    pub code: String,
    /// Invented name.
    pub name: String,
    /// Index of the organisation they work for.
    pub organisation: usize,
    /// A number that cannot be dialled.
    pub work_phone: String,
}

/// A dated appointment (任职).
#[derive(Debug, Clone)]
pub struct Appointment {
    /// Index of the person.
    pub person: usize,
    /// Index of the organisation that appoints.
    pub organisation: usize,
    /// Word of the role.
    pub role: &'static str,
    /// Exact title.
    pub title: String,
    /// Place key.
    pub place: String,
    /// Code of the grid, for those who answer for one.
    pub grid: Option<String>,
    /// Whether boards print the work phone of the person.
    pub public_phone: bool,
    /// First day, ISO date.
    pub from: String,
    /// Last day, where it has ended.
    pub to: Option<String>,
}

/// Everybody, and who has what.
#[derive(Debug, Default)]
pub struct Staff {
    /// Organisations.
    pub organisations: Vec<Organisation>,
    /// Persons.
    pub persons: Vec<Person>,
    /// Appointments, ended ones included.
    pub appointments: Vec<Appointment>,
    /// Per estate and building: the life steward's person.
    pub steward_of: Vec<Vec<usize>>,
    /// Per estate: the property manager's person, for the entrusted ones.
    pub manager_of: Vec<Option<usize>>,
    /// Per grid: the grid worker's person.
    pub grid_worker_of: Vec<usize>,
    /// Per community: a community worker's person.
    pub worker_of: HashMap<String, usize>,
    /// Persons of the 24-hour duty desk.
    pub desk: Vec<usize>,
    names: PersonNames,
    credit_codes: usize,
}

/// What the staff is made for.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The divisions.
    pub divisions: &'a Divisions,
    /// The estates.
    pub estates: &'a [Estate],
    /// Their buildings.
    pub houses: &'a [Vec<Building>],
    /// The grids.
    pub grids: &'a [Grid],
}

impl Staff {
    /// Appoints everybody.
    pub fn appoint(ground: Ground<'_>, seed: u64) -> Self {
        let dice = Dice::new(seed, "staff");
        let mut staff = Self { credit_codes: 200, ..Self::default() };
        offices(&mut staff, ground.divisions, &dice);
        communities(&mut staff, ground, &dice);
        property::appoint(&mut staff, ground, &dice);
        red_stewards(&mut staff, ground, &dice);
        owners_committees(&mut staff, ground, &dice);
        // Last, so that nobody who was there before has another number or name.
        family_doctors(&mut staff, ground.divisions, &dice);
        network::appoint(&mut staff, ground.divisions, &dice);
        staff
    }

    /// The index of the organisation of this name, made when it is new.
    pub fn organisation(&mut self, kind: &'static str, name: &str, firm: bool) -> usize {
        if let Some(index) = self.organisations.iter().position(|o| o.name == name) {
            return index;
        }
        let credit_code = if firm {
            self.credit_codes += 1;
            unreal_credit_code(self.credit_codes)
        } else {
            String::new()
        };
        self.organisations.push(Organisation { kind, name: name.to_owned(), credit_code });
        self.organisations.len() - 1
    }

    /// A new person of an organisation.
    pub fn person(&mut self, organisation: usize, dice: &Dice) -> usize {
        let number = self.persons.len() + 1;
        self.persons.push(Person {
            code: format!("P{number:04}"),
            name: self.names.next(dice),
            organisation,
            work_phone: unreal_phone(number),
        });
        number - 1
    }

    /// Appoints a person at a place under the organisation they work for.
    pub fn at(&mut self, person: usize, role: &'static str, title: &str, place: &str, dice: &Dice) {
        let organisation = self.persons.get(person).map_or(0, |p| p.organisation);
        self.cross(person, organisation, role, title, place, dice);
    }

    /// Appoints a person under another organisation than their own (交叉任职).
    pub fn cross(&mut self, person: usize, organisation: usize, role: &'static str, title: &str, place: &str, dice: &Dice) {
        self.appointments.push(Appointment {
            person,
            organisation,
            role,
            title: title.to_owned(),
            place: place.to_owned(),
            grid: None,
            public_phone: PUBLIC.contains(&role),
            from: begun(dice),
            to: None,
        });
    }

    fn for_grid(&mut self, person: usize, role: &'static str, title: &str, grid: &Grid, dice: &Dice) {
        self.at(person, role, title, &grid.community, dice);
        if let Some(last) = self.appointments.last_mut() {
            last.grid = Some(grid.code.clone());
        }
    }
}

/// Roles whose work phone the boards print.
const PUBLIC: [&str; 5] = [role::LIFE_STEWARD, role::RED_STEWARD, role::GRID_WORKER, role::PROPERTY_MANAGER, role::PROPERTY_DESK];

/// Entrusted management began in July 2020; who answers today was appointed some time after that.
fn begun(dice: &Dice) -> String {
    let months = 2020 * 12 + 8 + dice.between(0, 40);
    format!("{:04}-{:02}-01", months / 12, months % 12 + 1)
}

fn offices(staff: &mut Staff, divisions: &Divisions, dice: &Dice) {
    let centre = staff.organisation("department", &format!("{}社区治理服务中心（演示）", divisions.name), false);
    for _ in 0..3 {
        let person = staff.person(centre, dice);
        staff.at(person, role::DISTRICT_OFFICER, "区级值班员", &divisions.code, dice);
    }
    for subdistrict in divisions.subdistricts.iter().filter(|s| s.communities.iter().any(|c| !c.is_virtual())) {
        let office = staff.organisation("street_office", &format!("{}社区治理办（演示）", subdistrict.name), false);
        for title in ["街道值班长", "街道工作人员"] {
            let person = staff.person(office, dice);
            staff.at(person, role::SUBDISTRICT_OFFICER, title, &subdistrict.code, dice);
        }
    }
}

/// Name of the community's party organisation.
pub fn party_committee(short_name: &str) -> String {
    format!("{short_name}党委")
}

fn communities(staff: &mut Staff, ground: Ground<'_>, dice: &Dice) {
    for (_, community) in ground.divisions.lived_in() {
        let short = community.short_name();
        let party = staff.organisation("party_committee", &party_committee(short), false);
        let committee = staff.organisation("residents_committee", &format!("{short}居委会"), false);
        let secretary = staff.person(party, dice);
        staff.at(secretary, role::COMMUNITY_SECRETARY, "社区党委书记", &community.code, dice);
        for title in ["社区工作者（物业与环境）", "社区工作者（民政与助老）"] {
            let person = staff.person(committee, dice);
            staff.at(person, role::COMMUNITY_WORKER, title, &community.code, dice);
            staff.worker_of.entry(community.code.clone()).or_insert(person);
        }
        for grid in ground.grids.iter().filter(|g| g.community == community.code) {
            let person = staff.person(committee, dice);
            staff.for_grid(person, role::GRID_WORKER, "网格员", grid, dice);
            staff.grid_worker_of.push(person);
        }
    }
}

/// The red steward team (红色管家) of each grid: the secretary of its party branch and heads of buildings.
fn red_stewards(staff: &mut Staff, ground: Ground<'_>, dice: &Dice) {
    for (_, community) in ground.divisions.lived_in() {
        let grids = ground.grids.iter().filter(|g| g.community == community.code);
        for (number, grid) in (1_usize..).zip(grids) {
            let branch =
                staff.organisation("party_branch", &format!("{}第{}网格党支部", community.short_name(), chinese(number)), false);
            let secretary = staff.person(branch, dice);
            staff.for_grid(secretary, role::RED_STEWARD, "红色管家（网格党支部书记）", grid, dice);
            for _ in 0..dice.between(1, 2) {
                let head = staff.person(branch, dice);
                staff.for_grid(head, role::RED_STEWARD, "红色管家（党员楼栋长）", grid, dice);
            }
        }
    }
}

/// Some estates have an owners' committee, others a management committee that stands in for one (管委会).
fn owners_committees(staff: &mut Staff, ground: Ground<'_>, dice: &Dice) {
    for estate in ground.estates {
        if !dice.chance(22) {
            continue;
        }
        let (kind, tail) =
            if dice.chance(40) { ("owners_committee", "业主委员会") } else { ("management_committee", "管委会") };
        let committee = staff.organisation(kind, &format!("{}{tail}", estate.name), false);
        staff.person(committee, dice);
    }
}

/// One family doctor for each community, of a health station that is nobody's: none of the real ones has this name.
fn family_doctors(staff: &mut Staff, divisions: &Divisions, dice: &Dice) {
    for (_, community) in divisions.lived_in() {
        let station = format!("{}卫生服务站（演示）", community.short_name());
        let station = staff.organisation("health_station", &station, false);
        let doctor = staff.person(station, dice);
        staff.at(doctor, role::FAMILY_DOCTOR, "家庭医生", &community.code, dice);
    }
}
