//! Minutes of sun.

use linli_sun::{
    BeforeAfter, Block, Counting, GREAT_COLD_DECLINATION_DEG, Plan, Sampling, Sight, Spell, Spot, Sunlight,
    WINTER_SOLSTICE_DECLINATION_DEG, Window,
};
use proptest::prelude::*;

use crate::reference;

const NANJING: f64 = 32.04;

pub fn at(x: f64, y: f64) -> Spot {
    Spot { x, y }
}

pub fn box_of(west: f64, south: f64, east: f64, north: f64, top: f64) -> Block {
    Block::rectangle(at(west, south), at(east, north), 0.0, top).unwrap()
}

pub fn counting(open_h: u32, close_h: u32) -> Counting {
    Counting {
        open_s: open_h * 3600,
        close_s: close_h * 3600,
        step_s: 60,
        shortest_spell_s: 0,
        grazing_deg: 0.0,
        sampling: Sampling::Middle,
    }
}

/// A window in the middle of the south wall of a house from x −10 to 10, y 0 to 12.
pub fn south_window(sill_m: f64) -> Window {
    Window { middle: at(0.0, 0.0), width_m: 1.5, sill_m, facing_deg: 180.0 }
}

pub fn house() -> Vec<Block> {
    vec![box_of(-10.0, 0.0, 10.0, 12.0, 18.0)]
}

fn one(around: Vec<Block>, shaft: Vec<Block>, window: Window, declination: f64, counting: &Counting) -> BeforeAfter<Sunlight> {
    Plan::new(house(), around, shaft, vec![window]).unwrap().sunlight(NANJING, declination, counting).unwrap().remove(0)
}

#[test]
fn a_free_south_window_has_the_sun_all_the_time() {
    let sun = one(vec![], vec![], south_window(0.9), GREAT_COLD_DECLINATION_DEG, &counting(8, 16)).before;
    assert_eq!(sun.spells, [Spell { from_s: 28_800, until_s: 57_600 }]);
    assert_eq!((sun.counted_min(), sun.left_out_s), (480, 0));
    let north = Window { middle: at(0.0, 12.0), facing_deg: 0.0, ..south_window(0.9) };
    assert_eq!(one(vec![], vec![], north, GREAT_COLD_DECLINATION_DEG, &counting(8, 16)).before, Sunlight::default());
    // An east wall has it until noon exactly.
    let east = Window { middle: at(10.0, 6.0), facing_deg: 90.0, ..south_window(0.9) };
    let sun = one(vec![], vec![], east, GREAT_COLD_DECLINATION_DEG, &counting(8, 16)).before;
    assert_eq!(sun.spells, [Spell { from_s: 28_800, until_s: 43_200 }]);
}

/// A long wall to the south, 20 m away and 18 m high, before a sill of 0.9 m: by hand, the sun is over it while
/// tan h > 17.1/20 × cos of its angle from south, the distance along the ray being 20 m / that cosine.
#[test]
fn a_long_wall_by_hand() {
    let wall = vec![box_of(-5000.0, -30.0, 5000.0, -20.0, 18.0)];
    for (declination, open, close) in [(GREAT_COLD_DECLINATION_DEG, 8, 16), (WINTER_SOLSTICE_DECLINATION_DEG, 9, 15)] {
        let by_hand = (open * 60..close * 60).filter(|minute| {
            let sun = Sight::on_day(NANJING, declination, f64::from(*minute) * 60.0 + 30.0).unwrap();
            let from_south = (sun.azimuth_deg - 180.0).to_radians();
            sun.altitude_deg.to_radians().tan() > (18.0 - 0.9) / (20.0 - 0.02) * from_south.cos()
        });
        let sun = one(wall.clone(), vec![], south_window(0.9), declination, &counting(open, close)).before;
        assert_eq!(sun.counted_s() / 60, u32::try_from(by_hand.count()).unwrap());
    }
    // On the solstice 17.1 m at 20 m are higher than the sun at noon (34.51°, tangent 0.688).
    assert_eq!(one(wall, vec![], south_window(0.9), WINTER_SOLSTICE_DECLINATION_DEG, &counting(9, 15)).before.counted_s(), 0);
}

