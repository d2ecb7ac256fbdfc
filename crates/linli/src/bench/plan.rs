//! The plan of a city (救治方案): how long from an event to the suggestions, and whether others find a cheaper one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_rulebook::Rulebook;
use linli_solver::check_optimal;
use linli_treatment::model::beds::BedType;
use linli_treatment::model::plan::{At, House, Leaving, Picture, Pool, Waiting, Whom};
use linli_treatment::model::referrals::{Direction, InboundKey, ReferralId, Severity};
use linli_treatment::model::{GridKind, GridRef, InstitutionId, TreatmentGridId, UnitId, UnitKind};
use linli_treatment::rules::plan::{ID, Plan, PlanRule, Planned};
use uuid::Uuid;

use super::figure::{median, print};

/// Two other solvers, in the Python that `LINLI_BENCH_HIGHS` names.
const ORACLES: &str = include_str!("../../../libs/solver/tests/oracles.py");
const ROUNDS: i64 = 51;
const RANDOM: u64 = 1_000;
const NOW: Ts = Ts(1_800_000_000_000_000);

/// The same numbers every time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }

    fn small(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).unwrap_or(0)
    }
}

/// What a city is made of.
#[derive(Clone, Copy)]
struct Size {
    /// Houses where patients wait.
    sending: u64,
    /// Houses with beds.
    taking: u64,
    /// Houses with neither.
    idle: u64,
    waiting: u64,
    leaving: u64,
    grids: u64,
    /// Free beds of a unit lie between these.
    beds: (u64, u64),
}

/// 303 hospitals, of which 132 send and 163 take, 1,500 who wait: 21,516 arcs between them.
const CITY: Size = Size { sending: 132, taking: 163, idle: 8, waiting: 1_500, leaving: 0, grids: 56, beds: (5, 16) };

fn at(n: u64) -> At {
    (DistrictId(1), InstitutionId(Uuid::from_u128(u128::from(n) + 1)))
}

fn unit(n: u64, kind: BedType) -> UnitId {
    UnitId(Uuid::from_u128(u128::from(n) * 10 + u128::from(kind == BedType::Ward)))
}

/// Houses on a square of 60 km. Who waits needs an intensive bed; who may step down lies in one and needs a ward.
fn city(size: Size, numbers: &mut Numbers) -> Picture {
    let houses = (0..size.sending + size.taking + size.idle).map(|n| {
        let degrees = |from: i64, numbers: &mut Numbers| i32::try_from(from + numbers.small(6_000_000)).unwrap_or(0);
        let point = Point { lon_e7: degrees(1_160_000_000, numbers), lat_e7: degrees(397_000_000, numbers) };
        let grid =
            GridRef { district: DistrictId(1), id: TreatmentGridId(Uuid::from_u128(u128::from(numbers.below(size.grids)))) };
        let name = format!("H{n}");
        (at(n), House { at: at(n), name, point: Some(point), capabilities: Vec::new(), grids: vec![(GridKind::General, grid)] })
    });
    let mut picture = Picture { now: NOW, houses: houses.collect(), ..Picture::default() };
    let takers = size.sending..size.sending + size.taking;
    let kinds: &[(BedType, UnitKind)] = if size.leaving > 0 {
        &[(BedType::Icu, UnitKind::Icu), (BedType::Ward, UnitKind::Ward)]
    } else {
        &[(BedType::Icu, UnitKind::Icu)]
    };
    for (n, (bed_type, kind)) in takers.clone().flat_map(|n| kinds.iter().map(move |kind| (n, *kind))) {
        let (least, most) = size.beds;
        let left = i64::try_from(least).unwrap_or(0) + numbers.small(most - least);
        let name = format!("U{n}");
        let (usable, left) = (Some(left), Some(left));
        picture.pools.push(Pool {
            at: at(n),
            unit: unit(n, bed_type),
            name,
            kind,
            bed_type,
            capabilities: Vec::new(),
            usable,
            left,
        });
    }
    for n in 0..size.waiting {
        // Each house sends somebody at least.
        let from = if n < size.sending { n } else { numbers.below(size.sending) };
        let severity = match numbers.below(4) {
            0 => Severity::Critical,
            1 => Severity::Severe,
            _ => Severity::Ordinary,
        };
        picture.waiting.push(waiting(n, from, severity, numbers.small(2_000)));
    }
    for n in 0..size.leaving {
        let (house, home) = (size.sending + numbers.below(size.taking), numbers.below(size.sending));
        picture.leaving.push(Leaving {
            key: InboundKey { referral: ReferralId(Uuid::from_u128(u128::from(n))), attempt: 1 },
            at: at(house),
            unit: unit(house, BedType::Icu),
            bed_type: BedType::Icu,
            wants: BedType::Ward,
            needs: Vec::new(),
            grid_kind: GridKind::General,
            home: at(home),
            came: NOW.plus_secs(-90_000),
        });
    }
    picture
}

