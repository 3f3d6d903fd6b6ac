//! The real export of a real shop, in one command.

use crate::commands::touchstone;
use crate::shared::shared;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn number_before(text: &str, word: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains(word))?;
    line.split(|sign: char| !sign.is_ascii_digit()).rfind(|part| !part.is_empty())?.parse().ok()
}

#[test]
fn half_a_million_invoice_lines_become_a_screened_catalogue() {
    let Some(file) = shared("retail/online-retail.csv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        touchstone()
            .args(["import", "--mapping", "online-retail", "--new-merchant", "Online Retail", "--screen"])
            .arg("--in")
            .arg(&file)
            .arg("--data")
            .arg(folder.path())
            .output()
            .unwrap()
    };
    let first = run();
    let told = format!("{}{}", String::from_utf8_lossy(&first.stdout), String::from_utf8_lossy(&first.stderr));
    assert!(first.status.success(), "{told}");
    let exported =
        touchstone().args(["export", "--format", "ndjson"]).arg("--data").arg(folder.path()).output().unwrap();
    let lines: Vec<serde_json::Value> =
        String::from_utf8_lossy(&exported.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The data set's authors and everyone who cleaned it name 3,900 to 4,100 products behind 541,909 lines.
    assert!((3_600..=4_100).contains(&lines.len()), "{} products\n{told}", lines.len());
    assert!(lines.iter().all(|line| line["currency"] == "GBP" && line["price_minor"].as_i64().unwrap_or(0) > 0));
    assert!(
        lines.iter().all(|line| line["title"].as_str().is_some_and(|title| !title.to_uppercase().contains("POSTAGE")))
    );
    // The best-known product of the set keeps its name.
    assert!(
        lines.iter().any(|line| line["title"]
            .as_str()
            .is_some_and(|title| title.contains("WHITE HANGING HEART T-LIGHT HOLDER")))
    );
    let undecided = lines
        .iter()
        .filter(|line| ["draft", "submitted", "screening"].contains(&line["state"].as_str().unwrap_or("draft")))
        .count();
    assert_eq!(undecided, 0, "every product was screened");
    let again = run();
    assert!(again.status.success());
    let told = String::from_utf8_lossy(&again.stdout).into_owned();
    assert_eq!(number_before(&told, "created").unwrap_or(0), 0, "the same file again makes nothing new:\n{told}");
}

/// One sold or returned item of the file, as its columns say.
struct Line {
    product: String,
    day: String,
    pieces: i64,
    /// Lines without a price are movements of stock, no orders.
    is_priced: bool,
    is_cancelled: bool,
}

/// Lines of a stretch of days (both included), written to a file of their own, and what they say.
fn stretch(file: &Path, from: &str, until: &str, to: &Path) -> Vec<Line> {
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()));
    let mut writer = csv::Writer::from_path(to).unwrap();
    writer.write_record(reader.headers().unwrap()).unwrap();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        let day = &record[4][..10];
        if day < from || day > until {
            continue;
        }
        writer.write_record(&record).unwrap();
        lines.push(Line {
            product: record[1].to_uppercase(),
            day: day.to_owned(),
            pieces: record[3].parse().unwrap(),
            is_priced: record[5].parse::<f64>().unwrap() > 0.0,
            is_cancelled: record[0].starts_with('C'),
        });
    }
    writer.flush().unwrap();
    lines
}

