//! The console's list of listings.

use super::parts::{Side, findings_mark, paging, price_text};
use super::portal::{Asked, SORTS, standing, states};
use super::words::{AllWords, market_text};
use crate::model::{Listing, check_name};
use axum::extract::State;
use axum::response::Response;
use kernel::Page;
use maud::{Markup, html};
use screening::Check;
use std::collections::HashMap;
use ui::View;
use ui::parts::{Column, FilterBar, PageHeader, Row, Sort, Table, empty};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// The checks a filter offers.
const CHECKS: [Check; 9] = [
    Check::Form,
    Check::Claims,
    Check::Documents,
    Check::Images,
    Check::Price,
    Check::Brand,
    Check::Change,
    Check::SameGoods,
    Check::Recalls,
];

/// Every listing.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(at): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let filter = asked.filter();
    let found = crate::list(kernel, &actor, &filter, &at).await?;
    let mut ids: Vec<String> =
        found.rows.iter().map(|listing| listing.merchant_id.clone()).chain(filter.merchant_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let around = Around {
        names: merchants::directory(kernel, &ids).await?,
        rules: crate::rules_in_use(kernel, &actor).await?,
        words: AllWords::of(kernel),
        market: filter.market.unwrap_or_else(|| policy::packs::HOME_MARKET.to_owned()),
    };
    Ok(page(&cx, &around, &found))
}

struct Around {
    names: HashMap<String, String>,
    rules: Vec<(String, u64)>,
    words: AllWords,
    market: String,
}

fn page(cx: &View, around: &Around, found: &Page<Listing>) -> Markup {
    let title = cx.t("listings-title");
    let table = Table::new(cx, title.clone())
        .column(Column::text(cx.t("listings-field-title")).sort("title"))
        .column(Column::text(cx.t("listings-merchant")))
        .column(Column::text(cx.t("listings-state")))
        .column(Column::text(cx.t("listings-findings")))
        .column(Column::text(cx.t("listings-field-category")).quiet())
        .column(Column::number(cx.t("listings-field-price-minor")).sort("price").quiet())
        .column(Column::text(cx.t("listings-updated")).sort("updated").quiet())
        .sorted(Sort::from_view(cx, &SORTS, "-updated"))
        .rows(found.rows.iter().map(|listing| row(cx, around, listing)))
        .export("CSV", "/console/listings.csv")
        .export("NDJSON", "/console/listings.ndjson")
        .empty(empty("package", &cx.t("listings-none"), &cx.t("listings-none-help"), None))
        .paging(paging(cx, found));
    ui::shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone())
                .link(&cx.t("listings-banks"), "/console/listings/banks", "database")
                .link(&cx.t("listings-imports"), Side::Console.imports(), "file-import"))
            (filters(cx, around))
            (table)
        },
    )
}

fn filters<'a>(cx: &'a View, around: &Around) -> FilterBar<'a> {
    let markets = around.words.markets().map(|market| (market.to_owned(), market_text(cx, market))).collect();
    let checks = CHECKS.map(|check| (check_name(check), check_text(cx, check))).to_vec();
    let rules = around.rules.iter().map(|(rule, n)| (rule.clone(), format!("{rule} ({n})"))).collect();
    let mut bar = FilterBar::new(cx)
        .search("q", cx.t("listings-search"))
        .choice("state", cx.t("listings-state"), states(cx))
        .choice("category", cx.t("listings-field-category"), around.words.market(&around.market).roots(cx))
        .choice("market", cx.t("listings-market"), markets)
        .choice("check", cx.t("listings-check-kind"), checks)
        .choice("rule", cx.t("listings-rule"), rules);
    if let Some(id) = cx.param("merchant").filter(|id| !id.is_empty()) {
        let name = around.names.get(&id).cloned().unwrap_or_else(|| id.clone());
        bar = bar.choice("merchant", cx.t("listings-merchant"), vec![(id, name)]);
    }
    bar.saved(cx.t("listings-filter-on-sale"), "state=on_sale")
        .saved(cx.t("listings-filter-suspended"), "state=suspended")
        .saved(cx.t("listings-filter-waiting"), "state=in_review")
}

/// The name of a check.
pub(super) fn check_text(cx: &View, check: Check) -> String {
    cx.t(&format!("listings-check-{}", check_name(check).replace('_', "-")))
}

fn row(cx: &View, around: &Around, listing: &Listing) -> Row {
    let merchant = around.names.get(&listing.merchant_id).unwrap_or(&listing.merchant_id);
    Row::new()
        .link(format!("/console/listings/{}", listing.id))
        .cell(html! { (listing.title) div class="ts-muted" { (listing.external_id) } })
        .cell(html! { a href={ "/console/merchants/" (listing.merchant_id) } { (merchant) } div class="ts-muted" { (market_text(cx, &listing.market)) } })
        .cell(standing(cx, listing))
        .cell(findings_mark(cx, listing.findings, listing.worst))
        .cell(around.words.category(cx, &listing.market, &listing.category))
        .cell(price_text(cx, listing.price_minor, &listing.currency))
        .cell(cx.time_ago(listing.updated_at))
}

/// The list as CSV.
pub(crate) async fn export_csv(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    Ok(super::export::csv(site.kernel(), &actor, &asked.filter()).await?)
}

/// The list as one JSON object a line.
pub(crate) async fn export_ndjson(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    Ok(super::export::ndjson(site.kernel(), &actor, &asked.filter()).await?)
}
