//! Putting things into places of limited room, the moves that make room included.

use crate::{Answer, ArcId, Cost, Network, NodeId, Refusals, Solution, SolverError};

/// A thing to be put somewhere: one who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(usize);

/// Things for which the same is possible at the same cost: those who wait in one house for the same. Only what their staying costs differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrowdId(usize);

/// A place of limited room: the beds of one kind in one house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(usize);

/// Something that is in a place and may leave it, and leaves its room there: one who may step down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaverId(usize);

/// One of the places to which such a one may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MoveId(usize);

/// Places that are reluctant together: a house with wards of several kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HouseId(usize);

/// What carries things, of which there are only so many: the vehicles of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FleetId(usize);

/// Things, places, and what is possible between them.
///
/// A flow network: each crowd sends a unit for each of its things, over its options into places, from there over free room to the end, or
/// over one that leaves into another place. Staying is a way to the end as well, one for each thing, so there is always an answer.
///
/// Room that is filled goes to the end through its house, over arcs side by side of which each is dearer than the one before: the
/// fuller a house becomes, the less gladly it is filled. What a fleet carries is at most so many: of the things that need it, the
/// others have to stay, so the node where those end who stay wants as many.
#[derive(Debug, Clone)]
pub struct Assignment<const T: usize> {
    network: Network<T>,
    end: NodeId,
    crowds: Vec<Crowd>,
    items: Vec<Item>,
    places: Vec<Place>,
    leavers: Vec<Leaver>,
    moves: Vec<ArcId>,
    houses: Vec<NodeId>,
    fleets: Vec<Fleet>,
}

#[derive(Debug, Clone)]
struct Crowd {
    node: NodeId,
    fleet: Option<FleetId>,
    options: Vec<(PlaceId, ArcId)>,
}

#[derive(Debug, Clone)]
struct Item {
    crowd: CrowdId,
    stays: ArcId,
}

#[derive(Debug, Clone)]
struct Place {
    node: NodeId,
    free: ArcId,
    over_full: bool,
    leavers: Vec<LeaverId>,
}

#[derive(Debug, Clone)]
struct Leaver {
    node: NodeId,
    leaves: ArcId,
    moves: Vec<(MoveId, PlaceId)>,
}

#[derive(Debug, Clone)]
struct Fleet {
    /// Where those end who stay although it could carry them.
    node: NodeId,
    free: i64,
    things: i64,
}

/// More things than there are in any crowd.
const MANY: i64 = 1 << 40;

/// What becomes of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It stays where it is.
    Stays,
    /// It goes to a place.
    Placed {
        /// The place.
        place: PlaceId,
        /// The option that is used; what it costs to send one thing of the crowd less over it is `refusals().cost(option)`.
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
        Self {
            network,
            end,
            crowds: Vec::new(),
            items: Vec::new(),
            places: Vec::new(),
            leavers: Vec::new(),
            moves: Vec::new(),
            houses: Vec::new(),
            fleets: Vec::new(),
        }
    }
}

