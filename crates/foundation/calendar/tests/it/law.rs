//! Cases worked out by hand from the rules themselves.

use linli_calendar::{Calendar, LocalKind, Measure, Outcome, Pause, Term, Unit, YearPlan};

use crate::{at, calendar, date, hours, local, pause, working};

fn due(term: &Term, from: &str, pauses: &[Pause]) -> String {
    shown(&calendar(), term, from, pauses)
}

fn shown(calendar: &Calendar, term: &Term, from: &str, pauses: &[Pause]) -> String {
    let at = calendar.deadline(at(from), term, pauses).due().unwrap();
    at.local().strftime("%Y-%m-%d %H:%M").to_string()
}

#[test]
fn working_hours_stop_at_noon_at_night_and_over_the_weekend() {
    assert_eq!(due(&hours(4), "2026-07-01 08:00", &[]), "2026-07-01 12:00");
    assert_eq!(due(&hours(4), "2026-07-01 10:00", &[]), "2026-07-01 16:00");
    assert_eq!(due(&hours(8), "2026-07-01 08:00", &[]), "2026-07-01 18:00");
    assert_eq!(due(&hours(4), "2026-07-03 16:30", &[]), "2026-07-06 10:30");
    assert_eq!(due(&hours(4), "2026-07-04 03:00", &[]), "2026-07-06 12:00");
    assert_eq!(due(&hours(1), "2026-07-03 18:00", &[]), "2026-07-06 09:00");
}

#[test]
fn a_working_day_is_eight_working_hours_and_make_up_days_count() {
    let days = |n| working(Unit::WorkingDays, n);
    assert_eq!(due(&days(1), "2026-07-01 10:00", &[]), "2026-07-02 10:00");
    assert_eq!(due(&days(2), "2026-09-30 09:00", &[]), "2026-10-09 09:00");
    // Saturday 10 October makes up for the National Day week.
    assert_eq!(due(&days(3), "2026-09-30 09:00", &[]), "2026-10-10 09:00");
    assert_eq!(due(&days(4), "2026-09-30 09:00", &[]), "2026-10-12 09:00");
}

#[test]
fn emergencies_run_through_the_holiday() {
    assert_eq!(due(&Term::continuous_hours(2).unwrap(), "2026-10-01 23:30", &[]), "2026-10-02 01:30");
    let days = Term::new(Unit::ContinuousDays, 2, vec![], false).unwrap();
    assert_eq!(due(&days, "2026-10-01 23:30", &[]), "2026-10-03 23:30");
    assert!(!calendar().deadline(at("2031-01-01 00:00"), &days, &[]).provisional);
}

#[test]
fn nothing_is_worked_in_no_time() {
    assert_eq!(due(&hours(0), "2026-07-04 03:00", &[]), "2026-07-06 08:00");
    assert_eq!(due(&hours(0), "2026-07-01 09:00", &[]), "2026-07-01 09:00");
    assert_eq!(due(&hours(0), "2026-07-01 13:00", &[pause("2026-07-01 12:00", "2026-07-01 15:00")]), "2026-07-01 15:00");
}

/// 民法典 arts 201–203: a notice of 15 days posted on 1 July has all of 16 July.
#[test]
fn a_notice_of_fifteen_days() {
    let notice = |roll| Term::calendar_days(15, roll).unwrap();
    assert_eq!(due(&notice(true), "2026-07-01 17:30", &[]), "2026-07-17 00:00");
    assert_eq!(due(&notice(true), "2026-07-01 00:00", &[]), "2026-07-17 00:00");
    let deadline = calendar().deadline(at("2026-07-01 17:30"), &notice(true), &[]);
    assert_eq!(deadline.last_day(), Some(date("2026-07-16")));
    // 20 September + 15 = 5 October, a holiday until the 7th.
    assert_eq!(due(&notice(true), "2026-09-20 09:00", &[]), "2026-10-09 00:00");
    assert_eq!(due(&notice(false), "2026-09-20 09:00", &[]), "2026-10-06 00:00");
    // 25 September + 15 = Saturday 10 October, on which the law has people work.
    assert_eq!(due(&notice(true), "2026-09-25 09:00", &[]), "2026-10-11 00:00");
    // 26 September + 15 = Sunday 11 October.
    assert_eq!(due(&notice(true), "2026-09-26 09:00", &[]), "2026-10-13 00:00");
}

