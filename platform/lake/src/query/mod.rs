//! Questions in SQL.
//!
//! A question is checked (`statement`), waits for its turn (`engine`), is planned and computed on the engine's own threads
//! within its limits, and is ended when its caller goes away. When the history moved under it — files merged or expired — it
//! is asked again.

pub(crate) mod engine;
pub(crate) mod error;
mod names;
pub(crate) use names::nearest;
mod semi;
pub(crate) mod statement;
pub(crate) mod tables;
pub(crate) mod tail;

pub use statement::SQL_BYTES_MAX;

use crate::answer::{Answer, Cell, Column, Type};
use crate::{Error, Lake};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SQLOptions, SessionContext};
use datafusion::sql::parser::Statement;
use error::{Known, QueryError, Refusal, translate};
use futures::StreamExt;
use ground::Timestamp;
use statement::{Asked, Checked};
use std::sync::Arc;
use std::time::Duration;
use tables::{Described, Extra};

/// How often a question is asked again when the history moved under it.
const TRIES_MAX: usize = 3;

/// Ends a computation when its caller goes away.
struct Ending(tokio::task::AbortHandle);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Lake {
    /// The names a statement uses where tables stand: what a caller looks up before it hands tables in.
    ///
    /// # Errors
    /// As [`Lake::query`] for a statement that cannot be read or is not allowed.
    pub fn tables_named(&self, sql: &str, now: Timestamp) -> Result<Vec<String>, QueryError> {
        Ok(statement::check(sql, now, self.zone())?.relations.into_iter().collect())
    }

    /// Answers a question. `now` is what `now()` is in it.
    ///
    /// # Errors
    /// Every reason not to answer, see [`Refusal`].
    pub async fn query(&self, sql: &str, extra: Extra, now: Timestamp) -> Result<Answer, QueryError> {
        let checked = Arc::new(statement::check(sql, now, self.zone())?);
        match &checked.asked {
            Asked::Tables => return Ok(self.show_tables(&extra)),
            Asked::Columns(table) => return self.show_columns(table, &extra),
            Asked::Rows(_) | Asked::Plan { .. } => {}
        }
        let limits = self.limits();
        let slow = || QueryError::from(Refusal::Slow(limits.seconds_max));
        let work = async {
            let _turn = self.0.engine.turn().await.ok_or(Refusal::Busy(limits.at_once_max))?;
            for _ in 0..TRIES_MAX {
                match self.ask_once(Arc::clone(&checked), &extra).await {
                    Err(QueryError { refusal: Refusal::Moved, .. }) => {}
                    other => return other,
                }
            }
            Err(Refusal::Moved.into())
        };
        // The engine's threads have their own clock; this one is the caller's.
        tokio::time::timeout(Duration::from_secs(limits.seconds_max), work).await.map_err(|_| slow())?
    }

    async fn ask_once(&self, checked: Arc<Checked>, extra: &Extra) -> Result<Answer, QueryError> {
        let Some(threads) = self.0.engine.threads() else {
            return Err(Refusal::Internal("no threads for questions".into()).into());
        };
        let (lake, extra) = (self.clone(), extra.clone());
        let task = threads.spawn(async move { lake.compute(&checked, &extra).await });
        let _ending = Ending(task.abort_handle());
        match task.await {
            Ok(answer) => answer,
            Err(error) => Err(Refusal::Internal(error.to_string()).into()),
        }
    }

    async fn compute(&self, checked: &Checked, extra: &Extra) -> Result<Answer, QueryError> {
        let internal = |error: Error| QueryError::from(Refusal::Internal(error.to_string()));
        let session = self.0.engine.session(&self.zone_name());
        let mut names = vec!["signals".to_owned(), "days".to_owned()];
        names.extend(extra.tables.iter().map(|table| table.name.clone()));
        let known_functions = functions(&session);
        let hidden = self.0.layout.root.to_string_lossy().into_owned();
        let known = Known {
            tables: &names,
            functions: &known_functions,
            hidden: &hidden,
            memory_bytes: self.limits().memory_bytes,
        };
        let said = |error: DataFusionError| translate(&error, &known);
        if checked.relations.contains("signals") {
            let table = self.signals_table(extra.tail.as_ref()).map_err(internal)?;
            session.register_table("signals", Arc::new(table)).map_err(said)?;
        }
        if checked.relations.contains("days") {
            let table = self.days_table().map_err(internal)?;
            session.register_table("days", Arc::new(table)).map_err(said)?;
        }
        for table in extra.tables.iter().filter(|table| checked.relations.contains(&table.name)) {
            let batch = table.batch(&self.zone_name()).map_err(said)?;
            let rows = MemTable::try_new(batch.schema(), vec![vec![batch]]).map_err(said)?;
            session.register_table(table.name.as_str(), Arc::new(rows)).map_err(said)?;
        }
        let frame = plan(&session, &checked.asked).await.map_err(said)?;
        // One row more than is handed out tells whether there are more. A plan is short, and takes no limit.
        let frame = match &checked.asked {
            Asked::Plan { .. } => frame,
            _ => frame.limit(0, Some(self.limits().rows_max + 1)).map_err(said)?,
        };
        self.collect(frame).await.map_err(|error| translate(&error, &known))
    }

