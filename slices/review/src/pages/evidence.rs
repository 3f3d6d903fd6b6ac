//! The middle of the review screen: words with the findings marked, pictures with boxes, documents, prices, the past.

use super::{field_label, level, major, verdict_mark};
use crate::decide::Work;
use crate::model::{DocumentFacts, Worst};
use maud::{Markup, html};
use screening::Finding;
use ui::View;
use ui::parts::{
    FieldChange, Picture, PictureBox, Severity, Span, StripPlot, card, diff_fields, diff_inline, highlight, severity,
};

/// Longest text of which a difference is shown inside the line, characters.
const INLINE_CHARS_MAX: usize = 200;

fn counting(work: &Work) -> impl Iterator<Item = (usize, &Finding)> {
    work.evidence.findings.iter().enumerate().filter(|(_, finding)| finding.mode == screening::Mode::On)
}

fn severity_of(finding: &Finding) -> Severity {
    level(Worst::from(finding.severity)).unwrap_or(Severity::Note)
}

/// Where the reasons list explains a finding.
fn anchor(work: &Work, index: usize) -> Option<String> {
    let reason = work.reasons.iter().find(|reason| reason.findings.contains(&index))?;
    reason.findings.first().map(|first| format!("#finding-{first}"))
}

/// The findings in the words of these fields.
pub(super) fn spans_of(cx: &View, work: &Work, fields: &[&str]) -> Vec<Span> {
    counting(work)
        .filter(|(_, finding)| fields.contains(&finding.field.as_str()))
        .filter_map(|(index, finding)| {
            Some(Span {
                start: finding.start?,
                end: finding.end?,
                severity: severity_of(finding),
                label: cx.both(&finding.reason).to_owned(),
                href: anchor(work, index),
            })
        })
        .collect()
}

/// The two columns of evidence.
pub(super) fn middle(cx: &View, work: &Work) -> Markup {
    let seen = &work.evidence;
    html! {
        div {
            (card(&cx.t("review-words"), html! {
                p class="ts-review-title" { (highlight(cx, &seen.title, &spans_of(cx, work, &["title"]))) }
                @if !seen.description.is_empty() {
                    div class="ts-review-words" tabindex="0" role="region" aria-label=(cx.t("review-field-description")) {
                        (highlight(cx, &seen.description, &spans_of(cx, work, &["description"])))
                    }
                }
            }))
            (pictures(cx, work))
            (past(cx, work))
        }
        div {
            (documents(cx, work))
            (prices(cx, work))
            (changes(cx, work))
        }
    }
}

fn pictures(cx: &View, work: &Work) -> Markup {
    let seen = &work.evidence;
    if seen.images.is_empty() {
        return html! {};
    }
    let picture = |index: usize| {
        let image = &seen.images[index];
        let src = format!("/console/review/{}/files/{}", work.item.id, image.sha256);
        let alt = cx.ta("review-picture", &[("n", cx.number((index + 1) as u64).into())]);
        let mut picture = Picture::new(cx, &src, alt, image.width.max(1), image.height.max(1)).link(&src);
        for (_, finding) in counting(work) {
            if let Some(found) = finding.image_box.as_ref().filter(|found| found.image == index) {
                picture = picture.boxed(PictureBox {
                    x: found.left,
                    y: found.top,
                    width: found.width,
                    height: found.height,
                    severity: severity_of(finding),
                    label: cx.both(&finding.reason).to_owned(),
                });
            }
        }
        picture
    };
    let about = |index: usize| {
        let field = format!("images[{index}]");
        counting(work).filter(move |(_, finding)| finding.field == field && finding.image_box.is_none())
    };
    card(
        &cx.t("review-field-images"),
        html! {
            div class="ts-review-pictures" tabindex="0" role="region" aria-label=(cx.t("review-field-images")) {
                @for index in 0..seen.images.len() {
                    div {
                        (picture(index))
                        @for (_, finding) in about(index) { p { (severity(cx, severity_of(finding))) " " (cx.both(&finding.reason)) } }
                    }
                }
            }
        },
    )
}

