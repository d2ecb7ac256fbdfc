//! Three processes of which one is killed, or stands still for a day.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use linli_kernel::{Rng as _, SystemRng};
use linli_nats::{Door, Epoch};
use linli_watch::{Second, Shard, Shards, Slot};
use tokio::sync::Semaphore;

use crate::brokers::Brokers;
use crate::city::{Chance, City, NOON, PEOPLE, STEP, STEPS};
use crate::node::{Process, Said};

/// Steps of which signs may still be on their way. While nobody owns a part the clock stands still after so many; two hours of the city.
const ON_THE_WAY: usize = 24;

/// What whoever opens visits has: each alarm once, which of them are over, and for each part the highest claim that it has seen.
#[derive(Default)]
struct Book {
    alarms: BTreeMap<(Slot, Second), usize>,
    over: BTreeSet<(Slot, Second)>,
    highest: BTreeMap<Shard, u64>,
    refused: usize,
}

impl Book {
    fn take_up(&mut self, shards: Shards, said: &[Said]) {
        let older = |highest: &BTreeMap<Shard, u64>, epoch: Epoch, slot| {
            highest.get(&shards.of(slot)).is_some_and(|known| epoch.0 < *known)
        };
        for said in said {
            match *said {
                Said::Taken(epoch, shard) => {
                    let highest = self.highest.entry(shard).or_default();
                    *highest = epoch.0.max(*highest);
                }
                // Whatever the owner before did not come to say any more.
                Said::Counted(slot, since) => {
                    let ended = self.alarms.keys().filter(|(whose, when)| *whose == slot && *when < since).copied();
                    self.over.extend(ended.collect::<Vec<_>>());
                }
                Said::Alarm(epoch, slot, _) | Said::Cleared(epoch, slot, _) if older(&self.highest, epoch, slot) => {
                    self.refused += 1
                }
                Said::Alarm(_, slot, since) => *self.alarms.entry((slot, since)).or_default() += 1,
                Said::Cleared(_, slot, since) => drop(self.over.insert((slot, since))),
                Said::Second(_) => {}
            }
        }
    }
}

/// The whole of it: brokers, processes, the door, the book.
struct Test {
    brokers: Brokers,
    seed: u64,
    chance: Chance,
    city: City,
    folder: tempfile::TempDir,
    /// Those that are told the time.
    nodes: BTreeMap<usize, Process>,
    /// How many parts each of them keeps.
    kept: BTreeMap<usize, usize>,
    shards: Shards,
    book: Book,
    runtime: tokio::runtime::Runtime,
    door: Arc<Door>,
    on_the_way: Arc<Semaphore>,
    again: Arc<AtomicU64>,
    begun: Instant,
}

