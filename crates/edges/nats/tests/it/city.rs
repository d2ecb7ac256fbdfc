//! A simulated city: who gives which sign when, and which alarms must come of it.

use std::collections::{BTreeMap, BTreeSet};

use linli_watch::{AgreedToWatch, RulePack, Second, Sign, SignKind, Slot};

pub const PEOPLE: Slot = 10_000;
/// 2023-11-15, 12:00 in Beijing.
pub const NOON: Second = 1_700_020_800;
pub const HOUR: Second = 3_600;
/// Seconds of one step.
pub const STEP: Second = 300;
pub const STEPS: u32 = 28 * HOUR / STEP;

pub struct Agreed(pub Slot);

impl AgreedToWatch for Agreed {
    fn slot(&self) -> Slot {
        self.0
    }
}

pub fn packs() -> Vec<RulePack> {
    vec![RulePack::no_sign_of_life(1, 24)]
}

/// Chance that can be had again from its seed.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(most)).unwrap()
    }
}

#[derive(Default)]
pub struct City {
    /// Signs by the step in which they are handed in.
    pub signs: BTreeMap<u32, Vec<Sign>>,
    /// Who falls silent for good, from when: the alarms that there must be.
    pub for_good: BTreeSet<(Slot, Second)>,
    /// Who is silent for 25 hours: alarms that there may be. An hour of the city goes by in a fraction of a second, and who came back before the
    /// next owner of her part has begun is no alarm any more.
    pub for_a_day: BTreeSet<(Slot, Second)>,
}

impl City {
    /// Of a hundred people one falls silent for good, one for 25 hours, and one for 20, which is no alarm. The others give a sign every one to
    /// ten hours.
    pub fn new(chance: &mut Chance) -> Self {
        let mut city = Self::default();
        for slot in 0..PEOPLE {
            let mut at = NOON + 60 + chance.below(HOUR);
            let stops = NOON + chance.below(2 * HOUR);
            let silent = match slot % 100 {
                17 => Some(100 * HOUR),
                42 => Some(25 * HOUR),
                73 => Some(20 * HOUR),
                _ => None,
            };
            let mut fell_silent = false;
            while at <= NOON + STEPS * STEP {
                city.sign(slot, at);
                at += match silent {
                    Some(hours) if !fell_silent && at >= stops => {
                        fell_silent = true;
                        match hours / HOUR {
                            100 => drop(city.for_good.insert((slot, at))),
                            25 => drop(city.for_a_day.insert((slot, at))),
                            _ => {}
                        }
                        hours
                    }
                    _ => HOUR + chance.below(9 * HOUR),
                };
                // Whoever is to fall silent does so in the first hours, so that the alarm is due before the end.
                if silent.is_some() && !fell_silent {
                    at = at.min(stops.max(NOON + HOUR));
                }
            }
        }
        city
    }

    fn sign(&mut self, slot: Slot, at: Second) {
        let kind = SignKind::ALL[usize::try_from(slot % 6).unwrap()];
        self.signs.entry((at - NOON).div_ceil(STEP)).or_default().push(Sign { slot, at, kind });
    }
}
