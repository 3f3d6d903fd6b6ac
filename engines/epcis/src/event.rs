//! An event as typed fields beside the JSON it came in.
//!
//! Every identifier in the typed fields is canonical: GS1 keys as `https://id.gs1.org/…` (however they were written),
//! vocabulary words as full URIs. What came is in [`Event::json`], untouched.

use crate::context::Context;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// One event.
#[derive(Debug, Clone)]
pub struct Event {
    /// The event as it came, extensions and all.
    pub json: Value,
    /// The prefixes that hold for it (the document's and its own).
    pub context: Arc<Context>,
    /// Its type.
    pub kind: Kind,
    /// When it happened.
    pub event_time: Timestamp,
    /// The zone of the place where it happened, `±hh:mm`.
    pub event_time_zone_offset: String,
    /// When a repository recorded it, where it says so. Not part of the hash.
    pub record_time: Option<Timestamp>,
    /// Its id, where it has one. Not part of the hash.
    pub event_id: Option<String>,
    /// ADD, OBSERVE or DELETE; a transformation has none.
    pub action: Option<Action>,
    /// Business step, full URI.
    pub biz_step: Option<String>,
    /// Disposition, full URI.
    pub disposition: Option<String>,
    /// Dispositions that hold from now on, full URIs.
    pub persistent_disposition_set: Vec<String>,
    /// Dispositions that hold no longer, full URIs.
    pub persistent_disposition_unset: Vec<String>,
    /// Where it was seen, canonical.
    pub read_point: Option<String>,
    /// Where the objects are afterwards, canonical.
    pub biz_location: Option<String>,
    /// The objects, each with its part in the event; the parent is one of them.
    pub epcs: Vec<Epc>,
    /// Quantities of classes, each with its part in the event.
    pub quantities: Vec<Quantity>,
    /// What ties the events of one transformation together, canonical.
    pub transformation_id: Option<String>,
    /// Business documents.
    pub biz_transactions: Vec<Typed>,
    /// Where the objects came from.
    pub sources: Vec<Typed>,
    /// Where the objects go.
    pub destinations: Vec<Typed>,
    /// Sensor data.
    pub sensor_elements: Vec<SensorElement>,
    /// Master data of the instances or the lot, as `{namespace}local` and value.
    pub ilmd: Vec<(String, Value)>,
    /// Certificates (URIs).
    pub certification: Vec<String>,
    /// Says that an earlier event with the same id is wrong.
    pub error_declaration: Option<ErrorDeclaration>,
    /// Extension fields of the event, as `{namespace}local` and value.
    pub extensions: Vec<(String, Value)>,
}

/// The type of an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something happened to objects.
    Object,
    /// Objects were put into or taken out of a parent.
    Aggregation,
    /// Objects were tied to or untied from a parent (often a place or a device).
    Association,
    /// Objects were tied to business documents.
    Transaction,
    /// Inputs became outputs.
    Transformation,
    /// A type of an extension, by its URI.
    Other(String),
}

impl Kind {
    /// The name in `type`.
    pub fn as_str(&self) -> &str {
        match self {
            Kind::Object => "ObjectEvent",
            Kind::Aggregation => "AggregationEvent",
            Kind::Association => "AssociationEvent",
            Kind::Transaction => "TransactionEvent",
            Kind::Transformation => "TransformationEvent",
            Kind::Other(name) => name,
        }
    }

    /// One of the five standard types by its name.
    pub fn standard(name: &str) -> Option<Kind> {
        Some(match name {
            "ObjectEvent" => Kind::Object,
            "AggregationEvent" => Kind::Aggregation,
            "AssociationEvent" => Kind::Association,
            "TransactionEvent" => Kind::Transaction,
            "TransformationEvent" => Kind::Transformation,
            _ => return None,
        })
    }
}

/// What the event did to the life of the objects or of their tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Began.
    Add,
    /// Was seen.
    Observe,
    /// Ended.
    Delete,
}

impl Action {
    /// `ADD`, `OBSERVE`, `DELETE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Add => "ADD",
            Action::Observe => "OBSERVE",
            Action::Delete => "DELETE",
        }
    }

    /// Reads the name.
    pub fn from_name(name: &str) -> Option<Action> {
        Some(match name {
            "ADD" => Action::Add,
            "OBSERVE" => Action::Observe,
            "DELETE" => Action::Delete,
            _ => return None,
        })
    }
}

/// The part an object or a class has in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// `epcList`, `quantityList`.
    Object,
    /// `parentID`.
    Parent,
    /// `childEPCs`, `childQuantityList`.
    Child,
    /// `inputEPCList`, `inputQuantityList`.
    Input,
    /// `outputEPCList`, `outputQuantityList`.
    Output,
}

