//! One act with its proof and what the proof means.

use super::path;
use crate::acts::related;
use crate::words;
use kernel::ActRecord;
use ledger::ActProof;
use maud::{Markup, html};
use serde_json::{Map, Value};
use tlog::cosignature::Cosigned;
use ui::parts::{Facts, PageHeader, Tone, alert, badge, card, copyable, facts, hash};
use ui::{View, icon, shell};

/// Fields of a public part that have a place of their own on the page.
const PLACED: &[&str] =
    &["id", "at", "kind", "subject", "actor", "related", "policy", "reasons", "evidence", "outcome"];

/// Who reads.
pub struct Reader {
    /// Where their acts are.
    pub base: &'static str,
    /// Whether private parts are for them.
    pub sees_private: bool,
    /// The log's public key in text form.
    pub key: String,
}

/// The page.
pub fn page(cx: &View, reader: &Reader, act: &ActRecord, proof: Option<&ActProof>) -> Markup {
    let title = words::kind(cx, &act.kind);
    let console = reader.base.starts_with("/console");
    let mark = match proof {
        Some(proof) if proof.agrees => badge(Tone::Good, &cx.t("proofs-proved")),
        Some(_) => badge(Tone::Danger, &cx.t("proofs-disagrees")),
        None => badge(Tone::Neutral, &cx.t("ui-ledger-waiting")),
    };
    let list = cx.t(if console { "proofs-title" } else { "proofs-own-title" });
    let mut header = PageHeader::new(cx, &title).back(list, reader.base).mark(mark);
    if proof.is_some() {
        header = header.link(&cx.t("proofs-download"), &format!("{}/{}/proof", reader.base, act.id), "download");
    }
    let body = html! {
        (header)
        @if proof.is_some_and(|proof| !proof.agrees) {
            (alert(Tone::Danger, &cx.t("proofs-disagrees"), cx.t("proofs-disagrees-help")))
        }
        div class="ts-halves" {
            (card(&cx.t("proofs-facts"), html! { (act_facts(cx, console, act)) }))
            (card(&cx.t("proofs-position-title"), position(cx, reader, act, proof)))
        }
        (private(cx, reader, act))
        @if let Some(proof) = proof {
            (card(&cx.t("proofs-meaning"), meaning(cx, proof)))
            (card(&cx.t("proofs-path"), path::drawing(cx, proof.index, &proof.leaf_hash, &proof.steps)))
            (card(&cx.t("proofs-raw"), raw(cx, reader, proof)))
        }
    };
    shell::page(cx, &title, body)
}

fn act_facts(cx: &View, console: bool, act: &ActRecord) -> Facts {
    let list = |key: &str| act.public.get(key).filter(|value| !value.is_null());
    let mut rows = facts()
        .add(cx.t("proofs-who"), words::actor(cx, &act.actor, &act.public))
        .add(cx.t("proofs-when"), cx.exact_text(act.at))
        .add(cx.t("proofs-about"), words::subject(cx, console, &act.subject));
    let others = related(act);
    if !others.is_empty() {
        rows = rows.add(
            cx.t("proofs-related"),
            html! {
                ul { @for other in &others { li { (words::subject(cx, console, other)) } } }
            },
        );
    }
    rows = rows
        .maybe(cx.t("proofs-outcome"), act.public_text("outcome").map(|outcome| words::outcome(cx, outcome)))
        .maybe(cx.t("proofs-reasons"), list("reasons").map(|reasons| words::value(cx, reasons)))
        .maybe(cx.t("proofs-rules"), list("policy").map(|policy| rules(cx, policy)))
        .maybe(cx.t("proofs-evidence"), list("evidence").map(|evidence| words::value(cx, evidence)));
    let empty = Map::new();
    for (key, value) in act.public.as_object().unwrap_or(&empty) {
        if !PLACED.contains(&key.as_str()) {
            rows = rows.add(words::field(cx, key), words::value(cx, value));
        }
    }
    rows.add(cx.t("proofs-id"), copyable(cx, &act.id))
}

/// Market and content hash of the rules that were in force.
fn rules(cx: &View, policy: &Value) -> Markup {
    html! {
        ul {
            @for (market, version) in policy.as_object().unwrap_or(&Map::new()) {
                li { (market) " " (hash(cx, version.as_str().unwrap_or_default())) }
            }
        }
    }
}

