//! Webhooks from the act to the receiver.

use super::{App, kernel_over, migrations, person};
use crate::outbound::{Client, SystemResolver};
use crate::webhooks::*;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ground::time::{DAY_MICROS, SECOND_MICROS};
use ground::{FakeClock, SeededRng, Timestamp};
use kernel::{Act, Actor, Kernel, Paging, Role};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};

/// A receiver that answers with the statuses it was told, then 204, and keeps what it got.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<Vec<u16>>>,
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
}

impl Receiver {
    async fn start(&self) -> (String, Client) {
        let router = Router::new().route("/hook", post(receive)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (format!("http://{address}/hook"), Client::with_resolver(&[address.to_string()], Arc::new(SystemResolver)))
    }

    fn answer_with(&self, statuses: &[u16]) {
        *self.answers.lock().unwrap() = statuses.iter().rev().copied().collect();
    }

    fn got(&self) -> Vec<(HeaderMap, String)> {
        self.got.lock().unwrap().clone()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: String) -> StatusCode {
    receiver.got.lock().unwrap().push((headers, body));
    let status = receiver.answers.lock().unwrap().pop().unwrap_or(204);
    StatusCode::from_u16(status).unwrap()
}

/// HMAC-SHA-256 written out (RFC 2104), so that the signature is not checked by the code that made it.
fn hmac_by_hand(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

fn verify_by_hand(secret: &str, headers: &HeaderMap, body: &str) -> bool {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let message = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    let expected = format!("v1,{}", STANDARD.encode(hmac_by_hand(&key, message.as_bytes())));
    text("webhook-signature").split(' ').any(|given| given == expected)
}

async fn some_act(kernel: &Kernel, kind: &str) -> String {
    let mut write = kernel.begin(&Actor::system("test")).await.unwrap();
    let act = Act::new(kind, "listing", "l1").outcome("approved").private("name", "张三");
    let id = write.act(act).await.unwrap();
    write.commit().await.unwrap();
    id
}

fn wanted(url: &str, kinds: &[&str]) -> NewWebhook {
    NewWebhook { url: url.into(), description: "店铺".into(), kinds: kinds.iter().map(|k| (*k).into()).collect() }
}

async fn log(kernel: &Kernel, id: &str) -> Vec<Delivery> {
    let admin = person(Role::Admin);
    deliveries(kernel, &admin, id, None, &Paging::default()).await.unwrap().rows
}

#[test]
fn the_signature_of_the_specification_is_reproduced() {
    let at = Timestamp::from_micros(1_614_265_330 * SECOND_MICROS);
    let signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        r#"{"test": 2432232314}"#,
    );
    assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    assert_eq!(signature("plain", "a", at, ""), None);
}

#[test]
fn the_pauses_grow_and_end() {
    let rng = SeededRng::new(1);
    let pauses: Vec<i64> = (1..attempts_max()).map(|n| retry_pause_micros(n, &rng).unwrap()).collect();
    assert!(pauses.windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
    assert!((5 * SECOND_MICROS..=6 * SECOND_MICROS).contains(&pauses[0]));
    assert_eq!(retry_pause_micros(attempts_max(), &rng), None);
}

#[tokio::test]
async fn an_act_reaches_the_receivers_that_want_it_signed_and_without_private_data() {
    for test in db::testing::each(migrations).await {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_rfc3339("2026-03-02T08:00:00Z"));
        let kernel = kernel_over(test.db.clone(), clock.clone(), folder.path());
        let admin = person(Role::Admin);
        let receiver = Receiver::default();
        let (url, client) = receiver.start().await;
        let (hook, secret) = subscribe(&kernel, &client, &admin, wanted(&url, &["listing."])).await.unwrap();
        let kept = crate::store::webhooks::find(kernel.db().read(), &hook.id).await.unwrap().unwrap().secret;
        assert!(!kept.contains(&secret) && kernel::sealed::is_sealed(&kept), "the store holds no secret in clear");
        let (other, _) = subscribe(&kernel, &client, &admin, wanted(&url, &["merchant.enrolled"])).await.unwrap();
        while fan_out(&kernel).await.unwrap() > 0 {}
        let act = some_act(&kernel, "listing.approved").await;
        assert_eq!(fan_out(&kernel).await.unwrap(), 1, "{}", test.kind);
        assert_eq!(fan_out(&kernel).await.unwrap(), 0, "an act is given once");
        assert_eq!(send_due(&kernel, &client).await.unwrap(), 1);
        assert_eq!(send_due(&kernel, &client).await.unwrap(), 0);
        let got = receiver.got();
        assert_eq!(got.len(), 1);
        let (headers, body) = &got[0];
        assert!(verify_by_hand(&secret, headers, body), "{headers:?}");
        assert!(!verify_by_hand(&secret, headers, &body.replace("approved", "rejected")));
        assert_eq!(headers["webhook-timestamp"], (clock_seconds(&clock)).to_string().as_str());
        let sent: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (sent["type"].as_str(), sent["data"]["id"].as_str()),
            (Some("listing.approved"), Some(act.as_str()))
        );
        assert!(!body.contains("张三"), "private parts stay here");
        assert_eq!(log(&kernel, &hook.id).await[0].state, DeliveryState::Delivered);
        assert!(log(&kernel, &other.id).await.is_empty());
        remove(&kernel, &admin, &hook.id).await.unwrap();
        assert_eq!(list(&kernel, &admin).await.unwrap().len(), 1);
    }
}

fn clock_seconds(clock: &FakeClock) -> i64 {
    ground::Clock::now(clock).micros() / SECOND_MICROS
}

#[tokio::test]
async fn a_failing_receiver_is_tried_again_after_growing_pauses_with_the_same_id() {
    let app = App::start().await;
    let admin = person(Role::Admin);
    let receiver = Receiver::default();
    let (url, client) = receiver.start().await;
    let (hook, secret) = subscribe(&app.kernel, &client, &admin, wanted(&url, &["listing.approved"])).await.unwrap();
    receiver.answer_with(&[500, 302]);
    some_act(&app.kernel, "listing.approved").await;
    fan_out(&app.kernel).await.unwrap();
    assert_eq!(send_due(&app.kernel, &client).await.unwrap(), 1);
    assert_eq!(send_due(&app.kernel, &client).await.unwrap(), 0, "not before its time");
    app.clock.advance_micros(6 * SECOND_MICROS);
    assert_eq!(send_due(&app.kernel, &client).await.unwrap(), 1, "a redirect is a failure too");
    app.clock.advance_micros(6 * SECOND_MICROS);
    assert_eq!(send_due(&app.kernel, &client).await.unwrap(), 0, "the second pause is five minutes");
    let waiting = &log(&app.kernel, &hook.id).await[0];
    assert_eq!((waiting.state, waiting.attempts, waiting.last_status), (DeliveryState::Waiting, 2, Some(302)));
    app.clock.advance_micros(330 * SECOND_MICROS);
    assert_eq!(send_due(&app.kernel, &client).await.unwrap(), 1);
    assert_eq!(log(&app.kernel, &hook.id).await[0].state, DeliveryState::Delivered);
    let got = receiver.got();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|(headers, _)| headers["webhook-id"] == got[0].0["webhook-id"]));
    assert_ne!(got[0].0["webhook-timestamp"], got[2].0["webhook-timestamp"], "each attempt is signed anew");
    assert!(got.iter().all(|(headers, body)| verify_by_hand(&secret, headers, body)));
    let id = log(&app.kernel, &hook.id).await[0].id.clone();
    redeliver(&app.kernel, &admin, &hook.id, &id).await.unwrap();
    assert_eq!(send_due(&app.kernel, &client).await.unwrap(), 1);
    let (_, attempts) = delivery(&app.kernel, &admin, &hook.id, &id).await.unwrap();
    assert_eq!(attempts.len(), 4, "every attempt stays in the log");
}

