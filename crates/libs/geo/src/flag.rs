//! Doubts about points: kept with the row, never a reason to drop it.

use crate::{Point, Shape};
use std::collections::HashMap;

/// A doubt about a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointFlag {
    /// There are no coordinates.
    Missing,
    /// The point lies outside the place it is said to belong to.
    OutsidePlace,
    /// So many rows share the very same point that it is likely an office or a middle, not the spot.
    MassRepeated {
        /// How many rows share it.
        rows: usize,
    },
    /// Longitude and latitude are both zero, which is the sea off Africa.
    NullIsland,
}

impl PointFlag {
    /// The stable name, for a report and for a text key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "point_missing",
            Self::OutsidePlace => "point_outside_place",
            Self::MassRepeated { .. } => "point_mass_repeated",
            Self::NullIsland => "point_null_island",
        }
    }
}

/// Counts how many rows share each point: first all rows are counted, then each is asked about.
#[derive(Debug, Default, Clone)]
pub struct RepeatCounter(HashMap<Point, usize>);

impl RepeatCounter {
    /// Counts one row.
    pub fn count(&mut self, p: Point) {
        let rows = self.0.entry(p).or_default();
        *rows = rows.saturating_add(1);
    }

    /// How many rows share this point.
    #[must_use]
    pub fn rows_at(&self, p: Point) -> usize {
        self.0.get(&p).copied().unwrap_or(0)
    }

    /// All doubts about a row's point: `place` is the outline it should lie in, `more_than` the number of rows that may
    /// share one point without a doubt.
    #[must_use]
    pub fn flags(&self, p: Option<Point>, place: Option<&Shape>, more_than: usize) -> Vec<PointFlag> {
        let Some(p) = p else { return vec![PointFlag::Missing] };
        let mut flags = Vec::new();
        if p == (Point { lon_e7: 0, lat_e7: 0 }) {
            flags.push(PointFlag::NullIsland);
        } else if place.is_some_and(|shape| !shape.contains(p)) {
            flags.push(PointFlag::OutsidePlace);
        }
        let rows = self.rows_at(p);
        if rows > more_than {
            flags.push(PointFlag::MassRepeated { rows });
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Polygon, shape::tests::ring};

    #[test]
    fn doubts_are_named_and_nothing_is_dropped() {
        let r = ring(&[(118.0, 32.0), (118.1, 32.0), (118.1, 32.1), (118.0, 32.1), (118.0, 32.0)]);
        let place = Shape::new(vec![Polygon::new(r, vec![])]).unwrap();
        let inside = Point::from_degrees(118.05, 32.05).unwrap();
        let outside = Point::from_degrees(118.2, 32.05).unwrap();
        let mut counter = RepeatCounter::default();
        (0..4).for_each(|_| counter.count(inside));
        counter.count(outside);
        assert_eq!(counter.flags(Some(inside), Some(&place), 3), [PointFlag::MassRepeated { rows: 4 }]);
        assert_eq!(counter.flags(Some(inside), Some(&place), 4), []);
        assert_eq!(counter.flags(Some(outside), Some(&place), 3), [PointFlag::OutsidePlace]);
        assert_eq!(counter.flags(None, Some(&place), 3), [PointFlag::Missing]);
        let zero = Point::from_degrees(0.0, 0.0).unwrap();
        assert_eq!(counter.flags(Some(zero), Some(&place), 3), [PointFlag::NullIsland]);
    }
}
