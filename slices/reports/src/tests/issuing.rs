//! A laboratory's own reports, from the draft to the revocation.

use super::*;
use crate::check::{Outcome, Step, check};
use crate::model::{PublicStatus, State};
use crate::{discard, get, list, of_lot, publish, revoke};
use credentials::{DidDocument, Secured, StatusList};
use kernel::Paging;
use kernel::testing::{owner, said};

#[tokio::test]
async fn a_signed_report_appears_on_its_lot_and_verifies_with_what_is_published() {
    for bench in Bench::each(migrations).await {
        ready(&bench).await;
        let kernel = &bench.kernel;
        let report = issued(kernel, "a1", "R-1").await;
        assert_eq!(report.state, State::Valid, "{}", bench.kind);
        let shown = of_lot(kernel, "lot-1").await.unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].status, shown[0].items.len()), (PublicStatus::Valid, 2));
        assert_eq!(shown[0].laboratory, "华东检测中心");
        // With the published document and list alone, as a stranger would.
        let document = publish::laboratory_document(kernel, "a1").await.unwrap().to_string();
        let document = DidDocument::read(document.as_bytes()).unwrap();
        for json in [false, true] {
            let (text, is_json) = publish::credential(kernel, &report.id, json).await.unwrap();
            assert_eq!(is_json, json);
            let secured = Secured::read(text.as_bytes()).unwrap();
            let verified = secured.verify(&document, kernel.now()).unwrap();
            assert_eq!(verified.credential.issuer, "did:web:shop.example:did:laboratories:a1");
            let entry = verified.credential.status_entries().unwrap().remove(0);
            let list = home().own_list(&entry.list).unwrap().to_owned();
            let list = publish::status_list(kernel, &home(), &list).await.unwrap();
            let list = Secured::read(list.as_bytes()).unwrap().verify(&document, kernel.now()).unwrap().credential;
            assert!(!StatusList::read(&list).unwrap().is_set(&list, &entry).unwrap());
            assert_eq!(check(kernel, &home(), text.as_bytes()).await.unwrap().outcome, Outcome::Valid);
        }
        assert_eq!(bench.acts("report", &report.id).await, ["report.drafted", "report.issued"]);
        assert_eq!(bench.acts("lot", "lot-1").await, ["report.drafted", "report.issued"]);
    }
}

#[tokio::test]
async fn a_revoked_report_says_so_everywhere() {
    for bench in Bench::each(migrations).await {
        ready(&bench).await;
        let kernel = &bench.kernel;
        let (kept, report) = (issued(kernel, "a1", "R-1").await, issued(kernel, "a1", "R-2").await);
        let refused = revoke(kernel, &tester("a1"), &report.id, report.version, " ").await;
        assert_eq!(said(refused.map_err(Into::into)), "invalid_input reason");
        revoke(kernel, &tester("a1"), &report.id, report.version, "样品搞错了").await.unwrap();
        let again = revoke(kernel, &tester("a1"), &report.id, report.version + 1, "再次").await;
        assert_eq!(said(again.map_err(Into::into)), "wrong_state");
        let shown = of_lot(kernel, "lot-1").await.unwrap();
        let status = |id: &str| shown.iter().find(|shown| shown.id == id).unwrap().status;
        assert_eq!((status(&kept.id), status(&report.id)), (PublicStatus::Valid, PublicStatus::Revoked));
        let found = check(kernel, &home(), report.credential.as_bytes()).await.unwrap();
        assert_eq!((found.outcome, found.held(Step::Signature)), (Outcome::Revoked, Some(true)), "{}", bench.kind);
        let (list, place) = report.status.clone().unwrap();
        let text = publish::status_list(kernel, &home(), &list).await.unwrap();
        let read = StatusList::read(Secured::read(text.as_bytes()).unwrap().claimed()).unwrap();
        assert!(read.bits.get(place).unwrap());
        assert!(!read.bits.get(kept.status.clone().unwrap().1).unwrap());
        let act = kernel::store::history(kernel, "report", &report.id, 10).await.unwrap();
        let act = act.into_iter().find(|act| act.kind == "report.revoked").unwrap();
        assert!(!act.public.to_string().contains("样品搞错了"), "free text is private");
    }
}

#[tokio::test]
async fn every_report_has_a_place_of_its_own() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let mut places = std::collections::BTreeSet::new();
    for number in 0..20 {
        let report = issued(&bench.kernel, "a1", &format!("R-{number}")).await;
        assert!(places.insert(report.status.unwrap()), "a place was given twice");
    }
}

