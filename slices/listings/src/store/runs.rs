//! Rows of screenings, the facts they rest on, and the hits by rule.

use super::schema::{facts, hits, runs, versions};
use super::{IN_MAX, INSERT_ROWS_MAX, fail, json, to_json};
use crate::model::{Run, RunKind, check_name, decision_from_name, decision_name, severity_name};
use db::Tx;
use ground::{Problem, Timestamp};
use kernel::Result;
use screening::{Finding, Mode};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;

fn read(model: runs::Model) -> Result<Run> {
    Ok(Run {
        decision: decision_from_name(&model.decision)
            .ok_or_else(|| Problem::internal(format!("a run has the unknown decision {}", model.decision)))?,
        findings: json(&model.findings)?,
        cleared: json(&model.cleared)?,
        kind: if model.kind == RunKind::Facts.name() { RunKind::Facts } else { RunKind::Full },
        id: model.id,
        version_id: model.version_id,
        listing_id: model.listing_id,
        at: Timestamp::from_micros(model.at),
        pack_version: model.pack_version,
        act_id: model.act_id,
    })
}

/// Inserts screenings and replaces the hits of their versions.
pub(crate) async fn insert(tx: &Tx, all: &[Run]) -> Result<()> {
    for chunk in all.chunks(INSERT_ROWS_MAX) {
        let mut rows = Vec::with_capacity(chunk.len());
        let mut found: Vec<hits::ActiveModel> = Vec::new();
        for run in chunk {
            rows.push(
                runs::Model {
                    id: run.id.clone(),
                    version_id: run.version_id.clone(),
                    listing_id: run.listing_id.clone(),
                    at: run.at.micros(),
                    pack_version: run.pack_version.clone(),
                    decision: decision_name(run.decision).to_owned(),
                    findings: to_json(&run.findings)?,
                    cleared: to_json(&run.cleared)?,
                    kind: run.kind.name().to_owned(),
                    act_id: run.act_id.clone(),
                }
                .into_active_model(),
            );
            found.extend(hits_of(run).into_values().map(IntoActiveModel::into_active_model));
        }
        runs::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(fail)?;
        let ids: Vec<&str> = chunk.iter().map(|run| run.version_id.as_str()).collect();
        hits::Entity::delete_many().filter(hits::Column::VersionId.is_in(ids)).exec(tx).await.map_err(fail)?;
        for some in found.chunks(INSERT_ROWS_MAX) {
            hits::Entity::insert_many(some.to_vec()).exec_without_returning(tx).await.map_err(fail)?;
        }
    }
    Ok(())
}

/// One hit a rule: the worst finding of it.
fn hits_of(run: &Run) -> BTreeMap<String, hits::Model> {
    let mut worst: BTreeMap<String, &Finding> = BTreeMap::new();
    for finding in &run.findings {
        let there = worst.entry(finding.rule.clone()).or_insert(finding);
        if finding.severity > there.severity {
            *there = finding;
        }
    }
    let model = |rule: &String, finding: &Finding| hits::Model {
        version_id: run.version_id.clone(),
        rule: rule.clone(),
        listing_id: run.listing_id.clone(),
        check_name: check_name(finding.check),
        severity: severity_name(finding.severity).to_owned(),
        shadow: finding.mode == Mode::Shadow,
        at: run.at.micros(),
    };
    worst.into_iter().map(|(rule, finding)| (rule.clone(), model(&rule, finding))).collect()
}

/// One screening.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Run>> {
    runs::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// Several screenings by id, in no order.
pub(crate) async fn get_all(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Run>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IN_MAX) {
        let rows = runs::Entity::find()
            .filter(runs::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await
            .map_err(fail)?;
        for model in rows {
            found.push(read(model)?);
        }
    }
    Ok(found)
}

/// Stored facts of a version.
#[derive(Debug, Clone)]
pub(crate) struct StoredFacts {
    pub version_id: String,
    pub listing_id: String,
    pub market: String,
    /// The pack whose terms were searched for.
    pub pack_version: String,
    /// The facts as JSON.
    pub facts: String,
}

