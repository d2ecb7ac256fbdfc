//! The plan of all districts of this database, what of it somebody may see, and what was made of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use linli_access::{Action, Actor, Ctx, Resource, Role};
use linli_db::{Conn, journal};
use linli_kernel::{DistrictId, PlacePath, Ts};
use tokio::sync::Mutex;

use crate::desk::BedDesk;
use crate::error_beds::BedError;
use crate::model::GridRef;
use crate::model::beds::{Cell, Hold};
use crate::model::plan::{At, Decision, DecisionId, Harm, Mark, Picture, Pool, Suggestion, Waiting, Where, Whom};
use crate::model::referrals::{Asks, Inbound, InboundKey};
use crate::rules::plan::{Plan, Planned};
use crate::standing::own_institution;
use crate::store::{beds, plan as store, referrals};

/// What a plan was made from: how far each journal was, and the minute.
type Stamp = (Vec<(DistrictId, i64)>, i64);

/// The plan that was made last. Whoever reads while nothing has happened since is given the same; of many who ask at once one makes it.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(Stamp, Arc<Made>)>>);

/// A plan with what it says.
#[derive(Debug)]
pub struct Made {
    /// The plan.
    pub plan: Plan,
    /// What it has for each who waits, in the order of its picture.
    pub planned: Vec<Planned>,
    /// By which rules, as a mark.
    pub rule: String,
    /// The title of the rules, their version, and whether somebody checked them.
    pub stamp: linli_rulebook::Stamp,
}

impl Made {
    /// The number of somebody who waits.
    #[must_use]
    pub fn number(&self, whom: Whom) -> Option<usize> {
        self.plan.picture().waiting.iter().position(|one| one.whom == whom)
    }

    /// What is suggested for somebody, and what it costs to go without.
    #[must_use]
    pub fn suggested(&self, whom: Whom) -> Option<(Suggestion, Option<Harm>)> {
        let number = self.number(whom)?;
        match self.planned.get(number)? {
            Planned::Bed(suggestion) => Some((suggestion.clone(), self.plan.refusing(number))),
            Planned::Stays(_) => None,
        }
    }
}

/// Everything the plan goes by, as all districts of this database have it now.
///
/// # Errors
/// Store errors.
pub async fn picture(c: &mut Conn<'_>, desk: &BedDesk, now: Ts) -> Result<Picture, BedError> {
    let rule = &desk.plan_rule(now)?.value;
    let houses = store::houses(c, now).await?;
    let units = store::units(c, now).await?;
    // One set of ratios for the comparison: the rules of the whole city.
    let counted = desk.beds(&PlacePath::root(), now)?;
    let pool = |cell: Cell| {
        let unit = units.get(&(cell.key.district, cell.key.unit))?;
        let at = (cell.key.district, cell.institution);
        let left = counted.value.derive(cell.key.bed_type, &cell.levels).ok().map(|derived| derived.left);
        houses.contains_key(&at).then(|| Pool {
            at,
            unit: cell.key.unit,
            name: unit.name.clone(),
            kind: unit.kind,
            bed_type: cell.key.bed_type,
            capabilities: unit.capabilities.clone(),
            left,
        })
    };
    let pools = beds::cells_everywhere(c).await?.into_iter().filter_map(pool).collect();
    let came = store::came_from(c, now.plus_secs(-rule.no_return_secs())).await?;
    let mut waiting = store::asking(c).await?;
    for one in &mut waiting {
        if let Whom::Asking { district, referral } = one.whom {
            one.came_from = came.get(&(district, referral)).cloned().unwrap_or_default();
        }
    }
    waiting.extend(store::boarding(c).await?);
    Ok(Picture {
        now,
        pools,
        waiting,
        leaving: store::leaving(c).await?,
        refused: store::refused(c, now.plus_secs(-rule.refusals_secs())).await?,
        fleets: store::fleets(c, now.plus_secs(-rule.fleet_secs())).await?,
        houses,
    })
}

