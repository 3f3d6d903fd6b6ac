//! `/ratings/how`: what counts how much, published for everybody.

use super::words::{component_text, effect_text, limit_text};
use crate::model::{Component, Effect};
use crate::read;
use crate::tables::{Exposure, RatingPolicy};
use axum::extract::State;
use maud::{Markup, html};
use ui::parts::{Column, Row, Table};
use ui::{View, shell};
use web::{Cx, Failure, Site};

pub(crate) async fn show(State(site): State<Site>, Cx(cx): Cx) -> Result<Markup, Failure> {
    Ok(page(&cx, &read::published_policy(site.kernel())?))
}

fn page(cx: &View, policy: &RatingPolicy) -> Markup {
    let title = cx.t("ratings-how");
    let rules = &policy.rules;
    let exposure = match rules.exposure {
        Exposure::Delivered => "delivered",
        Exposure::Shipped => "shipped",
        Exposure::Ordered => "ordered",
    };
    let sentences = [
        cx.ta("ratings-how-exposure", &[("unit", cx.t(&format!("ratings-exposure-{exposure}")).into())]),
        cx.ta("ratings-how-severe", &[("times", cx.decimal(rules.severe_weight, 0).into())]),
        cx.ta("ratings-how-bound", &[("share", cx.percent_to(1.0 - rules.tail, 0).into())]),
        cx.ta(
            "ratings-how-new",
            &[("purchases", cx.decimal(rules.new_purchases_min, 0).into()), ("grade", rules.new_grade.name().into())],
        ),
        cx.ta(
            "ratings-how-inert",
            &[
                ("rise", cx.decimal(rules.rise_margin, 1).into()),
                ("days", i64::from(rules.rise_days).into()),
                ("fall", cx.decimal(rules.fall_margin, 1).into()),
            ],
        ),
        cx.ta(
            "ratings-how-failed",
            &[("grade", rules.failed_test_grade.name().into()), ("days", i64::from(rules.failed_test_days).into())],
        ),
        cx.ta(
            "ratings-how-papers",
            &[
                ("missing", cx.decimal(rules.paper_missing, 0).into()),
                ("expired", cx.decimal(rules.paper_expired, 0).into()),
                ("waiting", cx.decimal(rules.paper_waiting, 0).into()),
            ],
        ),
        cx.ta("ratings-how-remedy", &[("hours", rules.remedy_hours_max.into())]),
        cx.ta("ratings-how-cohort", &[("products", rules.cohort_products_min.into())]),
    ];
    shell::public(
        cx,
        &title,
        html! {
            h1 { (title) }
            p { (cx.t("ratings-how-lead")) }
            h2 { (cx.t("ratings-how-weights")) }
            (weights(cx, policy))
            h2 { (cx.t("ratings-how-grades")) }
            (grades(cx, policy))
            h2 { (cx.t("ratings-how-rules")) }
            ul { @for sentence in sentences { li { (sentence) } } }
            p class="ts-muted" { (cx.t("ratings-how-replay")) }
            p class="ts-muted" { (cx.t("ratings-how-version")) " " code { (policy.version.get(..16).unwrap_or(&policy.version)) } }
        },
    )
}

fn weights(cx: &View, policy: &RatingPolicy) -> Markup {
    let total: f64 = policy.components.iter().map(|row| row.weight).sum();
    let row = |component: &Component| {
        let row = policy.component(*component);
        let rate = |value: f64| if component.is_rate() { cx.percent(value) } else { "—".to_owned() };
        Row::new()
            .cell(component_text(cx, *component))
            .cell(cx.percent_to(row.weight / total, 0))
            .cell(rate(row.good))
            .cell(rate(row.bad))
            .cell(if component.is_rate() { cx.decimal(row.half_life_days, 0) } else { "—".to_owned() })
    };
    html! {
        (Table::new(cx, cx.t("ratings-how-weights"))
            .column(Column::text(cx.t("ratings-component")))
            .column(Column::number(cx.t("ratings-weight")))
            .column(Column::number(cx.t("ratings-good")))
            .column(Column::number(cx.t("ratings-worst")))
            .column(Column::number(cx.t("ratings-half-life")))
            .rows(Component::ALL.iter().map(row)))
    }
}

fn grades(cx: &View, policy: &RatingPolicy) -> Markup {
    let row = |row: &crate::tables::GradeRow| {
        let limits: Vec<String> = row.limits.iter().map(|limit| limit_text(cx, limit)).collect();
        let effect = if row.effect == Effect::None { "—".to_owned() } else { effect_text(cx, row.effect) };
        Row::new().cell(row.of.name()).cell(cx.decimal(row.lower_min, 0)).cell(effect).cell(limits.join("; "))
    };
    html! {
        (Table::new(cx, cx.t("ratings-how-grades"))
            .column(Column::text(cx.t("ratings-grade")))
            .column(Column::number(cx.t("ratings-lower-min")))
            .column(Column::text(cx.t("ratings-effect")))
            .column(Column::text(cx.t("ratings-limits")))
            .rows(policy.grades.iter().map(row)))
    }
}
