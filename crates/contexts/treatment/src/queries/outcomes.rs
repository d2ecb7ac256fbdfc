//! How stays ended, beside what there is room for (转归与救治能力): per institution and treatment grid, over some days. Of those who came by referral;
//! nothing here is put in an order of better and worse.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{PlacePath, Ts};
use linli_rulebook::Rule;

use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::GridRef;
use crate::model::beds::BedType;
use crate::model::plan::At;
use crate::model::referrals::{Outcome, Severity};
use crate::rules::outcomes::OutcomeRule;
use crate::store;

/// How stays ended (转归), as counts. Every share made of them names what it is a part of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Stays that ended.
    pub ended: i64,
    /// Of them, those of severe and critical patients.
    pub severe: i64,
    /// Who died.
    pub died: i64,
    /// Who went home or to a lower step of care.
    pub recovered: i64,
    /// Who was taken elsewhere.
    pub elsewhere: i64,
    /// Of whom nobody said how it ended.
    pub untold: i64,
    /// Who stepped down.
    pub stepped_down: i64,
    /// Of them, those of whom it is known whether they came back in the days of the rule.
    pub followed: i64,
    /// Of those, who came back.
    pub came_back: i64,
}

impl Outcomes {
    fn count(&mut self, one: &store::outcomes::Ended, (rule, now): (&OutcomeRule, Ts)) {
        self.ended += 1;
        self.severe += i64::from(one.severity != Severity::Ordinary);
        match one.outcome {
            Some(Outcome::Died) => self.died += 1,
            Some(Outcome::Home | Outcome::SteppedDown) => self.recovered += 1,
            Some(Outcome::Elsewhere) => self.elsewhere += 1,
            None => self.untold += 1,
        }
        if one.outcome == Some(Outcome::SteppedDown) {
            self.stepped_down += 1;
            let until = one.over_at.plus_secs(rule.return_days * 86_400);
            let back = one.back_at.is_some_and(|back| back <= until);
            // Nobody is said to have stayed away before the days are over, or when the two could not be told to be the same.
            self.followed += i64::from(back || (one.known && until <= now));
            self.came_back += i64::from(back);
        }
    }

    fn add(&mut self, other: &Self) {
        self.ended += other.ended;
        self.severe += other.severe;
        self.died += other.died;
        self.recovered += other.recovered;
        self.elsewhere += other.elsewhere;
        self.untold += other.untold;
        self.stepped_down += other.stepped_down;
        self.followed += other.followed;
        self.came_back += other.came_back;
    }
}

/// What there is room for now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Intensive care beds that can be had; none when that is not known.
    pub icu: Option<i64>,
    /// Who is there now, having come by referral.
    pub there: i64,
    /// Of them, who is severe or critical.
    pub severe: i64,
}

/// An institution with both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseOutcomes {
    /// Which.
    pub at: At,
    /// Its name.
    pub name: String,
    /// How stays ended.
    pub outcomes: Outcomes,
    /// What there is room for.
    pub room: Room,
}

/// A treatment grid with its institutions, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridOutcomes {
    /// Which; none for those in no grid.
    pub grid: Option<GridRef>,
    /// Its name.
    pub name: String,
    /// All its institutions together.
    pub together: Outcomes,
    /// One by one.
    pub houses: Vec<HouseOutcomes>,
}

/// What is shown of the days before and with a day.
#[derive(Debug, Clone)]
pub struct CityOutcomes {
    /// The last day.
    pub day: Date,
    /// How many days.
    pub days: i64,
    /// All of it together.
    pub together: Outcomes,
    /// By grid.
    pub grids: Vec<GridOutcomes>,
    /// By what it was counted.
    pub rule: Arc<Rule<OutcomeRule>>,
}

/// The outcomes of a day alone, or of the days of the rule that end with it.
///
/// # Errors
/// `Field` for a day that cannot be; `Denied`; store errors.
pub async fn outcomes(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, (day, alone): (Date, bool)) -> Result<CityOutcomes, BedError> {
    ctx.scope(Action::Read, Resource::Plan)?;
    let now = ctx.now();
    let rule = desk.outcomes(&PlacePath::root(), now)?;
    let days = if alone { 1 } else { rule.value.window_days };
    let wrong = || BedError::Field { field: "day", problem: Wrong::NotAChoice };
    let midnight = |day: Date| Ts::from_local(day.at(0, 0, 0, 0)).ok_or_else(wrong);
    let from = midnight(day.checked_sub((days - 1).days()).map_err(|_| wrong())?)?;
    let to = midnight(day.tomorrow().map_err(|_| wrong())?)?;
    let mut by_house: BTreeMap<At, Outcomes> = BTreeMap::new();
    for one in store::outcomes::ended(c, (from, to)).await? {
        by_house.entry(one.at).or_default().count(&one, (&rule.value, now));
    }
    let free = super::referrals::free_beds(c, desk, BedType::Icu, now).await?;
    let there = store::outcomes::there(c).await?;
    let names: BTreeMap<GridRef, String> =
        store::plan::grid_leads(c, now).await?.into_iter().map(|(grid, name, _)| (grid, name)).collect();
    let mut grids: BTreeMap<(String, Option<GridRef>), Vec<HouseOutcomes>> = BTreeMap::new();
    for (at, house) in store::plan::houses(c, now).await? {
        let (all, severe) = there.get(&at).copied().unwrap_or_default();
        let room = Room { icu: free.get(&at).copied(), there: all, severe };
        let outcomes = by_house.remove(&at);
        // Who has no such beds and had nobody is no row: a station that takes in nobody has no outcome.
        if outcomes.is_none() && room == Room::default() {
            continue;
        }
        let grid = house.grids.iter().map(|(_, grid)| *grid).find(|grid| names.contains_key(grid));
        let name = grid.and_then(|grid| names.get(&grid).cloned()).unwrap_or_default();
        let row = HouseOutcomes { at, name: house.name, outcomes: outcomes.unwrap_or_default(), room };
        grids.entry((name, grid)).or_default().push(row);
    }
    let mut together = Outcomes::default();
    let mut all = Vec::new();
    for ((name, grid), mut houses) in grids {
        houses.sort_by(|one, other| one.name.cmp(&other.name).then(one.at.cmp(&other.at)));
        let mut sum = Outcomes::default();
        houses.iter().for_each(|house| sum.add(&house.outcomes));
        together.add(&sum);
        all.push(GridOutcomes { grid, name, together: sum, houses });
    }
    Ok(CityOutcomes { day, days, together, grids: all, rule })
}
