//! Signals that arrive as Arrow.

use super::{DAY, MIDNIGHT_US};
use crate::ipc::{Limits, Reader, Refused, write};
use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::arrow::ipc::CompressionType;
use datafusion::arrow::ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use proptest::prelude::*;
use std::sync::Arc;
use stream::{Attributes, Kind, Signal};

const NOW_US: i64 = MIDNIGHT_US + 86_400_000_000;

/// Signals and errors of a body read in pieces: `(id, quantity, rating, text hash)` or the code and field of the error.
type Told = Result<(String, i64, Option<u8>, Option<u64>), (String, Option<String>)>;

fn read_pieces(bytes: &[u8], piece: usize, limits: Limits) -> (Vec<Told>, Result<u64, Refused>) {
    let mut told = Vec::new();
    let mut reader = Reader::new(limits, NOW_US);
    for part in bytes.chunks(piece.max(1)) {
        let pushed = reader.push(part, &mut |_, signal| {
            told.push(match signal {
                Ok(signal) => {
                    Ok((signal.id.to_owned(), signal.quantity, signal.attributes.rating, signal.attributes.text_hash))
                }
                Err(error) => Err((error.code.as_str().to_owned(), error.field)),
            });
        });
        if let Err(refused) = pushed {
            return (told, Err(refused));
        }
    }
    (told, reader.finish())
}

fn read(bytes: &[u8]) -> (Vec<Told>, Result<u64, Refused>) {
    read_pieces(bytes, usize::MAX, Limits::default())
}

fn column(name: &str, array: ArrayRef) -> (Field, ArrayRef) {
    (Field::new(name, array.data_type().clone(), true), array)
}

fn needed() -> Vec<(Field, ArrayRef)> {
    let at = TimestampMillisecondArray::from(vec![MIDNIGHT_US / 1000, MIDNIGHT_US / 1000]).with_timezone("+08:00");
    vec![
        column("id", Arc::new(StringArray::from(vec!["a", "b"]))),
        column("kind", Arc::new(StringArray::from(vec!["order", "review"]))),
        column("at", Arc::new(at)),
        column("merchant", Arc::new(LargeStringArray::from(vec!["m1", "m1"]))),
        column("product", Arc::new(StringViewArray::from(vec!["sku-1", "a product with a long number"]))),
    ]
}

fn batch(columns: Vec<(Field, ArrayRef)>) -> RecordBatch {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn stream_of(batch: &RecordBatch, compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

fn with(more: Vec<(Field, ArrayRef)>) -> Vec<u8> {
    let mut columns = needed();
    columns.extend(more);
    stream_of(&batch(columns), None)
}

#[test]
fn what_is_written_is_read_in_any_pieces_as_a_stream_or_a_file() {
    let attributes =
        Attributes { rating: Some(4), text_hash: Some(u64::MAX), verified: Some(true), ..Attributes::default() };
    let ids: Vec<String> = (0..20_000).map(|n| format!("id-{n}")).collect();
    let signals = ids.iter().map(|id| Signal {
        quantity: 3,
        attributes,
        ..Signal::new(id, Kind::Review, MIDNIGHT_US, "m1", "sku-1")
    });
    let bytes = write(signals).unwrap();
    for piece in [1_000, 65_536, usize::MAX] {
        let (told, rows) = read_pieces(&bytes, piece, Limits::default());
        assert_eq!(rows, Ok(20_000));
        assert_eq!(told[19_999], Ok(("id-19999".into(), 3, Some(4), Some(u64::MAX))));
    }
    let batch = batch(needed());
    let mut file = FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    file.write(&batch).unwrap();
    let (told, rows) = read_pieces(&file.into_inner().unwrap(), 7, Limits::default());
    assert_eq!((told.len(), rows), (2, Ok(2)));
}

#[test]
fn every_text_type_compression_and_attribute_struct_is_read() {
    let rating: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None]));
    let text: ArrayRef = Arc::new(StringArray::from(vec![None, Some("很好 很好")]));
    let fields = vec![Field::new("rating", DataType::Int64, true), Field::new("text", DataType::Utf8, true)];
    let inside = StructArray::new(fields.into(), vec![rating, text], None);
    let keys = Int32Array::from(vec![Some(1), None]);
    let words: ArrayRef = Arc::new(StringArray::from(vec!["unused", "lot-9"]));
    let lots = DictionaryArray::<Int32Type>::try_new(keys, words).unwrap();
    let mut columns = needed();
    columns.push(column("lot", Arc::new(lots)));
    columns.push(column("attributes", Arc::new(inside)));
    columns.push(column("order", Arc::new(NullArray::new(2))));
    columns.push(column("quantity", Arc::new(Int32Array::from(vec![Some(7), None]))));
    let batch = batch(columns);
    for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
        let (told, rows) = read(&stream_of(&batch, compression));
        assert_eq!(rows, Ok(2), "{compression:?}");
        assert_eq!(told[0], Ok(("a".into(), 7, Some(5), None)));
        assert_eq!(told[1], Ok(("b".into(), 1, None, Some(stream::fingerprint::text_hash("很好，很好")))));
    }
}

