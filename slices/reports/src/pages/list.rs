//! Lists of reports: the console's and a laboratory's own, which is its home.

use super::{laboratory_mark, moment, result_mark, state_mark};
use crate::api::reports::ReportQuery;
use crate::model::{AccreditationRule, Laboratory, Origin, Report, State as ReportState, TestResult};
use crate::{SORTS, laboratory, read};
use axum::extract::State;
use axum::response::Response;
use kernel::{Page, Paging};
use maud::{Markup, html};
use ui::parts::{Column, FilterBar, PageHeader, Row, Sort, Table, Tone, alert, empty};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most rows of an export.
const EXPORT_ROWS_MAX: u64 = 20_000;

/// All reports, for staff.
pub(crate) async fn console(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ReportQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = read::list(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let title = cx.t("reports-title");
    let header = PageHeader::new(&cx, title.clone())
        .lead(cx.t("reports-lead"))
        .link(&cx.t("reports-laboratories"), "/console/laboratories", "microscope")
        .link(&cx.t("reports-verify"), "/reports/verify", "shield-check");
    let body = html! {
        (header)
        (filter(&cx, true))
        (table(&cx, &page, "/console/reports"))
    };
    Ok(shell::console(&cx, &title, body))
}

/// A laboratory's home: its own reports, and what keeps it from signing.
pub(crate) async fn home(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ReportQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let own = laboratory::own(kernel, &actor).await?;
    let page = read::list(kernel, &actor, &query.filter()?, &paging).await?;
    let title = cx.t("reports-own-title");
    let header = PageHeader::new(&cx, title.clone())
        .link(&cx.t("reports-new"), "/laboratory/reports/new", "plus")
        .link(&cx.t("reports-receive"), "/laboratory/receive", "upload")
        .link(&cx.t("reports-profile"), "/laboratory/profile", "settings");
    let body = html! {
        (header)
        (standing(&cx, own.as_ref(), kernel.today(), AccreditationRule::in_force(kernel)?))
        (filter(&cx, false))
        (table(&cx, &page, "/laboratory/reports"))
    };
    Ok(shell::partner(&cx, &title, body))
}

/// A merchant's: the reports about its lots, and the page to hand in one from elsewhere.
pub(crate) async fn merchant(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ReportQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = read::list(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let title = cx.t("reports-merchant-title");
    let header = PageHeader::new(&cx, title.clone())
        .lead(cx.t("reports-merchant-lead"))
        .back(cx.t("reports-merchant-lots"), "/merchant/lots")
        .link(&cx.t("reports-receive"), "/merchant/reports/receive", "upload")
        .link(&cx.t("reports-verify"), "/reports/verify", "shield-check");
    let body = html! {
        (header)
        (filter(&cx, true))
        (table(&cx, &page, "/merchant/reports"))
    };
    Ok(shell::merchant(&cx, &title, body))
}

/// Whether the laboratory may sign, and what is missing.
fn standing(cx: &View, own: Option<&Laboratory>, today: jiff::civil::Date, rule: AccreditationRule) -> Markup {
    let ask = |tone: Tone, id: &str| {
        let more = html! { (cx.t(&format!("reports-ready-{id}-help"))) " " a href="/laboratory/profile" { (cx.t("reports-profile")) } };
        alert(tone, &cx.t(&format!("reports-ready-{id}")), more)
    };
    let Some(own) = own else { return ask(Tone::Waiting, "profile") };
    use crate::LaboratoryState::{Confirmed, Pending, Suspended};
    match own.state {
        Suspended => ask(Tone::Danger, "suspended"),
        Pending => ask(Tone::Waiting, "confirmation"),
        Confirmed if !own.accredited_on(today, rule) => ask(Tone::Danger, "accreditation"),
        Confirmed if own.did.is_empty() => ask(Tone::Waiting, "key"),
        Confirmed => html! { p { (own.name) " " (laboratory_mark(cx, own.state)) } },
    }
}

fn filter<'a>(cx: &'a View, console: bool) -> FilterBar<'a> {
    let states = ReportState::ALL.iter().filter(|state| !console || **state != ReportState::Draft);
    let states = states.map(|state| (state.name().to_owned(), cx.t(&format!("reports-state-{}", state.name()))));
    let results = TestResult::ALL.iter().map(|r| (r.name().to_owned(), cx.t(&format!("reports-result-{}", r.name()))));
    let origins = Origin::ALL.iter().map(|o| (o.name().to_owned(), cx.t(&format!("reports-origin-{}", o.name()))));
    let bar = FilterBar::new(cx)
        .search("q", cx.t("reports-search"))
        .choice("state", cx.t("reports-state"), states.collect())
        .choice("result", cx.t("reports-result"), results.collect())
        .choice("origin", cx.t("reports-origin"), origins.collect());
    match console {
        true => {
            bar.saved(cx.t("reports-filter-forged"), "state=forged").saved(cx.t("reports-filter-failed"), "result=fail")
        }
        false => bar.saved(cx.t("reports-filter-drafts"), "state=draft"),
    }
}

