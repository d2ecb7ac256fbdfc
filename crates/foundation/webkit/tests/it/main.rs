//! The kit as a room sees it: through the real router, the real door and a clock that stands still.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says by failing what went wrong"
)]

mod door;
mod live;
mod pages;
mod photo;
mod support;
mod web;
