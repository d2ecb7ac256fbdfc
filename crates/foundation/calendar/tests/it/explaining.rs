use linli_calendar::{Pause, Step, Term, Unit, Why};

use crate::{at, calendar, date, pause, working};

#[test]
fn why_a_case_reported_before_the_national_day_is_due_so_late() {
    let told = calendar().explain(
        at("2026-09-30 19:00"),
        &working(Unit::WorkingDays, 3),
        &[pause("2026-10-08 10:00", "2026-10-08 11:00")],
    );
    assert_eq!(told.deadline.due(), Some(at("2026-10-12 09:00")));
    let holiday = Why::Holiday { name: "国庆节".to_owned() };
    assert_eq!(
        told.steps,
        [
            Step::Begins { at: at("2026-10-08 08:00") },
            Step::Skipped { from: date("2026-10-01"), to: date("2026-10-07"), why: holiday },
            Step::Paused { from: at("2026-10-08 10:00"), to: Some(at("2026-10-08 11:00")) },
            Step::Worked { date: date("2026-10-10"), name: "国庆节".to_owned() },
            Step::Skipped { from: date("2026-10-11"), to: date("2026-10-11"), why: Why::Weekend },
        ]
    );
    assert_eq!(told.papers, ["gov.cn content_7047091"]);
    assert_eq!(told.calendar, calendar().version());
}

#[test]
fn why_a_notice_ends_after_the_holiday() {
    let told = calendar().explain(at("2026-09-20 09:00"), &Term::calendar_days(15, true).unwrap(), &[]);
    let holiday = Why::Holiday { name: "国庆节".to_owned() };
    assert_eq!(
        told.steps,
        [
            Step::StartDayNotCounted { date: date("2026-09-20") },
            Step::Skipped { from: date("2026-10-05"), to: date("2026-10-07"), why: holiday },
            Step::RolledOver { from: date("2026-10-05"), to: date("2026-10-08") },
        ]
    );
    let month = Term::new(Unit::CalendarMonths, 1, vec![], false).unwrap();
    let told = calendar().explain(at("2026-01-31 09:00"), &month, &[]);
    assert_eq!(told.steps, [Step::StartDayNotCounted { date: date("2026-01-31") }, Step::MonthEnd { date: date("2026-02-28") }]);
}

#[test]
fn a_standing_clock_and_a_year_without_plan_are_said() {
    let open = [Pause { from: at("2026-12-25 10:00"), to: None }];
    let told = calendar().explain(at("2026-12-25 09:00"), &working(Unit::WorkingHours, 4), &open);
    assert_eq!(told.steps, [Step::Paused { from: at("2026-12-25 10:00"), to: None }, Step::WeekendsAlone { year: 2026 }]);
    let told = calendar().explain(at("2027-10-01 09:00"), &working(Unit::WorkingDays, 1), &[]);
    let years: Vec<_> = told.steps.iter().filter(|s| matches!(s, Step::WeekendsAlone { year: 2027 })).collect();
    assert_eq!(years.len(), 1);
}

#[test]
fn goes_through_json_and_back() {
    let told = calendar().explain(at("2026-09-30 19:00"), &working(Unit::WorkingDays, 3), &[]);
    let json = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<linli_calendar::Explanation>(&json).unwrap(), told);
    assert!(
        json.contains(r#"{"step":"skipped","from":"2026-10-01","to":"2026-10-07","why":"holiday","name":"国庆节"}"#),
        "{json}"
    );
}

#[test]
fn every_pause_of_a_standing_clock_is_told() {
    let pauses = [Pause { from: at("2026-07-01 15:00"), to: None }, pause("2026-07-01 10:00", "2026-07-01 16:00")];
    let told = calendar().explain(at("2026-07-01 09:00"), &working(Unit::WorkingHours, 4), &pauses);
    let since = at("2026-07-01 10:00");
    assert!(matches!(told.deadline.outcome, linli_calendar::Outcome::Standing { since: s, .. } if s == since));
    assert_eq!(told.steps.len(), 2);
}
