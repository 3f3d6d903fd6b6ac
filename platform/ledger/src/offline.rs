//! Checks that need nothing but files: no server, no database, no network.

use crate::anchor::{self, Receipt};
use crate::audit::{Audit, Checks};
use crate::disk::read_limited;
use crate::export::{ACTS_FILE, COSIGNED_FILE};
use crate::key::{VERIFIER_FILE, parse_verifiers};
use crate::leaf::{Leaf, Opening};
use crate::view::View;
use ground::Timestamp;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use tlog::note::{KeyType, NOTE_BYTES_MAX};
use tlog::proof_file::PROOF_FILE_BYTES_MAX;
use tlog::{Checkpoint, SignedCheckpoint, Trust, Verified, VerifierKey, VerifyError, verify_proof_file};

/// Longest file of an opening, bytes.
const OPENING_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Longest line of [`ACTS_FILE`], bytes.
const ACT_LINE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct VerifyRequest {
    /// The `.tlog-proof` file.
    pub proof: PathBuf,
    /// Public keys of the log in text form (`name+id+key`). Without one, `verifier.key` beside the proof file or in
    /// `key_folders` is taken.
    pub key: Option<String>,
    /// Folders in which a `verifier.key` may lie, in order.
    pub key_folders: Vec<PathBuf>,
    /// A file with the act's private part and salt, to check the commitment too.
    pub opening: Option<PathBuf>,
    /// Keys of witnesses in text form, one a line each.
    pub witnesses: Vec<String>,
    /// How many different ones of them must have cosigned the tree.
    pub witnesses_needed: usize,
    /// A receipt of an anchor, or a whole anchor file: the tree must stand in it.
    pub anchor: Option<PathBuf>,
}

/// What was proved.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The proof.
    pub verified: Verified,
    /// The leaf, where the entry is one of this product's.
    pub leaf: Option<Leaf>,
    /// The key that was trusted, in text form.
    pub key: String,
    /// Where the key came from; `None` when it was given.
    pub key_file: Option<PathBuf>,
    /// The private part that was checked against the commitment.
    pub opened: Option<Value>,
    /// Where the tree stands besides, and since when.
    pub anchored: Option<Anchored>,
}

/// What an anchor says about the tree of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchored {
    /// A line of an anchor file, whose signature and chain were checked: nothing is left to look up.
    Line {
        /// Line, from 1.
        number: u64,
        /// When it was written, as the log signed it.
        at: Timestamp,
    },
    /// A receipt for this very tree: it says where to look, and what must stand there.
    Receipt {
        /// The receipt.
        receipt: Receipt,
        /// What must stand in a chain's transaction, hexadecimal ([`crate::anchor::digest`]).
        digest: String,
    },
}

