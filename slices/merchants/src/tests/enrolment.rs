use super::*;
use crate::{Decision, Error, Filter, Move, NewEntry, QualificationState, RegisterState, State, Weight};
use kernel::Paging;

#[tokio::test]
async fn a_merchant_enrols_through_checks_and_a_persons_decision_on_every_store() {
    for test in db::testing::each(migrations).await {
        let kind = test.kind;
        let bench = Bench::over(test);
        let (kernel, org) = (&bench.kernel, kernel_id(&bench));
        let merchant = ready(&bench, &org, 1, NAME).await;
        assert_eq!(merchant.state, State::Draft);
        let merchant = crate::submit(kernel, &owner(&org), &org, merchant.version).await.unwrap();
        assert_eq!(merchant.state, State::Verifying, "{kind}");
        bench.settle().await;
        let merchant = crate::get(kernel, &reviewer(), &org).await.unwrap();
        assert_eq!(merchant.state, State::Verifying, "no register: a person decides ({kind})");
        let unconfirmed =
            crate::decide(kernel, &reviewer(), &org, merchant.version, Move::Enrol, Decision::default()).await;
        assert_eq!(said(unconfirmed), "invalid_input confirm_papers");
        let decision = Decision { confirm_papers: true, ..Decision::default() };
        let merchant = crate::decide(kernel, &reviewer(), &org, merchant.version, Move::Enrol, decision).await.unwrap();
        assert_eq!(merchant.state, State::Enrolled, "{kind}");
        assert_eq!(merchant.verify_due_at.unwrap().to_rfc3339(), "2026-09-01T16:00:00Z", "six months on, in China");
        let standing = crate::standing(kernel, &org).await.unwrap().unwrap();
        assert!(standing.may_sell() && standing.covers("food/snacks", kernel.today()).is_ok());
        assert_eq!(standing.covers("medical/medicines", kernel.today()).missing, ["medicine-trading-licence"]);
        let acts = bench.acts(&org).await;
        // Acts of one moment have no order among themselves.
        for once in ["merchant.created", "merchant.submitted", "merchant.verifying", "merchant.enrolled"] {
            assert_eq!(acts.iter().filter(|kind| *kind == once).count(), 1, "{once} ({kind})");
        }
        assert_eq!(acts.iter().filter(|kind| *kind == "qualification.verified").count(), 2);
        let filter = Filter {
            state: Some(State::Enrolled),
            category: Some("food".into()),
            search: Some("清溪".into()),
            expiring_by: Some("2026-12-31".parse().unwrap()),
            ..Filter::default()
        };
        for sort in crate::SORTS {
            let paging = Paging { sort: Some(kernel::Sort { by: sort.into(), descending: true }), ..Paging::default() };
            let found = crate::list(kernel, &auditor(), &filter, &paging).await.unwrap();
            assert_eq!((found.total, found.rows[0].id.as_str()), (1, org.as_str()), "{kind} {sort}");
        }
        assert_eq!(crate::directory(kernel, &[org.clone(), "x".into()]).await.unwrap()[&org], "清溪食品");
        assert_eq!(crate::find_by_uscc(kernel, &uscc(1)).await.unwrap().unwrap().id, org);
        assert_eq!(crate::open_work(kernel, &reviewer()).await.unwrap(), 0);
    }
}

fn kernel_id(bench: &Bench) -> String {
    bench.kernel.new_id()
}

#[tokio::test]
async fn what_is_missing_is_refused_at_its_field_and_nothing_changes() {
    let bench = Bench::sqlite().await;
    let actor = owner("m1");
    let merchant = create(&bench.kernel, &actor, "cn", Change::default()).await.unwrap();
    let refused = said(crate::submit(&bench.kernel, &actor, "m1", merchant.version).await);
    for field in ["uscc", "legal_name", "representative", "phone", "bank_account", "return_address", "categories"] {
        assert!(refused.contains(field), "{field} in {refused}");
    }
    assert_eq!(crate::get(&bench.kernel, &actor, "m1").await.unwrap(), merchant);
    assert_eq!(bench.acts("m1").await, ["merchant.created"]);
}

