//! The plan against trying everything, and what its suggestions say.

use std::collections::BTreeMap;

use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_rulebook::{RuleError, Rulebook};
use linli_solver::check_optimal;
use proptest::prelude::*;
use uuid::Uuid;

use super::{ID, Plan, PlanRule, Planned, Travel};
use crate::model::beds::BedType;
use crate::model::plan::{At, Because, Harm, House, Leaving, Picture, Pool, Refused, Stays, Suggestion, Waiting, Where, Whom};
use crate::model::referrals::{Declining, Direction, InboundKey, ReferralId, Severity};
use crate::model::{GridKind, GridRef, InstitutionId, TreatmentGridId, UnitId, UnitKind};

const SHIPPED: &str = include_str!("../../../rules/plan.toml");
const NOW: Ts = Ts(1_800_000_000_000_000);

fn read(text: &str) -> Result<PlanRule, RuleError> {
    let book =
        Rulebook::builtin(&[("treatment/plan.toml", SHIPPED)])?.load_dir(vec![("plan.toml".to_owned(), text.to_owned())])?;
    Ok(book.get::<PlanRule>(ID, &PlacePath::root(), NOW)?.value.clone())
}

fn rule() -> PlanRule {
    read(SHIPPED).unwrap()
}

fn at(n: u128) -> At {
    (DistrictId(1), InstitutionId(Uuid::from_u128(n)))
}

const GRID: GridRef = GridRef { district: DistrictId(1), id: TreatmentGridId(Uuid::from_u128(900)) };

/// Houses in a row, 0.01 degrees of latitude apart: 1,112 metres.
fn picture(houses: u128) -> Picture {
    let house = |n: u128| House {
        at: at(n),
        name: format!("H{n}"),
        point: Some(Point { lon_e7: 1_188_000_000, lat_e7: 320_000_000 + i32::try_from(n).unwrap() * 100_000 }),
        capabilities: vec!["oxygen".to_owned()],
        grids: vec![(GridKind::General, GRID)],
    };
    Picture { now: NOW, houses: (0..houses).map(|n| (at(n), house(n))).collect(), ..Picture::default() }
}

fn pool(house: u128, bed_type: BedType, left: i64) -> Pool {
    Pool {
        at: at(house),
        unit: UnitId(Uuid::from_u128(house * 10 + u128::from(bed_type == BedType::Ward))),
        name: format!("U{house}"),
        kind: UnitKind::Icu,
        bed_type,
        capabilities: vec!["ventilation".to_owned()],
        usable: Some(left.max(0)),
        left: Some(left),
    }
}

fn asking(n: u128, house: u128, severity: Severity, waited: i64) -> Waiting {
    Waiting {
        whom: Whom::Asking { district: DistrictId(1), referral: ReferralId(Uuid::from_u128(n)) },
        attempt: 1,
        at: at(house),
        direction: Direction::Up,
        grid_kind: GridKind::General,
        bed_type: BedType::Icu,
        needs: vec!["ventilation".to_owned()],
        severity,
        since: NOW.plus_secs(-60 * waited),
        due: None,
        asked: None,
        came_from: Vec::new(),
    }
}

fn leaving(n: u128, house: u128) -> Leaving {
    Leaving {
        key: InboundKey { referral: ReferralId(Uuid::from_u128(n)), attempt: 1 },
        at: at(house),
        unit: UnitId(Uuid::from_u128(house * 10)),
        bed_type: BedType::Icu,
        wants: BedType::Ward,
        needs: vec!["oxygen".to_owned()],
        grid_kind: GridKind::General,
        home: at(0),
        came: NOW.plus_secs(-100 * 3_600),
    }
}

fn solved(picture: Picture) -> (Plan, Vec<Planned>) {
    let plan = Plan::of(&rule(), picture).unwrap();
    assert_eq!(check_optimal(plan.network(), plan.solution()), Ok(()));
    let planned = plan.planned(&rule());
    (plan, planned)
}

