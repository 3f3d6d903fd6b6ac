//! Lines read and refused.

use super::*;
use crate::signal::{Attributes, Kind};
use proptest::prelude::*;

/// 2026-11-11T00:00:00Z.
const NOW_US: i64 = 1_794_355_200_000_000;
const GOOD: &str = r#"{"id":"a","kind":"order","at":"2026-11-10T23:00:00Z","merchant":"m","product":"p"}"#;

/// The id of a line that was read, or why it was refused.
type Told = Result<String, (Code, Option<String>)>;

fn read(text: &[u8]) -> Vec<(u64, Told)> {
    let mut seen = Vec::new();
    parse_lines(text, &Limits::default(), NOW_US, |line, result| {
        let told = result.map(|signal| signal.id.to_owned()).map_err(|error| {
            assert_eq!(error.line, line);
            assert!(!error.detail.zh.is_empty() && !error.detail.en.is_empty());
            (error.code, error.field)
        });
        seen.push((line, told));
    });
    seen
}

fn refusal(line: &str) -> (Code, Option<String>) {
    let told = read(line.as_bytes());
    match &told[..] {
        [(1, Err(refusal))] => refusal.clone(),
        other => panic!("{line}: {other:?}"),
    }
}

fn with(field: &str, value: &str) -> String {
    let extra = match field.strip_prefix("attributes.") {
        Some(name) => format!(r#""attributes":{{"{name}":{value}}}"#),
        None => format!(r#""{field}":{value}"#),
    };
    format!("{},{extra}}}", &GOOD[..GOOD.len() - 1])
}

#[test]
fn a_whole_line_says_everything_it_says() {
    let line = r#" { "v" : 1, "id":"o-\u00e9\n\ud83d\ude00x" , "kind":"review","at":1794351600000001,"merchant":"m","product":"p/1",
        "lot":"L","order":"O","quantity":0,"amount_minor":-5,"attributes":{"rating":5,"reason":"r","place":"上海","device":123,
        "buyer":"b","buyer_age_days":7,"text":"Very GOOD!","weight_grams":9,"list_price_minor":1,"verified":false}} "#
        .replace('\n', " ").replace("\\n", "");
    let mut count = 0;
    parse_lines(line.as_bytes(), &Limits::default(), NOW_US, |_, result| {
        let signal = result.expect("a good line");
        count += 1;
        let text_hash = Some(crate::fingerprint::text_hash("very good"));
        assert_eq!(signal.id, "o-é😀x");
        assert_eq!((signal.kind, signal.at_us), (Kind::Review, 1_794_351_600_000_001));
        assert_eq!((signal.lot, signal.order, signal.quantity, signal.amount_minor), (Some("L"), Some("O"), 0, -5));
        let expected = Attributes {
            rating: Some(5),
            reason: Some("r"),
            place: Some("上海"),
            device: Some("123"),
            buyer: Some("b"),
            buyer_age_days: Some(7),
            text_hash,
            weight_grams: Some(9),
            list_price_minor: Some(1),
            verified: Some(false),
        };
        assert_eq!(signal.attributes, expected);
    });
    assert_eq!(count, 1);
}

#[test]
fn every_wrong_value_is_refused_with_its_field_and_code() {
    let table = [
        ("quantity", "-1", Code::OutOfRange),
        ("quantity", "1000000001", Code::OutOfRange),
        ("quantity", "99999999999999999999999999", Code::OutOfRange),
        ("quantity", "1.5", Code::NotWhole),
        ("quantity", "1e3", Code::NotWhole),
        ("quantity", "NaN", Code::NotANumber),
        ("amount_minor", "-Infinity", Code::NotANumber),
        ("amount_minor", "9223372036854775808", Code::OutOfRange),
        ("quantity", "\"1\"", Code::WrongType),
        ("quantity", "[[[[[[[[1]]]]]]]]", Code::WrongType),
        ("lot", "\"\"", Code::Empty),
        ("lot", "5", Code::WrongType),
        ("order", "\"a\\u0000\"", Code::Character),
        ("order", "\"\\ud800\"", Code::Character),
        ("v", "2", Code::UnknownVersion),
        ("attributes.rating", "0", Code::OutOfRange),
        ("attributes.rating", "6", Code::OutOfRange),
        ("attributes.buyer_age_days", "-3", Code::OutOfRange),
        ("attributes.verified", "1", Code::WrongType),
        ("attributes.buyer", "{\"deep\":{\"deeper\":[{}]}}", Code::WrongType),
        ("attributes.text_hash", "\"xyz\"", Code::WrongType),
    ];
    for (field, value, code) in table {
        assert_eq!(refusal(&with(field, value)), (code, Some(field.to_owned())), "{field}: {value}");
    }
    for (at, code) in [
        ("\"2026-11-10T23:00:00\"", Code::TimeZone),
        ("\"1970-01-01T00:00:00Z\"", Code::TooEarly),
        ("\"2099-01-01T00:00:00Z\"", Code::TooFarAhead),
        ("\"yesterday\"", Code::Time),
        ("1794351600", Code::TooEarly),
        ("1e15", Code::Time),
        ("true", Code::Time),
    ] {
        let line = GOOD.replace("\"2026-11-10T23:00:00Z\"", at);
        assert_eq!(refusal(&line), (code, Some("at".to_owned())), "{at}");
    }
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    for (line, named) in [
        (with("quantty", "1"), "quantity"),
        (with("attributes.ratting", "1"), "rating"),
        (GOOD.replace("order", "ordre"), "order"),
    ] {
        parse_lines(line.as_bytes(), &Limits::default(), NOW_US, |_, result| {
            let error = result.expect_err("refused");
            assert!(matches!(error.code, Code::UnknownField | Code::UnknownKind));
            assert!(error.detail.en.contains(named) && error.detail.zh.contains(named), "{}", error.detail.en);
        });
    }
}

#[test]
fn broken_lines_are_refused_each_alone() {
    let table: Vec<(Vec<u8>, Code)> = vec![
        (GOOD[..GOOD.len() - 9].into(), Code::CutOff),
        (GOOD[..GOOD.len() - 1].into(), Code::CutOff),
        (b"{".to_vec(), Code::CutOff),
        (b"[1,2]".to_vec(), Code::NotObject),
        (b"hello".to_vec(), Code::Syntax),
        (b"\xff\xfe".to_vec(), Code::NotUtf8),
        (format!("{GOOD}{GOOD}").into(), Code::Syntax),
        (GOOD.replace("\"product\":\"p\"", "\"id\":\"b\"").into(), Code::DuplicateField),
        (GOOD.replace(",\"product\":\"p\"", "").into(), Code::MissingField),
        (b"{}".to_vec(), Code::MissingField),
        (GOOD.replace("\"m\"", "\"m/n\"").into(), Code::Character),
        (GOOD.replace("\"m\"", &format!("\"{}\"", "m".repeat(65))).into(), Code::TextTooLong),
        (with("lot", &format!("\"{}\"", "x".repeat(40_000))).into(), Code::LineTooLong),
        (with("attributes.text", "\"x\",\"text_hash\":5").into(), Code::NotTogether),
        (with("attributes", &"[".repeat(20_000)).into(), Code::WrongType),
        (GOOD.replace('"', "'").into(), Code::Syntax),
        (with("lot", "\"a\tb\"").into(), Code::Syntax),
        (with("quantity", "01").into(), Code::Syntax),
    ];
    let mut text = Vec::new();
    for (line, _) in &table {
        text.extend_from_slice(line);
        text.extend_from_slice(b"\r\n\n");
        text.extend_from_slice(GOOD.as_bytes());
        text.push(b'\n');
    }
    let told = read(&text);
    assert_eq!(told.len(), table.len() * 2);
    for (place, (line, code)) in table.iter().enumerate() {
        let (number, refused) = &told[place * 2];
        assert_eq!(*number, place as u64 * 3 + 1);
        assert_eq!(refused.as_ref().map_err(|(code, _)| *code), Err(*code), "{}", String::from_utf8_lossy(line));
        assert!(told[place * 2 + 1].1.is_ok(), "the line after {} is read", String::from_utf8_lossy(line));
    }
}

fn text(longest: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just('"'),
            Just('\\'),
            Just('汉'),
            Just('😀'),
            prop::char::range('a', 'z'),
            prop::char::range(' ', '~')
        ],
        1..longest,
    )
    .prop_map(|letters| letters.into_iter().collect())
}

