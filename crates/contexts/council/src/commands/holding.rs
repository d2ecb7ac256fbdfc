//! The meeting itself (召开): who came, what was said for and against and how it was answered, what was decided, who does what by when.

use linli_access::{Action, Ctx};
use linli_cases::commands::{Agreed, NewReport, report_agreed};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;
use uuid::Uuid;

use super::{WORDS_MAX, item_of, line, open, recall, remember, save, step, tell, text, within};
use crate::error::{CouncilError, Wrong};
use crate::model::{
    ActionId, Answered, Electorate, Event, Item, ItemId, Kind, Meeting, MeetingId, Opinion, OpinionId, Outcome, Party, Presence,
    Promised, ProposalId, ProposalState, Ruling, SeatId, Source, Stance, State, Tally,
};
use crate::office::CouncilOffice;
use crate::store::{items, proposals, said, seats};

/// Longest short reason, in characters: a sentence or two.
pub const REASON_MAX: usize = 200;
/// How far ahead somebody can undertake something, in days.
const UNDERTAKE_DAYS: i32 = 366;

/// Who came, by seat, and how many.
pub type Came = (SeatId, Presence, i64);

/// A meeting that is being minuted.
async fn being_minuted(ctx: &Ctx, tx: &mut Tx, id: MeetingId) -> Result<Meeting, CouncilError> {
    let meeting = open(ctx, tx, id, Action::Change).await?;
    if meeting.state == State::Held { Ok(meeting) } else { Err(CouncilError::NoStep) }
}

/// The meeting was held (召开), with who came. Before it begins nobody can say so, and without those who must be there it was none.
///
/// # Errors
/// `Field` before it begins; `Missing`; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn hold(ctx: &Ctx, tx: &mut Tx, office: &CouncilOffice, id: MeetingId, came: &[Came]) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    let now = ctx.now();
    let rule = step(office, &mut meeting, Event::Hold, now)?;
    if now < meeting.starts_at {
        return Err(CouncilError::field("day", Wrong::TooEarly));
    }
    put_presence(tx, &meeting, came).await?;
    let there = seats::of_meeting(&mut tx.conn()?, meeting.district, id).await?;
    let rules = office.rules(&meeting.place, now)?;
    let must = rules.value.of(meeting.kind).map(|of| of.must.as_slice()).unwrap_or_default();
    let missing = must.iter().find(|party| !there.iter().any(|seat| seat.party == **party && seat.presence == Presence::Present));
    if let Some(party) = missing {
        return Err(CouncilError::Missing(*party));
    }
    meeting.held_at = Some(now);
    save(ctx, tx, &mut meeting).await?;
    let heads: i64 = there.iter().filter(|seat| seat.presence == Presence::Present).map(|seat| seat.heads).sum();
    tell(ctx, tx, "council.held", &meeting, json!({ "heads": heads, "rule": rule }));
    Ok(())
}

async fn put_presence(tx: &mut Tx, meeting: &Meeting, came: &[Came]) -> Result<(), CouncilError> {
    for (seat, presence, heads) in came {
        if !(1..=10_000).contains(heads) {
            return Err(CouncilError::field("heads", Wrong::NotANumber));
        }
        if !seats::presence(&mut tx.conn()?, (meeting.district, meeting.id), (*seat, *presence, *heads)).await? {
            return Err(CouncilError::NotFound);
        }
    }
    Ok(())
}

/// Something that was said.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Of which matter.
    pub item: ItemId,
    /// From which side of the table.
    pub party: Party,
    /// On which side.
    pub stance: Stance,
    /// The short reason.
    pub reason: &'a str,
}

/// Writes down what was said, with its short reason (记录意见). What is said against something is a conflict until it is answered.
///
/// # Errors
/// `Field`; `Carried`; `NoStep` unless the minutes are being written; `Changed`, `NotFound`, `Denied`; store errors.
pub async fn say(ctx: &Ctx, tx: &mut Tx, id: MeetingId, new: &Said<'_>) -> Result<OpinionId, CouncilError> {
    let mut meeting = being_minuted(ctx, tx, id).await?;
    item_of(tx, &meeting, new.item).await?;
    let opinion = Opinion {
        id: OpinionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        item: new.item,
        party: new.party,
        stance: new.stance,
        reason: text("reason", new.reason, (true, REASON_MAX))?,
        answered: None,
        answer: String::new(),
    };
    said::insert_opinion(&mut tx.conn()?, (meeting.district, id), &opinion, ctx.now()).await?;
    save(ctx, tx, &mut meeting).await?;
    let facts = json!({ "item": new.item, "party": new.party, "stance": new.stance });
    tell(ctx, tx, "council.said", &meeting, facts);
    Ok(opinion.id)
}

