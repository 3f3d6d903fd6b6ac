//! From the engine's events to rows: what is kept of an event, what it is found by, and what makes it refused here although
//! it is a valid event (its time).

use crate::model::{EVENT_BYTES_MAX, EventResult, Outcome};
use crate::store::{EventRow, event_key, index_key};
use epcis::{Event, EventError, Role};
use ground::time::MINUTE_MICROS;
use ground::{Problem, Timestamp};
use kernel::Kernel;
use serde_json::Value;

/// Roles in the index of things. Instances begin with `e`, classes with `q`.
pub(crate) mod role {
    use epcis::Role;

    pub(crate) const TRANSFORMATION: &str = "x";
    pub(crate) const TRANSACTION: &str = "t";
    pub(crate) const SOURCE: &str = "s";
    pub(crate) const DESTINATION: &str = "d";
    pub(crate) const CORRECTIVE: &str = "r";
    pub(crate) const HASH: &str = "h";
    /// An error declaration, by its reason behind [`DECLARED_PREFIX`].
    pub(crate) const DECLARED: &str = "z";
    pub(crate) const DECLARED_PREFIX: &str = "declared:";

    /// An instance in this part of an event.
    pub(crate) fn instance(role: Role) -> &'static str {
        match role {
            Role::Object => "eo",
            Role::Parent => "ep",
            Role::Child => "ec",
            Role::Input => "ei",
            Role::Output => "eu",
        }
    }

    /// A class in this part of an event.
    pub(crate) fn class(role: Role) -> &'static str {
        match role {
            Role::Object => "qo",
            Role::Parent => "qp",
            Role::Child => "qc",
            Role::Input => "qi",
            Role::Output => "qu",
        }
    }

    /// Every role of an instance.
    pub(crate) const INSTANCES: [&str; 5] = ["eo", "ep", "ec", "ei", "eu"];
    /// Every role of a class.
    pub(crate) const CLASSES: [&str; 5] = ["qo", "qp", "qc", "qi", "qu"];
}

/// Between which times an event may lie, by policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeRule {
    /// Now.
    pub now: Timestamp,
    /// How far ahead a sender's clock may be, microseconds.
    pub ahead_micros_max: i64,
    /// Nothing earlier.
    pub earliest: Timestamp,
}

impl TimeRule {
    /// `events.clock_tolerance_minutes` and `events.earliest_date` of the home market.
    ///
    /// # Errors
    /// `internal` when a parameter is missing.
    pub fn in_force(kernel: &Kernel) -> kernel::Result<TimeRule> {
        let packs = kernel.packs();
        let today = kernel.today();
        let minutes = packs.home().integer("events.clock_tolerance_minutes", today).map_err(Problem::internal)?;
        let earliest = packs.home().text("events.earliest_date", today).map_err(Problem::internal)?;
        let earliest: jiff::civil::Date = earliest.parse().map_err(|error: jiff::Error| Problem::internal(error))?;
        Ok(TimeRule {
            now: kernel.now(),
            ahead_micros_max: minutes.max(0).saturating_mul(MINUTE_MICROS),
            earliest: Timestamp::start_of(earliest, &jiff::tz::TimeZone::UTC),
        })
    }
}

/// An event ready to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub position: u64,
    pub event_id: String,
    pub hash: String,
    pub kind: String,
    pub event_time: Timestamp,
    pub action: Option<&'static str>,
    pub biz_step: Option<String>,
    pub disposition: Option<String>,
    pub read_point: Option<String>,
    pub biz_location: Option<String>,
    /// It takes back an earlier event.
    pub is_declaration: bool,
    /// How far its time lies ahead of our clock, microseconds.
    pub skew_micros: i64,
    /// Value and role of what it names.
    pub terms: Vec<(String, &'static str)>,
    /// Source and destination parties.
    pub parties: Vec<String>,
    pub json: String,
}

impl Prepared {
    /// The key under which it is unique.
    pub fn key(&self) -> String {
        event_key(&self.event_id, self.is_declaration)
    }

    /// The place of one of its fields in the document.
    pub fn pointer(&self, field: &str) -> String {
        pointer_of(self.position, field)
    }

