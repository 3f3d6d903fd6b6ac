//! What happened to things: the public steps of a unit or lot, and the edges between things for tracing.

use crate::error::Error;
use crate::model::{Link, LinkKind, Ordered, StoredEvent};
use crate::reading::{all_things, read_back, role, things};
use crate::store::{self, TermAsk};
use epcis::{Action, Event, Kind, Role};
use ground::{Problem, Timestamp};
use kernel::Kernel;
use std::collections::{BTreeMap, HashSet};

/// Types of business transactions that are orders of goods (CBV 2.0 §7.3): purchase order and its confirmation, invoice,
/// despatch advice.
const ORDER_TYPES: [&str; 4] = ["po", "poc", "inv", "desadv"];
/// Most ids asked for at once.
pub const IDS_MAX: usize = 500;
/// Most events that one question may touch.
const EVENTS_MAX: u64 = 200_000;
/// Containers inside containers that are followed.
const CONTAINERS_MAX: usize = 4;
/// Ids followed in one journey.
const FOLLOWED_MAX: usize = 40;

/// The steps of things, oldest first, at most `limit`: events that name one of `ids` (canonical Digital Links, or any form the
/// standard knows), and events of the containers they lay in while they lay there. What was declared wrong is left out.
///
/// No permission is asked: this is for the public page, which shows places and times but no party's papers. The caller
/// chooses what it shows.
///
/// # Errors
/// `events_query_too_large` for more than [`IDS_MAX`] ids; what the store says.
pub async fn journey(kernel: &Kernel, ids: &[String], limit: usize) -> Result<Vec<StoredEvent>, Error> {
    check_count(ids)?;
    steps(kernel, ids.iter().map(|id| crate::reading::canonical(id)).collect(), limit).await
}

/// [`journey`] of each of these things for itself, in their order. Which of them were ever named is one question: most units
/// never were, but in their lots and boxes.
///
/// # Errors
/// As [`journey`].
pub async fn journeys(kernel: &Kernel, ids: &[String], limit: usize) -> Result<Vec<Vec<StoredEvent>>, Error> {
    check_count(ids)?;
    let ids: Vec<String> = ids.iter().map(|id| crate::reading::canonical(id)).collect();
    let named = store::named(kernel, &all_things(), &ids).await?;
    let mut journeys = Vec::with_capacity(ids.len());
    for (id, named) in ids.into_iter().zip(named) {
        journeys.push(if named { steps(kernel, vec![id], limit).await? } else { Vec::new() });
    }
    Ok(journeys)
}

async fn steps(kernel: &Kernel, ids: Vec<String>, limit: usize) -> Result<Vec<StoredEvent>, Error> {
    let mut steps: BTreeMap<(Timestamp, i64), StoredEvent> = BTreeMap::new();
    let always = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
    let mut open: Vec<(Vec<String>, Timestamp, Timestamp, usize)> = vec![(ids, always.0, always.1, 0)];
    let mut followed = HashSet::new();
    while let Some((ids, from, until, depth)) = open.pop() {
        let events = touching(kernel, &ids, (limit as u64).saturating_mul(4).clamp(100, 2_000)).await?;
        let right = events.into_iter().filter(|event| !event.is_declaration && event.declared_wrong_at.is_none());
        let within: Vec<StoredEvent> =
            right.filter(|event| event.event_time >= from && event.event_time < until).collect();
        if depth < CONTAINERS_MAX {
            for (container, put, taken) in containers(&within, &ids, until) {
                if followed.len() < FOLLOWED_MAX && followed.insert((container.clone(), put)) {
                    open.push((vec![container], put, taken, depth + 1));
                }
            }
        }
        steps.extend(within.into_iter().map(|event| ((event.event_time, event.seq), event)));
    }
    Ok(steps.into_values().take(limit).collect())
}

fn check_count(ids: &[String]) -> Result<(), Error> {
    if ids.len() > IDS_MAX { Err(Error::TooLarge { most: IDS_MAX as u64 }) } else { Ok(()) }
}

/// Events that name one of these things, oldest first.
async fn touching(kernel: &Kernel, ids: &[String], limit: u64) -> Result<Vec<StoredEvent>, Error> {
    let ask = TermAsk { roles: all_things(), values: ids.iter().map(|id| (id.clone(), false)).collect() };
    let seqs = store::term_seqs(kernel, &ask, i64::MAX, limit).await?;
    let mut events = store::by_seqs(kernel.db().read(), &seqs).await?;
    events.sort_by_key(|event| (event.event_time, event.seq));
    Ok(events)
}

/// In which containers the things lay, and from when until when.
fn containers(events: &[StoredEvent], ids: &[String], until: Timestamp) -> Vec<(String, Timestamp, Timestamp)> {
    let mut open: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut lay = Vec::new();
    for stored in events.iter().filter(|stored| stored.kind == "AggregationEvent") {
        let Ok(event) = read_back(&stored.json) else { continue };
        let Some(parent) = event.parent().map(str::to_owned) else { continue };
        let children = things(&event, Role::Child);
        let emptied = children.is_empty() && event.action == Some(Action::Delete);
        if ids.contains(&parent) || !(emptied || children.iter().any(|child| ids.contains(child))) {
            continue;
        }
        match event.action {
            Some(Action::Add) => drop(open.entry(parent).or_insert(stored.event_time)),
            Some(Action::Delete) => {
                if let Some(from) = open.remove(&parent) {
                    lay.push((parent, from, stored.event_time));
                }
            }
            _ => {}
        }
    }
    lay.extend(open.into_iter().map(|(parent, from)| (parent, from, until)));
    lay
}

