//! Measures one stairwell: 60 windows, Great Cold and the winter solstice, each minute, before and after a shaft, and the sky of each.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "it prints what it measured and stops at the first surprise")]

use std::time::Instant;

use linli_sun::{Block, Counting, GREAT_COLD_DECLINATION_DEG, Plan, Sampling, Spot, WINTER_SOLSTICE_DECLINATION_DEG, Window};

fn main() {
    let at = |x: f64, y: f64| Spot { x, y };
    let slab =
        |west: f64, south: f64, top: f64| Block::rectangle(at(west, south), at(west + 48.0, south + 12.0), 0.0, top).unwrap();
    // The stair core stands out to the south; the windows lie beside it, ten on each of six floors.
    let outline = vec![
        at(0.0, 0.0),
        at(21.0, 0.0),
        at(21.0, -1.2),
        at(27.0, -1.2),
        at(27.0, 0.0),
        at(48.0, 0.0),
        at(48.0, 12.0),
        at(0.0, 12.0),
    ];
    let building = vec![Block::new(outline, 0.0, 18.0).unwrap()];
    let around = vec![
        slab(-2.0, -34.0, 18.0),
        slab(50.0, -34.0, 18.0),
        slab(-60.0, -34.0, 18.0),
        slab(55.0, 0.0, 18.0),
        slab(-60.0, 0.0, 30.0),
        slab(0.0, -70.0, 54.0),
    ];
    let shaft = vec![
        Block::rectangle(at(22.8, -5.2), at(25.2, -2.7), 0.0, 20.5).unwrap(),
        Block::rectangle(at(23.2, -2.7), at(24.8, -1.2), 2.6, 18.0).unwrap(),
    ];
    let windows = (0..6_i32).flat_map(|floor| {
        [2.0, 6.0, 10.0, 14.0, 18.0, 30.0, 34.0, 38.0, 42.0, 46.0].map(|x| Window {
            middle: at(x, 0.0),
            width_m: 1.5,
            sill_m: 0.9 + 3.0 * f64::from(floor),
            facing_deg: 180.0,
        })
    });
    let plan = Plan::new(building, around, shaft, windows.collect()).unwrap();
    for (name, sampling) in [("middle", Sampling::Middle), ("whole sill", Sampling::WholeSill { spacing_m: 0.5 })] {
        let cold = Counting { open_s: 28_800, close_s: 57_600, step_s: 60, shortest_spell_s: 300, grazing_deg: 12.0, sampling };
        let solstice = Counting { open_s: 32_400, close_s: 54_000, shortest_spell_s: 1_800, ..cold };
        let mut times = Vec::new();
        let mut lost = 0;
        for _ in 0..51 {
            let started = Instant::now();
            let answers = [
                plan.sunlight(32.04, GREAT_COLD_DECLINATION_DEG, &cold).unwrap(),
                plan.sunlight(32.04, WINTER_SOLSTICE_DECLINATION_DEG, &solstice).unwrap(),
            ];
            times.push(started.elapsed().as_secs_f64() * 1e3);
            lost = answers.iter().flatten().map(|sun| sun.before.counted_s().saturating_sub(sun.after.counted_s())).sum();
        }
        times.sort_by(f64::total_cmp);
        let windows = plan.windows().len();
        println!("{windows} windows, {name}: {} minutes lost in all, median {:.2} ms", lost / 60, times.get(25).unwrap());
    }
    let started = Instant::now();
    let sky = plan.sky();
    let worst = sky.iter().map(|sky| sky.after / sky.before).fold(1.0, f64::min);
    println!("sky: at worst {:.1} % of before, {:.2} ms", worst * 100.0, started.elapsed().as_secs_f64() * 1e3);
}
