//! Early antivirals (早期抗病毒药): which is possible, which is to be weighed, which is ruled out, and why. The prescriber decides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Contradiction;
use crate::follow::model::{Disease, Factors};

/// The question that is answered by the record of the person.
const PREGNANT: &str = "pregnant";

/// Something the prescriber asks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its code, `kidney_severe`.
    pub code: String,
    zh: String,
    en: String,
    #[serde(default)]
    raises_risk: bool,
}

impl Question {
    /// The question in words.
    #[must_use]
    pub fn text(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

/// An oral antiviral.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Medicine {
    /// Its code, `nirmatrelvir`.
    pub code: String,
    zh: String,
    en: String,
    #[serde(default)]
    within_days: Option<i64>,
    #[serde(default)]
    needs_risk: bool,
    stops: Vec<String>,
    weighs: Vec<String>,
    /// Where that stands.
    pub citation: String,
    /// Whether somebody compared it with the original.
    pub verified: bool,
}

impl Medicine {
    /// Its name.
    #[must_use]
    pub fn name(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

/// What another medicine that is taken means (相互作用).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    Stops,
    Weighs,
}

/// Other medicines that go badly together with some of the list (药物相互作用).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interaction {
    /// Its code, `rifampicin`.
    pub code: String,
    zh: String,
    en: String,
    with: Vec<String>,
    effect: Effect,
    /// Where that stands.
    pub citation: String,
    /// Whether somebody compared it with the original.
    pub verified: bool,
}

impl Interaction {
    /// Which other medicines.
    #[must_use]
    pub fn text(&self, english: bool) -> &str {
        if english { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    adult_from: i64,
    risk_over_age: i64,
    question: Vec<Question>,
    medicine: Vec<Medicine>,
    #[serde(default)]
    interaction: Vec<Interaction>,
}

/// What the prescriber asked and was told. A question that is not in `said` was not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// Yes or no by the code of the question.
    pub said: BTreeMap<String, bool>,
    /// The codes of other medicines that are taken.
    pub takes: BTreeSet<String>,
}

/// The checklist. Refused when a medicine goes by a question that nobody asks, or by one in two ways, and when an interaction is with none of
/// the list.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Antivirals(Body);

impl TryFrom<Body> for Antivirals {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let asked = |code: &str| code == PREGNANT || body.question.iter().any(|question| question.code == code);
        for medicine in &body.medicine {
            let mut named = medicine.stops.iter().chain(&medicine.weighs);
            if let Some(unknown) = named.find(|code| !asked(code)) {
                return Err(Contradiction(format!("{} goes by {unknown}, which nobody asks", medicine.code)));
            }
            if let Some(twice) = medicine.stops.iter().find(|code| medicine.weighs.contains(code)) {
                return Err(Contradiction(format!("{} is ruled out by {twice} and only weighed by it", medicine.code)));
            }
            if medicine.within_days.is_some_and(|days| days < 1) {
                return Err(Contradiction(format!("{} within less than a day", medicine.code)));
            }
        }
        let listed = |code: &String| body.medicine.iter().any(|medicine| medicine.code == *code);
        for (i, one) in body.interaction.iter().enumerate() {
            if let Some(unknown) = one.with.iter().find(|code| !listed(code)) {
                return Err(Contradiction(format!("{} goes badly with {unknown}, which is not in the list", one.code)));
            }
            if body.interaction.iter().take(i).any(|before| before.code == one.code) {
                return Err(Contradiction(format!("there are two interactions {}", one.code)));
            }
        }
        Ok(Self(body))
    }
}

/// What is said for or against a medicine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// Days since the onset, and within how many it must begin.
    TooLate {
        /// Days since.
        days: i64,
        /// Within how many.
        within: i64,
    },
    /// Below the age of an adult.
    TooYoung,
    /// It is meant for those at risk.
    NoRisk,
    /// A yes that rules it out.
    Stops(String),
    /// A yes that is to be weighed.
    Weighs(String),
    /// Another medicine that is taken and rules it out.
    Clashes(String),
    /// Another medicine that is taken and is to be weighed.
    Interacts(String),
    /// Nobody has asked yet.
    NotAsked(String),
}

