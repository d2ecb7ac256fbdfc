//! Why a deadline falls where it falls, as data that a page puts into words.

use jiff::civil::Date;
use linli_kernel::Ts;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Certainty, Reason};
use crate::clock::{Deadline, Outcome};
use crate::day::{self, day_ending_at, day_of, instant, start, wall};
use crate::stops::Pause;
use crate::term::{Term, Unit};

/// Why a day was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// Saturday or Sunday.
    Weekend,
    /// Free by the plan of the year.
    Holiday {
        /// E.g. 国庆节.
        name: String,
    },
    /// Free by a local decision, or worked by one but a day off by law.
    Local {
        /// Its reason.
        name: String,
    },
}

/// One thing that moved the deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// The clock began later than the start, at the next working moment.
    Begins {
        /// When.
        at: Ts,
    },
    /// The day of the start is not counted (民法典 art. 201).
    StartDayNotCounted {
        /// That day.
        date: Date,
    },
    /// The month has no such day; its last day counts (民法典 art. 202).
    MonthEnd {
        /// The last day of the month.
        date: Date,
    },
    /// Days on which the clock did not run, or over which the last day moved.
    Skipped {
        /// First of them.
        from: Date,
        /// Last of them.
        to: Date,
        /// Why.
        #[serde(flatten)]
        why: Why,
    },
    /// A weekend day that was worked and counted.
    Worked {
        /// That day.
        date: Date,
        /// The holiday it makes up for, or the local reason.
        name: String,
    },
    /// Closed for part of a day.
    Closed {
        /// From.
        from: Ts,
        /// To.
        to: Ts,
        /// Its reason.
        name: String,
    },
    /// The clock was paused.
    Paused {
        /// From.
        from: Ts,
        /// To; `None` while it lasts.
        to: Option<Ts>,
    },
    /// The last day was a day off, so the period ends with the next working day (民法典 art. 203).
    RolledOver {
        /// The last day as counted.
        from: Date,
        /// The day it moved to.
        to: Date,
    },
    /// Days of this year have no published plan yet; they follow the plain week.
    WeekendsAlone {
        /// The year.
        year: i16,
    },
}

impl Step {
    /// The key of its text in the locales; arguments bear the names of the fields.
    #[must_use]
    pub fn text_key(&self) -> &'static str {
        match self {
            Self::Begins { .. } => "calendar-step-begins",
            Self::StartDayNotCounted { .. } => "calendar-step-start-day",
            Self::MonthEnd { .. } => "calendar-step-month-end",
            // A span of a single day is said as a day: “from Sunday to Sunday” makes one look for the error.
            Self::Skipped { from, to, why: Why::Weekend } if from == to => "calendar-step-weekend-day",
            Self::Skipped { from, to, why: Why::Holiday { .. } } if from == to => "calendar-step-holiday-day",
            Self::Skipped { from, to, why: Why::Local { .. } } if from == to => "calendar-step-local-off-day",
            Self::Skipped { why: Why::Weekend, .. } => "calendar-step-weekend",
            Self::Skipped { why: Why::Holiday { .. }, .. } => "calendar-step-holiday",
            Self::Skipped { why: Why::Local { .. }, .. } => "calendar-step-local-off",
            Self::Worked { .. } => "calendar-step-worked",
            Self::Closed { .. } => "calendar-step-closed",
            Self::Paused { to: Some(_), .. } => "calendar-step-paused",
            Self::Paused { to: None, .. } => "calendar-step-paused-still",
            Self::RolledOver { .. } => "calendar-step-rolled-over",
            Self::WeekendsAlone { .. } => "calendar-step-weekends-alone",
        }
    }
}

/// A deadline with everything that moved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// When the term started.
    pub from: Ts,
    /// The term.
    pub term: Term,
    /// What came out.
    pub deadline: Deadline,
    /// What moved it, in order of time.
    pub steps: Vec<Step>,
    /// [`Calendar::version`] of the calendar it was computed with.
    pub calendar: String,
    /// The notices whose plans it rests on.
    pub papers: Vec<String>,
}

impl Calendar {
    /// Why [`Calendar::deadline`] gives what it gives. Walks every day of the term; for pages, not for lists.
    #[must_use]
    pub fn explain(&self, from: Ts, term: &Term, pauses: &[Pause]) -> Explanation {
        let deadline = self.deadline(from, term, pauses);
        let begin = wall(from);
        let reached = match deadline.outcome {
            Outcome::Due { at } => wall(at),
            Outcome::Standing { since, .. } => wall(since),
        };
        // Each step with the moment it belongs to, so that days and pauses come in one order.
        let mut steps = pauses_within(begin, reached, deadline, pauses);
        let days = if term.unit().is_working() {
            self.begin_step(begin, reached, term, pauses, &mut steps);
            self.closings_within(begin, reached, &mut steps);
            Some((day_of(begin), day_ending_at(reached).max(day_of(begin))))
        } else if term.unit().is_calendar() {
            self.period_steps(begin, reached, term, pauses, deadline, &mut steps)
        } else {
            None
        };
        let mut papers = Vec::new();
        if let Some((first, last)) = days {
            self.day_steps(first, last, term, pauses, &mut steps);
            self.years_without_plan(first, last, &mut steps);
            papers = self.papers(first, last);
        }
        steps.sort_by_key(|(at, _)| *at);
        let steps = steps.into_iter().map(|(_, step)| step).collect();
        Explanation { from, term: term.clone(), deadline, steps, calendar: self.version().to_owned(), papers }
    }

