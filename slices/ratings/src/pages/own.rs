//! `/merchant/ratings`: a merchant's own ratings, and what would restore them.

use super::detail::acts;
use super::list::{Asked, csv, table};
use super::parts::{bar, components, history, inputs, outcome, ways};
use super::words::{applied_mark, grade_mark, limit_text};
use crate::api::part;
use crate::model::Effect;
use crate::publish::limits;
use crate::read::{self, Detail};
use crate::restore::{self, Assumed, DAYS_MAX, TESTS_MAX};
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Field, PageHeader, Tone, alert, card, form_get, submit};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Path, Query, Signed, Site};

pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let mut filter = asked.filter();
    filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    let found = read::list(site.kernel(), &actor, &filter, &paging).await?;
    let called = read::called(site.kernel(), &found.rows).await?;
    let title = cx.t("ratings-own-title");
    let body = html! {
        (PageHeader::new(&cx, &title).lead(cx.t("ratings-own-lead")).link(&cx.t("ratings-how"), "/ratings/how", "info-circle"))
        (table(&cx, &found, &called, "/merchant/ratings.csv", |rating| format!("/merchant/ratings/{}", part(&rating.product))))
    };
    Ok(shell::merchant(&cx, &title, body))
}

pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let mut filter = asked.filter();
    filter.merchant_id = Some(actor.own_organisation()?.to_owned());
    csv(site.kernel(), &actor, &filter).await
}

/// What is assumed, as it stands in the address. What cannot be read counts as not said.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Sliders {
    complaints_less: Option<String>,
    returns_less: Option<String>,
    bad_reviews_less: Option<String>,
    late_remedies_less: Option<String>,
    tests_passed: Option<String>,
    papers_in_order: Option<String>,
    days: Option<String>,
}

impl Sliders {
    fn assumed(&self) -> Assumed {
        let number = |text: &Option<String>, otherwise: u32| {
            text.as_deref().and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(otherwise)
        };
        let usual = Assumed::default();
        let days = number(&self.days, u32::try_from(usual.days).unwrap_or(60));
        Assumed {
            complaints_less: number(&self.complaints_less, 0),
            returns_less: number(&self.returns_less, 0),
            bad_reviews_less: number(&self.bad_reviews_less, 0),
            late_remedies_less: number(&self.late_remedies_less, 0),
            tests_passed: number(&self.tests_passed, 0),
            papers_in_order: self.papers_in_order.is_some(),
            days: i32::try_from(days).unwrap_or(DAYS_MAX),
        }
        .clamped()
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(product): Path<String>,
    Query(sliders): Query<Sliders>,
) -> Result<Markup, Failure> {
    let detail = read::detail(site.kernel(), &actor, actor.own_organisation()?, &product).await?;
    Ok(page(&cx, &detail, sliders.assumed())?)
}

/// The fragment that the sliders ask for.
pub(crate) async fn ahead(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(product): Path<String>,
    Query(sliders): Query<Sliders>,
) -> Result<Markup, Failure> {
    let detail = read::detail(site.kernel(), &actor, actor.own_organisation()?, &product).await?;
    Ok(outcome(&cx, &detail.rating, &detail.head, sliders.assumed())?)
}

fn page(cx: &View, detail: &Detail, assumed: Assumed) -> kernel::Result<Markup> {
    let rating = &detail.rating;
    let title = detail.title.clone().unwrap_or_else(|| rating.product.clone());
    let all = restore::ways(&detail.head, &rating.line)?;
    let body = html! {
        (PageHeader::new(cx, &title)
            .back(cx.t("ratings-own-title"), "/merchant/ratings")
            .mark(html! { (grade_mark(cx, rating.grade, rating.is_new)) " " (applied_mark(cx, rating)) })
            .link(&cx.t("ratings-how"), "/ratings/how", "info-circle"))
        (told(cx, detail))
        (card(&cx.t("ratings-score"), bar(cx, detail)))
        (card(&cx.t("ratings-restore"), html! {
            p class="ts-muted" { (cx.t("ratings-restore-lead")) }
            (ways(cx, &all))
            (sliders(cx, detail, assumed)?)
        }))
        (card(&cx.t("ratings-parts"), components(cx, detail)))
        (card(&cx.t("ratings-history"), history(cx, detail)))
        (card(&cx.t("ratings-inputs"), inputs(cx, detail)))
        (card(&cx.t("ratings-acts"), acts(cx, detail)))
    };
    Ok(shell::merchant(cx, &title, body))
}

/// What the rating does to the sale, and what ends that.
fn told(cx: &View, detail: &Detail) -> Markup {
    let rating = &detail.rating;
    match rating.applied {
        Effect::RemovedPendingTest => {
            alert(Tone::Danger, &cx.t("ratings-effect-removed-pending-test"), cx.t("ratings-told-removed"))
        }
        Effect::Limited => alert(
            Tone::Waiting,
            &cx.t("ratings-effect-limited"),
            html! {
                (cx.t("ratings-told-limited"))
                ul { @for limit in limits(&detail.policy) { li { (limit_text(cx, &limit)) } } }
            },
        ),
        Effect::Recommended => alert(Tone::Good, &cx.t("ratings-effect-recommended"), cx.t("ratings-told-recommended")),
        Effect::None if rating.is_new => alert(Tone::Info, &cx.t("ratings-new"), cx.t("ratings-told-new")),
        Effect::None => html! {},
    }
}

/// A form with sliders: without a script a button asks, with one the answer follows the sliders.
fn sliders(cx: &View, detail: &Detail, assumed: Assumed) -> kernel::Result<Markup> {
    let product = part(&detail.rating.product);
    let action = format!("/merchant/ratings/{product}");
    let slider = |name: &str, value: u32, most: u32, unit: &str| {
        Field::input(cx, "range", name, cx.t(&format!("ratings-slider-{}", name.replace('_', "-"))))
            .value(value.to_string())
            .attribute("min", "0")
            .attribute("max", most.to_string())
            .attribute("step", if most == 100 { "5" } else { "1" })
            .unit(unit)
    };
    let days = u32::try_from(assumed.days).unwrap_or(0);
    let checked = if assumed.papers_in_order { "true" } else { "" };
    Ok(form_get(
        &action,
        html! {
            (slider("complaints_less", assumed.complaints_less, 100, "%"))
            (slider("returns_less", assumed.returns_less, 100, "%"))
            (slider("bad_reviews_less", assumed.bad_reviews_less, 100, "%"))
            (slider("late_remedies_less", assumed.late_remedies_less, 100, "%"))
            (slider("tests_passed", assumed.tests_passed, TESTS_MAX, ""))
            (Field::number(cx, "days", cx.t("ratings-slider-days")).value(days.to_string()).unit(cx.t("ratings-slider-days-unit")))
            @if detail.rating.line.papers != [0, 0, 0] {
                (Field::checkbox(cx, "papers_in_order", cx.t("ratings-slider-papers-in-order")).value(checked))
            }
            (submit(&cx.t("ratings-compute"), None))
            div class="ts-live" id="ahead" aria-live="polite" role="region" aria-label=(cx.t("ratings-ahead"))
                hx-get={ (action) "/ahead" } hx-include="closest form" hx-trigger="input from:closest form delay:200ms"
                hx-sync="this:replace" hx-swap="innerHTML" {
                (outcome(cx, &detail.rating, &detail.head, assumed)?)
            }
        },
    ))
}