fn documents(cx: &View, work: &Work) -> Markup {
    let seen = &work.evidence;
    let about = |index: usize| {
        let whole = format!("documents[{index}]");
        let inside = format!("documents[{index}].");
        counting(work)
            .filter(move |(_, finding)| finding.field == whole || finding.field.starts_with(&inside))
            .map(|(_, finding)| finding)
    };
    let missing = counting(work).filter(|(_, finding)| finding.field == "documents").map(|(_, finding)| finding);
    let missing: Vec<&Finding> = missing.collect();
    if seen.documents.is_empty() && missing.is_empty() {
        return html! {};
    }
    let line = |document: &DocumentFacts| {
        [&document.number, &document.holder, &document.product, &document.issuer, &document.until]
            .into_iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" · ")
    };
    card(
        &cx.t("review-field-documents"),
        html! {
            ul class="ts-review-list" {
                @for finding in &missing { li { (severity(cx, severity_of(finding))) " " (cx.both(&finding.reason)) } }
                @for (index, document) in seen.documents.iter().enumerate() {
                    li {
                        @if document.sha256.is_empty() { strong { (document.kind) } }
                        @else { a href={ "/console/review/" (work.item.id) "/files/" (document.sha256) } target="_blank" rel="noopener" { (document.kind) } }
                        " " span class="ts-muted" { (line(document)) }
                        @for finding in about(index) {
                            div { (severity(cx, severity_of(finding))) " " (cx.both(&finding.reason)) @if !finding.text.is_empty() { " " q { (finding.text) } } }
                        }
                    }
                }
            }
        },
    )
}

fn prices(cx: &View, work: &Work) -> Markup {
    let seen = &work.evidence;
    let Some(price) = seen.price_minor.filter(|_| !seen.comparable.is_empty()) else { return html! {} };
    let mut plot = StripPlot::new(cx, cx.t("review-prices"), |cx, value| cx.decimal(value, 2))
        .subject(cx.t("review-this-item"), major(price, &seen.currency));
    for other in &seen.comparable {
        plot = plot.point(&other.title, major(other.price_minor, &seen.currency), None);
    }
    let found = counting(work).filter(|(_, finding)| finding.field.contains("price"));
    // The drawing brings its own title.
    card(
        "",
        html! {
            (plot)
            @for (_, finding) in found { p { (severity(cx, severity_of(finding))) " " (cx.both(&finding.reason)) } }
        },
    )
}

fn changes(cx: &View, work: &Work) -> Markup {
    let seen = &work.evidence;
    let Some(number) = seen.on_sale_number else { return html! {} };
    let short = |text: &Option<String>| text.as_ref().is_none_or(|text| text.chars().count() <= INLINE_CHARS_MAX);
    let (words, others): (Vec<_>, Vec<_>) = seen.changes.iter().partition(|change| {
        matches!(change.field.as_str(), "title" | "description") && short(&change.before) && short(&change.after)
    });
    let rows: Vec<FieldChange> = others
        .iter()
        .map(|change| {
            let shown = |text: &Option<String>| match change.field.as_str() {
                "images" => text
                    .as_ref()
                    .map(|hashes| cx.ta("review-pictures-count", &[("n", (hashes.lines().count() as i64).into())])),
                _ => text.as_ref().map(|text| text.chars().take(400).collect()),
            };
            FieldChange { label: field_label(cx, &change.field), old: shown(&change.before), new: shown(&change.after) }
        })
        .collect();
    card(
        &cx.ta("review-changes", &[("n", cx.number(number).into())]),
        html! {
            div class="ts-review-scroll" tabindex="0" role="region" aria-label=(cx.t("review-changes-label")) {
                @for change in &words {
                    p { span class="ts-muted" { (field_label(cx, &change.field)) ": " }
                        (diff_inline(change.before.as_deref().unwrap_or(""), change.after.as_deref().unwrap_or(""))) }
                }
                @if !rows.is_empty() { (diff_fields(cx, &rows)) }
                @if seen.changes.is_empty() { p class="ts-muted" { (cx.t("review-changes-none")) } }
            }
        },
    )
}

fn past(cx: &View, work: &Work) -> Markup {
    let similar = &work.evidence.similar;
    if similar.is_empty() {
        return html! {};
    }
    card(
        &cx.t("review-similar"),
        html! {
            ul class="ts-review-list" {
                @for decision in similar {
                    li {
                        (verdict_mark(cx, decision.verdict)) " "
                        a href={ "/console/ledger/" (decision.act_id) } { (decision.title) }
                        " " span class="ts-muted" { (cx.date(decision.at)) " · " (decision.rules.join(" · ")) }
                    }
                }
            }
        },
    )
}
