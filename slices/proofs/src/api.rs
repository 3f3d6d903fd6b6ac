//! JSON routes of acts.

use crate::acts::{self, ActQuery};
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use kernel::{ActRecord, Subject};
use ledger::View as LedgerView;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site, download};

/// Content type of a proof file.
pub const PROOF_TYPE: &str = "text/plain; charset=utf-8";

/// What an act is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ActSubject)]
pub struct SubjectBody {
    /// `merchant`, `listing`, …
    kind: String,
    /// Its id.
    id: String,
}

impl From<Subject> for SubjectBody {
    fn from(subject: Subject) -> Self {
        SubjectBody { kind: subject.kind, id: subject.id }
    }
}

/// An act: who decided what, when, about what, by which rules.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Act)]
pub struct ActBody {
    id: String,
    /// RFC 3339, UTC.
    at: String,
    /// Noun, dot, past participle: `listing.approved`.
    kind: String,
    subject: SubjectBody,
    related: Vec<SubjectBody>,
    /// User id, or `system:…` for the product itself.
    actor: String,
    /// The public part, exactly as it stands in the log.
    #[schema(value_type = Object)]
    public: Value,
    /// HMAC-SHA-256 over the canonical private part under the act's salt, hexadecimal.
    commitment: String,
    /// Position in the log, from 0; absent until the act is there.
    leaf_index: Option<u64>,
    /// The private part, for the operator's staff; absent for others and after an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    private: Option<Value>,
}

impl From<ActRecord> for ActBody {
    fn from(act: ActRecord) -> Self {
        ActBody {
            related: acts::related(&act).into_iter().map(SubjectBody::from).collect(),
            id: act.id,
            at: act.at.to_rfc3339(),
            kind: act.kind,
            subject: act.subject.into(),
            actor: act.actor,
            public: act.public,
            commitment: act.commitment,
            leaf_index: act.leaf_index,
            private: act.private,
        }
    }
}

/// Which acts.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ActParams {
    /// Kind of thing the acts are about: `listing`, `merchant`, …
    #[serde(default)]
    pub subject_kind: Option<String>,
    /// Id of that thing.
    #[serde(default)]
    pub subject: Option<String>,
    /// Kind of act (`listing.approved`), or the beginning of kinds ending with a dot (`listing.`).
    #[serde(default)]
    pub kind: Option<String>,
    /// Id of who acted.
    #[serde(default)]
    pub actor: Option<String>,
    /// Not before: a date or an RFC 3339 moment.
    #[serde(default)]
    pub from: Option<String>,
    /// Until: a date, included, or an RFC 3339 moment, excluded.
    #[serde(default)]
    pub until: Option<String>,
    /// Page, from 1.
    #[serde(default)]
    pub page: Option<u64>,
    /// Rows on a page.
    #[serde(default)]
    pub rows: Option<u64>,
}

impl From<ActParams> for ActQuery {
    fn from(params: ActParams) -> Self {
        ActQuery {
            subject_kind: params.subject_kind,
            subject: params.subject,
            kind: params.kind,
            actor: params.actor,
            from: params.from,
            until: params.until,
        }
    }
}

/// Acts, newest first.
#[utoipa::path(get, path = "/v1/acts", tag = "ledger", params(ActParams), responses((status = 200, body = PageBody<ActBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(params): Query<ActParams>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<ActBody>>, Failure> {
    let page = acts::list(site.kernel(), &actor, &params.into(), &paging).await?;
    Ok(Json(PageBody::of(page, ActBody::from)))
}

/// One act.
#[utoipa::path(get, path = "/v1/acts/{id}", tag = "ledger", params(("id" = String, Path, description = "Act id")), responses((status = 200, body = ActBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<ActBody>, Failure> {
    Ok(Json(acts::one(site.kernel(), &actor, &id).await?.into()))
}

/// The proof of an act (C2SP tlog-proof): check it with `touchstone ledger verify`, or with any tool that knows the format.
#[utoipa::path(get, path = "/v1/acts/{id}/proof", tag = "ledger", params(("id" = String, Path, description = "Act id")), responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn proof(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Extension(view): Extension<LedgerView>,
) -> Result<Response, Failure> {
    let proof = acts::proof(site.kernel(), &view, &actor, &id).await?;
    Ok(download(&format!("{id}.tlog-proof"), PROOF_TYPE, proof.file))
}

/// That the log as it stands now continues an earlier one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Continuation)]
pub struct ContinuationBody {
    /// Leaves of the earlier tree.
    old_size: u64,
    /// Leaves of the present tree.
    size: u64,
    /// Consistency proof (RFC 9162 §2.1.4), base64.
    proof: Vec<String>,
    /// The present checkpoint, a signed note.
    checkpoint: String,
}

/// Which earlier tree.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ContinuationParams {
    /// Its number of leaves, at least 1.
    pub old_size: u64,
}

/// The consistency proof from an earlier size of the log to the present one. For monitors; the tiles under `/ledger/` give
/// the same.
#[utoipa::path(get, path = "/v1/ledger/consistency", tag = "ledger", params(ContinuationParams), responses((status = 200, body = ContinuationBody)))]
pub(crate) async fn consistency(
    Query(params): Query<ContinuationParams>,
    Extension(view): Extension<LedgerView>,
) -> Result<Json<ContinuationBody>, Failure> {
    Ok(Json(acts::continuation(&view, params.old_size).await?.into()))
}

impl From<acts::Continuation> for ContinuationBody {
    fn from(found: acts::Continuation) -> Self {
        ContinuationBody {
            old_size: found.old_size,
            size: found.size,
            proof: found.proof.iter().map(|hash| hash.to_base64()).collect(),
            checkpoint: found.checkpoint,
        }
    }
}
