//! Blocks from a damaged disk: read or refused; what is read is in range, and is the same when it is written and read
//! again; and the state folds it without harm.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stream::block::{Content, Writer, read};
use stream::state::MemorySpill;
use stream::{Settings, State};

fuzz_target!(|bytes: &[u8]| {
    let Ok(block) = read(bytes) else { return };
    if let Content::Signals(signals) = &block.content {
        let whole: Result<Vec<_>, _> = signals.iter().collect();
        if let Ok(whole) = whole {
            let mut writer = Writer::new();
            whole.iter().for_each(|signal| writer.push(signal));
            let again = writer.finish(block.received_us);
            let Ok(Content::Signals(again)) = read(&again).map(|block| block.content) else { panic!("written") };
            assert_eq!(again.iter().collect::<Result<Vec<_>, _>>().expect("written"), whole);
        }
    }
    let settings = Settings { hot_keys_max: 3, ..Settings::new(jiff::tz::TimeZone::UTC, [1, 2]) };
    let mut state = State::new(settings, Box::new(MemorySpill::default()));
    let mut rows = 0;
    state.fold(bytes, 1, &mut |_| rows += 1).expect("a block that can be read");
    let mut snapshot = Vec::new();
    if state.stats().hot_keys == state.stats().keys {
        state.snapshot(&mut snapshot).expect("a snapshot");
    }
    state.digest().expect("a digest");
});
