//! Visits: opened, handed up the ladder, done. Each step is a row of the table and a line in the journal.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_cases::commands::{NewReport, report};
use linli_db::Tx;
use linli_kernel::Ts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ladder::{hand_up, tell_rung};
use super::withdrawal::forgotten;
use super::{NOTE_MAX, errand, recall, remember, text, within_a_year};
use crate::consent;
use crate::error::CareError;
use crate::model::{
    AlarmKey, CarePerson, CarePersonId, ErrandKind, Need, Outcome, Silence, Visit, VisitEvent, VisitId, VisitKind, VisitOwner,
    VisitState,
};
use crate::office::CareOffice;
use crate::rules::{Rules, Standing, VisitRow};
use crate::store;

/// Where a visit stands after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stepped {
    /// The visit.
    pub id: VisitId,
    /// Its human number.
    pub number: String,
    /// Where it stands.
    pub state: VisitState,
    /// What it came to.
    pub outcome: Option<Outcome>,
}

impl From<&Visit> for Stepped {
    fn from(visit: &Visit) -> Self {
        Self { id: visit.id, number: visit.number.clone(), state: visit.state, outcome: visit.outcome }
    }
}

/// What comes with a step.
#[derive(Debug, Clone, Default, Serialize)]
pub struct With {
    /// Until when the person is away.
    pub until: Option<Ts>,
    /// What was found, in words.
    pub words: String,
    /// That 120 was called.
    pub called_120: bool,
    /// That the contact was told as well, said together with how the person is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub contact_told: bool,
    /// When it was done, where a phone without a signal sent it later; what counts lies between the opening of the visit and now. No part of what
    /// makes a request the same: it is told anew with every attempt.
    #[serde(skip)]
    pub done_at: Option<Ts>,
}

/// A visit to be opened.
pub(super) struct NewVisit {
    pub(super) kind: VisitKind,
    pub(super) silence: Option<Silence>,
    pub(super) since: Option<Ts>,
    pub(super) alarm: Option<AlarmKey>,
    pub(super) due: Ts,
    /// Opened by hand though it had been told of.
    pub(super) forewarned: bool,
}

/// Opens a visit and tells the first of the ladder. Nothing when there is one about the same alarm.
pub(super) async fn open_visit(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    person: &CarePerson,
    new: NewVisit,
) -> Result<Option<Visit>, CareError> {
    let (district, now) = (tx.district(), ctx.now());
    let rules = office.rules(&person.place, now)?;
    rules.visits().table().step(VisitState::None, VisitEvent::Open, standing(ctx, None))?;
    let watched = store::watch::of_person(&mut tx.conn()?, district, person.id).await?.is_some_and(|w| w.unheard.is_none());
    let year = now.local().year();
    let count = tx.next_number(&format!("care.visits/{year}")).await?;
    let mut visit = Visit {
        district,
        id: VisitId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        number: format!("{year}-{count:06}"),
        person: person.id,
        place: person.place.clone(),
        kind: new.kind,
        silence: new.silence,
        silent_since: new.since,
        alarm: new.alarm,
        due_at: new.due,
        opened_at: now,
        state: VisitState::Waiting,
        state_since: now,
        rung: 0,
        reminded: 0,
        owner: None,
        told: None,
        wake_at: None,
        knocked_at: None,
        knocked_by: None,
        contact_told_at: None,
        contacted_at: None,
        ended_at: None,
        outcome: None,
        wrong_knock: false,
        watched,
        forewarned: new.forewarned,
        case: None,
        version: 1,
    };
    tell_rung(ctx, tx, office, &rules, &mut visit, 0).await?;
    if !store::visits::insert(&mut tx.conn()?, &visit).await? {
        return Ok(None);
    }
    journal(ctx, tx, &rules, (VisitState::None, &visit), VisitEvent::Open, json!({ "kind": visit.kind }), None);
    Ok(Some(visit))
}

/// Somebody of the neighbourhood is worried about a person (邻里提醒): a visit by hand.
///
/// # Errors
/// `Field` without a reason; `Denied`, `NotFound`; store errors.
pub async fn open_by_hand(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    id: CarePersonId,
    words: &str,
) -> Result<Stepped, CareError> {
    by_hand(ctx, tx, office, id, (words, false)).await
}

