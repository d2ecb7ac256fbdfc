//! Care in words.

use std::collections::HashMap;

use linli_access::Role;
use linli_cases::{Neighbours, StaffCard};
use linli_db::Conn;
use linli_kernel::{DistrictId, Ts, mask_name};
use linli_webkit::i18n::Clockface;
use linli_webkit::view::Step;
use linli_webkit::{AppError, Locale, T};
use uuid::Uuid;

use super::store;
use crate::model::{Outcome, Purpose, Visit, VisitKind, VisitState, Watched};
use crate::office::CareOffice;
use crate::queries::{self, VisitLine, VisitStep};
use crate::rules::Rules;

/// Whether texts of rules are asked for in English.
pub(super) fn english(t: &T) -> bool {
    t.locale() == Locale::En
}

/// A word of the model in words: `care-state-waiting`.
pub(crate) fn word(t: &T, what: &str, value: &str) -> String {
    t.s(&format!("care-{what}-{}", value.replace('_', "-"))).into_owned()
}

/// The name of a purpose.
pub(super) fn purpose(t: &T, purpose: Purpose) -> String {
    word(t, "purpose", purpose.as_str())
}

/// Quiet hours in words, `22:00–07:00`.
pub(super) fn quiet(t: &T, hours: Option<&[String; 2]>) -> String {
    match hours {
        Some([from, to]) => format!("{from}–{to}"),
        None => t.s("care-quiet-none").into_owned(),
    }
}

/// The quiet hours that count for somebody, in words; empty for who is not watched.
pub(super) fn quiet_of(t: &T, rules: &Rules, watched: Option<&Watched>) -> String {
    let profile = watched.and_then(|watched| rules.profiles().find(&watched.profile).map(|profile| (watched, profile)));
    let hours = |(watched, profile): (&Watched, _)| quiet(t, rules.profiles().hours_of(profile, watched.quiet.as_deref()));
    profile.map(hours).unwrap_or_default()
}

/// Why somebody who agreed is not watched, in words; what was written in words before there were any is shown as it is.
pub(super) fn deaf(t: &T, why: &str) -> String {
    t.opt(&format!("care-deaf-{}", why.replace('_', "-"))).map_or_else(|| why.to_owned(), std::borrow::Cow::into_owned)
}

/// The colour of what a visit came to: green, with its tick, is for those who are well.
pub(super) const fn ended(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Well | Outcome::Away | Outcome::Relieved) => "well",
        Some(Outcome::Unwell | Outcome::Emergency) => "act",
        Some(Outcome::Needs) => "soon",
        Some(Outcome::Withdrawn) | None => "",
    }
}

/// The colour of a visit.
pub(crate) const fn tone(visit: &Visit) -> &'static str {
    match (visit.state, visit.kind) {
        (VisitState::Ended, _) => ended(visit.outcome),
        (VisitState::Nobody, _) => "act",
        (VisitState::Waiting, VisitKind::Alarm | VisitKind::ByHand) => "act",
        (VisitState::Waiting, _) => "soon",
        _ => "info",
    }
}

/// Why somebody is visited: `24 小时未出门` is the rule; here what happened.
pub(super) fn why(t: &T, visit: &Visit) -> String {
    match visit.silence {
        Some(silence) => word(t, "silence", silence.as_str()),
        None => word(t, "kind", visit.kind.as_str()),
    }
}

/// A name as the asker may see it.
pub(super) fn name(office: &CareOffice, line: &VisitLine) -> String {
    let name = office.open(&line.person.name_sealed);
    if line.named { name } else { mask_name(&name) }
}

/// Who somebody is: role and name.
pub(crate) fn staff(t: &T, card: &StaffCard) -> String {
    format!("{} {}", t.s(&format!("role-{}", card.role)), card.name)
}

/// Looks up people once per page.
pub(crate) struct People<'n> {
    neighbours: &'n dyn Neighbours,
    district: DistrictId,
    known: HashMap<Uuid, Option<StaffCard>>,
}

impl<'n> People<'n> {
    pub(crate) fn of(neighbours: &'n dyn Neighbours, district: DistrictId) -> Self {
        Self { neighbours, district, known: HashMap::new() }
    }

    pub(crate) async fn card(&mut self, c: &mut Conn<'_>, appointment: Uuid) -> Result<Option<StaffCard>, AppError> {
        if let Some(known) = self.known.get(&appointment) {
            return Ok(known.clone());
        }
        let found = self.neighbours.staff(c, self.district, appointment).await.map_err(store)?;
        self.known.insert(appointment, found.clone());
        Ok(found)
    }

    /// Who an actor of the journal is, in words; empty for the program itself.
    pub(super) async fn actor(&mut self, c: &mut Conn<'_>, t: &T, actor: &str) -> Result<String, AppError> {
        if actor == "person" {
            return Ok(t.s("care-who-person").into_owned());
        }
        let Some(id) = actor.strip_prefix("appointment:").and_then(|id| id.parse().ok()) else { return Ok(String::new()) };
        Ok(self.card(c, id).await?.map(|card| staff(t, &card)).unwrap_or_default())
    }
}

/// A visit as a row of a list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) number: String,
    pub(super) name: String,
    pub(super) place: String,
    pub(super) why: String,
    /// How long silent, in words; empty when it is not about a silence.
    pub(super) silent: String,
    /// Who is going.
    pub(super) who: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
    pub(super) since: String,
    /// The clock that runs until the next is told.
    pub(super) clock: Option<Clockface>,
    pub(super) can_take: bool,
    /// Whom to ring up now beside the person: who it is, and the number.
    pub(super) ring: Option<(String, String)>,
    /// How often the same post was reminded, in words; empty for a visit that is told for the first time.
    pub(super) reminded: String,
}

