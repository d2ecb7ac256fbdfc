//! From the flow to words: what is suggested, why, and what it costs to go without.

use std::collections::BTreeMap;

use linli_solver::{Outcome, Total};

use super::PlanRule;
use super::build::{Offer, Plan, TIERS, counts};
use crate::model::GridRef;
use crate::model::plan::{Because, Harm, Pool, Stays, Step, Suggestion, Waiting, Where, Whom};
use crate::model::referrals::{Declining, Severity};

/// What the plan has for somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Planned {
    /// A bed.
    Bed(Suggestion),
    /// None, and why.
    Stays(Stays),
}

impl Plan {
    /// What the plan has for each who waits, in the order of the picture.
    #[must_use]
    pub fn planned(&self, rule: &PlanRule) -> Vec<Planned> {
        let said = self.said();
        self.picture.waiting.iter().enumerate().map(|(number, one)| self.of_one(rule, number, one, &said)).collect()
    }

    /// By how much all becomes worse when somebody does not go where the plan has them go: one fewer from their house to that bed. Nothing for
    /// whoever stays anyhow; `None` when that cannot be.
    #[must_use]
    pub fn refusing(&self, number: usize) -> Option<Harm> {
        match self.outcomes().get(number)? {
            Outcome::Stays => Some(Harm::default()),
            Outcome::Placed { option, .. } => self.assignment.refusals(&self.assigned).cost(*option).map(harm),
        }
    }

    /// The nearest beds that somebody could have and that have room now, with minutes and how many are left.
    #[must_use]
    pub fn beds_for(&self, number: usize, most: usize) -> Vec<(Where, i64, i64)> {
        let bed = |one: &Offer| {
            let left = self.picture.pools.get(one.pool)?.left.filter(|left| *left > 0)?;
            Some((self.place(one.pool)?, one.minutes, left))
        };
        self.options(number).iter().filter_map(bed).take(most).collect()
    }

    /// What the plan as a whole leaves: who waits on, for how long, how full, how far.
    #[must_use]
    pub fn left(&self) -> Harm {
        harm(self.assigned.solution.total)
    }

    /// What all the explanations rest on.
    fn said(&self) -> Said {
        let pools = self.picture.pools.len();
        let mut said = Said { given: vec![None; pools], coming: vec![0; pools], carried: BTreeMap::new() };
        for (number, one) in self.picture.waiting.iter().enumerate() {
            let Some(chosen) = self.option(number) else { continue };
            if let Some(given) = said.given.get_mut(chosen.pool) {
                *given = (*given).max(Some(one.severity));
            }
            if let Some(coming) = said.coming.get_mut(chosen.pool) {
                *coming += 1;
            }
            if let Some(grid) = self.carrier(one) {
                *said.carried.entry(grid).or_default() += 1;
            }
        }
        said
    }

    /// The grid whose vehicles would carry somebody.
    fn carrier(&self, one: &Waiting) -> Option<GridRef> {
        let asking = matches!(one.whom, Whom::Asking { .. });
        self.picture.houses.get(&one.at).filter(|_| asking)?.grid(one.grid_kind)
    }

    fn options(&self, number: usize) -> &[Offer] {
        self.crowd_of.get(number).and_then(|crowd| self.options.get(*crowd)).map_or(&[], Vec::as_slice)
    }

    fn option(&self, number: usize) -> Option<&Offer> {
        match self.outcomes().get(number)? {
            Outcome::Stays => None,
            Outcome::Placed { option, .. } => self.options(number).iter().find(|one| one.arc == *option),
        }
    }

    fn place(&self, pool: usize) -> Option<Where> {
        let pool = self.picture.pools.get(pool)?;
        Some(Where { at: pool.at, unit: pool.unit, bed_type: pool.bed_type })
    }

    fn of_one(&self, rule: &PlanRule, number: usize, one: &Waiting, said: &Said) -> Planned {
        let found = self.option(number).and_then(|chosen| Some((chosen, self.place(chosen.pool)?)));
        match found {
            Some((chosen, to)) => Planned::Bed(Suggestion {
                whom: one.whom,
                to,
                minutes: chosen.minutes,
                because: self.because(number, one, chosen, said),
                refused: self.left_out(rule, one, to),
                chain: self.chain(number),
            }),
            None => Planned::Stays(self.stays(rule, number, one, said)),
        }
    }

