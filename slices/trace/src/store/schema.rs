//! The tables of this duty.

use db::{Migrations, Table};

pub(crate) mod lots {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_lots")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub merchant_id: String,
        pub market: String,
        pub gtin: String,
        pub number: String,
        pub product: String,
        pub listing_id: Option<String>,
        pub produced_on: Option<String>,
        pub expires_on: Option<String>,
        pub origin: String,
        pub plant: String,
        pub state: String,
        pub units: i64,
        pub version: i64,
        pub created_at: i64,
        pub updated_at: i64,
        pub act_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod documents {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_lot_documents")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub lot_id: String,
        pub kind: String,
        pub number: String,
        pub issuer: String,
        pub issued_on: Option<String>,
        pub valid_until: Option<String>,
        pub sha256: String,
        pub file_name: String,
        pub bytes: i64,
        pub media_type: String,
        pub public: bool,
        pub created_at: i64,
        pub withdrawn_at: Option<i64>,
        pub act_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod keys {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_code_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub merchant_id: String,
        pub purpose: String,
        pub epoch: i64,
        pub number: i64,
        pub sealed: String,
        pub reason: String,
        pub created_at: i64,
        pub retired_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod counters {
    use sea_orm::entity::prelude::*;

    /// The next free counter of a key for a GTIN; also how the keys of a GTIN are found.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_code_counters")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub gtin: String,
        pub number: i64,
        pub next: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod batches {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_code_batches")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub merchant_id: String,
        pub gtin: String,
        pub listing_id: String,
        pub key_id: String,
        pub key_number: i64,
        pub from_counter: i64,
        pub until_counter: i64,
        pub covered_key_id: Option<String>,
        pub lot_id: Option<String>,
        pub lot_number: Option<String>,
        pub commissioned: i64,
        pub decommissioned: i64,
        pub version: i64,
        pub created_at: i64,
        pub act_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod ranges {
    use sea_orm::entity::prelude::*;

    /// Units that were commissioned or decommissioned together. Ranges of one kind never overlap.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_code_ranges")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub key_id: String,
        pub gtin: String,
        pub from_counter: i64,
        pub until_counter: i64,
        pub batch_id: String,
        pub lot_id: Option<String>,
        pub reason: String,
        pub at: i64,
        pub act_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod units {
    use sea_orm::entity::prelude::*;

    /// What is known of single units beyond their ranges: only sold or uncovered ones have a row.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_units")]
    pub struct Model {
        /// GTIN, dot, serial.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub key_id: String,
        pub gtin: String,
        pub counter: i64,
        pub orders: i64,
        pub first_sold_at: Option<i64>,
        pub covered_used_at: Option<i64>,
        pub covered_wrong: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod sales {
    use sea_orm::entity::prelude::*;

    /// A unit in an order. The order's number stands here sealed, and as a code to compare.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "trace_unit_sales")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_code: String,
        pub sealed: String,
        pub sold_at: i64,
        pub recorded_at: i64,
        pub act_id: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

db::migration!(CreateLots, "m20261124_000100_trace_lots", |schema| {
    Table::new("trace_lots")
        .id()
        .key("merchant_id")
        .key("market")
        .key("gtin")
        .key("number")
        .text("product")
        .optional_key("listing_id")
        .optional_key("produced_on")
        .optional_key("expires_on")
        .text("origin")
        .text("plant")
        .key("state")
        .integer("units")
        .integer("version")
        .time("created_at")
        .time("updated_at")
        .key("act_id")
        .unique(&["merchant_id", "gtin", "number"])
        .index(&["gtin", "number"])
        .index(&["merchant_id", "updated_at"])
        .index(&["state", "updated_at"])
        .create(schema)
        .await?;
    Table::new("trace_lot_documents")
        .id()
        .key("lot_id")
        .key("kind")
        .text("number")
        .text("issuer")
        .optional_key("issued_on")
        .optional_key("valid_until")
        .key("sha256")
        .text("file_name")
        .integer("bytes")
        .key("media_type")
        .bool("public")
        .time("created_at")
        .optional_time("withdrawn_at")
        .key("act_id")
        .index(&["lot_id", "created_at"])
        .create(schema)
        .await?;
});

db::migration!(CreateCodes, "m20261124_000101_trace_codes", |schema| {
    Table::new("trace_code_keys")
        .id()
        .key("merchant_id")
        .key("purpose")
        .integer("epoch")
        .integer("number")
        .text("sealed")
        .text("reason")
        .time("created_at")
        .optional_time("retired_at")
        .unique(&["merchant_id", "purpose", "epoch"])
        .create(schema)
        .await?;
    Table::new("trace_code_counters")
        .key("key_id")
        .key("gtin")
        .integer("number")
        .integer("next")
        .primary(&["key_id", "gtin"])
        .index(&["gtin", "number"])
        .create(schema)
        .await?;
    Table::new("trace_code_batches")
        .id()
        .key("merchant_id")
        .key("gtin")
        .key("listing_id")
        .key("key_id")
        .integer("key_number")
        .integer("from_counter")
        .integer("until_counter")
        .optional_key("covered_key_id")
        .optional_key("lot_id")
        .optional_key("lot_number")
        .integer("commissioned")
        .integer("decommissioned")
        .integer("version")
        .time("created_at")
        .key("act_id")
        .index(&["merchant_id", "created_at"])
        .index(&["key_id", "gtin", "from_counter"])
        .index(&["gtin", "created_at"])
        .create(schema)
        .await?;
    Table::new("trace_code_ranges")
        .id()
        .key("kind")
        .key("key_id")
        .key("gtin")
        .integer("from_counter")
        .integer("until_counter")
        .key("batch_id")
        .optional_key("lot_id")
        .key("reason")
        .time("at")
        .key("act_id")
        .index(&["key_id", "gtin", "kind", "from_counter"])
        .index(&["lot_id", "kind", "at"])
        .index(&["batch_id", "kind", "at"])
        .create(schema)
        .await?;
});

db::migration!(CreateUnits, "m20261124_000102_trace_units", |schema| {
    Table::new("trace_units")
        .id()
        .key("key_id")
        .key("gtin")
        .integer("counter")
        .integer("orders")
        .optional_time("first_sold_at")
        .optional_time("covered_used_at")
        .integer("covered_wrong")
        .index(&["key_id", "gtin", "counter"])
        .index(&["orders"])
        .create(schema)
        .await?;
    Table::new("trace_unit_sales")
        .key("unit_id")
        .key("order_code")
        .text("sealed")
        .time("sold_at")
        .time("recorded_at")
        .key("act_id")
        .primary(&["unit_id", "order_code"])
        .index(&["order_code"])
        .create(schema)
        .await?;
});

/// The migrations of this duty.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateLots), Box::new(CreateCodes), Box::new(CreateUnits)]
}