fn waiting(n: u64, from: u64, severity: Severity, minutes: i64) -> Waiting {
    Waiting {
        whom: Whom::Asking { district: DistrictId(1), referral: ReferralId(Uuid::from_u128(u128::from(n))) },
        attempt: 1,
        at: at(from),
        direction: Direction::Up,
        grid_kind: GridKind::General,
        bed_type: BedType::Icu,
        needs: Vec::new(),
        severity,
        since: NOW.plus_secs(-60 * minutes),
        due: None,
        asked: None,
        came_from: Vec::new(),
    }
}

/// Something happens: a bed is taken or becomes free, a patient becomes critical, a minute passes.
fn event(picture: &mut Picture, round: i64, numbers: &mut Numbers) {
    let many = |of: usize| u64::try_from(of).unwrap_or(1);
    let pool = usize::try_from(numbers.below(many(picture.pools.len()))).unwrap_or(0);
    if let Some(left) = picture.pools.get_mut(pool).and_then(|pool| pool.left.as_mut()) {
        *left += if round % 2 == 0 { 1 } else { -1 };
    }
    let patient = usize::try_from(numbers.below(many(picture.waiting.len()))).unwrap_or(0);
    if let Some(patient) = picture.waiting.get_mut(patient) {
        patient.severity = Severity::Critical;
    }
    picture.now = picture.now.plus_secs(60);
}

/// Prints `plan.city_ms`, from a changed picture of the city to all suggestions with their reasons and the cost of refusing the first; beside it
/// what others take for the same flow, when they are there. Then `plan.objective_gap`.
pub fn run() -> anyhow::Result<()> {
    let book = Rulebook::builtin(&linli_treatment::rules::BED_PACKS)?;
    let rule = book.get::<PlanRule>(ID, &PlacePath::root(), NOW)?;
    let rule = &rule.value;
    let python = std::env::var_os("LINLI_BENCH_HIGHS");
    let numbers = &mut Numbers(2023);
    let mut picture = city(CITY, numbers);
    let (mut took, mut last) = (Vec::new(), None);
    for round in 0..ROUNDS {
        event(&mut picture, round, numbers);
        let begun = Instant::now();
        let plan = Plan::of(rule, picture.clone())?;
        let planned = plan.planned(rule);
        let first = planned.iter().position(|one| matches!(one, Planned::Bed(_))).context("nobody has a bed in this city")?;
        let refusing = plan.refusing(first);
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        ensure!(refusing.is_some(), "everybody may stay, so anything may be refused");
        last = Some((plan, planned));
    }
    let (plan, planned) = last.context("no round")?;
    check_optimal(plan.network(), plan.solution()).context("the certificate of the city")?;
    let ours = median(took);
    let arcs = f64::from(u32::try_from(plan.network().arcs().len())?);
    let placed = planned.iter().filter(|one| matches!(one, Planned::Bed(_))).count();
    let mut beside = vec![("arcs", arcs), ("placed", f64::from(u32::try_from(placed)?))];
    let Some(python) = python else {
        print("plan", "city_ms", ours, "ms", &beside)?;
        writeln!(
            std::io::stderr(),
            "not done: highs_ms and plan.objective_gap: LINLI_BENCH_HIGHS names no Python with highspy and networkx"
        )?;
        return Ok(());
    };
    let said = asked(&python, written(&plan)?)?;
    let theirs = said.first().context("no answer about the city")?;
    beside.extend([
        ("highs_ms", theirs.highs_ms),
        ("highs_first_tier_ms", theirs.highs_first_ms),
        ("networkx_ms", theirs.networkx_ms),
        ("times_faster", theirs.highs_ms / ours),
        ("times_faster_than_first_tier", theirs.highs_first_ms / ours),
    ]);
    print("plan", "city_ms", ours, "ms", &beside)?;
    let mut gap = theirs.gap(&plan);
    let (mut text, mut plans) = (String::new(), Vec::new());
    for _ in 0..RANDOM {
        let size = Size {
            sending: 1 + numbers.below(6),
            taking: 1 + numbers.below(8),
            idle: 0,
            waiting: 1 + numbers.below(25),
            leaving: numbers.below(8),
            grids: 1 + numbers.below(3),
            beds: (0, 1 + numbers.below(4)),
        };
        let mut picture = city(size, numbers);
        let grids: Vec<GridRef> = picture.houses.values().filter_map(|house| house.grid(GridKind::General)).collect();
        let told = grids
            .into_iter()
            .filter(|_| numbers.below(3) == 0)
            .map(|grid| (grid, i64::try_from(grid.id.0.as_u128() % 5).unwrap_or(0)));
        picture.fleets = told.collect::<BTreeMap<_, _>>();
        let plan = Plan::of(rule, picture)?;
        check_optimal(plan.network(), plan.solution())?;
        text.push_str(&written(&plan)?);
        plans.push(plan);
    }
    let said = asked(&python, text)?;
    ensure!(said.len() == plans.len(), "{} answers about {} plans", said.len(), plans.len());
    for (plan, said) in plans.iter().zip(&said) {
        gap = gap.max(said.gap(plan));
    }
    print("plan", "objective_gap", gap, "cost", &[("instances", f64::from(u32::try_from(plans.len() + 1)?))])?;
    Ok(())
}

