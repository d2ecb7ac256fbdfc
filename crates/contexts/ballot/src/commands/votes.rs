//! The way of a vote to its opening: drafted, posted for as long as the rule asks, opened with everybody who may vote.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource, Scope};
use linli_board::commands::PostNotice;
use linli_board::model::{NoticeId, NoticeKind};
use linli_db::Tx;
use linli_kernel::{Area, DistrictId, PlaceLevel, PlacePath, Ts};
use linli_record::model::{Publish, Sealed};
use linli_rulebook::Rule;
use linli_territory::model::Crumb;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{locked, recall, remember, text};
use crate::error::{BallotError, Wrong};
use crate::model::{Call, Measure, Mode, Origin, Seat, Silent, State, Topic, Unit, UnitKind, Vote, VoteId};
use crate::office::BallotOffice;
use crate::rules::Pack;
use crate::store::{seats, units, votes};

/// The most matters of one vote.
pub const TOPICS_MOST: usize = 20;
/// Rows at a time.
const BATCH: i64 = 500;

/// What is put to the vote.
#[derive(Debug, Clone, Serialize)]
pub struct NewVote<'a> {
    /// Whose owners vote: those of an estate, a building, an entrance.
    pub place: PlacePath,
    /// Whether it binds.
    pub mode: Mode,
    /// How it is called.
    pub call: Call,
    /// One line.
    pub title: &'a str,
    /// What it is about.
    pub body: &'a str,
    /// The matters: number in the rule, words.
    pub topics: Vec<(Option<i64>, String)>,
    /// Whether parking spaces and store rooms count.
    pub with_parking: bool,
    /// How silence counts.
    pub silent: Silent,
    /// Where the assembly's rules say so.
    pub silent_basis: &'a str,
}

/// Drafts a vote (拟稿). Nothing of it is public yet.
///
/// # Errors
/// `Field`; `MatterUnknown` for a binding vote on what the rule does not have; `Denied`; store errors.
pub async fn draft(ctx: &Ctx, tx: &mut Tx, office: &BallotOffice, new: &NewVote<'_>) -> Result<VoteId, BallotError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Create, Resource::Vote, district, &new.place)?;
    if let Some(id) = recall(ctx, tx, "ballot.draft", new).await? {
        return Ok(id);
    }
    let place = linli_territory::queries::place_at(&mut tx.conn()?, district, &new.place).await?;
    let level = place.map(|place| place.level);
    if !level.is_some_and(|level| (PlaceLevel::Estate..=PlaceLevel::Entrance).contains(&level)) {
        return Err(BallotError::field("place", Wrong::NotAChoice));
    }
    let rule = office.rules(&mut tx.conn()?, district, (&new.place, now)).await?;
    let topics = topics_of(new, &rule.value)?;
    let silent_basis = text("silent_basis", new.silent_basis, (usize::from(new.silent != Silent::NotParticipating), 200))?;
    let year = now.local().year();
    let number = tx.next_number(&format!("ballot:{year}")).await?;
    let vote = Vote {
        district,
        id: VoteId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        number: format!("{year}-{number:03}"),
        place: new.place.clone(),
        mode: new.mode,
        call: new.call,
        title: text("title", new.title, (1, 60))?,
        body: text("body", new.body, (0, 2_000))?,
        with_parking: new.with_parking,
        silent: new.silent,
        silent_basis,
        rule: String::new(),
        state: State::Draft,
        drafted_by: ctx.actor_text(),
        posted_at: None,
        notice: None,
        may_open_at: None,
        opened_at: None,
        closes_at: None,
        all: Measure::default(),
        homes: 0,
        electorate: None,
        closed_at: None,
        origin: Origin::Here,
        decision: String::new(),
        seal: String::new(),
        due_at: None,
        announced_at: None,
        version: 1,
    };
    votes::insert(&mut tx.conn()?, &vote, &topics, now).await?;
    let facts = json!({ "number": vote.number, "mode": vote.mode, "topics": topics.len() });
    tx.journal(ctx.line("ballot.drafted", &vote.place, Some(vote.id.0), facts));
    remember(ctx, tx, &vote.id).await?;
    Ok(vote.id)
}

