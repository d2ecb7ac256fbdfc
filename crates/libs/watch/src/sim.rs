//! The watch against a model, on a disk that breaks, with clocks that jump, from a seed.

mod chance;
mod cuts;
mod disk;
mod erasure;
mod model;
mod world;

use world::World;

/// Persons of one world.
const PERSONS: u32 = 125;
/// Days of one world.
const DAYS: u32 = 80;

/// 100,000 person-days; ten times that with `LINLI_FULL=1`. `WATCH_SEED` tells where to begin.
#[test]
fn no_acknowledged_sign_is_lost_and_no_alarm_is_missing_extra_or_twice() {
    let worlds = if std::env::var_os("LINLI_FULL").is_some() { 100 } else { 10 };
    let first = std::env::var("WATCH_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_221_207);
    let mut sums = world::Sums::default();
    for seed in first..first + worlds {
        println!("seed {seed}");
        let mut world = World::new(seed, PERSONS);
        (0..DAYS * 144).for_each(|_| world.ten_minutes());
        sums += world.end();
    }
    let days = u64::from(PERSONS * DAYS) * worlds;
    println!("{sums:?}");
    // The figures of the watch that are made here and nowhere else. Any violation ends the test before this.
    println!(
        "{{\"bench\":\"watch\",\"figure\":\"simulated_person_days\",\"value\":{days},\"unit\":\"\",\"beside\":{{\"first_seed\":{first}}}}}"
    );
    println!("{{\"bench\":\"watch\",\"figure\":\"violations\",\"value\":0,\"unit\":\"\",\"beside\":{{}}}}");
    for (what, times) in sums.named() {
        assert!(times >= worlds, "{what} hardly ever happened: {times}");
    }
}
