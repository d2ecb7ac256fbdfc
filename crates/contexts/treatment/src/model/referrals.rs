//! Referrals (转诊): who is sent where and how sick, with two records, one at each end, and letters between them.

use linli_access::Role;
use linli_kernel::{DistrictId, Ts, id_type, words};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::beds::{BedType, HoldId};
use super::{GridKind, InstitutionId};

id_type! {
    /// A referral (转诊单).
    pub struct ReferralId;
    /// A letter between the two ends.
    pub struct LetterId;
}

words! {
    /// Up to who can do more, or down to a bed near home (上转、下转).
    pub enum Direction {
        /// 上转.
        Up = "up",
        /// 下转.
        Down = "down",
    }

    /// How far a referral is, as the sending end knows it.
    pub enum ReferralState {
        /// 草拟.
        Draft = "draft",
        /// 已发出.
        Requested = "requested",
        /// 对方已收到.
        Received = "received",
        /// 已接收，床位已留.
        Accepted = "accepted",
        /// 未被接收.
        Declined = "declined",
        /// 途中.
        UnderWay = "under_way",
        /// 已到达.
        Arrived = "arrived",
        /// 已完成.
        Completed = "completed",
        /// 已取消.
        Cancelled = "cancelled",
        /// 未成.
        Failed = "failed",
    }

    /// What moves it.
    pub enum Event {
        /// 发出.
        Submit = "submit",
        /// 送达.
        Seen = "seen",
        /// 接收.
        Accept = "accept",
        /// 外溢到下一网格.
        Spill = "spill",
        /// 预留到时.
        Lapse = "lapse",
        /// 都拒绝了.
        Refuse = "refuse",
        /// 都没有答复.
        Exhaust = "exhaust",
        /// 出发.
        Depart = "depart",
        /// 到达.
        Arrive = "arrive",
        /// 出院、转出或死亡.
        Complete = "complete",
        /// 取消.
        Cancel = "cancel",
        /// 未成.
        Fail = "fail",
    }

    /// Which end does it.
    pub enum End {
        /// 转出方.
        Sender = "sender",
        /// 接收方.
        Receiver = "receiver",
        /// 系统.
        System = "system",
    }

    /// How sick (病情程度). Ordered.
    pub enum Severity {
        /// 一般.
        Ordinary = "ordinary",
        /// 重症.
        Severe = "severe",
        /// 危重.
        Critical = "critical",
    }

    /// On what the sending of clinical data rests (同意或法定事由).
    pub enum Consent {
        /// 患者本人同意.
        Patient = "patient",
        /// 家属同意.
        Family = "family",
        /// 抢救生命，法律允许.
        Law = "law",
    }

    /// By which channel (通道).
    pub enum Channel {
        /// 绿色通道: the need exceeds what the sender can.
        Green = "green",
        /// 普通转诊.
        Usual = "usual",
    }

    /// What the sending end asks of one that it sent to.
    pub enum Asks {
        /// 请求接收.
        Offered = "offered",
        /// 患者已出发.
        UnderWay = "under_way",
        /// 撤回.
        Withdrawn = "withdrawn",
    }

    /// What the receiving end answers.
    pub enum Answer {
        /// 未送达.
        Sent = "sent",
        /// 已收到.
        Received = "received",
        /// 接收.
        Accepted = "accepted",
        /// 拒绝.
        Declined = "declined",
        /// 预留到时释放.
        Lapsed = "lapsed",
        /// 已到达.
        Arrived = "arrived",
        /// 已结束.
        Completed = "completed",
    }

    /// Why somebody is not taken (拒绝原因).
    pub enum Declining {
        /// 无床.
        NoBed = "no_bed",
        /// 缺医护.
        NoStaff = "no_staff",
        /// 缺设备.
        NoEquipment = "no_equipment",
        /// 超出救治能力.
        Beyond = "beyond",
        /// 院感管控.
        Infection = "infection",
    }

    /// Why a referral is taken back or did not come about (取消原因).
    pub enum Withdrawing {
        /// 病情好转.
        Improved = "improved",
        /// 患者死亡.
        Died = "died",
        /// 已在别处入院.
        Elsewhere = "elsewhere",
        /// 患者或家属改变主意.
        Family = "family",
        /// 填错.
        Mistake = "mistake",
    }

    /// How a stay ended (转归).
    pub enum Outcome {
        /// 回家.
        Home = "home",
        /// 下转.
        SteppedDown = "stepped_down",
        /// 转往别处.
        Elsewhere = "elsewhere",
        /// 死亡.
        Died = "died",
    }
}

/// Who acts: which end, under which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which end.
    pub end: End,
    /// Under which role; none for the program itself.
    pub role: Option<Role>,
}

