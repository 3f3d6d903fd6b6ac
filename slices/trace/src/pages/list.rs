//! Lists: lots and batches, in the console and in the merchant portal.

use super::parts::{Side, day, lot_mark, lot_state};
use crate::api::codes::BatchQuery;
use crate::api::lots::LotQuery;
use crate::model::{Batch, Lot, LotState};
use crate::{LotFilter, SORTS};
use axum::extract::State;
use axum::response::Response;
use kernel::{Actor, Kernel, Page, Paging};
use maud::{Markup, html};
use std::collections::HashMap;
use ui::parts::{Column, Field, FilterBar, PageHeader, Row, Sort, Table, Tone, badge, card, empty, form_get, submit};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most rows of an export.
const EXPORT_ROWS_MAX: u64 = 20_000;

/// The names of merchants on a page.
pub(super) async fn names<'a>(
    kernel: &Kernel,
    ids: impl Iterator<Item = &'a String>,
) -> Result<HashMap<String, String>, Failure> {
    let mut ids: Vec<String> = ids.cloned().collect();
    ids.sort();
    ids.dedup();
    Ok(merchants::directory(kernel, &ids).await.map_err(ground::Problem::from)?)
}

/// Lots of all merchants, and the field a code is looked up in.
pub(crate) async fn console(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<LotQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = crate::lots(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let names = names(site.kernel(), page.rows.iter().map(|lot| &lot.merchant_id)).await?;
    let title = cx.t("trace-title");
    let ask = form_get(
        "/console/trace/unit",
        html! {
            (Field::text(&cx, "code", cx.t("trace-code-paste")).hint(cx.t("trace-code-paste-hint")).autocomplete("off"))
            (submit(&cx.t("trace-look-up"), None))
        },
    );
    Ok(shell::console(
        &cx,
        &title,
        html! {
            (PageHeader::new(&cx, title.clone()).lead(cx.t("trace-lead"))
                .link(&cx.t("trace-batches"), "/console/trace/codes", "qrcode")
                .link(&cx.t("trace-keys"), "/console/trace/keys", "key"))
            (card(&cx.t("trace-look-up-title"), ask))
            (filter(&cx))
            (table(&cx, &page, Side::Console, &names))
        },
    ))
}

/// The merchant's own lots.
pub(crate) async fn portal(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<LotQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = crate::lots(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let title = cx.t("trace-own-title");
    Ok(shell::merchant(
        &cx,
        &title,
        html! {
            (PageHeader::new(&cx, title.clone()).lead(cx.t("trace-own-lead"))
                .link(&cx.t("trace-lot-new"), "/merchant/lots/new", "plus")
                .link(&cx.t("trace-batches"), "/merchant/codes", "qrcode")
                .link(&cx.t("trace-own-reports"), "/merchant/reports", "microscope")
                .link(&cx.t("trace-own-warnings"), "/merchant/scans", "alert-triangle"))
            (filter(&cx))
            (table(&cx, &page, Side::Merchant, &HashMap::new()))
        },
    ))
}

fn filter(cx: &View) -> FilterBar<'_> {
    let states = LotState::ALL.map(|state| (state.name().to_owned(), lot_state(cx, state))).to_vec();
    FilterBar::new(cx)
        .search("q", cx.t("trace-search"))
        .choice("state", cx.t("trace-state"), states)
        .date("expiring_by", cx.t("trace-expiring-by"))
}

fn table<'a>(cx: &'a View, page: &Page<Lot>, side: Side, names: &HashMap<String, String>) -> Table<'a> {
    let console = side == Side::Console;
    let mut table = Table::new(cx, cx.t("trace-lots"))
        .column(Column::text(cx.t("trace-number")).sort("number"))
        .column(Column::text(cx.t("trace-product")))
        .column(Column::text(cx.t("trace-gtin")).sort("gtin").quiet());
    if console {
        table = table.column(Column::text(cx.t("trace-merchant")).quiet());
    }
    let rows = page.rows.iter().map(|lot| {
        let mut row = Row::new()
            .link(side.lot(&lot.id))
            .cell(html! { (lot.number) })
            .cell(html! { (lot.product) })
            .cell(html! { span class="ts-num" { (lot.gtin.shortest()) } });
        if console {
            row = row.cell(html! { (names.get(&lot.merchant_id).unwrap_or(&lot.merchant_id)) });
        }
        row.cell(html! { (day(lot.produced_on)) })
            .cell(html! { (day(lot.expires_on)) })
            .cell(html! { (cx.number(lot.units_commissioned)) })
            .cell(lot_mark(cx, lot.state))
            .cell(cx.time_ago(lot.updated_at))
    });
    let (help, action) = match side {
        Side::Console => (cx.t("trace-none-help"), None),
        Side::Merchant => {
            let link = html! { a class="btn btn-primary" href="/merchant/lots/new" { (cx.t("trace-lot-new")) } };
            (cx.t("trace-own-none-help"), Some(link))
        }
    };
    table
        .column(Column::text(cx.t("trace-produced-on")).quiet())
        .column(Column::text(cx.t("trace-expires-on")).sort("expires"))
        .column(Column::number(cx.t("trace-units")).sort("units"))
        .column(Column::text(cx.t("trace-state")).sort("state"))
        .column(Column::text(cx.t("trace-updated-at")).sort("updated"))
        .sorted(Sort::from_view(cx, &SORTS, "-updated"))
        .rows(rows)
        .export("CSV", &format!("{}.csv", side.lots()))
        .empty(empty("package", &cx.t("trace-none"), &help, action))
        .paging(ui::parts::Paging::pages(cx, page.paging.page, page.pages(), page.total))
}

