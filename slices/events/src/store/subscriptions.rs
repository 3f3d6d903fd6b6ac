//! Subscriptions and how far each has been told.

use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

#[allow(clippy::module_inception)] // named after its table, as its file is
mod subscriptions {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_subscriptions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub owner: String,
        pub query: String,
        pub destination: String,
        pub secret: String,
        pub schedule: Option<String>,
        pub report_if_empty: bool,
        pub epc_format: String,
        pub initial_record_time: Option<i64>,
        pub cursor_seq: i64,
        pub state: String,
        pub pause_reason: Option<String>,
        pub failures: i64,
        pub failing_since: Option<i64>,
        pub due_at: i64,
        pub last_notified_at: Option<i64>,
        pub created_by: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use subscriptions::Model as SubscriptionRow;

/// Writes a subscription.
pub(crate) async fn insert_subscription(tx: &Tx, row: SubscriptionRow) -> Result<()> {
    let model = subscriptions::ActiveModel {
        id: Set(row.id),
        owner: Set(row.owner),
        query: Set(row.query),
        destination: Set(row.destination),
        secret: Set(row.secret),
        schedule: Set(row.schedule),
        report_if_empty: Set(row.report_if_empty),
        epc_format: Set(row.epc_format),
        initial_record_time: Set(row.initial_record_time),
        cursor_seq: Set(row.cursor_seq),
        state: Set(row.state),
        pause_reason: Set(row.pause_reason),
        failures: Set(row.failures),
        failing_since: Set(row.failing_since),
        due_at: Set(row.due_at),
        last_notified_at: Set(row.last_notified_at),
        created_by: Set(row.created_by),
        created_at: Set(row.created_at),
    };
    subscriptions::Entity::insert(model).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// A subscription of a query.
pub(crate) async fn subscription(
    kernel: &Kernel,
    owner: &str,
    query: &str,
    id: &str,
) -> Result<Option<SubscriptionRow>> {
    Ok(subscriptions::Entity::find_by_id(id)
        .filter(subscriptions::Column::Owner.eq(owner))
        .filter(subscriptions::Column::Query.eq(query))
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Subscriptions of a query after an id, in order.
pub(crate) async fn subscriptions(
    kernel: &Kernel,
    owner: &str,
    query: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<SubscriptionRow>> {
    Ok(subscriptions::Entity::find()
        .filter(subscriptions::Column::Owner.eq(owner))
        .filter(subscriptions::Column::Query.eq(query))
        .filter(subscriptions::Column::Id.gt(after))
        .order_by_asc(subscriptions::Column::Id)
        .limit(limit)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Subscriptions of an owner, or of all, after an id, in order.
pub(crate) async fn all_subscriptions(
    db: &impl ConnectionTrait,
    owner: Option<&str>,
    after: &str,
    limit: u64,
) -> Result<Vec<SubscriptionRow>> {
    let mut query = subscriptions::Entity::find().filter(subscriptions::Column::Id.gt(after));
    if let Some(owner) = owner {
        query = query.filter(subscriptions::Column::Owner.eq(owner));
    }
    Ok(query.order_by_asc(subscriptions::Column::Id).limit(limit).all(db).await.map_err(db::Error::from)?)
}

/// A subscription by its id, of an owner or of anybody.
pub(crate) async fn subscription_by_id(
    db: &impl ConnectionTrait,
    owner: Option<&str>,
    id: &str,
) -> Result<Option<SubscriptionRow>> {
    let found = subscriptions::Entity::find_by_id(id).one(db).await.map_err(db::Error::from)?;
    Ok(found.filter(|row| owner.is_none_or(|owner| row.owner == owner)))
}

/// How many subscriptions an owner has.
pub(crate) async fn count_subscriptions(tx: &Tx, owner: &str) -> Result<u64> {
    Ok(subscriptions::Entity::find()
        .filter(subscriptions::Column::Owner.eq(owner))
        .count(tx)
        .await
        .map_err(db::Error::from)?)
}

/// How many subscriptions are paused because nobody answers.
pub(crate) async fn paused_subscriptions(kernel: &Kernel) -> Result<u64> {
    Ok(subscriptions::Entity::find()
        .filter(subscriptions::Column::State.eq("paused"))
        .count(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Takes a subscription away.
pub(crate) async fn delete_subscription(tx: &Tx, id: &str) -> Result<bool> {
    let gone = subscriptions::Entity::delete_by_id(id).exec(tx).await.map_err(db::Error::from)?;
    Ok(gone.rows_affected == 1)
}

/// Takes the subscriptions of a query away; returns how many.
pub(crate) async fn delete_subscriptions_of(tx: &Tx, owner: &str, query: &str) -> Result<u64> {
    let gone = subscriptions::Entity::delete_many()
        .filter(subscriptions::Column::Owner.eq(owner))
        .filter(subscriptions::Column::Query.eq(query))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(gone.rows_affected)
}

/// What is due: schedules whose moment has come, and streams behind the last event. Oldest first.
pub(crate) async fn due_subscriptions(
    kernel: &Kernel,
    now: Timestamp,
    head: i64,
    limit: u64,
) -> Result<Vec<SubscriptionRow>> {
    let behind = Condition::any()
        .add(subscriptions::Column::Schedule.is_not_null())
        .add(subscriptions::Column::CursorSeq.lt(head));
    Ok(subscriptions::Entity::find()
        .filter(subscriptions::Column::State.eq("active"))
        .filter(subscriptions::Column::DueAt.lte(now.micros()))
        .filter(behind)
        .order_by_asc(subscriptions::Column::DueAt)
        .limit(limit)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Takes a subscription until a moment; `false` when another process was faster.
pub(crate) async fn lease_subscription(kernel: &Kernel, row: &SubscriptionRow, until: Timestamp) -> Result<bool> {
    let tx = kernel.db().write_tx().await?;
    let taken = subscriptions::Entity::update_many()
        .col_expr(subscriptions::Column::DueAt, Expr::value(until.micros()))
        .filter(subscriptions::Column::Id.eq(&row.id))
        .filter(subscriptions::Column::DueAt.eq(row.due_at))
        .filter(subscriptions::Column::State.eq("active"))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(taken.rows_affected == 1)
}

/// Writes down what came of a turn.
pub(crate) async fn record_turn(tx: &Tx, row: &SubscriptionRow) -> Result<()> {
    use subscriptions::Column;
    subscriptions::Entity::update_many()
        .col_expr(Column::CursorSeq, Expr::value(row.cursor_seq))
        .col_expr(Column::State, Expr::value(row.state.clone()))
        .col_expr(Column::PauseReason, Expr::value(row.pause_reason.clone()))
        .col_expr(Column::Failures, Expr::value(row.failures))
        .col_expr(Column::FailingSince, Expr::value(row.failing_since))
        .col_expr(Column::DueAt, Expr::value(row.due_at))
        .col_expr(Column::LastNotifiedAt, Expr::value(row.last_notified_at))
        .filter(Column::Id.eq(&row.id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}
