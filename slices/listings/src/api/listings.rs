//! `/v1/listings` and `/v1/pictures`: writing, handing in, reading, measures.

use super::bodies::{ContentBody, DetailBody, ListingBody, Unknown, VersionBody};
use crate::{Filter, Measure, New, State as ListingState};
use axum::extract::State;
use axum::http::StatusCode;
use ground::{Fault, Problem, Timestamp};
use kernel::Actor;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site, Upload, UploadLimits};

/// Which listings.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct ListQuery {
    /// A state.
    pub state: Option<String>,
    /// A merchant; one's own where the caller is one.
    pub merchant: Option<String>,
    /// A category; a first segment takes everything below it.
    pub category: Option<String>,
    /// A market.
    pub market: Option<String>,
    /// A rule that spoke in the newest screening.
    pub rule: Option<String>,
    /// A check that spoke: `claims`, `documents`, `images`, `price`, `brand`, `change`, `same_goods`, `recalls`.
    pub check: Option<String>,
    /// Id, shop's number, GTIN, or the beginning of the title.
    pub q: Option<String>,
}

impl ListQuery {
    fn filter(self) -> kernel::Result<Filter> {
        let state = match self.state.as_deref() {
            None => None,
            Some(name) => Some(
                ListingState::from_name(name).ok_or_else(|| Problem::invalid_field("state", "listings-fault-state"))?,
            ),
        };
        let short = |text: Option<String>| text.map(|text| text.chars().take(200).collect());
        Ok(Filter {
            state,
            merchant_id: short(self.merchant),
            category: short(self.category),
            market: short(self.market),
            rule: short(self.rule),
            check: short(self.check),
            search: short(self.q),
        })
    }
}

/// The listings, counted up to 10,001.
#[utoipa::path(get, path = "/v1/listings", tag = "listings", params(ListQuery), responses((status = 200, body = PageBody<ListingBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<ListingBody>>, Failure> {
    let page = crate::list(site.kernel(), &actor, &query.filter()?, &paging).await?;
    Ok(Json(PageBody::of(page, ListingBody::of)))
}

/// A listing to be written.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct NewListing {
    /// Whose; the caller's own organisation where it is left out.
    merchant_id: Option<String>,
    /// `cn` where it is left out.
    market: Option<String>,
    /// The shop's own number (SKU), unique within the merchant.
    external_id: String,
    /// Whether it is handed in at once.
    #[serde(default)]
    submit: bool,
    /// When the shop wrote it, RFC 3339.
    source_at: Option<String>,
    #[serde(flatten)]
    content: ContentBody,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

pub(super) fn merchant_of(actor: &Actor, named: Option<String>) -> kernel::Result<String> {
    match named.filter(|id| !id.is_empty()) {
        Some(id) => Ok(id),
        None => actor
            .own_organisation()
            .map(str::to_owned)
            .map_err(|_| Problem::invalid_field("merchant_id", "listings-fault-missing")),
    }
}

/// Writes a listing, and hands it in with `submit`.
#[utoipa::path(post, path = "/v1/listings", tag = "listings", request_body = NewListing, responses((status = 201, body = ListingBody)))]
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NewListing>,
) -> Result<(StatusCode, Json<ListingBody>), Failure> {
    body.unknown.refuse()?;
    let source_at = match body.source_at {
        None => None,
        Some(text) => {
            let moment = Timestamp::parse_rfc3339(&text);
            Some(moment.ok_or_else(|| Problem::invalid(vec![Fault::field("source_at", "listings-fault-date")]))?)
        }
    };
    let merchant_id = merchant_of(&actor, body.merchant_id)?;
    let content = body.content.read(site.kernel(), Some(&merchant_id)).await?;
    let new = New {
        merchant_id,
        market: body.market.unwrap_or_else(|| "cn".to_owned()),
        external_id: body.external_id,
        content,
        source_at,
    };
    let mut listing = crate::create(site.kernel(), &actor, new).await?;
    if body.submit {
        listing = crate::submit(site.kernel(), &actor, &listing.id, &listing.latest_version_id).await?;
    }
    Ok((StatusCode::CREATED, Json(ListingBody::of(listing))))
}

/// One listing with its versions, newest screening, holds and acts.
#[utoipa::path(get, path = "/v1/listings/{id}", tag = "listings", params(("id" = String, Path)), responses((status = 200, body = DetailBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<DetailBody>, Failure> {
    Ok(Json(DetailBody::of(crate::detail(site.kernel(), &actor, &id).await?)))
}

