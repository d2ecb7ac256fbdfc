//! Forms of returns: who tells what about a day, until when, and what of it cannot be or needs a reason.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use linli_kernel::Ts;
use serde::Deserialize;

use super::Contradiction;
use crate::error_network::Wrong;
use crate::model::{Figures, InstitutionKind, Stated, UnitKind};

/// The id of the pack of returns.
pub const RETURNS_ID: &str = "treatment.returns";

/// What a return is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A day.
    Day,
    /// A week, by its first day.
    Week,
}

/// How what one institution told of several days becomes one figure: the rate aggregation of SANER
/// (`CodeSystem-MeasureRateAggregation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OverTime {
    /// What happened is added up.
    Count,
    /// Of what there was at a time the newest counts.
    PointInTime,
}

impl OverTime {
    /// The code of SANER.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::PointInTime => "point-in-time",
        }
    }
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its id.
    pub id: String,
    zh: String,
    en: String,
    /// How several days become one figure; where nobody says it they do not.
    #[serde(default)]
    pub over_time: Option<OverTime>,
    /// The most that can be.
    most: i64,
    /// The most that is usual.
    usual: Option<i64>,
    /// Part of that field.
    of: Option<String>,
    /// From more than so many percent of it on a reason is needed.
    reason_percent: Option<i64>,
    /// More than so many percent of it cannot be.
    stop_percent: Option<i64>,
    /// So many times as much as before needs a reason.
    jump: Option<i64>,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its id.
    pub id: String,
    zh: String,
    en: String,
    /// Institutions with an open unit of these kinds tell it.
    #[serde(default)]
    pub units: Vec<UnitKind>,
    /// Institutions of these kinds tell it.
    #[serde(default)]
    pub kinds: Vec<InstitutionKind>,
    /// What it is about.
    pub every: Every,
    due: Option<Time>,
    #[serde(default)]
    due_days: i32,
    /// Whether what its institutions tell may be added up. Regions lie within each other, and a group of patients within another.
    #[serde(default = "yes")]
    pub adds_up: bool,
    /// Its fields, in their order.
    pub fields: Vec<Field>,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    forms: Vec<Form>,
}

/// The forms that there are.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Forms(Vec<Form>);

impl TryFrom<Body> for Forms {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        for (at, form) in body.forms.iter().enumerate() {
            let wrong = |what: String| Err(Contradiction(format!("form {}: {what}", form.id)));
            if !word(&form.id) || body.forms.iter().take(at).any(|other| other.id == form.id) {
                return wrong("its id is no word of small letters, or is taken".to_owned());
            }
            if form.fields.is_empty() || (form.units.is_empty() && form.kinds.is_empty()) || !(0..=31).contains(&form.due_days) {
                return wrong("it has no fields, nobody tells it, or it is due in no time".to_owned());
            }
            for (at, field) in form.fields.iter().enumerate() {
                let earlier = || form.fields.iter().take(at);
                if !word(&field.id) || earlier().any(|other| other.id == field.id) || field.most < 1 {
                    return wrong(format!("field {} is called as another, or nothing is possible", field.id));
                }
                let hangs = field.of.as_ref().is_some_and(|of| !earlier().any(|other| other.id == *of));
                let percents = field.reason_percent.is_some() || field.stop_percent.is_some();
                let upside_down = field.reason_percent.zip(field.stop_percent).is_some_and(|(reason, stop)| reason > stop);
                if hangs || upside_down || (percents && field.of.is_none()) || field.jump.is_some_and(|jump| jump < 2) {
                    return wrong(format!("the limits of field {} hang in the air", field.id));
                }
            }
        }
        Ok(Self(body.forms))
    }
}

/// What is wrong with figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// What cannot be.
    pub stopped: Vec<(String, Wrong)>,
    /// What needs a reason.
    pub doubted: Vec<(String, Wrong)>,
}

impl Forms {
    /// All of them, in their order.
    pub fn all(&self) -> impl Iterator<Item = &Form> {
        self.0.iter()
    }

    /// A form by its id.
    #[must_use]
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.0.iter().find(|form| form.id == id)
    }
}

impl Field {
    /// Its name.
    #[must_use]
    pub fn name(&self, lang: &str) -> &str {
        if lang.starts_with("zh") { &self.zh } else { &self.en }
    }

