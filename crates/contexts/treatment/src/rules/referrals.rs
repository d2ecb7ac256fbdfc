//! The table by which a referral moves (转诊状态表), its clocks, and how it spills to the next grid.

use std::collections::{BTreeMap, BTreeSet};

use linli_access::Role;
use linli_kernel::Ts;
use serde::Deserialize;

use super::Contradiction;
use crate::model::referrals::{End, Event, ReferralState, Severity, Standing};

/// The id of the pack of referrals.
pub const ID: &str = "treatment.referrals";

/// What happens when the clock of a state is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It goes to the next best grid.
    Spill,
    /// It is told to be late.
    Tell,
}

/// What holds in a state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    /// `Task.status` of FHIR R4.
    pub fhir: String,
    /// The business status of BSeR.
    pub bser: String,
    /// Minutes until the clock is over, by severity.
    #[serde(default)]
    minutes: Option<BTreeMap<Severity, i64>>,
    /// What happens then.
    #[serde(default)]
    pub then: Option<Then>,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// From here.
    pub state: ReferralState,
    /// On this.
    pub event: Event,
    /// By this end.
    pub end: End,
    /// To there.
    pub to: ReferralState,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spill {
    rounds: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Boarding {
    minutes: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    days: i64,
}

impl Default for Retention {
    /// Of a pack that was put in its place before this was asked.
    fn default() -> Self {
        Self { days: 365 }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    spill: Spill,
    boarding: Boarding,
    #[serde(default)]
    retention: Retention,
    states: BTreeMap<ReferralState, StateRule>,
    roles: BTreeMap<End, Vec<Role>>,
    row: Vec<Row>,
}

/// The table. Refused when a state is missing or waits without a clock, when a row is there twice, or when from a state that can be reached no
/// way leads to an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Referrals {
    rows: BTreeMap<(ReferralState, Event), Row>,
    states: BTreeMap<ReferralState, StateRule>,
    roles: BTreeMap<End, Vec<Role>>,
    rounds: i64,
    boarding_minutes: i64,
    retention_days: i64,
}

/// States in which a referral has ended.
const ENDS: [ReferralState; 4] =
    [ReferralState::Declined, ReferralState::Completed, ReferralState::Cancelled, ReferralState::Failed];

impl TryFrom<Body> for Referrals {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let refuse = |what: String| Err(Contradiction(what));
        if let Some(missing) = ReferralState::ALL.iter().find(|state| !body.states.contains_key(state)) {
            return refuse(format!("the state {missing} is missing"));
        }
        for (state, rule) in &body.states {
            let minutes = rule.minutes.as_ref();
            let whole =
                minutes.is_none_or(|of| Severity::ALL.iter().all(|one| of.get(one).is_some_and(|n| (1..=10_080).contains(n))));
            if !whole || minutes.is_some() != rule.then.is_some() {
                return refuse(format!("the clock of {state} needs minutes for every severity and what happens then"));
            }
            // Who has arrived waits for nobody of the sending end; a draft is nobody's business yet.
            let waits = !ENDS.contains(state) && !matches!(state, ReferralState::Draft | ReferralState::Arrived);
            if waits != minutes.is_some() {
                return refuse(format!("{state} must have a clock if and only if something is awaited in it"));
            }
        }
        let mut rows = BTreeMap::new();
        for row in body.row {
            if ENDS.contains(&row.state) {
                return refuse(format!("{} is an end, and has a way out", row.state));
            }
            if rows.insert((row.state, row.event), row).is_some() {
                return refuse(format!("{} on {} is there twice", row.state, row.event));
            }
        }
        if !(1..=20).contains(&body.spill.rounds) || !(1..=10_080).contains(&body.boarding.minutes) {
            return refuse("rounds lie between 1 and 20, boarding between a minute and a week".to_owned());
        }
        // Thirty years is how long the record of a stay is kept by the hospital itself; this is not that record.
        if !(1..=10_950).contains(&body.retention.days) {
            return refuse("what is known of a patient is kept between a day and thirty years".to_owned());
        }
        let table = Self {
            rows,
            states: body.states,
            roles: body.roles,
            rounds: body.spill.rounds,
            boarding_minutes: body.boarding.minutes,
            retention_days: body.retention.days,
        };
        table.no_dead_end()?;
        Ok(table)
    }
}

impl Referrals {
    fn no_dead_end(&self) -> Result<(), Contradiction> {
        let mut reached = BTreeSet::from([ReferralState::Draft]);
        let mut ends = BTreeSet::from(ENDS);
        loop {
            let before = (reached.len(), ends.len());
            for row in self.rows.values() {
                if reached.contains(&row.state) {
                    reached.insert(row.to);
                }
                if ends.contains(&row.to) {
                    ends.insert(row.state);
                }
            }
            if before == (reached.len(), ends.len()) {
                break;
            }
        }
        match reached.difference(&ends).next() {
            None => Ok(()),
            Some(stuck) => Err(Contradiction(format!("no way leads from {stuck} to an end"))),
        }
    }

