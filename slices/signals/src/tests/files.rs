//! Shops' exports under a mapping.

use super::*;
use crate::mapping::file::{Item, SignalFile};
use crate::mapping::{self, Compiled};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

fn retail() -> Compiled {
    mapping::parse("online-retail-signals", mapping::shipped("online-retail-signals").unwrap()).unwrap()
}

fn read(path: &Path, mapping: &Compiled) -> (Vec<crate::Owned>, crate::mapping::file::Counts, Vec<(u64, String)>) {
    let mut file = SignalFile::open(path, mapping, Some("shop-1".into()), 0).unwrap();
    let (mut signals, mut refused) = (Vec::new(), Vec::new());
    while let Some(item) = file.next_item().unwrap() {
        match item {
            Item::Signal(signal) => signals.push(signal),
            Item::Refused { line, reason } => refused.push((line, reason.message)),
        }
    }
    (signals, file.counts().clone(), refused)
}

#[test]
fn invoices_become_orders_deliveries_and_returns_in_the_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("retail.csv");
    let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
        536365,85123a,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
        536366,71053,LANTERN,1,2010-12-02 09:00:00,3.39,,United Kingdom\n\
        C536379,85123A,HEART,-2,2010-12-02 09:41:00,2.55,17850.0,United Kingdom\n\
        536370,POST,POSTAGE,3,2010-12-02 10:45:00,18.00,12583.0,France\n\
        536414,22139,,56,2010-12-02 11:52:00,0.0,,United Kingdom\n\
        A563185,B,Adjust bad debt,1,2010-12-02 14:50:00,11062.06,,United Kingdom\n\
        536367,22745,HOUSE,x,2010-12-02 12:00:00,2.10,13047.0,United Kingdom\n\
        536368,22960,JAM,6,02/12/2010,4.25,13047.0,United Kingdom\n\
        536369,21756,BATH,3,2010-12-05 08:35:00,5.95,13047.0,United Kingdom\n";
    std::fs::write(&path, text).unwrap();
    let (signals, counts, refused) = read(&path, &retail());
    let brief: Vec<(&str, &str, &str, i64, i64)> = signals
        .iter()
        .map(|s| (s.kind.as_str(), s.id.as_str(), s.product.as_str(), s.quantity, s.amount_minor))
        .collect();
    let expected = [
        ("order", "536365:1:o", "85123A", 6, 1530),
        ("order", "536366:2:o", "71053", 1, 339),
        ("return", "C536379:3:r", "85123A", 2, 510),
        ("delivery", "536365:1:d", "85123A", 6, 0),
        ("delivery", "536366:2:d", "71053", 1, 0),
        ("order", "536369:9:o", "21756", 3, 1785),
        ("delivery", "536369:9:d", "21756", 3, 0),
    ];
    assert_eq!(brief, expected);
    assert!(signals.is_sorted_by_key(|signal| signal.at_us), "what happens later comes later");
    assert_eq!(signals[3].at_us - signals[0].at_us, 48 * HOUR);
    assert_eq!((signals[0].merchant.as_str(), signals[0].buyer.as_deref()), ("shop-1", Some("17850")));
    let skipped: Vec<(&str, u64)> = counts.skipped.iter().map(|(rule, lines)| (rule.as_str(), *lines)).collect();
    assert_eq!(skipped, [("adjustment", 1), ("no-price", 1), ("not-goods", 1)]);
    assert_eq!(counts.unmatched, 1, "a quantity that is no number meets no rule");
    assert_eq!(refused, [(9, "signals-file-date".to_owned())]);
}

#[test]
fn a_mapping_that_is_wrong_says_where() {
    let with = |rule: &str| {
        let text = format!("name = \"x\"\ntitle = {{ zh = \"一\", en = \"x\" }}\n{rule}");
        let said = mapping::parse("x.toml", &text).err().map(ground::Problem::from).expect("a refusal");
        said.faults
            .iter()
            .map(|fault| format!("{:?} {}", fault.place.field, fault.message))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let rule = |kind: &str, more: &str| {
        with(&format!(
            "[[signal]]\nkind = \"{kind}\"\nid = \"{{No}}\"\nat = \"At\"\n{more}\n[signal.fields]\nmerchant = \"m\"\nproduct = \"p\"\n"
        ))
    };
    assert!(rule("odrer", "").contains("signal.1.kind"), "{}", rule("odrer", ""));
    assert!(rule("order", "when = [{ column = \"A\", matches = \"(\" }]").contains("signals-mapping-pattern"));
    assert!(rule("order", "after_hours = 999999").contains("signal.1.after_hours"));
    assert!(rule("order", "afetr = 1").contains("signals-mapping-syntax"));
    assert!(with("").contains("signals-mapping-syntax"), "no rule at all");
}

/// The real export, where it is.
fn export() -> Option<PathBuf> {
    let named = std::env::var_os("TOUCHSTONE_SHARED_DATA").map(PathBuf::from);
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/data")).find(|p| p.is_dir());
    let path = named.or(beside)?.join("retail/online-retail.csv.gz");
    path.is_file().then_some(path)
}

#[test]
fn every_line_of_the_real_export_is_accounted_for() {
    let Some(path) = export() else {
        println!("skipped: shared/data/retail is not here");
        return;
    };
    let (signals, counts, refused) = read(&path, &retail());
    assert_eq!((counts.lines, refused.len(), counts.refused), (541_909, 0, 0));
    let mut kinds: HashMap<Kind, u64> = HashMap::new();
    signals.iter().for_each(|signal| *kinds.entry(signal.kind).or_default() += 1);
    assert_eq!(kinds[&Kind::Order], kinds[&Kind::Delivery], "every sold line is delivered");
    let left_out: u64 = counts.skipped.values().sum();
    assert_eq!(kinds[&Kind::Order] + kinds[&Kind::Return] + left_out + counts.unmatched, counts.lines);
    assert_eq!(counts.unmatched, 0, "{counts:?}");
    let ids: std::collections::HashSet<&str> = signals.iter().map(|signal| signal.id.as_str()).collect();
    assert_eq!(ids.len(), signals.len(), "ids are unique");
    assert!(signals.is_sorted_by_key(|signal| signal.at_us));
    // The two largest mishaps of the data: 80,995 paper birds and 74,215 storage jars, bought and cancelled within minutes.
    for (product, units) in [("23843", 80_995), ("23166", 74_215)] {
        let moments: Vec<i64> = signals
            .iter()
            .filter(|s| s.product == product && s.quantity == units && s.kind != Kind::Delivery)
            .map(|s| s.at_us)
            .collect();
        assert_eq!(moments.len(), 2, "{product}: an order and a return");
        assert!(moments[1] - moments[0] < HOUR, "{product}");
    }
}
