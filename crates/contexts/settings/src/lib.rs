//! Settings (规则与日历): what the administrator puts in the place of the rules and calendars that ship.
//!
//! What always holds here:
//! * What was brought in lies in the database, so that every process of the installation goes by the same. A file of the data
//!   folder is taken into it once for each of its contents.
//! * A pack or a plan that is wrong is refused as a whole, naming its line or field; what was in force stays.
//! * A change is in force without a restart: the process that made it takes it up at once, the others when they hear its line.
//! * A pack or a decision that was replaced stays in the records; journal lines of what was decided under a pack name it by its digest.
//!
//! Services this room needs from the hall: `Arc<Standing>`. The binary also passes every published line to
//! [`Standing::concerns`], refreshes when it says so, and does jobs of kind [`commands::CALENDAR_CHANGED`].

pub mod commands;
mod error;
pub mod folder;
pub mod model;
mod pages;
pub mod queries;
pub mod rules;
mod standing;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::SettingsError;
pub use standing::{Check, Standing};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "rules");
    const CHANGE: Access = Access::staff("change", "rules");
    const IMPORT: Access = Access::staff("import", "rules");
    let routes = RoomRoutes::new("settings")
        .get("/admin/calendar", READ, pages::calendar::show)
        .get("/admin/calendar/years/{year}", READ, pages::calendar::plan)
        .post_files("/admin/calendar/plans", CHANGE, pages::calendar::take)
        .post("/admin/calendar/years/{year}/reset", CHANGE, pages::calendar::reset)
        .post("/admin/calendar/days", CHANGE, pages::calendar::add_day)
        .post("/admin/calendar/days/{day}/remove", CHANGE, pages::calendar::remove_day)
        .get("/admin/rules", READ, pages::rules::show)
        .get("/admin/rules/packs/{key}", READ, pages::rules::text)
        .post_files("/admin/rules", IMPORT, pages::rules::take)
        .post("/admin/rules/packs/{key}/withdraw", IMPORT, pages::rules::withdraw);
    let nav = vec![
        NavEntry { text_key: "settings-nav-calendar", href: "/admin/calendar", icon: "calendar", access: CHANGE, order: 87 },
        NavEntry { text_key: "settings-nav-rules", href: "/admin/rules", icon: "file-text", access: CHANGE, order: 88 },
    ];
    Module { name: "settings", routes, texts: TEXTS, nav }
}
