//! Answering queries: which index leads, walking it in order, and asking the engine of each event on the way.
//!
//! A page costs no more than a bounded walk, however many events there are: where something asked for is rare, its events are
//! fetched by the index of things and ordered here; otherwise an index that is in the right order is followed from where
//! the last page ended, at most [`SCANNED_MAX`] events a page. A page may so hold fewer events than asked for, or none, and
//! still name a next one, as EPCIS allows. All pages of one answer see the events that were there at the first.

use crate::access::Reader;
use crate::error::Error;
use crate::model::StoredEvent;
use crate::reading::{read_back, role};
use crate::store::{self, Bounds, Filter, Place, TermAsk, Walk, event_key};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use epcis::query::{Column, Needle, OrderBy, Query, SortKey, Term};
use ground::Timestamp;
use ground::time::HOUR_MICROS;
use kernel::{Actor, Kernel};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Events on a page where the client does not say (the default of EPCIS 2.0), and at most.
pub const PER_PAGE_DEFAULT: u64 = 30;
/// Most events on a page.
pub const PER_PAGE_MAX: u64 = 1_000;
/// How long a paging token holds, microseconds.
pub const TOKEN_MICROS: i64 = HOUR_MICROS;
/// Events looked at for one page.
const SCANNED_MAX: usize = 5_000;
/// Events that are ordered in memory; few in tests, so that the walks are tried too.
const CANDIDATES_MAX: u64 = if cfg!(test) { 20 } else { 10_000 };
/// Few enough to look no further for a better index.
const FEW: usize = 200;
/// Events fetched at a time.
const BATCH: u64 = 500;

/// How identifiers are written in answers (EPCIS 2.0 `GS1-EPC-Format`). EPC URNs are not made from Digital Links here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EpcFormat {
    /// As GS1 Digital Links.
    #[default]
    AlwaysDigitalLink,
    /// As they came.
    NeverTranslates,
}

impl EpcFormat {
    /// The header's value.
    pub fn name(self) -> &'static str {
        match self {
            EpcFormat::AlwaysDigitalLink => "Always_GS1_Digital_Link",
            EpcFormat::NeverTranslates => "Never_Translates",
        }
    }

    /// Reads the header's value; `None` for `Always_EPC_URN` and what is unknown.
    pub fn from_name(name: &str) -> Option<EpcFormat> {
        match name {
            "Always_GS1_Digital_Link" => Some(EpcFormat::AlwaysDigitalLink),
            "Never_Translates" | "No_Preference" => Some(EpcFormat::NeverTranslates),
            _ => None,
        }
    }
}

/// A page of an answer.
#[derive(Debug, Clone, Default)]
pub struct EventPage {
    /// The events, in order.
    pub events: Vec<StoredEvent>,
    /// The token of the next page, and when it expires.
    pub next: Option<(String, Timestamp)>,
}

/// Where a page begins: what a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Token {
    /// Hash of query and reader.
    q: String,
    /// Newest event of the answer.
    m: i64,
    /// Place of the last event given.
    p: Place,
    /// Events given so far.
    n: u64,
    /// Until when it holds.
    x: i64,
}

impl Token {
    fn read(text: &str, asked: &str, now: Timestamp) -> Result<Token, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Token)?;
        let token: Token = serde_json::from_slice(&bytes).map_err(|_| Error::Token)?;
        if token.q == asked && token.x > now.micros() { Ok(token) } else { Err(Error::Token) }
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// Events that match, one page.
///
/// # Errors
/// `events_query_too_large` where `maxEventCount` is passed or too many events would have to be ordered by an extension field;
/// `events_token_expired`; `forbidden`.
pub async fn search(kernel: &Kernel, actor: &Actor, query: &Query) -> Result<EventPage, Error> {
    of_reader(kernel, &Reader::of(actor)?, query).await
}

