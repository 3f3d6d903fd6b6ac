//! Names of extension fields in parameters.

use super::refuse;
use crate::context::Context;
use crate::fault::{Code, EventError, quoted};

/// An extension field, by the names its events may give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldName {
    candidates: Vec<String>,
}

impl FieldName {
    /// Reads `prefix:local`, `{namespace}local`, or a namespace and a local name with `#` between them.
    ///
    /// # Errors
    /// [`Code::UndefinedPrefix`] where the prefix is not known, [`Code::QueryParameter`] where it is no name at all.
    pub(super) fn read(parameter: &str, text: &str, context: &Context) -> Result<FieldName, EventError> {
        if text.starts_with('{') && text[1..].contains('}') && !text.ends_with('}') {
            return Ok(FieldName { candidates: vec![text.to_owned()] });
        }
        let Some((prefix, local)) = text.split_once(':') else {
            return Err(refuse(
                parameter,
                Code::QueryParameter,
                format!("没有名为“{}”的查询参数", quoted(parameter)),
                format!("there is no query parameter \"{}\"", quoted(parameter)),
            ));
        };
        if local.is_empty() {
            return Err(refuse(parameter, Code::QueryParameter, "字段名不完整", "the field's name is not complete"));
        }
        if context.namespace(prefix).is_some() && !local.starts_with("//") {
            return Ok(FieldName { candidates: vec![context.extension_name(text)] });
        }
        if !crate::uri::is_uri(text) || !(local.starts_with("//") || prefix == "urn") {
            return Err(refuse(
                parameter,
                Code::UndefinedPrefix,
                format!("前缀“{}”没有声明；请用 GS1-Extensions 或 @context 声明，或写完整的命名空间", quoted(prefix)),
                format!(
                    "the prefix \"{}\" is not declared; declare it in GS1-Extensions or @context, or write the whole \
                     namespace",
                    quoted(prefix)
                ),
            ));
        }
        let mut candidates = vec![context.extension_name(text)];
        if let Some((namespace, local)) = text.rsplit_once('#') {
            candidates.push(format!("{{{namespace}}}{local}"));
            candidates.push(format!("{{{namespace}/}}{local}"));
        }
        candidates.sort();
        candidates.dedup();
        Ok(FieldName { candidates })
    }

    /// Whether a field `{namespace}local` of an event is this one.
    pub fn is(&self, extension_name: &str) -> bool {
        self.candidates.iter().any(|candidate| candidate == extension_name)
    }
}
