//! Signing in with a provider of the organisation (OpenID Connect Core 1.0, authorization code flow with PKCE, RFC 7636).
//!
//! The provider's answer counts only with the state, nonce and verifier this browser was sent away with, and with an ID
//! token whose signature, issuer, audience and times hold. A person is known by provider and subject, never by a mail
//! address; the link is made by the signed-in person.

use crate::error::Error;
use crate::model::{Origin, UserState};
use crate::profile::session_of;
use crate::sign_in::{Method, SignIn, begin};
use crate::store::{identities, users};
use chrono::{DateTime, Utc};
use ground::Problem;
use kernel::{Act, Actor, Kernel};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::http;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use url::Url;
use web::outbound::Client;

/// A provider people may sign in with.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Short name in addresses: `a-z 0-9 -`.
    pub key: String,
    /// How the button calls it.
    pub name: String,
    /// Issuer; its discovery document is asked for.
    pub issuer: String,
    /// This product's id at the provider.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// The configured providers. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Providers(Arc<Vec<Provider>>);

impl Providers {
    /// These providers.
    pub fn new(providers: Vec<Provider>) -> Providers {
        Providers(Arc::new(providers))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// The one with this key.
    pub(crate) fn get(&self, key: &str) -> Result<&Provider, Error> {
        self.0.iter().find(|provider| provider.key == key).ok_or_else(|| Problem::not_found().into())
    }
}

/// What the browser keeps while it is away, in a signed cookie.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Journey {
    pub(crate) provider: String,
    state: String,
    nonce: String,
    verifier: String,
    /// Where to go afterwards.
    pub(crate) next: String,
    /// Whether the signed-in person links the identity, instead of signing in with it.
    pub(crate) link: bool,
}

/// openidconnect asks through this; every call goes through the guarded client.
async fn call(
    client: Client,
    request: http::Request<Vec<u8>>,
) -> Result<http::Response<Vec<u8>>, web::outbound::Error> {
    let (parts, body) = request.into_parts();
    let answer = client.send(parts.method, &parts.uri.to_string(), parts.headers, body.into()).await?;
    let mut response = http::Response::new(answer.body.to_vec());
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn refused(reason: impl std::fmt::Display) -> Error {
    Error::ProviderRefused(reason.to_string())
}

async fn metadata(client: &Client, provider: &Provider) -> Result<CoreProviderMetadata, Error> {
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(refused)?;
    let http = |request| call(client.clone(), request);
    CoreProviderMetadata::discover_async(issuer, &http).await.map_err(|error| refused(chain(&error)))
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// The address at this product a provider sends the browser back to.
pub fn return_address(base_url: &str, key: &str) -> String {
    format!("{base_url}/sign-in/with/{key}/return")
}

/// Sends the browser away: where to, and what it must bring back.
pub(crate) async fn depart(
    kernel: &Kernel,
    client: &Client,
    provider: &Provider,
    base_url: &str,
    next: &str,
    link: bool,
) -> Result<(Url, Journey), Error> {
    let metadata = metadata(client, provider).await?;
    let redirect = RedirectUrl::new(return_address(base_url, &provider.key)).map_err(refused)?;
    let random = || crate::secret::new_secret(kernel.rng());
    let (state, nonce, verifier) = (random(), random(), random());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.clone()));
    let relying = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(provider.client_id.clone()),
        Some(ClientSecret::new(provider.client_secret.clone())),
    )
    .set_redirect_uri(redirect);
    let (sent_state, sent_nonce) = (state.clone(), nonce.clone());
    let (address, _, _) = relying
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(sent_state),
            move || Nonce::new(sent_nonce),
        )
        .add_scope(Scope::new("openid".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let journey = Journey { provider: provider.key.clone(), state, nonce, verifier, next: next.to_owned(), link };
    Ok((address, journey))
}

/// Checks what the browser brought back and asks the provider who it is. Returns the subject.
pub(crate) async fn arrive(
    kernel: &Kernel,
    client: &Client,
    provider: &Provider,
    base_url: &str,
    journey: Journey,
    state: &str,
    code: &str,
) -> Result<String, Error> {
    use subtle::ConstantTimeEq;
    if journey.provider != provider.key || !bool::from(journey.state.as_bytes().ct_eq(state.as_bytes())) {
        return Err(refused("the state is not the one this browser was sent away with"));
    }
    let metadata = metadata(client, provider).await?;
    let redirect = RedirectUrl::new(return_address(base_url, &provider.key)).map_err(refused)?;
    let relying = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(provider.client_id.clone()),
        Some(ClientSecret::new(provider.client_secret.clone())),
    )
    .set_redirect_uri(redirect);
    let http = |request| call(client.clone(), request);
    let answer = relying
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(refused)?
        .set_pkce_verifier(PkceCodeVerifier::new(journey.verifier))
        .request_async(&http)
        .await
        .map_err(|error| refused(chain(&error)))?;
    let id_token = answer.id_token().ok_or_else(|| refused("there is no ID token"))?;
    let clock = kernel.clone();
    let now = move || DateTime::<Utc>::from_timestamp_micros(clock.now().micros()).unwrap_or_default();
    let verifier = relying.id_token_verifier().set_time_fn(now);
    let claims = id_token.claims(&verifier, &Nonce::new(journey.nonce)).map_err(|error| refused(chain(&error)))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(refused)?;
        let key = id_token.signing_key(&verifier).map_err(|error| refused(chain(&error)))?;
        let actual = AccessTokenHash::from_token(answer.access_token(), algorithm, key).map_err(refused)?;
        if actual != *expected {
            return Err(refused("the access token is not the one the ID token was made for"));
        }
    }
    Ok(claims.subject().as_str().to_owned())
}

