//! Rows of pictures: what was read in them, and which listing shows which.

use super::schema::{picture_uses, pictures};
use super::{IN_MAX, fail, json, to_json};
use db::Tx;
use ground::Timestamp;
use kernel::Result;
use screening::images::ImageState;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

/// What is known of a kept picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PictureRow {
    pub sha256: String,
    pub media_type: String,
    pub bytes: u64,
    pub state: ImageState,
}

/// A picture shown by a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PictureUse {
    pub id: String,
    pub sha256: String,
    pub hash: String,
    pub quality: u8,
    pub listing_id: String,
    pub merchant_id: String,
}

/// Records what was read; a picture that is there stays as it is.
pub(crate) async fn put(tx: &Tx, row: &PictureRow, now: Timestamp) -> Result<()> {
    if pictures::Entity::find_by_id(&row.sha256).one(tx).await.map_err(fail)?.is_some() {
        return Ok(());
    }
    let model = pictures::Model {
        sha256: row.sha256.clone(),
        media_type: row.media_type.clone(),
        bytes: row.bytes as i64,
        state: to_json(&row.state)?,
        at: now.micros(),
    };
    pictures::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// What is known of pictures, in no order.
pub(crate) async fn get_all(db: &impl ConnectionTrait, hashes: &[String]) -> Result<Vec<PictureRow>> {
    let mut found = Vec::with_capacity(hashes.len());
    for chunk in hashes.chunks(IN_MAX) {
        let rows = pictures::Entity::find()
            .filter(pictures::Column::Sha256.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await
            .map_err(fail)?;
        for row in rows {
            found.push(PictureRow {
                state: json(&row.state)?,
                sha256: row.sha256,
                media_type: row.media_type,
                bytes: row.bytes.max(0) as u64,
            });
        }
    }
    Ok(found)
}

/// Records that a listing shows pictures; what is recorded stays.
pub(crate) async fn add_uses(tx: &Tx, uses: &[PictureUse], now: Timestamp) -> Result<()> {
    for one in uses {
        let there = picture_uses::Entity::find()
            .filter(picture_uses::Column::ListingId.eq(&one.listing_id))
            .filter(picture_uses::Column::Sha256.eq(&one.sha256))
            .one(tx)
            .await
            .map_err(fail)?;
        if there.is_some() {
            continue;
        }
        let model = picture_uses::Model {
            id: one.id.clone(),
            sha256: one.sha256.clone(),
            hash: one.hash.clone(),
            quality: i64::from(one.quality),
            listing_id: one.listing_id.clone(),
            merchant_id: one.merchant_id.clone(),
            at: now.micros(),
        };
        picture_uses::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// Uses after an id, in the order of their ids.
pub(crate) async fn uses_after(db: &impl ConnectionTrait, after: &str, most: u64) -> Result<Vec<PictureUse>> {
    let rows = picture_uses::Entity::find()
        .filter(picture_uses::Column::Id.gt(after))
        .order_by_asc(picture_uses::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    Ok(rows
        .into_iter()
        .map(|row| PictureUse {
            id: row.id,
            sha256: row.sha256,
            hash: row.hash,
            quality: row.quality.clamp(0, 100) as u8,
            listing_id: row.listing_id,
            merchant_id: row.merchant_id,
        })
        .collect())
}

/// Whether a listing of this merchant shows a picture: who may see the file.
pub(crate) async fn shown_by(db: &impl ConnectionTrait, sha256: &str, merchant_id: &str) -> Result<bool> {
    let found = picture_uses::Entity::find()
        .filter(picture_uses::Column::Sha256.eq(sha256))
        .filter(picture_uses::Column::MerchantId.eq(merchant_id))
        .one(db)
        .await
        .map_err(fail)?;
    Ok(found.is_some())
}

/// The merchants that show a picture, at most ten.
pub(crate) async fn uses_of(db: &impl ConnectionTrait, sha256: &str) -> Result<Vec<String>> {
    picture_uses::Entity::find()
        .select_only()
        .column(picture_uses::Column::MerchantId)
        .filter(picture_uses::Column::Sha256.eq(sha256))
        .limit(10)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)
}
