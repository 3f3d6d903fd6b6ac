//! Validation of events: JSON in, typed event or the first reason against it out.
//!
//! The rules are those of EPCIS 2.0 (section 7) and of its JSON schema. Where the schema is looser than the text of the
//! standard, the text holds: an event must say what it happened to, a parent must be named when something is put into
//! or taken out of it, and an identifier that names a GS1 scheme must follow it.

mod fields;
mod sensor;

use crate::context::Context;
use crate::event::{Action, Epc, ErrorDeclaration, Event, Kind, Quantity, Role, Typed};
use crate::fault::{Code, EventError, Path};
use crate::identifier::Level;
use crate::vocabulary::Vocabulary;
use fields::Fields;
pub(crate) use fields::{not_time, not_uri};
use serde_json::Value;
use std::sync::Arc;

const COMMON: &[&str] = &[
    "@context",
    "type",
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "certificationInfo",
    "errorDeclaration",
];
const WHERE_WHY: &[&str] = &[
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
];

/// Fields of each type besides the common ones and [`WHERE_WHY`].
fn own_fields(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Object => &["action", "epcList", "quantityList", "persistentDisposition", "ilmd"],
        Kind::Aggregation | Kind::Association => &["action", "parentID", "childEPCs", "childQuantityList"],
        Kind::Transaction => &["action", "parentID", "epcList", "quantityList"],
        Kind::Transformation => &[
            "inputEPCList",
            "inputQuantityList",
            "outputEPCList",
            "outputQuantityList",
            "transformationID",
            "persistentDisposition",
            "ilmd",
        ],
        Kind::Other(_) => &[],
    }
}

/// Validates one event. `pointer` is its place in the document.
pub(crate) fn event(json: Value, context: Arc<Context>, pointer: &str) -> Result<Event, EventError> {
    let root = Path::Root(pointer);
    let mut event = {
        let fields = Fields::of(&json, &root, &context)?;
        read(&fields)?
    };
    event.json = json;
    event.context = context;
    Ok(event)
}

fn read(fields: &Fields<'_>) -> Result<Event, EventError> {
    let kind = kind(fields)?;
    let mut event = Event {
        json: Value::Null,
        context: Arc::new(Context::default()),
        event_time: fields.required("eventTime", |f| f.time("eventTime"))?,
        event_time_zone_offset: fields.required("eventTimeZoneOffset", |f| f.zone_offset("eventTimeZoneOffset"))?,
        record_time: fields.time("recordTime")?,
        event_id: fields.uri("eventID")?.map(str::to_owned),
        action: None,
        biz_step: None,
        disposition: None,
        persistent_disposition_set: Vec::new(),
        persistent_disposition_unset: Vec::new(),
        read_point: None,
        biz_location: None,
        epcs: Vec::new(),
        quantities: Vec::new(),
        transformation_id: None,
        biz_transactions: Vec::new(),
        sources: Vec::new(),
        destinations: Vec::new(),
        sensor_elements: Vec::new(),
        ilmd: Vec::new(),
        certification: fields.uri_or_list("certificationInfo")?,
        error_declaration: error_declaration(fields)?,
        extensions: Vec::new(),
        kind: kind.clone(),
    };
    if let Kind::Other(_) = kind {
        event.extensions = fields.extensions_unchecked(COMMON);
        return Ok(event);
    }
    event.extensions = fields.extensions(&[COMMON, WHERE_WHY, own_fields(&kind)])?;
    if kind != Kind::Transformation {
        event.action = Some(fields.required("action", |f| f.action("action"))?);
    }
    where_and_why(fields, &mut event)?;
    what(fields, &mut event)?;
    if let Some(ilmd) = fields.object("ilmd")? {
        if kind == Kind::Object && event.action != Some(Action::Add) {
            return Err(fields.at.member("ilmd").refuse(
                Code::NotAllowed,
                "只有 action 为 ADD 的对象事件可以带 ilmd",
                "an object event may carry ilmd only with the action ADD",
            ));
        }
        event.ilmd = ilmd.extensions(&[])?;
    }
    event.sensor_elements = sensor::elements(fields)?;
    says_what(fields, &event)?;
    Ok(event)
}

