//! The primal network simplex: a spanning tree carries the flow, and one arc after the other is exchanged while that makes it
//! cheaper.

#![expect(
    clippy::indexing_slicing,
    reason = "nodes and arcs are numbers that the network made and checked; every list here is as long as there are nodes or arcs"
)]

use crate::{Arc, Cost, Shortage};

/// Where an arc outside the tree stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Full,
    InTree,
    /// It takes nothing, and stays outside: in the tree it would let nothing through to the root.
    Shut,
}

/// What the search for the next arc looks at, and nothing else, so that much of it fits into the cache.
struct Way<const T: usize> {
    from: usize,
    to: usize,
    cost: Cost<T>,
    state: State,
}

/// What an arc takes and carries.
struct Load {
    capacity: i64,
    flow: i64,
}

/// A node as a part of the tree. The root is its own parent and has no arc.
#[derive(Clone)]
struct Twig {
    parent: usize,
    /// The arc between it and its parent.
    arc: usize,
    /// Whether that arc leads to the parent.
    up: bool,
    depth: usize,
    first_child: Option<usize>,
    next: Option<usize>,
    before: Option<usize>,
}

/// What was found.
pub(crate) enum Found {
    /// The cheapest flow, with the tree that proves it.
    Cheapest(Tree),
    /// There is none.
    Impossible(Shortage),
}

/// A flow and a spanning tree all of whose arcs cost nothing by the potentials that prove the flow.
pub(crate) struct Tree {
    pub(crate) flows: Vec<i64>,
    /// From the root down: a node comes after the one above it.
    pub(crate) branches: Vec<Branch>,
}

/// A node of the tree with what leads to the one above it.
pub(crate) struct Branch {
    pub(crate) node: usize,
    /// `None` for the root beside the network.
    pub(crate) parent: Option<usize>,
    /// `None` for an arc beside the network.
    pub(crate) arc: Option<usize>,
    /// Whether the arc leads to the parent.
    pub(crate) up: bool,
}

/// The cheapest flow through these arcs. `price` is more than any two ways can differ by.
pub(crate) fn cheapest<const T: usize>(supplies: &[i64], arcs: &[Arc<T>], price: Cost<T>) -> Found {
    Simplex::new(supplies, arcs, price).run()
}

struct Simplex<const T: usize> {
    /// The arcs of the network in the order in which they are looked at, then the artificial ones, one for each node.
    ways: Vec<Way<T>>,
    loads: Vec<Load>,
    /// Which arc of the network each of the first ones is.
    order: Vec<usize>,
    /// Where the search for the next arc goes on.
    next: usize,
    /// How many arcs are looked at before the best of them is taken.
    block: usize,
    twigs: Vec<Twig>,
    potentials: Vec<Cost<T>>,
    /// Nodes still to be visited; kept to save its memory.
    stack: Vec<usize>,
}

impl<const T: usize> Simplex<T> {
    /// Begins with everything going through a root beside the network, over arcs that are dearer than any way without them: no
    /// reduced cost reaches that price in the first tier, so nothing is cheaper than getting rid of them.
    fn new(supplies: &[i64], arcs: &[Arc<T>], price: Cost<T>) -> Self {
        let (root, real) = (supplies.len(), arcs.len());
        let block = real.isqrt().max(16);
        // Arcs that stand together mostly begin at the same node. The best of a block is better when they come from everywhere.
        let order: Vec<usize> = (0..block).flat_map(|first| (first..real).step_by(block)).collect();
        let arcs = order.iter().map(|number| &arcs[*number]);
        let state = |capacity| if capacity == 0 { State::Shut } else { State::Empty };
        let mut ways: Vec<Way<T>> =
            arcs.clone().map(|arc| Way { from: arc.from.0, to: arc.to.0, cost: arc.cost, state: state(arc.capacity) }).collect();
        let mut loads: Vec<Load> = arcs.map(|arc| Load { capacity: arc.capacity, flow: 0 }).collect();
        let lone = Twig { parent: root, arc: usize::MAX, up: false, depth: 0, first_child: None, next: None, before: None };
        let mut twigs = vec![lone; root + 1];
        let mut potentials = vec![Cost::ZERO; root + 1];
        for (node, supply) in supplies.iter().enumerate() {
            // From every node of this tree something can be sent to the root: that is what keeps the method from going in circles.
            let up = *supply >= 0;
            let (from, to) = if up { (node, root) } else { (root, node) };
            ways.push(Way { from, to, cost: price, state: State::InTree });
            loads.push(Load { capacity: i64::MAX, flow: supply.abs() });
            twigs[node] = Twig { arc: real + node, up, depth: 1, ..twigs[node].clone() };
            potentials[node] = if up { -price } else { price };
        }
        let mut simplex = Self { ways, loads, order, next: 0, block, twigs, potentials, stack: Vec::new() };
        (0..root).for_each(|node| simplex.attach(node, root));
        simplex
    }

