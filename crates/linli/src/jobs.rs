//! What the program does by itself, again and again: the jobs, and the chores of every district.

use std::sync::Arc;
use std::time::{Duration, Instant};

use linli_access::Ctx;
use linli_ballot::BallotOffice;
use linli_care::Care;
use linli_care::follow::Desk;
use linli_cases::{Indexed, Office};
use linli_council::CouncilOffice;
use linli_db::Db;
use linli_emergency::DispatchOffice;
use linli_expert::RoundOffice;
use linli_fhir::Hooks;
use linli_jobs::Worker;
use linli_kernel::{DistrictId, SharedClock, SharedRng};
use linli_record::LogKeeper;
use linli_settings::Standing;
use linli_territory::model::District;
use linli_treatment::BedDesk;

use crate::intake;
use crate::moves;

/// Reads what happened into the index of words, with pauses, until nothing is left or other jobs have waited long enough. For what
/// came in files nobody waits, so it takes a sixth of one core at most.
pub(crate) async fn read_words(db: &Db) -> anyhow::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(15);
    let started = Instant::now();
    let districts = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    for district in districts.into_iter().filter(|d| d.id != DistrictId::CITY) {
        while started.elapsed() < PATIENCE {
            let begun = Instant::now();
            let pauses = match linli_cases::index_words(db, district.id).await? {
                Indexed::Nothing => break,
                Indexed::News => 1,
                Indexed::Backlog => 5,
            };
            tokio::time::sleep(begun.elapsed() * pauses).await;
        }
    }
    Ok(())
}

/// The worker with all its jobs.
pub(crate) fn worker(db: Db, clock: SharedClock, rng: SharedRng, office: &Arc<Office>, standing: &Arc<Standing>) -> Worker {
    let (recompute, recompute_now) = (Arc::clone(office), Arc::clone(office));
    let (overdue, forget) = (Arc::clone(office), Arc::clone(office));
    let (remotes, busy) = (Arc::clone(office), Arc::new(tokio::sync::Mutex::new(())));
    let (standing, standing_now) = (Arc::clone(standing), Arc::clone(standing));
    Worker::new(db, clock, rng)
        // Another process may have made the change: read it first, then move what rested on the calendar before.
        .on(linli_settings::commands::CALENDAR_CHANGED, move |ctx, db, _| {
            let (office, standing) = (Arc::clone(&recompute_now), Arc::clone(&standing_now));
            async move {
                standing.refresh(&db, ctx.now()).await?;
                Ok(for_districts(&ctx, &db, Chore::Recompute(office)).await?)
            }
        })
        // Before the codes: a board that moved keeps the code that hangs at its door.
        .every("moves", 30, |ctx, db, _| async move {
            moves::follow(&ctx, &db).await?;
            Ok(())
        })
        .clock("cases.overdue", 60, move |ctx, db, _| {
            let office = Arc::clone(&overdue);
            async move { Ok(for_districts(&ctx, &db, Chore::Overdue(office)).await?) }
        })
        .every("cases.fold", 20, |ctx, db, _| async move { Ok(for_districts(&ctx, &db, Chore::Fold).await?) })
        .every("cases.words", 20, |_, db, _| async move { Ok(read_words(&db).await?) })
        .every("cases.recompute", 3600, move |ctx, db, _| {
            let (office, standing) = (Arc::clone(&recompute), Arc::clone(&standing));
            async move {
                standing.refresh(&db, ctx.now()).await?;
                Ok(for_districts(&ctx, &db, Chore::Recompute(office)).await?)
            }
        })
        .every("open311.remotes", 300, move |ctx, db, _| {
            let (office, busy) = (Arc::clone(&remotes), Arc::clone(&busy));
            async move {
                look_at_remotes(ctx, db, office, busy);
                Ok(())
            }
        })
        .every("territory.boxes", 3600, |ctx, db, _| async move { Ok(for_districts(&ctx, &db, Chore::Boxes).await?) })
        .every("board.codes", 60, |ctx, db, _| async move { Ok(for_districts(&ctx, &db, Chore::Codes).await?) })
        .every("db.forget", 3600, move |ctx, db, _| {
            let office = Arc::clone(&forget);
            async move {
                for_districts(&ctx, &db, Chore::Forget(office)).await?;
                Ok(db.sweep_blobs(ctx.now()).await.map(|_| ())?)
            }
        })
        .every("identity.sweep", 3600, |ctx, db, _| async move {
            let mut tx = db.begin(DistrictId::CITY).await?;
            linli_identity::commands::sweep(&ctx, &mut tx).await?;
            Ok(tx.commit().await?)
        })
}

