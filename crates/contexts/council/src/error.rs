//! What can go wrong with meetings and proposals.

use linli_access::Denied;
use linli_board::BoardError;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_kernel::{Code, Status, Ts};
use linli_people::PeopleError;
use linli_record::RecordError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;

use crate::model::Party;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum CouncilError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The table has no such step from this state.
    #[error("that is no step from here")]
    NoStep,
    /// Somebody changed the meeting meanwhile.
    #[error("somebody changed it meanwhile")]
    Changed,
    /// The period of notice is not kept and no reason was given, or none counts.
    #[error("the meeting may not begin before {earliest:?}")]
    TooSoon {
        /// When it may begin.
        earliest: Ts,
        /// Whether a stated reason would do.
        with_reason: bool,
    },
    /// Without an agenda there is nothing to tell.
    #[error("there is nothing on the agenda")]
    NoAgenda,
    /// Somebody without whom it is not held did not come.
    #[error("{0} must be there")]
    Missing(Party),
    /// What was said against something has no answer yet.
    #[error("{0} opinions against have no answer")]
    Unanswered(usize),
    /// The minutes are not written, or not of what is decided by now.
    #[error("there are no minutes of this")]
    NoMinutes,
    /// A side that was there has not confirmed the minutes.
    #[error("{0} has not confirmed the minutes")]
    Unconfirmed(Party),
    /// The matter goes on at another meeting.
    #[error("the matter goes on at the next meeting")]
    Carried,
    /// It is for the owners to decide, and for nobody else (民法典第二百七十八条).
    #[error("owners decide it, by their own vote")]
    ForOwners,
    /// It is for the residents' meeting to decide, with its heads counted.
    #[error("the residents' meeting decides it, and its heads are counted")]
    ForResidents,
    /// The numbers of a vote cannot be.
    #[error("the numbers do not add up")]
    Sums,
    /// The case is on this agenda already.
    #[error("it is on the agenda already")]
    Twice,
    /// A field of the form.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong with it.
        problem: Wrong,
    },
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
    /// Cases.
    #[error(transparent)]
    Cases(Box<CasesError>),
    /// The public log.
    #[error(transparent)]
    Record(Box<RecordError>),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

// Boxed: those of other rooms are large, and every command of this one can fail.
macro_rules! boxed {
    ($($variant:ident($error:ty)),+) => { $(
        impl From<$error> for CouncilError {
            fn from(error: $error) -> Self {
                Self::$variant(Box::new(error))
            }
        }
    )+ };
}
boxed!(People(PeopleError), Board(BoardError), Cases(CasesError), Record(RecordError));

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
    /// No day or time of the calendar.
    #[error("no day or time of the calendar")]
    NotATime,
    /// A day or time that is over, or an end before its beginning.
    #[error("too early")]
    TooEarly,
    /// A day or time that is too far away.
    #[error("too late")]
    TooLate,
    /// No whole number that can be.
    #[error("no number that can be")]
    NotANumber,
    /// There is no such home here.
    #[error("there is no such home here")]
    NoHome,
}

impl CouncilError {
    /// A field of the form that is wrong.
    #[must_use]
    pub const fn field(field: &'static str, problem: Wrong) -> Self {
        Self::Field { field, problem }
    }

    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("council.not_found", Status::NotFound),
            Self::NoStep => Code::new("council.no_step", Status::Conflict),
            Self::Changed => Code::new("council.changed", Status::Conflict),
            Self::TooSoon { .. } => Code::new("council.too_soon", Status::Invalid),
            Self::NoAgenda => Code::new("council.no_agenda", Status::Invalid),
            Self::Missing(_) => Code::new("council.missing", Status::Invalid),
            Self::Unanswered(_) => Code::new("council.unanswered", Status::Invalid),
            Self::NoMinutes => Code::new("council.no_minutes", Status::Invalid),
            Self::Unconfirmed(_) => Code::new("council.unconfirmed", Status::Invalid),
            Self::Carried => Code::new("council.carried", Status::Conflict),
            Self::ForOwners => Code::new("council.for_owners", Status::Invalid),
            Self::ForResidents => Code::new("council.for_residents", Status::Invalid),
            Self::Sums => Code::new("council.sums", Status::Invalid),
            Self::Twice => Code::new("council.twice", Status::Conflict),
            Self::Field { .. } => Code::new("council.field_invalid", Status::Invalid),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Board(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
