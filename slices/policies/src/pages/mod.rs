//! Console pages: packs and tables, rows, versions, trials.

mod packs;
mod rows;
mod trials;
mod versions;

pub(crate) use packs::{history, keep_shipped, market, overview};
pub(crate) use rows::{add_row, new_row, row, save_row, set_mode, table};
pub(crate) use trials::{affected, stop_trial, trial, trial_csv};
pub(crate) use versions::{activate, file, save_file, start_trial, version};

use kernel::ActRecord;
use maud::{Markup, html};
use policy::Mode;
use ui::View;
use ui::parts::{Entry, Timeline, Tone, badge, status};

use crate::catalogue::mode_name;
use crate::model::{ChangeKind, RowChange};

/// Whether the reader may change policies: what cannot be done is not offered.
fn may_manage(cx: &View) -> bool {
    let names: Vec<&str> = kernel::Permission::PoliciesManage.roles().iter().map(|role| role.name()).collect();
    cx.has_role(&names)
}

fn mode_mark(cx: &View, mode: Mode) -> Markup {
    let text = match mode {
        Mode::Percentage(share) => cx.ta("policies-mode-share", &[("share", u64::from(share).into())]),
        other => cx.t(&format!("policies-mode-{}", mode_name(other))),
    };
    match mode {
        Mode::On => status(Tone::Good, "check", &text),
        Mode::Percentage(_) => status(Tone::Waiting, "clock", &text),
        Mode::Shadow => status(Tone::Neutral, "eye", &text),
        Mode::Off => badge(Tone::Neutral, &text),
    }
}

fn market_name(cx: &View, market: &str) -> String {
    let id = format!("policies-market-{market}");
    if cx.catalogs.has(&id) { cx.t(&id) } else { market.to_owned() }
}

fn table_name(cx: &View, table: &str) -> String {
    let id = format!("policies-table-{}", table.replace('_', "-"));
    if cx.catalogs.has(&id) { format!("{} · {table}", cx.t(&id)) } else { table.to_owned() }
}

fn row_href(market: &str, row: &str) -> String {
    format!("/console/policies/{market}/rows/{row}")
}

fn decision_text(cx: &View, decision: &str) -> String {
    cx.t(&format!("policies-decision-{decision}"))
}

/// The rows that changed, with links to them.
fn change_list(cx: &View, market: &str, changed: &[RowChange]) -> Markup {
    html! {
        @if changed.is_empty() { p class="ts-muted" { (cx.t("policies-changed-none")) } }
        ul {
            @for one in changed.iter().take(crate::model::CHANGED_ROWS_MAX) {
                li {
                    (cx.t(&format!("policies-change-{}", one.kind.name()))) " "
                    @if one.kind == ChangeKind::Removed { code { (one.table) "/" (one.row) } }
                    @else { a href={ (row_href(market, &one.row)) "?from=" (one.from) } { code { (one.table) "/" (one.row) } } }
                    @if let Some((before, after)) = &one.mode { " · " del { (before) } " → " ins { (after) } }
                }
            }
        }
    }
}

/// Acts with their reasons and proofs.
fn timeline<'a>(cx: &'a View, acts: &[ActRecord]) -> Timeline<'a> {
    acts.iter().fold(Timeline::new(cx), |line, act| {
        let private = |key: &str| act.private.as_ref().and_then(|all| all.get(key)).and_then(|text| text.as_str());
        let words = private("reason").or_else(|| private("note")).unwrap_or("").to_owned();
        let title = match act.kind.as_str() {
            "policy.activated" => cx.t("policies-act-activated"),
            "policy.saved" => cx.t("policies-act-saved"),
            "policy.trial_started" => cx.t("policies-act-trial-started"),
            "policy.trial_finished" => cx.t("policies-act-trial-finished"),
            other => other.to_owned(),
        };
        let mut entry = Entry::new(act.at, title).who(&act.actor).detail(words);
        if act.leaf_index.is_some() {
            entry = entry.proof(format!("/console/ledger/{}", act.id));
        }
        line.entry(entry)
    })
}
