//! What the watch has to be told (errands): read from the database, told with one wait for the disk for many, and removed when it is done.

use std::sync::atomic::Ordering;

use linli_kernel::DistrictId;
use linli_watch::{Command, SignKind};
use uuid::Uuid;

use super::keeper::{Keeper, Refused, second};
use super::{BATCH, Care};
use crate::commands;
use crate::consent::{self, Enrolling, Learning};
use crate::error::CareError;
use crate::model::{CarePersonId, ErrandKind, Watched};
use crate::store::{self, watch::Errand};

/// What the watch is told by an errand.
enum Telling {
    Decide(Command),
    Seen(linli_watch::Sign),
    /// It is overtaken by what happened since.
    Nothing,
}

/// What became of errands.
#[derive(Debug, Default)]
struct Told {
    /// Told, or overtaken.
    done: Vec<Uuid>,
    /// Those that cannot be told, each with the code of why.
    aside: Vec<(Uuid, &'static str)>,
    /// Why the watch could not be told the next one now.
    failed: Option<CareError>,
}

impl Care {
    /// Tells a watch that does not know these people what the database says; without the enrolment, when they are carried over from another.
    pub(super) async fn tell_anew(
        &self,
        keeper: &Keeper,
        district: DistrictId,
        people: &[Watched],
        enrol: bool,
    ) -> Result<(), CareError> {
        let told = |watched: &Watched, what, at| Errand { id: Uuid::nil(), person: watched.person, slot: watched.slot, what, at };
        let away = |watched: &Watched| watched.away_until.map(|until| told(watched, ErrandKind::Away, Some(until)));
        // One kind after the other: what is about different people needs one wait for the disk.
        let mut errands: Vec<Errand> = Vec::new();
        if enrol {
            errands.extend(people.iter().map(|watched| told(watched, ErrandKind::Enrol, None)));
        }
        errands.extend(people.iter().map(|watched| told(watched, ErrandKind::Learn, None)));
        errands.extend(people.iter().filter_map(away));
        errands.extend(people.iter().filter(|w| w.in_hospital).map(|watched| told(watched, ErrandKind::Admitted, None)));
        errands.extend(people.iter().filter(|w| w.unheard.is_some()).map(|watched| told(watched, ErrandKind::Unheard, None)));
        let told = self.tell_all(keeper, district, &errands).await;
        if !told.aside.is_empty() {
            tracing::error!(%district, many = told.aside.len(), "the watch could not be told everything of some people");
        }
        told.failed.map_or(Ok(()), Err)
    }

