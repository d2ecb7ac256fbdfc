//! Solves a minimum-cost flow in the DIMACS format (`p min`, `n`, `a` lines; lower bounds must be zero): prints the cost, or says that
//! there is no flow, after the certificate was checked. `mincost FILE`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "it prints what it found and stops at the first surprise")]

use std::time::Instant;

use linli_solver::{Answer, Cost, Network, NodeId, check_impossible, check_optimal};

fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let mut supplies: Vec<i64> = Vec::new();
    let mut arcs = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["p", "min", nodes, _] => supplies = vec![0; nodes.parse().unwrap()],
            ["n", node, supply] => *supplies.get_mut(node.parse::<usize>().unwrap() - 1).unwrap() = supply.parse().unwrap(),
            ["a", from, to, "0", capacity, cost] => {
                let node = |text: &str| text.parse::<usize>().unwrap() - 1;
                arcs.push((node(from), node(to), capacity.parse::<i64>().unwrap(), cost.parse::<i64>().unwrap()));
            }
            [] | ["c", ..] => {}
            _ => panic!("not understood: {line}"),
        }
    }
    let mut network = Network::<1>::new();
    let nodes: Vec<NodeId> = supplies.into_iter().map(|supply| network.node(supply)).collect();
    for (from, to, capacity, cost) in arcs {
        network.arc(*nodes.get(from).unwrap(), *nodes.get(to).unwrap(), capacity, Cost([cost])).unwrap();
    }
    let started = Instant::now();
    let answer = network.solve().unwrap();
    let took = started.elapsed().as_secs_f64() * 1e3;
    match answer {
        Answer::Optimal(solution) => {
            check_optimal(&network, &solution).unwrap();
            println!("{} {took:.2} ms", solution.total.0.first().unwrap());
        }
        Answer::Impossible(shortage) => {
            check_impossible(&network, &shortage).unwrap();
            println!("impossible {took:.2} ms");
        }
    }
}
