//! What must come out, said as plainly as can be: a map of persons, looked through from end to end for every step.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::Order;
use crate::effect::{AlarmId, Relief, Task};
use crate::local::Zone;
use crate::pack::{Basis, RulePack, Silence};
use crate::sign::{Second, Sign, SignKind, Slot};

#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) pack: u8,
    pub(super) since: Second,
    pub(super) alarmed: bool,
    pub(super) away: bool,
    pub(super) hospital: bool,
    pub(super) unheard: bool,
    out: bool,
    pub(super) routine: Option<Learned>,
}

impl Person {
    fn moved_by(&self, at: Second, now: Second) -> bool {
        at > self.since || (self.since > now && !self.away)
    }
}

/// Days, and the hours of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Learned {
    from: Second,
    days: BTreeMap<u32, BTreeSet<u32>>,
    asked: Second,
}

impl Learned {
    fn latest(&self, zone: Zone) -> u32 {
        self.days.keys().next_back().copied().unwrap_or_default().max(zone.day(self.from))
    }

    fn is_news(&self, at: Second, zone: Zone) -> bool {
        let (day, hour) = (zone.day(at), zone.hour(at));
        at >= self.from && day + 28 > self.latest(zone) && !self.days.get(&day).is_some_and(|hours| hours.contains(&hour))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) persons: BTreeMap<Slot, Person>,
    packs: Vec<RulePack>,
    zone: Zone,
    /// What must have been handed out by now.
    pub(super) tasks: Vec<Task>,
}

impl Model {
    pub(super) fn new(packs: &[RulePack], zone: Zone) -> Self {
        Self { persons: BTreeMap::new(), packs: packs.to_vec(), zone, tasks: Vec::new() }
    }

    fn pack(&self, id: u8) -> RulePack {
        *self.packs.iter().find(|pack| pack.id == id).unwrap()
    }

    fn counts(&self, person: &Person, kind: SignKind) -> bool {
        match self.pack(person.pack).basis {
            Basis::AnySign => true,
            Basis::Crossing => [SignKind::Out, SignKind::In, SignKind::Seen].contains(&kind),
            Basis::Within => [SignKind::Motion, SignKind::Use, SignKind::Seen].contains(&kind),
        }
    }

    /// The sign as it counts, if it does.
    pub(super) fn judge(&self, sign: Sign, now: Second, clock: Second, skew: Second) -> Option<Sign> {
        let person = self.persons.get(&sign.slot)?;
        if sign.at > now.max(clock) + skew {
            return None;
        }
        let sign = Sign { at: sign.at.min(now), ..sign };
        let counts = self.counts(person, sign.kind) && person.moved_by(sign.at, now);
        let learned = person.routine.as_ref().is_some_and(|routine| routine.is_news(sign.at, self.zone));
        (counts || learned).then_some(sign)
    }

    pub(super) fn sign(&mut self, sign: Sign, now: Second) {
        let Some(mut person) = self.persons.remove(&sign.slot) else { return };
        let relief = Relief::Sign(sign.at);
        if let Some(routine) = &mut person.routine
            && sign.at >= routine.from
        {
            let day = self.zone.day(sign.at);
            if day + 28 > routine.latest(self.zone) {
                routine.days.entry(day).or_default().insert(self.zone.hour(sign.at));
                let latest = routine.latest(self.zone);
                routine.days.retain(|day, _| day + 28 > latest);
            }
            if routine.asked != 0 && sign.at >= routine.asked {
                let since = std::mem::take(&mut routine.asked);
                self.tasks.push(Task::Cleared { id: AlarmId { slot: sign.slot, since, question: true }, relief });
            }
        }
        if self.counts(&person, sign.kind) && person.moved_by(sign.at, now) {
            if std::mem::take(&mut person.alarmed) {
                let id = AlarmId { slot: sign.slot, since: person.since, question: false };
                self.tasks.push(Task::Cleared { id, relief });
            }
            person.since = sign.at;
            person.away = false;
            match sign.kind {
                SignKind::Out => person.out = true,
                SignKind::In => person.out = false,
                _ => {}
            }
        }
        self.persons.insert(sign.slot, person);
    }

    pub(super) fn allowed(&self, order: Order) -> bool {
        let somebody = order.slot().is_some_and(|slot| self.persons.contains_key(&slot));
        if let Order::Enrol { .. } = order { !somebody } else { somebody }
    }

    fn clear(&mut self, slot: Slot, person: &mut Person, relief: Relief) {
        if let Some(routine) = &mut person.routine
            && routine.asked != 0
        {
            let since = std::mem::take(&mut routine.asked);
            self.tasks.push(Task::Cleared { id: AlarmId { slot, since, question: true }, relief });
        }
        if relief != Relief::RoutineForgotten && std::mem::take(&mut person.alarmed) {
            self.tasks.push(Task::Cleared { id: AlarmId { slot, since: person.since, question: false }, relief });
        }
    }

