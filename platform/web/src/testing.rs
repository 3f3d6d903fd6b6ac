//! Requests to a router in tests of slices: who asks, what is asked, what is answered.

use crate::{Authenticator, FixedNav, Settings, SignedSession, Site};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use ground::Language;
use http_body_util::BodyExt;
use kernel::{Actor, ActorKind, Kernel, Permission, Role};
use std::sync::Arc;
use tower::ServiceExt;
use ui::{CatalogSource, Catalogs};

/// People whose token says who they are: a role, and behind a colon the organisation (`merchant:m1`). There are no
/// sessions.
#[derive(Debug, Clone, Copy)]
pub struct People {
    /// What they read.
    pub language: Language,
    /// Where a merchant belongs whose token names no organisation.
    pub organisation: Option<&'static str>,
}

impl Default for People {
    fn default() -> Self {
        People { language: Language::En, organisation: None }
    }
}

impl People {
    /// Who a token is; `None` when it names no role.
    pub fn actor(&self, token: &str) -> Option<Actor> {
        let (role, organisation) = match token.split_once(':') {
            Some((role, organisation)) => (role, Some(organisation)),
            None => (token, None),
        };
        let role = Role::from_name(role)?;
        let own = self.organisation.filter(|_| role == Role::Merchant);
        Some(Actor {
            id: format!("user-{token}"),
            name: token.to_owned(),
            roles: [role].into(),
            organisation: organisation.or(own).map(str::to_owned),
            kind: ActorKind::Token { token: "t".into(), scopes: Permission::ALL.into_iter().collect() },
            language: self.language,
        })
    }
}

#[async_trait::async_trait]
impl Authenticator for People {
    async fn session(&self, _: &Kernel, _: &str) -> kernel::Result<Option<SignedSession>> {
        Ok(None)
    }

    async fn bearer(&self, _: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        Ok(self.actor(token))
    }
}

/// A site at `https://quality.example` without navigation, whose people may ask as often as they like.
///
/// # Panics
/// When the texts have a fault or the store cannot be read.
pub async fn site(kernel: &Kernel, catalogs: &[CatalogSource], people: impl Authenticator + 'static) -> Site {
    let catalogs = Arc::new(Catalogs::new(catalogs).expect("the texts"));
    let settings = Settings {
        base_url: "https://quality.example".into(),
        address_requests_per_minute: 1_000_000,
        actor_requests_per_minute: 1_000_000,
        ..Settings::default()
    };
    let nav = Arc::new(FixedNav::default());
    Site::new(kernel.clone(), catalogs, settings, Arc::new(people), nav).await.expect("a site")
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text; what is no UTF-8 is replaced.
    pub body: String,
    /// Its body as it came.
    pub bytes: Bytes,
}

impl Answer {
    /// The body read as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON: {error}: {}", self.body))
    }

    /// What a header says, all its values joined by a comma; empty without it.
    pub fn header(&self, name: &str) -> String {
        let all: Vec<&str> = self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        all.join(", ")
    }
}

/// Sends a request to a router and reads the answer to its end.
///
/// # Panics
/// When the request cannot be made of these parts or the body breaks off.
pub async fn call(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).expect("a request");
    let answer = router.clone().oneshot(request).await.expect("an answer");
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.expect("the body").to_bytes();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, body, bytes }
}