fn topics_of(new: &NewVote<'_>, pack: &Pack) -> Result<Vec<Topic>, BallotError> {
    if new.topics.is_empty() {
        return Err(BallotError::field("topic_1", Wrong::Required));
    }
    if new.topics.len() > TOPICS_MOST {
        return Err(BallotError::field("topic_1", Wrong::TooLong { max: TOPICS_MOST }));
    }
    let mut topics = Vec::with_capacity(new.topics.len());
    for (no, (matter, words)) in (1..).zip(&new.topics) {
        let matter = match (new.mode, matter) {
            (Mode::Consultation, _) => None,
            (Mode::Binding, Some(matter)) if pack.matter(*matter).is_some() => Some(*matter),
            (Mode::Binding, _) => return Err(BallotError::MatterUnknown),
        };
        topics.push(Topic { no, matter, text: text("topic_1", words, (1, 300))? });
    }
    Ok(topics)
}

/// What a place is called, from the estate down: `锁金村一号院 3栋`.
pub(crate) fn spoken(crumbs: &[Crumb]) -> String {
    let below = crumbs.iter().filter(|crumb| crumb.level >= PlaceLevel::Estate).map(|crumb| crumb.name.as_str());
    below.collect::<Vec<_>>().join(" ")
}

/// The public page of a vote.
#[must_use]
pub fn page(district: DistrictId, id: VoteId) -> String {
    format!("/vote/{district}/{id}")
}

/// The request of a part of a command: the key is that of the whole.
pub(super) fn within(ctx: &Ctx) -> Ctx {
    Ctx { idempotency_key: None, ..ctx.clone() }
}

/// When what was posted at an instant has been posted long enough: the day of posting does not count, and a last day on which nobody works moves to the end of
/// the next working day (民法典第二百零一条、第二百零三条).
#[must_use]
pub fn may_open(office: &BallotOffice, rule: &Rule<Pack>, call: Call, posted_at: Ts) -> Ts {
    office.calendar().deadline(posted_at, rule.value.notice(call), &[]).due().unwrap_or(posted_at)
}

/// Posts the matters of a vote on the board of its place (公示), in the words that will be voted on, and fixes the rule it goes by.
///
/// # Errors
/// `NoStep` for one that is no draft; `Field`, `NotFound`, `Denied`; those of the board; store errors.
pub async fn post(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    id: VoteId,
    (signed, base_url): (&str, &str),
) -> Result<(), BallotError> {
    let (district, now) = (tx.district(), ctx.now());
    let mut vote = locked(ctx, tx, id, Action::Change).await?;
    if vote.state != State::Draft {
        return Err(BallotError::NoStep);
    }
    let topics = votes::topics(&mut tx.conn()?, district, id).await?;
    let rule = office.rules(&mut tx.conn()?, district, (&vote.place, now)).await?;
    vote.rule = rule.stamp.mark();
    let until = may_open(office, &rule, vote.call, now);
    let mut body = vote.body.clone();
    for topic in &topics {
        body.push_str(&format!("\n\n{}. {}", topic.no, topic.text));
        if let Some(matter) = topic.matter.and_then(|no| rule.value.matter(no)) {
            body.push_str(&format!("（{}）", matter.text("zh-CN")));
        }
    }
    let last = linli_kernel::Ts(until.0 - 1).local().date();
    let what = if vote.mode == Mode::Binding { "业主表决" } else { "征求意见（不作为业主共同决定）" };
    body.push_str(&format!("\n\n公示至 {last}，之后开始投票。\n\n{what} {}：{base_url}{}", vote.number, page(district, id)));
    let notice = PostNotice {
        place: vote.place.clone(),
        kind: NoticeKind::Notice,
        title: format!("{what}公示：{}", vote.title).chars().take(linli_board::rules::TITLE_CHARS).collect(),
        body,
        signed: text("signed", signed, (1, 60))?,
        starts_at: None,
        ends_at: None,
    };
    let notice = linli_board::commands::post(&within(ctx), tx, notice).await?;
    vote.state = State::Posted;
    vote.posted_at = Some(now);
    vote.notice = Some(notice.0);
    vote.may_open_at = Some(until);
    votes::put(&mut tx.conn()?, &vote, "").await?;
    let public = json!({ "vote": id, "number": vote.number, "mode": vote.mode, "rule": vote.rule, "notice": notice, "may_open": until.rfc3339() });
    let words = json!({ "title": vote.title, "topics": topics }).to_string();
    publish(ctx, tx, "ballot.posted", &vote, (public, Some(Sealed::Open(words.into_bytes())))).await?;
    let facts = json!({ "number": vote.number, "rule": vote.rule, "may_open": until });
    tx.journal(ctx.line("ballot.posted", &vote.place, Some(id.0), facts));
    Ok(())
}

