//! What changes cases: authorise, decide by the table, write the rows and the journal line, all in the caller's transaction.

mod agreed;
mod classing;
mod danger;
mod duty;
mod erase;
mod export;
mod filing;
mod foreign;
mod handing;
mod hotline;
mod hotline_keys;
mod jobs;
mod kept;
mod ladder;
mod moves;
mod outcome;
mod report;
mod unit_links;
mod units;
mod ways;
mod whistle;
mod work;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::journal::Line;
use linli_db::{Conn, Recall, Tx};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

pub use agreed::{Agreed, report_agreed};
pub use classing::{Correction, correct_class};
pub(crate) use duty::PASSED_ON;
pub use duty::{NewHandover, SHIFT_HOURS, hand_over, pass_on, take_over};
pub use erase::{Erased, erase_personal};
pub use export::list_exported;
pub(crate) use filing::file;
pub use foreign::{Brought, Foreign, Heard, bring_in, hand_elsewhere, heard_elsewhere, refused_elsewhere, sent_elsewhere};
pub(crate) use handing::keep_from_persons;
pub use handing::{HandedOn, hand_on};
pub(crate) use hotline::is_known;
pub use hotline::{
    NewTicket, Receipt, ReceivedTicket, TICKET_CLASS, TICKET_NO_MAX, ask_city, contacted, forget_outbox, receive_ticket,
};
pub use hotline_keys::{HotlineSecret, add_hotline_key, hotline_key, hotline_keys, revoke_hotline_key};
pub use jobs::{Recomputed, Woken, fold_figures, keep_terms, keep_ways, recompute_deadlines, sweep_overdue, wake};
pub use kept::lift_kept;
pub(crate) use kept::liftable;
pub use moves::follow_move;
pub(crate) use outcome::may_object;
pub use outcome::{confirm, not_fixed, said_contacted, void};
pub use report::{
    Classed, DESCRIPTION_MAX, NewReport, PHOTOS_MAX, Prepared, Reported, belongs_elsewhere, prepare, prepare_as, prepare_told,
    report, told_elsewhere,
};
pub(crate) use report::{number_text, on_earth, phone, title};
pub use unit_links::{MadeLink, make_unit_link, note_opening, revoke_unit_link};
pub(crate) use units::can_be_given;
pub use units::{ask_time, entrust, finish_as_unit, note_as_unit, refuse_time, return_as_unit, take_as_unit};
pub use ways::{Onward, extend, join, merge, move_on, resume, suspend};
pub use whistle::{CallAnswer, NewCall, answer_call, answer_call_told, call, sweep_calls};
pub use work::{Finish, Known, answer, assign, caller, contact, dispatch, finish, note, note_told, take};

use crate::discretion::kept_from;
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, CaseState, ClockRuns, Ending, Event, InvalidTransition, PhotoKind, Standing, StoredPhoto};
use crate::office::Office;
use crate::rules::Row;
use crate::store;
use crate::token::LinkToken;

/// So many seconds may a clock of another system go ahead of ours: what it says has happened by then is not in the future.
pub(crate) const CLOCKS_APART: i64 = 600;
/// Longest text of a note, an answer or a reason, in characters.
pub const NOTE_MAX: usize = 2_000;

/// The fact of a line that names the case whose reporter said something of another one, which his went on as.
pub(crate) const HEARD_FROM: &str = "heard_from";

/// The kind of the line about what a desk noted of a call: read by those who may call the reporter.
pub(crate) const CALLER_NOTED: &str = "cases.caller_noted";

