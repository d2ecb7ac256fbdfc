//! Ballots that come on paper, at the door, by proxy (收票): registered by one, read again by another.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use linli_db::BlobHash;
use linli_hall::{Caller, Hall};
use linli_webkit::photo::Bringer;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{Asked, asked, choices, grouped, id, office, private, run, said, word};
use crate::commands::ballots::{Receipt, cast_at_door};
use crate::commands::papers::{self, NewPaper, Picture};
use crate::error::{BallotError, Wrong};
use crate::model::{ScanId, VoteId, Way};
use crate::queries;

struct PaperRow {
    href: String,
    home: String,
    when: String,
    way: String,
}

#[derive(Template)]
#[template(path = "ballot-take.html")]
struct TakePage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    title: String,
    turnout: String,
    topics: Vec<Asked>,
    choices: Vec<Choice>,
    ways: Vec<Choice>,
    replaces: bool,
    papers: Vec<PaperRow>,
    /// Homes that asked for paper: what they are called, when they asked.
    wanting: Vec<(String, String)>,
    receipt: Option<ReceiptPart>,
}

/// A receipt to be handed over.
pub(crate) struct ReceiptPart {
    pub(crate) home: String,
    pub(crate) code: String,
    pub(crate) address: String,
    pub(crate) qr: String,
}

