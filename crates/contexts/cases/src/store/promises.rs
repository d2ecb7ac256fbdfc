//! What cases are promised under: the clock of the class, and the list of what was given beyond it.

use std::collections::HashMap;

use linli_calendar::{Pause, Term};
use linli_db::{Bulk, Column, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use crate::model::{Case, CaseId};
use crate::promise::{More, Promise, Under};

/// A clock as it is kept; without its term where that was not kept yet.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) code: String,
    pub(crate) term: Option<Term>,
    pub(crate) rule: String,
}

impl Clock {
    fn read((code, term, rule): (String, Option<String>, Option<String>), row: CaseId) -> Result<Self> {
        let damaged = |_| DbError::Inconsistent { table: "case_file", column: "clock_term", row: row.to_string() };
        let term = term.map(|text| serde_json::from_str(&text)).transpose().map_err(damaged)?;
        Ok(Self { code, term, rule: rule.unwrap_or_default() })
    }

    /// The clock with its term; `None` where that was not kept yet.
    fn whole(self) -> Option<Under> {
        let Self { code, term, rule } = self;
        term.map(|term| Under { clock: code, term, rule })
    }
}

/// A term as it is kept.
pub(crate) fn term_text(term: &Term) -> String {
    serde_json::to_string(term).unwrap_or_default()
}

/// What a case is promised under, as it is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The clock of its class.
    pub(crate) clock: Option<Clock>,
    /// When it began.
    pub(crate) from: Ts,
    /// What was given beyond it, from when, and when it was given.
    pub(crate) more: Vec<(Clock, Ts, Ts)>,
}

type ClockRow = (Option<String>, Option<String>, Option<String>, Ts);
type MoreRow = (String, Option<String>, Option<String>, Ts, Ts);

/// What a case is promised under.
pub(crate) async fn of_case(c: &mut Conn<'_>, district: DistrictId, id: CaseId) -> Result<Kept> {
    let (code, term, rule, from): ClockRow = sql!(c, x => sqlx::query_as(
        "SELECT clock_code, clock_term, clock_rule, clock_from FROM case_file WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(id).fetch_one(x).await)?;
    let rows: Vec<MoreRow> = sql!(c, x => sqlx::query_as(
        "SELECT clock_code, clock_term, clock_rule, from_at, given_at FROM case_extension \
         WHERE district_id = $1 AND case_id = $2 ORDER BY position"
    ).bind(district).bind(id).fetch_all(x).await)?;
    let mut more = Vec::with_capacity(rows.len());
    for (code, term, rule, from, given_at) in rows {
        more.push((Clock::read((code, term, rule), id)?, from, given_at));
    }
    let clock = code.map(|code| Clock::read((code, term, rule), id)).transpose()?;
    Ok(Kept { clock, from, more })
}

/// Keeps what a case is promised under, and the calendar by which its promise was computed.
pub(crate) async fn keep(c: &mut Conn<'_>, case: &Case, promise: &Promise, calendar: &str) -> Result<()> {
    let class = promise.class.as_ref();
    let given = i64::try_from(promise.more.len()).unwrap_or(i64::MAX);
    exec!(
        c,
        sqlx::query(
            "UPDATE case_file SET clock_code = $3, clock_term = $4, clock_rule = $5, clock_from = $6, due_calendar = $7, extensions = $8 \
             WHERE district_id = $1 AND id = $2"
        )
        .bind(case.district)
        .bind(case.id)
        .bind(class.map(|under| under.clock.as_str()))
        .bind(class.map(|under| term_text(&under.term)))
        .bind(class.map(|under| under.rule.as_str()))
        .bind(promise.from)
        .bind(calendar)
        .bind(given)
    )?;
    exec!(
        c,
        sqlx::query("DELETE FROM case_extension WHERE district_id = $1 AND case_id = $2").bind(case.district).bind(case.id)
    )?;
    if promise.more.is_empty() {
        return Ok(());
    }
    let more = &promise.more;
    Bulk::into("case_extension")
        .ints("district_id", more.iter().map(|_| case.district.0))
        .ids("case_id", more.iter().map(|_| case.id.0))
        .ints("position", (1..).take(more.len()))
        .texts("clock_code", more.iter().map(|more| more.under.clock.clone()))
        .texts("clock_term", more.iter().map(|more| term_text(&more.under.term)))
        .texts("clock_rule", more.iter().map(|more| more.under.rule.clone()))
        .ints("from_at", more.iter().map(|more| more.from.0))
        .ints("given_at", more.iter().map(|more| more.given_at.0))
        .write(c)
        .await
        .map(|_| ())
}

/// Open cases after an id whose clock has no term yet, in order of id, with their places: from before terms were kept.
pub(crate) async fn without_term(
    c: &mut Conn<'_>,
    district: DistrictId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(CaseId, PlacePath, String, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, clock_code, clock_from FROM case_file WHERE district_id = $1 AND closed_at IS NULL \
         AND clock_code IS NOT NULL AND clock_term IS NULL AND id > $2 ORDER BY id LIMIT $3"
    ).bind(district).bind(after).bind(limit).fetch_all(x).await)
}

/// Keeps the terms of clocks that had none, each as its rules have it.
pub(crate) async fn put_term(c: &mut Conn<'_>, district: DistrictId, id: CaseId, under: &Under) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET clock_term = $3, clock_rule = $4 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(id)
            .bind(term_text(&under.term))
            .bind(under.rule.as_str())
    )
    .map(|_| ())
}

