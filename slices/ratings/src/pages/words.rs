//! Names and marks of grades, effects, components and reasons.

use crate::model::{Component, Effect, Grade, Rating, date_of};
use maud::{Markup, html};
use ui::View;
use ui::parts::{Tone, badge, status};

/// A component in words.
pub(super) fn component_text(cx: &View, component: Component) -> String {
    cx.t(&format!("ratings-component-{}", component.name().replace('_', "-")))
}

/// An effect in words.
pub(super) fn effect_text(cx: &View, effect: Effect) -> String {
    cx.t(&format!("ratings-effect-{}", effect.name().replace('_', "-")))
}

/// A reason in words.
pub(super) fn reason_text(cx: &View, reason: &str) -> String {
    cx.t(&format!("ratings-why-{}", reason.replace('_', "-")))
}

/// What a limit means: `no-promotion`, `quantity:2`, `region:cn-31`.
pub(super) fn limit_text(cx: &View, limit: &str) -> String {
    match limit.split_once(':') {
        Some(("quantity", most)) => cx.ta("ratings-limit-quantity", &[("most", most.into())]),
        Some(("region", "home")) => cx.t("ratings-limit-region-home"),
        Some(("region", region)) => cx.ta("ratings-limit-region", &[("region", region.into())]),
        _ if limit == "no-promotion" => cx.t("ratings-limit-no-promotion"),
        _ => limit.to_owned(),
    }
}

/// A grade as a badge.
pub(super) fn grade_mark(cx: &View, grade: Grade, is_new: bool) -> Markup {
    let tone = match grade {
        _ if is_new => Tone::Neutral,
        Grade::A => Tone::Good,
        Grade::B => Tone::Info,
        Grade::C => Tone::Neutral,
        Grade::D => Tone::Waiting,
        Grade::E => Tone::Danger,
    };
    html! {
        (badge(tone, grade.name()))
        @if is_new { " " (badge(Tone::Neutral, &cx.t("ratings-new"))) }
    }
}

/// An effect as a mark; nothing where there is none.
pub(super) fn effect_mark(cx: &View, effect: Effect) -> Markup {
    let (tone, icon_name) = match effect {
        Effect::None => return html! {},
        Effect::Recommended => (Tone::Good, "circle-check"),
        Effect::Limited => (Tone::Waiting, "alert-triangle"),
        Effect::RemovedPendingTest => (Tone::Danger, "alert-octagon"),
    };
    status(tone, icon_name, &effect_text(cx, effect))
}

/// The effect in force, and that a person holds it.
pub(super) fn applied_mark(cx: &View, rating: &Rating) -> Markup {
    html! {
        (effect_mark(cx, rating.applied))
        @if let Some(held) = &rating.held { " " (badge(Tone::Info, &cx.t(&format!("ratings-held-{}", held.how.name())))) }
    }
}

/// A closed day.
pub(super) fn day_text(day: crate::Day) -> String {
    date_of(day).to_string()
}
