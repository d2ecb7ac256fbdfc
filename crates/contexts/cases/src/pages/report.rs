//! Reporting from a board: the place is known, photo or words first, no account.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem as FormProblem, FormMap, Page, Problems, Shell, T};
use serde::Deserialize;

use super::classing::{self, Looked};
use super::{keep_photos, neighbours, office, place_of_board, say_where, store, window, words};
use crate::commands::{self, Classed, NewReport};
use crate::error::{CasesError, FieldProblem};
use crate::queries;

/// Whom a desk passes on what it was told.
const POLICE: &str = "110";

/// Where a report begins.
#[derive(Debug, Deserialize)]
pub(crate) struct At {
    #[serde(default)]
    at: String,
    #[serde(default)]
    class: String,
}

/// Something that is already known here.
struct Known {
    title: String,
    number: String,
    /// Where: here, or what the place is called.
    place: String,
    tone: &'static str,
    word: String,
    promised: String,
}

/// Where something belongs that is not taken up here.
struct Told {
    name: String,
    to: String,
    call: Vec<String>,
}

/// The page of a neighbour at a board.
#[derive(Template)]
#[template(path = "cases-report.html")]
struct ReportPage {
    shell: Shell,
    t: T,
    form: Report,
}

/// The page of a desk, or of staff at a board: the house around it is theirs, and it asks for what they were told.
#[derive(Template)]
#[template(path = "cases-intake-case.html")]
struct IntakePage {
    shell: Shell,
    t: T,
    form: Report,
}

/// What the form of a report shows; both pages have it.
struct Report {
    place: String,
    at: String,
    known: Vec<Known>,
    classes: Vec<Choice>,
    class: String,
    what: String,
    join: String,
    phone: String,
    phone_label: String,
    phone_hint: String,
    /// By which way staff were told; nothing to choose for everybody else.
    told: Vec<Choice>,
    told_by: String,
    /// What staff note of the call; the reporter does not read it.
    call_notes: String,
    /// Where staff look up a 12345 class or a matter; nobody else is asked for one.
    looked: Option<Looked>,
    elsewhere: Option<Told>,
    /// Whether staff may write down that they passed it on to the police, and what they wrote.
    passes_on: bool,
    handed_note: String,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "cases-report-where.html")]
struct WherePage {
    shell: Shell,
    t: T,
    unknown: bool,
}

/// `GET /report?at=CODE`. Without a place residents are told to scan the board; staff type it.
pub(crate) async fn form(caller: Caller, State(hall): State<Hall>, Query(at): Query<At>) -> Result<Response, AppError> {
    match place(&hall, &at.at).await? {
        Some(found) => {
            let mut read = hall.read().await?;
            let page = page(&caller, &hall, &mut read.conn(), found, &at.at, &typed(&at.class), Problems::default()).await?;
            Ok(shown(&caller, page))
        }
        None if at.at.is_empty() && caller.ctx.person().is_some() => Ok(Redirect::to("/desk/new").into_response()),
        None => Ok(no_place(&caller, &at.at)),
    }
}

