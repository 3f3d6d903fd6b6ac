//! One-time links: the first administrator's, invitations, forgotten passwords, demonstrations.

use crate::error::Error;
use crate::model::{NewUser, Organisation, Origin, Purpose, User, UserState};
use crate::policy::Rules;
use crate::sign_in::{Method, SignIn, begin_in};
use crate::store::links::{self as store, OpenLink};
use crate::store::users::{self, Change};
use crate::{password, people, secret};
use ground::time::DAY_MICROS;
use ground::{Fault, Language};
use kernel::{Act, Actor, Kernel, Role, Write};

/// How long the first administrator's and a demonstration's link is good, microseconds.
const START_MICROS: i64 = 7 * DAY_MICROS;
/// The first administrator's login.
const FIRST_ADMIN: &str = "admin";

/// Makes a link inside a decision. Links of the same person made before become worthless, except for demonstrations.
pub(crate) async fn issue(write: &Write, kernel: &Kernel, user_id: &str, purpose: Purpose) -> Result<String, Error> {
    let life = match purpose {
        Purpose::FirstAdmin | Purpose::Demonstration => START_MICROS,
        Purpose::Invitation | Purpose::Reset => Rules::of(kernel)?.invitation_micros,
    };
    if purpose != Purpose::Demonstration {
        store::close_all(write.tx(), user_id, write.now()).await?;
    }
    let token = secret::new_secret(kernel.rng());
    let expires_at = write.now().plus_micros(life);
    store::insert(write.tx(), write.new_id(), user_id, secret::hash(&token), purpose, write.now(), expires_at).await?;
    Ok(token)
}

/// What an open link would do, to be shown before it is used.
#[derive(Debug, Clone)]
pub struct LinkShown {
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it is.
    pub user: User,
    /// Fewest characters of the password to be set.
    pub password_chars_min: usize,
}

async fn found(kernel: &Kernel, token: &str) -> Result<(OpenLink, User), Error> {
    let link = store::open(kernel, &secret::hash(token)).await?.ok_or(Error::LinkSpent)?;
    let secrets = users::by_id(kernel.db().read(), &link.user_id).await?.ok_or(Error::LinkSpent)?;
    if secrets.user.state == UserState::Deactivated {
        return Err(Error::LinkSpent);
    }
    Ok((link, secrets.user))
}

/// Looks at a link without using it: programs that follow links in messages must not spend it.
///
/// # Errors
/// [`Error::LinkSpent`].
pub async fn look_at_link(kernel: &Kernel, token: &str) -> Result<LinkShown, Error> {
    let (link, user) = found(kernel, token).await?;
    Ok(LinkShown { purpose: link.purpose, user, password_chars_min: Rules::of(kernel)?.password_chars_min })
}

/// Uses a link: sets the password where the link is for that, and signs in, unless a second factor is still to come.
///
/// # Errors
/// [`Error::LinkSpent`]; [`Error::Invalid`] for a weak password: the link stays good.
pub async fn use_link(
    kernel: &Kernel,
    token: &str,
    new_password: Option<&str>,
    origin: &Origin,
) -> Result<SignIn, Error> {
    let (link, user) = found(kernel, token).await?;
    let mut change = Change { state: Some(UserState::Active), ..Change::default() };
    if link.purpose != Purpose::Demonstration {
        let given =
            new_password.ok_or_else(|| Error::Invalid(vec![Fault::field("password", "accounts-password-missing")]))?;
        let faults = password::faults(given, &user.login, &Rules::of(kernel)?);
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        change.password_hash = Some(password::hash(kernel.rng(), given).await?);
    }
    let mut write = kernel.begin(&people::as_actor(&user)).await?;
    if !store::take(write.tx(), &link.id, write.now()).await? {
        return Err(Error::LinkSpent);
    }
    users::change(write.tx(), &user.id, change, write.now()).await?;
    if link.purpose == Purpose::Reset {
        crate::store::sessions::revoke(write.tx(), &user.id, None, None, write.now()).await?;
    }
    let act = Act::new("user.link_used", "user", &user.id).public("purpose", link.purpose.name());
    write.act(act).await?;
    let asks_second = user.second_factor && link.purpose != Purpose::Demonstration;
    let done = match asks_second {
        true => SignIn::SecondFactor { user_id: user.id.clone() },
        false => {
            let assured = link.purpose == Purpose::Demonstration;
            begin_in(kernel, write.tx(), &user, Method::Link, assured, origin).await?
        }
    };
    write.commit().await?;
    Ok(done)
}