impl<const T: usize> Assignment<T> {
    /// Adds a crowd, with the fleet that has to carry its things, if they need one.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn crowd(&mut self, fleet: Option<FleetId>) -> Result<CrowdId, SolverError> {
        if let Some(unknown) = fleet.filter(|fleet| fleet.0 >= self.fleets.len()) {
            return Err(SolverError::Unknown { what: "fleet", number: unknown.0 });
        }
        let node = self.network.node(0);
        self.crowds.push(Crowd { node, fleet, options: Vec::new() });
        Ok(CrowdId(self.crowds.len().saturating_sub(1)))
    }

    /// Adds a thing to a crowd, and what it costs when it stays.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn item(&mut self, crowd: CrowdId, staying: Cost<T>) -> Result<ItemId, SolverError> {
        let known = self.crowds.get(crowd.0).ok_or(SolverError::Unknown { what: "crowd", number: crowd.0 })?;
        let (stays, wants) = match known.fleet.and_then(|fleet| self.fleets.get_mut(fleet.0)) {
            Some(fleet) => {
                fleet.things = fleet.things.saturating_add(1);
                (fleet.node, if fleet.things > fleet.free { fleet.node } else { self.end })
            }
            None => (self.end, self.end),
        };
        self.network.add_supply(known.node, 1);
        self.network.add_supply(wants, -1);
        let stays = self.network.arc(known.node, stays, 1, staying)?;
        self.items.push(Item { crowd, stays });
        Ok(ItemId(self.items.len().saturating_sub(1)))
    }

    /// Adds a fleet that can carry so many.
    ///
    /// # Errors
    /// [`SolverError::Capacity`] below zero.
    pub fn fleet(&mut self, free: i64) -> Result<FleetId, SolverError> {
        let node = self.network.node(0);
        self.network.arc(node, self.end, free, Cost::ZERO)?;
        self.fleets.push(Fleet { node, free, things: 0 });
        Ok(FleetId(self.fleets.len().saturating_sub(1)))
    }

    /// Adds a house: so many of the room in it are filled at this cost each, the next so many at that. What is beyond the last is not
    /// filled at all.
    ///
    /// # Errors
    /// [`SolverError::Capacity`] below zero.
    pub fn house(&mut self, bands: &[(i64, Cost<T>)]) -> Result<HouseId, SolverError> {
        let node = self.network.node(0);
        for (many, cost) in bands {
            self.network.arc(node, self.end, *many, *cost)?;
        }
        self.houses.push(node);
        Ok(HouseId(self.houses.len().saturating_sub(1)))
    }

    /// Adds a place of no house with free room for so many. Below zero it is over-full: it takes nobody, neither a new one nor one
    /// that moves, and not in exchange either, until its surplus is gone.
    ///
    /// # Errors
    /// None that an assignment made from [`Assignment::default`] has.
    pub fn place(&mut self, free: i64) -> Result<PlaceId, SolverError> {
        self.room(self.end, free)
    }

    /// Adds a place of a house, as [`Assignment::place`] does.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn place_in(&mut self, house: HouseId, free: i64) -> Result<PlaceId, SolverError> {
        let node = self.houses.get(house.0).copied().ok_or(SolverError::Unknown { what: "house", number: house.0 })?;
        self.room(node, free)
    }

    fn room(&mut self, end: NodeId, free: i64) -> Result<PlaceId, SolverError> {
        let node = self.network.node(0);
        let arc = self.network.arc(node, end, free.max(0), Cost::ZERO)?;
        self.places.push(Place { node, free: arc, over_full: free < 0, leavers: Vec::new() });
        Ok(PlaceId(self.places.len().saturating_sub(1)))
    }

    /// Allows the things of a crowd to go to a place, at a cost each.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn option(&mut self, crowd: CrowdId, place: PlaceId, cost: Cost<T>) -> Result<ArcId, SolverError> {
        let known = self.crowds.get_mut(crowd.0).ok_or(SolverError::Unknown { what: "crowd", number: crowd.0 })?;
        let to = self.places.get(place.0).ok_or(SolverError::Unknown { what: "place", number: place.0 })?;
        let arc = self.network.arc(known.node, to.node, if to.over_full { 0 } else { MANY }, cost)?;
        known.options.push((place, arc));
        Ok(arc)
    }

    /// Adds one that is in a place and may leave it, once.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn leaver(&mut self, from: PlaceId) -> Result<LeaverId, SolverError> {
        let source = self.places.get_mut(from.0).ok_or(SolverError::Unknown { what: "place", number: from.0 })?;
        let node = self.network.node(0);
        let leaves = self.network.arc(source.node, node, 1, Cost::ZERO)?;
        let id = LeaverId(self.leavers.len());
        source.leavers.push(id);
        self.leavers.push(Leaver { node, leaves, moves: Vec::new() });
        Ok(id)
    }

    /// Allows one that may leave to go to a place, at a cost.
    ///
    /// # Errors
    /// [`SolverError::Unknown`].
    pub fn movement(&mut self, leaver: LeaverId, to: PlaceId, cost: Cost<T>) -> Result<MoveId, SolverError> {
        let known = self.leavers.get_mut(leaver.0).ok_or(SolverError::Unknown { what: "leaver", number: leaver.0 })?;
        let target = self.places.get(to.0).ok_or(SolverError::Unknown { what: "place", number: to.0 })?;
        let arc = self.network.arc(known.node, target.node, i64::from(!target.over_full), cost)?;
        let id = MoveId(self.moves.len());
        self.moves.push(arc);
        known.moves.push((id, to));
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

    /// Takes the flow apart into the way of each thing. Of a crowd, whose staying would be dearest has the cheapest option.
    fn outcomes(&self, solution: &Solution<T>) -> Vec<Outcome> {
        let mut left = solution.flows.clone();
        let cost = |arc: ArcId| self.network.arcs().get(arc.0).map_or(Cost::ZERO, |arc| arc.cost);
        let mut outcomes = vec![Outcome::Stays; self.items.len()];
        let mut going: Vec<(usize, &Item)> =
            self.items.iter().enumerate().filter(|(_, item)| solution.flow(item.stays) == 0).collect();
        going.sort_by_key(|(number, item)| (std::cmp::Reverse(cost(item.stays)), *number));
        let cheapest_first = |crowd: &Crowd| {
            let mut options = crowd.options.clone();
            options.sort_by_key(|(_, arc)| cost(*arc));
            options
        };
        let options: Vec<Vec<(PlaceId, ArcId)>> = self.crowds.iter().map(cheapest_first).collect();
        for (number, item) in going {
            let of_crowd = options.get(item.crowd.0).map_or(&[][..], Vec::as_slice);
            let outcome = self.way(&mut left, of_crowd);
            if let Some(place) = outcomes.get_mut(number) {
                *place = outcome;
            }
        }
        outcomes
    }

    /// The way of one thing, taken out of what is left of the flow.
    fn way(&self, left: &mut [i64], options: &[(PlaceId, ArcId)]) -> Outcome {
        let mut take = |arc: ArcId| left.get_mut(arc.0).filter(|left| **left > 0).map(|left| *left -= 1).is_some();
        let Some((place, option)) = options.iter().copied().find(|(_, arc)| take(*arc)) else { return Outcome::Stays };
        let (mut here, mut moves) = (place, Vec::new());
        while let Some(at) = self.places.get(here.0) {
            if take(at.free) {
                break;
            }
            let gone = at.leavers.iter().filter_map(|leaver| self.leavers.get(leaver.0)).find(|leaver| take(leaver.leaves));
            let moved = gone.and_then(|gone| gone.moves.iter().find(|(id, _)| self.arc_of_move(*id).is_some_and(&mut take)));
            let Some((id, to)) = moved else { break };
            moves.push(*id);
            here = *to;
        }
        Outcome::Placed { place, option, moves }
    }
}
