//! `/console/scans/{id}`: one warning: facts, evidence on a map and in a table, the word that closes it.

use super::console::{rule_text, state_mark, subject_text};
use super::list;
use super::map::{Dot, map};
use crate::model::{Warning, WarningState};
use crate::warnings::{self, Case};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use ui::parts::{Choice, Field, FormErrors, PageHeader, Tone, alert, card, facts, form_post, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, redirect_with_flash};

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let case = warnings::one(site.kernel(), &actor, &id).await?;
    Ok(page(&cx, &actor, &case, &Word::default(), &FormErrors::none()))
}

/// A merchant's view of a warning about its own codes: facts and evidence; the word is the operator's.
pub(crate) async fn portal(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let case = warnings::one(site.kernel(), &actor, &id).await?;
    let warning = &case.warning;
    let title = format!("{} · {}", rule_text(&cx, warning.rule), warning.product);
    let lot = warning.lot_id.as_ref().map(|id| html! { a href={ "/merchant/lots/" (id) } { (warning.lot_number) } });
    let known = facts()
        .add(cx.t("scans-product"), &warning.product)
        .add(cx.t("scans-gtin"), &warning.gtin)
        .add(cx.t("scans-unit"), subject_text(&cx, warning))
        .maybe(cx.t("scans-lot"), lot)
        .add(cx.t("scans-opened"), cx.moment(warning.opened_at))
        .add(cx.t("scans-last"), cx.moment(warning.last_at))
        .add(cx.t("scans-times"), cx.number(warning.times));
    let word = html! {
        p { (state_mark(&cx, warning.state)) }
        p class="ts-muted" { (cx.t(&format!("scans-own-{}", warning.state.name()))) }
    };
    let header = PageHeader::new(&cx, &title).back(cx.t("scans-own-title"), "/merchant/scans");
    let body = html! {
        (header.mark(state_mark(&cx, warning.state)))
        div class="ts-columns" {
            div { (card(&cx.t("scans-facts"), html! { (known) })) }
            div { (card(&cx.t("scans-evidence"), evidence(&cx, &case))) }
            div { (card(&cx.t("scans-decision"), word)) }
        }
        (list::table(&cx, &case.sightings))
    };
    Ok(shell::merchant(&cx, &title, body))
}

/// The word that closes a warning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Word {
    state: String,
    reason: String,
}

