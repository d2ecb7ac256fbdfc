//! The weather of the script: bursts of rain, from which leaks come, and a few days of wind.

use super::super::dice::Dice;

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// It rains.
    pub rain: bool,
    /// It blows.
    pub wind: bool,
}

impl Day {
    /// How many reports the day brings, against 10 on an ordinary one.
    pub const fn busy(self) -> usize {
        match (self.rain, self.wind) {
            (true, true) => 22,
            (true, false) => 18,
            (false, true) => 13,
            (false, false) => 10,
        }
    }
}

/// Draws the days: five bursts of rain of one to three days each, the second with wind, and two windy days besides.
pub fn draw(days: usize, dice: &Dice) -> Vec<Day> {
    let mut drawn = vec![Day::default(); days];
    for burst in 0..5_usize {
        // One burst in every fifth of the time, so that they do not all fall together.
        let first = burst * days / 5 + dice.below((days / 5).saturating_sub(3).max(1));
        for day in drawn.iter_mut().skip(first).take(1 + dice.below(3)) {
            *day = Day { rain: true, wind: burst == 1 };
        }
    }
    for _ in 0..2 {
        if let Some(day) = drawn.get_mut(dice.below(days)) {
            day.wind = true;
        }
    }
    drawn
}
