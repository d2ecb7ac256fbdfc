//! Reporting (报事): the hot path. Without photo, phone and key it costs five statements: number, case, link, and the two of
//! the journal.

use std::str::FromStr as _;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{add_photos, recall, remember, text};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, CaseState, ClockRuns, Event, LocationFlag, Owner, PhotoKind, Standing, StoredPhoto};
use crate::office::Office;
use crate::rules::{Class, Due, OTHER, Row};
use crate::store::{self, ClockBase};
use crate::token::LinkToken;

/// Longest description in characters; the limit of Open311 GeoReport v2.
pub const DESCRIPTION_MAX: usize = 4_000;
/// Most photos of a report.
pub const PHOTOS_MAX: usize = 5;
/// Letters of a title taken from the first line of the description.
const TITLE_CHARS: usize = 40;

/// A report. The place was looked up by the caller and is a place of the transaction's district.
#[derive(Debug, Clone, Serialize)]
pub struct NewReport {
    /// Where.
    pub place: PlacePath,
    /// Code of the class; `None` lets the words suggest it.
    pub class: Option<String>,
    /// What is wrong, 1 to 4,000 characters.
    pub description: String,
    /// Photos, already cleaned and stored as blobs.
    #[serde(skip)]
    pub photos: Vec<StoredPhoto>,
    /// A number under which the reporter can be asked back. Never part of what tells two requests apart.
    #[serde(skip)]
    pub phone: Option<String>,
    /// Longitude and latitude, WGS-84, 10⁻⁷ degrees.
    pub point_e7: Option<(i64, i64)>,
}

/// What the reporter is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The case.
    pub id: CaseId,
    /// Its human number.
    pub number: String,
    /// The private link. Shown once; it is not stored.
    pub link: LinkToken,
    /// Code of its class.
    pub class: String,
    /// Promised by.
    pub due_at: Option<Ts>,
    /// Whether the promise rests on a calendar year whose plan is not out yet.
    pub due_provisional: bool,
    /// Who should take it.
    pub owner: Option<Owner>,
    /// Whom to call at once (110, 119, 120), because the words mean danger to life. Shown before everything else.
    pub call_first: Vec<String>,
    /// Whether this answers a request that had been sent before.
    pub again: bool,
}

impl Reported {
    /// Whether the words mean danger to life.
    #[must_use]
    pub fn emergency(&self) -> bool {
        !self.call_first.is_empty()
    }
}

/// The answer as it is kept: the link is sealed, because what opens a case must not lie in the database.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    id: CaseId,
    number: String,
    sealed_link: Vec<u8>,
    class: String,
    due_at: Option<Ts>,
    due_provisional: bool,
    owner: Option<Owner>,
    call_first: Vec<String>,
}

impl KeptAnswer {
    fn of(answer: &Reported, office: &Office) -> Self {
        Self {
            id: answer.id,
            number: answer.number.clone(),
            sealed_link: office.vault().seal(&answer.link.secret_text()),
            class: answer.class.clone(),
            due_at: answer.due_at,
            due_provisional: answer.due_provisional,
            owner: answer.owner.clone(),
            call_first: answer.call_first.clone(),
        }
    }

    fn open(self, office: &Office) -> Option<Reported> {
        let link = LinkToken::from_str(&office.vault().open(&self.sealed_link)?).ok()?;
        Some(Reported {
            id: self.id,
            number: self.number,
            link,
            class: self.class,
            due_at: self.due_at,
            due_provisional: self.due_provisional,
            owner: self.owner,
            call_first: self.call_first,
            again: true,
        })
    }
}

/// A report that has been read and judged as far as that can be done without the store: on SQLite the one write connection is
/// not held meanwhile.
#[derive(Debug)]
pub struct Prepared {
    input: NewReport,
    description: String,
    phone: Option<String>,
    class: Class,
    row: Row,
    call_first: Vec<String>,
    promise: Option<Due>,
    now: Ts,
    marks: (String, String),
}