/// `POST /report`: the report, then the private page of the new case.
pub(crate) async fn send(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let at = form.typed("at").to_owned();
    let found = place(&hall, &at).await?;
    let Some((district, place)) = found else { return Ok(no_place(&caller, &at)) };
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    if form.typed("look") == "1" {
        let mut read = hall.read().await?;
        let page = page(&caller, &hall, &mut read.conn(), (district, place), &at, &form, Problems::default()).await?;
        return Ok(shown(&caller, page));
    }
    if let Some(elsewhere) = belongs_elsewhere(&hall, &place, &form, caller.info.now())? {
        let passes_on = caller.ctx.person().is_some() && elsewhere.call.iter().any(|number| number == POLICE);
        let mut problems = Problems::default();
        if passes_on && form.typed("handed") == "1" {
            match pass_on(&caller, &hall, (district, &place), (&elsewhere, &form)).await {
                Ok(()) => return Ok(Redirect::to("/desk/handover#passed-on").into_response()),
                Err(error) => problems = error.into_problems()?,
            }
        } else {
            let mut tx = hall.begin(district).await?;
            let at = place.at_level(PlaceLevel::Entrance);
            commands::told_elsewhere(&as_neighbour(&caller.ctx, district, &place), &mut tx, &at, &elsewhere);
            hall.commit(tx).await?;
        }
        let mut read = hall.read().await?;
        let page = page(&caller, &hall, &mut read.conn(), (district, place), &at, &form, problems).await?;
        let english = words::english(caller.info.t());
        let told = Told { name: elsewhere.name(english).to_owned(), to: elsewhere.to(english).to_owned(), call: elsewhere.call };
        let page = Report { elsewhere: Some(told), passes_on, ..page };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&caller, page)).into_response());
    }
    match accept(&caller, &hall, (district, place.clone()), &form).await {
        Ok(reported) => {
            let joined = join(&caller, &hall, district, &reported, form.typed("join")).await?;
            let said = if joined { "" } else { "?new=1" };
            Ok(Redirect::to(&format!("/r/{}{said}", reported.link.secret_text())).into_response())
        }
        Err(error) => {
            let problems = error.into_problems()?;
            let mut read = hall.read().await?;
            let page = page(&caller, &hall, &mut read.conn(), (district, place), &at, &form, problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, shown(&caller, page)).into_response())
        }
    }
}

/// Writes down that a desk passed on to the police what it was told, instead of a case.
async fn pass_on(
    caller: &Caller,
    hall: &Hall,
    (district, place): (DistrictId, &PlacePath),
    (elsewhere, form): (&crate::rules::Elsewhere, &FormMap),
) -> Result<(), AppError> {
    let mut ctx = caller.ctx.clone();
    if !form.typed("told_by").is_empty() {
        ctx.channel = super::actions::told_by(form);
    }
    let mut tx = hall.begin(district).await?;
    let noted = (elsewhere, form.typed("handed_note"));
    commands::pass_on(&ctx, &mut tx, &place.at_level(PlaceLevel::Entrance), noted).await?;
    hall.commit(tx).await
}

/// What the words say is taken up elsewhere, unless the class that was chosen is believed or the reporter says that it is something else.
fn belongs_elsewhere(
    hall: &Hall,
    place: &PlacePath,
    form: &FormMap,
    now: linli_kernel::Ts,
) -> Result<Option<crate::rules::Elsewhere>, AppError> {
    if form.typed("insist") == "1" {
        return Ok(None);
    }
    let rules = office(hall)?.rules(place, now).map_err(CasesError::from)?;
    Ok(commands::belongs_elsewhere(&rules, Some(form.typed("class")), form.typed("what")).cloned())
}

async fn accept(
    caller: &Caller,
    hall: &Hall,
    (district, place): (DistrictId, PlacePath),
    form: &FormMap,
) -> Result<commands::Reported, AppError> {
    let mut read = form.reader();
    let joins = form.typed("join");
    // Who only says 「我家也是」 need not say it again in words, and a photo may say it all.
    let shown = form.files("photo").next().is_some();
    let least = usize::from(joins.is_empty() && !shown);
    let mut description = read.text("what", &caller.info.t().s("cases-report-what"), least..=commands::DESCRIPTION_MAX);
    let phone = read.phone("phone");
    let uploads = read.files("photo", commands::PHOTOS_MAX);
    read.finish()?;
    can_be_joined(caller, hall, (district, &place), joins).await?;
    if description.is_empty() {
        let t = caller.info.t();
        description =
            if joins.is_empty() { t.s("cases-report-see-photo").into_owned() } else { t.v("cases-join-words", "number", joins) };
    }
    let class = Some(form.typed("class").to_owned()).filter(|class| !class.is_empty());
    let input = NewReport { place, class, description, photos: Vec::new(), phone, point_e7: None };
    let reported_at = input.place.clone();
    let mut ctx = as_neighbour(&caller.ctx, district, &reported_at);
    if ctx.person().is_some() && !form.typed("told_by").is_empty() {
        ctx.channel = super::actions::told_by(form);
    }
    let classed = if caller.ctx.person().is_some() { classed(hall, district, form).await? } else { Classed::default() };
    let prepared = commands::prepare_told(&ctx, office(hall)?.as_ref(), input, (classed, form.typed("call_notes")))?;
    if ctx.person().is_none() {
        hall.limits().check("report", linli_webkit::rate::address(caller.info.client_ip()))?;
    }
    let prepared = say_where(hall, district, prepared).await?;
    if !uploads.is_empty() && ctx.person().is_none() {
        // Developing photos is the most that anybody without an account can make this machine do.
        for _ in &uploads {
            hall.limits().check("photo", linli_webkit::rate::address(caller.info.client_ip()))?;
        }
    }
    let prepared = prepared.with_photos(keep_photos(hall, &ctx, uploads).await?);
    Ok(window(hall)?.report(district, ctx, prepared).await?)
}

