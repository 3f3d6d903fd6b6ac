//! Data handed to a script: JSON in an inert tag, which the browser neither runs nor parses as markup.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// `<script type="application/json" id=…>` with every character escaped that could end the tag or open a comment.
pub fn inert_json(id: &str, value: &Value) -> Markup {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    html! { script type="application/json" id=(id) { (PreEscaped(text)) } }
}