pub(crate) async fn of_reader(kernel: &Kernel, reader: &Reader, query: &Query) -> Result<EventPage, Error> {
    let now = kernel.now();
    let asked = fingerprint(reader, query);
    let token = query.next_page_token.as_deref().map(|text| Token::read(text, &asked, now)).transpose()?;
    let seq_max = match &token {
        Some(token) => token.m,
        None => store::head(kernel).await?,
    };
    let given = token.as_ref().map_or(0, |token| token.n);
    let mut want = query.per_page.unwrap_or(PER_PAGE_DEFAULT).clamp(1, PER_PAGE_MAX);
    if let Some(limit) = query.event_count_limit {
        want = want.min(limit.saturating_sub(given));
        if want == 0 {
            return Ok(EventPage::default());
        }
    }
    let plan = Plan::make(kernel, reader, query, seq_max).await?;
    if let (Some(most), None) = (query.max_event_count, &token) {
        plan.check_count(most).await?;
    }
    let after = token.as_ref().map(|token| token.p);
    let (events, last) = match &query.order_by {
        Some(OrderBy::Extension(_)) => plan.by_extension(after, want as usize).await?,
        _ => plan.page(after, want as usize).await?,
    };
    let given = given + events.len() as u64;
    let ended = query.event_count_limit.is_some_and(|limit| given >= limit);
    let next = last.filter(|_| !ended).map(|place| {
        let expires = now.plus_micros(TOKEN_MICROS);
        (Token { q: asked, m: seq_max, p: place, n: given, x: expires.micros() }.write(), expires)
    });
    Ok(EventPage { events, next })
}

/// What a token belongs to: the same question by the same eyes.
fn fingerprint(reader: &Reader, query: &Query) -> String {
    let mut asked = query.clone();
    asked.next_page_token = None;
    asked.per_page = None;
    let digest = Sha256::digest(format!("{reader:?} {asked:?}").as_bytes());
    hex::encode(&digest[..12])
}

/// Events captured after one number and up to another that match, in the order of capture, at most `limit`; and how far was
/// looked.
pub(crate) async fn since(
    kernel: &Kernel,
    reader: &Reader,
    query: &Query,
    after: i64,
    until: i64,
    limit: usize,
) -> Result<(Vec<StoredEvent>, i64), Error> {
    let walk = Walk { by_record: true, descending: false };
    let bounds = Bounds { seq_max: until, seq_min: after, ..Bounds::default() };
    let source = match reader.party() {
        Some(party) => Source::Party(party.to_owned()),
        None => Source::All(None),
    };
    let plan = Plan { kernel, query, walk, bounds, source };
    let (events, last) = plan.page(None, limit).await?;
    Ok((events, last.map_or(until, |place| place.1)))
}

/// The number of the last event recorded before a moment.
pub(crate) async fn seq_before(kernel: &Kernel, moment: Timestamp) -> Result<i64, Error> {
    let (mut low, mut high) = (0i64, store::head(kernel).await?);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        match store::record_time_from(kernel, middle).await? {
            Some((_, at)) if at < moment.micros() => low = middle,
            _ => high = middle - 1,
        }
    }
    Ok(low)
}

/// Where events come from, in order.
enum Source {
    /// A few, ordered already.
    Candidates(Vec<Place>),
    /// What a party may see.
    Party(String),
    /// All, or those of one column's values.
    All(Option<(Filter, Vec<String>)>),
}

struct Plan<'a> {
    kernel: &'a Kernel,
    query: &'a Query,
    walk: Walk,
    bounds: Bounds,
    source: Source,
}

impl<'a> Plan<'a> {
    async fn make(kernel: &'a Kernel, reader: &'a Reader, query: &'a Query, seq_max: i64) -> Result<Plan<'a>, Error> {
        let by_record = matches!(query.order_by, Some(OrderBy::RecordTime));
        let walk = Walk { by_record, descending: !query.ascending };
        let micros = |at: jiff::Timestamp| at.as_microsecond();
        let mut bounds = Bounds {
            seq_max,
            event_from: query.event_time.ge.map(micros),
            event_until: query.event_time.lt.map(micros),
            ..Bounds::default()
        };
        if let Some(from) = query.record_time.ge {
            // Clocks of several processes may differ a little: the exact time is compared with each event.
            let from = Timestamp::from_micros(micros(from)).plus_micros(-ground::time::MINUTE_MICROS);
            bounds.seq_min = seq_before(kernel, from).await?;
        }
        let source = Plan::source(kernel, reader, query, walk, seq_max).await?;
        Ok(Plan { kernel, query, walk, bounds, source })
    }

    async fn source(
        kernel: &Kernel,
        reader: &Reader,
        query: &Query,
        walk: Walk,
        seq_max: i64,
    ) -> Result<Source, Error> {
        let mut best: Option<Vec<i64>> = None;
        let mut leading: Option<(Filter, Vec<String>)> = None;
        for term in query.terms() {
            let Some(ask) = Ask::of(&term) else { continue };
            let found = ask.seqs(kernel, seq_max).await?;
            if found.len() as u64 > CANDIDATES_MAX {
                if let Ask::Column(filter, values) = ask
                    && leading.as_ref().is_none_or(|(other, _)| filter < *other)
                {
                    leading = Some((filter, values));
                }
                continue;
            }
            let few = found.len() <= FEW;
            if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                best = Some(found);
            }
            if few {
                break;
            }
        }
        if let Some(mut seqs) = best {
            if let Some(party) = reader.party() {
                let visible = store::visible(kernel, party, &seqs).await?;
                seqs.retain(|seq| visible.contains(seq));
            }
            return Ok(Source::Candidates(store::places(kernel, &seqs, walk).await?));
        }
        Ok(match reader.party() {
            Some(party) => Source::Party(party.to_owned()),
            None => Source::All(leading),
        })
    }

