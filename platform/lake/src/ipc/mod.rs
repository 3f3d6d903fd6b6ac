//! Signals that arrive as Arrow IPC, a stream or a file, in pieces as they come.
//!
//! Columns are found by name: those of a line of JSON, the attributes beside the others or inside a struct `attributes`.
//! Texts may be `utf8`, `large_utf8`, `utf8_view` or dictionaries of these; `at` is a timestamp of any unit with a zone;
//! numbers are integers of any width. A column of another name or type refuses the whole body before any row is read; a
//! wrong value refuses its row alone.
//!
//! No length in the bytes is believed: each message is checked against what really came before anything is reserved for it
//! (`frame`). The decoder validates offsets and UTF-8; should it still panic on crafted bytes, that is a refusal of the body.

mod columns;
mod frame;
mod row;
mod write;

pub use write::write;

use columns::Columns;
use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::convert::fb_to_schema;
use datafusion::arrow::ipc::reader::{read_dictionary, read_record_batch};
use datafusion::arrow::ipc::{MessageHeader, MetadataVersion};
use frame::{Frame, Frames, check_batch, message};
pub(crate) use row::Row;
use row::{Checker, beyond};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use stream::{LineError, Signal};

/// Most dictionaries of one body.
const DICTIONARIES_MAX: usize = 64;
/// Most columns of a schema.
const COLUMNS_MAX: usize = 64;

/// What a body may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of a body.
    pub rows_max: u64,
    /// Size of a body, bytes.
    pub bytes_max: u64,
    /// Size of one message, and of what it decompresses to, bytes.
    pub message_bytes_max: usize,
    /// What a signal may be.
    pub signal: stream::Limits,
}

impl Default for Limits {
    /// 10 million rows, 1 GiB, 64 MiB a message.
    fn default() -> Self {
        Limits {
            rows_max: 10_000_000,
            bytes_max: 1 << 30,
            message_bytes_max: 64 << 20,
            signal: stream::Limits::default(),
        }
    }
}

/// Why a whole body is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The bytes are no Arrow IPC.
    #[error("these bytes are no Arrow IPC stream or file")]
    NotArrow,
    /// The body ends in the middle of a message.
    #[error("the body ends in the middle of a message")]
    CutOff,
    /// A message that contradicts itself.
    #[error("a damaged message: {0}")]
    Damaged(String),
    /// Larger than allowed; the limit in bytes.
    #[error("the body is larger than {0} bytes")]
    TooManyBytes(u64),
    /// A message larger than allowed; the limit in bytes. Smaller batches would do.
    #[error("a batch is larger than {0} bytes; send smaller batches")]
    MessageTooLarge(usize),
    /// More rows than allowed; the limit.
    #[error("more than {0} rows")]
    TooManyRows(u64),
    /// A column nobody knows; the nearest that is known.
    #[error("no column `{column}` is known{}", .nearest.as_ref().map(|name| format!("; is it `{name}`?")).unwrap_or_default())]
    UnknownColumn {
        /// As the schema names it.
        column: String,
        /// The nearest known name.
        nearest: Option<String>,
    },
    /// A column that must be there is not.
    #[error("column `{column}` ({expected}) is missing")]
    MissingColumn {
        /// Its name.
        column: String,
        /// What it must hold.
        expected: &'static str,
    },
    /// A column of another type.
    #[error("column `{column}` must be {expected}, not {found}")]
    WrongType {
        /// Its name.
        column: String,
        /// What it must hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// Two columns of one name.
    #[error("column `{0}` stands twice")]
    RepeatedColumn(String),
}

impl Refused {
    pub(crate) fn damaged(why: &str) -> Refused {
        Refused::Damaged(why.to_owned())
    }
}

