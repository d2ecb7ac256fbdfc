//! What everybody does, each at a browser under the own appointment.

use anyhow::{Context as _, ensure};
use jiff::civil::Date;
use linli_db::sql;
use linli_kernel::Ts;
use uuid::Uuid;

use super::cases::{Stands, minutes};
use super::down::WARD_BEDS;
use super::offers::{others, suggested};
use super::plan::{self, COORDINATOR, Kind, officer, person, post};
use super::run::{Act, Run};
use super::wave::{drawn, real, whole};
use crate::demo::{Dice, unreal_phone};
use crate::play::browser::{Browser, Field};

/// Of a hundred intensive beds at the beginning so many are taken by others, all the time. Our own.
const OTHERS: i64 = 45;
/// Days that those lie in an intensive bed who were there before the span.
const DAYS_BEFORE: i64 = 9;
/// Doctors and nurses trained in intensive care to a bed: 14,000 and 28,000 to 7,000 beds, as published.
const PEOPLE: (i64, i64) = (2, 4);
/// Observation beds that can be made, of the whole city, as published.
const CONVERTIBLE: f64 = 1_312.0;
/// Beds that an order is worth.
const ORDER_LEAST: i64 = 3;
/// Hours that an order gives.
const ORDER_HOURS: &str = "48";
/// How many one coordinator decides about in one look.
const AT_ONCE: usize = 8;
/// Of a hundred suggestions so many are refused for another bed, with a reason. Our own: no figure was published.
const OVERRIDES: usize = 7;
/// Why, as likely one as the other.
const REASONS: [&str; 4] = ["specialty", "family", "transport", "told"];

/// Intensive beds of a house as its board has them.
#[derive(Debug, Clone, Copy, Default)]
struct Beds {
    open: i64,
    doctors: i64,
    nurses: i64,
    occupied: i64,
    reserved: i64,
}

