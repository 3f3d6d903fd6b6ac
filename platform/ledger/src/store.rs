//! What the ledger changes in the database: where acts stand in the log.

use db::Tx;
use kernel::outbox::TURN_ACTS_MAX;
use kernel::store::{OutboxRow, due_acts, finish_outbox_in, set_leaf_indexes};
use kernel::{ActRecord, Consumer, Kernel, Result};

/// Acts that wait for the log, oldest first, with their outbox rows.
pub async fn waiting_acts(kernel: &Kernel) -> Result<Vec<(OutboxRow, ActRecord)>> {
    due_acts(kernel, Consumer::Ledger, TURN_ACTS_MAX).await
}

/// Records positions and removes outbox rows, in one transaction.
pub async fn record(kernel: &Kernel, positions: &[(String, u64)], outbox_rows: &[String]) -> Result<()> {
    let tx: Tx = kernel.db().write_tx().await?;
    set_leaf_indexes(&tx, positions).await?;
    finish_outbox_in(&tx, outbox_rows).await?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}
