//! The running watch (运行中的看护): the engine behind its thread, the map from persons to numbers, what goes to and fro between them and the
//! database.
//!
//! What always holds here:
//! * The database is told first. What the watch has to know is an errand in the same transaction, done and removed afterwards; after a crash
//!   it is done again, which changes nothing.
//! * What the watch asks for is confirmed only when it is in the database; the number of the last one stands there beside what it led to.
//! * A sign of somebody who is not in the map is dropped before anything, and counted, not by person.
//! * Errands and passes of time have one turn after the other.

mod directory;
mod keeper;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{DistrictId, SharedClock, SharedRng, Ts};
use linli_watch::{Command, Effect, Known, SignKind, Slot};
use uuid::Uuid;

pub use directory::Counted;
use directory::{Counts, Directory};
pub(crate) use keeper::second;
use keeper::{Keeper, rename_watch};
pub use keeper::{Refused, Verdict, WatchPlan};

use crate::commands;
use crate::consent::{self, Enrolling, Learning};
use crate::error::CareError;
use crate::model::{CarePersonId, ErrandKind, Watched};
use crate::office::CareOffice;
use crate::store::{self, watch::Errand};

/// Rows read at once.
const BATCH: i64 = 500;

/// Signs that are handed to the thread at once; a larger batch goes in parts. A part whose turn did not come is refused with the batch, and
/// what is sent again of the others is no news.
const MOST_AT_ONCE: usize = 32_768;

/// Whose a sign is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Of this person.
    Person(CarePersonId),
    /// Of whoever has this number in the watch.
    Slot(Slot),
}

/// A sign of life as an edge hands it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Whose it is.
    pub whose: Whose,
    /// What it was.
    pub kind: SignKind,
    /// When it happened, by the clock of the device.
    pub at: Ts,
}

/// The running watch. One for the whole program, shared. Until [`Care::start`] nothing is watched here, and errands wait.
pub struct Care {
    db: Db,
    clock: SharedClock,
    rng: SharedRng,
    office: Arc<CareOffice>,
    keeper: RwLock<Option<Keeper>>,
    directory: RwLock<Directory>,
    counts: Counts,
    /// Whether there may be numbers that wait to be given back.
    leaving: AtomicBool,
    /// Whether deleted rows may still be in the log of the database.
    unfolded: AtomicBool,
    turn: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Care {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Care").field("runs", &self.runs()).finish_non_exhaustive()
    }
}

