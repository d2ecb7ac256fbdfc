//! One world: persons, devices, a clock, a disk, and the model beside the watch.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Chance;
use super::disk::Disk;
use super::model::Model;
use crate::command::{Command, Order};
use crate::{AlarmId, Config, Effect, Error, Judged, Quiet, RulePack, Second, Sign, SignKind, Soft, Task, Watch};

/// What happened, so that a simulation in which nothing happens does not pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    signs: u64,
    alarms: u64,
    questions: u64,
    cleared: u64,
    kills: u64,
    power_cuts: u64,
    half_done: u64,
    refused: u64,
    withdrawals: u64,
    erased: u64,
    jumps: u64,
    snapshots: u64,
}

impl Sums {
    pub(super) fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("a sign", self.signs),
            ("an alarm", self.alarms),
            ("a question", self.questions),
            ("a relief", self.cleared),
            ("a kill", self.kills),
            ("a power cut", self.power_cuts),
            ("something on disk that was not answered", self.half_done),
            ("a refusal", self.refused),
            ("a withdrawal", self.withdrawals),
            ("an erasure", self.erased),
            ("a jump of the clock", self.jumps),
            ("a snapshot", self.snapshots),
        ]
    }
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.signs += other.signs;
        self.alarms += other.alarms;
        self.questions += other.questions;
        self.cleared += other.cleared;
        self.kills += other.kills;
        self.power_cuts += other.power_cuts;
        self.half_done += other.half_done;
        self.refused += other.refused;
        self.withdrawals += other.withdrawals;
        self.erased += other.erased;
        self.jumps += other.jumps;
        self.snapshots += other.snapshots;
    }
}

/// A frame that was handed to the disk, as the model understands it.
#[derive(Clone, Debug)]
enum Frame {
    Signs(Vec<Sign>, Second),
    Order(Order, Second),
    Raised(Vec<Task>),
    Confirmed,
}

pub(super) struct World {
    config: Config,
    packs: Vec<RulePack>,
    disk: Disk,
    watch: Watch<Disk>,
    model: Model,
    chance: Chance,
    clock: Second,
    persons: u32,
    silent_until: Vec<Second>,
    last_batch: Vec<Sign>,
    /// The latest frame that was answered.
    acknowledged: u64,
    /// What was handed to the disk since and not answered; each may be there or not.
    doubtful: Vec<Vec<Frame>>,
    heard: BTreeMap<u64, Task>,
    unheard_of: Vec<Task>,
    alarms: BTreeSet<AlarmId>,
    sums: Sums,
}

pub(super) fn packs() -> Vec<RulePack> {
    let night = Some(Quiet { from: 22 * 60, to: 7 * 60 });
    let soft = Some(Soft { min_days: 8, max_spread_hours: 4, margin_minutes: 30 });
    vec![
        RulePack { soft, hours_out: Some(10), ..RulePack::not_left_home(1, 24) },
        RulePack { quiet: night, soft, ..RulePack::no_sign_of_life(2, 18) },
        RulePack { quiet: night, ..RulePack::housebound(3, 9) },
    ]
}

impl World {
    pub(super) fn new(seed: u64, persons: u32) -> Self {
        let config = Config {
            segment_bytes: 16 << 10,
            spare_segments: 2,
            looks_per_step: 1 << 20,
            cut_after: 6 * 3_600,
            cut_bytes: 24 << 10,
            ..Config::for_slots(persons + 3)
        };
        let (disk, packs) = (Disk::new(seed ^ 0xD15C), packs());
        Self {
            watch: Watch::open(disk.clone(), config, &packs).unwrap(),
            model: Model::new(&packs, config.zone),
            config,
            packs,
            disk,
            chance: Chance::of(seed),
            clock: 1_700_000_000,
            persons,
            silent_until: vec![0; usize::try_from(persons).unwrap()],
            last_batch: Vec::new(),
            acknowledged: 0,
            doubtful: Vec::new(),
            heard: BTreeMap::new(),
            unheard_of: Vec::new(),
            alarms: BTreeSet::new(),
            sums: Sums::default(),
        }
    }

    pub(super) fn ten_minutes(&mut self) {
        self.clock += 600;
        self.bend_the_clock();
        self.break_the_disk();
        for _ in 0..=self.chance.below(3) / 2 {
            self.people_live();
        }
        if self.chance.one_in(3) {
            self.somebody_decides();
        }
        self.time_passes();
        if self.chance.one_in(4) {
            self.confirm();
        }
        for _ in 0..self.chance.below(6) {
            self.rest();
        }
    }

