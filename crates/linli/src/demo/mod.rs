//! The demonstration district: the shape of Xuanwu, and nothing in it that is real below the communities.
//!
//! What always holds here:
//! * The same seed and the same end give the same files and the same script, byte for byte. There is no wall clock and no other
//!   randomness.
//! * Communities and their codes are official ones; estates, firms, persons, boundaries and reports are invented.
//! * No number can be dialled, no credit code is in any register (see [`names`]).
//! * Everything leaves this module as the files anybody could import and as a script of what people did, so that the
//!   demonstration goes through the same doors as real data.

mod cases;
mod dice;
mod divisions;
mod estates;
mod grids;
mod houses;
mod logins;
mod names;
pub mod network;
mod outline;
mod photo;
mod property;
mod staff;
mod tables;

pub use cases::{CLASSES, Channel, DemoEvent, UNITS, What, Who};
pub use dice::{Dice, stream};
use divisions::Divisions;
use logins::Tour;
pub use names::unreal_phone;
use network::Network;
pub use photo::{Photo, Shows};
use tables::Tables;

/// The seed of `linli demo`.
pub const SEED: u64 = 20_230_106;

/// Why there is no demonstration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DemoError {
    /// The table of divisions cannot be used.
    #[error("the divisions cannot be used: {0}")]
    Divisions(String),
    /// The drawn houses miss the printed figures.
    #[error("the drawn houses miss the printed figures: {households} households, {area} of 0.01 m²")]
    Figures {
        /// Households drawn.
        households: i64,
        /// Area drawn in 0.01 m².
        area: i64,
    },
    /// A table could not be written.
    #[error("a table could not be written: {0}")]
    Table(String),
    /// The texts of the reports cannot be read.
    #[error("the texts of the reports cannot be read: {0}")]
    Texts(String),
    /// No estate is fit to be shown first.
    #[error("no estate is fit to be shown first")]
    NoTour,
    /// A picture could not be encoded.
    #[error("a picture could not be encoded: {0}")]
    Picture(String),
}

/// The demonstration district.
#[derive(Debug)]
pub struct Demo {
    /// The import files.
    pub tables: Tables,
    /// Boundaries of the district, its subdistricts and communities, all generated, as GeoJSON (WGS-84).
    pub boundaries: serde_json::Value,
    /// Where to begin looking, and who can sign in: one for each role, all around one estate.
    pub tour: Tour,
    /// The treatment network around it.
    pub network: Network,
    seed: u64,
    estates: Vec<estates::Estate>,
    houses: Vec<Vec<houses::Building>>,
    grids: Vec<grids::Grid>,
    staff: staff::Staff,
}

/// Invents the district on these divisions (the CSV of the official ones, columns `code` and `name`).
///
/// # Errors
/// When the divisions cannot be read or a constant of the generator no longer fits the printed figures.
pub fn invent(divisions_csv: &str, seed: u64) -> Result<Demo, DemoError> {
    let divisions = Divisions::read(divisions_csv)?;
    let outline = outline::Ground::invent(&divisions, &dice::Dice::new(seed, "ground"));
    let mut estates = estates::invent(&divisions, &outline, seed);
    let houses = houses::build(&mut estates, seed)?;
    let grids = grids::lay(&divisions, &estates, &houses);
    let ground = staff::Ground { divisions: &divisions, estates: &estates, houses: &houses, grids: &grids };
    let staff = staff::Staff::appoint(ground, seed);
    let tour = logins::tour(&staff, ground).ok_or(DemoError::NoTour)?;
    let network = network::lay(&tour, &staff, &estates)?.ok_or(DemoError::NoTour)?;
    Ok(Demo {
        tables: tables::write(&estates, &houses, &grids, &staff)?,
        boundaries: outline.geojson(&divisions),
        tour,
        network,
        seed,
        estates,
        houses,
        grids,
        staff,
    })
}

#[cfg(test)]
mod tests;
