//! Links as compact arrays: numbers instead of texts, neighbours side by side.
use std::collections::HashMap;

use super::{BEGINNING, END, EventNumber, Kind, Link, NodeId, Nodes};

/// A child in a parent for a time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Episode {
    pub child: NodeId,
    pub parent: NodeId,
    pub from: i64,
    pub until: i64,
    pub event: EventNumber,
}

/// One record of putting in or taking out.
#[derive(Debug, Clone, Copy)]
struct Move {
    parent: NodeId,
    /// `None`: all that are in it.
    child: Option<NodeId>,
    at: i64,
    into: bool,
    event: EventNumber,
}

/// Rows of different lengths, one after the other.
#[derive(Debug, Default)]
struct Rows {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Rows {
    /// Groups `values` by row; the order within a row is kept.
    fn grouped(rows: usize, pairs: impl Iterator<Item = (NodeId, u32)> + Clone) -> Self {
        let mut starts = vec![0u32; rows + 1];
        for (row, _) in pairs.clone() {
            starts[row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut values = vec![0; starts[rows] as usize];
        for (row, value) in pairs {
            values[next[row as usize] as usize] = value;
            next[row as usize] += 1;
        }
        Rows { starts, values }
    }

    fn row(&self, row: u32) -> &[u32] {
        match (self.starts.get(row as usize), self.starts.get(row as usize + 1)) {
            (Some(from), Some(until)) => &self.values[*from as usize..*until as usize],
            _ => &[],
        }
    }

    fn push(&mut self, row: impl IntoIterator<Item = u32>) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.values.extend(row);
        self.starts.push(self.values.len() as u32);
    }
}

/// Collects links. Node and event numbers are 32 bits: four thousand million of each.
#[derive(Debug, Default)]
pub struct Builder {
    names: HashMap<String, NodeId>,
    node_count: u32,
    moves: Vec<Move>,
    inputs: Rows,
    outputs: Rows,
    transformed_at: Vec<i64>,
    transformation_event: Vec<EventNumber>,
    members: Vec<(Nodes, NodeId)>,
}

impl Builder {
    /// The number of a named node, new or known.
    pub fn node(&mut self, name: &str) -> NodeId {
        if let Some(node) = self.names.get(name) {
            return *node;
        }
        let node = self.nodes(1).start;
        self.names.insert(name.to_owned(), node);
        node
    }

    /// New nodes without names, side by side: the units of a lot, which need no edge each.
    pub fn nodes(&mut self, count: u32) -> Nodes {
        let start = self.node_count;
        self.node_count += count;
        start..self.node_count
    }

    /// Says that these units are of this lot.
    pub fn member(&mut self, lot: NodeId, units: Nodes) {
        if !units.is_empty() {
            self.members.push((units, lot));
        }
    }

    /// A transformation.
    pub fn transformation(
        &mut self,
        event: EventNumber,
        at: i64,
        inputs: impl IntoIterator<Item = NodeId>,
        outputs: impl IntoIterator<Item = NodeId>,
    ) {
        self.inputs.push(inputs);
        self.outputs.push(outputs);
        self.transformed_at.push(at);
        self.transformation_event.push(event);
    }

    /// Children are put into a parent.
    pub fn put_into(
        &mut self,
        event: EventNumber,
        at: i64,
        parent: NodeId,
        children: impl IntoIterator<Item = NodeId>,
    ) {
        let into = true;
        self.moves.extend(children.into_iter().map(|child| Move { parent, child: Some(child), at, into, event }));
    }

    /// Children are taken out of a parent; none named: all.
    pub fn take_out(
        &mut self,
        event: EventNumber,
        at: i64,
        parent: NodeId,
        children: impl IntoIterator<Item = NodeId>,
    ) {
        let (before, into) = (self.moves.len(), false);
        self.moves.extend(children.into_iter().map(|child| Move { parent, child: Some(child), at, into, event }));
        if self.moves.len() == before {
            self.moves.push(Move { parent, child: None, at, into, event });
        }
    }

    /// A link of texts. A node in both lists of one transformation is consumed and made.
    pub fn link(&mut self, link: &Link) {
        let from: Vec<NodeId> = link.from.iter().map(|id| self.node(id)).collect();
        let to: Vec<NodeId> = link.to.iter().map(|id| self.node(id)).collect();
        match link.kind {
            Kind::Transformation => self.transformation(link.event, link.at, from, to),
            Kind::Into | Kind::Sale => {
                to.into_iter().for_each(|parent| self.put_into(link.event, link.at, parent, from.iter().copied()));
            }
            Kind::OutOf | Kind::Return => {
                to.into_iter().for_each(|parent| self.take_out(link.event, link.at, parent, from.iter().copied()));
            }
            Kind::Member => {
                for lot in from {
                    to.iter().for_each(|unit| self.member(lot, *unit..*unit + 1));
                }
            }
        }
    }

