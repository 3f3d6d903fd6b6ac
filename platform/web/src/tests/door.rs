//! Sessions, forgery, access, language, limits, headers.

use super::*;
use axum::http::request::Builder;
use bytes::Bytes;
use futures::StreamExt;
use std::convert::Infallible;

const FORM: &str = "application/x-www-form-urlencoded";

fn reviewer(builder: Builder) -> Builder {
    builder.header("cookie", "ts_session=reviewer-session")
}

fn post_form(path: &str) -> Builder {
    reviewer(Request::post(path)).header("content-type", FORM)
}

#[tokio::test]
async fn a_form_is_taken_with_its_mark_and_refused_without_or_with_another() {
    let app = App::start().await;
    let page = app.call(reviewer(Request::get("/console/form")), Body::empty()).await;
    assert_eq!(page.status, 200);
    let mark = page.mark();
    let again = app.call(reviewer(Request::get("/console/form")), Body::empty()).await;
    assert_ne!(mark, again.mark(), "the text of the mark differs on every page");
    let good = app.call(post_form("/console/form"), format!("csrf_token={mark}&note=a&tag=x&tag=y")).await;
    assert_eq!((good.status, good.text.as_str()), (200, "saved a x+y"));
    let by_header = app.call(post_form("/console/form").header("x-csrf-token", &mark), "note=a").await;
    assert_eq!(by_header.status, 200);
    let other_session =
        Request::post("/console/form").header("cookie", "ts_session=admin-session").header("content-type", FORM);
    for (request, body) in [
        (post_form("/console/form"), "note=a".to_owned()),
        (post_form("/console/form"), "note=a&csrf_token=".to_owned()),
        (post_form("/console/form"), format!("note=a&csrf_token={}", mark.to_lowercase())),
        (post_form("/console/form").header("sec-fetch-site", "cross-site"), format!("note=a&csrf_token={mark}")),
        (other_session, format!("note=a&csrf_token={mark}")),
        (reviewer(Request::post("/console/form")), String::new()),
    ] {
        let refused = app.call(request, body.clone()).await;
        assert_eq!(refused.status, 403, "{body}");
        assert!(refused.text.contains("csrf_failed"), "{}", refused.text);
    }
    let plain = reviewer(Request::post("/console/form")).header("content-type", "text/plain");
    assert_eq!(app.call(plain, "note=a").await.status, 415);
}

#[tokio::test]
async fn a_signed_out_form_needs_the_mark_of_its_own_visit() {
    let app = App::start().await;
    let page = app.get("/public/form").await;
    let (mark, cookie) = (page.mark(), page.cookies());
    assert!(cookie.starts_with("ts_visit="), "{cookie}");
    let send = |cookie: String, mark: String| {
        let request = Request::post("/public/form").header("content-type", FORM).header("cookie", cookie);
        app.call(request, format!("note=b&csrf_token={mark}"))
    };
    assert_eq!(send(cookie.clone(), mark.clone()).await.status, 200);
    assert_eq!(send(String::new(), mark.clone()).await.status, 403);
    let other = app.get("/public/form").await;
    assert_eq!(send(other.cookies(), mark.clone()).await.status, 403, "another visit");
    assert_eq!(send(cookie, String::new()).await.status, 403);
}

#[tokio::test]
async fn a_session_that_ended_leads_to_sign_in_and_its_cookie_goes() {
    let app = App::start().await;
    let dead = |builder: Builder| builder.header("cookie", "ts_session=ended");
    let page = app.call(dead(Request::get("/console/form?q=茶".replace('茶', "%E8%8C%B6"))), Body::empty()).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.header("location"), "/sign-in?next=%2Fconsole%2Fform%3Fq%3D%25E8%258C%25B6");
    assert!(page.cookies().contains("ts_session="), "{}", page.cookies());
    let form = dead(Request::post("/console/form")).header("content-type", FORM);
    assert_eq!(app.call(form, "note=a").await.header("location"), "/sign-in");
}

