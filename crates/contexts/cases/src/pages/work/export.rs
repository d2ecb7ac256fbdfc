//! The list of the desk as a table (导出): what the filter shows, for those who may take cases out, and written down.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_sheet::{Export, ExportCell, ExportFormat, Lang, SheetError};
use linli_webkit::{AppError, FieldProblem as FormProblem, T};
use serde::Deserialize;

use super::desk::{Asked, meant};
use super::{Names, words};
use crate::commands;
use crate::error::CasesError;
use crate::model::Case;
use crate::pages::{neighbours, office};
use crate::queries;

/// The columns.
const COLUMNS: [&str; 12] =
    ["number", "class", "title", "place", "state", "owner", "channel", "reported", "due", "city-due", "finished", "closed"];

/// In which form.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Kind {
    format: String,
}

/// `GET /desk/export?format=xlsx`, with the words of the list.
pub(crate) async fn export(
    caller: Caller,
    State(hall): State<Hall>,
    Query(asked): Query<Asked>,
    Query(kind): Query<Kind>,
) -> Result<Response, AppError> {
    let (format, mime, file) = match kind.format.as_str() {
        "csv" => (ExportFormat::Csv, "text/csv; charset=utf-8", "attachment; filename=\"desk.csv\""),
        "xlsx" => (
            ExportFormat::Xlsx,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "attachment; filename=\"desk.xlsx\"",
        ),
        _ => return Err(AppError::invalid(vec![FormProblem::new("format", "cases-field-not-understood")])),
    };
    let (t, ctx) = (caller.info.t(), &caller.ctx);
    let scope = ctx.scope(Action::Export, Resource::Case).map_err(CasesError::from)?;
    let (office, neighbours) = (office(&hall)?, neighbours(&hall)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let filter = meant(c, neighbours.as_ref(), &scope, &asked).await?.filter;
    let (cases, cut) = queries::desk_whole(ctx, c, &filter).await?;
    let mut names = Names::of(neighbours.as_ref());
    names.learn(c, &cases).await?;
    let mut rows = Vec::with_capacity(cases.len());
    for case in &cases {
        let rules = office.rules_of(case, ctx.now()).map_err(CasesError::from)?;
        rows.push((words::class_name(&rules, t, &case.class), names.name(c, case).await?));
    }
    drop(read);
    let table = table(t, (&cases, &rows, cut), format).map_err(AppError::internal)?;
    let mut tx = hall.begin(scope.district).await?;
    commands::list_exported(ctx, &mut tx, &scope, (&filter, &asked.q, cases.len(), &kind.format));
    hall.commit(tx).await?;
    Ok(([(CONTENT_TYPE, mime), (CONTENT_DISPOSITION, file), (CACHE_CONTROL, "private, no-store")], table).into_response())
}

fn table(t: &T, (cases, rows, cut): (&[Case], &[(String, String)], bool), format: ExportFormat) -> Result<Vec<u8>, SheetError> {
    let headers: Vec<String> = COLUMNS.iter().map(|column| t.s(&format!("cases-export-{column}")).into_owned()).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut bytes = Vec::new();
    let mut table = Export::new(&mut bytes, format, &headers, if words::english(t) { Lang::En } else { Lang::Zh })?;
    let at = |at: Option<linli_kernel::Ts>| at.map_or(ExportCell::Empty, ExportCell::Instant);
    for (case, (class, place)) in cases.iter().zip(rows) {
        let state = words::desk_state_word(t, case.state);
        let owner = case.owner.as_ref().map(|owner| t.s(&format!("role-{}", owner.role)).into_owned()).unwrap_or_default();
        let channel = words::channel_word(t, &case.channel);
        table.row(&[
            ExportCell::Id(&case.number),
            ExportCell::Text(class),
            ExportCell::Text(&case.title),
            ExportCell::Text(place),
            ExportCell::Text(&state),
            ExportCell::Text(&owner),
            ExportCell::Text(&channel),
            ExportCell::Instant(case.reported_at),
            at(case.due_at),
            at(case.city_due_at),
            at(case.finished_at),
            at(case.closed_at),
        ])?;
    }
    if cut {
        // What is not whole says so where it ends.
        let said = t.v("cases-export-cut", "n", cases.len());
        let mut last = vec![ExportCell::Empty; COLUMNS.len()];
        if let Some(first) = last.first_mut() {
            *first = ExportCell::Text(&said);
        }
        table.row(&last)?;
    }
    table.finish()?;
    Ok(bytes)
}