    /// The graph.
    pub fn build(mut self) -> Graph {
        let count = self.node_count as usize;
        let episodes = episodes(std::mem::take(&mut self.moves));
        let numbered = || episodes.iter().zip(0u32..);
        let as_child = Rows::grouped(count, numbered().map(|(episode, number)| (episode.child, number)));
        let as_parent = Rows::grouped(count, numbered().map(|(episode, number)| (episode.parent, number)));
        let turned = |rows: &Rows| {
            let pairs = (0..self.transformed_at.len() as u32)
                .flat_map(|number| rows.row(number).iter().map(move |node| (*node, number)));
            Rows::grouped(count, pairs)
        };
        let (as_input, as_output) = (turned(&self.inputs), turned(&self.outputs));
        let mut names = vec![None; if self.names.is_empty() { 0 } else { count }];
        for (name, node) in self.names {
            names[node as usize] = Some(name.into_boxed_str());
        }
        let mut members = self.members;
        members.sort_unstable_by_key(|(units, lot)| (units.start, units.end, *lot));
        members.dedup();
        let longest = members.iter().map(|(units, _)| units.len() as u32).max().unwrap_or(0);
        let mut by_lot: Vec<u32> = (0..members.len() as u32).collect();
        by_lot.sort_by_key(|number| members[*number as usize].1);
        Graph {
            count,
            names,
            episodes,
            as_child,
            as_parent,
            inputs: self.inputs,
            outputs: self.outputs,
            as_input,
            as_output,
            transformed_at: self.transformed_at,
            transformation_event: self.transformation_event,
            members,
            by_lot,
            longest,
        }
    }
}

/// Turns records of putting in and taking out into times inside.
fn episodes(mut moves: Vec<Move>) -> Vec<Episode> {
    // Stable: records of one moment stay in the order in which they were told.
    moves.sort_by_key(|step| (step.parent, step.at));
    let mut episodes = Vec::with_capacity(moves.len());
    let mut at = 0;
    while at < moves.len() {
        let parent = moves[at].parent;
        let until = at + moves[at..].iter().take_while(|step| step.parent == parent).count();
        one_parent(&moves[at..until], &mut episodes);
        at = until;
    }
    episodes
}

/// The times of the children of one parent.
fn one_parent(moves: &[Move], episodes: &mut Vec<Episode>) {
    /// Since when and by which event a child is in; `None`: it was, and is out.
    type Inside = HashMap<NodeId, Option<(i64, EventNumber)>>;
    let mut inside: Inside = HashMap::with_capacity(moves.len());
    let parent = moves[0].parent;
    let first = episodes.len();
    for step in moves {
        match (step.child, step.into) {
            (Some(child), true) => {
                inside.entry(child).or_insert(None).get_or_insert((step.at, step.event));
            }
            (Some(child), false) => match inside.insert(child, None) {
                // Never told before: it was in since before the records.
                None => {
                    episodes.push(Episode { child, parent, from: BEGINNING, until: step.at, event: step.event });
                }
                Some(Some((from, event))) => {
                    episodes.push(Episode { child, parent, from, until: step.at, event });
                }
                Some(None) => {}
            },
            (None, _) => {
                for (child, open) in &mut inside {
                    if let Some((from, event)) = open.take() {
                        episodes.push(Episode { child: *child, parent, from, until: step.at, event });
                    }
                }
            }
        }
    }
    for (child, open) in inside {
        if let Some((from, event)) = open {
            episodes.push(Episode { child, parent, from, until: END, event });
        }
    }
    episodes[first..].sort_unstable_by_key(|episode| (episode.child, episode.from, episode.until));
}

/// Everything that was told, ready to be asked. Build it with [`Builder`].
#[derive(Debug)]
pub struct Graph {
    count: usize,
    names: Vec<Option<Box<str>>>,
    episodes: Vec<Episode>,
    as_child: Rows,
    as_parent: Rows,
    inputs: Rows,
    outputs: Rows,
    as_input: Rows,
    as_output: Rows,
    transformed_at: Vec<i64>,
    transformation_event: Vec<EventNumber>,
    /// Sorted by the first unit.
    members: Vec<(Nodes, NodeId)>,
    /// Places in `members`, sorted by lot.
    by_lot: Vec<u32>,
    /// Units of the longest range: how far back a range that holds a unit can begin.
    longest: u32,
}

impl Graph {
    /// Nodes.
    pub const fn node_count(&self) -> usize {
        self.count
    }

    /// The name a node was given.
    pub fn name(&self, node: NodeId) -> Option<&str> {
        self.names.get(node as usize)?.as_deref()
    }

    pub(super) fn containers(&self, child: NodeId) -> impl Iterator<Item = &Episode> {
        self.as_child.row(child).iter().map(|number| &self.episodes[*number as usize])
    }

    pub(super) fn contents(&self, parent: NodeId) -> impl Iterator<Item = &Episode> {
        self.as_parent.row(parent).iter().map(|number| &self.episodes[*number as usize])
    }

    /// Transformations that consume the node, or that made it.
    pub(super) fn transformations(&self, node: NodeId, made: bool) -> &[u32] {
        if made { self.as_output.row(node) } else { self.as_input.row(node) }
    }

    /// What a transformation made, or what it consumed.
    pub(super) fn transformed(&self, number: u32, consumed: bool) -> &[NodeId] {
        if consumed { self.inputs.row(number) } else { self.outputs.row(number) }
    }

    pub(super) fn transformed_at(&self, number: u32) -> i64 {
        self.transformed_at[number as usize]
    }

    pub(super) fn transformation_event(&self, number: u32) -> EventNumber {
        self.transformation_event[number as usize]
    }

    pub(super) fn units_of(&self, lot: NodeId) -> impl Iterator<Item = Nodes> {
        let lot_of = |number: &u32| self.members[*number as usize].1;
        let first = self.by_lot.partition_point(|number| lot_of(number) < lot);
        self.by_lot[first..]
            .iter()
            .take_while(move |number| lot_of(number) == lot)
            .map(|number| self.members[*number as usize].0.clone())
    }

    pub(super) fn lots_of(&self, unit: NodeId) -> impl Iterator<Item = NodeId> {
        let until = self.members.partition_point(|(units, _)| units.start <= unit);
        let first = self.members.partition_point(|(units, _)| units.start.saturating_add(self.longest) <= unit);
        self.members[first.min(until)..until]
            .iter()
            .filter(move |(units, _)| units.contains(&unit))
            .map(|(_, lot)| *lot)
    }
}
