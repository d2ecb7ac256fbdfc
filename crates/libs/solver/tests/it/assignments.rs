//! Things into places, with the moves that make room.

use linli_solver::{Assignment, Cost, CrowdId, Outcome, PlaceId, SolverError, Total, check_optimal};
use proptest::prelude::*;

/// First tier: critical ones who wait. Second: others who wait. Third: minutes on the way.
const CRITICAL_WAITS: Cost<3> = Cost([1, 0, 0]);
const OTHER_WAITS: Cost<3> = Cost([0, 1, 0]);
const fn minutes(minutes: i64) -> Cost<3> {
    Cost([0, 0, minutes])
}

/// A thing that is a crowd of its own.
fn lone<const T: usize>(plan: &mut Assignment<T>, staying: Cost<T>) -> CrowdId {
    let crowd = plan.crowd(None).unwrap();
    plan.item(crowd, staying).unwrap();
    crowd
}

fn place_of(outcome: &Outcome) -> Option<PlaceId> {
    match outcome {
        Outcome::Stays => None,
        Outcome::Placed { place, .. } => Some(*place),
    }
}

/// The one intensive bed goes to the critical one, though the way is longer; one steps down so that the other can come.
#[test]
fn who_steps_down_so_that_who_can_come() {
    let mut plan = Assignment::default();
    let (critical, other) = (lone(&mut plan, CRITICAL_WAITS), lone(&mut plan, OTHER_WAITS));
    let (intensive, ward) = (plan.place(1).unwrap(), plan.place(1).unwrap());
    plan.option(critical, intensive, minutes(90)).unwrap();
    plan.option(other, intensive, minutes(5)).unwrap();
    let alone = plan.solve().unwrap();
    assert_eq!(alone.outcomes.iter().map(place_of).collect::<Vec<_>>(), [Some(intensive), None]);
    assert_eq!(alone.solution.total, Total([0, 1, 90]));

    let leaver = plan.leaver(intensive).unwrap();
    let step_down = plan.movement(leaver, ward, minutes(20)).unwrap();
    let both = plan.solve().unwrap();
    assert_eq!(check_optimal(plan.network(), &both.solution), Ok(()));
    assert_eq!(both.solution.total, Total([0, 0, 115]));
    let moves = both.outcomes.iter().flat_map(|outcome| match outcome {
        Outcome::Placed { moves, .. } => moves.clone(),
        Outcome::Stays => panic!("nobody has to stay"),
    });
    assert_eq!(moves.collect::<Vec<_>>(), [step_down]);
    let refusals = plan.refusals(&both);
    // Without the step-down one of the two waits again, and it is the one who is less ill: minutes 20 and 5 are saved.
    assert_eq!(refusals.cost(plan.arc_of_move(step_down).unwrap()), Some(Total([0, 1, -25])));
    let Outcome::Placed { option, .. } = both.outcomes[0] else { panic!("the critical one is placed") };
    assert_eq!(refusals.cost(option), Some(Total([1, 0, -110])), "the step-down is not needed then, either");
}

#[test]
fn moves_follow_one_another() {
    let mut plan = Assignment::<1>::default();
    let item = lone(&mut plan, Cost([100]));
    let places: Vec<PlaceId> = [0, 0, 0, 1].into_iter().map(|free| plan.place(free).unwrap()).collect();
    plan.option(item, places[0], Cost([1])).unwrap();
    let leavers: Vec<_> = (0..3).map(|n| plan.leaver(places[n]).unwrap()).collect();
    let chain: Vec<_> = (0..3).map(|n| plan.movement(leavers[n], places[n + 1], Cost([1])).unwrap()).collect();
    let assigned = plan.solve().unwrap();
    assert!(matches!(&assigned.outcomes[0], Outcome::Placed { place, moves, .. } if *place == places[0] && *moves == chain));
    assert_eq!(assigned.solution.total.0, [4]);
}

