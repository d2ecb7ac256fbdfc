//! Where reports come from and who answers there.

use std::collections::HashMap;

use super::super::Demo;
use super::super::dice::Dice;
use super::super::property::is_divided;
use super::super::staff::role;

/// Of a hundred reports, how many come from estates in entrusted management: there the boards hang.
const IN_CARE: usize = 88;

/// Somebody acting under a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Index of the person.
    pub person: usize,
    /// Word of the role.
    pub role: &'static str,
}

/// One place with those who answer for it.
#[derive(Debug)]
pub struct Scene {
    /// Key of the place.
    pub place: String,
    /// Floors of the entrance, for an estate those usual in it.
    pub floors: i64,
    /// 生活管家; in estates outside management the grid worker.
    pub steward: Actor,
    /// 物业经理; outside the community worker.
    pub manager: Actor,
    /// 网格员.
    pub grid: Actor,
    /// 物业值班; outside the community worker.
    pub desk: Actor,
    /// Another of the desk, who calls back.
    pub caller: Actor,
}

/// All places, by how often something is reported there.
#[derive(Debug)]
pub struct Places<'a> {
    demo: &'a Demo,
    in_care: (Vec<usize>, Vec<usize>),
    elsewhere: (Vec<usize>, Vec<usize>),
    grid_of: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    /// Some estates are livelier than others of the same size.
    pub fn of(demo: &'a Demo, dice: &Dice) -> Self {
        let mut in_care = (Vec::new(), Vec::new());
        let mut elsewhere = (Vec::new(), Vec::new());
        for (index, (estate, houses)) in demo.estates.iter().zip(&demo.houses).enumerate() {
            let list = if houses.is_empty() { &mut elsewhere } else { &mut in_care };
            let lively = dice.between(1, 4) * dice.between(1, 3);
            list.0.push(index);
            list.1.push(usize::try_from(estate.households * lively).unwrap_or(1));
        }
        let mut grid_of = HashMap::new();
        for (index, grid) in demo.grids.iter().enumerate() {
            for cover in &grid.covers {
                grid_of.insert(cover.as_str(), index);
            }
        }
        Self { demo, in_care, elsewhere, grid_of }
    }

    /// Draws a place. `None` only when there are none.
    pub fn scene(&self, indoors: bool, dice: &Dice) -> Option<Scene> {
        let (estates, weights) = if dice.chance(IN_CARE) { &self.in_care } else { &self.elsewhere };
        let index = *estates.get(dice.weighted(weights))?;
        let estate = self.demo.estates.get(index)?;
        let houses = self.demo.houses.get(index)?;
        let Some(building) = dice.pick(houses) else { return self.outside(index) };
        let building_at = houses.iter().position(|b| b.name == building.name)?;
        let building_key = format!("{}/{}", estate.code, building.name);
        let entrance = dice.pick(&building.entrances)?;
        let at_entrance = indoors || dice.chance(35);
        let place = if at_entrance { format!("{building_key}/{}", entrance.name) } else { estate.code.clone() };
        let manager = Actor { person: (*self.demo.staff.manager_of.get(index)?)?, role: role::PROPERTY_MANAGER };
        let steward = Actor { person: *self.demo.staff.steward_of.get(index)?.get(building_at)?, role: role::LIFE_STEWARD };
        // No steward answers for the whole of an estate that is divided among several.
        let steward = if is_divided(estate) && !at_entrance { manager } else { steward };
        // A place divided among grids has the one of the building, for the whole estate that of the first building.
        let first = format!("{}/{}", estate.code, houses.first()?.name);
        let grid_key = if at_entrance { &building_key } else { &first };
        let grid = self.grid_of.get(estate.code.as_str()).or_else(|| self.grid_of.get(grid_key.as_str()))?;
        let desk = &self.demo.staff.desk;
        let shift = dice.below(desk.len());
        let desk_at = |at: usize| Some(Actor { person: *desk.get(at % desk.len().max(1))?, role: role::PROPERTY_DESK });
        Some(Scene {
            place,
            floors: entrance.floors,
            steward,
            manager,
            grid: Actor { person: *self.demo.staff.grid_worker_of.get(*grid)?, role: role::GRID_WORKER },
            desk: desk_at(shift)?,
            caller: desk_at(shift + 1)?,
        })
    }

    /// Where the company does not manage, the community's people answer.
    fn outside(&self, index: usize) -> Option<Scene> {
        let estate = self.demo.estates.get(index)?;
        let grid = self.grid_of.get(estate.code.as_str())?;
        let grid = Actor { person: *self.demo.staff.grid_worker_of.get(*grid)?, role: role::GRID_WORKER };
        let worker = Actor { person: *self.demo.staff.worker_of.get(&estate.community)?, role: role::COMMUNITY_WORKER };
        Some(Scene { place: estate.code.clone(), floors: 6, steward: grid, manager: worker, grid, desk: worker, caller: worker })
    }
}
