//! Lines of signals from anybody: each is read or refused alone; what is read is in range, is written and read the same,
//! and the place where a body is cut between two packets changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stream::wire::{Limits, LineError, Parser, check, write_line};
use stream::{Signal, parse_lines};

/// 2026-11-11T00:00:00Z.
const NOW_US: i64 = 1_794_355_200_000_000;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { line_bytes_max: 2_000, ..Limits::default() };
    let mut told: Vec<(u64, Result<String, LineError>)> = Vec::new();
    let mut written = Vec::new();
    parse_lines(bytes, &limits, NOW_US, |line, result| {
        if let Ok(signal) = &result {
            assert!(check(signal, &limits, NOW_US).is_ok());
            let before = written.len();
            write_line(signal, &mut written);
            let wide = Limits { line_bytes_max: 100_000, ..Limits::default() };
            let mut count = 0;
            parse_lines(&written[before..], &wide, NOW_US, |_, again| {
                assert_eq!(again.as_ref(), Ok(signal));
                count += 1;
            });
            assert_eq!(count, 1);
        }
        told.push((line, result.map(|signal| format!("{signal:?}"))));
    });
    let (one, two) = bytes.split_at(bytes.first().map_or(0, |first| usize::from(*first)).min(bytes.len()));
    let mut again = Vec::new();
    let mut each = |line: u64, result: Result<Signal<'_>, LineError>| {
        again.push((line, result.map(|signal| format!("{signal:?}"))));
    };
    let mut parser = Parser::new(limits, NOW_US);
    parser.feed(one, &mut each);
    parser.feed(two, &mut each);
    parser.finish(&mut each);
    assert_eq!(told, again);
});
