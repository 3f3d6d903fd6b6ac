//! The merchant's portal: recalls that concern it, its answer, what it took back.

use super::detail::{Progress, progress_form};
use super::parts::{level_mark, reach_table, state_mark, title, word};
use crate::Error;
use crate::model::{Notice, ReachRow, Recall, either};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ground::problem::INVALID_INPUT;
use kernel::Actor;
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Column, Field, FormErrors, PageHeader, Row, Table, Tone, alert, badge, card, empty, facts, form_post, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Signed, Site};

const PATH: &str = "/merchant/recalls";

/// What the merchant was told.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = crate::notices_to(site.kernel(), &actor, &paging).await?;
    let heading = cx.t("recalls-own-title");
    let table = Table::new(&cx, heading.clone())
        .column(Column::text(cx.t("recalls-reason")))
        .column(Column::text(cx.t("recalls-level")))
        .column(Column::text(cx.t("recalls-state")))
        .column(Column::text(cx.t("recalls-sent")))
        .column(Column::text(cx.t("recalls-answer")))
        .rows(page.rows.iter().map(|(notice, recall)| {
            Row::new()
                .link(format!("{PATH}/{}", recall.id))
                .cell(title(&cx, recall))
                .cell(level_mark(&cx, recall.content.level))
                .cell(state_mark(&cx, recall.state))
                .cell(cx.time_ago(notice.sent_at))
                .cell(html! {
                    @match notice.answered_at {
                        Some(at) => (cx.time_ago(at)),
                        None => (badge(Tone::Waiting, &cx.t("recalls-unanswered"))),
                    }
                })
        }))
        .empty(empty("circle-check", &cx.t("recalls-own-none"), &cx.t("recalls-own-none-help"), None))
        .paging(ui::parts::Paging::pages(&cx, page.paging.page, page.pages(), page.total));
    Ok(shell::merchant(
        &cx,
        &heading,
        html! { (PageHeader::new(&cx, heading.clone()).lead(cx.t("recalls-own-lead"))) (table) },
    ))
}

/// One notice.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let (notice, recall, rows) = crate::notice_to(site.kernel(), &actor, &id).await?;
    Ok(page(&cx, &notice, &recall, &rows, &FormErrors::none()))
}

fn page(cx: &View, notice: &Notice, recall: &Recall, rows: &[ReachRow], errors: &FormErrors) -> Markup {
    let content = &recall.content;
    let heading = title(cx, recall);
    let path = format!("{PATH}/{}", recall.id);
    let running = recall.state.is_running();
    let answer = form_post(
        cx,
        &format!("{path}/answer"),
        html! {
            (Field::textarea(cx, "answer", cx.t("recalls-your-answer"), 3).hint(cx.t("recalls-your-answer-hint")).required().errors(errors))
            (submit(&cx.t("recalls-acknowledge"), None))
        },
    );
    let facts = facts()
        .add(cx.t("recalls-reason"), either(cx.language, &content.reason_zh, &content.reason_en))
        .add(cx.t("recalls-advice"), either(cx.language, &content.advice_zh, &content.advice_en))
        .add(cx.t("recalls-remedy"), word(cx, "remedy", content.remedy.name()))
        .add(cx.t("recalls-sent"), cx.moment(notice.sent_at))
        .add(cx.t("recalls-returned"), cx.number(notice.returned))
        .add(cx.t("recalls-remedied"), cx.number(notice.remedied))
        .add(
            cx.t("recalls-public-page"),
            html! { a href={ "/recalls/" (recall.id) } { (cx.t("recalls-public-open")) } },
        );
    let table = reach_table(cx, rows).empty(empty("route", &cx.t("recalls-own-rows-none"), "", None));
    shell::merchant(
        cx,
        &heading,
        html! {
            (PageHeader::new(cx, heading.clone()).back(cx.t("recalls-own-title"), PATH)
                .mark(html! { (state_mark(cx, recall.state)) " " (level_mark(cx, content.level)) }))
            (errors)
            @if running && notice.answered_at.is_none() { (alert(Tone::Danger, &cx.t("recalls-own-stop"), cx.t("recalls-own-stop-help"))) }
            div class="ts-aside" {
                div class="ts-stack" {
                    (card(&cx.t("recalls-facts"), html! { (facts) }))
                    (card(&cx.t("recalls-own-rows"), html! { (table) }))
                }
                div class="ts-stack" {
                    @match notice.answered_at {
                        Some(at) => (card(&cx.t("recalls-answer"), html! { p { (cx.moment(at)) } p { (notice.answer) } })),
                        None if running => (card(&cx.t("recalls-answer"), answer)),
                        None => {},
                    }
                    @if running { (card(&cx.t("recalls-progress"), progress_form(cx, &format!("{path}/progress"), None))) }
                }
            }
        },
    )
}

async fn refused(site: &Site, actor: &Actor, cx: &View, id: &str, error: Error) -> Result<Response, Failure> {
    let problem = Problem::from(error);
    if problem.code != &INVALID_INPUT {
        return Err(problem.into());
    }
    let (notice, recall, rows) = crate::notice_to(site.kernel(), actor, id).await?;
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(cx, &notice, &recall, &rows, &errors)).into_response())
}

/// The answer as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    answer: String,
}

/// The merchant's answer.
pub(crate) async fn answer(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Answer>,
) -> Result<Response, Failure> {
    match crate::answer(site.kernel(), &actor, &id, &form.answer).await {
        Ok(_) => Ok(web::redirect_with_flash(&format!("{PATH}/{id}"), "recalls-answered-flash").into_response()),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}

/// What the merchant took back.
pub(crate) async fn progress(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Progress>,
) -> Result<Response, Failure> {
    let merchant = actor.own_organisation()?.to_owned();
    let (_, step) = form.step();
    match crate::report_progress(site.kernel(), &actor, &id, &merchant, step).await {
        Ok(_) => Ok(web::redirect_with_flash(&format!("{PATH}/{id}"), "recalls-progressed").into_response()),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}
