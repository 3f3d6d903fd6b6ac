//! `/console/risk/models/{version}`: the model card.

use super::{day_text, feature_text, only_advice, state_mark};
use crate::card::{CalibrationRow, Card, Estimate, Looked, Part, Quality};
use crate::features::place;
use crate::model::{ModelState, Version};
use crate::parameters::parameters;
use crate::versions;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Permission};
use maud::{Markup, html};
use ui::parts::{Chart, Column, PageHeader, Row, Table, Tone, alert, card, confirm, facts, form_post, hash, submit};
use ui::{View, shell};
use web::{Cx, Failure, Path, Signed, Site, redirect_with_flash};

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(number): Path<i64>,
) -> Result<Markup, Failure> {
    let version = versions::version(site.kernel(), &actor, number).await?;
    let four_eyes = parameters(site.kernel())?.four_eyes;
    let title = cx.ta("risk-version", &[("number", number.to_string().into())]);
    let body = html! {
        (PageHeader::new(&cx, &title)
            .back(cx.t("risk-title"), "/console/risk")
            .back(cx.t("risk-models"), "/console/risk/models")
            .mark(state_mark(&cx, version.state)))
        (only_advice(&cx))
        @if let Some(found) = &version.card { (against(&cx, found)) }
        @else { (alert(Tone::Waiting, &cx.t("risk-card-waits"), cx.t("risk-card-waits-help"))) }
        div class="ts-halves" {
            (card(&cx.t("risk-card-about"), about(&cx, &version)))
            (card(&cx.t("risk-card-force"), in_force(&cx, &actor, &version, four_eyes)))
        }
        @if let Some(found) = &version.card { (measured(&cx, found)) }
        (card(&cx.t("risk-card-limits"), html! {
            ul { @for index in 1..=5 { li { (cx.t(&format!("risk-card-limit-{index}"))) } } }
        }))
    };
    Ok(shell::console(&cx, &title, body))
}

pub(crate) async fn activate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(number): Path<i64>,
) -> Result<Response, Failure> {
    versions::activate(site.kernel(), &actor, number).await?;
    Ok(redirect_with_flash(&format!("/console/risk/models/{number}"), "risk-activated").into_response())
}

fn against(cx: &View, found: &Card) -> Markup {
    let reasons: Vec<String> =
        found.against.iter().map(|reason| cx.t(&format!("risk-against-{}", reason.replace('_', "-")))).collect();
    html! {
        @if !reasons.is_empty() {
            (alert(Tone::Waiting, &cx.t("risk-against"), html! { ul { @for reason in &reasons { li { (reason) } } } }))
        }
    }
}

fn about(cx: &View, version: &Version) -> Markup {
    let proof = |act: &String| html! { a href={ "/console/ledger/" (act) } { (cx.t("ui-ledger-mark")) } };
    html! {
        (facts()
            .add(cx.t("risk-requested"), cx.moment(version.requested_at))
            .add(cx.t("risk-requested-by"), &version.requested_by)
            .maybe(cx.t("risk-trained"), version.trained_at.map(|at| cx.moment(at)))
            .maybe(cx.t("risk-card-act"), version.train_act_id.as_ref().map(proof))
            .maybe(cx.t("risk-card-file"), version.sha256.as_ref().map(|sha256| html! {
                a href={ "/v1/risk-models/" (version.number) "/file" } { (cx.t("risk-card-download")) } " " (hash(cx, sha256))
            })))
    }
}

fn in_force(cx: &View, actor: &Actor, version: &Version, four_eyes: bool) -> Markup {
    let may = version.card.as_ref().is_some_and(Card::may_be_activated)
        && matches!(version.state, ModelState::Candidate | ModelState::Retired);
    let same = four_eyes && version.requested_by == actor.id;
    let replaced = version.replaced.map(|number| match number {
        0 => super::model_text(cx, crate::prior::NAME),
        number => super::model_text(cx, &number.to_string()),
    });
    let proof = |act: &String| html! { a href={ "/console/ledger/" (act) } { (cx.t("ui-ledger-mark")) } };
    html! {
        (facts()
            .maybe(cx.t("risk-activated-at"), version.activated_at.map(|at| cx.moment(at)))
            .maybe(cx.t("risk-activated-by"), version.activated_by.as_ref())
            .maybe(cx.t("risk-replaced"), replaced)
            .maybe(cx.t("risk-card-act"), version.activate_act_id.as_ref().map(proof))
            .maybe(cx.t("risk-proposed-at"), version.proposed_at.map(|at| cx.moment(at))))
        @if may && actor.may(Permission::RiskManage) {
            @if same {
                p class="ts-muted" { (cx.t("risk-four-eyes")) }
            } @else {
                (confirm(&cx.t("risk-activate"), "player-play", false, form_post(cx, &format!("/console/risk/models/{}/activate", version.number), html! {
                    p { (cx.t("risk-activate-help")) }
                    (submit(&cx.t("risk-activate"), None))
                })))
            }
        } @else if version.state == ModelState::Active {
            p { a href="/console/risk/models" { (cx.t("risk-rollback")) } " · " a href="/console/risk/drift" { (cx.t("risk-drift")) } }
        }
    }
}

