//! People through the public door: functions on every store, and pages through the web layer.

mod oidc;
mod pages;

use crate::sign_in::SignIn;
use crate::*;
use db::testing::TestDb;
use ground::time::{DAY_MICROS, HOUR_MICROS, MINUTE_MICROS, SECOND_MICROS};
use ground::{Clock, FakeClock, Language, Problem, SeededRng};
use jiff::tz::TimeZone;
use kernel::{Actor, ActorKind, Kernel, Paging, Permission, Role};
use std::collections::BTreeSet;
use std::sync::Arc;
use web::Authenticator as _;

pub(super) const GOOD: &str = "correct horse battery";

pub(super) fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(web::migrations());
    all.extend(crate::migrations());
    all
}

pub(super) struct House {
    pub(super) kernel: Kernel,
    pub(super) clock: Arc<FakeClock>,
    pub(super) kind: &'static str,
    _db: TestDb,
    _folder: tempfile::TempDir,
}

impl House {
    fn over(test: TestDb) -> House {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_rfc3339("2026-03-02T04:00:00Z"));
        let blobs = blobs::Blobs::folder(folder.path()).unwrap();
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let rng = Arc::new(SeededRng::new(9));
        let kernel = Kernel::new(test.db.clone(), blobs, clock.clone(), rng, ::policy::shipped(), zone);
        kernel.use_master_key(&kernel::sealed::MasterKey::new([5; 32]));
        House { kernel, clock, kind: test.kind, _db: test, _folder: folder }
    }

    pub(super) async fn new() -> House {
        House::over(db::testing::sqlite(migrations).await)
    }

    /// The actor behind a session token.
    pub(super) async fn actor(&self, token: &str) -> Option<Actor> {
        Authenticator.session(&self.kernel, token).await.unwrap().map(|session| session.actor)
    }

    /// An administrator with a session that showed a second factor.
    pub(super) async fn admin(&self) -> Actor {
        self.staff(Role::Admin, "root-admin").await
    }

    pub(super) async fn staff(&self, role: Role, login: &str) -> Actor {
        let cookie = testing::signed_in(&self.kernel, role, login).await.unwrap();
        self.actor(cookie.strip_prefix("ts_session=").unwrap()).await.unwrap()
    }

    /// Somebody invited who has set the good password.
    pub(super) async fn person(&self, login: &str, role: Role) -> (User, String) {
        let admin = self.admin().await;
        let (user, link) = invite(&self.kernel, &admin, new_user(login, role)).await.unwrap();
        let done = use_link(&self.kernel, &link, Some(GOOD), &here()).await.unwrap();
        (user, token_of(done))
    }
}

async fn each() -> Vec<House> {
    db::testing::each(migrations).await.into_iter().map(House::over).collect()
}

pub(super) fn here() -> Origin {
    Origin::new("198.51.100.4", "Browser/1")
}

pub(super) fn new_user(login: &str, role: Role) -> NewUser {
    NewUser {
        login: login.into(),
        name: "张三".into(),
        email: Some("zhang@example.com".into()),
        phone: None,
        roles: [role].into(),
        organisation: None,
        language: Language::Zh,
    }
}

pub(super) fn token_of(done: SignIn) -> String {
    match done {
        SignIn::Done { token, .. } => token,
        other => panic!("{other:?}"),
    }
}

pub(super) fn code(error: Error) -> &'static str {
    Problem::from(error).code.code
}

#[tokio::test]
async fn the_first_administrator_comes_in_by_a_link_that_is_good_once() {
    for house in each().await {
        let kernel = &house.kernel;
        let first = first_admin_link(kernel).await.unwrap().expect("a link");
        let link = first_admin_link(kernel).await.unwrap().expect("a new one at the next start");
        assert_eq!(code(look_at_link(kernel, &first).await.unwrap_err()), "link_spent", "{}", house.kind);
        assert_eq!(look_at_link(kernel, &link).await.unwrap().purpose, Purpose::FirstAdmin);
        let weak = use_link(kernel, &link, Some("123456789012"), &here()).await.unwrap_err();
        assert_eq!(code(weak), "invalid_input", "a weak password leaves the link good");
        let token = token_of(use_link(kernel, &link, Some(GOOD), &here()).await.unwrap());
        assert_eq!(code(use_link(kernel, &link, Some(GOOD), &here()).await.unwrap_err()), "link_spent");
        assert_eq!(first_admin_link(kernel).await.unwrap(), None, "there is an administrator now");
        let weak = house.actor(&token).await.unwrap();
        assert!(weak.roles.is_empty(), "an administrator needs a second factor first");
        let secret = begin_second_factor(kernel, &weak).await.unwrap().secret;
        let codes = confirm_second_factor(kernel, &weak, &crate::totp::code_at(&secret, kernel.now())).await.unwrap();
        assert_eq!(codes.len(), 10);
        assert!(house.actor(&token).await.unwrap().roles.contains(&Role::Admin), "{}", house.kind);
    }
}

