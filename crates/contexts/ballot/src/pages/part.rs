//! A vote as it is shown to everybody: what is voted on, what it needs, of whom ballots came, and after the count every number.

use askama::Template;
use linli_kernel::{Fraction, Ts};
use linli_webkit::{AppError, T};

use super::{doubts, source};
use crate::model::{Measure, Mode, Silent, State, Verdict};
use crate::queries::VoteView;
use crate::rules::count::{Base, Counted, Threshold};

/// A bar of a turnout, with the line it has to reach.
struct Bar {
    label: String,
    words: String,
    /// Thousandths of the bar.
    filled: i64,
    line: i64,
    reached: bool,
    word: String,
}

struct TopicRow {
    text: String,
    matter: String,
    needs: String,
    result: Option<ResultRow>,
}

struct ResultRow {
    tone: &'static str,
    verdict: String,
    rows: Vec<(String, String, i64)>,
    split: String,
}

#[derive(Template)]
#[template(path = "ballot-part.html")]
struct Part {
    t: T,
    facts: Vec<(String, String)>,
    body: String,
    topics: Vec<TopicRow>,
    bars: Vec<Bar>,
    homes: String,
    closed: bool,
    seal: String,
    source: String,
    doubts: String,
    consultation: bool,
    /// The page of what was posted, with its proof.
    notice: String,
}

/// The least of a whole that reaches a share, in the unit of the whole.
fn least(share: Fraction, whole: i64) -> i64 {
    let (part, under) = (i128::from(share.part) * i128::from(whole), i128::from(share.whole.max(1)));
    i64::try_from((part + under - 1) / under).unwrap_or(i64::MAX)
}

/// Thousandths, rounded down: a bar never reaches a line that was not reached.
fn thousandths(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { i64::try_from(i128::from(part) * 1_000 / i128::from(whole)).unwrap_or(0).clamp(0, 1_000) }
}

fn bars(t: &T, view: &VoteView) -> Vec<Bar> {
    let (all, (part, _)) = (view.vote.all, view.turnout);
    let threshold = view.topics.iter().find_map(|topic| view.rule.value.threshold(topic.matter?));
    let quorum = threshold.map(|threshold| threshold.quorum);
    let bar =
        |key: &str, (part, whole): (i64, i64), (told, of): (String, String), share: Option<Fraction>, need: Option<String>| {
            let reached = share.is_some_and(|share| share.is_reached_by(part, whole));
            let words = match &need {
                Some(need) => {
                    t.with("ballot-turnout-needs", &[("part", told.into()), ("all", of.into()), ("need", need.as_str().into())])
                }
                None => t.with("ballot-turnout", &[("part", told.into()), ("all", of.into())]),
            };
            Bar {
                label: t.s(key).into_owned(),
                words,
                filled: thousandths(part, whole),
                line: share.map_or(-1, |share| thousandths(least(share, whole), whole)),
                reached,
                word: if share.is_none() {
                    String::new()
                } else {
                    t.s(if reached { "ballot-reached" } else { "ballot-not-yet" }).into_owned()
                },
            }
        };
    let square = |area: linli_kernel::Area| t.v("ballot-m2", "area", area);
    let heads = |n: i64| t.n("ballot-heads", n);
    let area_need = quorum.map(|quorum| square(linli_kernel::Area(least(quorum.area, all.area.0))));
    let head_need = quorum.map(|quorum| heads(least(quorum.heads, all.heads)));
    let area = (square(part.area), square(all.area));
    vec![
        bar("ballot-by-area", (part.area.0, all.area.0), area, quorum.map(|quorum| quorum.area), area_need),
        bar(
            "ballot-by-heads",
            (part.heads, all.heads),
            (heads(part.heads), heads(all.heads)),
            quorum.map(|quorum| quorum.heads),
            head_need,
        ),
    ]
}

fn share(share: Fraction) -> String {
    format!("{}/{}", share.part, share.whole)
}

fn needs(t: &T, threshold: &Threshold) -> String {
    let base = match threshold.base {
        Base::All => "ballot-base-all",
        Base::Participants => "ballot-base-participants",
    };
    let key = if threshold.exceed { "ballot-needs-more" } else { "ballot-needs" };
    t.with(
        key,
        &[
            ("quorum", share(threshold.quorum.area).into()),
            ("area", share(threshold.approve.area).into()),
            ("heads", share(threshold.approve.heads).into()),
            ("base", t.s(base).into_owned().into()),
        ],
    )
}

pub(crate) const fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "well",
        Verdict::Rejected | Verdict::NoQuorum => "act",
        Verdict::Heard => "info",
    }
}

fn result(t: &T, counted: &Counted, verdict: Verdict) -> ResultRow {
    let row = |key: &str, one: Measure| (t.s(key).into_owned(), one.area.to_string(), one.heads);
    ResultRow {
        tone: tone(verdict),
        verdict: t.s(&format!("ballot-verdict-{verdict}")).into_owned(),
        rows: vec![
            row("ballot-choice-y", counted.yes),
            row("ballot-choice-n", counted.no),
            row("ballot-choice-a", counted.abstain),
            row("ballot-choice-b", counted.blank),
        ],
        split: if counted.split > 0 { t.n("ballot-split", counted.split) } else { String::new() },
    }
}