/// Keeps facts; those of the same version are replaced.
pub(crate) async fn set_facts(tx: &Tx, all: &[StoredFacts], now: Timestamp) -> Result<()> {
    for chunk in all.chunks(INSERT_ROWS_MAX) {
        let rows = chunk.iter().map(|stored| {
            facts::Model {
                version_id: stored.version_id.clone(),
                listing_id: stored.listing_id.clone(),
                market: stored.market.clone(),
                pack_version: stored.pack_version.clone(),
                facts: stored.facts.clone(),
                at: now.micros(),
            }
            .into_active_model()
        });
        facts::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::column(facts::Column::VersionId)
                    .update_columns([facts::Column::PackVersion, facts::Column::Facts, facts::Column::At])
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await
            .map_err(fail)?;
    }
    Ok(())
}

/// The facts of versions, in no order.
pub(crate) async fn facts_of(db: &impl ConnectionTrait, version_ids: &[String]) -> Result<Vec<StoredFacts>> {
    let mut found = Vec::with_capacity(version_ids.len());
    for chunk in version_ids.chunks(IN_MAX) {
        let rows = facts::Entity::find()
            .filter(facts::Column::VersionId.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await
            .map_err(fail)?;
        found.extend(rows.into_iter().map(|model| StoredFacts {
            version_id: model.version_id,
            listing_id: model.listing_id,
            market: model.market,
            pack_version: model.pack_version,
            facts: model.facts,
        }));
    }
    Ok(found)
}

/// Versions that a person decided and in which one of these rules spoke, newest first: `(version row, rule)`.
pub(crate) async fn decided_with_rules(
    db: &impl ConnectionTrait,
    rules: &[String],
    not_version: &str,
    most: u64,
) -> Result<Vec<versions::Model>> {
    if rules.is_empty() {
        return Ok(Vec::new());
    }
    let relation =
        hits::Entity::belongs_to(versions::Entity).from(hits::Column::VersionId).to(versions::Column::Id).into();
    let ids: Vec<String> = hits::Entity::find()
        .select_only()
        .column(hits::Column::VersionId)
        .join(JoinType::InnerJoin, relation)
        .filter(hits::Column::Rule.is_in(rules.iter().map(String::as_str)))
        .filter(hits::Column::VersionId.ne(not_version))
        .filter(versions::Column::DecidedBy.is_not_null())
        .filter(Expr::col((versions::Entity, versions::Column::DecidedBy)).not_like("system:%"))
        .order_by_desc(hits::Column::At)
        .limit(most * 4)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    let mut seen = Vec::new();
    for id in ids {
        if !seen.contains(&id) && (seen.len() as u64) < most {
            seen.push(id);
        }
    }
    let mut rows = versions::Entity::find().filter(versions::Column::Id.is_in(seen)).all(db).await.map_err(fail)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.decided_at));
    Ok(rows)
}

/// The rules that spoke in the newest screenings, most first, with how many versions: for filters. Looks at the
/// newest 20,000 hits.
pub(crate) async fn rules_in_use(db: &impl ConnectionTrait) -> Result<Vec<(String, u64)>> {
    let rules: Vec<String> = hits::Entity::find()
        .select_only()
        .column(hits::Column::Rule)
        .order_by_desc(hits::Column::At)
        .limit(20_000)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for rule in rules {
        *counts.entry(rule).or_default() += 1;
    }
    let mut all: Vec<(String, u64)> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(all)
}

/// Screenings of these versions, newest first, at most `most`.
pub(crate) async fn of_versions(db: &impl ConnectionTrait, version_ids: &[String], most: u64) -> Result<Vec<Run>> {
    let rows = runs::Entity::find()
        .filter(runs::Column::VersionId.is_in(version_ids.iter().take(IN_MAX).map(String::as_str)))
        .order_by_desc(runs::Column::At)
        .order_by_desc(runs::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}