/// Publishes an entry about a vote in the public log.
pub(super) async fn publish(
    ctx: &Ctx,
    tx: &mut Tx,
    kind: &'static str,
    vote: &Vote,
    (public, sealed): (serde_json::Value, Option<Sealed>),
) -> Result<(), BallotError> {
    let what = Publish {
        kind,
        subject: vote.id.0,
        place: vote.place.clone(),
        public: public.to_string().into_bytes(),
        sealed,
        page: Some(page(vote.district, vote.id)),
    };
    linli_record::commands::publish(ctx, tx, what).await?;
    Ok(())
}

/// Takes a vote back (撤回), with the reason. What was posted comes down; ballots that came stay in the records and count for nothing.
///
/// # Errors
/// `NoStep` for one that was counted or withdrawn; `Field`, `NotFound`, `Denied`; store errors.
pub async fn withdraw(ctx: &Ctx, tx: &mut Tx, id: VoteId, reason: &str) -> Result<(), BallotError> {
    let mut vote = locked(ctx, tx, id, Action::Close).await?;
    // What is over is counted, whatever comes out.
    let over = vote.closes_at.is_some_and(|at| at <= ctx.now());
    if over || !matches!(vote.state, State::Draft | State::Posted | State::Open) {
        return Err(BallotError::NoStep);
    }
    let reason = text("reason", reason, (1, 300))?;
    let before = vote.state;
    vote.state = State::Withdrawn;
    votes::put(&mut tx.conn()?, &vote, &reason).await?;
    if let Some(notice) = vote.notice {
        match linli_board::commands::withdraw(&within(ctx), tx, NoticeId(notice)).await {
            // Somebody took it down before.
            Ok(()) | Err(linli_board::BoardError::AlreadyWithdrawn) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if before != State::Draft {
        publish(ctx, tx, "ballot.withdrawn", &vote, (json!({ "vote": id, "number": vote.number }), None)).await?;
    }
    let line = ctx.line("ballot.withdrawn", &vote.place, Some(id.0), json!({ "number": vote.number, "from": before }));
    tx.journal(ctx.with_personal(line, json!({ "reason": reason })));
    Ok(())
}

/// How a vote is opened.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// The last day on which ballots are taken, until 24:00.
    pub closes_on: Date,
    /// What the areas of all who may vote sum to, by the papers of the estate: a second source for the base of every count.
    pub declared: Option<Area>,
}

/// Opens a vote (开始投票): fixes who may vote, and from now on only takes ballots.
///
/// # Errors
/// `PostedTooShort` with the instant from which it may be opened; `NoticeGone`; `RegisterIncomplete`, `AreaSum`, `NobodyVotes` for an electorate that cannot be;
/// `Field` for a vote shorter or longer than the rule lets it; `NoStep`, `NotFound`, `Denied`; store errors.
pub async fn open(ctx: &Ctx, tx: &mut Tx, office: &BallotOffice, id: VoteId, how: Opening) -> Result<(), BallotError> {
    let (district, now) = (tx.district(), ctx.now());
    let mut vote = locked(ctx, tx, id, Action::Change).await?;
    if vote.state != State::Posted {
        return Err(BallotError::NoStep);
    }
    let rule = office.by_mark(&vote.rule).ok_or(BallotError::NoStep)?;
    long_enough(tx, office, &mut vote, (&rule, now)).await?;
    let closes_at = closing_of(&rule.value, how.closes_on, now)?;
    let electorate = match vote.mode {
        Mode::Binding => owners_voting(tx, &vote).await?,
        Mode::Consultation => homes_asked(tx, &vote).await?,
    };
    let area: i64 = electorate.iter().map(|(seat, _)| seat.area.0).sum();
    if let Some(declared) = how.declared.filter(|declared| declared.0 != area) {
        return Err(BallotError::AreaSum { declared, found: Area(area) });
    }
    let heads = electorate.iter().map(|(seat, _)| seat.head).max().ok_or(BallotError::NobodyVotes)?;
    seats::insert(&mut tx.conn()?, (district, id), &electorate).await?;
    vote.state = State::Open;
    vote.opened_at = Some(now);
    vote.closes_at = Some(closes_at);
    vote.all = Measure::new(area, heads);
    vote.homes = i64::try_from(electorate.len()).unwrap_or(i64::MAX);
    vote.electorate = Some(digest(electorate.iter().map(|(seat, _)| seat)));
    votes::put(&mut tx.conn()?, &vote, "").await?;
    let public = json!({
        "vote": id, "number": vote.number, "rule": vote.rule, "homes": vote.homes, "all": vote.all, "closes": closes_at.rfc3339(),
        "electorate": vote.electorate.as_deref().map(hex::encode),
    });
    publish(ctx, tx, "ballot.opened", &vote, (public, None)).await?;
    let facts = json!({ "number": vote.number, "rule": vote.rule, "homes": vote.homes, "all": vote.all, "closes_at": closes_at });
    tx.journal(ctx.line("ballot.opened", &vote.place, Some(id.0), facts));
    Ok(())
}

/// Posted for as long as the rule asks, by the calendar that is in force now, and hanging still.
pub(super) async fn long_enough(
    tx: &mut Tx,
    office: &BallotOffice,
    vote: &mut Vote,
    (rule, now): (&Rule<Pack>, Ts),
) -> Result<(), BallotError> {
    let district = tx.district();
    let posted_at = vote.posted_at.ok_or(BallotError::NoStep)?;
    let until = may_open(office, rule, vote.call, posted_at);
    vote.may_open_at = Some(until);
    if now < until {
        return Err(BallotError::PostedTooShort { until });
    }
    let notice = NoticeId(vote.notice.ok_or(BallotError::NoStep)?);
    let hanging = linli_board::queries::one_notice(&mut tx.conn()?, district, notice, now).await?;
    if hanging.withdrawn_at.is_none() { Ok(()) } else { Err(BallotError::NoticeGone) }
}

fn closing_of(pack: &Pack, closes_on: Date, now: Ts) -> Result<Ts, BallotError> {
    const DAY_HOURS: i64 = 24;
    let days = closes_on.duration_since(now.local().date()).as_hours() / DAY_HOURS;
    let how = &pack.procedure;
    if days < how.window_least_days {
        return Err(BallotError::field("closes_on", Wrong::TooShort { days: how.window_least_days }));
    }
    if days > how.window_most_days {
        return Err(BallotError::field("closes_on", Wrong::TooLate { days: how.window_most_days }));
    }
    let midnight = closes_on.tomorrow().ok().and_then(|day| Ts::from_local(day.at(0, 0, 0, 0)));
    midnight.filter(|at| *at > now).ok_or(BallotError::field("closes_on", Wrong::NotADay))
}

/// What an electorate hashes to: number, part, area and owner of every seat.
pub(crate) fn digest<'s>(seats: impl IntoIterator<Item = &'s Seat>) -> Vec<u8> {
    let mut hash = Sha256::new();
    for seat in seats {
        let unit = seat.unit.map(|unit| unit.to_string()).unwrap_or_default();
        hash.update(format!("{} {unit} {} {}\n", seat.no, seat.area.0, seat.head));
    }
    hash.finalize().to_vec()
}

