//! The official examples of R4 (npm package `hl7.fhir.r4.examples` 4.0.1), which are not in the repository: `LINLI_TEST_FHIR` names the
//! folder that holds them.

use std::path::PathBuf;

use linli_care::follow::model::Part;
use serde_json::Value;

use crate::observation::read::{Sent, Status, Values, read};
use crate::outcome::{Issue, Kind};

fn examples() -> Option<PathBuf> {
    let folder = std::env::var_os("LINLI_TEST_FHIR").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: LINLI_TEST_FHIR is not set");
    }
    folder
}

fn paths(issues: &[Issue]) -> Vec<(Kind, &str)> {
    issues.iter().map(|issue| (issue.kind, issue.expression.as_deref().unwrap_or_default())).collect()
}

/// Every official vital sign is read, or refused for the reason that it really has. A date without a time is no instant, so those are told
/// one first.
#[test]
fn the_official_vital_signs_are_read() {
    let Some(folder) = examples() else { return };
    let read_as = |name: &str| -> Result<Sent, Vec<Issue>> {
        let text = std::fs::read_to_string(folder.join(format!("Observation-{name}.json"))).unwrap();
        let mut value: Value = serde_json::from_str(&text).unwrap();
        if let Some(date) = value.get("effectiveDateTime").and_then(Value::as_str).filter(|date| date.len() == 10) {
            let at = format!("{date}T08:00:00+08:00");
            value["effectiveDateTime"] = at.into();
        }
        read(&value)
    };
    let values = Values::default;
    for (name, part, wanted) in [
        ("heart-rate", Part::Pulse, Values { pulse: "44".into(), ..values() }),
        ("respiratory-rate", Part::Breaths, Values { breaths: "26".into(), ..values() }),
        ("body-temperature", Part::Temperature, Values { temperature: "36.5".into(), ..values() }),
        ("satO2", Part::SpO2, Values { spo2: "95".into(), ..values() }),
        ("blood-pressure", Part::Pressure, Values { systolic: "107".into(), diastolic: "60".into(), ..values() }),
        ("blood-pressure-dar", Part::Pressure, Values { systolic: "107".into(), ..values() }),
    ] {
        let sent = read_as(name).unwrap_or_else(|issues| panic!("{name}: {issues:?}"));
        assert_eq!((sent.status, sent.part, &sent.values), (Status::Final, part, &wanted), "{name}");
        assert!(sent.at.is_some() && sent.person.is_none(), "{name}");
    }
    let error = read_as("f202").unwrap();
    assert_eq!((error.status, error.part, error.values), (Status::EnteredInError, Part::Temperature, values()));
    for (name, kind, path) in [
        ("blood-pressure-cancel", Kind::BusinessRule, "Observation.status"),
        ("bmi", Kind::NotSupported, "Observation.code"),
        ("bmi-using-related", Kind::NotSupported, "Observation.code"),
        ("body-height", Kind::NotSupported, "Observation.code"),
        ("body-length", Kind::NotSupported, "Observation.code"),
        ("example", Kind::NotSupported, "Observation.code"),
        ("head-circumference", Kind::NotSupported, "Observation.code"),
        ("mbp", Kind::NotSupported, "Observation.code"),
        ("vitals-panel", Kind::NotSupported, "Observation.code"),
    ] {
        assert!(paths(&read_as(name).unwrap_err()).contains(&(kind, path)), "{name}");
    }
}

/// No official observation, of whatever kind, is called malformed: what is not taken is not taken for what it is.
#[test]
fn no_official_observation_is_called_malformed() {
    let Some(folder) = examples() else { return };
    let mut seen = 0;
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("Observation-") {
            continue;
        }
        let value: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let issues = read(&value).err().unwrap_or_default();
        let malformed: Vec<_> = issues.iter().filter(|issue| issue.kind == Kind::Structure).collect();
        assert!(malformed.is_empty(), "{name}: {malformed:?}");
        seen += 1;
    }
    assert!(seen > 50, "only {seen} observations in {}", folder.display());
}

fn of_kind(folder: &std::path::Path, kind: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(&format!("{kind}-")) {
            found.push((name, serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()));
        }
    }
    found
}

/// What the table says where a parameter is found is where official examples have it; what none of them has is named here.
#[test]
fn the_table_finds_what_official_examples_hold() {
    let Some(folder) = examples() else { return };
    let mut nowhere = Vec::new();
    for served in crate::table::SERVED.iter().filter(|served| served.kind != "Observation") {
        let all = of_kind(&folder, served.kind);
        assert!(!all.is_empty(), "no {} in {}", served.kind, folder.display());
        for parameter in served.search.iter().filter(|parameter| !parameter.path.is_empty()) {
            let held = |(_, resource): &(String, Value)| crate::item::any_of(resource, parameter, &mut |_| true);
            if parameter.kind != crate::table::Type::Special && !all.iter().any(held) {
                nowhere.push(format!("{}.{}", served.kind, parameter.name));
            }
        }
    }
    assert_eq!(nowhere, NOWHERE);
}

