//! Stories of owner votes, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod bad;
mod house;
mod race;
mod web;
mod whole;
