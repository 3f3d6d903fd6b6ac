//! The journey of a unit or lot: a map and a timeline in words.

use super::map::{Dot, map};
use crate::known::Known;
use crate::places::{self, Choice};
use events::StoredEvent;
use maud::{Markup, html};
use ui::View;
use ui::parts::{Tone, badge};

/// Longest name of a location that is shown.
const LOCATION_CHARS_MAX: usize = 60;
/// Business steps (CBV 2.0) that have words; others are shown as they stand.
const STEPS: &[&str] = &[
    "accepting",
    "arriving",
    "assembling",
    "collecting",
    "commissioning",
    "consigning",
    "creating_class_instance",
    "cycle_counting",
    "decommissioning",
    "departing",
    "destroying",
    "disassembling",
    "dispensing",
    "encoding",
    "entering_exiting",
    "holding",
    "inspecting",
    "installing",
    "killing",
    "loading",
    "other",
    "packing",
    "picking",
    "receiving",
    "removing",
    "repackaging",
    "repairing",
    "replacing",
    "reserving",
    "retail_selling",
    "returning",
    "sampling",
    "sensor_reporting",
    "shipping",
    "staging_outbound",
    "stock_taking",
    "stocking",
    "storing",
    "transporting",
    "unloading",
    "unpacking",
    "void_shipping",
];

/// The part of the page about the journey.
pub(super) fn part(cx: &View, known: &Known) -> Markup {
    let dots = dots(cx, known);
    let lines: Vec<(usize, usize)> = (1..dots.len()).map(|n| (n - 1, n)).collect();
    html! {
        section id="journey" {
            h2 { (cx.t("scans-journey")) }
            @if known.journey.is_empty() {
                p class="ts-muted" { (cx.t("scans-journey-none")) }
            } @else {
                (map(cx, &cx.t("scans-journey-map"), &dots, &lines))
                ol class="ts-timeline" {
                    @for steps in alike(cx, &known.journey) { (entry(cx, steps)) }
                }
                p class="ts-muted" { (cx.t("scans-journey-note")) }
            }
        }
    }
}

/// Steps that follow each other and say the same of the same place on the same day are one row.
fn alike<'a>(cx: &View, steps: &'a [StoredEvent]) -> Vec<&'a [StoredEvent]> {
    let same = |one: &StoredEvent, next: &StoredEvent| {
        let day = |step: &StoredEvent| step.event_time.date_in(&cx.zone);
        one.biz_step == next.biz_step && day(one) == day(next) && location(cx, one) == location(cx, next)
    };
    steps.chunk_by(same).collect()
}

fn entry(cx: &View, steps: &[StoredEvent]) -> Markup {
    let (Some(step), Some(last)) = (steps.first(), steps.last()) else { return html! {} };
    html! {
        li class={ "ts-act ts-" (Tone::Neutral.class()) } {
            span class="ts-act-icon" { (ui::icon(icon_of(step))) }
            div class="ts-act-body" {
                div class="ts-act-head" {
                    strong { (step_words(cx, step)) }
                    @if steps.len() > 1 { " " span { (cx.ta("scans-journey-times", &[("n", (steps.len() as i64).into())])) } }
                    @if let Some(place) = location(cx, step) { span class="ts-act-who" { (place) } }
                    span class="ts-act-time" {
                        (cx.moment(step.event_time))
                        @if last.event_time != step.event_time { " – " (cx.moment(last.event_time)) }
                    }
                    @if steps.iter().all(|step| step.act_id.is_some()) { (badge(Tone::Good, &cx.t("scans-journey-recorded"))) }
                }
            }
        }
    }
}

fn icon_of(step: &StoredEvent) -> &'static str {
    match short(step.biz_step.as_deref().unwrap_or_default()) {
        "shipping" | "transporting" | "departing" | "loading" => "truck",
        "receiving" | "arriving" | "unloading" | "accepting" => "package",
        "inspecting" | "sampling" => "microscope",
        "commissioning" | "encoding" | "creating_class_instance" => "building-factory",
        "retail_selling" | "stocking" | "dispensing" => "building-store",
        _ => "point",
    }
}

fn short(uri: &str) -> &str {
    uri.rsplit([':', '-', '/']).next().unwrap_or(uri)
}

/// What happened, in words.
fn step_words(cx: &View, step: &StoredEvent) -> String {
    let name = short(step.biz_step.as_deref().unwrap_or_default());
    match STEPS.contains(&name) {
        true => cx.t(&format!("scans-step-{}", name.replace('_', "-"))),
        false if name.is_empty() => cx.t("scans-step-seen"),
        false => name.replace('_', " "),
    }
}

fn degrees(step: &StoredEvent) -> Option<(f64, f64)> {
    let of = |location: &Option<String>| location.as_deref().and_then(places::of_location);
    of(&step.read_point).or_else(|| of(&step.biz_location))
}

/// The province that a location names in words, where it gives no degrees.
fn named(step: &StoredEvent) -> Option<&'static Choice> {
    if degrees(step).is_some() {
        return None;
    }
    let of = |location: &Option<String>| location.as_deref().and_then(places::of_words);
    of(&step.read_point).or_else(|| of(&step.biz_location))
}

/// Where, in words: the province of a geographic point, else the last part of the identifier.
fn location(cx: &View, step: &StoredEvent) -> Option<String> {
    if let Some(province) = named(step) {
        return Some(cx.both(&province.name()).to_owned());
    }
    if let Some((latitude, longitude)) = degrees(step) {
        let name = places::name_of(latitude, longitude);
        return Some(name.map_or_else(|| format!("{latitude:.1}, {longitude:.1}"), |name| cx.both(&name).to_owned()));
    }
    let text = step.biz_location.as_deref().or(step.read_point.as_deref())?;
    let end = text.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(text);
    Some(end.chars().take(LOCATION_CHARS_MAX).collect())
}

/// Where it was, in order: the place of origin that the lot names, then each step that tells where it happened.
fn dots(cx: &View, known: &Known) -> Vec<Dot> {
    let mut dots: Vec<Dot> = Vec::new();
    let mut add = |latitude: f64, longitude: f64, label: String| {
        let same = |dot: &Dot| (dot.latitude - latitude).abs() < 0.02 && (dot.longitude - longitude).abs() < 0.02;
        if dots.last().is_some_and(same) {
            return;
        }
        // A label said twice is only in the way.
        let label = if dots.iter().any(|dot| dot.label == label && same(dot)) { String::new() } else { label };
        dots.push(Dot { latitude, longitude, label, strong: false });
    };
    let origin = known.lot.as_ref().and_then(|lot| places::of_words(&lot.origin));
    if let Some((place, choice)) = origin.and_then(|choice| Some((choice.place()?, choice))) {
        add(place.latitude(), place.longitude(), cx.both(&choice.name()).to_owned());
    }
    for step in &known.journey {
        if let Some((latitude, longitude)) = degrees(step) {
            let label = places::name_of(latitude, longitude).map(|name| cx.both(&name).to_owned());
            add(latitude, longitude, label.unwrap_or_default());
        } else if let Some((place, choice)) = named(step).and_then(|choice| Some((choice.place()?, choice))) {
            add(place.latitude(), place.longitude(), cx.both(&choice.name()).to_owned());
        }
    }
    dots
}
