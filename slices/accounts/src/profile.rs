//! What people do about themselves: profile, password, second factor, sessions.

use crate::error::Error;
use crate::model::{Session, User};
use crate::people::{contact_faults, found, given};
use crate::policy::Rules;
use crate::store::users::{self, Change, Secrets};
use crate::store::{identities, sessions};
use crate::totp::{self, CODES, Enrolment};
use crate::{password, secret, sign_in};
use ground::{Fault, Language, Problem};
use jiff::tz::TimeZone;
use kernel::{Act, Actor, ActorKind, Kernel};

/// The id of the session somebody came with; tokens and the system are refused.
pub(crate) fn session_of(actor: &Actor) -> Result<&str, Error> {
    match &actor.kind {
        ActorKind::Person { session } => Ok(session),
        _ => Err(Error::PersonNeeded),
    }
}

/// The person behind the actor.
///
/// # Errors
/// `not_found` for the system.
pub async fn me(kernel: &Kernel, actor: &Actor) -> Result<User, Error> {
    found(kernel, &actor.id).await
}

async fn secrets(kernel: &Kernel, actor: &Actor) -> Result<Secrets, Error> {
    users::by_id(kernel.db().read(), &actor.id).await?.ok_or_else(|| Problem::not_found().into())
}

/// What somebody may change about themselves.
#[derive(Debug, Clone)]
pub struct Profile {
    /// 1 to 300 characters.
    pub name: String,
    /// May be missing.
    pub email: Option<String>,
    /// May be missing.
    pub phone: Option<String>,
    /// The language they read.
    pub language: Language,
    /// IANA zone; empty for the operator's.
    pub zone: String,
}

