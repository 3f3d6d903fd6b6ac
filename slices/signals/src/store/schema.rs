//! Tables and how they came to be.

use db::{Migrations, Table};

pub(crate) mod closings {
    //! A closed day and its act.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signal_closings")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: i64,
        pub position: i64,
        pub signals: i64,
        pub keys: i64,
        pub row_count: i64,
        pub sha256: String,
        pub act_id: String,
        pub closed_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod marks {
    //! How far something has come: `looked` holds the position up to which loops were told to look.
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signal_marks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub position: i64,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

db::migration!(CreateSignals, "m20261124_000300_signals", |schema| {
    Table::new("signal_closings")
        .integer("day")
        .integer("position")
        .integer("signals")
        .integer("keys")
        .integer("row_count")
        .key("sha256")
        .key("act_id")
        .time("closed_at")
        .primary(&["day"])
        .create(schema)
        .await?;
    Table::new("signal_marks").key("name").integer("position").time("at").primary(&["name"]).create(schema).await?;
});

/// The migrations of this slice.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateSignals)]
}
