//! A watch over people who agreed to it (看护): silence becomes an alarm, durably and exactly once.
//!
//! The library knows numbered persons, seconds and kinds of sign; no names, no places, no devices. It has two layers. [`Engine`] is
//! the watch in memory: `step(now, signs)` gives effects, and the same input always gives the same. [`Watch`] is the same with
//! every step on disk before it is answered, behind the trait [`Files`].
//!
//! What is kept of a person: the instant from which silence is counted, and thirty-two bits of state; twelve bytes with the place in
//! the timing wheel. No history. Only with a consent of its own ([`AgreedToRoutine`]) a mask of 24 hours for each of 28 days. The log
//! holds signs until it is cut, which [`Config::cut_after`] bounds.
//!
//! # What always holds
//!
//! * Nobody is enrolled without an [`AgreedToWatch`] in hand. A sign of anybody else is dropped at the door and only counted.
//! * What was answered without an error is on disk. After an error nothing was done.
//! * An alarm has one [`AlarmId`] for ever. An [`Effect`] is handed out once, and again only after a restart, under the same number,
//!   until it is confirmed.
//! * Who withdrew is out of memory with the answer, and out of every file after [`Config::erase_after`] and two compactions at most;
//!   [`Watch::rest`], which must be called for it, says when.
//!
//! # Rules of time
//!
//! | What happens | What is done |
//! |---|---|
//! | A sign is late | It counts from when it happened. Older than what is known: dropped as no news. It may end an alarm. |
//! | A sign is repeated | Dropped as no news, before it reaches the disk. Twice in one batch: harmless. |
//! | A batch is replayed | The same, for each of its signs. |
//! | A sign is from the future, within [`Config::skew`] | It counts as of now. |
//! | A sign is from further in the future | Dropped and counted as future. |
//! | Whoever is enrolled was last seen well before that | Silence is counted from then; what is due already is raised at once. A second to come counts as now. |
//! | A sign is from before the second from which silence is counted, or of somebody who is away until later | Dropped and counted. |
//! | A sign comes after the withdrawal | Dropped and counted as without consent. |
//! | Two crossings come in the wrong order | The one that happened last says whether the person is out. |
//! | The clock goes back | The watch's time stands still until the clock has caught up, or somebody vouches for it ([`Watch::trust_clock`]). |
//! | The clock leaps by more than [`Config::leap`], or the machine was off so long | Believed; alarms are held for [`Config::settle`], so that devices can hand in what they kept, then raised with their own deadline. |
//! | The clock of a running machine leaps by more than [`Config::doubt`] | Not believed, the watch's time stands still; signs go on counting, as of the watch's time. Believed, as a leap, when the clock has gone on steadily for [`Config::settle`]. |
//! | Somebody vouches for an earlier time | Believed. Who is counted from later than now comes back with the next sign. |
//! | A deadline falls into quiet hours | It is their end. |
//! | A sign comes in the second of the deadline, in the same step | It counts: signs are taken before time passes. |
//! | More are due than [`Config::looks_per_step`] | The rest at the next call; [`Passed::more`] says so. |
//! | The disk is full | Signs are refused ([`Error::Full`], a server answers 503). A reserve of the segment is left for alarms and withdrawals. It goes on by itself when there is room. |

mod command;
mod compaction;
mod config;
mod crc;
mod effect;
mod engine;
mod entry;
mod error;
mod files;
mod frame;
mod handover;
mod local;
mod log;
mod pack;
mod recovery;
mod roll;
mod routine;
mod shard;
mod sign;
#[cfg(test)]
mod sim;
mod snapshot;
mod watch;
mod wheel;

pub use command::{AgreedToRoutine, AgreedToWatch, Command, ORDER_BYTES};
pub use config::Config;
pub use effect::{AlarmId, EFFECT_BYTES, Effect, Relief, Task};
pub use engine::{Clock, Engine, Judged, Known};
pub use error::Error;
pub use files::{Files, Folder};
pub use local::Zone;
pub use pack::{Basis, Quiet, RulePack, Silence, Soft};
pub use roll::{Roll, ShortId};
pub use routine::{ROUTINE_DAYS, Usual};
pub use shard::{Shard, Shards};
pub use sign::{SIGN_BYTES, Second, Sign, SignKind, SignKinds, Slot};
pub use watch::{Passed, Rested, Watch};
