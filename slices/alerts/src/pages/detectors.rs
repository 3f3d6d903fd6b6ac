//! `/console/detectors`: the detectors in force, what those in shadow would have cost, and trials on history.

use super::words;
use crate::backtest::{self, Asked, Backtest};
use crate::list;
use crate::model::{Shadow, Sweep};
use crate::raise::day_of;
use crate::watching::{self, InForce, SHADOW_DAYS};
use axum::extract::State as FromState;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::{Fault, Problem};
use kernel::{Actor, Kernel, Page, Paging, Permission};
use maud::{Markup, html};
use policy::Mode;
use serde_json::Value;
use std::collections::BTreeMap;
use ui::parts::{
    Column, Field, FormErrors, PageHeader, Paging as Pages, Row, Table, Tone, badge, card, empty, facts, form_post,
    submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Signed, Site, redirect_with_flash};

/// Sweeps shown.
const SWEEPS_MAX: u64 = 14;
/// Days a trial proposes.
const TRIAL_DAYS: i32 = 14;
/// Lines of a trial shown on the page; all of them come by the API.
const LINES_MAX: usize = 100;

pub(crate) async fn show(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
) -> Result<Markup, Failure> {
    let all = watching::in_force(site.kernel(), &actor).await?;
    let sweeps = list::sweeps(site.kernel(), &actor, SWEEPS_MAX).await?;
    let title = cx.t("alerts-detectors");
    let body = html! {
        (PageHeader::new(&cx, &title).back(cx.t("alerts-title"), "/console/alerts").lead(cx.t("alerts-detectors-lead"))
            .link(&cx.t("alerts-policy-edit"), "/console/policies", "adjustments"))
        (Table::new(&cx, &title)
            .column(Column::text(cx.t("alerts-detector")))
            .column(Column::text(cx.t("alerts-market")).quiet())
            .column(Column::text(cx.t("alerts-method")))
            .column(Column::text(cx.t("alerts-scope")))
            .column(Column::text(cx.t("alerts-level")))
            .column(Column::text(cx.t("alerts-mode")))
            .column(Column::number(cx.t("alerts-error-rate")))
            .column(Column::number(cx.ta("alerts-shadow-alerts", &[("days", SHADOW_DAYS.into())])))
            .column(Column::number(cx.t("alerts-shadow-cost")))
            .rows(all.iter().map(|one| row(&cx, one)))
            .empty(empty("adjustments", &cx.t("alerts-detectors-none"), "", None)))
        (card(&cx.t("alerts-sweeps"), sweeps_table(&cx, &sweeps)))
    };
    Ok(shell::console(&cx, &title, body))
}

fn row(cx: &View, one: &InForce) -> Row {
    let is_shadow = one.row.mode == Mode::Shadow;
    let cost = |value: String| if one.shadow_alerts == 0 && !is_shadow { "—".to_owned() } else { value };
    Row::new()
        .link(format!("/console/detectors/{}", one.row.id))
        .cell(text(cx, &one.row.body.title))
        .cell(&one.market)
        .cell(words::method(cx, one.policy.method))
        .cell(words::scope(cx, one.policy.scope))
        .cell(words::level(cx, one.policy.level))
        .cell(mode(cx, one.row.mode))
        .cell(cx.percent_to(one.policy.error_rate, 1))
        .cell(cost(cx.number(one.shadow_alerts)))
        .cell(cost(cx.money(one.shadow_cost_minor, "CNY")))
}

fn text<'t>(cx: &View, both: &'t policy::Bilingual) -> &'t str {
    if cx.lang().starts_with("zh") { &both.zh } else { &both.en }
}

fn mode(cx: &View, mode: Mode) -> Markup {
    match mode {
        Mode::Off => badge(Tone::Neutral, &cx.t("alerts-mode-off")),
        Mode::Shadow => badge(Tone::Info, &cx.t("alerts-mode-shadow")),
        Mode::Percentage(share) => {
            badge(Tone::Waiting, &cx.ta("alerts-mode-percentage", &[("share", i64::from(share).into())]))
        }
        Mode::On => badge(Tone::Good, &cx.t("alerts-mode-on")),
    }
}

