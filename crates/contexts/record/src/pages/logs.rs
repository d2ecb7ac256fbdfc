//! The logs of this installation, and one of them: its key, its checkpoints, and whether it begins with what somebody kept of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::log_of;
use crate::model::{LogHead, LogId};
use crate::{queries, view};

struct LogRow {
    href: String,
    origin: String,
    told: String,
}

#[derive(Template)]
#[template(path = "record-logs.html")]
pub(crate) struct LogsPage {
    shell: Shell,
    t: T,
    rows: Vec<LogRow>,
}

/// `GET /log`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Page<LogsPage>, AppError> {
    let t = caller.info.t().clone();
    let heads = queries::logs(&mut hall.read().await?.conn()).await?;
    let rows = heads.into_iter().map(|head| LogRow { href: head.prefix(), told: size_words(&t, &head), origin: head.origin });
    Ok(Page(LogsPage { rows: rows.collect(), shell: Shell::new(&caller.info, t.s("record-title")), t }))
}

fn size_words(t: &T, head: &LogHead) -> String {
    let size = t.n("record-entries", head.size);
    match head.ended_at {
        None => t.with("record-log-grows", &[("size", size.into()), ("at", t.moment(head.sealed_at).into())]),
        Some(at) => t.with("record-log-ended", &[("size", size.into()), ("at", t.moment(at).into())]),
    }
}

struct EntryRow {
    href: String,
    number: u64,
    kind: String,
    made: String,
}

struct SignedRow {
    href: String,
    told: String,
    at: String,
}

#[derive(Template)]
#[template(path = "record-log.html")]
struct LogPage {
    shell: Shell,
    t: T,
    problems: Problems,
    pasted: String,
    /// What was found of the checkpoint that was pasted; empty before.
    found: String,
    head: LogHead,
    told: String,
    begun: String,
    waiting: i64,
    command: String,
    entries: Vec<EntryRow>,
    signed: Vec<SignedRow>,
}

async fn page(caller: &Caller, hall: &Hall, id: LogId) -> Result<LogPage, AppError> {
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let head = queries::log(c, id).await?;
    let (signed, entries) = queries::latest(c, id).await?;
    let waiting = if head.ended_at.is_none() { queries::waiting(c, id.district).await? } else { 0 };
    let prefix = head.prefix();
    Ok(LogPage {
        shell: Shell::new(&caller.info, t.s("record-title")),
        problems: Problems::default(),
        pasted: String::new(),
        found: String::new(),
        told: size_words(&t, &head),
        begun: t.moment(head.begun_at),
        waiting,
        command: format!("linli verify {}{prefix} --key {}", hall.base_url(), head.key),
        entries: entries
            .into_iter()
            .filter_map(|kept| {
                let (_, number) = kept.at?;
                let (href, made) = (kept.path(id.district), t.moment(kept.made_at));
                Some(EntryRow { href, number, kind: view::kind_words(&t, &kept.kind), made })
            })
            .collect(),
        signed: signed
            .into_iter()
            .map(|one| SignedRow {
                href: format!("{prefix}/checkpoint/{}", one.size),
                told: t.n("record-entries", one.size),
                at: t.moment(one.at),
            })
            .collect(),
        head,
        t,
    })
}

/// `GET /log/{log}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(log): Path<String>) -> Result<Response, AppError> {
    Ok(Page(page(&caller, &hall, log_of(&log)?).await?).into_response())
}

/// `POST /log/{log}/compare`: a checkpoint that somebody kept. It changes nothing.
pub(crate) async fn compare(
    caller: Caller,
    State(hall): State<Hall>,
    Path(log): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let id = log_of(&log)?;
    let mut page = page(&caller, &hall, id).await?;
    page.pasted = form.typed("checkpoint").to_owned();
    let found = queries::follows(&mut hall.read().await?.conn(), id, &page.pasted).await;
    match found.map_err(AppError::from) {
        Ok((earlier, head)) => {
            let values = [("before", earlier.size.into()), ("now", head.size.into())];
            page.found = page.t.with("record-compare-right", &values);
            Ok(Page(page).into_response())
        }
        Err(error) => {
            page.problems = error.into_problems()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
    }
}
