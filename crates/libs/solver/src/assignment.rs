//! Putting things into places of limited room, the moves that make room included.

use crate::{Answer, ArcId, Cost, Network, NodeId, Refusals, Solution, SolverError};

/// A thing to be put somewhere: one who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(usize);

/// A place of limited room: the beds of one kind in one house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(usize);

/// Something that may move from one place to another and leaves its room there: one who may step down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MoveId(usize);

/// Things, places, and what is possible between them.
///
/// A flow network: each thing sends one unit, over its options into places, from there over free room to the end, or over a
/// move into another place. Staying is a way to the end as well, so there is always an answer.
#[derive(Debug, Clone)]
pub struct Assignment<const T: usize> {
    network: Network<T>,
    end: NodeId,
    items: Vec<Item>,
    places: Vec<Place>,
    moves: Vec<ArcId>,
}

#[derive(Debug, Clone)]
struct Item {
    node: NodeId,
    options: Vec<(PlaceId, ArcId)>,
}

#[derive(Debug, Clone)]
struct Place {
    node: NodeId,
    free: ArcId,
    over_full: bool,
    moves: Vec<(MoveId, PlaceId)>,
}

/// What becomes of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stays where it is.
    Stays,
    /// It goes to a place.
    Placed {
        /// The place.
        place: PlaceId,
        /// The option that is used; what overruling it costs is `refusals().cost(option)`.
        option: ArcId,
        /// The moves that make room for it, one after the other: the first leaves that place, each further one the place that the one
        /// before goes to. Empty when there is free room.
        moves: Vec<MoveId>,
    },
}

/// The cheapest assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned<const T: usize> {
    /// What becomes of each thing, in their order.
    pub outcomes: Vec<Outcome>,
    /// The flow behind it, with its proof.
    pub solution: Solution<T>,
}

impl<const T: usize> Default for Assignment<T> {
    fn default() -> Self {
        let mut network = Network::new();
        let end = network.node(0);
        Self { network, end, items: Vec::new(), places: Vec::new(), moves: Vec::new() }
    }
}

impl<const T: usize> Assignment<T> {
    /// Adds a thing, and what it costs when it stays.
    ///
    /// # Errors
    /// None that an assignment made from [`Assignment::default`] has.
    pub fn item(&mut self, staying: Cost<T>) -> Result<ItemId, SolverError> {
        let node = self.network.node(1);
        self.network.add_supply(self.end, -1);
        self.network.arc(node, self.end, 1, staying)?;
        self.items.push(Item { node, options: Vec::new() });
        Ok(ItemId(self.items.len().saturating_sub(1)))
    }

    /// Adds a place with free room for so many. Below zero it is over-full: it takes nobody, neither a new one nor one that moves, and
    /// not in exchange either, until its surplus is gone.
    ///
    /// # Errors
    /// None that an assignment made from [`Assignment::default`] has.
    pub fn place(&mut self, free: i64) -> Result<PlaceId, SolverError> {
        let node = self.network.node(0);
        let arc = self.network.arc(node, self.end, free.max(0), Cost::ZERO)?;
        self.places.push(Place { node, free: arc, over_full: free < 0, moves: Vec::new() });
        Ok(PlaceId(self.places.len().saturating_sub(1)))
    }

    /// Allows a thing to go to a place, at a cost.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn option(&mut self, item: ItemId, place: PlaceId, cost: Cost<T>) -> Result<ArcId, SolverError> {
        let known = self.items.get_mut(item.0).ok_or(SolverError::Unknown { what: "item", number: item.0 })?;
        let to = self.places.get(place.0).ok_or(SolverError::Unknown { what: "place", number: place.0 })?;
        let arc = self.network.arc(known.node, to.node, i64::from(!to.over_full), cost)?;
        known.options.push((place, arc));
        Ok(arc)
    }

    /// Allows one that is in a place to move to another, at a cost.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn movement(&mut self, from: PlaceId, to: PlaceId, cost: Cost<T>) -> Result<MoveId, SolverError> {
        let unknown = |place: PlaceId| SolverError::Unknown { what: "place", number: place.0 };
        let target = self.places.get(to.0).ok_or(unknown(to))?;
        let source = self.places.get(from.0).ok_or(unknown(from))?;
        let arc = self.network.arc(source.node, target.node, i64::from(!target.over_full), cost)?;
        let id = MoveId(self.moves.len());
        self.moves.push(arc);
        if let Some(place) = self.places.get_mut(from.0) {
            place.moves.push((id, to));
        }
        Ok(id)
    }

    /// The arc of a move, for the question what overruling it costs.
    #[must_use]
    pub fn arc_of_move(&self, id: MoveId) -> Option<ArcId> {
        self.moves.get(id.0).copied()
    }

    /// The network behind it, with which the solution can be proven ([`check_optimal`](crate::check_optimal)).
    #[must_use]
    pub const fn network(&self) -> &Network<T> {
        &self.network
    }

    /// The cheapest assignment.
    ///
    /// # Errors
    /// [`SolverError::TooLarge`].
    pub fn solve(&self) -> Result<Assigned<T>, SolverError> {
        match self.network.solve()? {
            Answer::Optimal(solution) => Ok(Assigned { outcomes: self.outcomes(&solution), solution }),
            // Everything may stay, so this does not happen.
            Answer::Impossible(shortage) => Err(SolverError::Unbalanced { surplus: i128::from(shortage.units) }),
        }
    }

    /// The questions that can be put to an assignment of this kind.
    #[must_use]
    pub fn refusals<'a>(&'a self, assigned: &'a Assigned<T>) -> Refusals<'a, T> {
        Refusals::new(&self.network, &assigned.solution)
    }

    /// Takes the flow apart into the way of each thing.
    fn outcomes(&self, solution: &Solution<T>) -> Vec<Outcome> {
        let mut left = solution.flows.clone();
        let mut take = |arc: ArcId| left.get_mut(arc.0).filter(|left| **left > 0).map(|left| *left -= 1).is_some();
        let way = |item: &Item| {
            let Some((place, option)) = item.options.iter().copied().find(|(_, arc)| take(*arc)) else { return Outcome::Stays };
            let (mut here, mut moves) = (place, Vec::new());
            while let Some(at) = self.places.get(here.0) {
                if take(at.free) {
                    break;
                }
                let moved = at.moves.iter().find(|(id, _)| self.arc_of_move(*id).is_some_and(&mut take));
                let Some((id, to)) = moved else { break };
                moves.push(*id);
                here = *to;
            }
            Outcome::Placed { place, option, moves }
        };
        self.items.iter().map(way).collect()
    }
}
