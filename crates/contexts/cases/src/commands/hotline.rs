//! The receiver of the city's hotline (12345 承接): tickets become cases under the city's number; what is done is told back, each step once.

use linli_access::{Action, Actor, Channel, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::classing::follow_category;
use super::danger::hear_danger;
use super::handing::move_to;
use super::kept::keep_from_named;
use super::outcome::not_fixed;
use super::report::{Classed, DESCRIPTION_MAX, NewReport, Prepared, phone, prepare_as};
use super::{CLOCKS_APART, NOTE_MAX, Onward, Stepped, Which, file, move_on, open, recall, remember, text};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, CaseState, CityStep, ContactOutcome, MessageClass, OutboxStep, Ticket};
use crate::office::Office;
use crate::queries::message_named;
use crate::rules::Rules;
use crate::store::hotline;
use crate::store::{self, NewContact};

/// The class of what the city's hotline sends; it names the profile by which tickets are handled.
pub const TICKET_CLASS: &str = "hotline_ticket";
/// Longest number of a ticket, in characters.
pub const TICKET_NO_MAX: usize = 64;
/// Longest title of a ticket, in characters.
const TITLE_MAX: usize = 200;
/// Longest name of a category of the city, in characters.
const CATEGORY_MAX: usize = 100;
/// Longest time ahead in seconds.
const YEAR: i64 = 366 * 86_400;

/// A ticket as the city sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTicket {
    /// The city's number (工单编号).
    pub ticket_no: String,
    /// A short line.
    pub title: String,
    /// What the caller said.
    pub content: String,
    /// What the city calls this kind of request.
    pub category: String,
    /// Where; already looked up.
    pub place: PlacePath,
    /// Whether the city says where; otherwise `place` is where tickets go that name none, and a known one stays where it is.
    pub place_named: bool,
    /// The place that whoever delivers speaks for (密钥的地点): no ticket of elsewhere is changed.
    pub within: PlacePath,
    /// When the city took it (受理时间); `None` when it does not say: then as was known, or now.
    pub received_at: Option<Ts>,
    /// Until when the city wants the answer (办理时限).
    pub due_at: Option<Ts>,
    /// The caller's number.
    pub phone: Option<String>,
    /// Why the city sends it back (重办): the caller is not satisfied.
    pub rework: Option<String>,
    /// When the city sent it back (重办时间): tells one send-back from the next where both say the same.
    pub rework_at: Option<Ts>,
    /// Whether it is being delivered at this moment. A table says once more what was sent before.
    pub fresh: bool,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// It became a case.
    New,
    /// It is known and says something else now.
    Changed,
    /// It is known, and nothing changed.
    Unchanged,
}

/// What the city is told of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedTicket {
    /// What became of it.
    pub receipt: Receipt,
    /// The ticket.
    pub ticket: Ticket,
    /// The number of the case.
    pub number: String,
    /// Our promise.
    pub due_at: Option<Ts>,
}

/// A ticket that was read and judged.
struct Judged {
    ticket_no: String,
    description: String,
    category: String,
    received_at: Ts,
    due_at: Option<Ts>,
    phone: Option<String>,
    rework: String,
    hash: Vec<u8>,
}

