//! What every room shows itself through: texts in two languages, pages and their surroundings, errors with a next step,
//! forms, photos, live events, and the door to the network.
//!
//! What always holds here: this crate knows no room and no person. No page needs script to be read or to be sent. No
//! answer leaves without a content policy and a request id. Nothing a phone hides in a photo is kept.

// Templates name this crate from outside; its own error page does so from inside.
extern crate self as linli_webkit;

pub mod assets;
pub mod bodies;
mod delivery;
pub mod error;
pub mod form;
pub mod i18n;
mod icon;
mod icon_data;
pub mod live;
mod page;
pub mod photo;
mod qr;
pub mod rate;
mod request;
pub mod room;
pub mod serve;
pub mod session;
mod shell;
mod unread;
pub mod view;
pub mod web;

pub use assets::asset_url;
pub use error::{AppError, FieldProblem, Problems, codes};
pub use form::{FormMap, FormReader, Upload};
pub use i18n::{Locale, T, Texts, Value};
pub use icon::{Icon, icon, state_icon};
pub use page::{Page, address, and_then};
pub use qr::qr_svg;
pub use request::{Proxy, RequestInfo, bearer};
pub use room::{Access, House, Module, NavEntry, RoomRoutes, RouteSpec};
pub use shell::{NavLink, Shell, Who};
pub use web::{Observer, Site, Telling, open};
