//! Items as they are handed in: rows of a form, or CSV pasted or uploaded.

use crate::model::{TestItem, TestResult, Verdict};
use ground::{Fault, Place};

/// Most items of a report.
pub const ITEMS_MAX: usize = 500;
/// Longest text of an item, characters.
pub const ITEM_CHARS_MAX: usize = 200;
/// Largest CSV text, bytes.
pub const CSV_BYTES_MAX: usize = 256 * 1024;

/// The columns, in the order of a file without a header, with the names a header may use.
const COLUMNS: [(&str, &[&str]); 6] = [
    ("name", &["name", "item", "项目", "检验项目", "检测项目"]),
    ("limit", &["limit", "requirement", "限值", "标准要求", "技术要求"]),
    ("value", &["value", "result", "实测值", "检验结果", "结果"]),
    ("unit", &["unit", "单位"]),
    ("method", &["method", "方法", "检验方法", "检测方法"]),
    ("verdict", &["verdict", "conclusion", "判定", "单项判定", "结论"]),
];

/// Words for a verdict, as laboratories write them.
pub(crate) fn read_verdict(text: &str) -> Option<Verdict> {
    match text.trim().to_lowercase().as_str() {
        "pass" | "passed" | "p" | "合格" | "符合" | "通过" => Some(Verdict::Pass),
        "fail" | "failed" | "f" | "不合格" | "不符合" | "未通过" => Some(Verdict::Fail),
        "not_judged" | "not judged" | "n/a" | "na" | "-" | "—" | "" | "不判定" | "未判定" => {
            Some(Verdict::NotJudged)
        }
        _ => None,
    }
}

/// Reads items from CSV: name, limit, value, unit, method, verdict; separated by commas, tabs or semicolons; with or
/// without a header in Chinese or English. Every fault names its row.
///
/// # Errors
/// The faults, at the field `csv`.
pub fn read_csv(text: &str) -> Result<Vec<TestItem>, Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > CSV_BYTES_MAX {
        return Err(vec![Fault::field("csv", "reports-fault-long").arg("most", CSV_BYTES_MAX)]);
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let separator = [b'\t', b';'].into_iter().find(|b| first.bytes().any(|c| c == *b)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut items, mut faults, mut order, mut row) = (Vec::new(), Vec::new(), None, 0u64);
    for record in reader.records() {
        let at = |row| Place::field("csv").in_row(row);
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                faults.push(Fault::at(Place { line, ..at(row + 1) }, "reports-fault-csv"));
                break;
            }
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        if order.is_none() {
            let header = header(&record);
            let is_header = header.is_some();
            order = Some(header.unwrap_or([Some(0), Some(1), Some(2), Some(3), Some(4), Some(5)]));
            if is_header {
                continue;
            }
        }
        row += 1;
        if items.len() >= ITEMS_MAX {
            faults.push(Fault::at(at(row), "reports-fault-items-many").arg("most", ITEMS_MAX));
            break;
        }
        let places = order.unwrap_or_default();
        let cell = |column: usize| places[column].and_then(|at| record.get(at)).unwrap_or("").to_owned();
        let verdict = read_verdict(&cell(5));
        if verdict.is_none() {
            faults.push(
                Fault::at(at(row), "reports-fault-verdict").arg("found", cell(5).chars().take(40).collect::<String>()),
            );
        }
        let item = TestItem { name: cell(0), limit: cell(1), value: cell(2), unit: cell(3), method: cell(4), verdict };
        items.push(item);
        if faults.len() >= ground::Problem::FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(items) } else { Err(faults) }
}

/// Where each column stands, when a first row names them.
fn header(record: &csv::StringRecord) -> Option<[Option<usize>; 6]> {
    let mut places = [None; 6];
    for (at, cell) in record.iter().enumerate() {
        let cell = cell.to_lowercase();
        if let Some(column) = COLUMNS.iter().position(|(_, names)| names.contains(&cell.as_str())) {
            places[column].get_or_insert(at);
        }
    }
    // A name and a value make it a header; a lone word that happens to be a column's name does not.
    (places[0].is_some() && places[2].is_some()).then_some(places)
}

