//! Whether an event fulfils a condition.

use super::condition::{
    AttributeTest, Condition, Op, Scope, SensorNumber, SensorText, SensorTime, Subject, Test, TypedList, ValueField,
};
use super::field::FieldName;
use crate::event::{Event, SensorMetadata, SensorReport, Typed};
use crate::identifier;
use crate::time;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is known of places, parties and other vocabulary elements besides the events.
pub trait MasterData {
    /// Whether a place is another place or lies within it. Both are canonical.
    fn is_within(&self, place: &str, ancestor: &str) -> bool;
    /// An attribute of an element, by its name.
    fn attribute(&self, id: &str, name: &str) -> Option<&str>;
}

/// Nothing is known: a place lies within itself, and a part (AI 254) within its location.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMasterData;

impl MasterData for NoMasterData {
    fn is_within(&self, place: &str, ancestor: &str) -> bool {
        place == ancestor
            || place.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with("/254/")) && ancestor.contains("/414/")
    }

    fn attribute(&self, _: &str, _: &str) -> Option<&str> {
        None
    }
}

/// Master data in memory, as `epcisHeader` carries it.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    parents: HashMap<String, Vec<String>>,
    attributes: HashMap<String, BTreeMap<String, String>>,
}

/// Steps from a place up to one it lies in: further ones are not looked for, nor are circles walked twice.
const ANCESTORS_MAX: usize = 10_000;

impl Vocabularies {
    /// Adds the elements of an `epcisHeader` (as [`crate::Head::header`] holds it).
    pub fn add_header(&mut self, header: &Value) {
        let lists = header.pointer("/epcisMasterData/vocabularyList").and_then(Value::as_array);
        for vocabulary in lists.into_iter().flatten() {
            let elements = vocabulary.get("vocabularyElementList").and_then(Value::as_array);
            for element in elements.into_iter().flatten() {
                self.add_element(element);
            }
        }
    }

    fn add_element(&mut self, element: &Value) {
        let Some(id) = element.get("id").and_then(Value::as_str) else { return };
        let id = identifier::canonical(id).into_owned();
        for child in element.get("children").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            self.parents.entry(identifier::canonical(child).into_owned()).or_default().push(id.clone());
        }
        for attribute in element.get("attributes").and_then(Value::as_array).into_iter().flatten() {
            let name = attribute.get("id").and_then(Value::as_str);
            let value = match attribute.get("attribute") {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Null) | None => None,
                Some(other) => Some(other.to_string()),
            };
            if let (Some(name), Some(value)) = (name, value) {
                self.attributes.entry(id.clone()).or_default().insert(name.to_owned(), value);
            }
        }
    }
}

impl MasterData for Vocabularies {
    fn is_within(&self, place: &str, ancestor: &str) -> bool {
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next = vec![place];
        while let Some(current) = next.pop() {
            if NoMasterData.is_within(current, ancestor) {
                return true;
            }
            if seen.len() < ANCESTORS_MAX && seen.insert(current) {
                next.extend(self.parents.get(current).into_iter().flatten().map(String::as_str));
                next.extend(current.split_once("/254/").map(|(location, _)| location));
            }
        }
        false
    }

    fn attribute(&self, id: &str, name: &str) -> Option<&str> {
        self.attributes.get(id)?.get(name).map(String::as_str)
    }
}

/// A value of an extension field or of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Number(f64),
    Time(Timestamp),
    Text(String),
}

impl Scalar {
    /// A text that reads as a number or a time is one.
    pub(super) fn of_text(text: &str) -> Scalar {
        let text = text.trim();
        let numeric = text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        if numeric
            && let Ok(number) = text.parse::<f64>()
            && number.is_finite()
        {
            return Scalar::Number(number);
        }
        match time::parse(text) {
            Some(at) => Scalar::Time(at),
            None => Scalar::Text(text.to_owned()),
        }
    }

    pub(super) fn of_json(value: &Value) -> Option<Scalar> {
        match value {
            Value::String(text) => Some(Scalar::of_text(text)),
            Value::Number(number) => number.as_f64().map(Scalar::Number),
            Value::Bool(value) => Some(Scalar::Text(value.to_string())),
            Value::Object(object) => object.get("@value").or_else(|| object.get("#text")).and_then(Scalar::of_json),
            Value::Null | Value::Array(_) => None,
        }
    }
}

fn stands<T: PartialOrd>(op: Op, have: &T, want: &T) -> bool {
    match op {
        Op::Eq => have == want,
        Op::Gt => have > want,
        Op::Ge => have >= want,
        Op::Lt => have < want,
        Op::Le => have <= want,
    }
}

fn any_stands(op: Op, have: Option<f64>, want: &[f64]) -> bool {
    have.is_some_and(|have| want.iter().any(|want| stands(op, &have, want)))
}