/// The first administrator's link: a new one at every start until an administrator has signed in; `None` from then on.
///
/// # Errors
/// What the store says.
pub async fn first_admin_link(kernel: &Kernel) -> Result<Option<String>, Error> {
    let admins = people::with_role(kernel, Role::Admin).await?;
    if admins.iter().any(|admin| admin.signed_in_at.is_some() || admin.has_password) {
        return Ok(None);
    }
    let system = Actor::system("first-start");
    let mut write = kernel.begin(&system).await?;
    let user = match admins.into_iter().next() {
        Some(user) => user,
        None => {
            let new = staff(FIRST_ADMIN, "管理员", Role::Admin);
            people::insert(&mut write, new, UserState::Invited, None).await?
        }
    };
    let token = issue(&write, kernel, &user.id, Purpose::FirstAdmin).await?;
    let act = Act::new("user.link_issued", "user", &user.id).public("purpose", Purpose::FirstAdmin.name());
    write.act(act).await?;
    write.commit().await?;
    Ok(Some(token))
}

fn staff(login: &str, name: &str, role: Role) -> NewUser {
    NewUser {
        login: login.to_owned(),
        name: name.to_owned(),
        email: None,
        phone: None,
        roles: [role].into(),
        organisation: None,
        language: Language::Zh,
    }
}

/// A link that signs in at once as somebody with a role, who is entered when missing. Only for demonstrations.
///
/// # Errors
/// What the store says.
pub async fn demonstration_link(
    kernel: &Kernel,
    role: Role,
    login: &str,
    organisation: Option<Organisation>,
) -> Result<String, Error> {
    let user = person_for(kernel, role, login, organisation).await?;
    link_for(kernel, &user.id).await
}

/// The same for somebody who is there; `None` when nobody has this login. Only for demonstrations.
///
/// # Errors
/// What the store says.
pub async fn link_of(kernel: &Kernel, login: &str) -> Result<Option<String>, Error> {
    match users::by_login(kernel.db().read(), login).await? {
        Some(secrets) => Ok(Some(link_for(kernel, &secrets.user.id).await?)),
        None => Ok(None),
    }
}

async fn link_for(kernel: &Kernel, user_id: &str) -> Result<String, Error> {
    let mut write = kernel.begin(&Actor::system("demonstration")).await?;
    let token = issue(&write, kernel, user_id, Purpose::Demonstration).await?;
    let act = Act::new("user.link_issued", "user", user_id).public("purpose", Purpose::Demonstration.name());
    write.act(act).await?;
    write.commit().await?;
    Ok(token)
}

/// Somebody with a role, entered when missing.
pub(crate) async fn person_for(
    kernel: &Kernel,
    role: Role,
    login: &str,
    organisation: Option<Organisation>,
) -> Result<User, Error> {
    if let Some(secrets) = users::by_login(kernel.db().read(), login).await? {
        return Ok(secrets.user);
    }
    let organisation = organisation.or_else(|| {
        let kind = crate::model::OrganisationKind::of_role(role)?;
        Some(Organisation { kind, id: kernel.new_id(), name: login.to_owned() })
    });
    let mut write = kernel.begin(&Actor::system("demonstration")).await?;
    let new = NewUser { organisation, ..staff(login, login, role) };
    let user = people::insert(&mut write, new, UserState::Active, None).await?;
    write.commit().await?;
    Ok(user)
}