impl Care {
    /// A watch that does not run yet.
    #[must_use]
    pub fn new(db: Db, clock: SharedClock, rng: SharedRng, office: Arc<CareOffice>) -> Arc<Self> {
        Arc::new(Self {
            db,
            clock,
            rng,
            office,
            keeper: RwLock::default(),
            directory: RwLock::default(),
            counts: Counts::default(),
            leaving: AtomicBool::new(true),
            unfolded: AtomicBool::new(false),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Whether it runs in this process.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.keeper.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The office that this watch goes by.
    #[must_use]
    pub fn office(&self) -> &Arc<CareOffice> {
        &self.office
    }

    /// Opens the folder, recovers what was acknowledged, and makes it agree with the database: whoever is watched by it and not known to the
    /// watch is enrolled anew, whoever is known to the watch only is forgotten.
    ///
    /// # Errors
    /// A folder that cannot be used or that another process has; store errors.
    pub async fn start(&self, plan: &WatchPlan) -> Result<(), CareError> {
        let _turn = self.turn.lock().await;
        let rules = self.office.watch_rules(self.clock.now())?;
        let fresh = linli_kernel::_private::uuid_v7(self.clock.as_ref(), self.rng.as_ref());
        let mut keeper = Keeper::start(plan, rules.profiles().packs(), Arc::clone(&self.clock), fresh)?;
        let done = store::watch::highest_anywhere(&mut self.db.read().await?.conn(), keeper.id).await?;
        if done > i64::try_from(keeper.latest).unwrap_or(i64::MAX) {
            // The folder is older than the database: its numbers would be taken for ones that were done.
            tracing::warn!("the folder of the watch is older than the database; it counts anew");
            rename_watch(&plan.folder, fresh).map_err(|error| Refused::Later(error.to_string()))?;
            keeper.id = fresh;
        }
        self.agree_with_store(&keeper).await?;
        *self.keeper.write().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
        Ok(())
    }

    /// Ends it. What was acknowledged is on disk.
    pub fn stop(&self) {
        if let Some(keeper) = self.keeper.write().unwrap_or_else(PoisonError::into_inner).take() {
            keeper.stop();
        }
    }

    /// Takes a batch of signs and answers when they are on disk, one verdict per sign in their order. Signs of people who did not agree are
    /// dropped before anything else and only counted.
    ///
    /// # Errors
    /// `care.watch_busy` when nothing of it was taken and the same batch may come again shortly (503, Retry-After).
    pub async fn signs(&self, batch: Vec<Sign>) -> Result<Vec<Verdict>, CareError> {
        let keeper = self.keeper()?;
        let mut verdicts = vec![Verdict::NoConsent; batch.len()];
        let (mut known, mut places) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            for (place, sign) in batch.iter().enumerate() {
                let slot = match sign.whose {
                    Whose::Person(person) => directory.slots.get(&person).copied(),
                    Whose::Slot(slot) => Some(slot).filter(|slot| directory.people.contains_key(slot)),
                };
                if let Some(slot) = slot {
                    known.push(linli_watch::Sign { slot, at: second(sign.at), kind: sign.kind });
                    places.push(place);
                }
            }
        }
        for (signs, places) in known.chunks(MOST_AT_ONCE).zip(places.chunks(MOST_AT_ONCE)) {
            for (place, verdict) in places.iter().zip(keeper.signs(signs.to_vec()).await?) {
                if let Some(seat) = verdicts.get_mut(*place) {
                    *seat = verdict;
                }
            }
        }
        self.counts.add(&verdicts);
        Ok(verdicts)
    }

    /// None of the devices of a person is heard any more: she is shown as not watched and telephoned. Gives whether it was news.
    ///
    /// # Errors
    /// `care.not_found` for somebody who is not watched; store errors.
    pub async fn not_watched(&self, person: CarePersonId, why: &str, since: Ts) -> Result<bool, CareError> {
        let (ctx, district) = (self.ctx("care.devices"), self.district_of(person)?);
        let mut tx = self.db.begin(district).await?;
        let news = commands::not_watched(&ctx, &mut tx, &self.office, person, why, since).await?;
        tx.commit().await?;
        self.errands().await?;
        Ok(news)
    }

    /// A device of a person is heard again. Gives whether it was news.
    ///
    /// # Errors
    /// `care.not_found` for somebody who is not watched; store errors.
    pub async fn heard_again(&self, person: CarePersonId) -> Result<bool, CareError> {
        let (ctx, district) = (self.ctx("care.devices"), self.district_of(person)?);
        let mut tx = self.db.begin(district).await?;
        let news = commands::heard_again(&ctx, &mut tx, &self.office, person).await?;
        tx.commit().await?;
        self.errands().await?;
        Ok(news)
    }

    /// The number under which somebody is watched here.
    #[must_use]
    pub fn slot_of(&self, person: CarePersonId) -> Option<Slot> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).slots.get(&person).copied()
    }

