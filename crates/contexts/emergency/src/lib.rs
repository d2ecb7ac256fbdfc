//! Calls to 120 (急救调度): taken down and classified in one step, sent a vehicle, diverted with a call back, handed over to a hospital.
//!
//! What always holds here:
//! * An urgent call is queued behind nothing: it waits for a vehicle from the moment it is taken down, what could be sent to it is sent to no other
//!   while it waits, and a vehicle on its way to somebody who is not urgent can be turned round for it.
//! * The table suggests, the seat decides, both are kept. Whoever told of danger is not diverted, whatever the seat decides.
//! * Diversion is off until a physician answers for it by name and licence, for one version of the rules. Whoever is diverted has exactly one
//!   open call back until the call ends or is urgent, and the share that was diverted is never shown without the share that became worse.
//! * One vehicle for a call, one call for a vehicle: the store refuses the second, whoever asks at the same moment.
//! * Of a caller nothing is in the journal. What was told is sealed, and erased when its time is over.

pub mod commands;
mod counted;
mod error;
pub mod model;
mod office;
mod pages;
pub mod queries;
pub mod rules;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use counted::CountedCalls;
pub use error::{EmergencyError, Wrong};
pub use office::DispatchOffice;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "emergency_call");
    const CREATE: Access = Access::staff("create", "emergency_call");
    const CHANGE: Access = Access::staff("change", "emergency_call");
    const FIGURES: Access = Access::staff("read", "emergency_figures");
    const DIVERSION: Access = Access::staff("read", "diversion");
    const COMING: Access = Access::staff("read", "handover");
    let routes = RoomRoutes::new("emergency")
        .get("/emergency", READ, pages::desk::show)
        .get("/emergency/live", READ, pages::desk::live)
        .post("/emergency", CREATE, pages::desk::record)
        .post("/emergency/same", CREATE, pages::desk::same)
        .get("/emergency/call-backs", READ, pages::recontacts::list)
        .get("/emergency/fleet", READ, pages::fleet::list)
        .post("/emergency/fleet", CHANGE, pages::fleet::register)
        .post("/emergency/fleet/{id}", CHANGE, pages::fleet::service)
        .get("/emergency/day", FIGURES, pages::day::show)
        .post("/emergency/day", Access::staff("change", "emergency_figures"), pages::day::tell)
        .get("/emergency/diversion", DIVERSION, pages::day::diversion)
        .post("/emergency/diversion", Access::staff("change", "diversion"), pages::day::change_diversion)
        .get("/emergency/{id}", READ, pages::desk::one)
        .post("/emergency/{id}/raise", CHANGE, pages::desk::raise)
        .post("/emergency/{id}/close", CHANGE, pages::desk::close)
        .post("/emergency/{id}/assign", CHANGE, pages::file::assign)
        .post("/emergency/{id}/mission", CHANGE, pages::file::mission)
        .post("/emergency/{id}/announce", CHANGE, pages::file::announce)
        .post("/emergency/{id}/divert", CHANGE, pages::file::divert)
        .post("/emergency/{id}/call-back", CHANGE, pages::file::call_back)
        .get("/handovers", COMING, pages::handover::show)
        .post("/handovers/{district}/{mission}", Access::staff("change", "handover"), pages::handover::receive);
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    let nav = vec![
        entry("emergency-nav", "/emergency", "siren", READ, 4),
        entry("emergency-nav-call-backs", "/emergency/call-backs", "phone", READ, 5),
        entry("emergency-nav-fleet", "/emergency/fleet", "car", READ, 6),
        entry("emergency-nav-coming", "/handovers", "siren", COMING, 7),
        entry("emergency-nav-day", "/emergency/day", "layout-dashboard", FIGURES, 27),
        entry("emergency-nav-diversion", "/emergency/diversion", "shield", DIVERSION, 28),
    ];
    Module { name: "emergency", routes, texts: TEXTS, nav }
}
