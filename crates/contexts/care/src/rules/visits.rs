//! How visits go (走访规则): the table of steps, the ladder of those who are told, how long each may take.

use std::collections::{BTreeMap, BTreeSet};

use linli_access::Role;
use serde::Deserialize;

use super::Contradiction;
use crate::model::{Need, VisitEvent, VisitKind, VisitState};

/// How the actor stands to a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The program.
    System,
    /// A member of the staff, who may have the visit.
    Staff {
        /// The role acted under.
        role: Role,
        /// Whether the visit is hers.
        owner: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    System,
    Owner,
    Role(Role),
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// From here.
    pub state: VisitState,
    /// On this.
    pub event: VisitEvent,
    /// To there.
    pub to: VisitState,
    /// What must come with it.
    pub needs: Vec<Need>,
    who: BTreeSet<Who>,
}

impl VisitRow {
    fn admits(&self, standing: Standing) -> bool {
        self.who.iter().any(|who| match (who, standing) {
            (Who::System, Standing::System) => true,
            (Who::Owner, Standing::Staff { owner, .. }) => owner,
            (Who::Role(named), Standing::Staff { role, .. }) => *named == role,
            _ => false,
        })
    }
}

/// A rung of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Who is told, the first that there is at the place.
    pub who: Vec<Role>,
    /// Whether they ring up the contact whom the person named.
    #[serde(default)]
    pub contact: bool,
    minutes: BTreeMap<VisitKind, i64>,
}

impl Rung {
    /// Minutes until the next is told.
    #[must_use]
    pub fn minutes(&self, kind: VisitKind) -> i64 {
        self.minutes.get(&kind).copied().unwrap_or(10)
    }
}

/// What is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aim {
    /// Minutes from alarm to first human contact, for nine of ten.
    pub contact_minutes: i64,
    /// Knocks at the door of somebody who was well, of one steward in a week.
    pub wrong_knocks_per_week: i64,
}

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitTable(BTreeMap<(VisitState, VisitEvent), VisitRow>);

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidStep {
    /// The table has no such step.
    #[error("{event} is not possible in {state}")]
    NoRow {
        /// Where the visit stands.
        state: VisitState,
        /// What was wanted.
        event: VisitEvent,
    },
    /// It has one for others.
    #[error("{event} in {state} is for somebody else")]
    NotYours {
        /// Where the visit stands.
        state: VisitState,
        /// What was wanted.
        event: VisitEvent,
    },
}

impl VisitTable {
    /// Decides: the row for this state and event, if this actor may.
    ///
    /// # Errors
    /// `NoRow` when there is none, `NotYours` when it is for others.
    pub fn step(&self, state: VisitState, event: VisitEvent, standing: Standing) -> Result<&VisitRow, InvalidStep> {
        let row = self.0.get(&(state, event)).ok_or(InvalidStep::NoRow { state, event })?;
        if row.admits(standing) { Ok(row) } else { Err(InvalidStep::NotYours { state, event }) }
    }

    /// What this actor may do now.
    #[must_use]
    pub fn possible(&self, state: VisitState, standing: Standing) -> Vec<VisitEvent> {
        self.0.values().filter(|row| row.state == state && row.admits(standing)).map(|row| row.event).collect()
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &VisitRow> {
        self.0.values()
    }
}

/// The rules of visits. Refused when a state and event is there twice, a state has no way to the end, an open state does not end with the
/// consent, or the ladder is empty.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct VisitRules {
    table: VisitTable,
    rungs: Vec<Rung>,
    patience: BTreeMap<VisitState, i64>,
    aim: Aim,
    warned_hours: i64,
}

/// How long an alarm counts as having told of somebody, where a pack does not say.
const fn a_day() -> i64 {
    24
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default = "a_day")]
    warned_hours: i64,
    aim: Aim,
    groups: BTreeMap<String, Vec<Role>>,
    rung: Vec<Rung>,
    patience: BTreeMap<VisitState, i64>,
    row: Vec<BodyRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyRow {
    state: VisitState,
    event: VisitEvent,
    to: VisitState,
    who: Vec<String>,
    #[serde(default)]
    needs: Vec<Need>,
}

