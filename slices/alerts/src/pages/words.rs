//! Words and marks that several pages share.

use crate::model::{Alert, Ending, State, Subject};
use crate::raise::date_text;
use ::detectors::{Action, Family, Figure, Level, Measure, Method, Scope, Unit};
use maud::{Markup, html};
use ui::View;
use ui::parts::{Tone, status};

fn named(cx: &View, kind: &str, name: &str) -> String {
    cx.t(&format!("alerts-{kind}-{}", name.replace('_', "-")))
}

/// The family in words.
pub(crate) fn family(cx: &View, family: Family) -> String {
    named(cx, "family", family.name())
}

/// The method in words.
pub(crate) fn method(cx: &View, method: Method) -> String {
    named(cx, "method", method.name())
}

/// The measure in words.
pub(crate) fn measure(cx: &View, measure: Measure) -> String {
    named(cx, "measure", measure.name())
}

/// The scope in words.
pub(crate) fn scope(cx: &View, scope: Scope) -> String {
    named(cx, "scope", scope.name())
}

/// The proposed action in words.
pub(crate) fn action(cx: &View, action: Action) -> String {
    named(cx, "action", action.name())
}

/// The ending in words.
pub(crate) fn ending(cx: &View, ending: Ending) -> String {
    named(cx, "ending", ending.name())
}

/// The state in words.
pub(crate) fn state_text(cx: &View, state: State) -> String {
    named(cx, "state", state.name())
}

/// The state as a mark; a closed alert shows how it ended.
pub(crate) fn state(cx: &View, alert: &Alert) -> Markup {
    match (alert.state, alert.ending) {
        (State::Open, _) => status(Tone::Waiting, "clock", &state_text(cx, State::Open)),
        (State::Acknowledged, _) => status(Tone::Info, "eye", &state_text(cx, State::Acknowledged)),
        (State::InAction, _) => status(Tone::Danger, "alert-octagon", &state_text(cx, State::InAction)),
        (State::Closed, Some(Ending::True)) => status(Tone::Danger, "check", &ending(cx, Ending::True)),
        (State::Closed, Some(Ending::False)) => status(Tone::Good, "circle-check", &ending(cx, Ending::False)),
        (State::Closed, _) => status(Tone::Neutral, "circle", &ending(cx, Ending::Unclear)),
    }
}

/// The level as a mark.
pub(crate) fn level(cx: &View, level: Level) -> Markup {
    match level {
        Level::Watch => status(Tone::Waiting, "eye", &named(cx, "level", level.name())),
        Level::Enforcement => status(Tone::Danger, "alert-triangle", &named(cx, "level", level.name())),
    }
}

/// The level in words.
pub(crate) fn level_text(cx: &View, level: Level) -> String {
    named(cx, "level", level.name())
}

/// What an alert is about, with a link where there is a page for it.
pub(crate) fn subject(cx: &View, alert: &Alert) -> Markup {
    let title = if alert.about.title.is_empty() { alert.subject.local() } else { &alert.about.title };
    match (&alert.about.listing_id, alert.subject.scope) {
        (Some(listing), _) => html! { a href={ "/console/listings/" (listing) } { (title) } },
        (None, Scope::Merchant) => html! { a href={ "/console/merchants/" (alert.subject.key) } { (title) } },
        (None, Scope::Product) => html! { (title) " " span class="ts-muted" { (cx.t("alerts-no-listing")) } },
        _ => html! { (title) },
    }
}

/// A title in plain words: what trouble, about what.
pub(crate) fn title(cx: &View, alert: &Alert) -> String {
    let name = if alert.about.title.is_empty() { alert.subject.local() } else { &alert.about.title };
    match alert.measure {
        Some(counted) => format!("{} · {} · {name}", family(cx, alert.family), measure(cx, counted)),
        None => format!("{} · {name}", method(cx, alert.method)),
    }
}

/// The key behind a subject, short.
pub(crate) fn key(subject: &Subject) -> &str {
    subject.local()
}

/// A civil date.
pub(crate) fn day(number: i32) -> String {
    date_text(number)
}

/// A number of a curve or figure as its unit wants it.
pub(crate) fn amount(cx: &View, unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share => cx.percent_to(value, 2),
        Unit::Count => cx.decimal(value, if value.fract() == 0.0 { 0 } else { 1 }),
        Unit::Minor => cx.decimal(value / 100.0, 2),
    }
}

/// A figure's value in words.
pub(crate) fn figure_value(cx: &View, name: &str, value: f64) -> String {
    if name.ends_with("_minor") {
        return amount(cx, Unit::Minor, value);
    }
    if name.ends_with("_share") || matches!(name, "rate" | "cohort_rate" | "others_rate" | "price_change") {
        return amount(cx, Unit::Share, value);
    }
    if value.fract() == 0.0 { cx.decimal(value, 0) } else { cx.decimal(value, 2) }
}

/// A figure's name in words.
pub(crate) fn figure_name(cx: &View, figure: &Figure) -> String {
    named(cx, "figure", figure.name)
}
