//! Cases and other systems (外部系统): requests that come from one, and cases that are handed over to one. Whoever works on a case says
//! how it stands; what ended elsewhere is closed here and counted apart, because nobody here looked.

use std::collections::HashMap;

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::{Clock, PlaceLevel, PlacePath, Ts};
use serde::Serialize;
use serde_json::json;

use super::handing::keep_from_persons;
use super::hotline::{Telling, tell_city};
use super::outcome::anew;
use super::ways::moved;
use super::{Step, Which, on_earth};
use crate::discretion::kept;
use crate::error::CasesError;
use crate::import::batch::number;
use crate::import::decided::leave_decided;
use crate::import::row::Taken;
use crate::model::{Case, CaseId, CaseState, CityStep, ClockRuns, Ending, Event, Kept, LocationFlag};
use crate::office::Office;
use crate::promise;
use crate::store;
use crate::store::days::{self, Days};
use crate::store::imports::{self, Known};

/// The channel of what came from another system; it is not told on to others, or two systems would tell each other the same for ever.
pub(crate) const CHANNEL: &str = "open311";

/// A request of another system, as that system tells it now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// Its key there.
    pub id: String,
    /// The place it hangs at here.
    pub place: PlacePath,
    /// Code of our class.
    pub class: String,
    /// A short line.
    pub title: String,
    /// What was reported, at most 4,000 characters.
    pub description: String,
    /// Whether it is open there.
    pub open: bool,
    /// The word of that system for how it stands.
    pub status: String,
    /// What that system says of it beside the word; empty when nothing.
    pub notes: String,
    /// When it was reported; when we learned of it, if that system does not say.
    pub reported_at: Option<Ts>,
    /// When it changed last; when it was closed, for a closed one.
    pub updated_at: Option<Ts>,
    /// Promised by.
    pub due_at: Option<Ts>,
    /// Longitude and latitude, WGS-84, 10⁻⁷ degrees.
    pub point_e7: Option<(i64, i64)>,
}

impl Foreign {
    /// The word and what was said beside it, as they are kept.
    fn standing(&self) -> String {
        if self.notes.is_empty() { self.status.clone() } else { format!("{}: {}", self.status, self.notes) }
    }
}

/// What became of a request of another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// A new case.
    New,
    /// The case that is there was changed.
    Changed,
    /// It says what it said before.
    Unchanged,
}

/// Brings requests of another system in: system and key there are the natural key, and the same again changes nothing. No two of
/// them may have the same key. What is new is one line of the journal for all; a change of how a known one stands is a line of its own.
///
/// # Errors
/// `Denied`; `ClassUnknown`; store errors.
pub async fn bring_in(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    system: &str,
    requests: Vec<Foreign>,
) -> Result<Vec<Brought>, CasesError> {
    let district = tx.district();
    let keys: Vec<String> = requests.iter().map(|request| request.id.clone()).collect();
    let known = imports::known(&mut tx.conn()?, district, system, &keys).await?;
    let mut known: HashMap<String, Known> = known.into_iter().map(|there| (there.key.clone(), there)).collect();
    let (mut fresh, mut outcomes, mut counts) = (Vec::new(), Vec::with_capacity(requests.len()), Days::new());
    let top = requests.first().map(|request| request.place.clone()).unwrap_or_default();
    for request in requests {
        ctx.may(Action::Import, Resource::Case, district, &request.place)?;
        let mut taken = taken(ctx, tx, office, system, &request)?;
        taken.case.kept = from_whom(ctx, tx, office, &taken.case).await?;
        outcomes.push(match known.remove(&request.id) {
            None => {
                days::spread_imported(&mut counts, &taken.case.place, taken.case.reported_at, taken.case.external_closed_at);
                fresh.push(taken);
                Brought::New
            }
            Some(there) if there.hash.as_ref() == Some(&taken.hash) => Brought::Unchanged,
            Some(there) => {
                follow(ctx, tx, office, (&request, taken), &there, &mut counts).await?;
                Brought::Changed
            }
        });
    }
    number(tx, &mut fresh).await?;
    imports::insert(&mut tx.conn()?, &fresh, office.vault(), ctx.now()).await?;
    days::write(&mut tx.conn()?, district, &counts).await?;
    let count = |wanted: Brought| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    if count(Brought::Unchanged) < outcomes.len() {
        let facts = json!({
            "system": system, "rows": outcomes.len(), "accepted": count(Brought::New), "changed": count(Brought::Changed),
            "unchanged": count(Brought::Unchanged),
        });
        tx.journal(ctx.line("cases.imported", &top, None, facts));
    }
    Ok(outcomes)
}

