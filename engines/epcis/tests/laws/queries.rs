//! Every query parameter with a hit and a miss.

use crate::shared::{object_event, read_one};
use epcis::query::{Needle, OrderBy, Query, SortKey, Vocabularies, context_of_header, terms_of};
use epcis::{Code, Event};
use serde_json::{Value, json};

fn whole() -> Event {
    let mut event = object_event();
    event["action"] = json!("ADD");
    event["eventID"] = json!("urn:uuid:1");
    event["bizLocation"] =
        json!({"id": "urn:epc:id:sgln:9506000.13430.0", "ex:zone": "north", "ex:in": {"ex:rack": 7}});
    event["readPoint"] = json!({"id": "urn:epc:id:sgln:9506000.13430.dock1", "ex:gate": "A", "ex:in": {"ex:lane": 2}});
    event["persistentDisposition"] = json!({"set": ["recalled"], "unset": ["completeness_inferred"]});
    event["quantityList"] =
        json!([{"epcClass": "urn:epc:class:lgtin:4012345.012345.L1", "quantity": 20.5, "uom": "KGM"}]);
    event["sourceList"] = json!([{"type": "owning_party", "source": "urn:epc:id:pgln:9506000.13430"}]);
    event["destinationList"] = json!([{"type": "https://example.com/kind", "destination": "urn:x:b"}]);
    event["ilmd"] = json!({"ex:grade": "A", "cbvmda:lotNumber": "L1", "ex:in": {"ex:brix": 12.5}});
    event["errorDeclaration"] = json!({"declarationTime": "2024-06-01T00:00:00Z", "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:2"], "ex:by": "Li", "ex:in": {"ex:desk": 3}});
    event["ex:weight"] = json!(12);
    event["ex:made"] = json!("2024-04-01T00:00:00Z");
    event["ex:colour"] = json!(["red", "blue"]);
    event["ex:nested"] = json!({"ex:inner": {"ex:depth": "3"}});
    event["ex:owner"] = json!("urn:x:owner");
    event["sensorElementList"] = json!([{
        "sensorMetadata": {"time": "2024-05-01T00:00:00Z", "startTime": "2024-05-01T01:00:00Z", "endTime": "2024-05-01T02:00:00Z",
            "deviceID": "urn:epc:id:giai:4000001.111", "bizRules": "https://example.com/rules", "ex:meta": 1, "ex:in": {"ex:m2": 1}},
        "sensorReport": [{"type": "Temperature", "value": 4.5, "minValue": 2, "maxValue": 8, "meanValue": 5, "sDev": 0.5,
            "percRank": 50, "percValue": 4, "uom": "CEL", "dataProcessingMethod": "https://example.com/method",
            "microorganism": "https://example.com/bug", "chemicalSubstance": "https://example.com/salt", "stringValue": "cold",
            "booleanValue": true, "hexBinaryValue": "F0", "uriValue": "https://example.com/u", "ex:rep": "r", "ex:in": {"ex:r2": 1}}],
        "ex:elem": "e", "ex:in": {"ex:e2": 1}}]);
    read_one(&event).expect("a valid event")
}

fn query(pairs: &[(&str, &str)]) -> Result<Query, epcis::EventError> {
    let context = context_of_header("ex=https://ns.example.com/epcis/").expect("prefixes");
    Query::from_params_in(pairs, &context)
}

