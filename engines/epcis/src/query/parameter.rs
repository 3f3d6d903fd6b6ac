//! Parameters whose whole name is fixed, and what they need of each other. Families of names are in `family`.

use super::condition::{Condition, SensorText, SensorTime, ValueField};
use super::{OrderBy, Query, TimeRange, VALUE_BYTES_MAX, VALUES_MAX, family, refuse};
use crate::context::Context;
use crate::event::{Action, Kind, Role};
use crate::fault::{Code, EventError, quoted};
use crate::identifier::{self, Pattern};
use crate::time;
use crate::vocabulary::Vocabulary;
use jiff::Timestamp;

/// One parameter with its values.
pub(super) struct Parameter<'p> {
    pub(super) name: &'p str,
    pub(super) values: &'p [String],
    pub(super) context: &'p Context,
}

pub(super) fn read(grouped: &[(String, Vec<String>)], context: &Context) -> Result<Query, EventError> {
    let mut query = Query::default();
    let mut direction = false;
    for (name, values) in grouped {
        let parameter = Parameter { name, values, context };
        parameter.check()?;
        direction |= name == "orderDirection";
        if !control(&parameter, &mut query)? && !fixed(&parameter, &mut query)? && !sensor(&parameter, &mut query)? {
            query.conditions.push(family::read(&parameter)?);
        }
    }
    query.conditions.retain(|condition| !matches!(condition, Condition::Anything));
    merge_times(&mut query.conditions);
    conflicts(&query, direction)?;
    Ok(query)
}

impl Parameter<'_> {
    fn check(&self) -> Result<(), EventError> {
        let long = self.values.iter().any(|value| value.len() > VALUE_BYTES_MAX);
        if long || self.name.len() > VALUE_BYTES_MAX || self.values.len() > VALUES_MAX {
            return Err(self.refuse(
                format!("参数最多 {VALUES_MAX} 个值，每个最多 {VALUE_BYTES_MAX} 字节"),
                format!("a parameter has at most {VALUES_MAX} values of at most {VALUE_BYTES_MAX} bytes"),
            ));
        }
        let empty = self.values.is_empty() || self.values.iter().any(String::is_empty);
        if empty && !self.name.starts_with("EXISTS_") {
            return Err(self.refuse("参数没有值", "the parameter has no value"));
        }
        Ok(())
    }

    pub(super) fn refuse(&self, zh: impl Into<String>, en: impl Into<String>) -> EventError {
        refuse(self.name, Code::QueryValue, zh, en)
    }

    pub(super) fn one(&self) -> Result<&str, EventError> {
        match self.values {
            [value] => Ok(value),
            _ => Err(self.refuse("此参数只能有一个值", "this parameter has exactly one value")),
        }
    }

    pub(super) fn time(&self) -> Result<Timestamp, EventError> {
        let text = self.one()?;
        time::parse(text).ok_or_else(|| {
            self.refuse(
                format!("“{}”不是带时区的日期时间，应如 2024-05-01T08:30:00.000+08:00", quoted(text)),
                format!(
                    "\"{}\" is not a date and time with a zone, such as 2024-05-01T08:30:00.000+08:00",
                    quoted(text)
                ),
            )
        })
    }

    pub(super) fn number(&self, text: &str) -> Result<f64, EventError> {
        text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| {
            self.refuse(format!("“{}”不是数字", quoted(text)), format!("\"{}\" is not a number", quoted(text)))
        })
    }

    pub(super) fn numbers(&self) -> Result<Vec<f64>, EventError> {
        self.values.iter().map(|text| self.number(text)).collect()
    }

    fn count(&self) -> Result<u64, EventError> {
        self.one()?.parse().map_err(|_| self.refuse("应为非负整数", "must be a whole number that is not negative"))
    }

    pub(super) fn words(&self, vocabulary: Vocabulary) -> Vec<String> {
        self.values.iter().map(|value| self.word(value, vocabulary)).collect()
    }

    pub(super) fn word(&self, value: &str, vocabulary: Vocabulary) -> String {
        vocabulary.canonical(&self.context.expand(value).unwrap_or_else(|| value.to_owned()))
    }

    pub(super) fn uris(&self) -> Result<Vec<String>, EventError> {
        match self.values.iter().find(|value| !crate::uri::is_uri(value)) {
            None => Ok(self.values.to_vec()),
            Some(value) => Err(self.refuse(
                format!("“{}”不是有效的 URI", quoted(value)),
                format!("\"{}\" is not a valid URI", quoted(value)),
            )),
        }
    }

    /// URIs, canonical where they are GS1 identifiers.
    pub(super) fn identifiers(&self) -> Result<Vec<String>, EventError> {
        Ok(self.uris()?.iter().map(|uri| identifier::canonical(uri).into_owned()).collect())
    }

    fn patterns(&self, read: fn(&str) -> Result<Pattern, identifier::Malformed>) -> Result<Vec<Pattern>, EventError> {
        self.uris()?;
        self.values
            .iter()
            .map(|value| read(value).map_err(|malformed| self.refuse(malformed.zh, malformed.en)))
            .collect()
    }

    fn boolean(&self) -> Result<bool, EventError> {
        match self.one()? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(self.refuse("应为 true 或 false", "must be true or false")),
        }
    }

    /// Whether an `EXISTS_…` parameter asks for anything: no value, `true` and `1` do; `false` and `0` ask for nothing.
    pub(super) fn exists(&self) -> Result<bool, EventError> {
        match self.one()? {
            "" | "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.refuse("应为 true 或 false", "must be true or false")),
        }
    }
}

