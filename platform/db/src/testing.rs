//! Test databases: SQLite always; PostgreSQL and MariaDB where the test script has started them and named them in
//! `TOUCHSTONE_TEST_POSTGRES` and `TOUCHSTONE_TEST_MYSQL` (an administrator address with no database name).

use crate::{Db, Migrations, Settings, migrate};
use sea_orm::{ConnectionTrait, Database};
use std::sync::atomic::{AtomicU64, Ordering};

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A fresh database that goes away with this value (the servers of the test script go away with it).
#[derive(Debug)]
pub struct TestDb {
    /// The store.
    pub db: Db,
    /// `sqlite`, `postgres` or `mysql`.
    pub kind: &'static str,
    /// Its address, to connect a second time.
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

/// A fresh, migrated SQLite database.
///
/// # Panics
/// When it cannot be made.
pub async fn sqlite(migrations: impl Fn() -> Migrations + Send + Sync) -> TestDb {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = Settings::sqlite(&folder.path().join("test.db"));
    let db = Db::connect(&settings).await.expect("a SQLite file");
    migrate(&db, migrations).await.expect("the migrations run");
    TestDb { db, kind: "sqlite", url: settings.url, _folder: Some(folder) }
}

/// A fresh, migrated database of every kind there is. Says which kinds are missing.
///
/// # Panics
/// When a named server cannot be used.
pub async fn each(migrations: impl Fn() -> Migrations + Send + Sync + Copy) -> Vec<TestDb> {
    let mut all = vec![sqlite(migrations).await];
    for (kind, variable) in [("postgres", "TOUCHSTONE_TEST_POSTGRES"), ("mysql", "TOUCHSTONE_TEST_MYSQL")] {
        let Ok(server) = std::env::var(variable) else {
            eprintln!("{variable} is not set: this run leaves {kind} out");
            continue;
        };
        let name = format!("t{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::SeqCst));
        let admin = Database::connect(server.as_str()).await.expect("the test server answers");
        let create = match kind {
            "mysql" => format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
            _ => format!("CREATE DATABASE {name}"),
        };
        admin.execute_unprepared(&create).await.expect("a test database");
        let _ = admin.close().await;
        let (base, query) = server.split_once('?').unwrap_or((&server, ""));
        let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
        let url = format!("{base}/{name}?{query}");
        let db =
            Db::connect(&Settings { url: url.clone(), connections_max: 4 }).await.expect("the test database answers");
        migrate(&db, migrations).await.expect("the migrations run");
        all.push(TestDb { db, kind, url, _folder: None });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Table};
    use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};

    crate::migration!(Make, "m0_make", |schema| {
        Table::new("things")
            .id()
            .key("name")
            .optional_text("note")
            .time("at")
            .bool("on_sale")
            .real("size")
            .unique(&["name"])
            .create(schema)
            .await?;
    });

    fn migrations() -> Migrations {
        vec![Box::new(Make)]
    }

    fn insert(id: &str, name: &str) -> sea_orm::sea_query::InsertStatement {
        let columns = ["id", "name", "at", "on_sale", "size"].map(Alias::new);
        Query::insert()
            .into_table(Alias::new("things"))
            .columns(columns)
            .values_panic([id.into(), name.into(), 5i64.into(), true.into(), 0.5f64.into()])
            .to_owned()
    }

    async fn count(db: &Db) -> usize {
        let select = Query::select()
            .column(Alias::new("id"))
            .from(Alias::new("things"))
            .and_where(Expr::col(Alias::new("on_sale")).eq(true))
            .to_owned();
        db.read().query_all(&select).await.unwrap().len()
    }

    #[tokio::test]
    async fn what_is_not_committed_is_not_kept_on_any_store() {
        for test in each(migrations).await {
            let tx = test.db.write_tx().await.unwrap();
            tx.execute(&insert("a", "甲")).await.unwrap();
            drop(tx);
            assert_eq!(count(&test.db).await, 0, "{}", test.kind);
            let tx = test.db.write_tx().await.unwrap();
            tx.execute(&insert("a", "甲")).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(count(&test.db).await, 1, "{}", test.kind);
            let tx = test.db.write_tx().await.unwrap();
            let twice = tx.execute(&insert("b", "甲")).await.map_err(Error::from);
            assert!(matches!(twice, Err(Error::Duplicate(_))), "{}", test.kind);
            drop(tx);
            migrate(&test.db, migrations).await.expect("a second start changes nothing");
        }
    }

    #[tokio::test]
    async fn many_writers_queue_and_none_fails() {
        let test = sqlite(migrations).await;
        let tasks: Vec<_> = (0..40)
            .map(|n| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let tx = db.write_tx().await.unwrap();
                    tx.execute(&insert(&n.to_string(), &n.to_string())).await.unwrap();
                    tx.commit().await.unwrap();
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(count(&test.db).await, 40);
    }

    #[tokio::test]
    async fn an_unknown_address_is_refused() {
        let settings = Settings { url: "oracle://x".to_owned(), connections_max: 1 };
        assert!(matches!(Db::connect(&settings).await, Err(Error::Address(_))));
    }
}