fn bed(planned: &Planned) -> &Suggestion {
    match planned {
        Planned::Bed(suggestion) => suggestion,
        Planned::Stays(why) => panic!("stays: {why:?}"),
    }
}

#[test]
fn a_pack_that_contradicts_itself_is_refused() {
    for (said, instead) in [
        ("no_return_hours = 24", "no_return_hours = -1"),
        ("detour_percent = 140", "detour_percent = 90"),
        ("kmh = 24", "kmh = 0"),
        ("icu = 30\n", ""),
        ("up_to_percent = 80", "up_to_percent = 50"),
        ("up_to_percent = 100", "up_to_percent = 90"),
        ("reluctance = 3", "reluctance = 1"),
        ("no_staff = { minutes = 120, everybody = true }\n", ""),
        ("fleet_minutes = 60", "fleet_minutes = 0"),
    ] {
        assert!(SHIPPED.contains(said), "{said}");
        assert!(read(&SHIPPED.replacen(said, instead, 1)).is_err(), "{instead}");
    }
}

#[test]
fn ways_are_reckoned_from_the_straight_line() {
    let rule = rule();
    let mut known = picture(3).houses;
    known.get_mut(&at(2)).unwrap().point = None;
    let travel = Travel::between(known.values());
    // 1,112 m × 1.4 at 24 km/h are 3.9 minutes, and ten for getting in and out.
    assert_eq!(travel.minutes(rule.travel(), at(0), at(1)), 13);
    assert_eq!(travel.minutes(rule.travel(), at(0), at(2)), 45, "nobody knows where it is");
    assert_eq!(travel.minutes(rule.travel(), at(0), at(77)), 45);
    assert!(travel.knows(at(1)) && !travel.knows(at(2)));
    // To the east, against the great circle: within a hundredth.
    let point = |lon: f64| Some(Point::from_degrees(lon, 39.9).unwrap());
    let far = |lon| House { point: point(lon), ..known[&at(0)].clone() };
    let (west, east) = (far(116.0), House { at: at(9), ..far(117.0) });
    let reckoned = Travel::between([&west, &east]).minutes(rule.travel(), west.at, east.at) - 10;
    let exact = west.point.unwrap().distance_m(east.point.unwrap()) * 1.4 / 400.0;
    assert!((f64::from(i32::try_from(reckoned).unwrap()) - exact).abs() < exact / 100.0 + 1.0, "{reckoned} {exact}");
}

#[test]
fn who_steps_down_so_that_who_can_come() {
    let mut picture = picture(4);
    picture.pools = vec![pool(2, BedType::Icu, 0), pool(1, BedType::Ward, 1)];
    picture.waiting = vec![asking(1, 0, Severity::Severe, 30)];
    let (_, planned) = solved(picture.clone());
    assert_eq!(planned, [Planned::Stays(Stays::NoBed)]);
    picture.leaving = vec![leaving(50, 2)];
    let (plan, planned) = solved(picture.clone());
    let suggestion = bed(&planned[0]);
    assert_eq!(suggestion.to.at, at(2));
    assert_eq!(suggestion.chain.len(), 1);
    let step = suggestion.chain[0];
    assert_eq!((step.who, step.from.at, step.to.at), (picture.leaving[0].key, at(2), at(1)));
    // Without it the severe one waits.
    let harm = plan.refusing(0).unwrap();
    assert_eq!((harm.severe, harm.waited), (1, 30));
    assert!(harm.minutes < 0, "ways are saved");
    // Nobody goes home so soon after coming from there.
    picture.leaving[0].home = at(1);
    picture.leaving[0].came = NOW.plus_secs(-3_600);
    assert_eq!(solved(picture).1, [Planned::Stays(Stays::NoBed)]);
}

