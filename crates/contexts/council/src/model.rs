//! Meetings, what is on their agenda, who sits there, what was said and decided (议事会议、议题、参会、意见、决定、任务), and what residents propose.

use linli_db::BlobHash;
use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

id_type! {
    /// A meeting (会议).
    pub struct MeetingId;
    /// A matter on an agenda (议题).
    pub struct ItemId;
    /// A seat at a meeting (参会席位).
    pub struct SeatId;
    /// What somebody said for or against (意见).
    pub struct OpinionId;
    /// What somebody undertook (任务).
    pub struct ActionId;
    /// A notice or result that was put up somewhere (张贴记录).
    pub struct PostingId;
    /// What a resident proposes (居民提议).
    pub struct ProposalId;
    /// What somebody says of a proposal (评论).
    pub struct CommentId;
}

words! {
    /// What kind of meeting it is. Three kinds; a single-matter meeting is the joint meeting in between.
    pub enum Kind {
        /// 联席会议: monthly, led by the community's party organisation, with property and owners' committee or 管委会.
        Joint = "joint",
        /// 一事一议: the joint meeting on one matter, in between.
        Single = "single",
        /// 民主议事会: a party group with community and project team hears residents on one subject.
        Hearing = "hearing",
        /// 居民议事会、居民会议: the residents themselves.
        Residents = "residents",
    }

    /// How far a meeting is.
    pub enum State {
        /// 筹备: nobody was told yet.
        Draft = "draft",
        /// 已通知.
        Called = "called",
        /// 已召开: the minutes are being written.
        Held = "held",
        /// 记录已确认.
        Approved = "approved",
        /// 结果已公示.
        Published = "published",
        /// 已取消.
        Cancelled = "cancelled",
    }

    /// What moves a meeting.
    pub enum Event {
        /// 通知.
        Call = "call",
        /// 变更: another time or place.
        Change = "change",
        /// 召开.
        Hold = "hold",
        /// 确认记录.
        Approve = "approve",
        /// 公示.
        Publish = "publish",
        /// 更正: the minutes were changed after they had been approved.
        Correct = "correct",
        /// 取消.
        Cancel = "cancel",
    }

    /// For whom somebody sits at a meeting (参会方).
    pub enum Party {
        /// 社区党组织、居委会.
        Community = "community",
        /// 物业.
        Property = "property",
        /// 业委会、管委会.
        OwnersCommittee = "owners_committee",
        /// 居民.
        Residents = "residents",
        /// 党小组、网格党支部.
        PartyGroup = "party_group",
        /// 项目部.
        ProjectTeam = "project_team",
        /// 街道、部门、其他单位.
        Guest = "guest",
    }

    /// Whether somebody came (到会情况).
    pub enum Presence {
        /// 已邀请.
        Invited = "invited",
        /// 到会.
        Present = "present",
        /// 请假.
        Excused = "excused",
        /// 缺席.
        Absent = "absent",
    }

    /// Where a matter comes from (议题来源).
    pub enum Source {
        /// 未办结的诉求.
        Case = "case",
        /// 居民提议.
        Proposal = "proposal",
        /// 会议自己提出.
        Own = "own",
    }

    /// Who can decide a matter. Residents and owners are different electorates and never mix.
    pub enum Electorate {
        /// 与会各方协商: those who sit there.
        Council = "council",
        /// 居民会议: the residents of the community (居民委员会组织法).
        Residents = "residents",
        /// 业主共同决定: the owners alone (民法典第二百七十八条).
        Owners = "owners",
    }

    /// What became of a matter (议定结果).
    pub enum Outcome {
        /// 未议: nothing yet. It goes on to the next meeting by itself.
        Open = "open",
        /// 通过.
        Agreed = "agreed",
        /// 不通过.
        Rejected = "rejected",
        /// 下次再议. It goes on to the next meeting by itself.
        Deferred = "deferred",
        /// 交业主表决.
        ToOwners = "to_owners",
        /// 交居民会议.
        ToResidents = "to_residents",
        /// 撤回.
        Withdrawn = "withdrawn",
    }

    /// On which side an opinion is (意见倾向).
    pub enum Stance {
        /// 赞成.
        For = "for",
        /// 反对: a conflict, until it is said how it was answered.
        Against = "against",
        /// 建议.
        Advice = "advice",
    }

    /// How what was said against something was answered (分歧处理).
    pub enum Answered {
        /// 采纳.
        Accepted = "accepted",
        /// 部分采纳.
        Partly = "partly",
        /// 解释说明.
        Explained = "explained",
        /// 会后协商.
        Mediated = "mediated",
        /// 留待再议.
        Later = "later",
    }

    /// What is put up (张贴内容).
    pub enum Paper {
        /// 会议通知.
        Notice = "notice",
        /// 议事结果公示.
        Result = "result",
    }

    /// Who votes in a residents' meeting (居民会议的参加方式).
    pub enum Represented {
        /// 十八周岁以上居民.
        Adults = "adults",
        /// 每户一名代表.
        Households = "households",
        /// 居民小组代表.
        Groups = "groups",
    }

    /// How a residents' vote ended.
    pub enum Ruling {
        /// 通过.
        Passed = "passed",
        /// 未通过.
        Failed = "failed",
        /// 到会人数不足.
        NoQuorum = "no_quorum",
    }

    /// How far a proposal is (提议状态).
    pub enum ProposalState {
        /// 待公开: looked at before it is shown.
        Waiting = "waiting",
        /// 征集附议.
        Open = "open",
        /// 已列入议程.
        Listed = "listed",
        /// 已有结果.
        Settled = "settled",
        /// 不列入: with a reason.
        Declined = "declined",
    }

    /// Whether a comment is shown.
    pub enum Shown {
        /// 待公开.
        Waiting = "waiting",
        /// 已公开.
        Shown = "shown",
        /// 不公开.
        Hidden = "hidden",
    }
}

