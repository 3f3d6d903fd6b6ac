//! Subscriptions: told once, in order, only counted when answered well.

use super::*;
use crate::subscriptions::{self, NewSubscription};
use crate::{delivering, queries};
use base64::Engine;
use hmac::{Hmac, Mac};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use web::outbound::{Client, SystemResolver};

/// A receiver that answers as told and remembers what it was told.
struct Receiver {
    address: String,
    client: Client,
    status: Arc<AtomicU16>,
    told: Arc<Mutex<Vec<(axum::http::HeaderMap, String)>>>,
}

impl Receiver {
    async fn start() -> Receiver {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (status, told) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(Vec::new())));
        let (answer, heard) = (Arc::clone(&status), Arc::clone(&told));
        let hook = move |headers: axum::http::HeaderMap, body: String| {
            let (answer, heard) = (Arc::clone(&answer), Arc::clone(&heard));
            async move {
                heard.lock().unwrap().push((headers, body));
                StatusCode::from_u16(answer.load(Ordering::SeqCst)).unwrap()
            }
        };
        let app = Router::new().route("/hook", axum::routing::post(hook));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = Client::with_resolver(&[address.to_string()], Arc::new(SystemResolver));
        Receiver { address: format!("http://{address}/hook"), client, status, told }
    }

    fn heard(&self) -> Vec<Vec<String>> {
        let told = self.told.lock().unwrap();
        told.iter().map(|(_, body)| ids(&serde_json::from_str(body).unwrap())).collect()
    }
}

async fn subscribe(
    bench: &Bench,
    receiver: &Receiver,
    actor: &Actor,
    new: NewSubscription,
) -> subscriptions::Subscription {
    queries::create(&bench.kernel, actor, "shipped", &json!({ "EQ_bizStep": ["shipping"] })).await.unwrap();
    let new = NewSubscription { destination: receiver.address.clone(), ..new };
    subscriptions::subscribe(&bench.kernel, &receiver.client, actor, "shipped", new).await.unwrap()
}

fn shipped(id: &str) -> Value {
    object(id, "2026-03-01T10:00:00Z", &[id], json!({}))
}

#[tokio::test]
async fn new_events_of_a_query_are_told_signed_and_once() {
    for bench in Bench::each(migrations).await {
        let (merchant, other, _) = people();
        let receiver = Receiver::start().await;
        captured(&bench, &merchant, vec![shipped("before")]).await;
        let new = NewSubscription { stream: true, token: Some("geheim".into()), ..Default::default() };
        subscribe(&bench, &receiver, &merchant, new).await;
        let received = object("other-step", "2026-03-01T10:00:00Z", &["9"], json!({ "bizStep": "receiving" }));
        captured(&bench, &merchant, vec![shipped("a"), received, shipped("b")]).await;
        captured(&bench, &other, vec![shipped("not-yours")]).await;
        while delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap() > 0 {}
        assert_eq!(receiver.heard(), [["a", "b"]], "{}", bench.kind);
        let (headers, body) = receiver.told.lock().unwrap()[0].clone();
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"geheim").unwrap();
        mac.update(format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp")).as_bytes());
        let expected = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(header("webhook-signature"), format!("v1,{expected}"));
        assert_eq!(header("gs1-signature"), header("webhook-signature"));
    }
}

#[tokio::test]
async fn a_target_that_fails_is_tried_again_later_and_loses_nothing() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let receiver = Receiver::start().await;
        let new = NewSubscription { stream: true, ..Default::default() };
        let made = subscribe(&bench, &receiver, &merchant, new).await;
        receiver.status.store(500, Ordering::SeqCst);
        captured(&bench, &merchant, vec![shipped("a")]).await;
        assert_eq!(delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap(), 1);
        assert_eq!(delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap(), 0, "not again at once");
        captured(&bench, &merchant, vec![shipped("b")]).await;
        bench.clock.advance_micros(ground::time::MINUTE_MICROS);
        receiver.status.store(204, Ordering::SeqCst);
        while delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap() > 0 {}
        assert_eq!(receiver.heard(), [vec!["a"], vec!["a", "b"]], "{}", bench.kind);
        let now = subscriptions::one(&bench.kernel, &merchant, "shipped", &made.id).await.unwrap();
        assert_eq!((now.failures, now.pause_reason), (0, None));
    }
}

