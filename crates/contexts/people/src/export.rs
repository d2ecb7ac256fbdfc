//! People and appointments as rows of the own format, page by page. What goes out comes in again unchanged.

use std::collections::HashMap;

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_kernel::{PlacePath, Ts};
use linli_territory::export::Page;
use uuid::Uuid;

use crate::error::PeopleError;
use crate::model::AppointmentId;
use crate::store;

/// Rows of a page.
pub const PAGE: i64 = 1_000;

/// The columns of exported people. The phone for colleagues stands in [`PEOPLE_WITH_PHONES`] only.
pub const PEOPLE: &[&str] = &["person_code", "name", "organisation_kind", "organisation_name", "organisation_credit_code"];
/// The same with the phone.
pub const PEOPLE_WITH_PHONES: &[&str] =
    &["person_code", "name", "organisation_kind", "organisation_name", "organisation_credit_code", "work_phone"];
/// The columns of exported appointments. The phone is the one that the board shows.
pub const APPOINTMENTS: &[&str] =
    &["person_code", "organisation_name", "role", "title", "place", "grid_code", "public_phone", "from", "to"];

/// People of a district by staff number. With `phones` their phones for colleagues go along, which only those may see who may
/// change them.
///
/// # Errors
/// `Denied`, store errors.
pub async fn people(ctx: &Ctx, c: &mut Conn<'_>, scope: &Scope, phones: bool, after: &str) -> Result<Page<String>, PeopleError> {
    ctx.may(Action::Export, Resource::People, scope.district, &scope.place)?;
    if phones {
        ctx.may(Action::Change, Resource::People, scope.district, &scope.place)?;
    }
    let found = store::people_out(c, scope.district, after, PAGE).await?;
    let next = full(found.len()).then(|| found.last().map(|p| p.code.clone())).flatten();
    let rows = found.into_iter().map(|p| {
        let mut row = vec![
            p.code,
            p.name,
            p.organisation_kind.unwrap_or_default(),
            p.organisation_name.unwrap_or_default(),
            p.organisation_credit_code.unwrap_or_default(),
        ];
        row.extend(phones.then(|| p.work_phone.unwrap_or_default()));
        row
    });
    Ok(Page { rows: rows.collect(), next })
}

/// Appointments of a scope, ended and future ones too, in the order of their ids.
///
/// # Errors
/// `Denied`, store errors.
pub async fn appointments(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    scope: &Scope,
    after: Option<AppointmentId>,
) -> Result<Page<AppointmentId>, PeopleError> {
    ctx.may(Action::Export, Resource::People, scope.district, &scope.place)?;
    let found = store::appointments_out(c, scope, after.unwrap_or(AppointmentId(Uuid::nil())), PAGE).await?;
    let next = full(found.len()).then(|| found.last().map(|a| a.id)).flatten();
    let mut keys: HashMap<PlacePath, String> = HashMap::new();
    let mut rows = Vec::with_capacity(found.len());
    for a in found {
        let place = match (&a.grid_code, keys.get(&a.place_path)) {
            (Some(_), _) => String::new(),
            (None, Some(key)) => key.clone(),
            (None, None) => {
                let found = linli_territory::queries::place_at(c, scope.district, &a.place_path).await?;
                let key = found.map(|p| p.code).unwrap_or_default();
                keys.insert(a.place_path.clone(), key.clone());
                key
            }
        };
        rows.push(vec![
            a.person_code,
            a.organisation.unwrap_or_default(),
            a.role,
            a.title,
            place,
            a.grid_code.unwrap_or_default(),
            a.public_phone.unwrap_or_default(),
            moment(a.valid_from),
            a.valid_to.map(moment).unwrap_or_default(),
        ]);
    }
    Ok(Page { rows, next })
}

fn full(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|n| n >= PAGE)
}

/// A day when the moment is its beginning in Beijing, else the moment to the microsecond.
fn moment(at: Ts) -> String {
    let local = at.local();
    let day = Ts::from_local(local.date().at(0, 0, 0, 0));
    if day == Some(at) { local.date().to_string() } else { local.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string() }
}
