//! The calendar against published facts, against the text of the law and against slow clocks that only walk.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic here is a failed test")]

mod days;
mod explaining;
mod law;
mod locales;
mod oracle;
mod properties;

use jiff::civil::{Date, DateTime};
use linli_calendar::{Calendar, LocalDay, LocalKind, Pause, Term, Unit, Window};
use linli_kernel::Ts;

fn date(written: &str) -> Date {
    written.parse().unwrap()
}

/// `2026-07-01 08:30` in Beijing.
fn at(written: &str) -> Ts {
    Ts::from_local(written.replace(' ', "T").parse::<DateTime>().unwrap()).unwrap()
}

fn pause(from: &str, to: &str) -> Pause {
    Pause { from: at(from), to: Some(at(to)) }
}

fn working(unit: Unit, amount: u32) -> Term {
    let windows = vec![Window::new("08:00", "12:00").unwrap(), Window::new("14:00", "18:00").unwrap()];
    Term::new(unit, amount, windows, false).unwrap()
}

fn hours(amount: u32) -> Term {
    working(Unit::WorkingHours, amount)
}

fn calendar() -> Calendar {
    Calendar::builtin().unwrap()
}

fn local(day: &str, name: &str, kind: LocalKind) -> LocalDay {
    LocalDay { date: date(day), name: name.to_owned(), kind }
}