    async fn next(&self, after: Option<Place>, limit: u64) -> Result<Vec<Place>, Error> {
        Ok(match &self.source {
            Source::Candidates(all) => {
                let from = after.map_or(0, |after| all.partition_point(|place| !self.is_beyond(*place, after)));
                all[from..].iter().copied().take(limit as usize).collect()
            }
            Source::Party(party) => store::of_party(self.kernel, party, self.walk, after, &self.bounds, limit).await?,
            Source::All(leading) => {
                store::of_all(self.kernel, self.walk, after, &self.bounds, leading.as_ref(), limit).await?
            }
        })
    }

    fn is_beyond(&self, place: Place, after: Place) -> bool {
        if self.walk.descending { place < after } else { place > after }
    }

    /// The next `want` events after a place, and the place to go on from; `None` when all were seen.
    async fn page(&self, after: Option<Place>, want: usize) -> Result<(Vec<StoredEvent>, Option<Place>), Error> {
        let mut events: Vec<StoredEvent> = Vec::with_capacity(want.min(64));
        let (mut here, mut last, mut scanned) = (after, after, 0);
        let mut batch = (want as u64 + 1).clamp(32, BATCH);
        loop {
            let places = self.next(here, batch).await?;
            if places.is_empty() {
                return Ok((events, None));
            }
            for (place, event) in self.load(&places).await? {
                here = Some(place);
                scanned += 1;
                if !event.is_some_and(|event| {
                    let good = self.fits(&event);
                    if good && events.len() < want {
                        events.push(event);
                        return false;
                    }
                    good
                }) {
                    last = here;
                    continue;
                }
                // One more than asked for: there is a next page, and it begins with this one.
                return Ok((events, last));
            }
            if scanned >= SCANNED_MAX {
                return Ok((events, here));
            }
            batch = (batch * 2).min(BATCH);
        }
    }

    async fn load(&self, places: &[Place]) -> Result<Vec<(Place, Option<StoredEvent>)>, Error> {
        let seqs: Vec<i64> = places.iter().map(|place| place.1).collect();
        let rows = store::by_seqs(self.kernel.db().read(), &seqs).await?;
        let mut rows: HashMap<i64, StoredEvent> = rows.into_iter().map(|row| (row.seq, row)).collect();
        Ok(places.iter().map(|place| (*place, rows.remove(&place.1))).collect())
    }

    /// Whether an event is one of those asked for. What the row says is looked at before the event is read.
    fn fits(&self, stored: &StoredEvent) -> bool {
        let query = self.query;
        if stored.seq > self.bounds.seq_max || stored.seq <= self.bounds.seq_min {
            return false;
        }
        if !query.record_time.holds(stored.record_time.to_jiff())
            || !query.event_time.holds(stored.event_time.to_jiff())
        {
            return false;
        }
        if !query.event_types.is_empty() && !query.event_types.iter().any(|kind| kind.as_str() == stored.kind) {
            return false;
        }
        if query.is_unconditional() {
            return true;
        }
        read_back(&stored.json).is_ok_and(|event| query.matches(&event))
    }

    async fn check_count(&self, most: u64) -> Result<(), Error> {
        let (mut found, mut scanned, mut here) = (0u64, 0u64, None);
        loop {
            let places = self.next(here, BATCH).await?;
            let Some(last) = places.last() else { return Ok(()) };
            here = Some(*last);
            scanned += places.len() as u64;
            let loaded = self.load(&places).await?;
            found +=
                loaded.iter().filter(|(_, event)| event.as_ref().is_some_and(|event| self.fits(event))).count() as u64;
            if found > most || scanned > CANDIDATES_MAX * 5 {
                return Err(Error::TooLarge { most });
            }
        }
    }

