//! Invented ground: an outline of the district, cut into subdistricts and communities, with a place in it for every estate.
//!
//! The cut is a Voronoi partition of a convex shape, bent by two shears. A shear moves every line of points along itself, so
//! the bent cells still touch without gap or overlap, and a point inside a cell stays inside it. None of the lines follows a
//! real boundary; each feature says so.

use serde_json::{Value, json};

use super::dice::Dice;
use super::divisions::Divisions;

/// What every generated boundary says of itself.
pub const SOURCE: &str = "演示数据：程序生成的界线，与实际界线无关";
/// Middle of the invented outline, longitude and latitude (WGS-84).
const MIDDLE: (f64, f64) = (118.80, 32.05);
/// Half its extent in degrees.
const EXTENT: (f64, f64) = (0.050, 0.042);
/// Distance of the extra points along a boundary, in parts of the half extent.
const STEP: f64 = 0.06;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

type Cell = Vec<Point>;

/// The district's ground.
#[derive(Debug)]
pub struct Ground {
    district: Cell,
    subdistricts: Vec<Cell>,
    /// Per subdistrict, in the order of the divisions.
    communities: Vec<Vec<Cell>>,
}

impl Ground {
    /// Cuts up an invented outline.
    pub fn invent(divisions: &Divisions, dice: &Dice) -> Self {
        let district = outline(dice);
        let sites = (0..divisions.subdistricts.len()).map(|i| sunflower(i, divisions.subdistricts.len())).collect();
        let subdistricts = relaxed(&district, sites, 2);
        let communities = divisions
            .subdistricts
            .iter()
            .zip(&subdistricts)
            .map(|(subdistrict, cell)| {
                let sites = subdistrict.communities.iter().map(|_| inside(cell, dice, 1.0)).collect();
                relaxed(cell, sites, 4)
            })
            .collect();
        Self { district, subdistricts, communities }
    }

    /// A place inside a community, longitude and latitude (WGS-84), well away from its edge.
    pub fn place_in(&self, divisions: &Divisions, community: &str, dice: &Dice) -> (f64, f64) {
        let cell = divisions
            .subdistricts
            .iter()
            .zip(&self.communities)
            .flat_map(|(s, cells)| s.communities.iter().zip(cells))
            .find_map(|(c, cell)| (c.code == community).then_some(cell))
            .unwrap_or(&self.district);
        bend(inside(cell, dice, 0.86))
    }

    /// All boundaries as one GeoJSON feature collection (RFC 7946): the district, then each subdistrict with its communities.
    pub fn geojson(&self, divisions: &Divisions) -> Value {
        let mut features = vec![feature(&divisions.code, &divisions.name, "district", &self.district)];
        for ((subdistrict, cell), cells) in divisions.subdistricts.iter().zip(&self.subdistricts).zip(&self.communities) {
            features.push(feature(&subdistrict.code, &subdistrict.name, "subdistrict", cell));
            for (community, cell) in subdistrict.communities.iter().zip(cells) {
                features.push(feature(&community.code, &community.name, "community", cell));
            }
        }
        json!({ "type": "FeatureCollection", "features": features })
    }
}

fn feature(code: &str, name: &str, level: &str, cell: &[Point]) -> Value {
    let ring: Vec<Value> = closed(&dense(cell)).into_iter().map(bend).map(|(lon, lat)| json!([tidy(lon), tidy(lat)])).collect();
    json!({
        "type": "Feature",
        "properties": { "code": code, "name": name, "level": level, "crs": "WGS-84", "source": SOURCE, "generated": true },
        "geometry": { "type": "Polygon", "coordinates": [ring] },
    })
}

