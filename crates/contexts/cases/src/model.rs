//! The words of a case: its states, what happens to it, who stands to it how, its places in the table.

use linli_access::Role;
use linli_db::BlobHash;
use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use linli_people::model::OrganisationId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

id_type! {
    /// A case (案卷). Ordered by the instant it was reported.
    pub struct CaseId;
    /// A call to an organisation (吹哨、协办).
    pub struct CallId;
    /// The private link of an organisation.
    pub struct UnitLinkId;
    /// A key of the city's hotline.
    pub struct HotlineKeyId;
}

mod duty;
mod kept;
mod message;

pub use duty::{Handover, HandoverId, Matter, Why};
pub use kept::Kept;
pub use message::{MessageClass, MessageClassId, MessageList, MessagePath, Named};

mod across;

pub use across::{Call, CallKind, CallOutcome, CityStep, ContactOutcome, HotlineKey, OutboxStep, Ticket, UnitLink};

words! {
    /// Where a case stands. `none` is before the first line about it.
    pub enum CaseState {
        /// Not yet there.
        None = "none",
        /// 已报: reported, nobody has taken it yet.
        Reported = "reported",
        /// 立案前核实: somebody looks whether it is so.
        PreFilingCheck = "pre_filing_check",
        /// 已立案.
        Filed = "filed",
        /// 已派遣: somebody was named who has not taken it yet.
        Dispatched = "dispatched",
        /// 处置中.
        Handling = "handling",
        /// 处理反馈: the department says it is done.
        Feedback = "feedback",
        /// 结案前核查.
        ClosingCheck = "closing_check",
        /// 待居民确认: done with evidence, and the reporter has not yet said whether it really is.
        AwaitingConfirmation = "awaiting_confirmation",
        /// 已结案.
        Closed = "closed",
        /// 已作废.
        Void = "void",
        /// 已退回: not ours, with a reason.
        Returned = "returned",
        /// 返工: the result was not good enough.
        Reworked = "reworked",
        /// 已并案: goes on as another case.
        Merged = "merged",
        /// 已并入他人诉求: the reporter joined a case that was open.
        Joined = "joined",
        /// 已延期, with a reason.
        Extended = "extended",
        /// 挂起, with a public reason; the clock is paused.
        Suspended = "suspended",
        /// 重新打开: the reporter said "not fixed".
        Reopened = "reopened",
    }
}

words! {
    /// What happens to a case.
    pub enum Event {
        /// Somebody reports it.
        Report = "report",
        /// A look before filing is asked for.
        Check = "check",
        /// It is filed.
        File = "file",
        /// A department is named.
        Dispatch = "dispatch",
        /// An owner is named.
        Assign = "assign",
        /// The owner takes it.
        Take = "take",
        /// The owner is done and asks the reporter.
        Finish = "finish",
        /// The department says it is done.
        Answer = "answer",
        /// A look before closing is asked for.
        CheckResult = "check_result",
        /// The reporter is asked.
        AskReporter = "ask_reporter",
        /// The reporter says it is fixed.
        Confirm = "confirm",
        /// The reporter says it is not.
        NotFixed = "not_fixed",
        /// Nobody said anything in the stated time.
        Lapse = "lapse",
        /// A desk closes it after the check.
        Close = "close",
        /// It was none.
        Void = "void",
        /// Not ours.
        Return = "return",
        /// Not good enough.
        Rework = "rework",
        /// The same as another.
        Merge = "merge",
        /// The reporter joins another.
        Join = "join",
        /// More time, with a reason.
        Extend = "extend",
        /// It has to wait, with a public reason.
        Suspend = "suspend",
        /// It goes on.
        Resume = "resume",
        /// An officer opens a closed case again.
        Reopen = "reopen",
        /// The system that works on it says that it has ended there.
        EndElsewhere = "end_elsewhere",
        /// That system says that it goes on after all.
        GoOnElsewhere = "go_on_elsewhere",
    }
}

impl Event {
    /// Whether another system says it: no way for anybody here.
    #[must_use]
    pub const fn is_heard(self) -> bool {
        matches!(self, Self::EndElsewhere | Self::GoOnElsewhere)
    }
}

words! {
    /// What the clock of a case does in a state.
    pub enum ClockRuns {
        /// Time counts.
        Running = "running",
        /// Time stands still and will go on.
        Paused = "paused",
        /// The work is done as far as the owner is concerned.
        Stopped = "stopped",
    }
}

