//! Signals as columns: the schema of the table `signals`, and signals gathered into record batches.
//!
//! | column | type | |
//! |---|---|---|
//! | `day` | date | civil day of `at` at the operator |
//! | `sequence` | u64 | the log block it was acknowledged in |
//! | `id`, `kind`, `merchant`, `product` | text | as handed in |
//! | `at` | timestamp, µs, UTC | when it happened |
//! | `lot`, `order_id` | text, null | |
//! | `quantity`, `amount_minor` | i64 | units; money in minor units |
//! | `rating` | u8, null | stars |
//! | `reason`, `place`, `device`, `buyer` | text, null | |
//! | `buyer_age_days`, `weight_grams` | u32, null | |
//! | `text_hash` | u64, null | of a review's text |
//! | `list_price_minor` | i64, null | |
//! | `verified` | bool, null | |

use crate::error::Error;
use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
    UInt8Builder, UInt32Builder, UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use std::sync::Arc;
use stream::Signal;

/// Rows of a batch.
pub(crate) const BATCH_ROWS: usize = 8_192;

/// The zone written into files.
pub(crate) const UTC: &str = "UTC";

/// The columns of `signals`, with moments in `zone` (the same instants whatever it is).
pub(crate) fn schema(zone: &str) -> SchemaRef {
    let text = |name: &str, null: bool| Field::new(name, DataType::Utf8, null);
    let moment = DataType::Timestamp(TimeUnit::Microsecond, Some(zone.into()));
    Arc::new(Schema::new(vec![
        Field::new("day", DataType::Date32, false),
        Field::new("sequence", DataType::UInt64, false),
        text("id", false),
        text("kind", false),
        Field::new("at", moment, false),
        text("merchant", false),
        text("product", false),
        text("lot", true),
        text("order_id", true),
        Field::new("quantity", DataType::Int64, false),
        Field::new("amount_minor", DataType::Int64, false),
        Field::new("rating", DataType::UInt8, true),
        text("reason", true),
        text("place", true),
        text("device", true),
        text("buyer", true),
        Field::new("buyer_age_days", DataType::UInt32, true),
        Field::new("text_hash", DataType::UInt64, true),
        Field::new("weight_grams", DataType::UInt32, true),
        Field::new("list_price_minor", DataType::Int64, true),
        Field::new("verified", DataType::Boolean, true),
    ]))
}

/// Signals being gathered.
pub(crate) struct Rows {
    schema: SchemaRef,
    len: usize,
    day: Date32Builder,
    sequence: UInt64Builder,
    at: TimestampMicrosecondBuilder,
    /// id, kind, merchant, product.
    named: [StringBuilder; 4],
    /// lot, order_id, reason, place, device, buyer.
    optional: [StringBuilder; 6],
    /// quantity, amount_minor.
    amounts: [Int64Builder; 2],
    rating: UInt8Builder,
    /// buyer_age_days, weight_grams.
    sizes: [UInt32Builder; 2],
    text_hash: UInt64Builder,
    list_price_minor: Int64Builder,
    verified: BooleanBuilder,
}

impl Rows {
    pub(crate) fn new(schema: SchemaRef) -> Rows {
        Rows {
            schema,
            len: 0,
            day: Date32Builder::new(),
            sequence: UInt64Builder::new(),
            at: TimestampMicrosecondBuilder::new(),
            named: Default::default(),
            optional: Default::default(),
            amounts: Default::default(),
            rating: UInt8Builder::new(),
            sizes: Default::default(),
            text_hash: UInt64Builder::new(),
            list_price_minor: Int64Builder::new(),
            verified: BooleanBuilder::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn add(&mut self, sequence: u64, day: i32, signal: &Signal<'_>) {
        let more = &signal.attributes;
        self.len += 1;
        self.day.append_value(day);
        self.sequence.append_value(sequence);
        self.at.append_value(signal.at_us);
        let named = [signal.id, signal.kind.as_str(), signal.merchant, signal.product];
        self.named.iter_mut().zip(named).for_each(|(column, text)| column.append_value(text));
        let optional = [signal.lot, signal.order, more.reason, more.place, more.device, more.buyer];
        self.optional.iter_mut().zip(optional).for_each(|(column, text)| column.append_option(text));
        self.amounts[0].append_value(signal.quantity);
        self.amounts[1].append_value(signal.amount_minor);
        self.rating.append_option(more.rating);
        self.sizes[0].append_option(more.buyer_age_days);
        self.sizes[1].append_option(more.weight_grams);
        self.text_hash.append_option(more.text_hash);
        self.list_price_minor.append_option(more.list_price_minor);
        self.verified.append_option(more.verified);
    }

    /// What was gathered; afterwards there is nothing.
    pub(crate) fn take(&mut self) -> Result<RecordBatch, Error> {
        self.len = 0;
        let [id, kind, merchant, product] = &mut self.named;
        let [lot, order, reason, place, device, buyer] = &mut self.optional;
        let [quantity, amount] = &mut self.amounts;
        let [age, weight] = &mut self.sizes;
        let zone = match self.schema.field(4).data_type() {
            DataType::Timestamp(_, Some(zone)) => Arc::clone(zone),
            _ => UTC.into(),
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.day.finish()),
            Arc::new(self.sequence.finish()),
            Arc::new(id.finish()),
            Arc::new(kind.finish()),
            Arc::new(self.at.finish().with_timezone(zone)),
            Arc::new(merchant.finish()),
            Arc::new(product.finish()),
            Arc::new(lot.finish()),
            Arc::new(order.finish()),
            Arc::new(quantity.finish()),
            Arc::new(amount.finish()),
            Arc::new(self.rating.finish()),
            Arc::new(reason.finish()),
            Arc::new(place.finish()),
            Arc::new(device.finish()),
            Arc::new(buyer.finish()),
            Arc::new(age.finish()),
            Arc::new(self.text_hash.finish()),
            Arc::new(weight.finish()),
            Arc::new(self.list_price_minor.finish()),
            Arc::new(self.verified.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}
