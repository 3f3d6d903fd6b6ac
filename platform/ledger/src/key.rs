//! The log's key: made on the first start, kept in `signing.key` (mode 0600), or given by the operator.

use crate::log::LogError;
use ground::Rng;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use tlog::note::KeyType;
use tlog::{SignerKey, VerifierKey};

/// File of the secret, in the ledger's folder.
pub const SIGNING_FILE: &str = "signing.key";
/// File of the public half, in the ledger's folder and in every export.
pub const VERIFIER_FILE: &str = "verifier.key";

/// Which key stands in a folder: what it signs, and a thing that must not be there without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOf {
    /// A log's, whose folder has a checkpoint.
    Log,
    /// A witness's, whose folder has what it signed.
    Witness,
}

impl KeyOf {
    fn kind(self) -> KeyType {
        match self {
            KeyOf::Log => KeyType::Ed25519,
            KeyOf::Witness => KeyType::Cosignature,
        }
    }

    fn bound_to(self) -> &'static str {
        match self {
            KeyOf::Log => tlog::audit::CHECKPOINT_PATH,
            KeyOf::Witness => crate::witness::LOGS_FOLDER,
        }
    }
}

fn failed(what: &str, error: impl std::fmt::Display) -> LogError {
    LogError::Key { reason: format!("{what}: {error}") }
}

/// The key of the ledger in `folder`: the operator's `secret` where given, else the one in the folder, else a new one
/// that is written there first. A folder that has a checkpoint but no key gets no new one.
///
/// # Errors
/// [`LogError::Key`] when the key cannot be read, belongs to another log, or is missing.
pub fn load_or_make(folder: &Path, origin: &str, secret: Option<&str>, rng: &dyn Rng) -> Result<SignerKey, LogError> {
    load_or_make_of(KeyOf::Log, folder, origin, secret, rng)
}

/// The same for a log or a witness called `name`.
///
/// # Errors
/// As [`load_or_make`].
pub fn load_or_make_of(
    of: KeyOf,
    folder: &Path,
    name: &str,
    secret: Option<&str>,
    rng: &dyn Rng,
) -> Result<SignerKey, LogError> {
    let path = folder.join(SIGNING_FILE);
    let key = match secret {
        Some(secret) => SignerKey::parse(secret.trim()).map_err(|error| failed("the configured key", error))?,
        None if path.exists() => read(&path)?,
        None if folder.join(of.bound_to()).exists() => {
            let reason = format!("is missing although there is {}; put it back from the backup", of.bound_to());
            return Err(failed(SIGNING_FILE, reason));
        }
        None => make(&path, name, of.kind(), rng)?,
    };
    if key.name() != name {
        let reason = format!("belongs to {}, this is {name}", key.name());
        return Err(failed(SIGNING_FILE, reason));
    }
    if key.kind() != of.kind() {
        let (is, wanted) = match of {
            KeyOf::Log => ("a witness's", "a log's"),
            KeyOf::Witness => ("a log's", "a witness's"),
        };
        return Err(failed(SIGNING_FILE, format!("is {is} key, not {wanted}")));
    }
    let public = format!("{}\n", key.verifier());
    let public_path = folder.join(VERIFIER_FILE);
    if fs::read_to_string(&public_path).ok().as_deref() != Some(&public) {
        fs::write(&public_path, public).map_err(|error| failed(VERIFIER_FILE, error))?;
    }
    Ok(key)
}

fn read(path: &Path) -> Result<SignerKey, LogError> {
    let text = fs::read_to_string(path).map_err(|error| failed(SIGNING_FILE, error))?;
    tighten(path)?;
    SignerKey::parse(text.trim()).map_err(|error| failed(SIGNING_FILE, error))
}

fn make(path: &Path, name: &str, kind: KeyType, rng: &dyn Rng) -> Result<SignerKey, LogError> {
    let mut seed = [0u8; 32];
    rng.fill(&mut seed);
    let key = SignerKey::from_seed(name, kind, &seed).map_err(|error| failed(name, error))?;
    let write = || {
        // Written beside and renamed, so that a stop leaves no half key.
        let draft = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        writeln!(file, "{}", key.to_secret_text())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(|error| failed(SIGNING_FILE, error))?;
    Ok(key)
}

/// A secret that others can read is made private again.
fn tighten(path: &Path) -> Result<(), LogError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(|error| failed(SIGNING_FILE, error))?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "the signing key could be read by others; made private");
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))
                .map_err(|error| failed(SIGNING_FILE, error))?;
        }
    }
    Ok(())
}

/// Reads verifier keys, one a line; empty lines and lines that start with `#` are skipped.
///
/// # Errors
/// The first line that is not a key, as text.
pub fn parse_verifiers(text: &str) -> Result<Vec<VerifierKey>, String> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| VerifierKey::parse(line).map_err(|error| format!("line {}: {error}", number + 1)))
        .collect()
}
