//! The script against the very tables by which cases judges it.

use std::collections::{BTreeMap, HashMap, HashSet};

use linli_kernel::Ts;
use sha2::{Digest, Sha256};

use super::super::*;
use super::{demo, has_real_number, rows};

const CLASSES: &str = include_str!("../../../../contexts/cases/rules/classes.toml");
const TRANSITIONS: &str = include_str!("../../../../contexts/cases/rules/transitions.toml");
const REPORTS: usize = 3_000;

fn end() -> Ts {
    Ts::from_local(jiff::civil::date(2026, 11, 23).at(15, 30, 0, 0)).unwrap()
}

fn script() -> (Demo, Vec<DemoEvent>) {
    let demo = demo();
    let events = demo.script(end(), REPORTS).unwrap();
    (demo, events)
}

#[test]
fn the_script_is_in_order_and_begins_two_months_before_its_end() {
    let (_, events) = script();
    assert!(events.windows(2).all(|w| w[0].at <= w[1].at));
    let days = end().secs_since(events[0].at) / 86_400;
    assert!((58..=61).contains(&days), "{days}");
    assert!(events.last().unwrap().at <= end());
    let reports = events.iter().filter(|e| matches!(e.what, What::Report(_))).count();
    assert_eq!(reports, REPORTS);
    assert!(events.len() > 3 * REPORTS);
}

/// Script and hotline together leave a case in each of the seventeen states, with few reports too.
#[test]
fn a_case_stands_in_every_state() {
    let demo = demo();
    let events = demo.script(end(), 300).unwrap();
    let table: toml::Table = toml::from_str(TRANSITIONS).unwrap();
    let mut cases: BTreeMap<usize, Walked> = BTreeMap::new();
    for event in &events {
        let walked = cases.entry(event.case).or_insert_with(|| Walked { state: "none".into(), owner: None, since: event.at });
        walked.step(event, &table);
    }
    let mut states: HashSet<String> = cases.into_values().map(|case| case.state).collect();
    let handed = rows(&demo.hotline(end()).unwrap());
    states.extend(handed.into_iter().map(|row| row["state"].clone()));
    let all = linli_cases::CaseState::ALL.iter().filter(|state| **state != linli_cases::CaseState::None);
    let missing: Vec<_> = all.filter(|state| !states.contains(state.as_str())).collect();
    assert!(missing.is_empty(), "no case is {missing:?}");
}