/// Checks items; every fault names its row.
pub(crate) fn check(items: &[TestItem], result: Option<TestResult>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if items.is_empty() {
        faults.push(Fault::field("items", "reports-fault-items-none"));
    }
    if items.len() > ITEMS_MAX {
        faults.push(Fault::field("items", "reports-fault-items-many").arg("most", ITEMS_MAX));
    }
    for (row, item) in (1u64..).zip(items.iter().take(ITEMS_MAX)) {
        let at = |field: &str| Place::field(format!("items.{field}")).in_row(row);
        for (field, text, needed) in [
            ("name", &item.name, true),
            ("limit", &item.limit, false),
            ("value", &item.value, true),
            ("unit", &item.unit, false),
            ("method", &item.method, false),
        ] {
            if needed && text.trim().is_empty() {
                faults.push(Fault::at(at(field), "reports-fault-needed"));
            }
            if text.chars().count() > ITEM_CHARS_MAX {
                faults.push(Fault::at(at(field), "reports-fault-long").arg("most", ITEM_CHARS_MAX));
            }
            if text.chars().any(char::is_control) {
                faults.push(Fault::at(at(field), "reports-fault-control"));
            }
        }
        if item.verdict.is_none() {
            faults.push(Fault::at(at("verdict"), "reports-fault-verdict").arg("found", ""));
        }
    }
    let failed = items.iter().any(|item| item.verdict == Some(Verdict::Fail));
    let passed = items.iter().any(|item| item.verdict == Some(Verdict::Pass));
    match result {
        None => faults.push(Fault::field("result", "reports-fault-needed")),
        Some(TestResult::Pass) if failed => faults.push(Fault::field("result", "reports-fault-result-failed")),
        Some(TestResult::Pass) if !passed => faults.push(Fault::field("result", "reports-fault-result-none")),
        Some(_) => {}
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_table_is_read_with_and_without_its_header() {
        let plain = "铅(以Pb计),≤0.1,0.02,mg/kg,GB 5009.12,合格\n";
        let named =
            "单项判定\t检验项目\t实测值\t限值\t单位\t检验方法\n符合\t铅(以Pb计)\t0.02\t≤0.1\tmg/kg\tGB 5009.12\n";
        let english =
            "\u{feff}Item;Result;Verdict;Limit;Unit;Method\r\n铅(以Pb计);0.02;pass;≤0.1;mg/kg;GB 5009.12\r\n\r\n";
        let expected = read_csv(plain).unwrap();
        assert_eq!(expected[0].verdict, Some(Verdict::Pass));
        assert_eq!((expected[0].name.as_str(), expected[0].unit.as_str()), ("铅(以Pb计)", "mg/kg"));
        assert_eq!(read_csv(named).unwrap(), expected);
        assert_eq!(read_csv(english).unwrap(), expected);
    }

    #[test]
    fn a_bad_row_is_named() {
        let faults = read_csv("铅,0.1,0.02,mg/kg,GB,合格\n镉,0.1,0.02,mg/kg,GB,也许\n").unwrap_err();
        assert_eq!(faults[0].place.row, Some(2));
        let long = "铅,0.1,0.02,mg/kg,GB,合格\n".repeat(ITEMS_MAX + 1);
        assert_eq!(read_csv(&long).unwrap_err()[0].message, "reports-fault-items-many");
    }

    #[test]
    fn a_report_with_a_failed_item_does_not_pass() {
        let item = |verdict| TestItem { name: "铅".into(), value: "1".into(), verdict, ..TestItem::default() };
        let failed = [item(Some(Verdict::Pass)), item(Some(Verdict::Fail))];
        assert_eq!(check(&failed, Some(TestResult::Pass))[0].message, "reports-fault-result-failed");
        assert!(check(&failed, Some(TestResult::Fail)).is_empty());
        let unjudged = [item(Some(Verdict::NotJudged))];
        assert_eq!(check(&unjudged, Some(TestResult::Pass))[0].message, "reports-fault-result-none");
        assert_eq!(check(&[], None).len(), 2);
    }
}
