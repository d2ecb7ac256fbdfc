//! Whether the alarms are right when the watch is killed again and again: a process of its own, ended with SIGKILL at 100 moments that
//! chance names, goes on each time from what it had promised.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use linli_watch::{Second, Slot};

use super::chance::Chance;
use super::{life, load, say};

const KILLS: usize = 100;
const SEED: u64 = 20_221_207;

/// What was heard of alarms, whatever died.
#[derive(Default)]
struct Heard {
    by_number: BTreeMap<u64, (Slot, Second)>,
    numbers: BTreeMap<(Slot, Second), BTreeSet<u64>>,
    /// The same number for two alarms.
    confused: usize,
}

impl Heard {
    fn alarm(&mut self, number: u64, id: (Slot, Second)) {
        if *self.by_number.entry(number).or_insert(id) != id {
            self.confused += 1;
        }
        self.numbers.entry(id).or_default().insert(number);
    }

    /// Alarms that had more than one number: for whoever takes them up they would be two.
    fn twice(&self) -> usize {
        self.numbers.values().filter(|numbers| numbers.len() > 1).count() + self.confused
    }
}

/// Prints `watch.alarms_missing`, `.alarms_extra` and `.alarms_twice` of 26 simulated hours of 1,000,000 people of whom one in a thousand
/// falls silent, a third of them for good, a third until seconds after the deadline and a third until seconds before it.
pub fn run(place: &Path) -> anyhow::Result<()> {
    let folder = place.join("watch-killed");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut chance = Chance(SEED);
    let mut moments: Vec<u32> = (0..KILLS).map(|_| chance.below(life::SPAN)).collect();
    moments.sort_unstable();
    let (mut heard, mut next, mut kills, mut slowest) = (Heard::default(), 0, 0, 0.0_f64);
    let begun = Instant::now();
    loop {
        let moment = moments.get(kills).copied();
        let lived = Living::begin(&folder, next)?.until(moment, &mut chance, &mut heard)?;
        slowest = slowest.max(lived.ready_s);
        if lived.ended {
            break;
        }
        (next, kills) = (lived.next.max(next), kills + 1);
    }
    std::fs::remove_dir_all(&folder)?;
    let meant: BTreeSet<(Slot, Second)> = life::alarms().collect();
    let raised: BTreeSet<(Slot, Second)> = heard.numbers.keys().copied().collect();
    let numbers = [
        ("kills", float(kills)),
        ("people", f64::from(life::PEOPLE)),
        ("alarms", float(meant.len())),
        ("slowest_restart_s", slowest),
        ("took_s", begun.elapsed().as_secs_f64()),
        ("seed", f64::from(u32::try_from(SEED).unwrap_or(0))),
        ("load", load()),
    ];
    say("alarms_missing", float(meant.difference(&raised).count()), "", &numbers)?;
    say("alarms_extra", float(raised.difference(&meant).count()), "", &numbers)?;
    say("alarms_twice", float(heard.twice()), "", &numbers)?;
    Ok(())
}

fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

struct Living {
    child: Child,
    begun: Instant,
}

/// How it went until the kill.
struct Lived {
    /// The first second that was not promised.
    next: u32,
    /// It lived to the end.
    ended: bool,
    /// How long until it had recovered.
    ready_s: f64,
}

impl Drop for Living {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Living {
    fn begin(folder: &Path, from: u32) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["bench", life::NAME, "--folder"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        writeln!(child.stdin.take().context("no input")?, "{from}")?;
        Ok(Self { child, begun: Instant::now() })
    }

    /// Listens until it is over; kills it a little after it promised the second `moment`, in the middle of whatever it does then.
    fn until(mut self, moment: Option<u32>, chance: &mut Chance, heard: &mut Heard) -> anyhow::Result<Lived> {
        let mut lines = BufReader::new(self.child.stdout.take().context("no output")?);
        let mut lived = Lived { next: 0, ended: false, ready_s: 0.0 };
        let mut killed = false;
        let mut line = String::new();
        // A line that the kill cut off was not said.
        while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
            let mut words = line.trim_end().split(' ');
            let word = words.next();
            let mut number = || words.next().and_then(|digits| digits.parse::<u64>().ok());
            match word {
                Some("alarm") => {
                    let said = (number(), number(), number());
                    let (Some(effect), Some(slot), Some(since)) = said else { bail!("the watch says {line}") };
                    heard.alarm(effect, (u32::try_from(slot)?, u32::try_from(since)?));
                }
                Some("second") => lived.next = u32::try_from(number().context("which second")?)? + 1,
                Some("ready") => {
                    lived.ready_s = self.begun.elapsed().as_secs_f64();
                    ensure!(number() == Some(u64::from(life::PEOPLE)), "people were lost: {line}");
                }
                Some("end") => lived.ended = true,
                _ => bail!("the watch says {line}"),
            }
            if !killed && moment.is_some_and(|moment| lived.next > moment) {
                std::thread::sleep(Duration::from_micros(u64::from(chance.below(3_000))));
                self.child.kill()?;
                killed = true;
            }
            line.clear();
        }
        ensure!(killed || lived.ended, "the watch ended by itself with {:?}", self.child.wait()?);
        Ok(lived)
    }
}