#[tokio::test]
async fn a_receiver_that_never_answers_well_is_switched_off_and_can_be_switched_on() {
    let app = App::start().await;
    let admin = person(Role::Admin);
    let receiver = Receiver::default();
    let (url, client) = receiver.start().await;
    let (hook, _) = subscribe(&app.kernel, &client, &admin, wanted(&url, &["*"])).await.unwrap();
    while fan_out(&app.kernel).await.unwrap() > 0 {}
    while send_due(&app.kernel, &client).await.unwrap() > 0 {}
    receiver.answer_with(&[500; 40]);
    some_act(&app.kernel, "listing.approved").await;
    fan_out(&app.kernel).await.unwrap();
    let before = receiver.got().len();
    for _ in 0..40 {
        send_due(&app.kernel, &client).await.unwrap();
        app.clock.advance_micros(DAY_MICROS / 4);
    }
    let attempts = receiver.got().len() - before;
    assert!(attempts as i64 <= attempts_max(), "{attempts}");
    receiver.answer_with(&[500; 40]);
    some_act(&app.kernel, "listing.approved").await;
    fan_out(&app.kernel).await.unwrap();
    send_due(&app.kernel, &client).await.unwrap();
    let state = webhook(&app.kernel, &admin, &hook.id).await.unwrap().state;
    assert_eq!(state, WebhookState::Failed, "failing for more than five days");
    let sent = receiver.got().len();
    app.clock.advance_days(2);
    send_due(&app.kernel, &client).await.unwrap();
    assert_eq!(receiver.got().len(), sent, "nothing goes to a receiver that is off");
    receiver.answer_with(&[]);
    set_enabled(&app.kernel, &admin, &hook.id, true).await.unwrap();
    assert!(send_due(&app.kernel, &client).await.unwrap() >= 1, "what waited is sent");
    receiver.answer_with(&[410]);
    send_test(&app.kernel, &admin, &hook.id).await.unwrap();
    send_due(&app.kernel, &client).await.unwrap();
    assert_eq!(webhook(&app.kernel, &admin, &hook.id).await.unwrap().state, WebhookState::Failed, "410 means: go away");
}

