//! The console pages of webhooks.

use super::api::LogQuery;
use super::subscription::{self as hooks, Attempt, Delivery, DeliveryState, NewWebhook, Webhook, WebhookState};
use crate::{Cx, Failure, Form, PagingQuery, Path, Query, Redirect, Signed, Site, redirect_with_flash};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::problem::INVALID_INPUT;
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Column, Field, FilterBar, FormErrors, PageHeader, Paging, Row, Table, Tone, alert, card, confirm, copyable, empty,
    facts, form_post, status, submit,
};

const HOME: &str = "/console/webhooks";

#[derive(Debug, Default, Deserialize)]
pub(super) struct Input {
    #[serde(default)]
    url: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    kinds: String,
}

impl Input {
    fn new_webhook(&self) -> NewWebhook {
        let kinds = self.kinds.split([',', '\n', ' ', '，', '、']).map(str::trim).filter(|kind| !kind.is_empty());
        NewWebhook {
            url: self.url.clone(),
            description: self.description.clone(),
            kinds: kinds.map(str::to_owned).collect(),
        }
    }
}

pub(super) async fn index(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    let found = hooks::list(site.kernel(), &actor).await?;
    Ok(index_page(&cx, &found, &Input::default(), &FormErrors::none()))
}

pub(super) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(input): Form<Input>,
) -> Result<Response, Failure> {
    match hooks::subscribe(site.kernel(), site.outbound(), &actor, input.new_webhook()).await {
        Ok((webhook, secret)) => Ok(secret_page(&cx, &webhook, &secret).into_response()),
        Err(problem) if problem.code == &INVALID_INPUT => {
            let found = hooks::list(site.kernel(), &actor).await?;
            let errors = FormErrors::of_problem(&cx, &problem);
            Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, index_page(&cx, &found, &input, &errors)).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

fn index_page(cx: &View, found: &[Webhook], input: &Input, errors: &FormErrors) -> Markup {
    let rows = found.iter().map(|webhook| {
        Row::new()
            .link(format!("{HOME}/{}", webhook.id))
            .cell(&webhook.url)
            .cell(&webhook.description)
            .cell(webhook.kinds.join(", "))
            .cell(state_mark(cx, webhook.state))
            .cell(cx.moment(webhook.created_at))
    });
    let table = Table::new(cx, cx.t("web-webhooks"))
        .column(Column::text(cx.t("web-webhook-url-label")))
        .column(Column::text(cx.t("web-webhook-description")).quiet())
        .column(Column::text(cx.t("web-webhook-kinds")).quiet())
        .column(Column::text(cx.t("web-webhook-state")))
        .column(Column::text(cx.t("web-webhook-created")).quiet())
        .rows(rows)
        .empty(empty("webhook", &cx.t("web-webhooks-none"), &cx.t("web-webhooks-none-help"), None));
    let body = html! {
        (PageHeader::new(cx, cx.t("web-webhooks")).lead(cx.t("web-webhooks-lead")))
        (errors)
        (table)
        (card(&cx.t("web-webhook-new"), form_post(cx, HOME, html! {
            (Field::text(cx, "url", cx.t("web-webhook-url-label")).value(&input.url).hint(cx.t("web-webhook-url-hint")).required()
                .attribute("maxlength", "2000").errors(errors))
            (Field::text(cx, "description", cx.t("web-webhook-description")).value(&input.description)
                .attribute("maxlength", "300").errors(errors))
            (Field::textarea(cx, "kinds", cx.t("web-webhook-kinds"), 3).value(&input.kinds)
                .hint(cx.t("web-webhook-kinds-hint")).required().errors(errors))
            (submit(&cx.t("web-webhook-subscribe"), None))
        })))
    };
    ui::shell::console(cx, &cx.t("web-webhooks"), body)
}

fn state_mark(cx: &View, state: WebhookState) -> Markup {
    let text = cx.t(&format!("web-webhook-state-{}", state.name()));
    match state {
        WebhookState::Enabled => status(Tone::Good, "circle-check", &text),
        WebhookState::Disabled => status(Tone::Neutral, "player-pause", &text),
        WebhookState::Failed => status(Tone::Danger, "alert-triangle", &text),
    }
}

fn delivery_mark(cx: &View, state: DeliveryState) -> Markup {
    let text = cx.t(&format!("web-delivery-{}", state.name()));
    match state {
        DeliveryState::Delivered => status(Tone::Good, "check", &text),
        DeliveryState::Waiting => status(Tone::Waiting, "hourglass", &text),
        DeliveryState::Failed => status(Tone::Danger, "x", &text),
    }
}

fn secret_page(cx: &View, webhook: &Webhook, secret: &str) -> Markup {
    let title = cx.t("web-webhook-secret");
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("web-webhooks"), HOME))
        (alert(Tone::Waiting, "", cx.t("web-webhook-secret-once")))
        (card("", html! {
            (facts().add(cx.t("web-webhook-url-label"), &webhook.url).add(cx.t("web-webhook-secret"), copyable(cx, secret)))
            p { a class="btn btn-primary" href={ (HOME) "/" (webhook.id) } { (cx.t("web-webhook-secret-kept")) } }
        }))
    };
    ui::shell::console(cx, &title, body)
}

