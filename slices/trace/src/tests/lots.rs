//! Lots and their documents.

use super::*;
use crate::{LotChange, LotFilter, LotState, NewDocument};
use bytes::Bytes;
use kernel::Paging;

fn certificate() -> NewDocument {
    NewDocument {
        kind: "inspection".into(),
        number: "JY-2026-0017".into(),
        issuer: "浙江省检验检疫科学技术研究院".into(),
        issued_on: "2026-02-25".into(),
        valid_until: "2027-02-25".into(),
        public: true,
        file_name: "检验合格证.pdf".into(),
        content: Bytes::from_static(b"%PDF-1.4 inspected"),
    }
}

#[tokio::test]
async fn a_lot_is_entered_changed_blocked_and_recalled_with_an_act_for_each_step() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let entered = lot(kernel, "m1", "L-2026/03").await;
        assert_eq!(entered.gtin.as_str(), "06901234567892");
        assert_eq!(entered.product, "竹纤维洗碗布 5 片装", "as the listing calls it");
        assert_eq!((entered.state, entered.market.as_str()), (LotState::Open, "cn"));
        let change = LotChange { origin: Some("浙江临安".into()), ..LotChange::default() };
        let changed = crate::change(kernel, &owner("m1"), &entered.id, 1, change.clone()).await.unwrap();
        assert_eq!((changed.origin.as_str(), changed.version), ("浙江临安", 2));
        let stale = crate::change(kernel, &owner("m1"), &entered.id, 1, change.clone()).await;
        assert_eq!(said(stale), "stale");
        for next in [LotState::Blocked, LotState::Recalled, LotState::Recalled, LotState::Open, LotState::Withdrawn] {
            let moved = crate::set_lot_state(kernel, &manager(), &entered.id, next, "检查不合格").await.unwrap();
            assert_eq!(moved.state, next, "{}", bench.kind);
        }
        let back = crate::set_lot_state(kernel, &manager(), &entered.id, LotState::Open, "再开").await;
        assert_eq!(said(back), "wrong_state", "withdrawn is the end");
        let late = crate::change(kernel, &owner("m1"), &entered.id, 7, change).await;
        assert!(["wrong_state", "stale"].contains(&said(late).as_str()));
        let acts = bench.acts("lot", &entered.id).await;
        let expected =
            ["created", "changed", "blocked", "recalled", "reopened", "withdrawn"].map(|k| format!("lot.{k}"));
        assert_eq!(acts, expected, "{}: a step taken twice is one act", bench.kind);
    }
}

#[tokio::test]
async fn a_lot_with_wrong_facts_is_refused_at_each_field_and_nothing_is_kept() {
    let bench = sqlite().await;
    let wrong = [
        (NewLot { gtin: "6901234567891".into(), ..new_lot("m1", "L1") }, "gtin"),
        (NewLot { gtin: "69012345678".into(), ..new_lot("m1", "L1") }, "gtin"),
        (NewLot { gtin: "05410013101703".into(), ..new_lot("m1", "L1") }, "gtin"),
        (NewLot { number: "批号".into(), ..new_lot("m1", "L1") }, "number"),
        (NewLot { number: "123456789012345678901".into(), ..new_lot("m1", "L1") }, "number"),
        (NewLot { number: String::new(), ..new_lot("m1", "L1") }, "number"),
        (NewLot { produced_on: "2026-03-03".into(), ..new_lot("m1", "L1") }, "produced_on"),
        (NewLot { expires_on: "2026-02-19".into(), ..new_lot("m1", "L1") }, "expires_on"),
        (NewLot { produced_on: "2026-02-30".into(), ..new_lot("m1", "L1") }, "produced_on"),
        (NewLot { origin: "浙江\u{202E}".into(), ..new_lot("m1", "L1") }, "origin"),
    ];
    for (new, field) in wrong {
        let shown = format!("{new:?}");
        let refused = crate::create(&bench.kernel, &owner("m1"), new).await;
        assert_eq!(said(refused), format!("invalid_input {field}"), "{shown}");
    }
    let page = crate::lots(&bench.kernel, &manager(), &LotFilter::default(), &Paging::default()).await.unwrap();
    assert_eq!(page.total, 0);
}

