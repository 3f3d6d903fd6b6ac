//! A QR symbol as an inline drawing.

use maud::{Markup, html};

/// Empty modules around the symbol (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;

/// The symbol of a text, black on white in light and dark; nothing when the text is too long for a symbol. `label` is
/// what a screen reader says.
pub(super) fn drawing(text: &str, label: &str) -> Markup {
    let Ok(code) = qrcode::QrCode::new(text) else { return html! {} };
    let width = code.width();
    let dark = code.to_colors();
    let mut path = String::new();
    for (place, _) in dark.iter().enumerate().filter(|(_, color)| **color == qrcode::Color::Dark) {
        path.push_str(&format!("M{} {}h1v1h-1z", place % width + QUIET, place / width + QUIET));
    }
    let edge = width + 2 * QUIET;
    html! {
        svg role="img" aria-label=(label) width="200" height="200" viewBox=(format!("0 0 {edge} {edge}")) shape-rendering="crispEdges" {
            rect width=(edge) height=(edge) fill="#ffffff" {}
            path d=(path) fill="#000000" {}
        }
    }
}
