//! The words of key groups and readings.

mod medicine;
mod oxygen;

use linli_cases::CaseId;
use linli_kernel::{DistrictId, PlacePath, Ts, id_type, words};
use linli_people::model::OrganisationId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{CarePersonId, VisitId};

pub use medicine::{Decision, DecisionId, DecisionState, Entry, EntryId, EntryKind, Lot, LotId};
pub use oxygen::{
    OxygenBooking, OxygenBookingId, OxygenOffer, OxygenOfferId, OxygenSlot, OxygenState, QUARTER_MINUTES, quarter_of,
};

id_type! {
    /// A reading (监测记录). Ordered by the instant at which it reached us.
    pub struct ReadingId;
    /// An alarm about a reading, or about one that did not come (异常提醒).
    pub struct AlarmId;
    /// Somebody is to be seen by the health centre or a hospital (转诊请求).
    pub struct ReferralId;
    /// A fingertip oximeter (指夹式血氧仪).
    pub struct OximeterId;
}

words! {
    /// How closely somebody is followed (红黄绿分级). Ordered: a later one is the more careful.
    pub enum Colour {
        /// 绿色: low risk.
        Green = "green",
        /// 黄色: medium risk.
        Yellow = "yellow",
        /// 红色: high risk.
        Red = "red",
    }
}

words! {
    /// Underlying disease (基础疾病).
    pub enum Disease {
        /// 无.
        None = "none",
        /// 基础疾病情况稳定.
        Stable = "stable",
        /// 基础疾病情况不稳定.
        Unstable = "unstable",
    }
}

words! {
    /// Vaccination (疫苗接种). The table knows only full and not full; the score form tells partial from none.
    pub enum Vaccination {
        /// 全程接种.
        Full = "full",
        /// 未全程接种.
        Partial = "partial",
        /// 未接种.
        Unvaccinated = "unvaccinated",
    }
}

words! {
    /// The age bands of the table. Whoever is exactly 80 belongs to the upper one.
    pub enum AgeBand {
        /// 65 岁以下.
        Under65 = "under_65",
        /// 65–79 岁.
        From65 = "from_65",
        /// 80 岁及以上.
        From80 = "from_80",
    }
}

impl AgeBand {
    /// The band of an age in completed years.
    #[must_use]
    pub const fn of(age: i64) -> Self {
        match age {
            80.. => Self::From80,
            65.. => Self::From65,
            _ => Self::Under65,
        }
    }
}

words! {
    /// Consciousness as NEWS2 asks for it (ACVPU, 意识).
    pub enum Mind {
        /// 清醒.
        Alert = "alert",
        /// 新发意识模糊.
        Confused = "confused",
        /// 对声音有反应.
        Voice = "voice",
        /// 对疼痛有反应.
        Pain = "pain",
        /// 无反应.
        Unresponsive = "unresponsive",
    }
}

words! {
    /// By which way a reading came.
    pub enum Via {
        /// 电话: told to the family-doctor team.
        Phone = "phone",
        /// 上门: taken at the door.
        Doorstep = "doorstep",
        /// 纸质记录: copied from a sheet kept at home.
        Paper = "paper",
        /// 设备: sent by a device.
        Device = "device",
        /// 机构系统: sent by the system of the institution that follows the person.
        System = "system",
    }
}

words! {
    /// How urgent an alarm is. Ordered: a later one is the more urgent.
    pub enum Level {
        /// 留意: look again soon.
        Look = "look",
        /// 建议转诊: somebody should decide about a referral today.
        Refer = "refer",
        /// 危急: 120 first.
        Emergency = "emergency",
    }
}

words! {
    /// Why an alarm was raised.
    pub enum Reason {
        /// 静息血氧偏低.
        SpO2Low = "spo2_low",
        /// 轻度活动后血氧偏低.
        SpO2LowAfterWalk = "spo2_low_after_walk",
        /// 活动后血氧下降明显.
        WalkDrop = "walk_drop",
        /// 血氧呈下降趋势.
        Trend = "trend",
        /// 持续发热.
        LastingFever = "lasting_fever",
        /// 呼吸急促.
        FastBreathing = "fast_breathing",
        /// 气促、喘憋.
        Breathless = "breathless",
        /// 意识改变.
        MindChanged = "mind_changed",
        /// 生命体征达到基层分诊极高危.
        Extreme = "extreme",
        /// 应报未报.
        Missing = "missing",
        /// 出院回家: told by the treatment network.
        CameHome = "came_home",
        /// 转往别处: told by the treatment network, which follows the person no further.
        SentElsewhere = "sent_elsewhere",
        /// 已去世: told by the treatment network.
        Died = "died",
    }
}

/// What the treatment network tells of somebody who went to a bed (住院消息).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tidings {
    /// Lies in a bed, of whichever institution.
    InHospital,
    /// Went home.
    Home,
    /// Went to where the network does not reach.
    Elsewhere,
    /// Died.
    Died,
}

