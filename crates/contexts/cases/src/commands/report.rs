//! Reporting (报事): a report is read and judged before its transaction begins, then filed; see [`super::filing`].

use std::borrow::Cow;
use std::sync::Arc;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::filing::file;
use super::{NOTE_MAX, text};
use crate::error::{CasesError, FieldProblem};
use crate::model::{CaseId, CaseState, Event, MessageClass, Owner, Standing, StoredPhoto};
use crate::office::Office;
use crate::promise::Under;
use crate::rules::{CityKind, Class, Due, Elsewhere, Governing, Handled, OTHER, Row, Rules};
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

/// What a report is classed as besides its class of reports, chosen at a desk.
#[derive(Debug, Clone, Default)]
pub struct Classed {
    /// The 12345 class (热线分类) of the list that counts at the place.
    pub message: Option<MessageClass>,
    /// The matter of city management (城市管理事项), five digits.
    pub matter: Option<String>,
}

impl Classed {
    /// What tells two requests apart; nothing when nothing was chosen.
    pub(super) fn key(&self) -> Option<(Option<String>, Option<&str>)> {
        let message = self.message.as_ref().map(|message| message.id.to_string());
        (message.is_some() || self.matter.is_some()).then_some((message, self.matter.as_deref()))
    }
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
    /// What a desk noted of the call.
    pub(super) call_notes: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) class: Arc<Class>,
    pub(super) classed: Classed,
    pub(super) governing: Governing,
    pub(super) row: Row,
    pub(super) call_first: Vec<String>,
    pub(super) promise: Option<Due>,
    /// The clock it is promised under.
    pub(super) under: Option<Under>,
    /// When it was received; a batch it may be filed in begins later.
    pub(super) now: Ts,
    pub(super) rules: Rules,
    /// The key of the program that sent it.
    pub(super) key: Option<Uuid>,
}

/// Reads and judges a report before its transaction begins: texts, class, danger, promise.
///
/// # Errors
/// `Field` names what is wrong; `ClassUnknown`; `Transition` when the table takes no reports from this actor.
pub fn prepare(ctx: &Ctx, office: &Office, input: NewReport) -> Result<Prepared, CasesError> {
    prepare_as(ctx, office, input, Classed::default())
}

/// As [`prepare`], with what a desk chose of the other two classifications. Without a class of reports it is the one these are mapped to.
///
/// # Errors
/// As [`prepare`]; `Field` for a 12345 class that is closed or does not count at the place, and for a matter that is not in the list.
pub fn prepare_as(ctx: &Ctx, office: &Office, input: NewReport, classed: Classed) -> Result<Prepared, CasesError> {
    prepare_told(ctx, office, input, (classed, ""))
}

/// As [`prepare_as`], with what a desk notes of the call beside the report (通话记录): never shown to whoever reported it, and read by those who may
/// call him. Danger and persons are looked for in it too. Nobody but staff has notes to make; the rest of the report is not in them, so that
/// they tell no two reports apart.
///
/// # Errors
/// As [`prepare_as`]; `Field` for notes that are too long.
pub fn prepare_told(
    ctx: &Ctx,
    office: &Office,
    input: NewReport,
    (classed, notes): (Classed, &str),
) -> Result<Prepared, CasesError> {
    let notes = text("call_notes", notes, false, NOTE_MAX)?;
    let call_notes = Some(notes).filter(|notes| !notes.is_empty() && matches!(ctx.actor, Actor::Staff { .. }));
    let now = ctx.now();
    let rules = office.rules(&input.place, now)?;
    let description = text("description", &input.description, true, DESCRIPTION_MAX)?;
    let phone = input.phone.as_deref().map(self::phone).transpose()?.flatten();
    if input.photos.len() > PHOTOS_MAX {
        return Err(CasesError::Field { field: "photo", problem: FieldProblem::TooMany { max: PHOTOS_MAX } });
    }
    check_classed(&rules, &classed, &input.place)?;
    let class = class_of(&rules, input.class.as_deref(), &classed, &description)?.clone();
    if !class.offered && !matches!(ctx.actor, Actor::System(_)) {
        return Err(CasesError::ClassUnknown(class.code.clone()));
    }
    let mut governing = Governing::of(&rules, &class, classed.message.as_ref());
    let by_hand = input.class.as_deref().is_some_and(|code| !code.is_empty()).then_some(&*class);
    let said = with_notes(&description, call_notes.as_deref());
    let call_first = rules.classes().call_for(&said, by_hand);
    if let Some(clock) = rules.classes().danger_clock().filter(|_| !call_first.is_empty()) {
        governing.clock = clock.to_owned();
    }
    let handled = Handled::by(&class.code, governing.profile.as_deref());
    let row = rules.step(handled, CaseState::None, Event::Report, reporting_as(ctx))?.clone();
    let promise = office.promise(&rules, &governing.clock, now, &[]);
    let under = Under::of(&rules, &governing.clock);
    let id = CaseId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let key = None;
    Ok(Prepared {
        id,
        input,
        description,
        call_notes,
        phone,
        class,
        classed,
        governing,
        row,
        call_first,
        promise,
        under,
        now,
        rules,
        key,
    })
}

