//! Text with the very words marked that a finding is about.

use maud::{Markup, html};

use crate::parts::status::Severity;
use crate::view::View;

/// A finding in a text. `start..end` count characters (Unicode scalar values), not bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub severity: Severity,
    /// What the mark says on hover and to a screen reader, in the reader's language.
    pub label: String,
    /// Where the finding is explained, for example `#finding-3`.
    pub href: Option<String>,
}

/// Marks the spans. They may overlap, touch, or reach beyond the text; the worst severity colours a shared piece, and a
/// piece names every finding it belongs to. Everything is escaped.
pub fn highlight(cx: &View, text: &str, spans: &[Span]) -> Markup {
    let chars: Vec<char> = text.chars().collect();
    let spans: Vec<&Span> = spans.iter().filter(|s| s.start < s.end.min(chars.len())).collect();
    let mut cuts: Vec<usize> = vec![0, chars.len()];
    for span in &spans {
        cuts.extend([span.start, span.end.min(chars.len())]);
    }
    cuts.sort_unstable();
    cuts.dedup();
    html! {
        span class="ts-text" {
            @for pair in cuts.windows(2) {
                @let piece: String = chars[pair[0]..pair[1]].iter().collect();
                @let over: Vec<&Span> = spans.iter().copied().filter(|s| s.start <= pair[0] && s.end >= pair[1]).collect();
                @match over.iter().max_by_key(|s| s.severity) {
                    None => (piece),
                    Some(worst) => (mark(cx, &piece, &over, worst)),
                }
            }
        }
    }
}

fn mark(cx: &View, piece: &str, over: &[&Span], worst: &Span) -> Markup {
    let labels: Vec<String> = over.iter().map(|s| format!("{}：{}", s.severity.label(cx), s.label)).collect();
    let labels = labels.join("\n");
    let inner = html! {
        mark class={ "ts-mark ts-severity-" (worst.severity.class()) } title=(labels) {
            (piece) span class="visually-hidden" { " [" (labels) "] " }
        }
    };
    match over.iter().find_map(|s| s.href.as_deref()) {
        Some(href) => html! { a class="ts-mark-link" href=(href) { (inner) } },
        None => inner,
    }
}
