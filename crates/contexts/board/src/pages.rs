//! The public page of a board.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use linli_hall::Hall;
use linli_webkit::{AppError, Page, RequestInfo, Shell, T};
use sha2::{Digest as _, Sha256};

use crate::cache::{Form, Key, Made};
use crate::model::Board;
use crate::view::{self, CaseLine, NoticeCard};
use crate::{BoardCode, BoardError, Boards, queries};

const CSS: &str = include_str!("../assets/board.css");
const HTML: &str = "text/html; charset=utf-8";
pub(crate) const JSON: &str = "application/json";

/// The style sheet, packed, under an address that changes with its content.
struct Style {
    url: String,
    gzip: Bytes,
}

static STYLE: LazyLock<Style> = LazyLock::new(|| {
    let hash: String = Sha256::digest(CSS).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Style { url: format!("/assets/board/{hash}/board.css"), gzip: gzip(CSS.as_bytes()).unwrap_or_default() }
});

/// The address of the style sheet.
pub(crate) fn style_url() -> &'static str {
    &STYLE.url
}

/// `GET /assets/board/{hash}/board.css`.
pub(crate) async fn style(headers: HeaderMap) -> Response {
    let caching = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
    ];
    if takes_gzip(&headers) {
        (caching, [(CONTENT_ENCODING, "gzip")], STYLE.gzip.clone()).into_response()
    } else {
        (caching, CSS).into_response()
    }
}

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage<'b> {
    shell: Shell,
    t: T,
    board: &'b Board,
    within: String,
    vacant: String,
    working: Vec<CaseLine>,
    solved: Vec<CaseLine>,
    notices: Vec<NoticeCard>,
    updated: String,
    lang_href: String,
    elder_href: String,
    style: &'static str,
}

/// `GET /b/{code}`.
pub(crate) async fn board(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(typed): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let code: BoardCode = typed.parse().map_err(|_| BoardError::UnknownCode)?;
    if code.as_str() != typed {
        return Ok(Redirect::permanent(&format!("/b/{code}")).into_response());
    }
    let boards = hall.service::<Boards>()?;
    let key = Key { code, form: Form::Page { locale: info.t().locale(), elder: info.elder() } };
    let made = boards.cache.get(&key, info.now(), || make(Arc::clone(&boards), key.clone(), info.clone())).await?;
    Ok(answer(&made, HTML, &headers))
}

async fn make(boards: Arc<Boards>, key: Key, info: RequestInfo) -> Result<Made, BoardError> {
    let mut read = boards.db.read().await?;
    let board = queries::board(&mut read.conn(), &boards.sections, &key.code, info.now()).await?;
    drop(read);
    let html = board_page(&board, &info).render().map_err(|error| BoardError::Page(error.into()))?;
    pack(html.as_bytes(), &board)
}

fn board_page<'b>(board: &'b Board, info: &RequestInfo) -> BoardPage<'b> {
    let t = info.t().clone();
    let lines = |cases: &[crate::BoardCase]| cases.iter().map(|case| view::case_line(case, &t, board.at)).collect();
    // The page is the same for everybody who reads it in this language and size, so its switches name both and nothing else
    // of the address it was first asked under.
    let switch = |lang: &str, elder: bool| format!("/b/{}?lang={lang}&elder={}", board.code, u8::from(elder));
    BoardPage {
        shell: Shell::new(info, board.name.clone()),
        within: view::within(board),
        vacant: view::vacant(board, &t),
        working: lines(&board.working),
        solved: lines(&board.solved),
        notices: board.notices.iter().map(|n| view::notice_card(n, board.proofs.get(&n.id.0), &t)).collect(),
        updated: t.moment(board.at),
        lang_href: switch(t.locale().other().tag(), info.elder()),
        elder_href: switch(t.locale().tag(), !info.elder()),
        style: style_url(),
        board,
        t,
    }
}

/// Packs a page for the cache.
pub(crate) fn pack(bytes: &[u8], board: &Board) -> Result<Made, BoardError> {
    let hash: String = Sha256::digest(bytes).iter().take(9).map(|byte| format!("{byte:02x}")).collect();
    let tag = HeaderValue::from_str(&format!("W/\"{hash}\"")).map_err(|error| BoardError::Page(error.into()))?;
    let gzip = gzip(bytes).map_err(|error| BoardError::Page(error.into()))?;
    Ok(Made { gzip, tag, district: board.district, place: board.place.clone() })
}

/// Sends a made page: not at all to who has it, packed to who can read that.
pub(crate) fn answer(made: &Made, kind: &'static str, headers: &HeaderMap) -> Response {
    let mut response = if known(headers, &made.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if takes_gzip(headers) {
        ([(CONTENT_TYPE, kind), (CONTENT_ENCODING, "gzip")], made.gzip.clone()).into_response()
    } else {
        ([(CONTENT_TYPE, kind)], unpack(&made.gzip)).into_response()
    };
    let sent = response.headers_mut();
    sent.insert(ETAG, made.tag.clone());
    sent.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    sent.insert(VARY, HeaderValue::from_static("accept-encoding, accept-language, cookie"));
    response
}

fn known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let list = headers.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tag.to_str().is_ok_and(|tag| list.split(',').any(|one| bare(one) == bare(tag)))
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn gzip(bytes: &[u8]) -> std::io::Result<Bytes> {
    // The next levels take twice as long for a twentieth less, and after a storm of reports a thousand boards are packed at once.
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::new(4));
    packer.write_all(bytes)?;
    packer.finish().map(Bytes::from)
}

fn unpack(gzip: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Our own packing; a fault in it would show as an empty page, never as a panic.
    if let Err(error) = GzDecoder::new(gzip).read_to_end(&mut bytes) {
        tracing::error!(%error, "a packed page cannot be unpacked");
    }
    bytes
}

#[derive(Template)]
#[template(path = "board-find.html")]
struct FindPage {
    shell: Shell,
    t: T,
    typed: String,
    wrong: String,
}

/// `GET /b?code=…`: where somebody types the code of the board; without a code, the form.
pub(crate) async fn find(
    info: RequestInfo,
    State(hall): State<Hall>,
    Query(FindQuery { code: typed }): Query<FindQuery>,
) -> Result<Response, AppError> {
    let t = info.t().clone();
    let shell = Shell::new(&info, t.s("board-find-title"));
    let again = |typed: String, key: &str| {
        let wrong = if key.is_empty() { String::new() } else { t.s(key).into_owned() };
        Page(FindPage { shell: shell.clone(), t: t.clone(), typed, wrong })
    };
    let Some(typed) = typed else { return Ok(again(String::new(), "").into_response()) };
    if typed.trim().is_empty() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again(typed, "board-find-empty")).into_response());
    }
    let unknown = |typed| Ok((StatusCode::NOT_FOUND, again(typed, "board-find-unknown")).into_response());
    let Ok(code) = typed.parse::<BoardCode>() else { return unknown(typed) };
    let mut read = hall.read().await?;
    match queries::place_of_code(&mut read.conn(), &code).await? {
        Some(_) => Ok(Redirect::to(&format!("/b/{code}")).into_response()),
        None => unknown(typed),
    }
}

#[derive(serde::Deserialize)]
pub(crate) struct FindQuery {
    code: Option<String>,
}
