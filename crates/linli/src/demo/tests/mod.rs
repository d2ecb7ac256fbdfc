//! What the demonstration promises, counted in the very files it hands over.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::*;

mod script;

const DIVISIONS: &str = include_str!("../../../../contexts/territory/data/xuanwu-divisions.csv");

fn demo() -> Demo {
    invent(DIVISIONS, SEED).unwrap()
}

fn rows(csv: &str) -> Vec<HashMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

fn hundredths(square_metres: &str) -> i64 {
    square_metres.replace('.', "").parse().unwrap()
}

#[test]
fn the_estates_are_as_many_as_printed() {
    let estates = rows(&demo().tables.estates);
    let count = |f: &dyn Fn(&HashMap<String, String>) -> bool| estates.iter().filter(|e| f(e)).count();
    let in_care = |e: &HashMap<String, String>| e["management"] == "entrusted";
    assert_eq!(estates.len(), 566);
    assert_eq!(count(&|e| e["year_built"].parse::<i64>().unwrap() <= 2000), 437);
    assert_eq!(count(&|e| e["kind"] == "scattered"), 226);
    assert_eq!(count(&in_care), 268);
    assert_eq!(count(&|e| in_care(e) && e["kind"] == "closed"), 52);
    assert_eq!(count(&|e| in_care(e) && e["kind"] == "scattered"), 216);
    assert_eq!(count(&|e| in_care(e) && e["year_built"].parse::<i64>().unwrap() > 2000), 0);
    for key in ["estate_code", "name"] {
        assert_eq!(estates.iter().map(|e| &e[key]).collect::<HashSet<_>>().len(), 566, "{key} is unique");
    }
    let points: HashSet<_> = estates.iter().map(|e| (&e["lon"], &e["lat"])).collect();
    assert_eq!(points.len(), 566);
    for kind in ["commercial", "self_managed", "none"] {
        assert!(count(&|e| e["management"] == kind) > 20, "{kind}");
    }
}

#[test]
fn area_and_households_in_care_are_as_printed_and_agree_with_the_homes() {
    let demo = demo();
    let estates = rows(&demo.tables.estates);
    let in_care: Vec<_> = estates.iter().filter(|e| e["management"] == "entrusted").collect();
    let area: i64 = in_care.iter().map(|e| hundredths(&e["area_m2"])).sum();
    let households: i64 = in_care.iter().map(|e| e["households"].parse::<i64>().unwrap()).sum();
    assert!((470_000_000..=476_000_000).contains(&area), "{area}");
    assert!((60_000..=61_000).contains(&households), "{households}");

    let mut homes: HashMap<String, i64> = HashMap::new();
    let mut keys = HashSet::new();
    for home in rows(&demo.tables.homes) {
        *homes.entry(home["estate_code"].clone()).or_default() += 1;
        assert!((3_800..=9_500).contains(&hundredths(&home["area_m2"])), "{home:?}");
        assert!(keys.insert(format!("{}/{}/{}/{}", home["estate_code"], home["building"], home["entrance"], home["room"])));
    }
    for estate in &in_care {
        assert_eq!(homes[&estate["estate_code"]].to_string(), estate["households"], "{estate:?}");
    }
    assert_eq!(homes.len(), 268);
}

