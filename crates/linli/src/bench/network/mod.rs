//! The treatment network: the last bed that many want, referrals asked for by many, a free bed looked for near by.

mod city;
mod fhir;
mod ground;
mod life;
mod race;
mod referrals;

use std::path::Path;

/// One part by name; false when it is none.
pub async fn part(name: &str, place: &Path) -> anyhow::Result<bool> {
    match name {
        "beds" => race::run(place).await?,
        "city" => city::run(place).await?,
        "fhir" => fhir::run(place).await?,
        "referral" => referrals::run(place).await?,
        life::NAME => life::live(place).await?,
        _ => return Ok(false),
    }
    Ok(true)
}
