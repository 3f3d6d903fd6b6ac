//! Rows of decisions, with what the reviewer saw.

use super::schema::{decisions, evidence, rules};
use super::{fail, flag, json, to_json, unknown};
use crate::model::{Decision, Evidence, Kind, Verdict, Worst};
use db::Tx;
use ground::Timestamp;
use kernel::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Most decisions measured at once.
pub(crate) const MEASURED_MAX: u64 = 200_000;
/// Most rules one decision is found by.
const RULES_MAX: usize = 100;

pub(crate) fn read(model: decisions::Model) -> Result<Decision> {
    Ok(Decision {
        kind: Kind::from_name(&model.kind).ok_or_else(|| unknown("kind", &model.kind))?,
        verdict: Verdict::from_name(&model.verdict).ok_or_else(|| unknown("verdict", &model.verdict))?,
        worst: Worst::from_number(model.worst),
        rules: json(&model.rules)?,
        reasons: json(&model.reasons)?,
        id: model.id,
        item_id: model.item_id,
        version_id: model.version_id,
        listing_id: model.listing_id,
        merchant_id: model.merchant_id,
        title: model.title,
        category: model.category,
        queue: model.queue,
        reviewer: model.reviewer,
        claim_id: model.claim_id,
        note: model.note,
        seconds: model.seconds,
        decided_at: Timestamp::from_micros(model.decided_at),
        correct: model.correct.map(|correct| correct != 0),
        reference: model.reference,
        agrees: model.agrees.map(|agrees| agrees != 0),
        overturned: model.overturned,
        act_id: model.act_id,
    })
}

