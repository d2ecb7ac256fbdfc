//! What is planned, what is due, what is open (巡诊工作台); a round is planned here.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::findings::{FindingRow, rows};
use super::{TOLD, choices, office, private, run, source, take_key, word};
use crate::commands::rounds::{self as commands, NewRound};
use crate::error::ExpertError;
use crate::model::{Mode, Round, RoundState};
use crate::queries;
use crate::queries::{Desk, Due};

struct RoundRow {
    href: String,
    house: String,
    line: String,
    tone: &'static str,
    word: String,
}

struct DueRow {
    name: String,
    line: String,
    by: String,
    late: bool,
}

#[derive(Template)]
#[template(path = "expert-desk.html")]
struct DeskPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    /// Whether the actor acts for one institution.
    own: bool,
    /// Whether the actor plans.
    plans: bool,
    rounds: Vec<RoundRow>,
    due: Vec<DueRow>,
    findings: Vec<FindingRow>,
    houses: Vec<Choice>,
    groups: Vec<Choice>,
    modes: Vec<Choice>,
    today: String,
    source: String,
}

impl DeskPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }

    fn day(&self) -> &str {
        match self.form.typed("day") {
            "" => &self.today,
            typed => typed,
        }
    }
}

fn round_row(t: &T, (round, house, group): &(Round, String, String), today: &str) -> RoundRow {
    let late = round.state == RoundState::Planned && round.planned_day.as_str() < today;
    RoundRow {
        href: format!("/rounds/{}", round.id),
        house: house.clone(),
        line: t.with(
            "expert-round-line",
            &[
                ("day", round.planned_day.as_str().into()),
                ("mode", t.s(&format!("expert-mode-{}", round.mode)).into_owned().into()),
                ("group", group.as_str().into()),
            ],
        ),
        tone: match (round.state, late) {
            (_, true) => "act",
            (RoundState::Planned, false) => "soon",
            (RoundState::Held, _) => "well",
            (RoundState::Cancelled, _) => "",
        },
        word: t.s(if late { "expert-round-late" } else { state_key(round.state) }).into_owned(),
    }
}

/// The text key of a state of a round.
pub(crate) const fn state_key(state: RoundState) -> &'static str {
    match state {
        RoundState::Planned => "expert-round-planned",
        RoundState::Held => "expert-round-held",
        RoundState::Cancelled => "expert-round-cancelled",
    }
}

fn due_row(t: &T, one: &Due, (today, now): (&str, Ts)) -> DueRow {
    let last =
        one.last.map_or_else(|| t.s("expert-due-never").into_owned(), |last| t.v("expert-due-last", "when", t.when(last, now)));
    DueRow {
        name: one.name.clone(),
        line: t.with("expert-due-line", &[("severe", one.severe.into()), ("days", one.every_days.into()), ("last", last.into())]),
        by: t.v("expert-due-by", "day", &one.by_day),
        late: one.by_day.as_str() <= today,
    }
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<DeskPage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let today = crate::commands::day_of(now);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let desk: Option<Desk> = queries::desk(&caller.ctx, c, &office).await?;
    let plans = caller.ctx.scope(Action::Create, Resource::Round).is_ok();
    let (mut houses, mut groups) = (Vec::new(), Vec::new());
    if plans {
        houses =
            queries::houses(&caller.ctx, c).await?.into_iter().map(|one| Choice::new(one.id.to_string(), one.name)).collect();
        groups = queries::groups(&caller.ctx, c)
            .await?
            .into_iter()
            .map(|one| Choice::new(one.group.id.to_string(), one.group.name))
            .collect();
    }
    let own = desk.as_ref().is_none_or(|desk| desk.own);
    Ok(DeskPage {
        shell: caller.shell(t.s("expert-title")).live("/rounds/live"),
        own,
        plans,
        rounds: desk.iter().flat_map(|desk| &desk.rounds).map(|one| round_row(&t, one, &today)).collect(),
        due: desk.iter().flat_map(|desk| &desk.due).map(|one| due_row(&t, one, (&today, now))).collect(),
        findings: desk.as_ref().map(|desk| rows(&t, desk, now)).unwrap_or_default(),
        houses,
        groups,
        modes: choices(&t, "expert-mode", Mode::ALL.iter().map(|one| one.as_str())),
        source: desk.as_ref().map(|desk| source(&t, &desk.rules.stamp)).unwrap_or_default(),
        today,
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /rounds`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `GET /rounds/live`.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Round).map_err(ExpertError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}

/// `POST /rounds`: plans a round.
pub(crate) async fn plan(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let institution = linli_treatment::model::InstitutionId(word(&form, "institution")?);
        let new = NewRound { group: word(&form, "group")?, institution, mode: word(&form, "mode")?, day: form.typed("day") };
        run!(caller, hall, tx => commands::plan(&caller.ctx, tx, &new))
    };
    match done.await {
        Ok(id) => Ok(Redirect::to(&format!("/rounds/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
