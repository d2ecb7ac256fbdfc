//! Expert rounds (巡诊和指导): groups sent to a district, rounds on site and remote, opinions on patients, findings answered and looked at again,
//! hospitals of one level compared.
//!
//! What always holds here:
//! * An opinion about a patient is sealed, and read by the treating institution, the group that gave it and the health office alone; every look is in the
//!   journal, and what was said is not.
//! * A finding moves by the rows of its table only. Whoever has to put it right does not say that it is; whoever found it does, or opens it again.
//! * Nothing that is open is without a clock. What is overdue is told once to the house and the health office.
//! * Houses are compared with those of their level, with what each share is a part of; with few cases no share is told, and nobody is ranked.

pub mod commands;
mod error;
pub mod model;
mod office;
mod pages;
pub mod queries;
mod reach;
pub mod rules;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{ExpertError, Wrong};
pub use office::RoundOffice;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "round");
    const PLAN: Access = Access::staff("create", "round");
    const HOLD: Access = Access::staff("change", "round");
    let routes = RoomRoutes::new("expert")
        .get("/rounds", READ, pages::desk::show)
        .get("/rounds/live", READ, pages::desk::live)
        .post("/rounds", PLAN, pages::desk::plan)
        .get("/rounds/groups", READ, pages::groups::list)
        .post("/rounds/groups", PLAN, pages::groups::make)
        .post("/rounds/groups/{id}", PLAN, pages::groups::change)
        .get("/rounds/compare", READ, pages::compare::show)
        .get("/rounds/findings", READ, pages::findings::list)
        .get("/rounds/findings/{id}", READ, pages::findings::show)
        .post("/rounds/findings/{id}/answer", Access::staff("take", "round"), pages::findings::answer)
        .post("/rounds/findings/{id}/look", HOLD, pages::findings::look)
        .get("/rounds/{id}", READ, pages::round::show)
        .post("/rounds/{id}/opinions", Access::staff("create", "opinion"), pages::round::advise)
        .post("/rounds/{id}/findings", HOLD, pages::round::find)
        .post("/rounds/{id}/hold", HOLD, pages::round::hold)
        .post("/rounds/{id}/cancel", PLAN, pages::round::cancel)
        .post("/rounds/{id}/read", Access::staff("read", "opinion"), pages::round::read);
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    let nav = vec![
        entry("expert-nav", "/rounds", "heart-pulse", READ, 13),
        entry("expert-nav-findings", "/rounds/findings", "list", Access::staff("take", "round"), 14),
        entry("expert-nav-groups", "/rounds/groups", "users", PLAN, 29),
    ];
    Module { name: "expert", routes, texts: TEXTS, nav }
}