#[test]
fn the_sickest_then_whoever_waited_longest() {
    let mut picture = picture(3);
    picture.pools = vec![pool(1, BedType::Icu, 1)];
    picture.waiting =
        vec![asking(1, 0, Severity::Severe, 900), asking(2, 0, Severity::Critical, 1), asking(3, 2, Severity::Severe, 5)];
    let (plan, planned) = solved(picture.clone());
    assert!(matches!(planned[..], [Planned::Stays(Stays::NoBed), Planned::Bed(_), Planned::Stays(Stays::NoBed)]));
    assert_eq!(plan.left(), Harm { severe: 2, waited: 905, load: 0, minutes: 43, ..Harm::default() });
    // One bed is one band at the least reluctance. Whoever refuses the critical one takes the longest waiting instead.
    assert_eq!(plan.refusing(1).unwrap().critical, 1);
    picture.waiting.remove(1);
    assert!(matches!(solved(picture).1[..], [Planned::Bed(_), Planned::Stays(_)]));
}

#[test]
fn nobody_is_sent_back_or_to_who_sends_or_refused() {
    let mut base = picture(3);
    base.pools = vec![pool(1, BedType::Icu, 5), pool(2, BedType::Icu, 5)];
    base.waiting = vec![asking(1, 0, Severity::Severe, 10)];
    let to = |picture: &Picture| bed(&solved(picture.clone()).1[0]).to.at;
    assert_eq!(to(&base), at(1));
    let mut back = base.clone();
    back.waiting[0].came_from = vec![(at(1), NOW.plus_secs(-3_600))];
    assert_eq!(to(&back), at(2));
    back.waiting[0].came_from = vec![(at(1), NOW.plus_secs(-25 * 3_600))];
    assert_eq!(to(&back), at(1), "long enough ago");
    back.waiting[0].came_from = vec![(at(1), NOW.plus_secs(-3_600))];
    back.waiting[0].severity = Severity::Critical;
    assert_eq!(to(&back), at(1), "whoever is critical goes wherever a bed is");
    let mut sends = base.clone();
    sends.waiting.push(asking(2, 1, Severity::Severe, 10));
    assert_eq!(to(&sends), at(2), "who sends somebody up for want of a bed takes none");
    let refused = |referral: u128, why, ago: i64| Refused {
        by: at(1),
        referral: ReferralId(Uuid::from_u128(referral)),
        bed_type: BedType::Icu,
        severity: Severity::Severe,
        why,
        at: NOW.plus_secs(-60 * ago),
    };
    for (one, expected) in [
        (refused(1, Declining::NoBed, 59), at(2)),
        (refused(1, Declining::NoBed, 60), at(1)),
        (refused(8, Declining::NoBed, 5), at(2)),
        (refused(1, Declining::Beyond, 60), at(2)),
        (refused(8, Declining::Beyond, 5), at(1)),
    ] {
        let mut with = base.clone();
        with.refused = vec![one];
        assert_eq!(to(&with), expected, "{one:?}");
        if expected == at(2) {
            assert_eq!(bed(&solved(with).1[0]).refused, Some((at(1), one.why)));
        }
    }
    // Whoever is critical cannot be refused, and a refusal of somebody less ill says nothing about who is sicker.
    for (waits, was, expected) in [
        (Severity::Critical, Severity::Severe, at(1)),
        (Severity::Severe, Severity::Ordinary, at(1)),
        (Severity::Severe, Severity::Severe, at(2)),
        (Severity::Ordinary, Severity::Severe, at(2)),
    ] {
        let mut with = base.clone();
        with.waiting[0].severity = waits;
        with.refused = vec![Refused { severity: was, ..refused(8, Declining::NoStaff, 5) }];
        assert_eq!(to(&with), expected, "{waits} after a refusal of somebody {was}");
    }
}

