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
    /// A rated product as it was published last. `sequence` orders the feed: the largest is the newest.
    ratings, "ratings", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product: String,
    pub listing_id: Option<String>,
    pub market: String,
    pub category: String,
    pub category_top: String,
    pub score: f64,
    pub lower: f64,
    pub upper: f64,
    pub grade: String,
    pub is_new: i64,
    pub effect: String,
    pub applied: String,
    pub held: Option<String>,
    pub held_by: Option<String>,
    pub held_at: Option<i64>,
    pub held_reason: Option<String>,
    pub held_act_id: Option<String>,
    pub day: i64,
    pub at: i64,
    pub sequence: i64,
    pub reasons: String,
    pub act_id: Option<String>,
    pub line: String,
});

entity!(
    /// Days that are to be computed.
    due, "rating_due", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub at: i64,
});

entity!(
    /// Days that were computed, with the head of their files.
    days, "rating_days", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub previous: Option<i64>,
    pub sha256: String,
    pub root: String,
    pub lines: i64,
    pub bytes: i64,
    pub applied: i64,
    pub act_id: String,
    pub at: i64,
    pub head: String,
});

entity!(
    /// Published points of a product's history.
    history, "rating_history", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub product: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub score: f64,
    pub lower: f64,
    pub upper: f64,
    pub grade: String,
    pub contributions: String,
});

entity!(
    /// Tests and remedies that other duties told of, until a day takes them in. The id is that of the act and product.
    evidence, "rating_evidence", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub merchant_id: String,
    pub product: String,
    pub kind: String,
    pub at: i64,
    pub taken_in: Option<i64>,
});

entity!(
    /// The last number of the feed, in one row.
    counter, "rating_counter", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub value: i64,
});

db::migration!(CreateRatings, "m20261124_000360_ratings", |schema| {
    Table::new("ratings")
        .key("merchant_id")
        .key("product")
        .optional_key("listing_id")
        .key("market")
        .key("category")
        .key("category_top")
        .real("score")
        .real("lower")
        .real("upper")
        .key("grade")
        .integer("is_new")
        .key("effect")
        .key("applied")
        .optional_key("held")
        .optional_key("held_by")
        .optional_time("held_at")
        .optional_text("held_reason")
        .optional_key("held_act_id")
        .integer("day")
        .time("at")
        .integer("sequence")
        .text("reasons")
        .optional_key("act_id")
        .text("line")
        .primary(&["merchant_id", "product"])
        .index(&["sequence"])
        .index(&["product"])
        .index(&["grade", "lower"])
        .index(&["applied", "sequence"])
        .index(&["lower"])
        .index(&["category", "grade"])
        .create(schema)
        .await?;
    Table::new("rating_due").integer("day").time("at").primary(&["day"]).create(schema).await?;
    Table::new("rating_days")
        .integer("day")
        .optional_integer("previous")
        .key("sha256")
        .key("root")
        .integer("lines")
        .integer("bytes")
        .integer("applied")
        .key("act_id")
        .time("at")
        .text("head")
        .primary(&["day"])
        .create(schema)
        .await?;
    Table::new("rating_history")
        .key("merchant_id")
        .key("product")
        .integer("day")
        .real("score")
        .real("lower")
        .real("upper")
        .key("grade")
        .text("contributions")
        .primary(&["merchant_id", "product", "day"])
        .create(schema)
        .await?;
    Table::new("rating_evidence")
        .id()
        .key("merchant_id")
        .key("product")
        .key("kind")
        .time("at")
        .optional_integer("taken_in")
        .index(&["taken_in", "merchant_id", "product"])
        .index(&["merchant_id", "product"])
        .create(schema)
        .await?;
    Table::new("rating_counter").key("name").integer("value").primary(&["name"]).create(schema).await?;
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateRatings)]
}
