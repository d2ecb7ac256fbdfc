//! Readings (监测数值): what can be true at all, and what raises an alarm.

use linli_kernel::Ts;
use serde::Deserialize;

use super::told::{Impossible, Slip, Told, looks_like, number};
use super::{Contradiction, Stratum};
use crate::follow::model::{Level, Mind, Reason, Vitals};

/// An earlier reading, as far as a later one is judged by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// When it was taken.
    pub taken_at: Ts,
    /// Oxygen saturation at rest.
    pub spo2: Option<i64>,
    /// Temperature in 0.1 °C.
    pub temperature: Option<i64>,
}

/// What a reading raises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The most urgent of its reasons; `None` when there are none.
    pub level: Option<Level>,
    /// Why, in a fixed order.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Possible {
    spo2: [i64; 2],
    pulse: [i64; 2],
    breaths: [i64; 2],
    temperature: [i64; 2],
    systolic: [i64; 2],
    diastolic: [i64; 2],
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saturation {
    refer_below: i64,
    exactly_counts: bool,
    scale2_refer_below: i64,
    emergency_below: i64,
    #[serde(rename = "verified")]
    _verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Walk {
    below: i64,
    drop: i64,
    #[serde(rename = "verified")]
    _verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trend {
    hours: i64,
    readings: usize,
    fall: i64,
    #[serde(rename = "verified")]
    _verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fever {
    from: i64,
    days: i64,
    #[serde(rename = "verified")]
    _verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Breathing {
    refer_from: i64,
    #[serde(rename = "verified")]
    _verified: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    late_days: i64,
    ahead_minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    possible: Possible,
    spo2: Saturation,
    walk: Walk,
    trend: Trend,
    fever: Fever,
    breathing: Breathing,
    time: Time,
}

/// The rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Readings(Body);

impl TryFrom<Body> for Readings {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let p = &body.possible;
        let ascend =
            [p.spo2, p.pulse, p.breaths, p.temperature, p.systolic, p.diastolic].iter().all(|[least, most]| least < most);
        if !ascend || body.spo2.emergency_below > body.spo2.refer_below || body.trend.readings < 2 || body.time.late_days < 1 {
            return Err(Contradiction("limits must ascend, and a trend needs two readings".to_owned()));
        }
        Ok(Self(body))
    }
}

impl Readings {
    /// Reads what was typed.
    ///
    /// # Errors
    /// The first number that cannot be, with its field and what it looks like.
    pub fn read(&self, told: &Told<'_>) -> Result<Vitals, Impossible> {
        let possible = &self.0.possible;
        let take = |field: &'static str, typed: &str, range: [i64; 2]| {
            let [least, most] = range;
            let refuse = |slip| Impossible { field, slip, least, most };
            let value = number(typed, field == "temperature").map_err(refuse)?;
            match value.filter(|value| !(least..=most).contains(value)) {
                Some(wrong) => Err(refuse(looks_like(field, wrong))),
                None => Ok(value),
            }
        };
        let vitals = Vitals {
            spo2: take("spo2", told.spo2, possible.spo2)?,
            spo2_walk: take("spo2_walk", told.spo2_walk, possible.spo2)?,
            pulse: take("pulse", told.pulse, possible.pulse)?,
            breaths: take("breaths", told.breaths, possible.breaths)?,
            temperature: take("temperature", told.temperature, possible.temperature)?,
            systolic: take("systolic", told.systolic, possible.systolic)?,
            diastolic: take("diastolic", told.diastolic, possible.diastolic)?,
            on_oxygen: told.on_oxygen,
            mind: told.mind,
            breathless: told.breathless,
        };
        let [least, most] = possible.spo2;
        if vitals.nothing() {
            return Err(Impossible { field: "spo2", slip: Slip::Nothing, least, most });
        }
        let [least, most] = possible.diastolic;
        if vitals.systolic.zip(vitals.diastolic).is_some_and(|(upper, lower)| lower >= upper) {
            return Err(Impossible { field: "diastolic", slip: Slip::Upside, least, most });
        }
        Ok(vitals)
    }

    /// Whether a reading may have been taken then.
    #[must_use]
    pub fn may_be_told(&self, taken: Ts, now: Ts) -> bool {
        let time = &self.0.time;
        taken <= now.plus_secs(time.ahead_minutes * 60) && taken >= now.plus_secs(-time.late_days * 86_400)
    }

    /// What a reading raises. `past` are the readings of the person that were taken before it; `scale2` that a physician decided for a
    /// target of 88 to 92 percent; beside the stratum of triage from how many breaths a child is severely ill, of an adult nothing.
    #[must_use]
    pub fn judge(
        &self,
        taken: Ts,
        vitals: &Vitals,
        past: &[Past],
        scale2: bool,
        (stratum, breaths_of_child): (Stratum, Option<i64>),
    ) -> Judged {
        let fast_from = breaths_of_child.unwrap_or(self.0.breathing.refer_from);
        let mut found: Vec<(Reason, Level)> = Vec::new();
        let mut raise = |holds: bool, reason: Reason, level: Level| {
            if holds {
                found.push((reason, level));
            }
        };
        let very_low = vitals.spo2.is_some_and(|value| value < self.0.spo2.emergency_below);
        let low = vitals.spo2.is_some_and(|value| self.is_low(value, scale2));
        raise(low, Reason::SpO2Low, if very_low { Level::Emergency } else { Level::Refer });
        raise(!scale2 && vitals.spo2_walk.is_some_and(|v| v < self.0.walk.below), Reason::SpO2LowAfterWalk, Level::Refer);
        raise(self.drops(vitals), Reason::WalkDrop, Level::Look);
        raise(self.falls(taken, vitals, past), Reason::Trend, Level::Look);
        raise(self.fever_lasts(taken, vitals, past), Reason::LastingFever, Level::Refer);
        raise(vitals.breaths.is_some_and(|v| v >= fast_from), Reason::FastBreathing, Level::Refer);
        raise(vitals.breathless, Reason::Breathless, Level::Refer);
        raise(vitals.mind.is_some_and(|mind| mind != Mind::Alert), Reason::MindChanged, Level::Emergency);
        raise(stratum == Stratum::Extreme, Reason::Extreme, Level::Emergency);
        let level = found.iter().map(|(_, level)| *level).max();
        Judged { level, reasons: found.into_iter().map(|(reason, _)| reason).collect() }
    }

    /// Whether a saturation at rest is low: below the limit, and at exactly the limit where the pack says that it counts.
    #[must_use]
    pub fn is_low(&self, spo2: i64, scale2: bool) -> bool {
        let rule = &self.0.spo2;
        if scale2 {
            return spo2 < rule.scale2_refer_below;
        }
        spo2 < rule.refer_below || (rule.exactly_counts && spo2 == rule.refer_below)
    }

    /// The line that a chart draws: the highest saturation that raises an alarm.
    #[must_use]
    pub fn alarm_line(&self, scale2: bool) -> i64 {
        let rule = &self.0.spo2;
        match (scale2, rule.exactly_counts) {
            (true, _) => rule.scale2_refer_below - 1,
            (false, true) => rule.refer_below,
            (false, false) => rule.refer_below - 1,
        }
    }

    /// How far back earlier readings matter, in seconds.
    #[must_use]
    pub fn memory_secs(&self) -> i64 {
        (self.0.trend.hours * 3_600).max((self.0.fever.days + 1) * 86_400 * 2)
    }

    fn drops(&self, vitals: &Vitals) -> bool {
        vitals.spo2.zip(vitals.spo2_walk).is_some_and(|(rest, walk)| rest - walk >= self.0.walk.drop)
    }

    fn falls(&self, taken: Ts, vitals: &Vitals, past: &[Past]) -> bool {
        let Some(newest) = vitals.spo2 else { return false };
        let since = taken.plus_secs(-self.0.trend.hours * 3_600);
        let earlier: Vec<i64> =
            past.iter().filter(|p| p.taken_at >= since && p.taken_at < taken).filter_map(|p| p.spo2).collect();
        let highest = earlier.iter().max().copied().unwrap_or(newest);
        earlier.len() + 1 >= self.0.trend.readings && highest - newest >= self.0.trend.fall
    }

    /// Whether fever has been in every reading with a temperature for longer than so many days.
    fn fever_lasts(&self, taken: Ts, vitals: &Vitals, past: &[Past]) -> bool {
        let fever = |value: i64| value >= self.0.fever.from;
        if !vitals.temperature.is_some_and(fever) {
            return false;
        }
        let mut earlier: Vec<(Ts, i64)> =
            past.iter().filter(|p| p.taken_at < taken).filter_map(|p| Some((p.taken_at, p.temperature?))).collect();
        earlier.sort_unstable_by(|a, b| b.cmp(a));
        let began = earlier.into_iter().take_while(|(_, value)| fever(*value)).last().map_or(taken, |(at, _)| at);
        taken.secs_since(began) > self.0.fever.days * 86_400
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::rules::testing::{rules, rules_with};
    use proptest::prelude::*;

    const NOW: Ts = Ts(1_800_000_000_000_000);

    fn judge(vitals: Vitals) -> Judged {
        rules().readings().judge(NOW, &vitals, &[], false, (Stratum::Ordinary, None))
    }

    fn at_rest(spo2: i64) -> Vitals {
        Vitals { spo2: Some(spo2), ..Vitals::default() }
    }

    fn hours_ago(hours: i64, spo2: Option<i64>, temperature: Option<i64>) -> Past {
        Past { taken_at: NOW.plus_secs(-hours * 3_600), spo2, temperature }
    }

    /// One source says ≤ 93, the other < 93. The shipped rule takes the more careful one, and a city may take the other.
    #[test]
    fn exactly_93_raises_an_alarm_as_declared() {
        let low = |spo2| judge(at_rest(spo2)).reasons == [Reason::SpO2Low];
        assert!(low(92) && low(93) && !low(94));
        let other = rules_with("care.readings", "exactly_counts = true", "exactly_counts = false");
        let low = |spo2| !other.readings().judge(NOW, &at_rest(spo2), &[], false, (Stratum::Ordinary, None)).reasons.is_empty();
        assert!(low(92) && !low(93) && !low(94));
        assert_eq!((rules().readings().alarm_line(false), other.readings().alarm_line(false)), (93, 92));
        assert_eq!(judge(at_rest(79)).level, Some(Level::Emergency));
        assert_eq!(judge(at_rest(80)).level, Some(Level::Refer));
    }

    #[test]
    fn whoever_has_a_lower_target_is_not_alarmed_about_for_it() {
        let rules = rules();
        let low = |spo2| rules.readings().judge(NOW, &at_rest(spo2), &[], true, (Stratum::Ordinary, None)).level;
        assert_eq!((low(90), low(88), low(87)), (None, None, Some(Level::Refer)));
    }

    #[test]
    fn a_child_is_not_alarmed_about_for_breathing_like_one() {
        let breathes = |breaths, limit| {
            let vitals = Vitals { breaths: Some(breaths), ..Vitals::default() };
            rules().readings().judge(NOW, &vitals, &[], false, (Stratum::Ordinary, limit)).reasons
        };
        assert_eq!((breathes(45, Some(50)), breathes(50, Some(50))), (vec![], vec![Reason::FastBreathing]));
        assert_eq!((breathes(29, None), breathes(30, None)), (vec![], vec![Reason::FastBreathing]));
    }

    #[test]
    fn walking_shows_what_rest_hides() {
        let walked = |rest, walk| judge(Vitals { spo2: Some(rest), spo2_walk: Some(walk), ..Vitals::default() }).reasons;
        assert_eq!(walked(97, 95), []);
        assert_eq!(walked(97, 94), [Reason::WalkDrop]);
        assert_eq!(walked(96, 93), [Reason::SpO2LowAfterWalk, Reason::WalkDrop]);
        assert_eq!(walked(94, 93), [Reason::SpO2LowAfterWalk]);
    }

    #[test]
    fn a_fall_over_days_is_seen_before_the_limit() {
        let rules = rules();
        let falls = |past: &[Past]| {
            rules.readings().judge(NOW, &at_rest(94), past, false, (Stratum::Ordinary, None)).reasons.contains(&Reason::Trend)
        };
        let (first, second) = (hours_ago(48, Some(98), None), hours_ago(24, Some(96), None));
        assert!(falls(&[first, second]));
        assert!(!falls(&[first]), "two readings are no trend");
        assert!(!falls(&[hours_ago(73, Some(98), None), second]), "too long ago");
        assert!(!falls(&[hours_ago(48, Some(96), None), second]), "two points");
        assert!(falls(&[hours_ago(72, Some(97), None), hours_ago(1, Some(94), None)]));
    }

    #[test]
    fn fever_of_more_than_three_days_without_a_break() {
        let rules = rules();
        let hot = Vitals { temperature: Some(385), ..Vitals::default() };
        let lasts = |past: &[Past]| {
            rules.readings().judge(NOW, &hot, past, false, (Stratum::Ordinary, None)).reasons.contains(&Reason::LastingFever)
        };
        let fever = |hours| hours_ago(hours, None, Some(380));
        assert!(!lasts(&[fever(72), fever(24)]), "three days exactly");
        assert!(lasts(&[fever(73), fever(24)]));
        assert!(!lasts(&[fever(73), hours_ago(30, None, Some(368)), fever(24)]), "it went down in between");
        assert!(lasts(&[fever(73), hours_ago(30, Some(97), None), fever(24)]), "nobody took it in between");
    }

    #[test]
    fn emergencies_come_before_everything() {
        let confused = Vitals { spo2: Some(97), mind: Some(Mind::Confused), ..Vitals::default() };
        assert_eq!(judge(confused), Judged { level: Some(Level::Emergency), reasons: vec![Reason::MindChanged] });
        let extreme = rules().readings().judge(NOW, &at_rest(97), &[], false, (Stratum::Extreme, None));
        assert_eq!(extreme.level, Some(Level::Emergency));
        let breathless = Vitals { breathless: true, ..Vitals::default() };
        assert_eq!(judge(breathless).level, Some(Level::Refer));
    }

    #[test]
    fn what_cannot_be_is_refused_and_says_what_it_looks_like() {
        let rules = rules();
        let slip = |told: Told<'_>| rules.readings().read(&told).map_err(|wrong| (wrong.field, wrong.slip)).unwrap_err();
        let none = Told::default();
        assert_eq!(slip(none), ("spo2", Slip::Nothing));
        assert_eq!(slip(Told { spo2: "0.92", ..none }), ("spo2", Slip::Fraction));
        assert_eq!(slip(Told { spo2: "118", ..none }), ("spo2", Slip::PulseForSaturation));
        assert_eq!(slip(Told { spo2: "9", ..none }), ("spo2", Slip::OutOfRange));
        assert_eq!(slip(Told { spo2: "九十二", ..none }), ("spo2", Slip::NotANumber));
        assert_eq!(slip(Told { spo2_walk: "-3", ..none }), ("spo2_walk", Slip::NotANumber));
        assert_eq!(slip(Told { temperature: "98.6", ..none }), ("temperature", Slip::Fahrenheit));
        assert_eq!(slip(Told { temperature: "367", ..none }), ("temperature", Slip::PointMissing));
        assert_eq!(slip(Told { temperature: "20", ..none }), ("temperature", Slip::OutOfRange));
        assert_eq!(slip(Told { systolic: "16", ..none }), ("systolic", Slip::KiloPascal));
        assert_eq!(slip(Told { systolic: "120", diastolic: "130", ..none }), ("diastolic", Slip::Upside));
        assert_eq!(slip(Told { pulse: "999999999999", ..none }), ("pulse", Slip::NotANumber));
        assert_eq!(slip(Told { breaths: "200", ..none }), ("breaths", Slip::OutOfRange));
        let read = rules.readings().read(&Told { spo2: " ９２％ ", temperature: "36.75℃", systolic: "120.0", ..none }).unwrap();
        assert_eq!((read.spo2, read.temperature, read.systolic), (Some(92), Some(368), Some(120)));
        let read = rules.readings().read(&Told { temperature: "37", ..none }).unwrap();
        assert_eq!(read.temperature, Some(370));
    }

    #[test]
    fn neither_from_the_future_nor_from_long_ago() {
        let rules = rules();
        let may = |secs| rules.readings().may_be_told(NOW.plus_secs(secs), NOW);
        assert!(may(0) && may(300) && !may(301) && may(-14 * 86_400) && !may(-14 * 86_400 - 1));
    }

    proptest! {
        /// Whatever is typed is read or refused with its field, and what is read is possible.
        #[test]
        fn nothing_typed_brings_it_down(spo2 in "\\PC{0,12}", temperature in "[0-9.,％°C -]{0,8}", pulse in "[0-9]{0,20}") {
            let rules = rules();
            match rules.readings().read(&Told { spo2: &spo2, temperature: &temperature, pulse: &pulse, ..Told::default() }) {
                Ok(read) => {
                    prop_assert!(read.spo2.is_none_or(|v| (50..=100).contains(&v)));
                    prop_assert!(read.temperature.is_none_or(|v| (300..=440).contains(&v)));
                    prop_assert!(read.pulse.is_none_or(|v| (20..=250).contains(&v)));
                }
                Err(wrong) => prop_assert!(["spo2", "temperature", "pulse"].contains(&wrong.field)),
            }
        }

        /// A lower saturation is never judged milder.
        #[test]
        fn lower_is_never_milder(spo2 in 51_i64..=100, scale2: bool) {
            let rules = rules();
            let judge = |value| rules.readings().judge(NOW, &at_rest(value), &[], scale2, (Stratum::Ordinary, None)).level;
            prop_assert!(judge(spo2 - 1) >= judge(spo2));
        }
    }
}