/// The jobs of care: the ladder of visits, consents whose term runs out, readings that did not come, birthdays that change a colour.
pub(crate) fn care_jobs(worker: Worker, care: &Arc<Care>, desk: &Arc<Desk>) -> Worker {
    let (ladder, terms) = (Arc::clone(care), Arc::clone(care));
    let (missing, birthdays) = (Arc::clone(desk), Arc::clone(desk));
    worker
        .clock("care.ladder", 30, move |ctx, db, _| {
            let care = Arc::clone(&ladder);
            async move { Ok(for_districts(&ctx, &db, Chore::Visits(care)).await?) }
        })
        .clock("care.terms", 60, move |ctx, db, _| {
            let care = Arc::clone(&terms);
            async move {
                for_districts(&ctx, &db, Chore::Terms(Arc::clone(&care))).await?;
                care.errands().await?;
                Ok(())
            }
        })
        .clock("care.missing", 60, move |ctx, db, _| {
            let desk = Arc::clone(&missing);
            async move { Ok(for_districts(&ctx, &db, Chore::Missing(desk)).await?) }
        })
        .every("care.colours", 6 * 3600, move |ctx, db, _| {
            let desk = Arc::clone(&birthdays);
            async move { Ok(for_districts(&ctx, &db, Chore::Colours(desk)).await?) }
        })
}

/// What joins the two halves: whoever was handed over to a bed is followed until home.
pub(crate) fn joint_jobs(worker: Worker, desk: &Arc<Desk>) -> Worker {
    let desk = Arc::clone(desk);
    worker.clock("treatment.hand_offs", 20, move |ctx, db, _| {
        let desk = Arc::clone(&desk);
        async move { Ok(for_districts(&ctx, &db, Chore::HandOffs(desk)).await?) }
    })
}

/// The jobs of the treatment network: letters between the ends of referrals, holds and clocks that are over; calls to 120 that wait too long;
/// findings of expert rounds that are overdue.
pub(crate) fn treatment_jobs(
    worker: Worker,
    beds: &Arc<BedDesk>,
    (dispatch, rounds): (&Arc<DispatchOffice>, &Arc<RoundOffice>),
) -> Worker {
    let (beds, kept, dispatch, rounds) = (Arc::clone(beds), Arc::clone(beds), Arc::clone(dispatch), Arc::clone(rounds));
    worker
        .every("treatment.forget", 6 * 3600, move |ctx, db, _| {
            let kept = Arc::clone(&kept);
            async move { Ok(for_districts(&ctx, &db, Chore::Patients(kept)).await?) }
        })
        .clock("treatment.clocks", 10, move |ctx, db, _| {
            let beds = Arc::clone(&beds);
            async move { Ok(for_districts(&ctx, &db, Chore::Beds(beds)).await?) }
        })
        .clock("expert.clocks", 60, move |ctx, db, _| {
            let rounds = Arc::clone(&rounds);
            async move { Ok(for_districts(&ctx, &db, Chore::Findings(rounds)).await?) }
        })
        // A centre for the whole city takes its calls in no district's name.
        .clock("emergency.clocks", 10, move |ctx, db, _| {
            let dispatch = Arc::clone(&dispatch);
            async move {
                look_at_calls(&ctx, &db, &dispatch, DistrictId::CITY).await?;
                Ok(for_districts(&ctx, &db, Chore::Calls(dispatch)).await?)
            }
        })
}

