//! Rows of single units and their sales.

use super::schema::sales;
use super::schema::units::{ActiveModel, Column, Entity, Model};
use super::{IN_MAX, counted, stored};
use crate::Error;
use db::Tx;
use ground::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// What is known of a unit beyond its ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub id: String,
    pub key_id: String,
    pub gtin: String,
    pub counter: u64,
    pub orders: u64,
    pub first_sold_at: Option<Timestamp>,
    pub covered_used_at: Option<Timestamp>,
    pub covered_wrong: u64,
}

impl Unit {
    /// A unit nothing happened to yet.
    pub(crate) fn new(id: &str, key_id: &str, gtin: &str, counter: u64) -> Unit {
        Unit {
            id: id.to_owned(),
            key_id: key_id.to_owned(),
            gtin: gtin.to_owned(),
            counter,
            orders: 0,
            first_sold_at: None,
            covered_used_at: None,
            covered_wrong: 0,
        }
    }
}

/// A unit in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SaleRow {
    pub unit_id: String,
    pub order_code: String,
    pub sealed: String,
    pub sold_at: Timestamp,
    pub act_id: String,
}

/// The id of a unit's row.
pub(crate) fn unit_id(gtin: &str, serial: &str) -> String {
    format!("{gtin}.{serial}")
}

fn read(row: Model) -> Unit {
    Unit {
        id: row.id,
        key_id: row.key_id,
        gtin: row.gtin,
        counter: counted(row.counter),
        orders: counted(row.orders),
        first_sold_at: super::moment(row.first_sold_at),
        covered_used_at: super::moment(row.covered_used_at),
        covered_wrong: counted(row.covered_wrong),
    }
}

pub(crate) async fn unit(db: &impl ConnectionTrait, id: &str) -> Result<Option<Unit>, Error> {
    Ok(Entity::find_by_id(id).one(db).await?.map(read))
}

/// The rows of these units, of those that have one.
pub(crate) async fn units_by_id(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Unit>, Error> {
    let mut found = Vec::new();
    for chunk in ids.chunks(IN_MAX) {
        let rows = Entity::find().filter(Column::Id.is_in(chunk.iter().map(String::as_str))).all(db).await?;
        found.extend(rows.into_iter().map(read));
    }
    Ok(found)
}

/// Makes the row of a unit where there is none. `stale` when another process made it at this moment.
pub(crate) async fn insert_unit(tx: &Tx, unit: &Unit) -> Result<(), Error> {
    let row = ActiveModel {
        id: Set(unit.id.clone()),
        key_id: Set(unit.key_id.clone()),
        gtin: Set(unit.gtin.clone()),
        counter: Set(stored(unit.counter)),
        orders: Set(stored(unit.orders)),
        first_sold_at: Set(super::micros(unit.first_sold_at)),
        covered_used_at: Set(super::micros(unit.covered_used_at)),
        covered_wrong: Set(stored(unit.covered_wrong)),
    };
    match Entity::insert(row).exec_without_returning(tx).await.map_err(db::Error::from) {
        Ok(_) => Ok(()),
        Err(db::Error::Duplicate(_)) => Err(Error::Stale),
        Err(error) => Err(error.into()),
    }
}

/// Counts one more order of a unit; the first moment of sale stays the earliest.
pub(crate) async fn count_order(tx: &Tx, unit: &Unit, sold_at: Timestamp) -> Result<(), Error> {
    let first = unit.first_sold_at.map_or(sold_at, |first| first.min(sold_at));
    Entity::update_many()
        .col_expr(Column::Orders, Expr::col(Column::Orders).add(1))
        .col_expr(Column::FirstSoldAt, Expr::value(first.micros()))
        .filter(Column::Id.eq(&unit.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Marks the covered code as used. `false`: it was used before.
pub(crate) async fn use_covered(tx: &Tx, unit_id: &str, at: Timestamp) -> Result<bool, Error> {
    let changed = Entity::update_many()
        .col_expr(Column::CoveredUsedAt, Expr::value(at.micros()))
        .filter(Column::Id.eq(unit_id))
        .filter(Column::CoveredUsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// The sold units of a range of counters, in their order, after a counter.
pub(crate) async fn sold_units(
    db: &impl ConnectionTrait,
    key_id: &str,
    gtin: &str,
    (from, until): (u64, u64),
    most: u64,
) -> Result<Vec<Unit>, Error> {
    let rows = Entity::find()
        .filter(Column::KeyId.eq(key_id))
        .filter(Column::Gtin.eq(gtin))
        .filter(Column::Counter.gte(stored(from)))
        .filter(Column::Counter.lt(stored(until)))
        .filter(Column::Orders.gt(0))
        .order_by_asc(Column::Counter)
        .limit(most)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(read).collect())
}

/// Units that were sold in more than one order.
pub(crate) async fn sold_twice(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Unit>, Error> {
    let rows = Entity::find().filter(Column::Orders.gt(1)).order_by_asc(Column::Id).limit(most).all(db).await?;
    Ok(rows.into_iter().map(read).collect())
}

/// Writes a unit into an order. `false`: it stood there already.
pub(crate) async fn insert_sale(tx: &Tx, sale: &SaleRow, recorded_at: Timestamp) -> Result<bool, Error> {
    let key = (sale.unit_id.clone(), sale.order_code.clone());
    if sales::Entity::find_by_id(key).one(tx).await?.is_some() {
        return Ok(false);
    }
    let row = sales::ActiveModel {
        unit_id: Set(sale.unit_id.clone()),
        order_code: Set(sale.order_code.clone()),
        sealed: Set(sale.sealed.clone()),
        sold_at: Set(sale.sold_at.micros()),
        recorded_at: Set(recorded_at.micros()),
        act_id: Set(sale.act_id.clone()),
    };
    match sales::Entity::insert(row).exec_without_returning(tx).await.map_err(db::Error::from) {
        Ok(_) => Ok(true),
        Err(db::Error::Duplicate(_)) => Err(Error::Stale),
        Err(error) => Err(error.into()),
    }
}

/// The sales of units, oldest first.
pub(crate) async fn sales_of(db: &impl ConnectionTrait, unit_ids: &[String]) -> Result<Vec<SaleRow>, Error> {
    let mut found = Vec::new();
    for chunk in unit_ids.chunks(IN_MAX) {
        let rows = sales::Entity::find()
            .filter(sales::Column::UnitId.is_in(chunk.iter().map(String::as_str)))
            .order_by_asc(sales::Column::SoldAt)
            .order_by_asc(sales::Column::OrderCode)
            .all(db)
            .await?;
        found.extend(rows.into_iter().map(|row| SaleRow {
            unit_id: row.unit_id,
            order_code: row.order_code,
            sealed: row.sealed,
            sold_at: Timestamp::from_micros(row.sold_at),
            act_id: row.act_id,
        }));
    }
    Ok(found)
}

/// Counts a wrong try of a covered code.
pub(crate) async fn count_wrong(tx: &Tx, unit_id: &str) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::CoveredWrong, Expr::col(Column::CoveredWrong).add(1))
        .filter(Column::Id.eq(unit_id))
        .exec(tx)
        .await?;
    Ok(())
}
