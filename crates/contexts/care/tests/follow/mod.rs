//! Key groups and readings.

mod house;
mod oximeters;
mod thread;
mod web;