/// Changes one's own profile.
///
/// # Errors
/// [`Error::PersonNeeded`], [`Error::Invalid`].
pub async fn change_profile(kernel: &Kernel, actor: &Actor, profile: Profile) -> Result<(), Error> {
    session_of(actor)?;
    let name = profile.name.trim().to_owned();
    let (email, phone, zone) = (given(profile.email), given(profile.phone), profile.zone.trim().to_owned());
    let mut faults = contact_faults(&name, email.as_deref(), phone.as_deref());
    if !zone.is_empty() && (zone.len() > 64 || TimeZone::get(&zone).is_err()) {
        faults.push(Fault::field("zone", "accounts-zone-form"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let mut write = kernel.begin(actor).await?;
    let act = Act::new("user.profile_changed", "user", &actor.id)
        .public("language", profile.language.tag())
        .private("name", name.as_str())
        .private("email", serde_json::json!(email))
        .private("phone", serde_json::json!(phone));
    let change = Change {
        name: Some(name),
        email: Some(email),
        phone: Some(phone),
        language: Some(profile.language),
        zone: Some(zone),
        ..Change::default()
    };
    users::change(write.tx(), &actor.id, change, write.now()).await?;
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// Asks again for the password of somebody who is signed in. Failures count like failed sign-ins.
async fn confirm_password(kernel: &Kernel, secrets: &Secrets, given: &str) -> Result<(), Error> {
    let origin = crate::model::Origin::default();
    crate::throttle::check(kernel, &Rules::of(kernel)?, &secrets.user.login, &origin.address).await?;
    if password::verify(secrets.password_hash.as_deref(), given).await? {
        return Ok(());
    }
    let (login, id) = (&secrets.user.login, secrets.user.id.as_str());
    let (method, outcome) = (sign_in::Method::Password, crate::model::Outcome::Refused);
    sign_in::write_down(kernel, login, Some(id), method, outcome, &origin).await?;
    Err(Error::PasswordWrong)
}

/// Sets another password. All other sessions end.
///
/// # Errors
/// [`Error::PersonNeeded`], [`Error::PasswordWrong`], [`Error::SignInPaused`], [`Error::Invalid`] for a weak one.
pub async fn change_password(kernel: &Kernel, actor: &Actor, current: &str, new: &str) -> Result<(), Error> {
    let session = session_of(actor)?;
    let secrets = secrets(kernel, actor).await?;
    if secrets.password_hash.is_some() {
        confirm_password(kernel, &secrets, current).await?;
    }
    let faults = password::faults(new, &secrets.user.login, &Rules::of(kernel)?);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let hash = password::hash(kernel.rng(), new).await?;
    let mut write = kernel.begin(actor).await?;
    users::change(write.tx(), &actor.id, Change { password_hash: Some(hash), ..Change::default() }, write.now())
        .await?;
    sessions::revoke(write.tx(), &actor.id, None, Some(session), write.now()).await?;
    write.act(Act::new("user.password_changed", "user", &actor.id)).await?;
    write.commit().await?;
    Ok(())
}

/// Begins to set up a second factor: a new secret, which counts only once a code of it was shown. While a factor is on, it
/// must be taken off first.
///
/// # Errors
/// [`Error::PersonNeeded`], `wrong_state` when one is on.
pub async fn begin_second_factor(kernel: &Kernel, actor: &Actor) -> Result<Enrolment, Error> {
    session_of(actor)?;
    let secrets = secrets(kernel, actor).await?;
    if secrets.user.second_factor {
        return Err(Problem::new(&ground::problem::WRONG_STATE).into());
    }
    if let Some(begun) = &secrets.totp_secret {
        return Ok(totp::enrolment(&kernel.unseal(totp::SEALED_FOR, begun)?, &secrets.user.login)?);
    }
    let secret = totp::new_secret(kernel.rng());
    let mut write = kernel.begin(actor).await?;
    let change = Change { totp: Some((Some(kernel.seal(totp::SEALED_FOR, &secret)?), false)), ..Change::default() };
    users::change(write.tx(), &actor.id, change, write.now()).await?;
    write.act(Act::new("user.second_factor_begun", "user", &actor.id)).await?;
    write.commit().await?;
    Ok(totp::enrolment(&secret, &secrets.user.login)?)
}

/// Switches the second factor on when the code is right. Returns the recovery codes, which are not shown again.
///
/// # Errors
/// [`Error::PersonNeeded`], [`Error::SecondFactorRefused`], `wrong_state` when none was begun.
pub async fn confirm_second_factor(kernel: &Kernel, actor: &Actor, code: &str) -> Result<Vec<String>, Error> {
    let session = session_of(actor)?;
    let secrets = secrets(kernel, actor).await?;
    let begun = secrets.totp_secret.as_ref().filter(|_| !secrets.user.second_factor);
    let Some(begun) = begun else { return Err(Problem::new(&ground::problem::WRONG_STATE).into()) };
    let step = totp::step_of(&kernel.unseal(totp::SEALED_FOR, begun)?, &totp::typed(code), kernel.now())?;
    let Some(step) = step else { return Err(Error::SecondFactorRefused) };
    let codes: Vec<String> = (0..CODES).map(|_| totp::new_recovery_code(kernel.rng())).collect();
    let mut write = kernel.begin(actor).await?;
    if !users::take_totp_step(write.tx(), &actor.id, step).await? {
        return Err(Error::SecondFactorRefused);
    }
    let change = Change { totp: Some((Some(begun.clone()), true)), ..Change::default() };
    users::change(write.tx(), &actor.id, change, write.now()).await?;
    let hashes = codes.iter().map(|code| (write.new_id(), secret::hash(&totp::typed(code)))).collect();
    users::replace_codes(write.tx(), &actor.id, hashes).await?;
    sessions::assure(write.tx(), session).await?;
    write.act(Act::new("user.second_factor_on", "user", &actor.id)).await?;
    write.commit().await?;
    Ok(codes)
}

/// Switches the second factor off, after the password and a code.
///
/// # Errors
/// [`Error::PersonNeeded`], [`Error::PasswordWrong`], [`Error::SecondFactorRefused`], [`Error::SignInPaused`].
pub async fn remove_second_factor(kernel: &Kernel, actor: &Actor, given: &str, code: &str) -> Result<(), Error> {
    session_of(actor)?;
    let secrets = secrets(kernel, actor).await?;
    confirm_password(kernel, &secrets, given).await?;
    if !sign_in::takes_code(kernel, &secrets, code).await? {
        let (login, id) = (&secrets.user.login, secrets.user.id.as_str());
        let (method, outcome) = (sign_in::Method::SecondFactor, crate::model::Outcome::Refused);
        sign_in::write_down(kernel, login, Some(id), method, outcome, &crate::model::Origin::default()).await?;
        return Err(Error::SecondFactorRefused);
    }
    let mut write = kernel.begin(actor).await?;
    users::change(write.tx(), &actor.id, Change { totp: Some((None, false)), ..Change::default() }, write.now())
        .await?;
    users::replace_codes(write.tx(), &actor.id, Vec::new()).await?;
    write.act(Act::new("user.second_factor_off", "user", &actor.id)).await?;
    write.commit().await?;
    Ok(())
}

/// How many recovery codes are left.
///
/// # Errors
/// What the store says.
pub async fn recovery_codes_left(kernel: &Kernel, actor: &Actor) -> Result<u64, Error> {
    Ok(users::codes_left(kernel, &actor.id).await?)
}

/// One's own open sessions, newest first.
///
/// # Errors
/// What the store says.
pub async fn own_sessions(kernel: &Kernel, actor: &Actor) -> Result<Vec<Session>, Error> {
    let idle_before = kernel.now().plus_micros(-Rules::of(kernel)?.idle_micros);
    Ok(sessions::open(kernel, &actor.id, idle_before).await?.into_iter().map(sessions::shown).collect())
}

/// Ends one of one's own sessions, or with `None` all but the present one.
///
/// # Errors
/// [`Error::PersonNeeded`], `not_found`.
pub async fn end_own_sessions(kernel: &Kernel, actor: &Actor, only: Option<&str>) -> Result<u64, Error> {
    let present = session_of(actor)?;
    let mut write = kernel.begin(actor).await?;
    let except = only.is_none().then_some(present);
    let ended = sessions::revoke(write.tx(), &actor.id, only, except, write.now()).await?;
    if only.is_some() && ended == 0 {
        return Err(Problem::not_found().into());
    }
    write.act(Act::new("user.sessions_revoked", "user", &actor.id).public("sessions", ended)).await?;
    write.commit().await?;
    Ok(ended)
}

/// The sign-in providers one is linked with.
///
/// # Errors
/// What the store says.
pub async fn own_providers(kernel: &Kernel, actor: &Actor) -> Result<Vec<String>, Error> {
    Ok(identities::of_user(kernel, &actor.id).await?)
}
