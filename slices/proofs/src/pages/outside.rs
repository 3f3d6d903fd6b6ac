//! Who vouches for the ledger: its witnesses, and the places in which its trees stand.

use crate::anchors::{self, AnchorRow, State as AnchorState, Troubles};
use crate::outside_api::{AnchorParams, moment};
use crate::witnesses::Standings;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use kernel::{Kernel, Page};
use ledger::View as LedgerView;
use ledger::cosign::Standing;
use maud::{Markup, html};
use ui::parts::{
    Column, FilterBar, PageHeader, Paging, Row, Table, Tone, alert, card, copyable, empty, facts, hash, status,
};
use ui::{View, shell};
use web::{Cx, Failure, PagingQuery, Path, Query, Site, download};

/// Kinds of places.
const KINDS: [&str; 3] = ["file", "webhook", "evm"];

/// What the page shows besides the list of anchors.
struct Vouching {
    needed: usize,
    witnesses: Vec<(String, Option<Standing>)>,
    /// Leaves of the newest tree with enough cosignatures.
    cosigned: Option<u64>,
    troubles: Vec<(String, String)>,
}

async fn vouching(kernel: &Kernel, view: &LedgerView) -> Result<Vouching, Failure> {
    let standings = kernel.memory::<Standings>().list();
    let policy = view.witnesses();
    let one = |peer: &ledger::cosign::Peer| {
        let standing = standings.iter().find(|standing| standing.witness == peer.key.name()).cloned();
        (peer.key.to_string(), standing)
    };
    let witnesses = policy.peers.iter().map(one).collect();
    let needed = policy.needed;
    let reading = view.clone();
    let kept = tokio::task::spawn_blocking(move || reading.cosigned(ledger::cosign::QUORUM)).await;
    let cosigned = kept.map_err(ground::Problem::internal)??.map(|tree| tree.checkpoint.size);
    Ok(Vouching { needed, witnesses, cosigned, troubles: kernel.memory::<Troubles>().list() })
}

pub(crate) async fn page(
    State(site): State<Site>,
    Cx(cx): Cx,
    Query(params): Query<AnchorParams>,
    PagingQuery(paging): PagingQuery,
    Extension(view): Extension<LedgerView>,
) -> Result<Markup, Failure> {
    let vouching = vouching(site.kernel(), &view).await?;
    let rows = anchors::list(site.kernel(), params.kind.as_deref(), &paging).await?;
    let title = cx.t("proofs-outside");
    let body = html! {
        (PageHeader::new(&cx, &title).back(cx.t("proofs-title"), "/console/ledger").lead(cx.t("proofs-outside-lead")))
        (card(&cx.t("proofs-witnesses"), witnesses(&cx, &vouching)))
        h2 { (cx.t("proofs-anchors")) }
        @for (place, reason) in &vouching.troubles {
            (alert(Tone::Waiting, place, html! { span lang="en" { (reason) } }))
        }
        (FilterBar::new(&cx).choice("kind", cx.t("proofs-anchor-kind"), KINDS.iter().map(|kind| ((*kind).to_owned(), kind_name(&cx, kind))).collect()))
        (table(&cx, &rows))
    };
    Ok(shell::page(&cx, &title, body))
}

fn kind_name(cx: &View, kind: &str) -> String {
    if KINDS.contains(&kind) { cx.t(&format!("proofs-anchor-{kind}")) } else { kind.to_owned() }
}

