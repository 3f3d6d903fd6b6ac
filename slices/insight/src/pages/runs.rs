//! `/console/history/runs`: who asked how much.

use crate::ask::{self, Run};
use axum::extract::State;
use ground::Timestamp;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Paging as Pages, Row, Table, empty};
use ui::shell;
use web::{Cx, Failure, PagingQuery, Signed, Site};

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = ask::runs(site.kernel(), &actor, &paging).await?;
    let title = cx.t("insight-runs");
    let outcome = |name: &str| match name {
        "answered" | "cut" | "failed" => cx.t(&format!("insight-run-{name}")),
        _ => cx.t("insight-run-refused"),
    };
    let row = |run: &Run| {
        Row::new()
            .cell(cx.moment(Timestamp::from_micros(run.at)))
            .cell(&run.actor_id)
            .cell(ui::parts::hash(&cx, &run.sql_hash))
            .cell(outcome(&run.outcome))
            .cell(cx.number(run.rows))
            .cell(cx.number(run.milliseconds))
    };
    let table = Table::new(&cx, &title)
        .column(Column::text(cx.t("insight-run-at")))
        .column(Column::text(cx.t("insight-run-who")))
        .column(Column::text(cx.t("insight-run-hash")).quiet())
        .column(Column::text(cx.t("insight-run-outcome")))
        .column(Column::number(cx.t("insight-run-rows")))
        .column(Column::number(cx.t("insight-run-milliseconds")))
        .rows(found.rows.iter().map(row))
        .empty(empty("history", &cx.t("insight-runs-none"), &cx.t("insight-runs-none-help"), None))
        .paging(Pages::pages(&cx, found.paging.page, found.pages(), found.total));
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("insight-runs-lead")).back(cx.t("insight-title"), "/console/history"))
        (table)
    };
    Ok(shell::console(&cx, &title, body))
}
