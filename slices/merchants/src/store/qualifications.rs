//! Rows of qualifications.

use super::tables::qualifications::{ActiveModel, Column, Entity, Model};
use super::{damaged, day, day_text, findings_json, key, micros, moment, read_findings, read_texts, texts_json};
use crate::model::{DocumentFile, Qualification, QualificationState, RegisterState};
use crate::{Error, rules};
use db::{DatabaseConnection, Tx};
use ground::Timestamp;
use jiff::civil::Date;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// A number for comparison: as [`rules::comparable`], cut to what an index takes.
pub(crate) fn number_key(number: &str) -> String {
    key(&rules::comparable(number))
}

fn write(q: &Qualification) -> ActiveModel {
    ActiveModel {
        id: Set(q.id.clone()),
        merchant_id: Set(q.merchant_id.clone()),
        kind: Set(key(&q.kind)),
        number: Set(q.number.clone()),
        number_key: Set(number_key(&q.number)),
        holder: Set(q.holder.clone()),
        issuer: Set(q.issuer.clone()),
        categories: Set(texts_json(&q.categories)),
        valid_from: Set(day_text(q.valid_from)),
        valid_until: Set(day_text(q.valid_until)),
        file_sha256: Set(q.file.as_ref().map(|file| file.sha256.clone())),
        file_name: Set(q.file.as_ref().map(|file| file.name.clone())),
        file_bytes: Set(q.file.as_ref().map(|file| file.bytes)),
        file_media_type: Set(q.file.as_ref().map(|file| file.media_type.clone())),
        state: Set(q.state.name().to_owned()),
        findings: Set(findings_json(&q.findings).to_string()),
        register_state: Set(q.register.name().to_owned()),
        register_tries: Set(q.register_tries),
        register_due_at: Set(micros(q.register_due_at)),
        decided_by: Set(key(&q.decided_by)),
        reason: Set(q.reason.clone()),
        renews: Set(q.renews.clone()),
        warned_days: Set(q.warned_days),
        created_at: Set(q.created_at.micros()),
        decided_at: Set(micros(q.decided_at)),
        version: Set(q.version),
    }
}

fn read(row: Model) -> Result<Qualification, Error> {
    let bad = |what: &str| damaged(what, &row.id);
    let file = match (row.file_sha256, row.file_name, row.file_bytes, row.file_media_type) {
        (Some(sha256), Some(name), Some(bytes), Some(media_type)) => {
            Some(DocumentFile { sha256, name, bytes, media_type })
        }
        _ => None,
    };
    Ok(Qualification {
        state: QualificationState::from_name(&row.state).ok_or_else(|| bad("state"))?,
        register: RegisterState::from_name(&row.register_state).ok_or_else(|| bad("register state"))?,
        findings: read_findings(&row.findings).ok_or_else(|| bad("findings"))?,
        categories: read_texts(&row.categories).ok_or_else(|| bad("categories"))?,
        valid_from: day(row.valid_from.as_ref()),
        valid_until: day(row.valid_until.as_ref()),
        id: row.id,
        merchant_id: row.merchant_id,
        kind: row.kind,
        number: row.number,
        holder: row.holder,
        issuer: row.issuer,
        file,
        register_tries: row.register_tries,
        register_due_at: moment(row.register_due_at),
        decided_by: row.decided_by,
        reason: row.reason,
        renews: row.renews,
        warned_days: row.warned_days,
        created_at: Timestamp::from_micros(row.created_at),
        decided_at: moment(row.decided_at),
        version: row.version,
    })
}

pub(crate) async fn insert_qualification(tx: &Tx, qualification: &Qualification) -> Result<(), Error> {
    Entity::insert(write(qualification)).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes it if it still is at the version before `qualification.version`.
pub(crate) async fn update_qualification(tx: &Tx, qualification: &Qualification) -> Result<(), Error> {
    let changed = Entity::update_many()
        .set(write(qualification))
        .filter(Column::Id.eq(&qualification.id))
        .filter(Column::Version.eq(qualification.version - 1))
        .exec(tx)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(Error::Stale) }
}

pub(crate) async fn qualification(db: &impl ConnectionTrait, id: &str) -> Result<Option<Qualification>, Error> {
    Entity::find_by_id(id).one(db).await?.map(read).transpose()
}