/// Which case is meant, and in which capacity.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// A case by its id: the actor of the context acts.
    Id(CaseId),
    /// The case that a private link opens: its reporter acts.
    Link(&'a LinkToken),
    /// The public case that the one of a private link goes on as (并案后): the reporter of that one acts.
    GoesOnAs(&'a LinkToken),
    /// A case of the organisation that holds this private link: the organisation acts.
    Unit(&'a LinkToken, CaseId),
}

/// Where a case stands after a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stepped {
    /// The case.
    pub id: CaseId,
    /// Its human number.
    pub number: String,
    /// Where it stands now.
    pub state: CaseState,
    /// Promised by.
    pub due_at: Option<Ts>,
}

impl From<&Case> for Stepped {
    fn from(case: &Case) -> Self {
        Self { id: case.id, number: case.number.clone(), state: case.state, due_at: case.due_at }
    }
}

/// A case on which an event is about to happen.
struct Step {
    before: CaseState,
    /// When it had ended, if it had.
    ended_before: Option<Ts>,
    /// What the clock did before.
    ran: ClockRuns,
    case: Case,
    row: Row,
    standing: Standing,
    rule: String,
    /// Whether the case was taken in hand by a private link.
    by_link: bool,
    /// The number of the case whose reporter acts, where that went on as this one.
    heard_from: Option<String>,
    /// The organisation that acts, by its private link.
    unit: Option<OrganisationId>,
    /// Whether an organisation had the case: what it asked for is answered by whatever happens.
    had_unit: bool,
}

impl Step {
    /// Finds the case, asks the table whether this actor may, and moves the case in memory.
    async fn begin(ctx: &Ctx, tx: &mut Tx, office: &Office, which: Which<'_>, event: Event) -> Result<Self, CasesError> {
        let (case, standing) = open(ctx, tx, which, action_of(event)).await?;
        let rules = office.rules_of(&case, ctx.now())?;
        let row = rules.step(&case, case.state, event, standing)?.clone();
        let by_link = matches!(which, Which::Link(_) | Which::GoesOnAs(_));
        let heard_from = match which {
            Which::GoesOnAs(token) => {
                let district = tx.district();
                Some(of_link(&mut tx.conn()?, district, token).await?.number)
            }
            _ => None,
        };
        if ends_own_work(ctx, &case, event, by_link) {
            return Err(InvalidTransition::NotYours { state: case.state, event }.into());
        }
        let unit = if matches!(which, Which::Unit(..)) { case.unit } else { None };
        let had_unit = case.unit.is_some();
        let rule = rules.transitions_mark();
        let (before, ended_before) = (case.state, case.closed_at);
        let ran = case.clock;
        let mut step = Self { before, ended_before, ran, case, row, standing, rule, by_link, heard_from, unit, had_unit };
        let wait = rules.transitions().times().of(step.row.to);
        step.arrive(ctx.now(), wait.and_then(|wait| office.after(wait, ctx.now())));
        Ok(step)
    }

    /// The case in its new state, in which the program looks at it again by itself at an instant, if the rules have it so.
    fn arrive(&mut self, now: Ts, looks: Option<Ts>) {
        if self.begins_to_run() {
            // Whether it is overdue is found anew, and told upwards anew.
            self.case.overdue_at = None;
        }
        let (case, row) = (&mut self.case, &self.row);
        case.finished_at = match row.clock {
            ClockRuns::Stopped => case.finished_at.or(Some(now)),
            ClockRuns::Running | ClockRuns::Paused => None,
        };
        case.state = row.to;
        case.state_since = now;
        case.clock = row.clock;
        case.closed_at = (!row.open).then_some(now);
        case.ended_how = if row.open { None } else { ending_of(row.event) };
        case.wake_at = match row.clock {
            _ if looks.is_some() => looks,
            // Whatever is done to an overdue case but ending it, those above are still told in their time.
            ClockRuns::Running if case.overdue_at.is_some() => case.wake_at,
            _ => None,
        };
    }

    /// Writes the case, unless somebody changed it meanwhile.
    async fn save(&self, tx: &mut Tx) -> Result<(), CasesError> {
        if !store::save(&mut tx.conn()?, &self.case).await? {
            return Err(CasesError::Changed);
        }
        if self.begins_to_run() {
            store::unmark_overdue(&mut tx.conn()?, &self.case).await?;
        }
        if self.ran == ClockRuns::Paused && self.row.clock != ClockRuns::Paused {
            store::ways::go_on(&mut tx.conn()?, self.case.district, self.case.id, self.case.state_since).await?;
        }
        if self.had_unit {
            store::units::drop_time_ask(&mut tx.conn()?, self.case.district, self.case.id).await?;
        }
        Ok(())
    }

    /// Whether what was thought done is worked on again.
    fn begins_to_run(&self) -> bool {
        self.ran == ClockRuns::Stopped && self.row.clock == ClockRuns::Running
    }

    /// Somebody takes the case in hand; who does so first does it within what is promised now, or not. What is promised later changes nothing
    /// of that.
    fn taken(&mut self, now: Ts) {
        let case = &mut self.case;
        if case.taken_at.is_none() {
            case.taken_at = Some(now);
            case.answered_in_time = case.due_at.map(|due| now <= due);
        }
    }

    /// The facts that every line about an event has.
    fn facts(&self, more: Value) -> Value {
        let by = match self.standing {
            Standing::Reporter => "reporter",
            Standing::Staff { role, .. } => role.as_str(),
            Standing::Unit => "unit",
            Standing::System => "system",
        };
        let mut facts = json!({
            "number": self.case.number, "from": self.before, "to": self.case.state, "by": by, "rule": self.rule,
        });
        if let (Some(facts), Value::Object(more)) = (facts.as_object_mut(), more) {
            facts.extend(more);
            facts.extend(self.heard_from.iter().map(|number| (HEARD_FROM.to_owned(), json!(number))));
        }
        facts
    }

    /// Writes the line, with what was written in words kept apart as personal detail: words may hold names and numbers.
    fn journal(&self, ctx: &Ctx, tx: &mut Tx, kind: &'static str, facts: Value, words: Option<&str>) {
        self.journal_with(ctx, tx, kind, facts, words.map(|words| json!({ "text": words })));
    }

    /// As [`Step::journal`], with what is erasable beside the line as it is.
    fn journal_with(&self, ctx: &Ctx, tx: &mut Tx, kind: &'static str, facts: Value, personal: Option<Value>) {
        let mut line = ctx.line(kind, &self.case.place, Some(self.case.id.0), self.facts(facts));
        // Staff who hold a link stay who they are.
        if self.by_link && !matches!(ctx.actor, Actor::Staff { .. }) {
            line.actor = "reporter".to_owned();
        }
        if let Some(unit) = self.unit {
            by_unit(ctx, &mut line, unit);
        }
        let line = match personal {
            Some(personal) => ctx.with_personal(line, personal),
            None => line,
        };
        tx.journal(line);
    }
}

/// Says that an organisation did it by its link. Staff who hold one stay who they are.
fn by_unit(ctx: &Ctx, line: &mut Line, unit: OrganisationId) {
    if !matches!(ctx.actor, Actor::Staff { .. }) {
        line.actor = format!("unit:{unit}");
    }
}

/// How a case ends by an event that ends it.
const fn ending_of(event: Event) -> Option<Ending> {
    match event {
        Event::Confirm => Some(Ending::Confirmed),
        Event::Lapse => Some(Ending::Lapsed),
        Event::Close => Some(Ending::Checked),
        Event::Void => Some(Ending::Void),
        Event::Merge => Some(Ending::Merged),
        Event::Join => Some(Ending::Joined),
        Event::EndElsewhere => Some(Ending::Elsewhere),
        _ => None,
    }
}

/// The case that a private link opens.
async fn of_link(c: &mut Conn<'_>, district: DistrictId, token: &LinkToken) -> Result<Case, CasesError> {
    let found = store::link(c, &token.hash()).await?.filter(|(at, _)| *at == district);
    let (_, id) = found.ok_or(CasesError::LinkUnknown)?;
    store::by_id(c, district, id).await?.ok_or(CasesError::LinkUnknown)
}

/// Finds a case for somebody who wants to do something to it. What lies outside the reach of the actor does not exist for him.
async fn open(ctx: &Ctx, tx: &mut Tx, which: Which<'_>, action: Action) -> Result<(Case, Standing), CasesError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    match which {
        Which::Link(token) => Ok((of_link(c, district, token).await?, Standing::Reporter)),
        Which::GoesOnAs(token) => {
            let own = of_link(c, district, token).await?;
            let main = crate::queries::public_main(c, &own).await?.ok_or(CasesError::NotFound)?;
            Ok((main, Standing::Reporter))
        }
        Which::Unit(token, id) => {
            let link = crate::queries::unit_door(c, token, ctx.now()).await?;
            let has = |case: &Case| case.unit == Some(link.unit) && link.district == district && link.place.contains(&case.place);
            let case = store::by_id(c, district, id).await?.filter(has).ok_or(CasesError::NotFound)?;
            Ok((case, Standing::Unit))
        }
        Which::Id(id) => {
            // Who is not signed in learns nothing about ids.
            if matches!(ctx.actor, Actor::Visitor | Actor::Resident { .. }) {
                return Err(linli_access::Denied::Unauthenticated.into());
            }
            let case = store::by_id(c, district, id).await?.ok_or(CasesError::NotFound)?;
            ctx.may(Action::Read, Resource::Case, district, &case.place).map_err(|_| CasesError::NotFound)?;
            if kept_from(ctx, &case) {
                return Err(CasesError::NotFound);
            }
            ctx.may(action, Resource::Case, district, &case.place)?;
            let standing = standing(ctx, &case);
            Ok((case, standing))
        }
    }
}

