//! Those who step down (下转): a day before they leave the intensive bed they are marked, a ward of the own grid near by is asked for, and they go there
//! by a referral of their own, by the same pages as everybody.

use anyhow::Context as _;
use linli_db::{StoredLine, sql};
use linli_kernel::Ts;
use serde_json::Value;
use uuid::Uuid;

use super::cases::{Stands, minutes};
use super::plan::Kind;
use super::run::{Act, Run};
use crate::demo::Dice;
use crate::play::browser::Field;

/// Ward beds for those who step down, of a hospital without intensive care. Our own: no figure was published.
pub(super) const WARD_BEDS: i64 = 20;
/// So long before somebody leaves the intensive bed it is decided where to.
const BEFORE: i64 = 20 * 3_600;
/// Days in the ward, least and most. Our own.
const DAYS_IN: (i64, i64) = (3, 8);

/// Somebody on the way down.
#[derive(Debug, Clone, Copy)]
pub struct Down {
    /// Who.
    pub case: usize,
    /// The referral downwards.
    referral: Uuid,
    /// Who took them in, and by which attempt.
    taken: Option<(usize, i64)>,
}

impl Run<'_> {
    /// Puts into the queue that somebody is to step down, who lies there long enough.
    pub(super) fn may_step_down(&mut self, n: usize, now: Ts, leaves: Ts) {
        let steps = self.cases.get(n).is_some_and(|case| case.outcome == "stepped_down" && case.referral.is_some());
        let at = Ts(leaves.0 - BEFORE * 1_000_000);
        if steps && at > now {
            self.at(at, Act::StepDown(n));
        }
    }

    /// The nearest hospital of the grid that keeps a ward for them.
    fn ward_near(&self, from: usize) -> Option<usize> {
        let grid = self.city.houses.get(from)?.grid;
        let wards =
            self.city.houses.iter().filter(|house| house.kind == Kind::Hospital && house.icu.1 == 0 && house.grid == grid);
        wards.min_by_key(|house| (minutes(self.city, from, house.n), house.n)).map(|house| house.n)
    }

    /// The doctor marks somebody; whoever answers for the beds asks the ward that the plan has, else the nearest.
    pub(super) async fn step_down(&mut self, n: usize) -> anyhow::Result<()> {
        let case = self.cases.get(n).context("nobody")?.clone();
        let (Stands::Lies(house), Some(referral)) = (case.stands, case.referral) else { return Ok(()) };
        let Some(near) = self.ward_near(house) else { return Ok(()) };
        let path = format!("/grid/step-down/{referral}-{}", case.attempt);
        let fields = [
            Field::Text("do", "mark"),
            Field::Text("wants", "ward"),
            Field::Text("need", "oxygen"),
            Field::Text("consent", "family"),
            Field::Text("continuing", "鼻导管吸氧，继续用药，两天后复查"),
        ];
        if self.desk(house)?.try_post(&path, &fields).await?.is_none() {
            return Ok(());
        }
        let planned = if self.plan { asked_by_plan(&self.desk(house)?.get("/grid").await?, &path) } else { None };
        let known = self.known(near)?;
        let to = planned.unwrap_or_else(|| format!("{}/{}", known.district, known.id));
        self.desk(house)?.try_post(&path, &[Field::Text("do", "ask"), Field::Text("to", &to)]).await.map(|_| ())
    }

    /// What is heard of those who step down; whether the line was about one.
    pub(super) fn heard_down(&mut self, line: &StoredLine, now: Ts) -> anyhow::Result<bool> {
        let (Some(kind), Some(subject)) = (line.kind.strip_prefix("treatment."), line.subject_id) else { return Ok(false) };
        let facts = line.facts();
        let text = |name: &str| facts.get(name).and_then(Value::as_str).unwrap_or_default();
        if kind == "step_down_asked" {
            if let (Some(case), Ok(referral)) = (self.of_referral(subject), text("asked").parse::<Uuid>()) {
                self.by_down.insert(referral, self.downs.len());
                self.downs.push(Down { case, referral, taken: None });
            }
            return Ok(true);
        }
        let Some(d) = self.by_down.get(&subject).copied() else { return Ok(false) };
        let house = |name: &str| text(name).parse::<Uuid>().ok().and_then(|id| self.house_of(id));
        let attempt = facts.get("attempt").and_then(Value::as_i64).unwrap_or(0);
        match kind {
            "inbound_came" => {
                let house = house("institution").context("an institution of the city")?;
                let dice = Dice::new(self.stage.seed, &format!("answer of a ward {d} {attempt} at {house}"));
                self.at(now.plus_secs(60 * dice.between(8, 45)), Act::AnswerDown { down: d, house, attempt });
            }
            "referral_answered" => {
                let by = house("by");
                if let (Some(down), Some(by)) = (self.downs.get_mut(d), by) {
                    down.taken = (text("answer") == "accepted").then_some((by, attempt));
                }
            }
            _ => {}
        }
        Ok(true)
    }

    async fn ward_free(&self, house: usize) -> anyhow::Result<bool> {
        let known = self.known(house)?;
        let text = "SELECT coalesce(open_beds, 0) - occupied - reserved FROM bed_cell \
                    WHERE district_id = $1 AND institution_id = $2 AND bed_type = 'ward'";
        let mut read = self.stage.db.read().await?;
        let free: Option<i64> = sql!(&mut read.conn(), x => sqlx::query_scalar(text)
            .bind(known.district)
            .bind(known.id)
            .fetch_optional(x)
            .await)?;
        Ok(free.is_some_and(|free| free > 0))
    }

    /// Whoever answers for the ward looks at who is to come.
    pub(super) async fn answer_down(&mut self, d: usize, house: usize, attempt: i64) -> anyhow::Result<()> {
        let down = *self.downs.get(d).context("nobody steps down")?;
        let path = format!("/inbound/{}/{attempt}", down.referral);
        let has_ward = self.city.houses.get(house).is_some_and(|house| house.kind == Kind::Hospital && house.icu.1 == 0);
        if has_ward && self.ward_free(house).await? {
            let bed = format!("{}/ward", self.unit(house, "ward")?);
            let fields = [Field::Text("do", "accept"), Field::Text("bed", &bed)];
            self.desk(house)?.try_post(&path, &fields).await?;
        } else if self.role(house) == "bed_manager" {
            let fields = [Field::Text("do", "decline"), Field::Text("reason", "no_bed")];
            self.desk(house)?.try_post(&path, &fields).await?;
        }
        Ok(())
    }

    /// Somebody leaves the intensive bed: to the ward that took them in, which then expects them, else as before.
    pub(super) async fn goes_down(&mut self, n: usize, house: usize, now: Ts) -> anyhow::Result<()> {
        let found = self.downs.iter().rposition(|down| down.case == n);
        let Some((d, down)) = found.and_then(|d| Some((d, *self.downs.get(d)?))) else { return Ok(()) };
        let path = format!("/referrals/{}/go-on", down.referral);
        match down.taken {
            Some((to, _)) => {
                if self.desk(house)?.try_post(&path, &[Field::Text("next", "depart")]).await?.is_some() {
                    self.at(now.plus_secs(60 * minutes(self.city, house, to).min(170)), Act::ArriveDown(d));
                }
            }
            None => {
                let fields = [Field::Text("next", "cancel"), Field::Text("reason", "improved")];
                self.desk(house)?.try_post(&path, &fields).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn arrive_down(&mut self, d: usize, now: Ts) -> anyhow::Result<()> {
        let down = *self.downs.get(d).context("nobody steps down")?;
        let Some((house, attempt)) = down.taken else { return Ok(()) };
        let path = format!("/inbound/{}/{attempt}", down.referral);
        if self.desk(house)?.try_post(&path, &[Field::Text("do", "arrive")]).await?.is_some() {
            let dice = Dice::new(self.stage.seed, &format!("stay in a ward {d}"));
            self.at(now.plus_secs(3_600 * dice.between(24 * DAYS_IN.0, 24 * DAYS_IN.1)), Act::HomeFromDown(d));
        }
        Ok(())
    }

    pub(super) async fn home_from_down(&mut self, d: usize) -> anyhow::Result<()> {
        let down = *self.downs.get(d).context("nobody steps down")?;
        let Some((house, attempt)) = down.taken else { return Ok(()) };
        let fields = [Field::Text("do", "complete"), Field::Text("outcome", "home")];
        self.desk(house)?.try_post(&format!("/inbound/{}/{attempt}", down.referral), &fields).await.map(|_| ())
    }
}

/// The house that the plan has for somebody who may step down, as its page offers it.
fn asked_by_plan(page: &str, path: &str) -> Option<String> {
    let action = format!("action=\"{path}\"");
    let forms = page.split(&action).skip(1).filter_map(|rest| rest.split("</form>").next());
    let mut asks = forms.filter(|form| form.contains("name=\"do\" value=\"ask\""));
    let (_, rest) = asks.next()?.split_once("name=\"to\" value=\"")?;
    Some(rest.split('"').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_offers_a_house_for_one_of_them() {
        let form = |path: &str, what: &str, to: &str| {
            format!("<form method=\"post\" action=\"{path}\"><input name=\"do\" value=\"{what}\">{to}</form>")
        };
        let page =
            form("/grid/step-down/a-1", "unmark", "") + &form("/grid/step-down/b-1", "ask", "<input name=\"to\" value=\"2/x\">");
        assert_eq!(asked_by_plan(&page, "/grid/step-down/b-1").as_deref(), Some("2/x"));
        assert_eq!(asked_by_plan(&page, "/grid/step-down/a-1"), None, "no bed is needed, or there is none");
    }
}
