//! `/console/ratings`: how the grades lie, and every rating.

use super::words::{applied_mark, day_text, effect_text, grade_mark};
use crate::api::part;
use crate::model::{ComputedDay, Effect, Grade, Rating};
use crate::read::{self, Called, Distribution, Filter, SORTS};
use axum::extract::State;
use axum::response::Response;
use ground::limits::PAGE_ROWS_MAX;
use kernel::{Actor, Kernel, Page, Paging};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Chart, Column, FilterBar, PageHeader, Paging as Pages, Row, Sort, Table, Tile, card, empty, hash};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most pages of an export.
const EXPORT_PAGES_MAX: u64 = 200;

/// The filter as it stands in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: Option<String>,
    grade: Option<String>,
    effect: Option<String>,
    market: Option<String>,
    category: Option<String>,
    merchant: Option<String>,
    known: Option<String>,
    held: Option<String>,
}

impl Asked {
    pub(super) fn filter(&self) -> Filter {
        let there =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Filter {
            grade: self.grade.as_deref().and_then(Grade::from_name),
            effect: self.effect.as_deref().and_then(Effect::from_name),
            market: there(&self.market),
            category: there(&self.category),
            merchant_id: there(&self.merchant),
            is_new: match self.known.as_deref() {
                Some("new") => Some(true),
                Some("rated") => Some(false),
                _ => None,
            },
            held: match self.held.as_deref() {
                Some("yes") => Some(true),
                Some("no") => Some(false),
                _ => None,
            },
            search: there(&self.q),
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
    let filter = asked.filter();
    let found = read::list(site.kernel(), &actor, &filter, &paging).await?;
    let whole = Filter { grade: None, effect: None, is_new: None, held: None, search: None, ..filter };
    let distribution = read::distribution(site.kernel(), &actor, &whole).await?;
    let days = read::days(site.kernel(), &actor).await?;
    let markets = site.kernel().packs().markets().map(str::to_owned).collect();
    let called = read::called(site.kernel(), &found.rows).await?;
    Ok(page(&cx, (&found, &called), &distribution, &days, markets))
}

pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    csv(site.kernel(), &actor, &asked.filter()).await
}

/// Ratings as CSV.
pub(super) async fn csv(kernel: &Kernel, actor: &Actor, filter: &Filter) -> Result<Response, Failure> {
    let header = [
        "merchant", "product", "listing", "market", "category", "grade", "new", "score", "lower", "upper", "effect",
        "held", "day", "reasons",
    ];
    let mut out = web::csv::Writer::new(header);
    for number in 1..=EXPORT_PAGES_MAX {
        let page = read::list(kernel, actor, filter, &Paging::new(number, PAGE_ROWS_MAX)).await?;
        for rating in &page.rows {
            out.row([
                rating.merchant_id.clone(),
                rating.product.clone(),
                rating.listing_id.clone().unwrap_or_default(),
                rating.market.clone(),
                rating.category.clone(),
                rating.grade.name().to_owned(),
                rating.is_new.to_string(),
                format!("{:.4}", rating.score),
                format!("{:.4}", rating.lower),
                format!("{:.4}", rating.upper),
                rating.applied.name().to_owned(),
                rating.held.as_ref().map(|held| held.how.name().to_owned()).unwrap_or_default(),
                day_text(rating.day),
                rating.reasons.join(" "),
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("ratings.csv")?)
}

fn page(
    cx: &View,
    (found, called): (&Page<Rating>, &Called),
    distribution: &Distribution,
    days: &[ComputedDay],
    markets: Vec<String>,
) -> Markup {
    let title = cx.t("ratings-title");
    shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, &title).lead(cx.t("ratings-lead")).link(&cx.t("ratings-how"), "/ratings/how", "info-circle"))
            (tiles(cx, distribution))
            @if distribution.grades.iter().sum::<u64>() > 0 { (card(&cx.t("ratings-distribution"), chart(cx, distribution))) }
            (filters(cx, markets))
            (table(cx, found, called, "/console/ratings.csv", |rating| {
                format!("/console/ratings/{}/{}", part(&rating.merchant_id), part(&rating.product))
            }))
            @if !days.is_empty() { (card(&cx.t("ratings-days-computed"), computed(cx, days))) }
        },
    )
}

fn tiles(cx: &View, distribution: &Distribution) -> Markup {
    let rated: u64 = distribution.grades.iter().sum();
    html! {
        div class="ts-tiles" {
            (Tile::new(cx.t("ratings-rated"), cx.number(rated)))
            (Tile::new(cx.t("ratings-new"), cx.number(distribution.new)).link("/console/ratings?known=new"))
            @for (effect, count) in &distribution.effects {
                (Tile::new(effect_text(cx, *effect), cx.number(*count)).link(format!("/console/ratings?effect={}", effect.name())))
            }
        }
    }
}

