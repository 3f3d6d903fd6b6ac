//! People: entering, inviting, roles, deactivation. What an administrator does.

use crate::error::Error;
use crate::links;
use crate::model::{NewUser, Organisation, OrganisationKind, Origin, Purpose, User, UserFilter, UserState};
use crate::policy::Rules;
use crate::sign_in::{Method, SignIn, begin_in, plain_login};
use crate::store::users::{self, Change};
use crate::store::{sessions, tokens};
use crate::{password, store};
use ground::limits::LINE_CHARS_MAX;
use ground::{Fault, Language, Problem};
use kernel::{Act, Actor, ActorKind, Kernel, Page, Paging, Permission, Role, Write};
use serde_json::json;
use std::collections::BTreeSet;

/// Shortest and longest login, characters.
const LOGIN_CHARS: std::ops::RangeInclusive<usize> = 3..=64;
/// Longest mail address (RFC 5321 §4.5.3.1.3), characters.
const EMAIL_CHARS_MAX: usize = 254;
/// Longest telephone number, characters.
const PHONE_CHARS_MAX: usize = 32;

/// A person as the one who acts, for decisions about themselves before they have a session.
pub(crate) fn as_actor(user: &User) -> Actor {
    Actor {
        id: user.id.clone(),
        name: user.name.clone(),
        roles: user.roles.clone(),
        organisation: user.organisation.as_ref().map(|organisation| organisation.id.clone()),
        kind: ActorKind::Person { session: String::new() },
        language: user.language,
    }
}

fn login_faults(login: &str) -> Option<Fault> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '@' | '+');
    let fits = LOGIN_CHARS.contains(&login.chars().count()) && login.chars().all(plain);
    (!fits).then(|| Fault::field("login", "accounts-login-form"))
}

/// What is wrong with name, mail address and telephone number.
pub(crate) fn contact_faults(name: &str, email: Option<&str>, phone: Option<&str>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if name.is_empty() || name.chars().count() > LINE_CHARS_MAX || name.chars().any(char::is_control) {
        faults.push(Fault::field("name", "accounts-name-form").arg("most", LINE_CHARS_MAX));
    }
    let email_fits = |email: &str| {
        let sides: Vec<&str> = email.split('@').collect();
        email.chars().count() <= EMAIL_CHARS_MAX
            && sides.len() == 2
            && sides.iter().all(|side| !side.is_empty())
            && sides[1].contains('.')
            && !email.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    if email.is_some_and(|email| !email_fits(email)) {
        faults.push(Fault::field("email", "accounts-email-form"));
    }
    let phone_fits = |phone: &str| {
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        phone.chars().count() <= PHONE_CHARS_MAX
            && (5..=20).contains(&digits)
            && phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')'))
    };
    if phone.is_some_and(|phone| !phone_fits(phone)) {
        faults.push(Fault::field("phone", "accounts-phone-form"));
    }
    faults
}

fn role_faults(roles: &BTreeSet<Role>, organisation: Option<&Organisation>) -> Option<Fault> {
    let fits = match organisation {
        None => !roles.is_empty() && roles.iter().all(|role| role.is_staff()),
        Some(organisation) => roles.iter().eq([&organisation.kind.role()]),
    };
    (!fits).then(|| Fault::field("roles", "accounts-roles-form"))
}

