//! The pages of this room.

pub(crate) mod compare;
pub(crate) mod desk;
pub(crate) mod findings;
pub(crate) mod groups;
pub(crate) mod round;

use std::str::FromStr;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use linli_access::{Actor, Ctx, Denied};
use linli_hall::{Caller, Hall, Told};
use linli_kernel::DistrictId;
use linli_rulebook::Stamp;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, T};

use crate::error::{ExpertError, Wrong};
use crate::model::FindingState;
use crate::office::RoundOffice;
use crate::rules::Rounds;

/// What pages of this room are told of: everything that happens in it. Who reads an opinion changes nothing on a page.
pub(crate) const TOLD: Told = Told { kinds: &["expert."], except: &["expert.opinions_read"] };

impl From<ExpertError> for AppError {
    fn from(error: ExpertError) -> Self {
        match error {
            ExpertError::Denied(refusal) => linli_hall::denied(refusal),
            ExpertError::Db(error) => linli_hall::store_error(error),
            ExpertError::Field { field, problem } => Self::invalid(vec![field_problem(field, problem)]),
            ExpertError::OpenAlready => Self::invalid(vec![FieldProblem::new("matter", "expert-field-open-already")]),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::Required => FieldProblem::new(field, "expert-field-required"),
        Wrong::NotAChoice => FieldProblem::new(field, "expert-field-choice"),
        Wrong::TooLong { max } => FieldProblem::new(field, "expert-field-too-long").arg("max", max),
        Wrong::ControlCharacter => FieldProblem::new(field, "expert-field-control"),
        Wrong::NotADay => FieldProblem::new(field, "expert-field-day"),
        Wrong::TooEarly => FieldProblem::new(field, "expert-field-early"),
        Wrong::GroupAway => FieldProblem::new(field, "expert-field-away"),
    }
}

pub(crate) fn office(hall: &Hall) -> Result<Arc<RoundOffice>, AppError> {
    hall.service::<RoundOffice>()
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
    let key = if stamp.verified { "expert-source" } else { "expert-source-unverified" };
    t.with(key, &[("title", stamp.citation.title_in(t.locale().tag()).into()), ("version", stamp.version.as_str().into())])
}

/// A field that is one of a list of words, or an id.
pub(crate) fn word<W: FromStr>(form: &FormMap, field: &'static str) -> Result<W, ExpertError> {
    let typed = form.typed(field);
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    typed.parse().map_err(|_| ExpertError::field(field, problem))
}

/// The choices of a list of words, `expert-mode-remote` and so on.
pub(crate) fn choices<'w>(t: &T, stem: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<Choice> {
    words.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect()
}

/// A matter in words; its code where the list has it no more.
pub(crate) fn matter(t: &T, rules: &Rounds, id: &str) -> String {
    rules.matter(id).map_or_else(|| id.to_owned(), |matter| matter.text(t.locale().tag()).to_owned())
}

/// The colour of a finding.
pub(crate) const fn tone(state: FindingState, late: bool) -> &'static str {
    match (state, late) {
        (FindingState::Open | FindingState::Answered, true) => "act",
        (FindingState::Open, false) => "soon",
        (FindingState::Answered, false) => "info",
        (FindingState::PutRight, _) => "well",
        (FindingState::Withdrawn, _) => "",
    }
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
