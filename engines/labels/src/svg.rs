//! One page as SVG, in millimetres.
use std::fmt::Write;

use crate::layout::Layout;
use crate::place::Placed;

/// Writes the page. Each symbol is one path, so that no hairline shows between its rows.
pub fn page(layout: &Layout, placed: &[Placed]) -> String {
    let (width, height) = (Number(layout.page_width_mm), Number(layout.page_height_mm));
    let mut svg = String::with_capacity(512 + placed.len() * 8_192);
    // Writing to a String does not fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for label in placed {
        let (x, y, side) = (Number(label.left_mm), Number(label.top_mm), Number(label.module_mm));
        let _ = write!(svg, "<path shape-rendering=\"crispEdges\" transform=\"translate({x} {y}) scale({side})\" d=\"");
        for (x, y, length) in label.matrix.runs() {
            let _ = write!(svg, "M{x} {y}h{length}v1h-{length}z");
        }
        svg.push_str("\"/>\n");
        for line in &label.lines {
            let (x, y, size) = (Number(line.left_mm), Number(line.baseline_mm), Number(line.size_mm));
            let _ = write!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" font-family=\"monospace\" xml:space=\"preserve\">"
            );
            escape(&line.text, &mut svg);
            svg.push_str("</text>\n");
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn escape(text: &str, svg: &mut String) {
    for character in text.chars() {
        match character {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            // XML 1.0 has no way to write these.
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => {}
            other => svg.push(other),
        }
    }
}

/// A length to a tenth of a micrometre, without trailing zeros.
pub struct Number(pub f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.4}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
