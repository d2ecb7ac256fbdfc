//! A map as plain SVG paths: outlines and points in a frame, without script and without a base map.

use crate::{Bbox, Point, Shape};
use std::fmt::Write;

/// A frame of so many pixels that shows a part of the ground with north up, undistorted at its middle latitude.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    west: f64,
    north: f64,
    squeeze: f64,
    scale: f64,
    left: f64,
    top: f64,
}

impl Frame {
    /// A frame of `width` × `height` pixels that shows the whole box, centred, with `margin` pixels free on each side.
    /// A box without extent is shown as if it were 200 m wide.
    #[must_use]
    pub fn fit(bbox: Bbox, width: u16, height: u16, margin: u16) -> Self {
        const LEAST_EXTENT: f64 = 0.001_8;
        let (width, height, margin) = (f64::from(width), f64::from(height), f64::from(margin));
        let middle = bbox.middle();
        let squeeze = middle.lat().to_radians().cos().max(0.01);
        let wide = (bbox.max.lon() - bbox.min.lon()) * squeeze;
        let high = bbox.max.lat() - bbox.min.lat();
        let scale = ((width - 2.0 * margin).max(1.0) / wide.max(LEAST_EXTENT))
            .min((height - 2.0 * margin).max(1.0) / high.max(LEAST_EXTENT));
        Self {
            width,
            height,
            west: bbox.min.lon(),
            north: bbox.max.lat(),
            squeeze,
            scale,
            left: (width - wide * scale) / 2.0,
            top: (height - high * scale) / 2.0,
        }
    }

    /// Where a point is drawn: pixels from the left and from the top. May lie outside the frame.
    #[must_use]
    pub fn xy(&self, p: Point) -> (f64, f64) {
        (self.left + (p.lon() - self.west) * self.squeeze * self.scale, self.top + (self.north - p.lat()) * self.scale)
    }

    /// Whether the point is drawn inside the frame.
    #[must_use]
    pub fn shows(&self, p: Point) -> bool {
        let (x, y) = self.xy(p);
        (0.0..=self.width).contains(&x) && (0.0..=self.height).contains(&y)
    }

    /// How many metres one pixel is.
    #[must_use]
    pub fn metres_per_pixel(&self) -> f64 {
        111_195.08 / self.scale
    }

    /// The `d` of an SVG `<path>` with `fill-rule="evenodd"`, to a tenth of a pixel. Points closer than half a pixel
    /// to the line are left out.
    #[must_use]
    pub fn path(&self, shape: &Shape) -> String {
        let drawn = shape.simplified(self.metres_per_pixel() / 2.0);
        let mut d = String::new();
        for ring in drawn.polygons().iter().flat_map(crate::Polygon::rings) {
            let open = ring.points().len().saturating_sub(1);
            for (index, p) in ring.points().iter().take(open).enumerate() {
                let (x, y) = self.xy(*p);
                let command = if index == 0 { 'M' } else { 'L' };
                // Writing to a String cannot fail.
                let _ = write!(d, "{command}{x:.1} {y:.1}");
            }
            d.push('Z');
        }
        d
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Polygon, shape::tests::ring};

    fn box_shape() -> Shape {
        let r = ring(&[(118.0, 32.0), (118.1, 32.0), (118.1, 32.1), (118.0, 32.1), (118.0, 32.0)]);
        Shape::new(vec![Polygon::new(r, vec![])]).unwrap()
    }

    #[test]
    fn the_outline_fills_the_frame_with_north_up() {
        let shape = box_shape();
        let frame = Frame::fit(shape.bbox(), 400, 300, 10);
        let (left, bottom) = frame.xy(shape.bbox().min);
        let (right, top) = frame.xy(shape.bbox().max);
        assert!((top - 10.0).abs() < 0.01 && (bottom - 290.0).abs() < 0.01, "{top} {bottom}");
        assert!((left + right - 400.0).abs() < 0.01, "centred");
        // A box of equal degrees is narrower than high by the cosine of the latitude.
        assert!(((right - left) / (bottom - top) - 32.05_f64.to_radians().cos()).abs() < 1e-6);
        let d = frame.path(&shape);
        assert!(d.starts_with('M') && d.ends_with('Z') && d.matches('L').count() == 3, "{d}");
    }

    #[test]
    fn a_single_point_has_a_map_too() {
        let p = Point::from_degrees(118.79, 32.05).unwrap();
        let frame = Frame::fit(Bbox { min: p, max: p }, 200, 100, 8);
        assert_eq!(frame.xy(p), (100.0, 50.0));
        assert!(frame.shows(p));
        assert!(!frame.shows(Point::from_degrees(119.0, 32.05).unwrap()));
    }
}