/// Parameters whose element no official example (hl7.fhir.r4.examples 4.0.1) has, or has in words alone.
const NOWHERE: [&str; 6] = [
    "Group.managing-entity",
    "HealthcareService.characteristic",
    "HealthcareService.coverage-area",
    "Task.business-status",
    "Task.based-on",
    "Encounter.location",
];

/// No official report and no official task is called malformed: what is not taken is not taken for what it is.
#[test]
fn no_official_report_or_task_is_called_malformed() {
    let Some(folder) = examples() else { return };
    let book = linli_rulebook::Rulebook::builtin(&linli_treatment::rules::NETWORK_PACKS).unwrap();
    let at = linli_kernel::Ts(1_800_000_000_000_000);
    let rules = linli_treatment::rules::Rules::at(&book, &linli_kernel::PlacePath::root(), at).unwrap();
    let mut seen = 0;
    for (name, value) in of_kind(&folder, "MeasureReport") {
        let issues = crate::measures::read::read(&value, rules.forms(), "https://linli.example/fhir").unwrap_err();
        let malformed: Vec<_> = issues.iter().filter(|issue| issue.kind == Kind::Structure).collect();
        assert!(malformed.is_empty(), "{name}: {malformed:?}");
        assert!(paths(&issues).contains(&(Kind::NotSupported, "MeasureReport.measure")), "{name}");
        seen += 1;
    }
    for (name, value) in of_kind(&folder, "Task") {
        let issues = crate::referrals::read::read(&value).err().unwrap_or_default();
        let malformed: Vec<_> = issues.iter().filter(|issue| issue.kind == Kind::Structure).collect();
        assert!(malformed.is_empty(), "{name}: {malformed:?}");
        seen += 1;
    }
    assert!(seen >= 16, "only {seen} in {}", folder.display());
}

/// No official encounter and no official subscription is called malformed either, and each is refused for what it is.
#[test]
fn no_official_encounter_or_subscription_is_called_malformed() {
    let Some(folder) = examples() else { return };
    let rng = linli_kernel::SeededRng::new(1);
    let vault = linli_identity::vault::Vault::new(&[7; 32], rng);
    let packs: Vec<_> = linli_treatment::rules::BED_PACKS.into_iter().chain(linli_treatment::rules::NETWORK_PACKS).collect();
    let book = linli_rulebook::SharedRulebook::new(linli_rulebook::Rulebook::builtin(&packs).unwrap());
    let beds = std::sync::Arc::new(linli_treatment::BedDesk::new(book.clone(), vault.clone()).unwrap());
    let network = std::sync::Arc::new(linli_treatment::Network::new(book).unwrap());
    let hooks = crate::notices::Hooks::new(vault, (beds, network), "https://linli.example", Vec::new());
    let mut seen = 0;
    for (name, value) in of_kind(&folder, "Encounter") {
        let issues = crate::stays::read::read(&value).err().unwrap_or_default();
        let malformed: Vec<_> = issues.iter().filter(|issue| issue.kind == Kind::Structure).collect();
        assert!(malformed.is_empty(), "{name}: {malformed:?}");
        seen += 1;
    }
    let rooms = [crate::table::Room::Care, crate::table::Room::Treatment, crate::table::Room::Notices];
    let before = linli_kernel::Ts(1_600_000_000_000_000);
    for (name, value) in of_kind(&folder, "Subscription") {
        let issues = crate::notices::read::read(&value, &hooks, (&rooms, before)).unwrap_err();
        let malformed: Vec<_> = issues.iter().filter(|issue| issue.kind == Kind::Structure).collect();
        assert!(malformed.is_empty(), "{name}: {malformed:?}");
        assert!(paths(&issues).contains(&(Kind::NotSupported, "Subscription.criteria")), "{name}: {issues:?}");
        seen += 1;
    }
    assert!(seen >= 12, "only {seen} in {}", folder.display());
}

/// Every official example of a kind that is served is read as what it is and written again as it was.
#[test]
fn every_official_example_of_our_kinds_goes_round() {
    let Some(folder) = examples() else { return };
    let kinds =
        crate::table::SERVED.iter().map(|served| served.kind).chain(["Bundle", "OperationOutcome", "CapabilityStatement"]);
    let mut seen = std::collections::BTreeMap::new();
    for kind in kinds {
        for (name, value) in of_kind(&folder, kind) {
            match crate::r4::Resource::read(&value) {
                Ok(read) => assert_eq!(read.write(), value, "{name}"),
                Err(issues) => {
                    let named = NOT_R4.iter().any(|known| name.starts_with(known));
                    assert!(named && paths(&issues) == [(Kind::Required, "SearchParameter.base")], "{name}: {issues:?}");
                }
            }
            *seen.entry(kind).or_insert(0) += 1;
        }
    }
    let all: i32 = seen.values().sum();
    assert!(all >= 200 && seen["Patient"] >= 20 && seen["Bundle"] >= 40, "only {seen:?}");
}

/// Official examples that are not what R4 itself says: they lack `base`, which has to stand there.
const NOT_R4: [&str; 2] = ["SearchParameter-codesystem-extensions-", "SearchParameter-valueset-extensions-"];
