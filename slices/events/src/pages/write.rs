//! The short form, and the table with what came of each row.

use super::capture::outcome;
use crate::model::Outcome;
use crate::tables::{Entry, TableResult};
use epcis::template::{columns, steps};
use ground::Language;
use maud::{Markup, html};
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, Table, Tile, Tone, alert, card, empty, form_post, form_upload,
    submit,
};
use ui::{View, icon, shell};

/// Rows shown; all of them are in the capture.
const ROWS_SHOWN_MAX: usize = 1_000;

/// The form for one event.
pub(super) fn form(cx: &View, entry: &Entry, errors: &FormErrors) -> Markup {
    let title = cx.t("events-new");
    let english = cx.language == Language::En;
    let choices: Vec<Choice> =
        steps().iter().map(|step| Choice::new(step.en, if english { step.en } else { step.zh })).collect();
    let text = |name: &'static str, value: &str| {
        Field::text(cx, name, cx.t(&format!("events-field-{name}"))).value(value).errors(errors)
    };
    let fields = html! {
        (errors)
        (Field::select(cx, "step", cx.t("events-field-step"), choices).value(&entry.step).required().errors(errors))
        (Field::input(cx, "datetime-local", "time", cx.t("events-field-time")).value(&entry.time).hint(cx.t("events-field-time-hint")).errors(errors))
        fieldset {
            legend { (cx.t("events-field-goods")) }
            (Field::textarea(cx, "codes", cx.t("events-field-codes"), 4).value(&entry.codes).hint(cx.t("events-field-codes-hint")).errors(errors))
            (text("gtin", &entry.gtin))
            (text("lot", &entry.lot))
            (text("quantity", &entry.quantity))
            (text("container", &entry.container).hint(cx.t("events-field-container-hint")))
        }
        fieldset {
            legend { (cx.t("events-field-way")) }
            (text("place", &entry.place).hint(cx.t("events-field-place-hint")))
            (text("from", &entry.from))
            (text("to", &entry.to))
            (text("document", &entry.document))
        }
        (submit(&cx.t("events-save"), Some((&cx.t("events-cancel"), "/merchant/events"))))
    };
    let body = html! {
        (PageHeader::new(cx, &title).lead(cx.t("events-new-lead")).back(cx.t("events-own-title"), "/merchant/events"))
        (card("", form_post(cx, "/merchant/events/new", fields)))
    };
    shell::page(cx, &title, body)
}

/// The form for a table or a whole document.
pub(super) fn table_form(cx: &View, errors: &FormErrors) -> Markup {
    let title = cx.t("events-table");
    let file = |name: &str, accept: &str| Field::file(cx, "file", cx.t(name), accept).required();
    let table = html! {
        (errors)
        p { a class="btn" href="/merchant/events/template.csv" { (icon("download")) (cx.t("events-template")) } }
        (file("events-table-file", ".csv,text/csv").hint(cx.t("events-table-hint")).errors(errors))
        (submit(&cx.t("events-table-send"), None))
    };
    let kept = vec![
        Choice::new("rollback", cx.t("events-on-error-rollback")),
        Choice::new("proceed", cx.t("events-on-error-proceed")),
    ];
    let document = html! {
        (file("events-document-file", ".json,.jsonld,application/json,application/ld+json").hint(cx.t("events-document-hint")))
        (Field::radios(cx, "on_error", cx.t("events-on-error"), kept).value("rollback"))
        (submit(&cx.t("events-document-send"), None))
    };
    let english = cx.language == Language::En;
    let body = html! {
        (PageHeader::new(cx, &title).lead(cx.t("events-table-lead")).back(cx.t("events-own-title"), "/merchant/events"))
        div class="ts-halves" {
            (card(&cx.t("events-table-card"), form_upload(cx, "/merchant/events/table", table)))
            (card(&cx.t("events-document-card"), form_upload(cx, "/merchant/events/upload", document)))
        }
        (card(&cx.t("events-columns"), html! {
            dl class="ts-facts" {
                @for column in columns() {
                    div {
                        dt { (if english { column.name } else { column.zh }) @if column.required { " *" } }
                        dd { (if english { column.help_en } else { column.help_zh }) }
                    }
                }
            }
        }))
    };
    shell::page(cx, &title, body)
}

/// What came of a table.
pub(super) fn table_result(cx: &View, done: &TableResult) -> Markup {
    let title = cx.t("events-table-result");
    let count = |outcome: Outcome| cx.number(done.count(outcome) as u64);
    let rows = done.rows.iter().take(ROWS_SHOWN_MAX).map(|row| {
        let shown = match row.seq {
            Some(seq) => Row::new().link(format!("/merchant/events/{seq}")),
            None => Row::new(),
        };
        shown
            .cell(cx.number(row.line))
            .cell(outcome(cx, row.outcome))
            .cell(row.column.clone().unwrap_or_default())
            .cell(row.detail(cx.language))
    });
    let table = Table::new(cx, &title)
        .column(Column::number(cx.t("events-line")))
        .column(Column::text(cx.t("events-capture-state")))
        .column(Column::text(cx.t("events-column")))
        .column(Column::text(cx.t("events-reason")))
        .rows(rows)
        .empty(empty("inbox", &cx.t("events-table-empty"), &cx.t("events-table-empty-help"), None));
    let body = html! {
        (PageHeader::new(cx, &title).back(cx.t("events-table"), "/merchant/events/table"))
        @if !done.ignored.is_empty() {
            (alert(Tone::Waiting, &cx.t("events-ignored"), done.ignored.join("、")))
        }
        div class="ts-tiles" {
            (Tile::new(cx.t("events-accepted"), count(Outcome::Accepted)))
            (Tile::new(cx.t("events-rejected"), count(Outcome::Rejected)))
            (Tile::new(cx.t("events-duplicates"), count(Outcome::Duplicate)))
        }
        @if let Some(capture) = &done.capture {
            p { a href={ "/merchant/events/captures/" (capture.id) } { (cx.t("events-see-capture")) } }
        }
        (table)
    };
    shell::page(cx, &title, body)
}
