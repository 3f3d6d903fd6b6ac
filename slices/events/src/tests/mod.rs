//! The slice through its public door: functions over every store, requests to the router.

mod access;
mod capture;
mod contract;
mod delivery;
mod query;
mod tables;

use crate::{CATALOG, Capture, CaptureOptions, StoredEvent, routes};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use kernel::testing::{Bench, owner, staff};
use kernel::{Actor, Role};
use serde_json::{Value, json};
use std::sync::Arc;
use ui::Catalogs;
use web::testing::{Answer, People, call};
use web::{FixedNav, Routes, Site};

/// A product that exists in the example data of GS1.
pub(crate) const GTIN: &str = "09506000134352";

pub(crate) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(web::migrations());
    all.extend(merchants::migrations());
    all.extend(trace::migrations());
    all.extend(crate::migrations());
    all
}

pub(crate) fn unit(serial: &str) -> String {
    format!("https://id.gs1.org/01/{GTIN}/21/{serial}")
}

/// An object event about units; `more` overrides and adds fields.
pub(crate) fn object(id: &str, time: &str, units: &[&str], more: Value) -> Value {
    let mut event = json!({
        "eventID": format!("urn:uuid:{id}"),
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "eventTime": time,
        "eventTimeZoneOffset": "+08:00",
        "epcList": units.iter().map(|serial| unit(serial)).collect::<Vec<_>>(),
        "readPoint": { "id": "https://id.gs1.org/414/9506000134376" },
        "bizLocation": { "id": "https://id.gs1.org/414/9506000134369" },
    });
    for (name, value) in more.as_object().cloned().unwrap_or_default() {
        match value {
            Value::Null => drop(event.as_object_mut().unwrap().shift_remove(&name)),
            value => event[name] = value,
        }
    }
    event
}

pub(crate) fn document(events: Vec<Value>) -> Vec<u8> {
    json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ext": "https://example.com/ext/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T04:00:00Z",
        "epcisBody": { "eventList": events },
    })
    .to_string()
    .into_bytes()
}

pub(crate) async fn captured(bench: &Bench, actor: &Actor, events: Vec<Value>) -> Capture {
    let done = crate::capture(&bench.kernel, actor, &document(events), CaptureOptions::default()).await.unwrap();
    assert!(done.success, "{}: {:?}", bench.kind, results(bench, actor, &done).await);
    done
}

