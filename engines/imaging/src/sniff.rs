//! What a file is, judged by its content, and whether it is whole and only that.
//!
//! The walk follows each format's own framing (JPEG markers, PNG chunks, GIF blocks, RIFF chunks, the BMP header) to
//! the end of the picture. What follows the end, and what is stored beside the pixels, is searched for
//! other kinds of files: a picture that is also an archive, a page or a program is refused.
use std::ops::Range;

use crate::decode::Error;

/// A kind of picture this crate decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// ISO 10918 with a marker stream.
    Jpeg,
    /// Portable Network Graphics.
    Png,
    /// WebP in a RIFF container.
    WebP,
    /// GIF87a, GIF89a.
    Gif,
    /// Windows bitmap.
    Bmp,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 5] = [Kind::Jpeg, Kind::Png, Kind::WebP, Kind::Gif, Kind::Bmp];

    /// The name people use.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Jpeg => "JPEG",
            Kind::Png => "PNG",
            Kind::WebP => "WebP",
            Kind::Gif => "GIF",
            Kind::Bmp => "BMP",
        }
    }

    /// The registered media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::WebP => "image/webp",
            Kind::Gif => "image/gif",
            Kind::Bmp => "image/bmp",
        }
    }

    /// File name endings in use, the usual one first.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Kind::Jpeg => &["jpg", "jpeg", "jpe", "jfif"],
            Kind::Png => &["png"],
            Kind::WebP => &["webp"],
            Kind::Gif => &["gif"],
            Kind::Bmp => &["bmp", "dib"],
        }
    }
}

/// The kind of picture the first bytes announce.
pub fn kind_of(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some(Kind::Jpeg)
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(Kind::Png)
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some(Kind::Gif)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(Kind::WebP)
    } else if bytes.starts_with(b"BM") && bytes.len() > 14 {
        Some(Kind::Bmp)
    } else {
        None
    }
}

/// A name for content that is not one of our kinds, where it is a well-known one.
pub fn other_kind_of(bytes: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 12] = [
        (b"%PDF-", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"PK\x05\x06", "ZIP"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"\x1f\x8b", "gzip"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"\x7fELF", "ELF"),
        (b"MZ", "EXE"),
        (b"\0\0\x01\0", "ICO"),
        (b"8BPS", "PSD"),
    ];
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(match bytes.get(8..12) {
            Some(b"avif" | b"avis") => "AVIF",
            Some(b"heic" | b"heix" | b"mif1" | b"hevc") => "HEIC",
            _ => "MP4",
        });
    }
    if let Some((_, name)) = STARTS.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Some(name);
    }
    let head = &bytes[..bytes.len().min(1024)];
    if find(head, b"<svg").is_some() {
        Some("SVG")
    } else if find(head, b"<html").is_some() || find(head, b"<!doctype html").is_some() {
        Some("HTML")
    } else {
        None
    }
}

/// Where the picture ends and which parts hold something else than pixels.
pub(crate) struct Frame {
    end: usize,
    notes: Vec<Range<usize>>,
}

/// Walks the file's framing; errors are [`Error::Truncated`] and [`Error::Damaged`].
pub(crate) fn frame(kind: Kind, bytes: &[u8]) -> Result<Frame, Error> {
    match kind {
        Kind::Jpeg => frame_jpeg(bytes),
        Kind::Png => frame_png(bytes),
        Kind::WebP => frame_webp(bytes),
        Kind::Gif => frame_gif(bytes),
        Kind::Bmp => frame_bmp(bytes),
    }
}

/// Refuses a picture that carries another kind of file behind or beside its pixels.
pub(crate) fn refuse_polyglot(kind: Kind, bytes: &[u8], frame: &Frame) -> Result<(), Error> {
    const ACTIVE: [(&[u8], &str); 8] = [
        (b"%PDF-", "PDF"),
        (b"PK\x03\x04", "ZIP"),
        (b"PK\x05\x06", "ZIP"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"<script", "HTML"),
        (b"<html", "HTML"),
        (b"<?php", "PHP"),
    ];
    const TAIL_ONLY: [(&[u8], &str); 4] =
        [(b"\x7fELF", "ELF"), (b"<!doctype html", "HTML"), (b"<svg", "SVG"), (b"<iframe", "HTML")];
    let tail = frame.end..bytes.len();
    for range in frame.notes.iter().chain(std::iter::once(&tail)) {
        let part = &bytes[range.clone()];
        let extra = if *range == tail { &TAIL_ONLY[..] } else { &[] };
        for (signature, other) in ACTIVE.iter().chain(extra) {
            if let Some(at) = find(part, signature) {
                return Err(Error::Polyglot { kind, other, at_byte: range.start + at });
            }
        }
    }
    if bytes.get(frame.end..frame.end + 2) == Some(b"MZ") {
        return Err(Error::Polyglot { kind, other: "EXE", at_byte: frame.end });
    }
    Ok(())
}

