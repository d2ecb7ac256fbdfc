//! What the program does by itself, in batches: mark what is overdue, move deadlines when a calendar year comes, fold figures.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Cursor, Tx, journal};
use linli_kernel::{PlacePath, Ts};
use serde_json::json;
use uuid::Uuid;

use super::hotline::{Telling, tell_city};
use super::ladder::{next_told, told};
use super::{Step, Which};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState, CityStep, Event};
use crate::office::Office;
use crate::promise::{self, Under};
use crate::rules::{Rules, Wait};
use crate::store::{self, days, promises, ways};

/// Writes `cases.overdue` once for every case whose promised time is over, at most `limit`. Gives how many; come again while
/// it gives `limit`.
///
/// # Errors
/// Store errors.
pub async fn sweep_overdue(ctx: &Ctx, tx: &mut Tx, office: &Office, limit: i64) -> Result<i64, CasesError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let mut marked = 0;
    for mut case in store::unmarked_overdue(&mut tx.conn()?, district, now, limit).await? {
        let rules = office.rules_of(&case, now)?;
        case.overdue_at = Some(now);
        let above = next_told(tx, office, &rules, &case, now).await?;
        case.wake_at = above.and_then(|_| office.after(&rules.transitions().times().escalate, now));
        // Somebody working on it at this very moment wins; the next sweep looks again.
        if !ways::tell(&mut tx.conn()?, &case).await? {
            continue;
        }
        marked += 1;
        let facts = json!({
            "number": case.number, "due_at": case.due_at, "state": case.state,
            "owner": case.owner.as_ref().map(|o| o.appointment), "owner_role": case.owner.as_ref().map(|o| o.role), "unit": case.unit,
        });
        tx.journal(ctx.line("cases.overdue", &case.place, Some(case.id.0), facts));
    }
    Ok(marked)
}

/// What the program did by itself in a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Woken {
    /// Cases looked at; come again while it is the limit.
    pub seen: i64,
    /// Overdue cases of which the next level was told.
    pub escalated: i64,
    /// Cases that silence closed.
    pub lapsed: i64,
    /// Cases that go on after a hold.
    pub resumed: i64,
    /// Answers that nobody looked at in time, of which the next level was told.
    pub left: i64,
}

/// Looks at the cases whose time has come, at most `limit`: tells the next level of an overdue one (逐级上提: steward, property, community,
/// subdistrict, district) or of an answer that nobody looks at, closes what nobody said anything about in the stated time, lets go on what was
/// on hold until now.
///
/// # Errors
/// Store errors.
pub async fn wake(ctx: &Ctx, tx: &mut Tx, office: &Office, limit: i64) -> Result<Woken, CasesError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let cases = ways::due_to_wake(&mut tx.conn()?, district, now, limit).await?;
    let mut woken = Woken { seen: i64::try_from(cases.len()).unwrap_or(limit), ..Woken::default() };
    for case in cases {
        let rules = office.rules_of(&case, now)?;
        match case.state {
            CaseState::AwaitingConfirmation => {
                let over = office.after(&rules.transitions().times().lapse, case.state_since);
                match over {
                    Some(at) if at > now => wait_until(tx, case, Some(at)).await?,
                    _ => woken.lapsed += i64::from(lapse(ctx, tx, office, case).await?),
                }
            }
            CaseState::Suspended => woken.resumed += i64::from(go_on(ctx, tx, office, case).await?),
            CaseState::Feedback | CaseState::ClosingCheck => woken.left += i64::from(left(ctx, tx, office, &rules, case).await?),
            _ if case.is_overdue(now) => woken.escalated += i64::from(escalate(ctx, tx, office, &rules, case).await?),
            _ => wait_until(tx, case, None).await?,
        }
    }
    Ok(woken)
}

/// The program looks at the case then, or not by itself. Who changed it meanwhile has said when.
async fn wait_until(tx: &mut Tx, mut case: Case, at: Option<Ts>) -> Result<(), CasesError> {
    case.wake_at = at;
    ways::tell(&mut tx.conn()?, &case).await.map(|_| ()).map_err(CasesError::from)
}

