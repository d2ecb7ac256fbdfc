//! Key groups and readings.

mod house;
mod medicine;
mod oximeters;
mod oxygen;
mod thread;
mod web;
