use super::*;
use crate::{NewBrand, NewLink, QualificationState, RegisterState};

fn paper(change: impl FnOnce(&mut NewQualification)) -> NewQualification {
    let mut new = food_trading_licence(9, NAME);
    change(&mut new);
    new
}

#[tokio::test]
async fn what_is_plainly_wrong_with_a_paper_is_refused_at_its_field() {
    let bench = Bench::sqlite().await;
    ready(&bench, "m1", 1, NAME).await;
    let add = async |new: NewQualification, file: Option<NewFile>| {
        said(crate::add_qualification(&bench.kernel, &owner("m1"), "m1", new, file).await)
    };
    let file = |content: &'static [u8]| Some(NewFile { name: "a.pdf".into(), content: Bytes::from_static(content) });
    assert_eq!(add(paper(|q| q.valid_until = "2026-03-01".into()), pdf()).await, "invalid_input valid_until");
    assert_eq!(add(paper(|q| q.valid_from = "2026-03-03".into()), pdf()).await, "invalid_input valid_from");
    assert_eq!(add(paper(|q| q.valid_until = "2026-02-30".into()), pdf()).await, "invalid_input valid_until");
    assert_eq!(add(paper(|q| q.number = "JY123".into()), pdf()).await, "invalid_input number");
    assert_eq!(add(paper(|q| q.number.clear()), pdf()).await, "invalid_input number");
    assert_eq!(add(paper(|q| q.issuer.clear()), pdf()).await, "invalid_input issuer");
    assert_eq!(add(paper(|q| q.kind = "pilot-licence".into()), pdf()).await, "invalid_input kind");
    assert_eq!(add(paper(|q| q.renews = Some("another".into())), pdf()).await, "invalid_input renews");
    assert_eq!(add(paper(|_| ()), None).await, "invalid_input file");
    assert_eq!(add(paper(|_| ()), file(b"MZ\x90\x00 a program")).await, "invalid_input file");
    assert_eq!(add(paper(|_| ()), file(b"<script>alert(1)</script>")).await, "invalid_input file");
    let large =
        NewFile { name: "a.pdf".into(), content: [&b"%PDF-1.4"[..], &vec![b' '; 20 * 1024 * 1024]].concat().into() };
    assert_eq!(add(paper(|_| ()), Some(large)).await, "invalid_input file");
    assert_eq!(add(business_licence(2, NAME), pdf()).await, "invalid_input number", "not the merchant's own number");
    let all = crate::qualifications(&bench.kernel, &owner("m1"), "m1").await.unwrap();
    assert_eq!(all.len(), 2, "nothing was half-saved");
}

#[tokio::test]
async fn what_a_person_must_judge_is_kept_as_a_finding() {
    let bench = Bench::sqlite().await;
    ready(&bench, "m1", 1, NAME).await;
    let wrong_digit = paper(|q| {
        let last = q.number.pop().unwrap();
        q.number.push(if last == '0' { '1' } else { '0' });
        q.holder = "别家公司".into();
    });
    let found = crate::add_qualification(&bench.kernel, &owner("m1"), "m1", wrong_digit, pdf()).await.unwrap();
    let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["number-check-digit", "holder-differs"]);
}

#[tokio::test]
async fn a_person_confirms_by_hand_and_the_record_says_so() {
    let bench = Bench::sqlite().await;
    ready(&bench, "m1", 1, NAME).await;
    bench.settle().await;
    let licence = paper_of(&bench, "m1", "food-trading-licence").await;
    assert_eq!(licence.register, RegisterState::ByHand);
    let kernel = &bench.kernel;
    let none = crate::decide_qualification(kernel, &reviewer(), &licence.id, licence.version, false, "").await;
    assert_eq!(said(none), "invalid_input reason");
    crate::decide_qualification(kernel, &reviewer(), &licence.id, licence.version, true, "已电话核实").await.unwrap();
    let again = crate::decide_qualification(kernel, &reviewer(), &licence.id, licence.version, true, "").await;
    assert_eq!(said(again), "stale", "two reviewers on one paper");
    let acts = kernel::store::history(kernel, "qualification", &licence.id, 10).await.unwrap();
    assert_eq!(acts[0].kind, "qualification.verified");
    assert_eq!(acts[0].public_text("confirmed"), Some("by_hand"));
    assert_eq!(acts[0].public_text("merchant"), Some("m1"));
    let revoked = crate::decide_qualification(kernel, &reviewer(), &licence.id, licence.version + 1, false, "系伪造")
        .await
        .unwrap();
    assert_eq!(revoked.state, QualificationState::Rejected);
}

