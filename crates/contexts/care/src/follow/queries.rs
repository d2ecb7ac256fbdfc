//! What a family-doctor team, an officer and an institution look at. Nothing here writes.

mod medicine;
mod oxygen;
mod told;
mod visits;

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::{AppointmentId, OrganisationId};

use super::desk::Desk;
use super::error::FollowError;
use super::model::{
    Alarm, AlarmId, Decision, Followed, Oximeter, OximeterId, OximeterState, OxygenBooking, OxygenSlot, Reading, Referral,
};
use super::rules::{NewsScore, NotScored, Rules, Triaged, Whose};
use super::store::figures::{AlarmCounts, Counts};
use super::store::oximeters::Stock;
use super::store::{self, Which, alarms, oximeters, readings};
use super::{commands, scope};
use crate::model::CarePersonId;

pub use medicine::{
    AntiviralsOf, DecisionCounts, MedicineStock, SOON_DAYS, StockOf, antiviral_stock, antivirals_of, decided, decision_person,
};
pub use oxygen::{Booked, OxygenDay, OxygenPlace, OxygenRow, PlaceNow, booking_place, oxygen_counts, oxygen_day, oxygen_places};
pub use told::{GroupCounts, alarm_of_own, alarms_of_own, counts_of_own, followed_by, reading, readings_of, was_told};
pub use visits::{Found, asked_visits};

/// Rows of a list.
const ROWS: i64 = 200;
/// Readings on the page of a person.
const READINGS: i64 = 60;

/// Somebody on a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// How they are followed.
    pub followed: Followed,
    /// Their name.
    pub name: String,
}

/// An alarm on a list.
#[derive(Debug, Clone)]
pub struct Alarmed {
    /// The alarm.
    pub alarm: Alarm,
    /// The name.
    pub name: String,
    /// The reading it is about.
    pub reading: Option<Reading>,
}

/// Whom a family-doctor team calls today (今日随访).
#[derive(Debug, Clone)]
pub struct CallList {
    /// Alarms that nobody has dealt with, the most urgent first.
    pub alarms: Vec<Alarmed>,
    /// Whose reading is due by the end of the day, what is due first on top.
    pub due: Vec<Listed>,
    /// Who agreed to readings and is not followed yet, because nobody has entered what the risk is judged by: whom a visit found unwell on top, then
    /// who agreed first.
    pub newcomers: Vec<Newcomer>,
}

/// Somebody who agreed to readings and waits to be judged (待评估).
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// The person.
    pub person: CarePersonId,
    /// Where they live.
    pub place: PlacePath,
    /// Their name.
    pub name: String,
    /// When they agreed.
    pub since: Ts,
    /// The visit that found them unwell since then, its number, and when: they are called before anybody else who is new.
    pub unwell: Option<(String, Ts)>,
}

/// The call list of the actor's team.
///
/// # Errors
/// `Denied` for everybody but a team at a community or below; store errors.
pub async fn call_list(ctx: &Ctx, c: &mut Conn<'_>, desk: &Desk) -> Result<CallList, FollowError> {
    let scope = scope::team(ctx, Action::Read)?;
    let mut list = CallList { alarms: Vec::new(), due: Vec::new(), newcomers: Vec::new() };
    for alarm in alarms::open(c, &scope, ROWS).await? {
        let name = name_of(c, desk, scope.district, alarm.person).await?;
        let reading = match alarm.reading {
            Some(id) => readings::one(c, scope.district, id).await?,
            None => None,
        };
        list.alarms.push(Alarmed { alarm, name, reading });
    }
    let due = store::list(c, &scope, Which::Due(end_of_day(ctx.now())), ROWS).await?;
    list.due = listed(c, desk, scope.district, due).await?;
    for (person, place, since) in store::newcomers(c, &scope, ctx.now(), ROWS).await? {
        let name = name_of(c, desk, scope.district, person).await?;
        let unwell = store::found_unwell(c, scope.district, person, since).await?;
        list.newcomers.push(Newcomer { person, place, name, since, unwell });
    }
    Ok(list)
}

/// Those of the actor's team who are red, and those for whom a physician has to decide.
///
/// # Errors
/// As [`call_list`].
pub async fn red_list(ctx: &Ctx, c: &mut Conn<'_>, desk: &Desk) -> Result<Vec<Listed>, FollowError> {
    let scope = scope::team(ctx, Action::Read)?;
    let red = store::list(c, &scope, Which::RedOrUndecided, ROWS).await?;
    listed(c, desk, scope.district, red).await
}