pub(crate) async fn results(bench: &Bench, actor: &Actor, capture: &Capture) -> Vec<String> {
    let (_, all) = crate::capturing::results(&bench.kernel, actor, &capture.id, 0, 1_000).await.unwrap();
    all.into_iter()
        .map(|result| {
            let parts = [
                result.position.map(|position| position.to_string()),
                Some(result.outcome.name().to_owned()),
                result.code,
                result.pointer,
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

pub(crate) async fn find(bench: &Bench, actor: &Actor, pairs: &[(&str, &str)]) -> Vec<String> {
    let query = epcis::query::Query::from_params(pairs).unwrap();
    let page = crate::search(&bench.kernel, actor, &query).await.unwrap();
    names(&page.events)
}

pub(crate) fn names(events: &[StoredEvent]) -> Vec<String> {
    events.iter().map(|event| event.event_id.trim_start_matches("urn:uuid:").to_owned()).collect()
}

/// A bench with the router over it.
pub(crate) struct House {
    pub bench: Bench,
    pub router: Router,
}

pub(crate) async fn house() -> House {
    let bench = Bench::sqlite(migrations).await;
    let catalogs = Arc::new(Catalogs::new(&[web::CATALOG, CATALOG]).unwrap());
    let settings = web::Settings {
        temporary_folder: Some(bench.folder.path().to_owned()),
        address_requests_per_minute: 1_000_000,
        actor_requests_per_minute: 1_000_000,
        ..web::Settings::default()
    };
    let people = Arc::new(People::default());
    let site = Site::new(bench.kernel.clone(), catalogs, settings, people, Arc::new(FixedNav(vec![]))).await.unwrap();
    let router = Routes::default().merge(routes()).into_router(site);
    House { bench, router }
}

impl House {
    pub async fn call(
        &self,
        token: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", bearer.as_str()), ("accept-language", "en")];
        all.extend_from_slice(headers);
        call(&self.router, method, path, &all, body).await
    }

    pub async fn get(&self, token: &str, path: &str) -> (StatusCode, Value, HeaderMap) {
        read(self.call(token, ("GET", path), &[], Body::empty()).await)
    }

    pub async fn post(&self, token: &str, path: &str, body: &[u8]) -> (StatusCode, Value, HeaderMap) {
        let headers = [("content-type", "application/json")];
        read(self.call(token, ("POST", path), &headers, body.to_vec()).await)
    }

    /// Captures a document over HTTP and lets the job work on it; gives the job document.
    pub async fn capture(&self, token: &str, body: &[u8]) -> Value {
        let (status, said, headers) = self.post(token, "/v1/epcis/capture", body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{said}");
        let place = headers["location"].to_str().unwrap().to_owned();
        while crate::capturing::work(&self.bench.kernel).await.unwrap() > 0 {}
        self.get(token, &place).await.1
    }

    /// The ids of the events of an answer.
    pub async fn events(&self, token: &str, path: &str) -> Vec<String> {
        let (status, body, _) = self.get(token, path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        ids(&body)
    }
}

pub(crate) fn ids(document: &Value) -> Vec<String> {
    let list = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().cloned().unwrap();
    list.iter().map(|event| event["eventID"].as_str().unwrap().trim_start_matches("urn:uuid:").to_owned()).collect()
}

fn read(answer: Answer) -> (StatusCode, Value, HeaderMap) {
    let value = serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body));
    (answer.status, value, answer.headers)
}

#[test]
fn both_languages_say_the_same_things() {
    let keys = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.split_once(" = ").map(|(key, _)| key.to_owned())).collect()
    };
    assert_eq!(keys(CATALOG.zh), keys(CATALOG.en));
}

#[tokio::test]
async fn pages_are_read_in_both_languages() {
    let house = house().await;
    let done =
        house.capture("merchant:m1", &document(vec![object("a", "2026-03-01T10:00:00Z", &["1"], json!({}))])).await;
    let capture = done["captureID"].as_str().unwrap().to_owned();
    let event = crate::store::by_event_id(&house.bench.kernel, "urn:uuid:a").await.unwrap().remove(0);
    for language in ["zh-CN", "en"] {
        for (token, path) in [
            ("manager", "/console/events".to_owned()),
            ("manager", "/console/events?step=shipping&from=2026-03-01&until=2026-03-01".to_owned()),
            ("manager", format!("/console/events?q={}", unit("1"))),
            ("manager", format!("/console/events/{}", event.id)),
            ("manager", "/console/events/captures".to_owned()),
            ("manager", format!("/console/events/captures/{capture}")),
            ("merchant:m1", "/merchant/events".to_owned()),
            ("merchant:m1", "/merchant/events/new".to_owned()),
            ("merchant:m1", "/merchant/events/table".to_owned()),
            ("merchant:m1", format!("/merchant/events/captures/{capture}")),
        ] {
            let joint = if path.contains('?') { '&' } else { '?' };
            let (status, page, _) = house.get(token, &format!("{path}{joint}lang={language}")).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let text = page.as_str().unwrap();
            assert!(
                !text.contains("events-"),
                "{path}: an id is shown instead of a text: {:?}",
                text.split("events-").nth(1).map(|rest| &rest[..40])
            );
        }
    }
    let (_, csv, _) = house.get("manager", "/console/events.csv").await;
    assert!(csv.as_str().unwrap().contains("urn:uuid:a"));
    let (status, ..) = house.get("merchant:m2", &format!("/merchant/events/{}", event.id)).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "another merchant learns nothing");
}

pub(crate) fn people() -> (Actor, Actor, Actor) {
    (owner("m1"), owner("m2"), staff(Role::Manager))
}