    fn bend_the_clock(&mut self) {
        let before = self.clock;
        match self.chance.below(900) {
            0 => self.clock -= self.chance.below(9_000),
            1 => self.clock += self.chance.below(5 * 3_600),
            2 => {
                // Wild for one step, then right again.
                self.clock += 100 * 86_400;
                self.time_passes();
                self.clock = before;
            }
            3 => {
                self.clock -= 4 * 3_600;
                self.time_passes();
                let trusted = self.clock;
                self.write(vec![Frame::Order(Order::TrustClock { now: trusted }, trusted)], |watch| watch.trust_clock(trusted));
            }
            _ => return,
        }
        self.sums.jumps += 1;
    }

    fn break_the_disk(&mut self) {
        let room = (self.chance.one_in(80)).then(|| self.disk.bytes() + 1);
        let fuse = self.chance.one_in(40).then(|| u64::from(self.chance.below(700)));
        let mut inner = self.disk.0.borrow_mut();
        inner.room = match inner.room {
            // Once full it stays so for a while.
            Some(room) if !self.chance.one_in(10) => Some(room),
            _ => room,
        };
        inner.bad_sync = self.chance.one_in(20).then_some(3);
        inner.fuse = fuse;
    }

    fn people_live(&mut self) {
        let mut batch = Vec::new();
        let hour = self.config.zone.of_day(self.clock) / 3_600;
        for slot in 0..self.persons {
            let place = usize::try_from(slot).unwrap();
            if self.chance.one_in(1_500) {
                self.silent_until[place] = self.clock + self.chance.below(60 * 3_600);
            }
            let awake = (7 + slot % 3..22).contains(&hour);
            if self.silent_until[place] > self.clock || !self.chance.one_in(if awake { 12 } else { 400 }) {
                continue;
            }
            let kind = SignKind::ALL[usize::try_from(self.chance.below(6)).unwrap()];
            let at = match self.chance.below(60) {
                0 => self.clock - self.chance.below(5 * 3_600),
                1 => self.clock + self.chance.below(600),
                2 => self.clock - self.chance.below(3 * 86_400),
                _ => self.clock - self.chance.below(600),
            };
            batch.push(Sign { slot, at, kind });
        }
        if self.chance.one_in(9) {
            batch.extend_from_slice(&self.last_batch);
            batch.push(Sign { slot: u32::MAX, at: self.clock, kind: SignKind::Seen });
        }
        self.last_batch.clone_from(&batch);
        let cut = usize::try_from(self.chance.below(u32::try_from(batch.len()).unwrap() + 1)).unwrap();
        let (first, second) = batch.split_at(cut);
        let mut frames = Vec::new();
        for batch in [first, second] {
            let judged = self.watch.submit(self.clock, batch).unwrap();
            let now = self.watch.engine.now();
            let taken: Vec<Sign> =
                batch.iter().filter_map(|sign| self.model.judge(*sign, now, self.clock, self.config.skew)).collect();
            let Judged { taken: count, without_consent, future, no_news, while_away, not_asked_for } = judged;
            assert_eq!(count, u64::try_from(taken.len()).unwrap(), "taken of {batch:?}");
            let dropped = without_consent + future + no_news + while_away + not_asked_for;
            assert_eq!(count + dropped, u64::try_from(batch.len()).unwrap(), "every sign is counted once");
            if !taken.is_empty() {
                self.sums.signs += count;
                frames.push(Frame::Signs(taken, now));
            }
        }
        self.write(frames, Watch::commit);
    }