/// Parameters that steer the result rather than choose events.
fn control(p: &Parameter<'_>, query: &mut Query) -> Result<bool, EventError> {
    match p.name {
        "eventType" => {
            for value in p.values {
                let kind = Kind::standard(value).or_else(|| {
                    let uri = value.contains(':') && crate::uri::is_uri(value);
                    uri.then(|| Kind::Other(p.context.expand(value).unwrap_or_else(|| value.clone())))
                });
                query.event_types.push(kind.ok_or_else(|| {
                    p.refuse(
                        format!("“{}”不是事件类型", quoted(value)),
                        format!("\"{}\" is not an event type", quoted(value)),
                    )
                })?);
            }
        }
        "GE_eventTime" => query.event_time.ge = Some(p.time()?),
        "LT_eventTime" => query.event_time.lt = Some(p.time()?),
        "GE_recordTime" => query.record_time.ge = Some(p.time()?),
        "LT_recordTime" => query.record_time.lt = Some(p.time()?),
        "orderBy" => {
            query.order_by = Some(match p.one()? {
                "eventTime" => OrderBy::EventTime,
                "recordTime" => OrderBy::RecordTime,
                other => OrderBy::Extension(super::FieldName::read(p.name, other, p.context).map_err(|_| {
                    p.refuse(
                        "orderBy 应为 eventTime、recordTime 或自定义字段的全名",
                        "orderBy must be eventTime, recordTime, or the full name of an extension field",
                    )
                })?),
            });
        }
        "orderDirection" => {
            query.ascending = match p.one()? {
                "ASC" => true,
                "DESC" => false,
                _ => return Err(p.refuse("应为 ASC 或 DESC", "must be ASC or DESC")),
            }
        }
        "eventCountLimit" => query.event_count_limit = Some(p.count()?),
        "maxEventCount" => query.max_event_count = Some(p.count()?),
        "perPage" => {
            query.per_page = Some(p.count()?);
            if query.per_page == Some(0) {
                return Err(p.refuse("每页至少一条", "a page has at least one event"));
            }
        }
        "nextPageToken" => query.next_page_token = Some(p.one()?.to_owned()),
        _ => return Ok(false),
    }
    Ok(true)
}

const ALL_ROLES: [Role; 5] = [Role::Object, Role::Parent, Role::Child, Role::Input, Role::Output];

fn fixed(p: &Parameter<'_>, query: &mut Query) -> Result<bool, EventError> {
    let epc = |roles: &[Role]| Ok(Condition::Epc(roles.to_vec(), p.patterns(Pattern::read)?));
    let class = |roles: &[Role]| Ok(Condition::Class(roles.to_vec(), p.patterns(Pattern::read_class)?));
    let condition = match p.name {
        "EQ_action" => Condition::Action(
            p.values
                .iter()
                .map(|value| {
                    Action::from_name(value)
                        .ok_or_else(|| p.refuse("应为 ADD、OBSERVE 或 DELETE", "must be ADD, OBSERVE or DELETE"))
                })
                .collect::<Result<_, _>>()?,
        ),
        "EQ_bizStep" => Condition::Value(ValueField::BizStep, p.words(Vocabulary::BizStep)),
        "EQ_disposition" => Condition::Value(ValueField::Disposition, p.words(Vocabulary::Disposition)),
        "EQ_persistentDisposition_set" => Condition::Value(ValueField::PersistentSet, p.words(Vocabulary::Disposition)),
        "EQ_persistentDisposition_unset" => {
            Condition::Value(ValueField::PersistentUnset, p.words(Vocabulary::Disposition))
        }
        "EQ_readPoint" => Condition::Value(ValueField::ReadPoint, p.identifiers()?),
        "EQ_bizLocation" => Condition::Value(ValueField::BizLocation, p.identifiers()?),
        "WD_readPoint" => Condition::Within(ValueField::ReadPoint, p.identifiers()?),
        "WD_bizLocation" => Condition::Within(ValueField::BizLocation, p.identifiers()?),
        "EQ_transformationID" => Condition::Value(ValueField::TransformationId, p.identifiers()?),
        "EQ_eventID" => Condition::Value(ValueField::EventId, p.uris()?),
        "MATCH_epc" => epc(&[Role::Object, Role::Child])?,
        "MATCH_parentID" => epc(&[Role::Parent])?,
        "MATCH_inputEPC" => epc(&[Role::Input])?,
        "MATCH_outputEPC" => epc(&[Role::Output])?,
        "MATCH_anyEPC" => epc(&ALL_ROLES)?,
        "MATCH_epcClass" => class(&[Role::Object, Role::Child])?,
        "MATCH_inputEPCClass" => class(&[Role::Input])?,
        "MATCH_outputEPCClass" => class(&[Role::Output])?,
        "MATCH_anyEPCClass" => class(&ALL_ROLES)?,
        "EXISTS_errorDeclaration" if p.exists()? => Condition::ErrorDeclared,
        "EXISTS_errorDeclaration" => Condition::Anything,
        "GE_errorDeclarationTime" | "GE_errorDeclaration_Time" => {
            Condition::ErrorTime(TimeRange { ge: Some(p.time()?), lt: None })
        }
        "LT_errorDeclarationTime" | "LT_errorDeclaration_Time" => {
            Condition::ErrorTime(TimeRange { ge: None, lt: Some(p.time()?) })
        }
        "EQ_errorReason" => Condition::ErrorReason(p.words(Vocabulary::ErrorReason)),
        "EQ_correctiveEventID" => Condition::Corrective(p.uris()?),
        _ => return Ok(false),
    };
    query.conditions.push(condition);
    Ok(true)
}

