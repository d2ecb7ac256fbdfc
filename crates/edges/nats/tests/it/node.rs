//! One process with a part of the watch: an engine in a folder of its own behind [`Keeping`]. Told over its input what time it is; says over
//! its output which alarms it raises, and goes on when it is told that they were taken up.

use std::collections::BTreeMap;
use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Mutex, mpsc};

use linli_nats::{Epoch, Keeping, NatsError, Node, PortFuture, Share};
use linli_watch::{Command, Config, Effect, Folder, Second, Shard, Sign, Task, Watch};

use crate::brokers::Brokers;
use crate::city::{Agreed, NOON, PEOPLE, packs};

/// What a process says.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    /// It has taken this part under this claim.
    Taken(Epoch, Shard),
    /// Under this claim: this alarm.
    Alarm(Epoch, u32, Second),
    /// In a part that it took, this person is counted from this second.
    Counted(u32, Second),
    /// Under this claim: an alarm is over.
    Cleared(Epoch, u32, Second),
    /// That was all of this second; so many parts are kept.
    Second(usize),
}

/// A process as whoever started it sees it.
pub struct Process {
    pub child: Child,
    input: ChildStdin,
    said: mpsc::Receiver<Said>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub fn start(name: &str, servers: &str, folder: PathBuf) -> Self {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "node::is_a_process", "--ignored", "--nocapture"]);
        command.env("LINLI_NODE", name).env("LINLI_NODE_SERVERS", servers).env("LINLI_NODE_FOLDER", folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (tell, said) = mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::BufReader::new(output).lines().map_while(Result::ok) {
                let Some(line) = line.strip_prefix("> ") else { continue };
                let words: Vec<u64> = line.split(' ').skip(1).map(|word| word.parse().unwrap()).collect();
                let small = |n: usize| u32::try_from(words[n]).unwrap();
                let said = match line.split(' ').next().unwrap() {
                    "taken" => Said::Taken(Epoch(words[0]), Shard(u16::try_from(words[1]).unwrap())),
                    "alarm" => Said::Alarm(Epoch(words[0]), small(1), small(2)),
                    "counted" => Said::Counted(small(0), small(1)),
                    "cleared" => Said::Cleared(Epoch(words[0]), small(1), small(2)),
                    _ => Said::Second(usize::try_from(words[1]).unwrap()),
                };
                if tell.send(said).is_err() {
                    return;
                }
            }
        });
        Self { child, input, said }
    }

    /// Says what time it is; gives what is said to it. Nothing when the process is dead.
    pub fn pass(&mut self, now: Second) -> Option<(Vec<Said>, usize)> {
        writeln!(self.input, "{now}").ok()?;
        let mut all = Vec::new();
        loop {
            match self.said.recv().ok()? {
                Said::Second(kept) => {
                    if all.iter().any(|said| matches!(said, Said::Alarm(..) | Said::Cleared(..))) {
                        writeln!(self.input, "taken up").ok()?;
                    }
                    return Some((all, kept));
                }
                other => all.push(other),
            }
        }
    }

    /// Stops it where it stands, or lets it go on.
    pub fn signal(&self, signal: &str) {
        let told = std::process::Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

struct Desk {
    watch: Watch<Folder>,
    kept: BTreeMap<Shard, Epoch>,
    taken: Vec<Share>,
    begun: bool,
    now: Second,
}

/// The engine of this process.
struct Engine(Mutex<Desk>);

impl Engine {
    fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.0.lock().unwrap()
    }
}

fn kept(error: &linli_watch::Error) -> NatsError {
    NatsError::Kept(error.to_string())
}

impl Desk {
    fn forget(&mut self, shard: Shard) {
        let plan = Brokers::plan("", "");
        let known = plan.shards.slots(shard, PEOPLE).filter(|slot| self.watch.engine().known(*slot).is_some());
        let all: Vec<Command> = known.map(Command::withdraw).collect();
        self.watch.commands(self.now, &all).unwrap();
    }
}

