//! Counting minutes of sun.

use crate::{Sight, SunError};

/// On which points of a window the sun must lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// On the middle of the sill.
    Middle,
    /// On the whole sill (满窗日照), tried at both ends and between them at most so many metres apart.
    WholeSill {
        /// Metres; the standard has 0.3 to 0.6.
        spacing_m: f64,
    },
}

/// How minutes of sun are counted. The values are those of a region's rule; none is built in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counting {
    /// From which second of the day, true solar time: 28,800 for 8:00.
    pub open_s: u32,
    /// Until which second: 57,600 for 16:00.
    pub close_s: u32,
    /// How far apart the sun is tried, seconds: 1 to 60 (the standard: at most one minute).
    pub step_s: u32,
    /// Spells shorter than this are left out, seconds: 300 on Great Cold, 1,800 on the winter solstice in Beijing.
    pub shortest_spell_s: u32,
    /// Sun that comes at a smaller angle to the wall, seen from above, is left out, degrees: 12 in Beijing.
    pub grazing_deg: f64,
    /// Where on the window the sun must lie.
    pub sampling: Sampling,
}

/// A time without interruption, true solar time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// Its first second of the day.
    pub from_s: u32,
    /// The second after its last.
    pub until_s: u32,
}

/// The sun on a window on one day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sunlight {
    /// The spells that count, in their order.
    pub spells: Vec<Spell>,
    /// Sun in spells that are too short to count, seconds.
    pub left_out_s: u32,
}

impl Sunlight {
    /// The sun that counts, seconds.
    #[must_use]
    pub fn counted_s(&self) -> u32 {
        self.spells.iter().map(|spell| spell.until_s.saturating_sub(spell.from_s)).sum()
    }

    /// The sun that counts, whole minutes; a half is rounded up.
    #[must_use]
    pub fn counted_min(&self) -> u32 {
        self.counted_s().saturating_add(30) / 60
    }
}

/// The sun in the middle of each step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) from_s: u32,
    pub(crate) until_s: u32,
    pub(crate) azimuth_deg: f64,
    pub(crate) direction: (f64, f64),
    /// Tangent of the altitude.
    pub(crate) slope: f64,
}

impl Counting {
    fn check(&self) -> Result<(), SunError> {
        let spaced = match self.sampling {
            Sampling::Middle => true,
            Sampling::WholeSill { spacing_m } => (0.05..=10.0).contains(&spacing_m),
        };
        let hours = self.open_s < self.close_s && self.close_s <= 86_400 && (1..=60).contains(&self.step_s);
        if hours && spaced && (0.0..90.0).contains(&self.grazing_deg) { Ok(()) } else { Err(SunError::Counting) }
    }

    /// The steps of a day while the sun is up.
    pub(crate) fn steps(&self, latitude_deg: f64, declination_deg: f64) -> Result<Vec<Step>, SunError> {
        self.check()?;
        let mut steps = Vec::new();
        let mut from_s = self.open_s;
        while from_s < self.close_s {
            let until_s = from_s.saturating_add(self.step_s).min(self.close_s);
            let sight = Sight::on_day(latitude_deg, declination_deg, f64::midpoint(from_s.into(), until_s.into()))?;
            if sight.altitude_deg > 0.0 {
                let (direction, slope) = (crate::block::direction(sight.azimuth_deg), sight.altitude_deg.to_radians().tan());
                steps.push(Step { from_s, until_s, azimuth_deg: sight.azimuth_deg, direction, slope });
            }
            from_s = until_s;
        }
        Ok(steps)
    }

    /// Puts lit steps together into spells.
    pub(crate) fn sunlight<'a>(&self, lit: impl Iterator<Item = &'a Step>) -> Sunlight {
        let mut spells: Vec<Spell> = Vec::new();
        for step in lit {
            match spells.last_mut() {
                Some(last) if last.until_s == step.from_s => last.until_s = step.until_s,
                _ => spells.push(Spell { from_s: step.from_s, until_s: step.until_s }),
            }
        }
        let length = |spell: &Spell| spell.until_s.saturating_sub(spell.from_s);
        let (spells, short): (Vec<Spell>, Vec<Spell>) =
            spells.into_iter().partition(|spell| length(spell) >= self.shortest_spell_s);
        Sunlight { spells, left_out_s: short.iter().map(length).sum() }
    }
}
