//! Tables and how they came to be.

use db::{Migrations, Table};

macro_rules! entity {
    ($(#[$note:meta])* $module:ident, $table:literal, { $($body:tt)* }) => {
        $(#[$note])*
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model { $($body)* }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

entity!(items, "review_items", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub version_id: String,
    pub listing_id: String,
    pub merchant_id: String,
    pub merchant_name: String,
    pub title: String,
    pub category: String,
    pub category_top: String,
    pub market: String,
    pub worst: i64,
    pub rules: String,
    pub queue: String,
    pub skill: String,
    pub priority: i64,
    pub state: String,
    pub again: bool,
    pub requested_at: i64,
    pub due_at: i64,
    pub claimed_by: Option<String>,
    pub claim_id: Option<String>,
    pub claimed_at: Option<i64>,
    pub lease_until: Option<i64>,
    pub renewals: i64,
    pub decided_at: Option<i64>,
    pub overdue_act_id: Option<String>,
    pub excluded_reviewer: Option<String>,
    pub reserved_for: Option<String>,
    pub reference: Option<String>,
    pub dedupe: String,
});

entity!(decisions, "review_decisions", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub item_id: String,
    pub kind: String,
    pub version_id: String,
    pub listing_id: String,
    pub merchant_id: String,
    pub title: String,
    pub category: String,
    pub queue: String,
    pub worst: i64,
    pub rules: String,
    pub reviewer: String,
    pub claim_id: String,
    pub verdict: String,
    pub reasons: String,
    pub note: String,
    pub seconds: i64,
    pub decided_at: i64,
    pub correct: Option<i64>,
    pub reference: Option<String>,
    pub agrees: Option<i64>,
    pub overturned: bool,
    pub act_id: String,
});

entity!(
    /// What the reviewer saw, apart from the decision because it is large.
    evidence, "review_evidence", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: String,
    pub body: String,
});

entity!(
    /// One row a rule and decision, to find similar decisions.
    rules, "review_decision_rules", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule: String,
    pub at: i64,
});

entity!(golden, "review_golden", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub title: String,
    pub category: String,
    pub version_id: String,
    pub queue: String,
    pub skill: String,
    pub verdict: String,
    pub reasons: String,
    pub note: String,
    pub evidence: String,
    pub active: bool,
    pub created_by: String,
    pub created_at: i64,
});

entity!(disagreements, "review_disagreements", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub first_decision_id: String,
    pub second_decision_id: String,
    pub at: i64,
    pub verdict: Option<String>,
    pub overturned: Option<i64>,
    pub note: Option<String>,
    pub resolved_by: Option<String>,
    pub resolved_at: Option<i64>,
    pub act_id: Option<String>,
});

entity!(reviewers, "review_reviewers", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub skills: String,
    pub seen_at: i64,
});

entity!(conflicts, "review_conflicts", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub reviewer: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    pub reason: String,
    pub since: i64,
});

entity!(visits, "review_visits", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub merchant_id: String,
    pub merchant_name: String,
    pub address: String,
    pub contact: String,
    pub purpose: String,
    pub date: String,
    pub inspector: String,
    pub inspector_name: String,
    pub state: String,
    pub checklist: String,
    pub answers: String,
    pub photos: String,
    pub outcome: Option<String>,
    pub summary: String,
    pub report_due: String,
    pub created_by: String,
    pub created_at: i64,
    pub reported_at: Option<i64>,
    pub overdue_act_id: Option<String>,
});

