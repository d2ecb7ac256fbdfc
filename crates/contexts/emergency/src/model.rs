//! Calls to 120 (急救呼叫), what is sent, re-contacts, hand-over.

use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use linli_treatment::model::InstitutionId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

id_type! {
    /// A call (呼叫).
    pub struct CallId;
    /// A vehicle with its crew (急救车组).
    pub struct VehicleId;
    /// A vehicle sent to a call (出车任务).
    pub struct MissionId;
    /// A call back to somebody who was diverted (回拨).
    pub struct RecontactId;
    /// What a physician put in force (启用记录).
    pub struct ActivationId;
}

words! {
    /// What a call is (呼叫分类).
    pub enum CallClass {
        /// 紧急要车.
        VehicleUrgent = "vehicle_urgent",
        /// 非紧急要车.
        VehicleNonUrgent = "vehicle_non_urgent",
        /// 咨询.
        Advice = "advice",
        /// 重复来电.
        Repeat = "repeat",
        /// 误拨、无声、骚扰: no request at all.
        Other = "other",
    }

    /// How far a call is (呼叫状态).
    pub enum CallState {
        /// 待派车.
        Waiting = "waiting",
        /// 已派车.
        UnderWay = "under_way",
        /// 咨询中.
        Advising = "advising",
        /// 已分流，等回拨.
        Diverted = "diverted",
        /// 并入首次来电.
        Linked = "linked",
        /// 已结束.
        Closed = "closed",
    }

    /// What moves a call.
    pub enum CallEvent {
        /// 派车.
        Assign = "assign",
        /// 车辆撤回，重新待派.
        Release = "release",
        /// 非急救车撤回，回到分流.
        ReleaseDiverted = "release_diverted",
        /// 任务完成.
        Complete = "complete",
        /// 分流.
        Divert = "divert",
        /// 升为紧急.
        Upgrade = "upgrade",
        /// 升为紧急，原车不合适.
        UpgradeRelease = "upgrade_release",
        /// 结束.
        Close = "close",
    }

    /// How a call ended (结束方式).
    pub enum Ending {
        /// 已交接医院.
        HandedOver = "handed_over",
        /// 现场处置，未转运.
        NoTransport = "no_transport",
        /// 已答复.
        Advised = "advised",
        /// 回拨确认平稳.
        Well = "well",
        /// 呼叫人取消.
        CalledOff = "called_off",
        /// 不是求助.
        NoRequest = "no_request",
    }

    /// Where somebody who is not urgent is led (分流去向).
    pub enum DivertedTo {
        /// 咨询坐席.
        AdviceSeat = "advice_seat",
        /// 非急救转运车.
        NonUrgentFleet = "non_urgent_fleet",
    }

    /// Why the seat decides for less than is suggested (不按建议的原因).
    pub enum Against {
        /// 复问后不属实.
        AskedAgain = "asked_again",
        /// 现场已有急救人员.
        HelpThere = "help_there",
        /// 点错了.
        Slip = "slip",
    }

    /// For what a vehicle is meant (车队).
    pub enum Fleet {
        /// 急救车.
        Urgent = "urgent",
        /// 非急救转运车.
        NonUrgent = "non_urgent",
    }

    /// Where a vehicle is (车辆状态).
    pub enum VehicleState {
        /// 待命.
        Free = "free",
        /// 途中.
        OnTheWay = "on_the_way",
        /// 在现场.
        AtScene = "at_scene",
        /// 送医途中.
        Transporting = "transporting",
        /// 在医院交接.
        AtHospital = "at_hospital",
        /// 停用.
        OutOfService = "out_of_service",
    }

    /// What moves a vehicle.
    pub enum VehicleEvent {
        /// 派出.
        Assign = "assign",
        /// 到达现场.
        Arrive = "arrive",
        /// 撤回.
        StandDown = "stand_down",
        /// 送医.
        Leave = "leave",
        /// 现场处置，不转运.
        NoTransport = "no_transport",
        /// 到达医院.
        Reach = "reach",
        /// 交接完成.
        HandOver = "hand_over",
        /// 停用.
        Withdraw = "withdraw",
        /// 恢复.
        Return = "return",
    }

    /// What a call back found (回拨结果).
    pub enum Found {
        /// 好转或平稳.
        Well = "well",
        /// 没有变化.
        Unchanged = "unchanged",
        /// 加重.
        Worse = "worse",
        /// 无人接听.
        NoAnswer = "no_answer",
        /// Nobody called: it was raised to urgent.
        Raised = "raised",
        /// Nobody called: it ended otherwise.
        Over = "over",
    }
}

