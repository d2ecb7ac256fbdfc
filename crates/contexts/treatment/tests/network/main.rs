//! Stories of institutions, grids and returns, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod files;
mod grids;
mod house;
mod institutions;
mod returns;
mod upkeep;
mod web;
