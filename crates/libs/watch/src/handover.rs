//! People go from one engine to another (接管): because a process died, or because there are more of them now.

use std::collections::HashMap;

use crate::command::{AgreedToWatch, Order};
use crate::effect::Effect;
use crate::engine::{Engine, Judged};
use crate::error::Error;
use crate::files::Files;
use crate::sign::{Second, Sign, SignKind, Slot, place};
use crate::watch::Watch;

/// People under one wait for the disk.
const TOGETHER: usize = 256;
/// Before every sign.
const NEVER: Second = 1;

impl<F: Files> Watch<F> {
    /// Goes on with people whom another engine watched: each with his consent and rule pack, from `marks` ([`Engine::mark`]) and the signs that came
    /// after those, in their order. Who has no mark is counted from the first of his signs or from now. Where this watch knows somebody from a later
    /// second, that stays. Nothing is raised on the way: an alarm that a sign in `since` has ended already never is one. Absences must be told anew.
    ///
    /// # Errors
    /// As [`Watch::command`]. What was done until then is done; the same call again does the rest.
    pub fn carry_on(
        &mut self,
        now: Second,
        people: &[(impl AgreedToWatch, u8)],
        marks: &[Sign],
        since: &[Sign],
    ) -> Result<Vec<Effect>, Error> {
        self.engine.tell_time(now);
        let mut effects = Vec::new();
        let reached = self.engine.reached(people, marks, since);
        for part in reached.chunks(TOGETHER) {
            effects.extend(self.orders(now, part)?);
        }
        Ok(effects)
    }
}

impl Engine {
    /// How these people stand after marks and signs, as orders. They are lived through in an engine of their own, so that the rules are the same
    /// to the letter.
    fn reached(&self, people: &[(impl AgreedToWatch, u8)], marks: &[Sign], since: &[Sign]) -> Vec<Order> {
        let seats: HashMap<Slot, Slot> = people.iter().zip(0..).map(|((consent, _), seat)| (consent.slot(), seat)).collect();
        // Of whom there is no mark every sign is news.
        let mut begun = vec![NEVER; people.len()];
        let mut out = vec![false; people.len()];
        for mark in marks {
            let seat = seats.get(&mark.slot).map(|seat| place(*seat));
            if let Some((begun, out)) = seat.and_then(|seat| begun.get_mut(seat).zip(out.get_mut(seat))) {
                (*begun, *out) = (mark.at, mark.kind == SignKind::Out);
            }
        }
        let mut lived = self.empty(u32::try_from(people.len()).unwrap_or(u32::MAX));
        for (((_, pack), since), (seat, out)) in people.iter().zip(begun).zip((0..).zip(out)) {
            lived.apply(Order::CarryOn { slot: seat, pack: *pack, since, out });
        }
        let mut judged = Judged::default();
        for sign in since {
            let seated = seats.get(&sign.slot).map(|seat| Sign { slot: *seat, ..*sign });
            if let Some(sign) = seated.and_then(|sign| lived.judge(sign, &mut judged)) {
                lived.apply_sign(sign);
            }
        }
        let order = |((consent, pack), seat): (&(_, u8), Slot)| {
            let mark = lived.mark(seat)?;
            // And who gave none is counted from now.
            let since = if mark.at == NEVER { 0 } else { mark.at };
            Some(Order::CarryOn { slot: AgreedToWatch::slot(consent), pack: *pack, since, out: mark.kind == SignKind::Out })
        };
        people.iter().zip(0..).filter_map(order).collect()
    }
}
