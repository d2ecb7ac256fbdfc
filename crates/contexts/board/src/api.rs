//! A board as JSON.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use linli_hall::Hall;
use linli_webkit::{AppError, RequestInfo};
use serde::Serialize;

use crate::cache::{Form, Key, Made};
use crate::model::{Board, Contact};
use crate::{BoardCase, BoardCode, BoardError, Boards, pages, queries};

/// `GET /api/v1/boards/{code}`. Instants are RFC 3339 in Beijing time; roles, kinds and states are codes, not words.
pub(crate) async fn board(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(typed): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let code: BoardCode = typed.parse().map_err(|_| BoardError::UnknownCode)?;
    let boards = hall.service::<Boards>()?;
    let key = Key { code, form: Form::Json };
    let made = boards.cache.get(&key, info.now(), || make(&boards, &key, &info)).await?;
    Ok(pages::answer(&made, pages::JSON, &headers))
}

async fn make(boards: &Boards, key: &Key, info: &RequestInfo) -> Result<Made, BoardError> {
    let mut read = boards.db.read().await?;
    let board = queries::board(&mut read.conn(), &boards.sections, &key.code, info.now()).await?;
    let json = serde_json::to_vec(&BoardJson::from(&board)).map_err(|error| BoardError::Page(error.into()))?;
    pages::pack(&json, &board)
}

#[derive(Serialize)]
struct BoardJson<'b> {
    code: &'b str,
    name: &'b str,
    within: Vec<WithinJson<'b>>,
    contacts: &'b [Contact],
    vacant: Vec<&'static str>,
    duty_phone: Option<&'b str>,
    hotline: &'b str,
    pledge: Option<&'b str>,
    working: Vec<CaseJson<'b>>,
    solved: Vec<CaseJson<'b>>,
    notices: Vec<NoticeJson<'b>>,
    at: String,
}

#[derive(Serialize)]
struct WithinJson<'b> {
    level: &'static str,
    name: &'b str,
}

#[derive(Serialize)]
struct CaseJson<'b> {
    number: &'b str,
    title: &'b str,
    state: &'b str,
    promised: Option<String>,
    solved: Option<String>,
}

#[derive(Serialize)]
struct NoticeJson<'b> {
    id: String,
    kind: &'static str,
    title: &'b str,
    body: &'b str,
    signed: &'b str,
    starts_at: String,
    ends_at: Option<String>,
}

impl<'b> From<&'b Board> for BoardJson<'b> {
    fn from(b: &'b Board) -> Self {
        let cases = |list: &'b [BoardCase]| list.iter().map(CaseJson::from).collect();
        Self {
            code: b.code.as_str(),
            name: &b.name,
            within: b.within.iter().map(|step| WithinJson { level: step.level.as_str(), name: &step.name }).collect(),
            contacts: &b.contacts,
            vacant: b.vacant.iter().map(|role| role.as_str()).collect(),
            duty_phone: b.duty.as_ref().map(|duty| duty.phone.as_str()),
            hotline: b.hotline,
            pledge: b.pledge.as_deref(),
            working: cases(&b.working),
            solved: cases(&b.solved),
            notices: b
                .notices
                .iter()
                .map(|n| NoticeJson {
                    id: n.id.to_string(),
                    kind: n.kind.as_str(),
                    title: &n.title,
                    body: &n.body,
                    signed: &n.signed,
                    starts_at: n.starts_at.rfc3339(),
                    ends_at: n.ends_at.map(|at| at.rfc3339()),
                })
                .collect(),
            at: b.at.rfc3339(),
        }
    }
}

impl<'b> From<&'b BoardCase> for CaseJson<'b> {
    fn from(case: &'b BoardCase) -> Self {
        Self {
            number: &case.number,
            title: &case.title,
            state: &case.state_word_key,
            promised: case.promised.map(|at| at.rfc3339()),
            solved: case.solved.map(|at| at.rfc3339()),
        }
    }
}
