//! The proof that an act is in the log.

use crate::NOT_YET;
use crate::leaf::Opening;
use crate::log::LogError;
use crate::view::View;
use ground::Problem;
use kernel::{ActRecord, Kernel, Result};
use tlog::cosignature::Cosigned;
use tlog::proof::{Step, inclusion_steps};
use tlog::{Checkpoint, Hash, ProofFile, SignedCheckpoint, leaf_hash};

/// An act with everything that proves it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActProof {
    /// The act as the database has it.
    pub act: ActRecord,
    /// Its position in the log, from 0.
    pub index: u64,
    /// The leaf as the log has it.
    pub leaf: Vec<u8>,
    /// The leaf's hash.
    pub leaf_hash: Hash,
    /// The way from the leaf to the root.
    pub steps: Vec<Step>,
    /// The tree it is proved in.
    pub checkpoint: Checkpoint,
    /// The signed note of that tree.
    pub checkpoint_note: String,
    /// The witnesses that cosigned it.
    pub cosigned: Vec<Cosigned>,
    /// The proof file (C2SP tlog-proof), complete with the leaf.
    pub file: String,
    /// Whether the act in the database still says what its leaf says.
    pub agrees: bool,
}

impl ActProof {
    /// The private part with its salt, for those who may see it; `None` after an erasure.
    pub fn opening(&self) -> Option<Opening> {
        Some(Opening { act: self.act.id.clone(), salt: self.act.salt.clone()?, private: self.act.private.clone()? })
    }
}

/// The proof of an act in the newest published tree that enough witnesses cosigned, or in the newest where none is.
///
/// # Errors
/// `not_found` for no such act, `ledger_not_yet` when it is not in a published tree yet, `ledger_corrupt` when the
/// files of the log cannot prove it.
pub async fn prove(kernel: &Kernel, view: &View, act_id: &str) -> Result<ActProof> {
    let act = kernel::store::act(kernel, act_id).await?.ok_or_else(Problem::not_found)?;
    let Some(index) = act.leaf_index else {
        return Err(Problem::new(&NOT_YET));
    };
    let view = view.clone();
    tokio::task::spawn_blocking(move || prove_at(&view, act, index)).await.map_err(Problem::internal)?
}

fn prove_at(view: &View, act: ActRecord, index: u64) -> Result<ActProof> {
    if index >= view.head()?.checkpoint.size {
        return Err(Problem::new(&NOT_YET));
    }
    prove_in(view, act, index, view.tree_for(index)?)
}

/// The proof of an act in a given tree of this log, whose signatures were checked.
///
/// # Errors
/// As [`prove`].
pub fn prove_in(view: &View, act: ActRecord, index: u64, head: SignedCheckpoint) -> Result<ActProof> {
    let checkpoint = head.checkpoint;
    if index >= checkpoint.size {
        return Err(Problem::new(&NOT_YET));
    }
    let leaf = view.entry(index, checkpoint.size)?;
    let proof = view.inclusion_proof(index, checkpoint.size)?;
    let hash = leaf_hash(&leaf);
    let steps = inclusion_steps(index, checkpoint.size, &hash, &proof);
    let steps = steps.map_err(|error| LogError::corrupt("tiles", error))?;
    let root = steps.last().map_or(hash, |step| step.result);
    if root != checkpoint.root {
        let reason = format!("leaf {index} leads to root {root}, the checkpoint says {}", checkpoint.root);
        return Err(LogError::corrupt("tiles", reason).into());
    }
    let note = head.note.to_string();
    let file = ProofFile { extra: Some(leaf.clone()), index, proof, checkpoint: note.clone() };
    Ok(ActProof {
        agrees: act.leaf() == leaf,
        act,
        index,
        leaf_hash: hash,
        leaf,
        steps,
        checkpoint,
        cosigned: view.witnesses().cosigned(&head.note),
        checkpoint_note: note,
        file: file.to_string(),
    })
}
