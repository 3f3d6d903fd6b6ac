//! API tokens.

use crate::model::Token;
use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Permission, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_tokens")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub name: String,
        pub hash: String,
        pub scopes: String,
        pub created_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn read(row: row::Model) -> Token {
    Token {
        id: row.id,
        user_id: row.user_id,
        name: row.name,
        scopes: row.scopes.split_whitespace().filter_map(Permission::from_name).collect(),
        created_at: Timestamp::from_micros(row.created_at),
        expires_at: Timestamp::from_micros(row.expires_at),
        used_at: row.used_at.map(Timestamp::from_micros),
        revoked_at: row.revoked_at.map(Timestamp::from_micros),
    }
}

pub(crate) async fn insert(tx: &Tx, token: &Token, hash: &str) -> Result<()> {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
    row::Entity::insert(row::ActiveModel {
        id: Set(token.id.clone()),
        user_id: Set(token.user_id.clone()),
        name: Set(token.name.clone()),
        hash: Set(hash.to_owned()),
        scopes: Set(scopes.join(" ")),
        created_at: Set(token.created_at.micros()),
        expires_at: Set(token.expires_at.micros()),
        used_at: Set(None),
        revoked_at: Set(None),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(())
}

/// The tokens of a person, newest first; at most 200.
pub(crate) async fn of_user(kernel: &Kernel, user_id: &str) -> Result<Vec<Token>> {
    Ok(row::Entity::find()
        .filter(row::Column::UserId.eq(user_id))
        .order_by_desc(row::Column::CreatedAt)
        .order_by_desc(row::Column::Id)
        .limit(200)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?
        .into_iter()
        .map(read)
        .collect())
}

/// How many tokens of a person are in force.
pub(crate) async fn in_force(kernel: &Kernel, user_id: &str) -> Result<u64> {
    Ok(row::Entity::find()
        .filter(row::Column::UserId.eq(user_id))
        .filter(row::Column::RevokedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(kernel.now().micros()))
        .count(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

pub(crate) async fn by_id(kernel: &Kernel, id: &str) -> Result<Option<Token>> {
    Ok(row::Entity::find_by_id(id).one(kernel.db().read()).await.map_err(db::Error::from)?.map(read))
}

pub(crate) async fn by_hash(kernel: &Kernel, hash: &str) -> Result<Option<Token>> {
    let found = row::Entity::find().filter(row::Column::Hash.eq(hash)).one(kernel.db().read()).await;
    Ok(found.map_err(db::Error::from)?.map(read))
}

pub(crate) async fn used(kernel: &Kernel, id: &str, now: Timestamp) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    row::Entity::update_many()
        .col_expr(row::Column::UsedAt, Expr::value(now.micros()))
        .filter(row::Column::Id.eq(id))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Revokes one token of a person, or all. Returns how many.
pub(crate) async fn revoke(tx: &Tx, user_id: &str, only: Option<&str>, now: Timestamp) -> Result<u64> {
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::RevokedAt, Expr::value(now.micros()))
        .filter(row::Column::UserId.eq(user_id))
        .filter(row::Column::RevokedAt.is_null());
    if let Some(id) = only {
        update = update.filter(row::Column::Id.eq(id));
    }
    Ok(update.exec(tx).await.map_err(db::Error::from)?.rows_affected)
}
