//! From bytes to pixels, under limits.
use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};

use crate::sniff::{self, Kind};

/// What a picture may cost. Technical bounds of this crate's memory and time, not policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub file_bytes_max: usize,
    /// Longest side in pixels.
    pub side_px_max: u32,
    /// Width times height.
    pub pixels_max: u64,
    /// Bytes the decoder may allocate.
    pub decoder_bytes_max: u64,
}

impl Default for Limits {
    /// 20 MiB, 16,384 pixels a side, 40 million pixels, 256 MiB while decoding.
    fn default() -> Self {
        Self { file_bytes_max: 20 << 20, side_px_max: 16_384, pixels_max: 40_000_000, decoder_bytes_max: 256 << 20 }
    }
}

/// Why a file is not taken as a picture. Each message says what is wrong and what would be right;
/// [`Error::text_zh`] says the same in Chinese.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No bytes at all.
    #[error("the file is empty; choose the picture again")]
    Empty,
    /// More bytes than allowed.
    #[error("the file has {found} bytes, at most {max} are taken; save it smaller")]
    TooManyBytes {
        /// Bytes found.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// Another well-known kind of file.
    #[error("the content is {found}, not a picture in JPEG, PNG, WebP, GIF or BMP; save it as one of these")]
    OtherKind {
        /// Its usual name.
        found: &'static str,
    },
    /// Nothing known.
    #[error("the content is not a picture in JPEG, PNG, WebP, GIF or BMP")]
    UnknownKind,
    /// The file name says another kind than the content.
    #[error("the name ends in .{extension} but the content is {}; name it .{}", .kind.name(), .kind.extensions()[0])]
    WrongExtension {
        /// The ending found, lower case.
        extension: String,
        /// The kind of the content.
        kind: Kind,
    },
    /// No pixels.
    #[error("the picture is {width} × {height} pixels; it needs at least one")]
    NoPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Larger than the limits, by the header, before anything is decoded.
    #[error("the picture is {width} × {height} pixels; at most {side_px_max} a side and {pixels_max} in all are taken")]
    TooManyPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit of a side.
        side_px_max: u32,
        /// The limit of the product.
        pixels_max: u64,
    },
    /// Decoding would need more memory than allowed.
    #[error("decoding this {} needs more than {max} bytes of memory; save it with fewer pixels or 8 bits a channel", .kind.name())]
    TooMuchMemory {
        /// The kind of picture.
        kind: Kind,
        /// The limit.
        max: u64,
    },
    /// The file stops before the picture ends.
    #[error("the {} stops at byte {at_byte} before the picture ends; upload the whole file", .kind.name())]
    Truncated {
        /// The kind of picture.
        kind: Kind,
        /// Where it stops.
        at_byte: usize,
    },
    /// The content breaks the rules of its format.
    #[error("the {} is damaged: {reason}; save it again with a picture program", .kind.name())]
    Damaged {
        /// The kind of picture.
        kind: Kind,
        /// What the decoder met.
        reason: String,
    },
    /// The picture is at the same time another kind of file.
    #[error("the {} also contains {other} at byte {at_byte}; save it again with a picture program, without attachments", .kind.name())]
    Polyglot {
        /// The kind of picture.
        kind: Kind,
        /// The other kind.
        other: &'static str,
        /// Where that begins.
        at_byte: usize,
    },
}

