//! Identifiers of parties.

use crate::parties::{self, Party};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Failure, Json, Path, Signed, Site};

/// An identifier and the organisation it stands for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventParty)]
pub(crate) struct PartyBody {
    /// GLN as Digital Link or URN, or another URI.
    identifier: String,
    /// Organisation id.
    party: String,
}

impl From<Party> for PartyBody {
    fn from(party: Party) -> Self {
        PartyBody { identifier: party.identifier, party: party.party }
    }
}

/// Which identifiers stand for which organisation.
#[utoipa::path(get, path = "/v1/epcis-parties", tag = "epcis", responses((status = 200, body = Vec<PartyBody>)))]
pub(crate) async fn list(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<Vec<PartyBody>>, Failure> {
    let all = parties::list(site.kernel(), &actor).await?;
    Ok(Json(all.into_iter().map(PartyBody::from).collect()))
}

/// Says that an identifier stands for an organisation, which then sees the events that name it as source or destination.
#[utoipa::path(post, path = "/v1/epcis-parties", tag = "epcis", request_body = PartyBody, responses((status = 201, body = PartyBody)))]
pub(crate) async fn set(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<PartyBody>,
) -> Result<(StatusCode, Json<PartyBody>), Failure> {
    let made = parties::set(site.kernel(), &actor, &body.identifier, &body.party).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Forgets an identifier.
#[utoipa::path(delete, path = "/v1/epcis-parties/{identifier}", tag = "epcis", params(("identifier" = String, Path,)),
    responses((status = 204, description = "Gone")))]
pub(crate) async fn remove(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(identifier): Path<String>,
) -> Result<StatusCode, Failure> {
    parties::remove(site.kernel(), &actor, &identifier).await?;
    Ok(StatusCode::NO_CONTENT)
}
