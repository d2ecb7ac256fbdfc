//! Stories of 120, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod calls;
mod diversion;
mod fleet;
mod house;
mod offered;
mod replay;
mod web;
mod whole;
