//! The rows of versions, of what is in force, and of trials: the only SQL of this crate.

use db::{DatabaseConnection, Migrations, Table, Tx};
use ground::Timestamp;
use kernel::{Page, Paging};
use policy::Source;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::model::*;

macro_rules! entity {
    ($module:ident, $table:literal, { $($body:tt)* }) => {
        mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model { $($body)* }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

entity!(versions, "policy_versions", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub market: String,
    pub hash: String,
    pub origin: String,
    pub base_id: Option<String>,
    pub note: String,
    pub changed: String,
    pub sources: String,
    pub created_by: String,
    pub created_at: i64,
    pub activated_at: Option<i64>,
});

entity!(active_versions, "policy_active", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub market: String,
    pub version_id: String,
    pub hash: String,
    pub since: i64,
    pub act_id: String,
});

entity!(trials, "policy_trials", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub version_id: String,
    pub market: String,
    pub state: String,
    pub position: String,
    pub total: i64,
    pub done: i64,
    pub cost: String,
    pub started_by: String,
    pub started_at: i64,
    pub finished_at: Option<i64>,
    pub failure: Option<String>,
});

entity!(hits, "policy_trial_hits", {
    #[sea_orm(primary_key, auto_increment = false)]
    pub trial_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: String,
    pub merchant_id: String,
    pub title: String,
    pub before: String,
    pub after: String,
    pub changes: bool,
    pub rules: String,
});

db::migration!(CreateVersions, "m20261123_000600_policies_versions", |schema| {
    Table::new("policy_versions")
        .id()
        .key("market")
        .key("hash")
        .key("origin")
        .optional_key("base_id")
        .text("note")
        .text("changed")
        .text("sources")
        .key("created_by")
        .time("created_at")
        .optional_time("activated_at")
        .index(&["market", "created_at"])
        .create(schema)
        .await?;
    Table::new("policy_active")
        .key("market")
        .key("version_id")
        .key("hash")
        .time("since")
        .key("act_id")
        .primary(&["market"])
        .create(schema)
        .await?;
});

db::migration!(CreateTrials, "m20261123_000610_policies_trials", |schema| {
    Table::new("policy_trials")
        .id()
        .key("version_id")
        .key("market")
        .key("state")
        .key("position")
        .integer("total")
        .integer("done")
        .text("cost")
        .key("started_by")
        .time("started_at")
        .optional_time("finished_at")
        .optional_text("failure")
        .index(&["state", "started_at"])
        .index(&["version_id", "started_at"])
        .create(schema)
        .await?;
    Table::new("policy_trial_hits")
        .key("trial_id")
        .key("listing_id")
        .key("merchant_id")
        .text("title")
        .key("before")
        .key("after")
        .bool("changes")
        .text("rules")
        .primary(&["trial_id", "listing_id"])
        .index(&["trial_id", "merchant_id"])
        .index(&["trial_id", "changes"])
        .create(schema)
        .await?;
});

/// The migrations of this crate.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateVersions), Box::new(CreateTrials)]
}

/// A version and its files.
pub(crate) struct KeptVersion {
    pub version: Version,
    pub sources: Vec<Source>,
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Platform(ground::Problem::internal(error)))
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Platform(ground::Problem::internal(error)))
}

fn damaged(what: &str, id: &str) -> Error {
    Error::Platform(ground::Problem::internal(format!("the stored {what} {id} cannot be read")))
}

fn read_version(model: versions::Model) -> Result<Version> {
    Ok(Version {
        origin: Origin::from_name(&model.origin).ok_or_else(|| damaged("policy version", &model.id))?,
        changed: parse(&model.changed)?,
        id: model.id,
        market: model.market,
        hash: model.hash,
        base_id: model.base_id,
        note: model.note,
        created_by: model.created_by,
        created_at: Timestamp::from_micros(model.created_at),
        activated_at: model.activated_at.map(Timestamp::from_micros),
    })
}

