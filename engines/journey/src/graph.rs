//! The graph of lots: what went into goods, what was made of them, what they were packed in, and which orders they left in.
//!
//! Reading order: [`Link`] (one thing an event says), [`Builder`] and [`Graph`] (links as compact arrays), [`Graph::reach`]
//! (the question), [`reach`] (the same from texts).
//!
//! **What is followed.** Goods are *affected* from a moment on; a container or an order is a *carrier* while affected goods
//! are in it. Forward, in time:
//! - a transformation that consumes affected goods, or a carrier while it carries, makes its outputs affected;
//! - what affected goods are put in becomes a carrier for as long as they are in it, and so does what that is put in;
//! - what is in an affected container (one that a trace begins at, or that came out of a transformation) is affected;
//! - the units of an affected lot are affected.
//!
//! A carrier does not make its other contents affected: goods on one pallet do not spoil each other. Backward is the mirror
//! image: time runs the other way, outputs lead to inputs, units to their lot, an affected container to what is in it.
//!
//! **Time.** Being inside lasts from the adding to the deleting event, both included. A deletion without an addition says
//! that it was inside before; an addition without a deletion lasts. A second addition or deletion changes nothing. Where
//! records contradict each other (one unit in two containers), all of it is followed: a recall would rather tell one too many.
//!
//! Invariants:
//! - Cycles end: a node is affected once, from its earliest moment; carrying times of a node are followed once each.
//! - The result equals a naive fixpoint over all nodes and moments (a property test holds it).
//! - No more nodes than the limit are reached; a result that was cut says so.
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

mod build;
#[cfg(test)]
mod tests;

pub use build::{Builder, Graph};

/// A node: a unit, a lot (class), a container, an order.
pub type NodeId = u32;
/// Which event said it: the caller's own numbering.
pub type EventNumber = u32;

/// Before everything that is recorded.
pub const BEGINNING: i64 = i64::MIN + 1;
/// After everything that is recorded.
pub const END: i64 = i64::MAX;

/// What an event says about things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `from` were consumed, `to` came out.
    Transformation,
    /// `from` (children) were put into `to` (the parent). An observation of children in a parent counts as this. Associations
    /// (a part in a device) are told the same way.
    Into,
    /// `from` (children; none: all) were taken out of `to` (the parent).
    OutOf,
    /// `from` left in the order `to`.
    Sale,
    /// `from` (none: all) came back from the order `to`.
    Return,
    /// `from` is a lot, `to` are units of it.
    Member,
}

/// One thing that one event says, as texts. `at` is in any unit, the same for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which event.
    pub event: EventNumber,
    /// What it says.
    pub kind: Kind,
    /// See [`Kind`].
    pub from: Vec<String>,
    /// See [`Kind`].
    pub to: Vec<String>,
    /// When it happened.
    pub at: i64,
    /// Declared wrong since: it is not followed.
    pub declared_wrong: bool,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To sources.
    Backward,
    /// To what was made of it, and to orders.
    Forward,
}

/// Where a trace begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The node.
    pub node: NodeId,
    /// Forward: affected from here on ([`BEGINNING`] where not known). Backward: what it was made of until here ([`END`]).
    pub at: i64,
}

/// How a node is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It is the goods.
    Affected,
    /// It held the goods.
    Carrier,
}

/// Why a node was reached: from which node, by which event. `None` as event: by being a unit of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via {
    /// From where.
    pub node: NodeId,
    /// By what.
    pub event: Option<EventNumber>,
}

/// A node that was reached. One that is affected and also carried is given once, as affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// Which.
    pub node: NodeId,
    /// How.
    pub role: Role,
    /// From when on.
    pub since: i64,
    /// Until when: [`END`] where it lasts (an order whose goods came back ends; goods do not).
    pub until: i64,
    /// Why; `None` where the trace begins.
    pub via: Option<Via>,
}

/// What was reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Sorted by node.
    pub nodes: Vec<Reached>,
    /// More than the limit: this is a part.
    pub cut: bool,
}

/// Carrying times of a node, disjoint and sorted, with why the first came.
#[derive(Default)]
struct Carried {
    times: Vec<(i64, i64)>,
    via: Option<Via>,
}

