//! What it costs to do without.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::{ArcId, Network, Solution, Total};

/// The other ways that a cheapest flow leaves open.
#[derive(Debug, Clone)]
pub struct Refusals<'a, const T: usize> {
    network: &'a Network<T>,
    solution: &'a Solution<T>,
    /// For each node the arcs that begin or end there.
    beside: Vec<Vec<usize>>,
}

impl<'a, const T: usize> Refusals<'a, T> {
    /// Prepares the questions to a solution of this network that was proven ([`check_optimal`](crate::check_optimal)).
    #[must_use]
    pub fn new(network: &'a Network<T>, solution: &'a Solution<T>) -> Self {
        let mut beside = vec![Vec::new(); network.supplies().len()];
        for (number, arc) in network.arcs().iter().enumerate() {
            for node in [arc.from.0, arc.to.0] {
                if let Some(arcs) = beside.get_mut(node) {
                    arcs.push(number);
                }
            }
        }
        Self { network, solution, beside }
    }

    /// By how much the cheapest flow becomes dearer when this arc has to carry a unit less. `None` when there is no flow then.
    /// Nothing for an arc that carries none.
    ///
    /// The unit has to find another way from the beginning of the arc to its end. By the reduced costs no step of such a way is below
    /// zero, so the cheapest is found as Dijkstra did.
    #[must_use]
    pub fn cost(&self, refused: ArcId) -> Option<Total<T>> {
        let arc = self.network.arcs().get(refused.0)?;
        if self.solution.flow(refused) == 0 {
            return Some(Total::ZERO);
        }
        let saved = self.reduced(refused.0)?;
        let mut known: Vec<Option<Total<T>>> = vec![None; self.beside.len()];
        let mut open = BinaryHeap::from([Reverse((Total::<T>::ZERO, arc.from.0))]);
        while let Some(Reverse((so_far, node))) = open.pop() {
            if node == arc.to.0 {
                return Some(so_far - saved);
            }
            let place = known.get_mut(node)?;
            if place.is_some() {
                continue;
            }
            *place = Some(so_far);
            for &step in self.beside.get(node)? {
                if step != refused.0
                    && let Some((next, length)) = self.step(step, node)
                {
                    open.push(Reverse((so_far + length, next)));
                }
            }
        }
        None
    }

    /// Where an arc leads from one of its ends, and how much dearer the flow becomes by it.
    fn step(&self, number: usize, node: usize) -> Option<(usize, Total<T>)> {
        let (arc, flow) = (self.network.arcs().get(number)?, *self.solution.flows.get(number)?);
        if arc.from.0 == node && flow < arc.capacity {
            Some((arc.to.0, self.reduced(number)?))
        } else if arc.to.0 == node && flow > 0 {
            Some((arc.from.0, Total::ZERO - self.reduced(number)?))
        } else {
            None
        }
    }

    fn reduced(&self, number: usize) -> Option<Total<T>> {
        let arc = self.network.arcs().get(number)?;
        let potential = |node: usize| self.solution.potentials.get(node).copied().map(Total::from);
        Some(Total::from(arc.cost) + potential(arc.from.0)? - potential(arc.to.0)?)
    }
}