impl TryFrom<Body> for VisitRules {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let mut rows = BTreeMap::new();
        for row in body.row {
            let who = named(&row.who, &body.groups)?;
            let key = (row.state, row.event);
            let row = VisitRow { state: row.state, event: row.event, to: row.to, needs: row.needs, who };
            if rows.insert(key, row).is_some() {
                return Err(Contradiction(format!("{} on {} is there twice", key.0, key.1)));
            }
        }
        let rules = Self {
            table: VisitTable(rows),
            rungs: body.rung,
            patience: body.patience,
            aim: body.aim,
            warned_hours: body.warned_hours,
        };
        rules.check()?;
        Ok(rules)
    }
}

impl VisitRules {
    fn check(&self) -> Result<(), Contradiction> {
        if self.rungs.is_empty() || self.rungs.iter().any(|rung| rung.who.is_empty()) {
            return Err(Contradiction("the ladder is empty, or a rung of it".to_owned()));
        }
        if !(0..=168).contains(&self.warned_hours) {
            return Err(Contradiction(format!("{} hours is no time for which an alarm has told of somebody", self.warned_hours)));
        }
        for state in VisitState::ALL.iter().filter(|state| !matches!(state, VisitState::None | VisitState::Ended)) {
            let ends = |row: &&VisitRow| row.state == *state && row.event == VisitEvent::Withdraw && row.to == VisitState::Ended;
            if !self.table.rows().any(|row| ends(&row)) {
                return Err(Contradiction(format!("{state} does not end when the consent is withdrawn")));
            }
            let human = |row: &&VisitRow| row.state == *state && row.to != *state && row.event.outcome().is_none();
            let outcome = |row: &&VisitRow| row.state == *state && row.event.is_contact();
            if !self.table.rows().any(|row| human(&row) || outcome(&row)) {
                return Err(Contradiction(format!("nobody comes out of {state}")));
            }
        }
        match self.table.rows().find(|row| row.event.outcome().is_some() != (row.to == VisitState::Ended)) {
            Some(row) => {
                Err(Contradiction(format!("{} on {} ends the visit without an outcome, or not with one", row.state, row.event)))
            }
            None => Ok(()),
        }
    }

    /// The steps.
    #[must_use]
    pub const fn table(&self) -> &VisitTable {
        &self.table
    }

    /// The ladder, from the nearest.
    #[must_use]
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// A rung by its number, from 0.
    #[must_use]
    pub fn rung(&self, number: i64) -> Option<&Rung> {
        usize::try_from(number).ok().and_then(|number| self.rungs.get(number))
    }

    /// Minutes a state may last before the next rung is told; nothing for a state that waits for its rung.
    #[must_use]
    pub fn patience(&self, state: VisitState) -> Option<i64> {
        self.patience.get(&state).copied()
    }

    /// For how many hours an alarm or a question has told of somebody: what is found by hand meanwhile was not missed.
    #[must_use]
    pub const fn warned_hours(&self) -> i64 {
        self.warned_hours
    }

    /// What is aimed at.
    #[must_use]
    pub const fn aim(&self) -> Aim {
        self.aim
    }
}

fn named(words: &[String], groups: &BTreeMap<String, Vec<Role>>) -> Result<BTreeSet<Who>, Contradiction> {
    let mut who = BTreeSet::new();
    for word in words {
        match word.as_str() {
            "system" => drop(who.insert(Who::System)),
            "owner" => drop(who.insert(Who::Owner)),
            group if groups.contains_key(group) => {
                who.extend(groups.get(group).into_iter().flatten().map(|role| Who::Role(*role)))
            }
            role => {
                let role = role.parse().map_err(|_| Contradiction(format!("nobody is called {role}")))?;
                who.insert(Who::Role(role));
            }
        }
    }
    Ok(who)
}

