//! Organisations of the treatment network, which are known before anybody works there.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use linli_territory::error::Problem;

use super::ground;
use crate::error::PeopleError;
use crate::model::{Organisation, OrganisationId};
use crate::{rules, store};

/// The kinds of organisation that may be an institution of the treatment network; a department may sum up a region there.
pub const MEDICAL_KINDS: [&str; 5] = ["hospital", "health_centre", "health_station", "village_clinic", "department"];

/// The organisation of an institution: the one of this name and kind, or a new one. Whoever may register institutions at the place may write it down; its
/// journal line is that of the institution. `None` when the name belongs to an organisation of another kind.
///
/// # Errors
/// `Invalid` for a name that cannot be one or a kind that is none of [`MEDICAL_KINDS`]; `Denied`; store errors.
pub async fn put_medical_organisation(
    ctx: &Ctx,
    tx: &mut Tx,
    (kind, name): (&str, &str),
    place: &PlacePath,
) -> Result<Option<OrganisationId>, PeopleError> {
    let (district, _) = ground(tx).await?;
    ctx.may(Action::Import, Resource::Institution, district, place)
        .or_else(|_| ctx.may(Action::Create, Resource::Institution, district, place))?;
    if !MEDICAL_KINDS.contains(&kind) {
        return Err(PeopleError::Invalid(Problem::new("organisation_kind", "unknown", kind)));
    }
    let name = name.trim();
    rules::check_organisation_name(name).map_err(PeopleError::Invalid)?;
    let known = store::organisations_by_name(&mut tx.conn()?, district, &[name]).await?.pop();
    match known {
        Some(known) if known.kind == kind => Ok(Some(known.id)),
        Some(_) => Ok(None),
        None => {
            let id = OrganisationId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
            let new = Organisation { id, kind: kind.to_owned(), name: name.to_owned(), credit_code: None };
            store::insert_organisation(&mut tx.conn()?, district, &new).await?;
            Ok(Some(id))
        }
    }
}

/// Gives the organisation of an institution another name (更名). Whoever may change institutions at the place, or bring them in from files, may do it; its
/// journal line is that of the institution. `false` when another organisation of the district is called so.
///
/// # Errors
/// `Invalid` for a name that cannot be one; `Denied`; store errors.
pub async fn rename_medical_organisation(
    ctx: &Ctx,
    tx: &mut Tx,
    (id, name): (OrganisationId, &str),
    place: &PlacePath,
) -> Result<bool, PeopleError> {
    let (district, _) = ground(tx).await?;
    ctx.may(Action::Import, Resource::Institution, district, place)
        .or_else(|_| ctx.may(Action::Change, Resource::Institution, district, place))?;
    let name = name.trim();
    rules::check_organisation_name(name).map_err(PeopleError::Invalid)?;
    let c = &mut tx.conn()?;
    if store::organisations_by_name(c, district, &[name]).await?.iter().any(|other| other.id != id) {
        return Ok(false);
    }
    store::rename_organisation(c, district, (id, name)).await?;
    Ok(true)
}
