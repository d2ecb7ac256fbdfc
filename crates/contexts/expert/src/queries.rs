//! What only looks: groups, what is planned and due, a round, findings, houses of one level beside each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use linli_access::{Action, Ctx, Resource, Role};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::PersonId;
use linli_rulebook::Rule;
use linli_treatment::model::{Institution, InstitutionId, Level};
use linli_treatment::queries::rounds as treated;
use linli_treatment::queries::rounds::Lying;
use uuid::Uuid;

use crate::commands::day_of;
use crate::error::ExpertError;
use crate::model::{Finding, FindingId, FindingState, Group, Member, Round, RoundId, RoundState, Step};
use crate::office::RoundOffice;
use crate::reach::{may_read_opinions, of_group, reach};
use crate::rules::Rounds;
use crate::store;

/// A day, in seconds.
const DAY_SECS: i64 = 86_400;
/// The most rounds or findings on a page.
const MOST: i64 = 300;

/// The name of somebody of staff.
///
/// # Errors
/// Store errors.
pub async fn name_of(c: &mut Conn<'_>, district: DistrictId, person: Uuid) -> Result<String, ExpertError> {
    Ok(linli_people::queries::person(c, district, PersonId(person)).await?.map(|person| person.name).unwrap_or_default())
}

/// A group with its members and their names.
#[derive(Debug, Clone)]
pub struct GroupView {
    /// The group.
    pub group: Group,
    /// Who is in it.
    pub members: Vec<(Member, String)>,
}

async fn group_view(c: &mut Conn<'_>, group: Group) -> Result<GroupView, ExpertError> {
    let mut members = Vec::new();
    for member in store::groups::members(c, group.district, group.id).await? {
        let name = name_of(c, group.district, member.person).await?;
        members.push((member, name));
    }
    Ok(GroupView { group, members })
}