/// A step still to be made, in the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// From this moment on, this node is affected.
    Affected(i64, NodeId),
    /// In this time, this node carries.
    Carrier(i64, i64, NodeId),
}

impl Step {
    const fn moment(&self) -> i64 {
        match self {
            Step::Affected(since, _) | Step::Carrier(since, ..) => *since,
        }
    }
}

/// A step with its moment in front, so that the heap gives the earliest.
type Queued = Reverse<(i64, Step)>;

struct Walk<'a> {
    graph: &'a Graph,
    direction: Direction,
    nodes_max: usize,
    /// Earliest moment per node, mirrored where backward; END where not affected.
    since: Vec<i64>,
    via: HashMap<NodeId, Via>,
    carried: HashMap<NodeId, Carried>,
    affected: Vec<NodeId>,
    queue: BinaryHeap<Queued>,
    cut: bool,
}

impl Graph {
    /// Everything that is reached from `starts`, at most `nodes_max` nodes. Unknown nodes are refused by the type: they come
    /// from this graph's builder; a number beyond its nodes is left aside.
    pub fn reach(&self, starts: &[Start], direction: Direction, nodes_max: usize) -> Reach {
        let mut walk = Walk {
            graph: self,
            direction,
            nodes_max,
            since: vec![END; self.node_count()],
            via: HashMap::new(),
            carried: HashMap::new(),
            affected: Vec::new(),
            queue: BinaryHeap::new(),
            cut: false,
        };
        for start in starts.iter().filter(|start| (start.node as usize) < self.node_count()) {
            walk.affect(start.node, walk.mirror(start.at), None);
        }
        while let Some(Reverse((_, step))) = walk.queue.pop() {
            match step {
                Step::Affected(since, node) if walk.since[node as usize] == since => walk.spread(node, since),
                Step::Affected(..) => {}
                Step::Carrier(from, until, node) => walk.carry_on(node, from, until),
            }
        }
        walk.result()
    }
}

impl Walk<'_> {
    /// Time runs the other way when going backward.
    const fn mirror(&self, at: i64) -> i64 {
        match self.direction {
            Direction::Forward => at,
            // BEGINNING is MIN + 1, so that the mirror image of both ends exists.
            Direction::Backward => at.saturating_neg(),
        }
    }

    const fn mirrored(&self, from: i64, until: i64) -> (i64, i64) {
        match self.direction {
            Direction::Forward => (from, until),
            Direction::Backward => (until.saturating_neg(), from.saturating_neg()),
        }
    }

    fn room(&mut self) -> bool {
        if self.affected.len() + self.carried.len() < self.nodes_max {
            return true;
        }
        self.cut = true;
        false
    }

    fn affect(&mut self, node: NodeId, since: i64, via: Option<Via>) {
        let known = self.since[node as usize];
        // END in mirrored time means "not yet": a start there is moved a tick before it.
        let since = since.clamp(BEGINNING, END - 1);
        if known <= since || (known == END && !self.room()) {
            return;
        }
        if known == END {
            self.affected.push(node);
        }
        self.since[node as usize] = since;
        match via {
            Some(via) => {
                self.via.insert(node, via);
            }
            None => {
                self.via.remove(&node);
            }
        }
        let step = Step::Affected(since, node);
        self.queue.push(Reverse((step.moment(), step)));
    }

    /// Follows what of this time is not followed yet.
    fn carry(&mut self, node: NodeId, from: i64, until: i64, via: Via) {
        if from > until || (!self.carried.contains_key(&node) && !self.room()) {
            return;
        }
        let carried = self.carried.entry(node).or_default();
        if carried.via.is_none() {
            carried.via = Some(via);
        }
        for (from, until) in add_time(&mut carried.times, from, until) {
            let step = Step::Carrier(from, until, node);
            self.queue.push(Reverse((step.moment(), step)));
        }
    }

    fn spread(&mut self, node: NodeId, since: i64) {
        let graph = self.graph;
        self.transform(node, since, END);
        self.put_in(node, since, END);
        for episode in graph.contents(node) {
            let (from, until) = self.mirrored(episode.from, episode.until);
            if until >= since {
                let via = Via { node, event: Some(episode.event) };
                self.affect(episode.child, from.max(since), Some(via));
            }
        }
        match self.direction {
            Direction::Forward => {
                for units in graph.units_of(node) {
                    for unit in units {
                        self.affect(unit, since, Some(Via { node, event: None }));
                    }
                }
            }
            Direction::Backward => {
                for lot in graph.lots_of(node) {
                    self.affect(lot, since, Some(Via { node, event: None }));
                }
            }
        }
    }

    fn carry_on(&mut self, node: NodeId, from: i64, until: i64) {
        self.transform(node, from, until);
        self.put_in(node, from, until);
    }

    /// Transformations that take `node` within the time.
    fn transform(&mut self, node: NodeId, from: i64, until: i64) {
        let graph = self.graph;
        let backward = self.direction == Direction::Backward;
        for number in graph.transformations(node, backward) {
            let at = self.mirror(graph.transformed_at(*number));
            if (from..=until).contains(&at) {
                let via = Via { node, event: Some(graph.transformation_event(*number)) };
                for other in graph.transformed(*number, backward) {
                    self.affect(*other, at, Some(via));
                }
            }
        }
    }

    /// What `node` is in within the time.
    fn put_in(&mut self, node: NodeId, from: i64, until: i64) {
        let graph = self.graph;
        for episode in graph.containers(node) {
            let (begins, ends) = self.mirrored(episode.from, episode.until);
            let via = Via { node, event: Some(episode.event) };
            self.carry(episode.parent, begins.max(from), ends.min(until), via);
        }
    }

    fn result(mut self) -> Reach {
        let mut nodes = Vec::with_capacity(self.affected.len() + self.carried.len());
        for node in std::mem::take(&mut self.affected) {
            let (since, until) = self.mirrored(self.since[node as usize], END);
            nodes.push(Reached { node, role: Role::Affected, since, until, via: self.via.get(&node).copied() });
        }
        for (node, carried) in std::mem::take(&mut self.carried) {
            let (Some(first), Some(last)) = (carried.times.first(), carried.times.last()) else { continue };
            if self.since[node as usize] == END {
                let (since, until) = self.mirrored(first.0, last.1);
                nodes.push(Reached { node, role: Role::Carrier, since, until, via: carried.via });
            }
        }
        nodes.sort_unstable_by_key(|reached| reached.node);
        Reach { nodes, cut: self.cut }
    }
}

