//! One page as a black and white PNG.
use font8x8::UnicodeFonts;

use crate::Error;
use crate::layout::Layout;
use crate::place::{ADVANCE, Placed};
use crate::sheet::{DPI_MAX, DPI_MIN, MM_PER_INCH};

/// Pixels of one page: an A4 page at 1,200 dots per inch has 139 million (17 MB at one bit each).
const PIXELS_MAX: u64 = 200_000_000;
/// Height of the drawn characters in parts of their size.
const GLYPH_HEIGHT: f64 = 0.85;

/// That the page can be drawn at this resolution.
pub fn check(layout: &Layout, dpi: u32) -> Result<(), Error> {
    let (width, height) = pixels(layout, dpi);
    if !(DPI_MIN..=DPI_MAX).contains(&dpi) || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(Error::Dpi { dpi });
    }
    Ok(())
}

fn pixels(layout: &Layout, dpi: u32) -> (u32, u32) {
    let side = |mm: f64| (mm / MM_PER_INCH * f64::from(dpi)).round() as u32;
    (side(layout.page_width_mm), side(layout.page_height_mm))
}

/// Draws the page. Modules are whole pixels: the caller placed them so.
pub fn page(layout: &Layout, placed: &[Placed], dpi: u32) -> Result<Vec<u8>, Error> {
    let (width, height) = pixels(layout, dpi);
    let per_mm = f64::from(dpi) / MM_PER_INCH;
    let mut canvas = Canvas::new(width, height);
    for label in placed {
        let module = (label.module_mm * per_mm).round() as u32;
        let (left, top) = ((label.left_mm * per_mm).round() as u32, (label.top_mm * per_mm).round() as u32);
        for (x, y, length) in label.matrix.runs() {
            canvas.fill(left + x as u32 * module, top + y as u32 * module, length as u32 * module, module);
        }
        for line in &label.lines {
            for (index, character) in line.text.chars().enumerate() {
                let x = (line.left_mm + index as f64 * ADVANCE * line.size_mm) * per_mm;
                let y = (line.baseline_mm - 0.75 * line.size_mm) * per_mm;
                canvas.glyph(character, x, y, ADVANCE * line.size_mm * per_mm, GLYPH_HEIGHT * line.size_mm * per_mm);
            }
        }
    }
    canvas.encode(dpi)
}

/// One bit a pixel, 1 is white, rows padded to bytes: the very bytes a PNG takes.
struct Canvas {
    width: u32,
    height: u32,
    stride: usize,
    bits: Vec<u8>,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        let stride = width.div_ceil(8) as usize;
        Canvas { width, height, stride, bits: vec![0xff; stride * height as usize] }
    }

    fn fill(&mut self, left: u32, top: u32, width: u32, height: u32) {
        for y in top..(top + height).min(self.height) {
            for x in left..(left + width).min(self.width) {
                self.bits[y as usize * self.stride + (x / 8) as usize] &= !(0x80 >> (x % 8));
            }
        }
    }

    /// Draws a character of the built-in 8×8 font, stretched to the size asked.
    fn glyph(&mut self, character: char, left: f64, top: f64, width: f64, height: f64) {
        let Some(rows) = font8x8::BASIC_FONTS.get(character) else { return };
        for y in 0..height.round() as u32 {
            for x in 0..width.round() as u32 {
                let row = rows[((f64::from(y) + 0.5) / height * 8.0).min(7.0) as usize];
                let column = ((f64::from(x) + 0.5) / width * 8.0).min(7.0) as u32;
                if row >> column & 1 == 1 {
                    self.fill(left.round() as u32 + x, top.round() as u32 + y, 1, 1);
                }
            }
        }
    }

    fn encode(&self, dpi: u32) -> Result<Vec<u8>, Error> {
        let broken = |error: png::EncodingError| Error::Write(std::io::Error::other(error));
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let per_metre = (f64::from(dpi) / MM_PER_INCH * 1000.0).round() as u32;
        encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
        let mut writer = encoder.write_header().map_err(broken)?;
        writer.write_image_data(&self.bits).map_err(broken)?;
        writer.finish().map_err(broken)?;
        Ok(bytes)
    }
}
