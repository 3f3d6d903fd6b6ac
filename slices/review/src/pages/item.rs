//! Handlers of the review screen.

use super::{Titles, screen};
use crate::decide::{self, Judgement, Work};
use crate::files;
use crate::model::Verdict;
use crate::queue;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use ground::Problem;
use kernel::Actor;
use maud::Markup;
use serde::Deserialize;
use ui::View;
use ui::parts::FormErrors;
use web::{Cx, Failure, Form, Path, Signed, Site, redirect, redirect_with_flash};

/// The decision form.
#[derive(Debug, Default, Clone, Deserialize)]
pub(crate) struct DecideForm {
    #[serde(default)]
    pub(crate) claim_id: String,
    #[serde(default)]
    pub(crate) version_id: String,
    #[serde(default)]
    pub(crate) verdict: String,
    #[serde(default)]
    pub(crate) reasons: Vec<String>,
    #[serde(default)]
    pub(crate) note: String,
    #[serde(default)]
    step: String,
}

/// `/console/review/{id}`.
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
) -> Result<Markup, Failure> {
    page(&site, &actor, &cx, &id, &DecideForm::default(), &FormErrors::none()).await
}

async fn page(
    site: &Site,
    actor: &Actor,
    cx: &View,
    id: &str,
    form: &DecideForm,
    errors: &FormErrors,
) -> Result<Markup, Failure> {
    let work = decide::show(site.kernel(), actor, id).await?;
    Ok(screen::page(cx, actor, &Titles::of(site.kernel())?, &work, form, errors))
}

/// `POST /console/review/{id}`: decide, and on to the next; what is wrong is shown beside what was written.
pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Result<Response, Failure> {
    if form.step == "preview" {
        return Ok(page(&site, &actor, &cx, &id, &form, &FormErrors::none()).await?.into_response());
    }
    let Some(verdict) = Verdict::from_name(&form.verdict) else {
        let problem = Problem::invalid_field("verdict", "review-fault-verdict");
        return again(&site, &actor, &cx, &id, &form, problem).await;
    };
    let judgement = Judgement {
        claim_id: form.claim_id.clone(),
        version_id: form.version_id.clone(),
        verdict,
        reasons: form.reasons.clone(),
        note: form.note.clone(),
    };
    match decide::decide(site.kernel(), &actor, &id, &judgement).await {
        Ok(decision) => go_on(&site, &actor, decision.verdict).await,
        Err(problem) if matches!(problem.code.status, 409 | 422) => {
            again(&site, &actor, &cx, &id, &form, problem).await
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn again(
    site: &Site,
    actor: &Actor,
    cx: &View,
    id: &str,
    form: &DecideForm,
    problem: Problem,
) -> Result<Response, Failure> {
    let status = axum::http::StatusCode::from_u16(problem.code.status).unwrap_or(axum::http::StatusCode::CONFLICT);
    let errors = FormErrors::of_problem(cx, &problem);
    Ok((status, page(site, actor, cx, id, form, &errors).await?).into_response())
}

/// After a decision: what the reader still holds, else the next item, else the queue.
async fn go_on(site: &Site, actor: &Actor, verdict: Verdict) -> Result<Response, Failure> {
    let done = match verdict {
        Verdict::Approve => "review-flash-approved",
        Verdict::Reject => "review-flash-rejected",
    };
    let held = queue::held(site.kernel(), actor).await?.into_iter().next();
    let next = match held {
        Some(item) => Some(item),
        None => queue::take_next(site.kernel(), actor, None).await?,
    };
    Ok(match next {
        Some(item) => redirect_with_flash(&format!("/console/review/{}", item.id), done).into_response(),
        None => redirect_with_flash("/console/review", done).good("review-flash-nothing", &[]).into_response(),
    })
}

/// `POST …/preview`: what the merchant would read.
pub(crate) async fn preview(
    State(site): State<Site>,
    Signed(actor): Signed,
    Cx(cx): Cx,
    Path(id): Path<String>,
    Form(form): Form<DecideForm>,
) -> Result<Markup, Failure> {
    let work: Work = decide::show(site.kernel(), &actor, &id).await?;
    Ok(screen::letter(&cx, &work, &form))
}

/// `POST …/claim`.
pub(crate) async fn claim(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let path = format!("/console/review/{id}");
    Ok(match queue::claim(site.kernel(), &actor, &id).await {
        Ok(_) => redirect(&path).into_response(),
        Err(problem) if problem.code.status == 409 => {
            let arguments: Vec<(&str, String)> =
                problem.args.iter().map(|(name, value)| (name.as_ref(), value.clone())).collect();
            redirect(&path).bad(&problem.code.message_id(), &arguments).into_response()
        }
        Err(problem) => return Err(problem.into()),
    })
}

/// The number of a claim.
#[derive(Debug, Deserialize)]
pub(crate) struct ClaimForm {
    claim_id: String,
}

/// `POST …/renew`.
pub(crate) async fn renew(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Form(form): Form<ClaimForm>,
) -> Result<Response, Failure> {
    let path = format!("/console/review/{id}");
    Ok(match queue::renew(site.kernel(), &actor, &id, &form.claim_id).await {
        Ok(_) => redirect_with_flash(&path, "review-flash-renewed").into_response(),
        Err(problem) if problem.code.status == 409 => {
            let arguments: Vec<(&str, String)> =
                problem.args.iter().map(|(name, value)| (name.as_ref(), value.clone())).collect();
            redirect(&path).bad(&problem.code.message_id(), &arguments).into_response()
        }
        Err(problem) => return Err(problem.into()),
    })
}

/// `POST …/release`.
pub(crate) async fn release(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Failure> {
    queue::release(site.kernel(), &actor, &id).await?;
    Ok(redirect_with_flash("/console/review", "review-flash-released"))
}

/// `/console/review/{id}/files/{sha256}`.
pub(crate) async fn file(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path((id, sha256)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (content, media_type) = files::file(site.kernel(), &actor, &id, &sha256).await?;
    Ok(web::inline(media_type, content))
}