fn witnesses(cx: &View, vouching: &Vouching) -> Markup {
    if vouching.witnesses.is_empty() {
        return html! { p class="ts-muted" { (cx.t("proofs-witnesses-none")) } };
    }
    let counts = [("needed", (vouching.needed as i64).into()), ("n", (vouching.witnesses.len() as i64).into())];
    let rows = vouching.witnesses.iter().map(|(key, standing)| {
        let standing = standing.as_ref();
        let name = key.split('+').next().unwrap_or_default().to_owned();
        let mark = match standing {
            Some(standing) if standing.trouble.is_some() => status(Tone::Danger, "x", &cx.t("proofs-witness-trouble")),
            Some(standing) if standing.size.is_some() => status(Tone::Good, "check", &cx.t("proofs-witness-signs")),
            _ => status(Tone::Neutral, "circle-minus", &cx.t("proofs-witness-unknown")),
        };
        Row::new()
            .cell(html! { (name) br; (hash(cx, key)) })
            .cell(html! {
                (mark)
                @if let Some(reason) = standing.and_then(|standing| standing.trouble.as_ref()) {
                    p class="ts-muted" lang="en" { (reason) }
                }
            })
            .cell(html! { @if let Some(at) = standing.and_then(|standing| standing.timestamp_seconds) { (cx.moment(moment(at))) } })
            .cell(html! { @if let Some(size) = standing.and_then(|standing| standing.size) { (cx.number(size)) } })
    });
    html! {
        p { (cx.ta("proofs-witnesses-policy", &counts)) }
        @if let Some(size) = vouching.cosigned {
            (facts().add(cx.t("proofs-cosigned-size"), html! { p { (cx.number(size)) " · " a href="/ledger/cosigned" { (cx.t("proofs-checkpoint")) } } }))
        }
        (Table::new(cx, cx.t("proofs-witnesses"))
            .column(Column::text(cx.t("proofs-witness")))
            .column(Column::text(cx.t("proofs-witness-state")))
            .column(Column::text(cx.t("proofs-when")).quiet())
            .column(Column::number(cx.t("proofs-size")))
            .rows(rows))
    }
}

fn table<'a>(cx: &'a View, page: &Page<AnchorRow>) -> Table<'a> {
    let rows = page.rows.iter().map(|row| {
        let mark = match row.state {
            AnchorState::Final => status(Tone::Good, "check", &cx.t("proofs-anchor-final")),
            AnchorState::Sent => status(Tone::Waiting, "circle-minus", &cx.t("proofs-anchor-sent")),
            AnchorState::Lost => status(Tone::Danger, "x", &cx.t("proofs-anchor-lost")),
        };
        Row::new()
            .cell(html! { (kind_name(cx, &row.kind)) br; span class="ts-muted" { (row.place) } })
            .cell(cx.moment(row.at))
            .cell(html! { (cx.number(row.size)) })
            .cell(mark)
            .cell(html! { (copyable(cx, &row.reference)) })
            .cell(html! { a href={ "/console/ledger/outside/" (row.id) "/receipt" } { (cx.t("proofs-receipt")) } })
    });
    Table::new(cx, cx.t("proofs-anchors"))
        .column(Column::text(cx.t("proofs-anchor-place")))
        .column(Column::text(cx.t("proofs-when")))
        .column(Column::number(cx.t("proofs-size")))
        .column(Column::text(cx.t("proofs-anchor-state")))
        .column(Column::text(cx.t("proofs-anchor-reference")).quiet())
        .column(Column::text(cx.t("proofs-receipt")))
        .rows(rows)
        .export("CSV", "/console/ledger/outside.csv")
        .empty(empty("shield-check", &cx.t("proofs-anchors-none"), &cx.t("proofs-anchors-none-help"), None))
        .paging(Paging::pages(cx, page.paging.page, page.pages(), page.total))
}

pub(crate) async fn csv(State(site): State<Site>, Query(params): Query<AnchorParams>) -> Result<Response, Failure> {
    let mut writer = web::csv::Writer::new(["id", "kind", "place", "at", "size", "root", "state", "reference"]);
    let mut paging = kernel::Paging::new(1, ground::limits::PAGE_ROWS_MAX);
    let mut written = 0;
    loop {
        let page = anchors::list(site.kernel(), params.kind.as_deref(), &paging).await?;
        let last = paging.page >= page.pages();
        written += page.rows.len() as u64;
        for row in page.rows {
            let (at, size) = (row.at.to_rfc3339(), row.size.to_string());
            let state = row.state.name().to_owned();
            writer.row([row.id, row.kind, row.place, at, size, row.root, state, row.reference]);
        }
        if last || written >= crate::acts::EXPORT_ROWS_MAX {
            return Ok(writer.download("anchors.csv")?);
        }
        paging.page += 1;
    }
}

pub(crate) async fn receipt(State(site): State<Site>, Path(id): Path<String>) -> Result<Response, Failure> {
    let row = anchors::one(site.kernel(), &id).await?;
    Ok(download(&format!("{id}.anchor.json"), "application/json", row.receipt().to_json()))
}
