//! `/v1/merchants`: files, decisions, standing, history; `/v1/blacklist`.

use super::bodies::{ActBody, CompanyBody, ContactsBody, EntryBody, MerchantBody, StandingBody};
use crate::model::{Move, PartyKind, State as MerchantState};
use crate::{Change, Decision, Error, Filter, NewEntry};
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Span;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// A file to be begun.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMerchant {
    /// `cn` when left out.
    #[serde(default = "cn")]
    market: String,
    company: Option<CompanyBody>,
    contacts: Option<ContactsBody>,
    /// Paths of the market's category table.
    categories: Option<Vec<String>>,
}

fn cn() -> String {
    "cn".to_owned()
}

/// Parts to be written; a part left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MerchantChange {
    /// The version that was read.
    version: i64,
    company: Option<CompanyBody>,
    contacts: Option<ContactsBody>,
    categories: Option<Vec<String>>,
}

/// The version that was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MerchantVersion)]
pub(crate) struct Version {
    version: i64,
    /// Note of the person who looked.
    #[serde(default)]
    note: String,
}

/// A decision about a merchant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MerchantDecision {
    version: i64,
    /// `enrol`, `refuse`, `suspend`, `restore`, `close`, `ban`, `withdraw` or `reopen`.
    r#move: String,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    note: String,
    /// Last day of a suspension.
    until: Option<String>,
    /// With `enrol`: every paper still to be confirmed was looked at and is confirmed by hand.
    #[serde(default)]
    confirm_papers: bool,
}

/// Which merchants.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct ListQuery {
    /// A state.
    pub state: Option<String>,
    /// A category; those under it count too.
    pub category: Option<String>,
    /// A market.
    pub market: Option<String>,
    /// With a paper that ends within so many days.
    pub expiring_days: Option<u16>,
    /// `true`: only those a person must look at.
    pub to_verify: Option<bool>,
    /// Part of the name, or the whole number.
    pub q: Option<String>,
}

impl ListQuery {
    pub(crate) fn filter(self, today: Date) -> Result<Filter, Error> {
        let state = match self.state.as_deref() {
            None => None,
            Some(name) => Some(MerchantState::from_name(name).ok_or(Error::field("state", "merchants-fault-state"))?),
        };
        Ok(Filter {
            state,
            category: self.category.map(|text| text.chars().take(200).collect()),
            market: self.market,
            expiring_by: self.expiring_days.and_then(|days| today.checked_add(Span::new().days(days)).ok()),
            to_verify: self.to_verify.unwrap_or(false),
            search: self.q.map(|text| text.chars().take(200).collect()),
        })
    }
}

/// The merchants.
#[utoipa::path(get, path = "/v1/merchants", tag = "merchants", params(ListQuery), responses((status = 200, body = PageBody<MerchantBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<MerchantBody>>, Failure> {
    let filter = query.filter(site.kernel().today())?;
    let page = crate::list(site.kernel(), &actor, &filter, &paging).await?;
    Ok(Json(PageBody::of(page, |merchant| MerchantBody::of(merchant, &actor))))
}

/// Begins a file: of the caller's own organisation, or of a new one by staff.
#[utoipa::path(post, path = "/v1/merchants", tag = "merchants", request_body = NewMerchant, responses((status = 201, body = MerchantBody)))]
pub(crate) async fn create(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NewMerchant>,
) -> Result<(StatusCode, Json<MerchantBody>), Failure> {
    let change = Change {
        company: body.company.map(Into::into),
        contacts: body.contacts.map(Into::into),
        categories: body.categories,
        complete: false,
    };
    let merchant = crate::create(site.kernel(), &actor, &body.market, change).await?;
    Ok((StatusCode::CREATED, Json(MerchantBody::of(merchant, &actor))))
}

/// One file.
#[utoipa::path(get, path = "/v1/merchants/{id}", tag = "merchants", params(("id" = String, Path)), responses((status = 200, body = MerchantBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<MerchantBody>, Failure> {
    let merchant = crate::get(site.kernel(), &actor, &id).await?;
    Ok(Json(MerchantBody::of(merchant, &actor)))
}

/// Writes parts of a file.
#[utoipa::path(patch, path = "/v1/merchants/{id}", tag = "merchants", params(("id" = String, Path)), request_body = MerchantChange, responses((status = 200, body = MerchantBody)))]
pub(crate) async fn update(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<MerchantChange>,
) -> Result<Json<MerchantBody>, Failure> {
    let change = Change {
        company: body.company.map(Into::into),
        contacts: body.contacts.map(Into::into),
        categories: body.categories,
        complete: false,
    };
    let merchant = crate::update(site.kernel(), &actor, &id, body.version, change).await?;
    Ok(Json(MerchantBody::of(merchant, &actor)))
}

/// Hands a file in.
#[utoipa::path(post, path = "/v1/merchants/{id}/submit", tag = "merchants", params(("id" = String, Path)), request_body = Version, responses((status = 200, body = MerchantBody)))]
pub(crate) async fn submit(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Version>,
) -> Result<Json<MerchantBody>, Failure> {
    let merchant = crate::submit(site.kernel(), &actor, &id, body.version).await?;
    Ok(Json(MerchantBody::of(merchant, &actor)))
}

