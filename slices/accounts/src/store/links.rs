//! One-time links.

use crate::model::Purpose;
use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_in_links")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub hash: String,
        pub purpose: String,
        pub created_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A link that may still be used.
#[derive(Clone)]
pub(crate) struct OpenLink {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) purpose: Purpose,
}

pub(crate) async fn insert(
    tx: &Tx,
    id: String,
    user_id: &str,
    hash: String,
    purpose: Purpose,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    row::Entity::insert(row::ActiveModel {
        id: Set(id),
        user_id: Set(user_id.to_owned()),
        hash: Set(hash),
        purpose: Set(purpose.name().to_owned()),
        created_at: Set(now.micros()),
        expires_at: Set(expires_at.micros()),
        used_at: Set(None),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(())
}

/// The link with this hash, unless it was used or has expired.
pub(crate) async fn open(kernel: &Kernel, hash: &str) -> Result<Option<OpenLink>> {
    let found = row::Entity::find()
        .filter(row::Column::Hash.eq(hash))
        .filter(row::Column::UsedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(kernel.now().micros()))
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(found.and_then(|row| {
        Some(OpenLink { purpose: Purpose::from_name(&row.purpose)?, id: row.id, user_id: row.user_id })
    }))
}

/// Uses a link up. `false` when somebody was faster.
pub(crate) async fn take(tx: &Tx, id: &str, now: Timestamp) -> Result<bool> {
    let taken = row::Entity::update_many()
        .col_expr(row::Column::UsedAt, Expr::value(now.micros()))
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::UsedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(now.micros()))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(taken.rows_affected == 1)
}

/// Makes all open links of a person worthless.
pub(crate) async fn close_all(tx: &Tx, user_id: &str, now: Timestamp) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::UsedAt, Expr::value(now.micros()))
        .filter(row::Column::UserId.eq(user_id))
        .filter(row::Column::UsedAt.is_null())
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}

/// Takes away what expired before a moment.
pub(crate) async fn expire(tx: &Tx, before: Timestamp) -> Result<u64> {
    let gone = row::Entity::delete_many().filter(row::Column::ExpiresAt.lt(before.micros())).exec(tx).await;
    Ok(gone.map_err(db::Error::from)?.rows_affected)
}
