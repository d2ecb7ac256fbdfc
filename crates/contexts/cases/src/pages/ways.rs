//! The forms of the ways beside the straight one: check, file, send, return, more time, hold, another case.

use linli_access::Action;
use linli_kernel::Ts;
use linli_webkit::FormMap;

use super::actions::{case_forms, owner};
use crate::commands::{self, Onward, Which, action_of};
use crate::error::{CasesError, FieldProblem};
use crate::model::Event;

case_forms! {
    /// `POST /cases/{id}/move`: check, file, return, ask for a check, ask the reporter, rework.
    move_on(ctx, tx, office, id, form) => {
        commands::move_on(ctx, tx, office, id, onward(form, Action::Change)?, form.typed("reason")).await?
    };

    /// `POST /cases/{id}/close`: close after the check, or open again what was closed.
    close(ctx, tx, office, id, form) => {
        commands::move_on(ctx, tx, office, id, onward(form, Action::Close)?, form.typed("reason")).await?
    };

    /// `POST /cases/{id}/dispatch`.
    dispatch(ctx, tx, office, id, form) => commands::dispatch(ctx, tx, office, id, owner(form)?).await?;

    /// `POST /cases/{id}/extend`.
    extend(ctx, tx, office, id, form) => {
        commands::extend(ctx, tx, office, id, (form.typed("clock"), form.typed("reason"))).await?
    };

    /// `POST /cases/{id}/suspend`: until the beginning of a day in Beijing.
    suspend(ctx, tx, office, id, form) => {
        commands::suspend(ctx, tx, office, id, (day(form.typed("until"))?, form.typed("reason"))).await?
    };

    /// `POST /cases/{id}/resume`.
    resume(ctx, tx, office, id, _) => commands::resume(ctx, tx, office, id).await?;

    /// `POST /cases/{id}/merge`: it goes on as another case, or its reporter joins another, as the form says.
    merge(ctx, tx, office, id, form) => {
        let other = form.typed("other");
        if form.typed("event") == Event::Join.as_str() {
            commands::join(ctx, tx, office, Which::Id(id), other).await?
        } else {
            commands::merge(ctx, tx, office, id, other).await?
        }
    };
}

/// The event that a form names, if it is one of those that its route is for.
fn onward(form: &FormMap, action: Action) -> Result<Onward, CasesError> {
    let named = form.typed("event").parse::<Event>().ok().and_then(Onward::of);
    let fits = named.filter(|onward| action_of(onward.event()) == action);
    fits.ok_or(CasesError::Field { field: "event", problem: FieldProblem::Required })
}

/// The beginning of a day; `None` when none was named.
fn day(typed: &str) -> Result<Option<Ts>, CasesError> {
    if typed.is_empty() {
        return Ok(None);
    }
    let wrong = || CasesError::Field { field: "until", problem: FieldProblem::NotWithinAYear };
    let date: jiff::civil::Date = typed.parse().map_err(|_| wrong())?;
    Ts::from_local(date.at(0, 0, 0, 0)).map(Some).ok_or_else(wrong)
}
