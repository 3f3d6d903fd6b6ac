//! Documents come in: kept, refused with their place, known already.

use super::*;
use crate::{ErrorBehaviour, capturing};
use ground::time::{DAY_MICROS, MINUTE_MICROS};

fn options(on_error: ErrorBehaviour) -> CaptureOptions {
    CaptureOptions { on_error, ..CaptureOptions::default() }
}

fn event(id: &str) -> Value {
    object(id, "2026-03-01T10:00:00Z", &[id], json!({}))
}

#[tokio::test]
async fn the_same_event_is_a_duplicate_and_another_content_under_its_id_is_refused() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        captured(&bench, &merchant, vec![event("a")]).await;
        let changed = object("a", "2026-03-01T10:00:00Z", &["other"], json!({}));
        let events = vec![event("a"), changed, event("b"), event("b")];
        let done = crate::capture(&bench.kernel, &merchant, &document(events), options(ErrorBehaviour::Proceed)).await;
        let done = done.unwrap();
        assert_eq!(
            results(&bench, &merchant, &done).await,
            ["0 duplicate", "1 rejected event_id_taken /epcisBody/eventList/1/eventID", "2 accepted", "3 duplicate"],
            "{}",
            bench.kind
        );
        assert_eq!((done.accepted, done.rejected, done.duplicates, done.success), (1, 1, 2, false));
    }
}

#[tokio::test]
async fn an_event_without_an_id_is_known_by_its_hash() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let nameless = object("x", "2026-03-01T10:00:00Z", &["1"], json!({ "eventID": null }));
        captured(&bench, &merchant, vec![nameless.clone()]).await;
        let again = captured(&bench, &merchant, vec![nameless]).await;
        assert_eq!((again.accepted, again.duplicates), (0, 1), "{}", bench.kind);
        let found = find(&bench, &merchant, &[]).await;
        assert!(found[0].starts_with("ni:///sha-256;"), "{found:?}");
        assert_eq!(find(&bench, &merchant, &[("EQ_eventID", &found[0])]).await, found);
    }
}

#[tokio::test]
async fn a_bad_event_takes_the_others_with_it_unless_the_sender_says_proceed() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let bad = object("b", "2026-03-01T10:00:00Z", &["1"], json!({ "bizStep": "no such step" }));
        let events = document(vec![event("a"), bad, event("c")]);
        let done = crate::capture(&bench.kernel, &merchant, &events, options(ErrorBehaviour::Rollback)).await.unwrap();
        assert_eq!((done.accepted, done.rejected, done.success), (0, 1, false));
        assert!(find(&bench, &merchant, &[]).await.is_empty(), "nothing half-saved");
        let pointer = results(&bench, &merchant, &done).await.remove(0);
        assert!(pointer.starts_with("1 rejected") && pointer.contains("/epcisBody/eventList/1/bizStep"), "{pointer}");
        let done = crate::capture(&bench.kernel, &merchant, &events, options(ErrorBehaviour::Proceed)).await.unwrap();
        assert_eq!((done.accepted, done.rejected), (2, 1));
        assert_eq!(find(&bench, &merchant, &[]).await.len(), 2);
    }
}

#[tokio::test]
async fn times_ahead_of_the_clock_are_noted_within_the_tolerance_and_refused_beyond() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let at = |micros: i64| bench.kernel.now().plus_micros(micros).to_rfc3339();
    let near = object("near", &at(5 * MINUTE_MICROS), &["1"], json!({}));
    let done = captured(&bench, &merchant, vec![near]).await;
    assert_eq!(done.skewed, 1);
    let far = object("far", &at(DAY_MICROS), &["1"], json!({}));
    let old = object("old", "1999-12-31T23:59:59Z", &["1"], json!({}));
    let done = crate::capture(&bench.kernel, &merchant, &document(vec![far, old]), CaptureOptions::default()).await;
    assert_eq!(
        results(&bench, &merchant, &done.unwrap()).await,
        [
            "0 rejected time_in_future /epcisBody/eventList/0/eventTime",
            "1 rejected time_too_early /epcisBody/eventList/1/eventTime"
        ]
    );
}

#[tokio::test]
async fn nobody_captures_for_another_party_but_staff() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, other, manager) = people();
    let for_other = CaptureOptions { party: Some("m2".into()), ..CaptureOptions::default() };
    let refused = crate::capture(&bench.kernel, &merchant, &document(vec![event("a")]), for_other.clone()).await;
    assert!(matches!(refused, Err(crate::Error::OnBehalf)));
    let done = crate::capture(&bench.kernel, &manager, &document(vec![event("a")]), for_other).await.unwrap();
    assert_eq!(done.party, "m2");
    assert_eq!(find(&bench, &other, &[]).await, ["a"]);
    assert!(find(&bench, &merchant, &[]).await.is_empty());
    let mut signed: Value = serde_json::from_slice(&document(vec![event("b")])).unwrap();
    signed["sender"] = json!("urn:touchstone:party:m2");
    let refused =
        crate::capture(&bench.kernel, &merchant, signed.to_string().as_bytes(), CaptureOptions::default()).await;
    assert!(matches!(refused, Err(crate::Error::OnBehalf)), "the sender is somebody else");
    let auditor =
        crate::capture(&bench.kernel, &staff(Role::Auditor), &document(vec![event("c")]), CaptureOptions::default())
            .await;
    assert!(auditor.is_err());
}