/// The stretch taken in as orders, deliveries and returns, day after day, and the alerts that stand then.
fn replayed(file: &Path, folder: &Path) -> Vec<serde_json::Value> {
    let run = |command: &mut std::process::Command| {
        let output = command.arg("--data").arg(folder).output().unwrap();
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(touchstone().args(["signals", "ingest", "--mapping", "online-retail-signals", "--close"]).arg(file));
    let alerts = run(touchstone().args(["alerts", "--json"]));
    alerts.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Products a day of whose orders is so much larger than every other day of any product that a slip is the likely reason.
fn slips(lines: &[Line]) -> Vec<(String, String)> {
    let mut days = BTreeMap::new();
    for line in lines.iter().filter(|line| line.pieces > 0 && line.is_priced && !line.is_cancelled) {
        *days.entry((line.product.clone(), line.day.clone())).or_insert(0) += line.pieces;
    }
    let mut sorted: Vec<i64> = days.values().copied().collect();
    sorted.sort_unstable();
    // Ten times what only one day of a product in a thousand reaches.
    let rare = sorted[sorted.len() - 1 - sorted.len() / 1_000];
    days.into_iter().filter(|(_, pieces)| *pieces > 10 * rare).map(|(key, _)| key).collect()
}

#[test]
fn real_invoices_replayed_raise_the_slips_and_the_goods_sent_back_and_hardly_anything_else() {
    let Some(file) = shared("retail/online-retail.csv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    // The two largest orders of the year were each cancelled within minutes; each lies in one of these stretches, the first
    // as the first order of its product in it, the second on the last day of all.
    for (name, from, until, slip) in
        [("winter", "2010-12-01", "2011-01-21", "23166"), ("autumn", "2011-11-07", "2011-12-09", "23843")]
    {
        let csv = folder.path().join(format!("{name}.csv"));
        let lines = stretch(&file, from, until, &csv);
        let slips = slips(&lines);
        assert!(slips.iter().any(|(product, _)| product == slip), "{slips:?}");
        let data = folder.path().join(name);
        std::fs::create_dir(&data).unwrap();
        let alerts = replayed(&csv, &data);
        let of = |family: &str| alerts.iter().filter(|alert| alert["family"] == family).collect::<Vec<_>>();
        let brief: Vec<String> = alerts
            .iter()
            .map(|alert| format!("{} {} {} {}", alert["family"], alert["product"], alert["since"], alert["last"]))
            .collect();
        for (product, day) in &slips {
            let said = of("sales").into_iter().any(|alert| alert["product"] == **product && alert["last"] == **day);
            assert!(said, "{product} on {day} is not among {brief:#?}");
        }
        // A wholesaler's large orders are its business: of all products sold, very few are worth a look because of one.
        let sold: BTreeSet<&str> =
            lines.iter().filter(|line| !line.is_cancelled).map(|line| line.product.as_str()).collect();
        assert!(sold.len() > 2_000);
        assert!(of("sales").len() * 200 < sold.len(), "{} of {}: {brief:#?}", of("sales").len(), sold.len());
        // No product is called bad that was sent back less often than the policy's least number of events in 28 days.
        for alert in of("quality") {
            let returns = lines.iter().filter(|line| line.is_cancelled && alert["product"] == *line.product).count();
            assert!(returns >= 3, "{alert}: {returns} returns");
        }
        assert!(of("quality").len() * 200 < sold.len(), "{brief:#?}");
    }
}

#[test]
fn the_product_sent_back_most_is_named_by_its_returns() {
    let Some(file) = shared("retail/online-retail.csv.gz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("spring.csv");
    let lines = stretch(&file, "2011-01-04", "2011-02-28", &csv);
    let (mut sold, mut back) = (BTreeMap::<&str, f64>::new(), BTreeMap::<&str, f64>::new());
    for line in &lines {
        *if line.is_cancelled { &mut back } else { &mut sold }.entry(&line.product).or_default() += 1.0;
    }
    let usual = back.values().sum::<f64>() / sold.values().sum::<f64>();
    // Sent back at least thirty times, and five times as often as the goods of this shop usually are: with so many no chance.
    let bad: Vec<&str> = back
        .iter()
        .filter(|(product, times)| {
            **times >= 30.0 && **times > 5.0 * usual * sold.get(*product).copied().unwrap_or(1.0)
        })
        .filter(|(product, _)| product.starts_with(|sign: char| sign.is_ascii_digit()))
        .map(|(product, _)| *product)
        .collect();
    assert!(!bad.is_empty());
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let alerts = replayed(&csv, &data);
    for product in bad {
        let found = alerts.iter().find(|alert| alert["family"] == "quality" && alert["product"] == product);
        let found = found.unwrap_or_else(|| panic!("{product} is not named"));
        assert_eq!((&found["measure"], &found["level"]), (&"returns".into(), &"enforcement".into()));
    }
}
