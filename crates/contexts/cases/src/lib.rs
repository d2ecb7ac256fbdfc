//! Cases (诉求与案卷): a report from a door becomes a case with one owner and one promised time, and ends when the reporter says so.
//!
//! What always holds here:
//! * Every change of state is a row of the transition table (`rules/transitions.toml`) and a journal line in the same
//!   transaction; the line names the version of the table.
//! * A case that is being handled has exactly one owner. A promise never moves without a line `cases.deadline_moved`.
//! * Closed means that Open311 shows it closed; `closed_at` is set exactly then.
//! * What people wrote in words lies in the erasable payload of the line or in the case itself, never in the facts of a line.
//!   Contacts are sealed with a key outside the database, and every look at one is written down with its reason.
//! * A private link is the time of its making and 192 random bits; only its hash is stored.
//!
//! Services this room needs from the hall: `Arc<Office>`, `Arc<ReportWindow>` and `Arc<dyn Neighbours>`. The binary also passes every published
//! line to [`Office::heard`] and runs [`commands::sweep_overdue`], [`commands::wake`], [`commands::recompute_deadlines`]
//! and [`commands::fold_figures`] as jobs, and lets [`index_words`] follow the journal.

pub mod api;
pub mod commands;
mod discretion;
mod error;
pub mod export;
pub mod import;
mod index;
mod model;
mod neighbourhood;
mod neighbours;
mod office;
mod pages;
pub mod queries;
pub mod rules;
mod store;
mod token;
mod window;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{CasesError, FieldProblem};
pub use index::index_words;
pub use model::{
    Case, CaseId, CasePhoto, CaseState, ClockRuns, Ending, Event, InvalidTransition, LocationFlag, Need, Owner, PhotoKind,
    Rating, Standing, StoredPhoto, UnknownWord,
};
pub use neighbourhood::{CasesOnBoard, Neighbourhood};
pub use neighbours::{NamedPlace, Neighbours, PlacesAround, StaffCard};
pub use office::{ContactVault, Office, PortFuture, WhoAnswers};
pub use pages::keep_photos;
pub use token::{LinkToken, NotALink};
pub use window::ReportWindow;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "case");
    const CALLS: Access = Access::staff("read", "case_contact");
    const CHANGE: Access = Access::staff("change", "case");
    const ASSIGN: Access = Access::staff("assign", "case");
    const CLOSE: Access = Access::staff("close", "case");
    let routes = RoomRoutes::new("cases")
        .get("/report", Access::Public, pages::report::form)
        .post_files("/report", Access::Public, pages::report::send)
        .get("/r/{token}", Access::Link, pages::link::page)
        .post("/r/{token}/confirm", Access::Link, pages::link::confirm)
        .post("/r/{token}/not-fixed", Access::Link, pages::link::not_fixed)
        .get("/r/{token}/photo/{position}", Access::Link, pages::photos::of_link)
        .get("/r/{token}/thumb/{position}", Access::Link, pages::photos::thumb_of_link)
        .get("/my-day", READ, pages::work::my_day)
        .get("/desk", READ, pages::work::desk::desk)
        .get("/calls", CALLS, pages::calls::calls)
        .post("/calls", CALLS, pages::calls::look_up)
        .get("/cases/live", READ, pages::live::stream)
        .get("/cases/{id}", READ, pages::work::case)
        .get("/cases/{id}/photo/{position}", READ, pages::photos::of_case)
        .get("/cases/{id}/thumb/{position}", READ, pages::photos::thumb_of_case)
        .post("/cases/{id}/take", Access::staff("take", "case"), pages::actions::take)
        .post("/cases/{id}/assign", ASSIGN, pages::actions::assign)
        .post("/cases/{id}/note", CHANGE, pages::actions::note)
        .post_files("/cases/{id}/finish", CHANGE, pages::actions::finish)
        .post("/cases/{id}/confirm", CLOSE, pages::actions::confirm)
        .post("/cases/{id}/not-fixed", CLOSE, pages::actions::not_fixed)
        .post_files("/cases/{id}/answer", CHANGE, pages::actions::answer)
        .post("/cases/{id}/move", CHANGE, pages::ways::move_on)
        .post("/cases/{id}/close", CLOSE, pages::ways::close)
        .post("/cases/{id}/dispatch", ASSIGN, pages::ways::dispatch)
        .post("/cases/{id}/extend", CHANGE, pages::ways::extend)
        .post("/cases/{id}/suspend", CHANGE, pages::ways::suspend)
        .post("/cases/{id}/resume", CHANGE, pages::ways::resume)
        .post("/cases/{id}/merge", ASSIGN, pages::ways::merge)
        .post("/cases/{id}/void", CLOSE, pages::actions::void)
        .post("/cases/{id}/contact", CALLS, pages::actions::contact)
        .post("/api/v1/cases", Access::Public, api::report)
        .get("/api/v1/cases", READ, api::list)
        .get("/api/v1/cases/{id}", READ, api::one);
    let nav = vec![
        NavEntry {
            text_key: "cases-nav-my-day",
            href: "/my-day",
            icon: "list",
            access: Access::staff("take", "case"),
            order: 10,
        },
        NavEntry { text_key: "cases-nav-calls", href: "/calls", icon: "phone", access: CALLS, order: 25 },
        NavEntry { text_key: "cases-nav-desk", href: "/desk", icon: "monitor", access: READ, order: 20 },
    ];
    Module { name: "cases", routes, texts: TEXTS, nav }
}
