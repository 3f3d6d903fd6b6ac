//! Imports on both sides: handing a file in, its progress, the fate of every row, the report to take away.

use super::parts::{Side, excerpt, refused};
use crate::import::{self, Import, ImportState, NewImport, Reason, RowReport, RowStatus, mapping};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use ground::limits::IMPORT_BYTES_MAX;
use ground::{Fault, Problem};
use kernel::{Actor, Kernel, Page, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use ui::View;
use ui::parts::{
    Choice, Column, Field, FormErrors, PageHeader, Row, Table, Tone, alert, card, empty, facts, form_upload, progress,
    status, submit, tabs,
};
use web::{Cx, Failure, PagingQuery, Path, Query, Signed, Site, Upload, UploadLimits};

/// Rows of a report on one page.
const ROWS_SHOWN: u64 = 100;
/// The choice of the mapping that stands for one's own file.
const OWN_MAPPING: &str = "own";
/// Files an import offers first.
const ACCEPT: &str = ".csv,.tsv,.txt,.ndjson,.jsonl,.gz";

/// The portal's list with the form.
pub(crate) async fn portal_list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(at): PagingQuery,
) -> Result<Markup, Failure> {
    Ok(list(Side::Portal, site.kernel(), &actor, &cx, &at).await?)
}

/// The console's list with the form for whoever may import.
pub(crate) async fn console_list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(at): PagingQuery,
) -> Result<Markup, Failure> {
    Ok(list(Side::Console, site.kernel(), &actor, &cx, &at).await?)
}

async fn list(side: Side, kernel: &Kernel, actor: &Actor, cx: &View, at: &Paging) -> kernel::Result<Markup> {
    let found = import::list(kernel, actor, None, at).await?;
    Ok(list_page(side, actor, cx, &found, &ImportForm::default(), &FormErrors::none()))
}

/// An import as it was asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct ImportForm {
    merchant: String,
    mapping: String,
    draft: bool,
}

fn list_page(
    side: Side,
    actor: &Actor,
    cx: &View,
    found: &Page<Import>,
    typed: &ImportForm,
    errors: &FormErrors,
) -> Markup {
    let title = cx.t("listings-imports");
    let may = side == Side::Portal || actor.may(Permission::ListingsImport);
    let back = match side {
        Side::Console => cx.t("listings-title"),
        Side::Portal => cx.t("listings-own"),
    };
    let table = Table::new(cx, title.clone())
        .column(Column::text(cx.t("listings-import-file")))
        .column(Column::text(cx.t("listings-state")))
        .column(Column::number(cx.t("listings-row-created")))
        .column(Column::number(cx.t("listings-row-updated")).quiet())
        .column(Column::number(cx.t("listings-row-unchanged")).quiet())
        .column(Column::number(cx.t("listings-row-refused")))
        .column(Column::text(cx.t("listings-started")).quiet())
        .rows(found.rows.iter().map(|one| row(side, cx, one)))
        .empty(empty("file-import", &cx.t("listings-imports-none"), &cx.t("listings-imports-none-help"), None))
        .paging(ui::parts::Paging::pages(cx, found.paging.page, found.pages(), found.total));
    side.page(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(back, side.listings()).lead(cx.t("listings-imports-lead")))
            (errors)
            div class="ts-aside" {
                (table)
                @if may { (card(&cx.t("listings-import-new"), form(side, cx, typed, errors))) }
            }
        },
    )
}

fn row(side: Side, cx: &View, one: &Import) -> Row {
    Row::new()
        .link(format!("{}/{}", side.imports(), one.id))
        .cell(&one.file_name)
        .cell(import_mark(cx, one.state))
        .cell(cx.number(one.created))
        .cell(cx.number(one.updated))
        .cell(cx.number(one.unchanged))
        .cell(cx.number(one.refused))
        .cell(cx.moment(one.created_at))
}

fn import_mark(cx: &View, state: ImportState) -> Markup {
    let (tone, icon) = match state {
        ImportState::Queued => (Tone::Neutral, "hourglass"),
        ImportState::Running => (Tone::Info, "refresh"),
        ImportState::Finished => (Tone::Good, "circle-check"),
        ImportState::Failed => (Tone::Danger, "circle-x"),
    };
    status(tone, icon, &cx.t(&format!("listings-import-state-{}", state.name())))
}

