//! A table as a table, a row with its basis, tests, text and mode.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use maud::{Markup, html};
use policy::Mode;
use serde::Deserialize;
use ui::parts::*;
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site};

use super::{market_name, may_manage, mode_mark, row_href, table_name, timeline};
use crate::api::day;
use crate::catalogue::{self, RowDetail, RowFilter, RowList};
use crate::error::Error;
use crate::versions::{self, RowEdit};

/// Most of the table's own columns shown beside id and mode; the row page shows all.
const COLUMNS_SHOWN: usize = 4;
/// Most rows on the page of a table; the filter narrows.
const ROWS_SHOWN: usize = 1_000;

#[derive(Deserialize)]
pub(crate) struct Filter {
    q: Option<String>,
    mode: Option<String>,
    force: Option<String>,
}

pub(crate) async fn table(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((market, table)): Path<(String, String)>,
    Query(filter): Query<Filter>,
) -> Result<Markup, Failure> {
    let filter = RowFilter { q: filter.q, mode: filter.mode, force: filter.force };
    let list = catalogue::rows(site.kernel(), &actor, &market, &table, &filter).await?;
    let title = table_name(&cx, &table);
    let mut header = PageHeader::new(&cx, &title)
        .back(cx.t("policies-title"), "/console/policies")
        .back(market_name(&cx, &market), format!("/console/policies/{market}"))
        .lead(cx.ta("policies-rows-shown", &[("shown", list.rows.len().into()), ("total", list.total.into())]));
    if may_manage(&cx) {
        header = header
            .link(&cx.t("policies-row-new"), &format!("/console/policies/{market}/tables/{table}/new"), "plus")
            .link(&cx.t("policies-file-edit"), &format!("/console/policies/{market}/file?table={table}"), "edit");
    }
    let body = html! {
        (header)
        (FilterBar::new(&cx)
            .search("q", cx.t("policies-search"))
            .choice("mode", cx.t("policies-mode"), names(&cx, "mode", &["on", "percentage", "shadow", "off"]))
            .choice("force", cx.t("policies-force"), names(&cx, "force", &["now", "later", "past"])))
        (rows_table(&cx, &market, &list))
    };
    Ok(shell::console(&cx, &title, body))
}

fn names(cx: &View, kind: &str, values: &[&str]) -> Vec<(String, String)> {
    values.iter().map(|value| ((*value).to_owned(), cx.t(&format!("policies-{kind}-{value}")))).collect()
}

fn rows_table<'a>(cx: &'a View, market: &str, list: &RowList) -> Table<'a> {
    let mut table = Table::new(cx, cx.t("policies-rows"))
        .column(Column::text(cx.t("policies-row")))
        .column(Column::text(cx.t("policies-mode")))
        .column(Column::text(cx.t("policies-period")).quiet());
    for column in list.columns.iter().take(COLUMNS_SHOWN) {
        table = table.column(Column::text(column.clone()).quiet());
    }
    table
        .column(Column::text(cx.t("policies-reason")).quiet())
        .column(Column::number(cx.t("policies-tests")).quiet())
        .rows(list.rows.iter().take(ROWS_SHOWN).map(|line| {
            let until = line.until.map_or_else(|| "…".to_owned(), |day| day.to_string());
            let mut row = Row::new()
                .link(format!("{}?from={}", row_href(market, &line.id), line.from))
                .cell(html! { code { (line.id) } })
                .cell(mode_mark(cx, line.mode))
                .cell(html! { (line.from) " – " (until) @if !line.in_force { " " (badge(Tone::Neutral, &cx.t("policies-not-in-force"))) } });
            for cell in line.cells.iter().take(COLUMNS_SHOWN) {
                row = row.cell(cell);
            }
            row.cell(line.reason.as_ref().map_or("", |reason| cx.both(reason))).cell(cx.number(line.tests as i64))
        }))
        .empty(empty("search", &cx.t("policies-rows-none"), &cx.t("policies-rows-none-help"), None))
}

#[derive(Deserialize)]
pub(crate) struct Period {
    from: Option<String>,
}

