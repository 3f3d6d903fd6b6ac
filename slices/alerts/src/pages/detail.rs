//! `/console/alerts/{id}`: facts left, the curve against its band in the middle, decisions right, what was done below.

use super::words;
use crate::decide;
use crate::list::{self, Case};
use crate::model::{Alert, Contribution, Ending, Reason};
use ::detectors::{Scope, Unit};
use axum::extract::State as FromState;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::{Actor, Kernel, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Chart, Choice, Column, Entry, Field, FormErrors, PageHeader, Row, Table, Timeline, Tone, alert, badge, card,
    confirm, facts, form_post, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, redirect_with_flash};

/// What a form of this page carries.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Word {
    closed_as: String,
    reason: String,
    note: String,
    suppress_until: String,
    until: String,
}

pub(crate) async fn show(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let case = list::one(site.kernel(), &actor, &id).await?;
    Ok(page(&cx, &actor, &case, &Word::default(), &FormErrors::none()))
}

async fn answer<T>(
    kernel: &Kernel,
    (cx, actor): (&View, &Actor),
    (id, flash): (&str, &str),
    word: &Word,
    done: Result<T, Problem>,
) -> Result<Response, Failure> {
    match done {
        Ok(_) => Ok(redirect_with_flash(&format!("/console/alerts/{id}"), flash).into_response()),
        Err(problem) if !problem.faults.is_empty() => {
            let case = list::one(kernel, actor, id).await?;
            let page = page(cx, actor, &case, word, &FormErrors::of_problem(cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(crate) async fn acknowledge(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let done = decide::acknowledge(site.kernel(), &actor, &id).await;
    answer(site.kernel(), (&cx, &actor), (&id, "alerts-done-acknowledged"), &word, done).await
}

pub(crate) async fn inspect(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let done = decide::request_inspection(site.kernel(), &actor, &id, &word.note).await;
    answer(site.kernel(), (&cx, &actor), (&id, "alerts-done-inspection"), &word, done).await
}

pub(crate) async fn stop(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let done = decide::stop_sale(site.kernel(), &actor, &id, &word.note).await;
    answer(site.kernel(), (&cx, &actor), (&id, "alerts-done-stopped"), &word, done).await
}

pub(crate) async fn close(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let done = match crate::api::closing(&word.closed_as, &word.reason, &word.note, Some(&word.suppress_until)) {
        Ok(closing) => decide::close(site.kernel(), &actor, &id, &closing).await.map(|_| ()),
        Err(problem) => Err(problem),
    };
    answer(site.kernel(), (&cx, &actor), (&id, "alerts-done-closed"), &word, done).await
}

pub(crate) async fn suppress(
    FromState(site): FromState<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let mut faults = Vec::new();
    let until = crate::api::date("until", Some(&word.until), &mut faults);
    let done = match (Problem::check(faults), until) {
        (Ok(()), Some(until)) => decide::suppress(site.kernel(), &actor, &id, until, &word.note).await.map(|_| ()),
        (Err(problem), _) => Err(problem),
        (Ok(()), None) => Err(Problem::invalid_field("until", "alerts-date")),
    };
    answer(site.kernel(), (&cx, &actor), (&id, "alerts-done-suppressed"), &word, done).await
}

fn page(cx: &View, actor: &Actor, case: &Case, word: &Word, errors: &FormErrors) -> Markup {
    let one = &case.alert;
    let title = words::title(cx, one);
    let body = html! {
        (PageHeader::new(cx, &title).back(cx.t("alerts-title"), "/console/alerts").mark(words::state(cx, one)))
        div class="ts-columns" {
            div {
                (card(&cx.t("alerts-facts"), about(cx, one)))
                @if !case.beside.is_empty() { (card(&cx.t("alerts-neighbours"), others(cx, &case.beside))) }
                @if !case.earlier.is_empty() { (card(&cx.t("alerts-earlier"), others(cx, &case.earlier))) }
            }
            div {
                @for (place, contribution) in one.contributions.iter().enumerate() { (evidence(cx, place, contribution)) }
            }
            div { (decision(cx, actor, case, word, errors)) }
        }
        (card(&cx.t("alerts-timeline"), timeline(cx, case)))
    };
    shell::console(cx, &title, body)
}

fn about(cx: &View, one: &Alert) -> Markup {
    let merchant = one.merchant();
    html! {
        (facts()
            .add(cx.t("alerts-what"), words::subject(cx, one))
            .add(cx.t("alerts-scope"), words::scope(cx, one.subject.scope))
            .add(cx.t("alerts-key"), words::key(&one.subject))
            .maybe(cx.t("alerts-merchant"), (!merchant.is_empty()).then(|| html! { a href={ "/console/merchants/" (merchant) } { (merchant) } }))
            .maybe(cx.t("alerts-category"), (!one.about.category.is_empty()).then(|| html! { a href={ "/console/alerts?category=" (one.about.category) } { (one.about.category) } }))
            .add(cx.t("alerts-family"), words::family(cx, one.family))
            .add(cx.t("alerts-level"), words::level(cx, one.level))
            .add(cx.t("alerts-since"), words::day(one.since_day))
            .add(cx.t("alerts-last"), words::day(one.last_day))
            .add(cx.t("alerts-times"), cx.number(one.times))
            .add(cx.t("alerts-raised"), cx.moment(one.raised_at))
            .maybe(cx.t("alerts-handler"), one.handler.as_deref())
            .maybe(cx.t("alerts-warning"), one.warning_id.as_ref().map(|id| html! { a href={ "/console/scans/" (id) } { (cx.t("alerts-warning-open")) } })))
        (signals(cx, one))
    }
}

/// Where the signals behind it can be read.
fn signals(cx: &View, one: &Alert) -> Markup {
    let column = match one.subject.scope {
        Scope::Product => "product",
        Scope::Lot => "lot",
        Scope::Merchant | Scope::Category => "merchant",
    };
    let local = one.subject.local().replace('\'', "''");
    let merchant = one.merchant().replace('\'', "''");
    let query = if one.subject.scope == Scope::Merchant {
        format!("SELECT * FROM signals WHERE merchant = '{merchant}' ORDER BY at DESC LIMIT 200")
    } else {
        format!(
            "SELECT * FROM signals WHERE merchant = '{merchant}' AND {column} = '{local}' ORDER BY at DESC LIMIT 200"
        )
    };
    html! {
        @if one.subject.scope != Scope::Category {
            details {
                summary { (cx.t("alerts-signals")) }
                p class="ts-muted" { (cx.t("alerts-signals-help")) }
                (ui::parts::copyable(cx, &query))
            }
        }
    }
}

fn evidence(cx: &View, place: usize, contribution: &Contribution) -> Markup {
    let finding = &contribution.finding;
    let heading = match finding.measure {
        Some(counted) => format!("{} · {}", words::measure(cx, counted), words::method(cx, finding.method)),
        None => words::method(cx, finding.method),
    };
    let row = |figure: &::detectors::Figure| {
        let mark = if figure.against {
            badge(Tone::Danger, &cx.t("alerts-against"))
        } else {
            html! {}
        };
        Row::new()
            .cell(words::figure_name(cx, figure))
            .cell(words::figure_value(cx, figure.name, figure.value))
            .cell(figure.limit.map(|limit| words::figure_value(cx, figure.name, limit)).unwrap_or_default())
            .cell(mark)
    };
    let body = html! {
        p { (sentence(cx, contribution)) }
        p class="ts-muted" { (promise(cx, contribution)) }
        @if !finding.curve.points.is_empty() { (curve(cx, place, contribution)) }
        (Table::new(cx, cx.t("alerts-contributions"))
            .column(Column::text(cx.t("alerts-figure")))
            .column(Column::number(cx.t("alerts-value")))
            .column(Column::number(cx.t("alerts-limit")))
            .column(Column::text(""))
            .rows(finding.figures.iter().map(row)))
        p class="ts-muted" { (cx.ta("alerts-by-policy", &[("policy", finding.policy.as_str().into())])) " "
            a href={ "/console/detectors/" (finding.policy) } { (cx.t("alerts-policy-open")) } }
    };
    card(&heading, body)
}

/// What was seen, compared to what, since when.
pub(crate) fn sentence(cx: &View, contribution: &Contribution) -> String {
    let finding = &contribution.finding;
    let observed = words::amount(cx, plain(finding.curve.unit), finding.observed);
    let expected = words::amount(cx, plain(finding.curve.unit), finding.expected);
    let ratio = finding.ratio().map_or_else(|| "—".to_owned(), |ratio| cx.decimal(ratio, 1));
    let since = words::day(finding.since_day);
    cx.ta(
        &format!("alerts-says-{}", finding.method.name().replace('_', "-")),
        &[
            ("observed", observed.as_str().into()),
            ("expected", expected.as_str().into()),
            ("ratio", ratio.as_str().into()),
            ("since", since.as_str().into()),
        ],
    )
}

/// Observed and expected are counts where the curve shows a share.
fn plain(unit: Unit) -> Unit {
    if unit == Unit::Share { Unit::Count } else { unit }
}

fn promise(cx: &View, contribution: &Contribution) -> String {
    let finding = &contribution.finding;
    let rate = cx.percent_to(finding.error_rate, 1);
    let statistic = cx.decimal(finding.statistic, 2);
    let threshold = cx.decimal(finding.threshold, 2);
    cx.ta(
        &format!("alerts-promise-{}", finding.promise.name().replace('_', "-")),
        &[
            ("rate", rate.as_str().into()),
            ("statistic", statistic.as_str().into()),
            ("threshold", threshold.as_str().into()),
        ],
    )
}

/// The curve of the key against the band of its cohort, with the day it crossed.
pub(crate) fn curve(cx: &View, place: usize, contribution: &Contribution) -> Markup {
    let finding = &contribution.finding;
    let curve = &finding.curve;
    let scale = if curve.unit == Unit::Minor { 0.01 } else { 1.0 };
    let days = curve.points.iter().map(|point| words::day(point.day)).collect();
    let of = |value: fn(&::detectors::Point) -> Option<f64>| -> Vec<Option<f64>> {
        curve.points.iter().map(|point| value(point).map(|value| value * scale)).collect()
    };
    let band = cx.percent(curve.band);
    let name = cx.ta("alerts-band", &[("share", band.as_str().into())]);
    let own = cx.t(&format!("alerts-curve-{}", curve.unit.name()));
    let mut chart = Chart::new(cx, &format!("curve-{place}"), cx.t("alerts-curve"), cx.t("alerts-day"), days)
        .band(name, of(|point| Some(point.low)), of(|point| Some(point.high)))
        .line(own, of(|point| point.value))
        .decimals(2);
    if curve.unit == Unit::Share {
        chart = chart.percent();
    }
    let crossed = curve.crossed.and_then(|day| curve.points.iter().position(|point| point.day == day));
    if let Some(at) = crossed {
        chart = chart.moment(cx.t("alerts-crossed"), at);
    }
    let began = curve.points.iter().position(|point| point.day == finding.since_day);
    if let Some(at) = began.filter(|at| crossed != Some(*at)) {
        chart = chart.moment(cx.t("alerts-began"), at);
    }
    html! { (chart) }
}

fn others(cx: &View, others: &[Alert]) -> Markup {
    html! {
        ul {
            @for other in others {
                li { a href={ "/console/alerts/" (other.id) } { (words::title(cx, other)) } " " (words::state(cx, other)) " " (super::list::ratio(cx, other)) }
            }
        }
    }
}

fn decision(cx: &View, actor: &Actor, case: &Case, word: &Word, errors: &FormErrors) -> Markup {
    let one = &case.alert;
    let done = html! {
        @if let Some(at) = one.inspection_at { p { (cx.t("alerts-inspection-at")) " " (cx.moment(at)) } }
        @if let Some(at) = one.stopped_at { p { (cx.t("alerts-stopped-at")) " " (cx.moment(at)) } }
        @if let Some(held) = &case.suppression { p { (cx.t("alerts-suppressed-until")) " " (cx.moment(held.until)) } }
    };
    if !one.state.is_standing() {
        let by = one.closed_by.as_deref().unwrap_or_default();
        let reason = one.reason.map(|reason| reason_text(cx, reason)).unwrap_or_default();
        return card(
            &cx.t("alerts-decision"),
            html! {
                p { (words::state(cx, one)) }
                p { (reason) }
                @if !one.note.is_empty() { p { (one.note) } }
                (done)
                p class="ts-muted" { (by) " " @if let Some(at) = one.closed_at { (cx.moment(at)) } }
            },
        );
    }
    if !actor.may(Permission::AlertsDecide) {
        let note = alert(Tone::Info, "", cx.t("alerts-decision-others"));
        return card(&cx.t("alerts-decision"), html! { (done) (note) });
    }
    card(
        &cx.t("alerts-decision"),
        html! {
            p { (cx.t("alerts-proposed")) " " strong { (words::action(cx, one.action)) } }
            (done)
            (errors)
            (buttons(cx, one, word, errors))
            (closing_form(cx, one, word, errors))
            (suppress_form(cx, one, word, errors))
        },
    )
}

fn buttons(cx: &View, one: &Alert, word: &Word, errors: &FormErrors) -> Markup {
    let path = |step: &str| format!("/console/alerts/{}/{step}", one.id);
    let note = |required: bool| {
        let field = Field::textarea(cx, "note", cx.t("alerts-note"), 3).value(&word.note).errors(errors);
        if required { field.required() } else { field }
    };
    let stoppable = matches!(one.subject.scope, Scope::Product | Scope::Lot) && one.stopped_at.is_none();
    html! {
        @if one.acknowledged_at.is_none() {
            (form_post(cx, &path("acknowledge"), html! { (submit(&cx.t("alerts-acknowledge"), None)) }))
        }
        @if one.inspection_at.is_none() {
            (confirm(&cx.t("alerts-inspect"), "eye", false, form_post(cx, &path("inspect"), html! {
                (note(false))
                (submit(&cx.t("alerts-inspect"), None))
            })))
        }
        @if stoppable {
            (confirm(&cx.t("alerts-stop"), "ban", true, form_post(cx, &path("stop"), html! {
                p { (cx.t("alerts-stop-help")) }
                (note(true))
                (submit(&cx.t("alerts-stop"), None))
            })))
        }
    }
}

/// A reason in words.
pub(crate) fn reason_text(cx: &View, reason: Reason) -> String {
    cx.t(&format!("alerts-reason-{}", reason.name().replace('_', "-")))
}

fn closing_form(cx: &View, one: &Alert, word: &Word, errors: &FormErrors) -> Markup {
    let endings = Ending::ALL
        .iter()
        .map(|ending| {
            Choice::new(ending.name(), words::ending(cx, *ending))
                .hint(cx.t(&format!("alerts-ending-hint-{}", ending.name())))
        })
        .collect();
    let reasons = Reason::ALL.iter().map(|reason| Choice::new(reason.name(), reason_text(cx, *reason))).collect();
    confirm(
        &cx.t("alerts-close"),
        "check",
        false,
        form_post(
            cx,
            &format!("/console/alerts/{}/close", one.id),
            html! {
                (Field::radios(cx, "closed_as", cx.t("alerts-ending"), endings).value(&word.closed_as).required().errors(errors))
                (Field::select(cx, "reason", cx.t("alerts-reason"), reasons).value(&word.reason).required().errors(errors))
                (Field::textarea(cx, "note", cx.t("alerts-note"), 3).value(&word.note).errors(errors))
                (Field::date(cx, "suppress_until", cx.t("alerts-suppress-until")).value(&word.suppress_until).errors(errors))
                (submit(&cx.t("alerts-close"), None))
            },
        ),
    )
}

fn suppress_form(cx: &View, one: &Alert, word: &Word, errors: &FormErrors) -> Markup {
    confirm(
        &cx.t("alerts-suppress"),
        "clock",
        false,
        form_post(
            cx,
            &format!("/console/alerts/{}/suppress", one.id),
            html! {
                p { (cx.t("alerts-suppress-help")) }
                (Field::date(cx, "until", cx.t("alerts-until")).value(&word.until).required().errors(errors))
                (Field::textarea(cx, "note", cx.t("alerts-reason"), 3).value(&word.note).required().errors(errors))
                (submit(&cx.t("alerts-suppress"), None))
            },
        ),
    )
}

fn timeline(cx: &View, case: &Case) -> Markup {
    let mut line = Timeline::new(cx);
    for act in &case.acts {
        let entry =
            Entry::new(act.at, cx.t(&format!("alerts-act-{}", act.kind.replace(['.', '_'], "-")))).who(&act.actor);
        let entry = if act.leaf_index.is_some() { entry.proof(format!("/console/ledger/{}", act.id)) } else { entry };
        line = line.entry(entry);
    }
    html! { (line) }
}