#[tokio::test]
async fn an_expired_report_is_shown_as_expired() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let report = issued(&bench.kernel, "a1", "R-1").await;
    bench.clock.set(ground::Timestamp::parse_rfc3339("2026-12-31T15:59:59Z").unwrap());
    assert_eq!(
        of_lot(&bench.kernel, "lot-1").await.unwrap()[0].status,
        PublicStatus::Valid,
        "the last day counts whole"
    );
    bench.clock.set(ground::Timestamp::parse_rfc3339("2026-12-31T16:00:00Z").unwrap());
    assert_eq!(of_lot(&bench.kernel, "lot-1").await.unwrap()[0].status, PublicStatus::Expired);
    let found = check(&bench.kernel, &home(), report.credential.as_bytes()).await.unwrap();
    assert_eq!(found.outcome, Outcome::Expired);
}

#[tokio::test]
async fn what_is_wrong_in_a_report_is_named_and_nothing_is_kept() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let kernel = &bench.kernel;
    let try_with = async |change: &dyn Fn(&mut NewReport)| {
        let mut new = new_report("R-1");
        change(&mut new);
        said(draft(kernel, &tester("a1"), new).await.map_err(Into::into))
    };
    assert_eq!(try_with(&|new| new.gtin = "6901234567893".into()).await, "invalid_input gtin");
    assert_eq!(try_with(&|new| new.lot_number = "L9".into()).await, "invalid_input lot_number");
    assert_eq!(try_with(&|new| new.tested_on = "2026-03-03".into()).await, "invalid_input tested_on");
    assert_eq!(try_with(&|new| new.valid_until = "2026-03-01".into()).await, "invalid_input valid_until");
    assert_eq!(try_with(&|new| new.result = "great".into()).await, "invalid_input result");
    assert_eq!(try_with(&|new| new.items.clear()).await, "invalid_input items result");
    assert_eq!(try_with(&|new| new.items[1].verdict = Some(Verdict::Fail)).await, "invalid_input result");
    assert_eq!(try_with(&|new| new.items[1].value = String::new()).await, "invalid_input items.value");
    assert_eq!(try_with(&|new| new.title = "x".repeat(301)).await, "invalid_input title");
    assert_eq!(try_with(&|new| new.document = Some("<html>".into())).await, "invalid_input document");
    let found = list(kernel, &tester("a1"), &crate::Filter::default(), &Paging::default()).await.unwrap();
    assert_eq!(found.total, 0);
}

#[tokio::test]
async fn a_draft_is_its_laboratorys_alone() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    confirmed(&bench.kernel, "a2").await;
    let kernel = &bench.kernel;
    let drafted = draft(kernel, &tester("a1"), new_report("R-1")).await.unwrap();
    for actor in [manager(), owner("m1"), tester("a2")] {
        assert_eq!(said(get(kernel, &actor, &drafted.id).await.map_err(Into::into)), "not_found", "{}", actor.id);
        let found = list(kernel, &actor, &crate::Filter::default(), &Paging::default()).await.unwrap();
        assert_eq!((found.total, found.rows.len()), (0, 0), "{}", actor.id);
    }
    assert!(of_lot(kernel, "lot-1").await.unwrap().is_empty());
    assert!(publish::credential(kernel, &drafted.id, false).await.is_err());
    let other = sign(kernel, &home(), &tester("a2"), &drafted.id, drafted.version).await;
    assert_eq!(said(other.map_err(Into::into)), "not_found");
    discard(kernel, &tester("a1"), &drafted.id, drafted.version).await.unwrap();
    assert_eq!(said(get(kernel, &tester("a1"), &drafted.id).await.map_err(Into::into)), "not_found");
}

#[tokio::test]
async fn merchants_see_reports_about_their_own_lots() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let kernel = &bench.kernel;
    let report = issued(kernel, "a1", "R-1").await;
    assert_eq!(get(kernel, &owner("m1"), &report.id).await.unwrap().id, report.id);
    assert_eq!(said(get(kernel, &owner("m2"), &report.id).await.map_err(Into::into)), "not_found");
    let found = list(kernel, &owner("m2"), &crate::Filter::default(), &Paging::default()).await.unwrap();
    assert_eq!(found.total, 0);
    let wants = draft(kernel, &owner("m1"), new_report("R-2")).await;
    assert_eq!(said(wants.map_err(Into::into)), "forbidden");
}
