//! The play: what is to be done stands in one queue by time, one act after the other; what follows from an act is heard from the journal, as
//! everybody at a screen hears it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use jiff::civil::Date;
use linli_db::{StoredLine, journal};
use linli_kernel::{DistrictId, Ts};
use serde_json::Value;
use uuid::Uuid;

use super::cases::{self, Case, Stands};
use super::down::Down;
use super::plan::{self, City, Kind};
use super::stage::{Known, Stage, at};
use super::wave::{Wave, real, whole};
use crate::demo::Dice;

/// Seconds between two looks of the jobs and of those who lead grids.
const TICK: i64 = 300;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Clinics open.
    Clinics(Date),
    /// Beds are counted for the first time.
    Ledger(usize),
    /// Others who lay in intensive beds before the span go home, so many.
    Fewer(usize, i64),
    /// The day before is told.
    Return(usize, &'static str, Date),
    /// The officers order beds.
    Orders(Date),
    /// An order is begun.
    Begin(usize, Uuid),
    /// An order is done: so many beds.
    Done(usize, Uuid, i64),
    /// The day's severe cases become known to the play.
    Cases(Date),
    /// Somebody is seen.
    Seen(usize),
    /// A bed is asked for.
    Ask(usize),
    /// Whoever answers for beds looks at a request.
    Answer { case: usize, house: usize, attempt: i64 },
    /// The patient leaves.
    Depart(usize),
    /// The patient is there.
    Arrive(usize),
    /// Is there a bed now for somebody who waits in the emergency department?
    Look(usize),
    /// The stay is over.
    Leave(usize),
    /// A day before it is: where to, for somebody who steps down.
    StepDown(usize),
    /// A ward looks at who is to come.
    AnswerDown { down: usize, house: usize, attempt: i64 },
    /// There, in the ward.
    ArriveDown(usize),
    /// Home from the ward.
    HomeFromDown(usize),
    /// The patient cannot wait longer.
    Dies(usize),
    /// The jobs of the server; then those who lead grids look at the plan.
    Tick,
}

/// The play, while it goes on.
pub struct Run<'a> {
    pub(super) stage: &'a Stage,
    pub(super) city: &'a City,
    pub(super) wave: &'a Wave,
    /// Whether those who lead grids look at the plan.
    pub(super) plan: bool,
    queue: BTreeMap<(Ts, u64), Act>,
    queued: u64,
    end: Ts,
    cursors: BTreeMap<DistrictId, i64>,
    pub(super) cases: Vec<Case>,
    by_referral: BTreeMap<Uuid, usize>,
    /// Those who step down, and whose referral downwards is which.
    pub(super) downs: Vec<Down>,
    pub(super) by_down: BTreeMap<Uuid, usize>,
    /// Which house is asked for a case now.
    pub(super) asked: BTreeMap<usize, usize>,
    /// Those who are asked for at a house that leads, or wait there for a bed.
    pub(super) pending: BTreeMap<usize, BTreeSet<usize>>,
    /// A decision is being made: whoever is asked by it is told on the telephone.
    pub(super) deciding: bool,
    pub(super) known: Vec<Option<Known>>,
    by_id: BTreeMap<Uuid, usize>,
    pub(super) units: BTreeMap<(Uuid, String), Uuid>,
    /// Beds that are open or ordered, by house.
    pub(super) ordered: BTreeMap<usize, i64>,
    /// What was told last, by house and form.
    pub(super) told: BTreeMap<(usize, &'static str), i64>,
}

