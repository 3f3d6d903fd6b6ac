//! A trial's progress and cost, the listings it hit, and what an activation did to the shelf.

use axum::extract::State;
use axum::response::Response;
use kernel::{Page, Paging as Asked};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::*;
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Path, Query, Signed, Site};

use super::{decision_text, market_name, may_manage, row_href};
use crate::model::*;
use crate::{trial as trials, versions};

/// Rows of an exported list of hits.
const CSV_ROWS_MAX: u64 = 100_000;

#[derive(Deserialize)]
pub(crate) struct HitFilter {
    show: Option<String>,
}

impl HitFilter {
    /// Only the listings whose decision would be another, unless all are asked for.
    fn changing(&self) -> bool {
        self.show.as_deref() != Some("all")
    }
}

pub(crate) async fn trial(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(filter): Query<HitFilter>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let (trial, merchants_hit, merchants_changed) = trials::read(kernel, &actor, &id).await?;
    let hits = trials::hits(kernel, &actor, &id, filter.changing(), &paging).await?;
    let title = cx.t("policies-trial");
    let running = trial.state == TrialState::Running;
    let body = html! {
        (PageHeader::new(&cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(&cx, &trial.market), format!("/console/policies/{}", trial.market))
            .back(cx.t("policies-version"), format!("/console/policy-versions/{}", trial.version_id))
            .lead(cx.t("policies-trial-lead")))
        (progress_part(&cx, &trial, merchants_hit, merchants_changed))
        @if running && may_manage(&cx) {
            (form_post(&cx, &format!("/console/policy-trials/{id}/stop"), submit(&cx.t("policies-trial-stop"), None)))
        }
        (by_rule(&cx, &trial))
        (FilterBar::new(&cx).choice("show", cx.t("policies-hits"), vec![
            ("changing".to_owned(), cx.t("policies-hits-changing")),
            ("all".to_owned(), cx.t("policies-hits-all")),
        ]))
        (hits_table(&cx, &trial.market, &hits).export("CSV", &format!("/console/policy-trials/{id}/hits.csv")))
    };
    Ok(shell::console(&cx, &title, body))
}

/// The numbers; while it runs they renew themselves.
fn progress_part(cx: &View, trial: &Trial, merchants_hit: u64, merchants_changed: u64) -> Markup {
    let numbers = cost_summary(cx, trial, merchants_hit, merchants_changed);
    if trial.state != TrialState::Running {
        return html! { div id="trial-progress" { (numbers) } };
    }
    html! {
        div id="trial-progress" hx-get={ "/console/policy-trials/" (trial.id) } hx-trigger="every 2s"
            hx-select="#trial-progress" hx-swap="outerHTML" { (numbers) }
    }
}

/// What a version would cost, in numbers.
pub(super) fn cost_summary(cx: &View, trial: &Trial, merchants_hit: u64, merchants_changed: u64) -> Markup {
    let cost = &trial.cost;
    let n = |value: u64| cx.number(value as i128);
    let prices: Vec<String> = cost
        .off_sale_minor
        .iter()
        .filter(|(currency, _)| !currency.is_empty())
        .map(|(currency, minor)| cx.money(*minor, currency))
        .collect();
    html! {
        p { (state_mark(cx, trial)) @if let Some(at) = trial.finished_at { " " (cx.moment(at)) } }
        @if trial.state == TrialState::Running { (progress(cx, &cx.t("policies-trial-progress"), trial.done, trial.total)) }
        @if let Some(failure) = &trial.failure { (alert(Tone::Danger, &cx.t("policies-trial-failed"), html! { pre tabindex="0" { (failure) } })) }
        div class="ts-tiles" {
            (Tile::new(cx.t("policies-cost-hit"), n(cost.hit)).note(cx.ta("policies-cost-of", &[("count", n(cost.on_sale).into())])))
            (Tile::new(cx.t("policies-cost-changed"), n(cost.changed)))
            (Tile::new(cx.t("policies-cost-merchants"), n(merchants_hit)).note(cx.ta("policies-cost-merchants-changed", &[("count", n(merchants_changed).into())])))
        }
        (facts()
            .add(format!("{} → {}", decision_text(cx, "pass"), decision_text(cx, "review")), n(cost.pass_to_review))
            .add(format!("{} → {}", decision_text(cx, "pass"), decision_text(cx, "reject")), n(cost.pass_to_reject))
            .add(format!("{} → {}", decision_text(cx, "review"), decision_text(cx, "reject")), n(cost.review_to_reject))
            .add(cx.t("policies-cost-relieved"), n(cost.relieved))
            .maybe(cx.t("policies-cost-prices"), (!prices.is_empty()).then(|| prices.join(" + "))))
    }
}

fn state_mark(cx: &View, trial: &Trial) -> Markup {
    let text = cx.t(&format!("policies-trial-{}", trial.state.name()));
    match trial.state {
        TrialState::Running => status(Tone::Info, "clock", &text),
        TrialState::Finished => status(Tone::Good, "check", &text),
        TrialState::Stopped => badge(Tone::Neutral, &text),
        TrialState::Failed => badge(Tone::Danger, &text),
    }
}

fn by_rule(cx: &View, trial: &Trial) -> Markup {
    let mut rules: Vec<(&String, &u64)> = trial.cost.by_rule.iter().collect();
    rules.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    html! {
        @if !rules.is_empty() {
            (Table::new(cx, cx.t("policies-hits-by-rule"))
                .column(Column::text(cx.t("policies-row")))
                .column(Column::number(cx.t("policies-cost-hit")))
                .rows(rules.into_iter().take(200).map(|(rule, count)| Row::new()
                    .link(row_href(&trial.market, rule))
                    .cell(html! { code { (rule) } })
                    .cell(cx.number(*count as i128)))))
        }
    }
}

