//! `/console/ratings/{merchant}/{product}`: a rating with everything that explains it, and a person's word about its effect.

use super::parts::{bar, components, history, inputs, outcome, ways};
use super::words::{applied_mark, day_text, effect_text, grade_mark, limit_text};
use crate::api::part;
use crate::hold::{self, Wish};
use crate::model::{Effect, Override};
use crate::publish::limits;
use crate::read::{self, Detail};
use crate::restore::{self, Assumed};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{Choice, Entry, Field, FormErrors, PageHeader, Timeline, card, facts, form_post, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, redirect_with_flash};

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((merchant, product)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    let detail = read::detail(site.kernel(), &actor, &merchant, &product).await?;
    Ok(page(&cx, &actor, &detail, &Word::default(), &FormErrors::none())?)
}

/// What a person says about the effect.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Word {
    wish: String,
    reason: String,
}

pub(crate) async fn hold(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((merchant, product)): Path<(String, String)>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let told = match Wish::from_name(&word.wish) {
        Some(wish) => hold::hold(site.kernel(), &actor, &merchant, &product, wish, &word.reason).await,
        None => Err(ground::Problem::invalid_field("wish", "ratings-fault-wish")),
    };
    match told {
        Ok(_) => {
            let address = format!("/console/ratings/{}/{}", part(&merchant), part(&product));
            Ok(redirect_with_flash(&address, "ratings-hold-done").into_response())
        }
        Err(problem) if !problem.faults.is_empty() => {
            let detail = read::detail(site.kernel(), &actor, &merchant, &product).await?;
            let page = page(&cx, &actor, &detail, &word, &FormErrors::of_problem(&cx, &problem))?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn page(cx: &View, actor: &Actor, detail: &Detail, word: &Word, errors: &FormErrors) -> kernel::Result<Markup> {
    let rating = &detail.rating;
    let title = detail.title.clone().unwrap_or_else(|| rating.product.clone());
    let all = restore::ways(&detail.head, &rating.line)?;
    let body = html! {
        (PageHeader::new(cx, &title)
            .back(cx.t("ratings-title"), "/console/ratings")
            .mark(html! { (grade_mark(cx, rating.grade, rating.is_new)) " " (applied_mark(cx, rating)) })
            .link(&cx.t("ratings-how"), "/ratings/how", "info-circle"))
        div class="ts-columns" {
            div { (card(&cx.t("ratings-facts"), about(cx, detail))) }
            div {
                (card(&cx.t("ratings-score"), bar(cx, detail)))
                (card(&cx.t("ratings-parts"), components(cx, detail)))
            }
            div { (decision(cx, actor, detail, word, errors)) }
        }
        (card(&cx.t("ratings-history"), history(cx, detail)))
        (card(&cx.t("ratings-inputs"), inputs(cx, detail)))
        (card(&cx.t("ratings-restore"), html! {
            p class="ts-muted" { (cx.t("ratings-restore-lead")) }
            (ways(cx, &all))
            (outcome(cx, rating, &detail.head, Assumed::default())?)
        }))
        (card(&cx.t("ratings-acts"), acts(cx, detail)))
    };
    Ok(shell::console(cx, &title, body))
}

/// Who, what, since when.
pub(super) fn about(cx: &View, detail: &Detail) -> Markup {
    let rating = &detail.rating;
    let listing = rating.listing_id.as_ref();
    let proof = format!("/v1/ratings/{}/{}/proof", part(&rating.merchant_id), part(&rating.product));
    let effect = rating.applied != Effect::None;
    let bounds = if rating.applied == Effect::Limited { limits(&detail.policy) } else { Vec::new() };
    html! {
        (facts()
            .add(cx.t("ratings-product"), &rating.product)
            .maybe(cx.t("ratings-listing"), listing.map(|id| html! { a href={ "/console/listings/" (id) } { (id) } }))
            .add(cx.t("ratings-merchant"), html! { a href={ "/console/merchants/" (rating.merchant_id) } { (rating.merchant_id) } })
            .add(cx.t("ratings-market"), rating.market.to_uppercase())
            .add(cx.t("ratings-category"), if rating.category.is_empty() { cx.t("ratings-category-unknown") } else { rating.category.clone() })
            .add(cx.t("ratings-day"), day_text(rating.day))
            .add(cx.t("ratings-published"), cx.moment(rating.at))
            .maybe(cx.t("ratings-effect"), effect.then(|| effect_text(cx, rating.applied)))
            .maybe(cx.t("ratings-effect-since"), effect.then(|| day_text(rating.line.since)))
            .maybe(cx.t("ratings-limits"), (!bounds.is_empty()).then(|| html! { ul { @for limit in &bounds { li { (limit_text(cx, limit)) } } } }))
            .maybe(cx.t("ratings-passed"), rating.line.passed.map(day_text))
            .maybe(cx.t("ratings-failed"), rating.line.failed.map(day_text))
            .maybe(cx.t("ratings-rise"), rating.line.rise.map(|(grade, days)| cx.ta("ratings-rise-text", &[
                ("grade", grade.name().into()),
                ("days", i64::from(days).into()),
                ("needed", i64::from(detail.policy.rules.rise_days).into()),
            ])))
            .add(cx.t("ratings-proof"), html! {
                a href={ "/console/ledger/" (detail.file.act_id) } { (cx.t("ui-ledger-mark")) } " · "
                a href=(proof) { (cx.t("ratings-proof-line")) }
            }))
    }
}

fn decision(cx: &View, actor: &Actor, detail: &Detail, word: &Word, errors: &FormErrors) -> Markup {
    let rating = &detail.rating;
    let title = cx.t("ratings-decision");
    let held = rating.held.as_ref().map(|held| {
        html! {
            p { strong { (cx.t(&format!("ratings-held-{}", held.how.name()))) } }
            p { (held.reason) }
            p class="ts-muted" { (held.by) " " (cx.moment(held.at)) }
            p class="ts-muted" { (cx.ta("ratings-held-rules", &[("effect", effect_text(cx, rating.effect).into())])) }
        }
    });
    if !actor.may(Permission::RatingsManage) {
        return card(
            &title,
            html! { @match held { Some(held) => (held), None => p class="ts-muted" { (cx.t("ratings-decision-rules")) } } },
        );
    }
    let choice = |wish: Wish| {
        let key = format!("ratings-wish-{}", wish.name());
        Choice::new(wish.name(), cx.t(&key)).hint(cx.t(&format!("{key}-hint")))
    };
    let kept = rating.held.as_ref().map(|held| held.how);
    let offered = Wish::ALL.into_iter().filter(|wish| match wish {
        Wish::Keep => kept != Some(Override::Kept),
        Wish::Lift => {
            kept != Some(Override::Lifted) && (rating.applied != Effect::None || rating.effect != Effect::None)
        }
        Wish::Release => kept.is_some(),
    });
    let action = format!("/console/ratings/{}/{}/hold", part(&rating.merchant_id), part(&rating.product));
    card(
        &title,
        html! {
            @if let Some(held) = held { (held) }
            (errors)
            (form_post(cx, &action, html! {
                (Field::radios(cx, "wish", cx.t("ratings-wish"), offered.map(choice).collect()).value(&word.wish).required().errors(errors))
                (Field::textarea(cx, "reason", cx.t("ratings-reason"), 3).value(&word.reason).required().errors(errors))
                (submit(&cx.t("ratings-decide"), None))
            }))
        },
    )
}

fn act_text(cx: &View, kind: &str) -> String {
    let name = kind.rsplit('.').next().unwrap_or(kind).replace('_', "-");
    let id = format!("ratings-act-{name}");
    if kind.starts_with("rating") && cx.catalogs.has(&id) { cx.t(&id) } else { kind.to_owned() }
}

/// What happened, each with its proof.
pub(super) fn acts(cx: &View, detail: &Detail) -> Markup {
    let mut timeline = Timeline::new(cx);
    for act in &detail.acts {
        let detail = match (act.public_text("from"), act.public_text("to").or_else(|| act.public_text("effect"))) {
            (Some(from), Some(to)) => format!("{from} → {to}"),
            (_, Some(to)) => to.to_owned(),
            _ => String::new(),
        };
        let title = act_text(cx, &act.kind);
        timeline = timeline.entry(
            Entry::new(act.at, title)
                .who(act.actor.clone())
                .detail(detail)
                .proof(format!("/console/ledger/{}", act.id)),
        );
    }
    html! { (timeline) }
}