fn sweeps_table(cx: &View, sweeps: &[Sweep]) -> Markup {
    let row = |sweep: &Sweep| {
        Row::new()
            .cell(&sweep.id)
            .cell(cx.moment(sweep.at))
            .cell(cx.number(sweep.keys))
            .cell(cx.number(sweep.candidates))
            .cell(cx.number(sweep.found))
            .cell(cx.number(sweep.raised))
            .cell(cx.number(sweep.repeated))
            .cell(cx.number(sweep.kept_away))
            .cell(cx.number(sweep.shadows))
            .cell(cx.number(sweep.left_out))
    };
    html! {
        (Table::new(cx, cx.t("alerts-sweeps"))
            .column(Column::text(cx.t("alerts-sweep")))
            .column(Column::text(cx.t("alerts-at")))
            .column(Column::number(cx.t("alerts-keys")))
            .column(Column::number(cx.t("alerts-candidates")).quiet())
            .column(Column::number(cx.t("alerts-found")))
            .column(Column::number(cx.t("alerts-raised-count")))
            .column(Column::number(cx.t("alerts-repeated")).quiet())
            .column(Column::number(cx.t("alerts-kept-away")).quiet())
            .column(Column::number(cx.t("alerts-shadows")))
            .column(Column::number(cx.t("alerts-left-out")).quiet())
            .rows(sweeps.iter().map(row))
            .empty(empty("clock", &cx.t("alerts-sweeps-none"), &cx.t("alerts-sweeps-none-help"), None)))
    }
}

pub(crate) async fn one(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    page(site.kernel(), (&cx, &actor), &id, &paging, &BTreeMap::new(), &FormErrors::none()).await
}

async fn page(
    kernel: &Kernel,
    (cx, actor): (&View, &Actor),
    id: &str,
    paging: &Paging,
    word: &BTreeMap<String, String>,
    errors: &FormErrors,
) -> Result<Markup, Failure> {
    let one = watching::one(kernel, actor, id).await?;
    let shadows = list::shadows(kernel, actor, Some(id), paging).await?;
    let trials = backtest::list(kernel, actor, Some(id)).await?;
    let title = text(cx, &one.row.body.title).to_owned();
    let today = day_of(kernel, kernel.now());
    let body = html! {
        (PageHeader::new(cx, &title).back(cx.t("alerts-detectors"), "/console/detectors").mark(mode(cx, one.row.mode)))
        div class="ts-columns" {
            div { (card(&cx.t("alerts-facts"), about(cx, &one))) }
            div { @for trial in &trials { (trial_card(cx, trial)) } (shadow_table(cx, &shadows)) }
            div { @if actor.may(Permission::AlertsDecide) { (card(&cx.t("alerts-backtest"), form(cx, &one, today, word, errors))) } }
        }
    };
    Ok(shell::console(cx, &title, body))
}

fn about(cx: &View, one: &InForce) -> Markup {
    let body = &one.row.body;
    let mut list = facts()
        .add(cx.t("alerts-detector"), &one.row.id)
        .add(cx.t("alerts-method"), words::method(cx, one.policy.method))
        .maybe(cx.t("alerts-measure"), one.policy.measure.map(|counted| words::measure(cx, counted)))
        .add(cx.t("alerts-scope"), words::scope(cx, one.policy.scope))
        .add(cx.t("alerts-level"), words::level(cx, one.policy.level))
        .add(cx.t("alerts-action"), words::action(cx, body.action))
        .add(cx.t("alerts-error-rate"), cx.percent_to(one.policy.error_rate, 1))
        .add(cx.t("alerts-minutes"), cx.number(body.minutes_per_alert));
    for (name, value) in one.policy.limits() {
        list = list.add(name, cx.decimal(value, if value.fract() == 0.0 { 0 } else { 3 }));
    }
    let shadow = cx.ta(
        "alerts-shadow-sum",
        &[
            ("alerts", one.shadow_alerts.to_string().as_str().into()),
            ("minutes", one.shadow_minutes.to_string().as_str().into()),
            ("cost", cx.money(one.shadow_cost_minor, "CNY").as_str().into()),
        ],
    );
    html! { (list) @if one.shadow_alerts > 0 { p { (shadow) } } }
}