/// What is known of the patient (患者信息): sealed wherever it lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patient {
    /// Name.
    pub name: String,
    /// Identity number, when it is known.
    pub id_number: String,
    /// Date of birth, `1944-05-01`.
    pub born: String,
    /// Telephone of the patient or the family.
    pub phone: String,
    /// What is wrong, and what has been done.
    pub condition: String,
    /// Vital signs in words.
    pub vitals: String,
    /// What must go on after a step-down (延续治疗需要).
    pub continuing: String,
    /// Under which number the sender's own system has the request: the system and the number. Both ends see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<(String, String)>,
}

/// A referral at the sending end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: ReferralId,
    /// Who sends.
    pub institution: InstitutionId,
    /// Which way.
    pub direction: Direction,
    /// Which kind of grid.
    pub grid_kind: GridKind,
    /// Which kind of bed.
    pub bed_type: BedType,
    /// What is needed, coded.
    pub needs: Vec<String>,
    /// What the score suggests.
    pub suggested: Severity,
    /// By which rules.
    pub suggested_by: String,
    /// What a person decided.
    pub severity: Severity,
    /// On what it rests.
    pub consent: Consent,
    /// By which channel.
    pub channel: Channel,
    /// How far it is.
    pub state: ReferralState,
    /// Why, where the state asks for it.
    pub reason: Option<String>,
    /// The attempt that counts; 0 before the first.
    pub attempt: i64,
    /// How often all were asked.
    pub round: i64,
    /// When it was asked for.
    pub asked_at: Ts,
    /// Under which appointment, or by which key of the institution's own system.
    pub asked_by: Uuid,
    /// Since when it is in its state.
    pub state_at: Ts,
    /// When the clock of its state is over.
    pub due_at: Option<Ts>,
    /// When it was told that it is late.
    pub late_told_at: Option<Ts>,
    /// When it ended.
    pub over_at: Option<Ts>,
}

/// Whom it was sent to, and what they answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which, from 1.
    pub attempt: i64,
    /// Where.
    pub to: (DistrictId, InstitutionId),
    /// What is asked.
    pub asks: Asks,
    /// What was answered.
    pub answer: Answer,
    /// Why.
    pub reason: Option<String>,
    /// Until when a bed is held.
    pub until: Option<Ts>,
    /// The number of what was told last.
    pub told: i64,
    /// The number of what was heard last.
    pub heard: i64,
    /// When it was sent.
    pub sent_at: Ts,
    /// When it was answered.
    pub answered_at: Option<Ts>,
}

/// Which record of the receiving end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InboundKey {
    /// The referral.
    pub referral: ReferralId,
    /// Which attempt of it.
    pub attempt: i64,
}

/// A referral at the receiving end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The district.
    pub district: DistrictId,
    /// Which.
    pub key: InboundKey,
    /// Who is asked.
    pub institution: InstitutionId,
    /// Who asks.
    pub from: (DistrictId, InstitutionId),
    /// Which way.
    pub direction: Direction,
    /// Which kind of bed.
    pub bed_type: BedType,
    /// What is needed.
    pub needs: Vec<String>,
    /// How sick.
    pub severity: Severity,
    /// What is asked.
    pub asks: Asks,
    /// What is answered.
    pub answer: Answer,
    /// Why.
    pub reason: Option<String>,
    /// The bed.
    pub hold: Option<HoldId>,
    /// Until when it is held.
    pub until: Option<Ts>,
    /// The number of what was told last.
    pub told: i64,
    /// The number of what was heard last.
    pub heard: i64,
    /// When it was sent.
    pub sent_at: Ts,
    /// When it came.
    pub came_at: Ts,
    /// Since when it is as it is.
    pub state_at: Ts,
    /// When an answer, or a bed, is due.
    pub due_at: Option<Ts>,
    /// When it ended.
    pub over_at: Option<Ts>,
}

impl Inbound {
    /// Whether an answer is still to be given.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.over_at.is_none() && self.asks != Asks::Withdrawn && matches!(self.answer, Answer::Received | Answer::Lapsed)
    }
}

/// A letter: all that its writer stands by, under a number that only grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    /// From the sending end.
    Ask {
        /// Which record.
        key: InboundKey,
        /// Its number.
        no: i64,
        /// What is asked.
        asks: Asks,
        /// Who asks.
        from: (DistrictId, InstitutionId),
        /// Who is asked.
        institution: InstitutionId,
        /// Which way.
        direction: Direction,
        /// Which kind of bed.
        bed_type: BedType,
        /// What is needed.
        needs: Vec<String>,
        /// How sick.
        severity: Severity,
        /// When it was sent.
        sent_at: Ts,
        /// When an answer is due.
        due_at: Option<Ts>,
    },
    /// From the receiving end.
    Answer {
        /// Which record.
        key: InboundKey,
        /// Its number.
        no: i64,
        /// What is answered.
        answer: Answer,
        /// Why.
        reason: Option<String>,
        /// Until when a bed is held.
        until: Option<Ts>,
    },
}
