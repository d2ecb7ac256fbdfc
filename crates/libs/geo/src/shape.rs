//! Outlines: rings, polygons, and one or more polygons together.

use crate::{Bbox, GeoError, Point};

/// A closed ring of points: first and last are equal, at least three are different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring(Vec<Point>);

/// An outer ring and its holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polygon {
    outer: Ring,
    holes: Vec<Ring>,
    bbox: Bbox,
}

/// The outline of a place (边界): one or more polygons that do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    polygons: Vec<Polygon>,
    bbox: Bbox,
}

/// Where a point lies with regard to a ring.
#[derive(PartialEq, Eq)]
enum Side {
    In,
    Out,
    Edge,
}

impl Ring {
    /// From points whose last equals the first. Points repeated one after the other are dropped.
    ///
    /// # Errors
    /// A sentence saying what is wrong: not closed, or fewer than three different points, or no area.
    pub fn new(mut points: Vec<Point>) -> Result<Self, String> {
        if points.first() != points.last() {
            return Err("the ring is not closed: its last position must equal its first".into());
        }
        points.dedup();
        if points.len() < 4 {
            return Err("a ring needs at least four positions, the last equal to the first".into());
        }
        let ring = Self(points);
        if ring.twice_area_e14() == 0 {
            return Err("the ring encloses no area".into());
        }
        Ok(ring)
    }

    /// Its points; the last equals the first.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.0
    }

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        self.0.iter().copied().zip(self.0.iter().copied().skip(1))
    }

    /// Twice the signed area in square 1e-7 degrees, positive when counter-clockwise.
    fn twice_area_e14(&self) -> i128 {
        self.edges().map(|(a, b)| i128::from(a.lon_e7) * i128::from(b.lat_e7) - i128::from(b.lon_e7) * i128::from(a.lat_e7)).sum()
    }

    fn turned(mut self, counter_clockwise: bool) -> Self {
        if (self.twice_area_e14() > 0) != counter_clockwise {
            self.0.reverse();
        }
        self
    }

    /// Ray casting in whole numbers: no rounding, so a point on an edge is known to be on it.
    fn side(&self, p: Point) -> Side {
        let mut inside = false;
        for (a, b) in self.edges() {
            let cross = (i128::from(b.lon_e7) - i128::from(a.lon_e7)) * (i128::from(p.lat_e7) - i128::from(a.lat_e7))
                - (i128::from(b.lat_e7) - i128::from(a.lat_e7)) * (i128::from(p.lon_e7) - i128::from(a.lon_e7));
            if cross == 0 && Bbox::around([a, b]).is_some_and(|edge| edge.contains(p)) {
                return Side::Edge;
            }
            let upward = a.lat_e7 <= p.lat_e7 && p.lat_e7 < b.lat_e7 && cross > 0;
            let downward = b.lat_e7 <= p.lat_e7 && p.lat_e7 < a.lat_e7 && cross < 0;
            inside ^= upward || downward;
        }
        if inside { Side::In } else { Side::Out }
    }

    /// Area in m² on the WGS-84 ellipsoid, by the cylindrical equal-area projection (Snyder 1987, eq. 3-12 and 10-15).
    fn area_m2(&self) -> f64 {
        const A: f64 = 6_378_137.0;
        let flat = |p: Point| (p.lon().to_radians(), authalic_q(p.lat().to_radians()) / 2.0);
        let (x0, y0) = self.0.first().map_or((0.0, 0.0), |p| flat(*p));
        let sum: f64 = self
            .edges()
            .map(|(a, b)| {
                let ((ax, ay), (bx, by)) = (flat(a), flat(b));
                (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
            })
            .sum();
        (sum / 2.0).abs() * A * A
    }
}

fn authalic_q(lat: f64) -> f64 {
    const E2: f64 = 0.006_694_379_990_141_316;
    let e = E2.sqrt();
    let s = lat.sin();
    (1.0 - E2) * (s / (1.0 - E2 * s * s) - ((1.0 - e * s) / (1.0 + e * s)).ln() / (2.0 * e))
}