    /// Ordered by an extension field: all that match are read, so they must be few. The place is a position.
    async fn by_extension(
        &self,
        after: Option<Place>,
        want: usize,
    ) -> Result<(Vec<StoredEvent>, Option<Place>), Error> {
        let mut all: Vec<(Option<SortKey>, StoredEvent)> = Vec::new();
        let mut here = None;
        loop {
            let places = self.next(here, BATCH).await?;
            let Some(last) = places.last() else { break };
            here = Some(*last);
            for (_, event) in self.load(&places).await? {
                let Some(event) = event.filter(|event| self.fits(event)) else { continue };
                let key = read_back(&event.json).ok().and_then(|event| self.query.sort_key(&event));
                all.push((key, event));
            }
            if all.len() as u64 > CANDIDATES_MAX {
                return Err(Error::TooLarge { most: CANDIDATES_MAX });
            }
        }
        let ascending = self.query.ascending;
        all.sort_by(|(a, left), (b, right)| {
            let order = match (a, b) {
                (Some(a), Some(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
                // Events without the field come last in either direction.
                (Some(_), None) => return Ordering::Less,
                (None, Some(_)) => return Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            let order = if ascending { order } else { order.reverse() };
            order.then(left.seq.cmp(&right.seq))
        });
        let from = after.map_or(0, |place| usize::try_from(place.0).unwrap_or(usize::MAX));
        let until = from.saturating_add(want);
        let next = (until < all.len()).then_some((until as i64, 0));
        Ok((all.into_iter().skip(from).take(want).map(|(_, event)| event).collect(), next))
    }
}

/// What an index is asked.
enum Ask {
    Things(TermAsk),
    Column(Filter, Vec<String>),
    Events(Vec<String>),
}

impl Ask {
    fn of(term: &Term) -> Option<Ask> {
        let exact: Option<Vec<String>> = term
            .any
            .iter()
            .map(|needle| match needle {
                Needle::Exact(value) => Some(value.clone()),
                Needle::Prefix(_) => None,
            })
            .collect();
        let filter = match term.columns.as_slice() {
            [Column::BizLocation] => Some(Filter::BizLocation),
            [Column::ReadPoint] => Some(Filter::ReadPoint),
            [Column::BizStep] => Some(Filter::BizStep),
            [Column::Disposition] => Some(Filter::Disposition),
            _ => None,
        };
        if let Some(filter) = filter {
            return Some(Ask::Column(filter, exact?));
        }
        if let [Column::EventId] = term.columns.as_slice() {
            return Some(Ask::Events(exact?));
        }
        let roles: Option<Vec<&'static str>> = term.columns.iter().map(|column| role_of(*column)).collect();
        let values = term.any.iter().map(|needle| {
            let (value, prefix) = match needle {
                Needle::Exact(value) => (value, false),
                Needle::Prefix(value) => (value, true),
            };
            match term.columns.first() {
                Some(Column::BizTransaction | Column::Source | Column::Destination) => {
                    (value.split_once(' ').map_or(value.as_str(), |(_, id)| id).to_owned(), prefix)
                }
                Some(Column::ErrorDeclaration) => (format!("{}{value}", role::DECLARED_PREFIX), prefix),
                _ => (value.clone(), prefix),
            }
        });
        Some(Ask::Things(TermAsk { values: values.collect(), roles: roles? }))
    }

    async fn seqs(&self, kernel: &Kernel, seq_max: i64) -> Result<Vec<i64>, Error> {
        let limit = CANDIDATES_MAX + 1;
        Ok(match self {
            Ask::Things(ask) => store::term_seqs(kernel, ask, seq_max, limit).await?,
            Ask::Column(filter, values) => store::column_seqs(kernel, *filter, values, seq_max, limit).await?,
            Ask::Events(ids) => {
                let keys: Vec<String> = ids.iter().flat_map(|id| [event_key(id, false), event_key(id, true)]).collect();
                store::known(kernel.db().read(), &keys).await?.into_values().map(|known| known.seq).collect()
            }
        })
    }
}

fn role_of(column: Column) -> Option<&'static str> {
    Some(match column {
        Column::Epc(part) => role::instance(part),
        Column::Class(part) => role::class(part),
        Column::TransformationId => role::TRANSFORMATION,
        Column::BizTransaction => role::TRANSACTION,
        Column::Source => role::SOURCE,
        Column::Destination => role::DESTINATION,
        Column::ErrorDeclaration => role::DECLARED,
        _ => return None,
    })
}

/// An event by its id, for whoever may see it. Where it was declared wrong, the declaration follows it.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn event(kernel: &Kernel, actor: &Actor, event_id: &str) -> Result<Vec<StoredEvent>, Error> {
    let reader = Reader::of(actor)?;
    let found = store::by_event_id(kernel, event_id).await?;
    visible_or_gone(kernel, &reader, found).await
}

/// An event by its row.
///
/// # Errors
/// `not_found`, `forbidden`.
pub async fn event_by_row(kernel: &Kernel, actor: &Actor, row: &str) -> Result<StoredEvent, Error> {
    let reader = Reader::of(actor)?;
    let seq: i64 = row.parse().map_err(|_| ground::Problem::not_found())?;
    let found = store::by_seqs(kernel.db().read(), &[seq]).await?;
    Ok(visible_or_gone(kernel, &reader, found).await?.remove(0))
}

async fn visible_or_gone(
    kernel: &Kernel,
    reader: &Reader,
    mut found: Vec<StoredEvent>,
) -> Result<Vec<StoredEvent>, Error> {
    if let Some(party) = reader.party() {
        let seqs: Vec<i64> = found.iter().map(|event| event.seq).collect();
        let visible = store::visible(kernel, party, &seqs).await?;
        found.retain(|event| visible.contains(&event.seq));
    }
    if found.is_empty() { Err(ground::Problem::not_found().into()) } else { Ok(found) }
}

/// Events by whatever somebody has in hand: an event id, a hash, an identifier of a thing or place in any form. Newest
/// first, at most `limit`.
///
/// # Errors
/// `forbidden`.
pub async fn anything(kernel: &Kernel, actor: &Actor, text: &str, limit: u64) -> Result<Vec<StoredEvent>, Error> {
    let reader = Reader::of(actor)?;
    let text = text.trim();
    let mut found = store::by_event_id(kernel, text).await?;
    if text.starts_with("ni:") || text.len() >= 32 {
        found.extend(crate::journey::by_hash(kernel, text).await?);
    }
    let mut things = vec![crate::reading::canonical(text)];
    if let Ok(scan) = gs1::parse(text) {
        things.extend(canonical_of_scan(&scan));
    }
    let mut roles = crate::reading::all_things();
    roles.extend([role::TRANSFORMATION, role::TRANSACTION, role::SOURCE, role::DESTINATION]);
    let ask = TermAsk { roles, values: things.iter().map(|thing| (thing.clone(), false)).collect() };
    let mut seqs = store::term_seqs(kernel, &ask, i64::MAX, limit.max(1)).await?;
    for filter in [Filter::BizLocation, Filter::ReadPoint] {
        seqs.extend(store::column_seqs(kernel, filter, &things, i64::MAX, limit.max(1)).await?);
    }
    seqs.retain(|seq| !found.iter().any(|event| event.seq == *seq));
    found.extend(store::by_seqs(kernel.db().read(), &seqs).await?);
    found.sort_by_key(|event| std::cmp::Reverse(event.seq));
    found.dedup_by_key(|event| event.seq);
    if reader.party().is_some() && found.is_empty() {
        return Ok(found);
    }
    let mut found = match visible_or_gone(kernel, &reader, found).await {
        Ok(found) => found,
        Err(Error::Platform(problem)) if problem.code.status == 404 => Vec::new(),
        Err(error) => return Err(error),
    };
    found.truncate(limit as usize);
    Ok(found)
}

fn canonical_of_scan(scan: &gs1::Scan) -> Vec<String> {
    let Some(gtin) = scan.gtin() else { return Vec::new() };
    let mut all = vec![epcis::identifier::of_gtin(&gtin)];
    if let Some(lot) = scan.lot() {
        all.push(epcis::identifier::of_lot(&gtin, lot));
    }
    if let Some(serial) = scan.serial() {
        all.push(epcis::identifier::of_unit(&gtin, serial));
    }
    all
}
