//! Trees of the log kept in other places, so that whoever runs the log cannot rewrite it without those places showing it.
//!
//! An [`Anchor`] is a place: a file somewhere else ([`FileAnchor`], here), an address that receives a signed message, a
//! chain (both in the slice that speaks HTTP). What is put there is an [`Statement`]: the signed checkpoint, the time, and a
//! signature of the log over both. A [`Receipt`] says where it stands and is all that a stranger needs to look.
//!
//! A statement as one line of JSON: `at` (RFC 3339), `checkpoint` (the note), `log`, `number` and `previous` (SHA-256 of the
//! line before, hexadecimal; both only in files), `v`: 1, and `signature`: the log's signature line (C2SP signed-note) over
//! the RFC 8785 form of everything else and a newline.

use crate::disk::Disk;
use crate::log::LogError;
use ground::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tlog::{Hash, Note, SignedCheckpoint, VerifierKey};

/// Longest line of an anchor file or statement, bytes.
pub const STATEMENT_BYTES_MAX: usize = 64 * 1024;
/// Longest anchor file read, bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 30;
/// Length of what is written into a chain, bytes.
pub const DIGEST_BYTES: usize = 4 + 8 + 32 + 32;
const DIGEST_MAGIC: &[u8; 4] = b"TSA1";

/// Signs the statements of a log.
pub type Sign<'a> = &'a (dyn Fn(&str) -> Result<Note, LogError> + Sync);

/// What is put into a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// When it was made.
    pub at: Timestamp,
    /// The tree: a note signed by the log, with the cosignatures there were.
    pub checkpoint: SignedCheckpoint,
    /// Position in a file, from 0, and SHA-256 of the line before (64 zeros for the first).
    pub chained: Option<(u64, String)>,
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// `file`, `webhook`, `evm`.
    pub kind: String,
    /// Which file, address or chain.
    pub place: String,
    /// Where in it: a line, the answer's status, a transaction.
    pub reference: String,
    /// When.
    pub at: Timestamp,
    /// The checkpoint that stands there.
    pub checkpoint: String,
}

/// Why a statement could not be put somewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// The place did not take it; it is tried again.
    #[error("{0}")]
    Unreachable(String),
    /// The place holds something else than it should: somebody must look.
    #[error("{0}")]
    Contradiction(String),
    /// The disk or the key.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A place outside.
#[async_trait::async_trait]
pub trait Anchor: Send + Sync {
    /// `file`, `webhook`, `evm`.
    fn kind(&self) -> &'static str;
    /// Which one, for people and for [`Receipt::place`].
    fn place(&self) -> String;
    /// Puts a tree there and returns where it stands. Putting the same tree twice is harmless.
    async fn put(&self, tree: &SignedCheckpoint, at: Timestamp, sign: Sign<'_>) -> Result<String, AnchorError>;
    /// Whether what was put under this reference is there for good: `None` while that is not known.
    async fn is_final(&self, _reference: &str, _tree: &SignedCheckpoint) -> Result<Option<bool>, AnchorError> {
        Ok(Some(true))
    }
}

impl Statement {
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("at".into(), json!(self.at.to_rfc3339()));
        body.insert("checkpoint".into(), json!(self.checkpoint.note.to_string()));
        body.insert("log".into(), json!(self.checkpoint.checkpoint.origin));
        if let Some((number, previous)) = &self.chained {
            body.insert("number".into(), json!(number));
            body.insert("previous".into(), json!(previous));
        }
        body.insert("v".into(), json!(1));
        body
    }

    /// One signed line of JSON, without its newline.
    ///
    /// # Errors
    /// What the signing says.
    pub fn line(&self, sign: Sign<'_>) -> Result<String, LogError> {
        let mut body = self.body();
        let note = sign(&signed_text(&body)?)?;
        let signature = note.signatures().first().map(ToString::to_string).unwrap_or_default();
        body.insert("signature".into(), json!(signature));
        canonical(&body)
    }

