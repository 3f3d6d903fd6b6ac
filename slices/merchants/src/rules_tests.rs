use super::*;
use crate::matrix::fixture;
use crate::model::{AuthorisationLink, DocumentFile};
use ground::Timestamp;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn merchant() -> Merchant {
    Merchant {
        id: "m1".into(),
        market: "cn".into(),
        state: State::Draft,
        version: 1,
        company: Company {
            uscc: "91350100M000100Y43".into(),
            legal_name: "杭州（清溪）食品有限公司".into(),
            shop_name: "清溪".into(),
            representative: "李四".into(),
            representative_id: String::new(),
            address: "杭州市".into(),
        },
        contacts: Contacts::default(),
        categories: vec!["food/snacks".into()],
        findings: vec![],
        reasons: vec![],
        note: String::new(),
        open_reason: None,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        submitted_at: None,
        verified_at: None,
        verify_due_at: None,
        confirm_asked_at: None,
        suspended_until: None,
    }
}

fn file() -> Option<DocumentFile> {
    Some(DocumentFile { sha256: "ab".into(), name: "a.pdf".into(), bytes: 3, media_type: "application/pdf".into() })
}

fn qualification(id: &str, kind: &str, state: QualificationState) -> Qualification {
    Qualification {
        id: id.into(),
        merchant_id: "m1".into(),
        kind: kind.into(),
        number: "91350100M000100Y43".into(),
        holder: "杭州(清溪)食品有限公司".into(),
        issuer: "市场监管局".into(),
        categories: vec![],
        valid_from: Some(day("2024-01-01")),
        valid_until: Some(day("2027-01-01")),
        file: file(),
        state,
        findings: vec![],
        register: RegisterState::ByHand,
        register_tries: 0,
        register_due_at: None,
        decided_by: String::new(),
        reason: String::new(),
        renews: None,
        warned_days: 0,
        created_at: Timestamp::from_micros(0),
        decided_at: None,
        version: 1,
    }
}

#[test]
fn the_state_machine_is_this_table() {
    // Rows: moves; columns: draft submitted verifying enrolled refused suspended closed banned. `-` is not allowed.
    let table = [
        (Move::Submit, "submitted - - - submitted - - -"),
        (Move::Withdraw, "- draft draft - - - - -"),
        (Move::Verify, "- verifying - - - - - -"),
        (Move::Enrol, "- - enrolled - - - - -"),
        (Move::Refuse, "- refused refused - - - - -"),
        (Move::Suspend, "- - - suspended - - - -"),
        (Move::Restore, "- - - - - enrolled - -"),
        (Move::Close, "closed - - closed closed closed - -"),
        (Move::Reopen, "- - - - - - draft -"),
        (Move::Ban, "banned banned banned banned banned banned banned -"),
    ];
    assert_eq!(table.len(), Move::ALL.len());
    for (step, row) in table {
        for (state, expected) in State::ALL.into_iter().zip(row.split(' ')) {
            let found = after(state, step).map_or("-", State::name);
            assert_eq!(found, expected, "{} while {}", step.name(), state.name());
        }
    }
}

#[test]
fn a_merchant_can_neither_admit_nor_free_itself() {
    for step in [Move::Verify, Move::Enrol, Move::Refuse, Move::Suspend, Move::Restore, Move::Ban] {
        assert!(State::ALL.iter().all(|state| !is_merchants_own(step, *state)), "{step:?}");
    }
    assert!(!is_merchants_own(Move::Close, State::Suspended), "closing is no way out of a suspension");
}

#[test]
fn names_read_back() {
    assert!(State::ALL.iter().all(|s| State::from_name(s.name()) == Some(*s)));
    assert!(Move::ALL.iter().all(|s| Move::from_name(s.name()) == Some(*s)));
    assert!(QualificationState::ALL.iter().all(|s| QualificationState::from_name(s.name()) == Some(*s)));
    assert!(RegisterState::ALL.iter().all(|s| RegisterState::from_name(s.name()) == Some(*s)));
    assert!(PartyKind::ALL.iter().all(|s| PartyKind::from_name(s.name()) == Some(*s)));
    assert!(Weight::ALL.iter().all(|s| Weight::from_name(s.name()) == Some(*s)));
}

fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn each_fault_of_a_qualification_is_found_by_itself() {
    let matrix = fixture();
    let rule = matrix.kind("food-licence").unwrap();
    let today = day("2026-06-01");
    let check = |change: &dyn Fn(&mut Qualification), outcome, used| {
        let mut q = qualification("q1", "food-licence", QualificationState::Submitted);
        change(&mut q);
        let found = check_qualification(&q, rule, outcome, &merchant(), today, used);
        codes(&found).join(" ")
    };
    use NumberOutcome::*;
    assert_eq!(check(&|_| {}, Good, false), "", "brackets of either width are the same name");
    assert_eq!(check(&|_| {}, Wrong, false), "number-format");
    assert_eq!(check(&|_| {}, Doubt, false), "number-check-digit");
    assert_eq!(check(&|_| {}, Good, true), "number-used");
    assert_eq!(check(&|q| q.holder = "别家公司".into(), Good, false), "holder-differs");
    assert_eq!(check(&|q| q.file = None, Good, false), "file-missing");
    assert_eq!(check(&|q| q.issuer.clear(), Good, false), "issuer-missing");
    assert_eq!(check(&|q| q.valid_until = Some(day("2026-05-31")), Good, false), "expired");
    assert_eq!(check(&|q| q.valid_until = Some(today), Good, false), "", "the last day still counts");
    assert_eq!(check(&|q| q.valid_from = Some(day("2026-06-02")), Good, false), "not-yet-valid");
    assert_eq!(check(&|q| q.valid_until = None, Good, false), "end-missing");
    let licence = matrix.kind("business-licence").unwrap();
    let mut q = qualification("q1", "business-licence", QualificationState::Submitted);
    q.number = "91350100M000100Y50".into();
    let found = check_qualification(&q, licence, Good, &merchant(), today, false);
    assert_eq!(codes(&found), ["number-not-uscc"]);
}

#[test]
fn a_category_is_covered_only_by_confirmed_papers_in_force() {
    let matrix = fixture();
    let today = day("2026-06-01");
    let of = |list: &[Qualification]| coverage(&matrix, list, "food/snacks", today);
    let licence = qualification("a", "business-licence", QualificationState::Verified);
    let food = |state| qualification("b", "food-licence", state);
    assert_eq!(of(&[]).missing, ["business-licence", "food-licence"]);
    assert_eq!(of(std::slice::from_ref(&licence)).missing, ["food-licence"]);
    assert_eq!(of(&[licence.clone(), food(QualificationState::Submitted)]).waiting, ["food-licence"]);
    assert_eq!(of(&[licence.clone(), food(QualificationState::Rejected)]).missing, ["food-licence"]);
    let covered = of(&[licence.clone(), food(QualificationState::Verified)]);
    assert!(covered.is_ok());
    assert_eq!(covered.rests_on, ["a", "b"]);
    let mut old = food(QualificationState::Verified);
    old.valid_until = Some(day("2026-05-31"));
    assert_eq!(of(&[licence.clone(), old]).expired, ["food-licence"]);
    let mut other_scope = food(QualificationState::Verified);
    other_scope.categories = vec!["food/drinks".into()];
    assert_eq!(
        of(&[licence.clone(), other_scope]).missing,
        ["food-licence"],
        "a paper for drinks does not serve snacks"
    );
    let filing = qualification("c", "food-sales-filing", QualificationState::Verified);
    assert!(of(&[licence.clone(), filing]).is_ok(), "either of the alternatives serves");
    assert!(coverage(&matrix, &[licence], "apparel", today).is_ok());
}