#[tokio::test]
async fn a_target_that_never_answers_is_paused_with_the_reason() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let receiver = Receiver::start().await;
    let made = subscribe(&bench, &receiver, &merchant, NewSubscription { stream: true, ..Default::default() }).await;
    receiver.status.store(503, Ordering::SeqCst);
    captured(&bench, &merchant, vec![shipped("a")]).await;
    let mut attempts = 0;
    for _ in 0..40 {
        attempts += delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap();
        bench.clock.advance_micros(7 * ground::time::HOUR_MICROS);
    }
    let now = subscriptions::one(&bench.kernel, &merchant, "shipped", &made.id).await.unwrap();
    assert_eq!(now.pause_reason.as_deref(), Some("status 503"));
    assert!((5..=15).contains(&attempts), "{attempts} attempts in three days");
    assert_eq!(
        bench.acts("event_subscription", &made.id).await,
        ["event_subscription.created", "event_subscription.paused"]
    );
}

#[tokio::test]
async fn a_schedule_reports_when_it_is_due_and_empty_only_when_asked() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let receiver = Receiver::start().await;
    // Noon in Shanghai now; due at five past one in the afternoon.
    let schedule = Some(json!({ "hour": "13", "minute": "5" }));
    let new = NewSubscription { schedule, report_if_empty: true, ..Default::default() };
    subscribe(&bench, &receiver, &merchant, new).await;
    captured(&bench, &merchant, vec![shipped("a")]).await;
    assert_eq!(delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap(), 0);
    bench.clock.advance_micros(66 * ground::time::MINUTE_MICROS);
    while delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap() > 0 {}
    assert_eq!(receiver.heard(), [["a"]]);
    bench.clock.advance_days(1);
    while delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap() > 0 {}
    assert_eq!(receiver.heard(), [vec!["a".to_owned()], vec![]]);
}

#[tokio::test]
async fn an_initial_record_time_brings_earlier_events_too() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let receiver = Receiver::start().await;
    captured(&bench, &merchant, vec![shipped("too-early")]).await;
    bench.clock.advance_micros(ground::time::HOUR_MICROS);
    let from = Some(bench.kernel.now());
    captured(&bench, &merchant, vec![shipped("early")]).await;
    bench.clock.advance_micros(ground::time::HOUR_MICROS);
    subscribe(
        &bench,
        &receiver,
        &merchant,
        NewSubscription { stream: true, initial_record_time: from, ..Default::default() },
    )
    .await;
    while delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap() > 0 {}
    assert_eq!(receiver.heard(), [["early"]]);
}