/// The groups of the actor's reach that are there now or later.
///
/// # Errors
/// `Denied`; store errors.
pub async fn groups(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<GroupView>, ExpertError> {
    let scope = ctx.scope(Action::Read, Resource::Round)?;
    let mut all = Vec::new();
    for group in store::groups::from_day_on(c, &scope, &day_of(ctx.now())).await? {
        all.push(group_view(c, group).await?);
    }
    Ok(all)
}

/// Who is appointed as an expert for the actor's place, with names: who may be put into a group.
///
/// # Errors
/// `Denied`; store errors.
pub async fn experts(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<(Uuid, String)>, ExpertError> {
    let scope = ctx.scope(Action::Create, Resource::Round)?;
    let roles = (&[Role::Expert][..], MOST);
    let mut all = Vec::new();
    for person in linli_people::queries::persons_in_roles(c, scope.district, &scope.place, roles, ctx.now()).await? {
        all.push((person.0, name_of(c, scope.district, person.0).await?));
    }
    all.sort_by(|one, other| one.1.cmp(&other.1).then(one.0.cmp(&other.0)));
    Ok(all)
}

/// Institutions of the actor's place, to which a round may be planned.
///
/// # Errors
/// `Denied`; store errors.
pub async fn houses(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Institution>, ExpertError> {
    let scope = ctx.scope(Action::Create, Resource::Round)?;
    Ok(treated::houses_of(c, scope.district, &scope.place, ctx.now()).await?)
}

/// An institution that is to be visited (应巡诊).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub institution: InstitutionId,
    /// Its name.
    pub name: String,
    /// How many severe and critical patients lie there, of those who came by referral.
    pub severe: i64,
    /// Every how many days it is to be visited.
    pub every_days: i64,
    /// When it was visited last.
    pub last: Option<Ts>,
    /// For which day the next round is planned.
    pub planned: Option<String>,
    /// The day by which it is to be visited.
    pub by_day: String,
}

/// What is planned, what is due, what is open (巡诊工作台).
#[derive(Debug, Clone)]
pub struct Desk {
    /// Rounds, the planned ones on top, with the names of house and group.
    pub rounds: Vec<(Round, String, String)>,
    /// Institutions that are to be visited and for which no round is planned in time, the first due on top.
    pub due: Vec<Due>,
    /// Findings that are not over, what is due first on top, with the name of the house.
    pub findings: Vec<(Finding, String)>,
    /// The rules.
    pub rules: Arc<Rule<Rounds>>,
    /// Whether the actor acts for one institution, and sees its own alone.
    pub own: bool,
}

/// What is planned, due and open, as far as the actor may know. Nothing for who acts for no institution of the network.
///
/// # Errors
/// `Denied`; store errors.
pub async fn desk(ctx: &Ctx, c: &mut Conn<'_>, office: &RoundOffice) -> Result<Option<Desk>, ExpertError> {
    const BACK_DAYS: i64 = 14;
    let Some(within) = reach(ctx, c, (Action::Read, Resource::Round)).await? else { return Ok(None) };
    let now = ctx.now();
    let rules = office.rules(&within.scope.place, now)?;
    let since = day_of(now.plus_secs(-BACK_DAYS * DAY_SECS));
    let mut rounds = Vec::new();
    for round in store::rounds::list(c, &within.scope, (within.only, &since, MOST)).await? {
        let house = house_name(c, round.district, round.institution).await?;
        let group = store::groups::one(c, round.district, round.group).await?.map(|group| group.name).unwrap_or_default();
        rounds.push((round, house, group));
    }
    let mut findings = Vec::new();
    for finding in store::findings::open(c, &within.scope, (within.only, MOST)).await? {
        let house = house_name(c, finding.district, finding.institution).await?;
        findings.push((finding, house));
    }
    let due = if within.only.is_none() { due(c, &within.scope, (&rules.value, now)).await? } else { Vec::new() };
    Ok(Some(Desk { rounds, due, findings, rules, own: within.only.is_some() }))
}

async fn house_name(c: &mut Conn<'_>, district: DistrictId, id: InstitutionId) -> Result<String, ExpertError> {
    Ok(linli_treatment::queries::beds::name_of(c, district, id).await?)
}

/// The institutions of a scope that the table says are to be visited, and for which no round is planned by then.
async fn due(c: &mut Conn<'_>, scope: &linli_access::Scope, (rules, now): (&Rounds, Ts)) -> Result<Vec<Due>, ExpertError> {
    let severe = treated::severe_in(c, scope.district).await?;
    let visits = store::rounds::visits(c, scope.district).await?;
    let today = now.local().date();
    let mut all = Vec::new();
    for house in treated::houses_of(c, scope.district, &scope.place, now).await? {
        let many = severe.get(&house.id).copied().unwrap_or(0);
        let Some(every_days) = rules.every_days(many) else { continue };
        let (last, planned) = visits.get(&house.id).cloned().unwrap_or_default();
        // Who was never visited is to be visited today.
        let by_day =
            last.and_then(|last| last.local().date().checked_add(every_days.days()).ok()).map_or(today, |day| day.max(today));
        let by_day = by_day.to_string();
        if planned.as_ref().is_some_and(|day| *day <= by_day) {
            continue;
        }
        all.push(Due { institution: house.id, name: house.name, severe: many, every_days, last, planned, by_day });
    }
    all.sort_by(|one, other| (&one.by_day, -one.severe, &one.name).cmp(&(&other.by_day, -other.severe, &other.name)));
    Ok(all)
}

/// A round as it is shown.
#[derive(Debug, Clone)]
pub struct RoundView {
    /// The round.
    pub round: Round,
    /// The house.
    pub house: String,
    /// The group.
    pub group: GroupView,
    /// What was found in it.
    pub findings: Vec<Finding>,
    /// How many opinions were given; a number.
    pub opinions: i64,
    /// Whether the actor may read them.
    pub may_read: bool,
    /// Whether the actor is of the group, and holds the round.
    pub holds: bool,
    /// Whether the actor plans rounds here.
    pub plans: bool,
    /// Who lies in the house, for who holds the round.
    pub lying: Vec<Lying>,
    /// The rules.
    pub rules: Arc<Rule<Rounds>>,
}

/// A round of the actor's reach.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn round(ctx: &Ctx, c: &mut Conn<'_>, office: &RoundOffice, id: RoundId) -> Result<RoundView, ExpertError> {
    let within = reach(ctx, c, (Action::Read, Resource::Round)).await?.ok_or(ExpertError::NotFound)?;
    let found = store::rounds::one(c, within.scope.district, id).await?;
    let round = found.filter(|one| within.has(one.district, (&one.place, one.institution))).ok_or(ExpertError::NotFound)?;
    let may_change = ctx.may(Action::Change, Resource::Round, round.district, &round.place).is_ok();
    let holds =
        may_change && round.state != RoundState::Cancelled && of_group(ctx, c, (round.district, round.group)).await?.is_some();
    let lying = if holds { treated::lying(c, office.beds(), (round.district, round.institution)).await? } else { Vec::new() };
    let group = store::groups::one(c, round.district, round.group).await?.ok_or(ExpertError::NotFound)?;
    Ok(RoundView {
        house: house_name(c, round.district, round.institution).await?,
        group: group_view(c, group).await?,
        findings: store::findings::of_round(c, round.district, id).await?,
        opinions: store::rounds::opinions_in(c, round.district, id).await?,
        may_read: may_read_opinions(ctx, c, &round).await?,
        holds,
        plans: round.state == RoundState::Planned
            && ctx.may(Action::Create, Resource::Round, round.district, &round.place).is_ok(),
        lying,
        rules: office.rules(&round.place, ctx.now())?,
        round,
    })
}

/// A finding as it is shown.
#[derive(Debug, Clone)]
pub struct FindingView {
    /// The finding.
    pub finding: Finding,
    /// The house.
    pub house: String,
    /// What happened, the first on top.
    pub steps: Vec<Step>,
    /// Whether the actor answers for the house.
    pub answers: bool,
    /// Whether the actor is of the group that looks again.
    pub looks: bool,
    /// The rules.
    pub rules: Arc<Rule<Rounds>>,
}

/// A finding of the actor's reach.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn finding(ctx: &Ctx, c: &mut Conn<'_>, office: &RoundOffice, id: FindingId) -> Result<FindingView, ExpertError> {
    let within = reach(ctx, c, (Action::Read, Resource::Round)).await?.ok_or(ExpertError::NotFound)?;
    let found = store::findings::one(c, within.scope.district, id).await?;
    let finding = found.filter(|one| within.has(one.district, (&one.place, one.institution))).ok_or(ExpertError::NotFound)?;
    let round = store::rounds::one(c, finding.district, finding.round).await?.ok_or(ExpertError::NotFound)?;
    let may_change = ctx.may(Action::Change, Resource::Round, finding.district, &finding.place).is_ok();
    let may_answer = within.only.is_some() && ctx.scope(Action::Take, Resource::Round).is_ok();
    Ok(FindingView {
        house: house_name(c, finding.district, finding.institution).await?,
        steps: store::findings::steps(c, finding.district, id).await?,
        answers: may_answer && finding.state == FindingState::Open,
        looks: may_change && !finding.state.over() && of_group(ctx, c, (round.district, round.group)).await?.is_some(),
        rules: office.rules(&finding.place, ctx.now())?,
        finding,
    })
}

