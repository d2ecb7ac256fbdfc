//! Upright blocks: buildings, shafts, and the shadows they throw.

use crate::{Sight, SunError};

/// A point on the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Metres to the east.
    pub x: f64,
    /// Metres to the north.
    pub y: f64,
}

impl Spot {
    pub(crate) fn plus(self, direction: (f64, f64), metres: f64) -> Self {
        Self { x: self.x + direction.0 * metres, y: self.y + direction.1 * metres }
    }

    fn to(self, other: Self) -> (f64, f64) {
        (other.x - self.x, other.y - self.y)
    }
}

pub(crate) const fn cross(a: (f64, f64), b: (f64, f64)) -> f64 {
    a.0 * b.1 - a.1 * b.0
}

/// The unit vector of an azimuth: to the east and to the north.
pub(crate) fn direction(azimuth_deg: f64) -> (f64, f64) {
    azimuth_deg.to_radians().sin_cos()
}

/// An outline between two heights (体块): a building, a part of one, a shaft, a bridge to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    outline: Vec<Spot>,
    bottom: f64,
    top: f64,
    /// The mean of its corners, and how far the farthest is from there: most rays miss that circle, which is quickly said.
    mean: Spot,
    reach: f64,
}

impl Block {
    /// A block over an outline, whichever way round and with or without its first corner again at the end; heights in metres
    /// over the ground.
    ///
    /// # Errors
    /// [`SunError::Outline`], [`SunError::Height`].
    pub fn new(mut outline: Vec<Spot>, bottom: f64, top: f64) -> Result<Self, SunError> {
        if outline.len() > 1 && outline.first() == outline.last() {
            outline.pop();
        }
        let mean = mean(&outline);
        let reach = outline.iter().map(|corner| (corner.x - mean.x).hypot(corner.y - mean.y)).fold(0.0, f64::max);
        let block = Self { outline, bottom, top, mean, reach };
        let finite = block.outline.iter().all(|spot| spot.x.is_finite() && spot.y.is_finite());
        if block.outline.len() < 3 || !finite || block.area_m2() < 0.01 || block.crosses_itself() {
            return Err(SunError::Outline);
        }
        let upright = bottom >= 0.0 && top > bottom && top.is_finite();
        if upright { Ok(block) } else { Err(SunError::Height) }
    }

    /// A block over a rectangle whose sides run east and north.
    ///
    /// # Errors
    /// [`SunError::Outline`], [`SunError::Height`].
    pub fn rectangle(south_west: Spot, north_east: Spot, bottom: f64, top: f64) -> Result<Self, SunError> {
        let (a, b) = (south_west, north_east);
        Self::new(vec![a, Spot { x: b.x, y: a.y }, b, Spot { x: a.x, y: b.y }], bottom, top)
    }

    /// Its corners.
    #[must_use]
    pub fn outline(&self) -> &[Spot] {
        &self.outline
    }

    /// Where it begins and ends, metres over the ground.
    #[must_use]
    pub const fn heights(&self) -> (f64, f64) {
        (self.bottom, self.top)
    }

