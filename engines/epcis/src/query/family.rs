//! Families of parameters: the name holds a type, a unit or a field's name.

use super::condition::{AttributeTest, Condition, Op, Scope, SensorNumber, Subject, Test, TypedList, ValueField};
use super::evaluate::Scalar;
use super::field::FieldName;
use super::parameter::Parameter;
use super::refuse;
use crate::fault::{Code, EventError, quoted};
use crate::vocabulary::Vocabulary;

pub(super) fn read(p: &Parameter<'_>) -> Result<Condition, EventError> {
    if let Some(rest) = p.name.strip_prefix("EQ_ATTR_").or_else(|| p.name.strip_prefix("EQATTR_")) {
        let (field, attribute) = split_attribute(rest).ok_or_else(|| unknown(p))?;
        let test = AttributeTest::Equals(attribute.to_owned(), p.values.to_vec());
        return Ok(Condition::Attribute(subject(p, field)?, test));
    }
    if let Some(field) = p.name.strip_prefix("HASATTR_") {
        return Ok(Condition::Attribute(subject(p, field)?, AttributeTest::HasAny(p.values.to_vec())));
    }
    if let Some(field) = p.name.strip_prefix("EXISTS_") {
        return extension(p, field, None);
    }
    let Some((op, rest)) = p.name.split_once('_') else { return Err(unknown(p)) };
    let op = match op {
        "EQ" => Op::Eq,
        "GT" => Op::Gt,
        "GE" => Op::Ge,
        "LT" => Op::Lt,
        "LE" => Op::Le,
        _ => return Err(unknown(p)),
    };
    if let Some(condition) = number(p, op, rest)? {
        return Ok(condition);
    }
    if op == Op::Eq {
        for (stem, list, vocabulary) in [
            ("bizTransaction_", TypedList::BizTransaction, Vocabulary::TransactionType),
            ("source_", TypedList::Source, Vocabulary::SourceDestination),
            ("destination_", TypedList::Destination, Vocabulary::SourceDestination),
        ] {
            if let Some(kind) = rest.strip_prefix(stem).filter(|kind| !kind.is_empty()) {
                return Ok(Condition::Typed(list, p.word(kind, vocabulary), p.identifiers()?));
            }
        }
    }
    extension(p, rest, Some(op))
}

fn unknown(p: &Parameter<'_>) -> EventError {
    refuse(
        p.name,
        Code::QueryParameter,
        format!("没有名为“{}”的查询参数", quoted(p.name)),
        format!("there is no query parameter \"{}\"", quoted(p.name)),
    )
}

/// `quantity`, `quantity_KGM`, `percRank`, `value_CEL`, …
fn number(p: &Parameter<'_>, op: Op, rest: &str) -> Result<Option<Condition>, EventError> {
    let (name, unit) = match rest.split_once('_') {
        Some((name, unit)) => (name, Some(unit)),
        None => (rest, None),
    };
    let field = match name {
        "quantity" => None,
        "value" => Some(SensorNumber::Value),
        "minValue" => Some(SensorNumber::Min),
        "maxValue" => Some(SensorNumber::Max),
        "meanValue" => Some(SensorNumber::Mean),
        "sDev" => Some(SensorNumber::SDev),
        "percRank" => Some(SensorNumber::PercRank),
        "percValue" => Some(SensorNumber::PercValue),
        _ => return Ok(None),
    };
    if let Some(unit) = unit {
        let good = matches!(unit.len(), 2..=4) && unit.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        if !good {
            return Err(unknown(p));
        }
    }
    // A value alone, without its unit, says nothing that could be compared; ranks and quantities may stand alone.
    if unit.is_none() && !matches!(field, None | Some(SensorNumber::PercRank)) {
        return Err(refuse(
            p.name,
            Code::QueryParameter,
            format!("参数名中应有单位，如 {}_CEL", p.name),
            format!("the parameter's name needs a unit, such as {}_CEL", p.name),
        ));
    }
    if unit.is_some() && field == Some(SensorNumber::PercRank) {
        return Err(unknown(p));
    }
    let values = match op {
        Op::Eq => p.numbers()?,
        _ => vec![p.number(p.one()?)?],
    };
    let unit = unit.map(str::to_owned);
    Ok(Some(match field {
        None => Condition::Quantity(op, values, unit),
        Some(field) => Condition::SensorNumber(field, op, values, unit),
    }))
}

/// An extension field somewhere in the event; `op` is `None` for `EXISTS_`.
fn extension(p: &Parameter<'_>, rest: &str, op: Option<Op>) -> Result<Condition, EventError> {
    let (inner, rest) = match rest.strip_prefix("INNER_") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let scopes = [
        ("ILMD_", Scope::Ilmd),
        ("ERROR_DECLARATION_", Scope::ErrorDeclaration),
        ("SENSORELEMENT_", Scope::SensorElement),
        ("SENSORMETADATA_", Scope::SensorMetadata),
        ("SENSORREPORT_", Scope::SensorReport),
        ("readPoint_", Scope::ReadPoint),
        ("bizLocation_", Scope::BizLocation),
    ];
    let (scope, name) = scopes
        .iter()
        .find_map(|(stem, scope)| rest.strip_prefix(stem).map(|name| (*scope, name)))
        .unwrap_or((Scope::Event, rest));
    let field = FieldName::read(p.name, name, p.context)?;
    let test = match op {
        None if p.exists()? => Test::Exists,
        None => return Ok(Condition::Anything),
        Some(Op::Eq) => Test::Any(p.values.iter().map(|value| Scalar::of_text(value)).collect()),
        Some(op) => match Scalar::of_text(p.one()?) {
            Scalar::Text(_) => {
                return Err(
                    p.refuse("比较应给出数字或带时区的时间", "a comparison needs a number or a time with a zone")
                );
            }
            value => Test::Compare(op, value),
        },
    };
    Ok(match inner {
        true => Condition::Inner(scope, field, test),
        false => Condition::Extension(scope, field, test),
    })
}

/// `<field>_<attribute>`: the attribute is what follows the last underscore, or a URI after the first one.
fn split_attribute(rest: &str) -> Option<(&str, &str)> {
    for field in ["bizStep", "disposition", "readPoint", "bizLocation", "bizTransaction", "source", "destination"] {
        if let Some(attribute) = rest.strip_prefix(field).and_then(|rest| rest.strip_prefix('_')) {
            return (!attribute.is_empty()).then_some((field, attribute));
        }
    }
    rest.rsplit_once('_').filter(|(field, attribute)| !field.is_empty() && !attribute.is_empty())
}

fn subject(p: &Parameter<'_>, field: &str) -> Result<Subject, EventError> {
    Ok(match field {
        "bizStep" => Subject::Value(ValueField::BizStep),
        "disposition" => Subject::Value(ValueField::Disposition),
        "readPoint" => Subject::Value(ValueField::ReadPoint),
        "bizLocation" => Subject::Value(ValueField::BizLocation),
        "bizTransaction" => Subject::Typed(TypedList::BizTransaction),
        "source" => Subject::Typed(TypedList::Source),
        "destination" => Subject::Typed(TypedList::Destination),
        other => Subject::Extension(FieldName::read(p.name, other, p.context)?),
    })
}
