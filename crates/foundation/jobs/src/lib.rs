//! A durable queue and recurrent jobs, in the same database as everything else.
//!
//! What always holds here: a job is put into the queue in the transaction of the change that wants it; it runs at least once
//! (a handler that is killed half-way is called again, so it must be idempotent or commit its effect with its own mark);
//! a job that keeps failing is kept with its last error and shown to the administrator, never dropped.

mod queue;
mod worker;

pub use queue::{Failed, Turn, depth, failed, put, turns};
pub use worker::{Handler, JobError, Lane, Pulse, Running, Worker};
