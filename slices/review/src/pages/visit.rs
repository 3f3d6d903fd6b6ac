//! One visit: its facts, its checklist to fill in, its photos, its report.

use super::onsite::{outcome_text, state_mark};
use crate::onsite::{self, Answer, CheckItem, Found, Outcome, PHOTOS_MAX, Visit, VisitState};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::{Actor, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use ui::parts::{
    Choice, Field, FormErrors, PageHeader, Tone, badge, card, confirm, facts, form_post, form_upload, submit,
};
use ui::{View, icon, shell};
use web::{Cx, Failure, Form, Path, Signed, Site, Upload, UploadLimits, redirect_with_flash};

/// `/console/review/onsite/{id}`.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    one(&site, &actor, &cx, &id, &FormErrors::none()).await
}

async fn one(site: &Site, actor: &Actor, cx: &View, id: &str, errors: &FormErrors) -> Result<Markup, Failure> {
    let visit = onsite::visit(site.kernel(), actor, id).await?;
    Ok(page(cx, actor, site.kernel().today(), &visit, errors))
}

async fn again(site: &Site, actor: &Actor, cx: &View, id: &str, problem: Problem) -> Result<Response, Failure> {
    if !matches!(problem.code.status, 409 | 413 | 415 | 422) {
        return Err(problem.into());
    }
    let status = axum::http::StatusCode::from_u16(problem.code.status).unwrap_or(axum::http::StatusCode::CONFLICT);
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((status, one(site, actor, cx, id, &errors).await?).into_response())
}

fn page(cx: &View, actor: &Actor, today: jiff::civil::Date, visit: &Visit, errors: &FormErrors) -> Markup {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut header = PageHeader::new(cx, &visit.merchant_name)
        .back(cx.t("review-onsite"), "/console/review/onsite")
        .mark(state_mark(cx, visit, today));
    if visit.state == VisitState::Scheduled && actor.may(Permission::ReviewManage) {
        let body = form_post(
            cx,
            &format!("/console/review/onsite/{}/cancel", visit.id),
            html! {
                (Field::text(cx, "reason", cx.t("review-why")).required())
                (submit(&cx.t("review-visit-cancel"), None))
            },
        );
        header = header.action(confirm(&cx.t("review-visit-cancel"), "circle-x", true, body));
    }
    shell::console(
        cx,
        &visit.merchant_name,
        html! {
            (header)
            (errors)
            div class="ts-aside" {
                div {
                    @if visit.may_fill(actor) { (fill(cx, visit, errors)) } @else { (answers(cx, visit)) }
                }
                div {
                    (card(&cx.t("review-facts"), html! {
                        (facts()
                            .add(cx.t("review-merchant"), html! { a href={ "/console/merchants/" (visit.merchant_id) } { (visit.merchant_name) } })
                            .add(cx.t("review-address"), &visit.address)
                            .maybe(cx.t("review-contact"), some(&visit.contact))
                            .add(cx.t("review-purpose"), &visit.purpose)
                            .add(cx.t("review-date"), visit.date.to_string())
                            .add(cx.t("review-inspector"), &visit.inspector_name)
                            .add(cx.t("review-report-due"), visit.report_due.to_string())
                            .maybe(cx.t("review-reported"), visit.reported_at.map(|at| cx.moment(at))))
                    }))
                    (photos(cx, actor, visit))
                    @if visit.may_fill(actor) { (report_form(cx, visit, errors)) }
                }
            }
        },
    )
}

fn sections(visit: &Visit) -> Vec<(&CheckItem, bool)> {
    let mut last = None;
    visit
        .checklist
        .iter()
        .map(|item| {
            let opens = last != Some(&item.section);
            last = Some(&item.section);
            (item, opens)
        })
        .collect()
}

fn question(cx: &View, item: &CheckItem) -> Markup {
    html! {
        (cx.both(&item.title))
        @if item.decisive { " " (badge(Tone::Waiting, &cx.t("review-decisive"))) }
        @if item.photo_required { " " (badge(Tone::Info, &cx.t("review-photo-required"))) }
    }
}

