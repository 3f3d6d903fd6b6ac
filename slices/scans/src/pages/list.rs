//! `/console/scans/all` and `/console/scans/reports`: what was scanned, and what people wrote.

use super::map::{Dot, map};
use crate::list::{self, ScanFilter};
use crate::model::{Channel, Outcome, Sighting, SuspectReport};
use axum::extract::State;
use axum::response::Response;
use ground::limits::PAGE_ROWS_MAX;
use kernel::{Page, Paging};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Column, FilterBar, PageHeader, Paging as Pages, Row, Table, Tone, card, empty, status};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Query, Signed, Site};

/// Most pages of an export.
const EXPORT_PAGES_MAX: u64 = 50;

/// The filter as it stands in the address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    gtin: Option<String>,
    serial: Option<String>,
    lot: Option<String>,
    outcome: Option<String>,
    channel: Option<String>,
    from: Option<String>,
    until: Option<String>,
}

impl Asked {
    fn filter(&self, kernel: &kernel::Kernel) -> kernel::Result<ScanFilter> {
        list::filter(
            kernel,
            &list::Words {
                gtin: self.gtin.clone(),
                serial: self.serial.clone(),
                lot_id: self.lot.clone(),
                outcome: self.outcome.clone(),
                channel: self.channel.clone(),
                from: self.from.clone(),
                until: self.until.clone(),
            },
        )
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let filter = asked.filter(site.kernel())?;
    let found = list::scans(site.kernel(), &actor, &filter, &paging).await?;
    let located = list::located(site.kernel(), &actor, &filter).await?;
    Ok(page(&cx, &found, &located))
}

pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let filter = asked.filter(site.kernel())?;
    let header =
        ["at", "kind", "outcome", "channel", "gtin", "serial", "lot", "country", "latitude", "longitude", "radius_km"];
    let mut out = web::csv::Writer::new(header);
    for number in 1..=EXPORT_PAGES_MAX {
        let page = list::scans(site.kernel(), &actor, &filter, &Paging::new(number, PAGE_ROWS_MAX)).await?;
        for scan in &page.rows {
            let place = scan.place();
            let degrees = |value: Option<f64>| value.map(|value| format!("{value:.2}")).unwrap_or_default();
            out.row([
                scan.seen.at.to_rfc3339(),
                scan.kind().to_owned(),
                scan.outcome.name().to_owned(),
                scan.channel.name().to_owned(),
                scan.gtin.clone(),
                scan.serial.clone(),
                scan.lot.as_ref().map(|lot| lot.number.clone()).unwrap_or_default(),
                scan.country.clone().unwrap_or_default(),
                degrees(place.map(|place| place.latitude())),
                degrees(place.map(|place| place.longitude())),
                place.map(|place| place.radius_km.to_string()).unwrap_or_default(),
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("scans.csv")?)
}

fn page(cx: &View, found: &Page<Sighting>, located: &[Sighting]) -> Markup {
    let title = cx.t("scans-all");
    let outcomes = Outcome::ALL.iter().map(|one| (one.name().to_owned(), outcome_text(cx, *one))).collect();
    let channels = Channel::ALL.iter().map(|one| (one.name().to_owned(), channel_text(cx, *one))).collect();
    shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, &title).lead(cx.t("scans-all-lead")).back(cx.t("scans-title"), "/console/scans"))
            (FilterBar::new(cx)
                .search("gtin", cx.t("scans-gtin"))
                .search("serial", cx.t("scans-serial"))
                .choice("outcome", cx.t("scans-outcome"), outcomes)
                .choice("channel", cx.t("scans-channel"), channels)
                .date("from", cx.t("scans-from"))
                .date("until", cx.t("scans-until")))
            @if !located.is_empty() { (card(&cx.t("scans-map"), map(cx, &cx.t("scans-map"), &dots(located), &[]))) }
            (table(cx, &found.rows)
                .export("CSV", "/console/scans/all.csv")
                .empty(empty("zoom-scan", &cx.t("scans-all-none"), &cx.t("scans-all-none-help"), None))
                .paging(Pages::pages(cx, found.paging.page, found.pages(), found.total)))
        },
    )
}

/// The points of sightings for a map.
pub(crate) fn dots(located: &[Sighting]) -> Vec<Dot> {
    let dot = |scan: &Sighting| {
        let place = scan.place()?;
        Some(Dot { latitude: place.latitude(), longitude: place.longitude(), label: String::new(), strong: false })
    };
    located.iter().filter_map(dot).collect()
}

