//! Stories of the public log, on both databases.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod forest;
mod house;
mod story;
mod web;
