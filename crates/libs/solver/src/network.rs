//! Networks, and what is said of them.

use crate::pack::{Packing, beyond};
use crate::simplex::{Found, Tree};
use crate::{Cost, SolverError, Total};

/// A node of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) usize);

impl NodeId {
    /// Its number, from 0, in the order in which nodes were made.
    #[must_use]
    pub const fn number(self) -> usize {
        self.0
    }
}

/// An arc of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArcId(pub(crate) usize);

/// A way from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc<const T: usize> {
    /// Where it begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// The most units it takes.
    pub capacity: i64,
    /// What a unit on it costs; may be below zero.
    pub cost: Cost<T>,
}

/// Nodes with what they send (above zero) or want (below zero), and arcs between them.
#[derive(Debug, Clone)]
pub struct Network<const T: usize> {
    supplies: Vec<i64>,
    arcs: Vec<Arc<T>>,
}

/// What there is to say of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<const T: usize> {
    /// The cheapest flow.
    Optimal(Solution<T>),
    /// There is no flow that satisfies every node.
    Impossible(Shortage),
}

/// A flow that no other is cheaper than, with the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Solution<const T: usize> {
    /// Units on each arc, in the order of the arcs.
    pub flows: Vec<i64>,
    /// What it costs.
    pub total: Total<T>,
    /// The potential of each node, in the order of the nodes. With the reduced cost `cost + potential(from) − potential(to)`, an arc
    /// that could take more has none below zero, and an arc that takes any has none above zero.
    pub potentials: Vec<Cost<T>>,
}

/// Why there is no flow: a part of the network has more to send than the arcs that leave it take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// Whether each node, in the order of the nodes, is in that part.
    pub inside: Vec<bool>,
    /// How many units cannot leave it.
    pub units: i64,
}

impl<const T: usize> Solution<T> {
    /// Units on an arc; none on an arc of another network.
    #[must_use]
    pub fn flow(&self, arc: ArcId) -> i64 {
        self.flows.get(arc.0).copied().unwrap_or(0)
    }
}

impl<const T: usize> Default for Network<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const T: usize> Network<T> {
    /// A network without nodes.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(T > 0, "a cost has at least one tier") }
        Self { supplies: Vec::new(), arcs: Vec::new() }
    }

    /// Adds a node that sends so many units, or wants so many when below zero.
    pub fn node(&mut self, supply: i64) -> NodeId {
        self.supplies.push(supply);
        NodeId(self.supplies.len().saturating_sub(1))
    }

    /// Adds an arc. Several between the same nodes are several ways; one from a node to itself is allowed.
    ///
    /// # Errors
    /// [`SolverError::Unknown`] for a node of another network, [`SolverError::Capacity`] for a capacity below zero.
    pub fn arc(&mut self, from: NodeId, to: NodeId, capacity: i64, cost: Cost<T>) -> Result<ArcId, SolverError> {
        for node in [from, to] {
            self.supplies.get(node.0).ok_or(SolverError::Unknown { what: "node", number: node.0 })?;
        }
        if capacity < 0 {
            return Err(SolverError::Capacity { capacity });
        }
        self.arcs.push(Arc { from, to, capacity, cost });
        Ok(ArcId(self.arcs.len().saturating_sub(1)))
    }

    /// What each node sends, in their order.
    #[must_use]
    pub fn supplies(&self) -> &[i64] {
        &self.supplies
    }

    /// The arcs, in their order.
    #[must_use]
    pub fn arcs(&self) -> &[Arc<T>] {
        &self.arcs
    }

    /// Changes what a node sends; a node of another network is passed over.
    pub(crate) fn add_supply(&mut self, node: NodeId, units: i64) {
        if let Some(supply) = self.supplies.get_mut(node.0) {
            *supply = supply.saturating_add(units);
        }
    }

    /// The cheapest flow that takes every supply to where it is wanted.
    ///
    /// # Errors
    /// [`SolverError::Unbalanced`] when supplies do not add up to zero. [`SolverError::TooLarge`] when supplies in all, or a
    /// capacity, pass 2⁶¹, or when the dearest cost of a tier times sixteen times the number of nodes passes 2⁶³.
    pub fn solve(&self) -> Result<Answer<T>, SolverError> {
        self.check_sizes()?;
        Ok(match Packing::of(self.supplies.len(), &self.arcs).cheapest(&self.supplies, &self.arcs) {
            Found::Impossible(shortage) => Answer::Impossible(shortage),
            Found::Cheapest(tree) => Answer::Optimal(self.solution(tree)),
        })
    }

    /// The flow with its potentials: by them every arc of the tree costs nothing.
    fn solution(&self, tree: Tree) -> Solution<T> {
        let price = beyond(self.supplies.len(), &self.arcs);
        let mut potentials = vec![Cost::ZERO; self.supplies.len()];
        for branch in &tree.branches {
            let above = branch.parent.and_then(|node| potentials.get(node)).copied().unwrap_or(Cost::ZERO);
            let cost = branch.arc.and_then(|arc| self.arcs.get(arc)).map_or(price, |arc| arc.cost);
            if let Some(potential) = potentials.get_mut(branch.node) {
                *potential = if branch.up { above - cost } else { above + cost };
            }
        }
        let total = tree.flows.iter().zip(&self.arcs).fold(Total::ZERO, |sum, (flow, arc)| sum.plus(*flow, &arc.cost));
        Solution { flows: tree.flows, total, potentials }
    }

    fn check_sizes(&self) -> Result<(), SolverError> {
        const MOST: i128 = 1 << 61;
        let surplus: i128 = self.supplies.iter().map(|supply| i128::from(*supply)).sum();
        if surplus != 0 {
            return Err(SolverError::Unbalanced { surplus });
        }
        if self.supplies.iter().map(|supply| i128::from(*supply).abs()).sum::<i128>() > MOST {
            return Err(SolverError::TooLarge { what: "supplies" });
        }
        if self.arcs.iter().any(|arc| i128::from(arc.capacity) > MOST) {
            return Err(SolverError::TooLarge { what: "capacities" });
        }
        let nodes = i128::try_from(self.supplies.len()).unwrap_or(i128::MAX).saturating_add(2);
        if i128::from(self.dearest()).saturating_mul(nodes).saturating_mul(16) > i128::from(i64::MAX) {
            return Err(SolverError::TooLarge { what: "costs" });
        }
        Ok(())
    }

    /// The largest cost of any arc in any tier, without its sign.
    fn dearest(&self) -> i64 {
        self.arcs.iter().flat_map(|arc| arc.cost.0).map(i64::saturating_abs).max().unwrap_or(0)
    }
}
