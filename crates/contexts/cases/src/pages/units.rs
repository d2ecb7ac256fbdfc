//! What an organisation opens by its private link (承办单位专页): its open cases, the calls to it, and the forms for both.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_webkit::i18n::Clockface;
use linli_webkit::view::{Choice, Step, Thumb};
use linli_webkit::{AppError, FieldProblem as FormProblem, FormMap, Page, Problems, Shell, T};

use super::{keep_photos, neighbours, office, store, words};
use crate::commands::{self, CallAnswer, Finish};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Call, CallKind, CallOutcome, Case, CaseId, Event, UnitLink};
use crate::queries;
use crate::token::LinkToken;

/// The most photos read from a form; the command has the last word.
const FORM_PHOTOS: usize = 6;

/// A case or a call as a row.
struct Row {
    href: String,
    class: String,
    place: String,
    title: String,
    number: String,
    tone: &'static str,
    word: String,
    clock: Option<Clockface>,
}

#[derive(Template)]
#[template(path = "cases-unit.html")]
struct UnitPage {
    shell: Shell,
    t: T,
    until: String,
    calls: Vec<Row>,
    cases: Vec<Row>,
    waiting: Vec<Row>,
}

/// A call as the page of a case shows it.
pub(super) struct CallLine {
    pub(super) id: String,
    pub(super) unit: String,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
    /// Whether an answer is waited for.
    pub(super) open: bool,
}

#[derive(Template)]
#[template(path = "cases-unit-case.html")]
struct UnitCasePage {
    shell: Shell,
    t: T,
    home: String,
    base: String,
    unit: String,
    class: String,
    place: String,
    case: Case,
    tone: &'static str,
    word: String,
    clock: Option<Clockface>,
    promise: String,
    why: Vec<String>,
    photos: Vec<Thumb>,
    steps: Vec<Step>,
    handled_under: String,
    possible: Vec<Event>,
    owned: bool,
    calls: Vec<CallLine>,
    may_ask_time: bool,
    asked_time: String,
    clocks: Vec<Choice>,
    call_first: Vec<String>,
    problems: Problems,
    /// The form that was sent and has to be looked at again, and what was typed in it.
    opened: String,
    typed: FormMap,
}

impl UnitCasePage {
    fn can(&self, event: &str) -> bool {
        self.possible.iter().any(|possible| possible.as_str() == event)
    }

    fn opens(&self, form: &str) -> bool {
        self.opened == form
    }

    /// What sets the fields of a form apart from those of equal name in the others.
    fn under(&self, form: &str) -> String {
        if self.opens(form) { String::new() } else { format!("{form}-") }
    }

    /// What was typed into a field of a form that has to be looked at again.
    fn said(&self, form: &str, field: &str) -> &str {
        if self.opens(form) { self.typed.typed(field) } else { "" }
    }

    fn wrong(&self, form: &str, field: &str) -> String {
        if self.opens(form) { self.problems.text(&self.t, field) } else { String::new() }
    }
}

/// How a call stands, in a word with its colour.
fn call_word(t: &T, call: &Call, now: Ts) -> (&'static str, String) {
    match call.outcome {
        Some(CallOutcome::Comes) => {
            let at = call.comes_at.map(|at| t.moment(at)).unwrap_or_default();
            ("well", t.v("cases-call-comes", "at", at))
        }
        Some(CallOutcome::Done) => ("well", t.s("cases-call-done").into_owned()),
        Some(CallOutcome::Explained) => ("info", t.s("cases-call-explained").into_owned()),
        None if call.is_overdue(now) => ("act", t.s("cases-call-silent").into_owned()),
        None => ("soon", t.s("cases-call-open").into_owned()),
    }
}

/// A call as a line: who is called to do what, by when.
pub(super) fn call_line(t: &T, call: &Call, unit: &str, now: Ts) -> CallLine {
    let key = format!("cases-call-line-{}", call.kind);
    let (tone, word) = call_word(t, call, now);
    let by = t.moment(call.answer_by);
    CallLine {
        id: call.id.to_string(),
        unit: unit.to_owned(),
        kind: call.kind.as_str(),
        text: t.with(&key, &[("unit", unit.to_owned().into()), ("by", by.into())]),
        tone,
        word,
        open: call.outcome.is_none(),
    }
}

