//! The file by which a result is reproduced anywhere (重新计票文件), and whoever reads it: no database, no network, nothing but the file.
//!
//! One JSON value a line. The first says what was voted on and what it had to reach; then a line for every seat, in order; the last says the result. Every
//! line ends with `"chain"`, the SHA-256 of the chain of the line before and the line itself without it, so that a line that was changed, moved, left out
//! or added is named. The chain of the last seat is the seal, which stands in the decision record and in the public log: whoever makes a whole new file
//! cannot make that.

use std::io::{BufRead, Read as _};

use linli_kernel::Area;
use linli_publiclog::{Commitment, Salt};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::model::{Choices, Measure, Mode, Silent, Verdict, VoteId};
use crate::rules::count::{self, Cast, Tally, Threshold};

/// The name of the format.
pub const FORMAT: &str = "linli-ballot/1";
/// The purpose of the commitment to a ballot, and its kind in the public log.
pub const CAST: &str = "ballot.cast";
/// The longest line that is read, bytes.
const LINE_MOST: u64 = 1_048_576;
const CHAIN: &str = ",\"chain\":\"";

/// What a ballot is committed to: the vote, the seat, the turn and what it says.
#[must_use]
pub fn words(vote: VoteId, (seat, turn): (i64, i64), choices: &Choices) -> String {
    format!("{FORMAT}\n{vote}\n{seat}\n{turn}\n{choices}\n")
}

/// The commitment to a ballot.
#[must_use]
pub fn commitment(vote: VoteId, at: (i64, i64), choices: &Choices, salt: &[u8; 32]) -> Commitment {
    Commitment::to(CAST, &Salt(*salt), words(vote, at, choices).as_bytes())
}

/// A matter in the first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicHead {
    /// From 1.
    pub no: i64,
    /// The words that were put to the vote.
    pub text: String,
    /// Its number in the article; none in a consultation.
    pub matter: Option<i64>,
    /// The matter as the rule calls it.
    pub matter_text: String,
    /// What it had to reach; none in a consultation.
    pub threshold: Option<Threshold>,
}

/// The first line. Areas are whole numbers of 0.01 m².
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// Which vote.
    pub vote: VoteId,
    /// The number people quote.
    pub number: String,
    /// What it is called.
    pub title: String,
    /// Whose owners voted.
    pub place: String,
    /// Whether it binds.
    pub mode: Mode,
    /// The rule it went by: id, version and digest.
    pub rule: String,
    /// The law behind it.
    pub law: String,
    /// Its article.
    pub article: String,
    /// Whether somebody has checked the rule against the law.
    pub verified: bool,
    /// How silence counted.
    pub silent: Silent,
    /// Where the assembly's rules say so.
    pub silent_basis: String,
    /// When it was posted, opened and closed.
    pub posted_at: String,
    /// When it was opened.
    pub opened_at: String,
    /// When it ended.
    pub closed_at: String,
    /// The matters.
    pub topics: Vec<TopicHead>,
    /// All who may vote.
    pub all: Measure,
    /// How many parts those are.
    pub homes: i64,
}

/// The line of a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatLine {
    /// From 1.
    pub seat: i64,
    /// What it is called among neighbours.
    pub home: String,
    /// Its area, 0.01 m².
    pub area: Area,
    /// The number of its owner.
    pub head: i64,
    /// How many ballots came for it.
    pub turn: i64,
    /// What the one that counts says, a letter for every matter: `y`, `n`, `a`, `b`.
    pub choices: Option<String>,
    /// What opens its commitment, hexadecimal.
    pub salt: Option<String>,
    /// Its commitment, as it stands in the public log.
    pub commitment: Option<String>,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The numbers.
    pub tally: Tally,
    /// Matter by matter.
    pub verdicts: Vec<Verdict>,
}

#[derive(Serialize, Deserialize)]
struct ResultLine {
    result: Outcome,
}

/// The result of a vote that official system counted: where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Official {
    /// The name of the system.
    pub system: String,
    /// The number of its result.
    pub reference: String,
}

/// The decision record (决定书): the article, the version of the rule, and every number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What was decided by which rule.
    pub header: Header,
    /// What came out.
    pub outcome: Outcome,
    /// The seal over the list of ballots; empty where another system counted.
    pub seal: String,
    /// Where it was counted, when not here.
    pub official: Option<Official>,
}

/// The verdicts of a count.
#[must_use]
pub fn verdicts(topics: &[TopicHead], tally: &Tally) -> Vec<Verdict> {
    let judged = |(topic, counted): (&TopicHead, &count::Counted)| match &topic.threshold {
        Some(threshold) => count::judge(threshold, (tally.all, tally.part, tally.counted), counted.yes),
        None => Verdict::Heard,
    };
    topics.iter().zip(&tally.topics).map(judged).collect()
}