impl Role {
    /// A short stable name for storage: `object`, `parent`, `child`, `input`, `output`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Object => "object",
            Role::Parent => "parent",
            Role::Child => "child",
            Role::Input => "input",
            Role::Output => "output",
        }
    }
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Epc {
    /// Its part in the event.
    pub role: Role,
    /// Its canonical id.
    pub id: String,
}

/// So much of a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Its part in the event.
    pub role: Role,
    /// The canonical class id, for instance `https://id.gs1.org/01/09506000134352/10/L1`.
    pub class: String,
    /// How much; `None` where it is not said.
    pub quantity: Option<f64>,
    /// Unit of UN/ECE Recommendation 20; `None` means pieces.
    pub uom: Option<String>,
}

/// A business document, source or destination with its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Typed {
    /// Full URI of the type; only a business document may lack it.
    pub kind: Option<String>,
    /// Canonical id.
    pub id: String,
}

/// One element of `sensorElementList`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorElement {
    /// What holds for all its reports.
    pub metadata: SensorMetadata,
    /// The reports.
    pub reports: Vec<SensorReport>,
    /// Extension fields, as `{namespace}local` and value.
    pub extensions: Vec<(String, Value)>,
}

/// `sensorMetadata`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorMetadata {
    /// When it was measured.
    pub time: Option<Timestamp>,
    /// From when.
    pub start_time: Option<Timestamp>,
    /// Until when.
    pub end_time: Option<Timestamp>,
    /// The device, canonical.
    pub device_id: Option<String>,
    /// Where the device is described.
    pub device_metadata: Option<String>,
    /// Where the raw data are.
    pub raw_data: Option<String>,
    /// How the data were made.
    pub data_processing_method: Option<String>,
    /// Rules that apply.
    pub biz_rules: Option<String>,
    /// Extension fields, as `{namespace}local` and value.
    pub extensions: Vec<(String, Value)>,
}

/// One element of `sensorReport`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorReport {
    /// Full URI of what was measured.
    pub kind: Option<String>,
    /// Full URI of an alert.
    pub exception: Option<String>,
    /// The device, canonical.
    pub device_id: Option<String>,
    /// Where the device is described.
    pub device_metadata: Option<String>,
    /// Where the raw data are.
    pub raw_data: Option<String>,
    /// How the data were made.
    pub data_processing_method: Option<String>,
    /// Rules that apply.
    pub biz_rules: Option<String>,
    /// When it was measured.
    pub time: Option<Timestamp>,
    /// What lives there.
    pub microorganism: Option<String>,
    /// What it is made of.
    pub chemical_substance: Option<String>,
    /// What coordinates mean.
    pub coordinate_reference_system: Option<String>,
    /// Full URI of the component of a vector or coordinate.
    pub component: Option<String>,
    /// The value.
    pub value: Option<f64>,
    /// A value in words.
    pub string_value: Option<String>,
    /// A yes or no.
    pub boolean_value: Option<bool>,
    /// Bytes in hexadecimal.
    pub hex_binary_value: Option<String>,
    /// A reference.
    pub uri_value: Option<String>,
    /// Least value.
    pub min_value: Option<f64>,
    /// Greatest value.
    pub max_value: Option<f64>,
    /// Mean.
    pub mean_value: Option<f64>,
    /// Standard deviation.
    pub s_dev: Option<f64>,
    /// Percentile rank.
    pub perc_rank: Option<f64>,
    /// Value at that rank.
    pub perc_value: Option<f64>,
    /// Unit of UN/ECE Recommendation 20.
    pub uom: Option<String>,
    /// Extension fields, as `{namespace}local` and value.
    pub extensions: Vec<(String, Value)>,
}

/// `errorDeclaration`.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorDeclaration {
    /// When it was declared.
    pub at: Timestamp,
    /// Full URI of the reason.
    pub reason: Option<String>,
    /// Events that say it right.
    pub corrective_event_ids: Vec<String>,
    /// Extension fields, as `{namespace}local` and value.
    pub extensions: Vec<(String, Value)>,
}

impl Event {
    /// The parent of an aggregation, association or transaction.
    pub fn parent(&self) -> Option<&str> {
        self.ids(Role::Parent).next()
    }

    /// Objects with one part in the event.
    pub fn ids(&self, role: Role) -> impl Iterator<Item = &str> {
        self.epcs.iter().filter(move |epc| epc.role == role).map(|epc| epc.id.as_str())
    }

    /// Classes with one part in the event.
    pub fn classes(&self, role: Role) -> impl Iterator<Item = &Quantity> {
        self.quantities.iter().filter(move |quantity| quantity.role == role)
    }

    /// The event with its `@context` inside, so that it reads back alone ([`crate::read_event`]).
    pub fn standalone(&self) -> Value {
        let mut object = serde_json::Map::new();
        object.insert("@context".to_owned(), self.context.to_json());
        for (name, value) in self.json.as_object().into_iter().flatten() {
            if name != "@context" {
                object.insert(name.clone(), value.clone());
            }
        }
        Value::Object(object)
    }
}