/// Whether the event would end one's own work by one's own judgement: as the reporter's word, as the check before closing (核查结案), or,
/// once the reporter has said that it is not fixed, as a case that was none or is another.
pub(crate) fn ends_own_work(ctx: &Ctx, case: &Case, event: Event, by_link: bool) -> bool {
    let judges = match event {
        Event::Confirm | Event::Close => true,
        Event::Void | Event::Merge => case.reopened_count > 0,
        _ => false,
    };
    judges && own_work(ctx, case, by_link)
}

/// Whether confirming would be confirming one's own work: by who has the case or did it last, signed in or not. A link that a member
/// of the staff was given for what he found himself does not confirm what he did himself, whoever holds it; one that he was given for
/// somebody who told him is that person's.
fn own_work(ctx: &Ctx, case: &Case, by_link: bool) -> bool {
    let worked =
        |person: Uuid| case.owner.as_ref().is_some_and(|owner| owner.person == person) || case.finished_by == Some(person);
    ctx.person().is_some_and(worked) || (by_link && case.reported_by.is_some_and(worked))
}

/// How the actor stands to a case.
pub(crate) fn standing(ctx: &Ctx, case: &Case) -> Standing {
    match &ctx.actor {
        Actor::Staff { person, role, .. } => {
            Standing::Staff { role: *role, owner: case.owner.as_ref().is_some_and(|owner| owner.person == *person) }
        }
        Actor::System(_) => Standing::System,
        Actor::Visitor | Actor::Resident { .. } | Actor::Unappointed { .. } | Actor::Program { .. } => Standing::Reporter,
    }
}

