//! The secret of a day.

use super::fail;
use super::schema::keys;
use ground::Problem;
use kernel::{Kernel, Result};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

/// The key of a day (`2026-03-02`); made at the first asking. Two processes that ask at once agree on one.
pub(crate) async fn of_day(kernel: &Kernel, day: &str) -> Result<[u8; 32]> {
    if let Some(key) = read(kernel, day).await? {
        return Ok(key);
    }
    let mut secret = [0u8; 32];
    kernel.rng().fill(&mut secret);
    let sealed = kernel.sealer()?.seal(kernel.rng(), &purpose(day), &secret).map_err(Problem::internal)?;
    let made = keys::Model { day: day.to_owned(), key: sealed };
    let tx = kernel.db().write_tx().await?;
    let inserted = keys::Entity::insert(made.into_active_model()).exec_without_returning(&tx).await;
    match inserted {
        Ok(_) => tx.commit().await.map_err(fail)?,
        // Somebody else was first: theirs counts.
        Err(_) => drop(tx),
    }
    read(kernel, day).await?.ok_or_else(|| Problem::internal("the key of the day is not there"))
}

async fn read(kernel: &Kernel, day: &str) -> Result<Option<[u8; 32]>> {
    let found = keys::Entity::find_by_id(day).one(kernel.db().read()).await.map_err(fail)?;
    let Some(row) = found else { return Ok(None) };
    let opened = kernel.sealer()?.open(&purpose(day), &row.key).map_err(Problem::internal)?;
    let key = opened.as_slice().try_into().map_err(|_| Problem::internal("the key of a day is damaged"))?;
    Ok(Some(key))
}

fn purpose(day: &str) -> String {
    format!("scan day key:{day}")
}

/// Throws away the keys of earlier days: what was hashed under them can no longer be compared with anything.
pub(crate) async fn forget_before(kernel: &Kernel, day: &str) -> Result<u64> {
    let tx = kernel.db().write_tx().await?;
    let done = keys::Entity::delete_many().filter(keys::Column::Day.lt(day)).exec(&tx).await.map_err(fail)?;
    tx.commit().await.map_err(fail)?;
    Ok(done.rows_affected)
}
