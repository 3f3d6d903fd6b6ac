//! Rows of versions.

use super::schema::versions;
use super::{IN_MAX, INSERT_ROWS_MAX, fail, json, to_json};
use crate::model::Version;
use crate::state::VersionState;
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

pub(crate) fn read(model: versions::Model) -> Result<Version> {
    Ok(Version {
        state: VersionState::from_name(&model.state)
            .ok_or_else(|| Problem::internal(format!("a version has the unknown state {}", model.state)))?,
        content: json(&model.content)?,
        id: model.id,
        listing_id: model.listing_id,
        merchant_id: model.merchant_id,
        market: model.market,
        number: model.number,
        content_hash: model.content_hash,
        created_by: model.created_by,
        created_at: Timestamp::from_micros(model.created_at),
        submitted_at: model.submitted_at.map(Timestamp::from_micros),
        decided_at: model.decided_at.map(Timestamp::from_micros),
        decided_by: model.decided_by,
        decided_act_id: model.decided_act_id,
        run_id: model.run_id,
    })
}

/// Inserts new versions.
pub(crate) async fn insert(tx: &Tx, all: &[Version]) -> Result<()> {
    for chunk in all.chunks(INSERT_ROWS_MAX) {
        let mut rows = Vec::with_capacity(chunk.len());
        for version in chunk {
            let model = versions::Model {
                id: version.id.clone(),
                listing_id: version.listing_id.clone(),
                merchant_id: version.merchant_id.clone(),
                market: version.market.clone(),
                number: version.number,
                state: version.state.name().to_owned(),
                content: to_json(&version.content)?,
                content_hash: version.content_hash.clone(),
                created_by: version.created_by.clone(),
                created_at: version.created_at.micros(),
                submitted_at: version.submitted_at.map(Timestamp::micros),
                claimed_at: None,
                decided_at: version.decided_at.map(Timestamp::micros),
                decided_by: version.decided_by.clone(),
                decided_act_id: version.decided_act_id.clone(),
                run_id: version.run_id.clone(),
            };
            rows.push(model.into_active_model());
        }
        versions::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// One version.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Version>> {
    versions::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Several versions by id, in no order.
pub(crate) async fn get_all(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Version>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IN_MAX) {
        let rows = versions::Entity::find()
            .filter(versions::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await
            .map_err(fail)?;
        for model in rows {
            found.push(read(model)?);
        }
    }
    Ok(found)
}

/// The versions of a listing, newest first.
pub(crate) async fn of_listing(db: &impl ConnectionTrait, listing_id: &str, most: u64) -> Result<Vec<Version>> {
    let rows = versions::Entity::find()
        .filter(versions::Column::ListingId.eq(listing_id))
        .order_by_desc(versions::Column::Number)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// What a version's state changes besides.
#[derive(Debug, Default, Clone)]
pub(crate) struct Decided<'a> {
    pub by: &'a str,
    pub act_id: &'a str,
}

/// Moves a version on, but only from the expected state. `false`: it is no longer there.
pub(crate) async fn set_state(
    tx: &Tx,
    id: &str,
    expected: VersionState,
    next: VersionState,
    now: Timestamp,
    decided: Option<Decided<'_>>,
) -> Result<bool> {
    let mut update = versions::Entity::update_many()
        .col_expr(versions::Column::State, Expr::value(next.name()))
        .filter(versions::Column::Id.eq(id))
        .filter(versions::Column::State.eq(expected.name()));
    if next == VersionState::Submitted {
        update = update.col_expr(versions::Column::SubmittedAt, Expr::value(now.micros()));
    }
    if let Some(decided) = decided {
        update = update
            .col_expr(versions::Column::DecidedAt, Expr::value(now.micros()))
            .col_expr(versions::Column::DecidedBy, Expr::value(decided.by))
            .col_expr(versions::Column::DecidedActId, Expr::value(decided.act_id));
    }
    Ok(update.exec(tx).await.map_err(fail)?.rows_affected == 1)
}

/// The newest screening of a version.
pub(crate) async fn set_run(tx: &Tx, id: &str, run_id: &str) -> Result<()> {
    versions::Entity::update_many()
        .col_expr(versions::Column::RunId, Expr::value(run_id))
        .filter(versions::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(())
}

/// Ids of versions that wait for screening, oldest first: submitted ones, and claimed ones whose claim is older than
/// `claimed_before` (their worker has died).
pub(crate) async fn waiting(db: &impl ConnectionTrait, claimed_before: Timestamp, most: u64) -> Result<Vec<String>> {
    let mut ids: Vec<String> = versions::Entity::find()
        .select_only()
        .column(versions::Column::Id)
        .filter(versions::Column::State.eq(VersionState::Submitted.name()))
        .order_by_asc(versions::Column::SubmittedAt)
        .limit(most)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    if (ids.len() as u64) < most {
        let left: Vec<String> = versions::Entity::find()
            .select_only()
            .column(versions::Column::Id)
            .filter(versions::Column::State.eq(VersionState::Screening.name()))
            .filter(
                Condition::any()
                    .add(versions::Column::ClaimedAt.is_null())
                    .add(versions::Column::ClaimedAt.lt(claimed_before.micros())),
            )
            .limit(most - ids.len() as u64)
            .into_tuple()
            .all(db)
            .await
            .map_err(fail)?;
        ids.extend(left);
    }
    Ok(ids)
}

/// Claims versions for screening. Returns those that are now this worker's.
pub(crate) async fn claim(tx: &Tx, ids: &[String], claimed_before: Timestamp, now: Timestamp) -> Result<Vec<String>> {
    let mut mine = Vec::with_capacity(ids.len());
    for id in ids {
        let claimed = versions::Entity::update_many()
            .col_expr(versions::Column::State, Expr::value(VersionState::Screening.name()))
            .col_expr(versions::Column::ClaimedAt, Expr::value(now.micros()))
            .filter(versions::Column::Id.eq(id))
            .filter(
                Condition::any().add(versions::Column::State.eq(VersionState::Submitted.name())).add(
                    Condition::all().add(versions::Column::State.eq(VersionState::Screening.name())).add(
                        Condition::any()
                            .add(versions::Column::ClaimedAt.is_null())
                            .add(versions::Column::ClaimedAt.lt(claimed_before.micros())),
                    ),
                ),
            )
            .exec(tx)
            .await
            .map_err(fail)?;
        if claimed.rows_affected == 1 {
            mine.push(id.clone());
        }
    }
    Ok(mine)
}