/// Decides about a merchant, or makes one of its own moves.
#[utoipa::path(post, path = "/v1/merchants/{id}/decisions", tag = "merchants", params(("id" = String, Path)), request_body = MerchantDecision, responses((status = 200, body = MerchantBody)))]
pub(crate) async fn decide(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<MerchantDecision>,
) -> Result<Json<MerchantBody>, Failure> {
    let step = Move::from_name(&body.r#move).ok_or(Error::field("move", "merchants-fault-move"))?;
    let until = read_day("until", body.until.as_deref())?;
    let decision = Decision { reasons: body.reasons, note: body.note, until, confirm_papers: body.confirm_papers };
    let merchant = crate::decide(site.kernel(), &actor, &id, body.version, step, decision).await?;
    Ok(Json(MerchantBody::of(merchant, &actor)))
}

/// A day of a form or body; empty is none.
pub(crate) fn read_day(field: &str, text: Option<&str>) -> Result<Option<Date>, Error> {
    let mut faults = Vec::new();
    let day = crate::text::date(&mut faults, field, text.unwrap_or(""));
    Error::check(faults)?;
    Ok(day)
}

/// The merchant confirms that its file is still true.
#[utoipa::path(post, path = "/v1/merchants/{id}/confirm", tag = "merchants", params(("id" = String, Path)), request_body = Version, responses((status = 200, body = MerchantBody)))]
pub(crate) async fn confirm(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Version>,
) -> Result<Json<MerchantBody>, Failure> {
    let merchant = crate::confirm(site.kernel(), &actor, &id, body.version).await?;
    Ok(Json(MerchantBody::of(merchant, &actor)))
}

/// A person has looked at an open file and finds it in order.
#[utoipa::path(post, path = "/v1/merchants/{id}/reverify", tag = "merchants", params(("id" = String, Path)), request_body = Version, responses((status = 200, body = MerchantBody)))]
pub(crate) async fn reverify(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Version>,
) -> Result<Json<MerchantBody>, Failure> {
    let merchant = crate::reverify(site.kernel(), &actor, &id, body.version, &body.note).await?;
    Ok(Json(MerchantBody::of(merchant, &actor)))
}

/// Which category, on which day.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct StandingQuery {
    /// A category; all of the merchant's when left out.
    category: Option<String>,
    /// A day; today when left out.
    date: Option<String>,
}

/// Whether a merchant may sell, and what is wanting.
#[utoipa::path(get, path = "/v1/merchants/{id}/standing", tag = "merchants", params(("id" = String, Path), StandingQuery), responses((status = 200, body = StandingBody)))]
pub(crate) async fn standing(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Query(query): Query<StandingQuery>,
) -> Result<Json<StandingBody>, Failure> {
    let date = read_day("date", query.date.as_deref())?.unwrap_or(site.kernel().today());
    let standing = crate::standing_for(site.kernel(), &actor, &id).await?;
    Ok(Json(StandingBody::of(&standing, query.category.as_deref(), date)))
}

/// The acts about a merchant, newest first.
#[utoipa::path(get, path = "/v1/merchants/{id}/history", tag = "merchants", params(("id" = String, Path)), responses((status = 200, body = [ActBody])))]
pub(crate) async fn history(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<Vec<ActBody>>, Failure> {
    let acts = crate::history(site.kernel(), &actor, &id).await?;
    Ok(Json(acts.into_iter().map(ActBody::from).collect()))
}

/// A party for the blacklist.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBlacklistEntry {
    /// `uscc`, `representative`, `representative_id`, `phone` or `bank`.
    kind: String,
    value: String,
    reason: String,
    /// Last day; without an end when left out.
    #[serde(default)]
    until: String,
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BlacklistReason)]
pub(crate) struct Reason {
    reason: String,
}

/// Which entries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct BlacklistQuery {
    /// A kind of party.
    kind: Option<String>,
}

/// The blacklist.
#[utoipa::path(get, path = "/v1/blacklist", tag = "merchants", params(BlacklistQuery), responses((status = 200, body = PageBody<EntryBody>)))]
pub(crate) async fn blacklist(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<BlacklistQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<EntryBody>>, Failure> {
    let kind = query.kind.as_deref().and_then(PartyKind::from_name);
    let page = crate::blacklist(site.kernel(), &actor, kind, &paging).await?;
    Ok(Json(PageBody::of(page, EntryBody::from)))
}

/// Puts a party on the blacklist.
#[utoipa::path(post, path = "/v1/blacklist", tag = "merchants", request_body = NewBlacklistEntry, responses((status = 201, body = EntryBody)))]
pub(crate) async fn add_blacklist(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(body): Json<NewBlacklistEntry>,
) -> Result<(StatusCode, Json<EntryBody>), Failure> {
    let new = NewEntry { kind: body.kind, value: body.value, reason: body.reason, until: body.until };
    let entry = crate::add_blacklist(site.kernel(), &actor, new).await?;
    Ok((StatusCode::CREATED, Json(entry.into())))
}

/// Lifts an entry of the blacklist.
#[utoipa::path(post, path = "/v1/blacklist/{id}/lift", tag = "merchants", params(("id" = String, Path)), request_body = Reason, responses((status = 204)))]
pub(crate) async fn lift_blacklist(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(body): Json<Reason>,
) -> Result<StatusCode, Failure> {
    crate::lift_blacklist(site.kernel(), &actor, &id, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
