//! Parts that the console and the merchant share: the bar, what it is made of, the history.

use super::words::{component_text, day_text, reason_text};
use crate::line::Head;
use crate::model::{Component, Rating};
use crate::read::Detail;
use crate::restore::{self, Ahead, Assumed, Way};
use maud::{Markup, html};
use ui::View;
use ui::parts::{Chart, Column, IntervalBar, Row, Table};

/// The score on its scale with its interval and the bounds of the grades.
pub(super) fn bar(cx: &View, detail: &Detail) -> Markup {
    let rating = &detail.rating;
    let number = |value: f64| cx.decimal(value, 1);
    let label = cx.ta(
        "ratings-bar",
        &[
            ("score", number(rating.score).into()),
            ("lower", number(rating.lower).into()),
            ("upper", number(rating.upper).into()),
        ],
    );
    let marks = detail.policy.grades.iter().filter(|row| row.lower_min > 0.0);
    let marks = marks.map(|row| (row.lower_min, row.of.name().to_owned())).collect();
    html! {
        p class="ts-muted" { (label) }
        (IntervalBar { label: label.clone(), min: 0.0, max: 100.0, value: rating.score, low: rating.lower, high: rating.upper, marks })
        @if !rating.reasons.is_empty() {
            ul { @for reason in &rating.reasons { li { (reason_text(cx, reason)) } } }
        }
    }
}

/// Each component: points, interval, share, what it contributes and how that moved since a month ago.
pub(super) fn components(cx: &View, detail: &Detail) -> Markup {
    let now = detail.rating.contributions();
    let before = detail.month_ago.as_ref().filter(|point| point.day < detail.rating.day);
    let row = |component: &Component| {
        let part = detail.rating.line.part(*component);
        let index = component.index();
        let moved = before.and_then(|point| point.contributions.get(index)).map(|then| now[index] - then);
        Row::new()
            .cell(component_text(cx, *component))
            .cell(cx.decimal(part.score, 1))
            .cell(format!("{} – {}", cx.decimal(part.low, 1), cx.decimal(part.high, 1)))
            .cell(cx.percent(part.share))
            .cell(cx.decimal(now[index], 1))
            .cell(moved.map_or_else(|| "—".to_owned(), |moved| signed(cx, moved)))
    };
    let since = before.map(|point| cx.ta("ratings-moved-since", &[("day", day_text(point.day).into())]));
    html! {
        (Table::new(cx, cx.t("ratings-parts"))
            .column(Column::text(cx.t("ratings-component")))
            .column(Column::number(cx.t("ratings-points")))
            .column(Column::text(cx.t("ratings-interval")).quiet())
            .column(Column::number(cx.t("ratings-share")))
            .column(Column::number(cx.t("ratings-contribution")))
            .column(Column::number(since.unwrap_or_else(|| cx.t("ratings-moved"))))
            .rows(Component::ALL.iter().map(row)))
    }
}

fn signed(cx: &View, value: f64) -> String {
    let plus = if value >= 0.05 { "+" } else { "" };
    format!("{plus}{}", cx.decimal(value, 1))
}

/// What is known: the decayed sums beside what the cohort tells.
pub(super) fn inputs(cx: &View, detail: &Detail) -> Markup {
    let line = &detail.rating.line;
    let priors = detail.head.priors(&detail.policy, &line.market, &line.category);
    let row = |component: &Component| {
        let index = component.index();
        let [bad, base] = line.sums[index];
        let rate = if base > 0.0 { cx.percent_to(bad / base, 2) } else { "—".to_owned() };
        Row::new()
            .cell(component_text(cx, *component))
            .cell(cx.decimal(bad, 2))
            .cell(cx.decimal(base, 2))
            .cell(rate)
            .cell(cx.percent_to(priors[index].mean, 2))
            .cell(cx.decimal(priors[index].strength, 0))
            .cell(cx.decimal(detail.policy.components[index].half_life_days, 0))
    };
    html! {
        (Table::new(cx, cx.t("ratings-inputs"))
            .column(Column::text(cx.t("ratings-component")))
            .column(Column::number(cx.t("ratings-bad")))
            .column(Column::number(cx.t("ratings-base")))
            .column(Column::number(cx.t("ratings-rate")))
            .column(Column::number(cx.t("ratings-cohort-rate")))
            .column(Column::number(cx.t("ratings-cohort-strength")).quiet())
            .column(Column::number(cx.t("ratings-half-life")).quiet())
            .rows(Component::ALL.iter().filter(|component| component.is_rate()).map(row)))
        p class="ts-muted" {
            (cx.ta("ratings-papers", &[
                ("missing", line.papers[0].into()),
                ("expired", line.papers[1].into()),
                ("waiting", line.papers[2].into()),
            ]))
        }
    }
}

