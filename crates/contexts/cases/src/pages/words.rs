//! Cases in words: states, clocks, steps, people.

mod explained;

use std::collections::HashMap;

use linli_access::{Channel, Role};
use linli_db::Conn;
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use linli_webkit::i18n::Clockface;
use linli_webkit::view::{Step, Thumb};
use linli_webkit::{AppError, Locale, T};
use serde_json::Value;
use uuid::Uuid;

use super::classing::matter_words;
use super::store;
use crate::commands::{HEARD_FROM, TICKET_CLASS};
use crate::model::{Case, CasePhoto, CaseState, ClockRuns, PhotoKind};
use crate::neighbours::{Neighbours, StaffCard};
use crate::queries::{TimelineEntry, WorkDone, message_class, unit_name};
use crate::rules::{CityKind, Governing, OTHER, Rules};

pub(crate) use explained::{handled_under, profile_words, term, way, why};

/// Whether names of classes are asked for in English.
pub(crate) fn english(t: &T) -> bool {
    t.locale() == Locale::En
}

/// The name of a class; its code when the rules do not know it any more.
pub(crate) fn class_name(rules: &Rules, t: &T, code: &str) -> String {
    rules.classes().find(code).map_or(code, |class| class.name(english(t))).to_owned()
}

/// What a case is called in a list, and what stands under it: its class and then its words; one that is of no class in particular, or a
/// ticket of the hotline, is called by its words.
pub(crate) fn headline(rules: &Rules, t: &T, case: &Case) -> (String, String) {
    let class = class_name(rules, t, &case.class);
    if [OTHER, TICKET_CLASS].contains(&case.class.as_str()) { (case.title.clone(), class) } else { (class, case.title.clone()) }
}

/// Letters of what is said of a danger in lists.
const SAID_MAX: usize = 80;
/// The class of reports of what is no report of any class in particular but may be danger to life.
const DANGER: &str = "danger";

/// What a case is about without a word of whoever reported it, for a wall that everybody passes: its class. A ticket of the hotline says by that
/// only where it comes from; beside it stands what its words mean here, or what the city calls it.
pub(crate) fn kind(rules: &Rules, t: &T, case: &Case, category: Option<&str>) -> String {
    let class = class_name(rules, t, &case.class);
    if case.class != TICKET_CLASS {
        return class;
    }
    let classes = rules.classes();
    let told = Some(case.description.as_str()).filter(|_| !case.emergency).or_else(|| classes.danger_said(&case.description));
    let meant = told.and_then(|told| classes.suggest(told)).map(|class| class.name(english(t)).to_owned());
    let danger = || case.emergency.then(|| class_name(rules, t, DANGER));
    let called = || category.filter(|category| !category.is_empty()).map(str::to_owned);
    meant.or_else(danger).or_else(called).map_or_else(|| class.clone(), |meant| format!("{class} · {meant}"))
}

/// What is said of a danger to life: the sentence in which it stands, cut for lists; the title where it was heard of later.
pub(crate) fn danger_said(rules: &Rules, case: &Case) -> String {
    let Some(said) = rules.classes().danger_said(&case.description) else { return case.title.clone() };
    let cut: String = said.chars().take(SAID_MAX).collect();
    if cut.len() < said.len() { cut + "…" } else { cut }
}

/// The text of the button that calls 110, 119 or 120.
pub(crate) fn call_key(number: &str) -> &'static str {
    match number {
        "110" => "cases-call-110",
        "119" => "cases-call-119",
        _ => "cases-call-120",
    }
}

/// A state as a word.
pub(crate) fn state_word(t: &T, state: CaseState) -> String {
    t.s(&format!("cases-state-{state}")).into_owned()
}

/// A state as those say it who work on cases: it is not they who are asked whether it is mended.
pub(crate) fn desk_state_word(t: &T, state: CaseState) -> String {
    match state {
        CaseState::AwaitingConfirmation => t.s("cases-desk-awaiting").into_owned(),
        _ => state_word(t, state),
    }
}

