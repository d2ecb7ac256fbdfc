//! The transition table. Changing a row in the file changes what happens, what is printed and what the journal says.

use std::collections::{BTreeMap, BTreeSet};

use linli_access::Role;
use linli_calendar::Term;
use linli_rulebook::Contradiction;
use serde::Deserialize;

use crate::model::{CaseState, ClockRuns, Event, InvalidTransition, Need, Standing};

/// Who may do what a row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The reporter, by the private link.
    Reporter,
    /// Whoever has the case.
    Owner,
    /// The organisation that has it, by its private link.
    Unit,
    /// The program itself.
    System,
    /// Holders of a role whose appointment reaches the place.
    Role(Role),
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// From here.
    pub state: CaseState,
    /// On this.
    pub event: Event,
    /// To there.
    pub to: CaseState,
    /// By whom.
    pub who: Vec<Who>,
    /// Not by these, even when `who` names them.
    pub never: Vec<Who>,
    /// What the clock does there.
    pub clock: ClockRuns,
    /// Whether Open311 shows the case open there.
    pub open: bool,
    /// What must come with it.
    pub needs: Vec<Need>,
    /// The profiles in which it counts; empty: all.
    pub profiles: Vec<String>,
}

impl Row {
    /// Whether it counts in this profile.
    #[must_use]
    pub fn counts_in(&self, profile: &str) -> bool {
        self.profiles.is_empty() || self.profiles.iter().any(|named| named == profile)
    }

    /// Whether this must come with the event.
    #[must_use]
    pub fn needs(&self, what: Need) -> bool {
        self.needs.contains(&what)
    }

    fn admits(&self, standing: Standing) -> bool {
        let fits = |who: &Who| match (who, standing) {
            (Who::Reporter, Standing::Reporter) | (Who::System, Standing::System) => true,
            (Who::Owner, Standing::Staff { owner, .. }) => owner,
            (Who::Owner | Who::Unit, Standing::Unit) => true,
            (Who::Role(named), Standing::Staff { role, .. }) => *named == role,
            _ => false,
        };
        self.who.iter().any(fits) && !self.never.iter().any(fits)
    }
}

/// What holds in a state, however it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// What the clock does.
    pub clock: ClockRuns,
    /// Whether Open311 shows the case open.
    pub open: bool,
}

/// A way of working (办理流程) that classes name: which rows count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
}

/// How long the program waits before it does something by itself, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// How long, and in which kind of time.
    pub term: Term,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read.
    pub verified: bool,
}

/// What happens when nobody does anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// After this time without a word of the reporter a finished case is closed, and counted apart.
    pub lapse: Wait,
    /// After each such time beyond the promise the next level is told (逐级上提).
    pub escalate: Wait,
    /// After each such time in which nobody looked at an answer (反馈后无人处理) the next level is told; without it nobody is.
    #[serde(default)]
    pub feedback: Option<Wait>,
    /// The same for a check of the result that nobody brings to its end (核查后无人结案).
    #[serde(default)]
    pub closing_check: Option<Wait>,
    /// For how long after the end its reporter may still say that it is not fixed (结案后异议); without it not at all.
    #[serde(default)]
    pub objection: Option<Wait>,
}

impl Times {
    /// After what time in a state the program looks at a case by itself.
    #[must_use]
    pub const fn of(&self, state: CaseState) -> Option<&Wait> {
        match state {
            CaseState::AwaitingConfirmation => Some(&self.lapse),
            CaseState::Feedback => self.feedback.as_ref(),
            CaseState::ClosingCheck => self.closing_check.as_ref(),
            _ => None,
        }
    }
}

/// How often a case may be given more time (延期次数) until its clock begins anew, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extensions {
    /// How often.
    pub most: i64,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read.
    pub verified: bool,
}

impl Default for Extensions {
    /// For tables that say nothing of it: once.
    fn default() -> Self {
        Self { most: 1, citation: String::new(), verified: false }
    }
}

