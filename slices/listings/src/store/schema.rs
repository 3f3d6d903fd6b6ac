//! Tables and how they came to be.

use db::{Migrations, Table};
use sea_orm::sea_query::{Alias, Index};

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

entity!(listings, "listings", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub merchant_id: String,
    pub market: String,
    pub external_id: String,
    pub category: String,
    pub category_top: String,
    pub state: String,
    pub title: String,
    pub title_key: String,
    pub brand_key: String,
    pub gtin: String,
    pub price_minor: Option<i64>,
    pub currency: String,
    pub latest_version_id: String,
    pub latest_number: i64,
    pub latest_state: String,
    pub on_sale_version_id: Option<String>,
    pub on_sale_act_id: Option<String>,
    pub passed_version_id: Option<String>,
    pub decision: Option<String>,
    pub findings: i64,
    pub worst: i64,
    pub source_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
});

entity!(versions, "listing_versions", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub listing_id: String,
    pub merchant_id: String,
    pub market: String,
    pub number: i64,
    pub state: String,
    pub content: String,
    pub content_hash: String,
    pub created_by: String,
    pub created_at: i64,
    pub submitted_at: Option<i64>,
    pub claimed_at: Option<i64>,
    pub decided_at: Option<i64>,
    pub decided_by: Option<String>,
    pub decided_act_id: Option<String>,
    pub run_id: Option<String>,
});

entity!(runs, "listing_runs", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub version_id: String,
    pub listing_id: String,
    pub at: i64,
    pub pack_version: String,
    pub decision: String,
    pub findings: String,
    pub cleared: String,
    pub kind: String,
    pub act_id: String,
});

entity!(
    /// One row a rule and version of the newest run, for filters and similar decisions.
    hits, "listing_rule_hits", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule: String,
    pub listing_id: String,
    pub check_name: String,
    pub severity: String,
    pub shadow: bool,
    pub at: i64,
});

entity!(
    /// What was found in a version's text and files, without the text.
    facts, "listing_facts", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version_id: String,
    pub listing_id: String,
    pub market: String,
    pub pack_version: String,
    pub facts: String,
    pub at: i64,
});

entity!(prices, "listing_prices", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    pub price_minor: i64,
});

entity!(
    /// What was read in a picture, once a file.
    pictures, "listing_pictures", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    pub media_type: String,
    pub bytes: i64,
    pub state: String,
    pub at: i64,
});

entity!(
    /// Which listing shows which picture: what other merchants' pictures are compared with.
    picture_uses, "listing_picture_uses", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub sha256: String,
    pub hash: String,
    pub quality: i64,
    pub listing_id: String,
    pub merchant_id: String,
    pub at: i64,
});

entity!(holds, "listing_holds", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub cause: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub reference: String,
    pub reason: String,
    pub since: i64,
    pub act_id: String,
});

entity!(fingerprints, "listing_fingerprints", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub value: String,
    pub title: String,
    pub listing_id: String,
    pub version_id: String,
    pub merchant_id: String,
    pub reason: String,
    pub rules: String,
    pub active: bool,
    pub created_at: i64,
    pub act_id: String,
    pub removed_at: Option<i64>,
    pub removed_act_id: Option<String>,
});

entity!(brands, "listing_brands", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub market: String,
    pub name: String,
    pub aliases: String,
    pub owner: String,
    pub categories: String,
    pub authorisation_required: bool,
    pub active: bool,
    pub created_at: i64,
    pub act_id: String,
});

entity!(recalls, "listing_recalls", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub source: String,
    pub number: String,
    pub published: String,
    pub product: String,
    pub brand: String,
    pub model: String,
    pub barcode: String,
    pub content_hash: String,
    pub notice: String,
    pub loaded_at: i64,
});

entity!(
    /// One row a bank; the revision changes with every change of the bank, so that caches know.
    bank_revisions, "listing_bank_revisions", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub revision: String,
});

entity!(imports, "listing_imports", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub merchant_id: String,
    pub market: String,
    pub file_sha256: String,
    pub file_name: String,
    pub file_bytes: i64,
    pub mapping_name: String,
    pub mapping: String,
    pub mapping_hash: String,
    pub screen: bool,
    pub from_disk: bool,
    pub state: String,
    pub claimed_at: Option<i64>,
    pub bytes_read: i64,
    pub lines_read: i64,
    pub rows_done: i64,
    pub rows_total: Option<i64>,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub refused: i64,
    pub skipped: String,
    pub failure: Option<String>,
    pub created_by: String,
    pub created_at: i64,
    pub finished_at: Option<i64>,
});