/// Writes the file.
#[derive(Debug)]
pub struct Writer {
    text: String,
    chain: [u8; 32],
}

impl Writer {
    /// Begins with the first line.
    ///
    /// # Errors
    /// None of these values can fail to be written; the error is that of the format.
    pub fn new(header: &Header) -> serde_json::Result<Self> {
        let mut writer = Self { text: String::new(), chain: [0; 32] };
        writer.line(header)?;
        Ok(writer)
    }

    fn line(&mut self, value: &impl Serialize) -> serde_json::Result<()> {
        let body = serde_json::to_string(value)?;
        self.chain = link(&self.chain, &body);
        self.text.push_str(body.strip_suffix('}').unwrap_or(&body));
        self.text.push_str(CHAIN);
        self.text.push_str(&hex::encode(self.chain));
        self.text.push_str("\"}\n");
        Ok(())
    }

    /// A seat.
    ///
    /// # Errors
    /// As [`Writer::new`].
    pub fn seat(&mut self, seat: &SeatLine) -> serde_json::Result<()> {
        self.line(seat)
    }

    /// The seal over all so far.
    #[must_use]
    pub fn seal(&self) -> String {
        hex::encode(self.chain)
    }

    /// Ends with the result.
    ///
    /// # Errors
    /// As [`Writer::new`].
    pub fn end(mut self, outcome: &Outcome) -> serde_json::Result<String> {
        self.line(&ResultLine { result: outcome.clone() })?;
        Ok(self.text)
    }
}

fn link(before: &[u8; 32], body: &str) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update(body.as_bytes()).finalize().into()
}

/// What is wrong with a file, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {wrong}")]
pub struct RecountError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    pub wrong: Tampered,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    /// No text, or a line too long to be one of ours.
    #[error("cannot be read")]
    Unreadable,
    /// Nothing follows although the result is missing.
    #[error("the file ends before the result")]
    Ends,
    /// Something follows the result.
    #[error("something follows the result")]
    Follows,
    /// The line, or one before it, was changed, moved, left out or added.
    #[error("was changed: its chain is not that of the lines before it")]
    Chain,
    /// Not what stands there in this format.
    #[error("is not what stands here in linli-ballot/1")]
    Form,
    /// The program knows the rule, and it asks for something else.
    #[error("matter {topic} has to reach something else by this rule")]
    Rule {
        /// Which.
        topic: i64,
    },
    /// The seats contradict themselves.
    #[error(transparent)]
    Seat(count::CountError),
    /// A ballot that is not what was committed to.
    #[error("the ballot of seat {seat} is not the one that was committed to")]
    Commitment {
        /// Which.
        seat: i64,
    },
    /// The seats do not sum to what the first line says.
    #[error("the seats sum to {found}, and the first line says {said}")]
    Sum {
        /// What they sum to.
        found: String,
        /// What it says.
        said: String,
    },
    /// Another result comes out.
    #[error("another result comes out: {found}")]
    Result {
        /// What comes out, as JSON.
        found: String,
    },
}

/// A file that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recounted {
    /// Its first line.
    pub header: Header,
    /// What comes out, and what it says.
    pub outcome: Outcome,
    /// Its seal, to be compared with the one in the public log.
    pub seal: String,
    /// Whether the program knows the rule itself, and found what the file says of it.
    pub rule_known: bool,
}

struct Reading<R> {
    from: R,
    line: usize,
    chain: [u8; 32],
}

impl<R: BufRead> Reading<R> {
    const fn wrong(&self, wrong: Tampered) -> RecountError {
        RecountError { line: self.line, wrong }
    }

    /// The next line without its chain, which is checked; nothing at the end.
    fn next(&mut self) -> Result<Option<String>, RecountError> {
        self.line += 1;
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(LINE_MOST).read_until(b'\n', &mut bytes);
        if read.map_err(|_| self.wrong(Tampered::Unreadable))? == 0 {
            return Ok(None);
        }
        let text = String::from_utf8(bytes).map_err(|_| self.wrong(Tampered::Unreadable))?;
        let text = text.trim_end_matches(['\n', '\r']);
        let (body, chain) = text.rsplit_once(CHAIN).ok_or_else(|| self.wrong(Tampered::Form))?;
        let body = format!("{body}}}");
        self.chain = link(&self.chain, &body);
        if chain.strip_suffix("\"}") != Some(hex::encode(self.chain).as_str()) {
            return Err(self.wrong(Tampered::Chain));
        }
        Ok(Some(body))
    }