#[test]
fn an_over_full_place_takes_nobody() {
    let mut plan = Assignment::<1>::default();
    let item = lone(&mut plan, Cost([100]));
    let (over_full, free) = (plan.place(-2).unwrap(), plan.place(1).unwrap());
    plan.option(item, over_full, Cost([1])).unwrap();
    let leaver = plan.leaver(over_full).unwrap();
    plan.movement(leaver, free, Cost([1])).unwrap();
    assert_eq!(plan.solve().unwrap().outcomes, [Outcome::Stays], "one that leaves makes no room while two are too many");
    plan.option(item, free, Cost([50])).unwrap();
    assert_eq!(place_of(&plan.solve().unwrap().outcomes[0]), Some(free));
}

#[test]
fn strangers_are_refused() {
    let (mut plan, mut other) = (Assignment::<1>::default(), Assignment::<1>::default());
    let (crowd, place) = (lone(&mut other, Cost([1])), other.place(1).unwrap());
    assert_eq!(plan.option(crowd, place, Cost([1])), Err(SolverError::Unknown { what: "crowd", number: 0 }));
    assert_eq!(plan.item(crowd, Cost([1])), Err(SolverError::Unknown { what: "crowd", number: 0 }));
    assert_eq!(plan.leaver(place), Err(SolverError::Unknown { what: "place", number: 0 }));
    let leaver = other.leaver(place).unwrap();
    assert_eq!(plan.movement(leaver, place, Cost([1])), Err(SolverError::Unknown { what: "leaver", number: 0 }));
    let (fleet, house) = (other.fleet(1).unwrap(), other.house(&[(1, Cost([0]))]).unwrap());
    assert_eq!(plan.crowd(Some(fleet)), Err(SolverError::Unknown { what: "fleet", number: 0 }));
    assert_eq!(plan.place_in(house, 1), Err(SolverError::Unknown { what: "house", number: 0 }));
    assert_eq!(plan.fleet(-1), Err(SolverError::Capacity { capacity: -1 }));
    assert_eq!(plan.solve().unwrap().outcomes, []);
}

/// Whoever leaves goes to one of the places that are possible, and not to two.
#[test]
fn one_that_leaves_leaves_once() {
    let mut plan = Assignment::<1>::default();
    let full = plan.place(0).unwrap();
    let leaver = plan.leaver(full).unwrap();
    for _ in 0..2 {
        let item = lone(&mut plan, Cost([100]));
        plan.option(item, full, Cost([1])).unwrap();
        let room = plan.place(1).unwrap();
        plan.movement(leaver, room, Cost([1])).unwrap();
    }
    let placed = plan.solve().unwrap().outcomes.iter().filter_map(place_of).count();
    assert_eq!(placed, 1);
}

/// The fuller a house becomes, the less gladly it is filled, whatever the kind of place; beyond its last band not at all.
#[test]
fn a_house_is_filled_less_and_less_gladly() {
    let mut plan = Assignment::<2>::default();
    let near = plan.house(&[(1, Cost([0, 0])), (1, Cost([1, 0])), (1, Cost([2, 0]))]).unwrap();
    let far = plan.house(&[(1, Cost([0, 0])), (9, Cost([1, 0]))]).unwrap();
    let (ward, unit) = (plan.place_in(near, 2).unwrap(), plan.place_in(near, 2).unwrap());
    let elsewhere = plan.place_in(far, 9).unwrap();
    for room in [ward, unit, unit, ward] {
        let item = lone(&mut plan, Cost([9, 0]));
        plan.option(item, room, Cost([0, 5])).unwrap();
        plan.option(item, elsewhere, Cost([0, 50])).unwrap();
    }
    let assigned = plan.solve().unwrap();
    assert_eq!(check_optimal(plan.network(), &assigned.solution), Ok(()));
    // One each for nothing, then the dearer band of both: the way decides between two that are equally reluctant.
    assert_eq!(assigned.solution.total, Total([2, 110]));
    assert_eq!(assigned.outcomes.iter().filter(|one| place_of(one) == Some(elsewhere)).count(), 2);
}

