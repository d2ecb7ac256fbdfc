//! When a clock runs out, how much of it is gone, and how much is left.

use jiff::civil::Date;
use linli_kernel::Ts;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::day::{self, day_ending_at, day_of, instant, start, wall};
use crate::stops::{Pause, Stops};
use crate::term::{Term, Unit};

/// An amount of a clock's own time. Negative when a deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Measure {
    /// Microseconds: of working time for working units, of any time for continuous ones.
    Time {
        /// How many.
        micros: i64,
    },
    /// Days of the calendar.
    Days {
        /// How many.
        days: i64,
    },
}

impl Measure {
    /// Whether more has gone than there was.
    #[must_use]
    pub const fn is_overdrawn(self) -> bool {
        matches!(self, Self::Time { micros: n } | Self::Days { days: n } if n < 0)
    }
}

/// What becomes of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "clock", rename_all = "snake_case")]
pub enum Outcome {
    /// It runs out at this instant.
    Due {
        /// The instant. A calendar period ends at 24:00, which is 00:00 of the next day; see [`Deadline::last_day`].
        at: Ts,
    },
    /// It stands in a pause that has not ended.
    Standing {
        /// Since when it stands: the last moment at which it ran, or its start.
        since: Ts,
        /// What will be left when it goes on.
        remaining: Measure,
    },
}

/// A computed deadline (截止时间).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// When it falls, or that it stands.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether it rests on a day without a published plan, and must be computed again when the plan comes.
    pub provisional: bool,
}

impl Deadline {
    /// The instant it falls on; `None` while the clock stands.
    #[must_use]
    pub const fn due(&self) -> Option<Ts> {
        match self.outcome {
            Outcome::Due { at } => Some(at),
            Outcome::Standing { .. } => None,
        }
    }

    /// The last day of the period: for one that ends at 24:00 the day that ends, not the one that begins.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        self.due().map(|at| day::date(day_ending_at(wall(at))))
    }
}

/// A calendar period under way: how many of its days have been counted, and up to which.
struct Period {
    /// Days are counted from the day after this one.
    counted_to: i64,
    /// Days still to count.
    left: i64,
}

impl Calendar {
    /// When a term that starts at `from` runs out, with these pauses. Never refuses; allocates nothing.
    ///
    /// * Continuous units count every moment; working units the moments inside the windows of working days. Due is the earliest
    ///   moment by which the amount has gone: 8 working hours from Monday 08:00 are up on Monday 18:00, not on Tuesday 08:00.
    /// * Calendar units follow 民法典 arts 200–204: a day counts when the clock runs as the day begins, so the day of the start
    ///   does not count; the period ends at 24:00 of its last day; with `roll_over`, at 24:00 of the next working day when that
    ///   last day is a day off (art. 203).
    /// * A pause takes its time out of the clock: its part in working hours, or one day for every midnight in it.
    ///
    /// Takes time proportional to the square of the number of pauses.
    #[must_use]
    pub fn deadline(&self, from: Ts, term: &Term, pauses: &[Pause]) -> Deadline {
        if term.unit().is_calendar() {
            self.end_of_period(wall(from), term, pauses)
        } else {
            self.end_of_time(wall(from), term, pauses)
        }
    }

    /// How much of the term's own kind of time lies between two instants, without the pauses. 0 when `to` is not after `from`.
    #[must_use]
    pub fn elapsed(&self, from: Ts, to: Ts, term: &Term, pauses: &[Pause]) -> Measure {
        let (from, to) = (wall(from), wall(to));
        if term.unit().is_calendar() {
            Measure::Days { days: days_counted(from, to, pauses) }
        } else {
            Measure::Time { micros: self.time_run(from, to, term, pauses) }
        }
    }

    /// How much is left at `now`; negative by how much it is overdue, in the same kind of time.
    #[must_use]
    pub fn remaining(&self, from: Ts, now: Ts, term: &Term, pauses: &[Pause]) -> Measure {
        if !term.unit().is_calendar() {
            return Measure::Time { micros: term.micros() - self.time_run(wall(from), wall(now), term, pauses) };
        }
        match self.deadline(from, term, pauses).outcome {
            Outcome::Standing { remaining, .. } => remaining,
            Outcome::Due { at } => {
                let (now, last) = (wall(now), day_ending_at(wall(at)));
                let days = if now < start(last) { days_counted(now, start(last), pauses) } else { last - day_of(now) };
                Measure::Days { days }
            }
        }
    }

    /// Whether somebody is at work at this moment, for a term of working time; always true for other terms.
    #[must_use]
    pub fn is_working_moment(&self, at: Ts, term: &Term) -> bool {
        let at = wall(at);
        let time = at - start(day_of(at));
        let in_window = || term.windows().iter().any(|w| w.opens <= time && time < w.closes);
        let closed = || self.closings.iter().any(|c| c.from <= at && at < c.to);
        !term.unit().is_working() || self.table.flags(day_of(at)).works && in_window() && !closed()
    }

    /// Pauses of this clock, and for working time the part days on which all are closed.
    pub(crate) fn stops<'a>(&'a self, term: &Term, pauses: &'a [Pause]) -> Stops<'a> {
        let closings = if term.unit().is_working() { self.closings.as_slice() } else { &[] };
        Stops { pauses, closings }
    }

