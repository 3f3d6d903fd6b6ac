//! The form of a report: the lot, the items as rows or as a pasted table, the verdict, the PDF.

use super::shown_again;
use crate::issue::{self, NewReport};
use crate::model::TestItem;
use crate::{ITEMS_MAX, items};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Choice, Field, FormErrors, PageHeader, card, form_upload, submit};
use ui::{View, shell};
use web::{Cx, Failure, Query, Signed, Site, Upload, UploadLimits, redirect_with_flash};

/// Empty rows offered below what was filled in.
const ROWS_SPARE: usize = 3;
/// Rows of an empty form.
const ROWS_MIN: usize = 6;

/// What the form sends; the columns of the items are repeated fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Input {
    gtin: String,
    lot_number: String,
    number: String,
    title: String,
    standard: String,
    tested_on: String,
    valid_until: String,
    result: String,
    csv: String,
    item_name: Vec<String>,
    item_limit: Vec<String>,
    item_value: Vec<String>,
    item_unit: Vec<String>,
    item_method: Vec<String>,
    item_verdict: Vec<String>,
}

impl Input {
    /// The rows that hold anything.
    fn rows(&self) -> Vec<[String; 6]> {
        let columns = [
            &self.item_name,
            &self.item_limit,
            &self.item_value,
            &self.item_unit,
            &self.item_method,
            &self.item_verdict,
        ];
        let longest = columns.iter().map(|column| column.len()).max().unwrap_or(0).min(ITEMS_MAX + 1);
        (0..longest)
            .map(|at| columns.map(|column| column.get(at).map(|text| text.trim().to_owned()).unwrap_or_default()))
            .filter(|row| row[..5].iter().any(|cell| !cell.is_empty()))
            .collect()
    }

    /// A pasted table stands before rows.
    fn items(&self) -> kernel::Result<Vec<TestItem>> {
        if !self.csv.trim().is_empty() {
            return items::read_csv(&self.csv).map_err(ground::Problem::invalid);
        }
        let item = |[name, limit, value, unit, method, verdict]: [String; 6]| TestItem {
            verdict: items::read_verdict(&verdict),
            name,
            limit,
            value,
            unit,
            method,
        };
        Ok(self.rows().into_iter().map(item).collect())
    }
}

/// Which lot, when the form is reached from one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    gtin: String,
    lot_number: String,
}

pub(crate) async fn form(Cx(cx): Cx, Query(wanted): Query<Wanted>) -> Markup {
    let input = Input { gtin: wanted.gtin, lot_number: wanted.lot_number, ..Input::default() };
    page(&cx, &input, &FormErrors::none())
}

pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let limits = UploadLimits {
        files_max: 1,
        field_bytes_max: items::CSV_BYTES_MAX,
        fields_max: 6 * ITEMS_MAX + 40,
        ..UploadLimits::default()
    };
    let uploaded = upload.read(&limits).await?;
    let input: Input = uploaded.form()?;
    let document = match uploaded.file("document") {
        Some(file) => Some(file.read().await?),
        None => None,
    };
    let drafted = match input.items() {
        Ok(items) => {
            let new = NewReport {
                gtin: input.gtin.clone(),
                lot_number: input.lot_number.clone(),
                number: input.number.clone(),
                title: input.title.clone(),
                standard: input.standard.clone(),
                tested_on: input.tested_on.clone(),
                valid_until: input.valid_until.clone(),
                result: input.result.clone(),
                items,
                document,
            };
            issue::draft(site.kernel(), &actor, new).await
        }
        Err(problem) => Err(problem.into()),
    };
    match drafted {
        Ok(report) => {
            Ok(redirect_with_flash(&format!("/laboratory/reports/{}", report.id), "reports-drafted").into_response())
        }
        Err(crate::Error::NotReady(why)) => {
            Ok(web::redirect("/laboratory/profile").bad(&format!("reports-ready-{why}"), &[]).into_response())
        }
        Err(error) => shown_again(&cx, error.into(), |errors| page(&cx, &input, errors)),
    }
}

