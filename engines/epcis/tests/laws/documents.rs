//! Documents that are broken, hostile, or only partly right.

use crate::shared::{document, object_event, read_one};
use epcis::{Code, Form, Limits};
use serde_json::{Value, json};

fn refusal(text: &str) -> epcis::DocumentError {
    epcis::read(text.as_bytes(), &Limits::default()).expect_err("a refusal")
}

fn code_of(event: &Value) -> (Code, String) {
    let error = read_one(event).expect_err("a refusal");
    assert!(!error.zh.is_empty() && !error.en.is_empty());
    (error.code, error.pointer.replacen("/epcisBody/eventList/0", "", 1))
}

fn with(name: &str, value: Value) -> Value {
    let mut event = object_event();
    event[name] = value;
    event
}

#[test]
fn a_bad_event_is_refused_alone_with_its_pointer() {
    let mut bad = object_event();
    bad["epcList"] = json!(["https://id.gs1.org/01/09506000134353/21/1"]);
    let text = document(&[object_event(), bad, object_event()]).to_string();
    let read = epcis::read(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read.events.iter().filter(|event| event.is_ok()).count(), 2);
    let error = read.events[1].as_ref().unwrap_err();
    assert_eq!((error.pointer.as_str(), error.code), ("/epcisBody/eventList/1/epcList/0", Code::CheckDigit));
}

