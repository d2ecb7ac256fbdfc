//! Stories of the room of care, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

#[path = "story/alone.rs"]
mod alone;
#[path = "story/asked.rs"]
mod asked;
#[path = "story/consents.rs"]
mod consents;
#[path = "story/erasure.rs"]
mod erasure;
#[path = "story/folds.rs"]
mod folds;
#[path = "follow/mod.rs"]
mod follow;
#[path = "story/house.rs"]
mod house;
#[path = "story/left.rs"]
mod left;
#[path = "story/parts.rs"]
mod parts;
#[path = "story/quiet.rs"]
mod quiet;
#[path = "story/restart.rs"]
mod restart;
#[path = "story/thread.rs"]
mod thread;
#[path = "story/told.rs"]
mod told;
#[path = "story/trouble.rs"]
mod trouble;
#[path = "story/unheard.rs"]
mod unheard;
#[path = "story/web.rs"]
mod web;
#[path = "story/whole.rs"]
mod whole;
