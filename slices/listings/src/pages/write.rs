//! Writing a listing in the portal: new, changed, checked while typing, handed in.

use super::form::{self, Around, ListingForm, check_all};
use super::own::change_table;
use super::parts::{Show, counting, decision_mark, finding_list, form_errors, refused};
use super::words::Words;
use crate::content::Content;
use crate::versions::New;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ground::limits::{BODY_BYTES_MAX, UPLOAD_BYTES_MAX};
use ground::{Fault, Problem};
use kernel::{Actor, Kernel, Result};
use maud::{Markup, html};
use screening::Report;
use screening::input::{ATTRIBUTES_MAX, DOCUMENTS_MAX, IMAGES_MAX};
use ui::View;
use ui::parts::{FormErrors, PageHeader, Tone, alert, card};
use web::{Cx, Failure, Form, Path, Signed, Site, Upload, UploadLimits, Uploaded};

const NEW: &str = "/merchant/listings/new";

/// Where the writer stands: the merchant with its market and its categories.
struct Desk {
    merchant_id: String,
    market: String,
    scopes: Vec<String>,
    words: Words,
}

/// `None` before the merchant has a file.
async fn desk(kernel: &Kernel, actor: &Actor) -> Result<Option<Desk>> {
    let Some(merchant) = merchants::own(kernel, actor).await? else { return Ok(None) };
    let words = Words::of(kernel, &merchant.market);
    Ok(Some(Desk { merchant_id: merchant.id, market: merchant.market, scopes: merchant.categories, words }))
}

fn limits() -> UploadLimits {
    UploadLimits {
        file_bytes_max: UPLOAD_BYTES_MAX,
        files_max: IMAGES_MAX + DOCUMENTS_MAX,
        field_bytes_max: BODY_BYTES_MAX,
        fields_max: 20 + 2 * ATTRIBUTES_MAX + 2 * IMAGES_MAX + 14 * DOCUMENTS_MAX,
    }
}

/// What was posted: the form with the files kept, and what was wrong with files.
async fn receive(kernel: &Kernel, actor: &Actor, upload: Upload) -> Result<(ListingForm, Vec<Fault>)> {
    let uploaded: Uploaded = upload.read(&limits()).await?;
    let mut form: ListingForm = uploaded.form()?;
    let mut faults = Vec::new();
    for file in &uploaded.files {
        let kept = match file.field.strip_prefix("document_file_").and_then(|index| index.parse::<usize>().ok()) {
            Some(index) if index < DOCUMENTS_MAX => crate::keep_document(kernel, actor, file.read().await?)
                .await
                .map(|sha256| form.set_document_file(index, sha256)),
            _ if file.field == "pictures" => crate::keep_picture(kernel, actor, file.read().await?, &file.name)
                .await
                .map(|image| form.image.push(image.sha256)),
            _ => Ok(()),
        };
        if let Err(problem) = kept {
            let field = if file.field == "pictures" { "pictures" } else { "documents" };
            faults.extend(faults_of_file(problem, field, &file.name)?);
        }
    }
    form.image.dedup();
    Ok((form, faults))
}

/// A file that is not taken is the sender's to mend; what is not goes on.
fn faults_of_file(problem: Problem, field: &str, name: &str) -> Result<Vec<Fault>> {
    match problem.code.code {
        "invalid_input" => Ok(problem.faults),
        "file_kind" | "file_too_large" | "file_refused" => {
            let message = format!("listings-fault-{}", problem.code.code.replace('_', "-"));
            Ok(vec![Fault::field(field.to_owned(), message).arg("file", name)])
        }
        _ => Err(problem),
    }
}

/// The empty form.
pub(crate) async fn new(State(site): State<Site>, Signed(actor): Signed, Cx(cx): Cx) -> Result<Response, Failure> {
    let Some(desk) = desk(site.kernel(), &actor).await? else {
        return Ok(web::redirect("/merchant/enrol").into_response());
    };
    let form = ListingForm::empty(&desk.market);
    let nothing = html! { p class="ts-muted" { (cx.t("listings-check-empty")) } };
    Ok(page(&cx, &desk, &form, nothing, &FormErrors::none(), html! {}).into_response())
}

