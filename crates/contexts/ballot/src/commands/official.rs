//! The result of an official e-voting system (官方电子投票系统结果), where the law names one: every number written down, and judged anew by the same rule.

use linli_access::{Action, Ctx};
use linli_db::Tx;
use linli_kernel::Area;

use super::closing::{decide, header};
use super::votes::long_enough;
use super::{locked, text};
use crate::error::{BallotError, Wrong};
use crate::model::{Measure, Mode, State, Topic, Verdict, VoteId};
use crate::office::BallotOffice;
use crate::recount::{Decision, Official, Outcome, verdicts};
use crate::rules::count::{Counted, Tally};
use crate::store::votes;

/// The longest table that is read, in characters.
const TABLE_MAX: usize = 20_000;

/// A result as it was typed or pasted.
#[derive(Debug, Clone)]
pub struct Counting<'a> {
    /// The name of the system.
    pub system: &'a str,
    /// The number of its result.
    pub reference: &'a str,
    /// The table: a line `合计,面积,人数,户数` of all, a line `参与,面积,人数,户数` of those who took part, and for every matter a line
    /// `1,同意面积,同意人数,不同意面积,不同意人数,弃权面积,弃权人数,结果`.
    pub table: &'a str,
}

fn area(line: usize, field: &'static str, typed: &str) -> Result<i64, BallotError> {
    Area::parse(typed).map(|area| area.0).ok_or(BallotError::Line { line, field, problem: Wrong::NotAnArea })
}

fn whole(line: usize, field: &'static str, typed: &str) -> Result<i64, BallotError> {
    // A share in per cent was rounded by somebody: it cannot say whether a threshold was reached.
    typed.parse::<u32>().map(i64::from).map_err(|_| BallotError::Line { line, field, problem: Wrong::NotWhole })
}

fn measure(line: usize, field: &'static str, cells: Option<&[&str]>) -> Result<Measure, BallotError> {
    match cells {
        Some([one, heads]) => Ok(Measure::new(area(line, field, one)?, whole(line, field, heads)?)),
        _ => Err(BallotError::Line { line, field, problem: Wrong::Required }),
    }
}

fn verdict(line: usize, word: &str) -> Result<Verdict, BallotError> {
    Ok(match word {
        "通过" => Verdict::Passed,
        "未通过" => Verdict::Rejected,
        "人数不足" | "未达法定人数" => Verdict::NoQuorum,
        word => word.parse().map_err(|_| BallotError::Line { line, field: "result", problem: Wrong::NotAChoice })?,
    })
}

/// What a table says: everybody, and matter by matter with the result it names.
struct Said {
    tally: Tally,
    homes: i64,
    verdicts: Vec<(usize, Verdict)>,
}

fn sums(counted: &Counted) -> Option<Measure> {
    let parts = [counted.yes, counted.no, counted.abstain];
    let area = parts.iter().try_fold(0_i64, |sum, one| sum.checked_add(one.area.0))?;
    Some(Measure::new(area, parts.iter().map(|one| one.heads).sum()))
}

fn read(table: &str, topics: &[Topic]) -> Result<Said, BallotError> {
    let lines: Vec<(usize, Vec<&str>)> = (1..)
        .zip(table.lines())
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(no, line)| (no, line.split([',', '，', '\t']).map(str::trim).collect()))
        .collect();
    let of = |word: &str| lines.iter().find(|(_, cells)| cells.first().is_some_and(|first| *first == word));
    let missing = || BallotError::field("table", Wrong::Required);
    let (at, cells) = of("合计").ok_or_else(missing)?;
    let (all, homes) = (measure(*at, "all", cells.get(1..3))?, whole(*at, "all", cells.get(3).copied().unwrap_or_default())?);
    let (at, cells) = of("参与").ok_or_else(missing)?;
    let part = measure(*at, "part", cells.get(1..3))?;
    let part_homes = whole(*at, "part", cells.get(3).copied().unwrap_or_default())?;
    if part.area > all.area || part.heads > all.heads || part_homes > homes {
        return Err(BallotError::Line { line: *at, field: "part", problem: Wrong::DoesNotSum });
    }
    let (mut counted, mut named) = (Vec::new(), Vec::new());
    for topic in topics {
        let (at, cells) = of(&topic.no.to_string()).ok_or_else(missing)?;
        let one = Counted {
            yes: measure(*at, "yes", cells.get(1..3))?,
            no: measure(*at, "no", cells.get(3..5))?,
            abstain: measure(*at, "abstain", cells.get(5..7))?,
            ..Counted::default()
        };
        if sums(&one) != Some(part) {
            return Err(BallotError::Line { line: *at, field: "yes", problem: Wrong::DoesNotSum });
        }
        counted.push(one);
        named.push((*at, verdict(*at, cells.get(7).copied().unwrap_or_default())?));
    }
    if lines.len() != topics.len() + 2 {
        return Err(BallotError::field("table", Wrong::Contradicts));
    }
    Ok(Said { tally: Tally { all, part, homes: part_homes, counted: part, topics: counted }, homes, verdicts: named })
}

