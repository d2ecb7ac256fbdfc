//! The watch in memory: what a sign, a decision and the passing of time do. No file, no clock, no chance; the same input always gives
//! the same effects.

mod apply;
mod due;
mod time;

use std::collections::{BTreeMap, VecDeque};

use crate::command::{Command, Order};
use crate::config::Config;
use crate::effect::{Effect, Task};
use crate::entry::Entry;
use crate::error::Error;
use crate::pack::{Packs, RulePack};
use crate::routine::{Routine, Usual};
use crate::sign::{Second, Sign, SignKind, Slot, place};
use crate::wheel::Wheel;
pub use time::Clock;
use time::Time;

/// How many signs of a batch were taken, and why the others were dropped. Nothing of a dropped one is kept anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// They count.
    pub taken: u64,
    /// Nobody is watched there: never enrolled, withdrawn, or a number that does not exist.
    pub without_consent: u64,
    /// From the future, by more than the skew that is allowed.
    pub future: u64,
    /// Repeated, or older than what is known.
    pub no_news: u64,
    /// From somebody who is away until later.
    pub while_away: u64,
    /// Of a kind that the person's rules do not ask for.
    pub not_asked_for: u64,
}

impl std::ops::AddAssign for Judged {
    fn add_assign(&mut self, other: Self) {
        self.taken += other.taken;
        self.without_consent += other.without_consent;
        self.future += other.future;
        self.no_news += other.no_news;
        self.while_away += other.while_away;
        self.not_asked_for += other.not_asked_for;
    }
}

/// What is known of one person; everything, for the person's own page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The rule pack.
    pub pack: u8,
    /// From when silence is counted: the last sign that counts, or what stands for it.
    pub since: Second,
    /// When an alarm is due; none while there is one, in hospital, or not watched.
    pub deadline: Option<Second>,
    /// An alarm is open.
    pub alarmed: bool,
    /// Away until `since`.
    pub away: bool,
    /// In hospital.
    pub in_hospital: bool,
    /// All devices are silent; not watched.
    pub unheard: bool,
    /// The last crossing of the door was outwards.
    pub out: bool,
    /// A routine is learned.
    pub learns: bool,
}

/// The watch without files. [`Watch`](crate::Watch) is the same with every step on disk before it is answered.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    packs: Packs,
    /// One [`Entry`] for each slot. Zeroed memory is nobody, and takes no room until it is written.
    persons: Vec<u64>,
    routines: BTreeMap<Slot, Routine>,
    wheel: Wheel,
    time: Time,
    outbox: VecDeque<Effect>,
    next_number: u64,
    /// Whose erasure from the files is owed, and since when.
    owed: BTreeMap<Slot, Second>,
    watched: u32,
    /// In recovery the wheel is made at the end.
    live: bool,
    /// In recovery, what is in the snapshot's outbox already is not put there again.
    emitting: bool,
}

impl Engine {
    /// Nobody is watched yet.
    ///
    /// # Errors
    /// A rule pack that makes no sense.
    pub fn new(config: Config, packs: &[RulePack]) -> Result<Self, Error> {
        Ok(Self::under(config, Packs::new(packs)?))
    }

    fn under(config: Config, packs: Packs) -> Self {
        let slots = place(config.slots);
        Self {
            config,
            packs,
            persons: vec![0; slots],
            routines: BTreeMap::new(),
            wheel: Wheel::new(slots),
            time: Time::default(),
            outbox: VecDeque::new(),
            next_number: 1,
            owed: BTreeMap::new(),
            watched: 0,
            live: true,
            emitting: true,
        }
    }

    /// One step: the clock says `now`, these signs came in; what is to be done. The caller confirms nothing; effects are handed
    /// out once.
    pub fn step(&mut self, now: Second, signs: &[Sign]) -> (Judged, Vec<Effect>) {
        self.tell_time(now);
        let mut judged = Judged::default();
        for sign in signs {
            if let Some(sign) = self.judge(*sign, &mut judged) {
                self.apply_sign(sign);
            }
        }
        loop {
            let (orders, more) = self.due();
            orders.into_iter().for_each(|order| self.apply(order));
            if !more {
                break;
            }
        }
        (judged, self.outbox.drain(..).collect())
    }