fn fill(cx: &View, visit: &Visit, errors: &FormErrors) -> Markup {
    card(
        &cx.t("review-checklist"),
        form_post(
            cx,
            &format!("/console/review/onsite/{}", visit.id),
            html! {
                @for (item, opens) in sections(visit) {
                    @if opens { h3 { (cx.both(&item.section)) } }
                    @let answer = visit.answers.get(&item.id);
                    fieldset class="ts-field" id={ "field-" (item.id) } {
                        legend { (question(cx, item)) }
                        @if let Some(text) = errors.for_field(&item.id) { p class="ts-error" { (icon("alert-circle")) (text) } }
                        div class="ts-row" {
                            @for found in Found::ALL {
                                label class="ts-checkbox" {
                                    input class="form-check-input" type="radio" name={ "found:" (item.id) } value=(found.name())
                                        checked[answer.is_some_and(|answer| answer.found == *found)];
                                    span { (cx.t(&format!("review-found-{}", found.name()))) }
                                }
                            }
                            input class="form-control" type="text" name={ "note:" (item.id) } maxlength="2000"
                                value=(answer.map_or("", |answer| answer.note.as_str())) aria-label={ (cx.t("review-note")) "：" (cx.both(&item.title)) };
                        }
                    }
                }
                (Field::textarea(cx, "summary", cx.t("review-summary"), 3).value(&visit.summary).errors(errors))
                (submit(&cx.t("review-save"), None))
            },
        ),
    )
}

fn answers(cx: &View, visit: &Visit) -> Markup {
    card(
        &cx.t("review-checklist"),
        html! {
            @for (item, opens) in sections(visit) {
                @if opens { h3 { (cx.both(&item.section)) } }
                p {
                    (question(cx, item)) " "
                    @match visit.answers.get(&item.id) {
                        Some(answer) => {
                            (badge(match answer.found { Found::Yes => Tone::Good, Found::No => Tone::Danger, Found::Inapplicable => Tone::Neutral },
                                &cx.t(&format!("review-found-{}", answer.found.name()))))
                            @if !answer.note.is_empty() { " " (answer.note) }
                        }
                        None => "—",
                    }
                }
            }
            @if !visit.summary.is_empty() { h3 { (cx.t("review-summary")) } p { (visit.summary) } }
        },
    )
}

fn photos(cx: &View, actor: &Actor, visit: &Visit) -> Markup {
    let mut choices = vec![Choice::new("", cx.t("review-photo-whole"))];
    choices.extend(visit.checklist.iter().map(|item| Choice::new(&item.id, cx.both(&item.title))));
    let title_of = |check: &str| {
        let item = visit.checklist.iter().find(|item| item.id == check);
        item.map_or_else(|| cx.t("review-photo-whole"), |item| cx.both(&item.title).to_owned())
    };
    card(
        &cx.t("review-photos"),
        html! {
            ul class="ts-review-list" {
                @for photo in &visit.photos {
                    @let src = format!("/console/review/onsite/{}/photos/{}", visit.id, photo.sha256);
                    li { a href=(src) { img class="ts-review-photo" src=(src) alt=(title_of(&photo.check)) loading="lazy"; } div class="ts-muted" { (title_of(&photo.check)) } }
                }
            }
            @if visit.photos.is_empty() { p class="ts-muted" { (cx.t("review-photos-none")) } }
            @if visit.may_fill(actor) {
                (form_upload(cx, &format!("/console/review/onsite/{}/photos", visit.id), html! {
                    (Field::select(cx, "check", cx.t("review-photo-of"), choices))
                    (Field::file(cx, "photo", cx.t("review-photo"), "image/*").attribute("multiple", "multiple").required())
                    (submit(&cx.t("review-photo-add"), None))
                }))
            }
        },
    )
}

