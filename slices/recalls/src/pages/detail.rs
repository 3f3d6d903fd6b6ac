//! One recall: where it stands, what it reaches, who is told, what may happen next.

use super::parts::{history, level_mark, reach_table, state_mark, stepper, title, word};
use crate::api::ReachQuery;
use crate::clocks::{Clock, clocks};
use crate::model::{Kind, Notice, ReachRow, Recall, State as RecallState, either};
use crate::{Error, Step};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::problem::INVALID_INPUT;
use ground::{Problem, Timestamp};
use kernel::{ActRecord, Actor, Kernel, Page, Paging, Permission};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::HashMap;
use ui::parts::{
    Column, Field, FormErrors, PageHeader, Row, Table, Tile, Tone, alert, badge, card, clock, confirm, empty, facts,
    form_post, progress as progress_bar, submit, tabs,
};
use ui::{View, shell};
use web::{Cx, Failure, Form, PagingQuery, Path, Query, Signed, Site};

/// Most rows of an export.
const EXPORT_ROWS_MAX: u64 = 20_000;

/// Everything the page shows.
struct Whole {
    recall: Recall,
    clocks: Vec<Clock>,
    reach: Page<ReachRow>,
    kind: Option<Kind>,
    notices: Vec<Notice>,
    names: HashMap<String, String>,
    acts: Vec<ActRecord>,
}

async fn whole(kernel: &Kernel, actor: &Actor, id: &str, kind: Option<Kind>, paging: &Paging) -> Result<Whole, Error> {
    let recall = crate::get(kernel, actor, id).await?;
    let notices = crate::notices(kernel, actor, id).await?;
    let ids: Vec<String> = notices.iter().map(|notice| notice.merchant_id.clone()).collect();
    Ok(Whole {
        clocks: clocks(kernel, &recall)?,
        reach: crate::reach_page(kernel, actor, id, kind, paging).await?,
        kind,
        names: merchants::directory(kernel, &ids).await.map_err(Problem::from)?,
        notices,
        acts: crate::history(kernel, actor, id).await?,
        recall,
    })
}

/// The page.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(query): Query<ReachQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let whole = whole(site.kernel(), &actor, &id, query.kind()?, &paging).await?;
    Ok(page(&cx, &actor, &whole, &FormErrors::none()))
}

fn page(cx: &View, actor: &Actor, whole: &Whole, errors: &FormErrors) -> Markup {
    let recall = &whole.recall;
    let heading = title(cx, recall);
    let path = format!("/console/recalls/{}", recall.id);
    let header = PageHeader::new(cx, heading.clone())
        .back(cx.t("recalls-title"), "/console/recalls")
        .mark(html! { (state_mark(cx, recall.state)) " " (level_mark(cx, recall.content.level)) })
        .link(&cx.t("recalls-report"), &format!("{path}/report"), "printer");
    shell::console(
        cx,
        &heading,
        html! {
            (header)
            (errors)
            (stepper(cx, recall, &whole.clocks))
            @if recall.cut { (alert(Tone::Waiting, &cx.t("recalls-cut"), cx.t("recalls-cut-help"))) }
            (tiles(cx, recall))
            div class="ts-aside" {
                div class="ts-stack" {
                    (reach(cx, whole, &path))
                    @if recall.started_at.is_some() { (notices(cx, actor, whole, &path)) }
                    (card(&cx.t("recalls-history"), history(cx, &whole.acts)))
                }
                div class="ts-stack ts-sticky" {
                    (card(&cx.t("recalls-next"), next(cx, actor, recall, &path)))
                    (card(&cx.t("recalls-clocks"), clock_list(cx, &whole.clocks)))
                    (card(&cx.t("recalls-facts"), about(cx, recall)))
                }
            }
        },
    )
}

