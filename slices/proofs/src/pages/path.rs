//! The Merkle path of a proof, drawn: the leaf at the foot, its neighbours beside, the signed root on top. The same steps
//! stand in a table below.

use maud::{Markup, html};
use tlog::Hash;
use tlog::proof::{Side, Step};
use ui::View;
use ui::parts::{Column, Row, Table, hash};

const WIDTH: usize = 430;
const ROW_HEIGHT: usize = 74;
const BOX_WIDTH: usize = 130;
const BOX_HEIGHT: usize = 34;
const CENTRE: usize = WIDTH / 2;
/// Distance of a neighbour's centre from the path.
const ASIDE: usize = 145;

/// The drawing and the table.
pub fn drawing(cx: &View, index: u64, leaf: &Hash, steps: &[Step]) -> Markup {
    let height = ROW_HEIGHT * steps.len() + BOX_HEIGHT + 20;
    let y = |level: usize| height - 10 - BOX_HEIGHT - level * ROW_HEIGHT;
    let label = cx.ta("proofs-path-label", &[("n", (steps.len() as i64).into())]);
    html! {
        div class="ts-scroll" tabindex="0" role="region" aria-label=(cx.t("proofs-path")) {
            svg viewBox={ "0 0 " (WIDTH) " " (height) } width="100%" height=(height) preserveAspectRatio="xMinYMid meet"
                role="img" aria-label=(label) font-family="ui-monospace, monospace" font-size="12" text-anchor="middle" {
                @for (level, step) in steps.iter().enumerate() {
                    (joined(y(level), y(level + 1), step.side))
                }
                (node(CENTRE, y(0), &cx.t("proofs-path-leaf"), leaf, true, steps.is_empty()))
                @for (level, step) in steps.iter().enumerate() {
                    (node(aside(step.side), y(level), &cx.t("proofs-path-neighbour"), &step.sibling, false, false))
                    (node(CENTRE, y(level + 1), &name(cx, level + 1, steps.len()), &step.result, true, level + 1 == steps.len()))
                }
            }
        }
        details {
            summary { (cx.t("ui-numbers")) }
            (table(cx, index, leaf, steps))
        }
    }
}

fn name(cx: &View, level: usize, last: usize) -> String {
    if level == last { cx.t("proofs-path-root") } else { cx.ta("proofs-path-level", &[("n", (level as i64).into())]) }
}

fn aside(side: Side) -> usize {
    match side {
        Side::Left => CENTRE - ASIDE,
        Side::Right => CENTRE + ASIDE,
    }
}

/// The lines from a node and its neighbour up to what both hash to.
fn joined(below: usize, above: usize, side: Side) -> Markup {
    let (foot, middle) = (above + BOX_HEIGHT, (above + BOX_HEIGHT + below) / 2);
    html! {
        path fill="none" stroke="currentColor" stroke-width="2"
            d={ "M" (CENTRE) " " (below) "V" (foot) } {}
        path fill="none" stroke="currentColor" stroke-width="1" stroke-dasharray="4 3"
            d={ "M" (aside(side)) " " (below) "V" (middle) "H" (CENTRE) } {}
    }
}

fn node(x: usize, y: usize, label: &str, value: &Hash, on_path: bool, root: bool) -> Markup {
    let opacity = if on_path { "0.12" } else { "0" };
    let stroke = if root { "3" } else { "1" };
    html! {
        g {
            title { (label) " " (value.to_hex()) }
            rect x=(x - BOX_WIDTH / 2) y=(y) width=(BOX_WIDTH) height=(BOX_HEIGHT) rx="6" fill="currentColor"
                fill-opacity=(opacity) stroke="currentColor" stroke-width=(stroke) {}
            text x=(x) y=(y + 14) fill="currentColor" font-size="11" { (label) }
            text x=(x) y=(y + 28) fill="currentColor" { (ends(value)) }
        }
    }
}

/// The ends of a hash, short enough for a box.
fn ends(value: &Hash) -> String {
    let hex = value.to_hex();
    format!("{}…{}", &hex[..7], &hex[60..])
}

fn table<'a>(cx: &'a View, index: u64, leaf: &Hash, steps: &[Step]) -> Table<'a> {
    let first = Row::new()
        .cell(cx.ta("proofs-path-leaf-n", &[("n", cx.number(index).into())]))
        .cell("—")
        .cell("—")
        .cell(hash(cx, &leaf.to_hex()));
    let rows = steps.iter().enumerate().map(|(level, step)| {
        let side = if step.side == Side::Left { "proofs-path-left" } else { "proofs-path-right" };
        Row::new()
            .cell(name(cx, level + 1, steps.len()))
            .cell(cx.t(side))
            .cell(hash(cx, &step.sibling.to_hex()))
            .cell(hash(cx, &step.result.to_hex()))
    });
    Table::new(cx, cx.t("proofs-path"))
        .column(Column::text(cx.t("proofs-path-step")))
        .column(Column::text(cx.t("proofs-path-side")))
        .column(Column::text(cx.t("proofs-path-neighbour")))
        .column(Column::text(cx.t("proofs-path-result")))
        .rows(std::iter::once(first).chain(rows))
}
