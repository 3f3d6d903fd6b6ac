//! Who a person is at a sign-in provider.

use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Result};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_identities")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub provider: String,
        pub subject_hash: String,
        pub subject: String,
        pub user_id: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The person a provider's subject belongs to.
pub(crate) async fn user_of(kernel: &Kernel, provider: &str, subject: &str) -> Result<Option<String>> {
    let found = row::Entity::find()
        .filter(row::Column::Provider.eq(provider))
        .filter(row::Column::SubjectHash.eq(crate::secret::hash(subject)))
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(found.map(|row| row.user_id))
}

/// The providers a person is linked with.
pub(crate) async fn of_user(kernel: &Kernel, user_id: &str) -> Result<Vec<String>> {
    let rows = row::Entity::find().filter(row::Column::UserId.eq(user_id)).all(kernel.db().read()).await;
    Ok(rows.map_err(db::Error::from)?.into_iter().map(|row| row.provider).collect())
}

pub(crate) async fn insert(
    tx: &Tx,
    id: String,
    provider: &str,
    subject: &str,
    user_id: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    row::Entity::insert(row::ActiveModel {
        id: Set(id),
        provider: Set(provider.to_owned()),
        subject_hash: Set(crate::secret::hash(subject)),
        subject: Set(subject.to_owned()),
        user_id: Set(user_id.to_owned()),
        created_at: Set(now.micros()),
    })
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

pub(crate) async fn remove(tx: &Tx, provider: &str, user_id: &str) -> Result<u64> {
    let gone = row::Entity::delete_many()
        .filter(row::Column::Provider.eq(provider))
        .filter(row::Column::UserId.eq(user_id))
        .exec(tx)
        .await;
    Ok(gone.map_err(db::Error::from)?.rows_affected)
}
