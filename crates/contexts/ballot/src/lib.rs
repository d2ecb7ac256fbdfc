//! Owner votes (业主表决): who owns what, what is put to the vote, ballots on every way in one register, the count, and what anybody may check afterwards.
//!
//! What always holds here:
//! * Whole numbers only. A threshold is a comparison of products of integers; nothing is rounded before it is compared.
//! * Nobody votes on what was not posted long enough, and who may vote is fixed at the opening: no command changes it afterwards.
//! * One home, one ballot, whatever comes at the same moment by whichever way. What replaces a ballot is counted instead of it and stands in the log.
//! * Until the close only turnout is shown. At the close the number of every count, the article and the version of the rule are written down, with a seal
//!   over the list of ballots.
//! * Areas identify homes: the public is shown totals and commitments, the owners the list, each home its receipt. Names stand in neither.
//! * Where the law names a system of its own for votes over the internet, none is taken here; its result is written down with its source.

pub mod commands;
mod error;
pub mod import;
pub mod model;
mod office;
mod pages;
pub mod queries;
pub mod recount;
pub mod rules;
mod section;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{BallotError, Wrong};
pub use office::BallotOffice;
pub use section::VotesOnBoard;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "vote");
    const CALL: Access = Access::staff("create", "vote");
    const CHANGE: Access = Access::staff("change", "vote");
    const CLOSE: Access = Access::staff("close", "vote");
    const TAKE: Access = Access::staff("create", "ballot");
    const LIST: Access = Access::staff("read", "ballot");
    const OWNERS: Access = Access::staff("read", "owner");
    let routes = RoomRoutes::new("ballot")
        .get("/votes", READ, pages::desk::show)
        .get("/votes/live", READ, pages::desk::live)
        .get("/votes/new", CALL, pages::draft::form)
        .post("/votes/new", CALL, pages::draft::make)
        .get("/votes/{id}", READ, pages::work::show)
        .post("/votes/{id}/post", CHANGE, pages::work::post)
        .post("/votes/{id}/open", CHANGE, pages::work::open)
        .post("/votes/{id}/withdraw", CLOSE, pages::work::withdraw)
        .post("/votes/{id}/announce", CHANGE, pages::work::announce)
        .post("/votes/{id}/official", CHANGE, pages::work::official)
        .get("/votes/{id}/ballots", TAKE, pages::take::show)
        .post_files("/votes/{id}/ballots", TAKE, pages::take::register)
        .get("/votes/{id}/scans/{scan}", TAKE, pages::take::second)
        .post("/votes/{id}/scans/{scan}", TAKE, pages::take::confirm)
        .get("/votes/{id}/scans/{scan}/photo", TAKE, pages::take::photo)
        .get("/votes/{id}/list", LIST, pages::list::staff)
        .get("/votes/{id}/recount.jsonl", LIST, pages::list::staff_file)
        .get("/votes/{id}/papers", TAKE, pages::paper::ballots)
        .get("/votes/{id}/pack", READ, pages::paper::pack)
        .get("/owners", OWNERS, pages::owners::show)
        .post_files("/owners/import", Access::staff("import", "owner"), pages::owners::import)
        .post("/owners/{id}/strike", Access::staff("change", "owner"), pages::owners::strike)
        .get("/vote/{district}/{id}", Access::Public, pages::public::show)
        .get("/vote/{district}/{id}/receipt", Access::Public, pages::public::receipt)
        .get("/vote/{district}/{id}/commitments.txt", Access::Public, pages::public::commitments)
        .get("/my-home/votes", Access::Resident, pages::home::list)
        .get("/my-home/votes/{id}", Access::Resident, pages::home::show)
        .post("/my-home/votes/{id}", Access::Resident, pages::home::cast)
        .post("/my-home/votes/{id}/paper", Access::Resident, pages::home::paper)
        .get("/my-home/votes/{id}/list", Access::Resident, pages::list::owners)
        .get("/my-home/votes/{id}/recount.jsonl", Access::Resident, pages::list::owners_file);
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    let nav = vec![entry("ballot-nav", "/votes", "check", READ, 21), entry("ballot-nav-owners", "/owners", "users", OWNERS, 22)];
    Module { name: "ballot", routes, texts: TEXTS, nav }
}
