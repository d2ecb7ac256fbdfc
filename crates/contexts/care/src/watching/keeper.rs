//! The keeper of the watch: one thread owns the engine and its folder, and does one thing after the other. What waits together is put on
//! disk together.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use linli_kernel::{Code, SharedClock, Status, Ts};
use linli_watch::{Command, Config, Effect, Error, Folder, Judged, Known, RulePack, Second, Shard, Shards, Sign, Slot, Watch};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::directory::WatchVitals;
use crate::consent::Enrolling;

/// Requests that may wait; beyond it a sender is asked to come again.
const WAITING: usize = 1_024;
/// Signs that are put on disk together at most.
const TOGETHER: usize = 65_536;
/// Small steps of a compaction in one pass; signs wait no longer than these take.
const RESTS: usize = 256;
/// Looks at the clock in one pass, each of as many persons as the watch looks at in a step. Signs wait no longer than these take.
const LOOKS: usize = 4;
/// Effects that are handed out in one pass.
const EFFECTS: usize = 2_000;
/// People of a part that are forgotten with one wait for the disk.
const FORGOTTEN: usize = 256;
/// The file that says which watch a folder is.
const ID_FILE: &str = "watch.id";
/// The file that its owner holds.
const LOCK_FILE: &str = "watch.lock";

/// Why the watch did not take something. Nothing of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not now; the same may be sent again shortly.
    #[error("the watch cannot take it now: {0}")]
    Later(String),
    /// The folder is not the one in which the watch was kept last.
    #[error("the watch was kept last in another folder; start the server that has it, or this one with --watch-anew")]
    OtherFolder,
    /// It cannot be.
    #[error("the watch refuses: {0}")]
    Never(String),
}

impl Refused {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Later(_) => Code::new("care.watch_busy", Status::Unavailable),
            Self::OtherFolder => Code::new("care.watch_elsewhere", Status::Unavailable),
            Self::Never(_) => Code::new("care.watch_refused", Status::Internal),
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        if error.passes() || matches!(error, Error::TooMuch) {
            Self::Later(error.code().to_owned())
        } else {
            Self::Never(error.to_string())
        }
    }
}

/// What became of one sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It counts, and is on disk.
    Taken,
    /// Nobody agreed to be watched there: dropped, and only counted.
    NoConsent,
    /// Repeated, or older than what is known.
    NoNews,
    /// From the future.
    TooFarAhead,
    /// The person is away.
    WhileAway,
    /// Of a kind that the person's rules do not ask for.
    NotAskedFor,
}

/// What a pass of time brought.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Effects that nobody confirmed, oldest first.
    pub(crate) effects: Vec<Effect>,
    /// Whether erasures are still owed.
    pub(crate) owes: bool,
    /// More persons are due, or more effects wait, than one pass has room for.
    pub(crate) more: bool,
}

type Answer<T> = oneshot::Sender<Result<T, Refused>>;

enum Order {
    Signs(Vec<Sign>, Answer<Vec<Verdict>>),
    Decide(Command, Answer<()>),
    DecideAll(Vec<Command>, Answer<Vec<Result<(), Refused>>>),
    Pass(Answer<Passed>),
    /// Only goes on with what is to be erased; no time passes.
    Rest(Answer<()>),
    Confirm(u64, Answer<()>),
    Known(Slot, oneshot::Sender<Option<Known>>),
    /// Who of these is not known, and who is known and not among these.
    Compare(Vec<Slot>, oneshot::Sender<(Vec<Slot>, Vec<Slot>)>),
    Packs(Vec<RulePack>, Answer<()>),
    /// Goes on with the people of a part.
    CarryOn(Carried, Answer<()>),
    /// What stands for the signs of those who are known of a part.
    Marks(Shards, Shard, Answer<Vec<Sign>>),
    /// Forgets those of a part.
    Forget(Shards, Shard, Answer<()>),
    Vitals(oneshot::Sender<WatchVitals>),
    Stop,
}

/// People of whom another process knew until now, each with his consent and rule.
pub(crate) struct Carried {
    pub(crate) people: Vec<(Enrolling, u8)>,
    pub(crate) marks: Vec<Sign>,
    pub(crate) since: Vec<Sign>,
}

/// How a watch is opened.
#[derive(Debug, Clone)]
pub struct WatchPlan {
    /// Its folder.
    pub folder: PathBuf,
    /// How many persons there can be.
    pub slots: u32,
    /// Bytes of a segment of its log.
    pub segment_bytes: u32,
}

