//! Packs in force, their tables, their history.

use axum::extract::State;
use maud::{Markup, html};
use ui::parts::*;
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Path, Signed, Site};

use super::{market_name, may_manage, table_name, timeline};
use crate::catalogue::{self, PackSummary};
use crate::error::Error;
use crate::versions;

pub(crate) async fn overview(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    let packs = catalogue::overview(site.kernel(), &actor).await?;
    let title = cx.t("policies-title");
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("policies-lead")))
        @for pack in &packs { (pack_card(&cx, pack)) }
    };
    Ok(shell::console(&cx, &title, body))
}

fn pack_card(cx: &View, pack: &PackSummary) -> Markup {
    let market = &pack.active.market;
    let rows: usize = pack.tables.iter().map(|table| table.rows).sum();
    let tests: usize = pack.tables.iter().map(|table| table.tests).sum();
    let href = format!("/console/policies/{market}");
    card(
        &market_name(cx, market),
        html! {
            (facts()
                .add(cx.t("policies-version"), hash(cx, &pack.active.hash))
                .add(cx.t("policies-since"), cx.moment(pack.active.since))
                .add(cx.t("policies-tables"), cx.number(pack.tables.len() as i64))
                .add(cx.t("policies-rows"), cx.number(rows as i64))
                .add(cx.t("policies-tests"), cx.number(tests as i64)))
            @if pack.shipped_differs { p { (badge(Tone::Waiting, &cx.t("policies-shipped-differs"))) } }
            p { a class="btn" href=(href) { (cx.t("policies-open")) } }
        },
    )
}

pub(crate) async fn market(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(market): Path<String>,
) -> Result<Markup, Failure> {
    let packs = catalogue::overview(site.kernel(), &actor).await?;
    let pack = packs.iter().find(|one| one.active.market == market).ok_or_else(|| Error::Market(market.clone()))?;
    let title = market_name(&cx, &market);
    let acts = kernel::store::history(site.kernel(), "policy", &market, 20).await?;
    let manage = may_manage(&cx);
    let body = html! {
        (PageHeader::new(&cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .lead(html! { (cx.t("policies-version")) " " (hash(&cx, &pack.active.hash)) " · " (cx.moment(pack.active.since)) })
            .link(&cx.t("policies-history"), &format!("/console/policies/{market}/history"), "history"))
        @if pack.shipped_differs && manage {
            (alert(Tone::Waiting, &cx.t("policies-shipped-differs"), form_post(&cx, &format!("/console/policies/{market}/shipped"), html! {
                p { (cx.t("policies-shipped-help")) }
                (submit(&cx.t("policies-shipped-keep"), None))
            })))
        }
        (tables(&cx, pack))
        (card(&cx.t("policies-acts"), html! { (timeline(&cx, &acts)) }))
    };
    Ok(shell::console(&cx, &title, body))
}

fn tables<'a>(cx: &'a View, pack: &PackSummary) -> Table<'a> {
    let market = &pack.active.market;
    let count = |found: Option<&usize>| cx.number(found.copied().unwrap_or(0) as i64);
    Table::new(cx, cx.t("policies-tables"))
        .column(Column::text(cx.t("policies-table")))
        .column(Column::number(cx.t("policies-rows")))
        .column(Column::number(cx.t("policies-mode-on")))
        .column(Column::number(cx.t("policies-mode-percentage")))
        .column(Column::number(cx.t("policies-mode-shadow")))
        .column(Column::number(cx.t("policies-mode-off")).quiet())
        .column(Column::number(cx.t("policies-tests")).quiet())
        .rows(pack.tables.iter().map(|table| {
            Row::new()
                .link(format!("/console/policies/{market}/tables/{}", table.name))
                .cell(table_name(cx, &table.name))
                .cell(cx.number(table.rows as i64))
                .cell(count(table.in_force.get("on")))
                .cell(count(table.in_force.get("percentage")))
                .cell(count(table.in_force.get("shadow")))
                .cell(count(table.in_force.get("off")))
                .cell(cx.number(table.tests as i64))
        }))
        .empty(empty("scale", &cx.t("policies-tables-none"), &cx.t("policies-tables-none-help"), None))
}

pub(crate) async fn history(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(market): Path<String>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let (active, _) = versions::active(site.kernel(), &actor, &market).await?;
    let page = versions::list(site.kernel(), &actor, &market, &paging).await?;
    let title = cx.t("policies-history");
    let list = Table::new(&cx, &title)
        .column(Column::text(cx.t("policies-version")))
        .column(Column::text(cx.t("policies-saved-at")))
        .column(Column::text(cx.t("policies-saved-by")).quiet())
        .column(Column::text(cx.t("policies-note")))
        .column(Column::number(cx.t("policies-changed-rows")))
        .column(Column::text(cx.t("policies-state")))
        .rows(page.rows.iter().map(|version| {
            let state = if version.id == active.version_id {
                status(Tone::Good, "check", &cx.t("policies-in-force"))
            } else if let Some(at) = version.activated_at {
                html! { (cx.t("policies-was-in-force")) " " (cx.date(at)) }
            } else {
                badge(Tone::Neutral, &cx.t("policies-kept"))
            };
            let note = if version.note.is_empty() {
                cx.t(&format!("policies-origin-{}", version.origin.name()))
            } else {
                version.note.chars().take(120).collect()
            };
            Row::new()
                .link(format!("/console/policy-versions/{}", version.id))
                .cell(html! { code { (version.hash.get(..10).unwrap_or("")) } })
                .cell(cx.moment(version.created_at))
                .cell(&version.created_by)
                .cell(note)
                .cell(cx.number(version.changed.len() as i64))
                .cell(state)
        }))
        .empty(empty("history", &cx.t("policies-history-none"), &cx.t("policies-history-none-help"), None))
        .paging(Paging::pages(&cx, page.paging.page, page.pages(), page.total));
    let body = html! {
        (PageHeader::new(&cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(&cx, &market), format!("/console/policies/{market}")))
        (list)
    };
    Ok(shell::console(&cx, &title, body))
}

pub(crate) async fn keep_shipped(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(market): Path<String>,
) -> Result<web::Redirect, Failure> {
    let version = versions::keep_shipped(site.kernel(), &actor, &market).await?;
    Ok(web::redirect(&format!("/console/policy-versions/{}", version.id)))
}