    /// Takes rows until a limit is reached.
    async fn collect(&self, frame: DataFrame) -> Result<Answer, DataFusionError> {
        let limits = self.limits();
        let schema = plain_schema(frame.schema().as_arrow());
        let mut stream = frame.execute_stream().await?;
        let (mut batches, mut rows, mut bytes, mut truncated) = (Vec::new(), 0, 0, false);
        while let Some(batch) = stream.next().await {
            let batch = plain(&batch?, &schema)?;
            let room = limits.rows_max - rows;
            let mut taken = batch.num_rows().min(room);
            truncated |= batch.num_rows() > room;
            let size = |rows: usize| slice_bytes(&batch.slice(0, rows));
            if bytes + size(taken) > limits.result_bytes_max {
                truncated = true;
                taken = most_that_fit(taken, |rows| bytes + size(rows) <= limits.result_bytes_max);
            }
            bytes += size(taken);
            rows += taken;
            if taken > 0 {
                batches.push(batch.slice(0, taken));
            }
            if truncated {
                break;
            }
        }
        Ok(Answer::new(schema, batches, truncated, self.zone().clone()))
    }

    fn described(&self, extra: &Extra) -> Vec<Described> {
        let mut all = self.tables();
        all.extend(extra.tables.iter().map(tables::ExtraTable::described));
        all
    }

    fn show_tables(&self, extra: &Extra) -> Answer {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let rows = self
            .described(extra)
            .into_iter()
            .map(|table| vec![Cell::Text(table.name), Cell::Whole(table.columns.len() as i128)]);
        let columns = vec![column("table_name", Type::Text), column("columns", Type::Whole)];
        Answer::of_cells(columns, rows.collect(), self.zone().clone())
    }

    fn show_columns(&self, name: &str, extra: &Extra) -> Result<Answer, QueryError> {
        let all = self.described(extra);
        let Some(table) = all.iter().find(|table| table.name == name) else {
            let names: Vec<String> = all.into_iter().map(|table| table.name).collect();
            return Err(Refusal::UnknownTable(name.to_owned(), names::nearest(name, &names)).into());
        };
        let column = |name: &str| Column { name: name.to_owned(), kind: Type::Text };
        let row = |column: &Column| vec![Cell::Text(column.name.clone()), Cell::Text(column.kind.name().to_owned())];
        let rows = table.columns.iter().map(row).collect();
        Ok(Answer::of_cells(vec![column("column_name"), column("data_type")], rows, self.zone().clone()))
    }
}

async fn plan(session: &SessionContext, asked: &Asked) -> Result<DataFrame, DataFusionError> {
    let (query, explain) = match asked {
        Asked::Rows(query) => (query, None),
        Asked::Plan { query, analyze, verbose } => (query, Some((*analyze, *verbose))),
        Asked::Tables | Asked::Columns(_) => return Err(DataFusionError::Plan("nothing to plan".into())),
    };
    let statement: Statement = query.as_ref().clone();
    let plan = session.state().statement_to_plan(statement).await?;
    // The tree was checked; the plan is checked again.
    let options = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    options.verify_plan(&plan)?;
    let frame = session.execute_logical_plan(plan).await?;
    match explain {
        None => Ok(frame),
        Some((analyze, verbose)) => frame.explain(verbose, analyze),
    }
}

fn functions(session: &SessionContext) -> Vec<String> {
    let state = session.state();
    let mut names: Vec<String> = state.scalar_functions().keys().cloned().collect();
    names.extend(state.aggregate_functions().keys().cloned());
    names.extend(state.window_functions().keys().cloned());
    names.sort();
    names
}

/// The types an answer is kept in: texts whole and owned, so that a row kept does not keep a whole page.
fn plain_schema(schema: &Schema) -> SchemaRef {
    let field = |field: &Arc<Field>| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
            DataType::Dictionary(_, value) if value.is_string() => DataType::Utf8,
            other => other.clone(),
        };
        Field::new(field.name(), kind, true)
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

fn plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, DataFusionError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// Bytes the values of these rows take.
fn slice_bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(0)).sum()
}

/// The most rows for which `fits` holds, found by halving; `fits` gets false once and stays so.
fn most_that_fit(rows: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, rows);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    low
}
