//! The pages of this room.

pub(crate) mod desk;
pub(crate) mod draft;
pub(crate) mod home;
pub(crate) mod list;
pub(crate) mod owners;
pub(crate) mod paper;
pub(crate) mod part;
pub(crate) mod public;
pub(crate) mod take;
pub(crate) mod work;

use std::str::FromStr;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use linli_access::{Actor, Ctx, Denied};
use linli_hall::{Caller, Hall, Told};
use linli_kernel::{Code, DistrictId, Ts};
use linli_rulebook::Rule;
use linli_webkit::error::Arg;
use linli_webkit::view::Choice as Shown;
use linli_webkit::{AppError, FieldProblem, FormMap, T};

use crate::error::{BallotError, Wrong};
use crate::model::{Choice, Choices, Topic};
use crate::office::BallotOffice;
use crate::rules::Pack;

/// What pages of this room are told of: everything that happens in it.
pub(crate) const TOLD: Told = Told { kinds: &["ballot."], except: &[] };

/// `11月24日 24:00` would be the next day's 00:00; people are told the moment itself.
fn moment(at: Ts) -> String {
    at.local().strftime("%Y-%m-%d %H:%M").to_string()
}

impl From<BallotError> for AppError {
    fn from(error: BallotError) -> Self {
        let code = error.code();
        match error {
            BallotError::Denied(refusal) => linli_hall::denied(refusal),
            BallotError::Db(error) => linli_hall::store_error(error),
            BallotError::Board(error) => Self::from(*error),
            BallotError::Field { field, problem } => Self::invalid(vec![problem_of(field, problem)]),
            // Pages say it in the words of the reader, see `at_line`.
            BallotError::Line { line, field: _, problem } => {
                let wrong = FieldProblem::new("file", "ballot-line")
                    .arg("line", line)
                    .arg("column", "")
                    .arg("wrong", problem.to_string());
                Self::invalid(vec![wrong])
            }
            BallotError::PostedTooShort { until } => at_field(code, "closes_on", &[("until", moment(until).into())]),
            BallotError::Over { at } => at_field(code, "home", &[("at", moment(at).into())]),
            BallotError::AreaSum { declared, found } => {
                at_field(code, "declared", &[("declared", declared.to_string().into()), ("found", found.to_string().into())])
            }
            BallotError::RegisterIncomplete { homes } => at_field(code, "closes_on", &[("homes", homes.into())]),
            BallotError::ProxyFull { most } => at_field(code, "proxy_document", &[("most", most.into())]),
            BallotError::NoticeGone | BallotError::NobodyVotes => at_field(code, "closes_on", &[]),
            BallotError::AlreadyCast | BallotError::OwnerChanged | BallotError::OfficialSystem => at_field(code, "home", &[]),
            BallotError::TwoScans | BallotError::ScanUsed => at_field(code, "picture", &[]),
            BallotError::SamePerson | BallotError::ReadingsDiffer => at_field(code, "topic_1", &[]),
            BallotError::MatterUnknown => at_field(code, "matter_1", &[]),
            other => Self::new(code).caused_by(other),
        }
    }
}

/// A refusal that stands at a field of the form, in the words of its code.
fn at_field(code: Code, field: &str, args: &[(&'static str, Arg)]) -> AppError {
    let problem = FieldProblem::new(field, &code.text_key());
    let problem = args.iter().fold(problem, |problem, (name, value)| problem.arg(name, value.clone()));
    AppError::invalid(vec![problem])
}

fn problem_of(field: &str, problem: Wrong) -> FieldProblem {
    match problem {
        Wrong::TooLong { max } => FieldProblem::new(field, "ballot-wrong-too-long").arg("max", max),
        Wrong::TooShort { days } => FieldProblem::new(field, "ballot-wrong-too-short").arg("days", days),
        Wrong::TooLate { days } => FieldProblem::new(field, "ballot-wrong-too-late").arg("days", days),
        other => FieldProblem::new(field, wrong_key(other)),
    }
}

/// The key of the text of what is wrong.
pub(crate) const fn wrong_key(problem: Wrong) -> &'static str {
    match problem {
        Wrong::Required => "ballot-wrong-required",
        Wrong::NotAChoice => "ballot-wrong-choice",
        Wrong::TooLong { .. } => "ballot-wrong-too-long",
        Wrong::ControlCharacter => "ballot-wrong-control",
        Wrong::NotADay => "ballot-wrong-day",
        Wrong::TooShort { .. } => "ballot-wrong-too-short",
        Wrong::TooLate { .. } => "ballot-wrong-too-late",
        Wrong::NotAnArea => "ballot-wrong-area",
        Wrong::NotWhole => "ballot-wrong-whole",
        Wrong::NotADocument => "ballot-wrong-document",
        Wrong::UnknownPlace => "ballot-wrong-place",
        Wrong::Contradicts => "ballot-wrong-contradicts",
        Wrong::DoesNotSum => "ballot-wrong-sum",
        Wrong::OtherResult => "ballot-wrong-result",
        Wrong::WorseSource => "ballot-wrong-source",
        Wrong::NoPicture => "ballot-wrong-picture",
    }
}

/// A refusal of a table, with its line, in the words of the reader.
pub(crate) fn at_line(t: &T, error: BallotError, under: &str) -> AppError {
    match error {
        BallotError::Line { line, field, problem } => {
            let column = t.s(&format!("ballot-column-{field}")).into_owned();
            let wrong = problem_of(field, problem).text(t);
            AppError::invalid(vec![
                FieldProblem::new(under, "ballot-line").arg("line", line).arg("column", column).arg("wrong", wrong),
            ])
        }
        other => other.into(),
    }
}

pub(crate) fn office(hall: &Hall) -> Result<Arc<BallotOffice>, AppError> {
    hall.service::<BallotOffice>()
}

/// The district in which the actor acts.
pub(crate) fn district(ctx: &Ctx) -> Result<DistrictId, AppError> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.district),
        Actor::Unappointed { .. } | Actor::Program { .. } | Actor::System(_) => Err(linli_hall::denied(Denied::Forbidden)),
        Actor::Visitor | Actor::Resident { .. } => Err(linli_hall::denied(Denied::Unauthenticated)),
    }
}

