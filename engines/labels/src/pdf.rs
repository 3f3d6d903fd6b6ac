//! A PDF (1.4: ISO 32000 calls every part used here) written object by object as pages come.
//!
//! Object 1 is the catalog, 2 the root of the page tree, 3 the font; then, group by group, a node of the page tree and
//! its pages. Offsets are all that is kept in memory.
use std::fmt::Write as _;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::layout::Layout;
use crate::place::Placed;
use crate::svg::Number;

/// Pages under one node of the page tree, so that viewers need not read one endless list.
const PAGES_PER_NODE: usize = 256;
const POINTS_PER_MM: f64 = 72.0 / 25.4;
const CATALOG: u32 = 1;
const ROOT: u32 = 2;
const FONT: u32 = 3;

/// Writes pages to a stream.
pub struct Writer<W: Write> {
    out: W,
    position: u64,
    /// Where each object begins, object 1 first; 0 while not yet written.
    offsets: Vec<u64>,
    /// Finished nodes with their page counts.
    nodes: Vec<(u32, usize)>,
    /// The node being filled, and its pages.
    open: Option<(u32, Vec<u32>)>,
    width_pt: f64,
    height_pt: f64,
    height_mm: f64,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    pub fn new(out: W, layout: &Layout) -> io::Result<Self> {
        let mut writer = Writer {
            out,
            position: 0,
            offsets: vec![0; 3],
            nodes: Vec::new(),
            open: None,
            width_pt: layout.page_width_mm * POINTS_PER_MM,
            height_pt: layout.page_height_mm * POINTS_PER_MM,
            height_mm: layout.page_height_mm,
        };
        // The second line tells file transfer programs that the file is not text.
        writer.raw(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")?;
        writer.object(FONT, "<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>")?;
        Ok(writer)
    }

    /// Writes one page.
    pub fn page(&mut self, placed: &[Placed]) -> io::Result<()> {
        if self.open.is_none() {
            let node = self.reserve();
            self.open = Some((node, Vec::with_capacity(PAGES_PER_NODE)));
        }
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(self.content(placed).as_bytes())?;
        let stream = deflate.finish()?;
        let content = self.reserve();
        self.start(content)?;
        self.raw(format!("<</Length {}/Filter/FlateDecode>>\nstream\n", stream.len()).as_bytes())?;
        self.raw(&stream)?;
        self.raw(b"\nendstream\nendobj\n")?;
        let page = self.reserve();
        let (width, height) = (Number(self.width_pt), Number(self.height_pt));
        let Some((node, pages)) = &mut self.open else { return Ok(()) };
        pages.push(page);
        let (node, full) = (*node, pages.len() == PAGES_PER_NODE);
        self.object(
            page,
            &format!(
                "<</Type/Page/Parent {node} 0 R/MediaBox[0 0 {width} {height}]/Resources<</Font<</F {FONT} 0 R>>>>/Contents {content} 0 R>>"
            ),
        )?;
        if full { self.close_node() } else { Ok(()) }
    }

    /// Writes the page tree, the catalog and the table of offsets; gives the length of the file in bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        self.close_node()?;
        let nodes = std::mem::take(&mut self.nodes);
        let mut kids = String::new();
        for (node, _) in &nodes {
            let _ = write!(kids, "{node} 0 R ");
        }
        let count: usize = nodes.iter().map(|(_, pages)| pages).sum();
        self.object(ROOT, &format!("<</Type/Pages/Count {count}/Kids[{}]>>", kids.trim_end()))?;
        self.object(CATALOG, "<</Type/Catalog/Pages 2 0 R/ViewerPreferences<</PrintScaling/None>>>>")?;
        let table = self.position;
        let objects = self.offsets.len() + 1;
        self.raw(format!("xref\n0 {objects}\n0000000000 65535 f \n").as_bytes())?;
        for index in 0..self.offsets.len() {
            let line = format!("{:010} 00000 n \n", self.offsets[index]);
            self.raw(line.as_bytes())?;
        }
        self.raw(format!("trailer\n<</Size {objects}/Root {CATALOG} 0 R>>\nstartxref\n{table}\n%%EOF\n").as_bytes())?;
        self.out.flush()?;
        Ok(self.position)
    }

    /// The drawing of a page: the origin is moved to the upper left corner and the unit becomes the millimetre; each
    /// symbol is one filled path in module units.
    fn content(&self, placed: &[Placed]) -> String {
        let scale = format!("{:.8}", POINTS_PER_MM);
        let mut content = String::with_capacity(placed.len() * 8_192);
        let _ = writeln!(content, "{scale} 0 0 {scale} 0 0 cm");
        for label in placed {
            let side = Number6(label.module_mm);
            let (x, y) = (Number(label.left_mm), Number(self.height_mm - label.top_mm));
            let _ = writeln!(content, "q {side} 0 0 -{side} {x} {y} cm");
            for (x, y, length) in label.matrix.runs() {
                let _ = writeln!(content, "{x} {y} {length} 1 re");
            }
            content.push_str("f Q\n");
            for line in &label.lines {
                let (x, y, size) =
                    (Number(line.left_mm), Number(self.height_mm - line.baseline_mm), Number(line.size_mm));
                let _ = write!(content, "BT /F {size} Tf {x} {y} Td (");
                for character in line.text.chars().filter(|character| matches!(character, ' '..='~')) {
                    if matches!(character, '(' | ')' | '\\') {
                        content.push('\\');
                    }
                    content.push(character);
                }
                content.push_str(") Tj ET\n");
            }
        }
        content
    }

    fn close_node(&mut self) -> io::Result<()> {
        let Some((node, pages)) = self.open.take() else { return Ok(()) };
        let mut kids = String::new();
        for page in &pages {
            let _ = write!(kids, "{page} 0 R ");
        }
        self.object(
            node,
            &format!("<</Type/Pages/Parent {ROOT} 0 R/Count {}/Kids[{}]>>", pages.len(), kids.trim_end()),
        )?;
        self.nodes.push((node, pages.len()));
        Ok(())
    }

    fn reserve(&mut self) -> u32 {
        self.offsets.push(0);
        self.offsets.len() as u32
    }

    fn start(&mut self, object: u32) -> io::Result<()> {
        self.offsets[object as usize - 1] = self.position;
        self.raw(format!("{object} 0 obj\n").as_bytes())
    }

    fn object(&mut self, object: u32, body: &str) -> io::Result<()> {
        self.start(object)?;
        self.raw(body.as_bytes())?;
        self.raw(b"\nendobj\n")
    }

    fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

/// A scale to a nanometre: the error over a hundred modules stays far below a printer's dot.
struct Number6(f64);

impl std::fmt::Display for Number6 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}
