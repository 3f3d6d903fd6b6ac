//! Schema changes. A slice lists its migrations; the application joins the lists and runs them in the order of their
//! names (`m20261123_000100_accounts_users`).

use crate::{Db, Error, Result};
use sea_orm_migration::{MigrationTrait, MigratorTraitSelf};

/// A list of migrations.
pub type Migrations = Vec<Box<dyn MigrationTrait>>;

struct Joined<F: Fn() -> Migrations + Send + Sync>(F);

impl<F: Fn() -> Migrations + Send + Sync> MigratorTraitSelf for Joined<F> {
    fn migrations(&self) -> Migrations {
        let mut all = (self.0)();
        all.sort_by(|a, b| a.name().cmp(b.name()));
        all
    }
}

/// Runs every migration that has not run yet. Safe to call at every start.
///
/// # Errors
/// The first statement that failed; on PostgreSQL and SQLite nothing of that migration is kept.
pub async fn migrate(db: &Db, migrations: impl Fn() -> Migrations + Send + Sync) -> Result<()> {
    Joined(migrations).up(db.writer(), None).await.map_err(Error::Statement)
}

/// Declares a migration: `migration!(CreateUsers, "m20261123_000100_accounts_users", |schema| { … })`.
#[macro_export]
macro_rules! migration {
    ($type:ident, $name:literal, |$schema:ident| $body:block) => {
        struct $type;
        impl $crate::MigrationName for $type {
            fn name(&self) -> &str {
                $name
            }
        }
        #[async_trait::async_trait]
        impl $crate::MigrationTrait for $type {
            // Whole or not at all, where the store can (SQLite, PostgreSQL; MySQL commits each table by itself).
            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }

            async fn up(&self, $schema: &$crate::SchemaManager) -> Result<(), sea_orm::DbErr> {
                $body;
                Ok(())
            }
        }
    };
}