/// Sightings as a table.
pub(crate) fn table<'a>(cx: &'a View, rows: &[Sighting]) -> Table<'a> {
    let row = |scan: &Sighting| {
        let path = match (scan.gtin.is_empty(), scan.serial.is_empty()) {
            (false, false) => format!("/01/{}/21/{}", scan.gtin, scan.serial),
            _ => String::new(),
        };
        let row = if path.is_empty() || !web::is_local(&path) { Row::new() } else { Row::new().link(path) };
        row.cell(cx.moment(scan.seen.at))
            .cell(cx.t(&format!("scans-kind-{}", scan.kind())))
            .cell(outcome_mark(cx, scan.outcome))
            .cell(if scan.gtin.is_empty() { scan.detail.clone().unwrap_or_default() } else { scan.gtin.clone() })
            .cell(&scan.serial)
            .cell(scan.lot.as_ref().map(|lot| lot.number.clone()).unwrap_or_default())
            .cell(place_text(cx, scan))
            .cell(channel_text(cx, scan.channel))
    };
    Table::new(cx, cx.t("scans-all"))
        .column(Column::text(cx.t("scans-at")))
        .column(Column::text(cx.t("scans-kind")).quiet())
        .column(Column::text(cx.t("scans-outcome")))
        .column(Column::text(cx.t("scans-gtin")))
        .column(Column::text(cx.t("scans-serial")))
        .column(Column::text(cx.t("scans-lot")).quiet())
        .column(Column::text(cx.t("scans-place")))
        .column(Column::text(cx.t("scans-channel")).quiet())
        .rows(rows.iter().map(row))
}

/// Where, in words.
pub(crate) fn place_text(cx: &View, scan: &Sighting) -> String {
    let country = scan.country.clone().unwrap_or_default();
    let Some(place) = scan.place() else { return country };
    let name = crate::places::name_of(place.latitude(), place.longitude()).map(|name| cx.both(&name).to_owned());
    let name = name.unwrap_or_else(|| format!("{:.1}, {:.1}", place.latitude(), place.longitude()));
    match place.source {
        journey::clones::Source::Given => format!("{name} ± {} km", cx.number(place.radius_km)),
        journey::clones::Source::Network => country,
    }
}

/// The outcome in words.
pub(crate) fn outcome_text(cx: &View, outcome: Outcome) -> String {
    cx.t(&format!("scans-outcome-{}", outcome.name().replace('_', "-")))
}

fn outcome_mark(cx: &View, outcome: Outcome) -> Markup {
    let (tone, icon_name) = match outcome {
        Outcome::Genuine => (Tone::Good, "circle-check"),
        Outcome::NotCommissioned | Outcome::Decommissioned => (Tone::Waiting, "alert-triangle"),
        Outcome::Withdrawn | Outcome::Forged => (Tone::Danger, "shield-x"),
        Outcome::Unknown | Outcome::Invalid => (Tone::Neutral, "help-circle"),
        Outcome::Lot | Outcome::Product => (Tone::Neutral, "info-circle"),
    };
    status(tone, icon_name, &outcome_text(cx, outcome))
}

fn channel_text(cx: &View, channel: Channel) -> String {
    cx.t(&format!("scans-channel-{}", channel.name()))
}

pub(crate) async fn reports(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let found = list::reports(site.kernel(), &actor, &paging).await?;
    let title = cx.t("scans-reports");
    let row = |report: &SuspectReport| {
        Row::new()
            .cell(cx.moment(report.at))
            .cell(cx.t(&format!("scans-report-kind-{}", report.kind.name())))
            .cell(&report.code)
            .cell(outcome_mark(&cx, report.outcome))
            .cell(&report.place)
            .cell(&report.note)
    };
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("scans-reports-lead")).back(cx.t("scans-title"), "/console/scans"))
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("scans-at")))
            .column(Column::text(cx.t("scans-report-kind")))
            .column(Column::text(cx.t("scans-code")))
            .column(Column::text(cx.t("scans-outcome")))
            .column(Column::text(cx.t("scans-report-place")))
            .column(Column::text(cx.t("scans-report-note")))
            .rows(found.rows.iter().map(row))
            .export("CSV", "/console/scans/reports.csv")
            .empty(empty("flag", &cx.t("scans-reports-none"), &cx.t("scans-reports-none-help"), None))
            .paging(Pages::pages(&cx, found.paging.page, found.pages(), found.total)))
    };
    Ok(shell::console(&cx, &title, body))
}

pub(crate) async fn reports_export(State(site): State<Site>, Signed(actor): Signed) -> Result<Response, Failure> {
    let mut out = web::csv::Writer::new(["id", "at", "kind", "code", "outcome", "place", "note"]);
    for number in 1..=EXPORT_PAGES_MAX {
        let page = list::reports(site.kernel(), &actor, &Paging::new(number, PAGE_ROWS_MAX)).await?;
        for report in &page.rows {
            out.row([
                &report.id,
                &report.at.to_rfc3339(),
                report.kind.name(),
                &report.code,
                report.outcome.name(),
                &report.place,
                &report.note,
            ]);
        }
        if number >= page.pages() {
            break;
        }
    }
    Ok(out.download("reports.csv")?)
}
