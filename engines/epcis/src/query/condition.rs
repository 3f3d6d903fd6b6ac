//! What a query asks of an event, one condition per parameter. All must hold.

use super::TimeRange;
use super::evaluate::Scalar;
use super::field::FieldName;
use crate::event::{Action, Role};
use crate::identifier::Pattern;

/// One parameter.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// Any event: an `EXISTS_…` parameter that says no.
    Anything,
    /// A field of the event has one of these canonical values.
    Value(ValueField, Vec<String>),
    /// The action is one of these.
    Action(Vec<Action>),
    /// The place is one of these or lies within one of them.
    Within(ValueField, Vec<String>),
    /// A business document, source or destination of a type has one of these ids.
    Typed(TypedList, String, Vec<String>),
    /// An object with one of these parts in the event is one of these.
    Epc(Vec<Role>, Vec<Pattern>),
    /// A class with one of these parts in the event is one of these.
    Class(Vec<Role>, Vec<Pattern>),
    /// A quantity stands so to the values, in a unit where one is named.
    Quantity(Op, Vec<f64>, Option<String>),
    /// An extension field somewhere in the event.
    Extension(Scope, FieldName, Test),
    /// An extension field at any depth below an extension field.
    Inner(Scope, FieldName, Test),
    /// The value of a field has an attribute in the master data.
    Attribute(Subject, AttributeTest),
    /// There is an error declaration.
    ErrorDeclared,
    /// It was declared in a range.
    ErrorTime(TimeRange),
    /// Its reason is one of these.
    ErrorReason(Vec<String>),
    /// It names one of these as corrective.
    Corrective(Vec<String>),
    /// There is sensor data.
    Sensed,
    /// A time of the sensor data lies in a range.
    SensorTime(SensorTime, TimeRange),
    /// A text of the sensor data is one of these.
    SensorText(SensorText, Vec<String>),
    /// A report's yes or no.
    SensorBoolean(bool),
    /// A number of a report stands so to the values, in a unit where one is named.
    SensorNumber(SensorNumber, Op, Vec<f64>, Option<String>),
}

/// Fields with one canonical value, or several of equal standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueField {
    BizStep,
    Disposition,
    PersistentSet,
    PersistentUnset,
    ReadPoint,
    BizLocation,
    TransformationId,
    EventId,
}

/// Lists whose elements have a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypedList {
    BizTransaction,
    Source,
    Destination,
}

/// How a value stands to the parameter's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Where an extension field may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Event,
    Ilmd,
    ErrorDeclaration,
    ReadPoint,
    BizLocation,
    SensorElement,
    SensorMetadata,
    SensorReport,
}

/// What is asked of an extension field.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Exists,
    Any(Vec<Scalar>),
    Compare(Op, Scalar),
}

/// Whose master data is looked at.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    Value(ValueField),
    Typed(TypedList),
    Extension(FieldName),
}

/// What is asked of the master data.
#[derive(Debug, Clone)]
pub(super) enum AttributeTest {
    HasAny(Vec<String>),
    Equals(String, Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SensorTime {
    Time,
    Start,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SensorText {
    Type,
    DeviceId,
    DataProcessingMethod,
    Microorganism,
    ChemicalSubstance,
    BizRules,
    StringValue,
    HexBinaryValue,
    UriValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SensorNumber {
    Value,
    Min,
    Max,
    Mean,
    SDev,
    PercRank,
    PercValue,
}
