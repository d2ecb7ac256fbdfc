//! The cheapest way to send whole things through a network of limited capacity (最小费用流), exactly, with the proof that no way is
//! cheaper.
//!
//! * [`Network`] is nodes with supplies and arcs with capacities and costs; [`Network::solve`] is a primal network simplex
//!   (Ahuja, Magnanti, Orlin, *Network Flows*, 1993, chapter 11; strongly feasible trees after Cunningham 1976, so that it ends).
//! * A [`Cost`] has tiers: the first tier decides, the second only among equals, and so on. "Nobody critical waits, then nobody
//!   waits, then the shortest ways" needs no weights that might be too small.
//! * A [`Solution`] carries its certificate, the potentials; [`check_optimal`] proves with them in one pass, sharing no code with the
//!   solver, that no flow is cheaper. Where there is no flow at all, [`Shortage`] names a part of the network that has
//!   more to send than can leave it, and [`check_impossible`] proves that.
//! * [`Refusals`] says what it costs to do without one unit on one arc: what an overruled suggestion costs.
//! * [`Assignment`] puts things into places of limited room: those who wait into beds, with the chains of "who steps down so that
//!   who can come", and whoever finds no room stays, at a price.
//!
//! How to say things in an assignment: how many a house may take, and how gladly, are its bands; a fleet carries at most so many;
//! time for setting up is part of a cost; what must not be (there and back, a house that both sends and takes) is left out.
//!
//! What always holds here: whole numbers only, and numbers so large that sums could run over are refused before anything is computed;
//! the same input gives the same answer, bit for bit; among equally cheap flows which one it is depends on the order of arcs.

mod assignment;
mod certificate;
mod cost;
mod error;
mod network;
mod pack;
mod refusal;
mod simplex;

pub use assignment::{Assigned, Assignment, CrowdId, FleetId, HouseId, ItemId, LeaverId, MoveId, Outcome, PlaceId};
pub use certificate::{Flaw, check_impossible, check_optimal};
pub use cost::{Cost, Total};
pub use error::SolverError;
pub use network::{Answer, Arc, ArcId, Network, NodeId, Shortage, Solution};
pub use refusal::Refusals;

/// The Fluent sources of this crate: Chinese, then English.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