#[test]
fn a_schema_error_names_the_column_and_what_it_must_be() {
    let refused = |more| read(&with(more)).1.unwrap_err().to_string();
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    assert_eq!(refused(vec![column("quantiy", texts.clone())]), "no column `quantiy` is known; is it `quantity`?");
    assert_eq!(refused(vec![column("quantity", texts.clone())]), "column `quantity` must be integer, not Utf8");
    assert_eq!(refused(vec![column("id", texts.clone())]), "column `id` stands twice");
    let without: Vec<_> = needed().into_iter().filter(|(field, _)| field.name() != "merchant").collect();
    let refused = read(&stream_of(&batch(without), None)).1.unwrap_err().to_string();
    assert_eq!(refused, "column `merchant` (utf8) is missing");
    let mut zoneless = needed();
    zoneless[2] = column("at", Arc::new(TimestampNanosecondArray::from(vec![1, 2])));
    let refused = read(&stream_of(&batch(zoneless), None)).1.unwrap_err();
    assert!(refused.to_string().starts_with("column `at` must be timestamp with time zone"), "{refused}");
}

#[test]
fn a_bad_value_refuses_its_row_alone() {
    let far = (NOW_US + 400 * 86_400_000_000) / 1000;
    let mut columns = needed();
    columns[0] = column("id", Arc::new(StringArray::from(vec![Some("a"), None])));
    let (told, rows) = read(&stream_of(&batch(columns), None));
    assert_eq!((rows, &told[1]), (Ok(2), &Err(("missing_field".into(), Some("id".into())))));
    let mut columns = needed();
    let at = TimestampMillisecondArray::from(vec![far, i64::MAX]).with_timezone("UTC");
    columns[2] = column("at", Arc::new(at));
    let (told, _) = read(&stream_of(&batch(columns), None));
    assert_eq!(told[0], Err(("too_far_ahead".into(), Some("at".into()))));
    assert_eq!(told[1], Err(("out_of_range".into(), Some("at".into()))));
    let (told, _) = read(&with(vec![column("quantity", Arc::new(UInt64Array::from(vec![u64::MAX, 5])))]));
    assert_eq!(told[0], Err(("out_of_range".into(), Some("quantity".into()))));
    assert_eq!(told[1], Ok(("b".into(), 5, None, None)));
    let (told, _) = read(&with(vec![column("rating", Arc::new(Int64Array::from(vec![6, -1])))]));
    assert!(told.iter().all(|row| matches!(row, Err((code, _)) if code == "out_of_range")), "{told:?}");
}

#[test]
fn limits_hold_and_a_body_that_ends_early_says_so() {
    let bytes = write((0..100).map(|_| Signal::new("x", Kind::View, MIDNIGHT_US, "m", "p"))).unwrap();
    let limits = Limits { rows_max: 99, ..Limits::default() };
    assert_eq!(read_pieces(&bytes, 1 << 20, limits).1, Err(Refused::TooManyRows(99)));
    let limits = Limits { bytes_max: 100, ..Limits::default() };
    assert_eq!(read_pieces(&bytes, 1 << 20, limits).1, Err(Refused::TooManyBytes(100)));
    let limits = Limits { message_bytes_max: 64, ..Limits::default() };
    assert_eq!(read_pieces(&bytes, 1 << 20, limits).1, Err(Refused::MessageTooLarge(64)));
    assert_eq!(read(&bytes[..bytes.len() - 200]).1, Err(Refused::CutOff));
    for nothing in [&b""[..], b"{\"id\":\"x\"}\n{\"id\":\"y\"}\n", b"PK\x03\x04 a zip file, not this", &[0xFF; 64]] {
        assert_eq!(read(nothing).1, Err(Refused::NotArrow), "{nothing:?}");
    }
    assert_eq!(DAY, 20_781);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn bytes_changed_anywhere_never_panic(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
        compressed in any::<bool>(),
    ) {
        let keys = Int32Array::from(vec![Some(0), Some(1)]);
        let words: ArrayRef = Arc::new(StringArray::from(vec!["l1", "l2"]));
        let mut columns = needed();
        columns.push(column("lot", Arc::new(DictionaryArray::<Int32Type>::try_new(keys, words).unwrap())));
        let mut bytes = stream_of(&batch(columns), compressed.then_some(CompressionType::ZSTD));
        for (place, byte) in &changes {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        let limits = Limits { message_bytes_max: 1 << 20, ..Limits::default() };
        let (told, _) = read_pieces(&bytes, 100, limits.clone());
        prop_assert!(told.len() <= 10_000);
        let end = cut.index(bytes.len());
        let _ = read_pieces(&bytes[..end], 33, limits);
    }
}
