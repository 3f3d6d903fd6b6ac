//! Rows of lots and their documents.

use super::schema::documents;
use super::schema::lots::{ActiveModel, Column, Entity, Model};
use super::{IN_MAX, counted, damaged, day, day_text, gtin, micros, moment};
use crate::Error;
use crate::model::{DocumentKind, Lot, LotDocument, LotState};
use db::Tx;
use ground::Timestamp;
use kernel::{Page, Paging};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, Order, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// Rows counted at most: beyond, a list says so.
pub(crate) const COUNT_MAX: u64 = 10_001;

/// Which lots.
#[derive(Debug, Clone, Default)]
pub struct LotFilter {
    /// Of this merchant.
    pub merchant_id: Option<String>,
    /// In this state.
    pub state: Option<LotState>,
    /// Of this trade item, 14 digits.
    pub gtin: Option<String>,
    /// A GTIN or a lot number, whole, or the beginning of a lot number.
    pub search: Option<String>,
    /// Whose last day of use is on or before this day (`YYYY-MM-DD`).
    pub expiring_by: Option<String>,
}

/// Columns lots are sorted by.
pub const SORTS: [&str; 6] = ["number", "gtin", "state", "expires", "units", "updated"];

fn write(lot: &Lot) -> ActiveModel {
    ActiveModel {
        id: Set(lot.id.clone()),
        merchant_id: Set(lot.merchant_id.clone()),
        market: Set(lot.market.clone()),
        gtin: Set(lot.gtin.as_str().to_owned()),
        number: Set(lot.number.clone()),
        product: Set(lot.product.clone()),
        listing_id: Set(lot.listing_id.clone()),
        produced_on: Set(day_text(lot.produced_on)),
        expires_on: Set(day_text(lot.expires_on)),
        origin: Set(lot.origin.clone()),
        plant: Set(lot.plant.clone()),
        state: Set(lot.state.name().to_owned()),
        units: Set(lot.units_commissioned),
        version: Set(lot.version),
        created_at: Set(lot.created_at.micros()),
        updated_at: Set(lot.updated_at.micros()),
        act_id: Set(lot.act_id.clone()),
    }
}

fn read(row: Model) -> Result<Lot, Error> {
    Ok(Lot {
        gtin: gtin(&row.gtin, &row.id)?,
        state: LotState::from_name(&row.state).ok_or_else(|| damaged("state", &row.id))?,
        produced_on: day(row.produced_on.as_ref()),
        expires_on: day(row.expires_on.as_ref()),
        id: row.id,
        merchant_id: row.merchant_id,
        market: row.market,
        number: row.number,
        product: row.product,
        listing_id: row.listing_id,
        origin: row.origin,
        plant: row.plant,
        units_commissioned: row.units,
        version: row.version,
        created_at: Timestamp::from_micros(row.created_at),
        updated_at: Timestamp::from_micros(row.updated_at),
        act_id: row.act_id,
    })
}

pub(crate) async fn insert_lot(tx: &Tx, lot: &Lot) -> Result<(), Error> {
    match Entity::insert(write(lot)).exec_without_returning(tx).await.map_err(db::Error::from) {
        Ok(_) => Ok(()),
        Err(db::Error::Duplicate(_)) => Err(Error::LotExists),
        Err(error) => Err(error.into()),
    }
}

/// Writes it if it still is at the version before `lot.version`. The count of units is left alone: it has its own step.
pub(crate) async fn update_lot(tx: &Tx, lot: &Lot) -> Result<(), Error> {
    let mut row = write(lot);
    row.units = sea_orm::ActiveValue::NotSet;
    let changed = Entity::update_many()
        .set(row)
        .filter(Column::Id.eq(&lot.id))
        .filter(Column::Version.eq(lot.version - 1))
        .exec(tx)
        .await
        .map_err(db::Error::from);
    match changed {
        Ok(changed) if changed.rows_affected == 1 => Ok(()),
        Ok(_) => Err(Error::Stale),
        Err(db::Error::Duplicate(_)) => Err(Error::LotExists),
        Err(error) => Err(error.into()),
    }
}

