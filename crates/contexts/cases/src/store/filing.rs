//! New cases, many at once: one statement for all cases, one for all links, one for all contacts.

use linli_db::{Bulk, Column, Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use super::{NO_PROMISE, callers, promises};
use crate::model::{Case, CaseId, LocationFlag};
use crate::office::{ContactVault, contact_of};
use crate::promise::Under;

/// A case to be filed, and the clock it runs on from the moment it was reported: kept so that its promise can be computed again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewCase<'a> {
    pub(crate) case: &'a Case,
    pub(crate) clock: Option<&'a Under>,
    /// Where it was reported, when it hangs higher up.
    pub(crate) reported_place: Option<&'a PlacePath>,
}

/// The hash of a private link, and the case it opens.
#[derive(Debug)]
pub(crate) struct NewLink<'a> {
    pub(crate) hash: Vec<u8>,
    pub(crate) case: &'a Case,
}

/// The sealed contact of a case, and the keyed hash it is found by.
#[derive(Debug)]
pub(crate) struct NewContact<'a> {
    pub(crate) case: &'a Case,
    pub(crate) sealed: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) at: Ts,
}

/// The columns that every new case has, whether it was reported here or comes from a file.
pub(crate) fn case_columns<'a>(cases: impl Iterator<Item = &'a Case> + Clone) -> Bulk {
    let ints = |get: fn(&Case) -> Option<i64>| Column::Int(cases.clone().map(get).collect());
    let texts = |get: fn(&Case) -> Option<&str>| Column::Text(cases.clone().map(|case| get(case).map(str::to_owned)).collect());
    let ids = |get: fn(&Case) -> Option<Uuid>| Column::Id(cases.clone().map(get).collect());
    let bools = |get: fn(&Case) -> bool| Column::Bool(cases.clone().map(|case| Some(get(case))).collect());
    Bulk::into("case_file")
        .column("district_id", ints(|case| Some(case.district.0)))
        .column("id", ids(|case| Some(case.id.0)))
        .column("number", texts(|case| Some(&case.number)))
        .column("place_path", texts(|case| Some(case.place.as_str())))
        .column("class", texts(|case| Some(&case.class)))
        .column("message_class", ids(|case| case.message_class.map(|id| id.0)))
        .column("matter", texts(|case| case.matter.as_deref()))
        .column("profile", texts(|case| case.profile.as_deref()))
        .column("way_profile", texts(|case| case.way.as_ref().map(|way| way.profile.as_str())))
        .column("way_rule", texts(|case| case.way.as_ref().map(|way| way.rule.as_str())))
        .column("title", texts(|case| Some(&case.title)))
        .column("description", texts(|case| Some(&case.description)))
        .column("state", texts(|case| Some(case.state.as_str())))
        .column("state_since", ints(|case| Some(case.state_since.0)))
        .column("clock", texts(|case| Some(case.clock.as_str())))
        .column("owner_person", ids(|case| case.owner.as_ref().map(|owner| owner.person)))
        .column("owner_appointment", ids(|case| case.owner.as_ref().map(|owner| owner.appointment)))
        .column("owner_role", texts(|case| case.owner.as_ref().map(|owner| owner.role.as_str())))
        .column("reported_at", ints(|case| Some(case.reported_at.0)))
        .column("clock_from", ints(|case| Some(case.reported_at.0)))
        .column("due_at", ints(|case| Some(case.due_at.map_or(NO_PROMISE, |due| due.0))))
        .column("due_provisional", bools(|case| case.due_provisional))
        .column("finished_at", ints(|case| case.finished_at.map(|at| at.0)))
        .column("closed_at", ints(|case| case.closed_at.map(|at| at.0)))
        .column("channel", texts(|case| Some(&case.channel)))
        .column("lon_e7", ints(|case| case.lon_e7))
        .column("lat_e7", ints(|case| case.lat_e7))
        .column("location_flag", texts(|case| case.location_flag.map(LocationFlag::as_str)))
        .column("public", bools(|case| case.public))
        .column("common_part", bools(|case| case.common_part))
        .column("emergency", bools(|case| case.emergency))
        .column("reopened_count", ints(|case| Some(case.reopened_count)))
        .column("version", ints(|case| Some(case.version)))
        .column("reported_by", ids(|case| case.reported_by))
        .column("kept_from", Column::Text(cases.clone().map(|case| case.kept.words()).collect()))
}

