//! DuckDB is the oracle: the same questions over the same files give the same rows.

use super::{open, zone};
use crate::testing::{ORACLE, fill, questions};
use crate::{Cell, Extra};
use serde_json::{Value, json};
use std::process::Command;

/// Relative difference of two floating-point results that were summed in another order.
const TOLERANCE: f64 = 1e-9;

/// Names a python that has the module `duckdb`. `make test` sets it.
const PYTHON: &str = "TOUCHSTONE_TEST_DUCKDB";

fn plain(cell: &Cell) -> Value {
    match cell {
        Cell::Null => json!(["null", null]),
        Cell::Truth(truth) => json!(["truth", truth]),
        Cell::Whole(number) => json!(["whole", number.to_string()]),
        Cell::Number(number) => json!(["number", format!("{number:?}")]),
        Cell::Decimal(text) => json!(["number", text]),
        Cell::Moment(micros) => json!(["moment", micros.to_string()]),
        Cell::Date(_) => json!(["date", cell.text(&zone())]),
        Cell::Text(text) => json!(["text", text]),
    }
}

fn alike(ours: &Value, theirs: &Value) -> bool {
    if ours == theirs {
        return true;
    }
    let number = |value: &Value| -> Option<f64> {
        match value[0].as_str()? {
            "number" | "whole" => value[1].as_str()?.parse().ok(),
            _ => None,
        }
    };
    let floating = ours[0] == "number" || theirs[0] == "number";
    match (floating, number(ours), number(theirs)) {
        (true, Some(a), Some(b)) => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1e-6),
        _ => false,
    }
}

#[tokio::test]
async fn datafusion_and_duckdb_give_the_same_rows() {
    let Ok(python) = std::env::var(PYTHON) else {
        println!("{PYTHON} is not set: DuckDB is not asked (make test sets it)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let lake = open(&folder);
    fill(&lake, 7, 40, 1_500).unwrap();
    let questions = questions();
    assert!(questions.len() >= 40, "{}", questions.len());
    let list: Vec<Value> = questions.iter().map(|one| json!({"name": one.name, "sql": one.sql})).collect();
    let (list_file, program) = (folder.path().join("questions.json"), folder.path().join("oracle.py"));
    std::fs::write(&list_file, Value::from(list).to_string()).unwrap();
    std::fs::write(&program, ORACLE).unwrap();
    let said = Command::new(&python)
        .arg(&program)
        .arg(folder.path())
        .arg(&list_file)
        .args(["Asia/Shanghai", "2", "0"])
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let theirs: Vec<Value> =
        String::from_utf8(said.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(theirs.len(), questions.len());
    let mut wrong = Vec::new();
    for (question, theirs) in questions.iter().zip(&theirs) {
        let ours = match lake.query(&question.sql, Extra::default(), super::now()).await {
            Ok(answer) => answer,
            Err(error) => {
                wrong.push(format!("{}: not answered: {error}", question.name));
                continue;
            }
        };
        if let Some(error) = theirs["error"].as_str() {
            wrong.push(format!("{}: DuckDB: {error}", question.name));
            continue;
        }
        let ours: Vec<Vec<Value>> = ours.rows().map(|row| row.iter().map(plain).collect()).collect();
        let theirs = theirs["rows"].as_array().unwrap();
        if ours.is_empty() {
            wrong.push(format!("{}: no rows: the question shows nothing", question.name));
        }
        if ours.len() != theirs.len() {
            wrong.push(format!("{}: {} rows, DuckDB {}", question.name, ours.len(), theirs.len()));
            continue;
        }
        let different = ours.iter().zip(theirs).position(|(ours, theirs)| {
            let theirs = theirs.as_array().unwrap();
            ours.len() != theirs.len() || !ours.iter().zip(theirs).all(|(a, b)| alike(a, b))
        });
        if let Some(row) = different {
            let (ours, theirs) = (Value::from(ours[row].clone()), &theirs[row]);
            wrong.push(format!("{}: row {row}: {ours}\n    DuckDB: {theirs}", question.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), questions.len(), wrong.join("\n"));
}