fn topics(t: &T, view: &VoteView) -> Vec<TopicRow> {
    let lang = t.locale().tag();
    let outcome = view.decision.as_ref().map(|decision| &decision.outcome);
    let row = |(at, topic): (usize, &crate::model::Topic)| TopicRow {
        text: t.with("ballot-topic", &[("no", topic.no.into()), ("text", topic.text.as_str().into())]),
        matter: topic.matter.and_then(|no| view.rule.value.matter(no)).map_or_else(String::new, |matter| {
            t.with("ballot-matter", &[("no", matter.no.into()), ("text", matter.text(lang).into())])
        }),
        needs: topic
            .matter
            .and_then(|no| view.rule.value.threshold(no))
            .map(|threshold| needs(t, &threshold))
            .unwrap_or_default(),
        result: outcome.and_then(|outcome| Some(result(t, outcome.tally.topics.get(at)?, *outcome.verdicts.get(at)?))),
    };
    view.topics.iter().enumerate().map(row).collect()
}

fn facts(t: &T, view: &VoteView) -> Vec<(String, String)> {
    let vote = &view.vote;
    let mut facts = vec![
        (t.s("ballot-number").into_owned(), vote.number.clone()),
        (t.s("ballot-place").into_owned(), view.place.clone()),
        (t.s("ballot-mode").into_owned(), t.s(&format!("ballot-mode-{}", vote.mode)).into_owned()),
        (t.s("ballot-state").into_owned(), t.s(&format!("ballot-state-{}", vote.state)).into_owned()),
    ];
    let mut told = |key: &str, at: Option<Ts>| {
        if let Some(at) = at {
            facts.push((t.s(key).into_owned(), t.moment(at)));
        }
    };
    told("ballot-posted-at", vote.posted_at);
    if vote.state == State::Posted {
        told("ballot-may-open", vote.may_open_at);
    }
    told("ballot-opened-at", vote.opened_at);
    told("ballot-closes-at", vote.closes_at);
    if vote.state == State::Closed {
        told("ballot-due-at", vote.due_at);
        told("ballot-announced-at", vote.announced_at);
    }
    if vote.homes > 0 {
        let all = [("homes", vote.homes.into()), ("area", vote.all.area.to_string().into()), ("heads", vote.all.heads.into())];
        facts.push((t.s("ballot-all").into_owned(), t.with("ballot-all-told", &all)));
    }
    if vote.mode == Mode::Binding {
        let key = if vote.with_parking { "ballot-parking-yes" } else { "ballot-parking-no" };
        facts.push((t.s("ballot-parking").into_owned(), t.s(key).into_owned()));
        let mut silent = t.s(&format!("ballot-silent-{}", vote.silent)).into_owned();
        if vote.silent != Silent::NotParticipating {
            silent.push_str(&t.v("ballot-silent-basis-told", "basis", &vote.silent_basis));
        }
        facts.push((t.s("ballot-silent").into_owned(), silent));
    }
    if let Some(official) = view.decision.as_ref().and_then(|decision| decision.official.as_ref()) {
        let told = [("system", official.system.as_str().into()), ("reference", official.reference.as_str().into())];
        facts.push((t.s("ballot-official").into_owned(), t.with("ballot-official-told", &told)));
    }
    facts
}

/// The part, ready HTML.
///
/// # Errors
/// None that can happen; the error is that of the template.
pub(crate) fn html(t: &T, view: &VoteView) -> Result<String, AppError> {
    let running = view.vote.homes > 0;
    let part = Part {
        facts: facts(t, view),
        body: view.vote.body.clone(),
        topics: topics(t, view),
        bars: if running { bars(t, view) } else { Vec::new() },
        homes: if running {
            t.with("ballot-homes-came", &[("came", view.turnout.1.into()), ("all", view.vote.homes.into())])
        } else {
            String::new()
        },
        closed: view.vote.state == State::Closed,
        seal: view.vote.seal.clone(),
        source: source(t, &view.rule),
        doubts: doubts(t, &view.rule),
        consultation: view.vote.mode == Mode::Consultation,
        notice: view.vote.notice.map(|id| format!("/n/{}/{id}", view.vote.district)).unwrap_or_default(),
        t: t.clone(),
    };
    part.render().map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_reaches_its_line_only_with_the_last_hundredth() {
        let thirds = Fraction { part: 2, whole: 3 };
        for whole in [1, 2, 3, 100, 120_000, 99_999, 1_000_000_007] {
            let need = least(thirds, whole);
            assert!(thirds.is_reached_by(need, whole) && !thirds.is_reached_by(need - 1, whole), "{whole}");
            assert!(thousandths(need - 1, whole) <= thousandths(need, whole));
        }
        assert_eq!((thousandths(5, 0), thousandths(1, 3)), (0, 333));
    }
}
