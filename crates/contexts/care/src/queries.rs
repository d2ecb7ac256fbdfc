//! What only looks. Lists take the scope of the actor, page by key and have a limit.

mod figures;

use linli_access::{Action, Actor, Ctx, Denied, Resource, Role};
use linli_cases::LinkToken;
use linli_db::{BlobHash, Conn, DbError, PayloadState, journal};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde_json::Value;
use uuid::Uuid;

use crate::commands::standing;
use crate::consent::{self, InForce};
use crate::error::CareError;
use crate::model::{
    CarePerson, CarePersonId, Consent, ConsentId, Contact, Need, ShownText, Visit, VisitEvent, VisitId, VisitOwner, Watched,
};
use crate::office::CareOffice;
use crate::store;

pub use figures::{Figures, WINDOW_DAYS, figures, figures_over, tells_who};

/// Most visits on a board or in a list.
const MOST_VISITS: i64 = 200;
/// Most visits of one person that are shown.
const MOST_OF_PERSON: i64 = 50;
/// Most lines of a record that are read.
const MOST_LINES: i64 = 500;
/// Most looks of the staff at a person that are shown.
const MOST_LOOKS: usize = 200;
/// People on one page of the list.
pub const PAGE: i64 = 50;

/// A person with everything that is kept.
#[derive(Debug, Clone)]
pub struct PersonView {
    /// The person.
    pub person: CarePerson,
    /// All consents, the newest first.
    pub consents: Vec<Consent>,
    /// What is agreed to now.
    pub given: InForce,
    /// How the person is watched.
    pub watched: Option<Watched>,
    /// Who is told.
    pub contact: Option<Contact>,
    /// Visits, the newest first.
    pub visits: Vec<Visit>,
    /// When somebody looked, and who; the newest first.
    pub looks: Vec<(Ts, Looker)>,
    /// After a withdrawal: of how many visits something that was written is still kept.
    pub worded: usize,
}

/// Who looked at what is kept about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looker {
    /// Somebody of the staff, under an appointment.
    Staff(Uuid),
    /// The system of an institution.
    System(Uuid),
    /// Nobody knows any more.
    Unknown,
}

impl Looker {
    fn of(line: &linli_db::StoredLine) -> Self {
        let appointment = line.actor.strip_prefix("appointment:").and_then(|id| id.parse().ok()).map(Self::Staff);
        let facts: Option<serde_json::Value> = serde_json::from_str(&line.facts).ok();
        let institution = || facts?.get("institution")?.as_str()?.parse().ok().map(Self::System);
        appointment.or_else(institution).unwrap_or(Self::Unknown)
    }
}

async fn view(c: &mut Conn<'_>, district: DistrictId, person: CarePerson, at: Ts) -> Result<PersonView, CareError> {
    let consents = store::consents::of_person(c, district, person.id).await?;
    let given = consent::in_force(c, district, person.id, at).await?;
    let lines = journal::of_subject(c, district, person.id.0, MOST_LINES).await?;
    let visits = store::visits::of_person(c, district, person.id, MOST_OF_PERSON).await?;
    let mut worded = 0;
    if consents.iter().any(|consent| consent.withdrawn_at.is_some()) {
        for visit in &visits {
            worded += usize::from(journal::kept_personal(c, district, visit.id.0).await? > 0);
        }
    }
    let looked = |line: &linli_db::StoredLine| (line.at, Looker::of(line));
    Ok(PersonView {
        given,
        watched: store::watch::of_person(c, district, person.id).await?,
        contact: store::contact(c, district, person.id).await?,
        visits,
        worded,
        looks: lines.iter().rev().filter(|line| line.kind == "care.looked").map(looked).take(MOST_LOOKS).collect(),
        consents,
        person,
    })
}

