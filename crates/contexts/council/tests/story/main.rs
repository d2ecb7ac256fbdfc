//! Stories of meetings and proposals, each on both databases from one body.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where the house does not do what it must")]

mod carried;
mod guards;
mod house;
mod proposed;
mod walk;
mod web;