/// Inserts a decision with its evidence and rules.
pub(crate) async fn insert(tx: &Tx, decision: &Decision, seen: &Evidence) -> Result<()> {
    let model = decisions::Model {
        id: decision.id.clone(),
        item_id: decision.item_id.clone(),
        kind: decision.kind.name().to_owned(),
        version_id: decision.version_id.clone(),
        listing_id: decision.listing_id.clone(),
        merchant_id: decision.merchant_id.clone(),
        title: decision.title.clone(),
        category: decision.category.clone(),
        queue: decision.queue.clone(),
        worst: decision.worst.number(),
        rules: to_json(&decision.rules)?,
        reviewer: decision.reviewer.clone(),
        claim_id: decision.claim_id.clone(),
        verdict: decision.verdict.name().to_owned(),
        reasons: to_json(&decision.reasons)?,
        note: decision.note.clone(),
        seconds: decision.seconds,
        decided_at: decision.decided_at.micros(),
        correct: flag(decision.correct),
        reference: decision.reference.clone(),
        agrees: flag(decision.agrees),
        overturned: decision.overturned,
        act_id: decision.act_id.clone(),
    };
    decisions::Entity::insert(model.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    let body = evidence::Model { decision_id: decision.id.clone(), body: to_json(seen)? };
    evidence::Entity::insert(body.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    let found: Vec<rules::ActiveModel> = decision
        .rules
        .iter()
        .take(RULES_MAX)
        .map(|rule| rules::Model {
            decision_id: decision.id.clone(),
            rule: rule.clone(),
            at: decision.decided_at.micros(),
        })
        .map(IntoActiveModel::into_active_model)
        .collect();
    if !found.is_empty() && decision.kind == Kind::Listing {
        rules::Entity::insert_many(found).exec_without_returning(tx).await.map_err(fail)?;
    }
    Ok(())
}

/// One decision.
pub(crate) async fn get(db: &impl ConnectionTrait, id: &str) -> Result<Option<Decision>> {
    decisions::Entity::find_by_id(id).one(db).await.map_err(fail)?.map(read).transpose()
}

/// The decision made under a claim.
pub(crate) async fn of_claim(db: &impl ConnectionTrait, claim_id: &str) -> Result<Option<Decision>> {
    let found = decisions::Entity::find().filter(decisions::Column::ClaimId.eq(claim_id)).one(db).await;
    found.map_err(fail)?.map(read).transpose()
}

/// The newest decision about an item.
pub(crate) async fn of_item(db: &impl ConnectionTrait, item_id: &str) -> Result<Option<Decision>> {
    let found = decisions::Entity::find()
        .filter(decisions::Column::ItemId.eq(item_id))
        .order_by_desc(decisions::Column::DecidedAt)
        .one(db)
        .await;
    found.map_err(fail)?.map(read).transpose()
}

/// What the reviewer saw.
pub(crate) async fn evidence_of(db: &impl ConnectionTrait, decision_id: &str) -> Result<Option<Evidence>> {
    let found = evidence::Entity::find_by_id(decision_id).one(db).await.map_err(fail)?;
    found.map(|model| json(&model.body)).transpose()
}

/// The first decision fell.
pub(crate) async fn set_overturned(tx: &Tx, id: &str) -> Result<()> {
    decisions::Entity::update_many()
        .col_expr(decisions::Column::Overturned, Expr::value(true))
        .filter(decisions::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(fail)?;
    Ok(())
}

/// Everything that counts since a moment, newest first, at most [`MEASURED_MAX`].
pub(crate) async fn since(db: &impl ConnectionTrait, from: Timestamp) -> Result<Vec<Decision>> {
    let rows = decisions::Entity::find()
        .filter(decisions::Column::DecidedAt.gte(from.micros()))
        .order_by_desc(decisions::Column::DecidedAt)
        .limit(MEASURED_MAX)
        .all(db)
        .await
        .map_err(fail)?;
    rows.into_iter().map(read).collect()
}

/// Several decisions by id.
pub(crate) async fn get_all(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Decision>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows = decisions::Entity::find()
            .filter(decisions::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .all(db)
            .await
            .map_err(fail)?;
        for model in rows {
            found.push(read(model)?);
        }
    }
    Ok(found)
}

/// Recent decisions about other listings that had one of these rules, newest first.
pub(crate) async fn with_rules(
    db: &impl ConnectionTrait,
    hit: &[String],
    except_listing: &str,
    most: u64,
) -> Result<Vec<Decision>> {
    if hit.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = rules::Entity::find()
        .select_only()
        .column(rules::Column::DecisionId)
        .filter(rules::Column::Rule.is_in(hit.iter().take(RULES_MAX).map(String::as_str)))
        .order_by_desc(rules::Column::At)
        .limit(most.saturating_mul(10))
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    let mut found = get_all(db, &ids).await?;
    found.retain(|decision| decision.listing_id != except_listing);
    found.sort_by(|a, b| (b.decided_at, &b.id).cmp(&(a.decided_at, &a.id)));
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

/// How many versions of a merchant people decided so, golden items and second looks left out.
pub(crate) async fn count_of_merchant(db: &impl ConnectionTrait, merchant_id: &str, verdict: Verdict) -> Result<u64> {
    decisions::Entity::find()
        .filter(decisions::Column::MerchantId.eq(merchant_id))
        .filter(decisions::Column::Kind.eq(Kind::Listing.name()))
        .filter(decisions::Column::Verdict.eq(verdict.name()))
        .count(db)
        .await
        .map_err(fail)
}

/// How often a golden item was decided, and how often rightly.
pub(crate) async fn golden_results(db: &impl ConnectionTrait) -> Result<Vec<(String, i64)>> {
    let rows: Vec<(Option<String>, Option<i64>)> = decisions::Entity::find()
        .select_only()
        .column(decisions::Column::Reference)
        .column(decisions::Column::Correct)
        .filter(decisions::Column::Kind.eq(Kind::Golden.name()))
        .order_by_desc(decisions::Column::DecidedAt)
        .limit(MEASURED_MAX)
        .into_tuple()
        .all(db)
        .await
        .map_err(fail)?;
    Ok(rows.into_iter().filter_map(|(golden, correct)| Some((golden?, correct?))).collect())
}
