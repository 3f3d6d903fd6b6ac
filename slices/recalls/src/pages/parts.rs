//! What several pages of this duty show the same way.

use crate::clocks::Clock;
use crate::model::{Done, Kind, Part, ReachRow, Recall, State, either};
use kernel::ActRecord;
use maud::{Markup, html};
use ui::View;
use ui::parts::{Column, Entry, Row, Step, StepState, Stepper, Table, Timeline, Tone, badge, status};

/// The state as a mark.
pub(super) fn state_mark(cx: &View, state: State) -> Markup {
    let (tone, icon) = match state {
        State::Draft => (Tone::Neutral, "edit"),
        State::Previewed => (Tone::Info, "eye"),
        State::Started | State::Notifying => (Tone::Danger, "alert-octagon"),
        State::Remedying => (Tone::Waiting, "hourglass"),
        State::Closed => (Tone::Good, "circle-check"),
        State::Cancelled => (Tone::Neutral, "ban"),
    };
    status(tone, icon, &state_text(cx, state))
}

/// The name of a state.
pub(super) fn state_text(cx: &View, state: State) -> String {
    cx.t(&format!("recalls-state-{}", state.name()))
}

/// The level as a mark.
pub(super) fn level_mark(cx: &View, level: u8) -> Markup {
    let tone = if level == 1 { Tone::Danger } else { Tone::Waiting };
    badge(tone, &level_text(cx, level))
}

/// The name of a level.
pub(super) fn level_text(cx: &View, level: u8) -> String {
    cx.t(&format!("recalls-level-{level}"))
}

/// A stable name in words: `recalls-<group>-<name>`.
pub(super) fn word(cx: &View, group: &str, name: &str) -> String {
    cx.t(&format!("recalls-{group}-{}", name.replace('_', "-")))
}

/// What it is about, in one line.
pub(super) fn title(cx: &View, recall: &Recall) -> String {
    let reason = either(cx.language, &recall.content.reason_zh, &recall.content.reason_en);
    let short: String = reason.chars().take(60).collect();
    if short.len() < reason.len() { format!("{short}…") } else { short }
}

/// The procedure with its clocks.
pub(super) fn stepper(cx: &View, recall: &Recall, clocks: &[Clock]) -> Markup {
    let due = |name: &str| clocks.iter().find(|clock| clock.name == name && clock.met.is_none()).map(|clock| clock.due);
    let steps = [
        (State::Draft, Some(recall.created_at), None),
        (State::Previewed, recall.previewed_at, due("start")),
        (State::Started, recall.started_at, due("stop_sale").or_else(|| due("start"))),
        (State::Notifying, recall.stopped_at, None),
        (State::Remedying, recall.notified_at, due("finish")),
        (State::Closed, recall.closed_at.filter(|_| recall.state == State::Closed), due("finish")),
    ];
    let mut stepper = Stepper::new(cx, cx.t("recalls-procedure"));
    for (state, at, due) in steps {
        let step_state = match (state == recall.state, at.is_some(), recall.state) {
            (true, ..) if state == State::Closed => StepState::Done,
            (true, ..) => StepState::Current,
            (false, true, _) => StepState::Done,
            (false, false, State::Cancelled) => StepState::Skipped,
            (false, false, _) => StepState::Next,
        };
        let mut step = Step::new(state_text(cx, state), step_state);
        if let Some(at) = at {
            step = step.at(at);
        }
        if let Some(due) = due.filter(|_| matches!(step_state, StepState::Current | StepState::Next)) {
            step = step.due(due);
        }
        stepper = stepper.step(step);
    }
    if recall.state == State::Cancelled {
        let mut step = Step::new(state_text(cx, State::Cancelled), StepState::Failed);
        if let Some(at) = recall.closed_at {
            step = step.at(at);
        }
        stepper = stepper.step(step);
    }
    html! { (stepper) }
}

/// Rows of a reach as a table.
pub(super) fn reach_table<'a>(cx: &'a View, rows: &'a [ReachRow]) -> Table<'a> {
    Table::new(cx, cx.t("recalls-reach"))
        .column(Column::text(cx.t("recalls-kind")))
        .column(Column::text(cx.t("recalls-what")))
        .column(Column::text(cx.t("recalls-part")))
        .column(Column::number(cx.t("recalls-units")))
        .column(Column::number(cx.t("recalls-sold")))
        .column(Column::text(cx.t("recalls-via")).quiet())
        .column(Column::text(cx.t("recalls-done")))
        .rows(rows.iter().map(|row| reach_row(cx, row)))
}

