use crate::{Error, Result};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use std::path::Path;
use std::time::Duration;

/// Longest wait for a connection or a lock, seconds.
const WAIT_SECONDS_MAX: u64 = 15;
/// SQLite: pages (of 4 KiB) the write-ahead log holds before they are moved into the file. Measured with events captured
/// into a store of 200,000: 16,000 pages and the writer's larger cache give a quarter more than the usual 1,000.
const WAL_PAGES_MAX: u32 = 16_000;
/// SQLite: memory for pages of the connection that writes, and of each that reads, KiB.
const WRITER_CACHE_KIB: u32 = 32_000;
const READER_CACHE_KIB: u32 = 16_000;

/// How to reach the store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:PATH`, `postgres://…` or `mysql://…`.
    pub url: String,
    /// Most connections for readers (and, on servers, writers).
    pub connections_max: u32,
}

impl Settings {
    /// A SQLite file.
    pub fn sqlite(path: &Path) -> Self {
        Settings { url: format!("sqlite:{}", path.display()), connections_max: 8 }
    }
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
}

impl Db {
    /// Connects; a SQLite file is created when missing.
    ///
    /// # Errors
    /// [`Error::Address`] for an unknown scheme, [`Error::Unavailable`] when the store does not answer.
    pub async fn connect(settings: &Settings) -> Result<Db> {
        if let Some(path) = settings.url.strip_prefix("sqlite:") {
            return Db::connect_sqlite(path, settings.connections_max).await;
        }
        let known = ["postgres://", "postgresql://", "mysql://", "mariadb://"];
        if !known.iter().any(|scheme| settings.url.starts_with(scheme)) {
            return Err(Error::Address("expected sqlite:PATH, postgres://… or mysql://…".to_owned()));
        }
        let pool =
            Database::connect(options(settings.url.replacen("mariadb://", "mysql://", 1), settings.connections_max))
                .await
                .map_err(Error::Unavailable)?;
        Ok(Db { read: pool.clone(), write: pool })
    }

    async fn connect_sqlite(path: &str, connections_max: u32) -> Result<Db> {
        let url = format!("sqlite://{path}?mode=rwc");
        let pragmas = |options: &mut ConnectOptions, writes: bool| {
            options.map_sqlx_sqlite_opts(move |sqlite| {
                sqlite
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "FULL")
                    .pragma("foreign_keys", "ON")
                    .pragma("temp_store", "MEMORY")
                    // What is erased is overwritten, not only forgotten.
                    .pragma("secure_delete", "ON")
                    .pragma("cache_size", format!("-{}", if writes { WRITER_CACHE_KIB } else { READER_CACHE_KIB }))
                    // The pages of indexes that a busy hour changes again and again go into the file once.
                    .pragma("wal_autocheckpoint", WAL_PAGES_MAX.to_string())
                    .busy_timeout(Duration::from_secs(WAIT_SECONDS_MAX))
            });
        };
        // One writer: transactions queue here instead of failing with "database is locked".
        let mut write = options(url.clone(), 1);
        pragmas(&mut write, true);
        let write = Database::connect(write).await.map_err(Error::Unavailable)?;
        let mut read = options(url, connections_max);
        pragmas(&mut read, false);
        let read = Database::connect(read).await.map_err(Error::Unavailable)?;
        Ok(Db { read, write })
    }

    /// The connection for reading. Never write through it.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// A write transaction: rolled back when dropped, kept by `commit()`. Immediate on SQLite.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no connection or lock is to be had in time.
    pub async fn write_tx(&self) -> Result<DatabaseTransaction> {
        Ok(self
            .write
            .begin_with_options(TransactionOptions {
                isolation_level: None,
                access_mode: None,
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            })
            .await?)
    }

    /// Which kind of store this is.
    pub fn backend(&self) -> DbBackend {
        self.read.get_database_backend()
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Closes all connections.
    pub async fn close(self) {
        let _ = self.read.close().await;
        let _ = self.write.close().await;
    }
}

fn options(url: String, connections_max: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections_max)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(WAIT_SECONDS_MAX))
        .sqlx_logging(false);
    options
}