    /// The row.
    pub fn row(&self, seq: i64, capture: &str, party: &str, act: &str, now: Timestamp) -> EventRow {
        let column = |value: &Option<String>| value.as_deref().map(index_key);
        EventRow {
            seq,
            event_key: self.key(),
            event_id: self.event_id.clone(),
            hash: self.hash.clone(),
            kind: index_key(&self.kind),
            event_time: self.event_time.micros(),
            record_time: now.micros(),
            party: party.to_owned(),
            capture_id: capture.to_owned(),
            position: self.position as i64,
            act_id: act.to_owned(),
            action: self.action.map(str::to_owned),
            biz_step: column(&self.biz_step),
            disposition: column(&self.disposition),
            read_point: column(&self.read_point),
            biz_location: column(&self.biz_location),
            declaration: self.is_declaration,
            declared_wrong_at: None,
            skew_micros: self.skew_micros,
            json: self.json.clone(),
        }
    }
}

fn pointer_of(position: u64, field: &str) -> String {
    format!("/epcisBody/eventList/{position}/{field}").trim_end_matches('/').to_owned()
}

/// A refusal of one event.
pub(crate) fn refused(position: u64, id: Option<String>, pointer: &str, code: &str, zh: &str, en: &str) -> EventResult {
    EventResult {
        position: Some(position),
        outcome: Outcome::Rejected,
        event_id: id,
        seq: None,
        pointer: Some(pointer.to_owned()),
        code: Some(code.to_owned()),
        detail_zh: zh.to_owned(),
        detail_en: en.to_owned(),
    }
}

/// What the engine read, made ready; or why not.
#[allow(clippy::result_large_err)] // a refusal is rare and goes into a list at once
pub(crate) fn prepare(
    position: u64,
    read: Result<Event, EventError>,
    rule: &TimeRule,
) -> Result<Prepared, EventResult> {
    let event =
        read.map_err(|error| refused(position, None, &error.pointer, error.code.as_str(), &error.zh, &error.en))?;
    let hash = epcis::hash(&event);
    let event_id = event.event_id.clone().unwrap_or_else(|| hash.clone());
    let at = Timestamp::from_micros(event.event_time.as_microsecond());
    let pointer = |field: &str| pointer_of(position, field);
    let ahead = at.micros().saturating_sub(rule.now.micros());
    if ahead > rule.ahead_micros_max {
        let most = rule.ahead_micros_max / MINUTE_MICROS;
        return Err(refused(
            position,
            Some(event_id),
            &pointer("eventTime"),
            "time_in_future",
            &format!("事件时间比本系统时钟晚，超过了允许的 {most} 分钟。请核对发送方时钟与时区。"),
            &format!(
                "The event lies in the future by more than the {most} minutes that are tolerated. Check the sender's clock and time zone."
            ),
        ));
    }
    if at < rule.earliest {
        let earliest = rule.earliest.to_rfc3339();
        return Err(refused(
            position,
            Some(event_id),
            &pointer("eventTime"),
            "time_too_early",
            &format!("事件时间早于 {earliest}，不予接受。"),
            &format!("The event is earlier than {earliest}, which is not accepted."),
        ));
    }
    let json = own_json(&event, &event_id);
    #[cfg(test)]
    assert!(
        serde_json::from_str::<Value>(&json)
            .is_ok_and(|value| { read_back(&value).inspect_err(|error| eprintln!("{error}: {json}")).is_ok() }),
        "what is kept reads back"
    );
    if json.len() > EVENT_BYTES_MAX {
        return Err(refused(
            position,
            Some(event_id),
            &pointer(""),
            "event_too_large",
            "单个事件超过 1 MiB，请拆分。",
            "The event is larger than 1 MiB: split it.",
        ));
    }
    Ok(Prepared {
        position,
        terms: terms(&event, &hash),
        parties: event.sources.iter().chain(&event.destinations).map(|party| party.id.clone()).collect(),
        kind: event.kind.as_str().to_owned(),
        event_time: at,
        action: event.action.map(epcis::Action::as_str),
        is_declaration: event.error_declaration.is_some(),
        skew_micros: ahead.max(0),
        biz_step: event.biz_step,
        disposition: event.disposition,
        read_point: event.read_point,
        biz_location: event.biz_location,
        event_id,
        hash,
        json,
    })
}

