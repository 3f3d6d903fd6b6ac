//! People and what they sign in with.

use ground::{Language, Timestamp};
use kernel::{Permission, Role};
use std::collections::BTreeSet;

/// What kind of organisation a person acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganisationKind {
    /// 商家.
    Merchant,
    /// 检测机构.
    Laboratory,
    /// 监管部门.
    Regulator,
    /// 品牌方.
    Brand,
}

impl OrganisationKind {
    /// Stable name.
    pub fn name(self) -> &'static str {
        self.role().name()
    }

    /// The role its people hold.
    pub fn role(self) -> Role {
        match self {
            OrganisationKind::Merchant => Role::Merchant,
            OrganisationKind::Laboratory => Role::Laboratory,
            OrganisationKind::Regulator => Role::Regulator,
            OrganisationKind::Brand => Role::Brand,
        }
    }

    /// The kind whose people hold a role; `None` for staff roles.
    pub fn of_role(role: Role) -> Option<OrganisationKind> {
        match role {
            Role::Merchant => Some(OrganisationKind::Merchant),
            Role::Laboratory => Some(OrganisationKind::Laboratory),
            Role::Regulator => Some(OrganisationKind::Regulator),
            Role::Brand => Some(OrganisationKind::Brand),
            _ => None,
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<OrganisationKind> {
        Role::from_name(name).and_then(OrganisationKind::of_role)
    }
}

/// The organisation a person acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its kind.
    pub kind: OrganisationKind,
    /// Its id; for a merchant the merchant's id.
    pub id: String,
    /// How it is called.
    pub name: String,
}

/// Whether a person may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    /// Invited, has not set a password yet.
    Invited,
    /// May sign in.
    Active,
    /// May not; sessions and tokens are worthless.
    Deactivated,
}

impl UserState {
    /// Every state.
    pub const ALL: [UserState; 3] = [UserState::Invited, UserState::Active, UserState::Deactivated];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            UserState::Invited => "invited",
            UserState::Active => "active",
            UserState::Deactivated => "deactivated",
        }
    }

    /// Reads a stable name; anything unknown is deactivated.
    pub fn from_name(name: &str) -> UserState {
        UserState::ALL.into_iter().find(|state| state.name() == name).unwrap_or(UserState::Deactivated)
    }
}

/// A person.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Id.
    pub id: String,
    /// What they sign in with: lower case, unique.
    pub login: String,
    /// How people call them.
    pub name: String,
    /// Where to write.
    pub email: Option<String>,
    /// Where to call.
    pub phone: Option<String>,
    /// Roles held.
    pub roles: BTreeSet<Role>,
    /// The organisation they act for; `None` for staff.
    pub organisation: Option<Organisation>,
    /// The language they read.
    pub language: Language,
    /// IANA name of the zone they read times in; empty for the operator's.
    pub zone: String,
    /// Whether they may sign in.
    pub state: UserState,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether a second factor is on.
    pub second_factor: bool,
    /// When they were entered.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub signed_in_at: Option<Timestamp>,
}

/// A person to be entered.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// 3 to 64 of `a-z 0-9 . _ - @`; made lower case.
    pub login: String,
    /// 1 to 300 characters.
    pub name: String,
    /// May be missing.
    pub email: Option<String>,
    /// May be missing.
    pub phone: Option<String>,
    /// Staff roles, or exactly the role of the organisation's kind.
    pub roles: BTreeSet<Role>,
    /// `None` for staff.
    pub organisation: Option<Organisation>,
    /// The language they read.
    pub language: Language,
}

/// Which people to list.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Part of login, name, mail address or organisation.
    pub text: Option<String>,
    /// Holding this role.
    pub role: Option<Role>,
    /// In this state.
    pub state: Option<UserState>,
    /// Acting for this organisation.
    pub organisation: Option<String>,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Id.
    pub id: String,
    /// `password`, `link`, `provider`.
    pub method: String,
    /// Where from.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
    /// Begun.
    pub created_at: Timestamp,
    /// Last used, to the minute.
    pub seen_at: Timestamp,
    /// Ends at the latest.
    pub expires_at: Timestamp,
}

/// An API token without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Id.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// What it is for.
    pub name: String,
    /// What it may at most; never more than its owner.
    pub scopes: BTreeSet<Permission>,
    /// Made.
    pub created_at: Timestamp,
    /// Ends.
    pub expires_at: Timestamp,
    /// Last used, to the minute.
    pub used_at: Option<Timestamp>,
    /// Revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first administrator sets a password.
    FirstAdmin,
    /// Somebody invited sets a password.
    Invitation,
    /// Somebody who forgot it sets a new password.
    Reset,
    /// A demonstration: signs in at once.
    Demonstration,
}

impl Purpose {
    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::FirstAdmin => "first_admin",
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
            Purpose::Demonstration => "demonstration",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Purpose> {
        [Purpose::FirstAdmin, Purpose::Invitation, Purpose::Reset, Purpose::Demonstration]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Signed in.
    Done,
    /// Wrong login, password, code or state.
    Refused,
    /// Not looked at: too many failures before.
    Paused,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 3] = [Outcome::Done, Outcome::Refused, Outcome::Paused];

    /// Stable name.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
            Outcome::Paused => "paused",
        }
    }

    /// Reads a stable name; anything unknown counts as refused.
    pub fn from_name(name: &str) -> Outcome {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name).unwrap_or(Outcome::Refused)
    }
}

/// One attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRecord {
    /// Id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// As what; at most 100 characters of what was typed.
    pub login: String,
    /// Who that is, when it is anybody.
    pub user_id: Option<String>,
    /// `password`, `second_factor`, `link`, `provider`.
    pub method: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Where from.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// Which attempts to list.
#[derive(Debug, Clone, Default)]
pub struct SignInFilter {
    /// As this login.
    pub login: Option<String>,
    /// From this address.
    pub address: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Network address.
    pub address: String,
    /// What the browser calls itself; cut at 200 characters.
    pub agent: String,
}

impl Origin {
    /// From an address and a `User-Agent`.
    pub fn new(address: impl std::fmt::Display, agent: &str) -> Origin {
        Origin { address: address.to_string(), agent: agent.chars().filter(|c| !c.is_control()).take(200).collect() }
    }
}