#[test]
fn a_house_with_room_that_is_left_out_is_named() {
    let mut picture = picture(3);
    picture.pools = vec![pool(1, BedType::Icu, 5), pool(2, BedType::Icu, 0)];
    picture.waiting = vec![asking(1, 0, Severity::Severe, 10)];
    let refused = Refused {
        by: at(1),
        referral: ReferralId(Uuid::from_u128(8)),
        bed_type: BedType::Icu,
        severity: Severity::Severe,
        why: Declining::NoStaff,
        at: NOW.plus_secs(-600),
    };
    picture.refused = vec![refused];
    let left_out = Stays::LeftOut { house: at(1), why: Declining::NoStaff, until: NOW.plus_secs(110 * 60) };
    assert_eq!(solved(picture.clone()).1, [Planned::Stays(left_out)], "not that beds are full");
    picture.pools[0].left = Some(0);
    assert_eq!(solved(picture.clone()).1, [Planned::Stays(Stays::NoBed)], "it has none either");
    picture.pools[0].left = Some(5);
    picture.waiting[0].severity = Severity::Critical;
    assert_eq!(bed(&solved(picture).1[0]).to.at, at(1));
}

#[test]
fn reasons_name_what_stood_in_the_way() {
    let mut picture = picture(4);
    picture.pools = vec![pool(1, BedType::Icu, 0), pool(2, BedType::Icu, 1)];
    picture.waiting = vec![asking(1, 0, Severity::Severe, 10)];
    assert!(matches!(bed(&solved(picture.clone()).1[0]).because, Because::NearerFull { house, minutes: 43 } if house == at(1)));
    picture.pools[0].left = Some(1);
    assert_eq!(bed(&solved(picture.clone()).1[0]).because, Because::Nearest { of: 2 });
    picture.waiting.push(asking(2, 0, Severity::Critical, 0));
    let (_, planned) = solved(picture.clone());
    assert!(matches!(bed(&planned[0]).because, Because::NearerGiven { to: Severity::Critical, .. }), "{planned:?}");
    picture.pools.remove(0);
    picture.waiting.pop();
    assert_eq!(bed(&solved(picture.clone()).1[0]).because, Because::Only);
    picture.waiting[0].needs = vec!["ecmo".to_owned()];
    assert_eq!(solved(picture.clone()).1, [Planned::Stays(Stays::NobodyCan)]);
    picture.waiting[0].needs.clear();
    picture.pools[0].left = None;
    assert_eq!(solved(picture).1, [Planned::Stays(Stays::NobodyCan)], "of a ledger that cannot say nothing is suggested");
}

#[test]
fn who_is_there_already_has_a_bed_of_the_house_and_no_vehicle() {
    let mut picture = picture(3);
    picture.pools = vec![pool(1, BedType::Icu, 1), pool(2, BedType::Icu, 9)];
    let boards = Waiting {
        whom: Whom::Boarding { district: DistrictId(1), referral: ReferralId(Uuid::from_u128(1)), attempt: 1 },
        ..asking(1, 1, Severity::Severe, 200)
    };
    picture.waiting = vec![boards, asking(2, 0, Severity::Ordinary, 10)];
    picture.fleets = BTreeMap::from([(GRID, 0)]);
    let (_, planned) = solved(picture.clone());
    assert_eq!((bed(&planned[0]).to.at, bed(&planned[0]).because), (at(1), Because::Here));
    assert_eq!(planned[1], Planned::Stays(Stays::NoVehicle));
    picture.fleets.clear();
    assert_eq!(bed(&solved(picture).1[1]).to.at, at(2));
}

#[test]
fn a_house_is_not_filled_to_the_last_bed_while_another_has_many() {
    let mut picture = picture(3);
    picture.pools = vec![pool(1, BedType::Icu, 2), pool(2, BedType::Icu, 8)];
    picture.waiting = vec![asking(1, 0, Severity::Severe, 10), asking(2, 0, Severity::Severe, 9)];
    let (_, planned) = solved(picture);
    let houses: Vec<At> = planned.iter().map(|one| bed(one).to.at).collect();
    assert_eq!(houses, [at(1), at(2)], "the second bed of two is taken less gladly than the first of eight");
    assert!(matches!(bed(&planned[1]).because, Because::Spread { .. }));
}