/// A network as the oracles read it.
fn written(plan: &Plan) -> anyhow::Result<String> {
    let network = plan.network();
    let mut text = String::new();
    let tiers = plan.solution().total.0.len();
    writeln!(text, "p {} {} {tiers}", network.supplies().len(), network.arcs().len())?;
    writeln!(text, "{}", network.supplies().iter().map(i64::to_string).collect::<Vec<_>>().join(" "))?;
    for arc in network.arcs() {
        let cost = arc.cost.0.map(|tier| tier.to_string()).join(" ");
        writeln!(text, "{} {} {} {cost}", arc.from.number(), arc.to.number(), arc.capacity)?;
    }
    Ok(text)
}

/// What the others found.
struct Said {
    highs: Vec<i128>,
    networkx: Vec<i128>,
    highs_first_ms: f64,
    highs_ms: f64,
    networkx_ms: f64,
}

impl Said {
    /// By how much our cost differs from theirs, all tiers together.
    fn gap(&self, plan: &Plan) -> f64 {
        let ours = plan.solution().total.0;
        let differs = |theirs: &[i128]| {
            if theirs.len() == ours.len() { theirs.iter().zip(ours).map(|(a, b)| a.abs_diff(b)).sum() } else { u128::MAX }
        };
        let gap = differs(&self.highs).max(differs(&self.networkx));
        u32::try_from(gap).map_or(f64::INFINITY, f64::from)
    }
}

fn asked(python: &OsString, text: String) -> anyhow::Result<Vec<Said>> {
    let mut child = Command::new(python).arg("-c").arg(ORACLES).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("no way in")?;
    let feeding = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let said = child.wait_with_output()?;
    if !said.status.success() || feeding.join().is_err() {
        bail!("the oracles failed: {}", said.status);
    }
    let tiers = |text: &str| text.split(',').map(str::parse).collect::<Result<Vec<i128>, _>>();
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let [highs, networkx, first, all, other] = words.as_slice() else { bail!("not understood: {line}") };
        Ok(Said {
            highs: tiers(highs)?,
            networkx: tiers(networkx)?,
            highs_first_ms: first.parse()?,
            highs_ms: all.parse()?,
            networkx_ms: other.parse()?,
        })
    };
    String::from_utf8(said.stdout)?.lines().filter_map(|said| said.strip_prefix("= ")).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The city of the figure has as many arcs between houses as it says, and everybody who can is placed.
    #[test]
    fn the_city_is_as_large_as_it_says() {
        let book = Rulebook::builtin(&linli_treatment::rules::BED_PACKS).unwrap();
        let rule = book.get::<PlanRule>(ID, &PlacePath::root(), NOW).unwrap();
        let plan = Plan::of(&rule.value, city(CITY, &mut Numbers(2023))).unwrap();
        assert_eq!(check_optimal(plan.network(), plan.solution()), Ok(()));
        let (houses, waiting) = (plan.picture().houses.len(), plan.picture().waiting.len());
        assert_eq!((houses, waiting), (303, 1_500));
        // Staying for each, room and three bands for each house that takes.
        assert_eq!(plan.network().arcs().len() - 1_500 - 163 * 4, 21_516);
    }
}
