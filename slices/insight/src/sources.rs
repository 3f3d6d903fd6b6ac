//! Tables of other duties, as questions see them: read through those duties' public functions, by whoever asks.

use ground::limits::PAGE_ROWS_MAX;
use kernel::{Actor, Kernel, Paging, Result};
use lake::{Cell, Column, Type};

/// Most rows of one of these tables; a question over more of them is told so.
pub(crate) const ROWS_MAX: usize = 20_000;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Listings,
    Merchants,
    Alerts,
    Ratings,
}

/// Every one.
pub(crate) const ALL: [Source; 4] = [Source::Listings, Source::Merchants, Source::Alerts, Source::Ratings];

/// Rows of a table, all of them or as many as are looked at.
pub(crate) struct Fetched {
    pub(crate) rows: Vec<Vec<Cell>>,
    pub(crate) is_cut: bool,
}

impl Source {
    /// Its name in a question.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Source::Listings => "listings",
            Source::Merchants => "merchants",
            Source::Alerts => "alerts",
            Source::Ratings => "ratings",
        }
    }

    /// Its columns.
    pub(crate) fn columns(self) -> Vec<Column> {
        let columns: &[(&str, Type)] = match self {
            Source::Listings => &[
                ("listing_id", Type::Text),
                ("merchant", Type::Text),
                ("product", Type::Text),
                ("market", Type::Text),
                ("category", Type::Text),
                ("state", Type::Text),
                ("title", Type::Text),
                ("price_minor", Type::Whole),
                ("currency", Type::Text),
            ],
            Source::Merchants => &[
                ("merchant", Type::Text),
                ("market", Type::Text),
                ("state", Type::Text),
                ("shop_name", Type::Text),
                ("created_at", Type::Moment),
                ("verified_at", Type::Moment),
            ],
            Source::Alerts => &[
                ("alert_id", Type::Text),
                ("family", Type::Text),
                ("level", Type::Text),
                ("scope", Type::Text),
                ("key", Type::Text),
                ("merchant", Type::Text),
                ("category", Type::Text),
                ("state", Type::Text),
                ("since_day", Type::Date),
                ("raised_at", Type::Moment),
                ("closed_at", Type::Moment),
                ("ending", Type::Text),
            ],
            Source::Ratings => &[
                ("merchant", Type::Text),
                ("product", Type::Text),
                ("market", Type::Text),
                ("category", Type::Text),
                ("score", Type::Number),
                ("lower", Type::Number),
                ("upper", Type::Number),
                ("grade", Type::Text),
                ("is_new", Type::Truth),
                ("effect", Type::Text),
                ("published_at", Type::Moment),
            ],
        };
        columns.iter().map(|(name, kind)| Column::new(name, *kind)).collect()
    }

    /// Its rows, as far as `actor` may read them.
    pub(crate) async fn rows(self, kernel: &Kernel, actor: &Actor) -> Result<Fetched> {
        match self {
            Source::Listings => listings_rows(kernel, actor).await,
            Source::Merchants => merchants_rows(kernel, actor).await,
            Source::Alerts => alerts_rows(kernel, actor).await,
            Source::Ratings => ratings_rows(kernel, actor).await,
        }
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn some_text(value: Option<&str>) -> Cell {
    value.map_or(Cell::Null, text)
}

fn moment(at: Option<ground::Timestamp>) -> Cell {
    at.map_or(Cell::Null, |at| Cell::Moment(at.micros()))
}

/// Pages of a list until it ends or enough is there.
macro_rules! all_pages {
    ($paging:ident, $page:expr, $row:expr) => {{
        let (mut rows, mut number) = (Vec::new(), 1);
        loop {
            let $paging = Paging::new(number, PAGE_ROWS_MAX);
            let page = $page;
            let is_last = page.rows.len() < PAGE_ROWS_MAX as usize;
            rows.extend(page.rows.iter().map($row));
            number += 1;
            if is_last || rows.len() >= ROWS_MAX {
                break Ok(Fetched { rows, is_cut: !is_last });
            }
        }
    }};
}

async fn listings_rows(kernel: &Kernel, actor: &Actor) -> Result<Fetched> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let most = listings::export::PAGE_LISTINGS_MAX;
        let page = listings::export::page(kernel, actor, &listings::Filter::default(), &after, most).await?;
        let is_last = page.len() < most as usize;
        after = page.last().map(|row| row.listing.id.clone()).unwrap_or_default();
        rows.extend(page.iter().map(|row| {
            let listing = &row.listing;
            vec![
                text(&listing.id),
                text(&listing.merchant_id),
                text(&listing.external_id),
                text(&listing.market),
                text(&listing.category),
                text(listing.state.name()),
                text(&listing.title),
                listing.price_minor.map_or(Cell::Null, |price| Cell::Whole(price.into())),
                text(&listing.currency),
            ]
        }));
        if is_last || rows.len() >= ROWS_MAX {
            return Ok(Fetched { rows, is_cut: !is_last });
        }
    }
}

async fn merchants_rows(kernel: &Kernel, actor: &Actor) -> Result<Fetched> {
    let filter = merchants::Filter::default();
    all_pages!(paging, merchants::list(kernel, actor, &filter, &paging).await?, |merchant| vec![
        text(&merchant.id),
        text(&merchant.market),
        text(merchant.state.name()),
        text(&merchant.company.shop_name),
        moment(Some(merchant.created_at)),
        moment(merchant.verified_at),
    ])
}

async fn alerts_rows(kernel: &Kernel, actor: &Actor) -> Result<Fetched> {
    let filter = alerts::list::Filter::default();
    all_pages!(paging, alerts::list::list(kernel, actor, &filter, &paging).await?, |alert| vec![
        text(&alert.id),
        text(alert.family.name()),
        text(alert.level.name()),
        text(alert.subject.scope.name()),
        text(&alert.subject.key),
        some_text(alert.subject.merchant()),
        text(&alert.about.category),
        text(alert.state.name()),
        Cell::Date(alert.since_day),
        moment(Some(alert.raised_at)),
        moment(alert.closed_at),
        some_text(alert.ending.map(|ending| ending.name())),
    ])
}

async fn ratings_rows(kernel: &Kernel, actor: &Actor) -> Result<Fetched> {
    let filter = ratings::read::Filter::default();
    all_pages!(paging, ratings::read::list(kernel, actor, &filter, &paging).await?, |rating| vec![
        text(&rating.merchant_id),
        text(&rating.product),
        text(&rating.market),
        text(&rating.category),
        Cell::Number(rating.score),
        Cell::Number(rating.lower),
        Cell::Number(rating.upper),
        text(rating.grade.name()),
        Cell::Truth(rating.is_new),
        text(rating.applied.name()),
        moment(Some(rating.at)),
    ])
}