#[tokio::test]
async fn a_forged_check_digit_is_refused_and_a_pilot_code_goes_to_a_person() {
    let bench = Bench::sqlite().await;
    let mut forged = company(1, NAME);
    forged.uscc = "91350100M000101Y43".into();
    let change = |company| Change { company: Some(company), ..Change::default() };
    assert_eq!(said(create(&bench.kernel, &owner("m1"), "cn", change(forged)).await), "invalid_input uscc");
    let mut pilot = company(1, NAME);
    pilot.uscc = "91350100M000100Y44".into();
    create(&bench.kernel, &owner("m1"), "cn", change(pilot)).await.unwrap();
    let findings = crate::read::preview(&bench.kernel, &owner("m1"), "m1").await.unwrap();
    let finding = findings.iter().find(|finding| finding.code == "uscc-pilot").unwrap();
    assert_eq!(finding.weight, Weight::Review);
}

#[tokio::test]
async fn a_second_hand_in_and_a_stale_version_are_refused() {
    let bench = Bench::sqlite().await;
    let (kernel, actor) = (&bench.kernel, owner("m1"));
    let merchant = ready(&bench, "m1", 1, NAME).await;
    let change = || Change { categories: Some(vec!["food/tea".into()]), ..Change::default() };
    crate::update(kernel, &actor, "m1", merchant.version, change()).await.unwrap();
    assert_eq!(said(crate::update(kernel, &actor, "m1", merchant.version, change()).await), "stale");
    assert_eq!(said(crate::submit(kernel, &actor, "m1", merchant.version).await), "stale");
    crate::submit(kernel, &actor, "m1", merchant.version + 1).await.unwrap();
    assert_eq!(said(crate::submit(kernel, &actor, "m1", merchant.version + 1).await), "wrong_state");
    assert_eq!(said(crate::update(kernel, &actor, "m1", merchant.version + 3, change()).await), "wrong_state");
    let submitted = bench.acts("m1").await.into_iter().filter(|kind| kind == "merchant.submitted").count();
    assert_eq!(submitted, 1);
}

#[tokio::test]
async fn hands_in_at_once_leave_one_act() {
    let bench = Bench::sqlite().await;
    let merchant = ready(&bench, "m1", 1, NAME).await;
    let (a, b) = (owner("m1"), owner("m1"));
    let (first, second) = tokio::join!(
        crate::submit(&bench.kernel, &a, "m1", merchant.version),
        crate::submit(&bench.kernel, &b, "m1", merchant.version),
    );
    assert!(first.is_ok() != second.is_ok());
    assert_eq!(bench.acts("m1").await.iter().filter(|kind| *kind == "merchant.submitted").count(), 1);
}

#[tokio::test]
async fn two_merchants_cannot_hold_one_register_number() {
    let bench = Bench::sqlite().await;
    let first = ready(&bench, "m1", 1, NAME).await;
    crate::submit(&bench.kernel, &owner("m1"), "m1", first.version).await.unwrap();
    let second = ready(&bench, "m2", 1, NAME).await;
    let refused = crate::submit(&bench.kernel, &owner("m2"), "m2", second.version).await;
    assert_eq!(said(refused), "invalid_input uscc");
    let merchant = crate::get(&bench.kernel, &owner("m1"), "m1").await.unwrap();
    crate::decide(&bench.kernel, &owner("m1"), "m1", merchant.version, Move::Withdraw, Decision::default())
        .await
        .unwrap();
    crate::submit(&bench.kernel, &owner("m2"), "m2", second.version).await.unwrap();
}

#[tokio::test]
async fn another_merchants_licence_is_seen_by_the_person_and_not_told_to_the_merchant() {
    let bench = Bench::sqlite().await;
    *bench.register.silent.lock().unwrap() = false;
    bench.with_parameter("merchants.enrol_automatically", "value: false", "value: true");
    enrolled(&bench, "m1", 1).await;
    let thief = ready(&bench, "m2", 2, "苏州某某商贸有限公司").await;
    let mut stolen = food_trading_licence(1, "苏州某某商贸有限公司");
    stolen.valid_until = "2027-01-01".into();
    crate::add_qualification(&bench.kernel, &owner("m2"), "m2", stolen, pdf()).await.unwrap();
    crate::submit(&bench.kernel, &owner("m2"), "m2", thief.version).await.unwrap();
    bench.settle_with_register().await;
    let merchant = crate::get(&bench.kernel, &reviewer(), "m2").await.unwrap();
    assert_eq!(merchant.state, State::Verifying, "the machine never admits it, whatever the register says");
    let finding = merchant.findings.iter().find(|finding| finding.code == "number-used").unwrap();
    assert_eq!(finding.args["merchants"], "m1");
    let shown: Vec<_> = crate::read::visible_findings(&merchant.findings, &owner("m2")).collect();
    assert!(shown.iter().all(|finding| finding.code != "number-used"));
}