/// Leaves out what is empty.
pub(crate) fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Enters a person, with the act, inside a decision.
pub(crate) async fn insert(
    write: &mut Write,
    new: NewUser,
    state: UserState,
    password_hash: Option<String>,
) -> Result<User, Error> {
    let user = User {
        id: write.new_id(),
        login: plain_login(&new.login),
        name: new.name.trim().to_owned(),
        email: given(new.email),
        phone: given(new.phone),
        roles: new.roles,
        organisation: new.organisation,
        language: new.language,
        zone: String::new(),
        state,
        has_password: password_hash.is_some(),
        second_factor: false,
        created_at: write.now(),
        signed_in_at: None,
    };
    let mut faults: Vec<Fault> = login_faults(&user.login).into_iter().collect();
    faults.extend(contact_faults(&user.name, user.email.as_deref(), user.phone.as_deref()));
    faults.extend(role_faults(&user.roles, user.organisation.as_ref()));
    if user.organisation.as_ref().is_some_and(|o| o.name.is_empty() || o.name.chars().count() > LINE_CHARS_MAX) {
        faults.push(Fault::field("organisation", "accounts-organisation-form").arg("most", LINE_CHARS_MAX));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    match users::insert(write.tx(), &user, password_hash, write.now()).await {
        Ok(()) => {}
        Err(db::Error::Duplicate(_)) => return Err(Error::LoginTaken),
        Err(error) => return Err(error.into()),
    }
    let roles: Vec<&str> = user.roles.iter().map(|role| role.name()).collect();
    let mut act = Act::new("user.entered", "user", &user.id)
        .public("roles", json!(roles))
        .public("state", user.state.name())
        .private("login", user.login.as_str())
        .private("name", user.name.as_str())
        .private("email", json!(user.email))
        .private("phone", json!(user.phone));
    if let Some(organisation) = &user.organisation {
        act = act.about(organisation.kind.name(), &organisation.id);
    }
    write.act(act).await?;
    Ok(user)
}

/// Everybody who holds a role; at most a page.
pub(crate) async fn with_role(kernel: &Kernel, role: Role) -> Result<Vec<User>, Error> {
    let filter = UserFilter { role: Some(role), ..UserFilter::default() };
    Ok(users::list(kernel, &filter, &Paging::new(1, ground::limits::PAGE_ROWS_MAX)).await?.rows)
}

/// People.
///
/// # Errors
/// `forbidden`; what the store says.
pub async fn list(kernel: &Kernel, actor: &Actor, filter: &UserFilter, paging: &Paging) -> Result<Page<User>, Error> {
    actor.require(Permission::AccountsRead)?;
    Ok(users::list(kernel, filter, paging).await?)
}

/// One person.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn user(kernel: &Kernel, actor: &Actor, id: &str) -> Result<User, Error> {
    if actor.id != id {
        actor.require(Permission::AccountsRead)?;
    }
    found(kernel, id).await
}

pub(crate) async fn found(kernel: &Kernel, id: &str) -> Result<User, Error> {
    let secrets = users::by_id(kernel.db().read(), id).await?;
    secrets.map(|secrets| secrets.user).ok_or_else(|| Problem::not_found().into())
}

/// The names of people by their ids, for lists and timelines of other slices. Unknown ids are left out. No permission is
/// asked: the caller shows names only where the reader may see the thing itself.
///
/// # Errors
/// What the store says.
pub async fn names(kernel: &Kernel, ids: &[&str]) -> Result<std::collections::BTreeMap<String, String>, Error> {
    let mut names = std::collections::BTreeMap::new();
    for id in ids.iter().take(ground::limits::PAGE_ROWS_MAX as usize).filter(|id| ground::id::is_id(id)) {
        if let Some(secrets) = users::by_id(kernel.db().read(), id).await? {
            names.insert(secrets.user.id, secrets.user.name);
        }
    }
    Ok(names)
}

/// Enters a person who then sets a password by a link. Returns them with the token of the link (`/link/{token}`).
///
/// # Errors
/// `forbidden`; [`Error::Invalid`], [`Error::LoginTaken`].
pub async fn invite(kernel: &Kernel, actor: &Actor, new: NewUser) -> Result<(User, String), Error> {
    actor.require(Permission::AccountsManage)?;
    let mut write = kernel.begin(actor).await?;
    let user = insert(&mut write, new, UserState::Invited, None).await?;
    let token = links::issue(&write, kernel, &user.id, Purpose::Invitation).await?;
    write.commit().await?;
    Ok((user, token))
}

