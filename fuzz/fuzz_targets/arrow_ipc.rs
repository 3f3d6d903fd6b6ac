#![no_main]
//! Arrow IPC from anybody: no panic, no reservation beyond the limits, and every row told fits the rules of a signal. The
//! first byte says in how small pieces the rest arrives.

use lake::ipc::{Limits, Reader};
use libfuzzer_sys::fuzz_target;

// The reader turns panics of the decoder into refusals; the hook that aborts at each would never see the refusal. A panic that
// gets out still ends the run.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let limits = Limits { rows_max: 10_000, bytes_max: 1 << 20, message_bytes_max: 1 << 20, ..Limits::default() };
    let now_us = 1_800_000_000_000_000;
    let mut reader = Reader::new(limits.clone(), now_us);
    let mut rows = 0;
    for piece in body.chunks(usize::from(*first) * 16 + 1) {
        let pushed = reader.push(piece, &mut |number, signal| {
            rows += 1;
            assert_eq!(number, rows);
            if let Ok(signal) = signal {
                assert!(stream::wire::check(&signal, &limits.signal, now_us).is_ok());
            }
        });
        if pushed.is_err() {
            return;
        }
    }
    if let Ok(told) = reader.finish() {
        assert_eq!(told, rows);
        assert!(rows <= 10_000);
    }
});
