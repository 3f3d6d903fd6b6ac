//! Looks into every file before it is kept: a picture must be a whole picture and nothing else, a document no archive as
//! well. A malware scanner would stand behind the same hook.

use blobs::{Inspector, Kind};

/// Where the directory of a ZIP archive that is also something else must begin, counted from the end of the file, bytes: the
/// record and the longest comment it may carry.
const ARCHIVE_TAIL_BYTES: usize = 22 + 65_535;
/// The end of a ZIP archive's directory (APPNOTE 4.3.16).
const ARCHIVE_END: &[u8] = b"PK\x05\x06";

/// The inspector of the product.
#[derive(Debug, Default, Clone, Copy)]
pub struct Contents;

#[async_trait::async_trait]
impl Inspector for Contents {
    async fn inspect(&self, kind: Kind, bytes: &[u8]) -> Result<(), String> {
        if Kind::PICTURES.contains(&kind) {
            return imaging::inspect(bytes, None, &imaging::Limits::default())
                .map(drop)
                .map_err(|error| error.to_string());
        }
        let tail = &bytes[bytes.len().saturating_sub(ARCHIVE_TAIL_BYTES)..];
        if kind == Kind::Pdf && tail.windows(ARCHIVE_END.len()).any(|window| window == ARCHIVE_END) {
            return Err("the document is an archive as well".to_owned());
        }
        Ok(())
    }
}
