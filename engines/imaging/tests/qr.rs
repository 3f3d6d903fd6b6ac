//! QR codes are found wherever they stand in a picture.
use imaging::{Area, Picture, qr_codes};
use rxing::qrcode::QRCodeWriter;
use rxing::{BarcodeFormat, EncodeHints, Writer};

/// The modules of a code with its four-module quiet zone.
fn modules(text: &str) -> (u32, impl Fn(u32, u32) -> bool + use<>) {
    let hints = EncodeHints { Margin: Some("4".into()), CharacterSet: Some("UTF-8".into()), ..EncodeHints::default() };
    let matrix = QRCodeWriter.encode_with_hints(text, &BarcodeFormat::QR_CODE, 1, 1, &hints).expect("a code");
    (matrix.width(), move |x, y| matrix.get(x, y))
}

struct Canvas {
    width: u32,
    height: u32,
    grey: Vec<u8>,
}

impl Canvas {
    /// A soft pattern, so that the codes do not stand on plain white.
    fn new(width: u32, height: u32) -> Self {
        let grey =
            (0..width * height).map(|i| 150 + ((i % width) / 9 % 40) as u8 + ((i / width) / 13 % 40) as u8).collect();
        Self { width, height, grey }
    }

    /// Puts a code with its quiet zone; gives the area of the code itself.
    fn put(&mut self, text: &str, left: u32, top: u32, module_px: u32, light_on_dark: bool) -> Area {
        let (side, dark) = modules(text);
        for y in 0..side * module_px {
            for x in 0..side * module_px {
                let ink = dark(x / module_px, y / module_px) != light_on_dark;
                self.grey[((top + y) * self.width + left + x) as usize] = if ink { 20 } else { 240 };
            }
        }
        let (margin, length) = (4 * module_px, (side - 8) * module_px);
        Area { x: left + margin, y: top + margin, width: length, height: length }
    }

    fn picture(&self) -> Picture {
        Picture::from_luma(self.width, self.height, |x, y| self.grey[(y * self.width + x) as usize])
    }
}

fn close(found: &Area, real: &Area, slack: u32) -> bool {
    found.x.abs_diff(real.x) <= slack
        && found.y.abs_diff(real.y) <= slack
        && found.width.abs_diff(real.width) <= 2 * slack
        && found.height.abs_diff(real.height) <= 2 * slack
}

#[test]
fn several_codes_in_one_picture_are_read_with_their_places() {
    let mut canvas = Canvas::new(900, 700);
    let wanted = [
        ("https://example.com/add-me", canvas.put("https://example.com/add-me", 40, 30, 5, false)),
        ("加微信 shop8899 优惠", canvas.put("加微信 shop8899 优惠", 520, 60, 6, false)),
        ("tel:+8613800000000", canvas.put("tel:+8613800000000", 200, 400, 4, false)),
    ];
    let codes = qr_codes(&canvas.picture());
    for (text, area) in &wanted {
        let found = codes.iter().find(|code| code.text == *text).unwrap_or_else(|| panic!("{text} in {codes:?}"));
        assert!(close(&found.area, area, 8), "{text}: {:?} should be {area:?}", found.area);
    }
    assert_eq!(codes.len(), 3);
}

#[test]
fn a_light_code_on_a_dark_ground_is_read() {
    let mut canvas = Canvas::new(400, 400);
    canvas.put("https://example.com/inverted", 60, 60, 6, true);
    let codes = qr_codes(&canvas.picture());
    assert_eq!(codes.iter().map(|code| code.text.as_str()).collect::<Vec<_>>(), ["https://example.com/inverted"]);
}

#[test]
fn a_large_photograph_is_searched_reduced_and_boxes_are_in_its_own_pixels() {
    let mut canvas = Canvas::new(3_600, 2_400);
    let area = canvas.put("https://example.com/large", 2_400, 1_500, 18, false);
    let codes = qr_codes(&canvas.picture());
    assert!(close(&codes[0].area, &area, 24), "{codes:?} should be at {area:?}");
}

#[test]
fn pictures_without_codes_give_none() {
    assert_eq!(qr_codes(&Canvas::new(500, 300).picture()), []);
    assert_eq!(qr_codes(&Picture::from_luma(1, 1, |_, _| 0)), []);
    assert_eq!(qr_codes(&Picture::from_luma(2, 900, |x, y| (x * y) as u8)), []);
}