async fn listed(c: &mut Conn<'_>, desk: &Desk, district: DistrictId, all: Vec<Followed>) -> Result<Vec<Listed>, FollowError> {
    let mut rows = Vec::with_capacity(all.len());
    for followed in all {
        let name = name_of(c, desk, district, followed.person).await?;
        rows.push(Listed { followed, name });
    }
    Ok(rows)
}

async fn name_of(c: &mut Conn<'_>, desk: &Desk, district: DistrictId, person: CarePersonId) -> Result<String, FollowError> {
    let known = crate::store::person(c, district, person).await?;
    Ok(known.and_then(|known| desk.vault().open(&known.name_sealed)).unwrap_or_default())
}

/// 24:00 of the day in Beijing.
fn end_of_day(now: Ts) -> Ts {
    let tomorrow = now.local().date().tomorrow().ok();
    let midnight = tomorrow.and_then(|day| Ts::from_local(day.to_datetime(jiff::civil::Time::midnight())));
    midnight.unwrap_or(now.plus_secs(86_400))
}

/// What the newest reading amounts to.
#[derive(Debug, Clone)]
pub struct Scored {
    /// NEWS2, or why there is none.
    pub news2: Result<NewsScore, NotScored>,
    /// WS/T 810.
    pub triage: Triaged,
}

/// Everything on the page of somebody who is followed.
#[derive(Debug, Clone)]
pub struct PersonView {
    /// Their name.
    pub name: String,
    /// Their number.
    pub phone: Option<String>,
    /// Where they live.
    pub place: PlacePath,
    /// How they are followed; `None` while nobody has entered what the risk is judged by.
    pub followed: Option<Followed>,
    /// The visit that found them unwell and after which there is no reading yet: its number, and when.
    pub unwell: Option<(String, Ts)>,
    /// The rules that count there.
    pub rules: Rules,
    /// Readings, the newest first.
    pub readings: Vec<Reading>,
    /// What the newest one amounts to.
    pub scored: Option<Scored>,
    /// Alarms, the newest first.
    pub alarms: Vec<Alarm>,
    /// Visits that alarms led to, the newest first, with what was found.
    pub visits: Vec<Found>,
    /// Referrals, the newest first.
    pub referrals: Vec<Referral>,
    /// The oximeter they have.
    pub oximeter: Option<Oximeter>,
    /// Whether the institution that follows them has one on hand.
    pub lendable: bool,
    /// Places for oxygen they had or will have, the newest first.
    pub oxygen: Vec<OxygenBooking>,
    /// The next times at which the institution that follows them has a place.
    pub free: Vec<OxygenSlot>,
    /// What was decided about early antivirals, the newest first.
    pub decisions: Vec<Decision>,
}

/// Free times offered on the page of a person.
const FREE_SLOTS: usize = 12;

/// The page of somebody who agreed to readings. Whoever may not see it is told that there is no such person; so is everybody once the consent
/// is withdrawn.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn person(ctx: &Ctx, c: &mut Conn<'_>, desk: &Desk, id: CarePersonId) -> Result<PersonView, FollowError> {
    let scope = scope::team(ctx, Action::Read)?;
    let (district, now) = (scope.district, ctx.now());
    let known = crate::store::person(c, district, id).await?.ok_or(FollowError::NotFound)?;
    scope::may(ctx, Action::Read, district, &known.place).map_err(|_| FollowError::NotFound)?;
    let consent = crate::consent::in_force(c, district, id, now).await?.readings.ok_or(FollowError::NotFound)?;
    let rules = desk.rules(&known.place, now)?;
    let followed = store::followed(c, district, id).await?;
    let readings = readings::of(c, district, id, READINGS).await?;
    let scored = followed.as_ref().zip(readings.first()).map(|(followed, newest)| score(&rules, followed, newest));
    let free = match &followed {
        Some(followed) => commands::free_slots(c, rules.oxygen(), (district, followed.institution), now, FREE_SLOTS).await?,
        None => Vec::new(),
    };
    let lendable = match &followed {
        Some(followed) => !oximeters::list(c, (district, followed.institution), OximeterState::OnHand, 1).await?.is_empty(),
        None => false,
    };
    let alarms = alarms::of(c, district, id, ROWS).await?;
    let unwell = store::found_unwell(c, district, id, consent.given_at()).await?;
    Ok(PersonView {
        unwell: unwell.filter(|(_, at)| readings.first().is_none_or(|newest| newest.taken_at < *at)),
        visits: visits::found(c, &alarms).await?,
        free,
        oxygen: store::oxygen::of(c, district, id, OWN_READINGS).await?,
        decisions: store::medicine::decisions_of(c, district, id, OWN_READINGS).await?,
        name: desk.vault().open(&known.name_sealed).unwrap_or_default(),
        phone: known.phone_sealed.as_ref().and_then(|sealed| desk.vault().open(sealed)),
        place: known.place,
        rules,
        scored,
        alarms,
        referrals: alarms::referrals_of(c, district, id, ROWS).await?,
        oximeter: oximeters::of(c, district, id).await?,
        lendable,
        followed,
        readings,
    })
}

