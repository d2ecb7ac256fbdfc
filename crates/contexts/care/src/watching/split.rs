//! The watch where several processes share it (分片看护): this one keeps some parts of the numbers, hands signs to whoever keeps theirs, and goes on
//! with a part when its owner has died. How that is agreed upon between processes is behind [`Carrier`] and not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use linli_db::Published;
use linli_kernel::DistrictId;
use linli_watch::{Second, Shard, Shards, Sign, Slot};
use uuid::Uuid;

use super::keeper::{Carried, Held, Refused, Verdict, WatchPlan};
use super::{BATCH, Care};
use crate::commands::{self, Claim};
use crate::consent::Enrolling;
use crate::error::CareError;
use crate::model::{CarePersonId, Watched};
use crate::store;

/// What a [`Carrier`] answers with.
pub type CarrierFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<Verdict>, Refused>> + Send + 'a>>;

/// Brings signs to whoever keeps their parts.
pub trait Carrier: Send + Sync {
    /// One verdict for each, when all of them are on disk there.
    fn carry(&self, signs: Vec<Sign>) -> CarrierFuture<'_>;
}

type ByDistrict = BTreeMap<DistrictId, Vec<Watched>>;

/// What is known of the parts.
pub(super) struct Split {
    shards: Shards,
    carrier: Arc<dyn Carrier>,
    /// Those that are kept here, and since which claim.
    kept: Mutex<BTreeMap<Shard, i64>>,
    /// Those of which the marks ought to be written anew.
    stale: Mutex<BTreeSet<Shard>>,
    begun: AtomicBool,
}

impl Split {
    pub(super) async fn carry(&self, signs: Vec<Sign>) -> Result<Vec<Verdict>, Refused> {
        if signs.is_empty() { Ok(Vec::new()) } else { self.carrier.carry(signs).await }
    }