/// Adds units to an open lot. `false`: it is not open any more.
pub(crate) async fn add_units(tx: &Tx, lot_id: &str, units: u64) -> Result<bool, Error> {
    let changed = Entity::update_many()
        .col_expr(Column::Units, Expr::col(Column::Units).add(super::stored(units)))
        .filter(Column::Id.eq(lot_id))
        .filter(Column::State.eq(LotState::Open.name()))
        .exec(tx)
        .await?;
    Ok(changed.rows_affected == 1)
}

pub(crate) async fn lot(db: &impl ConnectionTrait, id: &str) -> Result<Option<Lot>, Error> {
    Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

/// The lots of a trade item, newest first; with a number, those of that number.
pub(crate) async fn lots_of_gtin(
    db: &impl ConnectionTrait,
    gtin: &str,
    number: Option<&str>,
    most: u64,
) -> Result<Vec<Lot>, Error> {
    let mut query = Entity::find().filter(Column::Gtin.eq(gtin));
    if let Some(number) = number {
        query = query.filter(Column::Number.eq(number));
    }
    query.order_by_desc(Column::Id).limit(most).all(db).await?.into_iter().map(read).collect()
}

fn filtered(filter: &LotFilter) -> sea_orm::Select<Entity> {
    let mut query = Entity::find();
    if let Some(merchant) = &filter.merchant_id {
        query = query.filter(Column::MerchantId.eq(merchant));
    }
    if let Some(state) = filter.state {
        query = query.filter(Column::State.eq(state.name()));
    }
    if let Some(gtin) = &filter.gtin {
        query = query.filter(Column::Gtin.eq(gtin));
    }
    if let Some(day) = &filter.expiring_by {
        query = query.filter(Column::ExpiresOn.lte(day));
    }
    if let Some(text) = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        let by_gtin = format!("{text:0>14}");
        let after = format!("{text}\u{10FFFF}");
        query = query.filter(
            Column::Gtin.eq(by_gtin).or(Column::Number.gte(text).and(Column::Number.lt(after))).or(Column::Id.eq(text)),
        );
    }
    query
}

/// One page of lots; newest change first by default.
pub(crate) async fn lots(db: &impl ConnectionTrait, filter: &LotFilter, paging: &Paging) -> Result<Page<Lot>, Error> {
    let query = filtered(filter);
    let total = capped(db, query.clone()).await?;
    let (column, order) = match &paging.sort {
        None => (Column::UpdatedAt, Order::Desc),
        Some(sort) => {
            let column = match sort.by.as_str() {
                "number" => Column::Number,
                "gtin" => Column::Gtin,
                "state" => Column::State,
                "expires" => Column::ExpiresOn,
                "units" => Column::Units,
                _ => Column::UpdatedAt,
            };
            (column, if sort.descending { Order::Desc } else { Order::Asc })
        }
    };
    let query = query.order_by(column, order.clone()).order_by(Column::Id, order);
    let rows = query.offset(Ord::min(paging.offset(), COUNT_MAX)).limit(paging.rows).all(db).await?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_, _>>()?, total, paging: paging.clone() })
}

async fn capped(db: &impl ConnectionTrait, query: sea_orm::Select<Entity>) -> Result<u64, Error> {
    let ids: Vec<String> = query.select_only().column(Column::Id).limit(COUNT_MAX).into_tuple().all(db).await?;
    Ok(ids.len() as u64)
}