/// One small world, in numbers that proptest makes up.
#[derive(Debug, Clone)]
struct World {
    icu: Vec<i64>,
    wards: Vec<i64>,
    waiting: Vec<(u8, usize, i64)>,
    leaving: Vec<usize>,
    vehicles: Option<i64>,
    refused: Option<usize>,
}

fn world() -> impl Strategy<Value = World> {
    let severity = (0_u8..3, 0_usize..2, 0_i64..50);
    let parts = (
        prop::collection::vec(-1_i64..2, 3),
        prop::collection::vec(0_i64..2, 3),
        prop::collection::vec(severity, 0..5),
        prop::collection::vec(0_usize..3, 0..3),
        prop::option::of(0_i64..4),
        prop::option::of(0_usize..3),
    );
    parts.prop_map(|(icu, wards, waiting, leaving, vehicles, refused)| World { icu, wards, waiting, leaving, vehicles, refused })
}

/// Patients wait in houses 0 and 4, intensive units are in 1 to 3, wards too.
fn pictured(world: &World) -> Picture {
    let mut picture = picture(5);
    for (n, left) in (1_u128..).zip(&world.icu) {
        picture.pools.push(pool(n, BedType::Icu, *left));
    }
    for (n, left) in (1_u128..).zip(&world.wards) {
        picture.pools.push(pool(n, BedType::Ward, *left));
    }
    for (n, (severity, house, waited)) in (1_u128..).zip(&world.waiting) {
        let severity = [Severity::Ordinary, Severity::Severe, Severity::Critical][usize::from(*severity)];
        picture.waiting.push(asking(n, [0, 4][*house], severity, *waited));
    }
    for (n, house) in (50_u128..).zip(&world.leaving) {
        picture.leaving.push(leaving(n, u128::try_from(*house).unwrap() + 1));
    }
    picture.fleets.extend(world.vehicles.map(|many| (GRID, many)));
    picture.refused.extend(world.refused.map(|house| Refused {
        by: at(u128::try_from(house).unwrap() + 1),
        referral: ReferralId(Uuid::from_u128(1)),
        bed_type: BedType::Icu,
        severity: Severity::Severe,
        why: Declining::Beyond,
        at: NOW,
    }));
    picture
}

/// Every way to place everybody, each with what it leaves; none of it knows of flows.
struct Trying<'w> {
    rule: &'w PlanRule,
    picture: &'w Picture,
    travel: Travel,
    best: Option<[i64; 6]>,
}

