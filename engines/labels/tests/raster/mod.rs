//! How the tests look at pages: a small reader of the SVG and PDF that come out, which draws their rectangles as grey
//! pixels by covered area, and the independent decoder.
use std::collections::HashMap;
use std::io::Read;
use std::process::{Command, Stdio};

use labels::{Layout, Symbol};
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, Reader};

/// A grey page.
pub struct Gray {
    width: usize,
    height: usize,
    per_mm: f64,
    /// 255 is white.
    pixels: Vec<u8>,
}

impl Gray {
    /// A page of rectangles (left, top, width, height in mm), each pixel as dark as it is covered.
    fn drawn(width_mm: f64, height_mm: f64, dpi: f64, rectangles: &[[f64; 4]]) -> Self {
        let per_mm = dpi / 25.4;
        let (width, height) = ((width_mm * per_mm).ceil() as usize, (height_mm * per_mm).ceil() as usize);
        let mut ink = vec![0.0_f32; width * height];
        for [left, top, w, h] in rectangles {
            let (x0, x1) = (left * per_mm, (left + w) * per_mm);
            let (y0, y1) = (top * per_mm, (top + h) * per_mm);
            for y in y0.floor() as usize..(y1.ceil() as usize).min(height) {
                let share_y = (y1.min(y as f64 + 1.0) - y0.max(y as f64)).max(0.0);
                for x in x0.floor() as usize..(x1.ceil() as usize).min(width) {
                    let share_x = (x1.min(x as f64 + 1.0) - x0.max(x as f64)).max(0.0);
                    ink[y * width + x] += (share_x * share_y) as f32;
                }
            }
        }
        let pixels = ink.into_iter().map(|ink| 255 - (ink.min(1.0) * 255.0) as u8).collect();
        Gray { width, height, per_mm, pixels }
    }

    /// A part of the page, mm, with a white frame around it as on a table.
    pub fn cut(&self, left: f64, top: f64, width: f64, height: f64) -> Gray {
        const FRAME: usize = 8;
        let px = |mm: f64| (mm * self.per_mm).round() as usize;
        let (left, top, w, h) = (px(left), px(top), px(width), px(height));
        let (width, height) = (w + 2 * FRAME, h + 2 * FRAME);
        let mut pixels = vec![255; width * height];
        for y in 0..h.min(self.height - top) {
            for x in 0..w.min(self.width - left) {
                pixels[(y + FRAME) * width + x + FRAME] = self.pixels[(top + y) * self.width + left + x];
            }
        }
        Gray { width, height, per_mm: self.per_mm, pixels }
    }

    /// How many pixels are dark.
    pub fn dark(&self) -> usize {
        self.pixels.iter().filter(|pixel| **pixel < 128).count()
    }
}

/// What the independent decoder reads.
pub fn decode(symbol: Symbol, page: &Gray) -> Result<String, String> {
    let source = Luma8LuminanceSource::new(page.pixels.clone(), page.width as u32, page.height as u32).unwrap();
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let read = match symbol {
        Symbol::Qr => QrReader.decode_with_hints(&mut bitmap, &hints),
        Symbol::GsDataMatrix => DataMatrixReader.decode_with_hints(&mut bitmap, &hints),
    };
    let read = read.map_err(|error| error.to_string())?;
    let format = match symbol {
        Symbol::Qr => BarcodeFormat::QR_CODE,
        Symbol::GsDataMatrix => BarcodeFormat::DATA_MATRIX,
    };
    assert_eq!(*read.getBarcodeFormat(), format);
    if symbol == Symbol::GsDataMatrix {
        // FNC1 in the first place: what makes it a GS1 symbol (symbology identifier ]d2).
        assert!(read.getRawBytes().first() == Some(&232), "{:?}", read.getRawBytes().first());
    }
    Ok(read.getText().to_string())
}

pub fn page_of_png(bytes: &[u8], dpi: f64, layout: &Layout) -> Gray {
    let image = image::load_from_memory(bytes).unwrap().into_luma8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    assert_eq!(width, (layout.page_width_mm / 25.4 * dpi).round() as usize);
    assert_eq!(height, (layout.page_height_mm / 25.4 * dpi).round() as usize);
    Gray { width, height, per_mm: dpi / 25.4, pixels: image.into_raw() }
}