/// The colour of a state.
pub(crate) const fn state_tone(state: CaseState) -> &'static str {
    match state {
        CaseState::Closed => "well",
        CaseState::Reopened | CaseState::Returned | CaseState::Reworked => "act",
        CaseState::AwaitingConfirmation | CaseState::Handling | CaseState::Extended => "info",
        _ => "",
    }
}

/// The clock of a case, when it runs.
pub(crate) fn clock(t: &T, case: &Case, now: Ts) -> Option<Clockface> {
    (case.clock == ClockRuns::Running).then_some(case.due_at).flatten().map(|due| t.clock(due, now))
}

/// Who somebody is, in words: role and name.
pub(crate) fn staff_words(t: &T, card: &StaffCard) -> String {
    format!("{} {}", t.s(&format!("role-{}", card.role)), card.name)
}

/// The text for a way by which cases come.
pub(crate) const fn channel_key(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "cases-told-phone",
        Channel::Doorstep => "cases-told-doorstep",
        Channel::Paper => "cases-told-paper",
        Channel::Api | Channel::Device | Channel::System => "cases-channel-api",
        Channel::Web => "cases-channel-web",
    }
}

/// By which way a case came, in words.
pub(crate) fn channel_word(t: &T, channel: &str) -> String {
    let known = CHANNELS.into_iter().find(|known| known.as_str() == channel);
    known.map_or_else(|| channel.to_owned(), |known| t.s(channel_key(known)).into_owned())
}

const CHANNELS: [Channel; 7] =
    [Channel::Web, Channel::Phone, Channel::Doorstep, Channel::Paper, Channel::Api, Channel::Device, Channel::System];

/// Roles, one after the other.
pub(crate) fn roles(t: &T, roles: &[Role]) -> String {
    let named: Vec<_> = roles.iter().map(|role| t.s(&format!("role-{role}"))).collect();
    named.join(if english(t) { ", " } else { "、" })
}

/// Why somebody has a case, one sentence a line: when such a report is taken up, who is asked to take it and on what that rests.
pub(crate) fn why_owner(t: &T, rules: &Rules, governing: &Governing) -> Vec<String> {
    let key = if governing.basis_verified { "cases-why-source" } else { "cases-why-source-unverified" };
    vec![
        t.v("cases-classes-conditions", "text", governing.conditions.text(english(t))),
        t.v("cases-why-owner-roles", "roles", roles(t, &governing.owners)),
        t.v(key, "source", &governing.legal_basis),
        t.v("cases-why-version", "version", rules.classes_stamp().version.as_str()),
    ]
}

/// Looks up people once per page.
pub(crate) struct People<'n> {
    neighbours: &'n dyn Neighbours,
    district: DistrictId,
    known: HashMap<Uuid, Option<StaffCard>>,
    units: HashMap<Uuid, String>,
    /// The rules by which codes of classes are told in words.
    rules: Option<&'n Rules>,
}

impl<'n> People<'n> {
    pub(crate) fn of(neighbours: &'n dyn Neighbours, district: DistrictId) -> Self {
        Self { neighbours, district, known: HashMap::new(), units: HashMap::new(), rules: None }
    }

    /// The same with the rules by which codes of classes are told in words.
    pub(crate) fn with(mut self, rules: &'n Rules) -> Self {
        self.rules = Some(rules);
        self
    }

    /// What a case was classed as before and what it is now, as far as that differs: 「路面破损 → 积水；… → …」.
    async fn corrected(&mut self, c: &mut Conn<'_>, t: &T, entry: &TimelineEntry) -> Result<Vec<String>, AppError> {
        let fact = |name: &str| entry.facts.get(name).and_then(Value::as_str).map(str::to_owned);
        let none = || t.s("cases-class-none").into_owned();
        let mut lines = Vec::new();
        for (before, now) in [("class_before", "class"), ("message_before", "message"), ("matter_before", "matter")] {
            if fact(before) == fact(now) {
                continue;
            }
            let mut named = Vec::with_capacity(2);
            for code in [fact(before), fact(now)] {
                named.push(match (code, now) {
                    (None, _) => none(),
                    (Some(code), "class") => self.rules.map_or(code.clone(), |rules| class_name(rules, t, &code)),
                    (Some(id), "message") => match id.parse() {
                        Ok(id) => message_class(c, self.district, id).await?.map_or_else(none, |class| class.path.to_string()),
                        Err(_) => none(),
                    },
                    (Some(code), _) => {
                        let known = self.rules.and_then(|rules| rules.city().find(CityKind::Matter, &code).map(matter_words));
                        known.unwrap_or(code)
                    }
                });
            }
            lines.push(named.join(" → "));
        }
        Ok(lines)
    }

