//! The shipped packs: every table of this crate is valid, every inline test holds.

use std::path::PathBuf;

use jiff::civil::{Date, date};
use policy::{Pack, Tables};
use screening::Rules;

/// The days the packs are tested for: today's law, and the law after the food labelling change of 2027.
const DAYS: [Date; 2] = [date(2026, 11, 1), date(2027, 4, 1)];

fn pack(market: &str) -> Pack {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(market);
    policy::packs::pack_from_folder(market, &folder).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

#[test]
fn the_shipped_packs_compile_and_their_inline_tests_hold() {
    let mut tables = Tables::new();
    screening::rules::tables(&mut tables);
    for market in ["cn", "us", "eu"] {
        let pack = pack(market);
        for day in DAYS {
            let rules = Rules::compile(&pack, day).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
            assert!(rules.claims.len() >= 15, "{market} has {} claims rows", rules.claims.len());
            let run =
                screening::claims::run_tests(&pack, day, None).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
            let failures: Vec<String> = run
                .failures
                .iter()
                .map(|one| format!("{}:{} {} {}", one.file, one.line, one.row, one.message.en))
                .collect();
            assert!(failures.is_empty(), "{market} on {day}: {} passed, failed:\n{}", run.passed, failures.join("\n"));
            println!(
                "{market} on {day}: {} rows, {} atoms, {} inline tests",
                rules.claims.len(),
                rules.claims.atoms.len(),
                run.passed
            );
        }
        for row in pack.written_rows("claims") {
            assert!(
                row.mode() != policy::Mode::On || !row.tests().is_empty() || row.from() > DAYS[0],
                "{} has no tests",
                row.id()
            );
        }
    }
}
