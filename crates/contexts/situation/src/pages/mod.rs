//! The pages of this room.

mod map;
pub(crate) mod place;
pub(crate) mod start;
pub(crate) mod style;
pub(crate) mod who;
mod words;
