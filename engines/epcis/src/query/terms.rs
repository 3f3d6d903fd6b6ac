//! What a repository indexes of an event, and what of it a query needs: for narrowing a search before events are read.

use super::Query;
use super::condition::{Condition, TypedList, ValueField};
use crate::event::{Event, Role, Typed};
use crate::identifier::Pattern;

/// What a term is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// An object with a part in the event.
    Epc(Role),
    /// A class with a part in the event.
    Class(Role),
    /// Business step.
    BizStep,
    /// Disposition.
    Disposition,
    /// Action.
    Action,
    /// Read point.
    ReadPoint,
    /// Business location.
    BizLocation,
    /// Transformation id.
    TransformationId,
    /// Event id.
    EventId,
    /// Business document, as `<type> <id>` (`- <id>` without a type).
    BizTransaction,
    /// Source, as `<type> <id>`.
    Source,
    /// Destination, as `<type> <id>`.
    Destination,
    /// The reason of an error declaration, or an empty value where it names none.
    ErrorDeclaration,
}

impl Column {
    /// A short stable name for storage, such as `epc_input`.
    pub fn as_str(self) -> &'static str {
        match self {
            Column::Epc(Role::Object) => "epc_object",
            Column::Epc(Role::Parent) => "epc_parent",
            Column::Epc(Role::Child) => "epc_child",
            Column::Epc(Role::Input) => "epc_input",
            Column::Epc(Role::Output) => "epc_output",
            Column::Class(Role::Object) => "class_object",
            Column::Class(Role::Parent) => "class_parent",
            Column::Class(Role::Child) => "class_child",
            Column::Class(Role::Input) => "class_input",
            Column::Class(Role::Output) => "class_output",
            Column::BizStep => "biz_step",
            Column::Disposition => "disposition",
            Column::Action => "action",
            Column::ReadPoint => "read_point",
            Column::BizLocation => "biz_location",
            Column::TransformationId => "transformation_id",
            Column::EventId => "event_id",
            Column::BizTransaction => "biz_transaction",
            Column::Source => "source",
            Column::Destination => "destination",
            Column::ErrorDeclaration => "error_declaration",
        }
    }
}

/// What to look for in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needle {
    /// This value.
    Exact(String),
    /// Any value that starts so.
    Prefix(String),
}

/// One thing a query needs: some term in one of these columns with one of these values. All terms of a query are
/// needed; an event that lacks one cannot match. Having them all does not yet mean that it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Columns to look in.
    pub columns: Vec<Column>,
    /// Values to look for.
    pub any: Vec<Needle>,
}

impl Query {
    /// What an event must have to match, as far as an index can tell. Empty where nothing can be told.
    pub fn terms(&self) -> Vec<Term> {
        self.conditions.iter().filter_map(term).collect()
    }
}

fn term(condition: &Condition) -> Option<Term> {
    let exact = |values: &[String]| values.iter().cloned().map(Needle::Exact).collect::<Vec<_>>();
    let patterns = |list: &[Pattern]| {
        list.iter()
            .map(|pattern| match pattern.exact() {
                Some(id) => Needle::Exact(id.to_owned()),
                None => Needle::Prefix(pattern.prefix().to_owned()),
            })
            .collect::<Vec<_>>()
    };
    let (columns, any) = match condition {
        Condition::Epc(roles, list) => (roles.iter().map(|role| Column::Epc(*role)).collect(), patterns(list)),
        Condition::Class(roles, list) => (roles.iter().map(|role| Column::Class(*role)).collect(), patterns(list)),
        Condition::Value(field, values) => (vec![column(*field)?], exact(values)),
        Condition::Action(any) => {
            (vec![Column::Action], any.iter().map(|action| Needle::Exact(action.as_str().to_owned())).collect())
        }
        Condition::Typed(list, kind, ids) => {
            let any = ids.iter().map(|id| Needle::Exact(format!("{kind} {id}"))).collect();
            (vec![typed_column(*list)], any)
        }
        Condition::ErrorReason(any) => (vec![Column::ErrorDeclaration], exact(any)),
        Condition::ErrorDeclared | Condition::ErrorTime(_) | Condition::Corrective(_) => {
            (vec![Column::ErrorDeclaration], vec![Needle::Prefix(String::new())])
        }
        _ => return None,
    };
    Some(Term { columns, any })
}

fn column(field: ValueField) -> Option<Column> {
    Some(match field {
        ValueField::BizStep => Column::BizStep,
        ValueField::Disposition => Column::Disposition,
        ValueField::ReadPoint => Column::ReadPoint,
        ValueField::BizLocation => Column::BizLocation,
        ValueField::TransformationId => Column::TransformationId,
        ValueField::EventId => Column::EventId,
        ValueField::PersistentSet | ValueField::PersistentUnset => return None,
    })
}

fn typed_column(list: TypedList) -> Column {
    match list {
        TypedList::BizTransaction => Column::BizTransaction,
        TypedList::Source => Column::Source,
        TypedList::Destination => Column::Destination,
    }
}

/// Every term of an event, without repetition: what an index of events holds.
pub fn terms_of(event: &Event) -> Vec<(Column, String)> {
    let mut terms: Vec<(Column, String)> = Vec::with_capacity(event.epcs.len() + event.quantities.len() + 8);
    terms.extend(event.epcs.iter().map(|epc| (Column::Epc(epc.role), epc.id.clone())));
    terms.extend(event.quantities.iter().map(|quantity| (Column::Class(quantity.role), quantity.class.clone())));
    let singles = [
        (Column::BizStep, event.biz_step.as_deref()),
        (Column::Disposition, event.disposition.as_deref()),
        (Column::Action, event.action.map(crate::event::Action::as_str)),
        (Column::ReadPoint, event.read_point.as_deref()),
        (Column::BizLocation, event.biz_location.as_deref()),
        (Column::TransformationId, event.transformation_id.as_deref()),
        (Column::EventId, event.event_id.as_deref()),
    ];
    terms.extend(singles.into_iter().filter_map(|(column, value)| Some((column, value?.to_owned()))));
    for (column, list) in [
        (Column::BizTransaction, &event.biz_transactions),
        (Column::Source, &event.sources),
        (Column::Destination, &event.destinations),
    ] {
        terms.extend(
            list.iter().map(|item: &Typed| (column, format!("{} {}", item.kind.as_deref().unwrap_or("-"), item.id))),
        );
    }
    if let Some(error) = &event.error_declaration {
        terms.push((Column::ErrorDeclaration, error.reason.clone().unwrap_or_default()));
    }
    terms.sort();
    terms.dedup();
    terms
}
