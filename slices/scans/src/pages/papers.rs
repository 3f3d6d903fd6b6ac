//! Certificates and test reports on the public page.

use crate::known::Known;
use maud::{Markup, html};
use reports::{PublicReport, PublicStatus, TestResult};
use trace::{DocumentKind, LotDocument};
use ui::View;
use ui::parts::{Tone, badge, facts};

/// Items of a report that are shown; the rest stands in the report itself.
const ITEMS_MAX: usize = 30;

/// The part of the page about papers.
pub(super) fn part(cx: &View, known: &Known) -> Markup {
    html! {
        section id="papers" {
            h2 { (cx.t("scans-papers")) }
            @if known.documents.is_empty() && known.reports.is_empty() {
                p class="ts-muted" { (cx.t("scans-papers-none")) }
            }
            @for report in &known.reports { (report_card(cx, report)) }
            @if !known.documents.is_empty() {
                ul { @for document in &known.documents { li { (document_line(cx, document)) } } }
            }
        }
    }
}

fn document_line(cx: &View, document: &LotDocument) -> Markup {
    let kind = cx.t(&format!("scans-document-{}", kind_name(document.kind)));
    html! {
        a href={ "/documents/lots/" (document.lot_id) "/" (document.id) } { strong { (kind) } }
        @if !document.number.is_empty() { " " (document.number) }
        @if !document.issuer.is_empty() { " · " (document.issuer) }
        @if let Some(day) = document.issued_on { " · " (day) }
        @if let Some(day) = document.valid_until { " · " (cx.ta("scans-valid-until", &[("day", day.to_string().into())])) }
    }
}

fn kind_name(kind: DocumentKind) -> String {
    kind.name().replace('_', "-")
}

fn report_card(cx: &View, report: &PublicReport) -> Markup {
    html! {
        div class="card ts-card" {
            div class="ts-card-body" {
                h3 { (report.title) }
                p { (standing(cx, report)) " " (result(cx, report)) }
                (facts()
                    .add(cx.t("scans-report-laboratory"), &report.laboratory)
                    .add(cx.t("scans-report-standard"), &report.standard)
                    .maybe(cx.t("scans-report-issued"), report.issued_at.map(|at| cx.date(at)))
                    .maybe(cx.t("scans-report-valid-until"), report.valid_until.map(|at| cx.date(at))))
                @if !report.items.is_empty() {
                    details {
                        summary { (cx.ta("scans-report-items", &[("n", (report.items.len() as i64).into())])) }
                        ul {
                            @for item in report.items.iter().take(ITEMS_MAX) {
                                li { (item.name) ": " (item.value) " " (item.unit) " (" (cx.t("scans-report-limit")) " " (item.limit) ")" }
                            }
                        }
                    }
                }
                @if !report.credential_path.is_empty() {
                    p { a href=(report.credential_path) { (cx.t("scans-report-credential")) } }
                }
            }
        }
    }
}

/// Whether the report still holds: icon and word.
fn standing(cx: &View, report: &PublicReport) -> Markup {
    let (tone, name) = match report.status {
        PublicStatus::Valid => (Tone::Good, "scans-report-valid"),
        PublicStatus::Revoked => (Tone::Danger, "scans-report-revoked"),
        PublicStatus::Expired => (Tone::Waiting, "scans-report-expired"),
        PublicStatus::Forged => (Tone::Danger, "scans-report-forged"),
        PublicStatus::Suspended => (Tone::Waiting, "scans-report-suspended"),
    };
    badge(tone, &cx.t(name))
}

fn result(cx: &View, report: &PublicReport) -> Markup {
    match report.result {
        TestResult::Pass => badge(Tone::Good, &cx.t("scans-report-pass")),
        TestResult::Fail => badge(Tone::Danger, &cx.t("scans-report-fail")),
    }
}
