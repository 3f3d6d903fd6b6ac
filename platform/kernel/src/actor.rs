//! Who acts, and what they may do.

use crate::Result;
use ground::problem::{FORBIDDEN, SIGNED_OUT};
use ground::{Language, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A role. Staff roles first, then the roles inside another organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 管理员: people, tokens, settings.
    Admin,
    /// 审核员: decides listings and merchants.
    Reviewer,
    /// 抽检: inspection officer.
    Inspector,
    /// 处罚: enforcement officer.
    Enforcement,
    /// 客服: service agent.
    Service,
    /// 分析: analyst.
    Analyst,
    /// 主管: manager; may change policies.
    Manager,
    /// 审计: reads all, changes nothing.
    Auditor,
    /// 商家.
    Merchant,
    /// 检测机构.
    Laboratory,
    /// 监管部门.
    Regulator,
    /// 品牌方.
    Brand,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 12] = [
        Role::Admin,
        Role::Reviewer,
        Role::Inspector,
        Role::Enforcement,
        Role::Service,
        Role::Analyst,
        Role::Manager,
        Role::Auditor,
        Role::Merchant,
        Role::Laboratory,
        Role::Regulator,
        Role::Brand,
    ];

    /// Stable name, as stored and as used in message ids (`role-admin`).
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Reviewer => "reviewer",
            Role::Inspector => "inspector",
            Role::Enforcement => "enforcement",
            Role::Service => "service",
            Role::Analyst => "analyst",
            Role::Manager => "manager",
            Role::Auditor => "auditor",
            Role::Merchant => "merchant",
            Role::Laboratory => "laboratory",
            Role::Regulator => "regulator",
            Role::Brand => "brand",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role works for the operator.
    pub fn is_staff(self) -> bool {
        !matches!(self, Role::Merchant | Role::Laboratory | Role::Regulator | Role::Brand)
    }
}