#[cfg(test)]
mod tests {
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::{RuleError, Rulebook};
    use proptest::prelude::*;

    use super::super::{PACKS, Rules};
    use super::*;

    fn read(text: &str) -> Result<VisitRules, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Ok(Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))?.visits().clone())
    }

    fn shipped() -> VisitRules {
        read(PACKS[2].1).unwrap()
    }

    const OWNER: Standing = Standing::Staff { role: Role::LifeSteward, owner: true };

    proptest! {
        /// Whatever is tried in whatever order by whomever: a visit that ended stays ended and has an outcome, nobody is at a door whom
        /// nobody rang up before (unless there is no telephone), and who has not the visit says nothing about the person.
        #[test]
        fn no_order_of_steps_leads_astray(tried in prop::collection::vec((0_usize..VisitEvent::ALL.len(), 0_usize..3), 1..60)) {
            let rules = shipped();
            let (mut state, mut rang, mut outcome) = (VisitState::Waiting, false, None);
            for (event, who) in tried {
                let event = VisitEvent::ALL[event];
                let standing = [Standing::System, OWNER, Standing::Staff { role: Role::RedSteward, owner: false }][who];
                let Ok(row) = rules.table().step(state, event, standing) else { continue };
                prop_assert_ne!(state, VisitState::Ended, "something happened after the end");
                if event.is_contact() {
                    prop_assert_eq!(standing, OWNER);
                }
                // Where there is no telephone there is nothing to ring.
                rang |= event == VisitEvent::PhoneSilent || row.needs.contains(&Need::NoPhone);
                if row.to == VisitState::AtDoor && state != VisitState::AtDoor {
                    prop_assert!(rang, "knocked before the telephone");
                }
                state = row.to;
                if let Some(found) = event.outcome() {
                    prop_assert_eq!(outcome.replace(found), None);
                }
            }
            prop_assert_eq!(state == VisitState::Ended, outcome.is_some());
        }
    }

    #[test]
    fn the_ladder_goes_from_the_door_to_the_desk() {
        let rules = shipped();
        let first: Vec<Role> = rules.rungs().iter().filter_map(|rung| rung.who.first().copied()).collect();
        let wanted = [Role::LifeSteward, Role::RedSteward, Role::CommunityWorker, Role::CommunityWorker, Role::PropertyDesk];
        assert_eq!(first, wanted);
        assert_eq!(rules.rungs().iter().position(|rung| rung.contact), Some(3));
        let minutes: i64 = rules.rungs().iter().take(3).map(|rung| rung.minutes(VisitKind::Alarm)).sum();
        assert!(minutes <= rules.aim().contact_minutes, "the community is told within the aim");
    }

    #[test]
    fn who_is_at_a_door_is_not_called_back_by_a_sign() {
        let rules = shipped();
        for state in [VisitState::AtDoor, VisitState::Nobody] {
            assert!(rules.table().step(state, VisitEvent::Relieve, Standing::System).is_err());
        }
    }

    #[test]
    fn tables_that_lead_nowhere_are_refused() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        let text = PACKS[2].1;
        let twice = format!("{text}\n[[body.row]]\nstate = \"nobody\"\nevent = \"well\"\nto = \"ended\"\nwho = [\"owner\"]\n");
        assert!(said(&twice).contains("nobody on well is there twice"));
        let open = text.replacen("state = \"phoned\"\nevent = \"withdraw\"", "state = \"none\"\nevent = \"withdraw\"", 1);
        assert!(said(&open).contains("phoned does not end"));
        let lost = text.replacen("event = \"relieve\"\nto = \"ended\"", "event = \"relieve\"\nto = \"taken\"", 1);
        assert!(said(&lost).contains("without an outcome"));
        let nobody = text.replacen("who = [\"property_desk\"]", "who = []", 1);
        assert!(said(&nobody).contains("the ladder is empty"));
    }
}