#[tokio::test]
async fn access_is_enforced_for_people_and_tokens() {
    let app = App::start().await;
    let admin = Request::get("/console/form").header("cookie", "ts_session=admin-session");
    let refused = app.call(admin, Body::empty()).await;
    assert_eq!(refused.status, 403, "an admin does not review");
    assert!(refused.text.contains("<html"), "a page for a person");
    let hooks = |token: &str| Request::get("/v1/webhooks").header("authorization", format!("Bearer {token}"));
    assert_eq!(app.call(hooks("admin-token"), Body::empty()).await.status, 200);
    assert_eq!(app.call(hooks("narrow-token"), Body::empty()).await.json()["code"], "forbidden");
    assert_eq!(app.call(hooks("unknown"), Body::empty()).await.json()["code"], "token_invalid");
    let nobody = app.get("/v1/webhooks").await;
    assert_eq!((nobody.status, nobody.json()["code"].as_str()), (401, Some("signed_out")));
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    for (role, may) in [(Role::Reviewer, true), (Role::Merchant, false)] {
        assert_eq!(Access::Needs(&[Permission::ReviewRead]).admits(role), may);
    }
}

#[tokio::test]
async fn a_cookie_alone_does_not_change_anything_through_the_api() {
    let app = App::start().await;
    let request = reviewer(Request::post("/v1/things")).header("content-type", "application/json");
    let refused = app.call(request, r#"{"name":"a","price":1}"#).await;
    assert_eq!(refused.json()["code"], "csrf_failed");
}

#[tokio::test]
async fn the_reader_gets_their_language() {
    let app = App::start().await;
    let zh = app.get("/nowhere").await;
    assert_eq!(zh.status, 404);
    assert!(zh.text.contains("找不到此内容") && zh.text.contains("lang=\"zh-CN\""), "{}", zh.text);
    let header = app.call(Request::get("/nowhere").header("accept-language", "fr, en;q=0.9"), Body::empty()).await;
    assert!(header.text.contains("Not found"));
    let chosen = app.call(Request::get("/nowhere?lang=en").header("accept-language", "zh"), Body::empty()).await;
    assert!(chosen.text.contains("Not found"));
    let kept = Request::get("/nowhere").header("cookie", chosen.cookies()).header("accept-language", "zh");
    assert!(app.call(kept, Body::empty()).await.text.contains("Not found"), "the choice is kept");
}

#[tokio::test]
async fn too_many_requests_from_one_address_are_refused_until_time_passes() {
    let app = App::with(Settings { address_requests_per_minute: 20, ..Settings::default() }).await;
    for _ in 0..5 {
        assert_eq!(app.get("/now").await.status, 200);
    }
    let refused = app.get("/v1/openapi.json").await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (429, Some("rate_limited")));
    assert_eq!(refused.header("retry-after"), "3");
    let other = Request::get("/now").header("x-test-peer", "192.0.2.8:1");
    assert_eq!(app.call(other, Body::empty()).await.status, 200, "another address");
    assert_eq!(app.get("/health/live").await.status, 200, "health is not counted");
    app.clock.advance_micros(3_000_000);
    assert_eq!(app.get("/now").await.status, 200);
}

#[tokio::test]
async fn only_a_configured_proxy_is_believed_about_the_address() {
    let app = App::with(Settings { proxies: vec!["10.0.0.0/8".into()], ..Settings::default() }).await;
    let ask = |peer: &str, forwarded: &str| {
        let request = Request::get("/address").header("x-test-peer", peer).header("x-forwarded-for", forwarded);
        app.call(request, Body::empty())
    };
    assert_eq!(ask("192.0.2.7:1", "203.0.113.9").await.text, "192.0.2.7", "a stranger");
    assert_eq!(ask("10.0.0.1:1", "203.0.113.9").await.text, "203.0.113.9");
    assert_eq!(
        ask("10.0.0.1:1", "1.2.3.4, 203.0.113.9, 10.2.2.2").await.text,
        "203.0.113.9",
        "what the client wrote is left out"
    );
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = App::start().await;
    for path in ["/now", "/nowhere", "/v1/webhooks", "/health/live", ui::assets::href("app.css"), "/v1/panics"] {
        let answer = app.get(path).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(ground::id::is_id(answer.header("x-request-id")), "{path}");
    }
    assert!(app.get(ui::assets::href("app.css")).await.header("cache-control").contains("immutable"));
    assert_eq!(app.get("/assets/000000000000/app.css").await.status, 404);
    assert_eq!(app.get("/now").await.header("cache-control"), "no-store");
    let secure = App::with(Settings { cookie_secure: true, ..Settings::default() }).await;
    let set = secure.get("/public/form").await.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.contains("Secure") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
}

