//! A board as JSON.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use linli_hall::Hall;
use linli_webkit::{AppError, RequestInfo};
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::cache::{Form, Key, Made};
use crate::model::Board;
use crate::{BoardCase, BoardCode, BoardError, Boards, pages, queries};

/// The part of the interface description that is about boards.
#[derive(OpenApi)]
#[openapi(paths(board))]
struct Described;

/// What the routes of this room take and give, as OpenAPI.
#[must_use]
pub fn described() -> utoipa::openapi::OpenApi {
    Described::openapi()
}

/// Shows a board. Instants are RFC 3339 in Beijing time; roles, kinds and states are codes, not words.
#[utoipa::path(
    get,
    path = "/api/v1/boards/{code}",
    operation_id = "show_board",
    tag = "boards",
    params(("code" = String, Path, description = "The code at the door")),
    responses((status = 200, description = "The board", body = BoardJson))
)]
pub(crate) async fn board(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(typed): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let code: BoardCode = typed.parse().map_err(|_| BoardError::UnknownCode)?;
    let boards = hall.service::<Boards>()?;
    let key = Key { code, form: Form::Json };
    let made = boards.cache.get(&key, info.now(), || make(Arc::clone(&boards), key.clone(), info.clone())).await?;
    Ok(pages::answer(&made, pages::JSON, &headers))
}

async fn make(boards: Arc<Boards>, key: Key, info: RequestInfo) -> Result<Made, BoardError> {
    let mut read = boards.db.read().await?;
    let board = queries::board(&mut read.conn(), &boards.sections, &key.code, info.now()).await?;
    let json = serde_json::to_vec(&BoardJson::from(&board)).map_err(|error| BoardError::Page(error.into()))?;
    pages::pack(&json, &board)
}

/// What hangs at a door.
#[derive(Serialize, ToSchema)]
struct BoardJson<'b> {
    /// Its code.
    code: &'b str,
    /// The place.
    name: &'b str,
    /// The places it lies in, outermost first.
    within: Vec<WithinJson<'b>>,
    /// Who answers for it.
    contacts: Vec<ContactJson<'b>>,
    /// Roles that nobody holds here.
    vacant: Vec<&'static str>,
    /// The 24-hour property service phone.
    duty_phone: Option<&'b str>,
    /// The number that always answers.
    hotline: &'b str,
    /// The pledge.
    pledge: Option<&'b str>,
    /// What is being mended.
    working: Vec<CaseOnBoard<'b>>,
    /// What was mended lately.
    solved: Vec<CaseOnBoard<'b>>,
    /// What hangs here.
    notices: Vec<NoticeJson<'b>>,
    /// As of, RFC 3339.
    #[schema(format = DateTime)]
    at: String,
}

/// A place around.
#[derive(Serialize, ToSchema)]
struct WithinJson<'b> {
    /// Its level.
    level: &'static str,
    /// Its name.
    name: &'b str,
}

/// Somebody who answers for the place.
#[derive(Serialize, ToSchema)]
struct ContactJson<'b> {
    /// In which role.
    role: &'static str,
    /// The title of the appointment; may be empty.
    title: &'b str,
    /// Name.
    name: &'b str,
    /// The phone of the work, where the appointment makes it public.
    phone: Option<&'b str>,
    /// The organisation; may be empty.
    organisation: &'b str,
}

/// A case as the board shows it.
#[derive(Serialize, ToSchema)]
struct CaseOnBoard<'b> {
    /// Its number.
    number: &'b str,
    /// What it is about.
    title: &'b str,
    /// State.
    state: &'b str,
    /// Until when it is promised, RFC 3339.
    #[schema(format = DateTime)]
    promised: Option<String>,
    /// When it was mended, RFC 3339.
    #[schema(format = DateTime)]
    solved: Option<String>,
}

/// A notice.
#[derive(Serialize, ToSchema)]
struct NoticeJson<'b> {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// What kind.
    kind: &'static str,
    /// Title.
    title: &'b str,
    /// Text.
    body: &'b str,
    /// Who signed it.
    signed: &'b str,
    /// From, RFC 3339.
    #[schema(format = DateTime)]
    starts_at: String,
    /// To, RFC 3339.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// Where its proof in the public log is.
    proof: Option<&'b str>,
}

impl<'b> From<&'b Board> for BoardJson<'b> {
    fn from(b: &'b Board) -> Self {
        let cases = |list: &'b [BoardCase]| list.iter().map(CaseOnBoard::from).collect();
        Self {
            code: b.code.as_str(),
            name: &b.name,
            within: b.within.iter().map(|step| WithinJson { level: step.level.as_str(), name: &step.name }).collect(),
            contacts: b
                .contacts
                .iter()
                .map(|c| ContactJson {
                    role: c.role.as_str(),
                    title: &c.title,
                    name: &c.name,
                    phone: c.phone.as_deref(),
                    organisation: &c.organisation,
                })
                .collect(),
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
                    proof: b.proofs.get(&n.id.0).map(|standing| standing.path.as_str()),
                })
                .collect(),
            at: b.at.rfc3339(),
        }
    }
}

impl<'b> From<&'b BoardCase> for CaseOnBoard<'b> {
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
