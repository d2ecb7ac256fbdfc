//! Clocks that walk minute by minute and day by day, sharing no arithmetic with the crate, against the clocks that calculate.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use linli_calendar::{Calendar, Measure, Outcome, Pause, Term, Unit, Window};
use linli_kernel::Ts;
use proptest::prelude::*;

use crate::{at, calendar};

const MINUTE: i64 = 60_000_000;

/// Days listed by the plans, straight from the data.
fn listed(calendar: &Calendar) -> HashMap<Date, bool> {
    calendar.years().flat_map(|plan| &plan.days).map(|day| (day.date, !day.is_off_day)).collect()
}

fn works(listed: &HashMap<Date, bool>, date: Date) -> bool {
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    listed.get(&date).copied().unwrap_or(!weekend)
}

fn paused(pauses: &[Pause], at: Ts) -> bool {
    pauses.iter().any(|p| p.from <= at && p.to.is_none_or(|to| at < to))
}

/// Walks until `minutes` of working time have gone.
fn walk(from: Ts, minutes: i64, windows: &[(i64, i64)], pauses: &[Pause]) -> Ts {
    let listed = listed(&calendar());
    let mut left = minutes;
    let mut now = from;
    loop {
        let local = now.local();
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let open = windows.iter().any(|(opens, closes)| *opens <= minute && minute < *closes);
        if open && works(&listed, local.date()) && !paused(pauses, now) {
            left -= 1;
        }
        now = Ts(now.0 + MINUTE);
        if left == 0 {
            return now;
        }
    }
}

fn window(opens: i64, closes: i64) -> Window {
    let face = |m: i64| format!("{:02}:{:02}", m / 60, m % 60);
    Window::new(&face(opens), &face(closes)).unwrap()
}

prop_compose! {
    /// Two windows in order, possibly touching, possibly to midnight.
    fn windows()(mut times in prop::collection::btree_set(0_i64..=1_440, 4)) -> Vec<(i64, i64)> {
        let mut take = || times.pop_first().unwrap();
        vec![(take(), take()), (take(), take())]
    }
}

prop_compose! {
    /// Moments on whole minutes within the days around the longest holidays, and beyond the plans.
    fn moment()(anchor in prop::sample::select(vec!["2024-02-07", "2025-09-26", "2026-02-12", "2026-09-24", "2026-12-29"]), minute in 0_i64..12 * 1_440) -> Ts {
        Ts(at(&format!("{anchor} 00:00")).0 + minute * MINUTE)
    }
}

prop_compose! {
    fn pauses_after(from: Ts)(spans in prop::collection::vec((-1_440_i64..6_000, -60_i64..3_000), 0..4)) -> Vec<Pause> {
        let place = |(offset, len): (i64, i64)| {
            let begin = Ts(from.0 + offset * MINUTE);
            Pause { from: begin, to: Some(Ts(begin.0 + len * MINUTE)) }
        };
        spans.into_iter().map(place).collect()
    }
}

prop_compose! {
    fn start_with_pauses()(from in moment())(pauses in pauses_after(from), from in Just(from)) -> (Ts, Vec<Pause>) {
        (from, pauses)
    }
}

/// Civil Code days, one day at a time: a day counts when the clock runs as it begins.
fn walk_days(from: Ts, days: i64, pauses: &[Pause]) -> Ts {
    let mut begin = from;
    while paused(pauses, begin) {
        begin = Ts(begin.0 + MINUTE);
    }
    let midnight = |date: Date| Ts::from_local(date.at(0, 0, 0, 0)).unwrap();
    let mut date = begin.local().date();
    let mut counted = 0;
    loop {
        let end = midnight(date + 1.day());
        if counted >= days && !paused(pauses, Ts(end.0 - 1)) {
            return end;
        }
        date += 1.day();
        if !paused(pauses, midnight(date)) {
            counted += 1;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn working_time_agrees_with_walking((from, pauses) in start_with_pauses(), windows in windows(), amount in 1_u32..30) {
        let calendar = calendar();
        let day_len: i64 = windows.iter().map(|(o, c)| c - o).sum();
        prop_assume!(day_len >= 30);
        let these: Vec<Window> = windows.iter().map(|(o, c)| window(*o, *c)).collect();
        let hours = Term::new(Unit::WorkingHours, amount, these.clone(), false).unwrap();
        let due = calendar.deadline(from, &hours, &pauses).due().unwrap();
        prop_assert_eq!(due, walk(from, i64::from(amount) * 60, &windows, &pauses));
        let gone = calendar.elapsed(from, due, &hours, &pauses);
        prop_assert_eq!(gone, Measure::Time { micros: i64::from(amount) * 60 * MINUTE });
        let days = Term::new(Unit::WorkingDays, amount % 5 + 1, these, false).unwrap();
        let due = calendar.deadline(from, &days, &pauses).due().unwrap();
        prop_assert_eq!(due, walk(from, i64::from(amount % 5 + 1) * day_len, &windows, &pauses));
    }

    #[test]
    fn periods_agree_with_walking((from, pauses) in start_with_pauses(), days in 0_u32..40) {
        let calendar = calendar();
        let term = Term::calendar_days(days, false).unwrap();
        let due = calendar.deadline(from, &term, &pauses).due().unwrap();
        prop_assert_eq!(due, walk_days(from, i64::from(days), &pauses));
        prop_assert_eq!(calendar.elapsed(from, Ts(due.0 - 1), &term, &pauses), Measure::Days { days: i64::from(days) });
        prop_assert_eq!(calendar.remaining(from, Ts(due.0 - 1), &term, &pauses), Measure::Days { days: 0 });
    }

    #[test]
    fn rolling_ends_on_the_first_working_day(from in moment(), days in 0_u32..40) {
        let calendar = calendar();
        let listed = listed(&calendar);
        let mut last = from.local().date() + i64::from(days).days();
        while !works(&listed, last) {
            last += 1.day();
        }
        let deadline = calendar.deadline(from, &Term::calendar_days(days, true).unwrap(), &[]);
        prop_assert_eq!(deadline.last_day(), Some(last));
    }

    /// However the last pause is left open, what remains is what the walk still has to go.
    #[test]
    fn a_standing_clock_knows_what_is_left((from, mut pauses) in start_with_pauses(), windows in windows(), amount in 1_u32..30, since in 0_i64..6_000) {
        let calendar = calendar();
        let these: Vec<Window> = windows.iter().map(|(o, c)| window(*o, *c)).collect();
        let term = Term::new(Unit::WorkingHours, amount, these, false).unwrap();
        let stands = Ts(from.0 + since * MINUTE);
        pauses.push(Pause { from: stands, to: None });
        let gone = calendar.elapsed(from, stands, &term, &pauses);
        match calendar.deadline(from, &term, &pauses).outcome {
            Outcome::Due { at } => prop_assert!(at <= stands),
            Outcome::Standing { since, remaining } => {
                prop_assert!(since <= stands);
                let (Measure::Time { micros: gone }, Measure::Time { micros: left }) = (gone, remaining) else { panic!("hours are time") };
                prop_assert_eq!(gone + left, i64::from(amount) * 60 * MINUTE);
                prop_assert!(left > 0);
            }
        }
    }
}