/// What a public function may ask for. A permission inside an organisation (`Own…`) also needs the organisation of the
/// thing to be the actor's: see [`Actor::require_own`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See people, tokens, the audit view of sign-ins.
    AccountsRead,
    /// Invite, change and revoke people and tokens.
    AccountsManage,
    /// See every merchant.
    MerchantsRead,
    /// Verify, enrol, refuse, suspend, close merchants.
    MerchantsDecide,
    /// Enrol and keep one's own merchant file.
    OwnMerchant,
    /// See every listing, finding and bank.
    ListingsRead,
    /// Decide about listings outside the queue (restrict, suspend, remove, restore), keep banks.
    ListingsDecide,
    /// Write and submit one's own listings.
    OwnListings,
    /// Import for any merchant.
    ListingsImport,
    /// See the queue and its measures.
    ReviewRead,
    /// Claim and decide items of the queue.
    ReviewDecide,
    /// Golden items, queue routing, on-site inspections planning.
    ReviewManage,
    /// See policies.
    PoliciesRead,
    /// Edit, shadow, activate policies.
    PoliciesManage,
    /// See acts and proofs of everything.
    LedgerRead,
    /// Erase a person's private parts.
    LedgerErase,
    /// See and keep webhooks.
    WebhooksManage,
    /// See every lot, code, event and scan.
    TraceRead,
    /// Rotate code keys, block lots, answer warnings about copied codes, capture for others.
    TraceManage,
    /// Keep one's own lots and codes, capture and query one's own events.
    OwnTrace,
    /// Issue and revoke one's own laboratory's test reports.
    OwnReports,
    /// See recalls and their reach.
    RecallsRead,
    /// Open, start, steer and close recalls.
    RecallsManage,
    /// Hand in signals: the shop's own systems, by token.
    SignalsIngest,
    /// See signals, their state and what was refused.
    SignalsRead,
    /// See every alert.
    AlertsRead,
    /// Answer alerts: acknowledge, act, close; try and roll out detectors.
    AlertsDecide,
    /// See risk scores, model cards and drift.
    RiskRead,
    /// Train, activate and roll back risk models.
    RiskManage,
    /// See every rating and its reasons.
    RatingsRead,
    /// Hold or lift the effects of a rating.
    RatingsManage,
    /// See the ratings of one's own goods and what restores them.
    OwnRatings,
    /// Ask the history in SQL.
    HistoryRead,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Permission; 33] = [
        Permission::AccountsRead,
        Permission::AccountsManage,
        Permission::MerchantsRead,
        Permission::MerchantsDecide,
        Permission::OwnMerchant,
        Permission::ListingsRead,
        Permission::ListingsDecide,
        Permission::OwnListings,
        Permission::ListingsImport,
        Permission::ReviewRead,
        Permission::ReviewDecide,
        Permission::ReviewManage,
        Permission::PoliciesRead,
        Permission::PoliciesManage,
        Permission::LedgerRead,
        Permission::LedgerErase,
        Permission::WebhooksManage,
        Permission::TraceRead,
        Permission::TraceManage,
        Permission::OwnTrace,
        Permission::OwnReports,
        Permission::RecallsRead,
        Permission::RecallsManage,
        Permission::SignalsIngest,
        Permission::SignalsRead,
        Permission::AlertsRead,
        Permission::AlertsDecide,
        Permission::RiskRead,
        Permission::RiskManage,
        Permission::RatingsRead,
        Permission::RatingsManage,
        Permission::OwnRatings,
        Permission::HistoryRead,
    ];

    /// Stable name; also the scope of an API token.
    pub fn name(self) -> &'static str {
        match self {
            Permission::AccountsRead => "accounts_read",
            Permission::AccountsManage => "accounts_manage",
            Permission::MerchantsRead => "merchants_read",
            Permission::MerchantsDecide => "merchants_decide",
            Permission::OwnMerchant => "own_merchant",
            Permission::ListingsRead => "listings_read",
            Permission::ListingsDecide => "listings_decide",
            Permission::OwnListings => "own_listings",
            Permission::ListingsImport => "listings_import",
            Permission::ReviewRead => "review_read",
            Permission::ReviewDecide => "review_decide",
            Permission::ReviewManage => "review_manage",
            Permission::PoliciesRead => "policies_read",
            Permission::PoliciesManage => "policies_manage",
            Permission::LedgerRead => "ledger_read",
            Permission::LedgerErase => "ledger_erase",
            Permission::WebhooksManage => "webhooks_manage",
            Permission::TraceRead => "trace_read",
            Permission::TraceManage => "trace_manage",
            Permission::OwnTrace => "own_trace",
            Permission::OwnReports => "own_reports",
            Permission::RecallsRead => "recalls_read",
            Permission::RecallsManage => "recalls_manage",
            Permission::SignalsIngest => "signals_ingest",
            Permission::SignalsRead => "signals_read",
            Permission::AlertsRead => "alerts_read",
            Permission::AlertsDecide => "alerts_decide",
            Permission::RiskRead => "risk_read",
            Permission::RiskManage => "risk_manage",
            Permission::RatingsRead => "ratings_read",
            Permission::RatingsManage => "ratings_manage",
            Permission::OwnRatings => "own_ratings",
            Permission::HistoryRead => "history_read",
        }
    }

    /// Reads a stable name.
    pub fn from_name(name: &str) -> Option<Permission> {
        Permission::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// The roles that hold it. This is the whole table of who may do what.
    pub fn roles(self) -> &'static [Role] {
        use Role::*;
        match self {
            Permission::AccountsRead => &[Admin, Auditor],
            Permission::AccountsManage => &[Admin],
            Permission::MerchantsRead => {
                &[Admin, Reviewer, Inspector, Enforcement, Service, Analyst, Manager, Auditor, Regulator]
            }
            Permission::MerchantsDecide => &[Reviewer, Enforcement, Manager],
            Permission::OwnMerchant | Permission::OwnListings => &[Merchant],
            Permission::ListingsRead => {
                &[Admin, Reviewer, Inspector, Enforcement, Service, Analyst, Manager, Auditor, Regulator]
            }
            Permission::ListingsDecide => &[Enforcement, Manager],
            Permission::ListingsImport => &[Admin, Manager],
            Permission::ReviewRead => &[Reviewer, Manager, Auditor],
            Permission::ReviewDecide => &[Reviewer, Manager],
            Permission::ReviewManage => &[Manager],
            Permission::PoliciesRead => {
                &[Admin, Reviewer, Inspector, Enforcement, Service, Analyst, Manager, Auditor, Regulator]
            }
            Permission::PoliciesManage => &[Manager],
            Permission::LedgerRead => &[Admin, Reviewer, Enforcement, Analyst, Manager, Auditor, Regulator],
            Permission::LedgerErase => &[Admin],
            Permission::WebhooksManage => &[Admin],
            Permission::TraceRead | Permission::RecallsRead => {
                &[Admin, Reviewer, Inspector, Enforcement, Service, Analyst, Manager, Auditor, Regulator]
            }
            Permission::TraceManage | Permission::RecallsManage => &[Enforcement, Manager],
            Permission::OwnTrace => &[Merchant, Brand],
            Permission::OwnReports => &[Laboratory],
            Permission::SignalsIngest => &[Admin, Analyst, Manager],
            Permission::SignalsRead | Permission::RatingsRead | Permission::RiskRead | Permission::AlertsRead => {
                &[Admin, Reviewer, Inspector, Enforcement, Service, Analyst, Manager, Auditor, Regulator]
            }
            Permission::AlertsDecide => &[Inspector, Enforcement, Analyst, Manager],
            Permission::RiskManage => &[Analyst, Manager],
            Permission::RatingsManage => &[Enforcement, Manager],
            Permission::OwnRatings => &[Merchant],
            Permission::HistoryRead => &[Admin, Analyst, Manager, Auditor],
        }
    }
}

