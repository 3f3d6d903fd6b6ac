//! Pages: the list of acts, one act with its proof, the public check of a proof file, erasure.

mod detail;
mod erase;
mod list;
pub(crate) mod outside;
mod path;
mod verify;

use crate::acts::{self, ActQuery};
use crate::api::{ActParams, PROOF_TYPE};
use crate::checking;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use ground::problem::NOT_FOUND;
use kernel::{Permission, Subject};
use ledger::View as LedgerView;
use maud::Markup;
use serde::Deserialize;
use tlog::proof_file::PROOF_FILE_BYTES_MAX;
use ui::parts::FormErrors;
use web::{
    Cx, Failure, Form, PagingQuery, Path, Query, Redirect, Signed, Site, Upload, UploadLimits, download, redirect,
};

/// Where the acts of this reader are: the console or the merchant's own pages.
fn base(path: &str) -> &'static str {
    if path.starts_with("/merchant") { "/merchant/acts" } else { "/console/ledger" }
}

pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Query(params): Query<ActParams>,
    PagingQuery(paging): PagingQuery,
    Extension(view): Extension<LedgerView>,
) -> Result<Markup, Failure> {
    let query = ActQuery::from(params);
    let state = acts::state(site.kernel(), &view).await?;
    let may_erase = actor.may(Permission::LedgerErase);
    match acts::list(site.kernel(), &actor, &query, &paging).await {
        Ok(page) => Ok(list::page(&cx, base(&cx.path), &page, &state, may_erase, &FormErrors::none())),
        // A wrong date in the filter: said above an empty list, nothing lost.
        Err(problem) if !problem.faults.is_empty() => {
            let none = kernel::Page { rows: Vec::new(), total: 0, paging };
            let errors = FormErrors::of_problem(&cx, &problem);
            Ok(list::page(&cx, base(&cx.path), &none, &state, may_erase, &errors))
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(crate) async fn csv(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(params): Query<ActParams>,
) -> Result<Response, Failure> {
    let rows = acts::export(site.kernel(), &actor, &params.into()).await?;
    Ok(list::table(&rows).download("acts.csv")?)
}

pub(crate) async fn detail(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Extension(view): Extension<LedgerView>,
) -> Result<Response, Failure> {
    // Links to acts are the same in every portal; people of a merchant go on to their own page.
    if cx.path.starts_with("/console") && !actor.may(Permission::LedgerRead) {
        return Ok(redirect(&format!("/merchant/acts/{id}")).into_response());
    }
    let act = acts::one(site.kernel(), &actor, &id).await?;
    let proof = match acts::proof(site.kernel(), &view, &actor, &id).await {
        Ok(proof) => Some(proof),
        Err(problem) if *problem.code == ledger::NOT_YET => None,
        Err(problem) => return Err(problem.into()),
    };
    let reader =
        detail::Reader { base: base(&cx.path), sees_private: acts::sees_private(&actor), key: view.verifier_text() };
    Ok(detail::page(&cx, &reader, &act, proof.as_ref()).into_response())
}

pub(crate) async fn proof_file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Extension(view): Extension<LedgerView>,
) -> Result<Response, Failure> {
    let proof = acts::proof(site.kernel(), &view, &actor, &id).await?;
    Ok(download(&format!("{id}.tlog-proof"), PROOF_TYPE, proof.file))
}

pub(crate) async fn opening(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let opening = acts::opening(site.kernel(), &actor, &id).await?;
    Ok(download(&format!("{id}.opening.json"), "application/json", opening.to_json()))
}

/// One address for every reader: to the page of the act where they may see it.
pub(crate) async fn go(Signed(actor): Signed, Path(id): Path<String>) -> Result<Redirect, Failure> {
    if !ground::id::is_id(&id) {
        return Err(Problem::new(&NOT_FOUND).into());
    }
    let base = if actor.may(Permission::LedgerRead) { "/console/ledger" } else { "/merchant/acts" };
    Ok(redirect(&format!("{base}/{id}")))
}

pub(crate) async fn verify_form(
    State(site): State<Site>,
    Cx(cx): Cx,
    Extension(view): Extension<LedgerView>,
) -> Result<Markup, Failure> {
    let state = acts::state(site.kernel(), &view).await?;
    Ok(verify::form(&cx, &state, &view.verifier_text(), &FormErrors::none()))
}

pub(crate) async fn verify(
    State(site): State<Site>,
    Cx(cx): Cx,
    Extension(view): Extension<LedgerView>,
    upload: Upload,
) -> Result<Markup, Failure> {
    let limits = UploadLimits {
        file_bytes_max: PROOF_FILE_BYTES_MAX as u64,
        files_max: 1,
        field_bytes_max: PROOF_FILE_BYTES_MAX,
        fields_max: 4,
    };
    let uploaded = upload.read(&limits).await?;
    let bytes = match uploaded.file("file") {
        Some(file) => file.read().await?.to_vec(),
        None => uploaded.field("text").map(unix_lines).unwrap_or_default().into_bytes(),
    };
    if bytes.is_empty() {
        let state = acts::state(site.kernel(), &view).await?;
        let errors = FormErrors::none().and(&cx, "file", cx.t("proofs-verify-nothing"));
        return Ok(verify::form(&cx, &state, &view.verifier_text(), &errors));
    }
    let verdict = checking::check(&view, bytes).await?;
    Ok(verify::result(&cx, &verdict))
}

/// A browser sends pasted text with CR LF and may lose the last newline; the format has LF and ends with one.
fn unix_lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let trimmed = text.trim();
    if trimmed.is_empty() { String::new() } else { format!("{trimmed}\n") }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct EraseInput {
    #[serde(default)]
    subject_kind: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn erase_form(Cx(cx): Cx) -> Markup {
    erase::form(&cx, &EraseInput::default(), &FormErrors::none())
}

pub(crate) async fn erase(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Form(input): Form<EraseInput>,
) -> Result<Result<Redirect, (axum::http::StatusCode, Markup)>, Failure> {
    let mut faults = Vec::new();
    for (name, value) in [("subject_kind", &input.subject_kind), ("subject", &input.subject), ("reason", &input.reason)]
    {
        if value.trim().is_empty() {
            faults.push(ground::Fault::field(name, "proofs-needed"));
        } else if value.chars().count() > ground::limits::LINE_CHARS_MAX {
            faults.push(ground::Fault::field(name, "proofs-too-long").arg("most", ground::limits::LINE_CHARS_MAX));
        }
    }
    let erased = match Problem::check(faults) {
        Ok(()) => {
            let subject = Subject::new(input.subject_kind.trim(), input.subject.trim());
            ledger::erasure::erase(site.kernel(), &actor, &subject, input.reason.trim()).await
        }
        Err(problem) => Err(problem),
    };
    match erased {
        Ok(erasure) => {
            let count = [("count", erasure.acts_erased.to_string())];
            Ok(Ok(redirect("/console/ledger").good("proofs-erased", &count)))
        }
        Err(problem) if !problem.faults.is_empty() => {
            let page = erase::form(&cx, &input, &FormErrors::of_problem(&cx, &problem));
            Ok(Err((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page)))
        }
        Err(problem) => Err(problem.into()),
    }
}
