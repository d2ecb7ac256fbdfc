//! Days counted in advance: how many working days lie before a day, and which day is the n-th, each in a few instructions.

/// Flags of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Work is done on this day.
    pub works: bool,
    /// It would be worked by the official plan alone, without what was added here.
    pub works_by_law: bool,
    /// No notice speaks of it; it follows the plain week until one does.
    pub vague: bool,
}

impl Flags {
    /// What the plain week says.
    pub const fn plain(day: i64) -> Self {
        let works = is_weekday(day);
        Self { works, works_by_law: works, vague: true }
    }
}

/// Days of a stretch of years; outside of it the plain week goes on for ever.
#[derive(Debug, Clone, Default)]
pub struct Table {
    first: i64,
    flags: Vec<Flags>,
    /// Working days of the stretch before each of its days, and one more for all of them.
    worked: Vec<i64>,
    /// Vague days of the stretch before each of its days, and one more for all of them.
    vague: Vec<i64>,
    /// The working days of the stretch, in order.
    working: Vec<i64>,
}

/// 1970-01-05, a Monday.
const MONDAY: i64 = 4;

/// Whether the plain week has work on this day.
pub const fn is_weekday(day: i64) -> bool {
    (day - MONDAY).rem_euclid(7) < 5
}

/// Working days of the plain week from that Monday up to this day, this day not counted; negative before.
const fn week_before(day: i64) -> i64 {
    let (weeks, rest) = ((day - MONDAY).div_euclid(7), (day - MONDAY).rem_euclid(7));
    weeks * 5 + if rest < 5 { rest } else { 5 }
}

/// The working day of the plain week with so many before it.
const fn week_nth(n: i64) -> i64 {
    MONDAY + n.div_euclid(5) * 7 + n.rem_euclid(5)
}

impl Table {
    /// From the flags of consecutive days.
    pub fn new(first: i64, flags: Vec<Flags>) -> Self {
        let mut table = Self { first, worked: vec![0], vague: vec![0], ..Self::default() };
        let (mut worked, mut vague) = (0, 0);
        for (day, flag) in (first..).zip(&flags) {
            if flag.works {
                table.working.push(day);
                worked += 1;
            }
            vague += i64::from(flag.vague);
            table.worked.push(worked);
            table.vague.push(vague);
        }
        table.flags = flags;
        table
    }

    /// The flags of a day.
    pub fn flags(&self, day: i64) -> Flags {
        let at = usize::try_from(day - self.first).ok();
        at.and_then(|i| self.flags.get(i)).copied().unwrap_or(Flags::plain(day))
    }

    /// Working days before this day, counted from a fixed day; only differences mean anything.
    pub fn working_days_before(&self, day: i64) -> i64 {
        let Ok(at) = usize::try_from(day - self.first) else { return week_before(day) };
        match self.worked.get(at) {
            Some(worked) => week_before(self.first) + worked,
            None => week_before(day) + self.shift(),
        }
    }

    /// The working day with so many before it.
    pub fn nth_working_day(&self, n: i64) -> i64 {
        let Ok(at) = usize::try_from(n - week_before(self.first)) else { return week_nth(n) };
        match self.working.get(at) {
            Some(day) => *day,
            None => week_nth(n - self.shift()),
        }
    }

    /// Whether any day from `from` to `to`, both included, follows the plain week for want of a notice.
    pub fn any_vague(&self, from: i64, to: i64) -> bool {
        let bounds = (usize::try_from(from - self.first), usize::try_from(to - self.first + 1));
        let (Ok(from), Ok(to)) = bounds else { return true };
        match (self.vague.get(from), self.vague.get(to)) {
            (Some(before), Some(after)) => after > before,
            _ => true,
        }
    }

    /// How many more working days the stretch has than the plain week would have.
    fn shift(&self) -> i64 {
        let end = self.first + i64::try_from(self.flags.len()).unwrap_or(0);
        week_before(self.first) + self.worked.last().copied().unwrap_or(0) - week_before(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_epoch_was_a_thursday() {
        assert_eq!((0..7).filter(|day| !is_weekday(*day)).collect::<Vec<_>>(), [2, 3]);
    }

    proptest! {
        /// Counting and finding agree with walking, inside, outside and across the stretch.
        #[test]
        fn counting_is_walking(first in -50_i64..50, works in prop::collection::vec(any::<bool>(), 0..60), from in -150_i64..150, len in 0_i64..200) {
            let flags = works.iter().map(|w| Flags { works: *w, ..Flags::default() }).collect();
            let table = Table::new(first, flags);
            let walked: Vec<i64> = (from..from + len).filter(|day| table.flags(*day).works).collect();
            let before = table.working_days_before(from);
            prop_assert_eq!(table.working_days_before(from + len) - before, i64::try_from(walked.len()).unwrap());
            for (n, day) in (before..).zip(&walked) {
                prop_assert_eq!(table.nth_working_day(n), *day);
            }
        }

        /// `any_vague` is the walk over the flags.
        #[test]
        fn vagueness_is_walking(first in -20_i64..20, vague in prop::collection::vec(any::<bool>(), 0..40), from in -60_i64..60, len in 0_i64..80) {
            let flags = vague.iter().map(|v| Flags { vague: *v, ..Flags::default() }).collect();
            let table = Table::new(first, flags);
            prop_assert_eq!(table.any_vague(from, from + len), (from..=from + len).any(|day| table.flags(day).vague));
        }
    }
}
