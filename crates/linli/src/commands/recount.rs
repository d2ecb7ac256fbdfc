//! `linli recount FILE`: counts the ballots of a file anew, with nothing but the file.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use linli_ballot::model::{Mode, Verdict};
use linli_ballot::recount::{Recounted, recount};
use linli_ballot::rules::count::Threshold;
use linli_ballot::rules::{PACKS, Pack};
use linli_rulebook::Rulebook;

/// What to count.
#[derive(Debug, clap::Args)]
pub struct Recount {
    /// The file, as an owner or whoever held the vote downloads it.
    file: PathBuf,
    /// The seal of the list as it stands in the public log or on the board: without it a file that is new from end to end cannot be told.
    #[arg(long)]
    seal: Option<String>,
}

/// Counts, and says what comes out. False when a line does not hold, which is named, or the seal is another.
pub fn run(what: &Recount) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    let file = File::open(&what.file).with_context(|| what.file.display().to_string())?;
    let book = Rulebook::builtin(&PACKS).context("the shipped rules")?;
    let known = |mark: &str, matter: i64| -> Option<Threshold> { book.by_mark::<Pack>(mark)?.value.threshold(matter) };
    let found = match recount(BufReader::new(file), &known) {
        Ok(found) => found,
        Err(error) => {
            writeln!(out, "{}: {error}", what.file.display())?;
            return Ok(false);
        }
    };
    tell(&mut out, &found)?;
    match what.seal.as_deref().map(str::trim) {
        Some(seal) if !seal.eq_ignore_ascii_case(&found.seal) => {
            writeln!(out, "the seal is another than {seal}: this is not the list that was counted")?;
            Ok(false)
        }
        Some(_) => {
            writeln!(out, "the seal is the one that was given")?;
            Ok(true)
        }
        None => {
            writeln!(out, "compare the seal with the one in the public log, or give it with --seal")?;
            Ok(true)
        }
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed (通过)",
        Verdict::Rejected => "not passed (未通过)",
        Verdict::NoQuorum => "too few took part (参与不足)",
        Verdict::Heard => "consultation, nothing decided (征求意见)",
    }
}

fn tell(out: &mut impl std::io::Write, found: &Recounted) -> std::io::Result<()> {
    let (header, tally) = (&found.header, &found.outcome.tally);
    writeln!(out, "{} {} · {}", header.number, header.title, header.place)?;
    writeln!(out, "opened {}, closed {}", header.opened_at, header.closed_at)?;
    if header.mode == Mode::Binding {
        let known = if found.rule_known {
            "known to this program, and the same"
        } else {
            "not known to this program: read its thresholds in the file"
        };
        writeln!(out, "rule {} ({}{}): {known}", header.rule, header.law, header.article)?;
    }
    writeln!(out, "all: {} m², {} owners, {} homes", tally.all.area, tally.all.heads, header.homes)?;
    writeln!(out, "took part: {} m², {} owners, {} homes", tally.part.area, tally.part.heads, tally.homes)?;
    for ((topic, counted), verdict) in header.topics.iter().zip(&tally.topics).zip(&found.outcome.verdicts) {
        writeln!(out, "{}. {}", topic.no, topic.text)?;
        for (what, one) in [("yes", counted.yes), ("no", counted.no), ("abstain", counted.abstain), ("blank", counted.blank)] {
            writeln!(out, "   {what}: {} m², {} owners", one.area, one.heads)?;
        }
        writeln!(out, "   {}", word(*verdict))?;
    }
    writeln!(out, "every line holds, and the result is the one of the file")?;
    writeln!(out, "seal {}", found.seal)
}
