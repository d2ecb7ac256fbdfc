//! Devices that hear signs of life (看护设备): gateways, cameras of families, door contacts, sensors, meters and access controllers, over HTTP
//! and MQTT.
//!
//! What always holds here:
//! * Of what a device says nothing is kept but what goes to the watch: whose, which kind, when. Names, pictures and scores never come
//!   in; a message that nobody understands leaves its shape in a bounded quarantine. `payload` has no I/O and can do nothing else.
//! * Whose a sign is is said by the label that was given at this device and by nothing in the message. Who has no label is nobody.
//! * A batch is answered, and a message acknowledged to the broker, when what counted is on disk. Sent again it does no harm.
//! * What is wrong is counted, named and dropped, and stops nothing else. A token is kept as a keyed hash; it opens one device.
//! * A silent device is a case for the property desk; whoever depended on it alone is shown as not watched, and never as silent.
//!
//! Services this crate needs from the hall: `Arc<Devices>`, `Arc<dyn Neighbours>`. The binary passes every published line to
//! [`Devices::heard`], runs [`commands::flush`] and [`commands::sweep_silent`] as jobs, calls [`commands::forget`] when somebody withdraws,
//! and lets [`mqtt::listen`] run where a broker is named. Whoever watches is behind [`SignsDoor`].

pub mod commands;
mod devices;
pub mod door;
pub mod ear;
mod error;
mod http;
pub mod labels;
pub mod model;
pub mod mqtt;
mod pages;
pub mod payload;
pub mod quarantine;
pub mod queries;
mod registry;
pub mod rules;
mod store;
mod wiped;

use linli_hall::Hall;
use linli_webkit::{Access, Module, NavEntry, RoomRoutes};
use utoipa::OpenApi;

pub use devices::Devices;
pub use door::{Agreed, Ears, Gate, NobodyWatched, Person, PortFuture, Shut, Sign, SignsDoor, Verdict};
pub use error::DevicesError;
pub use registry::Known;

/// The texts of this crate: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));

/// The routes that machines with a token of their own use as often as they have something to say.
pub const BUSY: [&str; 2] = ["/api/v1/devices/signs", "/api/v1/devices/hikvision/{token}"];

#[derive(OpenApi)]
#[openapi(paths(http::batch::send, http::push::push))]
struct Described;

/// What these routes take and give, as OpenAPI.
#[must_use]
pub fn described() -> utoipa::openapi::OpenApi {
    Described::openapi()
}

/// The crate as the house sees it.
#[must_use]
pub fn module() -> Module<Hall> {
    const READ: Access = Access::staff("read", "account");
    const CREATE: Access = Access::staff("create", "account");
    const CHANGE: Access = Access::staff("change", "account");
    let routes = RoomRoutes::new("devices")
        .post("/api/v1/devices/signs", Access::Machine, http::batch::send)
        .post("/api/v1/devices/hikvision/{token}", Access::Machine, http::push::push)
        .get("/admin/devices", READ, pages::list)
        .post("/admin/devices", CREATE, pages::add)
        .get("/admin/devices/{district}/{id}", READ, pages::show)
        .post("/admin/devices/{district}/{id}/token", CHANGE, pages::rotate)
        .post("/admin/devices/{district}/{id}/papers", CHANGE, pages::papers)
        .post("/admin/devices/{district}/{id}/label", CHANGE, pages::map)
        .post("/admin/devices/{district}/{id}/unlabel", CHANGE, pages::unmap)
        .post("/admin/devices/{district}/{id}/retire", CHANGE, pages::retire);
    let nav = vec![NavEntry { text_key: "devices-nav", href: "/admin/devices", icon: "heart-pulse", access: READ, order: 86 }];
    Module { name: "devices", routes, texts: TEXTS, nav }
}
