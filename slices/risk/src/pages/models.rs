//! `/console/risk/models`: the versions, training, going back.

use super::{model_text, state_mark};
use crate::examples::{self, Counts};
use crate::model::Version;
use crate::{training, versions};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Kernel, Page, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Column, Field, FormErrors, PageHeader, Paging as Pages, Row, Table, Tile, card, confirm, empty, form_post, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Signed, Site, redirect_with_flash};

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    Ok(page(site.kernel(), &cx, &actor, &paging, &FormErrors::none()).await?)
}

async fn page(
    kernel: &Kernel,
    cx: &View,
    actor: &Actor,
    paging: &Paging,
    errors: &FormErrors,
) -> kernel::Result<Markup> {
    let found = versions::versions(kernel, actor, paging).await?;
    let counts = examples::counts(kernel).await?;
    let in_force = versions::in_force(kernel).await?;
    let title = cx.t("risk-models");
    let name = in_force.as_ref().map_or_else(|| crate::prior::NAME.to_owned(), |version| version.number.to_string());
    let body = html! {
        (PageHeader::new(cx, &title)
            .lead(html! { (cx.t("risk-models-lead")) " " (cx.t("risk-in-force")) " " (model_text(cx, &name)) })
            .back(cx.t("risk-title"), "/console/risk"))
        (tiles(cx, &counts))
        @if actor.may(Permission::RiskManage) { (card(&cx.t("risk-manage"), manage(cx, in_force.as_ref(), errors))) }
        (table(cx, &found))
    };
    Ok(shell::console(cx, &title, body))
}

fn tiles(cx: &View, counts: &Counts) -> Markup {
    let of = |there: u64, needed: u64| cx.ta("risk-needed", &[("there", there.into()), ("needed", needed.into())]);
    html! {
        div class="ts-tiles" {
            (Tile::new(cx.t("risk-examples"), cx.number(counts.ended)).note(of(counts.ended, counts.needed)))
            (Tile::new(cx.t("risk-examples-wrong"), cx.number(counts.wrong)).note(of(counts.wrong, counts.wrong_needed)))
            (Tile::new(cx.t("risk-examples-open"), cx.number(counts.open)).note(cx.t("risk-examples-open-help")))
        }
    }
}

fn manage(cx: &View, in_force: Option<&Version>, errors: &FormErrors) -> Markup {
    html! {
        div class="ts-row" {
            (confirm(&cx.t("risk-train"), "refresh", false, form_post(cx, "/console/risk/train", html! {
                p { (cx.t("risk-train-help")) }
                (submit(&cx.t("risk-train"), None))
            })))
            @if in_force.is_some() {
                (confirm(&cx.t("risk-rollback"), "arrow-back-up", true, form_post(cx, "/console/risk/rollback", html! {
                    p { (cx.t("risk-rollback-help")) }
                    (Field::textarea(cx, "reason", cx.t("risk-reason"), 2).required().errors(errors))
                    (submit(&cx.t("risk-rollback"), None))
                })))
            }
        }
        (errors)
    }
}

fn table(cx: &View, found: &Page<Version>) -> Markup {
    let row = |version: &Version| {
        let card = version.card.as_ref();
        let auc = card.and_then(|card| card.quality.as_ref()).map(|quality| cx.decimal(quality.auc.value, 3));
        let prior = card.and_then(|card| card.prior.as_ref()).map(|quality| cx.decimal(quality.auc.value, 3));
        let row = Row::new().link(format!("/console/risk/models/{}", version.number));
        row.cell(cx.ta("risk-version", &[("number", version.number.to_string().into())]))
            .cell(state_mark(cx, version.state))
            .cell(card.map(|card| cx.number(card.examples)).unwrap_or_default())
            .cell(auc.unwrap_or_default())
            .cell(prior.unwrap_or_default())
            .cell(cx.moment(version.requested_at))
            .cell(&version.requested_by)
    };
    html! {
        (Table::new(cx, cx.t("risk-models"))
            .column(Column::text(cx.t("risk-model")))
            .column(Column::text(cx.t("risk-state")))
            .column(Column::number(cx.t("risk-examples")))
            .column(Column::number(cx.t("risk-auc")))
            .column(Column::number(cx.t("risk-auc-prior")))
            .column(Column::text(cx.t("risk-requested")))
            .column(Column::text(cx.t("risk-requested-by")).quiet())
            .rows(found.rows.iter().map(row))
            .empty(empty("versions", &cx.t("risk-models-none"), &cx.t("risk-models-none-help"), None))
            .paging(Pages::pages(cx, found.paging.page, found.pages(), found.total)))
    }
}

pub(crate) async fn train(State(site): State<Site>, Signed(actor): Signed) -> Result<Response, Failure> {
    let version = training::request(site.kernel(), &actor).await?;
    let page = format!("/console/risk/models/{}", version.number);
    Ok(redirect_with_flash(&page, "risk-training-asked").into_response())
}

/// Why a version is taken back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Word {
    reason: String,
}

pub(crate) async fn roll_back(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    match versions::roll_back(site.kernel(), &actor, &word.reason).await {
        Ok(_) => Ok(redirect_with_flash("/console/risk/models", "risk-rolled-back").into_response()),
        Err(problem) if !problem.faults.is_empty() => {
            let errors = FormErrors::of_problem(&cx, &problem);
            let first = Paging::new(1, ground::limits::PAGE_ROWS_DEFAULT);
            let page = page(site.kernel(), &cx, &actor, &first, &errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}