/// A shaft 2 m wide, 1.5 m deep, beginning 3 m east of the middle of the window: by hand it hides the sun while its azimuth lies
/// between the directions to the corners that stand out.
#[test]
fn a_shaft_by_hand() {
    let shaft = vec![box_of(3.0, -1.5, 5.0, 0.0, 21.0)];
    let both = one(vec![], shaft, south_window(0.9), GREAT_COLD_DECLINATION_DEG, &counting(8, 16));
    assert_eq!(both.before.counted_min(), 480);
    // The outermost direction is that to the near corner (3, −1.5), seen from 0.02 m before the wall.
    let edge = 90.0 + (1.48_f64 / 3.0).atan().to_degrees();
    let hidden = (480..960).filter(|minute| {
        let sun = Sight::on_day(NANJING, GREAT_COLD_DECLINATION_DEG, f64::from(*minute) * 60.0 + 30.0).unwrap();
        sun.azimuth_deg < edge
    });
    assert_eq!(both.after.counted_s() / 60, 480 - u32::try_from(hidden.count()).unwrap());
    // At 8:00 the sun stands at 123.7°, past the edge of 116.3°: on that day this shaft takes nothing.
    assert_eq!(both.after, both.before);
    // Twice as deep it does: the edge is at 134.8°.
    let deep =
        one(vec![], vec![box_of(3.0, -3.0, 5.0, 0.0, 21.0)], south_window(0.9), GREAT_COLD_DECLINATION_DEG, &counting(8, 16));
    let edge = 90.0 + (2.98_f64 / 3.0).atan().to_degrees();
    let first = (480..960).find(|minute| {
        Sight::on_day(NANJING, GREAT_COLD_DECLINATION_DEG, f64::from(*minute) * 60.0 + 30.0).unwrap().azimuth_deg > edge
    });
    assert_eq!(deep.after.spells, [Spell { from_s: first.unwrap() * 60, until_s: 57_600 }]);
    assert!((530..560).contains(&first.unwrap()), "about ten to nine");
}

#[test]
fn a_bridge_lets_the_sun_through_under_it() {
    let bridge = vec![Block::rectangle(at(-5.0, -2.0), at(5.0, -1.0), 6.0, 8.0).unwrap()];
    let noon = Counting { open_s: 43_200, close_s: 43_260, ..counting(8, 16) };
    let lit =
        |sill: f64| one(vec![], bridge.clone(), south_window(sill), GREAT_COLD_DECLINATION_DEG, &noon).after.counted_s() > 0;
    // The sun at 37.68° rises 0.772 m each metre. It passes over the bridge when it is at 8 m where the bridge begins, 0.98 m away, and
    // under it when it is at 6 m where the bridge ends, 1.98 m away.
    assert_eq!([lit(4.0), lit(4.4), lit(4.5), lit(7.2), lit(7.3)], [true, true, false, false, true]);
}

#[test]
fn short_spells_and_grazing_sun_are_left_out() {
    // Posts before the window cut the day into pieces.
    let posts: Vec<Block> = (-4..5).map(f64::from).map(|n| box_of(n - 0.2, -3.0, n + 0.2, -2.6, 30.0)).collect();
    let all = one(posts.clone(), vec![], south_window(0.9), GREAT_COLD_DECLINATION_DEG, &counting(8, 16)).before;
    assert!(all.spells.len() > 3);
    let longest = all.spells.iter().map(|spell| spell.until_s - spell.from_s).max().unwrap();
    let rule = Counting { shortest_spell_s: longest, ..counting(8, 16) };
    let few = one(posts, vec![], south_window(0.9), GREAT_COLD_DECLINATION_DEG, &rule).before;
    assert!((1..all.spells.len()).contains(&few.spells.len()), "a spell of just that length counts");
    assert!(few.spells.iter().all(|spell| spell.until_s - spell.from_s == longest));
    assert_eq!(few.counted_s() + few.left_out_s, all.counted_s());
    // An east window, 12° to the wall: the sun of the last of the morning grazes.
    let east = Window { middle: at(10.0, 6.0), facing_deg: 90.0, ..south_window(0.9) };
    let rule = Counting { grazing_deg: 12.0, ..counting(8, 16) };
    let sun = one(vec![], vec![], east, GREAT_COLD_DECLINATION_DEG, &rule).before;
    let last = (480..960).take_while(|minute| {
        Sight::on_day(NANJING, GREAT_COLD_DECLINATION_DEG, f64::from(*minute) * 60.0 + 30.0).unwrap().azimuth_deg <= 168.0
    });
    assert_eq!(sun.counted_s() / 60, u32::try_from(last.count()).unwrap());
}

/// A post that hides the middle for some minutes hides some point of the sill for longer.
#[test]
fn the_whole_sill_has_less_sun_than_its_middle() {
    let post = vec![box_of(-0.2, -3.0, 0.2, -2.6, 30.0)];
    let minutes = |sampling| {
        let rule = Counting { sampling, ..counting(8, 16) };
        one(post.clone(), vec![], south_window(0.9), GREAT_COLD_DECLINATION_DEG, &rule).before.counted_s()
    };
    let (middle, whole) = (minutes(Sampling::Middle), minutes(Sampling::WholeSill { spacing_m: 0.3 }));
    assert!(whole + 1800 < middle, "{whole} {middle}");
    assert!(minutes(Sampling::WholeSill { spacing_m: 0.1 }) <= whole);
}

