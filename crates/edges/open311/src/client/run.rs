//! One look at a server: send what waits, follow what is open there, pull what is new. Whatever goes wrong is kept with the server and
//! keeps nobody else.

use std::time::Duration;

use linli_access::Ctx;
use linli_cases::Office;
use linli_db::Db;
use linli_kernel::{DistrictId, Ts};

use super::RemoteError;
use super::pull::{Desk, Pulled};
use super::push::Outbox;
use super::remotes::{Remote, named};
use super::server::Server;
use super::store::{self, Look};
use crate::asked::SPAN_DAYS;

/// What was reported so shortly before the last pull is asked for again: servers show what they took with some delay.
const OVERLAP_SECS: i64 = 86_400;
/// What is pulled in one step of a look.
const STEP_SECS: i64 = 7 * 86_400;
/// How long a look at one server may take. What it did not get to comes with the next.
const BUDGET: Duration = Duration::from_secs(60);

/// What a look at a server came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// Cases that arrived there.
    pub sent: usize,
    /// What was pulled and followed.
    pub pulled: Pulled,
    /// What went wrong, naming the server.
    pub problem: Option<String>,
}

/// Looks at the server of this name now.
///
/// # Errors
/// `Cannot` when there is none; store errors. What goes wrong with the server is in what is given.
pub async fn run(ctx: &Ctx, db: &Db, office: &Office, district: DistrictId, name: &str) -> Result<Ran, RemoteError> {
    let remote = named(&mut db.read().await?.conn(), district, name).await?;
    look(ctx, db, office, &remote).await
}

/// Looks at every server of every district, one after another. What goes wrong with one is kept with it and logged.
///
/// # Errors
/// Store errors.
pub async fn run_all(ctx: &Ctx, db: &Db, office: &Office) -> Result<(), RemoteError> {
    let districts = linli_territory::queries::districts(&mut db.read().await?.conn()).await?;
    for district in districts {
        let remotes = store::remotes(&mut db.read().await?.conn(), district.id).await?;
        for remote in remotes {
            match tokio::time::timeout(BUDGET, look(ctx, db, office, &remote)).await {
                Ok(Ok(ran)) => {
                    if let Some(problem) = ran.problem {
                        tracing::warn!(remote = remote.name, problem, "another Open311 server could not be used");
                    }
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    let problem = format!("{}: not done within {} s; the next look goes on", remote.system(), BUDGET.as_secs());
                    tracing::warn!(remote = remote.name, problem, "another Open311 server is slow");
                    note(ctx, db, &remote, Look { problem: Some(problem), ..Look::default() }).await?;
                }
            }
        }
    }
    Ok(())
}

async fn look(ctx: &Ctx, db: &Db, office: &Office, remote: &Remote) -> Result<Ran, RemoteError> {
    let (mut ran, mut look) = (Ran::default(), Look::default());
    if let Err(error) = work(ctx, db, office, remote, (&mut ran, &mut look)).await {
        if let RemoteError::Db(error) = error {
            return Err(error.into());
        }
        ran.problem = Some(error.to_string());
    }
    let first = ran.pulled.reasons.first().map(|first| match ran.pulled.reasons.len() {
        1 => first.clone(),
        n => format!("{first} (and {} more)", n - 1),
    });
    look.problem = ran.problem.clone().or(first);
    note(ctx, db, remote, look).await?;
    Ok(ran)
}

async fn note(ctx: &Ctx, db: &Db, remote: &Remote, look: Look) -> Result<(), RemoteError> {
    let mut tx = db.begin(remote.district_id).await?;
    store::looked(&mut tx.conn()?, remote.district_id, remote.id, ctx.now(), &look).await?;
    Ok(tx.commit().await?)
}

async fn work(
    ctx: &Ctx,
    db: &Db,
    office: &Office,
    remote: &Remote,
    (ran, look): (&mut Ran, &mut Look),
) -> Result<(), RemoteError> {
    let spec = remote.spec(&mut db.read().await?.conn(), office, ctx.now()).await?;
    let server = Server::meet(&spec).await?;
    let outbox = Outbox { ctx, db, office, remote, server: &server };
    ran.sent = outbox.round().await?;
    let desk = Desk { ctx, db, office, district: remote.district_id, spec: &spec, dry_run: false };
    desk.follow_sent(&server, remote, &mut ran.pulled).await?;
    if !remote.pulls {
        return Ok(());
    }
    look.followed = Some(desk.follow_pulled(&server, &remote.followed, &mut ran.pulled).await?);
    // What may be there already under a key that is not known yet would be brought in as another case.
    if store::unsettled(&mut db.read().await?.conn(), remote.district_id, remote.id).await? {
        ran.pulled.reason(format!("{}: nothing new is pulled until everything sent there is settled", server.system));
        return Ok(());
    }
    // Week by week, each noted as soon as it is whole: a server with very much is caught up with over several looks.
    let now = ctx.now();
    let mut from = since(remote, now);
    while from < now {
        let to = from.plus_secs(STEP_SECS).min(now);
        desk.pull(&server, (from, to), &mut ran.pulled).await?;
        look.pulled_to = Some(to);
        note(ctx, db, remote, look.clone()).await?;
        from = to;
    }
    Ok(())
}

/// From the last pull on, with what may have been late then; the usual span of the specification for the first.
fn since(remote: &Remote, now: Ts) -> Ts {
    let first = now.plus_secs(-SPAN_DAYS * 86_400);
    remote.pulled_to.map_or(first, |to| to.plus_secs(-OVERLAP_SECS).min(now))
}