impl Polygon {
    /// From an outer ring and its holes, each turned as RFC 7946 asks.
    #[must_use]
    pub fn new(outer: Ring, holes: Vec<Ring>) -> Self {
        let outer = outer.turned(true);
        let zero = Point { lon_e7: 0, lat_e7: 0 };
        let bbox = Bbox::around(outer.0.iter().copied()).unwrap_or(Bbox { min: zero, max: zero });
        Self { outer, holes: holes.into_iter().map(|h| h.turned(false)).collect(), bbox }
    }

    /// The outer ring, counter-clockwise.
    #[must_use]
    pub const fn outer(&self) -> &Ring {
        &self.outer
    }

    /// The holes, clockwise.
    #[must_use]
    pub fn holes(&self) -> &[Ring] {
        &self.holes
    }

    /// All rings, the outer one first.
    pub fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.outer).chain(&self.holes)
    }

    fn contains(&self, p: Point) -> bool {
        self.bbox.contains(p) && self.outer.side(p) != Side::Out && self.holes.iter().all(|hole| hole.side(p) != Side::In)
    }
}

impl Shape {
    /// From polygons.
    ///
    /// # Errors
    /// [`GeoError::Field`] when there is none.
    pub fn new(polygons: Vec<Polygon>) -> Result<Self, GeoError> {
        let bbox = polygons
            .iter()
            .map(|p| p.bbox)
            .reduce(Bbox::union)
            .ok_or_else(|| GeoError::field("geometry.coordinates", "there is no polygon"))?;
        Ok(Self { polygons, bbox })
    }

    /// Its polygons.
    #[must_use]
    pub fn polygons(&self) -> &[Polygon] {
        &self.polygons
    }

    /// The smallest box around it.
    #[must_use]
    pub const fn bbox(&self) -> Bbox {
        self.bbox
    }

    /// How many positions all rings have together.
    #[must_use]
    pub fn position_count(&self) -> usize {
        self.polygons.iter().flat_map(Polygon::rings).map(|r| r.0.len()).sum()
    }

    /// Whether the point lies inside or on the edge. A point on a common edge lies in both neighbours.
    #[must_use]
    pub fn contains(&self, p: Point) -> bool {
        self.bbox.contains(p) && self.polygons.iter().any(|polygon| polygon.contains(p))
    }

    /// Area in m², holes taken off. Within 0.01 % for anything smaller than a province.
    #[must_use]
    pub fn area_m2(&self) -> f64 {
        self.polygons.iter().map(|p| p.outer.area_m2() - p.holes.iter().map(Ring::area_m2).sum::<f64>()).sum()
    }

    /// The centre of gravity. It may lie outside a bent outline; see [`Shape::label_point`].
    #[must_use]
    pub fn centroid(&self) -> Point {
        let origin = self.bbox.middle();
        let local = |p: Point| (f64::from(p.lon_e7) - f64::from(origin.lon_e7), f64::from(p.lat_e7) - f64::from(origin.lat_e7));
        let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
        // Holes turn the other way, so their part is negative by itself.
        for (a, b) in self.polygons.iter().flat_map(Polygon::rings).flat_map(Ring::edges) {
            let ((ax, ay), (bx, by)) = (local(a), local(b));
            let cross = ax * by - bx * ay;
            area += cross;
            x += (ax + bx) * cross;
            y += (ay + by) * cross;
        }
        if area.abs() < f64::EPSILON {
            return origin;
        }
        Point::from_degrees(
            (f64::from(origin.lon_e7) + x / (3.0 * area)) / 1e7,
            (f64::from(origin.lat_e7) + y / (3.0 * area)) / 1e7,
        )
        .unwrap_or(origin)
    }

    /// A point inside for a name or a pin: the centroid, or else the middle of the widest part at its latitude.
    #[must_use]
    pub fn label_point(&self) -> Point {
        let centroid = self.centroid();
        if self.contains(centroid) {
            return centroid;
        }
        let mut crossings: Vec<i32> = self
            .polygons
            .iter()
            .flat_map(Polygon::rings)
            .flat_map(Ring::edges)
            .filter(|(a, b)| (a.lat_e7 <= centroid.lat_e7) != (b.lat_e7 <= centroid.lat_e7))
            .filter_map(|(a, b)| crossing_lon(a, b, centroid.lat_e7))
            .collect();
        crossings.sort_unstable();
        crossings
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [west, east] => Some((east.saturating_sub(*west), west.midpoint(*east))),
                _ => None,
            })
            .max()
            .map_or(centroid, |(_, lon_e7)| Point { lon_e7, lat_e7: centroid.lat_e7 })
    }
}

