//! Proofs checked: RFC 9162 §2.1.3.2 (inclusion) and §2.1.4.2 (consistency), with every shape that the algorithms do
//! not ask for refused.

use crate::hash::{Hash, empty_root, node_hash};

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error("leaf {index} is outside a tree of {size} leaves")]
    IndexOutsideTree {
        /// Leaf asked about.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The "old" tree is larger than the new one.
    #[error("the earlier tree has {old_size} leaves, more than the later one's {size}")]
    SizesReversed {
        /// Leaves of the earlier tree.
        old_size: u64,
        /// Leaves of the later tree.
        size: u64,
    },
    /// Nothing can be proved about an empty earlier tree.
    #[error("a consistency proof from an empty tree proves nothing")]
    EmptyTree,
    /// The number of hashes is not the one the sizes ask for.
    #[error("the proof has {found} hashes where the tree asks for {expected}")]
    Length {
        /// Hashes in the proof.
        found: usize,
        /// Hashes that belong there.
        expected: usize,
    },
    /// The path leads to another root than the one in the checkpoint.
    #[error("the path leads to root {computed}, the checkpoint says {expected}")]
    Root {
        /// Root computed from the path.
        computed: Hash,
        /// Root claimed.
        expected: Hash,
    },
    /// The path does not start from the earlier tree's root.
    #[error("the path leads to earlier root {computed}, the earlier checkpoint says {expected}")]
    OldRoot {
        /// Root computed from the path.
        computed: Hash,
        /// Root claimed.
        expected: Hash,
    },
}

/// On which side of the path the sibling stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The sibling is hashed first.
    Left,
    /// The sibling is hashed second.
    Right,
}

/// One step from a leaf towards the root, for drawing the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The sibling from the proof.
    pub sibling: Hash,
    /// Where it stands.
    pub side: Side,
    /// The hash of both together.
    pub result: Hash,
}

/// Number of hashes in the inclusion proof of leaf `index` in a tree with `size` leaves; `index < size`.
pub fn inclusion_proof_length(index: u64, size: u64) -> usize {
    let last = size - 1;
    // Levels below the point where the paths of the leaf and of the last leaf meet, then the left siblings above it.
    let inner = 64 - (index ^ last).leading_zeros();
    let border = index.checked_shr(inner).unwrap_or(0).count_ones();
    (inner + border) as usize
}

/// Walks from a leaf to the root and returns every step. The last result (the leaf itself in a tree of one leaf) is
/// the root; it is not compared with anything here.
pub fn inclusion_steps(index: u64, size: u64, leaf: &Hash, proof: &[Hash]) -> Result<Vec<Step>, ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutsideTree { index, size });
    }
    let expected = inclusion_proof_length(index, size);
    if proof.len() != expected {
        return Err(ProofError::Length { found: proof.len(), expected });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut result = *leaf;
    let mut steps = Vec::with_capacity(proof.len());
    for sibling in proof {
        let side = if node & 1 == 1 || node == last {
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
            result = node_hash(sibling, &result);
            Side::Left
        } else {
            result = node_hash(&result, sibling);
            Side::Right
        };
        node >>= 1;
        last >>= 1;
        steps.push(Step { sibling: *sibling, side, result });
    }
    Ok(steps)
}

/// Whether the leaf with hash `leaf` stands at `index` in the tree with `size` leaves and this root.
pub fn verify_inclusion(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    let steps = inclusion_steps(index, size, leaf, proof)?;
    let computed = steps.last().map_or(*leaf, |step| step.result);
    if computed != *root {
        return Err(ProofError::Root { computed, expected: *root });
    }
    Ok(())
}

/// Number of hashes in the proof from `old_size` to `size` leaves; `0 < old_size < size`.
fn consistency_proof_length(old_size: u64, size: u64) -> usize {
    let shift = old_size.trailing_zeros();
    let (node, last) = ((old_size - 1) >> shift, (size - 1) >> shift);
    let inner = 64 - (node ^ last).leading_zeros();
    let border = node.checked_shr(inner).unwrap_or(0).count_ones();
    let start = u32::from(!old_size.is_power_of_two());
    (start + inner + border) as usize
}

/// Whether the tree with `size` leaves and `root` extends the tree with `old_size` leaves and `old_root`.
///
/// Equal sizes hold with equal roots and an empty proof. From an empty tree nothing is accepted but the empty tree.
pub fn verify_consistency(
    old_size: u64,
    size: u64,
    old_root: &Hash,
    root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > size {
        return Err(ProofError::SizesReversed { old_size, size });
    }
    if old_size == size {
        return verify_same_tree(size, old_root, root, proof);
    }
    if old_size == 0 {
        return Err(ProofError::EmptyTree);
    }
    let expected = consistency_proof_length(old_size, size);
    if proof.len() != expected {
        return Err(ProofError::Length { found: proof.len(), expected });
    }
    let shift = old_size.trailing_zeros();
    let (mut node, mut last) = ((old_size - 1) >> shift, (size - 1) >> shift);
    let (start, rest) = match proof.split_first() {
        Some((first, rest)) if !old_size.is_power_of_two() => (*first, rest),
        _ => (*old_root, proof),
    };
    let (mut old_computed, mut computed) = (start, start);
    for sibling in rest {
        if node & 1 == 1 || node == last {
            old_computed = node_hash(sibling, &old_computed);
            computed = node_hash(sibling, &computed);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            computed = node_hash(&computed, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if old_computed != *old_root {
        return Err(ProofError::OldRoot { computed: old_computed, expected: *old_root });
    }
    if computed != *root {
        return Err(ProofError::Root { computed, expected: *root });
    }
    Ok(())
}

/// Two checkpoints of one size must name one root, and there is nothing to prove between them.
fn verify_same_tree(size: u64, old_root: &Hash, root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::Length { found: proof.len(), expected: 0 });
    }
    if size == 0 && *root != empty_root() {
        return Err(ProofError::Root { computed: empty_root(), expected: *root });
    }
    if old_root != root {
        return Err(ProofError::OldRoot { computed: *root, expected: *old_root });
    }
    Ok(())
}