impl Condition {
    pub(super) fn holds(&self, event: &Event, master: &dyn MasterData) -> bool {
        match self {
            Condition::Anything => true,
            Condition::Value(field, any) => {
                values(event, *field).iter().any(|have| any.iter().any(|want| want == have))
            }
            Condition::Action(any) => event.action.is_some_and(|action| any.contains(&action)),
            Condition::Within(field, any) => {
                values(event, *field).iter().any(|have| any.iter().any(|want| master.is_within(have, want)))
            }
            Condition::Typed(list, kind, any) => {
                let fits = |item: &&Typed| item.kind.as_deref() == Some(kind);
                typed(event, *list).iter().filter(fits).any(|item| any.contains(&item.id))
            }
            Condition::Epc(roles, any) => event
                .epcs
                .iter()
                .filter(|epc| roles.contains(&epc.role))
                .any(|epc| any.iter().any(|pattern| pattern.matches(&epc.id))),
            Condition::Class(roles, any) => event
                .quantities
                .iter()
                .filter(|quantity| roles.contains(&quantity.role))
                .any(|quantity| any.iter().any(|pattern| pattern.matches(&quantity.class))),
            Condition::Quantity(op, want, unit) => event
                .quantities
                .iter()
                .filter(|quantity| unit.is_none() || quantity.uom == *unit)
                .any(|quantity| any_stands(*op, quantity.quantity, want)),
            Condition::Extension(scope, name, test) => scopes(event, *scope)
                .iter()
                .any(|fields| fields.iter().any(|(known, value)| name.is(known) && test.holds(value))),
            Condition::Inner(scope, name, test) => scopes(event, *scope)
                .iter()
                .any(|fields| fields.iter().any(|(_, value)| inner(event, value, name, test))),
            Condition::Attribute(subject, test) => subjects(event, subject).iter().any(|id| test.holds(id, master)),
            Condition::ErrorDeclared => event.error_declaration.is_some(),
            Condition::ErrorTime(range) => event.error_declaration.as_ref().is_some_and(|error| range.holds(error.at)),
            Condition::ErrorReason(any) => event
                .error_declaration
                .as_ref()
                .and_then(|error| error.reason.as_ref())
                .is_some_and(|reason| any.contains(reason)),
            Condition::Corrective(any) => event
                .error_declaration
                .as_ref()
                .is_some_and(|error| error.corrective_event_ids.iter().any(|id| any.contains(id))),
            _ => self.holds_of_sensors(event),
        }
    }

    fn holds_of_sensors(&self, event: &Event) -> bool {
        let elements = &event.sensor_elements;
        match self {
            Condition::Sensed => !elements.is_empty(),
            Condition::SensorTime(which, range) => elements.iter().any(|element| {
                let own = match which {
                    SensorTime::Time => element.metadata.time,
                    SensorTime::Start => element.metadata.start_time,
                    SensorTime::End => element.metadata.end_time,
                };
                let reports = element.reports.iter().filter_map(|report| report.time);
                own.into_iter().chain(reports.filter(|_| *which == SensorTime::Time)).any(|at| range.holds(at))
            }),
            Condition::SensorText(field, any) => elements.iter().any(|element| {
                sensor_metadata_text(&element.metadata, *field).is_some_and(|text| any.iter().any(|want| want == text))
                    || element.reports.iter().any(|report| {
                        sensor_text(report, *field).is_some_and(|text| any.iter().any(|want| want == text.as_ref()))
                    })
            }),
            Condition::SensorBoolean(want) => {
                elements.iter().flat_map(|element| &element.reports).any(|report| report.boolean_value == Some(*want))
            }
            Condition::SensorNumber(field, op, want, unit) => elements
                .iter()
                .flat_map(|element| &element.reports)
                .filter(|report| unit.is_none() || report.uom == *unit)
                .any(|report| any_stands(*op, sensor_number(report, *field), want)),
            _ => false,
        }
    }
}

fn values(event: &Event, field: ValueField) -> Vec<&str> {
    match field {
        ValueField::BizStep => event.biz_step.as_deref().into_iter().collect(),
        ValueField::Disposition => event.disposition.as_deref().into_iter().collect(),
        ValueField::PersistentSet => event.persistent_disposition_set.iter().map(String::as_str).collect(),
        ValueField::PersistentUnset => event.persistent_disposition_unset.iter().map(String::as_str).collect(),
        ValueField::ReadPoint => event.read_point.as_deref().into_iter().collect(),
        ValueField::BizLocation => event.biz_location.as_deref().into_iter().collect(),
        ValueField::TransformationId => event.transformation_id.as_deref().into_iter().collect(),
        ValueField::EventId => event.event_id.as_deref().into_iter().collect(),
    }
}

fn typed(event: &Event, list: TypedList) -> &[Typed] {
    match list {
        TypedList::BizTransaction => &event.biz_transactions,
        TypedList::Source => &event.sources,
        TypedList::Destination => &event.destinations,
    }
}

fn borrowed(fields: &[(String, Value)]) -> Vec<(String, &Value)> {
    fields.iter().map(|(name, value)| (name.clone(), value)).collect()
}