/// Writes down how something that was said was answered (分歧处理).
///
/// # Errors
/// `Field`; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn answer(
    ctx: &Ctx,
    tx: &mut Tx,
    id: MeetingId,
    opinion: OpinionId,
    (answered, words): (Answered, &str),
) -> Result<(), CouncilError> {
    let mut meeting = being_minuted(ctx, tx, id).await?;
    let words = text("answer", words, (true, REASON_MAX))?;
    if !said::answer(&mut tx.conn()?, (meeting.district, id), (opinion, answered.as_str(), &words)).await? {
        return Err(CouncilError::NotFound);
    }
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.answered", &meeting, json!({ "opinion": opinion, "answered": answered }));
    Ok(())
}

/// Writes down a residents' vote on a matter (居民会议表决): heads alone. What owners decide is never counted here.
///
/// # Errors
/// `ForOwners` for a matter of the owners; `NoStep` at a meeting that is not the residents'; `Sums`; `Changed`, `NotFound`, `Denied`; store errors.
pub async fn count(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: MeetingId,
    (item, tally): (ItemId, &Tally),
) -> Result<Ruling, CouncilError> {
    let mut meeting = being_minuted(ctx, tx, id).await?;
    let mut item = item_of(tx, &meeting, item).await?;
    if item.electorate == Electorate::Owners {
        return Err(CouncilError::ForOwners);
    }
    if meeting.kind != Kind::Residents {
        return Err(CouncilError::NoStep);
    }
    if !adds_up(tally) {
        return Err(CouncilError::Sums);
    }
    let now = ctx.now();
    let rules = office.rules(&meeting.place, now)?;
    let ruling = rules.value.ruling(tally);
    let (district, mark) = (meeting.district, rules.stamp.mark());
    said::put_tally(&mut tx.conn()?, (district, id, item.id), tally, (ruling, &mark, now)).await?;
    item.electorate = Electorate::Residents;
    // What was decided before the heads were counted is to be decided by them.
    (item.outcome, item.decision) = (Outcome::Open, String::new());
    items::put(&mut tx.conn()?, district, &item).await?;
    save(ctx, tx, &mut meeting).await?;
    let facts = json!({
        "item": item.id, "represented": tally.represented, "eligible": tally.eligible, "present": tally.present, "yes": tally.yes, "no": tally.no,
        "abstained": tally.abstained, "ruling": ruling, "rule": mark,
    });
    tell(ctx, tx, "council.counted", &meeting, facts);
    Ok(ruling)
}

fn adds_up(tally: &Tally) -> bool {
    const MOST: i64 = 10_000_000;
    let parts = [tally.present, tally.yes, tally.no, tally.abstained];
    (1..=MOST).contains(&tally.eligible)
        && parts.iter().all(|part| (0..=MOST).contains(part))
        && tally.present <= tally.eligible
        && tally.yes + tally.no + tally.abstained == tally.present
}

/// Writes down what became of a matter (议定). Owners and residents are different electorates: what the owners decide is handed to their vote, and what the
/// residents' meeting decides follows its heads.
///
/// # Errors
/// `ForOwners`, `ForResidents`; `Field`; `Carried`; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn decide(
    ctx: &Ctx,
    tx: &mut Tx,
    id: MeetingId,
    (item, outcome, decision): (ItemId, Outcome, &str),
) -> Result<(), CouncilError> {
    let mut meeting = being_minuted(ctx, tx, id).await?;
    let mut item = item_of(tx, &meeting, item).await?;
    may_decide(tx, &meeting, &item, outcome).await?;
    let needs_words = matches!(outcome, Outcome::Agreed | Outcome::Rejected);
    item.decision = text("decision", decision, (needs_words, WORDS_MAX))?;
    item.outcome = outcome;
    items::put(&mut tx.conn()?, meeting.district, &item).await?;
    settle_proposal(ctx, tx, &meeting, &item).await?;
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.decided", &meeting, json!({ "item": item.id, "outcome": outcome, "electorate": item.electorate }));
    Ok(())
}

async fn may_decide(tx: &mut Tx, meeting: &Meeting, item: &Item, outcome: Outcome) -> Result<(), CouncilError> {
    let decides = matches!(outcome, Outcome::Agreed | Outcome::Rejected);
    match item.electorate {
        Electorate::Owners if decides => Err(CouncilError::ForOwners),
        Electorate::Residents if decides => {
            let all = said::tallies(&mut tx.conn()?, meeting.district, meeting.id).await?;
            let ruling = all.into_iter().find(|(id, ..)| *id == item.id).map(|(_, _, ruling)| ruling);
            match (ruling, outcome) {
                (Some(Ruling::Passed), Outcome::Agreed) | (Some(Ruling::Failed), Outcome::Rejected) => Ok(()),
                _ => Err(CouncilError::ForResidents),
            }
        }
        _ => Ok(()),
    }
}

