//! What the program does by itself, in batches: mark what is overdue, move deadlines when a calendar year comes, fold figures.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Cursor, Tx, journal};
use linli_kernel::PlacePath;
use serde_json::json;
use uuid::Uuid;

use crate::error::CasesError;
use crate::model::CaseId;
use crate::office::Office;
use crate::store::{self, days};

/// Writes `cases.overdue` once for every case whose promised time is over, at most `limit`. Gives how many; come again while
/// it gives `limit`.
///
/// # Errors
/// Store errors.
pub async fn sweep_overdue(ctx: &Ctx, tx: &mut Tx, limit: i64) -> Result<i64, CasesError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let mut marked = 0;
    for case in store::unmarked_overdue(&mut tx.conn()?, district, now, limit).await? {
        // Somebody working on it at this very moment wins; the next sweep looks again.
        if !store::mark_overdue(&mut tx.conn()?, &case, now).await? {
            continue;
        }
        marked += 1;
        let facts = json!({
            "number": case.number, "due_at": case.due_at, "state": case.state,
            "owner": case.owner.as_ref().map(|o| o.appointment), "owner_role": case.owner.as_ref().map(|o| o.role),
        });
        tx.journal(ctx.line("cases.overdue", &case.place, Some(case.id.0), facts));
    }
    Ok(marked)
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
        let Some((code, from)) = store::clock_base(&mut tx.conn()?, district, case.id).await? else { continue };
        // The rule of the day on which the promise was made; only the calendar is new.
        let rules = office.rules(&case.place, from)?;
        let Some(due) = office.promise(&rules, &code, from) else { continue };
        let before = case.due_at;
        if before == Some(due.at) && case.due_provisional == due.provisional {
            continue;
        }
        case.due_at = Some(due.at);
        case.due_provisional = due.provisional;
        if !store::save(&mut tx.conn()?, &case).await? {
            continue;
        }
        if due.at >= ctx.now() {
            store::unmark_overdue(&mut tx.conn()?, &case).await?;
        }
        if before != case.due_at {
            done.moved += 1;
            let facts = json!({
                "number": case.number, "due_before": before, "due_at": case.due_at, "why": "calendar",
                "clock": code, "clock_rule": rules.clocks_mark(), "calendar": office.calendar().version(),
            });
            tx.journal(ctx.line("cases.deadline_moved", &case.place, Some(case.id.0), facts));
        }
    }
    Ok(done)
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
