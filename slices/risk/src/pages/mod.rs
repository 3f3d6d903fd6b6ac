//! The pages of the console.

pub(crate) mod card;
pub(crate) mod detail;
pub(crate) mod drift;
pub(crate) mod features;
pub(crate) mod list;
pub(crate) mod models;
mod waterfall;

use crate::model::{Band, ModelState};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ui::View;
use ui::parts::{Tone, alert, status};

/// The page of a product's score.
pub(crate) fn address(merchant: &str, product: &str) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("/console/risk/of/{}/{}", encoded(merchant), encoded(product))
}

/// What a score is and is not: stands on every page that shows one.
pub(crate) fn only_advice(cx: &View) -> Markup {
    alert(Tone::Neutral, &cx.t("risk-advice"), cx.t("risk-advice-help"))
}

/// The model behind a score in words; a link to its card where there is one.
pub(crate) fn model_text(cx: &View, model: &str) -> Markup {
    if model == crate::prior::NAME {
        html! { a href="/console/risk/features" { (cx.t("risk-prior")) } }
    } else {
        html! { a href={ "/console/risk/models/" (model) } { (cx.ta("risk-version", &[("number", model.into())])) } }
    }
}

/// How large the risk is called.
pub(crate) fn band_mark(cx: &View, band: Band) -> Markup {
    let (tone, icon) = match band {
        Band::Usual => (Tone::Good, "circle-check"),
        Band::Raised => (Tone::Waiting, "alert-circle"),
        Band::High => (Tone::Danger, "alert-triangle"),
    };
    status(tone, icon, &cx.t(&format!("risk-band-{}", band.name())))
}

/// Where a version stands.
pub(crate) fn state_mark(cx: &View, state: ModelState) -> Markup {
    let (tone, icon) = match state {
        ModelState::Queued => (Tone::Waiting, "clock"),
        ModelState::Failed => (Tone::Danger, "circle-x"),
        ModelState::Candidate => (Tone::Neutral, "circle-dot"),
        ModelState::Active => (Tone::Good, "circle-check"),
        ModelState::Retired => (Tone::Neutral, "archive"),
    };
    status(tone, icon, &cx.t(&format!("risk-state-{}", state.name())))
}

/// A day of the operator's calendar.
pub(crate) fn day_text(day: i32) -> String {
    signals::day_date(day).to_string()
}

/// The name of a feature in words.
pub(crate) fn feature_text(cx: &View, name: &str) -> String {
    if name.is_empty() { String::new() } else { cx.t(&format!("risk-feature-{}", name.replace('_', "-"))) }
}
