//! The merchant's forms of codes: minting, putting them on goods, taking them out, files and labels.

use super::lot::{batch_page, load, render};
use super::parts::refused;
use crate::api::codes::{SheetQuery, sent, sheet};
use crate::api::lots::DocumentForm;
use crate::commission::DECOMMISSION_REASONS;
use crate::model::{BATCH_CODES_MAX, Batch};
use crate::{Error, NewBatch, Units};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use labels::LAYOUTS;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::HashMap;
use ui::parts::{Choice, Field, FormErrors, PageHeader, card, form_get, form_post, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site};

const PATH: &str = "/merchant/codes";

/// Codes to be minted, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct MintForm {
    gtin: String,
    count: String,
    covered: String,
}

impl MintForm {
    fn batch(&self, merchant_id: &str, lot_id: Option<String>) -> NewBatch {
        NewBatch {
            merchant_id: merchant_id.to_owned(),
            gtin: self.gtin.clone(),
            // What is no number is 0, and refused with the range.
            count: self.count.trim().replace([',', ' '], "").parse().unwrap_or(0),
            lot_id,
            covered: matches!(self.covered.as_str(), "true" | "on" | "1"),
        }
    }
}

/// The form of minting; with a GTIN to be typed, or for one that is known.
pub(super) fn mint_form(
    cx: &View,
    action: &str,
    gtin: Option<&str>,
    count: Option<&str>,
    errors: &FormErrors,
) -> Markup {
    form_post(
        cx,
        action,
        html! {
            @if let Some(gtin) = gtin {
                (Field::text(cx, "gtin", cx.t("trace-gtin")).required().hint(cx.t("trace-gtin-hint")).value(gtin).errors(errors))
            }
            (Field::number(cx, "count", cx.t("trace-count")).required().value(count.unwrap_or("1000"))
                .hint(cx.ta("trace-count-hint", &[("most", BATCH_CODES_MAX.into())]))
                .attribute("min", "1").attribute("max", BATCH_CODES_MAX.to_string()).errors(errors))
            (Field::checkbox(cx, "covered", cx.t("trace-with-covered")).hint(cx.t("trace-covered-hint")))
            (submit(&cx.t("trace-mint"), None))
        },
    )
}

/// The empty form; an address may name the GTIN.
pub(crate) async fn new(Cx(cx): Cx, Query(begin): Query<MintForm>) -> Markup {
    mint_page(&cx, &begin, &FormErrors::none())
}

fn mint_page(cx: &View, typed: &MintForm, errors: &FormErrors) -> Markup {
    let title = cx.t("trace-mint");
    let count = Some(typed.count.as_str()).filter(|count| !count.is_empty());
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("trace-batches"), PATH).lead(cx.t("trace-mint-lead")))
            (errors)
            (card("", mint_form(cx, PATH, Some(&typed.gtin), count, errors)))
        },
    )
}

/// Mints codes that are put on goods later.
pub(crate) async fn mint(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<MintForm>,
) -> Result<Response, Failure> {
    let merchant = actor.own_organisation()?.to_owned();
    match crate::mint(site.kernel(), &actor, form.batch(&merchant, None)).await {
        Ok(batch) => Ok(minted(&batch)),
        Err(error) => refused(&cx, error, |errors| mint_page(&cx, &form, errors)),
    }
}

fn minted(batch: &Batch) -> Response {
    let count = [("count", batch.count().to_string())];
    web::redirect(&format!("{PATH}/{}", batch.id)).good("trace-minted", &count).into_response()
}

/// Mints codes for a lot: its number is printed in them, and all are put into it.
pub(crate) async fn mint_for_lot(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(mut form): Form<MintForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let lot = crate::lot(kernel, &actor, &id).await?;
    form.gtin = lot.gtin.as_str().to_owned();
    match crate::mint(kernel, &actor, form.batch(&lot.merchant_id, Some(id.clone()))).await {
        Ok(batch) => Ok(minted(&batch)),
        Err(error) => {
            let page = load(kernel, &actor, &id).await?;
            refused(&cx, error, |errors| render(&cx, &page, &DocumentForm::default(), errors))
        }
    }
}

/// Which units, as typed: codes where any are listed, else a range of a batch.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct UnitsForm {
    batch_id: String,
    first: String,
    count: String,
    codes: String,
    reason: String,
    note: String,
}

impl UnitsForm {
    fn units(&self) -> Units {
        let codes: Vec<String> =
            self.codes.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        if !codes.is_empty() || self.batch_id.is_empty() {
            return Units::Codes(codes);
        }
        let number = |text: &str| text.trim().replace([',', ' '], "").parse().unwrap_or(0);
        Units::Range { batch_id: self.batch_id.clone(), first: number(&self.first), count: number(&self.count) }
    }
}

/// Puts codes on the goods of a lot.
pub(crate) async fn commission(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<UnitsForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    match crate::commission(kernel, &actor, &id, form.units()).await {
        Ok(lot) => {
            let to = format!("/merchant/lots/{}", lot.id);
            Ok(web::redirect_with_flash(&to, "trace-commission-done").into_response())
        }
        Err(error) => {
            let page = load(kernel, &actor, &id).await?;
            refused(&cx, error, |errors| render(&cx, &page, &DocumentForm::default(), errors))
        }
    }
}