/// What a desk chose of the 12345 list and of the matters.
async fn classed(hall: &Hall, district: DistrictId, form: &FormMap) -> Result<Classed, AppError> {
    let (message, matter) = classing::chosen(form)?;
    let message = match message {
        None => None,
        Some(id) => {
            let found = queries::message_class(&mut hall.read().await?.conn(), district, id).await?;
            Some(found.ok_or(CasesError::Field { field: "message", problem: FieldProblem::NotInTheList })?)
        }
    };
    Ok(Classed { message, matter })
}

/// Whether what the reporter says his report is the same as can be joined. Asked before anything is filed: a report that says no more than
/// 「与某号是同一件事」 would be a case about nothing.
async fn can_be_joined(
    caller: &Caller,
    hall: &Hall,
    (district, place): (DistrictId, &PlacePath),
    number: &str,
) -> Result<(), AppError> {
    if number.is_empty() {
        return Ok(());
    }
    let mut read = hall.read().await?;
    let key = match queries::open_by_number(&caller.ctx, &mut read.conn(), (district, place), number).await {
        Ok(_) => return Ok(()),
        Err(CasesError::Field { problem: FieldProblem::NotAnotherOpenCase, .. }) => "cases-join-ended",
        Err(CasesError::Field { .. }) => "cases-join-unknown",
        Err(error) => return Err(error.into()),
    };
    Err(AppError::invalid(vec![FormProblem::new("join", key).arg("number", number)]))
}

/// Lets a report that was just filed go on as one that was known before; whether it does. What ended in the moment between stays a case of its
/// own: nobody loses a report over it.
async fn join(
    caller: &Caller,
    hall: &Hall,
    district: DistrictId,
    reported: &commands::Reported,
    other: &str,
) -> Result<bool, AppError> {
    if other.is_empty() {
        return Ok(false);
    }
    let mut ctx = caller.ctx.clone();
    // The key of the form names the report.
    ctx.idempotency_key = ctx.idempotency_key.map(|key| format!("{key}-join"));
    let mut tx = hall.begin(district).await?;
    match commands::join(&ctx, &mut tx, office(hall)?.as_ref(), commands::Which::Link(&reported.link), other).await {
        Ok(_) => hall.commit(tx).await.map(|()| true),
        Err(CasesError::Field { .. } | CasesError::Transition(_)) => Ok(reported.again),
        Err(error) => Err(error.into()),
    }
}

/// Staff who stand at a board outside their reach report there as anybody else.
pub(crate) fn as_neighbour(ctx: &Ctx, district: DistrictId, place: &PlacePath) -> Ctx {
    let mut ctx = ctx.clone();
    if ctx.may(Action::Create, Resource::Case, district, place).is_err() && !matches!(ctx.actor, Actor::Resident { .. }) {
        ctx.actor = Actor::Visitor;
    }
    ctx
}

