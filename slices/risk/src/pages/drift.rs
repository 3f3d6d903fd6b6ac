//! `/console/risk/drift`: whether goods sold now still look like those the model was trained on.

use super::{feature_text, model_text};
use crate::drift::{self, Level, Moved, Report};
use crate::parameters::parameters;
use axum::extract::State;
use kernel::{Actor, Permission};
use maud::{Markup, html};
use ui::parts::{
    Chart, Column, PageHeader, Row, Table, Tone, alert, card, confirm, empty, facts, form_post, status, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Signed, Site};

/// Features in the chart.
const CHART_MAX: usize = 15;

pub(crate) async fn show(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    let report = drift::report(site.kernel(), &actor).await?;
    let parameters = parameters(site.kernel())?;
    let title = cx.t("risk-drift");
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("risk-drift-lead")).back(cx.t("risk-title"), "/console/risk"))
        @match &report {
            None => (empty("chart-line", &cx.t("risk-drift-prior"), &cx.t("risk-drift-prior-help"), None)),
            Some(report) => (shown(&cx, &actor, report, parameters.drift_alarm)),
        }
    };
    Ok(shell::console(&cx, &title, body))
}

fn shown(cx: &View, actor: &Actor, report: &Report, alarm: f64) -> Markup {
    html! {
        @if !report.proposed.is_empty() { (proposal(cx, actor, report)) }
        (card(&cx.t("risk-facts"), html! {
            (facts()
                .add(cx.t("risk-model"), model_text(cx, &report.version.to_string()))
                .add(cx.t("risk-drift-goods"), cx.number(report.rows))
                .add(cx.t("risk-drift-new"), format!("{} / {}", cx.number(report.new_examples), cx.number(report.retrain_examples))))
        }))
        @if report.moved.is_empty() {
            (empty("chart-line", &cx.t("risk-drift-few"), &cx.ta("risk-drift-few-help", &[("least", report.rows_min.into())]), None))
        } @else {
            (chart(cx, &report.moved, alarm))
            (table(cx, &report.moved))
        }
    }
}

fn proposal(cx: &View, actor: &Actor, report: &Report) -> Markup {
    let reasons: Vec<String> = report.proposed.iter().map(|reason| cx.t(&format!("risk-retrain-{reason}"))).collect();
    alert(
        Tone::Waiting,
        &cx.t("risk-retrain"),
        html! {
            @for reason in &reasons { p { (reason) } }
            @if actor.may(Permission::RiskManage) {
                (confirm(&cx.t("risk-train"), "refresh", false, form_post(cx, "/console/risk/train", html! {
                    p { (cx.t("risk-train-help")) }
                    (submit(&cx.t("risk-train"), None))
                })))
            }
        },
    )
}

fn name_of(cx: &View, moved: &Moved) -> String {
    if moved.name == "score" { cx.t("risk-drift-score") } else { feature_text(cx, &moved.name) }
}

fn chart(cx: &View, moved: &[Moved], alarm: f64) -> Markup {
    let first = &moved[..moved.len().min(CHART_MAX)];
    let names = first.iter().map(|moved| name_of(cx, moved)).collect();
    html! {
        (Chart::new(cx, "risk-drift", cx.t("risk-drift-chart"), cx.t("risk-feature"), names)
            .bar("PSI", first.iter().map(|moved| Some(moved.drift.psi)).collect())
            .threshold(cx.t("risk-level-alarm"), alarm)
            .decimals(3))
    }
}

fn table(cx: &View, moved: &[Moved]) -> Markup {
    let row = |moved: &Moved| {
        let (tone, icon) = match moved.level {
            Level::Steady => (Tone::Good, "circle-check"),
            Level::Watch => (Tone::Waiting, "alert-circle"),
            Level::Alarm => (Tone::Danger, "alert-triangle"),
        };
        Row::new()
            .cell(name_of(cx, moved))
            .cell(cx.decimal(moved.drift.psi, 3))
            .cell(cx.decimal(moved.drift.by_chance, 3))
            .cell(status(tone, icon, &cx.t(&format!("risk-level-{}", moved.level.name()))))
    };
    html! {
        (Table::new(cx, cx.t("risk-drift"))
            .column(Column::text(cx.t("risk-feature")))
            .column(Column::number("PSI"))
            .column(Column::number(cx.t("risk-by-chance")))
            .column(Column::text(cx.t("risk-level")))
            .rows(moved.iter().map(row)))
    }
}
