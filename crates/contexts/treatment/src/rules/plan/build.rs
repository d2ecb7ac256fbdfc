//! From a picture to the cheapest flow.

use std::collections::{BTreeMap, BTreeSet};

use linli_kernel::Ts;
use linli_solver::{ArcId, Assigned, Assignment, Cost, CrowdId, FleetId, HouseId, MoveId, Outcome, PlaceId, SolverError};

use super::{PlanRule, Travel};
use crate::model::beds::BedType;
use crate::model::plan::{At, House, Leaving, Picture, Pool, Waiting, Whom};
use crate::model::referrals::{Direction, Severity};
use crate::model::{GridKind, GridRef};

/// What matters, one after the other: critical ones who wait, severe ones, others; for how long those who stay have waited; how full houses become;
/// minutes.
pub(super) const TIERS: usize = 6;
type Price = Cost<TIERS>;

/// Longer than this nobody's waiting is told apart: four weeks, in minutes.
const WAITED_MOST: i64 = 4 * 7 * 1_440;

/// A bed that somebody may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer {
    /// The number of the pool in the picture.
    pub(super) pool: usize,
    /// Minutes on the way and until the bed is ready.
    pub(super) minutes: i64,
    pub(super) arc: ArcId,
}

/// A step down that is possible.
#[derive(Debug, Clone, Copy)]
pub(super) struct Possible {
    /// The number of whoever may step down, and of the pools.
    pub(super) who: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) minutes: i64,
}

/// A picture with the cheapest flow of it, and the proof that none is cheaper.
#[derive(Debug)]
pub struct Plan {
    pub(super) picture: Picture,
    pub(super) assignment: Assignment<TIERS>,
    pub(super) assigned: Assigned<TIERS>,
    /// For each who waits, the number of the crowd.
    pub(super) crowd_of: Vec<usize>,
    /// For each crowd, what is possible, the nearest first.
    pub(super) options: Vec<Vec<Offer>>,
    pub(super) moves: BTreeMap<MoveId, Possible>,
}

/// Those who can be treated as equal: in one house, in need of the same, kept from the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    at: At,
    boarding: bool,
    down: bool,
    grid_kind: GridKind,
    bed_type: BedType,
    needs: Vec<String>,
    kept_from: Vec<At>,
}

struct Builder<'p> {
    rule: &'p PlanRule,
    picture: &'p Picture,
    travel: Travel,
    places: Vec<Option<PlaceId>>,
    of_type: BTreeMap<BedType, Vec<usize>>,
    /// Who sends somebody away for want of a kind of bed takes nobody for that kind.
    sends: BTreeSet<(At, BedType)>,
    assignment: Assignment<TIERS>,
}

const fn minutes(minutes: i64) -> Price {
    Cost([0, 0, 0, 0, 0, minutes])
}

/// What it costs that somebody waits on.
fn staying(one: &Waiting, now: Ts) -> Price {
    let waited = (now.secs_since(one.since) / 60).clamp(0, WAITED_MOST);
    let mut price: Price = Cost::ZERO;
    let [critical, severe, ordinary, of_waiting, ..] = &mut price.0;
    match one.severity {
        Severity::Critical => *critical = 1,
        Severity::Severe => *severe = 1,
        Severity::Ordinary => *ordinary = 1,
    }
    *of_waiting = waited;
    price
}

impl Plan {
    /// The cheapest plan of a picture.
    ///
    /// # Errors
    /// When numbers are so large that sums of them could run over; no city is.
    pub fn of(rule: &PlanRule, picture: Picture) -> Result<Self, SolverError> {
        let mut builder = Builder::new(rule, &picture);
        builder.rooms()?;
        let (crowd_of, options) = builder.waiting()?;
        let moves = builder.leaving()?;
        let assignment = builder.assignment;
        let assigned = assignment.solve()?;
        Ok(Self { picture, assignment, assigned, crowd_of, options, moves })
    }

    /// What it goes by.
    #[must_use]
    pub const fn picture(&self) -> &Picture {
        &self.picture
    }

    /// The flow network behind it: with its solution, for whoever proves it or solves it by another way.
    #[must_use]
    pub const fn network(&self) -> &linli_solver::Network<TIERS> {
        self.assignment.network()
    }

    /// The cheapest flow, with its certificate.
    #[must_use]
    pub const fn solution(&self) -> &linli_solver::Solution<TIERS> {
        &self.assigned.solution
    }

    /// What becomes of those who wait, in their order.
    pub(super) fn outcomes(&self) -> &[Outcome] {
        &self.assigned.outcomes
    }
}

