//! The treatment network: the last bed that many want, and referrals asked for by many.

mod ground;
mod life;
mod race;
mod referrals;

use std::path::Path;

/// One part by name; false when it is none.
pub async fn part(name: &str, place: &Path) -> anyhow::Result<bool> {
    match name {
        "beds" => race::run(place).await?,
        "referral" => referrals::run(place).await?,
        life::NAME => life::live(place).await?,
        _ => return Ok(false),
    }
    Ok(true)
}