    /// Everything the watch knows of somebody, for the person's own page; nothing when it does not run here or knows nobody.
    pub async fn known(&self, person: CarePersonId) -> Option<Known> {
        let slot = self.slot_of(person)?;
        self.keeper().ok()?.known(slot).await.ok().flatten()
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counted(&self) -> Counted {
        self.counts.read()
    }

    /// Does what was written down for the watch. Called after every commit that wrote an errand, and with every pass. Where the watch does not
    /// run the errands wait.
    ///
    /// # Errors
    /// When the watch cannot take one now: it and those after it stay. Store errors.
    pub async fn errands(&self) -> Result<usize, CareError> {
        let _turn = self.turn.lock().await;
        let Ok(keeper) = self.keeper() else { return Ok(0) };
        self.do_errands(&keeper).await
    }

    /// Lets time pass: does what was written down, lets the watch look at the clock, takes up what it asks for, gives numbers back. Call it
    /// every second. Gives how many effects were news.
    ///
    /// # Errors
    /// What the watch or the store could not do now; the next pass goes on.
    pub async fn pass(&self) -> Result<usize, CareError> {
        let _turn = self.turn.lock().await;
        let keeper = self.keeper()?;
        self.do_errands(&keeper).await?;
        let passed = keeper.pass().await?;
        let news = self.take_up(&keeper, &passed.effects).await?;
        if !passed.owes && self.leaving.load(Ordering::SeqCst) {
            self.give_back().await?;
            self.leaving.store(false, Ordering::SeqCst);
        }
        if self.unfolded.load(Ordering::SeqCst) {
            // What was deleted is overwritten in the file; the log of the database is the last place where it could be.
            self.db.fold_log().await?;
            self.unfolded.store(false, Ordering::SeqCst);
        }
        Ok(news)
    }

    /// Passes every second until `stop` is done. When other rules are in force it opens the watch again under them.
    pub async fn run(self: Arc<Self>, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        loop {
            if let Err(error) = self.pass().await {
                tracing::warn!(%error, "the watch could not pass; trying again");
            }
            if let Err(error) = self.follow_rules().await {
                tracing::error!(%error, "other rules cannot be taken up by the watch; those before stay");
            }
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
        self.stop();
    }

    async fn follow_rules(&self) -> Result<(), CareError> {
        let rules = self.office.watch_rules(self.clock.now())?;
        Ok(self.keeper()?.packs(rules.profiles().packs()).await?)
    }

    fn keeper(&self) -> Result<Keeper, Refused> {
        let keeper = self.keeper.read().unwrap_or_else(PoisonError::into_inner);
        keeper.clone().ok_or_else(|| Refused::Later("the watch does not run here".to_owned()))
    }

    fn ctx(&self, job: &'static str) -> Ctx {
        Ctx::system(job, Arc::clone(&self.clock), Arc::clone(&self.rng))
    }

    fn district_of(&self, person: CarePersonId) -> Result<DistrictId, CareError> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        let found = directory.slots.get(&person).and_then(|slot| directory.people.get(slot));
        found.map(|(district, _)| *district).ok_or(CareError::NotFound)
    }

    async fn districts(&self) -> Result<Vec<DistrictId>, CareError> {
        let found = linli_territory::queries::districts(&mut self.db.read().await?.conn()).await?;
        Ok(found.into_iter().map(|district| district.id).filter(|id| *id != DistrictId::CITY).collect())
    }

    async fn agree_with_store(&self, keeper: &Keeper) -> Result<(), CareError> {
        let mut all: Vec<(DistrictId, Watched)> = Vec::new();
        for district in self.districts().await? {
            let mut after = Uuid::nil();
            loop {
                let some = store::watch::all(&mut self.db.read().await?.conn(), district, after, BATCH).await?;
                let Some(last) = some.last() else { break };
                after = last.person.0;
                all.extend(some.into_iter().map(|watched| (district, watched)));
            }
        }
        {
            let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
            *directory = Directory::default();
            all.iter().for_each(|(district, watched)| directory.enter(*district, watched.person, watched.slot));
        }
        let (missing, strange) = keeper.compare(all.iter().map(|(_, watched)| watched.slot).collect()).await?;
        for slot in strange {
            keeper.decide(Command::withdraw(slot)).await?;
        }
        let missing: std::collections::HashSet<Slot> = missing.into_iter().collect();
        for (district, watched) in all.into_iter().filter(|(_, watched)| missing.contains(&watched.slot)) {
            self.tell_anew(keeper, district, &watched).await?;
        }
        Ok(())
    }

    /// Tells a watch that does not know a person what the database says.
    async fn tell_anew(&self, keeper: &Keeper, district: DistrictId, watched: &Watched) -> Result<(), CareError> {
        let told = |what, at| Errand { id: Uuid::nil(), person: watched.person, slot: watched.slot, what, at };
        self.tell(keeper, district, &told(ErrandKind::Enrol, None)).await?;
        self.tell(keeper, district, &told(ErrandKind::Learn, None)).await?;
        if watched.away_until.is_some() {
            self.tell(keeper, district, &told(ErrandKind::Away, watched.away_until)).await?;
        }
        if watched.in_hospital {
            self.tell(keeper, district, &told(ErrandKind::Admitted, None)).await?;
        }
        if watched.unheard.is_some() {
            self.tell(keeper, district, &told(ErrandKind::Unheard, None)).await?;
        }
        Ok(())
    }

    async fn do_errands(&self, keeper: &Keeper) -> Result<usize, CareError> {
        let mut done = 0;
        for district in self.districts().await? {
            loop {
                let some = store::watch::errands(&mut self.db.read().await?.conn(), district, BATCH).await?;
                if some.is_empty() {
                    break;
                }
                let (told, failed) = self.tell_all(keeper, district, &some).await;
                if !told.is_empty() {
                    let mut tx = self.db.begin(district).await?;
                    for errand in &told {
                        store::watch::done(&mut tx.conn()?, district, *errand).await?;
                    }
                    tx.commit().await?;
                }
                done += told.len();
                if let Some(error) = failed {
                    return Err(error);
                }
            }
        }
        Ok(done)
    }

    /// Tells the watch one thing after the other, up to the first that it cannot take now.
    async fn tell_all(&self, keeper: &Keeper, district: DistrictId, errands: &[Errand]) -> (Vec<Uuid>, Option<CareError>) {
        let mut told = Vec::with_capacity(errands.len());
        for errand in errands {
            match self.tell(keeper, district, errand).await {
                Ok(()) => told.push(errand.id),
                Err(CareError::Watch(Refused::Never(why))) => {
                    tracing::error!(what = %errand.what, %why, "the watch will not take an errand; it is dropped");
                    told.push(errand.id);
                }
                Err(error) => return (told, Some(error)),
            }
        }
        (told, None)
    }

    async fn tell(&self, keeper: &Keeper, district: DistrictId, errand: &Errand) -> Result<(), CareError> {
        let slot = errand.slot;
        let until = errand.at.map(second).unwrap_or_default();
        let command = match errand.what {
            ErrandKind::Enrol => return self.begin(keeper, district, errand).await,
            ErrandKind::Learn => {
                let given = self.in_force(district, errand.person).await?;
                match &given.routine {
                    Some(proof) => Command::learn_routine(&Learning::under(proof, slot)),
                    None => return Ok(()),
                }
            }
            ErrandKind::Withdraw => {
                self.directory.write().unwrap_or_else(PoisonError::into_inner).leave(errand.person);
                self.leaving.store(true, Ordering::SeqCst);
                Command::withdraw(slot)
            }
            ErrandKind::Pack => match self.pack_of(district, errand.person).await? {
                Some((_, pack)) => Command::change_pack(slot, pack),
                None => return Ok(()),
            },
            ErrandKind::Away => Command::away(slot, until),
            ErrandKind::Back => Command::back(slot),
            ErrandKind::Admitted => Command::in_hospital(slot, true),
            ErrandKind::Discharged => Command::in_hospital(slot, false),
            ErrandKind::Unheard => Command::unheard(slot, true),
            ErrandKind::Heard => Command::unheard(slot, false),
            ErrandKind::ForgetRoutine => Command::forget_routine(slot),
            ErrandKind::Seen => {
                keeper.signs(vec![linli_watch::Sign { slot, at: until, kind: SignKind::Seen }]).await?;
                return Ok(());
            }
        };
        Ok(keeper.decide(command).await?)
    }

    /// Enrols somebody, under the consent that is in force at this moment; nobody whose consent is gone by now.
    async fn begin(&self, keeper: &Keeper, district: DistrictId, errand: &Errand) -> Result<(), CareError> {
        let given = self.in_force(district, errand.person).await?;
        let Some((watched, pack)) = self.pack_of(district, errand.person).await? else { return Ok(()) };
        let Some(proof) = given.watch.filter(|_| watched.slot == errand.slot) else { return Ok(()) };
        let enrolling = Enrolling::under(&proof, errand.slot);
        let since = errand.at.map(second).unwrap_or_default();
        keeper.decide(Command::enrol_seen(&enrolling, pack, since)).await?;
        self.directory.write().unwrap_or_else(PoisonError::into_inner).enter(district, errand.person, errand.slot);
        Ok(())
    }

    async fn in_force(&self, district: DistrictId, person: CarePersonId) -> Result<consent::InForce, CareError> {
        consent::in_force(&mut self.db.read().await?.conn(), district, person, self.clock.now()).await
    }

    /// How somebody is watched, and the number of the rule; the first that is offered for one that is gone.
    async fn pack_of(&self, district: DistrictId, person: CarePersonId) -> Result<Option<(Watched, u8)>, CareError> {
        let Some(watched) = store::watch::of_person(&mut self.db.read().await?.conn(), district, person).await? else {
            return Ok(None);
        };
        let rules = self.office.watch_rules(self.clock.now())?;
        let profile = rules.profiles().find(&watched.profile).or_else(|| rules.profiles().all().next());
        let number = profile.map(|profile| rules.profiles().number_of(profile, watched.quiet.as_deref()));
        Ok(number.map(|number| (watched, number)))
    }

    async fn take_up(&self, keeper: &Keeper, effects: &[Effect]) -> Result<usize, CareError> {
        let Some(last) = effects.last() else { return Ok(0) };
        let mut by_district: BTreeMap<DistrictId, Vec<(Effect, CarePersonId)>> = BTreeMap::new();
        {
            // Whoever is in no map any more withdrew; nobody goes there.
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            for effect in effects {
                if let Some((district, person)) = directory.people.get(&effect.task.id().slot) {
                    by_district.entry(*district).or_default().push((*effect, *person));
                }
            }
        }
        let (ctx, mut news) = (self.ctx("care.watch"), 0);
        for (district, effects) in by_district {
            let mut tx = self.db.begin(district).await?;
            news += commands::take_up(&ctx, &mut tx, &self.office, keeper.id, &effects).await?;
            tx.commit().await?;
        }
        keeper.confirm(last.number).await?;
        Ok(news)
    }

    /// Nothing of those who left is in any file: the proof says so, and their numbers may be given to others.
    async fn give_back(&self) -> Result<(), CareError> {
        for (slot, district, person) in store::watch::left_slots(&mut self.db.read().await?.conn()).await? {
            let mut tx = self.db.begin(district).await?;
            store::consents::erased(&mut tx.conn()?, district, person, self.clock.now()).await?;
            store::watch::free_slot(&mut tx.conn()?, slot).await?;
            tx.commit().await?;
            self.unfolded.store(true, Ordering::SeqCst);
        }
        Ok(())
    }
}
