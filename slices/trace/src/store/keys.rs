//! Rows of keys and of their counters.

use super::schema::counters;
use super::schema::keys::{ActiveModel, Column, Entity, Model};
use super::{counted, damaged, moment, stored};
use crate::Error;
use crate::model::{CodeKey, Purpose};
use db::Tx;
use ground::Timestamp;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A key as it is stored.
pub(crate) struct SealedKey {
    pub key: CodeKey,
    pub sealed: String,
}

fn read(row: Model) -> Result<SealedKey, Error> {
    let key = CodeKey {
        purpose: Purpose::from_name(&row.purpose).ok_or_else(|| damaged("purpose", &row.id))?,
        epoch: counted(row.epoch),
        number: u8::try_from(row.number).map_err(|_| damaged("key number", &row.id))?,
        retired_at: moment(row.retired_at),
        created_at: Timestamp::from_micros(row.created_at),
        id: row.id,
        merchant_id: row.merchant_id,
        reason: row.reason,
    };
    Ok(SealedKey { key, sealed: row.sealed })
}

/// Inserts an epoch. `stale` when another process made the same epoch at this moment.
pub(crate) async fn insert_key(tx: &Tx, key: &CodeKey, sealed: &str) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(key.id.clone()),
        merchant_id: Set(key.merchant_id.clone()),
        purpose: Set(key.purpose.name().to_owned()),
        epoch: Set(stored(key.epoch)),
        number: Set(i64::from(key.number)),
        sealed: Set(sealed.to_owned()),
        reason: Set(key.reason.clone()),
        created_at: Set(key.created_at.micros()),
        retired_at: Set(None),
    };
    match Entity::insert(row).exec_without_returning(tx).await.map_err(db::Error::from) {
        Ok(_) => Ok(()),
        Err(db::Error::Duplicate(_)) => Err(Error::Stale),
        Err(error) => Err(error.into()),
    }
}

/// Ends an epoch. `false`: it was ended already.
pub(crate) async fn retire_key(tx: &Tx, id: &str, reason: &str, at: Timestamp) -> Result<bool, Error> {
    let changed = Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(at.micros()))
        .col_expr(Column::Reason, Expr::value(reason))
        .filter(Column::Id.eq(id))
        .filter(Column::RetiredAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(crate) async fn key(db: &impl ConnectionTrait, id: &str) -> Result<Option<SealedKey>, Error> {
    Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

/// The latest epoch of a merchant and purpose.
pub(crate) async fn latest_key(
    db: &impl ConnectionTrait,
    merchant_id: &str,
    purpose: Purpose,
) -> Result<Option<SealedKey>, Error> {
    Entity::find()
        .filter(Column::MerchantId.eq(merchant_id))
        .filter(Column::Purpose.eq(purpose.name()))
        .order_by_desc(Column::Epoch)
        .limit(1)
        .one(db)
        .await?
        .map(read)
        .transpose()
}

/// The keys of a merchant, or of all; newest first.
pub(crate) async fn keys(
    db: &impl ConnectionTrait,
    merchant_id: Option<&str>,
    most: u64,
) -> Result<Vec<CodeKey>, Error> {
    let mut query = Entity::find();
    if let Some(merchant) = merchant_id {
        query = query.filter(Column::MerchantId.eq(merchant));
    }
    let rows = query.order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(most).all(db).await?;
    rows.into_iter().map(|row| read(row).map(|sealed| sealed.key)).collect()
}

/// The unit keys that ever minted for a GTIN: ids by key number.
pub(crate) async fn keys_of_gtin(db: &impl ConnectionTrait, gtin: &str) -> Result<Vec<(u8, String)>, Error> {
    let rows = counters::Entity::find()
        .filter(counters::Column::Gtin.eq(gtin))
        .order_by_asc(counters::Column::KeyId)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| Ok((u8::try_from(row.number).map_err(|_| damaged("key number", &row.key_id))?, row.key_id)))
        .collect()
}

/// The next free counter of a key for a GTIN.
pub(crate) async fn next_counter(db: &impl ConnectionTrait, key_id: &str, gtin: &str) -> Result<Option<u64>, Error> {
    let row = counters::Entity::find_by_id((key_id.to_owned(), gtin.to_owned())).one(db).await?;
    Ok(row.map(|row| counted(row.next)))
}

/// Moves the counter of a key from what was read to what comes next. `stale` when another process was faster.
pub(crate) async fn move_counter(
    tx: &Tx,
    key: &CodeKey,
    gtin: &str,
    read: Option<u64>,
    next: u64,
) -> Result<(), Error> {
    let Some(read) = read else {
        let row = counters::ActiveModel {
            key_id: Set(key.id.clone()),
            gtin: Set(gtin.to_owned()),
            number: Set(i64::from(key.number)),
            next: Set(stored(next)),
        };
        return match counters::Entity::insert(row).exec_without_returning(tx).await.map_err(db::Error::from) {
            Ok(_) => Ok(()),
            Err(db::Error::Duplicate(_)) => Err(Error::Stale),
            Err(error) => Err(error.into()),
        };
    };
    let changed = counters::Entity::update_many()
        .col_expr(counters::Column::Next, Expr::value(stored(next)))
        .filter(counters::Column::KeyId.eq(&key.id))
        .filter(counters::Column::Gtin.eq(gtin))
        .filter(counters::Column::Next.eq(stored(read)))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}
