//! Stories of the room of cases, each on both databases from one body.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test stops where the house does not do what it must"
)]

#[path = "story/blocks.rs"]
mod blocks;
#[path = "story/callers.rs"]
mod callers;
#[path = "story/category.rs"]
mod category;
#[path = "story/classes.rs"]
mod classes;
#[path = "story/clocks.rs"]
mod clocks;
#[path = "story/discretion.rs"]
mod discretion;
#[path = "story/duty.rs"]
mod duty;
#[path = "story/exported.rs"]
mod exported;
#[path = "story/follow.rs"]
mod follow;
#[path = "story/guards.rs"]
mod guards;
#[path = "story/hats.rs"]
mod hats;
#[path = "story/hotline.rs"]
mod hotline;
#[path = "story/house.rs"]
mod house;
#[path = "story/import.rs"]
mod import;
#[path = "story/intake.rs"]
mod intake;
#[path = "story/limits.rs"]
mod limits;
#[path = "story/numbers.rs"]
mod numbers;
#[path = "story/objections.rs"]
mod objections;
#[path = "story/owners.rs"]
mod owners;
#[path = "story/rates.rs"]
mod rates;
#[path = "story/rows.rs"]
mod rows;
#[path = "story/said.rs"]
mod said;
#[path = "story/search.rs"]
mod search;
#[path = "story/similar.rs"]
mod similar;
#[path = "story/sources.rs"]
mod sources;
#[path = "story/thread.rs"]
mod thread;
#[path = "story/tickets.rs"]
mod tickets;
#[path = "story/time.rs"]
mod time;
#[path = "story/unit_doors.rs"]
mod unit_doors;
#[path = "story/unit_pages.rs"]
mod unit_pages;
#[path = "story/units.rs"]
mod units;
#[path = "story/versions.rs"]
mod versions;
#[path = "story/walk.rs"]
mod walk;
#[path = "story/ways.rs"]
mod ways;
#[path = "story/web.rs"]
mod web;
#[path = "story/window.rs"]
mod window;
#[path = "story/work.rs"]
mod work;
