//! Captures: the list, and one with what came of its events.

use super::list::party;
use crate::model::{Capture, EventResult, Outcome};
use ground::Language;
use kernel::Page;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Paging, Row, Table, Tile, Tone, alert, badge, empty, status};
use ui::{View, shell};

/// Results on a page.
pub(super) const ROWS: u64 = 200;

fn state(cx: &View, capture: &Capture) -> Markup {
    match (capture.is_running(), capture.success) {
        (true, _) => status(Tone::Waiting, "clock", &cx.t("events-capture-running")),
        (false, true) => status(Tone::Good, "check", &cx.t("events-capture-done")),
        (false, false) if capture.accepted > 0 => {
            status(Tone::Waiting, "alert-triangle", &cx.t("events-capture-partly"))
        }
        (false, false) => status(Tone::Danger, "x", &cx.t("events-capture-refused")),
    }
}

/// The list.
pub(super) fn list(cx: &View, base: &str, page: &Page<Capture>) -> Markup {
    let title = cx.t("events-captures");
    let rows = page.rows.iter().map(|capture| {
        Row::new()
            .link(format!("{base}/captures/{}", capture.id))
            .cell(cx.moment(capture.created_at))
            .cell(state(cx, capture))
            .cell(cx.number(capture.accepted))
            .cell(cx.number(capture.rejected))
            .cell(cx.number(capture.duplicates))
            .cell(capture.file.clone().unwrap_or_default())
            .cell(party(cx, base, &capture.party))
    });
    let table = Table::new(cx, &title)
        .column(Column::text(cx.t("events-capture-at")))
        .column(Column::text(cx.t("events-capture-state")))
        .column(Column::number(cx.t("events-accepted")))
        .column(Column::number(cx.t("events-rejected")))
        .column(Column::number(cx.t("events-duplicates")))
        .column(Column::text(cx.t("events-file")).quiet())
        .column(Column::text(cx.t("events-party")).quiet())
        .rows(rows)
        .empty(empty("inbox", &cx.t("events-captures-none"), &cx.t("events-captures-none-help"), None))
        .paging(Paging::pages(cx, page.paging.page, page.pages(), page.total));
    let list = cx.t(if base.starts_with("/merchant") { "events-own-title" } else { "events-title" });
    let body = html! {
        (PageHeader::new(cx, &title).lead(cx.t("events-captures-lead")).back(list, base))
        (table)
    };
    shell::page(cx, &title, body)
}

/// One.
pub(super) fn page(cx: &View, base: &str, capture: &Capture, results: &[EventResult]) -> Markup {
    let title = cx.t("events-capture");
    let next = results.last().filter(|_| results.len() as u64 == ROWS).and_then(|last| last.position);
    let next = next.map(|position| (position + 1).to_string());
    let rows = results.iter().map(|result| row(cx, base, result));
    let table = Table::new(cx, cx.t("events-results"))
        .column(Column::number(cx.t("events-position")))
        .column(Column::text(cx.t("events-capture-state")))
        .column(Column::text(cx.t("events-place")))
        .column(Column::text(cx.t("events-reason")))
        .column(Column::text(cx.t("events-id")).quiet())
        .rows(rows)
        .export("CSV", &format!("{base}/captures/{}/results.csv", capture.id))
        .empty(empty("inbox", &cx.t("events-results-none"), &cx.t("events-results-none-help"), None));
    let body = html! {
        (PageHeader::new(cx, &title).back(cx.t("events-captures"), format!("{base}/captures")).mark(state(cx, capture)))
        @if capture.is_running() {
            (alert(Tone::Waiting, &cx.t("events-capture-running"), cx.t("events-capture-running-help")))
        } @else if !capture.success && capture.accepted == 0 {
            (alert(Tone::Danger, &cx.t("events-capture-refused"), cx.t(&format!("events-capture-refused-{}", capture.on_error.name()))))
        }
        div class="ts-tiles" {
            (Tile::new(cx.t("events-accepted"), cx.number(capture.accepted)))
            (Tile::new(cx.t("events-rejected"), cx.number(capture.rejected)))
            (Tile::new(cx.t("events-duplicates"), cx.number(capture.duplicates)))
            (Tile::new(cx.t("events-skewed"), cx.number(capture.skewed)))
        }
        (table)
        @if let Some(next) = next {
            p { a href=(cx.href_with(&[("from", Some(&next))])) { (cx.t("events-results-more")) } }
        }
    };
    shell::page(cx, &title, body)
}

/// What came of one event, as a mark.
pub(super) fn outcome(cx: &View, outcome: Outcome) -> Markup {
    match outcome {
        Outcome::Accepted => badge(Tone::Good, &cx.t("events-accepted")),
        Outcome::Rejected => badge(Tone::Danger, &cx.t("events-rejected")),
        Outcome::Duplicate => badge(Tone::Neutral, &cx.t("events-duplicates")),
    }
}

fn row(cx: &View, base: &str, result: &EventResult) -> Row {
    let detail = match cx.language {
        Language::Zh => &result.detail_zh,
        Language::En => &result.detail_en,
    };
    let row = match result.seq {
        Some(seq) => Row::new().link(format!("{base}/{seq}")),
        None => Row::new(),
    };
    row.cell(result.position.map_or_else(|| cx.t("events-document"), |position| cx.number(position + 1)))
        .cell(outcome(cx, result.outcome))
        .cell(html! { span class="ts-code" { (result.pointer.as_deref().unwrap_or("")) } })
        .cell(detail)
        .cell(html! { span class="ts-code" { (result.event_id.as_deref().unwrap_or("")) } })
}

/// The results as a table to take away.
pub(super) fn table(results: &[EventResult]) -> web::csv::Writer {
    let mut writer =
        web::csv::Writer::new(["position", "status", "event_id", "pointer", "code", "detail_zh", "detail_en"]);
    for result in results {
        writer.row([
            result.position.map(|position| position.to_string()).unwrap_or_default(),
            result.outcome.name().to_owned(),
            result.event_id.clone().unwrap_or_default(),
            result.pointer.clone().unwrap_or_default(),
            result.code.clone().unwrap_or_default(),
            result.detail_zh.clone(),
            result.detail_en.clone(),
        ]);
    }
    writer
}
