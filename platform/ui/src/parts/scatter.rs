//! Points over two number axes, as an ECharts option, with the numbers in a table beside them.

use maud::{Markup, Render, html};
use serde_json::{Value, json};

use crate::parts::chart::CHART_POINTS_MAX;
use crate::parts::option::inert_json;
use crate::view::View;

/// A cloud of points.
#[derive(Debug)]
pub struct Scatter<'a> {
    cx: &'a View,
    id: String,
    title: String,
    across: String,
    up: String,
    points: Vec<(f64, f64)>,
}

impl<'a> Scatter<'a> {
    /// `id` must be unique on the page and fit an HTML id; `across` and `up` name the axes. Points that are not finite are
    /// left out, and those beyond 2,000.
    pub fn new(
        cx: &'a View,
        id: &str,
        title: impl Into<String>,
        across: impl Into<String>,
        up: impl Into<String>,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        let finite = points.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        Self {
            cx,
            id: id.into(),
            title: title.into(),
            across: across.into(),
            up: up.into(),
            points: finite.take(CHART_POINTS_MAX).collect(),
        }
    }

    /// The ECharts option. Colours are left to the page's script, which takes them from the theme.
    pub fn option(&self) -> Value {
        let data: Vec<Value> = self.points.iter().map(|(x, y)| json!([x, y])).collect();
        json!({
            "animation": false,
            "aria": {"enabled": true},
            "grid": {"left": 8, "right": 16, "top": 32, "bottom": 28, "containLabel": true},
            "tooltip": {"trigger": "item", "renderMode": "richText", "confine": true},
            "xAxis": {"type": "value", "scale": true, "name": self.across, "nameLocation": "middle", "nameGap": 26},
            "yAxis": {"type": "value", "scale": true, "name": self.up},
            "series": [{"type": "scatter", "name": self.title, "symbolSize": 7, "data": data}],
        })
    }
}

impl Render for Scatter<'_> {
    fn render(&self) -> Markup {
        let option_id = format!("{}-option", self.id);
        let number = |value: f64| {
            let decimals = if value.fract() == 0.0 { 0 } else { 4 };
            self.cx.decimal(value, decimals)
        };
        html! {
            figure class="ts-figure" {
                figcaption { (self.title) }
                div class="ts-chart ts-js" id=(self.id) data-chart=(option_id) role="img" aria-label=(self.title) {}
                (inert_json(&option_id, &self.option()))
                details class="ts-numbers" open data-chart-numbers {
                    summary { (self.cx.t("ui-numbers")) }
                    div class="ts-scroll" tabindex="0" role="region" aria-label=(self.title) {
                        table class="table ts-table" {
                            thead { tr { th scope="col" class="ts-num" { (self.across) } th scope="col" class="ts-num" { (self.up) } } }
                            tbody {
                                @for (x, y) in &self.points {
                                    tr { td class="ts-num" { (number(*x)) } td class="ts-num" { (number(*y)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