/// What is kept of somebody's health, for the person alone.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// The newest readings, the newest first.
    pub readings: Vec<Reading>,
    /// Referrals, the newest first.
    pub referrals: Vec<Referral>,
    /// The oximeter that is lent.
    pub oximeter: Option<Oximeter>,
    /// Places for oxygen, the newest first, with the names of the institutions.
    pub oxygen: Vec<(OxygenBooking, String)>,
    /// What was decided about early antivirals, the newest first.
    pub decisions: Vec<Decision>,
}

impl Own {
    /// How many prescriptions were handed out: those stay after a withdrawal.
    #[must_use]
    pub fn handed_out(&self) -> usize {
        self.decisions.iter().filter(|one| one.state == super::model::DecisionState::Dispensed).count()
    }
}

/// Readings shown to the person.
const OWN_READINGS: i64 = 20;

/// What the holder of a private link is shown of the own health data; the link itself was looked up by the caller.
///
/// # Errors
/// Store errors.
pub(crate) async fn own(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<Own, FollowError> {
    let mut oxygen = Vec::new();
    for booking in store::oxygen::of(c, district, id, OWN_READINGS).await? {
        let name = institution_name(c, district, booking.institution).await?;
        oxygen.push((booking, name));
    }
    Ok(Own {
        oxygen,
        decisions: store::medicine::decisions_of(c, district, id, OWN_READINGS).await?,
        readings: readings::of(c, district, id, OWN_READINGS).await?,
        referrals: alarms::referrals_of(c, district, id, OWN_READINGS).await?,
        oximeter: oximeters::of(c, district, id).await?,
    })
}

/// What a reading amounts to for somebody.
#[must_use]
pub fn score(rules: &Rules, followed: &Followed, reading: &Reading) -> Scored {
    let raising = commands::raising(followed, reading.taken_at);
    let whose = Whose { age: raising.age, pregnant: raising.pregnant, scale2: followed.factors.scale2 };
    Scored { news2: rules.news2().score(&reading.vitals, whose), triage: rules.triage().triage(&reading.vitals, raising) }
}

/// Of whom an alarm is, for whoever may follow them.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn person_of_alarm(ctx: &Ctx, c: &mut Conn<'_>, id: AlarmId) -> Result<CarePersonId, FollowError> {
    let scope = scope::team(ctx, Action::Read)?;
    let alarm = alarms::one(c, scope.district, id).await?.ok_or(FollowError::NotFound)?;
    scope::may(ctx, Action::Read, scope.district, &alarm.place).map_err(|_| FollowError::NotFound)?;
    Ok(alarm.person)
}

/// Figures of a place: how many are followed, and what became of the alarms of the last days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Those who are followed.
    pub followed: Counts,
    /// The alarms.
    pub alarms: AlarmCounts,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        let (a, b) = (&mut self.followed, other.followed);
        a.followed += b.followed;
        a.red += b.red;
        a.yellow += b.yellow;
        a.green += b.green;
        a.undecided += b.undecided;
        a.due += b.due;
        let (a, b) = (&mut self.alarms, other.alarms);
        a.raised += b.raised;
        a.missing += b.missing;
        a.missing_open += b.missing_open;
        a.open += b.open;
        a.false_alarms += b.false_alarms;
        a.referred += b.referred;
    }
}

/// The figures of a place within the actor's reach, with alarms raised since an instant. They are numbers and name nobody.
///
/// # Errors
/// `Denied`; store errors.
pub async fn figures(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    since: Ts,
) -> Result<Figures, FollowError> {
    ctx.may(Action::Read, Resource::Figures, district, place)?;
    let scope = Scope { district, place: place.clone() };
    let followed = store::figures::followed(c, &scope, end_of_day(ctx.now())).await?;
    Ok(Figures { followed, alarms: store::figures::alarms(c, &scope, since).await? })
}

