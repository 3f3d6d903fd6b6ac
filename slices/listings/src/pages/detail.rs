//! One listing in the console: facts left, evidence in the middle, decision right, versions, screenings and acts below.

use super::banks::recall_of;
use super::content::version_cards;
use super::measure::{self, MeasureForm};
use super::own::{change_table, said_before};
use super::parts::{
    Show, Told, cause_text, decision_mark, finding_list, history, major, price_text, proof_path, state_mark,
    version_mark,
};
use super::words::{Words, market_text};
use crate::model::{Run, Version};
use crate::versions::{Detail, Evidence};
use axum::extract::State;
use ground::Problem;
use kernel::{Actor, Kernel, Permission};
use maud::{Markup, html};
use screening::Finding;
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, StripPlot, Table, Tone, badge, card, empty, facts, form_get,
    hash, submit,
};
use web::{Cx, Failure, Path, Query, Signed, Site};

/// Which version is shown and which two are compared, by number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    version: Option<i64>,
    from: Option<i64>,
    to: Option<i64>,
}

/// Everything the page shows.
pub(super) struct Whole {
    pub detail: Detail,
    evidence: Evidence,
    runs: Vec<Run>,
    words: Words,
    pub may_decide: bool,
    reads_ledger: bool,
    may_recall: bool,
}

impl Whole {
    /// The findings of the version that is shown, as the list shows them.
    pub(super) fn findings(&self) -> &[Finding] {
        self.evidence.run.as_ref().map_or(&[], |run| &run.findings)
    }
}

pub(super) async fn load(kernel: &Kernel, actor: &Actor, id: &str, number: Option<i64>) -> kernel::Result<Whole> {
    let detail = crate::detail(kernel, actor, id).await?;
    let wanted = |version: &&Version| number.is_none_or(|number| version.number == number);
    let version = detail.versions.iter().find(wanted).ok_or_else(Problem::not_found)?;
    let evidence = crate::version(kernel, actor, &version.id).await?;
    Ok(Whole {
        words: Words::of(kernel, &detail.listing.market),
        runs: crate::past_runs(kernel, actor, id).await?,
        may_decide: actor.may(Permission::ListingsDecide),
        reads_ledger: actor.may(Permission::LedgerRead),
        may_recall: actor.may(Permission::RecallsManage),
        evidence,
        detail,
    })
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    let whole = load(site.kernel(), &actor, &id, asked.version).await?;
    Ok(page(&cx, &whole, &asked, &MeasureForm::default(), &FormErrors::none()))
}

pub(super) fn page(cx: &View, whole: &Whole, asked: &Asked, typed: &MeasureForm, errors: &FormErrors) -> Markup {
    let (listing, version) = (&whole.detail.listing, &whole.evidence.version);
    let findings = whole.findings();
    let past = said_before(&whole.runs);
    let told = Told { words: &whole.words, findings: &past, versions: &whole.detail.versions };
    let merchant = format!("/console/merchants/{}", listing.merchant_id);
    ui::shell::console(
        cx,
        &listing.title,
        html! {
            (PageHeader::new(cx, listing.title.clone()).back(cx.t("listings-title"), "/console/listings")
                .back(whole.evidence.merchant.name.clone(), merchant).mark(state_mark(cx, listing.state)))
            (errors)
            div class="ts-columns" {
                div { (facts_card(cx, whole)) (merchant_card(cx, whole)) }
                div {
                    (screening_card(cx, whole))
                    (version_cards(cx, &whole.words, version, findings))
                    (prices_card(cx, whole))
                    (similar_card(cx, whole))
                }
                div class="ts-sticky" { (measure::card_of(cx, whole, typed, errors)) }
            }
            (versions_table(cx, whole))
            (compare_card(cx, whole, asked))
            (runs_card(cx, whole))
            (card(&cx.t("listings-history"), history(cx, &whole.detail.acts, &told)))
        },
    )
}

