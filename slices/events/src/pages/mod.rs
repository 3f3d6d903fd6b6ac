//! Pages: events in the console and the merchant portal, captures, the short form and the table.

mod capture;
mod detail;
mod list;
mod subscriptions;
mod write;

use crate::capturing;
use crate::error::Error;
use crate::model::{CaptureOptions, StoredEvent};
use crate::queries::query_error;
use crate::search;
use crate::tables::{self, Entry, TABLE_BYTES_MAX};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use epcis::query::Query as EventQuery;
use ground::{Problem, Timestamp};
use kernel::{Actor, Kernel, Permission};
use maud::Markup;
use serde::Deserialize;
use ui::View;
use ui::parts::FormErrors;
use web::{
    Access, Cx, Failure, Form, PagingQuery, Path, Query, Routes, Signed, Site, Upload, UploadLimits, download, redirect,
};

/// Events on a page.
const ROWS: u64 = 50;
/// Events of an export.
const EXPORT_ROWS_MAX: usize = 10_000;

/// The routes.
pub(crate) fn routes() -> Routes {
    const ALL: Access = Access::Needs(&[Permission::TraceRead]);
    const MANAGE: Access = Access::Needs(&[Permission::TraceManage]);
    const OWN: Access = Access::Needs(&[Permission::OwnTrace]);
    Routes::new()
        .page(ALL, "/console/events", get(index))
        .page(ALL, "/console/events.csv", get(csv))
        .page(ALL, "/console/events/captures", get(captures))
        .page(ALL, "/console/events/captures/{id}", get(one_capture))
        .page(ALL, "/console/events/captures/{id}/results.csv", get(results_csv))
        .page(ALL, "/console/events/subscriptions", get(subscriptions_list))
        .page(ALL, "/console/events/subscriptions/{id}", get(subscription))
        .page(MANAGE, "/console/events/subscriptions/{id}/pause", post(pause))
        .page(MANAGE, "/console/events/subscriptions/{id}/resume", post(resume))
        .page(ALL, "/console/events/{id}", get(show))
        .page(OWN, "/merchant/events", get(index))
        .page(OWN, "/merchant/events.csv", get(csv))
        .page(OWN, "/merchant/events/new", get(form).post(save))
        .page(OWN, "/merchant/events/table", get(table_form).post(table))
        .page(OWN, "/merchant/events/template.csv", get(template))
        .page(OWN, "/merchant/events/captures", get(captures))
        .page(OWN, "/merchant/events/captures/{id}", get(one_capture))
        .page(OWN, "/merchant/events/captures/{id}/results.csv", get(results_csv))
        .page(OWN, "/merchant/events/subscriptions", get(subscriptions_list))
        .page(OWN, "/merchant/events/subscriptions/{id}", get(subscription))
        .page(OWN, "/merchant/events/subscriptions/{id}/pause", post(pause))
        .page(OWN, "/merchant/events/subscriptions/{id}/resume", post(resume))
        .page(OWN, "/merchant/events/{id}", get(show))
        .page(OWN, "/merchant/events/upload", post(upload))
}

/// Where the events of this reader are.
fn base(cx: &View) -> &'static str {
    if cx.path.starts_with("/merchant") { "/merchant/events" } else { "/console/events" }
}

/// What the list is narrowed by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    q: Option<String>,
    kind: Option<String>,
    step: Option<String>,
    action: Option<String>,
    from: Option<String>,
    until: Option<String>,
    sort: Option<String>,
    after: Option<String>,
}