fn chart(cx: &View, distribution: &Distribution) -> Markup {
    let names = Grade::ALL.iter().map(|grade| grade.name().to_owned()).collect();
    let counts = distribution.grades.iter().map(|count| Some(*count as f64)).collect();
    html! { (Chart::new(cx, "rating-grades", cx.t("ratings-distribution"), cx.t("ratings-grade"), names).bar(cx.t("ratings-products"), counts)) }
}

/// The chips of the filter.
fn filters(cx: &View, markets: Vec<String>) -> Markup {
    let grades = Grade::ALL.iter().map(|grade| (grade.name().to_owned(), grade.name().to_owned())).collect();
    let effects = Effect::ALL.iter().map(|effect| (effect.name().to_owned(), effect_text(cx, *effect))).collect();
    let markets = markets.into_iter().map(|market| (market.clone(), market.to_uppercase())).collect();
    let pair = |name: &str, key: &str| (name.to_owned(), cx.t(key));
    html! {
        (FilterBar::new(cx)
            .search("q", cx.t("ratings-search"))
            .choice("grade", cx.t("ratings-grade"), grades)
            .choice("effect", cx.t("ratings-effect"), effects)
            .choice("market", cx.t("ratings-market"), markets)
            .search("category", cx.t("ratings-category"))
            .choice("known", cx.t("ratings-known"), vec![pair("rated", "ratings-known-rated"), pair("new", "ratings-new")])
            .choice("held", cx.t("ratings-held"), vec![pair("yes", "ratings-held-yes"), pair("no", "ratings-held-no")])
            .saved(cx.t("ratings-saved-worst"), "known=rated&sort=lower")
            .saved(cx.t("ratings-saved-moved"), "sort=-changed"))
    }
}

/// Ratings as a table.
pub(super) fn table(
    cx: &View,
    found: &Page<Rating>,
    called: &Called,
    csv: &str,
    href: impl Fn(&Rating) -> String,
) -> Markup {
    let row = |rating: &Rating| {
        Row::new()
            .link(href(rating))
            .cell(html! {
                @if let Some(title) = called.title(rating) { (title) div class="ts-muted" { (rating.product) } }
                @else { (rating.product) }
            })
            .cell(grade_mark(cx, rating.grade, rating.is_new))
            .cell(cx.decimal(rating.score, 1))
            .cell(cx.decimal(rating.lower, 1))
            .cell(applied_mark(cx, rating))
            .cell(&rating.category)
            .cell(called.merchant(rating))
            .cell(cx.time_ago(rating.at))
    };
    let title = cx.t("ratings-title");
    html! {
        (Table::new(cx, &title)
            .column(Column::text(cx.t("ratings-product")).sort("product"))
            .column(Column::text(cx.t("ratings-grade")).sort("grade"))
            .column(Column::number(cx.t("ratings-score")).sort("score"))
            .column(Column::number(cx.t("ratings-lower")).sort("lower"))
            .column(Column::text(cx.t("ratings-effect")))
            .column(Column::text(cx.t("ratings-category")).quiet())
            .column(Column::text(cx.t("ratings-merchant")).quiet())
            .column(Column::text(cx.t("ratings-changed")).sort("changed").quiet())
            .sorted(Sort::from_view(cx, SORTS, "lower"))
            .rows(found.rows.iter().map(row))
            .export("CSV", csv)
            .empty(empty("star", &cx.t("ratings-none"), &cx.t("ratings-none-help"), None))
            .paging(Pages::pages(cx, found.paging.page, found.pages(), found.total)))
    }
}

/// The computed days with the hashes of their files, and the acts that name them.
fn computed(cx: &View, days: &[ComputedDay]) -> Markup {
    let row = |day: &ComputedDay| {
        Row::new()
            .cell(day_text(day.day))
            .cell(cx.number(day.lines.saturating_sub(1)))
            .cell(hash(cx, &day.sha256))
            .cell(cx.moment(day.at))
            .cell(html! { a href={ "/console/ledger/" (day.act_id) } { (cx.t("ui-ledger-mark")) } })
    };
    html! {
        p class="ts-muted" { (cx.t("ratings-days-help")) }
        (Table::new(cx, cx.t("ratings-days-computed"))
            .column(Column::text(cx.t("ratings-day")))
            .column(Column::number(cx.t("ratings-products")))
            .column(Column::text("SHA-256"))
            .column(Column::text(cx.t("ratings-computed-at")).quiet())
            .column(Column::text(cx.t("ratings-proof")))
            .rows(days.iter().map(row)))
    }
}
