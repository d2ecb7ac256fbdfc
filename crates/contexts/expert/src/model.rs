//! Expert groups, rounds, opinions, findings (专家组、巡诊、诊疗意见、问题).

use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use linli_treatment::model::InstitutionId;
use linli_treatment::model::referrals::InboundKey;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

id_type! {
    /// An expert group (专家组).
    pub struct GroupId;
    /// A round (巡诊).
    pub struct RoundId;
    /// An opinion on a patient (诊疗意见).
    pub struct OpinionId;
    /// What was found in an institution (问题).
    pub struct FindingId;
}

words! {
    /// How a round is held (巡诊方式).
    pub enum Mode {
        /// 现场.
        OnSite = "on_site",
        /// 远程.
        Remote = "remote",
    }

    /// How far a round is.
    pub enum RoundState {
        /// 计划中.
        Planned = "planned",
        /// 已巡诊.
        Held = "held",
        /// 已取消.
        Cancelled = "cancelled",
    }

    /// How far a finding is (问题状态).
    pub enum FindingState {
        /// 待整改.
        Open = "open",
        /// 已答复，待复核.
        Answered = "answered",
        /// 复核通过.
        PutRight = "put_right",
        /// 撤销: found by mistake.
        Withdrawn = "withdrawn",
    }

    /// What moves a finding.
    pub enum FindingEvent {
        /// 发现.
        Find = "find",
        /// 答复整改.
        Answer = "answer",
        /// 复核通过.
        Pass = "pass",
        /// 复核不通过.
        Fail = "fail",
        /// 撤销.
        Withdraw = "withdraw",
    }

    /// What a member of a group knows best (专业).
    pub enum Speciality {
        /// 重症医学.
        Intensive = "intensive",
        /// 呼吸.
        Respiratory = "respiratory",
        /// 感染.
        Infection = "infection",
        /// 急诊.
        Emergency = "emergency",
        /// 心血管.
        Cardiology = "cardiology",
        /// 老年医学.
        Geriatrics = "geriatrics",
        /// 儿科.
        Paediatrics = "paediatrics",
        /// 中医.
        Chinese = "chinese",
        /// 护理.
        Nursing = "nursing",
        /// 院感.
        Control = "control",
        /// 临床药学.
        Pharmacy = "pharmacy",
    }
}

impl FindingState {
    /// Whether nothing follows.
    #[must_use]
    pub const fn over(self) -> bool {
        matches!(self, Self::PutRight | Self::Withdrawn)
    }
}

/// An expert group, sent to a district for some time (分片包干).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: GroupId,
    /// For which place it is.
    pub place: PlacePath,
    /// Its name.
    pub name: String,
    /// The first day, `2022-12-20`.
    pub from_day: String,
    /// The last day; none while that is open.
    pub to_day: Option<String>,
}

impl Group {
    /// Whether the group is there on a day.
    #[must_use]
    pub fn there_on(&self, day: &str) -> bool {
        self.from_day.as_str() <= day && self.to_day.as_deref().is_none_or(|last| day <= last)
    }
}

/// Somebody of a group (组员).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Of which group.
    pub group: GroupId,
    /// Who.
    pub person: Uuid,
    /// What for.
    pub speciality: Speciality,
}

/// A round of a group to an institution (一次巡诊).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: RoundId,
    /// Where the institution lies.
    pub place: PlacePath,
    /// By which group.
    pub group: GroupId,
    /// To which institution.
    pub institution: InstitutionId,
    /// How.
    pub mode: Mode,
    /// For which day it is planned.
    pub planned_day: String,
    /// How far it is.
    pub state: RoundState,
    /// What is advised to the institution; about no patient.
    pub advice: String,
    /// When it was held.
    pub held_at: Option<Ts>,
}

/// An opinion about a patient (诊疗意见), by the network's reference of the patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Its id.
    pub id: OpinionId,
    /// Of which round.
    pub round: RoundId,
    /// The patient.
    pub patient: InboundKey,
    /// When it was given.
    pub given_at: Ts,
    /// By whom.
    pub given_by: Uuid,
}

/// Something found in an institution (问题), and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: FindingId,
    /// Where the institution lies.
    pub place: PlacePath,
    /// In which round.
    pub round: RoundId,
    /// Whose to put right.
    pub institution: InstitutionId,
    /// What, coded.
    pub matter: String,
    /// What was seen.
    pub told: String,
    /// How far it is.
    pub state: FindingState,
    /// The one of the same matter that had been put right before.
    pub repeat_of: Option<FindingId>,
    /// When it was found.
    pub opened_at: Ts,
    /// When the first answer was due.
    pub first_due_at: Ts,
    /// When what comes next is due.
    pub due_at: Option<Ts>,
    /// When it was told that it is late.
    pub late_told_at: Option<Ts>,
    /// When it was answered last.
    pub answered_at: Option<Ts>,
    /// When it was answered first.
    pub first_answer: Option<Ts>,
    /// How often it was opened again.
    pub reopened: i64,
    /// When it ended.
    pub over_at: Option<Ts>,
}

/// A step of a finding, with what was said (办理记录).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What.
    pub event: FindingEvent,
    /// In words.
    pub said: String,
    /// When.
    pub at: Ts,
}
