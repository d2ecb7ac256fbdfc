//! What came of a play: every published figure with ours and the signed error, and how long people waited. Everything is read from the journal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use linli_db::{Db, StoredLine, journal};
use linli_kernel::Ts;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::digest;
use super::plan::{City, Kind};
use super::run::Run;
use super::wave::{Published, Wave, real};
use crate::districts;

/// Consulting rooms that were added in the whole city, as published.
pub const ROOMS_ADDED: i64 = 449;

/// A published figure beside ours.
#[derive(Debug, Clone, Serialize)]
pub struct Beside {
    /// What it is.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// Of which day.
    pub day: Option<Date>,
    /// As printed.
    pub published: f64,
    /// What that is for a city of this size.
    pub expected: f64,
    /// Whether its day lies outside the span that was played: then there is nothing of ours beside it, and no error.
    pub outside: bool,
    /// Ours; nothing when the span does not reach it.
    pub ours: Option<f64>,
    /// Whether the error is in percent.
    pub percent: bool,
    /// Ours less the expected, in percent of it; of ratios and days the difference itself.
    pub error: Option<f64>,
    /// Where it was printed.
    pub source: String,
}

/// Minutes, of so many.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many.
    pub n: usize,
    /// Half waited no longer.
    pub median: i64,
    /// Nine of ten waited no longer.
    pub p90: i64,
    /// The longest.
    pub most: i64,
}

impl Spread {
    fn of(mut minutes: Vec<i64>) -> Self {
        minutes.sort_unstable();
        let n = minutes.len();
        let at = |percent: usize| minutes.get((n * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0);
        Self { n, median: at(50), p90: at(90), most: at(100) }
    }
}

/// How those went on who needed an intensive bed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Waits {
    /// From the first request to a held or taken bed.
    pub to_bed: Spread,
    /// The same of critical patients.
    pub to_bed_critical: Spread,
    /// From the first request to the door.
    pub to_door: Spread,
    /// From a request by the green channel to the first answer that takes in or refuses.
    pub green_answer: Spread,
    /// People asked for.
    pub asked: usize,
    /// Requests that went to the next house, by reason.
    pub passed_on: BTreeMap<String, usize>,
    /// Refusals, by reason.
    pub refused: BTreeMap<String, usize>,
    /// Refusals of critical patients that were stopped.
    pub refusals_stopped: usize,
    /// Requests that nobody took.
    pub given_up: usize,
    /// People who were asked for twice or more at the same house.
    pub ping_pong: usize,
    /// People who died without a bed.
    pub died_waiting: usize,
    /// People who had no bed at the end.
    pub waiting_at_end: usize,
    /// Beds that were ordered to be converted, and how many of the orders were done in time, late, not yet.
    pub ordered_beds: i64,
    /// Orders that were done by their deadline.
    pub orders_in_time: usize,
    /// Orders that were done later.
    pub orders_late: usize,
    /// Orders that were not done at the end.
    pub orders_open: usize,
    /// What the coordinators made of the plan.
    pub decided: BTreeMap<String, usize>,
    /// Why they took another bed than the plan had.
    pub overridden: BTreeMap<String, usize>,
    /// Those who step down: marked, asked for, accepted, there, home.
    pub step_down: BTreeMap<String, usize>,
}

/// What came of a play.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// What part of the city.
    pub share: f64,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Whether those who lead grids looked at the plan.
    pub plan: bool,
    /// Of all lines of the treatment network.
    pub digest: String,
    /// Returns that were told.
    pub returns: usize,
    /// People who fell so ill that they needed an intensive bed, those who found one where they were seen among them.
    pub severe: usize,
    /// Lines of the journal.
    pub lines: usize,
    /// Seconds that the play took.
    pub seconds: f64,
    /// Every published figure.
    pub published: Vec<Beside>,
    /// How long people waited.
    pub waits: Waits,
}

/// A day's figures of a form: how much of each field, and who told.
#[derive(Debug, Default)]
struct Told {
    sums: BTreeMap<String, i64>,
    by: BTreeSet<Uuid>,
}

