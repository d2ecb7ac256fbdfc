//! What an operator relies on, through the program itself: backup and restore, crashes, a full disk, a database server that goes
//! away, TLS, accounts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on should stop"
)]

mod accounts;
mod backup;
mod beside;
mod closed;
mod crash;
mod disk;
mod hotline;
mod open311;
mod record;
mod server;
mod support;
mod tls;
mod watch;
