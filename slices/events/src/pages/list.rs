//! The list of events.

use crate::model::StoredEvent;
use crate::search::EventPage;
use epcis::vocabulary::bare;
use maud::{Markup, html};
use serde_json::Value;
use ui::parts::{Column, FilterBar, FormErrors, PageHeader, Paging, Row, Table, Tone, badge, empty};
use ui::{View, shell};

/// The types of events.
pub(super) const KINDS: [&str; 5] =
    ["ObjectEvent", "AggregationEvent", "TransformationEvent", "AssociationEvent", "TransactionEvent"];
/// The steps offered first.
const STEPS: [&str; 12] = [
    "commissioning",
    "packing",
    "unpacking",
    "shipping",
    "receiving",
    "storing",
    "inspecting",
    "retail_selling",
    "returning",
    "holding",
    "destroying",
    "decommissioning",
];

/// A word of the vocabulary as people say it.
pub(super) fn step(cx: &View, word: &str) -> String {
    let word = bare(word);
    let id = format!("events-step-{}", word.replace('_', "-"));
    let text = cx.t(&id);
    if text.contains(&id) { word.replace('_', " ") } else { text }
}

/// A type of event as people say it.
pub(super) fn kind(cx: &View, kind: &str) -> String {
    if KINDS.contains(&kind) { cx.t(&format!("events-kind-{}", kind.to_ascii_lowercase())) } else { kind.to_owned() }
}

/// What the event happened to: the first things and how many more.
pub(super) fn things(json: &Value) -> (Vec<String>, usize) {
    let mut all: Vec<String> = json.get("parentID").and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    for list in ["epcList", "childEPCs", "inputEPCList", "outputEPCList"] {
        let ids = json.get(list).and_then(Value::as_array).into_iter().flatten();
        all.extend(ids.filter_map(Value::as_str).map(str::to_owned));
    }
    for list in ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"] {
        for element in json.get(list).and_then(Value::as_array).into_iter().flatten() {
            let class = element.get("epcClass").and_then(Value::as_str).unwrap_or_default();
            let quantity = element.get("quantity").map(|n| format!(" × {n}")).unwrap_or_default();
            all.push(format!("{class}{quantity}"));
        }
    }
    let count = all.len();
    all.truncate(2);
    (all, count)
}

/// An identifier short enough for a cell.
pub(super) fn short(id: &str) -> &str {
    id.strip_prefix("https://id.gs1.org/").or_else(|| id.strip_prefix("urn:epc:")).unwrap_or(id)
}

/// The page.
pub(super) fn page(cx: &View, base: &str, page: &EventPage, errors: &FormErrors) -> Markup {
    let merchant = base.starts_with("/merchant");
    let title = cx.t(if merchant { "events-own-title" } else { "events-title" });
    let mut header = PageHeader::new(cx, &title)
        .lead(cx.t(if merchant { "events-own-lead" } else { "events-lead" }))
        .link(&cx.t("events-captures"), &format!("{base}/captures"), "inbox")
        .link(&cx.t("events-subscriptions"), &format!("{base}/subscriptions"), "send");
    if merchant {
        header = header.link(&cx.t("events-new"), "/merchant/events/new", "plus").link(
            &cx.t("events-table"),
            "/merchant/events/table",
            "upload",
        );
    }
    let body = html! {
        (header)
        (filter(cx))
        (errors)
        (events(cx, base, page))
    };
    shell::page(cx, &title, body)
}

fn filter(cx: &View) -> FilterBar<'_> {
    let kinds = KINDS.iter().map(|name| ((*name).to_owned(), kind(cx, name))).collect();
    let steps = STEPS.iter().map(|word| ((*word).to_owned(), step(cx, word))).collect();
    FilterBar::new(cx)
        .search("q", cx.t("events-filter-anything"))
        .choice("kind", cx.t("events-filter-kind"), kinds)
        .choice("step", cx.t("events-filter-step"), steps)
        .date("from", cx.t("events-filter-from"))
        .date("until", cx.t("events-filter-until"))
}

