//! Stories of lifts and renovation items, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod house;
mod items;
mod shares;
mod web;
mod whole;
