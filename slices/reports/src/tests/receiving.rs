//! Credentials from elsewhere: good ones, forged ones, withdrawn ones, and hosts that do not answer.

use super::*;
use crate::check::{self, Outcome};
use crate::content;
use crate::model::{Origin, PublicStatus, Report, State, TestResult};
use crate::{Error, jobs, of_lot, receive};
use axum::Router;
use axum::routing::get;
use credentials::{Bits, PublicKey, Purpose, SigningKey, StatusEntry, StatusList, integrity, jwt};
use kernel::testing::{owner, said};
use serde_json::{Value, json};
use std::sync::Mutex;

/// A laboratory with its own key: its DID is that key.
struct Foreign {
    key: SigningKey,
    did: String,
    method: String,
}

fn foreign(seed: u8) -> Foreign {
    let key = SigningKey::from_seed(&[seed; 32]);
    let multikey = key.public().to_multikey();
    Foreign { method: format!("did:key:{multikey}#{multikey}"), did: format!("did:key:{multikey}"), key }
}

impl Foreign {
    fn credential(&self, list: Option<&str>) -> Value {
        let report = Report {
            gtin: GTIN.into(),
            lot_number: "L1".into(),
            product: "儿童雨衣".into(),
            number: "F-1".into(),
            title: "外部检测".into(),
            standard: "GB 31701-2015".into(),
            items: vec![item("铅(以Pb计)", "0.02", Verdict::Pass)],
            result: TestResult::Pass,
            ..crate::issue::blank("2026-02-20".parse().unwrap())
        };
        let entry =
            StatusEntry { purpose: Purpose::Revocation, index: 7, list: list.unwrap_or("https://l.example/1").into() };
        let issuer = (self.did.as_str(), "海外实验室");
        let mut value = content::write("urn:uuid:1", issuer, &report, &entry, "2026-02-21T00:00:00Z", None);
        if list.is_none() {
            value.as_object_mut().unwrap().remove("credentialStatus");
        }
        value
    }

    fn signed(&self, list: Option<&str>) -> String {
        jwt::sign(&self.credential(list), &self.key, &self.method).unwrap()
    }

    /// Its list, with entry 7 as given.
    fn list(&self, address: &str, revoked: bool) -> String {
        let mut bits = Bits::new();
        bits.set(7, revoked).unwrap();
        let credential = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": address,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.did,
            "validFrom": "2026-02-01T00:00:00Z",
            "credentialSubject": StatusList::subject(address, Purpose::Revocation, &bits).unwrap(),
        });
        jwt::sign(&credential, &self.key, &self.method).unwrap()
    }

    /// Registered and confirmed under its own DID.
    async fn registered(&self, kernel: &Kernel) {
        let profile = Profile { own_did: self.did.clone(), ..profile() };
        let entered = laboratory::keep_profile(kernel, &tester("f1"), profile).await.unwrap();
        confirm(kernel, &entered).await;
    }
}

/// A host that serves a status list; what it serves can be changed.
struct Host {
    address: String,
    allow: Vec<String>,
    served: Arc<Mutex<Option<String>>>,
}

