//! `/console/risk`: goods by their risk.

use super::{address, band_mark, feature_text, model_text, only_advice};
use crate::model::{Band, ScoreRow};
use crate::parameters::parameters;
use crate::score::{self, Filter, SORTS};
use crate::versions;
use axum::extract::State;
use axum::response::Response;
use ground::limits::PAGE_ROWS_MAX;
use kernel::Paging;
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Column, FilterBar, PageHeader, Paging as Pages, Row, Sort, Table, empty};
use ui::shell;
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most pages of an export.
const EXPORT_PAGES_MAX: u64 = 50;

/// The filter as it stands in the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    q: Option<String>,
    merchant: Option<String>,
    category: Option<String>,
    band: Option<String>,
}

impl Asked {
    fn filter(&self) -> Filter {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        Filter {
            search: filled(&self.q),
            merchant: filled(&self.merchant),
            category: filled(&self.category),
            band: self.band.as_deref().and_then(Band::from_name),
        }
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let found = score::list(kernel, &actor, &asked.filter(), &paging).await?;
    let categories = score::categories(kernel, &actor).await?.into_iter().map(|one| (one.clone(), one)).collect();
    let in_force = versions::in_force(kernel).await?;
    let parameters = parameters(kernel)?;
    let title = cx.t("risk-title");
    let bands = Band::ALL
        .iter()
        .rev()
        .map(|band| (band.name().to_owned(), cx.t(&format!("risk-band-{}", band.name()))))
        .collect();
    let row = |score: &ScoreRow| {
        Row::new()
            .link(address(&score.merchant, &score.product))
            .cell(if score.title.is_empty() { score.product.clone() } else { score.title.clone() })
            .cell(cx.percent(score.probability))
            .cell(band_mark(&cx, score::band(&parameters, score.probability)))
            .cell(feature_text(&cx, &score.leading))
            .cell(&score.category)
            .cell(&score.merchant)
            .cell(&score.product)
            .cell(model_text(&cx, &score.model))
            .cell(super::day_text(score.day))
    };
    let in_force = in_force.map_or_else(|| crate::prior::NAME.to_owned(), |version| version.number.to_string());
    let body = html! {
        (PageHeader::new(&cx, &title)
            .lead(html! { (cx.t("risk-lead")) " " (cx.t("risk-in-force")) " " (model_text(&cx, &in_force)) })
            .link(&cx.t("risk-models"), "/console/risk/models", "versions")
            .link(&cx.t("risk-drift"), "/console/risk/drift", "chart-line")
            .link(&cx.t("risk-features"), "/console/risk/features", "list-details"))
        (only_advice(&cx))
        (FilterBar::new(&cx)
            .search("q", cx.t("risk-search"))
            .choice("band", cx.t("risk-band"), bands)
            .choice("category", cx.t("risk-category"), categories)
            .saved(cx.t("risk-saved-high"), "band=high"))
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("risk-goods")))
            .column(Column::number(cx.t("risk-probability")).sort("probability"))
            .column(Column::text(cx.t("risk-band")))
            .column(Column::text(cx.t("risk-leading")))
            .column(Column::text(cx.t("risk-category")).sort("category"))
            .column(Column::text(cx.t("risk-merchant")).sort("merchant").quiet())
            .column(Column::text(cx.t("risk-product")).sort("product").quiet())
            .column(Column::text(cx.t("risk-model")).quiet())
            .column(Column::text(cx.t("risk-day")).sort("day").quiet())
            .sorted(Sort::from_view(&cx, SORTS, "-probability"))
            .rows(found.rows.iter().map(row))
            .export("CSV", "/console/risk.csv")
            .empty(empty("chart-bar", &cx.t("risk-none"), &cx.t("risk-none-help"), None))
            .paging(Pages::pages(&cx, found.paging.page, found.pages(), found.total)))
    };
    Ok(shell::console(&cx, &title, body))
}

pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
    PagingQuery(sorted): PagingQuery,
) -> Result<Response, Failure> {
    let header =
        ["merchant", "product", "title", "category", "probability", "raw", "model", "leading", "day", "listing"];
    let mut out = web::csv::Writer::new(header);
    for number in 1..=EXPORT_PAGES_MAX {
        let paging = Paging { sort: sorted.sort.clone(), ..Paging::new(number, PAGE_ROWS_MAX) };
        let page = score::list(site.kernel(), &actor, &asked.filter(), &paging).await?;
        for score in &page.rows {
            out.row([
                score.merchant.clone(),
                score.product.clone(),
                score.title.clone(),
                score.category.clone(),
                format!("{:.6}", score.probability),
                format!("{:.9}", score.raw),
                score.model.clone(),
                score.leading.clone(),
                super::day_text(score.day),
                score.listing_id.clone().unwrap_or_default(),
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("risk.csv")?)
}
