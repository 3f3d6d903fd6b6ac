//! The ways a query walks through the events: by what they name, by who may see them, by their own columns. Each gives
//! numbers and times in order from a place on, so that a page is a short walk however long the whole is.

use super::events::{KEYS_MAX, events, terms, viewers};
use super::{from_index_key, index_key, prefix_key};
use kernel::{Kernel, Result};
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashSet;

/// A place in the order of events: time (event or record, by what is ordered by) and number.
pub(crate) type Place = (i64, i64);

/// What is asked of the index of things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TermAsk {
    /// In one of these roles.
    pub roles: Vec<&'static str>,
    /// One of these values; any value that begins so where the flag is set.
    pub values: Vec<(String, bool)>,
}

/// Which numbers a walk may give.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bounds {
    /// Not above: events captured after the first page stay out.
    pub seq_max: i64,
    /// Above this.
    pub seq_min: i64,
    /// Event time, from (inclusive) and until (exclusive).
    pub event_from: Option<i64>,
    pub event_until: Option<i64>,
}

/// A column with an index in the order of event times; those that tell more come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Filter {
    ReadPoint,
    BizLocation,
    BizStep,
    Disposition,
}

impl Filter {
    fn column(self) -> events::Column {
        match self {
            Filter::BizStep => events::Column::BizStep,
            Filter::Disposition => events::Column::Disposition,
            Filter::ReadPoint => events::Column::ReadPoint,
            Filter::BizLocation => events::Column::BizLocation,
        }
    }
}

/// The direction and kind of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walk {
    /// By record time, which is the order of numbers; else by event time.
    pub by_record: bool,
    pub descending: bool,
}

impl Walk {
    fn order(self) -> Order {
        if self.descending { Order::Desc } else { Order::Asc }
    }
}

