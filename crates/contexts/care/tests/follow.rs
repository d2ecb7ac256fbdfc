//! Stories of key groups and readings, each on both databases from one body.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where the house does not do what it must"
)]

#[path = "follow/house.rs"]
mod house;
#[path = "follow/oximeters.rs"]
mod oximeters;
#[path = "follow/thread.rs"]
mod thread;
#[path = "follow/web.rs"]
mod web;