fn facts_card(cx: &View, whole: &Whole) -> Markup {
    let (listing, version) = (&whole.detail.listing, &whole.evidence.version);
    let mut table = facts()
        .add(cx.t("listings-id"), hash(cx, &listing.id))
        .add(cx.t("listings-field-external-id"), &listing.external_id)
        .add(cx.t("listings-market"), market_text(cx, &listing.market))
        .add(cx.t("listings-field-category"), whole.words.category(cx, &version.content.category))
        .add(cx.t("listings-version"), html! { (cx.number(version.number)) " " (version_mark(cx, version.state)) })
        .add(cx.t("listings-content-hash"), hash(cx, &version.content_hash))
        .add(cx.t("listings-created"), cx.moment(listing.created_at))
        .add(cx.t("listings-updated"), cx.moment(listing.updated_at));
    if let Some(act) = &listing.on_sale_act_id {
        table = table.add(cx.t("listings-on-sale-by"), html! { a href=(proof_path(act)) { (cx.t("listings-proof")) } });
    }
    card(
        &cx.t("listings-facts"),
        html! {
            (table)
            @if !whole.detail.holds.is_empty() {
                h3 { (cx.t("listings-holds")) }
                ul class="ts-stack" {
                    @for hold in &whole.detail.holds {
                        li { (cause_text(cx, hold.cause)) " " span class="ts-muted" { (cx.date(hold.since)) " " (hold.reason) } " "
                            a href=(proof_path(&hold.act_id)) { (cx.t("listings-proof")) } }
                    }
                }
            }
        },
    )
}

fn merchant_card(cx: &View, whole: &Whole) -> Markup {
    let merchant = &whole.evidence.merchant;
    let standing = &whole.detail.standing;
    card(
        &cx.t("listings-merchant"),
        html! {
            p { a href={ "/console/merchants/" (whole.detail.listing.merchant_id) } { (merchant.name) } }
            @if standing.may_sell { (badge(Tone::Good, &cx.t("listings-may-sell"))) } @else {
                (badge(Tone::Danger, &cx.t("listings-may-not-sell-short")))
                ul { @for code in &standing.missing { li { (whole.words.missing(cx, code)) } } }
            }
            @let table = merchant.listings.iter().fold(facts(), |table, (state, n)| table.add(cx.t(&state.message_id()), cx.number(*n)));
            (table)
            p { a href={ "/console/listings?merchant=" (whole.detail.listing.merchant_id) } { (cx.t("listings-of-merchant")) } }
        },
    )
}

fn screening_card(cx: &View, whole: &Whole) -> Markup {
    let Some(run) = &whole.evidence.run else {
        return card(&cx.t("listings-screening"), html! { p class="ts-muted" { (cx.t("listings-not-screened")) } });
    };
    card(
        &cx.t("listings-screening"),
        html! {
            p { (decision_mark(cx, run.decision)) " " (cx.moment(run.at)) " " a href=(proof_path(&run.act_id)) { (cx.t("listings-proof")) } }
            (finding_list(cx, &run.findings, Show { staff: true, market: &whole.detail.listing.market }))
            @if let Some(to) = recall_of_notice(whole, &run.findings) {
                p { a class="btn" href=(to) { (ui::icon("alert-triangle")) (cx.t("listings-recall-open")) } }
            }
            @if !run.cleared.is_empty() {
                details {
                    summary { (cx.ta("listings-cleared", &[("n", (run.cleared.len() as i64).into())])) }
                    ul { @for cleared in &run.cleared { li { q { (cleared.text) } " " span class="ts-muted" { (cleared.rule) " · " (cleared.exemption) } } } }
                }
            }
        },
    )
}

/// Where a public notice matched, whoever steers recalls may open one from it.
fn recall_of_notice(whole: &Whole, findings: &[Finding]) -> Option<String> {
    let matched = findings.iter().any(|finding| finding.check == screening::Check::Recalls);
    let gtin = &whole.evidence.version.content.gtin;
    recall_of(gtin).filter(|_| matched && whole.may_recall)
}

fn prices_card(cx: &View, whole: &Whole) -> Markup {
    let content = &whole.evidence.version.content;
    let Some(price) = content.price_minor else { return html! {} };
    let plot = StripPlot::new(cx, cx.t("listings-comparable"), |cx, value| cx.decimal(value, 2))
        .subject(cx.t("listings-this"), major(price, &content.currency));
    let plot = whole.evidence.comparable.iter().fold(plot, |plot, other| {
        plot.point(
            &other.title,
            major(other.price_minor, &content.currency),
            Some(format!("/console/listings/{}", other.listing_id)),
        )
    });
    card(
        &cx.t("listings-comparable"),
        html! {
            (plot)
            @if !whole.detail.prices.is_empty() {
                details {
                    summary { (cx.t("listings-price-history")) }
                    @let table = whole.detail.prices.iter().rev().take(60)
                        .fold(facts(), |table, (day, minor)| table.add(day, price_text(cx, Some(*minor), &content.currency)));
                    (table)
                }
            }
        },
    )
}