fn tiles(cx: &View, recall: &Recall) -> Markup {
    let counts = recall.counts;
    if recall.state == RecallState::Draft {
        return html! {};
    }
    let tile = |id: &str, value: i64| Tile::new(cx.t(id), cx.number(value));
    html! {
        div class="ts-tiles" {
            (tile("recalls-lots", counts.lots))
            (tile("recalls-units", counts.units))
            (tile("recalls-sold", counts.sold))
            (tile("recalls-merchants", counts.merchants))
            (tile("recalls-listings", counts.listings))
            @if recall.started_at.is_some() {
                (tile("recalls-told", counts.told))
                (tile("recalls-returned", counts.returned))
                (Tile::new(cx.t("recalls-effectiveness"), counts.effectiveness().map_or_else(|| "—".into(), |share| cx.percent(share))))
            }
        }
        @if recall.state.is_running() && counts.sold > 0 {
            (progress_bar(cx, &cx.t("recalls-told"), counts.told.max(0) as u64, counts.sold as u64))
            (progress_bar(cx, &cx.t("recalls-returned"), counts.returned.clamp(0, counts.sold) as u64, counts.sold as u64))
        }
    }
}

fn reach(cx: &View, whole: &Whole, path: &str) -> Markup {
    let recall = &whole.recall;
    if recall.state == RecallState::Draft {
        return card(
            &cx.t("recalls-reach"),
            empty("route", &cx.t("recalls-reach-none"), &cx.t("recalls-reach-none-help"), None),
        );
    }
    let mut entries = vec![(cx.t("recalls-kind-all"), path.to_owned(), None)];
    entries.extend(
        Kind::ALL.iter().map(|kind| (word(cx, "kind", kind.name()), format!("{path}?kind={}", kind.name()), None)),
    );
    let title = match whole.kind {
        Some(kind) => format!("{}: {}", cx.t("recalls-reach"), word(cx, "kind", kind.name())),
        None => cx.t("recalls-reach"),
    };
    let page = &whole.reach;
    let table = reach_table(cx, &page.rows)
        .export("CSV", &format!("{path}/reach.csv"))
        .empty(empty("route", &cx.t("recalls-reach-empty"), "", None))
        .paging(ui::parts::Paging::pages(cx, page.paging.page, page.pages(), page.total));
    card(&title, html! { (tabs(cx, &cx.t("recalls-kind"), &entries)) (table) })
}

fn notices(cx: &View, actor: &Actor, whole: &Whole, path: &str) -> Markup {
    let may = actor.may(Permission::RecallsManage) && whole.recall.state.is_running();
    let table = Table::new(cx, cx.t("recalls-notices"))
        .column(Column::text(cx.t("recalls-merchant")))
        .column(Column::text(cx.t("recalls-sent")))
        .column(Column::text(cx.t("recalls-answer")))
        .column(Column::number(cx.t("recalls-returned")))
        .column(Column::number(cx.t("recalls-remedied")))
        .rows(whole.notices.iter().map(|notice| {
            let name = whole.names.get(&notice.merchant_id).unwrap_or(&notice.merchant_id);
            Row::new()
                .cell(html! {
                    a href={ "/console/merchants/" (notice.merchant_id) } { (name) }
                    @if may { (confirm(&cx.t("recalls-progress"), "plus", false, progress_form(cx, &format!("{path}/progress"), Some(&notice.merchant_id)))) }
                })
                .cell(cx.time_ago(notice.sent_at))
                .cell(html! {
                    @match notice.answered_at {
                        Some(at) => { (cx.time_ago(at)) div class="ts-muted" { (notice.answer) } },
                        None => (badge(Tone::Waiting, &cx.t("recalls-unanswered"))),
                    }
                })
                .cell(cx.number(notice.returned))
                .cell(cx.number(notice.remedied))
        }))
        .empty(empty("building-store", &cx.t("recalls-notices-none"), "", None));
    card(&cx.t("recalls-notices"), html! { (table) })
}

/// The form of a step of progress.
pub(super) fn progress_form(cx: &View, action: &str, merchant: Option<&str>) -> Markup {
    form_post(
        cx,
        action,
        html! {
            @if let Some(merchant) = merchant { input type="hidden" name="merchant_id" value=(merchant); }
            (Field::number(cx, "returned", cx.t("recalls-returned-since")).value("0"))
            (Field::number(cx, "remedied", cx.t("recalls-remedied-since")).value("0"))
            (Field::textarea(cx, "note", cx.t("recalls-note"), 2))
            (submit(&cx.t("recalls-progress"), None))
        },
    )
}

fn version(recall: &Recall) -> Markup {
    html! { input type="hidden" name="version" value=(recall.version); }
}

