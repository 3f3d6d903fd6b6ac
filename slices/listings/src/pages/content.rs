//! What a version says, with the very words and places marked that findings are about.

use super::parts::{document_path, level, picture_path, price_text};
use super::words::{Words, field_text};
use crate::content::{Content, Document};
use crate::model::Version;
use maud::{Markup, html};
use screening::Finding;
use ui::View;
use ui::parts::{Picture, PictureBox, Span, card, facts, highlight, severity};

/// The findings in the words of a field; `findings` in the order the list shows them.
pub(super) fn spans(cx: &View, findings: &[Finding], field: &str) -> Vec<Span> {
    let of_field = findings.iter().enumerate().filter(|(_, finding)| finding.field == field);
    of_field
        .filter_map(|(index, finding)| {
            Some(Span {
                start: finding.start?,
                end: finding.end?,
                severity: level(finding.severity),
                label: cx.both(&finding.reason).to_owned(),
                href: Some(format!("#finding-{index}")),
            })
        })
        .collect()
}

/// A field with its words marked, and the marks of findings about the field as a whole behind it.
fn marked(cx: &View, findings: &[Finding], field: &str, text: &str) -> Markup {
    html! { (highlight(cx, text, &spans(cx, findings, field))) (whole(cx, findings, |name| name == field)) }
}

/// Findings about a place that have no words to mark.
fn whole(cx: &View, findings: &[Finding], is_here: impl Fn(&str) -> bool) -> Markup {
    let here = |finding: &Finding| is_here(&finding.field) && (finding.start.is_none() || finding.end.is_none());
    html! {
        @for (index, finding) in findings.iter().enumerate().filter(|(_, finding)| here(finding)) {
            " " a class="ts-mark-link" href={ "#finding-" (index) } { (severity(cx, level(finding.severity))) " " (cx.both(&finding.reason)) }
        }
    }
}

/// Words, facts, pictures and documents of a version.
pub(super) fn version_cards(cx: &View, words: &Words, version: &Version, findings: &[Finding]) -> Markup {
    html! {
        (words_card(cx, words, &version.content, findings))
        (pictures_card(cx, &version.content, findings))
        (documents_card(cx, words, version, findings))
    }
}

fn words_card(cx: &View, words: &Words, content: &Content, findings: &[Finding]) -> Markup {
    let mut table = facts()
        .add(cx.t("listings-field-category"), html! { (words.category(cx, &content.category)) (whole(cx, findings, |name| name == "category")) })
        .add(cx.t("listings-field-price-minor"), html! {
            (price_text(cx, content.price_minor, &content.currency)) (whole(cx, findings, |name| name == "price_minor" || name == "price"))
        });
    if let Some(list_price) = content.list_price_minor {
        table = table.add(cx.t("listings-field-list-price-minor"), html! {
            (cx.money(list_price, &content.currency)) (whole(cx, findings, |name| name == "list_price_minor" || name == "list_price"))
        });
    }
    for (field, value) in [("brand", &content.brand), ("gtin", &content.gtin)] {
        if !value.is_empty() {
            table = table.add(field_text(cx, field), marked(cx, findings, field, value));
        }
    }
    for (name, value) in &content.attributes {
        table = table.add(name, marked(cx, findings, &format!("attributes.{name}"), value));
    }
    let batch = &content.batch;
    let parts =
        [("lot", &batch.lot), ("produced", &batch.produced), ("expires", &batch.expires), ("origin", &batch.origin)];
    for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
        table =
            table.add(cx.t(&format!("listings-field-{name}")), marked(cx, findings, &format!("batch.{name}"), value));
    }
    card(
        &cx.t("listings-words"),
        html! {
            h3 { (marked(cx, findings, "title", &content.title)) }
            @if !content.description.is_empty() { p { (marked(cx, findings, "description", &content.description)) } }
            (table)
        },
    )
}

