//! One look at every subscription that is due: what is news since the last line that was told is read and told, line by line. Whatever goes
//! wrong is kept with the subscription and keeps no other.

use std::sync::Arc;

use http::header::{CONTENT_LOCATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use linli_access::{Actor, Channel, Ctx};
use linli_care::follow::commands::looked as looked_at;
use linli_db::{Conn, Db, StoredLine, journal};
use linli_identity::keys::{self, Opens};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_treatment::commands::referrals::looked;
use linli_wire::{Client, Failure, Got};
use serde_json::json;
use tokio::task::JoinSet;

use super::read::{criteria, headers};
use super::watch::{Of, behind, is_of_every_district, is_of_the_network, lines_of};
use super::{Hooks, Notice, NoticeError, Status, store};
use crate::answer::FHIR_JSON;
use crate::bindings;
use crate::item::{Item as _, Whole};
use crate::params::Asked;
use crate::routes::records::version_of;
use crate::table::Room;

/// Subscriptions that are looked at in one run.
const TOGETHER: i64 = 500;
/// Receivers that are told at the same moment.
const AT_ONCE: usize = 8;
/// How long one process has a subscription to itself after its last sign of life. Longer than a receiver may take.
const HOLD_SECS: i64 = 60;
/// Clocks of several machines may differ by so much; more means that a clock was put back.
const PUT_BACK_SECS: i64 = 120;
/// Lines that are read at a time.
const LINES: i64 = 50;
/// Lines that are told to one receiver in one run; the others wait for the next.
const MOST: usize = 500;
/// How far one falls behind in lines that are no news before that is written down.
const IDLE_LINES: i64 = 1_000;
/// After so many failures one after another it is given up: seven waits of 10 s, 40 s, 160 s …, about fifteen hours in all.
const MOST_ATTEMPTS: i64 = 8;

/// Tells everything that is news by now. Gives how many notices were taken.
///
/// # Errors
/// Store errors, when not even the list can be read.
pub async fn run_due(ctx: &Ctx, db: &Db, hooks: &Arc<Hooks>) -> Result<usize, NoticeError> {
    let now = ctx.now();
    let due = store::due(&mut db.read().await?.conn(), now, lost(now), TOGETHER).await?;
    let (mut running, mut taken) = (JoinSet::new(), 0);
    for notice in due {
        if running.len() == AT_ONCE {
            taken += done(running.join_next().await);
        }
        let look = Look { ctx: named(ctx, &notice), db: db.clone(), hooks: Arc::clone(hooks), notice };
        running.spawn(async move { (look.notice.id, look.whole().await) });
    }
    while let Some(one) = running.join_next().await {
        taken += done(Some(one));
    }
    Ok(taken)
}

type Looked = (super::NoticeId, Result<usize, NoticeError>);

/// How many were taken; a look that failed is logged, and the next one goes on.
fn done(one: Option<Result<Looked, tokio::task::JoinError>>) -> usize {
    match one {
        Some(Ok((_, Ok(taken)))) => taken,
        Some(Ok((id, Err(error)))) => {
            tracing::warn!(%error, subscription = %id, "a subscription could not be looked at; the next look goes on");
            0
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "a look at a subscription broke off");
            0
        }
        None => 0,
    }
}

/// Whoever is held until after this was held by a clock that has been put back since.
const fn lost(now: Ts) -> Ts {
    now.plus_secs(HOLD_SECS + PUT_BACK_SECS)
}

/// In the name of the key: what it may not read is not told.
fn named(ctx: &Ctx, notice: &Notice) -> Ctx {
    let actor = Actor::Program { key: notice.key.0, district: notice.district, organisation: notice.organisation.0 };
    Ctx { actor, channel: Channel::Api, request_id: format!("subscription:{}", notice.id), ..ctx.clone() }
}

/// How a look at a subscription ended.
enum End {
    /// Everything was told that is news, or as much as one run tells.
    Told,
    /// The receiver did not take it.
    Failed(String),
    /// There is nobody to tell any more.
    Over(String),
    /// Somebody else has it now.
    Lost,
}

struct Look {
    ctx: Ctx,
    db: Db,
    hooks: Arc<Hooks>,
    notice: Notice,
}

impl Look {
    /// Looks, and tells what is news.
    async fn whole(&self) -> Result<usize, NoticeError> {
        let stopped = self.stopped().await?;
        if stopped.is_none() && self.notice.status == Status::Active && self.is_quiet().await? {
            return Ok(0);
        }
        let (now, mut taken) = (self.ctx.now(), 0);
        let mut held = now.plus_secs(HOLD_SECS);
        let mut tx = self.db.begin(self.notice.district).await?;
        let mine = store::hold(&mut tx.conn()?, &self.notice, (now, lost(now)), held).await?;
        tx.commit().await?;
        if !mine {
            return Ok(0);
        }
        let end = match stopped {
            Some(why) => End::Over(why),
            None => self.tell(&mut held, &mut taken).await?,
        };
        self.let_go(held, end).await?;
        Ok(taken)
    }