    fn must(&mut self) -> Result<String, RecountError> {
        self.next()?.ok_or_else(|| self.wrong(Tampered::Ends))
    }
}

fn checked_ballot(header: &Header, line: &SeatLine) -> Result<Option<Choices>, Tampered> {
    let Some(said) = &line.choices else {
        return if line.salt.is_none() && line.commitment.is_none() { Ok(None) } else { Err(Tampered::Form) };
    };
    let choices: Choices = said.parse().map_err(|_| Tampered::Form)?;
    let mut salt = [0; 32];
    hex::decode_to_slice(line.salt.as_deref().unwrap_or_default(), &mut salt).map_err(|_| Tampered::Form)?;
    let made = commitment(header.vote, (line.seat, line.turn), &choices, &salt).to_string();
    if line.commitment.as_ref() == Some(&made) { Ok(Some(choices)) } else { Err(Tampered::Commitment { seat: line.seat }) }
}

/// Reads a file and counts it anew. `known` says what a matter has to reach by a rule, where the program has that rule itself.
///
/// # Errors
/// The first line that does not hold, and what is wrong with it.
pub fn recount(from: impl BufRead, known: &dyn Fn(&str, i64) -> Option<Threshold>) -> Result<Recounted, RecountError> {
    let mut reading = Reading { from, line: 0, chain: [0; 32] };
    let first = reading.must()?;
    let header: Header = serde_json::from_str(&first).map_err(|_| reading.wrong(Tampered::Form))?;
    if header.format != FORMAT {
        return Err(reading.wrong(Tampered::Form));
    }
    let rule_known = rule_holds(&header, known).map_err(|wrong| reading.wrong(wrong))?;
    let (mut seats, mut said) = (Vec::new(), Vec::new());
    let mut seal = hex::encode(reading.chain);
    let outcome = loop {
        let body = reading.must()?;
        if body.starts_with("{\"result\"") {
            let line: ResultLine = serde_json::from_str(&body).map_err(|_| reading.wrong(Tampered::Form))?;
            break line.result;
        }
        let line: SeatLine = serde_json::from_str(&body).map_err(|_| reading.wrong(Tampered::Form))?;
        said.push(checked_ballot(&header, &line).map_err(|wrong| reading.wrong(wrong))?);
        seats.push((reading.line, line));
        seal = hex::encode(reading.chain);
    };
    let casts: Vec<Cast<'_>> = seats
        .iter()
        .zip(&said)
        .map(|((_, line), said)| Cast {
            seat: line.seat,
            area: line.area,
            head: line.head,
            choices: said.as_ref().map(Choices::all),
        })
        .collect();
    let tally = count::tally(&casts, header.topics.len(), header.silent).map_err(|error| {
        let seat = match error {
            count::CountError::Seat { seat }
            | count::CountError::Area { seat }
            | count::CountError::Head { seat }
            | count::CountError::Choices { seat } => seat,
        };
        let line = seats.iter().find(|(_, line)| line.seat == seat).map_or(reading.line, |(line, _)| *line);
        RecountError { line, wrong: Tampered::Seat(error) }
    })?;
    let homes = i64::try_from(seats.len()).unwrap_or(i64::MAX);
    if (tally.all, homes) != (header.all, header.homes) {
        let said = |all: Measure, homes: i64| format!("{} m², {} heads, {homes} homes", all.area, all.heads);
        let wrong = Tampered::Sum { found: said(tally.all, homes), said: said(header.all, header.homes) };
        return Err(RecountError { line: 1, wrong });
    }
    let found = Outcome { verdicts: verdicts(&header.topics, &tally), tally };
    if found != outcome {
        let found = serde_json::to_string(&found).unwrap_or_default();
        return Err(reading.wrong(Tampered::Result { found }));
    }
    if reading.next()?.is_some() {
        return Err(reading.wrong(Tampered::Follows));
    }
    Ok(Recounted { header, outcome, seal, rule_known })
}

fn rule_holds(header: &Header, known: &dyn Fn(&str, i64) -> Option<Threshold>) -> Result<bool, Tampered> {
    let mut all_known = header.mode == Mode::Binding;
    for topic in &header.topics {
        match (header.mode, topic.matter, &topic.threshold) {
            (Mode::Consultation, None, None) => {}
            (Mode::Binding, Some(matter), Some(said)) => match known(&header.rule, matter) {
                Some(asked) if asked != *said => return Err(Tampered::Rule { topic: topic.no }),
                Some(_) => {}
                None => all_known = false,
            },
            _ => return Err(Tampered::Form),
        }
    }
    Ok(all_known)
}

#[cfg(test)]
mod tests;