pub(crate) async fn close(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let state = WarningState::from_name(&word.state).unwrap_or(WarningState::Open);
    match warnings::close(site.kernel(), &actor, &id, state, &word.reason).await {
        Ok(warning) => {
            Ok(redirect_with_flash(&format!("/console/scans/{}", warning.id), "scans-closed").into_response())
        }
        Err(problem) if !problem.faults.is_empty() => {
            let case = warnings::one(site.kernel(), &actor, &id).await?;
            let page = page(&cx, &actor, &case, &word, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn page(cx: &View, actor: &Actor, case: &Case, word: &Word, errors: &FormErrors) -> Markup {
    let warning = &case.warning;
    let title = format!("{} · {}", rule_text(cx, warning.rule), warning.product);
    let body = html! {
        (PageHeader::new(cx, &title).back(cx.t("scans-title"), "/console/scans").mark(state_mark(cx, warning.state)))
        div class="ts-columns" {
            div { (card(&cx.t("scans-facts"), about(cx, warning))) }
            div {
                (card(&cx.t("scans-evidence"), evidence(cx, case)))
                @if !case.others.is_empty() { (card(&cx.t("scans-others"), others(cx, &case.others))) }
            }
            div { (decision(cx, actor, warning, word, errors)) }
        }
        (list::table(cx, &case.sightings))
    };
    shell::console(cx, &title, body)
}

fn about(cx: &View, warning: &Warning) -> Markup {
    let unit = (!warning.serial.is_empty()).then(|| {
        let path = format!("/01/{}/21/{}", warning.gtin, warning.serial);
        html! { a href=(path) { (warning.serial) } }
    });
    let proof = |act: &Option<String>| {
        act.as_ref().map(|act| html! { a href={ "/console/ledger/" (act) } { (cx.t("ui-ledger-mark")) } })
    };
    html! {
        (facts()
            .add(cx.t("scans-product"), &warning.product)
            .add(cx.t("scans-gtin"), &warning.gtin)
            .add(cx.t("scans-unit"), unit.unwrap_or_else(|| html! { (subject_text(cx, warning)) }))
            .maybe(cx.t("scans-lot"), warning.lot_id.as_ref().map(|id| html! { a href={ "/console/trace/lots/" (id) } { (warning.lot_number) } }))
            .maybe(cx.t("scans-merchant"), (!warning.merchant_id.is_empty()).then(|| html! { a href={ "/console/merchants/" (warning.merchant_id) } { (warning.merchant_id) } }))
            .add(cx.t("scans-opened"), cx.moment(warning.opened_at))
            .add(cx.t("scans-last"), cx.moment(warning.last_at))
            .add(cx.t("scans-times"), cx.number(warning.times))
            .maybe(cx.t("scans-act-opened"), proof(&warning.open_act_id))
            .maybe(cx.t("scans-act-closed"), proof(&warning.close_act_id)))
    }
}

fn evidence(cx: &View, case: &Case) -> Markup {
    let warning = &case.warning;
    let (dots, lines) = points(cx, case);
    html! {
        p { (sentence(cx, warning)) }
        p class="ts-muted" { (cx.t(&format!("scans-why-{}", warning.rule.name().replace('_', "-")))) }
        @if !dots.is_empty() { (map(cx, &cx.t("scans-map"), &dots, &lines)) }
    }
}

/// The pair the rule speaks of, joined by a line, then everything else that was seen.
fn points(cx: &View, case: &Case) -> (Vec<Dot>, Vec<(usize, usize)>) {
    let end = |name: &str| {
        let point = case.warning.evidence.get(name)?;
        let degrees = |key: &str| point.get(key).and_then(Value::as_i64).map(|value| value as f64 / 1e4);
        let (latitude, longitude) = (degrees("latitude_e4")?, degrees("longitude_e4")?);
        let at = point.get("at").and_then(Value::as_str).and_then(ground::Timestamp::parse_rfc3339);
        let label = at.map(|at| cx.moment_text(at)).unwrap_or_default();
        Some(Dot { latitude, longitude, label, strong: true })
    };
    let pair: Vec<Dot> = ["from", "to"].into_iter().filter_map(end).collect();
    let lines = if pair.len() == 2 { vec![(0, 1)] } else { Vec::new() };
    (pair.into_iter().chain(list::dots(&case.located)).collect(), lines)
}

/// The figures as a sentence.
pub(crate) fn sentence(cx: &View, warning: &Warning) -> String {
    let evidence = &warning.evidence;
    let number = |key: &str| cx.number(evidence.get(key).and_then(Value::as_i64).unwrap_or_default());
    let text = |key: &str| evidence.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let moment =
        |key: &str| ground::Timestamp::parse_rfc3339(&text(key)).map(|at| cx.moment_text(at)).unwrap_or_default();
    let keys = [
        "distance_km",
        "distance_at_least_km",
        "minutes",
        "speed_kmh",
        "limit_kmh",
        "today",
        "limit_today",
        "span",
        "limit_span",
        "abroad",
        "home",
        "devices",
        "limit",
        "scans",
        "expected",
        "deviations",
        "baseline_days",
        "units",
    ];
    let mut values: Vec<(&str, String)> = keys.iter().map(|key| (*key, number(key))).collect();
    values.extend(["first_order", "second_order"].map(|key| (key, text(key))));
    values.extend(["at", "since"].map(|key| (key, moment(key))));
    let args: Vec<_> = values.iter().map(|(key, value)| (*key, value.as_str().into())).collect();
    cx.ta(&format!("scans-evidence-{}", warning.rule.name().replace('_', "-")), &args)
}

fn others(cx: &View, others: &[Warning]) -> Markup {
    html! {
        ul { @for other in others { li { a href={ "/console/scans/" (other.id) } { (rule_text(cx, other.rule)) } " " (state_mark(cx, other.state)) } } }
    }
}

fn decision(cx: &View, actor: &Actor, warning: &Warning, word: &Word, errors: &FormErrors) -> Markup {
    if warning.state != WarningState::Open {
        let closed_by = warning.closed_by.as_deref().unwrap_or_default();
        return card(
            &cx.t("scans-decision"),
            html! {
                p { (state_mark(cx, warning.state)) }
                p { (warning.reason) }
                p class="ts-muted" { (closed_by) " " @if let Some(at) = warning.closed_at { (cx.moment(at)) } }
            },
        );
    }
    if !actor.may(Permission::TraceManage) {
        return card(&cx.t("scans-decision"), alert(Tone::Info, "", cx.t("scans-decision-others")));
    }
    let choices = vec![
        Choice::new("confirmed", cx.t("scans-confirm")).hint(cx.t("scans-confirm-hint")),
        Choice::new("dismissed", cx.t("scans-dismiss")).hint(cx.t("scans-dismiss-hint")),
    ];
    card(
        &cx.t("scans-decision"),
        html! {
            (errors)
            (form_post(cx, &format!("/console/scans/{}/close", warning.id), html! {
                (Field::radios(cx, "state", cx.t("scans-decision"), choices).value(&word.state).required().errors(errors))
                (Field::textarea(cx, "reason", cx.t("scans-reason"), 4).value(&word.reason).required().errors(errors))
                (submit(&cx.t("scans-close"), None))
            }))
        },
    )
}
