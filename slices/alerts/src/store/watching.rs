//! Rows of sweeps, of totals of categories, and of digests.

use super::schema::{digests, sweeps, totals};
use super::{day, fail};
use crate::model::Sweep;
use ground::Timestamp;
use kernel::Result;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

/// What a category counted on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub complaints: i64,
    pub returns: i64,
    pub bad_reviews: i64,
    pub purchases: i64,
}

impl Counted {
    /// Takes another's counts in.
    pub fn add(&mut self, other: &Counted) {
        self.complaints += other.complaints;
        self.returns += other.returns;
        self.bad_reviews += other.bad_reviews;
        self.purchases += other.purchases;
    }
}

fn unsigned(value: i64) -> u64 {
    value.unsigned_abs()
}

fn read(row: sweeps::Model) -> Sweep {
    Sweep {
        id: row.id,
        at: Timestamp::from_micros(row.at),
        day: day(row.day),
        keys: unsigned(row.keys),
        candidates: unsigned(row.candidates),
        found: unsigned(row.found),
        raised: unsigned(row.raised),
        repeated: unsigned(row.repeated),
        kept_away: unsigned(row.kept_away),
        shadows: unsigned(row.shadows),
        left_out: unsigned(row.left_out),
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Keeps what a sweep did; a second time is no change.
pub(crate) async fn keep_sweep(db: &impl ConnectionTrait, sweep: &Sweep) -> Result<()> {
    let row = sweeps::Model {
        id: sweep.id.clone(),
        at: sweep.at.micros(),
        day: i64::from(sweep.day),
        keys: signed(sweep.keys),
        candidates: signed(sweep.candidates),
        found: signed(sweep.found),
        raised: signed(sweep.raised),
        repeated: signed(sweep.repeated),
        kept_away: signed(sweep.kept_away),
        shadows: signed(sweep.shadows),
        left_out: signed(sweep.left_out),
    };
    if sweeps::Entity::find_by_id(&sweep.id).one(db).await.map_err(fail)?.is_none() {
        sweeps::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    }
    Ok(())
}

/// One by its id.
pub(crate) async fn sweep(db: &impl ConnectionTrait, id: &str) -> Result<Option<Sweep>> {
    Ok(sweeps::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read))
}

/// The newest sweeps.
pub(crate) async fn sweeps(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Sweep>> {
    let rows = sweeps::Entity::find().order_by_desc(sweeps::Column::At).limit(most).all(db).await.map_err(fail)?;
    Ok(rows.into_iter().map(read).collect())
}

/// Takes away sweeps before a moment.
pub(crate) async fn forget_sweeps(db: &impl ConnectionTrait, before: Timestamp) -> Result<u64> {
    let old = sweeps::Entity::delete_many().filter(sweeps::Column::At.lt(before.micros()));
    Ok(old.exec(db).await.map_err(fail)?.rows_affected)
}

/// Keeps what a category counted on a day, in place of what was kept of it.
pub(crate) async fn keep_total(db: &impl ConnectionTrait, category: &str, on: i32, counted: &Counted) -> Result<()> {
    let row = totals::Model {
        category: category.to_owned(),
        day: i64::from(on),
        complaints: counted.complaints,
        returns: counted.returns,
        bad_reviews: counted.bad_reviews,
        purchases: counted.purchases,
    };
    let replace = OnConflict::columns([totals::Column::Category, totals::Column::Day])
        .update_columns([
            totals::Column::Complaints,
            totals::Column::Returns,
            totals::Column::BadReviews,
            totals::Column::Purchases,
        ])
        .to_owned();
    totals::Entity::insert(row.into_active_model())
        .on_conflict(replace)
        .exec_without_returning(db)
        .await
        .map_err(fail)?;
    Ok(())
}

/// What a category counted on the days of a span, oldest first; days without a row counted nothing.
pub(crate) async fn totals_of(
    db: &impl ConnectionTrait,
    category: &str,
    (from, until): (i32, i32),
) -> Result<Vec<(i32, Counted)>> {
    let rows = totals::Entity::find()
        .filter(totals::Column::Category.eq(category))
        .filter(totals::Column::Day.between(i64::from(from), i64::from(until)))
        .order_by_asc(totals::Column::Day)
        .all(db)
        .await
        .map_err(fail)?;
    let counted = |row: &totals::Model| Counted {
        complaints: row.complaints,
        returns: row.returns,
        bad_reviews: row.bad_reviews,
        purchases: row.purchases,
    };
    Ok(rows.iter().map(|row| (day(row.day), counted(row))).collect())
}

/// Takes away totals before a day.
pub(crate) async fn forget_totals(db: &impl ConnectionTrait, before_day: i32) -> Result<u64> {
    let old = totals::Entity::delete_many().filter(totals::Column::Day.lt(i64::from(before_day)));
    Ok(old.exec(db).await.map_err(fail)?.rows_affected)
}

/// A day's digest: the day, when it was written, its content, its act.
pub(crate) type Digest = (i32, Timestamp, String, String);

/// Keeps a day's digest.
pub(crate) async fn keep_digest(db: &impl ConnectionTrait, (on, at, content, act_id): &Digest) -> Result<()> {
    let row = digests::Model { day: i64::from(*on), at: at.micros(), content: content.clone(), act_id: act_id.clone() };
    digests::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}

/// The newest digests.
pub(crate) async fn digests(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Digest>> {
    let rows = digests::Entity::find().order_by_desc(digests::Column::Day).limit(most).all(db).await.map_err(fail)?;
    Ok(rows.into_iter().map(|row| (day(row.day), Timestamp::from_micros(row.at), row.content, row.act_id)).collect())
}

/// Whether a day has its digest.
pub(crate) async fn has_digest(db: &impl ConnectionTrait, on: i32) -> Result<bool> {
    Ok(digests::Entity::find_by_id(i64::from(on)).one(db).await.map_err(fail)?.is_some())
}
