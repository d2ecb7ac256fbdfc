//! What lies across: organisations that are called and have links, and tickets of the city's hotline.

use linli_access::Role;
use linli_kernel::{DistrictId, PlacePath, Ts, words};
use linli_people::model::OrganisationId;
use uuid::Uuid;

use super::{CallId, CaseId, HotlineKeyId, UnitLinkId};

words! {
    /// Why an organisation is called to a case.
    pub enum CallKind {
        /// 吹哨: to come to the place.
        Whistle = "whistle",
        /// 协办: to help whoever leads.
        Assist = "assist",
    }
}

words! {
    /// What an organisation that was called answers.
    pub enum CallOutcome {
        /// 报到: it comes at a stated time.
        Comes = "comes",
        /// 已反馈: it has done its part.
        Done = "done",
        /// 说明情况: it says why it does not.
        Explained = "explained",
    }
}

words! {
    /// A step of a ticket that the city is told (回传).
    pub enum CityStep {
        /// 签收.
        Accepted = "accepted",
        /// 联系诉求人.
        Contacted = "contacted",
        /// 答复.
        Answered = "answered",
        /// 申请延期.
        TimeAsked = "time_asked",
        /// 并案: the ticket goes on as another case, and is answered with it.
        Merged = "merged",
        /// 退回, with grounds.
        Returned = "returned",
        /// 办结.
        Closed = "closed",
    }
}

impl CityStep {
    /// Whether it also answers what goes on as the case on which it was done.
    pub(crate) const fn answers(self) -> bool {
        matches!(self, Self::Answered | Self::Returned | Self::Closed)
    }
}

words! {
    /// How contacting a caller went (联系情况).
    pub enum ContactOutcome {
        /// 已联系.
        Reached = "reached",
        /// 无人接听.
        NoAnswer = "no_answer",
        /// 拒绝沟通.
        Refused = "refused",
    }
}

/// A ticket of the city's hotline (12345 工单): the case that it became, and the city's clock.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Ticket {
    /// District.
    #[row(column = "district_id")]
    pub district: DistrictId,
    /// The city's number (工单编号).
    pub ticket_no: String,
    /// The case.
    #[row(column = "case_id")]
    pub case: CaseId,
    /// Where the city says it is; the case may be heard higher up.
    #[row(column = "place_path")]
    pub place: PlacePath,
    /// What the city calls this kind of request.
    pub category: String,
    /// When the city took it.
    pub received_at: Ts,
    /// Until when the city wants the answer.
    pub city_due_at: Option<Ts>,
    /// When the caller was reached first.
    pub contacted_at: Option<Ts>,
    /// What the city said last, hashed: the same again changes nothing.
    pub content_hash: Vec<u8>,
}

/// An organisation called to a case (吹哨、协办).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// District.
    pub district: DistrictId,
    /// Id.
    pub id: CallId,
    /// The case.
    pub case: CaseId,
    /// The organisation.
    pub unit: OrganisationId,
    /// Why.
    pub kind: CallKind,
    /// The role that called.
    pub caller_role: Role,
    /// When it was called.
    pub called_at: Ts,
    /// By when an answer is due.
    pub answer_by: Ts,
    /// What it answered; `None` until it does.
    pub outcome: Option<CallOutcome>,
    /// When it says it comes.
    pub comes_at: Option<Ts>,
    /// When it answered.
    pub answered_at: Option<Ts>,
    /// When the line about the missing answer was written.
    pub overdue_at: Option<Ts>,
    /// The role that was told last that nobody answers.
    pub flagged_role: Option<Role>,
    /// When the program looks at it by itself.
    pub wake_at: Option<Ts>,
}

impl Call {
    /// Whether the time to answer is over and nobody did.
    #[must_use]
    pub fn is_overdue(&self, now: Ts) -> bool {
        self.outcome.is_none() && self.answer_by < now
    }
}

/// The private link of an organisation, as it is known: never the link itself.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct UnitLink {
    /// District.
    #[row(column = "district_id")]
    pub district: DistrictId,
    /// Id.
    pub id: UnitLinkId,
    /// The organisation.
    #[row(column = "unit_id")]
    pub unit: OrganisationId,
    /// Its cases under this place.
    #[row(column = "place_path")]
    pub place: PlacePath,
    /// When it was made.
    pub created_at: Ts,
    /// When it opens nothing any more.
    pub expires_at: Ts,
    /// When it was closed.
    pub revoked_at: Option<Ts>,
    /// The person who made it; `None` for those made before that was written down.
    pub made_by: Option<Uuid>,
    /// The appointment under which it was made; `None` as before.
    pub made_under: Option<Uuid>,
    /// The role of that: whoever has it at the place after him answers for the link.
    pub made_role: Option<String>,
}

impl UnitLink {
    /// Whether it opens anything.
    #[must_use]
    pub fn opens(&self, now: Ts) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A step that the city can fetch.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct OutboxStep {
    /// Counts the steps of the district without gaps.
    pub seq: i64,
    /// The city's number.
    pub ticket_no: String,
    /// Counts the steps of the ticket from 1.
    pub step_no: i64,
    /// What was done: accepted, contacted, answered, time_asked, merged, returned, closed.
    pub step: String,
    /// When.
    pub told_at: Ts,
    /// Until when more time is asked for.
    pub until: Option<Ts>,
    /// How it ended (结果), where that is told: of a contact `reached`, `no_answer` or `refused`; of an end what the caller said of it
    /// (`satisfied`, `fair`, `dissatisfied`), `lapsed` where nobody said anything, `elsewhere` where another system ended it.
    pub outcome: Option<String>,
    /// What was written, for the city; empty once it has been erased.
    pub words: String,
    /// Why there is no photo of the result; empty as the words are.
    pub no_photo_because: Option<String>,
    /// When what was written was erased; the step stays.
    pub erased_at: Option<Ts>,
}

/// A key as it is known: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct HotlineKey {
    /// District.
    #[row(column = "district_id")]
    pub district: DistrictId,
    /// Its id, which stands in the journal.
    pub id: HotlineKeyId,
    /// What the administrator calls it.
    pub name: String,
    /// Where tickets go that name no place, and where places that they name must lie.
    #[row(column = "place_path")]
    pub place: PlacePath,
    /// When it was made.
    pub created_at: Ts,
    /// When it was closed.
    pub revoked_at: Option<Ts>,
}
