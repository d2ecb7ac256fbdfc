//! Another way of asking what hides what: rays in space against the triangles of walls.

use linli_sun::{Block, Spot};

type V = [f64; 3];

fn minus(a: V, b: V) -> V {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn cross(a: V, b: V) -> V {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: V, b: V) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Möller and Trumbore 1997.
fn hits(from: V, along: V, [a, b, c]: [V; 3]) -> bool {
    let (one, two) = (minus(b, a), minus(c, a));
    let across = cross(along, two);
    let volume = dot(one, across);
    if volume.abs() < 1e-12 {
        return false;
    }
    let way = minus(from, a);
    let u = dot(way, across) / volume;
    let q = cross(way, one);
    let v = dot(along, q) / volume;
    u >= 0.0 && v >= 0.0 && u + v <= 1.0 && dot(two, q) / volume > 0.0
}

/// Whether a ray from outside all blocks, rising and not from below any of them, meets a wall.
pub fn hidden(from: Spot, height: f64, altitude_deg: f64, azimuth_deg: f64, blocks: &[Block]) -> bool {
    let (sin, cos) = altitude_deg.to_radians().sin_cos();
    let (east, north) = azimuth_deg.to_radians().sin_cos();
    let along = [east * cos, north * cos, sin];
    blocks.iter().any(|block| {
        let corners = block.outline();
        let (bottom, top) = block.heights();
        (0..corners.len()).any(|n| {
            let (a, b) = (corners[n], corners[(n + 1) % corners.len()]);
            let (low_a, low_b) = ([a.x, a.y, bottom], [b.x, b.y, bottom]);
            let (high_a, high_b) = ([a.x, a.y, top], [b.x, b.y, top]);
            let start = [from.x, from.y, height];
            hits(start, along, [low_a, low_b, high_b]) || hits(start, along, [low_a, high_b, high_a])
        })
    })
}
