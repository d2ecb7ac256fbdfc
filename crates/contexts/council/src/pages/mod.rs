//! The pages of this room.

pub(crate) mod acts;
pub(crate) mod calendar;
pub(crate) mod desk;
pub(crate) mod file;
pub(crate) mod months;
pub(crate) mod proposals;
pub(crate) mod public;
pub(crate) mod wording;

use std::str::FromStr;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Actor, Ctx, Denied};
use linli_hall::{Caller, Hall, Told};
use linli_kernel::{DistrictId, Ts};
use linli_rulebook::Stamp;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, T};

use crate::error::{CouncilError, Wrong};
use crate::model::State;
use crate::office::CouncilOffice;

/// What pages of this room are told of: everything that happens in it. Who looks at a telephone changes nothing on a page.
pub(crate) const TOLD: Told = Told { kinds: &["council."], except: &["council.contact_seen"] };

impl From<CouncilError> for AppError {
    fn from(error: CouncilError) -> Self {
        match error {
            CouncilError::Denied(refusal) => linli_hall::denied(refusal),
            CouncilError::Db(error) => linli_hall::store_error(error),
            // What another room finds wrong is wrong in the field of the same name.
            CouncilError::Board(error) => Self::from(*error),
            CouncilError::Cases(error) => Self::from(*error),
            CouncilError::Field { field, problem } => Self::invalid(vec![field_problem(field, problem)]),
            CouncilError::TooSoon { earliest, with_reason } => Self::invalid(vec![too_soon(earliest, with_reason)]),
            CouncilError::NoAgenda => Self::invalid(vec![FieldProblem::new("agenda", "council-field-no-agenda")]),
            CouncilError::Missing(party) => {
                Self::invalid(vec![FieldProblem::new("came", &format!("council-field-missing-{party}"))])
            }
            CouncilError::Unanswered(n) => {
                Self::invalid(vec![FieldProblem::new("opinions", "council-field-unanswered").arg("n", n)])
            }
            CouncilError::NoMinutes => Self::invalid(vec![FieldProblem::new("body", "council-field-no-minutes")]),
            CouncilError::Unconfirmed(party) => {
                Self::invalid(vec![FieldProblem::new("confirm", &format!("council-field-unconfirmed-{party}"))])
            }
            CouncilError::ForOwners => Self::invalid(vec![FieldProblem::new("outcome", "council-field-for-owners")]),
            CouncilError::ForResidents => Self::invalid(vec![FieldProblem::new("outcome", "council-field-for-residents")]),
            CouncilError::Sums => Self::invalid(vec![FieldProblem::new("present", "council-field-sums")]),
            CouncilError::Twice => Self::invalid(vec![FieldProblem::new("agenda", "council-field-twice")]),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

/// When a meeting may begin, as a day and a time that are the same in every language.
fn too_soon(earliest: Ts, with_reason: bool) -> FieldProblem {
    let key = if with_reason { "council-field-too-soon-reason" } else { "council-field-too-soon" };
    let field = if with_reason { "because" } else { "day" };
    FieldProblem::new(field, key).arg("at", earliest.local().strftime("%Y-%m-%d %H:%M").to_string())
}

fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::Required => FieldProblem::new(field, "council-field-required"),
        Wrong::NotAChoice => FieldProblem::new(field, "council-field-choice"),
        Wrong::TooLong { max } => FieldProblem::new(field, "council-field-too-long").arg("max", max),
        Wrong::ControlCharacter => FieldProblem::new(field, "council-field-control"),
        Wrong::NotATime => FieldProblem::new(field, "council-field-time"),
        Wrong::TooEarly => FieldProblem::new(field, "council-field-early"),
        Wrong::TooLate => FieldProblem::new(field, "council-field-late"),
        Wrong::NotANumber => FieldProblem::new(field, "council-field-number"),
        Wrong::NoHome => FieldProblem::new(field, "council-field-home"),
    }
}

pub(crate) fn office(hall: &Hall) -> Result<Arc<CouncilOffice>, AppError> {
    hall.service::<CouncilOffice>()
}

/// The district in which the actor acts.
pub(crate) fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(linli_hall::denied(Denied::Forbidden)),
        Actor::Visitor | Actor::Resident { .. } => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// Takes the key of the form, where no header brought one.
pub(crate) fn take_key(caller: &mut Caller, form: &FormMap) {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
}

/// A page that no cache keeps.
pub(crate) fn private(page: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-store")], page).into_response()
}

/// The rule behind something, as a line: its title, its version, and that nobody has checked it where that is so.
pub(crate) fn source(t: &T, stamp: &Stamp) -> String {
    let key = if stamp.verified { "council-source" } else { "council-source-unverified" };
    t.with(key, &[("title", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}

/// A field that is one of a list of words, or an id.
pub(crate) fn word<W: FromStr>(form: &FormMap, field: &'static str) -> Result<W, CouncilError> {
    let typed = form.typed(field);
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    typed.parse().map_err(|_| CouncilError::field(field, problem))
}

/// A whole number of a field.
pub(crate) fn number(form: &FormMap, field: &'static str) -> Result<i64, CouncilError> {
    let typed = form.typed(field).trim();
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotANumber };
    typed.parse().map_err(|_| CouncilError::field(field, problem))
}

/// A day and a time of the calendar, from two fields.
pub(crate) fn moment(form: &FormMap, day: &'static str, time: &'static str) -> Result<Ts, CouncilError> {
    let date: jiff::civil::Date = word(form, day).map_err(|_| CouncilError::field(day, Wrong::NotATime))?;
    let (hour, minute) = form.typed(time).trim().split_once(':').unwrap_or_default();
    let wrong = || CouncilError::field(time, Wrong::NotATime);
    let hour: i8 = hour.parse().map_err(|_| wrong())?;
    let minute: i8 = minute.parse().map_err(|_| wrong())?;
    let time = jiff::civil::Time::new(hour, minute, 0, 0).map_err(|_| wrong())?;
    Ts::from_local(date.to_datetime(time)).ok_or_else(wrong)
}

/// The choices of a list of words, `council-kind-joint` and so on.
pub(crate) fn choices<'w>(t: &T, stem: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<Choice> {
    words.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect()
}

/// A word of the model in words: `council-party-property`.
pub(crate) fn said(t: &T, stem: &str, word: impl std::fmt::Display) -> String {
    t.s(&format!("{stem}-{word}")).into_owned()
}

/// The colour of a meeting.
pub(crate) const fn tone(state: State) -> &'static str {
    match state {
        State::Draft => "",
        State::Called => "info",
        State::Held | State::Approved => "soon",
        State::Published => "well",
        State::Cancelled => "act",
    }
}

/// `11月28日 周六 19:00—21:00`: the day, its name in the week, the hours.
pub(crate) fn hours(t: &T, starts: Ts, ends: Ts) -> String {
    let weekday = said(t, "council-weekday", starts.local().weekday().to_monday_one_offset());
    t.with(
        "council-hours",
        &[
            ("date", t.date(starts).into()),
            ("weekday", weekday.into()),
            ("from", t.time(starts).into()),
            ("to", t.time(ends).into()),
        ],
    )
}

/// Runs one command in a transaction of the actor's district.
macro_rules! run {
    ($caller:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin($crate::pages::district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, linli_webkit::AppError>(done)
        }
        .await
    };
}
pub(crate) use run;