async fn lapse(ctx: &Ctx, tx: &mut Tx, office: &Office, case: Case) -> Result<bool, CasesError> {
    match Step::begin(ctx, tx, office, Which::Id(case.id), Event::Lapse).await {
        Ok(step) => {
            match step.save(tx).await {
                // Somebody working on it at this very moment wins, and the others have their turn.
                Err(CasesError::Changed) => return Ok(false),
                saved => saved?,
            }
            step.journal(ctx, tx, "cases.lapsed", json!({}), None);
            tell_city(ctx, tx, &step.case, CityStep::Closed, Telling { outcome: Some("lapsed"), ..Telling::default() }).await?;
            Ok(true)
        }
        // A table without silence in it: nobody is waited for.
        Err(CasesError::Transition(_)) => wait_until(tx, case, None).await.map(|()| false),
        Err(error) => Err(error),
    }
}

async fn go_on(ctx: &Ctx, tx: &mut Tx, office: &Office, mut case: Case) -> Result<bool, CasesError> {
    // Held from here on: going on writes more than the case, and nothing of it may stand when somebody else was quicker.
    case.wake_at = None;
    if !ways::tell(&mut tx.conn()?, &case).await? {
        return Ok(false);
    }
    match super::resume(ctx, tx, office, case.id).await {
        Ok(_) => Ok(true),
        Err(CasesError::Transition(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What was answered, or is being checked, and moves no further (无人核查): the next level is told after each stated time.
async fn left(ctx: &Ctx, tx: &mut Tx, office: &Office, rules: &Rules, case: Case) -> Result<bool, CasesError> {
    let Some(wait) = rules.transitions().times().of(case.state) else {
        return wait_until(tx, case, None).await.map(|()| false);
    };
    match office.after(wait, case.state_since) {
        Some(at) if at > ctx.now() => wait_until(tx, case, Some(at)).await.map(|()| false),
        _ => tell_above(ctx, tx, office, (rules, wait), case, "cases.left_waiting").await,
    }
}

async fn escalate(ctx: &Ctx, tx: &mut Tx, office: &Office, rules: &Rules, case: Case) -> Result<bool, CasesError> {
    tell_above(ctx, tx, office, (rules, &rules.transitions().times().escalate), case, "cases.escalated").await
}

/// Tells the next level of a case, and looks again after the wait while there is one above that.
async fn tell_above(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (rules, wait): (&Rules, &Wait),
    mut case: Case,
    kind: &'static str,
) -> Result<bool, CasesError> {
    let now = ctx.now();
    let told_before = told(&case);
    let Some(above) = next_told(tx, office, rules, &case, now).await? else {
        return wait_until(tx, case, None).await.map(|()| false);
    };
    case.flagged_role = Some(above);
    case.wake_at = next_told(tx, office, rules, &case, now).await?.and_then(|_| office.after(wait, now));
    if !ways::tell(&mut tx.conn()?, &case).await? {
        return Ok(false);
    }
    let facts = json!({
        "number": case.number, "from_role": told_before, "flagged_role": above, "due_at": case.due_at, "unit": case.unit,
        "rule": rules.transitions_mark(), "next": case.wake_at,
    });
    tx.journal(ctx.line(kind, &case.place, Some(case.id.0), facts));
    Ok(true)
}

/// What a batch of recomputing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recomputed {
    /// Promises looked at.
    pub seen: i64,
    /// Promises that moved, each with a journal line.
    pub moved: i64,
    /// Where to go on; `None` at the end.
    pub next: Option<CaseId>,
}

/// Computes provisional promises again after a calendar year came, at most `limit` from `after` on. A promise that moves
/// gets a line `cases.deadline_moved`; one that turns out to stand loses its mark only.
///
/// # Errors
/// Store errors.
pub async fn recompute_deadlines(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    after: Option<CaseId>,
    limit: i64,
) -> Result<Recomputed, CasesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let cases = store::provisional(&mut tx.conn()?, district, after.map_or(Uuid::nil(), |id| id.0), limit).await?;
    let seen = i64::try_from(cases.len()).unwrap_or(i64::MAX);
    let mut done = Recomputed { seen, moved: 0, next: cases.last().filter(|_| seen == limit).map(|case| case.id) };
    for mut case in cases {
        // The terms are those it was promised under; only the calendar is new.
        let promise = promise::of(&mut tx.conn()?, office, &case).await?;
        let (before, provisional) = (case.due_at, case.due_provisional);
        let reckoned = promise::reckon(tx, office, &promise, &mut case).await?;
        let Some(under) = promise.named().filter(|_| reckoned) else { continue };
        if (before, provisional) == (case.due_at, case.due_provisional) {
            continue;
        }
        if !store::save(&mut tx.conn()?, &case).await? {
            continue;
        }
        promise::keep(tx, office, &promise, &case).await?;
        if case.due_at.is_some_and(|due| due >= ctx.now()) {
            store::unmark_overdue(&mut tx.conn()?, &case).await?;
        }
        if before != case.due_at {
            done.moved += 1;
            let facts = json!({
                "number": case.number, "due_before": before, "due_at": case.due_at, "why": "calendar",
                "clock": under.clock, "clock_rule": under.rule, "calendar": office.calendar().version(),
            });
            tx.journal(ctx.line("cases.deadline_moved", &case.place, Some(case.id.0), facts));
        }
    }
    Ok(done)
}

/// Keeps with open cases from before terms were kept the term that their clock has, at most `limit` from `after` on. Gives where to go on;
/// `None` at the end.
///
/// # Errors
/// `Denied`; store errors.
pub async fn keep_terms(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    after: Option<CaseId>,
    limit: i64,
) -> Result<Option<CaseId>, CasesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let bare = promises::without_term(&mut tx.conn()?, district, after.map_or(Uuid::nil(), |id| id.0), limit).await?;
    for (id, place, clock, from) in &bare {
        if let Some(under) = Under::of(&office.rules(place, *from)?, clock) {
            promises::put_term(&mut tx.conn()?, district, *id, &under).await?;
        }
    }
    let full = i64::try_from(bare.len()).unwrap_or(i64::MAX) == limit;
    Ok(bare.last().filter(|_| full).map(|(id, ..)| *id))
}

/// Keeps with open cases from before that was kept by which way of working they go: that of their class by the rules of the day on which they
/// were reported. At most `limit` from `after` on; gives where to go on, `None` at the end.
///
/// # Errors
/// `Denied`; store errors.
pub async fn keep_ways(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    after: Option<CaseId>,
    limit: i64,
) -> Result<Option<CaseId>, CasesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let bare = ways::without_way(&mut tx.conn()?, district, after.unwrap_or(CaseId(Uuid::nil())), limit).await?;
    for case in &bare {
        // What came from a file may be older than every rule.
        let then = office.rules(&case.place, case.reported_at).or_else(|_| office.rules(&case.place, ctx.now()))?;
        ways::put_way(&mut tx.conn()?, case, &then.way(&case.class, case.profile.as_deref())).await?;
    }
    let full = i64::try_from(bare.len()).unwrap_or(i64::MAX) == limit;
    Ok(bare.last().filter(|_| full).map(|case| case.id))
}

/// Folds at most `limit` journal lines of the district into the daily counts. Gives how many lines were read; come again
/// while it gives `limit`.
///
/// # Errors
/// Store errors.
pub async fn fold_figures(tx: &mut Tx, limit: i64) -> Result<i64, CasesError> {
    let district = tx.district();
    // Two folders at once would count twice; this row makes the second wait for the first.
    tx.next_number("cases.figures/fold").await?;
    let c = &mut tx.conn()?;
    let cursor = Cursor::load(c, district, days::READER).await?;
    let lines = journal::after(c, district, cursor.seq, limit).await?;
    let Some(last) = lines.last() else { return Ok(0) };
    let mut counts = days::Days::new();
    days::count(&mut counts, &lines);
    days::write(c, district, &counts).await?;
    Cursor { seq: last.seq }.store(c, district, days::READER).await?;
    Ok(i64::try_from(lines.len()).unwrap_or(limit))
}
