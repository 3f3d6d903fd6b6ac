//! The tables of this duty.

pub(crate) mod recalls {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recalls")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub market: String,
        pub state: String,
        pub level: i64,
        pub version: i64,
        pub content: String,
        pub counts: String,
        pub cut: bool,
        pub created_by: String,
        pub created_at: i64,
        pub updated_at: i64,
        pub previewed_at: Option<i64>,
        pub started_at: Option<i64>,
        pub stopped_at: Option<i64>,
        pub notified_at: Option<i64>,
        pub closed_at: Option<i64>,
        pub due_at: Option<i64>,
        pub start_act_id: Option<String>,
        pub closing_note: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod reach {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recall_reach")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub recall_id: String,
        pub position: i64,
        pub kind: String,
        pub reference: String,
        pub part: String,
        pub code: String,
        pub name: String,
        pub merchant_id: String,
        pub units: i64,
        pub sold: i64,
        pub since: Option<i64>,
        pub until: Option<i64>,
        pub via: String,
        pub event: String,
        pub wanted: bool,
        pub done: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod notices {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recall_notices")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub recall_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: String,
        pub sent_at: i64,
        pub answered_at: Option<i64>,
        pub answered_by: String,
        pub answer: String,
        pub returned: i64,
        pub remedied: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod batches {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "recall_batches")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub recall_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub lot_id: String,
        pub mark: String,
        pub units: i64,
        pub act_id: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