/// The extension fields of each place of a scope.
fn scopes(event: &Event, scope: Scope) -> Vec<Vec<(String, &Value)>> {
    let of_place = |name: &str| {
        let fields = event.json.get(name).and_then(Value::as_object).into_iter().flatten();
        let extensions = fields.filter(|(key, _)| *key != "id");
        vec![extensions.map(|(key, value)| (event.context.extension_name(key), value)).collect()]
    };
    match scope {
        Scope::Event => vec![borrowed(&event.extensions)],
        Scope::Ilmd => vec![borrowed(&event.ilmd)],
        Scope::ErrorDeclaration => event.error_declaration.iter().map(|error| borrowed(&error.extensions)).collect(),
        Scope::ReadPoint => of_place("readPoint"),
        Scope::BizLocation => of_place("bizLocation"),
        Scope::SensorElement => event.sensor_elements.iter().map(|element| borrowed(&element.extensions)).collect(),
        Scope::SensorMetadata => {
            event.sensor_elements.iter().map(|element| borrowed(&element.metadata.extensions)).collect()
        }
        Scope::SensorReport => {
            let reports = event.sensor_elements.iter().flat_map(|element| &element.reports);
            reports.map(|report| borrowed(&report.extensions)).collect()
        }
    }
}

/// Whether a field below this value fulfils the test, at any depth.
fn inner(event: &Event, value: &Value, name: &FieldName, test: &Test) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(key, value)| {
            (name.is(&event.context.extension_name(key)) && test.holds(value)) || inner(event, value, name, test)
        }),
        Value::Array(list) => list.iter().any(|value| inner(event, value, name, test)),
        _ => false,
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        if let Value::Array(list) = value {
            return match self {
                Test::Exists => true,
                _ => list.iter().any(|value| self.holds(value)),
            };
        }
        match self {
            Test::Exists => !value.is_null(),
            Test::Any(any) => Scalar::of_json(value).is_some_and(|have| any.contains(&have)),
            Test::Compare(op, want) => match (Scalar::of_json(value), want) {
                (Some(Scalar::Number(have)), Scalar::Number(want)) => stands(*op, &have, want),
                (Some(Scalar::Time(have)), Scalar::Time(want)) => stands(*op, &have, want),
                _ => false,
            },
        }
    }
}

fn subjects(event: &Event, subject: &Subject) -> Vec<String> {
    match subject {
        Subject::Value(field) => values(event, *field).into_iter().map(str::to_owned).collect(),
        Subject::Typed(list) => typed(event, *list).iter().map(|item| item.id.clone()).collect(),
        Subject::Extension(name) => {
            let fields = event.extensions.iter().filter(|(known, _)| name.is(known));
            fields.filter_map(|(_, value)| value.as_str()).map(|id| identifier::canonical(id).into_owned()).collect()
        }
    }
}

impl AttributeTest {
    fn holds(&self, id: &str, master: &dyn MasterData) -> bool {
        match self {
            AttributeTest::HasAny(names) => names.iter().any(|name| master.attribute(id, name).is_some()),
            AttributeTest::Equals(name, any) => {
                master.attribute(id, name).is_some_and(|have| any.iter().any(|want| want == have))
            }
        }
    }
}

fn sensor_metadata_text(metadata: &SensorMetadata, field: SensorText) -> Option<&str> {
    match field {
        SensorText::DeviceId => metadata.device_id.as_deref(),
        SensorText::DataProcessingMethod => metadata.data_processing_method.as_deref(),
        SensorText::BizRules => metadata.biz_rules.as_deref(),
        _ => None,
    }
}

fn sensor_text(report: &SensorReport, field: SensorText) -> Option<std::borrow::Cow<'_, str>> {
    if field == SensorText::HexBinaryValue {
        return report.hex_binary_value.as_ref().map(|value| value.to_ascii_lowercase().into());
    }
    let value = match field {
        SensorText::Type => &report.kind,
        SensorText::DeviceId => &report.device_id,
        SensorText::DataProcessingMethod => &report.data_processing_method,
        SensorText::Microorganism => &report.microorganism,
        SensorText::ChemicalSubstance => &report.chemical_substance,
        SensorText::BizRules => &report.biz_rules,
        SensorText::StringValue => &report.string_value,
        SensorText::HexBinaryValue => &report.hex_binary_value,
        SensorText::UriValue => &report.uri_value,
    };
    value.as_deref().map(Into::into)
}

fn sensor_number(report: &SensorReport, field: SensorNumber) -> Option<f64> {
    match field {
        SensorNumber::Value => report.value,
        SensorNumber::Min => report.min_value,
        SensorNumber::Max => report.max_value,
        SensorNumber::Mean => report.mean_value,
        SensorNumber::SDev => report.s_dev,
        SensorNumber::PercRank => report.perc_rank,
        SensorNumber::PercValue => report.perc_value,
    }
}