#[derive(Debug, Default)]
struct Person {
    asked: Option<Ts>,
    critical: bool,
    bed: Option<Ts>,
    door: Option<Ts>,
    died: bool,
    houses: Vec<String>,
}

/// What is read from the journal.
#[derive(Debug, Default)]
struct Gathered {
    lines: usize,
    returns: usize,
    told: BTreeMap<(String, Date), Told>,
    rooms: BTreeMap<(Uuid, Date), i64>,
    convertible: BTreeMap<Uuid, i64>,
    grids: usize,
    people: BTreeMap<usize, Person>,
    green: BTreeMap<Uuid, Ts>,
    green_minutes: Vec<i64>,
    orders: BTreeMap<Uuid, (i64, i64, Option<Ts>)>,
    waits: Waits,
}

fn minutes(from: Ts, to: Ts) -> i64 {
    to.secs_since(from) / 60
}

impl Gathered {
    fn read(&mut self, run: &Run<'_>, line: &StoredLine) {
        let Some(kind) = line.kind.strip_prefix("treatment.") else { return };
        self.lines += 1;
        let facts = line.facts();
        let text = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| facts.get(name).and_then(Value::as_i64).unwrap_or(0);
        let Some(subject) = line.subject_id else { return };
        // Those who step down are counted by themselves: nobody of them waits for an intensive bed.
        if kind.starts_with("step_down_") || run.is_down(subject) {
            let step = match kind {
                "step_down_marked" => "marked",
                "step_down_asked" => "asked",
                "inbound_accepted" => "accepted",
                "inbound_declined" => "declined",
                "inbound_arrived" => "there",
                "inbound_completed" => "home",
                _ => return,
            };
            *self.waits.step_down.entry(step.to_owned()).or_default() += 1;
            return;
        }
        match kind {
            "return_told" => self.tell(&facts, subject),
            "bed_entered" if text("bed_type") == "observation" && text("kind") == "convertible" => {
                self.convertible.insert(subject, number("amount"));
            }
            "grid_founded" => self.grids += 1,
            "conversion_ordered" => {
                self.orders.insert(subject, (number("beds"), number("due"), None));
            }
            "conversion_done" => {
                if let Some((_, _, done)) = self.orders.get_mut(&subject) {
                    *done = Some(line.at);
                }
            }
            "plan_decided" => {
                *self.waits.decided.entry(text("made")).or_default() += 1;
                if !text("reason").is_empty() {
                    *self.waits.overridden.entry(text("reason")).or_default() += 1;
                }
            }
            "refusal_stopped" => self.waits.refusals_stopped += 1,
            "inbound_declined" => *self.waits.refused.entry(text("reason")).or_default() += 1,
            "referral_spilled" => *self.waits.passed_on.entry(text("because")).or_default() += 1,
            "referral_given_up" => self.waits.given_up += 1,
            "referral_answered" if matches!(text("answer").as_str(), "accepted" | "declined") => {
                if let Some(asked) = self.green.remove(&subject) {
                    self.green_minutes.push(minutes(asked, line.at));
                }
            }
            _ => {}
        }
        let Some(case) = run.of_referral(subject) else { return };
        let person = self.people.entry(case).or_default();
        let first = |known: Option<Ts>| Some(known.map_or(line.at, |known| known.min(line.at)));
        match kind {
            "referral_asked" => {
                person.asked = first(person.asked);
                person.critical = text("severity") == "critical";
                if text("channel") == "green" {
                    self.green.insert(subject, line.at);
                }
            }
            "referral_sent" => person.houses.push(text("to")),
            "bed_held" | "bed_taken" => person.bed = first(person.bed),
            "inbound_arrived" => person.door = first(person.door),
            "referral_cancelled" if text("reason") == "died" => person.died = true,
            "inbound_completed" if text("reason") == "died" => person.died = true,
            _ => {}
        }
    }