words! {
    /// What became of an alarm once somebody had looked at it.
    pub enum Became {
        /// 已核实，继续随访.
        Kept = "kept",
        /// 误测或误报.
        FalseAlarm = "false_alarm",
        /// 安排上门.
        Visit = "visit",
        /// 申请转诊.
        Referral = "referral",
        /// 读数已报来: what had not come came after all; nobody had to look.
        Arrived = "arrived",
    }
}

/// What the vital signs of somebody were at an instant, as they were told. Whole numbers; what was not measured is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Vitals {
    /// Oxygen saturation at rest, in percent (静息血氧饱和度).
    pub spo2: Option<i64>,
    /// Oxygen saturation after light activity, in percent (轻度活动后血氧).
    pub spo2_walk: Option<i64>,
    /// Pulse, per minute (脉搏).
    pub pulse: Option<i64>,
    /// Breaths per minute (呼吸频率).
    pub breaths: Option<i64>,
    /// Temperature in 0.1 °C (体温).
    pub temperature: Option<i64>,
    /// Systolic blood pressure in mmHg (收缩压).
    pub systolic: Option<i64>,
    /// Diastolic blood pressure in mmHg (舒张压).
    pub diastolic: Option<i64>,
    /// Whether oxygen was being given (吸氧).
    pub on_oxygen: bool,
    /// Consciousness.
    pub mind: Option<Mind>,
    /// Whether the person is short of breath (气促).
    pub breathless: bool,
}

impl Vitals {
    /// Whether nothing at all was told.
    #[must_use]
    pub fn nothing(&self) -> bool {
        let measured = [self.spo2, self.spo2_walk, self.pulse, self.breaths, self.temperature, self.systolic, self.diastolic];
        measured.iter().all(Option::is_none) && self.mind.is_none() && !self.breathless
    }

    /// These, with one of them taken from others: what a correction of a part leaves.
    #[must_use]
    pub const fn with_part(mut self, part: Part, from: &Self) -> Self {
        match part {
            Part::SpO2 => self.spo2 = from.spo2,
            Part::SpO2Walk => self.spo2_walk = from.spo2_walk,
            Part::Pulse => self.pulse = from.pulse,
            Part::Breaths => self.breaths = from.breaths,
            Part::Temperature => self.temperature = from.temperature,
            Part::Pressure => (self.systolic, self.diastolic) = (from.systolic, from.diastolic),
            Part::Mind => self.mind = from.mind,
        }
        // Whether oxygen was being given is said with the saturation.
        if matches!(part, Part::SpO2) {
            self.on_oxygen = from.on_oxygen;
        }
        self
    }

    /// Whether a part was measured.
    #[must_use]
    pub const fn has(&self, part: Part) -> bool {
        match part {
            Part::SpO2 => self.spo2.is_some(),
            Part::SpO2Walk => self.spo2_walk.is_some(),
            Part::Pulse => self.pulse.is_some(),
            Part::Breaths => self.breaths.is_some(),
            Part::Temperature => self.temperature.is_some(),
            Part::Pressure => self.systolic.is_some() || self.diastolic.is_some(),
            Part::Mind => self.mind.is_some(),
        }
    }
}

words! {
    /// The parts of a reading that other systems send one by one (监测项目).
    pub enum Part {
        /// 静息血氧.
        SpO2 = "spo2",
        /// 轻度活动后血氧.
        SpO2Walk = "spo2-walk",
        /// 脉搏.
        Pulse = "pulse",
        /// 呼吸频率.
        Breaths = "breaths",
        /// 体温.
        Temperature = "temperature",
        /// 血压: both numbers.
        Pressure = "blood-pressure",
        /// 意识.
        Mind = "mind",
    }
}

/// A reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Its id.
    pub id: ReadingId,
    /// Whose.
    pub person: CarePersonId,
    /// When it was taken.
    pub taken_at: Ts,
    /// When it reached us.
    pub received_at: Ts,
    /// By which way.
    pub via: Via,
    /// The appointment of whoever entered it; a device enters by itself.
    pub entered_by: Option<Uuid>,
    /// What was told.
    pub vitals: Vitals,
    /// Counts up with each correction by the source.
    pub version: i64,
    /// When the source corrected it or took it back.
    pub changed_at: Option<Ts>,
    /// Whether the source took it back (作废): nothing of it counts, and nothing of it is left here.
    pub taken_back: bool,
}

/// What somebody's risk is judged by (风险因素).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factors {
    /// Date of birth.
    pub born: jiff::civil::Date,
    /// Underlying disease.
    pub disease: Disease,
    /// Whether the immune system is weakened (免疫功能受损).
    pub immunocompromised: bool,
    /// Vaccination.
    pub vaccination: Vaccination,
    /// Whether pregnant: NEWS2 does not count then.
    pub pregnant: bool,
    /// Whether a physician decided that the target saturation is 88 to 92 percent (NEWS2 scale 2, 高碳酸血症风险).
    pub scale2: bool,
}