fn row_mark(cx: &View, row: RowStatus) -> Markup {
    let (tone, icon) = match row {
        RowStatus::Created => (Tone::Good, "plus"),
        RowStatus::Updated => (Tone::Info, "edit"),
        RowStatus::Unchanged => (Tone::Neutral, "minus"),
        RowStatus::Refused => (Tone::Danger, "circle-x"),
    };
    status(tone, icon, &cx.t(&format!("listings-row-{}", row.name())))
}

fn form(side: Side, cx: &View, typed: &ImportForm, errors: &FormErrors) -> Markup {
    let shipped = mapping::SHIPPED.iter().filter_map(|(name, text)| {
        let compiled = mapping::parse(name, text).ok()?;
        Some(Choice::new(*name, cx.both(&compiled.mapping.title)))
    });
    let choices: Vec<Choice> =
        shipped.chain(std::iter::once(Choice::new(OWN_MAPPING, cx.t("listings-mapping-own")))).collect();
    let chosen =
        if typed.mapping.is_empty() { mapping::SHIPPED.first().map_or("", |(name, _)| *name) } else { &typed.mapping };
    form_upload(
        cx,
        side.imports(),
        html! {
            @if side == Side::Console {
                (Field::text(cx, "merchant", cx.t("listings-merchant-id")).required().hint(cx.t("listings-merchant-id-hint"))
                    .value(&typed.merchant).errors(errors))
            }
            (Field::select(cx, "mapping", cx.t("listings-mapping"), choices).required().value(chosen).errors(errors))
            (Field::file(cx, "mapping_file", cx.t("listings-mapping-file"), ".toml,.yaml,.yml").hint(cx.t("listings-mapping-file-hint")).errors(errors))
            (Field::file(cx, "file", cx.t("listings-import-file"), ACCEPT).required().hint(cx.t("listings-import-file-hint")).errors(errors))
            (Field::checkbox(cx, "draft", cx.t("listings-import-draft")).value(if typed.draft { "true" } else { "" }))
            (submit(&cx.t("listings-import-start"), None))
        },
    )
}

/// Begins an import in the portal.
pub(crate) async fn portal_begin(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    begin(Side::Portal, site.kernel(), &actor, &cx, upload).await
}

/// Begins an import for a merchant.
pub(crate) async fn console_begin(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    begin(Side::Console, site.kernel(), &actor, &cx, upload).await
}

async fn begin(side: Side, kernel: &Kernel, actor: &Actor, cx: &View, upload: Upload) -> Result<Response, Failure> {
    let limits = UploadLimits { file_bytes_max: IMPORT_BYTES_MAX, files_max: 2, ..UploadLimits::default() };
    let uploaded = upload.read(&limits).await?;
    let form: ImportForm = uploaded.form()?;
    let begun = async {
        let merchant_id = match side {
            Side::Portal => actor.own_organisation()?.to_owned(),
            Side::Console => form.merchant.trim().to_owned(),
        };
        let (mapping_name, text) = if form.mapping == OWN_MAPPING {
            let file = uploaded
                .file("mapping_file")
                .ok_or_else(|| Problem::invalid_field("mapping_file", "listings-fault-mapping-file"))?;
            if file.bytes > mapping::MAPPING_BYTES_MAX as u64 {
                let fault =
                    Fault::field("mapping_file", "listings-mapping-large").arg("most", mapping::MAPPING_BYTES_MAX);
                return Err(Problem::invalid(vec![fault]));
            }
            let text = String::from_utf8(file.read().await?.to_vec())
                .map_err(|_| Problem::invalid_field("mapping_file", "listings-fault-utf8"))?;
            (file.name.clone(), text)
        } else {
            let text = mapping::shipped(&form.mapping)
                .ok_or_else(|| Problem::invalid_field("mapping", "listings-fault-mapping"))?;
            (form.mapping.clone(), text.to_owned())
        };
        let file = uploaded.file("file").ok_or_else(|| Problem::invalid_field("file", "listings-fault-import-file"))?;
        let new =
            NewImport { merchant_id, file_name: file.name.clone(), mapping_name, mapping: text, screen: !form.draft };
        import::begin(kernel, actor, new, file.path()).await
    };
    match begun.await {
        Ok(one) => Ok(web::redirect_with_flash(&format!("{}/{}", side.imports(), one.id), "listings-flash-import")
            .into_response()),
        Err(problem) => {
            let found = import::list(kernel, actor, None, &Paging::default()).await?;
            refused(cx, problem, |errors| list_page(side, actor, cx, &found, &form, errors))
        }
    }
}