/// The plan as it stands: made anew when anything has happened since it was made, or a minute has passed.
///
/// # Errors
/// Store errors.
pub async fn current(c: &mut Conn<'_>, desk: &BedDesk, now: Ts) -> Result<Arc<Made>, BedError> {
    let mut kept = desk.plan().0.lock().await;
    let stamp: Stamp = (journal::all_last_seqs(c).await?, now.0.div_euclid(60_000_000));
    if let Some((of, made)) = kept.as_ref()
        && *of == stamp
    {
        return Ok(Arc::clone(made));
    }
    let rule = desk.plan_rule(now)?;
    let picture = picture(c, desk, now).await?;
    let plan = Plan::of(&rule.value, picture)?;
    let planned = plan.planned(&rule.value);
    let made = Arc::new(Made { plan, planned, rule: rule.stamp.mark(), stamp: rule.stamp.clone() });
    *kept = Some((stamp, Arc::clone(&made)));
    Ok(made)
}

/// For whom somebody may look and act in the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The institution on whose behalf the actor acts.
    pub own: Option<At>,
    /// The grids that it leads, when the actor acts for them.
    pub leads: Vec<(GridRef, String)>,
    /// The houses: the own one, and the members of those grids. Of the whole city for the health officer.
    pub houses: BTreeSet<At>,
    /// Whether patients may be shown one by one.
    pub patients: bool,
}

/// What the actor may look at; of the whole city, for the health officer, one grid when one is named.
///
/// # Errors
/// `Denied`; store errors.
pub async fn reach(ctx: &Ctx, c: &mut Conn<'_>, of: Option<GridRef>) -> Result<Reach, BedError> {
    ctx.scope(Action::Read, Resource::Plan)?;
    let now = ctx.now();
    let role = match &ctx.actor {
        Actor::Staff { role, .. } => Some(*role),
        _ => None,
    };
    let own = own_institution(ctx, c).await?;
    let leads = match (role, own) {
        (Some(Role::GridCoordinator), Some(own)) => store::led_by(c, own, now).await?,
        (Some(Role::HealthOfficer), _) => store::grids(c, now).await?,
        _ => Vec::new(),
    };
    let mut houses: BTreeSet<At> = own.into_iter().collect();
    for (grid, _) in leads.iter().filter(|(grid, _)| of.is_none_or(|of| of == *grid)) {
        houses.extend(referrals::members(c, (grid.district, grid.id), now).await?);
    }
    Ok(Reach { own, leads, houses, patients: ctx.scope(Action::Read, Resource::Referral).is_ok() })
}

impl Reach {
    /// Whether somebody who waits is the actor's to deal with: by where they are, or by who is asked.
    #[must_use]
    pub fn has(&self, one: &Waiting) -> bool {
        self.houses.contains(&one.at) || one.asked.is_some_and(|asked| self.houses.contains(&asked))
    }
}

/// Somebody who waits, with what the plan has for them.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who.
    pub waiting: Waiting,
    /// What the plan has.
    pub planned: Planned,
    /// What it costs to go without.
    pub harm: Option<Harm>,
    /// The nearest beds with room, with minutes and how many are left.
    pub beds: Vec<(Where, i64, i64)>,
}

/// A bed of a house, one of its units with its people.
#[derive(Debug, Clone)]
pub struct Strip {
    /// Whose.
    pub house: String,
    /// Which pool.
    pub pool: Pool,
    /// What the ledger has.
    pub cell: Cell,
    /// Who has a bed, or has one held.
    pub holds: Vec<Hold>,
}

/// Somebody who lies in the actor's own house in a bed, with the mark that they may step down.
#[derive(Debug, Clone)]
pub struct Lies {
    /// The record.
    pub inbound: Inbound,
    /// In which bed.
    pub hold: Hold,
    /// The mark, if there is one.
    pub mark: Option<Mark>,
}

/// The board of a grid, or of a house.
#[derive(Debug, Clone)]
pub struct GridBoard {
    /// For whom it is.
    pub reach: Reach,
    /// The plan it is taken from.
    pub made: Arc<Made>,
    /// Who waits, the sickest first, who waits longest first.
    pub rows: Vec<Row>,
    /// Beds.
    pub strips: Vec<Strip>,
    /// Who is on the way to one of the houses.
    pub coming: Vec<Inbound>,
    /// Who lies in the own house.
    pub lies: Vec<Lies>,
}

