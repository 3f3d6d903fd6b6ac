//! Charts: ECharts options built in Rust, handed over as inert JSON, with the numbers in a table beside them.
//!
//! Without a script the table is what the reader gets; with one the table folds away under "numbers".

use maud::{Markup, Render, html};
use serde_json::{Value, json};

use crate::parts::option::inert_json;
use crate::view::View;

/// With fewer values every one is a dot: a line says little.
const LINE_VALUES_MIN: usize = 3;
/// Most points a chart carries; longer series must be summed up by the caller first.
pub const CHART_POINTS_MAX: usize = 2_000;

/// What one series is drawn as.
#[derive(Clone, Debug)]
pub enum ChartSeries {
    Line(Vec<Option<f64>>),
    Bar(Vec<Option<f64>>),
    /// An area from low to high, such as a cohort or a confidence band.
    Band {
        low: Vec<Option<f64>>,
        high: Vec<Option<f64>>,
    },
}

/// A chart over categories (days, classes, …).
#[derive(Debug)]
pub struct Chart<'a> {
    cx: &'a View,
    id: String,
    title: String,
    axis: String,
    categories: Vec<String>,
    series: Vec<(String, ChartSeries)>,
    thresholds: Vec<(String, f64)>,
    moments: Vec<(String, usize)>,
    decimals: usize,
    percent: bool,
    unit: String,
    stacked: bool,
}

impl<'a> Chart<'a> {
    /// `id` must be unique on the page and fit an HTML id; `axis` names the categories ("day").
    pub fn new(
        cx: &'a View,
        id: &str,
        title: impl Into<String>,
        axis: impl Into<String>,
        categories: Vec<String>,
    ) -> Self {
        let mut categories = categories;
        categories.truncate(CHART_POINTS_MAX);
        Self {
            cx,
            id: id.into(),
            title: title.into(),
            axis: axis.into(),
            categories,
            series: Vec::new(),
            thresholds: Vec::new(),
            moments: Vec::new(),
            decimals: 0,
            percent: false,
            unit: String::new(),
            stacked: false,
        }
    }

    #[must_use]
    pub fn line(mut self, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        self.series.push((name.into(), ChartSeries::Line(self.fit(values))));
        self
    }

    #[must_use]
    pub fn bar(mut self, name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        self.series.push((name.into(), ChartSeries::Bar(self.fit(values))));
        self
    }

    #[must_use]
    pub fn band(mut self, name: impl Into<String>, low: Vec<Option<f64>>, high: Vec<Option<f64>>) -> Self {
        let band = ChartSeries::Band { low: self.fit(low), high: self.fit(high) };
        self.series.push((name.into(), band));
        self
    }

    /// A level to compare with, such as a target.
    #[must_use]
    pub fn threshold(mut self, name: impl Into<String>, value: f64) -> Self {
        self.thresholds.push((name.into(), value));
        self
    }

    /// A category worth a vertical line, such as the day an alert appeared.
    #[must_use]
    pub fn moment(mut self, name: impl Into<String>, index: usize) -> Self {
        if index < self.categories.len() {
            self.moments.push((name.into(), index));
        }
        self
    }

    /// Decimals shown.
    #[must_use]
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// The values are shares in 0..=1 and shown as percent.
    #[must_use]
    pub fn percent(mut self) -> Self {
        self.percent = true;
        self
    }

    /// A unit written on the value axis.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }

    /// Bars stand on each other.
    #[must_use]
    pub fn stacked(mut self) -> Self {
        self.stacked = true;
        self
    }

    /// As many values as categories: missing ones are unknown, more are a mistake and left out.
    fn fit(&self, mut values: Vec<Option<f64>>) -> Vec<Option<f64>> {
        values.resize(self.categories.len(), None);
        values
    }

    fn scale(&self, value: f64) -> f64 {
        let shown = if self.percent { value * 100.0 } else { value };
        let power = 10f64.powi(self.decimals as i32 + 2);
        (shown * power).round() / power
    }

    fn data(&self, values: &[Option<f64>]) -> Value {
        values.iter().map(|v| v.filter(|v| v.is_finite()).map(|v| self.scale(v))).collect::<Vec<_>>().into()
    }

    fn text(&self, value: f64) -> String {
        if self.percent {
            self.cx.percent_to(value, self.decimals.max(1))
        } else {
            self.cx.decimal(value, self.decimals)
        }
    }

