//! The console's list of recalls.

use super::parts::{level_mark, level_text, state_mark, state_text, title, word};
use crate::api::ListQuery;
use crate::model::State as RecallState;
use crate::{Recall, SORTS};
use axum::extract::State;
use axum::response::Response;
use kernel::{Actor, Paging, Permission};
use maud::{Markup, html};
use ui::parts::{Column, FilterBar, PageHeader, Row, Sort, Table, clock, empty};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most rows of an export.
const EXPORT_ROWS_MAX: u64 = 20_000;

/// The page.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = crate::list(site.kernel(), &actor, &query.filter()?, &paging).await?;
    let states = RecallState::ALL.iter().map(|state| (state.name().to_owned(), state_text(&cx, *state))).collect();
    let levels = (1..=3_u8).map(|level| (level.to_string(), level_text(&cx, level))).collect();
    let heading = cx.t("recalls-title");
    let table = Table::new(&cx, heading.clone())
        .column(Column::text(cx.t("recalls-reason")))
        .column(Column::text(cx.t("recalls-level")).sort("level"))
        .column(Column::text(cx.t("recalls-state")))
        .column(Column::number(cx.t("recalls-lots")))
        .column(Column::number(cx.t("recalls-sold")).quiet())
        .column(Column::number(cx.t("recalls-returned")).quiet())
        .column(Column::text(cx.t("recalls-due")).sort("due"))
        .column(Column::text(cx.t("recalls-created")).sort("created"))
        .sorted(Sort::from_view(&cx, &SORTS, "-created"))
        .rows(page.rows.iter().map(|recall| row(&cx, recall)))
        .export("CSV", "/console/recalls.csv")
        .empty(empty("alert-octagon", &cx.t("recalls-none"), &cx.t("recalls-none-help"), None))
        .paging(ui::parts::Paging::pages(&cx, page.paging.page, page.pages(), page.total));
    let filter = FilterBar::new(&cx)
        .choice("state", cx.t("recalls-state"), states)
        .choice("level", cx.t("recalls-level"), levels)
        .saved(cx.t("recalls-filter-running"), "running=true");
    Ok(shell::console(&cx, &heading, html! { (header(&cx, &actor, &heading)) (filter) (table) }))
}

fn header(cx: &View, actor: &Actor, heading: &str) -> PageHeader {
    let header = PageHeader::new(cx, heading).lead(cx.t("recalls-lead"));
    if actor.may(Permission::RecallsManage) {
        header.link(&cx.t("recalls-new"), "/console/recalls/new", "plus")
    } else {
        header
    }
}

fn row(cx: &View, recall: &Recall) -> Row {
    Row::new()
        .link(format!("/console/recalls/{}", recall.id))
        .cell(title(cx, recall))
        .cell(level_mark(cx, recall.content.level))
        .cell(state_mark(cx, recall.state))
        .cell(cx.number(recall.counts.lots))
        .cell(cx.number(recall.counts.sold))
        .cell(cx.number(recall.counts.returned))
        .cell(html! { @match recall.due_at { Some(due) => (clock(cx, due)), None => "—" } })
        .cell(cx.time_ago(recall.created_at))
}

/// The list as CSV, with the filter of the page.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Response, Failure> {
    let filter = query.filter()?;
    let head = [
        "id", "reason", "level", "state", "origin", "lots", "units", "sold", "told", "returned", "remedied", "created",
    ];
    let mut writer = web::csv::Writer::new(
        head.map(|column| if column == "id" { "id".to_owned() } else { cx.t(&format!("recalls-{column}")) }),
    );
    let mut written = 0;
    for number in 1.. {
        let paging = Paging { sort: paging.sort.clone(), ..Paging::new(number, ground::limits::PAGE_ROWS_MAX) };
        let page = crate::list(site.kernel(), &actor, &filter, &paging).await?;
        for recall in &page.rows {
            let counts = recall.counts;
            let mut cells = vec![
                recall.id.clone(),
                title(&cx, recall),
                recall.content.level.to_string(),
                state_text(&cx, recall.state),
                word(&cx, "origin", recall.content.origin.name()),
            ];
            let numbers = [counts.lots, counts.units, counts.sold, counts.told, counts.returned, counts.remedied];
            cells.extend(numbers.map(|number| number.to_string()));
            cells.push(cx.date_text(recall.created_at));
            writer.row(cells);
        }
        written += page.rows.len() as u64;
        if page.rows.is_empty() || number >= page.pages() || written >= EXPORT_ROWS_MAX {
            break;
        }
    }
    Ok(writer.download("recalls.csv")?)
}