entity!(import_rows, "listing_import_rows", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub line: i64,
    pub external_id: String,
    pub status: String,
    pub listing_id: Option<String>,
    pub reasons: String,
});

entity!(rescreens, "listing_rescreens", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub market: String,
    pub pack_version: String,
    pub cause: String,
    pub state: String,
    pub cursor: String,
    pub total: i64,
    pub done: i64,
    pub changed: i64,
    pub taken_off: i64,
    pub text_read: i64,
    pub created_at: i64,
    pub finished_at: Option<i64>,
});

entity!(
    /// Which merchant handed in which file: knowing a hash opens nothing.
    files, "listing_files", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sha256: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: String,
    pub at: i64,
});

db::migration!(CreateListings, "m20261123_000400_listings_listings", |schema| {
    Table::new("listings")
        .id()
        .key("merchant_id")
        .key("market")
        .key("external_id")
        .key("category")
        .key("category_top")
        .key("state")
        .text("title")
        .key("title_key")
        .key("brand_key")
        .key("gtin")
        .optional_integer("price_minor")
        .key("currency")
        .key("latest_version_id")
        .integer("latest_number")
        .key("latest_state")
        .optional_key("on_sale_version_id")
        .optional_key("on_sale_act_id")
        .optional_key("passed_version_id")
        .optional_key("decision")
        .integer("findings")
        .integer("worst")
        .optional_time("source_at")
        .time("created_at")
        .time("updated_at")
        .unique(&["merchant_id", "external_id"])
        .index(&["updated_at", "id"])
        .index(&["state", "updated_at", "id"])
        .index(&["merchant_id", "updated_at", "id"])
        .index(&["merchant_id", "state", "updated_at"])
        .index(&["category_top", "updated_at", "id"])
        .index(&["category", "updated_at", "id"])
        .index(&["category", "brand_key"])
        .index(&["external_id"])
        .index(&["title_key"])
        .index(&["gtin"])
        .index(&["price_minor"])
        .create(schema)
        .await?;
    Table::new("listing_versions")
        .id()
        .key("listing_id")
        .key("merchant_id")
        .key("market")
        .integer("number")
        .key("state")
        .text("content")
        .key("content_hash")
        .key("created_by")
        .time("created_at")
        .optional_time("submitted_at")
        .optional_time("claimed_at")
        .optional_time("decided_at")
        .optional_key("decided_by")
        .optional_key("decided_act_id")
        .optional_key("run_id")
        .unique(&["listing_id", "number"])
        .index(&["state", "submitted_at"])
        .create(schema)
        .await?;
    Table::new("listing_prices")
        .key("listing_id")
        .key("day")
        .integer("price_minor")
        .primary(&["listing_id", "day"])
        .create(schema)
        .await?;
    Table::new("listing_pictures")
        .key("sha256")
        .key("media_type")
        .integer("bytes")
        .text("state")
        .time("at")
        .primary(&["sha256"])
        .create(schema)
        .await?;
    Table::new("listing_picture_uses")
        .id()
        .key("sha256")
        .key("hash")
        .integer("quality")
        .key("listing_id")
        .key("merchant_id")
        .time("at")
        .unique(&["listing_id", "sha256"])
        .index(&["sha256"])
        .create(schema)
        .await?;
    Table::new("listing_holds")
        .key("listing_id")
        .key("cause")
        .key("reference")
        .text("reason")
        .time("since")
        .key("act_id")
        .primary(&["listing_id", "cause", "reference"])
        .index(&["cause", "reference"])
        .create(schema)
        .await?;
});

db::migration!(CreateRuns, "m20261123_000410_listings_runs", |schema| {
    Table::new("listing_runs")
        .id()
        .key("version_id")
        .key("listing_id")
        .time("at")
        .key("pack_version")
        .key("decision")
        .text("findings")
        .text("cleared")
        .key("kind")
        .key("act_id")
        .index(&["version_id", "at"])
        .create(schema)
        .await?;
    Table::new("listing_rule_hits")
        .key("version_id")
        .key("rule")
        .key("listing_id")
        .key("check_name")
        .key("severity")
        .bool("shadow")
        .time("at")
        .primary(&["version_id", "rule"])
        .index(&["rule", "at"])
        .index(&["check_name", "at"])
        .create(schema)
        .await?;
    Table::new("listing_facts")
        .key("version_id")
        .key("listing_id")
        .key("market")
        .key("pack_version")
        .text("facts")
        .time("at")
        .primary(&["version_id"])
        .create(schema)
        .await?;
    Table::new("listing_rescreens")
        .id()
        .key("market")
        .key("pack_version")
        .text("cause")
        .key("state")
        .key("cursor")
        .integer("total")
        .integer("done")
        .integer("changed")
        .integer("taken_off")
        .integer("text_read")
        .time("created_at")
        .optional_time("finished_at")
        .index(&["state"])
        .index(&["created_at"])
        .create(schema)
        .await?;
});

