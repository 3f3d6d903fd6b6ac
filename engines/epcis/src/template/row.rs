//! One row into one event.

use super::cells::{self, Wrong};
use super::steps::Step;
use super::{CELL_BYTES_MAX, CODES_MAX, Column, Options, Places};
use crate::context::Context;
use crate::event::{Action, Event, Kind};
use crate::fault::{Code, EventError, quoted};
use crate::identifier::{self, Level};
use crate::{time, validate};
use serde_json::{Map, Value, json};
use std::sync::Arc;

struct Cells<'r> {
    record: &'r csv::StringRecord,
    line: u64,
    places: &'r Places,
}

impl<'r> Cells<'r> {
    fn get(&self, column: Column) -> Option<&'r str> {
        let (_, index) = self.places.iter().find(|(known, _)| *known == column)?;
        self.record.get(*index).filter(|cell| !cell.is_empty())
    }

    fn refuse(&self, column: Column, code: Code, (zh, en): Wrong) -> EventError {
        EventError::new(format!("/rows/{}/{}", self.line, column.info().name), code, zh, en)
    }

    fn missing(&self, column: Column) -> EventError {
        let info = column.info();
        self.refuse(column, Code::Missing, (format!("“{}”没有填", info.zh), format!("\"{}\" is empty", info.name)))
    }

    fn read<T>(&self, column: Column, read: impl FnOnce(&'r str) -> Result<T, Wrong>) -> Result<Option<T>, EventError> {
        let Some(cell) = self.get(column) else { return Ok(None) };
        read(cell).map(Some).map_err(|wrong| self.refuse(column, Code::Row, wrong))
    }
}

pub(super) fn event(
    record: &csv::StringRecord,
    line: u64,
    places: &Places,
    options: &Options,
) -> Result<Event, EventError> {
    let cells = Cells { record, line, places };
    if let Some((column, _)) =
        places.iter().find(|(column, _)| cells.get(*column).is_some_and(|c| c.len() > CELL_BYTES_MAX))
    {
        let wrong =
            (format!("单元格超过 {CELL_BYTES_MAX} 字节"), format!("the cell has more than {CELL_BYTES_MAX} bytes"));
        return Err(cells.refuse(*column, Code::StringTooLong, wrong));
    }
    let (at, offset) =
        cells.read(Column::Time, |cell| cells::moment(cell, options))?.ok_or_else(|| cells.missing(Column::Time))?;
    let step = cells.read(Column::Step, step)?.ok_or_else(|| cells.missing(Column::Step))?;
    let mut object = Map::new();
    object.insert("type".to_owned(), json!(step.kind().as_str()));
    object.insert("eventTime".to_owned(), json!(time::canonical(at)));
    object.insert("eventTimeZoneOffset".to_owned(), json!(offset));
    let action = step.packs.unwrap_or(step.action);
    object.insert("action".to_owned(), json!(action.as_str()));
    object.insert("bizStep".to_owned(), json!(step.biz_step));
    object.insert("disposition".to_owned(), json!(step.disposition));
    what(&cells, step, &mut object)?;
    where_from_to(&cells, options, &mut object)?;
    validate::event(Value::Object(object), Arc::new(Context::default()), "").map_err(|error| in_row(&cells, error))
}

fn step(cell: &str) -> Result<&'static Step, Wrong> {
    Step::of_word(cell).ok_or_else(|| {
        let list = |word: fn(&Step) -> &'static str| super::steps().iter().map(word).collect::<Vec<_>>();
        (
            format!("不认识步骤“{}”；可填 {}", quoted(cell), list(|step| step.zh).join("、")),
            format!("the step \"{}\" is not known; one of {}", quoted(cell), list(|step| step.en).join(", ")),
        )
    })
}

