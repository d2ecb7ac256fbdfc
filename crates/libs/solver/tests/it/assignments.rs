//! Things into places, with the moves that make room.

use linli_solver::{Assignment, Cost, Outcome, PlaceId, SolverError, Total, check_optimal};
use proptest::prelude::*;

/// First tier: critical ones who wait. Second: others who wait. Third: minutes on the way.
const CRITICAL_WAITS: Cost<3> = Cost([1, 0, 0]);
const OTHER_WAITS: Cost<3> = Cost([0, 1, 0]);
const fn minutes(minutes: i64) -> Cost<3> {
    Cost([0, 0, minutes])
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
    let (critical, other) = (plan.item(CRITICAL_WAITS).unwrap(), plan.item(OTHER_WAITS).unwrap());
    let (intensive, ward) = (plan.place(1).unwrap(), plan.place(1).unwrap());
    plan.option(critical, intensive, minutes(90)).unwrap();
    plan.option(other, intensive, minutes(5)).unwrap();
    let alone = plan.solve().unwrap();
    assert_eq!(alone.outcomes.iter().map(place_of).collect::<Vec<_>>(), [Some(intensive), None]);
    assert_eq!(alone.solution.total, Total([0, 1, 90]));

    let step_down = plan.movement(intensive, ward, minutes(20)).unwrap();
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
    let item = plan.item(Cost([100])).unwrap();
    let places: Vec<PlaceId> = [0, 0, 0, 1].into_iter().map(|free| plan.place(free).unwrap()).collect();
    plan.option(item, places[0], Cost([1])).unwrap();
    let chain: Vec<_> = (0..3).map(|n| plan.movement(places[n], places[n + 1], Cost([1])).unwrap()).collect();
    let assigned = plan.solve().unwrap();
    assert!(matches!(&assigned.outcomes[0], Outcome::Placed { place, moves, .. } if *place == places[0] && *moves == chain));
    assert_eq!(assigned.solution.total.0, [4]);
}

#[test]
fn an_over_full_place_takes_nobody() {
    let mut plan = Assignment::<1>::default();
    let item = plan.item(Cost([100])).unwrap();
    let (over_full, free) = (plan.place(-2).unwrap(), plan.place(1).unwrap());
    plan.option(item, over_full, Cost([1])).unwrap();
    plan.movement(over_full, free, Cost([1])).unwrap();
    assert_eq!(plan.solve().unwrap().outcomes, [Outcome::Stays], "one that leaves makes no room while two are too many");
    plan.option(item, free, Cost([50])).unwrap();
    assert_eq!(place_of(&plan.solve().unwrap().outcomes[0]), Some(free));
}

#[test]
fn strangers_are_refused() {
    let (mut plan, mut other) = (Assignment::<1>::default(), Assignment::<1>::default());
    let (item, place) = (other.item(Cost([1])).unwrap(), other.place(1).unwrap());
    assert_eq!(plan.option(item, place, Cost([1])), Err(SolverError::Unknown { what: "item", number: 0 }));
    assert_eq!(plan.movement(place, place, Cost([1])), Err(SolverError::Unknown { what: "place", number: 0 }));
    assert_eq!(plan.solve().unwrap().outcomes, []);
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
            let item = plan.item(Cost([staying])).unwrap();
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
