//! Stories of the room of cases, each on both databases from one body.

#[path = "story/house.rs"]
mod house;
#[path = "story/thread.rs"]
mod thread;
#[path = "story/guards.rs"]
mod guards;
#[path = "story/time.rs"]
mod time;
#[path = "story/walk.rs"]
mod walk;
#[path = "story/web.rs"]
mod web;