/// The board for the actor's reach.
///
/// # Errors
/// `Denied`; store errors.
pub async fn board(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, of: Option<GridRef>) -> Result<GridBoard, BedError> {
    const MOST: i64 = 300;
    const CHOICES: usize = 15;
    let reach = reach(ctx, c, of).await?;
    let made = current(c, desk, ctx.now()).await?;
    let picture = made.plan.picture();
    let mine = picture.waiting.iter().zip(&made.planned).enumerate().filter(|(_, (one, _))| reach.has(one));
    let mut rows: Vec<Row> = mine
        .map(|(number, (waiting, planned))| Row {
            waiting: waiting.clone(),
            planned: planned.clone(),
            harm: if reach.patients && matches!(planned, Planned::Bed(_)) { made.plan.refusing(number) } else { None },
            beds: made.plan.beds_for(number, CHOICES),
        })
        .collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.waiting.severity), row.waiting.since));
    let (mut strips, mut coming, mut lies) = (Vec::new(), Vec::new(), Vec::new());
    for at in &reach.houses {
        let Some(house) = picture.houses.get(at) else { continue };
        let holds = beds::holds_of(c, *at).await?;
        for cell in beds::cells(c, *at).await? {
            let same = |pool: &&Pool| pool.unit == cell.key.unit && pool.bed_type == cell.key.bed_type;
            let Some(pool) = picture.pools.iter().find(same).cloned() else { continue };
            let of_cell = holds.iter().filter(|hold| hold.unit == cell.key.unit && hold.bed_type == cell.key.bed_type);
            strips.push(Strip { house: house.name.clone(), pool, cell, holds: of_cell.cloned().collect() });
        }
        for inbound in referrals::inbox(c, *at, MOST).await? {
            let hold = holds.iter().find(|hold| Some(hold.id) == inbound.hold);
            let here = hold.filter(|hold| hold.over_at.is_none() && hold.state == crate::model::beds::HoldState::Occupied);
            match here {
                Some(hold) if reach.own == Some(*at) => {
                    let mark = store::mark(c, at.0, inbound.key).await?.map(|(mark, _)| mark);
                    lies.push(Lies { hold: hold.clone(), inbound, mark });
                }
                Some(_) => {}
                None if inbound.hold.is_some() && inbound.asks != Asks::Withdrawn => coming.push(inbound),
                None => {}
            }
        }
    }
    Ok(GridBoard { reach, rows, strips, coming, lies, made })
}

/// A decision as it is shown.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The decision.
    pub decision: Decision,
    /// The words of reason, for those who may read them.
    pub words: Option<String>,
}

/// What was made of suggestions lately in the actor's reach, the newest first (建议与决定).
///
/// # Errors
/// `Denied`; store errors.
pub async fn history(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, since: Ts) -> Result<Vec<Shown>, BedError> {
    const MOST: i64 = 500;
    let reach = reach(ctx, c, None).await?;
    let found = store::decisions(c, since, MOST).await?;
    let mine = found.into_iter().filter(|(one, _)| reach.houses.contains(&one.by) || reach.houses.contains(&one.chosen.at));
    let shown = |(decision, sealed): (Decision, Option<Vec<u8>>)| {
        let words = sealed.filter(|_| reach.patients).and_then(|sealed| opened(desk, decision.id, &sealed));
        Shown { decision, words }
    };
    Ok(mine.map(shown).collect())
}

fn opened(desk: &BedDesk, id: DecisionId, sealed: &[u8]) -> Option<String> {
    desk.vault().open_for(id.0.as_bytes(), sealed)
}

/// Where a bed is, in words: house and unit.
#[must_use]
pub fn names(picture: &Picture, to: Where) -> (String, String) {
    let house = picture.houses.get(&to.at).map(|house| house.name.clone()).unwrap_or_default();
    let unit = picture.pools.iter().find(|pool| pool.at == to.at && pool.unit == to.unit);
    (house, unit.map(|pool| pool.name.clone()).unwrap_or_default())
}

/// The mark that somebody in the own house may step down.
///
/// # Errors
/// Store errors.
pub async fn mark(c: &mut Conn<'_>, district: DistrictId, key: InboundKey) -> Result<Option<Mark>, BedError> {
    Ok(store::mark(c, district, key).await?.map(|(mark, _)| mark))
}