/// Draws the rectangles of the paths.
pub fn page_of_svg(svg: &str, dpi: f64) -> Gray {
    fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
        let rest = &text[text.find(start).unwrap() + start.len()..];
        &rest[..rest.find(end).unwrap()]
    }
    let numbers = |text: &str| text.split_whitespace().map(|part| part.parse().unwrap()).collect::<Vec<f64>>();
    let page = numbers(between(svg, "viewBox=\"", "\""));
    let mut rectangles = Vec::new();
    for path in svg.split("<path ").skip(1) {
        let shift = numbers(between(path, "translate(", ")"));
        let scale: f64 = between(path, "scale(", ")").parse().unwrap();
        for run in between(path, " d=\"", "\"").split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let place = numbers(place);
            let (length, rest) = rest.split_once('v').unwrap();
            assert_eq!(rest, format!("1h-{length}z"));
            let length: f64 = length.parse().unwrap();
            rectangles.push([shift[0] + place[0] * scale, shift[1] + place[1] * scale, length * scale, scale]);
        }
    }
    Gray::drawn(page[2], page[3], dpi, &rectangles)
}

pub fn page_of_pdf(bytes: &[u8], page: usize, dpi: f64) -> Gray {
    let pdf = Pdf::open(bytes);
    let (width, height) = pdf.media_box(page);
    let mm = |points: f64| points * 25.4 / 72.0;
    let rectangles: Vec<[f64; 4]> = pdf
        .rectangles(page)
        .into_iter()
        .flatten()
        .map(|[left, bottom, w, h]| [mm(left), mm(height - bottom - h), mm(w), mm(h)])
        .collect();
    Gray::drawn(mm(width), mm(height), dpi, &rectangles)
}

/// A reader of the plain part of PDF: it goes from `startxref` over the table of offsets to the pages, as a viewer does,
/// and fails where any of it is wrong.
pub struct Pdf<'a> {
    bytes: &'a [u8],
    offsets: HashMap<u32, usize>,
    pages: Vec<u32>,
}

