//! The audit of sign-ins.

use crate::model::{Outcome, SignInFilter, SignInRecord};
use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Page, Paging, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sign_ins")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub at: i64,
        pub login: String,
        pub user_id: Option<String>,
        pub method: String,
        pub outcome: String,
        pub address: String,
        pub agent: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Most failures looked at to decide about a pause.
const FAILURES_MAX: u64 = 500;

pub(crate) async fn insert(tx: &Tx, record: SignInRecord) -> Result<()> {
    row::Entity::insert(row::ActiveModel {
        id: Set(record.id),
        at: Set(record.at.micros()),
        login: Set(record.login),
        user_id: Set(record.user_id),
        method: Set(record.method),
        outcome: Set(record.outcome.name().to_owned()),
        address: Set(record.address),
        agent: Set(record.agent),
    })
    .exec_without_returning(tx)
    .await
    .map_err(db::Error::from)?;
    Ok(())
}

fn read(row: row::Model) -> SignInRecord {
    SignInRecord {
        id: row.id,
        at: Timestamp::from_micros(row.at),
        login: row.login,
        user_id: row.user_id,
        method: row.method,
        outcome: Outcome::from_name(&row.outcome),
        address: row.address,
        agent: row.agent,
    }
}

/// Failures of a login, or of a network address, since a moment and since the last success of that login; newest first.
pub(crate) async fn failures(kernel: &Kernel, by: By<'_>, since: Timestamp) -> Result<Vec<Timestamp>> {
    let db = kernel.db().read();
    let column = match by {
        By::Login(_) => row::Column::Login,
        By::Address(_) => row::Column::Address,
    };
    let (By::Login(value) | By::Address(value)) = by;
    let mut from = since.micros();
    if matches!(by, By::Login(_)) {
        let success = row::Entity::find()
            .filter(column.eq(value))
            .filter(row::Column::Outcome.eq(Outcome::Done.name()))
            .filter(row::Column::At.gte(from))
            .order_by_desc(row::Column::At)
            .one(db)
            .await
            .map_err(db::Error::from)?;
        from = success.map_or(from, |row| row.at.max(from));
    }
    Ok(row::Entity::find()
        .filter(column.eq(value))
        .filter(row::Column::Outcome.eq(Outcome::Refused.name()))
        .filter(row::Column::At.gte(from))
        .order_by_desc(row::Column::At)
        .limit(FAILURES_MAX)
        .all(db)
        .await
        .map_err(db::Error::from)?
        .into_iter()
        .map(|row| Timestamp::from_micros(row.at))
        .collect())
}

/// Whose failures.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Login(&'a str),
    Address(&'a str),
}

pub(crate) async fn list(kernel: &Kernel, filter: &SignInFilter, paging: &Paging) -> Result<Page<SignInRecord>> {
    let mut query = row::Entity::find();
    if let Some(login) = &filter.login {
        query = query.filter(row::Column::Login.eq(login));
    }
    if let Some(address) = &filter.address {
        query = query.filter(row::Column::Address.eq(address));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(row::Column::Outcome.eq(outcome.name()));
    }
    if let Some(from) = filter.from {
        query = query.filter(row::Column::At.gte(from.micros()));
    }
    if let Some(until) = filter.until {
        query = query.filter(row::Column::At.lt(until.micros()));
    }
    let db = kernel.db().read();
    let total = query.clone().count(db).await.map_err(db::Error::from)?;
    let rows = query
        .order_by_desc(row::Column::At)
        .order_by_desc(row::Column::Id)
        .offset(paging.offset())
        .limit(paging.rows)
        .all(db)
        .await
        .map_err(db::Error::from)?;
    Ok(Page { rows: rows.into_iter().map(read).collect(), total, paging: paging.clone() })
}

/// Takes away what is older than a moment.
pub(crate) async fn expire(tx: &Tx, before: Timestamp) -> Result<u64> {
    let gone = row::Entity::delete_many().filter(row::Column::At.lt(before.micros())).exec(tx).await;
    Ok(gone.map_err(db::Error::from)?.rows_affected)
}
