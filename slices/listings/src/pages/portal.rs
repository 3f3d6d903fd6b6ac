//! The merchant's own list, and what both lists share: the filter in the address.

use super::parts::{Side, findings_mark, paging, price_text, state_mark};
use super::words::Words;
use crate::model::{Filter, Listing};
use crate::state::State as ListingState;
use axum::extract::State;
use axum::response::Response;
use kernel::Page;
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{Column, FilterBar, PageHeader, Row, Sort, Table, empty};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Columns a list may be sorted by.
pub(super) const SORTS: [&str; 4] = ["updated", "title", "price", "created"];

/// Which listings, as the address says.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: Option<String>,
    state: Option<String>,
    category: Option<String>,
    market: Option<String>,
    merchant: Option<String>,
    check: Option<String>,
    rule: Option<String>,
}

impl Asked {
    /// The filter. An unknown state or an empty part narrows nothing.
    pub(super) fn filter(&self) -> Filter {
        let there =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Filter {
            state: self.state.as_deref().and_then(ListingState::from_name),
            merchant_id: there(&self.merchant),
            category: there(&self.category),
            market: there(&self.market),
            rule: there(&self.rule),
            check: there(&self.check),
            search: there(&self.q),
        }
    }
}

/// The names of the states, for a filter.
pub(super) fn states(cx: &View) -> Vec<(String, String)> {
    ListingState::ALL.map(|state| (state.name().to_owned(), cx.t(&state.message_id()))).to_vec()
}

/// The merchant's listings.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(at): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let found = crate::list(kernel, &actor, &asked.filter(), &at).await?;
    let counts = crate::counts(kernel, &actor, None).await?;
    let market = found.rows.first().map_or(policy::packs::HOME_MARKET, |listing| listing.market.as_str());
    Ok(list_page(&cx, &Words::of(kernel, market), &found, &counts))
}

fn list_page(cx: &View, words: &Words, found: &Page<Listing>, counts: &[(ListingState, u64)]) -> Markup {
    let title = cx.t("listings-own");
    let new = html! {
        a class="btn btn-primary" href="/merchant/listings/new" { (cx.t("listings-new")) } " "
        a class="btn" href="/merchant/imports" { (cx.t("listings-import")) }
    };
    let table = Table::new(cx, title.clone())
        .column(Column::text(cx.t("listings-field-title")).sort("title"))
        .column(Column::text(cx.t("listings-state")))
        .column(Column::text(cx.t("listings-findings")))
        .column(Column::text(cx.t("listings-field-category")).quiet())
        .column(Column::number(cx.t("listings-field-price-minor")).sort("price").quiet())
        .column(Column::text(cx.t("listings-updated")).sort("updated").quiet())
        .sorted(Sort::from_view(cx, &SORTS, "-updated"))
        .rows(found.rows.iter().map(|listing| row(cx, words, listing)))
        .export("CSV", "/merchant/listings.csv")
        .empty(empty("package", &cx.t("listings-own-none"), &cx.t("listings-own-none-help"), Some(new)))
        .paging(paging(cx, found));
    let mut filter =
        FilterBar::new(cx).search("q", cx.t("listings-search")).choice("state", cx.t("listings-state"), states(cx));
    let of_interest = [
        ListingState::Rejected,
        ListingState::InReview,
        ListingState::Suspended,
        ListingState::Draft,
        ListingState::OnSale,
    ];
    for state in of_interest {
        if let Some((_, n)) = counts.iter().find(|(known, n)| *known == state && *n > 0) {
            let label = cx.ta(
                "listings-filter-count",
                &[("state", cx.t(&state.message_id()).into()), ("n", cx.number(*n).into())],
            );
            filter = filter.saved(label, format!("state={}", state.name()));
        }
    }
    ui::shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).lead(cx.t("listings-own-lead"))
                .link(&cx.t("listings-new"), "/merchant/listings/new", "plus")
                .link(&cx.t("listings-import"), "/merchant/imports", "file-import"))
            (filter)
            (table)
        },
    )
}

fn row(cx: &View, words: &Words, listing: &Listing) -> Row {
    Row::new()
        .link(format!("{}/{}", Side::Portal.listings(), listing.id))
        .cell(html! { (listing.title) div class="ts-muted" { (listing.external_id) } })
        .cell(standing(cx, listing))
        .cell(findings_mark(cx, listing.findings, listing.worst))
        .cell(words.category(cx, &listing.category))
        .cell(price_text(cx, listing.price_minor, &listing.currency))
        .cell(cx.time_ago(listing.updated_at))
}

/// The state, and the state of a newer version where that is another story.
pub(super) fn standing(cx: &View, listing: &Listing) -> Markup {
    let newer = listing.on_sale_version_id.as_ref().is_some_and(|id| *id != listing.latest_version_id);
    html! {
        (state_mark(cx, listing.state))
        @if newer { div class="ts-muted" { (cx.t("listings-newer")) " " (super::parts::version_mark(cx, listing.latest_state)) } }
    }
}

/// The merchant's list as CSV.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    Ok(super::export::csv(site.kernel(), &actor, &asked.filter()).await?)
}
