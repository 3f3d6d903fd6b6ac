//! Which identifiers must, may and must not stand together (General Specifications 4.14 and the attributes of the dictionary).
//!
//! The rules hold over all data of one physical item: linear and composite component together.

use crate::element::Field;
use crate::table::Pattern;
use crate::{Code, ParseError};

/// Checks every rule.
pub(crate) fn check(fields: &[Field]) -> Result<(), ParseError> {
    repeats(fields)?;
    exclusions(fields)?;
    requirements(fields)?;
    signature(fields)
}

/// The same identifier twice must have the same value: it was read twice.
pub(crate) fn repeats(fields: &[Field]) -> Result<(), ParseError> {
    for (at, field) in fields.iter().enumerate() {
        let first = fields[..at].iter().find(|earlier| earlier.ai == field.ai);
        if first.is_some_and(|first| first.value != field.value) {
            return Err(field.error(Code::Repeated));
        }
    }
    Ok(())
}

/// `ex`: identifiers that exclude each other. None excludes itself, even where a pattern matches it.
pub(crate) fn exclusions(fields: &[Field]) -> Result<(), ParseError> {
    for field in fields {
        let barred = fields
            .iter()
            .filter(|other| other.ai != field.ai)
            .find(|other| field.entry.excludes.iter().any(|pattern| pattern.matches(&other.ai)));
        if let Some(other) = barred {
            return Err(field.error(Code::Excluded).detail(&other.ai));
        }
    }
    Ok(())
}

/// `req`: of each requirement one group must be there with all its members.
pub(crate) fn requirements(fields: &[Field]) -> Result<(), ParseError> {
    for field in fields {
        let there = |pattern: &Pattern| fields.iter().any(|other| other.ai != field.ai && pattern.matches(&other.ai));
        for requirement in &field.entry.requires {
            if !requirement.iter().any(|group| group.iter().all(there)) {
                let group = |group: &Vec<Pattern>| group.iter().map(Pattern::as_str).collect::<Vec<_>>().join("+");
                let groups: Vec<String> = requirement.iter().map(group).collect();
                return Err(field.error(Code::Required).detail(groups.join(", ")));
            }
        }
    }
    Ok(())
}

/// Beside a digital signature (8030) the keys with an optional serial component need it: only then is one thing signed.
pub(crate) fn signature(fields: &[Field]) -> Result<(), ParseError> {
    if !fields.iter().any(|field| field.ai == "8030") {
        return Ok(());
    }
    let bare = |field: &&Field| {
        matches!(field.ai.as_str(), "253" | "255" | "8003") && field.value.len() == field.entry.length_min()
    };
    match fields.iter().find(bare) {
        Some(field) => Err(field.error(Code::SignatureSerial)),
        None => Ok(()),
    }
}
