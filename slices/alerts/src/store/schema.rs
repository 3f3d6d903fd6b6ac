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

entity!(
    /// Alerts. `dedupe` is what makes two findings the same alert while it stands; a closed alert's is its id.
    alerts, "alerts", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub family: String,
    pub scope: String,
    pub subject_key: String,
    pub subject_hash: String,
    pub product_hash: Option<String>,
    pub merchant_id: String,
    pub listing_id: Option<String>,
    pub title: String,
    pub category: String,
    pub market: String,
    pub product_key: Option<String>,
    pub state: String,
    pub level: String,
    pub action: String,
    pub method: String,
    pub measure: Option<String>,
    pub since_day: i64,
    pub last_day: i64,
    pub times: i64,
    pub raised_at: i64,
    pub updated_at: i64,
    pub contributions: String,
    pub handler: Option<String>,
    pub acknowledged_at: Option<i64>,
    pub inspection_at: Option<i64>,
    pub stopped_at: Option<i64>,
    pub ending: Option<String>,
    pub reason: Option<String>,
    pub note: String,
    pub closed_by: Option<String>,
    pub closed_at: Option<i64>,
    pub warning_id: Option<String>,
    pub policy_market: String,
    pub policy_version: String,
    pub version: i64,
    pub dedupe: String,
});

entity!(
    /// What detectors in shadow would have raised: one row per policy row, subject and spell.
    shadows, "alert_shadows", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub policy: String,
    pub scope: String,
    pub subject_key: String,
    pub subject_hash: String,
    pub title: String,
    pub level: String,
    pub since_day: i64,
    pub first_day: i64,
    pub last_day: i64,
    pub times: i64,
    pub statistic: f64,
    pub minutes: i64,
});

entity!(suppressions, "alert_suppressions", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub family: String,
    pub scope: String,
    pub subject_key: String,
    pub subject_hash: String,
    pub until: i64,
    pub reason: String,
    pub by_id: String,
    pub at: i64,
    pub kept_away: i64,
    pub ended: bool,
});

entity!(
    /// Passes over the windows.
    sweeps, "alert_sweeps", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: i64,
    pub day: i64,
    pub keys: i64,
    pub candidates: i64,
    pub found: i64,
    pub raised: i64,
    pub repeated: i64,
    pub kept_away: i64,
    pub shadows: i64,
    pub left_out: i64,
});

entity!(
    /// Totals of a category on a day.
    totals, "alert_totals", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub complaints: i64,
    pub returns: i64,
    pub bad_reviews: i64,
    pub purchases: i64,
});

entity!(
    /// Trials of a changed detector on history, and what came of them.
    backtests, "alert_backtests", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: i64,
    pub by_id: String,
    pub policy: String,
    pub asked: String,
    pub state: String,
    pub outcome: Option<String>,
    pub finished_at: Option<i64>,
});

entity!(digests, "alert_digests", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub at: i64,
    pub content: String,
    pub act_id: String,
});

db::migration!(CreateAlerts, "m20261124_000320_alerts", |schema| {
    Table::new("alerts")
        .id()
        .key("family")
        .key("scope")
        .text("subject_key")
        .key("subject_hash")
        .optional_key("product_hash")
        .key("merchant_id")
        .optional_key("listing_id")
        .text("title")
        .key("category")
        .key("market")
        .optional_text("product_key")
        .key("state")
        .key("level")
        .key("action")
        .key("method")
        .optional_key("measure")
        .integer("since_day")
        .integer("last_day")
        .integer("times")
        .time("raised_at")
        .time("updated_at")
        .text("contributions")
        .optional_key("handler")
        .optional_time("acknowledged_at")
        .optional_time("inspection_at")
        .optional_time("stopped_at")
        .optional_key("ending")
        .optional_key("reason")
        .text("note")
        .optional_key("closed_by")
        .optional_time("closed_at")
        .optional_key("warning_id")
        .key("policy_market")
        .key("policy_version")
        .integer("version")
        .key("dedupe")
        .unique(&["dedupe"])
        .index(&["state", "raised_at"])
        .index(&["subject_hash", "family"])
        .index(&["product_hash"])
        .index(&["merchant_id", "state"])
        .index(&["category", "state"])
        .index(&["closed_at"])
        .create(schema)
        .await?;
    Table::new("alert_suppressions")
        .id()
        .key("family")
        .key("scope")
        .text("subject_key")
        .key("subject_hash")
        .time("until")
        .text("reason")
        .key("by_id")
        .time("at")
        .integer("kept_away")
        .bool("ended")
        .index(&["subject_hash", "family"])
        .index(&["until"])
        .create(schema)
        .await?;
});

db::migration!(CreateWatching, "m20261124_000321_alerts_watching", |schema| {
    Table::new("alert_shadows")
        .id()
        .key("policy")
        .key("scope")
        .text("subject_key")
        .key("subject_hash")
        .text("title")
        .key("level")
        .integer("since_day")
        .integer("first_day")
        .integer("last_day")
        .integer("times")
        .real("statistic")
        .integer("minutes")
        .index(&["policy", "subject_hash", "last_day"])
        .index(&["last_day"])
        .create(schema)
        .await?;
    Table::new("alert_sweeps")
        .id()
        .time("at")
        .integer("day")
        .integer("keys")
        .integer("candidates")
        .integer("found")
        .integer("raised")
        .integer("repeated")
        .integer("kept_away")
        .integer("shadows")
        .integer("left_out")
        .index(&["at"])
        .create(schema)
        .await?;
    Table::new("alert_totals")
        .key("category")
        .integer("day")
        .integer("complaints")
        .integer("returns")
        .integer("bad_reviews")
        .integer("purchases")
        .primary(&["category", "day"])
        .index(&["day"])
        .create(schema)
        .await?;
    Table::new("alert_backtests")
        .id()
        .time("at")
        .key("by_id")
        .key("policy")
        .text("asked")
        .key("state")
        .optional_text("outcome")
        .optional_time("finished_at")
        .index(&["at"])
        .index(&["state"])
        .create(schema)
        .await?;
    Table::new("alert_digests")
        .integer("day")
        .time("at")
        .text("content")
        .key("act_id")
        .primary(&["day"])
        .create(schema)
        .await?;
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateAlerts), Box::new(CreateWatching)]
}