impl Factors {
    /// Completed years of age on a day. Born on 29 February is a year older on 1 March in common years (the corresponding day is missing).
    #[must_use]
    pub fn age(&self, on: jiff::civil::Date) -> i64 {
        let years = i64::from(on.year()) - i64::from(self.born.year());
        let before_birthday = (on.month(), on.day()) < (self.born.month(), self.born.day());
        if before_birthday { years - 1 } else { years }
    }

    /// Completed months of age on a day.
    #[must_use]
    pub fn months(&self, on: jiff::civil::Date) -> i64 {
        let months =
            (i64::from(on.year()) - i64::from(self.born.year())) * 12 + i64::from(on.month()) - i64::from(self.born.month());
        if on.day() < self.born.day() { months - 1 } else { months }
    }
}

/// Somebody of a key group as they are followed (重点人群健康档案).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The district.
    pub district: DistrictId,
    /// The person, as the record of consents knows them.
    pub person: CarePersonId,
    /// Where they live.
    pub place: PlacePath,
    /// The health centre, station or village clinic that follows them.
    pub institution: OrganisationId,
    /// What the risk is judged by.
    pub factors: Factors,
    /// The colour that counts.
    pub colour: Colour,
    /// Whether a physician still has to say which colour it is.
    pub undecided: bool,
    /// The appointment of the physician who decided; `None` while the table did.
    pub decided_by: Option<Uuid>,
    /// The reason the physician gave.
    pub decided_because: Option<String>,
    /// The pack the colour comes from, `care.key_groups@2026.1`.
    pub rule: String,
    /// When the next reading is due; `None` when none is asked for.
    pub next_due: Option<Ts>,
    /// When it counts as missing.
    pub missing_at: Option<Ts>,
    /// Counts up with each change.
    pub version: i64,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: AlarmId,
    /// About whom.
    pub person: CarePersonId,
    /// Where they live.
    pub place: PlacePath,
    /// The reading; `None` for one that did not come.
    pub reading: Option<ReadingId>,
    /// When the missing reading had been due.
    pub due_for: Option<Ts>,
    /// When it was raised.
    pub raised_at: Ts,
    /// How urgent.
    pub level: Level,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The pack that raised it.
    pub rule: String,
    /// What became of it; `None` while nobody has looked.
    pub became: Option<Became>,
    /// When somebody looked.
    pub acknowledged_at: Option<Ts>,
    /// Under which appointment.
    pub acknowledged_by: Option<Uuid>,
    /// What they found.
    pub because: Option<String>,
    /// The visit that it led to.
    pub visit: Option<VisitId>,
}

/// A referral that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referral {
    /// The district.
    pub district: DistrictId,
    /// Its id.
    pub id: ReferralId,
    /// The human number, `Z2026-000012`.
    pub number: String,
    /// Who is to be seen.
    pub person: CarePersonId,
    /// The alarm it came from.
    pub alarm: AlarmId,
    /// Where they live.
    pub place: PlacePath,
    /// When it was asked for.
    pub asked_at: Ts,
    /// Under which appointment.
    pub asked_by: Uuid,
    /// The urgency the physician chose, 1 (at once) to 4 (when convenient).
    pub urgency: i64,
    /// The health centre that was asked.
    pub institution: OrganisationId,
    /// The case it has there while there is no treatment network.
    pub case: CaseId,
}

words! {
    /// Where an oximeter is.
    pub enum OximeterState {
        /// 在库.
        OnHand = "on_hand",
        /// 借出.
        Lent = "lent",
        /// 遗失.
        Lost = "lost",
        /// 报废.
        WrittenOff = "written_off",
    }
}

/// An oximeter of an institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oximeter {
    /// Its id.
    pub id: OximeterId,
    /// The institution it was issued to.
    pub institution: OrganisationId,
    /// The number on its label, from 1, counted per institution.
    pub number: i64,
    /// Where it is.
    pub state: OximeterState,
    /// Who has it, while it is lent.
    pub person: Option<CarePersonId>,
    /// Since when it is there.
    pub since: Ts,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_birthday_makes_a_year_older_on_its_day() {
        let born = |born| Factors {
            born,
            disease: Disease::None,
            immunocompromised: false,
            vaccination: Vaccination::Full,
            pregnant: false,
            scale2: false,
        };
        let sixty_five = born(date(1961, 11, 26));
        assert_eq!((sixty_five.age(date(2026, 11, 25)), sixty_five.age(date(2026, 11, 26))), (64, 65));
        let leap = born(date(1960, 2, 29));
        let baby = born(date(2026, 9, 15));
        assert_eq!(
            (baby.months(date(2026, 11, 14)), baby.months(date(2026, 11, 15)), baby.months(date(2027, 9, 15))),
            (1, 2, 12)
        );
        assert_eq!((leap.age(date(2025, 2, 28)), leap.age(date(2025, 3, 1))), (64, 65));
        assert_eq!((AgeBand::of(79), AgeBand::of(80), AgeBand::of(64)), (AgeBand::From65, AgeBand::From80, AgeBand::Under65));
    }
}
