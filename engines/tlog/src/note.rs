//! Signed notes and the text forms of their keys (C2SP signed-note), Ed25519 only.
//!
//! A verifier key is `name+id+base64(type ‖ key)`, a signer key `PRIVATE+KEY+name+id+base64(type ‖ seed)`, where `id` is
//! eight hexadecimal digits: the first four bytes of `SHA-256(name ‖ "\n" ‖ type ‖ public key)`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// Longest note, bytes.
pub const NOTE_BYTES_MAX: usize = 1_000_000;
/// Most signature lines in a note (verifiers must take at least 16).
pub const SIGNATURES_MAX: usize = 100;
/// Longest key name, bytes.
pub const KEY_NAME_BYTES_MAX: usize = 255;
/// What a signature line starts with: an em dash and a space.
const SIGNATURE_PREFIX: &str = "— ";
const SIGNER_PREFIX: &str = "PRIVATE+KEY+";

/// What a key signs, and how. The numbers are those of the signed-note registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyType {
    /// Ed25519 over the note's text.
    Ed25519 = 0x01,
    /// Ed25519 over a witness's statement that it saw the checkpoint at a time.
    Cosignature = 0x04,
}

impl KeyType {
    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(KeyType::Ed25519),
            0x04 => Some(KeyType::Cosignature),
            _ => None,
        }
    }
}

/// Why a key could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `name+id+key`.
    #[error("a verifier key is name+id+key, the id being eight hexadecimal digits")]
    Form,
    /// The name is empty, too long, or has a space or a plus.
    #[error("a key's name must not be empty nor contain spaces or +")]
    Name,
    /// The part after the last `+` is not canonical base64 of a type byte and 32 bytes.
    #[error("the key itself is not canonical base64 of a type byte and 32 bytes")]
    Encoding,
    /// The type is neither a note key (1) nor a witness key (4).
    #[error("keys of this type are not known here; Ed25519 note keys (1) and witness keys (4) are")]
    Type,
    /// The id does not belong to the name and key.
    #[error("the id does not belong to this name and key; part of it was altered")]
    Id,
    /// The bytes are no point of the curve.
    #[error("the key is not an Ed25519 public key")]
    Point,
}

/// Whether a text can name a key: not empty, no Unicode space, no plus, no control character.
pub fn is_key_name(name: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && name.len() <= KEY_NAME_BYTES_MAX && !name.contains(bad)
}

fn key_id(name: &str, kind: KeyType, public: &[u8; 32]) -> u32 {
    let mut digest = Sha256::new();
    digest.update(name.as_bytes());
    digest.update([b'\n', kind as u8]);
    digest.update(public);
    let digest: [u8; 32] = digest.finalize().into();
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// Splits `name+id+base64` and decodes its last part into type and 32 bytes.
fn parse_key(text: &str) -> Result<(&str, u32, KeyType, [u8; 32]), KeyError> {
    // The name has no plus, base64 may: so split from the left.
    let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
    if !is_key_name(name) {
        return Err(KeyError::Name);
    }
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() != 8 || !id.bytes().all(lower_hex) {
        return Err(KeyError::Form);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Form)?;
    // 33 bytes are 44 characters.
    if key.len() != 44 {
        return Err(KeyError::Encoding);
    }
    let bytes = STANDARD.decode(key).map_err(|_| KeyError::Encoding)?;
    let (kind, material) = bytes.split_first().ok_or(KeyError::Encoding)?;
    let kind = KeyType::from_byte(*kind).ok_or(KeyError::Type)?;
    let material = material.try_into().map_err(|_| KeyError::Encoding)?;
    Ok((name, id, kind, material))
}

fn write_key(name: &str, id: u32, kind: KeyType, material: &[u8; 32]) -> String {
    let mut bytes = vec![kind as u8];
    bytes.extend_from_slice(material);
    format!("{name}+{id:08x}+{}", STANDARD.encode(bytes))
}

/// A public key with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    kind: KeyType,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads `name+id+key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, kind, material) = parse_key(text)?;
        let key = VerifyingKey::from_bytes(&material).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        if key_id(name, kind, &material) != id {
            return Err(KeyError::Id);
        }
        Ok(VerifierKey { name: name.to_owned(), id, kind, key })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of the hash over name, type and key.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What it signs.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    /// Whether `signature` (64 bytes) over `message` is this key's (RFC 8032, small-order points refused).
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    fn matches(&self, line: &SignatureLine) -> bool {
        self.id == line.id && self.name == line.name
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&write_key(&self.name, self.id, self.kind, self.key.as_bytes()))
    }
}

