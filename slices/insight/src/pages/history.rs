//! `/console/history`: ask the history, see the answer as a table and drawn, save the question.

use super::chart::{self, Drawing, Kind};
use crate::ask::{self, Asked};
use crate::examples::{self, Example};
use crate::saved::{self, Saved};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use lake::{Cell, Column, Described};
use maud::{Markup, html};
use serde::Deserialize;
use ui::parts::{
    self, Field, FormErrors, PageHeader, Paging as Pages, Row, Table, Tone, alert, card, empty, form_get, form_post,
    submit,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site, redirect_with_flash};

const PATH: &str = "/console/history";
/// Rows of an answer on one page.
const PAGE_ROWS: usize = 50;
/// Longest text of a cell on the page, characters; downloads have all of it.
const CELL_CHARACTERS_MAX: usize = 200;
/// Rows of the editor.
const EDITOR_ROWS: u8 = 10;

/// The page as it stands in the address.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    sql: String,
    chart: String,
    x: String,
    y: String,
    page: Option<u64>,
}

/// What the page shows besides the answer.
struct Beside {
    tables: Vec<Described>,
    saved: Vec<Saved>,
    own_id: String,
}

pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let beside = Beside {
        tables: ask::tables(kernel, &actor).await?,
        saved: saved::list(kernel, &actor).await?,
        own_id: actor.id.clone(),
    };
    if wanted.sql.trim().is_empty() {
        let start = html! { (card(&cx.t("insight-begin"), empty_page(&cx))) };
        return Ok(page(&cx, &wanted, &beside, &FormErrors::none(), start).into_response());
    }
    match ask::ask(kernel, &actor, &wanted.sql).await {
        Ok(asked) => {
            let answer = answer(&cx, &wanted, &asked);
            Ok(page(&cx, &wanted, &beside, &FormErrors::none(), answer).into_response())
        }
        Err(error) => refused(&cx, &wanted, &beside, error.into()),
    }
}

/// The page with what is wrong; failures of our own are no answer to a question.
fn refused(cx: &View, wanted: &Wanted, beside: &Beside, problem: Problem) -> Result<Response, Failure> {
    if problem.faults.is_empty() {
        return Err(problem.into());
    }
    let status = StatusCode::from_u16(problem.code.status).unwrap_or(StatusCode::BAD_REQUEST);
    let place = problem.faults.first().and_then(|fault| fault.place.line.zip(fault.place.column));
    let errors = FormErrors::of_problem(cx, &problem);
    let help = html! {
        @if let Some((line, column)) = place {
            (alert(Tone::Danger, &cx.ta("insight-at", &[("line", (line as i64).into()), ("column", (column as i64).into())]),
                marked_line(&wanted.sql, line, column)))
        }
    };
    Ok((status, page(cx, wanted, beside, &errors, help)).into_response())
}

/// The line of a fault with the place in it marked.
fn marked_line(sql: &str, line: u64, column: u64) -> Markup {
    let text = sql.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default();
    let at = (column as usize).saturating_sub(1);
    let before: String = text.chars().take(at).collect();
    let rest: String = text.chars().skip(at).collect();
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let end = if end == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { end };
    html! { code { (before) mark { (rest[..end]) } (rest[end..]) } }
}

fn page(cx: &View, wanted: &Wanted, beside: &Beside, errors: &FormErrors, result: Markup) -> Markup {
    let title = cx.t("insight-title");
    let header = PageHeader::new(cx, &title).lead(cx.t("insight-lead")).link(
        &cx.t("insight-runs"),
        "/console/history/runs",
        "history",
    );
    let editor = form_get(
        PATH,
        html! {
            (Field::textarea(cx, "sql", cx.t("insight-sql"), EDITOR_ROWS)
                .value(&wanted.sql).hint(cx.t("insight-sql-hint")).required()
                .attribute("spellcheck", "false").attribute("maxlength", lake::query::SQL_BYTES_MAX.to_string())
                .errors(errors))
            (submit(&cx.t("insight-ask"), None))
        },
    );
    let body = html! {
        (header)
        (errors)
        div class="ts-aside" {
            div class="ts-stack" {
                (card(&cx.t("insight-question"), editor))
                (result)
            }
            div class="ts-stack" {
                (card(&cx.t("insight-examples"), examples(cx)))
                (card(&cx.t("insight-saved"), saved_list(cx, wanted, beside)))
                (card(&cx.t("insight-tables"), tables(cx, &beside.tables)))
            }
        }
    };
    shell::console(cx, &title, body)
}

fn empty_page(cx: &View) -> Markup {
    empty("database", &cx.t("insight-none"), &cx.t("insight-none-help"), None)
}

/// An address of this page.
fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let given = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn examples(cx: &View) -> Markup {
    let link = |example: &Example| {
        let (chart, x, y) = example.drawn;
        address(PATH, &[("sql", example.sql), ("chart", chart), ("x", x), ("y", y)])
    };
    html! { ul class="list-unstyled" { @for example in &examples::ALL { li { a href=(link(example)) { (cx.t(example.message)) } } } } }
}

fn tables(cx: &View, tables: &[Described]) -> Markup {
    html! {
        p class="text-secondary" { (cx.t("insight-tables-lead")) }
        @for table in tables {
            details {
                summary { code { (table.name) } " · " (cx.t(&format!("insight-table-{}", table.name))) }
                table class="table table-sm" {
                    thead { tr { th scope="col" { (cx.t("insight-column")) } th scope="col" { (cx.t("insight-type")) } } }
                    tbody {
                        @for column in &table.columns {
                            tr { th scope="row" { code { (column.name) } } td { (cx.t(&format!("insight-type-{}", column.kind.name()))) } }
                        }
                    }
                }
            }
        }
    }
}

