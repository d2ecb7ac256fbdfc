//! Which days are worked: the plain week, what the State Council published, and what was added here.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::day;
use crate::error::{CalendarError, PlanError};
use crate::plan::{YEARS, YearPlan};
use crate::stops::Closing;
use crate::table::{Flags, Table, is_weekday};
use crate::term::time_of_day;

/// The last days of a year are arranged by the notice of the year that follows (29–31 December 2018 by that of 2019), so without
/// it they are not certain. Never earlier than 25 December: a make-up day lies within a week of its holiday.
const YEAR_END: i8 = 25;

/// How well it is known whether a day is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// A published plan or a local decision speaks of it.
    Official,
    /// No plan yet: from the plain week.
    WeekendsAlone,
}

/// What an administrator decided for one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LocalKind {
    /// Nobody works, e.g. a festival of an autonomous region or a day of heavy snow.
    Off,
    /// Work is done although the plan says otherwise. Periods of the Civil Code still treat it as the day off that it is by law.
    Work,
    /// Nobody works in a part of the day, e.g. `12:00` to `24:00`. The day stays a working day.
    Closed {
        /// `HH:MM`.
        from: String,
        /// `HH:MM`, up to `24:00`.
        to: String,
    },
}

/// A day on which this place differs from the plan. Counts before any plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalDay {
    /// The day.
    pub date: Date,
    /// Why, as shown to people.
    pub name: String,
    /// What is different.
    #[serde(flatten)]
    pub kind: LocalKind,
}

/// Why a day is worked or not, where it is not simply Monday to Friday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// Saturday or Sunday.
    Weekend,
    /// Free by the plan.
    Holiday {
        /// E.g. 春节.
        name: String,
    },
    /// 调休上班: a weekend day worked by the plan.
    MakeUp {
        /// The holiday it makes up for.
        name: String,
    },
    /// Free by a local decision.
    LocalOff {
        /// Its reason.
        name: String,
    },
    /// Worked by a local decision.
    LocalWork {
        /// Its reason.
        name: String,
    },
}

/// One day of the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayInfo {
    /// The day.
    pub date: Date,
    /// Whether work is done.
    pub working: bool,
    /// Why; `None` for an ordinary working day.
    pub reason: Option<Reason>,
    /// How well this is known.
    pub certainty: Certainty,
}

#[derive(Debug, Clone)]
struct Listed {
    name: String,
    off: bool,
}

/// The working days of a place. A value: changes make a new one.
#[derive(Debug, Clone)]
pub struct Calendar {
    years: BTreeMap<i16, YearPlan>,
    local: BTreeMap<Date, LocalDay>,
    listed: BTreeMap<i64, Listed>,
    pub(crate) table: Table,
    pub(crate) closings: Vec<Closing>,
    version: String,
}

impl Calendar {
    /// From plans and local days. Of two plans of a year, and of two decisions for a day, the later in the list counts; of two
    /// plans that speak of the same day, the one of the later year.
    ///
    /// # Errors
    /// A plan or local day outside 1950–2200, or a closing that ends before it begins.
    pub fn new(
        years: impl IntoIterator<Item = YearPlan>,
        local: impl IntoIterator<Item = LocalDay>,
    ) -> Result<Self, CalendarError> {
        let years = years.into_iter().map(|plan| (plan.year, plan)).collect();
        let local = local.into_iter().map(|day| (day.date, day)).collect();
        Self::build(years, local)
    }

    /// The calendar that ships: 2024 to 2026.
    ///
    /// # Errors
    /// None in a tested build; the data is read like any other.
    pub fn builtin() -> Result<Self, CalendarError> {
        let shipped = [
            include_str!("../data/holiday-cn-2024.json"),
            include_str!("../data/holiday-cn-2025.json"),
            include_str!("../data/holiday-cn-2026.json"),
        ];
        let years = shipped.into_iter().map(YearPlan::parse).collect::<Result<Vec<_>, _>>()?;
        Self::new(years, [])
    }

    /// With this plan in place of whatever there was for its year.
    ///
    /// # Errors
    /// As [`Calendar::new`].
    pub fn with_year(&self, plan: YearPlan) -> Result<Self, CalendarError> {
        let mut years = self.years.clone();
        years.insert(plan.year, plan);
        Self::build(years, self.local.clone())
    }

    /// With this local day in place of whatever was decided for its date.
    ///
    /// # Errors
    /// As [`Calendar::new`].
    pub fn with_local(&self, day: LocalDay) -> Result<Self, CalendarError> {
        let mut local = self.local.clone();
        local.insert(day.date, day);
        Self::build(self.years.clone(), local)
    }

    /// Without any local decision for this date.
    ///
    /// # Errors
    /// As [`Calendar::new`].
    pub fn without_local(&self, date: Date) -> Result<Self, CalendarError> {
        let mut local = self.local.clone();
        local.remove(&date);
        Self::build(self.years.clone(), local)
    }

    fn build(years: BTreeMap<i16, YearPlan>, local: BTreeMap<Date, LocalDay>) -> Result<Self, CalendarError> {
        if let Some(year) = years.keys().find(|year| !YEARS.contains(year)) {
            return Err(PlanError::Year { year: i64::from(*year) }.into());
        }
        if let Some(date) = local.keys().find(|date| !YEARS.contains(&date.year())) {
            return Err(CalendarError::LocalYear { date: *date });
        }
        let listed: BTreeMap<i64, Listed> = years
            .values()
            .flat_map(|plan| &plan.days)
            .map(|day| (day::number(day.date), Listed { name: day.name.clone(), off: day.is_off_day }))
            .collect();
        let closings = local.values().filter_map(closing).collect::<Result<_, _>>()?;
        let table = tabulate(&years, &listed, &local);
        let version = fingerprint(&years, &local);
        Ok(Self { years, local, listed, table, closings, version })
    }

