//! The only SQL of this slice. Entities and migrations in [`schema`]; one file a noun.

pub(crate) mod examples;
pub(crate) mod marks;
pub(crate) mod schema;
pub(crate) mod scores;
pub(crate) mod versions;

use ground::Problem;
use kernel::Result;
use schema::facts;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

pub(crate) fn fail(error: sea_orm::DbErr) -> Problem {
    db::Error::from(error).into()
}

pub(crate) fn unknown(what: &str, value: &str) -> Problem {
    Problem::internal(format!("a row has the unknown {what} {value}"))
}

pub(crate) fn day(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(0)
}

/// A small fact.
pub(crate) async fn fact(db: &impl ConnectionTrait, name: &str) -> Result<Option<i64>> {
    Ok(facts::Entity::find_by_id(name).one(db).await.map_err(fail)?.map(|row| row.value))
}

/// Sets a small fact.
pub(crate) async fn set_fact(db: &impl ConnectionTrait, name: &str, value: i64) -> Result<()> {
    facts::Entity::delete_by_id(name).exec(db).await.map_err(fail)?;
    let row = facts::Model { name: name.to_owned(), value };
    facts::Entity::insert(row.into_active_model()).exec_without_returning(db).await.map_err(fail)?;
    Ok(())
}
