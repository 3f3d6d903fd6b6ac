//! Subscriptions: who is told of what, how it goes, and the buttons that stop and resume it. They are made by programs
//! (`POST /v1/epcis/queries/{name}/subscriptions`), because only a receiver can say where and how it wants to be told.

use crate::subscriptions::Subscription;
use maud::{Markup, html};
use ui::parts::{Column, PageHeader, Paging, Row, Table, Tone, alert, card, copyable, empty, facts, form_post, status};
use ui::{View, shell};

/// Rows of a page.
pub(super) const ROWS: u64 = 50;

/// Where a subscription stands, as a mark.
fn mark(cx: &View, subscription: &Subscription) -> Markup {
    let (tone, icon, name) = match (subscription.is_paused, subscription.failures) {
        (true, _) => (Tone::Danger, "player-pause", "events-subscription-paused"),
        (false, 0) => (Tone::Good, "circle-check", "events-subscription-active"),
        (false, _) => (Tone::Waiting, "clock-exclamation", "events-subscription-failing"),
    };
    status(tone, icon, &cx.t(name))
}

fn title(cx: &View, base: &str) -> String {
    cx.t(if base.starts_with("/merchant") { "events-own-title" } else { "events-title" })
}

/// The list. `next`: the id to go on after.
pub(super) fn list(cx: &View, base: &str, rows: &[Subscription], next: Option<&str>) -> Markup {
    let name = cx.t("events-subscriptions");
    let console = base.starts_with("/console");
    let mut table = Table::new(cx, &name)
        .column(Column::text(cx.t("events-subscription-query")))
        .column(Column::text(cx.t("events-subscription-to")))
        .column(Column::text(cx.t("events-subscription-state")))
        .column(Column::number(cx.t("events-subscription-failures")))
        .column(Column::text(cx.t("events-subscription-last")).quiet());
    if console {
        table = table.column(Column::text(cx.t("events-party")).quiet());
    }
    let row = |subscription: &Subscription| {
        let row = Row::new()
            .link(format!("{base}/subscriptions/{}", subscription.id))
            .cell(&subscription.query)
            .cell(html! { span class="ts-code" { (subscription.destination) } })
            .cell(mark(cx, subscription))
            .cell(cx.number(subscription.failures))
            .cell(told(cx, subscription));
        if console { row.cell(super::list::party(cx, base, &subscription.owner)) } else { row }
    };
    let body = html! {
        (PageHeader::new(cx, &name).lead(cx.t("events-subscriptions-lead")).back(title(cx, base), base))
        (table
            .rows(rows.iter().map(row))
            .empty(empty("send", &cx.t("events-subscriptions-none"), &cx.t("events-subscriptions-none-help"), None))
            .paging(Paging::cursor(cx, None, next, None)))
    };
    shell::page(cx, &name, body)
}

fn told(cx: &View, subscription: &Subscription) -> Markup {
    html! { @match subscription.last_notified_at { Some(at) => (cx.moment(at)), None => "—" } }
}

/// One of them. `may_change`: the reader may stop and resume it.
pub(super) fn page(cx: &View, base: &str, subscription: &Subscription, may_change: bool) -> Markup {
    let rhythm = match &subscription.schedule {
        Some(schedule) => html! { span class="ts-code" { (schedule.to_json().to_string()) } },
        None => html! { (cx.t("events-subscription-stream")) },
    };
    let mut known = facts()
        .add(cx.t("events-subscription-query"), &subscription.query)
        .add(cx.t("events-subscription-to"), copyable(cx, &subscription.destination))
        .add(cx.t("events-subscription-rhythm"), rhythm)
        .add(cx.t("events-subscription-format"), subscription.format.name())
        .add(cx.t("events-subscription-made"), cx.moment(subscription.created_at));
    if base.starts_with("/console") {
        known = known.add(cx.t("events-party"), super::list::party(cx, base, &subscription.owner));
    }
    let mut going = facts()
        .add(cx.t("events-subscription-state"), mark(cx, subscription))
        .add(cx.t("events-subscription-last"), told(cx, subscription))
        .add(cx.t("events-subscription-failures"), cx.number(subscription.failures))
        .maybe(cx.t("events-subscription-error"), subscription.last_error.as_deref().map(|why| error_words(cx, why)));
    if !subscription.is_paused {
        going = going.add(cx.t("events-subscription-next"), cx.moment(subscription.due_at));
    }
    let (verb, word) = if subscription.is_paused {
        ("resume", "events-subscription-resume")
    } else {
        ("pause", "events-subscription-pause")
    };
    let button = form_post(
        cx,
        &format!("{base}/subscriptions/{}/{verb}", subscription.id),
        html! { button class="btn btn-primary" type="submit" { (cx.t(word)) } },
    );
    let body = html! {
        (PageHeader::new(cx, subscription.query.clone())
            .back(cx.t("events-subscriptions"), format!("{base}/subscriptions"))
            .mark(mark(cx, subscription)))
        @if subscription.is_paused { (alert(Tone::Waiting, &cx.t("events-subscription-paused"), cx.t("events-subscription-paused-help"))) }
        div class="ts-halves" {
            (card(&cx.t("events-facts"), html! { (known) }))
            (card(&cx.t("events-subscription-going"), html! { (going) @if may_change { (button) } }))
        }
    };
    shell::page(cx, &subscription.query, body)
}

/// Why a receiver was not told: the two reasons of ours in words, others as they came.
fn error_words(cx: &View, why: &str) -> String {
    match why {
        "query_gone" => cx.t("events-subscription-query-gone"),
        "by_hand" => cx.t("events-subscription-by-hand"),
        other => other.to_owned(),
    }
}
