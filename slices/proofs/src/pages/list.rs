//! The list of acts.

use crate::acts::{LedgerState, SUBJECT_KINDS};
use crate::words;
use kernel::{ActRecord, Page};
use maud::{Markup, html};
use serde_json::Value;
use ui::parts::{
    Column, FilterBar, FormErrors, PageHeader, Paging, Row, Table, Tile, Tone, badge, copyable, empty, status,
};
use ui::{View, shell};

/// Beginnings of kinds the filter offers.
const GROUPS: &[&str] = &[
    "listing.",
    "merchant.",
    "qualification.",
    "brand.",
    "review.",
    "policy.",
    "import.",
    "bank.",
    "blacklist.",
    "user.",
    "token.",
    "webhook.",
    "subject.",
];

/// The page.
pub fn page(
    cx: &View,
    base: &str,
    page: &Page<ActRecord>,
    state: &LedgerState,
    may_erase: bool,
    errors: &FormErrors,
) -> Markup {
    let console = base.starts_with("/console");
    let title = cx.t(if console { "proofs-title" } else { "proofs-own-title" });
    let mut header = PageHeader::new(cx, &title).lead(cx.t("proofs-lead")).link(
        &cx.t("proofs-verify-open"),
        "/verify",
        "shield-check",
    );
    if console {
        header = header.link(&cx.t("proofs-outside"), "/console/ledger/outside", "world");
    }
    if may_erase {
        header = header.link(&cx.t("proofs-erase"), "/console/ledger/erase", "eye-off");
    }
    let body = html! {
        (header)
        @if console { (head(cx, state)) }
        (filter(cx, console))
        (errors)
        (acts(cx, base, console, page))
    };
    shell::page(cx, &title, body)
}

fn head(cx: &View, state: &LedgerState) -> Markup {
    let head = &state.head.checkpoint;
    html! {
        div class="ts-tiles" {
            (Tile::new(cx.t("proofs-size"), cx.number(head.size)))
            (Tile::new(cx.t("proofs-waiting"), cx.number(state.waiting)))
        }
        p class="ts-muted" {
            (cx.t("proofs-root")) " " (copyable(cx, &head.root.to_base64())) " "
            a href="/ledger/checkpoint" { (cx.t("proofs-checkpoint")) } " · "
            a href="/ledger/verifier.key" { (cx.t("proofs-key")) }
        }
    }
}

fn filter<'a>(cx: &'a View, console: bool) -> FilterBar<'a> {
    let groups = GROUPS.iter().map(|group| ((*group).to_owned(), words::subject_kind(cx, group.trim_end_matches('.'))));
    let mut bar = FilterBar::new(cx);
    if console {
        let kinds = SUBJECT_KINDS.iter().map(|kind| ((*kind).to_owned(), words::subject_kind(cx, kind)));
        bar = bar.search("subject", cx.t("proofs-filter-subject")).choice(
            "subject_kind",
            cx.t("proofs-filter-subject-kind"),
            kinds.collect(),
        );
    }
    bar = bar.choice("kind", cx.t("proofs-filter-kind"), groups.collect());
    if console {
        bar = bar.search("actor", cx.t("proofs-filter-actor"));
    }
    bar.date("from", cx.t("proofs-filter-from")).date("until", cx.t("proofs-filter-until"))
}

fn acts<'a>(cx: &'a View, base: &str, console: bool, page: &Page<ActRecord>) -> Table<'a> {
    let rows = page.rows.iter().map(|act| row(cx, base, console, act));
    Table::new(cx, cx.t("proofs-title"))
        .column(Column::text(cx.t("proofs-what")))
        .column(Column::text(cx.t("proofs-about")))
        .column(Column::text(cx.t("proofs-who")).quiet())
        .column(Column::text(cx.t("proofs-when")))
        .column(Column::text(cx.t("proofs-outcome")).quiet())
        .column(Column::number(cx.t("proofs-position")))
        .rows(rows)
        .export("CSV", &format!("{base}.csv"))
        .empty(empty("book", &cx.t("proofs-none"), &cx.t("proofs-none-help"), None))
        .paging(Paging::pages(cx, page.paging.page, page.pages(), page.total))
}

fn row(cx: &View, base: &str, console: bool, act: &ActRecord) -> Row {
    let result = act.public_text("outcome").map(|outcome| words::outcome(cx, outcome));
    let place = match act.leaf_index {
        Some(index) => html! { (cx.number(index)) },
        None => badge(Tone::Neutral, &cx.t("ui-ledger-waiting")),
    };
    Row::new()
        .link(format!("{base}/{}", act.id))
        .cell(words::kind(cx, &act.kind))
        .cell(words::subject(cx, console, &act.subject))
        .cell(words::actor(cx, &act.actor, &act.public))
        .cell(cx.moment(act.at))
        .cell(html! { @if let Some(result) = result { (status(Tone::Neutral, "point", &result)) } })
        .cell(place)
}

/// The acts as a table to take away. Its heads are field names, the same in both languages, so that programs can read it.
pub fn table(rows: &[ActRecord]) -> web::csv::Writer {
    let header = [
        "id",
        "at",
        "kind",
        "subject_kind",
        "subject_id",
        "actor",
        "role",
        "outcome",
        "reasons",
        "policy",
        "leaf_index",
        "commitment",
    ];
    let mut writer = web::csv::Writer::new(header);
    for act in rows {
        let list = |key: &str| {
            let all = act.public.get(key).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
        };
        writer.row([
            act.id.clone(),
            act.at.to_rfc3339(),
            act.kind.clone(),
            act.subject.kind.clone(),
            act.subject.id.clone(),
            act.actor.clone(),
            act.public.pointer("/actor/role").and_then(Value::as_str).unwrap_or_default().to_owned(),
            act.public_text("outcome").unwrap_or_default().to_owned(),
            list("reasons"),
            act.public.get("policy").map(Value::to_string).unwrap_or_default(),
            act.leaf_index.map(|index| index.to_string()).unwrap_or_default(),
            act.commitment.clone(),
        ]);
    }
    writer
}