/// Reads and judges a report before its transaction begins: texts, class, danger, promise.
///
/// # Errors
/// `Field` names what is wrong; `ClassUnknown`; `Transition` when the table takes no reports from this actor.
pub fn prepare(ctx: &Ctx, office: &Office, input: NewReport) -> Result<Prepared, CasesError> {
    let now = ctx.now();
    let rules = office.rules(&input.place, now)?;
    let description = text("description", &input.description, true, DESCRIPTION_MAX)?;
    let phone = input.phone.as_deref().map(self::phone).transpose()?.flatten();
    if input.photos.len() > PHOTOS_MAX {
        return Err(CasesError::Field { field: "photo", problem: FieldProblem::TooMany { max: PHOTOS_MAX } });
    }
    let class = class_of(rules.classes(), input.class.as_deref(), &description)?.clone();
    let row = rules.transitions().step(CaseState::None, Event::Report, reporting_as(ctx))?.clone();
    let call_first = rules.classes().call_first(&description);
    let promise = office.promise(&rules, &class.clock, now);
    let marks = (rules.transitions_mark(), rules.clocks_mark());
    Ok(Prepared { input, description, phone, class, row, call_first, promise, now, marks })
}

/// Reports something. Anybody may from a board; staff need the right to create cases at the place.
///
/// # Errors
/// Those of [`prepare`] and [`report_prepared`].
pub async fn report(ctx: &Ctx, tx: &mut Tx, office: &Office, input: NewReport) -> Result<Reported, CasesError> {
    authorise(ctx, tx, &input.place)?;
    let prepared = prepare(ctx, office, input)?;
    report_prepared(ctx, tx, office, prepared).await
}

/// Stores a report that was prepared before the transaction began.
///
/// # Errors
/// `Denied` for staff without the right; store errors.
pub async fn report_prepared(ctx: &Ctx, tx: &mut Tx, office: &Office, prepared: Prepared) -> Result<Reported, CasesError> {
    authorise(ctx, tx, &prepared.input.place)?;
    if let Some(kept) = recall::<KeptAnswer>(ctx, tx, "cases.report", &prepared.input).await? {
        return kept.open(office).ok_or(CasesError::Changed);
    }
    let Prepared { input, description, phone, class, row, call_first, promise, now, marks } = prepared;
    let district = tx.district();
    let owner = office.owner_for(&mut tx.conn()?, district, &input.place, &class, now).await?;
    let number = next_number(tx, now).await?;
    let in_a_home = input.place.level() == Some(PlaceLevel::Home);
    let case = Case {
        district,
        id: CaseId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        number: number.clone(),
        class: class.code.clone(),
        title: title(&description),
        description,
        state: row.to,
        state_since: now,
        clock: row.clock,
        owner: owner.clone(),
        flagged_role: None,
        reported_at: now,
        due_at: promise.map(|due| due.at),
        due_provisional: promise.is_some_and(|due| due.provisional),
        finished_at: (row.clock == ClockRuns::Stopped).then_some(now),
        closed_at: (!row.open).then_some(now),
        overdue_at: None,
        channel: ctx.channel.as_str().to_owned(),
        external_system: None,
        external_id: None,
        external_status: None,
        external_closed_at: None,
        lon_e7: input.point_e7.map(|(lon, _)| lon),
        lat_e7: input.point_e7.map(|(_, lat)| lat),
        location_flag: input.point_e7.filter(|(lon, lat)| !on_earth(*lon, *lat)).map(|_| LocationFlag::Outside),
        public: class.common_part && !in_a_home,
        common_part: class.common_part && !in_a_home,
        emergency: !call_first.is_empty(),
        reopened_count: 0,
        version: 1,
        place: input.place,
    };
    let link = LinkToken::new(ctx.rng.as_ref());
    let c = &mut tx.conn()?;
    store::insert(c, &case, ClockBase { code: &class.clock, from: now }).await?;
    store::put_link(c, &link.hash(), district, case.id, now).await?;
    if let Some(phone) = &phone {
        let vault = office.vault();
        store::put_contact(c, district, case.id, (&vault.seal(phone), &vault.lookup_hash(phone)), now).await?;
    }
    let photos = add_photos(tx, case.id, 1, &input.photos, PhotoKind::Report, now).await?;
    tx.journal(ctx.line(
        "cases.reported",
        &case.place,
        Some(case.id.0),
        json!({
            "number": number, "to": case.state, "class": case.class, "due_at": case.due_at, "clock": class.clock,
            "clock_rule": marks.1, "rule": marks.0,
            "owner": owner.as_ref().map(|o| o.appointment), "owner_role": owner.as_ref().map(|o| o.role),
            "photos": photos, "contact": phone.is_some(), "emergency": case.emergency,
        }),
    ));
    let answer = Reported {
        id: case.id,
        number,
        link,
        class: case.class,
        due_at: case.due_at,
        due_provisional: case.due_provisional,
        owner,
        call_first,
        again: false,
    };
    if ctx.idempotency_key.is_some() {
        remember(ctx, tx, &KeptAnswer::of(&answer, office)).await?;
    }
    Ok(answer)
}

