//! `/console/signals`: what comes in.

use crate::figures::{HOURS_KEPT, RefusedLine};
use crate::model::{Closing, day_date};
use crate::status::{self, Status};
use axum::extract::State;
use axum::response::Response;
use ground::Timestamp;
use ground::time::{HOUR_MICROS, SECOND_MICROS};
use maud::{Markup, html};
use stream::Kind;
use ui::parts::{Chart, Column, PageHeader, Row, Table, Tile, Tone, alert, card, empty, facts, status as mark};
use ui::{View, shell};
use web::{Cx, Failure, Signed, Site};

pub(crate) async fn show(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    let status = status::status(site.kernel(), &actor).await?;
    Ok(page(&cx, &status))
}

/// The refused lines as a file, for their senders.
pub(crate) async fn refused(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Response, Failure> {
    let status = status::status(site.kernel(), &actor).await?;
    let mut out = web::csv::Writer::new(["at", "sender", "line", "code", "field", "detail", "excerpt"]);
    for RefusedLine { at, sender, line } in &status.refused {
        out.row([
            at.to_rfc3339(),
            sender.clone(),
            line.line.to_string(),
            line.code.clone(),
            line.field.clone(),
            cx.both(&line.detail).to_owned(),
            line.excerpt.clone(),
        ]);
    }
    Ok(out.download("refused-signals.csv")?)
}

fn page(cx: &View, status: &Status) -> Markup {
    let title = cx.t("signals-title");
    shell::console(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, &title).lead(cx.t("signals-lead")))
            (warnings(cx, status))
            div class="ts-tiles" {
                (Tile::new(cx.t("signals-rate"), cx.decimal(status.rate, 1)).note(cx.t("signals-rate-note")))
                (Tile::new(cx.t("signals-accepted"), cx.number(status.counts.accepted)).note(cx.t("signals-since-start")))
                (Tile::new(cx.t("signals-refused"), cx.number(status.counts.refused + status.counts.conflicts))
                    .note(cx.ta("signals-duplicates-note", &[("n", status.counts.duplicates.into())])))
                (Tile::new(cx.t("signals-counted"), cx.number(status.signals))
                    .note(cx.ta("signals-keys-note", &[("n", status.keys.into())])))
            }
            (card(&cx.t("signals-hours"), hours(cx, status)))
            (card(&cx.t("signals-time"), time(cx, status)))
            (card(&cx.t("signals-store"), store(cx, status)))
            @if !status.sources.is_empty() { (card(&cx.t("signals-sources"), sources(cx, status))) }
            (refused_lines(cx, status))
            (closings(cx, &status.closings))
        },
    )
}

fn warnings(cx: &View, status: &Status) -> Markup {
    html! {
        @if !status.open { (alert(Tone::Waiting, &cx.t("signals-not-open"), cx.t("signals-not-open-help"))) }
        @if !status.failure.is_empty() {
            (alert(Tone::Danger, &cx.t("signals-stopped"), html! {
                p { (cx.t("signals-stopped-help")) }
                p { code { (status.failure) } }
            }))
        }
        @if !status.damage.is_empty() {
            (alert(Tone::Danger, &cx.t("signals-damage"), html! {
                p { (cx.t("signals-damage-help")) }
                ul { @for text in &status.damage { li { code { (text) } } } }
            }))
        }
        @if status.settings_wait {
            (alert(Tone::Info, &cx.t("signals-settings-wait"), cx.t("signals-settings-wait-help")))
        }
    }
}

/// Accepted signals by hour and kind, the last hours side by side even where nothing came.
fn hours(cx: &View, status: &Status) -> Markup {
    let Some((newest, _)) = status.hours.last() else {
        return html! { p class="ts-muted" { (cx.t("signals-no-hours")) } };
    };
    let oldest = status.hours.first().map_or(*newest, |(hour, _)| *hour).max(newest - HOURS_KEPT as i64 + 1);
    let names = (oldest..=*newest).map(|hour| cx.moment_text(Timestamp::from_micros(hour * HOUR_MICROS))).collect();
    let title = cx.t("signals-hours");
    let mut chart = Chart::new(cx, "signals-hours", title, cx.t("signals-hour"), names).stacked();
    for (place, kind) in Kind::ALL.iter().enumerate() {
        let of = |hour: i64| status.hours.iter().find(|(at, _)| *at == hour).map_or(0, |(_, counts)| counts[place]);
        let values: Vec<u64> = (oldest..=*newest).map(of).collect();
        if values.iter().any(|count| *count > 0) {
            chart = chart.bar(kind_text(cx, *kind), values.into_iter().map(|count| Some(count as f64)).collect());
        }
    }
    html! { (chart) }
}

fn time(cx: &View, status: &Status) -> Markup {
    let moment = |at: Option<Timestamp>| at.map_or_else(|| html! { (cx.t("signals-none-yet")) }, |at| cx.moment(at));
    let day = |day: i32| day_date(day).to_string();
    html! {
        (facts()
            .add(cx.t("signals-newest"), moment(status.newest))
            .add(cx.t("signals-watermark"), moment(status.watermark))
            .add(cx.t("signals-lateness"), cx.span_text(status.lateness_micros / SECOND_MICROS))
            .maybe(cx.t("signals-closed-through"), status.closed_through.map(day))
            .maybe(cx.t("signals-holding"), status.holding.map(day))
            .add(cx.t("signals-too-late"), cx.number(status.too_late))
            .add(cx.t("signals-implausible"), cx.number(status.implausible)))
    }
}