/// How the actor came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in person; the session's id.
    Person {
        /// Session id.
        session: String,
    },
    /// An API token; its id and its scopes, which narrow the owner's permissions.
    Token {
        /// Token id.
        token: String,
        /// Scopes.
        scopes: BTreeSet<Permission>,
    },
    /// The product itself: a timer or a reaction. Its name says which.
    System,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// User id; for the system its name (`system:expiry`).
    pub id: String,
    /// How people know them. Never written to the ledger.
    pub name: String,
    /// Roles held.
    pub roles: BTreeSet<Role>,
    /// The organisation (merchant, laboratory, …) they belong to; `None` for staff.
    pub organisation: Option<String>,
    /// How they came in.
    pub kind: ActorKind,
    /// The language they read.
    pub language: Language,
}

impl Actor {
    /// The product itself. `name` is kebab-case, for example `qualification-expiry`.
    pub fn system(name: &str) -> Self {
        Actor {
            id: format!("system:{name}"),
            name: name.to_owned(),
            roles: BTreeSet::new(),
            organisation: None,
            kind: ActorKind::System,
            language: Language::Zh,
        }
    }

    /// Whether the actor may. The system may do everything; a token no more than its scopes.
    pub fn may(&self, permission: Permission) -> bool {
        let held = || permission.roles().iter().any(|role| self.roles.contains(role));
        match &self.kind {
            ActorKind::System => true,
            ActorKind::Person { .. } => held(),
            ActorKind::Token { scopes, .. } => scopes.contains(&permission) && held(),
        }
    }

    /// Refuses with `forbidden` unless the actor may.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Problem::new(&FORBIDDEN).arg("permission", permission.name())) }
    }

    /// For things that belong to an organisation: passes whoever holds `all`, and the organisation's own people who hold
    /// `own`. Others learn nothing, not even that the thing exists.
    ///
    /// # Errors
    /// `forbidden` without either permission, `not_found` for another organisation's thing.
    pub fn require_own(&self, all: Permission, own: Permission, organisation: &str) -> Result<()> {
        if self.may(all) {
            return Ok(());
        }
        self.require(own)?;
        if self.organisation.as_deref() == Some(organisation) { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// The organisation of somebody who acts for one.
    ///
    /// # Errors
    /// `forbidden` for staff and the system.
    pub fn own_organisation(&self) -> Result<&str> {
        self.organisation.as_deref().ok_or_else(|| Problem::new(&FORBIDDEN).arg("permission", "own_organisation"))
    }

    /// Whether this is the product itself.
    pub fn is_system(&self) -> bool {
        self.kind == ActorKind::System
    }
}

/// The answer to a request without an actor where one is needed.
pub fn signed_out() -> Problem {
    Problem::new(&SIGNED_OUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(roles: &[Role], organisation: Option<&str>) -> Actor {
        Actor {
            id: "u1".into(),
            name: "张三".into(),
            roles: roles.iter().copied().collect(),
            organisation: organisation.map(str::to_owned),
            kind: ActorKind::Person { session: "s1".into() },
            language: Language::Zh,
        }
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let auditor = person(&[Role::Auditor], None);
        for permission in Permission::ALL {
            let changes = !permission.name().ends_with("_read");
            assert!(!(changes && auditor.may(permission)), "{permission:?}");
        }
    }

    #[test]
    fn a_merchant_sees_only_its_own() {
        let merchant = person(&[Role::Merchant], Some("m1"));
        let own = |id: &str| merchant.require_own(Permission::ListingsRead, Permission::OwnListings, id);
        assert!(own("m1").is_ok());
        assert_eq!(own("m2").unwrap_err().code.code, "not_found");
    }

    #[test]
    fn a_token_does_no_more_than_its_scopes() {
        let mut token = person(&[Role::Manager], None);
        token.kind = ActorKind::Token {
            token: "t1".into(),
            scopes: [Permission::ListingsRead, Permission::AccountsManage].into(),
        };
        assert!(token.may(Permission::ListingsRead));
        assert!(!token.may(Permission::ListingsDecide), "not in the scopes");
        assert!(!token.may(Permission::AccountsManage), "not in the role");
    }

    #[test]
    fn names_read_back() {
        assert!(Role::ALL.iter().all(|role| Role::from_name(role.name()) == Some(*role)));
        assert!(Permission::ALL.iter().all(|p| Permission::from_name(p.name()) == Some(*p)));
    }
}