impl Filter {
    fn query(&self, kernel: &Kernel) -> Result<EventQuery, Error> {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        for (name, value) in [("eventType", &self.kind), ("EQ_bizStep", &self.step), ("EQ_action", &self.action)] {
            pairs.extend(value.clone().map(|value| (name, value)));
        }
        for (field, name, text, days) in
            [("from", "GE_eventTime", &self.from, 0), ("until", "LT_eventTime", &self.until, 1)]
        {
            let Some(text) = text else { continue };
            let date: jiff::civil::Date = text.parse().map_err(|_| Problem::invalid_field(field, "events-date"))?;
            let date = date.checked_add(jiff::Span::new().days(days)).unwrap_or(date);
            pairs.push((name, Timestamp::start_of(date, kernel.zone()).to_rfc3339()));
        }
        let order = self.sort.as_deref().unwrap_or("-time");
        let by = if order.trim_start_matches('-') == "recorded" { "recordTime" } else { "eventTime" };
        pairs.push(("orderBy", by.to_owned()));
        pairs.push(("orderDirection", if order.starts_with('-') { "DESC" } else { "ASC" }.to_owned()));
        pairs.push(("perPage", ROWS.to_string()));
        pairs.extend(self.after.clone().map(|token| ("nextPageToken", token)));
        EventQuery::from_params(&pairs).map_err(query_error)
    }
}

/// The events of a filter: by whatever was typed, or by the query.
async fn found(kernel: &Kernel, actor: &Actor, filter: &Filter) -> Result<search::EventPage, Error> {
    match filter.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => {
            let mut events = search::anything(kernel, actor, text, ROWS * 4).await?;
            // What else was chosen narrows what was found.
            let narrowed = filter.query(kernel)?;
            events.retain(|event| crate::reading::read_back(&event.json).is_ok_and(|read| narrowed.matches(&read)));
            Ok(search::EventPage { events, next: None })
        }
        None => search::search(kernel, actor, &filter.query(kernel)?).await,
    }
}

async fn index(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(filter): Query<Filter>,
) -> Result<Markup, Failure> {
    match found(site.kernel(), &actor, &filter).await {
        Ok(page) => Ok(list::page(&cx, base(&cx), &page, &FormErrors::none())),
        Err(error) => {
            let problem = Problem::from(error);
            if problem.faults.is_empty() {
                return Err(problem.into());
            }
            // A wrong filter is said above an empty list, nothing lost.
            let errors = FormErrors::of_problem(&cx, &problem);
            Ok(list::page(&cx, base(&cx), &search::EventPage::default(), &errors))
        }
    }
}

async fn csv(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(filter): Query<Filter>,
) -> Result<Response, Failure> {
    let mut filter = Filter { after: None, ..filter };
    let mut events: Vec<StoredEvent> = Vec::new();
    while events.len() < EXPORT_ROWS_MAX {
        let page = found(site.kernel(), &actor, &filter).await?;
        events.extend(page.events);
        match page.next {
            Some((token, _)) => filter.after = Some(token),
            None => break,
        }
    }
    events.truncate(EXPORT_ROWS_MAX);
    Ok(list::table(&events).download("events.csv")?)
}

async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let event = search::event_by_row(site.kernel(), &actor, &id).await?;
    let same = search::event(site.kernel(), &actor, &event.event_id).await?;
    Ok(detail::page(&cx, base(&cx), &event, &same))
}

async fn captures(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    PagingQuery(paging): PagingQuery,
) -> Result<Markup, Failure> {
    let page = capturing::list(site.kernel(), &actor, &paging).await?;
    Ok(capture::list(&cx, base(&cx), &page))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct After {
    after: Option<String>,
}

async fn subscriptions_list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(asked): Query<After>,
) -> Result<Markup, Failure> {
    let after = asked.after.unwrap_or_default();
    let mut found = crate::subscriptions::all(site.kernel(), &actor, &after, subscriptions::ROWS + 1).await?;
    let more = found.len() as u64 > subscriptions::ROWS;
    found.truncate(subscriptions::ROWS as usize);
    let next = found.last().filter(|_| more).map(|last| last.id.clone());
    Ok(subscriptions::list(&cx, base(&cx), &found, next.as_deref()))
}

async fn subscription(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let found = crate::subscriptions::by_id(site.kernel(), &actor, &id).await?;
    let may_change = crate::subscriptions::may_change(&actor, &found);
    Ok(subscriptions::page(&cx, base(&cx), &found, may_change))
}

async fn pause(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    crate::subscriptions::pause(site.kernel(), &actor, &id).await?;
    Ok(redirect(&format!("{}/subscriptions/{id}", base(&cx)))
        .good("events-subscription-paused-now", &[])
        .into_response())
}