    fn end_of_time(&self, from: i64, term: &Term, pauses: &[Pause]) -> Deadline {
        let stops = self.stops(term, pauses);
        let (mut at, mut left) = (from, term.micros());
        let mut since = None;
        let (reached, outcome) = loop {
            let stop = stops.next(at);
            let end = self.time_after(at, left, term);
            let Some(stop) = stop.filter(|stop| stop.from <= at || stop.from < end) else {
                break (end, Outcome::Due { at: instant(end) });
            };
            let stopped = stop.from.max(at);
            left -= self.position(stopped, term) - self.position(at, term);
            // A stop that begins in another one goes on standing since that one began.
            let stood = since.filter(|_| stop.from <= at).unwrap_or(stopped);
            let Some(to) = stop.to else {
                let remaining = Measure::Time { micros: left };
                break (stood, Outcome::Standing { since: instant(stood), remaining });
            };
            since = Some(stood);
            at = to;
        };
        let provisional =
            term.unit().is_working() && self.table.any_vague(day_of(from), day_ending_at(reached).max(day_of(from)));
        Deadline { outcome, provisional }
    }

    fn time_run(&self, from: i64, to: i64, term: &Term, pauses: &[Pause]) -> i64 {
        let stops = self.stops(term, pauses);
        let (mut at, mut run) = (from, 0);
        while at < to {
            let stop = stops.next(at).filter(|stop| stop.from < to);
            let until = stop.map_or(to, |stop| stop.from.max(at));
            run += self.position(until, term) - self.position(at, term);
            let Some(next) = stop.map_or(Some(to), |stop| stop.to) else { break };
            at = next;
        }
        run
    }

    /// Where a moment stands on the endless tape of the term's kind of time; only differences mean anything.
    fn position(&self, at: i64, term: &Term) -> i64 {
        if !term.unit().is_working() {
            return at;
        }
        let day = day_of(at);
        let whole = self.table.working_days_before(day) * term.working_day_micros();
        if self.table.flags(day).works { whole + term.worked_by(at - start(day)) } else { whole }
    }

    /// The earliest moment by which so much has run since `at`, stops aside.
    fn time_after(&self, at: i64, amount: i64, term: &Term) -> i64 {
        if !term.unit().is_working() {
            return at + amount;
        }
        if amount == 0 {
            return self.next_working_moment(at, term);
        }
        let day_len = term.working_day_micros().max(1);
        let goal = self.position(at, term) + amount;
        // The day that ends with the goal, not the one that begins with it: due is the earliest moment.
        let days_before = (goal - 1).div_euclid(day_len);
        start(self.table.nth_working_day(days_before)) + term.time_worked(goal - days_before * day_len)
    }

    /// This moment when it lies in a window of a working day, else the next opening.
    pub(crate) fn next_working_moment(&self, at: i64, term: &Term) -> i64 {
        let today = day_of(at);
        let now = if self.table.flags(today).works { term.next_open(at - start(today)) } else { None };
        now.map_or_else(
            || {
                let next = self.table.nth_working_day(self.table.working_days_before(today + 1));
                start(next) + term.next_open(0).unwrap_or(0)
            },
            |time| start(today) + time,
        )
    }

    fn end_of_period(&self, from: i64, term: &Term, pauses: &[Pause]) -> Deadline {
        let stops = self.stops(term, pauses);
        let standing = |since, left| Deadline {
            outcome: Outcome::Standing { since: instant(since), remaining: Measure::Days { days: left } },
            provisional: false,
        };
        let Some(mut at) = stops.resume(from) else { return standing(from, Period::begin(from, term).left) };
        let mut period = Period::begin(at, term);
        loop {
            let natural = period.counted_to + period.left;
            let last = if term.roll_over() { self.roll(natural) } else { natural };
            let end = start(last + 1);
            let Some(stop) = stops.next(at).filter(|stop| stop.from < end) else {
                let provisional = term.roll_over() && self.table.any_vague(natural, last);
                return Deadline { outcome: Outcome::Due { at: instant(end) }, provisional };
            };
            let counted = (day_ending_at(stop.from) - period.counted_to).clamp(0, period.left);
            period.left -= counted;
            let Some(resumed) = stop.to.and_then(|to| stops.resume(to)) else { return standing(stop.from, period.left) };
            at = resumed;
            period.counted_to = day_ending_at(at);
        }
    }

    /// The first day from this one on that is worked, by law as well as here (民法典 art. 203).
    pub(crate) fn roll(&self, day: i64) -> i64 {
        let mut day = day;
        loop {
            let flags = self.table.flags(day);
            if flags.works && flags.works_by_law {
                return day;
            }
            day += 1;
        }
    }
}

impl Period {
    fn begin(at: i64, term: &Term) -> Self {
        let first = day_of(at);
        let left = match term.unit() {
            Unit::CalendarMonths => day::plus_months(first, term.amount()) - first,
            _ => i64::from(term.amount()),
        };
        Self { counted_to: first, left }
    }
}

/// Midnights after `from` and up to `to` at which the clock ran.
fn days_counted(from: i64, to: i64, pauses: &[Pause]) -> i64 {
    let stops = Stops { pauses, closings: &[] };
    let Some(mut at) = stops.resume(from) else { return 0 };
    let mut counted_to = day_of(at);
    let mut days = 0;
    while at <= to {
        let stop = stops.next(at).filter(|stop| stop.from <= to);
        let until = stop.map_or(day_of(to), |stop| day_ending_at(stop.from));
        days += (until - counted_to).max(0);
        let Some(next) = stop.and_then(|stop| stop.to).and_then(|to| stops.resume(to)) else { break };
        at = next;
        counted_to = day_ending_at(at);
    }
    days
}
