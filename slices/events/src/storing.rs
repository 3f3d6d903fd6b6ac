//! One part of a document in one transaction: events, the index of what they name, who may see them, and the acts that hold
//! their hashes.

use crate::error::Error;
use crate::model::*;
use crate::reading::{Prepared, refused};
use crate::store::{self, Known, event_key, index_key};
use kernel::{Act, Kernel, Write};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An event and the parties that may see it.
pub(crate) type Seen = (Prepared, BTreeSet<String>);

/// What came of a part.
#[derive(Default)]
pub(crate) struct Stored {
    pub accepted: u64,
    pub skewed: u64,
    pub rows: Option<(i64, i64)>,
    /// Refused and duplicate events.
    pub results: Vec<EventResult>,
    /// Whether an act was written, that is: whether anything was kept.
    pub has_act: bool,
    /// Words written in this transaction.
    pub words: Vec<(&'static str, String, String)>,
}

impl Stored {
    /// Events refused.
    pub fn rejected(&self) -> u64 {
        self.results.iter().filter(|result| result.outcome == Outcome::Rejected).count() as u64
    }

    /// Joins what came of the next part.
    pub fn add(&mut self, next: Stored) {
        self.accepted += next.accepted;
        self.skewed += next.skewed;
        self.rows = match (self.rows, next.rows) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        self.results.extend(next.results);
        self.has_act |= next.has_act;
        self.words.extend(next.words);
    }
}

/// What is to be done with the events of a part.
#[derive(Default)]
struct Sorted<'a> {
    fresh: Vec<&'a Seen>,
    /// Kept by an earlier try at the same capture.
    kept: Vec<i64>,
    results: Vec<EventResult>,
    /// Keys of events that are taken back, with their hashes.
    wrong: BTreeMap<String, String>,
    /// Keys of fresh events that were taken back before they came.
    born_wrong: BTreeSet<String>,
}

/// Stores a part. Nothing is committed here.
///
/// # Errors
/// What the store says.
pub(crate) async fn store_part(
    kernel: &Kernel,
    write: &mut Write,
    capture: &Capture,
    events: &[Seen],
) -> Result<Stored, Error> {
    // The numbers come first: from here on nobody else stores events, so what is looked up stays true.
    let first = store::reserve(write.tx(), events.len()).await?;
    let keys: Vec<String> = events
        .iter()
        .flat_map(|(event, _)| [event_key(&event.event_id, false), event_key(&event.event_id, true)])
        .collect();
    let known = store::known(write.tx(), &keys).await?;
    let sorted = sort(capture, events, &known);
    let mut stored = Stored {
        accepted: (sorted.fresh.len() + sorted.kept.len()) as u64,
        rows: range(&sorted.kept),
        ..Stored::default()
    };
    if !sorted.fresh.is_empty() {
        insert_fresh(kernel, write, capture, first, &sorted, &mut stored).await?;
    }
    if !sorted.wrong.is_empty() {
        declare_wrong(write, capture, &sorted.wrong).await?;
    }
    stored.results = sorted.results;
    Ok(stored)
}

fn range(seqs: &[i64]) -> Option<(i64, i64)> {
    Some((*seqs.iter().min()?, *seqs.iter().max()?))
}

/// Tells fresh events from duplicates and from what must be refused.
fn sort<'a>(capture: &Capture, events: &'a [Seen], known: &HashMap<String, Known>) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    let mut here: HashMap<String, &Prepared> = HashMap::new();
    for seen in events {
        let event = &seen.0;
        let key = event.key();
        let there = known.get(&key);
        if let Some(there) = there.filter(|there| there.capture_id == capture.id && there.hash == event.hash) {
            sorted.kept.push(there.seq);
            continue;
        }
        let same_id =
            there.map(|there| there.hash.as_str()).or_else(|| here.get(&key).map(|other| other.hash.as_str()));
        match same_id {
            Some(hash) if hash == event.hash => {
                sorted.results.push(duplicate(event));
                continue;
            }
            Some(_) => {
                sorted.results.push(taken(event));
                continue;
            }
            None => {}
        }
        if event.is_declaration {
            match declares(capture, event, known, &here) {
                Ok(Some((key, hash))) => drop(sorted.wrong.insert(key, hash)),
                Ok(None) => {}
                Err(fault) => {
                    sorted.results.push(fault);
                    continue;
                }
            }
        } else if let Some(before) = known.get(&event_key(&event.event_id, true)) {
            if before.hash != event.hash {
                sorted.results.push(taken(event));
                continue;
            }
            sorted.born_wrong.insert(key.clone());
        }
        here.insert(key, event);
        sorted.fresh.push(seen);
    }
    sorted
}