fn judge(office: &Office, input: &NewTicket, known: Option<&Ticket>, now: Ts) -> Result<Judged, CasesError> {
    let wrong = |field, problem| CasesError::Field { field, problem };
    let ticket_no = text("ticket_no", &input.ticket_no, true, TICKET_NO_MAX)?;
    let title = text("title", &input.title, false, TITLE_MAX)?;
    let content = text("content", &input.content, true, DESCRIPTION_MAX)?;
    let category = text("category", &input.category, false, CATEGORY_MAX)?;
    let rework = text("rework", input.rework.as_deref().unwrap_or_default(), false, NOTE_MAX)?;
    // A table that does not say when leaves what is known of it.
    let received_at = input.received_at.or(known.map(|ticket| ticket.received_at)).unwrap_or(now);
    if received_at > now.plus_secs(CLOCKS_APART) {
        return Err(wrong("received_at", FieldProblem::InTheFuture));
    }
    if input.due_at.is_some_and(|due| due <= received_at) {
        return Err(wrong("due_at", FieldProblem::BeforeReceipt));
    }
    let phone = input.phone.as_deref().map(phone).transpose()?.flatten();
    let description = if title.is_empty() || content.starts_with(&title) { content } else { format!("{title}\n{content}") };
    if description.chars().count() > DESCRIPTION_MAX {
        return Err(wrong("content", FieldProblem::TooLong { max: DESCRIPTION_MAX, found: description.chars().count() }));
    }
    let mut sha = Sha256::new();
    let [received, due] = [Some(received_at), input.due_at].map(|at| at.map(|at| at.0.to_string()).unwrap_or_default());
    let sent_back = input.rework_at.map(|at| at.0.to_string());
    if input.rework_at.is_some_and(|at| at > now || at < received_at) {
        return Err(wrong("rework_at", FieldProblem::NotSinceReceipt));
    }
    let parts: [&str; 5] = [&description, &category, &rework, &received, &due];
    // What is not said does not count, so that a ticket from before there was a time of sending back is still the same.
    for part in parts.into_iter().chain(sent_back.as_deref()) {
        sha.update(part.as_bytes());
        sha.update([0]);
    }
    // Keyed: a plain hash over few digits and what else is known would give the number away to whoever has the database.
    sha.update(phone.as_deref().map(|phone| office.vault().lookup_hash(phone)).unwrap_or_default());
    let hash = sha.finalize().to_vec();
    Ok(Judged { ticket_no, description, category, received_at, due_at: input.due_at, phone, rework, hash })
}

/// Takes a ticket of the city (承接工单): a new number becomes a case, a known one that says the same changes nothing, one that says
/// something else is written down, one with another address goes there, and one that comes back because the caller is not satisfied is worked
/// on again. What went on as another case is worked on again there.
///
/// # Errors
/// `Field` names what is wrong, and nothing is kept, also for a ticket of another place than whoever delivers speaks for; `Denied`; `Changed`
/// when the same number is being taken at this very moment; store errors.
pub async fn receive_ticket(ctx: &Ctx, tx: &mut Tx, office: &Office, input: NewTicket) -> Result<ReceivedTicket, CasesError> {
    let district = tx.district();
    ctx.may(Action::Import, Resource::Case, district, &input.place)?;
    let known = hotline::by_number(&mut tx.conn()?, district, input.ticket_no.trim()).await?;
    if let Some(ticket) = &known {
        let reaches = ctx.may(Action::Import, Resource::Case, district, &ticket.place).is_ok();
        if !reaches || !input.within.contains(&ticket.place) {
            return Err(CasesError::Field { field: "ticket_no", problem: FieldProblem::OfAnotherPlace });
        }
    }
    let judged = judge(office, &input, known.as_ref(), ctx.now())?;
    // Whoever brings it in, the city speaks.
    let city = Ctx { actor: Actor::System("hotline"), channel: Channel::Api, idempotency_key: None, ..ctx.clone() };
    let address = |ticket: &Ticket| Some(input.place.clone()).filter(|place| input.place_named && *place != ticket.place);
    match known {
        Some(ticket) if ticket.content_hash == judged.hash && address(&ticket).is_none() => {
            // The same words once more after our answer are another send-back, not a bad line: the first one was answered.
            let again = input.fresh && !judged.rework.is_empty() && was_answered(tx, &ticket).await?;
            if again {
                change(&city, tx, office, (ticket, None), judged).await
            } else {
                answer(tx, ticket, Receipt::Unchanged).await
            }
        }
        Some(ticket) => {
            let address = address(&ticket);
            change(&city, tx, office, (ticket, address), judged).await
        }
        None => take_in(&city, tx, office, (input.place, judged)).await,
    }
}

