//! Rows of the banks: fingerprints of refused goods, brands, recalls.

use super::schema::{bank_revisions, brands, fingerprints, recalls};
use super::{IN_MAX, INSERT_ROWS_MAX, fail, json, to_json};
use crate::banks::{Brand, Fingerprint, FingerprintKind, RecallRow};
use db::Tx;
use ground::Timestamp;
use kernel::{Page, Paging, Result};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// The revision of a bank; empty where it has never changed.
pub(crate) async fn revision(db: &impl ConnectionTrait, bank: &str) -> Result<String> {
    let found = bank_revisions::Entity::find_by_id(bank).one(db).await.map_err(fail)?;
    Ok(found.map(|row| row.revision).unwrap_or_default())
}

/// A bank has changed: caches of the former revision are void.
pub(crate) async fn touch(tx: &Tx, bank: &str, revision: &str) -> Result<()> {
    let model = bank_revisions::Model { id: bank.to_owned(), revision: revision.to_owned() };
    bank_revisions::Entity::insert(model.into_active_model())
        .on_conflict(
            OnConflict::column(bank_revisions::Column::Id).update_column(bank_revisions::Column::Revision).to_owned(),
        )
        .exec_without_returning(tx)
        .await
        .map_err(fail)?;
    Ok(())
}

fn read_fingerprint(model: fingerprints::Model) -> Option<Fingerprint> {
    Some(Fingerprint {
        kind: FingerprintKind::from_name(&model.kind)?,
        id: model.id,
        value: model.value,
        title: model.title,
        listing_id: model.listing_id,
        version_id: model.version_id,
        merchant_id: model.merchant_id,
        reason: model.reason,
        rules: serde_json::from_str(&model.rules).unwrap_or_default(),
        active: model.active,
        created_at: Timestamp::from_micros(model.created_at),
        act_id: model.act_id,
        removed_at: model.removed_at.map(Timestamp::from_micros),
        removed_act_id: model.removed_act_id,
    })
}

