//! Devices and those who agreed to be watched, joined: what a device hears goes to the watch, and who withdraws is forgotten by the devices.

use std::sync::Arc;

use linli_access::Ctx;
use linli_care::{Care, CareError, CarePersonId, Refused, Whose};
use linli_cases::{Neighbourhood, Office};
use linli_db::{Cursor, Db, journal};
use linli_devices::{Devices, Person, PortFuture, Shut, Sign, SignsDoor, Verdict, commands};
use linli_identity::vault::Vault;
use linli_jobs::Worker;
use linli_kernel::{DistrictId, SharedClock, SharedRng, Ts};
use linli_rulebook::SharedRulebook;
use tokio::sync::broadcast::error::RecvError;

use crate::districts::{self, Tally};

/// The line of a withdrawal.
pub const WITHDRAWN: &str = "care.consent_withdrawn";
/// The reader of withdrawals.
const READER: &str = "devices.withdrawals";
/// A cursor is stored without a withdrawal when it lags so many lines behind, so that they are not looked through for ever.
const WORTH_STORING: i64 = 5_000;

/// The watch as devices see it.
#[derive(Debug, Clone)]
struct Watched(Arc<Care>);

impl SignsDoor for Watched {
    fn take(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<Verdict>, Shut>> {
        let sign = |sign: &Sign| linli_care::Sign {
            whose: Whose::Short(sign.person),
            kind: sign.kind,
            at: Ts(sign.at.saturating_mul(1_000_000)),
        };
        let batch: Vec<linli_care::Sign> = signs.iter().map(sign).collect();
        Box::pin(async move {
            let verdicts = self.0.signs(batch).await.map_err(|error| shut(&error))?;
            Ok(verdicts.into_iter().map(verdict).collect())
        })
    }

    fn not_watched<'a>(&'a self, people: &'a [Person], since: Ts) -> PortFuture<'a, Result<(), Shut>> {
        Box::pin(async move {
            for person in people {
                let told = self.0.not_watched(CarePersonId(person.id), "所依靠的设备全部失联", since).await;
                told.map(|_| ()).or_else(unless_gone)?;
            }
            Ok(())
        })
    }

    fn heard_again<'a>(&'a self, people: &'a [Person], _: Ts) -> PortFuture<'a, Result<(), Shut>> {
        Box::pin(async move {
            for person in people {
                let told = self.0.heard_again(CarePersonId(person.id)).await;
                told.map(|_| ()).or_else(unless_gone)?;
            }
            Ok(())
        })
    }
}

/// Who is not watched any more needs to be told of by nobody.
fn unless_gone(error: CareError) -> Result<(), Shut> {
    if matches!(error, CareError::NotFound) { Ok(()) } else { Err(shut(&error)) }
}

fn shut(error: &CareError) -> Shut {
    match error {
        CareError::Watch(Refused::Later(why)) if why.contains("full") => Shut::Full,
        _ => {
            tracing::warn!(%error, "the watch takes no signs");
            Shut::Unavailable
        }
    }
}

const fn verdict(said: linli_care::Verdict) -> Verdict {
    match said {
        linli_care::Verdict::Taken => Verdict::Counted,
        linli_care::Verdict::NoConsent => Verdict::NoConsent,
        linli_care::Verdict::NoNews => Verdict::Repeated,
        linli_care::Verdict::TooFarAhead => Verdict::Future,
        linli_care::Verdict::WhileAway => Verdict::WhileAway,
        linli_care::Verdict::NotAskedFor => Verdict::NotAsked,
    }
}

/// The doors for devices, before the watch.
#[must_use]
pub fn open(db: &Db, clock: &SharedClock, vault: &Vault, book: SharedRulebook, care: &Arc<Care>) -> Arc<Devices> {
    Arc::new(Devices::new(db.clone(), Arc::clone(clock), vault.clone(), book, Arc::new(Watched(Arc::clone(care)))))
}

/// Lets the devices hear what was committed, and forget whoever withdrew as soon as that is; the job picks up what was left.
pub fn listen(db: &Db, clock: &SharedClock, rng: &SharedRng, devices: &Arc<Devices>) {
    let ctx = Ctx::system("devices.withdrawals", Arc::clone(clock), Arc::clone(rng));
    let (mut heard, db, devices) = (db.subscribe(), db.clone(), Arc::clone(devices));
    tokio::spawn(async move {
        loop {
            match heard.recv().await {
                Ok(line) => {
                    devices.heard(&line).await;
                    if line.kind != WITHDRAWN {
                        continue;
                    }
                }
                Err(RecvError::Lagged(_)) => devices.missed(),
                Err(RecvError::Closed) => return,
            }
            if let Err(error) = follow_withdrawals(&ctx, &db).await {
                tracing::warn!(%error, "a withdrawal could not be followed; the job tries again");
            }
        }
    });
}

/// What devices said is written down, those that say nothing are looked for, and who withdrew is forgotten should the listener have
/// missed it.
#[must_use]
pub fn jobs(worker: Worker, devices: &Arc<Devices>, office: &Arc<Office>) -> Worker {
    let (flush, sweep, office) = (Arc::clone(devices), Arc::clone(devices), Arc::clone(office));
    let beat = Arc::clone(devices);
    worker
        .every("devices.beat", 60, move |ctx, db, _| {
            let devices = Arc::clone(&beat);
            async move { Ok(commands::beat(&ctx, &db, &devices).await?) }
        })
        .every("devices.flush", 60, move |ctx, db, _| {
            let devices = Arc::clone(&flush);
            async move { Ok(commands::flush(&ctx, &db, &devices).await?) }
        })
        .every("devices.silent", 300, move |ctx, db, _| {
            let (devices, office) = (Arc::clone(&sweep), Arc::clone(&office));
            async move {
                let mut done = Tally::of("silent devices");
                for district in districts::all(&db).await? {
                    let swept = commands::sweep_silent(&ctx, &db, &devices, (&office, &Neighbourhood), district).await;
                    done.note(district, swept.map_err(anyhow::Error::from));
                }
                done.end()?;
                Ok(())
            }
        })
        .clock("devices.withdrawals", 30, |ctx, db, _| async move { Ok(follow_withdrawals(&ctx, &db).await.map(|_| ())?) })
}

/// Forgets everybody who withdrew, in every district; says how many lines were followed.
///
/// # Errors
/// Store errors, after all districts. What was done until then is done.
pub async fn follow_withdrawals(ctx: &Ctx, db: &Db) -> anyhow::Result<usize> {
    let mut done = Tally::of("withdrawals");
    for district in districts::all(db).await? {
        done.note(district, follow_in(ctx, db, district).await);
    }
    Ok(usize::try_from(done.end()?).unwrap_or(usize::MAX))
}

async fn follow_in(ctx: &Ctx, db: &Db, district: DistrictId) -> anyhow::Result<u64> {
    let mut followed = 0;
    while forget_next(ctx, db, district).await? {
        followed += 1;
    }
    Ok(followed)
}

/// Follows the next withdrawal of a district; false when there is none.
async fn forget_next(ctx: &Ctx, db: &Db, district: DistrictId) -> anyhow::Result<bool> {
    let (found, cursor, last) = {
        let mut read = db.read().await?;
        let c = &mut read.conn();
        // The last number first: a line that comes meanwhile is read the next time and never passed by.
        let last = journal::last_seq(c, district).await?;
        let cursor = Cursor::load(c, district, READER).await?;
        (journal::next_of_kind(c, district, WITHDRAWN, cursor.seq).await?, cursor, last)
    };
    let to = match &found {
        Some(line) => line.seq,
        None if last - cursor.seq >= WORTH_STORING => last,
        None => return Ok(false),
    };
    let mut tx = db.begin(district).await?;
    if let Some(line) = &found {
        let facts = line.facts();
        let watch = facts.get("purposes").and_then(serde_json::Value::as_array);
        let ends = watch.is_some_and(|purposes| purposes.iter().any(|purpose| purpose == "watch"));
        if let Some(person) = line.subject_id.filter(|_| ends) {
            commands::forget(ctx, &mut tx, person).await?;
        }
    }
    Cursor { seq: to }.store(&mut tx.conn()?, district, READER).await?;
    tx.commit().await?;
    Ok(found.is_some())
}