impl WatchPlan {
    /// For the folder of an installation: `watch` in it, a million persons or a quarter more than there are, 8 MiB.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.join("watch"), slots: 1 << 20, segment_bytes: 8 << 20 }
    }

    /// The same with room for those who have a number already, and a quarter more.
    #[must_use]
    pub(crate) fn with_room_for(&self, highest: Option<Slot>) -> Self {
        let given = highest.map_or(0, |slot| slot.saturating_add(1));
        Self { slots: self.slots.max(given.saturating_add(given / 4)), ..self.clone() }
    }

    fn config(&self) -> Config {
        Config { segment_bytes: self.segment_bytes, spare_segments: 1, ..Config::for_slots(self.slots) }
    }
}

/// Which folder the watch may be opened in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held {
    /// One of these; without them any.
    pub(crate) folders: Option<Vec<Uuid>>,
    /// Any other is emptied first.
    pub(crate) anew: bool,
}

impl Held {
    fn admit(&self, folder: &Path) -> Result<(), Refused> {
        let Some(folders) = &self.folders else { return Ok(()) };
        match written_identity(folder) {
            Some(id) if folders.contains(&id) => Ok(()),
            _ if self.anew => {
                empty(folder).map_err(|error| Refused::Later(format!("files of the watch cannot be removed: {error}")))
            }
            _ => Err(Refused::OtherFolder),
        }
    }
}

/// Removes what a watch left in a folder.
fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != LOCK_FILE {
            std::fs::remove_file(entry.path())?;
        }
    }
    std::fs::File::open(folder)?.sync_all()
}

/// The way to the thread.
#[derive(Debug, Clone)]
pub(crate) struct Keeper {
    orders: mpsc::SyncSender<Order>,
    /// Which watch this is.
    pub(crate) id: Uuid,
    /// The highest number it ever gave to an effect, when it was opened.
    pub(crate) latest: u64,
}

impl Keeper {
    /// Opens the folder, if it is one of those that are held for the watch, and starts the thread. `fresh` names a new watch.
    pub(crate) fn start(
        plan: &WatchPlan,
        packs: Vec<RulePack>,
        clock: SharedClock,
        (fresh, held): (Uuid, &Held),
    ) -> Result<Self, Refused> {
        let files = |error: std::io::Error| Refused::Later(format!("files of the watch: {error}"));
        std::fs::create_dir_all(&plan.folder).map_err(files)?;
        let lock = std::fs::File::create(plan.folder.join(LOCK_FILE)).map_err(files)?;
        lock.try_lock().map_err(|_| Refused::Later("another process has the folder of the watch".to_owned()))?;
        held.admit(&plan.folder)?;
        let id = identity(&plan.folder, fresh).map_err(files)?;
        let watch = open(plan, &packs)?;
        let latest = watch.latest_effect();
        let (orders, received) = mpsc::sync_channel(WAITING);
        let mut desk = Desk { watch: Some(watch), plan: plan.clone(), packs, clock, seen: WatchVitals::default(), _lock: lock };
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || desk.work(&received)).map_err(files)?;
        Ok(Self { orders, id, latest })
    }

    pub(crate) async fn signs(&self, signs: Vec<Sign>) -> Result<Vec<Verdict>, Refused> {
        self.ask(|answer| Order::Signs(signs, answer)).await?
    }

    pub(crate) async fn decide(&self, command: Command) -> Result<(), Refused> {
        self.ask(|answer| Order::Decide(command, answer)).await?
    }

    /// Decisions in their order, up to the first that cannot be taken now.
    pub(crate) async fn decide_all(&self, commands: Vec<Command>) -> Result<Vec<Result<(), Refused>>, Refused> {
        self.ask(|answer| Order::DecideAll(commands, answer)).await?
    }

    pub(crate) async fn vitals(&self) -> Result<WatchVitals, Refused> {
        self.ask(Order::Vitals).await
    }

    pub(crate) async fn pass(&self) -> Result<Passed, Refused> {
        self.ask(Order::Pass).await?
    }

    pub(crate) async fn rest(&self) -> Result<(), Refused> {
        self.ask(Order::Rest).await?
    }

    pub(crate) async fn confirm(&self, number: u64) -> Result<(), Refused> {
        self.ask(|answer| Order::Confirm(number, answer)).await?
    }

    pub(crate) async fn known(&self, slot: Slot) -> Result<Option<Known>, Refused> {
        self.ask(|answer| Order::Known(slot, answer)).await
    }

    pub(crate) async fn compare(&self, wanted: Vec<Slot>) -> Result<(Vec<Slot>, Vec<Slot>), Refused> {
        self.ask(|answer| Order::Compare(wanted, answer)).await
    }

    pub(crate) async fn packs(&self, packs: Vec<RulePack>) -> Result<(), Refused> {
        self.ask(|answer| Order::Packs(packs, answer)).await?
    }

    pub(crate) async fn carry_on(&self, carried: Carried) -> Result<(), Refused> {
        self.ask(|answer| Order::CarryOn(carried, answer)).await?
    }

    pub(crate) async fn marks(&self, shards: Shards, shard: Shard) -> Result<Vec<Sign>, Refused> {
        self.ask(|answer| Order::Marks(shards, shard, answer)).await?
    }

    pub(crate) async fn forget(&self, shards: Shards, shard: Shard) -> Result<(), Refused> {
        self.ask(|answer| Order::Forget(shards, shard, answer)).await?
    }

    /// Lets the thread end after what waits.
    pub(crate) fn stop(&self) {
        // A thread that is gone has nothing to stop.
        let _ = self.orders.try_send(Order::Stop);
    }

    async fn ask<T>(&self, order: impl FnOnce(oneshot::Sender<T>) -> Order) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        self.orders.try_send(order(answer)).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => Refused::Later("too much waits".to_owned()),
            mpsc::TrySendError::Disconnected(_) => Refused::Later("the watch has stopped".to_owned()),
        })?;
        answered.await.map_err(|_| Refused::Later("the watch has stopped".to_owned()))
    }
}

