//! What is open in a house, with an answer in one tap (问题与整改); one finding with what became of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::i18n::Clockface;
use linli_webkit::view::Step as Shown;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{matter, office, private, run, source, take_key, tone, word};
use crate::commands::findings as commands;
use crate::error::ExpertError;
use crate::model::{Finding, FindingId, FindingState};
use crate::queries;
use crate::queries::Desk;
use crate::rules::Rounds;

/// A finding in a list.
pub(crate) struct FindingRow {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) house: String,
    pub(crate) matter: String,
    pub(crate) told: String,
    pub(crate) tone: &'static str,
    pub(crate) word: String,
    pub(crate) marks: String,
    pub(crate) face: Option<Clockface>,
    /// Whether an answer is due.
    pub(crate) open: bool,
}

fn marks(t: &T, one: &Finding, now: Ts) -> String {
    let mut said = Vec::new();
    if one.repeat_of.is_some() {
        said.push(t.s("expert-repeated").into_owned());
    }
    if one.reopened > 0 {
        said.push(t.n("expert-reopened", one.reopened));
    }
    if let Some(told) = one.late_told_at {
        said.push(t.v("expert-late-told", "when", t.when(told, now)));
    }
    said.join(" · ")
}

/// A finding as a row.
pub(crate) fn row(t: &T, rules: &Rounds, (one, house): (&Finding, &str), now: Ts) -> FindingRow {
    let late = one.due_at.is_some_and(|due| due <= now);
    FindingRow {
        id: one.id.to_string(),
        href: format!("/rounds/findings/{}", one.id),
        house: house.to_owned(),
        matter: matter(t, rules, &one.matter),
        told: one.told.clone(),
        tone: tone(one.state, late),
        word: t.s(&format!("expert-finding-{}", one.state)).into_owned(),
        marks: marks(t, one, now),
        face: one.due_at.map(|due| t.clock(due, now)),
        open: one.state == FindingState::Open,
    }
}

/// All that is open, as rows.
pub(crate) fn rows(t: &T, desk: &Desk, now: Ts) -> Vec<FindingRow> {
    desk.findings.iter().map(|(one, house)| row(t, &desk.rules.value, (one, house), now)).collect()
}

#[derive(Template)]
#[template(path = "expert-findings.html")]
struct FindingsPage {
    shell: Shell,
    t: T,
    /// Whether the actor answers for the house.
    answers: bool,
    /// Whether the actor acts for no house of the network, and there is nothing to show.
    homeless: bool,
    rows: Vec<FindingRow>,
    source: String,
}

/// `GET /rounds/findings`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(&hall)?, hall.now());
    let desk = queries::desk(&caller.ctx, &mut hall.read().await?.conn(), &office).await?;
    Ok(private(Page(FindingsPage {
        shell: caller.shell(t.s("expert-findings-title")).live("/rounds/live"),
        answers: desk.as_ref().is_some_and(|desk| desk.own) && caller.ctx.scope(Action::Take, Resource::Round).is_ok(),
        homeless: desk.is_none(),
        rows: desk.as_ref().map(|desk| rows(&t, desk, now)).unwrap_or_default(),
        source: desk.as_ref().map(|desk| source(&t, &desk.rules.stamp)).unwrap_or_default(),
        t,
    })))
}

#[derive(Template)]
#[template(path = "expert-finding.html")]
struct FindingPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    row: FindingRow,
    round: String,
    basis: String,
    answers: bool,
    /// Whether the actor looks again, and what is to be looked at.
    looks: bool,
    now: Ts,
    steps: Vec<Shown>,
    source: String,
}

impl FindingPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

async fn page(caller: &Caller, hall: &Hall, id: &str, (form, problems): (&FormMap, Problems)) -> Result<FindingPage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let id: FindingId = id.parse().map_err(|_| ExpertError::NotFound)?;
    let view = queries::finding(&caller.ctx, &mut hall.read().await?.conn(), &office, id).await?;
    let rules = &view.rules.value;
    let step = |step: &crate::model::Step| Shown {
        at: step.at,
        text: t.s(&format!("expert-event-{}", step.event)).into_owned(),
        who: String::new(),
        note: step.said.clone(),
        photos: Vec::new(),
        state: match step.event {
            crate::model::FindingEvent::Pass => "well",
            crate::model::FindingEvent::Fail => "act",
            _ => "",
        },
    };
    Ok(FindingPage {
        shell: caller.shell(t.s("expert-finding-title")).live("/rounds/live"),
        row: row(&t, rules, (&view.finding, &view.house), now),
        round: format!("/rounds/{}", view.finding.round),
        basis: rules.matter(&view.finding.matter).map(|matter| t.v("expert-basis", "source", &matter.source)).unwrap_or_default(),
        answers: view.answers,
        looks: view.looks,
        now,
        steps: view.steps.iter().map(step).collect(),
        source: source(&t, &view.rules.stamp),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /rounds/findings/{id}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default())).await?)))
}

/// `POST /rounds/findings/{id}/answer`.
pub(crate) async fn answer(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (finding, office): (FindingId, _) = (id.parse().map_err(|_| ExpertError::NotFound)?, office(&hall)?);
        run!(caller, hall, tx => commands::answer(&caller.ctx, tx, &office, finding, form.typed("said")))
    };
    match done.await {
        // Back to where the tap was: the list has the next one.
        Ok(()) => Ok(Redirect::to("/rounds/findings").into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &id, (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /rounds/findings/{id}/look`.
pub(crate) async fn look(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (finding, office): (FindingId, _) = (id.parse().map_err(|_| ExpertError::NotFound)?, office(&hall)?);
        let event = word(&form, "do")?;
        run!(caller, hall, tx => commands::look_again(&caller.ctx, tx, &office, finding, (event, form.typed("said"))))
    };
    match done.await {
        Ok(()) => Ok(Redirect::to(&format!("/rounds/findings/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &id, (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