fn saved_list(cx: &View, wanted: &Wanted, beside: &Beside) -> Markup {
    html! {
        @if beside.saved.is_empty() { p class="text-secondary" { (cx.t("insight-saved-none")) } }
        ul class="list-unstyled" {
            @for one in &beside.saved {
                li class="ts-row" {
                    a href=(address(PATH, &[("sql", &one.sql)])) { (one.name) }
                    @if one.owner_id != beside.own_id { span class="text-secondary" { (cx.t("insight-saved-others")) } }
                    @else {
                        @if one.shared { span class="text-secondary" { (cx.t("insight-saved-shared")) } }
                        (form_post(cx, &format!("{PATH}/saved/{}/remove", one.id), html! {
                            button class="btn btn-sm btn-link" type="submit" aria-label=(cx.ta("insight-saved-remove-named", &[("name", one.name.as_str().into())])) {
                                (cx.t("insight-saved-remove"))
                            }
                        }))
                    }
                }
            }
        }
        @if !wanted.sql.trim().is_empty() {
            (form_post(cx, &format!("{PATH}/saved"), html! {
                input type="hidden" name="sql" value=(wanted.sql);
                (Field::text(cx, "name", cx.t("insight-saved-name")).required()
                    .attribute("maxlength", saved::NAME_CHARACTERS_MAX.to_string()))
                (Field::checkbox(cx, "shared", cx.t("insight-saved-share")))
                (submit(&cx.t("insight-saved-save"), None))
            }))
        }
    }
}

fn answer(cx: &View, wanted: &Wanted, asked: &Asked) -> Markup {
    let answer = &asked.answer;
    let drawn = Kind::from_name(&wanted.chart);
    let drawing = drawn.map(|kind| Drawing { kind, across: &wanted.x, up: &wanted.y });
    let summary = [("rows", (answer.len() as i64).into()), ("milliseconds", asked.milliseconds.into())];
    html! {
        @if answer.truncated { (alert(Tone::Waiting, &cx.t("insight-truncated"), cx.t("insight-truncated-help"))) }
        @for (table, rows) in &asked.partial {
            (alert(Tone::Waiting, &cx.ta("insight-partial", &[("table", table.as_str().into()), ("rows", (*rows as i64).into())]), cx.t("insight-partial-help")))
        }
        @if let Some(drawing) = drawing { (card(&cx.t("insight-drawn"), chart::draw(cx, answer, drawing))) }
        section class="card ts-card" {
            div class="card-header" { h2 class="card-title" { (cx.t("insight-answer")) } }
            div class="card-body" {
                p { (cx.ta("insight-summary", &summary)) }
                p class="ts-row" {
                    @for (label, path) in [("CSV", "/console/history.csv"), ("JSON", "/console/history.json"), ("Parquet", "/console/history.parquet")] {
                        a class="btn btn-sm" href=(address(path, &[("sql", &wanted.sql)])) download { (ui::icon("download")) (label) }
                    }
                }
                @if !answer.is_empty() && answer.first_numeric().is_some() {
                    (form_get(PATH, html! {
                        input type="hidden" name="sql" value=(wanted.sql);
                        (chart::fields(cx, answer, drawn, &wanted.x, &wanted.y))
                        (submit(&cx.t("insight-draw"), None))
                    }))
                }
            }
            (table(cx, wanted, asked))
        }
    }
}

fn table<'a>(cx: &'a View, wanted: &Wanted, asked: &Asked) -> Table<'a> {
    let answer = &asked.answer;
    let pages = (answer.len().div_ceil(PAGE_ROWS)).max(1) as u64;
    let number = wanted.page.unwrap_or(1).clamp(1, pages);
    let head = |column: &Column| {
        if column.kind.is_numeric() { parts::Column::number(&column.name) } else { parts::Column::text(&column.name) }
    };
    let rows = answer.page((number as usize - 1) * PAGE_ROWS, PAGE_ROWS);
    let row = |cells: &Vec<Cell>| cells.iter().fold(Row::new(), |row, cell| row.cell(shown(cell, answer)));
    let mut table = Table::new(cx, cx.t("insight-answer"));
    for column in &answer.columns {
        table = table.column(head(column));
    }
    table
        .rows(rows.iter().map(row))
        .empty(empty("database", &cx.t("insight-no-rows"), &cx.t("insight-no-rows-help"), None))
        .paging(Pages::pages(cx, number, pages, answer.len() as u64))
}

/// A cell as text; no value as a mark of its own, very long ones cut.
fn shown(cell: &Cell, answer: &lake::Answer) -> String {
    if *cell == Cell::Null {
        return "∅".to_owned();
    }
    let text = cell.text(answer.zone());
    if text.chars().count() <= CELL_CHARACTERS_MAX {
        return text;
    }
    let cut: String = text.chars().take(CELL_CHARACTERS_MAX).collect();
    format!("{cut}…")
}

/// A question to be saved.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ToSave {
    name: String,
    sql: String,
    shared: Option<String>,
}

pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Form(given): Form<ToSave>,
) -> Result<Response, Failure> {
    let saved = saved::save(site.kernel(), &actor, &given.name, &given.sql, given.shared.is_some()).await?;
    Ok(redirect_with_flash(&address(PATH, &[("sql", &saved.sql)]), "insight-saved-done").into_response())
}

pub(crate) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    saved::remove(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash(PATH, "insight-saved-removed").into_response())
}
