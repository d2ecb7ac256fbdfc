//! How many deadlines the calendar computes.

use std::hint::black_box;
use std::time::Instant;

use anyhow::Context as _;
use linli_calendar::{Calendar, Pause, Term, Unit, Window};
use linli_kernel::Ts;

use super::figure::{median, print};

const ROUNDS: usize = 5;
/// Deadlines of a round.
const COUNT: i64 = 1_200_000;
const HOUR: i64 = 3_600 * 1_000_000;
const DAY: i64 = 24 * HOUR;

/// Prints `clock.deadlines_per_s`: the median of five rounds of 1,200,000 deadlines on one core, all six units in turn, beginning at
/// every hour of 2024 to 2028, a third each without a pause, with one and with two; beside it how many of them rest on a year whose
/// plan is not out yet, in percent.
pub fn run() -> anyhow::Result<()> {
    let calendar = Calendar::builtin().context("the shipped calendar")?;
    let terms = terms()?;
    let begin = Ts::from_local(jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0)).context("a day")?;
    let hours = 5 * 365 * 24;
    let (mut rates, mut provisional) = (Vec::new(), 0_u32);
    for _ in 0..ROUNDS {
        provisional = 0;
        let begun = Instant::now();
        // A stride without a common divisor meets every hour in another order of units and pauses.
        for (n, term) in (0..COUNT).zip(terms.iter().cycle()) {
            let from = Ts(begin.0 + n * 7_919 % hours * HOUR + n % 60 * 60_000_000);
            let pause = |after: i64, long: i64| Pause { from: Ts(from.0 + after), to: Some(Ts(from.0 + after + long)) };
            let deadline = match n / 6 % 3 {
                0 => calendar.deadline(from, term, &[]),
                1 => calendar.deadline(from, term, &[pause(2 * HOUR, 5 * HOUR)]),
                _ => calendar.deadline(from, term, &[pause(HOUR, 3 * HOUR), pause(2 * DAY, DAY)]),
            };
            provisional += u32::from(black_box(deadline).provisional);
        }
        rates.push(f64::from(u32::try_from(COUNT)?) / begun.elapsed().as_secs_f64());
    }
    let share = f64::from(provisional) * 100.0 / f64::from(u32::try_from(COUNT)?);
    print("clock", "deadlines_per_s", median(rates), "1/s", &[("provisional_percent", share)])?;
    Ok(())
}

fn terms() -> anyhow::Result<Vec<Term>> {
    let windows = || anyhow::Ok(vec![Window::new("08:00", "12:00")?, Window::new("14:00", "18:00")?]);
    Ok(vec![
        Term::new(Unit::ContinuousHours, 24, Vec::new(), false)?,
        Term::new(Unit::ContinuousDays, 3, Vec::new(), false)?,
        Term::new(Unit::WorkingHours, 12, windows()?, false)?,
        Term::new(Unit::WorkingDays, 5, windows()?, false)?,
        Term::new(Unit::CalendarDays, 15, Vec::new(), true)?,
        Term::new(Unit::CalendarMonths, 2, Vec::new(), true)?,
    ])
}
