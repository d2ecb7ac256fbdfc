//! Devices and those who agreed to be watched, joined: what a device hears goes to the watch, and who withdraws is forgotten by the devices.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use linli_access::Ctx;
use linli_care::{Care, CareError, CarePersonId, Refused, Whose};
use linli_cases::{Neighbourhood, Office};
use linli_db::{Conn, Cursor, Db, DbError, journal};
use linli_devices::{Agreed, Devices, Ears, Person, PortFuture, Shut, Sign, SignsDoor, Verdict, commands};
use linli_identity::vault::Vault;
use linli_jobs::Worker;
use linli_kernel::{DistrictId, SharedClock, SharedRng, Ts};
use linli_rulebook::SharedRulebook;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

use crate::districts::{self, Tally};

/// The line of a withdrawal.
pub const WITHDRAWN: &str = "care.consent_withdrawn";
/// The line that somebody agreed, or does not any more, that faces are used.
const FACES: &str = "care.faces_changed";
/// Whatever is heard for the first time within this is told to the watch at once together.
const TOGETHER: Duration = Duration::from_millis(500);
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

    fn heard_by<'a>(&'a self, people: &'a [Ears]) -> PortFuture<'a, Result<(), Shut>> {
        Box::pin(async move {
            let mut of: BTreeMap<DistrictId, Vec<(CarePersonId, linli_care::Ears)>> = BTreeMap::new();
            for ears in people {
                let heard = linli_care::Ears { mapped: ears.mapped, living: ears.living };
                of.entry(ears.person.district).or_default().push((CarePersonId(ears.person.id), heard));
            }
            for (district, some) in of {
                self.0.heard_by(district, &some).await.map_err(|error| shut(&error))?;
            }
            Ok(())
        })
    }

    fn who<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, person: Person) -> PortFuture<'a, Result<Option<Agreed>, DbError>> {
        Box::pin(async move {
            let faces = linli_care::consent::agreed_to_faces(c, person.district, CarePersonId(person.id), self.0.now()).await?;
            Ok(faces.map(|faces| Agreed { faces }))
        })
    }

    fn faces<'a, 'c: 'a>(&'a self, c: &'a mut Conn<'c>, district: DistrictId) -> PortFuture<'a, Result<HashSet<Uuid>, DbError>> {
        Box::pin(async move { linli_care::consent::all_who_agreed_to_faces(c, district, self.0.now()).await })
    }
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
    let (first, base, ears) = (ctx.clone(), db.clone(), Arc::downgrade(devices));
    tokio::spawn(async move {
        while let Some(devices) = ears.upgrade() {
            // Whoever is heard for the first time is watched from then on, and not from the next look.
            if tokio::time::timeout(Duration::from_secs(30), devices.woken()).await.is_ok() {
                tokio::time::sleep(TOGETHER).await;
                tell(&first, &base, &devices).await;
            }
        }
    });
    let (mut heard, db, devices) = (db.subscribe(), db.clone(), Arc::clone(devices));
    tokio::spawn(async move {
        loop {
            match heard.recv().await {
                Ok(line) => {
                    devices.heard(&line).await;
                    match line.kind.as_str() {
                        // Whom a device hears has changed: who is watched by it is not for the next look to find out.
                        "devices.mapped" | "devices.retired" | "devices.forgot" => tell(&ctx, &db, &devices).await,
                        FACES => devices.agreed_anew(),
                        _ => {}
                    }
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

async fn tell(ctx: &Ctx, db: &Db, devices: &Devices) {
    if let Err(error) = commands::tell_news(ctx, db, devices).await {
        tracing::warn!(%error, "the watch could not be told what hears whom; the job tries again");
    }
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

/// What devices said since the job of the minute ran last is written down before the program ends: an orderly stop loses no count. Whoever calls it has
/// closed the doors.
pub async fn end(ctx: &Ctx, db: &Db, devices: &Devices) {
    if let Err(error) = commands::flush(ctx, db, devices).await {
        tracing::warn!(%error, "what devices said in the last minute could not be written down");
    }
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
        let ends = |what: &str| watch.is_some_and(|purposes| purposes.iter().any(|purpose| purpose == what));
        if let Some(person) = line.subject_id.filter(|_| ends("watch")) {
            commands::forget(ctx, &mut tx, person).await?;
        } else if let Some(person) = line.subject_id.filter(|_| ends("face")) {
            commands::forget_faces(ctx, &mut tx, person).await?;
        }
    }
    Cursor { seq: to }.store(&mut tx.conn()?, district, READER).await?;
    tx.commit().await?;
    Ok(found.is_some())
}