/// Adds a closed interval to disjoint sorted ones; gives the parts that were not covered yet.
fn add_time(times: &mut Vec<(i64, i64)>, from: i64, until: i64) -> Vec<(i64, i64)> {
    let first = times.partition_point(|(_, ends)| *ends < from.saturating_sub(1));
    let last = first + times[first..].partition_point(|(begins, _)| *begins <= until.saturating_add(1));
    let mut fresh = Vec::new();
    let mut open = Some(from);
    for (begins, ends) in &times[first..last] {
        if let Some(at) = open
            && at < *begins
        {
            fresh.push((at, *begins - 1));
        }
        open = open.and_then(|at| ends.checked_add(1).map(|next| next.max(at)));
    }
    if let Some(at) = open.filter(|at| *at <= until) {
        fresh.push((at, until));
    }
    let merged = times[first..last]
        .iter()
        .fold((from, until), |(from, until), (begins, ends)| (from.min(*begins), until.max(*ends)));
    times.splice(first..last, [merged]);
    fresh
}

/// Traces from texts: builds the graph of `links`, begins at `starts` (each with [`Start::at`] of its own), and names what
/// was reached. Ids that no link names are reached too: they begin and end the trace.
pub fn reach(
    starts: &[(String, i64)],
    direction: Direction,
    links: &[Link],
    nodes_max: usize,
) -> (Vec<(String, Reached)>, Graph, bool) {
    let mut builder = Builder::default();
    let begin: Vec<Start> = starts.iter().map(|(id, at)| Start { node: builder.node(id), at: *at }).collect();
    for link in links.iter().filter(|link| !link.declared_wrong) {
        builder.link(link);
    }
    let graph = builder.build();
    let reach = graph.reach(&begin, direction, nodes_max);
    let named = reach
        .nodes
        .into_iter()
        .map(|reached| (graph.name(reached.node).unwrap_or_default().to_owned(), reached))
        .collect();
    (named, graph, reach.cut)
}

/// Consecutive nodes.
pub type Nodes = Range<NodeId>;