/// 民法典 art. 202.
#[test]
fn months_end_on_the_corresponding_day_or_the_last_of_the_month() {
    let months = |n| Term::new(Unit::CalendarMonths, n, vec![], false).unwrap();
    assert_eq!(due(&months(1), "2026-01-31 09:00", &[]), "2026-03-01 00:00");
    assert_eq!(due(&months(1), "2024-01-31 09:00", &[]), "2024-03-01 00:00");
    assert_eq!(due(&months(12), "2025-03-15 09:00", &[]), "2026-03-16 00:00");
    let rolling = Term::new(Unit::CalendarMonths, 1, vec![], true).unwrap();
    assert_eq!(due(&rolling, "2026-09-01 09:00", &[]), "2026-10-09 00:00");
}

#[test]
fn a_pause_gives_back_its_working_time_only() {
    // Friday noon to Monday 10:00: four working hours on Friday afternoon, two on Monday morning.
    assert_eq!(due(&hours(8), "2026-07-03 08:00", &[pause("2026-07-03 12:00", "2026-07-06 10:00")]), "2026-07-06 16:00");
    // A pause in the night costs nothing, one that began before the start is cut to it, one after the end is nothing.
    assert_eq!(due(&hours(4), "2026-07-01 08:00", &[pause("2026-07-01 19:00", "2026-07-02 07:00")]), "2026-07-01 12:00");
    assert_eq!(due(&hours(4), "2026-07-01 10:00", &[pause("2026-07-01 08:00", "2026-07-01 11:00")]), "2026-07-01 17:00");
    assert_eq!(due(&hours(4), "2026-07-01 08:00", &[pause("2026-07-01 12:00", "2026-07-02 12:00")]), "2026-07-01 12:00");
    // Overlapping and out of order, and one inside out.
    let pauses = [
        pause("2026-07-01 10:00", "2026-07-01 16:00"),
        pause("2026-07-01 17:30", "2026-07-01 17:00"),
        pause("2026-07-01 09:00", "2026-07-01 11:00"),
    ];
    assert_eq!(due(&hours(4), "2026-07-01 08:00", &pauses), "2026-07-02 09:00");
}

#[test]
fn a_pause_of_a_period_gives_back_a_day_for_every_midnight_in_it() {
    let days = Term::calendar_days(5, false).unwrap();
    assert_eq!(due(&days, "2026-07-01 09:00", &[pause("2026-07-03 10:00", "2026-07-05 15:00")]), "2026-07-09 00:00");
    assert_eq!(due(&days, "2026-07-01 09:00", &[pause("2026-07-03 10:00", "2026-07-03 15:00")]), "2026-07-07 00:00");
    // On its last day, before 24:00.
    assert_eq!(due(&days, "2026-07-01 09:00", &[pause("2026-07-06 10:00", "2026-07-09 15:00")]), "2026-07-10 00:00");
    assert_eq!(due(&days, "2026-07-01 09:00", &[pause("2026-07-07 00:00", "2026-07-09 15:00")]), "2026-07-07 00:00");
    // Started inside a pause: begins when the pause ends.
    assert_eq!(due(&days, "2026-07-01 09:00", &[pause("2026-07-01 08:00", "2026-07-03 15:00")]), "2026-07-09 00:00");
}

#[test]
fn a_clock_in_an_open_pause_stands() {
    let calendar = calendar();
    let open = [Pause { from: at("2026-07-01 10:00"), to: None }];
    let deadline = calendar.deadline(at("2026-07-01 08:00"), &hours(8), &open);
    let remaining = Measure::Time { micros: 6 * 3_600_000_000 };
    assert_eq!(deadline.outcome, Outcome::Standing { since: at("2026-07-01 10:00"), remaining });
    assert_eq!(deadline.due(), None);
    assert_eq!(calendar.remaining(at("2026-07-01 08:00"), at("2026-08-01 08:00"), &hours(8), &open), remaining);
    let notice = Term::calendar_days(15, true).unwrap();
    let deadline = calendar.deadline(at("2026-06-28 08:00"), &notice, &open);
    assert_eq!(deadline.outcome, Outcome::Standing { since: at("2026-07-01 10:00"), remaining: Measure::Days { days: 12 } });
    // A deadline that came before the pause came.
    let deadline = calendar.deadline(at("2026-07-01 08:00"), &hours(2), &open);
    assert_eq!(deadline.due(), Some(at("2026-07-01 10:00")));
}