impl Error {
    /// A stable snake_case name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Error::Empty => "image_empty",
            Error::TooManyBytes { .. } => "image_too_many_bytes",
            Error::OtherKind { .. } => "image_other_kind",
            Error::UnknownKind => "image_unknown_kind",
            Error::WrongExtension { .. } => "image_wrong_extension",
            Error::NoPixels { .. } => "image_no_pixels",
            Error::TooManyPixels { .. } => "image_too_many_pixels",
            Error::TooMuchMemory { .. } => "image_too_much_memory",
            Error::Truncated { .. } => "image_truncated",
            Error::Damaged { .. } => "image_damaged",
            Error::Polyglot { .. } => "image_polyglot",
        }
    }

    /// The message in Chinese.
    pub fn text_zh(&self) -> String {
        match self {
            Error::Empty => "文件是空的，请重新选择图片".into(),
            Error::TooManyBytes { found, max } => {
                format!("文件有 {found} 字节，上限是 {max} 字节，请压缩后再传")
            }
            Error::OtherKind { found } => {
                format!("文件内容是 {found}，不是 JPEG、PNG、WebP、GIF、BMP 图片，请另存为其中一种")
            }
            Error::UnknownKind => "文件内容不是 JPEG、PNG、WebP、GIF、BMP 图片".into(),
            Error::WrongExtension { extension, kind } => {
                format!("文件名以 .{extension} 结尾，内容却是 {}，请改名为 .{}", kind.name(), kind.extensions()[0])
            }
            Error::NoPixels { width, height } => {
                format!("图片为 {width} × {height} 像素，没有内容")
            }
            Error::TooManyPixels { width, height, side_px_max, pixels_max } => {
                format!("图片为 {width} × {height} 像素，单边上限 {side_px_max}，总数上限 {pixels_max}，请缩小")
            }
            Error::TooMuchMemory { kind, max } => {
                format!("解码这张 {} 需要的内存超过 {max} 字节，请缩小或存为每通道 8 位", kind.name())
            }
            Error::Truncated { kind, at_byte } => {
                format!("{} 文件在第 {at_byte} 字节处中断，不完整，请重新上传整个文件", kind.name())
            }
            Error::Damaged { kind, reason } => format!("{} 文件已损坏（{reason}），请用图片软件重新保存", kind.name()),
            Error::Polyglot { kind, other, at_byte } => {
                format!("{} 文件从第 {at_byte} 字节起夹带 {other} 内容，请用图片软件重新保存", kind.name())
            }
        }
    }
}

/// Decoded pixels: 8-bit RGB, and the transparency where there is any.
#[derive(Clone)]
pub struct Picture {
    kind: Kind,
    width: u32,
    height: u32,
    rgb: Vec<u8>,
    alpha: Option<Vec<u8>>,
}

/// Decodes a picture. `file_name` is only used to compare its ending with the content; pass `None` where there
/// is no name. Of an animation the first frame is decoded.
///
/// # Errors
/// See [`Error`]. Sizes are checked on the header, before pixels are decoded.
pub fn decode(bytes: &[u8], file_name: Option<&str>, limits: &Limits) -> Result<Picture, Error> {
    let kind = inspect(bytes, file_name, limits)?;
    calmly(kind, || decode_pixels(bytes, kind, limits))
}

fn format_of(kind: Kind) -> ImageFormat {
    match kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        Kind::WebP => ImageFormat::WebP,
        Kind::Gif => ImageFormat::Gif,
        Kind::Bmp => ImageFormat::Bmp,
    }
}

/// A decoder that panics on a hostile file must not take the process's request with it.
fn calmly<T>(kind: Kind, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::Damaged { kind, reason: "the decoder gave up".into() }))
}

/// Everything [`decode`] checks without decoding pixels: size, kind, name, completeness, foreign content, width and height.
///
/// # Errors
/// See [`Error`].
pub fn inspect(bytes: &[u8], file_name: Option<&str>, limits: &Limits) -> Result<Kind, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if bytes.len() > limits.file_bytes_max {
        return Err(Error::TooManyBytes { found: bytes.len(), max: limits.file_bytes_max });
    }
    let Some(kind) = sniff::kind_of(bytes) else {
        return Err(sniff::other_kind_of(bytes).map_or(Error::UnknownKind, |found| Error::OtherKind { found }));
    };
    if let Some(extension) = file_name.and_then(extension_of)
        && !kind.extensions().contains(&extension.as_str())
    {
        return Err(Error::WrongExtension { extension, kind });
    }
    let frame = sniff::frame(kind, bytes)?;
    sniff::refuse_polyglot(kind, bytes, &frame)?;
    calmly(kind, || decoder(bytes, kind, limits).map(drop))?;
    Ok(kind)
}

/// The ending after the last dot of the last path part, lower case; `None` without one.
fn extension_of(file_name: &str) -> Option<String> {
    let name = file_name.rsplit(['/', '\\']).next()?;
    let (stem, extension) = name.rsplit_once('.')?;
    let plausible = !stem.is_empty() && (1..=8).contains(&extension.len()) && extension.is_ascii();
    plausible.then(|| extension.to_ascii_lowercase())
}

