//! What several pages of this duty show the same way.

use crate::model::{Authenticity, LotDocument, LotState, UnitState};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ground::problem::INVALID_INPUT;
use kernel::ActRecord;
use maud::{Markup, html};
use ui::View;
use ui::parts::{Entry, FormErrors, Timeline, Tone, status};
use web::Failure;

/// Where the reader is: the console, or the merchant's own pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Console,
    Merchant,
}

impl Side {
    pub(super) fn of(cx: &View) -> Side {
        if cx.path.starts_with("/merchant") { Side::Merchant } else { Side::Console }
    }

    pub(super) fn lots(self) -> &'static str {
        match self {
            Side::Console => "/console/trace",
            Side::Merchant => "/merchant/lots",
        }
    }

    pub(super) fn lot(self, id: &str) -> String {
        match self {
            Side::Console => format!("/console/trace/lots/{id}"),
            Side::Merchant => format!("/merchant/lots/{id}"),
        }
    }

    pub(super) fn batches(self) -> &'static str {
        match self {
            Side::Console => "/console/trace/codes",
            Side::Merchant => "/merchant/codes",
        }
    }

    pub(super) fn batch(self, id: &str) -> String {
        format!("{}/{id}", self.batches())
    }
}

/// The state of a lot as a mark.
pub(super) fn lot_mark(cx: &View, state: LotState) -> Markup {
    let (tone, icon) = match state {
        LotState::Open => (Tone::Good, "circle-check"),
        LotState::Blocked => (Tone::Waiting, "player-pause"),
        LotState::Recalled => (Tone::Danger, "alert-triangle"),
        LotState::Withdrawn => (Tone::Neutral, "circle-off"),
    };
    status(tone, icon, &lot_state(cx, state))
}

pub(super) fn lot_state(cx: &View, state: LotState) -> String {
    cx.t(&format!("trace-lot-{}", state.name()))
}

/// Whether a code is genuine, as a mark.
pub(super) fn genuine_mark(cx: &View, authenticity: Authenticity) -> Markup {
    let (tone, icon) = match authenticity {
        Authenticity::Genuine => (Tone::Good, "shield-check"),
        Authenticity::Forged => (Tone::Danger, "shield-x"),
        Authenticity::UnknownKey => (Tone::Neutral, "question-mark"),
    };
    status(tone, icon, &cx.t(&format!("trace-code-{}", authenticity.name())))
}

/// How far a unit has come, as a mark.
pub(super) fn unit_mark(cx: &View, state: UnitState) -> Markup {
    let (tone, icon) = match state {
        UnitState::Unminted => (Tone::Danger, "alert-octagon"),
        UnitState::Minted => (Tone::Neutral, "qrcode"),
        UnitState::Commissioned => (Tone::Good, "package"),
        UnitState::Sold => (Tone::Good, "shopping-cart"),
        UnitState::Decommissioned => (Tone::Danger, "ban"),
    };
    status(tone, icon, &cx.t(&format!("trace-unit-{}", state.name())))
}

/// Where a document is shown.
pub(super) fn document_path(document: &LotDocument) -> String {
    format!("/documents/lots/{}/{}", document.lot_id, document.id)
}

pub(super) fn day(day: Option<jiff::civil::Date>) -> String {
    day.map_or_else(|| "—".to_owned(), |day| day.to_string())
}

/// The acts about a lot, newest first.
pub(super) fn history(cx: &View, acts: &[ActRecord]) -> Markup {
    let mut timeline = Timeline::new(cx);
    for act in acts {
        let title = format!("trace-act-{}", act.kind.replace(['.', '_'], "-"));
        if !cx.catalogs.has(&title) {
            continue;
        }
        let (tone, icon) = match act.kind.as_str() {
            "lot.recalled" => (Tone::Danger, "alert-triangle"),
            "lot.blocked" => (Tone::Waiting, "player-pause"),
            "lot.withdrawn" | "codes.decommissioned" => (Tone::Neutral, "ban"),
            "codes.minted" | "codes.commissioned" => (Tone::Info, "qrcode"),
            _ => (Tone::Neutral, "point"),
        };
        let private =
            |key: &str| act.private.as_ref().and_then(|part| part.get(key)).and_then(serde_json::Value::as_str);
        let number = |key: &str| act.public.get(key).and_then(serde_json::Value::as_u64);
        let units = number("units").or_else(|| number("count"));
        let kind =
            act.public_text("document_kind").map(|kind| cx.t(&format!("trace-document-{}", kind.replace('_', "-"))));
        let role = act.public.pointer("/actor/role").and_then(serde_json::Value::as_str).unwrap_or("");
        let who = cx.t(match role {
            "system" => "trace-who-system",
            "merchant" => "trace-who-merchant",
            _ => "trace-who-staff",
        });
        let mut entry = Entry::new(act.at, cx.t(&title)).tone(tone, icon).who(who).detail(html! {
            @if let Some(units) = units { p { (cx.ta("trace-units-n", &[("n", units.into())])) } }
            @if let Some(kind) = kind { p { (kind) } }
            @if let Some(reason) = private("reason").filter(|reason| !reason.is_empty()) { p { (reason) } }
        });
        if act.leaf_index.is_some() {
            entry = entry.proof(format!("/proofs/{}", act.id));
        }
        timeline = timeline.entry(entry);
    }
    html! { (timeline) }
}

/// A refused form: its page again with what is wrong, status 422. Every other failure goes on.
pub(super) fn refused(
    cx: &View,
    error: impl Into<Problem>,
    page: impl FnOnce(&FormErrors) -> Markup,
) -> Result<Response, Failure> {
    let problem = error.into();
    if problem.code != &INVALID_INPUT && problem.code.status != 409 {
        return Err(problem.into());
    }
    let status = if problem.code.status == 409 { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((status, page(&errors)).into_response())
}