fn position(cx: &View, reader: &Reader, act: &ActRecord, proof: Option<&ActProof>) -> Markup {
    let Some(proof) = proof else {
        return alert(Tone::Neutral, &cx.t("ui-ledger-waiting"), cx.t("ui-ledger-waiting-long"));
    };
    let rows = facts()
        .add(cx.t("proofs-position"), html! { (cx.number(proof.index)) })
        .add(cx.t("proofs-size"), html! { (cx.number(proof.checkpoint.size)) })
        .add(cx.t("proofs-log"), &proof.checkpoint.origin)
        .add(cx.t("proofs-cosigned-by"), cosigned_by(cx, &proof.cosigned))
        .add(cx.t("proofs-root"), copyable(cx, &proof.checkpoint.root.to_base64()))
        .add(cx.t("proofs-leaf-hash"), copyable(cx, &proof.leaf_hash.to_base64()))
        .add(cx.t("proofs-commitment"), hash(cx, &act.commitment))
        .add(cx.t("proofs-key"), copyable(cx, reader.key.trim()));
    html! {
        div class="ts-stack" {
        (rows)
        div class="ts-row" {
            a class="btn" href={ (reader.base) "/" (act.id) "/proof" } { (icon("download")) (cx.t("proofs-download")) }
            a class="btn" href="/verify" { (icon("shield-check")) (cx.t("proofs-verify-open")) }
        }
        p class="ts-muted" { (cx.t("proofs-offline")) }
        p { (copyable(cx, &format!("touchstone ledger verify {}.tlog-proof --key {}", act.id, reader.key.trim()))) }
        }
    }
}

/// How many witnesses signed the tree, and which.
pub fn cosigned_by(cx: &View, cosigned: &[Cosigned]) -> Markup {
    let names: Vec<&str> = cosigned.iter().map(|one| one.witness.as_str()).collect();
    let count = cx.ta("proofs-cosigned-count", &[("n", (cosigned.len() as i64).into())]);
    html! { (count) @if !names.is_empty() { br; span class="ts-muted" { (names.join(", ")) } } }
}

fn private(cx: &View, reader: &Reader, act: &ActRecord) -> Markup {
    if !reader.sees_private {
        return html! {};
    }
    let body = match &act.private {
        Some(Value::Object(map)) if map.is_empty() => {
            html! { p class="ts-muted" { (cx.t("proofs-private-none")) } }
        }
        Some(Value::Object(map)) => {
            let rows =
                map.iter().fold(facts(), |rows, (key, value)| rows.add(words::field(cx, key), words::value(cx, value)));
            html! {
                (rows)
                p class="ts-muted" { (cx.t("proofs-private-help")) }
                a class="btn" href={ "/console/ledger/" (act.id) "/opening" } { (icon("lock")) (cx.t("proofs-opening")) }
            }
        }
        _ => alert(Tone::Neutral, &cx.t("proofs-private-erased"), cx.t("proofs-private-erased-help")),
    };
    card(&cx.t("proofs-private"), body)
}

/// What the proof says, step by step, in words.
pub fn meaning(cx: &View, proof: &ActProof) -> Markup {
    let steps = [
        cx.t("proofs-meaning-entry"),
        cx.ta("proofs-meaning-leaf", &[("n", cx.number(proof.index).into())]),
        cx.ta("proofs-meaning-path", &[("n", (proof.steps.len() as i64).into())]),
        cx.ta("proofs-meaning-root", &[("n", cx.number(proof.checkpoint.size).into())]),
        cx.t("proofs-meaning-private"),
        cx.t("proofs-meaning-so"),
    ];
    html! { ol { @for step in steps { li { (step) } } } }
}

fn raw(cx: &View, reader: &Reader, proof: &ActProof) -> Markup {
    html! {
        div class="ts-stack" {
        details {
            summary { (cx.t("proofs-raw-leaf")) }
            pre tabindex="0" { (String::from_utf8_lossy(&proof.leaf)) }
        }
        details {
            summary { (cx.t("proofs-checkpoint")) }
            pre tabindex="0" { (proof.checkpoint_note) }
        }
        details {
            summary { (cx.t("proofs-raw-file")) }
            pre tabindex="0" { (proof.file) }
        }
        p class="ts-muted" { (cx.t("proofs-raw-help")) " " code { (reader.key.trim()) } }
        }
    }
}