/// Telling the systems of institutions what they asked to be told.
pub(crate) fn notice_jobs(worker: Worker, hooks: &Arc<Hooks>) -> Worker {
    let (hooks, busy) = (Arc::clone(hooks), Arc::new(tokio::sync::Mutex::new(())));
    worker.every("fhir.notices", 5, move |ctx, db, _| {
        tell_notices(ctx, db, Arc::clone(&hooks), Arc::clone(&busy));
        async move { Ok(()) }
    })
}

/// Giving numbers to what was published, and signing the checkpoint over them.
pub(crate) fn record_jobs(worker: Worker, keeper: &Arc<LogKeeper>) -> Worker {
    let keeper = Arc::clone(keeper);
    worker.every("record.seal", 5, move |ctx, db, _| {
        let keeper = Arc::clone(&keeper);
        async move {
            linli_record::commands::seal_all(&ctx, &db, &keeper).await?;
            Ok(())
        }
    })
}

/// Tells what is news beside the other jobs: a receiver that hangs must keep none of them. What is still under way is not begun a second time.
fn tell_notices(ctx: Ctx, db: Db, hooks: Arc<Hooks>, busy: Arc<tokio::sync::Mutex<()>>) {
    let Ok(turn) = busy.try_lock_owned() else { return };
    tokio::spawn(async move {
        if let Err(error) = linli_fhir::run_due(&ctx, &db, &hooks).await {
            tracing::warn!(%error, "subscriptions could not be looked at; the next look goes on");
        }
        drop(turn);
    });
}

/// Looks at other Open311 servers beside the other jobs: one that hangs must keep none of them. A look that is still under way is not
/// begun a second time.
fn look_at_remotes(ctx: Ctx, db: Db, office: Arc<Office>, busy: Arc<tokio::sync::Mutex<()>>) {
    let Ok(turn) = busy.try_lock_owned() else { return };
    tokio::spawn(async move {
        if let Err(error) = linli_open311::client::run_all(&ctx, &db, &office).await {
            tracing::warn!(%error, "other Open311 servers could not be looked at; the next look goes on");
        }
        drop(turn);
    });
}

/// What is done in every district again and again.
#[derive(Clone)]
pub enum Chore {
    /// Hand on what somebody had whose appointment is over, mark what is overdue, tell the next level, close what nobody answered, let go on
    /// what was on hold, look at calls without an answer.
    Overdue(Arc<Office>),
    /// Fold the day's figures.
    Fold,
    /// Compute provisional promises again.
    Recompute(Arc<Office>),
    /// Give every entrance and estate its board code.
    Codes,
    /// Compute the boxes of outlines that have none yet.
    Boxes,
    /// Tell the next rung about visits whose time is over.
    Visits(Arc<Care>),
    /// Withdraw consents whose term has run out.
    Terms(Arc<Care>),
    /// Raise alarms about readings that did not come.
    Missing(Arc<Desk>),
    /// Look anew at the colours of key groups.
    Colours(Arc<Desk>),
    /// Let go beds whose hold is over, ask the next when nobody answered, deliver the letters of referrals.
    Beds(Arc<BedDesk>),
    /// Tell the care side how those have gone on who were handed over to a bed.
    HandOffs(Arc<Desk>),
    /// Erase what is known of patients whose referrals ended longer ago than the rules keep it.
    Patients(Arc<BedDesk>),
    /// Tell calls to 120, call-backs and hand-overs that are late; erase what was told longer ago than the rules keep it.
    Calls(Arc<DispatchOffice>),
    /// Tell what experts found and nobody has answered or looked at again in time; erase opinions when their time is over.
    Findings(Arc<RoundOffice>),
    /// Tell the district which community has not met this month.
    Months(Arc<CouncilOffice>),
    /// Close votes whose time is over.
    Votes(Arc<BallotOffice>),
    /// Forget what was answered to requests that nobody sends again, and what the city was told longer ago than the rules keep it.
    Forget(Arc<Office>),
}

/// How long a request may be sent again and is given the same answer: a phone may lie in a drawer over a holiday week.
const REPEATED_SECS: i64 = 14 * 86_400;

/// Cases, lines or visits of one batch.
const BATCH: i64 = 500;