#[tokio::test]
async fn a_link_ends_with_its_time() {
    let house = House::new().await;
    let admin = house.admin().await;
    let (_, link) = invite(&house.kernel, &admin, new_user("lisi", Role::Reviewer)).await.unwrap();
    house.clock.advance_micros(73 * HOUR_MICROS);
    assert_eq!(code(use_link(&house.kernel, &link, Some(GOOD), &here()).await.unwrap_err()), "link_spent");
}

#[tokio::test]
async fn sign_in_says_the_same_whatever_is_wrong() {
    for house in each().await {
        let kernel = &house.kernel;
        let (user, _) = house.person("Zhang.San", Role::Reviewer).await;
        assert_eq!(user.login, "zhang.san");
        let token = token_of(sign_in(kernel, " ZHANG.san ", GOOD, &here()).await.unwrap());
        assert_eq!(house.actor(&token).await.unwrap().id, user.id, "{}", house.kind);
        deactivate(kernel, &house.admin().await, &house.person("gone", Role::Analyst).await.0.id, "left")
            .await
            .unwrap();
        for (login, password) in [("zhang.san", "wrong"), ("nobody", GOOD), ("gone", GOOD), ("", "")] {
            let refused = Problem::from(sign_in(kernel, login, password, &here()).await.unwrap_err());
            assert_eq!(refused.to_string(), "sign_in_refused", "{login}");
        }
        let admin = house.admin().await;
        let nobody = SignInFilter { login: Some("nobody".into()), ..SignInFilter::default() };
        let seen = audit(kernel, &admin, &nobody, &Paging::default()).await.unwrap().rows;
        assert_eq!(
            (seen[0].outcome, seen[0].address.as_str(), seen[0].user_id.as_ref()),
            (Outcome::Refused, "198.51.100.4", None)
        );
    }
}

#[tokio::test]
async fn sign_in_rests_after_failures_for_known_and_unknown_logins_alike() {
    let house = House::new().await;
    let kernel = &house.kernel;
    house.person("zhangsan", Role::Reviewer).await;
    for login in ["zhangsan", "nobody"] {
        for _ in 0..5 {
            assert_eq!(code(sign_in(kernel, login, "wrong", &here()).await.unwrap_err()), "sign_in_refused");
        }
        let resting = Problem::from(sign_in(kernel, login, GOOD, &here()).await.unwrap_err());
        assert_eq!(resting.code.code, "sign_in_paused", "even the right password rests");
        assert_eq!(resting.args[0], ("minutes".into(), "15".to_owned()));
    }
    house.clock.advance_micros(15 * MINUTE_MICROS + SECOND_MICROS);
    for _ in 0..5 {
        assert_eq!(code(sign_in(kernel, "zhangsan", "wrong", &here()).await.unwrap_err()), "sign_in_refused");
    }
    let longer = Problem::from(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap_err());
    assert_eq!(longer.args[0], ("minutes".into(), "30".to_owned()), "the second pause is longer");
    house.clock.advance_micros(31 * MINUTE_MICROS);
    sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap();
    for _ in 0..4 {
        sign_in(kernel, "zhangsan", "wrong", &here()).await.unwrap_err();
    }
    sign_in(kernel, "zhangsan", GOOD, &here()).await.expect("a success forgives what was before");
}