#[tokio::test]
async fn a_silent_register_leaves_papers_to_be_confirmed_and_is_asked_again() {
    let bench = Bench::sqlite().await;
    *bench.register.silent.lock().unwrap() = true;
    ready(&bench, "m1", 1, NAME).await;
    bench.settle_with_register().await;
    let licence = paper_of(&bench, "m1", "food-trading-licence").await;
    assert_eq!((licence.register, licence.register_tries), (RegisterState::Waiting, 1));
    bench.settle_with_register().await;
    assert_eq!(bench.register.asked.lock().unwrap().len(), 2, "not before its time");
    bench.clock.advance_micros(5 * ground::time::MINUTE_MICROS);
    *bench.register.silent.lock().unwrap() = false;
    bench.settle_with_register().await;
    let licence = paper_of(&bench, "m1", "food-trading-licence").await;
    assert_eq!(licence.register, RegisterState::Confirmed);
    assert_eq!(licence.state, QualificationState::Submitted, "a draft's paper is not confirmed before it is handed in");
}

#[tokio::test]
async fn a_register_that_states_otherwise_opens_the_file_to_a_person() {
    let bench = Bench::sqlite().await;
    enrolled(&bench, "m1", 1).await;
    *bench.register.holder.lock().unwrap() = Some("另一家公司".into());
    let mut renewal = food_trading_licence(1, NAME);
    renewal.renews = Some(paper_of(&bench, "m1", "food-trading-licence").await.id);
    renewal.valid_until = "2029-12-31".into();
    crate::add_qualification(&bench.kernel, &owner("m1"), "m1", renewal, pdf()).await.unwrap();
    bench.settle_with_register().await;
    let merchant = crate::get(&bench.kernel, &reviewer(), "m1").await.unwrap();
    assert_eq!(merchant.open_reason.as_deref(), Some("register_differs"));
    let renewal = paper_of(&bench, "m1", "food-trading-licence").await;
    let finding = renewal.findings.iter().find(|finding| finding.code == "register-differs").unwrap();
    assert_eq!(finding.args["register"], "另一家公司");
}

#[tokio::test]
async fn a_brand_is_authorised_by_an_unbroken_chain_that_a_person_confirms() {
    let bench = Bench::sqlite().await;
    enrolled(&bench, "m1", 1).await;
    let link = |from: &str, to: &str| NewLink {
        grantor: from.into(),
        grantee: to.into(),
        valid_from: "2025-01-01".into(),
        valid_until: "2026-06-30".into(),
        file: pdf(),
    };
    let new = |chain: Vec<NewLink>| NewBrand {
        brand: "山泉".into(),
        trademark_number: "12345678".into(),
        trademark_owner: "山泉集团".into(),
        trademark_until: "2030-01-01".into(),
        chain,
    };
    let kernel = &bench.kernel;
    let broken = crate::add_brand(kernel, &owner("m1"), "m1", new(vec![link("别人", NAME)])).await.unwrap();
    assert_eq!(broken.findings[0].code, "chain-broken");
    let mut no_letter = link("山泉集团", NAME);
    no_letter.file = None;
    assert_eq!(said(crate::add_brand(kernel, &owner("m1"), "m1", new(vec![no_letter])).await), "invalid_input chain");
    let good =
        crate::add_brand(kernel, &owner("m1"), "m1", new(vec![link("山泉集团", "华东总代"), link("华东总代", NAME)]))
            .await
            .unwrap();
    assert!(good.findings.is_empty() && !good.holds_on(kernel.today()), "not before a person has confirmed it");
    assert_eq!(said(crate::letter(kernel, &owner("m2"), &good.id, 0).await), "not_found");
    assert!(crate::letter(kernel, &owner("m1"), &good.id, 1).await.is_ok());
    let good = crate::decide_brand(kernel, &reviewer(), &good.id, good.version, true, "").await.unwrap();
    assert!(good.holds_on(kernel.today()));
    bench.clock.set(ground::Timestamp::parse_rfc3339("2026-07-01T04:00:00Z").unwrap());
    bench.settle().await;
    let all = crate::brand_authorisations(kernel, "m1").await.unwrap();
    let good = all.iter().find(|brand| brand.id == good.id).unwrap();
    assert_eq!(good.state, QualificationState::Expired);
    assert!(bench.acts("m1").await.contains(&"brand.expired".to_owned()));
}