impl<'a> Run<'a> {
    /// Nothing is done yet.
    pub fn new(stage: &'a Stage, city: &'a City, wave: &'a Wave, (plan, end): (bool, Ts)) -> anyhow::Result<Self> {
        let mut run = Self {
            stage,
            city,
            wave,
            plan,
            queue: BTreeMap::new(),
            queued: 0,
            end,
            cursors: BTreeMap::new(),
            cases: Vec::new(),
            by_referral: BTreeMap::new(),
            downs: Vec::new(),
            by_down: BTreeMap::new(),
            asked: BTreeMap::new(),
            pending: BTreeMap::new(),
            deciding: false,
            known: Vec::new(),
            by_id: BTreeMap::new(),
            units: BTreeMap::new(),
            ordered: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        run.begin()?;
        Ok(run)
    }

    /// What the calendar brings.
    fn begin(&mut self) -> anyhow::Result<()> {
        let city = self.city;
        for day in plan::days(city.from, city.to) {
            self.at(at(day, 0, 0)?, Act::Clinics(day));
            self.at(at(day, 0, 2)?, Act::Cases(day));
            self.at(at(day, 9, 0)?, Act::Orders(day));
            // Told the next morning, each at its own minute before ten.
            let morning = at(day.tomorrow()?, 8, 0)?;
            for house in &city.houses {
                let told = morning.plus_secs(60 * i64::try_from(house.n % 110)?);
                if house.opens <= day && house.kind != Kind::Emergency {
                    self.at(told, Act::Return(house.n, "fever_clinic", day));
                }
                if matches!(house.kind, Kind::Lead | Kind::Hospital) {
                    self.at(told, Act::Return(house.n, "emergency", day));
                }
                if house.icu.1 > 0 {
                    self.at(told, Act::Return(house.n, "icu", day));
                }
                if house.kind == Kind::Emergency {
                    self.at(told, Act::Return(house.n, "dispatch", day));
                }
            }
        }
        for house in city.houses.iter().filter(|house| matches!(house.kind, Kind::Lead | Kind::Hospital)) {
            self.at(at(city.from, 0, 0)?.plus_secs(1), Act::Ledger(house.n));
        }
        self.at(at(city.from, 0, 5)?, Act::Tick);
        Ok(())
    }

    /// Puts something into the queue.
    pub(super) fn at(&mut self, at: Ts, act: Act) {
        self.queued += 1;
        self.queue.insert((at, self.queued), act);
    }

    /// Plays until the end.
    pub async fn play(&mut self) -> anyhow::Result<()> {
        while let Some(((at, number), act)) = self.queue.pop_first() {
            if at > self.end {
                break;
            }
            let stage = self.stage;
            // Of one moment and kind there is one act of its number: the queue is filled in the same order each time.
            stage.act(at, &format!("{act:?} {number}"), self.act(at, act)).await?;
            self.hear(at).await?;
        }
        Ok(())
    }

    async fn act(&mut self, now: Ts, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Clinics(day) => self.clinics(day).await,
            Act::Ledger(house) => self.ledger(house, now).await,
            Act::Fewer(house, n) => self.fewer(house, n).await,
            Act::Return(house, form, day) => self.tell(house, form, day).await,
            Act::Orders(day) => self.orders(day).await,
            Act::Begin(house, order) => self.begun(house, order).await,
            Act::Done(house, order, beds) => self.done(house, order, beds).await,
            Act::Cases(day) => {
                for case in cases::of_day(self.wave, self.city, self.stage.seed, day, self.cases.len())? {
                    self.at(case.at.max(now), Act::Seen(case.n));
                    self.cases.push(case);
                }
                Ok(())
            }
            Act::Seen(case) => self.seen(case, now).await,
            Act::Ask(case) => self.ask(case, now).await,
            Act::Answer { case, house, attempt } => self.answer(case, house, attempt).await,
            Act::Depart(case) => self.depart(case, now).await,
            Act::Arrive(case) => self.arrive(case).await,
            Act::Look(case) => self.look(case, now).await,
            Act::Leave(case) => self.leave(case, now).await,
            Act::StepDown(case) => self.step_down(case).await,
            Act::AnswerDown { down, house, attempt } => self.answer_down(down, house, attempt).await,
            Act::ArriveDown(down) => self.arrive_down(down, now).await,
            Act::HomeFromDown(down) => self.home_from_down(down).await,
            Act::Dies(case) => self.dies(case, now).await,
            Act::Tick => {
                self.stage.jobs().await?;
                if self.plan {
                    self.hear(now).await?;
                    self.decide().await?;
                }
                self.at(now.plus_secs(TICK), Act::Tick);
                Ok(())
            }
        }
    }

