//! The forms about a ticket of the city's hotline: the caller was contacted, the city is asked for more time.

use axum::extract::{Path, State};
use axum::response::Response;
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_webkit::i18n::Clockface;
use linli_webkit::{AppError, FormMap, T};

use super::actions::{begin, ended, run};
use super::units::instant;
use super::work::district;
use crate::commands;
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, ContactOutcome, Ticket};

/// A ticket as the page of its case shows it.
pub(super) struct TicketView {
    pub(super) number: String,
    pub(super) category: String,
    pub(super) limit: String,
    pub(super) clock: Option<Clockface>,
    pub(super) contacted: String,
    /// What is said when the two clocks do not agree.
    pub(super) apart: String,
}

/// The city's clock of a ticket, while ours runs or has not been stopped.
pub(super) fn city_clock(t: &T, case: &Case, ticket: &Ticket, now: Ts) -> Option<Clockface> {
    ticket.city_due_at.filter(|_| case.is_open() && case.finished_at.is_none()).map(|due| t.clock(due, now))
}

pub(super) fn view(t: &T, case: &Case, ticket: &Ticket, now: Ts) -> TicketView {
    let clock = city_clock(t, case, ticket, now);
    let city_over = clock.is_some() && ticket.city_due_at.is_some_and(|due| due < now);
    let key = match (city_over, case.is_overdue(now)) {
        (true, false) => "cases-ticket-city-over",
        (false, true) if clock.is_some() => "cases-ticket-ours-over",
        _ => "",
    };
    TicketView {
        number: ticket.ticket_no.clone(),
        category: ticket.category.clone(),
        limit: ticket.city_due_at.map(|due| t.moment(due)).unwrap_or_default(),
        contacted: match ticket.contacted_at {
            Some(at) => t.moment(at),
            None => t.s("cases-ticket-not-contacted").into_owned(),
        },
        apart: if key.is_empty() { String::new() } else { t.s(key).into_owned() },
        clock,
    }
}

/// `POST /cases/{id}/contacted`: the caller was contacted, now or at a stated time.
pub(crate) async fn contacted(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let id = begin(&mut caller, &id, &form)?;
    let done = async {
        let wrong = || CasesError::Field { field: "outcome", problem: FieldProblem::Required };
        let outcome: ContactOutcome = form.typed("outcome").parse().map_err(|_| wrong())?;
        let typed = form.typed("contact_at");
        let at = if typed.is_empty() { None } else { Some(instant("contact_at", typed)?) };
        let said = (at, outcome, form.typed("contact_words"));
        run!(caller, hall, tx => commands::contacted(&caller.ctx, tx, id, said)).map(|_| ())
    }
    .await;
    ended(&caller, &hall, id, &form, done).await
}

/// `POST /cases/{id}/ask-city`: more time of the city.
pub(crate) async fn ask_city(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let id = begin(&mut caller, &id, &form)?;
    let done = async {
        let until = instant("city_until", form.typed("city_until"))?;
        run!(caller, hall, tx => commands::ask_city(&caller.ctx, tx, id, (until, form.typed("reason")))).map(|_| ())
    }
    .await;
    ended(&caller, &hall, id, &form, done).await
}