/// A visit as a row.
pub(super) async fn row(
    c: &mut Conn<'_>,
    t: &T,
    (neighbours, people): (&dyn Neighbours, &mut People<'_>),
    office: &CareOffice,
    line: &VisitLine,
    now: Ts,
    me: Option<Uuid>,
) -> Result<Row, AppError> {
    let visit = &line.visit;
    let who = match &visit.owner {
        Some(owner) => people.card(c, owner.appointment).await?.map(|card| staff(t, &card)).unwrap_or_default(),
        None => String::new(),
    };
    let mine = visit.owner.as_ref().is_some_and(|owner| Some(owner.person) == me);
    let ring = queries::contact_to_ring(c, office, line, now).await?;
    Ok(Row {
        href: format!("/care/visits/{}", visit.id),
        id: visit.id.to_string(),
        number: visit.number.clone(),
        name: name(office, line),
        place: neighbours.place_name(c, visit.district, &visit.place).await.map_err(store)?,
        why: why(t, visit),
        silent: visit
            .silent_since
            .map(|since| t.v("care-silent-for", "span", t.duration(now.secs_since(since))))
            .unwrap_or_default(),
        who,
        tone: tone(visit),
        word: word(t, "state", visit.state.as_str()),
        since: t.when(visit.state_since, now),
        clock: visit.wake_at.filter(|_| visit.is_open()).map(|at| t.clock(at, now)),
        can_take: line.named && visit.is_open() && (visit.state == VisitState::Waiting || !mine),
        ring: ring.map(|one| (format!("{}（{}）", office.open(&one.name_sealed), one.relation), office.open(&one.phone_sealed))),
        reminded: if visit.is_open() && visit.reminded > 0 { t.n("care-reminded", visit.reminded) } else { String::new() },
    })
}

/// The steps of a visit as a timeline.
pub(super) async fn timeline(
    c: &mut Conn<'_>,
    t: &T,
    people: &mut People<'_>,
    steps: Vec<VisitStep>,
) -> Result<Vec<Step>, AppError> {
    let mut timeline = Vec::with_capacity(steps.len());
    for step in steps {
        let text = match step.kind.as_str() {
            "care.visit_done" => match step.facts.get("outcome").and_then(serde_json::Value::as_str) {
                Some(outcome) => t.v("care-step-done", "outcome", word(t, "outcome", outcome)),
                None => t.s("care-step-ended").into_owned(),
            },
            // Who was told stands there by name: whoever waits knows whom to ask.
            "care.visit_handed_up" => {
                let told = step.facts.get("told").and_then(serde_json::Value::as_str).and_then(|id| id.parse().ok());
                let card = match told {
                    Some(appointment) => people.card(c, appointment).await?,
                    None => None,
                };
                // The rung of the contact is told to the same people as the one before it: what is new is that they ring the contact up.
                let contact = step.facts.get("contact").and_then(serde_json::Value::as_bool) == Some(true);
                match (card, contact) {
                    (Some(card), true) => t.v("care-step-handed-up-contact", "who", staff(t, &card)),
                    (Some(card), false) => t.v("care-step-handed-up-to", "who", staff(t, &card)),
                    (None, true) => t.s("care-step-handed-up-contact-nobody").into_owned(),
                    (None, false) => t.s("care-step-handed-up").into_owned(),
                }
            }
            kind => t.s(&format!("care-step-{}", kind.trim_start_matches("care.visit_").replace('_', "-"))).into_owned(),
        };
        // What a phone kept until there was a signal stands at the time at which it was done, and says when it came.
        let done = step.facts.get("done_at").and_then(serde_json::Value::as_i64).map(Ts);
        let text = match done {
            Some(_) => t.with("care-step-later", &[("step", text.into()), ("when", t.time(step.at).into())]),
            None => text,
        };
        timeline.push(Step {
            at: done.unwrap_or(step.at),
            text,
            who: people.actor(c, t, &step.actor).await?,
            note: step.words.unwrap_or_default(),
            photos: Vec::new(),
            state: match step.kind.as_str() {
                "care.visit_done" => ended(said_outcome(&step.facts)),
                "care.visit_relieved" => "well",
                "care.visit_no_answer" | "care.visit_police_told" | "care.visit_fire_told" => "act",
                "care.visit_handed_up" => "soon",
                _ => "",
            },
        });
    }
    Ok(timeline)
}

/// What a line says that a visit came to.
fn said_outcome(facts: &serde_json::Value) -> Option<Outcome> {
    facts.get("outcome")?.as_str()?.parse().ok()
}

/// The posts of the ladder in the order in which they are told, in words.
pub(super) fn ladder(t: &T, rungs: &[crate::rules::Rung], contact: &str) -> String {
    let names: Vec<String> = rungs
        .iter()
        .map(|rung| match (rung.contact, rung.who.first()) {
            (true, _) => contact.to_owned(),
            (false, Some(Role::CommunityWorker)) => t.s("care-rung-community").into_owned(),
            (false, Some(role)) => t.s(&format!("role-{role}")).into_owned(),
            (false, None) => String::new(),
        })
        .collect();
    names.join(" → ")
}
