//! Stories of expert rounds, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod compare;
mod house;
mod steps;
mod web;
mod whole;
