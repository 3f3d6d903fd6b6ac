//! A kept version: what it changes, its tests, what it would cost, its activation; and the whole-file editor.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use policy::{Pack, TestRun};
use serde::Deserialize;
use ui::parts::*;
use ui::{View, shell};
use web::{Cx, Failure, Form, Path, Query, Signed, Site};

use super::rows::shown_in_form;
use super::trials::cost_summary;
use super::{change_list, market_name, may_manage, timeline};
use crate::catalogue::{FileChange, file_changes};
use crate::error::Error;
use crate::model::*;
use crate::{activation, trial as trials, versions};

/// Everything the page of a version shows.
struct Shown {
    version: Version,
    active: Active,
    changed: Vec<RowChange>,
    files: Vec<FileChange>,
    tests: TestRun,
    trial: Option<(Trial, u64, u64)>,
    acts: Vec<kernel::ActRecord>,
}

async fn shown(site: &Site, actor: &kernel::Actor, id: &str) -> Result<Shown, Error> {
    let kernel = site.kernel();
    let read = versions::read(kernel, actor, id).await?;
    let (active, in_force) = versions::active(kernel, actor, &read.version.market).await?;
    // A version in force, or once in force, is compared with what it was made from.
    let against = match (&read.version.base_id, read.version.id == active.version_id) {
        (Some(base), true) => versions::read(kernel, actor, base).await?.pack,
        _ => in_force,
    };
    let trial = match trials::latest(kernel, actor, id).await? {
        Some(found) => Some(trials::read(kernel, actor, &found.id).await?),
        None => None,
    };
    Ok(Shown {
        changed: versions::changes(&against, &read.pack),
        files: file_changes(&against, &read.pack),
        tests: crate::tables().run_tests(&read.pack, kernel.today(), None, None).map_err(Error::Refused)?,
        acts: kernel::store::history(kernel, "policy_version", id, 20).await?,
        version: read.version,
        active,
        trial,
    })
}

pub(crate) async fn version(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    let shown = shown(&site, &actor, &id).await?;
    Ok(version_page(&cx, &shown, &FormErrors::none()))
}

fn version_page(cx: &View, shown: &Shown, errors: &FormErrors) -> Markup {
    let version = &shown.version;
    let market = &version.market;
    let in_force = version.id == shown.active.version_id;
    let title = cx.ta("policies-version-title", &[("hash", version.hash.get(..10).unwrap_or("").into())]);
    let state = if in_force {
        status(Tone::Good, "check", &cx.t("policies-in-force"))
    } else {
        badge(Tone::Neutral, &cx.t("policies-kept"))
    };
    let body = html! {
        (PageHeader::new(cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(cx, market), format!("/console/policies/{market}"))
            .back(cx.t("policies-history"), format!("/console/policies/{market}/history"))
            .mark(state))
        (errors)
        (card(&cx.t("policies-version-facts"), facts_of(cx, version)))
        (card(&cx.t("policies-changed"), html! {
            (change_list(cx, market, &shown.changed))
            @for file in &shown.files {
                h3 { code { (file.path) } }
                (diff_lines(cx, &file.old, &file.new))
            }
        }))
        (card(&cx.t("policies-tests"), tests(cx, &shown.tests)))
        (card(&cx.t("policies-trial"), trial_part(cx, shown, in_force)))
        @if in_force {
            p { a class="btn" href={ "/console/policies/" (market) "/affected" } { (cx.t("policies-affected")) } }
        } @else if may_manage(cx) {
            (card(&cx.t("policies-activate"), activate_form(cx, shown)))
        }
        (card(&cx.t("policies-acts"), html! { (timeline(cx, &shown.acts)) }))
    };
    shell::console(cx, &title, body)
}

fn facts_of(cx: &View, version: &Version) -> Markup {
    html! {
        (facts()
            .add(cx.t("policies-version"), hash(cx, &version.hash))
            .add(cx.t("policies-origin"), cx.t(&format!("policies-origin-{}", version.origin.name())))
            .add(cx.t("policies-saved-at"), cx.moment(version.created_at))
            .add(cx.t("policies-saved-by"), &version.created_by)
            .maybe(cx.t("policies-note"), (!version.note.is_empty()).then(|| version.note.clone()))
            .maybe(cx.t("policies-base"), version.base_id.as_ref().map(|base| html! {
                a href={ "/console/policy-versions/" (base) } { (cx.t("policies-base-open")) }
            })))
    }
}

fn tests(cx: &View, run: &TestRun) -> Markup {
    html! {
        @if run.failures.is_empty() {
            (status(Tone::Good, "check", &cx.ta("policies-tests-passed", &[("count", run.passed.into())])))
        } @else {
            p { (status(Tone::Danger, "alert-triangle", &cx.ta("policies-tests-failed", &[("failed", run.failures.len().into()), ("passed", run.passed.into())]))) }
            ul {
                @for failure in run.failures.iter().take(100) {
                    li { code { (failure.file) ":" (failure.line) } " " code { (failure.row) } " " (cx.both(&failure.message)) }
                }
            }
        }
    }
}