const HITS_AND_MISSES: &[(&str, &str, &str)] = &[
    ("eventType", "AggregationEvent|ObjectEvent", "AggregationEvent"),
    ("GE_eventTime", "2024-05-01T00:30:00Z", "2024-05-01T00:30:00.001Z"),
    ("LT_eventTime", "2024-05-01T00:30:00.001Z", "2024-05-01T00:30:00Z"),
    ("EQ_action", "DELETE|ADD", "OBSERVE"),
    ("EQ_bizStep", "shipping", "receiving"),
    ("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-shipping", "urn:epcglobal:cbv:bizstep:receiving"),
    ("EQ_disposition", "in_transit", "in_progress"),
    ("EQ_persistentDisposition_set", "recalled", "completeness_inferred"),
    ("EQ_persistentDisposition_unset", "completeness_inferred", "recalled"),
    ("EQ_readPoint", "https://example.com/gln/9506000134307/254/dock1", "urn:epc:id:sgln:9506000.13430.0"),
    ("WD_readPoint", "urn:epc:id:sgln:9506000.13430.0", "urn:epc:id:sgln:9506000.13430.dock"),
    ("EQ_bizLocation", "urn:epc:id:sgln:9506000.13430.0", "urn:epc:id:sgln:9506000.13430.dock1"),
    ("WD_bizLocation", "urn:epc:id:sgln:9506000.13430.0", "urn:epc:id:sgln:9506000.13430.dock1"),
    ("EQ_bizTransaction_po", "urn:example:po:77", "urn:example:po:78"),
    ("EQ_source_owning_party", "https://id.gs1.org/417/9506000134307", "urn:x:a"),
    ("EQ_destination_https://example.com/kind", "urn:x:b", "urn:x:c"),
    ("EQ_eventID", "urn:uuid:0|urn:uuid:1", "urn:uuid:0"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:9506000.013435.*", "urn:epc:id:sgtin:9506000.013435.1002"),
    ("MATCH_anyEPC", "urn:epc:id:sgtin:9506000.013435.1001", "urn:x:y"),
    ("MATCH_epcClass", "urn:epc:class:lgtin:4012345.012345.L1", "urn:epc:class:lgtin:4012345.012345.L2"),
    ("MATCH_anyEPCClass", "urn:epc:idpat:lgtin:4012345.012345.*", "urn:epc:idpat:lgtin:4012345.012346.*"),
    ("EQ_quantity", "20.5", "20"),
    ("GT_quantity", "20", "20.5"),
    ("GE_quantity_KGM", "20.5", "20.6"),
    ("LT_quantity_KGM", "21", "20.5"),
    ("LE_quantity", "20.5", "20.4"),
    ("EQ_quantity_KGM", "20.5", "21"),
    ("EXISTS_errorDeclaration", "true", ""),
    ("GE_errorDeclarationTime", "2024-06-01T00:00:00Z", "2024-06-02T00:00:00Z"),
    ("LT_errorDeclarationTime", "2024-06-02T00:00:00Z", "2024-06-01T00:00:00Z"),
    ("GE_errorDeclaration_Time", "2024-06-01T00:00:00Z", "2024-06-02T00:00:00Z"),
    ("EQ_errorReason", "incorrect_data", "did_not_occur"),
    ("EQ_correctiveEventID", "urn:uuid:2", "urn:uuid:1"),
    ("EQ_ex:weight", "12.0", "13"),
    ("GT_ex:weight", "11", "12"),
    ("GE_ex:weight", "12", "12.5"),
    ("LT_ex:made", "2024-04-02T00:00:00Z", "2024-04-01T00:00:00Z"),
    ("LE_ex:made", "2024-04-01T08:00:00+08:00", "2024-03-31T00:00:00Z"),
    ("EQ_ex:colour", "blue", "green"),
    ("EQ_https://ns.example.com/epcis/#colour", "red", "pink"),
    ("EQ_{https://ns.example.com/epcis/}colour", "red", "pink"),
    ("EXISTS_ex:weight", "", ""),
    ("EQ_INNER_ex:depth", "3", "4"),
    ("GT_INNER_ex:depth", "2", "3"),
    ("EXISTS_INNER_ex:inner", "true", ""),
    ("EQ_ILMD_ex:grade", "A", "B"),
    ("EQ_ILMD_cbvmda:lotNumber", "L1", "L2"),
    ("EXISTS_ILMD_ex:grade", "", ""),
    ("GE_INNER_ILMD_ex:brix", "12.5", "13"),
    ("EQ_ERROR_DECLARATION_ex:by", "Li", "Wang"),
    ("EQ_INNER_ERROR_DECLARATION_ex:desk", "3", "4"),
    ("EXISTS_ERROR_DECLARATION_ex:by", "", ""),
    ("EQ_readPoint_ex:gate", "A", "B"),
    ("EQ_INNER_readPoint_ex:lane", "2", "3"),
    ("EQ_bizLocation_ex:zone", "north", "south"),
    ("EQ_INNER_bizLocation_ex:rack", "7", "8"),
    ("EXISTS_sensorElementList", "true", ""),
    ("GE_time", "2024-05-01T00:00:00Z", "2024-05-01T00:00:01Z"),
    ("LT_time", "2024-05-01T00:00:01Z", "2024-05-01T00:00:00Z"),
    ("GE_startTime", "2024-05-01T01:00:00Z", "2024-05-01T01:00:01Z"),
    ("LT_startTime", "2024-05-01T01:00:01Z", "2024-05-01T01:00:00Z"),
    ("GE_endTime", "2024-05-01T02:00:00Z", "2024-05-01T02:00:01Z"),
    ("LT_endTime", "2024-05-01T02:00:01Z", "2024-05-01T02:00:00Z"),
    ("EQ_type", "Temperature", "Speed"),
    ("EQ_deviceID", "https://id.gs1.org/8004/4000001111", "https://id.gs1.org/8004/4000001112"),
    ("EQ_dataProcessingMethod", "https://example.com/method", "https://example.com/other"),
    ("EQ_microorganism", "https://example.com/bug", "https://example.com/other"),
    ("EQ_chemicalSubstance", "https://example.com/salt", "https://example.com/other"),
    ("EQ_bizRules", "https://example.com/rules", "https://example.com/other"),
    ("EQ_stringValue", "cold", "warm"),
    ("EQ_booleanValue", "true", "false"),
    ("EQ_hexBinaryValue", "f0", "f1"),
    ("EQ_uriValue", "https://example.com/u", "https://example.com/v"),
    ("EQ_value_CEL", "4.5", "5"),
    ("GE_value_CEL", "4.5", "4.6"),
    ("GT_minValue_CEL", "1", "2"),
    ("LE_maxValue_CEL", "8", "7"),
    ("LT_meanValue_CEL", "6", "5"),
    ("GE_sDev_CEL", "0.5", "0.6"),
    ("GE_percRank", "50", "51"),
    ("LE_percValue_CEL", "4", "3"),
    ("GE_value_FAH", "", "4.5"),
    ("EQ_SENSORELEMENT_ex:elem", "e", "f"),
    ("EQ_SENSORMETADATA_ex:meta", "1", "2"),
    ("EQ_SENSORREPORT_ex:rep", "r", "s"),
    ("GT_SENSORMETADATA_ex:meta", "0", "1"),
    ("EXISTS_SENSORELEMENT_ex:elem", "", ""),
    ("EQ_INNER_SENSORELEMENT_ex:e2", "1", "2"),
    ("EQ_INNER_SENSORMETADATA_ex:m2", "1", "2"),
    ("EQ_INNER_SENSORREPORT_ex:r2", "1", "2"),
];

#[test]
fn every_parameter_finds_what_it_asks_for_and_nothing_else() {
    let event = whole();
    let plain = read_one(&object_event()).unwrap();
    let indexed: Vec<_> = terms_of(&event);
    for (name, hit, miss) in HITS_AND_MISSES {
        if !hit.is_empty() || name.starts_with("EXISTS_") {
            let asked = query(&[(name, hit)]).unwrap_or_else(|error| panic!("{name}={hit}: {error}"));
            assert!(asked.matches(&event), "{name}={hit}");
            for term in asked.terms() {
                let found = indexed.iter().any(|(column, value)| {
                    term.columns.contains(column)
                        && term.any.iter().any(|needle| match needle {
                            Needle::Exact(text) => text == value,
                            Needle::Prefix(text) => value.starts_with(text),
                        })
                });
                assert!(found, "the index must hold what {name} needs: {term:?}");
            }
        }
        if !miss.is_empty() {
            assert!(!query(&[(name, miss)]).expect(name).matches(&event), "{name}={miss}");
        } else {
            // What only asks whether something is there misses an event without it.
            assert!(!query(&[(name, hit)]).expect(name).matches(&plain), "{name} on an event without it");
        }
    }
}

#[test]
fn parts_in_aggregations_and_transformations_are_told_apart() {
    let packing = read_one(
        &json!({"type": "AggregationEvent", "eventTime": "2024-05-01T00:00:00Z", "eventTimeZoneOffset": "+00:00",
        "action": "ADD", "parentID": "urn:x:box", "childEPCs": ["urn:x:child"],
        "childQuantityList": [{"epcClass": "urn:x:class", "quantity": 1}]}),
    )
    .unwrap();
    let cooking = read_one(
        &json!({"type": "TransformationEvent", "eventTime": "2024-05-01T00:00:00Z", "eventTimeZoneOffset": "+00:00",
        "inputEPCList": ["urn:x:in"], "outputEPCList": ["urn:x:out"], "transformationID": "urn:x:t",
        "inputQuantityList": [{"epcClass": "urn:x:ci"}], "outputQuantityList": [{"epcClass": "urn:x:co"}]}),
    )
    .unwrap();
    for (name, value, packs, cooks) in [
        ("MATCH_parentID", "urn:x:box", true, false),
        ("MATCH_parentID", "urn:x:child", false, false),
        ("MATCH_epc", "urn:x:child", true, false),
        ("MATCH_epc", "urn:x:box", false, false),
        ("MATCH_epc", "urn:x:in", false, false),
        ("MATCH_inputEPC", "urn:x:in", false, true),
        ("MATCH_inputEPC", "urn:x:out", false, false),
        ("MATCH_outputEPC", "urn:x:out", false, true),
        ("MATCH_anyEPC", "urn:x:box|urn:x:out", true, true),
        ("MATCH_epcClass", "urn:x:class", true, false),
        ("MATCH_inputEPCClass", "urn:x:ci", false, true),
        ("MATCH_inputEPCClass", "urn:x:co", false, false),
        ("MATCH_outputEPCClass", "urn:x:co", false, true),
        ("MATCH_anyEPCClass", "urn:x:class|urn:x:co", true, true),
        ("EQ_transformationID", "urn:x:t", false, true),
        ("EQ_action", "ADD", true, false),
    ] {
        let asked = query(&[(name, value)]).expect(name);
        assert_eq!((asked.matches(&packing), asked.matches(&cooking)), (packs, cooks), "{name}={value}");
    }
}

#[test]
fn master_data_says_what_lies_within_what_and_which_attributes_there_are() {
    let mut master = Vocabularies::default();
    master.add_header(&json!({"epcisMasterData": {"vocabularyList": [{"type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {"id": "urn:x:region", "attributes": [{"id": "urn:x:climate", "attribute": "dry"}], "children": ["urn:x:city"]},
            {"id": "urn:x:city", "attributes": [], "children": ["urn:epc:id:sgln:9506000.13430.0", "urn:x:region"]},
            {"id": "urn:epc:id:sgln:9506000.13430.0", "attributes": [{"id": "urn:x:size", "attribute": 7}]},
            {"id": "urn:x:owner", "attributes": [{"id": "urn:x:vat", "attribute": "1"}]}]}]}}));
    let event = whole();
    for (name, value, hit) in [
        ("WD_bizLocation", "urn:x:region", true),
        ("WD_readPoint", "urn:x:region", true),
        ("WD_bizLocation", "urn:x:elsewhere", false),
        ("HASATTR_bizLocation", "urn:x:colour|urn:x:size", true),
        ("HASATTR_bizLocation", "urn:x:colour", false),
        ("EQATTR_bizLocation_urn:x:size", "7", true),
        ("EQ_ATTR_bizLocation_urn:x:size", "8", false),
        ("HASATTR_ex:owner", "urn:x:vat", true),
        ("EQATTR_ex:owner_urn:x:vat", "2", false),
    ] {
        let asked = query(&[(name, value)]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(asked.matches_with(&event, &master), hit, "{name}={value}");
        assert!(!asked.matches(&event) || !value.contains("region"), "nothing is known without master data");
    }
}

#[test]
fn bad_parameters_are_named() {
    for (pairs, code, pointer) in [
        (vec![("EQ_nosuch", "1")], Code::QueryParameter, "/EQ_nosuch"),
        (vec![("nosuch", "1")], Code::QueryParameter, "/nosuch"),
        (vec![("EQ_nobody:field", "1")], Code::UndefinedPrefix, "/EQ_nobody:field"),
        (vec![("EQ_value", "1")], Code::QueryParameter, "/EQ_value"),
        (vec![("GE_value_celsius", "1")], Code::QueryParameter, "/GE_value_celsius"),
        (vec![("GE_eventTime", "yesterday")], Code::QueryValue, "/GE_eventTime"),
        (
            vec![("GE_eventTime", "2024-01-01T00:00:00Z"), ("GE_eventTime", "2024-01-01T00:00:00Z")],
            Code::QueryValue,
            "/GE_eventTime",
        ),
        (vec![("EQ_action", "MOVE")], Code::QueryValue, "/EQ_action"),
        (vec![("eventType", "Moved")], Code::QueryValue, "/eventType"),
        (vec![("MATCH_epc", "urn:epc:id:sgtin:1")], Code::QueryValue, "/MATCH_epc"),
        (vec![("MATCH_epc", "")], Code::QueryValue, "/MATCH_epc"),
        (vec![("GT_quantity", "many")], Code::QueryValue, "/GT_quantity"),
        (vec![("GT_ex:field", "text")], Code::QueryValue, "/GT_ex:field"),
        (vec![("EQ_booleanValue", "maybe")], Code::QueryValue, "/EQ_booleanValue"),
        (vec![("orderDirection", "UP"), ("orderBy", "eventTime")], Code::QueryValue, "/orderDirection"),
        (vec![("orderDirection", "ASC")], Code::QueryConflict, "/orderDirection"),
        (vec![("orderBy", "size")], Code::QueryValue, "/orderBy"),
        (vec![("eventCountLimit", "5")], Code::QueryConflict, "/eventCountLimit"),
        (
            vec![("eventCountLimit", "5"), ("maxEventCount", "5"), ("orderBy", "eventTime")],
            Code::QueryConflict,
            "/maxEventCount",
        ),
        (vec![("maxEventCount", "-1")], Code::QueryValue, "/maxEventCount"),
        (vec![("perPage", "0")], Code::QueryValue, "/perPage"),
    ] {
        let error = query(&pairs).expect_err(pairs[0].0);
        assert_eq!((error.code, error.pointer.as_str()), (code, pointer), "{pairs:?}");
    }
}

#[test]
fn what_steers_the_result_is_handed_out() {
    let asked = query(&[
        ("GE_recordTime", "2024-01-01T00:00:00Z"),
        ("LT_recordTime", "2024-02-01T00:00:00Z"),
        ("orderBy", "ex:weight"),
        ("orderDirection", "ASC"),
        ("eventCountLimit", "7"),
        ("perPage", "30"),
        ("nextPageToken", "abc"),
    ])
    .unwrap();
    assert!(asked.ascending && asked.record_time.ge.is_some() && asked.record_time.lt.is_some());
    assert_eq!(
        (asked.event_count_limit, asked.per_page, asked.next_page_token.as_deref()),
        (Some(7), Some(30), Some("abc"))
    );
    assert!(asked.is_unconditional() && asked.matches(&whole()), "record time is not looked at");
    assert!(matches!(asked.order_by, Some(OrderBy::Extension(_))));
    assert_eq!(asked.sort_key(&whole()), Some(SortKey::Number(12.0)));
}

#[test]
fn a_named_query_is_read_from_json() {
    let event = whole();
    let asked = |value: Value| Query::from_json(&value);
    let named = json!({"@context": {"mine": "https://ns.example.com/epcis/"}, "eventType": ["ObjectEvent"], "EQ_mine:weight": 12,
        "EXISTS_mine:colour": null, "MATCH_epc": ["urn:epc:id:sgtin:9506000.013435.1001"], "EQ_booleanValue": true,
        "EQ_quantity": [20.5, 3], "EXISTS_errorDeclaration": 1});
    assert!(asked(named.clone()).unwrap().matches(&event));
    let mut other = named.clone();
    other["EQ_mine:weight"] = json!(13);
    assert!(!asked(other).unwrap().matches(&event));
    assert_eq!(asked(json!([])).unwrap_err().code, Code::WrongType);
    assert_eq!(asked(json!({"EQ_action": {"a": 1}})).unwrap_err().code, Code::QueryValue);
    assert_eq!(asked(json!({"EQ_action": []})).unwrap_err().code, Code::QueryValue);
}

#[test]
fn every_parameter_of_the_open_api_is_known() {
    let Some(folder) = crate::shared::folder() else { return };
    let api: Value = serde_json::from_slice(&std::fs::read(folder.join("schema/openapi.json")).unwrap()).unwrap();
    let parameters = api["paths"]["/events"]["get"]["parameters"].as_array().unwrap();
    let mut known = 0;
    for reference in parameters {
        let name = reference["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let parameter = &api["components"]["parameters"][name];
        if parameter["in"] != "query" {
            continue;
        }
        let name = parameter["name"].as_str().unwrap();
        let error = query(&[(name, "\u{1}")]).err();
        assert!(error.is_none_or(|error| error.code != Code::QueryParameter), "{name}");
        known += 1;
    }
    assert!(known > 50, "{known}");
}
