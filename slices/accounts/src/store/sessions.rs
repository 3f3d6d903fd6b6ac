//! Sessions.

use crate::model::Session;
use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub user_id: String,
        pub token_hash: String,
        pub csrf_secret: String,
        pub method: String,
        pub assured: bool,
        pub address: String,
        pub agent: String,
        pub created_at: i64,
        pub seen_at: i64,
        pub expires_at: i64,
        pub revoked_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use row::Model as SessionRow;

pub(crate) fn shown(row: SessionRow) -> Session {
    Session {
        id: row.id,
        method: row.method,
        address: row.address,
        agent: row.agent,
        created_at: Timestamp::from_micros(row.created_at),
        seen_at: Timestamp::from_micros(row.seen_at),
        expires_at: Timestamp::from_micros(row.expires_at),
    }
}

pub(crate) async fn insert(tx: &Tx, row: SessionRow) -> Result<()> {
    row::Entity::insert(row::ActiveModel {
        id: Set(row.id),
        user_id: Set(row.user_id),
        token_hash: Set(row.token_hash),
        csrf_secret: Set(row.csrf_secret),
        method: Set(row.method),
        assured: Set(row.assured),
        address: Set(row.address),
        agent: Set(row.agent),
        created_at: Set(row.created_at),
        seen_at: Set(row.seen_at),
        expires_at: Set(row.expires_at),
        revoked_at: Set(None),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(())
}

pub(crate) async fn by_hash(kernel: &Kernel, hash: &str) -> Result<Option<SessionRow>> {
    let found = row::Entity::find().filter(row::Column::TokenHash.eq(hash)).one(kernel.db().read()).await;
    Ok(found.map_err(db::Error::from)?)
}

/// Sessions of a person that have not ended, newest first; at most 100.
pub(crate) async fn open(kernel: &Kernel, user_id: &str, idle_before: Timestamp) -> Result<Vec<SessionRow>> {
    Ok(row::Entity::find()
        .filter(row::Column::UserId.eq(user_id))
        .filter(row::Column::RevokedAt.is_null())
        .filter(row::Column::ExpiresAt.gt(kernel.now().micros()))
        .filter(row::Column::SeenAt.gt(idle_before.micros()))
        .order_by_desc(row::Column::CreatedAt)
        .limit(100)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

pub(crate) async fn seen(kernel: &Kernel, id: &str, now: Timestamp) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    row::Entity::update_many()
        .col_expr(row::Column::SeenAt, Expr::value(now.micros()))
        .filter(row::Column::Id.eq(id))
        .filter(row::Column::SeenAt.lt(now.micros()))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

pub(crate) async fn assure(tx: &Tx, id: &str) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Assured, Expr::value(true))
        .filter(row::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}

/// Ends one session of a person, or all of them, or all but one. Returns how many.
pub(crate) async fn revoke(
    tx: &Tx,
    user_id: &str,
    only: Option<&str>,
    except: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::RevokedAt, Expr::value(now.micros()))
        .filter(row::Column::UserId.eq(user_id))
        .filter(row::Column::RevokedAt.is_null());
    if let Some(id) = only {
        update = update.filter(row::Column::Id.eq(id));
    }
    if let Some(id) = except {
        update = update.filter(row::Column::Id.ne(id));
    }
    Ok(update.exec(tx).await.map_err(db::Error::from)?.rows_affected)
}

/// Takes away what ended before a moment.
pub(crate) async fn expire(tx: &Tx, before: Timestamp) -> Result<u64> {
    let gone = row::Entity::delete_many().filter(row::Column::ExpiresAt.lt(before.micros())).exec(tx).await;
    Ok(gone.map_err(db::Error::from)?.rows_affected)
}
