//! Small drawings made on the server as SVG: strip plot, interval bar, sparkline. They need no script and print well.

use maud::{Markup, Render, html};

use crate::view::View;

/// Width of the drawing's own coordinates; the page scales it.
const WIDTH: f64 = 640.0;
const MARGIN: f64 = 14.0;
/// The interval bar stands in narrow columns, so its text must not shrink much.
const BAR_WIDTH: f64 = 320.0;

/// One point of a strip plot.
#[derive(Clone, Debug)]
pub struct StripPoint {
    pub label: String,
    pub value: f64,
    pub href: Option<String>,
}

/// Where one value lies among comparable ones, for example a price among its category. Quartiles are drawn as a band.
#[derive(Debug)]
pub struct StripPlot<'a> {
    cx: &'a View,
    title: String,
    points: Vec<StripPoint>,
    subject: Option<(String, f64)>,
    format: fn(&View, f64) -> String,
}

impl<'a> StripPlot<'a> {
    /// `format` writes a value for the reader, for example `|cx, v| cx.decimal(v, 2)`.
    pub fn new(cx: &'a View, title: impl Into<String>, format: fn(&View, f64) -> String) -> Self {
        Self { cx, title: title.into(), points: Vec::new(), subject: None, format }
    }

    #[must_use]
    pub fn point(mut self, label: impl Into<String>, value: f64, href: Option<String>) -> Self {
        if value.is_finite() {
            self.points.push(StripPoint { label: label.into(), value, href });
        }
        self
    }

    /// The value all this is about.
    #[must_use]
    pub fn subject(mut self, label: impl Into<String>, value: f64) -> Self {
        self.subject = value.is_finite().then(|| (label.into(), value));
        self
    }

    fn text(&self, value: f64) -> String {
        (self.format)(self.cx, value)
    }

    fn drawing(&self, sorted: &[f64], subject: Option<f64>, summary: &str) -> Markup {
        let all = || sorted.iter().copied().chain(subject);
        let low = all().fold(f64::INFINITY, f64::min);
        let high = all().fold(f64::NEG_INFINITY, f64::max);
        let x = |v: f64| {
            if high > low { MARGIN + (v - low) / (high - low) * (WIDTH - 2.0 * MARGIN) } else { WIDTH / 2.0 }
        };
        let (q1, median, q3) = (quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75));
        html! {
            svg class="ts-strip" viewBox={ "0 0 " (WIDTH) " 74" } role="img" aria-label=(summary) {
                line class="ts-axis" x1=(MARGIN) x2=(WIDTH - MARGIN) y1="32" y2="32" {}
                rect class="ts-quartiles" x=(at(x(q1))) width=(at((x(q3) - x(q1)).max(1.0))) y="20" height="24" rx="3" {}
                line class="ts-median" x1=(at(x(median))) x2=(at(x(median))) y1="17" y2="47" {}
                @for point in &self.points {
                    circle class="ts-dot" cx=(at(x(point.value))) cy="32" r="4" { title { (point.label) " " (self.text(point.value)) } }
                }
                @if let Some(value) = subject {
                    path class="ts-subject" d={ "M" (at(x(value))) " 26 l7 -14 h-14 z" } {}
                    line class="ts-subject" x1=(at(x(value))) x2=(at(x(value))) y1="24" y2="48" {}
                }
                text x=(MARGIN) y="66" text-anchor="start" { (self.text(low)) }
                @if x(median) > 120.0 && x(median) < WIDTH - 120.0 {
                    text x=(at(x(median))) y="66" text-anchor="middle" { (self.text(median)) }
                }
                text x=(WIDTH - MARGIN) y="66" text-anchor="end" { (self.text(high)) }
            }
        }
    }
}

/// Linear interpolation between order statistics (Hyndman & Fan 1996, type 7).
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = p * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// A coordinate with one decimal: enough for the eye, short in the page.
fn at(value: f64) -> String {
    format!("{value:.1}")
}