db::migration!(CreateBanks, "m20261123_000420_listings_banks", |schema| {
    Table::new("listing_fingerprints")
        .id()
        .key("kind")
        .text("value")
        .text("title")
        .key("listing_id")
        .key("version_id")
        .key("merchant_id")
        .key("reason")
        .text("rules")
        .bool("active")
        .time("created_at")
        .key("act_id")
        .optional_time("removed_at")
        .optional_key("removed_act_id")
        .index(&["active", "created_at"])
        .index(&["kind", "created_at"])
        .index(&["listing_id"])
        .create(schema)
        .await?;
    Table::new("listing_brands")
        .id()
        .key("market")
        .key("name")
        .text("aliases")
        .key("owner")
        .text("categories")
        .bool("authorisation_required")
        .bool("active")
        .time("created_at")
        .key("act_id")
        .unique(&["market", "name"])
        .create(schema)
        .await?;
    Table::new("listing_recalls")
        .id()
        .key("source")
        .key("number")
        .key("published")
        .text("product")
        .text("brand")
        .text("model")
        .text("barcode")
        .key("content_hash")
        .text("notice")
        .time("loaded_at")
        .unique(&["source", "number"])
        .index(&["loaded_at"])
        .create(schema)
        .await?;
    Table::new("listing_bank_revisions").id().key("revision").create(schema).await?;
});

db::migration!(CreateFiles, "m20261123_000440_listings_files", |schema| {
    Table::new("listing_files")
        .key("sha256")
        .key("merchant_id")
        .time("at")
        .primary(&["sha256", "merchant_id"])
        .create(schema)
        .await?;
});

db::migration!(CreateImports, "m20261123_000430_listings_imports", |schema| {
    Table::new("listing_imports")
        .id()
        .key("merchant_id")
        .key("market")
        .key("file_sha256")
        .text("file_name")
        .integer("file_bytes")
        .key("mapping_name")
        .text("mapping")
        .key("mapping_hash")
        .bool("screen")
        .bool("from_disk")
        .key("state")
        .optional_time("claimed_at")
        .integer("bytes_read")
        .integer("lines_read")
        .integer("rows_done")
        .optional_integer("rows_total")
        .integer("created")
        .integer("updated")
        .integer("unchanged")
        .integer("refused")
        .text("skipped")
        .optional_text("failure")
        .key("created_by")
        .time("created_at")
        .optional_time("finished_at")
        .index(&["merchant_id", "created_at"])
        .index(&["created_at"])
        .index(&["state", "created_at"])
        .create(schema)
        .await?;
    Table::new("listing_import_rows")
        .key("import_id")
        .integer("position")
        .integer("line")
        .key("external_id")
        .key("status")
        .optional_key("listing_id")
        .text("reasons")
        .primary(&["import_id", "position"])
        .index(&["import_id", "status", "position"])
        .create(schema)
        .await?;
});

db::migration!(IndexLists, "m20261123_000450_listings_lists", |schema| {
    // What a filtered and sorted list of a million listings needs to stay below 50 ms a page.
    for (name, columns) in [
        ("ix_listings_market_updated", &["market", "updated_at", "id"][..]),
        ("ix_listings_state_top_updated", &["state", "category_top", "updated_at", "id"]),
        ("ix_listings_state_category_updated", &["state", "category", "updated_at", "id"]),
        ("ix_listings_state_price", &["state", "price_minor", "id"]),
        ("ix_listings_state_title", &["state", "title_key", "id"]),
    ] {
        let mut index = Index::create();
        index.name(name).table(Alias::new("listings"));
        for column in columns {
            index.col(Alias::new(*column));
        }
        schema.create_index(index).await?;
    }
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![
        Box::new(CreateListings),
        Box::new(CreateRuns),
        Box::new(CreateBanks),
        Box::new(CreateImports),
        Box::new(CreateFiles),
        Box::new(IndexLists),
    ]
}
