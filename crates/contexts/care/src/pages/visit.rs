//! One visit: whom it is to, what was done, what may be done now. Works on a phone without a signal: every step is a form of its own that
//! the queue of the phone takes.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::i18n::Clockface;
use linli_webkit::view::Step;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::words::{self, People};
use super::{care, district, ended, keyed, neighbours, private, tell_watch};
use crate::commands::{self, With};
use crate::error::CareError;
use crate::model::{VisitEvent, VisitId};
use crate::queries;

#[derive(Template)]
#[template(path = "care-visit.html")]
struct VisitPage {
    shell: Shell,
    t: T,
    problems: Problems,
    id: String,
    number: String,
    person: String,
    name: String,
    phone: String,
    place: String,
    why: String,
    silent: String,
    who: String,
    tone: &'static str,
    word: String,
    clock: Option<Clockface>,
    /// Whom to ring up now beside the person: who it is, and the number.
    ring: Option<(String, String)>,
    reminded: String,
    contact: Option<(String, String, String)>,
    case: String,
    possible: Vec<VisitEvent>,
    named: bool,
    may_withdraw: bool,
    keeps: bool,
    steps: Vec<Step>,
    /// The form that was sent and has to be looked at again.
    opened: String,
    typed_words: String,
    typed_until: String,
}

impl VisitPage {
    fn can(&self, event: &str) -> bool {
        self.possible.iter().any(|possible| possible.as_str() == event)
    }

    fn opens(&self, event: &str) -> bool {
        self.opened == event
    }

    fn wrong(&self, event: &str, field: &str) -> String {
        if self.opens(event) { self.problems.text(&self.t, field) } else { String::new() }
    }

    /// What sets the fields of a form apart from those of equal name in the others.
    fn under(&self, event: &str) -> String {
        if self.opens(event) { String::new() } else { format!("{event}-") }
    }

    fn typed(&self, event: &str) -> &str {
        if self.opens(event) { &self.typed_words } else { "" }
    }
}

/// `GET /care/visits/{id}`. That somebody of the staff saw the name is written down for the person.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id = id.parse().map_err(|_| CareError::NotFound)?;
    page(&caller, &hall, id, Problems::default(), &FormMap::default(), "").await
}

async fn page(
    caller: &Caller,
    hall: &Hall,
    id: VisitId,
    problems: Problems,
    form: &FormMap,
    opened: &str,
) -> Result<Response, AppError> {
    let (care, neighbours) = (care(hall)?, neighbours(hall)?);
    let (t, ctx, district) = (caller.info.t().clone(), &caller.ctx, district(&caller.ctx)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let view = queries::visit(ctx, c, care.office(), district, id).await?;
    let (visit, person, named) = (&view.line.visit, &view.line.person, view.line.named);
    let mut people = People::of(neighbours.as_ref(), district);
    let around = (neighbours.as_ref(), &mut people);
    let row = words::row(c, &t, around, care.office(), &view.line, ctx.now(), ctx.person()).await?;
    let phone = person.phone_sealed.as_deref().filter(|_| named).map(|sealed| care.office().open(sealed)).unwrap_or_default();
    let open = |contact: &crate::model::Contact| {
        (care.office().open(&contact.name_sealed), contact.relation.clone(), care.office().open(&contact.phone_sealed))
    };
    let page = VisitPage {
        shell: caller.shell(t.v("care-visit-title", "number", &visit.number)),
        problems,
        id: visit.id.to_string(),
        number: visit.number.clone(),
        person: person.id.to_string(),
        name: row.name,
        phone,
        place: row.place,
        why: row.why,
        silent: if visit.is_open() { row.silent } else { String::new() },
        who: row.who,
        tone: row.tone,
        word: match visit.outcome {
            Some(outcome) => words::word(&t, "outcome", outcome.as_str()),
            None => row.word,
        },
        clock: row.clock,
        ring: row.ring,
        reminded: row.reminded,
        contact: view.contact.as_ref().map(open),
        case: visit.case.map(|case| format!("/cases/{case}")).unwrap_or_default(),
        possible: view.possible,
        named,
        may_withdraw: named && visit.is_open(),
        keeps: super::keeps(ctx),
        steps: words::timeline(c, &t, &mut people, view.steps).await?,
        opened: opened.to_owned(),
        typed_words: form.typed("words").to_owned(),
        typed_until: form.typed("until").to_owned(),
        t,
    };
    let seen = named.then(|| person.clone());
    drop(read);
    if let Some(person) = seen {
        let mut tx = hall.begin(district).await?;
        commands::note_look(ctx, &mut tx, &person);
        hall.commit(tx).await?;
    }
    Ok(private(Page(page)))
}

/// `POST /care/visits/{id}/take`.
pub(crate) async fn take(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Response, AppError> {
    step_by(caller, hall, &id, "take", (form, &headers)).await
}

/// `POST /care/visits/{id}/{event}`.
pub(crate) async fn step(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, event)): Path<(String, String)>,
    headers: HeaderMap,
    form: FormMap,
) -> Result<Response, AppError> {
    step_by(caller, hall, &id, &event, (form, &headers)).await
}

/// How long ago it was done, in milliseconds by the clock of the phone that kept it: a span, so that a phone whose clock is wrong tells no lie.
const AGO: &str = "linli-done-ago";
/// Below this it was sent at once, and the line was slow.
const AT_ONCE_SECS: i64 = 60;

fn done_at(headers: &HeaderMap, now: Ts) -> Option<Ts> {
    let ago: i64 = headers.get(AGO)?.to_str().ok()?.parse().ok()?;
    let secs = ago / 1_000;
    (secs >= AT_ONCE_SECS).then(|| now.plus_secs(-secs.min(366 * 86_400)))
}

async fn step_by(
    mut caller: Caller,
    hall: Hall,
    id: &str,
    event: &str,
    (form, headers): (FormMap, &HeaderMap),
) -> Result<Response, AppError> {
    keyed(&mut caller, &form);
    let id: VisitId = id.parse().map_err(|_| CareError::NotFound)?;
    let event: VisitEvent = event.parse().map_err(|_| CareError::NotFound)?;
    let care = care(&hall)?;
    let done = async {
        let mut read = form.reader();
        let until = read.date("until").and_then(|day| day.tomorrow().ok()).and_then(|day| Ts::from_local(day.at(0, 0, 0, 0)));
        let (called_120, contact_told) = (read.ticked("called_120"), read.ticked("contact_told"));
        read.finish()?;
        let done_at = done_at(headers, caller.ctx.now());
        let with = With { until, words: form.typed("words").to_owned(), called_120, contact_told, done_at };
        let mut tx = hall.begin(district(&caller.ctx)?).await?;
        commands::step(&caller.ctx, &mut tx, care.office(), id, event, &with).await?;
        hall.commit(tx).await?;
        tell_watch(&care).await;
        Ok(if form.typed("back") == "mine" { "/care/mine".to_owned() } else { format!("/care/visits/{id}") })
    };
    let done = done.await;
    ended(&caller, done, async |problems| page(&caller, &hall, id, problems, &form, event.as_str()).await).await
}
