//! Whether the clock is believed.

use super::Engine;
use crate::sign::Second;

/// The time of the engine. It never goes back by itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Time {
    pub(crate) now: Second,
    /// What the clock said last, believed or not.
    said: Second,
    /// The first saying of a clock that is in doubt.
    doubted: Option<Second>,
    /// No alarm before this.
    pub(crate) held_until: Second,
    /// The clock was heard since the process began.
    started: bool,
}

impl Time {
    pub(crate) fn recovered(now: Second) -> Self {
        Self { now, ..Self::default() }
    }

    /// The latest that a true time could be.
    #[inline]
    pub(crate) fn latest(&self) -> Second {
        self.now.max(self.said)
    }
}

/// What is thought of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// It goes.
    Steady,
    /// It leapt, or the machine was off; alarms are held until then.
    Settling(Second),
    /// It leapt so far that it is not believed yet; the watch's own time stands still.
    Doubted,
    /// It is behind the watch's time by so many seconds, which stands still meanwhile.
    Behind(Second),
}

impl Engine {
    /// What is thought of the clock.
    pub fn clock(&self) -> Clock {
        let time = &self.time;
        match time.doubted {
            Some(_) => Clock::Doubted,
            None if time.started && time.said < time.now => Clock::Behind(time.now - time.said),
            None if time.now < time.held_until => Clock::Settling(time.held_until),
            None => Clock::Steady,
        }
    }

    /// The time of the watch.
    pub fn now(&self) -> Second {
        self.time.now
    }

    pub(crate) fn tell_time(&mut self, clock: Second) {
        let first = !std::mem::replace(&mut self.time.started, true);
        if self.time.now == 0 {
            self.wheel.begin(clock);
            self.time = Time { now: clock, said: clock, ..self.time };
            return;
        }
        let steady = clock >= self.time.said;
        self.time.said = clock;
        let Some(leap) = clock.checked_sub(self.time.now) else {
            self.time.doubted = None;
            return;
        };
        // A machine that was off for a weekend is right about the time; one that is running has no reason to leap so far.
        if leap > self.config.doubt && !first {
            let from = if steady { self.time.doubted.unwrap_or(clock) } else { clock };
            // It must go on steadily: another leap begins another doubt.
            let from = if clock - from > self.config.settle.saturating_add(self.config.leap) { clock } else { from };
            if clock - from < self.config.settle {
                self.time.doubted = Some(from);
                return;
            }
        }
        self.time.doubted = None;
        if leap > self.config.leap {
            self.time.held_until = clock.saturating_add(self.config.settle);
        }
        self.time.now = clock;
    }

    /// Somebody vouches for the clock, even if it is behind.
    pub(crate) fn trust_clock(&mut self, now: Second) {
        self.time = Time { now, said: now, doubted: None, held_until: now.saturating_add(self.config.settle), started: true };
        if self.live {
            self.refile_everybody();
        }
    }

    /// Whether alarms are held.
    pub(crate) fn is_held(&self) -> bool {
        self.time.now < self.time.held_until
    }

    /// A record was made at this time.
    pub(crate) fn set_now(&mut self, now: Second) {
        self.time.now = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, RulePack};

    const NOON: Second = 1_700_000_000;

    fn engine() -> Engine {
        let mut engine = Engine::new(Config::for_slots(10), &[RulePack::no_sign_of_life(1, 24)]).unwrap();
        engine.tell_time(NOON);
        engine
    }

    #[test]
    fn a_clock_that_goes_back_stops_the_time_until_it_has_caught_up() {
        let mut engine = engine();
        engine.tell_time(NOON - 3_600);
        assert_eq!((engine.now(), engine.clock()), (NOON, Clock::Behind(3_600)));
        engine.tell_time(NOON + 1);
        assert_eq!((engine.now(), engine.clock()), (NOON + 1, Clock::Steady));
    }

    #[test]
    fn a_leap_holds_alarms_and_a_wild_one_is_not_believed_until_it_is_steady() {
        let mut engine = engine();
        engine.tell_time(NOON + 3_600);
        assert_eq!((engine.now(), engine.clock()), (NOON + 3_600, Clock::Settling(NOON + 4_200)));
        let wild = NOON + 400 * 86_400;
        for second in [0, 100, 599] {
            engine.tell_time(wild + second);
            assert_eq!((engine.now(), engine.clock()), (NOON + 3_600, Clock::Doubted));
        }
        engine.tell_time(wild + 600);
        assert_eq!((engine.now(), engine.clock()), (wild + 600, Clock::Settling(wild + 1_200)));
    }

    #[test]
    fn a_wild_clock_that_comes_back_leaves_nothing_behind() {
        let mut engine = engine();
        engine.tell_time(NOON + 400 * 86_400);
        engine.tell_time(NOON + 20);
        assert_eq!((engine.now(), engine.clock()), (NOON + 20, Clock::Steady));
    }
}