    /// Reads a line and checks both signatures: the log's over the statement and over the checkpoint in it.
    ///
    /// # Errors
    /// What is wrong, as text.
    pub fn parse(line: &[u8], origin: &str, keys: &[VerifierKey]) -> Result<Self, String> {
        if line.len() > STATEMENT_BYTES_MAX {
            return Err(format!("it is longer than {STATEMENT_BYTES_MAX} bytes"));
        }
        let value: Value = serde_json::from_slice(line).map_err(|_| "it is not JSON".to_owned())?;
        let Value::Object(mut body) = value else { return Err("it is not a JSON object".to_owned()) };
        let signature = body.remove("signature").and_then(|text| text.as_str().map(str::to_owned));
        let signature = signature.ok_or("it has no signature")?;
        let text = signed_text(&body).map_err(|error| error.to_string())?;
        let note = Note::parse(format!("{text}\n{signature}\n").as_bytes()).map_err(|error| error.to_string())?;
        note.verify(keys).map_err(|error| error.to_string())?;
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        if body.get("v").and_then(Value::as_u64) != Some(1) || text("log") != Some(origin) {
            return Err(format!("it is no statement of log {origin}"));
        }
        let at = text("at").and_then(Timestamp::parse_rfc3339).ok_or("it has no time")?;
        let checkpoint = SignedCheckpoint::open(text("checkpoint").unwrap_or_default().as_bytes(), origin, keys)
            .map_err(|error| format!("its checkpoint: {error}"))?;
        let number = body.get("number").and_then(Value::as_u64);
        let chained = number.zip(text("previous").map(str::to_owned));
        Ok(Statement { at, checkpoint, chained })
    }
}

fn canonical(body: &Map<String, Value>) -> Result<String, LogError> {
    let bytes = serde_jcs::to_vec(&Value::Object(body.clone()));
    let bytes = bytes.map_err(|error| LogError::Key { reason: error.to_string() })?;
    String::from_utf8(bytes).map_err(|error| LogError::Key { reason: error.to_string() })
}

fn signed_text(body: &Map<String, Value>) -> Result<String, LogError> {
    Ok(format!("{}\n", canonical(body)?))
}

/// What is written into a chain for a tree: `"TSA1" ‖ u64 leaves ‖ root ‖ SHA-256 of the log's name`, big-endian.
pub fn digest(origin: &str, size: u64, root: &Hash) -> [u8; DIGEST_BYTES] {
    let mut bytes = [0; DIGEST_BYTES];
    bytes[..4].copy_from_slice(DIGEST_MAGIC);
    bytes[4..12].copy_from_slice(&size.to_be_bytes());
    bytes[12..44].copy_from_slice(root.as_bytes());
    bytes[44..].copy_from_slice(&Sha256::digest(origin.as_bytes()));
    bytes
}

impl Receipt {
    /// The text form: JSON.
    pub fn to_json(&self) -> String {
        let value = json!({
            "v": 1, "kind": self.kind, "place": self.place, "reference": self.reference, "at": self.at.to_rfc3339(),
            "checkpoint": self.checkpoint,
        });
        format!("{value:#}\n")
    }

    /// Reads the text form. Nothing in it is checked.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        Some(Receipt {
            kind: text("kind")?,
            place: text("place")?,
            reference: text("reference")?,
            at: Timestamp::parse_rfc3339(&text("at")?)?,
            checkpoint: text("checkpoint")?,
        })
    }
}

/// A file that only grows, usually on another disk or a write-once share: one statement a line, each with the hash of the
/// line before.
pub struct FileAnchor {
    disk: Arc<dyn Disk>,
    name: String,
    place: String,
    origin: String,
    keys: Vec<VerifierKey>,
    /// A write failed: what is read back may not be what the disk holds.
    doubtful: AtomicBool,
}

impl FileAnchor {
    /// The file `name` on `disk`, called `place` for people, for statements of this log.
    pub fn new(disk: Arc<dyn Disk>, name: &str, place: &str, origin: &str, keys: Vec<VerifierKey>) -> Self {
        let (name, place, origin) = (name.to_owned(), place.to_owned(), origin.to_owned());
        FileAnchor { disk, name, place, origin, keys, doubtful: AtomicBool::new(false) }
    }

