//! The engine of the watch alone, beside a bare log, array and wheel that know no rule, and beside Redis and SQL, on the same disk in the
//! same run.

#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "figures are for people"
)]

use std::cell::Cell;
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::{load, rivals, say};
use crate::bench::figure::median;

use linli_watch::{AgreedToWatch, Command, Config, Files, Folder, RulePack, Second, Sign, SignKind, Watch};

const NOON: Second = 1_700_000_000;
const BATCH: usize = 1_000;

struct Agreed(u32);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> u32 {
        self.0
    }
}

/// The same batches for everybody: random persons, each second a million events.
fn batches(persons: u32, events: usize) -> Vec<(Second, Vec<Sign>)> {
    let mut chance = Chance(7);
    let mut begun = 0;
    let mut all = Vec::new();
    while begun < events {
        let now = NOON + 10 + (begun / 1_000_000) as u32;
        let sign = |chance: &mut Chance| Sign { slot: chance.below(persons), at: now - chance.below(3), kind: SignKind::Use };
        all.push((now, (0..BATCH).map(|_| sign(&mut chance)).collect()));
        begun += BATCH;
    }
    all
}

pub fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) * 1_024.0
}

/// Milliseconds for which the processor worked for this process; what others on the machine did meanwhile is not in it.
fn processor_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}

/// A folder that notes how long it was waited for.
struct Timed {
    folder: Folder,
    waited: Rc<Cell<Duration>>,
}

impl Timed {
    fn wait<T>(&mut self, what: impl FnOnce(&mut Folder) -> io::Result<T>) -> io::Result<T> {
        let begun = Instant::now();
        let value = what(&mut self.folder);
        self.waited.set(self.waited.get() + begun.elapsed());
        value
    }
}

impl Files for Timed {
    fn list(&mut self) -> io::Result<Vec<String>> {
        self.wait(Files::list)
    }
    fn create(&mut self, name: &str) -> io::Result<()> {
        self.wait(|folder| folder.create(name))
    }
    fn read(&mut self, name: &str, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.wait(|folder| folder.read(name, offset, into))
    }
    fn length(&mut self, name: &str) -> io::Result<u64> {
        self.wait(|folder| folder.length(name))
    }
    fn write(&mut self, name: &str, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.wait(|folder| folder.write(name, offset, bytes))
    }
    fn sync(&mut self, name: &str) -> io::Result<()> {
        self.wait(|folder| folder.sync(name))
    }
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.wait(|folder| folder.rename(from, to))
    }
    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.wait(|folder| folder.remove(name))
    }
}

/// A preallocated log without sums, an array of last signs and a lazy wheel without rules.
struct Bare {
    log: File,
    at: u64,
    last: Vec<u32>,
    next: Vec<u32>,
    heads: Vec<u32>,
    bytes: Vec<u8>,
}

impl Bare {
    fn new(folder: &Path, persons: u32, events: usize) -> io::Result<Self> {
        let log = File::options().read(true).write(true).create(true).truncate(true).open(folder.join("bare"))?;
        let zeros = vec![0; 1 << 20];
        for mib in 0..=(events * 8) as u64 >> 20 {
            log.write_all_at(&zeros, mib << 20)?;
        }
        log.sync_all()?;
        let mut bare = Self {
            log,
            at: 0,
            last: vec![NOON; persons as usize],
            next: vec![0; persons as usize],
            heads: vec![0; 1 << 16],
            bytes: Vec::new(),
        };
        for (slot, next) in (1..).zip(&mut bare.next) {
            if let Some(head) = bare.heads.get_mut((NOON & 0xFFFF) as usize) {
                *next = std::mem::replace(head, slot);
            }
        }
        Ok(bare)
    }

    fn commit(&mut self, group: &[(Second, Vec<Sign>)]) -> io::Result<()> {
        self.bytes.clear();
        for sign in group.iter().flat_map(|(_, batch)| batch) {
            self.bytes.extend_from_slice(&(u64::from(sign.slot) | u64::from(sign.at) << 32).to_le_bytes());
        }
        self.log.write_all_at(&self.bytes, self.at)?;
        self.log.sync_data()?;
        self.at += self.bytes.len() as u64;
        for sign in group.iter().flat_map(|(_, batch)| batch) {
            if let Some(last) = self.last.get_mut(sign.slot as usize) {
                *last = sign.at.max(*last);
            }
        }
        Ok(())
    }
}

/// Times of single calls: a rate, and the longest, with and without waiting for the device.
#[derive(Default)]
struct Times {
    sum: Duration,
    longest: Duration,
    longest_own: Duration,
    worked_ms: f64,
    waited: Rc<Cell<Duration>>,
}

impl Times {
    fn new(waited: &Rc<Cell<Duration>>) -> Self {
        Self { waited: Rc::clone(waited), ..Self::default() }
    }

