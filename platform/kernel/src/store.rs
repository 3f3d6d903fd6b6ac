//! The rows of acts and of the outbox: the only SQL of this crate.

use crate::act::{ActRecord, Subject};
use crate::outbox::Consumer;
use crate::{Kernel, Page, Paging, Result};
use db::{Migrations, Table, Tx};
use ground::{Problem, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;

mod acts {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "acts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub at: i64,
        pub kind: String,
        pub subject_kind: String,
        pub subject_id: String,
        pub actor: String,
        pub public_part: String,
        pub private_part: Option<String>,
        pub salt: Option<String>,
        pub commitment: String,
        pub leaf_index: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod act_subjects {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "act_subjects")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub act_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject_id: String,
        pub at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod outbox {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub act_id: String,
        pub consumer: String,
        pub attempts: i64,
        pub due_at: i64,
        pub failure: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use outbox::Model as OutboxRow;

db::migration!(CreateActs, "m20261123_000010_kernel_acts", |schema| {
    Table::new("acts")
        .id()
        .time("at")
        .key("kind")
        .key("subject_kind")
        .key("subject_id")
        .key("actor")
        .text("public_part")
        .optional_text("private_part")
        .optional_key("salt")
        .key("commitment")
        .optional_integer("leaf_index")
        .index(&["at"])
        .index(&["kind", "at"])
        .index(&["actor", "at"])
        .index(&["leaf_index"])
        .create(schema)
        .await?;
    Table::new("act_subjects")
        .key("act_id")
        .key("kind")
        .key("subject_id")
        .time("at")
        .primary(&["act_id", "kind", "subject_id"])
        .index(&["kind", "subject_id", "at"])
        .create(schema)
        .await?;
    Table::new("outbox")
        .id()
        .key("act_id")
        .key("consumer")
        .integer("attempts")
        .time("due_at")
        .optional_text("failure")
        .index(&["consumer", "due_at"])
        .create(schema)
        .await?;
});

db::migration!(FindOutboxByAct, "m20261124_000010_kernel_outbox_by_act", |schema| {
    db::table::add_index(schema, "outbox", &["act_id"]).await?;
});

/// The migrations of this crate.
pub fn migrations() -> Migrations {
    vec![Box::new(CreateActs), Box::new(FindOutboxByAct)]
}

/// Which acts to list.
#[derive(Debug, Clone, Default)]
pub struct ActFilter {
    /// About this thing (as subject or related).
    pub subject: Option<Subject>,
    /// Kind, or the prefix of kinds when it ends with a dot (`listing.`).
    pub kind: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

fn read(model: acts::Model) -> Result<ActRecord> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(Problem::internal);
    Ok(ActRecord {
        public: parse(&model.public_part)?,
        private: model.private_part.as_deref().map(parse).transpose()?,
        salt: model.salt.map(|salt| hex::decode(salt).map_err(Problem::internal)).transpose()?,
        id: model.id,
        at: Timestamp::from_micros(model.at),
        kind: model.kind,
        subject: Subject { kind: model.subject_kind, id: model.subject_id },
        actor: model.actor,
        commitment: model.commitment,
        leaf_index: model.leaf_index.map(|index| index as u64),
    })
}

pub(crate) async fn insert_act(tx: &Tx, act: &ActRecord) -> Result<()> {
    acts::Entity::insert(acts::ActiveModel {
        id: Set(act.id.clone()),
        at: Set(act.at.micros()),
        kind: Set(act.kind.clone()),
        subject_kind: Set(act.subject.kind.clone()),
        subject_id: Set(act.subject.id.clone()),
        actor: Set(act.actor.clone()),
        public_part: Set(act.public.to_string()),
        private_part: Set(act.private.as_ref().map(Value::to_string)),
        salt: Set(act.salt.as_ref().map(hex::encode)),
        commitment: Set(act.commitment.clone()),
        leaf_index: Set(None),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    let mut subjects = vec![(act.subject.kind.clone(), act.subject.id.clone())];
    for related in act.public.get("related").and_then(Value::as_array).into_iter().flatten() {
        let part = |key: &str| related.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let subject = (part("kind"), part("id"));
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
    }
    let rows = subjects.into_iter().map(|(kind, subject_id)| act_subjects::ActiveModel {
        act_id: Set(act.id.clone()),
        kind: Set(kind),
        subject_id: Set(subject_id),
        at: Set(act.at.micros()),
    });
    act_subjects::Entity::insert_many(rows).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(())
}

pub(crate) async fn insert_outbox(tx: &Tx, id: &str, act_id: &str, consumer: Consumer, now: Timestamp) -> Result<()> {
    outbox::Entity::insert(outbox::ActiveModel {
        id: Set(id.to_owned()),
        act_id: Set(act_id.to_owned()),
        consumer: Set(consumer.name().to_owned()),
        attempts: Set(0),
        due_at: Set(now.micros()),
        failure: Set(None),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(())
}

/// One act; `None` when there is none.
///
/// # Errors
/// What the store says.
pub async fn act(kernel: &Kernel, id: &str) -> Result<Option<ActRecord>> {
    acts::Entity::find_by_id(id).one(kernel.db().read()).await.map_err(db::Error::from)?.map(read).transpose()
}

/// The act at a position of the log; `None` when there is none.
///
/// # Errors
/// What the store says.
pub async fn act_at_leaf(kernel: &Kernel, index: u64) -> Result<Option<ActRecord>> {
    acts::Entity::find()
        .filter(acts::Column::LeafIndex.eq(index as i64))
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?
        .map(read)
        .transpose()
}

/// Acts, newest first. Nobody's permission is checked here: the caller has done so.
///
/// # Errors
/// What the store says.
pub async fn acts(kernel: &Kernel, filter: &ActFilter, paging: &Paging) -> Result<Page<ActRecord>> {
    let mut query = acts::Entity::find();
    if let Some(subject) = &filter.subject {
        let ids = act_subjects::Entity::find()
            .select_only()
            .column(act_subjects::Column::ActId)
            .filter(act_subjects::Column::Kind.eq(&subject.kind))
            .filter(act_subjects::Column::SubjectId.eq(&subject.id));
        query = query.filter(acts::Column::Id.in_subquery(sea_orm::QueryTrait::into_query(ids)));
    }
    if let Some(kind) = &filter.kind {
        query = if kind.ends_with('.') {
            query.filter(acts::Column::Kind.starts_with(kind))
        } else {
            query.filter(acts::Column::Kind.eq(kind))
        };
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(acts::Column::Actor.eq(actor));
    }
    if let Some(from) = filter.from {
        query = query.filter(acts::Column::At.gte(from.micros()));
    }
    if let Some(until) = filter.until {
        query = query.filter(acts::Column::At.lt(until.micros()));
    }
    let db = kernel.db().read();
    let total = query.clone().count(db).await.map_err(db::Error::from)?;
    let rows = query
        .order_by_desc(acts::Column::At)
        .order_by_desc(acts::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(db::Error::from)?;
    Ok(Page { rows: rows.into_iter().map(read).collect::<Result<_>>()?, total, paging: paging.clone() })
}

/// How many acts of each kind were written since a moment, most first.
///
/// # Errors
/// What the store says.
pub async fn act_counts(kernel: &Kernel, from: Timestamp) -> Result<Vec<(String, u64)>> {
    let rows: Vec<(String, i64)> = acts::Entity::find()
        .select_only()
        .column(acts::Column::Kind)
        .column_as(acts::Column::Id.count(), "number")
        .filter(acts::Column::At.gte(from.micros()))
        .group_by(acts::Column::Kind)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    let mut counts: Vec<(String, u64)> = rows.into_iter().map(|(kind, number)| (kind, number.max(0) as u64)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(counts)
}

/// The newest acts about a thing, for the timeline on its page.
///
/// # Errors
/// What the store says.
pub async fn history(kernel: &Kernel, subject_kind: &str, subject_id: &str, most: u64) -> Result<Vec<ActRecord>> {
    let filter = ActFilter { subject: Some(Subject::new(subject_kind, subject_id)), ..ActFilter::default() };
    Ok(acts(kernel, &filter, &Paging::new(1, most)).await?.rows)
}

/// What waits for a consumer and is due, oldest first.
///
/// # Errors
/// What the store says.
pub async fn due_acts(kernel: &Kernel, consumer: Consumer, most: u64) -> Result<Vec<(OutboxRow, ActRecord)>> {
    let db = kernel.db().read();
    let rows = outbox::Entity::find()
        .filter(outbox::Column::Consumer.eq(consumer.name()))
        .filter(outbox::Column::DueAt.lte(kernel.now().micros()))
        .order_by_asc(outbox::Column::DueAt)
        .order_by_asc(outbox::Column::Id)
        .limit(most)
        .all(db)
        .await
        .map_err(db::Error::from)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.act_id.as_str()).collect();
    let mut by_id: std::collections::HashMap<String, ActRecord> = acts::Entity::find()
        .filter(acts::Column::Id.is_in(ids))
        .all(db)
        .await
        .map_err(db::Error::from)?
        .into_iter()
        .map(|model| read(model).map(|act| (act.id.clone(), act)))
        .collect::<Result<_>>()?;
    Ok(rows.into_iter().filter_map(|row| by_id.remove(&row.act_id).map(|act| (row, act))).collect())
}

/// How many acts wait for a consumer.
///
/// # Errors
/// What the store says.
pub async fn waiting(kernel: &Kernel, consumer: Consumer) -> Result<u64> {
    Ok(outbox::Entity::find()
        .filter(outbox::Column::Consumer.eq(consumer.name()))
        .count(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Whether an act waits for a consumer still.
///
/// # Errors
/// What the store says.
pub async fn is_waiting(kernel: &Kernel, act_id: &str, consumer: Consumer) -> Result<bool> {
    let waiting = outbox::Entity::find()
        .filter(outbox::Column::Consumer.eq(consumer.name()))
        .filter(outbox::Column::ActId.eq(act_id))
        .count(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(waiting > 0)
}

/// The consumer is done with these rows.
///
/// # Errors
/// What the store says.
pub async fn finish_outbox(kernel: &Kernel, ids: &[String]) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    finish_outbox_in(&tx, ids).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The same inside a transaction of the consumer.
///
/// # Errors
/// What the store says.
pub async fn finish_outbox_in(tx: &impl ConnectionTrait, ids: &[String]) -> Result<()> {
    for chunk in ids.chunks(500) {
        outbox::Entity::delete_many()
            .filter(outbox::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .exec(tx)
            .await
            .map_err(db::Error::from)?;
    }
    Ok(())
}

/// The consumer could not finish a row: try again after a pause.
///
/// # Errors
/// What the store says.
pub async fn postpone_outbox(kernel: &Kernel, row: &OutboxRow, pause_micros: i64, failure: &str) -> Result<()> {
    let tx = kernel.db().write_tx().await?;
    outbox::Entity::update_many()
        .col_expr(outbox::Column::Attempts, Expr::value(row.attempts + 1))
        .col_expr(outbox::Column::DueAt, Expr::value(kernel.now().plus_micros(pause_micros).micros()))
        .col_expr(outbox::Column::Failure, Expr::value(failure.chars().take(500).collect::<String>()))
        .filter(outbox::Column::Id.eq(&row.id))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The sequencer records where acts stand in the log. Set once; a second call with the same index changes nothing.
///
/// # Errors
/// What the store says; `internal` when an act already stands elsewhere.
pub async fn set_leaf_indexes(tx: &Tx, positions: &[(String, u64)]) -> Result<()> {
    for (id, index) in positions {
        let set = acts::Entity::update_many()
            .col_expr(acts::Column::LeafIndex, Expr::value(*index as i64))
            .filter(acts::Column::Id.eq(id))
            .filter(acts::Column::LeafIndex.is_null())
            .exec(tx)
            .await
            .map_err(db::Error::from)?;
        if set.rows_affected == 0 {
            let there = acts::Entity::find_by_id(id).one(tx).await.map_err(db::Error::from)?;
            if there.and_then(|act| act.leaf_index) != Some(*index as i64) {
                return Err(Problem::internal(format!("the act {id} already stands elsewhere in the log")));
            }
        }
    }
    Ok(())
}

/// Empties the private part and salt of these acts: what erasure does. The commitment stays, so every proof holds.
///
/// # Errors
/// What the store says.
pub async fn erase_private(tx: &Tx, act_ids: &[String]) -> Result<u64> {
    let mut erased = 0;
    for chunk in act_ids.chunks(500) {
        erased += acts::Entity::update_many()
            .col_expr(acts::Column::PrivatePart, Expr::value(Option::<String>::None))
            .col_expr(acts::Column::Salt, Expr::value(Option::<String>::None))
            .filter(acts::Column::Id.is_in(chunk.iter().map(String::as_str)))
            .exec(tx)
            .await
            .map_err(db::Error::from)?
            .rows_affected;
    }
    Ok(erased)
}

/// Acts in the order of their ids, after a given one: for exports and audits. At most `most`.
///
/// # Errors
/// What the store says.
pub async fn acts_after(kernel: &Kernel, after_id: &str, most: u64) -> Result<Vec<ActRecord>> {
    acts::Entity::find()
        .filter(acts::Column::Id.gt(after_id))
        .order_by_asc(acts::Column::Id)
        .limit(most)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?
        .into_iter()
        .map(read)
        .collect()
}

/// Acts at positions `from..until` of the log, in order. For audits.
///
/// # Errors
/// What the store says.
pub async fn acts_at_leaves(kernel: &Kernel, from: u64, until: u64) -> Result<Vec<ActRecord>> {
    acts::Entity::find()
        .filter(acts::Column::LeafIndex.gte(from as i64))
        .filter(acts::Column::LeafIndex.lt(until as i64))
        .order_by_asc(acts::Column::LeafIndex)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?
        .into_iter()
        .map(read)
        .collect()
}

/// The highest position of the log that an act was recorded at; `None` before the first.
///
/// # Errors
/// What the store says.
pub async fn highest_leaf(kernel: &Kernel) -> Result<Option<u64>> {
    let highest = acts::Entity::find()
        .filter(acts::Column::LeafIndex.is_not_null())
        .order_by_desc(acts::Column::LeafIndex)
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(highest.and_then(|act| act.leaf_index).map(|index| index as u64))
}

/// An act that is neither in the log nor on its way there, if there is one. There never should be.
///
/// # Errors
/// What the store says.
pub async fn lost_act(kernel: &Kernel) -> Result<Option<ActRecord>> {
    let waiting = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::ActId)
        .filter(outbox::Column::Consumer.eq(Consumer::Ledger.name()));
    acts::Entity::find()
        .filter(acts::Column::LeafIndex.is_null())
        .filter(acts::Column::Id.not_in_subquery(sea_orm::QueryTrait::into_query(waiting)))
        .order_by_asc(acts::Column::Id)
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?
        .map(read)
        .transpose()
}