async fn host() -> Host {
    let served: Arc<Mutex<Option<String>>> = Arc::default();
    let inside = Arc::clone(&served);
    let answer = move || {
        let now = inside.lock().unwrap().clone();
        async move { now.ok_or(axum::http::StatusCode::SERVICE_UNAVAILABLE) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/list", get(answer))).await });
    Host { address: format!("http://{socket}/list"), allow: vec![socket], served }
}

#[tokio::test]
async fn a_foreign_report_of_a_known_laboratory_is_accepted_in_both_forms() {
    for bench in Bench::each(migrations).await {
        let kernel = &bench.kernel;
        lot(kernel, "lot-1", "m1", "L1").await;
        let laboratory = foreign(3);
        laboratory.registered(kernel).await;
        let proved =
            integrity::sign(&laboratory.credential(None), &laboratory.key, &laboratory.method, kernel.now()).unwrap();
        let report = receive(kernel, &home(), &owner("m1"), &laboratory.signed(None)).await.unwrap();
        assert_eq!((report.state, report.origin, report.failure.as_str()), (State::Valid, Origin::Received, ""));
        let twice = receive(kernel, &home(), &owner("m1"), &laboratory.signed(None)).await.unwrap();
        assert_eq!(twice.id, report.id, "the same one twice is one report");
        receive(kernel, &home(), &tester("f1"), &proved.to_string()).await.unwrap();
        let shown = of_lot(kernel, "lot-1").await.unwrap();
        assert_eq!(shown.len(), 2, "{}", bench.kind);
        assert!(shown.iter().all(|report| report.status == PublicStatus::Valid && report.laboratory == "华东检测中心"));
        let stranger = receive(kernel, &home(), &owner("m2"), &laboratory.signed(None)).await;
        assert_eq!(said(stranger.map_err(Into::into)), "not_found", "another merchant's lot");
        let other = receive(kernel, &home(), &tester("a9"), &laboratory.signed(None)).await;
        assert_eq!(said(other.map_err(Into::into)), "not_found", "another laboratory's word");
    }
}

#[tokio::test]
async fn a_forged_report_is_kept_and_shown_as_forged() {
    for bench in Bench::each(migrations).await {
        ready(&bench).await;
        let kernel = &bench.kernel;
        let genuine = issued(kernel, "a1", "R-1").await;
        // Signed by somebody else in the laboratory's name.
        let mut claimed: Value = serde_json::from_str(genuine.credential_json.as_ref().unwrap()).unwrap();
        claimed.as_object_mut().unwrap().remove("proof");
        let forged = jwt::sign(&claimed, &foreign(5).key, &genuine.method).unwrap();
        let report = receive(kernel, &home(), &owner("m1"), &forged).await.unwrap();
        assert_eq!((report.state, report.failure.as_str()), (State::Forged, "forged_signature"));
        // A genuine one whose content was changed.
        let changed = genuine.credential_json.as_ref().unwrap().replace("0.02", "0.01");
        let report = receive(kernel, &home(), &owner("m1"), &changed).await.unwrap();
        assert_eq!(report.state, State::Forged);
        let shown = of_lot(kernel, "lot-1").await.unwrap();
        let forged = shown.iter().filter(|report| report.status == PublicStatus::Forged).count();
        assert_eq!((shown.len(), forged), (3, 2), "{}", bench.kind);
        assert_eq!(bench.acts("report", &report.id).await, ["report.received"]);
    }
}

#[tokio::test]
async fn a_report_of_a_stranger_or_an_unconfirmed_laboratory_is_not_accepted() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    lot(kernel, "lot-1", "m1", "L1").await;
    let laboratory = foreign(3);
    let report = receive(kernel, &home(), &owner("m1"), &laboratory.signed(None)).await.unwrap();
    assert_eq!((report.state, report.failure.as_str()), (State::Refused, "unknown_issuer"));
    let other = foreign(4);
    let entered = Profile { own_did: other.did.clone(), ..profile() };
    laboratory::keep_profile(kernel, &tester("f1"), entered).await.unwrap();
    let report = receive(kernel, &home(), &owner("m1"), &other.signed(None)).await.unwrap();
    assert_eq!((report.state, report.failure.as_str()), (State::Refused, "not_competent"));
    assert!(of_lot(kernel, "lot-1").await.unwrap().is_empty(), "what is not accepted is not shown");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_reason_and_not_kept() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let kernel = &bench.kernel;
    let genuine = issued(kernel, "a1", "R-1").await;
    let faults = async |text: &str| match receive(kernel, &home(), &owner("m1"), text).await {
        Err(Error::Invalid(faults)) => faults[0].message.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(faults("hello").await, "reports-refused-not-secured");
    assert_eq!(faults("{}").await, "reports-refused-not-secured");
    let none = format!("eyJhbGciOiJub25lIn0.{}.", genuine.credential.split('.').nth(1).unwrap());
    assert_eq!(faults(&none).await, "reports-refused-algorithm");
    let laboratory = foreign(3);
    let mut empty = laboratory.credential(None);
    empty["credentialSubject"] = json!({"id": "did:example:1", "degree": "none"});
    let empty = jwt::sign(&empty, &laboratory.key, &laboratory.method).unwrap();
    assert_eq!(faults(&empty).await, "reports-fault-needed");
    let mut elsewhere = laboratory.credential(None);
    elsewhere["credentialSubject"]["lotNumber"] = json!("L9");
    let elsewhere = jwt::sign(&elsewhere, &laboratory.key, &laboratory.method).unwrap();
    assert_eq!(faults(&elsewhere).await, "reports-fault-lot");
    let huge = "x".repeat(check::CREDENTIAL_BYTES_MAX + 1);
    assert_eq!(faults(&huge).await, "reports-refused-too-large");
}

#[tokio::test]
async fn a_withdrawal_at_the_issuers_host_is_found_by_itself() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    lot(kernel, "lot-1", "m1", "L1").await;
    let (laboratory, host) = (foreign(3), host().await);
    laboratory.registered(kernel).await;
    let home = home_allowing(&host.allow);
    let signed = laboratory.signed(Some(&host.address));
    // The host is silent: the report waits, and is not shown.
    let report = receive(kernel, &home, &owner("m1"), &signed).await.unwrap();
    assert_eq!((report.state, report.failure.as_str()), (State::Pending, "status_unknown"));
    assert!(of_lot(kernel, "lot-1").await.unwrap().is_empty());
    // It answers.
    *host.served.lock().unwrap() = Some(laboratory.list(&host.address, false));
    bench.clock.advance_micros(11 * ground::time::MINUTE_MICROS);
    bench.settle(jobs(home.clone()), Vec::new).await;
    assert_eq!(of_lot(kernel, "lot-1").await.unwrap()[0].status, PublicStatus::Valid);
    // Silent again: what was good stays.
    *host.served.lock().unwrap() = None;
    bench.clock.advance_micros(7 * ground::time::HOUR_MICROS);
    bench.settle(jobs(home.clone()), Vec::new).await;
    assert_eq!(of_lot(kernel, "lot-1").await.unwrap()[0].status, PublicStatus::Valid);
    // Withdrawn.
    *host.served.lock().unwrap() = Some(laboratory.list(&host.address, true));
    bench.clock.advance_days(2);
    bench.settle(jobs(home.clone()), Vec::new).await;
    assert_eq!(of_lot(kernel, "lot-1").await.unwrap()[0].status, PublicStatus::Revoked);
    assert_eq!(bench.acts("report", &report.id).await, ["report.received", "report.received", "report.revoked"]);
}

#[tokio::test]
async fn a_list_of_somebody_else_proves_nothing() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    let (laboratory, host) = (foreign(3), host().await);
    laboratory.registered(kernel).await;
    let home = home_allowing(&host.allow);
    let signed = laboratory.signed(Some(&host.address));
    for served in [foreign(4).list(&host.address, false), laboratory.list("https://other.example/list", false)] {
        *host.served.lock().unwrap() = Some(served);
        bench.clock.advance_micros(6 * ground::time::MINUTE_MICROS);
        let found = check::check(kernel, &home, signed.as_bytes()).await.unwrap();
        assert_eq!(found.outcome, Outcome::StatusUnknown, "{}", found.detail);
    }
}

