//! The register of owners (业主名册): what stands in it, brought in from a table, struck off.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::Area;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{at_line, district, id, office, private, run};
use crate::commands::register::{self as commands, Recorded};
use crate::error::{BallotError, Wrong};
use crate::import;
use crate::queries;

struct Row {
    id: String,
    code: String,
    kind: String,
    area: String,
    source: String,
    standing: String,
    names: String,
}

#[derive(Template)]
#[template(path = "ballot-owners.html")]
struct OwnersPage {
    shell: Shell,
    t: T,
    problems: Problems,
    asked: String,
    sums: String,
    rows: Vec<Row>,
    next: String,
    imports: bool,
    strikes: bool,
    done: String,
}

#[derive(serde::Deserialize, Default)]
pub(crate) struct Asked {
    place: Option<String>,
    after: Option<String>,
    after_code: Option<String>,
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    asked: &Asked,
    (problems, done): (Problems, Option<Recorded>),
) -> Result<OwnersPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let scope = caller.ctx.scope(Action::Read, Resource::Owner).map_err(BallotError::from)?;
    let typed = asked.place.as_deref().unwrap_or_default().trim().to_owned();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let place = match typed.as_str() {
        "" => None,
        typed => linli_territory::queries::place_meant(c, scope.district, typed).await.map_err(BallotError::from)?,
    };
    // A place that nobody knows, or out of reach, shows nothing instead of everything.
    let within = place.as_ref().is_none_or(|place| scope.place.contains(&place.path));
    let known = typed.is_empty() || (place.is_some() && within);
    let after = (asked.after.as_deref().unwrap_or_default(), asked.after_code.as_deref().unwrap_or_default());
    let found = if known {
        queries::register(&caller.ctx, c, place.as_ref().map(|place| &place.path), after).await?
    } else {
        queries::Register { units: Vec::new(), count: 0, area: 0 }
    };
    let mut rows = Vec::with_capacity(found.units.len());
    for unit in &found.units {
        let names = queries::family_names(c, &office, scope.district, unit.id).await?;
        rows.push(Row {
            id: unit.id.to_string(),
            code: unit.code.clone(),
            kind: t.s(&format!("ballot-kind-{}", unit.kind)).into_owned(),
            area: unit.area.to_string(),
            source: t.s(&format!("ballot-from-{}", unit.source)).into_owned(),
            standing: t.s(&format!("ballot-standing-{}", unit.standing)).into_owned(),
            names: names.join(&*t.s("ballot-comma")),
        });
    }
    let last = found.units.last().filter(|_| found.units.len() == 100);
    let next = last.map(|last| {
        linli_webkit::address("/owners", &[("place", &typed), ("after", last.place.as_str()), ("after_code", &last.code)])
    });
    let told = |done: Recorded| {
        let numbers = [("created", done.created.into()), ("changed", done.changed.into()), ("unchanged", done.unchanged.into())];
        t.with("ballot-owners-done", &numbers)
    };
    Ok(OwnersPage {
        shell: caller.shell(t.s("ballot-owners")),
        sums: t.with("ballot-owners-sums", &[("count", found.count.into()), ("area", Area(found.area).to_string().into())]),
        asked: typed,
        rows,
        next: next.unwrap_or_default(),
        imports: caller.ctx.scope(Action::Import, Resource::Owner).is_ok(),
        strikes: caller.ctx.scope(Action::Change, Resource::Owner).is_ok(),
        done: done.map(told).unwrap_or_default(),
        problems,
        t: t.clone(),
    })
}

/// `GET /owners?place=`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &asked, (Problems::default(), None)).await?)))
}

/// `POST /owners/import`: all of a table, or nothing of it. Sent twice, nothing is another.
pub(crate) async fn import(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let done = async {
        let office = office(&hall)?;
        let upload = form.files("file").next().ok_or(BallotError::field("file", Wrong::Required))?;
        let at = |error| at_line(caller.info.t(), error, "file");
        let parts = import::read(&upload.file_name, &upload.bytes).map_err(at)?;
        let mut tx = hall.begin(district(&caller.ctx)?).await?;
        let done = commands::record(&caller.ctx, &mut tx, &office, &parts).await.map_err(at)?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(done)
    };
    match done.await {
        Ok(done) => Ok(private(Page(page(&caller, &hall, &Asked::default(), (Problems::default(), Some(done))).await?))),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &Asked::default(), (error.into_problems()?, None)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /owners/{id}/strike`.
pub(crate) async fn strike(
    caller: Caller,
    State(hall): State<Hall>,
    Path(unit): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let unit = id(&unit)?;
    match run!(caller, hall, tx => commands::strike(&caller.ctx, tx, unit, form.typed("reason"))) {
        Ok(()) => Ok(Redirect::to("/owners").into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &Asked::default(), (error.into_problems()?, None)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
