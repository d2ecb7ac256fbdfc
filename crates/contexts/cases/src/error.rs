//! What can go wrong with a case.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_rulebook::RuleError;

use crate::model::InvalidTransition;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum CasesError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such case, or none that the actor may know of.
    #[error("no such case")]
    NotFound,
    /// The private link does not open anything.
    #[error("this private link opens nothing")]
    LinkUnknown,
    /// The private link of an organisation has run out or was closed.
    #[error("this private link is over")]
    LinkOver,
    /// The link of an organisation for which nobody answers any more: whoever made it has left his post, and nobody has followed.
    #[error("nobody answers for this link any more")]
    LinkLeft,
    /// The case has ended.
    #[error("the case has ended")]
    Ended,
    /// The table does not have it.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// Somebody was quicker: the case changed since it was looked at.
    #[error("the case was changed by somebody else")]
    Changed,
    /// Finishing without a photo of the result and without a reason why there is none.
    #[error("evidence is missing")]
    EvidenceMissing,
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// No class of this code.
    #[error("unknown class {0}")]
    ClassUnknown(String),
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// Nothing there.
    #[error("required")]
    Required,
    /// Too long.
    #[error("at most {max} characters, found {found}")]
    TooLong {
        /// The most.
        max: usize,
        /// What came.
        found: usize,
    },
    /// Control characters.
    #[error("control characters")]
    ControlCharacter,
    /// Not a phone number.
    #[error("not a phone number")]
    NotAPhone,
    /// Does not answer for the place of the case now.
    #[error("does not answer for this place")]
    NotAnswering,
    /// The promise would not be later than now.
    #[error("gives no later date")]
    NotLater,
    /// Over already, or more than a year away.
    #[error("must lie within a year from now")]
    NotWithinAYear,
    /// No case of this number that the actor may know of.
    #[error("no such case")]
    NoSuchCase,
    /// The same case, or one that has ended.
    #[error("must be another case that is open")]
    NotAnotherOpenCase,
    /// Not in the list that counts at the place, or closed.
    #[error("not in the list that counts here")]
    NotInTheList,
    /// The case is not kept from this person by its words.
    #[error("the case is not kept from this person")]
    NotKept,
    /// The case has ended.
    #[error("the case has ended")]
    Ended,
    /// Nothing would be different.
    #[error("nothing would change")]
    NothingNew,
    /// What somebody else handed over waits to be taken over.
    #[error("take over first what was handed over")]
    TakeOverFirst,
    /// Nobody takes over from himself.
    #[error("nobody takes over from himself")]
    OwnHandover,
    /// No organisation of this district that can be given a case.
    #[error("no organisation that can be given a case")]
    NotAUnit,
    /// Called already, and not answered yet.
    #[error("was called already and has not answered yet")]
    CalledAlready,
    /// Asked for already, and not decided yet.
    #[error("was asked for already")]
    AskedAlready,
    /// The limit is not later than the receipt.
    #[error("must be later than the receipt")]
    BeforeReceipt,
    /// Something that has happened, at a time that has not come yet.
    #[error("must not lie in the future")]
    InTheFuture,
    /// In the future, or before the city took the ticket.
    #[error("must lie between the receipt and now")]
    NotSinceReceipt,
    /// An open key of the district has this name.
    #[error("an open key of this district has this name")]
    NameTaken,
    /// The ticket of another place than the one that whoever delivers speaks for.
    #[error("a ticket of another place")]
    OfAnotherPlace,
    /// Too many of them.
    #[error("at most {max}")]
    TooMany {
        /// The most.
        max: usize,
    },
}

impl CasesError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("cases.not_found", Status::NotFound),
            Self::LinkUnknown => Code::new("cases.link_unknown", Status::NotFound),
            Self::LinkOver => Code::new("cases.link_over", Status::Gone),
            Self::LinkLeft => Code::new("cases.link_left", Status::Gone),
            Self::Ended => Code::new("cases.ended", Status::Conflict),
            Self::Transition(InvalidTransition::NoRow { .. }) => Code::new("cases.transition_invalid", Status::Conflict),
            Self::Transition(InvalidTransition::NotYours { .. }) => Code::new("cases.not_yours", Status::Forbidden),
            Self::Changed => Code::new("cases.changed", Status::Conflict),
            Self::EvidenceMissing => Code::new("cases.evidence_missing", Status::Invalid),
            Self::Field { .. } => Code::new("cases.field_invalid", Status::Invalid),
            Self::ClassUnknown(_) => Code::new("cases.class_unknown", Status::Invalid),
            Self::Rules(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
