//! The console's lists: all merchants, and the verification work.

use super::parts::{category_text, name_of, state_mark, state_text};
use crate::api::files::ListQuery;
use crate::matrix::Matrix;
use crate::model::State as MerchantState;
use crate::{Filter, Merchant, SORTS};
use axum::extract::State;
use axum::response::Response;
use ground::Timestamp;
use kernel::{Kernel, Page, Paging};
use maud::{Markup, html};
use ui::parts::{Column, FilterBar, PageHeader, Row, Sort, Table, Tone, badge, clock, empty};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most rows of an export.
const EXPORT_ROWS_MAX: u64 = 20_000;

/// All merchants.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let filter = query.filter(kernel.today())?;
    let market = filter.market.clone().unwrap_or_else(|| policy::packs::HOME_MARKET.to_owned());
    let matrix = Matrix::of(kernel, &market)?;
    let page = crate::list(kernel, &actor, &filter, &paging).await?;
    Ok(list_page(&cx, &matrix, &page))
}

fn list_page(cx: &View, matrix: &Matrix, page: &Page<Merchant>) -> Markup {
    let states = MerchantState::ALL.map(|state| (state.name().to_owned(), state_text(cx, state))).to_vec();
    let categories: Vec<(String, String)> =
        matrix.categories().map(|c| (c.path.clone(), cx.both(&c.name).to_owned())).collect();
    let days = [60, 30, 7].map(|n| (n.to_string(), cx.ta("merchants-within-days", &[("n", n.into())]))).to_vec();
    let table = Table::new(cx, cx.t("merchants-list"))
        .column(Column::text(cx.t("merchants-name")).sort("name"))
        .column(Column::text(cx.t("merchants-state")).sort("state"))
        .column(Column::text(cx.t("merchants-categories")).quiet())
        .column(Column::text(cx.t("merchants-submitted-at")).sort("submitted").quiet())
        .column(Column::text(cx.t("merchants-verify-due")).sort("due").quiet())
        .column(Column::text(cx.t("merchants-updated-at")).sort("updated"))
        .sorted(Sort::from_view(cx, &SORTS, "-updated"))
        .rows(page.rows.iter().map(|merchant| row(cx, matrix, merchant)))
        .export("CSV", "/console/merchants.csv")
        .empty(empty("building-store", &cx.t("merchants-none"), &cx.t("merchants-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, page.paging.page, page.pages(), page.total));
    let filter = FilterBar::new(cx)
        .search("q", cx.t("merchants-search"))
        .choice("state", cx.t("merchants-state"), states)
        .choice("category", cx.t("merchants-category"), categories)
        .choice("expiring_days", cx.t("merchants-expiring"), days)
        .saved(cx.t("merchants-filter-work"), "to_verify=true")
        .saved(cx.t("merchants-filter-expiring"), "expiring_days=30");
    let title = cx.t("merchants-title");
    shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone())
                .link(&cx.t("merchants-verification"), "/console/merchants/verification", "checklist")
                .link(&cx.t("merchants-blacklist"), "/console/merchants/blacklist", "ban"))
            (filter)
            (table)
        },
    )
}

fn row(cx: &View, matrix: &Matrix, merchant: &Merchant) -> Row {
    let categories: Vec<String> =
        merchant.categories.iter().take(3).map(|category| category_text(cx, matrix, category)).collect();
    let more = merchant.categories.len().saturating_sub(3);
    Row::new()
        .link(format!("/console/merchants/{}", merchant.id))
        .cell(name_of(cx, merchant))
        .cell(html! {
            (state_mark(cx, merchant.state))
            @if merchant.open_reason.is_some() { " " (badge(Tone::Waiting, &cx.t("merchants-open"))) }
        })
        .cell(html! { (categories.join(&cx.t("merchants-list-separator"))) @if more > 0 { " +" (more) } })
        .cell(moment(cx, merchant.submitted_at))
        .cell(moment(cx, merchant.verify_due_at))
        .cell(cx.time_ago(merchant.updated_at))
}

fn moment(cx: &View, at: Option<Timestamp>) -> Markup {
    html! { @match at { Some(at) => (cx.date(at)), None => "—" } }
}

