//! The words every room of Linli speaks: ids, instants, money, area, fractions, place paths, error codes.
//!
//! What always holds here: nothing in this crate reads a file, a socket, an environment variable or the wall clock,
//! except [`SystemClock`] and [`SystemRng`], which exist so that nothing else has to.

mod amount;
mod checkdigit;
mod clock;
mod error;
mod id;
mod mask;
mod path;
mod rng;
mod sql;
mod time;
mod words;

pub use amount::{Area, Fen, Fraction};
pub use checkdigit::{CheckError, component_id, division_code, resident_id, social_credit_code};
pub use clock::{Clock, FakeClock, SharedClock, SystemClock};
pub use error::{Code, Status};
#[doc(hidden)]
pub use id::_private;
pub use id::DistrictId;
pub use mask::{mask_id_number, mask_name, mask_phone};
pub use path::{PathError, PlaceLevel, PlacePath};
pub use rng::{Rng, SeededRng, SharedRng, SystemRng};
pub use time::{Ts, shanghai};
pub use words::UnknownWord;
