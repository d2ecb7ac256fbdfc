//! Buildings, entrances and homes of the entrusted estates.

use super::DemoError;
use super::dice::Dice;
use super::estates::{Estate, Kind, Management};

/// Households in entrusted management: the source says 60,000 (6 万户), printed with a tolerance.
pub const HOUSEHOLDS: std::ops::RangeInclusive<i64> = 60_000..=61_000;
/// Building area in entrusted management in 0.01 m²: the source says 4.7 million m².
pub const AREA: std::ops::RangeInclusive<i64> = 470_000_000..=476_000_000;

/// A building with its entrances.
#[derive(Debug, Clone)]
pub struct Building {
    /// `3栋`.
    pub name: String,
    /// From `1单元` on.
    pub entrances: Vec<Entrance>,
}

impl Building {
    /// Homes in the building.
    pub fn homes(&self) -> i64 {
        self.entrances.iter().map(|e| i64::try_from(e.homes.len()).unwrap_or(0)).sum()
    }
}

/// An entrance (单元) with its homes.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// `2单元`.
    pub name: String,
    /// From the ground floor up.
    pub homes: Vec<Home>,
    /// Floors.
    pub floors: i64,
}

/// A home (户).
#[derive(Debug, Clone, Copy)]
pub struct Home {
    /// Counted from 1.
    pub floor: i64,
    /// Counted from 1 on the floor.
    pub door: i64,
    /// Area in 0.01 m².
    pub area: i64,
}

impl Home {
    /// `501`: floor and door.
    pub fn room(self) -> String {
        format!("{}{:02}", self.floor, self.door)
    }
}

/// Builds the entrusted estates and writes their area and households into them. One list of buildings per estate, empty for
/// those that are managed by others.
///
/// # Errors
/// When the drawn houses miss the printed figures: then a constant here is wrong, not the seed.
pub fn build(estates: &mut [Estate], seed: u64) -> Result<Vec<Vec<Building>>, DemoError> {
    let dice = Dice::new(seed, "houses");
    let wanted: Vec<i64> = estates
        .iter()
        .map(|e| match (e.management, e.kind) {
            (Management::Entrusted, Kind::Closed) => dice.between(190, 900),
            (Management::Entrusted, Kind::Scattered) => dice.between(24, 190) + dice.between(0, 110),
            _ => 0,
        })
        .collect();
    let goal = (HOUSEHOLDS.start() + HOUSEHOLDS.end()) / 2;
    let total: i64 = wanted.iter().sum::<i64>().max(1);
    let mut built = 0;
    let mut drawn = 0;
    let mut all = Vec::with_capacity(estates.len());
    for (estate, wish) in estates.iter_mut().zip(wanted) {
        drawn += wish * goal;
        // Each estate makes good what those before it were over or under.
        let target = if wish == 0 { 0 } else { (drawn / total - built).max(8) };
        let buildings = buildings_for(target, &dice);
        let homes: i64 = buildings.iter().map(Building::homes).sum();
        built += homes;
        if wish > 0 {
            estate.households = homes;
        }
        all.push(buildings);
    }
    set_areas(estates, &all, &dice);
    let area: i64 = estates.iter().filter(|e| e.management == Management::Entrusted).map(|e| e.area).sum();
    if HOUSEHOLDS.contains(&built) && AREA.contains(&area) {
        Ok(all)
    } else {
        Err(DemoError::Figures { households: built, area })
    }
}

fn buildings_for(target: i64, dice: &Dice) -> Vec<Building> {
    let mut buildings = Vec::new();
    let mut left = target;
    while left >= 8 {
        let plan = Plan::draw(dice);
        let per_entrance = plan.floors * plan.doors;
        let wanted = dice.between(2, 5);
        // The last building takes as many entrances as are left to fill, at least one.
        let entrances = wanted.min((left + per_entrance / 2) / per_entrance).max(1);
        left -= entrances * per_entrance;
        let number = buildings.len() + 1;
        buildings
            .push(Building {
                name: format!("{number}栋"), entrances: (1..=entrances).map(|n| plan.entrance(n, dice)).collect()
            });
    }
    buildings
}

/// How the entrances of one building are laid out.
struct Plan {
    floors: i64,
    doors: i64,
    /// Area behind each door in 0.01 m², the same on every floor.
    areas: Vec<i64>,
}

impl Plan {
    fn draw(dice: &Dice) -> Self {
        let floors = [4, 5, 6, 7].get(dice.weighted(&[6, 18, 58, 18])).copied().unwrap_or(6);
        let doors = if dice.chance(68) { 2 } else { 3 };
        // Between 38 and 95 m², most of them around 60; three on a floor are smaller.
        let top = if doors == 3 { 2_100 } else { 2_850 };
        let areas = (0..doors).map(|_| 3_800 + dice.between(0, top) + dice.between(0, top)).collect();
        Self { floors, doors, areas }
    }

    fn entrance(&self, number: i64, dice: &Dice) -> Entrance {
        let homes = (1..=self.floors)
            .flat_map(|floor| self.areas.iter().zip(1..).map(move |(area, door)| Home { floor, door, area: *area }))
            .map(|home| Home { area: (home.area + dice.between(-1, 1) * 12).clamp(3_800, 9_500), ..home })
            .collect();
        Entrance { name: format!("{number}单元"), homes, floors: self.floors }
    }
}

/// The area of an estate is what it was built with: homes, stairs, bicycle sheds, shops on the ground floor. Drawn per estate,
/// then scaled to the printed total.
fn set_areas(estates: &mut [Estate], houses: &[Vec<Building>], dice: &Dice) {
    let raw: Vec<i64> = houses
        .iter()
        .map(|buildings| {
            let homes: i64 = buildings.iter().flat_map(|b| &b.entrances).flat_map(|e| &e.homes).map(|h| h.area).sum();
            homes * dice.between(1_080, 1_240) / 1_000
        })
        .collect();
    let total: i64 = raw.iter().sum::<i64>().max(1);
    let goal = (AREA.start() + AREA.end()) / 2;
    for (estate, raw) in estates.iter_mut().zip(raw).filter(|(e, _)| e.management == Management::Entrusted) {
        let scaled = i128::from(raw) * i128::from(goal) / i128::from(total);
        estate.area = i64::try_from(scaled).unwrap_or(raw);
    }
}