/// The event as it is kept: as it came, with the prefixes it needs inside where they are not the standard ones.
fn own_json(event: &Event, event_id: &str) -> String {
    let standard = *event.context == epcis::Context::default();
    let mut value = if standard { event.json.clone() } else { event.standalone() };
    if let Some(object) = value.as_object_mut() {
        // The record time is ours to say.
        object.shift_remove("recordTime");
        // An event without an id is known by its hash from now on.
        if event.event_id.is_none() {
            object.insert("eventID".to_owned(), Value::from(event_id));
        }
        let needed = if standard { Vec::new() } else { contexts(object.get("@context")) };
        match needed.is_empty() {
            true => drop(object.shift_remove("@context")),
            false => drop(object.insert("@context".to_owned(), Value::Array(needed))),
        }
    }
    value.to_string()
}

/// What an event needs beside the standard context: each entry once, though the document and the event may both name it.
fn contexts(given: Option<&Value>) -> Vec<Value> {
    let mut needed: Vec<Value> = Vec::new();
    for entry in given.and_then(Value::as_array).into_iter().flatten() {
        let standard = entry.is_string() && epcis::Context::from_json(entry).is_ok_and(|context| !context.has_remote());
        if !standard && !needed.contains(entry) {
            needed.push(entry.clone());
        }
    }
    needed
}

/// The event that a kept JSON says.
///
/// # Errors
/// What the engine says; never for what was captured here.
pub(crate) fn read_back(json: &Value) -> Result<Event, EventError> {
    epcis::read_event(json.clone())
}

fn terms(event: &Event, hash: &str) -> Vec<(String, &'static str)> {
    let mut terms: Vec<(String, &'static str)> = Vec::with_capacity(event.epcs.len() + event.quantities.len() + 4);
    let mut add = |value: &str, role: &'static str| terms.push((index_key(value), role));
    for epc in &event.epcs {
        add(&epc.id, role::instance(epc.role));
    }
    for quantity in &event.quantities {
        add(&quantity.class, role::class(quantity.role));
    }
    for (list, role) in [
        (&event.biz_transactions, role::TRANSACTION),
        (&event.sources, role::SOURCE),
        (&event.destinations, role::DESTINATION),
    ] {
        for typed in list {
            add(&typed.id, role);
        }
    }
    if let Some(id) = &event.transformation_id {
        add(id, role::TRANSFORMATION);
    }
    if let Some(declared) = &event.error_declaration {
        let reason = declared.reason.as_deref().unwrap_or_default();
        add(&format!("{}{reason}", role::DECLARED_PREFIX), role::DECLARED);
        declared.corrective_event_ids.iter().for_each(|id| add(id, role::CORRECTIVE));
    }
    add(&short_hash(hash), role::HASH);
    terms
}

/// The first half of a hash's digits: enough to find it by.
pub(crate) fn short_hash(hash: &str) -> String {
    let digits = hash.split_once(';').map_or(hash, |(_, rest)| rest);
    digits.chars().take_while(char::is_ascii_hexdigit).take(32).collect()
}

/// The GTIN of a canonical id, with its lot or serial.
pub(crate) fn parts_of(id: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let rest = id.strip_prefix("https://id.gs1.org/01/").or_else(|| id.strip_prefix("/01/"))?;
    let mut parts = rest.split('/');
    let gtin = parts.next()?;
    let (mut lot, mut serial) = (None, None);
    while let (Some(ai), Some(value)) = (parts.next(), parts.next()) {
        match ai {
            "10" => lot = Some(value),
            "21" => serial = Some(value),
            _ => {}
        }
    }
    Some((gtin, lot, serial))
}

/// The one form of an identifier that is written in many.
pub(crate) fn canonical(uri: &str) -> String {
    epcis::identifier::canonical(uri).into_owned()
}

/// Every role, for what is asked of both levels.
pub(crate) fn all_things() -> Vec<&'static str> {
    role::INSTANCES.into_iter().chain(role::CLASSES).collect()
}

/// Ids of one part of an event, both levels, canonical.
pub(crate) fn things(event: &Event, role: Role) -> Vec<String> {
    let classes = event.classes(role).map(|quantity| quantity.class.clone());
    event.ids(role).map(str::to_owned).chain(classes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_id_are_told_apart() {
        assert_eq!(parts_of("https://id.gs1.org/01/09506000134352/21/A1"), Some(("09506000134352", None, Some("A1"))));
        assert_eq!(parts_of("/01/09506000134352/10/L1"), Some(("09506000134352", Some("L1"), None)));
        assert_eq!(parts_of("https://id.gs1.org/00/195060001343520014"), None);
    }
}
