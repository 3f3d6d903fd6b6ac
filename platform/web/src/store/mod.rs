//! The tables of the web layer: the only SQL of this crate.

pub(crate) mod idempotency;
pub(crate) mod webhooks;

use db::{Migrations, Table};
use ground::Problem;
use kernel::Kernel;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

mod keys {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "web_keys")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub secret: String,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

db::migration!(CreateWeb, "m20261123_000200_web_keys_idempotency_webhooks", |schema| {
    Table::new("web_keys").id().key("secret").time("created_at").create(schema).await?;
    Table::new("web_idempotency")
        .id()
        .key("fingerprint")
        .time("created_at")
        .optional_integer("status")
        .optional_key("content_type")
        .optional_text("location")
        .optional_text("body")
        .index(&["created_at"])
        .create(schema)
        .await?;
    Table::new("webhooks")
        .id()
        .text("url")
        .text("description")
        .text("kinds")
        .key("secret")
        .optional_key("secret_before")
        .optional_time("secret_before_until")
        .key("state")
        .optional_time("failing_since")
        .time("created_at")
        .key("created_by")
        .time("changed_at")
        .index(&["state"])
        .create(schema)
        .await?;
    Table::new("webhook_deliveries")
        .id()
        .key("webhook_id")
        .optional_key("act_id")
        .key("kind")
        .text("payload")
        .key("state")
        .integer("attempts")
        .time("due_at")
        .time("created_at")
        .optional_time("finished_at")
        .optional_integer("last_status")
        .optional_text("last_failure")
        .unique(&["webhook_id", "act_id"])
        .index(&["state", "due_at"])
        .index(&["webhook_id", "created_at"])
        .create(schema)
        .await?;
    Table::new("webhook_attempts")
        .id()
        .key("delivery_id")
        .time("at")
        .optional_integer("status")
        .integer("latency_ms")
        .optional_text("failure")
        .optional_text("answer")
        .index(&["delivery_id", "at"])
        .create(schema)
        .await?;
});

pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateWeb)]
}

/// The secret all processes share; made at the first start.
pub(crate) async fn secret(kernel: &Kernel) -> kernel::Result<[u8; 32]> {
    for _ in 0..2 {
        if let Some(row) = keys::Entity::find_by_id("site").one(kernel.db().read()).await.map_err(db::Error::from)? {
            let bytes = hex::decode(&row.secret).map_err(Problem::internal)?;
            return bytes.try_into().map_err(|_| Problem::internal("the stored secret of the web layer is damaged"));
        }
        let tx = kernel.db().write_tx().await?;
        let made = keys::Entity::insert(keys::ActiveModel {
            id: Set("site".to_owned()),
            secret: Set(ground::random::random_hex(kernel.rng(), 32)),
            created_at: Set(kernel.now().micros()),
        })
        .exec_without_returning(&tx)
        .await
        .map_err(db::Error::from);
        match made {
            Ok(_) => tx.commit().await.map_err(db::Error::from)?,
            // Another process was first: its secret is read in the second round.
            Err(db::Error::Duplicate(_)) => drop(tx),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::internal("the secret of the web layer can neither be read nor made"))
}

/// Whether the store answers.
pub(crate) async fn ping(kernel: &Kernel) -> kernel::Result<()> {
    kernel.db().read().execute_unprepared("SELECT 1").await.map_err(db::Error::from)?;
    Ok(())
}