#[test]
fn how_much_is_gone_and_left() {
    let calendar = calendar();
    let hour = 3_600_000_000;
    let left = |now: &str| calendar.remaining(at("2026-07-03 16:00"), at(now), &hours(4), &[]);
    assert_eq!(left("2026-07-03 16:00"), Measure::Time { micros: 4 * hour });
    assert_eq!(left("2026-07-05 16:00"), Measure::Time { micros: 2 * hour });
    assert_eq!(left("2026-07-06 11:00"), Measure::Time { micros: -hour });
    assert!(left("2026-07-06 11:00").is_overdrawn());
    let notice = Term::calendar_days(15, false).unwrap();
    let left = |now: &str| calendar.remaining(at("2026-07-01 16:00"), at(now), &notice, &[]);
    assert_eq!(left("2026-07-01 18:00"), Measure::Days { days: 15 });
    assert_eq!(left("2026-07-16 23:59"), Measure::Days { days: 0 });
    assert_eq!(left("2026-07-18 09:00"), Measure::Days { days: -2 });
    let gone = calendar.elapsed(
        at("2026-07-01 16:00"),
        at("2026-07-04 09:00"),
        &notice,
        &[pause("2026-07-02 10:00", "2026-07-03 10:00")],
    );
    assert_eq!(gone, Measure::Days { days: 2 });
}

#[test]
fn half_days_are_closed_for_working_time_and_for_nothing_else() {
    let closed = LocalKind::Closed { from: "12:00".to_owned(), to: "24:00".to_owned() };
    let calendar = calendar().with_local(local("2026-02-13", "除夕前半天", closed)).unwrap();
    assert_eq!(shown(&calendar, &hours(6), "2026-02-13 08:00", &[]), "2026-02-14 10:00");
    assert_eq!(shown(&calendar, &hours(4), "2026-02-13 08:00", &[]), "2026-02-13 12:00");
    assert_eq!(shown(&calendar, &Term::continuous_hours(6).unwrap(), "2026-02-13 08:00", &[]), "2026-02-13 14:00");
    let day = Term::calendar_days(1, true).unwrap();
    assert_eq!(shown(&calendar, &day, "2026-02-12 08:00", &[]), "2026-02-14 00:00");
    assert!(!calendar.is_working_moment(at("2026-02-13 15:00"), &hours(1)));
    assert!(calendar.is_working_moment(at("2026-02-12 15:00"), &hours(1)));
}

/// Locally worked days shorten no period that the law lets end later.
#[test]
fn a_local_working_day_is_still_a_day_off_by_law() {
    let calendar = calendar().with_local(local("2026-07-04", "集中整治", LocalKind::Work)).unwrap();
    assert_eq!(shown(&calendar, &hours(4), "2026-07-04 08:00", &[]), "2026-07-04 12:00");
    assert_eq!(shown(&calendar, &Term::calendar_days(3, true).unwrap(), "2026-07-01 08:00", &[]), "2026-07-07 00:00");
}

#[test]
fn a_deadline_without_a_plan_is_provisional_until_the_plan_comes() {
    let before = calendar();
    let (from, term) = (at("2026-12-30 09:00"), working(Unit::WorkingDays, 5));
    let guess = before.deadline(from, &term, &[]);
    assert!(guess.provisional);
    assert_eq!(guess.due(), Some(at("2027-01-06 09:00")));
    let plan = r#"{"year":2027,"papers":[],"days":[{"name":"元旦","date":"2027-01-01","isOffDay":true}]}"#;
    let after = before.with_year(YearPlan::parse(plan).unwrap()).unwrap();
    let known = after.deadline(from, &term, &[]);
    assert!(!known.provisional);
    assert_eq!(known.due(), Some(at("2027-01-07 09:00")));
    assert_ne!(before.version(), after.version());
    // A period that does not roll over never looks at the plan; one that does looks at its last day only.
    assert!(!before.deadline(from, &Term::calendar_days(15, false).unwrap(), &[]).provisional);
    assert!(before.deadline(from, &Term::calendar_days(15, true).unwrap(), &[]).provisional);
    assert!(!before.deadline(at("2026-12-01 09:00"), &Term::calendar_days(15, true).unwrap(), &[]).provisional);
}

/// The ends of time and the largest terms give an answer and no overflow.
#[test]
fn nothing_overflows() {
    use linli_kernel::Ts;
    let calendar = calendar();
    let terms = [
        hours(876_000),
        working(Unit::WorkingDays, 36_500),
        Term::continuous_hours(876_000).unwrap(),
        Term::calendar_days(36_500, true).unwrap(),
        Term::new(Unit::CalendarMonths, 1_200, vec![], true).unwrap(),
    ];
    for from in [i64::MIN, -1, 0, 1, i64::MAX] {
        for term in &terms {
            let pauses = [Pause { from: Ts(i64::MIN), to: Some(Ts(i64::MIN + 1)) }, Pause { from: Ts(i64::MAX), to: None }];
            let due = calendar.deadline(Ts(from), term, &[]).due().unwrap();
            assert!(from == i64::MAX || due > Ts(from));
            let _ = calendar.deadline(Ts(from), term, &pauses);
            let _ = calendar.remaining(Ts(from), Ts(i64::MAX), term, &pauses);
        }
    }
}
