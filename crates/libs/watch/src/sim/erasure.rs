//! What is in the files after somebody withdrew: the bytes themselves are searched.

use super::disk::Disk;
use crate::{
    AgreedToRoutine, AgreedToWatch, Command, Config, Error, Folder, RulePack, Second, Sign, SignKind, Slot, Watch, Zone,
};

const NOON: Second = 1_700_000_000;
/// A number that nothing else looks like.
const SLOT: Slot = 0x4AC5;

struct Agreed(Slot);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

impl AgreedToRoutine for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

fn config() -> Config {
    Config { segment_bytes: 64 << 10, spare_segments: 1, zone: Zone::BEIJING, ..Config::for_slots(SLOT + 100) }
}

fn packs() -> [RulePack; 1] {
    [RulePack::no_sign_of_life(1, 24)]
}

/// In which files the number of the person, or any of the instants that were kept, is to be found.
fn found_in(files: &[(String, Vec<u8>)], instants: &[Second]) -> Vec<String> {
    let wanted: Vec<[u8; 4]> = std::iter::once(SLOT).chain(instants.iter().copied()).map(u32::to_le_bytes).collect();
    let has = |bytes: &[u8]| bytes.windows(4).any(|four| wanted.iter().any(|wanted| four == wanted));
    files.iter().filter(|(_, bytes)| has(bytes)).map(|(name, _)| name.clone()).collect()
}

fn read(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder).unwrap().map(|item| item.unwrap());
    files.map(|item| (item.file_name().into_string().unwrap(), std::fs::read(item.path()).unwrap())).collect()
}

#[test]
fn who_withdrew_is_in_no_file_after_the_next_compaction() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = Watch::open(Folder::open(folder.path()).unwrap(), config(), &packs()).unwrap();
    let seen = [NOON + 1_234, NOON + 5_678];
    watch.commands(NOON, &[Command::enrol(&Agreed(SLOT), 1), Command::enrol(&Agreed(7), 1)]).unwrap();
    watch.command(NOON, Command::learn_routine(&Agreed(SLOT))).unwrap();
    watch.step(seen[0], &[Sign { slot: SLOT, at: seen[0], kind: SignKind::Motion }]).unwrap();
    watch.compact(seen[0]).unwrap();
    watch.step(seen[1], &[Sign { slot: SLOT, at: seen[1], kind: SignKind::Motion }]).unwrap();
    let found = found_in(&read(folder.path()), &seen);
    assert!(found.iter().any(|name| name.starts_with("log-")) && found.iter().any(|name| name.starts_with("snap-")), "{found:?}");

    let withdrawn = NOON + 6_000;
    watch.command(withdrawn, Command::withdraw(SLOT)).unwrap();
    assert_eq!(watch.engine().known(SLOT), None);
    let later = watch.step(withdrawn + 1, &[Sign { slot: SLOT, at: withdrawn + 1, kind: SignKind::Seen }]).unwrap().0;
    assert_eq!((later.taken, later.without_consent), (0, 1), "dropped and counted");
    assert!(matches!(watch.command(withdrawn, Command::enrol(&Agreed(SLOT), 1)), Err(Error::StillErasing(SLOT))));

    // Rests until the watch says that it is done, and not longer than a minute of its clock.
    let (mut erased, mut now) = (Vec::new(), withdrawn);
    while erased.is_empty() {
        now += 1;
        assert!(now < withdrawn + 60, "longer than a minute");
        for _ in 0..50 {
            erased.extend(watch.rest(now).unwrap().erased);
        }
    }
    assert_eq!(erased, [SLOT]);
    assert!(watch.nothing_to_erase());
    assert_eq!(found_in(&read(folder.path()), &seen), Vec::<String>::new());
    assert!(watch.engine().known(7).is_some(), "somebody else stays");
    watch.command(now, Command::enrol(&Agreed(SLOT), 1)).unwrap();
}

#[test]
fn a_restart_forgets_no_erasure_that_is_owed() {
    let disk = Disk::new(1);
    let mut watch = Watch::open(disk.clone(), config(), &packs()).unwrap();
    watch.command(NOON, Command::enrol(&Agreed(SLOT), 1)).unwrap();
    watch.compact(NOON + 1).unwrap();
    watch.command(NOON + 2, Command::withdraw(SLOT)).unwrap();
    drop(watch);
    disk.restart(true);
    let mut watch = Watch::open(disk.clone(), config(), &packs()).unwrap();
    assert!(!watch.nothing_to_erase());
    assert!(!found_in(&disk.everything(), &[NOON]).is_empty());
    while watch.rest(NOON + 30).unwrap().more {}
    assert!(watch.nothing_to_erase());
    assert_eq!(found_in(&disk.everything(), &[NOON]), Vec::<String>::new());
}

#[test]
fn who_withdraws_while_a_compaction_runs_is_gone_with_the_next() {
    let disk = Disk::new(2);
    let mut watch = Watch::open(disk.clone(), config(), &packs()).unwrap();
    watch.commands(NOON, &[Command::enrol(&Agreed(SLOT), 1), Command::enrol(&Agreed(3), 1)]).unwrap();
    watch.command(NOON + 1, Command::withdraw(3)).unwrap();
    watch.rest(NOON + 20).unwrap();
    assert!(watch.compaction.is_some(), "one is running");
    watch.command(NOON + 21, Command::withdraw(SLOT)).unwrap();
    let mut erased = Vec::new();
    while !watch.nothing_to_erase() {
        erased.push(watch.rest(NOON + 40).unwrap().erased);
    }
    erased.retain(|slots| !slots.is_empty());
    assert_eq!(erased, [[3], [SLOT]]);
    assert_eq!(found_in(&disk.everything(), &[NOON]), Vec::<String>::new());
}

