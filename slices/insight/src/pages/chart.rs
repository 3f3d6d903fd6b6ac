//! An answer drawn.

use lake::{Answer, Cell};
use maud::{Markup, html};
use ui::View;
use ui::parts::{CHART_POINTS_MAX, Chart, Choice, Field, Scatter, Tone, alert};

/// How an answer is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Line,
    Bar,
    Scatter,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Line, Kind::Bar, Kind::Scatter];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Line => "line",
            Kind::Bar => "bar",
            Kind::Scatter => "scatter",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What to draw, as it stands in the address: names of columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawing<'a> {
    pub(crate) kind: Kind,
    pub(crate) across: &'a str,
    pub(crate) up: &'a str,
}

/// The fields that choose a drawing.
pub(crate) fn fields(cx: &View, answer: &Answer, kind: Option<Kind>, across: &str, up: &str) -> Markup {
    let choice = |kind: Kind| Choice::new(kind.name(), cx.t(&format!("insight-chart-{}", kind.name())));
    let mut kinds = vec![Choice::new("", cx.t("insight-chart-none"))];
    kinds.extend(Kind::ALL.into_iter().map(choice));
    let columns = |numeric: bool| -> Vec<Choice> {
        let fits = |column: &&lake::Column| !numeric || column.kind.is_numeric();
        answer.columns.iter().filter(fits).map(|column| Choice::new(&column.name, &column.name)).collect()
    };
    let has = |name: &str| answer.columns.iter().any(|column| column.name == name);
    let first =
        |index: Option<usize>| index.and_then(|index| answer.columns.get(index)).map(|column| column.name.clone());
    let across = if has(across) { Some(across.to_owned()) } else { first(Some(answer.first_axis())) };
    let up = if has(up) { Some(up.to_owned()) } else { first(answer.first_numeric()) };
    html! {
        div class="ts-row" {
            (Field::select(cx, "chart", cx.t("insight-chart"), kinds).value(kind.map_or("", Kind::name)))
            (Field::select(cx, "x", cx.t("insight-chart-across"), columns(false)).value(across.unwrap_or_default()))
            (Field::select(cx, "y", cx.t("insight-chart-up"), columns(true)).value(up.unwrap_or_default()))
        }
    }
}

/// The answer, drawn; or why it cannot be.
pub(crate) fn draw(cx: &View, answer: &Answer, drawing: Drawing<'_>) -> Markup {
    let place = |name: &str| answer.columns.iter().position(|column| column.name == name);
    let across = place(drawing.across).unwrap_or_else(|| answer.first_axis());
    let up = place(drawing.up).filter(|up| answer.columns[*up].kind.is_numeric()).or_else(|| answer.first_numeric());
    let (Some(up), false) = (up, answer.is_empty()) else {
        return alert(Tone::Waiting, &cx.t("insight-chart-nothing"), cx.t("insight-chart-nothing-help"));
    };
    let (name_across, name_up) = (answer.columns[across].name.clone(), answer.columns[up].name.clone());
    let title =
        cx.ta("insight-chart-title", &[("up", name_up.as_str().into()), ("across", name_across.as_str().into())]);
    let rows = answer.page(0, CHART_POINTS_MAX);
    let heights = || rows.iter().map(|row| row[up].number());
    let drawn = match drawing.kind {
        Kind::Scatter => {
            if !answer.columns[across].kind.is_numeric() {
                return alert(Tone::Waiting, &cx.t("insight-chart-numbers"), cx.t("insight-chart-numbers-help"));
            }
            let points = rows.iter().filter_map(|row| row[across].number().zip(row[up].number()));
            html! { (Scatter::new(cx, "answer-chart", title, name_across, name_up, points)) }
        }
        kind => {
            let categories = rows.iter().map(|row| axis_text(&row[across], answer)).collect();
            let chart = Chart::new(cx, "answer-chart", title, name_across, categories);
            let fractional = heights().flatten().any(|height| height.fract() != 0.0);
            let chart = chart.decimals(if fractional { 2 } else { 0 });
            let values = heights().collect();
            if kind == Kind::Line {
                html! { (chart.line(name_up, values)) }
            } else {
                html! { (chart.bar(name_up, values)) }
            }
        }
    };
    html! {
        @if answer.len() > CHART_POINTS_MAX {
            p class="text-secondary" { (cx.ta("insight-chart-cut", &[("most", (CHART_POINTS_MAX as i64).into())])) }
        }
        (drawn)
    }
}

fn axis_text(cell: &Cell, answer: &Answer) -> String {
    match cell {
        Cell::Null => "∅".to_owned(),
        cell => cell.text(answer.zone()),
    }
}