fn shadow_table(cx: &View, shadows: &Page<Shadow>) -> Markup {
    let row = |shadow: &Shadow| {
        Row::new()
            .cell(&shadow.title)
            .cell(&shadow.subject.key)
            .cell(words::day(shadow.first_day))
            .cell(words::day(shadow.last_day))
            .cell(cx.number(shadow.times))
            .cell(cx.decimal(shadow.statistic, 2))
    };
    html! {
        (Table::new(cx, cx.t("alerts-shadows"))
            .column(Column::text(cx.t("alerts-what")))
            .column(Column::text(cx.t("alerts-key")))
            .column(Column::text(cx.t("alerts-first")))
            .column(Column::text(cx.t("alerts-last")))
            .column(Column::number(cx.t("alerts-times")))
            .column(Column::number(cx.t("alerts-statistic")))
            .rows(shadows.rows.iter().map(row))
            .empty(empty("eye", &cx.t("alerts-shadows-none"), &cx.t("alerts-shadows-none-help"), None))
            .paging(Pages::pages(cx, shadows.paging.page, shadows.pages(), shadows.total)))
    }
}

fn trial_card(cx: &View, trial: &Backtest) -> Markup {
    let asked = |name: &str| trial.asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let heading = format!("{} {} – {}", cx.t("alerts-backtest"), asked("from"), asked("until"));
    let Some(outcome) = &trial.outcome else {
        return card(&heading, html! { p { (badge(Tone::Waiting, &cx.t("alerts-trial-waiting"))) } });
    };
    if trial.state != "done" {
        let code = outcome.get("code").and_then(Value::as_str).unwrap_or_default().replace('_', "-");
        return card(
            &heading,
            html! { p { (badge(Tone::Danger, &cx.t("alerts-trial-failed"))) " " (cx.t(&format!("error-{code}"))) } },
        );
    }
    let number = |name: &str| outcome.get(name).and_then(Value::as_i64).unwrap_or_default();
    let agreement = outcome.get("agreement").and_then(Value::as_object).cloned().unwrap_or_default();
    let lines = outcome.get("lines").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut list = facts()
        .add(cx.t("alerts-keys"), cx.number(number("keys")))
        .add(
            cx.t("alerts-share-of-keys"),
            cx.percent(outcome.get("share_of_keys").and_then(Value::as_f64).unwrap_or(1.0)),
        )
        .add(cx.t("alerts-trial-alerts"), cx.number(number("alerts")))
        .add(cx.t("alerts-trial-new"), cx.number(number("new")))
        .add(cx.t("alerts-trial-not-rolled"), cx.number(number("not_rolled_out")))
        .add(cx.t("alerts-trial-minutes"), cx.number(number("minutes")))
        .add(cx.t("alerts-shadow-cost"), cx.money(number("cost_minor"), "CNY"));
    for (name, count) in &agreement {
        let key = format!("alerts-agreement-{}", name.replace('_', "-"));
        list = list.add(cx.t(&key), cx.number(count.as_i64().unwrap_or_default()));
    }
    let row = |line: &Value| {
        let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let figure =
            |name: &str| line.get(name).and_then(Value::as_f64).map(|value| cx.decimal(value, 2)).unwrap_or_default();
        Row::new()
            .cell(text("key"))
            .cell(text("first_day"))
            .cell(text("last_day"))
            .cell(figure("observed"))
            .cell(figure("expected"))
    };
    card(
        &heading,
        html! {
            (list)
            @if !lines.is_empty() {
                (Table::new(cx, &heading)
                    .column(Column::text(cx.t("alerts-key")))
                    .column(Column::text(cx.t("alerts-first")))
                    .column(Column::text(cx.t("alerts-last")))
                    .column(Column::number(cx.t("alerts-figure-observed")))
                    .column(Column::number(cx.t("alerts-figure-expected")))
                    .rows(lines.iter().take(LINES_MAX).map(row)))
            }
        },
    )
}

