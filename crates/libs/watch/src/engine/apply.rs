//! What records do. This is the only place that changes what is known, for a live step and for recovery alike.

use super::Engine;
use crate::command::Order;
use crate::effect::{AlarmId, Relief, Task};
use crate::entry::Entry;
use crate::routine::Routine;
use crate::sign::{Second, Sign, SignKind, Slot, place};

impl Engine {
    /// A sign that came through the door.
    #[inline]
    pub(crate) fn apply_sign(&mut self, sign: Sign) {
        if let Some(word) = self.persons.get_mut(place(sign.slot)) {
            let entry = Entry::of_word(*word);
            if entry.plain() && !sign.kind.crosses() && sign.at > entry.since && self.packs.counts(entry.pack(), sign.kind) {
                *word = Entry { since: sign.at, ..entry }.word();
                return;
            }
        }
        self.apply_special_sign(sign);
    }

    fn apply_special_sign(&mut self, sign: Sign) {
        let Some(mut entry) = self.entry(sign.slot).filter(|entry| entry.is_somebody()) else { return };
        if entry.learns() {
            self.note_in_routine(sign);
            entry = self.entry(sign.slot).unwrap_or(entry);
        }
        if !self.packs.counts(entry.pack(), sign.kind) || !entry.moved_by(sign.at, self.time.now) {
            return;
        }
        let before = std::mem::replace(&mut entry.since, sign.at);
        entry.set_away(false);
        let went_out = sign.kind == SignKind::Out && !entry.out();
        if sign.kind.crosses() {
            entry.set_out(sign.kind == SignKind::Out);
        }
        let alarmed = entry.alarmed();
        if alarmed {
            self.relieve(sign.slot, &mut entry, before, Relief::Sign(sign.at));
        }
        // Only then can a deadline come nearer; otherwise the wheel finds out by itself that it moved on.
        if alarmed || went_out || before > sign.at {
            self.file(sign.slot, entry);
        } else {
            self.put(sign.slot, entry);
        }
    }

    fn note_in_routine(&mut self, sign: Sign) {
        let Some(routine) = self.routines.get_mut(&sign.slot) else { return };
        routine.note(sign.at, self.config.zone);
        if routine.asked != 0 && sign.at >= routine.asked {
            self.answer(sign.slot, Relief::Sign(sign.at));
        }
        // What comes late of an earlier day may make the usual first sign an earlier one.
        if self.config.zone.day(sign.at) < self.config.zone.day(self.time.now)
            && let Some(entry) = self.entry(sign.slot)
        {
            self.file(sign.slot, entry);
        }
    }

    /// The softer question needs no answer any more.
    fn answer(&mut self, slot: Slot, relief: Relief) {
        if let Some(routine) = self.routines.get_mut(&slot)
            && routine.asked != 0
        {
            let since = std::mem::take(&mut routine.asked);
            self.emit(Task::Cleared { id: AlarmId { slot, since, question: true }, relief });
        }
    }

    /// The alarm that was counted from `since` is over.
    fn relieve(&mut self, slot: Slot, entry: &mut Entry, since: Second, relief: Relief) {
        if entry.alarmed() {
            entry.set_alarmed(false);
            self.emit(Task::Cleared { id: AlarmId { slot, since, question: false }, relief });
        }
    }

    /// A decision, or what the watch decided itself. What does not fit (any more) does nothing.
    pub(crate) fn apply(&mut self, order: Order) {
        match order {
            Order::Confirm { number } => while self.outbox.pop_front_if(|effect| effect.number <= number).is_some() {},
            Order::TrustClock { now } => self.trust_clock(now),
            Order::Enrol { slot, pack, since } => self.enrol(slot, pack, since),
            Order::CarryOn { slot, pack, since, out } => self.carry_on(slot, pack, since, out),
            _ => {
                if let Some(slot) = order.slot()
                    && let Some(entry) = self.entry(slot).filter(|entry| entry.is_somebody())
                {
                    self.apply_to(slot, entry, order);
                }
            }
        }
    }

