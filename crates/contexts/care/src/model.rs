//! People who agreed to be watched, what they agreed to, visits.

use linli_access::Role;
use linli_kernel::{DistrictId, PlacePath, Ts, words};
use linli_watch::{Basis, SignKinds};
use uuid::Uuid;

linli_kernel::id_type! {
    /// Somebody of whom the room of care keeps a consent (关爱对象).
    pub struct CarePersonId;
    /// A consent (单独同意).
    pub struct ConsentId;
    /// A visit (走访).
    pub struct VisitId;
}

words! {
    /// What somebody agrees to (同意事项); each is asked for by itself (个人信息保护法 arts 14, 29).
    pub enum Purpose {
        /// Signs of life are heard, and silence brings a visit (看护).
        Watch = "watch",
        /// The hours at which signs usually come are learned, 28 days back (学习作息).
        Routine = "routine",
        /// Readings of health are kept and looked at (健康读数).
        Readings = "readings",
        /// A hospital tells of admission and discharge, so that nobody knocks meanwhile (住院告知).
        Hospital = "hospital",
        /// The family's own camera, which recognises a face, may say that it was the person (人脸比对结果, 个人信息保护法 arts 26, 28, 29).
        Face = "face",
    }

    /// By which way a consent was given or withdrawn (方式).
    pub enum ConsentChannel {
        /// By the person's own telephone, at the private link (本人手机).
        OwnPhone = "own_phone",
        /// On paper, with a picture of it (书面).
        Paper = "paper",
        /// Said at the door before a witness (上门当面，有见证人).
        Doorstep = "doorstep",
        /// By telephone; only to withdraw (电话).
        Phone = "phone",
        /// Its term ran out (到期).
        Expiry = "expiry",
    }

    /// Who spoke for the person (同意人).
    pub enum GivenBy {
        /// The person (本人).
        Own = "own",
        /// The guardian of somebody who cannot decide it (监护人, 民法典 arts 28, 33).
        Guardian = "guardian",
        /// A near relative who helps with it; the person agrees too (近亲属协助).
        Relative = "relative",
    }

    /// Why somebody is visited (走访原因).
    pub enum VisitKind {
        /// A silence that lasted too long (静默预警).
        Alarm = "alarm",
        /// Well past the usual first sign of the day; somebody rings up (温和询问).
        Question = "question",
        /// The devices are silent themselves: not watched, and telephoned today (设备失联).
        Unheard = "unheard",
        /// Somebody of the neighbourhood is worried (邻里提醒).
        ByHand = "by_hand",
    }

    /// What kind of silence it is (静默类别).
    pub enum Silence {
        /// Has not left home (未出门).
        NotLeftHome = "not_left_home",
        /// Left home and did not come back (未归).
        NotComeBack = "not_come_back",
        /// No sign of life (无生活迹象).
        NoSign = "no_sign",
    }

    /// How far a visit is (走访状态).
    pub enum VisitState {
        /// There is none yet.
        None = "none",
        /// Somebody is told and has not taken it (待接手).
        Waiting = "waiting",
        /// Somebody has it and rings up (已接手).
        Taken = "taken",
        /// Nobody answers the telephone; somebody goes (电话无人接).
        Phoned = "phoned",
        /// At the door (已到门口).
        AtDoor = "at_door",
        /// Nobody opens (无人应门).
        Nobody = "nobody",
        /// Over (已结束).
        Ended = "ended",
    }

    /// What happens to a visit (走访事件).
    pub enum VisitEvent {
        /// It is opened (生成).
        Open = "open",
        /// Somebody takes it (接手).
        Take = "take",
        /// It goes to the next rung of the ladder (转下一级).
        HandUp = "hand_up",
        /// Rang up, nobody answered (电话无人接).
        PhoneSilent = "phone_silent",
        /// Knocked at the door (敲门).
        Knock = "knock",
        /// Nobody opened (无人应门).
        NoAnswer = "no_answer",
        /// The contact that the person named was told (已告知紧急联系人).
        ContactTold = "contact_told",
        /// 110 was told (已告知 110).
        PoliceTold = "police_told",
        /// 119 was told (已告知 119).
        FireTold = "fire_told",
        /// A sign of life came (已有生活迹象).
        Relieve = "relieve",
        /// Found well (平安).
        Well = "well",
        /// Away, and said until when (外出).
        Away = "away",
        /// Needs something: a case (需要帮助).
        Needs = "needs",
        /// Unwell: the health centre is asked (身体不适).
        Unwell = "unwell",
        /// An emergency, 120 first (急救).
        Emergency = "emergency",
        /// The consent was withdrawn (撤回同意).
        Withdraw = "withdraw",
    }

    /// What a visit came to (走访结果).
    pub enum Outcome {
        /// Well.
        Well = "well",
        /// Away.
        Away = "away",
        /// Needs something.
        Needs = "needs",
        /// Unwell.
        Unwell = "unwell",
        /// An emergency.
        Emergency = "emergency",
        /// A sign of life came before anybody went.
        Relieved = "relieved",
        /// The consent was withdrawn meanwhile.
        Withdrawn = "withdrawn",
    }

    /// What must come with an event.
    pub enum Need {
        /// That the person has no telephone.
        NoPhone = "no_phone",
        /// A day until which.
        Until = "until",
        /// Words.
        Words = "words",
        /// That 120 was called.
        Called120 = "called120",
        /// That the person agreed to somebody being told.
        Contact = "contact",
    }

    /// Why somebody who agreed is not watched (为何未在看护): silence would say nothing.
    pub enum Deaf {
        /// No device is mapped to the person (没有设备).
        NoDevice = "no_device",
        /// The devices that the rule could use are not heard: never yet, or no longer (设备没有信号).
        Silent = "silent",
        /// What the devices bring is nothing that the rule counts, such as a door without direction for "has not left home" (设备不适用所选规则).
        Unfit = "unfit",
    }

    /// What the watch is told (给看护引擎的指令).
    pub enum ErrandKind {
        /// To watch.
        Enrol = "enrol",
        /// To forget.
        Withdraw = "withdraw",
        /// Other rules.
        Pack = "pack",
        /// Away until then.
        Away = "away",
        /// Back.
        Back = "back",
        /// In hospital.
        Admitted = "admitted",
        /// Out of hospital.
        Discharged = "discharged",
        /// No device is heard.
        Unheard = "unheard",
        /// Heard again.
        Heard = "heard",
        /// To learn the routine.
        Learn = "learn",
        /// To forget the routine.
        ForgetRoutine = "forget_routine",
        /// Somebody saw or spoke with the person.
        Seen = "seen",
    }
}

