//! The only SQL of this duty. Nobody's permission is checked here.
//!
//! Four tables carry the queries. `events` holds one row an event under a number `seq` that grows in the order of commits.
//! `event_terms` says which things an event names and in which role; `event_viewers` which parties may see it. Both are
//! clustered by what is asked for, so that a question reads neighbouring rows. `event_vocabulary` lists the words in use.

mod captures;
mod events;
mod queries;
mod scan;
mod subscriptions;

pub(crate) use captures::*;
pub(crate) use events::*;
pub(crate) use queries::*;
pub(crate) use scan::*;
pub(crate) use subscriptions::*;

use db::{Migrations, Table};
use sea_orm::{ConnectionTrait, DbBackend};
use sha2::{Digest, Sha256};

/// Longest text in an indexed column, bytes; longer values are kept as their hash.
const KEY_BYTES_MAX: usize = 180;
/// What canonical Digital Links begin with; left out in the index.
const CANONICAL: &str = "https://id.gs1.org/";

/// A value as it stands in an index: short, and the same for the same thing.
pub(crate) fn index_key(value: &str) -> String {
    if let Some(rest) = value.strip_prefix(CANONICAL)
        && rest.len() < KEY_BYTES_MAX
    {
        return format!("/{rest}");
    }
    if value.len() <= KEY_BYTES_MAX && !value.starts_with('/') && !value.starts_with('#') {
        return value.to_owned();
    }
    format!("#{}", hex::encode(Sha256::digest(value.as_bytes())))
}

/// How the keys of all values that begin so begin; a prefix is never so long that its values would be hashed.
pub(crate) fn prefix_key(prefix: &str) -> String {
    match prefix.strip_prefix(CANONICAL) {
        Some(rest) => format!("/{rest}"),
        None => prefix.to_owned(),
    }
}

/// The value an index key stands for; `None` where only its hash is kept.
pub(crate) fn from_index_key(key: &str) -> Option<String> {
    match key.as_bytes().first() {
        Some(b'#') => None,
        Some(b'/') => Some(format!("{CANONICAL}{}", &key[1..])),
        _ => Some(key.to_owned()),
    }
}

const SQLITE: &[&str] = &[
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, event_key TEXT NOT NULL, event_id TEXT NOT NULL, hash TEXT NOT NULL, \
     kind TEXT NOT NULL, event_time INTEGER NOT NULL, record_time INTEGER NOT NULL, party TEXT NOT NULL, \
     capture_id TEXT NOT NULL, position INTEGER NOT NULL, act_id TEXT NOT NULL, action TEXT, biz_step TEXT, \
     disposition TEXT, read_point TEXT, biz_location TEXT, declaration BOOLEAN NOT NULL, declared_wrong_at INTEGER, \
     skew_micros INTEGER NOT NULL, json TEXT NOT NULL)",
    "CREATE UNIQUE INDEX ux_events_key ON events (event_key)",
    "CREATE INDEX ix_events_time ON events (event_time)",
    "CREATE INDEX ix_events_step ON events (biz_step, event_time)",
    "CREATE INDEX ix_events_disposition ON events (disposition, event_time)",
    "CREATE INDEX ix_events_read_point ON events (read_point, event_time)",
    "CREATE INDEX ix_events_location ON events (biz_location, event_time)",
    "CREATE TABLE event_terms (value TEXT NOT NULL, role TEXT NOT NULL, seq INTEGER NOT NULL, \
     PRIMARY KEY (value, role, seq)) WITHOUT ROWID",
    "CREATE TABLE event_viewers (party TEXT NOT NULL, event_time INTEGER NOT NULL, seq INTEGER NOT NULL, \
     PRIMARY KEY (party, event_time, seq)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX ux_event_viewers ON event_viewers (party, seq)",
];

const POSTGRES: &[&str] = &[
    "CREATE TABLE events (seq BIGINT PRIMARY KEY, event_key VARCHAR(191) COLLATE \"C\" NOT NULL, event_id TEXT NOT NULL, \
     hash VARCHAR(191) NOT NULL, kind VARCHAR(191) NOT NULL, event_time BIGINT NOT NULL, record_time BIGINT NOT NULL, \
     party VARCHAR(191) NOT NULL, capture_id VARCHAR(191) NOT NULL, position BIGINT NOT NULL, \
     act_id VARCHAR(191) NOT NULL, action VARCHAR(191), biz_step VARCHAR(191) COLLATE \"C\", \
     disposition VARCHAR(191) COLLATE \"C\", read_point VARCHAR(191) COLLATE \"C\", \
     biz_location VARCHAR(191) COLLATE \"C\", declaration BOOLEAN NOT NULL, declared_wrong_at BIGINT, \
     skew_micros BIGINT NOT NULL, json TEXT NOT NULL)",
    "CREATE UNIQUE INDEX ux_events_key ON events (event_key)",
    "CREATE INDEX ix_events_time ON events (event_time, seq)",
    "CREATE INDEX ix_events_step ON events (biz_step, event_time, seq)",
    "CREATE INDEX ix_events_disposition ON events (disposition, event_time, seq)",
    "CREATE INDEX ix_events_read_point ON events (read_point, event_time, seq)",
    "CREATE INDEX ix_events_location ON events (biz_location, event_time, seq)",
    "CREATE TABLE event_terms (value VARCHAR(191) COLLATE \"C\" NOT NULL, role VARCHAR(8) COLLATE \"C\" NOT NULL, \
     seq BIGINT NOT NULL, PRIMARY KEY (value, role, seq))",
    "CREATE TABLE event_viewers (party VARCHAR(191) NOT NULL, event_time BIGINT NOT NULL, seq BIGINT NOT NULL, \
     PRIMARY KEY (party, event_time, seq))",
    "CREATE UNIQUE INDEX ux_event_viewers ON event_viewers (party, seq)",
];