fn trial_part(cx: &View, shown: &Shown, in_force: bool) -> Markup {
    html! {
        @match &shown.trial {
            Some((trial, merchants_hit, merchants_changed)) => {
                (cost_summary(cx, trial, *merchants_hit, *merchants_changed))
                p { a class="btn" href={ "/console/policy-trials/" (trial.id) } { (cx.t("policies-trial-open")) } }
            }
            None => p class="ts-muted" { (cx.t("policies-trial-none")) }
        }
        @if may_manage(cx) && !in_force && shown.trial.as_ref().is_none_or(|(trial, ..)| trial.state != TrialState::Running) {
            (form_post(cx, &format!("/console/policy-versions/{}/trial", shown.version.id), html! {
                (submit(&cx.t("policies-trial-start"), None))
            }))
        }
    }
}

fn activate_form(cx: &View, shown: &Shown) -> Markup {
    let measured = shown.trial.as_ref().is_some_and(|(trial, ..)| trial.state == TrialState::Finished);
    html! {
        @if !measured { (alert(Tone::Waiting, &cx.t("policies-unmeasured"), cx.t("policies-unmeasured-help"))) }
        @if shown.version.base_id.as_deref() != Some(shown.active.version_id.as_str()) {
            (alert(Tone::Waiting, &cx.t("policies-base-moved"), cx.t("policies-base-moved-help")))
        }
        (form_post(cx, &format!("/console/policy-versions/{}/activate", shown.version.id), html! {
            input type="hidden" name="seen" value=(shown.active.version_id);
            (Field::textarea(cx, "note", cx.t("policies-why"), 2).required().hint(cx.t("policies-activate-hint")))
            (submit(&cx.t("policies-activate-now"), None))
        }))
    }
}

pub(crate) async fn start_trial(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<web::Redirect, Failure> {
    let trial = trials::start(site.kernel(), &actor, &id).await?;
    Ok(web::redirect(&format!("/console/policy-trials/{}", trial.id)))
}

#[derive(Deserialize)]
pub(crate) struct ActivateForm {
    seen: String,
    #[serde(default)]
    note: String,
}

pub(crate) async fn activate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<ActivateForm>,
) -> Result<Response, Failure> {
    match activation::activate(site.kernel(), &actor, &id, &form.seen, &form.note).await {
        Ok(active) => {
            let href = format!("/console/policies/{}/affected", active.market);
            Ok(web::redirect_with_flash(&href, "policies-activated").into_response())
        }
        Err(error) => {
            let errors = FormErrors::of_problem(&cx, &shown_in_form(error)?);
            let page = version_page(&cx, &shown(&site, &actor, &id).await?, &errors);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct FileQuery {
    path: Option<String>,
    table: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct FileForm {
    base: String,
    path: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    note: String,
}

/// The file asked for, or the first that holds the table.
fn file_of(pack: &Pack, query: &FileQuery) -> Option<(String, String)> {
    let of_table = || {
        let table = query.table.as_deref()?;
        pack.written_rows(table).first().map(|row| row.place().file.to_string())
    };
    let path = query.path.clone().or_else(of_table)?;
    let source = pack.sources().iter().find(|source| source.path == path)?;
    Some((path, source.text.clone()))
}

pub(crate) async fn file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(market): Path<String>,
    Query(query): Query<FileQuery>,
) -> Result<Markup, Failure> {
    let (active, pack) = versions::active(site.kernel(), &actor, &market).await?;
    let (path, text) = file_of(&pack, &query).ok_or(Error::Missing)?;
    let form = FileForm { base: active.version_id, path, text, note: String::new() };
    Ok(file_page(&cx, &market, &pack, &form, &FormErrors::none()))
}

fn file_page(cx: &View, market: &str, pack: &Pack, form: &FileForm, errors: &FormErrors) -> Markup {
    let title = cx.t("policies-file-edit");
    let body = html! {
        (PageHeader::new(cx, &title)
            .back(cx.t("policies-title"), "/console/policies")
            .back(market_name(cx, market), format!("/console/policies/{market}"))
            .lead(html! { code { (form.path) } }))
        (errors)
        p { (cx.t("policies-files")) ": "
            @for source in pack.sources() { a href={ "/console/policies/" (market) "/file?path=" (source.path) } { (source.path) } " · " }
        }
        (form_post(cx, &format!("/console/policies/{market}/file"), html! {
            input type="hidden" name="base" value=(form.base);
            input type="hidden" name="path" value=(form.path);
            (Field::textarea(cx, "text", cx.t("policies-file-text"), 40).value(&form.text).required().errors(errors)
                .attribute("spellcheck", "false"))
            (Field::textarea(cx, "note", cx.t("policies-why"), 2).value(&form.note).required().errors(errors))
            (submit(&cx.t("policies-row-save"), Some((&cx.t("policies-cancel"), &format!("/console/policies/{market}")))))
        }))
    };
    shell::console(cx, &title, body)
}

pub(crate) async fn save_file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(market): Path<String>,
    Form(form): Form<FileForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    match versions::save_file(kernel, &actor, &form.base, &form.path, &form.text, &form.note).await {
        Ok(version) => Ok(web::redirect(&format!("/console/policy-versions/{}", version.id)).into_response()),
        Err(error) => {
            let errors = FormErrors::of_problem(&cx, &shown_in_form(error)?);
            let (_, pack) = versions::active(kernel, &actor, &market).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, file_page(&cx, &market, &pack, &form, &errors)).into_response())
        }
    }
}