fn table<'a>(cx: &'a View, page: &Page<Report>, base: &str) -> Table<'a> {
    let action = html! { a class="btn" href="/laboratory/reports/new" { (cx.t("reports-new")) } };
    let action = base.starts_with("/laboratory").then_some(action);
    Table::new(cx, cx.t("reports-title"))
        .column(Column::text(cx.t("reports-report")))
        .column(Column::text(cx.t("reports-product")))
        .column(Column::text(cx.t("reports-lot")).sort("lot"))
        .column(Column::text(cx.t("reports-result")))
        .column(Column::text(cx.t("reports-state")).sort("state"))
        .column(Column::text(cx.t("reports-laboratory")).quiet())
        .column(Column::text(cx.t("reports-issued-at")).sort("issued"))
        .sorted(Sort::from_view(cx, &SORTS, "-created"))
        .rows(page.rows.iter().map(|report| row(cx, report, base)))
        .export("CSV", &format!("{base}.csv"))
        .empty(empty("microscope", &cx.t("reports-none"), &cx.t("reports-none-help"), action))
        .paging(ui::parts::Paging::pages(cx, page.paging.page, page.pages(), page.total))
}

fn row(cx: &View, report: &Report, base: &str) -> Row {
    Row::new()
        .link(format!("{base}/{}", report.id))
        .cell(html! { (report.title) br; span class="ts-muted" { (report.number) } })
        .cell(html! { (report.product) br; span class="ts-muted" { (report.gtin) } })
        .cell(&report.lot_number)
        .cell(result_mark(cx, report.result))
        .cell(state_mark(cx, report))
        .cell(&report.laboratory)
        .cell(moment(cx, report.issued_at))
}

/// The list as CSV, with the filter of the page.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ReportQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Response, Failure> {
    let filter = query.filter()?;
    let head = [
        "id",
        "number",
        "title",
        "product",
        "gtin",
        "lot",
        "standard",
        "tested-on",
        "result",
        "state",
        "laboratory",
        "issued-at",
        "valid-until",
    ];
    let head =
        head.map(
            |column| {
                if matches!(column, "id" | "gtin") { column.to_owned() } else { cx.t(&format!("reports-{column}")) }
            },
        );
    let mut writer = web::csv::Writer::new(head);
    let mut written = 0;
    for number in 1.. {
        let paging = Paging { sort: paging.sort.clone(), ..Paging::new(number, ground::limits::PAGE_ROWS_MAX) };
        let page = read::list(site.kernel(), &actor, &filter, &paging).await?;
        for report in &page.rows {
            writer.row(cells(&cx, report));
        }
        written += page.rows.len() as u64;
        if page.rows.is_empty() || number >= page.pages() || written >= EXPORT_ROWS_MAX {
            break;
        }
    }
    Ok(writer.download("reports.csv")?)
}

fn cells(cx: &View, report: &Report) -> [String; 13] {
    let time = |at: Option<ground::Timestamp>| at.map(|at| cx.date_text(at)).unwrap_or_default();
    [
        report.id.clone(),
        report.number.clone(),
        report.title.clone(),
        report.product.clone(),
        report.gtin.clone(),
        report.lot_number.clone(),
        report.standard.clone(),
        report.tested_on.to_string(),
        cx.t(&format!("reports-result-{}", report.result.name())),
        cx.t(&format!("reports-state-{}", report.state.name())),
        report.laboratory.clone(),
        time(report.issued_at),
        time(report.valid_until),
    ]
}
