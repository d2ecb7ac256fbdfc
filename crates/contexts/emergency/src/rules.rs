//! The rule pack of 120 calls (呼叫规则): questions that tell danger, the tables of calls and vehicles, clocks, re-contacts.

use std::collections::{BTreeMap, BTreeSet};

use linli_rulebook::Contradiction;
use serde::Deserialize;

use crate::model::{CallClass, CallEvent, CallState, VehicleEvent, VehicleState};

/// The id of the pack.
pub const ID: &str = "emergency.calls";

/// The packs that ship with this room: file name and text.
pub const PACKS: [(&str, &str); 1] = [("emergency/calls.toml", include_str!("../rules/calls.toml"))];

/// A question the seat asks (问题).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its word.
    pub id: String,
    zh: String,
    en: String,
    /// What a yes suggests.
    pub suggests: CallClass,
}

impl Question {
    /// The question in a language.
    #[must_use]
    pub fn text(&self, lang: &str) -> &str {
        if lang == "en" { &self.en } else { &self.zh }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallRow {
    state: CallState,
    event: CallEvent,
    to: CallState,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct VehicleRow {
    state: VehicleState,
    event: VehicleEvent,
    to: VehicleState,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeats {
    minutes: i64,
}

/// Seconds until something is told to be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// From an urgent call to a vehicle.
    pub urgent_secs: i64,
    /// From a call that is not urgent to a vehicle.
    pub non_urgent_secs: i64,
    /// Until advice is given.
    pub advice_secs: i64,
    /// From the vehicle's order to the scene.
    pub scene_secs: i64,
    /// From the door of the hospital to the hand-over.
    pub handover_secs: i64,
}

/// When somebody who was diverted is called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// After the diversion.
    pub first_secs: i64,
    /// After "no better, no worse".
    pub again_secs: i64,
    /// After nobody answered.
    pub no_answer_secs: i64,
    /// After so many calls in a row that nobody answered it is urgent.
    pub no_answers: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Safety {
    hours: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    questions: Vec<Question>,
    repeats: Repeats,
    clocks: Clocks,
    recontact: Again,
    safety: Safety,
    retention: Retention,
    call: Vec<CallRow>,
    vehicle: Vec<VehicleRow>,
}

/// The pack, read. Refused when a clock cannot be, a row is there twice, no question tells danger, an end has a way out, an urgent call could be
/// diverted, or when from a state that can be reached no way leads to an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Calls {
    questions: Vec<Question>,
    repeat_secs: i64,
    clocks: Clocks,
    recontact: Again,
    safety_hours: i64,
    retention_secs: i64,
    calls: BTreeMap<(CallState, CallEvent), CallState>,
    vehicles: BTreeMap<(VehicleState, VehicleEvent), VehicleState>,
}

/// What the table suggests, and which answers say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    /// The class; none when nothing was said.
    pub class: Option<CallClass>,
    /// The answers that weigh most.
    pub because: Vec<String>,
}

/// Rows of a table by state and event; refused when one is there twice.
fn table<S: Ord + Copy + std::fmt::Display, E: Ord + Copy + std::fmt::Display>(
    rows: impl IntoIterator<Item = (S, E, S)>,
) -> Result<BTreeMap<(S, E), S>, Contradiction> {
    let mut table = BTreeMap::new();
    for (state, event, to) in rows {
        if table.insert((state, event), to).is_some() {
            return Err(Contradiction(format!("{state} on {event} is there twice")));
        }
    }
    Ok(table)
}

/// A state that can be reached and from which no way leads to one of the ends.
fn stuck<S: Ord + Copy, E: Ord + Copy>(table: &BTreeMap<(S, E), S>, starts: &[S], ends: &[S]) -> Option<S> {
    let mut reached: BTreeSet<S> = starts.iter().copied().collect();
    let mut good: BTreeSet<S> = ends.iter().copied().collect();
    loop {
        let before = (reached.len(), good.len());
        for ((state, _), to) in table {
            if reached.contains(state) {
                reached.insert(*to);
            }
            if good.contains(to) {
                good.insert(*state);
            }
        }
        if before == (reached.len(), good.len()) {
            return reached.difference(&good).next().copied();
        }
    }
}

impl TryFrom<Body> for Calls {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: &str| Err(Contradiction(what.to_owned()));
        let ids: BTreeSet<&str> = body.questions.iter().map(|one| one.id.as_str()).collect();
        if ids.len() != body.questions.len() || ids.iter().any(|id| id.is_empty() || id.contains(',')) {
            return refuse("questions have words of their own, without commas");
        }
        if !body.questions.iter().any(|one| one.suggests == CallClass::VehicleUrgent) {
            return refuse("no question tells danger to life");
        }
        let (clocks, again) = (body.clocks, body.recontact);
        let secs = [
            clocks.urgent_secs,
            clocks.non_urgent_secs,
            clocks.advice_secs,
            clocks.scene_secs,
            clocks.handover_secs,
            again.first_secs,
            again.again_secs,
            again.no_answer_secs,
            body.repeats.minutes,
        ];
        if secs.iter().any(|secs| !(1..=86_400).contains(secs)) {
            return refuse("a clock lies between a second and a day");
        }
        if clocks.urgent_secs > clocks.non_urgent_secs || clocks.urgent_secs > clocks.advice_secs {
            return refuse("an urgent call may not wait longer than another");
        }
        if !(1..=10).contains(&again.no_answers) || !(1..=168).contains(&body.safety.hours) {
            return refuse("between 1 and 10 calls without an answer, and between an hour and a week of looking back");
        }
        // 广州 keeps records for at least three years; nobody keeps them for ever.
        if !(1..=36_500).contains(&body.retention.days) {
            return refuse("records are kept for at least a day and at most a hundred years");
        }
        let calls = table(body.call.iter().map(|row| (row.state, row.event, row.to)))?;
        let vehicles = table(body.vehicle.iter().map(|row| (row.state, row.event, row.to)))?;
        if calls.keys().any(|(state, _)| *state == CallState::Closed) {
            return refuse("a closed call has a way out");
        }
        for state in CallState::ALL.iter().filter(|state| **state != CallState::Closed) {
            if !calls.contains_key(&(*state, CallEvent::Upgrade)) {
                return Err(Contradiction(format!("a call that is {state} cannot be raised to urgent")));
            }
        }
        let open = [CallState::Waiting, CallState::Advising, CallState::Linked, CallState::Closed];
        if let Some(state) = stuck(&calls, &open, &[CallState::Closed]) {
            return Err(Contradiction(format!("no way leads from {state} to an end")));
        }
        if let Some(state) = stuck(&vehicles, &[VehicleState::Free], &[VehicleState::Free]) {
            return Err(Contradiction(format!("a vehicle that is {state} never becomes free")));
        }
        Ok(Self {
            questions: body.questions,
            repeat_secs: body.repeats.minutes * 60,
            clocks,
            recontact: again,
            safety_hours: body.safety.hours,
            retention_secs: body.retention.days * 86_400,
            calls,
            vehicles,
        })
    }
}

