//! Cases by what somebody reads out of a paper or over the telephone: our number, the number of the city's ticket, or the last digits of either.

use linli_db::{Conn, Result, sql};
use linli_kernel::DistrictId;
use sqlx::AssertSqlSafe;

use crate::model::CaseId;

/// So many of the last characters of a ticket's number are kept turned round, for looking from its end.
pub(crate) const TAIL: usize = 12;
/// Numbers asked for at once.
const ASK: usize = 200;

/// The end of a ticket's number, turned round, in capitals.
pub(crate) fn tail_of(ticket_no: &str) -> String {
    ticket_no.chars().rev().take(TAIL).map(|c| c.to_ascii_uppercase()).collect()
}

/// The years in which numbers were given, the latest first, each with the last count.
pub(crate) async fn years(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(i16, i64)>> {
    let rows: Vec<(String, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT scope, last FROM number_counter WHERE district_id = $1 AND scope LIKE 'cases/____' ORDER BY scope DESC"
    ).bind(district).fetch_all(x).await)?;
    let year = |(scope, last): (String, i64)| Some((scope.strip_prefix("cases/")?.parse().ok()?, last));
    Ok(rows.into_iter().filter_map(year).collect())
}

/// The cases that have one of these numbers of ours.
pub(crate) async fn ours(c: &mut Conn<'_>, district: DistrictId, numbers: &[String]) -> Result<Vec<CaseId>> {
    let mut found = Vec::new();
    for some in numbers.chunks(ASK) {
        let marks = (2..2 + some.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text = format!("SELECT id FROM case_file WHERE district_id = $1 AND number IN ({marks})");
        let rows: Vec<(CaseId,)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
            for number in some {
                query = query.bind(number);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(found)
}

/// Tickets whose number ends like this, the latest received first: their cases and numbers. Capitals and small letters are the same.
pub(crate) async fn tickets_ending(
    c: &mut Conn<'_>,
    district: DistrictId,
    end: &str,
    limit: i64,
) -> Result<Vec<(CaseId, String)>> {
    let tail = tail_of(end);
    let rows: Vec<(CaseId, String)> = sql!(c, x => sqlx::query_as(
        "SELECT case_id, ticket_no FROM hotline_ticket WHERE district_id = $1 AND no_tail >= $2 AND no_tail < $3 \
         ORDER BY received_at DESC LIMIT $4"
    ).bind(district).bind(&tail).bind(format!("{tail}\u{10FFFF}")).bind(limit).fetch_all(x).await)?;
    let end = end.to_ascii_uppercase();
    Ok(rows.into_iter().filter(|(_, ticket_no)| ticket_no.to_ascii_uppercase().ends_with(&end)).collect())
}
