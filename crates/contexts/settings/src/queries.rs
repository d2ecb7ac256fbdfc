//! What only looks. Rules and calendars are no secret: everybody who works here may see what they are judged by.

use linli_calendar::YearPlan;
use linli_db::{Conn, DbError};

use crate::error::SettingsError;
use crate::model::{RefusedFile, StoredDay, StoredPack, StoredYear};
use crate::store;

/// The plans that were brought in, by year.
///
/// # Errors
/// Store errors.
pub async fn years(c: &mut Conn<'_>) -> Result<Vec<StoredYear>, SettingsError> {
    let damaged = |year: i64| DbError::Inconsistent { table: "calendar_year", column: "plan", row: year.to_string() };
    let mut years = Vec::new();
    for (year, plan, version, source, set_at) in store::years(c).await? {
        let plan = YearPlan::parse(&plan).map_err(|_| damaged(year))?;
        years.push(StoredYear { plan, version, source, set_at });
    }
    Ok(years)
}

/// The local days, in order.
///
/// # Errors
/// Store errors.
pub async fn days(c: &mut Conn<'_>) -> Result<Vec<StoredDay>, SettingsError> {
    let mut days = Vec::new();
    for (day, decision, source, set_at) in store::days(c).await? {
        let damaged = |_| DbError::Inconsistent { table: "calendar_day", column: "decision", row: day.clone() };
        days.push(StoredDay { day: serde_json::from_str(&decision).map_err(damaged)?, source, set_at });
    }
    Ok(days)
}

/// The packs that were brought in and count before those that ship.
///
/// # Errors
/// Store errors.
pub async fn packs(c: &mut Conn<'_>) -> Result<Vec<StoredPack>, SettingsError> {
    Ok(store::packs(c).await?)
}

/// The text of a pack that was ever brought in, by the digest that a journal line names.
///
/// # Errors
/// Store errors.
pub async fn text_of(c: &mut Conn<'_>, digest: &str) -> Result<Option<String>, SettingsError> {
    Ok(store::text_of(c, digest).await?)
}

/// Files of the folders `calendar` and `rules` that were refused.
///
/// # Errors
/// Store errors.
pub async fn refused(c: &mut Conn<'_>, folder: &str) -> Result<Vec<RefusedFile>, SettingsError> {
    Ok(store::refused(c, folder).await?)
}