#[tokio::test]
async fn one_address_that_tries_many_logins_rests_too() {
    let house = House::new().await;
    let hostile = Origin::new("203.0.113.9", "x");
    for n in 0..50 {
        let refused = sign_in(&house.kernel, &format!("user{n}"), "wrong", &hostile).await.unwrap_err();
        assert_eq!(code(refused), "sign_in_refused");
    }
    assert_eq!(code(sign_in(&house.kernel, "user99", "wrong", &hostile).await.unwrap_err()), "sign_in_paused");
    assert_eq!(
        code(sign_in(&house.kernel, "user99", "wrong", &here()).await.unwrap_err()),
        "sign_in_refused",
        "others go on"
    );
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    for house in each().await {
        let kernel = &house.kernel;
        let (user, token) = house.person("zhangsan", Role::Reviewer).await;
        let actor = house.actor(&token).await.unwrap();
        let secret = begin_second_factor(kernel, &actor).await.unwrap().secret;
        assert_eq!(code(confirm_second_factor(kernel, &actor, "000000").await.unwrap_err()), "second_factor_refused");
        sign_in(kernel, "zhangsan", GOOD, &here()).await.expect("not confirmed, so not asked for");
        let code_now = || crate::totp::code_at(&secret, kernel.now());
        let recovery = confirm_second_factor(kernel, &actor, &code_now()).await.unwrap();
        let SignIn::SecondFactor { user_id } = sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap() else {
            panic!("the second factor is asked for")
        };
        assert_eq!(user_id, user.id);
        let replay = second_factor(kernel, &user_id, &code_now(), &here()).await.unwrap_err();
        assert_eq!(code(replay), "second_factor_refused", "the code of the set-up was used");
        house.clock.advance_micros(30 * SECOND_MICROS);
        let fresh = code_now();
        token_of(second_factor(kernel, &user_id, &fresh, &here()).await.unwrap());
        assert_eq!(code(second_factor(kernel, &user_id, &fresh, &here()).await.unwrap_err()), "second_factor_refused");
        let written = recovery[3].to_uppercase().replace('-', " ");
        token_of(second_factor(kernel, &user_id, &written, &here()).await.expect("a recovery code"));
        assert_eq!(
            code(second_factor(kernel, &user_id, &recovery[3], &here()).await.unwrap_err()),
            "second_factor_refused"
        );
        assert_eq!(profile::recovery_codes_left(kernel, &actor).await.unwrap(), 9, "{}", house.kind);
        for _ in 0..5 {
            let _ = second_factor(kernel, &user_id, "000000", &here()).await;
        }
        house.clock.advance_micros(30 * SECOND_MICROS);
        assert_eq!(code(second_factor(kernel, &user_id, &code_now(), &here()).await.unwrap_err()), "sign_in_paused");
        house.clock.advance_micros(HOUR_MICROS);
        let actor = house.staff(Role::Reviewer, "zhangsan").await;
        remove_second_factor(kernel, &actor, GOOD, &recovery[0]).await.unwrap();
        token_of(sign_in(kernel, "zhangsan", GOOD, &here()).await.expect("the password is enough again"));
    }
}

