//! Schemes, what floors say to them, the plan, postings, steps.

use linli_db::{BlobHash, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use super::{damaged, hash};
use crate::model::{FloorView, LiftId, Notice, NoticeId, Scheme, SchemeId, StepDone};
use crate::rules::light::Drawing;

type SchemeRow = (SchemeId, LiftId, i64, String, String);

fn read_scheme((id, project, no, state, body): SchemeRow) -> Result<Scheme> {
    let damaged = |column| damaged("lift_scheme", column, id);
    let state = state.parse().map_err(|_| damaged("state"))?;
    let body = serde_json::from_str(&body).map_err(|_| damaged("body"))?;
    Ok(Scheme { id, project, no, state, body })
}

/// The schemes of a project, by number.
pub(crate) async fn all(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Vec<Scheme>> {
    let rows: Vec<SchemeRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, project_id, no, state, body FROM lift_scheme WHERE district_id = $1 AND project_id = $2 ORDER BY no"
    ).bind(district).bind(project).fetch_all(x).await)?;
    rows.into_iter().map(read_scheme).collect()
}

/// Writes a scheme anew, or over what it was. Only under the lock of its project.
pub(crate) async fn put(c: &mut Conn<'_>, district: DistrictId, scheme: &Scheme, (at, by): (Ts, Uuid)) -> Result<()> {
    let text = "INSERT INTO lift_scheme (district_id, id, project_id, no, state, body, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                ON CONFLICT (district_id, id) DO UPDATE SET state = excluded.state, body = excluded.body, changed_at = excluded.changed_at, \
                changed_by = excluded.changed_by";
    let body = serde_json::to_string(&scheme.body).map_err(DbError::Facts)?;
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(scheme.id)
            .bind(scheme.project)
            .bind(scheme.no)
            .bind(scheme.state.as_str())
            .bind(body)
            .bind(at)
            .bind(by)
    )
    .map(|_| ())
}

/// Writes what a floor says to a scheme, over what it said.
pub(crate) async fn put_view(c: &mut Conn<'_>, district: DistrictId, view: &FloorView, by: Uuid) -> Result<()> {
    let text = "INSERT INTO lift_view (district_id, scheme_id, floor, opinion, said, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                ON CONFLICT (district_id, scheme_id, floor) DO UPDATE SET opinion = excluded.opinion, said = excluded.said, at = excluded.at, \
                by_whom = excluded.by_whom";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(view.scheme)
            .bind(view.floor)
            .bind(view.opinion.as_str())
            .bind(&view.said)
            .bind(view.at)
            .bind(by)
    )
    .map(|_| ())
}