db::migration!(CreateQueue, "m20261123_000500_review_queue", |schema| {
    Table::new("review_items")
        .id()
        .key("kind")
        .key("version_id")
        .key("listing_id")
        .key("merchant_id")
        .text("merchant_name")
        .text("title")
        .key("category")
        .key("category_top")
        .key("market")
        .integer("worst")
        .text("rules")
        .key("queue")
        .key("skill")
        .integer("priority")
        .key("state")
        .bool("again")
        .time("requested_at")
        .time("due_at")
        .optional_key("claimed_by")
        .optional_key("claim_id")
        .optional_time("claimed_at")
        .optional_time("lease_until")
        .integer("renewals")
        .optional_time("decided_at")
        .optional_key("overdue_act_id")
        .optional_key("excluded_reviewer")
        .optional_key("reserved_for")
        .optional_key("reference")
        .key("dedupe")
        .unique(&["dedupe"])
        .index(&["state", "priority", "due_at"])
        .index(&["state", "due_at"])
        .index(&["state", "queue"])
        .index(&["claimed_by", "state"])
        .index(&["listing_id", "state"])
        .index(&["version_id"])
        .create(schema)
        .await?;
    Table::new("review_decisions")
        .id()
        .key("item_id")
        .key("kind")
        .key("version_id")
        .key("listing_id")
        .key("merchant_id")
        .text("title")
        .key("category")
        .key("queue")
        .integer("worst")
        .text("rules")
        .key("reviewer")
        .key("claim_id")
        .key("verdict")
        .text("reasons")
        .text("note")
        .integer("seconds")
        .time("decided_at")
        .optional_integer("correct")
        .optional_key("reference")
        .optional_integer("agrees")
        .bool("overturned")
        .key("act_id")
        .unique(&["claim_id"])
        .index(&["decided_at"])
        .index(&["merchant_id", "decided_at"])
        .index(&["version_id"])
        .index(&["reviewer", "decided_at"])
        .create(schema)
        .await?;
    Table::new("review_evidence").key("decision_id").text("body").primary(&["decision_id"]).create(schema).await?;
    Table::new("review_decision_rules")
        .key("decision_id")
        .key("rule")
        .time("at")
        .primary(&["decision_id", "rule"])
        .index(&["rule", "at"])
        .create(schema)
        .await?;
    Table::new("review_reviewers").id().text("name").text("skills").time("seen_at").create(schema).await?;
    Table::new("review_conflicts")
        .key("reviewer")
        .key("merchant_id")
        .text("reason")
        .time("since")
        .primary(&["reviewer", "merchant_id"])
        .create(schema)
        .await?;
});

db::migration!(CreateMeasures, "m20261123_000510_review_measures", |schema| {
    Table::new("review_golden")
        .id()
        .text("title")
        .key("category")
        .key("version_id")
        .key("queue")
        .key("skill")
        .key("verdict")
        .text("reasons")
        .text("note")
        .text("evidence")
        .bool("active")
        .key("created_by")
        .time("created_at")
        .index(&["active", "created_at"])
        .create(schema)
        .await?;
    Table::new("review_disagreements")
        .id()
        .key("first_decision_id")
        .key("second_decision_id")
        .time("at")
        .optional_key("verdict")
        .optional_integer("overturned")
        .optional_text("note")
        .optional_key("resolved_by")
        .optional_time("resolved_at")
        .optional_key("act_id")
        .unique(&["first_decision_id"])
        .index(&["at"])
        .create(schema)
        .await?;
});

db::migration!(CreateVisits, "m20261123_000520_review_visits", |schema| {
    Table::new("review_visits")
        .id()
        .key("merchant_id")
        .text("merchant_name")
        .text("address")
        .text("contact")
        .text("purpose")
        .key("date")
        .key("inspector")
        .text("inspector_name")
        .key("state")
        .text("checklist")
        .text("answers")
        .text("photos")
        .optional_key("outcome")
        .text("summary")
        .key("report_due")
        .key("created_by")
        .time("created_at")
        .optional_time("reported_at")
        .optional_key("overdue_act_id")
        .index(&["state", "report_due"])
        .index(&["date"])
        .index(&["merchant_id"])
        .create(schema)
        .await?;
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateQueue), Box::new(CreateMeasures), Box::new(CreateVisits)]
}