/// The lots as CSV, with the filter of the page.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<LotQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Response, Failure> {
    let filter = query.filter()?;
    let head =
        ["number", "product", "gtin", "merchant", "produced-on", "expires-on", "origin", "plant", "units", "state"];
    let mut writer = web::csv::Writer::new(head.map(|column| cx.t(&format!("trace-{column}"))));
    for row in all_lots(site.kernel(), &actor, &filter, &paging).await? {
        writer.row([
            row.number,
            row.product,
            row.gtin.as_str().to_owned(),
            row.merchant_id,
            row.produced_on.map(|day| day.to_string()).unwrap_or_default(),
            row.expires_on.map(|day| day.to_string()).unwrap_or_default(),
            row.origin,
            row.plant,
            row.units_commissioned.to_string(),
            lot_state(&cx, row.state),
        ]);
    }
    Ok(writer.download("lots.csv")?)
}

async fn all_lots(kernel: &Kernel, actor: &Actor, filter: &LotFilter, paging: &Paging) -> Result<Vec<Lot>, Failure> {
    let mut rows = Vec::new();
    for number in 1.. {
        let paging = Paging { sort: paging.sort.clone(), ..Paging::new(number, ground::limits::PAGE_ROWS_MAX) };
        let page = crate::lots(kernel, actor, filter, &paging).await?;
        let (last, pages) = (page.rows.is_empty(), page.pages());
        rows.extend(page.rows);
        if last || number >= pages || rows.len() as u64 >= EXPORT_ROWS_MAX {
            break;
        }
    }
    Ok(rows)
}

/// The batches: of all merchants, or the reader's own.
pub(crate) async fn batches(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<BatchQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let side = Side::of(&cx);
    let page = crate::batches(site.kernel(), &actor, &query.into(), &paging).await?;
    let names = match side {
        Side::Console => names(site.kernel(), page.rows.iter().map(|batch| &batch.merchant_id)).await?,
        Side::Merchant => HashMap::new(),
    };
    let title = cx.t("trace-batches");
    let mut header = PageHeader::new(&cx, title.clone()).lead(cx.t("trace-batches-lead"));
    header = match side {
        Side::Console => header.back(cx.t("trace-title"), side.lots()),
        Side::Merchant => header
            .back(cx.t("trace-own-title"), side.lots())
            .link(&cx.t("trace-mint"), "/merchant/codes/new", "plus")
            .link(&cx.t("trace-decommission"), "/merchant/codes/decommission", "ban"),
    };
    let body = html! {
        (header)
        (FilterBar::new(&cx).search("gtin", cx.t("trace-gtin")))
        (batch_table(&cx, &page, side, &names))
    };
    Ok(shell::page(&cx, &title, body))
}

fn batch_table<'a>(cx: &'a View, page: &Page<Batch>, side: Side, names: &HashMap<String, String>) -> Table<'a> {
    let console = side == Side::Console;
    let mut table = Table::new(cx, cx.t("trace-batches"))
        .column(Column::text(cx.t("trace-minted-at")))
        .column(Column::text(cx.t("trace-gtin")));
    if console {
        table = table.column(Column::text(cx.t("trace-merchant")).quiet());
    }
    let rows = page.rows.iter().map(|batch| {
        let mut row = Row::new()
            .link(side.batch(&batch.id))
            .cell(cx.moment(batch.created_at))
            .cell(html! { span class="ts-num" { (batch.gtin.shortest()) } });
        if console {
            row = row.cell(html! { (names.get(&batch.merchant_id).unwrap_or(&batch.merchant_id)) });
        }
        row.cell(html! { (cx.number(i128::from(batch.count()))) })
            .cell(html! { (cx.number(batch.commissioned)) })
            .cell(html! { (cx.number(batch.decommissioned)) })
            .cell(html! {
                @if let Some((_, number)) = &batch.lot { (number) " " }
                @if batch.covered_key_id.is_some() { (badge(Tone::Info, &cx.t("trace-with-covered"))) }
            })
    });
    table
        .column(Column::number(cx.t("trace-count")))
        .column(Column::number(cx.t("trace-commissioned")))
        .column(Column::number(cx.t("trace-decommissioned")))
        .column(Column::text(cx.t("trace-number")).quiet())
        .rows(rows)
        .export("CSV", &format!("{}.csv", side.batches()))
        .empty(empty("qrcode", &cx.t("trace-batches-none"), &cx.t("trace-batches-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, page.paging.page, page.pages(), page.total))
}

/// The batches as CSV. The codes themselves are in the file of each batch.
pub(crate) async fn export_batches(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<BatchQuery>,
) -> Result<Response, Failure> {
    let filter = query.into();
    let head = ["batch", "gtin", "merchant", "count", "commissioned", "decommissioned", "number", "minted-at"];
    let mut writer = web::csv::Writer::new(head.map(|column| cx.t(&format!("trace-{column}"))));
    let mut written = 0;
    for number in 1.. {
        let paging = Paging::new(number, ground::limits::PAGE_ROWS_MAX);
        let page = crate::batches(site.kernel(), &actor, &filter, &paging).await?;
        for batch in &page.rows {
            writer.row([
                batch.id.clone(),
                batch.gtin.as_str().to_owned(),
                batch.merchant_id.clone(),
                batch.count().to_string(),
                batch.commissioned.to_string(),
                batch.decommissioned.to_string(),
                batch.lot.as_ref().map(|(_, number)| number.clone()).unwrap_or_default(),
                batch.created_at.to_rfc3339(),
            ]);
        }
        written += page.rows.len() as u64;
        if page.rows.is_empty() || number >= page.pages() || written >= EXPORT_ROWS_MAX {
            break;
        }
    }
    Ok(writer.download("codes.csv")?)
}
