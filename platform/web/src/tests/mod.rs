//! The layer through its public door: a small router of its own, with people of every kind.

mod api;
mod door;
mod outbound;
mod webhooks;

use crate::{
    Access, Authenticator, Cx, Failure, FixedNav, Form, Json, Routes, Settings, Signed, SignedSession, Site, Upload,
    UploadLimits,
};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use db::testing::TestDb;
use ground::{FakeClock, Language, Problem, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, ActorKind, Kernel, Permission, Role};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;
use ui::parts::form_post;

/// Knows the session `reviewer-session` and the tokens `admin-token` and `narrow-token`.
pub(super) struct Doorman;

pub(super) fn person(role: Role) -> Actor {
    Actor {
        id: format!("user-{}", role.name()),
        name: "李四".into(),
        roles: [role].into(),
        organisation: None,
        kind: ActorKind::Person { session: "s1".into() },
        language: Language::Zh,
    }
}

#[async_trait::async_trait]
impl Authenticator for Doorman {
    async fn session(&self, _kernel: &Kernel, token: &str) -> kernel::Result<Option<SignedSession>> {
        let role = match token {
            "reviewer-session" => Role::Reviewer,
            "admin-session" => Role::Admin,
            _ => return Ok(None),
        };
        Ok(Some(SignedSession {
            actor: person(role),
            csrf_secret: token.as_bytes().to_vec(),
            zone: TimeZone::UTC,
            organisation_name: None,
            owed: None,
        }))
    }

    async fn bearer(&self, _kernel: &Kernel, token: &str) -> kernel::Result<Option<Actor>> {
        let scopes = match token {
            "admin-token" => Permission::ALL.into(),
            "narrow-token" => [Permission::ListingsRead].into(),
            _ => return Ok(None),
        };
        let kind = ActorKind::Token { token: "t1".into(), scopes };
        Ok(Some(Actor { kind, ..person(Role::Admin) }))
    }
}

static DONE: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    price: u64,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    size: u64,
}

/// Makes a thing.
#[utoipa::path(post, path = "/v1/things", request_body = Thing, responses((status = 201, body = Thing)))]
async fn make(Signed(_actor): Signed, Json(thing): Json<Thing>) -> (StatusCode, Json<serde_json::Value>) {
    let number = DONE.fetch_add(1, Ordering::SeqCst);
    (StatusCode::CREATED, Json(serde_json::json!({ "name": thing.name, "number": number })))
}

async fn form(Cx(cx): Cx) -> Markup {
    ui::shell::page(&cx, "表单", html! { (form_post(&cx, "/console/form", html! { input name="note"; })) })
}

#[derive(Deserialize)]
struct Note {
    note: String,
    #[serde(default)]
    tag: Vec<String>,
}

async fn save(Form(note): Form<Note>) -> String {
    format!("saved {} {}", note.note, note.tag.join("+"))
}

async fn upload(upload: Upload) -> Result<String, Failure> {
    let limits = UploadLimits { file_bytes_max: 3 * 1024 * 1024, ..UploadLimits::default() };
    let received = upload.read(&limits).await?;
    let file = received.file("file").ok_or_else(Problem::not_found)?;
    Ok(format!("{} {} {}", file.name, file.bytes, received.field("note").unwrap_or("")))
}

async fn panics() -> &'static str {
    panic!("秘密 secret-in-a-panic")
}

async fn leaks() -> Result<&'static str, Failure> {
    Err(Problem::internal("secret-in-a-source").into())
}

async fn slow() -> &'static str {
    std::future::pending().await
}

fn routes() -> Routes {
    const REVIEW: Access = Access::Needs(&[Permission::ReviewRead]);
    Routes::new()
        .api(Access::SignedIn, utoipa_axum::routes!(make))
        .page(REVIEW, "/console/form", get(form).post(save))
        .page(Access::Public, "/public/form", get(form).post(save))
        .page(Access::SignedIn, "/upload", post(upload))
        .page(Access::Public, "/v1/panics", get(panics))
        .page(Access::Public, "/public/panics", get(panics))
        .page(Access::Public, "/v1/leaks", get(leaks))
        .page(Access::Public, "/v1/slow", get(slow))
        .page(
            Access::SignedIn,
            "/flash",
            get(|| async { crate::redirect_with_flash("/console/form", "web-webhook-was-tested") }),
        )
        .page(Access::Public, "/address", get(|context: crate::Context| async move { context.address.to_string() }))
        .page(Access::Public, "/now", get(|State(site): State<Site>| async move { site.kernel().now().to_rfc3339() }))
}

/// The layer over a fresh SQLite store.
pub(super) struct App {
    router: Router,
    pub(super) kernel: Kernel,
    pub(super) clock: Arc<FakeClock>,
    pub(super) site: Site,
    _db: TestDb,
    _folder: tempfile::TempDir,
}

pub(super) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(crate::migrations());
    all
}

pub(super) fn kernel_over(db: db::Db, clock: Arc<FakeClock>, folder: &std::path::Path) -> Kernel {
    let blobs = blobs::Blobs::folder(folder).unwrap();
    let rng = Arc::new(SeededRng::new(5));
    let kernel = Kernel::new(db, blobs, clock, rng, policy::shipped(), TimeZone::UTC);
    kernel.use_master_key(&kernel::sealed::MasterKey::new([5; 32]));
    kernel
}

impl App {
    pub(super) async fn start() -> App {
        App::with(Settings::default()).await
    }

    pub(super) async fn with(settings: Settings) -> App {
        let folder = tempfile::tempdir().unwrap();
        let test = db::testing::sqlite(migrations).await;
        let clock = Arc::new(FakeClock::at_rfc3339("2026-03-02T00:00:00Z"));
        let kernel = kernel_over(test.db.clone(), clock.clone(), folder.path());
        let catalogs = Arc::new(ui::Catalogs::new(&[crate::CATALOG]).unwrap());
        let nav = Arc::new(FixedNav::default());
        let site = Site::new(kernel.clone(), catalogs, settings, Arc::new(Doorman), nav).await.unwrap();
        App { router: routes().into_router(site.clone()), kernel, clock, site, _db: test, _folder: folder }
    }

    pub(super) async fn call(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Answer {
        let mut request = request.body(body.into()).unwrap();
        let peer =
            request.headers().get("x-test-peer").and_then(|v| v.to_str().ok()).unwrap_or("192.0.2.7:1").to_owned();
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path), Body::empty()).await
    }
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The cookies set, as a `Cookie` header.
    pub(super) fn cookies(&self) -> String {
        let set = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        set.filter_map(|text| text.split(';').next()).collect::<Vec<_>>().join("; ")
    }

    /// The CSRF mark of the first form.
    pub(super) fn mark(&self) -> String {
        let after = self.text.split("name=\"csrf_token\" value=\"").nth(1).expect("a form");
        after.split('"').next().unwrap().to_owned()
    }
}
