//! Names of kinds, roles and fields in the reader's language; what has no name is shown as it is.

use kernel::Subject;
use maud::{Markup, html};
use serde_json::Value;
use ui::View;
use ui::parts::hash;

fn named(cx: &View, group: &str, name: &str) -> String {
    let id = format!("proofs-{group}-{}", name.replace(['.', '_'], "-"));
    if cx.catalogs.has(&id) { cx.t(&id) } else { name.to_owned() }
}

/// What an act of this kind does: `listing.approved` -> “商品审核通过”.
pub fn kind(cx: &View, kind: &str) -> String {
    named(cx, "kind", kind)
}

/// What a thing is.
pub fn subject_kind(cx: &View, kind: &str) -> String {
    named(cx, "subject", kind)
}

/// A role.
pub fn role(cx: &View, role: &str) -> String {
    named(cx, "role", role)
}

/// An outcome.
pub fn outcome(cx: &View, outcome: &str) -> String {
    named(cx, "outcome", outcome)
}

/// A field of a public part.
pub fn field(cx: &View, field: &str) -> String {
    named(cx, "field", field)
}

/// A thing with its kind, and a link where the reader has a page of it.
pub fn subject(cx: &View, console: bool, subject: &Subject) -> Markup {
    let page = match (console, subject.kind.as_str()) {
        (true, "merchant") => Some(format!("/console/merchants/{}", subject.id)),
        (true, "listing") => Some(format!("/console/listings/{}", subject.id)),
        (false, "listing") => Some(format!("/merchant/listings/{}", subject.id)),
        (true, "lot") => Some(format!("/console/trace/lots/{}", subject.id)),
        (false, "lot") => Some(format!("/merchant/lots/{}", subject.id)),
        (true, "alert") => Some(format!("/console/alerts/{}", subject.id)),
        (true, "detector") => Some(format!("/console/detectors/{}", subject.id)),
        (true, "clone_warning") => Some(format!("/console/scans/{}", subject.id)),
        (true, "recall") => Some(format!("/console/recalls/{}", subject.id)),
        (true, "report") => Some(format!("/console/reports/{}", subject.id)),
        (true, "laboratory") => Some(format!("/console/laboratories/{}", subject.id)),
        _ => None,
    };
    html! {
        (subject_kind(cx, &subject.kind)) " "
        @match page {
            Some(href) => a href=(href) { code { (short(&subject.id)) } },
            None => (hash(cx, &subject.id)),
        }
    }
}

/// Who acted: their role and id, or which part of the product.
pub fn actor(cx: &View, id: &str, public: &Value) -> Markup {
    if let Some(part) = id.strip_prefix("system:") {
        return html! { (cx.t("proofs-system")) " " code { (part) } };
    }
    let held = public.pointer("/actor/role").and_then(Value::as_str).unwrap_or("none");
    html! { (role(cx, held)) " " code { (short(id)) } }
}

/// The ends of a long id.
pub fn short(id: &str) -> String {
    let chars: Vec<char> = id.chars().collect();
    if chars.len() <= 20 {
        return id.to_owned();
    }
    let head: String = chars[..8].iter().collect();
    let tail: String = chars[chars.len() - 6..].iter().collect();
    format!("{head}…{tail}")
}

/// A value of a public or private part: plain texts as they are, lists as lists, the rest as JSON.
pub fn value(cx: &View, value: &Value) -> Markup {
    match value {
        Value::String(text) if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) => hash(cx, text),
        Value::String(text) => html! { (text) },
        Value::Null => html! { "—" },
        Value::Bool(yes) => html! { (cx.t(if *yes { "proofs-yes" } else { "proofs-no" })) },
        Value::Array(list) if list.is_empty() => html! { "—" },
        Value::Array(list) if list.iter().all(|one| !one.is_object() && !one.is_array()) => html! {
            ul { @for one in list { li { (self::value(cx, one)) } } }
        },
        Value::Number(number) => html! { (number) },
        other => html! { code { (other) } },
    }
}