/// What the check compares: how many extensions a case says it has, and, where all terms are kept, what it is promised under and the calendar
/// by which that was computed last.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) said: i64,
    pub(crate) given: i64,
    pub(crate) promise: Option<(Promise, String)>,
    pub(crate) pauses: Vec<Pause>,
}

/// What the cases between two ids are promised under, the first not among them.
pub(crate) async fn of_stretch(
    c: &mut Conn<'_>,
    district: DistrictId,
    (after, last): (CaseId, CaseId),
) -> Result<HashMap<CaseId, Told>> {
    type Row = (CaseId, Option<String>, Option<String>, Option<String>, Ts, Option<String>, i64);
    type Given = (CaseId, String, Option<String>, Option<String>, Ts, Ts);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT id, clock_code, clock_term, clock_rule, clock_from, due_calendar, extensions FROM case_file \
         WHERE district_id = $1 AND id > $2 AND id <= $3"
    ).bind(district).bind(after).bind(last).fetch_all(x).await)?;
    let mut told = HashMap::with_capacity(rows.len());
    for (id, code, term, rule, from, calendar, said) in rows {
        let clock = code.map(|code| Clock::read((code, term, rule), id)).transpose()?;
        let (known, class) = match clock {
            Some(clock) => (clock.term.is_some(), clock.whole()),
            None => (true, None),
        };
        let promise = calendar.filter(|_| known).map(|calendar| (Promise { class, from, more: Vec::new() }, calendar));
        told.insert(id, Told { said, given: 0, promise, pauses: Vec::new() });
    }
    let given: Vec<Given> = sql!(c, x => sqlx::query_as(
        "SELECT case_id, clock_code, clock_term, clock_rule, from_at, given_at FROM case_extension \
         WHERE district_id = $1 AND case_id > $2 AND case_id <= $3 ORDER BY case_id, position"
    ).bind(district).bind(after).bind(last).fetch_all(x).await)?;
    for (id, code, term, rule, from, given_at) in given {
        let Some(of) = told.get_mut(&id) else { continue };
        of.given += 1;
        match (Clock::read((code, term, rule), id)?.whole(), &mut of.promise) {
            (Some(under), Some((promise, _))) => promise.more.push(More { under, from, given_at }),
            _ => of.promise = None,
        }
    }
    let pauses: Vec<(CaseId, Ts, Option<Ts>)> = sql!(c, x => sqlx::query_as(
        "SELECT case_id, from_at, to_at FROM case_pause WHERE district_id = $1 AND case_id > $2 AND case_id <= $3 ORDER BY case_id, from_at"
    ).bind(district).bind(after).bind(last).fetch_all(x).await)?;
    for (id, from, to) in pauses {
        if let Some(of) = told.get_mut(&id) {
            of.pauses.push(Pause { from, to });
        }
    }
    Ok(told)
}

/// The columns of the clocks of new cases: each began when its case was reported.
pub(crate) fn columns(bulk: Bulk, clocks: &[Option<&Under>], calendar: &str) -> Bulk {
    let texts = |get: fn(&Under) -> String| Column::Text(clocks.iter().map(|clock| clock.map(get)).collect());
    bulk.column("clock_code", texts(|under| under.clock.clone()))
        .column("clock_term", texts(|under| term_text(&under.term)))
        .column("clock_rule", texts(|under| under.rule.clone()))
        .texts("due_calendar", clocks.iter().map(|_| calendar.to_owned()))
}
