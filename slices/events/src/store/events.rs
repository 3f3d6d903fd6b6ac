//! Events, the things they name, who may see them, and the words in use.

use super::{from_index_key, index_key};
use crate::model::StoredEvent;
use db::Tx;
use ground::Timestamp;
use kernel::{Kernel, Result};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

#[allow(clippy::module_inception)] // named after its table, as its file is
pub(super) mod events {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
        pub event_key: String,
        pub event_id: String,
        pub hash: String,
        pub kind: String,
        pub event_time: i64,
        pub record_time: i64,
        pub party: String,
        pub capture_id: String,
        pub position: i64,
        pub act_id: String,
        pub action: Option<String>,
        pub biz_step: Option<String>,
        pub disposition: Option<String>,
        pub read_point: Option<String>,
        pub biz_location: Option<String>,
        pub declaration: bool,
        pub declared_wrong_at: Option<i64>,
        pub skew_micros: i64,
        pub json: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod terms {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_terms")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod viewers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_viewers")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub party: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub event_time: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub seq: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod vocabulary {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_vocabulary")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub party: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) use events::Model as EventRow;

/// Rows of one statement: under the number of parameters every store takes.
const ROWS_MAX: usize = 400;
/// Index rows of one statement.
const TERM_ROWS_MAX: usize = 4_000;
/// Keys of one `IN` list.
pub(super) const KEYS_MAX: usize = 500;

impl From<EventRow> for StoredEvent {
    fn from(row: EventRow) -> Self {
        let json: Value = serde_json::from_str(&row.json).unwrap_or_default();
        let back = |key: Option<String>| key.map(|key| from_index_key(&key).unwrap_or(key));
        StoredEvent {
            id: row.seq.to_string(),
            seq: row.seq,
            event_id: row.event_id,
            hash: row.hash,
            kind: row.kind,
            event_time: Timestamp::from_micros(row.event_time),
            record_time: Timestamp::from_micros(row.record_time),
            party: row.party,
            biz_step: back(row.biz_step),
            disposition: back(row.disposition),
            action: row.action,
            read_point: back(row.read_point),
            biz_location: back(row.biz_location),
            json,
            act_id: Some(row.act_id).filter(|id| !id.is_empty()),
            capture_id: row.capture_id,
            is_declaration: row.declaration,
            declared_wrong_at: row.declared_wrong_at.map(Timestamp::from_micros),
            skew_micros: row.skew_micros,
        }
    }
}

/// The key under which an event id is unique. A declaration has the id of the event it takes back.
pub(crate) fn event_key(event_id: &str, is_declaration: bool) -> String {
    let key = index_key(event_id);
    if is_declaration { index_key(&format!("{key} declared")) } else { key }
}

/// Takes the next `count` numbers; nobody else gets any until this transaction ends, so that numbers grow in the order of
/// commits and a reader that has seen one has seen all before it.
pub(crate) async fn reserve(tx: &Tx, count: usize) -> Result<i64> {
    let update = sea_orm::sea_query::Query::update()
        .table(Alias::new("event_sequence"))
        .value(Alias::new("next"), Expr::col(Alias::new("next")).add(count as i64))
        .and_where(Expr::col(Alias::new("id")).eq("events"))
        .to_owned();
    tx.execute(&update).await.map_err(db::Error::from)?;
    Ok(next(tx).await? - count as i64)
}

async fn next(db: &impl ConnectionTrait) -> Result<i64> {
    let select = sea_orm::sea_query::Query::select()
        .column(Alias::new("next"))
        .from(Alias::new("event_sequence"))
        .and_where(Expr::col(Alias::new("id")).eq("events"))
        .to_owned();
    let row = db.query_one(&select).await.map_err(db::Error::from)?;
    let row = row.ok_or_else(|| ground::Problem::internal("the sequence of events is missing"))?;
    Ok(row.try_get::<i64>("", "next").map_err(db::Error::from)?)
}

/// The last number given.
pub(crate) async fn head(kernel: &Kernel) -> Result<i64> {
    Ok(next(kernel.db().read()).await? - 1)
}

/// What is known of an event id.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub seq: i64,
    pub hash: String,
    pub capture_id: String,
    pub party: String,
}

/// The events of these keys.
pub(crate) async fn known(db: &impl ConnectionTrait, keys: &[String]) -> Result<HashMap<String, Known>> {
    let mut found = HashMap::new();
    for part in keys.chunks(KEYS_MAX) {
        let rows: Vec<(String, i64, String, String, String)> = events::Entity::find()
            .select_only()
            .columns([
                events::Column::EventKey,
                events::Column::Seq,
                events::Column::Hash,
                events::Column::CaptureId,
                events::Column::Party,
            ])
            .filter(events::Column::EventKey.is_in(part))
            .into_tuple()
            .all(db)
            .await
            .map_err(db::Error::from)?;
        for (key, seq, hash, capture_id, party) in rows {
            found.insert(key, Known { seq, hash, capture_id, party });
        }
    }
    Ok(found)
}

/// Writes events.
pub(crate) async fn insert_events(tx: &Tx, rows: Vec<EventRow>) -> Result<()> {
    let mut rows = rows.into_iter().map(|row| events::ActiveModel {
        seq: Set(row.seq),
        event_key: Set(row.event_key),
        event_id: Set(row.event_id),
        hash: Set(row.hash),
        kind: Set(row.kind),
        event_time: Set(row.event_time),
        record_time: Set(row.record_time),
        party: Set(row.party),
        capture_id: Set(row.capture_id),
        position: Set(row.position),
        act_id: Set(row.act_id),
        action: Set(row.action),
        biz_step: Set(row.biz_step),
        disposition: Set(row.disposition),
        read_point: Set(row.read_point),
        biz_location: Set(row.biz_location),
        declaration: Set(row.declaration),
        declared_wrong_at: Set(row.declared_wrong_at),
        skew_micros: Set(row.skew_micros),
        json: Set(row.json),
    });
    loop {
        let part: Vec<_> = rows.by_ref().take(ROWS_MAX).collect();
        if part.is_empty() {
            return Ok(());
        }
        events::Entity::insert_many(part).exec_without_returning(tx).await.map_err(db::Error::from)?;
    }
}

/// Writes which things events name: sorted, so that neighbours are written together.
pub(crate) async fn insert_terms(tx: &Tx, terms: BTreeSet<(String, &'static str, i64)>) -> Result<()> {
    let mut rows = terms.into_iter().map(|(value, role, seq)| terms::ActiveModel {
        value: Set(value),
        role: Set(role.to_owned()),
        seq: Set(seq),
    });
    loop {
        let part: Vec<_> = rows.by_ref().take(TERM_ROWS_MAX).collect();
        if part.is_empty() {
            return Ok(());
        }
        terms::Entity::insert_many(part).exec_without_returning(tx).await.map_err(db::Error::from)?;
    }
}

/// Writes who may see events. What is there already stays.
pub(crate) async fn insert_viewers(tx: &Tx, viewers: BTreeSet<(String, i64, i64)>) -> Result<()> {
    let mut rows = viewers.into_iter().map(|(party, event_time, seq)| viewers::ActiveModel {
        party: Set(party),
        event_time: Set(event_time),
        seq: Set(seq),
    });
    loop {
        let part: Vec<_> = rows.by_ref().take(TERM_ROWS_MAX).collect();
        if part.is_empty() {
            return Ok(());
        }
        let primary = [viewers::Column::Party, viewers::Column::EventTime, viewers::Column::Seq];
        viewers::Entity::insert_many(part)
            .on_conflict(OnConflict::columns(primary).do_nothing_on(primary).to_owned())
            .exec_without_returning(tx)
            .await
            .map_err(db::Error::from)?;
    }
}

/// Words this process has written already, so that they are not written again with every event.
#[derive(Default)]
struct Written(Mutex<HashSet<(&'static str, String, String)>>);

/// Words remembered at most.
const WRITTEN_MAX: usize = 100_000;

/// Writes words in use: kind of vocabulary, party that may see it (empty: staff), word.
pub(crate) async fn insert_vocabulary(
    kernel: &Kernel,
    tx: &Tx,
    words: BTreeSet<(&'static str, String, String)>,
) -> Result<Vec<(&'static str, String, String)>> {
    let written = kernel.memory::<Written>();
    let fresh: Vec<_> = {
        let known = written.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        words.into_iter().filter(|word| !known.contains(word)).collect()
    };
    for part in fresh.chunks(ROWS_MAX) {
        let rows = part.iter().map(|(kind, party, value)| vocabulary::ActiveModel {
            kind: Set((*kind).to_owned()),
            party: Set(party.clone()),
            value: Set(value.clone()),
        });
        let primary = [vocabulary::Column::Kind, vocabulary::Column::Party, vocabulary::Column::Value];
        vocabulary::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(primary).do_nothing_on(primary).to_owned())
            .exec_without_returning(tx)
            .await
            .map_err(db::Error::from)?;
    }
    Ok(fresh)
}

/// Remembers words as written: only after their transaction is kept.
pub(crate) fn remember_vocabulary(kernel: &Kernel, words: Vec<(&'static str, String, String)>) {
    let written = kernel.memory::<Written>();
    let mut known = written.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if known.len() + words.len() <= WRITTEN_MAX {
        known.extend(words);
    }
}

/// Words of a vocabulary after one, in order.
pub(crate) async fn vocabulary(
    kernel: &Kernel,
    kind: &str,
    party: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<String>> {
    Ok(vocabulary::Entity::find()
        .select_only()
        .column(vocabulary::Column::Value)
        .filter(vocabulary::Column::Kind.eq(kind))
        .filter(vocabulary::Column::Party.eq(party))
        .filter(vocabulary::Column::Value.gt(after))
        .order_by_asc(vocabulary::Column::Value)
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Whether a word is in use.
pub(crate) async fn has_word(kernel: &Kernel, kind: &str, party: &str, value: &str) -> Result<bool> {
    let key = (kind.to_owned(), party.to_owned(), value.to_owned());
    let found = vocabulary::Entity::find_by_id(key).one(kernel.db().read()).await.map_err(db::Error::from)?;
    Ok(found.is_some())
}

/// Marks events as declared wrong.
pub(crate) async fn mark_wrong(tx: &Tx, keys: &[String], at: Timestamp) -> Result<()> {
    for part in keys.chunks(KEYS_MAX) {
        events::Entity::update_many()
            .col_expr(events::Column::DeclaredWrongAt, Expr::value(Some(at.micros())))
            .filter(events::Column::EventKey.is_in(part))
            .filter(events::Column::DeclaredWrongAt.is_null())
            .exec(tx)
            .await
            .map_err(db::Error::from)?;
    }
    Ok(())
}

/// Events by number, in no order.
pub(crate) async fn by_seqs(db: &impl ConnectionTrait, seqs: &[i64]) -> Result<Vec<StoredEvent>> {
    let mut found = Vec::with_capacity(seqs.len());
    for part in seqs.chunks(KEYS_MAX) {
        let rows = events::Entity::find()
            .filter(events::Column::Seq.is_in(part.iter().copied()))
            .all(db)
            .await
            .map_err(db::Error::from)?;
        found.extend(rows.into_iter().map(StoredEvent::from));
    }
    Ok(found)
}

/// An event and, where there is one, its declaration.
pub(crate) async fn by_event_id(kernel: &Kernel, event_id: &str) -> Result<Vec<StoredEvent>> {
    let keys = [event_key(event_id, false), event_key(event_id, true)];
    let rows = events::Entity::find()
        .filter(events::Column::EventKey.is_in(keys))
        .order_by_asc(events::Column::Seq)
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// Those of these events that a party may see.
pub(crate) async fn visible(kernel: &Kernel, party: &str, seqs: &[i64]) -> Result<HashSet<i64>> {
    let mut found = HashSet::new();
    for part in seqs.chunks(KEYS_MAX) {
        let rows: Vec<i64> = viewers::Entity::find()
            .select_only()
            .column(viewers::Column::Seq)
            .filter(viewers::Column::Party.eq(party))
            .filter(viewers::Column::Seq.is_in(part.iter().copied()))
            .into_tuple()
            .all(kernel.db().read())
            .await
            .map_err(db::Error::from)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The accepted events of a capture, by position.
pub(crate) async fn of_capture(
    kernel: &Kernel,
    capture: &str,
    rows: (i64, i64),
    from: u64,
    limit: u64,
) -> Result<Vec<(u64, i64, String)>> {
    let found: Vec<(i64, i64, String)> = events::Entity::find()
        .select_only()
        .columns([events::Column::Position, events::Column::Seq, events::Column::EventId])
        .filter(events::Column::Seq.between(rows.0, rows.1))
        .filter(events::Column::CaptureId.eq(capture))
        .filter(events::Column::Position.gte(from as i64))
        .order_by_asc(events::Column::Seq)
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(found.into_iter().map(|(position, seq, id)| (position as u64, seq, id)).collect())
}
