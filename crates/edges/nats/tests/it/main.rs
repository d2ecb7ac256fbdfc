//! Several processes and a cluster of real brokers.
#![cfg(feature = "scale")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: a panic here is a failed test"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "processes speak over their output; seeds and figures are shown")]

mod brokers;
mod city;
mod node;
mod three;
