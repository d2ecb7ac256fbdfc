//! Identity (身份): accounts of staff, their sessions, one-time links, the claims of homes by residents, and the keys of programs.
//!
//! What always holds here: no password or token is stored, only its hash; there is no default password, every account begins
//! with a one-time link; a session acts under one chosen appointment that is judged again at every request; an unknown login
//! and a wrong password get the same answer after the same work.
//!
//! Services this room needs from the hall: [`passwords::Passwords`].

pub mod claimed;
pub mod commands;
pub mod door;
pub mod error;
pub mod keys;
pub mod model;
pub mod pages;
pub mod passwords;
pub mod queries;
mod store;
pub mod vault;

pub use error::IdentityError;

/// This room's texts: zh-CN, en.
pub const TEXTS: (&str, &str) = (include_str!("../locales/zh-CN.ftl"), include_str!("../locales/en.ftl"));