fn pictures_card(cx: &View, content: &Content, findings: &[Finding]) -> Markup {
    if content.images.is_empty() {
        return card(
            &cx.t("listings-field-images"),
            html! {
                p class="ts-muted" { (cx.t("listings-pictures-none")) } (whole(cx, findings, |name| name == "images"))
            },
        );
    }
    card(
        &cx.t("listings-field-images"),
        html! {
            (whole(cx, findings, |name| name == "images"))
            div class="ts-halves" {
                @for (index, image) in content.images.iter().enumerate() {
                    div { (picture(cx, index, image, findings)) (unboxed(cx, index, findings)) }
                }
            }
        },
    )
}

/// A picture with a box around every place a finding names.
fn picture<'a>(cx: &'a View, index: usize, image: &crate::content::Image, findings: &[Finding]) -> Picture<'a> {
    let path = picture_path(&image.sha256);
    let alt = cx.ta("listings-picture-n", &[("n", (index + 1).into())]);
    let boxed =
        findings.iter().filter_map(|finding| Some((finding, finding.image_box.filter(|found| found.image == index)?)));
    let picture = Picture::new(cx, &path, alt, image.width.max(1), image.height.max(1)).link(&path);
    boxed.fold(picture, |picture, (finding, found)| {
        picture.boxed(PictureBox {
            x: found.left,
            y: found.top,
            width: found.width,
            height: found.height,
            severity: level(finding.severity),
            label: cx.both(&finding.reason).to_owned(),
        })
    })
}

fn unboxed(cx: &View, index: usize, findings: &[Finding]) -> Markup {
    let field = format!("images[{index}]");
    let here = |finding: &Finding| finding.field == field && finding.image_box.is_none();
    html! {
        @for (position, finding) in findings.iter().enumerate().filter(|(_, finding)| here(finding)) {
            p { a class="ts-mark-link" href={ "#finding-" (position) } { (severity(cx, level(finding.severity))) " " (cx.both(&finding.reason)) } }
        }
    }
}

fn documents_card(cx: &View, words: &Words, version: &Version, findings: &[Finding]) -> Markup {
    let documents = &version.content.documents;
    let missing = findings.iter().any(|finding| finding.field == "documents");
    if documents.is_empty() && !missing {
        return html! {};
    }
    card(
        &cx.t("listings-field-documents"),
        html! {
            (whole(cx, findings, |name| name == "documents"))
            ul class="ts-stack" {
                @for (index, document) in documents.iter().enumerate() {
                    li {
                        strong { (words.kind(cx, &document.kind)) }
                        @if !document.sha256.is_empty() {
                            " " a href=(document_path(&version.id, index)) target="_blank" rel="noopener" { (cx.t("listings-document-open")) }
                        }
                        (whole(cx, findings, |name| name == format!("documents[{index}]")))
                        (document_facts(cx, index, document, findings))
                    }
                }
            }
        },
    )
}

fn document_facts(cx: &View, index: usize, document: &Document, findings: &[Finding]) -> Markup {
    let stated = DOCUMENT_PARTS.iter().filter_map(|part| Some((*part, document_part(document, part)?)));
    let table = stated.filter(|(_, value)| !value.is_empty()).fold(facts(), |table, (part, value)| {
        let field = format!("documents[{index}].{part}");
        table.add(cx.t(&format!("listings-document-{part}")), marked(cx, findings, &field, value))
    });
    html! { (table) }
}

/// What a document states besides its kind, in the order a person reads it.
pub(super) const DOCUMENT_PARTS: [&str; 12] = [
    "number",
    "holder",
    "issuer",
    "issued",
    "until",
    "product",
    "brand",
    "lot",
    "standard",
    "scope",
    "accreditation",
    "from",
];

/// One stated part of a document by its name.
pub(super) fn document_part<'a>(document: &'a Document, part: &str) -> Option<&'a String> {
    Some(match part {
        "number" => &document.number,
        "holder" => &document.holder,
        "issuer" => &document.issuer,
        "issued" => &document.issued,
        "until" => &document.until,
        "product" => &document.product,
        "brand" => &document.brand,
        "lot" => &document.lot,
        "standard" => &document.standard,
        "scope" => &document.scope,
        "accreditation" => &document.accreditation,
        "from" => &document.from,
        _ => return None,
    })
}
