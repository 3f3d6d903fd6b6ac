//! Who knows about what, and who stays away from whom.

use super::ways;
use crate::model::{Conflict, Reviewer};
use crate::queue;
use crate::{parameters, tables};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::Actor;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeSet;
use ui::parts::{Choice, Column, Field, FormErrors, PageHeader, Row, Table, card, empty, form_post, submit};
use ui::{View, shell};
use web::{Cx, Failure, Form, Signed, Site, redirect_with_flash};

/// `/console/review/people`.
pub(crate) async fn show(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    page(&site, &actor, &cx, &FormErrors::none()).await
}

async fn page(site: &Site, actor: &Actor, cx: &View, errors: &FormErrors) -> Result<Markup, Failure> {
    let kernel = site.kernel();
    let people = queue::reviewers(kernel, actor).await?;
    let conflicts = queue::conflicts(kernel, actor).await?;
    let rows = tables::routes(&parameters::pack(kernel), kernel.today())?;
    let skills: BTreeSet<String> =
        rows.iter().map(|row| row.body.skill.clone()).filter(|skill| !skill.is_empty()).collect();
    Ok(shell::console(
        cx,
        &cx.t("review-people"),
        html! {
            (PageHeader::new(cx, cx.t("review-people")).lead(cx.t("review-people-lead")))
            (ways(cx, actor))
            (errors)
            div class="ts-halves" {
                (card(&cx.t("review-skills"), skills_of(cx, &people, &skills)))
                (card(&cx.t("review-conflicts"), html! {
                    (conflict_table(cx, &people, &conflicts))
                    (conflict_form(cx, &people, errors))
                }))
            }
        },
    ))
}

fn name_of(person: &Reviewer) -> &str {
    if person.name.is_empty() { &person.id } else { &person.name }
}

fn skills_of(cx: &View, people: &[Reviewer], skills: &BTreeSet<String>) -> Markup {
    html! {
        @if people.is_empty() { (empty("users", &cx.t("review-people-none"), &cx.t("review-people-none-help"), None)) }
        @for person in people {
            (form_post(cx, "/console/review/people/skills", html! {
                fieldset class="ts-row" {
                    legend { (name_of(person)) }
                    input type="hidden" name="reviewer" value=(person.id);
                    @for skill in skills {
                        label class="ts-checkbox" {
                            input class="form-check-input" type="checkbox" name="skills" value=(skill) checked[person.skills.contains(skill)];
                            span { (skill) }
                        }
                    }
                    button class="btn btn-sm" type="submit" { (cx.t("review-save")) }
                }
            }))
        }
    }
}

fn conflict_table(cx: &View, people: &[Reviewer], conflicts: &[Conflict]) -> Markup {
    let row = |conflict: &Conflict| {
        let name =
            people.iter().find(|person| person.id == conflict.reviewer).map_or(conflict.reviewer.as_str(), name_of);
        Row::new()
            .cell(name)
            .cell(html! { a href={ "/console/merchants/" (conflict.merchant_id) } { (conflict.merchant_id) } })
            .cell(&conflict.reason)
            .cell(cx.date(conflict.since))
            .cell(form_post(
                cx,
                "/console/review/people/conflicts/lift",
                html! {
                    input type="hidden" name="reviewer" value=(conflict.reviewer);
                    input type="hidden" name="merchant" value=(conflict.merchant_id);
                    button class="btn btn-sm" type="submit" { (cx.t("review-conflict-lift")) }
                },
            ))
    };
    html! {
        (Table::new(cx, cx.t("review-conflicts"))
            .column(Column::text(cx.t("review-reviewer")))
            .column(Column::text(cx.t("review-merchant")))
            .column(Column::text(cx.t("review-why")))
            .column(Column::text(cx.t("review-since")).quiet())
            .column(Column::text(cx.t("review-action")))
            .rows(conflicts.iter().map(row))
            .empty(empty("users", &cx.t("review-conflicts-none"), &cx.t("review-conflicts-none-help"), None)))
    }
}

fn conflict_form(cx: &View, people: &[Reviewer], errors: &FormErrors) -> Markup {
    let choices = people.iter().map(|person| Choice::new(&person.id, name_of(person))).collect();
    form_post(
        cx,
        "/console/review/people/conflicts",
        html! {
            (Field::select(cx, "reviewer", cx.t("review-reviewer"), choices).required().errors(errors))
            (Field::text(cx, "merchant", cx.t("review-merchant-id")).required().errors(errors))
            (Field::text(cx, "reason", cx.t("review-why")).required().errors(errors))
            (submit(&cx.t("review-conflict-declare"), None))
        },
    )
}

/// Skills of a person.
#[derive(Debug, Deserialize)]
pub(crate) struct SkillsForm {
    reviewer: String,
    #[serde(default)]
    skills: Vec<String>,
}

/// `POST /console/review/people/skills`.
pub(crate) async fn skills(
    State(site): State<Site>,
    Signed(actor): Signed,
    Form(form): Form<SkillsForm>,
) -> Result<impl IntoResponse, Failure> {
    queue::set_skills(site.kernel(), &actor, &form.reviewer, &form.skills).await?;
    Ok(redirect_with_flash("/console/review/people", "review-flash-saved"))
}

/// A relation.
#[derive(Debug, Deserialize)]
pub(crate) struct ConflictForm {
    #[serde(default)]
    reviewer: String,
    #[serde(default)]
    merchant: String,
    #[serde(default)]
    reason: String,
}

/// `POST /console/review/people/conflicts`.
pub(crate) async fn declare(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<ConflictForm>,
) -> Result<Response, Failure> {
    match queue::declare_conflict(site.kernel(), &actor, &form.reviewer, &form.merchant, &form.reason).await {
        Ok(()) => Ok(redirect_with_flash("/console/review/people", "review-flash-saved").into_response()),
        Err(problem) if problem.code.status == 422 => {
            let errors = FormErrors::of_problem(&cx, &problem);
            let page = page(&site, &actor, &cx, &errors).await?;
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// `POST /console/review/people/conflicts/lift`.
pub(crate) async fn lift(
    State(site): State<Site>,
    Signed(actor): Signed,
    Form(form): Form<ConflictForm>,
) -> Result<impl IntoResponse, Failure> {
    queue::lift_conflict(site.kernel(), &actor, &form.reviewer, &form.merchant).await?;
    Ok(redirect_with_flash("/console/review/people", "review-flash-saved"))
}