fn hits_table<'a>(cx: &'a View, market: &str, hits: &Page<Hit>) -> Table<'a> {
    Table::new(cx, cx.t("policies-hits"))
        .column(Column::text(cx.t("policies-listing")))
        .column(Column::text(cx.t("policies-decision-before")))
        .column(Column::text(cx.t("policies-decision-after")))
        .column(Column::text(cx.t("policies-rows")).quiet())
        .column(Column::text(cx.t("policies-merchant")).quiet())
        .rows(hits.rows.iter().map(|hit| {
            Row::new()
                .link(format!("/console/listings/{}", hit.listing_id))
                .cell(&hit.title)
                .cell(decision_text(cx, &hit.before))
                .cell(decision_text(cx, &hit.after))
                .cell(html! { @for rule in &hit.rules { a href=(row_href(market, rule)) { code { (rule) } } " " } })
                .cell(html! { a href={ "/console/merchants/" (hit.merchant_id) } { (hit.merchant_id) } })
        }))
        .empty(empty("check", &cx.t("policies-hits-none"), &cx.t("policies-hits-none-help"), None))
        .paging(Paging::pages(cx, hits.paging.page, hits.pages(), hits.total))
}

pub(crate) async fn stop_trial(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<web::Redirect, Failure> {
    trials::stop(site.kernel(), &actor, &id).await?;
    Ok(web::redirect(&format!("/console/policy-trials/{id}")))
}

pub(crate) async fn trial_csv(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(filter): Query<HitFilter>,
) -> Result<Response, Failure> {
    let header = [
        "policies-listing",
        "policies-title-column",
        "policies-merchant",
        "policies-decision-before",
        "policies-decision-after",
        "policies-rows",
    ];
    let mut csv = web::csv::Writer::new(header.map(|key| cx.t(key)));
    let rows_a_page = ground::limits::PAGE_ROWS_MAX;
    for page in 1..=CSV_ROWS_MAX.div_ceil(rows_a_page) {
        let found = trials::hits(site.kernel(), &actor, &id, filter.changing(), &Asked::new(page, rows_a_page)).await?;
        for hit in &found.rows {
            let rules = hit.rules.join(" ");
            csv.row([&hit.listing_id, &hit.title, &hit.merchant_id, &hit.before, &hit.after, &rules]);
        }
        if page >= found.pages() {
            break;
        }
    }
    Ok(csv.download("trial.csv")?)
}

pub(crate) async fn affected(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(market): Path<String>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let (active, _) = versions::active(kernel, &actor, &market).await?;
    let rescreen = listings::rescreens(kernel, &actor).await?.into_iter().find(|one| one.cause == active.act_id);
    let changed = crate::activation::affected(kernel, &actor, &active, rescreen.as_ref(), &paging).await?;
    let title = cx.t("policies-affected");
    let body = html! {
        (PageHeader::new(&cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(&cx, &market), format!("/console/policies/{market}"))
            .back(cx.t("policies-version"), format!("/console/policy-versions/{}", active.version_id))
            .lead(cx.t("policies-affected-lead")))
        (rescreen_part(&cx, &market, rescreen.as_ref()))
        (affected_table(&cx, &changed))
    };
    Ok(shell::console(&cx, &title, body))
}

fn rescreen_part(cx: &View, market: &str, rescreen: Option<&listings::Rescreen>) -> Markup {
    let href = format!("/console/policies/{market}/affected");
    let Some(one) = rescreen else {
        return html! {
            div id="rescreen" hx-get=(href) hx-trigger="every 2s" hx-select="#rescreen" hx-swap="outerHTML" {
                (alert(Tone::Info, &cx.t("policies-rescreen-waiting"), cx.t("policies-rescreen-waiting-help")))
            }
        };
    };
    let n = |value: u64| cx.number(value as i128);
    let numbers = html! {
        @if one.running { (progress(cx, &cx.t("policies-rescreen-progress"), one.done, one.total)) }
        @else { p { (status(Tone::Good, "check", &cx.t("policies-rescreen-finished"))) } }
        div class="ts-tiles" {
            (Tile::new(cx.t("policies-rescreen-done"), n(one.done)))
            (Tile::new(cx.t("policies-rescreen-changed"), n(one.changed)))
            (Tile::new(cx.t("policies-rescreen-off"), n(one.taken_off)))
        }
    };
    if one.running {
        return html! {
            div id="rescreen" hx-get=(href) hx-trigger="every 2s" hx-select="#rescreen" hx-swap="outerHTML" { (numbers) }
        };
    }
    html! { div id="rescreen" { (numbers) } }
}

fn affected_table<'a>(cx: &'a View, changed: &Page<crate::activation::Affected>) -> Table<'a> {
    Table::new(cx, cx.t("policies-affected"))
        .column(Column::text(cx.t("policies-listing")))
        .column(Column::text(cx.t("policies-decision-after")))
        .column(Column::text(cx.t("policies-when-changed")).quiet())
        .rows(changed.rows.iter().map(|one| {
            let act = &one.act;
            let decision = act.public_text("outcome").or_else(|| act.public_text("decision")).unwrap_or("");
            let known = ["pass", "review", "reject"].contains(&decision);
            Row::new()
                .link(format!("/console/listings/{}", act.subject.id))
                .cell(&one.title)
                .cell(if known { decision_text(cx, decision) } else { decision.to_owned() })
                .cell(cx.moment(act.at))
        }))
        .empty(empty("check", &cx.t("policies-affected-none"), &cx.t("policies-affected-none-help"), None))
        .paging(Paging::pages(cx, changed.paging.page, changed.pages(), changed.total))
}
