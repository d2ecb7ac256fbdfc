//! Who is due, and when to look at somebody next.

use super::Engine;
use crate::command::Order;
use crate::entry::Entry;
use crate::sign::{Second, Slot, place};

/// What is done when the time comes.
#[derive(Clone, Copy)]
enum Next {
    Alarm,
    /// The softer question of the day that began then.
    Question(Second),
    /// Another day: the routine says something else.
    LookAgain,
}

impl Engine {
    /// The next lot of those who are due, as orders to be written down and applied, and whether there may be more.
    pub(crate) fn due(&mut self) -> (Vec<Order>, bool) {
        let mut orders = Vec::new();
        for _ in 0..self.config.looks_per_step {
            let Some(slot) = self.wheel.take(&mut self.persons, self.time.now) else {
                return (one_each(orders), false);
            };
            orders.extend(self.look_at(slot));
        }
        (one_each(orders), true)
    }

    fn look_at(&mut self, slot: Slot) -> Option<Order> {
        let mut entry = self.entry(slot).filter(|entry| entry.is_somebody())?;
        let (at, next) = self.next_look(slot, entry)?;
        let held = self.is_held();
        let order = match next {
            Next::Alarm if at <= self.time.now && !held => {
                let pack = self.packs.get(entry.pack())?;
                let (silence, deadline) = pack.deadline(entry.since, entry.out(), self.config.zone);
                Some(Order::Raise { slot, since: entry.since, silence, deadline })
            }
            Next::Question(since) if at <= self.time.now && !held => Some(Order::Ask { slot, since, due: at }),
            Next::Alarm | Next::Question(_) | Next::LookAgain => None,
        };
        if order.is_none() {
            let at = if held { at.max(self.time.held_until) } else { at };
            self.wheel.file(slot, &mut entry, at);
            self.put(slot, entry);
        }
        order
    }

    /// Orders that could not be written down are due again at once.
    pub(crate) fn still_due(&mut self, orders: &[Order]) {
        for slot in orders.iter().filter_map(|order| order.slot()) {
            if let Some(entry) = self.entry(slot) {
                self.file(slot, entry);
            }
        }
    }

    /// When an alarm is due, if one can be.
    pub(super) fn alarm_due(&self, entry: Entry) -> Option<Second> {
        if entry.alarmed() || entry.paused() {
            return None;
        }
        Some(self.packs.get(entry.pack())?.deadline(entry.since, entry.out(), self.config.zone).1)
    }

    fn next_look(&self, slot: Slot, entry: Entry) -> Option<(Second, Next)> {
        let alarm = self.alarm_due(entry)?;
        if !entry.learns() || alarm <= self.time.now {
            return Some((alarm, Next::Alarm));
        }
        let (soft, next) = self.question_due(slot, entry).unwrap_or_else(|| {
            let tomorrow = self.config.zone.begin(self.config.zone.day(self.time.now) + 1);
            (tomorrow, Next::LookAgain)
        });
        Some(if alarm <= soft { (alarm, Next::Alarm) } else { (soft, next) })
    }

    /// When today's softer question is due: not when there was a sign today, a question is open already, the person is away, or
    /// what is usual is unsure.
    fn question_due(&self, slot: Slot, entry: Entry) -> Option<(Second, Next)> {
        let pack = self.packs.get(entry.pack())?;
        let routine = self.routines.get(&slot)?;
        let zone = self.config.zone;
        let today = zone.day(self.time.now);
        let begin = zone.begin(today);
        if entry.since >= begin || routine.seen_on(today) || routine.asked != 0 {
            return None;
        }
        match routine.usual(today, &pack.soft?) {
            crate::Usual::Hours { ask_after, .. } => {
                let due = pack.awake(begin + ask_after, zone);
                (zone.day(due) == today).then_some((due, Next::Question(begin)))
            }
            _ => None,
        }
    }

    /// Sees to it that somebody is looked at when it is time.
    pub(super) fn file(&mut self, slot: Slot, mut entry: Entry) {
        if self.live
            && let Some((at, _)) = self.next_look(slot, entry)
        {
            self.wheel.file(slot, &mut entry, at);
        }
        self.put(slot, entry);
    }

    /// After the time went back the buckets mean nothing any more.
    pub(super) fn refile_everybody(&mut self) {
        self.wheel.begin(self.time.now);
        for slot in 0..self.config.slots {
            let Some(word) = self.persons.get_mut(place(slot)).filter(|word| **word != 0) else { continue };
            let mut entry = Entry::of_word(*word);
            entry.unlink();
            *word = entry.word();
            if entry.is_somebody() {
                self.file(slot, entry);
            }
        }
    }
}

/// Somebody may hang in the wheel twice.
fn one_each(mut orders: Vec<Order>) -> Vec<Order> {
    orders.sort_by_key(|order| order.slot());
    orders.dedup_by_key(|order| order.slot());
    orders
}
