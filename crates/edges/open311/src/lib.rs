//! Open311 GeoReport v2: programs of others list what can be reported, report, and follow what became of it; a client that
//! pulls from other servers and hands cases over to them; and a check of any server that says it speaks it.
//!
//! What always holds here:
//! * A report ends in the same command as the page: judged by `cases::commands::prepare`, filed at the window, photos cleaned in the
//!   darkroom. Nothing else is written by the endpoint.
//! * What is shown of a case is what a board shows: public cases of common parts, their kind, place, state and promise. No words, no
//!   photo, no phone, no home; a case that is not public does not exist.
//! * Whatever is wrong is said in the format that was asked for, with one of the three statuses of the specification.
//! * No address that somebody sends is ever fetched; only servers that an administrator named are asked, see [`client`].
//!
//! Services this crate needs from the hall: those of the room of cases, and `Arc<Signposts>`. The rules of the specification are cited in
//! `docs/open311.md`.

mod answer;
mod asked;
pub mod check;
pub mod client;
mod jurisdiction;
mod location;
mod node;
mod pages;
mod routes;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};

use crate::routes::{discovery, nowhere, report, requests, services, token};

/// The texts of this crate: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// Where the endpoint stands.
pub const ENDPOINT: &str = "/open311/v2";

/// The endpoint as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const ANYBODY: Access = Access::Public;
    const SEES: Access = Access::staff("read", "account");
    const KEEPS: Access = Access::staff("change", "account");
    const SENDS: Access = Access::staff("assign", "case");
    let routes = RoomRoutes::new("open311")
        .get("/open311/v2/discovery.xml", ANYBODY, discovery::discovery)
        .get("/open311/v2/discovery.json", ANYBODY, discovery::discovery)
        .get("/open311/v2/services.xml", ANYBODY, services::list)
        .get("/open311/v2/services.json", ANYBODY, services::list)
        .get("/open311/v2/services/{file}", ANYBODY, services::definition)
        .post_files("/open311/v2/requests.xml", Access::Machine, report::send)
        .post_files("/open311/v2/requests.json", Access::Machine, report::send)
        .get("/open311/v2/tokens/{file}", ANYBODY, token)
        .get("/open311/v2/requests.xml", ANYBODY, requests::list)
        .get("/open311/v2/requests.json", ANYBODY, requests::list)
        .get("/open311/v2/requests/{file}", ANYBODY, requests::one)
        .get("/open311/v2/{*rest}", ANYBODY, nowhere)
        .get("/admin/open311", SEES, pages::remotes::show)
        .post("/admin/open311", KEEPS, pages::remotes::add)
        .post("/admin/open311/run", KEEPS, pages::remotes::run)
        .post("/admin/open311/remove", KEEPS, pages::remotes::remove)
        .get("/desk/elsewhere", SENDS, pages::handing::show)
        .post("/desk/elsewhere", SENDS, pages::handing::hand_over)
        .post("/desk/elsewhere/settle", SENDS, pages::handing::settle);
    let nav = vec![
        NavEntry { text_key: "open311-nav-remotes", href: "/admin/open311", icon: "building-2", access: KEEPS, order: 90 },
        NavEntry { text_key: "open311-nav-handing", href: "/desk/elsewhere", icon: "chevron-right", access: SENDS, order: 61 },
    ];
    Module { name: "open311", routes, texts: TEXTS, nav }
}
