//! Decoding: all five kinds, and every way in which a file is refused.
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use imaging::decode::inspect;
use imaging::{Error, Kind, Limits, decode, fingerprint};
use proptest::prelude::*;

const FORMATS: [(ImageFormat, Kind); 5] = [
    (ImageFormat::Jpeg, Kind::Jpeg),
    (ImageFormat::Png, Kind::Png),
    (ImageFormat::WebP, Kind::WebP),
    (ImageFormat::Gif, Kind::Gif),
    (ImageFormat::Bmp, Kind::Bmp),
];

fn colours(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([(x * 5) as u8, (y * 7) as u8, ((x * y) / 9) as u8]))
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::from(colours(48, 40)).write_to(&mut out, format).expect("encoded");
    out.into_inner()
}

fn refusal(bytes: &[u8], name: Option<&str>) -> Error {
    decode(bytes, name, &Limits::default()).expect_err("a refusal")
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

fn png_chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let checked = [name.as_slice(), body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &checked, &crc32(&checked).to_be_bytes()].concat()
}

#[test]
fn all_five_kinds_are_recognised_by_content_and_decoded() {
    for (format, kind) in FORMATS {
        let bytes = encoded(format);
        let picture = decode(&bytes, None, &Limits::default()).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert_eq!((picture.kind(), picture.width(), picture.height()), (kind, 48, 40));
        for extension in kind.extensions() {
            let name = format!("photo.final.{}", extension.to_uppercase());
            assert!(decode(&bytes, Some(&name), &Limits::default()).is_ok(), "{name}");
        }
    }
}

#[test]
fn a_name_that_says_another_kind_is_refused_and_told_the_right_ending() {
    let error = refusal(&encoded(ImageFormat::Png), Some("goods/front.JPG"));
    assert_eq!(error, Error::WrongExtension { extension: "jpg".into(), kind: Kind::Png });
    assert!(error.to_string().contains("PNG") && error.to_string().contains(".png"), "{error}");
    assert!(error.text_zh().contains(".png"));
    assert!(decode(&encoded(ImageFormat::Png), Some("no-ending"), &Limits::default()).is_ok());
}

#[test]
fn a_file_cut_anywhere_is_refused_as_truncated_or_damaged_never_taken() {
    for (format, kind) in FORMATS {
        let bytes = encoded(format);
        for length in [13, 20, 30, bytes.len() / 2, bytes.len() - 3, bytes.len() - 1] {
            let error = refusal(&bytes[..length], None);
            assert!(
                matches!(error, Error::Truncated { .. } | Error::Damaged { .. } | Error::UnknownKind),
                "{kind:?} cut to {length} bytes: {error}"
            );
        }
        let half = bytes.len() / 2;
        assert_eq!(refusal(&bytes[..half], None), Error::Truncated { kind, at_byte: half });
    }
}

#[test]
fn empty_oversized_and_foreign_files_are_named() {
    assert_eq!(refusal(b"", None), Error::Empty);
    assert_eq!(refusal(b"hello there, this is text", None), Error::UnknownKind);
    assert_eq!(refusal(b"%PDF-1.7\n...", Some("scan.jpg")), Error::OtherKind { found: "PDF" });
    assert_eq!(refusal(b"PK\x03\x04 and so on", None), Error::OtherKind { found: "ZIP" });
    assert_eq!(refusal(b"\0\0\0\x20ftypheic\0\0\0\0", None), Error::OtherKind { found: "HEIC" });
    assert_eq!(refusal(b"<?xml version=\"1.0\"?><svg onload=alert(1)>", None), Error::OtherKind { found: "SVG" });
    let limits = Limits { file_bytes_max: 100, ..Limits::default() };
    let bytes = encoded(ImageFormat::Bmp);
    assert_eq!(decode(&bytes, None, &limits).unwrap_err(), Error::TooManyBytes { found: bytes.len(), max: 100 });
}

#[test]
fn a_bomb_is_refused_by_its_header_before_anything_is_decoded() {
    let mut header = Vec::new();
    header.extend_from_slice(&60_000_u32.to_be_bytes());
    header.extend_from_slice(&60_000_u32.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let bomb = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        png_chunk(b"IHDR", &header),
        png_chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0, 0, 0, 0, 1]),
        png_chunk(b"IEND", &[]),
    ]
    .concat();
    let error = refusal(&bomb, None);
    assert!(matches!(error, Error::TooManyPixels { width: 60_000, height: 60_000, .. }), "{error}");

    let wide = Limits { side_px_max: 40, ..Limits::default() };
    let many = Limits { pixels_max: 48 * 40 - 1, ..Limits::default() };
    let poor = Limits { decoder_bytes_max: 1_000, ..Limits::default() };
    for (format, kind) in FORMATS {
        let bytes = encoded(format);
        assert!(matches!(decode(&bytes, None, &wide), Err(Error::TooManyPixels { .. })), "{kind:?}");
        assert!(matches!(decode(&bytes, None, &many), Err(Error::TooManyPixels { .. })), "{kind:?}");
        assert_eq!(decode(&bytes, None, &poor).unwrap_err(), Error::TooMuchMemory { kind, max: 1_000 }, "{kind:?}");
    }
}

