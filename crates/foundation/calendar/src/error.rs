//! What can be wrong with calendar data. Arithmetic itself never fails.

use jiff::civil::Date;
use linli_kernel::{Code, Status};

/// Why a year's plan cannot be read. `field` is where in the file, e.g. `days[3].date`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Not JSON at all.
    #[error("line {line}, column {column}: not JSON")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A field that must be there is not.
    #[error("{field}: missing")]
    Missing {
        /// Where.
        field: String,
    },
    /// A field is of the wrong kind.
    #[error("{field}: must be {expected}")]
    Kind {
        /// Where.
        field: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A text that is not a date which exists.
    #[error("{field}: '{value}' is not a date such as 2026-10-01")]
    Date {
        /// Where.
        field: String,
        /// What stood there, at most 40 characters of it.
        value: String,
    },
    /// A date neither in the year of the plan nor in the year before or after.
    #[error("{field}: {date} does not belong in the plan of {year}")]
    OtherYear {
        /// Where.
        field: String,
        /// The date.
        date: Date,
        /// The year of the plan.
        year: i16,
    },
    /// The same date twice.
    #[error("{field}: {date} is listed twice")]
    Duplicate {
        /// Where the second one stands.
        field: String,
        /// The date.
        date: Date,
    },
    /// No days: the notice for that year is not out yet, and an empty plan would make every holiday a working day.
    #[error("days: empty, the plan of {year} has not been published")]
    Empty {
        /// The year of the plan.
        year: i16,
    },
    /// A year outside 1950–2200.
    #[error("year: {year} is outside 1950 to 2200")]
    Year {
        /// What stood there.
        year: i64,
    },
}

/// Why a term is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// More than 100 years.
    #[error("amount: {amount} is more than {most}, 100 years")]
    Amount {
        /// What stood there.
        amount: u32,
        /// The most that this unit takes.
        most: u32,
    },
    /// Not two times such as 08:00 and 12:00.
    #[error("windows: '{value}' is not a time of day such as 08:00")]
    Time {
        /// What stood there, at most 40 characters of it.
        value: String,
    },
    /// A window ends before it begins, or begins before the one before it ends.
    #[error("windows: {window} must end after it begins and begin after the one before")]
    Order {
        /// The window.
        window: String,
    },
    /// Working hours and days need windows; others have none.
    #[error("windows: needed for working_hours and working_days, and only there")]
    Windows,
    /// Only periods of calendar days and months roll over (民法典 art. 203).
    #[error("roll_over: only for calendar_days and calendar_months")]
    RollOver,
}

/// Whatever can go wrong when calendar data is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A year's plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A term.
    #[error(transparent)]
    Term(#[from] TermError),
    /// A local closing that ends before it begins.
    #[error("local day {date}: must close before it opens again, within the day")]
    Closing {
        /// The day.
        date: Date,
    },
    /// A local day outside 1950–2200.
    #[error("local day {date}: outside 1950 to 2200")]
    LocalYear {
        /// The day.
        date: Date,
    },
}

impl CalendarError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Plan(PlanError::Json { .. }) => Code::new("calendar.plan_not_json", Status::Malformed),
            Self::Plan(PlanError::Empty { .. }) => Code::new("calendar.plan_not_published", Status::Invalid),
            Self::Plan(_) => Code::new("calendar.plan_invalid", Status::Invalid),
            Self::Term(_) => Code::new("calendar.term_invalid", Status::Invalid),
            Self::Closing { .. } | Self::LocalYear { .. } => Code::new("calendar.local_day_invalid", Status::Invalid),
        }
    }

    /// Every code of this crate, for the check that each has its text in every language.
    pub const CODES: [Code; 5] = [
        Code::new("calendar.plan_not_json", Status::Malformed),
        Code::new("calendar.plan_not_published", Status::Invalid),
        Code::new("calendar.plan_invalid", Status::Invalid),
        Code::new("calendar.term_invalid", Status::Invalid),
        Code::new("calendar.local_day_invalid", Status::Invalid),
    ];
}
