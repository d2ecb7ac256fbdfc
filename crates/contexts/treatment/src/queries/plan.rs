//! The plan of all districts of this database, what of it somebody may see, and what was made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use linli_access::{Action, Actor, Ctx, Resource, Role};
use linli_db::{Conn, journal};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_territory::queries as territory;
use tokio::sync::Mutex;

use crate::desk::BedDesk;
use crate::error::TreatmentError;
use crate::error_beds::BedError;
use crate::model::GridRef;
use crate::model::beds::{BedType, Cell, Hold};
use crate::model::plan::{At, Decision, DecisionId, Harm, Mark, Picture, Pool, Suggestion, Waiting, Where, Whom};
use crate::model::referrals::{Asks, Inbound, InboundKey, Severity};
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
        let derived = counted.value.derive(cell.key.bed_type, &cell.levels).ok();
        houses.contains_key(&at).then(|| Pool {
            at,
            unit: cell.key.unit,
            name: unit.name.clone(),
            kind: unit.kind,
            bed_type: cell.key.bed_type,
            capabilities: unit.capabilities.clone(),
            usable: derived.map(|derived| derived.usable),
            left: derived.map(|derived| derived.left),
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
    let all = match role {
        Some(Role::GridCoordinator | Role::HealthOfficer) => store::grid_leads(c, now).await?,
        _ => Vec::new(),
    };
    let leads = |lead: &At| role == Some(Role::HealthOfficer) || own == Some(*lead);
    let leads: Vec<(GridRef, String)> =
        all.into_iter().filter(|(_, _, lead)| leads(lead)).map(|(grid, name, _)| (grid, name)).collect();
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
    // Of a whole city the health officer is shown numbers; beds, of the grid that was chosen.
    let shown = reach.houses.iter().filter(|_| reach.patients || of.is_some());
    for at in shown {
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

/// What a grid has of a kind of bed against what is needed (供需).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Balance {
    /// Beds that can be used.
    pub usable: i64,
    /// Beds that are free.
    pub free: i64,
    /// How many more lie in them than they hold.
    pub over: i64,
    /// Units whose ledger can say.
    pub known: i64,
    /// Units whose ledger cannot say.
    pub unknown: i64,
    /// Who waits, critical, severe and others.
    pub waiting: [i64; 3],
    /// Who waits and for whom the plan has no bed.
    pub unplaced: i64,
}

impl Balance {
    /// Everybody who waits.
    #[must_use]
    pub fn waits(&self) -> i64 {
        self.waiting.iter().sum()
    }

    /// How bad it is, the worst first: critical ones without a bed, anybody without a bed, over-full, no bed free.
    #[must_use]
    pub fn badness(&self) -> (i64, i64, i64, bool) {
        let critical = if self.unplaced > 0 { self.waiting[0] } else { 0 };
        (critical, self.unplaced, self.over, self.known > 0 && self.free == 0)
    }
}

/// The city: capacity against demand by grid and kind of bed, clocks, orders to convert.
#[derive(Debug, Clone)]
pub struct City {
    /// The plan it is taken from.
    pub made: Arc<Made>,
    /// By grid and kind of bed, the worst first.
    pub balances: Vec<(GridRef, String, BedType, Balance)>,
    /// Where each grid is: where its lead is, when that is known.
    pub leads: BTreeMap<GridRef, (String, Option<linli_geo::Point>)>,
    /// Houses that are asked, with how many answers are due soon and when the first is.
    pub clocks: Vec<(At, usize, Ts)>,
    /// What is in place and what is convertible, by kind of bed: two states, not one number.
    pub stock: Vec<Stock>,
    /// Orders to convert beds that are not done, the first due first.
    pub conversions: Vec<crate::model::beds::Conversion>,
    /// What the grids stand on: outlines of the districts, or of the places in one that has none itself.
    pub ground: Vec<linli_geo::Shape>,
}

/// Outlines of the districts, as far as there are any.
async fn ground(c: &mut Conn<'_>) -> Result<Vec<linli_geo::Shape>, BedError> {
    let mut all = Vec::new();
    for district in territory::districts(c).await.map_err(TreatmentError::from)? {
        let own = territory::boundary(c, district.id, &district.path).await.map_err(TreatmentError::from)?;
        match own.and_then(|own| linli_geo::Shape::from_geojson(&own.geojson).ok()) {
            Some(shape) => all.push(shape),
            None => {
                let map = territory::map_of(c, district.id, &district.path).await.map_err(TreatmentError::from)?;
                all.extend(map.children.into_iter().filter_map(|child| child.outline));
            }
        }
    }
    Ok(all)
}

/// What is in place and convertible of a kind of bed (实有与可转换); `None` where nobody told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// Which kind.
    pub bed_type: BedType,
    /// In place.
    pub in_place: Option<i64>,
    /// Convertible.
    pub convertible: Option<i64>,
    /// Units that told neither the one nor the other, each by itself.
    pub untold: (i64, i64),
}

/// The city as the plan sees it (全市供需).
///
/// # Errors
/// `Denied`; store errors.
pub async fn city(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk) -> Result<City, BedError> {
    /// A clock is about to run out when less than this is left.
    const SOON_SECS: i64 = 30 * 60;
    const MOST: i64 = 200;
    ctx.scope(Action::Read, Resource::Plan)?;
    let now = ctx.now();
    let made = current(c, desk, now).await?;
    let picture = made.plan.picture();
    let names: BTreeMap<GridRef, (String, At)> =
        store::grid_leads(c, now).await?.into_iter().map(|(grid, name, lead)| (grid, (name, lead))).collect();
    let mut balances: BTreeMap<(GridRef, BedType), Balance> = BTreeMap::new();
    for pool in &picture.pools {
        for (_, grid) in picture.houses.get(&pool.at).map_or(&[][..], |house| house.grids.as_slice()) {
            let balance = balances.entry((*grid, pool.bed_type)).or_default();
            balance.usable += pool.usable.unwrap_or(0);
            balance.free += pool.left.unwrap_or(0).max(0);
            balance.over += (-pool.left.unwrap_or(0)).max(0);
            balance.known += i64::from(pool.left.is_some());
            balance.unknown += i64::from(pool.left.is_none());
        }
    }
    let mut clocks: BTreeMap<At, (usize, Ts)> = BTreeMap::new();
    for (one, planned) in picture.waiting.iter().zip(&made.planned) {
        if let Some(grid) = picture.houses.get(&one.at).and_then(|house| house.grid(one.grid_kind)) {
            let balance = balances.entry((grid, one.bed_type)).or_default();
            let [critical, severe, ordinary] = &mut balance.waiting;
            *match one.severity {
                Severity::Critical => critical,
                Severity::Severe => severe,
                Severity::Ordinary => ordinary,
            } += 1;
            balance.unplaced += i64::from(matches!(planned, Planned::Stays(_)));
        }
        if let Some((asked, due)) = one.asked.zip(one.due).filter(|(_, due)| due.secs_since(now) <= SOON_SECS) {
            let clock = clocks.entry(asked).or_insert((0, due));
            *clock = (clock.0 + 1, clock.1.min(due));
        }
    }
    let named = |((grid, kind), balance): ((GridRef, BedType), Balance)| {
        names.get(&grid).map(|(name, _)| (grid, name.clone(), kind, balance))
    };
    let mut balances: Vec<_> = balances.into_iter().filter_map(named).collect();
    balances.sort_by_key(|(_, _, _, balance)| std::cmp::Reverse(balance.badness()));
    let mut clocks: Vec<_> = clocks.into_iter().map(|(at, (many, due))| (at, many, due)).collect();
    clocks.sort_by_key(|(_, _, due)| *due);
    let point = |lead: At| picture.houses.get(&lead).and_then(|house| house.point);
    let stock = beds::stock(c, now).await?.into_iter().filter_map(|row| {
        let untold = (row.cells - row.in_place_told, row.cells - row.convertible_told);
        Some(Stock { bed_type: row.bed_type.parse().ok()?, in_place: row.in_place, convertible: row.convertible, untold })
    });
    let stock = stock.collect();
    Ok(City {
        stock,
        leads: names.into_iter().map(|(grid, (name, lead))| (grid, (name, point(lead)))).collect(),
        conversions: beds::open_conversions(c, MOST).await?,
        ground: ground(c).await?,
        balances,
        clocks,
        made,
    })
}
