//! The stairwells of a place, estate by estate (加装电梯工作台); one begins here.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::{PlaceLevel, PlacePath};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{TOLD, back, office, private, run, source, stage_tone, take_key};
use crate::commands::project;
use crate::error::RetrofitError;
use crate::model::Stage;
use crate::queries::{self, Line};

struct Row {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
}

struct Estate {
    name: String,
    /// `13 个单元已签约 13 个`.
    count: String,
    href: String,
    all: bool,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "lift-list.html")]
struct ListPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    begins: bool,
    estates: Vec<Estate>,
    source: String,
}

impl ListPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

fn row(t: &T, line: &Line) -> Row {
    // The estate stands above the rows already.
    let title = line.project.title.split_once(' ').map_or(line.project.title.as_str(), |(_, rest)| rest);
    Row {
        href: format!("/lifts/{}", line.project.id),
        title: title.to_owned(),
        line: t.with(
            "lift-list-line",
            &[("homes", line.homes.into()), ("agree", line.agree.into()), ("signed", line.signed.into())],
        ),
        tone: stage_tone(line.project.stage),
        word: t.s(&format!("lift-stage-{}", line.project.stage)).into_owned(),
    }
}

fn estates(t: &T, lines: &[Line]) -> Vec<Estate> {
    let mut all: Vec<(PlacePath, Vec<&Line>)> = Vec::new();
    for line in lines {
        let estate = line.project.place.at_level(PlaceLevel::Estate);
        match all.last_mut() {
            Some((last, rows)) if *last == estate => rows.push(line),
            _ => all.push((estate, vec![line])),
        }
    }
    let estate = |(place, mut lines): (PlacePath, Vec<&Line>)| {
        let signed = lines.iter().filter(|line| line.project.stage >= Stage::Signed).count();
        lines.sort_by(|one, other| linli_territory::queries::as_people_sort(&one.project.title, &other.project.title));
        let first = lines.first().map(|line| &line.project);
        Estate {
            name: first.and_then(|project| project.title.split(' ').next()).unwrap_or_default().to_owned(),
            count: t.with("lift-count", &[("signed", signed.into()), ("all", lines.len().into())]),
            href: first.map(|project| queries::progress_href(project.district, &place)).unwrap_or_default(),
            all: signed == lines.len(),
            rows: lines.into_iter().map(|line| row(t, line)).collect(),
        }
    };
    all.into_iter().map(estate).collect()
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<ListPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let scope = caller.ctx.scope(Action::Read, Resource::Lift).map_err(RetrofitError::from)?;
    let lines = queries::list(&caller.ctx, &mut hall.read().await?.conn()).await?;
    let rule = office.consent(&scope.place, hall.now()).map_err(RetrofitError::from)?;
    Ok(ListPage {
        shell: caller.shell(t.s("lift-title")).live("/lifts/live"),
        begins: caller.ctx.scope(Action::Create, Resource::Lift).is_ok(),
        estates: estates(&t, &lines),
        source: source(&t, &rule.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /lifts`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `GET /lifts/live`.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Lift).map_err(RetrofitError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}

/// `POST /lifts`: a stairwell begins.
pub(crate) async fn begin(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let office = office(&hall)?;
        run!(caller, hall, tx => project::begin(&caller.ctx, tx, &office, form.typed("place")))
    };
    match done.await {
        Ok(id) => Ok(back(&format!("/lifts/{id}"))),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
