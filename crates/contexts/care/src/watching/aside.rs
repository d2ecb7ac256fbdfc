//! Taking up what the watch asks for, and what is set aside (搁置) of it: one person's trouble, or one district's, holds up nobody else.
//!
//! What always holds here: an effect is confirmed to the watch only when what it led to, or that it is set aside with its reason, is in the
//! database. What is set aside is tried again every minute, and never lost without a withdrawal or the end of the alarm.

use std::collections::BTreeMap;

use linli_access::Ctx;
use linli_kernel::DistrictId;
use linli_watch::{AlarmId, Effect, Relief, Second, Silence, Task};
use uuid::Uuid;

use super::Care;
use super::keeper::Keeper;
use crate::commands::{self, Claim};
use crate::error::CareError;
use crate::model::CarePersonId;
use crate::store;
use crate::store::keeper::AsideRow;

/// Seconds until something that was set aside is tried again.
const AGAIN_SECS: i64 = 60;
/// As many are tried again in one pass.
const SOME: i64 = 50;

type Asked = (Effect, CarePersonId, Option<Claim>);

/// How far a district came.
struct Reached {
    news: usize,
    /// The first effect that is not in the database, and why.
    stopped: Option<(u64, CareError)>,
}

impl Care {
    /// Takes up effects, district by district, and confirms up to the first that is not in the database. Gives how many were news, and what the
    /// first district could not do now.
    pub(super) async fn take_up(&self, keeper: &Keeper, effects: &[Effect]) -> Result<(usize, Option<CareError>), CareError> {
        let (Some(first), Some(last)) = (effects.first(), effects.last()) else { return Ok((0, None)) };
        let (ctx, mut news, mut up_to, mut failed) = (self.ctx("care.watch"), 0, last.number, None);
        for (district, effects) in self.by_district(effects).await? {
            let reached = self.take_up_in(&ctx, district, keeper.id, &effects).await;
            news += reached.news;
            if let Some((number, error)) = reached.stopped {
                tracing::warn!(%district, %error, "what the watch asked for could not be taken up in a district; it comes again");
                up_to = up_to.min(number.saturating_sub(1));
                failed.get_or_insert(error);
            }
        }
        if up_to >= first.number {
            keeper.confirm(up_to).await?;
        }
        Ok((news, failed))
    }

    async fn by_district(&self, effects: &[Effect]) -> Result<BTreeMap<DistrictId, Vec<Asked>>, CareError> {
        let mut by_district: BTreeMap<DistrictId, Vec<Asked>> = BTreeMap::new();
        let mut read = self.db.read().await?;
        for effect in effects {
            let claim = self.claim_of(effect.task.id().slot);
            if self.split.get().is_some() && claim.is_none() {
                // Another process has the part by now, and this one is about to forget it.
                continue;
            }
            // Whoever has no number any more withdrew; nobody goes there.
            if let Some((district, person)) = store::watch::who_has(&mut read.conn(), effect.task.id().slot).await? {
                by_district.entry(district).or_default().push((*effect, person, claim));
            }
        }
        Ok(by_district)
    }

    /// All of a district in one transaction; where that fails for a reason of its own, one after the other.
    async fn take_up_in(&self, ctx: &Ctx, district: DistrictId, watch: Uuid, effects: &[Asked]) -> Reached {
        let first = effects.first().map_or(0, |(effect, ..)| effect.number);
        match self.take_up_together(ctx, district, watch, effects).await {
            Ok(news) => return Reached { news, stopped: None },
            Err(error) if error.passes() => return Reached { news: 0, stopped: Some((first, error)) },
            Err(error) => tracing::warn!(%district, %error, "what the watch asked for is taken up one after the other"),
        }
        let mut news = 0;
        for asked in effects {
            let one = std::slice::from_ref(asked);
            let done = match self.take_up_together(ctx, district, watch, one).await {
                Err(error) if !error.passes() => self.put_aside(district, watch, &asked.0, &error).await.map(|()| 0),
                done => done,
            };
            match done {
                Ok(some) => news += some,
                Err(error) => return Reached { news, stopped: Some((asked.0.number, error)) },
            }
        }
        Reached { news, stopped: None }
    }

    async fn take_up_together(
        &self,
        ctx: &Ctx,
        district: DistrictId,
        watch: Uuid,
        effects: &[Asked],
    ) -> Result<usize, CareError> {
        let mut tx = self.db.begin(district).await?;
        let news = commands::take_up(ctx, &mut tx, &self.office, watch, effects).await?;
        tx.commit().await?;
        Ok(news)
    }