    /// The field of which it is a part.
    #[must_use]
    pub fn of(&self) -> Option<&str> {
        self.of.as_deref()
    }
}

impl Form {
    /// Its name.
    #[must_use]
    pub fn name(&self, lang: &str) -> &str {
        if lang.starts_with("zh") { &self.zh } else { &self.en }
    }

    /// A field by its id.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// Until when the return about a day is to be there; `None` where nobody is reminded.
    #[must_use]
    pub fn due(&self, day: Date) -> Option<Ts> {
        let time = self.due?;
        Ts::from_local(day.checked_add(self.due_days.days()).ok()?.to_datetime(time))
    }

    /// What cannot be in these figures, and what needs a reason, beside the figures told before.
    #[must_use]
    pub fn judge(&self, figures: &Figures, before: Option<&Figures>) -> Judged {
        let mut judged = Judged::default();
        for field in &self.fields {
            let Some(Stated::Number(number)) = figures.get(&field.id).copied() else { continue };
            if !(0..=field.most).contains(&number) {
                judged.stopped.push((field.id.clone(), Wrong::OutOfRange { least: 0, most: field.most }));
                continue;
            }
            let whole = field.of.as_ref().and_then(|of| figures.get(of).copied()).and_then(Stated::number);
            match share(field, number, whole) {
                Some(Share::Stop(wrong)) => judged.stopped.push((field.id.clone(), wrong)),
                Some(Share::Doubt(wrong)) => judged.doubted.push((field.id.clone(), wrong)),
                None => {
                    let told = before.and_then(|before| before.get(&field.id).copied()).and_then(Stated::number);
                    let doubt = jump(field, number, told)
                        .or_else(|| field.usual.filter(|usual| number > *usual).map(|usual| Wrong::Unusual { usual }));
                    judged.doubted.extend(doubt.map(|wrong| (field.id.clone(), wrong)));
                }
            }
        }
        judged
    }
}

enum Share {
    Stop(Wrong),
    Doubt(Wrong),
}

/// How a part stands to its whole: 630 of 100 are 630 percent.
fn share(field: &Field, part: i64, whole: Option<i64>) -> Option<Share> {
    let whole = whole?;
    if whole == 0 {
        let limited = field.reason_percent.is_some() || field.stop_percent.is_some();
        return (part > 0 && limited).then_some(Share::Doubt(Wrong::OfNone));
    }
    let above = |percent: i64| i128::from(part) * 100 > i128::from(percent) * i128::from(whole);
    let percent = i64::try_from(i128::from(part) * 100 / i128::from(whole)).unwrap_or(i64::MAX);
    if field.stop_percent.is_some_and(above) {
        return Some(Share::Stop(Wrong::CannotBe { percent }));
    }
    field.reason_percent.is_some_and(above).then_some(Share::Doubt(Wrong::Full { percent }))
}

/// Many times as much as before, where before there was more than a handful.
fn jump(field: &Field, number: i64, before: Option<i64>) -> Option<Wrong> {
    const HANDFUL: i64 = 10;
    let (times, before) = (field.jump?, before.filter(|before| *before >= HANDFUL)?);
    let grown = number / before;
    (grown >= times).then_some(Wrong::Jump { times: grown, before })
}

/// A day of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayOf {
    /// The day.
    pub day: Date,
    /// What was told in all.
    pub sum: i64,
}

/// The highest day of a series and how far it has fallen back since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peak {
    /// The highest day; of several the first.
    pub peak: DayOf,
    /// The last day.
    pub last: DayOf,
    /// By how many tenths of a percent the last day lies under the highest.
    pub fallen_permille: i64,
}

