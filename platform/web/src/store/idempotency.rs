//! Answers kept for `Idempotency-Key`.

use ground::time::DAY_MICROS;
use kernel::Kernel;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

mod kept {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "web_idempotency")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub fingerprint: String,
        pub created_at: i64,
        pub status: Option<i64>,
        pub content_type: Option<String>,
        pub location: Option<String>,
        pub body: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// How long an answer is kept, microseconds.
const KEPT_MICROS: i64 = DAY_MICROS;

/// A kept answer.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

/// Who may run the request.
#[derive(Debug)]
pub(crate) enum Claim {
    /// This one: nobody else has.
    Mine,
    /// Somebody is at it.
    Running,
    /// The key belongs to another request.
    Other,
    /// It was done; this was the answer.
    Kept(Kept),
}

pub(crate) async fn claim(
    kernel: &Kernel,
    id: &str,
    fingerprint: &str,
    abandoned_micros: i64,
) -> kernel::Result<Claim> {
    let now = kernel.now();
    let tx = kernel.db().write_tx().await?;
    kept::Entity::delete_many()
        .filter(kept::Column::Id.eq(id))
        .filter(kept::Column::CreatedAt.lt(now.plus_micros(-KEPT_MICROS).micros()))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    if let Some(row) = kept::Entity::find_by_id(id).one(&tx).await.map_err(db::Error::from)? {
        if row.fingerprint != fingerprint {
            return Ok(Claim::Other);
        }
        if let Some(status) = row.status {
            return Ok(Claim::Kept(Kept {
                status: status as u16,
                content_type: row.content_type.unwrap_or_default(),
                location: row.location,
                body: row.body.unwrap_or_default(),
            }));
        }
        if row.created_at > now.plus_micros(-abandoned_micros).micros() {
            return Ok(Claim::Running);
        }
        kept::Entity::delete_by_id(id).exec(&tx).await.map_err(db::Error::from)?;
    }
    let inserted = kept::Entity::insert(kept::ActiveModel {
        id: Set(id.to_owned()),
        fingerprint: Set(fingerprint.to_owned()),
        created_at: Set(now.micros()),
        status: Set(None),
        content_type: Set(None),
        location: Set(None),
        body: Set(None),
    })
    .exec_without_returning(&tx)
    .await
    .map_err(db::Error::from);
    match inserted {
        Ok(_) => {
            tx.commit().await.map_err(db::Error::from)?;
            Ok(Claim::Mine)
        }
        Err(db::Error::Duplicate(_)) => Ok(Claim::Running),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn keep(kernel: &Kernel, id: &str, answer: &Kept) -> kernel::Result<()> {
    let tx = kernel.db().write_tx().await?;
    kept::Entity::update_many()
        .col_expr(kept::Column::Status, Expr::value(i64::from(answer.status)))
        .col_expr(kept::Column::ContentType, Expr::value(answer.content_type.clone()))
        .col_expr(kept::Column::Location, Expr::value(answer.location.clone()))
        .col_expr(kept::Column::Body, Expr::value(answer.body.clone()))
        .filter(kept::Column::Id.eq(id))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

pub(crate) async fn release(kernel: &Kernel, id: &str) -> kernel::Result<()> {
    let tx = kernel.db().write_tx().await?;
    kept::Entity::delete_by_id(id).exec(&tx).await.map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(())
}

/// Takes away what is older than a day. Always returns 0: nothing more is due at once.
pub(crate) async fn expire(kernel: &Kernel) -> kernel::Result<u64> {
    let tx = kernel.db().write_tx().await?;
    kept::Entity::delete_many()
        .filter(kept::Column::CreatedAt.lt(kernel.now().plus_micros(-KEPT_MICROS).micros()))
        .exec(&tx)
        .await
        .map_err(db::Error::from)?;
    tx.commit().await.map_err(db::Error::from)?;
    Ok(0)
}
