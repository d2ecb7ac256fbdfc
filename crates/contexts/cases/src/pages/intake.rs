//! Where a desk begins a case for somebody who calls or stands at the counter: the place in words, the number kept on the way.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, FormMap, Page, Shell, T};

use super::{neighbours, store};
use crate::error::CasesError;

/// Places offered at once; more are asked for more exactly.
const OFFERED: usize = 60;
/// Longest place that is looked for, in characters.
const WHERE_CHARS: usize = 60;

#[derive(Template)]
#[template(path = "cases-intake.html")]
struct IntakePage {
    shell: Shell,
    t: T,
    /// What was typed of the place.
    place: String,
    /// The number of who calls; it is in no address and in no log.
    phone: String,
    /// Whether a place was looked for.
    asked: bool,
    /// What it is called, and the code of its board.
    found: Vec<(String, String)>,
    /// Whether there are more than are shown.
    more: bool,
}

/// `GET /desk/new`.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    page(&caller, &hall, &FormMap::default()).await
}

/// `POST /desk/new`: looks for the place.
pub(crate) async fn look(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    page(&caller, &hall, &form).await
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Create, Resource::Case).map_err(CasesError::from)?;
    let t = caller.info.t().clone();
    let place: String = form.typed("place").trim().chars().filter(|c| !c.is_control()).take(WHERE_CHARS).collect();
    let mut read = hall.read().await?;
    let mut found = neighbours(hall)?.boards_meant(&mut read.conn(), &scope, &place, OFFERED + 1).await.map_err(store)?;
    let more = found.len() > OFFERED;
    found.truncate(OFFERED);
    let page = IntakePage {
        shell: caller.shell(t.s("cases-intake-title")),
        asked: !place.is_empty(),
        phone: form.typed("phone").trim().chars().filter(|c| !c.is_control()).take(24).collect(),
        place,
        found,
        more,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}
