//! The treatment network (分级救治): institutions, their daily returns, the ledger of their beds, referrals up and down.
//!
//! What always holds here:
//! * An institution belongs to exactly one treatment grid (救治网格) of a kind at any time; a treatment grid is no governance grid.
//! * Unknown, suppressed and zero are three different things, in a return, in a file and on the screen.
//! * How many beds are available is derived from the entries of the ledger, what is staffed and what is held; it is typed nowhere. No bed is
//!   held twice: the store refuses the second, whoever asks at the same moment.
//! * A referral moves by the rows of its table only (`rules/referrals.toml`), each step on a clock and in the journal. What spans two
//!   districts is two records joined by messages that may come late, twice and in any order.
//! * Of somebody who is followed at home the two halves share a hand-off alone: that a bed was asked for, and how far it has come.
//! * No role of the community side reads a clinical field, and no role of this side a complaint, a home or a vote.

pub mod commands;
mod counted;
mod desk;
mod error;
mod error_beds;
mod error_network;
pub mod import;
pub mod model;
mod network;
mod pages;
pub mod queries;
pub mod rules;
mod standing;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use counted::{CountedElsewhere, Counting};
pub use desk::BedDesk;
pub use error::TreatmentError;
pub use error_beds::{BedError, Wrong as BedWrong};
pub use error_network::{NetworkError, Wrong};
pub use network::Network;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (
    concat!(
        include_str!("../locales/zh-CN.ftl"),
        "\n",
        include_str!("../locales/network.zh-CN.ftl"),
        "\n",
        include_str!("../locales/beds.zh-CN.ftl"),
        "\n",
        include_str!("../locales/plan.zh-CN.ftl")
    ),
    concat!(
        include_str!("../locales/en.ftl"),
        "\n",
        include_str!("../locales/network.en.ftl"),
        "\n",
        include_str!("../locales/beds.en.ftl"),
        "\n",
        include_str!("../locales/plan.en.ftl")
    ),
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

/// The routes of the plan.
fn plan_routes(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    const READ: Access = Access::staff("read", "plan");
    const DECIDE: Access = Access::staff("change", "plan");
    routes
        .get("/grid", READ, pages::plan::show)
        .get("/grid/live", READ, pages::plan::live)
        .get("/grid/history", READ, pages::plan_history::show)
        .post("/grid/decide", DECIDE, pages::plan::decide)
        .post("/grid/fleet", DECIDE, pages::plan::fleet)
        .post("/grid/step-down/{key}", DECIDE, pages::plan::step_down)
        .get("/city", READ, pages::city::show)
        .get("/city/outcomes", READ, pages::outcomes::show)
}

/// The entries of beds and referrals in the navigation.
fn bed_nav() -> Vec<NavEntry> {
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    vec![
        entry("inbound-nav", "/inbound", "hand", Access::staff("take", "referral"), 8),
        entry("referral-nav", "/referrals", "heart-pulse", Access::staff("read", "referral"), 9),
        entry("beds-nav", "/beds", "list", Access::staff("read", "bed"), 10),
        entry("plan-nav", "/grid", "list", Access::staff("read", "plan"), 11),
        entry("plan-city-nav", "/city", "building-2", Access::staff("read", "plan"), 12),
    ]
}

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    let routes = plan_routes(bed_routes(network_routes(RoomRoutes::new("treatment"))));
    let mut nav = Vec::new();
    nav.extend(network_nav());
    nav.extend(bed_nav());
    Module { name: "treatment", routes, texts: TEXTS, nav }
}

/// The routes of institutions and returns, added to those of the room.
fn network_routes(routes: RoomRoutes<Hall>) -> RoomRoutes<Hall> {
    const READ: Access = Access::staff("read", "institution");
    const CREATE: Access = Access::staff("create", "institution");
    const CHANGE: Access = Access::staff("change", "institution");
    const RETURNS: Access = Access::staff("read", "return");
    routes
        .get("/clinics", Access::Public, pages::clinics::show)
        .get("/network", READ, pages::institutions::list)
        .get("/network/new", CREATE, pages::institutions::register_form)
        .post("/network/new", CREATE, pages::institutions::register)
        .get("/network/grids", READ, pages::grids::show)
        .get("/network/{district}/{id}", READ, pages::institutions::show)
        .get("/network/{district}/{id}/upkeep", CHANGE, pages::upkeep::show)
        .post("/network/{district}/{id}/upkeep", CHANGE, pages::upkeep::keep)
        .post("/network/{district}/{id}/units", CHANGE, pages::institutions::add_unit)
        .post("/network/{district}/{id}/crowding/{unit}", Access::staff("create", "return"), pages::institutions::say_crowding)
        .get("/network/returns", RETURNS, pages::returns::day)
        .get("/network/returns/{district}/{id}/{form}/{day}", RETURNS, pages::returns::form)
        .post("/network/returns/{district}/{id}/{form}/{day}", Access::staff("change", "return"), pages::returns::send)
}

/// The entries of institutions and returns in the navigation.
fn network_nav() -> [NavEntry; 2] {
    let returns = Access::staff("read", "return");
    let institutions = Access::staff("read", "institution");
    [
        NavEntry { text_key: "network-nav-returns", href: "/network/returns", icon: "list", access: returns, order: 26 },
        NavEntry { text_key: "network-nav", href: "/network", icon: "building-2", access: institutions, order: 66 },
    ]
}
