//! What cannot be built is refused.

use linli_sun::{Block, Counting, Plan, Sampling, Spot, SunError, Window};

use crate::shadows::{at, box_of, counting, house, south_window};

#[test]
fn outlines_that_enclose_nothing() {
    let bow = vec![at(0.0, 0.0), at(4.0, 4.0), at(4.0, 0.0), at(0.0, 4.0)];
    let line = vec![at(0.0, 0.0), at(4.0, 0.0), at(8.0, 0.0)];
    let odd = vec![at(0.0, 0.0), at(4.0, 0.0), at(f64::NAN, 4.0)];
    for outline in [vec![], vec![at(0.0, 0.0), at(1.0, 0.0), at(0.0, 0.0)], bow, line, odd] {
        assert_eq!(Block::new(outline, 0.0, 3.0), Err(SunError::Outline));
    }
    let square = || vec![at(0.0, 0.0), at(4.0, 0.0), at(4.0, 4.0), at(0.0, 4.0), at(0.0, 0.0)];
    for (bottom, top) in [(0.0, 0.0), (3.0, 2.0), (-1.0, 3.0), (0.0, f64::NAN), (f64::NAN, 3.0), (0.0, f64::INFINITY)] {
        assert_eq!(Block::new(square(), bottom, top), Err(SunError::Height));
    }
    let block = Block::new(square(), 0.0, 3.0).unwrap();
    assert_eq!((block.outline().len(), block.area_m2()), (4, 16.0));
}

#[test]
fn a_building_without_windows() {
    assert_eq!(Plan::new(house(), vec![], vec![], vec![]), Err(SunError::NoWindows));
}

#[test]
fn windows_that_are_not_in_an_outer_wall() {
    let plan = |window| Plan::new(house(), vec![], vec![], vec![south_window(0.9), window]);
    for window in [
        Window { width_m: 0.0, ..south_window(0.9) },
        Window { sill_m: -0.1, ..south_window(0.9) },
        Window { facing_deg: f64::NAN, ..south_window(0.9) },
        Window { middle: at(f64::INFINITY, 0.0), ..south_window(0.9) },
    ] {
        assert_eq!(plan(window), Err(SunError::Window { window: 1 }));
    }
    for window in [Window { middle: at(0.0, 6.0), ..south_window(0.9) }, Window { facing_deg: 0.0, ..south_window(0.9) }] {
        assert_eq!(plan(window), Err(SunError::WindowInside { window: 1 }));
    }
    assert!(plan(Window { sill_m: 18.5, middle: at(0.0, 6.0), ..south_window(0.9) }).is_ok(), "on the roof");
}

#[test]
fn a_shaft_may_touch_the_building_and_not_reach_into_it() {
    let plan = |shaft: Block| Plan::new(house(), vec![], vec![shaft], vec![south_window(0.9)]);
    for shaft in [
        box_of(2.0, -2.0, 4.0, 0.0, 20.0),
        box_of(2.0, -2.0, 4.0, 0.01, 20.0),
        box_of(-10.0, -2.0, 10.0, 0.0, 20.0),
        box_of(2.0, -4.0, 4.0, -2.0, 20.0),
        box_of(10.0, 3.0, 12.0, 5.0, 20.0),
        Block::rectangle(at(2.0, 2.0), at(4.0, 4.0), 18.0, 22.0).unwrap(),
    ] {
        assert!(plan(shaft.clone()).is_ok(), "{shaft:?}");
    }
    for shaft in [
        box_of(2.0, -2.0, 4.0, 0.5, 20.0),
        box_of(2.0, 2.0, 4.0, 4.0, 20.0),
        box_of(-10.0, 0.0, 10.0, 12.0, 20.0),
        box_of(-12.0, 3.0, 12.0, 5.0, 20.0),
        box_of(-12.0, 3.0, 60.0, 5.0, 20.0),
        box_of(-20.0, -20.0, 20.0, 20.0, 20.0),
    ] {
        assert_eq!(plan(shaft), Err(SunError::ShaftInside));
    }
    let neighbour = vec![box_of(20.0, 0.0, 30.0, 10.0, 9.0)];
    let plan = Plan::new(house(), neighbour, vec![box_of(22.0, -1.0, 24.0, 1.0, 9.0)], vec![south_window(0.9)]);
    assert_eq!(plan, Err(SunError::ShaftInside), "nor into the next building");
}

#[test]
fn a_window_behind_its_shaft_has_nothing() {
    let shaft = vec![box_of(-1.5, -2.0, 1.5, 0.0, 20.0)];
    let plan = Plan::new(house(), vec![], shaft, vec![south_window(0.9)]).unwrap();
    assert!(plan.sky()[0].after.abs() < 1e-9);
    assert_eq!(plan.sunlight(32.04, -20.283, &counting(8, 16)).unwrap()[0].after.counted_s(), 0);
}

#[test]
fn ways_of_counting_that_make_no_sense() {
    let plan = Plan::new(house(), vec![], vec![], vec![south_window(0.9)]).unwrap();
    let right = counting(8, 16);
    for wrong in [
        Counting { open_s: 57_600, ..right },
        Counting { close_s: 90_000, ..right },
        Counting { step_s: 0, ..right },
        Counting { step_s: 61, ..right },
        Counting { grazing_deg: 90.0, ..right },
        Counting { grazing_deg: -1.0, ..right },
        Counting { grazing_deg: f64::NAN, ..right },
        Counting { sampling: Sampling::WholeSill { spacing_m: 0.0 }, ..right },
        Counting { sampling: Sampling::WholeSill { spacing_m: f64::NAN }, ..right },
    ] {
        assert_eq!(plan.sunlight(32.04, -20.283, &wrong), Err(SunError::Counting), "{wrong:?}");
    }
    assert_eq!(plan.sunlight(132.04, -20.283, &right), Err(SunError::Place));
    assert_eq!(plan.sunlight(32.04, -30.0, &right), Err(SunError::Place));
}

/// A step that does not divide the hours, finer or coarser: the same sun to a step.
#[test]
fn the_step_matters_little() {
    let shaft = vec![box_of(3.0, -3.0, 5.0, 0.0, 21.0)];
    let plan = Plan::new(house(), vec![], shaft, vec![south_window(0.9)]).unwrap();
    let seconds = |step_s| plan.sunlight(32.04, -20.283, &Counting { step_s, ..counting(8, 16) }).unwrap()[0].after.counted_s();
    let exact = seconds(1);
    for step in [7, 30, 59, 60] {
        assert!(seconds(step).abs_diff(exact) <= step, "{step}");
    }
    let spot: Spot = plan.windows()[0].middle;
    assert_eq!(spot, at(0.0, 0.0));
}