    /// Why nobody is to be told any more.
    async fn stopped(&self) -> Result<Option<String>, NoticeError> {
        let notice = &self.notice;
        if notice.ends_at.is_some_and(|end| end <= self.ctx.now()) {
            return Ok(Some("the end that was asked for has come".to_owned()));
        }
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        if keys::still_open(c, notice.district, notice.key, Opens::Fhir).await?.is_none() {
            return Ok(Some("the key was closed".to_owned()));
        }
        let member = !is_of_the_network(self.kind()) || self.is_member(c).await?;
        Ok((!member).then(|| "the institution does not belong to the treatment network any more".to_owned()))
    }

    async fn is_member(&self, c: &mut Conn<'_>) -> Result<bool, NoticeError> {
        let own = linli_treatment::queries::acts_for(&self.ctx, c).await;
        Ok(own.map_err(linli_treatment::BedError::from)?.is_some())
    }

    fn kind(&self) -> &str {
        self.notice.criteria.split('?').next().unwrap_or_default()
    }

    /// The districts in whose journals there may be news, each with the last line that was told and the last one that there is.
    async fn districts(&self, c: &mut Conn<'_>) -> Result<Vec<(DistrictId, i64, i64)>, NoticeError> {
        let told = store::told_of(c, &self.notice).await?;
        let every = is_of_every_district(self.kind());
        let all = journal::all_last_seqs(c).await?.into_iter().filter(|(of, _)| every || *of == self.notice.district);
        let from = |of: DistrictId| told.iter().find(|(known, _)| *known == of).map_or(0, |(_, seq)| *seq);
        Ok(all.map(|(of, last)| (of, from(of), last)).collect())
    }

    async fn next(&self, c: &mut Conn<'_>, of: DistrictId, seq: i64, limit: i64) -> Result<Vec<StoredLine>, NoticeError> {
        Ok(journal::next_of_kinds(c, of, lines_of(self.kind()), seq, limit).await?)
    }

    /// Whether there is no news. How far it was looked is written down only now and then.
    async fn is_quiet(&self) -> Result<bool, NoticeError> {
        let mut far = Vec::new();
        let mut read = self.db.read().await?;
        let c = &mut read.conn();
        for (of, seq, last) in self.districts(c).await?.into_iter().filter(|(_, seq, last)| last > seq) {
            if !self.next(c, of, seq, 1).await?.is_empty() {
                return Ok(false);
            }
            if last - seq > IDLE_LINES {
                far.push((of, last));
            }
        }
        drop(read);
        if !far.is_empty() {
            let mut tx = self.db.begin(self.notice.district).await?;
            for at in far {
                store::put_told(&mut tx.conn()?, &self.notice, at).await?;
            }
            tx.commit().await?;
        }
        Ok(true)
    }

    /// Tells what is news, in the order of each journal.
    async fn tell(&self, held: &mut Ts, taken: &mut usize) -> Result<End, NoticeError> {
        let rooms = [Room::Care, Room::Treatment, Room::Notices];
        let Ok((kind, asked)) = criteria(&self.notice.criteria, &rooms) else {
            return Ok(End::Over("these criteria are not understood any more".to_owned()));
        };
        let Ok(client) = self.hooks.client(&self.notice.endpoint) else {
            return Ok(End::Over("this address may not be told any more".to_owned()));
        };
        let districts = self.districts(&mut self.db.read().await?.conn()).await?;
        let (mut known, mut lines_told) = (Vec::new(), 0);
        for (of, mut seq, last) in districts {
            loop {
                let lines = self.next(&mut self.db.read().await?.conn(), of, seq, LINES).await?;
                let Some(newest) = lines.last().map(|line| line.seq) else { break };
                for line in &lines {
                    let news = self.news((kind, &asked), line, &mut known).await?;
                    for (whole, about) in news {
                        if let Some(end) = self.hand_over(&client, kind, (line, &whole, about)).await? {
                            return Ok(end);
                        }
                        *taken += 1;
                    }
                    if !self.told(of, line.seq, held).await? {
                        return Ok(End::Lost);
                    }
                    lines_told += 1;
                    if lines_told == MOST {
                        return Ok(End::Told);
                    }
                }
                seq = newest;
            }
            if last > seq && last - seq > IDLE_LINES && !self.told(of, last, held).await? {
                return Ok(End::Lost);
            }
        }
        Ok(End::Told)
    }

