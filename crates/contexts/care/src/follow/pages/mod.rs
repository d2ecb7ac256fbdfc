//! The pages of key groups and readings. They hold no rule.

pub(crate) mod antivirals;
pub(crate) mod calls;
pub(crate) mod factors;
pub(crate) mod figures;
pub(crate) mod medicines;
pub(crate) mod oximeters;
pub(crate) mod oxygen;
pub(crate) mod person;
mod scores;
mod spark;
mod visits;

use std::sync::Arc;

use linli_access::{Actor, Ctx, Denied};
use linli_cases::Neighbours;
use linli_db::Tx;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_rulebook::Stamp;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, T};

use super::desk::Desk;
use super::error::{FollowError, Wrong};
use super::model::{Colour, Level, Vitals};
use super::rules::{Impossible, Slip};
use crate::consent::ReadingsConsent;
use crate::model::CarePersonId;

impl From<FollowError> for AppError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Denied(refusal) => linli_hall::denied(refusal),
            FollowError::Db(error) => linli_hall::store_error(error),
            FollowError::Field { field, problem } => Self::invalid(vec![field_problem(field, problem)]),
            FollowError::Impossible(impossible) => Self::invalid(vec![slip_problem(impossible)]),
            FollowError::Care(error) => (*error).into(),
            FollowError::People(error) => error.into(),
            FollowError::Cases(error) => error.into(),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::Required => FieldProblem::new(field, "follow-field-required"),
        Wrong::NotAChoice => FieldProblem::new(field, "field-not-a-choice"),
        Wrong::TooLong { max, found } => FieldProblem::new(field, "field-too-long").arg("max", max).arg("found", found),
        Wrong::ControlCharacter => FieldProblem::new(field, "field-control-character"),
        Wrong::OutOfRange { least, most } => {
            FieldProblem::new(field, "follow-field-between").arg("least", least).arg("most", most)
        }
        Wrong::NotADate => FieldProblem::new(field, "follow-field-date"),
        Wrong::InFuture => FieldProblem::new(field, "follow-field-in-future"),
        Wrong::NotLately => FieldProblem::new(field, "follow-field-not-lately"),
        Wrong::NotAnInstitution => FieldProblem::new(field, "follow-field-institution"),
        Wrong::NotQuarters => FieldProblem::new(field, "follow-field-quarters"),
        Wrong::NotOffered => FieldProblem::new(field, "follow-field-not-offered"),
        Wrong::BeforeToday => FieldProblem::new(field, "follow-field-before-today"),
        Wrong::MoreThanLeft { left } => FieldProblem::new(field, "follow-field-more-than-left").arg("left", left),
        Wrong::OtherDate => FieldProblem::new(field, "follow-field-other-date"),
        Wrong::NotSeen => FieldProblem::new(field, "follow-field-not-seen"),
        Wrong::NotInStock => FieldProblem::new(field, "follow-field-not-in-stock"),
    }
}

fn slip_problem(impossible: Impossible) -> FieldProblem {
    let Impossible { field, slip, least, most } = impossible;
    let in_unit = |value: i64| if field == "temperature" { tenths(value) } else { value.to_string() };
    let key = match slip {
        Slip::Nothing => "follow-slip-nothing".to_owned(),
        slip => format!("follow-slip-{}", slip.as_str()),
    };
    FieldProblem::new(field, &key).arg("least", in_unit(least)).arg("most", in_unit(most))
}

/// 367 as `36.7`.
pub(crate) fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

pub(crate) fn desk(hall: &Hall) -> Result<Arc<Desk>, AppError> {
    hall.service::<Desk>()
}

pub(crate) fn neighbours(hall: &Hall) -> Result<Arc<dyn Neighbours>, AppError> {
    hall.service::<dyn Neighbours>()
}

/// The district in which the actor acts.
pub(crate) fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(linli_hall::denied(Denied::Forbidden)),
        Actor::Visitor | Actor::Resident { .. } => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// The consent under which readings of somebody are taken, that counts now.
pub(crate) async fn agreed(caller: &Caller, tx: &mut Tx, id: CarePersonId) -> Result<ReadingsConsent, FollowError> {
    let here = tx.district();
    let agreed = crate::consent::in_force(&mut tx.conn()?, here, id, caller.ctx.now()).await?;
    agreed.readings.ok_or(FollowError::NoConsent)
}

/// A local date and time as a form sends it, `2026-11-24T09:30`.
pub(crate) fn instant(field: &'static str, typed: &str) -> Result<Ts, FollowError> {
    let at = typed.trim().parse().ok().and_then(Ts::from_local);
    at.ok_or(FollowError::Field { field, problem: Wrong::NotADate })
}

/// The choices of a list of words, `follow-mind-alert` and so on.
pub(crate) fn choices<'w>(t: &T, stem: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<Choice> {
    words.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect()
}

/// The state in which a colour is drawn.
pub(crate) const fn tone(colour: Colour) -> &'static str {
    match colour {
        Colour::Red => "act",
        Colour::Yellow => "soon",
        Colour::Green => "well",
    }
}

/// The state in which an alarm is drawn.
pub(crate) const fn level_tone(level: Level) -> &'static str {
    match level {
        Level::Emergency | Level::Refer => "act",
        Level::Look => "soon",
    }
}

/// The rule behind something, as a line: its title, its version, and that nobody has checked it where that is so.
pub(crate) fn source(t: &T, stamp: &Stamp) -> String {
    let key = if stamp.verified { "follow-source" } else { "follow-source-unverified" };
    t.with(key, &[("title", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}

/// What was told, in one line: `血氧 92%，脉搏 88 次/分`.
pub(crate) fn in_words(t: &T, vitals: &Vitals) -> String {
    let mut parts = Vec::new();
    let mut say = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            parts.push(t.v(key, "value", value));
        }
    };
    say("follow-told-spo2", vitals.spo2.map(|v| v.to_string()));
    say("follow-told-spo2-walk", vitals.spo2_walk.map(|v| v.to_string()));
    say("follow-told-temperature", vitals.temperature.map(tenths));
    say("follow-told-pulse", vitals.pulse.map(|v| v.to_string()));
    say("follow-told-breaths", vitals.breaths.map(|v| v.to_string()));
    let pressure = match (vitals.systolic, vitals.diastolic) {
        (None, None) => None,
        (upper, lower) => {
            let number = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string());
            Some(format!("{}/{}", number(upper), number(lower)))
        }
    };
    say("follow-told-pressure", pressure);
    if let Some(mind) = vitals.mind {
        parts.push(t.s(&format!("follow-mind-{mind}")).into_owned());
    }
    if vitals.on_oxygen {
        parts.push(t.s("follow-told-oxygen").into_owned());
    }
    if vitals.breathless {
        parts.push(t.s("follow-told-breathless").into_owned());
    }
    parts.join(&t.s("follow-comma"))
}

/// The name of a medicine in the list that counts; its code where the list does not have it any more.
pub(crate) fn medicine_name(t: &T, rules: &super::rules::Rules, code: &str) -> String {
    medicines::name(t, rules.antivirals(), code)
}

/// Runs one command in a transaction of its own.
macro_rules! run {
    ($caller:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin($crate::follow::pages::district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, linli_webkit::AppError>(done)
        }
        .await
    };
}
pub(crate) use run;