/// The table. Read from the body of its pack; refused when it has a state and event twice, gives one state two clocks, names a profile
/// that is not there, or has a profile with a state from which no way leads to an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Transitions {
    rows: BTreeMap<(CaseState, Event), Row>,
    arrivals: BTreeMap<CaseState, Arrival>,
    ladder: BTreeMap<Role, Role>,
    profiles: BTreeMap<String, Profile>,
    times: Times,
    extensions: Extensions,
}

/// The profile of classes that name none, and of classes that the rules do not know any more.
pub const USUAL: &str = "repair";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    groups: BTreeMap<String, Vec<Role>>,
    ladder: BTreeMap<Role, Role>,
    profiles: BTreeMap<String, Profile>,
    times: Times,
    #[serde(default)]
    extensions: Extensions,
    row: Vec<BodyRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyRow {
    state: CaseState,
    event: Event,
    to: CaseState,
    who: Vec<String>,
    #[serde(default)]
    never: Vec<String>,
    clock: ClockRuns,
    open311: OpenWord,
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default)]
    profiles: Vec<String>,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum OpenWord {
    Open,
    Closed,
}

impl TryFrom<Body> for Transitions {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let mut table = Self {
            rows: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            ladder: body.ladder,
            profiles: body.profiles,
            times: body.times,
            extensions: body.extensions,
        };
        if !table.profiles.contains_key(USUAL) {
            return Err(contradiction(format!("the profile {USUAL} is missing")));
        }
        for row in body.row {
            let row = Row {
                who: named(&row.who, &body.groups)?,
                never: named(&row.never, &body.groups)?,
                state: row.state,
                event: row.event,
                to: row.to,
                clock: row.clock,
                open: row.open311 == OpenWord::Open,
                needs: row.needs,
                profiles: row.profiles,
            };
            table.add(row)?;
        }
        for profile in table.profiles.keys() {
            table.no_dead_end(profile)?;
        }
        Ok(table)
    }
}

impl Transitions {
    fn add(&mut self, row: Row) -> Result<(), Contradiction> {
        let arrival = Arrival { clock: row.clock, open: row.open };
        if *self.arrivals.entry(row.to).or_insert(arrival) != arrival {
            return Err(contradiction(format!("{} has two clocks or is both open and closed", row.to)));
        }
        if !row.open && row.clock != ClockRuns::Stopped {
            return Err(contradiction(format!("{} is closed and its clock runs", row.to)));
        }
        if let Some(lost) = row.profiles.iter().find(|named| !self.profiles.contains_key(*named)) {
            return Err(contradiction(format!("{} on {} names the profile {lost}, which is not there", row.state, row.event)));
        }
        match self.rows.insert((row.state, row.event), row) {
            None => Ok(()),
            Some(twice) => Err(contradiction(format!("{} on {} is there twice", twice.state, twice.event))),
        }
    }

    /// Every state that can be reached in a profile must have a way in it to one that Open311 shows closed.
    fn no_dead_end(&self, profile: &str) -> Result<(), Contradiction> {
        // That another system may end a case is no way for those who have it here.
        let rows = self.rows.values().filter(|row| row.counts_in(profile) && !row.event.is_heard());
        let rows: Vec<&Row> = rows.collect();
        let mut reached = BTreeSet::from([CaseState::None]);
        spread(&mut reached, &rows, |row| (row.state, row.to));
        let mut ends: BTreeSet<CaseState> = self.arrivals.iter().filter(|(_, a)| !a.open).map(|(s, _)| *s).collect();
        spread(&mut ends, &rows, |row| (row.to, row.state));
        match reached.difference(&ends).next() {
            None => Ok(()),
            Some(stuck) => Err(contradiction(format!("in the profile {profile} no way leads from {stuck} to an end"))),
        }
    }