#[tokio::test]
async fn a_lot_number_is_taken_once_by_a_merchant_and_others_learn_nothing() {
    for bench in each().await {
        let kernel = &bench.kernel;
        with_m2(kernel).await;
        let one = lot(kernel, "m1", "L1").await;
        let again = crate::create(kernel, &owner("m1"), new_lot("m1", "L1")).await;
        assert_eq!(said(again), "lot_exists", "{}", bench.kind);
        lot(kernel, "m1", "l1").await; // lot numbers are case sensitive
        let other = lot(kernel, "m2", "L1").await;
        assert_eq!(said(crate::lot(kernel, &owner("m2"), &one.id).await), "not_found");
        assert_eq!(said(crate::create(kernel, &owner("m2"), new_lot("m1", "L9")).await), "not_found");
        let change = crate::change(kernel, &owner("m2"), &one.id, 1, LotChange::default()).await;
        assert_eq!(said(change), "not_found");
        let stop = crate::set_lot_state(kernel, &owner("m2"), &one.id, LotState::Withdrawn, "x").await;
        assert_eq!(said(stop), "not_found");
        let block = crate::set_lot_state(kernel, &owner("m1"), &one.id, LotState::Blocked, "x").await;
        assert_eq!(said(block), "forbidden", "its merchant may only withdraw it");
        let auditor = crate::set_lot_state(kernel, &staff(Role::Auditor), &one.id, LotState::Blocked, "x").await;
        assert_eq!(said(auditor), "forbidden");
        let mine = crate::lots(kernel, &owner("m2"), &LotFilter::default(), &Paging::default()).await.unwrap();
        assert_eq!(mine.rows.iter().map(|lot| lot.id.as_str()).collect::<Vec<_>>(), [other.id.as_str()]);
        // The public page of a shared number shows the one that stands worst.
        let gtin = GTIN.parse().unwrap();
        assert_eq!(crate::public_lot(kernel, &gtin, "L1").await.unwrap().unwrap().id, one.id);
        crate::set_lot_state(kernel, &manager(), &other.id, LotState::Recalled, "召回").await.unwrap();
        assert_eq!(crate::public_lot(kernel, &gtin, "L1").await.unwrap().unwrap().id, other.id);
        assert_eq!(crate::public_lot(kernel, &gtin, "L2").await.unwrap(), None);
        assert_eq!(crate::lots_of_gtin(kernel, &gtin).await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn lots_are_found_by_state_number_gtin_and_day() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let early = NewLot { expires_on: "2026-04-01".into(), ..new_lot("m1", "A-1") };
    crate::create(kernel, &owner("m1"), early).await.unwrap();
    let late = lot(kernel, "m1", "A-2").await;
    lot(kernel, "m1", "B-1").await;
    crate::set_lot_state(kernel, &manager(), &late.id, LotState::Blocked, "查").await.unwrap();
    let found = async |filter: LotFilter| {
        let page = crate::lots(kernel, &manager(), &filter, &Paging::default()).await.unwrap();
        let mut numbers: Vec<String> = page.rows.into_iter().map(|lot| lot.number).collect();
        numbers.sort();
        numbers.join(" ")
    };
    assert_eq!(found(LotFilter { search: Some("A-".into()), ..LotFilter::default() }).await, "A-1 A-2");
    assert_eq!(found(LotFilter { search: Some(GTIN.into()), ..LotFilter::default() }).await, "A-1 A-2 B-1");
    assert_eq!(found(LotFilter { state: Some(LotState::Blocked), ..LotFilter::default() }).await, "A-2");
    assert_eq!(found(LotFilter { expiring_by: Some("2026-12-31".into()), ..LotFilter::default() }).await, "A-1");
    assert_eq!(found(LotFilter { search: Some("%".into()), ..LotFilter::default() }).await, "");
    assert_eq!(crate::open_work(kernel, &manager()).await.unwrap(), 1);
    assert_eq!(crate::open_work(kernel, &owner("m2")).await.unwrap(), 0);
}

#[tokio::test]
async fn a_document_is_shown_until_it_is_taken_back_and_its_act_names_its_content() {
    for bench in each().await {
        let kernel = &bench.kernel;
        let lot = lot(kernel, "m1", "L1").await;
        let document = crate::add_document(kernel, &owner("m1"), &lot.id, certificate()).await.unwrap();
        let hidden = NewDocument { public: false, kind: "customs".into(), ..certificate() };
        let hidden = crate::add_document(kernel, &owner("m1"), &lot.id, hidden).await.unwrap();
        let shown = crate::public_documents(kernel, &lot.id).await.unwrap();
        assert_eq!(shown, std::slice::from_ref(&document), "{}", bench.kind);
        let (_, content) = crate::document_file(kernel, None, &lot.id, &document.id).await.unwrap();
        assert_eq!(&content[..], b"%PDF-1.4 inspected");
        assert_eq!(said(crate::document_file(kernel, None, &lot.id, &hidden.id).await), "not_found");
        let stranger = owner("m2");
        assert_eq!(said(crate::document_file(kernel, Some(&stranger), &lot.id, &hidden.id).await), "not_found");
        assert!(crate::document_file(kernel, Some(&owner("m1")), &lot.id, &hidden.id).await.is_ok());
        let act = kernel::store::act(kernel, &document.act_id).await.unwrap().unwrap();
        assert_eq!(act.public["evidence"][0], document.sha256.as_str());
        assert!(!act.public.to_string().contains("JY-2026-0017"), "the paper's number is private");
        crate::withdraw_document(kernel, &owner("m1"), &lot.id, &document.id).await.unwrap();
        assert_eq!(crate::public_documents(kernel, &lot.id).await.unwrap(), []);
        assert_eq!(said(crate::document_file(kernel, None, &lot.id, &document.id).await), "not_found");
        let twice = crate::withdraw_document(kernel, &owner("m1"), &lot.id, &document.id).await;
        assert_eq!(said(twice), "wrong_state");
    }
}

#[tokio::test]
async fn a_wrong_document_is_refused_at_its_field() {
    let bench = sqlite().await;
    let kernel = &bench.kernel;
    let lot = lot(kernel, "m1", "L1").await;
    let wrong = [
        (NewDocument { content: Bytes::new(), ..certificate() }, "file"),
        (NewDocument { content: Bytes::from_static(b"MZ\x90\x00 program"), ..certificate() }, "file"),
        (NewDocument { content: Bytes::from_static(b"<html><script>"), ..certificate() }, "file"),
        (NewDocument { kind: "love-letter".into(), ..certificate() }, "kind"),
        (NewDocument { issuer: " ".into(), ..certificate() }, "issuer"),
        (NewDocument { issued_on: "2026-03-09".into(), ..certificate() }, "issued_on"),
        (NewDocument { valid_until: "2026-02-24".into(), ..certificate() }, "valid_until"),
    ];
    for (new, field) in wrong {
        let refused = crate::add_document(kernel, &owner("m1"), &lot.id, new).await;
        assert_eq!(said(refused), format!("invalid_input {field}"));
    }
    let other = crate::add_document(kernel, &owner("m2"), &lot.id, certificate()).await;
    assert_eq!(said(other), "not_found");
    assert_eq!(crate::documents(kernel, &owner("m1"), &lot.id).await.unwrap(), []);
}