#[test]
fn a_full_disk_refuses_signs_keeps_alarms_and_mends_itself() {
    let disk = Disk::new(3);
    let config = Config { segment_bytes: 8 << 10, spare_segments: 0, ..config() };
    let mut watch = Watch::open(disk.clone(), config, &packs()).unwrap();
    watch.commands(NOON, &(0..300).map(|slot| Command::enrol(&Agreed(slot), 1)).collect::<Vec<_>>()).unwrap();
    disk.0.borrow_mut().room = Some(disk.bytes());
    let mut now = NOON;
    let refused = loop {
        now += 60;
        let signs: Vec<Sign> = (0..30).map(|slot| Sign { slot, at: now, kind: SignKind::Use }).collect();
        watch.submit(now, &signs).unwrap();
        match watch.commit() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Full(_)) && refused.passes(), "{refused}");
    let known = watch.engine().known(0).unwrap();
    assert_eq!(known.since, now - 60, "what was refused does not count");
    // The reserve holds what the watch has to write itself.
    watch.command(now, Command::withdraw(299)).unwrap();
    watch.engine.tell_time(NOON + 86_400);
    let raised = watch.tick(NOON + 86_400 + 600).unwrap_err();
    assert!(raised.passes(), "299 alarms are more than an eighth of so small a segment: {raised}");
    disk.0.borrow_mut().room = None;
    assert_eq!(watch.tick(NOON + 86_400 + 600).unwrap().effects.len(), 299, "none is lost by it");
    let signs = [Sign { slot: 0, at: NOON + 86_500, kind: SignKind::Use }];
    assert_eq!(watch.step(NOON + 86_500, &signs).unwrap().0.taken, 1, "it goes on by itself");
}

#[test]
fn segments_of_another_size_leave_nothing_behind() {
    let disk = Disk::new(4);
    let mut watch = Watch::open(disk.clone(), config(), &packs()).unwrap();
    watch.command(NOON, Command::enrol(&Agreed(SLOT), 1)).unwrap();
    while watch.rest(NOON + 1).unwrap().more {}
    drop(watch);
    for segment_bytes in [16 << 10, 128 << 10] {
        let config = Config { segment_bytes, ..config() };
        let mut watch = Watch::open(disk.clone(), config, &packs()).unwrap();
        assert!(watch.engine().known(SLOT).is_some());
        while watch.rest(NOON + 2).unwrap().more {}
    }
    let mut watch = Watch::open(disk.clone(), Config { segment_bytes: 8 << 10, ..config() }, &packs()).unwrap();
    watch.command(NOON + 3, Command::withdraw(SLOT)).unwrap();
    while !watch.nothing_to_erase() {
        watch.rest(NOON + 30).unwrap();
    }
    assert_eq!(found_in(&disk.everything(), &[NOON]), Vec::<String>::new());
}

#[test]
fn a_snapshot_with_any_changed_byte_is_refused() {
    let disk = Disk::new(5);
    let config = Config { segment_bytes: 8 << 10, spare_segments: 0, ..Config::for_slots(20) };
    let mut watch = Watch::open(disk.clone(), config, &packs()).unwrap();
    watch.commands(NOON, &[Command::enrol(&Agreed(3), 1), Command::enrol(&Agreed(4), 1)]).unwrap();
    watch.command(NOON, Command::learn_routine(&Agreed(3))).unwrap();
    watch.tick(NOON + 86_400).unwrap();
    watch.compact(NOON + 86_400).unwrap();
    drop(watch);
    let (name, bytes) = disk.everything().into_iter().find(|(name, _)| name.starts_with("snap-")).unwrap();
    for place in (0..bytes.len()).filter(|place| !(28..32).contains(place)) {
        let mut writer = disk.clone();
        crate::Files::write(&mut writer, &name, u64::try_from(place).unwrap(), &[bytes[place] ^ 0x20]).unwrap();
        let error = Watch::open(disk.clone(), config, &packs()).expect_err("a changed byte");
        assert!(matches!(error, Error::Damaged { .. } | Error::NoSuchSlot(_)), "byte {place}: {error}");
        crate::Files::write(&mut writer, &name, u64::try_from(place).unwrap(), &[bytes[place]]).unwrap();
    }
    assert_eq!(Watch::open(disk, config, &packs()).unwrap().engine().watched(), 2);
}

#[test]
fn a_clock_that_is_behind_puts_off_no_erasure() {
    let disk = Disk::new(6);
    let mut watch = Watch::open(disk.clone(), config(), &packs()).unwrap();
    watch.command(NOON, Command::enrol(&Agreed(SLOT), 1)).unwrap();
    watch.tick(NOON + 50).unwrap();
    let behind = NOON - 7_200;
    watch.command(behind, Command::withdraw(SLOT)).unwrap();
    for second in 0..20 {
        while watch.rest(behind + second).unwrap().more {}
    }
    assert!(watch.nothing_to_erase());
    assert_eq!(found_in(&disk.everything(), &[NOON]), Vec::<String>::new());
}