/// Whether a ticket is known and stands here as it is now sent (a table that was taken before).
///
/// # Errors
/// `Field` for what would not be taken; store errors.
pub(crate) async fn is_known(tx: &mut Tx, office: &Office, input: &NewTicket, now: Ts) -> Result<bool, CasesError> {
    let district = tx.district();
    let Some(ticket) = hotline::by_number(&mut tx.conn()?, district, input.ticket_no.trim()).await? else { return Ok(false) };
    let judged = judge(office, input, Some(&ticket), now)?;
    Ok(ticket.content_hash == judged.hash && (!input.place_named || input.place == ticket.place))
}

/// The case that a ticket is worked on as: its own, or the one that this goes on as.
async fn worked_on_as(tx: &mut Tx, ticket: &Ticket) -> Result<Option<Case>, CasesError> {
    let own = store::by_id(&mut tx.conn()?, ticket.district, ticket.case).await?;
    match own.as_ref().and_then(|case| case.merged_into) {
        Some(other) => Ok(store::by_id(&mut tx.conn()?, ticket.district, other).await?),
        None => Ok(own),
    }
}

/// Whether the case of a ticket stands where the city has our answer.
async fn was_answered(tx: &mut Tx, ticket: &Ticket) -> Result<bool, CasesError> {
    let case = worked_on_as(tx, ticket).await?;
    let answered = [CaseState::Feedback, CaseState::AwaitingConfirmation, CaseState::Closed, CaseState::Void];
    Ok(case.is_some_and(|case| answered.contains(&case.state)))
}

async fn answer(tx: &mut Tx, ticket: Ticket, receipt: Receipt) -> Result<ReceivedTicket, CasesError> {
    let case = store::by_id(&mut tx.conn()?, ticket.district, ticket.case).await?.ok_or(CasesError::NotFound)?;
    Ok(ReceivedTicket { receipt, number: case.number, due_at: case.due_at, ticket })
}

async fn take_in(
    city: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (place, judged): (PlacePath, Judged),
) -> Result<ReceivedTicket, CasesError> {
    let ticket_place = place.clone();
    let report = NewReport {
        place,
        class: Some(TICKET_CLASS.to_owned()),
        description: judged.description,
        photos: Vec::new(),
        phone: judged.phone,
        point_e7: None,
    };
    let message = class_of_category(tx, &report.place, &judged.category).await?;
    let prepared: Prepared = prepare_as(city, office, report, Classed { message, matter: None })?;
    let filed = file(tx, office, &[(city, &prepared)]).await?.pop().unwrap_or(Err(CasesError::Changed))?;
    let ticket = Ticket {
        district: tx.district(),
        ticket_no: judged.ticket_no,
        case: filed.id,
        place: ticket_place,
        category: judged.category,
        received_at: judged.received_at,
        city_due_at: judged.due_at,
        contacted_at: None,
        content_hash: judged.hash,
    };
    if !hotline::put(&mut tx.conn()?, &ticket).await? {
        return Err(CasesError::Changed);
    }
    let case = store::by_id(&mut tx.conn()?, ticket.district, filed.id).await?.ok_or(CasesError::NotFound)?;
    let facts = json!({
        "number": case.number, "ticket": ticket.ticket_no, "category": ticket.category, "received_at": ticket.received_at,
        "city_due_at": ticket.city_due_at,
    });
    tx.journal(city.line("cases.ticket_received", &case.place, Some(case.id.0), facts));
    Ok(ReceivedTicket { receipt: Receipt::New, number: case.number, due_at: case.due_at, ticket })
}

/// The class of the 12345 list of the place that the city's word for a ticket means, where it means exactly one: its whole path, or the name of
/// a lowest level that only one has. What it says of the way a case goes does not count: a ticket goes the way of tickets.
async fn class_of_category(tx: &mut Tx, place: &PlacePath, category: &str) -> Result<Option<MessageClass>, CasesError> {
    if category.is_empty() {
        return Ok(None);
    }
    let district = tx.district();
    let found = message_named(&mut tx.conn()?, (district, place), category).await?;
    Ok(found.map(|message| MessageClass { profile: None, ..message }))
}

