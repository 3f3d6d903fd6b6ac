//! The pages, as a browser sees them.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;
use web::{FixedNav, Settings, Site};

/// A browser: keeps cookies, finds the mark of the form.
pub(super) struct Browser {
    router: Router,
    cookies: std::collections::BTreeMap<String, String>,
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) text: String,
}

impl Browser {
    pub(super) async fn on(house: &House, settings: Settings, providers: crate::oidc::Providers) -> Browser {
        let catalogs = Arc::new(ui::Catalogs::new(&[web::CATALOG, CATALOG]).unwrap());
        let nav = Arc::new(FixedNav::default());
        let site = Site::new(house.kernel.clone(), catalogs, settings, Arc::new(Authenticator), nav).await.unwrap();
        let router = routes_with(providers).into_router(site);
        Browser { router, cookies: Default::default(), status: 0, location: String::new(), text: String::new() }
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; ")).body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        self.status = answer.status().as_u16();
        self.location =
            answer.headers().get("location").map_or(String::new(), |value| value.to_str().unwrap().to_owned());
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        self.text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!self.text.contains('⟨'), "every text exists: {}", self.text);
    }

    pub(super) async fn get(&mut self, path: &str) {
        self.send(Request::get(path), String::new()).await;
    }

    /// Sends a form with the mark of the page that was opened last.
    pub(super) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) {
        let mark = self
            .text
            .split("name=\"csrf_token\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or("")
            .to_owned();
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).append_pair("csrf_token", &mark);
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, form.finish()).await;
    }
}

async fn browser(house: &House) -> Browser {
    Browser::on(house, Settings::default(), crate::oidc::Providers::default()).await
}

#[tokio::test]
async fn somebody_signs_in_with_both_factors_and_out_again() {
    let house = House::new().await;
    let (_, token) = house.person("zhangsan", Role::Reviewer).await;
    let actor = house.actor(&token).await.unwrap();
    let secret = begin_second_factor(&house.kernel, &actor).await.unwrap().secret;
    confirm_second_factor(&house.kernel, &actor, &crate::totp::code_at(&secret, house.kernel.now())).await.unwrap();
    house.clock.advance_micros(30 * SECOND_MICROS);
    let mut browser = browser(&house).await;
    browser.get("/account").await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/sign-in?next=%2Faccount"));
    browser.get("/sign-in?next=%2Faccount").await;
    browser.post("/sign-in", &[("login", "zhangsan"), ("password", "wrong"), ("next", "/account")]).await;
    assert_eq!(browser.status, 422);
    assert!(browser.text.contains("登录名或密码不正确") && browser.text.contains("zhangsan"));
    browser.post("/sign-in", &[("login", "zhangsan"), ("password", GOOD), ("next", "/account")]).await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/sign-in/second-factor"));
    browser.get("/account").await;
    assert_eq!(browser.status, 303, "half signed in is not signed in");
    browser.get("/sign-in/second-factor").await;
    browser.post("/sign-in/second-factor", &[("code", &crate::totp::code_at(&secret, house.kernel.now()))]).await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/account"), "{}", browser.text);
    browser.get("/account").await;
    assert_eq!(browser.status, 200);
    browser.post("/sign-out", &[]).await;
    assert_eq!(browser.location, "/sign-in");
    browser.get("/account").await;
    assert_eq!(browser.status, 303);
}

#[tokio::test]
async fn sign_in_never_leads_to_another_host() {
    let house = House::new().await;
    house.person("zhangsan", Role::Reviewer).await;
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let mut browser = browser(&house).await;
        browser.get("/sign-in").await;
        browser.post("/sign-in", &[("login", "zhangsan"), ("password", GOOD), ("next", next)]).await;
        assert_eq!(browser.location, "/", "{next}");
    }
}

#[tokio::test]
async fn a_link_is_shown_before_it_is_used() {
    let house = House::new().await;
    let link = demonstration_link(&house.kernel, Role::Manager, "manager", None).await.unwrap();
    let mut browser = browser(&house).await;
    for _ in 0..2 {
        browser.get(&format!("/link/{link}")).await;
        assert_eq!(browser.status, 200, "looking does not spend it");
    }
    browser.post(&format!("/link/{link}"), &[]).await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/"), "{}", browser.text);
    browser.get("/account").await;
    assert_eq!(browser.status, 200);
    browser.get(&format!("/link/{link}")).await;
    assert_eq!(browser.status, 410);
}