    /// The ECharts option. Colours are left to the page's script, which takes them from the theme.
    pub fn option(&self) -> Value {
        let mut series = Vec::new();
        for (index, (name, kind)) in self.series.iter().enumerate() {
            match kind {
                ChartSeries::Line(values) => series.push(self.line_series(name, values)),
                ChartSeries::Bar(values) => series.push(json!({
                    "type": "bar", "name": name, "data": self.data(values), "barMaxWidth": 28,
                    "stack": self.stacked.then_some("all"),
                })),
                ChartSeries::Band { low, high } => series.extend(self.band_series(index, name, low, high)),
            }
        }
        if let Some(first) = series.first_mut() {
            let levels: Vec<Value> = self.thresholds.iter().map(|(name, value)| {
                json!({"name": name, "yAxis": self.scale(*value), "label": {"position": "insideStartTop"}})
            }).collect();
            let moments: Vec<Value> = self.moments.iter().map(|(name, index)| {
                json!({"name": name, "xAxis": self.categories[*index], "label": {"position": "end", "rotate": 0}})
            }).collect();
            let lines: Vec<Value> = levels.into_iter().chain(moments).collect();
            if !lines.is_empty() {
                first["markLine"] = json!({
                    "symbol": "none", "silent": true, "data": lines,
                    "label": {"formatter": "{b}"}, "lineStyle": {"type": "dashed"},
                });
            }
        }
        let names: Vec<&str> = self.series.iter().map(|(name, _)| name.as_str()).collect();
        // Room above the curves for the legend and for the names of moments.
        let top = if names.len() > 1 { 36 } else { 16 } + if self.moments.is_empty() { 0 } else { 14 };
        json!({
            "animation": false,
            "aria": {"enabled": true},
            "grid": {"left": 8, "right": 16, "top": top, "bottom": 8, "containLabel": true},
            "legend": {"show": names.len() > 1, "top": 0, "left": 0, "data": names, "itemWidth": 16, "itemHeight": 8, "icon": "roundRect"},
            "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": true},
            "xAxis": {"type": "category", "data": self.categories, "boundaryGap": self.has_bars()},
            "yAxis": {"type": "value", "scale": !self.has_bars(),
                "axisLabel": {"formatter": if self.percent { "{value}%" } else { "{value}" }}, "name": self.unit},
            "series": series,
        })
    }

    fn has_bars(&self) -> bool {
        self.series.iter().any(|(_, s)| matches!(s, ChartSeries::Bar(_)))
    }

    /// A line; a value without neighbours, which no line would reach, is a dot.
    fn line_series(&self, name: &str, values: &[Option<f64>]) -> Value {
        let there = |place: Option<usize>| place.and_then(|place| values.get(place)).is_some_and(Option::is_some);
        let alone = |place: usize| there(Some(place)) && !there(place.checked_sub(1)) && !there(Some(place + 1));
        let mut data = self.data(values);
        let few = values.len() < LINE_VALUES_MIN;
        let mut has_dots = false;
        for (place, value) in data.as_array_mut().into_iter().flatten().enumerate() {
            if !few && alone(place) {
                *value = json!({"value": value, "symbol": "circle"});
                has_dots = true;
            }
        }
        let mut line = json!({
            "type": "line", "name": name, "data": data, "showSymbol": has_dots || few,
            "symbolSize": 6, "lineStyle": {"width": 2}, "connectNulls": false,
        });
        if has_dots {
            line["symbol"] = "none".into();
        }
        line
    }

    /// A band is two stacked lines without stroke: the low one invisible, the difference filled.
    fn band_series(&self, index: usize, name: &str, low: &[Option<f64>], high: &[Option<f64>]) -> [Value; 2] {
        let height: Vec<Option<f64>> =
            low.iter().zip(high).map(|(l, h)| l.zip(*h).map(|(l, h)| (h - l).max(0.0))).collect();
        let line = |data: &[Option<f64>], filled: bool| {
            json!({
                "type": "line", "name": if filled { name.to_owned() } else { format!("{name} ") },
                "data": self.data(data), "stack": format!("band-{index}"), "stackStrategy": "all", "showSymbol": false,
                "silent": true, "lineStyle": {"opacity": 0}, "areaStyle": {"opacity": if filled { 0.22 } else { 0.0 }},
                "tooltip": {"show": false},
            })
        };
        [line(low, false), line(&height, true)]
    }

    fn numbers(&self) -> Markup {
        let text = |v: Option<f64>| v.filter(|v| v.is_finite()).map_or("—".to_owned(), |v| self.text(v));
        html! {
            table class="table ts-table" {
                thead {
                    tr {
                        th scope="col" { (self.axis) }
                        @for (name, _) in &self.series { th scope="col" class="ts-num" { (name) } }
                        @for (name, _) in &self.thresholds { th scope="col" class="ts-num" { (name) } }
                    }
                }
                tbody {
                    @for (index, category) in self.categories.iter().enumerate() {
                        tr {
                            th scope="row" {
                                (category)
                                @for (name, _) in self.moments.iter().filter(|(_, at)| *at == index) { " · " (name) }
                            }
                            @for (_, kind) in &self.series {
                                td class="ts-num" {
                                    @match kind {
                                        ChartSeries::Line(values) | ChartSeries::Bar(values) => (text(values[index])),
                                        ChartSeries::Band { low, high } => { (text(low[index])) "–" (text(high[index])) }
                                    }
                                }
                            }
                            @for (_, value) in &self.thresholds { td class="ts-num" { (self.text(*value)) } }
                        }
                    }
                }
            }
        }
    }
}

impl Render for Chart<'_> {
    fn render(&self) -> Markup {
        let option_id = format!("{}-option", self.id);
        html! {
            figure class="ts-figure" {
                figcaption { (self.title) @if !self.unit.is_empty() { " (" (self.unit) ")" } }
                div class="ts-chart ts-js" id=(self.id) data-chart=(option_id) role="img" aria-label=(self.title) {}
                (inert_json(&option_id, &self.option()))
                details class="ts-numbers" open data-chart-numbers {
                    summary { (self.cx.t("ui-numbers")) }
                    div class="ts-scroll" tabindex="0" role="region" aria-label=(self.title) { (self.numbers()) }
                }
            }
        }
    }
}
