//! On-site inspections: the list, and the appointment.

use super::ways;
use crate::model::Reviewer;
use crate::onsite::{self, Appointment, Outcome, Visit, VisitState};
use crate::queue;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kernel::{Actor, Page, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    Choice, Column, Field, FilterBar, FormErrors, PageHeader, Paging, Row, Table, Tone, badge, card, empty, form_post,
    submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Query, Signed, Site, redirect_with_flash};

/// The filter.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    state: Option<String>,
    mine: Option<String>,
}

/// `/console/review/onsite`.
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asked>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let state = asked.state.as_deref().and_then(VisitState::from_name);
    let mine = asked.mine.as_deref() == Some("true");
    let found = onsite::visits(site.kernel(), &actor, state, mine, &paging).await?;
    Ok(page(&cx, &actor, site.kernel().today(), &found))
}

/// The mark of where a visit stands.
pub(super) fn state_mark(cx: &View, visit: &Visit, today: jiff::civil::Date) -> Markup {
    let text = cx.t(&format!("review-visit-{}", visit.state.name()));
    match (visit.state, visit.outcome) {
        (VisitState::Scheduled, _) if visit.report_due < today => badge(Tone::Danger, &cx.t("review-visit-late")),
        (VisitState::Scheduled, _) => badge(Tone::Info, &text),
        (VisitState::Cancelled, _) => badge(Tone::Neutral, &text),
        (VisitState::Reported, Some(outcome)) => badge(tone(outcome), &outcome_text(cx, outcome)),
        (VisitState::Reported, None) => badge(Tone::Neutral, &text),
    }
}

fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Passed => Tone::Good,
        Outcome::Rectify => Tone::Waiting,
        Outcome::Failed => Tone::Danger,
    }
}

/// The word for an outcome.
pub(super) fn outcome_text(cx: &View, outcome: Outcome) -> String {
    cx.t(&format!("review-outcome-{}", outcome.name()))
}

fn page(cx: &View, actor: &Actor, today: jiff::civil::Date, found: &Page<Visit>) -> Markup {
    let row = |visit: &Visit| {
        Row::new()
            .link(format!("/console/review/onsite/{}", visit.id))
            .cell(&visit.merchant_name)
            .cell(&visit.address)
            .cell(visit.date.to_string())
            .cell(&visit.inspector_name)
            .cell(visit.report_due.to_string())
            .cell(state_mark(cx, visit, today))
    };
    let states = VisitState::ALL
        .iter()
        .map(|state| (state.name().to_owned(), cx.t(&format!("review-visit-{}", state.name()))))
        .collect();
    let mut header = PageHeader::new(cx, cx.t("review-onsite")).lead(cx.t("review-onsite-lead"));
    if actor.may(Permission::ReviewManage) {
        header = header.link(&cx.t("review-onsite-new"), "/console/review/onsite/new", "calendar");
    }
    shell::console(
        cx,
        &cx.t("review-onsite"),
        html! {
            (header)
            (ways(cx, actor))
            (FilterBar::new(cx)
                .choice("state", cx.t("review-state"), states)
                .choice("mine", cx.t("review-inspector"), vec![("true".to_owned(), cx.t("review-me"))]))
            (Table::new(cx, cx.t("review-onsite"))
                .column(Column::text(cx.t("review-merchant")))
                .column(Column::text(cx.t("review-address")).quiet())
                .column(Column::text(cx.t("review-date")))
                .column(Column::text(cx.t("review-inspector")))
                .column(Column::text(cx.t("review-report-due")).quiet())
                .column(Column::text(cx.t("review-state")))
                .rows(found.rows.iter().map(row))
                .empty(empty("map-pin", &cx.t("review-onsite-none"), &cx.t("review-onsite-none-help"), None))
                .paging(Paging::pages(cx, found.paging.page, found.pages(), found.total)))
        },
    )
}

/// The appointment form.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asking {
    #[serde(default)]
    merchant_id: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    purpose: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    inspector: String,
}

/// `/console/review/onsite/new`.
pub(crate) async fn form(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<Asking>,
) -> Result<Markup, Failure> {
    form_page(&site, &actor, &cx, &asked, &FormErrors::none()).await
}

async fn form_page(
    site: &Site,
    actor: &Actor,
    cx: &View,
    asked: &Asking,
    errors: &FormErrors,
) -> Result<Markup, Failure> {
    let people = queue::reviewers(site.kernel(), actor).await?;
    let earliest = onsite::earliest_date(site.kernel())?.to_string();
    let title = cx.t("review-onsite-new");
    let choices = |people: Vec<Reviewer>| {
        let named = people.into_iter().filter(|person| !person.name.is_empty());
        named.map(|person| Choice::new(person.id, person.name)).collect::<Vec<_>>()
    };
    let date = if asked.date.is_empty() { earliest.clone() } else { asked.date.clone() };
    Ok(shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, &title).back(cx.t("review-onsite"), "/console/review/onsite"))
            (errors)
            (card("", form_post(cx, "/console/review/onsite/new", html! {
                (Field::text(cx, "merchant_id", cx.t("review-merchant-id")).value(&asked.merchant_id).required().errors(errors))
                (Field::text(cx, "address", cx.t("review-address")).value(&asked.address).required().errors(errors))
                (Field::text(cx, "contact", cx.t("review-contact")).value(&asked.contact).errors(errors))
                (Field::text(cx, "purpose", cx.t("review-purpose")).value(&asked.purpose).required().errors(errors))
                (Field::date(cx, "date", cx.t("review-date")).value(date).hint(cx.ta("review-date-help", &[("date", earliest.as_str().into())]))
                    .attribute("min", &earliest).required().errors(errors))
                (Field::select(cx, "inspector", cx.t("review-inspector"), choices(people)).value(&asked.inspector).hint(cx.t("review-inspector-help")).errors(errors))
                (submit(&cx.t("review-onsite-new"), Some((&cx.t("review-cancel"), "/console/review/onsite"))))
            })))
        },
    ))
}

/// `POST /console/review/onsite/new`.
pub(crate) async fn schedule(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(asked): Form<Asking>,
) -> Result<Response, Failure> {
    let appointment = Appointment {
        merchant_id: asked.merchant_id.trim().to_owned(),
        address: asked.address.clone(),
        contact: asked.contact.clone(),
        purpose: asked.purpose.clone(),
        date: asked.date.clone(),
        inspector: asked.inspector.clone(),
    };
    match onsite::schedule(site.kernel(), &actor, &appointment).await {
        Ok(visit) => {
            let to = format!("/console/review/onsite/{}", visit.id);
            Ok(redirect_with_flash(&to, "review-flash-scheduled").into_response())
        }
        Err(problem) if matches!(problem.code.code, "invalid_input" | "review_conflict") => {
            let status =
                axum::http::StatusCode::from_u16(problem.code.status).unwrap_or(axum::http::StatusCode::CONFLICT);
            let errors = FormErrors::of_problem(&cx, &problem);
            Ok((status, form_page(&site, &actor, &cx, &asked, &errors).await?).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}