impl Render for StripPlot<'_> {
    fn render(&self) -> Markup {
        let cx = self.cx;
        let mut sorted: Vec<f64> = self.points.iter().map(|p| p.value).collect();
        sorted.sort_by(f64::total_cmp);
        if sorted.is_empty() {
            return html! { p class="ts-muted" { (cx.t("ui-strip-empty")) } };
        }
        let median = self.text(quantile(&sorted, 0.5));
        let n = sorted.len();
        let summary = match &self.subject {
            Some((label, value)) => {
                let below = sorted.iter().filter(|v| *v < value).count();
                cx.ta(
                    "ui-strip-summary",
                    &[
                        ("label", label.as_str().into()),
                        ("value", self.text(*value).into()),
                        ("below", below.into()),
                        ("n", n.into()),
                        ("median", median.into()),
                    ],
                )
            }
            None => cx.ta("ui-strip-median", &[("n", n.into()), ("median", median.into())]),
        };
        html! {
            figure class="ts-figure" {
                figcaption { (self.title) }
                (self.drawing(&sorted, self.subject.as_ref().map(|(_, v)| *v), &summary))
                p class="ts-figure-note" { (summary) }
                details class="ts-numbers" {
                    summary { (cx.t("ui-numbers")) }
                    div class="ts-scroll" tabindex="0" role="region" aria-label=(self.title) {
                        table class="table ts-table" {
                            thead { tr { th scope="col" { (cx.t("ui-item")) } th scope="col" class="ts-num" { (cx.t("ui-value")) } } }
                            tbody {
                                @if let Some((label, value)) = &self.subject {
                                    tr class="ts-current" { td { (label) } td class="ts-num" { (self.text(*value)) } }
                                }
                                @for point in &self.points {
                                    tr {
                                        td { @match &point.href { Some(href) => a href=(href) { (point.label) }, None => (point.label) } }
                                        td class="ts-num" { (self.text(point.value)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A score on its scale with the interval it lies in, such as a rating. All four numbers share one unit.
#[derive(Clone, Debug)]
pub struct IntervalBar {
    /// What it is, with the numbers in words; read aloud instead of the drawing.
    pub label: String,
    pub min: f64,
    pub max: f64,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Marks on the scale, such as the bounds of the classes, each with its name.
    pub marks: Vec<(f64, String)>,
}

impl Render for IntervalBar {
    fn render(&self) -> Markup {
        let span = (self.max - self.min).max(f64::EPSILON);
        let x = |v: f64| MARGIN + ((v - self.min) / span).clamp(0.0, 1.0) * (BAR_WIDTH - 2.0 * MARGIN);
        html! {
            svg class="ts-interval" viewBox={ "0 0 " (BAR_WIDTH) " 46" } role="img" aria-label=(self.label) {
                rect class="ts-track" x=(MARGIN) width=(BAR_WIDTH - 2.0 * MARGIN) y="10" height="12" rx="6" {}
                rect class="ts-range" x=(at(x(self.low))) width=(at((x(self.high) - x(self.low)).max(2.0))) y="10" height="12" rx="6" {}
                @for (mark, name) in &self.marks {
                    line class="ts-tick" x1=(at(x(*mark))) x2=(at(x(*mark))) y1="6" y2="26" {}
                    text x=(at(x(*mark))) y="42" text-anchor="middle" { (name) }
                }
                line class="ts-value" x1=(at(x(self.value))) x2=(at(x(self.value))) y1="4" y2="28" {}
            }
        }
    }
}

/// A small line of past values, for tiles and table cells. Missing values leave a gap.
pub fn sparkline(label: &str, values: &[Option<f64>]) -> Markup {
    let known = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    let step = 120.0 / (values.len().saturating_sub(1).max(1)) as f64;
    let mut path = String::new();
    let mut last = None;
    let mut pen_down = false;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value.filter(|v| v.is_finite()) else {
            pen_down = false;
            continue;
        };
        let y = if high > low { 26.0 - (value - low) / (high - low) * 22.0 } else { 15.0 };
        let x = 2.0 + index as f64 * step;
        path.push_str(&format!("{}{x:.1} {y:.1}", if pen_down { "L" } else { "M" }));
        pen_down = true;
        last = Some((x, y));
    }
    html! {
        svg class="ts-spark" viewBox="0 0 124 30" role="img" aria-label=(label) preserveAspectRatio="none" {
            path d=(path) fill="none" vector-effect="non-scaling-stroke" {}
            @if let Some((x, y)) = last {
                path class="ts-spark-end" d={ "M" (at(x)) " " (at(y)) "h0" } vector-effect="non-scaling-stroke" {}
            }
        }
    }
}