fn store(cx: &View, status: &Status) -> Markup {
    let bytes = |bytes: u64| format!("{} MiB", cx.decimal(bytes as f64 / f64::from(1 << 20), 1));
    let per_key = status.memory_bytes.checked_div(status.hot_keys).unwrap_or(0);
    html! {
        (facts()
            .add(cx.t("signals-log"), format!("{}–{}", status.log_start, status.log_end))
            .add(cx.t("signals-log-bytes"), bytes(status.log_bytes))
            .add(cx.t("signals-segments"), cx.number(status.segments))
            .add(cx.t("signals-folded"), cx.number(status.folded))
            .add(cx.t("signals-lag"), bytes(status.lag_bytes))
            .add(cx.t("signals-snapshot"), cx.number(status.snapshot))
            .add(cx.t("signals-compacted"), cx.number(status.compacted))
            .add(cx.t("signals-busy"), cx.number(status.counts.busy))
            .add(cx.t("signals-hot-keys"), format!("{} / {}", cx.number(status.hot_keys), cx.number(status.keys)))
            .add(cx.t("signals-memory"), bytes(status.memory_bytes))
            .add(cx.t("signals-memory-key"), cx.ta("signals-bytes", &[("n", per_key.into())])))
    }
}

fn sources(cx: &View, status: &Status) -> Markup {
    let row = |source: &crate::connector::Standing| {
        let (tone, icon, text) = match source.connected {
            true => (Tone::Good, "check", "signals-source-connected"),
            false => (Tone::Danger, "alert-octagon", "signals-source-away"),
        };
        Row::new()
            .cell(&source.name)
            .cell(mark(tone, icon, &cx.t(text)))
            .cell(cx.number(source.messages))
            .cell(cx.number(source.unusable))
            .cell(cx.number(source.failures))
            .cell(&source.last_failure)
    };
    html! {
        (Table::new(cx, cx.t("signals-sources"))
            .column(Column::text(cx.t("signals-source")))
            .column(Column::text(cx.t("signals-source-state")))
            .column(Column::number(cx.t("signals-messages")))
            .column(Column::number(cx.t("signals-unusable")))
            .column(Column::number(cx.t("signals-failures")))
            .column(Column::text(cx.t("signals-last-failure")).quiet())
            .rows(status.sources.iter().map(row)))
    }
}

fn refused_lines(cx: &View, status: &Status) -> Markup {
    let row = |refused: &RefusedLine| {
        let line = &refused.line;
        Row::new()
            .cell(cx.time_ago(refused.at))
            .cell(&refused.sender)
            .cell(cx.number(line.line))
            .cell(&line.field)
            .cell(cx.both(&line.detail))
            .cell(html! { code { (line.excerpt) } })
    };
    let title = cx.t("signals-refused-lines");
    html! {
        (card(&title, html! {
            @if !status.reasons.is_empty() {
                p { @for (code, count) in &status.reasons { code { (code) } " " (cx.number(*count)) "  " } }
            }
            (Table::new(cx, &title)
                .column(Column::text(cx.t("signals-at")))
                .column(Column::text(cx.t("signals-sender")).quiet())
                .column(Column::number(cx.t("signals-line")))
                .column(Column::text(cx.t("signals-field")))
                .column(Column::text(cx.t("signals-why")))
                .column(Column::text(cx.t("signals-excerpt")).quiet())
                .rows(status.refused.iter().map(row))
                .export("CSV", "/console/signals/refused.csv")
                .empty(empty("check", &cx.t("signals-no-refused"), &cx.t("signals-no-refused-help"), None)))
        }))
    }
}

fn closings(cx: &View, closings: &[Closing]) -> Markup {
    let row = |closing: &Closing| {
        Row::new()
            .cell(day_date(closing.day).to_string())
            .cell(cx.number(closing.signals))
            .cell(cx.number(closing.keys))
            .cell(cx.number(closing.rows))
            .cell(cx.number(closing.position))
            .cell(html! { code { (closing.sha256.chars().take(16).collect::<String>()) } })
    };
    let title = cx.t("signals-days");
    html! {
        (card(&title, html! {
            (Table::new(cx, &title)
                .column(Column::text(cx.t("signals-day")))
                .column(Column::number(cx.t("signals-day-signals")))
                .column(Column::number(cx.t("signals-day-keys")))
                .column(Column::number(cx.t("signals-day-rows")))
                .column(Column::number(cx.t("signals-day-position")).quiet())
                .column(Column::text("SHA-256").quiet())
                .rows(closings.iter().map(row))
                .empty(empty("clock", &cx.t("signals-no-days"), &cx.t("signals-no-days-help"), None)))
        }))
    }
}

/// The kind in words.
fn kind_text(cx: &View, kind: Kind) -> String {
    cx.t(&format!("signals-kind-{}", kind.as_str()))
}