#[tokio::test]
async fn a_message_is_shown_once_in_the_language_of_the_page_it_lands_on() {
    let app = App::start().await;
    let sent = app.call(reviewer(Request::get("/flash")), Body::empty()).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/console/form"));
    let cookie = format!("ts_session=reviewer-session; {}", sent.cookies());
    let page = app.call(Request::get("/console/form?lang=en").header("cookie", &cookie), Body::empty()).await;
    assert!(page.text.contains("The test is on its way"), "{}", page.text);
    assert!(page.cookies().contains("ts_flash="), "the cookie is taken away");
    let forged = cookie.replace("ts_flash=W", "ts_flash=X");
    let page = app.call(Request::get("/console/form").header("cookie", forged), Body::empty()).await;
    assert!(!page.text.contains("测试事件已发出"), "a forged message is not shown");
}

/// A body of 2 GiB in pieces of 1 MiB, without a length; counts what was taken.
fn endless(start: &'static [u8], taken: Arc<AtomicU64>) -> Body {
    let first = futures::stream::once(async move { Ok::<_, Infallible>(Bytes::from_static(start)) });
    let piece = Bytes::from(vec![b'a'; 1024 * 1024]);
    let rest = futures::stream::iter(0..2048).map(move |_| {
        taken.fetch_add(1, Ordering::SeqCst);
        Ok::<_, Infallible>(piece.clone())
    });
    Body::from_stream(first.chain(rest))
}

#[tokio::test]
async fn two_gigabytes_without_a_length_are_refused_after_the_limit() {
    let app = App::start().await;
    let token = |path: &str, kind: &str| {
        Request::post(path).header("authorization", "Bearer admin-token").header("content-type", kind)
    };
    let taken = Arc::new(AtomicU64::new(0));
    let json = app.call(token("/v1/things", "application/json"), endless(b"{\"name\":\"", taken.clone())).await;
    assert_eq!((json.status, json.json()["code"].as_str()), (413, Some("too_large")));
    assert!(json.json()["errors"][0]["detail"].as_str().unwrap().contains("2 MiB"), "{}", json.text);
    assert!(taken.load(Ordering::SeqCst) <= 4, "{taken:?} MiB were read");
    taken.store(0, Ordering::SeqCst);
    let form = app.call(post_form("/console/form"), endless(b"note=", taken.clone())).await;
    assert_eq!(form.status, 413);
    assert!(taken.load(Ordering::SeqCst) <= 4, "{taken:?} MiB were read");
    taken.store(0, Ordering::SeqCst);
    let start = b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\r\n";
    let file = app.call(token("/upload", "multipart/form-data; boundary=B"), endless(start, taken.clone())).await;
    assert_eq!(file.status, 413, "{}", file.text);
    assert!(file.text.contains("3 MiB"), "{}", file.text);
    assert!(taken.load(Ordering::SeqCst) <= 6, "{taken:?} MiB were read");
    let announced = token("/upload", "multipart/form-data; boundary=B").header("content-length", 2u64 << 30);
    taken.store(0, Ordering::SeqCst);
    assert_eq!(app.call(announced, endless(start, taken.clone())).await.status, 413);
    assert_eq!(taken.load(Ordering::SeqCst), 0, "an announced size is refused unread");
}

#[tokio::test]
async fn an_upload_arrives_whole_and_its_mark_is_checked_before_its_file() {
    let app = App::start().await;
    let mark = app.call(reviewer(Request::get("/console/form")), Body::empty()).await.mark();
    let body = |mark: &str| {
        format!(
            "--B\r\nContent-Disposition: form-data; name=\"csrf_token\"\r\n\r\n{mark}\r\n--B\r\nContent-Disposition: form-data; \
             name=\"note\"\r\n\r\n茶\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../执照.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n{}\r\n--B--\r\n",
            "x".repeat(100_000)
        )
    };
    let send = |body: String| {
        let request = reviewer(Request::post("/upload")).header("content-type", "multipart/form-data; boundary=B");
        app.call(request, body)
    };
    let good = send(body(&mark)).await;
    assert_eq!((good.status, good.text.as_str()), (200, "执照.txt 100000 茶"));
    assert_eq!(send(body("wrong")).await.status, 403);
    let cut = body(&mark)[..50_000].to_owned();
    assert_eq!(send(cut).await.status, 400, "an upload that breaks off");
}

#[tokio::test]
async fn the_client_address_of_a_mapped_ipv6_peer_is_its_ipv4_address() {
    let app = App::start().await;
    let request = Request::get("/address").header("x-test-peer", "[::ffff:192.0.2.1]:9");
    assert_eq!(app.call(request, Body::empty()).await.text, "192.0.2.1");
}
