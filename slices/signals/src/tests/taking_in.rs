//! What is taken in by HTTP and what is not.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

#[tokio::test]
async fn signals_are_kept_counted_once_and_refused_alone() {
    let house = house().await;
    let good = line("a", "order", -1);
    let other = line("b", "order", -2);
    let lines = [
        good.as_str(),
        &other,
        r#"{"id":"c","kind":"order","at":"2026-03-02T03:00:00Z","merchant":"m1","prodct":"cup"}"#,
        r#"{"id":"d","kind":"ordr","at":"2026-03-02T03:00:00Z","merchant":"m1","product":"cup"}"#,
        r#"{"id":"e","kind":"order","at":"2026-03-02T03:00:00","merchant":"m1","product":"cup"}"#,
        r#"{"id":"f","kind":"order","at":"1970-01-01T00:00:00Z","merchant":"m1","product":"cup"}"#,
        r#"{"id":"g","kind":"order","at":"2099-01-01T00:00:00Z","merchant":"m1","product":"cup"}"#,
        r#"{"id":"h","kind":"order","at":"2026-03-02T03:00:00Z","merchant":"m1","product":"cup","quantity":-1}"#,
        r#"{"id":"i","kind":"order","at":"2026-03-02T03:00:00Z","merchant":"m1","product":"cup","amount_minor":NaN}"#,
        &good,
        r#"{"id":"a","kind":"order","at":"2026-03-02T03:00:00Z","merchant":"m1","product":"cup","quantity":7}"#,
        r#"{"id":"j","kind":"order","at":"2026-03-0"#,
    ];
    let answer = house.post(lines.join("\n")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let body = answer.json();
    let numbers = ["accepted", "duplicates", "conflicts", "refused"].map(|name| body[name].as_u64().unwrap());
    assert_eq!(numbers, [2, 1, 1, 8], "{body}");
    let named: Vec<(u64, &str)> = body["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "unknown_field"),
        (4, "unknown_kind"),
        (5, "time_zone"),
        (6, "too_early"),
        (7, "too_far_ahead"),
        (8, "out_of_range"),
        (9, "not_a_number"),
        (11, "conflict"),
        (12, "cut_off"),
    ];
    assert_eq!(named, expected);
    assert!(body["lines"][0]["detail"].as_str().unwrap().contains("product"), "the nearest known name: {body}");
    assert!(body["lines"][0]["excerpt"].as_str().unwrap().contains("prodct"), "the line itself: {body}");
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 2);
    let again = house.post(format!("{good}\n{other}\n")).await.json();
    assert_eq!((again["accepted"].as_u64(), again["duplicates"].as_u64()), (Some(0), Some(2)));
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 2, "what came again counts once");
}

