//! A call: recorded and classified in one step, raised to urgent, ended.
//!
//! An urgent call goes to dispatch in the same transaction; nothing is asked, looked up or waited for before.

use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::{PlacePath, Ts};
use linli_territory::model::PlaceId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{opened, recall, remember, rules_for, seat_of, step, text};
use crate::error::{EmergencyError, Wrong};
use crate::model::{
    Against, Call, CallClass, CallEvent, CallId, CallState, Ending, Fleet, Found, Told, VehicleEvent, VehicleState,
};
use crate::office::DispatchOffice;
use crate::store::calls::{self, Traces};
use crate::store::{diversion, fleet};

/// Longest text of what is told, in characters.
pub const TEXT_MAX: usize = 600;
/// Longest place in words, in characters.
pub const PLACE_MAX: usize = 120;
/// How many earlier calls about the same are told.
const SAME_MOST: i64 = 10;

/// A call as the seat takes it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewCall {
    /// When it came; now, when that is not known or cannot be.
    pub began: Option<Ts>,
    /// The number of the caller; empty when it is not shown.
    pub number: String,
    /// The place, when it is one of those that are known.
    pub place: Option<PlaceId>,
    /// Where, in words.
    pub place_text: String,
    /// What is wrong.
    pub told: String,
    /// What was said yes to.
    pub signs: Vec<String>,
    /// What the seat decides.
    pub class: CallClass,
    /// Why for less than danger suggests.
    pub against: Option<Against>,
    /// The earlier call it is about.
    pub same_as: Option<CallId>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The call.
    pub id: CallId,
    /// The first call about the same.
    pub repeat_of: Option<CallId>,
    /// Which call goes to dispatch as urgent now: this one, or the first, which it raised.
    pub urgent: Option<CallId>,
}

/// The number without what people put between the digits; nothing for what is no number.
fn digits(number: &str) -> Result<String, EmergencyError> {
    let wrong = || EmergencyError::field("number", Wrong::NotANumber);
    let mut found = String::new();
    for one in number.trim().chars() {
        match one {
            '0'..='9' => found.push(one),
            '+' if found.is_empty() => {}
            ' ' | '-' | '(' | ')' | '\u{a0}' => {}
            _ => return Err(wrong()),
        }
    }
    let bare = found.strip_prefix("0086").or_else(|| found.strip_prefix("86").filter(|rest| rest.len() == 11)).unwrap_or(&found);
    if !number.trim().is_empty() && !(3..=20).contains(&bare.len()) {
        return Err(wrong());
    }
    Ok(bare.to_owned())
}

/// By what a second call about the same is found: the number, and the place as it is known or as it was told.
///
/// # Errors
/// `Field` for what is no number.
pub(crate) fn traces(
    office: &DispatchOffice,
    number: &str,
    (place, place_text): (Option<&PlacePath>, &str),
) -> Result<Traces, EmergencyError> {
    /// Shorter words than that say too little of a place.
    const TELLING: usize = 4;
    let number = digits(number)?;
    let squeezed: String = place_text.chars().filter(|one| one.is_alphanumeric()).collect::<String>().to_lowercase();
    let place = match place {
        Some(path) => Some(format!("120-place:{path}")),
        None if squeezed.chars().count() >= TELLING => Some(format!("120-words:{squeezed}")),
        None => None,
    };
    Ok(Traces {
        number: (!number.is_empty()).then(|| office.vault().lookup_hash(&format!("120-number:{number}"))),
        place: place.map(|place| office.vault().lookup_hash(&place)),
    })
}

