//! A target as a big number with its interval, trend and cohort; and how far something has come.

use maud::{Markup, Render, html};

use crate::icon::icon;
use crate::view::View;

/// Which way a number moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    Up,
    Down,
    Flat,
}

/// Whether that is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrendMeaning {
    Better,
    Worse,
    Neutral,
}

/// A number somebody answers for.
#[derive(Debug)]
pub struct Tile {
    label: String,
    value: String,
    interval: Option<String>,
    trend: Option<(Trend, TrendMeaning, String)>,
    target: Option<String>,
    note: Option<String>,
    spark: Option<Markup>,
    href: Option<String>,
}

impl Tile {
    /// `value` is already written out: `98.4%`, `1,203`.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            interval: None,
            trend: None,
            target: None,
            note: None,
            spark: None,
            href: None,
        }
    }

    /// The interval around it, for example `97.9–98.8%`; the confidence is named in the text.
    #[must_use]
    pub fn interval(mut self, text: impl Into<String>) -> Self {
        self.interval = Some(text.into());
        self
    }

    /// How it moved, in words: `+0.3 pp since last week`.
    #[must_use]
    pub fn trend(mut self, trend: Trend, meaning: TrendMeaning, text: impl Into<String>) -> Self {
        self.trend = Some((trend, meaning, text.into()));
        self
    }

    /// What it should be.
    #[must_use]
    pub fn target(mut self, text: impl Into<String>) -> Self {
        self.target = Some(text.into());
        self
    }

    /// Cohort, source, or how it is counted.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// A small line of its past; see [`crate::parts::sparkline`].
    #[must_use]
    pub fn spark(mut self, spark: Markup) -> Self {
        self.spark = Some(spark);
        self
    }

    #[must_use]
    pub fn link(mut self, href: impl Into<String>) -> Self {
        self.href = Some(href.into());
        self
    }
}

impl Render for Tile {
    fn render(&self) -> Markup {
        html! {
            div class="card ts-tile" {
                p class="ts-tile-label" {
                    @match &self.href { Some(href) => a href=(href) { (self.label) }, None => (self.label) }
                }
                p class="ts-tile-value" { (self.value) }
                @if let Some(interval) = &self.interval { p class="ts-tile-interval" { (interval) } }
                @if let Some((trend, meaning, text)) = &self.trend {
                    @let (class, tone) = match meaning {
                        TrendMeaning::Better => ("ts-good", "better"),
                        TrendMeaning::Worse => ("ts-danger", "worse"),
                        TrendMeaning::Neutral => ("ts-neutral", "neutral"),
                    };
                    p class={ "ts-tile-trend " (class) } data-trend=(tone) {
                        (icon(match trend { Trend::Up => "trending-up", Trend::Down => "trending-down", Trend::Flat => "minus" }))
                        (text)
                    }
                }
                @if let Some(spark) = &self.spark { (spark) }
                @if self.target.is_some() || self.note.is_some() {
                    p class="ts-tile-note" {
                        @if let Some(target) = &self.target { span { (icon("target")) (target) } }
                        @if let Some(note) = &self.note { span { (note) } }
                    }
                }
            }
        }
    }
}

/// How far something has come, with the numbers in words. `total` of 0 means: not known yet.
pub fn progress(cx: &View, label: &str, done: u64, total: u64) -> Markup {
    let share = if total == 0 { 0.0 } else { done as f64 / total as f64 };
    html! {
        div class="ts-progress" {
            div class="ts-progress-text" {
                span { (label) }
                span class="ts-num" { (cx.number(done)) " / " (cx.number(total)) @if total > 0 { " · " (cx.percent_to(share, 0)) } }
            }
            @if total == 0 { progress aria-label=(label) {} }
            @else { progress max=(total) value=(done.min(total)) aria-label=(label) {} }
        }
    }
}
