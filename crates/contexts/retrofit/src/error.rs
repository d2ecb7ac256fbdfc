//! What can go wrong with lifts and renovation items.

use linli_access::Denied;
use linli_board::BoardError;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_record::RecordError;
use linli_rulebook::RuleError;
use linli_sun::SunError;
use linli_territory::TerritoryError;

use crate::rules::shares::ShareError;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum RetrofitError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The table has no such step from this state.
    #[error("that is no step from here")]
    NoStep,
    /// The stairwell has a project already.
    #[error("the stairwell has a project already")]
    BegunAlready,
    /// A posting that is not over yet, by the calendar.
    #[error("the posting is not over before {until} has passed")]
    NoticeRuns {
        /// Its last day.
        until: String,
    },
    /// Objections that have come to no end.
    #[error("{open} objections have come to no end")]
    ObjectionsOpen {
        /// How many.
        open: i64,
    },
    /// Consent that does not pass.
    #[error("consent does not pass")]
    NotPassed,
    /// Only who convenes may look which open homes would carry it.
    #[error("only the convener may look")]
    NotConvener,
    /// A field of the form.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong with it.
        problem: Wrong,
    },
    /// A cost that cannot be shared.
    #[error(transparent)]
    Shares(#[from] ShareError),
    /// A plan that cannot be built.
    #[error(transparent)]
    Sun(#[from] SunError),
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Names of people.
    #[error(transparent)]
    People(Box<PeopleError>),
    /// The board.
    #[error(transparent)]
    Board(Box<BoardError>),
    /// The public log.
    #[error(transparent)]
    Record(Box<RecordError>),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

// Boxed: those of other rooms are large, and every command of this one can fail.
impl From<PeopleError> for RetrofitError {
    fn from(error: PeopleError) -> Self {
        Self::People(Box::new(error))
    }
}

impl From<BoardError> for RetrofitError {
    fn from(error: BoardError) -> Self {
        Self::Board(Box::new(error))
    }
}

impl From<RecordError> for RetrofitError {
    fn from(error: RecordError) -> Self {
        Self::Record(Box::new(error))
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Missing.
    #[error("missing")]
    Required,
    /// Not one of the choices.
    #[error("not one of the choices")]
    NotAChoice,
    /// Too long.
    #[error("longer than {max}")]
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// A character that no text has.
    #[error("a control character")]
    ControlCharacter,
    /// No day of the calendar.
    #[error("no day of the calendar")]
    NotADay,
    /// A day that has not come yet.
    #[error("the day has not come yet")]
    TooLate,
    /// A day before what it follows.
    #[error("the day is too early")]
    TooEarly,
    /// No number, or not one that can be.
    #[error("no number from {min} to {max}")]
    NotANumber {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// No amount of money, or one below zero.
    #[error("no amount of money from zero on, to the fen")]
    NotMoney,
    /// Lines that cannot be read.
    #[error("line {line} cannot be read")]
    Line {
        /// Which, from 1.
        line: i64,
    },
    /// A stairwell without homes.
    #[error("the stairwell has no homes on record")]
    NoHomes,
    /// Proof that is missing: a photo of the paper.
    #[error("a photo of the paper is needed")]
    NoProof,
    /// What has no outline.
    #[error("no outline can be read")]
    NoOutline,
}

impl RetrofitError {
    /// A field of the form that is wrong.
    #[must_use]
    pub const fn field(field: &'static str, problem: Wrong) -> Self {
        Self::Field { field, problem }
    }

    /// The stable code shown to clients.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("retrofit.not_found", Status::NotFound),
            Self::NoStep => Code::new("retrofit.no_step", Status::Conflict),
            Self::BegunAlready => Code::new("retrofit.begun_already", Status::Conflict),
            Self::NoticeRuns { .. } => Code::new("retrofit.notice_runs", Status::Conflict),
            Self::ObjectionsOpen { .. } => Code::new("retrofit.objections_open", Status::Conflict),
            Self::NotConvener => Code::new("retrofit.not_convener", Status::Conflict),
            Self::NotPassed => Code::new("retrofit.not_passed", Status::Conflict),
            Self::Field { .. } | Self::Shares(_) => Code::new("retrofit.field_invalid", Status::Invalid),
            Self::Sun(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Board(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
