//! JSON routes of what stands outside: witnesses and anchors. For everybody, as the log itself is.

use crate::anchors::{self, AnchorRow};
use crate::witnesses::Standings;
use axum::Extension;
use axum::extract::State;
use ground::Timestamp;
use ground::time::SECOND_MICROS;
use ledger::View as LedgerView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Query, Site};

/// A witness of the ledger.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LedgerWitness)]
pub struct WitnessBody {
    /// Its public key: name, id, key.
    key: String,
    /// Leaves of the tree it cosigned last, as far as this process knows.
    size: Option<u64>,
    /// When it did, RFC 3339.
    at: Option<String>,
    /// Why it does not now.
    trouble: Option<String>,
}

/// The witnesses and how many of them a tree needs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LedgerWitnesses)]
pub struct WitnessesBody {
    /// How many must cosign a tree.
    needed: u64,
    /// Who they are.
    witnesses: Vec<WitnessBody>,
}

/// The witnesses of the ledger.
#[utoipa::path(get, path = "/v1/ledger/witnesses", tag = "ledger", responses((status = 200, body = WitnessesBody)))]
pub(crate) async fn witnesses(
    State(site): State<Site>,
    Extension(view): Extension<LedgerView>,
) -> Result<Json<WitnessesBody>, Failure> {
    let standings = site.kernel().memory::<Standings>().list();
    let policy = view.witnesses();
    let one = |peer: &ledger::cosign::Peer| {
        let standing = standings.iter().find(|standing| standing.witness == peer.key.name());
        WitnessBody {
            key: peer.key.to_string(),
            size: standing.and_then(|standing| standing.size),
            at: standing.and_then(|standing| standing.timestamp_seconds).map(|at| moment(at).to_rfc3339()),
            trouble: standing.and_then(|standing| standing.trouble.clone()),
        }
    };
    let witnesses = policy.peers.iter().map(one).collect();
    Ok(Json(WitnessesBody { needed: policy.needed as u64, witnesses }))
}

/// POSIX seconds as a moment.
pub(crate) fn moment(seconds: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MICROS))
}

/// A tree of the ledger that stands in a place outside.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LedgerAnchor)]
pub struct AnchorBody {
    id: String,
    /// `file`, `webhook`, `evm`.
    kind: String,
    /// Which file, address or account.
    place: String,
    /// Leaves of the tree.
    size: u64,
    /// Its root, base64.
    root: String,
    /// RFC 3339.
    at: String,
    /// `sent`, `final`, `lost`.
    state: String,
    /// Where in the place: a line, a status, a transaction.
    reference: String,
    /// The signed checkpoint.
    checkpoint: String,
}

impl From<AnchorRow> for AnchorBody {
    fn from(row: AnchorRow) -> Self {
        AnchorBody {
            id: row.id,
            kind: row.kind,
            place: row.place,
            size: row.size,
            root: row.root,
            at: row.at.to_rfc3339(),
            state: row.state.name().to_owned(),
            reference: row.reference,
            checkpoint: row.checkpoint,
        }
    }
}

/// Which anchors.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnchorParams {
    /// `file`, `webhook` or `evm`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Page, from 1.
    #[serde(default)]
    #[expect(dead_code, reason = "read by PagingQuery; here for the description")]
    pub page: Option<u64>,
    /// Rows on a page.
    #[serde(default)]
    #[expect(dead_code, reason = "read by PagingQuery; here for the description")]
    pub rows: Option<u64>,
}

/// Trees of the ledger that stand outside, newest first.
#[utoipa::path(get, path = "/v1/ledger/anchors", tag = "ledger", params(AnchorParams), responses((status = 200, body = PageBody<AnchorBody>)))]
pub(crate) async fn anchors(
    State(site): State<Site>,
    Query(params): Query<AnchorParams>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<AnchorBody>>, Failure> {
    let page = anchors::list(site.kernel(), params.kind.as_deref(), &paging).await?;
    Ok(Json(PageBody::of(page, AnchorBody::from)))
}
