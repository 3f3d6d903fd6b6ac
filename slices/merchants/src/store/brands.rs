//! Rows of brand authorisations.

use super::tables::brands::{ActiveModel, Column, Entity, Model};
use super::{damaged, day, day_text, findings_json, key, micros, moment, read_findings};
use crate::Error;
use crate::model::{AuthorisationLink, BrandAuthorisation, DocumentFile, QualificationState};
use db::{DatabaseConnection, Tx};
use ground::Timestamp;
use jiff::civil::Date;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct StoredLink {
    grantor: String,
    grantee: String,
    valid_from: Option<Date>,
    valid_until: Option<Date>,
    file: Option<StoredFile>,
}

#[derive(Serialize, Deserialize)]
struct StoredFile {
    sha256: String,
    name: String,
    bytes: i64,
    media_type: String,
}

fn chain_json(chain: &[AuthorisationLink]) -> String {
    let stored: Vec<StoredLink> = chain
        .iter()
        .map(|link| StoredLink {
            grantor: link.grantor.clone(),
            grantee: link.grantee.clone(),
            valid_from: link.valid_from,
            valid_until: link.valid_until,
            file: link.file.as_ref().map(|file| StoredFile {
                sha256: file.sha256.clone(),
                name: file.name.clone(),
                bytes: file.bytes,
                media_type: file.media_type.clone(),
            }),
        })
        .collect();
    serde_json::to_string(&stored).unwrap_or_else(|_| "[]".to_owned())
}

fn read_chain(json: &str) -> Option<Vec<AuthorisationLink>> {
    let stored: Vec<StoredLink> = serde_json::from_str(json).ok()?;
    let link = |link: StoredLink| AuthorisationLink {
        grantor: link.grantor,
        grantee: link.grantee,
        valid_from: link.valid_from,
        valid_until: link.valid_until,
        file: link.file.map(|file| DocumentFile {
            sha256: file.sha256,
            name: file.name,
            bytes: file.bytes,
            media_type: file.media_type,
        }),
    };
    Some(stored.into_iter().map(link).collect())
}

fn write(brand: &BrandAuthorisation) -> ActiveModel {
    ActiveModel {
        id: Set(brand.id.clone()),
        merchant_id: Set(brand.merchant_id.clone()),
        brand: Set(brand.brand.clone()),
        trademark_number: Set(brand.trademark_number.clone()),
        trademark_owner: Set(brand.trademark_owner.clone()),
        trademark_until: Set(day_text(brand.trademark_until)),
        valid_until: Set(day_text(brand.valid_until())),
        chain: Set(chain_json(&brand.chain)),
        state: Set(brand.state.name().to_owned()),
        findings: Set(findings_json(&brand.findings).to_string()),
        reason: Set(brand.reason.clone()),
        decided_by: Set(key(&brand.decided_by)),
        created_at: Set(brand.created_at.micros()),
        decided_at: Set(micros(brand.decided_at)),
        version: Set(brand.version),
    }
}

fn read(row: Model) -> Result<BrandAuthorisation, Error> {
    let bad = |what: &str| damaged(what, &row.id);
    Ok(BrandAuthorisation {
        state: QualificationState::from_name(&row.state).ok_or_else(|| bad("state"))?,
        findings: read_findings(&row.findings).ok_or_else(|| bad("findings"))?,
        chain: read_chain(&row.chain).ok_or_else(|| bad("chain"))?,
        trademark_until: day(row.trademark_until.as_ref()),
        id: row.id,
        merchant_id: row.merchant_id,
        brand: row.brand,
        trademark_number: row.trademark_number,
        trademark_owner: row.trademark_owner,
        reason: row.reason,
        decided_by: row.decided_by,
        created_at: Timestamp::from_micros(row.created_at),
        decided_at: moment(row.decided_at),
        version: row.version,
    })
}

pub(crate) async fn insert_brand(tx: &Tx, brand: &BrandAuthorisation) -> Result<(), Error> {
    Entity::insert(write(brand)).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes it if it still is at the version before `brand.version`.
pub(crate) async fn update_brand(tx: &Tx, brand: &BrandAuthorisation) -> Result<(), Error> {
    let changed = Entity::update_many()
        .set(write(brand))
        .filter(Column::Id.eq(&brand.id))
        .filter(Column::Version.eq(brand.version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

pub(crate) async fn brand(db: &impl ConnectionTrait, id: &str) -> Result<Option<BrandAuthorisation>, Error> {
    Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

/// All of a merchant, newest first.
pub(crate) async fn brands_of(db: &impl ConnectionTrait, merchant_id: &str) -> Result<Vec<BrandAuthorisation>, Error> {
    Entity::find()
        .filter(Column::MerchantId.eq(merchant_id))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(crate::model::BRANDS_MAX as u64)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

pub(crate) async fn count_brands(db: &impl ConnectionTrait, merchant_id: &str) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::MerchantId.eq(merchant_id)).count(db).await?)
}

/// Verified ones whose last day is before `today`.
pub(crate) async fn outdated_brands(
    db: &DatabaseConnection,
    today: Date,
    most: u64,
) -> Result<Vec<BrandAuthorisation>, Error> {
    Entity::find()
        .filter(Column::State.eq(QualificationState::Verified.name()))
        .filter(Column::ValidUntil.lt(today.to_string()))
        .order_by_asc(Column::ValidUntil)
        .limit(most)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}