/// The list as CSV, with the filter of the page. Formulas in names are defused.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let filter = query.filter(kernel.today())?;
    let head = ["id", "name", "shop-name", "uscc", "state", "categories", "submitted-at", "verified-at", "verify-due"];
    let head = head.map(|column| if column == "id" { "id".to_owned() } else { cx.t(&format!("merchants-{column}")) });
    let mut writer = web::csv::Writer::new(head);
    let mut written = 0;
    for number in 1.. {
        let paging = Paging { sort: paging.sort.clone(), ..Paging::new(number, ground::limits::PAGE_ROWS_MAX) };
        let page = crate::list(kernel, &actor, &filter, &paging).await?;
        for merchant in &page.rows {
            writer.row(cells(&cx, merchant));
        }
        written += page.rows.len() as u64;
        if page.rows.is_empty() || number >= page.pages() || written >= EXPORT_ROWS_MAX {
            break;
        }
    }
    Ok(writer.download("merchants.csv")?)
}

fn cells(cx: &View, merchant: &Merchant) -> [String; 9] {
    let time = |at: Option<Timestamp>| at.map(|at| cx.date_text(at)).unwrap_or_default();
    [
        merchant.id.clone(),
        merchant.company.legal_name.clone(),
        merchant.company.shop_name.clone(),
        merchant.company.uscc.clone(),
        state_text(cx, merchant.state),
        merchant.categories.join(" "),
        time(merchant.submitted_at),
        time(merchant.verified_at),
        time(merchant.verify_due_at),
    ]
}

/// The verification work: what waits for a person, the oldest hand-in first, with its clock.
pub(crate) async fn work(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let filter = Filter { to_verify: true, ..Filter::default() };
    let sort = kernel::Sort { by: "submitted".to_owned(), descending: false };
    let paging = Paging { sort: Some(paging.sort.unwrap_or(sort)), ..paging };
    let page = crate::list(kernel, &actor, &filter, &paging).await?;
    let days = crate::parameters::verification_working_days(kernel)?;
    let title = cx.t("merchants-verification");
    let table = Table::new(&cx, title.clone())
        .column(Column::text(cx.t("merchants-name")).sort("name"))
        .column(Column::text(cx.t("merchants-why")))
        .column(Column::text(cx.t("merchants-submitted-at")).sort("submitted"))
        .column(Column::text(cx.t("merchants-due")))
        .sorted(Sort::from_view(&cx, &SORTS, "submitted"))
        .rows(page.rows.iter().map(|merchant| work_row(&cx, kernel, merchant, days)))
        .empty(empty("checks", &cx.t("merchants-work-none"), &cx.t("merchants-work-none-help"), None))
        .paging(ui::parts::Paging::pages(&cx, page.paging.page, page.pages(), page.total));
    Ok(shell::console(
        &cx,
        &title,
        html! {
            (PageHeader::new(&cx, title.clone()).back(cx.t("merchants-title"), "/console/merchants")
                .lead(cx.ta("merchants-verification-lead", &[("n", i64::from(days).into())])))
            (table)
        },
    ))
}

fn work_row(cx: &View, kernel: &Kernel, merchant: &Merchant, days: i32) -> Row {
    let waiting = matches!(merchant.state, MerchantState::Submitted | MerchantState::Verifying);
    let why = match (&merchant.open_reason, waiting) {
        (_, true) => cx.t("merchants-why-enrolment"),
        (Some(reason), false) => cx.t(&format!("merchants-open-{}", reason.replace('_', "-"))),
        (None, false) => cx.t("merchants-why-papers"),
    };
    let due =
        merchant.submitted_at.filter(|_| waiting).and_then(|at| crate::parameters::decision_due(kernel, at, days));
    Row::new()
        .link(format!("/console/merchants/{}", merchant.id))
        .cell(name_of(cx, merchant))
        .cell(html! { (state_mark(cx, merchant.state)) " " (why) })
        .cell(moment(cx, merchant.submitted_at))
        .cell(html! { @match due { Some(due) => (clock(cx, due)), None => "—" } })
}
