//! Signals that are acknowledged and not compacted yet, as a part of the table `signals`.

use crate::signal_rows::{BATCH_ROWS, Rows, schema};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use std::io;
use std::sync::Arc;
use stream::Signal;

/// What the error of a tail that moved away says.
pub(crate) const MOVED: &str = "history moved while it was read";

/// Batches waiting for the question that reads them.
const WAITING_BATCHES: usize = 2;

/// The blocks of the log that are not in the lake yet.
pub trait Tail: Send + Sync {
    /// The oldest block that is kept.
    fn first_sequence(&self) -> u64;

    /// Reads every signal of the blocks from `from` on, in their order, with its block and its civil day, until the end or
    /// until `each` answers `false`. Called on a thread that may wait.
    ///
    /// # Errors
    /// When the log cannot be read.
    fn read(&self, from: u64, each: &mut dyn FnMut(u64, i32, &Signal<'_>) -> bool) -> io::Result<()>;
}

/// The tail from a block on, as the engine wants it.
pub(crate) struct TailPart {
    tail: Arc<dyn Tail>,
    from: u64,
    schema: SchemaRef,
    zone: String,
}

impl std::fmt::Debug for TailPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TailPart").field("from", &self.from).finish_non_exhaustive()
    }
}

impl TailPart {
    pub(crate) fn new(tail: Arc<dyn Tail>, from: u64, schema: SchemaRef, zone: &str) -> TailPart {
        TailPart { tail, from, schema, zone: zone.to_owned() }
    }
}

impl PartitionStream for TailPart {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), WAITING_BATCHES);
        let send = builder.tx();
        let (tail, from) = (Arc::clone(&self.tail), self.from);
        let (shown, gathered) = (Arc::clone(&self.schema), schema(&self.zone));
        builder.spawn_blocking(move || {
            let mut rows = Rows::new(gathered);
            let mut failed = None;
            let read = tail.read(from, &mut |sequence, day, signal| {
                rows.add(sequence, day, signal);
                if rows.len() < BATCH_ROWS {
                    return true;
                }
                match as_shown(&mut rows, &shown) {
                    // Nobody reads any more: the question ended.
                    Ok(batch) => send.blocking_send(Ok(batch)).is_ok(),
                    Err(error) => {
                        failed = Some(error);
                        false
                    }
                }
            });
            if let Some(error) = failed {
                return Err(error);
            }
            read.map_err(DataFusionError::IoError)?;
            if rows.len() > 0 {
                let _ = send.blocking_send(Ok(as_shown(&mut rows, &shown)?));
            }
            if tail.first_sequence() > from {
                return Err(DataFusionError::Execution(MOVED.into()));
            }
            Ok(())
        });
        builder.build()
    }
}

fn as_shown(rows: &mut Rows, shown: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let batch = rows.take().map_err(|error| DataFusionError::Execution(error.to_string()))?;
    let columns = batch.columns().iter().zip(shown.fields()).map(|(column, field)| cast(column, field.data_type()));
    Ok(RecordBatch::try_new(Arc::clone(shown), columns.collect::<Result<_, _>>()?)?)
}
