//! The keys of codes, and their rotation.

use super::parts::refused;
use crate::Error;
use crate::api::codes::RotateBody;
use crate::model::{CodeKey, Purpose};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Permission};
use maud::{Markup, html};
use std::collections::HashMap;
use ui::parts::{
    Choice, Column, Field, FilterBar, FormErrors, PageHeader, Row, Table, Tone, card, confirm, empty, form_post, hash,
    status, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, Query, Signed, Site};

const PATH: &str = "/console/trace/keys";

/// Whose keys.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct KeyFilter {
    merchant_id: Option<String>,
}

/// The keys of a merchant, or of all.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(filter): Query<KeyFilter>,
) -> Result<Markup, Failure> {
    page(&site, &actor, &cx, filter.merchant_id.as_deref(), &RotateBody::default(), &FormErrors::none()).await
}

async fn page(
    site: &Site,
    actor: &Actor,
    cx: &View,
    merchant: Option<&str>,
    typed: &RotateBody,
    errors: &FormErrors,
) -> Result<Markup, Failure> {
    let keys = crate::keys(site.kernel(), actor, merchant).await?;
    let names = super::list::names(site.kernel(), keys.iter().map(|key| &key.merchant_id)).await?;
    let title = cx.t("trace-keys");
    let table = Table::new(cx, title.clone())
        .column(Column::text(cx.t("trace-merchant")))
        .column(Column::text(cx.t("trace-purpose")))
        .column(Column::number(cx.t("trace-epoch")))
        .column(Column::number(cx.t("trace-key-number")))
        .column(Column::text(cx.t("trace-state")))
        .column(Column::text(cx.t("trace-created-at")))
        .column(Column::text(cx.t("trace-key-id")).quiet())
        .rows(keys.iter().map(|key| row(cx, key, &names)))
        .export("CSV", "/console/trace/keys.csv")
        .empty(empty("key", &cx.t("trace-keys-none"), &cx.t("trace-keys-none-help"), None));
    Ok(shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("trace-title"), "/console/trace").lead(cx.t("trace-keys-lead")))
            (errors)
            (FilterBar::new(cx).search("merchant_id", cx.t("trace-merchant-id")))
            (table)
            @if actor.may(Permission::TraceManage) { (rotation(cx, &keys, &names, typed, errors)) }
        },
    ))
}

fn row(cx: &View, key: &CodeKey, names: &HashMap<String, String>) -> Row {
    let state = match key.retired_at {
        None => status(Tone::Good, "circle-check", &cx.t("trace-key-in-use")),
        Some(_) => status(Tone::Neutral, "history", &cx.t("trace-key-retired")),
    };
    let merchant = match key.merchant_id.as_str() {
        "" => cx.t("trace-key-house"),
        id => names.get(id).cloned().unwrap_or_else(|| id.to_owned()),
    };
    Row::new()
        .cell(html! { (merchant) })
        .cell(html! { (cx.t(&format!("trace-purpose-{}", key.purpose.name()))) })
        .cell(html! { (cx.number(i128::from(key.epoch))) })
        .cell(html! { (key.number) })
        .cell(html! {
            (state)
            @if let Some(at) = key.retired_at { " " (cx.date(at)) }
            @if !key.reason.is_empty() { div class="ts-muted" { (key.reason) } }
        })
        .cell(cx.date(key.created_at))
        .cell(hash(cx, &key.id))
}

fn rotation(
    cx: &View,
    keys: &[CodeKey],
    names: &HashMap<String, String>,
    typed: &RotateBody,
    errors: &FormErrors,
) -> Markup {
    let mut ids: Vec<&String> = keys.iter().map(|key| &key.merchant_id).filter(|id| !id.is_empty()).collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return html! {};
    }
    let merchants = ids.into_iter().map(|id| Choice::new(id, names.get(id).unwrap_or(id))).collect();
    let purposes = [Purpose::Unit, Purpose::Covered]
        .map(|purpose| Choice::new(purpose.name(), cx.t(&format!("trace-purpose-{}", purpose.name()))))
        .to_vec();
    let form = form_post(
        cx,
        "/console/trace/keys/rotate",
        html! {
            (Field::select(cx, "merchant_id", cx.t("trace-merchant"), merchants).required().value(&typed.merchant_id).errors(errors))
            (Field::select(cx, "purpose", cx.t("trace-purpose"), purposes).required().value(&typed.purpose).errors(errors))
            (Field::text(cx, "reason", cx.t("trace-reason")).required().hint(cx.t("trace-rotate-hint")).value(&typed.reason).errors(errors))
            (submit(&cx.t("trace-rotate"), None))
        },
    );
    card(&cx.t("trace-rotate-title"), confirm(&cx.t("trace-rotate"), "refresh", true, form))
}

/// Rotates a key.
pub(crate) async fn rotate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<RotateBody>,
) -> Result<Response, Failure> {
    let purpose = Purpose::from_name(&form.purpose).ok_or(Error::field("purpose", "trace-fault-purpose"));
    let done = match purpose {
        Ok(purpose) => crate::rotate(site.kernel(), &actor, &form.merchant_id, purpose, &form.reason).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(_) => Ok(web::redirect_with_flash(PATH, "trace-rotated").into_response()),
        Err(error) => {
            let problem = ground::Problem::from(error);
            let errors = FormErrors::of_problem(&cx, &problem);
            let shown = page(&site, &actor, &cx, None, &form, &errors).await?;
            refused(&cx, problem, |_| shown)
        }
    }
}

/// The keys as CSV, without their secrets.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(filter): Query<KeyFilter>,
) -> Result<Response, Failure> {
    let keys = crate::keys(site.kernel(), &actor, filter.merchant_id.as_deref()).await?;
    let head = ["key-id", "merchant-id", "purpose", "epoch", "key-number", "created-at", "retired-at", "reason"];
    let mut writer = web::csv::Writer::new(head.map(|column| cx.t(&format!("trace-{column}"))));
    for key in keys {
        writer.row([
            key.id,
            key.merchant_id,
            cx.t(&format!("trace-purpose-{}", key.purpose.name())),
            key.epoch.to_string(),
            key.number.to_string(),
            key.created_at.to_rfc3339(),
            key.retired_at.map(ground::Timestamp::to_rfc3339).unwrap_or_default(),
            key.reason,
        ]);
    }
    Ok(writer.download("code-keys.csv")?)
}