/// What may happen next, for who may do it.
fn next(cx: &View, actor: &Actor, recall: &Recall, path: &str) -> Markup {
    if !actor.may(Permission::RecallsManage) {
        return html! { p class="ts-muted" { (cx.t("recalls-next-read-only")) } };
    }
    let preview =
        form_post(cx, &format!("{path}/preview"), html! { (version(recall)) (submit(&cx.t("recalls-preview"), None)) });
    let edit = html! { a class="btn" href={ (path) "/edit" } { (cx.t("recalls-edit")) } };
    let cancel = confirm(
        &cx.t("recalls-cancel"),
        "ban",
        true,
        form_post(
            cx,
            &format!("{path}/cancel"),
            html! {
                (version(recall))
                p { (cx.t(if recall.state.is_running() { "recalls-cancel-help" } else { "recalls-cancel-draft-help" })) }
                (Field::textarea(cx, "note", cx.t("recalls-cancel-reason"), 2).required())
                (submit(&cx.t("recalls-cancel"), None))
            },
        ),
    );
    match recall.state {
        RecallState::Draft => {
            html! { p { (cx.t("recalls-next-draft")) } (preview) div class="ts-row" { (edit) (cancel) } }
        }
        RecallState::Previewed => html! {
            p { (cx.t("recalls-next-previewed")) }
            (confirm(&cx.t("recalls-start"), "alert-octagon", true, form_post(cx, &format!("{path}/start"), html! {
                (version(recall))
                p { (cx.ta("recalls-start-help", &[
                    ("lots", recall.counts.lots.into()), ("listings", recall.counts.listings.into()),
                    ("merchants", recall.counts.merchants.into()), ("sold", recall.counts.sold.into()),
                ])) }
                (submit(&cx.t("recalls-start"), None))
            })))
            (preview)
            div class="ts-row" { (edit) (cancel) }
        },
        RecallState::Started | RecallState::Notifying => {
            html! { p { (cx.t("recalls-next-running")) } (cancel) }
        }
        RecallState::Remedying => html! {
            p { (cx.t("recalls-next-remedying")) }
            (confirm(&cx.t("recalls-close"), "circle-check", false, form_post(cx, &format!("{path}/close"), html! {
                (version(recall))
                (Field::textarea(cx, "note", cx.t("recalls-closing-note"), 3).required())
                (Field::checkbox(cx, "give_back", cx.t("recalls-give-back")).hint(cx.t("recalls-give-back-hint")))
                (submit(&cx.t("recalls-close"), None))
            })))
            (cancel)
        },
        RecallState::Closed | RecallState::Cancelled => html! {
            p { (cx.t("recalls-next-over")) }
            @if !recall.closing_note.is_empty() { p { (recall.closing_note) } }
        },
    }
}

fn clock_list(cx: &View, clocks: &[Clock]) -> Markup {
    html! {
        ul class="ts-stack" {
            @for one in clocks {
                li {
                    strong { (word(cx, "clock", one.name)) } " "
                    @match one.met {
                        Some(met) => {
                            @if one.is_late(met) { (badge(Tone::Danger, &cx.t("recalls-clock-late"))) }
                            @else { (badge(Tone::Good, &cx.t("recalls-clock-met"))) }
                            " " (cx.moment(met))
                        },
                        None => (clock(cx, one.due)),
                    }
                }
            }
        }
    }
}

fn about(cx: &View, recall: &Recall) -> Markup {
    let content = &recall.content;
    let yes = |set: bool| cx.t(if set { "recalls-yes" } else { "recalls-no" });
    html! {
        (facts()
            .add(cx.t("recalls-origin"), html! { (word(cx, "origin", content.origin.name())) ": " (content.origin_ref) })
            .add(cx.t("recalls-informed-by"), html! { (word(cx, "informed", content.informed_by.name())) " · " (cx.date(Timestamp::from_micros(content.informed_at_micros))) })
            .add(cx.t("recalls-remedy"), word(cx, "remedy", content.remedy.name()))
            .add(cx.t("recalls-stop-sale"), yes(content.stop_sale))
            .add(cx.t("recalls-from-sources"), yes(content.from_sources))
            .add(cx.t("recalls-reason"), either(cx.language, &content.reason_zh, &content.reason_en))
            .add(cx.t("recalls-advice"), either(cx.language, &content.advice_zh, &content.advice_en))
            .maybe(cx.t("recalls-public-page"), recall.state.is_public().then(|| html! { a href={ "/recalls/" (recall.id) } { (cx.t("recalls-public-open")) } })))
    }
}