impl Calls {
    /// The questions, in the order in which they are asked.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// What the answers suggest: the most urgent of them, and which answers that rests on.
    #[must_use]
    pub fn suggest(&self, signs: &[String]) -> Suggested {
        let said = || self.questions.iter().filter(|one| signs.contains(&one.id));
        let class = said().map(|one| one.suggests).max_by_key(|class| class.weight());
        let because = said().filter(|one| Some(one.suggests) == class).map(|one| one.id.clone()).collect();
        Suggested { class, because }
    }

    /// Where an event leads a call.
    #[must_use]
    pub fn call(&self, state: CallState, event: CallEvent) -> Option<CallState> {
        self.calls.get(&(state, event)).copied()
    }

    /// Where an event leads a vehicle.
    #[must_use]
    pub fn vehicle(&self, state: VehicleState, event: VehicleEvent) -> Option<VehicleState> {
        self.vehicles.get(&(state, event)).copied()
    }

    /// The clocks.
    #[must_use]
    pub const fn clocks(&self) -> Clocks {
        self.clocks
    }

    /// When somebody who was diverted is called again.
    #[must_use]
    pub const fn recontact(&self) -> Again {
        self.recontact
    }

    /// Within how many seconds a second call is about the same.
    #[must_use]
    pub const fn repeat_secs(&self) -> i64 {
        self.repeat_secs
    }

    /// Within how many hours after a diversion becoming worse counts.
    #[must_use]
    pub const fn safety_hours(&self) -> i64 {
        self.safety_hours
    }

    /// How long what was told is kept, in seconds.
    #[must_use]
    pub const fn retention_secs(&self) -> i64 {
        self.retention_secs
    }

