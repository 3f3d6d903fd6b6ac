//! Files of models, kind and hostile.

use super::model;
use crate::{Calibration, Error, Model};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parts() -> Value {
    json!({
        "format": "touchstone-trees/1",
        "features": [{ "name": "a", "unit": "", "direction": "rising" }, { "name": "b", "unit": "", "direction": "free" }],
        "base": -1.0,
        "calibration": null,
        "trees": [[
            { "feature": 0, "threshold": 0.5, "missing_left": true, "left": 1, "right": 2, "cover": 10 },
            { "value": -0.1, "cover": 6 },
            { "feature": 1, "threshold": 0.0, "missing_left": false, "left": 3, "right": 4, "cover": 4 },
            { "value": 0.2, "cover": 3 },
            { "value": -0.1, "cover": 1 }
        ]]
    })
}

fn refused(change: impl Fn(&mut Value)) -> String {
    let mut file = parts();
    change(&mut file);
    match Model::from_json(&file.to_string()) {
        Err(Error::File(why)) => why,
        Err(other) => other.to_string(),
        Ok(_) => panic!("read: {file}"),
    }
}

#[test]
fn a_model_read_back_is_the_same_to_the_byte() {
    let model = model(2).calibrated(Calibration::Platt { slope: 0.9, offset: 0.1 });
    let text = model.to_json();
    let again = Model::from_json(&text).expect("reads");
    assert_eq!(again, model);
    assert_eq!(again.to_json(), text);
    assert_eq!(again.hash(), model.hash());
    assert_eq!(model.hash().len(), 64);
}

#[test]
fn a_file_that_is_no_model_is_refused_with_the_reason() {
    Model::from_json(&parts().to_string()).expect("the example itself is a model");
    let node = |file: &mut Value, index: usize, name: &str, value: Value| file["trees"][0][index][name] = value;
    assert!(refused(|file| file["format"] = json!("touchstone-trees/2")).contains("touchstone-trees/1"));
    assert!(refused(|file| file["more"] = json!(1)).contains("more"));
    assert!(refused(|file| node(file, 0, "left", json!(0))).contains("wrong child"), "a circle");
    assert!(refused(|file| node(file, 2, "left", json!(1))).contains("wrong child"), "a node with two parents");
    assert!(refused(|file| node(file, 0, "right", json!(99))).contains("wrong child"), "a child that is not there");
    assert!(refused(|file| node(file, 2, "right", json!(3))).contains("wrong child"), "the same child twice");
    assert!(refused(|file| node(file, 0, "feature", json!(7))).contains("splits on nothing"));
    let hollow = |file: &mut Value| {
        node(file, 1, "cover", json!(0));
        node(file, 2, "cover", json!(10));
    };
    assert!(refused(hollow).contains("node 1 covers no example"));
    assert!(refused(|file| node(file, 1, "cover", json!(5))).contains("cover 9 of 10"));
    assert!(refused(|file| node(file, 1, "value", json!(0.3))).contains("direction of a"));
    assert!(refused(|file| node(file, 1, "value", json!(-1e7))).contains("may reach"));
    assert!(refused(|file| node(file, 1, "value", Value::Null)).contains("line 1"));
    assert!(refused(|file| node(file, 1, "extra", json!(1))).contains("line 1"));
    assert!(refused(|file| file["trees"][0] = json!([])).contains("0 nodes"));
    assert!(refused(|file| file["features"][1]["name"] = json!("a")).contains("twice"));
    assert!(refused(|file| file["features"][1]["name"] = json!("x".repeat(65))).contains("too long"));
    assert!(refused(|file| file["base"] = json!(1e300)).contains("may reach"));
    let platt = |slope: f64| json!({ "method": "platt", "slope": slope, "offset": 0.0 });
    assert!(refused(|file| file["calibration"] = platt(-1.0)).contains("slope"));
    let points = |raw: Value, chances: Value| json!({ "method": "isotonic", "raw": raw, "probability": chances });
    assert!(refused(|file| file["calibration"] = points(json!([0.0, 1.0]), json!([0.5, 0.4]))).contains("never fall"));
    assert!(refused(|file| file["calibration"] = points(json!([0.0]), json!([0.5, 0.6]))).contains("points"));
    assert!(refused(|file| file["calibration"] = points(json!([0.0]), json!([1.5]))).contains("never fall"));
    // One node too deep: a chain of 25 splits.
    let chain = |file: &mut Value| {
        let mut nodes = Vec::new();
        for level in 0..25u32 {
            let (left, cover) = (2 * level + 1, 26 - level);
            nodes.push(json!({ "feature": 1, "threshold": 0.0, "missing_left": true, "left": left, "right": left + 1, "cover": cover }));
            nodes.push(json!({ "value": 0.0, "cover": 1 }));
        }
        // The order is split, leaf, split, leaf, …, leaf: each right child is the next split.
        nodes.push(json!({ "value": 0.0, "cover": 1 }));
        file["trees"][0] = json!(nodes);
    };
    assert!(refused(chain).contains("deeper than 24"));
}

#[test]
fn text_of_any_kind_is_refused_and_never_a_crash() {
    for text in ["", "null", "[]", "{}", "{\"format\":1}", "\u{feff}{}", "[[[[[["] {
        assert!(Model::from_json(text).is_err(), "{text:?}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Model::from_json(&deep).is_err());
    let many = format!("{{\"trees\":[{}]}}", ["[]"; 10].join(","));
    assert!(Model::from_json(&many).is_err());
}

proptest! {
    /// Whatever one change does to a model, what is still read gives finite scores that keep the direction.
    #[test]
    fn a_changed_file_is_refused_or_still_whole(index in 0usize..5, field in 0usize..6, value in -3i64..12, at in -2.0f64..2.0) {
        let names = ["feature", "threshold", "left", "right", "cover", "value"];
        let mut file = parts();
        file["trees"][0][index][names[field]] = json!(value);
        if let Ok(model) = Model::from_json(&file.to_string()) {
            let (low, high) = (model.raw(&[-5.0, at]), model.raw(&[5.0, at]));
            prop_assert!(low.is_finite() && low <= high);
            let found = model.contributions(&[at, f64::NAN]);
            prop_assert!((found.bias + found.values.iter().sum::<f64>() - found.raw).abs() < 1e-9);
        }
    }
}