fn with_notes<'a>(description: &'a str, notes: Option<&str>) -> Cow<'a, str> {
    notes.map_or(Cow::Borrowed(description), |notes| Cow::Owned(format!("{description}\n{notes}")))
}

impl Prepared {
    /// Whether the case will hang higher up than where it was reported, so that its place does not say where that was.
    #[must_use]
    pub fn hangs_higher(&self) -> bool {
        self.class.heard_at.is_some_and(|level| self.input.place.at_level(level) != self.input.place)
    }

    /// Everything that was said: the report, and what a desk noted of the call.
    pub(super) fn said(&self) -> Cow<'_, str> {
        with_notes(&self.description, self.call_notes.as_deref())
    }

    /// Where it was made.
    #[must_use]
    pub const fn place(&self) -> &PlacePath {
        &self.input.place
    }

    /// The report with the name of where it was made, for a case that hangs higher up.
    #[must_use]
    pub fn with_whereabouts(mut self, name: &str) -> Self {
        self.description = format!("{}（{name}）", self.description);
        self
    }

    /// The report as one that a program with this key sent: its id stands in the journal line.
    #[must_use]
    pub fn sent_with(mut self, key: Uuid) -> Self {
        self.key = Some(key);
        self
    }

    /// The report with its photos, which are developed and stored only once the rest of it stands.
    #[must_use]
    pub fn with_photos(mut self, photos: Vec<StoredPhoto>) -> Self {
        self.input.photos = photos;
        self
    }
}

/// What a report says is taken up elsewhere. A class that was chosen is believed where the rules say so and the words speak of it too (「井盖被盗」
/// is about a manhole, a stolen bicycle is nobody's repair); who means something else insists.
#[must_use]
pub fn belongs_elsewhere<'r>(rules: &'r Rules, class: Option<&str>, words: &str) -> Option<&'r Elsewhere> {
    let elsewhere = rules.elsewhere(words)?;
    let suggested = rules.classes().suggest(words).map(|class| class.code.as_str());
    let named = class.filter(|code| !code.is_empty() && *code != OTHER);
    let believed = named.is_some_and(|code| elsewhere.taken_as.iter().any(|taken| taken == code));
    (!believed || named != suggested).then_some(elsewhere)
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
        Actor::Staff { .. } | Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => {
            Ok(ctx.may(Action::Create, Resource::Case, district, place)?)
        }
    }
}

/// Whoever reports is a reporter first; staff report under their role.
fn reporting_as(ctx: &Ctx) -> Standing {
    match &ctx.actor {
        Actor::Staff { role, .. } => Standing::Staff { role: *role, owner: false },
        Actor::System(_) => Standing::System,
        Actor::Visitor | Actor::Resident { .. } | Actor::Unappointed { .. } | Actor::Program { .. } => Standing::Reporter,
    }
}

/// Whether what was chosen can be chosen at that place.
pub(super) fn check_classed(rules: &Rules, classed: &Classed, place: &PlacePath) -> Result<(), CasesError> {
    let wrong = |field| Err(CasesError::Field { field, problem: FieldProblem::NotInTheList });
    match (&classed.message, &classed.matter) {
        (Some(message), _) if !message.counts() || !message.place.contains(place) => wrong("message"),
        (_, Some(matter)) if rules.city().find(CityKind::Matter, matter).is_none() => wrong("matter"),
        _ => Ok(()),
    }
}

/// The class of a report: the one asked for, else the one that the 12345 class or the matter is mapped to, else what the words suggest.
fn class_of<'r>(rules: &'r Rules, asked: Option<&str>, classed: &Classed, words: &str) -> Result<&'r Arc<Class>, CasesError> {
    let classes = rules.classes();
    if let Some(code) = asked.filter(|code| !code.is_empty()) {
        return classes.find(code).ok_or_else(|| CasesError::ClassUnknown(code.to_owned()));
    }
    let by_message = || classes.find(classed.message.as_ref()?.class.as_deref()?);
    let by_matter = || rules.class_of_matter(classed.matter.as_deref()?);
    let found = by_message().or_else(by_matter).or_else(|| classes.suggest(words)).or_else(|| classes.find(OTHER));
    found.ok_or_else(|| CasesError::ClassUnknown(OTHER.to_owned()))
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
    let number = as_dialled_here(number);
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

/// The number as it is dialled in the country: one who calls with +86 and one who leaves it out is one caller. A number of a place gets
/// its 0 back; a mobile number, and a service number (400, 800), has none.
fn as_dialled_here(number: String) -> String {
    let Some(rest) = number.strip_prefix("+86").or_else(|| number.strip_prefix("0086")) else { return number };
    let whole = rest.starts_with('0')
        || (rest.len() == 11 && rest.starts_with('1'))
        || rest.starts_with("400")
        || rest.starts_with("800");
    if whole { rest.to_owned() } else { format!("0{rest}") }
}

pub(crate) const fn on_earth(lon_e7: i64, lat_e7: i64) -> bool {
    lon_e7.unsigned_abs() <= 1_800_000_000 && lat_e7.unsigned_abs() <= 900_000_000
}