fn reach_row(cx: &View, row: &ReachRow) -> Row {
    let name = match address(cx, row) {
        Some(href) => html! { a href=(href) { (row.name) } },
        None => html! { (row.name) },
    };
    let number = |value: i64| if value > 0 { cx.number(value) } else { "—".to_owned() };
    Row::new()
        .cell(word(cx, "kind", row.kind.name()))
        .cell(name)
        .cell(html! {
            (word(cx, "part", row.part.name()))
            @if let Some(since) = row.since { " · " (cx.date(since)) }
            @if let Some(until) = row.until { " – " (cx.date(until)) }
        })
        .cell(number(row.units))
        .cell(number(row.sold))
        .cell(row.via.strip_prefix("https://id.gs1.org/").unwrap_or(&row.via))
        .cell(done_mark(cx, row))
}

fn done_mark(cx: &View, row: &ReachRow) -> Markup {
    if !matches!(row.kind, Kind::Lot | Kind::Listing) || row.part == Part::Source {
        return html! { "—" };
    }
    match (row.done, row.wanted) {
        (Done::On, true) => status(Tone::Danger, "circle-x", &cx.t("recalls-done-on")),
        (Done::Off, true) | (Done::On, false) => status(Tone::Waiting, "hourglass", &cx.t("recalls-done-waiting")),
        (Done::Skipped, _) => status(Tone::Neutral, "point", &cx.t("recalls-done-skipped")),
        (Done::Off, false) => html! { "—" },
    }
}

/// Where a thing has a page for the reader.
fn address(cx: &View, row: &ReachRow) -> Option<String> {
    let (lots, listings) = match cx.has_role(&["merchant"]) {
        true => ("/merchant/lots", "/merchant/listings"),
        false => ("/console/trace/lots", "/console/listings"),
    };
    match row.kind {
        Kind::Lot if !row.merchant_id.is_empty() => Some(format!("{lots}/{}", row.reference)),
        Kind::Listing => Some(format!("{listings}/{}", row.reference)),
        Kind::Merchant if !cx.has_role(&["merchant"]) => Some(format!("/console/merchants/{}", row.reference)),
        _ => None,
    }
}

/// The acts of a recall, each with the way to its proof.
pub(super) fn history(cx: &View, acts: &[ActRecord]) -> Markup {
    let mut timeline = Timeline::new(cx);
    for act in acts {
        let title = format!("recalls-act-{}", act.kind.replace(['.', '_'], "-"));
        if !cx.catalogs.has(&title) {
            continue;
        }
        let (tone, icon) = match act.kind.as_str() {
            "recall.started" | "recall.sale_stopped" => (Tone::Danger, "alert-octagon"),
            "recall.closed" | "recall.remedied" => (Tone::Good, "circle-check"),
            "recall.cancelled" => (Tone::Waiting, "ban"),
            _ => (Tone::Neutral, "point"),
        };
        let mut entry = Entry::new(act.at, cx.t(&title)).tone(tone, icon).detail(act_detail(cx, act));
        if act.leaf_index.is_some() {
            entry = entry.proof(format!("/proofs/{}", act.id));
        }
        timeline = timeline.entry(entry);
    }
    html! { (timeline) }
}

fn act_detail(cx: &View, act: &ActRecord) -> Markup {
    let number = |key: &str| act.public.get(key).and_then(serde_json::Value::as_i64);
    let words = |key: &str| act.private.as_ref().and_then(|part| part.get(key)).and_then(serde_json::Value::as_str);
    let units = act.public.get("units").and_then(serde_json::Value::as_array).map(Vec::len);
    html! {
        @if let Some(units) = units { p { (cx.ta("recalls-act-units", &[("n", (units as i64).into())])) } }
        @if let (Some(returned), Some(remedied)) = (number("returned"), number("remedied")) {
            p { (cx.ta("recalls-act-progress", &[("returned", returned.into()), ("remedied", remedied.into())])) }
        }
        @for key in ["answer", "note", "reason"] {
            @if let Some(words) = words(key).filter(|words| !words.is_empty()) { p { (words) } }
        }
    }
}