words! {
    /// What has to come with an event.
    pub enum Need {
        /// A reason in words.
        Reason = "reason",
        /// A photo of the result, or a stated reason why there can be none.
        Evidence = "evidence",
        /// The other case.
        OtherCase = "other_case",
    }
}

words! {
    /// How a case ended (结案方式). Silence and a word of the reporter are counted apart.
    pub enum Ending {
        /// 居民确认: the reporter said that it is fixed.
        Confirmed = "confirmed",
        /// 逾期未答复: nobody said anything in the stated time.
        Lapsed = "lapsed",
        /// 核查结案: a desk looked and closed it.
        Checked = "checked",
        /// 作废.
        Void = "void",
        /// 并案: it goes on as another case.
        Merged = "merged",
        /// 并入: its reporter joined another case.
        Joined = "joined",
        /// 外部办结: the system that worked on it says so, and nobody here looked.
        Elsewhere = "elsewhere",
    }
}

words! {
    /// What the reporter says of the work (满意度).
    pub enum Rating {
        /// 满意.
        Satisfied = "satisfied",
        /// 基本满意.
        Fair = "fair",
        /// 不满意.
        Dissatisfied = "dissatisfied",
    }
}

words! {
    /// What a photo shows.
    pub enum PhotoKind {
        /// What was reported.
        Report = "report",
        /// The result.
        Evidence = "evidence",
    }
}

words! {
    /// What is to be said about the position of a case.
    pub enum LocationFlag {
        /// The source gave none.
        Missing = "missing",
        /// Outside the place it is said to be in.
        Outside = "outside",
        /// The same point as very many others: probably a stand-in.
        Repeated = "repeated",
    }
}

/// How somebody stands to a case when he does something to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The reporter, by the private link.
    Reporter,
    /// Staff under a role; `owner` when the case is theirs.
    Staff {
        /// The role acted under.
        role: Role,
        /// Whether the case is theirs.
        owner: bool,
    },
    /// The organisation that has the case, by its private link.
    Unit,
    /// The program itself.
    System,
}

/// Who has a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The person.
    pub person: Uuid,
    /// The appointment under which they have it.
    pub appointment: Uuid,
    /// Its role.
    pub role: Role,
}

/// The table does not have this transition, or not for this actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    /// No row for this state and event.
    #[error("a case that is {state} cannot {event}")]
    NoRow {
        /// The state.
        state: CaseState,
        /// The event.
        event: Event,
    },
    /// There is a row, but not for this actor.
    #[error("{event} of a case that is {state} is not for this actor")]
    NotYours {
        /// The state.
        state: CaseState,
        /// The event.
        event: Event,
    },
}

/// A photo that is already stored as blobs, cleaned of metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPhoto {
    /// The picture.
    pub hash: BlobHash,
    /// Its size in bytes.
    pub bytes: u64,
    /// The small picture.
    pub thumb: BlobHash,
    /// Its size in bytes.
    pub thumb_bytes: u64,
}

/// A photo as a case shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePhoto {
    /// Position in the case, from 1.
    pub position: i64,
    /// The picture.
    pub hash: BlobHash,
    /// The small picture.
    pub thumb: BlobHash,
    /// What it shows.
    pub kind: PhotoKind,
    /// When it came.
    pub added_at: Ts,
}

