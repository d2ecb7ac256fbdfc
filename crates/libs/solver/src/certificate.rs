//! Proving that an answer is right, without trusting how it was found.
//!
//! For any flow y and a flow x with potentials p, cost(y) − cost(x) is the sum over arcs of reduced cost × (y − x), since both flows
//! satisfy the same supplies. Where x could take more the reduced cost is not below zero, where it takes any not above zero; so no term
//! is below zero and no y is cheaper. With tiers the same holds, each term being compared tier by tier.

use crate::{Network, Shortage, Solution, Total};

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// It has not one number for each node or arc.
    #[error("the answer is of another network")]
    Shape,
    /// An arc carries less than nothing or more than it takes.
    #[error("arc {arc} carries what it cannot")]
    Bounds {
        /// The arc.
        arc: usize,
    },
    /// What leaves a node less what enters it is not what it sends.
    #[error("node {node} does not send what it should")]
    Balance {
        /// The node.
        node: usize,
    },
    /// The potentials do not prove that this arc carries the right number of units.
    #[error("the flow on arc {arc} is not proven to be cheapest")]
    Unproven {
        /// The arc.
        arc: usize,
    },
    /// The cost is not that of the flow.
    #[error("the total is not that of the flow")]
    Total,
    /// The part of the network that was named can send all it has, or the number of units is another.
    #[error("the shortage is not proven")]
    Shortage,
}

/// Proves that a flow is possible and that no other is cheaper.
///
/// # Errors
/// The first [`Flaw`] found.
pub fn check_optimal<const T: usize>(network: &Network<T>, solution: &Solution<T>) -> Result<(), Flaw> {
    let shaped = solution.flows.len() == network.arcs().len() && solution.potentials.len() == network.supplies().len();
    if !shaped {
        return Err(Flaw::Shape);
    }
    let mut left: Vec<i128> = network.supplies().iter().map(|supply| i128::from(*supply)).collect();
    let mut total = Total::ZERO;
    for (number, (arc, flow)) in network.arcs().iter().zip(&solution.flows).enumerate() {
        if !(0..=arc.capacity).contains(flow) {
            return Err(Flaw::Bounds { arc: number });
        }
        if let Some(left) = left.get_mut(arc.from.0) {
            *left -= i128::from(*flow);
        }
        if let Some(left) = left.get_mut(arc.to.0) {
            *left += i128::from(*flow);
        }
        let potential = |node: usize| solution.potentials.get(node).copied().map(Total::from).ok_or(Flaw::Shape);
        let reduced = Total::from(arc.cost) + potential(arc.from.0)? - potential(arc.to.0)?;
        if (*flow < arc.capacity && reduced < Total::ZERO) || (*flow > 0 && reduced > Total::ZERO) {
            return Err(Flaw::Unproven { arc: number });
        }
        total = total.plus(*flow, &arc.cost);
    }
    if let Some(node) = left.iter().position(|left| *left != 0) {
        return Err(Flaw::Balance { node });
    }
    if total == solution.total { Ok(()) } else { Err(Flaw::Total) }
}

/// Proves that there is no flow: the nodes inside have more to send than the arcs that leave them take.
///
/// # Errors
/// [`Flaw::Shape`] or [`Flaw::Shortage`].
pub fn check_impossible<const T: usize>(network: &Network<T>, shortage: &Shortage) -> Result<(), Flaw> {
    if shortage.inside.len() != network.supplies().len() {
        return Err(Flaw::Shape);
    }
    let inside = |node: usize| shortage.inside.get(node).copied().unwrap_or(false);
    let sends: i128 =
        network.supplies().iter().zip(&shortage.inside).filter(|(_, inside)| **inside).map(|(s, _)| i128::from(*s)).sum();
    let leaves = |arc: &&crate::Arc<T>| inside(arc.from.0) && !inside(arc.to.0);
    let takes: i128 = network.arcs().iter().filter(leaves).map(|arc| i128::from(arc.capacity)).sum();
    let proven = shortage.units > 0 && sends - takes == i128::from(shortage.units);
    if proven { Ok(()) } else { Err(Flaw::Shortage) }
}