    /// One batch of errands of each district; how many were done, and whether there may be more. A district that cannot go on stops no other.
    pub(super) async fn do_errands(&self, keeper: &Keeper) -> Result<(usize, bool), CareError> {
        let (mut done, mut more, mut failed) = (0, false, None);
        for district in self.districts().await? {
            match self.errands_of(keeper, district).await {
                Ok((some, again)) => (done, more) = (done + some, more | again),
                Err(error) => {
                    tracing::warn!(%district, %error, "the watch could not be told everything of a district; trying again");
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok((done, more)), Err)
    }

    async fn errands_of(&self, keeper: &Keeper, district: DistrictId) -> Result<(usize, bool), CareError> {
        let (some, damaged) = self.next_errands(district).await?;
        let mut told = self.tell_all(keeper, district, &some).await;
        told.aside.extend(damaged.into_iter().map(|id| (id, "care.errand_unreadable")));
        if !told.done.is_empty() || !told.aside.is_empty() {
            self.note_for_others(some.iter().filter(|errand| told.done.contains(&errand.id))).await?;
            let mut tx = self.db.begin(district).await?;
            if let Some(claim) = self.whole()
                && !commands::claim(&mut tx, claim).await?
            {
                // Told to a watch that is none any more: whoever keeps it now has still to be told.
                return Err(Refused::Later("another server has taken the watch over".to_owned()).into());
            }
            for errand in &told.done {
                store::watch::done(&mut tx.conn()?, district, *errand).await?;
            }
            for (errand, why) in &told.aside {
                tracing::error!(%district, %errand, why, "the watch cannot be told of an errand; it is set aside");
                store::watch::set_errand_aside(&mut tx.conn()?, district, *errand, why).await?;
            }
            tx.commit().await?;
        }
        match told.failed {
            Some(error) => Err(error),
            None => Ok((told.done.len(), i64::try_from(some.len()).is_ok_and(|many| many >= BATCH))),
        }
    }

    /// The oldest errands about people who are kept here, and those that cannot be read.
    async fn next_errands(&self, district: DistrictId) -> Result<(Vec<Errand>, Vec<Uuid>), CareError> {
        let (mut kept, mut damaged, mut after) = (Vec::new(), Vec::new(), Uuid::nil());
        loop {
            let some = store::watch::errands(&mut self.db.read().await?.conn(), district, after, BATCH).await?;
            let all = i64::try_from(some.seen).is_ok_and(|many| many < BATCH);
            after = some.last.unwrap_or(after);
            kept.extend(some.readable.into_iter().filter(|errand| self.keeps(errand.slot)));
            damaged.extend(some.damaged);
            if all || i64::try_from(kept.len()).is_ok_and(|many| many >= BATCH) {
                return Ok((kept, damaged));
            }
        }
    }

    /// Where the watch is split: what the next owner of a part has to know is in its marks soon. That somebody is back or discharged is
    /// also a sign, so that it is known even if this process dies before.
    async fn note_for_others(&self, told: impl Iterator<Item = &Errand>) -> Result<(), CareError> {
        let Some(split) = self.split.get() else { return Ok(()) };
        let mut back = Vec::new();
        for errand in told {
            split.marks_are_stale(errand.slot);
            if matches!(errand.what, ErrandKind::Back | ErrandKind::Discharged) {
                back.push(linli_watch::Sign { slot: errand.slot, at: second(self.clock.now()), kind: SignKind::Seen });
            }
        }
        if !back.is_empty() {
            split.carry(back).await?;
        }
        Ok(())
    }

    /// Tells the watch one thing after the other, up to the first that it cannot take now; with one wait for the disk for many. What cannot be
    /// told for a reason of its own is set aside, and the next one comes.
    async fn tell_all(&self, keeper: &Keeper, district: DistrictId, errands: &[Errand]) -> Told {
        let (mut told, mut decisions) = (Told::default(), Vec::new());
        for errand in errands {
            let said = match self.what_to_tell(district, errand).await {
                Ok(Telling::Decide(command)) => {
                    decisions.push((errand, command));
                    continue;
                }
                Ok(Telling::Nothing) => Ok(()),
                // It counts for whoever was enrolled before it in the same batch.
                Ok(Telling::Seen(sign)) => match self.decide_all(keeper, std::mem::take(&mut decisions), &mut told).await {
                    Ok(()) => self.hand_in(keeper, vec![sign]).await.map(|_| ()).map_err(CareError::from),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            match said {
                Ok(()) => told.done.push(errand.id),
                Err(error) if !error.passes() => told.aside.push((errand.id, error.code().name)),
                Err(error) => {
                    // What was gathered before it is told nevertheless.
                    let before = self.decide_all(keeper, decisions, &mut told).await;
                    told.failed = Some(before.err().unwrap_or(error));
                    return told;
                }
            }
        }
        told.failed = self.decide_all(keeper, decisions, &mut told).await.err();
        told
    }

    /// Decisions, under one wait for the disk; those that were carried out are told, those that never can be are set aside.
    async fn decide_all(&self, keeper: &Keeper, decisions: Vec<(&Errand, Command)>, told: &mut Told) -> Result<(), CareError> {
        if decisions.is_empty() {
            return Ok(());
        }
        let (errands, commands): (Vec<&Errand>, Vec<Command>) = decisions.into_iter().unzip();
        for (errand, answer) in errands.into_iter().zip(keeper.decide_all(commands).await?) {
            match answer {
                Ok(()) if errand.what == ErrandKind::Enrol => self.enter(errand.person, errand.slot),
                Ok(()) => {}
                Err(never @ (Refused::Never(_) | Refused::OtherFolder)) => {
                    tracing::error!(what = %errand.what, why = %never, "the watch will not take an errand");
                    told.aside.push((errand.id, never.code().name));
                    continue;
                }
                Err(later) => return Err(later.into()),
            }
            told.done.push(errand.id);
        }
        Ok(())
    }

    /// What the watch is told by an errand, under the consent that is in force at this moment.
    async fn what_to_tell(&self, district: DistrictId, errand: &Errand) -> Result<Telling, CareError> {
        let slot = errand.slot;
        let until = errand.at.map(second).unwrap_or_default();
        Ok(Telling::Decide(match errand.what {
            ErrandKind::Enrol => return self.beginning(district, errand).await,
            ErrandKind::Learn => match &self.in_force(district, errand.person).await?.routine {
                Some(proof) => Command::learn_routine(&Learning::under(proof, slot)),
                None => return Ok(Telling::Nothing),
            },
            ErrandKind::Withdraw => {
                self.names.leave(slot);
                self.leaving.store(true, Ordering::SeqCst);
                Command::withdraw(slot)
            }
            ErrandKind::Pack => match self.pack_of(district, errand.person).await? {
                Some((_, pack)) => Command::change_pack(slot, pack),
                None => return Ok(Telling::Nothing),
            },
            ErrandKind::Away => Command::away(slot, until),
            ErrandKind::Back => Command::back(slot),
            ErrandKind::Admitted => Command::in_hospital(slot, true),
            ErrandKind::Discharged => Command::in_hospital(slot, false),
            ErrandKind::Unheard => Command::unheard(slot, true),
            ErrandKind::Heard => Command::unheard(slot, false),
            ErrandKind::ForgetRoutine => Command::forget_routine(slot),
            ErrandKind::Seen => return Ok(Telling::Seen(linli_watch::Sign { slot, at: until, kind: SignKind::Seen })),
        }))
    }

    /// The enrolment of somebody; of nobody whose consent is gone by now.
    async fn beginning(&self, district: DistrictId, errand: &Errand) -> Result<Telling, CareError> {
        let given = self.in_force(district, errand.person).await?;
        let Some((watched, pack)) = self.pack_of(district, errand.person).await? else { return Ok(Telling::Nothing) };
        let Some(proof) = given.watch.filter(|_| watched.slot == errand.slot) else { return Ok(Telling::Nothing) };
        let enrolling = Enrolling::under(&proof, errand.slot);
        let since = errand.at.map(second).unwrap_or_default();
        Ok(Telling::Decide(Command::enrol_seen(&enrolling, pack, since)))
    }

    pub(super) async fn in_force(&self, district: DistrictId, person: CarePersonId) -> Result<consent::InForce, CareError> {
        consent::in_force(&mut self.db.read().await?.conn(), district, person, self.clock.now()).await
    }

    /// How somebody is watched, and the number of the rule; the first that is offered for one that is gone.
    pub(super) async fn pack_of(&self, district: DistrictId, person: CarePersonId) -> Result<Option<(Watched, u8)>, CareError> {
        let Some(watched) = store::watch::of_person(&mut self.db.read().await?.conn(), district, person).await? else {
            return Ok(None);
        };
        let rules = self.office.watch_rules(self.clock.now())?;
        let profile = rules.profiles().find(&watched.profile).or_else(|| rules.profiles().all().next());
        let number = profile.map(|profile| rules.profiles().number_of(profile, watched.quiet.as_deref()));
        Ok(number.map(|number| (watched, number)))
    }
}