async fn change(
    city: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (mut ticket, address): (Ticket, Option<PlacePath>),
    judged: Judged,
) -> Result<ReceivedTicket, CasesError> {
    let mut case = store::by_id(&mut tx.conn()?, ticket.district, ticket.case).await?.ok_or(CasesError::NotFound)?;
    let due_before = ticket.city_due_at;
    let category_before = std::mem::replace(&mut ticket.category, judged.category);
    ticket.received_at = judged.received_at;
    ticket.city_due_at = judged.due_at;
    let hash_before = std::mem::replace(&mut ticket.content_hash, judged.hash);
    let place_before = address.clone().map(|place| std::mem::replace(&mut ticket.place, place));
    if !hotline::save(&mut tx.conn()?, &ticket, &hash_before).await? {
        return Err(CasesError::Changed);
    }
    if let Some(phone) = &judged.phone {
        store::renew_contact(&mut tx.conn()?, &NewContact::seal(office.vault(), &case, phone, city.now())).await?;
    }
    let mut facts = json!({
        "number": case.number, "ticket": ticket.ticket_no, "city_due_before": due_before, "city_due_at": ticket.city_due_at,
        "rework": !judged.rework.is_empty(),
    });
    if let (Some(before), Some(facts)) = (place_before, facts.as_object_mut()) {
        // A home stands in no line.
        facts.insert("place_before".to_owned(), json!(before.at_level(PlaceLevel::Entrance)));
        facts.insert("place".to_owned(), json!(ticket.place.at_level(PlaceLevel::Entrance)));
    }
    if let Some(facts) = facts.as_object_mut().filter(|_| category_before != ticket.category) {
        facts.insert("category_before".to_owned(), json!(category_before));
        facts.insert("category".to_owned(), json!(ticket.category));
    }
    let line = city.line("cases.ticket_changed", &case.place, Some(case.id.0), facts);
    // What the city now writes stands beside what it wrote first, which the case keeps.
    let new_words = (judged.description != case.description).then_some(judged.description);
    let said = format!("{}\n{}", new_words.as_deref().unwrap_or_default(), judged.rework);
    // Who works at another address is looked for in all that was ever written.
    let said = if address.is_some() { format!("{}\n{said}", case.description) } else { said };
    if let Some(place) = &address {
        move_to(city, tx, office, (&mut case, place)).await?;
    }
    keep_from_named(city, tx, office, (&mut case, &said)).await?;
    hear_danger(city, tx, office, (&mut case, &said)).await?;
    tx.journal(match new_words {
        Some(words) => city.with_personal(line, json!({ "text": words })),
        None => line,
    });
    if category_before != ticket.category {
        class_by_category(city, tx, office, &mut case, (&category_before, &ticket.category)).await?;
    }
    if !judged.rework.is_empty() {
        let mut worked_on = worked_on_as(tx, &ticket).await?.ok_or(CasesError::NotFound)?;
        if worked_on.id != case.id {
            keep_from_named(city, tx, office, (&mut worked_on, &judged.rework)).await?;
        }
        work_again(city, tx, office, &worked_on, &judged.rework).await?;
    }
    answer(tx, ticket, Receipt::Changed).await
}

/// The case of a ticket follows what the city calls it now, where that means exactly one class of the list of the place and nobody here has
/// classed it by hand. Otherwise it stays as it is: the line of the ticket says what the city wrote.
async fn class_by_category(
    city: &Ctx,
    tx: &mut Tx,
    office: &Office,
    case: &mut Case,
    said: (&str, &str),
) -> Result<(), CasesError> {
    if !case.is_open() || hotline::was_classed_by_hand(&mut tx.conn()?, case.district, case.id).await? {
        return Ok(());
    }
    let message = class_of_category(tx, &case.place, said.1).await?;
    match message.filter(|message| case.message_class != Some(message.id)) {
        Some(message) => follow_category(city, tx, office, case, (&message, said)).await,
        None => Ok(()),
    }
}