impl Kind {
    /// The kind whose next meeting takes over what a meeting of this one leaves open: a single-matter meeting is a joint one.
    #[must_use]
    pub const fn family(self) -> Self {
        match self {
            Self::Single => Self::Joint,
            other => other,
        }
    }
}

impl State {
    /// Whether it was held.
    #[must_use]
    pub const fn held(self) -> bool {
        matches!(self, Self::Held | Self::Approved | Self::Published)
    }

    /// Whether everybody may know of it.
    #[must_use]
    pub const fn public(self) -> bool {
        !matches!(self, Self::Draft)
    }
}

impl Outcome {
    /// Whether the matter goes on to the next meeting.
    #[must_use]
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Open | Self::Deferred)
    }
}

/// A meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// The district.
    pub district: DistrictId,
    /// Its id, and its UID in calendars.
    pub id: MeetingId,
    /// For which place: the community, or an estate of it.
    pub place: PlacePath,
    /// The number people say, `Y2026-0012`.
    pub number: String,
    /// Its kind.
    pub kind: Kind,
    /// How far it is.
    pub state: State,
    /// Its title.
    pub title: String,
    /// When it begins.
    pub starts_at: Ts,
    /// When it ends.
    pub ends_at: Ts,
    /// Where it is held.
    pub venue: String,
    /// The body that calls it (召集单位).
    pub convener: String,
    /// How often what was told of it has changed; SEQUENCE of RFC 5545.
    pub sequence: i64,
    /// Why the notice is shorter than the rule has it; empty when it is not.
    pub short_because: String,
    /// Why it was cancelled.
    pub cancelled_because: String,
    /// When it was called.
    pub called_at: Option<Ts>,
    /// When it was said to be held.
    pub held_at: Option<Ts>,
    /// When its minutes were approved.
    pub approved_at: Option<Ts>,
    /// When its result was published.
    pub published_at: Option<Ts>,
    /// The notice on the board.
    pub notice: Option<Uuid>,
    /// The result on the board.
    pub result: Option<Uuid>,
    /// Which version of the minutes counts; 0 before there is one.
    pub minutes: i64,
    /// When it was made.
    pub made_at: Ts,
    /// When anything of it last changed.
    pub changed_at: Ts,
    /// Counts changes; a change names the version it saw.
    pub version: i64,
}

/// A matter on the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// Of which meeting.
    pub meeting: MeetingId,
    /// Its place on the agenda, from 1.
    pub no: i64,
    /// In words that may be public.
    pub title: String,
    /// More of it, for those who sit there and the public result.
    pub matter: String,
    /// Where it is about: the place of the meeting, or an estate, building or entrance under it.
    pub place: PlacePath,
    /// Where it comes from.
    pub source: Source,
    /// The case or proposal.
    pub source_id: Option<Uuid>,
    /// The item of the meeting before that it goes on from.
    pub carried_from: Option<ItemId>,
    /// How many meetings it has been carried through.
    pub carried: i64,
    /// The item of the next meeting that it goes on as.
    pub carried_to: Option<ItemId>,
    /// Who can decide it.
    pub electorate: Electorate,
    /// What became of it.
    pub outcome: Outcome,
    /// What was decided, in words.
    pub decision: String,
}