/// The oximeters of a district by institution, with the names of the institutions.
///
/// # Errors
/// `Denied`; store errors.
pub async fn stock(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<(Stock, String)>, FollowError> {
    let scope = ctx.scope(Action::Read, Resource::Oximeter)?;
    let mut rows = Vec::new();
    for stock in oximeters::stock(c, scope.district, ROWS).await? {
        rows.push((stock, institution_name(c, scope.district, stock.institution_id).await?));
    }
    Ok(rows)
}

/// The institutions of a district that can be issued oximeters and follow people.
///
/// # Errors
/// Store errors.
pub async fn institutions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(OrganisationId, String)>, FollowError> {
    let all = linli_people::queries::organisations(c, district, "", 500).await?;
    let follow = all.into_iter().filter(|one| commands::INSTITUTIONS.contains(&one.kind.as_str()));
    Ok(follow.map(|one| (one.id, one.name)).collect())
}

/// The institution on whose behalf the actor is appointed, of those that follow people.
///
/// # Errors
/// Store errors.
pub async fn own_institution(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<Option<OrganisationId>, FollowError> {
    let Some(appointment) = ctx.appointment() else { return Ok(None) };
    let held = linli_people::queries::appointment(c, district, AppointmentId(appointment)).await?;
    let Some(own) = held.and_then(|held| held.organisation_id) else { return Ok(None) };
    Ok(institutions(c, district).await?.into_iter().map(|(id, _)| id).find(|id| *id == own))
}

/// The name of an institution.
///
/// # Errors
/// Store errors.
pub async fn institution_name(c: &mut Conn<'_>, district: DistrictId, id: OrganisationId) -> Result<String, FollowError> {
    let found = linli_people::queries::organisation(c, district, id).await?;
    Ok(found.map(|organisation| organisation.name).unwrap_or_default())
}

/// An oximeter that is lent, and to whom.
#[derive(Debug, Clone)]
pub struct Lent {
    /// The oximeter.
    pub oximeter: Oximeter,
    /// The name of who has it, where the actor may know it.
    pub name: Option<String>,
}

/// The oximeters of an institution.
#[derive(Debug, Clone)]
pub struct OximetersOf {
    /// Those it has lent.
    pub lent: Vec<Lent>,
    /// Those it has on hand.
    pub on_hand: Vec<Oximeter>,
    /// Whether the actor is appointed on behalf of the institution, and so may write off what it has on hand.
    pub own: bool,
}

/// The oximeters that an institution has lent, and those it has on hand. Names are shown to the team of the place alone.
///
/// # Errors
/// `Denied`; `NotFound`; store errors.
pub async fn oximeters_of(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    desk: &Desk,
    institution: OrganisationId,
) -> Result<OximetersOf, FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Oximeter)?;
    let district = scope.district;
    linli_people::queries::organisation(c, district, institution).await?.ok_or(FollowError::NotFound)?;
    let mut lent = Vec::new();
    for oximeter in oximeters::list(c, (district, institution), OximeterState::Lent, ROWS).await? {
        let known = match oximeter.person {
            Some(person) => crate::store::person(c, district, person).await?,
            None => None,
        };
        let mine = known.filter(|known| scope::may(ctx, Action::Read, district, &known.place).is_ok());
        lent.push(Lent { oximeter, name: mine.and_then(|known| desk.vault().open(&known.name_sealed)) });
    }
    let on_hand = oximeters::list(c, (district, institution), OximeterState::OnHand, ROWS).await?;
    Ok(OximetersOf { lent, on_hand, own: commands::on_behalf_of(ctx, c, district, institution).await? })
}

/// The institution an oximeter was issued to.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn institution_of(ctx: &Ctx, c: &mut Conn<'_>, id: OximeterId) -> Result<OrganisationId, FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Oximeter)?;
    let found = oximeters::one(c, scope.district, id).await?.ok_or(FollowError::NotFound)?;
    Ok(found.institution)
}

/// Records that do not hold together, for `linli check`: readings or alarms of people who are not followed, an alarm that became something
/// and was looked at by nobody. Empty when all is well.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, FollowError> {
    Ok(store::figures::contradictions(c, district).await?)
}