    fn run(mut self) -> Found {
        while let Some(entering) = self.entering() {
            self.exchange(entering);
        }
        let units = self.over_root().map(|(_, flow)| flow).sum();
        if units > 0 { Found::Impossible(Shortage { inside: self.stuck(), units }) } else { Found::Cheapest(self.tree()) }
    }

    /// What a unit more on an arc costs, if the tree carries it back.
    fn reduced(&self, way: &Way<T>) -> Cost<T> {
        way.cost + self.potentials[way.from] - self.potentials[way.to]
    }

    /// The best of some arcs that make the flow cheaper: of the first block in which there is one. Artificial arcs never come back.
    fn entering(&mut self) -> Option<usize> {
        let real = self.order.len();
        let (mut best, mut saved) = (None, Cost::ZERO);
        for looked in 1..=real {
            let arc = self.next;
            self.next = if arc + 1 == real { 0 } else { arc + 1 };
            let way = &self.ways[arc];
            let saves = match way.state {
                State::Empty => -self.reduced(way),
                State::Full => self.reduced(way),
                State::InTree | State::Shut => Cost::ZERO,
            };
            if saves > saved {
                (best, saved) = (Some(arc), saves);
            }
            if looked % self.block == 0 && best.is_some() {
                break;
            }
        }
        best
    }

    /// Sends as much as possible around the circle that an arc closes, and takes out of the tree what stops it.
    fn exchange(&mut self, entering: usize) {
        let way = &self.ways[entering];
        let fills = way.state == State::Empty;
        let (tail, head) = if fills { (way.from, way.to) } else { (way.to, way.from) };
        let join = self.join(tail, head);
        // Of several arcs that stop it, it must be the last on the way around from the join: the tree stays one from whose every node
        // something can be sent to the root (Ahuja, Magnanti, Orlin, section 11.6).
        let (mut units, mut leaving) = (self.loads[entering].capacity, None);
        for node in self.upwards(tail, join) {
            let room = self.room(node, !self.twigs[node].up);
            if room < units {
                (units, leaving) = (room, Some((node, tail)));
            }
        }
        for node in self.upwards(head, join) {
            let room = self.room(node, self.twigs[node].up);
            if room <= units {
                (units, leaving) = (room, Some((node, head)));
            }
        }
        if units > 0 {
            self.loads[entering].flow += if fills { units } else { -units };
            self.send(tail, join, false, units);
            self.send(head, join, true, units);
        }
        match leaving {
            None => self.ways[entering].state = if fills { State::Full } else { State::Empty },
            Some((cut, inner)) => {
                let out = self.twigs[cut].arc;
                self.ways[out].state = if self.loads[out].flow == 0 { State::Empty } else { State::Full };
                self.ways[entering].state = State::InTree;
                self.graft(cut, inner, if inner == tail { head } else { tail }, entering);
            }
        }
    }

    /// How much more the arc above a node takes, along its direction or against it.
    fn room(&self, node: usize, along: bool) -> i64 {
        let load = &self.loads[self.twigs[node].arc];
        if along { load.capacity - load.flow } else { load.flow }
    }

    /// Sends units between a node and one above it, upwards or downwards.
    fn send(&mut self, from: usize, until: usize, upwards: bool, units: i64) {
        let mut node = from;
        while node != until {
            let twig = &self.twigs[node];
            self.loads[twig.arc].flow += if twig.up == upwards { units } else { -units };
            node = twig.parent;
        }
    }