/// What floors say to the schemes of a project.
pub(crate) async fn views(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Vec<FloorView>> {
    let rows: Vec<(SchemeId, i64, String, String, Ts)> = sql!(c, x => sqlx::query_as(
        "SELECT v.scheme_id, v.floor, v.opinion, v.said, v.at FROM lift_view v JOIN lift_scheme s ON s.district_id = v.district_id AND s.id = v.scheme_id \
         WHERE s.district_id = $1 AND s.project_id = $2 ORDER BY s.no, v.floor DESC"
    ).bind(district).bind(project).fetch_all(x).await)?;
    let read = |(scheme, floor, opinion, said, at): (SchemeId, i64, String, String, Ts)| {
        let opinion = opinion.parse().map_err(|_| damaged("lift_view", "opinion", scheme))?;
        Ok(FloorView { scheme, floor, opinion, said, at })
    };
    rows.into_iter().map(read).collect()
}

/// The plan of a project, and where it is from.
pub(crate) async fn plan(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Option<(Drawing, String)>> {
    let row: Option<(String, String)> = sql!(c, x => sqlx::query_as("SELECT body, source FROM lift_plan WHERE district_id = $1 AND project_id = $2")
        .bind(district).bind(project).fetch_optional(x).await)?;
    let read = |(body, source): (String, String)| {
        serde_json::from_str(&body).map(|drawing| (drawing, source)).map_err(|_| damaged("lift_plan", "body", project))
    };
    row.map(read).transpose()
}

/// Writes the plan of a project over what it was.
pub(crate) async fn put_plan(
    c: &mut Conn<'_>,
    (district, project): (DistrictId, LiftId),
    (drawing, source): (&Drawing, &str),
    (at, by): (Ts, Uuid),
) -> Result<()> {
    let text = "INSERT INTO lift_plan (district_id, project_id, body, source, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6) \
                ON CONFLICT (district_id, project_id) DO UPDATE SET body = excluded.body, source = excluded.source, changed_at = excluded.changed_at, \
                changed_by = excluded.changed_by";
    let body = serde_json::to_string(drawing).map_err(DbError::Facts)?;
    exec!(c, sqlx::query(text).bind(district).bind(project).bind(body).bind(source).bind(at).bind(by)).map(|_| ())
}

/// Writes a posting.
pub(crate) async fn insert_notice(
    c: &mut Conn<'_>,
    (district, project): (DistrictId, LiftId),
    new: &Notice,
    board: Option<Uuid>,
) -> Result<()> {
    let text = "INSERT INTO lift_notice (district_id, id, project_id, scheme_id, posted_on, ends_on, days, posted_at, paper, board_id) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(project)
            .bind(new.scheme)
            .bind(&new.posted_on)
            .bind(&new.ends_on)
            .bind(new.days)
            .bind(&new.posted_at)
            .bind(new.paper.0.to_vec())
            .bind(board)
    )
    .map(|_| ())
}

/// Closes a posting. Only under the lock of its project.
pub(crate) async fn close_notice(c: &mut Conn<'_>, district: DistrictId, id: NoticeId, at: Ts) -> Result<()> {
    let text = "UPDATE lift_notice SET closed_at = $3 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(at)).map(|_| ())
}

/// The postings of a project, the latest on top.
pub(crate) async fn notices(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Vec<Notice>> {
    type Row = (NoticeId, SchemeId, String, String, i64, String, Vec<u8>, Option<Ts>);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT id, scheme_id, posted_on, ends_on, days, posted_at, paper, closed_at FROM lift_notice WHERE district_id = $1 AND project_id = $2 \
         ORDER BY posted_on DESC, id DESC"
    ).bind(district).bind(project).fetch_all(x).await)?;
    let read = |(id, scheme, posted_on, ends_on, days, posted_at, paper, closed_at): Row| {
        let paper = BlobHash::from_column(&paper).ok_or_else(|| damaged("lift_notice", "paper", id))?;
        Ok(Notice { id, scheme, posted_on, ends_on, days, posted_at, paper, closed_at })
    };
    rows.into_iter().map(read).collect()
}

/// Writes a step over what stood there.
pub(crate) async fn put_step(
    c: &mut Conn<'_>,
    (district, project): (DistrictId, LiftId),
    step: &StepDone,
    (at, by): (Ts, Uuid),
) -> Result<()> {
    let text = "INSERT INTO lift_step (district_id, project_id, kind, on_day, paper_no, note, paper, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
                ON CONFLICT (district_id, project_id, kind) DO UPDATE SET on_day = excluded.on_day, paper_no = excluded.paper_no, note = excluded.note, \
                paper = COALESCE(excluded.paper, lift_step.paper), at = excluded.at, by_whom = excluded.by_whom";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(project)
            .bind(&step.kind)
            .bind(&step.day)
            .bind(&step.paper_no)
            .bind(&step.note)
            .bind(step.paper.map(|paper| paper.0.to_vec()))
            .bind(at)
            .bind(by)
    )
    .map(|_| ())
}

/// The steps of a project that are done.
pub(crate) async fn steps(c: &mut Conn<'_>, district: DistrictId, project: LiftId) -> Result<Vec<StepDone>> {
    type Row = (String, String, String, String, Option<Vec<u8>>);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT kind, on_day, paper_no, note, paper FROM lift_step WHERE district_id = $1 AND project_id = $2 ORDER BY at"
    ).bind(district).bind(project).fetch_all(x).await)?;
    let read = |(kind, day, paper_no, note, paper): Row| StepDone { kind, day, paper_no, note, paper: hash(paper) };
    Ok(rows.into_iter().map(read).collect())
}