/// Records a call with what the seat decides (受理与分类). The table suggests and both are kept.
///
/// # Errors
/// `Field`; `Denied`; store errors.
pub async fn record(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, new: &NewCall) -> Result<Recorded, EmergencyError> {
    /// A call that began earlier than this was not taken down as it came.
    const LONGEST_SECS: i64 = 1_800;
    let (district, now) = (tx.district(), ctx.now());
    let known = match new.place {
        Some(id) => Some(
            linli_territory::queries::place_by_id(&mut tx.conn()?, district, id)
                .await?
                .ok_or(EmergencyError::field("place", Wrong::NotAChoice))?
                .path,
        ),
        None => None,
    };
    let place = known.clone().map_or_else(|| seat_of(ctx), Ok)?;
    ctx.may(Action::Create, Resource::EmergencyCall, district, &place)?;
    let by = ctx.appointment().ok_or(Denied::Forbidden)?;
    if let Some(before) = recall::<Recorded>(ctx, tx, "emergency.record", new).await? {
        return Ok(before);
    }
    let rules = office.rules(&place, now)?;
    let mut told = Told {
        number: digits(&new.number)?,
        place: text(
            "place_text",
            &new.place_text,
            new.class.wants_vehicle() && known.is_none() && new.same_as.is_none(),
            PLACE_MAX,
        )?,
        told: text("told", &new.told, false, TEXT_MAX)?,
    };
    if let Some(path) = known.as_ref().filter(|_| told.place.is_empty()) {
        told.place = crate::queries::calls::place_in_words(&mut tx.conn()?, district, path).await?;
    }
    let signs = &new.signs;
    if signs.iter().any(|sign| !rules.value.questions().iter().any(|question| question.id == *sign)) {
        return Err(EmergencyError::field("sign", Wrong::NotAChoice));
    }
    let suggested = rules.value.suggest(signs).class.unwrap_or(new.class);
    let traces = traces(office, &new.number, (known.as_ref(), &new.place_text))?;
    let since = now.plus_secs(-rules.value.repeat_secs());
    let mut same = calls::about_the_same(&mut tx.conn()?, district, &traces, since, SAME_MOST).await?;
    same.retain(|first| ctx.may(Action::Change, Resource::EmergencyCall, district, &first.place).is_ok());
    let first = match new.same_as {
        Some(id) => Some(same.iter().find(|call| call.id == id).ok_or(EmergencyError::field("same_as", Wrong::NotAChoice))?),
        None if new.class == CallClass::Repeat => Some(same.first().ok_or(EmergencyError::field("class", Wrong::NoFirst))?),
        None if new.class == CallClass::Other => None,
        None => same.first(),
    };
    let about_first = new.same_as.is_some() || new.class == CallClass::Repeat;
    let helped = about_first && first.is_some_and(|first| first.over_at.is_none() && first.class == CallClass::VehicleUrgent);
    if suggested == CallClass::VehicleUrgent && new.class != suggested && new.against.is_none() && !helped {
        return Err(EmergencyError::field("against", Wrong::NeedsReason));
    }
    // Held now, before the new call is decided: it may end meanwhile.
    let first = match first.map(|first| first.id) {
        Some(id) => calls::lock(&mut tx.conn()?, district, id).await?,
        None => None,
    };
    let joins = about_first && first.as_ref().is_some_and(|first| first.over_at.is_none());
    let state = match new.class {
        CallClass::Other => CallState::Closed,
        CallClass::Repeat => CallState::Linked,
        CallClass::VehicleUrgent | CallClass::VehicleNonUrgent if joins => CallState::Linked,
        CallClass::VehicleUrgent | CallClass::VehicleNonUrgent => CallState::Waiting,
        CallClass::Advice => CallState::Advising,
    };
    let came = new.began.filter(|began| *began <= now && now.secs_since(*began) <= LONGEST_SECS).unwrap_or(now);
    let call = Call {
        district,
        id: CallId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: place.clone(),
        received_at: came,
        classified_at: now,
        received_by: by,
        signs: signs.clone(),
        suggested,
        suggested_by: rules.stamp.mark(),
        decided: new.class,
        against: new.against.filter(|_| suggested.weight() > new.class.weight()),
        class: new.class,
        state,
        repeat_of: first.as_ref().map(|first| first.id),
        diverted_to: None,
        diverted_at: None,
        raised_at: None,
        worsened_at: None,
        ending: (state == CallState::Closed).then_some(Ending::NoRequest),
        due_at: rules.value.waits_secs(state, new.class).map(|secs| now.plus_secs(secs)),
        late_told_at: None,
        over_at: matches!(state, CallState::Closed | CallState::Linked).then_some(now),
    };
    let plain = serde_json::to_string(&told).map_err(linli_db::DbError::Facts)?;
    let sealed = office.vault().seal_for(call.id.0.as_bytes(), &plain);
    calls::insert(&mut tx.conn()?, &call, &traces, &sealed).await?;
    let facts = json!({ "class": call.class, "suggested": call.suggested, "suggested_by": call.suggested_by, "against": call.against,
        "state": call.state, "repeat_of": call.repeat_of, "took_secs": now.secs_since(came) });
    tx.journal(ctx.line("emergency.recorded", &place, Some(call.id.0), facts));
    let mut urgent = (state == CallState::Waiting && new.class == CallClass::VehicleUrgent).then_some(call.id);
    if let Some(mut first) = first.filter(|_| new.class == CallClass::VehicleUrgent) {
        if joins {
            urgent = Some(first.id);
            raise_call(ctx, tx, office, &mut first, Found::Raised).await?;
        } else if first.diverted_at.is_some() && first.worsened_at.is_none() {
            // Whoever was diverted calls again and is urgent: that counts, whether or not the seat saw that it is about the same.
            first.worsened_at = Some(now);
            calls::put(&mut tx.conn()?, &first).await?;
            tx.journal(ctx.line("emergency.worsened", &first.place, Some(first.id.0), json!({ "by": call.id })));
        }
    }
    let recorded = Recorded { id: call.id, repeat_of: call.repeat_of, urgent };
    remember(ctx, tx, &recorded).await?;
    Ok(recorded)
}

