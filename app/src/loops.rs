//! The closed loops: what follows from what, one line each. Read it like the mission.
//!
//! A reaction is idempotent and happens at least once; the act that caused it is already in the ledger's outbox.

use kernel::Reaction;

/// Acts whose outcome the page of a scanned code shows.
const SHOWN_ON_SCAN_PAGES: &[&str] = &[
    "lot.created",
    "lot.changed",
    "lot.blocked",
    "lot.recalled",
    "lot.withdrawn",
    "lot.reopened",
    "lot.document_added",
    "lot.document_withdrawn",
    "codes.commissioned",
    "codes.decommissioned",
    "unit.uncovered",
    "events.captured",
    "events.declared_wrong",
    "report.issued",
    "report.received",
    "report.revoked",
    "report.suspended",
    "report.reinstated",
    "laboratory.suspended",
    "laboratory.restored",
    "recall.started",
    "recall.closed",
    "recall.cancelled",
    "clone.suspected",
    "clone.closed",
];

/// Every reaction.
pub fn reactions() -> Vec<Reaction> {
    vec![
        // a qualification runs out -> the listings that rest on it leave the shelf; it is renewed -> they come back
        Reaction::new(
            "expiry-off-shelf",
            &["qualification.expired", "qualification.rejected"],
            listings::on_qualification_expired,
        ),
        Reaction::new("renewal-on-shelf", &["qualification.verified"], listings::on_qualification_verified),
        // an authorisation of a brand is over or refused -> the goods that need it are judged again
        Reaction::new(
            "brand-off-shelf",
            &["brand.expired", "brand.rejected", "brand.withdrawn"],
            listings::on_brand_lapsed,
        ),
        // a merchant is suspended, closed or banned -> nothing of theirs is on sale; reinstated -> it is again
        Reaction::new(
            "merchant-off-shelf",
            &["merchant.suspended", "merchant.closed", "merchant.banned"],
            listings::on_merchant_stopped,
        ),
        Reaction::new(
            "merchant-on-shelf",
            &["merchant.enrolled", "merchant.restored", "merchant.reopened"],
            listings::on_merchant_returned,
        ),
        // the machine could not decide -> a person does
        Reaction::new("to-review", &["listing.review_requested"], review::on_review_requested),
        // the version under review was replaced or withdrawn -> nobody need look at it
        Reaction::new(
            "from-review",
            &[
                "listing.submitted",
                "listing.withdrawn",
                "listing.removed",
                "listing.rejected",
                "listing.approved",
                "listing.rescreened",
            ],
            review::on_version_superseded,
        ),
        // other rules are in force -> everything on sale is judged by them
        Reaction::new("rescreen", &["policy.activated"], listings::on_policy_activated),
        // a lot is entered -> what was said about it before belongs to its merchant too
        Reaction::new("events-of-lot", &["lot.created"], events::on_lot_created),
        // a unit was sold again -> one of the two is not what it says: the rule about two orders looks
        Reaction::new("sold-twice", &["units.sold"], scans::on_units_sold),
        // something was decided about goods -> whoever scans them sees it at once
        Reaction::new("scan-page-current", SHOWN_ON_SCAN_PAGES, scans::on_changed),
    ]
}
