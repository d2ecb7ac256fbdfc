//! A process that dies at any byte there is.

use proptest::prelude::*;

use super::disk::Disk;
use super::world::packs;
use crate::{AgreedToWatch, Command, Config, Error, Known, Second, Sign, SignKind, Slot, Task, Watch};

const NOON: Second = 1_700_000_000;

struct Agreed(Slot);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

fn config() -> Config {
    Config { segment_bytes: 8 << 10, spare_segments: 1, ..Config::for_slots(8) }
}

/// What a short life answered before it ended.
#[derive(Debug, Default, PartialEq)]
struct Answered {
    steps: usize,
    known: Vec<Option<Known>>,
    alarms: Vec<Task>,
}

/// Enrols four, hears some signs, compacts, lets a day pass. Ends where the disk does. Steps that `done` of were done already are left out.
fn live(disk: &Disk, done: usize) -> (Answered, Result<(), Error>) {
    let mut answered = Answered { steps: done, ..Answered::default() };
    let result = try_to_live(disk, &mut answered);
    (answered, result)
}

fn try_to_live(disk: &Disk, answered: &mut Answered) -> Result<(), Error> {
    let mut watch = Watch::open(disk.clone(), config(), &packs())?;
    let mut step = 0;
    let mut is_new = |answered: &Answered| {
        step += 1;
        step > answered.steps
    };
    if is_new(answered) {
        let commands: Vec<Command> = (0..4).map(|slot| Command::enrol(&Agreed(slot), 2)).collect();
        match watch.commands(NOON, &commands) {
            Ok(_) => {}
            // It was written, and died before it said so.
            Err(Error::Taken(_)) => {}
            Err(error) => return Err(error),
        }
        note(answered, &watch);
    }
    for minute in 1..6 {
        if is_new(answered) {
            let signs: Vec<Sign> = (0..3).map(|slot| Sign { slot, at: NOON + minute * 60 + slot, kind: SignKind::Use }).collect();
            watch.submit(NOON + minute * 60 + 10, &signs)?;
            watch.commit()?;
            note(answered, &watch);
        }
        if minute == 3 && is_new(answered) {
            watch.compact(NOON + 200)?;
            note(answered, &watch);
        }
    }
    for day in 1..3 {
        if is_new(answered) {
            watch.tick(NOON + day * 86_400)?;
            watch.tick(NOON + day * 86_400 + 700)?;
            answered.alarms = watch.undelivered().collect::<Vec<_>>().iter().map(|effect| effect.task).collect();
            note(answered, &watch);
        }
    }
    answered.alarms = watch.undelivered().map(|effect| effect.task).collect();
    Ok(())
}

fn note(answered: &mut Answered, watch: &Watch<Disk>) {
    answered.steps += 1;
    answered.known = (0..8).map(|slot| watch.engine().known(slot)).collect();
}

/// Cuts a life at this byte, restarts it, and holds the end against that of a life that nobody cut.
fn cut_at(byte: u64, power_cut: bool, whole: &Answered) {
    let disk = Disk::new(byte);
    disk.0.borrow_mut().fuse = Some(byte);
    let (before, _) = live(&disk, 0);
    disk.restart(power_cut);
    {
        let watch = Watch::open(disk.clone(), config(), &packs()).unwrap_or_else(|error| panic!("cut at {byte}: {error}"));
        for (slot, answered) in before.known.iter().enumerate() {
            let found = watch.engine().known(u32::try_from(slot).unwrap());
            if let Some(answered) = answered {
                let found = found.unwrap_or_else(|| panic!("cut at {byte}: person {slot} is gone"));
                assert!(found.since >= answered.since, "cut at {byte}: a sign of {slot} is gone");
                assert!(found.alarmed || !answered.alarmed, "cut at {byte}: an alarm of {slot} is gone");
            }
        }
    }
    let (after, result) = live(&disk, before.steps);
    result.unwrap_or_else(|error| panic!("cut at {byte} after {} steps: {error}", before.steps));
    let alarms = |answered: &Answered| {
        let mut alarms: Vec<_> = answered.alarms.iter().map(Task::id).collect();
        alarms.sort_unstable();
        alarms
    };
    assert_eq!(alarms(&after), alarms(whole), "cut at {byte}");
}

#[test]
fn a_kill_anywhere_loses_nothing_and_raises_nothing_twice() {
    let disk = Disk::new(0);
    let (whole, result) = live(&disk, 0);
    result.unwrap();
    assert_eq!(whole.alarms.len(), 4, "all four fell silent");
    let spent = disk.0.borrow().spent;
    // Bytes of zeros are many and alike; those of frames, heads and parts are looked at one by one.
    let bytes: Vec<u64> = (0..spent).filter(|byte| byte % 97 == 0 || *byte + 3_000 > spent).collect();
    println!("{} cuts in {spent} bytes", bytes.len());
    for byte in bytes {
        cut_at(byte, false, &whole);
    }
}

proptest! {
    #[test]
    fn a_power_cut_anywhere_loses_nothing_and_raises_nothing_twice(part in 0.0f64..1.0) {
        let disk = Disk::new(0);
        let (whole, _) = live(&disk, 0);
        let spent = u32::try_from(disk.0.borrow().spent).unwrap();
        #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a u32")]
        let byte = (f64::from(spent) * part) as u64;
        cut_at(byte, true, &whole);
    }
}