/// First place of `needle` (lower-case ASCII letters match both cases).
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle[0];
    (0..(bytes.len() + 1).saturating_sub(needle.len()))
        .find(|&at| bytes[at].eq_ignore_ascii_case(&first) && bytes[at..at + needle.len()].eq_ignore_ascii_case(needle))
}

fn truncated(kind: Kind, bytes: &[u8]) -> Error {
    Error::Truncated { kind, at_byte: bytes.len() }
}

fn big_endian_u16(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2).map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1]))
}

fn u32_at(bytes: &[u8], at: usize, little: bool) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()
}

fn frame_jpeg(bytes: &[u8]) -> Result<Frame, Error> {
    let short = || truncated(Kind::Jpeg, bytes);
    let mut notes = Vec::new();
    let mut at = 2;
    loop {
        // Decoders skip stray bytes before a marker; so does this walk.
        while *bytes.get(at).ok_or_else(short)? != 0xff {
            at += 1;
        }
        let marker = *bytes.get(at + 1).ok_or_else(short)?;
        match marker {
            0xff => at += 1,
            0x00 | 0x01 | 0xd0..=0xd8 => at += 2,
            0xd9 => return Ok(Frame { end: at + 2, notes }),
            _ => {
                let length = big_endian_u16(bytes, at + 2).ok_or_else(short)?;
                if length < 2 {
                    return Err(Error::Damaged {
                        kind: Kind::Jpeg,
                        reason: format!("segment of length {length} at byte {at}"),
                    });
                }
                let end = at + 2 + length;
                if end > bytes.len() {
                    return Err(short());
                }
                if matches!(marker, 0xe0..=0xef | 0xfe) {
                    notes.push(at + 4..end);
                }
                at = end;
            }
        }
    }
}

fn frame_png(bytes: &[u8]) -> Result<Frame, Error> {
    let short = || truncated(Kind::Png, bytes);
    let mut notes = Vec::new();
    let mut at = 8;
    loop {
        let length = u32_at(bytes, at, false).ok_or_else(short)?;
        let name = bytes.get(at + 4..at + 8).ok_or_else(short)?;
        let end = at.checked_add(12).and_then(|fixed| fixed.checked_add(length)).ok_or_else(short)?;
        if end > bytes.len() {
            return Err(short());
        }
        if !matches!(name, b"IHDR" | b"PLTE" | b"IDAT" | b"IEND" | b"fdAT") {
            notes.push(at + 8..end - 4);
        }
        if name == b"IEND" {
            return Ok(Frame { end, notes });
        }
        at = end;
    }
}

fn frame_webp(bytes: &[u8]) -> Result<Frame, Error> {
    let short = || truncated(Kind::WebP, bytes);
    let end = u32_at(bytes, 4, true).ok_or_else(short)?.checked_add(8).ok_or_else(short)?;
    if end > bytes.len() {
        return Err(short());
    }
    let mut notes = Vec::new();
    let mut at = 12;
    while at + 8 <= end {
        let length = u32_at(bytes, at + 4, true).ok_or_else(short)?;
        let stop = (at + 8).checked_add(length).filter(|stop| *stop <= end).ok_or_else(|| Error::Damaged {
            kind: Kind::WebP,
            reason: format!("the chunk at byte {at} is longer than its container"),
        })?;
        if !matches!(&bytes[at..at + 4], b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF") {
            notes.push(at + 8..stop);
        }
        at = stop + length % 2;
    }
    Ok(Frame { end, notes })
}

fn frame_gif(bytes: &[u8]) -> Result<Frame, Error> {
    let short = || truncated(Kind::Gif, bytes);
    let table = |flags: u8| {
        if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
    };
    let mut notes = Vec::new();
    let mut at = 13 + table(*bytes.get(10).ok_or_else(short)?);
    loop {
        let is_note = match *bytes.get(at).ok_or_else(short)? {
            0x3b => return Ok(Frame { end: at + 1, notes }),
            0x2c => {
                at += 11 + table(*bytes.get(at + 9).ok_or_else(short)?);
                false
            }
            0x21 => {
                let label = *bytes.get(at + 1).ok_or_else(short)?;
                at += 2;
                matches!(label, 0xfe | 0xff | 0x01)
            }
            other => {
                let reason = format!("unknown block 0x{other:02x} at byte {at}");
                return Err(Error::Damaged { kind: Kind::Gif, reason });
            }
        };
        let start = at;
        loop {
            let length = usize::from(*bytes.get(at).ok_or_else(short)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
        if is_note {
            notes.push(start..at);
        }
    }
}

fn frame_bmp(bytes: &[u8]) -> Result<Frame, Error> {
    let short = || truncated(Kind::Bmp, bytes);
    let claimed = u32_at(bytes, 2, true).ok_or_else(short)?;
    let pixels = u32_at(bytes, 10, true).ok_or_else(short)?;
    if claimed > bytes.len() || pixels > bytes.len() {
        return Err(short());
    }
    // Some writers leave the size field empty; then everything counts as the picture.
    let end = if claimed < pixels { bytes.len() } else { claimed };
    Ok(Frame { end, notes: Vec::new() })
}