fn sensor(p: &Parameter<'_>, query: &mut Query) -> Result<bool, EventError> {
    let text = |field, values| Condition::SensorText(field, values);
    let from = |field| Ok(Condition::SensorTime(field, TimeRange { ge: Some(p.time()?), lt: None }));
    let before = |field| Ok(Condition::SensorTime(field, TimeRange { ge: None, lt: Some(p.time()?) }));
    let condition = match p.name {
        "EXISTS_sensorElementList" if p.exists()? => Condition::Sensed,
        "EXISTS_sensorElementList" => Condition::Anything,
        "GE_time" => from(SensorTime::Time)?,
        "LT_time" => before(SensorTime::Time)?,
        "GE_startTime" => from(SensorTime::Start)?,
        "LT_startTime" => before(SensorTime::Start)?,
        "GE_endTime" => from(SensorTime::End)?,
        "LT_endTime" => before(SensorTime::End)?,
        "EQ_type" => text(SensorText::Type, p.words(Vocabulary::Measurement)),
        "EQ_deviceID" => text(SensorText::DeviceId, p.identifiers()?),
        "EQ_dataProcessingMethod" => text(SensorText::DataProcessingMethod, p.identifiers()?),
        "EQ_microorganism" => text(SensorText::Microorganism, p.uris()?),
        "EQ_chemicalSubstance" => text(SensorText::ChemicalSubstance, p.uris()?),
        "EQ_bizRules" => text(SensorText::BizRules, p.identifiers()?),
        "EQ_stringValue" => text(SensorText::StringValue, p.values.to_vec()),
        "EQ_hexBinaryValue" => {
            text(SensorText::HexBinaryValue, p.values.iter().map(|value| value.to_ascii_lowercase()).collect())
        }
        "EQ_uriValue" => text(SensorText::UriValue, p.identifiers()?),
        "EQ_booleanValue" => Condition::SensorBoolean(p.boolean()?),
        _ => return Ok(false),
    };
    query.conditions.push(condition);
    Ok(true)
}

/// `GE_startTime` and `LT_startTime` together ask for one time within both.
fn merge_times(conditions: &mut Vec<Condition>) {
    let mut merged: Vec<Condition> = Vec::with_capacity(conditions.len());
    for condition in conditions.drain(..) {
        let other = merged.iter_mut().find_map(|known| match (known, &condition) {
            (Condition::SensorTime(field, range), Condition::SensorTime(same, more)) if field == same => {
                Some((range, *more))
            }
            (Condition::ErrorTime(range), Condition::ErrorTime(more)) => Some((range, *more)),
            _ => None,
        });
        match other {
            Some((range, more)) => {
                range.ge = range.ge.or(more.ge);
                range.lt = range.lt.or(more.lt);
            }
            None => merged.push(condition),
        }
    }
    *conditions = merged;
}

fn conflicts(query: &Query, direction: bool) -> Result<(), EventError> {
    if query.event_count_limit.is_some() && query.max_event_count.is_some() {
        return Err(refuse(
            "maxEventCount",
            Code::QueryConflict,
            "eventCountLimit 与 maxEventCount 不能同时使用",
            "eventCountLimit and maxEventCount exclude each other",
        ));
    }
    if query.event_count_limit.is_some() && query.order_by.is_none() {
        return Err(refuse(
            "eventCountLimit",
            Code::QueryConflict,
            "eventCountLimit 需要 orderBy",
            "eventCountLimit needs orderBy",
        ));
    }
    if direction && query.order_by.is_none() {
        return Err(refuse(
            "orderDirection",
            Code::QueryConflict,
            "orderDirection 需要 orderBy",
            "orderDirection needs orderBy",
        ));
    }
    Ok(())
}
