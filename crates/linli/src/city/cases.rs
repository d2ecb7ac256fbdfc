//! Those who fall so ill that they need an intensive bed (重症患者). Each has a stream of chance of its own: with the plan and without it the same
//! people fall ill at the same hour and can wait equally long.

use jiff::civil::Date;
use linli_kernel::Ts;
use uuid::Uuid;

use super::plan::{City, Kind};
use super::stage::at;
use super::wave::{Wave, drawn, real, whole};
use crate::demo::Dice;

/// Of a hundred so many are first seen at a centre, at a hospital without an intensive-care unit, at one with it. Our own.
const SEEN_AT: [usize; 3] = [35, 35, 30];
/// Of a hundred so many are critical. Our own.
const CRITICAL: usize = 30;
/// Hours that a critical, and a severe patient can wait for a bed on average; the time is exponential. Our own: no figure was published.
const CAN_WAIT: [f64; 2] = [90.0, 500.0];
/// Days in an intensive bed, least and most; evenly spread, twice drawn.
const DAYS_IN: (i64, i64) = (3, 15);
/// Of a hundred in a bed so many die there: critical, severe. Our own.
const DIE: [usize; 2] = [22, 8];

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// At the house that saw them, asking or about to.
    Waits,
    /// Taken in somewhere, not yet gone.
    Taken(usize),
    /// On the way.
    Way(usize),
    /// There, without a bed.
    Boards(usize),
    /// In a bed.
    Lies(usize),
    /// Home, dead, or elsewhere.
    Over,
}

/// Somebody who needs an intensive bed.
#[derive(Debug, Clone)]
pub struct Case {
    /// Which.
    pub n: usize,
    /// Where they were first seen.
    pub house: usize,
    /// When.
    pub at: Ts,
    /// Critical, or severe.
    pub critical: bool,
    /// What they need beyond oxygen.
    pub need: &'static str,
    /// When they die if they have no bed by then.
    pub dies: Ts,
    /// How long they need it.
    pub stay: i64,
    /// How it ends.
    pub outcome: &'static str,
    /// Where they are.
    pub stands: Stands,
    /// Whether a bed is held or taken.
    pub bed: bool,
    /// The open request.
    pub referral: Option<Uuid>,
    /// The attempt that was taken in.
    pub attempt: i64,
}

impl Case {
    /// The word of the forms.
    pub const fn severity(&self) -> &'static str {
        if self.critical { "critical" } else { "severe" }
    }
}

/// Everybody of a day, in order.
pub fn of_day(wave: &Wave, city: &City, seed: u64, day: Date, first: usize) -> anyhow::Result<Vec<Case>> {
    let many = drawn(wave.severe(day) * city.share, &Dice::new(seed, &format!("how many fall ill on {day}")));
    let open = city.open_on(day);
    let of = |which: usize| {
        let fits = move |n: &usize| {
            let house = city.houses.get(*n)?;
            let class = match house.kind {
                Kind::Centre => 0,
                Kind::Lead | Kind::Hospital if house.icu.1 > 0 => 2,
                Kind::Lead | Kind::Hospital => 1,
                Kind::Emergency => return None,
            };
            Some(class == which)
        };
        open.iter().filter(|(n, _)| fits(n) == Some(true)).map(|(n, weight)| (*n, *weight)).collect::<Vec<_>>()
    };
    let classes = [of(0), of(1), of(2)];
    let mut cases = Vec::new();
    for one in 0..many {
        let n = first + cases.len();
        let dice = Dice::new(seed, &format!("case {one} of {day}"));
        let class = classes.get(dice.weighted(&SEEN_AT)).filter(|houses| !houses.is_empty()).or_else(|| classes.get(2));
        let Some(houses) = class else { continue };
        let weights: Vec<usize> = houses.iter().map(|(_, weight)| usize::try_from(*weight).unwrap_or(0)).collect();
        let Some((house, _)) = houses.get(dice.weighted(&weights)) else { continue };
        // Between eight in the morning and eight in the evening two of three come.
        let hour = if dice.below(3) < 2 { dice.between(8, 19) } else { (dice.between(20, 31)) % 24 };
        let came = at(day, i8::try_from(hour)?, i8::try_from(dice.between(0, 59))?)?;
        let critical = dice.chance(CRITICAL);
        let [long, longer] = CAN_WAIT;
        let can_wait = -(1.0 - dice.unit()).ln() * if critical { long } else { longer } * 3_600.0;
        let half = |dice: &Dice| dice.between(DAYS_IN.0 * 43_200, DAYS_IN.1 * 43_200);
        let [of_critical, of_severe] = DIE;
        cases.push(Case {
            n,
            house: *house,
            at: came,
            critical,
            need: if critical {
                "ventilation"
            } else if dice.chance(50) {
                "high_flow"
            } else {
                ""
            },
            dies: came.plus_secs(whole(can_wait)),
            stay: half(&dice) + half(&dice),
            outcome: if dice.chance(if critical { of_critical } else { of_severe }) {
                "died"
            } else if dice.chance(55) {
                "stepped_down"
            } else {
                "home"
            },
            stands: Stands::Waits,
            bed: false,
            referral: None,
            attempt: 0,
        });
    }
    Ok(cases)
}

/// Minutes on the way between two houses: straight, a detour of two fifths, 24 km an hour, ten minutes to get in and out.
pub fn minutes(city: &City, from: usize, to: usize) -> i64 {
    let point = |n: usize| city.houses.get(n).map(|house| house.point).unwrap_or_default();
    let hundreds = real(super::plan::apart(point(from), point(to))).sqrt();
    10 + whole(hundreds / 10.0 * 1.4 / 24.0 * 60.0)
}