/// The form of taking units out.
pub(crate) async fn decommission_form(Cx(cx): Cx) -> Markup {
    decommission_page(&cx, &UnitsForm::default(), &FormErrors::none())
}

fn decommission_page(cx: &View, typed: &UnitsForm, errors: &FormErrors) -> Markup {
    let title = cx.t("trace-decommission");
    let reasons =
        DECOMMISSION_REASONS.map(|reason| Choice::new(reason, cx.t(&format!("trace-reason-{reason}")))).to_vec();
    let body = form_post(
        cx,
        &format!("{PATH}/decommission"),
        html! {
            (Field::textarea(cx, "codes", cx.t("trace-codes-listed"), 8).required().hint(cx.t("trace-codes-listed-hint"))
                .value(&typed.codes).errors(errors))
            (Field::select(cx, "reason", cx.t("trace-reason"), reasons).required().value(&typed.reason).errors(errors))
            (Field::text(cx, "note", cx.t("trace-note")).value(&typed.note).errors(errors))
            (submit(&cx.t("trace-decommission"), Some((&cx.t("trace-cancel"), PATH))))
        },
    );
    shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("trace-batches"), PATH).lead(cx.t("trace-decommission-lead")))
            (errors)
            (card("", body))
        },
    )
}

/// Takes units out.
pub(crate) async fn decommission(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<UnitsForm>,
) -> Result<Response, Failure> {
    match crate::decommission(site.kernel(), &actor, form.units(), &form.reason, &form.note).await {
        Ok(units) => {
            let count = [("count", units.to_string())];
            Ok(web::redirect(PATH).good("trace-decommission-done", &count).into_response())
        }
        Err(error) => refused(&cx, error, |errors| decommission_page(&cx, &form, errors)),
    }
}

/// The code file of a batch.
pub(crate) async fn file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    Ok(sent(crate::code_file(site.kernel(), &actor, &id, &site.settings().base_url).await?))
}

/// What a label sheet can be made of.
pub(super) struct LayoutChoices {
    layouts: Vec<Choice>,
    symbols: Vec<Choice>,
    formats: Vec<Choice>,
}

impl LayoutChoices {
    pub(super) fn of(cx: &View) -> Self {
        let layout = |layout: &labels::Layout| {
            let roll = layout.labels_per_page() == 1;
            let label = cx.ta(
                if roll { "trace-layout-roll" } else { "trace-layout-sheet" },
                &[
                    ("name", layout.name.into()),
                    ("width", cx.decimal(layout.label_width_mm, 1).into()),
                    ("height", cx.decimal(layout.label_height_mm, 1).into()),
                    ("n", (layout.labels_per_page() as u64).into()),
                ],
            );
            Choice::new(layout.name, label)
        };
        LayoutChoices {
            layouts: LAYOUTS.iter().map(layout).collect(),
            symbols: vec![
                Choice::new("qr", cx.t("trace-symbol-qr")),
                Choice::new("datamatrix", cx.t("trace-symbol-datamatrix")),
            ],
            formats: vec![Choice::new("pdf", "PDF"), Choice::new("svg", "SVG (ZIP)"), Choice::new("png", "PNG (ZIP)")],
        }
    }
}

/// The form of a label sheet: a question whose answer is a file.
pub(super) fn label_form(cx: &View, batch: &Batch, choices: &LayoutChoices, errors: &FormErrors) -> Markup {
    let shown = batch.count().min(1_000);
    form_get(
        &format!("{PATH}/{}/labels", batch.id),
        html! {
            (Field::select(cx, "symbol", cx.t("trace-symbol"), choices.symbols.clone()).errors(errors))
            (Field::select(cx, "layout", cx.t("trace-layout"), choices.layouts.clone()).errors(errors))
            (Field::select(cx, "format", cx.t("trace-format"), choices.formats.clone()).errors(errors))
            (Field::number(cx, "first", cx.t("trace-first")).value("1").attribute("min", "1").errors(errors))
            (Field::number(cx, "count", cx.t("trace-count")).value(shown.to_string()).attribute("min", "1").errors(errors))
            (Field::number(cx, "used", cx.t("trace-used")).value("0").attribute("min", "0").errors(errors))
            @if batch.covered_key_id.is_some() {
                (Field::select(cx, "covered", cx.t("trace-covered-print"), vec![
                    Choice::new("false", cx.t("trace-no")), Choice::new("true", cx.t("trace-yes")),
                ]))
            }
            (submit(&cx.t("trace-labels-make"), None))
        },
    )
}

/// A label sheet; what is wrong is said on the page of the batch.
pub(crate) async fn labels(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    match sheet(&site, &actor, &id, query).await {
        Ok(response) => Ok(response),
        Err(error) => {
            let batch = crate::batch(kernel, &actor, &id).await?;
            let error = match error {
                Error::Sheet(why) => {
                    let fault = ground::Fault::field("layout", "trace-fault-sheet").arg("why", why);
                    Error::Invalid(vec![fault])
                }
                other => other,
            };
            refused(&cx, error, |errors| batch_page(&cx, &batch, &[], &HashMap::new(), None, errors))
        }
    }
}
