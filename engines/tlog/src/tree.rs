//! Roots and proofs made from any store of tree nodes, and a growing tree that keeps only its right edge.

use crate::hash::{Hash, empty_root, node_hash};

/// A store of the hashes of perfect subtrees.
pub trait Nodes {
    /// Why a node could not be had.
    type Error;

    /// The hash of the perfect subtree with `2^level` leaves that starts at leaf `index * 2^level`, that is
    /// `MTH(D[index·2^level : (index+1)·2^level])` of RFC 6962 §2.1. Asked only for subtrees inside the tree.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The largest power of two smaller than `leaves` (RFC 6962 §2.1: `k < n <= 2k`). `leaves` is at least 2.
fn split(leaves: u64) -> u64 {
    1 << (63 - (leaves - 1).leading_zeros())
}

/// The root over leaves `start..end`, where `start` is a multiple of the next power of two of the length (as in every
/// range that RFC 6962 splits off).
fn range_root<N: Nodes + ?Sized>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let leaves = end - start;
    if leaves.is_power_of_two() {
        let level = leaves.trailing_zeros() as u8;
        return nodes.node(level, start >> level);
    }
    let middle = start + split(leaves);
    let left = range_root(nodes, start, middle)?;
    let right = range_root(nodes, middle, end)?;
    Ok(node_hash(&left, &right))
}

/// The root of the tree with `size` leaves.
pub fn root<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 {
        return Ok(empty_root());
    }
    range_root(nodes, 0, size)
}

/// The inclusion proof of leaf `index` in the tree with `size` leaves, from the leaf's sibling up to the root's child
/// (RFC 6962 §2.1.1). `None` when there is no such leaf.
pub fn inclusion_proof<N: Nodes + ?Sized>(nodes: &N, index: u64, size: u64) -> Result<Option<Vec<Hash>>, N::Error> {
    if index >= size {
        return Ok(None);
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// The proof that the tree with `size` leaves extends the tree with `old_size` leaves (RFC 9162 §2.1.4.1). Empty when
/// the sizes are equal. `None` when `old_size` is 0 (every tree extends the empty one, so there is nothing to prove)
/// or larger than `size`.
pub fn consistency_proof<N: Nodes + ?Sized>(
    nodes: &N,
    old_size: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, N::Error> {
    if old_size == 0 || old_size > size {
        return Ok(None);
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    // Whether the part left of `start` is empty: then the old root itself is known to the verifier.
    let mut whole = true;
    while end != old_size {
        let middle = start + split(end - start);
        if old_size <= middle {
            path.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(range_root(nodes, start, middle)?);
            start = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range_root(nodes, start, end)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// A tree that grows at its right edge and remembers only the roots of its perfect subtrees: at most 64 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the perfect subtrees from left (largest) to right; one for each set bit of `size`.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Self {
        Frontier::default()
    }

    /// The right edge of the tree with `size` leaves in a store of nodes.
    pub fn of<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Self, N::Error> {
        let mut peaks = Vec::new();
        let mut start = 0u64;
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(nodes.node(level, start >> level)?);
            start += 1 << level;
        }
        Ok(Frontier { size, peaks })
    }

    /// A right edge that was kept: the tree's size and its peaks as [`Frontier::peaks`] gave them. `None` when the number of
    /// peaks does not belong to the size.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Frontier { size, peaks })
    }

    /// Roots of the perfect subtrees from left (largest) to right.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        let mut rest = self.size;
        while rest & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
            rest >>= 1;
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return empty_root();
        };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// A whole tree in memory: every level kept. For tests and for trees of a few thousand leaves.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// The tree over these leaf hashes.
    pub fn from_leaves(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let mut levels = vec![leaves.into_iter().collect::<Vec<_>>()];
        while let Some(top) = levels.last().filter(|level| level.len() > 1) {
            let next = top.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
            levels.push(next);
        }
        MemoryTree { levels }
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }
}

/// A node outside the tree was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no node {index} at level {level}")]
pub struct NoSuchNode {
    /// Level, 0 for leaves.
    pub level: u8,
    /// Index within the level.
    pub index: u64,
}

impl Nodes for MemoryTree {
    type Error = NoSuchNode;

    fn node(&self, level: u8, index: u64) -> Result<Hash, NoSuchNode> {
        let row = self.levels.get(usize::from(level));
        row.and_then(|row| row.get(usize::try_from(index).ok()?)).copied().ok_or(NoSuchNode { level, index })
    }
}