fn kind(fields: &Fields<'_>) -> Result<Kind, EventError> {
    let name = fields.required("type", |f| f.string("type"))?;
    if let Some(kind) = Kind::standard(name) {
        return Ok(kind);
    }
    if name.contains(':') && crate::uri::is_uri(name) {
        return Ok(Kind::Other(fields.context.expand(name).unwrap_or_else(|| name.to_owned())));
    }
    Err(fields.at.member("type").refuse(
        Code::UnknownType,
        "type 应为 ObjectEvent、AggregationEvent、AssociationEvent、TransactionEvent、TransformationEvent 之一，或自定义类型的 URI",
        "type must be ObjectEvent, AggregationEvent, AssociationEvent, TransactionEvent or TransformationEvent, or the \
         URI of an extension's type",
    ))
}

fn where_and_why(fields: &Fields<'_>, event: &mut Event) -> Result<(), EventError> {
    event.biz_step = fields.word("bizStep", Vocabulary::BizStep)?;
    event.disposition = fields.word("disposition", Vocabulary::Disposition)?;
    event.read_point = place(fields, "readPoint")?;
    event.biz_location = place(fields, "bizLocation")?;
    if let Some(persistent) = fields.object("persistentDisposition")? {
        persistent.only(&["set", "unset"])?;
        event.persistent_disposition_set = persistent.words("set", Vocabulary::Disposition)?;
        event.persistent_disposition_unset = persistent.words("unset", Vocabulary::Disposition)?;
        if event.persistent_disposition_set.is_empty() && event.persistent_disposition_unset.is_empty() {
            return Err(persistent.at.refuse(
                Code::Empty,
                "persistentDisposition 至少要有 set 或 unset",
                "persistentDisposition must have set or unset",
            ));
        }
    }
    event.biz_transactions = typed(fields, "bizTransactionList", "bizTransaction", Vocabulary::TransactionType, false)?;
    event.sources = typed(fields, "sourceList", "source", Vocabulary::SourceDestination, true)?;
    event.destinations = typed(fields, "destinationList", "destination", Vocabulary::SourceDestination, true)?;
    Ok(())
}

fn place(fields: &Fields<'_>, name: &str) -> Result<Option<String>, EventError> {
    let Some(place) = fields.object(name)? else { return Ok(None) };
    place.extensions(&[&["id"]])?;
    place.required("id", |f| f.identifier("id")).map(Some)
}

fn typed(
    fields: &Fields<'_>,
    list: &str,
    id: &str,
    vocabulary: Vocabulary,
    kind_required: bool,
) -> Result<Vec<Typed>, EventError> {
    fields.each_object(list, |item| {
        item.only(&["type", id])?;
        let kind = match kind_required {
            true => Some(item.required("type", |f| f.word("type", vocabulary))?),
            false => item.word("type", vocabulary)?,
        };
        Ok(Typed { kind, id: item.required(id, |f| f.identifier(id))? })
    })
}

fn what(fields: &Fields<'_>, event: &mut Event) -> Result<(), EventError> {
    let mut lists: Vec<(&str, &str, Role)> = Vec::new();
    match event.kind {
        Kind::Object => lists.push(("epcList", "quantityList", Role::Object)),
        Kind::Aggregation | Kind::Association => lists.push(("childEPCs", "childQuantityList", Role::Child)),
        Kind::Transaction => lists.push(("epcList", "quantityList", Role::Object)),
        Kind::Transformation => {
            lists.push(("inputEPCList", "inputQuantityList", Role::Input));
            lists.push(("outputEPCList", "outputQuantityList", Role::Output));
            event.transformation_id = fields.identifier("transformationID")?;
        }
        Kind::Other(_) => {}
    }
    if let Some(id) = fields.identifier_at("parentID", Level::Instance)?.filter(|_| event.kind != Kind::Object) {
        event.epcs.push(Epc { role: Role::Parent, id });
    }
    for (instances, classes, role) in lists {
        let unique =
            matches!(instances, "epcList" | "inputEPCList" | "outputEPCList") && event.kind != Kind::Transaction;
        let ids = fields.identifiers(instances, Level::Instance, unique)?;
        event.epcs.extend(ids.into_iter().map(|id| Epc { role, id }));
        event.quantities.extend(quantities(fields, classes, role)?);
    }
    Ok(())
}