pub(crate) async fn insert_version(tx: &Tx, version: &Version, sources: &[Source]) -> Result<()> {
    let files: Vec<(&str, &str)> = sources.iter().map(|one| (one.path.as_str(), one.text.as_str())).collect();
    versions::Entity::insert(versions::ActiveModel {
        id: Set(version.id.clone()),
        market: Set(version.market.clone()),
        hash: Set(version.hash.clone()),
        origin: Set(version.origin.name().to_owned()),
        base_id: Set(version.base_id.clone()),
        note: Set(version.note.clone()),
        changed: Set(json(&version.changed)?),
        sources: Set(json(&files)?),
        created_by: Set(version.created_by.clone()),
        created_at: Set(version.created_at.micros()),
        activated_at: Set(version.activated_at.map(Timestamp::micros)),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

pub(crate) async fn version(db: &impl ConnectionTrait, id: &str) -> Result<Option<KeptVersion>> {
    let Some(model) = versions::Entity::find_by_id(id).one(db).await? else {
        return Ok(None);
    };
    let files: Vec<(String, String)> = parse(&model.sources)?;
    let sources = files.into_iter().map(|(path, text)| Source::new(path, text)).collect();
    Ok(Some(KeptVersion { version: read_version(model)?, sources }))
}

/// The versions of a market, newest first, without their files.
pub(crate) async fn versions(db: &DatabaseConnection, market: &str, paging: &Paging) -> Result<Page<Version>> {
    let query = versions::Entity::find().filter(versions::Column::Market.eq(market));
    let total = query.clone().count(db).await?;
    let rows = query
        .order_by_desc(versions::Column::CreatedAt)
        .order_by_desc(versions::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    Ok(Page { rows: rows.into_iter().map(read_version).collect::<Result<_>>()?, total, paging: paging.clone() })
}

pub(crate) async fn mark_activated(tx: &Tx, id: &str, now: Timestamp) -> Result<()> {
    versions::Entity::update_many()
        .col_expr(versions::Column::ActivatedAt, Expr::value(now.micros()))
        .filter(versions::Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

fn read_active(model: active_versions::Model) -> Active {
    Active {
        market: model.market,
        version_id: model.version_id,
        hash: model.hash,
        since: Timestamp::from_micros(model.since),
        act_id: model.act_id,
    }
}

pub(crate) async fn active(db: &impl ConnectionTrait, market: &str) -> Result<Option<Active>> {
    Ok(active_versions::Entity::find_by_id(market).one(db).await?.map(read_active))
}

pub(crate) async fn all_active(db: &DatabaseConnection) -> Result<Vec<Active>> {
    let rows = active_versions::Entity::find().order_by_asc(active_versions::Column::Market).all(db).await?;
    Ok(rows.into_iter().map(read_active).collect())
}

pub(crate) async fn insert_active(tx: &Tx, active: &Active) -> Result<()> {
    active_versions::Entity::insert(active_versions::ActiveModel {
        market: Set(active.market.clone()),
        version_id: Set(active.version_id.clone()),
        hash: Set(active.hash.clone()),
        since: Set(active.since.micros()),
        act_id: Set(active.act_id.clone()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// Replaces what is in force if it is still `seen_id`; `false` when it is not.
pub(crate) async fn replace_active(tx: &Tx, active: &Active, seen_id: &str) -> Result<bool> {
    let done = active_versions::Entity::update_many()
        .col_expr(active_versions::Column::VersionId, Expr::value(active.version_id.as_str()))
        .col_expr(active_versions::Column::Hash, Expr::value(active.hash.as_str()))
        .col_expr(active_versions::Column::Since, Expr::value(active.since.micros()))
        .col_expr(active_versions::Column::ActId, Expr::value(active.act_id.as_str()))
        .filter(active_versions::Column::Market.eq(&active.market))
        .filter(active_versions::Column::VersionId.eq(seen_id))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

fn read_trial(model: trials::Model) -> Result<Trial> {
    Ok(Trial {
        state: TrialState::from_name(&model.state).ok_or_else(|| damaged("trial", &model.id))?,
        cost: parse(&model.cost)?,
        id: model.id,
        version_id: model.version_id,
        market: model.market,
        cursor: model.position,
        total: model.total.max(0) as u64,
        done: model.done.max(0) as u64,
        started_by: model.started_by,
        started_at: Timestamp::from_micros(model.started_at),
        finished_at: model.finished_at.map(Timestamp::from_micros),
        failure: model.failure,
    })
}

pub(crate) async fn insert_trial(tx: &Tx, trial: &Trial) -> Result<()> {
    trials::Entity::insert(trials::ActiveModel {
        id: Set(trial.id.clone()),
        version_id: Set(trial.version_id.clone()),
        market: Set(trial.market.clone()),
        state: Set(trial.state.name().to_owned()),
        position: Set(trial.cursor.clone()),
        total: Set(trial.total as i64),
        done: Set(trial.done as i64),
        cost: Set(json(&trial.cost)?),
        started_by: Set(trial.started_by.clone()),
        started_at: Set(trial.started_at.micros()),
        finished_at: Set(None),
        failure: Set(None),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

pub(crate) async fn trial(db: &impl ConnectionTrait, id: &str) -> Result<Option<Trial>> {
    trials::Entity::find_by_id(id).one(db).await?.map(read_trial).transpose()
}

/// The newest trial of a version.
pub(crate) async fn latest_trial(db: &impl ConnectionTrait, version_id: &str) -> Result<Option<Trial>> {
    trials::Entity::find()
        .filter(trials::Column::VersionId.eq(version_id))
        .order_by_desc(trials::Column::StartedAt)
        .order_by_desc(trials::Column::Id)
        .one(db)
        .await?
        .map(read_trial)
        .transpose()
}

/// The trial that has been running longest.
pub(crate) async fn running_trial(db: &impl ConnectionTrait) -> Result<Option<Trial>> {
    trials::Entity::find()
        .filter(trials::Column::State.eq(TrialState::Running.name()))
        .order_by_asc(trials::Column::StartedAt)
        .order_by_asc(trials::Column::Id)
        .one(db)
        .await?
        .map(read_trial)
        .transpose()
}

/// Writes a trial's progress if it still stands where `before` stood; `false` when somebody else moved or stopped it.
pub(crate) async fn advance_trial(tx: &Tx, before: &Trial, after: &Trial) -> Result<bool> {
    let done = trials::Entity::update_many()
        .col_expr(trials::Column::State, Expr::value(after.state.name()))
        .col_expr(trials::Column::Position, Expr::value(after.cursor.as_str()))
        .col_expr(trials::Column::Total, Expr::value(after.total as i64))
        .col_expr(trials::Column::Done, Expr::value(after.done as i64))
        .col_expr(trials::Column::Cost, Expr::value(json(&after.cost)?))
        .col_expr(trials::Column::FinishedAt, Expr::value(after.finished_at.map(Timestamp::micros)))
        .col_expr(trials::Column::Failure, Expr::value(after.failure.clone()))
        .filter(trials::Column::Id.eq(&before.id))
        .filter(trials::Column::State.eq(before.state.name()))
        .filter(trials::Column::Position.eq(&before.cursor))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

pub(crate) async fn insert_hits(tx: &Tx, trial_id: &str, found: &[Hit]) -> Result<()> {
    for chunk in found.chunks(100) {
        let rows = chunk
            .iter()
            .map(|hit| {
                Ok(hits::ActiveModel {
                    trial_id: Set(trial_id.to_owned()),
                    listing_id: Set(hit.listing_id.clone()),
                    merchant_id: Set(hit.merchant_id.clone()),
                    title: Set(hit.title.clone()),
                    before: Set(hit.before.clone()),
                    after: Set(hit.after.clone()),
                    changes: Set(hit.before != hit.after),
                    rules: Set(json(&hit.rules)?),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        hits::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The listings a trial hit, by id; with `changing` only those whose decision would be another.
pub(crate) async fn hits(
    db: &DatabaseConnection,
    trial_id: &str,
    changing: bool,
    paging: &Paging,
) -> Result<Page<Hit>> {
    let mut query = hits::Entity::find().filter(hits::Column::TrialId.eq(trial_id));
    if changing {
        query = query.filter(hits::Column::Changes.eq(true));
    }
    let total = query.clone().count(db).await?;
    let rows = query
        .order_by_desc(hits::Column::Changes)
        .order_by_asc(hits::Column::ListingId)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await?;
    let rows = rows
        .into_iter()
        .map(|model| {
            Ok(Hit {
                rules: parse(&model.rules)?,
                listing_id: model.listing_id,
                merchant_id: model.merchant_id,
                title: model.title,
                before: model.before,
                after: model.after,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Page { rows, total, paging: paging.clone() })
}

/// Merchants with a hit, and merchants with a hit that changes a decision.
pub(crate) async fn merchants_hit(db: &DatabaseConnection, trial_id: &str) -> Result<(u64, u64)> {
    let count = |changing: bool| {
        let mut query = hits::Entity::find()
            .select_only()
            .column(hits::Column::MerchantId)
            .filter(hits::Column::TrialId.eq(trial_id));
        if changing {
            query = query.filter(hits::Column::Changes.eq(true));
        }
        query.distinct().count(db)
    };
    Ok((count(false).await?, count(true).await?))
}