#[test]
fn the_hotline_speaks_of_places_and_days_of_the_demonstration() {
    let demo = demo();
    let known: toml::Table = toml::from_str(CLASSES).unwrap();
    let known: HashSet<&str> = known["body"]["class"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    let mut places: HashSet<String> = rows(&demo.tables.estates).into_iter().map(|e| e["estate_code"].clone()).collect();
    let key = |h: &HashMap<String, String>| format!("{}/{}/{}", h["estate_code"], h["building"], h["entrance"]);
    places.extend(rows(&demo.tables.homes).iter().map(key));
    // Whatever the hour of the end, nothing was reported after it.
    for end in [end(), Ts::from_local(jiff::civil::date(2026, 11, 23).at(0, 0, 0, 0)).unwrap()] {
        let handed = rows(&demo.hotline(end).unwrap());
        assert_eq!(handed.len(), 48);
        assert_eq!(handed.iter().map(|row| &row["external_id"]).collect::<HashSet<_>>().len(), 48);
        for row in &handed {
            assert!(places.contains(&row["place"]) && known.contains(row["class"].as_str()), "{row:?}");
            assert!(row["description"].chars().count() > 15 && !has_real_number(&row["description"]), "{row:?}");
            let at = |name: &str| Ts(row[name].parse::<jiff::Timestamp>().unwrap().as_microsecond());
            assert!(at("reported_at") < end && end.secs_since(at("reported_at")) < 61 * 86_400, "{row:?}");
            let ended = ["merged", "joined"].contains(&row["state"].as_str());
            assert_eq!(!row["closed_at"].is_empty(), ended, "{row:?}");
            assert!(!ended || (at("closed_at") > at("reported_at") && at("closed_at") < end), "{row:?}");
        }
    }
    assert_eq!(demo.hotline(end()).unwrap(), super::demo().hotline(end()).unwrap());
}

#[test]
fn the_same_seed_and_end_give_the_same_script() {
    let hash = || hex::encode(Sha256::digest(format!("{:?}", script().1)));
    assert_eq!(hash(), hash());
}

/// Walks every case through the table of transitions: each step must have a row for that state, event and actor.
#[test]
fn every_step_has_a_row_in_the_table_of_transitions() {
    let table: toml::Table = toml::from_str(TRANSITIONS).unwrap();
    let (_, events) = script();
    let mut cases: BTreeMap<usize, Walked> = BTreeMap::new();
    for event in &events {
        let walked = cases.entry(event.case).or_insert_with(|| Walked { state: "none".into(), owner: None, since: event.at });
        walked.step(event, &table);
    }
    let mut states: HashMap<&str, usize> = HashMap::new();
    for case in cases.values() {
        *states.entry(case.state.as_str()).or_default() += 1;
    }
    for state in ["reported", "handling", "awaiting_confirmation", "closed", "void", "reopened", "dispatched"] {
        assert!(states.get(state).is_some_and(|n| *n > 0), "no case is {state}: {states:?}");
    }
    assert!(states["closed"] > REPORTS / 2 && states["void"] > REPORTS / 50, "{states:?}");
    // Some lie open for weeks: what "overdue" is for.
    let old = cases
        .values()
        .filter(|c| ["reported", "handling"].contains(&c.state.as_str()) && end().secs_since(c.since) > 14 * 86_400);
    assert!(old.count() > 20);
}

struct Walked {
    state: String,
    owner: Option<String>,
    since: Ts,
}

impl Walked {
    fn step(&mut self, event: &DemoEvent, table: &toml::Table) {
        let name = match &event.what {
            What::Report(_) => "report",
            What::Assign { .. } => "assign",
            What::Take => "take",
            What::Finish { .. } => "finish",
            What::Confirm => "confirm",
            What::NotFixed { .. } => "not_fixed",
            What::Void { .. } => "void",
        };
        let row = table["body"]["row"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["state"].as_str() == Some(&self.state) && r["event"].as_str() == Some(name))
            .unwrap_or_else(|| panic!("no row for {} in {}", name, self.state));
        let words = |key: &str| -> Vec<String> {
            row.get(key).and_then(|w| w.as_array()).into_iter().flatten().map(|w| w.as_str().unwrap().to_owned()).collect()
        };
        let stands = |word: &str| match &event.who {
            Who::Reporter => word == "reporter",
            Who::Staff { person_code, role } => match word {
                "owner" => self.owner.as_ref() == Some(person_code),
                group => table["body"]["groups"]
                    .get(group)
                    .is_some_and(|g| g.as_array().unwrap().iter().any(|r| r.as_str() == Some(role))),
            },
        };
        assert!(words("who").iter().any(|w| stands(w)), "{event:?} is not for {:?}", words("who"));
        assert!(!words("never").iter().any(|w| stands(w)), "{event:?} is never for {:?}", words("never"));
        if let What::Finish { photo, no_photo_because, .. } = &event.what {
            assert!(photo.is_some() != no_photo_because.is_some(), "{event:?}");
        }
        if let (What::Take, Who::Staff { person_code, .. }) = (&event.what, &event.who) {
            self.owner = Some(person_code.clone());
        }
        assert!(event.at >= self.since);
        self.since = event.at;
        self.state = row["to"].as_str().unwrap().to_owned();
    }
}

#[test]
fn classes_are_those_of_cases_and_each_has_enough_to_say() {
    let known: toml::Table = toml::from_str(CLASSES).unwrap();
    let known: HashSet<&str> = known["body"]["class"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap()).collect();
    let (_, events) = script();
    let mut said: HashMap<String, HashSet<String>> = HashMap::new();
    for event in &events {
        if let What::Report(report) = &event.what {
            assert!(known.contains(report.class.as_str()), "{}", report.class);
            said.entry(report.class.clone()).or_default().insert(report.description.clone());
        }
    }
    assert!(said.len() >= 25, "{}", said.len());
    for (class, texts) in &said {
        assert!(texts.len() >= 6, "{class}: {texts:?}");
    }
}

#[test]
fn texts_are_whole_and_hold_no_number_and_no_slot() {
    let (_, events) = script();
    for event in &events {
        let text = match &event.what {
            What::Report(r) => {
                assert!(r.phone.as_ref().is_none_or(|p| p.starts_with("025-0000-")), "{r:?}");
                &r.description
            }
            What::Finish { note, .. } => note,
            What::NotFixed { words } => words,
            What::Void { reason } => reason,
            What::Assign { .. } | What::Take | What::Confirm => continue,
        };
        assert!(text.chars().count() >= 5 && !text.contains(['{', '}']) && !has_real_number(text), "{text}");
        assert!(!text.contains("，，") && !text.contains("。。"), "{text}");
    }
}

/// Everybody acts where an appointment of that role reaches.
#[test]
fn nobody_acts_outside_an_appointment() {
    let (demo, events) = script();
    let mut reach: HashSet<(String, String, String)> = HashSet::new();
    for a in rows(&demo.tables.appointments) {
        reach.insert((a["person_code"].clone(), a["role"].clone(), a["place"].clone()));
    }
    let estates: HashMap<String, String> =
        rows(&demo.tables.estates).into_iter().map(|e| (e["estate_code"].clone(), e["community_code"].clone())).collect();
    let mut place_of = HashMap::new();
    for event in &events {
        if let What::Report(report) = &event.what {
            place_of.insert(event.case, report.place.clone());
        }
        let Who::Staff { person_code, role } = &event.who else { continue };
        let place = &place_of[&event.case];
        let mut parts = place.split('/');
        let estate = parts.next().unwrap();
        let community = &estates[estate];
        let building = parts.next().map(|b| format!("{estate}/{b}")).unwrap_or_default();
        let above = [place.as_str(), &building, estate, community, &community[..9], &community[..6]];
        let found = above.iter().any(|p| reach.contains(&(person_code.clone(), (*role).to_owned(), (*p).to_owned())));
        assert!(found, "{person_code} as {role} at {place}");
    }
}

#[test]
fn rain_brings_leaks() {
    let (_, events) = script();
    let mut days: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for event in &events {
        if let What::Report(report) = &event.what {
            let day = days.entry(event.at.0 / 86_400_000_000).or_default();
            day.0 += 1;
            day.1 += usize::from(["roof_leak", "sewer", "road", "manhole"].contains(&report.class.as_str()));
        }
    }
    let share = |d: &(usize, usize)| d.1 * 100 / d.0.max(1);
    let wettest = days.values().map(share).max().unwrap();
    let driest = days.values().filter(|d| d.0 > 20).map(share).min().unwrap();
    assert!(wettest > 35 && driest < 20, "{wettest} {driest}");
}

#[test]
fn pictures_are_small_and_can_be_read() {
    let (_, events) = script();
    let photos: HashSet<Photo> = events
        .iter()
        .filter_map(|e| match &e.what {
            What::Report(r) => r.photo,
            What::Finish { photo, .. } => *photo,
            _ => None,
        })
        .collect();
    assert!(photos.len() > 100 && photos.len() < 600, "{}", photos.len());
    for photo in photos.iter().take(12) {
        let bytes = photo.jpeg().unwrap();
        assert!((1_500..20_000).contains(&bytes.len()), "{}", bytes.len());
        assert_eq!(photo.jpeg().unwrap(), bytes);
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (320, 240));
    }
}