/// How a medicine fits somebody. Ordered: a later one is the more against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Nothing of the list speaks against it.
    Possible,
    /// Something is to be weighed or still to be asked.
    Weigh,
    /// The list rules it out.
    Out,
}

impl Fit {
    /// The word in text keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Weigh => "weigh",
            Self::Out => "out",
        }
    }
}

/// A medicine beside how it fits and why.
#[derive(Debug, Clone)]
pub struct Checked<'a> {
    /// The medicine.
    pub medicine: &'a Medicine,
    /// How it fits.
    pub fit: Fit,
    /// Why; empty when nothing speaks against it.
    pub points: Vec<Point>,
}

impl Antivirals {
    /// What is asked, in order.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.0.question
    }

    /// A question by its code.
    #[must_use]
    pub fn question(&self, code: &str) -> Option<&Question> {
        self.0.question.iter().find(|question| question.code == code)
    }

    /// Other medicines that are asked for, in order.
    #[must_use]
    pub fn interactions(&self) -> &[Interaction] {
        &self.0.interaction
    }

    /// An interaction by its code.
    #[must_use]
    pub fn interaction(&self, code: &str) -> Option<&Interaction> {
        self.0.interaction.iter().find(|one| one.code == code)
    }

    /// The medicines, in the order of the list.
    #[must_use]
    pub fn medicines(&self) -> &[Medicine] {
        &self.0.medicine
    }

    /// A medicine by its code.
    #[must_use]
    pub fn medicine(&self, code: &str) -> Option<&Medicine> {
        self.0.medicine.iter().find(|medicine| medicine.code == code)
    }

    /// How each medicine fits somebody who fell ill on a day, by what was answered: a question that is missing was not asked. Those that fit
    /// best come first.
    #[must_use]
    pub fn check(&self, factors: &Factors, (onset, today): (Date, Date), answers: &Answers) -> Vec<Checked<'_>> {
        let age = factors.age(today);
        let days = i64::from(onset.until(today).map_or(0, |span| span.get_days()));
        let risk = self.at_risk(factors, age, &answers.said);
        let one = |medicine| self.fit(medicine, factors, (age, days, risk), answers);
        let mut all: Vec<Checked<'_>> = self.0.medicine.iter().map(one).collect();
        all.sort_by_key(|checked| checked.fit);
        all
    }

    /// Whether something raises the risk of severe disease; `None` when the record says nothing of the kind and the rest was not asked.
    fn at_risk(&self, factors: &Factors, age: i64, answers: &BTreeMap<String, bool>) -> Option<bool> {
        let by_record =
            age > self.0.risk_over_age || factors.disease != Disease::None || factors.immunocompromised || factors.pregnant;
        let mut raising = self.0.question.iter().filter(|question| question.raises_risk).map(|one| answers.get(&one.code));
        if by_record || raising.clone().any(|answer| answer == Some(&true)) {
            Some(true)
        } else if raising.any(|answer| answer.is_none()) {
            None
        } else {
            Some(false)
        }
    }

    fn fit<'a>(
        &'a self,
        medicine: &'a Medicine,
        factors: &Factors,
        (age, days, risk): (i64, i64, Option<bool>),
        Answers { said: answers, takes }: &Answers,
    ) -> Checked<'a> {
        let mut points = Vec::new();
        if age < self.0.adult_from {
            points.push((Fit::Out, Point::TooYoung));
        }
        if let Some(within) = medicine.within_days.filter(|within| days > *within) {
            points.push((Fit::Out, Point::TooLate { days, within }));
        }
        match risk {
            Some(false) if medicine.needs_risk => points.push((Fit::Out, Point::NoRisk)),
            None if medicine.needs_risk => {
                let open = self.0.question.iter().filter(|one| one.raises_risk && !answers.contains_key(&one.code));
                points.extend(open.map(|one| (Fit::Weigh, Point::NotAsked(one.code.clone()))));
            }
            _ => {}
        }
        let answer = |code: &String| if code == PREGNANT { Some(factors.pregnant) } else { answers.get(code).copied() };
        for code in medicine.stops.iter().chain(&medicine.weighs) {
            let stops = medicine.stops.contains(code);
            match answer(code) {
                Some(false) => {}
                Some(true) if stops => points.push((Fit::Out, Point::Stops(code.clone()))),
                Some(true) => points.push((Fit::Weigh, Point::Weighs(code.clone()))),
                None => points.push((Fit::Weigh, Point::NotAsked(code.clone()))),
            }
        }
        let taken = self.0.interaction.iter().filter(|one| takes.contains(&one.code) && one.with.contains(&medicine.code));
        points.extend(taken.map(|one| match one.effect {
            Effect::Stops => (Fit::Out, Point::Clashes(one.code.clone())),
            Effect::Weighs => (Fit::Weigh, Point::Interacts(one.code.clone())),
        }));
        let fit = points.iter().map(|(fit, _)| *fit).max().unwrap_or(Fit::Possible);
        // What is still to be asked says nothing any more about what is ruled out.
        let told = points.into_iter().filter(|(against, _)| *against == fit).map(|(_, point)| point);
        Checked { medicine, fit, points: told.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::model::Vaccination;
    use crate::follow::rules::testing::{read, rules, shipped};
    use jiff::civil::date;

    fn factors(born: i16, disease: Disease, pregnant: bool) -> Factors {
        let born = date(born, 1, 1);
        Factors { born, disease, immunocompromised: false, vaccination: Vaccination::Full, pregnant, scale2: false }
    }

    fn answers(yes: &[&str]) -> Answers {
        let codes = rules().antivirals().questions().iter().map(|one| one.code.clone()).collect::<Vec<_>>();
        let said = codes.into_iter().map(|code| (code.clone(), yes.contains(&code.as_str()))).collect();
        Answers { said, takes: BTreeSet::new() }
    }

    fn fits(factors: &Factors, days: i8, answers: &Answers) -> Vec<(String, Fit, Vec<Point>)> {
        let rules = rules();
        let checked = rules.antivirals().check(factors, (date(2026, 11, 20 - days), date(2026, 11, 20)), answers);
        checked.into_iter().map(|one| (one.medicine.code.clone(), one.fit, one.points)).collect()
    }

    fn fit_of(all: &[(String, Fit, Vec<Point>)], code: &str) -> (Fit, Vec<Point>) {
        all.iter().find(|(one, _, _)| one == code).map(|(_, fit, points)| (*fit, points.clone())).unwrap()
    }

    #[test]
    fn an_old_person_on_the_second_day_can_have_all_of_them() {
        let all = fits(&factors(1945, Disease::Stable, false), 2, &answers(&[]));
        assert_eq!(all.len(), 5);
        assert!(all.iter().all(|(_, fit, points)| *fit == Fit::Possible && points.is_empty()), "{all:?}");
    }

    #[test]
    fn days_since_the_onset_rule_out_one_after_the_other() {
        let old = factors(1945, Disease::Stable, false);
        for (days, simnotrelvir, nirmatrelvir) in [
            (3, Fit::Possible, Fit::Possible),
            (4, Fit::Out, Fit::Possible),
            (5, Fit::Out, Fit::Possible),
            (6, Fit::Out, Fit::Out),
        ] {
            let all = fits(&old, days, &answers(&[]));
            assert_eq!((fit_of(&all, "simnotrelvir").0, fit_of(&all, "nirmatrelvir").0), (simnotrelvir, nirmatrelvir), "{days}");
            assert_eq!(fit_of(&all, "azvudine").0, Fit::Possible, "the source states no days");
        }
        let late = fits(&old, 6, &answers(&[]));
        assert_eq!(fit_of(&late, "nirmatrelvir").1, [Point::TooLate { days: 6, within: 5 }]);
        assert_eq!(late[0].0, "azvudine", "what fits best comes first");
    }

    #[test]
    fn kidneys_and_other_medicines_rule_out_or_are_weighed() {
        let old = factors(1945, Disease::Stable, false);
        let all = fits(&old, 1, &answers(&["kidney_moderate"]));
        assert_eq!(fit_of(&all, "nirmatrelvir"), (Fit::Weigh, vec![Point::Weighs("kidney_moderate".to_owned())]));
        let all = fits(&old, 1, &answers(&["kidney_severe", "cyp3a"]));
        let stops = ["cyp3a", "kidney_severe"].map(|code| Point::Stops(code.to_owned())).to_vec();
        assert_eq!(fit_of(&all, "nirmatrelvir"), (Fit::Out, stops));
        assert_eq!(fit_of(&all, "molnupiravir").0, Fit::Possible);
        let all = fits(&factors(1995, Disease::None, true), 1, &answers(&[]));
        assert_eq!((fit_of(&all, "simnotrelvir").0, fit_of(&all, "nirmatrelvir").0), (Fit::Out, Fit::Weigh), "pregnant");
    }

    #[test]
    fn what_nobody_asked_is_never_taken_for_a_no() {
        let old = factors(1945, Disease::Stable, false);
        let all = fits(&old, 1, &Answers::default());
        assert!(all.iter().all(|(_, fit, _)| *fit == Fit::Weigh), "{all:?}");
        assert!(fit_of(&all, "molnupiravir").1.contains(&Point::NotAsked("allergy".to_owned())));
    }

    #[test]
    fn the_young_and_healthy_and_children() {
        let all = fits(&factors(1990, Disease::None, false), 1, &answers(&[]));
        assert_eq!((fit_of(&all, "nirmatrelvir").1, fit_of(&all, "simnotrelvir").0), (vec![Point::NoRisk], Fit::Possible));
        let all = fits(&factors(1990, Disease::None, false), 1, &answers(&["other_risk"]));
        assert_eq!(fit_of(&all, "nirmatrelvir").0, Fit::Possible);
        // At exactly 65 nobody is over 65.
        let all = fits(&factors(1961, Disease::None, false), 1, &answers(&[]));
        assert_eq!(fit_of(&all, "nirmatrelvir").0, Fit::Out);
        let all = fits(&factors(2012, Disease::Unstable, false), 1, &answers(&[]));
        assert!(all.iter().all(|(_, fit, points)| *fit == Fit::Out && points.contains(&Point::TooYoung)));
    }

    #[test]
    fn other_medicines_rule_out_what_they_clash_with_and_nothing_else() {
        let old = factors(1945, Disease::Stable, false);
        let with = |code: &str| Answers { takes: [code.to_owned()].into(), ..answers(&[]) };
        let all = fits(&old, 1, &with("rifampicin"));
        assert_eq!(fit_of(&all, "nirmatrelvir"), (Fit::Out, vec![Point::Clashes("rifampicin".to_owned())]));
        assert_eq!((fit_of(&all, "simnotrelvir").0, fit_of(&all, "molnupiravir").0), (Fit::Out, Fit::Possible));
        let all = fits(&old, 1, &with("warfarin"));
        assert_eq!(fit_of(&all, "nirmatrelvir"), (Fit::Weigh, vec![Point::Interacts("warfarin".to_owned())]));
        assert!(rules().antivirals().interactions().iter().all(|one| !one.verified && !one.citation.is_empty()));
    }

    #[test]
    fn a_list_that_goes_by_what_nobody_asks_is_refused() {
        let wrong = shipped("care.antivirals").replacen("stops = [\"allergy\", \"cyp3a\"", "stops = [\"grapefruit\"", 1);
        assert!(read(&wrong).unwrap_err().to_string().contains("which nobody asks"));
        let wrong = shipped("care.antivirals").replacen("with = [\"nirmatrelvir\"", "with = [\"aspirin\"", 1);
        assert!(read(&wrong).unwrap_err().to_string().contains("not in the list"));
    }
}
