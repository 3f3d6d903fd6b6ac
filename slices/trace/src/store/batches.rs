//! Rows of batches, and the ranges of units that were commissioned or decommissioned.

use super::schema::batches::{ActiveModel, Column, Entity, Model};
use super::schema::ranges;
use super::{INSERT_ROWS_MAX, counted, damaged, gtin, stored};
use crate::Error;
use crate::model::{Batch, Turn};
use db::Tx;
use ground::Timestamp;
use kernel::{Page, Paging};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// What happened to a range of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeKind {
    Commissioned,
    Decommissioned,
}

impl RangeKind {
    fn name(self) -> &'static str {
        match self {
            RangeKind::Commissioned => "commissioned",
            RangeKind::Decommissioned => "decommissioned",
        }
    }
}

/// A range of counters of one batch, and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub id: String,
    pub key_id: String,
    pub gtin: String,
    pub from: u64,
    pub until: u64,
    pub batch_id: String,
    pub turn: Turn,
}

fn read(row: Model) -> Result<Batch, Error> {
    Ok(Batch {
        gtin: gtin(&row.gtin, &row.id)?,
        key_number: u8::try_from(row.key_number).map_err(|_| damaged("key number", &row.id))?,
        lot: row.lot_id.zip(row.lot_number),
        id: row.id,
        merchant_id: row.merchant_id,
        listing_id: row.listing_id,
        key_id: row.key_id,
        from: counted(row.from_counter),
        until: counted(row.until_counter),
        covered_key_id: row.covered_key_id,
        commissioned: row.commissioned,
        decommissioned: row.decommissioned,
        version: row.version,
        created_at: Timestamp::from_micros(row.created_at),
        act_id: row.act_id,
    })
}

pub(crate) async fn insert_batch(tx: &Tx, batch: &Batch) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(batch.id.clone()),
        merchant_id: Set(batch.merchant_id.clone()),
        gtin: Set(batch.gtin.as_str().to_owned()),
        listing_id: Set(batch.listing_id.clone()),
        key_id: Set(batch.key_id.clone()),
        key_number: Set(i64::from(batch.key_number)),
        from_counter: Set(stored(batch.from)),
        until_counter: Set(stored(batch.until)),
        covered_key_id: Set(batch.covered_key_id.clone()),
        lot_id: Set(batch.lot.as_ref().map(|(id, _)| id.clone())),
        lot_number: Set(batch.lot.as_ref().map(|(_, number)| number.clone())),
        commissioned: Set(batch.commissioned),
        decommissioned: Set(batch.decommissioned),
        version: Set(batch.version),
        created_at: Set(batch.created_at.micros()),
        act_id: Set(batch.act_id.clone()),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Counts units of a batch that were commissioned or decommissioned, if the batch is as it was read: so two people cannot
/// use the same codes at once.
pub(crate) async fn count_units(tx: &Tx, batch: &Batch, kind: RangeKind, units: u64) -> Result<(), Error> {
    let column = match kind {
        RangeKind::Commissioned => Column::Commissioned,
        RangeKind::Decommissioned => Column::Decommissioned,
    };
    let changed = Entity::update_many()
        .col_expr(column, Expr::col(column).add(stored(units)))
        .col_expr(Column::Version, Expr::value(batch.version + 1))
        .filter(Column::Id.eq(&batch.id))
        .filter(Column::Version.eq(batch.version))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

pub(crate) async fn batch(db: &impl ConnectionTrait, id: &str) -> Result<Option<Batch>, Error> {
    Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

/// The batch of a counter.
pub(crate) async fn batch_at(
    db: &impl ConnectionTrait,
    key_id: &str,
    gtin: &str,
    counter: u64,
) -> Result<Option<Batch>, Error> {
    let found = Entity::find()
        .filter(Column::KeyId.eq(key_id))
        .filter(Column::Gtin.eq(gtin))
        .filter(Column::FromCounter.lte(stored(counter)))
        .order_by_desc(Column::FromCounter)
        .limit(1)
        .one(db)
        .await?
        .map(read)
        .transpose()?;
    Ok(found.filter(|batch| counter < batch.until))
}

/// One page of batches, newest first.
pub(crate) async fn batches(
    db: &impl ConnectionTrait,
    merchant_id: Option<&str>,
    gtin: Option<&str>,
    paging: &Paging,
) -> Result<Page<Batch>, Error> {
    let mut query = Entity::find();
    if let Some(merchant) = merchant_id {
        query = query.filter(Column::MerchantId.eq(merchant));
    }
    if let Some(gtin) = gtin {
        query = query.filter(Column::Gtin.eq(gtin));
    }
    let total = query.clone().count(db).await?;
    let rows = query
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_, _>>()?, total, paging: paging.clone() })
}

