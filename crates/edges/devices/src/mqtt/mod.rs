//! MQTT: a client of a broker that is there already (Mosquitto, or that of a city). It listens and acknowledges; it publishes nothing.

mod client;
pub mod codec;
mod inbox;
pub mod topics;

pub use client::{Broker, BrokerError, listen};