    fn of<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let (begun, waited) = (Instant::now(), self.waited.get());
        let value = what();
        let took = begun.elapsed();
        self.sum += took;
        self.longest = self.longest.max(took);
        self.longest_own = self.longest_own.max(took.saturating_sub(self.waited.get() - waited));
        value
    }

    /// Nanoseconds of the processor for one event; to be noted around many calls, reading it is slow.
    fn work<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> T {
        let begun = processor_ms();
        let value = what(self);
        self.worked_ms += processor_ms() - begun;
        value
    }

    fn processor_ns(&self, events: usize) -> f64 {
        self.worked_ms * 1e6 / events as f64
    }

    fn per_second(&self, events: usize) -> f64 {
        events as f64 / self.sum.as_secs_f64()
    }
}

fn commit(watch: &mut Watch<Timed>, group: &[(Second, Vec<Sign>)]) -> Result<(), linli_watch::Error> {
    for (now, batch) in group {
        watch.submit(*now, batch)?;
    }
    watch.commit().map(|_| ())
}

/// Both in turns, a slice of the batches each, so that a disk that is slow for a while is slow for both.
fn race(
    watch: &mut Watch<Timed>,
    bare: &mut Bare,
    all: &[(Second, Vec<Sign>)],
    per_commit: usize,
) -> anyhow::Result<(Times, Times)> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for slice in all.chunks(per_commit * 50) {
        theirs.work(|times| slice.chunks(per_commit).try_for_each(|group| times.of(|| bare.commit(group))))?;
        ours.work(|times| slice.chunks(per_commit).try_for_each(|group| times.of(|| commit(watch, group))))?;
    }
    Ok((ours, theirs))
}

/// Persons of a city in which everybody who lives alone is watched, and more.
pub const PEOPLE: u32 = 22_000_000;
/// Events since the snapshot that is recovered from.
const EVENTS: usize = 20_000_000;

/// Prints `watch.enrol_per_s`, `.bytes_per_person`, `.durable_events_per_s`, `.group_events_per_s`, `.recover_s`, `.worst_step_ms` and
/// `.worst_silence_step_ms` of one engine on one thread, with 22,000,000 persons and 20,000,000 events in batches of a thousand; every
/// commit is on disk before the next begins. Needs 2 GB in the folder.
pub fn run(place: &Path) -> anyhow::Result<()> {
    let folder = place.join("watch-engine");
    std::fs::create_dir_all(&folder)?;
    let outcome = engine(&folder, PEOPLE, EVENTS);
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn engine(folder: &Path, persons: u32, events: usize) -> anyhow::Result<()> {
    let ours = folder.join("watch");
    let config = Config { spare_segments: 7, cut_after: Second::MAX, cut_bytes: u64::MAX, ..Config::for_slots(persons) };
    let packs = [RulePack::no_sign_of_life(1, 24)];
    let waited = Rc::default();
    let timed = || Folder::open(&ours).map(|folder| Timed { folder, waited: Rc::clone(&waited) });
    let before = resident_bytes();
    let mut watch = Watch::open(timed()?, config, &packs)?;
    enrol(&mut watch, persons, &waited)?;
    say(
        "bytes_per_person",
        (resident_bytes() - before) / f64::from(persons),
        "B",
        &[("by_count", watch.engine().bytes() as f64 / f64::from(persons))],
    )?;
    // A quarter of the events one batch a commit, the rest eight; all of them are since the snapshot when it recovers.
    let all = batches(persons, events);
    let mut bare = Bare::new(folder, persons, events)?;
    let (single, grouped) = all.split_at(all.len() / 4);
    let theirs = rivals(folder, single)?;
    commits("durable_events_per_s", &mut watch, &mut bare, (single, 1), &theirs)?;
    commits("group_events_per_s", &mut watch, &mut bare, (grouped, 8), &[])?;
    black_box(&bare.last);
    drop(bare);
    drop(watch);

    // Dropping it writes nothing: this is what a kill leaves behind.
    waited.set(Duration::ZERO);
    let (begun, worked) = (Instant::now(), processor_ms());
    let mut watch = Watch::open(timed()?, config, &packs)?;
    let numbers = [
        ("processor_s", (processor_ms() - worked) / 1e3),
        ("files_s", waited.get().as_secs_f64()),
        ("watched", f64::from(watch.engine().watched())),
        ("log_mb", watch.log_bytes() as f64 / 1e6),
    ];
    say("recover_s", begun.elapsed().as_secs_f64(), "s", &numbers)?;
    days(&mut watch, &all, persons, &waited)
}

fn enrol(watch: &mut Watch<Timed>, persons: u32, waited: &Rc<Cell<Duration>>) -> anyhow::Result<()> {
    let mut enrolling = Times::new(waited);
    for first in (0..persons).step_by(50_000) {
        let commands: Vec<Command> =
            (first..(first + 50_000).min(persons)).map(|slot| Command::enrol(&Agreed(slot), 1)).collect();
        enrolling.of(|| watch.commands(NOON, &commands))?;
    }
    let worst = [("worst_own_step_ms", enrolling.longest_own.as_secs_f64() * 1e3)];
    say("enrol_per_s", enrolling.per_second(persons as usize), "1/s", &worst)?;
    watch.compact(NOON + 1)?;
    while watch.rest(NOON + 1)?.more {}
    Ok(())
}

/// Batches that Redis and SQL get: enough for some seconds.
const RIVAL_BATCHES: usize = 500;

/// What others do with the first of the batches, and how long the device takes for 8 KB.
fn rivals(folder: &Path, all: &[(Second, Vec<Sign>)]) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let some = all.get(..RIVAL_BATCHES.min(all.len())).unwrap_or_default();
    let redis = rivals::redis(folder, some)?.unwrap_or(f64::NAN);
    let sql = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(rivals::sql(folder, some)))?;
    Ok(vec![("fdatasync_ms", fdatasync_ms(folder)?), ("redis_events_per_s", redis), ("sql_events_per_s", sql)])
}