fn authorise(ctx: &Ctx, tx: &Tx, place: &PlacePath) -> Result<(), CasesError> {
    match &ctx.actor {
        Actor::Visitor | Actor::Resident { .. } => Ok(()),
        Actor::Staff { .. } | Actor::Unappointed { .. } | Actor::System(_) => {
            Ok(ctx.may(Action::Create, Resource::Case, tx.district(), place)?)
        }
    }
}

/// Whoever reports is a reporter first; staff report under their role.
fn reporting_as(ctx: &Ctx) -> Standing {
    match &ctx.actor {
        Actor::Staff { role, .. } => Standing::Staff { role: *role, owner: false },
        Actor::System(_) => Standing::System,
        Actor::Visitor | Actor::Resident { .. } | Actor::Unappointed { .. } => Standing::Reporter,
    }
}

fn class_of<'r>(classes: &'r crate::rules::Classes, asked: Option<&str>, description: &str) -> Result<&'r Class, CasesError> {
    let code = match asked {
        Some(code) if !code.is_empty() => code,
        _ => classes.suggest(description).map_or(OTHER, |class| &class.code),
    };
    classes.find(code).ok_or_else(|| CasesError::ClassUnknown(code.to_owned()))
}

/// `2026-000123`: the year in Beijing and the count of the district in it.
async fn next_number(tx: &mut Tx, now: Ts) -> Result<String, CasesError> {
    let year = now.local().year();
    let count = tx.next_number(&format!("cases/{year}")).await?;
    Ok(number_text(year, count))
}

/// How a number is written.
pub(crate) fn number_text(year: i16, count: i64) -> String {
    format!("{year}-{count:06}")
}

/// The first line of a text, cut for lists.
pub(crate) fn title(description: &str) -> String {
    let line = description.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut title: String = line.chars().take(TITLE_CHARS).collect();
    if line.chars().count() > TITLE_CHARS {
        title.push('…');
    }
    title
}

/// A phone number without blanks and hyphens; `None` when nothing was typed. E.164 has at most 15 digits.
pub(crate) fn phone(typed: &str) -> Result<Option<String>, CasesError> {
    let number: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if number.is_empty() {
        return Ok(None);
    }
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Some(number))
    } else {
        Err(CasesError::Field { field: "phone", problem: FieldProblem::NotAPhone })
    }
}

pub(crate) const fn on_earth(lon_e7: i64, lat_e7: i64) -> bool {
    lon_e7.unsigned_abs() <= 1_800_000_000 && lat_e7.unsigned_abs() <= 900_000_000
}