/// The form of a listing that is there.
pub(crate) async fn edit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let Some(desk) = desk(site.kernel(), &actor).await? else {
        return Ok(web::redirect("/merchant/enrol").into_response());
    };
    let detail = crate::detail(site.kernel(), &actor, &id).await?;
    let latest = detail.versions.first().ok_or_else(Problem::not_found)?;
    let form = ListingForm::of(&detail.listing, &latest.content);
    let seen = detail.run.as_ref().map(|run| counting(&run.findings)).unwrap_or_default();
    let found = html! {
        @if !seen.is_empty() {
            p { strong { (cx.t("listings-mend-these")) } }
            (finding_list(&cx, &seen, Show { staff: false, market: &desk.market }))
        }
    };
    Ok(page(&cx, &desk, &form, found, &FormErrors::none(), html! {}).into_response())
}

fn page(cx: &View, desk: &Desk, form: &ListingForm, found: Markup, errors: &FormErrors, notice: Markup) -> Markup {
    let edited = !form.listing.is_empty();
    let title = cx.t(if edited { "listings-edit" } else { "listings-new" });
    let action = if edited { format!("/merchant/listings/{}/edit", form.listing) } else { NEW.to_owned() };
    let around = Around { words: &desk.words, scopes: &desk.scopes, action: &action };
    ui::shell::merchant(
        cx,
        &title,
        html! {
            (PageHeader::new(cx, title.clone()).back(cx.t("listings-own"), "/merchant/listings").lead(cx.t("listings-form-lead")))
            (notice)
            (errors)
            div class="ts-aside" {
                (card("", form::markup(cx, form, &around, errors)))
                div class="ts-sticky" { (card(&cx.t("listings-check-result"), form::live(cx, found))) }
            }
        },
    )
}

/// What screening would say.
fn report_view(cx: &View, report: &Report) -> Markup {
    let findings = counting(&report.findings);
    html! {
        p { (decision_mark(cx, report.decision)) " " (cx.t(&format!("listings-would-{}", crate::model::decision_name(report.decision)))) }
        (finding_list(cx, &findings, Show { staff: false, market: &report.market }))
    }
}

async fn preview(kernel: &Kernel, actor: &Actor, desk: &Desk, form: &ListingForm, content: Content) -> Result<Report> {
    let listing = Some(form.listing.as_str()).filter(|id| !id.is_empty());
    crate::preview(kernel, actor, &desk.merchant_id, &desk.market, listing, content).await
}

/// The findings while typing: a piece of the page.
pub(crate) async fn check(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(form): Form<ListingForm>,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let Some(desk) = desk(kernel, &actor).await? else { return Err(Problem::not_found().into()) };
    let (content, _) = form.content(kernel, &desk.merchant_id).await?;
    if content.title.trim().is_empty() && content.description.trim().is_empty() {
        return Ok(html! { p class="ts-muted" { (cx.t("listings-check-empty")) } }.into_response());
    }
    match preview(kernel, &actor, &desk, &form, content).await {
        Ok(report) => Ok(report_view(&cx, &report).into_response()),
        Err(problem) => refused(&cx, problem, |errors| html! { (errors) }),
    }
}

