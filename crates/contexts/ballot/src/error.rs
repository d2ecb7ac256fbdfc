//! What can go wrong with a vote.

use linli_access::Denied;
use linli_board::BoardError;
use linli_db::DbError;
use linli_identity::IdentityError;
use linli_kernel::{Area, Code, Status, Ts};
use linli_record::RecordError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;

use crate::rules::count::CountError;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum BallotError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such vote, home or ballot, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The vote is not so far, or further.
    #[error("that is no step from here")]
    NoStep,
    /// Not posted for as long as the rule asks.
    #[error("posted too short: it may be opened from {} on", .until.rfc3339())]
    PostedTooShort {
        /// When the time of posting is over.
        until: Ts,
    },
    /// What was posted hangs no more.
    #[error("the notice was taken down before the vote was opened")]
    NoticeGone,
    /// Homes of the place that the register does not have.
    #[error("{homes} homes have no entry in the register of owners")]
    RegisterIncomplete {
        /// How many.
        homes: i64,
    },
    /// The areas of the register do not sum to what was declared.
    #[error("the areas sum to {found} m², not to {declared} m²")]
    AreaSum {
        /// What was declared.
        declared: Area,
        /// What they sum to.
        found: Area,
    },
    /// Nobody may vote.
    #[error("nobody may vote")]
    NobodyVotes,
    /// The vote is over, by the clock of the server.
    #[error("the vote ended at {}", .at.rfc3339())]
    Over {
        /// When.
        at: Ts,
    },
    /// The law names another system for votes over the internet here.
    #[error("votes over the internet are cast in the official system here")]
    OfficialSystem,
    /// A ballot of this home is there, and the rule does not let it be replaced.
    #[error("a ballot of this home is there already")]
    AlreadyCast,
    /// A paper ballot of this home is there or waits for the second reading.
    #[error("a paper ballot of this home is there already")]
    TwoScans,
    /// The same picture stands for another home.
    #[error("this picture was registered for another home")]
    ScanUsed,
    /// The second reading has to be somebody else's.
    #[error("somebody else has to read it the second time")]
    SamePerson,
    /// The two readings differ.
    #[error("the two readings differ")]
    ReadingsDiffer,
    /// Whoever owns the home is another since the vote was opened, or it was struck off.
    #[error("the owner of this home is not the one of the opening any more")]
    OwnerChanged,
    /// The proxy speaks for as many homes as the rule allows.
    #[error("a proxy speaks for at most {most} homes")]
    ProxyFull {
        /// The most.
        most: i64,
    },
    /// Nothing to be posted yet, or it was.
    #[error("the matter needs a number of the rule")]
    MatterUnknown,
    /// A field of the form.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong with it.
        problem: Wrong,
    },
    /// A line of a table that was brought in.
    #[error("line {line}: {field}: {problem}")]
    Line {
        /// Counted from 1, the head among them.
        line: usize,
        /// The column.
        field: &'static str,
        /// What is wrong with it.
        problem: Wrong,
    },
    /// The seats contradict themselves.
    #[error(transparent)]
    Count(#[from] CountError),
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// The claimed home.
    #[error(transparent)]
    Identity(Box<IdentityError>),
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
impl From<IdentityError> for BallotError {
    fn from(error: IdentityError) -> Self {
        Self::Identity(Box::new(error))
    }
}

impl From<BoardError> for BallotError {
    fn from(error: BoardError) -> Self {
        Self::Board(Box::new(error))
    }
}

impl From<RecordError> for BallotError {
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
    /// The vote would be shorter than the rule asks.
    #[error("fewer than {days} days")]
    TooShort {
        /// The least days.
        days: i64,
    },
    /// The vote would be longer than the rule lets it.
    #[error("more than {days} days")]
    TooLate {
        /// The most days.
        days: i64,
    },
    /// No area in m² with two decimals at most.
    #[error("not an area")]
    NotAnArea,
    /// No whole number; a share in per cent decides nothing.
    #[error("not a whole number")]
    NotWhole,
    /// No number of a document with its check digit.
    #[error("not a number of a document")]
    NotADocument,
    /// No place that is known here.
    #[error("no such place")]
    UnknownPlace,
    /// The lines of one part contradict each other.
    #[error("contradicts an earlier line")]
    Contradicts,
    /// The parts do not sum to the whole.
    #[error("the parts do not sum")]
    DoesNotSum,
    /// Another result than the numbers give.
    #[error("the numbers give another result")]
    OtherResult,
    /// A worse source of the area than the one that is known (不动产登记先于实测, 实测先于合同).
    #[error("the area is known from a better source")]
    WorseSource,
    /// Nothing to be seen on it, or no picture.
    #[error("no picture")]
    NoPicture,
}

impl BallotError {
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
            Self::NotFound => Code::new("ballot.not_found", Status::NotFound),
            Self::NoStep => Code::new("ballot.no_step", Status::Conflict),
            Self::PostedTooShort { .. } => Code::new("ballot.posted_too_short", Status::Conflict),
            Self::NoticeGone => Code::new("ballot.notice_gone", Status::Conflict),
            Self::RegisterIncomplete { .. } => Code::new("ballot.register_incomplete", Status::Conflict),
            Self::AreaSum { .. } => Code::new("ballot.area_sum", Status::Invalid),
            Self::NobodyVotes => Code::new("ballot.nobody_votes", Status::Conflict),
            Self::Over { .. } => Code::new("ballot.over", Status::Conflict),
            Self::OfficialSystem => Code::new("ballot.official_system", Status::Conflict),
            Self::AlreadyCast => Code::new("ballot.already_cast", Status::Conflict),
            Self::TwoScans => Code::new("ballot.two_scans", Status::Conflict),
            Self::ScanUsed => Code::new("ballot.scan_used", Status::Conflict),
            Self::SamePerson => Code::new("ballot.same_person", Status::Conflict),
            Self::ReadingsDiffer => Code::new("ballot.readings_differ", Status::Conflict),
            Self::OwnerChanged => Code::new("ballot.owner_changed", Status::Conflict),
            Self::ProxyFull { .. } => Code::new("ballot.proxy_full", Status::Conflict),
            Self::MatterUnknown => Code::new("ballot.matter_unknown", Status::Invalid),
            Self::Field { .. } => Code::new("ballot.field_invalid", Status::Invalid),
            Self::Line { .. } => Code::new("ballot.line_invalid", Status::Invalid),
            Self::Count(_) => Code::new("ballot.count", Status::Internal),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Board(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
