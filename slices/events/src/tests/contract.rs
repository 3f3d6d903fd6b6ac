//! The contract: GS1's OpenAPI of EPCIS 2.0. Every path and method answers, every query parameter finds and misses.

use super::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The folder of shared vectors; `None`, said aloud, where it is absent.
fn shared_data() -> Option<PathBuf> {
    let named = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let above = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found =
        named.or_else(|| above.ancestors().map(|folder| folder.join("shared/data")).find(|folder| folder.is_dir()));
    if found.is_none() {
        eprintln!("shared/data is not there: this run leaves the contract of EPCIS out");
    }
    found
}

fn contract() -> Option<Value> {
    let text = std::fs::read(shared_data()?.join("epcis/schema/openapi.json")).unwrap();
    Some(serde_json::from_slice(&text).unwrap())
}

/// An event with something for every parameter to find, one of each other kind, and one that is declared wrong.
fn rich() -> Vec<Value> {
    let sensed = json!({
        "sensorElementList": [{
            "sensorMetadata": { "startTime": "2026-02-01T00:00:00Z", "endTime": "2026-02-01T06:00:00Z",
                "deviceID": "urn:epc:id:giai:4000001.111", "dataProcessingMethod": "https://example.com/253/4012345000054987",
                "bizRules": "https://example.com/253/4012345000054987" },
            "sensorReport": [
                { "type": "Temperature", "value": 26.0, "uom": "CEL", "deviceID": "urn:epc:id:giai:4000001.111" },
                { "type": "RelativeHumidity", "stringValue": "SomeString", "hexBinaryValue": "f0f0f0",
                  "uriValue": "https://id.example.com/uri", "booleanValue": true,
                  "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                  "chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N" }
            ]
        }],
        "persistentDisposition": { "set": ["completeness_verified"], "unset": ["completeness_inferred"] },
        "quantityList": [{ "epcClass": format!("https://id.gs1.org/01/{GTIN}/10/L1"), "quantity": 20 }],
    });
    let transformed = object(
        "made",
        "2026-02-02T00:00:00Z",
        &[],
        json!({
            "type": "TransformationEvent", "action": null, "epcList": null, "bizStep": "commissioning", "disposition": null,
            "transformationID": "urn:epc:id:gdti:0614141.12345.400",
            "inputEPCList": [unit("in")], "outputEPCList": [unit("out")],
            "inputQuantityList": [{ "epcClass": format!("https://id.gs1.org/01/{GTIN}/10/IN"), "quantity": 5 }],
            "outputQuantityList": [{ "epcClass": format!("https://id.gs1.org/01/{GTIN}/10/OUT"), "quantity": 5 }],
        }),
    );
    let packed = object(
        "packed",
        "2026-02-03T00:00:00Z",
        &[],
        json!({
            "type": "AggregationEvent", "action": "ADD", "epcList": null, "bizStep": "packing", "disposition": null,
            "parentID": "https://id.gs1.org/00/195060001343520014", "childEPCs": [unit("1")],
        }),
    );
    let wrong = object(
        "wrong",
        "2026-02-04T00:00:00Z",
        &["w"],
        json!({ "errorDeclaration": {
        "declarationTime": "2026-02-05T00:00:00Z", "reason": "incorrect_data", "correctiveEventIDs": ["urn:uuid:right"] } }),
    );
    vec![object("rich", "2026-02-01T00:00:00Z", &["1"], sensed), transformed, packed, wrong]
}

/// Parameter, a value that finds the named event, a value that finds nothing.
const PARAMETERS: &[(&str, &str, &str, &str)] = &[
    ("eventType", "TransformationEvent", "made", "AssociationEvent"),
    ("GE_eventTime", "2026-02-04T00:00:00Z", "wrong", "2026-02-04T00:00:01Z"),
    ("LT_eventTime", "2026-02-01T00:00:01Z", "rich", "2026-02-01T00:00:00Z"),
    ("GE_recordTime", "2026-03-02T04:00:00Z", "rich", "2026-03-02T04:00:01Z"),
    ("LT_recordTime", "2026-03-02T04:00:01Z", "rich", "2026-03-02T04:00:00Z"),
    ("EQ_action", "ADD", "packed", "DELETE"),
    ("EQ_bizStep", "packing", "packed", "destroying"),
    ("EQ_disposition", "in_transit", "rich", "destroyed"),
    ("EQ_persistentDisposition_set", "completeness_verified", "rich", "completeness_inferred"),
    ("EQ_persistentDisposition_unset", "completeness_inferred", "rich", "completeness_verified"),
    ("EQ_readPoint", "https://id.gs1.org/414/9506000134376", "rich", "https://id.gs1.org/414/9506000134352"),
    ("WD_readPoint", "https://id.gs1.org/414/9506000134376", "rich", "https://id.gs1.org/414/9506000134352"),
    ("EQ_bizLocation", "https://id.gs1.org/414/9506000134369", "rich", "https://id.gs1.org/414/9506000134352"),
    ("WD_bizLocation", "https://id.gs1.org/414/9506000134369", "rich", "https://id.gs1.org/414/9506000134352"),
    ("EQ_transformationID", "urn:epc:id:gdti:0614141.12345.400", "made", "urn:epc:id:gdti:0614141.12345.401"),
    ("MATCH_epc", "https://id.gs1.org/01/09506000134352/21/1", "packed", "https://id.gs1.org/01/09506000134352/21/0"),
    (
        "MATCH_parentID",
        "https://id.gs1.org/00/195060001343520014",
        "packed",
        "https://id.gs1.org/01/09506000134352/21/1",
    ),
    (
        "MATCH_inputEPC",
        "https://id.gs1.org/01/09506000134352/21/in",
        "made",
        "https://id.gs1.org/01/09506000134352/21/out",
    ),
    (
        "MATCH_outputEPC",
        "https://id.gs1.org/01/09506000134352/21/out",
        "made",
        "https://id.gs1.org/01/09506000134352/21/in",
    ),
    (
        "MATCH_anyEPC",
        "https://id.gs1.org/01/09506000134352/21/out",
        "made",
        "https://id.gs1.org/01/09506000134352/21/no",
    ),
    (
        "MATCH_epcClass",
        "https://id.gs1.org/01/09506000134352/10/L1",
        "rich",
        "https://id.gs1.org/01/09506000134352/10/IN",
    ),
    (
        "MATCH_inputEPCClass",
        "https://id.gs1.org/01/09506000134352/10/IN",
        "made",
        "https://id.gs1.org/01/09506000134352/10/OUT",
    ),
    (
        "MATCH_outputEPCClass",
        "https://id.gs1.org/01/09506000134352/10/OUT",
        "made",
        "https://id.gs1.org/01/09506000134352/10/IN",
    ),
    (
        "MATCH_anyEPCClass",
        "https://id.gs1.org/01/09506000134352/10/OUT",
        "made",
        "https://id.gs1.org/01/09506000134352/10/NO",
    ),
    ("EQ_quantity", "20", "rich", "21"),
    ("GT_quantity", "19", "rich", "20"),
    ("GE_quantity", "20", "rich", "21"),
    ("LT_quantity", "6", "made", "5"),
    ("LE_quantity", "5", "made", "4"),
    ("EQ_eventID", "urn:uuid:made", "made", "urn:uuid:none"),
    ("GE_errorDeclarationTime", "2026-02-05T00:00:00Z", "wrong", "2026-02-05T00:00:01Z"),
    ("LT_errorDeclarationTime", "2026-02-05T00:00:01Z", "wrong", "2026-02-05T00:00:00Z"),
    ("EQ_errorReason", "incorrect_data", "wrong", "did_not_occur"),
    ("EQ_correctiveEventID", "urn:uuid:right", "wrong", "urn:uuid:none"),
    ("GE_startTime", "2026-02-01T00:00:00Z", "rich", "2026-02-01T00:00:01Z"),
    ("LT_startTime", "2026-02-01T00:00:01Z", "rich", "2026-02-01T00:00:00Z"),
    ("GE_endTime", "2026-02-01T06:00:00Z", "rich", "2026-02-01T06:00:01Z"),
    ("LT_endTime", "2026-02-01T06:00:01Z", "rich", "2026-02-01T06:00:00Z"),
    ("EQ_type", "Temperature", "rich", "Speed"),
    ("EQ_deviceID", "urn:epc:id:giai:4000001.111", "rich", "urn:epc:id:giai:4000001.112"),
    ("EQ_dataProcessingMethod", "https://example.com/253/4012345000054987", "rich", "https://example.com/none"),
    ("EQ_microorganism", "https://www.ncbi.nlm.nih.gov/taxonomy/1126011", "rich", "https://example.com/none"),
    (
        "EQ_chemicalSubstance",
        "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UGDNZRGBSA-N",
        "rich",
        "https://example.com/none",
    ),
    ("EQ_bizRules", "https://example.com/253/4012345000054987", "rich", "https://example.com/none"),
    ("EQ_stringValue", "SomeString", "rich", "OtherString"),
    ("EQ_hexBinaryValue", "f0f0f0", "rich", "0f0f0f"),
    ("EQ_uriValue", "https://id.example.com/uri", "rich", "https://id.example.com/other"),
    ("EQ_booleanValue", "true", "rich", "false"),
];

/// Parameters of order and amount, which have tests of their own, and one that has no value.
const OTHERS: &[&str] = &[
    "nextPageToken",
    "perPage",
    "orderBy",
    "orderDirection",
    "eventCountLimit",
    "maxEventCount",
    "EXISTS_errorDeclaration",
];

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn every_query_parameter_of_the_contract_finds_and_misses() {
    let house = house().await;
    let job = house.capture("merchant:m1", &document(rich())).await;
    assert_eq!(job["success"], json!(true), "{job}");
    for (name, hit, event, miss) in PARAMETERS {
        for token in ["manager", "merchant:m1"] {
            let found = house.events(token, &format!("/v1/epcis/events?{name}={}", encoded(hit))).await;
            assert!(found.iter().any(|id| id == event), "{name}={hit} finds {event}: {found:?}");
            let missed = house.events(token, &format!("/v1/epcis/events?{name}={}", encoded(miss))).await;
            assert!(missed.is_empty(), "{name}={miss} finds nothing: {missed:?}");
        }
    }
    assert_eq!(house.events("manager", "/v1/epcis/events?EXISTS_errorDeclaration=").await, ["wrong"]);
    let (status, said, _) = house.get("manager", "/v1/epcis/events?EQ_nonsense=1").await;
    assert_eq!((status, &said["code"]), (StatusCode::BAD_REQUEST, &json!("events_query_invalid")));
    assert_eq!(said["errors"][0]["field"], json!("EQ_nonsense"), "{said}");
    let Some(contract) = contract() else { return };
    let asked: BTreeSet<&str> = PARAMETERS.iter().map(|row| row.0).chain(OTHERS.iter().copied()).collect();
    for parameter in contract["paths"]["/events"]["get"]["parameters"].as_array().unwrap() {
        let name = parameter["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let parameter = &contract["components"]["parameters"][name];
        if parameter["in"] == json!("query") {
            let name = parameter["name"].as_str().unwrap();
            assert!(asked.contains(name), "{name} is in the contract and has no test");
        }
    }
}

#[tokio::test]
async fn every_path_and_method_of_the_contract_answers() {
    let house = house().await;
    let job = house.capture("manager", &document(rich())).await;
    let (status, ..) = house
        .post(
            "manager",
            "/v1/epcis/queries",
            json!({ "name": "q", "query": { "EQ_action": ["ADD"] } }).to_string().as_bytes(),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let Some(contract) = contract() else { return };
    let capture = job["captureID"].as_str().unwrap().to_owned();
    let fill = |path: &str| {
        [
            ("{captureID}", capture.as_str()),
            ("{eventID}", "urn:uuid:rich"),
            ("{eventType}", "ObjectEvent"),
            ("{epc}", "https://id.gs1.org/01/09506000134352/21/1"),
            ("{bizStep}", "shipping"),
            ("{bizLocation}", "https://id.gs1.org/414/9506000134369"),
            ("{readPoint}", "https://id.gs1.org/414/9506000134376"),
            ("{disposition}", "in_transit"),
            ("{queryName}", "q"),
            ("{token}", "abc"),
            ("{subscriptionID}", "none"),
        ]
        .iter()
        .fold(path.to_owned(), |path, (name, value)| path.replace(name, &encoded(value)))
    };
    let mut seen = 0;
    for (path, item) in contract["paths"].as_object().unwrap() {
        for method in ["options", "get", "post", "delete"] {
            if item.get(method).is_none() {
                continue;
            }
            seen += 1;
            let address = format!("/v1/epcis{}", fill(path).trim_end_matches('/'));
            let verb = method.to_uppercase();
            let headers = [("content-type", "application/json")];
            let answer = house.call("manager", (verb.as_str(), address.as_str()), &headers, "{}").await;
            let status = answer.status;
            if path.contains("{subscriptionID}") && method != "options" {
                assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
                continue;
            }
            let expected = match method {
                "options" => status == StatusCode::NO_CONTENT,
                "get" => status == StatusCode::OK,
                "delete" => status == StatusCode::NO_CONTENT,
                _ => matches!(status.as_u16(), 202 | 400 | 422),
            };
            assert!(expected, "{method} {path}: {status}");
            if status.is_success() {
                assert_eq!(answer.headers["gs1-epcis-version"], "2.0.0", "{method} {path}");
            }
            if method == "options" {
                assert!(answer.headers.contains_key("allow"), "{path}");
            }
            // The query is needed by the paths that follow.
            if method == "delete" && path.ends_with("{queryName}") {
                let again = json!({ "name": "q", "query": {} }).to_string();
                house.post("manager", "/v1/epcis/queries", again.as_bytes()).await;
            }
        }
    }
    assert!(seen > 60, "the contract has {seen} operations");
}

#[tokio::test]
async fn top_level_resources_lead_to_their_events() {
    let house = house().await;
    house.capture("merchant:m1", &document(rich())).await;
    for (collection, value, event) in [
        ("eventTypes", "TransformationEvent", "made"),
        ("epcs", "urn:epc:id:sgtin:9506000.013435.1", "packed"),
        ("epcs", "https://id.gs1.org/01/09506000134352/21/1", "packed"),
        ("bizSteps", "packing", "packed"),
        ("bizSteps", "urn:epcglobal:cbv:bizstep:packing", "packed"),
        ("bizLocations", "https://id.gs1.org/414/9506000134369", "rich"),
        ("readPoints", "https://id.gs1.org/414/9506000134376", "rich"),
        ("dispositions", "in_transit", "rich"),
    ] {
        let path = format!("/v1/epcis/{collection}/{}/events", encoded(value));
        let found = house.events("merchant:m1", &path).await;
        assert!(found.iter().any(|id| id == event), "{path}: {found:?}");
        let (_, all, _) = house.get("merchant:m1", &format!("/v1/epcis/{collection}")).await;
        assert!(!all["member"].as_array().unwrap().is_empty(), "{collection}");
        let (status, ..) = house.get("merchant:m1", &format!("/v1/epcis/{collection}/nothing/events")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{collection}");
    }
    let (status, ..) = house.get("merchant:m1", "/v1/epcis/bizSteps/packing/events?EQ_bizStep=shipping").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn lists_go_on_by_their_link() {
    let house = house().await;
    let events =
        (0..5).map(|n| object(&format!("e{n}"), "2026-02-01T00:00:00Z", &[&format!("{n}")], json!({}))).collect();
    house.capture("merchant:m1", &document(events)).await;
    for path in ["/v1/epcis/events?perPage=2", "/v1/epcis/epcs?perPage=2"] {
        for token in ["merchant:m1", "manager"] {
            let (mut address, mut count, mut pages) = (path.to_owned(), 0, 0);
            loop {
                let (status, body, headers) = house.get(token, &address).await;
                assert_eq!(status, StatusCode::OK, "{address}: {body}");
                count += body["member"].as_array().map_or_else(|| ids(&body).len(), Vec::len);
                pages += 1;
                let Some(link) = headers.get("link") else { break };
                let link = link.to_str().unwrap();
                assert!(link.ends_with("; rel=\"next\""));
                address = link[1..link.find('>').unwrap()].to_owned();
            }
            assert_eq!((count, pages), (5, 3), "{path} {token}");
        }
    }
}

#[tokio::test]
async fn versions_and_formats_that_are_not_spoken_are_refused() {
    let house = house().await;
    house
        .capture(
            "merchant:m1",
            &document(vec![object(
                "a",
                "2026-02-01T00:00:00Z",
                &[],
                json!({
        "epcList": ["urn:epc:id:sgtin:9506000.013435.1"] }),
            )]),
        )
        .await;
    let ask = async |name: &str, value: &str| {
        house.call("manager", ("GET", "/v1/epcis/events"), &[(name, value)], Body::empty()).await
    };
    for (name, value, status) in [
        ("gs1-epcis-min", "3.0.0", 406),
        ("gs1-epcis-max", "1.2", 406),
        ("gs1-epcis-max", "2.0", 200),
        ("accept", "application/xml", 406),
        ("accept", "text/html, application/ld+json;q=0.5", 200),
        ("gs1-epc-format", "Always_EPC_URN", 406),
    ] {
        assert_eq!(ask(name, value).await.status.as_u16(), status, "{name}: {value}");
    }
    let link = ask("gs1-epc-format", "Always_GS1_Digital_Link").await.body;
    assert!(link.contains("https://id.gs1.org/01/09506000134352/21/1") && !link.contains("urn:epc:id"));
    assert!(ask("gs1-epc-format", "Never_Translates").await.body.contains("urn:epc:id:sgtin:9506000.013435.1"));
}

#[tokio::test]
async fn a_single_event_is_kept_at_once_and_named() {
    let house = house().await;
    let mut event = object("a", "2026-02-01T00:00:00Z", &["1"], json!({}));
    event["@context"] = json!(["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]);
    let (status, body, headers) = house.post("merchant:m1", "/v1/epcis/events", event.to_string().as_bytes()).await;
    assert_eq!((status, &body["eventID"]), (StatusCode::CREATED, &json!("urn:uuid:a")), "{body}");
    let (status, body, _) = house.get("merchant:m1", headers["location"].to_str().unwrap()).await;
    assert_eq!((status, &body["recordTime"]), (StatusCode::OK, &json!("2026-03-02T04:00:00Z")));
    let (status, _, headers) = house.post("merchant:m1", "/v1/epcis/events", event.to_string().as_bytes()).await;
    assert_eq!((status, headers["touchstone-result"].to_str().unwrap()), (StatusCode::CREATED, "duplicate"));
    event["disposition"] = json!("in_progress");
    let (status, body, _) = house.post("merchant:m1", "/v1/epcis/events", event.to_string().as_bytes()).await;
    assert_eq!((status, &body["code"]), (StatusCode::CONFLICT, &json!("events_event_conflict")));
    event["eventTime"] = json!("tomorrow");
    let (status, body, _) = house.post("merchant:m1", "/v1/epcis/events", event.to_string().as_bytes()).await;
    assert_eq!((status, &body["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!("/eventTime")), "{body}");
}

#[tokio::test]
async fn the_examples_of_the_standard_are_captured_and_found() {
    let Some(folder) = shared_data() else { return };
    let house = house().await;
    let mut open = vec![folder.join("epcis/examples")];
    let mut read = 0;
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "jsonld") {
                let bytes = std::fs::read(&path).unwrap();
                let job = house.capture("manager", &bytes).await;
                let taken = job["success"] == json!(true);
                // Some examples share an id with another content: those are rightly refused.
                let conflict = job["errors"].to_string().contains("event_id_taken")
                    || job["errors"].to_string().contains("declaration_differs");
                assert!(taken || conflict, "{}: {job}", path.display());
                read += 1;
            }
        }
    }
    assert!(read >= 42, "{read} examples");
    let (_, body, _) = house.get("manager", "/v1/epcis/events?perPage=1000").await;
    assert!(ids(&body).len() > 30);
}
