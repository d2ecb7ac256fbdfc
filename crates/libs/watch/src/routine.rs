//! A learned routine (作息规律): for each of 28 days which hours had a sign, and nothing finer. Held only for those who agreed to it.

use crate::local::{DAY, Zone};
use crate::pack::Soft;
use crate::sign::{Second, place};

/// Days that are held, today among them.
pub const ROUTINE_DAYS: u32 = 28;

/// Bytes of a routine in a file, beside its slot.
pub(crate) const ROUTINE_BYTES: usize = 96;

/// What is known of somebody's usual first sign of the day.
///
/// A day begins at 04:00 local time. For each of the 27 days before today that had a sign, the first hour with one is taken, as whole
/// hours since 04:00. Of these sorted hours `usual` is the median and `late` the 90th percentile, both by nearest rank (the value
/// of number ⌈n/2⌉ and ⌈9n/10⌉). The question is due at the end of the late hour and [`Soft::margin_minutes`] more.
///
/// It is unsure, and nothing is asked, when fewer days than [`Soft::min_days`] had a sign; when `late` is more than
/// [`Soft::max_spread_hours`] after `usual`; and when the question would fall into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// Sure enough to ask.
    Hours {
        /// The median first hour since 04:00.
        usual: u32,
        /// The 90th percentile.
        late: u32,
        /// Seconds after 04:00 at which the question is due.
        ask_after: u32,
    },
    /// Not enough days, with how many there are.
    TooFewDays(usize),
    /// The days differ too much, with the hours between usual and late.
    TooUneven(u32),
    /// The usual first sign is so late that the day would be over.
    TooLate,
}

/// One mask of 24 hours per day, by number of the day modulo 28.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Routine {
    /// The latest day that is held.
    day: u32,
    /// When the day began on which the softer question was asked that nobody answered yet; 0 for none.
    pub(crate) asked: Second,
    /// When the person agreed; nothing from before is learned.
    from: Second,
    masks: [[u8; 3]; 28],
}

impl Routine {
    pub(crate) fn new(from: Second, zone: Zone) -> Self {
        Self { day: zone.day(from), asked: 0, from, masks: [[0; 3]; 28] }
    }

    fn mask(&self, day: u32) -> u32 {
        let [a, b, c] = self.masks.get(place(day % ROUTINE_DAYS)).copied().unwrap_or_default();
        u32::from_le_bytes([a, b, c, 0])
    }

    fn holds(&self, day: u32) -> bool {
        day <= self.day && self.day - day < ROUTINE_DAYS
    }

    /// Whether a sign in this hour of this day would change anything.
    pub(crate) fn is_news(&self, at: Second, zone: Zone) -> bool {
        let day = zone.day(at);
        at >= self.from && (day > self.day || self.holds(day) && self.mask(day) >> zone.hour(at) & 1 == 0)
    }

    /// Notes a sign. Days that were passed over are days without one.
    pub(crate) fn note(&mut self, at: Second, zone: Zone) {
        if at < self.from {
            return;
        }
        let day = zone.day(at);
        if day > self.day {
            for passed in self.day.max(day.saturating_sub(ROUTINE_DAYS))..day {
                if let Some(mask) = self.masks.get_mut(place((passed + 1) % ROUTINE_DAYS)) {
                    *mask = [0; 3];
                }
            }
            self.day = day;
        }
        if self.holds(day)
            && let Some(mask) = self.masks.get_mut(place(day % ROUTINE_DAYS))
        {
            let hour = zone.hour(at);
            if let Some(byte) = mask.get_mut(place(hour / 8)) {
                *byte |= 1 << (hour % 8);
            }
        }
    }

    /// Whether this day had a sign.
    pub(crate) fn seen_on(&self, day: u32) -> bool {
        self.holds(day) && self.mask(day) != 0
    }