fn page(cx: &View, input: &Input, errors: &FormErrors) -> Markup {
    let title = cx.t("reports-new");
    let text = |name: &str, label: &str, value: &str| {
        Field::text(cx, name, cx.t(label)).value(value).required().errors(errors)
    };
    let results = ["pass", "fail"].map(|name| Choice::new(name, cx.t(&format!("reports-result-{name}")))).to_vec();
    let form = html! {
        (card(&cx.t("reports-lot"), html! {
            (text("gtin", "reports-gtin", &input.gtin).attribute("inputmode", "numeric"))
            (text("lot_number", "reports-lot-number", &input.lot_number).hint(cx.t("reports-lot-hint")))
        }))
        (card(&cx.t("reports-report"), html! {
            (text("number", "reports-number", &input.number))
            (text("title", "reports-report-title", &input.title))
            (text("standard", "reports-standard", &input.standard).hint(cx.t("reports-standard-hint")))
            (Field::date(cx, "tested_on", cx.t("reports-tested-on")).value(&input.tested_on).required().errors(errors))
            (Field::date(cx, "valid_until", cx.t("reports-valid-until")).value(&input.valid_until).errors(errors))
        }))
        (card(&cx.t("reports-items"), html! {
            (rows(cx, input))
            details open[!input.csv.is_empty()] {
                summary { (cx.t("reports-csv")) }
                (Field::textarea(cx, "csv", cx.t("reports-csv-label"), 8).value(&input.csv).hint(cx.t("reports-csv-hint")).errors(errors))
            }
        }))
        (card(&cx.t("reports-result"), html! {
            (Field::radios(cx, "result", cx.t("reports-result"), results).value(&input.result).required().errors(errors))
            (Field::file(cx, "document", cx.t("reports-document"), "application/pdf").errors(errors))
        }))
        (submit(&cx.t("reports-save-draft"), Some((&cx.t("reports-cancel"), "/laboratory"))))
    };
    let body = html! {
        (PageHeader::new(cx, title.clone()).back(cx.t("reports-own-title"), "/laboratory").lead(cx.t("reports-new-lead")))
        (errors)
        (form_upload(cx, "/laboratory/reports", form))
    };
    shell::partner(cx, &title, body)
}

fn rows(cx: &View, input: &Input) -> Markup {
    let filled = input.rows();
    let count = (filled.len() + ROWS_SPARE).clamp(ROWS_MIN, ITEMS_MAX);
    let none: [String; 6] = Default::default();
    html! {
        div class="ts-scroll" tabindex="0" role="region" aria-label=(cx.t("reports-items")) {
            table class="table" {
                caption class="visually-hidden" { (cx.t("reports-items")) }
                thead { tr {
                    @for column in ["name", "limit", "value", "unit", "method", "verdict"] {
                        th scope="col" { (cx.t(&format!("reports-item-{column}"))) }
                    }
                } }
                tbody {
                    @for at in 0..count {
                        @let row = filled.get(at).unwrap_or(&none);
                        tr {
                            @for (column, value) in ["name", "limit", "value", "unit", "method"].iter().zip(row) {
                                td {
                                    input class="form-control" type="text" name={ "item_" (column) } value=(value)
                                        maxlength=(items::ITEM_CHARS_MAX) aria-label=(label(cx, column, at));
                                }
                            }
                            td { (verdict(cx, at, &row[5])) }
                        }
                    }
                }
            }
        }
    }
}

fn label(cx: &View, column: &str, at: usize) -> String {
    format!("{} {}", cx.t(&format!("reports-item-{column}")), at + 1)
}

fn verdict(cx: &View, at: usize, chosen: &str) -> Markup {
    html! {
        select class="form-select" name="item_verdict" aria-label=(label(cx, "verdict", at)) {
            @for name in ["pass", "fail", "not_judged"] {
                option value=(name) selected[chosen == name] { (cx.t(&format!("reports-verdict-{name}"))) }
            }
        }
    }
}