/// Adds fingerprints.
pub(crate) async fn add_fingerprints(tx: &Tx, all: &[Fingerprint]) -> Result<()> {
    for chunk in all.chunks(INSERT_ROWS_MAX) {
        let mut rows = Vec::with_capacity(chunk.len());
        for fingerprint in chunk {
            rows.push(
                fingerprints::Model {
                    id: fingerprint.id.clone(),
                    kind: fingerprint.kind.name().to_owned(),
                    value: fingerprint.value.clone(),
                    title: fingerprint.title.clone(),
                    listing_id: fingerprint.listing_id.clone(),
                    version_id: fingerprint.version_id.clone(),
                    merchant_id: fingerprint.merchant_id.clone(),
                    reason: fingerprint.reason.clone(),
                    rules: to_json(&fingerprint.rules)?,
                    active: fingerprint.active,
                    created_at: fingerprint.created_at.micros(),
                    act_id: fingerprint.act_id.clone(),
                    removed_at: None,
                    removed_act_id: None,
                }
                .into_active_model(),
            );
        }
        fingerprints::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// Whether goods of a listing are already in the bank by this version.
pub(crate) async fn has_version(db: &impl ConnectionTrait, listing_id: &str, version_id: &str) -> Result<bool> {
    let found = fingerprints::Entity::find()
        .filter(fingerprints::Column::ListingId.eq(listing_id))
        .filter(fingerprints::Column::VersionId.eq(version_id))
        .one(db)
        .await
        .map_err(fail)?;
    Ok(found.is_some())
}

/// One fingerprint.
pub(crate) async fn fingerprint(db: &impl ConnectionTrait, id: &str) -> Result<Option<Fingerprint>> {
    Ok(fingerprints::Entity::find_by_id(id).one(db).await.map_err(fail)?.and_then(read_fingerprint))
}

/// Takes fingerprints out: one, or all of a version. Returns how many.
pub(crate) async fn remove_fingerprints(
    tx: &Tx,
    id: Option<&str>,
    version_id: Option<&str>,
    act_id: &str,
    now: Timestamp,
) -> Result<u64> {
    let mut update = fingerprints::Entity::update_many()
        .col_expr(fingerprints::Column::Active, Expr::value(false))
        .col_expr(fingerprints::Column::RemovedAt, Expr::value(now.micros()))
        .col_expr(fingerprints::Column::RemovedActId, Expr::value(act_id))
        .filter(fingerprints::Column::Active.eq(true));
    if let Some(id) = id {
        update = update.filter(fingerprints::Column::Id.eq(id));
    }
    if let Some(version_id) = version_id {
        update = update.filter(fingerprints::Column::VersionId.eq(version_id));
    }
    if id.is_none() && version_id.is_none() {
        return Ok(0);
    }
    Ok(update.exec(tx).await.map_err(fail)?.rows_affected)
}

/// The active fingerprints after an id, in the order of their ids.
pub(crate) async fn active_after(db: &impl ConnectionTrait, after: &str, most: u64) -> Result<Vec<Fingerprint>> {
    let rows = fingerprints::Entity::find()
        .filter(fingerprints::Column::Active.eq(true))
        .filter(fingerprints::Column::Id.gt(after))
        .order_by_asc(fingerprints::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(rows.into_iter().filter_map(read_fingerprint).collect())
}

/// One page of fingerprints, newest first.
pub(crate) async fn fingerprints_page(
    db: &impl ConnectionTrait,
    kind: Option<FingerprintKind>,
    active: Option<bool>,
    paging: &Paging,
) -> Result<Page<Fingerprint>> {
    let mut query = fingerprints::Entity::find();
    if let Some(kind) = kind {
        query = query.filter(fingerprints::Column::Kind.eq(kind.name()));
    }
    if let Some(active) = active {
        query = query.filter(fingerprints::Column::Active.eq(active));
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(fingerprints::Column::CreatedAt)
        .order_by_desc(fingerprints::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(Page { rows: rows.into_iter().filter_map(read_fingerprint).collect(), total, paging: paging.clone() })
}

fn read_brand(model: brands::Model) -> Result<Brand> {
    Ok(Brand {
        aliases: json(&model.aliases)?,
        categories: json(&model.categories)?,
        id: model.id,
        market: model.market,
        name: model.name,
        owner: model.owner,
        authorisation_required: model.authorisation_required,
        active: model.active,
        created_at: Timestamp::from_micros(model.created_at),
        act_id: model.act_id,
    })
}

/// Adds a brand of the operator's own.
pub(crate) async fn add_brand(tx: &Tx, brand: &Brand) -> Result<()> {
    let model = brands::Model {
        id: brand.id.clone(),
        market: brand.market.clone(),
        name: brand.name.clone(),
        aliases: to_json(&brand.aliases)?,
        owner: brand.owner.clone(),
        categories: to_json(&brand.categories)?,
        authorisation_required: brand.authorisation_required,
        active: brand.active,
        created_at: brand.created_at.micros(),
        act_id: brand.act_id.clone(),
    };
    brands::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// Takes a brand out, for good. `false`: it was not there.
pub(crate) async fn remove_brand(tx: &Tx, id: &str) -> Result<bool> {
    Ok(brands::Entity::delete_by_id(id).exec(tx).await.map_err(fail)?.rows_affected == 1)
}

/// One brand.
pub(crate) async fn brand(db: &impl ConnectionTrait, id: &str) -> Result<Option<Brand>> {
    brands::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read_brand).transpose()
}

/// The operator's own brands, at most `most`.
pub(crate) async fn all_brands(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Brand>> {
    let rows = brands::Entity::find().order_by_asc(brands::Column::Name).limit(most).all(db).await.map_err(fail)?;
    rows.into_iter().map(read_brand).collect()
}

fn read_recall(model: recalls::Model) -> RecallRow {
    RecallRow {
        id: model.id,
        source: model.source,
        number: model.number,
        published: model.published,
        product: model.product,
        brand: model.brand,
        model: model.model,
        barcode: model.barcode,
        content_hash: model.content_hash,
        notice: model.notice,
        loaded_at: Timestamp::from_micros(model.loaded_at),
    }
}

/// The hashes of the notices of a source that are there already: number to hash.
pub(crate) async fn recall_hashes(
    db: &impl ConnectionTrait,
    source: &str,
    numbers: &[String],
) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(IN_MAX) {
        let rows: Vec<(String, String)> = recalls::Entity::find()
            .select_only()
            .column(recalls::Column::Number)
            .column(recalls::Column::ContentHash)
            .filter(recalls::Column::Source.eq(source))
            .filter(recalls::Column::Number.is_in(chunk.iter().map(String::as_str)))
            .into_tuple()
            .all(db)
            .await
            .map_err(fail)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Writes notices; one with the same source and number is replaced.
pub(crate) async fn put_recalls(tx: &Tx, all: &[RecallRow]) -> Result<()> {
    for row in all {
        recalls::Entity::delete_many()
            .filter(recalls::Column::Source.eq(&row.source))
            .filter(recalls::Column::Number.eq(&row.number))
            .exec(tx)
            .await
            .map_err(fail)?;
    }
    for chunk in all.chunks(INSERT_ROWS_MAX) {
        let rows = chunk.iter().map(|row| {
            recalls::Model {
                id: row.id.clone(),
                source: row.source.clone(),
                number: row.number.clone(),
                published: row.published.clone(),
                product: row.product.clone(),
                brand: row.brand.clone(),
                model: row.model.clone(),
                barcode: row.barcode.clone(),
                content_hash: row.content_hash.clone(),
                notice: row.notice.clone(),
                loaded_at: row.loaded_at.micros(),
            }
            .into_active_model()
        });
        recalls::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// One page of recalls, newest first; `search` matches number, or a part of product, brand or model.
pub(crate) async fn recalls_page(
    db: &impl ConnectionTrait,
    source: Option<&str>,
    search: Option<&str>,
    paging: &Paging,
) -> Result<Page<RecallRow>> {
    let mut query = recalls::Entity::find();
    if let Some(source) = source {
        query = query.filter(recalls::Column::Source.eq(source));
    }
    if let Some(text) = search.map(str::trim).filter(|text| !text.is_empty()) {
        query = query.filter(
            sea_orm::Condition::any()
                .add(recalls::Column::Number.eq(text))
                .add(recalls::Column::Product.like(db::containing(text)))
                .add(recalls::Column::Brand.like(db::containing(text)))
                .add(recalls::Column::Model.like(db::containing(text))),
        );
    }
    let total = query.clone().count(db).await.map_err(fail)?;
    let rows = query
        .order_by_desc(recalls::Column::Published)
        .order_by_desc(recalls::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(Page { rows: rows.into_iter().map(read_recall).collect(), total, paging: paging.clone() })
}

/// The notices after an id, in the order of their ids.
pub(crate) async fn recalls_after(db: &impl ConnectionTrait, after: &str, most: u64) -> Result<Vec<RecallRow>> {
    let rows = recalls::Entity::find()
        .filter(recalls::Column::Id.gt(after))
        .order_by_asc(recalls::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(rows.into_iter().map(read_recall).collect())
}
