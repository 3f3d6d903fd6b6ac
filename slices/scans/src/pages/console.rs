//! `/console/scans`: the warnings.

use crate::model::{Warning, WarningState};
use crate::warnings::{self, Filter, SORTS};
use axum::extract::State;
use axum::response::Response;
use ground::limits::PAGE_ROWS_MAX;
use journey::clones::Rule;
use kernel::{Page, Paging};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Column, FilterBar, PageHeader, Paging as Pages, Row, Sort, Table, Tone, empty, status};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most pages of an export.
const EXPORT_PAGES_MAX: u64 = 50;

/// The filter as it stands in the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    state: Option<String>,
    rule: Option<String>,
    q: Option<String>,
    lot: Option<String>,
    merchant: Option<String>,
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter {
            state: self.state.as_deref().and_then(WarningState::from_name),
            rule: self.rule.as_deref().and_then(Rule::from_name),
            search: self.q.clone(),
            merchant_id: self.merchant.clone(),
            lot_id: self.lot.clone(),
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
    let found = warnings::list(site.kernel(), &actor, &asked.filter(), &paging).await?;
    let title = cx.t("scans-title");
    let header = PageHeader::new(&cx, &title)
        .lead(cx.t("scans-lead"))
        .link(&cx.t("scans-all"), "/console/scans/all", "list")
        .link(&cx.t("scans-reports"), "/console/scans/reports", "flag");
    let body = html! { (header) (table(&cx, &title, &found, "/console/scans")) };
    Ok(shell::console(&cx, &title, body))
}

/// `/merchant/scans`: warnings about a merchant's own codes.
pub(crate) async fn portal(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = warnings::list(site.kernel(), &actor, &asked.filter(), &paging).await?;
    let title = cx.t("scans-own-title");
    let header =
        PageHeader::new(&cx, &title).lead(cx.t("scans-own-lead")).back(cx.t("scans-own-lots"), "/merchant/lots");
    let body = html! { (header) (table(&cx, &title, &found, "/merchant/scans")) };
    Ok(shell::merchant(&cx, &title, body))
}

pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let header = [
        "id", "rule", "state", "gtin", "serial", "lot", "product", "merchant", "opened", "last", "times", "reason",
        "closed", "evidence",
    ];
    let mut out = web::csv::Writer::new(header);
    for number in 1..=EXPORT_PAGES_MAX {
        let page = warnings::list(site.kernel(), &actor, &asked.filter(), &Paging::new(number, PAGE_ROWS_MAX)).await?;
        for warning in &page.rows {
            out.row([
                warning.id.clone(),
                warning.rule.name().to_owned(),
                warning.state.name().to_owned(),
                warning.gtin.clone(),
                warning.serial.clone(),
                warning.lot_number.clone(),
                warning.product.clone(),
                warning.merchant_id.clone(),
                warning.opened_at.to_rfc3339(),
                warning.last_at.to_rfc3339(),
                warning.times.to_string(),
                warning.reason.clone(),
                warning.closed_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
                warning.evidence.to_string(),
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("warnings.csv")?)
}

/// The filter and the warnings, below the address of this side.
fn table(cx: &View, title: &str, found: &Page<Warning>, base: &str) -> Markup {
    let rules = Rule::ALL.iter().map(|rule| (rule.name().to_owned(), rule_text(cx, *rule))).collect();
    let states = WarningState::ALL.iter().map(|state| (state.name().to_owned(), state_text(cx, *state))).collect();
    let row = |warning: &Warning| {
        Row::new()
            .link(format!("{base}/{}", warning.id))
            .cell(rule_text(cx, warning.rule))
            .cell(state_mark(cx, warning.state))
            .cell(&warning.product)
            .cell(subject_text(cx, warning))
            .cell(&warning.lot_number)
            .cell(cx.number(warning.times))
            .cell(cx.time_ago(warning.opened_at))
            .cell(cx.time_ago(warning.last_at))
    };
    html! {
        (FilterBar::new(cx)
            .search("q", cx.t("scans-search"))
            .choice("state", cx.t("scans-state"), states)
            .choice("rule", cx.t("scans-rule"), rules)
            .saved(cx.t("scans-saved-open"), "state=open&sort=-last"))
        (Table::new(cx, title)
            .column(Column::text(cx.t("scans-rule")).sort("rule"))
            .column(Column::text(cx.t("scans-state")))
            .column(Column::text(cx.t("scans-product")).sort("product"))
            .column(Column::text(cx.t("scans-unit")))
            .column(Column::text(cx.t("scans-lot")).quiet())
            .column(Column::number(cx.t("scans-times")).sort("times"))
            .column(Column::text(cx.t("scans-opened")).sort("opened"))
            .column(Column::text(cx.t("scans-last")).sort("last").quiet())
            .sorted(Sort::from_view(cx, SORTS, "-opened"))
            .rows(found.rows.iter().map(row))
            .export("CSV", &format!("{base}.csv"))
            .empty(empty("shield-check", &cx.t("scans-none"), &cx.t("scans-none-help"), None))
            .paging(Pages::pages(cx, found.paging.page, found.pages(), found.total)))
    }
}

/// The rule in words.
pub(crate) fn rule_text(cx: &View, rule: Rule) -> String {
    cx.t(&format!("scans-rule-{}", rule.name().replace('_', "-")))
}

/// The state in words.
pub(crate) fn state_text(cx: &View, state: WarningState) -> String {
    cx.t(&format!("scans-state-{}", state.name()))
}

/// The state as a mark.
pub(crate) fn state_mark(cx: &View, state: WarningState) -> Markup {
    let (tone, icon_name) = match state {
        WarningState::Open => (Tone::Waiting, "clock"),
        WarningState::Confirmed => (Tone::Danger, "alert-octagon"),
        WarningState::Dismissed => (Tone::Neutral, "x"),
    };
    status(tone, icon_name, &state_text(cx, state))
}

/// The unit, or the words for the whole lot.
pub(crate) fn subject_text(cx: &View, warning: &Warning) -> String {
    if warning.serial.is_empty() { cx.t("scans-whole-lot") } else { warning.serial.clone() }
}
