//! The JSON routes of people and tokens.

use crate::model::{
    NewUser, Organisation, OrganisationKind, Outcome, SignInFilter, SignInRecord, Token, User, UserFilter, UserState,
};
use axum::extract::State;
use axum::http::StatusCode;
use ground::{Fault, Language, Problem};
use kernel::{Permission, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use web::{Failure, Json, PageBody, PagingQuery, Path, Query, Signed, Site};

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct UserBody {
    id: String,
    login: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    roles: Vec<String>,
    organisation: Option<OrganisationBody>,
    /// `zh-CN` or `en`.
    language: String,
    /// `invited`, `active` or `deactivated`.
    state: String,
    second_factor: bool,
    created_at: String,
    signed_in_at: Option<String>,
}

/// The organisation a person acts for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AccountOrganisation)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganisationBody {
    /// `merchant`, `laboratory`, `regulator` or `brand`.
    kind: String,
    id: String,
    name: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        UserBody {
            id: user.id,
            login: user.login,
            name: user.name,
            email: user.email,
            phone: user.phone,
            roles: user.roles.iter().map(|role| role.name().to_owned()).collect(),
            organisation: user.organisation.map(|organisation| OrganisationBody {
                kind: organisation.kind.name().to_owned(),
                id: organisation.id,
                name: organisation.name,
            }),
            language: user.language.tag().to_owned(),
            state: user.state.name().to_owned(),
            second_factor: user.second_factor,
            created_at: user.created_at.to_rfc3339(),
            signed_in_at: user.signed_in_at.map(|at| at.to_rfc3339()),
        }
    }
}

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeBody {
    #[serde(flatten)]
    user: UserBody,
    /// What this session or token may do.
    permissions: Vec<String>,
}

/// Who I am and what I may.
#[utoipa::path(get, path = "/v1/me", tag = "accounts", responses((status = 200, body = MeBody)))]
pub(crate) async fn me(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<MeBody>, Failure> {
    let user = crate::me(site.kernel(), &actor).await?;
    let held = Permission::ALL.into_iter().filter(|permission| actor.may(*permission));
    Ok(Json(MeBody { user: user.into(), permissions: held.map(|permission| permission.name().to_owned()).collect() }))
}

/// An API token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenBody {
    id: String,
    name: String,
    scopes: Vec<String>,
    created_at: String,
    expires_at: String,
    used_at: Option<String>,
    revoked_at: Option<String>,
    /// Only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl From<Token> for TokenBody {
    fn from(token: Token) -> Self {
        TokenBody {
            id: token.id,
            name: token.name,
            scopes: token.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            created_at: token.created_at.to_rfc3339(),
            expires_at: token.expires_at.to_rfc3339(),
            used_at: token.used_at.map(|at| at.to_rfc3339()),
            revoked_at: token.revoked_at.map(|at| at.to_rfc3339()),
            secret: None,
        }
    }
}

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenInput {
    name: String,
    /// Names of permissions the maker holds.
    scopes: Vec<String>,
    /// Life in days.
    days: i64,
}

/// My tokens.
#[utoipa::path(get, path = "/v1/tokens", tag = "accounts", responses((status = 200, body = [TokenBody])))]
pub(crate) async fn tokens(State(site): State<Site>, Signed(actor): Signed) -> Result<Json<Vec<TokenBody>>, Failure> {
    let found = crate::tokens(site.kernel(), &actor, &actor.id).await?;
    Ok(Json(found.into_iter().map(TokenBody::from).collect()))
}

/// Makes a token. Its secret is in this answer only. A token cannot make tokens: sign in to do so.
#[utoipa::path(post, path = "/v1/tokens", tag = "accounts", request_body = TokenInput, responses((status = 201, body = TokenBody)))]
pub(crate) async fn create_token(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(input): Json<TokenInput>,
) -> Result<(StatusCode, Json<TokenBody>), Failure> {
    let scopes = scopes(&input.scopes)?;
    let (token, secret) = crate::create_token(site.kernel(), &actor, &input.name, scopes, input.days).await?;
    Ok((StatusCode::CREATED, Json(TokenBody { secret: Some(secret), ..token.into() })))
}