    fn upwards(&self, from: usize, until: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(from), |node| Some(self.twigs[*node].parent)).take_while(move |node| *node != until)
    }

    /// The lowest node above both.
    fn join(&self, mut a: usize, mut b: usize) -> usize {
        while a != b {
            if self.twigs[a].depth >= self.twigs[b].depth {
                a = self.twigs[a].parent;
            } else {
                b = self.twigs[b].parent;
            }
        }
        a
    }

    /// Hangs the branch that was cut above `cut` anew: by its node `inner`, over the arc `entering`, under `outer`.
    fn graft(&mut self, cut: usize, inner: usize, outer: usize, entering: usize) {
        let (mut node, mut parent, mut arc, mut up) = (inner, outer, entering, self.ways[entering].from == inner);
        loop {
            let old = (self.twigs[node].parent, self.twigs[node].arc, self.twigs[node].up);
            self.detach(node);
            (self.twigs[node].parent, self.twigs[node].arc, self.twigs[node].up) = (parent, arc, up);
            self.attach(node, parent);
            if node == cut {
                break;
            }
            (parent, node, arc, up) = (node, old.0, old.1, !old.2);
        }
        // The arc above `inner` must cost nothing any more; the whole branch moves with it.
        let reduced = self.reduced(&self.ways[entering]);
        let shift = if self.twigs[inner].up { -reduced } else { reduced };
        let mut stack = std::mem::take(&mut self.stack);
        stack.push(inner);
        while let Some(node) = stack.pop() {
            let depth = self.twigs[self.twigs[node].parent].depth + 1;
            let twig = &mut self.twigs[node];
            twig.depth = depth;
            self.potentials[node] += shift;
            let mut child = twig.first_child;
            while let Some(node) = child {
                stack.push(node);
                child = self.twigs[node].next;
            }
        }
        self.stack = stack;
    }

    fn attach(&mut self, node: usize, parent: usize) {
        let next = self.twigs[parent].first_child.replace(node);
        (self.twigs[node].before, self.twigs[node].next) = (None, next);
        if let Some(next) = next {
            self.twigs[next].before = Some(node);
        }
    }

    fn detach(&mut self, node: usize) {
        let Twig { parent, before, next, .. } = self.twigs[node];
        match before {
            Some(before) => self.twigs[before].next = next,
            None => self.twigs[parent].first_child = next,
        }
        if let Some(next) = next {
            self.twigs[next].before = before;
        }
    }

    /// The flow, and the tree that proves it, from the root down.
    fn tree(&self) -> Tree {
        let (root, real) = (self.twigs.len() - 1, self.order.len());
        let mut flows = vec![0; real];
        for (number, load) in self.order.iter().zip(&self.loads) {
            flows[*number] = load.flow;
        }
        let mut branches = Vec::with_capacity(root);
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            let mut child = self.twigs[node].first_child;
            while let Some(below) = child {
                let twig = &self.twigs[below];
                let arc = (twig.arc < real).then(|| self.order[twig.arc]);
                branches.push(Branch { node: below, parent: (node != root).then_some(node), arc, up: twig.up });
                stack.push(below);
                child = twig.next;
            }
        }
        Tree { flows, branches }
    }

    /// What still goes from a node to the root.
    fn over_root(&self) -> impl Iterator<Item = (usize, i64)> {
        let root = self.twigs.len() - 1;
        let artificial = self.ways.iter().zip(&self.loads).skip(self.order.len());
        artificial.filter(move |(way, load)| way.to == root && load.flow > 0).map(|(way, load)| (way.from, load.flow))
    }

    /// The nodes to which what is stuck could be sent: no arc that leaves them takes any more, none that enters them takes any.
    fn stuck(&self) -> Vec<bool> {
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); self.twigs.len() - 1];
        for (way, load) in self.ways.iter().zip(&self.loads).take(self.order.len()) {
            if load.flow < load.capacity {
                beside[way.from].push(way.to);
            }
            if load.flow > 0 {
                beside[way.to].push(way.from);
            }
        }
        let mut inside = vec![false; beside.len()];
        let mut stack: Vec<usize> = self.over_root().map(|(node, _)| node).collect();
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut inside[node], true) {
                stack.extend(&beside[node]);
            }
        }
        inside
    }
}
