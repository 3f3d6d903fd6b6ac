//! Tables and how they came to be.

use db::{Migrations, Table, add_column};

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
    /// What was seen, in the order in which it was taken in. `ordinal` counts the observations of one unit from 1; 0 for what
    /// belongs to no genuine unit.
    sightings, "scan_sightings", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: i64,
    pub recorded_at: i64,
    pub kind: String,
    pub outcome: String,
    pub channel: String,
    pub gtin: String,
    pub serial: String,
    pub lot_id: Option<String>,
    pub lot_number: String,
    pub merchant_id: Option<String>,
    pub ordinal: i64,
    pub device: Option<String>,
    pub country: Option<String>,
    pub latitude_e4: Option<i64>,
    pub longitude_e4: Option<i64>,
    pub radius_km: Option<i64>,
    pub place_source: Option<String>,
    pub abroad: Option<i64>,
    pub detail: Option<String>,
});

entity!(
    /// The record of a unit (engine `journey`), hexadecimal.
    units, "scan_units", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub gtin: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: String,
    pub lot_id: Option<String>,
    pub observations: i64,
    pub record: String,
    pub updated_at: i64,
});

entity!(
    /// The record of a lot.
    lots, "scan_lots", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub lot_id: String,
    pub scans: i64,
    pub record: String,
    pub updated_at: i64,
});

entity!(warnings, "scan_warnings", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub rule: String,
    pub state: String,
    pub gtin: String,
    pub serial: String,
    pub lot_id: Option<String>,
    pub lot_number: String,
    pub product: String,
    pub merchant_id: String,
    pub opened_at: i64,
    pub last_at: i64,
    pub times: i64,
    pub evidence: String,
    pub reason: String,
    pub closed_by: Option<String>,
    pub closed_at: Option<i64>,
    pub open_act_id: Option<String>,
    pub close_act_id: Option<String>,
    pub dedupe: String,
});

entity!(
    /// What people wrote about codes they do not trust.
    reports, "scan_reports", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub at: i64,
    pub code: String,
    pub outcome: String,
    pub place: String,
    pub note: String,
    pub address_hash: String,
    pub kind: Option<String>,
});

entity!(
    /// The secret under which addresses and phones of one day are hashed; thrown away soon after.
    keys, "scan_keys", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: String,
    pub key: String,
});

db::migration!(CreateScans, "m20261124_000180_scans", |schema| {
    Table::new("scan_sightings")
        .id()
        .time("at")
        .time("recorded_at")
        .key("kind")
        .key("outcome")
        .key("channel")
        .key("gtin")
        .key("serial")
        .optional_key("lot_id")
        .key("lot_number")
        .optional_key("merchant_id")
        .integer("ordinal")
        .optional_key("device")
        .optional_key("country")
        .optional_integer("latitude_e4")
        .optional_integer("longitude_e4")
        .optional_integer("radius_km")
        .optional_key("place_source")
        .optional_integer("abroad")
        .optional_text("detail")
        .index(&["gtin", "serial", "ordinal"])
        .index(&["at"])
        .index(&["lot_id", "at"])
        .index(&["outcome", "at"])
        .create(schema)
        .await?;
    Table::new("scan_units")
        .key("gtin")
        .key("serial")
        .optional_key("lot_id")
        .integer("observations")
        .text("record")
        .time("updated_at")
        .primary(&["gtin", "serial"])
        .create(schema)
        .await?;
    Table::new("scan_lots")
        .key("lot_id")
        .integer("scans")
        .text("record")
        .time("updated_at")
        .primary(&["lot_id"])
        .create(schema)
        .await?;
});

db::migration!(CreateWarnings, "m20261124_000181_scans_warnings", |schema| {
    Table::new("scan_warnings")
        .id()
        .key("rule")
        .key("state")
        .key("gtin")
        .key("serial")
        .optional_key("lot_id")
        .key("lot_number")
        .text("product")
        .key("merchant_id")
        .time("opened_at")
        .time("last_at")
        .integer("times")
        .text("evidence")
        .text("reason")
        .optional_key("closed_by")
        .optional_time("closed_at")
        .optional_key("open_act_id")
        .optional_key("close_act_id")
        .key("dedupe")
        .unique(&["dedupe"])
        .index(&["state", "opened_at"])
        .index(&["gtin", "serial"])
        .index(&["lot_id"])
        .index(&["merchant_id"])
        .create(schema)
        .await?;
    Table::new("scan_reports")
        .id()
        .time("at")
        .text("code")
        .key("outcome")
        .text("place")
        .text("note")
        .key("address_hash")
        .index(&["at"])
        .index(&["address_hash", "at"])
        .create(schema)
        .await?;
    Table::new("scan_keys").key("day").text("key").primary(&["day"]).create(schema).await?;
});

db::migration!(TellComplaints, "m20261124_000250_scans_complaints", |schema| {
    add_column(schema, "scan_reports", "kind", "key").await?;
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateScans), Box::new(CreateWarnings), Box::new(TellComplaints)]
}
