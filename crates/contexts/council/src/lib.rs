//! Meetings of a community (议事): the monthly joint meeting (联席会议) with single-matter meetings in between (一事一议), democratic hearings
//! (民主议事会), residents' meetings (居民议事会); and what residents propose to them.
//!
//! What always holds here:
//! * A meeting moves by the rows of its table only. People are told of it on the boards in the transaction in which it is called, put off or cancelled,
//!   and its number in calendars rises with whatever was told.
//! * Nothing is dropped: what a meeting leaves open, and what was on the agenda of one that was cancelled, is on the agenda of the next one by itself.
//! * What somebody undertakes is an ordinary case with an owner and the day that was agreed on; here is only which.
//! * A result is published on minutes that every side that was there has confirmed, in which whatever was said against something has an answer.
//! * What owners decide is decided by their own vote, what the residents' meeting decides by its heads: no outcome of the one is written under the other.
//! * Opinions are kept by side of the table, names of residents are sealed, and what residents write is looked at before it is shown.

pub mod commands;
mod error;
pub mod ical;
pub mod model;
mod office;
mod pages;
pub mod queries;
mod reach;
pub mod rules;
mod section;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{CouncilError, Wrong};
pub use office::CouncilOffice;
pub use section::MeetingsOnBoard;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "meeting");
    const CALL: Access = Access::staff("create", "meeting");
    const WRITE: Access = Access::staff("change", "meeting");
    const CLOSE: Access = Access::staff("close", "meeting");
    const PROPOSALS: Access = Access::staff("read", "proposal");
    const TOLD: Access = Access::staff("create", "proposal");
    const LOOK: Access = Access::staff("change", "proposal");
    let routes = RoomRoutes::new("council")
        .get("/meetings", READ, pages::desk::show)
        .get("/meetings/live", READ, pages::desk::live)
        .get("/meetings/new", CALL, pages::desk::new)
        .post("/meetings", CALL, pages::desk::draft)
        .get("/meetings/months", READ, pages::months::show)
        .get("/meetings/calendar", READ, pages::calendar::mine)
        .post("/meetings/calendar", READ, pages::calendar::renew)
        .get("/meetings/proposals", PROPOSALS, pages::proposals::list)
        .post("/meetings/proposals", TOLD, pages::proposals::told)
        .get("/meetings/proposals/{id}", PROPOSALS, pages::proposals::one)
        .post("/meetings/proposals/{id}/look", LOOK, pages::proposals::look)
        .post("/meetings/proposals/{id}/contact", LOOK, pages::proposals::contact)
        .post("/meetings/proposals/{id}/second", TOLD, pages::proposals::second)
        .post("/meetings/proposals/{id}/comment", TOLD, pages::proposals::comment)
        .get("/meetings/{id}", READ, pages::file::show)
        .post("/meetings/{id}/agenda", WRITE, pages::acts::agenda)
        .post("/meetings/{id}/seats", WRITE, pages::acts::seats)
        .post("/meetings/{id}/call", CALL, pages::acts::call)
        .post("/meetings/{id}/change", WRITE, pages::acts::change)
        .post("/meetings/{id}/cancel", CALL, pages::acts::cancel)
        .post("/meetings/{id}/hold", WRITE, pages::acts::hold)
        .post("/meetings/{id}/say", WRITE, pages::acts::say)
        .post("/meetings/{id}/answer", WRITE, pages::acts::answer)
        .post("/meetings/{id}/count", WRITE, pages::acts::count)
        .post("/meetings/{id}/decide", WRITE, pages::acts::decide)
        .post("/meetings/{id}/undertake", WRITE, pages::acts::undertake)
        .post("/meetings/{id}/minutes", WRITE, pages::acts::minutes)
        .post("/meetings/{id}/confirm", Access::staff("take", "meeting"), pages::acts::confirm)
        .post("/meetings/{id}/signed", WRITE, pages::acts::signed)
        .post("/meetings/{id}/approve", CLOSE, pages::acts::approve)
        .post("/meetings/{id}/publish", CLOSE, pages::acts::publish)
        .post("/meetings/{id}/correct", CLOSE, pages::acts::correct)
        .post_files("/meetings/{id}/hang", TOLD, pages::acts::hang)
        .get("/council/{district}/{id}", Access::Public, pages::public::meeting)
        .get("/council/{district}/{id}/event.ics", Access::Public, pages::calendar::event)
        .get("/council/{district}/{id}/hung/{posting}", Access::Public, pages::public::photo)
        .get("/council/at/{code}", Access::Public, pages::public::board)
        .post("/council/at/{code}", Access::Public, pages::public::propose)
        .get("/council/at/{code}/{id}", Access::Public, pages::public::proposal)
        .post("/council/at/{code}/{id}/second", Access::Public, pages::public::second)
        .post("/council/at/{code}/{id}/comment", Access::Public, pages::public::comment)
        .get("/calendar/{district}/{file}", Access::Public, pages::calendar::community)
        .get("/calendar/{district}/mine/{file}", Access::Link, pages::calendar::feed);
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    let nav = vec![
        entry("council-nav", "/meetings", "users", READ, 42),
        entry("council-nav-proposals", "/meetings/proposals", "megaphone", PROPOSALS, 43),
        entry("council-nav-months", "/meetings/months", "calendar", READ, 44),
    ];
    Module { name: "council", routes, texts: TEXTS, nav }
}
