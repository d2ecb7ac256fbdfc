use jiff::ToSpan;
use jiff::civil::Date;
use linli_calendar::{Calendar, CalendarError, Certainty, LocalKind, Reason, YearPlan};

use crate::{calendar, date, local};

fn working_days(calendar: &Calendar, year: i16) -> i64 {
    calendar.working_days_between(Date::constant(year, 1, 1), Date::constant(year + 1, 1, 1))
}

#[test]
fn working_days_of_the_published_years() {
    let calendar = calendar();
    assert_eq!([2024, 2025, 2026].map(|year| working_days(&calendar, year)), [251, 248, 248]);
}

#[test]
fn every_make_up_day_is_worked_and_bears_its_holiday() {
    let calendar = calendar();
    let made_up = [
        "2024-02-04 春节",
        "2024-02-18 春节",
        "2024-04-07 清明节",
        "2024-04-28 劳动节",
        "2024-05-11 劳动节",
        "2024-09-14 中秋节",
        "2024-09-29 国庆节",
        "2024-10-12 国庆节",
        "2025-01-26 春节",
        "2025-02-08 春节",
        "2025-04-27 劳动节",
        "2025-09-28 国庆节、中秋节",
        "2025-10-11 国庆节、中秋节",
        "2026-01-04 元旦",
        "2026-02-14 春节",
        "2026-02-28 春节",
        "2026-05-09 劳动节",
        "2026-09-20 国庆节",
        "2026-10-10 国庆节",
    ];
    for line in made_up {
        let (day, name) = line.split_once(' ').unwrap();
        let day = calendar.day(date(day));
        assert!(day.working, "{line}");
        assert_eq!(day.reason, Some(Reason::MakeUp { name: name.to_owned() }));
        assert_eq!(day.certainty, Certainty::Official);
    }
    let all: usize = calendar.years().flat_map(|plan| &plan.days).filter(|day| !day.is_off_day).count();
    assert_eq!(all, made_up.len());
}

/// The runs of free days of the yearly notices, weekends beside them not counted.
#[test]
fn every_holiday_is_free() {
    let calendar = calendar();
    let runs = [
        ("2024-01-01", 1),
        ("2024-02-10", 8),
        ("2024-04-04", 3),
        ("2024-05-01", 5),
        ("2024-06-10", 1),
        ("2024-09-15", 3),
        ("2024-10-01", 7),
        ("2025-01-01", 1),
        ("2025-01-28", 8),
        ("2025-04-04", 3),
        ("2025-05-01", 5),
        ("2025-05-31", 3),
        ("2025-10-01", 8),
        ("2026-01-01", 3),
        ("2026-02-15", 9),
        ("2026-04-04", 3),
        ("2026-05-01", 5),
        ("2026-06-19", 3),
        ("2026-09-25", 3),
        ("2026-10-01", 7),
    ];
    let mut days = 0;
    for (first, len) in runs {
        for i in 0..len {
            let day = calendar.day(date(first) + i.days());
            assert!(!day.working && matches!(day.reason, Some(Reason::Holiday { .. })), "{day:?}");
            days += 1;
        }
    }
    let all: usize = calendar.years().flat_map(|plan| &plan.days).filter(|day| day.is_off_day).count();
    assert_eq!(all, days);
}

#[test]
fn a_year_without_a_plan_follows_the_week_and_says_so() {
    let calendar = calendar();
    assert_eq!(calendar.is_working_day(date("2027-10-01")), (true, Certainty::WeekendsAlone));
    assert_eq!(calendar.is_working_day(date("2027-10-02")), (false, Certainty::WeekendsAlone));
    assert_eq!(calendar.is_working_day(date("2023-10-02")), (true, Certainty::WeekendsAlone));
    assert_eq!(calendar.is_working_day(date("2400-01-03")), (true, Certainty::WeekendsAlone));
}

/// The notice of 2019 gave 29 December 2018 as a working Saturday and freed the two days after it.
#[test]
fn the_last_days_of_a_year_wait_for_the_next_notice() {
    let calendar = calendar();
    assert_eq!(calendar.is_working_day(date("2026-12-24")).1, Certainty::Official);
    assert_eq!(calendar.is_working_day(date("2026-12-31")).1, Certainty::WeekendsAlone);
    assert_eq!(calendar.is_working_day(date("2025-12-31")).1, Certainty::Official);
    let next = r#"{"year":2027,"papers":[],"days":[{"name":"元旦","date":"2026-12-31","isOffDay":true}]}"#;
    let calendar = calendar.with_year(YearPlan::parse(next).unwrap()).unwrap();
    assert_eq!(calendar.is_working_day(date("2026-12-31")), (false, Certainty::Official));
    assert_eq!(calendar.is_working_day(date("2026-12-30")), (true, Certainty::Official));
}

#[test]
fn a_year_can_be_replaced() {
    let before = calendar();
    let plan = r#"{"year":2026,"papers":["x"],"days":[{"name":"元旦","date":"2026-01-01","isOffDay":true}]}"#;
    let after = before.with_year(YearPlan::parse(plan).unwrap()).unwrap();
    assert_eq!(working_days(&after, 2026), 260);
    assert_eq!(working_days(&before, 2026), 248, "the calendar it came from is untouched");
    assert_ne!(before.version(), after.version());
    assert_eq!(after.with_year(before.year(2026).unwrap().clone()).unwrap().version(), before.version());
}

#[test]
fn local_days_go_before_the_plan() {
    let plain = calendar();
    let snow = plain.with_local(local("2026-01-20", "暴雪停工", LocalKind::Off)).unwrap();
    assert!(!snow.is_working_day(date("2026-01-20")).0);
    assert_eq!(snow.day(date("2026-01-20")).reason, Some(Reason::LocalOff { name: "暴雪停工".to_owned() }));
    assert_eq!(working_days(&snow, 2026), 247);
    let duty = snow.with_local(local("2026-10-01", "防汛值守", LocalKind::Work)).unwrap();
    assert!(duty.is_working_day(date("2026-10-01")).0);
    let back = duty.without_local(date("2026-10-01")).unwrap().without_local(date("2026-01-20")).unwrap();
    assert_eq!(back.version(), plain.version());
    assert_eq!(working_days(&back, 2026), 248);
}

#[test]
fn a_local_day_that_cannot_be_is_refused() {
    let closed = |from: &str, to: &str| LocalKind::Closed { from: from.to_owned(), to: to.to_owned() };
    let refuse = |kind| calendar().with_local(local("2026-01-20", "x", kind)).unwrap_err();
    assert_eq!(refuse(closed("14:00", "12:00")), CalendarError::Closing { date: date("2026-01-20") });
    assert!(refuse(closed("noon", "14:00")).to_string().contains("'noon'"));
    let far = calendar().with_local(local("9999-01-20", "x", LocalKind::Off)).unwrap_err();
    assert_eq!(far, CalendarError::LocalYear { date: date("9999-01-20") });
}

#[test]
fn the_next_working_day() {
    let calendar = calendar();
    let from = |day: &str| calendar.working_day_from(date(day)).to_string();
    assert_eq!(from("2026-02-14"), "2026-02-14");
    assert_eq!(from("2026-02-15"), "2026-02-24");
    assert_eq!(from("2026-10-01"), "2026-10-08");
    assert_eq!(from("2031-01-04"), "2031-01-06");
}