/// What is told of each row, counted from 1: the signal, or why there is none.
pub type Each<'e> = dyn for<'s> FnMut(u64, Result<Signal<'s>, LineError>) + 'e;

/// Reads a body as it arrives.
pub struct Reader {
    limits: Limits,
    now_us: i64,
    frames: Frames,
    schema: Option<(SchemaRef, Columns)>,
    dictionaries: HashMap<i64, ArrayRef>,
    rows: u64,
}

impl Reader {
    /// A reader of one body received at `now_us` (UTC microseconds).
    pub fn new(limits: Limits, now_us: i64) -> Reader {
        Reader { limits, now_us, frames: Frames::default(), schema: None, dictionaries: HashMap::new(), rows: 0 }
    }

    /// Rows read.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes bytes in and tells of every row that is whole by now.
    ///
    /// # Errors
    /// [`Refused`]: the rest of the body cannot be read. Rows told before stand.
    pub fn push(&mut self, bytes: &[u8], each: &mut Each<'_>) -> Result<(), Refused> {
        self.frames.push(bytes, &self.limits)?;
        while let Some(frame) = self.frames.next(&self.limits)? {
            if let Some(batch) = self.decode(&frame)? {
                self.tell(&batch, each)?;
            }
        }
        Ok(())
    }

    /// Ends the body; answers its number of rows.
    ///
    /// # Errors
    /// [`Refused::CutOff`] when it ends in the middle; [`Refused::NotArrow`] when nothing was in it.
    pub fn finish(self) -> Result<u64, Refused> {
        if self.frames.is_cut() {
            return Err(if self.schema.is_some() { Refused::CutOff } else { Refused::NotArrow });
        }
        if self.schema.is_none() || self.frames.is_empty() {
            return Err(Refused::NotArrow);
        }
        Ok(self.rows)
    }

    fn decode(&mut self, frame: &Frame) -> Result<Option<RecordBatch>, Refused> {
        let message = message(&frame.metadata)?;
        match message.header_type() {
            MessageHeader::Schema => {
                if self.schema.is_some() {
                    return Err(Refused::damaged("a second schema"));
                }
                let schema = message.header_as_schema().ok_or(Refused::NotArrow)?;
                let count = schema.fields().map_or(0, |fields| fields.len());
                if count > COLUMNS_MAX {
                    return Err(Refused::damaged("too many columns"));
                }
                let schema = Arc::new(calmly(|| Ok(fb_to_schema(schema)))?);
                let columns = Columns::find(&schema)?;
                self.schema = Some((schema, columns));
                Ok(None)
            }
            MessageHeader::DictionaryBatch => {
                let batch = message.header_as_dictionary_batch().ok_or(Refused::NotArrow)?;
                let values = batch.data().ok_or_else(|| Refused::damaged("a dictionary without values"))?;
                check_batch(&values, &frame.body, &self.limits, self.limits.rows_max)?;
                let (schema, _) = self.schema.as_ref().ok_or(Refused::NotArrow)?;
                if self.dictionaries.len() >= DICTIONARIES_MAX {
                    return Err(Refused::damaged("too many dictionaries"));
                }
                self.check_dictionary_growth(batch.id(), batch.isDelta(), values.length())?;
                let (schema, dictionaries, version) = (schema.clone(), &mut self.dictionaries, message.version());
                calmly(|| read_dictionary(&frame.body, batch, &schema, dictionaries, &version).map_err(damaged))?;
                Ok(None)
            }
            _ => {
                let batch = message.header_as_record_batch().ok_or(Refused::NotArrow)?;
                check_batch(&batch, &frame.body, &self.limits, self.limits.rows_max - self.rows)?;
                let (schema, _) = self.schema.as_ref().ok_or(Refused::NotArrow)?;
                let (schema, dictionaries) = (schema.clone(), &self.dictionaries);
                let version: MetadataVersion = message.version();
                let read =
                    || read_record_batch(&frame.body, batch, schema, dictionaries, None, &version).map_err(damaged);
                calmly(read).map(Some)
            }
        }
    }

    /// A dictionary that grows message by message ends at the limit of rows.
    fn check_dictionary_growth(&self, id: i64, delta: bool, more: i64) -> Result<(), Refused> {
        let held = if delta { self.dictionaries.get(&id).map_or(0, |values| values.len()) } else { 0 };
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        if (held as u64).saturating_add(more) > self.limits.rows_max {
            return Err(Refused::TooManyRows(self.limits.rows_max));
        }
        Ok(())
    }

    fn tell(&mut self, batch: &RecordBatch, each: &mut Each<'_>) -> Result<(), Refused> {
        let Some((_, columns)) = &self.schema else { return Err(Refused::NotArrow) };
        let batch_rows = batch.num_rows();
        let read = calmly(|| columns.of(batch))?;
        let checker = Checker { limits: &self.limits.signal, now_us: self.now_us };
        for index in 0..batch_rows {
            self.rows += 1;
            match read.row(index) {
                Ok(row) => each(self.rows, checker.signal(self.rows, &row)),
                Err(field) => each(self.rows, Err(beyond(self.rows, field))),
            }
        }
        Ok(())
    }
}

fn damaged(error: datafusion::arrow::error::ArrowError) -> Refused {
    Refused::Damaged(error.to_string())
}

/// A step of decoding; a panic in it is a refusal.
fn calmly<T>(step: impl FnOnce() -> Result<T, Refused>) -> Result<T, Refused> {
    catch_unwind(AssertUnwindSafe(step))
        .unwrap_or_else(|_| Err(Refused::damaged("the columns contradict their lengths")))
}