fn parse(token: &str) -> Result<LinkToken, CasesError> {
    token.parse().map_err(|_| CasesError::LinkUnknown)
}

/// Opens the door and writes down that it was opened.
async fn open(caller: &Caller, hall: &Hall, token: &LinkToken, case: Option<CaseId>) -> Result<UnitLink, AppError> {
    let district = queries::unit_door(&mut hall.read().await?.conn(), token, caller.ctx.now()).await?.district;
    let mut tx = hall.begin(district).await?;
    let link = commands::note_opening(&caller.ctx, &mut tx, token, case).await?;
    hall.commit(tx).await?;
    Ok(link)
}

/// `GET /u/{token}`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>, Path(token): Path<String>) -> Result<Response, AppError> {
    let link = open(&caller, &hall, &parse(&token)?, None).await?;
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let desk = queries::unit_desk(c, &link).await?;
    let places = desk.cases.iter().chain(desk.calls.iter().map(|(_, case)| case)).map(|case| case.place.clone());
    let places: Vec<PlacePath> = places.collect::<BTreeSet<_>>().into_iter().collect();
    let names = neighbours(&hall)?.place_names(c, link.district, &places).await.map_err(store)?;
    let names: HashMap<PlacePath, String> = places.into_iter().zip(names).collect();
    let (mut cases, mut waiting, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for case in &desk.cases {
        let row = row(&caller, &hall, &names, &token, case)?;
        if case.finished_at.is_none() { cases.push(row) } else { waiting.push(row) }
    }
    for (call, case) in &desk.calls {
        let (tone, word) = call_word(&t, call, now);
        let clock = call.outcome.is_none().then(|| t.clock(call.answer_by, now));
        let row = row(&caller, &hall, &names, &token, case)?;
        calls.push(Row {
            class: t.s(&format!("cases-call-kind-{}", call.kind)).into_owned(),
            title: row.class,
            tone,
            word,
            clock,
            ..row
        });
    }
    let name = queries::unit_name(c, link.district, link.unit).await?.unwrap_or_default();
    let until = t.v("cases-unit-until", "at", t.moment(link.expires_at));
    let page = UnitPage { shell: Shell::new(&caller.info, name), until, calls, cases, waiting, t };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

fn row(caller: &Caller, hall: &Hall, names: &HashMap<PlacePath, String>, token: &str, case: &Case) -> Result<Row, AppError> {
    let (t, now) = (caller.info.t(), caller.info.now());
    let rules = office(hall)?.rules_of(case, now).map_err(CasesError::from)?;
    let (class, title) = words::headline(&rules, t, case);
    Ok(Row {
        href: format!("/u/{token}/cases/{}", case.id),
        class,
        place: names.get(&case.place).cloned().unwrap_or_default(),
        title,
        number: case.number.clone(),
        tone: words::state_tone(case.state),
        word: words::desk_state_word(t, case.state),
        clock: words::clock(t, case, now),
    })
}

/// `GET /u/{token}/cases/{id}`.
pub(crate) async fn case(
    caller: Caller,
    State(hall): State<Hall>,
    Path((token, id)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let id: CaseId = id.parse().map_err(|_| CasesError::NotFound)?;
    let link = open(&caller, &hall, &parse(&token)?, Some(id)).await?;
    case_page(&caller, &hall, (&token, &link, id), (Problems::default(), "", FormMap::default())).await
}

async fn case_page(
    caller: &Caller,
    hall: &Hall,
    (token, link, id): (&str, &UnitLink, CaseId),
    (problems, opened, typed): (Problems, &str, FormMap),
) -> Result<Response, AppError> {
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, now) = (caller.info.t().clone(), caller.info.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let seen = queries::unit_case(c, &office, link, (id, now)).await?;
    let case = seen.case;
    let rules = office.rules_of(&case, now).map_err(CasesError::from)?;
    let base = format!("/u/{token}/cases/{id}");
    let mut people = words::People::of(neighbours.as_ref(), case.district).with(&rules);
    let why = match queries::why_due(c, &office, case.district, id).await? {
        Some(why) => words::why(&t, &why),
        None => Vec::new(),
    };
    let unit = queries::unit_name(c, link.district, link.unit).await?.unwrap_or_default();
    let class = words::class_name(&rules, &t, &case.class);
    let page = UnitCasePage {
        shell: Shell::new(&caller.info, format!("{class} · {}", case.number)),
        home: format!("/u/{token}"),
        place: neighbours.place_name(c, case.district, &case.place).await.map_err(store)?,
        tone: words::state_tone(case.state),
        word: words::desk_state_word(&t, case.state),
        clock: words::clock(&t, &case, now),
        promise: case.due_at.map(|due| t.moment(due)).unwrap_or_default(),
        photos: words::thumbs(&t, &base, &seen.photos, None),
        steps: words::steps(c, &t, &mut people, (&seen.timeline, &seen.photos, &base)).await?,
        handled_under: words::handled_under(&t, &rules),
        calls: seen.calls.iter().map(|call| call_line(&t, call, &unit, now)).collect(),
        clocks: rules.clocks().all().map(|clock| Choice::new(&clock.code, words::term(&t, &clock.term))).collect(),
        call_first: if case.is_open() { rules.classes().call_now(&case.description, case.emergency) } else { Vec::new() },
        asked_time: seen.asked_time.map(|at| t.v("cases-unit-asked", "at", t.moment(at))).unwrap_or_default(),
        possible: seen.possible,
        owned: seen.owned,
        may_ask_time: seen.may_ask_time,
        opened: opened.to_owned(),
        typed,
        base,
        unit,
        class,
        case,
        why,
        problems,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// What every form begins with: the key of the form, the link, the district, the case.
async fn begin(
    caller: &mut Caller,
    hall: &Hall,
    (token, id): &(String, String),
    form: &FormMap,
) -> Result<(LinkToken, UnitLink, CaseId), AppError> {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    let (link, id) = (parse(token)?, id.parse().map_err(|_| CasesError::NotFound)?);
    let door = queries::unit_door(&mut hall.read().await?.conn(), &link, caller.ctx.now()).await?;
    Ok((link, door, id))
}

/// After a command: back to the case, or to the list when it is not the organisation's any more; the form again when a field is wrong.
async fn ended(
    caller: &Caller,
    hall: &Hall,
    (token, link, id): (&str, &UnitLink, CaseId),
    (opened, to, form): (&str, String, FormMap),
    done: Result<(), AppError>,
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to(&to).into_response()),
        Err(error) if error.status() == StatusCode::CONFLICT && !caller.info.json() => {
            // How it stands now is seen on the case itself; where it is not the organisation's any more, there is only the error.
            let said = Problems(vec![FormProblem::new("case", &error.code().text_key())]);
            match case_page(caller, hall, (token, link, id), (said, "", FormMap::default())).await {
                Ok(page) => Ok((StatusCode::CONFLICT, page).into_response()),
                Err(_) => Err(error),
            }
        }
        Err(error) => {
            let status = error.status();
            let problems: Problems = error.into_problems()?;
            Ok((status, case_page(caller, hall, (token, link, id), (problems, opened, form)).await?).into_response())
        }
    }
}

fn back(at: &(String, String)) -> String {
    format!("/u/{}/cases/{}", at.0, at.1)
}

/// Handlers of the forms behind a link: each ends in one command in a transaction of its own, and leads back to the case, or to where
/// `to` says. In the body stand the context, the transaction, the office, the link, the id of the case and the form, by the names given.
macro_rules! unit_forms {
    ($( $(#[$doc:meta])* $name:ident as $opened:expr, to $to:ident, ($ctx:pat, $tx:pat, $office:pat, $token:pat, $id:pat, $form:pat) => $body:expr; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            mut caller: Caller,
            State(hall): State<Hall>,
            Path(at): Path<(String, String)>,
            form: FormMap,
        ) -> Result<Response, AppError> {
            let (token, link, id) = begin(&mut caller, &hall, &at, &form).await?;
            let done = async {
                let office = office(&hall)?;
                let mut tx = hall.begin(link.district).await?;
                {
                    let ($ctx, $tx, $office, $token, $id, $form) = (&caller.ctx, &mut tx, office.as_ref(), &token, id, &form);
                    $body;
                }
                hall.commit(tx).await
            }
            .await;
            let opened: fn(&FormMap) -> String = $opened;
            ended(&caller, &hall, (&at.0, &link, id), (&opened(&form), $to(&at), form), done).await
        }
    )+ };
}

unit_forms! {
    /// `POST /u/{token}/cases/{id}/take`.
    take as |_| "take".to_owned(), to back, (ctx, tx, office, link, id, _) => {
        commands::take_as_unit(ctx, tx, office, link, id).await?
    };

    /// `POST /u/{token}/cases/{id}/note`: how far it is.
    note as |_| "note".to_owned(), to back, (ctx, tx, _, link, id, form) => {
        let public = form.reader().ticked("public");
        commands::note_as_unit(ctx, tx, link, (id, form.typed("note"), public)).await?
    };

    /// `POST /u/{token}/cases/{id}/return`: not ours.
    give_back as |_| "return".to_owned(), to list_of, (ctx, tx, office, link, id, form) => {
        commands::return_as_unit(ctx, tx, office, link, (id, form.typed("reason"))).await?
    };

    /// `POST /u/{token}/cases/{id}/ask-time`.
    ask_time as |_| "ask-time".to_owned(), to back, (ctx, tx, office, link, id, form) => {
        commands::ask_time(ctx, tx, office, link, (id, form.typed("clock"), form.typed("reason"))).await?
    };

    /// `POST /u/{token}/cases/{id}/answer-call`: it comes, has done its part, or says why not.
    answer_call as |form| form.typed("call").to_owned(), to back, (ctx, tx, _, link, _, form) => {
        let call = form.typed("call").parse().map_err(|_| CasesError::NotFound)?;
        commands::answer_call(ctx, tx, link, (call, call_answer_of(form)?)).await?
    };
}

/// The list behind the link, for a case that is not the organisation's any more.
fn list_of(at: &(String, String)) -> String {
    format!("/u/{}", at.0)
}

/// `POST /u/{token}/cases/{id}/finish`, with photos.
pub(crate) async fn finish(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(at): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let (token, link, id) = begin(&mut caller, &hall, &at, &form).await?;
    let office = office(&hall)?;
    let done = async {
        // Nobody's photos are developed and stored before it is clear that the case is the sender's.
        let seen = queries::unit_case(&mut hall.read().await?.conn(), &office, &link, (id, caller.ctx.now())).await?;
        if !seen.owned {
            return Err(CasesError::NotFound.into());
        }
        let mut read = form.reader();
        let uploads = read.files("photo", FORM_PHOTOS);
        let (done, because) = (read.optional("done", commands::NOTE_MAX), read.optional("no_photo_because", commands::NOTE_MAX));
        read.finish()?;
        let input = Finish { photos: keep_photos(&hall, &caller.ctx, uploads).await?, no_photo_because: because, done };
        let mut tx = hall.begin(link.district).await?;
        commands::finish_as_unit(&caller.ctx, &mut tx, &office, &token, (id, input)).await?;
        hall.commit(tx).await
    }
    .await;
    ended(&caller, &hall, (&at.0, &link, id), ("finish", back(&at), form), done).await
}

/// An instant as a form gives it: a day and a time of day in Beijing.
pub(super) fn instant(field: &'static str, typed: &str) -> Result<Ts, CasesError> {
    let wrong = || CasesError::Field { field, problem: FieldProblem::NotWithinAYear };
    let at: jiff::civil::DateTime = typed.trim().parse().map_err(|_| wrong())?;
    Ts::from_local(at).ok_or_else(wrong)
}

/// What a form says that an organisation answers to a call.
pub(super) fn call_answer_of(form: &FormMap) -> Result<CallAnswer<'_>, CasesError> {
    let words = form.typed("words");
    Ok(match (form.typed("answer"), form.typed("kind")) {
        ("no", _) => CallAnswer::Explained { reason: words },
        (_, kind) if kind == CallKind::Assist.as_str() => CallAnswer::Done { words },
        _ => CallAnswer::Comes { at: instant("comes_at", form.typed("comes_at"))?, words },
    })
}

/// Whose photos these are, for those who hold the link.
pub(super) async fn photo_of(hall: &Hall, token: &str, id: &str) -> Result<(DistrictId, CaseId), AppError> {
    let (token, id) = (parse(token)?, id.parse().map_err(|_| CasesError::NotFound)?);
    let (office, now) = (office(hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let link = queries::unit_door(c, &token, now).await?;
    let seen = queries::unit_case(c, &office, &link, (id, now)).await?;
    Ok((link.district, seen.case.id))
}
