//! Handing over at a desk, and the wall of what is about to run out.

use std::collections::{BTreeMap, HashSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use linli_access::matrix::allows;
use linli_access::{Action, Resource, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{PlaceLevel, PlacePath};
use linli_webkit::i18n::Clockface;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::hotline::city_clock;
use super::work::district;
use super::{neighbours, office, store, words};
use crate::commands::{self, NewHandover, SHIFT_HOURS};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState, Handover, HandoverId, Why};
use crate::neighbours::Neighbours;
use crate::office::Office;
use crate::queries::{self, desk_of};

/// The length of a shift that is offered first, hours.
const USUAL_HOURS: i64 = 12;
/// What the name of a field for the note to a case begins with.
const NOTE_FIELD: &str = "note-";

/// A handover in words, for the top of the desk and for its own page.
pub(super) struct HandoverView {
    pub(super) id: String,
    pub(super) waits: bool,
    /// Who handed over, when, to whom, until when; who took it over.
    pub(super) lines: Vec<String>,
    pub(super) note: String,
    /// How many of each kind.
    pub(super) counts: Vec<String>,
    /// Whether the actor may take it over.
    pub(super) may_take: bool,
    /// Once for each handover: taking it over twice is taking it over once.
    pub(super) key: String,
}

struct MatterRow {
    id: String,
    field: String,
    why: String,
    tone: &'static str,
    class: String,
    place: String,
    number: String,
    word: String,
    clock: Option<Clockface>,
    /// The city's clock, for a ticket.
    city: Option<Clockface>,
    note: String,
    over: bool,
}

#[derive(Template)]
#[template(path = "cases-handover.html")]
struct HandoverPage {
    shell: Shell,
    t: T,
    last: Option<HandoverView>,
    handed: Vec<MatterRow>,
    open: Vec<MatterRow>,
    /// What was passed on to another office with a note.
    passed_on: Vec<PassedRow>,
    to: Vec<Choice>,
    chosen: String,
    hours: Vec<Choice>,
    hour: String,
    note: String,
    /// Nobody hands over while what somebody else handed over waits.
    blocked: bool,
    problems: Problems,
}

/// What was passed on, as a row.
struct PassedRow {
    what: String,
    place: String,
    line: String,
    note: String,
}

/// So far back stands what was passed on, seconds: three days of shifts.
const PASSED_ON_SECS: i64 = 3 * 86_400;

/// What was passed on in the last days, each with when, where and by whom.
async fn passed_on(
    c: &mut Conn<'_>,
    (caller, office, neighbours): (&Caller, &Office, &dyn Neighbours),
    (desk, people): (&Scope, &mut words::People<'_>),
) -> Result<Vec<PassedRow>, AppError> {
    let (t, now) = (caller.info.t(), caller.ctx.now());
    let all = queries::passed_on(&caller.ctx, c, now.plus_secs(-PASSED_ON_SECS)).await?;
    let rules = office.rules(&desk.place, now).map_err(CasesError::from)?;
    let mut rows = Vec::with_capacity(all.len());
    for passed in all {
        let by = match passed.by {
            Some(by) => people.card(c, by).await?.map(|card| words::staff_words(t, &card)).unwrap_or_default(),
            None => String::new(),
        };
        rows.push(PassedRow {
            what: rules
                .classes()
                .elsewhere_named(&passed.code)
                .map_or(passed.code.clone(), |of| of.name(words::english(t)).to_owned()),
            place: neighbours.place_name(c, desk.district, &passed.place).await.map_err(store)?,
            line: [t.moment(passed.at), by].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · "),
            note: passed.note.unwrap_or_else(|| t.s("cases-words-erased").into_owned()),
        });
    }
    Ok(rows)
}

fn why_words(t: &T, why: Why) -> String {
    t.s(&format!("cases-duty-why-{}", why.as_str().replace('_', "-"))).into_owned()
}

const fn why_tone(why: Why) -> &'static str {
    match why {
        Why::Danger => "act",
        Why::RunsOut => "soon",
        Why::Hold | Why::CallBack => "info",
    }
}

/// The last handover of the actor's desk, as the top of the desk shows it.
pub(super) async fn last(
    caller: &Caller,
    c: &mut Conn<'_>,
    neighbours: &dyn Neighbours,
) -> Result<Option<HandoverView>, AppError> {
    match queries::last_handover(&caller.ctx, c).await? {
        Some(handover) => {
            let ids: Vec<uuid::Uuid> = handover.matters.iter().map(|matter| matter.case.0).collect();
            let kept = queries::kept_among(&caller.ctx, c, handover.district, &ids).await.map_err(store)?;
            let seen = handover.matters.iter().map(|matter| matter.case).filter(|case| !kept.contains(&case.0)).collect();
            view(caller, c, neighbours, (&handover, &seen)).await.map(Some)
        }
        None => Ok(None),
    }
}

async fn view(
    caller: &Caller,
    c: &mut Conn<'_>,
    neighbours: &dyn Neighbours,
    (handover, seen): (&Handover, &HashSet<CaseId>),
) -> Result<HandoverView, AppError> {
    let t = caller.info.t();
    let mut people = words::People::of(neighbours, handover.district);
    let named = async |c: &mut Conn<'_>, people: &mut words::People<'_>, id| {
        let card = people.card(c, id).await?;
        Ok::<_, AppError>(card.map(|card| words::staff_words(t, &card)).unwrap_or_default())
    };
    let from = named(c, &mut people, handover.from.appointment).await?;
    let to = match handover.to {
        Some(id) => named(c, &mut people, id).await?,
        None => t.s("cases-duty-next").into_owned(),
    };
    let (at, until) = (t.moment(handover.handed_at), t.moment(handover.until));
    let mut lines = vec![
        t.with("cases-duty-from-to", &[("from", from.into()), ("to", to.into()), ("at", at.into()), ("until", until.into())]),
    ];
    if let (Some(by), Some(at)) = (handover.taken_by, handover.taken_at) {
        let by = named(c, &mut people, by).await?;
        lines.push(t.with("cases-duty-taken-by", &[("who", by.into()), ("at", t.moment(at).into())]));
    }
    let counts = Why::ALL.iter().filter_map(|why| {
        let n = handover.matters.iter().filter(|matter| matter.why == *why && seen.contains(&matter.case)).count();
        (n > 0).then(|| t.with("cases-duty-count", &[("why", why_words(t, *why).into()), ("n", n.into())]))
    });
    // What was written to all of it may speak about what is kept from the reader: he asks whoever wrote it.
    let matters: Vec<uuid::Uuid> = handover.matters.iter().map(|matter| matter.case.0).collect();
    let kept = queries::kept_among(&caller.ctx, c, handover.district, &matters).await.map_err(store)?;
    let note =
        if kept.is_empty() || handover.note.is_empty() { handover.note.clone() } else { t.s("cases-duty-note-ask").into_owned() };
    Ok(HandoverView {
        id: handover.id.to_string(),
        waits: handover.waits(),
        counts: counts.collect(),
        note,
        may_take: handover.waits() && caller.ctx.person() != Some(handover.from.person),
        key: format!("take-over-{}", handover.id),
        lines,
    })
}

async fn matter(
    c: &mut Conn<'_>,
    (caller, office, neighbours): (&Caller, &Office, &dyn Neighbours),
    case: &Case,
    (why, note): (Why, String),
) -> Result<MatterRow, AppError> {
    let t = caller.info.t();
    let rules = office.rules_of(case, caller.ctx.now()).map_err(CasesError::from)?;
    let ticket = queries::ticket_of(c, case).await?;
    Ok(MatterRow {
        id: case.id.to_string(),
        field: format!("{NOTE_FIELD}{}", case.id),
        why: why_words(t, why),
        tone: why_tone(why),
        class: words::kind(&rules, t, case, ticket.as_ref().map(|ticket| ticket.category.as_str())),
        place: neighbours.place_name(c, case.district, &case.place).await.map_err(store)?,
        number: case.number.clone(),
        word: words::desk_state_word(t, case.state),
        clock: words::clock(t, case, caller.ctx.now()),
        city: ticket.and_then(|ticket| city_clock(t, case, &ticket, caller.ctx.now())),
        note,
        over: !case.is_open() || case.state == CaseState::AwaitingConfirmation && why != Why::CallBack,
    })
}

/// `GET /desk/handover`.
pub(crate) async fn handover(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    page(&caller, &hall, &FormMap::default(), Problems::default()).await
}

async fn page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<Response, AppError> {
    let (office, neighbours) = (office(hall)?, neighbours(hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let desk = desk_of(ctx)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let with = (caller, office.as_ref(), neighbours.as_ref());
    let last = queries::last_handover(ctx, c).await?;
    let (mut handed, mut seen) = (Vec::new(), HashSet::new());
    for matter in last.iter().flat_map(|handover| &handover.matters) {
        // What went out of the reach of this desk since is not its business any more.
        if let Ok(case) = queries::readable(ctx, c, desk.district, matter.case).await {
            handed.push(self::matter(c, with, &case, (matter.why, matter.note.clone())).await?);
            seen.insert(matter.case);
        }
    }
    let hour = form.typed("hours").parse().unwrap_or(USUAL_HOURS);
    let until = ctx.now().plus_secs(hour.clamp(1, 24) * 3_600);
    let mut open = Vec::new();
    for (case, why) in queries::open_matters(ctx, c, until).await? {
        let typed = form.typed(&format!("{NOTE_FIELD}{}", case.id)).to_owned();
        open.push(matter(c, with, &case, (why, typed)).await?);
    }
    let mut people = words::People::of(neighbours.as_ref(), desk.district);
    let mut to = Vec::new();
    for owner in office.answering(c, desk.district, &desk.place, ctx.now()).await.map_err(store)?.iter() {
        let sits = allows(owner.role, Action::Assign, Resource::Case) && Some(owner.person) != ctx.person();
        if sits && let Some(card) = people.card(c, owner.appointment).await? {
            to.push(Choice::new(owner.appointment.to_string(), words::staff_words(&t, &card)));
        }
    }
    let passed_on = passed_on(c, with, (&desk, &mut people)).await?;
    let last = match last {
        Some(handover) => Some(view(caller, c, neighbours.as_ref(), (&handover, &seen)).await?),
        None => None,
    };
    let page = HandoverPage {
        shell: caller.shell(t.s("cases-duty-title")),
        blocked: last.as_ref().is_some_and(|last| last.may_take),
        last,
        handed,
        open,
        passed_on,
        to,
        chosen: form.typed("to").to_owned(),
        hours: SHIFT_HOURS.map(|hours| Choice::new(hours.to_string(), t.n("cases-duty-hours-n", hours))).into(),
        hour: hour.to_string(),
        note: form.typed("note").to_owned(),
        problems,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// `POST /desk/handover`; with `look` it shows what concerns a shift of that length, and keeps what was typed.
pub(crate) async fn hand_over(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    if form.typed("look") == "1" {
        return page(&caller, &hall, &form, Problems::default()).await;
    }
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    let done = try_hand_over(&caller, &hall, &form).await;
    ended(&caller, &hall, &form, done).await
}

async fn try_hand_over(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<(), AppError> {
    let district = district(&caller.ctx)?;
    let until = caller.ctx.now().plus_secs(24 * 3_600);
    // Notes are asked of the form by the cases that can be handed over at all.
    let mut notes: BTreeMap<CaseId, String> = BTreeMap::new();
    for (case, _) in queries::open_matters(&caller.ctx, &mut hall.read().await?.conn(), until).await? {
        let typed = form.typed(&format!("{NOTE_FIELD}{}", case.id));
        if !typed.trim().is_empty() {
            notes.insert(case.id, typed.to_owned());
        }
    }
    let unknown = || CasesError::Field { field: "to", problem: crate::error::FieldProblem::NotAnswering };
    let to = Some(form.typed("to")).filter(|to| !to.is_empty()).map(|to| to.parse().map_err(|_| unknown())).transpose()?;
    let input = NewHandover { to, hours: form.typed("hours").parse().unwrap_or(0), note: form.typed("note").to_owned(), notes };
    let mut tx = hall.begin(district).await?;
    commands::hand_over(&caller.ctx, &mut tx, office(hall)?.as_ref(), input).await?;
    hall.commit(tx).await
}

/// `POST /desk/handover/{id}/take`.
pub(crate) async fn take_over(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
    let id: HandoverId = id.parse().map_err(|_| CasesError::NotFound)?;
    let done = async {
        let mut tx = hall.begin(district(&caller.ctx)?).await?;
        commands::take_over(&caller.ctx, &mut tx, id).await?;
        hall.commit(tx).await
    }
    .await;
    ended(&caller, &hall, &form, done).await
}

async fn ended(caller: &Caller, hall: &Hall, form: &FormMap, done: Result<(), AppError>) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to("/desk/handover").into_response()),
        Err(error) => {
            let status = error.status();
            if caller.info.json() {
                return Err(error);
            }
            Ok((status, page(caller, hall, form, error.into_problems()?).await?).into_response())
        }
    }
}

/// A case on the wall: nothing of who reported it, in which words, or behind which door.
struct WallRow {
    class: String,
    place: String,
    number: String,
    word: String,
    clock: Option<Clockface>,
    /// The city's clock, for a ticket.
    city: Option<Clockface>,
}

#[derive(Template)]
#[template(path = "cases-wall.html")]
struct WallPage {
    shell: Shell,
    t: T,
    at: String,
    dangers: Vec<WallRow>,
    next: Vec<WallRow>,
    overdue: Vec<(String, i64)>,
    today: Vec<(String, i64)>,
    whole: String,
}

/// `GET /desk/wall`: a page for the screen on the wall of a desk.
pub(crate) async fn wall(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    let (office, neighbours) = (office(&hall)?, neighbours(&hall)?);
    let (t, ctx) = (caller.info.t().clone(), &caller.ctx);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let wall = queries::wall(ctx, c).await?;
    let with = (&caller, office.as_ref(), neighbours.as_ref());
    let scope = ctx.scope(Action::Read, Resource::Case).map_err(CasesError::from)?;
    let whole = neighbours.place_name(c, scope.district, &scope.place.at_level(PlaceLevel::District)).await.map_err(store)?;
    let today = &wall.today;
    let figure = |key: &str, n: i64| (t.s(key).into_owned(), n);
    let role = |role: Option<linli_access::Role>| match role {
        Some(role) => t.s(&format!("role-{role}")).into_owned(),
        None => t.s("cases-nobody").into_owned(),
    };
    let page = WallPage {
        shell: caller.shell(t.s("cases-wall-title")).live("/cases/live"),
        at: t.moment(ctx.now()),
        dangers: wall_rows(c, with, &wall.dangers).await?,
        next: wall_rows(c, with, &wall.next).await?,
        overdue: wall.overdue.iter().map(|(by, cases)| (role(*by), *cases)).collect(),
        today: vec![
            figure("cases-wall-reported", today.reported),
            figure("cases-wall-closed", today.closed),
            figure("cases-wall-reopened", today.reopened),
            figure("cases-wall-open", today.open),
            figure("cases-wall-overdue", today.overdue),
            (t.v("cases-wall-told", "all", today.reported + today.told_elsewhere), today.told_elsewhere),
        ],
        whole,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

async fn wall_rows(
    c: &mut Conn<'_>,
    (caller, office, neighbours): (&Caller, &Office, &dyn Neighbours),
    cases: &[Case],
) -> Result<Vec<WallRow>, AppError> {
    let t = caller.info.t();
    let tickets = queries::tickets(c, cases).await?;
    let Some(district) = cases.first().map(|case| case.district) else { return Ok(Vec::new()) };
    // A screen that everybody passes never says behind which door.
    let places: Vec<PlacePath> = cases.iter().map(|case| case.place.at_level(PlaceLevel::Entrance)).collect();
    let names = neighbours.place_names(c, district, &places).await.map_err(store)?;
    let mut rows = Vec::with_capacity(cases.len());
    for (case, place) in cases.iter().zip(names) {
        let rules = office.rules_of(case, caller.ctx.now()).map_err(CasesError::from)?;
        rows.push(WallRow {
            class: words::kind(&rules, t, case, tickets.get(&case.id).map(|ticket| ticket.category.as_str())),
            place,
            number: case.number.clone(),
            word: words::desk_state_word(t, case.state),
            clock: words::clock(t, case, caller.ctx.now()),
            city: tickets.get(&case.id).and_then(|ticket| city_clock(t, case, ticket, caller.ctx.now())),
        });
    }
    Ok(rows)
}
