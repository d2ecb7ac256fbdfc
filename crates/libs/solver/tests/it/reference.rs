//! Two other ways to the cheapest cost, slow and plain.

/// Arcs as numbers: from, to, capacity, cost in tiers.
pub type Arcs<const T: usize> = Vec<(usize, usize, i64, [i64; T])>;

/// The cheapest cost by trying every flow; `None` when there is none.
pub fn by_trying<const T: usize>(supplies: &[i64], arcs: &Arcs<T>) -> Option<[i128; T]> {
    fn go<const T: usize>(
        left: &mut [i64],
        arcs: &[(usize, usize, i64, [i64; T])],
        cost: [i128; T],
        best: &mut Option<[i128; T]>,
    ) {
        let Some(((from, to, capacity, price), rest)) = arcs.split_first() else {
            if left.iter().all(|left| *left == 0) && best.is_none_or(|best| cost < best) {
                *best = Some(cost);
            }
            return;
        };
        for units in 0..=*capacity {
            left[*from] -= units;
            left[*to] += units;
            let dearer = std::array::from_fn(|tier| cost[tier] + i128::from(units) * i128::from(price[tier]));
            go(left, rest, dearer, best);
            left[*from] += units;
            left[*to] -= units;
        }
    }
    let mut best = None;
    go(&mut supplies.to_vec(), arcs, [0; T], &mut best);
    best
}

/// The cheapest cost by shortest paths one after the other (Bellman and Ford); costs must not be below zero.
pub fn by_paths(supplies: &[i64], arcs: &Arcs<1>) -> Option<i128> {
    let (source, sink) = (supplies.len(), supplies.len() + 1);
    // Each arc and, right after it, its way back.
    let mut steps: Vec<(usize, usize, i64, i128)> = Vec::new();
    let mut add = |from, to, capacity, cost: i64| {
        steps.push((from, to, capacity, i128::from(cost)));
        steps.push((to, from, 0, -i128::from(cost)));
    };
    arcs.iter().for_each(|(from, to, capacity, [cost])| add(*from, *to, *capacity, *cost));
    for (node, supply) in supplies.iter().enumerate() {
        if *supply > 0 { add(source, node, *supply, 0) } else { add(node, sink, -*supply, 0) }
    }
    let (mut sent, mut total) = (0, 0_i128);
    loop {
        let mut far: Vec<Option<(i128, usize)>> = vec![None; sink + 1];
        far[source] = Some((0, usize::MAX));
        for _ in 0..=sink {
            for (number, (from, to, room, cost)) in steps.iter().enumerate() {
                if let (Some((so_far, _)), true) = (far[*from], *room > 0)
                    && far[*to].is_none_or(|(known, _)| so_far + cost < known)
                {
                    far[*to] = Some((so_far + cost, number));
                }
            }
        }
        let Some((length, _)) = far[sink] else { break };
        let mut way = Vec::new();
        let mut node = sink;
        while node != source {
            way.push(far[node].unwrap().1);
            node = steps[*way.last().unwrap()].0;
        }
        let units = way.iter().map(|step| steps[*step].2).min().unwrap();
        for step in way {
            steps[step].2 -= units;
            steps[step ^ 1].2 += units;
        }
        sent += units;
        total += i128::from(units) * length;
    }
    (sent == supplies.iter().filter(|supply| **supply > 0).sum::<i64>()).then_some(total)
}
