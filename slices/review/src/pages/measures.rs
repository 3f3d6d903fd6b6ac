//! How well the queue is worked.

use super::{Titles, seconds_text, ways};
use crate::measures::{self, Measure, Measures};
use axum::extract::State;
use axum::response::Response;
use kernel::Actor;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Row, Table, Tile, Tone, badge, empty};
use ui::{View, shell};
use web::{Cx, Failure, Signed, Site};

/// `/console/review/measures`.
pub(crate) async fn show(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    let found = measures::measures(site.kernel(), &actor).await?;
    Ok(page(&cx, &actor, &Titles::of(site.kernel())?, &found))
}

/// `/console/review/measures.csv`.
pub(crate) async fn export(State(site): State<Site>, Signed(actor): Signed) -> Result<Response, Failure> {
    let found = measures::measures(site.kernel(), &actor).await?;
    let mut out = web::csv::Writer::new([
        "of",
        "name",
        "decisions",
        "rejected",
        "median_seconds",
        "pairs",
        "agreement",
        "kappa",
        "golden",
        "golden_right",
        "checked",
        "overturned",
    ]);
    let number = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
    for (of, rows) in [("reviewer", &found.reviewers), ("rule", &found.rules), ("queue", &found.queues)] {
        for row in rows {
            out.row([
                of.to_owned(),
                row.name.clone(),
                row.decisions.to_string(),
                row.rejected.to_string(),
                number(row.median_seconds),
                row.agreement.map_or(0, |agreement| agreement.pairs).to_string(),
                number(row.agreement.map(|agreement| agreement.observed)),
                number(row.agreement.and_then(|agreement| agreement.kappa)),
                row.golden.to_string(),
                row.golden_right.to_string(),
                row.checked.to_string(),
                row.overturned.to_string(),
            ]);
        }
    }
    Ok(out.download("review-measures.csv")?)
}

fn kappa_text(cx: &View, row: &Measure) -> String {
    match row.agreement {
        None => "—".to_owned(),
        Some(agreement) => match agreement.kappa {
            Some(kappa) => cx.decimal(kappa, 2),
            None => cx.t("review-kappa-undefined"),
        },
    }
}

fn page(cx: &View, actor: &Actor, titles: &Titles, found: &Measures) -> Markup {
    let total = &found.total;
    let share = |share: Option<f64>| share.map_or_else(|| "—".to_owned(), |share| cx.percent(share));
    let lead = cx.ta(
        "review-measures-lead",
        &[("from", cx.date_text(found.from).into()), ("until", cx.date_text(found.until).into())],
    );
    let pairs = total.agreement.map_or(0, |agreement| agreement.pairs);
    let error = total.agreement.and_then(|agreement| agreement.standard_error);
    let mut kappa = Tile::new(cx.t("review-kappa"), kappa_text(cx, total))
        .target(cx.ta("review-minimum", &[("n", cx.decimal(found.kappa_minimum, 2).into())]))
        .note(cx.ta("review-pairs", &[("n", cx.number(pairs).into())]));
    if let Some(error) = error {
        kappa = kappa.interval(format!("± {}", cx.decimal(error, 2)));
    }
    shell::console(
        cx,
        &cx.t("review-measures"),
        html! {
            (PageHeader::new(cx, cx.t("review-measures")).lead(lead))
            (ways(cx, actor))
            div class="ts-tiles" {
                (Tile::new(cx.t("review-decisions"), cx.number(total.decisions))
                    .note(cx.ta("review-rejected", &[("n", cx.number(total.rejected).into())])))
                (Tile::new(cx.t("review-median"), total.median_seconds.map_or_else(|| "—".to_owned(), |seconds| seconds_text(cx, seconds))))
                (kappa)
                (Tile::new(cx.t("review-golden-right"), share(total.golden_share()))
                    .target(cx.ta("review-minimum", &[("n", cx.percent_to(found.golden_pass_share, 0).into())])))
                (Tile::new(cx.t("review-overturn-rate"), share(total.overturn_rate()))
                    .note(cx.ta("review-checked", &[("n", cx.number(total.checked).into())])))
            }
            (table(cx, "review-by-reviewer", &found.reviewers, |name| {
                found.names.get(name).filter(|known| !known.is_empty()).cloned().unwrap_or_else(|| name.to_owned())
            }))
            (table(cx, "review-by-rule", &found.rules, str::to_owned))
            (table(cx, "review-by-queue", &found.queues, |name| titles.get(cx, name)))
            p class="ts-muted" { (cx.t("review-measures-source")) }
        },
    )
}

fn table(cx: &View, caption: &str, rows: &[Measure], name: impl Fn(&str) -> String) -> Markup {
    let share = |share: Option<f64>| share.map_or_else(|| "—".to_owned(), |share| cx.percent(share));
    let row = |row: &Measure| {
        let flag =
            |low: bool, text: String| html! { (text) @if low { " " (badge(Tone::Waiting, &cx.t("review-low"))) } };
        Row::new()
            .cell(name(&row.name))
            .cell(cx.number(row.decisions))
            .cell(row.median_seconds.map_or_else(|| "—".to_owned(), |seconds| seconds_text(cx, seconds)))
            .cell(cx.number(row.agreement.map_or(0, |agreement| agreement.pairs)))
            .cell(share(row.agreement.map(|agreement| agreement.observed)))
            .cell(flag(row.kappa_low, kappa_text(cx, row)))
            .cell(flag(row.golden_low, share(row.golden_share())))
            .cell(share(row.overturn_rate()))
    };
    html! {
        h2 { (cx.t(caption)) }
        (Table::new(cx, cx.t(caption))
            .column(Column::text(cx.t("review-name")))
            .column(Column::number(cx.t("review-decisions")))
            .column(Column::number(cx.t("review-median")))
            .column(Column::number(cx.t("review-pairs-short")).quiet())
            .column(Column::number(cx.t("review-agreement")).quiet())
            .column(Column::number(cx.t("review-kappa")))
            .column(Column::number(cx.t("review-golden-right")))
            .column(Column::number(cx.t("review-overturn-rate")))
            .rows(rows.iter().map(row))
            .export("CSV", "/console/review/measures.csv")
            .empty(empty("chart-bar", &cx.t("review-measures-none"), &cx.t("review-measures-none-help"), None)))
    }
}
