//! Golden items: the list with results, and the form that adds one.

use super::{Titles, verdict_mark, ways};
use crate::golden;
use crate::model::{Golden, Reason, Verdict};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Page};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Column, Field, FilterBar, FormErrors, PageHeader, Paging, Row, Table, Tone, badge, card, confirm, empty, form_get,
    form_post, submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Signed, Site, redirect_with_flash};

/// The filter.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    active: Option<String>,
}

/// `/console/review/golden`.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let active = asked.active.as_deref().map(|active| active == "true");
    let found = golden::list(site.kernel(), &actor, active, &paging).await?;
    Ok(page(&cx, &actor, &Titles::of(site.kernel())?, &found))
}

fn page(cx: &View, actor: &Actor, titles: &Titles, found: &Page<Golden>) -> Markup {
    let row = |item: &Golden| {
        let right =
            if item.given == 0 { "—".to_owned() } else { cx.percent_to(item.right as f64 / item.given as f64, 0) };
        let state = match item.active {
            true => badge(Tone::Good, &cx.t("review-golden-active")),
            false => badge(Tone::Neutral, &cx.t("review-golden-retired")),
        };
        let retire = html! {
            @if item.active {
                (confirm(&cx.t("review-golden-retire"), "archive", false, form_post(cx, &format!("/console/review/golden/{}/retire", item.id), html! {
                    p { (cx.t("review-golden-retire-help")) }
                    (submit(&cx.t("review-golden-retire"), None))
                })))
            }
        };
        Row::new()
            .cell(html! { (item.title) div class="ts-muted" { (item.note) } })
            .cell(titles.category_anywhere(cx, &item.category))
            .cell(verdict_mark(cx, item.verdict))
            .cell(item.reasons.iter().map(|code| titles.reason(cx, code)).collect::<Vec<_>>().join(" · "))
            .cell(cx.number(item.given))
            .cell(right)
            .cell(state)
            .cell(cx.date(item.created_at))
            .cell(retire)
    };
    let states =
        vec![("true".to_owned(), cx.t("review-golden-active")), ("false".to_owned(), cx.t("review-golden-retired"))];
    shell::console(
        cx,
        &cx.t("review-golden"),
        html! {
            (PageHeader::new(cx, cx.t("review-golden")).lead(cx.t("review-golden-lead"))
                .link(&cx.t("review-golden-new"), "/console/review/golden/new", "plus"))
            (ways(cx, actor))
            (FilterBar::new(cx).choice("active", cx.t("review-state"), states))
            (Table::new(cx, cx.t("review-golden"))
                .column(Column::text(cx.t("review-item")))
                .column(Column::text(cx.t("review-category")).quiet())
                .column(Column::text(cx.t("review-golden-answer")))
                .column(Column::text(cx.t("review-golden-reasons")).quiet())
                .column(Column::number(cx.t("review-golden-given")))
                .column(Column::number(cx.t("review-golden-right")))
                .column(Column::text(cx.t("review-state")))
                .column(Column::text(cx.t("review-golden-since")).quiet())
                .column(Column::text(cx.t("review-action")))
                .rows(found.rows.iter().map(row))
                .empty(empty("star", &cx.t("review-golden-none"), &cx.t("review-golden-none-help"), None))
                .paging(Paging::pages(cx, found.paging.page, found.pages(), found.total)))
        },
    )
}

/// Which version to take.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct New {
    version_id: Option<String>,
}

/// `/console/review/golden/new`.
pub(crate) async fn form(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<New>,
) -> Result<Markup, Failure> {
    let added = Added { version_id: asked.version_id.unwrap_or_default(), ..Added::default() };
    form_page(&site, &actor, &cx, &added, FormErrors::none()).await
}

/// The form that adds one.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Added {
    #[serde(default)]
    version_id: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    note: String,
}

async fn form_page(site: &Site, actor: &Actor, cx: &View, form: &Added, errors: FormErrors) -> Result<Markup, Failure> {
    let version_id = form.version_id.trim();
    let mut errors = errors;
    let found = match version_id {
        "" => None,
        id => match golden::reasons_for(site.kernel(), actor, id).await {
            Ok(found) => Some(found),
            Err(problem) if problem.code.status == 404 => {
                errors = errors.and(cx, "version_id", cx.t("review-fault-version"));
                None
            }
            Err(problem) => return Err(problem.into()),
        },
    };
    let title = cx.t("review-golden-new");
    Ok(shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, &title).back(cx.t("review-golden"), "/console/review/golden").lead(cx.t("review-golden-new-lead")))
            (errors)
            @match &found {
                None => (card("", form_get("/console/review/golden/new", html! {
                    (Field::text(cx, "version_id", cx.t("review-golden-version")).value(version_id).hint(cx.t("review-golden-version-help")).required().errors(&errors))
                    (submit(&cx.t("review-continue"), None))
                }))),
                Some((name, reasons)) => (answer(cx, form, name, reasons, &errors)),
            }
        },
    ))
}

fn answer(cx: &View, form: &Added, name: &str, reasons: &[Reason], errors: &FormErrors) -> Markup {
    let choices = |verdict: Verdict| {
        let of = reasons.iter().filter(|reason| reason.verdict == verdict);
        of.map(|reason| ui::parts::Choice::new(&reason.code, cx.both(&reason.label)).hint(&reason.code))
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = choices(Verdict::Approve).into_iter().chain(choices(Verdict::Reject)).collect();
    let verdicts = [Verdict::Approve, Verdict::Reject]
        .map(|verdict| ui::parts::Choice::new(verdict.name(), cx.t(&format!("review-verdict-{}", verdict.name()))));
    let checks = form
        .reasons
        .iter()
        .fold(Field::checks(cx, "reasons", cx.t("review-golden-reasons"), all), |field, reason| field.value(reason));
    card(
        name,
        form_post(
            cx,
            "/console/review/golden/new",
            html! {
                input type="hidden" name="version_id" value=(form.version_id);
                (Field::radios(cx, "verdict", cx.t("review-golden-answer"), verdicts.to_vec()).value(&form.verdict).required().errors(errors))
                (checks.required().errors(errors))
                (Field::textarea(cx, "note", cx.t("review-golden-note"), 2).value(&form.note).errors(errors))
                (submit(&cx.t("review-golden-new"), Some((&cx.t("review-cancel"), "/console/review/golden"))))
            },
        ),
    )
}

/// `POST /console/review/golden/new`.
pub(crate) async fn add(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<Added>,
) -> Result<Response, Failure> {
    let Some(verdict) = Verdict::from_name(&form.verdict) else {
        let errors = FormErrors::none().and(&cx, "verdict", cx.t("review-fault-verdict"));
        let page = form_page(&site, &actor, &cx, &form, errors).await?;
        return Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    match golden::add(site.kernel(), &actor, form.version_id.trim(), verdict, &form.reasons, &form.note).await {
        Ok(_) => Ok(redirect_with_flash("/console/review/golden", "review-flash-golden-added").into_response()),
        Err(problem) if problem.code.status == 422 => {
            let errors = FormErrors::of_problem(&cx, &problem);
            let page = form_page(&site, &actor, &cx, &form, errors).await?;
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /console/review/golden/{id}/retire`.
pub(crate) async fn retire(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Failure> {
    golden::retire(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash("/console/review/golden", "review-flash-golden-retired"))
}
