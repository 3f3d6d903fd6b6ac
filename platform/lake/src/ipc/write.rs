//! Signals as an Arrow IPC stream: what clients send and tests feed.

use crate::error::Error;
use crate::signal_rows::{BATCH_ROWS, Rows, UTC, schema};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::ipc::writer::StreamWriter;
use stream::Signal;

/// Columns of the history that a sender does not know.
const OURS: [&str; 2] = ["day", "sequence"];

/// These signals as one stream, in batches of 8,192 rows.
///
/// # Errors
/// [`Error::Format`], never in practice: the columns are ours.
pub fn write<'a>(signals: impl IntoIterator<Item = Signal<'a>>) -> Result<Vec<u8>, Error> {
    let full = schema(UTC);
    let kept: Vec<usize> =
        (0..full.fields().len()).filter(|index| !OURS.contains(&full.field(*index).name().as_str())).collect();
    let mut rows = Rows::new(full.clone());
    let mut writer = StreamWriter::try_new(Vec::new(), &full.project(&kept)?)?;
    let mut flush = |rows: &mut Rows| -> Result<(), Error> {
        let batch: RecordBatch = rows.take()?.project(&kept)?;
        Ok(writer.write(&batch)?)
    };
    for signal in signals {
        rows.add(0, 0, &signal);
        if rows.len() == BATCH_ROWS {
            flush(&mut rows)?;
        }
    }
    if rows.len() > 0 {
        flush(&mut rows)?;
    }
    Ok(writer.into_inner()?)
}