    fn somebody_decides(&mut self) {
        let slot = self.chance.below(self.persons);
        let pack = u8::try_from(1 + self.chance.below(3)).unwrap();
        let on = self.chance.one_in(2);
        let order = match self.chance.below(24) {
            0..6 => Order::Enrol { slot, pack, since: 0 },
            // Some were last seen an hour or two days ago, some by a clock that is ahead.
            6..9 => Order::Enrol { slot, pack, since: self.clock + 600 - self.chance.below(2 * 86_400) },
            9..14 => Order::Learn { slot },
            14 => Order::ForgetRoutine { slot },
            15 => Order::Withdraw { slot },
            16 => Order::Repack { slot, pack },
            17 => Order::Away { slot, until: self.clock + self.chance.below(3 * 86_400) },
            18..20 => Order::Back { slot },
            20..22 => Order::Hospital { slot, on: on && self.chance.one_in(4) },
            _ => Order::Unheard { slot, on: on && self.chance.one_in(4) },
        };
        self.watch.engine.tell_time(self.clock);
        let now = self.watch.engine.now();
        let owed = self.watch.engine.owed().contains_key(&slot) && matches!(order, Order::Enrol { .. });
        let clock = self.clock;
        if self.model.allowed(order) && !owed {
            if self.write(vec![Frame::Order(order, now)], |watch| watch.command(clock, Command(order)))
                && matches!(order, Order::Withdraw { .. })
            {
                self.sums.withdrawals += 1;
            }
        } else {
            let refused = self.watch.command(clock, Command(order)).unwrap_err();
            assert!(matches!(refused, Error::Nobody(_) | Error::Taken(_) | Error::StillErasing(_)), "{refused} of {order:?}");
        }
    }

    fn time_passes(&mut self) {
        self.watch.engine.tell_time(self.clock);
        let due = if self.watch.engine.is_held() { Vec::new() } else { self.model.due(self.watch.engine.now()) };
        let clock = self.clock;
        let frames = if due.is_empty() { Vec::new() } else { vec![Frame::Raised(due)] };
        self.write(frames, |watch| watch.tick(clock).map(|passed| passed.effects));
    }

    fn confirm(&mut self) {
        let Some(number) = self.watch.undelivered().next().map(|effect| effect.number) else { return };
        let number = number + u64::from(self.chance.below(4));
        self.write(vec![Frame::Confirmed], |watch| watch.confirm(number));
    }

    fn rest(&mut self) {
        let before = self.watch.snapshot;
        match self.watch.rest(self.clock) {
            Ok(rested) => self.sums.erased += u64::try_from(rested.erased.len()).unwrap(),
            Err(_) if self.disk.is_dead() => self.restart(Vec::new()),
            Err(error) => assert!(error.passes(), "{error}"),
        }
        self.sums.snapshots += u64::from(self.watch.snapshot > before);
    }

    /// Lets the watch write these frames; whether it did.
    fn write<T: Effects>(&mut self, frames: Vec<Frame>, how: impl FnOnce(&mut Watch<Disk>) -> Result<T, Error>) -> bool {
        match how(&mut self.watch) {
            Ok(effects) => {
                assert!(!self.disk.is_dead(), "answered by the dead");
                self.acknowledged += u64::try_from(frames.len()).unwrap();
                assert_eq!(self.watch.latest_frame(), self.acknowledged, "{frames:?}");
                if !frames.is_empty() {
                    self.doubtful.clear();
                }
                frames.iter().for_each(|frame| apply(&mut self.model, frame));
                effects.all().into_iter().for_each(|effect| self.hear(effect));
                self.compare_tasks();
                true
            }
            Err(error) if self.disk.is_dead() => {
                assert!(error.passes(), "{error}");
                self.restart(frames);
                false
            }
            Err(error) => {
                assert!(error.passes(), "{error}");
                assert_eq!(self.watch.latest_frame(), self.acknowledged);
                self.sums.refused += 1;
                self.doubtful.push(frames);
                false
            }
        }
    }

    fn restart(&mut self, frames: Vec<Frame>) {
        let power_cut = self.chance.one_in(2);
        self.sums.power_cuts += u64::from(power_cut);
        self.sums.kills += u64::from(!power_cut);
        self.doubtful.push(frames);
        loop {
            self.disk.restart(power_cut);
            // It may die again while it recovers.
            self.disk.0.borrow_mut().fuse = self.chance.one_in(3).then(|| u64::from(self.chance.below(40)));
            match Watch::open(self.disk.clone(), self.config, &self.packs) {
                Ok(watch) => break self.watch = watch,
                Err(error) => assert!(self.disk.is_dead() || error.passes(), "{error}"),
            }
        }
        self.disk.0.borrow_mut().fuse = None;
        self.find_out_what_was_done();
        let undelivered: Vec<Effect> = self.watch.undelivered().collect();
        undelivered.into_iter().for_each(|effect| self.hear(effect));
        self.compare_tasks();
    }

