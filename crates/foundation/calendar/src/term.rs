//! How long something may take, as data that a rule carries.

use serde::{Deserialize, Serialize};

use crate::day::{DAY, HOUR, MINUTE};
use crate::error::TermError;
use crate::plan::short;

/// What a term is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 紧急工作时: hours around the clock, nights, weekends and holidays count.
    ContinuousHours,
    /// 紧急工作日: 24 hours each, around the clock.
    ContinuousDays,
    /// 工作时: hours inside the windows of working days.
    WorkingHours,
    /// 工作日: as much working time as the windows of one day hold.
    WorkingDays,
    /// 日 of 民法典 arts 200–204: the day it starts is not counted; it ends at 24:00 of the last day.
    CalendarDays,
    /// 月 of 民法典 arts 200–204: ends at 24:00 of the corresponding day, or of the last day of the month.
    CalendarMonths,
}

impl Unit {
    /// Whether only working time counts.
    #[must_use]
    pub const fn is_working(self) -> bool {
        matches!(self, Self::WorkingHours | Self::WorkingDays)
    }

    /// Whether whole days of the calendar are counted.
    #[must_use]
    pub const fn is_calendar(self) -> bool {
        matches!(self, Self::CalendarDays | Self::CalendarMonths)
    }

    /// 100 years; keeps every sum far from overflow.
    const fn most(self) -> u32 {
        match self {
            Self::ContinuousHours | Self::WorkingHours => 876_000,
            Self::ContinuousDays | Self::WorkingDays | Self::CalendarDays => 36_500,
            Self::CalendarMonths => 1_200,
        }
    }
}

/// Hours of a working day in which work is done, e.g. 08:00 to 12:00. Written `["08:00", "12:00"]`; the end may be `24:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Microseconds after 00:00 at which it opens.
    pub(crate) opens: i64,
    /// Microseconds after 00:00 at which it closes.
    pub(crate) closes: i64,
}

impl Window {
    /// From two times of day.
    ///
    /// # Errors
    /// `Time` when one is not a time of day; `Order` when it ends before it begins.
    pub fn new(opens: &str, closes: &str) -> Result<Self, TermError> {
        let window = Self { opens: time_of_day(opens)?, closes: time_of_day(closes)? };
        if window.opens < window.closes { Ok(window) } else { Err(TermError::Order { window: window.to_string() }) }
    }

    const fn len(self) -> i64 {
        self.closes - self.opens
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}–{}", clock_face(self.opens), clock_face(self.closes))
    }
}

/// `HH:MM` from 00:00 to 24:00, in microseconds after 00:00.
pub(crate) fn time_of_day(written: &str) -> Result<i64, TermError> {
    let parsed = written.split_once(':').and_then(|(hour, minute)| Some((two_digits(hour)?, two_digits(minute)?)));
    match parsed {
        Some((hour, minute)) if minute < 60 && hour * HOUR + minute * MINUTE <= DAY => Ok(hour * HOUR + minute * MINUTE),
        _ => Err(TermError::Time { value: short(written) }),
    }
}

fn two_digits(written: &str) -> Option<i64> {
    (written.len() == 2 && written.bytes().all(|b| b.is_ascii_digit())).then(|| written.parse().ok()).flatten()
}

pub(crate) fn clock_face(micros: i64) -> String {
    format!("{:02}:{:02}", micros / HOUR, micros % HOUR / MINUTE)
}

/// How long something may take (时限), e.g. 2 working days within 08:00–12:00 and 14:00–18:00.
///
/// As data: `{ unit = "working_days", amount = 2, windows = [["08:00","12:00"],["14:00","18:00"]] }` or
/// `{ unit = "calendar_days", amount = 15, roll_over = true }`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Spec", into = "Spec")]
pub struct Term {
    unit: Unit,
    amount: u32,
    windows: Vec<Window>,
    /// Working microseconds of one full day; 0 without windows.
    day_len: i64,
    roll_over: bool,
}

/// What stands in the data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    unit: Unit,
    amount: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<[String; 2]>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    roll_over: bool,
}

impl Term {
    /// Hours around the clock.
    ///
    /// # Errors
    /// `Amount` beyond 100 years.
    pub fn continuous_hours(amount: u32) -> Result<Self, TermError> {
        Self::new(Unit::ContinuousHours, amount, Vec::new(), false)
    }

    /// Calendar days of the Civil Code; `roll_over` as in art. 203.
    ///
    /// # Errors
    /// `Amount` beyond 100 years.
    pub fn calendar_days(amount: u32, roll_over: bool) -> Result<Self, TermError> {
        Self::new(Unit::CalendarDays, amount, Vec::new(), roll_over)
    }

    /// A term of any unit.
    ///
    /// # Errors
    /// Windows that are missing, not wanted or out of order; rolling over where nothing rolls; more than 100 years.
    pub fn new(unit: Unit, amount: u32, windows: Vec<Window>, roll_over: bool) -> Result<Self, TermError> {
        if amount > unit.most() {
            return Err(TermError::Amount { amount, most: unit.most() });
        }
        if windows.is_empty() == unit.is_working() {
            return Err(TermError::Windows);
        }
        if roll_over && !unit.is_calendar() {
            return Err(TermError::RollOver);
        }
        let after = windows.iter().skip(1);
        if let Some((_, late)) = windows.iter().zip(after).find(|(one, next)| next.opens < one.closes) {
            return Err(TermError::Order { window: late.to_string() });
        }
        let day_len = windows.iter().map(|w| w.len()).sum();
        Ok(Self { unit, amount, windows, day_len, roll_over })
    }

