//! Situation (态势): how a place stands, from the district down to the building, and the front door of the house.
//!
//! What always holds here:
//! * Every figure says what it counts, out of what, as of when, and opens to its records where the reader may see them.
//! * Figures that were published stand beside what the records say, as printed; where they contradict each other or the
//!   records, the page says so. Nothing is repaired.
//! * Nobody sees a place outside the scope of the appointment acted under; the start page knows nothing that is not public.

pub mod commands;
mod error;
pub mod model;
mod pages;
pub mod queries;
pub mod rules;
mod store;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

pub use error::SituationError;

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

const FIGURES: Access = Access::staff("read", "figures");

/// The room as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    Module {
        name: "situation",
        routes: RoomRoutes::new("situation")
            .get("/", Access::Public, pages::start::start)
            .get("/find", Access::Public, pages::start::find)
            .get("/district", FIGURES, pages::place::district)
            .get("/places/{path}", FIGURES, pages::place::place)
            .get("/places/{path}/live", FIGURES, pages::place::live)
            .get("/places/{path}/who", Access::staff("read", "people"), pages::who::who)
            .get("/assets/situation/{hash}/situation.css", Access::Public, pages::style::style),
        texts: TEXTS,
        nav: vec![NavEntry {
            text_key: "situation-nav",
            href: "/district",
            icon: "layout-dashboard",
            access: FIGURES,
            order: 30,
        }],
    }
}