/// Checks, saves or hands in a new listing.
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    upload: Upload,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let Some(desk) = desk(kernel, &actor).await? else { return Ok(web::redirect("/merchant/enrol").into_response()) };
    let (form, faults) = receive(kernel, &actor, upload).await?;
    let (content, more) = form.content(kernel, &desk.merchant_id).await?;
    let faults = faults.into_iter().chain(more).collect();
    if form.action == "check" {
        return checked(kernel, &actor, &cx, &desk, &form, content, faults).await;
    }
    let written = async {
        let external = crate::content::check_external_id(&form.external_id).err();
        check_all(external.into_iter().flat_map(|problem| problem.faults).chain(faults).collect(), &content)?;
        let new = New {
            merchant_id: desk.merchant_id.clone(),
            market: desk.market.clone(),
            external_id: form.external_id.clone(),
            content,
            source_at: None,
        };
        let listing = crate::create(kernel, &actor, new).await?;
        if form.action == "submit" {
            crate::submit(kernel, &actor, &listing.id, &listing.latest_version_id).await?;
        }
        Ok(listing.id)
    };
    match written.await {
        Ok(id) => Ok(saved(&form, &id)),
        Err(problem) => refused(&cx, problem, |errors| page(&cx, &desk, &form, html! {}, errors, html! {})),
    }
}

fn saved(form: &ListingForm, id: &str) -> Response {
    let message = if form.action == "submit" { "listings-flash-handed-in" } else { "listings-flash-saved" };
    web::redirect_with_flash(&format!("/merchant/listings/{id}"), message).into_response()
}

async fn checked(
    kernel: &Kernel,
    actor: &Actor,
    cx: &View,
    desk: &Desk,
    form: &ListingForm,
    content: Content,
    faults: Vec<Fault>,
) -> Result<Response, Failure> {
    let wrong = check_all(faults, &content).err();
    let errors = wrong.map(|problem| form_errors(cx, &problem)).unwrap_or_default();
    match preview(kernel, actor, desk, form, content).await {
        Ok(report) => Ok(page(cx, desk, form, report_view(cx, &report), &errors, html! {}).into_response()),
        Err(problem) => refused(cx, problem, |errors| page(cx, desk, form, html! {}, errors, html! {})),
    }
}

/// Checks, saves or hands in a change. A change of something older than the latest version is shown with what happened
/// meanwhile and saved only when it is sent again.
pub(crate) async fn save(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    upload: Upload,
) -> Result<Response, Failure> {
    let kernel = site.kernel();
    let Some(desk) = desk(kernel, &actor).await? else { return Ok(web::redirect("/merchant/enrol").into_response()) };
    let (mut form, faults) = receive(kernel, &actor, upload).await?;
    form.listing.clone_from(&id);
    let (content, more) = form.content(kernel, &desk.merchant_id).await?;
    let faults: Vec<Fault> = faults.into_iter().chain(more).collect();
    if form.action == "check" {
        return checked(kernel, &actor, &cx, &desk, &form, content, faults).await;
    }
    let written = async {
        check_all(faults, &content)?;
        let version = crate::revise(kernel, &actor, &id, form.number, content).await?;
        if form.action == "submit" {
            crate::submit(kernel, &actor, &id, &version.id).await?;
        }
        Ok::<(), Problem>(())
    };
    match written.await {
        Ok(()) => Ok(saved(&form, &id)),
        Err(problem) if problem.code.code == "listing_stale" => stale(kernel, &actor, &cx, &desk, form).await,
        Err(problem) => refused(&cx, problem, |errors| page(&cx, &desk, &form, html! {}, errors, html! {})),
    }
}

async fn stale(
    kernel: &Kernel,
    actor: &Actor,
    cx: &View,
    desk: &Desk,
    mut form: ListingForm,
) -> Result<Response, Failure> {
    let detail = crate::detail(kernel, actor, &form.listing).await?;
    let latest = detail.versions.first().ok_or_else(Problem::not_found)?;
    let started = detail.versions.iter().find(|version| version.number == form.number);
    let changes = started.map(|older| latest.content.changes_since(&older.content)).unwrap_or_default();
    form.number = latest.number;
    let body = html! {
        p { (cx.t("listings-stale-help")) }
        (change_table(cx, &desk.words, &changes))
    };
    let notice = alert(Tone::Waiting, &cx.ta("listings-stale", &[("n", latest.number.into())]), body);
    let page = page(cx, desk, &form, html! {}, &FormErrors::none(), notice);
    Ok((StatusCode::CONFLICT, page).into_response())
}
