//! Votes for everybody (公开页): what is voted on, turnout, the result with its proof; a receipt found again; the commitments.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::{AppError, Page, Shell, T};

use super::work::standing;
use super::{file, grouped, id, office, part};
use crate::commands::votes::page;
use crate::error::BallotError;
use crate::model::{State as Stand, VoteId};
use crate::queries;

#[derive(Template)]
#[template(path = "ballot-public.html")]
struct PublicPage {
    shell: Shell,
    t: T,
    title: String,
    href: String,
    part: String,
    proof: String,
    open: bool,
    counted: bool,
}

fn asked(district: &str, vote: &str) -> Result<(DistrictId, VoteId), BallotError> {
    Ok((DistrictId(district.parse().map_err(|_| BallotError::NotFound)?), id(vote)?))
}

/// `GET /vote/{district}/{id}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, vote)): Path<(String, String)>,
) -> Result<Response, AppError> {
    use axum::response::IntoResponse as _;
    let (t, office) = (caller.info.t().clone(), office(&hall)?);
    let (district, vote) = asked(&district, &vote)?;
    let view = queries::public(&mut hall.read().await?.conn(), &office, (district, vote), hall.now()).await?;
    let stands = standing(&hall, district, vote.0).await?;
    Ok(Page(PublicPage {
        shell: Shell::new(&caller.info, view.vote.title.clone()),
        title: view.vote.title.clone(),
        href: page(district, vote),
        part: part::html(&t, &view)?,
        proof: linli_record::view::proof_line(&t, stands.as_ref()),
        open: view.vote.state == Stand::Open,
        counted: view.vote.state == Stand::Closed && !view.vote.seal.is_empty(),
        t,
    })
    .into_response())
}

#[derive(Template)]
#[template(path = "ballot-receipt.html")]
struct ReceiptPage {
    shell: Shell,
    t: T,
    title: String,
    href: String,
    typed: String,
    /// What was found, in words; its colour.
    found: Option<(&'static str, String)>,
    day: String,
    commitment: String,
    proof: String,
}

#[derive(serde::Deserialize)]
pub(crate) struct Code {
    code: Option<String>,
}

/// `GET /vote/{district}/{id}/receipt?code=`: that the ballot counts, never what it says.
pub(crate) async fn receipt(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, vote)): Path<(String, String)>,
    Query(code): Query<Code>,
) -> Result<Response, AppError> {
    let (t, office) = (caller.info.t().clone(), office(&hall)?);
    let (district, vote) = asked(&district, &vote)?;
    let typed = code.code.unwrap_or_default().trim().chars().take(40).collect::<String>();
    let (view, found) = {
        let mut read = hall.read().await?;
        let c = &mut read.conn();
        let view = queries::public(c, &office, (district, vote), hall.now()).await?;
        let found = if typed.is_empty() { None } else { queries::receipt(c, (district, vote), &typed).await? };
        (view, found)
    };
    let stands = match &found {
        Some((ballot, _)) => standing(&hall, district, ballot.id.0).await?,
        None => None,
    };
    let told = match &found {
        None if typed.is_empty() => None,
        None => Some(("act", t.s("ballot-receipt-unknown").into_owned())),
        Some((ballot, _)) if ballot.replaced_at.is_some() => Some(("soon", t.s("ballot-receipt-replaced").into_owned())),
        Some(_) if view.vote.state == Stand::Closed => Some(("well", t.s("ballot-receipt-counted").into_owned())),
        Some(_) => Some(("well", t.s("ballot-receipt-there").into_owned())),
    };
    let shown = Page(ReceiptPage {
        shell: Shell::new(&caller.info, t.s("ballot-receipt")),
        title: view.vote.title.clone(),
        href: page(district, vote),
        typed: if typed.is_empty() { typed } else { grouped(&typed.replace('-', "")) },
        found: told,
        // The day and not the minute: with it somebody at the door would know whose it is.
        day: found.as_ref().map(|(ballot, _)| t.date(ballot.cast_at)).unwrap_or_default(),
        commitment: found.as_ref().map(|(_, made)| made.to_string()).unwrap_or_default(),
        proof: linli_record::view::proof_line(&t, stands.as_ref()),
        t,
    });
    Ok(super::private(shown))
}

/// `GET /vote/{district}/{id}/commitments.txt`: after the count, a line for each ballot that counts, in an order that says nothing.
pub(crate) async fn commitments(
    State(hall): State<Hall>,
    caller: Caller,
    Path((district, vote)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (district, vote) = asked(&district, &vote)?;
    let office = office(&hall)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::public(c, &office, (district, vote), caller.ctx.now()).await?;
    if view.vote.state != Stand::Closed || view.vote.seal.is_empty() {
        return Err(BallotError::NotFound.into());
    }
    let lines = queries::commitments(c, (district, vote)).await?;
    let name = format!("linli-ballot-{}-commitments.txt", view.vote.number);
    Ok(file(&name, "text/plain; charset=utf-8", format!("{}\n", lines.join("\n"))))
}
