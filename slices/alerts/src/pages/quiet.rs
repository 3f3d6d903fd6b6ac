//! `/console/alerts/suppressions` and `/console/alerts/digests`.

use super::words;
use crate::{decide, digest, list};
use axum::extract::State as FromState;
use axum::response::{IntoResponse, Response};
use kernel::Permission;
use maud::{Markup, html};
use serde_json::Value;
use ui::parts::{Column, PageHeader, Paging as Pages, Row, Table, card, empty, form_post, submit};
use ui::shell;
use web::{Cx, Failure, PagingQuery, Path, Signed, Site, redirect_with_flash};

pub(crate) async fn show(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = list::suppressions(site.kernel(), &actor, &paging).await?;
    let title = cx.t("alerts-suppressions");
    let may_end = actor.may(Permission::AlertsDecide);
    let row = |held: &crate::model::Suppression| {
        let end = html! {
            @if may_end {
                (form_post(&cx, &format!("/console/alerts/suppressions/{}/end", held.id), submit(&cx.t("alerts-suppress-end"), None)))
            }
        };
        Row::new()
            .cell(words::family(&cx, held.family))
            .cell(format!("{} {}", words::scope(&cx, held.subject.scope), held.subject.key))
            .cell(cx.moment(held.until))
            .cell(&held.reason)
            .cell(cx.number(held.kept_away))
            .cell(end)
    };
    let body = html! {
        (PageHeader::new(&cx, &title).back(cx.t("alerts-title"), "/console/alerts").lead(cx.t("alerts-suppressions-lead")))
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("alerts-family")))
            .column(Column::text(cx.t("alerts-what")))
            .column(Column::text(cx.t("alerts-until")))
            .column(Column::text(cx.t("alerts-reason")))
            .column(Column::number(cx.t("alerts-kept-away")))
            .column(Column::text(""))
            .rows(found.rows.iter().map(row))
            .empty(empty("clock", &cx.t("alerts-suppressions-none"), &cx.t("alerts-suppressions-none-help"), None))
            .paging(Pages::pages(&cx, found.paging.page, found.pages(), found.total)))
    };
    Ok(shell::console(&cx, &title, body))
}

pub(crate) async fn end(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    decide::end_suppression(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash("/console/alerts/suppressions", "alerts-done-suppression-ended").into_response())
}

pub(crate) async fn digests(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
) -> Result<Markup, Failure> {
    let found = digest::list(site.kernel(), &actor).await?;
    let title = cx.t("alerts-digests");
    let sum = |content: &Value, of: &str| -> i64 {
        content.get(of).and_then(Value::as_object).into_iter().flatten().filter_map(|(_, count)| count.as_i64()).sum()
    };
    let count = |content: &Value, of: &str, name: &str| {
        content.get(of).and_then(|part| part.get(name)).and_then(Value::as_i64).unwrap_or_default()
    };
    let row = |one: &digest::Digest| {
        let raised = one.content.get("raised").and_then(Value::as_i64).unwrap_or_default();
        Row::new()
            .link(format!("/console/ledger/{}", one.act_id))
            .cell(words::day(one.day))
            .cell(cx.number(raised))
            .cell(cx.number(count(&one.content, "closed", "true")))
            .cell(cx.number(count(&one.content, "closed", "false")))
            .cell(cx.number(count(&one.content, "closed", "unclear")))
            .cell(cx.number(sum(&one.content, "standing")))
    };
    let newest =
        found.first().and_then(|one| one.content.get("newest")).and_then(Value::as_array).cloned().unwrap_or_default();
    let body = html! {
        (PageHeader::new(&cx, &title).back(cx.t("alerts-title"), "/console/alerts").lead(cx.t("alerts-digests-lead")))
        @if !newest.is_empty() {
            (card(&cx.t("alerts-digest-newest"), html! {
                ul {
                    @for line in &newest {
                        @let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                        li { a href={ "/console/alerts/" (text("alert")) } { (text("key")) } " " (cx.t(&format!("alerts-family-{}", text("family")))) " · " (text("since")) }
                    }
                }
            }))
        }
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("alerts-day")))
            .column(Column::number(cx.t("alerts-raised-count")))
            .column(Column::number(cx.t("alerts-ending-true")))
            .column(Column::number(cx.t("alerts-ending-false")))
            .column(Column::number(cx.t("alerts-ending-unclear")))
            .column(Column::number(cx.t("alerts-standing-count")))
            .rows(found.iter().map(row))
            .empty(empty("calendar", &cx.t("alerts-digests-none"), &cx.t("alerts-digests-none-help"), None)))
    };
    Ok(shell::console(&cx, &title, body))
}
