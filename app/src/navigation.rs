//! The navigation of the shells: the duties in the order a product lives, with what waits in each.

use kernel::{Actor, Kernel, Permission, Role};
use ui::{Area, NavEntry};

/// The navigation of the whole product.
pub struct Navigation;

fn names(permission: Permission) -> Vec<&'static str> {
    permission.roles().iter().map(|role: &Role| role.name()).collect()
}

#[async_trait::async_trait]
impl web::Nav for Navigation {
    async fn entries(&self, kernel: &Kernel, actor: Option<&Actor>) -> Vec<NavEntry> {
        let Some(actor) = actor else { return Vec::new() };
        if actor.organisation.is_some() {
            return vec![
                NavEntry::new(Area::Merchant, "app-nav-own-home", "/merchant", "home"),
                NavEntry::new(Area::Merchant, "app-nav-own-enrolment", "/merchant/enrol", "certificate"),
                NavEntry::new(Area::Merchant, "app-nav-own-listings", "/merchant/listings", "package"),
                NavEntry::new(Area::Merchant, "app-nav-own-imports", "/merchant/imports", "upload"),
                NavEntry::new(Area::Merchant, "proofs-own-title", "/merchant/acts", "book"),
            ];
        }
        let counts = Counts::read(kernel, actor).await;
        vec![
            NavEntry::new(Area::Console, "ui-nav-desk", "/console", "home"),
            NavEntry::new(Area::Console, "ui-nav-merchants", "/console/merchants", "building-store")
                .roles(&names(Permission::MerchantsRead))
                .count(counts.merchants),
            NavEntry::new(Area::Console, "app-nav-listings", "/console/listings", "package")
                .roles(&names(Permission::ListingsRead)),
            NavEntry::new(Area::Console, "ui-nav-review", "/console/review", "checklist")
                .roles(&names(Permission::ReviewRead))
                .count(counts.review),
            NavEntry::new(Area::Console, "ui-nav-policies", "/console/policies", "scale")
                .roles(&names(Permission::PoliciesRead))
                .covers(&["/console/policy-versions", "/console/policy-trials"]),
            NavEntry::new(Area::Console, "ui-nav-ledger", "/console/ledger", "book")
                .roles(&names(Permission::LedgerRead)),
            NavEntry::new(Area::Console, "app-nav-accounts", "/console/accounts", "users")
                .roles(&names(Permission::AccountsRead)),
            NavEntry::new(Area::Console, "app-nav-webhooks", "/console/webhooks", "cloud")
                .roles(&names(Permission::WebhooksManage)),
        ]
    }
}

#[derive(Default)]
struct Counts {
    merchants: u64,
    review: u64,
}

impl Counts {
    /// What waits. A count that cannot be read is not shown: the page itself will say why.
    async fn read(kernel: &Kernel, actor: &Actor) -> Counts {
        let mut counts = Counts::default();
        if actor.may(Permission::MerchantsRead) {
            counts.merchants = merchants::open_work(kernel, actor).await.unwrap_or(0);
        }
        if actor.may(Permission::ReviewRead) {
            counts.review = review::waiting(kernel, actor).await.unwrap_or(0);
        }
        counts
    }
}
