//! Revocation and suspension: Bitstring Status List v1.0. A list is a credential of its own whose subject holds a bit
//! string, packed with gzip and written in multibase base64url; an entry names a list and a position in it.

use crate::credential::strings;
use crate::{Credential, Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json as js};
use std::io::{Read, Write};

/// Fewest entries of a list: so many credentials share one that asking for it tells nothing about any of them.
pub const LIST_BITS_MIN: u64 = 131_072;
/// Largest unpacked list, bytes. What unpacks to more is refused while it unpacks.
pub const LIST_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most status entries of one credential.
pub const ENTRIES_MAX: usize = 10;
/// Type of the list's credential.
pub const LIST_CREDENTIAL_TYPE: &str = "BitstringStatusListCredential";
/// Type of its subject.
pub const LIST_TYPE: &str = "BitstringStatusList";
/// Type of an entry.
pub const ENTRY_TYPE: &str = "BitstringStatusListEntry";

/// What a set bit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Withdrawn for ever.
    Revocation,
    /// Withdrawn for a time.
    Suspension,
}

impl Purpose {
    /// The name in the standard.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Revocation => "revocation",
            Purpose::Suspension => "suspension",
        }
    }

    /// Reads the name.
    ///
    /// # Errors
    /// [`Error::Status`] for other purposes: what they mean is not known here.
    pub fn from_name(name: &str) -> Result<Purpose> {
        match name {
            "revocation" => Ok(Purpose::Revocation),
            "suspension" => Ok(Purpose::Suspension),
            other => Err(Error::Status(format!("the purpose {:?}", other.chars().take(40).collect::<String>()))),
        }
    }
}

/// A bit string. Entry 0 is the leftmost bit: the highest of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits(Vec<u8>);

impl Bits {
    /// A list of the smallest size, nothing set.
    pub fn new() -> Self {
        Bits(vec![0; (LIST_BITS_MIN / 8) as usize])
    }

    /// A list of at least so many entries, nothing set.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn with_entries(entries: u64) -> Result<Self> {
        let bytes = usize::try_from(entries.max(LIST_BITS_MIN).div_ceil(8)).unwrap_or(usize::MAX);
        if bytes > LIST_BYTES_MAX { Err(Error::TooLarge { max: LIST_BYTES_MAX }) } else { Ok(Bits(vec![0; bytes])) }
    }

    /// Entries there are.
    pub fn len(&self) -> u64 {
        self.0.len() as u64 * 8
    }

    /// Never: a list has its smallest size.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, index: u64) -> Result<(usize, u8)> {
        let outside = Error::StatusIndex { index, bits: self.len() };
        let byte = usize::try_from(index / 8).ok().filter(|byte| *byte < self.0.len()).ok_or(outside)?;
        Ok((byte, 0x80 >> (index % 8)))
    }

    /// Whether an entry is set.
    ///
    /// # Errors
    /// [`Error::StatusIndex`].
    pub fn get(&self, index: u64) -> Result<bool> {
        let (byte, mask) = self.place(index)?;
        Ok(self.0[byte] & mask != 0)
    }

    /// Sets or clears an entry.
    ///
    /// # Errors
    /// [`Error::StatusIndex`].
    pub fn set(&mut self, index: u64, value: bool) -> Result<()> {
        let (byte, mask) = self.place(index)?;
        if value {
            self.0[byte] |= mask;
        } else {
            self.0[byte] &= !mask;
        }
        Ok(())
    }

    /// `u` and base64url of the gzip-packed string. The same bits give the same text.
    ///
    /// # Errors
    /// [`Error::Encoding`] never in practice: it packs into memory.
    pub fn encode(&self) -> Result<String> {
        let mut packer = GzEncoder::new(Vec::new(), flate2::Compression::default());
        let packed = packer.write_all(&self.0).and_then(|()| packer.finish());
        Ok(format!("u{}", URL_SAFE_NO_PAD.encode(packed.map_err(|_| Error::Encoding("the list"))?)))
    }

    /// Reads an encoded list. The multibase `u` may be missing, as older issuers leave it out.
    ///
    /// # Errors
    /// [`Error::Encoding`]; [`Error::TooLarge`] for what unpacks to more than [`LIST_BYTES_MAX`]; [`Error::Status`] for
    /// fewer entries than [`LIST_BITS_MIN`].
    pub fn decode(text: &str) -> Result<Bits> {
        // "u" is a digit of base64 too; a gzip file begins with 0x1f 0x8b 0x08, "H4s" in base64.
        let digits = text.strip_prefix('u').unwrap_or(text);
        let packed = URL_SAFE_NO_PAD.decode(digits).map_err(|_| Error::Encoding("the list's base64url"))?;
        let mut bits = Vec::new();
        let mut unpacker = GzDecoder::new(packed.as_slice()).take(LIST_BYTES_MAX as u64 + 1);
        unpacker.read_to_end(&mut bits).map_err(|_| Error::Encoding("the list's gzip"))?;
        if bits.len() > LIST_BYTES_MAX {
            return Err(Error::TooLarge { max: LIST_BYTES_MAX });
        }
        if (bits.len() as u64) * 8 < LIST_BITS_MIN {
            return Err(Error::Status(format!("{} entries are fewer than {LIST_BITS_MIN}", bits.len() * 8)));
        }
        Ok(Bits(bits))
    }
}