#[test]
fn documents_single_events_and_lists_are_read() {
    let event = read_one(&object_event()).unwrap();
    let alone = event.standalone();
    for (text, form, count) in [
        (document(&[object_event()]).to_string(), Form::Document, 1),
        (alone.to_string(), Form::Event, 1),
        (json!([alone, object_event()]).to_string(), Form::EventList, 2),
        (format!("\u{feff}{}", document(&[])), Form::Document, 0),
    ] {
        let read = epcis::read(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!((read.head.form, read.events.len()), (form, count), "{text}");
        for read in read.events {
            assert_eq!(epcis::hash(&read.unwrap()), epcis::hash(&event));
        }
    }
}

#[test]
fn typed_fields_are_canonical_and_the_json_stays_as_it_came() {
    let event = read_one(&object_event()).unwrap();
    assert_eq!(event.json, object_event());
    assert_eq!(event.read_point.as_deref(), Some("https://id.gs1.org/414/9506000134307/254/dock1"));
    assert_eq!(event.biz_step.as_deref(), Some("https://ref.gs1.org/cbv/BizStep-shipping"));
    assert_eq!(event.ids(epcis::Role::Object).collect::<Vec<_>>(), ["https://id.gs1.org/01/09506000134352/21/1001"]);
}

#[test]
fn faults_of_an_event_name_their_field() {
    for (event, code, pointer) in [
        (with("eventTime", json!("2024-05-01T08:30:00")), Code::Time, "/eventTime"),
        (with("eventTimeZoneOffset", json!("+8:00")), Code::TimeZoneOffset, "/eventTimeZoneOffset"),
        (with("action", json!("MOVE")), Code::Action, "/action"),
        (with("bizStep", json!("teleporting")), Code::Vocabulary, "/bizStep"),
        (with("bizStep", json!("https://ref.gs1.org/cbv/BizStep-teleporting")), Code::Vocabulary, "/bizStep"),
        (with("bizStep", json!("cbv:BizStep-teleporting")), Code::Vocabulary, "/bizStep"),
        (with("epcList", json!([])), Code::NoObject, ""),
        (with("epcList", json!(["urn:epc:class:lgtin:4012345.012345.1"])), Code::Level, "/epcList/0"),
        (with("epcList", json!(["urn:epc:id:sgtin:4012345.12345.1"])), Code::Identifier, "/epcList/0"),
        (with("epcList", json!(["1234"])), Code::Uri, "/epcList/0"),
        (
            with("epcList", json!(["urn:epc:id:sgtin:9506000.013435.7", "urn:epc:id:sgtin:9506000.013435.7"])),
            Code::DuplicateElement,
            "/epcList/1",
        ),
        (
            with("quantityList", json!([{"epcClass": "urn:epc:id:sgtin:9506000.013435.7"}])),
            Code::Level,
            "/quantityList/0/epcClass",
        ),
        (
            with("quantityList", json!([{"epcClass": "urn:x:y", "quantity": -1}])),
            Code::Number,
            "/quantityList/0/quantity",
        ),
        (
            with("quantityList", json!([{"epcClass": "urn:x:y", "quantity": 1.5}])),
            Code::Number,
            "/quantityList/0/quantity",
        ),
        (with("quantityList", json!([{"epcClass": "urn:x:y", "uom": "KGM"}])), Code::NotAllowed, "/quantityList/0/uom"),
        (
            with("quantityList", json!([{"epcClass": "urn:x:y", "quantity": 1, "uom": "kg"}])),
            Code::Unit,
            "/quantityList/0/uom",
        ),
        (with("ilmd", json!({"ex:a": 1})), Code::NotAllowed, "/ilmd"),
        (with("mine", json!(1)), Code::UnknownField, "/mine"),
        (with("nobody:mine", json!(1)), Code::UndefinedPrefix, "/nobody:mine"),
        (with("parentID", json!("urn:x:y")), Code::UnknownField, "/parentID"),
        (with("a/b~c", json!(1)), Code::UnknownField, "/a~1b~0c"),
        (with("type", json!("MovedEvent")), Code::UnknownType, "/type"),
    ] {
        assert_eq!(code_of(&event), (code, pointer.to_owned()), "{event}");
    }
}

#[test]
fn each_type_must_say_what_it_happened_to() {
    let base = |kind: &str| json!({"type": kind, "eventTime": "2024-05-01T00:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "ADD"});
    let child = json!(["urn:epc:id:sgtin:9506000.013435.7"]);
    let mut packing = base("AggregationEvent");
    packing["childEPCs"] = child.clone();
    assert_eq!(code_of(&packing), (Code::Missing, "/parentID".to_owned()));
    packing["parentID"] = json!("urn:epc:id:sscc:9506000.0000000001");
    assert_eq!(read_one(&packing).unwrap().parent(), Some("https://id.gs1.org/00/095060000000000015"));
    let mut emptied = base("AggregationEvent");
    emptied["action"] = json!("DELETE");
    emptied["parentID"] = packing["parentID"].clone();
    assert!(read_one(&emptied).is_ok(), "a box may be emptied without naming what was in it");
    assert_eq!(code_of(&base("TransactionEvent")).0, Code::Missing);
    let mut cooking = base("TransformationEvent");
    cooking.as_object_mut().unwrap().remove("action");
    cooking["inputEPCList"] = child.clone();
    assert_eq!(code_of(&cooking).0, Code::NoObject);
    cooking["transformationID"] = json!("urn:x:batch:7");
    assert!(read_one(&cooking).is_ok());
    let mut sensing = base("ObjectEvent");
    sensing["sensorElementList"] = json!([{"sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}]}]);
    assert_eq!(code_of(&sensing).0, Code::NoObject);
    sensing["readPoint"] = json!({"id": "urn:x:fridge"});
    assert!(read_one(&sensing).is_ok());
}

#[test]
fn sensor_reports_must_hang_together() {
    for (report, code) in [
        (json!({"value": 1}), Code::Missing),
        (json!({"type": "Warmth"}), Code::Vocabulary),
        (json!({"type": "Temperature", "sDev": -1}), Code::SensorReport),
        (json!({"type": "Temperature", "percRank": 101, "percValue": 1}), Code::SensorReport),
        (json!({"type": "Temperature", "percRank": 50}), Code::SensorReport),
        (json!({"type": "Temperature", "minValue": 2, "maxValue": 1}), Code::SensorReport),
        (json!({"type": "Temperature", "value": "4"}), Code::WrongType),
        (json!({"type": "Temperature", "hexBinaryValue": "xyz"}), Code::WrongType),
    ] {
        let event = with("sensorElementList", json!([{"sensorReport": [report]}]));
        assert_eq!(code_of(&event).0, code, "{event}");
    }
    let backwards = json!([{"sensorMetadata": {"startTime": "2024-05-02T00:00:00Z", "endTime": "2024-05-01T00:00:00Z"},
        "sensorReport": [{"type": "Temperature"}]}]);
    assert_eq!(code_of(&with("sensorElementList", backwards)).0, Code::TimeOrder);
}

#[test]
fn deep_nesting_is_refused_before_anything_recurses() {
    let bomb = "[".repeat(5_000_000);
    let error = refusal(&bomb);
    assert_eq!(error.fault.code, Code::TooDeep);
    let mut event = object_event();
    event["ex:deep"] = (0..70).fold(json!(1), |inner, _| json!({"ex:in": inner}));
    assert_eq!(refusal(&document(&[event]).to_string()).fault.code, Code::TooDeep);
    let braces_in_text = with("ex:text", json!("{".repeat(500)));
    assert!(read_one(&braces_in_text).is_ok());
}

#[test]
fn every_limit_is_held() {
    let limits = Limits {
        document_bytes_max: 20_000,
        events_max: 2,
        list_len_max: 3,
        members_max: 12,
        string_bytes_max: 100,
        ..Limits::default()
    };
    let read = |text: &str| epcis::read(text.as_bytes(), &limits);
    assert_eq!(read(&" ".repeat(20_001)).unwrap_err().fault.code, Code::DocumentTooLarge);
    let three = document(&[object_event(), object_event(), object_event()]).to_string();
    assert_eq!(read(&three).unwrap_err().fault.code, Code::TooManyEvents);
    for (event, code) in [
        (with("epcList", json!(["urn:x:1", "urn:x:2", "urn:x:3", "urn:x:4"])), Code::ListTooLong),
        (with("ex:text", json!("x".repeat(101))), Code::StringTooLong),
        (with("ex:map", (0..13).map(|n| (format!("ex:{n}"), json!(n))).collect::<Value>()), Code::TooManyMembers),
    ] {
        let read = read(&document(&[event]).to_string()).unwrap();
        assert_eq!(read.events[0].as_ref().unwrap_err().code, code);
    }
}

#[test]
fn broken_text_says_line_and_column() {
    let error = refusal("{\n  \"type\": \"EPCISDocument\",\n  oops\n}");
    assert_eq!(error.fault.code, Code::Syntax);
    assert_eq!(error.position.map(|at| at.line), Some(3));
    let error = epcis::read(b"{\"a\":\n\"\xff\"}", &Limits::default()).unwrap_err();
    assert_eq!((error.fault.code, error.position.map(|at| (at.line, at.column))), (Code::NotUtf8, Some((2, 2))));
    assert_eq!(refusal("{\"a\":1} {}").fault.code, Code::Syntax);
    assert_eq!(refusal("").fault.code, Code::Syntax);
    assert_eq!(refusal("17").fault.code, Code::WrongType);
}

#[test]
fn the_head_of_a_document_must_be_whole() {
    let good = document(&[object_event()]);
    for (name, code) in [
        ("@context", Code::Missing),
        ("type", Code::Missing),
        ("schemaVersion", Code::Missing),
        ("creationDate", Code::Missing),
        ("epcisBody", Code::Missing),
    ] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(name);
        let error = refusal(&bad.to_string());
        assert_eq!((error.fault.code, error.fault.pointer), (code, format!("/{name}")));
    }
    let mut bad = good.clone();
    bad["schemaVersion"] = json!("1.2");
    assert_eq!(refusal(&bad.to_string()).fault.code, Code::SchemaVersion);
    let twice = good.to_string().replacen("\"epcisBody\"", "\"epcisBody\": {\"eventList\": []}, \"epcisBody\"", 1);
    assert_eq!(refusal(&twice).fault.code, Code::DuplicateMember);
}

#[test]
fn a_large_document_is_walked_without_holding_its_events() {
    let event = object_event().to_string();
    let many = 60_000;
    let body = vec![event.as_str(); many].join(",");
    let text = document(&[]).to_string().replacen("\"eventList\":[]", &format!("\"eventList\":[{body}]"), 1);
    let mut accepted = 0;
    epcis::read_each(text.as_bytes(), &Limits::default(), |_, event| accepted += usize::from(event.is_ok())).unwrap();
    assert_eq!(accepted, many);
}
