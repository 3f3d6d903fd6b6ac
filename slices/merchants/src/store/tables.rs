//! The tables of this duty.

pub(crate) mod merchants {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "merchants")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub market: String,
        pub state: String,
        pub version: i64,
        pub uscc: String,
        pub name_key: String,
        pub legal_name: String,
        pub shop_name: String,
        pub representative: String,
        pub representative_id: String,
        pub address: String,
        pub contact_name: String,
        pub phone: String,
        pub email: String,
        pub bank_name: String,
        pub bank_holder: String,
        pub bank_account: String,
        pub return_addresses: String,
        pub devices: String,
        pub findings: String,
        pub reasons: String,
        pub note: String,
        pub open_reason: Option<String>,
        pub created_at: i64,
        pub updated_at: i64,
        pub submitted_at: Option<i64>,
        pub verified_at: Option<i64>,
        pub verify_due_at: Option<i64>,
        pub confirm_asked_at: Option<i64>,
        pub suspended_until: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod categories {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "merchant_categories")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub merchant_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub category: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod claims {
    use sea_orm::entity::prelude::*;

    /// Who holds a number that only one merchant may hold. The primary key decides races.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "merchant_claims")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
        pub merchant_id: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod qualifications {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "merchant_qualifications")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub merchant_id: String,
        pub kind: String,
        pub number: String,
        pub number_key: String,
        pub holder: String,
        pub issuer: String,
        pub categories: String,
        pub valid_from: Option<String>,
        pub valid_until: Option<String>,
        pub file_sha256: Option<String>,
        pub file_name: Option<String>,
        pub file_bytes: Option<i64>,
        pub file_media_type: Option<String>,
        pub state: String,
        pub findings: String,
        pub register_state: String,
        pub register_tries: i64,
        pub register_due_at: Option<i64>,
        pub decided_by: String,
        pub reason: String,
        pub renews: Option<String>,
        pub warned_days: i64,
        pub created_at: i64,
        pub decided_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod brands {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "merchant_brands")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub merchant_id: String,
        pub brand: String,
        pub trademark_number: String,
        pub trademark_owner: String,
        pub trademark_until: Option<String>,
        pub valid_until: Option<String>,
        pub chain: String,
        pub state: String,
        pub findings: String,
        pub reason: String,
        pub decided_by: String,
        pub created_at: i64,
        pub decided_at: Option<i64>,
        pub version: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod blacklist {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "blacklist")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub kind: String,
        pub value_key: String,
        pub reason: String,
        pub valid_from: String,
        pub valid_until: Option<String>,
        pub added_by: String,
        pub added_at: i64,
        pub lifted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
