//! The board on paper: A4 and A3, the QR code with the short address under it, readable at arm's length.

use askama::Template;
use axum::extract::{Path, Query, State};
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_record::view::proof_print;
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
    /// The class of the letters' size: everything is on one sheet.
    fit: String,
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
    let (cases_shown, notices_shown) = room_for(&board, if large { (5, 6) } else { (0, 3) }, large);
    // On A4 there is no room for them, so nothing is said to be left out.
    let cases_more = if large { board.working.len().saturating_sub(cases_shown) } else { 0 };
    let shown = (board.working.len().min(cases_shown), board.notices.len().min(notices_shown));
    Ok(Page(Sheet {
        shell: Shell::new(&caller.info, board.name.clone()),
        size: if large { "a3" } else { "a4" },
        fit: format!("u-{}", scale(&board, shown, large)),
        within: view::within(&board),
        vacant: board.vacant.iter().map(|role| view::role_word(&t, role)).collect(),
        working: board.working.iter().take(cases_shown).map(|case| view::case_line_on_paper(case, &t, board.at)).collect(),
        working_more: cases_more,
        notices: board.notices.iter().take(notices_shown).map(|n| view::notice_card(n, board.proofs.get(&n.id.0), &t)).collect(),
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

#[derive(Template)]
#[template(path = "board-notice.html")]
pub(crate) struct NoticePage {
    shell: Shell,
    t: T,
    card: NoticeCard,
    place: String,
    withdrawn: String,
    proof: String,
    printed: String,
}

/// `GET /n/{district}/{id}`: a notice on a page of its own and on paper, with the code that leads to its proof.
pub(crate) async fn notice(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, id)): Path<(i64, String)>,
) -> Result<Page<NoticePage>, AppError> {
    let id = id.parse().map_err(|_| BoardError::UnknownNotice)?;
    let now = caller.ctx.now();
    let one = queries::one_notice(&mut hall.read().await?.conn(), DistrictId(district), id, now).await?;
    let t = caller.info.t().clone();
    Ok(Page(NoticePage {
        shell: Shell::new(&caller.info, one.notice.title.clone()),
        card: view::notice_card(&one.notice, None, &t),
        place: one.place,
        withdrawn: one.withdrawn_at.map(|at| t.v("board-notice-withdrawn-at", "at", t.moment(at))).unwrap_or_default(),
        proof: proof_print(&t, one.proof.as_ref(), hall.base_url()),
        printed: t.moment(now),
        t,
    }))
}

/// How many cases and notices stand on a sheet whose letters are still read from where one stands before it: rather fewer than smaller.
fn room_for(board: &Board, most: (usize, usize), large: bool) -> (usize, usize) {
    const READ: usize = 100;
    let (mut cases, mut notices) = (board.working.len().min(most.0), board.notices.len().min(most.1));
    while scale(board, (cases, notices), large) < READ {
        match (cases, notices) {
            (_, 2..) => notices -= 1,
            (1.., _) => cases -= 1,
            _ => break,
        }
    }
    (cases, notices)
}

/// How large the letters may be that all of it, the code to be scanned last, stands on one sheet: hundredths of a millimetre for each unit of
/// the style sheet, in steps of five. The heights are those of `board.css`, in units; a sheet is 182 units wide.
fn scale(board: &Board, (cases, notices): (usize, usize), large: bool) -> usize {
    const STEP: usize = 5;
    let lines = |chars: usize, in_a_line: usize| chars.div_ceil(in_a_line);
    let list = |rows: usize| if rows == 0 { 0 } else { 19 + 9 * rows };
    let pledge = board.pledge.as_ref().map_or(0, |text| 12 + 7 * lines(text.chars().count(), 34));
    let names = 15 * lines(board.name.chars().count(), 13) + 10;
    let people = 12 + 15 * (board.contacts.len() + board.vacant.len());
    let units = names + people + 40 + pledge + list(cases) + list(notices) + 64;
    // What an A4 and an A3 sheet hold inside their margins, and the largest letters of each.
    let (hundredths, most) = if large { (37_000, 140) } else { (25_800, 100) };
    (hundredths / units / STEP * STEP).clamp(50, most)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_size_has_its_class() {
        let css = include_str!("../assets/board.css");
        for size in (50..=140).step_by(5) {
            assert!(css.contains(&format!(".u-{size} {{ --u: {}mm; }}", f64::from(size) / 100.0)), "{size}");
        }
    }
}