/// A case as those who work on it see it. The reporter's contact is not part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// District.
    pub district: DistrictId,
    /// Id.
    pub id: CaseId,
    /// Human number of the district, e.g. `2026-000123`.
    pub number: String,
    /// Where.
    pub place: PlacePath,
    /// Code of its class (报修类别).
    pub class: String,
    /// The 12345 class it was filed under (热线分类).
    pub message_class: Option<MessageClassId>,
    /// The matter of GB/T 47678.5-2026 (城市管理事项), five digits, when somebody chose one; otherwise that of the class.
    pub matter: Option<String>,
    /// The profile of transitions that its 12345 class named; `None` is that of the class.
    pub profile: Option<String>,
    /// By which way of working it goes since it was filed or classed anew; `None` for cases from before that was kept.
    pub way: Option<Way>,
    /// A short line; may hold what the reporter wrote, so never for public pages.
    pub title: String,
    /// What the reporter wrote.
    pub description: String,
    /// Where it stands.
    pub state: CaseState,
    /// Since when.
    pub state_since: Ts,
    /// What its clock does.
    pub clock: ClockRuns,
    /// Who has it, or should take it.
    pub owner: Option<Owner>,
    /// The organisation that has it (承办单位); nobody of the staff has it then.
    pub unit: Option<OrganisationId>,
    /// Role above that was told, after "not fixed" or because time ran out.
    pub flagged_role: Option<Role>,
    /// When it was reported.
    pub reported_at: Ts,
    /// Promised by; `None` for imported cases whose source promised nothing.
    pub due_at: Option<Ts>,
    /// Until when the city wants the answer, for a ticket of its hotline (市热线时限).
    pub city_due_at: Option<Ts>,
    /// Whether the promise rests on a calendar year whose plan is not out yet.
    pub due_provisional: bool,
    /// When the owner said it is done, last.
    pub finished_at: Option<Ts>,
    /// Which person said so, last; for an organisation, who made the link by which it said so.
    pub finished_by: Option<Uuid>,
    /// Which member of the staff found it; `None` for reports from people without an account, for what staff entered as somebody told
    /// them by phone, at the door or on paper, and for files.
    pub reported_by: Option<Uuid>,
    /// When it was closed.
    pub closed_at: Option<Ts>,
    /// When the overdue line was written.
    pub overdue_at: Option<Ts>,
    /// By which way it came: web, phone, doorstep, paper, api.
    pub channel: String,
    /// The system it came from, for imported cases.
    pub external_system: Option<String>,
    /// Its key there.
    pub external_id: Option<String>,
    /// The state's original word there.
    pub external_status: Option<String>,
    /// When it was closed there, if the source closed it and says when; what the imported daily counts rest on.
    pub external_closed_at: Option<Ts>,
    /// Longitude, WGS-84, 10⁻⁷ degrees.
    pub lon_e7: Option<i64>,
    /// Latitude, WGS-84, 10⁻⁷ degrees.
    pub lat_e7: Option<i64>,
    /// What is to be said about the position.
    pub location_flag: Option<LocationFlag>,
    /// Whether boards may show it.
    pub public: bool,
    /// Whether it is about common parts (公共部位).
    pub common_part: bool,
    /// Whether the words mean danger to life.
    pub emergency: bool,
    /// How often it was reopened.
    pub reopened_count: i64,
    /// The case it goes on as.
    pub merged_into: Option<CaseId>,
    /// How it ended; `None` while it is open, and for what a file says was closed.
    pub ended_how: Option<Ending>,
    /// What the reporter said of the work, last.
    pub rating: Option<Rating>,
    /// When somebody took it first.
    pub taken_at: Option<Ts>,
    /// When the program looks at it by itself: the next level is told, a wait ends, or silence closes it.
    pub wake_at: Option<Ts>,
    /// How often it was given more time (延期) since its clock began, last.
    pub extensions: i64,
    /// Whether who took it first did so within what was promised then; `None` while nobody did, and where nothing was promised.
    pub answered_in_time: Option<bool>,
    /// How often its reporter said that it is not fixed.
    pub not_fixed_count: i64,
    /// From whom it is kept.
    pub kept: Kept,
    /// Counts changes; a change names the version it saw.
    pub version: i64,
}

/// A way of working (办理流程) in the version in which a case took it: later changes of the rules are for later cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The code of the profile.
    pub profile: String,
    /// The table of transitions: id, version and digest of its pack.
    pub rule: String,
}

impl Case {
    /// Whether the promised time is over and the work is not.
    #[must_use]
    pub fn is_overdue(&self, now: Ts) -> bool {
        self.clock == ClockRuns::Running && self.due_at.is_some_and(|due| due < now)
    }

    /// Whether it is open, as Open311 shows it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// Degrees as whole 10⁻⁷ degrees (about a centimetre); `None` for what is no number on earth.
#[must_use]
pub fn e7(degrees: f64) -> Option<i64> {
    let scaled = (degrees * 1e7).round();
    // 10⁷ times 180 lies far inside what an i64 and an f64 both hold exactly, so the text of the number is the number.
    (scaled.abs() <= 1.8e9).then(|| format!("{scaled:.0}").parse().ok()).flatten()
}
