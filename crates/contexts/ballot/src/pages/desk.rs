//! Votes of the actor's places (业主表决一览).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::i18n::Clockface;
use linli_webkit::{AppError, Page, Shell, T};

use super::{TOLD, private};
use crate::error::BallotError;
use crate::model::State as Stand;
use crate::queries;

struct Row {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
    face: Option<Clockface>,
}

#[derive(Template)]
#[template(path = "ballot-desk.html")]
struct DeskPage {
    shell: Shell,
    t: T,
    rows: Vec<Row>,
    calls: bool,
}

/// The colour of a state.
pub(crate) const fn tone(state: Stand) -> &'static str {
    match state {
        Stand::Draft | Stand::Withdrawn => "",
        Stand::Posted => "soon",
        Stand::Open => "info",
        Stand::Closed => "well",
    }
}

/// `GET /votes`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let all = queries::list(&caller.ctx, &mut hall.read().await?.conn()).await?;
    let row = |(vote, place): (crate::model::Vote, String)| {
        // What is counted and not posted yet has to be by its day.
        let due = match vote.state {
            Stand::Open => vote.closes_at,
            Stand::Closed if vote.announced_at.is_none() => vote.due_at,
            _ => None,
        };
        Row {
            href: format!("/votes/{}", vote.id),
            line: t.with(
                "ballot-line-of",
                &[
                    ("number", vote.number.as_str().into()),
                    ("place", place.into()),
                    ("mode", t.s(&format!("ballot-mode-{}", vote.mode)).into_owned().into()),
                ],
            ),
            title: vote.title,
            tone: tone(vote.state),
            word: t.s(&format!("ballot-state-{}", vote.state)).into_owned(),
            face: due.map(|due| t.clock(due, now)),
        }
    };
    Ok(private(Page(DeskPage {
        shell: caller.shell(t.s("ballot-title")).live("/votes/live"),
        rows: all.into_iter().map(row).collect(),
        calls: caller.ctx.scope(Action::Create, Resource::Vote).is_ok(),
        t: t.clone(),
    })))
}

/// `GET /votes/live`.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::Vote).map_err(BallotError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}