pub(super) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(query): Query<LogQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let webhook = hooks::webhook(site.kernel(), &actor, &id).await?;
    let log = hooks::deliveries(site.kernel(), &actor, &id, query.state(), &paging).await?;
    Ok(show_page(&cx, &webhook, &log))
}

fn show_page(cx: &View, webhook: &Webhook, log: &kernel::Page<Delivery>) -> Markup {
    let at = |rest: &str| format!("{HOME}/{}{rest}", webhook.id);
    let button = |path: &str, label: &str| form_post(cx, &at(path), submit(&cx.t(label), None));
    let rows = log.rows.iter().map(|delivery| {
        Row::new()
            .link(at(&format!("/deliveries/{}", delivery.id)))
            .cell(&delivery.kind)
            .cell(delivery_mark(cx, delivery.state))
            .cell(cx.number(delivery.attempts))
            .cell(
                delivery
                    .last_status
                    .map(|code| code.to_string())
                    .or_else(|| delivery.last_failure.clone())
                    .unwrap_or_default(),
            )
            .cell(cx.moment(delivery.created_at))
    });
    let choices = [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed]
        .map(|state| (state.name().to_owned(), cx.t(&format!("web-delivery-{}", state.name()))));
    let table = Table::new(cx, cx.t("web-deliveries"))
        .column(Column::text(cx.t("web-webhook-kinds")))
        .column(Column::text(cx.t("web-webhook-state")))
        .column(Column::number(cx.t("web-delivery-attempts")))
        .column(Column::text(cx.t("web-delivery-answer")))
        .column(Column::text(cx.t("web-webhook-created")).quiet())
        .rows(rows)
        .empty(empty("inbox", &cx.t("web-deliveries-none"), &cx.t("web-deliveries-none-help"), None))
        .paging(Paging::pages(cx, log.paging.page, log.pages(), log.total));
    let switch = match webhook.state {
        WebhookState::Enabled => {
            html! { input type="hidden" name="enabled" value="false"; (submit(&cx.t("web-webhook-disable"), None)) }
        }
        _ => html! { input type="hidden" name="enabled" value="true"; (submit(&cx.t("web-webhook-enable"), None)) },
    };
    let body = html! {
        (PageHeader::new(cx, webhook.url.as_str()).back(cx.t("web-webhooks"), HOME).mark(state_mark(cx, webhook.state)))
        @if webhook.state == WebhookState::Failed { (alert(Tone::Danger, "", cx.t("web-webhook-failed-help"))) }
        (card("", html! {
            (facts().add(cx.t("web-webhook-description"), &webhook.description)
                .add(cx.t("web-webhook-kinds"), webhook.kinds.join(", "))
                .add(cx.t("web-webhook-created"), cx.moment(webhook.created_at))
                .maybe(cx.t("web-webhook-failing-since"), webhook.failing_since.map(|at| cx.moment(at))))
            div class="ts-actions" {
                (button("/test", "web-webhook-test"))
                (form_post(cx, &at("/state"), switch))
                (confirm(&cx.t("web-webhook-rotate"), "key", false, html! { p { (cx.t("web-webhook-rotate-help")) } (button("/secret", "web-webhook-rotate")) }))
                (confirm(&cx.t("web-webhook-remove"), "trash", true, html! { p { (cx.t("web-webhook-remove-help")) } (button("/remove", "web-webhook-remove")) }))
            }
        }))
        (FilterBar::new(cx).choice("state", cx.t("web-webhook-state"), choices.to_vec()))
        (table)
    };
    ui::shell::console(cx, &webhook.url, body)
}