#[test]
fn a_picture_with_an_archive_page_or_program_behind_it_is_refused() {
    for (format, kind) in FORMATS {
        let mut bytes = encoded(format);
        let end = bytes.len();
        bytes.extend_from_slice(b"some filler PK\x03\x04 archive");
        assert_eq!(refusal(&bytes, None), Error::Polyglot { kind, other: "ZIP", at_byte: end + 12 }, "{kind:?}");
        bytes.truncate(end);
        bytes.extend_from_slice(b"<SCRIPT>steal()</SCRIPT>");
        assert!(matches!(refusal(&bytes, None), Error::Polyglot { other: "HTML", .. }), "{kind:?}");
        bytes.truncate(end);
        bytes.extend_from_slice(&[0; 64]);
        assert!(decode(&bytes, None, &Limits::default()).is_ok(), "{kind:?}: padding is harmless");
    }
}

#[test]
fn a_program_in_the_notes_of_a_picture_is_refused() {
    let jpeg = encoded(ImageFormat::Jpeg);
    let note = b"<?php system($_GET[0]); ?>";
    let segment = [&[0xff, 0xfe, 0, note.len() as u8 + 2][..], note].concat();
    let poisoned = [&jpeg[..2], &segment, &jpeg[2..]].concat();
    assert_eq!(refusal(&poisoned, None), Error::Polyglot { kind: Kind::Jpeg, other: "PHP", at_byte: 6 });

    let png = encoded(ImageFormat::Png);
    let poisoned = [&png[..33], &png_chunk(b"tEXt", b"Comment\0%PDF-1.4"), &png[33..]].concat();
    assert!(matches!(refusal(&poisoned, None), Error::Polyglot { kind: Kind::Png, other: "PDF", .. }));
    let honest = [&png[..33], &png_chunk(b"tEXt", b"Comment\0a jar of honey"), &png[33..]].concat();
    assert!(decode(&honest, None, &Limits::default()).is_ok());
}

#[test]
fn colours_hidden_under_transparency_are_gone_over_white() {
    let hidden = RgbaImage::from_fn(64, 64, |x, y| Rgba([(x * 4) as u8, (y * 4) as u8, 0, 0]));
    let mut out = Cursor::new(Vec::new());
    DynamicImage::from(hidden).write_to(&mut out, ImageFormat::Png).expect("encoded");
    let picture = decode(out.get_ref(), None, &Limits::default()).expect("picture");
    assert!(picture.is_transparent());
    assert!(picture.over_white().rgb().iter().all(|channel| *channel == 255));
    assert_eq!(fingerprint(&picture.over_white()).quality, 0);
}

#[test]
fn every_refusal_has_a_code_and_a_text_in_both_languages() {
    for error in [Error::Empty, Error::UnknownKind, Error::NoPixels { width: 0, height: 3 }, refusal(b"%PDF-", None)] {
        assert!(error.code().starts_with("image_"));
        assert!(!error.to_string().is_empty() && error.text_zh().chars().any(|c| c > '\u{4e00}'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_spoiled_picture_is_decoded_or_refused_but_nothing_panics(
        which in 0_usize..5, spoils in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..12), cut in any::<Option<u16>>()
    ) {
        let mut bytes = encoded(FORMATS[which].0);
        for (place, value) in spoils {
            let place = usize::from(place) % bytes.len();
            bytes[place] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(usize::from(cut) % (bytes.len() + 1));
        }
        let limits = Limits { pixels_max: 1_000_000, decoder_bytes_max: 16 << 20, ..Limits::default() };
        if let Ok(picture) = decode(&bytes, None, &limits) {
            prop_assert!(u64::from(picture.width()) * u64::from(picture.height()) <= limits.pixels_max);
            prop_assert_eq!(picture.rgb().len(), picture.width() as usize * picture.height() as usize * 3);
            let _ = fingerprint(&picture);
        }
    }

    #[test]
    fn bytes_behind_any_signature_never_panic(start in 0_usize..6, body in proptest::collection::vec(any::<u8>(), 0..400)) {
        let starts: [&[u8]; 6] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP", b"BM", b""];
        let bytes = [starts[start], &body].concat();
        let _ = inspect(&bytes, Some("x.png"), &Limits::default());
        let limits = Limits { pixels_max: 1_000_000, decoder_bytes_max: 16 << 20, ..Limits::default() };
        let _ = decode(&bytes, None, &limits);
    }
}