fn crossing_lon(a: Point, b: Point, lat_e7: i32) -> Option<i32> {
    let (rise, run) = (i64::from(b.lat_e7) - i64::from(a.lat_e7), i64::from(b.lon_e7) - i64::from(a.lon_e7));
    let lon = i128::from(a.lon_e7) + i128::from(run) * (i128::from(lat_e7) - i128::from(a.lat_e7)) / i128::from(rise);
    i32::try_from(lon).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn ring(points: &[(f64, f64)]) -> Ring {
        Ring::new(points.iter().map(|(x, y)| Point::from_degrees(*x, *y).unwrap()).collect()).unwrap()
    }

    fn at(lon: f64, lat: f64) -> Point {
        Point::from_degrees(lon, lat).unwrap()
    }

    fn square_with_hole() -> Shape {
        // Clockwise on purpose, as published outlines are.
        let outer = ring(&[(118.0, 32.0), (118.0, 32.1), (118.1, 32.1), (118.1, 32.0), (118.0, 32.0)]);
        let hole = ring(&[(118.04, 32.04), (118.06, 32.04), (118.06, 32.06), (118.04, 32.06), (118.04, 32.04)]);
        Shape::new(vec![Polygon::new(outer, vec![hole])]).unwrap()
    }

    #[test]
    fn rings_are_turned_as_rfc_7946_asks() {
        let shape = square_with_hole();
        let polygon = &shape.polygons()[0];
        assert!(polygon.outer().twice_area_e14() > 0);
        assert!(polygon.holes()[0].twice_area_e14() < 0);
    }

    #[test]
    fn inside_outside_hole_and_edges() {
        let shape = square_with_hole();
        assert!(shape.contains(at(118.02, 32.02)));
        assert!(!shape.contains(at(118.05, 32.05)), "in the hole");
        assert!(shape.contains(at(118.04, 32.05)), "on the edge of the hole");
        assert!(shape.contains(at(118.0, 32.05)) && shape.contains(at(118.1, 32.1)), "on the outer edge");
        assert!(!shape.contains(at(118.100_000_1, 32.05)));
        assert!(!shape.contains(at(117.99, 32.1)), "level with a corner");
    }

    #[test]
    fn area_is_that_of_the_ellipsoid() {
        // 0.1° × 0.1° at 32.05° N: 9,444.3 m × 11,088.8 m on WGS-84; the hole takes 4 % of it.
        let full = 9_444.3 * 11_088.8;
        let area = square_with_hole().area_m2();
        assert!((area / (full * 0.96) - 1.0).abs() < 2e-4, "{area}");
    }

    #[test]
    fn centroid_and_label() {
        let shape = square_with_hole();
        assert_eq!(shape.centroid(), at(118.05, 32.05));
        assert!(shape.contains(shape.label_point()), "the label is not in the hole");
        let bent = ring(&[
            (118.0, 32.0),
            (118.1, 32.0),
            (118.1, 32.1),
            (118.0, 32.1),
            (118.0, 32.09),
            (118.09, 32.09),
            (118.09, 32.01),
            (118.0, 32.01),
            (118.0, 32.0),
        ]);
        let bent = Shape::new(vec![Polygon::new(bent, vec![])]).unwrap();
        assert!(!bent.contains(bent.centroid()));
        assert!(bent.contains(bent.label_point()));
    }

    #[test]
    fn bad_rings_say_why() {
        let open = vec![at(118.0, 32.0), at(118.1, 32.0), at(118.1, 32.1)];
        assert!(Ring::new(open).unwrap_err().contains("not closed"));
        let line = vec![at(118.0, 32.0), at(118.1, 32.0), at(118.05, 32.0), at(118.0, 32.0)];
        assert!(Ring::new(line).unwrap_err().contains("no area"));
        let two = vec![at(118.0, 32.0), at(118.1, 32.0), at(118.0, 32.0)];
        assert!(Ring::new(two).unwrap_err().contains("four"));
    }
}
