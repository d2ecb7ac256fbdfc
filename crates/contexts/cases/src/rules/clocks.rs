//! By when something is promised (办理时限): named clocks, each with its term and its source.

use linli_calendar::{Calendar, Explanation, Pause, Term};
use linli_kernel::Ts;
use serde::Deserialize;

use linli_rulebook::Contradiction;

/// A clock that classes name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    /// Its code.
    pub code: String,
    /// How long it takes, and in which kind of time.
    pub term: Term,
    /// Its source.
    pub citation: String,
    /// Whether the text of the source was read; if not, screens say 规则未核实.
    pub verified: bool,
}

/// A promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: Ts,
    /// Whether it rests on a calendar year whose plan is not out yet.
    pub provisional: bool,
}

/// The clocks. Read from the body of their pack; refused when a code is there twice.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Body")]
pub struct Clocks {
    clocks: Vec<ClockRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    clock: Vec<ClockRule>,
}

impl TryFrom<Body> for Clocks {
    type Error = Contradiction;

    fn try_from(body: Body) -> Result<Self, Contradiction> {
        let mut codes = std::collections::BTreeSet::new();
        match body.clock.iter().find(|rule| !codes.insert(rule.code.as_str())) {
            Some(twice) => Err(Contradiction(format!("clock {} is there twice", twice.code))),
            None => Ok(Self { clocks: body.clock }),
        }
    }
}

impl Clocks {
    /// The clock with this code.
    #[must_use]
    pub fn named(&self, code: &str) -> Option<&ClockRule> {
        self.clocks.iter().find(|rule| rule.code == code)
    }

    /// All clocks, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = &ClockRule> {
        self.clocks.iter()
    }

    /// By when, counted from an instant and without the pauses; `None` when there is no such clock, or one of the pauses lasts.
    #[must_use]
    pub fn due(&self, calendar: &Calendar, code: &str, from: Ts, pauses: &[Pause]) -> Option<Due> {
        let deadline = calendar.deadline(from, &self.named(code)?.term, pauses);
        deadline.due().map(|at| Due { at, provisional: deadline.provisional })
    }

    /// Why it falls there, for pages.
    #[must_use]
    pub fn explain(&self, calendar: &Calendar, code: &str, from: Ts, pauses: &[Pause]) -> Option<Explanation> {
        Some(calendar.explain(from, &self.named(code)?.term, pauses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{PACKS, Rules};
    use linli_kernel::PlacePath;
    use linli_rulebook::Rulebook;

    const TEXT: &str = PACKS[2].1;

    fn read(text: &str) -> Clocks {
        let book = Rulebook::builtin(&PACKS).unwrap().load_dir(vec![("local.toml".to_owned(), text.to_owned())]).unwrap();
        Rules::at(&book, &PlacePath::root(), Ts(1_800_000_000_000_000)).unwrap().clocks().clone()
    }

    /// The clock is data: another amount moves the promise and changes the mark, without a line of code.
    #[test]
    fn changing_a_clock_moves_the_promise() {
        let calendar = Calendar::new([], []).unwrap();
        let monday = Ts::from_local(jiff::civil::date(2026, 11, 23).at(9, 0, 0, 0)).unwrap();
        let before = read(TEXT);
        let after = read(&TEXT.replace("unit = \"working_days\", amount = 2", "unit = \"working_days\", amount = 1"));
        let due = |clocks: &Clocks| clocks.due(&calendar, "two_days", monday, &[]).unwrap().at.rfc3339();
        assert_eq!(due(&before), "2026-11-25T09:00:00+08:00");
        assert_eq!(due(&after), "2026-11-24T09:00:00+08:00");
    }

    #[test]
    fn danger_to_life_counts_on_sunday_night() {
        let calendar = Calendar::new([], []).unwrap();
        let sunday = Ts::from_local(jiff::civil::date(2026, 11, 22).at(23, 0, 0, 0)).unwrap();
        let clocks = read(TEXT);
        assert_eq!(clocks.due(&calendar, "life", sunday, &[]).unwrap().at, sunday.plus_secs(2 * 3600));
        assert_eq!(clocks.due(&calendar, "nothing", sunday, &[]), None);
    }
}
