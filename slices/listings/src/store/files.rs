//! Which merchant handed in which file.

use super::fail;
use super::schema::files;
use db::Tx;
use ground::Timestamp;
use kernel::Result;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

/// Records that a merchant handed in a file; again: changes nothing.
pub(crate) async fn put(tx: &Tx, sha256: &str, merchant_id: &str, now: Timestamp) -> Result<()> {
    if handed_in(tx, sha256, merchant_id).await? {
        return Ok(());
    }
    let row = files::Model { sha256: sha256.to_owned(), merchant_id: merchant_id.to_owned(), at: now.micros() };
    files::Entity::insert(row.into_active_model()).exec_without_returning(tx).await.map_err(fail)?;
    Ok(())
}

/// Whether a merchant handed in a file.
pub(crate) async fn handed_in(db: &impl ConnectionTrait, sha256: &str, merchant_id: &str) -> Result<bool> {
    let key = (sha256.to_owned(), merchant_id.to_owned());
    Ok(files::Entity::find_by_id(key).one(db).await.map_err(fail)?.is_some())
}

/// Whether any merchant handed in a file.
pub(crate) async fn is_anybodys(db: &impl ConnectionTrait, sha256: &str) -> Result<bool> {
    let found = files::Entity::find().filter(files::Column::Sha256.eq(sha256)).one(db).await.map_err(fail)?;
    Ok(found.is_some())
}
