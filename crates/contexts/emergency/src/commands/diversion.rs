//! Diversion (分流): put in force by a named physician, used by the seat, called back in time, withdrawn at any time.

use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::Ts;
use serde_json::json;

use super::calls::{end, raise_call};
use super::{opened, recall, remember, rules_for, seat_of, step, text};
use crate::error::{EmergencyError, Wrong};
use crate::model::{
    Activation, ActivationId, Call, CallClass, CallEvent, CallId, CallState, DivertedTo, Ending, Found, Recontact, RecontactId,
};
use crate::office::DispatchOffice;
use crate::store::{calls, diversion};

/// Longest name of a physician, and longest number of a licence, in characters.
pub const NAME_MAX: usize = 40;

/// Puts diversion in force where the actor answers for calls (启用分流): a physician answers for it by name and licence, for the version of the rules that
/// counts now and no other.
///
/// # Errors
/// `Field`; `DiversionOn`; `Denied`; store errors.
pub async fn activate(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    (physician, licence, confirmed): (&str, &str, bool),
) -> Result<(), EmergencyError> {
    let (district, place, now) = (tx.district(), seat_of(ctx)?, ctx.now());
    ctx.may(Action::Change, Resource::Diversion, district, &place)?;
    let by = ctx.appointment().ok_or(Denied::Forbidden)?;
    if recall::<bool>(ctx, tx, "emergency.activate", &(physician, licence)).await?.is_some() {
        return Ok(());
    }
    let licence = text("licence", licence, true, NAME_MAX)?;
    let digits = licence.chars().filter(char::is_ascii_digit).count();
    if digits < 6 || !licence.chars().all(|one| one.is_ascii_alphanumeric()) {
        return Err(EmergencyError::field("licence", Wrong::NotANumber));
    }
    let physician = text("physician", physician, true, NAME_MAX)?;
    if !confirmed {
        return Err(EmergencyError::field("confirmed", Wrong::NotConfirmed));
    }
    let pack = office.rules(&place, now)?.stamp.mark();
    // What a physician answered for under other rules is over with them.
    let before = diversion::in_force(&mut tx.conn()?, district, &place).await?;
    if before.iter().any(|before| before.place == place && before.pack != pack) {
        diversion::withdraw(&mut tx.conn()?, &ctx.scope(Action::Change, Resource::Diversion)?, (now, by)).await?;
    }
    let id = ActivationId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let new = Activation { id, place: place.clone(), pack: pack.clone(), physician, licence, since: now, withdrawn_at: None };
    if !diversion::activate(&mut tx.conn()?, district, &new, by).await? {
        return Err(EmergencyError::DiversionOn);
    }
    tx.journal(ctx.line("emergency.diversion_on", &place, Some(id.0), json!({ "pack": pack })));
    Ok(remember(ctx, tx, &true).await?)
}

/// Takes diversion out of force (停用分流): whoever is diverted is called again at once. Gives how many that are.
///
/// # Errors
/// `DiversionOff`; `Denied`; store errors.
pub async fn withdraw(ctx: &Ctx, tx: &mut Tx) -> Result<u64, EmergencyError> {
    let (district, place, now) = (tx.district(), seat_of(ctx)?, ctx.now());
    ctx.may(Action::Change, Resource::Diversion, district, &place)?;
    let by = ctx.appointment().ok_or(Denied::Forbidden)?;
    let scope = ctx.scope(Action::Change, Resource::Diversion)?;
    if !diversion::withdraw(&mut tx.conn()?, &scope, (now, by)).await? {
        return Err(EmergencyError::DiversionOff);
    }
    let calls = diversion::all_at_once(&mut tx.conn()?, &scope, now).await?;
    tx.journal(ctx.line("emergency.diversion_off", &place, None, json!({ "called_again": calls })));
    Ok(calls)
}

