//! The running watch (运行中的看护): the engine behind its thread, the map from persons to numbers, what goes to and fro between them and the
//! database.
//!
//! What always holds here:
//! * The database is told first. What the watch has to know is an errand in the same transaction, done and removed afterwards; after a crash
//!   it is done again, which changes nothing.
//! * What the watch asks for is confirmed only when it is in the database; the number of the last one stands there beside what it led to.
//! * A sign of somebody who is not in the map is dropped before anything, and counted, not by person.
//! * Errands and passes of time have one turn after the other.

mod alone;
mod aside;
mod directory;
mod errands;
mod keeper;
mod names;
mod split;

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use linli_access::Ctx;
use linli_db::Db;
use linli_kernel::{DistrictId, SharedClock, SharedRng, Ts};
use linli_watch::{Command, Known, Roll, ShortId, SignKind, Slot};
use uuid::Uuid;

pub use alone::Keeping;
pub use directory::{Counted, WatchVitals};
use directory::{Counts, short};
pub(crate) use keeper::second;
use keeper::{Held, Keeper, rename_watch};
pub use keeper::{Refused, Verdict, WatchPlan};
use names::Names;
use split::Split;
pub use split::{Carrier, CarrierFuture};

use crate::commands;
use crate::error::CareError;
use crate::model::{CarePersonId, Ears, Watched};
use crate::office::CareOffice;
use crate::store;

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
    /// Of the person whose id ends with these bits.
    Short(ShortId),
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

/// Puts the verdicts of those that were handed on where their signs stood.
fn seat(verdicts: &mut Vec<Verdict>, places: &[usize], said: Vec<Verdict>) {
    if said.len() == verdicts.len() {
        *verdicts = said;
        return;
    }
    for (place, verdict) in places.iter().zip(said) {
        if let Some(seat) = verdicts.get_mut(*place) {
            *seat = verdict;
        }
    }
}

fn alike(person: CarePersonId, slot: Slot) {
    tracing::error!(%person, slot, "two people have ids that end alike: signs of neither count, and both will be asked after");
}

/// How long until just after the next whole second. Deadlines are whole seconds: whoever looks right after one is never a second late.
fn until_next_second(now: Ts) -> Duration {
    const SECOND: i64 = 1_000_000;
    const AFTER: i64 = 2_000;
    Duration::from_micros(u64::try_from(SECOND - now.0.rem_euclid(SECOND) + AFTER).unwrap_or(1_000_000))
}

/// What a pass did.
#[derive(Debug, Clone, Copy, Default)]
struct Done {
    /// Effects that were news.
    news: usize,
    /// There is more to do, at once.
    more: bool,
}

