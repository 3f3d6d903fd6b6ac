//! The packs that come with the product, checked and tested by the owners of their tables.

use jiff::civil::date;

#[test]
fn every_shipped_table_has_an_owner_who_accepts_it() {
    for pack in policy::shipped().iter() {
        if let Err(found) = policies::tables().check(pack) {
            panic!("{}:\n{found}", pack.market());
        }
    }
}

#[test]
fn every_inline_test_of_the_shipped_rules_passes() {
    for pack in policy::shipped().iter() {
        for day in [date(2026, 11, 23), date(2027, 6, 1)] {
            let run = policies::tables().run_tests(pack, day, None, None).unwrap();
            assert!(run.failures.is_empty(), "{} on {day}: {:#?}", pack.market(), run.failures);
            assert!(run.passed > 20, "{} has only {} tests", pack.market(), run.passed);
        }
    }
}
