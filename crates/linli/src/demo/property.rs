//! The property company's side: branches, project teams, life stewards for every entrance in care, guards, the duty desk.

use super::dice::Dice;
use super::divisions::Subdistrict;
use super::estates::{Estate, Kind, Management, entrusted_company};
use super::houses::Building;
use super::names::unreal_phone;
use super::staff::{Ground, Staff, party_committee, role};

/// A life steward has about this many homes.
const HOMES_PER_STEWARD: i64 = 500;
/// A project team (项目部) has about this many homes.
const HOMES_PER_PROJECT: i64 = 2_400;
/// The number of the 24-hour duty desk.
const DESK_PHONE: usize = 9_600;

/// Appoints the company's people.
pub fn appoint(staff: &mut Staff, ground: Ground<'_>, dice: &Dice) {
    staff.steward_of = ground.houses.iter().map(|buildings| vec![0; buildings.len()]).collect();
    staff.manager_of = vec![None; ground.estates.len()];
    let firm = entrusted_company();
    let company = staff.organisation("property_company", &firm.name, false);
    if let Some(organisation) = staff.organisations.get_mut(company) {
        organisation.credit_code = firm.credit_code;
    }
    desk(staff, company, &ground.divisions.code, dice);
    for subdistrict in &ground.divisions.subdistricts {
        let in_care: Vec<usize> =
            (0..ground.estates.len()).filter(|i| ground.estates.get(*i).is_some_and(|e| entrusted_in(e, subdistrict))).collect();
        if !in_care.is_empty() {
            branch(staff, ground, subdistrict, &in_care, dice);
        }
    }
}

fn entrusted_in(estate: &Estate, subdistrict: &Subdistrict) -> bool {
    estate.management == Management::Entrusted && estate.community.starts_with(&subdistrict.code)
}

fn desk(staff: &mut Staff, company: usize, district: &str, dice: &Dice) {
    for _ in 0..6 {
        let person = staff.person(company, dice);
        if let Some(p) = staff.persons.get_mut(person) {
            p.work_phone = unreal_phone(DESK_PHONE);
        }
        staff.at(person, role::PROPERTY_DESK, "24 小时物业服务值班", district, dice);
        staff.desk.push(person);
    }
}

fn branch(staff: &mut Staff, ground: Ground<'_>, subdistrict: &Subdistrict, in_care: &[usize], dice: &Dice) {
    let area = subdistrict.name.trim_end_matches("街道");
    let branch = staff.organisation("property_branch", &format!("玄武惠民示范物业{area}分公司"), true);
    let manager = staff.person(branch, dice);
    for community in &subdistrict.communities {
        let served = in_care.iter().filter_map(|i| ground.estates.get(*i)).any(|e| e.community == community.code);
        if served {
            two_way(staff, branch, manager, &community.code, community.short_name(), dice);
        }
    }
    projects(staff, ground, branch, (area, manager), in_care, dice);
    stewards(staff, ground, branch, in_care, dice);
    guards(staff, ground, branch, in_care, dice);
}

/// 双向进入、交叉任职: the community's secretary is 党建指导员 of the branch, the branch's manager is 兼职委员 of the community's
/// party committee. Both are seats that grant nothing.
fn two_way(staff: &mut Staff, branch: usize, manager: usize, community: &str, short_name: &str, dice: &Dice) {
    let party = staff.organisation("party_committee", &party_committee(short_name), false);
    let secretary =
        staff.appointments.iter().find(|a| a.role == role::COMMUNITY_SECRETARY && a.organisation == party).map(|a| a.person);
    if let Some(secretary) = secretary {
        staff.cross(secretary, branch, role::MEMBER, "党建指导员", community, dice);
    }
    staff.cross(manager, party, role::MEMBER, "兼职委员", community, dice);
}

/// Neighbouring estates share a project team and its manager. The branch's manager leads the first team.
fn projects(staff: &mut Staff, ground: Ground<'_>, branch: usize, (area, chief): (&str, usize), in_care: &[usize], dice: &Dice) {
    let mut homes = 0;
    let mut manager = chief;
    let mut title = "分公司经理（兼项目经理）";
    let mut number = 1;
    for index in in_care {
        let Some(estate) = ground.estates.get(*index) else { continue };
        if homes >= HOMES_PER_PROJECT {
            number += 1;
            let team = staff.organisation("project_team", &format!("玄武惠民示范物业{area}第{number}项目部"), false);
            manager = staff.person(team, dice);
            title = "项目经理";
            homes = 0;
        }
        homes += estate.households;
        staff.cross(manager, branch, role::PROPERTY_MANAGER, title, &estate.code, dice);
        if let Some(slot) = staff.manager_of.get_mut(*index) {
            *slot = Some(manager);
        }
    }
}

/// What one steward is given at once: an estate, or one building of a large one.
struct Piece {
    estate: usize,
    building: Option<usize>,
    place: String,
    homes: i64,
}

/// Whether an estate is too large for one steward, so that each building has its own.
pub fn is_divided(estate: &Estate) -> bool {
    estate.households > HOMES_PER_STEWARD + 100
}

fn pieces(index: usize, estate: &Estate, buildings: &[Building]) -> Vec<Piece> {
    if !is_divided(estate) {
        return vec![Piece { estate: index, building: None, place: estate.code.clone(), homes: estate.households }];
    }
    buildings
        .iter()
        .enumerate()
        .map(|(at, building)| Piece {
            estate: index,
            building: Some(at),
            place: format!("{}/{}", estate.code, building.name),
            homes: building.homes(),
        })
        .collect()
}

fn stewards(staff: &mut Staff, ground: Ground<'_>, branch: usize, in_care: &[usize], dice: &Dice) {
    let all = in_care.iter().filter_map(|i| Some(pieces(*i, ground.estates.get(*i)?, ground.houses.get(*i)?))).flatten();
    let mut homes = HOMES_PER_STEWARD;
    let mut steward = 0;
    for piece in all {
        if homes + piece.homes / 2 >= HOMES_PER_STEWARD {
            steward = staff.person(branch, dice);
            homes = 0;
        }
        homes += piece.homes;
        staff.at(steward, role::LIFE_STEWARD, "生活管家", &piece.place, dice);
        let Some(slots) = staff.steward_of.get_mut(piece.estate) else { continue };
        match piece.building.and_then(|at| slots.get_mut(at)) {
            Some(slot) => *slot = steward,
            None => slots.fill(steward),
        }
    }
}

/// Only walled estates have a gate to sit at.
fn guards(staff: &mut Staff, ground: Ground<'_>, branch: usize, in_care: &[usize], dice: &Dice) {
    for estate in in_care.iter().filter_map(|i| ground.estates.get(*i)).filter(|e| e.kind == Kind::Closed) {
        for _ in 0..2 {
            let guard = staff.person(branch, dice);
            staff.at(guard, role::GUARD, "保安", &estate.code, dice);
        }
    }
}
