//! How Parquet files of the lake are written and read.

use crate::disk::{Disk, Draft, Finished, named};
use crate::error::Error;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use datafusion::parquet::schema::types::ColumnPath;
use std::fs::File;
use std::path::Path;

/// Most rows of a row group: what one thread reads at a time, and what a filter can leave out.
pub(crate) const GROUP_ROWS: usize = 262_144;

/// Columns whose values hardly repeat: a dictionary of them only costs time.
const WITHOUT_DICTIONARY: [&str; 3] = ["id", "order_id", "text_hash"];

fn properties() -> Result<WriterProperties, Error> {
    let column = |name: &str| ColumnPath::from(name);
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by("touchstone".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_dictionary_enabled(column("at"), false)
        .set_column_encoding(column("at"), Encoding::DELTA_BINARY_PACKED);
    for name in WITHOUT_DICTIONARY {
        builder = builder.set_column_dictionary_enabled(column(name), false);
    }
    Ok(builder.build())
}

/// A Parquet file being written.
pub(crate) struct Writer {
    inner: ArrowWriter<Draft>,
    rows: u64,
}

impl Writer {
    pub(crate) fn new(disk: &Disk, target: &Path, schema: SchemaRef) -> Result<Writer, Error> {
        let inner = ArrowWriter::try_new(disk.draft(target)?, schema, Some(properties()?))?;
        Ok(Writer { inner, rows: 0 })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        Ok(self.inner.write(batch)?)
    }

    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The whole file, on the disk under its temporary name.
    pub(crate) fn finish(self) -> Result<Finished, Error> {
        let draft = self.inner.into_inner()?;
        Ok(draft.finish()?)
    }
}

/// Reads a file batch by batch.
pub(crate) fn read(path: &Path, batch_rows: usize) -> Result<ParquetRecordBatchReader, Error> {
    let file = File::open(path).map_err(|error| named(path, &error))?;
    let damaged = |error: datafusion::parquet::errors::ParquetError| Error::Damaged {
        file: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        why: error.to_string(),
    };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
    builder.with_batch_size(batch_rows).build().map_err(damaged)
}
