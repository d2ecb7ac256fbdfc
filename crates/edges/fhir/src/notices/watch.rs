//! Which lines of the journal may be news for a subscription, and what stands behind such a line now: read in the name of the key.

use linli_access::Ctx;
use linli_care::CarePersonId;
use linli_care::follow::FollowError;
use linli_care::follow::model::AlarmId;
use linli_care::follow::queries::alarm_of_own;
use linli_db::{Conn, StoredLine};
use linli_kernel::PlacePath;
use linli_treatment::model::ReturnId;
use linli_treatment::model::referrals::{InboundKey, ReferralId};
use linli_treatment::queries::directory::directory;
use linli_treatment::queries::returns::one_in_name_of;
use linli_treatment::{BedError, NetworkError};

use super::{Hooks, NoticeError};
use crate::followed::{flag, is_about_readings};
use crate::item::{Item as _, Whole};
use crate::measures::write::report;
use crate::network::identify;
use crate::referrals::task_id;
use crate::routes::{stays, tasks};
use crate::stays::Known;

/// Of whom a resource tells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// Nobody.
    Nobody,
    /// A patient who is referred.
    Patient(ReferralId),
    /// Somebody who is followed.
    Person(CarePersonId),
}

/// Lines at either end of a referral. Those that name no attempt may have changed several.
const OF_REFERRALS: [&str; 17] = [
    "treatment.inbound_came",
    "treatment.inbound_accepted",
    "treatment.inbound_declined",
    "treatment.inbound_lapsed",
    "treatment.inbound_under_way",
    "treatment.inbound_arrived",
    "treatment.inbound_bedded",
    "treatment.inbound_completed",
    "treatment.inbound_withdrawn",
    "treatment.referral_sent",
    "treatment.referral_answered",
    "treatment.referral_late_answer",
    "treatment.referral_under_way",
    "treatment.referral_spilled",
    "treatment.referral_cancelled",
    "treatment.referral_failed",
    "treatment.referral_given_up",
];
/// Lines after which every attempt of a referral may stand otherwise.
const OF_ALL_ATTEMPTS: [&str; 4] =
    ["treatment.referral_spilled", "treatment.referral_cancelled", "treatment.referral_failed", "treatment.referral_given_up"];
const OF_RETURNS: [&str; 2] = ["treatment.return_told", "treatment.return_corrected"];
const OF_ALARMS: [&str; 2] = ["care.alarm_raised", "care.alarm_acknowledged"];

/// The kinds of lines that may be news of a kind of resource.
pub(super) fn lines_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "Flag" => &OF_ALARMS,
        "MeasureReport" => &OF_RETURNS,
        _ => &OF_REFERRALS,
    }
}

/// Whether news of a kind may lie in the journals of other districts: whoever leads a grid reads the returns of all its members.
pub(super) fn is_of_every_district(kind: &str) -> bool {
    kind == "MeasureReport"
}

/// Whether only members of the treatment network may be told of a kind.
pub(super) fn is_of_the_network(kind: &str) -> bool {
    kind != "Flag"
}

/// What of a kind stands behind a line now, as far as the key reaches.
pub(super) async fn behind(
    hooks: &Hooks,
    ctx: &Ctx,
    c: &mut Conn<'_>,
    (kind, line): (&str, &StoredLine),
) -> Result<Vec<(Whole, Of)>, NoticeError> {
    match kind {
        "Flag" => alarm(ctx, c, line).await,
        "MeasureReport" => told(hooks, ctx, c, line).await,
        "Encounter" => encounters(hooks, ctx, c, line).await,
        _ => changed_tasks(hooks, ctx, c, line).await,
    }
}

/// The referral, and the attempt where one is named.
fn referral(line: &StoredLine) -> Option<(ReferralId, Option<i64>)> {
    let attempt = line.facts().get("attempt").and_then(serde_json::Value::as_i64);
    let one = attempt.filter(|_| !OF_ALL_ATTEMPTS.contains(&line.kind.as_str()));
    Some((ReferralId(line.subject_id?), one))
}

async fn changed_tasks(hooks: &Hooks, ctx: &Ctx, c: &mut Conn<'_>, line: &StoredLine) -> Result<Vec<(Whole, Of)>, NoticeError> {
    let Some((id, attempt)) = referral(line) else { return Ok(Vec::new()) };
    let named = attempt.map(|attempt| task_id(InboundKey { referral: id, attempt }));
    let table = hooks.beds.referrals(&PlacePath::root(), ctx.now()).map_err(BedError::from)?;
    let records = match &named {
        Some(named) => tasks::by_id(ctx, c, &hooks.beds, named).await?,
        None => tasks::of_own(ctx, c, &hooks.beds, id).await?.into_iter().collect(),
    };
    let all = records.iter().flat_map(|record| record.tasks(&table.value));
    let mut one: Vec<Whole> = all.filter(|whole| named.as_ref().is_none_or(|named| *named == whole.id())).collect();
    let register = directory(&hooks.network, c).await?;
    one.iter_mut().for_each(|whole| identify(&mut whole.value, &register));
    drop(register);
    // A task tells nothing of the patient.
    Ok(one.into_iter().map(|whole| (whole, Of::Nobody)).collect())
}

async fn encounters(hooks: &Hooks, ctx: &Ctx, c: &mut Conn<'_>, line: &StoredLine) -> Result<Vec<(Whole, Of)>, NoticeError> {
    let Some((id, attempt)) = referral(line) else { return Ok(Vec::new()) };
    let known: Vec<Known> = match attempt {
        Some(attempt) => {
            let one = stays::by_id(ctx, c, &hooks.beds, &task_id(InboundKey { referral: id, attempt })).await?;
            one.into_iter().collect()
        }
        None => stays::of_referral(ctx, c, &hooks.beds, id).await?,
    };
    let register = directory(&hooks.network, c).await?;
    Ok(known.iter().map(|known| (known.encounter(&register), Of::Patient(id))).collect())
}

async fn told(hooks: &Hooks, ctx: &Ctx, c: &mut Conn<'_>, line: &StoredLine) -> Result<Vec<(Whole, Of)>, NoticeError> {
    let facts = line.facts();
    let id = facts.get("return").and_then(serde_json::Value::as_str).and_then(|id| id.parse::<ReturnId>().ok());
    let Some(id) = id else { return Ok(Vec::new()) };
    let told = match one_in_name_of(ctx, c, id).await {
        Ok(told) => told,
        Err(NetworkError::NotFound) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let rules = hooks.network.rules(&PlacePath::root(), ctx.now()).map_err(NetworkError::from)?;
    let register = directory(&hooks.network, c).await?;
    let value = report(&hooks.base, &register, &told, rules.forms().form(&told.form));
    Ok(vec![(Whole { value, changed: told.told_at }, Of::Nobody)])
}

async fn alarm(ctx: &Ctx, c: &mut Conn<'_>, line: &StoredLine) -> Result<Vec<(Whole, Of)>, NoticeError> {
    let facts = line.facts();
    let id = facts.get("alarm").and_then(serde_json::Value::as_str).and_then(|id| id.parse::<AlarmId>().ok());
    let Some(id) = id else { return Ok(Vec::new()) };
    match alarm_of_own(ctx, c, id).await {
        Ok(alarm) if is_about_readings(&alarm) => Ok(vec![(flag(&alarm), Of::Person(alarm.person))]),
        Ok(_) | Err(FollowError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