/// Of those whom a fleet must carry, no more go than it carries; whoever needs none goes all the same.
#[test]
fn a_fleet_carries_so_many() {
    for free in 0..5_usize {
        let mut plan = Assignment::<1>::default();
        let fleet = plan.fleet(i64::try_from(free).unwrap()).unwrap();
        let room = plan.place(9).unwrap();
        let staying = [7, 3, 5];
        let carried = plan.crowd(Some(fleet)).unwrap();
        plan.option(carried, room, Cost([1])).unwrap();
        for price in staying {
            plan.item(carried, Cost([price])).unwrap();
        }
        let on_foot = lone(&mut plan, Cost([2]));
        plan.option(on_foot, room, Cost([1])).unwrap();
        let assigned = plan.solve().unwrap();
        assert_eq!(check_optimal(plan.network(), &assigned.solution), Ok(()));
        let gone: Vec<bool> = assigned.outcomes.iter().map(|one| place_of(one).is_some()).collect();
        let dearest = [vec![false, false, false], vec![true, false, false], vec![true, false, true], vec![true; 3]];
        assert_eq!(gone, [dearest[free.min(3)].clone(), vec![true]].concat(), "{free} vehicles");
    }
}

/// Of a crowd those go whose staying is dearest, and the dearest has the cheapest way.
#[test]
fn of_a_crowd_the_dearest_goes_first() {
    let mut plan = Assignment::<1>::default();
    let crowd = plan.crowd(None).unwrap();
    let (far, near) = (plan.place(1).unwrap(), plan.place(1).unwrap());
    plan.option(crowd, far, Cost([8])).unwrap();
    plan.option(crowd, near, Cost([2])).unwrap();
    for staying in [10, 30, 20] {
        plan.item(crowd, Cost([staying])).unwrap();
    }
    let assigned = plan.solve().unwrap();
    assert_eq!(assigned.outcomes.iter().map(place_of).collect::<Vec<_>>(), [None, Some(near), Some(far)]);
    assert_eq!(assigned.solution.total, Total([20]));
}

/// The cheapest way to place each item or leave it, by trying all.
fn by_trying(costs: &[Vec<i64>], room: &mut [i64], staying: i64) -> i64 {
    let Some((first, rest)) = costs.split_first() else { return 0 };
    let mut best = staying + by_trying(rest, room, staying);
    for place in 0..room.len() {
        if room[place] > 0 {
            room[place] -= 1;
            best = best.min(first[place] + by_trying(rest, room, staying));
            room[place] += 1;
        }
    }
    best
}

proptest! {
    #[test]
    fn as_good_as_trying_everything(
        costs in prop::collection::vec(prop::collection::vec(0..30_i64, 3), 0..7), room in prop::collection::vec(-1..3_i64, 3), staying in 0..40_i64
    ) {
        let mut plan = Assignment::<1>::default();
        let places: Vec<PlaceId> = room.iter().map(|free| plan.place(*free).unwrap()).collect();
        for row in &costs {
            let item = lone(&mut plan, Cost([staying]));
            for (place, cost) in places.iter().zip(row) {
                plan.option(item, *place, Cost([*cost])).unwrap();
            }
        }
        let assigned = plan.solve().unwrap();
        prop_assert_eq!(check_optimal(plan.network(), &assigned.solution), Ok(()));
        prop_assert_eq!(assigned.solution.total.0, [i128::from(by_trying(&costs, &mut room.clone(), staying))]);
        let mut sum = 0;
        for (row, outcome) in costs.iter().zip(&assigned.outcomes) {
            sum += place_of(outcome).map_or(staying, |place| row[places.iter().position(|known| *known == place).unwrap()]);
        }
        prop_assert_eq!([i128::from(sum)], assigned.solution.total.0, "the outcomes are those of the flow");
        for (place, free) in places.iter().zip(&room) {
            let used = assigned.outcomes.iter().filter(|outcome| place_of(outcome) == Some(*place)).count();
            prop_assert!(i64::try_from(used).unwrap() <= (*free).max(0));
        }
    }
}
