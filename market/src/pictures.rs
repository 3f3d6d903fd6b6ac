//! Pictures of goods: drawn from a seed, so that two goods look different and one product's pictures look alike.

use ground::{Rng, SeededRng};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};
use std::io::Cursor;

/// Edge of a picture, pixels.
const EDGE: u32 = 480;

/// A picture, drawn when its bytes are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picture {
    /// Goods, PNG.
    Product(u64),
    /// The goods of that seed as a thief lists them, JPEG.
    Copied(u64),
    /// Goods with a QR symbol that holds a text, PNG.
    WithQr(u64, String),
}

impl Picture {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Picture::Product(seed) => product(*seed),
            Picture::Copied(seed) => copied(*seed),
            Picture::WithQr(seed, content) => with_qr(*seed, content),
        }
    }

    /// Media type of the file.
    pub fn media_type(&self) -> &'static str {
        match self {
            Picture::Copied(_) => "image/jpeg",
            Picture::Product(_) | Picture::WithQr(..) => "image/png",
        }
    }
}

/// A picture of goods, PNG.
pub fn product(seed: u64) -> Vec<u8> {
    encode(&draw(seed), ImageFormat::Png)
}

/// The same picture as a thief would list it: a little darker, resized and saved again as JPEG.
pub fn copied(seed: u64) -> Vec<u8> {
    let smaller = imageops::resize(&draw(seed), EDGE - 80, EDGE - 80, imageops::FilterType::Triangle);
    encode(&imageops::brighten(&smaller, -12), ImageFormat::Jpeg)
}

/// A picture with a QR symbol in a corner.
pub fn with_qr(seed: u64, content: &str) -> Vec<u8> {
    let mut picture = draw(seed);
    if let Ok(code) = qrcode::QrCode::new(content) {
        let modules = code.width() as u32;
        let scale = (EDGE / 3 / (modules + 8)).max(3);
        let size = (modules + 8) * scale;
        let colors = code.to_colors();
        for y in 0..size {
            for x in 0..size {
                let (column, row) = ((x / scale).wrapping_sub(4), (y / scale).wrapping_sub(4));
                let dark = column < modules
                    && row < modules
                    && colors[(row * modules + column) as usize] == qrcode::Color::Dark;
                picture.put_pixel(EDGE - size + x, EDGE - size + y, Rgb(if dark { [0; 3] } else { [255; 3] }));
            }
        }
    }
    encode(&picture, ImageFormat::Png)
}

fn encode(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    match DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format) {
        Ok(()) => bytes.into_inner(),
        Err(_) => Vec::new(), // writing into memory in a format that is compiled in does not fail
    }
}

fn draw(seed: u64) -> RgbImage {
    let rng = SeededRng::new(seed ^ 0x7069_6374);
    let paper = [232 + rng.below(20) as u8, 232 + rng.below(20) as u8, 230 + rng.below(24) as u8];
    let mut picture = RgbImage::from_fn(EDGE, EDGE, |x, y| {
        let shade = ((x + 2 * y) * 26 / (3 * EDGE)) as u8;
        Rgb(paper.map(|part| part - shade))
    });
    for _ in 0..4 + rng.below(5) {
        let color = [rng.below(220) as u8, rng.below(220) as u8, rng.below(220) as u8];
        let (cx, cy) = (60 + rng.below(360) as i64, 60 + rng.below(360) as i64);
        let (rx, ry) = (30 + rng.below(120) as i64, 30 + rng.below(150) as i64);
        let round = rng.below(2) == 0;
        fill(&mut picture, color, (cx, cy), (rx, ry), round);
    }
    imageops::blur(&picture, 0.8)
}

fn fill(picture: &mut RgbImage, color: [u8; 3], (cx, cy): (i64, i64), (rx, ry): (i64, i64), round: bool) {
    for y in (cy - ry).max(0)..(cy + ry).min(i64::from(EDGE)) {
        for x in (cx - rx).max(0)..(cx + rx).min(i64::from(EDGE)) {
            let (dx, dy) = ((x - cx) as f64 / rx as f64, (y - cy) as f64 / ry as f64);
            if !round || dx * dx + dy * dy <= 1.0 {
                let light = ((1.0 - dx) * 28.0 - dy * 14.0) as i16;
                let shaded = color.map(|part| (i16::from(part) + light).clamp(0, 255) as u8);
                picture.put_pixel(x as u32, y as u32, Rgb(shaded));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_picture_and_another_a_different_one() {
        assert_eq!(product(5), product(5));
        assert_ne!(product(5), product(6));
        assert!(copied(5).starts_with(&[0xFF, 0xD8]));
        assert!(with_qr(5, "https://example.cn").len() > 1000);
    }
}