    /// The seconds after which a call in a state is told to be late; none where nothing is awaited of the seat.
    #[must_use]
    pub const fn waits_secs(&self, state: CallState, class: CallClass) -> Option<i64> {
        match state {
            CallState::Waiting if matches!(class, CallClass::VehicleUrgent) => Some(self.clocks.urgent_secs),
            CallState::Waiting => Some(self.clocks.non_urgent_secs),
            CallState::Advising => Some(self.clocks.advice_secs),
            CallState::UnderWay | CallState::Diverted | CallState::Linked | CallState::Closed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use linli_rulebook::Rulebook;
    use proptest::prelude::*;

    use super::*;

    fn calls() -> Calls {
        let book = Rulebook::builtin(&PACKS).unwrap();
        let at = linli_kernel::Ts(1_800_000_000_000_000);
        book.get::<Calls>(ID, &linli_kernel::PlacePath::root(), at).unwrap().value.clone()
    }

    fn reads(text: &str) -> bool {
        // Leaked once per broken pack: the book keeps texts that live as long as the program.
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        Rulebook::builtin(&[("emergency/calls.toml", text)]).is_ok_and(|book| book.check::<Calls>(ID).is_ok())
    }

    #[test]
    fn danger_weighs_more_than_anything_else_that_was_said() {
        let calls = calls();
        let said = |signs: &[&str]| calls.suggest(&signs.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>());
        assert_eq!(said(&[]).class, None);
        assert_eq!(said(&["asks_advice"]).class, Some(CallClass::Advice));
        assert_eq!(said(&["asks_advice", "wants_vehicle"]).class, Some(CallClass::VehicleNonUrgent));
        let danger = said(&["wants_vehicle", "spo2_low", "asks_advice", "chest_pain"]);
        assert_eq!(
            (danger.class, danger.because),
            (Some(CallClass::VehicleUrgent), vec!["chest_pain".to_owned(), "spo2_low".to_owned()])
        );
        assert_eq!(said(&["nobody_asked"]).class, None);
    }

    #[test]
    fn a_pack_that_contradicts_itself_is_refused() {
        let good = PACKS[0].1;
        assert!(reads(good));
        for (from, to) in [
            ("urgent_secs = 60", "urgent_secs = 99999"),
            ("non_urgent_secs = 1800", "non_urgent_secs = 30"),
            ("suggests = \"vehicle_urgent\"", "suggests = \"advice\""),
            (
                "state = \"linked\"\nevent = \"upgrade\"\nto = \"waiting\"",
                "state = \"linked\"\nevent = \"close\"\nto = \"closed\"",
            ),
            ("state = \"advising\"\nevent = \"close\"", "state = \"closed\"\nevent = \"close\""),
            ("state = \"waiting\"\nevent = \"close\"", "state = \"waiting\"\nevent = \"upgrade\""),
            (
                "state = \"at_hospital\"\nevent = \"hand_over\"\nto = \"free\"",
                "state = \"at_hospital\"\nevent = \"hand_over\"\nto = \"at_hospital\"",
            ),
            ("no_answers = 3", "no_answers = 0"),
            ("days = 1095", "days = 0"),
            ("id = \"not_breathing\"", "id = \"unconscious\""),
        ] {
            assert!(good.contains(from), "{from}");
            assert!(!reads(&good.replace(from, to)), "{to}");
        }
    }

    proptest! {
        /// Whatever is said, and in whichever order, a yes to danger suggests urgent, and only such a yes does.
        #[test]
        fn a_yes_to_danger_is_never_outweighed(picked in proptest::collection::vec(0_usize..40, 0..20)) {
            let calls = calls();
            let signs: Vec<String> = picked.iter().filter_map(|n| calls.questions().get(*n)).map(|one| one.id.clone()).collect();
            let danger = calls.questions().iter().any(|one| one.suggests == CallClass::VehicleUrgent && signs.contains(&one.id));
            prop_assert_eq!(calls.suggest(&signs).class == Some(CallClass::VehicleUrgent), danger);
        }

        /// From wherever a call is, whatever happened before, it can be raised until it is closed, and it can be closed.
        #[test]
        fn no_call_is_stuck(events in proptest::collection::vec(0_usize..8, 0..40), from in 0_usize..3) {
            let calls = calls();
            let mut state = [CallState::Waiting, CallState::Advising, CallState::Linked][from];
            for n in events {
                let Some(to) = calls.call(state, CallEvent::ALL[n]) else { continue };
                state = to;
            }
            prop_assert!(state == CallState::Closed || calls.call(state, CallEvent::Upgrade).is_some());
            let ends = |state| [CallEvent::Close, CallEvent::Complete].into_iter().any(|event| calls.call(state, event).is_some());
            let raised = calls.call(state, CallEvent::Upgrade);
            prop_assert!(state == CallState::Closed || ends(state) || raised.is_some_and(ends));
        }
    }
}