/// Takes the key of the form, where no header brought one.
pub(crate) fn take_key(caller: &mut Caller, form: &FormMap) {
    if caller.ctx.idempotency_key.is_none() {
        caller.ctx.idempotency_key = form.idempotency_key().map(str::to_owned);
    }
}

/// A page that no cache keeps.
pub(crate) fn private(page: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "private, no-store")], page).into_response()
}

/// A text file to be kept.
pub(crate) fn file(name: &str, kind: &'static str, body: String) -> Response {
    let named = format!("attachment; filename=\"{name}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, named), (CACHE_CONTROL, "private, no-store".to_owned())], body)
        .into_response()
}

/// An id in an address.
pub(crate) fn id<I: FromStr>(typed: &str) -> Result<I, BallotError> {
    typed.parse().map_err(|_| BallotError::NotFound)
}

/// A field that is one of a list of words, or an id.
pub(crate) fn word<W: FromStr>(form: &FormMap, field: &'static str) -> Result<W, BallotError> {
    let typed = form.typed(field);
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotAChoice };
    typed.parse().map_err(|_| BallotError::field(field, problem))
}

/// The rule behind something, as a line: whose, its law, its version, and that nobody has checked it where that is so.
pub(crate) fn source(t: &T, rule: &Rule<Pack>) -> String {
    let key = if rule.stamp.verified { "ballot-source" } else { "ballot-source-unverified" };
    let citation = &rule.stamp.citation;
    t.with(
        key,
        &[
            ("region", rule.value.name(t.locale().tag()).into()),
            ("title", citation.title_in(t.locale().tag()).into()),
            ("article", citation.article.as_deref().unwrap_or_default().into()),
            ("version", rule.stamp.version.as_str().into()),
        ],
    )
}

/// What of the rule nobody has read in a law, as a line; empty where all of it was.
pub(crate) fn doubts(t: &T, rule: &Rule<Pack>) -> String {
    if rule.value.unsure().is_empty() {
        return String::new();
    }
    let parts: Vec<String> = rule.value.unsure().iter().map(|part| t.s(&format!("ballot-part-{part}")).into_owned()).collect();
    t.v("ballot-unsure", "parts", parts.join(&*t.s("ballot-comma")))
}

/// A matter in a form of choices.
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) typed: String,
    pub(crate) wrong: String,
}

/// The matters of a ballot as a form asks them, with what was typed.
pub(crate) fn asked(t: &T, topics: &[Topic], (form, problems): (&FormMap, &linli_webkit::Problems)) -> Vec<Asked> {
    let one = |topic: &Topic| {
        let name = format!("topic_{}", topic.no);
        Asked {
            text: t.with("ballot-topic", &[("no", topic.no.into()), ("text", topic.text.as_str().into())]),
            typed: form.typed(&name).to_owned(),
            wrong: problems.text(t, &name),
            name,
        }
    };
    topics.iter().map(one).collect()
}

/// The choices of a matter; `blank` only where a paper is read.
pub(crate) fn choices(t: &T, blank: bool) -> Vec<Shown> {
    let offered = Choice::ALL.iter().filter(|choice| blank || **choice != Choice::Blank);
    offered.map(|choice| Shown::new(choice.as_str(), t.s(&format!("ballot-choice-{choice}")).into_owned())).collect()
}

/// What a form says, matter by matter.
///
/// # Errors
/// A field for every matter without an answer.
pub(crate) fn said(form: &FormMap, topics: &[Topic]) -> Result<Choices, AppError> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for topic in topics {
        let name = format!("topic_{}", topic.no);
        match form.typed(&name).parse() {
            Ok(choice) => all.push(choice),
            Err(_) => wrong.push(FieldProblem::new(&name, "ballot-wrong-answer")),
        }
    }
    if wrong.is_empty() { Ok(Choices::new(all)) } else { Err(AppError::invalid(wrong)) }
}

/// What a ballot says, in words.
pub(crate) fn spelt(t: &T, choices: &Choices) -> String {
    let words: Vec<String> = choices.all().iter().map(|choice| t.s(&format!("ballot-choice-{choice}")).into_owned()).collect();
    words.join(&*t.s("ballot-comma"))
}

/// The code of a receipt as it is read aloud: `ABCD-EFGH-JKMN-PQRS`.
pub(crate) fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Runs one command in a transaction of the actor's district.
macro_rules! run {
    ($caller:expr, $hall:expr, $tx:ident => $command:expr) => {
        async {
            let mut tx = $hall.begin($crate::pages::district(&$caller.ctx)?).await?;
            let $tx = &mut tx;
            let done = $command.await?;
            $hall.commit(tx).await?;
            Ok::<_, linli_webkit::AppError>(done)
        }
        .await
    };
}
pub(crate) use run;
