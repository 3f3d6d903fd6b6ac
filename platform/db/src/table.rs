//! Portable tables in a few words, for migrations:
//!
//! ```ignore
//! Table::new("users").id().key("login").text("name").bool("active").time("created_at").unique(&["login"]).create(schema).await?;
//! ```

use sea_orm::sea_query::{self, Alias, ColumnDef, Index, IntoIden};
use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

/// Longest text in an indexed column, characters (MySQL's index limit with utf8mb4 decides).
pub const KEY_CHARS_MAX: u32 = 191;

/// A table under construction. Columns are NOT NULL unless their method says `optional`.
#[derive(Debug)]
pub struct Table {
    name: String,
    columns: Vec<(String, Kind, bool)>,
    primary: Vec<String>,
    indexes: Vec<(Vec<String>, bool)>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Key,
    Text,
    Integer,
    Real,
    Bool,
}

impl Table {
    /// A table with this name and no columns yet.
    pub fn new(name: &str) -> Self {
        Table { name: name.to_owned(), columns: Vec::new(), primary: Vec::new(), indexes: Vec::new() }
    }

    fn with(mut self, column: &str, kind: Kind, optional: bool) -> Self {
        self.columns.push((column.to_owned(), kind, optional));
        self
    }

    /// The primary key `id`, a text id.
    #[must_use]
    pub fn id(mut self) -> Self {
        self.primary.push("id".to_owned());
        self.with("id", Kind::Key, false)
    }

    /// A primary key of several columns, declared separately.
    #[must_use]
    pub fn primary(mut self, columns: &[&str]) -> Self {
        self.primary = columns.iter().map(|&c| c.to_owned()).collect();
        self
    }

    /// A short text (≤ [`KEY_CHARS_MAX`]) that may be indexed: ids, states, numbers of documents.
    #[must_use]
    pub fn key(self, column: &str) -> Self {
        self.with(column, Kind::Key, false)
    }

    /// The same, or NULL.
    #[must_use]
    pub fn optional_key(self, column: &str) -> Self {
        self.with(column, Kind::Key, true)
    }

    /// A text of any length; JSON is stored so too. Cannot be indexed.
    #[must_use]
    pub fn text(self, column: &str) -> Self {
        self.with(column, Kind::Text, false)
    }

    /// The same, or NULL.
    #[must_use]
    pub fn optional_text(self, column: &str) -> Self {
        self.with(column, Kind::Text, true)
    }

    /// A 64-bit integer: counts, minor units.
    #[must_use]
    pub fn integer(self, column: &str) -> Self {
        self.with(column, Kind::Integer, false)
    }

    /// The same, or NULL.
    #[must_use]
    pub fn optional_integer(self, column: &str) -> Self {
        self.with(column, Kind::Integer, true)
    }

    /// A moment, UTC microseconds.
    #[must_use]
    pub fn time(self, column: &str) -> Self {
        self.with(column, Kind::Integer, false)
    }

    /// The same, or NULL.
    #[must_use]
    pub fn optional_time(self, column: &str) -> Self {
        self.with(column, Kind::Integer, true)
    }

    /// A double.
    #[must_use]
    pub fn real(self, column: &str) -> Self {
        self.with(column, Kind::Real, false)
    }

    /// The same, or NULL.
    #[must_use]
    pub fn optional_real(self, column: &str) -> Self {
        self.with(column, Kind::Real, true)
    }

    /// A boolean.
    #[must_use]
    pub fn bool(self, column: &str) -> Self {
        self.with(column, Kind::Bool, false)
    }

    /// An index over columns.
    #[must_use]
    pub fn index(mut self, columns: &[&str]) -> Self {
        self.indexes.push((columns.iter().map(|&c| c.to_owned()).collect(), false));
        self
    }

    /// A unique index over columns.
    #[must_use]
    pub fn unique(mut self, columns: &[&str]) -> Self {
        self.indexes.push((columns.iter().map(|&c| c.to_owned()).collect(), true));
        self
    }

    /// Creates the table and its indexes.
    ///
    /// # Errors
    /// What the store says.
    pub async fn create(self, schema: &SchemaManager<'_>) -> Result<(), DbErr> {
        let backend = schema.get_database_backend();
        let mut statement = sea_query::Table::create();
        statement.table(Alias::new(&self.name));
        if backend == DbBackend::MySql {
            statement.character_set("utf8mb4").collate("utf8mb4_bin");
        }
        for (name, kind, optional) in &self.columns {
            statement.col(column(backend, name, *kind, *optional));
        }
        let mut primary = Index::create();
        for name in &self.primary {
            primary.col(Alias::new(name));
        }
        statement.primary_key(&mut primary);
        schema.create_table(statement).await?;
        for (columns, unique) in &self.indexes {
            create_index(schema, &self.name, columns, *unique).await?;
        }
        Ok(())
    }
}

/// Adds an index to a table that is there, for upgrades.
///
/// # Errors
/// What the store says.
pub async fn add_index(schema: &SchemaManager<'_>, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
    create_index(schema, table, &columns, false).await
}

async fn create_index(schema: &SchemaManager<'_>, table: &str, columns: &[String], unique: bool) -> Result<(), DbErr> {
    // Index names are short and unique over the whole schema: PostgreSQL cuts at 63 bytes.
    let mut name = format!("ix_{table}_{}", columns.join("_"));
    name.truncate(60);
    let mut index = Index::create();
    index.name(&name).table(Alias::new(table));
    for name in columns {
        index.col(Alias::new(name).into_iden());
    }
    if unique {
        index.unique();
    }
    schema.create_index(index).await
}

/// Adds one nullable column to a table, for upgrades. `kind` is `key`, `text`, `integer`, `real` or `bool`.
///
/// # Errors
/// What the store says, or an unknown kind.
pub async fn add_column(schema: &SchemaManager<'_>, table: &str, name: &str, kind: &str) -> Result<(), DbErr> {
    let kind = match kind {
        "key" => Kind::Key,
        "text" => Kind::Text,
        "integer" => Kind::Integer,
        "real" => Kind::Real,
        "bool" => Kind::Bool,
        other => return Err(DbErr::Custom(format!("unknown column kind {other}"))),
    };
    let backend = schema.get_database_backend();
    let mut statement = sea_query::Table::alter();
    statement.table(Alias::new(table)).add_column(column(backend, name, kind, true));
    schema.alter_table(statement).await
}

fn column(backend: DbBackend, name: &str, kind: Kind, optional: bool) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    match kind {
        Kind::Key => column.string_len(KEY_CHARS_MAX),
        // MySQL's TEXT ends at 64 KiB.
        Kind::Text if backend == DbBackend::MySql => column.custom(Alias::new("longtext")),
        Kind::Text => column.text(),
        Kind::Integer => column.big_integer(),
        Kind::Real => column.double(),
        Kind::Bool => column.boolean(),
    };
    if optional {
        column.null();
    } else {
        column.not_null();
    }
    column
}