#[derive(Debug, Deserialize)]
pub(super) struct Switch {
    enabled: bool,
}

pub(super) async fn set_state(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(input): Form<Switch>,
) -> Result<Redirect, Failure> {
    hooks::set_enabled(site.kernel(), &actor, &id, input.enabled).await?;
    let message = if input.enabled { "web-webhook-was-enabled" } else { "web-webhook-was-disabled" };
    Ok(redirect_with_flash(&format!("{HOME}/{id}"), message))
}

pub(super) async fn rotate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let secret = hooks::rotate_secret(site.kernel(), &actor, &id).await?;
    let webhook = hooks::webhook(site.kernel(), &actor, &id).await?;
    Ok(secret_page(&cx, &webhook, &secret))
}

pub(super) async fn test(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    hooks::send_test(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash(&format!("{HOME}/{id}"), "web-webhook-was-tested"))
}

pub(super) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Redirect, Failure> {
    hooks::remove(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash(HOME, "web-webhook-was-removed"))
}

pub(super) async fn redeliver(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Redirect, Failure> {
    hooks::redeliver(site.kernel(), &actor, &id, &delivery).await?;
    Ok(redirect_with_flash(&format!("{HOME}/{id}/deliveries/{delivery}"), "web-delivery-was-requeued"))
}

pub(super) async fn delivery(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    let (found, attempts) = hooks::delivery(site.kernel(), &actor, &id, &delivery).await?;
    Ok(delivery_page(&cx, &id, &found, &attempts))
}

fn delivery_page(cx: &View, webhook_id: &str, delivery: &Delivery, attempts: &[Attempt]) -> Markup {
    let back = format!("{HOME}/{webhook_id}");
    let again = form_post(
        cx,
        &format!("{back}/deliveries/{}/redeliver", delivery.id),
        submit(&cx.t("web-delivery-redeliver"), None),
    );
    let rows = attempts.iter().map(|attempt| {
        Row::new()
            .cell(cx.moment(attempt.at))
            .cell(attempt.status.map(|code| code.to_string()).unwrap_or_default())
            .cell(cx.number(attempt.latency_ms))
            .cell(attempt.failure.clone().unwrap_or_default())
            .cell(html! { code { (attempt.answer.as_deref().unwrap_or("")) } })
    });
    let table = Table::new(cx, cx.t("web-delivery-attempts"))
        .column(Column::text(cx.t("web-webhook-created")))
        .column(Column::number(cx.t("web-delivery-status")))
        .column(Column::number(cx.t("web-delivery-latency")))
        .column(Column::text(cx.t("web-delivery-failure")))
        .column(Column::text(cx.t("web-delivery-answer")).quiet())
        .rows(rows)
        .empty(empty("hourglass", &cx.t("web-attempts-none"), "", None));
    let title = delivery.kind.clone();
    let body = html! {
        (PageHeader::new(cx, title.as_str()).back(cx.t("web-webhooks"), HOME).back(cx.t("web-deliveries"), back.as_str())
            .mark(delivery_mark(cx, delivery.state)).action(again))
        (card("", html! {
            (facts().add("webhook-id", copyable(cx, &format!("msg_{}", delivery.id)))
                .add(cx.t("web-webhook-created"), cx.moment(delivery.created_at))
                .maybe(cx.t("web-delivery-next"), (delivery.state == DeliveryState::Waiting).then(|| cx.moment(delivery.due_at))))
        }))
        (table)
        (card(&cx.t("web-delivery-payload"), html! { pre { code { (delivery.payload) } } }))
    };
    ui::shell::console(cx, &title, body)
}