impl Trying<'_> {
    fn way(&self, from: At, pool: &Pool) -> i64 {
        let way = if from == pool.at { 0 } else { self.travel.minutes(self.rule.travel(), from, pool.at) };
        way + self.rule.setup(pool.bed_type)
    }

    fn place(&mut self, number: usize, used: &mut Vec<i64>, cost: [i64; 6], gone: i64) {
        let Some(one) = self.picture.waiting.get(number) else { return self.step_down(0, used, cost) };
        let mut stays = cost;
        match one.severity {
            Severity::Critical => stays[0] += 1,
            Severity::Severe => stays[1] += 1,
            Severity::Ordinary => stays[2] += 1,
        }
        stays[3] += NOW.secs_since(one.since) / 60;
        self.place(number + 1, used, stays, gone);
        if self.picture.fleets.get(&GRID).is_some_and(|free| gone >= *free) {
            return;
        }
        for n in 0..3 {
            let pool = &self.picture.pools[n];
            let Whom::Asking { referral, .. } = one.whom else { continue };
            let refused = self.picture.refused.iter().any(|refused| refused.by == pool.at && refused.referral == referral);
            if pool.left.unwrap() < 0 || refused {
                continue;
            }
            let mut goes = cost;
            goes[5] += self.way(one.at, pool);
            used[n] += 1;
            self.place(number + 1, used, goes, gone + 1);
            used[n] -= 1;
        }
    }

    fn step_down(&mut self, number: usize, used: &mut Vec<i64>, cost: [i64; 6]) {
        let Some(one) = self.picture.leaving.get(number) else { return self.count(used, cost) };
        self.step_down(number + 1, used, cost);
        let from = self.picture.pools.iter().position(|pool| pool.unit == one.unit).unwrap();
        for to in 3..6 {
            let pool = &self.picture.pools[to];
            let mut goes = cost;
            goes[5] += self.way(one.at, pool) + self.travel.minutes(self.rule.travel(), pool.at, one.home);
            used[from] -= 1;
            used[to] += 1;
            self.step_down(number + 1, used, goes);
            used[from] += 1;
            used[to] -= 1;
        }
    }

    fn count(&mut self, used: &[i64], mut cost: [i64; 6]) {
        for house in 1..4 {
            let of_house = || self.picture.pools.iter().zip(used).filter(|(pool, _)| pool.at == at(house));
            let free: i64 = of_house().map(|(pool, _)| pool.left.unwrap().max(0)).sum();
            // Whoever steps down without need makes room for nobody.
            if of_house().any(|(pool, used)| *used < 0 || *used > pool.left.unwrap().max(0)) {
                return;
            }
            let mut filled: i64 = of_house().map(|(_, used)| *used).sum();
            for (many, reluctance) in self.rule.bands(free) {
                let here = filled.min(many);
                cost[4] += here * reluctance;
                filled -= here;
            }
        }
        if self.best.is_none_or(|best| cost < best) {
            self.best = Some(cost);
        }
    }
}

fn by_trying(rule: &PlanRule, picture: &Picture) -> [i64; 6] {
    let travel = Travel::between(picture.houses.values());
    let mut trying = Trying { rule, picture, travel, best: None };
    trying.place(0, &mut vec![0; picture.pools.len()], [0; 6], 0);
    trying.best.unwrap()
}

fn same_bed(one: Where, pool: &Pool) -> bool {
    (one.unit, one.bed_type) == (pool.unit, pool.bed_type)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// As good as the best of all ways that there are; no pool over its room, every chain begins where the patient goes and ends at a free bed,
    /// nobody steps down twice, and the same picture gives the same plan.
    #[test]
    fn as_good_as_trying_everything(world in world()) {
        let (rule, picture) = (rule(), pictured(&world));
        let (plan, planned) = solved(picture.clone());
        let left = plan.left();
        prop_assert_eq!([left.critical, left.severe, left.ordinary, left.waited, left.load, left.minutes], by_trying(&rule, &picture));
        let mut used = vec![0_i64; picture.pools.len()];
        let mut stepped = Vec::new();
        for one in &planned {
            let Planned::Bed(suggestion) = one else { continue };
            let mut here = suggestion.to;
            let pool = |one: Where| picture.pools.iter().position(|pool| same_bed(one, pool)).unwrap();
            used[pool(here)] += 1;
            for step in &suggestion.chain {
                prop_assert_eq!(step.from, here);
                used[pool(step.from)] -= 1;
                used[pool(step.to)] += 1;
                here = step.to;
                stepped.push(step.who);
            }
            let from = picture.waiting.iter().find(|one| one.whom == suggestion.whom).unwrap().at;
            prop_assert!(suggestion.to.at != from);
        }
        for (pool, used) in picture.pools.iter().zip(&used) {
            prop_assert!((0..=pool.left.unwrap().max(0)).contains(used), "{used} of {:?}", pool.left);
        }
        let many = stepped.len();
        stepped.sort_by_key(|key| key.referral);
        stepped.dedup();
        prop_assert_eq!(stepped.len(), many, "nobody steps down twice");
        prop_assert_eq!(solved(picture).1, planned, "the same again");
    }
}
