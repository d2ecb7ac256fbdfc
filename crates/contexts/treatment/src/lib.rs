//! The treatment network (分级救治): institutions, their daily returns, the ledger of their beds, referrals up and down.
//!
//! What always holds here:
//! * An institution belongs to exactly one treatment grid (救治网格) of a kind at any time; a treatment grid is no governance grid.
//! * Unknown, suppressed and zero are three different things, in a return, in a file and on the screen.
//! * How many beds are available is derived from the entries of the ledger, what is staffed and what is held; it is typed nowhere. No bed is
//!   held twice: the store refuses the second, whoever asks at the same moment.
//! * A referral moves by the rows of its table only (`rules/referrals.toml`), each step on a clock and in the journal. What spans two
//!   districts is two records joined by messages that may come late, twice and in any order.
//! * No role of the community side reads a clinical field, and no role of this side a complaint, a home or a vote.

pub mod commands;
mod desk;
mod error;
mod error_beds;
pub mod model;
mod pages;
pub mod queries;
pub mod rules;
mod standing;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use desk::BedDesk;
pub use error::TreatmentError;
pub use error_beds::{BedError, Wrong};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (
    concat!(include_str!("../locales/zh-CN.ftl"), "\n", include_str!("../locales/beds.zh-CN.ftl")),
    concat!(include_str!("../locales/en.ftl"), "\n", include_str!("../locales/beds.en.ftl")),
);

/// The routes of beds and referrals.
fn bed_routes(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    const READ: Access = Access::staff("read", "bed");
    const CHANGE: Access = Access::staff("change", "bed");
    const TAKE: Access = Access::staff("take", "referral");
    routes
        .get("/beds", READ, pages::beds::mine)
        .get("/beds/live", READ, pages::beds::live)
        .get("/beds/{id}", READ, pages::beds::show)
        .post("/beds/{id}/entries", CHANGE, pages::beds::enter)
        .post("/beds/{id}/reserve", CHANGE, pages::beds::reserve)
        .post("/beds/{id}/conversions", Access::staff("assign", "bed"), pages::beds::order)
        .post("/beds/holds/{id}/put", CHANGE, pages::beds::put)
        .post("/beds/conversions/{id}/put", READ, pages::beds::put_order)
        .get("/referrals", Access::staff("read", "referral"), pages::referrals::list)
        .get("/referrals/live", Access::staff("read", "referral"), pages::referrals::live)
        .get("/referrals/new", Access::staff("create", "referral"), pages::referrals::form)
        .post("/referrals/new", Access::staff("create", "referral"), pages::referrals::send)
        .get("/referrals/{id}", Access::staff("read", "referral"), pages::referrals::show)
        .post("/referrals/{id}/go-on", Access::staff("change", "referral"), pages::referrals::go_on)
        .get("/inbound", TAKE, pages::inbound::show)
        .post("/inbound/{referral}/{attempt}", TAKE, pages::inbound::answer)
}

/// The entries of beds and referrals in the navigation.
fn bed_nav() -> Vec<NavEntry> {
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    vec![
        entry("inbound-nav", "/inbound", "hand", Access::staff("take", "referral"), 8),
        entry("referral-nav", "/referrals", "heart-pulse", Access::staff("read", "referral"), 9),
        entry("beds-nav", "/beds", "list", Access::staff("read", "bed"), 10),
    ]
}

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    Module { name: "treatment", routes: bed_routes(RoomRoutes::new("treatment")), texts: TEXTS, nav: bed_nav() }
}
