//! Calls to 120 (急救调度): taken down and classified in one step, sent a vehicle, diverted with a call back, handed over to a hospital.
//!
//! What always holds here:
//! * An urgent call is queued behind nothing: it waits for a vehicle from the moment it is taken down, what could be sent to it is sent to no other
//!   while it waits, and a vehicle on its way to somebody who is not urgent can be turned round for it.
//! * The table suggests, the seat decides, both are kept. Whoever told of danger is not diverted, whatever the seat decides.
//! * Diversion is off until a physician answers for it by name and licence, for one version of the rules. Whoever is diverted has exactly one
//!   open call back until the call ends or is urgent, and the share that was diverted is never shown without the share that became worse.
//! * One vehicle for a call, one call for a vehicle: the store refuses the second, whoever asks at the same moment.
//! * Of a caller nothing is in the journal. What was told is sealed, and erased when its time is over.

pub mod commands;
mod error;
pub mod model;
mod office;
pub mod queries;
pub mod rules;
mod store;

pub use error::{EmergencyError, Wrong};
pub use office::DispatchOffice;