/// Lots by id.
pub(crate) async fn lots_by_id(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Lot>, Error> {
    let mut found = Vec::new();
    for chunk in ids.chunks(IN_MAX) {
        let rows = Entity::find().filter(Column::Id.is_in(chunk.iter().map(String::as_str))).all(db).await?;
        for row in rows {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

/// How many lots stand in a state.
pub(crate) async fn count_lots(
    db: &impl ConnectionTrait,
    merchant_id: Option<&str>,
    state: LotState,
) -> Result<u64, Error> {
    let mut query = Entity::find().filter(Column::State.eq(state.name()));
    if let Some(merchant) = merchant_id {
        query = query.filter(Column::MerchantId.eq(merchant));
    }
    Ok(query.count(db).await?)
}

fn write_document(document: &LotDocument) -> documents::ActiveModel {
    documents::ActiveModel {
        id: Set(document.id.clone()),
        lot_id: Set(document.lot_id.clone()),
        kind: Set(document.kind.name().to_owned()),
        number: Set(document.number.clone()),
        issuer: Set(document.issuer.clone()),
        issued_on: Set(day_text(document.issued_on)),
        valid_until: Set(day_text(document.valid_until)),
        sha256: Set(document.sha256.clone()),
        file_name: Set(document.file_name.clone()),
        bytes: Set(document.bytes),
        media_type: Set(document.media_type.clone()),
        public: Set(document.public),
        created_at: Set(document.created_at.micros()),
        withdrawn_at: Set(micros(document.withdrawn_at)),
        act_id: Set(document.act_id.clone()),
    }
}

fn read_document(row: documents::Model) -> Result<LotDocument, Error> {
    Ok(LotDocument {
        kind: DocumentKind::from_name(&row.kind).ok_or_else(|| damaged("document kind", &row.id))?,
        issued_on: day(row.issued_on.as_ref()),
        valid_until: day(row.valid_until.as_ref()),
        id: row.id,
        lot_id: row.lot_id,
        number: row.number,
        issuer: row.issuer,
        sha256: row.sha256,
        file_name: row.file_name,
        bytes: row.bytes,
        media_type: row.media_type,
        public: row.public,
        created_at: Timestamp::from_micros(row.created_at),
        withdrawn_at: moment(row.withdrawn_at),
        act_id: row.act_id,
    })
}

pub(crate) async fn insert_document(tx: &Tx, document: &LotDocument) -> Result<(), Error> {
    documents::Entity::insert(write_document(document)).exec_without_returning(tx).await?;
    Ok(())
}

pub(crate) async fn document(db: &impl ConnectionTrait, id: &str) -> Result<Option<LotDocument>, Error> {
    documents::Entity::find_by_id(id).one(db).await?.map(read_document).transpose()
}

/// The documents of a lot, newest first.
pub(crate) async fn documents_of(db: &impl ConnectionTrait, lot_id: &str) -> Result<Vec<LotDocument>, Error> {
    documents::Entity::find()
        .filter(documents::Column::LotId.eq(lot_id))
        .order_by_desc(documents::Column::CreatedAt)
        .order_by_desc(documents::Column::Id)
        .limit(crate::model::DOCUMENTS_MAX * 4)
        .all(db)
        .await?
        .into_iter()
        .map(read_document)
        .collect()
}

pub(crate) async fn count_documents(db: &impl ConnectionTrait, lot_id: &str) -> Result<u64, Error> {
    Ok(documents::Entity::find().filter(documents::Column::LotId.eq(lot_id)).count(db).await?)
}

/// Takes a document back. `false`: it was taken back already.
pub(crate) async fn withdraw_document(tx: &Tx, id: &str, at: Timestamp) -> Result<bool, Error> {
    let changed = documents::Entity::update_many()
        .col_expr(documents::Column::WithdrawnAt, Expr::value(at.micros()))
        .filter(documents::Column::Id.eq(id))
        .filter(documents::Column::WithdrawnAt.is_null())
        .exec(tx)
        .await?;
    Ok(counted(i64::try_from(changed.rows_affected).unwrap_or(0)) == 1)
}

/// Lots made in a plant, newest first.
pub(crate) async fn lots_of_plant(db: &impl ConnectionTrait, plant: &str, most: u64) -> Result<Vec<Lot>, Error> {
    let query = Entity::find().filter(Column::Plant.eq(plant));
    query.order_by_desc(Column::Id).limit(most).all(db).await?.into_iter().map(read).collect()
}

/// Lots with a document of this number or content hash, newest first.
pub(crate) async fn lots_with_document(
    db: &impl ConnectionTrait,
    number_or_sha256: &str,
    most: u64,
) -> Result<Vec<Lot>, Error> {
    let either = documents::Column::Number.eq(number_or_sha256).or(documents::Column::Sha256.eq(number_or_sha256));
    let ids: Vec<String> = documents::Entity::find()
        .select_only()
        .column(documents::Column::LotId)
        .distinct()
        .filter(either)
        .limit(most)
        .into_tuple()
        .all(db)
        .await?;
    lots_by_id(db, &ids).await
}