    async fn clinics(&mut self, day: Date) -> anyhow::Result<()> {
        let rows = self.city.institutions(day)?;
        if rows.lines().count() > 1 {
            let first = self.city.districts.first().context("no district")?.code;
            self.stage.bring_in("institutions", first, &rows).await?;
        }
        let (known, units) = self.stage.known().await?;
        if day == self.city.from {
            self.stage.found_grids(self.city, &known).await?;
        }
        self.known = self.city.houses.iter().map(|house| known.get(&house.code).copied()).collect();
        let ids = self.known.iter().enumerate().filter_map(|(n, known)| Some((known.as_ref()?.id, n)));
        self.by_id = ids.collect();
        self.units = units;
        Ok(())
    }

    /// Reads what was written since and puts what follows from it into the queue.
    pub(super) async fn hear(&mut self, now: Ts) -> anyhow::Result<()> {
        let mut read = self.stage.db.read().await?;
        let c = &mut read.conn();
        let mut lines = Vec::new();
        for (district, last) in journal::all_last_seqs(c).await? {
            let heard = self.cursors.get(&district).copied().unwrap_or(0);
            if last > heard && district != DistrictId::CITY {
                lines.extend(journal::after(c, district, heard, 100_000).await?);
                self.cursors.insert(district, last);
            }
        }
        drop(read);
        for line in lines {
            self.heard(&line, now)?;
        }
        Ok(())
    }

    fn heard(&mut self, line: &StoredLine, now: Ts) -> anyhow::Result<()> {
        let Some(kind) = line.kind.strip_prefix("treatment.") else { return Ok(()) };
        let Some(subject) = line.subject_id else { return Ok(()) };
        if kind == "conversion_ordered" {
            return self.heard_order(subject, &line.facts(), now);
        }
        if self.heard_down(line, now)? {
            return Ok(());
        }
        let Some(n) = self.by_referral.get(&subject).copied() else { return Ok(()) };
        let facts = line.facts();
        let house = |name: &str| {
            facts.get(name).and_then(Value::as_str).and_then(|id| self.by_id.get(&id.parse::<Uuid>().ok()?).copied())
        };
        let attempt = facts.get("attempt").and_then(Value::as_i64).unwrap_or(0);
        let Some(case) = self.cases.get_mut(n) else { return Ok(()) };
        match kind {
            "inbound_came" => {
                let house = house("institution").context("an institution of the city")?;
                self.heard_request(n, (house, attempt), now);
            }
            "referral_answered" => match facts.get("answer").and_then(Value::as_str) {
                Some("accepted") => {
                    let by = house("by").context("an institution of the city")?;
                    case.stands = Stands::Taken(by);
                    case.attempt = attempt;
                    let dice = Dice::new(self.stage.seed, &format!("ready to go {n} {attempt}"));
                    self.at(now.plus_secs(60 * dice.between(10, 55)), Act::Depart(n));
                }
                Some("lapsed") => case.stands = Stands::Waits,
                _ => {}
            },
            "bed_held" | "bed_taken" => case.bed = true,
            "bed_released" | "bed_expired" | "bed_left" => case.bed = false,
            "inbound_arrived" | "inbound_bedded" => {
                let house = house("institution").context("an institution of the city")?;
                if case.bed {
                    let leaves = now.plus_secs(case.stay);
                    case.stands = Stands::Lies(house);
                    self.at(leaves, Act::Leave(n));
                    self.may_step_down(n, now, leaves);
                } else {
                    case.stands = Stands::Boards(house);
                    self.pending.entry(house).or_default().insert(n);
                    self.at(now.plus_secs(900), Act::Look(n));
                }
            }
            "referral_given_up" => {
                case.referral = None;
                case.stands = Stands::Waits;
                self.asked.remove(&n);
                self.at(now.plus_secs(1_800), Act::Ask(n));
            }
            _ => {}
        }
        Ok(())
    }