    /// The area of its outline, m².
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        self.sides().map(|(a, b)| cross((a.x, a.y), (b.x, b.y))).sum::<f64>().abs() / 2.0
    }

    /// The mean of its corners; of a convex outline it is inside.
    pub(crate) const fn mean(&self) -> Spot {
        self.mean
    }

    pub(crate) fn sides(&self) -> impl Iterator<Item = (Spot, Spot)> + Clone {
        self.outline.iter().copied().zip(self.outline.iter().copied().cycle().skip(1))
    }

    fn crosses_itself(&self) -> bool {
        let sides: Vec<(Spot, Spot)> = self.sides().collect();
        sides
            .iter()
            .enumerate()
            .any(|(n, one)| sides.iter().skip(n.saturating_add(1)).any(|other| cross_each_other(*one, *other)))
    }

    /// Whether a spot is inside the outline.
    pub(crate) fn contains(&self, spot: Spot) -> bool {
        self.sides().filter(|(a, b)| (a.y > spot.y) != (b.y > spot.y)).fold(false, |inside, (a, b)| {
            let left = (cross(a.to(b), a.to(spot)) > 0.0) == (b.y > a.y);
            inside != left
        })
    }

    /// How far a spot is from the outline, metres.
    pub(crate) fn distance(&self, spot: Spot) -> f64 {
        let far = |(a, b): (Spot, Spot)| {
            let (side, way) = (a.to(b), a.to(spot));
            let length = side.0 * side.0 + side.1 * side.1;
            let along = if length > 0.0 { ((way.0 * side.0 + way.1 * side.1) / length).clamp(0.0, 1.0) } else { 0.0 };
            (way.0 - side.0 * along).hypot(way.1 - side.1 * along)
        };
        self.sides().map(far).fold(f64::INFINITY, f64::min)
    }

    /// Where a level line from a spot passes through the outline: the distances at which it enters and leaves it, in pairs.
    ///
    /// Each corner is on one side of the line and counts as that for both its sides, so that a line through a corner passes through
    /// the outline once or not at all.
    pub(crate) fn passages(&self, from: Spot, direction: (f64, f64), into: &mut Vec<f64>) {
        into.clear();
        let (along, aside) = self.middle_seen(from, direction);
        if aside > self.reach || along < -self.reach {
            return;
        }
        for (a, b) in self.sides() {
            let (to_a, to_b) = (cross(direction, from.to(a)), cross(direction, from.to(b)));
            if (to_a >= 0.0) != (to_b >= 0.0) {
                let (side, way) = (a.to(b), from.to(a));
                let distance = cross(way, side) / cross(direction, side);
                if distance > 0.0 {
                    into.push(distance);
                }
            }
        }
        into.sort_unstable_by(f64::total_cmp);
        // An odd number: the spot is inside.
        if into.len() % 2 == 1 {
            into.insert(0, 0.0);
        }
    }

    /// How far along a direction its middle lies, and how far beside it.
    fn middle_seen(&self, from: Spot, direction: (f64, f64)) -> (f64, f64) {
        let way = from.to(self.mean);
        (way.0 * direction.0 + way.1 * direction.1, cross(direction, way).abs())
    }

    /// Whether it hides what lies in a direction from a spot at a height; `slope` is the tangent of the altitude.
    pub(crate) fn hides(&self, from: Spot, height: f64, direction: (f64, f64), slope: f64, scratch: &mut Vec<f64>) -> bool {
        let nearest = self.middle_seen(from, direction).0 - self.reach;
        if height + nearest * slope >= self.top {
            return false;
        }
        self.passages(from, direction, scratch);
        let (pairs, _) = scratch.as_chunks::<2>();
        pairs.iter().any(|[enter, leave]| height + enter * slope < self.top && height + leave * slope > self.bottom)
    }

    /// Its shadow on the level ground, as pieces that lie over one another; none when the sun is down.
    #[must_use]
    pub fn shadow(&self, sun: Sight) -> Vec<Vec<Spot>> {
        if sun.altitude_deg <= 0.0 {
            return Vec::new();
        }
        let away = direction(sun.azimuth_deg + 180.0);
        let length = 1.0 / sun.altitude_deg.to_radians().tan();
        let thrown = |spot: Spot, height: f64| spot.plus(away, height * length);
        let lids = [self.bottom, self.top].map(|height| self.outline.iter().map(|spot| thrown(*spot, height)).collect());
        let walls = self
            .sides()
            .map(|(a, b)| vec![thrown(a, self.bottom), thrown(b, self.bottom), thrown(b, self.top), thrown(a, self.top)]);
        lids.into_iter().chain(walls).collect()
    }
}

fn mean(spots: &[Spot]) -> Spot {
    let (count, x, y) = spots.iter().fold((0.0, 0.0, 0.0), |(count, x, y), spot| (count + 1.0, x + spot.x, y + spot.y));
    Spot { x: x / count, y: y / count }
}

/// Whether two sides cross within both of them.
pub(crate) fn cross_each_other((a, b): (Spot, Spot), (c, d): (Spot, Spot)) -> bool {
    let split = |p: Spot, q: Spot, r: Spot, s: Spot| cross(p.to(q), p.to(r)) * cross(p.to(q), p.to(s)) < 0.0;
    split(a, b, c, d) && split(c, d, a, b)
}