fn form(cx: &View, one: &InForce, today: i32, word: &BTreeMap<String, String>, errors: &FormErrors) -> Markup {
    let held = |name: &str, otherwise: String| word.get(name).cloned().unwrap_or(otherwise);
    let plain = |value: f64| value.to_string();
    let share = match one.row.mode {
        Mode::Percentage(share) => share.to_string(),
        _ => "100".to_owned(),
    };
    html! {
        p class="ts-muted" { (cx.t("alerts-backtest-help")) }
        (errors)
        (form_post(cx, &format!("/console/detectors/{}/backtest", one.row.id), html! {
            (Field::date(cx, "from", cx.t("alerts-from")).value(held("from", words::day(today - TRIAL_DAYS))).required().errors(errors))
            (Field::date(cx, "until", cx.t("alerts-through")).value(held("until", words::day(today - 1))).required().errors(errors))
            (Field::text(cx, "error_rate", cx.t("alerts-error-rate")).value(held("error_rate", plain(one.policy.error_rate))).errors(errors))
            (Field::number(cx, "rollout_percent", cx.t("alerts-rollout")).value(held("rollout_percent", share)).errors(errors))
            @for (name, value) in one.policy.limits() {
                (Field::text(cx, &format!("limit-{name}"), name).value(held(&format!("limit-{name}"), plain(value))).errors(errors))
            }
            (submit(&cx.t("alerts-backtest-run"), None))
        }))
    }
}

pub(crate) async fn backtest(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let asked = match read(&id, &word) {
        Ok(asked) => backtest::ask(site.kernel(), &actor, &asked).await.map(|_| ()),
        Err(problem) => Err(problem),
    };
    match asked {
        Ok(()) => Ok(redirect_with_flash(&format!("/console/detectors/{id}"), "alerts-done-backtest").into_response()),
        Err(problem) if !problem.faults.is_empty() => {
            let errors = FormErrors::of_problem(&cx, &problem);
            let page = page(site.kernel(), (&cx, &actor), &id, &Paging::default(), &word, &errors).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn read(id: &str, word: &BTreeMap<String, String>) -> kernel::Result<Asked> {
    let mut faults = Vec::new();
    let given = |name: &str| word.get(name).map(|text| text.trim()).filter(|text| !text.is_empty());
    let number = |name: &str, faults: &mut Vec<Fault>| -> Option<f64> {
        let read: Option<f64> = given(name)?.parse().ok().filter(|value: &f64| value.is_finite());
        if read.is_none() {
            faults.push(Fault::field(name, "alerts-number"));
        }
        read
    };
    let from = crate::api::date("from", Some(given("from").unwrap_or_default()), &mut faults);
    let until = crate::api::date("until", Some(given("until").unwrap_or_default()), &mut faults);
    let error_rate = number("error_rate", &mut faults);
    let rollout = number("rollout_percent", &mut faults);
    if rollout.is_some_and(|share| !(0.0..=100.0).contains(&share) || share.fract() != 0.0) {
        faults.push(Fault::field("rollout_percent", "alerts-percent"));
    }
    let mut limits = BTreeMap::new();
    for name in word.keys().filter_map(|name| name.strip_prefix("limit-")) {
        if let Some(value) = number(&format!("limit-{name}"), &mut faults) {
            limits.insert(name.to_owned(), value);
        }
    }
    Problem::check(faults)?;
    match (from, until) {
        (Some(from), Some(until)) => Ok(Asked {
            policy: id.to_owned(),
            error_rate,
            limits,
            rollout_percent: rollout.map(|share| share as u8),
            from,
            until,
        }),
        _ => Err(Problem::invalid_field("from", "alerts-date")),
    }
}