async fn resume(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    crate::subscriptions::resume(site.kernel(), &actor, &id).await?;
    Ok(redirect(&format!("{}/subscriptions/{id}", base(&cx)))
        .good("events-subscription-resumed-now", &[])
        .into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct From {
    from: Option<u64>,
}

async fn one_capture(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Query(asked): Query<From>,
) -> Result<Markup, Failure> {
    let from = asked.from.unwrap_or(0);
    let (found, results) = capturing::results(site.kernel(), &actor, &id, from, capture::ROWS).await?;
    Ok(capture::page(&cx, base(&cx), &found, &results))
}

async fn results_csv(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (mut all, mut from) = (Vec::new(), 0);
    while all.len() < EXPORT_ROWS_MAX * 10 {
        let (_, part) = capturing::results(site.kernel(), &actor, &id, from, 1_000).await?;
        let Some(last) = part.iter().filter_map(|result| result.position).max() else {
            all.extend(part);
            break;
        };
        let full = part.len() == 1_000;
        all.extend(part);
        from = last + 1;
        if !full {
            break;
        }
    }
    Ok(capture::table(&all).download("results.csv")?)
}

async fn form(Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    actor.own_organisation()?;
    let entry = Entry { step: cx.param("step").unwrap_or_default(), ..Entry::default() };
    Ok(write::form(&cx, &entry, &FormErrors::none()))
}

async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    match tables::capture_entry(site.kernel(), &actor, &entry).await {
        Ok(row) => {
            let to = row.seq.map_or("/merchant/events".to_owned(), |seq| format!("/merchant/events/{seq}"));
            let message = if row.seq.is_some() { "events-saved" } else { "events-saved-before" };
            Ok(redirect(&to).good(message, &[]).into_response())
        }
        Err(error) => {
            let problem = Problem::from(error);
            if problem.faults.is_empty() {
                return Err(problem.into());
            }
            let page = write::form(&cx, &entry, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn table_form(Signed(actor): Signed, Cx(cx): Cx) -> Result<Markup, Failure> {
    actor.own_organisation()?;
    Ok(write::table_form(&cx, &FormErrors::none()))
}

async fn template(Signed(actor): Signed, Cx(cx): Cx) -> Result<Response, Failure> {
    actor.own_organisation()?;
    let name = if cx.lang() == "en" { "events-template.csv" } else { "事件模板.csv" };
    Ok(download(name, "text/csv; charset=utf-8", tables::template(cx.language)))
}

async fn table(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let limits = UploadLimits { file_bytes_max: TABLE_BYTES_MAX as u64, files_max: 1, ..UploadLimits::default() };
    let read = async {
        let uploaded = upload.read(&limits).await?;
        let file = uploaded.file("file").ok_or_else(|| Problem::invalid_field("file", "events-file-missing"))?;
        let options = CaptureOptions { file: Some(file.name.clone()), ..CaptureOptions::default() };
        let bytes = file.read().await?;
        tables::capture_table(site.kernel(), &actor, &bytes, options).await.map_err(Problem::from)
    };
    match read.await {
        Ok(done) => Ok(write::table_result(&cx, &done).into_response()),
        Err(problem) if !problem.faults.is_empty() => {
            let page = write::table_form(&cx, &FormErrors::of_problem(&cx, &problem));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// A whole EPCIS document as a file, worked on by the job.
async fn upload(State(site): State<Site>, Signed(actor): Signed, upload: Upload) -> Result<Response, Failure> {
    let limits =
        UploadLimits { file_bytes_max: crate::model::DOCUMENT_BYTES_MAX, files_max: 1, ..UploadLimits::default() };
    let uploaded = upload.read(&limits).await?;
    let file = uploaded.file("file").ok_or_else(|| Problem::invalid_field("file", "events-file-missing"))?;
    let on_error = uploaded.field("on_error").and_then(crate::ErrorBehaviour::from_name).unwrap_or_default();
    let options = CaptureOptions { file: Some(file.name.clone()), on_error, party: None };
    let kept = crate::accept(site.kernel(), &actor, file.path(), options).await?;
    Ok(redirect(&format!("/merchant/events/captures/{}", kept.id)).good("events-taken", &[]).into_response())
}
