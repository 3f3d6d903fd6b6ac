//! Words and things in use: the top-level resources of EPCIS 2.0.

use crate::access::Reader;
use crate::error::Error;
use crate::reading::role;
use crate::store::{self, TermAsk, from_index_key, index_key};
use epcis::vocabulary::{Vocabulary, bare};
use ground::Problem;
use kernel::{Actor, Kernel};

/// Things looked at for one page of a party's list.
const LOOKED_AT_MAX: u64 = 2_000;

/// A collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// Types of events.
    EventTypes,
    /// Instances.
    Epcs,
    /// Business steps.
    BizSteps,
    /// Where things are.
    BizLocations,
    /// Where they were seen.
    ReadPoints,
    /// Their condition.
    Dispositions,
}

impl Collection {
    /// The name in the address.
    pub fn name(self) -> &'static str {
        match self {
            Collection::EventTypes => "eventTypes",
            Collection::Epcs => "epcs",
            Collection::BizSteps => "bizSteps",
            Collection::BizLocations => "bizLocations",
            Collection::ReadPoints => "readPoints",
            Collection::Dispositions => "dispositions",
        }
    }

    /// The query parameter that asks for one of it.
    pub fn parameter(self) -> &'static str {
        match self {
            Collection::EventTypes => "eventType",
            Collection::Epcs => "MATCH_anyEPC",
            Collection::BizSteps => "EQ_bizStep",
            Collection::BizLocations => "EQ_bizLocation",
            Collection::ReadPoints => "EQ_readPoint",
            Collection::Dispositions => "EQ_disposition",
        }
    }

    /// A value as it is kept.
    fn canonical(self, value: &str) -> String {
        match self {
            Collection::EventTypes => value.to_owned(),
            Collection::Epcs | Collection::BizLocations | Collection::ReadPoints => crate::reading::canonical(value),
            Collection::BizSteps => Vocabulary::BizStep.canonical(value),
            Collection::Dispositions => Vocabulary::Disposition.canonical(value),
        }
    }

    /// A kept value as it is shown.
    fn shown(self, value: &str) -> String {
        match self {
            Collection::BizSteps | Collection::Dispositions => bare(value).to_owned(),
            _ => value.to_owned(),
        }
    }
}

/// Members after one (a key of a page before, or empty), in order, and the key to go on from.
///
/// # Errors
/// `forbidden`.
pub async fn list(
    kernel: &Kernel,
    actor: &Actor,
    collection: Collection,
    after: &str,
    rows: u64,
) -> Result<(Vec<String>, Option<String>), Error> {
    let reader = Reader::of(actor)?;
    if collection == Collection::Epcs {
        return epcs(kernel, &reader, after, rows).await;
    }
    let party = reader.party().unwrap_or("");
    let mut keys = store::vocabulary(kernel, collection.name(), party, after, rows + 1).await?;
    let more = keys.len() as u64 > rows;
    keys.truncate(rows as usize);
    let next = keys.last().cloned().filter(|_| more);
    let values = keys.iter().filter_map(|key| from_index_key(key)).map(|value| collection.shown(&value));
    Ok((values.collect(), next))
}

async fn epcs(
    kernel: &Kernel,
    reader: &Reader,
    after: &str,
    rows: u64,
) -> Result<(Vec<String>, Option<String>), Error> {
    let (mut members, mut after, mut looked_at) = (Vec::new(), after.to_owned(), 0);
    loop {
        let found = store::term_values(kernel, &role::INSTANCES, &after, rows + 1).await?;
        if found.is_empty() {
            return Ok((members, None));
        }
        for (key, value) in found {
            if members.len() as u64 == rows || looked_at >= LOOKED_AT_MAX {
                return Ok((members, Some(after)));
            }
            looked_at += 1;
            let visible = match (reader.party(), &value) {
                (_, None) => false,
                (None, _) => true,
                (Some(party), Some(value)) => is_visible(kernel, party, value).await?,
            };
            members.extend(value.filter(|_| visible));
            after = key;
        }
    }
}

/// Whether a party may see any event that names a thing.
async fn is_visible(kernel: &Kernel, party: &str, thing: &str) -> Result<bool, Error> {
    let ask = TermAsk { roles: role::INSTANCES.to_vec(), values: vec![(thing.to_owned(), false)] };
    let seqs = store::term_seqs(kernel, &ask, i64::MAX, 500).await?;
    Ok(!store::visible(kernel, party, &seqs).await?.is_empty())
}

/// Whether there is such a member.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn exists(kernel: &Kernel, actor: &Actor, collection: Collection, value: &str) -> Result<(), Error> {
    let reader = Reader::of(actor)?;
    let value = collection.canonical(value);
    let found = if collection == Collection::Epcs {
        let ask = TermAsk { roles: role::INSTANCES.to_vec(), values: vec![(value.clone(), false)] };
        match reader.party() {
            Some(party) => is_visible(kernel, party, &value).await?,
            None => !store::term_seqs(kernel, &ask, i64::MAX, 1).await?.is_empty(),
        }
    } else {
        store::has_word(kernel, collection.name(), reader.party().unwrap_or(""), &index_key(&value)).await?
    };
    if found { Ok(()) } else { Err(Problem::not_found().into()) }
}
