//! The light of an overcast sky.
//!
//! At altitude θ the overcast sky of the CIE is (1 + 2 sin θ) / 3 as bright as overhead. A vertical window receives from a strip of sky of
//! azimuth α from its normal ∫ (1 + 2 sin θ)/3 · cos θ · cos α · cos θ dθ dα; open ground receives 2π · 7/18 from all of it.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::block::direction;
use crate::{Block, Spot};

/// The share of a window with nothing in front of it: (π/12 + 2/9) · 2 / (2π · 7/18), a little less than 40 %.
pub const UNOBSTRUCTED_SKY: f64 = (PI / 12.0 + 2.0 / 9.0) * 2.0 / GROUND;
/// What open ground receives, with the brightness overhead as 1.
const GROUND: f64 = 2.0 * PI * 7.0 / 18.0;
/// Into how many strips the half of the sky before a window is cut.
const STRIPS: u32 = 360;

/// The vertical sky component of a point of a wall: before, and with further blocks.
pub(crate) fn sky(at: Spot, height: f64, facing_deg: f64, blocks: &[&[Block]], added: &[Block]) -> (f64, f64) {
    let width = PI / f64::from(STRIPS);
    let (mut before, mut after) = (0.0, 0.0);
    let (mut hidden, mut scratch) = (Vec::new(), Vec::new());
    for strip in 0..STRIPS {
        let from = f64::from(strip) * width - FRAC_PI_2;
        // The cosine of the incidence, summed over the strip exactly.
        let weight = (from + width).sin() - from.sin();
        let ray = direction(facing_deg + (from + width / 2.0).to_degrees());
        hidden.clear();
        blocks.iter().copied().flatten().for_each(|block| hide(block, at, height, ray, &mut hidden, &mut scratch));
        before += weight * visible(&mut hidden);
        added.iter().for_each(|block| hide(block, at, height, ray, &mut hidden, &mut scratch));
        after += weight * visible(&mut hidden);
    }
    (before / GROUND, after / GROUND)
}

/// Adds the altitudes (radians, above the horizon) that a block hides in a direction.
fn hide(block: &Block, at: Spot, height: f64, ray: (f64, f64), hidden: &mut Vec<(f64, f64)>, scratch: &mut Vec<f64>) {
    block.passages(at, ray, scratch);
    let (bottom, top) = block.heights();
    for [enter, leave] in scratch.as_chunks::<2>().0 {
        // The upper edge is nearest where the line enters, the lower one farthest where it leaves.
        let upper = (top - height).atan2(*enter);
        let lower = if bottom > height { (bottom - height).atan2(*leave) } else { 0.0 };
        if upper > lower {
            hidden.push((lower, upper));
        }
    }
}

/// The light of a strip without its hidden altitudes.
fn visible(hidden: &mut [(f64, f64)]) -> f64 {
    hidden.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut light, mut reached) = (0.0, 0.0);
    for (lower, upper) in hidden.iter() {
        if *lower > reached {
            light += light_until(*lower) - light_until(reached);
        }
        reached = reached.max(*upper);
    }
    light + light_until(FRAC_PI_2) - light_until(reached.min(FRAC_PI_2))
}

/// ∫ (1 + 2 sin θ)/3 · cos² θ dθ.
fn light_until(altitude: f64) -> f64 {
    (altitude / 2.0 + (2.0 * altitude).sin() / 4.0) / 3.0 - 2.0 / 9.0 * altitude.cos().powi(3)
}