impl Default for Bits {
    fn default() -> Self {
        Bits::new()
    }
}

/// Where a credential's status stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusEntry {
    /// What a set bit means.
    pub purpose: Purpose,
    /// Position in the list.
    pub index: u64,
    /// Address of the list's credential.
    pub list: String,
}

impl StatusEntry {
    /// The `credentialStatus` of a credential.
    pub fn to_value(&self) -> Value {
        js!({
            "id": format!("{}#{}", self.list, self.index),
            "type": ENTRY_TYPE,
            "statusPurpose": self.purpose.name(),
            "statusListIndex": self.index.to_string(),
            "statusListCredential": self.list,
        })
    }

    fn read(entry: &Map<String, Value>) -> Result<StatusEntry> {
        let text = |name: &'static str| {
            let found = entry.get(name).and_then(Value::as_str);
            found.ok_or(Error::field(format!("/credentialStatus/{name}"), "a text is needed"))
        };
        let kind = text("type")?;
        if kind != ENTRY_TYPE {
            return Err(Error::Status(format!("the type {:?}", kind.chars().take(60).collect::<String>())));
        }
        if entry.get("statusSize").is_some_and(|size| size.as_u64() != Some(1)) {
            return Err(Error::Status("entries of several bits".to_owned()));
        }
        let index = text("statusListIndex")?;
        let digits = !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit());
        let index = index.parse().ok().filter(|_| digits);
        let index = index.ok_or(Error::field("/credentialStatus/statusListIndex", "a whole number is needed"))?;
        let list = text("statusListCredential")?.to_owned();
        Ok(StatusEntry { purpose: Purpose::from_name(text("statusPurpose")?)?, index, list })
    }
}

impl Credential {
    /// Where its status stands; empty for a credential that cannot be withdrawn.
    ///
    /// # Errors
    /// [`Error::Status`], [`Error::Field`] for entries that cannot be understood: such a credential's status is unknown,
    /// not good.
    pub fn status_entries(&self) -> Result<Vec<StatusEntry>> {
        let wrong = || Error::field("/credentialStatus", "an object or a list of at most 10 is needed");
        match self.value().get("credentialStatus") {
            None => Ok(Vec::new()),
            Some(Value::Object(one)) => Ok(vec![StatusEntry::read(one)?]),
            Some(Value::Array(several)) if several.len() <= ENTRIES_MAX => {
                several.iter().map(|entry| StatusEntry::read(entry.as_object().ok_or_else(wrong)?)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }
}

/// A read status list.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusList {
    /// What set bits mean in it.
    pub purposes: Vec<Purpose>,
    /// Its bits.
    pub bits: Bits,
}

impl StatusList {
    /// The subject of a list's credential.
    ///
    /// # Errors
    /// What [`Bits::encode`] says.
    pub fn subject(id: &str, purpose: Purpose, bits: &Bits) -> Result<Value> {
        Ok(js!({
            "id": format!("{id}#list"),
            "type": LIST_TYPE,
            "statusPurpose": purpose.name(),
            "encodedList": bits.encode()?,
        }))
    }

    /// Reads the list of a credential whose signature and dates were verified.
    ///
    /// # Errors
    /// [`Error::Status`], [`Error::Field`], and what [`Bits::decode`] says.
    pub fn read(credential: &Credential) -> Result<StatusList> {
        if !credential.is(LIST_CREDENTIAL_TYPE) {
            return Err(Error::Status(format!("the credential is no {LIST_CREDENTIAL_TYPE}")));
        }
        let subject = credential.subject().ok_or(Error::field("/credentialSubject", "one list is needed"))?;
        if subject.get("type").and_then(Value::as_str) != Some(LIST_TYPE) {
            return Err(Error::Status(format!("the subject is no {LIST_TYPE}")));
        }
        let purposes = strings(subject, "statusPurpose")?;
        // Purposes of others may stand beside; an entry's own is looked for below.
        let purposes: Vec<Purpose> = purposes.iter().filter_map(|name| Purpose::from_name(name).ok()).collect();
        let encoded = subject.get("encodedList").and_then(Value::as_str);
        let encoded = encoded.ok_or(Error::field("/credentialSubject/encodedList", "a text is needed"))?;
        Ok(StatusList { purposes, bits: Bits::decode(encoded)? })
    }

    /// Whether an entry is set: the credential is revoked or suspended. `list` is the list's credential, which must be the
    /// one the entry names.
    ///
    /// # Errors
    /// [`Error::Status`] where list and entry do not belong together; [`Error::StatusIndex`].
    pub fn is_set(&self, list: &Credential, entry: &StatusEntry) -> Result<bool> {
        if list.id.as_ref().is_some_and(|id| *id != entry.list) {
            return Err(Error::Status("the list has another address than the entry names".to_owned()));
        }
        if !self.purposes.contains(&entry.purpose) {
            return Err(Error::Status(format!("the list is not for {}", entry.purpose.name())));
        }
        self.bits.get(entry.index)
    }
}