/// The city sends a ticket back: it is worked on again from wherever it stood, and is told why. What is still being worked on goes on.
async fn work_again(city: &Ctx, tx: &mut Tx, office: &Office, case: &Case, why: &str) -> Result<(), CasesError> {
    match case.state {
        CaseState::Feedback => move_on(city, tx, office, case.id, Onward::Rework, why).await.map(|_| ()),
        CaseState::AwaitingConfirmation => not_fixed(city, tx, office, Which::Id(case.id), why).await.map(|_| ()),
        CaseState::Closed | CaseState::Void => move_on(city, tx, office, case.id, Onward::Reopen, why).await.map(|_| ()),
        _ => {
            let line = city.line("cases.noted", &case.place, Some(case.id.0), json!({ "number": case.number, "public": false }));
            tx.journal(city.with_personal(line, json!({ "text": why })));
            Ok(())
        }
    }
}

/// The profile by which a case is handled while it is a ticket of the city, whatever it is classed as; `None` for one that is none.
pub(super) async fn profile_of_ticket(tx: &mut Tx, rules: &Rules, case: &Case) -> Result<Option<String>, CasesError> {
    let ticket = hotline::of_case(&mut tx.conn()?, case.district, case.id).await?;
    Ok(ticket.and_then(|_| rules.classes().find(TICKET_CLASS)).map(|class| class.profile.clone()))
}

/// What the city is told of a step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Telling<'w> {
    /// What was written.
    pub(super) words: &'w str,
    /// How it ended.
    pub(super) outcome: Option<&'static str>,
    /// Why there is no photo of the result.
    pub(super) no_photo_because: &'w str,
    /// When the caller was contacted, or until when more time is asked for.
    pub(super) until: Option<Ts>,
}

impl<'w> Telling<'w> {
    /// Words alone.
    pub(super) fn of(words: &'w str) -> Self {
        Self { words, ..Self::default() }
    }
}

/// Writes a step for the city, if the case is one of its tickets; one that answers is also told of the tickets that go on as this case. In the
/// transaction of the step: told exactly when it happened.
pub(super) async fn tell_city(
    ctx: &Ctx,
    tx: &mut Tx,
    case: &Case,
    step: CityStep,
    telling: Telling<'_>,
) -> Result<(), CasesError> {
    let district = case.district;
    let mut tickets: Vec<Ticket> = hotline::of_case(&mut tx.conn()?, district, case.id).await?.into_iter().collect();
    if step.answers() {
        tickets.extend(hotline::going_on_as(&mut tx.conn()?, district, case.id).await?);
    }
    for ticket in tickets {
        let step_no = hotline::next_step(&mut tx.conn()?, &ticket).await?;
        // Whoever takes the next number waits for this transaction: who reads up to one misses none before it.
        let seq = tx.next_number("cases.hotline/outbox").await?;
        let told = OutboxStep {
            seq,
            ticket_no: ticket.ticket_no,
            step_no,
            step: step.as_str().to_owned(),
            told_at: ctx.now(),
            until: telling.until,
            outcome: telling.outcome.map(str::to_owned),
            words: telling.words.to_owned(),
            no_photo_because: Some(telling.no_photo_because.to_owned()).filter(|because| !because.is_empty()),
            erased_at: None,
        };
        hotline::put_step(&mut tx.conn()?, district, &told).await?;
    }
    Ok(())
}