impl<'a> Pdf<'a> {
    pub fn open(bytes: &'a [u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1."));
        let tail = String::from_utf8_lossy(&bytes[bytes.len() - 64..]).into_owned();
        let table: usize = tail.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        let text = std::str::from_utf8(&bytes[table..]).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("xref"));
        let count: u32 = lines.next().unwrap().strip_prefix("0 ").unwrap().parse().unwrap();
        assert_eq!(lines.next(), Some("0000000000 65535 f "));
        let mut offsets = HashMap::new();
        for object in 1..count {
            let line = lines.next().unwrap();
            assert!(line.len() == 19 && line.ends_with(" 00000 n "), "{line:?}");
            offsets.insert(object, line[..10].parse().unwrap());
        }
        assert_eq!(lines.next(), Some("trailer"));
        let mut pdf = Pdf { bytes, offsets, pages: Vec::new() };
        let root = reference(lines.next().unwrap(), "/Root ");
        let pages = reference(&pdf.dictionary(root), "/Pages ");
        let count = pdf.collect(pages, None);
        assert_eq!(count, pdf.pages.len());
        pdf
    }

    /// Walks the page tree, checks parents and counts.
    fn collect(&mut self, node: u32, parent: Option<u32>) -> usize {
        let dictionary = self.dictionary(node);
        if let Some(parent) = parent {
            assert_eq!(reference(&dictionary, "/Parent "), parent);
        }
        if dictionary.contains("/Type/Page/") {
            self.pages.push(node);
            return 1;
        }
        let kids = dictionary.split("/Kids[").nth(1).unwrap().split(']').next().unwrap().to_string();
        let kids: Vec<u32> = kids.split("0 R").filter_map(|kid| kid.trim().parse().ok()).collect();
        let found: usize = kids.into_iter().map(|kid| self.collect(kid, Some(node))).sum();
        let count: usize = number_after(&dictionary, "/Count ");
        assert_eq!(count, found);
        found
    }

    fn object(&self, object: u32) -> &'a [u8] {
        let rest = &self.bytes[self.offsets[&object]..];
        rest.strip_prefix(format!("{object} 0 obj\n").as_bytes()).expect("the offset points at the object")
    }

    fn dictionary(&self, object: u32) -> String {
        let rest = self.object(object);
        let end = rest.windows(6).position(|window| window == b"endobj").unwrap();
        String::from_utf8_lossy(&rest[..end]).into_owned()
    }

    pub fn pages(&self) -> usize {
        self.pages.len()
    }

    fn media_box(&self, page: usize) -> (f64, f64) {
        let dictionary = self.dictionary(self.pages[page]);
        let numbers = dictionary.split("/MediaBox[0 0 ").nth(1).unwrap().split(']').next().unwrap();
        let (width, height) = numbers.split_once(' ').unwrap();
        (width.parse().unwrap(), height.parse().unwrap())
    }

    /// The drawing operators of a page.
    pub fn content(&self, page: usize) -> String {
        let content = reference(&self.dictionary(self.pages[page]), "/Contents ");
        let rest = self.object(content);
        let start = rest.windows(7).position(|window| window == b"stream\n").unwrap() + 7;
        let header = String::from_utf8_lossy(&rest[..start]).into_owned();
        let length: usize = number_after(&header, "/Length ");
        assert!(rest[start + length..].starts_with(b"\nendstream\nendobj\n"));
        let mut text = String::new();
        flate2::read::ZlibDecoder::new(&rest[start..start + length]).read_to_string(&mut text).unwrap();
        text
    }

    /// The filled rectangles of each symbol (left, bottom, width, height in points), through the page's matrices.
    fn rectangles(&self, page: usize) -> Vec<Vec<[f64; 4]>> {
        let (mut matrix, mut saved) = ([1.0, 0.0, 0.0, 1.0, 0.0, 0.0], Vec::new());
        let (mut pending, mut filled, mut stack) = (Vec::new(), Vec::new(), Vec::<f64>::new());
        for line in self.content(page).lines().filter(|line| !line.starts_with("BT ")) {
            for word in line.split_whitespace() {
                match word {
                    "q" => saved.push(matrix),
                    "Q" => matrix = saved.pop().unwrap(),
                    "cm" => {
                        let [a, b, c, d, e, f] = <[f64; 6]>::try_from(std::mem::take(&mut stack)).unwrap();
                        let [oa, ob, oc, od, oe, of] = matrix;
                        matrix = [
                            a * oa + b * oc,
                            a * ob + b * od,
                            c * oa + d * oc,
                            c * ob + d * od,
                            e * oa + f * oc + oe,
                            e * ob + f * od + of,
                        ];
                    }
                    "re" => {
                        let [x, y, w, h] = <[f64; 4]>::try_from(std::mem::take(&mut stack)).unwrap();
                        let at = |x: f64, y: f64| {
                            (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5])
                        };
                        let ((x0, y0), (x1, y1)) = (at(x, y), at(x + w, y + h));
                        pending.push([x0.min(x1), y0.min(y1), (x1 - x0).abs(), (y1 - y0).abs()]);
                    }
                    "f" => filled.push(std::mem::take(&mut pending)),
                    number => stack.push(number.parse().unwrap_or_else(|_| panic!("operator {number}"))),
                }
            }
        }
        assert!(pending.is_empty() && saved.is_empty());
        filled
    }

    /// The symbols of a page as exact modules: (side, dark).
    pub fn symbols(&self, page: usize) -> Vec<(usize, Vec<bool>)> {
        self.rectangles(page)
            .into_iter()
            .map(|rectangles| {
                let module = rectangles[0][3];
                let left = rectangles.iter().map(|r| r[0]).fold(f64::MAX, f64::min);
                let top = rectangles.iter().map(|r| r[1] + r[3]).fold(f64::MIN, f64::max);
                let right = rectangles.iter().map(|r| r[0] + r[2]).fold(f64::MIN, f64::max);
                let side = ((right - left) / module).round() as usize;
                let mut dark = vec![false; side * side];
                for [x, y, w, h] in rectangles {
                    let column = ((x - left) / module).round() as usize;
                    let row = ((top - y - h) / module).round() as usize;
                    for step in 0..(w / module).round() as usize {
                        dark[row * side + column + step] = true;
                    }
                }
                (side, dark)
            })
            .collect()
    }
}

fn reference(text: &str, key: &str) -> u32 {
    number_after(text, key)
}

fn number_after<T: std::str::FromStr>(text: &str, key: &str) -> T {
    let rest = text.split(key).nth(1).unwrap_or_else(|| panic!("{key} in {text}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().unwrap()
}

/// The version of pdftoppm, where it is installed.
pub fn poppler() -> Option<String> {
    let said = Command::new("pdftoppm").arg("-v").stderr(Stdio::piped()).output().ok()?;
    Some(String::from_utf8_lossy(&said.stderr).lines().next()?.to_string())
}

/// One page as pdftoppm draws it.
pub fn page_by_poppler(bytes: &[u8], page: usize, dpi: u32, layout: &Layout) -> Gray {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sheet.pdf");
    std::fs::write(&file, bytes).unwrap();
    let number = (page + 1).to_string();
    let done = Command::new("pdftoppm")
        .args(["-r", &dpi.to_string(), "-gray", "-png", "-f", &number, "-l", &number, "-singlefile"])
        .arg(&file)
        .arg(folder.path().join("page"))
        .output()
        .unwrap();
    assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    let image = image::open(folder.path().join("page.png")).unwrap().into_luma8();
    let (width, height) = (image.width() as usize, image.height() as usize);
    assert!((width as f64 - layout.page_width_mm / 25.4 * f64::from(dpi)).abs() < 2.0);
    Gray { width, height, per_mm: f64::from(dpi) / 25.4, pixels: image.into_raw() }
}
