//! Votes on paper (打印): the ballots, and the pack that is filed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_webkit::{AppError, Page, Shell, T, qr_svg};

use super::work::standing;
use super::{id, office, part, private};
use crate::commands::votes::page;
use crate::error::BallotError;
use crate::queries;

/// Ballots on one page of addresses.
const AT_ONCE: i64 = 100;

struct Paper {
    no: i64,
    home: String,
    area: String,
}

#[derive(Template)]
#[template(path = "ballot-papers.html")]
struct PapersPage {
    shell: Shell,
    t: T,
    title: String,
    number: String,
    closes: String,
    back: String,
    next: String,
    topics: Vec<String>,
    papers: Vec<Paper>,
    qr: String,
    address: String,
}

#[derive(serde::Deserialize)]
pub(crate) struct After {
    after: Option<i64>,
}

/// `GET /votes/{id}/papers?after=`: a ballot for every home, a hundred at once.
pub(crate) async fn ballots(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    Query(asked): Query<After>,
) -> Result<Response, AppError> {
    let (t, office, vote) = (caller.info.t().clone(), office(&hall)?, id(&vote)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::vote(&caller.ctx, c, &office, vote).await?;
    let seats = queries::seats_after(&caller.ctx, c, (vote, asked.after.unwrap_or(0)), AT_ONCE).await?;
    let more = i64::try_from(seats.len()).unwrap_or(0) == AT_ONCE;
    let next = seats.last().filter(|_| more).map(|last| format!("/votes/{vote}/papers?after={}", last.no));
    let url = format!("{}{}", hall.base_url(), page(view.vote.district, vote));
    Ok(private(Page(PapersPage {
        shell: caller.shell(t.s("ballot-papers")),
        title: view.vote.title.clone(),
        number: view.vote.number.clone(),
        closes: view.vote.closes_at.map(|at| t.moment(at)).unwrap_or_default(),
        back: format!("/votes/{vote}/ballots"),
        next: next.unwrap_or_default(),
        topics: view
            .topics
            .iter()
            .map(|topic| t.with("ballot-topic", &[("no", topic.no.into()), ("text", topic.text.as_str().into())]))
            .collect(),
        papers: seats.into_iter().map(|seat| Paper { no: seat.no, home: seat.label, area: seat.area.to_string() }).collect(),
        qr: qr_svg(&url)?,
        address: url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned(),
        t,
    })))
}

#[derive(Template)]
#[template(path = "ballot-pack.html")]
struct PackPage {
    shell: Shell,
    t: T,
    title: String,
    back: String,
    part: String,
    proof: String,
    sources: Vec<(String, String)>,
}

/// `GET /votes/{id}/pack`: what is filed (备案材料): the decision with every number, the sources of the rule, the proof, room for signatures.
pub(crate) async fn pack(caller: Caller, State(hall): State<Hall>, Path(vote): Path<String>) -> Result<Response, AppError> {
    let (t, office, vote) = (caller.info.t().clone(), office(&hall)?, id(&vote)?);
    let view = queries::vote(&caller.ctx, &mut hall.read().await?.conn(), &office, vote).await?;
    if view.decision.is_none() {
        return Err(BallotError::NotFound.into());
    }
    let stands = standing(&hall, view.vote.district, vote.0).await?;
    let source = |one: &crate::rules::Source| (t.s(&format!("ballot-part-{}", one.part)).into_owned(), one.text.clone());
    Ok(private(Page(PackPage {
        shell: caller.shell(t.s("ballot-pack")),
        title: view.vote.title.clone(),
        back: format!("/votes/{vote}"),
        part: part::html(&t, &view)?,
        proof: linli_record::view::proof_print(&t, stands.as_ref(), hall.base_url()),
        sources: view.rule.value.sources().iter().map(source).collect(),
        t: t.clone(),
    })))
}