/// A secret key with its name. Its debug form shows no secret.
#[derive(Clone)]
pub struct SignerKey {
    name: String,
    id: u32,
    kind: KeyType,
    key: SigningKey,
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}+{:08x})", self.name, self.id)
    }
}

impl SignerKey {
    /// The key with this name made from 32 random bytes.
    pub fn from_seed(name: &str, kind: KeyType, seed: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = SigningKey::from_bytes(seed);
        let id = key_id(name, kind, key.verifying_key().as_bytes());
        Ok(SignerKey { name: name.to_owned(), id, kind, key })
    }

    /// Reads `PRIVATE+KEY+name+id+key`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, kind, seed) = parse_key(text.strip_prefix(SIGNER_PREFIX).ok_or(KeyError::Form)?)?;
        let key = SignerKey::from_seed(name, kind, &seed)?;
        if key.id != id {
            return Err(KeyError::Id);
        }
        Ok(key)
    }

    /// The secret text form. Whoever has it can sign.
    pub fn to_secret_text(&self) -> String {
        let key = write_key(&self.name, self.id, self.kind, self.key.as_bytes());
        format!("{SIGNER_PREFIX}{key}")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), id: self.id, kind: self.kind, key: self.key.verifying_key() }
    }

    /// What it signs.
    pub fn kind(&self) -> KeyType {
        self.kind
    }

    pub(crate) fn line(&self, signature: Vec<u8>) -> SignatureLine {
        SignatureLine { name: self.name.clone(), id: self.id, signature }
    }

    pub(crate) fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

/// A signature line as it stands in a note: not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// Name of the key that is said to have signed.
    pub name: String,
    /// Id of that key.
    pub id: u32,
    /// What follows the id: 64 bytes for Ed25519, 8 + 64 for a cosignature, anything for others.
    pub signature: Vec<u8>,
}

/// Why a note is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Over [`NOTE_BYTES_MAX`].
    #[error("a note has at most {NOTE_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("a note is UTF-8; byte {offset} is not")]
    Encoding {
        /// First byte that is not.
        offset: usize,
    },
    /// A control character other than newline.
    #[error("a note has no control characters; there is one at byte {offset}")]
    ControlCharacter {
        /// Where.
        offset: usize,
    },
    /// No empty line, or nothing after it, or no newline at the end.
    #[error("a note is a text, an empty line and signature lines, each ended by a newline")]
    Form,
    /// More than [`SIGNATURES_MAX`].
    #[error("a note has at most {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A signature line is not `— name base64`.
    #[error("signature line {line} is not: em dash, space, key name, space, base64")]
    SignatureLine {
        /// Which, from 1.
        line: usize,
    },
    /// A known key's signature does not verify.
    #[error("the signature of {name} does not belong to this text")]
    BadSignature {
        /// The key's name.
        name: String,
    },
    /// None of the known keys signed.
    #[error("none of the known keys signed this note")]
    Unsigned,
    /// The text cannot be signed as a note.
    #[error("a text to sign ends with a newline and has no control characters")]
    Text,
}

/// A text with signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