fn explained(error: ImageError, bytes: &[u8], kind: Kind, limits: &Limits) -> Error {
    match error {
        ImageError::Limits(_) => Error::TooMuchMemory { kind, max: limits.decoder_bytes_max },
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Error::Truncated { kind, at_byte: bytes.len() }
        }
        other => Error::Damaged { kind, reason: other.to_string().chars().take(200).collect() },
    }
}

/// A decoder that has read the header, when what the header announces is within the limits.
fn decoder<'a>(bytes: &'a [u8], kind: Kind, limits: &Limits) -> Result<impl ImageDecoder + 'a, Error> {
    let explain = |error: ImageError| explained(error, bytes, kind, limits);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format_of(kind));
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(limits.decoder_bytes_max);
    reader.limits(memory);
    let decoder = reader.into_decoder().map_err(explain)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Error::NoPixels { width, height });
    }
    if width.max(height) > limits.side_px_max || u64::from(width) * u64::from(height) > limits.pixels_max {
        let (side_px_max, pixels_max) = (limits.side_px_max, limits.pixels_max);
        return Err(Error::TooManyPixels { width, height, side_px_max, pixels_max });
    }
    if decoder.total_bytes() > limits.decoder_bytes_max {
        return Err(Error::TooMuchMemory { kind, max: limits.decoder_bytes_max });
    }
    Ok(decoder)
}

fn decode_pixels(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Picture, Error> {
    let decoder = decoder(bytes, kind, limits)?;
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| explained(error, bytes, kind, limits))?;
    Ok(Picture::from_dynamic(kind, decoded))
}

impl Picture {
    fn from_dynamic(kind: Kind, decoded: DynamicImage) -> Self {
        let (width, height) = (decoded.width(), decoded.height());
        let alpha = decoded
            .color()
            .has_alpha()
            .then(|| decoded.to_rgba8().pixels().map(|pixel| pixel.0[3]).collect::<Vec<u8>>());
        let alpha = alpha.filter(|alpha| alpha.iter().any(|value| *value != u8::MAX));
        Self { kind, width, height, rgb: decoded.into_rgb8().into_raw(), alpha }
    }

    /// A grey picture made from a function of column and row; both sides are at least one pixel.
    pub fn from_luma(width: u32, height: u32, mut grey: impl FnMut(u32, u32) -> u8) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height {
            for x in 0..width {
                rgb.extend([grey(x, y); 3]);
            }
        }
        Self { kind: Kind::Png, width, height, rgb, alpha: None }
    }

    /// The kind of file it came from.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Width in pixels, at least 1.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels, at least 1.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Whether any pixel is not opaque.
    pub const fn is_transparent(&self) -> bool {
        self.alpha.is_some()
    }

    /// Row by row, red, green, blue.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The picture laid over white, as a shop page shows it. Equal to itself where nothing is transparent.
    /// Colours hidden under full transparency are gone in it.
    #[must_use]
    pub fn over_white(&self) -> Self {
        let mut seen = self.clone();
        if let Some(alpha) = seen.alpha.take() {
            for (pixel, opacity) in seen.rgb.chunks_exact_mut(3).zip(alpha) {
                let opacity = u32::from(opacity);
                for channel in pixel {
                    *channel = ((u32::from(*channel) * opacity + 255 * (255 - opacity) + 127) / 255) as u8;
                }
            }
        }
        seen
    }

    /// Luminance 0 to 255 (0.299 R + 0.587 G + 0.114 B), row by row.
    pub fn luminance(&self) -> Vec<f32> {
        self.rgb.chunks_exact(3).map(luminance).collect()
    }

    /// Luminance of one pixel; 0 outside the picture.
    pub fn luminance_at(&self, column: usize, row: usize) -> f32 {
        let start = (row * self.width as usize + column) * 3;
        self.rgb.get(start..start + 3).map_or(0.0, luminance)
    }
}

fn luminance(pixel: &[u8]) -> f32 {
    0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Picture({}, {} × {})", self.kind.name(), self.width, self.height)
    }
}