fn measured(cx: &View, found: &Card) -> Markup {
    html! {
        (card(&cx.t("risk-card-data"), data(cx, found)))
        @if let (Some(model), Some(prior)) = (&found.quality, &found.prior) {
            (qualities(cx, found, model, prior))
            (calibration(cx, &found.table))
        }
        @if !found.features.is_empty() { (looked(cx, &found.features)) }
    }
}

fn data(cx: &View, found: &Card) -> Markup {
    let row = |name: &str, part: &Part| {
        let period = if part.examples == 0 {
            String::new()
        } else {
            format!("{} – {}", day_text(part.from_day), day_text(part.until_day))
        };
        Row::new()
            .cell(cx.t(&format!("risk-part-{name}")))
            .cell(period)
            .cell(cx.number(part.examples))
            .cell(cx.number(part.positives))
    };
    let sources: Vec<String> = found
        .sources
        .iter()
        .map(|(source, count)| format!("{} {}", cx.t(&format!("risk-source-{source}")), cx.number(*count)))
        .collect();
    html! {
        p { (cx.t("risk-card-data-help")) }
        (facts()
            .add(cx.t("risk-examples"), cx.number(found.examples))
            .add(cx.t("risk-examples-wrong"), cx.number(found.positives))
            .add(cx.t("risk-card-sources"), sources.join(" · "))
            .add(cx.t("risk-left-out"), cx.number(found.left_out))
            .add(cx.t("risk-rounds"), cx.number(found.rounds))
            .add(cx.t("risk-seed"), cx.number(found.seed))
            .add(cx.t("risk-calibration"), if found.calibration.is_empty() { String::new() } else { cx.t(&format!("risk-calibration-{}", found.calibration)) }))
        (Table::new(cx, cx.t("risk-card-data"))
            .column(Column::text(cx.t("risk-part")))
            .column(Column::text(cx.t("risk-period")))
            .column(Column::number(cx.t("risk-examples")))
            .column(Column::number(cx.t("risk-examples-wrong")))
            .row(row("learn", &found.learn))
            .row(row("tune", &found.tune))
            .row(row("judge", &found.judge)))
    }
}

fn qualities(cx: &View, found: &Card, model: &Quality, prior: &Quality) -> Markup {
    let text = |estimate: &Estimate| {
        format!(
            "{} ({} – {})",
            cx.decimal(estimate.value, 3),
            cx.decimal(estimate.lower, 3),
            cx.decimal(estimate.upper, 3)
        )
    };
    let row = |name: &str, of: fn(&Quality) -> Estimate| {
        Row::new().cell(cx.t(&format!("risk-{name}"))).cell(text(&of(model))).cell(text(&of(prior)))
    };
    let gain = found.auc_gain.as_ref().map(text).unwrap_or_default();
    html! {
        (Table::new(cx, cx.t("risk-card-quality"))
            .column(Column::text(cx.t("risk-measure")))
            .column(Column::number(cx.t("risk-this-model")))
            .column(Column::number(cx.t("risk-prior")))
            .row(row("auc", |quality| quality.auc))
            .row(row("average-precision", |quality| quality.average_precision))
            .row(row("log-loss", |quality| quality.log_loss))
            .row(row("brier", |quality| quality.brier))
            .row(Row::new()
                .cell(cx.t("risk-calibration-error"))
                .cell(cx.percent(model.calibration_error))
                .cell(cx.percent(prior.calibration_error))))
        p class="ts-muted" {
            (cx.ta("risk-beat", &[
                ("gain", gain.into()),
                ("share", cx.percent(found.beat_share).into()),
                ("least", cx.percent(found.beat_share_min).into()),
            ]))
        }
    }
}

fn calibration(cx: &View, table: &[CalibrationRow]) -> Markup {
    let names = table.iter().map(|row| cx.percent(row.said)).collect();
    let of = |value: fn(&CalibrationRow) -> f64| table.iter().map(|row| Some(value(row))).collect::<Vec<_>>();
    html! {
        (Chart::new(cx, "risk-calibration", cx.t("risk-card-calibration"), cx.t("risk-said"), names)
            .band(cx.t("risk-came-interval"), of(|row| row.came.lower), of(|row| row.came.upper))
            .line(cx.t("risk-came"), of(|row| row.came.value))
            .line(cx.t("risk-said"), of(|row| row.said))
            .percent()
            .decimals(1))
    }
}

fn looked(cx: &View, features: &[Looked]) -> Markup {
    let mut features: Vec<&Looked> = features.iter().collect();
    features.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    let row = |looked: &&Looked| {
        let name = if place(&looked.name).is_some() { feature_text(cx, &looked.name) } else { looked.name.clone() };
        Row::new()
            .cell(name)
            .cell(cx.t(&format!("risk-direction-{}", looked.direction)))
            .cell(cx.decimal(looked.importance, 4))
            .cell(cx.percent(looked.missing))
    };
    html! {
        (Table::new(cx, cx.t("risk-card-features"))
            .column(Column::text(cx.t("risk-feature")))
            .column(Column::text(cx.t("risk-direction")))
            .column(Column::number(cx.t("risk-importance")))
            .column(Column::number(cx.t("risk-missing")))
            .rows(features.iter().map(row)))
    }
}