#[tokio::test]
async fn a_changed_secret_signs_beside_the_old_one_for_a_day() {
    let app = App::start().await;
    let admin = person(Role::Admin);
    let receiver = Receiver::default();
    let (url, client) = receiver.start().await;
    let (hook, old) = subscribe(&app.kernel, &client, &admin, wanted(&url, &["listing.approved"])).await.unwrap();
    let new = rotate_secret(&app.kernel, &admin, &hook.id).await.unwrap();
    send_test(&app.kernel, &admin, &hook.id).await.unwrap();
    send_due(&app.kernel, &client).await.unwrap();
    app.clock.advance_days(2);
    send_test(&app.kernel, &admin, &hook.id).await.unwrap();
    send_due(&app.kernel, &client).await.unwrap();
    let got = receiver.got();
    assert!(verify_by_hand(&new, &got[0].0, &got[0].1) && verify_by_hand(&old, &got[0].0, &got[0].1));
    assert!(verify_by_hand(&new, &got[1].0, &got[1].1) && !verify_by_hand(&old, &got[1].0, &got[1].1));
}

#[tokio::test]
async fn a_subscription_is_refused_with_every_reason_at_once() {
    let app = App::start().await;
    let client = Client::with_resolver(&[], Arc::new(SystemResolver));
    let admin = person(Role::Admin);
    for (url, kinds, fields) in [
        ("https://127.0.0.1/hook", vec!["*"], vec!["url"]),
        ("nonsense", vec![], vec!["kinds", "url"]),
        ("https://10.0.0.1/", vec!["Listing", "x"], vec!["kinds", "url"]),
    ] {
        let problem = subscribe(&app.kernel, &client, &admin, wanted(url, &kinds)).await.unwrap_err();
        let named: Vec<_> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
        assert_eq!(named, fields, "{url}");
    }
    let reviewer = person(Role::Reviewer);
    assert_eq!(
        subscribe(&app.kernel, &client, &reviewer, NewWebhook::default()).await.unwrap_err().code.code,
        "forbidden"
    );
}

#[tokio::test]
async fn the_console_shows_a_secret_once_and_the_log() {
    let receiver = Receiver::default();
    let (url, _) = receiver.start().await;
    let allow = url.trim_start_matches("http://").trim_end_matches("/hook").to_owned();
    let app = App::with(crate::Settings { outbound_allow: vec![allow], ..crate::Settings::default() }).await;
    let admin = |builder: axum::http::request::Builder| builder.header("cookie", "ts_session=admin-session");
    let page = app.call(admin(Request::get("/console/webhooks")), Body::empty()).await;
    let form = |body: String| {
        let request =
            admin(Request::post("/console/webhooks")).header("content-type", "application/x-www-form-urlencoded");
        app.call(request, format!("csrf_token={}&{body}", page.mark()))
    };
    let refused = form("url=https%3A%2F%2F127.0.0.1%2F&kinds=nonsense".into()).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("nonsense") && refused.text.contains("field-url"),
        "what was typed stays: {}",
        refused.text
    );
    let made = form(format!("url={}&kinds=listing.", url.replace(':', "%3A").replace('/', "%2F"))).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("whsec_"));
    let hook = list(&app.kernel, &person(Role::Admin)).await.unwrap().remove(0);
    send_test(&app.kernel, &person(Role::Admin), &hook.id).await.unwrap();
    send_due(&app.kernel, app.site.outbound()).await.unwrap();
    let shown = app.call(admin(Request::get(format!("/console/webhooks/{}", hook.id))), Body::empty()).await;
    assert!(shown.text.contains("webhook.test") && shown.text.contains("已送达"), "{}", shown.text);
    assert!(!shown.text.contains("whsec_"), "the secret is not shown again");
    assert!(!shown.text.contains('⟨'), "every text exists");
}