/// A new link for somebody: an invitation while they have no password, else for setting a new one.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state` for the deactivated.
pub async fn issue_link(kernel: &Kernel, actor: &Actor, id: &str) -> Result<String, Error> {
    actor.require(Permission::AccountsManage)?;
    let user = found(kernel, id).await?;
    let purpose = match user.state {
        UserState::Deactivated => return Err(Problem::new(&ground::problem::WRONG_STATE).into()),
        UserState::Invited => Purpose::Invitation,
        UserState::Active => Purpose::Reset,
    };
    let mut write = kernel.begin(actor).await?;
    let token = links::issue(&write, kernel, id, purpose).await?;
    write.act(Act::new("user.link_issued", "user", id).public("purpose", purpose.name())).await?;
    write.commit().await?;
    Ok(token)
}

/// Keeps at least one administrator who can sign in.
async fn spare_last_admin(write: &Write, user: &User) -> Result<(), Error> {
    let is_admin = user.roles.contains(&Role::Admin) && user.state == UserState::Active;
    if is_admin && users::others_with_role(write.tx(), Role::Admin, &user.id).await? == 0 {
        return Err(Error::LastAdmin);
    }
    Ok(())
}

/// Gives a person other roles.
///
/// # Errors
/// `forbidden`, `not_found`, [`Error::Invalid`], [`Error::LastAdmin`].
pub async fn set_roles(kernel: &Kernel, actor: &Actor, id: &str, roles: BTreeSet<Role>) -> Result<(), Error> {
    actor.require(Permission::AccountsManage)?;
    let user = found(kernel, id).await?;
    if let Some(fault) = role_faults(&roles, user.organisation.as_ref()) {
        return Err(Error::Invalid(vec![fault]));
    }
    let mut write = kernel.begin(actor).await?;
    if !roles.contains(&Role::Admin) {
        spare_last_admin(&write, &user).await?;
    }
    let named = |roles: &BTreeSet<Role>| json!(roles.iter().map(|role| role.name()).collect::<Vec<_>>());
    let act =
        Act::new("user.roles_changed", "user", id).public("before", named(&user.roles)).public("after", named(&roles));
    users::change(write.tx(), id, Change { roles: Some(roles), ..Change::default() }, write.now()).await?;
    write.act(act).await?;
    write.commit().await?;
    Ok(())
}

/// Takes a person's way in: sessions, tokens and links become worthless at once.
///
/// # Errors
/// `forbidden`, `not_found`, [`Error::NotOneself`], [`Error::LastAdmin`].
pub async fn deactivate(kernel: &Kernel, actor: &Actor, id: &str, reason: &str) -> Result<(), Error> {
    actor.require(Permission::AccountsManage)?;
    if actor.id == id {
        return Err(Error::NotOneself);
    }
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LINE_CHARS_MAX {
        return Err(Error::Invalid(vec![Fault::field("reason", "accounts-reason-form").arg("most", LINE_CHARS_MAX)]));
    }
    let user = found(kernel, id).await?;
    let mut write = kernel.begin(actor).await?;
    spare_last_admin(&write, &user).await?;
    let now = write.now();
    users::change(write.tx(), id, Change { state: Some(UserState::Deactivated), ..Change::default() }, now).await?;
    sessions::revoke(write.tx(), id, None, None, now).await?;
    tokens::revoke(write.tx(), id, None, now).await?;
    store::links::close_all(write.tx(), id, now).await?;
    write.act(Act::new("user.deactivated", "user", id).outcome("deactivated").private("reason", reason)).await?;
    write.commit().await?;
    Ok(())
}

/// Lets a deactivated person in again. Their password still holds; tokens and sessions stay worthless.
///
/// # Errors
/// `forbidden`, `not_found`, `wrong_state`.
pub async fn activate(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(), Error> {
    actor.require(Permission::AccountsManage)?;
    let user = found(kernel, id).await?;
    if user.state != UserState::Deactivated {
        return Err(Problem::new(&ground::problem::WRONG_STATE).into());
    }
    let state = if user.has_password { UserState::Active } else { UserState::Invited };
    let mut write = kernel.begin(actor).await?;
    users::change(write.tx(), id, Change { state: Some(state), ..Change::default() }, write.now()).await?;
    write.act(Act::new("user.activated", "user", id).outcome(state.name())).await?;
    write.commit().await?;
    Ok(())
}

/// Ends all sessions of a person.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn revoke_sessions(kernel: &Kernel, actor: &Actor, id: &str) -> Result<u64, Error> {
    actor.require(Permission::AccountsManage)?;
    found(kernel, id).await?;
    let mut write = kernel.begin(actor).await?;
    let ended = sessions::revoke(write.tx(), id, None, None, write.now()).await?;
    write.act(Act::new("user.sessions_revoked", "user", id).public("sessions", ended)).await?;
    write.commit().await?;
    Ok(ended)
}