impl VisitEvent {
    /// What a visit came to by it; nothing for a step on the way.
    #[must_use]
    pub const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Well => Some(Outcome::Well),
            Self::Away => Some(Outcome::Away),
            Self::Needs => Some(Outcome::Needs),
            Self::Unwell => Some(Outcome::Unwell),
            Self::Emergency => Some(Outcome::Emergency),
            Self::Relieve => Some(Outcome::Relieved),
            Self::Withdraw => Some(Outcome::Withdrawn),
            _ => None,
        }
    }

    /// Whether a human says by it how the person is.
    #[must_use]
    pub const fn is_contact(self) -> bool {
        matches!(self, Self::Well | Self::Away | Self::Needs | Self::Unwell | Self::Emergency)
    }
}

/// What hears somebody (在听的设备): which kinds of signs the devices bring that are mapped to the person, and which of them come from devices that
/// are heard now. That there are such devices and no more: not which, not where, not when they said something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ears {
    /// Of all devices of the person.
    pub mapped: SignKinds,
    /// Of those that are heard.
    pub living: SignKinds,
}

impl Ears {
    /// Devices that are all heard.
    #[must_use]
    pub const fn living(kinds: SignKinds) -> Self {
        Self { mapped: kinds, living: kinds }
    }

    /// Why a rule on this basis cannot be kept; nothing when it can.
    #[must_use]
    pub fn deaf_to(self, counted: Basis) -> Option<Deaf> {
        if counted.served_by(self.living) {
            None
        } else if self.mapped.is_empty() {
            Some(Deaf::NoDevice)
        } else if counted.served_by(self.mapped) {
            Some(Deaf::Silent)
        } else {
            Some(Deaf::Unfit)
        }
    }
}

/// Somebody of whom the room keeps a consent. Name and number are sealed; they are opened for a page and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct CarePerson {
    /// The id.
    pub id: CarePersonId,
    /// The home.
    #[row(column = "place_path")]
    pub place: PlacePath,
    /// The sealed name.
    pub name_sealed: Vec<u8>,
    /// The sealed number, when there is one.
    pub phone_sealed: Option<Vec<u8>>,
    /// Since when.
    pub registered_at: Ts,
}

/// Who is told when nobody opens, if the person agreed.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Contact {
    /// The sealed name.
    pub name_sealed: Vec<u8>,
    /// The sealed number.
    pub phone_sealed: Vec<u8>,
    /// Who it is to the person: 女儿, 侄子.
    pub relation: String,
}

