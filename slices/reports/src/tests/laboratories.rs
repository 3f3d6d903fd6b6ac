//! Who may sign, and with which key.

use super::*;
use crate::check::{Outcome, check};
use crate::model::PublicStatus;
use crate::of_lot;
use kernel::testing::{owner, said};

async fn try_to_sign(bench: &Bench) -> String {
    let drafted = draft(&bench.kernel, &tester("a1"), new_report("R-1")).await.unwrap();
    match sign(&bench.kernel, &home(), &tester("a1"), &drafted.id, drafted.version).await {
        Ok(_) => "signed".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn only_a_confirmed_and_accredited_laboratory_with_a_key_signs() {
    for bench in Bench::each(migrations).await {
        let kernel = &bench.kernel;
        lot(kernel, "lot-1", "m1", "L1").await;
        let refused = draft(kernel, &tester("a1"), new_report("R-1")).await;
        assert_eq!(said(refused.map_err(Into::into)), "laboratory_not_ready", "{}", bench.kind);
        let entered = laboratory::keep_profile(kernel, &tester("a1"), profile()).await.unwrap();
        assert_eq!(try_to_sign(&bench).await, "the laboratory may not sign: confirmation");
        let confirmed = confirm(kernel, &entered).await;
        assert_eq!(try_to_sign(&bench).await, "the laboratory may not sign: key");
        laboratory::rotate_key(kernel, &home(), &tester("a1")).await.unwrap();
        assert_eq!(try_to_sign(&bench).await, "signed");
        let now = laboratory::get(kernel, &manager(), &confirmed.id).await.unwrap();
        laboratory::decide(kernel, &manager(), "a1", now.version, LaboratoryState::Suspended, "投诉").await.unwrap();
        assert_eq!(try_to_sign(&bench).await, "the laboratory may not sign: suspended");
    }
}

#[tokio::test]
async fn an_accreditation_that_ran_out_signs_no_more() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let report = issued(&bench.kernel, "a1", "R-0").await;
    bench.clock.set(ground::Timestamp::parse_rfc3339("2029-01-02T04:00:00Z").unwrap());
    let mut new = new_report("R-1");
    new.valid_until = String::new();
    let drafted = draft(&bench.kernel, &tester("a1"), new).await.unwrap();
    let refused = sign(&bench.kernel, &home(), &tester("a1"), &drafted.id, drafted.version).await;
    assert_eq!(refused.unwrap_err().to_string(), "the laboratory may not sign: accreditation");
    let found = check(&bench.kernel, &home(), report.credential.as_bytes()).await.unwrap();
    assert_eq!(found.outcome, Outcome::Expired, "what was signed in time is judged by its own dates");
}

#[tokio::test]
async fn a_changed_accreditation_is_confirmed_again_and_older_reports_stay_good() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let kernel = &bench.kernel;
    let report = issued(kernel, "a1", "R-0").await;
    let held = laboratory::get(kernel, &tester("a1"), "a1").await.unwrap();
    let stale =
        laboratory::keep_profile(kernel, &tester("a1"), Profile { version: held.version - 1, ..profile() }).await;
    assert_eq!(said(stale.map_err(Into::into)), "stale");
    let changed = Profile { cma_number: "230012349999".into(), version: held.version, ..profile() };
    let changed = laboratory::keep_profile(kernel, &tester("a1"), changed).await.unwrap();
    assert_eq!(changed.state, LaboratoryState::Pending);
    assert_eq!(try_to_sign(&bench).await, "the laboratory may not sign: confirmation");
    let found = check(kernel, &home(), report.credential.as_bytes()).await.unwrap();
    assert_eq!(found.outcome, Outcome::Valid);
}

#[tokio::test]
async fn a_new_key_signs_and_the_old_one_still_verifies() {
    for bench in Bench::each(migrations).await {
        ready(&bench).await;
        let kernel = &bench.kernel;
        let old = issued(kernel, "a1", "R-1").await;
        laboratory::rotate_key(kernel, &home(), &tester("a1")).await.unwrap();
        let new = issued(kernel, "a1", "R-2").await;
        assert_ne!(old.method, new.method);
        for report in [&old, &new] {
            let found = check(kernel, &home(), report.credential.as_bytes()).await.unwrap();
            assert_eq!(found.outcome, Outcome::Valid, "{} {}", bench.kind, report.number);
        }
        let keys = laboratory::keys(kernel, &tester("a1"), "a1").await.unwrap();
        assert_eq!(keys.iter().map(|key| key.sealed.is_some()).collect::<Vec<_>>(), [false, true]);
    }
}

#[tokio::test]
async fn a_revoked_key_takes_its_reports_with_it() {
    for bench in Bench::each(migrations).await {
        ready(&bench).await;
        let kernel = &bench.kernel;
        let old = issued(kernel, "a1", "R-1").await;
        let compromised = laboratory::keys(kernel, &tester("a1"), "a1").await.unwrap().remove(0);
        laboratory::rotate_key(kernel, &home(), &tester("a1")).await.unwrap();
        let new = issued(kernel, "a1", "R-2").await;
        let other = laboratory::revoke_key(kernel, &tester("a2"), &compromised.id, "泄露").await;
        assert_eq!(said(other.map_err(Into::into)), "not_found");
        laboratory::revoke_key(kernel, &tester("a1"), &compromised.id, "泄露").await.unwrap();
        let shown = of_lot(kernel, "lot-1").await.unwrap();
        let status = |id: &str| shown.iter().find(|shown| shown.id == id).unwrap().status;
        assert_eq!((status(&old.id), status(&new.id)), (PublicStatus::Revoked, PublicStatus::Valid), "{}", bench.kind);
        let found = check(kernel, &home(), old.credential.as_bytes()).await.unwrap();
        assert_eq!((found.outcome, found.code), (Outcome::Forged, "method_ended"));
    }
}

