//! Subscriptions, deliveries and attempts.

use db::Tx;
use ground::{Problem, Timestamp};
use kernel::{Kernel, Page, Paging};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

mod subscriptions {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhooks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub url: String,
        pub description: String,
        pub kinds: String,
        pub secret: String,
        pub secret_before: Option<String>,
        pub secret_before_until: Option<i64>,
        pub state: String,
        pub failing_since: Option<i64>,
        pub created_at: i64,
        pub created_by: String,
        pub changed_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod deliveries {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_deliveries")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub webhook_id: String,
        pub act_id: Option<String>,
        pub kind: String,
        pub payload: String,
        pub state: String,
        pub attempts: i64,
        pub due_at: i64,
        pub created_at: i64,
        pub finished_at: Option<i64>,
        pub last_status: Option<i64>,
        pub last_failure: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod attempts {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "webhook_attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub delivery_id: String,
        pub at: i64,
        pub status: Option<i64>,
        pub latency_ms: i64,
        pub failure: Option<String>,
        pub answer: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use attempts::Model as AttemptRow;
pub(crate) use deliveries::Model as DeliveryRow;
pub(crate) use subscriptions::Model as WebhookRow;

/// Most subscriptions.
pub(crate) const WEBHOOKS_MAX: u64 = 100;

pub(crate) async fn insert(tx: &Tx, row: WebhookRow) -> kernel::Result<()> {
    let model = subscriptions::ActiveModel {
        id: Set(row.id),
        url: Set(row.url),
        description: Set(row.description),
        kinds: Set(row.kinds),
        secret: Set(row.secret),
        secret_before: Set(row.secret_before),
        secret_before_until: Set(row.secret_before_until),
        state: Set(row.state),
        failing_since: Set(row.failing_since),
        created_at: Set(row.created_at),
        created_by: Set(row.created_by),
        changed_at: Set(row.changed_at),
    };
    subscriptions::Entity::insert(model).exec_without_returning(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// Every subscription, newest first.
pub(crate) async fn all(kernel: &Kernel) -> kernel::Result<Vec<WebhookRow>> {
    Ok(subscriptions::Entity::find()
        .order_by_desc(subscriptions::Column::CreatedAt)
        .order_by_desc(subscriptions::Column::Id)
        .limit(WEBHOOKS_MAX)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: &str) -> kernel::Result<Option<WebhookRow>> {
    Ok(subscriptions::Entity::find_by_id(id).one(db).await.map_err(db::Error::from)?)
}

pub(crate) async fn set_state(tx: &Tx, id: &str, state: &str, now: Timestamp) -> kernel::Result<()> {
    subscriptions::Entity::update_many()
        .col_expr(subscriptions::Column::State, Expr::value(state))
        .col_expr(subscriptions::Column::FailingSince, Expr::value(Option::<i64>::None))
        .col_expr(subscriptions::Column::ChangedAt, Expr::value(now.micros()))
        .filter(subscriptions::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}

pub(crate) async fn set_secret(tx: &Tx, id: &str, secret: &str, before: &str, until: Timestamp) -> kernel::Result<()> {
    subscriptions::Entity::update_many()
        .col_expr(subscriptions::Column::Secret, Expr::value(secret))
        .col_expr(subscriptions::Column::SecretBefore, Expr::value(Some(before.to_owned())))
        .col_expr(subscriptions::Column::SecretBeforeUntil, Expr::value(Some(until.micros())))
        .filter(subscriptions::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}

/// The subscription and its log.
pub(crate) async fn delete(tx: &Tx, id: &str) -> kernel::Result<()> {
    let of_webhook = deliveries::Entity::find()
        .select_only()
        .column(deliveries::Column::Id)
        .filter(deliveries::Column::WebhookId.eq(id));
    attempts::Entity::delete_many()
        .filter(attempts::Column::DeliveryId.in_subquery(sea_orm::QueryTrait::into_query(of_webhook)))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    deliveries::Entity::delete_many()
        .filter(deliveries::Column::WebhookId.eq(id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    subscriptions::Entity::delete_by_id(id).exec(tx).await.map_err(db::Error::from)?;
    Ok(())
}

/// Adds a delivery unless the act already has one for this subscription. Returns whether it was added.
pub(crate) async fn insert_delivery(tx: &Tx, row: DeliveryRow) -> kernel::Result<bool> {
    if let Some(act) = &row.act_id {
        let there = deliveries::Entity::find()
            .filter(deliveries::Column::WebhookId.eq(&row.webhook_id))
            .filter(deliveries::Column::ActId.eq(act))
            .count(tx)
            .await
            .map_err(db::Error::from)?;
        if there > 0 {
            return Ok(false);
        }
    }
    deliveries::Entity::insert(deliveries::ActiveModel {
        id: Set(row.id),
        webhook_id: Set(row.webhook_id),
        act_id: Set(row.act_id),
        kind: Set(row.kind),
        payload: Set(row.payload),
        state: Set(row.state),
        attempts: Set(row.attempts),
        due_at: Set(row.due_at),
        created_at: Set(row.created_at),
        finished_at: Set(row.finished_at),
        last_status: Set(row.last_status),
        last_failure: Set(row.last_failure),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(true)
}

/// Deliveries of enabled subscriptions that are due, oldest first, each with its subscription.
pub(crate) async fn due(kernel: &Kernel, most: u64) -> kernel::Result<Vec<(DeliveryRow, WebhookRow)>> {
    let enabled: Vec<WebhookRow> =
        all(kernel).await?.into_iter().filter(|webhook| webhook.state == "enabled").collect();
    if enabled.is_empty() {
        return Ok(Vec::new());
    }
    let rows = deliveries::Entity::find()
        .filter(deliveries::Column::State.eq("waiting"))
        .filter(deliveries::Column::DueAt.lte(kernel.now().micros()))
        .filter(deliveries::Column::WebhookId.is_in(enabled.iter().map(|webhook| webhook.id.as_str())))
        .order_by_asc(deliveries::Column::DueAt)
        .order_by_asc(deliveries::Column::Id)
        .limit(most)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    let of = |id: &str| enabled.iter().find(|webhook| webhook.id == id).cloned();
    Ok(rows.into_iter().filter_map(|row| of(&row.webhook_id).map(|webhook| (row, webhook))).collect())
}

/// Takes a due delivery so that no other process sends it too: moves its due time on. `false` when another was first.
pub(crate) async fn lease(kernel: &Kernel, row: &DeliveryRow, until: Timestamp) -> kernel::Result<bool> {
    let tx = kernel.db().write_tx().await?;
    let taken = deliveries::Entity::update_many()
        .col_expr(deliveries::Column::DueAt, Expr::value(until.micros()))
        .filter(deliveries::Column::Id.eq(&row.id))
        .filter(deliveries::Column::State.eq("waiting"))
        .filter(deliveries::Column::DueAt.eq(row.due_at))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(taken.rows_affected == 1)
}

/// What came of an attempt.
pub(crate) struct Outcome<'a> {
    pub(crate) attempt: AttemptRow,
    pub(crate) state: &'a str,
    pub(crate) due_at: Timestamp,
    pub(crate) failing_since: Option<Timestamp>,
    pub(crate) webhook_state: &'a str,
}

pub(crate) async fn record(tx: &Tx, webhook_id: &str, outcome: Outcome<'_>, attempts_made: i64) -> kernel::Result<()> {
    let attempt = outcome.attempt;
    let finished = (outcome.state != "waiting").then_some(attempt.at);
    deliveries::Entity::update_many()
        .col_expr(deliveries::Column::State, Expr::value(outcome.state))
        .col_expr(deliveries::Column::Attempts, Expr::value(attempts_made))
        .col_expr(deliveries::Column::DueAt, Expr::value(outcome.due_at.micros()))
        .col_expr(deliveries::Column::FinishedAt, Expr::value(finished))
        .col_expr(deliveries::Column::LastStatus, Expr::value(attempt.status))
        .col_expr(deliveries::Column::LastFailure, Expr::value(attempt.failure.clone()))
        .filter(deliveries::Column::Id.eq(&attempt.delivery_id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    subscriptions::Entity::update_many()
        .col_expr(subscriptions::Column::FailingSince, Expr::value(outcome.failing_since.map(Timestamp::micros)))
        .col_expr(subscriptions::Column::State, Expr::value(outcome.webhook_state))
        .filter(subscriptions::Column::Id.eq(webhook_id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    attempts::Entity::insert(attempts::ActiveModel {
        id: Set(attempt.id),
        delivery_id: Set(attempt.delivery_id),
        at: Set(attempt.at),
        status: Set(attempt.status),
        latency_ms: Set(attempt.latency_ms),
        failure: Set(attempt.failure),
        answer: Set(attempt.answer),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(())
}

/// The delivery log of a subscription, newest first; all states or one.
pub(crate) async fn log(
    kernel: &Kernel,
    webhook_id: &str,
    state: Option<&str>,
    paging: &Paging,
) -> kernel::Result<Page<DeliveryRow>> {
    let mut query = deliveries::Entity::find().filter(deliveries::Column::WebhookId.eq(webhook_id));
    if let Some(state) = state {
        query = query.filter(deliveries::Column::State.eq(state));
    }
    let db = kernel.db().read();
    let total = query.clone().count(db).await.map_err(db::Error::from)?;
    let rows = query
        .order_by_desc(deliveries::Column::CreatedAt)
        .order_by_desc(deliveries::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(db::Error::from)?;
    Ok(Page { rows, total, paging: paging.clone() })
}

pub(crate) async fn delivery(kernel: &Kernel, id: &str) -> kernel::Result<(DeliveryRow, Vec<AttemptRow>)> {
    let db = kernel.db().read();
    let row = deliveries::Entity::find_by_id(id).one(db).await.map_err(db::Error::from)?;
    let row = row.ok_or_else(Problem::not_found)?;
    let tries = attempts::Entity::find()
        .filter(attempts::Column::DeliveryId.eq(id))
        .order_by_desc(attempts::Column::At)
        .limit(100)
        .all(db)
        .await
        .map_err(db::Error::from)?;
    Ok((row, tries))
}

/// Makes a delivery due again at once.
pub(crate) async fn requeue(tx: &Tx, id: &str, now: Timestamp) -> kernel::Result<()> {
    deliveries::Entity::update_many()
        .col_expr(deliveries::Column::State, Expr::value("waiting"))
        .col_expr(deliveries::Column::Attempts, Expr::value(0i64))
        .col_expr(deliveries::Column::DueAt, Expr::value(now.micros()))
        .col_expr(deliveries::Column::FinishedAt, Expr::value(Option::<i64>::None))
        .filter(deliveries::Column::Id.eq(id))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(())
}

/// Takes finished deliveries and their attempts away after `kept_micros`. At most a thousand at a time; returns how many.
pub(crate) async fn expire(kernel: &Kernel, kept_micros: i64) -> kernel::Result<u64> {
    let before = kernel.now().plus_micros(-kept_micros).micros();
    let old = deliveries::Entity::find()
        .select_only()
        .column(deliveries::Column::Id)
        .filter(deliveries::Column::FinishedAt.lt(before))
        .limit(1000)
        .into_tuple::<String>()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    if old.is_empty() {
        return Ok(0);
    }
    let tx = kernel.db().write_tx().await?;
    let ids = || old.iter().map(String::as_str);
    attempts::Entity::delete_many()
        .filter(attempts::Column::DeliveryId.is_in(ids()))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    deliveries::Entity::delete_many()
        .filter(deliveries::Column::Id.is_in(ids()))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(old.len() as u64)
}