    fn tell(&mut self, facts: &Value, house: Uuid) {
        self.returns += 1;
        let text = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default();
        let (form, Ok(day)) = (text("form").to_owned(), text("day").parse::<Date>()) else { return };
        let told = self.told.entry((form, day)).or_default();
        told.by.insert(house);
        for (field, stated) in facts.get("figures").and_then(Value::as_object).into_iter().flatten() {
            let said = stated.as_i64().or_else(|| stated.get("number").and_then(Value::as_i64)).unwrap_or(0);
            *told.sums.entry(field.clone()).or_default() += said;
            if field == "rooms_open" {
                self.rooms.insert((house, day), said);
            }
        }
    }

    fn sum(&self, form: &str, field: &str, day: Date) -> Option<i64> {
        self.told.get(&(form.to_owned(), day))?.sums.get(field).copied()
    }

    /// The day with most of a field.
    fn peak(&self, form: &str, field: &str) -> Option<Date> {
        let days = self.told.iter().filter(|((of, _), _)| of == form);
        days.max_by_key(|((_, day), told)| (told.sums.get(field).copied(), std::cmp::Reverse(*day))).map(|((_, day), _)| *day)
    }

    fn clinics(&self, run: &Run<'_>, city: &City, day: Date, hospital: Option<bool>) -> Option<i64> {
        let told = self.told.get(&("fever_clinic".to_owned(), day))?;
        let of = |id: &Uuid| run.house_of(*id).and_then(|n| city.houses.get(n)).map(|house| house.kind != Kind::Centre);
        let fits = |id: &&Uuid| hospital.is_none() || of(id) == hospital;
        i64::try_from(told.by.iter().filter(fits).count()).ok()
    }

    fn measure(&self, run: &Run<'_>, city: &City, one: &Published) -> Option<f64> {
        let sum = |form: &str, field: &str| self.sum(form, field, one.day?).map(real);
        let days = |from: Date, to: Date| from.until(to).map(|span| real(i64::from(span.get_days()))).ok();
        match one.measure.as_str() {
            "fever_visits" => sum("fever_clinic", "visits"),
            "fever_times" => {
                Some(real(self.sum("fever_clinic", "visits", one.day?)?) / real(self.sum("fever_clinic", "visits", one.other?)?))
            }
            "fever_peak_day" => {
                // Only where the span goes beyond it.
                (city.from <= one.day? && one.day? < city.to).then_some(())?;
                days(one.day?, self.peak("fever_clinic", "visits")?)
            }
            "hospital_clinics" => self.clinics(run, city, one.day?, Some(true)).map(real),
            "community_clinics" => self.clinics(run, city, one.day?, Some(false)).map(real),
            "all_clinics" => self.clinics(run, city, one.day?, None).map(real),
            "rooms_added" => {
                let day = one.day?;
                let on = |of: Date| self.rooms.iter().filter(move |((_, told), _)| *told == of).map(|((id, _), n)| (*id, *n));
                let (first, last): (BTreeMap<_, _>, BTreeMap<_, _>) = (on(city.from).collect(), on(day).collect());
                (!last.is_empty()).then(|| {
                    let more = first.iter().filter_map(|(id, before)| Some(last.get(id)? - before));
                    real(more.sum())
                })
            }
            "emergency_visits" => sum("emergency", "visits"),
            "observation_beds" => sum("emergency", "observation_beds"),
            "observation_convertible" => Some(real(self.convertible.values().sum())),
            "calls_change" => {
                let (now, before) = (self.sum("dispatch", "calls", one.day?)?, self.sum("dispatch", "calls", one.other?)?);
                Some((real(now) / real(before) - 1.0) * 100.0)
            }
            field @ ("calls" | "vehicle_requests" | "urgent" | "non_urgent" | "diverted") => sum("dispatch", field),
            "icu_open" => sum("icu", "icu_open"),
            "icu_doctors" => sum("icu", "doctors"),
            "icu_nurses" => sum("icu", "nurses"),
            "grids" => Some(real(i64::try_from(self.grids).ok()?)),
            "severe_lag_days" => {
                let (fever, severe) = (self.peak("fever_clinic", "visits")?, self.peak("icu", "icu_used")?);
                (severe < city.to).then(|| days(fever, severe)).flatten()
            }
            "icu_use" => {
                let peak = self.peak("icu", "icu_used").filter(|peak| *peak < city.to)?;
                let day = peak.saturating_add(jiff::Span::new().days(one.after_peak?));
                Some(real(self.sum("icu", "icu_used", day)?) / real(self.sum("icu", "icu_open", day)?) * 100.0)
            }
            _ => None,
        }
    }

