//! States, severities and running clocks: always an icon and a word, never colour alone.

use ground::Timestamp;
use maud::{Markup, html};

use crate::icon::icon;
use crate::view::View;

/// What a state means to the reader. Red (`Danger`) is kept for danger, amber (`Waiting`) for clocks running out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Info,
    Good,
    Waiting,
    Danger,
}

impl Tone {
    /// The suffix of its CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Danger => "danger",
        }
    }

    /// The icon shown where the caller names none.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Neutral => "circle",
            Self::Info => "info-circle",
            Self::Good => "circle-check",
            Self::Waiting => "clock",
            Self::Danger => "alert-triangle",
        }
    }
}

/// How bad a finding is. Five shapes, so that they differ in grey as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Note,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// The suffix of its CSS class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Note => "info-circle",
            Self::Low => "circle",
            Self::Medium => "square-rotated",
            Self::High => "alert-triangle",
            Self::Critical => "alert-octagon",
        }
    }

    /// Its name in the reader's language.
    pub fn label(self, cx: &View) -> String {
        cx.t(&format!("ui-severity-{}", self.class()))
    }
}

/// A state as a pill with icon and text. `icon_name` is a name known to [`crate::icon`].
pub fn status(tone: Tone, icon_name: &str, text: &str) -> Markup {
    html! { span class={ "ts-status ts-" (tone.class()) } { (icon(icon_name)) (text) } }
}

/// A state with the icon of its tone.
pub fn badge(tone: Tone, text: &str) -> Markup {
    status(tone, tone.icon(), text)
}

/// A severity marker.
pub fn severity(cx: &View, level: Severity) -> Markup {
    html! { span class={ "ts-severity ts-severity-" (level.class()) } { (icon(level.icon())) (level.label(cx)) } }
}

/// A small number beside a title or an entry.
pub fn count(cx: &View, n: u64) -> Markup {
    html! { span class="ts-count" { (cx.number(n)) } }
}

/// Hours before the deadline from which a clock is shown in amber.
pub const CLOCK_AMBER_HOURS: i64 = 24;

/// A deadline: how long is left, amber in the last day, red and worded when it has passed.
pub fn clock(cx: &View, due: Timestamp) -> Markup {
    clock_amber_from(cx, due, CLOCK_AMBER_HOURS * 3_600)
}

/// A deadline of something that began at `since`: amber once `share` (0 to 1) of its time is used.
pub fn clock_of(cx: &View, since: Timestamp, due: Timestamp, share: f64) -> Markup {
    let whole = (due.micros() - since.micros()).max(0) / ground::time::SECOND_MICROS;
    clock_amber_from(cx, due, (whole as f64 * (1.0 - share.clamp(0.0, 1.0))) as i64)
}

fn clock_amber_from(cx: &View, due: Timestamp, amber_seconds: i64) -> Markup {
    let left = cx.seconds_until(due);
    let (tone, id, icon_name) = match left {
        s if s < 0 => (Tone::Danger, "ui-clock-overdue", "clock-exclamation"),
        s if s < amber_seconds => (Tone::Waiting, "ui-clock-left", "hourglass"),
        _ => (Tone::Neutral, "ui-clock-left", "clock"),
    };
    let text = cx.ta(id, &[("span", cx.span_text(left).into())]);
    html! {
        time class={ "ts-status ts-clock ts-" (tone.class()) } datetime=(due.to_rfc3339()) title=(cx.exact_text(due)) {
            (icon(icon_name)) (text)
        }
    }
}
