//! Reporting (报事): a report is read and judged before its transaction begins, then filed; see [`super::filing`].

use std::sync::Arc;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;
use serde_json::json;

use super::filing::file;
use super::text;
use crate::error::{CasesError, FieldProblem};
use crate::model::{CaseId, CaseState, Event, Owner, Standing, StoredPhoto};
use crate::office::Office;
use crate::rules::{Class, Classes, Due, Elsewhere, OTHER, Row};
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

/// A report that has been read and judged as far as that can be done without the store: on SQLite the one write connection is
/// not held meanwhile.
#[derive(Debug)]
pub struct Prepared {
    pub(super) id: CaseId,
    pub(super) input: NewReport,
    pub(super) description: String,
    pub(super) phone: Option<String>,
    pub(super) class: Arc<Class>,
    pub(super) row: Row,
    pub(super) call_first: Vec<String>,
    pub(super) promise: Option<Due>,
    /// When it was received; a batch it may be filed in begins later.
    pub(super) now: Ts,
    pub(super) marks: (String, String),
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
    if !class.offered && !matches!(ctx.actor, Actor::System(_)) {
        return Err(CasesError::ClassUnknown(class.code.clone()));
    }
    let row = rules.step(&class.code, CaseState::None, Event::Report, reporting_as(ctx))?.clone();
    let call_first = rules.classes().call_first(&description);
    let promise = office.promise(&rules, &class.clock, now, &[]);
    let marks = (rules.transitions_mark(), rules.clocks_mark());
    let id = CaseId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    Ok(Prepared { id, input, description, phone, class, row, call_first, promise, now, marks })
}

impl Prepared {
    /// Whether the case will hang higher up than where it was reported, so that its place does not say where that was.
    #[must_use]
    pub fn hangs_higher(&self) -> bool {
        self.class.heard_at.is_some_and(|level| self.input.place.at_level(level) != self.input.place)
    }

    /// The report with the name of where it was made, for a case that hangs higher up.
    #[must_use]
    pub fn with_whereabouts(mut self, name: &str) -> Self {
        self.description = format!("{}（{name}）", self.description);
        self
    }

    /// The report with its photos, which are developed and stored only once the rest of it stands.
    #[must_use]
    pub fn with_photos(mut self, photos: Vec<StoredPhoto>) -> Self {
        self.input.photos = photos;
        self
    }
}

/// Counts that somebody was told that his matter is taken up elsewhere. Nothing of what he wrote is kept.
pub fn told_elsewhere(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, elsewhere: &Elsewhere) {
    let facts = json!({ "code": elsewhere.code, "citation": elsewhere.citation });
    tx.journal(ctx.line("cases.told_elsewhere", place, None, facts));
}

/// Reports something. Anybody may from a board; staff need the right to create cases at the place.
///
/// # Errors
/// Those of [`prepare`]; `Denied` for staff without the right; store errors.
pub async fn report(ctx: &Ctx, tx: &mut Tx, office: &Office, input: NewReport) -> Result<Reported, CasesError> {
    authorise(ctx, tx.district(), &input.place)?;
    let prepared = prepare(ctx, office, input)?;
    file(tx, office, &[(ctx, &prepared)]).await?.pop().unwrap_or(Err(CasesError::Changed))
}

pub(super) fn authorise(ctx: &Ctx, district: DistrictId, place: &PlacePath) -> Result<(), CasesError> {
    match &ctx.actor {
        Actor::Visitor | Actor::Resident { .. } => Ok(()),
        Actor::Staff { .. } | Actor::Unappointed { .. } | Actor::System(_) => {
            Ok(ctx.may(Action::Create, Resource::Case, district, place)?)
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

fn class_of<'r>(classes: &'r Classes, asked: Option<&str>, description: &str) -> Result<&'r Arc<Class>, CasesError> {
    let code = match asked {
        Some(code) if !code.is_empty() => code,
        _ => classes.suggest(description).map_or(OTHER, |class| &class.code),
    };
    classes.find(code).ok_or_else(|| CasesError::ClassUnknown(code.to_owned()))
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