/// Leads somebody who is not urgent elsewhere (分流), with a call back in time.
///
/// # Errors
/// `DiversionOff` while nobody put it in force for the rules of now; `Danger` where danger was told; `NoStep`; `NotFound`, `Denied`; store errors.
pub async fn divert(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, id: CallId, to: DivertedTo) -> Result<(), EmergencyError> {
    let mut call = opened(ctx, tx, id).await?;
    if recall::<bool>(ctx, tx, "emergency.divert", &(id, to)).await?.is_some() {
        return Ok(());
    }
    let rules = rules_for(ctx, office, &call)?;
    let force = diversion::in_force(&mut tx.conn()?, call.district, &call.place).await?;
    if !force.iter().any(|force| force.pack == rules.stamp.mark()) {
        return Err(EmergencyError::DiversionOff);
    }
    // Not even when the seat decided otherwise: what was said stays said.
    if call.class == CallClass::VehicleUrgent || call.suggested == CallClass::VehicleUrgent {
        return Err(EmergencyError::Danger);
    }
    step(ctx, &rules.value, &mut call, CallEvent::Divert)?;
    call.diverted_to = Some(to);
    call.diverted_at = Some(ctx.now());
    calls::put(&mut tx.conn()?, &call).await?;
    let due = ctx.now().plus_secs(rules.value.recontact().first_secs);
    open(ctx, tx, &call, (1, 0, due)).await?;
    tx.journal(ctx.line("emergency.diverted", &call.place, Some(id.0), json!({ "to": to, "call_back": due })));
    Ok(remember(ctx, tx, &true).await?)
}

async fn open(ctx: &Ctx, tx: &mut Tx, call: &Call, (no, unanswered, due_at): (i64, i64, Ts)) -> Result<(), EmergencyError> {
    let new = Recontact {
        id: RecontactId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        call: call.id,
        no,
        unanswered,
        due_at,
        late_told_at: None,
        done_at: None,
        found: None,
    };
    Ok(diversion::open(&mut tx.conn()?, call.district, &new).await?)
}

/// What a call back found (回拨结果): well, and it is over; the same, and the next is due; worse, and it is urgent; nobody answers, and after
/// some more attempts it is urgent too.
///
/// # Errors
/// `NoStep` where nobody is to be called again; `NotFound`, `Denied`; store errors.
pub async fn call_back(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, id: CallId, found: Found) -> Result<(), EmergencyError> {
    let mut call = opened(ctx, tx, id).await?;
    if recall::<bool>(ctx, tx, "emergency.call_back", &(id, found)).await?.is_some() {
        return Ok(());
    }
    let rules = rules_for(ctx, office, &call)?;
    let again = rules.value.recontact();
    let mut one = diversion::open_of(&mut tx.conn()?, call.district, id).await?.ok_or(EmergencyError::NoStep)?;
    let unanswered = if found == Found::NoAnswer { one.unanswered + 1 } else { 0 };
    let facts = json!({ "found": found, "no": one.no, "unanswered": unanswered, "late": one.due_at < ctx.now() });
    tx.journal(ctx.line("emergency.called_back", &call.place, Some(id.0), facts));
    match found {
        Found::Worse => raise_call(ctx, tx, office, &mut call, Found::Worse).await?,
        Found::NoAnswer if unanswered >= again.no_answers => raise_call(ctx, tx, office, &mut call, Found::NoAnswer).await?,
        // With a vehicle under way the patient is waited for; the next call back stays due.
        Found::Well if call.state == CallState::Diverted => {
            end(ctx, tx, office, &mut call, (CallEvent::Close, Ending::Well)).await?;
        }
        Found::Well | Found::Unchanged | Found::NoAnswer => {
            (one.done_at, one.found) = (Some(ctx.now()), Some(found));
            diversion::put(&mut tx.conn()?, call.district, &one, ctx.appointment()).await?;
            let secs = if found == Found::NoAnswer { again.no_answer_secs } else { again.again_secs };
            open(ctx, tx, &call, (one.no + 1, unanswered, ctx.now().plus_secs(secs))).await?;
        }
        Found::Raised | Found::Over => return Err(EmergencyError::field("found", Wrong::NotAChoice)),
    }
    Ok(remember(ctx, tx, &true).await?)
}