    /// Why this bed and no nearer one.
    fn because(&self, number: usize, one: &Waiting, chosen: &Offer, said: &Said) -> Because {
        let options = self.options(number);
        if matches!(one.whom, Whom::Boarding { .. }) {
            return Because::Here;
        }
        if options.len() == 1 {
            return Because::Only;
        }
        let nearer = options.iter().find(|other| other.minutes < chosen.minutes && other.pool != chosen.pool);
        let pool = |other: &Offer| self.picture.pools.get(other.pool);
        let Some((other, pool)) = nearer.and_then(|other| Some((other, pool(other)?))) else {
            return Because::Nearest { of: i64::try_from(options.len()).unwrap_or(i64::MAX) };
        };
        let (house, minutes) = (pool.at, other.minutes);
        let coming = said.coming.get(other.pool).copied().unwrap_or(0);
        match said.given.get(other.pool).copied().flatten() {
            Some(to) if full_with(pool, coming) => Because::NearerGiven { house, minutes, to },
            None if pool.left.is_some_and(|left| left < 1) => Because::NearerFull { house, minutes },
            _ => Because::Spread { house, minutes },
        }
    }

    /// A house that is left out because it refused, the latest to do so.
    fn left_out(&self, rule: &PlanRule, one: &Waiting, to: Where) -> Option<(crate::model::plan::At, Declining)> {
        let refused = self.picture.refused.iter().rev();
        refused
            .filter(|refused| refused.by != to.at && counts(rule, refused, one, self.picture.now))
            .map(|one| (one.by, one.why))
            .next()
    }

    fn chain(&self, number: usize) -> Vec<Step> {
        let Some(Outcome::Placed { moves, .. }) = self.outcomes().get(number) else { return Vec::new() };
        let step = |id: &linli_solver::MoveId| {
            let possible = self.moves.get(id)?;
            let who = self.picture.leaving.get(possible.who)?.key;
            Some(Step { who, from: self.place(possible.from)?, to: self.place(possible.to)?, minutes: possible.minutes })
        };
        moves.iter().filter_map(step).collect()
    }

    /// A house with room for somebody that is left out because it refused, the one that is left out for the longest.
    fn room_left_out(&self, rule: &PlanRule, one: &Waiting) -> Option<Stays> {
        let room = |at| {
            let fits = |pool: &Pool| pool.at == at && pool.bed_type == one.bed_type && pool.left.is_some_and(|left| left > 0);
            self.picture.pools.iter().any(|pool| fits(pool) && super::build::can(&self.picture, pool, &one.needs))
        };
        let counting = self
            .picture
            .refused
            .iter()
            .filter(|refused| refused.by != one.at && counts(rule, refused, one, self.picture.now) && room(refused.by));
        let left_out = counting.map(|refused| (refused.at.plus_secs(rule.refusal(refused.why).0), refused));
        let (until, refused) = left_out.max_by_key(|(until, _)| *until)?;
        Some(Stays::LeftOut { house: refused.by, why: refused.why, until })
    }

    fn stays(&self, rule: &PlanRule, number: usize, one: &Waiting, said: &Said) -> Stays {
        if let Some(left_out) = self.room_left_out(rule, one) {
            return left_out;
        }
        if self.options(number).is_empty() {
            return Stays::NobodyCan;
        }
        let grid = self.carrier(one);
        let carried = grid.and_then(|grid| said.carried.get(&grid).copied()).unwrap_or(0);
        match grid.and_then(|grid| self.picture.fleets.get(&grid)) {
            Some(free) if carried >= *free => Stays::NoVehicle,
            _ => Stays::NoBed,
        }
    }
}

/// What all the explanations rest on.
struct Said {
    /// For each pool, how sick the sickest is to whom a bed of it goes.
    given: Vec<Option<Severity>>,
    /// For each pool, how many come into it.
    coming: Vec<i64>,
    /// For each grid, how many it carries.
    carried: BTreeMap<GridRef, i64>,
}

fn full_with(pool: &Pool, coming: i64) -> bool {
    pool.left.is_some_and(|left| left <= coming)
}

fn harm(total: Total<TIERS>) -> Harm {
    let [critical, severe, ordinary, waited, load, minutes] =
        total.0.map(|one| i64::try_from(one).unwrap_or(if one < 0 { i64::MIN } else { i64::MAX }));
    Harm { critical, severe, ordinary, waited, load, minutes }
}