/// Constants that only fit one seed would be a trap for whoever changes it.
#[test]
fn other_seeds_meet_the_figures_too() {
    for seed in 1..=5 {
        let demo = invent(DIVISIONS, seed).unwrap();
        assert_eq!(rows(&demo.tables.estates).iter().filter(|e| e["management"] == "entrusted").count(), 268);
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let hash = |seed| {
        let Demo { tables: t, boundaries, .. } = invent(DIVISIONS, seed).unwrap();
        let all = [t.estates, t.homes, t.grids, t.people, t.appointments, boundaries.to_string()].join("\n");
        hex::encode(Sha256::digest(all))
    };
    assert_eq!(hash(SEED), hash(SEED));
    assert_ne!(hash(SEED), hash(SEED + 1));
}

/// Every run of digits that a telephone could take is refused here, in all files.
#[test]
fn no_number_can_be_dialled() {
    let demo = demo();
    let tables = [&demo.tables.estates, &demo.tables.people, &demo.tables.appointments];
    for person in rows(&demo.tables.people) {
        assert!(person["work_phone"].starts_with("025-0000-"), "{person:?}");
    }
    for cell in tables.iter().flat_map(|t| t.split([',', '\n'])) {
        assert!(!has_real_number(cell), "{cell}");
    }
}

/// A mobile number (`1[3-9]` and nine more), or 025 with a subscriber number that does not begin with 0.
pub(super) fn has_real_number(text: &str) -> bool {
    let digits: Vec<char> = text.chars().filter(|c| !matches!(c, '-' | ' ' | '(' | ')')).collect();
    let runs = digits.split(|c| !c.is_ascii_digit()).map(|run| run.iter().collect::<String>());
    runs.into_iter().any(|run| {
        let mobile =
            run.len() == 11 && run.starts_with('1') && !run.starts_with("10") && !run.starts_with("11") && !run.starts_with("12");
        let landline = (run.starts_with("025") && run.len() == 11 && &run[3..4] != "0")
            || (run.len() == 8 && !run.starts_with(['0', '1', '2']));
        mobile || landline
    })
}

#[test]
fn credit_codes_pass_their_check_and_are_nobodys() {
    let demo = demo();
    let estates = rows(&demo.tables.estates);
    let people = rows(&demo.tables.people);
    let codes: HashSet<_> = estates
        .iter()
        .map(|e| &e["manager_credit_code"])
        .chain(people.iter().map(|p| &p["organisation_credit_code"]))
        .filter(|c| !c.is_empty())
        .collect();
    assert!(codes.len() > 20);
    for code in codes {
        assert_eq!(linli_kernel::social_credit_code(code), Ok(()), "{code}");
        assert!(code.starts_with("X9000000DEM0"), "{code}");
    }
}

/// One name, one code: an organisation never appears with two.
#[test]
fn organisations_keep_their_code() {
    let mut seen: HashMap<String, String> = HashMap::new();
    for person in rows(&demo().tables.people) {
        let code = person["organisation_credit_code"].clone();
        assert_eq!(*seen.entry(person["organisation_name"].clone()).or_insert_with(|| code.clone()), code);
    }
}

#[test]
fn every_entrance_in_care_has_exactly_one_life_steward() {
    let demo = demo();
    let appointments = rows(&demo.tables.appointments);
    let stewards: HashMap<&str, &str> = appointments
        .iter()
        .filter(|a| a["role"] == "life_steward")
        .map(|a| (a["place"].as_str(), a["person_code"].as_str()))
        .collect();
    let mut load: HashMap<&str, i64> = HashMap::new();
    for home in rows(&demo.tables.homes) {
        let building = format!("{}/{}", home["estate_code"], home["building"]);
        let holders: Vec<_> =
            [home["estate_code"].as_str(), &building].iter().filter_map(|place| stewards.get(*place).copied()).collect();
        assert_eq!(holders.len(), 1, "{home:?}: {holders:?}");
        *load.entry(holders[0]).or_default() += 1;
    }
    let fair = load.values().filter(|homes| (300..=700).contains(*homes)).count();
    assert!(fair * 10 >= load.len() * 9, "{load:?}");
}

#[test]
fn every_estate_lies_in_a_grid_with_a_worker_and_a_red_steward() {
    let demo = demo();
    let grids = rows(&demo.tables.grids);
    let appointments = rows(&demo.tables.appointments);
    let covered: HashSet<&str> =
        grids.iter().flat_map(|g| g["covers"].split(';')).map(|c| c.split('/').next().unwrap()).collect();
    assert_eq!(covered.len(), 566);
    for grid in &grids {
        let holders =
            |role: &str| appointments.iter().filter(|a| a["role"] == role && a["grid_code"] == grid["grid_code"]).count();
        assert_eq!(holders("grid_worker"), 1, "{grid:?}");
        assert!(holders("red_steward") >= 2, "{grid:?}");
    }
    let usual = demo.grids.iter().filter(|g| (220..=560).contains(&g.households)).count();
    assert!(usual * 100 >= demo.grids.len() * 85, "{usual} of {}", demo.grids.len());
    assert!(demo.grids.iter().all(|g| g.households < 700));
    let shared: HashSet<_> = grids.iter().filter(|g| g["covers"].contains('/') && g["covers"].contains(';')).collect_estates();
    assert!(!shared.is_empty(), "some grid lies across buildings of several estates");
}

trait Estates {
    fn collect_estates(self) -> HashSet<String>;
}

impl<'a, I: Iterator<Item = &'a HashMap<String, String>>> Estates for I {
    fn collect_estates(self) -> HashSet<String> {
        self.filter(|g| g["covers"].split(';').map(|c| c.split('/').next().unwrap()).collect::<HashSet<_>>().len() > 1)
            .map(|g| g["grid_code"].clone())
            .collect()
    }
}

#[test]
fn secretaries_and_branch_managers_are_appointed_both_ways() {
    let demo = demo();
    let appointments = rows(&demo.tables.appointments);
    let people: HashMap<String, String> =
        rows(&demo.tables.people).into_iter().map(|p| (p["person_code"].clone(), p["organisation_kind"].clone())).collect();
    let advisers: Vec<_> = appointments.iter().filter(|a| a["title"] == "党建指导员").collect();
    let members: Vec<_> = appointments.iter().filter(|a| a["title"] == "兼职委员").collect();
    assert!(advisers.len() > 20 && advisers.len() == members.len());
    for a in advisers {
        assert!(a["organisation_name"].contains("分公司") && people[&a["person_code"]] == "party_committee", "{a:?}");
    }
    for a in members {
        assert!(a["organisation_name"].ends_with("党委") && people[&a["person_code"]] == "property_branch", "{a:?}");
    }
}

/// Fifteen roles, and each of them answers for the entrance that is shown first.
#[test]
fn the_tour_has_every_role_around_one_entrance() {
    let demo = demo();
    let appointments = rows(&demo.tables.appointments);
    let estate = demo.tour.entrance.split('/').next().unwrap();
    let community =
        rows(&demo.tables.estates).into_iter().find(|e| e["estate_code"] == estate).unwrap()["community_code"].clone();
    let roles: HashSet<_> = demo.tour.logins.iter().map(|l| l.role).collect();
    assert_eq!((demo.tour.logins.len(), roles.len()), (17, 16));
    for login in &demo.tour.logins {
        let mut mine = appointments.iter().filter(|a| a["person_code"] == login.person_code && a["role"] == login.role);
        assert!(mine.any(|a| a["place"] == estate || community.starts_with(&a["place"])), "{login:?}");
    }
    let key = |h: &HashMap<String, String>| format!("{}/{}/{}", h["estate_code"], h["building"], h["entrance"]);
    assert!(rows(&demo.tables.homes).iter().any(|h| key(h) == demo.tour.entrance));
}

/// Boundaries close, go round against the clock, say that they are generated, and hold the estates of their community.
#[test]
fn boundaries_are_whole_and_hold_their_estates() {
    let demo = demo();
    let mut rings: HashMap<String, Vec<(f64, f64)>> = HashMap::new();
    for feature in demo.boundaries["features"].as_array().unwrap() {
        let ring: Vec<(f64, f64)> = feature["geometry"]["coordinates"][0]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
            .collect();
        let twice: f64 = ring.windows(2).map(|w| w[0].0 * w[1].1 - w[1].0 * w[0].1).sum();
        assert!(ring.first() == ring.last() && twice > 0.0 && ring.len() > 8);
        assert!(feature["properties"]["source"].as_str().unwrap().starts_with("演示数据"));
        rings.insert(feature["properties"]["code"].as_str().unwrap().to_owned(), ring);
    }
    assert_eq!(rings.len(), 1 + 8 + 61);
    for estate in rows(&demo.tables.estates) {
        let (x, y): (f64, f64) = (estate["lon"].parse().unwrap(), estate["lat"].parse().unwrap());
        for code in [&estate["community_code"][..], &estate["community_code"][..9], "320102"] {
            assert!(holds(&rings[code], x, y), "{code} should hold {estate:?}");
        }
    }
}

fn holds(ring: &[(f64, f64)], x: f64, y: f64) -> bool {
    let crossed = ring.windows(2).filter(|w| {
        let ((x1, y1), (x2, y2)) = (w[0], w[1]);
        (y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
    });
    crossed.count() % 2 == 1
}
