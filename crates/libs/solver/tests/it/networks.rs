//! Cheapest flows.

use linli_solver::{Answer, Cost, Network, NodeId, Refusals, Solution, SolverError, check_impossible, check_optimal};
use proptest::prelude::*;

use crate::reference::{Arcs, by_paths, by_trying};

pub fn network<const T: usize>(supplies: &[i64], arcs: &Arcs<T>) -> (Network<T>, Vec<linli_solver::ArcId>) {
    let mut network = Network::new();
    let nodes: Vec<NodeId> = supplies.iter().map(|supply| network.node(*supply)).collect();
    let ids =
        arcs.iter().map(|(from, to, capacity, cost)| network.arc(nodes[*from], nodes[*to], *capacity, Cost(*cost)).unwrap());
    let ids = ids.collect();
    (network, ids)
}

/// The answer, after its certificate was checked.
pub fn solved<const T: usize>(network: &Network<T>) -> Option<Solution<T>> {
    match network.solve().unwrap() {
        Answer::Optimal(solution) => {
            assert_eq!(check_optimal(network, &solution), Ok(()));
            Some(solution)
        }
        Answer::Impossible(shortage) => {
            assert_eq!(check_impossible(network, &shortage), Ok(()));
            None
        }
    }
}

fn total<const T: usize>(supplies: &[i64], arcs: &Arcs<T>) -> Option<[i128; T]> {
    solved(&network(supplies, arcs).0).map(|solution| solution.total.0)
}

#[test]
fn a_flow_worked_by_hand() {
    let arcs = vec![(0, 1, 4, [1]), (0, 2, 2, [5]), (1, 2, 2, [1]), (1, 3, 1, [7]), (2, 3, 4, [1])];
    let (network, ids) = network(&[4, 0, 0, -4], &arcs);
    let solution = solved(&network).unwrap();
    // Two units 0-1-2-3 at 3 each, one 0-2-3 at 6, and the fourth 0-2-3 at 6 rather than 0-1-3 at 8.
    assert_eq!(solution.total.0, [18]);
    assert_eq!(ids.iter().map(|id| solution.flow(*id)).collect::<Vec<_>>(), [2, 2, 2, 0, 4]);
}

#[test]
fn small_and_odd_networks() {
    assert_eq!(total::<1>(&[], &vec![]), Some([0]));
    assert_eq!(total::<1>(&[0, 0], &vec![]), Some([0]));
    assert_eq!(total::<1>(&[1, -1], &vec![]), None);
    assert_eq!(total(&[1, -1], &vec![(0, 1, 0, [1])]), None, "an arc that takes nothing");
    assert_eq!(total(&[1, -1], &vec![(1, 0, 5, [1])]), None, "the wrong way round");
    assert_eq!(total(&[0], &vec![(0, 0, 3, [-2])]), Some([-6]), "a way from a node to itself that pays");
    assert_eq!(total(&[0, 0], &vec![(0, 1, 5, [-3]), (1, 0, 2, [1])]), Some([-4]), "a circle that pays");
    assert_eq!(total(&[3, -3], &vec![(0, 1, 2, [1]), (0, 1, 2, [4])]), Some([6]), "two ways side by side");
    assert_eq!(total(&[2, -2], &vec![(0, 1, 1, [0])]), None);
}

#[test]
fn what_is_no_network_is_refused() {
    let mut one = Network::<1>::new();
    let a = one.node(1);
    assert_eq!(one.solve(), Err(SolverError::Unbalanced { surplus: 1 }));
    let b = one.node(-1);
    let mut other = Network::<1>::new();
    assert_eq!(other.arc(a, b, 1, Cost([1])), Err(SolverError::Unknown { what: "node", number: 0 }));
    assert_eq!(one.arc(a, b, -1, Cost([1])), Err(SolverError::Capacity { capacity: -1 }));
    one.arc(a, b, 1, Cost([i64::MAX / 64])).unwrap();
    assert!(one.solve().is_ok());
    one.arc(a, b, 1, Cost([i64::MIN])).unwrap();
    assert_eq!(one.solve(), Err(SolverError::TooLarge { what: "costs" }));
    let huge = network(&[i64::MAX, -i64::MAX], &vec![(0, 1, 1, [1])]).0;
    assert_eq!(huge.solve(), Err(SolverError::TooLarge { what: "supplies" }));
    let wide = network(&[1, -1], &vec![(0, 1, i64::MAX, [1])]).0;
    assert_eq!(wide.solve(), Err(SolverError::TooLarge { what: "capacities" }));
}