fn report_form(cx: &View, visit: &Visit, errors: &FormErrors) -> Markup {
    let choices = Outcome::ALL.iter().map(|outcome| Choice::new(outcome.name(), outcome_text(cx, *outcome))).collect();
    card(
        &cx.t("review-report"),
        form_post(
            cx,
            &format!("/console/review/onsite/{}/report", visit.id),
            html! {
                p class="ts-muted" { (cx.t("review-report-help")) }
                (Field::radios(cx, "outcome", cx.t("review-outcome"), choices).required().errors(errors))
                (submit(&cx.t("review-report-send"), None))
            },
        ),
    )
}

/// `POST /console/review/onsite/{id}`: keeps answers.
pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let visit = onsite::visit(site.kernel(), &actor, &id).await?;
    let value = |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
    let mut answers = BTreeMap::new();
    for item in &visit.checklist {
        let found = value(&format!("found:{}", item.id)).and_then(Found::from_name);
        if let Some(found) = found {
            let note = value(&format!("note:{}", item.id)).unwrap_or("").trim().to_owned();
            answers.insert(item.id.clone(), Answer { found, note });
        }
    }
    let summary = value("summary").unwrap_or("");
    match onsite::save_answers(site.kernel(), &actor, &id, &answers, summary).await {
        Ok(_) => Ok(redirect_with_flash(&format!("/console/review/onsite/{id}"), "review-flash-saved").into_response()),
        Err(problem) => again(&site, &actor, &cx, &id, problem).await,
    }
}

/// `POST …/photos`.
pub(crate) async fn add_photo(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Failure> {
    let limits = UploadLimits { files_max: PHOTOS_MAX, ..UploadLimits::default() };
    let uploaded = upload.read(&limits).await?;
    let check = uploaded.field("check").unwrap_or("").to_owned();
    if uploaded.files.is_empty() {
        return again(&site, &actor, &cx, &id, Problem::invalid_field("photo", "review-fault-photo-missing")).await;
    }
    for file in &uploaded.files {
        if let Err(problem) = onsite::add_photo(site.kernel(), &actor, &id, &check, file.read().await?).await {
            return again(&site, &actor, &cx, &id, problem).await;
        }
    }
    Ok(redirect_with_flash(&format!("/console/review/onsite/{id}"), "review-flash-saved").into_response())
}

/// `/console/review/onsite/{id}/photos/{sha256}`.
pub(crate) async fn photo(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, sha256)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (content, media_type) = onsite::photo(site.kernel(), &actor, &id, &sha256).await?;
    Ok(web::inline(media_type, content))
}

/// The outcome.
#[derive(Debug, Deserialize)]
pub(crate) struct ReportForm {
    #[serde(default)]
    outcome: String,
}

/// `POST …/report`.
pub(crate) async fn report(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<ReportForm>,
) -> Result<Response, Failure> {
    let done = match Outcome::from_name(&form.outcome) {
        Some(outcome) => onsite::report(site.kernel(), &actor, &id, outcome).await,
        None => Err(Problem::invalid_field("outcome", "review-fault-outcome")),
    };
    match done {
        Ok(_) => {
            Ok(redirect_with_flash(&format!("/console/review/onsite/{id}"), "review-flash-reported").into_response())
        }
        Err(problem) => again(&site, &actor, &cx, &id, problem).await,
    }
}

/// Why a visit is called off.
#[derive(Debug, Deserialize)]
pub(crate) struct CancelForm {
    #[serde(default)]
    reason: String,
}

/// `POST …/cancel`.
pub(crate) async fn cancel(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<CancelForm>,
) -> Result<Response, Failure> {
    match onsite::cancel(site.kernel(), &actor, &id, &form.reason).await {
        Ok(()) => {
            Ok(redirect_with_flash(&format!("/console/review/onsite/{id}"), "review-flash-cancelled").into_response())
        }
        Err(problem) => again(&site, &actor, &cx, &id, problem).await,
    }
}
