//! The store of rows: one code for SQLite, PostgreSQL and MySQL/MariaDB through SeaORM.
//!
//! Reading order: [`Db`], [`table`] (how migrations describe portable tables), [`migrate`], [`testing`].
//!
//! Invariants
//! - Columns are portable only: text ids, `i64` UTC microseconds, `i64` minor units, booleans, `f64`, JSON as text.
//! - Every write happens in a transaction from [`Db::write_tx`]. On SQLite that transaction is immediate and there is
//!   one writer at a time; readers never wait for it (WAL).
//! - Migrations only add; each has a unique, ordered name and runs once.
//!
//! What it does not do: it knows no table of any slice. SQL stands in each slice's `store.rs`.

mod connect;
mod error;
mod matching;
pub mod migrate;
pub mod table;
pub mod testing;

pub use connect::{Db, Settings};
pub use error::Error;
pub use matching::containing;
pub use migrate::{Migrations, migrate};
pub use sea_orm::DatabaseTransaction as Tx;
pub use sea_orm::{DatabaseConnection, DbBackend};
pub use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
pub use table::{Table, add_column};

/// A result of the store.
pub type Result<T> = std::result::Result<T, Error>;