#[tokio::test]
async fn a_document_at_a_private_address_is_never_fetched() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    let did = "did:web:intranet.example:lab";
    let entered = Profile { own_did: did.into(), ..profile() };
    let entered = laboratory::keep_profile(kernel, &tester("f1"), entered).await.unwrap();
    confirm(kernel, &entered).await;
    let laboratory = Foreign { did: did.into(), method: format!("{did}#k"), ..foreign(3) };
    let found = check::check(kernel, &home(), laboratory.signed(None).as_bytes()).await.unwrap();
    assert_eq!(found.outcome, Outcome::IssuerUnreachable);
    assert!(found.detail.contains("not a public address"), "{}", found.detail);
}

#[tokio::test]
async fn a_registered_public_key_of_either_kind_verifies_what_its_owner_signed() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    lot(kernel, "lot-1", "m1", "L1").await;
    let entered = laboratory::keep_profile(kernel, &tester("f1"), profile()).await.unwrap();
    confirm(kernel, &entered).await;
    let outside = foreign(3);
    let key =
        laboratory::register_key(kernel, &home(), &tester("f1"), &outside.key.public().to_multikey()).await.unwrap();
    assert_eq!(key.sealed, None);
    let signer = Foreign { did: key.did.clone(), method: format!("{}#{}", key.did, key.fragment), ..outside };
    let report = receive(kernel, &home(), &tester("f1"), &signer.signed(None)).await.unwrap();
    assert_eq!(report.state, State::Valid);
    let p256 = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    let key = laboratory::register_key(kernel, &home(), &tester("f1"), p256).await.unwrap();
    assert!(matches!(PublicKey::from_multikey(&key.public), Ok(PublicKey::P256(_))));
    let now = laboratory::get(kernel, &tester("f1"), "f1").await.unwrap();
    assert_eq!(now.did, signer.did, "keys of one laboratory stand in one document");
    assert!(check::check(kernel, &home(), signer.signed(None).as_bytes()).await.unwrap().outcome.step().is_none());
}

#[test]
fn check_steps_stop_at_the_first_that_fails() {
    use crate::check::Step;
    assert_eq!(Outcome::Valid.step(), None);
    assert_eq!(Outcome::Forged.step(), Some(Step::Signature));
    assert_eq!(Outcome::Revoked.step(), Some(Step::Status));
}