impl CallClass {
    /// How urgent, the most urgent last; what is suggested and what is decided are compared by it.
    #[must_use]
    pub const fn weight(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Repeat | Self::Advice => 1,
            Self::VehicleNonUrgent => 2,
            Self::VehicleUrgent => 3,
        }
    }

    /// Whether a vehicle is asked for.
    #[must_use]
    pub const fn wants_vehicle(self) -> bool {
        matches!(self, Self::VehicleUrgent | Self::VehicleNonUrgent)
    }
}

/// What was told (通话内容): sealed wherever it lies, erased when its time is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The number of the caller, to call back.
    pub number: String,
    /// Where, in words.
    pub place: String,
    /// What is wrong.
    pub told: String,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: CallId,
    /// The place when it is known, else what the seat answers for.
    pub place: PlacePath,
    /// When it came.
    pub received_at: Ts,
    /// When it was classified.
    pub classified_at: Ts,
    /// Under which appointment.
    pub received_by: Uuid,
    /// What was said to questions that tell danger, coded.
    pub signs: Vec<String>,
    /// What the table suggests.
    pub suggested: CallClass,
    /// By which rules.
    pub suggested_by: String,
    /// What the seat decided at first.
    pub decided: CallClass,
    /// Why for less than was suggested.
    pub against: Option<Against>,
    /// What it is now: an upgrade changes it.
    pub class: CallClass,
    /// How far it is.
    pub state: CallState,
    /// The first call about the same.
    pub repeat_of: Option<CallId>,
    /// Where it was led.
    pub diverted_to: Option<DivertedTo>,
    /// When.
    pub diverted_at: Option<Ts>,
    /// When it was raised to urgent.
    pub raised_at: Option<Ts>,
    /// When somebody who was diverted became worse.
    pub worsened_at: Option<Ts>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// When the clock of its state is over.
    pub due_at: Option<Ts>,
    /// When it was told that it is late.
    pub late_told_at: Option<Ts>,
    /// When it ended.
    pub over_at: Option<Ts>,
}

impl Call {
    /// Whether somebody was diverted and is neither urgent now nor done with: a re-contact must be open.
    #[must_use]
    pub const fn is_diverted(&self) -> bool {
        self.diverted_at.is_some() && self.over_at.is_none() && !matches!(self.class, CallClass::VehicleUrgent)
    }
}

/// A vehicle with its crew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vehicle {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: VehicleId,
    /// For which place it stands by.
    pub place: PlacePath,
    /// What it is called on the radio.
    pub callsign: String,
    /// For what it is meant.
    pub fleet: Fleet,
    /// Where it is.
    pub state: VehicleState,
    /// Since when.
    pub state_at: Ts,
    /// To which call it was sent.
    pub mission: Option<MissionId>,
}

/// A vehicle sent to a call, and the patient's way to an emergency department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mission {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: MissionId,
    /// The call.
    pub call: CallId,
    /// The vehicle.
    pub vehicle: VehicleId,
    /// When it was sent.
    pub assigned_at: Ts,
    /// When it was at the scene.
    pub scene_at: Option<Ts>,
    /// When it left with the patient.
    pub left_at: Option<Ts>,
    /// To which emergency department.
    pub to: Option<(DistrictId, InstitutionId)>,
    /// When that was told.
    pub announced_at: Option<Ts>,
    /// When it is expected there.
    pub expected_at: Option<Ts>,
    /// When it reached the hospital; the hand-over clock starts.
    pub hospital_at: Option<Ts>,
    /// When the department took the patient over.
    pub taken_at: Option<Ts>,
    /// When the hand-over clock is over.
    pub due_at: Option<Ts>,
    /// When it was told that it is late.
    pub late_told_at: Option<Ts>,
    /// When it ended.
    pub over_at: Option<Ts>,
    /// How.
    pub ended_by: Option<VehicleEvent>,
}

/// A call back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recontact {
    /// Its id.
    pub id: RecontactId,
    /// To whom.
    pub call: CallId,
    /// Which, from 1.
    pub no: i64,
    /// How often in a row nobody answered.
    pub unanswered: i64,
    /// Until when.
    pub due_at: Ts,
    /// When it was told that it is due.
    pub late_told_at: Option<Ts>,
    /// When it was done.
    pub done_at: Option<Ts>,
    /// What was found.
    pub found: Option<Found>,
}

/// That calls may be diverted, and who answers for it (分流启用).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Its id.
    pub id: ActivationId,
    /// For this place and all under it.
    pub place: PlacePath,
    /// The pack it is about, `id@version#digest`: another version is not activated by it.
    pub pack: String,
    /// The physician (启用医师).
    pub physician: String,
    /// The number of the physician's licence (执业证书编号).
    pub licence: String,
    /// Since when.
    pub since: Ts,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Ts>,
}