/// The version that was read, and words.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Act {
    version: i64,
    note: String,
    give_back: Option<String>,
}

/// The page again with what is wrong; every other failure goes on.
async fn refused(site: &Site, actor: &Actor, cx: &View, id: &str, error: Error) -> Result<Response, Failure> {
    let problem = Problem::from(error);
    if problem.code != &INVALID_INPUT {
        return Err(problem.into());
    }
    let whole = whole(site.kernel(), actor, id, None, &Paging::default()).await?;
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(cx, actor, &whole, &errors)).into_response())
}

fn done(id: &str, message: &str) -> Response {
    web::redirect_with_flash(&format!("/console/recalls/{id}"), message).into_response()
}

/// Computes the reach.
pub(crate) async fn preview(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Act>,
) -> Result<Response, Failure> {
    match crate::preview(site.kernel(), &actor, &id, form.version).await {
        Ok(_) => Ok(done(&id, "recalls-previewed")),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}

/// Starts it.
pub(crate) async fn start(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Act>,
) -> Result<Response, Failure> {
    match crate::start(site.kernel(), &actor, &id, form.version).await {
        Ok(_) => Ok(done(&id, "recalls-started")),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}

/// Closes it.
pub(crate) async fn close(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Act>,
) -> Result<Response, Failure> {
    match crate::close(site.kernel(), &actor, &id, form.version, &form.note, form.give_back.is_some()).await {
        Ok(_) => Ok(done(&id, "recalls-closed")),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}

/// Calls it off.
pub(crate) async fn cancel(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Act>,
) -> Result<Response, Failure> {
    match crate::cancel(site.kernel(), &actor, &id, form.version, &form.note).await {
        Ok(_) => Ok(done(&id, "recalls-cancelled")),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}

/// A step of progress as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Progress {
    merchant_id: String,
    returned: String,
    remedied: String,
    note: String,
}

impl Progress {
    /// The step, and for whom staff reports it. What is no number is refused by the count.
    pub(super) fn step(self) -> (String, Step) {
        let count = |text: &str| if text.trim().is_empty() { 0 } else { text.trim().parse().unwrap_or(-1) };
        let step = Step { returned: count(&self.returned), remedied: count(&self.remedied), note: self.note };
        (self.merchant_id, step)
    }
}

/// Reports for a merchant.
pub(crate) async fn progress(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<Progress>,
) -> Result<Response, Failure> {
    let (merchant, step) = form.step();
    match crate::report_progress(site.kernel(), &actor, &id, &merchant, step).await {
        Ok(_) => Ok(done(&id, "recalls-progressed")),
        Err(error) => refused(&site, &actor, &cx, &id, error).await,
    }
}

/// The reach as CSV.
pub(crate) async fn export(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(query): Query<ReachQuery>,
) -> Result<Response, Failure> {
    let kind = query.kind()?;
    let head = ["kind", "what", "reference", "part", "merchant", "units", "sold", "via", "event", "done"];
    let mut writer = web::csv::Writer::new(head.map(|column| cx.t(&format!("recalls-{column}"))));
    let mut written = 0;
    for number in 1.. {
        let paging = Paging::new(number, ground::limits::PAGE_ROWS_MAX);
        let page = crate::reach_page(site.kernel(), &actor, &id, kind, &paging).await?;
        for row in &page.rows {
            writer.row([
                word(&cx, "kind", row.kind.name()),
                row.name.clone(),
                row.reference.clone(),
                word(&cx, "part", row.part.name()),
                row.merchant_id.clone(),
                row.units.to_string(),
                row.sold.to_string(),
                row.via.clone(),
                row.event.clone(),
                row.done.name().to_owned(),
            ]);
        }
        written += page.rows.len() as u64;
        if page.rows.is_empty() || number >= page.pages() || written >= EXPORT_ROWS_MAX {
            break;
        }
    }
    Ok(writer.download("recall-reach.csv")?)
}