#[test]
fn the_largest_numbers_that_are_taken_are_summed_rightly() {
    let (most, dear) = (1 << 60, i64::MAX / 64);
    assert_eq!(total(&[most, -most], &vec![(0, 1, most, [dear])]), Some([i128::from(most) * i128::from(dear)]));
    assert_eq!(total(&[most, -most], &vec![(0, 1, most, [-dear])]), Some([-i128::from(most) * i128::from(dear)]));
}

/// No amount of a later tier outweighs the first.
#[test]
fn an_earlier_tier_decides() {
    let arcs = vec![(0, 1, 1, [1, 0]), (0, 1, 1, [0, 1_000_000])];
    assert_eq!(total(&[1, -1], &arcs), Some([0, 1_000_000]));
    assert_eq!(total(&[2, -2], &arcs), Some([1, 1_000_000]));
}

fn small<const T: usize>() -> impl Strategy<Value = (Vec<i64>, Arcs<T>)> {
    let arc = (0..4_usize, 0..4_usize, 0..3_i64, prop::array::uniform::<_, T>(-3..4_i64));
    (prop::collection::vec(-2..3_i64, 3), prop::collection::vec(arc, 0..8)).prop_map(|(mut supplies, arcs)| {
        supplies.push(-supplies.iter().sum::<i64>());
        (supplies, arcs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn as_cheap_as_trying_everything((supplies, arcs) in small::<1>()) {
        prop_assert_eq!(total(&supplies, &arcs), by_trying(&supplies, &arcs));
    }

    #[test]
    fn as_cheap_as_trying_everything_in_three_tiers((supplies, arcs) in small::<3>()) {
        prop_assert_eq!(total(&supplies, &arcs), by_trying(&supplies, &arcs));
    }

    /// What doing without costs is what it costs to solve the whole again with a unit less allowed.
    #[test]
    fn refusing_costs_what_solving_again_says((supplies, arcs) in small::<2>()) {
        let (network, ids) = network(&supplies, &arcs);
        if let Some(solution) = solved(&network) {
            let refusals = Refusals::new(&network, &solution);
            for (number, id) in ids.iter().enumerate() {
                let mut fewer = arcs.clone();
                if solution.flow(*id) > 0 {
                    fewer[number].2 = solution.flow(*id) - 1;
                }
                let again = by_trying(&supplies, &fewer);
                let expected = again.map(|again| [again[0] - solution.total.0[0], again[1] - solution.total.0[1]]);
                prop_assert_eq!(refusals.cost(*id).map(|cost| cost.0), expected);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn as_cheap_as_path_after_path(
        mut supplies in prop::collection::vec(-40..41_i64, 2..25),
        arcs in prop::collection::vec((0..25_usize, 0..25_usize, 0..60_i64, 0..1000_i64), 0..160)
    ) {
        supplies.push(-supplies.iter().sum::<i64>());
        let nodes = supplies.len();
        let arcs: Arcs<1> = arcs.into_iter().map(|(from, to, capacity, cost)| (from % nodes, to % nodes, capacity, [cost])).collect();
        prop_assert_eq!(total(&supplies, &arcs).map(|[cost]| cost), by_paths(&supplies, &arcs));
    }

    /// Many ways that are equally cheap or carry nothing: where a careless simplex goes in circles.
    #[test]
    fn it_ends_where_everything_is_equal(
        half in 2..20_usize, picks in prop::collection::vec((0..20_usize, 0..20_usize, 0..2_i64), 1..200)
    ) {
        let supplies: Vec<i64> = (0..2 * half).map(|node| if node < half { 1 } else { -1 }).collect();
        let arcs: Arcs<1> = picks.into_iter().map(|(from, to, cost)| (from % half, half + to % half, 1, [cost])).collect();
        prop_assert_eq!(total(&supplies, &arcs).map(|[cost]| cost), by_paths(&supplies, &arcs));
        prop_assert_eq!(network(&supplies, &arcs).0.solve(), network(&supplies, &arcs).0.solve(), "the same again");
    }
}