impl Keeping for Engine {
    fn take(&self, share: Share, marks: Vec<Sign>, since: Vec<Sign>) -> PortFuture<'_, Result<(), NatsError>> {
        let mut desk = self.desk();
        let now = desk.now;
        let people: Vec<(Agreed, u8)> =
            Brokers::plan("", "").shards.slots(share.shard, PEOPLE).map(|slot| (Agreed(slot), 1)).collect();
        let taken = desk.watch.carry_on(now, &people, &marks, &since).map(drop).map_err(|error| kept(&error));
        if taken.is_ok() {
            desk.kept.insert(share.shard, share.epoch);
            desk.taken.push(share);
        }
        Box::pin(async move { taken })
    }

    fn begin(&self) -> PortFuture<'_, ()> {
        let mut desk = self.desk();
        let others: Vec<Shard> = Brokers::plan("", "").shards.all().filter(|shard| !desk.kept.contains_key(shard)).collect();
        others.into_iter().for_each(|shard| desk.forget(shard));
        desk.begun = true;
        Box::pin(async {})
    }

    fn lose(&self, shard: Shard) -> PortFuture<'_, ()> {
        let mut desk = self.desk();
        desk.kept.remove(&shard);
        desk.forget(shard);
        Box::pin(async {})
    }

    fn signs(&self, signs: Vec<Sign>) -> PortFuture<'_, Result<Vec<u8>, NatsError>> {
        let mut desk = self.desk();
        let (now, mut verdicts, mut before) = (desk.now, Vec::new(), 0);
        let judged = desk.watch.submit_telling(now, &signs, |judged| {
            verdicts.push(u8::from(judged.taken > before));
            before = judged.taken;
        });
        let done = judged.and_then(|_| desk.watch.commit()).map(|_| verdicts).map_err(|error| kept(&error));
        Box::pin(async move { done })
    }

    fn marks(&self, shard: Shard) -> PortFuture<'_, Result<Vec<Sign>, NatsError>> {
        let desk = self.desk();
        let marks = Brokers::plan("", "").shards.slots(shard, PEOPLE).filter_map(|slot| desk.watch.engine().mark(slot)).collect();
        Box::pin(async move { Ok(marks) })
    }

    fn marks_are_stale(&self, _: Shard) -> bool {
        false
    }
}

#[test]
#[ignore = "the other tests start it as a process of its own"]
fn is_a_process() {
    let Ok(name) = std::env::var("LINLI_NODE") else { return };
    let servers = std::env::var("LINLI_NODE_SERVERS").unwrap();
    let folder = Folder::open(std::env::var("LINLI_NODE_FOLDER").unwrap()).unwrap();
    let config = Config { segment_bytes: 1 << 20, ..Config::for_slots(PEOPLE) };
    let watch = Watch::open(folder, config, &packs()).unwrap();
    let engine = Arc::new(Engine(Mutex::new(Desk { watch, kept: BTreeMap::new(), taken: Vec::new(), begun: false, now: NOON })));
    let keeping = Arc::clone(&engine);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            let plan = Brokers::plan(&servers, &name);
            let bus = Brokers::connect(&plan).await;
            Node::new(bus, plan, keeping).run(std::future::pending()).await;
        });
    });
    let mut lines = std::io::stdin().lines().map_while(Result::ok);
    while let Some(line) = lines.next() {
        let now: Second = line.parse().unwrap();
        let raised: Vec<Effect> = {
            let mut desk = engine.desk();
            desk.now = now;
            if desk.begun {
                while desk.watch.tick(now).unwrap().more {}
            }
            // Also before it has begun: whoever was forgotten in an earlier life is taken again when that is out of every file.
            while desk.watch.rest(now).unwrap().more {}
            for share in std::mem::take(&mut desk.taken) {
                println!("> taken {} {}", share.epoch.0, share.shard.0);
                let slots = Brokers::plan("", "").shards.slots(share.shard, PEOPLE);
                for mark in slots.filter_map(|slot| desk.watch.engine().mark(slot)) {
                    println!("> counted {} {}", mark.slot, mark.at);
                }
            }
            let raised: Vec<Effect> = desk.watch.undelivered().collect();
            for effect in &raised {
                let id = effect.task.id();
                let epoch = desk.kept.get(&Brokers::plan("", "").shards.of(id.slot)).map_or(0, |epoch| epoch.0);
                match effect.task {
                    Task::Alarm { .. } => println!("> alarm {epoch} {} {}", id.slot, id.since),
                    _ => println!("> cleared {epoch} {} {}", id.slot, id.since),
                }
            }
            println!("> second {now} {}", desk.kept.len());
            raised
        };
        let Some(last) = raised.last() else { continue };
        if lines.next().as_deref() == Some("taken up") {
            engine.desk().watch.confirm(last.number).unwrap();
        }
    }
}
