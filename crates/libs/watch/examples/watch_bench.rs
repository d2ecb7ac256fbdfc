//! What the watch does, beside a bare log, array and wheel that know no rule, on the same disk in the same run.
//!
//! ```text
//! cargo run --release -p linli-watch --example watch_bench -- FOLDER [PERSONS] [EVENTS]
//! ```
//! Without numbers: 22,000,000 persons and 20,000,000 events. JSON lines, one per figure. It needs 2 GB of disk in FOLDER.

#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are for people"
)]

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use linli_watch::{AgreedToWatch, Command, Config, Folder, RulePack, Second, Sign, SignKind, Watch};

const NOON: Second = 1_700_000_000;
const BATCH: usize = 1_000;

struct Agreed(u32);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> u32 {
        self.0
    }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % u64::from(most)) as u32
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

fn say(figure: &str, value: f64, beside: &str) -> io::Result<()> {
    let value = if value >= 1_000.0 { format!("{value:.0}") } else { format!("{value:.3}") };
    writeln!(io::stdout(), "{{\"figure\":\"watch.{figure}\",\"value\":{value}{beside}}}")
}

fn beside(numbers: &[(&str, f64)]) -> String {
    numbers.iter().map(|(name, value)| format!(",\"beside.{name}\":{value:.3}")).collect()
}

fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) * 1_024.0
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

/// Times of single calls: a rate, and the longest.
#[derive(Default)]
struct Times {
    sum: Duration,
    longest: Duration,
}

impl Times {
    fn of<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let value = what();
        let took = begun.elapsed();
        self.sum += took;
        self.longest = self.longest.max(took);
        value
    }

    fn per_second(&self, events: usize) -> f64 {
        events as f64 / self.sum.as_secs_f64()
    }
}

fn commit(watch: &mut Watch<Folder>, group: &[(Second, Vec<Sign>)]) -> Result<(), linli_watch::Error> {
    for (now, batch) in group {
        watch.submit(*now, batch)?;
    }
    watch.commit().map(|_| ())
}

/// Both in turns, a slice of the batches each, so that a disk that is slow for a while is slow for both.
fn race(
    watch: &mut Watch<Folder>,
    bare: &mut Bare,
    all: &[(Second, Vec<Sign>)],
    per_commit: usize,
) -> Result<(Times, Times), Box<dyn Error>> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for slice in all.chunks(per_commit * 50) {
        for group in slice.chunks(per_commit) {
            theirs.of(|| bare.commit(group))?;
        }
        for group in slice.chunks(per_commit) {
            ours.of(|| commit(watch, group))?;
        }
    }
    Ok((ours, theirs))
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("name a folder to work in")?);
    let persons: u32 = args.next().map_or(Ok(22_000_000), |text| text.parse())?;
    let events: usize = args.next().map_or(Ok(20_000_000), |text| text.parse())?;
    std::fs::create_dir_all(&folder)?;
    let ours = folder.join("watch");
    let config = Config { spare_segments: 7, cut_after: Second::MAX, cut_bytes: u64::MAX, ..Config::for_slots(persons) };
    let packs = [RulePack::no_sign_of_life(1, 24)];
    let before = resident_bytes();

    let mut watch = Watch::open(Folder::open(&ours)?, config, &packs)?;
    let mut enrolling = Times::default();
    for first in (0..persons).step_by(100_000) {
        let commands: Vec<Command> =
            (first..(first + 100_000).min(persons)).map(|slot| Command::enrol(&Agreed(slot), 1)).collect();
        enrolling.of(|| watch.commands(NOON, &commands))?;
    }
    say(
        "enrol_per_s",
        enrolling.per_second(persons as usize),
        &beside(&[("worst_step_ms", enrolling.longest.as_secs_f64() * 1e3)]),
    )?;
    let mut resting = Times::default();
    watch.compact(NOON + 1)?;
    while resting.of(|| watch.rest(NOON + 1))?.more {}
    say(
        "bytes_per_person",
        (resident_bytes() - before) / f64::from(persons),
        &beside(&[("by_count", watch.engine().bytes() as f64 / f64::from(persons))]),
    )?;

    // A quarter of the events one batch a commit, the rest eight; all of them are since the snapshot when it recovers.
    let all = batches(persons, events);
    let mut bare = Bare::new(&folder, persons, events)?;
    let (single, grouped) = all.split_at(all.len() / 4);
    let syncs = single.len() as f64;
    let (mine, theirs) = race(&mut watch, &mut bare, single, 1)?;
    let (rate, bare_rate) = (mine.per_second(single.len() * BATCH), theirs.per_second(single.len() * BATCH));
    let numbers = [
        ("bare_events_per_s", bare_rate),
        ("ratio", rate / bare_rate),
        ("bare_commit_ms", theirs.sum.as_secs_f64() * 1e3 / syncs),
        ("load", load()),
    ];
    say("durable_events_per_s", rate, &beside(&numbers))?;
    let (mine8, theirs8) = race(&mut watch, &mut bare, grouped, 8)?;
    let (rate, bare_rate) = (mine8.per_second(grouped.len() * BATCH), theirs8.per_second(grouped.len() * BATCH));
    let numbers = [
        ("bare_events_per_s", bare_rate),
        ("ratio", rate / bare_rate),
        ("worst_commit_ms", mine8.longest.as_secs_f64() * 1e3),
        ("load", load()),
    ];
    say("group_events_per_s", rate, &beside(&numbers))?;
    black_box(&bare.last);
    drop(bare);
    drop(watch);

    // Dropping it writes nothing: this is what a kill leaves behind.
    let begun = Instant::now();
    let mut watch = Watch::open(Folder::open(&ours)?, config, &packs)?;
    say(
        "recover_s",
        begun.elapsed().as_secs_f64(),
        &beside(&[
            ("watched", f64::from(watch.engine().watched())),
            ("log_mb", watch.log_bytes() as f64 / 1e6),
            ("load", load()),
        ]),
    )?;

    days(&mut watch, &all, persons)?;
    std::fs::remove_dir_all(&ours)?;
    std::fs::remove_file(folder.join("bare"))?;
    Ok(())
}

/// Every step by itself while events come in, time passes and the log is cut; then the silence of everybody at once.
fn days(watch: &mut Watch<Folder>, all: &[(Second, Vec<Sign>)], persons: u32) -> Result<(), Box<dyn Error>> {
    let now = all.last().map_or(NOON, |(now, _)| *now);
    let (mut commits, mut ticks, mut rests) = (Times::default(), Times::default(), Times::default());
    let mut compacted = Times::default();
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
    let numbers = [
        ("commit_ms", commits.longest.as_secs_f64() * 1e3),
        ("tick_ms", ticks.longest.as_secs_f64() * 1e3),
        ("rest_ms", rests.longest.as_secs_f64() * 1e3),
        ("compaction_s", compacted.sum.as_secs_f64()),
        ("load", load()),
    ];
    let worst = commits.longest.max(ticks.longest).max(rests.longest);
    say("worst_step_ms", worst.as_secs_f64() * 1e3, &beside(&numbers))?;

    // Nobody gives a sign any more, for the pass of wheel buckets that hold most persons at once.
    let (mut ticks, mut raised, mut looks) = (Times::default(), 0, 0);
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
    say("worst_silence_step_ms", ticks.longest.as_secs_f64() * 1e3, &beside(&numbers))?;
    Ok(())
}