/// Six decimals, about a tenth of a metre.
fn tidy(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

fn closed(cell: &[Point]) -> Cell {
    cell.iter().chain(cell.first()).copied().collect()
}

/// Points on an ellipse, in order, are always convex.
fn outline(dice: &Dice) -> Cell {
    const CORNERS: u32 = 22;
    (0..CORNERS)
        .map(|i| {
            let angle = (f64::from(i) + 0.7 * dice.unit()) / f64::from(CORNERS) * std::f64::consts::TAU;
            Point { x: angle.cos(), y: angle.sin() }
        })
        .collect()
}

/// Evenly spread places in the unit circle, as the seeds of a sunflower are.
fn sunflower(index: usize, of: usize) -> Point {
    let part = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let radius = 0.92 * ((part(index) + 0.5) / part(of.max(1))).sqrt();
    let angle = part(index) * 2.399_963;
    Point { x: radius * angle.cos(), y: radius * angle.sin() }
}

/// Voronoi cells of the sites within a convex shape, after moving each site to the middle of its cell a few times.
fn relaxed(shape: &[Point], mut sites: Vec<Point>, rounds: usize) -> Vec<Cell> {
    for _ in 0..rounds {
        sites = sites.iter().map(|site| middle(&cell_of(shape, *site, &sites))).collect();
    }
    sites.iter().map(|site| cell_of(shape, *site, &sites)).collect()
}

/// The part of the shape that is nearer to this site than to any other.
fn cell_of(shape: &[Point], site: Point, sites: &[Point]) -> Cell {
    sites.iter().filter(|other| **other != site).fold(shape.to_vec(), |cell, other| {
        // Positive on the far side of the bisector.
        let beyond = |p: Point| {
            (p.x - (site.x + other.x) / 2.0) * (other.x - site.x) + (p.y - (site.y + other.y) / 2.0) * (other.y - site.y)
        };
        cut(&cell, beyond)
    })
}

/// Sutherland and Hodgman: keeps what is not beyond the line.
fn cut(cell: &[Point], beyond: impl Fn(Point) -> f64) -> Cell {
    let mut kept = Cell::new();
    for (a, b) in edges(cell) {
        let (da, db) = (beyond(a), beyond(b));
        if da <= 0.0 {
            kept.push(a);
        }
        if (da < 0.0 && db > 0.0) || (da > 0.0 && db < 0.0) {
            kept.push(along(a, b, da / (da - db)));
        }
    }
    kept
}

fn edges(cell: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    cell.iter().copied().zip(cell.iter().cycle().skip(1).copied())
}

fn along(a: Point, b: Point, t: f64) -> Point {
    Point { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t }
}

fn middle(cell: &[Point]) -> Point {
    let (mut x, mut y, mut doubled) = (0.0, 0.0, 0.0);
    for (a, b) in edges(cell) {
        let cross = a.x * b.y - b.x * a.y;
        x += (a.x + b.x) * cross;
        y += (a.y + b.y) * cross;
        doubled += cross;
    }
    Point { x: x / (3.0 * doubled), y: y / (3.0 * doubled) }
}

/// A point of the cell, drawn evenly from the cell shrunk towards its middle.
fn inside(cell: &[Point], dice: &Dice, shrink: f64) -> Point {
    let centre = middle(cell);
    let area = |a: Point, b: Point| ((a.x - centre.x) * (b.y - centre.y) - (b.x - centre.x) * (a.y - centre.y)).abs();
    let mut rest = dice.unit() * edges(cell).map(|(a, b)| area(a, b)).sum::<f64>();
    let mut chosen = (centre, centre);
    for (a, b) in edges(cell) {
        chosen = (a, b);
        rest -= area(a, b);
        if rest <= 0.0 {
            break;
        }
    }
    // The square root spreads the points evenly over the triangle instead of crowding them at its tip.
    let (out, across) = (dice.unit().sqrt() * shrink, dice.unit());
    along(centre, along(chosen.0, chosen.1, across), out)
}

/// The cell with extra points where its edges cross the lines of a fixed lattice. Two cells that share a piece of an edge get
/// the same points on it, however far each of their edges reaches.
fn dense(cell: &[Point]) -> Cell {
    let mut points = Cell::new();
    for (a, b) in edges(cell) {
        points.push(a);
        let mut crossings: Vec<f64> = (-20..=20)
            .map(|line| f64::from(line) * STEP)
            .flat_map(|at| [(at - a.x) / (b.x - a.x), (at - a.y) / (b.y - a.y)])
            .filter(|t| *t > 1e-6 && *t < 1.0 - 1e-6)
            .collect();
        crossings.sort_by(f64::total_cmp);
        points.extend(crossings.into_iter().map(|t| along(a, b, t)));
    }
    points
}

/// Two shears, then onto the map.
fn bend(p: Point) -> (f64, f64) {
    let x = p.x + 0.075 * (3.1 * p.y + 0.4).sin() + 0.030 * (8.3 * p.y).sin() + 0.010 * (19.0 * p.y + 1.0).sin();
    let y = p.y + 0.085 * (2.7 * x + 1.9).sin() + 0.028 * (7.1 * x + 0.8).sin() + 0.010 * (21.0 * x).sin();
    (MIDDLE.0 + EXTENT.0 * x, MIDDLE.1 + EXTENT.1 * y)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of a cut cover the shape: their areas add up to its own.
    #[test]
    fn a_cut_loses_nothing() {
        let area = |cell: &[Point]| edges(cell).map(|(a, b)| a.x * b.y - b.x * a.y).sum::<f64>() / 2.0;
        let dice = Dice::new(7, "ground");
        let shape = outline(&dice);
        let sites = (0..12).map(|_| inside(&shape, &dice, 1.0)).collect();
        let cells = relaxed(&shape, sites, 3);
        let parts: f64 = cells.iter().map(|c| area(c)).sum();
        assert!(cells.iter().all(|c| area(c) > 0.0));
        assert!((parts - area(&shape)).abs() < 1e-9, "{parts}");
    }
}
