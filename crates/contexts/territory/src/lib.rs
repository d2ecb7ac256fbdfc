//! The ground: the tree of places from the city down to the home, estates, components (部件), governance grids, outlines.
//!
//! What always holds here:
//! * City, district, subdistrict and community are official divisions (reference tables); estate, building, entrance and home
//!   belong to one district. A place path is given once, never reused, and changes only by a move, which is one journal
//!   line `territory.moved` with the old and the new path.
//! * A place has a natural key (`code`): `E`, `E/3栋`, `E/3栋/2单元`, `E/3栋/2单元/301`. Recording the same rows again
//!   changes nothing.
//! * The counts on an estate (buildings, entrances, homes) equal the rows beneath it; [`queries::check_counts`] recomputes them.
//! * Coordinates are WGS-84 in 1e-7 degrees; what arrived in another system is converted at the door.

pub mod commands;
pub mod error;
pub mod export;
pub mod hanging;
pub mod import;
pub mod model;
pub mod moves;
mod pages;
pub mod queries;
pub mod reference;
pub mod rules;
mod signposts;
mod store;

pub use error::TerritoryError;
pub use signposts::Signposts;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

/// The texts of this room: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The room as the house sees it. It asks the service `dyn` [`hanging::HangsOn`], where there is one, what hangs on a place.
#[must_use]
pub fn module() -> Module<Hall> {
    let look = Access::staff("read", "territory");
    let change = Access::staff("change", "territory");
    Module {
        name: "territory",
        routes: RoomRoutes::new("territory")
            .get("/admin/territory", look, pages::start)
            .get("/admin/territory/{path}", look, pages::under)
            .get("/admin/territory/{path}/components", look, pages::components)
            .get("/admin/territory/{path}/change", change, pages::change)
            .post("/admin/territory/{path}/rename", change, pages::rename)
            .post("/admin/territory/{path}/close", change, pages::close)
            .post("/admin/territory/{path}/move", change, pages::relocate),
        texts: TEXTS,
        nav: vec![NavEntry { text_key: "territory-nav", href: "/admin/territory", icon: "map", access: change, order: 80 }],
    }
}
