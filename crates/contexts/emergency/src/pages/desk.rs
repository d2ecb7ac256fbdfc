//! The page of the seat (受理席): open calls on the left, on the right one form, or one call. What was called before about the same is told while
//! number and place are typed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::file::{CallFile, file};
use super::{TOLD, choices, office, private, run, source, take_key, tone, word};
use crate::commands::calls::{self as commands, NewCall};
use crate::error::{EmergencyError, Wrong};
use crate::model::{Against, CallClass, CallId, CallState, Ending};
use crate::queries::calls::{self as queries, Line};

/// A call in the list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) class: String,
    pub(super) place: String,
    pub(super) told: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
    pub(super) when: String,
    pub(super) late: bool,
    pub(super) here: bool,
}

/// An earlier call about the same.
struct Same {
    id: String,
    href: String,
    text: String,
    tone: &'static str,
    word: String,
    chosen: bool,
}

struct CallForm {
    form: FormMap,
    questions: Vec<(String, String, bool, bool)>,
    classes: Vec<Choice>,
    against: Vec<Choice>,
    same: Vec<Same>,
    /// What the answers suggest, in words, once something was said.
    suggestion: String,
    began: String,
    place: String,
    /// The place the form was opened from, in words; empty without one.
    place_name: String,
}

impl CallForm {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

#[derive(Template)]
#[template(path = "emergency-desk.html")]
struct DeskPage {
    shell: Shell,
    t: T,
    problems: Problems,
    here: String,
    rows: Vec<Row>,
    /// How many urgent calls wait for a vehicle.
    waiting: usize,
    /// How many calls back are due.
    due: i64,
    file: Option<CallFile>,
    form: Option<CallForm>,
    source: String,
}

pub(super) fn row(t: &T, line: &Line, now: Ts, here: Option<CallId>) -> Row {
    let call = &line.call;
    let told = line.told.clone().unwrap_or_default();
    Row {
        href: format!("/emergency/{}", call.id),
        class: t.s(&format!("emergency-class-{}", call.class)).into_owned(),
        place: if line.told.is_none() { t.s("emergency-erased").into_owned() } else { told.place },
        told: told.told,
        tone: tone(call),
        word: t.s(&format!("emergency-state-{}", call.state)).into_owned(),
        when: t.when(call.received_at, now),
        late: call.due_at.is_some_and(|due| due <= now),
        here: here == Some(call.id),
    }
}

/// Which call a page shows, or what was typed into the form of a new one.
enum Right<'f> {
    File(CallId),
    Form(&'f FormMap),
}

async fn page(caller: &Caller, hall: &Hall, right: Right<'_>, problems: Problems) -> Result<DeskPage, AppError> {
    let (t, office, now) = (caller.info.t().clone(), office(hall)?, hall.now());
    let scope = caller.ctx.scope(Action::Read, Resource::EmergencyCall).map_err(EmergencyError::from)?;
    let rules = office.rules(&scope.place, now).map_err(EmergencyError::from)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let open = queries::open(&caller.ctx, c, &office).await?;
    let due = queries::due_now(&caller.ctx, c).await?;
    let id = if let Right::File(id) = &right { Some(*id) } else { None };
    let waits = |line: &&Line| line.call.state == CallState::Waiting && line.call.class == CallClass::VehicleUrgent;
    let waiting = open.iter().filter(waits).count();
    let rows = open.iter().map(|line| row(&t, line, now, id)).collect();
    let title = t.s("emergency-title").into_owned();
    let (title, file, form) = match right {
        Right::File(id) => {
            let file = file(caller, c, (hall, &office), id).await?;
            (format!("{} · {title}", file.title), Some(file), None)
        }
        Right::Form(form) => {
            let mut same = Vec::new();
            let place = form.typed("place").parse().ok();
            let place_name = match place {
                Some(id) => queries::place_of_form(&caller.ctx, c, id).await?.unwrap_or_default(),
                None => String::new(),
            };
            if !form.typed("number").is_empty() || !form.typed("place_text").is_empty() {
                let typed = (form.typed("number"), (place, form.typed("place_text")));
                match queries::about_the_same(&caller.ctx, c, &office, typed.0, typed.1).await {
                    Ok(found) => same = found.iter().map(|line| same_row(&t, line, now, form)).collect(),
                    // Half a number is no number yet.
                    Err(EmergencyError::Field { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let signs: Vec<String> = form.all("sign").map(str::to_owned).collect();
            let lang = t.locale().tag();
            let questions = rules.value.questions().iter().map(|one| {
                let danger = one.suggests == CallClass::VehicleUrgent;
                (one.id.clone(), one.text(lang).to_owned(), danger, signs.contains(&one.id))
            });
            let suggested = rules.value.suggest(&signs).class;
            let suggestion = suggested
                .map(|class| t.v("emergency-suggests", "word", t.s(&format!("emergency-class-{class}"))))
                .unwrap_or_default();
            let began = form.get("began").map_or_else(|| now.0.to_string(), str::to_owned);
            let form = CallForm {
                questions: questions.collect(),
                classes: choices(&t, "emergency-class", CallClass::ALL.iter().map(|one| one.as_str())),
                against: choices(&t, "emergency-against", Against::ALL.iter().map(|one| one.as_str())),
                same,
                suggestion,
                began,
                place: if place_name.is_empty() { String::new() } else { form.typed("place").to_owned() },
                place_name,
                form: form.clone(),
            };
            (title, None, Some(form))
        }
    };
    Ok(DeskPage {
        shell: caller.shell(title).live("/emergency/live"),
        here: id.map_or_else(|| "/emergency".to_owned(), |id| format!("/emergency/{id}")),
        rows,
        waiting,
        due,
        file,
        form,
        source: source(&t, &rules.stamp),
        problems,
        t,
    })
}

fn same_row(t: &T, line: &Line, now: Ts, form: &FormMap) -> Same {
    let row = row(t, line, now, None);
    let said = [("class", row.class.into()), ("place", row.place.into()), ("when", row.when.into())];
    Same {
        id: line.call.id.to_string(),
        chosen: form.typed("same_as") == line.call.id.to_string(),
        href: row.href,
        text: t.with("emergency-second-call", &said),
        tone: row.tone,
        word: row.word,
    }
}

/// `GET /emergency`.
pub(crate) async fn show(
    caller: Caller,
    State(hall): State<Hall>,
    axum::extract::Query(asked): axum::extract::Query<Asked>,
) -> Result<Response, AppError> {
    // Whoever comes from a place that is known brings it along.
    let form = FormMap::from_pairs(&[("place", &asked.place)]);
    Ok(private(Page(page(&caller, &hall, Right::Form(&form), Problems::default()).await?)))
}

/// What an address may bring along.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    place: String,
}

/// `GET /emergency/live`.
pub(crate) async fn live(caller: Caller, State(hall): State<Hall>, headers: HeaderMap) -> Result<Response, AppError> {
    let scope = caller.ctx.scope(Action::Read, Resource::EmergencyCall).map_err(EmergencyError::from)?;
    hall.stream(&caller.ctx, &headers, (scope, TOLD), None).await
}

/// `POST /emergency/same`: the form again, with earlier calls about the same and what the answers suggest. The number is in no address.
pub(crate) async fn same(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, Right::Form(&form), Problems::default()).await?)))
}