/// How long the device takes for a batch of a thousand events written over what is there, the median of 200.
fn fdatasync_ms(folder: &Path) -> io::Result<f64> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(folder.join("sync"))?;
    file.write_all_at(&vec![0; 8 * BATCH], 0)?;
    file.sync_all()?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all_at(&vec![7; 8 * BATCH], 0)?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(times))
}

/// Prints how many events a second are on disk, so many batches a commit, beside the bare log.
fn commits(
    figure: &str,
    watch: &mut Watch<Timed>,
    bare: &mut Bare,
    (all, per_commit): (&[(Second, Vec<Sign>)], usize),
    rivals: &[(&'static str, f64)],
) -> anyhow::Result<()> {
    let (ours, theirs) = race(watch, bare, all, per_commit)?;
    let events = all.len() * BATCH;
    let (rate, bare_rate) = (ours.per_second(events), theirs.per_second(events));
    let mut numbers = vec![
        ("bare_events_per_s", bare_rate),
        ("ratio", rate / bare_rate),
        ("processor_ns", ours.processor_ns(events)),
        ("bare_processor_ns", theirs.processor_ns(events)),
        ("bare_commit_ms", theirs.sum.as_secs_f64() * 1e3 * per_commit as f64 / all.len() as f64),
        ("worst_commit_ms", ours.longest.as_secs_f64() * 1e3),
        ("bare_worst_commit_ms", theirs.longest.as_secs_f64() * 1e3),
        ("load", load()),
    ];
    let redis = rivals.iter().find(|(name, _)| *name == "redis_events_per_s");
    numbers.extend(redis.map(|(_, redis)| ("times_redis", rate / redis)));
    numbers.extend_from_slice(rivals);
    Ok(say(figure, rate, "1/s", &numbers)?)
}

/// Every step by itself while events come in, time passes and the log is cut; then the silence of everybody at once.
fn days(watch: &mut Watch<Timed>, all: &[(Second, Vec<Sign>)], persons: u32, waited: &Rc<Cell<Duration>>) -> anyhow::Result<()> {
    let now = all.last().map_or(NOON, |(now, _)| *now);
    let (mut commits, mut ticks, mut rests) = (Times::new(waited), Times::new(waited), Times::new(waited));
    let mut compacted = Times::new(waited);
    compacted.of(|| watch.compact(now))?;
    watch.command(now, Command::withdraw(0))?;
    let mut second = now;
    for (number, (_, batch)) in all.iter().enumerate().take(4_000) {
        second = now + 1 + (number / 25) as u32;
        let batch: Vec<Sign> = batch.iter().map(|sign| Sign { at: second, ..*sign }).collect();
        commits.of(|| watch.submit(second, &batch).and_then(|_| watch.commit()))?;
        ticks.of(|| watch.tick(second))?;
        rests.of(|| watch.rest(second))?;
    }
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let numbers = [
        ("with_device_ms", ms(commits.longest.max(ticks.longest).max(rests.longest))),
        ("commit_ms", ms(commits.longest_own)),
        ("tick_ms", ms(ticks.longest_own)),
        ("rest_ms", ms(rests.longest_own)),
        ("compaction_s", compacted.sum.as_secs_f64()),
        ("load", load()),
    ];
    say("worst_step_ms", ms(commits.longest_own.max(ticks.longest_own).max(rests.longest_own)), "ms", &numbers)?;

    // Nobody gives a sign any more, for the pass of wheel buckets that hold most persons at once.
    let (mut ticks, mut raised, mut looks) = (Times::new(waited), 0, 0);
    let mut at = second;
    while raised < 1_000_000.min(persons as usize / 2) && at < second + 100_000 {
        at += 600;
        loop {
            let passed = ticks.of(|| watch.tick(at))?;
            raised += passed.effects.len();
            looks += 1;
            if let Some(last) = passed.effects.last() {
                watch.confirm(last.number)?;
            }
            if !passed.more {
                break;
            }
        }
    }
    let numbers = [
        ("alarms", raised as f64),
        ("steps", f64::from(looks)),
        ("alarms_per_s", raised as f64 / ticks.sum.as_secs_f64()),
        ("load", load()),
    ];
    Ok(say("worst_silence_step_ms", ms(ticks.longest_own), "ms", &numbers)?)
}
