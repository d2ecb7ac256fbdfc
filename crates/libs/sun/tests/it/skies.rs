//! The vertical sky component.

use linli_sun::{Block, Plan, UNOBSTRUCTED_SKY, Window};
use proptest::prelude::*;

use crate::reference;
use crate::shadows::{at, box_of, house, south_window};

fn sky(around: Vec<Block>, window: Window) -> f64 {
    Plan::new(house(), around, vec![], vec![window]).unwrap().sky()[0].before
}

/// BRE 209: "almost 40 %" free, 27 % when everything in front stands 25° high.
#[test]
fn the_figures_of_bre_209() {
    assert!((UNOBSTRUCTED_SKY - 0.396_2).abs() < 0.000_05);
    assert!((sky(vec![], south_window(0.9)) - UNOBSTRUCTED_SKY).abs() < 1e-9);
    let height = 25.0_f64.to_radians().tan() * 19.98 + 0.9;
    let wall = vec![box_of(-20_000.0, -30.0, 20_000.0, -20.0, height)];
    assert!((sky(wall, south_window(0.9)) - 0.27).abs() < 0.005);
}

/// A wall beside the window, out and up without end, hides half of the sky; one behind it nothing.
#[test]
fn half_of_the_sky() {
    let wing = vec![box_of(0.0, -10_000.0, 9.0, 0.0, 1e7)];
    let window = Window { middle: at(-0.001, 0.0), ..south_window(0.9) };
    assert!((sky(wing, window) - UNOBSTRUCTED_SKY / 2.0).abs() < 0.001);
    assert!((sky(vec![box_of(-50.0, 20.0, 50.0, 30.0, 100.0)], south_window(0.9)) - UNOBSTRUCTED_SKY).abs() < 1e-9);
}

/// A slab overhead, endless to both sides, hides the zenith and not the horizon. By hand, straight ahead: from 5.1 m over 0.98 m (79°) down
/// to 5 m over its far edge.
#[test]
fn a_slab_overhead_hides_the_zenith() {
    let roof = |south: f64| vec![Block::rectangle(at(-20_000.0, south), at(20_000.0, -1.0), 5.9, 6.0).unwrap()];
    let (near, far) = (sky(roof(-3.0), south_window(0.9)), sky(roof(-300.0), south_window(0.9)));
    assert!(far < near && near < UNOBSTRUCTED_SKY);
    // Of the far one remains the sky below 1° and above 79°.
    assert!(far < 0.02, "{far}");
}

/// The same light, by adding up small pieces of the sky, each asked for by a ray against triangles.
fn by_pieces(around: &[Block], window: &Window) -> f64 {
    let (step, mut light, mut ground) = (1.0_f64, 0.0, 0.0);
    for altitude in (0..90).map(|n| f64::from(n) + 0.5) {
        let (sin, cos) = altitude.to_radians().sin_cos();
        let piece = (1.0 + 2.0 * sin) / 3.0 * cos * step.to_radians().powi(2);
        ground += 360.0 / step * piece * sin;
        for aside in (-90..90).map(|n| f64::from(n) + 0.5) {
            let from = at(window.middle.x, window.middle.y - 0.02);
            if !reference::hidden(from, window.sill_m, altitude, window.facing_deg + aside, around) {
                light += piece * cos * aside.to_radians().cos();
            }
        }
    }
    light / ground
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn as_the_sum_of_small_pieces(
        sizes in prop::collection::vec((-30.0..25.0_f64, -40.0..-8.0_f64, 3.0..20.0_f64, 2.0..6.0_f64, 2.0..40.0_f64), 0..4),
        sill in 0.0..17.0_f64
    ) {
        let around: Vec<Block> =
            sizes.into_iter().map(|(x, y, wide, deep, top)| box_of(x, y - deep, x + wide, y, top)).collect();
        let window = south_window(sill);
        let (ours, theirs) = (sky(around.clone(), window), by_pieces(&around, &window));
        prop_assert!((ours - theirs).abs() < 0.003, "{ours} {theirs}");
    }
}