    fn append(&self, tree: &SignedCheckpoint, at: Timestamp, sign: Sign<'_>) -> Result<String, AnchorError> {
        let failed = |error| LogError::disk(format!("writing {}", self.place), error);
        let bytes = self.disk.read(&self.name, FILE_BYTES_MAX).map_err(failed)?.unwrap_or_default();
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = read_lines(&bytes[..whole], &self.origin, &self.keys)
            .map_err(|reason| AnchorError::Contradiction(format!("{}: {reason}", self.place)))?;
        let sure = !self.doubtful.load(Ordering::Relaxed);
        if let Some((number, last)) = lines.iter().enumerate().next_back() {
            let (there, here) = (&last.checkpoint.checkpoint, &tree.checkpoint);
            if there.size > here.size || (there.size == here.size && there.root != here.root) {
                let reason = format!("{} holds a tree of {} leaves already", self.place, there.size);
                return Err(AnchorError::Contradiction(reason));
            }
            if there.size == here.size && sure {
                return Ok((number + 1).to_string());
            }
        }
        let last = bytes[..whole].split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
        let previous = last.map_or_else(|| "0".repeat(64), |line| hex::encode(Sha256::digest(line)));
        let chained = Some((lines.len() as u64, previous));
        let line = Statement { at, checkpoint: tree.clone(), chained }.line(sign)?;
        let written = match self.doubtful.load(Ordering::Relaxed) {
            false => self.grow(&bytes, whole, &line),
            true => self.rewrite(&bytes[..whole], &line),
        };
        self.doubtful.store(written.is_err(), Ordering::Relaxed);
        written.map_err(failed)?;
        Ok((lines.len() + 1).to_string())
    }

    fn grow(&self, bytes: &[u8], whole: usize, line: &str) -> std::io::Result<()> {
        // A line that a stop cut short was never a receipt: it is cut off before the next is written.
        if whole < bytes.len() {
            self.disk.set_length(&self.name, whole as u64)?;
        }
        let mut file = self.disk.open_to_append(&self.name)?;
        file.append(format!("{line}\n").as_bytes())?;
        file.sync()?;
        self.disk.sync_folder("")
    }

    /// After a failed sync the disk may have lost what reading still shows, and a later sync would not say so: everything
    /// is written once more, into a new file that takes the old one's place.
    fn rewrite(&self, kept: &[u8], line: &str) -> std::io::Result<()> {
        let draft = format!("{}.new", self.name);
        let bytes = [kept, line.as_bytes(), b"\n"].concat();
        self.disk.write(&draft, &bytes)?;
        self.disk.sync_file(&draft)?;
        self.disk.rename(&draft, &self.name)?;
        self.disk.sync_folder("")
    }
}

#[async_trait::async_trait]
impl Anchor for FileAnchor {
    fn kind(&self) -> &'static str {
        "file"
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    async fn put(&self, tree: &SignedCheckpoint, at: Timestamp, sign: Sign<'_>) -> Result<String, AnchorError> {
        self.append(tree, at, sign)
    }
}

/// Reads a whole anchor file: every line signed, numbered and chained to the one before, and no tree smaller than an
/// earlier one.
///
/// # Errors
/// The first line that is wrong, and why.
pub fn read_lines(bytes: &[u8], origin: &str, keys: &[VerifierKey]) -> Result<Vec<Statement>, String> {
    let mut previous = "0".repeat(64);
    let mut statements: Vec<Statement> = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate() {
        let wrong = |reason: &str| format!("line {}: {reason}", number + 1);
        let statement = Statement::parse(line, origin, keys).map_err(|reason| wrong(&reason))?;
        if statement.chained != Some((number as u64, previous.clone())) {
            return Err(wrong("it does not follow the line before: a line was changed or taken away"));
        }
        let before = statements.last().map(|before| before.checkpoint.checkpoint.size);
        if before.is_some_and(|before| before > statement.checkpoint.checkpoint.size) {
            return Err(wrong("its tree is smaller than the one before"));
        }
        previous = hex::encode(Sha256::digest(line));
        statements.push(statement);
    }
    Ok(statements)
}
