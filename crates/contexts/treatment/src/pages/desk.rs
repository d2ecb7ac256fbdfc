//! What the pages of beds and referrals share.

use std::str::FromStr;
use std::sync::Arc;

use linli_access::Ctx;
use linli_hall::Hall;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, T};

use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};

impl From<BedError> for AppError {
    fn from(error: BedError) -> Self {
        match error {
            BedError::Denied(refusal) => linli_hall::denied(refusal),
            BedError::Db(error) => linli_hall::store_error(error),
            BedError::Treatment(error) => error.into(),
            BedError::Follow(error) => (*error).into(),
            BedError::Field { field, problem } => Self::invalid(vec![field_problem(field, problem)]),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}

fn field_problem(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::Required => FieldProblem::new(field, "beds-field-required"),
        Wrong::NotAChoice => FieldProblem::new(field, "field-not-a-choice"),
        Wrong::TooLong { max, found } => FieldProblem::new(field, "field-too-long").arg("max", max).arg("found", found),
        Wrong::ControlCharacter => FieldProblem::new(field, "field-control-character"),
        Wrong::OutOfRange { least, most } => FieldProblem::new(field, "beds-field-between").arg("least", least).arg("most", most),
        Wrong::CannotBecome { becomes } => FieldProblem::new(field, "beds-field-becomes").arg("n", becomes),
        Wrong::MoreThan { most } => FieldProblem::new(field, "beds-field-more-than").arg("n", most),
        Wrong::InTheFuture => FieldProblem::new(field, "beds-field-future"),
        Wrong::NotAUnit => FieldProblem::new(field, "beds-field-unit"),
        Wrong::Itself => FieldProblem::new(field, "beds-field-itself"),
        Wrong::NoConsent => FieldProblem::new(field, "beds-field-consent"),
        Wrong::NotADate => FieldProblem::new(field, "beds-field-no-day"),
        Wrong::NotAnInstant => FieldProblem::new(field, "beds-field-no-instant"),
        Wrong::NotAnIdNumber => FieldProblem::new(field, "beds-field-no-id"),
        Wrong::NotMeeting => FieldProblem::new(field, "beds-field-not-meeting"),
        Wrong::NotLiving => FieldProblem::new(field, "beds-field-not-living"),
    }
}

pub(crate) fn desk(hall: &Hall) -> Result<Arc<BedDesk>, AppError> {
    hall.service::<BedDesk>()
}

/// A field that is one of a list of words, or an id.
pub(crate) fn word<W: FromStr>(form: &FormMap, field: &'static str) -> Result<W, BedError> {
    let typed = form.typed(field);
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    typed.parse().map_err(|_| BedError::Field { field, problem })
}

/// A whole number; nothing typed is none.
pub(crate) fn number(form: &FormMap, field: &'static str) -> Result<Option<i64>, BedError> {
    let typed = form.typed(field).trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let range = Wrong::OutOfRange { least: 0, most: crate::model::beds::COUNT_MAX };
    typed.parse().map(Some).map_err(|_| BedError::Field { field, problem: range })
}

/// The choices of a list of words, `beds-type-icu` and so on.
pub(crate) fn choices<'w>(t: &T, stem: &str, words: impl IntoIterator<Item = &'w str>) -> Vec<Choice> {
    words.into_iter().map(|word| Choice::new(word, t.s(&format!("{stem}-{word}")).into_owned())).collect()
}

/// Hands letters over at once; what cannot be delivered now, the job delivers.
pub(crate) async fn post(hall: &Hall, desk: &BedDesk) {
    let ctx = Ctx::system("treatment.post", hall.clock(), hall.rng());
    if let Err(error) = crate::commands::post::deliver(&ctx, hall.db(), desk).await {
        tracing::warn!(%error, "letters of referrals could not be delivered at once; the job tries again");
    }
}

/// Runs one command in a transaction of its own.
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