/// From whom a request of another system is kept: as one that is reported here.
async fn from_whom(ctx: &Ctx, tx: &mut Tx, office: &Office, case: &Case) -> Result<Kept, CasesError> {
    let rules = office.rules_of(case, ctx.now())?;
    let Some(class) = rules.classes().find(&case.class) else { return Ok(Kept::default()) };
    let judged = (&rules, class.as_ref(), case.description.as_str());
    Ok(kept(ctx, &mut tx.conn()?, office, (case.district, &case.place, ctx.now()), judged).await?)
}

fn taken(ctx: &Ctx, tx: &Tx, office: &Office, system: &str, request: &Foreign) -> Result<Taken, CasesError> {
    let rules = office.rules(&request.place, ctx.now())?;
    let class = rules.classes().find(&request.class).ok_or_else(|| CasesError::ClassUnknown(request.class.clone()))?;
    let reported_at = request.reported_at.or(request.updated_at).unwrap_or(ctx.now());
    let closed_at = (!request.open).then(|| request.updated_at.unwrap_or(ctx.now()).max(reported_at));
    let state = if request.open { CaseState::Reported } else { CaseState::Closed };
    let common_part = class.common_part && request.place.level() != Some(PlaceLevel::Home);
    let outside = request.point_e7.is_some_and(|(lon, lat)| (lon, lat) == (0, 0) || !on_earth(lon, lat));
    let flag = if request.point_e7.is_none() { Some(LocationFlag::Missing) } else { outside.then_some(LocationFlag::Outside) };
    let case = Case {
        district: tx.district(),
        id: CaseId::new(&At(reported_at), ctx.rng.as_ref()),
        number: String::new(),
        place: request.place.clone(),
        class: class.code.clone(),
        message_class: None,
        matter: None,
        profile: None,
        way: Some(rules.way(&class.code, None)),
        unit: None,
        title: request.title.clone(),
        description: request.description.clone(),
        state,
        state_since: closed_at.unwrap_or(reported_at),
        clock: if request.open { ClockRuns::Running } else { ClockRuns::Stopped },
        owner: None,
        flagged_role: None,
        reported_at,
        due_at: request.due_at,
        city_due_at: None,
        due_provisional: false,
        finished_at: closed_at,
        finished_by: None,
        reported_by: None,
        closed_at,
        overdue_at: None,
        channel: CHANNEL.to_owned(),
        external_system: Some(system.to_owned()),
        external_id: Some(request.id.clone()),
        external_status: Some(request.standing()),
        // When it ended there counts only if that system says when.
        external_closed_at: closed_at.filter(|_| request.updated_at.is_some()),
        lon_e7: request.point_e7.map(|(lon, _)| lon),
        lat_e7: request.point_e7.map(|(_, lat)| lat),
        location_flag: flag,
        public: common_part,
        common_part,
        emergency: request.open && rules.classes().danger_now(&request.description, reported_at, ctx.now()),
        reopened_count: 0,
        merged_into: None,
        ended_how: None,
        rating: None,
        taken_at: None,
        wake_at: None,
        extensions: 0,
        answered_in_time: None,
        not_fixed_count: 0,
        kept: Kept::default(),
        version: 1,
    };
    let hash = Ctx::request_hash("cases.foreign", request);
    Ok(Taken { case, phone: None, hash, closing: closed_at, usual_matter: None, doubts: Vec::new() })
}