    /// Decides: the row of the profile for this state and event, if this actor may.
    ///
    /// # Errors
    /// `NoRow` when the table has none, `NotYours` when it has one for others.
    pub fn step(&self, profile: &str, state: CaseState, event: Event, standing: Standing) -> Result<&Row, InvalidTransition> {
        let row = self.rows.get(&(state, event)).filter(|row| row.counts_in(profile));
        let row = row.ok_or(InvalidTransition::NoRow { state, event })?;
        if row.admits(standing) { Ok(row) } else { Err(InvalidTransition::NotYours { state, event }) }
    }

    /// What this actor may do to a case in this state of the profile.
    #[must_use]
    pub fn possible(&self, profile: &str, state: CaseState, standing: Standing) -> Vec<Event> {
        let fits = |row: &&Row| row.state == state && row.counts_in(profile) && row.admits(standing);
        self.rows.values().filter(fits).map(|row| row.event).collect()
    }

    /// The profiles, by code.
    pub fn profiles(&self) -> impl Iterator<Item = (&str, &Profile)> {
        self.profiles.iter().map(|(code, profile)| (code.as_str(), profile))
    }

    /// What happens when nobody does anything.
    #[must_use]
    pub const fn times(&self) -> &Times {
        &self.times
    }

    /// How often a case may be given more time.
    #[must_use]
    pub const fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// What holds in a state; `None` for one that no row leads to.
    #[must_use]
    pub fn arrival(&self, state: CaseState) -> Option<Arrival> {
        self.arrivals.get(&state).copied()
    }

    /// All rows, by state and event.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// The role one level up from this one.
    #[must_use]
    pub fn above(&self, role: Role) -> Option<Role> {
        self.ladder.get(&role).copied()
    }
}

/// Adds to the states whatever a row leads to from one of them, until nothing is added any more.
fn spread(states: &mut BTreeSet<CaseState>, rows: &[&Row], way: fn(&Row) -> (CaseState, CaseState)) {
    loop {
        let before = states.len();
        let further: Vec<CaseState> =
            rows.iter().map(|row| way(row)).filter(|(from, _)| states.contains(from)).map(|(_, to)| to).collect();
        states.extend(further);
        if states.len() == before {
            return;
        }
    }
}

fn named(words: &[String], groups: &BTreeMap<String, Vec<Role>>) -> Result<Vec<Who>, Contradiction> {
    let mut who = BTreeSet::new();
    for word in words {
        match word.as_str() {
            "reporter" => drop(who.insert(Who::Reporter)),
            "owner" => drop(who.insert(Who::Owner)),
            "unit" => drop(who.insert(Who::Unit)),
            "system" => drop(who.insert(Who::System)),
            group if groups.contains_key(group) => {
                who.extend(groups.get(group).into_iter().flatten().map(|role| Who::Role(*role)))
            }
            role => drop(who.insert(Who::Role(role.parse().map_err(|_| contradiction(format!("nobody is called {role}")))?))),
        }
    }
    Ok(who.into_iter().collect())
}

