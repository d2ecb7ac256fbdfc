//! Tiers side by side in one number, where they fit: the method compares and adds costs all the time, and one number is compared faster
//! than six.
//!
//! A tier may stand above another in one number when its weight is more than the other can ever come to in a comparison: the method compares the
//! costs of ways, no way passes a node twice, and two of them are compared at a time. Then the one number compares as the tiers do, to the
//! last tie, and the flow that is found is the same.

use crate::simplex::{Found, cheapest};
use crate::{Arc, Cost};

/// A tier, and how much it weighs in its number.
type Weighed = (usize, i64);

/// The tiers in groups, each group one number; the first group decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packing(Vec<Vec<Weighed>>);

impl Packing {
    /// As few numbers as the costs of these arcs fit into.
    pub(crate) fn of<const T: usize>(nodes: usize, arcs: &[Arc<T>]) -> Self {
        let nodes = i128::try_from(nodes).unwrap_or(i128::MAX).saturating_add(2);
        let most = i128::from(i64::MAX) / nodes.saturating_mul(16);
        let mut dearest = [0_i64; T];
        for arc in arcs {
            dearest.iter_mut().zip(arc.cost.0).for_each(|(most, cost)| *most = (*most).max(cost.saturating_abs()));
        }
        let mut groups: Vec<Vec<Weighed>> = Vec::new();
        // What the group comes to at most on one arc, and the weight of a tier above it.
        let mut comes_to = 0_i128;
        for (tier, dearest) in dearest.iter().enumerate().rev() {
            let weight = comes_to.saturating_mul(nodes.saturating_mul(4)).saturating_add(1);
            let with = weight.saturating_mul(i128::from(*dearest)).saturating_add(comes_to);
            match (groups.last_mut(), i64::try_from(weight)) {
                (Some(group), Ok(weight)) if with <= most => {
                    group.push((tier, weight));
                    comes_to = with;
                }
                _ => {
                    groups.push(vec![(tier, 1)]);
                    comes_to = i128::from(*dearest);
                }
            }
        }
        groups.reverse();
        Self(groups)
    }

    fn arcs<const T: usize, const G: usize>(&self, arcs: &[Arc<T>]) -> Vec<Arc<G>> {
        let number = |cost: &Cost<T>, group: &[Weighed]| {
            group.iter().map(|(tier, weight)| cost.0.get(*tier).map_or(0, |part| part * weight)).sum::<i64>()
        };
        let packed = |cost: &Cost<T>| {
            let mut packed = Cost::ZERO;
            packed.0.iter_mut().zip(&self.0).for_each(|(place, group)| *place = number(cost, group));
            packed
        };
        let arc = |arc: &Arc<T>| Arc { from: arc.from, to: arc.to, capacity: arc.capacity, cost: packed(&arc.cost) };
        arcs.iter().map(arc).collect()
    }

    /// The cheapest flow, with the tiers in as few numbers as they fit into.
    pub(crate) fn cheapest<const T: usize>(&self, supplies: &[i64], arcs: &[Arc<T>]) -> Found {
        match self.0.len() {
            1 if T > 1 => in_one(supplies, &self.arcs(arcs)),
            2 if T > 2 => in_two(supplies, &self.arcs(arcs)),
            _ => cheapest(supplies, arcs, beyond(supplies.len(), arcs)),
        }
    }
}

// Of one kind each, so that they are compiled here and not anew, perhaps to be small, wherever costs of so many tiers are used.
fn in_one(supplies: &[i64], arcs: &[Arc<1>]) -> Found {
    cheapest(supplies, arcs, beyond(supplies.len(), arcs))
}

fn in_two(supplies: &[i64], arcs: &[Arc<2>]) -> Found {
    cheapest(supplies, arcs, beyond(supplies.len(), arcs))
}

/// A price that in the first tier is more than any two ways through all nodes can differ by. Small enough for a network whose sizes were
/// checked.
pub(crate) fn beyond<const T: usize>(nodes: usize, arcs: &[Arc<T>]) -> Cost<T> {
    let dearest = arcs.iter().flat_map(|arc| arc.cost.0).map(i64::saturating_abs).max().unwrap_or(0);
    let nodes = i64::try_from(nodes).unwrap_or(i64::MAX).saturating_add(2);
    let mut price = Cost::ZERO;
    if let Some(first) = price.0.first_mut() {
        *first = dearest.saturating_mul(nodes).saturating_mul(2).saturating_add(1);
    }
    price
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;

    fn packed<const T: usize>(nodes: usize, dearest: [i64; T]) -> Vec<Vec<usize>> {
        let mut network = Network::new();
        let node = network.node(0);
        network.arc(node, node, 1, Cost(dearest)).unwrap();
        let groups = Packing::of(nodes, network.arcs()).0;
        groups.iter().map(|group| group.iter().map(|(tier, _)| *tier).collect()).collect()
    }

    #[test]
    fn tiers_stand_in_one_number_as_long_as_they_fit() {
        assert_eq!(packed(10, [7]), [[0]]);
        assert_eq!(packed(10, [1, 1, 9]), [[2, 1, 0]]);
        assert_eq!(packed(500, [1, 1, 1, 40_000, 3, 300]), [vec![2, 1, 0], vec![5, 4, 3]]);
        assert_eq!(packed(500, [i64::MAX / 20_000, 1, 300]), [vec![0], vec![2, 1]]);
        assert_eq!(packed(1_000_000, [i64::MAX / 20_000_000; 3]), [[0], [1], [2]]);
    }
}
