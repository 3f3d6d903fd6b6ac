//! Any text is either a pack that reads the same again, or refused with at least one place; a condition never overflows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{Condition, Facts, Pack, Parameter, Source, Variable};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let sources = [Source::new("cn/fuzz.yaml", text)];
    match Pack::from_sources("cn", &sources) {
        Ok(pack) => {
            let again = Pack::from_sources("cn", pack.sources()).expect("the same text reads again");
            assert_eq!(again.version(), pack.version());
            let _ = pack.rows::<Parameter>();
        }
        Err(found) => assert!(found.iter().next().is_some()),
    }
    if let Ok(condition) = Condition::compile(text) {
        let variables = [Variable::int("n"), Variable::text("t"), Variable::texts("l")];
        if condition.check(&variables).is_ok() {
            let mut facts = Facts::new();
            facts.clear(&variables);
            let _ = condition.holds(&facts);
        }
    }
});
