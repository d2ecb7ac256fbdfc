//! Cases (诉求与案卷): a report from a door becomes a case with one owner and one promised time, and ends when the reporter says so.
//!
//! What always holds here:
//! * Every change of state is a row of the transition table (`rules/transitions.toml`) and a journal line in the same
//!   transaction; the line names the version of the table.
//! * A case that is being handled has exactly one owner. A promise never moves without a line `cases.deadline_moved`.
//! * Which of the three classifications (报修类别、热线分类、城市管理事项) says how a case is handled is decided in one place, `rules/governing.rs`.
//! * Closed means that Open311 shows it closed; `closed_at` is set exactly then.
//! * What people wrote in words lies in the erasable payload of the line or in the case itself, never in the facts of a line.
//!   Contacts are sealed with a key outside the database, and every look at one is written down with its reason.
//! * A case has a member of the staff or an organisation (承办单位), never both; an organisation acts by its private link, which is bounded by
//!   a place and by days, and of which every opening is kept. Calls to organisations (吹哨、协办) leave the case with whoever has it.
//! * A private link is the time of its making and 192 random bits; only its hash is stored.
//!
//! Services this room needs from the hall: `Arc<Office>`, `Arc<ReportWindow>` and `Arc<dyn Neighbours>`. The binary also passes every published
//! line to [`Office::heard`] and runs [`commands::sweep_overdue`], [`commands::wake`], [`commands::sweep_calls`], [`commands::recompute_deadlines`]
//! and [`commands::fold_figures`] as jobs, and lets [`index_words`] follow the journal.

pub mod api;
pub mod commands;
mod discretion;
mod error;
pub mod export;
mod hotline_api;
pub mod import;
mod index;
mod model;
mod neighbourhood;
mod neighbours;
mod office;
mod pages;
mod promise;
pub mod queries;
pub mod rules;
mod store;
mod token;
mod window;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{CasesError, FieldProblem};
pub use index::{Indexed, index_words};
pub use model::{
    Call, CallId, CallKind, CallOutcome, Case, CaseId, CasePhoto, CaseState, CityStep, ClockRuns, ContactOutcome, Ending, Event,
    Handover, HandoverId, HotlineKey, HotlineKeyId, InvalidTransition, Kept, LocationFlag, Matter, MessageClass, MessageClassId,
    MessageList, MessagePath, Named, Need, OutboxStep, Owner, PhotoKind, Rating, Standing, StoredPhoto, Ticket, UnitLink,
    UnitLinkId, Way, Why,
};
pub use neighbourhood::{CasesOnBoard, Neighbourhood};
pub use neighbours::{NamedPlace, Neighbours, PlacesAround, StaffCard};
pub use office::{ContactVault, Office, PortFuture, WhoAnswers, contact_of};
pub use pages::today::{AlsoToday, Waiting, Waits};
pub use pages::{keep_photos, say_where};
pub use token::{LinkToken, NotALink};
pub use window::ReportWindow;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "case");
    const CALLS: Access = Access::staff("read", "case_contact");
    const LINKS: Access = Access::staff("read", "unit_link");
    const CREATE: Access = Access::staff("create", "case");
    const CHANGE: Access = Access::staff("change", "case");
    const ASSIGN: Access = Access::staff("assign", "case");
    const CLOSE: Access = Access::staff("close", "case");
    const EXPORT: Access = Access::staff("export", "case");
    const RULES: Access = Access::staff("read", "rules");
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
        .get("/desk/new", CREATE, pages::intake::form)
        .post("/desk/new", CREATE, pages::intake::look)
        .get("/desk/handover", ASSIGN, pages::duty::handover)
        .post("/desk/handover", ASSIGN, pages::duty::hand_over)
        .post("/desk/handover/{id}/take", ASSIGN, pages::duty::take_over)
        .get("/desk/wall", READ, pages::duty::wall)
        .get("/desk/export", EXPORT, pages::work::export::export)
        .get("/calls", CALLS, pages::calls::calls)
        .post("/calls", CALLS, pages::calls::look_up)
        .get("/cases/live", READ, pages::live::stream)
        .get("/cases/{id}", READ, pages::work::case)
        .get("/cases/{id}/photo/{position}", READ, pages::photos::of_case)
        .get("/cases/{id}/thumb/{position}", READ, pages::photos::thumb_of_case)
        .get("/cases/{id}/class", ASSIGN, pages::classing::show)
        .post("/cases/{id}/class", ASSIGN, pages::classing::send)
        .get("/admin/classes", RULES, pages::classes::show)
        .post("/cases/{id}/take", Access::staff("take", "case"), pages::actions::take)
        .post("/cases/{id}/assign", ASSIGN, pages::actions::assign)
        .post("/cases/{id}/note", CHANGE, pages::actions::note)
        .post("/cases/{id}/lift-kept", Access::staff("change", "case_kept"), pages::actions::lift_kept)
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
        .post("/cases/{id}/entrust", ASSIGN, pages::unit_desk::entrust)
        .post("/cases/{id}/call", ASSIGN, pages::unit_desk::call)
        .post("/cases/{id}/call-answer", ASSIGN, pages::unit_desk::call_answer)
        .post("/cases/{id}/refuse-time", CHANGE, pages::unit_desk::refuse_time)
        .post("/cases/{id}/contacted", CHANGE, pages::hotline::contacted)
        .post("/cases/{id}/ask-city", CHANGE, pages::hotline::ask_city)
        .post("/api/v1/hotline/tickets", Access::Machine, hotline_api::send)
        .get("/api/v1/hotline/outbox", Access::Machine, hotline_api::fetch)
        .get("/units", LINKS, pages::unit_desk::links)
        .post("/units", Access::staff("create", "unit_link"), pages::unit_desk::make_link)
        .get("/units/{id}", LINKS, pages::unit_desk::openings)
        .post("/units/{id}/revoke", Access::staff("change", "unit_link"), pages::unit_desk::revoke_link)
        .get("/u/{token}", Access::Link, pages::units::list)
        .get("/u/{token}/cases/{id}", Access::Link, pages::units::case)
        .get("/u/{token}/cases/{id}/photo/{position}", Access::Link, pages::photos::of_unit)
        .get("/u/{token}/cases/{id}/thumb/{position}", Access::Link, pages::photos::thumb_of_unit)
        .post("/u/{token}/cases/{id}/take", Access::Link, pages::units::take)
        .post_files("/u/{token}/cases/{id}/finish", Access::Link, pages::units::finish)
        .post("/u/{token}/cases/{id}/note", Access::Link, pages::units::note)
        .post("/u/{token}/cases/{id}/return", Access::Link, pages::units::give_back)
        .post("/u/{token}/cases/{id}/ask-time", Access::Link, pages::units::ask_time)
        .post("/u/{token}/cases/{id}/answer-call", Access::Link, pages::units::answer_call)
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
        NavEntry { text_key: "cases-nav-units", href: "/units", icon: "building-2", access: LINKS, order: 60 },
        NavEntry { text_key: "cases-nav-desk", href: "/desk", icon: "monitor", access: READ, order: 20 },
        NavEntry {
            text_key: "cases-nav-classes",
            href: "/admin/classes",
            icon: "list",
            access: Access::staff("change", "rules"),
            order: 89,
        },
    ];
    Module { name: "cases", routes, texts: TEXTS, nav }
}