/// A proposal that was decided on has its result; one that is put off waits on the list.
async fn settle_proposal(ctx: &Ctx, tx: &mut Tx, meeting: &Meeting, item: &Item) -> Result<(), CouncilError> {
    let (Source::Proposal, Some(source)) = (item.source, item.source_id) else { return Ok(()) };
    let Some(mut proposal) = proposals::one(&mut tx.conn()?, meeting.district, ProposalId(source)).await? else { return Ok(()) };
    let from = proposal.state;
    proposal.state = if item.outcome.goes_on() { ProposalState::Listed } else { ProposalState::Settled };
    if proposal.state != from && proposals::put(&mut tx.conn()?, &proposal, (from.as_str(), ctx.now())).await? {
        let facts = json!({ "number": proposal.number, "meeting": meeting.id, "outcome": item.outcome });
        tx.journal(ctx.line("council.proposal_settled", &proposal.place, Some(proposal.id.0), facts));
    }
    Ok(())
}

/// Something that somebody undertakes.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Undertaking<'a> {
    /// Of which matter.
    pub item: ItemId,
    /// What, in words that may be public.
    pub what: &'a str,
    /// Who: an appointment that answers for the place of the matter.
    pub owner: Uuid,
    /// By the end of which day.
    pub due: jiff::civil::Date,
}

/// Somebody undertakes something (任务): it becomes an ordinary case at the place of the matter, with this owner and promised by this day.
///
/// # Errors
/// `Field`, for an owner who does not answer for the place among them; `NoStep`, `Changed`, `NotFound`, `Denied`; those of cases; store errors.
pub async fn undertake(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: MeetingId,
    new: &Undertaking<'_>,
) -> Result<ActionId, CouncilError> {
    if let Some(id) = recall(ctx, tx, "council.undertake", &(id, new)).await? {
        return Ok(id);
    }
    let mut meeting = being_minuted(ctx, tx, id).await?;
    let item = item_of(tx, &meeting, new.item).await?;
    let what = line("what", new.what, true)?;
    let now = ctx.now();
    let days = now.local().date().until(new.due).map(|span| span.get_days()).unwrap_or_default();
    if days < 1 {
        return Err(CouncilError::field("due", Wrong::TooEarly));
    }
    if days > UNDERTAKE_DAYS {
        return Err(CouncilError::field("due", Wrong::TooLate));
    }
    let who = who_answers(tx, &item.place, (new.owner, now)).await?;
    let report = NewReport {
        place: item.place.clone(),
        class: Some(linli_cases::rules::OTHER.to_owned()),
        description: format!("{what}\n{}（{}，{}）", item.title, meeting.title, meeting.number),
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    };
    let rule = office.rules(&meeting.place, now)?.stamp.mark();
    let agreed = Agreed { day: new.due, rule, owner: new.owner };
    let filed = report_agreed(&within(ctx), tx, office.cases(), report, &agreed).await?;
    let promised = Promised {
        id: ActionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        meeting: id,
        item: item.id,
        case: filed.id.0,
        what,
        who,
        due_at: filed.due_at.unwrap_or(now),
    };
    said::insert_action(&mut tx.conn()?, meeting.district, &promised, now).await?;
    save(ctx, tx, &mut meeting).await?;
    let facts =
        json!({ "item": item.id, "case": filed.id, "case_number": filed.number, "due_at": promised.due_at, "owner": new.owner });
    tell(ctx, tx, "council.undertaken", &meeting, facts);
    remember(ctx, tx, &promised.id).await?;
    Ok(promised.id)
}

/// Who answers for a place under an appointment, as the boards name them.
async fn who_answers(
    tx: &mut Tx,
    place: &PlacePath,
    (appointment, now): (Uuid, linli_kernel::Ts),
) -> Result<String, CouncilError> {
    let district = tx.district();
    let answering = linli_people::queries::answering_for(&mut tx.conn()?, district, place, now).await?;
    let found = answering.into_iter().find(|one| one.appointment.0 == appointment);
    let found = found.ok_or(CouncilError::field("owner", Wrong::NotAChoice))?;
    Ok(if found.organisation.is_empty() { found.person_name } else { format!("{} {}", found.organisation, found.person_name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Represented;

    #[test]
    fn heads_add_up_or_are_refused() {
        let tally = |eligible, present, yes, no, abstained| Tally {
            represented: Represented::Adults,
            eligible,
            present,
            yes,
            no,
            abstained,
        };
        assert!(adds_up(&tally(100, 60, 40, 15, 5)));
        for wrong in [
            tally(100, 60, 40, 15, 4),
            tally(50, 60, 40, 15, 5),
            tally(0, 0, 0, 0, 0),
            tally(100, 60, 70, -15, 5),
            tally(i64::MAX, i64::MAX, i64::MAX, 0, 0),
        ] {
            assert!(!adds_up(&wrong), "{wrong:?}");
        }
    }
}
