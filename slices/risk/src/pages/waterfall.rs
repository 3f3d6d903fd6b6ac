//! A score taken apart as a drawing: from where nothing is known, step by step, to the score. The numbers stand in the table
//! beside it.

use crate::model::Scored;
use crate::pages::feature_text;
use maud::{Markup, html};
use ui::View;

/// Steps drawn one by one; the rest is one step.
const STEPS_MAX: usize = 10;
/// Size of the drawing's own coordinates.
const WIDTH: f64 = 720.0;
const ROW: f64 = 26.0;
const NAMES: f64 = 250.0;

/// One step, log odds.
struct Step {
    label: String,
    from: f64,
    to: f64,
}

/// The steps of a score: bias, the largest contributions, the rest; the last ends at the raw score.
fn steps(cx: &View, scored: &Scored) -> Vec<Step> {
    let mut parts: Vec<(String, f64)> = scored
        .contributions
        .iter()
        .filter(|part| part.contribution != 0.0)
        .map(|part| (feature_text(cx, part.feature), part.contribution))
        .collect();
    parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let rest: f64 = parts.iter().skip(STEPS_MAX).map(|part| part.1).sum();
    let others = parts.len().saturating_sub(STEPS_MAX);
    parts.truncate(STEPS_MAX);
    if others > 0 {
        parts.push((cx.ta("risk-others", &[("count", others.into())]), rest));
    }
    let mut at = scored.bias;
    let mut steps = vec![Step { label: cx.t("risk-bias"), from: 0.0, to: at }];
    for (label, value) in parts {
        steps.push(Step { label, from: at, to: at + value });
        at += value;
    }
    steps.push(Step { label: cx.t("risk-raw"), from: 0.0, to: scored.raw });
    steps
}

/// The drawing.
pub(crate) fn waterfall(cx: &View, scored: &Scored) -> Markup {
    let steps = steps(cx, scored);
    let ends = || steps.iter().flat_map(|step| [step.from, step.to]);
    let low = ends().fold(0.0f64, f64::min) - 0.2;
    let high = ends().fold(0.0f64, f64::max) + 0.2;
    let x = |value: f64| NAMES + (value - low) / (high - low) * (WIDTH - NAMES - 70.0);
    let height = ROW * steps.len() as f64;
    let last = steps.len() - 1;
    let number = |value: f64| format!("{value:.1}");
    html! {
        svg class="ts-strip ts-waterfall" viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(cx.t("risk-waterfall")) {
            line class="ts-axis" x1=(number(x(0.0))) x2=(number(x(0.0))) y1="0" y2=(number(height)) {}
            @for (index, step) in steps.iter().enumerate() {
                @let top = ROW * index as f64;
                @let (from, to) = (x(step.from.min(step.to)), x(step.from.max(step.to)));
                @let class = if index == 0 || index == last { "ts-total" } else if step.to > step.from { "ts-up" } else { "ts-down" };
                text x=(NAMES - 8.0) y=(number(top + 17.0)) text-anchor="end" { (step.label) }
                rect class=(class) x=(number(from)) width=(number((to - from).max(1.0))) y=(number(top + 4.0)) height=(ROW - 8.0) rx="2" {}
                text x=(number(to + 6.0)) y=(number(top + 17.0)) {
                    (signed(cx, if index == 0 || index == last { step.to } else { step.to - step.from }))
                }
            }
        }
    }
}

/// A number with its sign.
pub(crate) fn signed(cx: &View, value: f64) -> String {
    let text = cx.decimal(value.abs(), 3);
    if value < 0.0 { format!("−{text}") } else { format!("+{text}") }
}
