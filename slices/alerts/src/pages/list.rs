//! `/console/alerts`: the alerts.

use super::words;
use crate::list::{self, Filter, SORTS};
use crate::model::{Alert, Ending, State};
use ::detectors::{Action, Family, Level};
use axum::extract::State as FromState;
use axum::response::Response;
use ground::limits::PAGE_ROWS_MAX;
use kernel::{Page, Paging};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Column, FilterBar, PageHeader, Paging as Pages, Row, Sort, Table, empty};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most pages of an export.
const EXPORT_PAGES_MAX: u64 = 50;

/// The filter as it stands in the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    state: Option<String>,
    family: Option<String>,
    level: Option<String>,
    ending: Option<String>,
    action: Option<String>,
    merchant: Option<String>,
    category: Option<String>,
    q: Option<String>,
}

impl Asked {
    fn filter(&self) -> Filter {
        Filter {
            states: self.state.as_deref().and_then(crate::api::states).unwrap_or_default(),
            family: self.family.as_deref().and_then(Family::from_name),
            level: self.level.as_deref().and_then(Level::from_name),
            ending: self.ending.as_deref().and_then(Ending::from_name),
            action: self.action.as_deref().and_then(Action::from_name),
            merchant_id: self.merchant.clone(),
            category: self.category.clone(),
            search: self.q.clone(),
        }
    }
}

pub(crate) async fn show(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = list::list(site.kernel(), &actor, &asked.filter(), &paging).await?;
    Ok(page(&cx, &found))
}

pub(crate) async fn export(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let header = [
        "id",
        "family",
        "scope",
        "key",
        "title",
        "category",
        "state",
        "level",
        "action",
        "method",
        "measure",
        "since",
        "last",
        "times",
        "raised",
        "closed_as",
        "reason",
        "closed",
        "statistic",
        "threshold",
        "observed",
        "expected",
    ];
    let mut out = web::csv::Writer::new(header);
    for number in 1..=EXPORT_PAGES_MAX {
        let page = list::list(site.kernel(), &actor, &asked.filter(), &Paging::new(number, PAGE_ROWS_MAX)).await?;
        page.rows.iter().for_each(|alert| out.row(cells(alert)));
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("alerts.csv")?)
}

fn cells(alert: &Alert) -> Vec<String> {
    let strongest = |of: fn(&::detectors::Finding) -> f64| {
        alert.strongest().map(|one| format!("{:.6}", of(&one.finding))).unwrap_or_default()
    };
    vec![
        alert.id.clone(),
        alert.family.name().to_owned(),
        alert.subject.scope.name().to_owned(),
        alert.subject.key.clone(),
        alert.about.title.clone(),
        alert.about.category.clone(),
        alert.state.name().to_owned(),
        alert.level.name().to_owned(),
        alert.action.name().to_owned(),
        alert.method.name().to_owned(),
        alert.measure.map(|measure| measure.name().to_owned()).unwrap_or_default(),
        words::day(alert.since_day),
        words::day(alert.last_day),
        alert.times.to_string(),
        alert.raised_at.to_rfc3339(),
        alert.ending.map(|ending| ending.name().to_owned()).unwrap_or_default(),
        alert.reason.map(|reason| reason.name().to_owned()).unwrap_or_default(),
        alert.closed_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
        strongest(|finding| finding.statistic),
        strongest(|finding| finding.threshold),
        strongest(|finding| finding.observed),
        strongest(|finding| finding.expected),
    ]
}

fn page(cx: &View, found: &Page<Alert>) -> Markup {
    let title = cx.t("alerts-title");
    let choice = |names: Vec<&str>, text: &dyn Fn(&str) -> String| {
        names.into_iter().map(|name| (name.to_owned(), text(name))).collect::<Vec<_>>()
    };
    let mut states = vec![("standing".to_owned(), cx.t("alerts-state-standing"))];
    states.extend(State::ALL.iter().map(|state| (state.name().to_owned(), words::state_text(cx, *state))));
    let families = Family::ALL.iter().map(|one| (one.name().to_owned(), words::family(cx, *one))).collect();
    let levels = Level::ALL.iter().map(|one| (one.name().to_owned(), words::level_text(cx, *one))).collect();
    let endings = choice(Ending::ALL.iter().map(|one| one.name()).collect(), &|name| {
        Ending::from_name(name).map(|one| words::ending(cx, one)).unwrap_or_default()
    });
    shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, &title).lead(cx.t("alerts-lead"))
                .link(&cx.t("alerts-detectors"), "/console/detectors", "adjustments")
                .link(&cx.t("alerts-suppressions"), "/console/alerts/suppressions", "clock")
                .link(&cx.t("alerts-digests"), "/console/alerts/digests", "calendar"))
            (FilterBar::new(cx)
                .search("q", cx.t("alerts-search"))
                .choice("state", cx.t("alerts-state"), states)
                .choice("family", cx.t("alerts-family"), families)
                .choice("level", cx.t("alerts-level"), levels)
                .choice("ending", cx.t("alerts-ending"), endings)
                .saved(cx.t("alerts-saved-open"), "state=open&sort=-raised")
                .saved(cx.t("alerts-saved-strong"), "state=standing&level=enforcement"))
            (Table::new(cx, &title)
                .column(Column::text(cx.t("alerts-what")).sort("title"))
                .column(Column::text(cx.t("alerts-family")))
                .column(Column::text(cx.t("alerts-state")))
                .column(Column::text(cx.t("alerts-level")).sort("level"))
                .column(Column::text(cx.t("alerts-action")).quiet())
                .column(Column::number(cx.t("alerts-ratio")))
                .column(Column::text(cx.t("alerts-since")).sort("since"))
                .column(Column::number(cx.t("alerts-times")).sort("times").quiet())
                .column(Column::text(cx.t("alerts-raised")).sort("raised"))
                .sorted(Sort::from_view(cx, SORTS, "-raised"))
                .rows(found.rows.iter().map(|alert| row(cx, alert)))
                .export("CSV", "/console/alerts.csv")
                .empty(empty("shield-check", &cx.t("alerts-none"), &cx.t("alerts-none-help"), None))
                .paging(Pages::pages(cx, found.paging.page, found.pages(), found.total)))
        },
    )
}

/// How many times as much as expected.
pub(crate) fn ratio(cx: &View, alert: &Alert) -> String {
    let ratio = alert.strongest().and_then(|one| one.finding.ratio());
    ratio.map_or_else(|| "—".to_owned(), |ratio| format!("{}×", cx.decimal(ratio, 1)))
}

fn row(cx: &View, alert: &Alert) -> Row {
    let name = if alert.about.title.is_empty() { alert.subject.local() } else { &alert.about.title };
    Row::new()
        .link(format!("/console/alerts/{}", alert.id))
        .cell(name)
        .cell(match alert.measure {
            Some(measure) => format!("{} · {}", words::family(cx, alert.family), words::measure(cx, measure)),
            None => words::method(cx, alert.method),
        })
        .cell(words::state(cx, alert))
        .cell(words::level(cx, alert.level))
        .cell(words::action(cx, alert.action))
        .cell(ratio(cx, alert))
        .cell(words::day(alert.since_day))
        .cell(cx.number(alert.times))
        .cell(cx.time_ago(alert.raised_at))
}
