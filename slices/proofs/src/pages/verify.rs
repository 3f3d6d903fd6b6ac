//! The public check: a proof file in, plain words out. No account, no script needed.

use super::path;
use crate::acts::LedgerState;
use crate::checking::{Check, Verdict};
use crate::words;
use kernel::Subject;
use maud::{Markup, html};
use serde_json::Value;
use tlog::Verified;
use ui::parts::{Field, FormErrors, Tone, card, facts, form_upload, hash, status, submit};
use ui::{View, icon, shell};

/// The form.
pub fn form(cx: &View, state: &LedgerState, key: &str, errors: &FormErrors) -> Markup {
    let title = cx.t("proofs-verify");
    let head = &state.head.checkpoint;
    let body = html! {
        h1 { (title) }
        div class="ts-stack" {
        p { (cx.t("proofs-verify-lead")) }
        (errors)
        (form_upload(cx, "/verify", html! {
            (Field::file(cx, "file", cx.t("proofs-verify-file"), ".tlog-proof,text/plain").hint(cx.t("proofs-verify-file-hint")).errors(errors))
            (Field::textarea(cx, "text", cx.t("proofs-verify-text"), 4))
            (submit(&cx.t("proofs-verify-do"), None))
        }))
        (card(&cx.t("proofs-verify-log"), html! {
            (facts()
                .add(cx.t("proofs-log"), &head.origin)
                .add(cx.t("proofs-size"), html! { (cx.number(head.size)) })
                .add(cx.t("proofs-root"), hash(cx, &head.root.to_base64()))
                .add(cx.t("proofs-key"), hash(cx, key.trim())))
            p class="ts-muted" { (cx.t("proofs-verify-self")) }
            p { a href="/ledger/checkpoint" { (cx.t("proofs-checkpoint")) } " · " a href="/ledger/verifier.key" { (cx.t("proofs-key")) } }
        }))
        }
    };
    shell::public(cx, &title, body)
}

/// The answer.
pub fn result(cx: &View, verdict: &Verdict) -> Markup {
    let holds = verdict.holds();
    let (class, name) = if holds { ("ts-good", "shield-check") } else { ("ts-danger", "alert-octagon") };
    let title = cx.t(if holds { "proofs-holds" } else { "proofs-fails" });
    let lead = match &verdict.failed {
        None => cx.t("proofs-holds-help"),
        Some((check, _)) => cx.t(&format!("proofs-fails-{}", check.name())),
    };
    let body = html! {
        div class={ "pub-verdict " (class) } role="status" { (icon(name)) div { h1 { (title) } p { (lead) } } }
        (card(&cx.t("proofs-checks"), checks(cx, verdict)))
        @if holds && let Some(verified) = &verdict.verified {
            (card(&cx.t("proofs-facts"), what(cx, verdict, verified)))
            (card(&cx.t("proofs-path"), path::drawing(cx, verified.index, &verified.leaf, &verified.steps)))
        }
        p class="pub-actions" { a class="btn btn-primary" href="/verify" { (cx.t("proofs-verify-again")) } }
    };
    shell::public(cx, &title, body)
}

fn checks(cx: &View, verdict: &Verdict) -> Markup {
    html! {
        ol {
            @for check in Check::ALL {
                li {
                    (cx.t(&format!("proofs-check-{}", check.name()))) " "
                    @match verdict.outcome(check) {
                        Some(true) => (status(Tone::Good, "check", &cx.t("proofs-passed"))),
                        Some(false) => (status(Tone::Danger, "x", &cx.t("proofs-failed"))),
                        None => (status(Tone::Neutral, "circle-minus", &cx.t("proofs-not-reached"))),
                    }
                }
            }
        }
        @if let Some((_, reason)) = &verdict.failed {
            details { summary { (cx.t("proofs-technical")) } p lang="en" { (reason) } }
        }
    }
}

fn what(cx: &View, verdict: &Verdict, verified: &Verified) -> Markup {
    let mut rows = facts();
    if let Some(leaf) = &verdict.leaf {
        let inner =
            |field: &str, key: &str| leaf.act.get(field).and_then(|v| v.get(key)).and_then(Value::as_str).unwrap_or("");
        let subject = Subject::new(inner("subject", "kind"), inner("subject", "id"));
        let at = leaf.text("at").and_then(ground::Timestamp::parse_rfc3339);
        rows = rows
            .add(cx.t("proofs-what"), words::kind(cx, leaf.text("kind").unwrap_or_default()))
            .maybe(cx.t("proofs-when"), at.map(|at| cx.exact_text(at)))
            .add(cx.t("proofs-about"), html! { (words::subject_kind(cx, &subject.kind)) " " code { (subject.id) } })
            .add(cx.t("proofs-who"), words::actor(cx, inner("actor", "id"), &leaf.act))
            .maybe(cx.t("proofs-outcome"), leaf.text("outcome").map(|outcome| words::outcome(cx, outcome)))
            .maybe(cx.t("proofs-reasons"), leaf.act.get("reasons").map(|reasons| words::value(cx, reasons)))
            .add(cx.t("proofs-id"), html! { code { (leaf.id) } });
    }
    let rows = rows
        .add(cx.t("proofs-position"), html! { (cx.number(verified.index)) })
        .add(cx.t("proofs-size"), html! { (cx.number(verified.checkpoint.size)) })
        .add(cx.t("proofs-signed-by"), verified.signers.join(", "))
        .add(cx.t("proofs-cosigned-by"), super::detail::cosigned_by(cx, &verified.cosigned));
    html! {
        (rows)
        details { summary { (cx.t("proofs-raw-leaf")) } pre tabindex="0" { (String::from_utf8_lossy(&verified.entry)) } }
    }
}
