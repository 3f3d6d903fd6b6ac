//! `/v1/units`: what codes say, taking units out, what was sold, the covered code.

use super::bodies::UnitBody;
use super::lots::UnitsBody;
use crate::{Error, Order, Reveal};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Failure, Json, Signed, Site};

/// Codes to be looked at.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CodeList)]
pub(crate) struct CodesBody {
    /// In any form: Digital Link, element string, scan data, or GTIN and serial; at most 10,000.
    codes: Vec<String>,
}

/// What codes say, one answer a code, in their order.
#[utoipa::path(post, path = "/v1/units/verify", tag = "trace", request_body = CodesBody, responses((status = 200, body = [UnitBody])))]
pub(crate) async fn verify(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<CodesBody>,
) -> Result<Json<Vec<UnitBody>>, Failure> {
    let standings = crate::verify(site.kernel(), &actor, &body.codes).await?;
    let answers = body.codes.into_iter().zip(standings).map(|(code, unit)| UnitBody::of(code, unit));
    Ok(Json(answers.collect()))
}

/// Units to be taken out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = Decommissioning)]
pub(crate) struct DecommissionBody {
    /// Which units.
    units: UnitsBody,
    /// `destroyed`, `damaged`, `misprinted`, `sample`, `stolen`, `returned`, `expired` or `other`.
    reason: String,
    /// Kept private.
    note: String,
}

/// How many units it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnitCount)]
pub(crate) struct CountBody {
    units: u64,
}

/// Takes units out.
#[utoipa::path(post, path = "/v1/units/decommission", tag = "trace", request_body = DecommissionBody, responses((status = 200, body = CountBody)))]
pub(crate) async fn decommission(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<DecommissionBody>,
) -> Result<Json<CountBody>, Failure> {
    let units = crate::decommission(site.kernel(), &actor, body.units.into(), &body.reason, &body.note).await?;
    Ok(Json(CountBody { units }))
}

/// An order and its units.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SoldOrder)]
pub(crate) struct OrderBody {
    /// The shop's number. It is kept sealed.
    order: String,
    /// The codes, in any form.
    codes: Vec<String>,
    /// RFC 3339; now when left out.
    sold_at: Option<String>,
}

/// What was sold.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SoldOrders)]
pub(crate) struct SoldBody {
    /// At most 1,000, with at most 10,000 codes together.
    orders: Vec<OrderBody>,
}

/// What came of a code of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SoldCode)]
pub(crate) struct SoldCodeBody {
    order: String,
    code: String,
    /// `recorded`, `sold_before` (recorded; it was in another order before), `duplicate` (it was in this order),
    /// `forged`, `unknown` or `unreadable`.
    outcome: &'static str,
}

/// Records what was sold. The same call again changes nothing.
#[utoipa::path(post, path = "/v1/units/sold", tag = "trace", request_body = SoldBody, responses((status = 200, body = [SoldCodeBody])))]
pub(crate) async fn sold(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<SoldBody>,
) -> Result<Json<Vec<SoldCodeBody>>, Failure> {
    let mut orders = Vec::with_capacity(body.orders.len());
    for order in body.orders {
        let sold_at = match order.sold_at.as_deref().map(ground::Timestamp::parse_rfc3339) {
            None => None,
            Some(Some(at)) => Some(at),
            Some(None) => return Err(Error::field("sold_at", "trace-fault-moment").into()),
        };
        orders.push(Order { number: order.order, codes: order.codes, sold_at });
    }
    let outcomes = crate::record_sales(site.kernel(), &actor, &orders).await?;
    let answers = orders.into_iter().zip(outcomes).flat_map(|(order, outcomes)| {
        let number = order.number;
        order.codes.into_iter().zip(outcomes).map(move |(code, outcome)| SoldCodeBody {
            order: number.clone(),
            code,
            outcome: outcome.name(),
        })
    });
    Ok(Json(answers.collect()))
}

/// A covered code and the code beside it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = CoveredCode)]
pub(crate) struct CoveredBody {
    /// The code of the unit, in any form.
    code: String,
    /// What stood under the layer.
    covered: String,
}

/// What uncovering says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CoveredAnswer)]
pub(crate) struct RevealBody {
    /// `first`, `again`, `wrong`, `none`, `forged` or `unknown`.
    result: &'static str,
    /// When it was uncovered first.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_at: Option<String>,
}

/// Checks a covered code and, the first time, marks it as used.
#[utoipa::path(post, path = "/v1/units/covered", tag = "trace", request_body = CoveredBody, responses((status = 200, body = RevealBody)))]
pub(crate) async fn covered(
    State(site): State<Site>,
    Json(body): Json<CoveredBody>,
) -> Result<Json<RevealBody>, Failure> {
    let (result, first_at) = match crate::reveal(site.kernel(), &body.code, &body.covered).await? {
        Reveal::First { at } => ("first", Some(at)),
        Reveal::Again { first_at } => ("again", Some(first_at)),
        Reveal::Wrong => ("wrong", None),
        Reveal::None => ("none", None),
        Reveal::NotGenuine(authenticity) => (authenticity.name(), None),
    };
    Ok(Json(RevealBody { result, first_at: first_at.map(ground::Timestamp::to_rfc3339) }))
}