/// Which rows of the report; without a status those that were refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RowsAsked {
    status: Option<String>,
    after: Option<u64>,
}

impl RowsAsked {
    /// `None`: every row.
    fn status(&self) -> Option<RowStatus> {
        match self.status.as_deref() {
            None | Some("") => Some(RowStatus::Refused),
            Some(name) => RowStatus::from_name(name),
        }
    }
}

/// One import of the merchant.
pub(crate) async fn portal_show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(asked): Query<RowsAsked>,
) -> Result<Markup, Failure> {
    Ok(show(Side::Portal, site.kernel(), &actor, &cx, &id, &asked).await?)
}

/// One import, for staff.
pub(crate) async fn console_show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(asked): Query<RowsAsked>,
) -> Result<Markup, Failure> {
    Ok(show(Side::Console, site.kernel(), &actor, &cx, &id, &asked).await?)
}

async fn show(
    side: Side,
    kernel: &Kernel,
    actor: &Actor,
    cx: &View,
    id: &str,
    asked: &RowsAsked,
) -> kernel::Result<Markup> {
    let one = import::get(kernel, actor, id).await?;
    let rows = import::rows(kernel, actor, id, asked.status(), asked.after.unwrap_or(0), ROWS_SHOWN).await?;
    let path = format!("{}/{id}", side.imports());
    let more = rows.last().filter(|_| rows.len() as u64 == ROWS_SHOWN).map(|row| row.position.to_string());
    let mut table = Table::new(cx, cx.t("listings-import-rows"))
        .column(Column::number(cx.t("listings-import-line")))
        .column(Column::text(cx.t("listings-field-external-id")))
        .column(Column::text(cx.t("listings-state")))
        .column(Column::text(cx.t("listings-import-reasons")))
        .rows(rows.iter().map(|row| report_row(side, cx, row)))
        .export("CSV", &format!("{path}/report.csv"))
        .empty(empty("list-check", &cx.t("listings-import-rows-none"), &cx.t("listings-import-rows-none-help"), None));
    if more.is_some() {
        table = table.paging(ui::parts::Paging::cursor(cx, None, more.as_deref(), None));
    }
    let title = one.file_name.clone();
    Ok(side.page(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("listings-imports"), side.imports()))
            (progress_card(side, cx, &one))
            (facts_card(cx, &one))
            (status_tabs(cx, &path, &one))
            (table)
        },
    ))
}

fn status_tabs(cx: &View, path: &str, one: &Import) -> Markup {
    let entry = |status: RowStatus, n: u64| {
        let query = if status == RowStatus::Refused { String::new() } else { format!("?status={}", status.name()) };
        (cx.t(&format!("listings-row-{}", status.name())), format!("{path}{query}"), Some(n))
    };
    let entries = [
        entry(RowStatus::Refused, one.refused),
        entry(RowStatus::Created, one.created),
        entry(RowStatus::Updated, one.updated),
        entry(RowStatus::Unchanged, one.unchanged),
        (cx.t("listings-row-all"), format!("{path}?status=all"), Some(one.rows_done)),
    ];
    tabs(cx, &cx.t("listings-import-rows"), &entries)
}

fn report_row(side: Side, cx: &View, row: &RowReport) -> Row {
    let cells = Row::new()
        .cell(cx.number(row.line))
        .cell(html! {
            @match &row.listing_id {
                Some(id) => a href={ (side.listings()) "/" (id) } { (row.external_id) },
                None => (row.external_id),
            }
        })
        .cell(row_mark(cx, row.status));
    cells.cell(html! { @for reason in &row.reasons { div { (reason_text(cx, reason)) } } })
}

/// A reason with the column it is about.
fn reason_text(cx: &View, reason: &Reason) -> String {
    let args: Vec<_> = reason.args.iter().map(|(name, value)| (name.as_str(), value.as_str().into())).collect();
    let text = cx.ta(&reason.message, &args);
    if reason.column.is_empty() { text } else { format!("{} — {text}", excerpt(&reason.column)) }
}

