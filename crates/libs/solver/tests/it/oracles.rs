//! Solvers that others wrote (`oracles.py`): HiGHS and networkx, when `LINLI_BENCH_HIGHS` names a Python that has both.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::networks::{network, solved};
use crate::reference::Arcs;

const PROGRAM: &str = include_str!("../oracles.py");
const NETWORKS: usize = 1_000;

/// The same numbers every time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % u64::try_from(bound).unwrap()).unwrap()
    }

    fn index(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(i64::try_from(bound).unwrap())).unwrap()
    }
}

/// Between 2 and 41 nodes, up to four arcs for each, in three tiers; some have no flow.
fn made(numbers: &mut Numbers) -> (Vec<i64>, Arcs<3>) {
    let nodes = 2 + numbers.index(40);
    let mut supplies: Vec<i64> = (1..nodes).map(|_| numbers.below(41) - 20).collect();
    supplies.push(-supplies.iter().sum::<i64>());
    let many = nodes * (1 + numbers.index(4));
    let arcs = (0..many).map(|_| {
        let ends = (numbers.index(nodes), numbers.index(nodes));
        (ends.0, ends.1, numbers.below(80), [numbers.below(3), numbers.below(40), numbers.below(1_000)])
    });
    let arcs = arcs.collect();
    (supplies, arcs)
}

#[test]
fn as_cheap_as_highs_and_networkx_say() {
    let Some(python) = std::env::var_os("LINLI_BENCH_HIGHS") else {
        eprintln!("not done: LINLI_BENCH_HIGHS does not name a Python that has highspy and networkx");
        return;
    };
    let (mut text, mut ours, numbers) = (String::new(), Vec::new(), &mut Numbers(2023));
    for _ in 0..NETWORKS {
        let (supplies, arcs) = made(numbers);
        writeln!(text, "p {} {} 3", supplies.len(), arcs.len()).unwrap();
        writeln!(text, "{}", supplies.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")).unwrap();
        for (from, to, capacity, [a, b, c]) in &arcs {
            writeln!(text, "{from} {to} {capacity} {a} {b} {c}").unwrap();
        }
        let total = solved(&network(&supplies, &arcs).0).map(|solution| solution.total.0.map(|tier| tier.to_string()).join(","));
        ours.push(total.unwrap_or_else(|| "none".to_owned()));
    }
    let mut child =
        Command::new(python).arg("-c").arg(PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a Python");
    let mut input = child.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let said = child.wait_with_output().unwrap();
    feeding.join().unwrap().unwrap();
    assert!(said.status.success());
    let said = String::from_utf8(said.stdout).unwrap();
    let said: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("= ")).collect();
    assert_eq!(said.len(), NETWORKS);
    for (number, (line, ours)) in said.iter().zip(&ours).enumerate() {
        let theirs: Vec<&str> = line.split(' ').take(2).collect();
        assert_eq!(theirs, [ours, ours], "network {number}: HiGHS and networkx");
    }
    let without = ours.iter().filter(|one| *one == "none").count();
    assert!(without > 50 && without < NETWORKS - 50, "{without} without a flow: both kinds are among them");
}