/// Takes a person's second factor away: for a lost telephone and lost recovery codes.
///
/// # Errors
/// `forbidden`, `not_found`.
pub async fn reset_second_factor(kernel: &Kernel, actor: &Actor, id: &str) -> Result<(), Error> {
    actor.require(Permission::AccountsManage)?;
    found(kernel, id).await?;
    let mut write = kernel.begin(actor).await?;
    users::change(write.tx(), id, Change { totp: Some((None, false)), ..Change::default() }, write.now()).await?;
    users::replace_codes(write.tx(), id, Vec::new()).await?;
    sessions::revoke(write.tx(), id, None, None, write.now()).await?;
    write.act(Act::new("user.second_factor_off", "user", id).reason("reset_by_administrator")).await?;
    write.commit().await?;
    Ok(())
}

/// A merchant that signs up by itself.
#[derive(Debug, Clone, Default)]
pub struct Registration {
    /// As [`NewUser::login`].
    pub login: String,
    /// As the password rules want it.
    pub password: String,
    /// The company as it calls itself; its papers come later.
    pub company: String,
    /// Who signs up; the company's name when empty.
    pub name: String,
    /// May be missing.
    pub email: Option<String>,
    /// May be missing.
    pub phone: Option<String>,
    /// The language they read.
    pub language: Language,
}

/// Enters a merchant's first person, whose organisation id is a new id: the merchant made when the enrolment wizard is first
/// saved takes it as its own. Signs them in.
///
/// # Errors
/// [`Error::Invalid`] with every fault at once, [`Error::LoginTaken`].
pub async fn register_merchant_user(
    kernel: &Kernel,
    registration: Registration,
    origin: &Origin,
) -> Result<(User, SignIn), Error> {
    let rules = Rules::of(kernel)?;
    let company = registration.company.trim().to_owned();
    let name = given(Some(registration.name)).unwrap_or_else(|| company.clone());
    let login = plain_login(&registration.login);
    let mut faults: Vec<Fault> = login_faults(&login).into_iter().collect();
    if company.is_empty() || company.chars().count() > LINE_CHARS_MAX || company.chars().any(char::is_control) {
        faults.push(Fault::field("company", "accounts-organisation-form").arg("most", LINE_CHARS_MAX));
    } else {
        let (email, phone) = (given(registration.email.clone()), given(registration.phone.clone()));
        faults.extend(contact_faults(&name, email.as_deref(), phone.as_deref()));
    }
    faults.extend(password::faults(&registration.password, &login, &rules));
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let password_hash = password::hash(kernel.rng(), &registration.password).await?;
    let mut write = kernel.begin(&Actor::system("registration")).await?;
    let new = NewUser {
        login,
        name,
        email: registration.email,
        phone: registration.phone,
        roles: [Role::Merchant].into(),
        organisation: Some(Organisation { kind: OrganisationKind::Merchant, id: write.new_id(), name: company }),
        language: registration.language,
    };
    let user = insert(&mut write, new, UserState::Active, Some(password_hash)).await?;
    let done = begin_in(kernel, write.tx(), &user, Method::Password, false, origin).await?;
    write.commit().await?;
    Ok((user, done))
}

/// Renames an organisation for its people, for example when a merchant's verified name becomes known. Inside the decision of
/// the slice that owns the organisation; writes no act of its own.
///
/// # Errors
/// What the store says.
pub async fn rename_organisation(write: &Write, organisation_id: &str, name: &str) -> Result<(), Error> {
    users::rename_organisation(write.tx(), organisation_id, name).await?;
    Ok(())
}
