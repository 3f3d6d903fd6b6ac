//! `sensorElementList` (EPCIS 2.0, 7.3.7).

use super::fields::Fields;
use crate::event::{SensorElement, SensorMetadata, SensorReport};
use crate::fault::{Code, EventError};
use crate::vocabulary::Vocabulary;

const METADATA: &[&str] =
    &["time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"];
const REPORT: &[&str] = &[
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
    "time",
    "microorganism",
    "chemicalSubstance",
    "coordinateReferenceSystem",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
];

pub(super) fn elements(fields: &Fields<'_>) -> Result<Vec<SensorElement>, EventError> {
    fields.each_object("sensorElementList", |element| {
        let extensions = element.extensions(&[&["sensorMetadata", "sensorReport"]])?;
        let metadata = match element.object("sensorMetadata")? {
            Some(metadata) => self::metadata(&metadata.fields())?,
            None => SensorMetadata::default(),
        };
        let reports = element.each_object("sensorReport", report)?;
        if reports.is_empty() {
            return Err(element.at.member("sensorReport").refuse(
                Code::Missing,
                "至少要有一项 sensorReport",
                "at least one sensorReport is needed",
            ));
        }
        Ok(SensorElement { metadata, reports, extensions })
    })
}

fn metadata(fields: &Fields<'_>) -> Result<SensorMetadata, EventError> {
    let extensions = fields.extensions(&[METADATA])?;
    let (start_time, end_time) = (fields.time("startTime")?, fields.time("endTime")?);
    if let (Some(start), Some(end)) = (start_time, end_time)
        && end < start
    {
        return Err(fields.at.member("endTime").refuse(
            Code::TimeOrder,
            "endTime 早于 startTime",
            "endTime is before startTime",
        ));
    }
    Ok(SensorMetadata {
        time: fields.time("time")?,
        start_time,
        end_time,
        device_id: fields.identifier("deviceID")?,
        device_metadata: fields.reference("deviceMetadata")?,
        raw_data: fields.reference("rawData")?,
        data_processing_method: fields.reference("dataProcessingMethod")?,
        biz_rules: fields.reference("bizRules")?,
        extensions,
    })
}

fn report(fields: &Fields<'_>) -> Result<SensorReport, EventError> {
    let extensions = fields.extensions(&[REPORT])?;
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let report = SensorReport {
        kind: Some(fields.required("type", |f| f.word("type", Vocabulary::Measurement))?),
        exception: fields.word("exception", Vocabulary::Alert)?,
        device_id: fields.identifier("deviceID")?,
        device_metadata: fields.reference("deviceMetadata")?,
        raw_data: fields.reference("rawData")?,
        data_processing_method: fields.reference("dataProcessingMethod")?,
        biz_rules: fields.reference("bizRules")?,
        time: fields.time("time")?,
        microorganism: owned(fields.uri("microorganism")?),
        chemical_substance: owned(fields.uri("chemicalSubstance")?),
        coordinate_reference_system: owned(fields.uri("coordinateReferenceSystem")?),
        component: fields.word("component", Vocabulary::Component)?,
        value: fields.number("value")?,
        string_value: owned(fields.string("stringValue")?),
        boolean_value: fields.boolean("booleanValue")?,
        hex_binary_value: owned(fields.hex("hexBinaryValue")?),
        uri_value: fields.reference("uriValue")?,
        min_value: fields.number("minValue")?,
        max_value: fields.number("maxValue")?,
        mean_value: fields.number("meanValue")?,
        s_dev: fields.number("sDev")?,
        perc_rank: fields.number("percRank")?,
        perc_value: fields.number("percValue")?,
        uom: fields.string("uom")?.map(str::to_owned),
        extensions,
    };
    rules(fields, &report)?;
    Ok(report)
}

/// What the numbers of a report must be to each other.
fn rules(fields: &Fields<'_>, report: &SensorReport) -> Result<(), EventError> {
    let refuse = |name: &str, zh: &str, en: &str| Err(fields.at.member(name).refuse(Code::SensorReport, zh, en));
    if report.s_dev.is_some_and(|value| value < 0.0) {
        return refuse("sDev", "标准差不能为负", "a standard deviation cannot be negative");
    }
    if report.perc_rank.is_some_and(|rank| !(0.0..=100.0).contains(&rank)) {
        return refuse("percRank", "百分位应在 0 与 100 之间", "a percentile rank is between 0 and 100");
    }
    if report.perc_rank.is_some() && report.perc_value.is_none() {
        return refuse("percValue", "有 percRank 时应有 percValue", "percRank needs percValue beside it");
    }
    if report.perc_value.is_some() && report.perc_rank.is_none() {
        return refuse("percRank", "有 percValue 时应有 percRank", "percValue needs percRank beside it");
    }
    if let (Some(min), Some(max)) = (report.min_value, report.max_value)
        && max < min
    {
        return refuse("maxValue", "maxValue 小于 minValue", "maxValue is less than minValue");
    }
    if let Some(unit) = &report.uom
        && !((2..=3).contains(&unit.len()) && unit.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()))
    {
        return Err(fields.at.member("uom").refuse(
            Code::Unit,
            "uom 应为 UN/ECE 20 号建议书的单位代码（如 CEL）",
            "uom must be a unit code of UN/ECE Recommendation 20 (such as CEL)",
        ));
    }
    Ok(())
}