/// The edges that touch these things, oldest first, those taken back marked. For tracing; no permission is asked.
///
/// # Errors
/// `events_query_too_large` for more than [`IDS_MAX`] ids or more than 200,000 events: ask for fewer ids then.
pub async fn links(kernel: &Kernel, ids: &[String]) -> Result<Vec<Link>, Error> {
    check_count(ids)?;
    let ids: Vec<String> = ids.iter().map(|id| crate::reading::canonical(id)).collect();
    let events = touching(kernel, &ids, EVENTS_MAX + 1).await?;
    if events.len() as u64 > EVENTS_MAX {
        return Err(Error::TooLarge { most: EVENTS_MAX });
    }
    let declared: Vec<StoredEvent> = events.into_iter().filter(|event| !event.is_declaration).collect();
    let linked = tokio::task::spawn_blocking(move || declared.iter().filter_map(link_of).collect::<Vec<Link>>());
    Ok(linked.await.map_err(|error| Problem::internal(error.to_string()))?)
}

fn link_of(stored: &StoredEvent) -> Option<Link> {
    let event = read_back(&stored.json).ok()?;
    let (kind, from, to) = edge(&event)?;
    let (orders, ordered) = orders(&event);
    Some(Link {
        orders,
        ordered,
        event: stored.event_id.clone(),
        from,
        to,
        kind,
        at: stored.event_time,
        declared_wrong: stored.declared_wrong_at.is_some(),
        party: stored.party.clone(),
        destinations: event.destinations.iter().map(|party| party.id.clone()).collect(),
    })
}

/// The last part of a vocabulary's word, in whichever of its forms: `urn:epcglobal:cbv:btt:po`, `…/BTT-po`, `po`.
fn word(uri: &str) -> &str {
    uri.rsplit([':', '-', '/', '#']).next().unwrap_or(uri)
}

fn orders(event: &Event) -> (Vec<String>, Ordered) {
    let types = |typed: &epcis::Typed| typed.kind.as_deref().map(word).unwrap_or_default().to_owned();
    let orders = event.biz_transactions.iter().filter(|typed| ORDER_TYPES.contains(&types(typed).as_str()));
    let orders: Vec<String> = orders.map(|typed| typed.id.clone()).collect();
    let is = |text: &Option<String>, expected: &str| text.as_deref().is_some_and(|text| word(text) == expected);
    let ended = event.kind == Kind::Transaction && event.action == Some(Action::Delete);
    let back = is(&event.biz_step, "returning")
        || is(&event.disposition, "returned")
        || event.biz_transactions.iter().any(|typed| types(typed) == "rma")
        || ended;
    (orders, if back { Ordered::Returned } else { Ordered::Sent })
}

fn edge(event: &Event) -> Option<(LinkKind, Vec<String>, Vec<String>)> {
    let parent: Vec<String> = event.parent().map(str::to_owned).into_iter().collect();
    let tie = |add, delete| match event.action {
        Some(Action::Add) => Some(add),
        Some(Action::Delete) => Some(delete),
        _ => None,
    };
    let children = || things(event, Role::Child);
    match &event.kind {
        Kind::Aggregation => {
            // An observation says that the tie still holds: as good as its beginning for whoever asks what lay together.
            let kind = tie(LinkKind::AggregationAdd, LinkKind::AggregationDelete).unwrap_or(LinkKind::AggregationAdd);
            Some((kind, children(), parent))
        }
        Kind::Association => {
            let kind = tie(LinkKind::AssociationAdd, LinkKind::AssociationDelete).unwrap_or(LinkKind::AssociationAdd);
            Some((kind, children(), parent))
        }
        Kind::Transformation => {
            Some((LinkKind::Transformation, things(event, Role::Input), things(event, Role::Output)))
        }
        Kind::Transaction => Some((LinkKind::Transaction, things(event, Role::Object), parent)),
        Kind::Object => Some((LinkKind::Object, things(event, Role::Object), Vec::new())),
        Kind::Other(_) => None,
    }
}

/// Events that hold a hash, for whoever has one and wants the event.
pub(crate) async fn by_hash(kernel: &Kernel, hash: &str) -> Result<Vec<StoredEvent>, Error> {
    let short = crate::reading::short_hash(hash);
    if short.len() < 32 {
        return Ok(Vec::new());
    }
    let ask = TermAsk { roles: vec![role::HASH], values: vec![(short, false)] };
    let seqs = store::term_seqs(kernel, &ask, i64::MAX, 10).await?;
    Ok(store::by_seqs(kernel.db().read(), &seqs).await?)
}
