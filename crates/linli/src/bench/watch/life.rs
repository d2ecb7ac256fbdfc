//! Twenty-six hours of a million people, second by second, the same every time; and the process that watches over them until it is killed.

use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use linli_watch::{AgreedToWatch, Command, Config, Effect, Folder, RulePack, Second, Sign, SignKind, Slot, Task, Watch};

use super::chance::mixed;

/// The name of the process that is killed; nobody calls it by hand.
pub const NAME: &str = "watch-life";
/// People.
pub const PEOPLE: u32 = 1_000_000;
/// Seconds.
pub const SPAN: u32 = 26 * 3_600;
/// When it begins.
const BEGIN: Second = 1_700_000_000;
/// The rule: no sign for so many hours.
const HOURS: u16 = 24;
const SILENCE: u32 = 24 * 3_600;
/// Whoever lives as usual gives a sign every six hours.
const USUAL: u32 = 6 * 3_600;
/// One in so many falls silent, in the first two hours.
const SILENT_ONE_IN: u64 = 1_000;
const FALLS_SILENT_WITHIN: u64 = 2 * 3_600;
/// Seconds by which those who come back are before or after their deadline, at most.
const MARGIN: u64 = 30;

/// When somebody who falls silent gives a sign last, and when again; seconds from the begin.
#[derive(Debug, Clone, Copy)]
pub struct Silent {
    /// Who.
    pub slot: Slot,
    last: u32,
    back: Option<u32>,
}

impl Silent {
    fn of(slot: Slot) -> Option<Self> {
        let dice = mixed(u64::from(slot) + 1);
        if !dice.is_multiple_of(SILENT_ONE_IN) {
            return None;
        }
        let part = |dice: u64, most: u64| u32::try_from(dice % most).unwrap_or(0);
        let last = part(mixed(dice), FALLS_SILENT_WITHIN);
        let margin = part(mixed(dice ^ 2), MARGIN);
        let back = match mixed(dice ^ 1) % 3 {
            0 => None,
            1 => Some(last + SILENCE + 1 + margin),
            // In the second of the deadline at the latest: a sign in that second counts.
            _ => Some(last + SILENCE - margin),
        };
        Some(Self { slot, last, back })
    }

    /// The second from which the silence counts, if there must be an alarm.
    fn alarm(self) -> Option<Second> {
        let deadline = self.last + SILENCE;
        (deadline < SPAN && self.back.is_none_or(|back| back > deadline)).then_some(BEGIN + self.last)
    }
}

/// Who falls silent.
fn silent() -> impl Iterator<Item = Silent> {
    (0..PEOPLE).filter_map(Silent::of)
}

/// The alarms there must be: whose silence, counted from when.
pub fn alarms() -> impl Iterator<Item = (Slot, Second)> {
    silent().filter_map(|one| Some((one.slot, one.alarm()?)))
}

/// Signs by second.
struct Life {
    /// Those who live as usual, by the second in which they give a sign within their six hours.
    usual: Vec<Vec<Slot>>,
    /// The others, by second and slot.
    others: Vec<(u32, Slot)>,
}

impl Life {
    fn new() -> Self {
        let mut usual = vec![Vec::new(); usize::try_from(USUAL).unwrap_or(1)];
        let mut others = Vec::new();
        for slot in 0..PEOPLE {
            if let Some(one) = Silent::of(slot) {
                others.push((one.last, slot));
                others.extend(one.back.map(|back| (back, slot)));
            } else if let Some(there) = usual.get_mut(usize::try_from(mixed(u64::from(slot)) % u64::from(USUAL)).unwrap_or(0)) {
                there.push(slot);
            }
        }
        others.sort_unstable();
        Self { usual, others }
    }

    fn signs(&self, second: u32) -> Vec<Sign> {
        let from = self.others.partition_point(|(at, _)| *at < second);
        let others = self.others.iter().skip(from).take_while(|(at, _)| *at == second).map(|(_, slot)| *slot);
        let usual = self.usual.get(usize::try_from(second % USUAL).unwrap_or(0)).into_iter().flatten().copied();
        usual.chain(others).map(|slot| Sign { slot, at: BEGIN + second, kind: SignKind::Use }).collect()
    }
}

struct Agreed(Slot);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

/// Watches from the second that standard input names. Says on standard output what there is to be done and which second is on disk, so that
/// whoever kills it knows what was promised.
pub fn live(place: &Path) -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let from: u32 = line.trim().parse().context("the second to go on from")?;
    let config = Config { segment_bytes: 8 << 20, spare_segments: 2, ..Config::for_slots(PEOPLE) };
    let mut watch = Watch::open(Folder::open(place)?, config, &[RulePack::no_sign_of_life(1, HOURS)])?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let known = watch.undelivered().collect::<Vec<_>>();
    tell(&mut out, &known)?;
    if from == 0 {
        // Whoever was enrolled before it was killed is not enrolled again.
        let missing: Vec<Slot> = (0..PEOPLE).filter(|slot| watch.engine().known(*slot).is_none()).collect();
        for some in missing.chunks(50_000) {
            let commands: Vec<Command> = some.iter().map(|slot| Command::enrol(&Agreed(*slot), 1)).collect();
            watch.commands(BEGIN, &commands)?;
        }
    }
    writeln!(out, "ready {}", watch.engine().watched())?;
    let life = Life::new();
    for second in from..SPAN {
        let now = BEGIN + second;
        watch.submit(now, &life.signs(second))?;
        let mut effects = watch.commit()?;
        loop {
            let passed = watch.tick(now)?;
            effects.extend(passed.effects);
            if !passed.more {
                break;
            }
        }
        tell(&mut out, &effects)?;
        writeln!(out, "second {second}")?;
        out.flush()?;
        // What was said is with whoever listens, whatever becomes of this process.
        if let Some(last) = effects.last().or(known.last()) {
            watch.confirm(last.number)?;
        }
        watch.rest(now)?;
    }
    writeln!(out, "end")?;
    Ok(out.flush()?)
}

fn tell(out: &mut impl io::Write, effects: &[Effect]) -> io::Result<()> {
    for effect in effects {
        if let Task::Alarm { id, .. } = effect.task {
            writeln!(out, "alarm {} {} {}", effect.number, id.slot, id.since)?;
        }
    }
    Ok(())
}