impl Note {
    /// Reads a note. Nothing in it is to be believed until [`Note::verify`] has passed.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| NoteError::Encoding { offset: error.valid_up_to() })?;
        if let Some(offset) = bytes.iter().position(|byte| *byte < 0x20 && *byte != b'\n') {
            return Err(NoteError::ControlCharacter { offset });
        }
        let split = text.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, lines) = (&text[..=split], &text[split + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        if lines.split('\n').count() > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        let parse = |(number, line)| parse_line(line).ok_or(NoteError::SignatureLine { line: number + 1 });
        let signatures = lines.split('\n').enumerate().map(parse).collect::<Result<_, _>>()?;
        Ok(Note { text: text.to_owned(), signatures })
    }

    /// The note over `text` with one signature of type Ed25519. The text must end with a newline.
    pub fn sign(text: &str, signer: &SignerKey) -> Result<Self, NoteError> {
        let control = |byte: u8| byte < 0x20 && byte != b'\n';
        if !text.ends_with('\n') || text.len() > NOTE_BYTES_MAX / 2 || text.bytes().any(control) {
            return Err(NoteError::Text);
        }
        let signature = signer.sign_bytes(text.as_bytes()).to_vec();
        Ok(Note { text: text.to_owned(), signatures: vec![signer.line(signature)] })
    }

    /// The text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, unchecked.
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Adds a signature line made elsewhere, for instance a witness's.
    pub fn add(&mut self, line: SignatureLine) {
        self.signatures.push(line);
    }

    /// The same text with only these signature lines.
    pub fn with_signatures(&self, signatures: Vec<SignatureLine>) -> Self {
        Note { text: self.text.clone(), signatures }
    }

    /// Checks the signatures of type Ed25519 by `keys` and returns the keys that signed, in the order of the lines, each
    /// once. Lines of unknown keys are ignored; a line of a known key that does not verify refuses the whole note, and
    /// so does a note that no known key signed. Keys of other types are not looked at.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for line in &self.signatures {
            let known = keys.iter().filter(|key| key.kind == KeyType::Ed25519 && key.matches(line));
            for key in known {
                if !key.has_signed(self.text.as_bytes(), &line.signature) {
                    return Err(NoteError::BadSignature { name: key.name.clone() });
                }
                if !signers.contains(&key) {
                    signers.push(key);
                }
            }
        }
        if signers.is_empty() {
            return Err(NoteError::Unsigned);
        }
        Ok(signers)
    }

    /// The lines that say they are of `key`.
    pub fn lines_of<'n>(&'n self, key: &VerifierKey) -> impl Iterator<Item = &'n SignatureLine> {
        self.signatures.iter().filter(move |line| key.matches(line))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Reads signature lines that stand alone, as a witness answers with: each ended by a newline, at least one.
///
/// # Errors
/// [`NoteError::Form`], [`NoteError::TooManySignatures`], [`NoteError::SignatureLine`].
pub fn parse_signatures(bytes: &[u8]) -> Result<Vec<SignatureLine>, NoteError> {
    let text = std::str::from_utf8(bytes).map_err(|error| NoteError::Encoding { offset: error.valid_up_to() })?;
    let lines = text.strip_suffix('\n').ok_or(NoteError::Form)?;
    if lines.split('\n').count() > SIGNATURES_MAX {
        return Err(NoteError::TooManySignatures);
    }
    let parse = |(number, line)| parse_line(line).ok_or(NoteError::SignatureLine { line: number + 1 });
    lines.split('\n').enumerate().map(parse).collect()
}

/// Signature lines as text, each ended by a newline.
pub fn write_signatures(lines: &[SignatureLine]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.signature);
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, STANDARD.encode(bytes))
    }
}

fn parse_line(line: &str) -> Option<SignatureLine> {
    let (name, signature) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    if !is_key_name(name) {
        return None;
    }
    let bytes = STANDARD.decode(signature).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if signature.is_empty() {
        return None;
    }
    Some(SignatureLine { name: name.to_owned(), id: u32::from_be_bytes(*id), signature: signature.to_vec() })
}
