//! Small secrets at rest: keys that sign or mint are kept in the store only sealed, under a master key that is not in it.
//!
//! XChaCha20-Poly1305 with a random 24-byte nonce. What a sealed text is for (`laboratory key 0190…`) is bound to it: moved
//! to another row it does not open. The master key is 32 bytes in a file of its own (mode 0600), so that a copy of the
//! store alone tells nothing.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ground::Rng;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use zeroize::Zeroizing;

/// Form of a sealed text: `sealed1.` and nonce and ciphertext in hexadecimal.
const PREFIX: &str = "sealed1.";
const NONCE_BYTES: usize = 24;
/// Largest secret, bytes: keys and tokens, not files.
pub const SECRET_BYTES_MAX: usize = 4096;
/// File of the master key in its folder.
pub const MASTER_FILE: &str = "master.key";

/// Whether a text is a sealed one.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// A master key.
pub type MasterKey = Zeroizing<[u8; 32]>;

/// Why something is not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The process was started without a master key.
    #[error("this process has no master key")]
    NoMasterKey,
    /// Larger than [`SECRET_BYTES_MAX`].
    #[error("a secret of more than {SECRET_BYTES_MAX} bytes is not sealed")]
    TooLarge,
    /// The text was changed, is of another purpose, or was sealed under another master key.
    #[error("a sealed secret does not open: it was changed, moved, or sealed under another master key")]
    DoesNotOpen,
    /// The file of the master key.
    #[error("{file}: {reason}")]
    File {
        /// Its name.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<Error> for ground::Problem {
    fn from(error: Error) -> Self {
        ground::Problem::internal(error)
    }
}

/// Seals and opens. Never shown in a debug form.
pub struct Sealer(XChaCha20Poly1305);

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// Over a master key.
    pub fn new(key: &MasterKey) -> Self {
        Sealer(XChaCha20Poly1305::new((&**key).into()))
    }

    /// Seals a secret for a purpose: a text for one column.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn seal(&self, rng: &dyn Rng, purpose: &str, secret: &[u8]) -> Result<String, Error> {
        if secret.len() > SECRET_BYTES_MAX {
            return Err(Error::TooLarge);
        }
        let mut nonce = [0u8; NONCE_BYTES];
        rng.fill(&mut nonce);
        let payload = Payload { msg: secret, aad: purpose.as_bytes() };
        let sealed = self.0.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| Error::TooLarge)?;
        Ok(format!("{PREFIX}{}", hex::encode([&nonce[..], &sealed].concat())))
    }

    /// Opens a secret of a purpose.
    ///
    /// # Errors
    /// [`Error::DoesNotOpen`].
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        let bytes = sealed.strip_prefix(PREFIX).and_then(|text| hex::decode(text).ok()).ok_or(Error::DoesNotOpen)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES).ok_or(Error::DoesNotOpen)?;
        let payload = Payload { msg: sealed, aad: purpose.as_bytes() };
        let secret = self.0.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| Error::DoesNotOpen)?;
        Ok(Zeroizing::new(secret))
    }
}

/// The master key in `folder` (`master.key`, 64 hexadecimal digits), made there at the first start. Written beside and
/// renamed, so that a stop leaves no half key; a file that others can read is made private again.
///
/// # Errors
/// [`Error::File`] when it cannot be read, is no key, or cannot be written.
pub fn load_or_make(folder: &Path, rng: &dyn Rng) -> Result<MasterKey, Error> {
    let path = folder.join(MASTER_FILE);
    let failed = |reason: String| Error::File { file: path.display().to_string(), reason };
    if !path.exists() {
        let mut key = Zeroizing::new([0u8; 32]);
        rng.fill(&mut *key);
        write(folder, &path, &key).map_err(|error| failed(error.to_string()))?;
        return Ok(key);
    }
    make_private(&path).map_err(|error| failed(error.to_string()))?;
    let text = Zeroizing::new(fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?);
    parse_master(&text).ok_or_else(|| failed("it does not hold 64 hexadecimal digits".to_owned()))
}

/// Reads a master key from its text form; `None` when it is not 64 hexadecimal digits.
pub fn parse_master(text: &str) -> Option<MasterKey> {
    let mut key = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(text.trim(), &mut *key).ok()?;
    Some(key)
}

fn write(folder: &Path, path: &Path, key: &MasterKey) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let draft = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", Zeroizing::new(hex::encode(**key)).as_str())?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(folder)?.sync_all()
}

fn make_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "the master key could be read by others; made private");
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::SeededRng;

    #[test]
    fn a_sealed_secret_opens_for_its_purpose_and_key_alone() {
        let rng = SeededRng::new(3);
        let sealer = Sealer::new(&Zeroizing::new([7; 32]));
        let sealed = sealer.seal(&rng, "laboratory key 1", b"secret").unwrap();
        assert!(!sealed.contains(&hex::encode("secret")));
        assert_eq!(sealer.open("laboratory key 1", &sealed).unwrap().as_slice(), b"secret");
        assert!(sealer.open("laboratory key 2", &sealed).is_err(), "moved to another row");
        assert!(Sealer::new(&Zeroizing::new([8; 32])).open("laboratory key 1", &sealed).is_err());
        for position in PREFIX.len()..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[position] = if changed[position] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(sealer.open("laboratory key 1", &changed).is_err(), "changed at {position}");
        }
        assert_ne!(sealer.seal(&rng, "laboratory key 1", b"secret").unwrap(), sealed, "a nonce is never used twice");
    }

    #[test]
    fn the_master_key_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let made = load_or_make(&keys, &SeededRng::new(1)).unwrap();
        assert_eq!(load_or_make(&keys, &SeededRng::new(2)).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(keys.join(MASTER_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(keys.join(MASTER_FILE), "half").unwrap();
        assert!(load_or_make(&keys, &SeededRng::new(1)).is_err(), "a damaged key is never replaced");
    }
}