fn facts_card(cx: &View, one: &Import) -> Markup {
    let mut table = facts()
        .add(cx.t("listings-mapping"), &one.mapping_name)
        .add(cx.t("listings-market"), super::words::market_text(cx, &one.market))
        .add(cx.t("listings-import-lines"), cx.number(one.lines_read))
        .add(cx.t("listings-started"), cx.moment(one.created_at));
    if let Some(at) = one.finished_at {
        table = table.add(cx.t("listings-finished"), cx.moment(at));
    }
    for (rule, lines) in &one.skipped {
        table = table.add(cx.ta("listings-import-skipped", &[("rule", rule.as_str().into())]), cx.number(*lines));
    }
    card(&cx.t("listings-facts"), html! { (table) })
}

/// How far the import is. While it runs, a script asks again every two seconds; the link does without one.
fn progress_card(side: Side, cx: &View, one: &Import) -> Markup {
    let path = format!("{}/{}", side.imports(), one.id);
    let open = matches!(one.state, ImportState::Queued | ImportState::Running);
    let ask = format!("{path}/progress");
    let (done, total) = match one.rows_total {
        Some(total) => (one.rows_done, total),
        None => (one.bytes_read, one.file_bytes),
    };
    let label =
        if one.rows_total.is_some() { "listings-import-progress-rows" } else { "listings-import-progress-bytes" };
    html! {
        section class="card ts-card" id="import-progress" aria-live="polite" hx-get=[open.then_some(&ask)] hx-trigger=[open.then_some("every 2s")]
            hx-swap=[open.then_some("outerHTML")] {
            div class="ts-card-body" {
                p { (import_mark(cx, one.state)) }
                (progress(cx, &cx.t(label), done, total))
                p {
                    @for (status, n) in [(RowStatus::Created, one.created), (RowStatus::Updated, one.updated), (RowStatus::Unchanged, one.unchanged), (RowStatus::Refused, one.refused)] {
                        (cx.t(&format!("listings-row-{}", status.name()))) " " span class="ts-num" { (cx.number(n)) } "  "
                    }
                }
                @if let Some(failed) = &one.failure {
                    (alert(Tone::Danger, &cx.t("listings-import-failed"), html! {
                        @if failed.line > 0 { (cx.ta("listings-import-at-line", &[("n", cx.number(failed.line).into())])) " " }
                        (reason_text(cx, &failed.reason))
                    }))
                }
                p { a href=(path) { (cx.t(if open { "listings-import-refresh" } else { "listings-import-show-rows" })) } }
            }
        }
    }
}

/// The progress alone, for the merchant.
pub(crate) async fn portal_progress(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let one = import::get(site.kernel(), &actor, &id).await?;
    Ok(progress_card(Side::Portal, &cx, &one))
}

/// The progress alone, for staff.
pub(crate) async fn console_progress(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let one = import::get(site.kernel(), &actor, &id).await?;
    Ok(progress_card(Side::Console, &cx, &one))
}

/// The report as CSV, read and sent page by page.
pub(crate) async fn report(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(asked): Query<RowsAsked>,
) -> Result<Response, Failure> {
    let status = asked.status.as_deref().and_then(RowStatus::from_name);
    let pages = import::report(site.kernel(), &actor, &id, status).await?;
    let head =
        ["import-line", "field-external-id", "state", "import-reasons"].map(|name| cx.t(&format!("listings-{name}")));
    let start = web::csv::Writer::new(head).finish()?;
    let view = cx.clone();
    let body = pages.map(move |page| {
        page.and_then(|rows| lines(&view, &rows)).map_err(|problem| std::io::Error::other(problem.to_string()))
    });
    let stream = futures::stream::once(async move { Ok(start) }).chain(body);
    Ok(web::download("import-report.csv", "text/csv; charset=utf-8", Body::from_stream(stream)))
}

fn lines(cx: &View, rows: &[RowReport]) -> kernel::Result<Vec<u8>> {
    super::export::rows_alone(rows.iter().map(|row| {
        let reasons: Vec<String> = row.reasons.iter().map(|reason| reason_text(cx, reason)).collect();
        let state = cx.t(&format!("listings-row-{}", row.status.name()));
        [row.line.to_string(), row.external_id.clone(), state, reasons.join("; ")]
    }))
}