/// The pieces of a noon shadow reach as far north as the height says.
#[test]
fn a_shadow_is_as_long_as_its_height_says() {
    let tower = box_of(0.0, 0.0, 4.0, 4.0, 10.0);
    let noon = Sight::on_day(NANJING, GREAT_COLD_DECLINATION_DEG, 43_200.0).unwrap();
    let pieces = tower.shadow(noon);
    assert_eq!(pieces.len(), 6);
    let north = pieces.iter().flatten().map(|spot| spot.y).fold(f64::MIN, f64::max);
    assert!((north - (4.0 + 12.95)).abs() < 0.01, "{north}");
    assert!(pieces.iter().flatten().all(|spot| (-1e-9..=4.0 + 1e-9).contains(&spot.x)), "straight to the north");
    assert!(tower.shadow(Sight { altitude_deg: -1.0, azimuth_deg: 90.0 }).is_empty());
    let bridge = Block::rectangle(at(0.0, 0.0), at(4.0, 1.0), 10.0, 11.0).unwrap();
    let south = bridge.shadow(noon).iter().flatten().map(|spot| spot.y).fold(f64::MAX, f64::min);
    assert!((south - 12.95).abs() < 0.01, "the shadow of a bridge does not begin under it: {south}");
}

fn some_blocks() -> impl Strategy<Value = Vec<Block>> {
    let corner = (-40.0..40.0_f64, -60.0..-4.0_f64, 2.0..25.0_f64, 2.0..15.0_f64, 1.0..50.0_f64, 0..2_u8);
    prop::collection::vec(corner, 0..5).prop_map(|corners| {
        let block = |(x, y, wide, deep, top, kind): (f64, f64, f64, f64, f64, u8)| {
            let south = y - deep;
            let outline = if kind == 0 {
                vec![at(x, south), at(x + wide, south), at(x + wide, y), at(x, y)]
            } else {
                // An L.
                vec![
                    at(x, south),
                    at(x + wide, south),
                    at(x + wide, south + deep / 3.0),
                    at(x + wide / 3.0, south + deep / 3.0),
                    at(x + wide / 3.0, y),
                    at(x, y),
                ]
            };
            Block::new(outline, 0.0, top).unwrap()
        };
        corners.into_iter().map(block).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Minute for minute what rays against triangles say, but for minutes in which an edge passes.
    #[test]
    fn as_rays_against_triangles_say(around in some_blocks(), x in -9.0..9.0_f64, sill in 0.0..17.0_f64) {
        let window = Window { middle: at(x, 0.0), ..south_window(sill) };
        let sun = one(around.clone(), vec![], window, GREAT_COLD_DECLINATION_DEG, &counting(8, 16)).before;
        let lit = |second: u32| sun.spells.iter().any(|spell| (spell.from_s..spell.until_s).contains(&second));
        let hidden = |second: f64| {
            let sight = Sight::on_day(NANJING, GREAT_COLD_DECLINATION_DEG, second).unwrap();
            reference::hidden(at(x, -0.02), sill, sight.altitude_deg, sight.azimuth_deg, &around)
        };
        let mut compared = 0;
        for minute in 480..960_u32 {
            let middle = f64::from(minute) * 60.0 + 30.0;
            let now = hidden(middle);
            if hidden(middle - 2.0) == now && hidden(middle + 2.0) == now {
                prop_assert_eq!(lit(minute * 60), !now, "minute {}", minute);
                compared += 1;
            }
        }
        prop_assert!(compared > 400, "{compared}");
    }

    #[test]
    fn a_shaft_never_brings_sun_or_sky(around in some_blocks(), west in 1.0..6.0_f64, deep in 1.0..3.0_f64, sill in 0.0..17.0_f64) {
        let shaft = vec![box_of(west, -deep, west + 2.0, 0.0, 20.0)];
        let plan = Plan::new(house(), around, shaft, vec![south_window(sill)]).unwrap();
        let sun = &plan.sunlight(NANJING, WINTER_SOLSTICE_DECLINATION_DEG, &counting(9, 15)).unwrap()[0];
        prop_assert!(sun.after.counted_s() <= sun.before.counted_s());
        let sky = plan.sky()[0];
        prop_assert!(0.0 <= sky.after && sky.after <= sky.before && sky.before <= 0.396_3);
    }

    /// What stands in the east at nine stands in the west at three.
    #[test]
    fn the_mirror_image_has_the_mirrored_sun(west in 1.0..8.0_f64, deep in 1.0..6.0_f64, sill in 0.0..17.0_f64) {
        let with = |shaft| one(vec![], vec![shaft], south_window(sill), GREAT_COLD_DECLINATION_DEG, &counting(8, 16)).after;
        let (right, left) = (with(box_of(west, -deep, west + 2.0, 0.0, 15.0)), with(box_of(-west - 2.0, -deep, -west, 0.0, 15.0)));
        let mirrored: Vec<Spell> =
            left.spells.iter().rev().map(|s| Spell { from_s: 86_400 - s.until_s, until_s: 86_400 - s.from_s }).collect();
        prop_assert_eq!(right.spells, mirrored);
    }
}
