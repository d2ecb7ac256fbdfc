//! The close (计票): by the clock, by the program itself. Then the result is posted on the board.

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_board::commands::PostNotice;
use linli_board::model::NoticeKind;
use linli_db::{DbError, Tx};
use linli_kernel::Ts;
use linli_record::model::Sealed;
use linli_rulebook::Rule;
use serde_json::json;

use super::votes::{digest, page, publish, spoken, within};
use super::{locked, text};
use crate::error::BallotError;
use crate::model::{Ballot, Mode, Origin, Seat, State, Topic, Verdict, Vote, VoteId};
use crate::office::BallotOffice;
use crate::recount::{Decision, FORMAT, Header, Outcome, SeatLine, TopicHead, Writer, commitment, verdicts};
use crate::rules::Pack;
use crate::rules::count::{self, Cast};
use crate::store::{ballots, seats, votes};

/// Counts the votes whose time is over, at most `limit` of them; gives how many.
///
/// # Errors
/// Store errors; a vote whose electorate is not the one of its opening is not counted.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx, office: &BallotOffice, limit: i64) -> Result<i64, BallotError> {
    if !matches!(ctx.actor, Actor::System(_)) {
        return Err(Denied::Forbidden.into());
    }
    let district = tx.district();
    let over = votes::over(&mut tx.conn()?, district, ctx.now(), limit).await?;
    let mut counted = 0;
    for id in over {
        let Some(vote) = votes::lock(&mut tx.conn()?, district, id).await? else { continue };
        // Another process may have counted it since it was read.
        if vote.state == State::Open && vote.closes_at.is_some_and(|at| at <= ctx.now()) {
            close(ctx, tx, office, vote).await?;
            counted += 1;
        }
    }
    Ok(counted)
}

/// The first line of the file of a vote, which the decision record begins with too.
pub(super) async fn header(
    tx: &mut Tx,
    vote: &Vote,
    (topics, rule): (&[Topic], &Rule<Pack>),
    closed_at: Ts,
) -> Result<Header, BallotError> {
    let crumbs = linli_territory::queries::crumbs(&mut tx.conn()?, vote.district, &vote.place).await?;
    let told = |at: Option<Ts>| at.map(Ts::rfc3339).unwrap_or_default();
    let topic = |topic: &Topic| TopicHead {
        no: topic.no,
        text: topic.text.clone(),
        matter: topic.matter,
        matter_text: topic
            .matter
            .and_then(|no| rule.value.matter(no))
            .map(|one| one.text("zh-CN").to_owned())
            .unwrap_or_default(),
        threshold: topic.matter.and_then(|no| rule.value.threshold(no)),
    };
    Ok(Header {
        format: FORMAT.to_owned(),
        vote: vote.id,
        number: vote.number.clone(),
        title: vote.title.clone(),
        place: spoken(&crumbs),
        mode: vote.mode,
        rule: vote.rule.clone(),
        law: rule.stamp.citation.title.clone(),
        article: rule.stamp.citation.article.clone().unwrap_or_default(),
        verified: rule.stamp.verified,
        silent: vote.silent,
        silent_basis: vote.silent_basis.clone(),
        posted_at: told(vote.posted_at),
        opened_at: told(vote.opened_at),
        closed_at: closed_at.rfc3339(),
        topics: topics.iter().map(topic).collect(),
        all: vote.all,
        homes: vote.homes,
    })
}

/// The line of a seat in the file.
pub(crate) fn line_of(vote: VoteId, seat: &Seat, ballot: Option<&Ballot>) -> SeatLine {
    SeatLine {
        seat: seat.no,
        home: seat.label.clone(),
        area: seat.area,
        head: seat.head,
        turn: seat.turn,
        choices: ballot.map(|ballot| ballot.choices.to_string()),
        salt: ballot.map(|ballot| hex::encode(ballot.salt)),
        commitment: ballot.map(|ballot| commitment(vote, (ballot.seat, ballot.turn), &ballot.choices, &ballot.salt).to_string()),
    }
}

fn unwritable(error: serde_json::Error) -> BallotError {
    BallotError::Db(DbError::Facts(error))
}

async fn close(ctx: &Ctx, tx: &mut Tx, office: &BallotOffice, mut vote: Vote) -> Result<(), BallotError> {
    let (district, id) = (vote.district, vote.id);
    let all = seats::all(&mut tx.conn()?, district, id).await?;
    if Some(digest(&all)) != vote.electorate {
        return Err(DbError::Inconsistent { table: "ballot_seat", column: "electorate", row: id.to_string() }.into());
    }
    let came = ballots::counting(&mut tx.conn()?, district, id).await?;
    let topics = votes::topics(&mut tx.conn()?, district, id).await?;
    let casts: Vec<Cast<'_>> = all
        .iter()
        .map(|seat| Cast {
            seat: seat.no,
            area: seat.area,
            head: seat.head,
            choices: came.get(&seat.no).map(|ballot| ballot.choices.all()),
        })
        .collect();
    let tally = count::tally(&casts, topics.len(), vote.silent)?;
    let rule = office.by_mark(&vote.rule).ok_or(BallotError::NoStep)?;
    // It ended when it was said to end, whenever the program came to count it.
    let closed_at = vote.closes_at.unwrap_or_else(|| ctx.now());
    let header = header(tx, &vote, (&topics, &rule), closed_at).await?;
    let mut writer = Writer::new(&header).map_err(unwritable)?;
    for seat in &all {
        writer.seat(&line_of(id, seat, came.get(&seat.no))).map_err(unwritable)?;
    }
    let outcome = Outcome { verdicts: verdicts(&header.topics, &tally), tally };
    let decision = Decision { header, outcome, seal: writer.seal(), official: None };
    vote.closed_at = Some(closed_at);
    decide(ctx, tx, office, (vote, &rule), &decision).await
}

