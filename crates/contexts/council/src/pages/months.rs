//! Which community held its joint meeting in which month (联席会议月度看板).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T};

use super::{office, private, source};
use crate::queries::months::{MonthState, months};

struct Cell {
    tone: &'static str,
    word: String,
}

struct Row {
    name: String,
    line: String,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "council-months.html")]
struct MonthsPage {
    shell: Shell,
    t: T,
    lead: String,
    heads: Vec<String>,
    rows: Vec<Row>,
    source: String,
}

const fn cell(state: MonthState) -> (&'static str, &'static str) {
    match state {
        MonthState::Held => ("well", "council-month-held"),
        MonthState::Missed => ("act", "council-month-missed"),
        MonthState::Called => ("info", "council-month-called"),
        MonthState::Waiting => ("soon", "council-month-waiting"),
        MonthState::Before => ("", "council-month-before"),
    }
}

/// `GET /meetings/months`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, now, office) = (caller.info.t().clone(), hall.now(), office(&hall)?);
    let all = months(&caller.ctx, &mut hall.read().await?.conn(), &office).await?;
    let heads = all.first().map(|one| one.months.iter().map(|(month, _)| month.to_string()).collect()).unwrap_or_default();
    let missing = all.iter().filter(|one| one.missed() > 0 || !one.began).count();
    let rows = all
        .iter()
        .map(|one| Row {
            name: one.name.clone(),
            line: if one.began { t.n("council-month-count", one.missed()) } else { t.s("council-month-never").into_owned() },
            cells: one
                .months
                .iter()
                .map(|(_, state)| {
                    let (tone, key) = cell(*state);
                    Cell { tone, word: t.s(key).into_owned() }
                })
                .collect(),
        })
        .collect();
    let rules = office.rules(&linli_kernel::PlacePath::root(), now).map_err(crate::CouncilError::from)?;
    let lead = t.with("council-month-lead", &[("all", all.len().into()), ("n", missing.into())]);
    let shell = caller.shell(t.s("council-months")).live("/meetings/live");
    Ok(private(Page(MonthsPage { shell, lead, heads, rows, source: source(&t, &rules.stamp), t })))
}