fn open(plan: &WatchPlan, packs: &[RulePack]) -> Result<Watch<Folder>, Refused> {
    let folder = Folder::open(&plan.folder).map_err(|error| Refused::Later(format!("files of the watch: {error}")))?;
    Watch::open(folder, plan.config(), packs).map_err(Refused::from)
}

/// Which watch a folder is: what stands in its file, or the fresh id for a folder that has none.
fn identity(folder: &Path, fresh: Uuid) -> std::io::Result<Uuid> {
    if let Some(id) = written_identity(folder) {
        return Ok(id);
    }
    rename_watch(folder, fresh)?;
    Ok(fresh)
}

fn written_identity(folder: &Path) -> Option<Uuid> {
    std::fs::read_to_string(folder.join(ID_FILE)).ok()?.trim().parse().ok()
}

/// Gives the watch of a folder another name, durably.
pub(crate) fn rename_watch(folder: &Path, id: Uuid) -> std::io::Result<()> {
    use std::io::Write as _;
    let draft = folder.join("watch.id.draft");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(id.to_string().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&draft, folder.join(ID_FILE))?;
    std::fs::File::open(folder)?.sync_all()
}

/// An instant in the seconds of the watch.
pub(crate) fn second(at: Ts) -> Second {
    Second::try_from(at.0.max(0) / 1_000_000).unwrap_or(Second::MAX)
}

/// What the thread has.
struct Desk {
    /// Nothing only when it could not be opened again under other rules.
    watch: Option<Watch<Folder>>,
    plan: WatchPlan,
    packs: Vec<RulePack>,
    clock: SharedClock,
    /// What is counted for whoever runs the machine.
    seen: WatchVitals,
    _lock: std::fs::File,
}

impl Desk {
    fn work(&mut self, received: &mpsc::Receiver<Order>) {
        let mut next = received.recv().ok();
        while let Some(order) = next.take() {
            match order {
                Order::Stop => return,
                Order::Signs(signs, answer) => next = self.signs((signs, answer), received),
                other => self.one(other),
            }
            if next.is_none() {
                next = received.recv().ok();
            }
        }
    }

    fn now(&self) -> Second {
        second(self.clock.now())
    }

    fn watch(&mut self) -> Result<&mut Watch<Folder>, Refused> {
        if self.watch.is_none() {
            self.watch = Some(open(&self.plan, &self.packs)?);
        }
        self.watch.as_mut().ok_or_else(|| Refused::Later("the watch is not open".to_owned()))
    }

