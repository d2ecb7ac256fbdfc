//! The board on paper: A4 and A3, the QR code with the short address under it, readable at arm's length.

use askama::Template;
use axum::extract::{Path, Query, State};
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T, qr_svg};

use crate::model::Board;
use crate::view::{self, CaseLine, NoticeCard};
use crate::{BoardCode, BoardError, Boards, pages, queries};

#[derive(serde::Deserialize)]
pub(crate) struct PaperQuery {
    size: Option<String>,
}

#[derive(Template)]
#[template(path = "board-print.html")]
pub(crate) struct Sheet {
    shell: Shell,
    t: T,
    board: Board,
    size: &'static str,
    within: String,
    vacant: Vec<String>,
    working: Vec<CaseLine>,
    working_more: usize,
    notices: Vec<NoticeCard>,
    notices_more: usize,
    as_of: String,
    printed: String,
    qr: String,
    address: String,
    style: &'static str,
}

/// `GET /b/{code}/print?size=a4|a3`. What changes by the hour stays on the screen: A4 has the notices, A3 also what is being
/// worked on, with the day it was true.
pub(crate) async fn sheet(
    caller: Caller,
    State(hall): State<Hall>,
    Path(typed): Path<String>,
    Query(paper): Query<PaperQuery>,
) -> Result<Page<Sheet>, AppError> {
    let code: BoardCode = typed.parse().map_err(|_| BoardError::UnknownCode)?;
    let boards = hall.service::<Boards>()?;
    let mut read = hall.read().await?;
    let board = queries::board(&mut read.conn(), &boards.sections, &code, caller.ctx.now()).await?;
    let large = paper.size.as_deref() == Some("a3");
    let t = caller.info.t().clone();
    let url = format!("{}/b/{code}", hall.base_url());
    let (cases_shown, notices_shown) = if large { (5, 6) } else { (0, 3) };
    // On A4 there is no room for them, so nothing is said to be left out.
    let cases_more = if large { board.working.len().saturating_sub(cases_shown) } else { 0 };
    Ok(Page(Sheet {
        shell: Shell::new(&caller.info, board.name.clone()),
        size: if large { "a3" } else { "a4" },
        within: view::within(&board),
        vacant: board.vacant.iter().map(|role| view::role_word(&t, role)).collect(),
        working: board.working.iter().take(cases_shown).map(|case| view::case_line_on_paper(case, &t, board.at)).collect(),
        working_more: cases_more,
        notices: board.notices.iter().take(notices_shown).map(|n| view::notice_card(n, &t)).collect(),
        notices_more: board.notices.len().saturating_sub(notices_shown),
        as_of: t.v("board-paper-as-of", "date", t.date(board.at)),
        printed: t.date(board.at),
        qr: qr_svg(&url)?,
        address: url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned(),
        style: pages::style_url(),
        board,
        t,
    }))
}
