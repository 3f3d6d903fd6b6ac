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
    "rating.changed",
    "rating.removed_pending_test",
    "rating.restored",
    "rating.effect_lifted",
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
        // a day is over -> detectors look at it, the model thinks again, goods are rated
        Reaction::new("alerts-of-day", &["signals.day_closed"], alerts::on_day_closed),
        Reaction::new("risk-of-day", &["signals.day_closed"], risk::on_day_closed),
        Reaction::new("ratings-of-day", &["signals.day_closed"], ratings::on_day_closed),
        // an hour has passed -> detectors that hold at any time look at what was touched
        Reaction::new("alerts-of-hour", &["signals.looked"], alerts::on_looked),
        // a code is suspected to be copied -> an alert about its goods
        Reaction::new("clone-alert", &["clone.suspected"], alerts::on_clone_suspected),
        // an alert stops the sale -> the listing leaves the shelf; it was false -> the listing comes back
        Reaction::new("alert-off-shelf", &["alert.sale_stopped"], listings::on_alert_stopped),
        Reaction::new("alert-on-shelf", &["alert.closed"], listings::on_alert_closed),
        // what an alert turned out to be teaches the model
        Reaction::new("alert-asks", &["alert.raised"], risk::on_alert_raised),
        Reaction::new("alert-teaches", &["alert.closed"], risk::on_alert_closed),
        // so does what people decide about listings, and what laboratories find
        Reaction::new(
            "verdict-teaches",
            &["listing.approved", "listing.rejected", "listing.removed"],
            risk::on_listing_decided,
        ),
        Reaction::new("report-teaches", &["report.issued", "report.received"], risk::on_report),
        // a laboratory answered for goods -> their rating counts it
        Reaction::new("report-rates", &["report.issued", "report.received", "report.reinstated"], ratings::on_report),
        // the rating limits, removes, recommends or restores -> the listing follows
        Reaction::new(
            "rating-on-shelf",
            &["rating.limited", "rating.removed_pending_test", "rating.restored", "rating.recommended"],
            listings::on_rating_changed,
        ),
        // goods come back on the shelf -> what their rating says holds for them still
        Reaction::new("rating-on-return", &["listing.listed", "listing.restored"], ratings::on_listed),
        // a unit was sold again -> one of the two is not what it says: the rule about two orders looks
        Reaction::new("sold-twice", &["units.sold"], scans::on_units_sold),
        // something was decided about goods -> whoever scans them sees it at once
        Reaction::new("scan-page-current", SHOWN_ON_SCAN_PAGES, scans::on_changed),
    ]
}