    fn one(&mut self, order: Order) {
        // Whoever does not wait for the answer any more is not told.
        match order {
            Order::Decide(command, answer) => drop(answer.send(self.decide(command))),
            Order::DecideAll(commands, answer) => drop(answer.send(Ok(self.decide_all(&commands)))),
            Order::Vitals(answer) => drop(answer.send(self.vitals())),
            Order::Pass(answer) => drop(answer.send(self.pass())),
            Order::Rest(answer) => drop(answer.send(self.rest())),
            Order::Confirm(number, answer) => drop(answer.send(self.confirm(number))),
            Order::Known(slot, answer) => drop(answer.send(self.watch().ok().and_then(|watch| watch.engine().known(slot)))),
            Order::Compare(wanted, answer) => drop(answer.send(self.compare(wanted))),
            Order::Packs(packs, answer) => drop(answer.send(self.reopen(packs))),
            Order::CarryOn(carried, answer) => drop(answer.send(self.carry_on(&carried))),
            Order::Marks(shards, shard, answer) => drop(answer.send(self.marks(shards, shard))),
            Order::Forget(shards, shard, answer) => drop(answer.send(self.forget(shards, shard))),
            Order::Signs(..) | Order::Stop => {}
        }
    }

    /// Puts a batch on disk, and with it those that wait behind it; gives the first order that is none.
    fn signs(&mut self, first: (Vec<Sign>, Answer<Vec<Verdict>>), received: &mpsc::Receiver<Order>) -> Option<Order> {
        let (mut batches, mut size, mut other) = (vec![first], 0, None);
        while size < TOGETHER && other.is_none() {
            match received.try_recv() {
                Ok(Order::Signs(signs, answer)) => {
                    size += signs.len();
                    batches.push((signs, answer));
                }
                Ok(order) => other = Some(order),
                Err(_) => break,
            }
        }
        let now = self.now();
        let mut answers = Vec::with_capacity(batches.len());
        for (signs, answer) in batches {
            match self.submit(now, &signs) {
                Ok(verdicts) => answers.push((verdicts, answer)),
                Err(error) => drop(answer.send(Err(error))),
            }
        }
        let committed = self.commit();
        for (verdicts, answer) in answers {
            drop(answer.send(committed.clone().map(|()| verdicts)));
        }
        other
    }

    fn commit(&mut self) -> Result<(), Refused> {
        let begun = self.clock.now();
        let committed = self.watch().and_then(|watch| watch.commit().map(drop).map_err(Refused::from));
        let took = Duration::from_micros(u64::try_from(self.clock.now().0 - begun.0).unwrap_or(0));
        self.seen.commits += 1;
        self.seen.failed += u64::from(committed.is_err());
        self.seen.worst_commit = self.seen.worst_commit.max(took);
        committed
    }

    fn vitals(&mut self) -> WatchVitals {
        let mut seen = self.seen;
        self.seen.worst_commit = Duration::ZERO;
        if let Ok(watch) = self.watch() {
            (seen.runs, seen.watched, seen.log_bytes) = (true, watch.engine().watched(), watch.log_bytes());
            seen.waiting = u64::try_from(watch.undelivered().count()).unwrap_or(u64::MAX);
        }
        seen
    }

    fn submit(&mut self, now: Second, signs: &[Sign]) -> Result<Vec<Verdict>, Refused> {
        let mut verdicts = Vec::with_capacity(signs.len());
        let mut before = Judged::default();
        let note = |judged: &Judged| {
            verdicts.push(verdict(&before, judged));
            before = *judged;
        };
        self.watch()?.submit_telling(now, signs, note)?;
        Ok(verdicts)
    }

    /// A decision; one that was carried out before is carried out again without harm.
    fn decide(&mut self, command: Command) -> Result<(), Refused> {
        self.decide_one(self.now(), &command)
    }