/// What the matrix calls an event.
pub(crate) const fn action_of(event: Event) -> Action {
    match event {
        Event::Report => Action::Create,
        Event::Take => Action::Take,
        Event::Assign | Event::Dispatch | Event::Merge | Event::Join => Action::Assign,
        Event::Confirm | Event::NotFixed | Event::Lapse | Event::Close | Event::Void | Event::Reopen => Action::Close,
        Event::EndElsewhere | Event::GoOnElsewhere => Action::Close,
        _ => Action::Change,
    }
}

/// Checks a text: length in characters after trimming, no control characters.
fn text(field: &'static str, value: &str, required: bool, max: usize) -> Result<String, CasesError> {
    let wrong = |problem| Err(CasesError::Field { field, problem });
    let value = value.trim().replace("\r\n", "\n");
    let found = value.chars().count();
    if found == 0 && required {
        return wrong(FieldProblem::Required);
    }
    if found > max {
        return wrong(FieldProblem::TooLong { max, found });
    }
    if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return wrong(FieldProblem::ControlCharacter);
    }
    Ok(value)
}

/// Puts photos to a case after those it has; gives their positions.
async fn add_photos(
    tx: &mut Tx,
    case: CaseId,
    first: i64,
    photos: &[StoredPhoto],
    kind: PhotoKind,
    at: Ts,
) -> Result<Vec<i64>, CasesError> {
    let district = tx.district();
    let mut positions = Vec::with_capacity(photos.len());
    for (position, photo) in (first..).zip(photos) {
        tx.name_blob(photo.hash, "image/jpeg", photo.bytes, at).await?;
        tx.name_blob(photo.thumb, "image/jpeg", photo.thumb_bytes, at).await?;
        store::add_photo(&mut tx.conn()?, (district, case), position, photo, (kind, at)).await?;
        positions.push(position);
    }
    Ok(positions)
}

/// The answer given to the same request before, when it carries a key.
async fn recall<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx,
    what: &str,
    input: &(impl Serialize + Sync),
) -> Result<Option<T>, CasesError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again.
async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), CasesError> {
    match &ctx.idempotency_key {
        Some(key) => Ok(tx.remember(&ctx.actor_text(), key, answer).await?),
        None => Ok(()),
    }
}