/// Writes the result of an official system down (录入官方系统结果), of a vote that was posted long enough. What its numbers give by the rule must be what it says.
///
/// # Errors
/// `Line` with the line that does not sum, is in per cent, or names another result than its numbers give; `PostedTooShort`, `NoticeGone`, `NoStep`; `Field`;
/// `NotFound`, `Denied`; store errors.
pub async fn record_official(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    id: VoteId,
    result: &Counting<'_>,
) -> Result<(), BallotError> {
    let (district, now) = (tx.district(), ctx.now());
    let mut vote = locked(ctx, tx, id, Action::Change).await?;
    if vote.state != State::Posted || vote.mode != Mode::Binding {
        return Err(BallotError::NoStep);
    }
    let rule = office.by_mark(&vote.rule).ok_or(BallotError::NoStep)?;
    long_enough(tx, office, &mut vote, (&rule, now)).await?;
    let (system, reference) = (text("system", result.system, (1, 60))?, text("reference", result.reference, (1, 60))?);
    let topics = votes::topics(&mut tx.conn()?, district, id).await?;
    let said = read(&text("table", result.table, (1, TABLE_MAX))?, &topics)?;
    vote.all = said.tally.all;
    vote.homes = said.homes;
    vote.opened_at = Some(now);
    vote.closes_at = Some(now);
    vote.closed_at = Some(now);
    let header = header(tx, &vote, (&topics, &rule), now).await?;
    let outcome = Outcome { verdicts: verdicts(&header.topics, &said.tally), tally: said.tally };
    for (found, (line, named)) in outcome.verdicts.iter().zip(&said.verdicts) {
        if found != named {
            return Err(BallotError::Line { line: *line, field: "result", problem: Wrong::OtherResult });
        }
    }
    let decision = Decision { header, outcome, seal: String::new(), official: Some(Official { system, reference }) };
    decide(ctx, tx, office, (vote, &rule), &decision).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics() -> Vec<Topic> {
        vec![Topic { no: 1, matter: Some(5), text: "使用维修资金".to_owned() }]
    }

    fn refused(table: &str) -> (usize, &'static str, Wrong) {
        match read(table, &topics()).err() {
            Some(BallotError::Line { line, field, problem }) => (line, field, problem),
            other => panic!("{table}: {other:?}"),
        }
    }

    #[test]
    fn a_table_that_does_not_sum_or_is_in_per_cent_is_refused_by_its_line() {
        let good = "合计,1200.00,12,12\n参与,800,8,8\n1,400.01,5,399.99,3,0,0,通过\n";
        let said = read(good, &topics()).unwrap();
        assert_eq!((said.tally.part, said.homes, said.verdicts), (Measure::new(80_000, 8), 12, vec![(3, Verdict::Passed)]));
        let with = |from: &str, to: &str| good.replace(from, to);
        assert_eq!(refused(&with("400.01,5", "400.02,5")), (3, "yes", Wrong::DoesNotSum));
        assert_eq!(refused(&with("参与,800,8,8", "参与,66.66%,8,8")), (2, "part", Wrong::NotAnArea));
        assert_eq!(refused(&with("参与,800,8,8", "参与,800,66.66%,8")), (2, "part", Wrong::NotWhole));
        assert_eq!(refused(&with("参与,800,8,8", "参与,1200.01,8,8")), (2, "part", Wrong::DoesNotSum));
        assert_eq!(refused(&with("通过", "大家都同意")), (3, "result", Wrong::NotAChoice));
        assert_eq!(refused(&with("399.99,3", "399.99,-3")), (3, "no", Wrong::NotWhole));
        assert!(matches!(read("合计,1,1,1\n", &topics()), Err(BallotError::Field { field: "table", .. })));
        assert!(matches!(
            read(&format!("{good}2,0,0,0,0,0,0,通过\n"), &topics()),
            Err(BallotError::Field { field: "table", .. })
        ));
    }
}
