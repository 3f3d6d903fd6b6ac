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
    /// What was found, or not found, about products.
    marks, "risk_marks", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: i64,
    pub source: String,
    pub reference: String,
    pub merchant: String,
    pub product: String,
    pub category: String,
    pub adverse: bool,
});

entity!(
    /// What products looked like when a sign appeared, and how it ended.
    examples, "risk_examples", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub source: String,
    pub reference: String,
    pub merchant: String,
    pub product: String,
    pub day: i64,
    pub taken_at: i64,
    pub due_day: Option<i64>,
    #[sea_orm(column_type = "Text")]
    pub vector: String,
    pub label: Option<i64>,
    pub labelled_day: Option<i64>,
});

entity!(
    /// Versions of the model.
    versions, "risk_versions", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub state: String,
    pub requested_by: String,
    pub requested_at: i64,
    pub trained_at: Option<i64>,
    pub sha256: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub card: Option<String>,
    pub activated_by: Option<String>,
    pub activated_at: Option<i64>,
    pub replaced: Option<i64>,
    pub train_act_id: Option<String>,
    pub activate_act_id: Option<String>,
    pub proposed_at: Option<i64>,
});

entity!(
    /// The newest score of each product.
    scores, "risk_scores", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product: String,
    pub day: i64,
    pub at: i64,
    pub probability: f64,
    pub raw: f64,
    pub model: String,
    pub listing_id: Option<String>,
    pub title: String,
    pub category: String,
    pub leading: String,
    #[sea_orm(column_type = "Text")]
    pub vector: String,
});

entity!(
    /// Small facts of this duty: up to which position of the log products were scored.
    facts, "risk_facts", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub value: i64,
});

db::migration!(CreateRisk, "m20261124_000340_risk", |schema| {
    Table::new("risk_marks")
        .id()
        .time("at")
        .key("source")
        .key("reference")
        .key("merchant")
        .key("product")
        .key("category")
        .bool("adverse")
        .unique(&["source", "reference", "product"])
        .index(&["merchant", "at"])
        .index(&["at"])
        .create(schema)
        .await?;
    Table::new("risk_examples")
        .id()
        .key("source")
        .key("reference")
        .key("merchant")
        .key("product")
        .integer("day")
        .time("taken_at")
        .optional_integer("due_day")
        .text("vector")
        .optional_integer("label")
        .optional_integer("labelled_day")
        .unique(&["source", "reference", "product"])
        .index(&["label", "day"])
        .index(&["due_day"])
        .create(schema)
        .await?;
    Table::new("risk_versions")
        .integer("number")
        .key("state")
        .key("requested_by")
        .time("requested_at")
        .optional_time("trained_at")
        .optional_key("sha256")
        .optional_text("card")
        .optional_key("activated_by")
        .optional_time("activated_at")
        .optional_integer("replaced")
        .optional_key("train_act_id")
        .optional_key("activate_act_id")
        .optional_time("proposed_at")
        .primary(&["number"])
        .index(&["state"])
        .create(schema)
        .await?;
    Table::new("risk_scores")
        .key("merchant")
        .key("product")
        .integer("day")
        .time("at")
        .real("probability")
        .real("raw")
        .key("model")
        .optional_key("listing_id")
        .text("title")
        .key("category")
        .key("leading")
        .text("vector")
        .primary(&["merchant", "product"])
        .index(&["probability"])
        .index(&["day"])
        .create(schema)
        .await?;
    Table::new("risk_facts").key("name").integer("value").primary(&["name"]).create(schema).await?;
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateRisk)]
}