/// Reads scope names.
pub(crate) fn scopes(names: &[String]) -> Result<BTreeSet<Permission>, Problem> {
    let read = |name: &String| {
        Permission::from_name(name).ok_or_else(|| {
            let shown: String = name.chars().take(60).collect();
            Problem::invalid(vec![Fault::field("scopes", "accounts-scope-unknown").arg("scope", shown)])
        })
    };
    names.iter().map(read).collect()
}

/// Reads role names.
pub(crate) fn roles(names: &[String]) -> Result<BTreeSet<Role>, Problem> {
    let read = |name: &String| {
        Role::from_name(name).ok_or_else(|| {
            let shown: String = name.chars().take(60).collect();
            Problem::invalid(vec![Fault::field("roles", "accounts-role-unknown").arg("role", shown)])
        })
    };
    names.iter().map(read).collect()
}

/// Revokes a token.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "accounts", params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn revoke_token(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    crate::revoke_token(site.kernel(), &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which people.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    pub(crate) q: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) organisation: Option<String>,
}

impl ListQuery {
    pub(crate) fn filter(&self) -> UserFilter {
        let wanted = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        UserFilter {
            text: wanted(&self.q).map(|text| text.trim().chars().take(100).collect()),
            role: self.role.as_deref().and_then(Role::from_name),
            state: UserState::ALL.into_iter().find(|state| Some(state.name()) == self.state.as_deref()),
            organisation: wanted(&self.organisation),
        }
    }
}

/// People.
#[utoipa::path(get, path = "/v1/accounts", tag = "accounts",
    params(("q" = Option<String>, Query, description = "Part of login, name, mail address or organisation"), ("role" = Option<String>, Query),
        ("state" = Option<String>, Query), ("organisation" = Option<String>, Query), ("page" = Option<u64>, Query), ("rows" = Option<u64>, Query)),
    responses((status = 200, body = PageBody<UserBody>)))]
pub(crate) async fn list(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<ListQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<UserBody>>, Failure> {
    let page = crate::list(site.kernel(), &actor, &query.filter(), &paging).await?;
    Ok(Json(PageBody::of(page, UserBody::from)))
}

/// A person to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccountInput)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserInput {
    login: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    /// Staff roles, or the one role of the organisation's kind.
    roles: Vec<String>,
    organisation: Option<OrganisationBody>,
    /// `zh-CN` (default) or `en`.
    language: Option<String>,
}

/// A person and the link by which they set their password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitedBody {
    account: UserBody,
    /// Good once.
    link: String,
}

/// Invites somebody.
#[utoipa::path(post, path = "/v1/accounts", tag = "accounts", request_body = UserInput, responses((status = 201, body = InvitedBody)))]
pub(crate) async fn invite(
    State(site): State<Site>,
    Signed(actor): Signed,
    Json(input): Json<UserInput>,
) -> Result<(StatusCode, Json<InvitedBody>), Failure> {
    let organisation = match input.organisation {
        None => None,
        Some(body) => Some(Organisation {
            kind: OrganisationKind::from_name(&body.kind)
                .ok_or_else(|| Problem::invalid_field("/organisation/kind", "accounts-organisation-kind"))?,
            id: body.id,
            name: body.name,
        }),
    };
    let new = NewUser {
        login: input.login,
        name: input.name,
        email: input.email,
        phone: input.phone,
        roles: roles(&input.roles)?,
        organisation,
        language: input.language.as_deref().and_then(Language::from_tag).unwrap_or_default(),
    };
    let (user, token) = crate::invite(site.kernel(), &actor, new).await?;
    let link = format!("{}/link/{token}", site.settings().base_url);
    Ok((StatusCode::CREATED, Json(InvitedBody { account: user.into(), link })))
}

