//! `/console/risk/of/{merchant}/{product}`: one score, taken apart.

use super::waterfall::{signed, waterfall};
use super::{band_mark, feature_text, model_text, only_advice};
use crate::features::FEATURES;
use crate::model::{Contribution, Mark, Scored};
use crate::score;
use axum::extract::State;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Row, Table, Tone, card, empty, facts, status};
use ui::{View, shell};
use web::{Cx, Failure, Path, Signed, Site};

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((merchant, product)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    let case = score::show(site.kernel(), &actor, &merchant, &product).await?;
    let scored = &case.scored;
    let title = if scored.title.is_empty() { scored.product.clone() } else { scored.title.clone() };
    let body = html! {
        (PageHeader::new(&cx, &title).back(cx.t("risk-title"), "/console/risk").mark(band_mark(&cx, scored.band)))
        (only_advice(&cx))
        div class="ts-aside" {
            div { (card(&cx.t("risk-waterfall"), html! {
                (waterfall(&cx, scored))
                p class="ts-muted" { (cx.t("risk-waterfall-help")) }
            })) }
            div { (card(&cx.t("risk-facts"), about(&cx, scored))) }
        }
        (contributions(&cx, scored))
        (found(&cx, &case.marks))
    };
    Ok(shell::console(&cx, &title, body))
}

fn about(cx: &View, scored: &Scored) -> Markup {
    let listing =
        scored.listing_id.as_ref().map(|id| html! { a href={ "/console/listings/" (id) } { (scored.title) } });
    html! {
        (facts()
            .add(cx.t("risk-probability"), html! { strong { (cx.percent(scored.probability)) } })
            .add(cx.t("risk-raw"), signed(cx, scored.raw))
            .add(cx.t("risk-model"), model_text(cx, &scored.model))
            .add(cx.t("risk-product"), &scored.product)
            .add(cx.t("risk-merchant"), html! { a href={ "/console/merchants/" (scored.merchant) } { (scored.merchant) } })
            .maybe(cx.t("risk-listing"), listing)
            .maybe(cx.t("risk-category"), Some(scored.category.clone()).filter(|text| !text.is_empty()))
            .maybe(cx.t("risk-day"), scored.day.map(super::day_text)))
    }
}

fn contributions(cx: &View, scored: &Scored) -> Markup {
    let mut parts: Vec<&Contribution> = scored.contributions.iter().collect();
    parts.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
    let row = |part: &&Contribution| {
        let unit = FEATURES.iter().find(|named| named.name == part.feature).map(|named| cx.t(&named.unit_message()));
        Row::new()
            .cell(feature_text(cx, part.feature))
            .cell(part.value.map_or_else(|| cx.t("risk-missing"), |value| cx.decimal(value, 3)))
            .cell(unit.unwrap_or_default())
            .cell(signed(cx, part.contribution))
    };
    let sum = Row::new().cell(cx.t("risk-sum")).cell("").cell("").cell(html! { strong { (signed(cx, scored.raw)) } });
    let bias = Row::new().cell(cx.t("risk-bias")).cell("").cell("").cell(signed(cx, scored.bias));
    html! {
        (Table::new(cx, cx.t("risk-contributions"))
            .column(Column::text(cx.t("risk-feature")))
            .column(Column::number(cx.t("risk-value")))
            .column(Column::text(cx.t("risk-unit")).quiet())
            .column(Column::number(cx.t("risk-contribution")))
            .row(bias)
            .rows(parts.iter().map(row))
            .row(sum))
    }
}

fn found(cx: &View, marks: &[Mark]) -> Markup {
    let row = |mark: &Mark| {
        let (tone, icon, word) = if mark.adverse {
            (Tone::Danger, "circle-x", "risk-found-wrong")
        } else {
            (Tone::Good, "circle-check", "risk-found-order")
        };
        Row::new().cell(cx.moment(mark.at)).cell(cx.t(&format!("risk-source-{}", mark.source.name()))).cell(status(
            tone,
            icon,
            &cx.t(word),
        ))
    };
    html! {
        (Table::new(cx, cx.t("risk-found"))
            .column(Column::text(cx.t("risk-when")))
            .column(Column::text(cx.t("risk-source")))
            .column(Column::text(cx.t("risk-outcome")))
            .rows(marks.iter().map(row))
            .empty(empty("clipboard-list", &cx.t("risk-found-none"), &cx.t("risk-found-none-help"), None)))
    }
}