fn events<'a>(cx: &'a View, base: &str, page: &EventPage) -> Table<'a> {
    let after = page.next.as_ref().map(|(token, _)| token.as_str());
    Table::new(cx, cx.t("events-title"))
        .column(Column::text(cx.t("events-when")).sort("time"))
        .column(Column::text(cx.t("events-what")))
        .column(Column::text(cx.t("events-things")))
        .column(Column::text(cx.t("events-where")).quiet())
        .column(Column::text(cx.t("events-party")).quiet())
        .column(Column::text(cx.t("events-recorded")).sort("recorded").quiet())
        .rows(page.events.iter().map(|event| row(cx, base, event)))
        .export("CSV", &format!("{base}.csv"))
        .empty(empty("route", &cx.t("events-none"), &cx.t("events-none-help"), None))
        .paging(Paging::cursor(cx, None, after, None))
}

/// The marks of an event: declared wrong, a declaration, a clock ahead.
pub(super) fn marks(cx: &View, event: &StoredEvent) -> Markup {
    html! {
        @if event.declared_wrong_at.is_some() { (badge(Tone::Danger, &cx.t("events-declared-wrong"))) }
        @if event.is_declaration { (badge(Tone::Waiting, &cx.t("events-declaration"))) }
        @if event.skew_micros > 0 { (badge(Tone::Waiting, &cx.t("events-skewed"))) }
    }
}

fn row(cx: &View, base: &str, event: &StoredEvent) -> Row {
    let (ids, count) = things(&event.json);
    let what = event.biz_step.as_deref().map_or_else(|| kind(cx, &event.kind), |word| step(cx, word));
    let place = event.biz_location.as_deref().or(event.read_point.as_deref()).unwrap_or("");
    Row::new()
        .link(format!("{base}/{}", event.id))
        .cell(cx.moment(event.event_time))
        .cell(html! { (what) " " (marks(cx, event)) })
        .cell(html! {
            @for id in &ids { div class="ts-code" { (short(id)) } }
            @if count > ids.len() { div class="ts-muted" { (cx.ta("events-more", &[("n", ((count - ids.len()) as i64).into())])) } }
        })
        .cell(html! { span class="ts-code" { (short(place)) } })
        .cell(party(cx, base, &event.party))
        .cell(cx.moment(event.record_time))
}

/// Who captured it, as a link where the reader may follow it.
pub(super) fn party(cx: &View, base: &str, party: &str) -> Markup {
    if party == crate::model::OPERATOR {
        return html! { (cx.t("events-operator")) };
    }
    if base.starts_with("/console") {
        return html! { a href={ "/console/merchants/" (party) } { (party.chars().take(13).collect::<String>()) } };
    }
    html! { (party.chars().take(13).collect::<String>()) }
}

/// The events as a table to take away. Heads are field names, the same in both languages, so that programs can read it.
pub(super) fn table(events: &[StoredEvent]) -> web::csv::Writer {
    let header = [
        "row",
        "event_id",
        "hash",
        "type",
        "event_time",
        "record_time",
        "action",
        "biz_step",
        "disposition",
        "read_point",
        "biz_location",
        "things",
        "party",
        "capture",
        "act",
        "declared_wrong_at",
    ];
    let mut writer = web::csv::Writer::new(header);
    for event in events {
        let text = |value: &Option<String>| value.as_deref().map(bare).unwrap_or_default().to_owned();
        let (ids, count) = things(&event.json);
        let more = if count > ids.len() { format!(" (+{})", count - ids.len()) } else { String::new() };
        writer.row([
            event.id.clone(),
            event.event_id.clone(),
            event.hash.clone(),
            event.kind.clone(),
            event.event_time.to_rfc3339(),
            event.record_time.to_rfc3339(),
            event.action.clone().unwrap_or_default(),
            text(&event.biz_step),
            text(&event.disposition),
            event.read_point.clone().unwrap_or_default(),
            event.biz_location.clone().unwrap_or_default(),
            format!("{}{more}", ids.join(" ")),
            event.party.clone(),
            event.capture_id.clone(),
            event.act_id.clone().unwrap_or_default(),
            event.declared_wrong_at.map(ground::Timestamp::to_rfc3339).unwrap_or_default(),
        ]);
    }
    writer
}