/// One person.
#[utoipa::path(get, path = "/v1/accounts/{id}", tag = "accounts", params(("id" = String, Path)), responses((status = 200, body = UserBody)))]
pub(crate) async fn show(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<UserBody>, Failure> {
    Ok(Json(crate::user(site.kernel(), &actor, &id).await?.into()))
}

/// Roles to be held.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RolesInput {
    roles: Vec<String>,
}

/// Gives a person other roles.
#[utoipa::path(put, path = "/v1/accounts/{id}/roles", tag = "accounts", params(("id" = String, Path)), request_body = RolesInput, responses((status = 204)))]
pub(crate) async fn set_roles(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(input): Json<RolesInput>,
) -> Result<StatusCode, Failure> {
    crate::set_roles(site.kernel(), &actor, &id, roles(&input.roles)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonInput {
    reason: String,
}

/// Takes a person's way in.
#[utoipa::path(post, path = "/v1/accounts/{id}/deactivate", tag = "accounts", params(("id" = String, Path)), request_body = ReasonInput, responses((status = 204)))]
pub(crate) async fn deactivate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
    Json(input): Json<ReasonInput>,
) -> Result<StatusCode, Failure> {
    crate::deactivate(site.kernel(), &actor, &id, &input.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a deactivated person in again.
#[utoipa::path(post, path = "/v1/accounts/{id}/activate", tag = "accounts", params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn activate(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    crate::activate(site.kernel(), &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A link, good once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkBody {
    link: String,
}

/// A new link for setting a password.
#[utoipa::path(post, path = "/v1/accounts/{id}/link", tag = "accounts", params(("id" = String, Path)), responses((status = 200, body = LinkBody)))]
pub(crate) async fn link(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<Json<LinkBody>, Failure> {
    let token = crate::issue_link(site.kernel(), &actor, &id).await?;
    Ok(Json(LinkBody { link: format!("{}/link/{token}", site.settings().base_url) }))
}

/// Ends all sessions of a person.
#[utoipa::path(delete, path = "/v1/accounts/{id}/sessions", tag = "accounts", params(("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn end_sessions(
    State(site): State<Site>,
    Signed(actor): Signed,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    crate::revoke_sessions(site.kernel(), &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An attempt to sign in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignIn)]
pub(crate) struct SignInBody {
    at: String,
    login: String,
    account_id: Option<String>,
    /// `password`, `second_factor`, `link` or `provider`.
    method: String,
    /// `done`, `refused` or `paused`.
    outcome: String,
    address: String,
    agent: String,
}

impl From<SignInRecord> for SignInBody {
    fn from(record: SignInRecord) -> Self {
        SignInBody {
            at: record.at.to_rfc3339(),
            login: record.login,
            account_id: record.user_id,
            method: record.method,
            outcome: record.outcome.name().to_owned(),
            address: record.address,
            agent: record.agent,
        }
    }
}

/// Which attempts.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AuditQuery {
    pub(crate) login: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) outcome: Option<String>,
}

impl AuditQuery {
    pub(crate) fn filter(&self) -> SignInFilter {
        let wanted = |text: &Option<String>| {
            text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_lowercase)
        };
        SignInFilter {
            login: wanted(&self.login),
            address: wanted(&self.address),
            outcome: Outcome::ALL.into_iter().find(|outcome| Some(outcome.name()) == self.outcome.as_deref()),
            ..SignInFilter::default()
        }
    }
}

/// Attempts to sign in, newest first.
#[utoipa::path(get, path = "/v1/sign-ins", tag = "accounts",
    params(("login" = Option<String>, Query), ("address" = Option<String>, Query), ("outcome" = Option<String>, Query),
        ("page" = Option<u64>, Query), ("rows" = Option<u64>, Query)),
    responses((status = 200, body = PageBody<SignInBody>)))]
pub(crate) async fn sign_ins(
    State(site): State<Site>,
    Signed(actor): Signed,
    Query(query): Query<AuditQuery>,
    PagingQuery(paging): PagingQuery,
) -> Result<Json<PageBody<SignInBody>>, Failure> {
    let page = crate::audit(site.kernel(), &actor, &query.filter(), &paging).await?;
    Ok(Json(PageBody::of(page, SignInBody::from)))
}