fn read_range(row: ranges::Model) -> Range {
    Range {
        id: row.id,
        key_id: row.key_id,
        gtin: row.gtin,
        from: counted(row.from_counter),
        until: counted(row.until_counter),
        batch_id: row.batch_id,
        turn: Turn { at: Timestamp::from_micros(row.at), act_id: row.act_id, lot_id: row.lot_id, reason: row.reason },
    }
}

pub(crate) async fn insert_ranges(tx: &Tx, kind: RangeKind, new: &[Range]) -> Result<(), Error> {
    for chunk in new.chunks(INSERT_ROWS_MAX) {
        let rows = chunk.iter().map(|range| ranges::ActiveModel {
            id: Set(range.id.clone()),
            kind: Set(kind.name().to_owned()),
            key_id: Set(range.key_id.clone()),
            gtin: Set(range.gtin.clone()),
            from_counter: Set(stored(range.from)),
            until_counter: Set(stored(range.until)),
            batch_id: Set(range.batch_id.clone()),
            lot_id: Set(range.turn.lot_id.clone()),
            reason: Set(range.turn.reason.clone()),
            at: Set(range.turn.at.micros()),
            act_id: Set(range.turn.act_id.clone()),
        });
        ranges::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The last range of a kind that begins before `until`; it overlaps when it ends after `from`. Ranges of a kind do not
/// overlap each other, so the last one decides.
pub(crate) async fn overlapping(
    db: &impl ConnectionTrait,
    kind: RangeKind,
    key_id: &str,
    gtin: &str,
    (from, until): (u64, u64),
) -> Result<Option<Range>, Error> {
    let found = ranges::Entity::find()
        .filter(ranges::Column::KeyId.eq(key_id))
        .filter(ranges::Column::Gtin.eq(gtin))
        .filter(ranges::Column::Kind.eq(kind.name()))
        .filter(ranges::Column::FromCounter.lt(stored(until)))
        .order_by_desc(ranges::Column::FromCounter)
        .limit(1)
        .one(db)
        .await?;
    Ok(found.map(read_range).filter(|range| range.until > from))
}

/// The ranges of a lot, oldest first, after an id.
pub(crate) async fn ranges_of_lot(
    db: &impl ConnectionTrait,
    lot_id: &str,
    after: &str,
    most: u64,
) -> Result<Vec<Range>, Error> {
    let rows = ranges::Entity::find()
        .filter(ranges::Column::LotId.eq(lot_id))
        .filter(ranges::Column::Kind.eq(RangeKind::Commissioned.name()))
        .filter(ranges::Column::Id.gt(after))
        .order_by_asc(ranges::Column::Id)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(read_range).collect())
}

/// The ranges of a batch, newest first.
pub(crate) async fn ranges_of_batch(
    db: &impl ConnectionTrait,
    batch_id: &str,
    kind: RangeKind,
    most: u64,
) -> Result<Vec<Range>, Error> {
    let rows = ranges::Entity::find()
        .filter(ranges::Column::BatchId.eq(batch_id))
        .filter(ranges::Column::Kind.eq(kind.name()))
        .order_by_desc(ranges::Column::At)
        .order_by_desc(ranges::Column::Id)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(read_range).collect())
}

/// A range by id.
pub(crate) async fn range(db: &impl ConnectionTrait, id: &str) -> Result<Option<Range>, Error> {
    Ok(ranges::Entity::find_by_id(id).one(db).await?.map(read_range))
}

/// The trade item of a range.
pub(crate) fn range_gtin(range: &Range) -> Result<gs1::Gtin, Error> {
    gtin(&range.gtin, &range.id)
}