    /// Who holds an appointment.
    pub(crate) async fn card(&mut self, c: &mut Conn<'_>, appointment: Uuid) -> Result<Option<StaffCard>, AppError> {
        if let Some(known) = self.known.get(&appointment) {
            return Ok(known.clone());
        }
        let found = self.neighbours.staff(c, self.district, appointment).await.map_err(store)?;
        self.known.insert(appointment, found.clone());
        Ok(found)
    }

    /// What an organisation is called.
    pub(crate) async fn unit(&mut self, c: &mut Conn<'_>, id: Uuid) -> Result<String, AppError> {
        if let Some(known) = self.units.get(&id) {
            return Ok(known.clone());
        }
        let found = unit_name(c, self.district, OrganisationId(id)).await?.unwrap_or_default();
        self.units.insert(id, found.clone());
        Ok(found)
    }

    /// The actor of a journal line in words; empty for the program itself.
    async fn actor(&mut self, c: &mut Conn<'_>, t: &T, entry: &TimelineEntry) -> Result<String, AppError> {
        if let Some(id) = entry.actor.strip_prefix("appointment:").and_then(|id| id.parse::<Uuid>().ok())
            && let Some(card) = self.card(c, id).await?
        {
            return Ok(staff_words(t, &card));
        }
        if let Some(id) = entry.actor.strip_prefix("unit:").and_then(|id| id.parse::<Uuid>().ok()) {
            return self.unit(c, id).await;
        }
        Ok(match entry.facts.get("by").and_then(Value::as_str) {
            _ if entry.actor == "reporter" || entry.actor == "visitor" || entry.actor.starts_with("resident:") => {
                t.s("cases-who-reporter").into_owned()
            }
            Some(role) if role != "system" && role != "reporter" => {
                t.opt(&format!("role-{role}")).map(Into::into).unwrap_or_default()
            }
            _ => String::new(),
        })
    }
}

/// Where the photos of a case are found: `/cases/{id}` or `/r/{token}`.
pub(crate) fn thumbs(t: &T, base: &str, photos: &[CasePhoto], positions: Option<&[i64]>) -> Vec<Thumb> {
    photos
        .iter()
        .filter(|photo| positions.is_none_or(|wanted| wanted.contains(&photo.position)))
        .map(|photo| Thumb {
            href: format!("{base}/photo/{}", photo.position),
            src: format!("{base}/thumb/{}", photo.position),
            alt: t
                .s(match photo.kind {
                    PhotoKind::Report => "cases-photo-report",
                    PhotoKind::Evidence => "cases-photo-evidence",
                })
                .into_owned(),
        })
        .collect()
}

/// The timeline in words, newest first.
pub(crate) async fn steps(
    c: &mut Conn<'_>,
    t: &T,
    people: &mut People<'_>,
    (entries, photos, base): (&[TimelineEntry], &[CasePhoto], &str),
) -> Result<Vec<Step>, AppError> {
    let mut steps = Vec::with_capacity(entries.len());
    for entry in entries.iter().rev() {
        let who = people.actor(c, t, entry).await?;
        let note = match (&entry.result, &entry.words, entry.erased) {
            (Some(result), ..) => result_words(t, result),
            (None, Some(words), _) => words.clone(),
            (None, None, true) => t.s("cases-words-erased").into_owned(),
            (None, None, false) => String::new(),
        };
        let positions = entry.photos();
        let photos = if positions.is_empty() { Vec::new() } else { thumbs(t, base, photos, Some(&positions)) };
        let text = step_text(c, t, people, entry).await?;
        steps.push(Step { at: entry.at, text, who, note, photos, state: step_tone(&entry.kind) });
    }
    Ok(steps)
}

