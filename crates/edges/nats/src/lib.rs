//! The watch of a city split over several processes (多节点看护), fed from NATS JetStream. Feature `scale`; without it this crate is empty.
//!
//! The numbers of those who are watched fall into parts ([`linli_watch::Shards`]). Each part has one owner at a time; signs go to it over a
//! stream, whoever heard them. What is kept here is the way between processes: who owns what, how signs get there, how another process
//! goes on when one dies. The engine, its log and the consents are behind `Keeping`.
//!
//! What always holds:
//! * A sign is answered when its owner has it on disk. Until then whoever handed it in sends it again.
//! * A part is taken under an epoch, a number that only rises. Whoever has a lower one can neither write the marks of the part nor, if the
//!   database asks for the epoch as it must, open a visit.
//! * Nothing is raised of a part before its new owner has read every sign that the stream has of it.
//! * Of presence the broker has for each person the second from which silence is counted, and the signs since those were written down last.

#[cfg(feature = "scale")]
mod bus;
#[cfg(feature = "scale")]
mod door;
#[cfg(feature = "scale")]
mod error;
#[cfg(feature = "scale")]
mod keeping;
#[cfg(feature = "scale")]
mod node;
#[cfg(feature = "scale")]
mod owners;
#[cfg(feature = "scale")]
mod part;
#[cfg(feature = "scale")]
mod wire;

#[cfg(feature = "scale")]
pub use {
    bus::{Bus, Plan},
    door::Door,
    error::NatsError,
    keeping::{Epoch, Keeping, PortFuture, Share},
    node::Node,
};
