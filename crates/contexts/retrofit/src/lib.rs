//! Retrofit (加装电梯与改造): a lift for an old stairwell from the first wish to the signed agreement and beyond, and renovation items of an estate.
//!
//! What always holds here:
//! * What a home says is sealed and read by those who go to its door; a journal line ends at the stairwell. Who of the open homes could carry the consent
//!   is told to the convener alone, and that the convener looked is written down.
//! * Consent is counted in whole numbers by the rule of the place, by area and by heads; shares sum to the fen.
//! * A step has a day and a paper; a posting has its proof, its last day by the calendar, and is not closed while a written objection is open.
//! * What was signed for a home stands and goes on with whoever buys it.
//! * Sun and daylight are estimates for consultation, and every page with them says so.

pub mod commands;
mod error;
pub mod model;
mod neighbours;
mod office;
mod pages;
pub mod queries;
pub mod rules;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::{RetrofitError, Wrong};
pub use neighbours::LiftsOnBoard;
pub use office::LiftOffice;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
/// The texts of what cannot be built, of the library.
pub const SUN_TEXTS: (&str, &str) = linli_sun::TEXTS;

const READ: Access = Access::staff("read", "lift");
const CHANGE: Access = Access::staff("change", "lift");
const HEAR: Access = Access::staff("read", "lift_consent");
const TELL: Access = Access::staff("change", "lift_consent");
const ITEMS: Access = Access::staff("read", "renovation");
const WORK: Access = Access::staff("change", "renovation");

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    let routes = RoomRoutes::new("retrofit")
        .get("/lifts", READ, pages::list::show)
        .get("/lifts/live", READ, pages::list::live)
        .post("/lifts", Access::staff("create", "lift"), pages::list::begin)
        .get("/lifts/{id}", READ, pages::house::show)
        .post("/lifts/{id}/convene", Access::staff("assign", "lift"), pages::house::convene)
        .post("/lifts/{id}/open-homes", HEAR, pages::house::look)
        .get("/lifts/{id}/homes/{home}", HEAR, pages::home::show)
        .post_files("/lifts/{id}/homes/{home}", TELL, pages::home::say)
        .post("/lifts/{id}/homes/{home}/correct", TELL, pages::home::correct)
        .post_files("/lifts/{id}/homes/{home}/sign", TELL, pages::home::sign)
        .post("/lifts/{id}/homes/{home}/sold", TELL, pages::home::sold)
        .get("/lifts/{id}/homes/{home}/letter", HEAR, pages::paper::letter)
        .get("/lifts/{id}/talks", READ, pages::talks::show)
        .post("/lifts/{id}/property", CHANGE, pages::talks::property)
        .post("/lifts/{id}/meetings", CHANGE, pages::talks::meet)
        .post("/lifts/{id}/objections", TELL, pages::talks::object)
        .post("/lifts/{id}/objections/{objection}", TELL, pages::talks::step)
        .get("/lifts/{id}/schemes", READ, pages::schemes::show)
        .get("/lifts/{id}/schemes/new", CHANGE, pages::scheme::new)
        .post("/lifts/{id}/schemes", CHANGE, pages::scheme::create)
        .get("/lifts/{id}/schemes/{scheme}", CHANGE, pages::scheme::show)
        .post("/lifts/{id}/schemes/{scheme}", CHANGE, pages::scheme::change)
        .post("/lifts/{id}/schemes/{scheme}/choose", CHANGE, pages::schemes::choose)
        .post("/lifts/{id}/schemes/{scheme}/views", CHANGE, pages::schemes::view)
        .get("/lifts/{id}/light", READ, pages::light::show)
        .post("/lifts/{id}/plan", CHANGE, pages::light::draw)
        .post("/lifts/{id}/footprint", CHANGE, pages::light::bring)
        .get("/lifts/{id}/steps", READ, pages::steps::show)
        .post_files("/lifts/{id}/steps", CHANGE, pages::steps::done)
        .post_files("/lifts/{id}/notices", CHANGE, pages::steps::post)
        .post("/lifts/{id}/notices/close", CHANGE, pages::steps::close)
        .get("/lifts/{id}/pack", HEAR, pages::paper::pack)
        .get("/lifts/{id}/papers/{hash}", HEAR, pages::paper::photo)
        .get("/lifts/estate/{district}/{path}", Access::Public, pages::estate::show)
        .get("/my-home/lift", Access::Resident, pages::own::show)
        .post("/my-home/lift", Access::Resident, pages::own::say)
        .get("/renovation", ITEMS, pages::items::list)
        .post("/renovation", Access::staff("create", "renovation"), pages::items::enter)
        .get("/renovation/{id}", ITEMS, pages::item::show)
        .post("/renovation/{id}/fund", WORK, pages::item::fund)
        .post("/renovation/{id}/ask", WORK, pages::item::ask)
        .post_files("/renovation/{id}/progress", WORK, pages::item::progress)
        .post("/renovation/{id}/accept", WORK, pages::item::accept)
        .get("/renovation/photos/{district}/{id}/{no}/{size}", Access::Public, pages::estate::photo)
        .get("/assets/retrofit/{hash}/{file}", Access::Public, pages::style::file);
    let entry = |text_key, href, icon, access, order| NavEntry { text_key, href, icon, access, order };
    let nav =
        vec![entry("lift-nav", "/lifts", "building-2", READ, 46), entry("renovation-nav", "/renovation", "wrench", ITEMS, 47)];
    Module { name: "retrofit", routes, texts: TEXTS, nav }
}