#[tokio::test]
async fn an_administrator_invites_and_the_invited_sets_a_password() {
    let house = House::new().await;
    let link = demonstration_link(&house.kernel, Role::Admin, "admin", None).await.unwrap();
    let mut admin = browser(&house).await;
    admin.get(&format!("/link/{link}")).await;
    admin.post(&format!("/link/{link}"), &[]).await;
    admin.get("/console/accounts/new").await;
    admin.post("/console/accounts/new", &[("login", "x"), ("name", "<script>"), ("roles", "reviewer")]).await;
    assert_eq!(admin.status, 422);
    assert!(
        admin.text.contains("field-login")
            && !admin.text.contains("<script>alert")
            && admin.text.contains("&lt;script&gt;")
    );
    admin.post("/console/accounts/new", &[("login", "lisi"), ("name", "李四"), ("roles", "reviewer")]).await;
    assert_eq!(admin.status, 200, "{}", admin.text);
    let path = admin.text.split("http://127.0.0.1:8080").nth(1).unwrap().split(['"', '<']).next().unwrap().to_owned();
    let mut invited = browser(&house).await;
    invited.get(&path).await;
    invited.post(&path, &[("password", GOOD), ("again", "different")]).await;
    assert_eq!(invited.status, 422);
    invited.post(&path, &[("password", GOOD), ("again", GOOD)]).await;
    assert_eq!(invited.status, 303, "{}", invited.text);
    invited.get("/console/accounts").await;
    assert_eq!(invited.status, 403, "a reviewer manages nobody");
    for page in ["/console/accounts?q=lisi", "/console/accounts/audit"] {
        admin.get(page).await;
        assert!(admin.status == 200 && admin.text.contains("lisi"), "{page}");
    }
    let id = admin.text.split("/console/accounts/0").nth(1).map(|rest| format!("0{}", &rest[..35])).unwrap();
    admin.get(&format!("/console/accounts/{id}")).await;
    assert_eq!(admin.status, 200);
}

#[tokio::test]
async fn a_merchant_joins_by_the_public_form() {
    let house = House::new().await;
    let mut browser = browser(&house).await;
    browser.get("/merchant/join?lang=en").await;
    browser
        .post("/merchant/join", &[("company", ""), ("login", "haocha"), ("password", "short"), ("again", "short")])
        .await;
    assert_eq!(browser.status, 422);
    assert!(browser.text.contains("at least 12") && browser.text.contains("field-company"), "{}", browser.text);
    let fields =
        [("company", "好茶"), ("login", "haocha"), ("password", GOOD), ("again", GOOD), ("email", ""), ("phone", "")];
    browser.post("/merchant/join", &fields).await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/merchant/enrol"), "{}", browser.text);
    browser.get("/account").await;
    assert!(browser.text.contains("好茶"));
}

#[tokio::test]
async fn people_keep_their_account_themselves() {
    let house = House::new().await;
    let link = demonstration_link(&house.kernel, Role::Manager, "manager", None).await.unwrap();
    let mut browser = browser(&house).await;
    browser.get(&format!("/link/{link}")).await;
    browser.post(&format!("/link/{link}"), &[]).await;
    browser.get("/account").await;
    browser
        .post(
            "/account/tokens",
            &[("name", "同步"), ("scopes", "listings_read"), ("scopes", "policies_read"), ("days", "30")],
        )
        .await;
    assert!(browser.status == 200 && browser.text.contains("ts_"), "{}", browser.text);
    browser.get("/account").await;
    assert!(browser.text.contains("同步") && browser.text.contains("listings_read, policies_read"));
    browser.post("/account/profile", &[("name", ""), ("language", "en"), ("zone", "Mars/Base")]).await;
    assert_eq!(browser.status, 422);
    assert!(browser.text.contains("field-name") && browser.text.contains("field-zone"));
    browser.post("/account/profile", &[("name", "王五"), ("language", "en"), ("zone", "Europe/Berlin")]).await;
    assert_eq!(browser.status, 303);
    browser.get("/account").await;
    assert!(browser.text.contains("My account") && browser.text.contains("Saved"), "in the language just chosen");
    browser.get("/account/second-factor").await;
    assert!(browser.text.contains("otpauth://totp/Touchstone"));
    browser.post("/account/second-factor", &[("code", "1")]).await;
    assert_eq!(browser.status, 422);
}

#[tokio::test]
async fn who_owes_a_second_factor_is_led_to_it_from_every_page_that_is_refused() {
    let house = House::new().await;
    let (_, token) = house.person("chief", Role::Admin).await;
    let mut browser = browser(&house).await;
    browser.cookies.insert("ts_session".into(), token);
    browser.get("/console/accounts").await;
    assert_eq!((browser.status, browser.location.as_str()), (303, "/account/second-factor"), "{}", browser.text);
    browser.get("/account/second-factor").await;
    assert_eq!(browser.status, 200);
    assert!(
        browser.text.contains("您的角色必须使用动态口令") || browser.text.contains("needs a second factor"),
        "{}",
        browser.text
    );
    // What has no form of its own stays a refusal.
    browser.post("/console/accounts/u1/deactivate", &[]).await;
    assert_eq!(browser.status, 403);
    let (_, token) = house.person("zhang", Role::Reviewer).await;
    browser.cookies.insert("ts_session".into(), token);
    browser.get("/console/accounts").await;
    assert_eq!(browser.status, 403, "who owes nothing is refused");
}