/// Why a file was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// A file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// No key was given and none was found.
    #[error("no public key of the log: give --key name+id+key, or put {VERIFIER_FILE} beside the proof file")]
    NoKey,
    /// The proof does not hold.
    #[error(transparent)]
    Refused(#[from] VerifyError),
    /// The anchor does not hold the tree.
    #[error("{path}: {reason}")]
    Anchor {
        /// The receipt or anchor file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The private part is not the one the leaf commits to.
    #[error("{path}: this private part is not the one that the log's entry commits to")]
    Opening {
        /// The file of the opening.
        path: PathBuf,
    },
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, OfflineError> {
    let failed = |reason: String| OfflineError::File { path: path.to_owned(), reason };
    let read = read_limited(path, bytes_max).map_err(|error| failed(error.to_string()))?;
    read.ok_or_else(|| failed("there is no such file".to_owned()))
}

/// Checks a proof file, and the private part where one is given.
///
/// # Errors
/// [`OfflineError`] says which check failed.
pub fn verify(request: &VerifyRequest) -> Result<Verification, OfflineError> {
    let bytes = read(&request.proof, PROOF_FILE_BYTES_MAX as u64)?;
    let (keys, key_file) = find_keys(request)?;
    let origin = keys.first().map(|key| key.name().to_owned()).ok_or(OfflineError::NoKey)?;
    let mut witnesses = Vec::new();
    for text in &request.witnesses {
        let more = parse_verifiers(text);
        witnesses.extend(more.map_err(|reason| OfflineError::File { path: PathBuf::from("--witness"), reason })?);
    }
    if let Some(key) = witnesses.iter().find(|key| key.kind() != KeyType::Cosignature) {
        let reason = format!("{}: this is not a witness's key", key.name());
        return Err(OfflineError::File { path: PathBuf::from("--witness"), reason });
    }
    let trust =
        Trust { origin: &origin, log_keys: &keys, witnesses: &witnesses, witnesses_needed: request.witnesses_needed };
    let verified = verify_proof_file(&bytes, None, &trust)?;
    let anchored = match &request.anchor {
        Some(path) => Some(check_anchor(path, &verified.checkpoint, &keys)?),
        None => None,
    };
    let leaf = Leaf::parse(&verified.entry).ok();
    let opened = match &request.opening {
        Some(path) => Some(check_opening(path, leaf.as_ref())?),
        None => None,
    };
    Ok(Verification {
        verified,
        leaf,
        key: keys.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        key_file,
        opened,
        anchored,
    })
}

/// Finds the tree in a receipt or in an anchor file.
fn check_anchor(path: &Path, tree: &Checkpoint, keys: &[VerifierKey]) -> Result<Anchored, OfflineError> {
    let refused = |reason: String| OfflineError::Anchor { path: path.to_owned(), reason };
    let bytes = read(path, anchor::FILE_BYTES_MAX)?;
    if let Some(receipt) = Receipt::parse(&bytes) {
        let there = SignedCheckpoint::open(receipt.checkpoint.as_bytes(), &tree.origin, keys)
            .map_err(|error| refused(format!("its checkpoint: {error}")))?;
        if (there.checkpoint.size, there.checkpoint.root) != (tree.size, tree.root) {
            let reason = format!("it is of a tree of {} leaves, the proof's has {}", there.checkpoint.size, tree.size);
            return Err(refused(reason));
        }
        let digest = hex::encode(anchor::digest(&tree.origin, tree.size, &tree.root));
        return Ok(Anchored::Receipt { receipt, digest });
    }
    let lines = anchor::read_lines(&bytes, &tree.origin, keys).map_err(refused)?;
    let same = |line: &anchor::Statement| {
        (line.checkpoint.checkpoint.size, line.checkpoint.checkpoint.root) == (tree.size, tree.root)
    };
    match lines.iter().position(same) {
        Some(position) => Ok(Anchored::Line { number: position as u64 + 1, at: lines[position].at }),
        None => {
            let most = lines.last().map_or(0, |line| line.checkpoint.checkpoint.size);
            let reason = format!(
                "no line holds the proof's tree of {} leaves (the newest holds {most}); make the proof with `ledger prove \
                 --anchor`",
                tree.size
            );
            Err(refused(reason))
        }
    }
}

fn find_keys(request: &VerifyRequest) -> Result<(Vec<VerifierKey>, Option<PathBuf>), OfflineError> {
    let bad = |path: PathBuf| move |reason| OfflineError::File { path, reason };
    if let Some(text) = &request.key {
        let keys = parse_verifiers(text).map_err(bad(PathBuf::from("--key")))?;
        return Ok((keys, None));
    }
    let beside = request.proof.parent().map(Path::to_owned);
    for folder in beside.into_iter().chain(request.key_folders.iter().cloned()) {
        let path = folder.join(VERIFIER_FILE);
        if !path.is_file() {
            continue;
        }
        let text = String::from_utf8_lossy(&read(&path, OPENING_BYTES_MAX)?).into_owned();
        let keys = parse_verifiers(&text).map_err(bad(path.clone()))?;
        return Ok((keys, Some(path)));
    }
    Err(OfflineError::NoKey)
}

fn check_opening(path: &Path, leaf: Option<&Leaf>) -> Result<Value, OfflineError> {
    let bytes = read(path, OPENING_BYTES_MAX)?;
    let opening = Opening::parse(&bytes).ok_or_else(|| OfflineError::File {
        path: path.to_owned(),
        reason: "it is not JSON with act, private and salt (64 hexadecimal digits)".to_owned(),
    })?;
    let opens = leaf.is_some_and(|leaf| leaf.id == opening.act && leaf.opens_with(&opening.salt, &opening.private));
    if !opens {
        return Err(OfflineError::Opening { path: path.to_owned() });
    }
    Ok(opening.private)
}

/// The ledger in a folder, trusted by `keys` (text form, one a line) or, without, by the folder's own `verifier.key`.
///
/// # Errors
/// [`OfflineError`] when the folder or the keys cannot be used.
pub fn open_folder(folder: &Path, keys: Option<&str>) -> Result<View, OfflineError> {
    let Some(text) = keys else {
        return View::open(folder)
            .map_err(|error| OfflineError::File { path: folder.to_owned(), reason: error.to_string() });
    };
    let keys = parse_verifiers(text).map_err(|reason| OfflineError::File { path: PathBuf::from("--key"), reason })?;
    let origin = keys.first().map(|key| key.name().to_owned()).ok_or(OfflineError::NoKey)?;
    let disk = std::sync::Arc::new(crate::disk::LocalDisk::reader(folder));
    Ok(View::new(crate::view::DiskReader::new(disk), origin, keys))
}

/// Audits an exported folder: the whole log, and every line of its `acts.ndjson` against the leaf at its index. `keys`
/// are the keys the reader trusts; without any, those in the folder are taken, which then proves only that the folder
/// agrees with itself. `since` is a checkpoint the reader kept from before: the log must continue it.
///
/// # Errors
/// [`OfflineError`] when the folder is no ledger at all. A difference is in the answer.
pub fn audit_folder(folder: &Path, keys: Option<&str>, since: Option<&Path>) -> Result<Audit, OfflineError> {
    let view = open_folder(folder, keys)?;
    let mut lines = ActLines::open(&folder.join(ACTS_FILE))?;
    let mut checks = Checks::default();
    let result = tlog::audit(view.reader(), view.origin(), view.verifiers(), |index, entry| {
        let leaf = checks.leaf(entry)?;
        let Some(lines) = &mut lines else {
            return Ok(());
        };
        lines.check(index, entry, &leaf, &mut checks)
    });
    let mut audit = checks.finish(result);
    if audit.difference.is_none()
        && let Some(extra) = lines.and_then(|mut lines| lines.next_line().ok().flatten())
    {
        audit.difference = Some(format!("{ACTS_FILE} has a line that no leaf belongs to: {}", extra.0));
    }
    if audit.difference.is_none() {
        audit.difference = check_cosigned(folder, &view)?;
    }
    if let (None, Some(path)) = (&audit.difference, since) {
        let kept = read(path, NOTE_BYTES_MAX as u64)?;
        let refused = view.extends(&kept).err();
        audit.difference = refused.map(|error| format!("{}: {error}", path.display()));
    }
    Ok(audit)
}

/// The tree with cosignatures in an export: it must be a beginning of the log, and no cosignature wrong.
fn check_cosigned(folder: &Path, view: &View) -> Result<Option<String>, OfflineError> {
    let path = folder.join(COSIGNED_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read(&path, NOTE_BYTES_MAX as u64)?;
    let policy = crate::WitnessPolicy::read(folder)
        .map_err(|error| OfflineError::File { path: folder.to_owned(), reason: error.to_string() })?;
    let kept = crate::cosign::open_kept(&bytes, view.origin(), view.verifiers(), &policy);
    let refused = match kept {
        Ok(_) => view.extends(&bytes).err().map(|error| error.to_string()),
        Err(reason) => Some(reason),
    };
    Ok(refused.map(|reason| format!("{COSIGNED_FILE}: {reason}")))
}

/// The lines of `acts.ndjson`, in the order of leaves.
struct ActLines {
    reader: BufReader<File>,
    number: u64,
}

impl ActLines {
    fn open(path: &Path) -> Result<Option<Self>, OfflineError> {
        match File::open(path) {
            Ok(file) => Ok(Some(ActLines { reader: BufReader::new(file), number: 0 })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(OfflineError::File { path: path.to_owned(), reason: error.to_string() }),
        }
    }

    fn next_line(&mut self) -> Result<Option<(u64, Vec<u8>)>, String> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(ACT_LINE_BYTES_MAX).read_until(b'\n', &mut line);
        read.map_err(|error| format!("{ACTS_FILE}: {error}"))?;
        self.number += 1;
        Ok(if line.is_empty() { None } else { Some((self.number, line)) })
    }

    fn check(&mut self, index: u64, entry: &[u8], leaf: &Leaf, checks: &mut Checks) -> Result<(), String> {
        let missing = || format!("{ACTS_FILE} has no line for this leaf");
        let (number, line) = self.next_line()?.ok_or_else(missing)?;
        let value: Value =
            serde_json::from_slice(&line).map_err(|_| format!("{ACTS_FILE} line {number} is not JSON"))?;
        let text = value.get("leaf").and_then(Value::as_str);
        if value.get("index").and_then(Value::as_u64) != Some(index) || text.map(str::as_bytes) != Some(entry) {
            return Err(format!("{ACTS_FILE} line {number} does not say what the log says"));
        }
        if value.get("salt").is_some() {
            let private = value.get("private").filter(|private| !private.is_null());
            let salt = value.get("salt").and_then(Value::as_str).and_then(|salt| hex::decode(salt).ok());
            checks.private(index, leaf, private, salt.as_deref())?;
        }
        checks.count_act();
        Ok(())
    }
}