    /// One decision; what is to be done.
    ///
    /// # Errors
    /// When it cannot be: nobody there, somebody there already, no such pack.
    pub fn command(&mut self, now: Second, command: Command) -> Result<Vec<Effect>, Error> {
        self.tell_time(now);
        self.check(command.0)?;
        self.apply(command.0);
        Ok(self.outbox.drain(..).collect())
    }

    /// Everything that is known of somebody; nothing when nobody is watched there.
    pub fn known(&self, slot: Slot) -> Option<Known> {
        let entry = self.entry(slot).filter(|entry| entry.is_somebody())?;
        Some(Known {
            pack: entry.pack(),
            since: entry.since,
            deadline: self.alarm_due(entry),
            alarmed: entry.alarmed(),
            away: entry.away(),
            in_hospital: entry.in_hospital(),
            unheard: entry.unheard(),
            out: entry.out(),
            learns: entry.learns(),
        })
    }

    /// What stands for every sign of somebody until now, for an engine that goes on with this watch; nothing when nobody is watched there. The
    /// second is the one from which silence is counted, which of somebody who is away is still to come.
    pub fn mark(&self, slot: Slot) -> Option<Sign> {
        let entry = self.entry(slot).filter(|entry| entry.is_somebody())?;
        Some(Sign { slot, at: entry.since, kind: if entry.out() { SignKind::Out } else { SignKind::In } })
    }

    /// What the learned routine of somebody says today; nothing without one, or when the pack does not use it.
    pub fn usual(&self, slot: Slot) -> Option<Usual> {
        let soft = self.packs.get(self.entry(slot)?.pack())?.soft?;
        Some(self.routines.get(&slot)?.usual(self.config.zone.day(self.time.now), &soft))
    }

    /// How many are watched.
    pub fn watched(&self) -> u32 {
        self.watched
    }

    /// Bytes of memory that it holds for persons, when every slot is used.
    pub fn bytes(&self) -> usize {
        let routines = self.routines.len() * (size_of::<Routine>() + size_of::<Slot>());
        self.persons.capacity() * size_of::<u64>() + self.wheel.bytes() + routines + self.outbox.capacity() * size_of::<Effect>()
    }

    /// Looks at these persons once and forgets what it saw. Memory is slow one person after the other and quick for many at once;
    /// the steps that follow find them near.
    #[inline]
    pub(crate) fn fetch(&self, slots: impl Iterator<Item = Slot>) {
        let seen = slots.fold(0, |seen, slot| seen ^ self.persons.get(place(slot)).copied().unwrap_or_default());
        std::hint::black_box(seen);
    }

    /// The door. A sign that counts comes back, as of now at the latest; any other is counted and dropped.
    #[inline]
    pub(crate) fn judge(&self, sign: Sign, judged: &mut Judged) -> Option<Sign> {
        let Some(entry) = self.entry(sign.slot).filter(|entry| entry.is_somebody()) else {
            judged.without_consent += 1;
            return None;
        };
        if sign.at > self.time.latest().saturating_add(self.config.skew) {
            judged.future += 1;
            return None;
        }
        let sign = Sign { at: sign.at.min(self.time.now), ..sign };
        let counts = self.packs.counts(entry.pack(), sign.kind);
        if counts && entry.moved_by(sign.at, self.time.now) || entry.learns() && self.routine_asks_for(sign) {
            judged.taken += 1;
            return Some(sign);
        }
        match (entry.away(), counts) {
            (true, _) => judged.while_away += 1,
            (false, true) => judged.no_news += 1,
            (false, false) => judged.not_asked_for += 1,
        }
        None
    }

    fn routine_asks_for(&self, sign: Sign) -> bool {
        self.routines.get(&sign.slot).is_some_and(|routine| routine.is_news(sign.at, self.config.zone))
    }

