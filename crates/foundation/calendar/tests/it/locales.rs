use std::collections::BTreeMap;

use linli_calendar::{CalendarError, Step, Why};

use crate::{at, date};

const ZH: &str = include_str!("../../locales/zh-CN.ftl");
const EN: &str = include_str!("../../locales/en.ftl");

/// Keys with the arguments they use.
fn keys(text: &str) -> BTreeMap<&str, Vec<&str>> {
    let lines = text.lines().filter_map(|line| line.split_once(" = "));
    lines.map(|(key, words)| (key, arguments(words))).collect()
}

fn arguments(words: &str) -> Vec<&str> {
    let mut found: Vec<&str> = words.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap()).collect();
    found.sort_unstable();
    found
}

#[test]
fn both_languages_have_the_same_keys_and_arguments() {
    assert_eq!(keys(ZH), keys(EN));
}

#[test]
fn every_error_and_step_has_its_text_and_arguments() {
    let known = keys(ZH);
    for code in CalendarError::CODES {
        assert!(known.contains_key(code.text_key().as_str()), "{}", code.name);
    }
    let (day, moment, name) = (date("2026-01-01"), at("2026-01-01 08:00"), String::new);
    let skipped = |why| Step::Skipped { from: day, to: day, why };
    let steps = [
        Step::Begins { at: moment },
        Step::StartDayNotCounted { date: day },
        Step::MonthEnd { date: day },
        skipped(Why::Weekend),
        skipped(Why::Holiday { name: name() }),
        skipped(Why::Local { name: name() }),
        Step::Worked { date: day, name: name() },
        Step::Closed { from: moment, to: moment, name: name() },
        Step::Paused { from: moment, to: Some(moment) },
        Step::Paused { from: moment, to: None },
        Step::RolledOver { from: day, to: day },
        Step::WeekendsAlone { year: 2026 },
    ];
    for step in steps {
        let fields = serde_json::to_value(&step).unwrap();
        for argument in &known[step.text_key()] {
            assert!(fields.get(argument).is_some_and(|v| !v.is_null()), "{step:?} has no {argument}");
        }
    }
}