    fn begin_step(&self, begin: i64, reached: i64, term: &Term, pauses: &[Pause], steps: &mut Vec<(i64, Step)>) {
        let stops = self.stops(term, pauses);
        let mut at = begin;
        // An opening may lie in a pause, and the end of a pause in the night.
        while let Some(running) = stops.resume(at) {
            let open = self.next_working_moment(running, term);
            // At the last moment of a window nothing more is worked in it.
            let closing_time = term.windows().iter().any(|w| start(day_of(open)) + w.closes == open);
            let open = if closing_time { self.next_working_moment(open + 1, term) } else { open };
            if open == at {
                break;
            }
            at = open;
        }
        if at > begin && at <= reached {
            steps.push((begin, Step::Begins { at: instant(at) }));
        }
    }

    fn closings_within(&self, begin: i64, reached: i64, steps: &mut Vec<(i64, Step)>) {
        for closing in self.closings.iter().filter(|c| c.to > begin && c.from < reached) {
            if self.table.flags(day_of(closing.from)).works {
                let (from, to) = (instant(closing.from), instant(closing.to));
                steps.push((closing.from, Step::Closed { from, to, name: closing.name.clone() }));
            }
        }
    }

    /// Steps of a period of the Civil Code; gives the days over which its last day moved, when it did.
    fn period_steps(
        &self,
        begin: i64,
        reached: i64,
        term: &Term,
        pauses: &[Pause],
        deadline: Deadline,
        steps: &mut Vec<(i64, Step)>,
    ) -> Option<(i64, i64)> {
        let first = self.stops(term, pauses).resume(begin).map_or(day_of(begin), day_of);
        steps.push((start(first), Step::StartDayNotCounted { date: day::date(first) }));
        if term.unit() == Unit::CalendarMonths {
            let last = day::date(day::plus_months(first, term.amount()));
            if last.day() < day::date(first).day() {
                steps.push((start(day::number(last)), Step::MonthEnd { date: last }));
            }
        }
        if !term.roll_over() {
            return None;
        }
        deadline.due()?;
        let plain = Term::new(term.unit(), term.amount(), Vec::new(), false).ok()?;
        let natural = day_ending_at(wall(self.deadline(instant(begin), &plain, pauses).due()?));
        let last = day_ending_at(reached);
        if last > natural {
            let step = Step::RolledOver { from: day::date(natural), to: day::date(last) };
            steps.push((start(last), step));
        }
        Some((natural, last))
    }

    /// Days between two, both included, that were skipped or worked out of the week. What lies wholly in a pause is not news.
    fn day_steps(&self, first: i64, last: i64, term: &Term, pauses: &[Pause], steps: &mut Vec<(i64, Step)>) {
        let mut run: Option<(i64, i64, Why)> = None;
        for number in first..=last {
            let paused =
                pauses.iter().any(|p| wall(p.from) <= start(number) && p.to.is_none_or(|to| wall(to) >= start(number + 1)));
            let reason = if paused { None } else { self.day(day::date(number)).reason };
            let why = match reason {
                Some(Reason::Weekend) => Some(Why::Weekend),
                Some(Reason::Holiday { name }) => Some(Why::Holiday { name }),
                Some(Reason::LocalOff { name }) => Some(Why::Local { name }),
                Some(Reason::LocalWork { name }) if term.unit().is_calendar() => {
                    (!self.table.flags(number).works_by_law).then_some(Why::Local { name })
                }
                Some(Reason::MakeUp { name } | Reason::LocalWork { name }) => {
                    steps.push((start(number), Step::Worked { date: day::date(number), name }));
                    None
                }
                None => None,
            };
            run = match (run, why) {
                (Some((from, to, old)), Some(new)) if to + 1 == number && old == new => Some((from, number, old)),
                (old, new) => {
                    steps.extend(old.map(skipped));
                    new.map(|why| (number, number, why))
                }
            };
        }
        steps.extend(run.map(skipped));
    }

    fn years_without_plan(&self, first: i64, last: i64, steps: &mut Vec<(i64, Step)>) {
        let mut said = None;
        for date in (first..=last).map(day::date) {
            let vague = said != Some(date.year()) && self.is_working_day(date).1 == Certainty::WeekendsAlone;
            if vague {
                said = Some(date.year());
                steps.push((i64::MAX, Step::WeekendsAlone { year: date.year() }));
            }
        }
    }

    fn papers(&self, first: i64, last: i64) -> Vec<String> {
        let years = day::date(first).year()..=day::date(last).year();
        years.filter_map(|year| self.year(year)).flat_map(|plan| plan.papers.clone()).collect()
    }
}

fn skipped((from, to, why): (i64, i64, Why)) -> (i64, Step) {
    (start(from), Step::Skipped { from: day::date(from), to: day::date(to), why })
}

fn pauses_within(begin: i64, reached: i64, deadline: Deadline, pauses: &[Pause]) -> Vec<(i64, Step)> {
    // A clock may have stood in an earlier pause already when the one began that has not ended.
    let open = pauses.iter().filter(|p| p.to.is_none()).map(|p| wall(p.from)).min().unwrap_or(reached);
    let last = if deadline.due().is_some() { reached - 1 } else { open.max(reached) };
    let touches = |pause: &&Pause| {
        let from = wall(pause.from);
        from <= last && pause.to.map(wall).is_none_or(|to| to > begin && to > from)
    };
    let step = |pause: &Pause| (wall(pause.from), Step::Paused { from: pause.from, to: pause.to });
    pauses.iter().filter(touches).map(step).collect()
}