/// Does a chore in every district, in batches, each in a transaction of its own. A district where it fails keeps no other from its turn.
///
/// # Errors
/// The first of those of the rooms, when every district had its turn.
pub async fn for_districts(ctx: &Ctx, db: &Db, chore: Chore) -> anyhow::Result<()> {
    let districts = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    let (mut failed, mut first) = (0, None);
    for district in districts.into_iter().filter(|d| d.id != DistrictId::CITY) {
        if let Err(error) = in_district(ctx, db, &chore, &district).await {
            tracing::warn!(district = %district.id, error = format!("{error:#}"), "a chore failed in this district; the others go on");
            failed += 1;
            first = first.or(Some(error));
        }
    }
    match first {
        Some(error) => Err(error.context(format!("failed in {failed} districts, this is the first"))),
        None => Ok(()),
    }
}

async fn in_district(ctx: &Ctx, db: &Db, chore: &Chore, district: &District) -> anyhow::Result<()> {
    match chore {
        Chore::Overdue(office) => {
            hand_on(ctx, db, office, district.id).await?;
            loop {
                let mut tx = db.begin(district.id).await?;
                let marked = linli_cases::commands::sweep_overdue(ctx, &mut tx, office, BATCH).await?;
                tx.commit().await?;
                if marked < BATCH {
                    break;
                }
            }
            loop {
                let mut tx = db.begin(district.id).await?;
                let woken = linli_cases::commands::wake(ctx, &mut tx, office, BATCH).await?;
                tx.commit().await?;
                if woken.seen < BATCH {
                    break;
                }
            }
            loop {
                let mut tx = db.begin(district.id).await?;
                let seen = linli_cases::commands::sweep_calls(ctx, &mut tx, office, BATCH).await?;
                tx.commit().await?;
                if seen < BATCH {
                    break;
                }
            }
        }
        Chore::Fold => loop {
            let mut tx = db.begin(district.id).await?;
            let folded = linli_cases::commands::fold_figures(&mut tx, 20_000).await?;
            tx.commit().await?;
            if folded == 0 {
                break;
            }
        },
        Chore::Recompute(office) => {
            let mut bare = None;
            loop {
                let mut tx = db.begin(district.id).await?;
                bare = linli_cases::commands::keep_terms(ctx, &mut tx, office, bare, BATCH).await?;
                tx.commit().await?;
                if bare.is_none() {
                    break;
                }
            }
            let mut bare = None;
            loop {
                let mut tx = db.begin(district.id).await?;
                bare = linli_cases::commands::keep_ways(ctx, &mut tx, office, bare, BATCH).await?;
                tx.commit().await?;
                if bare.is_none() {
                    break;
                }
            }
            let mut after = None;
            loop {
                let mut tx = db.begin(district.id).await?;
                let done = linli_cases::commands::recompute_deadlines(ctx, &mut tx, office, after, BATCH).await?;
                tx.commit().await?;
                after = done.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Chore::Visits(care) => loop {
            let mut tx = db.begin(district.id).await?;
            let seen = linli_care::commands::sweep(ctx, &mut tx, care.office(), BATCH).await?;
            tx.commit().await?;
            if seen < BATCH {
                break;
            }
        },
        Chore::Missing(desk) => loop {
            let mut tx = db.begin(district.id).await?;
            let seen = linli_care::follow::commands::sweep_missing(ctx, &mut tx, desk, BATCH).await?;
            tx.commit().await?;
            if seen < BATCH {
                break;
            }
        },
        Chore::Colours(desk) => {
            let mut after = None;
            loop {
                let mut tx = db.begin(district.id).await?;
                after = linli_care::follow::commands::recompute_all(ctx, &mut tx, desk, after, BATCH).await?;
                tx.commit().await?;
                if after.is_none() {
                    break;
                }
            }
        }
        Chore::Terms(care) => loop {
            let mut tx = db.begin(district.id).await?;
            let seen = linli_care::commands::expire(ctx, &mut tx, care.office(), BATCH).await?;
            tx.commit().await?;
            if seen < BATCH {
                break;
            }
        },
        Chore::Beds(beds) => linli_treatment::commands::post::sweep(ctx, db, beds, district.id).await?,
        Chore::HandOffs(desk) => {
            linli_treatment::commands::hand_off::follow_all(ctx, db, desk, district.id).await?;
        }
        Chore::Patients(beds) => forget_patients(ctx, db, beds, district.id).await?,
        Chore::Calls(dispatch) => look_at_calls(ctx, db, dispatch, district.id).await?,
        Chore::Findings(rounds) => look_at_findings(ctx, db, rounds, district.id).await?,
        Chore::Months(council) => loop {
            let mut tx = db.begin(district.id).await?;
            let done = linli_council::commands::sweep(ctx, &mut tx, council, BATCH).await?;
            tx.commit().await?;
            if done < BATCH {
                break;
            }
        },
        Chore::Votes(ballots) => loop {
            let mut tx = db.begin(district.id).await?;
            let done = linli_ballot::commands::sweep(ctx, &mut tx, ballots, BATCH).await?;
            tx.commit().await?;
            if done < BATCH {
                break;
            }
        },
        Chore::Boxes => {
            let mut tx = db.begin(district.id).await?;
            linli_territory::commands::box_outlines(&mut tx, BATCH).await?;
            tx.commit().await?;
        }
        Chore::Forget(office) => {
            loop {
                let mut tx = db.begin(district.id).await?;
                let forgotten = tx.forget_requests(ctx.now().plus_secs(-REPEATED_SECS), BATCH).await?;
                tx.commit().await?;
                if forgotten < BATCH {
                    break;
                }
            }
            loop {
                let mut tx = db.begin(district.id).await?;
                let erased = linli_cases::commands::forget_outbox(ctx, &mut tx, office, BATCH).await?;
                tx.commit().await?;
                if erased < BATCH {
                    break;
                }
            }
        }
        Chore::Codes => intake::ensure_board_codes(ctx, db, district.id, &district.path).await?,
    }
    Ok(())
}

/// Erases what is known of patients of a district until nothing is left whose time is over.
async fn forget_patients(ctx: &Ctx, db: &Db, beds: &BedDesk, district: DistrictId) -> anyhow::Result<()> {
    loop {
        let mut tx = db.begin(district).await?;
        let erased = linli_treatment::commands::forget::forget(ctx, &mut tx, beds, BATCH).await?;
        tx.commit().await?;
        if erased < BATCH {
            return Ok(());
        }
    }
}

/// Looks at the calls to 120 of a district until nothing is left to be done.
async fn look_at_calls(ctx: &Ctx, db: &Db, dispatch: &DispatchOffice, district: DistrictId) -> anyhow::Result<()> {
    loop {
        let mut tx = db.begin(district).await?;
        let done = linli_emergency::commands::sweep::sweep(ctx, &mut tx, dispatch, BATCH).await?;
        tx.commit().await?;
        if done < BATCH {
            return Ok(());
        }
    }
}

/// Looks at the findings of a district until nothing is left to be done.
async fn look_at_findings(ctx: &Ctx, db: &Db, rounds: &RoundOffice, district: DistrictId) -> anyhow::Result<()> {
    loop {
        let mut tx = db.begin(district).await?;
        let done = linli_expert::commands::sweep::sweep(ctx, &mut tx, rounds, BATCH).await?;
        tx.commit().await?;
        if done < BATCH {
            return Ok(());
        }
    }
}

/// Gives what somebody had under an appointment that is over to whoever is to have it now. Who that is was looked up before: only where
/// there is something to do anything is written.
async fn hand_on(ctx: &Ctx, db: &Db, office: &Office, district: DistrictId) -> anyhow::Result<()> {
    let over = linli_cases::queries::over_with_cases(&mut db.read().await?.conn(), office, district, ctx.now()).await?;
    for appointment in over {
        let mut after = None;
        loop {
            let mut tx = db.begin(district).await?;
            let done = linli_cases::commands::hand_on(ctx, &mut tx, office, appointment, (after, BATCH)).await?;
            tx.commit().await?;
            after = done.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}