/// Writes a decision down: on the record of the vote, in the public log, with the day by which it has to be posted.
pub(super) async fn decide(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    (mut vote, rule): (Vote, &Rule<Pack>),
    decision: &Decision,
) -> Result<(), BallotError> {
    let words = serde_json::to_string(decision).map_err(unwritable)?;
    let closed_at = vote.closed_at.unwrap_or_else(|| ctx.now());
    vote.state = State::Closed;
    vote.origin = if decision.official.is_some() { Origin::Official } else { Origin::Here };
    // It ended with the last moment of a day: the days are counted from that day on, not from the one that begins.
    vote.due_at = office.calendar().deadline(Ts(closed_at.0 - 1), &rule.value.procedure.result_within, &[]).due();
    vote.seal.clone_from(&decision.seal);
    vote.decision.clone_from(&words);
    votes::put(&mut tx.conn()?, &vote, "").await?;
    let public = json!({
        "vote": vote.id, "number": vote.number, "rule": vote.rule, "seal": vote.seal, "verdicts": decision.outcome.verdicts,
        "tally": decision.outcome.tally, "official": decision.official,
    });
    publish(ctx, tx, "ballot.closed", &vote, (public, Some(Sealed::Open(words.into_bytes())))).await?;
    let facts = json!({
        "number": vote.number, "rule": vote.rule, "origin": vote.origin, "verdicts": decision.outcome.verdicts, "part": decision.outcome.tally.part,
        "all": decision.outcome.tally.all,
    });
    tx.journal(ctx.line("ballot.closed", &vote.place, Some(vote.id.0), facts));
    Ok(())
}

const fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "通过",
        Verdict::Rejected => "未通过",
        Verdict::NoQuorum => "参与表决的面积或人数不足，未形成决定",
        Verdict::Heard => "征求意见，不作决定",
    }
}

/// A decision in the words of the notice.
fn told(vote: &Vote, decision: &Decision) -> String {
    let (header, tally) = (&decision.header, &decision.outcome.tally);
    let basis = match vote.mode {
        Mode::Binding => format!("依据{}{}，规则 {}。", header.law, header.article, header.rule),
        Mode::Consultation => "本次为征求意见，不作为业主共同决定。".to_owned(),
    };
    let mut words = format!(
        "{basis}\n\n全体业主：面积 {} 平方米、{} 人；参与表决：面积 {} 平方米、{} 人。",
        tally.all.area, tally.all.heads, tally.part.area, tally.part.heads
    );
    for ((topic, counted), verdict) in header.topics.iter().zip(&tally.topics).zip(&decision.outcome.verdicts) {
        words.push_str(&format!(
            "\n\n{}. {}\n同意 {} 平方米、{} 人；不同意 {} 平方米、{} 人；弃权 {} 平方米、{} 人。结果：{}",
            topic.no,
            topic.text,
            counted.yes.area,
            counted.yes.heads,
            counted.no.area,
            counted.no.heads,
            counted.abstain.area,
            counted.abstain.heads,
            verdict_words(*verdict)
        ));
    }
    words
}

/// Posts the result on the board (公布结果).
///
/// # Errors
/// `NoStep` before the count, or where it was posted; `Field`, `NotFound`, `Denied`; those of the board; store errors.
pub async fn announce(ctx: &Ctx, tx: &mut Tx, id: VoteId, (signed, base_url): (&str, &str)) -> Result<(), BallotError> {
    let district = tx.district();
    let mut vote = locked(ctx, tx, id, Action::Change).await?;
    ctx.may(Action::Create, Resource::Notice, district, &vote.place)?;
    if vote.state != State::Closed || vote.announced_at.is_some() {
        return Err(BallotError::NoStep);
    }
    let decision = decision_of(&vote)?;
    let body = format!("{}\n\n查验：{base_url}{}", told(&vote, &decision), page(district, id));
    let notice = PostNotice {
        place: vote.place.clone(),
        kind: NoticeKind::Result,
        title: format!("表决结果：{}", vote.title).chars().take(linli_board::rules::TITLE_CHARS).collect(),
        body,
        signed: text("signed", signed, (1, 60))?,
        starts_at: None,
        ends_at: None,
    };
    let notice = linli_board::commands::post(&within(ctx), tx, notice).await?;
    vote.announced_at = Some(ctx.now());
    votes::put(&mut tx.conn()?, &vote, "").await?;
    let in_time = vote.due_at.is_none_or(|due| ctx.now() < due);
    let facts = json!({ "number": vote.number, "notice": notice, "in_time": in_time });
    tx.journal(ctx.line("ballot.announced", &vote.place, Some(id.0), facts));
    Ok(())
}

/// The decision record of a vote that was counted.
pub(crate) fn decision_of(vote: &Vote) -> Result<Decision, BallotError> {
    serde_json::from_str(&vote.decision).map_err(|_| {
        BallotError::Db(DbError::Inconsistent { table: "ballot_vote", column: "decision", row: vote.id.to_string() })
    })
}
