//! The public log (公开日志): every public notice, decision, ballot commitment and published figure, in an append-only Merkle tree that anybody can check
//! without trusting whoever runs the program.
//!
//! What always holds here:
//! * What is published is in the same transaction as the change that it tells: neither is there without the other.
//! * A log only grows. A checkpoint is signed only when it extends the last one that was signed, by the database and by what was kept outside of it; a
//!   store that was set back to an older state signs nothing until somebody says that a new log begins.
//! * An entry holds nothing that names a person: that enters as a salted commitment, and erasing words and salt breaks no proof.
//! * What is served under `/log/{log}/` is a log of C2SP tiles, so that tools that know nothing of this program check it.

pub mod commands;
mod error;
mod keeper;
pub mod model;
mod pages;
pub mod queries;
pub mod rules;
mod store;
pub mod view;

use linli_hall::Hall;
use linli_webkit::{Access, Module, RoomRoutes};

pub use error::RecordError;
pub use keeper::{Forgetful, LogKeeper, Remembers, Witness};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const ALL: Access = Access::Public;
    let routes = RoomRoutes::new("record")
        .get("/log", ALL, pages::logs::list)
        .get("/log/{log}", ALL, pages::logs::show)
        .post("/log/{log}/compare", ALL, pages::logs::compare)
        .get("/log/{log}/checkpoint", ALL, pages::files::checkpoint)
        .get("/log/{log}/checkpoint/{size}", ALL, pages::files::earlier)
        .get("/log/{log}/key", ALL, pages::files::key)
        .get("/log/{log}/tile/{*path}", ALL, pages::files::tile)
        .get("/log/{log}/consistency/{from}", ALL, pages::files::consistency)
        .get("/log/{log}/e/{entry}", ALL, pages::entry::show)
        .get("/log/{log}/e/{entry}/print", ALL, pages::entry::print)
        .get("/log/{log}/e/{entry}/proof", ALL, pages::files::proof)
        .get("/log/{log}/e/{entry}/bytes", ALL, pages::files::bytes);
    // Publishes what its own texts name: those of the other rooms come with theirs.
    Module { name: "record", routes, texts: TEXTS, nav: Vec::new() }
}