/// A known case that its system tells differently now. When it was reported and ended before stays what was counted, and what was decided of
/// it here stands.
async fn follow(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (request, mut taken): (&Foreign, Taken),
    there: &Known,
    counts: &mut Days,
) -> Result<(), CasesError> {
    let before = &there.case;
    if request.reported_at.is_none() {
        taken.case.reported_at = before.reported_at;
    }
    taken.case.external_closed_at = before.external_closed_at;
    let named = leave_decided(ctx, tx, office, (&mut taken.case, before)).await?;
    let mut counted = Days::new();
    days::spread_imported(&mut counted, &before.place, before.reported_at, before.external_closed_at);
    for (key, delta) in counted {
        counts.entry(key).or_default().subtract(delta);
    }
    days::spread_imported(counts, &taken.case.place, taken.case.reported_at, before.external_closed_at);
    if !imports::tell_anew(&mut tx.conn()?, &taken, there).await? {
        return Err(CasesError::Changed);
    }
    keep_from_persons(ctx, tx, office, before.id, named).await?;
    if before.external_status != taken.case.external_status {
        let heard = Heard {
            system: taken.case.external_system.as_deref().unwrap_or_default(),
            id: &request.id,
            open: request.open,
            status: &request.status,
            notes: &request.notes,
        };
        heard_elsewhere(ctx, tx, office, before.id, heard).await?;
    }
    Ok(())
}

/// What another system says of a case that it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard<'a> {
    /// Its name.
    pub system: &'a str,
    /// The key of the case there.
    pub id: &'a str,
    /// Whether it is open there.
    pub open: bool,
    /// Its word for how it stands.
    pub status: &'a str,
    /// What it says beside the word; empty when nothing. Kept beside the line, because it may name somebody.
    pub notes: &'a str,
}

/// Another system says how a case stands that it works on. One that ended there is closed here; one that goes on there after all is
/// opened again, if it was closed because it had ended there. Rules without these steps leave it where it stands, with a line that says
/// what was heard. Only the program itself may say so.
///
/// # Errors
/// `Denied` for everybody else, `NotFound`; `Changed`; store errors.
pub async fn heard_elsewhere(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, heard: Heard<'_>) -> Result<(), CasesError> {
    match ctx.actor {
        Actor::System(_) => {}
        Actor::Visitor | Actor::Resident { .. } => return Err(Denied::Unauthenticated.into()),
        Actor::Staff { .. } | Actor::Unappointed { .. } | Actor::Program { .. } => return Err(Denied::Forbidden.into()),
    }
    let district = tx.district();
    let case = store::by_id(&mut tx.conn()?, district, id).await?.ok_or(CasesError::NotFound)?;
    // What a file or that system told closed from the beginning has no word for how it ended.
    let ended_there =
        matches!(case.ended_how, Some(Ending::Elsewhere)) || (case.external_id.is_some() && case.ended_how.is_none());
    let (event, kind) = match (heard.open, case.is_open()) {
        (false, true) => (Event::EndElsewhere, "cases.ended_elsewhere"),
        (true, false) if ended_there => (Event::GoOnElsewhere, "cases.gone_on_elsewhere"),
        _ => return noted(ctx, tx, &case, heard),
    };
    let mut step = match Step::begin(ctx, tx, office, Which::Id(id), event).await {
        Ok(step) => step,
        Err(CasesError::Transition(_)) => return noted(ctx, tx, &case, heard),
        Err(error) => return Err(error),
    };
    let before = step.case.due_at;
    // What goes on after all has the time of its class again; a promise of its source is not ours to move.
    let promise = match event {
        Event::GoOnElsewhere if promise::of(&mut tx.conn()?, office, &step.case).await?.class.is_some() => {
            let rules = office.rules_of(&step.case, ctx.now())?;
            anew(tx, office, &rules, &mut step.case, ctx.now()).await?
        }
        _ => None,
    };
    step.save(tx).await?;
    step.journal(ctx, tx, kind, facts(heard), (!heard.notes.is_empty()).then_some(heard.notes));
    if event == Event::EndElsewhere {
        let told = Telling { outcome: Some("elsewhere"), ..Telling::of(heard.notes) };
        tell_city(ctx, tx, &step.case, CityStep::Closed, told).await?;
    }
    if let Some((promise, under)) = promise.as_ref().and_then(|promise| Some((promise, promise.named()?))) {
        promise::keep(tx, office, promise, &step.case).await?;
        moved(ctx, tx, &step, before, ("reopened", &under.clock, &under.rule));
    }
    Ok(())
}