/// All of a merchant, newest first.
pub(crate) async fn qualifications_of(
    db: &impl ConnectionTrait,
    merchant_id: &str,
) -> Result<Vec<Qualification>, Error> {
    Entity::find()
        .filter(Column::MerchantId.eq(merchant_id))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(crate::model::QUALIFICATIONS_MAX as u64)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

pub(crate) async fn count_qualifications(db: &impl ConnectionTrait, merchant_id: &str) -> Result<u64, Error> {
    Ok(Entity::find().filter(Column::MerchantId.eq(merchant_id)).count(db).await?)
}

/// The other merchants that rest on the same number of a kind.
pub(crate) async fn others_with_number(
    db: &impl ConnectionTrait,
    kind: &str,
    number: &str,
    merchant_id: &str,
) -> Result<Vec<String>, Error> {
    let live = [QualificationState::Submitted, QualificationState::Verified, QualificationState::Expired];
    let mut ids: Vec<String> = Entity::find()
        .select_only()
        .column(Column::MerchantId)
        .filter(Column::Kind.eq(kind))
        .filter(Column::NumberKey.eq(number_key(number)))
        .filter(Column::MerchantId.ne(merchant_id))
        .filter(Column::State.is_in(live.map(QualificationState::name)))
        .limit(20)
        .into_tuple()
        .all(db)
        .await?;
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Verified ones whose last day is before `today`.
pub(crate) async fn outdated(db: &DatabaseConnection, today: Date, most: u64) -> Result<Vec<Qualification>, Error> {
    Entity::find()
        .filter(Column::State.eq(QualificationState::Verified.name()))
        .filter(Column::ValidUntil.lt(today.to_string()))
        .order_by_asc(Column::ValidUntil)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// Verified ones that end within a stage and were not warned of it: last day up to `until`, warned at none or a later
/// stage than `stage_days`.
pub(crate) async fn unwarned(
    db: &DatabaseConnection,
    today: Date,
    until: Date,
    stage_days: i64,
    most: u64,
) -> Result<Vec<Qualification>, Error> {
    Entity::find()
        .filter(Column::State.eq(QualificationState::Verified.name()))
        .filter(Column::ValidUntil.gte(today.to_string()))
        .filter(Column::ValidUntil.lte(until.to_string()))
        .filter(Column::WarnedDays.eq(0).or(Column::WarnedDays.gt(stage_days)))
        .order_by_asc(Column::ValidUntil)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// Those the register is to be asked about now.
pub(crate) async fn register_due(
    db: &DatabaseConnection,
    now: Timestamp,
    most: u64,
) -> Result<Vec<Qualification>, Error> {
    Entity::find()
        .filter(Column::RegisterState.eq(RegisterState::Waiting.name()))
        .filter(Column::RegisterDueAt.lte(now.micros()))
        .filter(Column::State.is_in([QualificationState::Submitted.name(), QualificationState::Verified.name()]))
        .order_by_asc(Column::RegisterDueAt)
        .order_by_asc(Column::Id)
        .limit(most)
        .all(db)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// Writes down how far asking the register has come, without counting as a change of the paper: nothing is decided by it.
pub(crate) async fn settle_register(
    db: &db::Db,
    id: &str,
    state: RegisterState,
    tries: i64,
    due_at: Option<Timestamp>,
) -> Result<(), Error> {
    let tx = db.write_tx().await?;
    Entity::update_many()
        .col_expr(Column::RegisterState, Expr::value(state.name()))
        .col_expr(Column::RegisterTries, Expr::value(tries))
        .col_expr(Column::RegisterDueAt, Expr::value(micros(due_at)))
        .filter(Column::Id.eq(id))
        .filter(Column::RegisterState.eq(RegisterState::Waiting.name()))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// The register is to be asked again about every confirmed paper of a merchant.
pub(crate) async fn ask_again(tx: &Tx, merchant_id: &str, now: Timestamp) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::RegisterState, Expr::value(RegisterState::Waiting.name()))
        .col_expr(Column::RegisterTries, Expr::value(0i64))
        .col_expr(Column::RegisterDueAt, Expr::value(now.micros()))
        .filter(Column::MerchantId.eq(merchant_id))
        .filter(Column::State.eq(QualificationState::Verified.name()))
        .exec(tx)
        .await?;
    Ok(())
}
