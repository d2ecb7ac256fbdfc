//! A certificate that proves anything else than the cheapest flow is found out.

use linli_solver::{Answer, Cost, Flaw, Total, check_impossible, check_optimal};
use proptest::prelude::*;

use crate::networks::{network, solved};
use crate::reference::Arcs;

fn arcs() -> Arcs<1> {
    vec![(0, 1, 4, [1]), (0, 2, 2, [5]), (1, 2, 2, [1]), (1, 3, 1, [7]), (2, 3, 4, [1])]
}

#[test]
fn every_kind_of_flaw_is_named() {
    let (network, _) = network(&[4, 0, 0, -4], &arcs());
    let right = solved(&network).unwrap();
    let with = |change: &dyn Fn(&mut linli_solver::Solution<1>)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        check_optimal(&network, &wrong)
    };
    assert_eq!(with(&|_| ()), Ok(()));
    assert_eq!(with(&|s| s.flows.truncate(4)), Err(Flaw::Shape));
    assert_eq!(with(&|s| s.potentials.truncate(3)), Err(Flaw::Shape));
    assert_eq!(with(&|s| s.flows[4] = 5), Err(Flaw::Bounds { arc: 4 }));
    assert_eq!(with(&|s| s.flows[3] = -1), Err(Flaw::Bounds { arc: 3 }));
    assert_eq!(with(&|s| s.flows[4] = 3), Err(Flaw::Balance { node: 2 }));
    assert_eq!(with(&|s| s.total = Total([17])), Err(Flaw::Total));
    assert_eq!(with(&|s| s.potentials[3] = Cost([-1000])), Err(Flaw::Unproven { arc: 4 }));
    // A possible flow that is dearer by two: no potentials prove it, these do not either.
    let dearer = |s: &mut linli_solver::Solution<1>| (s.flows, s.total) = (vec![3, 1, 2, 1, 3], Total([20]));
    assert!(matches!(with(&dearer), Err(Flaw::Unproven { .. })));
}

#[test]
fn a_shortage_is_proven_or_not_believed() {
    let (network, _) = network(&[5, 0, -5], &vec![(0, 1, 9, [1]), (1, 2, 3, [1])]);
    let Answer::Impossible(right) = network.solve().unwrap() else { panic!("five do not go through three") };
    assert_eq!((right.units, right.inside.as_slice()), (2, [true, true, false].as_slice()));
    assert_eq!(check_impossible(&network, &right), Ok(()));
    let mut wrong = right.clone();
    wrong.inside[1] = false;
    assert_eq!(check_impossible(&network, &wrong), Err(Flaw::Shortage));
    wrong = right.clone();
    wrong.units = 3;
    assert_eq!(check_impossible(&network, &wrong), Err(Flaw::Shortage));
    let nothing = linli_solver::Shortage { inside: vec![false; 3], units: 0 };
    assert_eq!(check_impossible(&network, &nothing), Err(Flaw::Shortage), "of nobody nothing is missing");
    wrong.inside.pop();
    assert_eq!(check_impossible(&network, &wrong), Err(Flaw::Shape));
}

proptest! {
    /// A unit sent around any circle, at a cost: the checker sees it.
    #[test]
    fn a_dearer_flow_is_never_proven(a in 0..6_usize, b in 0..6_usize, dear in 1..50_i64) {
        prop_assume!(a != b);
        let mut arcs: Arcs<1> = (0..6).map(|node| (node, (node + 1) % 6, 3, [2])).collect();
        arcs.extend([(a, b, 2, [dear]), (b, a, 2, [dear])]);
        let (network, ids) = network(&[2, 0, 0, -2, 0, 0], &arcs);
        let mut wrong = solved(&network).unwrap();
        prop_assert_eq!(ids.len(), 8);
        if wrong.flows[6] < 2 && wrong.flows[7] < 2 {
            wrong.flows[6] += 1;
            wrong.flows[7] += 1;
            wrong.total = Total([wrong.total.0[0] + 2 * i128::from(dear)]);
            prop_assert!(check_optimal(&network, &wrong).is_err());
        }
    }
}
