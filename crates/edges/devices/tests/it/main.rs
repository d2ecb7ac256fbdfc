//! Devices from their messages to the watch, through the real doors, on both databases from one body.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where the house does not do what it must"
)]

mod broker;
mod home;
mod house;
mod http;
mod registry;
mod stops;