#[tokio::test]
async fn packed_bodies_and_arrow_are_read_and_other_forms_are_named() {
    let house = house().await;
    let send = |kind: &'static str, encoding: &'static str, body: Vec<u8>| {
        let house = &house;
        async move {
            let headers = [("authorization", "Bearer shop"), ("content-type", kind), ("content-encoding", encoding)];
            house.send("POST", "/v1/signals", &headers, body).await
        }
    };
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    let many: String = (0..5_000).map(|n| line(&format!("z{n}"), "view", -1) + "\n").collect();
    packer.write_all(many.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let answer = send("application/x-ndjson", "gzip", packed.clone()).await;
    assert_eq!(answer.json()["accepted"].as_u64(), Some(5_000), "{}", answer.body);
    let cut = send("application/x-ndjson", "gzip", packed[..packed.len() / 2].to_vec()).await;
    assert_eq!(cut.status, StatusCode::BAD_REQUEST, "{}", cut.body);
    let arrow = lake::ipc::write([order("x1", "cup", at(-1)), order("x2", "cup", at(-2))]).unwrap();
    let answer = send("application/vnd.apache.arrow.stream", "identity", arrow).await;
    assert_eq!(answer.json()["accepted"].as_u64(), Some(2), "{}", answer.body);
    let answer = send("application/vnd.apache.arrow.stream", "identity", b"no arrow at all".to_vec()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    for (kind, encoding) in [("text/csv", "identity"), ("application/x-ndjson", "br")] {
        let answer = send(kind, encoding, b"{}".to_vec()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind} {encoding}");
    }
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 2);
}

#[tokio::test]
async fn only_who_may_sends_and_only_who_may_looks() {
    let house = house().await;
    let headers = [("authorization", "Bearer analyst"), ("content-type", "application/x-ndjson")];
    assert_eq!(house.send("POST", "/v1/signals", &headers, line("a", "order", 0)).await.status, StatusCode::FORBIDDEN);
    for path in ["/v1/signals/status", "/console/signals", "/console/signals/refused.csv"] {
        for role in ["analyst", "auditor", "manager"] {
            let answer = house.get_as(role, path).await;
            assert_eq!(answer.status, StatusCode::OK, "{role} {path}: {}", answer.body);
        }
        for token in ["shop", "merchant", "laboratory"] {
            assert_eq!(house.get_as(token, path).await.status, StatusCode::FORBIDDEN, "{token} {path}");
        }
    }
}

#[tokio::test]
async fn the_page_shows_what_came_what_was_refused_and_why() {
    let house = house().await;
    let bad = r#"{"id":"q","kind":"order","at":"2026-03-02T03:00:00","merchant":"m1","product":"<b>cup"}"#;
    house.post(format!("{}\n{bad}\n{}", line("a", "order", -1), line("b", "complaint", -1))).await;
    crate::drain(house.kernel()).await.unwrap();
    let page = house.get_as("analyst", "/console/signals").await;
    let missing: Vec<&str> = page.body.split(['<', '>', '"']).filter(|part| part.starts_with("signals-")).collect();
    let missing: Vec<&str> = missing.into_iter().filter(|id| !id.starts_with("signals-hours")).collect();
    assert_eq!(missing, Vec::<&str>::new());
    assert!(page.body.contains("&lt;b&gt;cup"), "the refused line, as text");
    assert!(page.body.contains("has no zone"), "and why");
    assert!(page.body.contains("Complaint"), "kinds by hour");
    let csv = house.get_as("analyst", "/console/signals/refused.csv").await;
    assert!(csv.body.contains("time_zone"), "{}", csv.body);
    let status = house.get_as("analyst", "/v1/signals/status").await.json();
    assert_eq!((status["accepted"].as_u64(), status["refused"].as_u64()), (Some(2), Some(1)));
    assert_eq!(status["hours"][0]["kinds"]["complaint"].as_u64(), Some(1));
}

#[tokio::test]
async fn a_line_without_end_and_one_that_is_too_long_harm_nobody_else() {
    let house = house().await;
    let long = format!(r#"{{"id":"l","kind":"order","x":"{}"}}"#, "y".repeat(2_000_000));
    let body = format!("{}\n{long}\n{}", line("a", "order", -1), line("b", "order", -1));
    let answer = house.post(body).await.json();
    assert_eq!((answer["accepted"].as_u64(), answer["refused"].as_u64()), (Some(2), Some(1)), "{answer}");
    assert_eq!(
        (answer["lines"][0]["line"].as_u64(), answer["lines"][0]["code"].as_str()),
        (Some(2), Some("line_too_long"))
    );
    assert!(answer["lines"][0]["excerpt"].as_str().unwrap().len() <= 200);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_stands_still_keeps_what_came() {
    let house = house().await;
    let part = bytes::Bytes::from(line("a", "order", -1) + "\n" + &line("b", "order", -1) + "\n{\"id\":\"c");
    let broken: Vec<Result<bytes::Bytes, std::io::Error>> =
        vec![Ok(part.clone()), Err(std::io::Error::other("the line went dead"))];
    let answer = house.post(Body::from_stream(futures::stream::iter(broken))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    testing::kill(house.kernel()).await;
    let folder = house.bench.folder.path();
    let settings = crate::Settings { silence_ms_max: 20, ..testing::settings(folder) };
    crate::open(house.kernel(), settings).await.unwrap();
    let still = futures::stream::iter([Ok::<_, std::io::Error>(part)]).chain(futures::stream::pending());
    let answer = house.post(Body::from_stream(still)).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT, "{}", answer.body);
    let whole = line("a", "order", -1) + "\n" + &line("b", "order", -1) + "\n" + &line("c", "order", -1);
    let answer = house.post(whole).await.json();
    let seen = answer["accepted"].as_u64().unwrap() + answer["duplicates"].as_u64().unwrap();
    assert_eq!((seen, answer["conflicts"].as_u64()), (3, Some(0)), "sent again whole, each counts once: {answer}");
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 3);
}

use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[tokio::test]
async fn a_body_of_more_than_a_gigabyte_ends_at_the_limit_and_keeps_what_came_before() {
    let house = house().await;
    let lines = bytes::Bytes::from(line("a", "order", -1) + "\n" + &line("b", "order", -1) + "\n");
    let padding = bytes::Bytes::from(vec![b'x'; 1024 * 1024]);
    let given = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&given);
    let endless = futures::stream::repeat(padding).map(move |part| {
        counted.fetch_add(part.len() as u64, Ordering::Relaxed);
        Ok::<_, std::io::Error>(part)
    });
    let answer = house.post(Body::from_stream(futures::stream::iter([Ok(lines)]).chain(endless))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
    let given = given.load(Ordering::Relaxed);
    assert!((crate::body::BODY_BYTES_MAX..crate::body::BODY_BYTES_MAX + (8 << 20)).contains(&given), "{given} read");
    crate::drain(house.kernel()).await.unwrap();
    assert_eq!(house.orders("cup"), 2);
    // Who says how much will come is told before any of it is read.
    let length = (2 * crate::body::BODY_BYTES_MAX).to_string();
    let answer = house.send("POST", "/v1/signals", &[("content-length", &length)], Body::empty()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
}

#[tokio::test]
async fn a_process_without_signals_says_so() {
    let house = closed_house().await;
    let answer = house.post(line("a", "order", 0)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("signals_closed"), "{}", answer.body);
    assert_eq!(house.get_as("analyst", "/console/signals").await.status, StatusCode::OK);
    testing::open(&house.bench).await;
    let second = crate::open(house.kernel(), testing::settings(house.bench.folder.path())).await;
    assert_eq!(kernel::testing::said(second), "signals_locked");
}