#[tokio::test]
async fn the_signing_key_never_leaves_the_store_in_the_clear() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let rows = crate::store::laboratories::keys_of(bench.kernel.db().read(), "a1").await.unwrap();
    assert!(rows[0].sealed.as_ref().unwrap().starts_with("sealed1."));
    let shown = laboratory::keys(&bench.kernel, &manager(), "a1").await.unwrap();
    assert_eq!(shown[0].sealed.as_deref(), Some(""), "that there is one, not what it is");
    bench.kernel.use_master_key(&kernel::sealed::MasterKey::new([6; 32]));
    let drafted = draft(&bench.kernel, &tester("a1"), new_report("R-1")).await.unwrap();
    let refused = sign(&bench.kernel, &home(), &tester("a1"), &drafted.id, drafted.version).await;
    assert_eq!(said(refused.map_err(Into::into)), "internal", "sealed under another master key");
}

#[tokio::test]
async fn a_profile_must_be_whole_and_decisions_are_for_managers() {
    let bench = Bench::sqlite(migrations).await;
    let kernel = &bench.kernel;
    let try_with = async |profile: Profile| {
        said(laboratory::keep_profile(kernel, &tester("a1"), profile).await.map_err(Into::into))
    };
    assert_eq!(try_with(Profile::default()).await, "invalid_input name cma_number");
    assert_eq!(try_with(Profile { cma_until: "soon".into(), ..profile() }).await, "invalid_input cma_until");
    assert_eq!(try_with(Profile { own_did: "did:web:127.0.0.1".into(), ..profile() }).await, "invalid_input own_did");
    let entered = laboratory::keep_profile(kernel, &tester("a1"), profile()).await.unwrap();
    for actor in [tester("a1"), owner("m1"), staff(Role::Auditor), staff(Role::Inspector)] {
        let decided = laboratory::decide(kernel, &actor, "a1", entered.version, LaboratoryState::Confirmed, "好").await;
        assert_eq!(said(decided.map_err(Into::into)), "forbidden", "{}", actor.id);
    }
    let private = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let pasted = laboratory::register_key(kernel, &home(), &tester("a1"), private).await;
    assert_eq!(said(pasted.map_err(Into::into)), "invalid_input public_key", "a secret is refused");
}

#[tokio::test]
async fn while_a_laboratory_is_suspended_nothing_it_signed_counts_as_valid() {
    let bench = Bench::sqlite(migrations).await;
    ready(&bench).await;
    let kernel = &bench.kernel;
    let report = issued(kernel, "a1", "R-0").await;
    let standing = async || {
        let shown = of_lot(kernel, &report.lot_id).await.unwrap()[0].status;
        (shown, check(kernel, &home(), report.credential.as_bytes()).await.unwrap().outcome)
    };
    assert_eq!(standing().await, (PublicStatus::Valid, Outcome::Valid));
    let decide = async |to: LaboratoryState| {
        let held = laboratory::get(kernel, &manager(), "a1").await.unwrap();
        laboratory::decide(kernel, &manager(), "a1", held.version, to, "飞行检查").await.unwrap();
    };
    decide(LaboratoryState::Suspended).await;
    assert_eq!(standing().await, (PublicStatus::Suspended, Outcome::LaboratorySuspended));
    decide(LaboratoryState::Confirmed).await;
    assert_eq!(standing().await, (PublicStatus::Valid, Outcome::Valid));
}

#[test]
fn the_rule_says_which_accreditations_are_needed() {
    use crate::model::{Accreditation, AccreditationRule, Laboratory};
    let held = |name: &str, until: &str| {
        Some(Accreditation { number: name.into(), valid_until: Some(until.parse().unwrap()) })
    };
    let of = |cma: bool, cnas: bool| Laboratory {
        id: "a1".into(),
        name: "检测院".into(),
        name_en: String::new(),
        state: LaboratoryState::Confirmed,
        reason: String::new(),
        cma: if cma { held("CMA", "2027-01-01") } else { held("CMA", "2025-01-01") },
        cnas: if cnas { held("CNAS", "2027-01-01") } else { None },
        did: String::new(),
        own_did: false,
        confirmed_at: None,
        created_at: ground::Timestamp::from_micros(0),
        updated_at: ground::Timestamp::from_micros(0),
        version: 1,
    };
    let rule = |least, cma, cnas| AccreditationRule { least, cma, cnas };
    for (asked, expected) in [
        (rule(1, false, false), [false, true, true, true]),
        (rule(2, false, false), [false, false, false, true]),
        (rule(1, true, false), [false, true, false, true]),
        (rule(1, false, true), [false, false, true, true]),
    ] {
        let day = "2026-06-01".parse().unwrap();
        let found = [(false, false), (true, false), (false, true), (true, true)]
            .map(|(cma, cnas)| of(cma, cnas).accredited_on(day, asked));
        assert_eq!(found, expected, "{asked:?}");
    }
}
