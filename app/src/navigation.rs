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
        // An authority reads what the operator's own people read.
        if actor.organisation.is_some() && !actor.roles.contains(&Role::Regulator) {
            return vec![
                NavEntry::new(Area::Merchant, "app-nav-own-home", "/merchant", "home"),
                NavEntry::new(Area::Merchant, "app-nav-own-enrolment", "/merchant/enrol", "certificate"),
                NavEntry::new(Area::Merchant, "app-nav-own-listings", "/merchant/listings", "package"),
                NavEntry::new(Area::Merchant, "app-nav-own-imports", "/merchant/imports", "upload"),
                NavEntry::new(Area::Merchant, "app-nav-lots", "/merchant/lots", "qrcode"),
                NavEntry::new(Area::Merchant, "app-nav-events", "/merchant/events", "truck"),
                NavEntry::new(Area::Merchant, "app-nav-recalls", "/merchant/recalls", "alert-triangle"),
                NavEntry::new(Area::Merchant, "app-nav-alerts", "/merchant/alerts", "bell"),
                NavEntry::new(Area::Merchant, "app-nav-own-ratings", "/merchant/ratings", "star"),
                NavEntry::new(Area::Merchant, "proofs-own-title", "/merchant/acts", "book"),
                NavEntry::new(Area::Partner, "app-nav-own-reports", "/laboratory", "flask")
                    .roles(&names(Permission::OwnReports)),
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
            NavEntry::new(Area::Console, "app-nav-trace", "/console/trace", "qrcode")
                .roles(&names(Permission::TraceRead)),
            NavEntry::new(Area::Console, "app-nav-events", "/console/events", "truck")
                .roles(&names(Permission::TraceRead)),
            NavEntry::new(Area::Console, "app-nav-scans", "/console/scans", "map-pin")
                .roles(&names(Permission::TraceRead))
                .count(counts.scans),
            NavEntry::new(Area::Console, "app-nav-reports", "/console/reports", "flask")
                .roles(&names(Permission::TraceRead)),
            NavEntry::new(Area::Console, "app-nav-recalls", "/console/recalls", "alert-triangle")
                .roles(&names(Permission::RecallsRead))
                .count(counts.recalls),
            NavEntry::new(Area::Console, "app-nav-signals", "/console/signals", "activity")
                .roles(&names(Permission::SignalsRead)),
            NavEntry::new(Area::Console, "app-nav-alerts", "/console/alerts", "bell")
                .roles(&names(Permission::AlertsRead))
                .covers(&["/console/detectors"])
                .count(counts.alerts),
            NavEntry::new(Area::Console, "app-nav-risk", "/console/risk", "radar").roles(&names(Permission::RiskRead)),
            NavEntry::new(Area::Console, "app-nav-ratings", "/console/ratings", "star")
                .roles(&names(Permission::RatingsRead)),
            NavEntry::new(Area::Console, "insight-nav", "/console/history", "database")
                .roles(&names(Permission::HistoryRead)),
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
    scans: u64,
    recalls: u64,
    alerts: u64,
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
        if actor.may(Permission::TraceRead) {
            counts.scans = scans::open_warnings(kernel).await.unwrap_or(0);
        }
        if actor.may(Permission::RecallsRead) {
            counts.recalls = recalls::open_count(kernel, actor).await.unwrap_or(0);
        }
        if actor.may(Permission::AlertsRead) {
            counts.alerts = alerts::open_count(kernel).await.unwrap_or(0);
        }
        counts
    }
}