/// The running watch. One for the whole program, shared. Until [`Care::start`] nothing is watched here, and errands wait.
pub struct Care {
    db: Db,
    clock: SharedClock,
    rng: SharedRng,
    office: Arc<CareOffice>,
    keeper: RwLock<Option<Keeper>>,
    /// Who has which number. Only the process that keeps the watch has it filled.
    names: Names,
    counts: Counts,
    /// Whether there may be numbers that wait to be given back.
    leaving: AtomicBool,
    /// Whether deleted rows may still be in the log of the database.
    unfolded: AtomicBool,
    turn: tokio::sync::Mutex<()>,
    /// Only where several processes share the watch.
    split: OnceLock<Split>,
    /// The count of this keeper, where several servers share the database; 0 where they do not.
    alone: AtomicI64,
    /// Why it does not run here, when it does not.
    keeping: Mutex<Keeping>,
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
            names: Names::default(),
            counts: Counts::default(),
            leaving: AtomicBool::new(true),
            // A process may have died between a withdrawal and the folding.
            unfolded: AtomicBool::new(true),
            turn: tokio::sync::Mutex::default(),
            split: OnceLock::new(),
            alone: AtomicI64::new(0),
            keeping: Mutex::default(),
        })
    }

    /// Whether it runs in this process.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.keeper.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The present instant, by the clock of the watch's house.
    #[must_use]
    pub fn now(&self) -> Ts {
        self.clock.now()
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
        let keeper = self.open(plan, &Held::default()).await?;
        self.begin_with(keeper).await
    }

    async fn begin_with(&self, keeper: Keeper) -> Result<(), CareError> {
        // First what was written down, because an enrolment says from when silence is counted; then whoever is missing still.
        while self.do_errands(&keeper).await?.1 {}
        self.agree_with_store(&keeper).await?;
        *self.keeper.write().unwrap_or_else(PoisonError::into_inner) = Some(keeper);
        Ok(())
    }

    /// Opens the folder, and gives the watch in it another name when it is older than the database.
    async fn open(&self, plan: &WatchPlan, held: &Held) -> Result<Keeper, CareError> {
        let rules = self.office.watch_rules(self.clock.now())?;
        let fresh = linli_kernel::_private::uuid_v7(self.clock.as_ref(), self.rng.as_ref());
        let plan = &plan.with_room_for(store::watch::highest_slot(&mut self.db.read().await?.conn()).await?);
        let mut keeper = Keeper::start(plan, rules.profiles().packs(), Arc::clone(&self.clock), (fresh, held))?;
        let done = store::watch::highest_anywhere(&mut self.db.read().await?.conn(), keeper.id).await?;
        if done > i64::try_from(keeper.latest).unwrap_or(i64::MAX) {
            // The folder is older than the database: its numbers would be taken for ones that were done.
            tracing::warn!("the folder of the watch is older than the database; it counts anew");
            rename_watch(&plan.folder, fresh).map_err(|error| Refused::Later(error.to_string()))?;
            keeper.id = fresh;
        }
        Ok(keeper)
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
        self.names.look(|roll| {
            for (place, sign) in batch.iter().enumerate() {
                let slot = match sign.whose {
                    Whose::Person(person) => roll.slot(short(person)),
                    Whose::Short(id) => roll.slot(id),
                    Whose::Slot(slot) => Some(slot).filter(|slot| roll.has(*slot)),
                };
                if let Some(slot) = slot {
                    known.push(linli_watch::Sign { slot, at: second(sign.at), kind: sign.kind });
                    places.push(place);
                }
            }
        });
        if known.len() <= MOST_AT_ONCE {
            seat(&mut verdicts, &places, self.hand_in(&keeper, known).await?);
        } else {
            for (signs, places) in known.chunks(MOST_AT_ONCE).zip(places.chunks(MOST_AT_ONCE)) {
                seat(&mut verdicts, places, self.hand_in(&keeper, signs.to_vec()).await?);
            }
        }
        self.counts.add(&verdicts);
        Ok(verdicts)
    }

    /// To the engine of this process; where the watch is split, to whoever owns the part.
    async fn hand_in(&self, keeper: &Keeper, signs: Vec<linli_watch::Sign>) -> Result<Vec<Verdict>, Refused> {
        match self.split.get() {
            Some(split) => split.carry(signs).await,
            None => keeper.signs(signs).await,
        }
    }

    /// Notes what hears these people of a district; whoever has nothing that serves the rule is not watched. Nobody is passed over for one whom nobody
    /// knows here (any more). Gives for how many it is news.
    ///
    /// # Errors
    /// Store errors; then nothing of it was noted.
    pub async fn heard_by(&self, district: DistrictId, people: &[(CarePersonId, Ears)]) -> Result<usize, CareError> {
        let ctx = self.ctx("care.devices");
        let mut tx = self.db.begin(district).await?;
        let mut news = 0;
        for (person, ears) in people {
            match commands::heard_by(&ctx, &mut tx, &self.office, *person, *ears).await {
                Ok(changed) => news += usize::from(changed),
                Err(CareError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        tx.commit().await?;
        self.errands().await?;
        Ok(news)
    }

    /// The number under which somebody is watched here.
    #[must_use]
    pub fn slot_of(&self, person: CarePersonId) -> Option<Slot> {
        self.names.look(|roll| roll.slot(short(person)))
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

    /// How it is, for whoever runs the machine. What is counted since the last look begins anew.
    pub async fn vitals(&self) -> WatchVitals {
        let keeping = self.keeping();
        let Ok(keeper) = self.keeper() else { return WatchVitals { keeping, ..WatchVitals::default() } };
        WatchVitals { keeping, aside: self.set_aside().await, ..keeper.vitals().await.unwrap_or_default() }
    }

    /// How much is set aside; nothing where the store cannot say.
    async fn set_aside(&self) -> u64 {
        let counted = async { store::keeper::count_aside(&mut self.db.read().await?.conn()).await };
        counted.await.map_or(0, |(errands, effects)| u64::try_from(errands + effects).unwrap_or(0))
    }

    /// Does what was written down for the watch. Called after every commit that wrote an errand, and with every pass. Where the watch does not
    /// run the errands wait. Between two batches somebody else has the turn: a mass enrolment does not hold up the clock.
    ///
    /// # Errors
    /// When the watch cannot take one now: it and those after it stay. Store errors.
    pub async fn errands(&self) -> Result<usize, CareError> {
        let mut all = 0;
        loop {
            let _turn = self.turn.lock().await;
            let Ok(keeper) = self.keeper() else { return Ok(all) };
            let (done, more) = self.do_errands(&keeper).await?;
            all += done;
            if !more {
                return Ok(all);
            }
        }
    }

    /// Lets time pass: does what was written down, lets the watch look at the clock, takes up what it asks for, gives numbers back. Call it
    /// every second. Gives how many effects were news.
    ///
    /// # Errors
    /// What the watch or the store could not do now; the next pass goes on.
    pub async fn pass(&self) -> Result<usize, CareError> {
        let passed = self.parts_of_pass().await;
        self.fold_what_was_erased().await;
        passed
    }

    async fn parts_of_pass(&self) -> Result<usize, CareError> {
        let mut news = 0;
        loop {
            let done = self.part_of_pass().await?;
            news += done.news;
            if !done.more {
                return Ok(news);
            }
        }
    }

    /// What was deleted is overwritten in the file; the log of the database is the last place where it could be, and is folded: with the first pass of every
    /// process, because the one before may have died between a withdrawal and the folding, and for a while after each. Somebody who reads what is older must not
    /// keep the watch: it is tried again with the next second, until it is done. Called also while the watch cannot be kept here.
    pub async fn fold_what_was_erased(&self) {
        if self.office.erases(self.clock.now()) {
            self.unfolded.store(true, Ordering::SeqCst);
        }
        if self.unfolded.load(Ordering::SeqCst) {
            match self.db.fold_log().await {
                Ok(()) => self.unfolded.store(false, Ordering::SeqCst),
                Err(error) => tracing::info!(%error, "the log of the database is not folded yet; trying again"),
            }
        }
    }

    /// One part of a pass, after which others have their turn.
    async fn part_of_pass(&self) -> Result<Done, CareError> {
        let _turn = self.turn.lock().await;
        let keeper = self.keeper()?;
        if !self.begun() {
            // Somebody whom this process forgot in an earlier life is taken again only when that is out of every file.
            keeper.rest().await?;
            return Ok(Done::default());
        }
        // Whatever is the matter with an errand or a district: the clock of the watch goes on.
        let told = self.do_errands(&keeper).await;
        let passed = keeper.pass().await?;
        let (mut news, failed) = self.take_up(&keeper, &passed.effects).await?;
        news += self.try_aside().await?;
        if !passed.owes && self.leaving.load(Ordering::SeqCst) {
            self.give_back().await?;
            self.leaving.store(false, Ordering::SeqCst);
        }
        let (_, more_errands) = told?;
        match failed {
            // Tried again with the next second, and not at once and without end.
            Some(error) => Err(error),
            None => Ok(Done { news, more: more_errands || passed.more }),
        }
    }

    /// Passes with every second of the clock until `stop` is done. When other rules are in force it opens the watch again under them.
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
                () = tokio::time::sleep(until_next_second(self.clock.now())) => {}
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

    fn enter(&self, person: CarePersonId, slot: Slot) {
        if !self.names.enter(short(person), slot) {
            alike(person, slot);
        }
    }

    async fn districts(&self) -> Result<Vec<DistrictId>, CareError> {
        let found = linli_territory::queries::districts(&mut self.db.read().await?.conn()).await?;
        Ok(found.into_iter().map(|district| district.id).filter(|id| *id != DistrictId::CITY).collect())
    }

    async fn agree_with_store(&self, keeper: &Keeper) -> Result<(), CareError> {
        let (districts, slots) = self.fill_roll().await?;
        let (mut missing, strange) = keeper.compare(slots).await?;
        for slot in strange {
            keeper.decide(Command::withdraw(slot)).await?;
        }
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        for district in districts {
            let mut after = Some(Uuid::nil());
            while let Some(some) = self.watched_after(district, &mut after).await? {
                let some: Vec<Watched> =
                    some.into_iter().filter(|watched| missing.binary_search(&watched.slot).is_ok()).collect();
                self.tell_anew(keeper, district, &some, true).await?;
            }
        }
        Ok(())
    }

    /// Enters everybody who is watched; gives the districts and all numbers. Until all are read those of before are known.
    async fn fill_roll(&self) -> Result<(Vec<DistrictId>, Vec<Slot>), CareError> {
        self.names
            .read_anew(async |fresh: &mut Roll| {
                let mut slots = Vec::new();
                let districts = self.districts().await?;
                for district in &districts {
                    let mut after = Some(Uuid::nil());
                    while let Some(some) = self.watched_after(*district, &mut after).await? {
                        for watched in some {
                            slots.push(watched.slot);
                            if !fresh.enter(short(watched.person), watched.slot) {
                                alike(watched.person, watched.slot);
                            }
                        }
                    }
                }
                Ok((districts, slots))
            })
            .await
    }

    /// The next of those who are watched in a district; nothing after the last.
    async fn watched_after(&self, district: DistrictId, after: &mut Option<Uuid>) -> Result<Option<Vec<Watched>>, CareError> {
        let Some(from) = *after else { return Ok(None) };
        let some = store::watch::all(&mut self.db.read().await?.conn(), district, from, BATCH).await?;
        *after = some.last().map(|last| last.person.0);
        Ok((!some.is_empty()).then_some(some))
    }

    /// Nothing of those who left is in any file: the proof says so, and their numbers may be given to others.
    async fn give_back(&self) -> Result<(), CareError> {
        let left = store::watch::left_slots(&mut self.db.read().await?.conn()).await?;
        for (slot, district, person) in left.into_iter().filter(|(slot, ..)| self.keeps(*slot)) {
            let mut tx = self.db.begin(district).await?;
            store::consents::erased(&mut tx.conn()?, district, person, self.clock.now()).await?;
            store::watch::free_slot(&mut tx.conn()?, slot).await?;
            tx.commit().await?;
            self.unfolded.store(true, Ordering::SeqCst);
        }
        Ok(())
    }
}