    /// A text that changes with every change of what this calendar says, and with nothing else; the same on every machine.
    /// Kept with a computed deadline, it tells whether the deadline must be computed again.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The plans it has, by year.
    pub fn years(&self) -> impl Iterator<Item = &YearPlan> {
        self.years.values()
    }

    /// The plan of a year, when there is one.
    #[must_use]
    pub fn year(&self, year: i16) -> Option<&YearPlan> {
        self.years.get(&year)
    }

    /// The local days, by date.
    pub fn local_days(&self) -> impl Iterator<Item = &LocalDay> {
        self.local.values()
    }

    /// Whether work is done on a day, and how well that is known.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> (bool, Certainty) {
        let flags = self.table.flags(day::number(date));
        (flags.works, certainty(flags))
    }

    /// A day with the reason why it is worked or not.
    #[must_use]
    pub fn day(&self, date: Date) -> DayInfo {
        let number = day::number(date);
        let flags = self.table.flags(number);
        let reason = self.local_reason(date).or_else(|| self.official_reason(number));
        DayInfo { date, working: flags.works, reason, certainty: certainty(flags) }
    }

    fn local_reason(&self, date: Date) -> Option<Reason> {
        let LocalDay { name, kind, .. } = self.local.get(&date)?;
        match kind {
            LocalKind::Off => Some(Reason::LocalOff { name: name.clone() }),
            LocalKind::Work => Some(Reason::LocalWork { name: name.clone() }),
            LocalKind::Closed { .. } => None,
        }
    }

    fn official_reason(&self, number: i64) -> Option<Reason> {
        match self.listed.get(&number) {
            Some(Listed { name, off: true }) => Some(Reason::Holiday { name: name.clone() }),
            Some(Listed { name, off: false }) if !is_weekday(number) => Some(Reason::MakeUp { name: name.clone() }),
            Some(_) => None,
            None => (!is_weekday(number)).then_some(Reason::Weekend),
        }
    }

    /// Working days from `from` up to `to`, `to` not counted; negative when `to` is before `from`.
    #[must_use]
    pub fn working_days_between(&self, from: Date, to: Date) -> i64 {
        self.table.working_days_before(day::number(to)) - self.table.working_days_before(day::number(from))
    }

    /// The first working day on or after a date.
    #[must_use]
    pub fn working_day_from(&self, date: Date) -> Date {
        let before = self.table.working_days_before(day::number(date));
        day::date(self.table.nth_working_day(before))
    }
}

const fn certainty(flags: Flags) -> Certainty {
    if flags.vague { Certainty::WeekendsAlone } else { Certainty::Official }
}

fn closing(local: &LocalDay) -> Option<Result<Closing, CalendarError>> {
    let LocalKind::Closed { from, to } = &local.kind else { return None };
    let start = day::start(day::number(local.date));
    Some(match (time_of_day(from), time_of_day(to)) {
        (Ok(from), Ok(to)) if from < to => Ok(Closing { from: start + from, to: start + to, name: local.name.clone() }),
        (Err(e), _) | (_, Err(e)) => Err(e.into()),
        _ => Err(CalendarError::Closing { date: local.date }),
    })
}

/// Tables every day that any plan or decision could speak of. A plan may reach into the years beside its own.
fn tabulate(years: &BTreeMap<i16, YearPlan>, listed: &BTreeMap<i64, Listed>, local: &BTreeMap<Date, LocalDay>) -> Table {
    let spoken: BTreeSet<i16> =
        years.keys().flat_map(|year| [year - 1, *year, year + 1]).chain(local.keys().map(|date| date.year())).collect();
    let (Some(first), Some(last)) = (spoken.first(), spoken.last()) else { return Table::default() };
    let first = day::number(Date::constant(*first, 1, 1));
    let end = day::number(Date::constant(last + 1, 1, 1));
    let flags = (first..end).map(|number| flags_of(number, years, listed, local)).collect();
    Table::new(first, flags)
}

fn flags_of(
    number: i64,
    years: &BTreeMap<i16, YearPlan>,
    listed: &BTreeMap<i64, Listed>,
    local: &BTreeMap<Date, LocalDay>,
) -> Flags {
    let date = day::date(number);
    let by_law = listed.get(&number).map(|listed| !listed.off);
    let decided = match local.get(&date).map(|local| &local.kind) {
        Some(LocalKind::Off) => Some(false),
        Some(LocalKind::Work) => Some(true),
        Some(LocalKind::Closed { .. }) | None => None,
    };
    let arranged_next_year = date.month() == 12 && date.day() >= YEAR_END;
    let planned = years.contains_key(&date.year()) && (!arranged_next_year || years.contains_key(&(date.year() + 1)));
    let works_by_law = by_law.unwrap_or(is_weekday(number));
    Flags { works: decided.unwrap_or(works_by_law), works_by_law, vague: !planned && by_law.is_none() && decided.is_none() }
}

/// FNV-1a over everything that decides a day. Tells versions apart; it is not a seal.
fn fingerprint(years: &BTreeMap<i16, YearPlan>, local: &BTreeMap<Date, LocalDay>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |text: String| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for plan in years.values() {
        add(plan.year.to_string());
        for day in &plan.days {
            add(format!("{} {} {}", day.date, day.is_off_day, day.name));
        }
    }
    for day in local.values() {
        add(format!("{} {:?} {}", day.date, day.kind, day.name));
    }
    format!("{hash:016x}")
}
