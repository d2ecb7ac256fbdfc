//! The list of ballots (表决票清单), for those who may inspect it, and the file by which anybody counts anew.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use linli_hall::{Caller, Hall};
use linli_identity::claimed::home_of_session;
use linli_webkit::{AppError, Page, Shell, T};

use super::{file, id, private, spelt};
use crate::model::Vote;
use crate::queries::{self, OwnSeat};
use crate::recount::{Decision, commitment};

struct Row {
    no: i64,
    home: String,
    area: String,
    head: i64,
    said: String,
    commitment: String,
}

#[derive(Template)]
#[template(path = "ballot-list.html")]
struct ListPage {
    shell: Shell,
    t: T,
    title: String,
    back: String,
    download: String,
    rows: Vec<Row>,
    seal: String,
}

fn row(t: &T, vote: &Vote, one: &OwnSeat) -> Row {
    let (said, made) = one.ballot.as_ref().map_or_else(
        || (t.s("ballot-none-came").into_owned(), String::new()),
        |ballot| {
            (
                spelt(t, &ballot.choices),
                commitment(vote.id, (ballot.seat, ballot.turn), &ballot.choices, &ballot.salt).to_string(),
            )
        },
    );
    Row {
        no: one.seat.no,
        home: one.seat.label.clone(),
        area: one.seat.area.to_string(),
        head: one.seat.head,
        said,
        // Enough to find it again in the log.
        commitment: made.chars().take(12).collect(),
    }
}

fn page(caller: &Caller, (vote, seats): (&Vote, &[OwnSeat]), base: &str) -> Response {
    let t = caller.info.t().clone();
    private(Page(ListPage {
        shell: caller.shell(t.s("ballot-list")),
        title: vote.title.clone(),
        back: base.to_owned(),
        download: format!("{base}/recount.jsonl"),
        rows: seats.iter().map(|one| row(&t, vote, one)).collect(),
        seal: vote.seal.clone(),
        t,
    }))
}

fn download(vote: &Vote, decision: &Decision, seats: &[OwnSeat]) -> Result<Response, AppError> {
    Ok(file(
        &format!("linli-ballot-{}.jsonl", vote.number),
        "application/jsonl; charset=utf-8",
        queries::file_of(decision, seats)?,
    ))
}

/// `GET /votes/{id}/list`.
pub(crate) async fn staff(caller: Caller, State(hall): State<Hall>, Path(vote): Path<String>) -> Result<Response, AppError> {
    let (vote, _, seats) = queries::list_for_staff(&caller.ctx, &mut hall.read().await?.conn(), id(&vote)?).await?;
    Ok(page(&caller, (&vote, &seats), &format!("/votes/{}", vote.id)))
}

/// `GET /votes/{id}/recount.jsonl`.
pub(crate) async fn staff_file(caller: Caller, State(hall): State<Hall>, Path(vote): Path<String>) -> Result<Response, AppError> {
    let (vote, decision, seats) = queries::list_for_staff(&caller.ctx, &mut hall.read().await?.conn(), id(&vote)?).await?;
    download(&vote, &decision, &seats)
}

async fn of_owner(
    caller: &Caller,
    hall: &Hall,
    headers: &HeaderMap,
    vote: &str,
) -> Result<(Vote, Decision, Vec<OwnSeat>), AppError> {
    let (district, home) = home_of_session(caller, hall, headers).await?;
    Ok(queries::list_for_owner(&mut hall.read().await?.conn(), (district, id(vote)?, &home)).await?)
}

/// `GET /my-home/votes/{id}/list`.
pub(crate) async fn owners(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let (vote, _, seats) = of_owner(&caller, &hall, &headers, &vote).await?;
    Ok(page(&caller, (&vote, &seats), &format!("/my-home/votes/{}", vote.id)))
}

/// `GET /my-home/votes/{id}/recount.jsonl`.
pub(crate) async fn owners_file(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let (vote, decision, seats) = of_owner(&caller, &hall, &headers, &vote).await?;
    download(&vote, &decision, &seats)
}