/// The homes of a place, all of them.
async fn homes(tx: &mut Tx, place: &PlacePath) -> Result<Vec<linli_territory::model::Home>, BallotError> {
    let scope = Scope { district: tx.district(), place: place.clone() };
    let (mut all, mut after): (Vec<linli_territory::model::Home>, Option<PlacePath>) = (Vec::new(), None);
    loop {
        let page = linli_territory::queries::homes(&mut tx.conn()?, &scope, after.as_ref(), BATCH).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.place.path.clone());
        all.extend(page);
    }
}

/// What places are called below the estate: `3栋 2单元 301`.
async fn labels(tx: &mut Tx, places: &[PlacePath]) -> Result<Vec<String>, BallotError> {
    let district = tx.district();
    let mut all = Vec::with_capacity(places.len());
    for some in places.chunks(usize::try_from(BATCH).unwrap_or(1)) {
        for way in linli_territory::queries::ways(&mut tx.conn()?, district, some).await? {
            let below = way.iter().filter(|crumb| crumb.level > PlaceLevel::Estate).map(|crumb| crumb.name.as_str());
            all.push(below.collect::<Vec<_>>().join(" "));
        }
    }
    Ok(all)
}

/// Everybody who may vote by the register of owners, in the order of their places; owners are numbered as they appear.
async fn owners_voting(tx: &mut Tx, vote: &Vote) -> Result<Vec<(Seat, Option<Vec<u8>>)>, BallotError> {
    let scope = Scope { district: vote.district, place: vote.place.clone() };
    let mut all: Vec<Unit> = Vec::new();
    loop {
        let after = all.last().map(|unit| (unit.place.to_string(), unit.code.clone())).unwrap_or_default();
        let page = units::under(&mut tx.conn()?, &scope, (&after.0, &after.1), BATCH).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let registered: HashSet<&PlacePath> = all.iter().map(|unit| &unit.place).collect();
    let missing = homes(tx, &vote.place).await?.iter().filter(|home| !registered.contains(&home.place.path)).count();
    if missing > 0 {
        return Err(BallotError::RegisterIncomplete { homes: i64::try_from(missing).unwrap_or(i64::MAX) });
    }
    all.retain(|unit| vote.with_parking || !matches!(unit.kind, UnitKind::Parking | UnitKind::Storage));
    let places: Vec<PlacePath> = all.iter().map(|unit| unit.place.clone()).collect();
    let labels = labels(tx, &places).await?;
    let mut heads: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
    let mut seats = Vec::with_capacity(all.len());
    for ((no, unit), label) in (1..).zip(all).zip(labels) {
        let next = i64::try_from(heads.len()).unwrap_or(i64::MAX) + 1;
        let head = *heads.entry(unit.head.clone()).or_insert(next);
        let label = if unit.place.level() == Some(PlaceLevel::Home) { label } else { unit.code };
        let (area, place) = (unit.area, unit.place);
        let seat = Seat { no, unit: Some(unit.id), place, label, area, head, turn: 0, ballot: None };
        seats.push((seat, Some(unit.head)));
    }
    Ok(seats)
}

/// The homes that are asked in a consultation, each with one voice.
async fn homes_asked(tx: &mut Tx, vote: &Vote) -> Result<Vec<(Seat, Option<Vec<u8>>)>, BallotError> {
    let all = homes(tx, &vote.place).await?;
    let places: Vec<PlacePath> = all.iter().map(|home| home.place.path.clone()).collect();
    let labels = labels(tx, &places).await?;
    let seat = |((no, home), label): ((i64, linli_territory::model::Home), String)| {
        let area = home.area.unwrap_or_default();
        (Seat { no, unit: None, place: home.place.path, label, area, head: no, turn: 0, ballot: None }, None)
    };
    Ok((1..).zip(all).zip(labels).map(seat).collect())
}