#[tokio::test]
async fn the_register_and_the_policy_together_admit_a_clean_file_without_a_person() {
    let bench = Bench::sqlite().await;
    bench.with_parameter("merchants.enrol_automatically", "value: false", "value: true");
    let merchant = ready(&bench, "m1", 1, NAME).await;
    crate::submit(&bench.kernel, &owner("m1"), "m1", merchant.version).await.unwrap();
    bench.settle_with_register().await;
    let merchant = crate::get(&bench.kernel, &reviewer(), "m1").await.unwrap();
    assert_eq!(merchant.state, State::Enrolled);
    let licence = paper_of(&bench, "m1", "food-trading-licence").await;
    assert_eq!((licence.state, licence.register), (QualificationState::Verified, RegisterState::Confirmed));
    assert!(licence.decided_by.starts_with("system:"));
}

#[tokio::test]
async fn where_policy_says_no_a_person_decides_although_the_register_confirmed() {
    let bench = Bench::sqlite().await;
    let merchant = ready(&bench, "m1", 1, NAME).await;
    crate::submit(&bench.kernel, &owner("m1"), "m1", merchant.version).await.unwrap();
    bench.settle_with_register().await;
    assert_eq!(crate::get(&bench.kernel, &reviewer(), "m1").await.unwrap().state, State::Verifying);
}

#[tokio::test]
async fn a_refused_merchant_reads_why_mends_and_hands_in_again() {
    let bench = Bench::sqlite().await;
    let merchant = ready(&bench, "m1", 1, NAME).await;
    crate::submit(&bench.kernel, &owner("m1"), "m1", merchant.version).await.unwrap();
    bench.settle().await;
    let merchant = crate::get(&bench.kernel, &reviewer(), "m1").await.unwrap();
    let refuse = |reasons: Vec<String>, note: &str| Decision { reasons, note: note.into(), ..Decision::default() };
    let none =
        crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, Move::Refuse, refuse(vec![], "")).await;
    assert_eq!(said(none), "invalid_input reasons");
    let unknown = refuse(vec!["bribe".into()], "");
    assert_eq!(
        said(crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, Move::Refuse, unknown).await),
        "invalid_input reasons"
    );
    let other = refuse(vec!["other".into()], "");
    assert_eq!(
        said(crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, Move::Refuse, other).await),
        "invalid_input note"
    );
    let unclear = refuse(vec!["documents_unclear".into()], "第二页看不清");
    crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, Move::Refuse, unclear).await.unwrap();
    let merchant = crate::get(&bench.kernel, &owner("m1"), "m1").await.unwrap();
    assert_eq!((merchant.state, merchant.note.as_str()), (State::Refused, "第二页看不清"));
    let merchant = crate::submit(&bench.kernel, &owner("m1"), "m1", merchant.version).await.unwrap();
    assert_eq!((merchant.state, merchant.reasons.len()), (State::Verifying, 0));
}

