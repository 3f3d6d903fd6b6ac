//! The proof that a product's line stands in the file of a day: a path from the line to the root that the ledger names.

use crate::line::Reader;
use crate::model::{ComputedDay, Day, date_of};
use crate::store;
use ground::Problem;
use kernel::{Actor, Kernel, Permission, Result};
use std::convert::Infallible;
use std::path::Path;
use tlog::Hash;
use tlog::tree::Nodes;

/// A line and its way to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProof {
    /// The closed day.
    pub day: Day,
    /// The line as it stands in the file, without its end.
    pub line: String,
    /// Its number, from 0; the head is 0.
    pub index: u64,
    /// Lines of the file.
    pub size: u64,
    /// The path: RFC 9162 inclusion proof, from the leaf up.
    pub path: Vec<Hash>,
    /// The root.
    pub root: Hash,
    /// SHA-256 of the whole file, hexadecimal.
    pub sha256: String,
    /// The act that names root and hash.
    pub act_id: String,
}

/// The proof of a product's line in the file of a day (the one it was published from, without). A merchant proves its own.
///
/// # Errors
/// `forbidden`, `not_found`; `internal` for a file that is damaged.
pub async fn line_proof(
    kernel: &Kernel,
    actor: &Actor,
    merchant: &str,
    product: &str,
    day: Option<Day>,
) -> Result<LineProof> {
    if !actor.may(Permission::RatingsRead) {
        actor.require(Permission::OwnRatings)?;
        if actor.own_organisation()? != merchant {
            return Err(Problem::not_found());
        }
    }
    let db = kernel.db().read();
    let rating = store::ratings::get(db, merchant, product).await?.ok_or_else(Problem::not_found)?;
    let day = store::days::get(db, day.unwrap_or(rating.day)).await?.ok_or_else(Problem::not_found)?;
    let folder = tempfile::tempdir().map_err(Problem::internal)?;
    let path = folder.path().join("day");
    kernel
        .blobs()
        .get_file(&day.sha256, &path)
        .await
        .map_err(|error| Problem::internal(format!("the day file of {}: {error}", date_of(day.day))))?;
    let key = rating.key();
    tokio::task::spawn_blocking(move || {
        let _folder = folder;
        prove(&path, &day, &key)
    })
    .await
    .map_err(Problem::internal)?
}

fn prove(path: &Path, day: &ComputedDay, key: &str) -> Result<LineProof> {
    let mut reader = Reader::open(path)?;
    let mut leaves = Vec::with_capacity(usize::try_from(day.lines).unwrap_or(0).min(1 << 24));
    let start = serde_json::to_string(key).map(|key| format!("{{\"key\":{key},")).map_err(Problem::internal)?;
    let mut found = None;
    while let Some(text) = reader.raw()? {
        if text.starts_with(start.as_bytes()) {
            found = Some((leaves.len() as u64, String::from_utf8_lossy(text).into_owned()));
        }
        leaves.push(tlog::leaf_hash(text));
    }
    let (index, line) = found.ok_or_else(Problem::not_found)?;
    let size = leaves.len() as u64;
    let tree = Tree::over(leaves);
    let root = tlog::tree::root(&tree, size).unwrap_or_else(|never| match never {});
    let steps = tlog::tree::inclusion_proof(&tree, index, size).unwrap_or_else(|never| match never {});
    let steps = steps.ok_or_else(Problem::not_found)?;
    if root.to_hex() != day.root {
        return Err(Problem::internal("the root over a day file is not the one it was kept with"));
    }
    Ok(LineProof {
        day: day.day,
        line,
        index,
        size,
        path: steps,
        root,
        sha256: day.sha256.clone(),
        act_id: day.act_id.clone(),
    })
}

/// The perfect subtrees over some leaves, level by level.
struct Tree(Vec<Vec<Hash>>);

impl Tree {
    fn over(leaves: Vec<Hash>) -> Tree {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|level| level.len() > 1) {
            let next = last.chunks_exact(2).map(|pair| tlog::node_hash(&pair[0], &pair[1])).collect();
            levels.push(next);
        }
        Tree(levels)
    }
}

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> std::result::Result<Hash, Infallible> {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        // Asked only for subtrees inside the tree.
        Ok(self.0.get(usize::from(level)).and_then(|level| level.get(place)).copied().unwrap_or_default())
    }
}
