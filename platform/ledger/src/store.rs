//! What the ledger changes in the database: where acts stand in the log, and who may write it.

use crate::lease::{Lease, LeaseState};
use db::{Migrations, Table, Tx};
use ground::Timestamp;
use kernel::outbox::TURN_ACTS_MAX;
use kernel::store::{OutboxRow, due_acts, finish_outbox_in, set_leaf_indexes};
use kernel::{ActRecord, Consumer, Kernel, Result};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

mod leases {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger_leases")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub ledger: String,
        pub holder: String,
        pub fence: i64,
        pub until: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

db::migration!(CreateLeases, "m20261124_000200_ledger_leases", |schema| {
    Table::new("ledger_leases")
        .key("ledger")
        .key("holder")
        .integer("fence")
        .time("until")
        .primary(&["ledger"])
        .create(schema)
        .await?;
});

/// The migrations of this crate.
pub fn migrations() -> Migrations {
    vec![Box::new(CreateLeases)]
}

/// Acts that wait for the log, oldest first, with their outbox rows.
pub async fn waiting_acts(kernel: &Kernel) -> Result<Vec<(OutboxRow, ActRecord)>> {
    due_acts(kernel, Consumer::Ledger, TURN_ACTS_MAX).await
}

/// Records positions and removes outbox rows, in one transaction that is kept only while the lease is this writer's.
pub async fn record(kernel: &Kernel, lease: &Lease, positions: &[(String, u64)], outbox_rows: &[String]) -> Result<()> {
    let tx: Tx = kernel.db().write_tx().await?;
    lease.extend(&tx, kernel.now()).await?;
    set_leaf_indexes(&tx, positions).await?;
    finish_outbox_in(&tx, outbox_rows).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// The lease of a ledger.
pub async fn lease(tx: &Tx, ledger: &str) -> Result<Option<LeaseState>> {
    let row = leases::Entity::find_by_id(ledger).one(tx).await.map_err(db::Error::from)?;
    Ok(row.map(|row| LeaseState {
        holder: row.holder,
        fence: u64::try_from(row.fence).unwrap_or(0),
        until: Timestamp::from_micros(row.until),
    }))
}

/// Puts a lease in the place of the one that was read; false when that is no longer there.
pub async fn put_lease(tx: &Tx, ledger: &str, present: Option<&LeaseState>, next: &LeaseState) -> Result<bool> {
    let fence = i64::try_from(next.fence).unwrap_or(i64::MAX);
    let Some(present) = present else {
        let row = leases::ActiveModel {
            ledger: Set(ledger.to_owned()),
            holder: Set(next.holder.clone()),
            fence: Set(fence),
            until: Set(next.until.micros()),
        };
        // Two that begin together: the key lets one through.
        return Ok(row.insert(tx).await.is_ok());
    };
    let changed = leases::Entity::update_many()
        .col_expr(leases::Column::Holder, Expr::value(next.holder.clone()))
        .col_expr(leases::Column::Fence, Expr::value(fence))
        .col_expr(leases::Column::Until, Expr::value(next.until.micros()))
        .filter(leases::Column::Ledger.eq(ledger))
        .filter(leases::Column::Fence.eq(i64::try_from(present.fence).unwrap_or(i64::MAX)))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(changed.rows_affected == 1)
}

/// Moves the end of a lease that is still this holder's under this fence; false when it is not.
pub async fn extend_lease(tx: &Tx, ledger: &str, mine: &LeaseState) -> Result<bool> {
    let changed = leases::Entity::update_many()
        .col_expr(leases::Column::Until, Expr::value(mine.until.micros()))
        .filter(leases::Column::Ledger.eq(ledger))
        .filter(leases::Column::Holder.eq(mine.holder.clone()))
        .filter(leases::Column::Fence.eq(i64::try_from(mine.fence).unwrap_or(i64::MAX)))
        .exec(tx)
        .await
        .map_err(db::Error::from)?;
    Ok(changed.rows_affected == 1)
}