impl Run<'_> {
    pub(super) fn role(&self, house: usize) -> &'static str {
        match self.city.houses.get(house).map(|house| house.kind) {
            Some(Kind::Centre) => "family_doctor",
            Some(Kind::Emergency) => "emergency_dispatcher",
            _ => "bed_manager",
        }
    }

    /// Whoever works at a house.
    pub(super) fn desk(&self, house: usize) -> anyhow::Result<&Browser> {
        let role = self.role(house);
        let house = self.city.houses.get(house).context("no such house")?;
        self.stage.who(&post(house, role))
    }

    async fn beds(&self, house: usize) -> anyhow::Result<Beds> {
        let known = self.known(house)?;
        let text = "SELECT coalesce(open_beds, 0), coalesce(doctors, 0), coalesce(nurses, 0), occupied, reserved FROM bed_cell \
                    WHERE district_id = $1 AND institution_id = $2 AND bed_type = 'icu'";
        let mut read = self.stage.db.read().await?;
        let found: Option<(i64, i64, i64, i64, i64)> = sql!(&mut read.conn(), x => sqlx::query_as(text)
            .bind(known.district)
            .bind(known.id)
            .fetch_optional(x)
            .await)?;
        Ok(found.map_or_else(Beds::default, |(open, doctors, nurses, occupied, reserved)| Beds {
            open,
            doctors,
            nurses,
            occupied,
            reserved,
        }))
    }

    async fn enter(&self, house: usize, unit: &str, bed_type: &str, entry: (&str, &str, i64)) -> anyhow::Result<()> {
        let (kind, change, amount) = entry;
        let (unit, amount) = (self.unit(house, unit)?.to_string(), amount.to_string());
        let mut fields = vec![
            Field::Text("unit", &unit),
            Field::Text("bed_type", bed_type),
            Field::Text("kind", kind),
            Field::Text("change", change),
            Field::Text("amount", &amount),
        ];
        if kind == "convertible" {
            fields.push(Field::Text("within_hours", "72"));
        }
        let path = format!("/beds/{}/entries", self.known(house)?.id);
        self.desk(house)?.post(&path, &fields).await.map(|_| ())
    }

    /// Beds are counted for the first time.
    pub(super) async fn ledger(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let house = self.city.houses.get(n).context("no such house")?;
        let weights: Vec<i64> = self.hospitals().map(|(_, weight)| weight).collect();
        let at = self.hospitals().position(|(of, _)| of == n).unwrap_or(0);
        let (all, can) = (self.wave.at("observation", self.city.from) * self.city.share, CONVERTIBLE * self.city.share);
        for (kind, amount) in [("in_place", whole(all)), ("convertible", whole(can))] {
            let part = plan::split(amount, &weights).get(at).copied().unwrap_or(0);
            self.enter(n, "observation", "observation", (kind, "level", part)).await?;
        }
        let (first, last) = house.icu;
        if last == 0 {
            // A ward for those who step down.
            for (kind, amount) in [("in_place", WARD_BEDS), ("open", WARD_BEDS), ("nurses", WARD_BEDS), ("occupied", 0)] {
                self.enter(n, "ward", "ward", (kind, "level", amount)).await?;
            }
        }
        if last > 0 {
            let (doctors, nurses) = PEOPLE;
            // Those who fell ill before the span lie here too, as many as find room; they leave one day after the other.
            let begin = self.wave.at("icu", jiff::civil::Date::MIN) / self.wave.at("icu", self.city.from);
            let others = whole(real(first * OTHERS / 100) * begin);
            let before =
                (1..=DAYS_BEFORE).map(|back| self.wave.severe(self.city.from.saturating_sub(jiff::Span::new().days(back))));
            let all = self.wave.at("icu", self.city.from) * self.city.share;
            let before =
                whole(before.sum::<f64>() * self.city.share * real(first) / all.max(1.0)).min(first * 95 / 100 - others).max(0);
            for day in 0..DAYS_BEFORE {
                let leave = before * (day + 1) / DAYS_BEFORE - before * day / DAYS_BEFORE;
                if leave > 0 {
                    self.at(now.plus_secs(86_400 * day + 30_600), Act::Fewer(n, leave));
                }
            }
            let entries = [
                ("in_place", first),
                ("open", first),
                ("doctors", first * doctors),
                ("nurses", first * nurses),
                ("occupied", others + before),
                ("convertible", last - first),
            ];
            for (kind, amount) in entries {
                self.enter(n, "icu", "icu", (kind, "level", amount)).await?;
            }
            self.ordered.insert(n, first);
        }
        Ok(())
    }

    pub(super) async fn fewer(&self, house: usize, n: i64) -> anyhow::Result<()> {
        self.enter(house, "icu", "icu", ("occupied", "delta", -n)).await
    }

    fn hospitals(&self) -> impl Iterator<Item = (usize, i64)> {
        let hospitals = self.city.houses.iter().filter(|house| matches!(house.kind, Kind::Lead | Kind::Hospital));
        hospitals.map(|house| (house.n, house.weight))
    }

    /// The return of a house about a day.
    pub(super) async fn tell(&mut self, n: usize, form: &'static str, day: Date) -> anyhow::Result<()> {
        let dice = Dice::new(self.stage.seed, &format!("{form} of {n} on {day}"));
        let house = self.city.houses.get(n).context("no such house")?;
        let mut unusual = false;
        let figures: Vec<(&str, i64)> = match form {
            "fever_clinic" => {
                let open = self.city.open_on(day);
                let mean = self.part("fever", day, (house.weight, open.values().sum())) * (0.9 + 0.2 * dice.unit());
                let visits = drawn(mean, &dice);
                unusual = self.told.insert((n, form), visits).is_some_and(|before| visits > 9 * before);
                let rooms = house.rooms.0 + self.grown(house.rooms.1, day);
                vec![("visits", visits), ("rooms_open", rooms), ("transfers", drawn(real(visits) * 0.015, &dice).min(visits))]
            }
            "emergency" => {
                let all: i64 = self.hospitals().map(|(_, weight)| weight).sum();
                let visits = drawn(self.part("emergency", day, (house.weight, all)) * (0.95 + 0.1 * dice.unit()), &dice);
                let beds = |day: Date| {
                    let weights: Vec<i64> = self.hospitals().map(|(_, weight)| weight).collect();
                    let at = self.hospitals().position(|(of, _)| of == n).unwrap_or(0);
                    let all = whole(self.wave.at("observation", day) * self.city.share);
                    plan::split(all, &weights).get(at).copied().unwrap_or(0)
                };
                let (now, first) = (beds(day), beds(self.city.from));
                vec![
                    ("visits", visits),
                    ("observation_beds", now),
                    ("observation_used", now * dice.between(60, 100) / 100),
                    ("observation_converted", (now - first).max(0)),
                ]
            }
            "icu" => {
                let beds = self.beds(n).await?;
                unusual = beds.occupied > beds.open;
                vec![
                    ("icu_open", beds.open),
                    ("icu_staffed", beds.open),
                    ("icu_used", beds.occupied),
                    ("doctors", beds.doctors),
                    ("nurses", beds.nurses),
                ]
            }
            _ => {
                let of = |curve: &str| whole(self.wave.at(curve, day) * self.city.share);
                let (calls, vehicles) = (of("calls"), of("vehicles").min(of("calls")));
                // Of 2,504 requests 1,081 were urgent; of 31,863 calls 9,289 wanted advice or were repeated.
                let urgent = whole(real(vehicles) * 1_081.0 / 2_504.0);
                let diverted = whole(real(calls) * 9_289.0 / 31_863.0);
                vec![
                    ("calls", calls),
                    ("vehicle_requests", vehicles),
                    ("urgent", urgent),
                    ("non_urgent", vehicles - urgent),
                    ("diverted", diverted),
                ]
            }
        };
        let known = self.known(n)?;
        let figures: Vec<(&str, String)> = figures.into_iter().map(|(field, n)| (field, n.to_string())).collect();
        let mut fields: Vec<Field<'_>> = figures.iter().map(|(field, text)| Field::Text(field, text)).collect();
        if unusual {
            fields.push(Field::Text("because", "当天明显增多，已逐项核对"));
        }
        let path = format!("/network/returns/{}/{}/{form}/{day}", known.district, known.id);
        self.desk(n)?.post(&path, &fields).await.map(|_| ())
    }

    /// The officers of the districts order what is to be open in two days.
    pub(super) async fn orders(&mut self, day: Date) -> anyhow::Result<()> {
        let due = day.saturating_add(jiff::Span::new().days(2)).min(self.city.to);
        for house in self.city.houses.iter().filter(|house| house.icu.1 > 0) {
            let want = self.city.icu_on(self.wave, house, due);
            let have = self.ordered.get(&house.n).copied().unwrap_or(0);
            if want - have < ORDER_LEAST && (want < house.icu.1 || want <= have) {
                continue;
            }
            let (unit, beds) = (self.unit(house.n, "icu")?.to_string(), (want - have).to_string());
            let fields = [
                Field::Text("unit", &unit),
                Field::Text("bed_type", "icu"),
                Field::Text("beds", &beds),
                Field::Text("within_hours", ORDER_HOURS),
            ];
            let district = self.city.districts.get(house.district).context("no such district")?;
            let path = format!("/beds/{}/conversions", self.known(house.n)?.id);
            self.stage.who(&officer(district))?.post(&path, &fields).await?;
            self.ordered.insert(house.n, want);
        }
        Ok(())
    }

    pub(super) async fn begun(&self, house: usize, order: Uuid) -> anyhow::Result<()> {
        let path = format!("/beds/conversions/{order}/put");
        self.desk(house)?.post(&path, &[Field::Text("to", "begun")]).await.map(|_| ())
    }

    /// Done, with what was counted: the people are there for all beds.
    pub(super) async fn done(&self, house: usize, order: Uuid, beds: i64) -> anyhow::Result<()> {
        let open = self.beds(house).await?.open + beds;
        let counted = [beds, open * PEOPLE.0, open * PEOPLE.1].map(|n| n.to_string());
        let [beds, doctors, nurses] = &counted;
        let fields = [
            Field::Text("to", "done"),
            Field::Text("proof_beds", beds),
            Field::Text("proof_doctors", doctors),
            Field::Text("proof_nurses", nurses),
        ];
        self.desk(house)?.post(&format!("/beds/conversions/{order}/put"), &fields).await.map(|_| ())
    }

    fn stands(&self, case: usize) -> Stands {
        self.cases.get(case).map_or(Stands::Over, |case| case.stands)
    }

    fn put(&mut self, case: usize, stands: Stands) {
        if let Some(case) = self.cases.get_mut(case) {
            case.stands = stands;
        }
    }

    /// Somebody is seen.
    pub(super) async fn seen(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let dies = self.cases.get(n).context("nobody")?.dies;
        self.at(dies, Act::Dies(n));
        self.ask(n, now).await
    }

    /// Where there is an intensive bed at hand they have it; otherwise one is asked for by whoever saw them.
    pub(super) async fn ask(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        if case.stands != Stands::Waits || case.referral.is_some() {
            return Ok(());
        }
        let icu = self.city.houses.get(case.house).is_some_and(|house| house.icu.1 > 0);
        let beds = if icu { self.beds(case.house).await? } else { Beds::default() };
        if beds.open > beds.occupied + beds.reserved {
            self.enter(case.house, "icu", "icu", ("occupied", "delta", 1)).await?;
            self.put(n, Stands::Lies(case.house));
            self.at(now.plus_secs(case.stay), Act::Leave(n));
            return Ok(());
        }
        let dice = Dice::new(self.stage.seed, &format!("record of {n}"));
        let born = format!("{}-{:02}-{:02}", dice.between(1930, 1965), dice.between(1, 12), dice.between(1, 28));
        let spo2 = if case.critical { dice.between(78, 86) } else { dice.between(87, 91) }.to_string();
        let (name, phone) = (person(n), unreal_phone(n));
        let fields = [
            Field::Text("name", &name),
            Field::Text("born", &born),
            Field::Text("phone", &phone),
            Field::Text("condition", "发热、气促，血氧下降，需重症监护"),
            Field::Text("spo2", &spo2),
            Field::Text("direction", "up"),
            Field::Text("bed_type", "icu"),
            Field::Text("need", "oxygen"),
            Field::Text("need", case.need),
            Field::Text("severity", case.severity()),
            Field::Text("consent", if case.critical { "law" } else { "family" }),
        ];
        match self.desk(case.house)?.try_post("/referrals/new", &fields).await? {
            Some(to) => {
                let id = to.trim_start_matches("/referrals/").parse().with_context(|| format!("no request: {to}"))?;
                self.sent(n, id);
            }
            // Nobody may be asked now.
            None => self.at(now.plus_secs(1_800), Act::Ask(n)),
        }
        Ok(())
    }

    /// Whoever answers for the beds of a house looks at a request.
    pub(super) async fn answer(&mut self, n: usize, house: usize, attempt: i64) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        let Some(referral) = case.referral.filter(|_| case.stands == Stands::Waits && self.asked.get(&n) == Some(&house)) else {
            return Ok(());
        };
        let leads = self.city.houses.get(house).is_some_and(|house| house.kind == Kind::Lead);
        let path = format!("/inbound/{referral}/{attempt}");
        let dice = Dice::new(self.stage.seed, &format!("look at {n} {attempt} at {house}"));
        let decline = async |reason: &str| {
            let fields = [Field::Text("do", "decline"), Field::Text("reason", reason)];
            self.desk(house)?.try_post(&path, &fields).await.map(|_| ())
        };
        if !case.critical && dice.chance(4) {
            return decline(if dice.chance(70) { "no_staff" } else { "no_equipment" }).await;
        }
        let beds = self.beds(house).await?;
        if beds.open > beds.occupied + beds.reserved {
            let bed = format!("{}/icu", self.unit(house, "icu")?);
            let fields = [Field::Text("do", "accept"), Field::Text("bed", &bed)];
            self.desk(house)?.try_post(&path, &fields).await?;
        } else if case.critical {
            self.desk(house)?.try_post(&path, &[Field::Text("do", "accept")]).await?;
        } else if !(self.plan && leads) {
            // Where the plan is looked at, a full house that leads waits for it instead.
            decline("no_bed").await?;
        }
        Ok(())
    }

    pub(super) async fn depart(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        let (Stands::Taken(to), Some(referral)) = (case.stands, case.referral) else { return Ok(()) };
        let path = format!("/referrals/{referral}/go-on");
        if self.desk(case.house)?.try_post(&path, &[Field::Text("next", "depart")]).await?.is_some() {
            self.put(n, Stands::Way(to));
            self.at(now.plus_secs(60 * minutes(self.city, case.house, to).min(170)), Act::Arrive(n));
        }
        Ok(())
    }

    /// There: in the bed that was held, in another one, or without any.
    pub(super) async fn arrive(&mut self, n: usize) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        let (Stands::Way(house), Some(referral)) = (case.stands, case.referral) else { return Ok(()) };
        self.come(house, (referral, case.attempt), case.bed).await.map(|_| ())
    }

    async fn come(&self, house: usize, (referral, attempt): (Uuid, i64), held: bool) -> anyhow::Result<bool> {
        let beds = self.beds(house).await?;
        let bed = format!("{}/icu", self.unit(house, "icu")?);
        let mut fields = vec![Field::Text("do", "arrive")];
        if !held && beds.open > beds.occupied + beds.reserved {
            fields.push(Field::Text("bed", &bed));
        }
        Ok(self.desk(house)?.try_post(&format!("/inbound/{referral}/{attempt}"), &fields).await?.is_some())
    }

    /// Is there a bed now for somebody who is there without one?
    pub(super) async fn look(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        let (Stands::Boards(house), Some(referral)) = (case.stands, case.referral) else { return Ok(()) };
        let beds = self.beds(house).await?;
        if beds.open <= beds.occupied + beds.reserved || !self.come(house, (referral, case.attempt), false).await? {
            self.at(now.plus_secs(900), Act::Look(n));
        }
        Ok(())
    }

    async fn complete(&self, house: usize, case: (Option<Uuid>, i64), outcome: &str) -> anyhow::Result<()> {
        match case {
            (Some(referral), attempt) => {
                let fields = [Field::Text("do", "complete"), Field::Text("outcome", outcome)];
                self.desk(house)?.post(&format!("/inbound/{referral}/{attempt}"), &fields).await.map(|_| ())
            }
            // Came without a request: the bed is counted as free again.
            (None, _) => self.enter(house, "icu", "icu", ("occupied", "delta", -1)).await,
        }
    }

    pub(super) async fn leave(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        let Stands::Lies(house) = case.stands else { return Ok(()) };
        self.goes_down(n, house, now).await?;
        self.complete(house, (case.referral, case.attempt), case.outcome).await?;
        self.put(n, Stands::Over);
        Ok(())
    }

    /// Who has no bed by then dies where they are.
    pub(super) async fn dies(&mut self, n: usize, now: Ts) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        match (self.stands(n), case.referral) {
            (Stands::Waits | Stands::Taken(_), Some(referral)) => {
                let fields = [Field::Text("next", "cancel"), Field::Text("reason", "died")];
                let path = format!("/referrals/{referral}/go-on");
                let done = self.desk(case.house)?.try_post(&path, &fields).await?;
                ensure!(done.is_some(), "case {n} could not be taken back");
                self.put(n, Stands::Over);
            }
            (Stands::Boards(house), referral) => {
                self.complete(house, (referral, case.attempt), "died").await?;
                self.put(n, Stands::Over);
            }
            (Stands::Waits | Stands::Taken(_) | Stands::Way(_), _) => self.at(now.plus_secs(1_860), Act::Dies(n)),
            (Stands::Lies(_) | Stands::Over, _) => {}
        }
        Ok(())
    }

    /// Those who lead grids look at the plan, all at the same one; then each decides about what concerns the own grid.
    pub(super) async fn decide(&mut self) -> anyhow::Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        for (house, cases) in &mut pending {
            cases.retain(|n| match self.stands(*n) {
                Stands::Waits => self.asked.get(n) == Some(house),
                Stands::Boards(at) => at == *house,
                _ => false,
            });
        }
        pending.retain(|_, cases| !cases.is_empty());
        let mut decisions = Vec::new();
        for house in pending.keys() {
            let lead = self.city.houses.get(*house).filter(|house| house.kind == Kind::Lead);
            let Some(lead) = lead else { continue };
            let code = post(lead, COORDINATOR);
            let page = self.stage.who(&code)?.get("/grid").await?;
            let own = suggested(&page).into_iter().filter(|(whom, to)| self.concerns(*house, whom, to)).take(AT_ONCE);
            for (whom, to) in own {
                let dice = Dice::new(self.stage.seed, &format!("what {code} thinks of {to} for {whom}"));
                // Whoever knows better takes another bed that the page has, and says why.
                let other = others(&page, &whom).into_iter().find(|other| *other != to).filter(|_| dice.chance(OVERRIDES));
                let why = other.as_ref().and_then(|_| dice.pick(&REASONS)).copied();
                decisions.push((code.clone(), whom, other.unwrap_or(to), why));
            }
        }
        self.pending = pending;
        self.deciding = true;
        for (code, whom, to, why) in decisions {
            let made = if why.is_some() { "override" } else { "accept" };
            let mut fields = vec![Field::Text("do", made), Field::Text("whom", &whom), Field::Text("to", &to)];
            fields.extend(why.map(|why| Field::Text("why", why)));
            self.stage.who(&code)?.try_post("/grid/decide", &fields).await?;
            self.hear(crate::play::ACTING.get()).await?;
        }
        self.deciding = false;
        Ok(())
    }

    /// Whether there is something to decide: not for a house that is asked already and is not the own one.
    fn concerns(&self, own: usize, whom: &str, to: &str) -> bool {
        let referral = whom.split_once('-').and_then(|(_, rest)| rest.get(..36)).and_then(|id| id.parse().ok());
        let case = referral.and_then(|referral| self.of_referral(referral));
        let house = to.split('/').nth(1).and_then(|id| id.parse().ok()).and_then(|id| self.house_of(id));
        match (case, house) {
            (Some(case), Some(house)) => house == own || self.asked.get(&case) != Some(&house),
            _ => false,
        }
    }
}