/// Writes new cases, whose promises were computed by this calendar.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &[NewCase<'_>], calendar: &str) -> Result<()> {
    let clocks: Vec<Option<&Under>> = new.iter().map(|n| n.clock).collect();
    promises::columns(case_columns(new.iter().map(|n| n.case)), &clocks, calendar)
        .column("reported_place", Column::Text(new.iter().map(|n| n.reported_place.map(PlacePath::to_string)).collect()))
        .write(c)
        .await
        .map(|_| ())
}

/// Keeps the hashes of private links.
pub(crate) async fn put_links(c: &mut Conn<'_>, links: &[NewLink<'_>]) -> Result<()> {
    Bulk::into("private_link")
        .column("token_hash", Column::Bytes(links.iter().map(|link| Some(link.hash.clone())).collect()))
        .ints("district_id", links.iter().map(|link| link.case.district.0))
        .ids("case_id", links.iter().map(|link| link.case.id.0))
        .ints("created_at", links.iter().map(|link| link.case.reported_at.0))
        .write(c)
        .await
        .map(|_| ())
}

impl<'a> NewContact<'a> {
    /// Seals a phone number for the case it belongs to.
    pub(crate) fn seal(vault: &dyn ContactVault, case: &'a Case, phone: &str, at: Ts) -> Self {
        let sealed = vault.seal_for(&contact_of(case.district, case.id), phone);
        Self { case, sealed, hash: vault.lookup_hash(phone), at }
    }
}

/// Takes over a number that its source changed, or that it had not given before; false when it is the one that is kept.
pub(crate) async fn renew_contact(c: &mut Conn<'_>, contact: &NewContact<'_>) -> Result<bool> {
    let district = contact.case.district;
    let before = phone_hash(c, district, contact.case.id).await?;
    let rows = exec!(
        c,
        sqlx::query(
            "INSERT INTO case_contact (district_id, case_id, phone_sealed, phone_hash, added_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, case_id) DO UPDATE SET phone_sealed = excluded.phone_sealed, phone_hash = excluded.phone_hash, \
             added_at = excluded.added_at WHERE case_contact.phone_hash <> excluded.phone_hash"
        )
        .bind(contact.case.district)
        .bind(contact.case.id)
        .bind(contact.sealed.clone())
        .bind(contact.hash.clone())
        .bind(contact.at)
    )?;
    callers::know(c, &[(district, &contact.hash)]).await?;
    if let Some(before) = before.filter(|before| *before != contact.hash) {
        callers::forget(c, district, &before).await?;
    }
    Ok(rows > 0)
}

/// The keyed hash of the number that is kept with a case.
pub(super) async fn phone_hash(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT phone_hash FROM case_contact WHERE district_id = $1 AND case_id = $2")
        .bind(district).bind(case).fetch_optional(x).await)
}

/// Keeps sealed contacts.
pub(crate) async fn put_contacts(c: &mut Conn<'_>, contacts: &[NewContact<'_>]) -> Result<()> {
    Bulk::into("case_contact")
        .ints("district_id", contacts.iter().map(|contact| contact.case.district.0))
        .ids("case_id", contacts.iter().map(|contact| contact.case.id.0))
        .column("phone_sealed", Column::Bytes(contacts.iter().map(|contact| Some(contact.sealed.clone())).collect()))
        .column("phone_hash", Column::Bytes(contacts.iter().map(|contact| Some(contact.hash.clone())).collect()))
        .ints("added_at", contacts.iter().map(|contact| contact.at.0))
        .write(c)
        .await?;
    let known: Vec<(DistrictId, &[u8])> =
        contacts.iter().map(|contact| (contact.case.district, contact.hash.as_slice())).collect();
    callers::know(c, &known).await
}
