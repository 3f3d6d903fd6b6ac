//! Named queries: a query kept under a name, to be run again or subscribed to. Names belong to the organisation that made
//! them; the operator's staff share one set.

use crate::access::Reader;
use crate::error::{Error, fault_at};
use crate::store::{self, QueryRow};
use epcis::query::Query;
use ground::{Fault, Problem, Timestamp};
use kernel::{Act, Actor, Kernel};
use serde_json::Value;

/// Longest name, characters.
const NAME_CHARS_MAX: usize = 100;

/// A query under a name.
#[derive(Debug, Clone)]
pub struct NamedQuery {
    /// Its name.
    pub name: String,
    /// The parameters as they were given.
    pub json: Value,
    /// The parameters, read.
    pub query: Query,
    /// When it was made.
    pub created_at: Timestamp,
}

impl NamedQuery {
    fn of(row: QueryRow) -> Result<NamedQuery, Error> {
        let json: Value = serde_json::from_str(&row.query).map_err(Problem::internal)?;
        let query = Query::from_json(&json).map_err(query_error)?;
        Ok(NamedQuery { name: row.name, json, query, created_at: Timestamp::from_micros(row.created_at) })
    }
}

/// What the engine says about a parameter.
pub(crate) fn query_error(error: epcis::EventError) -> Error {
    let name = error.pointer.trim_start_matches('/').replace("~1", "/").replace("~0", "~");
    Error::Query { name, detail_zh: error.zh, detail_en: error.en }
}

/// Keeps a query.
///
/// # Errors
/// `events_query_invalid` naming the parameter, `events_query_exists`, `invalid_input` for a name that is none, `forbidden`.
pub async fn create(kernel: &Kernel, actor: &Actor, name: &str, json: &Value) -> Result<NamedQuery, Error> {
    let reader = writer(actor)?;
    let good = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'));
    // The standard's own name for a query that has none.
    if !good || name == "SimpleEventQuery" {
        return Err(
            Problem::invalid(vec![Fault::field("/name", "events-query-name").arg("most", NAME_CHARS_MAX)]).into()
        );
    }
    let query = Query::from_json(json).map_err(query_error)?;
    if query.next_page_token.is_some() || query.per_page.is_some() {
        let (zh, en) = ("命名查询不含分页参数", "a named query holds no paging parameters");
        return Err(Error::Document(vec![fault_at("/query", zh, en)]));
    }
    let mut write = kernel.begin(actor).await?;
    let row = QueryRow {
        owner: reader.owner().to_owned(),
        name: name.to_owned(),
        query: json.to_string(),
        created_by: actor.id.clone(),
        created_at: write.now().micros(),
    };
    if !store::insert_query(write.tx(), row).await? {
        return Err(Error::QueryExists(name.to_owned()));
    }
    write.act(about(&reader, Act::new("event_query.created", "event_query", name))).await?;
    let created_at = write.now();
    write.commit().await?;
    Ok(NamedQuery { name: name.to_owned(), json: json.clone(), query, created_at })
}

/// Whoever may make queries and subscriptions: staff that manage, and organisations for themselves.
pub(crate) fn writer(actor: &Actor) -> Result<Reader, Error> {
    use kernel::Permission;
    if !actor.may(Permission::OwnTrace) || actor.organisation.is_none() {
        actor.require(Permission::TraceManage)?;
    }
    Ok(Reader::of(actor)?)
}

pub(crate) fn about(reader: &Reader, act: Act) -> Act {
    match reader.party() {
        Some(party) => act.about("merchant", party).public("owner", party),
        None => act.public("owner", reader.owner()),
    }
}

/// A query by name.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn one(kernel: &Kernel, actor: &Actor, name: &str) -> Result<NamedQuery, Error> {
    of_owner(kernel, &Reader::of(actor)?, name).await
}

pub(crate) async fn of_owner(kernel: &Kernel, reader: &Reader, name: &str) -> Result<NamedQuery, Error> {
    let row = store::query(kernel, reader.owner(), name).await?.ok_or_else(Problem::not_found)?;
    NamedQuery::of(row)
}

/// Queries after a name, in order of names.
///
/// # Errors
/// `forbidden`.
pub async fn list(kernel: &Kernel, actor: &Actor, after: &str, limit: u64) -> Result<Vec<NamedQuery>, Error> {
    let reader = Reader::of(actor)?;
    let rows = store::queries(kernel, reader.owner(), after, limit).await?;
    rows.into_iter().map(NamedQuery::of).collect()
}

/// Takes a query and its subscriptions away.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn remove(kernel: &Kernel, actor: &Actor, name: &str) -> Result<(), Error> {
    let reader = writer(actor)?;
    let mut write = kernel.begin(actor).await?;
    if !store::delete_query(write.tx(), reader.owner(), name).await? {
        return Err(Problem::not_found().into());
    }
    let gone = store::delete_subscriptions_of(write.tx(), reader.owner(), name).await?;
    let act = Act::new("event_query.removed", "event_query", name).public("subscriptions", gone);
    write.act(about(&reader, act)).await?;
    write.commit().await?;
    Ok(())
}