    /// Somebody is asked for at a house: whoever answers for its beds looks at it after a while.
    fn heard_request(&mut self, n: usize, (house, attempt): (usize, i64), now: Ts) {
        self.asked.insert(n, house);
        let leads = self.city.houses.get(house).is_some_and(|house| house.kind == Kind::Lead);
        if leads {
            self.pending.entry(house).or_default().insert(n);
        }
        let dice = Dice::new(self.stage.seed, &format!("answer {n} {attempt} at {house}"));
        let minutes = if dice.chance(80) { dice.between(2, 12) } else { dice.between(12, 28) };
        let minutes = match (self.plan, self.deciding) {
            // Told on the telephone that somebody comes.
            (true, true) => 1 + minutes / 4,
            // The plan is looked at first.
            (true, false) if leads => minutes.max(7),
            _ => minutes,
        };
        self.at(now.plus_secs(60 * minutes), Act::Answer { case: n, house, attempt });
    }

    fn heard_order(&mut self, order: Uuid, facts: &Value, now: Ts) -> anyhow::Result<()> {
        let text = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(house) = self.by_id.get(&text("institution").parse::<Uuid>().unwrap_or_default()).copied() else {
            return Ok(());
        };
        let beds = facts.get("beds").and_then(Value::as_i64).context("how many beds")?;
        let dice = Dice::new(self.stage.seed, &format!("order of {beds} at {house} {}", now.0));
        let begun = dice.between(60, 480);
        // One in twelve is late.
        let takes = if dice.below(12) == 0 { dice.between(49 * 60, 70 * 60) } else { dice.between(18 * 60, 46 * 60) };
        self.at(now.plus_secs(60 * begun), Act::Begin(house, order));
        self.at(now.plus_secs(60 * takes), Act::Done(house, order, beds));
        Ok(())
    }

    /// The request of a case is known by this id from now on.
    pub(super) fn sent(&mut self, case: usize, referral: Uuid) {
        self.by_referral.insert(referral, case);
        if let Some(case) = self.cases.get_mut(case) {
            case.referral = Some(referral);
        }
    }

    /// Whose request it is.
    pub fn of_referral(&self, referral: Uuid) -> Option<usize> {
        self.by_referral.get(&referral).copied()
    }

    /// Whether it is the request of somebody who steps down.
    pub fn is_down(&self, referral: Uuid) -> bool {
        self.by_down.contains_key(&referral)
    }

    /// Which house an id is.
    pub fn house_of(&self, id: Uuid) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The store's name of a house.
    pub(super) fn known(&self, house: usize) -> anyhow::Result<Known> {
        self.known.get(house).copied().flatten().with_context(|| format!("house {house} did not come in"))
    }

    /// The unit of a kind of a house.
    pub(super) fn unit(&self, house: usize, kind: &str) -> anyhow::Result<Uuid> {
        let id = self.known(house)?.id;
        self.units.get(&(id, kind.to_owned())).copied().with_context(|| format!("house {house} has no {kind}"))
    }

    /// How far the span is on a day, from 0 to 1.
    pub(super) fn far(&self, day: Date) -> f64 {
        let between = |from: Date, to: Date| real(i64::from(from.until(to).map(|span| span.get_days()).unwrap_or(0)));
        let all = between(self.city.from, self.city.to);
        if all > 0.0 { between(self.city.from, day) / all } else { 1.0 }
    }

    /// A part of the wave of a day, of a house with this weight among so much.
    pub(super) fn part(&self, curve: &str, day: Date, (weight, of): (i64, i64)) -> f64 {
        self.wave.at(curve, day) * self.city.share * real(weight) / real(of.max(1))
    }

    /// What of a number that is reached at the end is there on a day.
    pub(super) fn grown(&self, last: i64, day: Date) -> i64 {
        whole(real(last) * self.far(day))
    }
}