fn seed() -> u64 {
    let given = std::env::var("LINLI_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| SystemRng.next_u64() >> 32)
}

impl Test {
    /// Three processes that keep a fair part each; nothing where there are no brokers.
    fn begin() -> Option<Self> {
        let brokers = Brokers::start()?;
        let seed = seed();
        let mut chance = Chance(seed);
        let city = City::new(&mut chance);
        let plan = Brokers::plan(&brokers.servers, "door");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let door = runtime.block_on(async {
            let bus = Brokers::connect(&plan).await;
            Arc::new(Door::open(bus, plan.shards, &seed.to_string(), Duration::from_secs(3)).await.unwrap())
        });
        let mut test = Self {
            brokers,
            seed,
            chance,
            city,
            folder: tempfile::tempdir().unwrap(),
            nodes: BTreeMap::new(),
            kept: BTreeMap::new(),
            shards: plan.shards,
            book: Book::default(),
            runtime,
            door,
            on_the_way: Arc::new(Semaphore::new(ON_THE_WAY)),
            again: Arc::default(),
            begun: Instant::now(),
        };
        (0..3).for_each(|n| test.start(n));
        let took = test.wait_until_all_is_kept(NOON);
        println!("seed {seed}: all parts are kept, a fair part by each, after {took:?} (LINLI_SEED={seed} does the same again)");
        test.begun = Instant::now();
        Some(test)
    }

    fn start(&mut self, n: usize) {
        let (name, folder): (String, PathBuf) = (format!("node-{n}"), self.folder.path().join(n.to_string()));
        self.nodes.insert(n, Process::start(&name, &self.brokers.servers, folder));
    }

    /// Lets a second pass in all processes.
    fn pass(&mut self, now: Second) {
        self.kept.clear();
        for (n, node) in &mut self.nodes {
            let (said, kept) = node.pass(now).expect("a process ended by itself");
            self.book.take_up(self.shards, &said);
            self.kept.insert(*n, kept);
        }
    }

    /// Until every part has an owner and nobody has more than a fair part.
    fn wait_until_all_is_kept(&mut self, now: Second) -> Duration {
        let begun = Instant::now();
        let all = usize::from(self.shards.many());
        loop {
            self.pass(now);
            let fair = all.div_ceil(self.nodes.len());
            if self.kept.values().sum::<usize>() == all && self.kept.values().all(|kept| *kept <= fair) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "seed {}: parts without an owner: {:?}", self.seed, self.kept);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A step: time passes, and signs are handed in, again and again until they are answered, as a device does.
    fn step(&mut self, step: u32) {
        self.pass(NOON + step * STEP);
        let signs = self.city.signs.remove(&step).unwrap_or_default();
        let (door, again) = (Arc::clone(&self.door), Arc::clone(&self.again));
        let place = self.when_answered(NOON + step * STEP, 1);
        self.runtime.spawn(async move {
            while door.carry(&signs).await.is_err() {
                again.fetch_add(1, Ordering::Relaxed);
            }
            drop(place);
        });
    }

    /// Waits until there is room on the way for so many. Time does not stand still meanwhile: what is to be erased is erased by the clock.
    fn when_answered(&mut self, now: Second, many: usize) -> tokio::sync::OwnedSemaphorePermit {
        let (begun, many) = (Instant::now(), u32::try_from(many).unwrap());
        for later in 0.. {
            if let Ok(place) = Arc::clone(&self.on_the_way).try_acquire_many_owned(many) {
                return place;
            }
            assert!(begun.elapsed() < Duration::from_secs(120), "seed {}: signs that nobody answers: {:?}", self.seed, self.kept);
            self.pass(now + later.min(STEP - 1));
            std::thread::sleep(Duration::from_millis(20));
        }
        unreachable!("an endless loop")
    }

    /// The end: whoever was silent is one alarm, and nobody else is any.
    fn end(mut self) {
        let now = NOON + STEPS * STEP;
        drop(self.when_answered(now, ON_THE_WAY));
        self.wait_until_all_is_kept(now + STEP);
        self.pass(now + STEP);
        let (seed, book) = (self.seed, &self.book);
        let raised: BTreeSet<(Slot, Second)> = book.alarms.keys().copied().collect();
        println!(
            "seed {seed}: {PEOPLE} people, {} alarms in {:?}; batches sent again {}, alarms raised again by the next owner {}, refused {}",
            raised.len(),
            self.begun.elapsed(),
            self.again.load(Ordering::Relaxed),
            book.alarms.values().map(|times| times - 1).sum::<usize>(),
            book.refused,
        );
        let missing: Vec<_> = self.city.for_good.difference(&raised).collect();
        let extra: Vec<_> =
            raised.iter().filter(|alarm| !self.city.for_good.contains(alarm) && !self.city.for_a_day.contains(alarm)).collect();
        assert_eq!((missing, extra), (vec![], vec![]), "seed {seed}: missing, extra");
        let back: BTreeSet<_> = raised.intersection(&self.city.for_a_day).copied().collect();
        assert_eq!(book.over, back, "seed {seed}: what is over, and who came back");
    }
}

/// Whoever is silent is one alarm, and nobody else is any, whichever process is killed when. It comes back later with what it knew.
#[test]
fn one_of_three_is_killed_and_every_silence_is_one_alarm() {
    let Some(mut test) = Test::begin() else { return };
    let victim = usize::try_from(test.chance.below(3)).unwrap();
    // Every other time early, while people fall silent: then the last sign of some is in the stream and in no marks.
    let most = if test.chance.below(2) == 0 { 24 } else { STEPS - 24 };
    let killed_at = 12 + test.chance.below(most);
    for step in 1..=STEPS {
        test.step(step);
        if step == killed_at {
            std::thread::sleep(Duration::from_micros(u64::from(test.chance.below(20_000))));
            let mut dead = test.nodes.remove(&victim).unwrap();
            dead.child.kill().unwrap();
            dead.child.wait().unwrap();
            println!("process {victim} is killed in step {step} of {STEPS}, with {} parts", test.kept[&victim]);
        }
        if step == killed_at + 60 {
            test.start(victim);
        }
    }
    test.end();
}

/// A process that stood still for most of a day of the city believes, when it goes on, that everybody is silent. None of that becomes an alarm.
#[test]
fn one_of_three_stands_still_and_what_it_believes_then_is_no_alarm() {
    let Some(mut test) = Test::begin() else { return };
    let (stands_at, goes_on_at) = (60 + test.chance.below(12), STEPS - 24);
    let mut stands = None;
    for step in 1..=STEPS {
        test.step(step);
        if step == stands_at {
            let node = test.nodes.remove(&1).unwrap();
            node.signal("-STOP");
            stands = Some(node);
        }
        if step == goes_on_at {
            drop(test.when_answered(NOON + step * STEP, ON_THE_WAY));
            test.wait_until_all_is_kept(NOON + step * STEP + STEP - 1);
            let node = stands.take().unwrap();
            node.signal("-CONT");
            test.nodes.insert(1, node);
        }
    }
    test.end();
}
