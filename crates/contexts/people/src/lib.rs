//! People (人员与任职): organisations, those who work in them, and their dated appointments.
//!
//! What always holds here: an appointment has a beginning, and ends after it; who answers for a place is read from the
//! appointments in force at an instant, nearest place first; residents are not in this room, and no political record of
//! anybody is: a party branch is an organisation, its secretary an appointment.

pub mod commands;
pub mod error;
pub mod export;
pub mod import;
pub mod model;
pub mod pages;
pub mod queries;
pub mod rules;
mod store;

pub use error::PeopleError;
pub use pages::module;

/// This room's texts: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