    fn decide_one(&mut self, now: Second, command: &Command) -> Result<(), Refused> {
        match self.watch()?.commands(now, std::slice::from_ref(command)) {
            Ok(_) | Err(Error::Taken(_) | Error::Nobody(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Many decisions with one wait for the disk for as many as are about different people; up to the first that cannot be taken now.
    fn decide_all(&mut self, commands: &[Command]) -> Vec<Result<(), Refused>> {
        let (now, mut answers, mut rest) = (self.now(), Vec::with_capacity(commands.len()), commands);
        while !rest.is_empty() {
            let (run, after) = rest.split_at(of_different_people(rest));
            let together = self.watch().and_then(|watch| watch.commands(now, run).map(drop).map_err(Refused::from));
            if together.is_ok() {
                answers.extend(std::iter::repeat_n(Ok(()), run.len()));
            } else {
                for command in run {
                    let answer = self.decide_one(now, command);
                    let later = matches!(answer, Err(Refused::Later(_)));
                    answers.push(answer);
                    if later {
                        return answers;
                    }
                }
            }
            rest = after;
        }
        answers
    }

    fn pass(&mut self) -> Result<Passed, Refused> {
        let now = self.now();
        let watch = self.watch()?;
        let mut more = true;
        for _ in 0..LOOKS {
            more = watch.tick(now)?.more;
            if !more {
                break;
            }
        }
        self.rest()?;
        let watch = self.watch()?;
        let effects: Vec<Effect> = watch.undelivered().take(EFFECTS).collect();
        let more = more || effects.len() == EFFECTS;
        Ok(Passed { effects, owes: !watch.nothing_to_erase(), more })
    }

    fn rest(&mut self) -> Result<(), Refused> {
        let now = self.now();
        let watch = self.watch()?;
        for _ in 0..RESTS {
            if !watch.rest(now)?.more {
                break;
            }
        }
        Ok(())
    }

    fn confirm(&mut self, number: u64) -> Result<(), Refused> {
        Ok(self.watch()?.confirm(number)?)
    }

    fn compare(&mut self, mut wanted: Vec<Slot>) -> (Vec<Slot>, Vec<Slot>) {
        let slots = self.plan.slots;
        let Ok(watch) = self.watch() else { return (Vec::new(), Vec::new()) };
        let known = |slot: &Slot| watch.engine().known(*slot).is_some();
        let missing = wanted.iter().copied().filter(|slot| !known(slot)).collect();
        wanted.sort_unstable();
        (missing, (0..slots).filter(|slot| known(slot) && wanted.binary_search(slot).is_err()).collect())
    }

    fn carry_on(&mut self, carried: &Carried) -> Result<(), Refused> {
        let now = self.now();
        self.watch()?.carry_on(now, &carried.people, &carried.marks, &carried.since)?;
        Ok(())
    }

    fn marks(&mut self, shards: Shards, shard: Shard) -> Result<Vec<Sign>, Refused> {
        let slots = shards.slots(shard, self.plan.slots);
        let watch = self.watch()?;
        Ok(slots.filter_map(|slot| watch.engine().mark(slot)).collect())
    }

    fn forget(&mut self, shards: Shards, shard: Shard) -> Result<(), Refused> {
        let (now, slots) = (self.now(), shards.slots(shard, self.plan.slots));
        let watch = self.watch()?;
        let known: Vec<Command> = slots.filter(|slot| watch.engine().known(*slot).is_some()).map(Command::withdraw).collect();
        for some in known.chunks(FORGOTTEN) {
            watch.commands(now, some)?;
        }
        Ok(())
    }

    /// Opens the folder again under other rules; under those of before when a person holds one that is gone.
    fn reopen(&mut self, packs: Vec<RulePack>) -> Result<(), Refused> {
        if packs == self.packs {
            return Ok(());
        }
        drop(self.watch.take());
        match open(&self.plan, &packs) {
            Ok(watch) => {
                self.watch = Some(watch);
                self.packs = packs;
                Ok(())
            }
            Err(error) => {
                self.watch = Some(open(&self.plan, &self.packs)?);
                Err(error)
            }
        }
    }
}

/// How many of them, from the first on, are about different people. Those are judged alike whether together or one after the other.
fn of_different_people(commands: &[Command]) -> usize {
    let mut seen = std::collections::HashSet::new();
    commands.iter().take_while(|command| seen.insert(command.slot())).count()
}

/// What became of the last sign, from the counts before and after it.
fn verdict(before: &Judged, after: &Judged) -> Verdict {
    match after {
        _ if after.taken > before.taken => Verdict::Taken,
        _ if after.without_consent > before.without_consent => Verdict::NoConsent,
        _ if after.future > before.future => Verdict::TooFarAhead,
        _ if after.while_away > before.while_away => Verdict::WhileAway,
        _ if after.not_asked_for > before.not_asked_for => Verdict::NotAskedFor,
        _ => Verdict::NoNews,
    }
}