/// The peak of a series in the order of days; `None` where nothing above zero was told.
#[must_use]
pub fn peak(series: &[DayOf]) -> Option<Peak> {
    let last = *series.last()?;
    let mut peak = *series.first()?;
    for one in series {
        if one.sum > peak.sum {
            peak = *one;
        }
    }
    let gone = i128::from(peak.sum) - i128::from(last.sum);
    (peak.sum > 0).then(|| Peak {
        peak,
        last,
        fallen_permille: i64::try_from(gone * 1_000 / i128::from(peak.sum)).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use linli_kernel::PlacePath;
    use linli_rulebook::{RuleError, Rulebook};

    use super::*;

    fn read(text: &str) -> Result<Forms, RuleError> {
        let book = Rulebook::builtin(&[]).unwrap().load_dir(vec![("returns.toml".to_owned(), text.to_owned())])?;
        let rule = book.get::<Forms>(RETURNS_ID, &PlacePath::root(), Ts(1_800_000_000_000_000))?;
        Ok(rule.value.clone())
    }

    fn shipped() -> Forms {
        read(include_str!("../../rules/returns.toml")).unwrap()
    }

    fn told(pairs: &[(&str, i64)]) -> Figures {
        pairs.iter().map(|(field, number)| ((*field).to_owned(), Stated::Number(*number))).collect()
    }

    #[test]
    fn six_hundred_and_thirty_percent_needs_a_reason_and_ten_times_as_many_cannot_be() {
        let forms = shipped();
        let form = forms.form("emergency").unwrap();
        let full = |used| form.judge(&told(&[("observation_beds", 100), ("observation_used", used)]), None);
        assert_eq!(full(100), Judged::default());
        assert_eq!(full(630).doubted, [("observation_used".to_owned(), Wrong::Full { percent: 630 })]);
        assert_eq!(full(101).doubted, [("observation_used".to_owned(), Wrong::Full { percent: 101 })]);
        assert_eq!(full(1_001).stopped, [("observation_used".to_owned(), Wrong::CannotBe { percent: 1_001 })]);
        assert_eq!(full(-1).stopped, [("observation_used".to_owned(), Wrong::OutOfRange { least: 0, most: 5_000 })]);
        let of_none = form.judge(&told(&[("observation_beds", 0), ("observation_used", 5)]), None);
        assert_eq!(of_none.doubted, [("observation_used".to_owned(), Wrong::OfNone)], "five of none is not passed over");
        let unknown: Figures =
            [("observation_beds".to_owned(), Stated::Unknown), ("observation_used".to_owned(), Stated::Number(900))].into();
        assert_eq!(form.judge(&unknown, None), Judged::default(), "of what nobody knows there is no percentage");
    }

    #[test]
    fn sixteen_times_the_week_before_needs_a_reason() {
        let forms = shipped();
        let form = forms.form("fever_clinic").unwrap();
        let visits = |before: i64, now: i64| form.judge(&told(&[("visits", now)]), Some(&told(&[("visits", before)]))).doubted;
        assert_eq!(visits(100, 1_600), [("visits".to_owned(), Wrong::Jump { times: 16, before: 100 })]);
        assert_eq!(visits(100, 999), []);
        assert_eq!(visits(3, 90), [], "from a handful one jumps quickly");
    }

    #[test]
    fn seventy_three_thousand_fell_back_to_twelve_thousand() {
        let day = |month, day, sum| DayOf { day: jiff::civil::date(2022 + i16::from(month == 1), month, day), sum };
        let series = [day(12, 11, 22_000), day(12, 15, 73_000), day(12, 23, 73_000), day(1, 4, 12_000)];
        let found = peak(&series).unwrap();
        assert_eq!((found.peak, found.last, found.fallen_permille), (series[1], series[3], 835));
        assert_eq!(peak(&[]), None);
        assert_eq!(peak(&[day(1, 1, 0)]), None);
    }

    #[test]
    fn a_return_is_due_the_next_morning() {
        let forms = shipped();
        let due = forms.form("fever_clinic").unwrap().due(jiff::civil::date(2026, 12, 31)).unwrap();
        assert_eq!(due.rfc3339(), "2027-01-01T10:00:00+08:00");
        assert_eq!(forms.form("area_day").unwrap().due(jiff::civil::date(2026, 12, 31)), None);
    }

    #[test]
    fn forms_that_hang_in_the_air_are_refused() {
        let text = include_str!("../../rules/returns.toml");
        for (said, instead) in [
            ("of = \"visits\"", "of = \"nothing\""),
            ("reason_percent = 50", "reason_percent = 500"),
            ("jump = 10", "jump = 1"),
            ("id = \"emergency\"", "id = \"fever_clinic\""),
            ("units = [\"icu\"]", "units = []"),
            ("due_days = 1", "due_days = 99"),
        ] {
            assert!(text.contains(said) && read(&text.replacen(said, instead, 1)).is_err(), "{instead}");
        }
    }
}
