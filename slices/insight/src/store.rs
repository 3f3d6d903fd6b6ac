//! The only SQL of this duty on the store of rows. Nobody's permission is checked here.

use crate::Error;
use crate::ask::Run;
use crate::saved::{SAVED_MAX, SHARED_MAX, Saved};
use db::{Migrations, Table};
use ground::Problem;
use ground::time::DAY_MICROS;
use kernel::{Kernel, Page, Paging};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// How long rows of questions are kept, days.
const RUNS_KEPT_DAYS: i64 = 400;

mod saved_queries {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "insight_saved")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub owner_id: String,
        pub name: String,
        pub sql_text: String,
        pub shared: bool,
        pub updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod query_runs {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "insight_runs")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub at: i64,
        pub actor_id: String,
        pub sql_hash: String,
        pub outcome: String,
        pub answer_rows: i64,
        pub milliseconds: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

db::migration!(CreateInsight, "m20261124_000380_insight", |schema| {
    Table::new("insight_saved")
        .id()
        .key("owner_id")
        .text("name")
        .text("sql_text")
        .bool("shared")
        .time("updated_at")
        .index(&["owner_id"])
        .index(&["shared", "updated_at"])
        .create(schema)
        .await?;
    Table::new("insight_runs")
        .id()
        .time("at")
        .key("actor_id")
        .key("sql_hash")
        .key("outcome")
        .integer("answer_rows")
        .integer("milliseconds")
        .index(&["at"])
        .index(&["actor_id", "at"])
        .create(schema)
        .await?;
});

pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateInsight)]
}

fn fail(error: sea_orm::DbErr) -> Error {
    Error::Platform(Problem::from(db::Error::from(error)))
}

async fn begin(kernel: &Kernel) -> Result<sea_orm::DatabaseTransaction, Error> {
    kernel.db().write_tx().await.map_err(|error| Error::Platform(Problem::from(error)))
}

fn saved_of(row: saved_queries::Model) -> Saved {
    let saved_queries::Model { id, owner_id, name, sql_text, shared, updated_at } = row;
    Saved { id, owner_id, name, sql: sql_text, shared, updated_at }
}

/// Writes one, over the owner's of the same name.
pub(crate) async fn save(kernel: &Kernel, saved: Saved) -> Result<Saved, Error> {
    let tx = begin(kernel).await?;
    let own = saved_queries::Entity::find().filter(saved_queries::Column::OwnerId.eq(&saved.owner_id));
    let own = own.limit(SAVED_MAX + 1).all(&tx).await.map_err(fail)?;
    let Saved { id, owner_id, name, sql, shared, updated_at } = saved;
    let mut model = saved_queries::Model { id, owner_id, name, sql_text: sql, shared, updated_at };
    match own.iter().find(|row| row.name == model.name) {
        Some(former) => {
            model.id.clone_from(&former.id);
            model.clone().into_active_model().reset_all().update(&tx).await.map_err(fail)?;
        }
        None if own.len() as u64 >= SAVED_MAX => return Err(Error::SavedFull { most: SAVED_MAX }),
        None => {
            let active = model.clone().into_active_model();
            saved_queries::Entity::insert(active).exec_without_returning(&tx).await.map_err(fail)?;
        }
    }
    tx.commit().await.map_err(fail)?;
    Ok(saved_of(model))
}

/// The owner's by name, then others' shared ones, the newest first.
pub(crate) async fn saved(kernel: &Kernel, owner_id: &str) -> Result<Vec<Saved>, Error> {
    let db = kernel.db().read();
    let own = saved_queries::Entity::find().filter(saved_queries::Column::OwnerId.eq(owner_id)).limit(SAVED_MAX);
    let mut all: Vec<Saved> = own.all(db).await.map_err(fail)?.into_iter().map(saved_of).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let others = saved_queries::Entity::find()
        .filter(saved_queries::Column::Shared.eq(true))
        .filter(saved_queries::Column::OwnerId.ne(owner_id))
        .order_by_desc(saved_queries::Column::UpdatedAt)
        .limit(SHARED_MAX);
    all.extend(others.all(db).await.map_err(fail)?.into_iter().map(saved_of));
    Ok(all)
}

/// Removes one of the owner's; whether there was one.
pub(crate) async fn remove(kernel: &Kernel, owner_id: &str, id: &str) -> Result<bool, Error> {
    let tx = begin(kernel).await?;
    let gone = saved_queries::Entity::delete_many()
        .filter(saved_queries::Column::Id.eq(id))
        .filter(saved_queries::Column::OwnerId.eq(owner_id))
        .exec(&tx)
        .await
        .map_err(fail)?;
    tx.commit().await.map_err(fail)?;
    Ok(gone.rows_affected > 0)
}

/// Notes that a question was asked.
pub(crate) async fn record(kernel: &Kernel, run: &Run) -> Result<(), Error> {
    let Run { id, at, actor_id, sql_hash, outcome, rows, milliseconds } = run.clone();
    let model = query_runs::Model { id, at, actor_id, sql_hash, outcome, answer_rows: rows, milliseconds };
    let tx = begin(kernel).await?;
    query_runs::Entity::insert(model.into_active_model()).exec_without_returning(&tx).await.map_err(fail)?;
    tx.commit().await.map_err(fail)
}

/// Questions asked, the newest first; of one person, or of all.
pub(crate) async fn runs(kernel: &Kernel, actor_id: Option<&str>, paging: &Paging) -> Result<Page<Run>, Error> {
    let db = kernel.db().read();
    let mut found = query_runs::Entity::find();
    if let Some(actor_id) = actor_id {
        found = found.filter(query_runs::Column::ActorId.eq(actor_id));
    }
    let total = found.clone().count(db).await.map_err(fail)?;
    let newest = found.order_by_desc(query_runs::Column::At).order_by_desc(query_runs::Column::Id);
    let rows = newest.offset(paging.offset()).limit(paging.rows).all(db).await.map_err(fail)?;
    let run = |row: query_runs::Model| {
        let query_runs::Model { id, at, actor_id, sql_hash, outcome, answer_rows, milliseconds } = row;
        Run { id, at, actor_id, sql_hash, outcome, rows: answer_rows, milliseconds }
    };
    Ok(Page { rows: rows.into_iter().map(run).collect(), total, paging: paging.clone() })
}

/// Takes rows of questions away that are past their time. Answers how many, for the job that calls.
pub(crate) async fn expire(kernel: &Kernel) -> kernel::Result<u64> {
    let before = kernel.now().micros() - RUNS_KEPT_DAYS * DAY_MICROS;
    let tx = begin(kernel).await?;
    let gone = query_runs::Entity::delete_many().filter(query_runs::Column::At.lt(before)).exec(&tx).await;
    let gone = gone.map_err(fail)?;
    tx.commit().await.map_err(fail)?;
    Ok(gone.rows_affected)
}