#[tokio::test]
async fn a_blacklisted_party_is_refused_with_its_reason_and_a_namesake_goes_to_a_person() {
    let bench = Bench::sqlite().await;
    bench.with_parameter("merchants.enrol_automatically", "value: false", "value: true");
    let entry = |kind: &str, value: &str| NewEntry {
        kind: kind.into(),
        value: value.into(),
        reason: "售假".into(),
        until: String::new(),
    };
    crate::add_blacklist(&bench.kernel, &reviewer(), entry("bank", "6222 0200 0000 0000 01")).await.unwrap();
    crate::add_blacklist(&bench.kernel, &reviewer(), entry("representative", "李四2")).await.unwrap();
    assert_eq!(said(crate::add_blacklist(&bench.kernel, &auditor(), entry("phone", "1")).await), "forbidden");
    let named = ready(&bench, "m1", 1, NAME).await;
    let named = crate::submit(&bench.kernel, &owner("m1"), "m1", named.version).await.unwrap();
    assert_eq!((named.state, named.reasons), (State::Refused, vec!["blacklisted".to_owned()]));
    let namesake = ready(&bench, "m2", 2, NAME).await;
    crate::submit(&bench.kernel, &owner("m2"), "m2", namesake.version).await.unwrap();
    bench.settle_with_register().await;
    let namesake = crate::get(&bench.kernel, &reviewer(), "m2").await.unwrap();
    assert_eq!(namesake.state, State::Verifying, "an equal name refuses nobody by itself");
    assert!(namesake.findings.iter().any(|finding| finding.code == "blacklist-likeness"));
    let page = crate::blacklist(&bench.kernel, &reviewer(), None, &Paging::default()).await.unwrap();
    let bank = page.rows.iter().find(|entry| entry.value == "622202000000000001").unwrap();
    assert_eq!(said(crate::lift_blacklist(&bench.kernel, &reviewer(), &bank.id, " ").await), "invalid_input reason");
    crate::lift_blacklist(&bench.kernel, &reviewer(), &bank.id, "已履行处罚").await.unwrap();
    assert_eq!(said(crate::lift_blacklist(&bench.kernel, &reviewer(), &bank.id, "再次").await), "not_found");
    let again = crate::get(&bench.kernel, &owner("m1"), "m1").await.unwrap();
    let again = crate::submit(&bench.kernel, &owner("m1"), "m1", again.version).await.unwrap();
    assert_eq!(again.state, State::Enrolled, "the register had confirmed its papers meanwhile");
}

#[tokio::test]
async fn a_merchant_sees_and_writes_no_other_merchants_file() {
    let bench = Bench::sqlite().await;
    let merchant = ready(&bench, "m1", 1, NAME).await;
    let (kernel, stranger) = (&bench.kernel, owner("m2"));
    let paper = paper_of(&bench, "m1", "business-licence").await;
    assert_eq!(said(crate::get(kernel, &stranger, "m1").await), "not_found");
    assert_eq!(said(crate::qualifications(kernel, &stranger, "m1").await), "not_found");
    assert_eq!(said(crate::qualification(kernel, &stranger, &paper.id).await), "not_found");
    assert_eq!(said(crate::document(kernel, &stranger, &paper.id).await), "not_found");
    assert_eq!(said(crate::history(kernel, &stranger, "m1").await), "not_found");
    assert_eq!(said(crate::standing_for(kernel, &stranger, "m1").await), "not_found");
    assert_eq!(said(crate::update(kernel, &stranger, "m1", merchant.version, Change::default()).await), "not_found");
    assert_eq!(said(crate::submit(kernel, &stranger, "m1", merchant.version).await), "not_found");
    assert_eq!(said(crate::withdraw_qualification(kernel, &stranger, &paper.id, paper.version).await), "not_found");
    let add = crate::add_qualification(kernel, &stranger, "m1", business_licence(1, NAME), pdf()).await;
    assert_eq!(said(add), "not_found");
    assert_eq!(said(crate::list(kernel, &stranger, &Filter::default(), &Paging::default()).await), "forbidden");
    let (file, content) = crate::document(kernel, &owner("m1"), &paper.id).await.unwrap();
    assert_eq!((file.name.as_str(), &content[..5]), ("执照.pdf", &b"%PDF-"[..]));
    assert_eq!(
        said(crate::decide_qualification(kernel, &owner("m1"), &paper.id, paper.version, true, "").await),
        "forbidden"
    );
    assert_eq!(
        said(crate::decide(kernel, &auditor(), "m1", merchant.version, Move::Ban, Decision::default()).await),
        "forbidden"
    );
}

#[tokio::test]
async fn after_enrolment_the_register_number_is_fixed_and_another_name_is_looked_at() {
    let bench = Bench::sqlite().await;
    let merchant = enrolled(&bench, "m1", 1).await;
    let (kernel, actor) = (&bench.kernel, owner("m1"));
    let change = |company| Change { company: Some(company), ..Change::default() };
    let other = crate::update(kernel, &actor, "m1", merchant.version, change(company(2, NAME))).await;
    assert_eq!(said(other), "invalid_input uscc");
    let renamed = Company { legal_name: "杭州清溪新名有限公司".into(), ..merchant.company.clone() };
    let merchant = crate::update(kernel, &actor, "m1", merchant.version, change(renamed)).await.unwrap();
    assert_eq!((merchant.state, merchant.open_reason.as_deref()), (State::Enrolled, Some("identity_changed")));
    assert_eq!(crate::open_work(kernel, &reviewer()).await.unwrap(), 1);
    let merchant = crate::reverify(kernel, &reviewer(), "m1", merchant.version, "已核对变更登记").await.unwrap();
    assert_eq!(merchant.open_reason, None);
}

