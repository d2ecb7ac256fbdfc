//! The forms about a ticket of the city's hotline: the caller was contacted, the city is asked for more time.

use linli_kernel::Ts;
use linli_webkit::T;
use linli_webkit::i18n::Clockface;

use super::actions::case_forms;
use super::units::instant;
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

case_forms! {
    /// `POST /cases/{id}/contacted`: the caller was contacted, now or at a stated time.
    contacted(ctx, tx, _, id, form) => {
        let wrong = |_| CasesError::Field { field: "outcome", problem: FieldProblem::Required };
        let outcome: ContactOutcome = form.typed("outcome").parse().map_err(wrong)?;
        let typed = form.typed("contact_at");
        let at = if typed.is_empty() { None } else { Some(instant("contact_at", typed)?) };
        commands::contacted(ctx, tx, id, (at, outcome, form.typed("contact_words"))).await?
    };

    /// `POST /cases/{id}/ask-city`: more time of the city.
    ask_city(ctx, tx, _, id, form) => {
        let until = instant("city_until", form.typed("city_until"))?;
        commands::ask_city(ctx, tx, id, (until, form.typed("reason"))).await?
    };
}