fn quantities(fields: &Fields<'_>, list: &str, role: Role) -> Result<Vec<Quantity>, EventError> {
    fields.each_object(list, |item| {
        item.only(&["epcClass", "quantity", "uom"])?;
        let class = item.required("epcClass", |f| f.identifier_at("epcClass", Level::Class))?;
        let (quantity, uom) = (item.number("quantity")?, item.unit("uom")?);
        if quantity.is_some_and(|quantity| quantity < 0.0) {
            return Err(item.at.member("quantity").refuse(
                Code::Number,
                "数量不能为负",
                "a quantity cannot be negative",
            ));
        }
        if uom.is_some() && quantity.is_none() {
            return Err(item.at.member("uom").refuse(
                Code::NotAllowed,
                "没有 quantity 时不能有 uom",
                "there can be no uom without a quantity",
            ));
        }
        if uom.is_none() && quantity.is_some_and(|quantity| quantity.fract() != 0.0) {
            return Err(item.at.member("quantity").refuse(
                Code::Number,
                "没有 uom 时数量是件数，应为整数",
                "without uom the quantity counts pieces and must be whole",
            ));
        }
        Ok(Quantity { role, class, quantity, uom })
    })
}

/// The what-dimension of each type (EPCIS 2.0, 7.4).
fn says_what(fields: &Fields<'_>, event: &Event) -> Result<(), EventError> {
    let at = fields.at;
    let has = |role: Role| event.ids(role).next().is_some() || event.classes(role).next().is_some();
    let deletes = event.action == Some(Action::Delete);
    match event.kind {
        Kind::Object => {
            let senses = !event.sensor_elements.is_empty() && event.read_point.is_some();
            if !has(Role::Object) && !senses {
                return Err(at.refuse(
                    Code::NoObject,
                    "对象事件应有非空的 epcList 或 quantityList，或同时有 sensorElementList 与 readPoint",
                    "an object event needs a non-empty epcList or quantityList, or sensorElementList together with readPoint",
                ));
            }
        }
        Kind::Aggregation | Kind::Association => {
            let parent_needed = event.kind == Kind::Association || event.action != Some(Action::Observe);
            if parent_needed && event.parent().is_none() {
                return Err(at.member("parentID").refuse(
                    Code::Missing,
                    "缺少必填字段 parentID",
                    "the required field parentID is missing",
                ));
            }
            if !has(Role::Child) && !deletes {
                return Err(at.refuse(
                    Code::NoObject,
                    "除 DELETE 外，应有非空的 childEPCs 或 childQuantityList",
                    "except with DELETE, a non-empty childEPCs or childQuantityList is needed",
                ));
            }
        }
        Kind::Transaction => {
            if event.biz_transactions.is_empty() {
                return Err(at.member("bizTransactionList").refuse(
                    Code::Missing,
                    "单据事件至少要有一项 bizTransactionList",
                    "a transaction event needs at least one element in bizTransactionList",
                ));
            }
            if !has(Role::Object) && !deletes {
                return Err(at.refuse(
                    Code::NoObject,
                    "除 DELETE 外，应有非空的 epcList 或 quantityList",
                    "except with DELETE, a non-empty epcList or quantityList is needed",
                ));
            }
        }
        Kind::Transformation => {
            let (inputs, outputs) = (has(Role::Input), has(Role::Output));
            if !(inputs && outputs) && !(event.transformation_id.is_some() && (inputs || outputs)) {
                return Err(at.refuse(
                    Code::NoObject,
                    "加工事件应同时有投入与产出；分几次记录时，用 transformationID 相连，每次至少有其一",
                    "a transformation needs inputs and outputs; where it is told in several events, transformationID ties \
                     them and each has at least one of the two",
                ));
            }
        }
        Kind::Other(_) => {}
    }
    Ok(())
}

fn error_declaration(fields: &Fields<'_>) -> Result<Option<ErrorDeclaration>, EventError> {
    let Some(declaration) = fields.object("errorDeclaration")? else { return Ok(None) };
    let extensions = declaration.extensions(&[&["declarationTime", "reason", "correctiveEventIDs"]])?;
    Ok(Some(ErrorDeclaration {
        at: declaration.required("declarationTime", |f| f.time("declarationTime"))?,
        reason: declaration.word("reason", Vocabulary::ErrorReason)?,
        corrective_event_ids: declaration.uris("correctiveEventIDs")?,
        extensions,
    }))
}

/// `epcisHeader`: master data of the shape the schema has.
pub(crate) fn header(value: &Value, at: &Path<'_>) -> Result<(), EventError> {
    let context = Context::default();
    let header = Fields::of(value, at, &context)?;
    let Some(master) = header.object("epcisMasterData")? else { return Ok(()) };
    master.each_object("vocabularyList", |vocabulary| {
        vocabulary.required("type", |f| f.uri("type"))?;
        vocabulary.each_object("vocabularyElementList", |element| {
            element.required("id", |f| f.uri("id"))?;
            element.uris("children")?;
            element.each_object("attributes", |attribute| attribute.required("id", |f| f.uri("id")).map(|_| ()))
        })
    })?;
    Ok(())
}