#[tokio::test]
async fn an_error_declaration_takes_an_event_back_and_only_who_captured_it_may_declare() {
    for bench in Bench::each(migrations).await {
        let (merchant, other, manager) = people();
        let wrong = json!({ "errorDeclaration": { "declarationTime": "2026-03-02T01:00:00Z", "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:c"] } });
        let declaration = object("a", "2026-03-01T10:00:00Z", &["1"], wrong.clone());
        let original = object("a", "2026-03-01T10:00:00Z", &["1"], json!({}));
        captured(&bench, &merchant, vec![original]).await;
        let repeated = document(vec![declaration.clone()]);
        let stranger = crate::capture(&bench.kernel, &other, &repeated, CaptureOptions::default()).await.unwrap();
        assert!(results(&bench, &other, &stranger).await[0].contains("not_your_event"), "{}", bench.kind);
        let other_content = object("a", "2026-03-01T10:00:00Z", &["2"], wrong);
        let changed = document(vec![other_content]);
        let changed = crate::capture(&bench.kernel, &merchant, &changed, CaptureOptions::default()).await.unwrap();
        assert!(results(&bench, &merchant, &changed).await[0].contains("declaration_differs"));
        let before = crate::journey(&bench.kernel, &[unit("1")], 10).await.unwrap();
        assert_eq!(names(&before), ["a"]);
        let done = captured(&bench, &merchant, vec![declaration]).await;
        assert!(crate::journey(&bench.kernel, &[unit("1")], 10).await.unwrap().is_empty());
        assert!(crate::links(&bench.kernel, &[unit("1")]).await.unwrap()[0].declared_wrong);
        assert_eq!(find(&bench, &manager, &[("EXISTS_errorDeclaration", "")]).await, ["a"]);
        let acts = bench.acts("event_capture", &done.id).await;
        assert_eq!(acts, ["events.captured", "events.declared_wrong"], "{}", bench.kind);
    }
}

#[tokio::test]
async fn the_act_of_a_capture_holds_the_hash_of_each_event_in_parts_of_five_hundred() {
    let bench = Bench::sqlite(migrations).await;
    let (merchant, ..) = people();
    let events: Vec<Value> = (0..1_201).map(|n| event(&format!("e{n}"))).collect();
    let done = captured(&bench, &merchant, events).await;
    assert_eq!(done.accepted, 1_201);
    assert_eq!(bench.acts("event_capture", &done.id).await.len(), 3);
    let event = crate::store::by_event_id(&bench.kernel, "urn:uuid:e700").await.unwrap().remove(0);
    let act = kernel::store::act(&bench.kernel, event.act_id.as_deref().unwrap()).await.unwrap().unwrap();
    let hashes = act.public["hashes"].as_array().unwrap();
    assert!(hashes.iter().any(|hash| hash.as_str() == Some(event.hash.as_str())));
    let read = epcis::read_event(event.json.clone()).unwrap();
    assert_eq!(epcis::hash(&read), event.hash, "what is kept hashes to what was proved");
}

#[tokio::test]
async fn hostile_documents_are_refused_with_their_place_and_leave_nothing() {
    let house = house().await;
    let deep = format!("{{\"@context\":[],\"type\":\"EPCISDocument\",\"x\":{}", "[".repeat(200_000));
    let cut = &document(vec![event("a")])[..200];
    for body in [&b""[..], b"{", b"null", b"\xFF\xFE", deep.as_bytes(), cut, b"{\"type\":\"EPCISDocument\"}"] {
        let job = house.capture("merchant:m1", if body.is_empty() { b" " } else { body }).await;
        assert_eq!(job["success"], json!(false), "{job}");
        assert_eq!(job["running"], json!(false));
        assert!(!job["errors"].as_array().unwrap().is_empty(), "{job}");
        let direct = crate::capture(&house.bench.kernel, &owner("m1"), body, CaptureOptions::default()).await;
        assert!(matches!(direct, Err(crate::Error::Document(_))), "{direct:?}");
    }
    assert!(find(&house.bench, &owner("m1"), &[]).await.is_empty());
    let headers = [("content-type", "application/xml")];
    let answer = house.call("merchant:m1", ("POST", "/v1/epcis/capture"), &headers, "<a/>").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn a_document_larger_than_the_limit_is_not_read_to_its_end() {
    let house = house().await;
    let piece = bytes::Bytes::from(vec![b' '; 1024 * 1024]);
    let sent = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let stream = futures::stream::iter((0..1_000).map(move |_| {
        counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok::<_, std::io::Error>(piece.clone())
    }));
    let headers = [("content-type", "application/ld+json")];
    let body = Body::from_stream(stream);
    let answer = house.call("merchant:m1", ("POST", "/v1/epcis/capture"), &headers, body).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(sent.load(std::sync::atomic::Ordering::SeqCst) <= 103, "reading stopped at the limit");
}

#[tokio::test]
async fn a_capture_that_was_stopped_in_the_middle_goes_on_and_counts_each_event_once() {
    for bench in Bench::each(migrations).await {
        let (merchant, ..) = people();
        let events: Vec<Value> = (0..1_500).map(|n| event(&format!("e{n}"))).collect();
        let path = bench.folder.path().join("document.json");
        std::fs::write(&path, document(events)).unwrap();
        let taken = crate::accept(&bench.kernel, &merchant, &path, options(ErrorBehaviour::Proceed)).await.unwrap();
        assert_eq!(capturing::work(&bench.kernel).await.unwrap(), 1);
        // The process stopped after the first part and before it could say so.
        crate::store::reopen_for_test(&bench.kernel, &taken.id).await;
        assert_eq!(capturing::work(&bench.kernel).await.unwrap(), 1);
        let done = capturing::one(&bench.kernel, &merchant, &taken.id).await.unwrap();
        assert_eq!((done.accepted, done.duplicates, done.success), (1_500, 0, true), "{}", bench.kind);
        assert_eq!(capturing::work(&bench.kernel).await.unwrap(), 0);
    }
}
