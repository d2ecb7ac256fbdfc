//! Districts that are served, and the reference data every installation starts with.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use serde_json::json;

use crate::error::{Problem, TerritoryError};
use crate::{reference, store};

/// Loads the component classes that ship into the reference table. Gives how many rows were new or differed; a second call
/// gives 0. Rows somebody has verified and local additions stay as they are.
///
/// # Errors
/// `Denied`, `Reference`, store errors.
pub async fn ensure_reference_data(ctx: &Ctx, tx: &mut Tx) -> Result<u64, TerritoryError> {
    ctx.may(Action::Change, Resource::Rules, DistrictId::CITY, &PlacePath::root())?;
    let mut changed = 0;
    let c = &mut tx.conn()?;
    for class in reference::component_classes()? {
        changed += store::components::put_class(c, &class).await?;
    }
    if changed > 0 {
        let facts = json!({ "standard": reference::COMPONENT_STANDARD, "classes": changed, "verified": false });
        tx.journal(ctx.line("territory.component_classes_loaded", &PlacePath::root(), None, facts));
    }
    Ok(changed)
}

/// Opens a district: from now on it is served here, under a number of its own that never changes. Opening it again gives the
/// same number. The transaction is one of the city.
///
/// # Errors
/// `Unknown` when the division is not known or closed, `WrongLevel` when it is no district, `Denied`, store errors.
pub async fn open_district(ctx: &Ctx, tx: &mut Tx, division_code: &str) -> Result<DistrictId, TerritoryError> {
    ctx.may(Action::Create, Resource::Territory, DistrictId::CITY, &PlacePath::root())?;
    if tx.district() != DistrictId::CITY {
        return Err(TerritoryError::Invalid(Problem::new("district", "not_the_city", tx.district().to_string())));
    }
    let unknown = || TerritoryError::Unknown(division_code.to_owned());
    let division =
        store::divisions::by_code(&mut tx.conn()?, division_code).await?.filter(|d| d.valid_to.is_none()).ok_or_else(unknown)?;
    if division.place_path.level() != Some(PlaceLevel::District) {
        return Err(TerritoryError::WrongLevel(division_code.to_owned()));
    }
    let served = store::divisions::districts(&mut tx.conn()?).await?;
    if let Some(known) = served.iter().find(|d| d.path == division.place_path) {
        return Ok(known.id);
    }
    let id = DistrictId(tx.next_number("district").await?);
    store::divisions::insert_district(&mut tx.conn()?, id, &division, ctx.now()).await?;
    let facts = json!({ "district": id, "division": division.code, "name": division.name });
    tx.journal(ctx.line("territory.district_opened", &division.place_path, None, facts));
    Ok(id)
}