#[tokio::test]
async fn private_addresses_and_half_said_subscriptions_are_refused() {
    let house = house().await;
    house.post("merchant:m1", "/v1/epcis/queries", json!({ "name": "q", "query": {} }).to_string().as_bytes()).await;
    let path = "/v1/epcis/queries/q/subscriptions";
    for (body, status, code) in [
        (json!({ "dest": "http://127.0.0.1:9/hook", "stream": true }), 422, "address_refused"),
        (json!({ "dest": "http://example.com/hook", "stream": true }), 422, "address_refused"),
        (json!({ "dest": "https://10.0.0.1/hook", "stream": true }), 422, "address_refused"),
        (json!({ "dest": "https://[::1]/hook", "stream": true }), 422, "address_refused"),
        (json!({ "dest": "https://example.com/hook" }), 400, "events_subscription_invalid"),
        (
            json!({ "dest": "https://example.com/hook", "stream": true, "schedule": { "hour": "1" } }),
            400,
            "events_subscription_invalid",
        ),
        (
            json!({ "dest": "https://example.com/hook", "schedule": { "hour": "25" } }),
            400,
            "events_subscription_invalid",
        ),
    ] {
        let (said, answer, _) = house.post("merchant:m1", path, body.to_string().as_bytes()).await;
        assert_eq!((said.as_u16(), answer["code"].as_str().unwrap()), (status, code), "{body}: {answer}");
    }
    let good = json!({ "dest": "https://example.com/hook", "stream": true, "signatureToken": "s3cret" });
    let (status, made, headers) = house.post("merchant:m1", path, good.to_string().as_bytes()).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert!(!made.to_string().contains("s3cret"), "the secret is not told again");
    let place = headers["location"].to_str().unwrap().to_owned();
    assert_eq!(house.get("merchant:m1", &place).await.0, StatusCode::OK);
    assert_eq!(house.get("merchant:m2", &place).await.0, StatusCode::NOT_FOUND);
    let gone = house.call("merchant:m1", ("DELETE", place.as_str()), &[], Body::empty()).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(house.get("merchant:m1", &place).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_named_query_runs_by_its_name_and_cannot_be_changed_by_the_address() {
    let house = house().await;
    house
        .capture(
            "merchant:m1",
            &document(vec![
                shipped("a"),
                object("b", "2026-03-01T10:00:00Z", &["2"], json!({ "bizStep": "receiving" })),
            ]),
        )
        .await;
    let definition = json!({ "name": "shipped", "query": { "EQ_bizStep": ["shipping"] } }).to_string();
    assert_eq!(house.post("merchant:m1", "/v1/epcis/queries", definition.as_bytes()).await.0, StatusCode::CREATED);
    assert_eq!(house.post("merchant:m1", "/v1/epcis/queries", definition.as_bytes()).await.0, StatusCode::CONFLICT);
    assert_eq!(house.events("merchant:m1", "/v1/epcis/queries/shipped/events").await, ["a"]);
    assert_eq!(
        house.get("merchant:m1", "/v1/epcis/queries/shipped/events?EQ_action=ADD").await.0,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(house.get("merchant:m2", "/v1/epcis/queries/shipped/events").await.0, StatusCode::NOT_FOUND);
    let wrong = json!({ "name": "x", "query": { "EQ_nothing": 1 } }).to_string();
    assert_eq!(house.post("merchant:m1", "/v1/epcis/queries", wrong.as_bytes()).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_websocket_tells_what_comes() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = house().await;
    let definition = json!({ "name": "all", "query": {} }).to_string();
    house.post("merchant:m1", "/v1/epcis/queries", definition.as_bytes()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = house.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let handshake = format!(
        "GET /v1/epcis/queries/all/events?stream=true HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer merchant:m1\r\n\
         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(handshake.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    let mut piece = [0u8; 16 * 1024];
    let mut captured_yet = false;
    let within = std::time::Duration::from_secs(30);
    let read = tokio::time::timeout(within, async {
        loop {
            let n = socket.read(&mut piece).await.unwrap();
            assert!(n > 0, "the socket closed: {}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&piece[..n]);
            let text = String::from_utf8_lossy(&heard);
            if text.starts_with("HTTP/1.1 101") && text.contains("\r\n\r\n") && !captured_yet {
                captured_yet = true;
                captured(&house.bench, &owner("m1"), vec![shipped("a")]).await;
            }
            if text.contains("EPCISQueryDocument") && text.contains("urn:uuid:a") {
                return;
            }
        }
    });
    assert!(read.await.is_ok(), "{}", String::from_utf8_lossy(&heard));
}

#[tokio::test]
async fn a_person_stops_a_subscription_sees_why_it_failed_and_resumes_it_without_a_loss() {
    let house = house().await;
    let bench = &house.bench;
    let (merchant, ..) = people();
    let receiver = Receiver::start().await;
    let made = subscribe(bench, &receiver, &merchant, NewSubscription { stream: true, ..Default::default() }).await;
    receiver.status.store(503, Ordering::SeqCst);
    captured(bench, &merchant, vec![shipped("a")]).await;
    delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap();
    let own = format!("/merchant/events/subscriptions/{}", made.id);
    let (_, list, _) = house.get("merchant:m1", "/merchant/events/subscriptions").await;
    assert!(list.as_str().unwrap().contains(&own) && list.as_str().unwrap().contains("does not answer"), "{list}");
    let (_, page, _) = house.get("merchant:m1", &own).await;
    assert!(page.as_str().unwrap().contains("status 503"), "the last error stands there: {page}");
    let (_, other, _) = house.get("merchant:m2", "/merchant/events/subscriptions").await;
    assert!(!other.as_str().unwrap().contains(&made.id));
    let press = async |token: &str, path: String| {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        house.call(token, ("POST", path.as_str()), &headers, Body::empty()).await.status
    };
    assert_eq!(press("merchant:m2", format!("{own}/pause")).await, StatusCode::NOT_FOUND);
    assert_eq!(
        press("auditor", format!("/console/events/subscriptions/{}/pause", made.id)).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(press("merchant:m1", format!("{own}/pause")).await, StatusCode::SEE_OTHER);
    assert_eq!(press("merchant:m1", format!("{own}/pause")).await, StatusCode::BAD_REQUEST, "it rests already");
    let console = format!("/console/events/subscriptions/{}", made.id);
    let (_, page, _) = house.get("auditor", &console).await;
    let page = page.as_str().unwrap();
    assert!(page.contains("Paused by a person") && !page.contains("/resume"), "an auditor looks and changes nothing");
    receiver.status.store(200, Ordering::SeqCst);
    captured(bench, &merchant, vec![shipped("b")]).await;
    bench.clock.advance_micros(ground::time::HOUR_MICROS);
    assert_eq!(delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap(), 0, "nobody is told meanwhile");
    assert_eq!(press("manager", format!("{console}/resume")).await, StatusCode::SEE_OTHER);
    while delivering::tell_due(&bench.kernel, &receiver.client).await.unwrap() > 0 {}
    assert_eq!(receiver.heard(), [vec!["a"], vec!["a", "b"]]);
    let acts = bench.acts("event_subscription", &made.id).await;
    assert_eq!(acts, ["event_subscription.created", "event_subscription.paused", "event_subscription.resumed"]);
}