const fn contradiction(problem: String) -> Contradiction {
    Contradiction(problem)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{PACKS, Rules};
    use linli_kernel::{PlacePath, Ts};
    use linli_rulebook::{RuleError, Rulebook};

    const TEXT: &str = PACKS[0].1;

    fn read(text: &str) -> Result<Rules, RuleError> {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())])?;
        Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000))
    }

    fn table() -> Transitions {
        read(TEXT).unwrap().transitions().clone()
    }

    const STEWARD: Standing = Standing::Staff { role: Role::LifeSteward, owner: true };
    const DESK: Standing = Standing::Staff { role: Role::PropertyDesk, owner: false };

    #[test]
    fn the_thin_thread_runs_through_the_table() {
        let table = table();
        let mut state = CaseState::None;
        for (event, standing) in [
            (Event::Report, Standing::Reporter),
            (Event::Take, STEWARD),
            (Event::Finish, STEWARD),
            (Event::NotFixed, Standing::Reporter),
            (Event::Take, STEWARD),
            (Event::Finish, STEWARD),
            (Event::Confirm, Standing::Reporter),
        ] {
            state = table.step(USUAL, state, event, standing).unwrap().to;
        }
        assert_eq!(state, CaseState::Closed);
    }

    #[test]
    fn every_state_is_in_the_table_and_closed_is_what_open311_calls_closed() {
        let table = table();
        for state in CaseState::ALL.iter().filter(|s| **s != CaseState::None) {
            let arrival = table.arrival(*state).unwrap_or_else(|| panic!("no row leads to {state}"));
            let ended = matches!(state, CaseState::Closed | CaseState::Void | CaseState::Merged | CaseState::Joined);
            assert_eq!(arrival.open, !ended, "{state}");
        }
        for event in Event::ALL {
            assert!(table.rows().any(|row| row.event == *event), "no row for {event}");
        }
    }

    #[test]
    fn the_owner_cannot_confirm_his_own_work() {
        let table = table();
        let own_desk = Standing::Staff { role: Role::PropertyDesk, owner: true };
        assert!(table.step(USUAL, CaseState::AwaitingConfirmation, Event::Confirm, DESK).is_ok());
        assert!(matches!(
            table.step(USUAL, CaseState::AwaitingConfirmation, Event::Confirm, own_desk),
            Err(InvalidTransition::NotYours { .. })
        ));
    }

    /// The table is data: another row gives another outcome, another citation and another mark, without a line of code.
    #[test]
    fn changing_a_row_changes_outcome_and_citation() {
        let before = read(TEXT).unwrap();
        let finish = "event = \"finish\"\nprofiles = [\"repair\"]\nto = \"awaiting_confirmation\"\nwho = [\"owner\", \"desk\"]\nclock = \"stopped\"";
        let local = TEXT
            .replace(finish, "event = \"finish\"\nprofiles = [\"repair\"]\nto = \"closing_check\"\nwho = [\"owner\", \"desk\"]\nclock = \"stopped\"")
            // In the profile of repairs a check must lead on, or the table is refused.
            .replace("event = \"close\"\nprofiles = [\"city\"]", "event = \"close\"\nprofiles = [\"city\", \"repair\"]")
            .replace("version = \"2026.8\"", "version = \"2026.8-xuanwu\"")
            .replace("title = \"GB/T 30428.8-2020", "title = \"玄武区案卷办法 第九条;GB/T 30428.8-2020");
        let after = read(&local).unwrap();
        let to = |rules: &Rules| rules.transitions().step(USUAL, CaseState::Handling, Event::Finish, STEWARD).unwrap().to;
        assert_eq!((to(&before), to(&after)), (CaseState::AwaitingConfirmation, CaseState::ClosingCheck));
        assert!(after.transitions_mark().starts_with("cases.transitions@2026.8-xuanwu#"));
        let cited = |rules: &Rules| rules.transitions_stamp().citation.title.starts_with("玄武区案卷办法 第九条");
        assert_eq!((cited(&before), cited(&after)), (false, true));
    }

    #[test]
    fn tables_that_contradict_themselves_are_refused() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        let row = "\n[[body.row]]\nstate = \"suspended\"\nevent = \"resume\"\nto = \"handling\"\nwho = [\"owner\"]\nclock = \"running\"\nopen311 = \"open\"\n";
        assert!(said(&format!("{TEXT}{row}")).contains("suspended on resume is there twice"));
        let stranger = TEXT.replacen("who = [\"reporter\", \"field\"", "who = [\"mayor\", \"field\"", 1);
        assert!(said(&stranger).contains("nobody is called mayor"));
        let stuck = TEXT.replace("state = \"suspended\"\nevent = \"resume\"", "state = \"extended\"\nevent = \"resume\"");
        assert!(said(&stuck).contains("in the profile city no way leads from suspended to an end"));
    }
}
