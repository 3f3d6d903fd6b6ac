//! One event: what it says, its hash and proof, its JSON.

use super::list::{kind, marks, party, short, step};
use crate::model::StoredEvent;
use maud::{Markup, html};
use serde_json::Value;
use ui::parts::{PageHeader, Tone, alert, card, copyable, facts, hash};
use ui::{View, icon, shell};

/// The page. `same`: the event and its declaration, where the reader may see them.
pub(super) fn page(cx: &View, base: &str, event: &StoredEvent, same: &[StoredEvent]) -> Markup {
    let title = event.biz_step.as_deref().map_or_else(|| kind(cx, &event.kind), |word| step(cx, word));
    let list = cx.t(if base.starts_with("/merchant") { "events-own-title" } else { "events-title" });
    let body = html! {
        (PageHeader::new(cx, &title).back(list, base).mark(marks(cx, event)))
        @if event.declared_wrong_at.is_some() {
            (alert(Tone::Danger, &cx.t("events-declared-wrong"), cx.t("events-declared-wrong-help")))
        }
        div class="ts-halves" {
            (card(&cx.t("events-facts"), said(cx, base, event)))
            (card(&cx.t("events-kept"), kept(cx, base, event, same)))
        }
        (card(&cx.t("events-things"), all_things(event)))
        (card("JSON", html! { pre tabindex="0" { (serde_json::to_string_pretty(&event.json).unwrap_or_default()) } }))
    };
    shell::page(cx, &title, body)
}

fn said(cx: &View, base: &str, event: &StoredEvent) -> Markup {
    let text = |pointer: &str| event.json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let place = |value: &Option<String>| value.as_deref().map(|id| html! { span class="ts-code" { (short(id)) } });
    let parties = |list: &str, key: &str| {
        let all = event.json.get(list).and_then(Value::as_array)?;
        let ids: Vec<&str> = all.iter().filter_map(|one| one.get(key)?.as_str()).collect();
        Some(html! { @for id in ids { div class="ts-code" { (short(id)) } } })
    };
    let rows = facts()
        .add(cx.t("events-when"), cx.exact_text(event.event_time))
        .add(cx.t("events-filter-kind"), kind(cx, &event.kind))
        .maybe(
            cx.t("events-action"),
            event.action.as_deref().map(|action| cx.t(&format!("events-action-{}", action.to_ascii_lowercase()))),
        )
        .maybe(cx.t("events-filter-step"), event.biz_step.as_deref().map(|word| step(cx, word)))
        .maybe(
            cx.t("events-disposition"),
            event.disposition.as_deref().map(|word| epcis::vocabulary::bare(word).replace('_', " ")),
        )
        .maybe(cx.t("events-read-point"), place(&event.read_point))
        .maybe(cx.t("events-location"), place(&event.biz_location))
        .maybe(cx.t("events-from"), parties("sourceList", "source"))
        .maybe(cx.t("events-to"), parties("destinationList", "destination"))
        .maybe(cx.t("events-papers"), parties("bizTransactionList", "bizTransaction"))
        .maybe(cx.t("events-error-reason"), text("/errorDeclaration/reason"))
        .add(cx.t("events-party"), party(cx, base, &event.party));
    html! { (rows) }
}

fn kept(cx: &View, base: &str, event: &StoredEvent, same: &[StoredEvent]) -> Markup {
    let others: Vec<&StoredEvent> = same.iter().filter(|other| other.seq != event.seq).collect();
    let rows = facts()
        .add(cx.t("events-id"), copyable(cx, &event.event_id))
        .add(cx.t("events-hash"), copyable(cx, &event.hash))
        .add(cx.t("events-recorded"), cx.exact_text(event.record_time))
        .maybe(cx.t("events-skew"), (event.skew_micros > 0).then(|| cx.span_text(event.skew_micros / 1_000_000)))
        .add(
            cx.t("events-capture"),
            html! { a href={ (base) "/captures/" (event.capture_id) } { (hash(cx, &event.capture_id)) } },
        );
    html! {
        (rows)
        @for other in others {
            p {
                a href={ (base) "/" (other.id) } {
                    (cx.t(if other.is_declaration { "events-see-declaration" } else { "events-see-original" }))
                }
            }
        }
        @if let Some(act) = &event.act_id {
            p { a class="btn" href={ "/proofs/" (act) } { (icon("shield-check")) (cx.t("events-proof")) } }
            p class="ts-muted" { (cx.t("events-proof-help")) }
        }
    }
}

fn all_things(event: &StoredEvent) -> Markup {
    const SHOWN_MAX: usize = 200;
    let ids = |list: &str| -> Vec<String> {
        let all = event.json.get(list).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|one| match one {
            Value::String(id) => Some(id.clone()),
            other => {
                let class = other.get("epcClass")?.as_str()?;
                let quantity = other.get("quantity").map(|n| format!(" × {n}")).unwrap_or_default();
                let unit = other.get("uom").and_then(Value::as_str).map(|u| format!(" {u}")).unwrap_or_default();
                Some(format!("{class}{quantity}{unit}"))
            }
        })
        .collect()
    };
    const LISTS: [&str; 8] = [
        "epcList",
        "quantityList",
        "childEPCs",
        "childQuantityList",
        "inputEPCList",
        "inputQuantityList",
        "outputEPCList",
        "outputQuantityList",
    ];
    html! {
        @if let Some(parent) = event.json.get("parentID").and_then(Value::as_str) {
            h3 { "parentID" } div class="ts-code" { (short(parent)) }
        }
        @for list in LISTS {
            @let all = ids(list);
            @if !all.is_empty() {
                h3 { (list) " (" (all.len()) ")" }
                ul { @for id in all.iter().take(SHOWN_MAX) { li class="ts-code" { (short(id)) } } }
                @if all.len() > SHOWN_MAX { p class="ts-muted" { "…" } }
            }
        }
    }
}