#[tokio::test]
async fn no_personal_data_stands_in_the_public_part_of_an_act() {
    let bench = Bench::sqlite().await;
    let merchant = enrolled(&bench, "m1", 1).await;
    let decision = Decision {
        reasons: vec!["documents_suspect".into()],
        note: "电话 13800130001 打不通".into(),
        ..Decision::default()
    };
    crate::decide(&bench.kernel, &reviewer(), "m1", merchant.version, Move::Suspend, decision).await.unwrap();
    for act in kernel::store::history(&bench.kernel, "merchant", "m1", 200).await.unwrap() {
        let public = act.public.to_string();
        for private in [NAME, "李四", "王五", "1380013", "622202", &uscc(1), "打不通"] {
            assert!(!public.contains(private), "{} shows {private}: {public}", act.kind);
        }
    }
}

#[tokio::test]
async fn hostile_names_are_refused_with_their_place() {
    let bench = Bench::sqlite().await;
    let bad = |name: &str| Change { company: Some(company(1, name)), ..Change::default() };
    for name in ["甲\u{202E}乙", "甲\u{200B}乙", "甲\u{0007}乙", &"长".repeat(301)] {
        assert_eq!(said(create(&bench.kernel, &owner("m1"), "cn", bad(name)).await), "invalid_input legal_name");
    }
    let unknown = Change { categories: Some(vec!["food/dragons".into()]), ..Change::default() };
    assert_eq!(said(create(&bench.kernel, &owner("m1"), "cn", unknown).await), "invalid_input categories");
    assert_eq!(said(create(&bench.kernel, &owner("m1"), "mars", Change::default()).await), "merchant_market_unknown");
    create(&bench.kernel, &owner("m1"), "cn", Change::default()).await.unwrap();
    let twice = create(&bench.kernel, &owner("m1"), "cn", Change::default()).await;
    assert!(matches!(twice, Err(Error::Exists)));
}

#[test]
fn every_text_stands_in_both_languages() {
    let catalogs = ui::Catalogs::new(&[crate::CATALOG]).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    let own = |text: &String| text.starts_with("merchants-");
    assert_eq!(catalogs.differing_variables().into_iter().filter(own).collect::<Vec<_>>(), Vec::<String>::new());
    let mut ids: Vec<String> = crate::CODES.iter().map(ground::ErrorCode::message_id).collect();
    ids.extend(State::ALL.map(|state| format!("merchants-state-{}", state.name())));
    ids.extend(Move::ALL.map(|step| format!("merchants-move-{}", step.name())));
    ids.extend(Move::ALL.map(|step| format!("merchants-act-{}", step.act_kind().replace('.', "-"))));
    ids.extend(QualificationState::ALL.map(|state| format!("merchants-paper-{}", state.name())));
    ids.extend(RegisterState::ALL.map(|state| format!("merchants-register-{}", state.name().replace('_', "-"))));
    ids.extend(crate::PartyKind::ALL.map(|kind| format!("merchants-party-{}", kind.name().replace('_', "-"))));
    ids.extend(Weight::ALL.map(|weight| format!("merchants-weight-{}", weight.name())));
    for step in Move::ALL {
        ids.extend(
            crate::reasons_for(step).iter().map(|reason| format!("merchants-reason-{}", reason.replace('_', "-"))),
        );
    }
    for source in [
        include_str!("../rules.rs"),
        include_str!("../check.rs"),
        include_str!("../register.rs"),
        include_str!("../brand.rs"),
    ] {
        for part in source.split("Finding::new(\"").skip(1) {
            let code = part.split('"').next().unwrap();
            ids.extend([format!("merchants-finding-{code}"), format!("merchants-remedy-{code}")]);
        }
    }
    assert!(ids.len() > 80);
    let missing: Vec<&String> = ids.iter().filter(|id| !catalogs.has(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
