//! A plan: what stands, what is to be added, and the windows that are asked about.

use crate::block::{cross_each_other, direction};
use crate::count::Step;
use crate::sky::sky;
use crate::{Block, Counting, Sampling, Spot, SunError, Sunlight};

/// How far from a wall a window is looked from, and how much two outlines may overlap and still only touch, metres.
const TOUCH_M: f64 = 0.02;

/// A window in an outer wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The middle of its sill, on the wall.
    pub middle: Spot,
    /// Its width, metres.
    pub width_m: f64,
    /// The height of the point that is asked about, metres over the ground. For sun the standard takes 0.9 m over the floor.
    pub sill_m: f64,
    /// The direction in which it looks, degrees from north by east: 180 for south.
    pub facing_deg: f64,
}

/// Two answers: as it is, and as it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BeforeAfter<A> {
    /// As it is.
    pub before: A,
    /// With the shaft.
    pub after: A,
}

/// Buildings, a shaft and windows, found possible.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    building: Vec<Block>,
    around: Vec<Block>,
    shaft: Vec<Block>,
    windows: Vec<Window>,
}

impl Plan {
    /// A plan of a building (in parts, if its parts differ in height), of what stands around it, of the shaft with whatever belongs to it,
    /// and of the windows of any of them.
    ///
    /// # Errors
    /// [`SunError::NoWindows`], [`SunError::Window`], [`SunError::WindowInside`], [`SunError::ShaftInside`].
    pub fn new(building: Vec<Block>, around: Vec<Block>, shaft: Vec<Block>, windows: Vec<Window>) -> Result<Self, SunError> {
        if windows.is_empty() {
            return Err(SunError::NoWindows);
        }
        let standing = || building.iter().chain(&around);
        for (number, window) in windows.iter().enumerate() {
            let numbers = [window.middle.x, window.middle.y, window.width_m, window.sill_m, window.facing_deg];
            if numbers.iter().any(|number| !number.is_finite()) || window.width_m <= 0.0 || window.sill_m < 0.0 {
                return Err(SunError::Window { window: number });
            }
            let inside = |block: &Block| {
                let (bottom, top) = block.heights();
                (bottom..top).contains(&window.sill_m) && block.contains(window.seen_from(0.0))
            };
            if standing().any(inside) {
                return Err(SunError::WindowInside { window: number });
            }
        }
        let reaches_in = |part: &Block| standing().any(|block| overlap(part, block));
        if shaft.iter().any(reaches_in) {
            return Err(SunError::ShaftInside);
        }
        Ok(Self { building, around, shaft, windows })
    }

    /// The windows, in the order of all answers.
    #[must_use]
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// The sun on each window on a day of a declination at a latitude, as it is and with the shaft.
    ///
    /// # Errors
    /// [`SunError::Counting`], [`SunError::Place`].
    pub fn sunlight(
        &self,
        latitude_deg: f64,
        declination_deg: f64,
        counting: &Counting,
    ) -> Result<Vec<BeforeAfter<Sunlight>>, SunError> {
        let steps = counting.steps(latitude_deg, declination_deg)?;
        let mut scratch = Vec::new();
        let mut lit = |window: &Window| {
            let points = window.points(counting.sampling);
            let mut before: Vec<&Step> =
                steps.iter().filter(|step| window.faces(step.azimuth_deg, counting.grazing_deg)).collect();
            let mut reached = |step: &Step, blocks: &[Block]| {
                let hidden = |spot: &Spot, block: &Block, scratch: &mut Vec<f64>| {
                    block.hides(*spot, window.sill_m, step.direction, step.slope, scratch)
                };
                points.iter().all(|spot| !blocks.iter().any(|block| hidden(spot, block, &mut scratch)))
            };
            before.retain(|step| reached(step, &self.building) && reached(step, &self.around));
            let after = before.iter().filter(|step| reached(step, &self.shaft)).copied().collect::<Vec<_>>();
            BeforeAfter { before: counting.sunlight(before.into_iter()), after: counting.sunlight(after.into_iter()) }
        };
        Ok(self.windows.iter().map(&mut lit).collect())
    }

    /// The vertical sky component (采光：天空可见分量) of each window, in the middle of its sill, as a share from 0 to
    /// [`UNOBSTRUCTED_SKY`](crate::UNOBSTRUCTED_SKY), as it is and with the shaft.
    #[must_use]
    pub fn sky(&self) -> Vec<BeforeAfter<f64>> {
        let standing = [self.building.as_slice(), &self.around];
        let seen = |window: &Window| {
            let (before, after) = sky(window.seen_from(0.0), window.sill_m, window.facing_deg, &standing, &self.shaft);
            BeforeAfter { before, after }
        };
        self.windows.iter().map(seen).collect()
    }
}

impl Window {
    /// A point just before the wall, so many metres to the right of the middle.
    fn seen_from(&self, aside_m: f64) -> Spot {
        self.middle.plus(direction(self.facing_deg), TOUCH_M).plus(direction(self.facing_deg + 90.0), aside_m)
    }

    fn points(&self, sampling: Sampling) -> Vec<Spot> {
        match sampling {
            Sampling::Middle => vec![self.seen_from(0.0)],
            Sampling::WholeSill { spacing_m } => {
                // A window of a kilometre is a mistake, but not one that may take all memory.
                let parts = (1..1000_u32).find(|parts| f64::from(*parts) * spacing_m >= self.width_m).unwrap_or(1000);
                (0..=parts).map(|n| self.seen_from(self.width_m * (f64::from(n) / f64::from(parts) - 0.5))).collect()
            }
        }
    }

    /// Whether light from an azimuth falls on it at no smaller angle to the wall than the one given.
    fn faces(&self, azimuth_deg: f64, grazing_deg: f64) -> bool {
        let aside = ((azimuth_deg - self.facing_deg + 180.0).rem_euclid(360.0) - 180.0).abs();
        aside <= 90.0 - grazing_deg
    }
}

/// Whether two blocks share more than a touch: a corner, the middle of a side or the mean of the corners of one well inside the other, or
/// sides that cross away from all corners.
fn overlap(a: &Block, b: &Block) -> bool {
    let ((a_bottom, a_top), (b_bottom, b_top)) = (a.heights(), b.heights());
    if a_top <= b_bottom || b_top <= a_bottom {
        return false;
    }
    let deep = |block: &Block, spot: Spot| block.contains(spot) && block.distance(spot) > TOUCH_M;
    let reaches = |from: &Block, into: &Block| {
        let middles = from.sides().map(|(p, q)| Spot { x: f64::midpoint(p.x, q.x), y: f64::midpoint(p.y, q.y) });
        middles.chain(from.outline().iter().copied()).chain([from.mean()]).any(|spot| deep(into, spot))
    };
    let crossing = a.sides().any(|one| b.sides().any(|other| cross_each_other(one, other) && cut_is_deep(one, other)));
    reaches(a, b) || reaches(b, a) || crossing
}

/// Whether two crossing sides both go on for more than a touch beyond where they cross.
fn cut_is_deep(one: (Spot, Spot), other: (Spot, Spot)) -> bool {
    let from_line = |spot: Spot, (p, q): (Spot, Spot)| {
        let side = (q.x - p.x, q.y - p.y);
        crate::block::cross(side, (spot.x - p.x, spot.y - p.y)).abs() / side.0.hypot(side.1)
    };
    [from_line(one.0, other), from_line(one.1, other), from_line(other.0, one), from_line(other.1, one)]
        .iter()
        .all(|far| *far > TOUCH_M)
}