#[test]
fn the_machine_admits_only_what_is_clean_and_confirmed() {
    let mut q = qualification("a", "business-licence", QualificationState::Submitted);
    assert!(!may_enrol_automatically(true, &[], std::slice::from_ref(&q)), "by hand: a person confirms");
    q.register = RegisterState::Confirmed;
    assert!(may_enrol_automatically(true, &[], std::slice::from_ref(&q)));
    assert!(!may_enrol_automatically(false, &[], std::slice::from_ref(&q)), "the policy says no");
    assert!(!may_enrol_automatically(true, &[], &[]), "nothing shown is nothing proven");
    let finding = Finding::new("uscc-pilot", Weight::Review, "uscc");
    assert!(!may_enrol_automatically(true, std::slice::from_ref(&finding), std::slice::from_ref(&q)));
    q.findings = vec![finding];
    assert!(!may_enrol_automatically(true, &[], &[q]));
}

#[test]
fn warnings_come_once_a_stage() {
    let end = day("2026-06-01").checked_add(jiff::Span::new().days(60)).unwrap();
    let stages = [60, 30, 7];
    let at = |days: i64, warned| {
        let today = end.checked_sub(jiff::Span::new().days(days)).unwrap();
        warning_due(end, today, &stages, warned)
    };
    assert_eq!(at(61, 0), None);
    assert_eq!(at(60, 0), Some(60));
    assert_eq!(at(59, 60), None);
    assert_eq!(at(30, 60), Some(30));
    assert_eq!(at(5, 30), Some(7), "a missed day changes nothing");
    assert_eq!(at(0, 7), None);
    assert_eq!(at(-1, 7), None, "after the end it is expiry, not a warning");
}

#[test]
fn a_chain_of_letters_must_run_from_the_owner_to_the_merchant() {
    let today = day("2026-06-01");
    let link = |from: &str, to: &str, until: &str| AuthorisationLink {
        grantor: from.into(),
        grantee: to.into(),
        valid_from: Some(day("2025-01-01")),
        valid_until: Some(day(until)),
        file: file(),
    };
    let brand = |owner: &str, chain: Vec<AuthorisationLink>| BrandAuthorisation {
        id: "b".into(),
        merchant_id: "m1".into(),
        brand: "清溪".into(),
        trademark_number: "12345678".into(),
        trademark_owner: owner.into(),
        trademark_until: Some(day("2030-01-01")),
        chain,
        state: QualificationState::Submitted,
        findings: vec![],
        reason: String::new(),
        decided_by: String::new(),
        created_at: Timestamp::from_micros(0),
        decided_at: None,
        version: 1,
    };
    let check =
        |b: BrandAuthorisation| check_brand(&b, &merchant(), today).iter().map(|f| f.code.clone()).collect::<Vec<_>>();
    let own = "杭州（清溪）食品有限公司";
    assert!(check(brand(own, vec![])).is_empty(), "the owner needs no letter");
    let good = vec![link("甲", "乙", "2028-01-01"), link("乙", own, "2027-01-01")];
    assert!(check(brand("甲", good.clone())).is_empty());
    assert_eq!(brand("甲", good).valid_until(), Some(day("2027-01-01")), "as long as the weakest letter");
    assert_eq!(check(brand("甲", vec![])), ["chain-not-to-merchant"]);
    assert_eq!(check(brand("甲", vec![link("丙", own, "2027-01-01")])), ["chain-broken"]);
    assert_eq!(check(brand("甲", vec![link("甲", own, "2031-01-01")])), ["letter-outlives"]);
    assert_eq!(check(brand("甲", vec![link("甲", own, "2026-01-01")])), ["letter-expired"]);
}

#[test]
fn blacklisted_values_are_compared_without_their_spelling() {
    assert_eq!(party_value(PartyKind::Phone, "+86 138-0013-8000"), party_value(PartyKind::Phone, "13800138000"));
    assert_eq!(party_value(PartyKind::Bank, "6222 0212"), "62220212");
    assert_eq!(party_value(PartyKind::Representative, "李 四"), party_value(PartyKind::Representative, "李四"));
    assert!(!PartyKind::Representative.is_certain() && PartyKind::Uscc.is_certain());
}
