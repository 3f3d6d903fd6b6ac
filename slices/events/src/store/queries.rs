//! Named queries, and which identifiers stand for which party.

use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

#[allow(clippy::module_inception)] // named after its table, as its file is
mod queries {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_queries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub query: String,
        pub created_by: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod parties {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_parties")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub identifier: String,
        pub party: String,
        pub created_by: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use parties::Model as PartyRow;
pub(crate) use queries::Model as QueryRow;

/// Writes a query; `false` when the name is taken.
pub(crate) async fn insert_query(tx: &Tx, row: QueryRow) -> Result<bool> {
    let there = queries::Entity::find_by_id((row.owner.clone(), row.name.clone()));
    if there.one(tx).await.map_err(db::Error::from)?.is_some() {
        return Ok(false);
    }
    let model = queries::ActiveModel {
        owner: Set(row.owner),
        name: Set(row.name),
        query: Set(row.query),
        created_by: Set(row.created_by),
        created_at: Set(row.created_at),
    };
    queries::Entity::insert(model).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(true)
}

/// A query.
pub(crate) async fn query(kernel: &Kernel, owner: &str, name: &str) -> Result<Option<QueryRow>> {
    Ok(queries::Entity::find_by_id((owner.to_owned(), name.to_owned()))
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Queries after a name, in order.
pub(crate) async fn queries(kernel: &Kernel, owner: &str, after: &str, limit: u64) -> Result<Vec<QueryRow>> {
    Ok(queries::Entity::find()
        .filter(queries::Column::Owner.eq(owner))
        .filter(queries::Column::Name.gt(after))
        .order_by_asc(queries::Column::Name)
        .limit(limit)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Takes a query away.
pub(crate) async fn delete_query(tx: &Tx, owner: &str, name: &str) -> Result<bool> {
    let key = (owner.to_owned(), name.to_owned());
    let gone = queries::Entity::delete_by_id(key).exec(tx).await.map_err(db::Error::from)?;
    Ok(gone.rows_affected == 1)
}

/// Says that an identifier stands for a party; what it stood for before is forgotten.
pub(crate) async fn set_party(tx: &Tx, identifier: &str, party: &str, by: &str, at: Timestamp) -> Result<()> {
    parties::Entity::delete_by_id(identifier).exec(tx).await.map_err(db::Error::from)?;
    let model = parties::ActiveModel {
        identifier: Set(identifier.to_owned()),
        party: Set(party.to_owned()),
        created_by: Set(by.to_owned()),
        created_at: Set(at.micros()),
    };
    parties::Entity::insert(model).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// Forgets an identifier.
pub(crate) async fn delete_party(tx: &Tx, identifier: &str) -> Result<bool> {
    let gone = parties::Entity::delete_by_id(identifier).exec(tx).await.map_err(db::Error::from)?;
    Ok(gone.rows_affected == 1)
}

/// Most identifiers of parties.
pub(crate) const PARTIES_MAX: u64 = 50_000;

/// Every identifier and its party.
pub(crate) async fn parties(kernel: &Kernel) -> Result<Vec<PartyRow>> {
    Ok(parties::Entity::find()
        .order_by_asc(parties::Column::Party)
        .order_by_asc(parties::Column::Identifier)
        .limit(PARTIES_MAX)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}