impl TakePage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// A receipt as it is shown: its code, and the address at which it is found again.
pub(crate) fn receipt_part(
    hall: &Hall,
    vote: &crate::model::Vote,
    (home, code): (String, &str),
) -> Result<ReceiptPart, AppError> {
    let url = format!("{}{}/receipt?code={code}", hall.base_url(), crate::commands::votes::page(vote.district, vote.id));
    let address = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned();
    Ok(ReceiptPart { home, code: grouped(code), address, qr: linli_webkit::qr_svg(&url)? })
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    vote: VoteId,
    (form, problems, receipt): (&FormMap, Problems, Option<&Receipt>),
) -> Result<TakePage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::vote(&caller.ctx, c, &office, vote).await?;
    let papers = queries::papers(&caller.ctx, c, vote).await?;
    let wanting = queries::paper_asked(&caller.ctx, c, vote).await?;
    let receipt = match receipt {
        Some(receipt) => {
            let label = queries::seats_after(&caller.ctx, c, (vote, receipt.seat - 1), 1).await?.pop().map(|seat| seat.label);
            Some(receipt_part(hall, &view.vote, (label.unwrap_or_default(), &receipt.code))?)
        }
        None => None,
    };
    let row = |(scan, home): (crate::model::Scan, String)| PaperRow {
        href: format!("/votes/{vote}/scans/{}", scan.id),
        home,
        when: t.when(scan.first_at, now),
        way: t.s(&format!("ballot-way-{}", scan.way)).into_owned(),
    };
    let way = |way: Way| {
        Choice::new(way.as_str(), t.s(&format!("ballot-way-{way}")).into_owned()).hint(t.s(&format!("ballot-way-{way}-hint")))
    };
    let came = [("came", view.turnout.1.into()), ("all", view.vote.homes.into())];
    Ok(TakePage {
        shell: caller.shell(t.s("ballot-take")),
        href: format!("/votes/{vote}"),
        title: view.vote.title.clone(),
        turnout: t.with("ballot-homes-came", &came),
        topics: asked(&t, &view.topics, (form, &problems)),
        choices: choices(&t, true),
        ways: [Way::Paper, Way::Doorstep, Way::Proxy].map(way).into(),
        replaces: !form.typed("replaces").is_empty(),
        papers: papers.into_iter().map(row).collect(),
        wanting: wanting.into_iter().map(|(home, at)| (home, t.when(at, now))).collect(),
        receipt,
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /votes/{id}/ballots`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(vote): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, id(&vote)?, (&FormMap::default(), Problems::default(), None)).await?)))
}

/// The picture of the form, cleaned and kept beside the database before the transaction that names it.
async fn picture(hall: &Hall, form: &FormMap) -> Result<Picture, AppError> {
    let upload = form.files("picture").next().ok_or(BallotError::field("picture", Wrong::NoPicture))?;
    let developed = hall.darkroom().develop(upload.bytes.clone(), Bringer::Signed).await;
    let photo = developed.map_err(|error| {
        let key = error.code().text_key();
        if error.status().is_server_error() { error } else { AppError::invalid(vec![FieldProblem::new("picture", &key)]) }
    })?;
    let bytes = u64::try_from(photo.jpeg.len()).unwrap_or(u64::MAX);
    let hash = hall.db().blobs().put(photo.jpeg.into()).await.map_err(linli_hall::store_error)?;
    Ok(Picture { hash, bytes })
}

async fn registered(caller: &Caller, hall: &Hall, vote: VoteId, form: &FormMap) -> Result<Option<Receipt>, AppError> {
    let office = office(hall)?;
    let view = {
        let mut read = hall.read().await?;
        let c = &mut read.conn();
        let view = queries::vote(&caller.ctx, c, &office, vote).await?;
        let seat = queries::seat_meant(&caller.ctx, c, vote, form.typed("home")).await?;
        (view, seat)
    };
    let (view, seat) = view;
    let problem = if form.typed("home").trim().is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    let seat = seat.ok_or(BallotError::field("home", problem))?;
    let (way, choices) = (word::<Way>(form, "way")?, said(form, &view.topics)?);
    let replaces = !form.typed("replaces").is_empty();
    if way == Way::Doorstep {
        let done = run!(caller, hall, tx => cast_at_door(&caller.ctx, tx, &office, vote, (seat, &choices, replaces)))?;
        return Ok(Some(done));
    }
    if way == Way::Online {
        return Err(BallotError::field("way", Wrong::NotAChoice).into());
    }
    let proxy = (way == Way::Proxy).then(|| (form.typed("proxy_name"), form.typed("proxy_document")));
    let picture = picture(hall, form).await?;
    let new = NewPaper { seat, picture, choices: &choices, proxy, replaces };
    run!(caller, hall, tx => papers::register(&caller.ctx, tx, &office, vote, &new))?;
    Ok(None)
}

/// `POST /votes/{id}/ballots`. Sent twice, the second is refused: the home has a ballot then.
pub(crate) async fn register(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let vote = id(&vote)?;
    match registered(&caller, &hall, vote, &form).await {
        Ok(None) => Ok(Redirect::to(&format!("/votes/{vote}/ballots")).into_response()),
        Ok(Some(receipt)) => {
            Ok(private(Page(page(&caller, &hall, vote, (&FormMap::default(), Problems::default(), Some(&receipt))).await?)))
        }
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, vote, (&form, error.into_problems()?, None)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

#[derive(Template)]
#[template(path = "ballot-scan.html")]
struct ScanPage {
    shell: Shell,
    t: T,
    problems: Problems,
    href: String,
    back: String,
    home: String,
    way: String,
    topics: Vec<Asked>,
    choices: Vec<Choice>,
    reason: String,
}

async fn scan_page(
    caller: &Caller,
    hall: &Hall,
    (vote, scan): (VoteId, ScanId),
    (form, problems): (&FormMap, Problems),
) -> Result<ScanPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (waits, seat) = queries::paper(&caller.ctx, c, (vote, scan)).await?;
    let view = queries::vote(&caller.ctx, c, &office, vote).await?;
    Ok(ScanPage {
        shell: caller.shell(t.v("ballot-scan-title", "home", &seat.label)),
        href: format!("/votes/{vote}/scans/{scan}"),
        back: format!("/votes/{vote}/ballots"),
        home: seat.label,
        way: t.s(&format!("ballot-way-{}", waits.way)).into_owned(),
        topics: asked(&t, &view.topics, (form, &problems)),
        choices: choices(&t, true),
        reason: form.typed("reason").to_owned(),
        problems,
        t,
    })
}

/// `GET /votes/{id}/scans/{scan}`: the picture, and nothing of what was read from it.
pub(crate) async fn second(
    caller: Caller,
    State(hall): State<Hall>,
    Path((vote, scan)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let page = scan_page(&caller, &hall, (id(&vote)?, id(&scan)?), (&FormMap::default(), Problems::default())).await?;
    Ok(private(Page(page)))
}

/// `POST /votes/{id}/scans/{scan}`.
pub(crate) async fn confirm(
    caller: Caller,
    State(hall): State<Hall>,
    Path((vote, scan)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (vote, scan): (VoteId, ScanId) = (id(&vote)?, id(&scan)?);
    let done = async {
        let office = office(&hall)?;
        if form.typed("do") == "discard" {
            let why = (scan, form.typed("reason"));
            run!(caller, hall, tx => papers::discard(&caller.ctx, tx, vote, why))?;
            return Ok::<_, AppError>(None);
        }
        let view = queries::vote(&caller.ctx, &mut hall.read().await?.conn(), &office, vote).await?;
        let choices = said(&form, &view.topics)?;
        run!(caller, hall, tx => papers::read_again(&caller.ctx, tx, &office, vote, (scan, &choices))).map(Some)
    };
    match done.await {
        Ok(None) => Ok(Redirect::to(&format!("/votes/{vote}/ballots")).into_response()),
        Ok(Some(receipt)) => {
            Ok(private(Page(page(&caller, &hall, vote, (&FormMap::default(), Problems::default(), Some(&receipt))).await?)))
        }
        Err(error) => {
            let status = error.status();
            let page = scan_page(&caller, &hall, (vote, scan), (&form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `GET /votes/{id}/scans/{scan}/photo`.
pub(crate) async fn photo(
    caller: Caller,
    State(hall): State<Hall>,
    Path((vote, scan)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let hash = queries::picture(&caller.ctx, &mut hall.read().await?.conn(), (id(&vote)?, id(&scan)?)).await?;
    let hash = BlobHash::from_column(&hash).ok_or(BallotError::NotFound)?;
    let bytes = hall.db().blobs().get(hash).await.map_err(linli_hall::store_error)?.ok_or(BallotError::NotFound)?;
    Ok(([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, no-store")], bytes).into_response())
}
