//! Rows of units' and lots' records.

use super::schema::{lots, units};
use super::{IN_MAX, fail};
use ground::{Problem, Timestamp};
use journey::clones::{LotRecord, UnitRecord};
use kernel::Result;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

/// Rows of one `INSERT`: all stores take so many values.
const INSERT_ROWS_MAX: usize = 100;

fn read_unit(text: &str) -> Result<UnitRecord> {
    let bytes = hex::decode(text).ok();
    bytes
        .and_then(|bytes| UnitRecord::from_bytes(&bytes))
        .ok_or_else(|| Problem::internal("a unit's record is damaged"))
}

/// The records of units of one GTIN, of those that have one.
pub(crate) async fn units_of(db: &impl ConnectionTrait, gtin: &str, serials: &[&str]) -> Result<Vec<KeptUnit>> {
    let mut found = Vec::new();
    for part in serials.chunks(IN_MAX) {
        let rows = units::Entity::find()
            .filter(units::Column::Gtin.eq(gtin))
            .filter(units::Column::Serial.is_in(part.iter().copied()))
            .all(db)
            .await
            .map_err(fail)?;
        for row in rows {
            found.push(KeptUnit { record: read_unit(&row.record)?, gtin: row.gtin, serial: row.serial });
        }
    }
    Ok(found)
}

/// A unit that has no record yet: GTIN, serial number, lot, record.
pub(crate) type NewUnit<'a> = (&'a str, &'a str, Option<&'a str>, &'a UnitRecord);

/// Keeps the first records of units. `false`: another process kept one of them in between; the transaction is over then.
pub(crate) async fn insert_units(db: &impl ConnectionTrait, new: &[NewUnit<'_>], now: Timestamp) -> Result<bool> {
    for part in new.chunks(INSERT_ROWS_MAX) {
        let rows = part.iter().map(|(gtin, serial, lot_id, record)| {
            let row = units::Model {
                gtin: (*gtin).to_owned(),
                serial: (*serial).to_owned(),
                lot_id: lot_id.map(str::to_owned),
                observations: i64::from(record.observations),
                record: hex::encode(record.to_bytes()),
                updated_at: now.micros(),
            };
            row.into_active_model()
        });
        // A second row with this key cannot be: whoever is later finds the first.
        if units::Entity::insert_many(rows).exec_without_returning(db).await.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps a unit's record if nobody else has taken anything in since it had `before` observations. `false`: somebody has.
pub(crate) async fn save_unit(
    db: &impl ConnectionTrait,
    (gtin, serial): (&str, &str),
    before: u32,
    record: &UnitRecord,
    now: Timestamp,
) -> Result<bool> {
    let done = units::Entity::update_many()
        .col_expr(units::Column::Record, Expr::value(hex::encode(record.to_bytes())))
        .col_expr(units::Column::Observations, Expr::value(i64::from(record.observations)))
        .col_expr(units::Column::UpdatedAt, Expr::value(now.micros()))
        .filter(units::Column::Gtin.eq(gtin))
        .filter(units::Column::Serial.eq(serial))
        .filter(units::Column::Observations.eq(i64::from(before)))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// A unit's row for a comparison with its sightings.
pub(crate) struct KeptUnit {
    /// GTIN.
    pub gtin: String,
    /// Serial number.
    pub serial: String,
    /// Its record.
    pub record: UnitRecord,
}

/// Units after this one, in order of their key.
pub(crate) async fn units_after(db: &impl ConnectionTrait, after: (&str, &str), most: u64) -> Result<Vec<KeptUnit>> {
    let (gtin, serial) = after;
    let same = Condition::all().add(units::Column::Gtin.eq(gtin)).add(units::Column::Serial.gt(serial));
    let later = Condition::any().add(units::Column::Gtin.gt(gtin)).add(same);
    let rows = units::Entity::find()
        .filter(later)
        .order_by_asc(units::Column::Gtin)
        .order_by_asc(units::Column::Serial)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter()
        .map(|row| Ok(KeptUnit { record: read_unit(&row.record)?, gtin: row.gtin, serial: row.serial }))
        .collect()
}

/// The record of a lot.
pub(crate) async fn lot(db: &impl ConnectionTrait, lot_id: &str) -> Result<Option<LotRecord>> {
    let found = lots::Entity::find_by_id(lot_id).one(db).await.map_err(fail)?;
    found.map(|row| read_lot(&row.record)).transpose()
}

fn read_lot(text: &str) -> Result<LotRecord> {
    let bytes = hex::decode(text).ok();
    bytes.and_then(|bytes| LotRecord::from_bytes(&bytes)).ok_or_else(|| Problem::internal("a lot's record is damaged"))
}

/// As [`save_unit`], by the number of scans.
pub(crate) async fn save_lot(
    db: &impl ConnectionTrait,
    lot_id: &str,
    before: u64,
    record: &LotRecord,
    now: Timestamp,
) -> Result<bool> {
    let (text, scans) = (hex::encode(record.to_bytes()), record.scans as i64);
    if before == 0 {
        let row = lots::Model { lot_id: lot_id.to_owned(), scans, record: text, updated_at: now.micros() };
        return Ok(lots::Entity::insert(row.into_active_model()).exec_without_returning(db).await.is_ok());
    }
    let done = lots::Entity::update_many()
        .col_expr(lots::Column::Record, Expr::value(text))
        .col_expr(lots::Column::Scans, Expr::value(scans))
        .col_expr(lots::Column::UpdatedAt, Expr::value(now.micros()))
        .filter(lots::Column::LotId.eq(lot_id))
        .filter(lots::Column::Scans.eq(before as i64))
        .exec(db)
        .await
        .map_err(fail)?;
    Ok(done.rows_affected == 1)
}

/// Lots after this one, in order of their id, with their records.
pub(crate) async fn lots_after(db: &impl ConnectionTrait, after: &str, most: u64) -> Result<Vec<(String, LotRecord)>> {
    let rows = lots::Entity::find()
        .filter(lots::Column::LotId.gt(after))
        .order_by_asc(lots::Column::LotId)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(|row| Ok((row.lot_id, read_lot(&row.record)?))).collect()
}