/// What was done, and why there is no photo of it, each said to be that.
fn result_words(t: &T, result: &WorkDone) -> String {
    let parts = [("cases-done-words", &result.done), ("cases-no-photo-words", &result.no_photo_because)];
    parts
        .iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(key, words)| t.v(key, "words", words))
        .collect::<Vec<_>>()
        .join("\n")
}

async fn step_text(c: &mut Conn<'_>, t: &T, people: &mut People<'_>, entry: &TimelineEntry) -> Result<String, AppError> {
    let name = entry.kind.strip_prefix("cases.").unwrap_or(&entry.kind);
    let key = format!("cases-step-{}", name.replace('_', "-"));
    let id = |fact: &str| entry.facts.get(fact).and_then(Value::as_str).and_then(|id| id.parse::<Uuid>().ok());
    let owner = id("owner");
    let instant = |fact: &str| entry.facts.get(fact).and_then(Value::as_i64).map(Ts);
    let word = |fact: &str| entry.facts.get(fact).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(match entry.kind.as_str() {
        "cases.assigned" if owner.is_none() && id("unit").is_none() => t.s("cases-step-assigned-nobody").into_owned(),
        "cases.assigned" | "cases.dispatched" => {
            let who = match (owner, id("unit")) {
                (Some(id), _) => people.card(c, id).await?.map(|card| staff_words(t, &card)).unwrap_or_default(),
                (None, Some(unit)) => people.unit(c, unit).await?,
                (None, None) => String::new(),
            };
            // Why it went to somebody else is said where the class that was corrected names him.
            let key = if word("why") == "class_rule" && !who.is_empty() { format!("{key}-class") } else { key };
            t.v(&key, "who", who)
        }
        "cases.contact_said" => {
            let yes = entry.facts.get("contacted").and_then(Value::as_bool) == Some(true);
            t.v(&key, "said", t.s(if yes { "cases-contacted-yes" } else { "cases-contacted-no" }))
        }
        "cases.reopened" if !word(HEARD_FROM).is_empty() => t.v("cases-step-reopened-by-merged", "number", word(HEARD_FROM)),
        "cases.called" | "cases.call_overdue" | "cases.call_escalated" => {
            let unit = match id("unit") {
                Some(unit) => people.unit(c, unit).await?,
                None => String::new(),
            };
            let by = instant("answer_by").map(|by| t.moment(by)).unwrap_or_default();
            let role = t.opt(&format!("role-{}", word("flagged_role"))).map(Into::<String>::into).unwrap_or_default();
            let key = if name == "called" { format!("{key}-{}", word("call_kind")) } else { key };
            t.with(&key, &[("unit", unit.into()), ("by", by.into()), ("role", role.into())])
        }
        "cases.call_answered" => {
            let at = instant("comes_at").map(|at| t.moment(at)).unwrap_or_default();
            t.v(&format!("{key}-{}", word("outcome")), "at", at)
        }
        "cases.ticket_changed" if entry.facts.get("category").is_some() => {
            let named = |name: &str| match word(name) {
                named if named.is_empty() => t.s("cases-category-none").into_owned(),
                named => named,
            };
            let what = [named("category_before"), named("category")].join(" → ");
            t.with("cases-step-ticket-changed-category", &[("ticket", word("ticket").into()), ("what", what.into())])
        }
        "cases.ticket_changed" if entry.facts.get("place").is_some() => {
            t.v("cases-step-ticket-changed-place", "ticket", word("ticket"))
        }
        "cases.ticket_received" | "cases.ticket_changed" => {
            let at = instant("city_due_at").map(|at| t.moment(at)).unwrap_or_default();
            t.with(&key, &[("ticket", word("ticket").into()), ("at", at.into())])
        }
        "cases.contacted" => {
            t.opt(&format!("cases-contact-{}", word("outcome").replace('_', "-"))).map(Into::into).unwrap_or_default()
        }
        "cases.city_time_asked" => t.v(&key, "at", instant("until").map(|at| t.moment(at)).unwrap_or_default()),
        "cases.time_asked" => t.v(&key, "at", instant("would_be").map(|at| t.moment(at)).unwrap_or_default()),
        "cases.deadline_moved" => {
            let at = instant("due_at").map(|due| t.moment(due)).unwrap_or_default();
            let why = t
                .s(match word("why").as_str() {
                    "calendar" => "cases-why-calendar",
                    "extended" => "cases-why-extended",
                    "resumed" => "cases-why-resumed",
                    "class" => "cases-why-class",
                    _ => "cases-why-reopened",
                })
                .into_owned();
            match instant("due_before").map(|before| t.moment(before)) {
                // By less than what a reader is shown.
                Some(before) if before == at => t.with("cases-step-deadline-same", &[("at", at.into()), ("why", why.into())]),
                Some(before) => {
                    t.with("cases-step-deadline-moved-from", &[("before", before.into()), ("at", at.into()), ("why", why.into())])
                }
                None => t.with(&key, &[("at", at.into()), ("why", why.into())]),
            }
        }
        "cases.kept" => match owner {
            Some(id) => {
                let who = people.card(c, id).await?.map(|card| staff_words(t, &card)).unwrap_or_default();
                t.v("cases-step-kept-to", "who", who)
            }
            None => t.s(&key).into_owned(),
        },
        "cases.suspended" => match instant("until") {
            Some(until) => t.v("cases-step-suspended-until", "at", t.moment(until)),
            None => t.s(&key).into_owned(),
        },
        "cases.class_corrected" | "cases.category_followed" => {
            let lines = people.corrected(c, t, entry).await?;
            let what =
                if lines.is_empty() { t.s(&key).into_owned() } else { t.v(&format!("{key}-to"), "what", lines.join("；")) };
            let keeps = owner.is_some() && entry.facts.get("keeps").and_then(Value::as_bool) == Some(true);
            if keeps { t.v("cases-step-class-corrected-keeps", "what", what) } else { what }
        }
        "cases.merged" | "cases.joined" | "cases.absorbed" if entry.facts.get("private").is_some() => {
            t.s(&format!("{key}-private")).into_owned()
        }
        "cases.merged" | "cases.joined" => t.v(&key, "number", word("into")),
        "cases.absorbed" => t.v(&key, "number", word("other")),
        "cases.escalated" | "cases.left_waiting" => {
            let role = t.opt(&format!("role-{}", word("flagged_role"))).map(Into::<String>::into).unwrap_or_default();
            t.v(&key, "role", role)
        }
        "cases.imported" => t.with(&key, &[("system", system(t, word("system")).into()), ("status", word("status").into())]),
        "cases.handed_elsewhere"
        | "cases.sent_elsewhere"
        | "cases.refused_elsewhere"
        | "cases.heard_elsewhere"
        | "cases.ended_elsewhere"
        | "cases.gone_on_elsewhere" => t.with(
            &key,
            &[
                ("system", system(t, word("system")).into()),
                ("status", elsewhere(t, &word("status")).into()),
                ("id", word("id").into()),
            ],
        ),
        _ => t.opt(&key).map_or_else(|| entry.kind.clone(), Into::into),
    })
}

/// What another system is called; those who are not told its address are told that it is one.
fn system(t: &T, named: String) -> String {
    if named.is_empty() {
        return t.s("cases-system-outside").into_owned();
    }
    named.strip_prefix("open311:").map_or_else(|| named.clone(), |address| format!("Open311 {address}"))
}

/// How a case stands in another system: Open311 has two words for it, others have their own.
fn elsewhere(t: &T, status: &str) -> String {
    match status {
        "open" => t.s("cases-elsewhere-open").into_owned(),
        "closed" => t.s("cases-elsewhere-closed").into_owned(),
        other => other.to_owned(),
    }
}

fn step_tone(kind: &str) -> &'static str {
    match kind {
        "cases.confirmed" | "cases.closed" => "well",
        "cases.reopened"
        | "cases.overdue"
        | "cases.escalated"
        | "cases.left_waiting"
        | "cases.returned"
        | "cases.reworked"
        | "cases.call_overdue"
        | "cases.call_escalated" => "act",
        "cases.finished" | "cases.answered" | "cases.taken" | "cases.call_answered" => "info",
        _ => "",
    }
}
