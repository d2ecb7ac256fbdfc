//! The ground, told on both databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

mod estates;
mod imports;
mod moves;
mod objects;
mod screens;
mod sheets;
mod support;
mod tree;
