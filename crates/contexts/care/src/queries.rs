//! What only looks. Lists take the scope of the actor, page by key and have a limit.

use linli_access::{Action, Actor, Ctx, Denied, Resource, Role, Scope};
use linli_cases::LinkToken;
use linli_db::{BlobHash, Conn, DbError, PayloadState, journal};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use serde_json::Value;
use uuid::Uuid;

use crate::commands::standing;
use crate::consent::{self, InForce};
use crate::error::CareError;
use crate::model::{
    CarePerson, CarePersonId, Consent, ConsentId, Contact, Need, Outcome, ShownText, Visit, VisitEvent, VisitId, VisitKind,
    VisitOwner, Watched,
};
use crate::office::CareOffice;
use crate::store::{self, figures as counts};

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
/// Days that figures look back.
pub const WINDOW_DAYS: i64 = 28;
/// Most ways to a contact that are looked at.
const MOST_WAYS: i64 = 20_000;

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
    let looked = |line: &linli_db::StoredLine| (line.at, Looker::of(line));
    Ok(PersonView {
        given,
        watched: store::watch::of_person(c, district, person.id).await?,
        contact: store::contact(c, district, person.id).await?,
        visits: store::visits::of_person(c, district, person.id, MOST_OF_PERSON).await?,
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

/// What the watch of a place comes to (看护数据).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Who agreed to the watch and is enrolled now.
    pub enrolled: i64,
    /// Of these, who is not watched: nothing that is heard serves the rule.
    pub unheard: i64,
    /// Alarms in the window.
    pub alarms: i64,
    /// Questions in the window.
    pub questions: i64,
    /// Alarms that somebody was found well by, or away.
    pub false_alarms: i64,
    /// Alarms that a sign of life ended before anybody went.
    pub relieved: i64,
    /// Found in need of something, unwell, or in an emergency, after an alarm or a question.
    pub found: i64,
    /// Unwell or in an emergency though watched and without an alarm: found by somebody who was worried. Where an alarm or a question had been raised
    /// shortly before, or the family-doctor team asked for the visit, nothing was missed.
    pub missed: i64,
    /// Seconds from alarm to first human contact that nine of ten stay under, those that still wait counted with the time they have waited;
    /// nothing without one.
    pub contact_p90: Option<i64>,
    /// Wrong knocks of the last seven days, by who knocked, the most first.
    pub wrong_knocks: Vec<(Uuid, i64)>,
    /// Of those found, unwell or in an emergency.
    pub unwell: i64,
    /// Alarms that somebody went for and found out about, whatever it was: what the rate of false alarms is of.
    pub answered: i64,
}

impl Figures {
    /// False alarms in a thousand of the alarms that somebody found out about (误报率); nothing while there are none.
    #[must_use]
    pub const fn false_rate(&self) -> Option<i64> {
        if self.answered > 0 { Some(self.false_alarms * 1_000 / self.answered) } else { None }
    }

    /// Of those who were found unwell, how many in a thousand were found without an alarm or question (漏报率); nothing while nobody was.
    #[must_use]
    pub const fn missed_rate(&self) -> Option<i64> {
        let all = self.missed + self.unwell;
        if all > 0 { Some(self.missed * 1_000 / all) } else { None }
    }
}

/// The figures of a place over the last [`WINDOW_DAYS`] days; no names.
///
/// # Errors
/// `Denied`; store errors.
pub async fn figures(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Figures, CareError> {
    figures_over(ctx, c, &[Scope { district, place: place.clone() }]).await
}

/// The figures of several places together: of a city, its districts.
///
/// # Errors
/// As [`figures`].
pub async fn figures_over(ctx: &Ctx, c: &mut Conn<'_>, scopes: &[Scope]) -> Result<Figures, CareError> {
    let since = ctx.now().plus_secs(-WINDOW_DAYS * 86_400);
    let (mut figures, mut ways) = (Figures::default(), Vec::new());
    for scope in scopes {
        ctx.may(Action::Read, Resource::Figures, scope.district, &scope.place)?;
        add_outcomes(c, scope, since, &mut figures).await?;
        ways.extend(counts::ways_to_contact(c, scope, (since, ctx.now()), MOST_WAYS).await?);
        figures.wrong_knocks.extend(counts::wrong_knocks(c, scope, ctx.now().plus_secs(-7 * 86_400)).await?);
    }
    figures.contact_p90 = p90(&mut ways).map(|micros| micros / 1_000_000);
    figures.wrong_knocks.sort_by_key(|(_, knocks)| std::cmp::Reverse(*knocks));
    Ok(figures)
}

/// Adds what the visits of one place came to.
async fn add_outcomes(c: &mut Conn<'_>, scope: &Scope, since: Ts, figures: &mut Figures) -> Result<(), CareError> {
    let (enrolled, unheard) = store::watch::count(c, scope).await?;
    figures.enrolled += enrolled;
    figures.unheard += unheard;
    for (kind, outcome, unwarned, n) in counts::outcomes(c, scope, since).await? {
        let (kind, outcome): (Option<VisitKind>, Option<Outcome>) = (kind.parse().ok(), outcome.and_then(|o| o.parse().ok()));
        let found = matches!(outcome, Some(Outcome::Needs | Outcome::Unwell | Outcome::Emergency));
        match (kind, outcome) {
            (Some(VisitKind::Alarm), _) => figures.alarms += n,
            (Some(VisitKind::Question), _) => figures.questions += n,
            _ => {}
        }
        let unwell = matches!(outcome, Some(Outcome::Unwell | Outcome::Emergency));
        figures.unwell += if unwell && matches!(kind, Some(VisitKind::Alarm | VisitKind::Question)) { n } else { 0 };
        let answered = !matches!(outcome, None | Some(Outcome::Relieved | Outcome::Withdrawn));
        figures.answered += if kind == Some(VisitKind::Alarm) && answered { n } else { 0 };
        match (kind, outcome) {
            (Some(VisitKind::Alarm), Some(Outcome::Well | Outcome::Away)) => figures.false_alarms += n,
            (Some(VisitKind::Alarm), Some(Outcome::Relieved)) => figures.relieved += n,
            (Some(VisitKind::Alarm | VisitKind::Question), _) if found => figures.found += n,
            (Some(VisitKind::ByHand), Some(Outcome::Unwell | Outcome::Emergency)) if unwarned => figures.missed += n,
            _ => {}
        }
    }
    Ok(())
}

/// Whether figures of a place say who it is: below a community there is one old person in many an entrance.
#[must_use]
pub fn tells_who(place: &PlacePath) -> bool {
    place.level().is_some_and(|level| level > PlaceLevel::Community)
}

/// The smallest value that nine of ten do not exceed (nearest rank).
fn p90(values: &mut [i64]) -> Option<i64> {
    values.sort_unstable();
    let rank = (values.len() * 9).div_ceil(10);
    rank.checked_sub(1).and_then(|i| values.get(i)).copied()
}

#[cfg(test)]
mod tests {
    use super::p90;

    #[test]
    fn nine_of_ten_stay_under_it() {
        assert_eq!(p90(&mut []), None);
        assert_eq!(p90(&mut [7]), Some(7));
        assert_eq!(p90(&mut [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), Some(9));
    }
}