/// The first text after all that begin with this one, byte by byte.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (u32::from(last) + 1..=0x10_FFFF).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// Numbers of the events that name such things, newest first, at most `limit`.
pub(crate) async fn term_seqs(kernel: &Kernel, ask: &TermAsk, seq_max: i64, limit: u64) -> Result<Vec<i64>> {
    let mut values = Condition::any();
    let exact: Vec<String> =
        ask.values.iter().filter(|(_, prefix)| !prefix).map(|(value, _)| index_key(value)).collect();
    for part in exact.chunks(KEYS_MAX) {
        values = values.add(terms::Column::Value.is_in(part));
    }
    for (prefix, _) in ask.values.iter().filter(|(_, prefix)| *prefix) {
        let from = prefix_key(prefix);
        let mut range = Condition::all().add(terms::Column::Value.gte(from.clone()));
        if let Some(until) = after_prefix(&from) {
            range = range.add(terms::Column::Value.lt(until));
        }
        values = values.add(range);
    }
    let mut found: Vec<i64> = terms::Entity::find()
        .select_only()
        .column(terms::Column::Seq)
        .distinct()
        .filter(values)
        .filter(terms::Column::Role.is_in(ask.roles.iter().copied()))
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    found.retain(|seq| *seq <= seq_max);
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Which of these things any event names in one of these roles.
pub(crate) async fn named(kernel: &Kernel, roles: &[&'static str], values: &[String]) -> Result<Vec<bool>> {
    let keys: Vec<String> = values.iter().map(|value| index_key(value)).collect();
    let mut named = HashSet::new();
    for part in keys.chunks(KEYS_MAX) {
        let found: Vec<String> = terms::Entity::find()
            .select_only()
            .column(terms::Column::Value)
            .distinct()
            .filter(terms::Column::Value.is_in(part))
            .filter(terms::Column::Role.is_in(roles.iter().copied()))
            .into_tuple()
            .all(kernel.db().read())
            .await
            .map_err(db::Error::from)?;
        named.extend(found);
    }
    Ok(keys.iter().map(|key| named.contains(key)).collect())
}

/// Things named by events, after one, in order: canonical ids, for the list of top-level resources.
pub(crate) async fn term_values(
    kernel: &Kernel,
    roles: &[&'static str],
    after: &str,
    limit: u64,
) -> Result<Vec<(String, Option<String>)>> {
    let keys: Vec<String> = terms::Entity::find()
        .select_only()
        .column(terms::Column::Value)
        .distinct()
        .filter(terms::Column::Value.gt(after))
        .filter(terms::Column::Role.is_in(roles.iter().copied()))
        .order_by_asc(terms::Column::Value)
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    Ok(keys
        .into_iter()
        .map(|key| {
            let value = from_index_key(&key);
            (key, value)
        })
        .collect())
}

/// Times of events by number, for ordering candidates.
pub(crate) async fn places(kernel: &Kernel, seqs: &[i64], walk: Walk) -> Result<Vec<Place>> {
    let time = if walk.by_record { events::Column::RecordTime } else { events::Column::EventTime };
    let mut found: Vec<Place> = Vec::with_capacity(seqs.len());
    for part in seqs.chunks(KEYS_MAX) {
        let rows: Vec<Place> = events::Entity::find()
            .select_only()
            .columns([time, events::Column::Seq])
            .filter(events::Column::Seq.is_in(part.iter().copied()))
            .into_tuple()
            .all(kernel.db().read())
            .await
            .map_err(db::Error::from)?;
        found.extend(rows);
    }
    found.sort_unstable();
    if walk.descending {
        found.reverse();
    }
    Ok(found)
}

/// The next events a party may see, in order, after a place.
pub(crate) async fn of_party(
    kernel: &Kernel,
    party: &str,
    walk: Walk,
    after: Option<Place>,
    bounds: &Bounds,
    limit: u64,
) -> Result<Vec<Place>> {
    use viewers::Column::{EventTime, Party, Seq};
    let mut select = viewers::Entity::find().select_only().columns([EventTime, Seq]).filter(Party.eq(party));
    if walk.by_record {
        select = select.filter(Seq.lte(bounds.seq_max)).filter(Seq.gt(bounds.seq_min));
    }
    if let Some(from) = bounds.event_from {
        select = select.filter(EventTime.gte(from));
    }
    if let Some(until) = bounds.event_until {
        select = select.filter(EventTime.lt(until));
    }
    if let Some((time, seq)) = after {
        let beyond = match (walk.by_record, walk.descending) {
            (true, true) => Condition::all().add(Seq.lt(seq)),
            (true, false) => Condition::all().add(Seq.gt(seq)),
            (false, true) => {
                Condition::all().add(EventTime.lte(time)).add(Condition::any().add(EventTime.lt(time)).add(Seq.lt(seq)))
            }
            (false, false) => {
                Condition::all().add(EventTime.gte(time)).add(Condition::any().add(EventTime.gt(time)).add(Seq.gt(seq)))
            }
        };
        select = select.filter(beyond);
    }
    if !walk.by_record {
        select = select.order_by(EventTime, walk.order());
    }
    Ok(select
        .order_by(Seq, walk.order())
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// The next events, all or those of one column's values, in order, after a place. One walk for each value, so that each of
/// them follows one index.
pub(crate) async fn of_all(
    kernel: &Kernel,
    walk: Walk,
    after: Option<Place>,
    bounds: &Bounds,
    leading: Option<&(Filter, Vec<String>)>,
    limit: u64,
) -> Result<Vec<Place>> {
    let Some((filter, values)) = leading.filter(|(_, values)| !walk.by_record && values.len() <= LEADING_MAX) else {
        return one_walk(kernel, walk, after, bounds, None, limit).await;
    };
    let mut found = Vec::new();
    for value in values {
        found.extend(one_walk(kernel, walk, after, bounds, Some((*filter, value)), limit).await?);
    }
    found.sort_unstable();
    found.dedup();
    if walk.descending {
        found.reverse();
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// Values of one column that are walked side by side.
const LEADING_MAX: usize = 16;

async fn one_walk(
    kernel: &Kernel,
    walk: Walk,
    after: Option<Place>,
    bounds: &Bounds,
    leading: Option<(Filter, &String)>,
    limit: u64,
) -> Result<Vec<Place>> {
    use events::Column::{EventTime, RecordTime, Seq};
    let time = if walk.by_record { RecordTime } else { EventTime };
    let mut all = Condition::all();
    if let Some((filter, value)) = leading {
        all = all.add(filter.column().eq(index_key(value)));
    }
    if !walk.by_record {
        if let Some(from) = bounds.event_from {
            all = all.add(EventTime.gte(from));
        }
        if let Some(until) = bounds.event_until {
            all = all.add(EventTime.lt(until));
        }
    }
    // Compared only where it tells something: a bound that always holds may lead a store to the wrong index.
    if walk.by_record {
        all = all.add(Seq.lte(bounds.seq_max)).add(Seq.gt(bounds.seq_min));
    }
    if let Some((at, seq)) = after {
        let beyond = match (walk.by_record, walk.descending) {
            (true, true) => Condition::all().add(Seq.lt(seq)),
            (true, false) => Condition::all().add(Seq.gt(seq)),
            (false, true) => {
                Condition::all().add(EventTime.lte(at)).add(Condition::any().add(EventTime.lt(at)).add(Seq.lt(seq)))
            }
            (false, false) => {
                Condition::all().add(EventTime.gte(at)).add(Condition::any().add(EventTime.gt(at)).add(Seq.gt(seq)))
            }
        };
        all = all.add(beyond);
    }
    let mut select = events::Entity::find().select_only().columns([time, Seq]).filter(all);
    if !walk.by_record {
        select = select.order_by(EventTime, walk.order());
    }
    Ok(select
        .order_by(Seq, walk.order())
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

/// Numbers of the events with one of these values in a column, at most `limit`.
pub(crate) async fn column_seqs(
    kernel: &Kernel,
    filter: Filter,
    values: &[String],
    seq_max: i64,
    limit: u64,
) -> Result<Vec<i64>> {
    let mut found: Vec<i64> = events::Entity::find()
        .select_only()
        .column(events::Column::Seq)
        .filter(filter.column().is_in(values.iter().map(|value| index_key(value))))
        .limit(limit)
        .into_tuple()
        .all(kernel.db().read())
        .await
        .map_err(db::Error::from)?;
    found.retain(|seq| *seq <= seq_max);
    Ok(found)
}

/// The first event from a number on: its number and record time.
pub(crate) async fn record_time_from(kernel: &Kernel, seq: i64) -> Result<Option<(i64, i64)>> {
    Ok(events::Entity::find()
        .select_only()
        .columns([events::Column::Seq, events::Column::RecordTime])
        .filter(events::Column::Seq.gte(seq))
        .order_by_asc(events::Column::Seq)
        .limit(1)
        .into_tuple()
        .one(kernel.db().read())
        .await
        .map_err(db::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_text() {
        assert_eq!(after_prefix("/01/0950/21/").as_deref(), Some("/01/0950/210"));
        assert_eq!(after_prefix("a\u{D7FF}").as_deref(), Some("a\u{E000}"));
        assert_eq!(after_prefix(&char::MAX.to_string()), None);
    }
}