#[tokio::test]
async fn a_session_ends_by_idling_by_age_by_sign_out_and_by_its_owner() {
    let house = House::new().await;
    let kernel = &house.kernel;
    let (_, token) = house.person("zhangsan", Role::Reviewer).await;
    for _ in 0..14 {
        house.clock.advance_micros(50 * MINUTE_MICROS);
        assert!(house.actor(&token).await.is_some(), "in use");
    }
    house.clock.advance_micros(50 * MINUTE_MICROS);
    assert!(house.actor(&token).await.is_none(), "twelve hours are over");
    let idle = token_of(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap());
    house.clock.advance_micros(61 * MINUTE_MICROS);
    assert!(house.actor(&idle).await.is_none(), "an hour without use");
    let mine = token_of(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap());
    let other = token_of(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap());
    let actor = house.actor(&mine).await.unwrap();
    assert_eq!(own_sessions(kernel, &actor).await.unwrap().len(), 2);
    end_own_sessions(kernel, &actor, None).await.unwrap();
    assert!(house.actor(&other).await.is_none() && house.actor(&mine).await.is_some());
    let stranger = house.staff(Role::Analyst, "other").await;
    let ActorKind::Person { session } = &actor.kind else { panic!() };
    assert_eq!(code(end_own_sessions(kernel, &stranger, Some(session)).await.unwrap_err()), "not_found");
    sign_out(kernel, &actor).await.unwrap();
    assert!(house.actor(&mine).await.is_none());
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let house = House::new().await;
    let kernel = &house.kernel;
    let (_, mine) = house.person("zhangsan", Role::Reviewer).await;
    let other = token_of(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap());
    let actor = house.actor(&mine).await.unwrap();
    assert_eq!(
        code(change_password(kernel, &actor, "wrong", "another good secret").await.unwrap_err()),
        "password_wrong"
    );
    assert_eq!(code(change_password(kernel, &actor, GOOD, "short").await.unwrap_err()), "invalid_input");
    change_password(kernel, &actor, GOOD, "another good secret").await.unwrap();
    assert!(house.actor(&mine).await.is_some() && house.actor(&other).await.is_none());
    assert_eq!(code(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap_err()), "sign_in_refused");
    sign_in(kernel, "zhangsan", "another good secret", &here()).await.unwrap();
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_owner_may_until_it_ends() {
    for house in each().await {
        let kernel = &house.kernel;
        let (user, session) = house.person("zhangsan", Role::Manager).await;
        let actor = house.actor(&session).await.unwrap();
        let scopes: BTreeSet<Permission> = [Permission::ListingsRead].into();
        let foreign = create_token(kernel, &actor, "x", [Permission::AccountsManage].into(), 9).await.unwrap_err();
        assert_eq!(code(foreign), "invalid_input", "a scope one does not hold");
        for (name, days) in [("", 9), ("x", 0), ("x", 366)] {
            assert!(create_token(kernel, &actor, name, scopes.clone(), days).await.is_err(), "{name} {days}");
        }
        let (token, secret) = create_token(kernel, &actor, "店铺同步", scopes.clone(), 30).await.unwrap();
        let by_token = Authenticator.bearer(kernel, &secret).await.unwrap().expect("an actor");
        assert!(by_token.may(Permission::ListingsRead) && !by_token.may(Permission::PoliciesManage), "{}", house.kind);
        assert_eq!(code(create_token(kernel, &by_token, "x", scopes.clone(), 9).await.unwrap_err()), "person_needed");
        assert_eq!(
            code(change_password(kernel, &by_token, GOOD, "another good secret").await.unwrap_err()),
            "person_needed"
        );
        assert!(tokens(kernel, &actor, &user.id).await.unwrap()[0].used_at.is_some());
        let stranger = house.staff(Role::Analyst, "other").await;
        assert_eq!(code(revoke_token(kernel, &stranger, &token.id).await.unwrap_err()), "not_found");
        revoke_token(kernel, &actor, &token.id).await.unwrap();
        assert!(Authenticator.bearer(kernel, &secret).await.unwrap().is_none());
        let (_, short) = create_token(kernel, &actor, "kurz", scopes, 1).await.unwrap();
        house.clock.advance_micros(DAY_MICROS);
        assert!(Authenticator.bearer(kernel, &short).await.unwrap().is_none(), "its day is over");
        assert!(Authenticator.bearer(kernel, "ts_unknown").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn deactivation_takes_every_way_in_at_once() {
    for house in each().await {
        let kernel = &house.kernel;
        let admin = house.admin().await;
        let (user, session) = house.person("zhangsan", Role::Manager).await;
        let actor = house.actor(&session).await.unwrap();
        let (_, token) = create_token(kernel, &actor, "x", [Permission::ListingsRead].into(), 9).await.unwrap();
        let link = issue_link(kernel, &admin, &user.id).await.unwrap();
        assert_eq!(code(deactivate(kernel, &admin, &user.id, " ").await.unwrap_err()), "invalid_input");
        deactivate(kernel, &admin, &user.id, "离职").await.unwrap();
        assert!(house.actor(&session).await.is_none(), "{}", house.kind);
        assert!(Authenticator.bearer(kernel, &token).await.unwrap().is_none());
        assert_eq!(code(use_link(kernel, &link, Some(GOOD), &here()).await.unwrap_err()), "link_spent");
        assert_eq!(code(sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap_err()), "sign_in_refused");
        activate(kernel, &admin, &user.id).await.unwrap();
        sign_in(kernel, "zhangsan", GOOD, &here()).await.unwrap();
        assert!(Authenticator.bearer(kernel, &token).await.unwrap().is_none(), "the token stays revoked");
        let acts = kernel::store::history(kernel, "user", &user.id, 50).await.unwrap();
        let told: Vec<&str> = acts.iter().map(|act| act.kind.as_str()).collect();
        for kind in ["user.entered", "user.link_used", "user.deactivated", "user.activated"] {
            assert!(told.contains(&kind), "{told:?}");
        }
        for act in &acts {
            let leaf = String::from_utf8(act.leaf()).unwrap();
            assert!(!["张三", "zhang@example.com", "离职"].iter().any(|private| leaf.contains(private)), "{leaf}");
        }
    }
}

#[tokio::test]
async fn there_is_always_an_administrator() {
    let house = House::new().await;
    let kernel = &house.kernel;
    let admin = house.admin().await;
    assert_eq!(code(deactivate(kernel, &admin, &admin.id, "x").await.unwrap_err()), "not_oneself");
    assert_eq!(code(set_roles(kernel, &admin, &admin.id, [Role::Auditor].into()).await.unwrap_err()), "last_admin");
    let second = house.staff(Role::Admin, "second").await;
    set_roles(kernel, &admin, &admin.id, [Role::Auditor].into()).await.unwrap();
    assert_eq!(code(set_roles(kernel, &second, &second.id, [Role::Manager].into()).await.unwrap_err()), "last_admin");
    let auditor = house.staff(Role::Auditor, "root-admin").await;
    assert_eq!(code(deactivate(kernel, &auditor, &second.id, "x").await.unwrap_err()), "forbidden");
}

#[tokio::test]
async fn people_are_entered_with_every_fault_at_once_and_found_again() {
    for house in each().await {
        let kernel = &house.kernel;
        let admin = house.admin().await;
        let bad = NewUser {
            login: "两".into(),
            name: String::new(),
            email: Some("no mail".into()),
            phone: Some("x".into()),
            roles: [Role::Admin, Role::Merchant].into(),
            ..new_user("x", Role::Admin)
        };
        let problem = Problem::from(invite(kernel, &admin, bad).await.unwrap_err());
        let fields: Vec<_> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
        assert_eq!(fields, ["login", "name", "email", "phone", "roles"]);
        invite(kernel, &admin, new_user("lisi", Role::Reviewer)).await.unwrap();
        assert_eq!(
            code(invite(kernel, &admin, new_user("LiSi", Role::Reviewer)).await.unwrap_err()),
            "login_taken",
            "{}",
            house.kind
        );
        let found = async |filter: UserFilter| list(kernel, &admin, &filter, &Paging::default()).await;
        assert_eq!(found(UserFilter { role: Some(Role::Reviewer), ..UserFilter::default() }).await.unwrap().total, 1);
        assert_eq!(found(UserFilter { text: Some("张三".into()), ..UserFilter::default() }).await.unwrap().total, 1);
        assert_eq!(
            found(UserFilter { state: Some(UserState::Invited), ..UserFilter::default() }).await.unwrap().rows[0].login,
            "lisi"
        );
        let reviewer = house.staff(Role::Reviewer, "another").await;
        assert_eq!(
            code(list(kernel, &reviewer, &UserFilter::default(), &Paging::default()).await.unwrap_err()),
            "forbidden"
        );
    }
}

#[tokio::test]
async fn a_merchant_signs_up_into_an_organisation_of_its_own() {
    for house in each().await {
        let kernel = &house.kernel;
        let registration = |login: &str, password: &str| Registration {
            login: login.into(),
            password: password.into(),
            company: "杭州好茶有限公司".into(),
            ..Registration::default()
        };
        let (user, done) = register_merchant_user(kernel, registration("haocha", GOOD), &here()).await.unwrap();
        let organisation = user.organisation.clone().unwrap();
        assert_eq!((organisation.kind, organisation.name.as_str()), (OrganisationKind::Merchant, "杭州好茶有限公司"));
        let actor = house.actor(&token_of(done)).await.unwrap();
        assert_eq!(actor.organisation.as_deref(), Some(organisation.id.as_str()), "{}", house.kind);
        assert!(actor.may(Permission::OwnMerchant) && !actor.may(Permission::MerchantsRead));
        let twice = register_merchant_user(kernel, registration("haocha", GOOD), &here()).await.unwrap_err();
        assert_eq!(code(twice), "login_taken");
        let weak = Registration { company: " ".into(), ..registration("x", "123") };
        let problem = Problem::from(register_merchant_user(kernel, weak, &here()).await.unwrap_err());
        let fields: Vec<_> = problem.faults.iter().filter_map(|fault| fault.place.field.clone()).collect();
        assert_eq!(fields, ["login", "company", "password"]);
    }
}

#[tokio::test]
async fn old_records_are_taken_away_in_their_time() {
    let house = House::new().await;
    house.person("zhangsan", Role::Reviewer).await;
    house.clock.advance_days(500);
    assert_eq!((jobs()[0].run)(house.kernel.clone()).await.unwrap(), 0);
    let admin = house.admin().await;
    let left = audit(&house.kernel, &admin, &SignInFilter::default(), &Paging::default()).await.unwrap();
    assert!(left.rows.iter().all(|record| record.at > Clock::now(&*house.clock).plus_days(-1)), "only the newest");
}

#[test]
fn both_languages_say_the_same_things_with_the_same_values() {
    let catalogs = ui::Catalogs::new(&[web::CATALOG, CATALOG]).unwrap();
    assert_eq!(catalogs.missing_keys(), Vec::<String>::new());
    assert_eq!(catalogs.differing_variables(), Vec::<String>::new());
    let mut asked: Vec<String> = CODES.iter().map(|code| code.message_id()).collect();
    asked.extend(Role::ALL.map(|role| format!("accounts-role-{}", role.name())));
    asked.extend(Permission::ALL.map(|p| format!("accounts-permission-{}", p.name().replace('_', "-"))));
    for id in asked {
        assert!(catalogs.has(&id), "{id}");
    }
}
