//! Measures the plan of a city: 303 hospitals, 1,500 waiting. Once as a flow between hospitals (132 with too many, 163 with room, an arc
//! between any two: 21,516), once patient by patient with step-downs. `city [FILE]` also writes the first as DIMACS.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "it prints what it measured and stops at the first surprise")]

use std::fmt::Write as _;
use std::time::Instant;

use linli_solver::{Answer, Assignment, Cost, Network, NodeId, Outcome, check_optimal};

/// The same numbers every time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % bound).unwrap()
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    *times.get(times.len() / 2).unwrap()
}

fn timed<R>(mut work: impl FnMut() -> R) -> (f64, R) {
    let times = (0..51).map(|_| {
        let started = Instant::now();
        let result = work();
        (started.elapsed().as_secs_f64() * 1e3, result)
    });
    let (times, mut results): (Vec<f64>, Vec<R>) = times.unzip();
    (median(times), results.pop().unwrap())
}

/// 303 places on a square of 60 km; minutes between two at 30 km/h and ten for getting in and out.
fn city(numbers: &mut Numbers) -> Vec<(i64, i64)> {
    (0..303).map(|_| (numbers.below(60_000), numbers.below(60_000))).collect()
}

fn minutes(a: (i64, i64), b: (i64, i64)) -> i64 {
    10 + ((a.0 - b.0).abs() + (a.1 - b.1).abs()) / 500
}

fn main() {
    let numbers = &mut Numbers(2023);
    let places = city(numbers);
    let (senders, takers) = places.split_at(132);
    let takers = takers.get(..163).unwrap();

    let mut network = Network::<1>::new();
    let mut surplus = vec![1_i64; senders.len()];
    (0..1500 - 132).for_each(|_| *surplus.get_mut(usize::try_from(numbers.below(132)).unwrap()).unwrap() += 1);
    let sending: Vec<NodeId> = surplus.iter().map(|units| network.node(*units)).collect();
    let taking: Vec<NodeId> = takers.iter().map(|_| network.node(0)).collect();
    let end = network.node(-1500);
    for (from, a) in sending.iter().zip(senders) {
        for (to, b) in taking.iter().zip(takers) {
            network.arc(*from, *to, 1500, Cost([minutes(*a, *b)])).unwrap();
        }
    }
    println!("{} hospitals, {} arcs between them", places.len(), network.arcs().len());
    for node in &taking {
        network.arc(*node, end, 5 + numbers.below(11), Cost([0])).unwrap();
    }
    let (took, answer) = timed(|| network.solve().unwrap());
    let Answer::Optimal(solution) = answer else { panic!("there is room for all") };
    check_optimal(&network, &solution).unwrap();
    println!("between hospitals: cost {}, median {took:.2} ms", solution.total.0.first().unwrap());
    if let Some(file) = std::env::args().nth(1) {
        let mut text = format!("p min {} {}\n", network.supplies().len(), network.arcs().len());
        let number = |node: NodeId| sending.iter().chain(&taking).chain([&end]).position(|known| *known == node).unwrap() + 1;
        for (node, supply) in network.supplies().iter().enumerate() {
            writeln!(text, "n {} {supply}", node + 1).unwrap();
        }
        for arc in network.arcs() {
            let [cost] = arc.cost.0;
            writeln!(text, "a {} {} 0 {} {cost}", number(arc.from), number(arc.to), arc.capacity).unwrap();
        }
        std::fs::write(file, text).unwrap();
    }

    // Patient by patient: tiers are critical ones who wait, others who wait, minutes; twenty nearest intensive units each; ten may step
    // down from each unit to a ward nearby.
    let mut plan = Assignment::<3>::default();
    let units: Vec<_> = places.iter().map(|_| plan.place(numbers.below(4)).unwrap()).collect();
    let wards: Vec<_> = places.iter().map(|_| plan.place(numbers.below(6)).unwrap()).collect();
    let nearest = |at: (i64, i64), many: usize| {
        let mut all: Vec<(i64, usize)> = places.iter().enumerate().map(|(n, place)| (minutes(at, *place), n)).collect();
        all.sort_unstable();
        all.truncate(many);
        all
    };
    for (unit, at) in units.iter().zip(&places) {
        for (far, ward) in nearest(*at, 10) {
            let leaver = plan.leaver(*unit).unwrap();
            plan.movement(leaver, *wards.get(ward).unwrap(), Cost([0, 0, 60 + far])).unwrap();
        }
    }
    for _ in 0..1500 {
        let at = (numbers.below(60_000), numbers.below(60_000));
        let severity = if numbers.below(4) == 0 { Cost([1, 0, 0]) } else { Cost([0, 1, 0]) };
        let item = plan.crowd(None).unwrap();
        plan.item(item, severity).unwrap();
        for (far, unit) in nearest(at, 20) {
            plan.option(item, *units.get(unit).unwrap(), Cost([0, 0, far])).unwrap();
        }
    }
    let (took, assigned) = timed(|| plan.solve().unwrap());
    check_optimal(plan.network(), &assigned.solution).unwrap();
    let placed = assigned.outcomes.iter().filter(|outcome| !matches!(outcome, Outcome::Stays)).count();
    let arcs = plan.network().arcs().len();
    println!(
        "patient by patient: {arcs} arcs, {placed} of 1500 placed, cost {:?}, median {took:.2} ms",
        assigned.solution.total.0
    );
    let refusals = plan.refusals(&assigned);
    let options = assigned.outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Placed { option, .. } => Some(*option),
        Outcome::Stays => None,
    });
    let options: Vec<_> = options.take(50).collect();
    let started = Instant::now();
    options.iter().for_each(|option| assert!(refusals.cost(*option).is_some()));
    println!(
        "what refusing one costs: {:.2} ms each",
        started.elapsed().as_secs_f64() * 1e3 / f64::from(u32::try_from(options.len()).unwrap())
    );
}