    /// Of the person only the number of the watch is kept.
    async fn put_aside(&self, district: DistrictId, watch: Uuid, effect: &Effect, why: &CareError) -> Result<(), CareError> {
        let code = why.code().name;
        tracing::error!(%district, number = effect.number, why = code, error = %why, "what the watch asked for cannot be done; it is set aside");
        let mut tx = self.db.begin(district).await?;
        let number = i64::try_from(effect.number).unwrap_or(i64::MAX);
        if number > store::watch::highest(&mut tx.conn()?, district, watch).await? {
            let (what, due) = written(&effect.task);
            let id = effect.task.id();
            let row = AsideRow {
                district_id: district,
                watch_id: watch,
                number,
                slot: i64::from(id.slot),
                since: i64::from(id.since),
                what: what.to_owned(),
                due: due.map(i64::from),
                why: code.to_owned(),
                tried_at: self.clock.now(),
            };
            store::keeper::set_aside(&mut tx.conn()?, &row).await?;
            store::watch::set_highest(&mut tx.conn()?, district, watch, number).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Tries again what was set aside a minute ago. Gives how many of them are done now.
    pub(super) async fn try_aside(&self) -> Result<usize, CareError> {
        let before = self.clock.now().plus_secs(-AGAIN_SECS);
        let rows = store::keeper::aside(&mut self.db.read().await?.conn(), before, SOME).await?;
        let (ctx, mut news) = (self.ctx("care.watch"), 0);
        for row in rows {
            match self.try_one(&ctx, &row).await {
                Ok(done) => news += usize::from(done),
                Err(error) if error.passes() => return Err(error),
                Err(error) => {
                    let again = AsideRow { why: error.code().name.to_owned(), tried_at: self.clock.now(), ..row };
                    let mut tx = self.db.begin(again.district_id).await?;
                    store::keeper::set_aside(&mut tx.conn()?, &again).await?;
                    tx.commit().await?;
                }
            }
        }
        Ok(news)
    }

    async fn try_one(&self, ctx: &Ctx, row: &AsideRow) -> Result<bool, CareError> {
        let task = read(row).ok_or_else(|| unreadable(row))?;
        let slot = task.id().slot;
        if !self.keeps(slot) {
            return Ok(false);
        }
        let person = store::watch::who_has(&mut self.db.read().await?.conn(), slot).await?;
        let mut tx = self.db.begin(row.district_id).await?;
        if let Some(claim) = self.claim_of(slot)
            && !commands::claim(&mut tx, claim).await?
        {
            return Ok(false);
        }
        if let Some((_, person)) = person.filter(|(district, _)| *district == row.district_id) {
            commands::take_up_one(ctx, &mut tx, &self.office, &task, person).await?;
        }
        store::keeper::take_back(&mut tx.conn()?, row).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The word of a task in the table, and when it was due.
const fn written(task: &Task) -> (&'static str, Option<Second>) {
    match task {
        Task::Alarm { silence: Silence::NotLeftHome, deadline, .. } => ("not_left_home", Some(*deadline)),
        Task::Alarm { silence: Silence::NotComeBack, deadline, .. } => ("not_come_back", Some(*deadline)),
        Task::Alarm { silence: Silence::NoSign, deadline, .. } => ("no_sign", Some(*deadline)),
        Task::SoftQuestion { due, .. } => ("question", Some(*due)),
        Task::Cleared { id, .. } => (if id.question { "cleared_question" } else { "cleared" }, None),
    }
}

/// What stands in the table. By what an alarm was ended is not kept: nothing depends on it any more.
fn read(row: &AsideRow) -> Option<Task> {
    let question = matches!(row.what.as_str(), "question" | "cleared_question");
    let id = AlarmId { slot: row.slot.try_into().ok()?, since: row.since.try_into().ok()?, question };
    let alarm = |silence| Some(Task::Alarm { id, silence, deadline: row.due?.try_into().ok()? });
    match row.what.as_str() {
        "not_left_home" => alarm(Silence::NotLeftHome),
        "not_come_back" => alarm(Silence::NotComeBack),
        "no_sign" => alarm(Silence::NoSign),
        "question" => Some(Task::SoftQuestion { id, due: row.due?.try_into().ok()? }),
        "cleared" | "cleared_question" => Some(Task::Cleared { id, relief: Relief::Away }),
        _ => None,
    }
}

fn unreadable(row: &AsideRow) -> CareError {
    linli_db::DbError::Inconsistent { table: "care_aside", column: "what", row: row.number.to_string() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_read_as_it_was() {
        let id = |question| AlarmId { slot: 7, since: 1_000, question };
        let alarm = |silence| Task::Alarm { id: id(false), silence, deadline: 2_000 };
        let tasks = [
            alarm(Silence::NotLeftHome),
            alarm(Silence::NotComeBack),
            alarm(Silence::NoSign),
            Task::SoftQuestion { id: id(true), due: 2_000 },
            Task::Cleared { id: id(false), relief: Relief::Away },
            Task::Cleared { id: id(true), relief: Relief::Away },
        ];
        for task in tasks {
            let (what, due) = written(&task);
            let row = AsideRow {
                district_id: DistrictId(1),
                watch_id: Uuid::nil(),
                number: 1,
                slot: 7,
                since: 1_000,
                what: what.to_owned(),
                due: due.map(i64::from),
                why: String::new(),
                tried_at: linli_kernel::Ts(0),
            };
            assert_eq!(read(&row), Some(task));
        }
    }
}
