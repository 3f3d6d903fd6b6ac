//! Single sign-on against a provider made here: discovery, keys, token endpoint with PKCE, ID tokens signed with Ed25519.

use super::pages::Browser;
use super::*;
use crate::oidc::{Provider, Providers};
use axum::Router;
use axum::extract::{Form, State};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Mutex;

/// What the provider does with the next code.
#[derive(Clone, Default)]
struct Plan {
    subject: String,
    nonce: String,
    challenge: String,
    audience: String,
    expires_in_seconds: i64,
    forged: bool,
}

#[derive(Clone)]
struct Idp {
    issuer: String,
    now_seconds: i64,
    plan: Arc<Mutex<Plan>>,
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Idp {
    async fn start(house: &House) -> Idp {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let idp = Idp { issuer, now_seconds: house.kernel.now().micros() / SECOND_MICROS, plan: Arc::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(idp.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        idp
    }

    fn providers(&self) -> Providers {
        Providers::new(vec![Provider {
            key: "corp".into(),
            name: "企业登录".into(),
            issuer: self.issuer.clone(),
            client_id: "touchstone".into(),
            client_secret: "secret".into(),
        }])
    }

    fn settings(&self) -> web::Settings {
        let allow = self.issuer.trim_start_matches("http://").to_owned();
        web::Settings { outbound_allow: vec![allow], ..web::Settings::default() }
    }
}

async fn configuration(State(idp): State<Idp>) -> axum::Json<Value> {
    axum::Json(json!({
        "issuer": idp.issuer, "authorization_endpoint": format!("{}/authorize", idp.issuer),
        "token_endpoint": format!("{}/token", idp.issuer), "jwks_uri": format!("{}/keys", idp.issuer),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
    }))
}

async fn keys() -> axum::Json<Value> {
    let public = b64(key().verifying_key().as_bytes());
    axum::Json(
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k1", "x": public }] }),
    )
}

async fn token(
    State(idp): State<Idp>,
    Form(form): Form<HashMap<String, String>>,
) -> (axum::http::StatusCode, axum::Json<Value>) {
    let plan = idp.plan.lock().unwrap().clone();
    let verifier = form.get("code_verifier").cloned().unwrap_or_default();
    if b64(Sha256::digest(verifier.as_bytes())) != plan.challenge
        || form.get("code").map(String::as_str) != Some("the-code")
    {
        return (axum::http::StatusCode::BAD_REQUEST, axum::Json(json!({ "error": "invalid_grant" })));
    }
    let claims = json!({
        "iss": idp.issuer, "sub": plan.subject, "aud": plan.audience, "nonce": plan.nonce, "iat": idp.now_seconds,
        "exp": idp.now_seconds + plan.expires_in_seconds,
    });
    let header = b64(json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" }).to_string());
    let message = format!("{header}.{}", b64(claims.to_string()));
    let mut signature = key().sign(message.as_bytes()).to_bytes();
    if plan.forged {
        signature[5] ^= 1;
    }
    let id_token = format!("{message}.{}", b64(signature));
    let body = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token });
    (axum::http::StatusCode::OK, axum::Json(body))
}

/// Goes to the provider and comes back; `change` may spoil what the provider does.
async fn journey(browser: &mut Browser, idp: &Idp, start: &str, change: impl FnOnce(&mut Plan, &mut String)) {
    browser.get(start).await;
    assert_eq!(browser.status, 303, "{}", browser.text);
    let away = url::Url::parse(&browser.location).unwrap();
    let asked: HashMap<String, String> = away.query_pairs().into_owned().collect();
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], "http://127.0.0.1:8080/sign-in/with/corp/return");
    let mut state = asked["state"].clone();
    let mut plan = Plan {
        subject: "s-1".into(),
        nonce: asked["nonce"].clone(),
        challenge: asked["code_challenge"].clone(),
        audience: "touchstone".into(),
        expires_in_seconds: 300,
        forged: false,
    };
    change(&mut plan, &mut state);
    *idp.plan.lock().unwrap() = plan;
    browser.get(&format!("/sign-in/with/corp/return?code=the-code&state={state}")).await;
}

#[tokio::test]
async fn a_linked_identity_signs_in_and_nothing_else_does() {
    let house = House::new().await;
    let idp = Idp::start(&house).await;
    let mut browser = Browser::on(&house, idp.settings(), idp.providers()).await;
    journey(&mut browser, &idp, "/sign-in/with/corp", |_, _| {}).await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/sign-in"));
    browser.get("/sign-in").await;
    assert!(browser.text.contains("尚未与任何账户关联"), "{}", browser.text);
    let link = demonstration_link(&house.kernel, Role::Manager, "manager", None).await.unwrap();
    browser.get(&format!("/link/{link}")).await;
    browser.post(&format!("/link/{link}"), &[]).await;
    journey(&mut browser, &idp, "/account/providers/corp/link", |_, _| {}).await;
    assert_eq!(browser.location, "/account", "{}", browser.text);
    browser.get("/account").await;
    assert!(browser.text.contains("已关联单点登录"), "{}", browser.text);
    type Spoil = fn(&mut Plan, &mut String);
    let spoiled: [(&str, Spoil); 7] = [
        ("another state", |_, state| *state = "x".into()),
        ("another nonce", |plan, _| plan.nonce = "x".into()),
        ("another audience", |plan, _| plan.audience = "other".into()),
        ("an expired token", |plan, _| plan.expires_in_seconds = -600),
        ("a forged signature", |plan, _| plan.forged = true),
        ("another verifier", |plan, _| plan.challenge = "x".into()),
        ("another subject", |plan, _| plan.subject = "s-2".into()),
    ];
    for (what, spoil) in spoiled {
        let mut other = Browser::on(&house, idp.settings(), idp.providers()).await;
        journey(&mut other, &idp, "/sign-in/with/corp", spoil).await;
        assert_eq!((other.status, other.location.as_str()), (303, "/sign-in"), "{what}");
        other.get("/account").await;
        assert_eq!(other.status, 303, "{what} signs nobody in");
    }
    let mut fresh = Browser::on(&house, idp.settings(), idp.providers()).await;
    journey(&mut fresh, &idp, "/sign-in/with/corp?next=%2Faccount", |_, _| {}).await;
    assert_eq!((fresh.status, fresh.location.as_str()), (303, "/account"));
    fresh.get("/account").await;
    assert!(fresh.status == 200 && fresh.text.contains("manager"));
    fresh.get("/sign-in/with/corp/return?code=the-code&state=x").await;
    assert_eq!(fresh.location, "/sign-in", "a return without a departure");
}