/// A house in the comparison (同级比较). Each share with what it is a part of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// Rounds held there.
    pub rounds: i64,
    /// What was found.
    pub findings: i64,
    /// Of them, those whose first answer was due by now, or was given.
    pub due: i64,
    /// Of those, answered in time.
    pub in_time: i64,
    /// Of what was found, what had been put right before.
    pub repeated: i64,
    /// Of what was found, what was put right by now.
    pub put_right: i64,
}

impl Compared {
    fn count(&mut self, one: &Finding, now: Ts) {
        self.findings += 1;
        self.repeated += i64::from(one.repeat_of.is_some());
        self.put_right += i64::from(one.state == FindingState::PutRight);
        let in_time = one.first_answer.is_some_and(|at| at <= one.first_due_at);
        // Whose time is not over yet is neither in time nor late.
        self.due += i64::from(one.first_answer.is_some() || one.first_due_at < now);
        self.in_time += i64::from(in_time);
    }

    fn add(&mut self, other: &Self) {
        self.rounds += other.rounds;
        self.findings += other.findings;
        self.due += other.due;
        self.in_time += other.in_time;
        self.repeated += other.repeated;
        self.put_right += other.put_right;
    }
}

/// The houses of one level beside each other.
#[derive(Debug, Clone)]
pub struct LevelCompared {
    /// Which level.
    pub level: Level,
    /// All of the level in the whole city together; none where that would say what a few others are.
    pub together: Option<Compared>,
    /// Those that the actor may know, by name: never in an order of better and worse.
    pub houses: Vec<Compared>,
}

/// The comparison of hospitals of the same level (同级医院比较) over the days of the rules: the houses that the actor may know, for who acts for one its
/// own, beside all of their level in the city together. Numbers, no patient and no text.
///
/// # Errors
/// `Denied`; store errors.
pub async fn compare(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &RoundOffice,
) -> Result<(Vec<LevelCompared>, Arc<Rule<Rounds>>), ExpertError> {
    let within = reach(ctx, c, (Action::Read, Resource::Round)).await?;
    let now = ctx.now();
    let rules = office.rules(&PlacePath::root(), now)?;
    let Some(within) = within else { return Ok((Vec::new(), rules)) };
    let since = now.plus_secs(-rules.value.compare().window_days * DAY_SECS);
    let mut by_house: BTreeMap<(DistrictId, InstitutionId), Compared> = BTreeMap::new();
    for (at, held) in store::rounds::held_since(c, since).await? {
        by_house.entry(at).or_default().rounds = held;
    }
    for one in store::findings::found_since(c, since).await? {
        by_house.entry((one.district, one.institution)).or_default().count(&one, now);
    }
    // By level: all of it, of how many houses, and those that may be known.
    let mut levels: BTreeMap<Level, (Compared, i64, Vec<Compared>)> = BTreeMap::new();
    for house in treated::institutions(c).await? {
        let Some(mut compared) = by_house.remove(&(house.district, house.id)) else { continue };
        let (together, many, known) = levels.entry(house.level).or_default();
        together.add(&compared);
        *many += 1;
        if within.has(house.district, (&house.place, house.id)) {
            compared.name = house.name;
            known.push(compared);
        }
    }
    let least = rules.value.compare().least_houses;
    let level = |(level, (together, many, mut houses)): (Level, (Compared, i64, Vec<Compared>))| {
        houses.sort_by(|one, other| one.name.cmp(&other.name));
        let all_known = i64::try_from(houses.len()) == Ok(many);
        let together = (all_known || many >= least).then_some(together);
        (!houses.is_empty()).then_some(LevelCompared { level, together, houses })
    };
    Ok((levels.into_iter().filter_map(level).collect(), rules))
}

/// What does not hold together in the rounds of a district, in words.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, ExpertError> {
    Ok(store::findings::contradictions(c, district).await?)
}
