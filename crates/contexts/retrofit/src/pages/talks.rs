//! Meetings, the property company at the table, objections with mediation to an end.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::{Choice, Step};
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{Tab, answered, choices, home_name, lift_id, number, office, optional, private, run, tabs, take_key, whole, word};
use crate::commands::{project, talks as commands};
use crate::error::RetrofitError;
use crate::model::{Matter, Objection, ObjectionEvent, ObjectionState};
use crate::queries::Whole;

struct MeetingRow {
    day: String,
    subject: String,
    came: String,
    outcome: String,
}

struct ObjectionRow {
    id: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
    steps: Vec<Step>,
    events: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "lift-talks.html")]
struct TalksPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    id: String,
    title: String,
    tabs: Vec<Tab>,
    works: bool,
    hears: bool,
    property: String,
    property_note: String,
    meetings: Vec<MeetingRow>,
    held: String,
    objections: Vec<ObjectionRow>,
    matters: Vec<Choice>,
    homes: Vec<Choice>,
}

impl TalksPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

const fn tone(state: ObjectionState) -> &'static str {
    match state {
        ObjectionState::Raised | ObjectionState::ToCourt => "act",
        ObjectionState::Talking | ObjectionState::Mediating => "soon",
        ObjectionState::Settled | ObjectionState::Withdrawn | ObjectionState::Judged => "well",
    }
}

fn objection(t: &T, whole: &Whole, one: &Objection) -> ObjectionRow {
    let home = one.home.as_ref().and_then(|place| whole.homes.iter().find(|home| home.place == *place));
    let who = match home {
        Some(home) if whole.hears => home_name(t, home),
        Some(_) => t.s("lift-objection-own").into_owned(),
        None => t.s("lift-objection-other").into_owned(),
    };
    let written = t.s(if one.written { "lift-written" } else { "lift-spoken" }).into_owned();
    let step = |(_, step): &(_, crate::model::ObjectionStep)| Step {
        at: step.at,
        text: t.s(&format!("lift-event-{}", step.event)).into_owned(),
        who: String::new(),
        note: step.said.clone().unwrap_or_default(),
        photos: Vec::new(),
        state: "",
    };
    let next = ObjectionEvent::ALL.iter().filter(|event| whole.lifts.value.objection(one.state, **event).is_some());
    ObjectionRow {
        id: one.id.to_string(),
        title: t.s(&format!("lift-matter-{}", one.matter)).into_owned(),
        line: t
            .with("lift-objection-line", &[("who", who.into()), ("day", one.day.as_str().into()), ("written", written.into())]),
        tone: tone(one.state),
        word: t.s(&format!("lift-objection-{}", one.state)).into_owned(),
        steps: whole.objection_steps.iter().rev().filter(|(of, _)| *of == one.id).map(step).collect(),
        events: choices(t, "lift-event", next.map(|event| event.as_str())),
    }
}

async fn page(caller: &Caller, hall: &Hall, id: &str, (form, problems): (&FormMap, Problems)) -> Result<TalksPage, AppError> {
    let t = caller.info.t().clone();
    let whole = whole(caller, hall, id).await?;
    let project = &whole.project;
    let meeting = |one: &crate::model::Meeting| MeetingRow {
        day: one.day.clone(),
        subject: one.subject.clone(),
        came: t.n("lift-came", one.attended),
        outcome: one.outcome.clone(),
    };
    Ok(TalksPage {
        shell: caller.shell(t.v("lift-talks-title", "title", &project.title)).live("/lifts/live"),
        title: project.title.clone(),
        tabs: tabs(&t, project.id, "talks"),
        works: whole.works,
        hears: whole.hears,
        property: match &project.property_on {
            Some(day) => {
                t.with("lift-property-line", &[("day", day.as_str().into()), ("who", project.property_by.as_str().into())])
            }
            None => t.s("lift-property-none").into_owned(),
        },
        property_note: project.property_note.clone(),
        meetings: whole.meetings.iter().map(meeting).collect(),
        held: t.n("lift-meetings-held", whole.meetings.len()),
        objections: whole.objections.iter().map(|one| objection(&t, &whole, one)).collect(),
        matters: choices(&t, "lift-matter", Matter::ALL.iter().map(|one| one.as_str())),
        homes: whole.homes.iter().map(|home| Choice::new(home.place.to_string(), home_name(&t, home))).collect(),
        id: id.to_owned(),
        form: form.clone(),
        problems,
        t,
    })
}

/// `GET /lifts/{id}/talks`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, &id, (&FormMap::default(), Problems::default())).await?)))
}

async fn answer(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    answered(done, &format!("/lifts/{id}/talks"), async |problems| page(caller, hall, id, (form, problems)).await).await
}

/// `POST /lifts/{id}/property`.
pub(crate) async fn property(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let lift = lift_id(&id)?;
        let what = (form.typed("property_on"), form.typed("property_by"), form.typed("property_note"));
        run!(caller, hall, tx => project::property(&caller.ctx, tx, lift, what))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /lifts/{id}/meetings`.
pub(crate) async fn meet(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let lift = lift_id(&id)?;
        let attended = number(&form, "attended", (0, 400))?;
        let what = (form.typed("meeting_on"), form.typed("subject"), attended, form.typed("outcome"));
        run!(caller, hall, tx => commands::meet(&caller.ctx, tx, lift, what)).map(|_| ())
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /lifts/{id}/objections`.
pub(crate) async fn object(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        let (home, matter): (Option<PlacePath>, Matter) = (optional(&form, "home")?, word(&form, "matter")?);
        let written = !form.typed("written").is_empty();
        let what = (home.as_ref(), matter, written, form.typed("said"));
        run!(caller, hall, tx => commands::object(&caller.ctx, tx, &office, lift, what)).map(|_| ())
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}

/// `POST /lifts/{id}/objections/{objection}`.
pub(crate) async fn step(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, objection)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (lift, office) = (lift_id(&id)?, office(&hall)?);
        let at = (lift, objection.parse().map_err(|_| RetrofitError::NotFound)?);
        let what = (word(&form, "event")?, form.typed("said"));
        run!(caller, hall, tx => commands::step(&caller.ctx, tx, &office, at, what))
    };
    let done = done.await;
    answer(&caller, &hall, &id, (&form, done)).await
}