fn similar_card(cx: &View, whole: &Whole) -> Markup {
    let similar = &whole.evidence.similar;
    if similar.is_empty() {
        return html! {};
    }
    card(
        &cx.t("listings-similar"),
        html! {
            ul class="ts-stack" {
                @for past in similar {
                    li {
                        @let state = crate::VersionState::from_name(&past.outcome);
                        @if let Some(state) = state { (version_mark(cx, state)) " " }
                        a href={ "/console/listings/" (past.listing_id) } { (past.title) } " " (cx.date(past.at)) " "
                        @if whole.reads_ledger { a href=(proof_path(&past.act_id)) { (cx.t("listings-proof")) } }
                    }
                }
            }
        },
    )
}

fn versions_table(cx: &View, whole: &Whole) -> Markup {
    let on_sale = whole.detail.listing.on_sale_version_id.as_deref();
    let rows = whole.detail.versions.iter().map(|version| {
        Row::new()
            .link(format!("/console/listings/{}?version={}", version.listing_id, version.number))
            .cell(cx.ta("listings-version-n", &[("n", version.number.into())]))
            .cell(html! {
                (version_mark(cx, version.state))
                @if on_sale == Some(version.id.as_str()) { " " (badge(Tone::Good, &cx.t("listings-state-on-sale"))) }
            })
            .cell(&version.content.title)
            .cell(price_text(cx, version.content.price_minor, &version.content.currency))
            .cell(cx.moment(version.created_at))
            .cell(html! { @match version.decided_at { Some(at) => (cx.moment(at)), None => "—" } })
    });
    let table = Table::new(cx, cx.t("listings-versions"))
        .column(Column::text(cx.t("listings-version")))
        .column(Column::text(cx.t("listings-state")))
        .column(Column::text(cx.t("listings-field-title")))
        .column(Column::number(cx.t("listings-field-price-minor")).quiet())
        .column(Column::text(cx.t("listings-written")).quiet())
        .column(Column::text(cx.t("listings-decided")).quiet())
        .rows(rows)
        .empty(empty("versions", &cx.t("listings-versions-none"), "", None));
    html! { h2 { (cx.t("listings-versions")) } (table) }
}

/// Any two versions beside each other; at first the newest and the one before it.
fn compare_card(cx: &View, whole: &Whole, asked: &Asked) -> Markup {
    let versions = &whole.detail.versions;
    if versions.len() < 2 {
        return html! {};
    }
    let by = |number: i64| versions.iter().find(|version| version.number == number);
    let to = asked.to.and_then(by).unwrap_or(&versions[0]);
    let from = asked.from.and_then(by).unwrap_or(&versions[1]);
    let choices = || {
        versions
            .iter()
            .map(|v| Choice::new(v.number.to_string(), cx.ta("listings-version-n", &[("n", v.number.into())])))
            .collect()
    };
    let select = |name: &str, label: &str, chosen: &Version| {
        Field::select(cx, name, cx.t(label), choices()).required().value(chosen.number.to_string())
    };
    card(
        &cx.t("listings-compare"),
        html! {
            (form_get(&format!("/console/listings/{}", whole.detail.listing.id), html! {
                input type="hidden" name="version" value=(whole.evidence.version.number);
                (select("from", "listings-compare-from", from))
                (select("to", "listings-compare-to", to))
                (submit(&cx.t("listings-compare"), None))
            }))
            (change_table(cx, &whole.words, &to.content.changes_since(&from.content)))
        },
    )
}

/// Every screening of the listing, newest first.
fn runs_card(cx: &View, whole: &Whole) -> Markup {
    if whole.runs.is_empty() {
        return html! {};
    }
    let number = |run: &Run| {
        whole.detail.versions.iter().find(|version| version.id == run.version_id).map(|version| version.number)
    };
    card(
        &cx.t("listings-runs"),
        html! {
            div class="ts-stack" {
                @for run in &whole.runs {
                    details {
                        summary {
                            (cx.moment(run.at)) " " (decision_mark(cx, run.decision)) " "
                            @if let Some(number) = number(run) { (cx.ta("listings-version-n", &[("n", number.into())])) " · " }
                            (cx.t(&format!("listings-run-{}", run.kind.name()))) " · "
                            (cx.ta("listings-findings-n", &[("n", (run.findings.len() as i64).into())]))
                        }
                        p class="ts-muted" { (cx.t("listings-pack")) " " (hash(cx, &run.pack_version)) " " a href=(proof_path(&run.act_id)) { (cx.t("listings-proof")) } }
                        ul {
                            @for finding in &run.findings {
                                li { (ui::parts::severity(cx, super::parts::level(finding.severity))) " " (cx.both(&finding.reason)) " " code { (finding.rule) } }
                            }
                        }
                    }
                }
            }
        },
    )
}