async fn place(hall: &Hall, code: &str) -> Result<Option<(DistrictId, PlacePath)>, AppError> {
    if code.is_empty() { Ok(None) } else { place_of_board(hall, code).await }
}

fn typed(class: &str) -> FormMap {
    FormMap::from_pairs(&[("class", class)])
}

fn no_place(caller: &Caller, at: &str) -> Response {
    let t = caller.info.t().clone();
    let page = WherePage { shell: caller.shell(t.s("cases-report-title")), t, unknown: !at.is_empty() };
    let status = if at.is_empty() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    (status, Page(page)).into_response()
}

/// Who entered it found it, or somebody told him.
fn told(t: &T) -> Vec<Choice> {
    ["phone", "doorstep", "paper"].map(|way| Choice::new(way, t.s(&format!("cases-told-{way}")))).into()
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    c: &mut Conn<'_>,
    (district, place): (DistrictId, PlacePath),
    at: &str,
    form: &FormMap,
    problems: Problems,
) -> Result<Report, AppError> {
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let rules = office(hall)?.rules(&place, now).map_err(CasesError::from)?;
    let said = (form.typed("class"), form.typed("what"));
    let open = queries::similar_open(c, rules.classes(), (district, &place), said).await.map_err(store)?;
    let places: Vec<PlacePath> = open.iter().map(|similar| similar.place.clone()).collect();
    let names = neighbours(hall)?.place_names(c, district, &places).await.map_err(store)?;
    let known: Vec<Known> = open
        .into_iter()
        .zip(names)
        .map(|(queries::Similar { row, place: at }, name)| Known {
            title: words::class_name(&rules, &t, &row.class),
            place: if at == place { t.s("cases-report-known-here").into_owned() } else { name },
            tone: words::state_tone(row.state),
            word: words::state_word(&t, row.state),
            promised: row.promised.map(|due| t.v("cases-promised", "when", t.when(due, now))).unwrap_or_default(),
            number: row.number,
        })
        .collect();
    // What cannot be joined is not chosen when the form is shown again.
    let join = Some(form.typed("join")).filter(|number| known.iter().any(|known| known.number == *number));
    let join = join.unwrap_or_default().to_owned();
    let english = words::english(&t);
    let staff = caller.ctx.person().is_some();
    let looked = match caller.ctx.person() {
        Some(_) => {
            let chosen = (form.typed("message"), form.typed("matter"));
            Some(classing::look_up(c, (&t, &rules), (district, &place), form.typed("q"), chosen).await?)
        }
        None => None,
    };
    Ok(Report {
        looked,
        place: neighbours(hall)?.place_name(c, district, &place).await.map_err(store)?,
        at: at.to_owned(),
        known,
        classes: rules
            .classes()
            .all()
            .filter(|class| class.offered)
            .map(|class| Choice::new(&class.code, class.name(english)))
            .collect(),
        class: form.typed("class").to_owned(),
        what: form.typed("what").to_owned(),
        join,
        phone: form.typed("phone").to_owned(),
        phone_label: t.s(if staff { "cases-report-phone-caller" } else { "cases-report-phone" }).into_owned(),
        phone_hint: t.s(if staff { "cases-report-phone-caller-hint" } else { "cases-report-phone-hint" }).into_owned(),
        told: if staff { told(&t) } else { Vec::new() },
        told_by: form.typed("told_by").to_owned(),
        call_notes: form.typed("call_notes").to_owned(),
        elsewhere: None,
        passes_on: false,
        handed_note: form.typed(if form.typed("handed") == "1" { "handed_note" } else { "call_notes" }).to_owned(),
        problems,
    })
}

/// The page around the form: that of the desk for staff, the public one for everybody else.
fn shown(caller: &Caller, form: Report) -> Response {
    let t = caller.info.t().clone();
    if caller.ctx.person().is_some() {
        Page(IntakePage { shell: caller.shell(t.s("cases-intake-title")), t, form }).into_response()
    } else {
        Page(ReportPage { shell: caller.shell(t.s("cases-report-title")), t, form }).into_response()
    }
}
