//! The tables a question may name: `signals` and `days` of the lake, and what its caller hands in.

use super::tail::{Tail, TailPart};
use crate::answer::{Cell, Column, Type};
use crate::error::Error;
use crate::layout::StoredFile;
use crate::{Lake, day_rows, signal_rows};
use async_trait::async_trait;
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DataFusionError, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::streaming::StreamingTableExec;
use datafusion::physical_plan::union::UnionExec;
use std::sync::Arc;

/// A table and its columns, for whoever writes a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// A table handed in with a question.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraTable {
    /// Its name, small letters.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, a cell for each column. A cell of another type than its column's is null.
    pub rows: Vec<Vec<Cell>>,
}

/// What a question may name besides the lake's own tables.
#[derive(Clone, Default)]
pub struct Extra {
    /// Tables.
    pub tables: Vec<ExtraTable>,
    /// What is acknowledged and not compacted yet.
    pub tail: Option<Arc<dyn Tail>>,
}

impl std::fmt::Debug for Extra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.tables.iter().map(|table| table.name.as_str()).collect();
        f.debug_struct("Extra").field("tables", &names).field("tail", &self.tail.is_some()).finish()
    }
}

impl Extra {
    /// With what is not compacted yet.
    #[must_use]
    pub fn with_tail(mut self, tail: Arc<dyn Tail>) -> Self {
        self.tail = Some(tail);
        self
    }

    /// With a table.
    #[must_use]
    pub fn table(mut self, name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Self {
        self.tables.push(ExtraTable { name: name.to_owned(), columns, rows });
        self
    }
}

impl Lake {
    /// The lake's own tables.
    pub fn tables(&self) -> Vec<Described> {
        let zone = self.zone_name();
        [("signals", shown(&signal_rows::schema(&zone))), ("days", shown(&day_rows::schema()))]
            .map(|(name, schema)| Described {
                name: name.to_owned(),
                columns: schema.fields().iter().map(|field| Column::of(field)).collect(),
            })
            .into()
    }

    pub(crate) fn zone_name(&self) -> String {
        self.zone().iana_name().unwrap_or("UTC").to_owned()
    }

    /// `signals` as of now.
    pub(crate) fn signals_table(&self, tail: Option<&Arc<dyn Tail>>) -> Result<FilesTable, Error> {
        let zone = self.zone_name();
        let schema = shown(&signal_rows::schema(&zone));
        let next = self.next_sequence()?;
        let files = self.0.layout.signal_files(next)?;
        let files = files.into_iter().filter(|(_, counts)| *counts).map(|(file, _)| file).collect();
        // Blocks are counted from 1; a lake without any says 0.
        let from = next.max(1);
        let tail = tail.map(|tail| Arc::new(TailPart::new(Arc::clone(tail), from, Arc::clone(&schema), &zone)));
        Ok(FilesTable { schema, partition: "day", files, tail })
    }

    /// `days` as of now.
    pub(crate) fn days_table(&self) -> Result<FilesTable, Error> {
        let schema = shown(&day_rows::schema());
        Ok(FilesTable { schema, partition: "closed_in", files: self.day_files()?, tail: None })
    }
}

/// A schema as questions see it: texts and bytes as views, which are grouped and compared without being copied.
fn shown(schema: &SchemaRef) -> SchemaRef {
    let view = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 => field.as_ref().clone().with_data_type(DataType::Utf8View),
        DataType::Binary => field.as_ref().clone().with_data_type(DataType::BinaryView),
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(view).collect::<Vec<_>>()))
}

/// Files of the lake as one table, exactly those that counted when it was made.
#[derive(Debug)]
pub(crate) struct FilesTable {
    schema: SchemaRef,
    /// The column that has one value in each file: the day of its folder.
    partition: &'static str,
    files: Vec<StoredFile>,
    tail: Option<Arc<TailPart>>,
}