fn noted(ctx: &Ctx, tx: &mut Tx, case: &Case, heard: Heard<'_>) -> Result<(), CasesError> {
    ctx.may(Action::Close, Resource::Case, case.district, &case.place)?;
    let mut said = facts(heard);
    if let Some(said) = said.as_object_mut() {
        said.insert("number".to_owned(), json!(case.number));
    }
    let line = ctx.line("cases.heard_elsewhere", &case.place, Some(case.id.0), said);
    tx.journal(if heard.notes.is_empty() { line } else { ctx.with_personal(line, json!({ "text": heard.notes })) });
    Ok(())
}

fn facts(heard: Heard<'_>) -> serde_json::Value {
    json!({ "system": heard.system, "id": heard.id, "status": heard.status })
}

/// A case is to be worked on by another system (转交外部系统). It stays open here until that system says that it has ended. Its reporter is told
/// what that system is called, and not its address.
///
/// # Errors
/// `NotFound`, `Denied`; `Changed` for a case that is closed or came from another system itself; store errors.
pub async fn hand_elsewhere(ctx: &Ctx, tx: &mut Tx, id: CaseId, (system, name): (&str, &str)) -> Result<Case, CasesError> {
    let (case, _) = super::open(ctx, tx, Which::Id(id), Action::Assign).await?;
    if !case.is_open() || case.external_id.is_some() {
        return Err(CasesError::Changed);
    }
    let facts = json!({ "number": case.number, "system": system });
    let line = ctx.line("cases.handed_elsewhere", &case.place, Some(case.id.0), facts);
    // A name may be that of a person.
    tx.journal(ctx.with_personal(line, json!({ "text": name })));
    Ok(case)
}

/// The other system does not take a case that was to be handed over to it (未受理): it goes on here. Its reporter is told that, and not why.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn refused_elsewhere(ctx: &Ctx, tx: &mut Tx, id: CaseId, (system, name): (&str, &str)) -> Result<(), CasesError> {
    let (case, _) = super::open(ctx, tx, Which::Id(id), Action::Assign).await?;
    let facts = json!({ "number": case.number, "system": system });
    let line = ctx.line("cases.refused_elsewhere", &case.place, Some(case.id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "text": name })));
    Ok(())
}

/// The other system has taken a case under a key of its own.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn sent_elsewhere(ctx: &Ctx, tx: &mut Tx, id: CaseId, (system, key): (&str, &str)) -> Result<(), CasesError> {
    let (case, _) = super::open(ctx, tx, Which::Id(id), Action::Assign).await?;
    let facts = json!({ "number": case.number, "system": system, "id": key });
    tx.journal(ctx.line("cases.sent_elsewhere", &case.place, Some(case.id.0), facts));
    Ok(())
}

/// A clock that stands at the instant of a report, so that ids are ordered by it.
struct At(Ts);

impl Clock for At {
    fn now(&self) -> Ts {
        self.0
    }
}