    /// Whether a decision can be carried out.
    pub(crate) fn check(&self, order: Order) -> Result<(), Error> {
        let Some(slot) = order.slot() else { return Ok(()) };
        let entry = self.entry(slot).ok_or(Error::NoSuchSlot(slot))?;
        match order {
            Order::Enrol { .. } if entry.is_somebody() => Err(Error::Taken(slot)),
            Order::Enrol { .. } if self.owed.contains_key(&slot) => Err(Error::StillErasing(slot)),
            Order::CarryOn { .. } if self.owed.contains_key(&slot) && !entry.is_somebody() => Err(Error::StillErasing(slot)),
            Order::Enrol { pack, .. } | Order::CarryOn { pack, .. } => {
                self.packs.get(pack).map(|_| ()).ok_or(Error::NoSuchPack(pack))
            }
            _ if !entry.is_somebody() => Err(Error::Nobody(slot)),
            Order::Repack { pack, .. } => self.packs.get(pack).map(|_| ()).ok_or(Error::NoSuchPack(pack)),
            _ => Ok(()),
        }
    }

    #[inline]
    pub(crate) fn entry(&self, slot: Slot) -> Option<Entry> {
        self.persons.get(place(slot)).map(|word| Entry::of_word(*word))
    }

    fn put(&mut self, slot: Slot, entry: Entry) {
        if let Some(word) = self.persons.get_mut(place(slot)) {
            *word = entry.word();
        }
    }

    fn emit(&mut self, task: Task) {
        if self.emitting {
            self.outbox.push_back(Effect { number: self.next_number, task });
            self.next_number += 1;
        }
    }

    /// Nobody yet, under the same rules, with so many numbers.
    pub(crate) fn empty(&self, slots: u32) -> Self {
        let mut empty = Self::under(Config { slots, ..self.config }, self.packs.clone());
        empty.tell_time(self.time.now);
        empty
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn outbox(&self) -> &VecDeque<Effect> {
        &self.outbox
    }

    /// The number of the latest effect; 0 before the first.
    pub(crate) fn latest_number(&self) -> u64 {
        self.next_number - 1
    }

    pub(crate) fn owed(&self) -> &BTreeMap<Slot, Second> {
        &self.owed
    }

    /// These erasures are done.
    pub(crate) fn erased(&mut self, slots: &[Slot]) {
        slots.iter().for_each(|slot| {
            self.owed.remove(slot);
        });
    }

    /// The words of these slots and the routines of those who have one, as they go into a snapshot.
    pub(crate) fn part(
        &self,
        slots: std::ops::Range<Slot>,
    ) -> (impl Iterator<Item = u64>, impl Iterator<Item = (Slot, &Routine)>) {
        let words = self.persons.get(place(slots.start)..place(slots.end)).unwrap_or_default();
        (
            words.iter().map(|word| Entry::of_word(*word).saved()),
            self.routines.range(slots).map(|(slot, routine)| (*slot, routine)),
        )
    }

    /// In recovery: what a snapshot says of these slots.
    pub(crate) fn set_part(
        &mut self,
        first: Slot,
        words: &[[u8; 8]],
        routines: impl Iterator<Item = (Slot, Routine)>,
    ) -> Option<()> {
        let seats = self.persons.get_mut(place(first)..place(first) + words.len())?;
        for (seat, word) in seats.iter_mut().zip(words) {
            *seat = u64::from_le_bytes(*word);
        }
        self.routines.extend(routines);
        Some(())
    }

    /// In recovery: what a snapshot says besides.
    pub(crate) fn set_rest(&mut self, now: Second, next_number: u64, outbox: Vec<Effect>) {
        self.time = Time::recovered(now);
        self.next_number = next_number;
        self.outbox = outbox.into();
    }

    /// In recovery: from here on records are applied that may be in the outbox already.
    pub(crate) fn replaying(&mut self, emitting: bool) {
        (self.live, self.emitting) = (false, emitting);
    }

    /// The end of recovery: everybody is counted, checked and filed.
    pub(crate) fn recovered(&mut self) -> Result<(), Error> {
        (self.live, self.emitting, self.watched) = (true, true, 0);
        self.wheel.begin(self.time.now);
        for slot in 0..self.config.slots {
            let Some(entry) = self.entry(slot).filter(|entry| entry.is_somebody()) else { continue };
            self.packs.get(entry.pack()).ok_or(Error::NoSuchPack(entry.pack()))?;
            self.watched += 1;
            self.file(slot, entry);
        }
        Ok(())
    }
}
