//! Entry bundles (C2SP tlog-tiles): entries one after the other, each behind its length as a big-endian `u16`.

/// Longest entry, bytes.
pub const ENTRY_BYTES_MAX: usize = u16::MAX as usize;

/// Why a bundle could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// An entry does not fit behind a `u16`.
    #[error("entry {position} has {bytes} bytes, more than {ENTRY_BYTES_MAX}")]
    EntryTooLong {
        /// Position in the bundle, from 0.
        position: usize,
        /// Its length, bytes.
        bytes: usize,
    },
    /// The bytes end inside a length or an entry.
    #[error("the bundle ends inside entry {position}, which starts at byte {offset}")]
    CutShort {
        /// Position of the entry, from 0.
        position: usize,
        /// Offset of its length prefix, bytes.
        offset: usize,
    },
    /// There are bytes behind the last entry.
    #[error("{bytes} bytes follow the last entry, from byte {offset}")]
    TrailingBytes {
        /// Where they start.
        offset: usize,
        /// How many there are.
        bytes: usize,
    },
}

/// Writes entries as a bundle.
pub fn encode<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    for (position, entry) in entries.into_iter().enumerate() {
        let length =
            u16::try_from(entry.len()).map_err(|_| BundleError::EntryTooLong { position, bytes: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// Reads a bundle that must hold exactly `width` entries and nothing else.
pub fn decode(bytes: &[u8], width: usize) -> Result<Vec<&[u8]>, BundleError> {
    let mut entries = Vec::with_capacity(width.min(256));
    let mut offset = 0;
    for position in 0..width {
        let cut_short = BundleError::CutShort { position, offset };
        let rest = bytes.get(offset..).unwrap_or_default();
        let Some((length, rest)) = rest.split_first_chunk::<2>() else {
            return Err(cut_short);
        };
        let length = usize::from(u16::from_be_bytes(*length));
        let entry = rest.get(..length).ok_or(cut_short)?;
        entries.push(entry);
        offset += 2 + length;
    }
    if offset != bytes.len() {
        return Err(BundleError::TrailingBytes { offset, bytes: bytes.len() - offset });
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_names_the_entry_it_breaks_in() {
        let bytes = encode([b"one".as_slice(), b"", b"three"]).unwrap();
        assert_eq!(decode(&bytes, 3).unwrap(), [b"one".as_slice(), b"", b"three"]);
        let cut = decode(&bytes[..bytes.len() - 1], 3);
        assert_eq!(cut, Err(BundleError::CutShort { position: 2, offset: 7 }));
        let long = decode(&bytes, 2);
        assert_eq!(long, Err(BundleError::TrailingBytes { offset: 7, bytes: 7 }));
        assert!(matches!(encode([vec![0; 65_536].as_slice()]), Err(BundleError::EntryTooLong { position: 0, .. })));
    }
}