/// A visit for which the family-doctor team asks: by hand, and nothing that the watch missed.
///
/// # Errors
/// As [`open_by_hand`].
pub(crate) async fn open_as_asked(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    id: CarePersonId,
    words: &str,
) -> Result<Stepped, CareError> {
    by_hand(ctx, tx, office, id, (words, true)).await
}

async fn by_hand(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    id: CarePersonId,
    (words, asked): (&str, bool),
) -> Result<Stepped, CareError> {
    if let Some(answer) = recall(ctx, tx, "care.visit_by_hand", &(id, words)).await? {
        return Ok(answer);
    }
    let district = tx.district();
    let person = store::person(&mut tx.conn()?, district, id).await?.ok_or(CareError::NotFound)?;
    ctx.may(Action::Read, Resource::Visit, district, &person.place).map_err(|_| CareError::NotFound)?;
    ctx.may(Action::Create, Resource::Visit, district, &person.place)?;
    let words = text("words", words, true, NOTE_MAX)?;
    let hours = office.rules(&person.place, ctx.now())?.visits().warned_hours();
    let since = ctx.now().plus_secs(-hours * 3_600);
    let forewarned = asked || store::visits::warned(&mut tx.conn()?, district, id, since).await?;
    let new = NewVisit { kind: VisitKind::ByHand, silence: None, since: None, alarm: None, due: ctx.now(), forewarned };
    let visit = open_visit(ctx, tx, office, &person, new).await?.ok_or(CareError::Changed)?;
    note(ctx, tx, &visit, &words);
    let answer = Stepped::from(&visit);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Does one step of a visit (走访步骤), as the table says: take it, ring up, knock, say how the person is.
///
/// # Errors
/// `Step` when the table has no such step or it is for somebody else; `Missing` names what must come with it; `Changed` when somebody was
/// quicker in this very moment; `Field`; `Denied`, `NotFound`; store errors, and those of opening a case.
pub async fn step(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    id: VisitId,
    event: VisitEvent,
    with: &With,
) -> Result<Stepped, CareError> {
    if let Some(answer) = recall(ctx, tx, &format!("care.visit.{event}"), &(id, with)).await? {
        return Ok(answer);
    }
    let district = tx.district();
    let visit = store::visits::by_id(&mut tx.conn()?, district, id).await?.ok_or(CareError::NotFound)?;
    ctx.may(Action::Read, Resource::Visit, district, &visit.place).map_err(|_| CareError::NotFound)?;
    let action = if event == VisitEvent::Take { Action::Take } else { Action::Change };
    ctx.may(action, Resource::Visit, district, &visit.place)?;
    // The family was told in the same breath: a step of its own before.
    let visit = match with.contact_told && event.is_contact() {
        true => {
            happen(ctx, tx, office, visit, VisitEvent::ContactTold, &With { done_at: with.done_at, ..With::default() }).await?
        }
        false => visit,
    };
    let visit = happen(ctx, tx, office, visit, event, with).await?;
    let answer = Stepped::from(&visit);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// One event on a visit, decided by the table, with everything that follows from it.
pub(super) async fn happen(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    mut visit: Visit,
    event: VisitEvent,
    with: &With,
) -> Result<Visit, CareError> {
    let now = ctx.now();
    let at = done_at(&visit, with, now);
    let rules = office.rules(&visit.place, now)?;
    let row = rules.visits().table().step(visit.state, event, standing(ctx, Some(&visit)))?.clone();
    let words = text("words", &with.words, row.needs.contains(&Need::Words), NOTE_MAX)?;
    comes_with(tx, &visit, &row, with).await?;
    let before = visit.state;
    visit.state = row.to;
    if row.to != before {
        visit.state_since = at;
    }
    let mut facts = json!({});
    match event {
        VisitEvent::Take => {
            take(ctx, &mut visit)?;
            visit.told = None;
            visit.reminded = 0;
        }
        VisitEvent::HandUp => facts = hand_up(ctx, tx, office, &rules, &mut visit, before).await?,
        VisitEvent::Knock => {
            visit.knocked_at = visit.knocked_at.or(Some(at));
            visit.knocked_by = ctx.person().or(visit.knocked_by);
        }
        VisitEvent::ContactTold => visit.contact_told_at = visit.contact_told_at.or(Some(at)),
        _ => {}
    }
    if event != VisitEvent::HandUp && visit.state != VisitState::Waiting {
        visit.wake_at = rules.visits().patience(visit.state).map(|minutes| now.plus_secs(minutes * 60));
    }
    if let Some(outcome) = event.outcome() {
        visit.outcome = Some(outcome);
        visit.ended_at = Some(at);
        visit.wake_at = None;
        visit.contacted_at = event.is_contact().then_some(at);
        let well = matches!(outcome, Outcome::Well | Outcome::Away);
        visit.wrong_knock = well && visit.knocked_at.is_some();
        facts = json!({ "outcome": outcome });
        follow(ctx, tx, office, &mut visit, (event, &words, with), at).await?;
    }
    if let Some(facts) = facts.as_object_mut().filter(|_| at != now) {
        facts.insert("done_at".to_owned(), json!(at));
    }
    if !store::visits::save(&mut tx.conn()?, &visit).await? {
        return Err(CareError::Changed);
    }
    visit.version += 1;
    if event == VisitEvent::HandUp && visit.reminded > 0 {
        // Nobody else is told: that the same were reminded is counted, and no line of its own for as long as nobody comes.
        return Ok(visit);
    }
    let words = if event.outcome().is_some() && forgotten(tx, office, &visit, now).await? { String::new() } else { words };
    journal(ctx, tx, &rules, (before, &visit), event, facts, Some(words.as_str()).filter(|w| !w.is_empty()));
    Ok(visit)
}

/// When a step was done: as the phone says that kept it, but not before the visit was opened, nor before the knock, nor after now.
fn done_at(visit: &Visit, with: &With, now: Ts) -> Ts {
    let earliest = visit.knocked_at.map_or(visit.opened_at, |knocked| knocked.max(visit.opened_at));
    with.done_at.map_or(now, |said| said.max(earliest).min(now))
}

/// Whether what the table asks for came.
async fn comes_with(tx: &mut Tx, visit: &Visit, row: &VisitRow, with: &With) -> Result<(), CareError> {
    for need in &row.needs {
        let there = match need {
            Need::NoPhone => {
                let person = store::person(&mut tx.conn()?, visit.district, visit.person).await?.ok_or(CareError::NotFound)?;
                person.phone_sealed.is_none()
            }
            Need::Until => with.until.is_some(),
            Need::Words => !with.words.trim().is_empty(),
            Need::Called120 => with.called_120,
            Need::Contact => store::contact(&mut tx.conn()?, visit.district, visit.person).await?.is_some(),
        };
        if !there {
            return Err(CareError::Missing(*need));
        }
    }
    Ok(())
}

fn take(ctx: &Ctx, visit: &mut Visit) -> Result<(), CareError> {
    let Actor::Staff { person, appointment, role, .. } = &ctx.actor else {
        return Err(linli_access::Denied::Forbidden.into());
    };
    visit.owner = Some(VisitOwner { person: *person, appointment: *appointment, role: *role });
    Ok(())
}

/// What an outcome brings with it: the watch hears of it, a case is opened.
async fn follow(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    visit: &mut Visit,
    (event, words, with): (VisitEvent, &str, &With),
    at: Ts,
) -> Result<(), CareError> {
    let district = tx.district();
    if !event.is_contact() {
        return Ok(());
    }
    if let Some(mut watched) = store::watch::of_person(&mut tx.conn()?, district, visit.person).await? {
        let whose = (visit.person, watched.slot);
        match (event, with.until) {
            (VisitEvent::Away, Some(until)) => {
                watched.away_until = Some(within_a_year(ctx, "until", until)?);
                store::watch::save(&mut tx.conn()?, district, &watched).await?;
                errand(ctx, tx, whose, ErrandKind::Away, watched.away_until).await?;
            }
            (VisitEvent::Emergency, _) => {
                // That somebody is in hospital is kept only under the consent to that.
                let given = consent::in_force(&mut tx.conn()?, district, visit.person, ctx.now()).await?;
                if given.hospital.is_some() {
                    watched.in_hospital = true;
                    store::watch::save(&mut tx.conn()?, district, &watched).await?;
                    errand(ctx, tx, whose, ErrandKind::Admitted, None).await?;
                } else {
                    errand(ctx, tx, whose, ErrandKind::Seen, Some(at)).await?;
                }
            }
            _ => errand(ctx, tx, whose, ErrandKind::Seen, Some(at)).await?,
        }
    }
    if event == VisitEvent::Unwell {
        crate::follow::commands::call_now(ctx, tx, office, visit.person).await?;
    }
    if event == VisitEvent::Unwell {
        visit.case = Some(crate::follow::commands::ask_centre(ctx, tx, office, visit).await?.0);
        return Ok(());
    }
    // Cases are seen by more people than visits are: no name, no home, nothing of health.
    let words = match event {
        VisitEvent::Needs => format!("{words}（看护走访 {}）", visit.number),
        _ => return Ok(()),
    };
    let input = NewReport {
        place: super::at_entrance(&visit.place),
        class: Some("other".to_owned()),
        description: words,
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    };
    // The key of the form is the visit's; the case has none of its own.
    let ctx = Ctx { idempotency_key: None, ..ctx.clone() };
    visit.case = Some(report(&ctx, tx, office.cases(), input).await?.id.0);
    Ok(())
}

/// A sign of life came: whoever has not gone yet need not go.
pub(super) async fn relieve(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, visit: Visit) -> Result<(), CareError> {
    let rules = office.rules(&visit.place, ctx.now())?;
    if rules.visits().table().step(visit.state, VisitEvent::Relieve, Standing::System).is_ok() {
        let system = system(ctx);
        happen(&system, tx, office, visit, VisitEvent::Relieve, &With::default()).await?;
    } else if visit.is_open() {
        // Somebody stands at the door: she is told, and says herself how the person is.
        let facts = json!({ "number": visit.number });
        tx.journal(ctx.line("care.visit_sign_came", &visit.place, Some(visit.id.0), facts));
    }
    Ok(())
}

/// What the program does by itself because of what somebody did.
pub(super) fn system(ctx: &Ctx) -> Ctx {
    Ctx { actor: Actor::System("care"), idempotency_key: None, ..ctx.clone() }
}

/// How the actor stands to a visit.
pub(crate) fn standing(ctx: &Ctx, visit: Option<&Visit>) -> Standing {
    match &ctx.actor {
        Actor::Staff { person, role, .. } => {
            let owner = visit.and_then(|visit| visit.owner.as_ref()).is_some_and(|owner| owner.person == *person);
            Standing::Staff { role: *role, owner }
        }
        _ => Standing::System,
    }
}

/// The kind of the line about an event.
const fn kind_of(event: VisitEvent) -> &'static str {
    match event {
        VisitEvent::Open => "care.visit_opened",
        VisitEvent::Take => "care.visit_taken",
        VisitEvent::HandUp => "care.visit_handed_up",
        VisitEvent::PhoneSilent => "care.visit_phone_silent",
        VisitEvent::Knock => "care.visit_knocked",
        VisitEvent::NoAnswer => "care.visit_no_answer",
        VisitEvent::ContactTold => "care.visit_contact_told",
        VisitEvent::PoliceTold => "care.visit_police_told",
        VisitEvent::FireTold => "care.visit_fire_told",
        VisitEvent::Relieve => "care.visit_relieved",
        VisitEvent::Well | VisitEvent::Away | VisitEvent::Needs | VisitEvent::Unwell | VisitEvent::Emergency => "care.visit_done",
        VisitEvent::Withdraw => "care.visit_withdrawn",
    }
}

fn journal(
    ctx: &Ctx,
    tx: &mut Tx,
    rules: &Rules,
    (before, visit): (VisitState, &Visit),
    event: VisitEvent,
    more: Value,
    words: Option<&str>,
) {
    let mut facts = json!({
        "number": visit.number, "from": before, "to": visit.state, "event": event, "rule": rules.visits_mark(),
        "owner": visit.owner.as_ref().map(|owner| owner.appointment),
    });
    if let (Some(facts), Value::Object(more)) = (facts.as_object_mut(), more) {
        facts.extend(more);
    }
    let line = ctx.line(kind_of(event), &visit.place, Some(visit.id.0), facts);
    tx.journal(match words {
        Some(words) => ctx.with_personal(line, json!({ "text": words })),
        None => line,
    });
}

/// Words beside a visit.
fn note(ctx: &Ctx, tx: &mut Tx, visit: &Visit, words: &str) {
    let line = ctx.line("care.visit_noted", &visit.place, Some(visit.id.0), json!({ "number": visit.number }));
    tx.journal(ctx.with_personal(line, json!({ "text": words })));
}
