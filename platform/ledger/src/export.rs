//! A copy of the log for others: its files at one checkpoint, its public key, and the acts with as much of their private
//! parts as the receiver may see.
//!
//! The folder: `checkpoint`, `tile/…`, `verifier.key`, with witnesses `checkpoint.cosigned` and `witnesses.keys`, `acts.ndjson` (one line a leaf: `index`, `id`, `leaf`, and where
//! included `private` and `salt`), `README.txt`.

use crate::cosign;
use crate::key::VERIFIER_FILE;
use crate::log::LogError;
use crate::view::View;
use kernel::{ActRecord, Kernel, Result};
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tlog::TileReader;
use tlog::audit::CHECKPOINT_PATH;
use tlog::tile::{TILE_WIDTH, new_bundles, read_bundle, read_tile, tiles};

/// File of the acts in an export.
pub const ACTS_FILE: &str = "acts.ndjson";
/// File of the newest tree that enough witnesses cosigned, in an export.
pub const COSIGNED_FILE: &str = "checkpoint.cosigned";

/// What to export and where to.
#[derive(Debug, Clone)]
pub struct ExportSettings {
    /// An empty or new folder.
    pub folder: PathBuf,
    /// Whether private parts and salts go with the acts. Only for receivers who may see personal data.
    pub private: bool,
}

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Leaves of the exported tree.
    pub size: u64,
    /// Its root, base64.
    pub root: String,
    /// Files of the log.
    pub files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Acts written to [`ACTS_FILE`].
    pub acts: u64,
}

/// Writes an export.
///
/// # Errors
/// `invalid_input` when the folder has something in it; `unavailable` when the disk refuses; `ledger_corrupt` when the
/// log cannot be read; what the store says.
pub async fn export(kernel: &Kernel, view: &View, settings: &ExportSettings) -> Result<Export> {
    let (copy, folder) = (view.clone(), settings.folder.clone());
    let written = tokio::task::spawn_blocking(move || export_log(&copy, &folder)).await;
    let mut export = written.map_err(ground::Problem::internal)??;
    let path = settings.folder.join(ACTS_FILE);
    let failed = |error| ground::Problem::from(LogError::disk("writing acts.ndjson", error));
    let mut out = BufWriter::new(File::create(&path).map_err(failed)?);
    let mut from = 0;
    while from < export.size {
        let until = export.size.min(from + TILE_WIDTH);
        for act in kernel::store::acts_at_leaves(kernel, from, until).await? {
            writeln!(out, "{}", act_line(&act, settings.private)).map_err(failed)?;
            export.acts += 1;
        }
        from = until;
    }
    out.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    Ok(export)
}

fn act_line(act: &ActRecord, private: bool) -> String {
    let mut line = json!({
        "index": act.leaf_index,
        "id": act.id,
        "leaf": String::from_utf8_lossy(&act.leaf()),
    });
    if let (true, Some(map)) = (private, line.as_object_mut()) {
        map.insert("private".into(), act.private.clone().unwrap_or_default());
        map.insert("salt".into(), json!(act.salt.as_ref().map(hex::encode)));
    }
    line.to_string()
}

fn export_log(view: &View, folder: &Path) -> Result<Export> {
    let failed = |error| ground::Problem::from(LogError::disk(format!("writing to {}", folder.display()), error));
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_some() {
        return Err(ground::Problem::invalid_field("out", "ledger-export-folder-not-empty"));
    }
    let head = view.head()?;
    let (size, root) = (head.checkpoint.size, head.checkpoint.root);
    let mut export = Export { size, root: root.to_base64(), files: 0, bytes: 0, acts: 0 };
    let mut put = |path: &str, bytes: &[u8]| -> Result<()> {
        let target = folder.join(path);
        let above = target.parent().unwrap_or(folder);
        fs::create_dir_all(above).map_err(failed)?;
        fs::write(&target, bytes).map_err(failed)?;
        export.files += 1;
        export.bytes += bytes.len() as u64;
        Ok(())
    };
    let damaged = |error: tlog::tile::ReadError| LogError::corrupt("tiles", error);
    for id in new_bundles(0, size) {
        let (file, bytes) = read_bundle(view.reader(), id).map_err(damaged)?;
        let entries = tlog::bundle::decode(&bytes, usize::from(file.width));
        let entries = entries.map_err(|error| LogError::corrupt(file.to_string(), error))?;
        let kept = entries.into_iter().take(usize::from(id.width));
        let bytes = tlog::bundle::encode(kept).map_err(|error| LogError::corrupt(file.to_string(), error))?;
        put(&id.to_string(), &bytes)?;
    }
    for id in tiles(size) {
        let row = read_tile(view.reader(), id).map_err(damaged)?;
        let bytes: Vec<u8> = row.iter().flat_map(|hash| *hash.as_bytes()).collect();
        put(&id.to_string(), &bytes)?;
    }
    put(CHECKPOINT_PATH, head.note.to_string().as_bytes())?;
    put(VERIFIER_FILE, view.verifier_text().as_bytes())?;
    if let Some(cosigned) = view.cosigned(cosign::QUORUM)?.filter(|tree| tree.checkpoint.size <= size) {
        put(COSIGNED_FILE, cosigned.note.to_string().as_bytes())?;
        put(cosign::POLICY_FILE, view.witnesses().to_text().as_bytes())?;
    }
    put("README.txt", read_me(view.origin(), size).as_bytes())?;
    // What was read is what was written: a reader that lies is found before the export leaves the house.
    let written = View::open(folder)?;
    if written.reader().read(CHECKPOINT_PATH).map_err(damaged)?.is_none() {
        return Err(LogError::corrupt(CHECKPOINT_PATH, "it was not written").into());
    }
    Ok(export)
}

fn read_me(origin: &str, size: u64) -> String {
    format!(
        "{origin}: {size} 条记录 / {size} records\n\n\
         本目录是可验证台账的完整副本，可离线核对：touchstone ledger audit --folder 本目录\n\
         公钥（verifier.key）请通过另一渠道核对，例如平台公示页。\n\n\
         This folder is a whole copy of a verifiable log. Check it offline: touchstone ledger audit --folder FOLDER\n\
         Compare the public key (verifier.key) with one obtained another way, for instance the operator's public page.\n\n\
         checkpoint    signed tree head (c2sp.org/tlog-checkpoint)\n\
         tile/         hashes and entries (c2sp.org/tlog-tiles)\n\
         acts.ndjson   one act a line: index, id, leaf, and where included private part and salt\n\
         verifier.key  public key (c2sp.org/signed-note)\n\
         checkpoint.cosigned, witnesses.keys  where there are witnesses: the newest tree they cosigned, and their keys\n"
    )
}
