//! What the page of a case offers to be done, read from the table.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_webkit::T;
use linli_webkit::view::Choice;

use super::Way;
use crate::model::{CallKind, Case, Event, Need, Standing};
use crate::rules::Rules;

/// What ends the work: what does so now, or else once it is taken. A lamp is finished; what is checked or asked for by the city is answered.
pub(super) fn end_of_work(rules: &Rules, case: &Case, possible: &[Event], standing: Standing) -> Option<Event> {
    let ends = |events: &[Event]| [Event::Answer, Event::Finish].into_iter().find(|end| events.contains(end));
    ends(possible).or_else(|| {
        if !possible.contains(&Event::Take) {
            return None;
        }
        let taken = rules.step(case, case.state, Event::Take, standing).ok()?;
        let owner = match standing {
            Standing::Staff { role, .. } => Standing::Staff { role, owner: true },
            other => other,
        };
        ends(&rules.possible(case, taken.to, owner))
    })
}

/// What the step that ends the work is called.
pub(super) const fn end_key(end: Option<Event>) -> &'static str {
    match end {
        Some(Event::Answer) => "cases-answer",
        Some(_) => "cases-finish",
        None => "",
    }
}

/// The steps that need nothing but words, with their texts.
pub(super) fn ways(t: &T, rules: &Rules, case: &Case, possible: &[Event]) -> Vec<Way> {
    let needs = |event| {
        let mut rows = rules.transitions().rows();
        rows.any(|row| row.state == case.state && row.event == event && row.needs(Need::Reason))
    };
    let way = |event: Event| Way {
        event: event.as_str(),
        to: match crate::commands::action_of(event) {
            Action::Close => "close",
            _ => "move",
        },
        text: t.s(&format!("cases-way-{}", event.as_str().replace('_', "-"))).into_owned(),
        reason: needs(event),
    };
    possible.iter().filter(|event| crate::commands::Onward::of(**event).is_some()).map(|event| way(*event)).collect()
}

/// Whether every row that ends the work asks for evidence of it.
pub(super) fn always_shown(rules: &Rules) -> bool {
    let mut ends = rules.transitions().rows().filter(|row| matches!(row.event, Event::Finish | Event::Answer)).peekable();
    ends.peek().is_some() && ends.all(|row| row.needs(Need::Evidence))
}

/// The kinds of calls that the rules let the actor make about a case.
pub(super) fn call_kinds(t: &T, ctx: &Ctx, rules: &Rules, case: &Case) -> Vec<Choice> {
    let Actor::Staff { role, .. } = &ctx.actor else { return Vec::new() };
    if !case.is_open() || ctx.may(Action::Assign, Resource::Case, case.district, &case.place).is_err() {
        return Vec::new();
    }
    let may = |kind: &&CallKind| rules.units().call(**kind).who.contains(role);
    let named = |kind: &CallKind| Choice::new(kind.as_str(), t.s(&format!("cases-call-kind-{kind}")).into_owned());
    CallKind::ALL.iter().filter(may).map(named).collect()
}
