//! Pure decisions, each from data: which transition, which class, which clock. The data cite their source and their version.

mod classes;
mod clocks;
mod transitions;

use serde::Deserialize;

pub use classes::{Class, Classes};
pub use clocks::{Clocks, ClockRule, Due};
pub use transitions::{Arrival, Row, Transitions, Who};

/// Where a pack of rules comes from, as it is printed beside what it decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackHead {
    /// Its name, `cases.transitions`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The first day it holds, as in the file.
    pub valid_from: String,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read; if not, screens say 规则未核实.
    pub verified: bool,
    /// What is to be known about it.
    #[serde(default)]
    pub note: String,
}

impl PackHead {
    /// What the journal keeps of it: name and version.
    #[must_use]
    pub fn mark(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

/// A rule file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not the form the file must have.
    #[error("{pack}: {problem}")]
    Form {
        /// Which file.
        pack: &'static str,
        /// What is wrong, with line and column.
        problem: String,
    },
    /// Readable, but the rules contradict each other or lead nowhere.
    #[error("{pack}: {problem}")]
    Contradiction {
        /// Which file.
        pack: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// All rules of the room.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which transitions there are.
    pub transitions: Transitions,
    /// What can be reported.
    pub classes: Classes,
    /// By when it is promised.
    pub clocks: Clocks,
}

/// The transition table that ships.
pub const TRANSITIONS: &str = include_str!("../../rules/transitions.toml");
/// The classes that ship.
pub const CLASSES: &str = include_str!("../../rules/classes.toml");
/// The clocks that ship.
pub const CLOCKS: &str = include_str!("../../rules/clocks.toml");

impl Rules {
    /// The rules that ship with the program.
    ///
    /// # Errors
    /// Never for a released program; a test holds that.
    pub fn shipped() -> Result<Self, RuleError> {
        Self::parse(TRANSITIONS, CLASSES, CLOCKS)
    }

    /// Rules from three texts in TOML.
    ///
    /// # Errors
    /// When a text has not the form, or the rules do not hold together.
    pub fn parse(transitions: &str, classes: &str, clocks: &str) -> Result<Self, RuleError> {
        let rules = Self {
            transitions: Transitions::parse(transitions)?,
            classes: Classes::parse(classes)?,
            clocks: Clocks::parse(clocks)?,
        };
        for class in rules.classes.all() {
            if rules.clocks.named(&class.clock).is_none() {
                let problem = format!("class {} names the clock {}, which there is not", class.code, class.clock);
                return Err(RuleError::Contradiction { pack: "cases.classes", problem });
            }
        }
        Ok(rules)
    }
}

fn read<T: serde::de::DeserializeOwned>(pack: &'static str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|e| RuleError::Form { pack, problem: e.to_string() })
}