fn new_call(form: &FormMap) -> Result<NewCall, EmergencyError> {
    let id = |field: &'static str| match form.typed(field) {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| EmergencyError::field(field, Wrong::NotAChoice)),
    };
    let place = match form.typed("place") {
        "" => None,
        typed => Some(typed.parse().map_err(|_| EmergencyError::field("place", Wrong::NotAChoice))?),
    };
    Ok(NewCall {
        began: form.typed("began").parse().ok().map(Ts),
        number: form.typed("number").to_owned(),
        place,
        place_text: form.typed("place_text").to_owned(),
        told: form.typed("told").to_owned(),
        signs: form.all("sign").map(str::to_owned).collect(),
        class: word(form, "class")?,
        against: if form.typed("against").is_empty() { None } else { Some(word(form, "against")?) },
        same_as: id("same_as")?,
    })
}

/// `POST /emergency`: takes a call down.
pub(crate) async fn record(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let office = office(&hall)?;
    let done = async {
        let new = new_call(&form)?;
        run!(caller, hall, tx => commands::record(&caller.ctx, tx, &office, &new))
    };
    match done.await {
        // An urgent call is opened at once, to be sent a vehicle; a repeat leads to the first.
        Ok(recorded) => {
            let open = recorded.urgent.or(recorded.repeat_of).unwrap_or(recorded.id);
            Ok(Redirect::to(&format!("/emergency/{open}")).into_response())
        }
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, Right::Form(&form), error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

pub(super) fn call_id(id: &str) -> Result<CallId, EmergencyError> {
    id.parse().map_err(|_| EmergencyError::NotFound)
}

/// `GET /emergency/{id}`.
pub(crate) async fn one(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, Right::File(call_id(&id)?), Problems::default()).await?)))
}

/// `POST /emergency/{id}/raise`.
pub(crate) async fn raise(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, office) = (call_id(&id)?, office(&hall)?);
    let urgent = run!(caller, hall, tx => commands::raise(&caller.ctx, tx, &office, id))?;
    Ok(Redirect::to(&format!("/emergency/{urgent}")).into_response())
}

/// `POST /emergency/{id}/close`.
pub(crate) async fn close(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, office) = (call_id(&id)?, office(&hall)?);
    let ending: Ending = word(&form, "ending")?;
    run!(caller, hall, tx => commands::close(&caller.ctx, tx, &office, id, ending))?;
    Ok(Redirect::to("/emergency").into_response())
}
