//! Where two opinions differ: the list, and the last word.

use super::{Titles, verdict_mark, ways};
use crate::model::{Decision, Disagreement, Evidence, Verdict};
use crate::second::{self, Effect};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::{Actor, Page};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Choice, Column, Field, FilterBar, FormErrors, PageHeader, Paging, Row, Table, card, empty, facts, form_post, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Signed, Site, redirect_with_flash};

/// The filter.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    state: Option<String>,
}

/// `/console/review/disagreements`.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let open = asked.state.as_deref() != Some("resolved");
    let found = second::disagreements(site.kernel(), &actor, open, &paging).await?;
    Ok(page(&cx, &actor, &Titles::of(site.kernel())?, &found))
}

fn page(cx: &View, actor: &Actor, titles: &Titles, found: &Page<Disagreement>) -> Markup {
    let row = |item: &Disagreement| {
        let end = item.resolution.as_ref().map(|resolution| verdict_mark(cx, resolution.verdict));
        Row::new()
            .link(format!("/console/review/disagreements/{}", item.id))
            .cell(&item.first.title)
            .cell(titles.category_anywhere(cx, &item.first.category))
            .cell(verdict_mark(cx, item.first.verdict))
            .cell(verdict_mark(cx, item.second.verdict))
            .cell(end.unwrap_or_else(|| html! { (cx.t("review-open")) }))
            .cell(cx.time_ago(item.at))
    };
    shell::console(
        cx,
        &cx.t("review-disagreements"),
        html! {
            (PageHeader::new(cx, cx.t("review-disagreements")).lead(cx.t("review-disagreements-lead")))
            (ways(cx, actor))
            (FilterBar::new(cx).choice("state", cx.t("review-state"), vec![
                ("open".to_owned(), cx.t("review-open")), ("resolved".to_owned(), cx.t("review-resolved")),
            ]))
            (Table::new(cx, cx.t("review-disagreements"))
                .column(Column::text(cx.t("review-item")))
                .column(Column::text(cx.t("review-category")).quiet())
                .column(Column::text(cx.t("review-first")))
                .column(Column::text(cx.t("review-second")))
                .column(Column::text(cx.t("review-last-word")))
                .column(Column::text(cx.t("review-since")))
                .rows(found.rows.iter().map(row))
                .empty(empty("scale", &cx.t("review-disagreements-none"), &cx.t("review-disagreements-none-help"), None))
                .paging(Paging::pages(cx, found.paging.page, found.pages(), found.total)))
        },
    )
}

/// The last word.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Word {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    note: String,
}

/// `/console/review/disagreements/{id}`.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    one(&site, &actor, &cx, &id, &Word::default(), &FormErrors::none()).await
}

async fn one(
    site: &Site,
    actor: &Actor,
    cx: &View,
    id: &str,
    word: &Word,
    errors: &FormErrors,
) -> Result<Markup, Failure> {
    let (found, seen) = second::disagreement(site.kernel(), actor, id).await?;
    let titles = Titles::of(site.kernel())?;
    Ok(detail(cx, &titles, &found, &seen, word, errors))
}

fn opinion(cx: &View, titles: &Titles, title: &str, decision: &Decision) -> Markup {
    card(
        title,
        html! {
            p { (verdict_mark(cx, decision.verdict)) " " (cx.moment(decision.decided_at)) }
            ul { @for reason in &decision.reasons { li { (titles.reason(cx, reason)) } } }
            @if !decision.note.is_empty() { blockquote { (decision.note) } }
            p { a href={ "/console/ledger/" (decision.act_id) } { (cx.t("review-act")) } }
        },
    )
}

fn detail(
    cx: &View,
    titles: &Titles,
    found: &Disagreement,
    seen: &Evidence,
    word: &Word,
    errors: &FormErrors,
) -> Markup {
    let action = format!("/console/review/disagreements/{}", found.id);
    let choices = [Verdict::Approve, Verdict::Reject].map(|verdict| {
        Choice::new(verdict.name(), cx.t(&format!("review-verdict-{}", verdict.name())))
            .hint(cx.t(&effect_of(found, verdict)))
    });
    let price = seen.price_minor.map(|minor| cx.money(minor, &seen.currency));
    shell::console(
        cx,
        &found.first.title,
        html! {
            (PageHeader::new(cx, &found.first.title).back(cx.t("review-disagreements"), "/console/review/disagreements"))
            (errors)
            div class="ts-halves" {
                (opinion(cx, titles, &cx.t("review-first"), &found.first))
                (opinion(cx, titles, &cx.t("review-second"), &found.second))
            }
            div class="ts-aside" {
                (card(&cx.t("review-words"), html! {
                    p { strong { (seen.title) } }
                    div class="ts-review-words" tabindex="0" role="region" aria-label=(cx.t("review-field-description")) { (seen.description) }
                    (facts().add(cx.t("review-merchant"), &seen.merchant.name).add(cx.t("review-category"), titles.category_anywhere(cx, &seen.category))
                        .maybe(cx.t("review-field-price-minor"), price))
                    ul { @for finding in &seen.findings { li { (cx.both(&finding.reason)) @if !finding.text.is_empty() { " " q { (finding.text) } } } } }
                }))
                @match &found.resolution {
                    Some(end) => (card(&cx.t("review-last-word"), html! {
                        p { (verdict_mark(cx, end.verdict)) " " (cx.moment(end.at)) }
                        p { (cx.t(if end.overturned { "review-overturned" } else { "review-upheld" })) }
                        blockquote { (end.note) }
                        p { a href={ "/console/ledger/" (end.act_id) } { (cx.t("review-act")) } }
                    })),
                    None => (card(&cx.t("review-last-word"), form_post(cx, &action, html! {
                        (Field::radios(cx, "verdict", cx.t("review-decision"), choices.to_vec()).value(&word.verdict).required().errors(errors))
                        (Field::textarea(cx, "note", cx.t("review-why"), 3).value(&word.note).required().errors(errors))
                        (submit(&cx.t("review-resolve"), None))
                    }))),
                }
            }
        },
    )
}

/// What a last word would do, said before it is given.
fn effect_of(found: &Disagreement, verdict: Verdict) -> String {
    match (found.first.verdict, verdict) {
        (first, last) if first == last => "review-effect-upheld",
        (Verdict::Approve, _) => "review-effect-down",
        _ => "review-effect-record",
    }
    .to_owned()
}

/// `POST /console/review/disagreements/{id}`.
pub(crate) async fn resolve(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Failure> {
    let done = match Verdict::from_name(&word.verdict) {
        Some(verdict) => second::resolve(site.kernel(), &actor, &id, verdict, &word.note).await,
        None => Err(Problem::invalid_field("verdict", "review-fault-verdict")),
    };
    match done {
        Ok(effect) => {
            let message = match effect {
                Effect::Upheld => "review-flash-upheld",
                Effect::Overturned => "review-flash-overturned",
                Effect::OverturnedOnRecord => "review-flash-overturned-record",
            };
            Ok(redirect_with_flash("/console/review/disagreements", message).into_response())
        }
        Err(problem) if matches!(problem.code.code, "review_conflict" | "review_state" | "invalid_input") => {
            let status =
                axum::http::StatusCode::from_u16(problem.code.status).unwrap_or(axum::http::StatusCode::CONFLICT);
            let errors = FormErrors::of_problem(&cx, &problem);
            Ok((status, one(&site, &actor, &cx, &id, &word, &errors).await?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}