/// The earlier event that a declaration takes back, where it is known.
#[allow(clippy::result_large_err)] // a refusal is rare and goes into a list at once
fn declares(
    capture: &Capture,
    event: &Prepared,
    known: &HashMap<String, Known>,
    here: &HashMap<String, &Prepared>,
) -> Result<Option<(String, String)>, EventResult> {
    let key = event_key(&event.event_id, false);
    let (hash, party) = match (known.get(&key), here.get(&key)) {
        (Some(there), _) => (there.hash.clone(), there.party.clone()),
        (None, Some(other)) => (other.hash.clone(), capture.party.clone()),
        (None, None) => return Ok(None),
    };
    let refuse = |code: &str, field: &str, zh: &str, en: &str| {
        let pointer = event.pointer(field);
        refused(event.position, Some(event.event_id.clone()), &pointer, code, zh, en)
    };
    if hash != event.hash {
        return Err(refuse(
            "declaration_differs",
            "errorDeclaration",
            "错误声明除 errorDeclaration 外必须与原事件内容一致；更正后的内容请作为新事件提交，并在 correctiveEventIDs 中引用。",
            "An error declaration repeats the earlier event in everything but errorDeclaration; what is right goes into a new event named in correctiveEventIDs.",
        ));
    }
    if party != capture.party && capture.party != OPERATOR {
        return Err(refuse(
            "not_your_event",
            "errorDeclaration",
            "只有采集原事件的机构可以声明其有误。",
            "Only who captured an event may declare it wrong.",
        ));
    }
    Ok(Some((key, hash)))
}

fn duplicate(event: &Prepared) -> EventResult {
    EventResult {
        outcome: Outcome::Duplicate,
        pointer: None,
        code: None,
        detail_zh: "相同的事件已经存在，未重复保存。".to_owned(),
        detail_en: "The same event is there already; it was not kept twice.".to_owned(),
        ..refused(event.position, Some(event.event_id.clone()), "", "", "", "")
    }
}

fn taken(event: &Prepared) -> EventResult {
    refused(
        event.position,
        Some(event.event_id.clone()),
        &event.pointer("eventID"),
        "event_id_taken",
        "此 eventID 已用于内容不同的事件。请使用新的 eventID；若要更正，请提交错误声明。",
        "This eventID belongs to an event with other content. Use a new one; to correct the earlier event, declare it wrong.",
    )
}

async fn insert_fresh(
    kernel: &Kernel,
    write: &mut Write,
    capture: &Capture,
    first: i64,
    sorted: &Sorted<'_>,
    stored: &mut Stored,
) -> Result<(), Error> {
    let now = write.now();
    let (mut rows, mut terms, mut viewers, mut words) =
        (Vec::with_capacity(sorted.fresh.len()), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut seq = first;
    for part in sorted.fresh.chunks(ACT_HASHES_MAX) {
        let hashes: Vec<&str> = part.iter().map(|(event, _)| event.hash.as_str()).collect();
        let mut act = Act::new("events.captured", "event_capture", &capture.id)
            .outcome("accepted")
            .public("capture", capture.id.as_str())
            .public("party", capture.party.as_str())
            .public("hashes", hashes);
        if capture.party != OPERATOR {
            act = act.about("merchant", &capture.party);
        }
        let act = write.act(act).await?;
        for (event, parties) in part {
            let mut row = event.row(seq, &capture.id, &capture.party, &act, now);
            if sorted.born_wrong.contains(&row.event_key) {
                row.declared_wrong_at = Some(now.micros());
            }
            terms.extend(event.terms.iter().map(|(value, role)| (value.clone(), *role, seq)));
            viewers.extend(parties.iter().map(|party| (party.clone(), event.event_time.micros(), seq)));
            for (kind, word) in words_of(event) {
                words.extend(parties.iter().map(|party| (kind, party.clone(), word.clone())));
                words.insert((kind, String::new(), word));
            }
            stored.skewed += u64::from(event.skew_micros > 0);
            rows.push(row);
            seq += 1;
        }
    }
    let own = Some((first, seq - 1));
    stored.rows = match (stored.rows, own) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (one, other) => one.or(other),
    };
    store::insert_events(write.tx(), rows).await?;
    store::insert_terms(write.tx(), terms).await?;
    store::insert_viewers(write.tx(), viewers).await?;
    stored.words = store::insert_vocabulary(kernel, write.tx(), words).await?;
    stored.has_act = true;
    Ok(())
}

/// Words of the event that are listed as top-level resources.
fn words_of(event: &Prepared) -> Vec<(&'static str, String)> {
    let mut words = vec![("eventTypes", index_key(&event.kind))];
    for (kind, value) in [
        ("bizSteps", &event.biz_step),
        ("dispositions", &event.disposition),
        ("readPoints", &event.read_point),
        ("bizLocations", &event.biz_location),
    ] {
        words.extend(value.as_deref().map(|value| (kind, index_key(value))));
    }
    words
}

async fn declare_wrong(write: &mut Write, capture: &Capture, wrong: &BTreeMap<String, String>) -> Result<(), Error> {
    let keys: Vec<String> = wrong.keys().cloned().collect();
    let hashes: Vec<&str> = wrong.values().map(String::as_str).collect();
    store::mark_wrong(write.tx(), &keys, write.now()).await?;
    for part in hashes.chunks(ACT_HASHES_MAX) {
        let mut act = Act::new("events.declared_wrong", "event_capture", &capture.id)
            .outcome("declared_wrong")
            .public("capture", capture.id.as_str())
            .public("party", capture.party.as_str())
            .public("hashes", part.to_vec());
        if capture.party != OPERATOR {
            act = act.about("merchant", &capture.party);
        }
        write.act(act).await?;
    }
    Ok(())
}
