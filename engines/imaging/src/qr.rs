//! QR codes in a picture: what they say and where they stand.
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::imageops::{self, FilterType};
use image::{GrayImage, RgbImage};
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8LuminanceSource, RXingResult};

use crate::decode::Picture;

/// The longer side to which a picture is reduced before searching.
const SEARCH_SIDE_PX_MAX: u32 = 1_600;
/// Small pictures are searched enlarged, so that each module has a few pixels.
const ENLARGE_BELOW_PX: u32 = 400;
/// Codes reported for one picture.
pub const CODES_MAX: usize = 16;
/// Characters kept of what a code says (a QR code holds at most 7,089).
pub const TEXT_CHARS_MAX: usize = 7_089;

/// A rectangle on the picture in pixels, inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Area {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

impl Area {
    /// Whether two areas share a pixel.
    pub const fn overlaps(&self, other: &Area) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// One code found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrCode {
    /// What it says; at most [`TEXT_CHARS_MAX`] characters.
    pub text: String,
    /// The upright rectangle around it, without the quiet zone.
    pub area: Area,
}

/// All readable QR codes (and Micro QR codes), from the top left to the bottom right, at most [`CODES_MAX`]. Light codes on a
/// dark ground are found too. A picture without any gives an empty list.
pub fn qr_codes(picture: &Picture) -> Vec<QrCode> {
    let (grey, scale) = search_picture(picture);
    let mut codes: Vec<QrCode> = Vec::new();
    let mut inverted = grey.clone();
    imageops::invert(&mut inverted);
    for view in [&grey, &inverted] {
        for local_threshold in [true, false] {
            for found in read(view, local_threshold) {
                if let Some(code) = placed(&found, picture, scale)
                    && !codes.iter().any(|known| known.area.overlaps(&code.area) && known.text == code.text)
                    && codes.len() < CODES_MAX
                {
                    codes.push(code);
                }
            }
        }
    }
    codes.sort_by_key(|code| (code.area.y, code.area.x));
    codes
}

/// A grey picture of a size good for searching, and how many of its pixels make one of the original.
fn search_picture(picture: &Picture) -> (GrayImage, f32) {
    let seen = picture.over_white();
    let (width, height) = (seen.width(), seen.height());
    let rgb = RgbImage::from_raw(width, height, seen.rgb().to_vec()).unwrap_or_default();
    let grey = imageops::grayscale(&rgb);
    let longest = width.max(height);
    let scale = if longest > SEARCH_SIDE_PX_MAX {
        SEARCH_SIDE_PX_MAX as f32 / longest as f32
    } else if longest < ENLARGE_BELOW_PX {
        3.0
    } else {
        1.0
    };
    if scale == 1.0 {
        return (grey, scale);
    }
    let side = |length: u32| ((length as f32 * scale).round() as u32).max(1);
    let filter = if scale > 1.0 { FilterType::Nearest } else { FilterType::Triangle };
    (imageops::resize(&grey, side(width), side(height), filter), scale)
}

fn read(view: &GrayImage, local_threshold: bool) -> Vec<RXingResult> {
    // The decoder meets whatever people upload; if it panics, the picture has no readable code.
    catch_unwind(AssertUnwindSafe(|| {
        let (width, height) = view.dimensions();
        let Ok(source) = Luma8LuminanceSource::new(view.as_raw().clone(), width, height) else {
            return Vec::new();
        };
        if local_threshold {
            read_bitmap(&mut BinaryBitmap::new(HybridBinarizer::new(source)))
        } else {
            read_bitmap(&mut BinaryBitmap::new(GlobalHistogramBinarizer::new(source)))
        }
    }))
    .unwrap_or_default()
}

fn read_bitmap<B: Binarizer>(bitmap: &mut BinaryBitmap<B>) -> Vec<RXingResult> {
    let hints = DecodeHints {
        TryHarder: Some(true),
        PossibleFormats: Some([BarcodeFormat::QR_CODE, BarcodeFormat::MICRO_QR_CODE].into()),
        ..DecodeHints::default()
    };
    QrReader.decode_multiple_with_hints(bitmap, &hints).unwrap_or_default()
}

fn placed(found: &RXingResult, picture: &Picture, scale: f32) -> Option<QrCode> {
    let text: String = found.getText().chars().take(TEXT_CHARS_MAX).collect();
    let points = found.getPoints();
    if points.is_empty() || text.is_empty() {
        return None;
    }
    let bound = |value: f32, length: u32| (value / scale).clamp(0.0, length as f32 - 1.0) as u32;
    let (width, height) = (picture.width(), picture.height());
    let left = points.iter().map(|point| bound(point.x, width)).min()?;
    let right = points.iter().map(|point| bound(point.x, width)).max()?;
    let top = points.iter().map(|point| bound(point.y, height)).min()?;
    let bottom = points.iter().map(|point| bound(point.y, height)).max()?;
    Some(QrCode { text, area: Area { x: left, y: top, width: right - left + 1, height: bottom - top + 1 } })
}