/// Signs in whoever is linked with this identity. The provider is trusted to have asked for a second factor.
pub(crate) async fn sign_in_as(
    kernel: &Kernel,
    provider: &str,
    subject: &str,
    origin: &Origin,
) -> Result<SignIn, Error> {
    let user_id = identities::user_of(kernel, provider, subject).await?.ok_or(Error::ProviderUnknown)?;
    let secrets = users::by_id(kernel.db().read(), &user_id).await?;
    let user = secrets.map(|secrets| secrets.user).filter(|user| user.state == UserState::Active);
    begin(kernel, &user.ok_or(Error::SignInRefused)?, Method::Provider, true, origin).await
}

/// Links the identity with the signed-in person.
pub(crate) async fn link(kernel: &Kernel, actor: &Actor, provider: &str, subject: &str) -> Result<(), Error> {
    session_of(actor)?;
    match identities::user_of(kernel, provider, subject).await? {
        Some(owner) if owner == actor.id => return Ok(()),
        Some(_) => return Err(Error::ProviderTaken),
        None => {}
    }
    let mut write = kernel.begin(actor).await?;
    match identities::insert(write.tx(), write.new_id(), provider, subject, &actor.id, write.now()).await {
        Ok(()) => {}
        Err(db::Error::Duplicate(_)) => return Err(Error::ProviderTaken),
        Err(error) => return Err(error.into()),
    }
    let act =
        Act::new("user.provider_linked", "user", &actor.id).public("provider", provider).private("subject", subject);
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// Takes the link with a provider away.
pub(crate) async fn unlink(kernel: &Kernel, actor: &Actor, provider: &str) -> Result<(), Error> {
    session_of(actor)?;
    let mut write = kernel.begin(actor).await?;
    if identities::remove(write.tx(), provider, &actor.id).await? == 0 {
        return Err(Problem::not_found().into());
    }
    write.act(Act::new("user.provider_unlinked", "user", &actor.id).public("provider", provider)).await?;
    write.commit().await?;
    Ok(())
}