    /// What stands behind a line now, meets the criteria, and was not told in this run already.
    async fn news(
        &self,
        (kind, asked): (&'static str, &Asked),
        line: &StoredLine,
        known: &mut Vec<(String, String)>,
    ) -> Result<Vec<(Whole, Of)>, NoticeError> {
        let mut news = behind(&self.hooks, &self.ctx, &mut self.db.read().await?.conn(), (kind, line)).await?;
        news.retain(|(whole, _)| {
            let version = (whole.id(), version_of(&whole.value));
            let new = asked.is(whole) && !known.contains(&version);
            if new {
                known.push(version);
            }
            new
        });
        Ok(news)
    }

    /// Gives a notice to the receiver. Nothing when it was taken.
    async fn hand_over(
        &self,
        client: &Client,
        kind: &str,
        (line, whole, about): (&StoredLine, &Whole, Of),
    ) -> Result<Option<End>, NoticeError> {
        debug_assert!(bindings::wrong(&whole.value).is_empty(), "no codes of R4: {:?}", bindings::wrong(&whole.value));
        if self.notice.full {
            self.write_down(about).await?;
        }
        let mut all = headers(&self.hooks.headers(&self.notice));
        let at = format!("{kind}/{}", whole.id());
        for (name, value) in [
            (CONTENT_LOCATION.as_str(), format!("{}/{at}", self.hooks.base)),
            // The same notice again has the same key, so that whoever takes it can tell.
            ("idempotency-key", format!("{}.{}.{}.{}", self.notice.id, line.district_id, line.seq, whole.id())),
        ] {
            if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), HeaderValue::from_str(&value)) {
                all.insert(name, value);
            }
        }
        // R4: without a payload an empty POST; with one, the resource is put where it would stand under the endpoint.
        let got = if self.notice.full {
            all.insert(CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
            client.send(Method::PUT, Some(at.as_str()), all, whole.value.to_string()).await
        } else {
            client.send(Method::POST, None, all, String::new()).await
        };
        Ok(verdict(got))
    }

    /// Writes down of whom the receiver is told something.
    async fn write_down(&self, about: Of) -> Result<(), NoticeError> {
        if about == Of::Nobody {
            return Ok(());
        }
        let mut tx = self.db.begin(self.notice.district).await?;
        match about {
            Of::Nobody => {}
            Of::Patient(id) => looked(&self.ctx, &mut tx, id).await?,
            Of::Person(person) => looked_at(&self.ctx, &mut tx, person).await?,
        }
        Ok(tx.commit().await?)
    }

    /// Everything up to this line was told; the subscription is held on. Gives whether it was still one's own.
    async fn told(&self, of: DistrictId, seq: i64, held: &mut Ts) -> Result<bool, NoticeError> {
        // Later than before, whatever the clock says: it is the mark by which the hold is known.
        let until = self.ctx.now().plus_secs(HOLD_SECS).max(Ts(held.0 + 1));
        let mut tx = self.db.begin(self.notice.district).await?;
        let mine = store::told(&mut tx.conn()?, &self.notice, (of, seq), (*held, until)).await?;
        tx.commit().await?;
        *held = until;
        Ok(mine)
    }

    /// Writes how it stands.
    async fn let_go(&self, held: Ts, end: End) -> Result<(), NoticeError> {
        let now = self.ctx.now();
        let mut tx = self.db.begin(self.notice.district).await?;
        // What arrived in this look counts.
        let Some(standing) = store::one(&mut tx.conn()?, self.notice.district, self.notice.id).await? else { return Ok(()) };
        let attempts = standing.attempts + 1;
        let (status, problem, attempts, next_at) = match end {
            End::Lost => return Ok(()),
            End::Told => (Status::Active, None, 0, now),
            End::Failed(why) if attempts >= MOST_ATTEMPTS => {
                (Status::Off, Some(format!("given up after {attempts} attempts: {why}")), attempts, now)
            }
            End::Failed(why) => (Status::Error, Some(why), attempts, now.plus_secs(wait_secs(attempts))),
            End::Over(why) => (Status::Off, Some(why), attempts, now),
        };
        let changed = (status, &problem) != (standing.status, &standing.problem);
        let changed_at = if changed { now } else { standing.changed_at };
        let after = Notice { status, problem, attempts, next_at, changed_at, ..standing };
        if store::let_go(&mut tx.conn()?, &after, held).await? && after.status == Status::Off {
            let facts = json!({ "reason": after.problem });
            tx.journal(self.ctx.line("fhir.subscription_off", &PlacePath::root(), Some(after.id.0), facts));
        }
        Ok(tx.commit().await?)
    }
}

/// How long to wait after so many failures.
const fn wait_secs(attempts: i64) -> i64 {
    let mut secs = 10_i64;
    let mut n = 1;
    while n < attempts {
        secs = secs.saturating_mul(4);
        n += 1;
    }
    secs
}

/// What an answer means. Nothing when the notice was taken.
fn verdict(got: Result<Got, Failure>) -> Option<End> {
    match got {
        Ok(got) if (200..300).contains(&got.status) => None,
        Ok(got) if got.status == StatusCode::GONE.as_u16() => {
            Some(End::Over("the receiver says that it is gone (410)".to_owned()))
        }
        Ok(got) => Some(End::Failed(format!("the receiver answered {}", got.status))),
        Err(failure @ Failure::Private(_)) => Some(End::Over(failure.to_string())),
        Err(failure) => Some(End::Failed(failure.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!((1..=4).map(wait_secs).collect::<Vec<_>>(), [10, 40, 160, 640]);
        let all: i64 = (1..MOST_ATTEMPTS).map(wait_secs).sum();
        assert!((14 * 3_600..16 * 3_600).contains(&all), "{all}");
    }
}