    /// Everything that was answered, and a beginning of what was not.
    fn find_out_what_was_done(&mut self) {
        let found = self.watch.latest_frame();
        assert!(found >= self.acknowledged, "frames {found} to {} were answered and are gone", self.acknowledged);
        let more = usize::try_from(found - self.acknowledged).unwrap();
        self.sums.half_done += u64::from(more > 0);
        self.acknowledged = found;
        let doubtful = std::mem::take(&mut self.doubtful);
        if more == 0 {
            return self.compare_persons().unwrap();
        }
        let before = self.model.clone();
        for frames in doubtful.iter().rev().filter(|frames| frames.len() >= more) {
            self.model = before.clone();
            frames.iter().take(more).for_each(|frame| apply(&mut self.model, frame));
            if self.compare_persons().is_ok() {
                let gone = frames.iter().take(more).filter_map(|frame| match frame {
                    Frame::Order(Order::Withdraw { slot }, _) => Some(*slot),
                    _ => None,
                });
                gone.for_each(|slot| self.model.tasks.retain(|task| task.id().slot != slot));
                return;
            }
        }
        panic!("{more} frames more than were answered, which nobody wrote: {doubtful:?}");
    }

    fn hear(&mut self, effect: Effect) {
        if let Some(before) = self.heard.insert(effect.number, effect.task) {
            assert_eq!(before, effect.task, "number {} twice", effect.number);
            return;
        }
        match effect.task {
            Task::Alarm { id, .. } => {
                assert!(self.alarms.insert(id), "alarm {id} twice");
                self.sums.alarms += 1;
            }
            Task::SoftQuestion { id, .. } => {
                assert!(self.alarms.insert(id), "question {id} twice");
                self.sums.questions += 1;
            }
            Task::Cleared { .. } => self.sums.cleared += 1,
        }
        self.unheard_of.push(effect.task);
    }

    /// What was handed out is what the model says, no more and no less.
    fn compare_tasks(&mut self) {
        let key = |task: &Task| format!("{task:?}");
        let (mut found, mut meant) = (std::mem::take(&mut self.unheard_of), std::mem::take(&mut self.model.tasks));
        found.sort_by_key(key);
        meant.sort_by_key(key);
        assert_eq!(found, meant, "handed out, and meant");
    }

    fn compare_persons(&self) -> Result<(), String> {
        for slot in 0..self.persons {
            let (known, meant) = (self.watch.engine.known(slot), self.model.persons.get(&slot));
            let same = match (known, meant) {
                (None, None) => true,
                (Some(known), Some(meant)) => {
                    (known.pack, known.since, known.alarmed, known.away, known.in_hospital, known.unheard, known.learns)
                        == (
                            meant.pack,
                            meant.since,
                            meant.alarmed,
                            meant.away,
                            meant.hospital,
                            meant.unheard,
                            meant.routine.is_some(),
                        )
                }
                _ => false,
            };
            if !same {
                return Err(format!("person {slot}: known {known:?}, meant {meant:?}"));
            }
        }
        Ok(())
    }

    /// The disk is mended, everything is compared, and once more after a restart.
    pub(super) fn end(mut self) -> Sums {
        {
            let mut inner = self.disk.0.borrow_mut();
            (inner.fuse, inner.room, inner.bad_sync) = (None, None, None);
        }
        self.time_passes();
        // Also with a clock that is behind, a minute is enough.
        for _ in 0..2 {
            while self.watch.rest(self.clock).unwrap().more {}
            self.clock += 30;
        }
        while self.watch.rest(self.clock).unwrap().more {}
        assert!(self.watch.nothing_to_erase(), "owed: {:?}", self.watch.engine.owed());
        self.compare_persons().unwrap();
        self.restart(Vec::new());
        let names: Vec<String> = self.disk.everything().into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().filter(|name| name.starts_with("snap-")).count() <= 1, "{names:?}");
        self.sums
    }
}

fn apply(model: &mut Model, frame: &Frame) {
    match frame {
        Frame::Signs(signs, now) => signs.iter().for_each(|sign| model.sign(*sign, *now)),
        Frame::Order(Order::TrustClock { .. }, _) | Frame::Confirmed => {}
        Frame::Order(order, now) => model.order(*order, *now),
        Frame::Raised(tasks) => model.raise(tasks),
    }
}

/// Calls that hand out effects, and calls that do not.
trait Effects {
    fn all(self) -> Vec<Effect>;
}

impl Effects for Vec<Effect> {
    fn all(self) -> Vec<Effect> {
        self
    }
}

impl Effects for () {
    fn all(self) -> Vec<Effect> {
        Vec::new()
    }
}
