//! What became of a batch, for its answer.

use std::collections::BTreeMap;

use super::batch::{BatchJson, ProblemJson};
use crate::door::Verdict;

/// Most lines that an answer names; the others are only counted.
const NAMED_MAX: usize = 1_000;

/// What became of the lines of a batch.
#[derive(Debug, Default)]
pub(super) struct Tally {
    verdicts: BTreeMap<Verdict, u64>,
    rejected: BTreeMap<&'static str, u64>,
    named: Vec<(u32, &'static str)>,
}

impl Tally {
    /// What the door said of some lines.
    pub(super) fn judged(&mut self, verdicts: &[Verdict], lines: &[u32]) {
        let mut counted = 0;
        for (verdict, line) in verdicts.iter().zip(lines) {
            if *verdict == Verdict::Counted {
                counted += 1;
            } else {
                *self.verdicts.entry(*verdict).or_default() += 1;
                self.name(*verdict, *line);
            }
        }
        if counted > 0 {
            *self.verdicts.entry(Verdict::Counted).or_default() += counted;
        }
    }

    /// A line that says again what the line before says.
    pub(super) fn repeated(&mut self) {
        *self.verdicts.entry(Verdict::Repeated).or_default() += 1;
    }

    /// A line that never came to the door.
    pub(super) fn rejected(&mut self, line: u32, why: &'static str) {
        *self.rejected.entry(why).or_default() += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push((line, why));
        }
    }

    /// That it was said before, that the person is away or that nobody asked for it is nothing that the sender must put right.
    fn name(&mut self, verdict: Verdict, line: u32) {
        if matches!(verdict, Verdict::Future | Verdict::NoConsent) && self.named.len() < NAMED_MAX {
            self.named.push((line, verdict.code()));
        }
    }

    /// What was dropped, for the registry.
    pub(super) fn dropped(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let verdicts = self.verdicts.iter().filter(|(verdict, _)| **verdict != Verdict::Counted);
        verdicts.map(|(verdict, n)| (verdict.code(), *n)).chain(self.rejected.iter().map(|(why, n)| (*why, *n)))
    }

    /// The answer: how many lines came to what, and which are wrong.
    pub(super) fn answer(mut self) -> BatchJson {
        self.named.sort_unstable();
        let of = |verdict: Verdict| self.verdicts.get(&verdict).copied().unwrap_or_default();
        let rejected: u64 = self.rejected.values().sum();
        let wrong = rejected + of(Verdict::Future) + of(Verdict::NoConsent);
        let more = wrong.saturating_sub(u64::try_from(NAMED_MAX).unwrap_or(u64::MAX));
        BatchJson {
            lines: self.verdicts.values().sum::<u64>() + rejected,
            counted: of(Verdict::Counted),
            repeated: of(Verdict::Repeated),
            future: of(Verdict::Future),
            no_consent: of(Verdict::NoConsent),
            while_away: of(Verdict::WhileAway),
            not_asked: of(Verdict::NotAsked),
            rejected,
            problems: self.named.iter().map(|(line, code)| ProblemJson { line: *line, code }).collect(),
            more_problems: Some(more).filter(|more| *more > 0),
        }
    }
}
