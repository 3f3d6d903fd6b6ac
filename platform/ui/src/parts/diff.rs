//! What changed: line by line for long texts, within the line for short ones, field by field for records.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

use crate::view::View;

/// Lines of context kept around a change.
const CONTEXT_LINES: usize = 3;

/// Two versions of a long text. Unchanged stretches are left out.
pub fn diff_lines(cx: &View, old: &str, new: &str) -> Markup {
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT_LINES);
    if groups.is_empty() {
        return html! { p class="ts-muted" { (cx.t("ui-diff-none")) } };
    }
    html! {
        div class="ts-diff" role="region" tabindex="0" aria-label=(cx.t("ui-diff")) {
            table {
                thead class="visually-hidden" {
                    tr {
                        th scope="col" { (cx.t("ui-diff-old-line")) } th scope="col" { (cx.t("ui-diff-new-line")) }
                        th scope="col" { (cx.t("ui-diff-text")) }
                    }
                }
                @for (index, group) in groups.iter().enumerate() {
                    tbody {
                        @if index > 0 { tr class="ts-diff-gap" { td colspan="3" { "⋯" } } }
                        @for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
                            @let (class, sign) = marks(change.tag());
                            tr class=(class) {
                                td class="ts-diff-number" { @if let Some(n) = change.old_index() { (n + 1) } }
                                td class="ts-diff-number" { @if let Some(n) = change.new_index() { (n + 1) } }
                                td { span class="ts-diff-sign" { (sign) } (change.value().trim_end_matches('\n')) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn marks(tag: ChangeTag) -> (&'static str, &'static str) {
    match tag {
        ChangeTag::Delete => ("ts-diff-old", "−"),
        ChangeTag::Insert => ("ts-diff-new", "+"),
        ChangeTag::Equal => ("ts-diff-same", " "),
    }
}

/// Two versions of a short text in one line, with `<del>` and `<ins>`, character by character.
pub fn diff_inline(old: &str, new: &str) -> Markup {
    let diff = TextDiff::from_chars(old, new);
    html! {
        span class="ts-diff-inline" {
            @for op in diff.ops() {
                @let (tag, before, after) = op.as_tag_tuple();
                @let removed: String = old.chars().skip(before.start).take(before.len()).collect();
                @let added: String = new.chars().skip(after.start).take(after.len()).collect();
                @match tag {
                    similar::DiffTag::Equal => (removed),
                    _ => {
                        @if !removed.is_empty() { del { (removed) } }
                        @if !added.is_empty() { ins { (added) } }
                    }
                }
            }
        }
    }
}

/// One field of a record in two versions.
#[derive(Clone, Debug)]
pub struct FieldChange {
    pub label: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

/// The fields of a record that differ.
pub fn diff_fields(cx: &View, changes: &[FieldChange]) -> Markup {
    let changed: Vec<&FieldChange> = changes.iter().filter(|c| c.old != c.new).collect();
    if changed.is_empty() {
        return html! { p class="ts-muted" { (cx.t("ui-diff-none")) } };
    }
    html! {
        table class="table ts-table ts-diff-fields" {
            thead { tr {
                th scope="col" { (cx.t("ui-diff-field")) }
                th scope="col" { (cx.t("ui-diff-old")) }
                th scope="col" { (cx.t("ui-diff-new")) }
            } }
            tbody {
                @for change in changed {
                    tr {
                        th scope="row" { (change.label) }
                        td { @match &change.old { Some(old) => del { (old) }, None => "—" } }
                        td { @match &change.new { Some(new) => ins { (new) }, None => "—" } }
                    }
                }
            }
        }
    }
}
