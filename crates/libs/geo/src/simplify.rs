//! Fewer points for a small map (Douglas and Peucker 1973).

use crate::{Point, Polygon, Ring, Shape};

impl Shape {
    /// The same outline with fewer points: no dropped point lies farther than `tolerance_m` metres from the new line.
    /// Rings that would collapse are kept as they are; the result is for drawing, not for deciding what lies inside.
    #[must_use]
    pub fn simplified(&self, tolerance_m: f64) -> Self {
        let polygons: Vec<Polygon> = self
            .polygons()
            .iter()
            .map(|p| {
                Polygon::new(
                    simplify_ring(p.outer(), tolerance_m),
                    p.holes().iter().map(|h| simplify_ring(h, tolerance_m)).collect(),
                )
            })
            .collect();
        Self::new(polygons).unwrap_or_else(|_| self.clone())
    }
}

fn simplify_ring(ring: &Ring, tolerance_m: f64) -> Ring {
    let points = ring.points();
    // A ring begins and ends at one point, which gives no line to measure from: cut it at the farthest point.
    let Some((&first, far)) = points.first().zip(farthest_from_first(points)) else {
        return ring.clone();
    };
    let (head, tail) = (points.get(..=far).unwrap_or_default(), points.get(far..).unwrap_or_default());
    let mut kept = simplify_line(head, first, tolerance_m);
    kept.pop();
    kept.extend(simplify_line(tail, first, tolerance_m));
    Ring::new(kept).unwrap_or_else(|_| ring.clone())
}

fn farthest_from_first(points: &[Point]) -> Option<usize> {
    let first = *points.first()?;
    points.iter().enumerate().max_by(|(_, a), (_, b)| a.distance_m(first).total_cmp(&b.distance_m(first))).map(|(index, _)| index)
}

fn simplify_line(points: &[Point], origin: Point, tolerance_m: f64) -> Vec<Point> {
    let flat: Vec<(f64, f64)> = points.iter().map(|p| metres(*p, origin)).collect();
    let mut keep = vec![false; points.len()];
    let last = points.len().saturating_sub(1);
    for end in [0, last] {
        if let Some(k) = keep.get_mut(end) {
            *k = true;
        }
    }
    // A stack instead of recursion: an outline of a million points must not exhaust ours.
    let mut open = vec![(0, last)];
    while let Some((from, to)) = open.pop() {
        let Some((a, b)) = flat.get(from).copied().zip(flat.get(to).copied()) else { continue };
        let farthest = flat
            .iter()
            .enumerate()
            .take(to)
            .skip(from.saturating_add(1))
            .map(|(index, p)| (index, distance_to_segment(*p, a, b)))
            .max_by(|x, y| x.1.total_cmp(&y.1));
        if let Some((index, distance)) = farthest
            && distance > tolerance_m
        {
            if let Some(k) = keep.get_mut(index) {
                *k = true;
            }
            open.push((from, index));
            open.push((index, to));
        }
    }
    points.iter().zip(keep).filter_map(|(p, k)| k.then_some(*p)).collect()
}

/// Metres east and north of the origin; good for the extent of a district.
fn metres(p: Point, origin: Point) -> (f64, f64) {
    const METRES_PER_DEGREE: f64 = 111_195.08;
    ((p.lon() - origin.lon()) * METRES_PER_DEGREE * origin.lat().to_radians().cos(), (p.lat() - origin.lat()) * METRES_PER_DEGREE)
}

fn distance_to_segment(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length2 = dx * dx + dy * dy;
    let along = if length2 > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    (p.0 - a.0 - along * dx).hypot(p.1 - a.1 - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(count: i32, radius: f64) -> Shape {
        let mut points: Vec<Point> = (0..count)
            .map(|i| f64::from(i) / f64::from(count) * std::f64::consts::TAU)
            .map(|angle| Point::from_degrees(118.8 + radius * angle.cos(), 32.05 + radius * angle.sin()).unwrap())
            .collect();
        points.push(points[0]);
        Shape::new(vec![Polygon::new(Ring::new(points).unwrap(), vec![])]).unwrap()
    }

    #[test]
    fn a_fine_circle_becomes_a_coarse_one_of_nearly_the_same_area() {
        let fine = circle(2_000, 0.05);
        let coarse = fine.simplified(30.0);
        assert!(coarse.position_count() < 80, "{}", coarse.position_count());
        assert!((coarse.area_m2() / fine.area_m2() - 1.0).abs() < 0.02);
        for p in fine.polygons()[0].outer().points() {
            let ring = coarse.polygons()[0].outer().points();
            let nearest = ring
                .windows(2)
                .map(|w| distance_to_segment(metres(*p, ring[0]), metres(w[0], ring[0]), metres(w[1], ring[0])))
                .fold(f64::MAX, f64::min);
            assert!(nearest < 31.0, "{nearest} m off");
        }
    }

    #[test]
    fn what_would_vanish_is_kept() {
        let tiny = circle(12, 0.000_1);
        let after = tiny.simplified(5_000.0);
        assert!(after.area_m2() > 0.0);
    }
}
