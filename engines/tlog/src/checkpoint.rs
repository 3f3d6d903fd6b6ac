//! Checkpoints (C2SP tlog-checkpoint): a log's name, its size and its root, as the text of a signed note.

use crate::hash::{Hash, empty_root};
use crate::note::{Note, NoteError, SignerKey, VerifierKey};

/// Most extension lines read.
pub const EXTENSION_LINES_MAX: usize = 32;

/// A tree head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log, as its name says: usually an address without scheme.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// Lines behind the third, usually none.
    pub extensions: Vec<String>,
}

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines, an empty line, no newline at the end, or too many lines.
    #[error("a checkpoint has a name, a size and a root, each on its own line that is not empty")]
    Lines,
    /// The second line.
    #[error("line 2 of a checkpoint is the size in decimal digits without leading zeros")]
    Size,
    /// The third line.
    #[error("line 3 of a checkpoint is the root in base64")]
    Root,
    /// Size 0 with a root that is not the empty tree's.
    #[error("a checkpoint of an empty log has the root of the empty tree")]
    EmptyRoot,
    /// Another log's.
    #[error("this checkpoint is of log {found}, not of {expected}")]
    Origin {
        /// Log named in it.
        found: String,
        /// Log asked for.
        expected: String,
    },
}

impl Checkpoint {
    /// Reads the text of a note.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = body.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty()).ok_or(CheckpointError::Lines);
        let (origin, size, root) = (next()?, next()?, next()?);
        let size = parse_size(size).ok_or(CheckpointError::Size)?;
        let root = Hash::from_base64(root).ok_or(CheckpointError::Root)?;
        let extensions: Vec<String> = lines.take(EXTENSION_LINES_MAX + 1).map(str::to_owned).collect();
        if extensions.len() > EXTENSION_LINES_MAX || extensions.iter().any(String::is_empty) {
            return Err(CheckpointError::Lines);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions })
    }

    /// The text a log signs.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n{}\n", self.origin, self.size, self.root);
        for line in &self.extensions {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Signs it as the log.
    pub fn sign(&self, signer: &SignerKey) -> Result<Note, CheckpointError> {
        // What could not be read back must not be signed.
        Checkpoint::parse(&self.text())?;
        Ok(Note::sign(&self.text(), signer)?)
    }
}

/// A decimal without leading zeros.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

/// A checkpoint whose log signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The note it came in, with further signatures.
    pub note: Note,
    /// Names of the log keys that signed.
    pub signers: Vec<String>,
}

impl SignedCheckpoint {
    /// Reads a note, checks that at least one of `keys` signed it, and that it is of the log `origin`.
    pub fn open(bytes: &[u8], origin: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let signers = note.verify(keys)?;
        let signers = signers.into_iter().map(|key| key.name().to_owned()).collect();
        let checkpoint = Checkpoint::parse(note.text())?;
        if checkpoint.origin != origin {
            return Err(CheckpointError::Origin { found: checkpoint.origin, expected: origin.to_owned() });
        }
        Ok(SignedCheckpoint { checkpoint, note, signers })
    }
}