    /// Where this event leads from this state, if this end and role may; `None`: no such step.
    #[must_use]
    pub fn step(&self, state: ReferralState, event: Event, who: Standing) -> Option<ReferralState> {
        let row = self.rows.get(&(state, event)).filter(|row| row.end == who.end)?;
        let named = self.roles.get(&row.end).map_or(&[][..], Vec::as_slice);
        let may = row.end == End::System || who.role.is_none_or(|role| named.contains(&role));
        may.then_some(row.to)
    }

    /// What a holder of this role at this end may do in this state.
    #[must_use]
    pub fn possible(&self, state: ReferralState, who: Standing) -> Vec<Event> {
        let mine = |row: &&Row| row.state == state && self.step(state, row.event, who).is_some();
        self.rows.values().filter(mine).map(|row| row.event).collect()
    }

    /// What holds in a state.
    #[must_use]
    pub fn state(&self, state: ReferralState) -> Option<&StateRule> {
        self.states.get(&state)
    }

    /// When the clock of a state is over.
    #[must_use]
    pub fn due(&self, state: ReferralState, severity: Severity, since: Ts) -> Option<Ts> {
        let minutes = self.states.get(&state)?.minutes.as_ref()?.get(&severity)?;
        Some(since.plus_secs(minutes * 60))
    }

    /// Whether a referral has ended.
    #[must_use]
    pub fn is_end(state: ReferralState) -> bool {
        ENDS.contains(&state)
    }

    /// How often all are asked before it is given up.
    #[must_use]
    pub const fn rounds(&self) -> i64 {
        self.rounds
    }

    /// How long somebody may wait in the emergency department for a bed, in seconds.
    #[must_use]
    pub const fn boarding_secs(&self) -> i64 {
        self.boarding_minutes * 60
    }

    /// How long what is known of a patient is kept after the referral has ended, in seconds.
    #[must_use]
    pub const fn retention_secs(&self) -> i64 {
        self.retention_days * 86_400
    }

    /// All rows, by state and event.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_kernel::PlacePath;
    use linli_rulebook::{RuleError, Rulebook};

    const SHIPPED: &str = include_str!("../../rules/referrals.toml");

    fn read(text: &str) -> Result<Referrals, RuleError> {
        let book = Rulebook::builtin(&[("treatment/referrals.toml", SHIPPED)])?
            .load_dir(vec![("r.toml".to_owned(), text.to_owned())])?;
        Ok(book.get::<Referrals>(ID, &PlacePath::root(), Ts(1_800_000_000_000_000))?.value.clone())
    }

    #[test]
    fn steps_are_those_of_the_table_and_of_the_end_that_may() {
        let table = read(SHIPPED).unwrap();
        let doctor = Standing { end: End::Sender, role: Some(Role::FamilyDoctor) };
        let beds = Standing { end: End::Receiver, role: Some(Role::BedManager) };
        let system = Standing { end: End::System, role: None };
        assert_eq!(table.step(ReferralState::Draft, Event::Submit, doctor), Some(ReferralState::Requested));
        assert_eq!(table.step(ReferralState::Received, Event::Accept, beds), Some(ReferralState::Accepted));
        assert_eq!(table.step(ReferralState::Received, Event::Accept, doctor), None, "nobody takes in for another");
        assert_eq!(table.step(ReferralState::Received, Event::Accept, Standing { role: Some(Role::FamilyDoctor), ..beds }), None);
        assert_eq!(table.step(ReferralState::UnderWay, Event::Spill, system), None, "who has set out is not sent elsewhere");
        assert_eq!(table.possible(ReferralState::Accepted, doctor), [Event::Depart, Event::Cancel]);
        for end in ENDS {
            assert!(Event::ALL.iter().all(|event| table.step(end, *event, system).is_none()), "{end}");
        }
    }

    #[test]
    fn who_is_sicker_waits_less_and_every_wait_has_a_clock() {
        let table = read(SHIPPED).unwrap();
        let minutes = |state, severity| table.due(state, severity, Ts(0)).map(|due| due.0 / 60_000_000);
        assert_eq!(minutes(ReferralState::Requested, Severity::Critical), Some(10));
        assert_eq!(minutes(ReferralState::Requested, Severity::Ordinary), Some(120));
        assert_eq!(minutes(ReferralState::Completed, Severity::Critical), None);
    }

    #[test]
    fn a_table_with_a_dead_end_a_double_row_or_a_wait_without_a_clock_is_refused() {
        let without =
            |from: &str| SHIPPED.replacen(&format!("[[body.row]]\nstate = \"{from}\"\n"), "[[body.row]]\nstate = \"draft\"\n", 1);
        assert!(read(&without("arrived")).is_err(), "from arrived no way would lead on");
        let clock = ", minutes = { critical = 60, severe = 90, ordinary = 720 }, then = \"tell\"";
        assert!(SHIPPED.contains(clock) && read(&SHIPPED.replacen(clock, "", 1)).is_err(), "accepted without a clock");
        assert!(
            read(&format!("{SHIPPED}\n[[body.row]]\nstate = \"draft\"\nevent = \"submit\"\nend = \"sender\"\nto = \"failed\"\n"))
                .is_err()
        );
        assert!(
            read(&format!("{SHIPPED}\n[[body.row]]\nstate = \"failed\"\nevent = \"submit\"\nend = \"sender\"\nto = \"draft\"\n"))
                .is_err()
        );
    }
}