/// A further version.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Revision {
    /// Number of the version the writer started from.
    number: i64,
    /// Whether it is handed in at once.
    #[serde(default)]
    submit: bool,
    #[serde(flatten)]
    content: ContentBody,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// Writes a further version, and hands it in with `submit`.
#[utoipa::path(post, path = "/v1/listings/{id}/versions", tag = "listings", params(("id" = String, Path)), request_body = Revision, responses((status = 201, body = VersionBody)))]
pub(crate) async fn revise(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Revision>,
) -> Result<(StatusCode, Json<VersionBody>), Failure> {
    body.unknown.refuse()?;
    let listing = crate::get(site.kernel(), &actor, &id).await?;
    let content = body.content.read(site.kernel(), Some(&listing.merchant_id)).await?;
    let version = crate::revise(site.kernel(), &actor, &id, body.number, content).await?;
    if body.submit {
        crate::submit(site.kernel(), &actor, &id, &version.id).await?;
    }
    Ok((StatusCode::CREATED, Json(VersionBody::of(&version))))
}

/// Which version is handed in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListingSubmission)]
pub(crate) struct Submission {
    /// The latest version as the caller read it.
    version_id: String,
}

/// Hands in the latest version for screening. Again: changes nothing.
#[utoipa::path(post, path = "/v1/listings/{id}/submit", tag = "listings", params(("id" = String, Path)), request_body = Submission, responses((status = 200, body = ListingBody)))]
pub(crate) async fn submit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Submission>,
) -> Result<Json<ListingBody>, Failure> {
    Ok(Json(ListingBody::of(crate::submit(site.kernel(), &actor, &id, &body.version_id).await?)))
}

/// A measure outside the queue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ListingMeasure)]
pub(crate) struct MeasureBody {
    /// The state the caller saw.
    state: String,
    /// `restrict`, `suspend`, `restore` or `remove`.
    measure: String,
    /// With `restrict`: the limits.
    #[serde(default)]
    limits: Vec<String>,
    reasons: Vec<String>,
    #[serde(default)]
    note: String,
}

/// Restricts, suspends, restores or removes a listing.
#[utoipa::path(post, path = "/v1/listings/{id}/measures", tag = "listings", params(("id" = String, Path)), request_body = MeasureBody, responses((status = 200, body = ListingBody)))]
pub(crate) async fn measure(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<MeasureBody>,
) -> Result<Json<ListingBody>, Failure> {
    let state =
        ListingState::from_name(&body.state).ok_or_else(|| Problem::invalid_field("state", "listings-fault-state"))?;
    let measure = match body.measure.as_str() {
        "restrict" => Measure::Restrict { limits: body.limits },
        "suspend" => Measure::Suspend,
        "restore" => Measure::Restore,
        "remove" => Measure::Remove,
        _ => return Err(Problem::invalid_field("measure", "listings-fault-measure").into()),
    };
    let listing = crate::take_measure(site.kernel(), &actor, &id, state, &measure, &body.reasons, &body.note).await?;
    Ok(Json(ListingBody::of(listing)))
}

/// A kept picture.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PictureBody {
    /// Its content hash: what listings name it by.
    sha256: String,
    /// PDQ hash, 64 hexadecimal digits.
    hash: String,
    /// PDQ quality, 0 to 100.
    quality: u8,
    width: u32,
    height: u32,
}

/// Uploads a picture (multipart, field `file`): JPEG, PNG, WebP, GIF or BMP, told by its content.
#[utoipa::path(post, path = "/v1/pictures", tag = "listings", responses((status = 201, body = PictureBody)))]
pub(crate) async fn picture(
    State(site): State<Site>,
    Signed(actor): Signed,
    upload: Upload,
) -> Result<(StatusCode, Json<PictureBody>), Failure> {
    let uploaded = upload.read(&UploadLimits { files_max: 1, ..UploadLimits::default() }).await?;
    let file = uploaded.file("file").ok_or_else(|| Problem::invalid_field("file", "listings-fault-missing"))?;
    let image = crate::keep_picture(site.kernel(), &actor, file.read().await?, &file.name).await?;
    let body = PictureBody {
        sha256: image.sha256,
        hash: image.hash,
        quality: image.quality,
        width: image.width,
        height: image.height,
    };
    Ok((StatusCode::CREATED, Json(body)))
}
