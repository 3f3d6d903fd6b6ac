//! The JSON-LD `@context` as far as EPCIS needs it: which prefix stands for which namespace.
//!
//! Nothing is fetched. The standard EPCIS context is built in; of a context at another address only the fact is known
//! that it exists ([`Context::has_remote`]), and then an unknown prefix is not an error.

use crate::fault::{Code, EventError, Path};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Prefixes and what they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    prefixes: BTreeMap<String, String>,
    remote: bool,
    ignored: BTreeSet<String>,
    declared: Vec<Value>,
}

/// Prefixes of the standard context (EPCIS 2.0 `epcis-context.jsonld`).
const STANDARD: &[(&str, &str)] = &[
    ("epcis", "https://ref.gs1.org/epcis/"),
    ("cbv", "https://ref.gs1.org/cbv/"),
    ("cbvmda", "urn:epcglobal:cbv:mda:"),
    ("gs1", "https://gs1.org/voc/"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
    ("dcterms", "http://purl.org/dc/terms/"),
];

/// The address of the standard context.
pub const STANDARD_ADDRESS: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// Schemes of URIs that are written with a colon but are never a prefix of ours.
const SCHEMES: &[&str] =
    &["http", "https", "urn", "ni", "geo", "did", "mailto", "tel", "ftp", "file", "tag", "uuid", "doi", "info", "data"];

/// At most this many prefixes in one context.
const PREFIXES_MAX: usize = 200;

impl Default for Context {
    fn default() -> Self {
        Context {
            prefixes: STANDARD.iter().map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned())).collect(),
            remote: false,
            ignored: BTreeSet::new(),
            declared: Vec::new(),
        }
    }
}

impl Context {
    /// The standard context and what `@context` adds.
    ///
    /// # Errors
    /// [`Code::Context`] where the value is neither an address, nor an object, nor a list of those.
    pub fn from_json(value: &Value) -> Result<Context, EventError> {
        let mut context = Context::default();
        context.add(value, &Path::Root("/@context"))?;
        Ok(context)
    }

    pub(crate) fn add(&mut self, value: &Value, at: &Path<'_>) -> Result<(), EventError> {
        match value {
            Value::Array(list) => {
                for (index, item) in list.iter().enumerate() {
                    if item.is_array() || item.is_null() {
                        return Err(wrong(&at.element(index)));
                    }
                    if list[..index].contains(item) {
                        return Err(at.element(index).refuse(
                            Code::DuplicateElement,
                            "@context 中同一项出现了两次",
                            "the same entry appears twice in @context",
                        ));
                    }
                    self.add(item, &at.element(index))?;
                }
                return Ok(());
            }
            Value::String(address) => {
                if !crate::uri::is_uri(address) {
                    return Err(wrong(at));
                }
                self.remote |= !is_standard(address);
            }
            Value::Object(terms) => {
                for (name, target) in terms {
                    self.add_term(name, target, &at.member(name))?;
                }
            }
            _ => return Err(wrong(at)),
        }
        self.declared.push(value.clone());
        Ok(())
    }

    fn add_term(&mut self, name: &str, target: &Value, at: &Path<'_>) -> Result<(), EventError> {
        if name.starts_with('@') {
            return Ok(());
        }
        let uri = match target {
            Value::String(uri) => uri.as_str(),
            Value::Object(definition) => match definition.get("@id") {
                Some(Value::String(uri)) => uri.as_str(),
                _ => return Ok(()),
            },
            _ => return Err(wrong(at)),
        };
        if self.prefixes.len() >= PREFIXES_MAX {
            return Err(at.refuse(
                Code::Context,
                format!("@context 中的前缀超过 {PREFIXES_MAX} 个"),
                format!("more than {PREFIXES_MAX} prefixes in @context"),
            ));
        }
        let uri = self.expand(uri).unwrap_or_else(|| uri.to_owned());
        self.prefixes.insert(name.to_owned(), uri);
        Ok(())
    }

    /// The namespace of a prefix.
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        self.prefixes.get(prefix).map(String::as_str)
    }

    /// Whether a context at another address than the standard one was named: its prefixes are not known here.
    pub fn has_remote(&self) -> bool {
        self.remote
    }

    /// `prefix:rest` with its prefix replaced; `None` where there is no such prefix.
    pub fn expand(&self, text: &str) -> Option<String> {
        let (prefix, rest) = text.split_once(':')?;
        if rest.starts_with("//") {
            return None;
        }
        self.namespace(prefix).map(|namespace| format!("{namespace}{rest}"))
    }

    /// The name of an extension field as the hash and the queries write it: `{namespace}local`. A name whose prefix is
    /// not known stays as it is; a full URI is cut after its last `/`, `#` or `:`.
    pub fn extension_name(&self, key: &str) -> String {
        if let Some((prefix, local)) = key.split_once(':') {
            if let Some(namespace) = self.namespace(prefix).filter(|_| !local.starts_with("//")) {
                return format!("{{{namespace}}}{local}");
            }
            if SCHEMES.contains(&prefix)
                && let Some(cut) = key.rfind(['/', '#', ':']).filter(|cut| cut + 1 < key.len())
            {
                return format!("{{{}}}{}", &key[..=cut], &key[cut + 1..]);
            }
        }
        key.to_owned()
    }

    /// Whether a name is one an extension may have: a prefix that is declared, or a full URI.
    pub(crate) fn check_extension(&self, key: &str, at: &Path<'_>) -> Result<(), EventError> {
        let Some((prefix, local)) = key.split_once(':') else {
            return Err(at.refuse(
                Code::UnknownField,
                "此类事件没有这个字段；自定义字段须带命名空间前缀",
                "this type has no such field; a field of your own needs a namespace prefix",
            ));
        };
        let known = self.prefixes.contains_key(prefix) || SCHEMES.contains(&prefix) || self.remote;
        if !known {
            return Err(at.refuse(
                Code::UndefinedPrefix,
                format!("前缀“{}”没有在 @context 中声明", crate::fault::quoted(prefix)),
                format!("the prefix \"{}\" is not declared in @context", crate::fault::quoted(prefix)),
            ));
        }
        if local.is_empty() || !crate::uri::is_uri(key) {
            return Err(at.refuse(Code::UnknownField, "字段名不是有效的 URI", "the field's name is not a valid URI"));
        }
        Ok(())
    }

    /// Extension fields (as `{namespace}local`) that the document asks to leave out of the hash.
    pub(crate) fn ignore(&mut self, names: &Value) {
        for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
            if name.contains(':') {
                self.ignored.insert(self.extension_name(name));
            }
        }
    }

    pub(crate) fn is_ignored(&self, extension_name: &str) -> bool {
        self.ignored.contains(extension_name)
    }

    /// The `@context` value that stands for this context, to keep an event readable alone.
    pub fn to_json(&self) -> Value {
        let mut list: Vec<Value> = self.declared.clone();
        if !list.iter().any(|entry| entry.as_str().is_some_and(is_standard)) {
            list.insert(0, Value::String(STANDARD_ADDRESS.to_owned()));
        }
        Value::Array(list)
    }
}

fn is_standard(address: &str) -> bool {
    address.starts_with("https://ref.gs1.org/standards/epcis/")
        || address.ends_with("epcis-context.jsonld")
        || address.ends_with("/epcis-context-combined.jsonld")
}

fn wrong(at: &Path<'_>) -> EventError {
    at.refuse(
        Code::Context,
        "@context 应为上下文地址、前缀对象，或两者的列表",
        "@context must be an address, an object of prefixes, or a list of those",
    )
}