/// Erases what was written for the city longer ago than the rules keep it, at most `limit` steps; what was done and when stays, so that
/// the order has no gaps. Gives how many; come again while it gives `limit`.
///
/// # Errors
/// `Denied`; store errors.
pub async fn forget_outbox(ctx: &Ctx, tx: &mut Tx, office: &Office, limit: i64) -> Result<i64, CasesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let rules = office.rules(&PlacePath::root(), ctx.now())?;
    let Some(rule) = rules.units().outbox() else { return Ok(0) };
    let before = ctx.now().plus_secs(-rule.days.saturating_mul(86_400));
    let erased = hotline::erase_words(&mut tx.conn()?, district, (before, ctx.now()), limit).await?;
    if erased > 0 {
        let facts = json!({ "steps": erased, "before": before, "rule": rules.units_mark() });
        tx.journal(ctx.line("cases.outbox_erased", &PlacePath::root(), None, facts));
    }
    Ok(erased)
}

/// The ticket that a case is, for somebody who works on it.
async fn ticket_of(ctx: &Ctx, tx: &mut Tx, id: CaseId) -> Result<(Case, Ticket), CasesError> {
    let (case, _) = open(ctx, tx, Which::Id(id), Action::Change).await?;
    if !case.is_open() {
        return Err(CasesError::Ended);
    }
    let ticket = hotline::of_case(&mut tx.conn()?, case.district, id).await?.ok_or(CasesError::NotFound)?;
    Ok((case, ticket))
}

/// Writes down that the caller of a ticket was contacted (联系诉求人): when and with which outcome. The city is told.
///
/// # Errors
/// `Field` without words, or for a time in the future or before the city took the ticket; `NotFound` for what is no ticket; `Ended`; `Denied`; store errors.
pub async fn contacted(
    ctx: &Ctx,
    tx: &mut Tx,
    id: CaseId,
    (at, outcome, words): (Option<Ts>, ContactOutcome, &str),
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.contacted", &(id, at, outcome, words)).await? {
        return Ok(answer);
    }
    let (case, ticket) = ticket_of(ctx, tx, id).await?;
    let words = text("contact_words", words, true, NOTE_MAX)?;
    let at = at.unwrap_or(ctx.now());
    if at > ctx.now() || at < ticket.received_at {
        return Err(CasesError::Field { field: "contact_at", problem: FieldProblem::NotSinceReceipt });
    }
    if outcome == ContactOutcome::Reached {
        hotline::reached(&mut tx.conn()?, &ticket, at).await?;
    }
    let facts = json!({ "number": case.number, "ticket": ticket.ticket_no, "contacted_at": at, "outcome": outcome });
    tx.journal(ctx.with_personal(ctx.line("cases.contacted", &case.place, Some(id.0), facts), json!({ "text": words })));
    let told = Telling { outcome: Some(outcome.as_str()), until: Some(at), ..Telling::of(&words) };
    tell_city(ctx, tx, &case, CityStep::Contacted, told).await?;
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Asks the city for more time (申请延期), with grounds. Its limit moves when it sends the ticket again with another one.
///
/// # Errors
/// `Field` without grounds, or for a time that is no later than the city's limit or more than a year away; otherwise as [`contacted`].
pub async fn ask_city(ctx: &Ctx, tx: &mut Tx, id: CaseId, (until, reason): (Ts, &str)) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.ask_city", &(id, until, reason)).await? {
        return Ok(answer);
    }
    let (case, ticket) = ticket_of(ctx, tx, id).await?;
    let reason = text("reason", reason, true, NOTE_MAX)?;
    let later = ticket.city_due_at.is_none_or(|due| until > due) && until > ctx.now();
    if !later || until > ctx.now().plus_secs(YEAR) {
        return Err(CasesError::Field { field: "city_until", problem: FieldProblem::NotLater });
    }
    let facts = json!({ "number": case.number, "ticket": ticket.ticket_no, "city_due_at": ticket.city_due_at, "until": until });
    tx.journal(ctx.with_personal(ctx.line("cases.city_time_asked", &case.place, Some(id.0), facts), json!({ "text": reason })));
    tell_city(ctx, tx, &case, CityStep::TimeAsked, Telling { until: Some(until), ..Telling::of(&reason) }).await?;
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}