fn what(cells: &Cells<'_>, step: &Step, object: &mut Map<String, Value>) -> Result<(), EventError> {
    let (mut instances, mut classes): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    if let Some(cell) = cells.get(Column::Codes) {
        for (index, text) in cells::split_codes(cell).enumerate() {
            if index == CODES_MAX {
                let wrong = (format!("一行最多 {CODES_MAX} 个码"), format!("at most {CODES_MAX} codes in a row"));
                return Err(cells.refuse(Column::Codes, Code::ListTooLong, wrong));
            }
            let (id, level) = cells::code(text).map_err(|(zh, en)| {
                let nth = index + 1;
                cells.refuse(
                    Column::Codes,
                    Code::Identifier,
                    (format!("第 {nth} 个码：{zh}"), format!("code {nth}: {en}")),
                )
            })?;
            let list = if level == Level::Instance { &mut instances } else { &mut classes };
            if list.contains(&id) {
                let wrong =
                    (format!("同一个码填了两次：{}", quoted(text)), format!("the same code twice: {}", quoted(text)));
                return Err(cells.refuse(Column::Codes, Code::DuplicateElement, wrong));
            }
            list.push(id);
        }
    }
    let gtin = cells.read(Column::Gtin, cells::gtin)?;
    let lot = cells.read(Column::Lot, cells::lot)?;
    match (gtin, lot) {
        (Some(gtin), Some(lot)) => classes.push(identifier::of_lot(&gtin, lot)),
        (Some(gtin), None) if instances.is_empty() && classes.is_empty() => classes.push(identifier::of_gtin(&gtin)),
        (None, Some(_)) if instances.is_empty() && classes.is_empty() => return Err(cells.missing(Column::Gtin)),
        _ => {}
    }
    classes.dedup();
    let quantity = cells.read(Column::Quantity, cells::quantity)?;
    let unit = cells.read(Column::Unit, cells::unit)?.flatten();
    // With unit codes the quantity is their number; it is a check, not another statement.
    if classes.is_empty()
        && let Some(quantity) = quantity.filter(|quantity| unit.is_none() && *quantity != instances.len() as f64)
    {
        let wrong = (
            format!("数量为 {quantity}，而追溯码有 {} 个", instances.len()),
            format!("the quantity is {quantity} and there are {} codes", instances.len()),
        );
        return Err(cells.refuse(Column::Quantity, Code::Number, wrong));
    }
    let (instance_list, class_list) = match step.kind() {
        Kind::Aggregation => ("childEPCs", "childQuantityList"),
        _ => ("epcList", "quantityList"),
    };
    if !instances.is_empty() {
        object.insert(instance_list.to_owned(), json!(instances));
    }
    if !classes.is_empty() {
        if classes.len() > 1 && quantity.is_some() {
            let wrong = (
                "一行只能给一个批次的数量；请分成几行".to_owned(),
                "a row gives the quantity of one lot; use several rows".to_owned(),
            );
            return Err(cells.refuse(Column::Quantity, Code::Row, wrong));
        }
        let elements: Vec<Value> =
            classes.iter().map(|class| quantity_element(class, quantity, unit.as_deref())).collect();
        object.insert(class_list.to_owned(), Value::Array(elements));
    }
    parent(cells, step, object)?;
    let empties_box = step.packs == Some(Action::Delete);
    if instances.is_empty() && classes.is_empty() && !empties_box {
        return Err(cells.missing(if cells.places.iter().any(|(c, _)| *c == Column::Codes) {
            Column::Codes
        } else {
            Column::Gtin
        }));
    }
    Ok(())
}

fn quantity_element(class: &str, quantity: Option<f64>, unit: Option<&str>) -> Value {
    let mut element = Map::new();
    element.insert("epcClass".to_owned(), json!(class));
    if let Some(quantity) = quantity {
        let whole = quantity.fract() == 0.0 && quantity < 9e15;
        element.insert("quantity".to_owned(), if whole { json!(quantity as i64) } else { json!(quantity) });
        if let Some(unit) = unit {
            element.insert("uom".to_owned(), json!(unit));
        }
    }
    Value::Object(element)
}

fn parent(cells: &Cells<'_>, step: &Step, object: &mut Map<String, Value>) -> Result<(), EventError> {
    let parent = cells.read(Column::Parent, cells::code)?;
    match (step.packs, parent) {
        (Some(_), None) => Err(cells.missing(Column::Parent)),
        (None, Some(_)) => {
            let wrong = ("只有装箱和拆箱才填箱码".to_owned(), "only packing and unpacking have a box".to_owned());
            Err(cells.refuse(Column::Parent, Code::NotAllowed, wrong))
        }
        (Some(_), Some((_, Level::Class))) => {
            let wrong = ("箱码应为单个箱子或托盘的编码".to_owned(), "the box must be one box or pallet".to_owned());
            Err(cells.refuse(Column::Parent, Code::Level, wrong))
        }
        (Some(_), Some((id, Level::Instance))) => {
            object.insert("parentID".to_owned(), json!(id));
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

fn where_from_to(cells: &Cells<'_>, options: &Options, object: &mut Map<String, Value>) -> Result<(), EventError> {
    if let Some(place) = cells.read(Column::Place, |cell| cells::named(cell, "414", "place", options))? {
        object.insert("readPoint".to_owned(), json!({"id": place}));
    }
    for (column, list, name) in [(Column::From, "sourceList", "source"), (Column::To, "destinationList", "destination")]
    {
        if let Some(party) = cells.read(column, |cell| cells::named(cell, "417", "party", options))? {
            object.insert(list.to_owned(), json!([{"type": "possessing_party", name: party}]));
        }
    }
    let kind = cells.read(Column::DocumentType, cells::document_type)?;
    match (cells.read(Column::Document, |cell| cells::named(cell, "253", "document", options))?, kind) {
        (Some(document), Some(kind)) => {
            object.insert("bizTransactionList".to_owned(), json!([{"type": kind, "bizTransaction": document}]));
        }
        (Some(document), None) => {
            object.insert("bizTransactionList".to_owned(), json!([{"bizTransaction": document}]));
        }
        (None, Some(_)) => return Err(cells.missing(Column::Document)),
        (None, None) => {}
    }
    Ok(())
}

/// A fault that only the whole event shows, at the column it came from.
fn in_row(cells: &Cells<'_>, error: EventError) -> EventError {
    let column = match error.pointer.split('/').nth(1).unwrap_or_default() {
        "epcList" | "childEPCs" => Column::Codes,
        "quantityList" | "childQuantityList" => Column::Quantity,
        "parentID" => Column::Parent,
        "readPoint" => Column::Place,
        "sourceList" => Column::From,
        "destinationList" => Column::To,
        "bizTransactionList" => Column::Document,
        "eventTime" | "eventTimeZoneOffset" => Column::Time,
        _ => return EventError { pointer: format!("/rows/{}", cells.line), ..error },
    };
    cells.refuse(column, error.code, (error.zh, error.en))
}
