//! Lifts: how long sun and sky of a stairwell take, and whether shares are exact to the fen.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use linli_kernel::{Area, PlacePath, Ts};
use linli_retrofit::model::{Box3, By, Entry, Fire, Operating, SchemeBody};
use linli_retrofit::rules::light::{self, Column, Drawing};
use linli_retrofit::rules::shares::{self, ShareError, Sharer};
use linli_retrofit::rules::{LightRules, PACKS};
use linli_rulebook::Rulebook;

use super::figure::{median, print};

const ROUNDS: usize = 51;
const SCHEMES: usize = 10_000;

/// The same numbers every time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = (self.0 >> 33) % u64::try_from(bound).unwrap_or(1).max(1);
        i64::try_from(drawn).unwrap_or(0)
    }
}

/// Prints `sun.stairwell_ms`: 60 windows, both days of the shipped rule at its step of a minute, before and after, as the pages ask; the sky of each
/// window is in it. The median of 51.
pub fn sun() -> anyhow::Result<()> {
    let at = Ts::from_local(jiff::civil::date(2026, 11, 24).at(9, 0, 0, 0)).context("no such day")?;
    let rules = Rulebook::builtin(&PACKS)?.get::<LightRules>(light::ID, &PlacePath::root(), at)?;
    let slab = |x: i32, y: i32, h: i32| Box3 { x, y, w: 4_800, d: 1_200, z: 0, h };
    // The stair core stands out to the south; ten windows on each of six floors.
    let drawing = Drawing {
        storey: 300,
        building: vec![slab(0, 0, 1_800), Box3 { x: 2_100, y: -120, w: 600, d: 120, z: 0, h: 1_800 }],
        around: vec![slab(-200, -3_400, 1_800), slab(5_000, -3_400, 1_800), slab(-6_000, -3_400, 1_800), slab(0, -7_000, 5_400)],
        windows: [200, 600, 1_000, 1_400, 1_800, 3_000, 3_400, 3_800, 4_200, 4_600]
            .map(|at| Column { door: 1, wall: 'S', at, width: 150, from: 1, to: 6 })
            .into(),
        ..Drawing::default()
    };
    let shaft = [
        Box3 { x: 2_280, y: -520, w: 240, d: 250, z: 0, h: 2_050 },
        Box3 { x: 2_320, y: -270, w: 160, d: 150, z: 260, h: 1_800 },
    ];
    let (mut times, mut windows, mut lost) = (Vec::new(), 0, 0);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let answer = light::light(&rules.value, &drawing, &shaft)?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        windows = answer.windows.len();
        lost = answer.windows.iter().flat_map(|lit| &lit.sun).map(|(before, after)| before.saturating_sub(*after)).sum();
    }
    ensure!(windows == 60 && lost > 0, "{windows} windows lose {lost} minutes");
    let beside = [("windows", 60.0), ("minutes_lost", f64::from(lost))];
    Ok(print("sun", "stairwell_ms", median(times), "ms", &beside)?)
}

fn draw(numbers: &mut Numbers) -> (SchemeBody, Vec<Sharer>) {
    let (floors, doors) = (4 + numbers.below(15), 1 + numbers.below(4));
    let homes = (1..=floors).flat_map(|floor| (0..doors).map(move |_| floor));
    let homes: Vec<Sharer> = homes.map(|floor| Sharer { floor, area: Some(Area(3_000 + numbers.below(12_000))) }).collect();
    let total = 1 + numbers.below(200_000_000);
    let by = By::ALL.get(usize::try_from(numbers.below(4)).unwrap_or(0)).copied().unwrap_or(By::Area);
    let body = SchemeBody {
        name: String::new(),
        entry: Entry::Level,
        operating: Operating::Owned,
        pipes: Vec::new(),
        fire: Fire::Kept,
        note: String::new(),
        total,
        subsidy: numbers.below(total),
        outside: 0,
        by,
        coefficients: (1..=floors).map(|floor| (floor, numbers.below(3_000))).collect(),
        compensation: vec![(1, numbers.below(3_000_000)), (2, numbers.below(1_000_000))],
        running: numbers.below(2_000_000),
        overhaul: numbers.below(1_000_000),
        ride: 0,
        shaft: Vec::new(),
    };
    (body, homes)
}

/// Prints `shares.inexact`, how many of 10,000 random schemes have shares that miss what is to be raised by a fen or more, and
/// `shares.schemes_10k_ms`, how long all of them take. One run.
pub fn shares() -> anyhow::Result<()> {
    let mut numbers = Numbers(20_230_106);
    let schemes: Vec<_> = (0..SCHEMES).map(|_| draw(&mut numbers)).collect();
    let began = Instant::now();
    let answers: Vec<_> = schemes.iter().map(|(body, homes)| shares::scheme(body, homes)).collect();
    let took = began.elapsed().as_secs_f64() * 1e3;
    let (mut inexact, mut homes, mut refused) = (0_u32, 0_u32, 0_u32);
    for ((body, _), answer) in schemes.iter().zip(&answers) {
        let shared = match answer {
            Ok(shared) => shared,
            // Coefficients that came out as nothing for all.
            Err(ShareError::NoWeight) => {
                refused += 1;
                continue;
            }
            Err(error) => return Err((*error).into()),
        };
        let sum = |of: fn(&shares::Part) -> i64| shared.parts.iter().map(of).sum::<i64>();
        let exact = sum(|part| part.share) == shared.net
            && sum(shares::Part::net) == body.total - body.subsidy - body.outside
            && sum(|part| part.yearly) == body.running + body.overhaul;
        inexact += u32::from(!exact);
        homes += u32::try_from(shared.parts.len())?;
    }
    print("shares", "inexact", f64::from(inexact), "", &[("homes", f64::from(homes)), ("refused", f64::from(refused))])?;
    Ok(print("shares", "schemes_10k_ms", took, "ms", &[("homes", f64::from(homes))])?)
}