pub(crate) async fn row(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((market, row)): Path<(String, String)>,
    Query(period): Query<Period>,
) -> Result<Markup, Failure> {
    let from = period.from.as_deref().map(day).transpose()?;
    let detail = catalogue::row(site.kernel(), &actor, &market, &row, from).await?;
    Ok(row_page(&cx, &market, &detail, None, &FormErrors::none()))
}

/// The page of a row; `typed` is what the person last typed when it was refused.
fn row_page(cx: &View, market: &str, row: &RowDetail, typed: Option<&TextForm>, errors: &FormErrors) -> Markup {
    let id = &row.line.id;
    let body = html! {
        (PageHeader::new(cx, id.clone())
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(cx, market), format!("/console/policies/{market}"))
            .back(table_name(cx, &row.table), format!("/console/policies/{market}/tables/{}", row.table))
            .mark(mode_mark(cx, row.line.mode)))
        (errors)
        (card(&cx.t("policies-row-content"), content(cx, market, row)))
        (card(&cx.t("policies-tests"), tests(cx, row)))
        @if may_manage(cx) {
            (card(&cx.t("policies-mode-change"), mode_form(cx, market, row)))
            (card(&cx.t("policies-row-edit"), text_form(cx, market, row, typed, errors)))
        }
        (card(&cx.t("policies-acts"), html! { (timeline(cx, &row.history)) }))
    };
    shell::console(cx, id, body)
}

fn content(cx: &View, market: &str, row: &RowDetail) -> Markup {
    let until = row.line.until.map_or_else(|| "…".to_owned(), |day| day.to_string());
    let mut list = facts()
        .add(cx.t("policies-period"), format!("{} – {until}", row.line.from))
        .maybe(cx.t("policies-reason"), row.line.reason.as_ref().map(|text| cx.both(text).to_owned()))
        .maybe(cx.t("policies-fix"), row.fix.as_ref().map(|text| cx.both(text).to_owned()))
        .maybe(cx.t("policies-when"), row.when.as_ref().map(|text| html! { code { (text) } }))
        .add(cx.t("policies-basis"), basis(cx, row));
    for (name, value) in &row.columns {
        list = list.add(name.clone(), value_markup(value));
    }
    html! {
        (list)
        @if row.periods.len() > 1 {
            p { (cx.t("policies-periods")) ": "
                @for from in &row.periods { a href={ (row_href(market, &row.line.id)) "?from=" (from) } { (from) } " " }
            }
        }
        p class="ts-muted" { (cx.t("policies-place")) " " code { (row.place) } }
    }
}

/// The basis in the law's own language, with the translation where the reader has another.
fn basis(cx: &View, row: &RowDetail) -> Markup {
    html! {
        @if row.citations.is_empty() { "—" }
        ul {
            @for citation in &row.citations {
                @let original = if citation.language.starts_with("zh") { &citation.text.zh } else { &citation.text.en };
                @let read = cx.both(&citation.text);
                li {
                    span lang=(citation.language) { (original) }
                    @if read != original { br; span class="ts-muted" { (read) } }
                }
            }
        }
    }
}

fn value_markup(value: &serde_json::Value) -> Markup {
    use serde_json::Value;
    match value {
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => html! {
            span { @for (index, item) in items.iter().enumerate() {
                @if index > 0 { "、" } (catalogue::shown(item))
            } }
        },
        Value::Array(_) | Value::Object(_) => html! {
            pre tabindex="0" { (serde_json::to_string_pretty(value).unwrap_or_default()) }
        },
        other => html! { (catalogue::shown(other)) },
    }
}

fn tests(cx: &View, row: &RowDetail) -> Markup {
    html! {
        @match &row.test_run {
            Some(run) if run.failures.is_empty() => p { (status(Tone::Good, "check", &cx.ta("policies-tests-passed", &[("count", run.passed.into())]))) },
            Some(run) => {
                p { (status(Tone::Danger, "alert-triangle", &cx.ta("policies-tests-failed", &[("failed", run.failures.len().into()), ("passed", run.passed.into())]))) }
                ul { @for failure in &run.failures { li { code { (failure.file) ":" (failure.line) } " " (cx.both(&failure.message)) } } }
            }
            None => p class="ts-muted" { (cx.t(if row.test_cases.is_empty() { "policies-tests-none" } else { "policies-tests-unrun" })) }
        }
        @if !row.test_cases.is_empty() {
            details {
                summary { (cx.ta("policies-tests-written", &[("count", row.test_cases.len().into())])) }
                pre tabindex="0" { @for case in &row.test_cases { (case.to_string()) "\n" } }
            }
        }
    }
}