    /// What is usual, as seen on `today`.
    pub(crate) fn usual(&self, today: u32, soft: &Soft) -> Usual {
        let mut firsts: Vec<u32> = (today.saturating_sub(ROUTINE_DAYS - 1)..today)
            .filter(|day| self.seen_on(*day))
            .map(|day| self.mask(day).trailing_zeros())
            .collect();
        firsts.sort_unstable();
        let days = firsts.len();
        let ranked = |tenths: usize| firsts.get((days * tenths).div_ceil(10).max(1) - 1).copied();
        if days < usize::from(soft.min_days) {
            return Usual::TooFewDays(days);
        }
        let (Some(usual), Some(late)) = (ranked(5), ranked(9)) else { return Usual::TooFewDays(days) };
        let ask_after = (late + 1) * 3_600 + u32::from(soft.margin_minutes) * 60;
        match late - usual {
            spread if spread > u32::from(soft.max_spread_hours) => Usual::TooUneven(spread),
            _ if ask_after >= DAY => Usual::TooLate,
            _ => Usual::Hours { usual, late, ask_after },
        }
    }

    pub(crate) fn to_bytes(&self) -> [u8; ROUTINE_BYTES] {
        let mut bytes = [0; ROUTINE_BYTES];
        let numbers = [self.day, self.asked, self.from].into_iter().flat_map(u32::to_le_bytes);
        for (byte, value) in bytes.iter_mut().zip(numbers.chain(self.masks.iter().flatten().copied())) {
            *byte = value;
        }
        bytes
    }

    pub(crate) fn of_bytes(bytes: &[u8; ROUTINE_BYTES]) -> Self {
        let (numbers, rest) = bytes.split_at(12);
        let [day, asked, from] = numbers.as_chunks::<4>().0 else { return Self::new(0, Zone { ahead: 0 }) };
        let mut masks = [[0; 3]; 28];
        for (mask, stored) in masks.iter_mut().zip(rest.as_chunks::<3>().0) {
            *mask = *stored;
        }
        let [day, asked, from] = [day, asked, from].map(|bytes| u32::from_le_bytes(*bytes));
        Self { day, asked, from, masks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: Zone = Zone::BEIJING;
    const SOFT: Soft = Soft { min_days: 14, max_spread_hours: 3, margin_minutes: 120 };

    /// Up at these hours since 04:00, one day after the other; the last is yesterday.
    fn up_at(hours: &[u32]) -> (Routine, u32) {
        let mut routine = Routine::new(ZONE.begin(20_000), ZONE);
        let mut day = 20_000;
        for hour in hours {
            let first = ZONE.begin(day) + hour * 3_600 + 60;
            routine.note(first + 2 * 3_600, ZONE);
            routine.note(first, ZONE);
            day += 1;
        }
        (routine, day)
    }

    #[test]
    fn the_usual_first_sign_is_the_median_and_the_late_one_the_ninth_decile() {
        let (routine, today) = up_at(&[2, 2, 2, 3, 2, 2, 3, 2, 2, 2, 2, 4, 2, 2, 2, 2, 2, 2, 2, 2]);
        assert_eq!(routine.usual(today, &SOFT), Usual::Hours { usual: 2, late: 3, ask_after: 4 * 3_600 + 7_200 });
    }

    #[test]
    fn it_is_unsure_with_few_days_uneven_days_and_days_that_begin_in_the_evening() {
        let (few, today) = up_at(&[2; 13]);
        assert_eq!(few.usual(today, &SOFT), Usual::TooFewDays(13));
        let (uneven, today) = up_at(&[2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 9, 9, 9]);
        assert_eq!(uneven.usual(today, &SOFT), Usual::TooUneven(7));
        let (late, today) = up_at(&[21; 20]);
        assert_eq!(late.usual(today, &SOFT), Usual::TooLate);
    }

    #[test]
    fn days_fall_out_after_four_weeks() {
        let (routine, today) = up_at(&[2; 40]);
        assert!(matches!(routine.usual(today, &SOFT), Usual::Hours { .. }));
        assert_eq!(routine.usual(today + 14, &SOFT), Usual::TooFewDays(13));
        let mut back = routine.clone();
        back.note(ZONE.begin(today + 30), ZONE);
        assert_eq!(back.usual(today + 31, &SOFT), Usual::TooFewDays(1), "the days passed over are empty");
        let before = back.clone();
        back.note(ZONE.begin(today), ZONE);
        assert_eq!(back, before, "too old to be held");
    }

    #[test]
    fn it_comes_back_from_its_bytes() {
        let (mut routine, _) = up_at(&[2, 5, 7, 0, 18]);
        routine.asked = 1_700_000_000;
        assert_eq!(Routine::of_bytes(&routine.to_bytes()), routine);
    }
}