/// A consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The id.
    pub id: ConsentId,
    /// Whose.
    pub person: CarePersonId,
    /// To what.
    pub purpose: Purpose,
    /// Which text was shown.
    pub text_mark: String,
    /// In which language.
    pub language: String,
    /// By which way.
    pub channel: ConsentChannel,
    /// Under which appointment it was asked for.
    pub asked_by: Option<Uuid>,
    /// Who spoke.
    pub given_by: GivenBy,
    /// The sealed name of the guardian or relative.
    pub giver_sealed: Option<Vec<u8>>,
    /// What they are to the person.
    pub relation: Option<String>,
    /// The sealed name of the witness.
    pub witness_sealed: Option<Vec<u8>>,
    /// The note of the impact assessment (影响评估).
    pub assessment: String,
    /// The blob of the paper.
    pub scan: Option<linli_db::BlobHash>,
    /// When.
    pub given_at: Ts,
    /// Until when.
    pub expires_at: Ts,
    /// Since when it is withdrawn.
    pub withdrawn_at: Option<Ts>,
    /// By which way it was.
    pub withdrawn_channel: Option<ConsentChannel>,
    /// Since when nothing of what was kept under it is left.
    pub erased_at: Option<Ts>,
}

/// A text as it was shown to whoever agreed (告知文本).
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct ShownText {
    /// The mark of the pack in which it stood.
    #[row(column = "text_mark")]
    pub mark: String,
    /// To what.
    pub purpose: String,
    /// In which language.
    pub language: String,
    /// The text.
    pub body: String,
    /// What is kept under it.
    pub keeps: String,
}

impl Consent {
    /// Whether it is in force at an instant.
    #[must_use]
    pub fn in_force(&self, at: Ts) -> bool {
        self.withdrawn_at.is_none() && self.given_at <= at && at < self.expires_at
    }
}

/// How somebody is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Who.
    pub person: CarePersonId,
    /// Where.
    pub place: PlacePath,
    /// The number under which the watch knows the person.
    pub slot: linli_watch::Slot,
    /// The code of the profile of rules.
    pub profile: String,
    /// The code of the quiet hours chosen with the family; none: those of the profile.
    pub quiet: Option<String>,
    /// Since when.
    pub enrolled_at: Ts,
    /// Until when away.
    pub away_until: Option<Ts>,
    /// Whether in hospital.
    pub in_hospital: bool,
    /// Why the person is not watched, a word of [`Deaf`], and since when.
    pub unheard: Option<(String, Ts)>,
}

/// Who has a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitOwner {
    /// The person.
    pub person: Uuid,
    /// The appointment.
    pub appointment: Uuid,
    /// Its role.
    pub role: Role,
}

/// The identity of the alarm that a visit is about: the number in the watch, and the second from which silence is counted.
pub type AlarmKey = (linli_watch::Slot, linli_watch::Second);

/// A visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// District.
    pub district: DistrictId,
    /// The id.
    pub id: VisitId,
    /// The human number, e.g. `2026-000012`.
    pub number: String,
    /// Who is visited.
    pub person: CarePersonId,
    /// The home.
    pub place: PlacePath,
    /// Why.
    pub kind: VisitKind,
    /// What kind of silence.
    pub silence: Option<Silence>,
    /// From when silence is counted; gone with the consent.
    pub silent_since: Option<Ts>,
    /// The alarm; gone with the consent.
    pub alarm: Option<AlarmKey>,
    /// When it became too long.
    pub due_at: Ts,
    /// When it was opened.
    pub opened_at: Ts,
    /// How far it is.
    pub state: VisitState,
    /// Since when.
    pub state_since: Ts,
    /// The rung of the ladder, from 0.
    pub rung: i64,
    /// How often the same post was reminded since it was told.
    pub reminded: i64,
    /// Who is told or has it.
    pub owner: Option<VisitOwner>,
    /// Who is told beside whoever stands at the door and goes no further.
    pub told: Option<VisitOwner>,
    /// When the program looks at it by itself.
    pub wake_at: Option<Ts>,
    /// When somebody knocked first.
    pub knocked_at: Option<Ts>,
    /// Who.
    pub knocked_by: Option<Uuid>,
    /// When the contact was told.
    pub contact_told_at: Option<Ts>,
    /// When a human first said how the person is.
    pub contacted_at: Option<Ts>,
    /// When it ended.
    pub ended_at: Option<Ts>,
    /// What it came to.
    pub outcome: Option<Outcome>,
    /// A knock at the door of somebody who was well or away (误敲门).
    pub wrong_knock: bool,
    /// Whether the person was watched when it was opened.
    pub watched: bool,
    /// Opened by hand after an alarm or a question shortly before, or because the family-doctor team asked: nothing that the watch had missed. It
    /// does not say which.
    pub forewarned: bool,
    /// The case that it led to.
    pub case: Option<Uuid>,
    /// Counts the changes.
    pub version: i64,
}

impl Visit {
    /// Whether it is not over.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }
}