/// Raises a call to urgent (升为紧急), one tap. A repeat raises the first call, as long as that is open. Gives the call that is urgent now.
///
/// # Errors
/// `NoStep` for one that is closed; `NotFound`, `Denied`; store errors.
pub async fn raise(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, id: CallId) -> Result<CallId, EmergencyError> {
    let district = tx.district();
    let asked = calls::one(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    // The first call is held before the later one, as where a repeat is recorded.
    let first = match asked.repeat_of.filter(|_| asked.state == CallState::Linked) {
        Some(first) => Some(opened(ctx, tx, first).await?).filter(|first| first.over_at.is_none()),
        None => None,
    };
    let mut call = match first {
        Some(first) => first,
        None => opened(ctx, tx, id).await?,
    };
    if call.class != CallClass::VehicleUrgent || call.state == CallState::Linked {
        raise_call(ctx, tx, office, &mut call, Found::Raised).await?;
    }
    Ok(call.id)
}

/// Raises a call that is held: a vehicle that is not fit for it is called off, a call back that is open is over.
pub(super) async fn raise_call(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    call: &mut Call,
    found: Found,
) -> Result<(), EmergencyError> {
    let (district, now) = (call.district, ctx.now());
    let rules = rules_for(ctx, office, call)?;
    if call.class == CallClass::VehicleUrgent && call.state != CallState::Linked {
        return Ok(());
    }
    let before = call.state;
    let mut event = CallEvent::Upgrade;
    if call.state == CallState::UnderWay {
        let missions = fleet::missions_of(&mut tx.conn()?, district, call.id).await?;
        if let Some(mut mission) = missions.into_iter().find(|mission| mission.over_at.is_none()) {
            let held = fleet::lock_vehicle(&mut tx.conn()?, district, mission.vehicle).await?;
            let mut vehicle = held.ok_or(EmergencyError::NotFound)?;
            // Whoever is with the patient stays with the patient.
            if vehicle.fleet == Fleet::NonUrgent && vehicle.state == VehicleState::OnTheWay {
                event = CallEvent::UpgradeRelease;
                vehicle.state = rules.value.vehicle(vehicle.state, VehicleEvent::StandDown).ok_or(EmergencyError::NoStep)?;
                (vehicle.state_at, vehicle.mission) = (now, None);
                (mission.over_at, mission.ended_by, mission.due_at) = (Some(now), Some(VehicleEvent::StandDown), None);
                fleet::put_mission(&mut tx.conn()?, &mission).await?;
                fleet::put_vehicle(&mut tx.conn()?, &vehicle).await?;
            }
        }
    }
    call.class = CallClass::VehicleUrgent;
    call.raised_at = Some(now);
    if call.diverted_at.is_some() && call.worsened_at.is_none() {
        call.worsened_at = Some(now);
    }
    step(ctx, &rules.value, call, event)?;
    call.ending = None;
    calls::put(&mut tx.conn()?, call).await?;
    end_recontact(ctx, tx, call, found).await?;
    let facts = json!({ "from": before, "state": call.state, "was_diverted": call.diverted_at.is_some(), "found": found });
    tx.journal(ctx.line("emergency.raised", &call.place, Some(call.id.0), facts));
    Ok(())
}

/// Ends the call back that is open, when there is one.
pub(super) async fn end_recontact(ctx: &Ctx, tx: &mut Tx, call: &Call, found: Found) -> Result<(), EmergencyError> {
    let c = &mut tx.conn()?;
    if let Some(mut open) = diversion::open_of(c, call.district, call.id).await? {
        (open.done_at, open.found) = (Some(ctx.now()), Some(found));
        diversion::put(c, call.district, &open, ctx.appointment()).await?;
    }
    Ok(())
}

/// Ends a call without a vehicle (结束): advice was given, or whoever called needs nothing any more.
///
/// # Errors
/// `NoStep` where a vehicle is under way; `Field`; `NotFound`, `Denied`; store errors.
pub async fn close(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, id: CallId, ending: Ending) -> Result<(), EmergencyError> {
    let mut call = opened(ctx, tx, id).await?;
    if recall::<bool>(ctx, tx, "emergency.close", &(id, ending)).await?.is_some() {
        return Ok(());
    }
    let fits = match ending {
        Ending::Advised => call.state == CallState::Advising,
        Ending::CalledOff | Ending::NoRequest => true,
        Ending::HandedOver | Ending::NoTransport | Ending::Well => false,
    };
    if !fits {
        return Err(EmergencyError::field("ending", Wrong::NotAChoice));
    }
    end(ctx, tx, office, &mut call, (CallEvent::Close, ending)).await?;
    Ok(remember(ctx, tx, &true).await?)
}

/// Ends a call that is held.
pub(super) async fn end(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    call: &mut Call,
    (event, ending): (CallEvent, Ending),
) -> Result<(), EmergencyError> {
    let rules = rules_for(ctx, office, call)?;
    step(ctx, &rules.value, call, event)?;
    call.ending = Some(ending);
    calls::put(&mut tx.conn()?, call).await?;
    end_recontact(ctx, tx, call, if ending == Ending::Well { Found::Well } else { Found::Over }).await?;
    tx.journal(ctx.line("emergency.closed", &call.place, Some(call.id.0), json!({ "ending": ending })));
    Ok(())
}