fn mode_form(cx: &View, market: &str, row: &RowDetail) -> Markup {
    let (present, share) = match row.line.mode {
        Mode::Percentage(share) => ("percentage", share.to_string()),
        other => (catalogue::mode_name(other), String::new()),
    };
    let choices = ["off", "shadow", "percentage", "on"]
        .map(|name| {
            Choice::new(name, cx.t(&format!("policies-mode-{name}"))).hint(cx.t(&format!("policies-mode-{name}-hint")))
        })
        .to_vec();
    form_post(
        cx,
        &format!("{}/mode", row_href(market, &row.line.id)),
        html! {
            (hidden("seen", &row.active.version_id))
            (hidden("table", &row.table))
            (hidden("from", &row.line.from.to_string()))
            (Field::radios(cx, "mode", cx.t("policies-mode"), choices).value(present).required())
            (Field::number(cx, "share", cx.t("policies-share")).value(share).unit("%").hint(cx.t("policies-share-hint")))
            (Field::textarea(cx, "note", cx.t("policies-why"), 2).required())
            div class="ts-submit" {
                button class="btn btn-primary" type="submit" name="step" value="try" { (cx.t("policies-mode-try")) }
                button class="btn" type="submit" name="step" value="activate" { (cx.t("policies-mode-now")) }
            }
            p class="ts-hint" { (cx.t("policies-mode-try-help")) }
        },
    )
}

fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

fn text_form(cx: &View, market: &str, row: &RowDetail, typed: Option<&TextForm>, errors: &FormErrors) -> Markup {
    let Some(text) = &row.text else {
        return html! {
            p { (cx.t("policies-row-no-text")) }
            p { a class="btn" href={ "/console/policies/" (market) "/file?table=" (row.table) } { (cx.t("policies-file-edit")) } }
        };
    };
    let shown = typed.map_or(text.as_str(), |form| form.text.as_str());
    let note = typed.map_or("", |form| form.note.as_str());
    let lines = u8::try_from(shown.lines().count() + 2).unwrap_or(40).clamp(8, 40);
    form_post(
        cx,
        &format!("{}/text", row_href(market, &row.line.id)),
        html! {
            (hidden("base", typed.map_or(row.active.version_id.as_str(), |form| form.base.as_str())))
            (hidden("table", &row.table))
            (hidden("from", &row.line.from.to_string()))
            (Field::textarea(cx, "text", cx.t("policies-row-text"), lines).value(shown).required().errors(errors)
                .hint(cx.t("policies-row-text-hint")).attribute("spellcheck", "false"))
            (Field::textarea(cx, "note", cx.t("policies-why"), 2).value(note).required().errors(errors))
            (submit(&cx.t("policies-row-save"), None))
        },
    )
}

#[derive(Deserialize)]
pub(crate) struct TextForm {
    base: String,
    table: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    note: String,
}

