//! Many cases at once.

use linli_db::{Column, Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};

use super::words::put_unread;
use super::{COLUMNS, CaseRow, NO_PROMISE, NewContact, case_columns, put_contacts, renew_contact};
use crate::import::OWN_SYSTEM;
use crate::import::row::Taken;
use crate::model::{Case, LocationFlag};
use crate::office::ContactVault;

/// Keys asked for at once.
const ASK: usize = 500;

/// What the store knows of a case that a file names.
#[derive(Debug)]
pub(crate) struct Known {
    /// The number under which the file names it.
    pub(crate) key: String,
    /// The case.
    pub(crate) case: Case,
    /// What its source said last, hashed; `None` for cases that were reported here.
    pub(crate) hash: Option<Vec<u8>>,
}

#[derive(Debug, linli_db::FromRow)]
struct KnownRow {
    #[row(flatten)]
    case: CaseRow,
    external_hash: Option<Vec<u8>>,
}

/// What is known under these numbers of a system; of our own system, under our own numbers.
pub(crate) async fn known(c: &mut Conn<'_>, district: DistrictId, system: &str, keys: &[String]) -> Result<Vec<Known>> {
    let own = system == OWN_SYSTEM;
    let (column, whose) = if own {
        ("number", "$2 = $2 AND external_system IS NULL AND number")
    } else {
        ("external_id", "external_system = $2 AND external_id IS NOT NULL AND external_id")
    };
    let mut found = Vec::new();
    for keys in keys.chunks(ASK) {
        let marks = (0..keys.len()).map(|n| format!("${}", n + 3)).collect::<Vec<_>>().join(", ");
        let text = format!(
            "SELECT {COLUMNS}, external_hash FROM case_file WHERE district_id = $1 AND {whose} IN ({marks}) ORDER BY {column}"
        );
        let rows: Vec<KnownRow> = sql!(c, x => {
            let mut query = sqlx::query_as::<_, KnownRow>(sqlx::AssertSqlSafe(text)).bind(district).bind(system);
            for key in keys {
                query = query.bind(key);
            }
            query.fetch_all(x).await
        })?;
        for row in rows {
            let case = Case::try_from(row.case)?;
            let key = if own { Some(case.number.clone()) } else { case.external_id.clone() };
            found.push(Known { key: key.unwrap_or_default(), case, hash: row.external_hash });
        }
    }
    Ok(found)
}

/// The numbers under which a system names those of its cases that are open here, after one of them, in order.
pub(crate) async fn open_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    system: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT external_id FROM case_file WHERE district_id = $1 AND external_system = $2 AND external_id IS NOT NULL \
         AND external_id > $3 AND closed_at IS NULL ORDER BY external_id LIMIT $4"
    ).bind(district).bind(system).bind(after).bind(limit).fetch_all(x).await)
}

/// Writes new cases, and the contacts of those that have one.
pub(crate) async fn insert(c: &mut Conn<'_>, fresh: &[Taken], vault: &dyn ContactVault, now: Ts) -> Result<()> {
    let texts =
        |get: fn(&Case) -> Option<&str>| Column::Text(fresh.iter().map(|taken| get(&taken.case).map(str::to_owned)).collect());
    case_columns(fresh.iter().map(|taken| &taken.case))
        .column("external_system", texts(|case| case.external_system.as_deref()))
        .column("external_id", texts(|case| case.external_id.as_deref()))
        .column("external_status", texts(|case| case.external_status.as_deref()))
        .column(
            "external_closed_at",
            Column::Int(fresh.iter().map(|taken| taken.case.external_closed_at.map(|at| at.0)).collect()),
        )
        .column("external_hash", Column::Bytes(fresh.iter().map(|taken| Some(taken.hash.clone())).collect()))
        .write(c)
        .await?;
    let ids: Vec<_> = fresh.iter().map(|taken| taken.case.id).collect();
    if let Some(district) = fresh.first().map(|taken| taken.case.district) {
        put_unread(c, district, &ids).await?;
    }
    let reachable = fresh.iter().filter_map(|taken| Some((&taken.case, taken.phone.as_deref()?)));
    let contacts: Vec<NewContact<'_>> = reachable.map(|(case, phone)| NewContact::seal(vault, case, phone, now)).collect();
    put_contacts(c, &contacts).await
}

/// Writes what the source now says of a case, but not where it stands; if nobody changed it since it was looked at. Gives whether it did.
pub(crate) async fn tell_anew(c: &mut Conn<'_>, taken: &Taken, there: &Known) -> Result<bool> {
    let case = &taken.case;
    let touched = exec!(c, sqlx::query(
        "UPDATE case_file SET place_path = $3, class = $4, title = $5, description = $6, reported_at = $7, channel = $8, external_status = $9, \
         external_closed_at = $10, external_hash = $11, lon_e7 = $12, lat_e7 = $13, location_flag = $14, public = $15, common_part = $16, \
         message_class = $17, matter = $18, profile = $19, kept_from = $20, way_profile = $22, way_rule = $23 \
         WHERE district_id = $1 AND id = $2 AND version = $21"
    ).bind(case.district).bind(there.case.id).bind(&case.place).bind(&case.class).bind(&case.title).bind(&case.description).bind(case.reported_at)
     .bind(&case.channel).bind(&case.external_status).bind(case.external_closed_at).bind(&taken.hash).bind(case.lon_e7).bind(case.lat_e7)
     .bind(case.location_flag.map(LocationFlag::as_str)).bind(case.public).bind(case.common_part)
     .bind(case.message_class).bind(&case.matter).bind(&case.profile).bind(case.kept.words()).bind(there.case.version)
     .bind(case.way.as_ref().map(|way| way.profile.as_str())).bind(case.way.as_ref().map(|way| way.rule.as_str())))?;
    put_unread(c, case.district, &[there.case.id]).await?;
    Ok(touched == 1)
}

/// Takes over the phone number of a case that its source tells anew. A source that gives none leaves the one that is kept.
pub(crate) async fn tell_phone(c: &mut Conn<'_>, taken: &Taken, there: &Known, vault: &dyn ContactVault, now: Ts) -> Result<()> {
    let Some(phone) = taken.phone.as_deref() else { return Ok(()) };
    renew_contact(c, &NewContact::seal(vault, &there.case, phone, now)).await.map(|_| ())
}

/// Writes what the source now says of a case, if nobody changed it since it was looked at. Where and how it stands is taken over only while
/// nobody here has worked on it. Gives whether it did.
pub(crate) async fn update(c: &mut Conn<'_>, taken: &Taken, there: &Known) -> Result<bool> {
    if !tell_anew(c, taken, there).await? {
        return Ok(false);
    }
    let case = &taken.case;
    if there.case.version == 1 {
        exec!(
            c,
            sqlx::query(
                "UPDATE case_file SET state = $3, state_since = $4, clock = $5, due_at = $6, finished_at = $7, closed_at = $8 \
             WHERE district_id = $1 AND id = $2 AND version = 1"
            )
            .bind(case.district)
            .bind(there.case.id)
            .bind(case.state.as_str())
            .bind(case.state_since)
            .bind(case.clock.as_str())
            .bind(case.due_at.map_or(NO_PROMISE, |due| due.0))
            .bind(case.finished_at)
            .bind(case.closed_at)
        )?;
    }
    Ok(true)
}