    pub(super) fn order(&mut self, order: Order, now: Second) {
        let slot = order.slot().unwrap();
        let Some(mut person) = self.persons.get(&slot).cloned() else {
            if let Order::Enrol { slot, pack, since } = order {
                let since = if (1..now).contains(&since) { since } else { now };
                self.persons.insert(slot, Person { pack, since, ..Person::default() });
            }
            return;
        };
        match order {
            Order::Withdraw { slot } => {
                self.persons.remove(&slot);
                return;
            }
            Order::Learn { .. } if person.routine.is_none() => person.routine = Some(Learned { from: now, ..Learned::default() }),
            Order::ForgetRoutine { .. } => {
                self.clear(slot, &mut person, Relief::RoutineForgotten);
                person.routine = None;
            }
            Order::Repack { pack, .. } => person.pack = pack,
            Order::Away { until, .. } => {
                self.clear(slot, &mut person, Relief::Away);
                person.since = until.max(now);
                person.away = until > now;
            }
            Order::Back { .. } if person.away => {
                person.since = now;
                person.away = false;
            }
            Order::Hospital { on, .. } if on != person.hospital => {
                person.hospital = on;
                if on {
                    self.clear(slot, &mut person, Relief::InHospital);
                } else {
                    person.since = person.since.max(now);
                }
            }
            Order::Unheard { on, .. } if on != person.unheard => {
                person.unheard = on;
                if !on && !person.alarmed {
                    person.since = person.since.max(now);
                }
            }
            _ => {}
        }
        self.persons.insert(slot, person);
    }

    /// Everybody who is due at `now`.
    pub(super) fn due(&self, now: Second) -> Vec<Task> {
        self.persons.iter().filter_map(|(slot, person)| self.due_of(*slot, person, now)).collect()
    }

    fn due_of(&self, slot: Slot, person: &Person, now: Second) -> Option<Task> {
        if person.alarmed || person.hospital || person.unheard {
            return None;
        }
        let pack = self.pack(person.pack);
        let (silence, hours) = match pack.basis {
            Basis::Crossing if person.out => (Silence::NotComeBack, pack.hours_out.unwrap_or(pack.hours)),
            Basis::Crossing => (Silence::NotLeftHome, pack.hours),
            _ => (Silence::NoSign, pack.hours),
        };
        let silent = person.since + u32::from(hours) * 3_600;
        if silent <= now
            && let deadline = self.awake(&pack, silent)
            && deadline <= now
        {
            let id = AlarmId { slot, since: person.since, question: false };
            return Some(Task::Alarm { id, silence, deadline });
        }
        let (routine, soft) = (person.routine.as_ref()?, pack.soft?);
        let today = self.zone.day(now);
        let begin = self.zone.begin(today);
        let seen = routine.days.contains_key(&today);
        let soonest = begin + 3_600 + u32::from(soft.margin_minutes) * 60;
        if seen || person.since >= begin || routine.asked != 0 || now < soonest {
            return None;
        }
        let mut firsts: Vec<u32> = routine.days.range(today - 27..today).map(|(_, hours)| *hours.first().unwrap()).collect();
        firsts.sort_unstable();
        let n = firsts.len();
        if n < usize::from(soft.min_days).max(1) {
            return None;
        }
        let (usual, late) = (firsts[n.div_ceil(2) - 1], firsts[(9 * n).div_ceil(10) - 1]);
        let due = self.awake(&pack, begin + (late + 1) * 3_600 + u32::from(soft.margin_minutes) * 60);
        let sure = late - usual <= u32::from(soft.max_spread_hours) && due < begin + 86_400;
        (sure && due <= now).then_some(Task::SoftQuestion { id: AlarmId { slot, since: begin, question: true }, due })
    }

    /// Minute by minute to the end of the quiet hours.
    fn awake(&self, pack: &RulePack, at: Second) -> Second {
        let Some(quiet) = pack.quiet else { return at };
        let is_quiet = |at: Second| {
            let minute = u16::try_from(self.zone.of_day(at) / 60).unwrap();
            if quiet.from <= quiet.to {
                (quiet.from..quiet.to).contains(&minute)
            } else {
                minute >= quiet.from || minute < quiet.to
            }
        };
        let mut then = at;
        while is_quiet(then) {
            then = then / 60 * 60 + 60;
        }
        then
    }

    pub(super) fn raise(&mut self, tasks: &[Task]) {
        for task in tasks {
            let id = task.id();
            let person = self.persons.get_mut(&id.slot).unwrap();
            match task {
                Task::Alarm { .. } => person.alarmed = true,
                _ => person.routine.as_mut().unwrap().asked = id.since,
            }
            self.tasks.push(*task);
        }
    }
}