type Parts = ((String, usize, i64, String, String), (Option<String>, Option<String>, i64, i64), AttributeParts);
type AttributeParts = (Option<u8>, Option<String>, Option<String>, Option<u32>, Option<u64>, Option<i64>, Option<bool>);

fn parts() -> impl Strategy<Value = Parts> {
    let merchant = text(16).prop_map(|text| text.replace('/', "-"));
    (
        (text(16), 0usize..9, 946_684_800_000_000..NOW_US, merchant, text(30)),
        (
            prop::option::of(text(20)),
            prop::option::of(text(16)),
            0i64..=1_000_000_000,
            -1_000_000_000_000i64..1_000_000_000_000,
        ),
        (
            prop::option::of(1u8..=5),
            prop::option::of(text(8)),
            prop::option::of(text(16)),
            prop::option::of(any::<u32>()),
            prop::option::of(any::<u64>()),
            prop::option::of(0i64..1_000_000_000_000_000),
            prop::option::of(any::<bool>()),
        ),
    )
}

fn signal(parts: &Parts) -> Signal<'_> {
    let ((id, kind, at_us, merchant, product), (lot, order, quantity, amount), attributes) = parts;
    let (rating, reason, buyer, age, hash, price, verified) = attributes;
    Signal {
        lot: lot.as_deref(),
        order: order.as_deref(),
        quantity: *quantity,
        amount_minor: *amount,
        attributes: Attributes {
            rating: *rating,
            reason: reason.as_deref(),
            place: buyer.as_deref(),
            device: reason.as_deref(),
            buyer: buyer.as_deref(),
            buyer_age_days: *age,
            text_hash: *hash,
            weight_grams: *age,
            list_price_minor: *price,
            verified: *verified,
        },
        ..Signal::new(id, Kind::ALL[*kind], *at_us, merchant, product)
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(all in prop::collection::vec(parts(), 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = Vec::new();
        all.iter().for_each(|parts| write_line(&signal(parts), &mut bytes));
        let mut count = 0;
        parse_lines(&bytes, &Limits::default(), NOW_US, |line, result| {
            assert_eq!(result.as_ref(), Ok(&signal(&all[line as usize - 1])));
            count += 1;
        });
        prop_assert_eq!(count, all.len());
        // The same in two pieces.
        let (one, two) = bytes.split_at(cut.index(bytes.len()));
        let mut parser = Parser::new(Limits::default(), NOW_US);
        let mut again = 0;
        let mut each = |line: u64, result: Result<Signal<'_>, LineError>| {
            assert_eq!(result.as_ref(), Ok(&signal(&all[line as usize - 1])));
            again += 1;
        };
        parser.feed(one, &mut each);
        parser.feed(two, &mut each);
        parser.finish(&mut each);
        prop_assert_eq!(again, all.len());
    }

    #[test]
    fn blocks_hold_what_was_put_in(all in prop::collection::vec(parts(), 0..40), received: i64) {
        use crate::block::{Content, Writer, read};
        let mut writer = Writer::new();
        all.iter().for_each(|parts| writer.push(&signal(parts)));
        let bytes = writer.finish(received);
        let block = read(&bytes).expect("a block");
        prop_assert_eq!(block.received_us, received);
        let Content::Signals(signals) = block.content else { panic!("signals") };
        let again: Vec<_> = signals.iter().collect::<Result<_, _>>().expect("signals");
        prop_assert_eq!(again, all.iter().map(signal).collect::<Vec<_>>());
        for end in 0..bytes.len() {
            let cut = read(&bytes[..end]);
            let fails = match cut.map(|block| block.content) {
                Ok(Content::Signals(signals)) => signals.iter().any(|signal| signal.is_err()),
                Ok(Content::CloseThrough(_)) => false,
                Err(_) => true,
            };
            prop_assert!(fails, "cut at {end} of {}", bytes.len());
        }
    }

    #[test]
    fn changed_blocks_are_read_or_refused_without_harm(
        all in prop::collection::vec(parts(), 1..6), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
    ) {
        use crate::block::{Content, Writer, read};
        let mut writer = Writer::new();
        all.iter().for_each(|parts| writer.push(&signal(parts)));
        let mut bytes = writer.finish(0);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(Content::Signals(signals)) = read(&bytes).map(|block| block.content) {
            for read in signals.iter().flatten() {
                prop_assert!(read.id.len() <= 64 && read.product.len() <= 128 && read.quantity >= 0);
            }
        }
    }

    #[test]
    fn changed_lines_are_read_or_refused_without_harm(
        parts in parts(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let mut bytes = Vec::new();
        write_line(&signal(&parts), &mut bytes);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        parse_lines(&bytes, &Limits::default(), NOW_US, |_, result| {
            if let Ok(read) = result {
                assert!(check(&read, &Limits::default(), NOW_US).is_ok());
            }
        });
    }
}

#[test]
fn a_body_without_an_end_of_line_is_held_only_up_to_the_limit() {
    let mut parser = Parser::new(Limits::default(), NOW_US);
    let mut told = Vec::new();
    for _ in 0..200 {
        parser.feed(&[b'x'; 64 * 1024], &mut |line, result| told.push((line, result.is_ok())));
    }
    assert!(parser.unfinished.capacity() <= 64 * 1024);
    parser.feed(b"\n", &mut |line, result| told.push((line, result.is_ok())));
    parser.feed(GOOD.as_bytes(), &mut |line, result| told.push((line, result.is_ok())));
    parser.finish(&mut |line, result| told.push((line, result.is_ok())));
    assert_eq!(told, [(1, false), (2, true)]);
}
