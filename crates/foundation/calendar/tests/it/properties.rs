use linli_calendar::{Calendar, LocalKind, Measure, Pause, Term, Unit, Window};
use linli_kernel::Ts;
use proptest::prelude::*;

use crate::{at, calendar, local};

prop_compose! {
    /// Any microsecond from 2023 to 2028.
    fn moment()(offset in 0_i64..5 * 365 * 86_400_000_000) -> Ts {
        Ts(at("2023-06-01 00:00").0 + offset)
    }
}

fn term(unit: Unit, amount: u32, roll: bool) -> Term {
    let windows = if unit.is_working() {
        vec![Window::new("08:30", "11:45").unwrap(), Window::new("14:00", "17:30").unwrap()]
    } else {
        vec![]
    };
    Term::new(unit, amount, windows, roll && unit.is_calendar()).unwrap()
}

fn units() -> impl Strategy<Value = Unit> {
    prop::sample::select(vec![
        Unit::ContinuousHours,
        Unit::ContinuousDays,
        Unit::WorkingHours,
        Unit::WorkingDays,
        Unit::CalendarDays,
        Unit::CalendarMonths,
    ])
}

fn pauses() -> impl Strategy<Value = Vec<Pause>> {
    let one = (moment(), 0_i64..20 * 86_400_000_000).prop_map(|(from, len)| Pause { from, to: Some(Ts(from.0 + len)) });
    prop::collection::vec(one, 0..6)
}

/// With half days, so that closings take part.
fn place() -> Calendar {
    let closed = |from: &str, to: &str| LocalKind::Closed { from: from.to_owned(), to: to.to_owned() };
    let calendar = calendar().with_local(local("2026-02-13", "半天", closed("12:00", "24:00"))).unwrap();
    let calendar = calendar.with_local(local("2025-03-08", "加班", LocalKind::Work)).unwrap();
    calendar.with_local(local("2025-03-10", "防汛", closed("09:00", "10:00"))).unwrap()
}

proptest! {
    #[test]
    fn later_start_never_falls_earlier(unit in units(), amount in 0_u32..60, roll: bool, a in moment(), b in moment(), pauses in pauses()) {
        let (place, term) = (place(), term(unit, amount, roll));
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(place.deadline(a, &term, &pauses).due() <= place.deadline(b, &term, &pauses).due());
    }

    #[test]
    fn more_time_never_falls_earlier(unit in units(), amount in 0_u32..60, more in 0_u32..60, roll: bool, from in moment(), pauses in pauses()) {
        let place = place();
        let due = |amount| place.deadline(from, &term(unit, amount, roll), &pauses).due();
        prop_assert!(due(amount) <= due(amount + more));
    }

    #[test]
    fn another_pause_never_falls_earlier(unit in units(), amount in 0_u32..60, roll: bool, from in moment(), pauses in pauses()) {
        let (place, term) = (place(), term(unit, amount, roll));
        let due = |n: usize| place.deadline(from, &term, &pauses[..n]).due();
        for n in 0..pauses.len() {
            prop_assert!(due(n) <= due(n + 1));
        }
    }

    /// The order in which pauses were written down does not matter.
    #[test]
    fn pauses_in_any_order(unit in units(), amount in 0_u32..60, roll: bool, from in moment(), mut pauses in pauses()) {
        let (place, term) = (place(), term(unit, amount, roll));
        let one = place.deadline(from, &term, &pauses);
        pauses.reverse();
        prop_assert_eq!(one, place.deadline(from, &term, &pauses));
    }

    /// One pause shifts a working deadline by exactly the working time in it.
    #[test]
    fn a_pause_shifts_by_its_working_time(amount in 1_u32..200, from in moment(), after in 0_i64..30 * 86_400_000_000, len in 0_i64..30 * 86_400_000_000) {
        let (place, term) = (place(), term(Unit::WorkingHours, amount, false));
        let pause = Pause { from: Ts(from.0 + after), to: Some(Ts(from.0 + after + len)) };
        let plain = place.deadline(from, &term, &[]).due().unwrap();
        let shifted = place.deadline(from, &term, &[pause]).due().unwrap();
        if pause.from >= plain {
            prop_assert_eq!(shifted, plain);
        } else {
            let micros = |measure| match measure { Measure::Time { micros } => micros, Measure::Days { .. } => panic!("hours are time") };
            let lost = micros(place.elapsed(pause.from, pause.to.unwrap(), &term, &[]));
            let shift = micros(place.elapsed(plain, shifted, &term, &[]));
            prop_assert_eq!(shift, lost);
        }
    }

    /// Work is being done in the moment before the deadline, and not in a pause.
    #[test]
    fn due_is_at_work(unit in prop::sample::select(vec![Unit::WorkingHours, Unit::WorkingDays]), amount in 1_u32..60, from in moment(), pauses in pauses()) {
        let (place, term) = (place(), term(unit, amount, false));
        let due = place.deadline(from, &term, &pauses).due().unwrap();
        let before = Ts(due.0 - 1);
        prop_assert!(place.is_working_moment(before, &term));
        prop_assert!(!pauses.iter().any(|p| p.from <= before && before < p.to.unwrap()));
    }

    /// What is gone and what is left are the whole, at every moment.
    #[test]
    fn gone_and_left_are_the_whole(unit in prop::sample::select(vec![Unit::ContinuousHours, Unit::WorkingHours, Unit::WorkingDays]), amount in 1_u32..60, from in moment(), now in moment(), pauses in pauses()) {
        let (place, term) = (place(), term(unit, amount, false));
        let micros = |measure| match measure { Measure::Time { micros } => micros, Measure::Days { .. } => panic!("hours are time") };
        let gone = micros(place.elapsed(from, now, &term, &pauses));
        let left = micros(place.remaining(from, now, &term, &pauses));
        let due = place.deadline(from, &term, &pauses).due().unwrap();
        let whole = micros(place.elapsed(from, due, &term, &pauses));
        prop_assert_eq!(gone + left, whole);
        prop_assert_eq!(left <= 0, now >= due);
    }

    /// The explanation explains this deadline, and every day it says was skipped was one.
    #[test]
    fn explanations_tell_the_truth(unit in units(), amount in 0_u32..40, roll: bool, from in moment(), pauses in pauses()) {
        use linli_calendar::Step;
        let (place, term) = (place(), term(unit, amount, roll));
        let told = place.explain(from, &term, &pauses);
        prop_assert_eq!(told.deadline, place.deadline(from, &term, &pauses));
        let mut vague = false;
        for step in &told.steps {
            match step {
                Step::Skipped { from, to, .. } => {
                    prop_assert!(from <= to);
                    let worked = place.working_days_between(*from, to.tomorrow().unwrap());
                    prop_assert!(worked == 0 || unit.is_calendar());
                }
                Step::Worked { date, .. } => prop_assert!(place.is_working_day(*date).0),
                Step::Begins { at } => prop_assert!(*at > from && place.is_working_moment(*at, &term)),
                Step::WeekendsAlone { .. } => vague = true,
                _ => {}
            }
        }
        prop_assert_eq!(vague, told.deadline.provisional);
    }
}
