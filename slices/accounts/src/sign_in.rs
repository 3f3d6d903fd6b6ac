//! Signing in and out: password, second factor, link. Every attempt is written down.

use crate::error::Error;
use crate::model::{Origin, Outcome, SignInFilter, SignInRecord, User, UserState};
use crate::policy::Rules;
use crate::store::sessions::{self, SessionRow};
use crate::store::users::{self, Change, Secrets};
use crate::{password, secret, store, throttle, totp};
use db::Tx;
use kernel::{Actor, Kernel, Page, Paging, Permission};

/// Longest login kept of what was typed, characters.
const TYPED_CHARS_MAX: usize = 100;

/// What a right password leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Signed in: the token for the session cookie, and how long it lasts at most, seconds.
    Done {
        /// For the cookie.
        token: String,
        /// Longest life.
        seconds: i64,
    },
    /// The second factor is still to come, from this person.
    SecondFactor {
        /// Whose; to be kept where only this browser can bring it back.
        user_id: String,
    },
}

/// How somebody signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    SecondFactor,
    Link,
    Provider,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::SecondFactor => "second_factor",
            Method::Link => "link",
            Method::Provider => "provider",
        }
    }
}

/// The login as stored.
pub(crate) fn plain_login(typed: &str) -> String {
    typed.trim().to_lowercase().chars().filter(|c| !c.is_control()).take(TYPED_CHARS_MAX).collect()
}

/// Checks login and password. Takes as long, and says the same, whether the login or the password is wrong or the person
/// may not sign in.
///
/// # Errors
/// [`Error::SignInRefused`], [`Error::SignInPaused`]; what the store says.
pub async fn sign_in(kernel: &Kernel, login: &str, given: &str, origin: &Origin) -> Result<SignIn, Error> {
    let rules = Rules::of(kernel)?;
    let login = plain_login(login);
    if let Err(paused) = throttle::check(kernel, &rules, &login, &origin.address).await {
        write_down(kernel, &login, None, Method::Password, Outcome::Paused, origin).await?;
        return Err(paused);
    }
    let found = users::by_login(kernel.db().read(), &login).await?;
    let stored = found.as_ref().and_then(|secrets| secrets.password_hash.as_deref());
    let right = password::verify(stored, given).await?;
    let user = found.filter(|secrets| right && secrets.user.state == UserState::Active).map(|secrets| secrets.user);
    let Some(user) = user else {
        write_down(kernel, &login, None, Method::Password, Outcome::Refused, origin).await?;
        return Err(Error::SignInRefused);
    };
    if user.second_factor {
        return Ok(SignIn::SecondFactor { user_id: user.id });
    }
    begin(kernel, &user, Method::Password, false, origin).await
}

/// Checks the second factor of somebody whose password was right: a code of their app, or a recovery code.
///
/// # Errors
/// [`Error::SecondFactorRefused`], [`Error::SignInPaused`]; what the store says.
pub async fn second_factor(kernel: &Kernel, user_id: &str, code: &str, origin: &Origin) -> Result<SignIn, Error> {
    let rules = Rules::of(kernel)?;
    let Some(secrets) = users::by_id(kernel.db().read(), user_id).await? else {
        return Err(Error::SecondFactorRefused);
    };
    let login = secrets.user.login.clone();
    if let Err(paused) = throttle::check(kernel, &rules, &login, &origin.address).await {
        write_down(kernel, &login, Some(user_id), Method::SecondFactor, Outcome::Paused, origin).await?;
        return Err(paused);
    }
    if secrets.user.state == UserState::Active && takes_code(kernel, &secrets, code).await? {
        return begin(kernel, &secrets.user, Method::SecondFactor, true, origin).await;
    }
    write_down(kernel, &login, Some(user_id), Method::SecondFactor, Outcome::Refused, origin).await?;
    Err(Error::SecondFactorRefused)
}