    fn enrol(&mut self, slot: Slot, pack: u8, since: Second) {
        if let Some(entry) = self.entry(slot).filter(|entry| !entry.is_somebody()) {
            self.watched += 1;
            let since = if since == 0 { self.time.now } else { since.min(self.time.now) };
            self.file(slot, Entry::enrolled(pack, since, entry.linked()));
        }
    }

    /// As enrolled at that second; absences are told anew. The later second is the true one: each moves on only with a sign that was acknowledged.
    fn carry_on(&mut self, slot: Slot, pack: u8, since: Second, out: bool) {
        self.enrol(slot, pack, since);
        let Some(mut entry) = self.entry(slot) else { return };
        let since = if since == 0 { self.time.now } else { since.min(self.time.now) };
        let (known, away) = (entry.since, entry.away());
        entry.set_pack(pack);
        entry.set_away(false);
        entry.set_in_hospital(false);
        entry.set_unheard(false);
        if since > known || away || known > self.time.now {
            entry.since = since;
            self.relieve(slot, &mut entry, known, Relief::Sign(since));
        }
        // An open one is raised again, under the identity that it has: nobody knows here what became of it.
        entry.set_alarmed(false);
        if entry.since == since {
            entry.set_out(out);
        }
        self.file(slot, entry);
    }

    fn apply_to(&mut self, slot: Slot, mut entry: Entry, order: Order) {
        let (now, since) = (self.time.now, entry.since);
        match order {
            Order::Withdraw { .. } => return self.withdraw(slot, entry),
            Order::Learn { .. } if !entry.learns() => {
                entry.set_learns(true);
                self.routines.insert(slot, Routine::new(now, self.config.zone));
            }
            Order::ForgetRoutine { .. } if entry.learns() => {
                self.answer(slot, Relief::RoutineForgotten);
                entry.set_learns(false);
                self.routines.remove(&slot);
                self.owe_erasure(slot);
            }
            Order::Repack { pack, .. } => entry.set_pack(pack),
            Order::Away { until, .. } => {
                self.answer(slot, Relief::Away);
                self.relieve(slot, &mut entry, since, Relief::Away);
                entry.since = until.max(now);
                entry.set_away(until > now);
            }
            Order::Back { .. } if entry.away() => {
                entry.since = now;
                entry.set_away(false);
            }
            Order::Hospital { on, .. } if on != entry.in_hospital() => {
                entry.set_in_hospital(on);
                if on {
                    self.answer(slot, Relief::InHospital);
                    self.relieve(slot, &mut entry, since, Relief::InHospital);
                } else {
                    entry.since = since.max(now);
                }
            }
            Order::Unheard { on, .. } if on != entry.unheard() => {
                entry.set_unheard(on);
                if !on && !entry.alarmed() {
                    entry.since = since.max(now);
                }
            }
            // Meanwhile a sign may have come; then nothing is raised.
            Order::Raise { since: meant, silence, deadline, .. } if meant == since && !entry.alarmed() && !entry.paused() => {
                entry.set_alarmed(true);
                self.emit(Task::Alarm { id: AlarmId { slot, since, question: false }, silence, deadline });
            }
            Order::Ask { since: day, due, .. } => {
                if let Some(routine) = self.routines.get_mut(&slot)
                    && routine.asked == 0
                    && !routine.seen_on(self.config.zone.day(day))
                    && !entry.paused()
                {
                    routine.asked = day;
                    self.emit(Task::SoftQuestion { id: AlarmId { slot, since: day, question: true }, due });
                }
            }
            _ => {}
        }
        self.file(slot, entry);
    }

    /// Nothing stays: not the entry, not the routine, not what was to be told about it.
    fn withdraw(&mut self, slot: Slot, entry: Entry) {
        self.put(slot, entry.erased());
        self.routines.remove(&slot);
        if self.emitting {
            self.outbox.retain(|effect| effect.task.id().slot != slot);
        }
        self.watched = self.watched.saturating_sub(1);
        self.owe_erasure(slot);
    }

    /// In recovery too: a record that says it is still in the log, so the erasure is still owed.
    pub(crate) fn owe_erasure(&mut self, slot: Slot) {
        self.owed.insert(slot, self.time.now);
    }
}