impl FilesTable {
    /// A file with what is known of it without opening it, so that a condition on the day leaves it closed.
    fn file(&self, file: &StoredFile) -> PartitionedFile {
        let known = |field: &Arc<Field>| {
            let mut column = ColumnStatistics::new_unknown();
            if field.name() == self.partition {
                column.min_value = Precision::Exact(ScalarValue::Date32(Some(file.day)));
                column.max_value = Precision::Exact(ScalarValue::Date32(Some(file.day)));
                column.null_count = Precision::Exact(0);
            }
            column
        };
        let rows = file.rows.and_then(|rows| usize::try_from(rows).ok());
        let statistics = Statistics {
            num_rows: rows.map_or(Precision::Absent, Precision::Exact),
            total_byte_size: Precision::Absent,
            column_statistics: self.schema.fields().iter().map(known).collect(),
        };
        let path = file.path.to_string_lossy().into_owned();
        PartitionedFile::new(path, file.bytes).with_statistics(Arc::new(statistics))
    }

    fn statistics(&self) -> Statistics {
        let mut all = Statistics::new_unknown(&self.schema);
        let rows: Option<u64> = self.files.iter().map(|file| file.rows).sum();
        all.num_rows = match rows.and_then(|rows| usize::try_from(rows).ok()) {
            Some(rows) => Precision::Exact(rows),
            None => Precision::Absent,
        };
        all
    }
}

#[async_trait]
impl TableProvider for FilesTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let mut parts: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !self.files.is_empty() {
            let options = state.table_options().parquet.clone();
            let format = ParquetFormat::default().with_options(options);
            let source = format.file_source(TableSchema::from(Arc::clone(&self.schema)));
            let files: Vec<PartitionedFile> = self.files.iter().map(|file| self.file(file)).collect();
            let groups = FileGroup::new(files).split_files(state.config().target_partitions());
            let config = FileScanConfigBuilder::new(super::engine::store_url()?, source)
                .with_file_groups(groups)
                .with_statistics(self.statistics())
                .with_projection_indices(projection.cloned())?
                .with_limit(limit)
                .build();
            parts.push(format.create_physical_plan(state, config).await?);
        }
        if let Some(tail) = &self.tail {
            let part = Arc::clone(tail) as Arc<_>;
            let tail = StreamingTableExec::try_new(self.schema(), vec![part], projection, [], false, limit)?;
            parts.push(Arc::new(tail));
        }
        match parts.len() {
            0 => {
                let schema = match projection {
                    Some(projection) => Arc::new(self.schema.project(projection)?),
                    None => self.schema(),
                };
                Ok(Arc::new(EmptyExec::new(schema)))
            }
            1 => Ok(parts.remove(0)),
            _ => UnionExec::try_new(parts),
        }
    }
}

impl ExtraTable {
    /// The table as the engine reads it.
    pub(crate) fn batch(&self, zone: &str) -> Result<RecordBatch, DataFusionError> {
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let cells = || self.rows.iter().map(move |row| row.get(index).unwrap_or(&Cell::Null));
            let array = array(column.kind, cells(), zone);
            fields.push(Field::new(&column.name, array.data_type().clone(), true));
            columns.push(array);
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }

    pub(crate) fn described(&self) -> Described {
        Described { name: self.name.clone(), columns: self.columns.clone() }
    }
}

fn array<'a>(kind: Type, cells: impl Iterator<Item = &'a Cell>, zone: &str) -> ArrayRef {
    match kind {
        Type::Whole => Arc::new(Int64Array::from_iter(cells.map(|cell| match cell {
            Cell::Whole(number) => i64::try_from(*number).ok(),
            _ => None,
        }))),
        Type::Number => Arc::new(Float64Array::from_iter(cells.map(|cell| match cell {
            Cell::Number(number) => Some(*number),
            Cell::Whole(number) => Some(*number as f64),
            _ => None,
        }))),
        Type::Truth => Arc::new(BooleanArray::from_iter(cells.map(|cell| match cell {
            Cell::Truth(truth) => Some(*truth),
            _ => None,
        }))),
        Type::Date => Arc::new(Date32Array::from_iter(cells.map(|cell| match cell {
            Cell::Date(day) => Some(*day),
            _ => None,
        }))),
        Type::Moment => {
            let moments = TimestampMicrosecondArray::from_iter(cells.map(|cell| match cell {
                Cell::Moment(micros) => Some(*micros),
                _ => None,
            }));
            Arc::new(moments.with_timezone(zone.to_owned())) as ArrayRef
        }
        Type::Text | Type::Decimal | Type::Other => Arc::new(StringArray::from_iter(cells.map(|cell| match cell {
            Cell::Text(text) | Cell::Decimal(text) => Some(text.as_str()),
            _ => None,
        }))),
    }
}