/// Uses up a code of the app or a recovery code.
pub(crate) async fn takes_code(kernel: &Kernel, secrets: &Secrets, code: &str) -> Result<bool, Error> {
    let Some(shared) = secrets.totp_secret.as_ref().filter(|_| secrets.user.second_factor) else { return Ok(false) };
    let (code, now) = (totp::typed(code), kernel.now());
    let step = totp::step_of(&kernel.unseal(totp::SEALED_FOR, shared)?, &code, now)?;
    let tx = kernel.db().write_tx().await?;
    let taken = match step {
        Some(step) if step > secrets.totp_step => users::take_totp_step(&tx, &secrets.user.id, step).await?,
        Some(_) => false,
        None => users::take_code(&tx, &secrets.user.id, &secret::hash(&code), now).await?,
    };
    tx.commit().await.map_err(db::Error::from)?;
    Ok(taken)
}

/// Begins a session. `assured`: a second factor, or what stands for one, was shown.
pub(crate) async fn begin(
    kernel: &Kernel,
    user: &User,
    method: Method,
    assured: bool,
    origin: &Origin,
) -> Result<SignIn, Error> {
    let tx = kernel.db().write_tx().await?;
    let done = begin_in(kernel, &tx, user, method, assured, origin).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(done)
}

pub(crate) async fn begin_in(
    kernel: &Kernel,
    tx: &Tx,
    user: &User,
    method: Method,
    assured: bool,
    origin: &Origin,
) -> Result<SignIn, Error> {
    let (rules, now) = (Rules::of(kernel)?, kernel.now());
    let token = secret::new_secret(kernel.rng());
    let row = SessionRow {
        id: kernel.new_id(),
        user_id: user.id.clone(),
        token_hash: secret::hash(&token),
        csrf_secret: ground::random::random_hex(kernel.rng(), 32),
        method: method.name().to_owned(),
        assured,
        address: origin.address.clone(),
        agent: origin.agent.clone(),
        created_at: now.micros(),
        seen_at: now.micros(),
        expires_at: now.plus_micros(rules.session_micros).micros(),
        revoked_at: None,
    };
    sessions::insert(tx, row).await?;
    let change = Change { signed_in_at: Some(now), ..Change::default() };
    users::change(tx, &user.id, change, now).await?;
    let record = record(kernel, &user.login, Some(&user.id), method, Outcome::Done, origin);
    store::sign_ins::insert(tx, record).await?;
    Ok(SignIn::Done { token, seconds: rules.session_micros / ground::time::SECOND_MICROS })
}

fn record(
    kernel: &Kernel,
    login: &str,
    user_id: Option<&str>,
    method: Method,
    outcome: Outcome,
    origin: &Origin,
) -> SignInRecord {
    SignInRecord {
        id: kernel.new_id(),
        at: kernel.now(),
        login: login.to_owned(),
        user_id: user_id.map(str::to_owned),
        method: method.name().to_owned(),
        outcome,
        address: origin.address.clone(),
        agent: origin.agent.clone(),
    }
}

pub(crate) async fn write_down(
    kernel: &Kernel,
    login: &str,
    user_id: Option<&str>,
    method: Method,
    outcome: Outcome,
    origin: &Origin,
) -> Result<(), Error> {
    let tx = kernel.db().write_tx().await?;
    store::sign_ins::insert(&tx, record(kernel, login, user_id, method, outcome, origin)).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Ends the session the actor came with. Nothing to do for others.
///
/// # Errors
/// What the store says.
pub async fn sign_out(kernel: &Kernel, actor: &Actor) -> Result<(), Error> {
    if let kernel::ActorKind::Person { session } = &actor.kind {
        let tx = kernel.db().write_tx().await?;
        sessions::revoke(&tx, &actor.id, Some(session), None, kernel.now()).await?;
        tx.commit().await.map_err(db::Error::from)?;
    }
    Ok(())
}

/// The audit view: who tried to sign in, from where, with what outcome; newest first.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn audit(
    kernel: &Kernel,
    actor: &Actor,
    filter: &SignInFilter,
    paging: &Paging,
) -> Result<Page<SignInRecord>, Error> {
    actor.require(Permission::AccountsRead)?;
    Ok(store::sign_ins::list(kernel, filter, paging).await?)
}