    /// Something is known of somebody that is in no sign.
    pub(super) fn marks_are_stale(&self, slot: Slot) {
        self.stale.lock().unwrap_or_else(PoisonError::into_inner).insert(self.shards.of(slot));
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<Shard, i64>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Care {
    /// Opens the folder of this process where several share the watch. It keeps nobody until it takes parts, and lets no time pass before
    /// [`Care::begin`]; from here on it hands signs to the carrier.
    ///
    /// # Errors
    /// As [`Care::start`]. A watch that was started the other way before.
    pub async fn start_split(&self, plan: &WatchPlan, shards: Shards, carrier: Arc<dyn Carrier>) -> Result<(), CareError> {
        let _turn = self.turn.lock().await;
        let keeper = self.open(plan, &Held::default()).await?;
        self.fill_roll().await?;
        let split = Split { shards, carrier, kept: Mutex::default(), stale: Mutex::default(), begun: AtomicBool::new(false) };
        self.split.set(split).map_err(|_| Refused::Never("this watch was started before".to_owned()))?;
        *self.keeper.write().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
        Ok(())
    }

    /// Goes on with a part: whoever is watched in it under a consent in force, as marks and the signs since them say. Nothing of the part is taken up
    /// under an earlier claim any more, and visits about silences that have ended meanwhile are relieved.
    ///
    /// # Errors
    /// `care.watch_busy` when it has to be tried again; `care.watch_refused` when there is a later claim. Store errors.
    pub async fn take_part(&self, shard: Shard, epoch: i64, marks: Vec<Sign>, since: Vec<Sign>) -> Result<(), CareError> {
        let (keeper, split) = (self.keeper()?, self.split()?);
        let claim = Claim { part: shard.0, epoch };
        let districts = self.districts().await?;
        let mut people = Vec::new();
        for district in &districts {
            let mut tx = self.db.begin(*district).await?;
            if !commands::claim(&mut tx, claim).await? {
                return Err(Refused::Never("another process has claimed this part since".to_owned()).into());
            }
            tx.commit().await?;
            people.extend(self.people_of(*district, split.shards, shard).await?);
        }
        // Of whoever is in none of them nothing was known; that she is counted from now ends no silence.
        let heard: BTreeSet<Slot> = marks.iter().chain(&since).map(|sign| sign.slot).collect();
        let (agreed, told) = self.agreed(people).await?;
        // Consents are read before, because that takes longest. What was committed since is an errand, and comes after.
        let _turn = self.turn.lock().await;
        keeper.carry_on(Carried { people: agreed, marks, since }).await?;
        for (district, people) in told {
            self.tell_anew(&keeper, district, &people, false).await?;
        }
        let reached = keeper.marks(split.shards, shard).await?;
        let reached: BTreeMap<Slot, Second> =
            reached.into_iter().filter(|mark| heard.contains(&mark.slot)).map(|mark| (mark.slot, mark.at)).collect();
        let ctx = self.ctx("care.watch");
        for district in districts {
            let mut tx = self.db.begin(district).await?;
            commands::relieve_ended(&ctx, &mut tx, &self.office, (shard.0, split.shards.many()), &reached).await?;
            tx.commit().await?;
        }
        split.kept().insert(shard, epoch);
        Ok(())
    }

    /// Those whose consent is in force, each with the rule; and those of whom there is more to tell than that.
    async fn agreed(&self, people: Vec<(DistrictId, Watched)>) -> Result<(Vec<(Enrolling, u8)>, ByDistrict), CareError> {
        let (mut agreed, mut told) = (Vec::with_capacity(people.len()), ByDistrict::new());
        for (district, watched) in people {
            let given = self.in_force(district, watched.person).await?;
            let Some((watched, pack)) = self.pack_of(district, watched.person).await? else { continue };
            let Some(proof) = given.watch else { continue };
            agreed.push((Enrolling::under(&proof, watched.slot), pack));
            let absent = watched.away_until.is_some() || watched.in_hospital || watched.unheard.is_some();
            if absent || given.routine.is_some() {
                told.entry(district).or_default().push(watched);
            }
        }
        Ok((agreed, told))
    }

    async fn people_of(
        &self,
        district: DistrictId,
        shards: Shards,
        shard: Shard,
    ) -> Result<Vec<(DistrictId, Watched)>, CareError> {
        let (mut people, mut after) = (Vec::new(), Uuid::nil());
        loop {
            let part = (shard.0, shards.many());
            let some = store::watch::of_part(&mut self.db.read().await?.conn(), district, part, after, BATCH).await?;
            let Some(last) = some.last() else { return Ok(people) };
            after = last.person.0;
            people.extend(some.into_iter().map(|watched| (district, watched)));
        }
    }

    /// Keeps a part no longer: nothing of it is taken up from the call on, and everything of it is forgotten, as after a withdrawal.
    ///
    /// # Errors
    /// `care.watch_busy` when it could not be forgotten now.
    pub async fn lose_part(&self, shard: Shard) -> Result<(), CareError> {
        let split = self.split()?;
        split.kept().remove(&shard);
        let _turn = self.turn.lock().await;
        Ok(self.keeper()?.forget(split.shards, shard).await?)
    }

    /// What this process knows from an earlier life of parts that it did not take is forgotten, and from now on time may pass.
    ///
    /// # Errors
    /// `care.watch_busy` when it could not be forgotten now.
    pub async fn begin(&self) -> Result<(), CareError> {
        let split = self.split()?;
        {
            let _turn = self.turn.lock().await;
            let keeper = self.keeper()?;
            for shard in split.shards.all() {
                let kept = split.kept().contains_key(&shard);
                if !kept {
                    keeper.forget(split.shards, shard).await?;
                }
            }
            split.begun.store(true, Ordering::SeqCst);
        }
        self.errands().await.map(drop)
    }

    /// Signs of parts that are kept here, as the carrier brought them; one verdict for each, when they are on disk.
    ///
    /// # Errors
    /// `care.watch_busy` when nothing of it was taken.
    pub async fn signs_of_parts(&self, signs: Vec<Sign>) -> Result<Vec<Verdict>, CareError> {
        Ok(self.keeper()?.signs(signs).await?)
    }

    /// What stands for all signs of the people of a part.
    ///
    /// # Errors
    /// `care.watch_busy`.
    pub async fn marks(&self, shard: Shard) -> Result<Vec<Sign>, CareError> {
        Ok(self.keeper()?.marks(self.split()?.shards, shard).await?)
    }

    /// Whether the marks of a part ought to be written anew. Asking forgets it.
    #[must_use]
    pub fn marks_are_stale(&self, shard: Shard) -> bool {
        self.split.get().is_some_and(|split| split.stale.lock().unwrap_or_else(PoisonError::into_inner).remove(&shard))
    }

    /// Follows what other processes committed: whose numbers are new and whose are gone. Pass it every published line.
    ///
    /// # Errors
    /// Store errors.
    pub async fn follow(&self, line: &Published) -> Result<(), CareError> {
        let Some(person) = line.subject.map(CarePersonId) else { return Ok(()) };
        if self.split.get().is_none() || !matches!(line.kind.as_str(), "care.watch_begun" | "care.consent_withdrawn") {
            return Ok(());
        }
        match store::watch::of_person(&mut self.db.read().await?.conn(), line.district, person).await? {
            Some(watched) => self.enter(person, watched.slot),
            None => {
                if let Some(slot) = self.slot_of(person) {
                    self.names.leave(slot);
                }
            }
        }
        Ok(())
    }

    /// Lines were missed: everybody is entered anew.
    ///
    /// # Errors
    /// Store errors.
    pub async fn follow_anew(&self) -> Result<(), CareError> {
        self.fill_roll().await.map(drop)
    }

    /// Whether what concerns this number is done by this process.
    pub(super) fn keeps(&self, slot: Slot) -> bool {
        self.split.get().is_none_or(|split| split.kept().contains_key(&split.shards.of(slot)))
    }

    /// The claim under which a number is kept here; nothing where only one process can keep the watch, or the part is not kept.
    pub(super) fn claim_of(&self, slot: Slot) -> Option<Claim> {
        let Some(split) = self.split.get() else { return self.whole() };
        let shard = split.shards.of(slot);
        split.kept().get(&shard).map(|epoch| Claim { part: shard.0, epoch: *epoch })
    }

    /// Whether time may pass.
    pub(super) fn begun(&self) -> bool {
        self.split.get().is_none_or(|split| split.begun.load(Ordering::SeqCst))
    }

    fn split(&self) -> Result<&Split, Refused> {
        self.split.get().ok_or_else(|| Refused::Never("the watch is not split here".to_owned()))
    }
}