    /// The same kind of term with another amount, e.g. for an extension.
    ///
    /// # Errors
    /// `Amount` beyond 100 years.
    pub fn with_amount(&self, amount: u32) -> Result<Self, TermError> {
        Self::new(self.unit, amount, self.windows.clone(), self.roll_over)
    }

    /// What it is counted in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// How many of them.
    #[must_use]
    pub const fn amount(&self) -> u32 {
        self.amount
    }

    /// The hours of a working day, in order; empty for other units.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Whether a last day that is a day off moves to the next working day (民法典 art. 203).
    #[must_use]
    pub const fn roll_over(&self) -> bool {
        self.roll_over
    }

    /// Working microseconds of one full working day; 0 for other units.
    #[must_use]
    pub const fn working_day_micros(&self) -> i64 {
        self.day_len
    }

    /// The whole of it in microseconds of its own kind of time; 0 for calendar units.
    pub(crate) fn micros(&self) -> i64 {
        let amount = i64::from(self.amount);
        match self.unit {
            Unit::ContinuousHours | Unit::WorkingHours => amount * HOUR,
            Unit::ContinuousDays => amount * DAY,
            Unit::WorkingDays => amount * self.day_len,
            Unit::CalendarDays | Unit::CalendarMonths => 0,
        }
    }

    /// Working microseconds of a working day up to this time of day.
    pub(crate) fn worked_by(&self, time: i64) -> i64 {
        self.windows.iter().map(|w| (time.min(w.closes) - w.opens).max(0)).sum()
    }

    /// The earliest time of a working day by which so much has been worked; `worked` is more than 0.
    pub(crate) fn time_worked(&self, worked: i64) -> i64 {
        let mut left = worked;
        for window in &self.windows {
            if left <= window.len() {
                return window.opens + left;
            }
            left -= window.len();
        }
        DAY
    }

    /// The first time of day from `time` on that lies in a window, its last moment included.
    pub(crate) fn next_open(&self, time: i64) -> Option<i64> {
        self.windows.iter().find(|w| time <= w.closes).map(|w| time.max(w.opens))
    }
}

impl TryFrom<Spec> for Term {
    type Error = TermError;
    fn try_from(spec: Spec) -> Result<Self, TermError> {
        let windows = spec.windows.iter().map(|[opens, closes]| Window::new(opens, closes)).collect::<Result<_, _>>()?;
        Self::new(spec.unit, spec.amount, windows, spec.roll_over)
    }
}

impl From<Term> for Spec {
    fn from(term: Term) -> Self {
        let windows = term.windows.iter().map(|w| [clock_face(w.opens), clock_face(w.closes)]).collect();
        Self { unit: term.unit, amount: term.amount, windows, roll_over: term.roll_over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Term, String> {
        serde_json::from_str(json).map_err(|e| e.to_string())
    }

    #[test]
    fn reads_and_writes_its_data() {
        let json = r#"{"unit":"working_days","amount":2,"windows":[["08:00","12:00"],["14:00","18:00"]]}"#;
        let term = read(json).unwrap();
        assert_eq!(term.working_day_micros(), 8 * HOUR);
        assert_eq!(serde_json::to_string(&term).unwrap(), json);
        let json = r#"{"unit":"calendar_days","amount":15,"roll_over":true}"#;
        assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
    }

    #[test]
    fn refuses_what_cannot_be_counted() {
        let refused = |json: &str, field: &str| {
            let error = read(json).unwrap_err();
            assert!(error.contains(field), "{json}: {error}");
        };
        refused(r#"{"unit":"working_hours","amount":4}"#, "windows: needed");
        refused(r#"{"unit":"continuous_hours","amount":4,"windows":[["08:00","12:00"]]}"#, "windows: needed");
        refused(r#"{"unit":"working_hours","amount":4,"windows":[["08:00","12:00"],["11:59","18:00"]]}"#, "11:59–18:00");
        refused(r#"{"unit":"working_hours","amount":4,"windows":[["12:00","08:00"]]}"#, "12:00–08:00");
        refused(r#"{"unit":"working_hours","amount":4,"windows":[["8:00","12:00"]]}"#, "'8:00'");
        refused(r#"{"unit":"working_hours","amount":4,"windows":[["08:00","24:01"]]}"#, "'24:01'");
        refused(r#"{"unit":"working_hours","amount":876001,"windows":[["08:00","12:00"]]}"#, "amount: 876001");
        refused(r#"{"unit":"continuous_hours","amount":4,"roll_over":true}"#, "roll_over");
        refused(r#"{"unit":"hours","amount":4}"#, "hours");
        refused(r#"{"unit":"continuous_hours","amount":4,"rollover":true}"#, "rollover");
    }
}