    fn beside(&self, run: &Run<'_>, city: &City, one: &Published) -> Beside {
        let expected = if one.scaled { one.value * city.share } else { one.value };
        let outside = is_outside(city, one);
        let ours = self.measure(run, city, one).filter(|_| !outside).map(round);
        let error = |ours: f64| if one.scaled { (ours - expected) / expected * 100.0 } else { ours - expected };
        Beside {
            zh: one.zh.clone(),
            en: one.en.clone(),
            day: one.day.map(|day| in_the_wave(city, day)),
            published: one.value,
            expected: round(expected),
            outside,
            ours,
            percent: one.scaled,
            error: ours.map(|ours| round(error(ours))),
            source: one.source.clone(),
        }
    }

    fn waits(&mut self) -> Waits {
        let mut waits = std::mem::take(&mut self.waits);
        let asked = || self.people.values().filter_map(|one| Some((one, one.asked?)));
        let to_bed = |critical: bool| {
            let beds = asked().filter(move |(one, _)| one.critical || !critical);
            Spread::of(beds.filter_map(|(one, asked)| Some(minutes(asked, one.bed?))).collect())
        };
        waits.to_bed = to_bed(false);
        waits.to_bed_critical = to_bed(true);
        waits.to_door = Spread::of(asked().filter_map(|(one, asked)| Some(minutes(asked, one.door?))).collect());
        waits.green_answer = Spread::of(std::mem::take(&mut self.green_minutes));
        waits.asked = asked().count();
        waits.died_waiting = asked().filter(|(one, _)| one.died && one.bed.is_none()).count();
        waits.waiting_at_end = asked().filter(|(one, _)| !one.died && one.bed.is_none()).count();
        waits.ping_pong = asked().filter(|(one, _)| one.houses.iter().collect::<BTreeSet<_>>().len() < one.houses.len()).count();
        for (beds, due, done) in self.orders.values() {
            waits.ordered_beds += beds;
            match done {
                Some(done) if done.0 <= *due => waits.orders_in_time += 1,
                Some(_) => waits.orders_late += 1,
                None => waits.orders_open += 1,
            }
        }
        waits
    }
}

/// Whether a figure is of a day that was not played, or is held against one.
fn is_outside(city: &City, one: &Published) -> bool {
    [one.day, one.other].into_iter().flatten().any(|day| day < city.from || city.to < day)
}

/// A day of the play as a day of the wave.
fn in_the_wave(city: &City, day: Date) -> Date {
    day.saturating_sub(jiff::Span::new().days(city.later))
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

/// Reads what came of a play.
pub async fn read(
    db: &Db,
    wave: &Wave,
    city: &City,
    run: &Run<'_>,
    (seed, plan, seconds): (u64, bool, f64),
) -> anyhow::Result<Report> {
    let mut gathered = Gathered::default();
    for district in districts::all(db).await? {
        let mut after = 0;
        loop {
            let lines = journal::after(&mut db.read().await?.conn(), district, after, 2_000).await?;
            let Some(last) = lines.last() else { break };
            after = last.seq;
            for line in &lines {
                gathered.read(run, line);
            }
        }
    }
    let published = wave.published.iter().map(|one| gathered.beside(run, city, one)).collect();
    Ok(Report {
        seed,
        share: city.share,
        from: in_the_wave(city, city.from),
        to: in_the_wave(city, city.to),
        plan,
        digest: digest::of(db).await?,
        returns: gathered.returns,
        severe: run.cases.len(),
        lines: gathered.lines,
        seconds: round(seconds),
        published,
        waits: gathered.waits(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ninth_of_ten() {
        let spread = Spread::of((1..=10).rev().collect());
        assert_eq!((spread.n, spread.median, spread.p90, spread.most), (10, 5, 9, 10));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