impl<'p> Builder<'p> {
    fn new(rule: &'p PlanRule, picture: &'p Picture) -> Self {
        let mut of_type: BTreeMap<BedType, Vec<usize>> = BTreeMap::new();
        for (number, pool) in picture.pools.iter().enumerate() {
            of_type.entry(pool.bed_type).or_default().push(number);
        }
        let up = picture.waiting.iter().filter(|one| one.direction == Direction::Up && matches!(one.whom, Whom::Asking { .. }));
        Self {
            rule,
            picture,
            travel: Travel::between(picture.houses.values()),
            places: Vec::with_capacity(picture.pools.len()),
            of_type,
            sends: up.map(|one| (one.at, one.bed_type)).collect(),
            assignment: Assignment::default(),
        }
    }

    fn house(&self, at: At) -> Option<&'p House> {
        self.picture.houses.get(&at)
    }

    fn pool(&self, number: usize) -> Option<&'p Pool> {
        self.picture.pools.get(number)
    }

    /// Houses with their reluctance, pools with their room. Where the ledger cannot say how many are left, nobody is sent.
    fn rooms(&mut self) -> Result<(), SolverError> {
        let mut free: BTreeMap<At, i64> = BTreeMap::new();
        for pool in &self.picture.pools {
            *free.entry(pool.at).or_default() += pool.left.unwrap_or(0).max(0);
        }
        let mut houses: BTreeMap<At, HouseId> = BTreeMap::new();
        for (at, free) in free {
            let bands: Vec<(i64, Price)> =
                self.rule.bands(free).into_iter().map(|(many, reluctance)| (many, Cost([0, 0, 0, 0, reluctance, 0]))).collect();
            houses.insert(at, self.assignment.house(&bands)?);
        }
        for pool in &self.picture.pools {
            let place = match (pool.left, houses.get(&pool.at)) {
                (Some(left), Some(house)) => Some(self.assignment.place_in(*house, left)?),
                _ => None,
            };
            self.places.push(place);
        }
        Ok(())
    }

    fn place(&self, pool: usize) -> Option<PlaceId> {
        self.places.get(pool).copied().flatten()
    }

    /// Who waits, in crowds of those who are alike. Gives for each the number of the crowd, and for each crowd what is possible.
    fn waiting(&mut self) -> Result<(Vec<usize>, Vec<Vec<Offer>>), SolverError> {
        let fleets = self.fleets()?;
        let mut crowds: BTreeMap<Alike, (usize, CrowdId)> = BTreeMap::new();
        let (mut crowd_of, mut options) = (Vec::new(), Vec::new());
        let mut near: BTreeMap<(At, BedType), Vec<(i64, usize)>> = BTreeMap::new();
        for one in &self.picture.waiting {
            let alike = self.alike(one);
            let (number, crowd) = match crowds.get(&alike) {
                Some(known) => *known,
                None => {
                    let grid = self.house(one.at).and_then(|house| house.grid(one.grid_kind));
                    let fleet = grid.filter(|_| !alike.boarding).and_then(|grid| fleets.get(&grid).copied());
                    let crowd = self.assignment.crowd(fleet)?;
                    let nearest = near.entry((one.at, one.bed_type)).or_insert_with(|| self.nearest(one.at, one.bed_type));
                    let possible = self.possible(&alike, grid, nearest);
                    options.push(self.offer(crowd, &possible)?);
                    crowds.insert(alike, (options.len().saturating_sub(1), crowd));
                    (options.len().saturating_sub(1), crowd)
                }
            };
            self.assignment.item(crowd, staying(one, self.picture.now))?;
            crowd_of.push(number);
        }
        Ok((crowd_of, options))
    }

    fn fleets(&mut self) -> Result<BTreeMap<GridRef, FleetId>, SolverError> {
        let known = self.picture.fleets.iter();
        known.map(|(grid, free)| Ok((*grid, self.assignment.fleet((*free).max(0))?))).collect()
    }

    fn alike(&self, one: &Waiting) -> Alike {
        let mut kept_from = self.kept_from(one);
        kept_from.sort_unstable();
        kept_from.dedup();
        Alike {
            at: one.at,
            boarding: matches!(one.whom, Whom::Boarding { .. }),
            down: one.direction == Direction::Down,
            grid_kind: one.grid_kind,
            bed_type: one.bed_type,
            needs: one.needs.clone(),
            kept_from,
        }
    }

    /// Houses that are left out for somebody: from where they came lately, and who refused, as long as the refusal counts.
    fn kept_from(&self, one: &Waiting) -> Vec<At> {
        let now = self.picture.now;
        // Whoever is critical goes wherever a bed is.
        let lately = |(_, at): &&(At, Ts)| one.severity != Severity::Critical && now.secs_since(*at) < self.rule.no_return_secs();
        let back = one.came_from.iter().filter(lately).map(|(at, _)| *at);
        let refused = self.picture.refused.iter().filter(|refused| self.counts(refused, one)).map(|refused| refused.by);
        back.chain(refused).collect()
    }

    fn counts(&self, refused: &crate::model::plan::Refused, one: &Waiting) -> bool {
        counts(self.rule, refused, one, self.picture.now)
    }

    /// Pools of a kind with the minutes to them, the nearest first.
    fn nearest(&self, from: At, bed_type: BedType) -> Vec<(i64, usize)> {
        let pools = self.of_type.get(&bed_type).map_or(&[][..], Vec::as_slice);
        let far = |number: &usize| self.pool(*number).map(|pool| (self.way(from, pool), *number));
        let mut found: Vec<(i64, usize)> = pools.iter().filter_map(far).collect();
        found.sort_unstable();
        found
    }

    /// Minutes to a bed, and until it is ready.
    fn way(&self, from: At, pool: &Pool) -> i64 {
        let way = if from == pool.at { 0 } else { self.travel.minutes(self.rule.travel(), from, pool.at) };
        (way + self.rule.setup(pool.bed_type)).max(1)
    }

    fn can(&self, pool: &Pool, needs: &[String]) -> bool {
        can(self.picture, pool, needs)
    }

    fn possible(&self, alike: &Alike, grid: Option<GridRef>, nearest: &[(i64, usize)]) -> Vec<(i64, usize)> {
        let fits = |(_, number): &&(i64, usize)| {
            self.pool(*number).is_some_and(|pool| {
                let here = pool.at == alike.at;
                let reached =
                    if alike.boarding { here } else { !here && !alike.kept_from.contains(&pool.at) && !self.sends(pool) };
                let of_grid =
                    !alike.down || (grid.is_some() && self.house(pool.at).and_then(|of| of.grid(alike.grid_kind)) == grid);
                reached && of_grid && self.can(pool, &alike.needs)
            })
        };
        nearest.iter().filter(fits).copied().collect()
    }

    fn sends(&self, pool: &Pool) -> bool {
        self.sends.contains(&(pool.at, pool.bed_type))
    }

    fn offer(&mut self, crowd: CrowdId, possible: &[(i64, usize)]) -> Result<Vec<Offer>, SolverError> {
        let mut offered = Vec::with_capacity(possible.len());
        for (far, pool) in possible {
            if let Some(place) = self.place(*pool) {
                offered.push(Offer { pool: *pool, minutes: *far, arc: self.assignment.option(crowd, place, minutes(*far))? });
            }
        }
        Ok(offered)
    }

    /// Who may step down, and where to.
    fn leaving(&mut self) -> Result<BTreeMap<MoveId, Possible>, SolverError> {
        let mut moves = BTreeMap::new();
        for (who, one) in self.picture.leaving.iter().enumerate() {
            let Some(from) = self.picture.pools.iter().position(|pool| pool.unit == one.unit && pool.bed_type == one.bed_type)
            else {
                continue;
            };
            let Some(place) = self.place(from) else { continue };
            let leaver = self.assignment.leaver(place)?;
            for to in self.of_type.get(&one.wants).cloned().unwrap_or_default() {
                let (Some(pool), Some(room)) = (self.pool(to), self.place(to)) else { continue };
                if to == from || !self.may_go(one, pool) {
                    continue;
                }
                // Nearer to home is better, so the way home counts too.
                let (way, home) = (self.way(one.at, pool), self.home(one, pool));
                let id = self.assignment.movement(leaver, room, minutes(way + home))?;
                moves.insert(id, Possible { who, from, to, minutes: way });
            }
        }
        Ok(moves)
    }

    fn home(&self, one: &Leaving, pool: &Pool) -> i64 {
        if one.home == pool.at { 0 } else { self.travel.minutes(self.rule.travel(), pool.at, one.home) }
    }

    fn may_go(&self, one: &Leaving, pool: &Pool) -> bool {
        let here = pool.at == one.at;
        let grid = |at| self.house(at).and_then(|house| house.grid(one.grid_kind));
        let in_grid = here || (grid(one.at).is_some() && grid(pool.at) == grid(one.at));
        let soon_back = pool.at == one.home && self.picture.now.secs_since(one.came) < self.rule.no_return_secs();
        in_grid && !soon_back && !self.sends(pool) && self.can(pool, &one.needs)
    }
}

/// Whether a pool can what is needed, itself or with its house.
pub(super) fn can(picture: &Picture, pool: &Pool, needs: &[String]) -> bool {
    let has = |can: &[String], need: &String| can.iter().any(|one| one == need);
    let house = picture.houses.get(&pool.at);
    house.is_some_and(|house| needs.iter().all(|need| has(&pool.capabilities, need) || has(&house.capabilities, need)))
}

/// Whether a refusal counts for somebody still.
pub(super) fn counts(rule: &PlanRule, refused: &crate::model::plan::Refused, one: &Waiting, now: Ts) -> bool {
    let Whom::Asking { referral, .. } = one.whom else { return false };
    let (secs, everybody) = rule.refusal(refused.why);
    // Whoever is critical cannot be refused, and a house that has no staff for somebody may take in a sicker one.
    let others = everybody && one.severity != Severity::Critical && one.severity <= refused.severity;
    let meant = refused.referral == referral || (others && refused.bed_type == one.bed_type);
    meant && now.secs_since(refused.at) < secs
}