db::migration!(CreateRepository, "m20261124_000120_events_repository", |schema| {
    // The big tables are spelt out for the stores that can cluster them; what remains is MySQL, which always does.
    let connection = schema.get_connection();
    let spelt: &[&str] = match schema.get_database_backend() {
        DbBackend::Sqlite => SQLITE,
        DbBackend::Postgres => POSTGRES,
        _ => &[],
    };
    for statement in spelt {
        connection.execute_unprepared(statement).await?;
    }
    if spelt.is_empty() {
        events_table().create(schema).await?;
        Table::new("event_terms")
            .key("value")
            .key("role")
            .integer("seq")
            .primary(&["value", "role", "seq"])
            .create(schema)
            .await?;
        Table::new("event_viewers")
            .key("party")
            .time("event_time")
            .integer("seq")
            .primary(&["party", "event_time", "seq"])
            .unique(&["party", "seq"])
            .create(schema)
            .await?;
    }
    Table::new("event_sequence").id().integer("next").create(schema).await?;
    connection.execute_unprepared("INSERT INTO event_sequence (id, next) VALUES ('events', 1)").await?;
    Table::new("event_vocabulary")
        .key("kind")
        .key("party")
        .key("value")
        .primary(&["kind", "party", "value"])
        .create(schema)
        .await?;
    captures_tables(schema).await?;
});

fn events_table() -> Table {
    Table::new("events")
        .integer("seq")
        .key("event_key")
        .text("event_id")
        .key("hash")
        .key("kind")
        .time("event_time")
        .time("record_time")
        .key("party")
        .key("capture_id")
        .integer("position")
        .key("act_id")
        .optional_key("action")
        .optional_key("biz_step")
        .optional_key("disposition")
        .optional_key("read_point")
        .optional_key("biz_location")
        .bool("declaration")
        .optional_time("declared_wrong_at")
        .integer("skew_micros")
        .text("json")
        .primary(&["seq"])
        .unique(&["event_key"])
        .index(&["event_time", "seq"])
        .index(&["biz_step", "event_time", "seq"])
        .index(&["disposition", "event_time", "seq"])
        .index(&["read_point", "event_time", "seq"])
        .index(&["biz_location", "event_time", "seq"])
}

async fn captures_tables(schema: &db::SchemaManager<'_>) -> Result<(), sea_orm::DbErr> {
    Table::new("event_captures")
        .id()
        .key("party")
        .key("actor")
        .key("on_error")
        .optional_text("file")
        .optional_key("document")
        .key("state")
        .time("created_at")
        .optional_time("finished_at")
        .time("due_at")
        .bool("success")
        .integer("accepted")
        .integer("rejected")
        .integer("duplicates")
        .integer("skewed")
        .optional_integer("first_seq")
        .optional_integer("last_seq")
        .index(&["party", "id"])
        .index(&["state", "due_at"])
        .create(schema)
        .await?;
    Table::new("event_faults")
        .key("capture_id")
        .integer("position")
        .key("outcome")
        .optional_text("event_id")
        .optional_text("pointer")
        .optional_key("code")
        .text("detail_zh")
        .text("detail_en")
        .primary(&["capture_id", "position"])
        .create(schema)
        .await
}

db::migration!(CreateQueries, "m20261124_000121_events_queries", |schema| {
    Table::new("event_queries")
        .key("owner")
        .key("name")
        .text("query")
        .key("created_by")
        .time("created_at")
        .primary(&["owner", "name"])
        .create(schema)
        .await?;
    Table::new("event_subscriptions")
        .id()
        .key("owner")
        .key("query")
        .text("destination")
        .text("secret")
        .optional_text("schedule")
        .bool("report_if_empty")
        .key("epc_format")
        .optional_time("initial_record_time")
        .integer("cursor_seq")
        .key("state")
        .optional_text("pause_reason")
        .integer("failures")
        .optional_time("failing_since")
        .time("due_at")
        .optional_time("last_notified_at")
        .key("created_by")
        .time("created_at")
        .index(&["owner", "query", "id"])
        .index(&["state", "due_at"])
        .create(schema)
        .await?;
    Table::new("event_parties")
        .key("identifier")
        .key("party")
        .key("created_by")
        .time("created_at")
        .primary(&["identifier"])
        .index(&["party"])
        .create(schema)
        .await?;
});

/// The migrations of this crate.
pub(crate) fn migrations() -> Migrations {
    vec![Box::new(CreateRepository), Box::new(CreateQueries)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_key_is_short_and_stands_for_one_thing() {
        let link = "https://id.gs1.org/01/09506000134352/21/ABC";
        assert_eq!(index_key(link), "/01/09506000134352/21/ABC");
        assert_eq!(from_index_key(&index_key(link)).as_deref(), Some(link));
        let long = format!("urn:x:{}", "a".repeat(400));
        assert!(index_key(&long).len() <= KEY_BYTES_MAX && from_index_key(&index_key(&long)).is_none());
        assert_ne!(index_key("/01/09506000134352/21/ABC"), index_key(link));
    }
}