pub(crate) async fn save_row(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((market, row)): Path<(String, String)>,
    Form(form): Form<TextForm>,
) -> Result<Response, Failure> {
    let from = day(&form.from)?;
    let edit = RowEdit {
        base_id: form.base.clone(),
        table: form.table.clone(),
        row: row.clone(),
        from,
        text: form.text.clone(),
        note: form.note.clone(),
    };
    match versions::save_row(site.kernel(), &actor, &edit).await {
        Ok(version) => Ok(web::redirect(&format!("/console/policy-versions/{}", version.id)).into_response()),
        Err(error) => {
            let problem = shown_in_form(error)?;
            let detail = catalogue::row(site.kernel(), &actor, &market, &row, Some(from)).await?;
            let errors = FormErrors::of_problem(&cx, &problem);
            let page = row_page(&cx, &market, &detail, Some(&form), &errors);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What a form shows again with its errors; anything else is a page of its own.
pub(super) fn shown_in_form(error: Error) -> Result<Problem, Failure> {
    match error {
        Error::Refused(_) | Error::RefusedField(..) | Error::Field(..) | Error::Unchanged | Error::TestsFail(_) => {
            Ok(error.into())
        }
        other => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct ModeForm {
    seen: String,
    table: String,
    from: String,
    mode: String,
    share: Option<u8>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    step: String,
}

pub(crate) async fn set_mode(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((market, row)): Path<(String, String)>,
    Form(form): Form<ModeForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let from = day(&form.from)?;
    let done = async {
        let mode = match (form.mode.as_str(), form.share) {
            ("percentage", Some(share)) if share <= 100 => Mode::Percentage(share),
            ("percentage", _) => return Err(Error::Field("share", "policies-share-wrong")),
            (name, _) => Mode::parse(name).ok_or(Error::Field("mode", "policies-mode-wrong"))?,
        };
        let place = (form.table.as_str(), row.as_str(), from);
        if form.step == "activate" {
            crate::set_mode(kernel, &actor, &form.seen, place, mode, &form.note).await?;
            return Ok(format!("/console/policies/{market}/affected"));
        }
        let version = versions::save_mode(kernel, &actor, &form.seen, place, mode, &form.note).await?;
        crate::trial::start(kernel, &actor, &version.id).await?;
        Ok(format!("/console/policy-versions/{}", version.id))
    };
    match done.await {
        Ok(href) => Ok(web::redirect(&href).into_response()),
        Err(error) => {
            let problem = shown_in_form(error)?;
            let detail = catalogue::row(kernel, &actor, &market, &row, Some(from)).await?;
            let page = row_page(&cx, &market, &detail, None, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(crate) async fn new_row(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((market, table)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    let (active, pack) = versions::active(site.kernel(), &actor, &market).await?;
    let last = pack.written_rows(&table).last().map(|row| (row.id().to_owned(), row.from()));
    let (id, from) = last.ok_or(Error::Missing)?;
    // The last row is the pattern: same columns, another id.
    let text = crate::edit::row_text(&pack, &table, &id, from).map_or_else(String::new, |found| found.text);
    let form = TextForm {
        base: active.version_id,
        table: table.clone(),
        from: String::new(),
        text: text.replacen(&format!("id: {id}"), "id: ", 1),
        note: String::new(),
    };
    Ok(new_page(&cx, &market, &form, &FormErrors::none()))
}

fn new_page(cx: &View, market: &str, form: &TextForm, errors: &FormErrors) -> Markup {
    let title = cx.t("policies-row-new");
    let table = &form.table;
    let action = format!("/console/policies/{market}/tables/{table}/new");
    let body = html! {
        (PageHeader::new(cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(cx, market), format!("/console/policies/{market}"))
            .back(table_name(cx, table), format!("/console/policies/{market}/tables/{table}"))
            .lead(cx.t("policies-row-new-lead")))
        (errors)
        (form_post(cx, &action, html! {
            (hidden("base", &form.base))
            (hidden("table", table))
            (Field::textarea(cx, "text", cx.t("policies-row-text"), 20).value(&form.text).required().errors(errors)
                .attribute("spellcheck", "false"))
            (Field::textarea(cx, "note", cx.t("policies-why"), 2).value(&form.note).required().errors(errors))
            (submit(&cx.t("policies-row-save"), Some((&cx.t("policies-cancel"), &format!("/console/policies/{market}/tables/{table}")))))
        }))
    };
    shell::console(cx, &title, body)
}

pub(crate) async fn add_row(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path((market, table)): Path<(String, String)>,
    Form(form): Form<TextForm>,
) -> Result<Response, Failure> {
    match versions::add_row(site.kernel(), &actor, &form.base, &table, &form.text, &form.note).await {
        Ok(version) => Ok(web::redirect(&format!("/console/policy-versions/{}", version.id)).into_response()),
        Err(error) => {
            let errors = FormErrors::of_problem(&cx, &shown_in_form(error)?);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, new_page(&cx, &market, &form, &errors)).into_response())
        }
    }
}