/// How it went.
pub(super) fn history(cx: &View, detail: &Detail) -> Markup {
    let points = &detail.history;
    if points.len() < 2 {
        return html! { p class="ts-muted" { (cx.t("ratings-history-short")) } };
    }
    let of = |value: fn(&crate::model::Point) -> f64| points.iter().map(|point| Some(value(point))).collect::<Vec<_>>();
    let days = points.iter().map(|point| day_text(point.day)).collect();
    let mut chart = Chart::new(cx, "rating-history", cx.t("ratings-history"), cx.t("ratings-day"), days)
        .line(cx.t("ratings-score"), of(|point| point.score))
        .band(cx.t("ratings-interval"), of(|point| point.lower), of(|point| point.upper))
        .decimals(1);
    for row in detail.policy.grades.iter().filter(|row| row.lower_min > 0.0) {
        chart = chart.threshold(row.of.name(), row.lower_min);
    }
    html! { (chart) }
}

/// The usual ways back, each computed by the same rules.
pub(super) fn ways(cx: &View, ways: &[Way]) -> Markup {
    let days = |days: Option<i32>| match days {
        Some(days) => cx.ta("ratings-days", &[("n", i64::from(days).into())]),
        None => cx.t("ratings-not-in-a-year"),
    };
    let bound = ways.iter().any(|way| way.free_in_days.is_some());
    let row = |way: &Way| {
        let grade = way.grade.map(|grade| grade.name().to_owned()).unwrap_or_else(|| "—".to_owned());
        let row = Row::new()
            .cell(cx.t(&format!("ratings-way-{}", way.name.replace('_', "-"))))
            .cell(days(way.better_in_days))
            .cell(grade);
        if bound { row.cell(days(way.free_in_days)) } else { row }
    };
    let table = Table::new(cx, cx.t("ratings-ways"))
        .column(Column::text(cx.t("ratings-way")))
        .column(Column::text(cx.t("ratings-better-in")))
        .column(Column::text(cx.t("ratings-then-grade")));
    let table = if bound { table.column(Column::text(cx.t("ratings-free-in"))) } else { table };
    html! { (table.rows(ways.iter().map(row))) }
}

/// What would follow from what was assumed.
pub(super) fn outcome(cx: &View, rating: &Rating, head: &Head, assumed: Assumed) -> kernel::Result<Markup> {
    let days = restore::ahead(head, &rating.line, assumed)?;
    let Some(last) = days.last() else { return Ok(html! {}) };
    let better = days.iter().position(|day| day.grade < rating.grade);
    let number = |value: f64| cx.decimal(value, 1);
    let sentence = cx.ta(
        "ratings-ahead-sentence",
        &[
            ("days", i64::from(assumed.days).into()),
            ("score", number(last.score).into()),
            ("lower", number(last.lower).into()),
            ("grade", last.grade.name().into()),
            ("effect", super::words::effect_text(cx, last.effect).into()),
        ],
    );
    let told = cx.ta(
        "ratings-ahead-assumed",
        &[
            ("complaints", assumed.complaints_less.into()),
            ("returns", assumed.returns_less.into()),
            ("reviews", assumed.bad_reviews_less.into()),
            ("remedies", assumed.late_remedies_less.into()),
            ("tests", assumed.tests_passed.into()),
        ],
    );
    Ok(html! {
        p class="ts-muted" { (told) }
        p { strong { (sentence) } }
        @if let Some(index) = better {
            p { (cx.ta("ratings-ahead-better", &[("days", (index as i64 + 1).into()), ("grade", days[index].grade.name().into())])) }
        } @else {
            p class="ts-muted" { (cx.t("ratings-ahead-not-better")) }
        }
        (table(cx, &days))
    })
}

/// Rows shown of the days ahead.
const AHEAD_ROWS: usize = 12;

fn table(cx: &View, days: &[Ahead]) -> Markup {
    let step = days.len().div_ceil(AHEAD_ROWS).max(1);
    let shown = days.iter().enumerate().filter(|(index, _)| index % step == step - 1 || *index + 1 == days.len());
    let row = |(index, day): (usize, &Ahead)| {
        Row::new()
            .cell(cx.number(index as u64 + 1))
            .cell(day_text(day.day))
            .cell(cx.decimal(day.score, 1))
            .cell(cx.decimal(day.lower, 1))
            .cell(day.grade.name())
            .cell(super::words::effect_text(cx, day.effect))
    };
    html! {
        (Table::new(cx, cx.t("ratings-ahead"))
            .column(Column::number(cx.t("ratings-ahead-day")))
            .column(Column::text(cx.t("ratings-day")))
            .column(Column::number(cx.t("ratings-score")))
            .column(Column::number(cx.t("ratings-lower")))
            .column(Column::text(cx.t("ratings-grade")))
            .column(Column::text(cx.t("ratings-effect")))
            .rows(shown.map(row)))
    }
}
