//! Votes of a claimed home (我的表决): what runs, the ballot, the receipt, the result.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_hall::{Caller, Hall};
use linli_identity::claimed::home_of_session;
use linli_kernel::PlacePath;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::take::{ReceiptPart, receipt_part};
use super::{Asked, asked, choices, id, office, part, private, said, spelt, word};
use crate::commands::ballots::{ask_for_paper, cast_online, receipt_code};
use crate::commands::votes::page as public_page;
use crate::model::{Mode, State as Stand, VoteId, Way};
use crate::queries::{self, OwnSeat};
use crate::rules::{Online, Replace};

struct Row {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
}

#[derive(Template)]
#[template(path = "ballot-home-list.html")]
struct ListPage {
    shell: Shell,
    t: T,
    rows: Vec<Row>,
}

/// `GET /my-home/votes`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let t = caller.info.t().clone();
    let (district, home) = home_of_session(&caller, &hall, &headers).await?;
    let all = queries::of_home(&mut hall.read().await?.conn(), district, &home).await?;
    let row = |(vote, seats): (crate::model::Vote, Vec<OwnSeat>)| {
        let missing = seats.iter().any(|one| one.ballot.is_none());
        let (tone, key) = match (vote.state, missing) {
            (Stand::Open, true) => ("soon", "ballot-mine-missing"),
            (Stand::Open, false) => ("well", "ballot-mine-came"),
            (Stand::Closed, _) => ("info", "ballot-state-closed"),
            _ => ("", "ballot-state-posted"),
        };
        Row {
            href: format!("/my-home/votes/{}", vote.id),
            title: vote.title,
            line: vote.closes_at.map(|at| t.v("ballot-until", "at", t.moment(at))).unwrap_or_default(),
            tone,
            word: t.s(key).into_owned(),
        }
    };
    let rows = all.into_iter().map(row).collect();
    Ok(private(Page(ListPage { shell: caller.shell(t.s("ballot-mine")), rows, t: t.clone() })))
}

struct SeatPart {
    label: String,
    came: String,
    /// What it says, after the count.
    said: String,
    receipt: Option<ReceiptPart>,
}

#[derive(Template)]
#[template(path = "ballot-home.html")]
struct HomePage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    title: String,
    href: String,
    public: String,
    part: String,
    seats: Vec<SeatPart>,
    /// Seats that a ballot can be cast for now.
    castable: Vec<Choice>,
    only_seat: String,
    topics: Vec<Asked>,
    choices: Vec<Choice>,
    official: bool,
    replaces: bool,
    counted: bool,
    /// The first seat of the home, for which paper can be asked for.
    paper: String,
    just: bool,
    asked: bool,
}

impl HomePage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    (district, home, vote): (linli_kernel::DistrictId, &PlacePath, VoteId),
    (form, problems, just): (&FormMap, Problems, bool),
) -> Result<HomePage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let (view, seats) = queries::at_home(&mut hall.read().await?.conn(), &office, (district, vote, home), now).await?;
    let how = &view.rule.value.procedure;
    let official = view.vote.mode == Mode::Binding && how.online == Online::Official;
    let running = view.vote.state == Stand::Open && view.vote.closes_at.is_some_and(|at| now < at) && !official;
    let may = |one: &OwnSeat| running && (one.ballot.is_none() || how.replace == Replace::UntilClose);
    let offered = how.paper_on_request && view.vote.state == Stand::Open && seats.iter().any(|one| one.ballot.is_none());
    let castable: Vec<Choice> =
        seats.iter().filter(|one| may(one)).map(|one| Choice::new(one.seat.no.to_string(), one.seat.label.clone())).collect();
    let mut parts = Vec::new();
    for one in &seats {
        let receipt = match &one.ballot {
            Some(ballot) => Some(receipt_part(hall, &view.vote, (one.seat.label.clone(), &receipt_code(&office, ballot.id)))?),
            None => None,
        };
        let came = one.ballot.as_ref().map_or_else(
            || t.s("ballot-none-came").into_owned(),
            |ballot| {
                let way = t.s(&format!("ballot-way-{}", ballot.way)).into_owned();
                t.with("ballot-came", &[("way", way.into()), ("when", t.when(ballot.cast_at, now).into())])
            },
        );
        let closed = view.vote.state == Stand::Closed;
        // What was said on another way is not shown to whoever holds this telephone before everybody may see it.
        let own = |ballot: &crate::model::Ballot| closed || ballot.way == Way::Online;
        let said = one.ballot.as_ref().filter(|ballot| own(ballot)).map(|ballot| spelt(&t, &ballot.choices)).unwrap_or_default();
        parts.push(SeatPart { label: one.seat.label.clone(), came, said, receipt });
    }
    Ok(HomePage {
        shell: caller.shell(view.vote.title.clone()),
        title: view.vote.title.clone(),
        href: format!("/my-home/votes/{vote}"),
        public: public_page(district, vote),
        part: part::html(&t, &view)?,
        only_seat: if castable.len() == 1 {
            castable.first().map(|one| one.value.clone()).unwrap_or_default()
        } else {
            String::new()
        },
        replaces: seats.iter().any(|one| one.ballot.is_some()),
        castable,
        seats: parts,
        topics: asked(&t, &view.topics, (form, &problems)),
        choices: choices(&t, false),
        official,
        counted: view.vote.state == Stand::Closed && !view.vote.seal.is_empty(),
        paper: seats.first().filter(|_| offered).map(|one| one.seat.no.to_string()).unwrap_or_default(),
        just,
        asked: caller.info.query().contains("paper=1"),
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /my-home/votes/{id}`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let (district, home) = home_of_session(&caller, &hall, &headers).await?;
    let at = (district, &home, id(&vote)?);
    let just = caller.info.query().contains("cast=1");
    Ok(private(Page(page(&caller, &hall, at, (&FormMap::default(), Problems::default(), just)).await?)))
}

/// `POST /my-home/votes/{id}`.
pub(crate) async fn cast(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Response, AppError> {
    let (district, home) = home_of_session(&caller, &hall, &headers).await?;
    let vote: VoteId = id(&vote)?;
    let done = async {
        let office = office(&hall)?;
        let (view, _) = queries::at_home(&mut hall.read().await?.conn(), &office, (district, vote, &home), hall.now()).await?;
        let (seat, choices) = (word::<i64>(&form, "seat")?, said(&form, &view.topics)?);
        let mut tx = hall.begin(district).await?;
        let receipt = cast_online(&caller.ctx, &mut tx, &office, vote, (seat, &choices)).await?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(receipt)
    };
    let at = (district, &home, vote);
    match done.await {
        // Loaded again, the page shows the receipt and sends nothing.
        Ok(_) => Ok(Redirect::to(&format!("/my-home/votes/{vote}?cast=1")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, at, (&form, error.into_problems()?, false)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /my-home/votes/{id}/paper`.
pub(crate) async fn paper(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Response, AppError> {
    let (district, _) = home_of_session(&caller, &hall, &headers).await?;
    let (vote, seat): (VoteId, i64) = (id(&vote)?, word(&form, "seat")?);
    let mut tx = hall.begin(district).await?;
    ask_for_paper(&caller.ctx, &mut tx, vote, seat).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to(&format!("/my-home/votes/{vote}?paper=1")).into_response())
}