/// A person for those who keep the consents. What lies outside the reach of the actor is not found.
///
/// # Errors
/// `Denied`, `NotFound`; store errors.
pub async fn person(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<PersonView, CareError> {
    let person = store::person(c, district, id).await?.ok_or(CareError::NotFound)?;
    ctx.may(Action::Read, Resource::Care, district, &person.place).map_err(|_| CareError::NotFound)?;
    view(c, district, person, ctx.now()).await
}

/// The consents of a person with the texts that were shown, the newest first, for those who may see how each was given: an access of its own. Whoever
/// asks writes down that it was looked at.
///
/// # Errors
/// `Denied`, `NotFound`; store errors.
pub async fn consents(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &CareOffice,
    district: DistrictId,
    id: CarePersonId,
) -> Result<(CarePerson, Vec<(Consent, Option<ShownText>)>), CareError> {
    let person = store::person(c, district, id).await?.ok_or(CareError::NotFound)?;
    ctx.may(Action::Read, Resource::CareConsent, district, &person.place).map_err(|_| CareError::NotFound)?;
    let all = store::consents::of_person(c, district, id).await?;
    let shown = with_texts(c, office, (district, &person.place), all, ctx.now()).await?;
    Ok((person, shown))
}

/// Consents with the texts that were shown. One from before texts were kept has the one that counts now, where that is still the same.
pub(crate) async fn with_texts(
    c: &mut Conn<'_>,
    office: &CareOffice,
    (district, place): (DistrictId, &PlacePath),
    consents: Vec<Consent>,
    at: Ts,
) -> Result<Vec<(Consent, Option<ShownText>)>, CareError> {
    let rules = office.rules(place, at)?;
    let mut all = Vec::with_capacity(consents.len());
    for consent in consents {
        let kept = store::consents::text_of(c, district, &consent).await?;
        let text = kept.or_else(|| crate::commands::shown(&rules, &consent));
        all.push((consent, text));
    }
    Ok(all)
}

/// What a private link shows: everything that is known of the person who holds it.
///
/// # Errors
/// `LinkUnknown`; store errors.
pub async fn by_link(c: &mut Conn<'_>, link: &LinkToken, at: Ts) -> Result<(DistrictId, PersonView), CareError> {
    let (district, id) = store::of_link(c, &link.hash()).await?.ok_or(CareError::LinkUnknown)?;
    let person = store::person(c, district, id).await?.ok_or(CareError::LinkUnknown)?;
    Ok((district, view(c, district, person, at).await?))
}

/// Whoever is registered at exactly that home and agreed to something, when nobody else is registered there: only then is it said who is
/// meant by the home alone.
///
/// # Errors
/// Store errors.
pub async fn alone_at(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<Option<CarePersonId>, DbError> {
    let found = store::at_home(c, district, home, 2).await?;
    let Ok([person]) = <[CarePersonId; 1]>::try_from(found) else { return Ok(None) };
    let consents = store::consents::of_person(c, district, person).await?;
    Ok(consents.iter().any(|consent| consent.withdrawn_at.is_none()).then_some(person))
}

/// Whom whoever has claimed a home is told of, see [`alone_at`].
///
/// # Errors
/// `NotFound` when that is nobody; store errors.
pub async fn by_home(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<CarePerson, CareError> {
    let id = alone_at(c, district, home).await?.ok_or(CareError::NotFound)?;
    store::person(c, district, id).await?.ok_or(CareError::NotFound)
}

/// The district a private link belongs to: a transaction is begun there.
///
/// # Errors
/// `LinkUnknown`; store errors.
pub async fn district_of_link(c: &mut Conn<'_>, link: &LinkToken) -> Result<DistrictId, CareError> {
    store::of_link(c, &link.hash()).await?.map(|(district, _)| district).ok_or(CareError::LinkUnknown)
}

/// Those in the reach of the actor after one, by home, at most [`PAGE`].
///
/// # Errors
/// `Denied`; store errors.
pub async fn people(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    after: Option<(&str, CarePersonId)>,
) -> Result<Vec<(CarePerson, Option<Watched>)>, CareError> {
    let scope = ctx.scope(Action::Read, Resource::Care)?;
    let found = store::people(c, &scope, after.unwrap_or(("", CarePersonId(Uuid::nil()))), PAGE).await?;
    let mut people = Vec::with_capacity(found.len());
    for person in found {
        let watched = store::watch::of_person(c, scope.district, person.id).await?;
        people.push((person, watched));
    }
    Ok(people)
}

/// The picture of the paper of a consent, for those who keep the consents.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn scan(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, id: ConsentId) -> Result<BlobHash, CareError> {
    let consent = store::consents::by_id(c, district, id).await?.ok_or(CareError::NotFound)?;
    let person = store::person(c, district, consent.person).await?.ok_or(CareError::NotFound)?;
    ctx.may(Action::Read, Resource::Care, district, &person.place).map_err(|_| CareError::NotFound)?;
    consent.scan.ok_or(CareError::NotFound)
}

/// A visit beside whom it is to.
#[derive(Debug, Clone)]
pub struct VisitLine {
    /// The visit.
    pub visit: Visit,
    /// The person.
    pub person: CarePerson,
    /// Whether the actor may see the name: who has the visit or is told of it, and the community.
    pub named: bool,
}

/// The care board of a community (关爱看板).
#[derive(Debug, Clone)]
pub struct Board {
    /// Open visits, alarms on top, of each kind what became too long first.
    pub visits: Vec<VisitLine>,
    /// Those who are away, in hospital or not watched because nothing is heard.
    pub resting: Vec<(Watched, CarePerson)>,
    /// How many these are.
    pub rest: usize,
    /// How many are watched: who agreed and is heard by nothing is not.
    pub watched: i64,
    /// Whether the actor keeps the consents here.
    pub keeps: bool,
}

/// What is open in the reach of the actor.
///
/// # Errors
/// `Denied`; store errors.
pub async fn board(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Board, CareError> {
    let scope = ctx.scope(Action::Read, Resource::Visit)?;
    let visits = store::visits::open(c, &scope, MOST_VISITS).await?;
    let visits = lines(ctx, c, visits).await?;
    let keeps = ctx.may(Action::Read, Resource::Care, scope.district, &scope.place).is_ok();
    let found = store::watch::resting(c, &scope, MOST_VISITS).await?;
    let rest = found.len();
    let mut resting = Vec::new();
    // Which home stands empty, and until when, is for those who keep the consents; the others are told how many.
    for watched in if keeps { found } else { Vec::new() } {
        if let Some(person) = store::person(c, scope.district, watched.person).await? {
            resting.push((watched, person));
        }
    }
    let (enrolled, unheard) = store::watch::count(c, &scope).await?;
    Ok(Board { visits, resting, rest, watched: enrolled - unheard, keeps })
}

/// What somebody has to do: visits that are his, and those his rung is told of.
///
/// # Errors
/// `Denied`; store errors.
pub async fn mine(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<VisitLine>, CareError> {
    let scope = ctx.scope(Action::Take, Resource::Visit)?;
    let mut visits = store::visits::open(c, &scope, MOST_VISITS).await?;
    visits.retain(|visit| concerns(ctx, visit));
    lines(ctx, c, visits).await
}

/// How many of these there are, and when the first is told to the next rung; `None` when there is none.
///
/// # Errors
/// `Denied`; store errors.
pub async fn mine_in_short(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Option<(usize, Option<Ts>)>, CareError> {
    let scope = ctx.scope(Action::Take, Resource::Visit)?;
    let mut visits = store::visits::open(c, &scope, MOST_VISITS).await?;
    visits.retain(|visit| concerns(ctx, visit));
    Ok((!visits.is_empty()).then(|| (visits.len(), visits.iter().filter_map(|visit| visit.wake_at).min())))
}

/// Whether a visit is the actor's, or his post is told of it.
pub(crate) fn concerns(ctx: &Ctx, visit: &Visit) -> bool {
    let Actor::Staff { person, role, .. } = &ctx.actor else { return false };
    let is = |owner: &VisitOwner| owner.person == *person || owner.role == *role;
    visit.owner.as_ref().is_none_or(is) || visit.told.as_ref().is_some_and(is)
}

async fn lines(ctx: &Ctx, c: &mut Conn<'_>, visits: Vec<Visit>) -> Result<Vec<VisitLine>, CareError> {
    let mut lines = Vec::with_capacity(visits.len());
    for visit in visits {
        let Some(person) = store::person(c, visit.district, visit.person).await? else { continue };
        lines.push(VisitLine { named: named(ctx, &visit), visit, person });
    }
    Ok(lines)
}

/// Names are for those on duty for the person: the community, and whoever has the visit or is told of it while it is open.
fn named(ctx: &Ctx, visit: &Visit) -> bool {
    let Actor::Staff { role, .. } = &ctx.actor else { return false };
    matches!(role, Role::CommunitySecretary | Role::CommunityWorker | Role::GridWorker)
        || (visit.is_open() && concerns(ctx, visit))
}

/// Whom whoever is told of a visit rings up now (请给紧急联系人打电话): the contact, while the rung that says so is told and nobody has done it. For those
/// alone who see the name.
///
/// # Errors
/// Store errors; `Rules` when none count.
pub(crate) async fn contact_to_ring(
    c: &mut Conn<'_>,
    office: &CareOffice,
    line: &VisitLine,
    at: Ts,
) -> Result<Option<Contact>, CareError> {
    let visit = &line.visit;
    if !line.named || !visit.is_open() || visit.contact_told_at.is_some() {
        return Ok(None);
    }
    let rules = office.rules(&visit.place, at)?;
    match rules.visits().rung(visit.rung) {
        Some(rung) if rung.contact => Ok(store::contact(c, visit.district, visit.person).await?),
        _ => Ok(None),
    }
}

/// Whether somebody else is watched at the home of whoever holds a private link, so that no watch can begin there.
///
/// # Errors
/// `LinkUnknown`; store errors.
pub(crate) async fn watched_by_another(c: &mut Conn<'_>, link: &LinkToken) -> Result<bool, CareError> {
    let (district, id) = store::of_link(c, &link.hash()).await?.ok_or(CareError::LinkUnknown)?;
    let person = store::person(c, district, id).await?.ok_or(CareError::LinkUnknown)?;
    let watched = store::watch::of_person(c, district, id).await?.is_some();
    Ok(!watched && store::watch::at_home(c, district, &person.place).await?)
}

/// A step of a visit.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitStep {
    /// When.
    pub at: Ts,
    /// The kind of the line.
    pub kind: String,
    /// Who, as the journal writes it.
    pub actor: String,
    /// The facts.
    pub facts: Value,
    /// What was written in words; only for those who see the name.
    pub words: Option<String>,
}

/// A visit with everything that is needed to do it.
#[derive(Debug, Clone)]
pub struct VisitView {
    /// The visit and the person.
    pub line: VisitLine,
    /// Who is told when nobody opens; only for those who see the name.
    pub contact: Option<Contact>,
    /// What happened, oldest first.
    pub steps: Vec<VisitStep>,
    /// What the actor may do now.
    pub possible: Vec<VisitEvent>,
}

/// A visit for somebody who goes. What lies outside the reach of the actor is not found.
///
/// # Errors
/// `Denied`, `NotFound`; store errors.
pub async fn visit(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &CareOffice,
    district: DistrictId,
    id: VisitId,
) -> Result<VisitView, CareError> {
    if matches!(ctx.actor, Actor::Visitor | Actor::Resident { .. }) {
        return Err(Denied::Unauthenticated.into());
    }
    let visit = store::visits::by_id(c, district, id).await?.ok_or(CareError::NotFound)?;
    ctx.may(Action::Read, Resource::Visit, district, &visit.place).map_err(|_| CareError::NotFound)?;
    let rules = office.rules(&visit.place, ctx.now())?;
    let mut possible = rules.visits().table().possible(visit.state, standing(ctx, Some(&visit)));
    possible.retain(|event| {
        let action = if *event == VisitEvent::Take { Action::Take } else { Action::Change };
        ctx.may(action, Resource::Visit, district, &visit.place).is_ok()
    });
    // Who has it need not take it.
    if visit.state != crate::model::VisitState::Waiting && visit.owner.as_ref().map(|o| o.person) == ctx.person() {
        possible.retain(|event| *event != VisitEvent::Take);
    }
    let line = lines(ctx, c, vec![visit]).await?.pop().ok_or(CareError::NotFound)?;
    if line.person.phone_sealed.is_some() {
        // The door is open only after the telephone.
        let before = |event: &VisitEvent| {
            let row = rules.visits().table().step(line.visit.state, *event, standing(ctx, Some(&line.visit)));
            row.is_ok_and(|row| row.needs.contains(&Need::NoPhone))
        };
        possible.retain(|event| !before(event));
    }
    // What was written may name her, and say what was found: for those who see the name.
    let (mut steps, named) = (Vec::new(), line.named);
    for line in journal::of_subject(c, district, id.0, MOST_LINES).await? {
        let words = match line.payload(c).await? {
            PayloadState::Kept(value) if named => value.get("text").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        };
        steps.push(VisitStep { at: line.at, facts: line.facts(), kind: line.kind, actor: line.actor, words });
    }
    let mut line = line;
    if !line.named && !line.visit.is_open() && !concerns(ctx, &line.visit) {
        // It is over. What it came to, and at which door, is for those who went, and for the community.
        line.visit.outcome = None;
        line.visit.case = None;
        line.person.place = crate::commands::at_entrance(&line.person.place);
        line.visit.place = line.person.place.clone();
        for step in &mut steps {
            if let Some(facts) = step.facts.as_object_mut() {
                facts.retain(|name, _| name != "outcome" && name != "event");
            }
        }
    }
    let contact = if line.named { store::contact(c, district, line.person.id).await? } else { None };
    possible.retain(|event| *event != VisitEvent::ContactTold || contact.is_some());
    Ok(VisitView { line, contact, steps, possible })
}