/// Somebody's seat, or several residents counted together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its id.
    pub id: SeatId,
    /// At which meeting.
    pub meeting: MeetingId,
    /// For whom.
    pub party: Party,
    /// The member of staff; none for residents and others without an account.
    pub person: Option<Uuid>,
    /// As what, in words that may be public: `惠民物业项目经理`.
    pub title: String,
    /// How many people.
    pub heads: i64,
    /// Whether they came.
    pub presence: Presence,
    /// Which version of the minutes was confirmed; 0 for none.
    pub confirmed: i64,
}

/// What somebody said of a matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Its id.
    pub id: OpinionId,
    /// Of which matter.
    pub item: ItemId,
    /// From which side of the table; never by name.
    pub party: Party,
    /// On which side.
    pub stance: Stance,
    /// The short reason.
    pub reason: String,
    /// How it was answered; for what was said against something.
    pub answered: Option<Answered>,
    /// The answer in words.
    pub answer: String,
}

impl Opinion {
    /// Whether it is a conflict that nobody has answered.
    #[must_use]
    pub const fn unanswered(&self) -> bool {
        matches!(self.stance, Stance::Against) && self.answered.is_none()
    }
}

/// What somebody undertook at a meeting: an ordinary case, with its owner and its deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// Its id.
    pub id: ActionId,
    /// Of which meeting.
    pub meeting: MeetingId,
    /// Of which matter.
    pub item: ItemId,
    /// The case.
    pub case: Uuid,
    /// What, in words that may be public.
    pub what: String,
    /// Who, in words that may be public.
    pub who: String,
    /// By when.
    pub due_at: Ts,
}

/// A version of the minutes (会议记录).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minutes {
    /// From 1.
    pub version: i64,
    /// The whole text.
    pub body: String,
    /// Why it was written anew; empty for the first.
    pub reason: String,
    /// When.
    pub made_at: Ts,
    /// Which change of the meeting it was: whatever was written down later is not in it.
    pub of_version: i64,
    /// When it was approved.
    pub approved_at: Option<Ts>,
}

/// A paper that hangs somewhere, with its photo (张贴凭证).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// Its id.
    pub id: PostingId,
    /// What.
    pub paper: Paper,
    /// Where.
    pub place: PlacePath,
    /// When.
    pub at: Ts,
    /// The photo.
    pub photo: Option<BlobHash>,
}

/// A residents' vote (居民会议表决): counted heads, never areas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Who votes.
    pub represented: Represented,
    /// How many there are.
    pub eligible: i64,
    /// How many came.
    pub present: i64,
    /// For.
    pub yes: i64,
    /// Against.
    pub no: i64,
    /// Neither.
    pub abstained: i64,
}

/// What a resident proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: ProposalId,
    /// Where it was made: the place of the board.
    pub place: PlacePath,
    /// The number people say.
    pub number: String,
    /// One line.
    pub title: String,
    /// Why.
    pub body: String,
    /// How far it is.
    pub state: ProposalState,
    /// By which way it came.
    pub channel: String,
    /// What the proposer is told.
    pub answer: String,
    /// Homes that second it.
    pub seconds: i64,
    /// When it was made.
    pub made_at: Ts,
}

/// What somebody says of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// In words.
    pub body: String,
    /// On which side.
    pub stance: Stance,
    /// Whether it is shown.
    pub shown: Shown,
    /// When.
    pub made_at: Ts,
}

/// A month of a community (联席会议月度情况).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
}

impl Month {
    /// The month in which an instant lies, in Beijing.
    #[must_use]
    pub fn of(at: Ts) -> Self {
        let local = at.local();
        Self { year: local.year(), month: local.month() }
    }

    /// The month before.
    #[must_use]
    pub const fn before(self) -> Self {
        if self.month <= 1 { Self { year: self.year - 1, month: 12 } } else { Self { year: self.year, month: self.month - 1 } }
    }

    /// The month after.
    #[must_use]
    pub const fn after(self) -> Self {
        if self.month >= 12 { Self { year: self.year + 1, month: 1 } } else { Self { year: self.year, month: self.month + 1 } }
    }

    /// Its first instant.
    #[must_use]
    pub fn begins(self) -> Option<Ts> {
        Ts::from_local(jiff::civil::Date::new(self.year, self.month, 1).ok()?.at(0, 0, 0, 0))
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl std::str::FromStr for Month {
    type Err = linli_kernel::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (year, month) = text.split_once('-')?;
            let found = Self { year: year.parse().ok()?, month: month.parse().ok()? };
            ((1..=12).contains(&found.month) && found.to_string() == text).then_some(found)
        };
        read().ok_or_else(|| linli_kernel::UnknownWord(text.to_owned()))
    }
}
