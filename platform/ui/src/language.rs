//! Catalogs: every text a person reads, in zh-CN and en, from each crate's `locales/*.ftl`.
//!
//! Chinese is the reference. A key that English lacks is shown in Chinese and listed by
//! [`Catalogs::missing_keys`], which the app's test holds empty.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use ground::Language;

/// One value put into a message: `("n", 3.into())`, `("name", "x".into())`.
pub type Arg<'a> = (&'a str, FluentValue<'a>);

/// The two catalogs of one crate, usually `include_str!("../locales/zh-CN.ftl")` and `…/en.ftl`.
#[derive(Clone, Copy, Debug)]
pub struct CatalogSource {
    pub crate_name: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

/// Why the catalogs could not be put together. Always a mistake of the programmer, found at start and in tests.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CatalogError {
    #[error("{crate_name}/locales/{language}.ftl, line {line}: {reason}")]
    Syntax { crate_name: &'static str, language: &'static str, line: usize, reason: String },
    #[error("duplicate key `{key}` ({language}): {first} and {second}")]
    DuplicateKey { key: String, language: &'static str, first: String, second: String },
}

/// All catalogs of the product, one bundle a language. Cheap to share behind an `Arc`.
pub struct Catalogs {
    zh: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
    zh_keys: BTreeMap<String, Key>,
    en_keys: BTreeMap<String, Key>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    place: String,
    variables: Vec<String>,
}

impl std::fmt::Debug for Catalogs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Catalogs").field("zh_keys", &self.zh_keys.len()).field("en_keys", &self.en_keys.len()).finish()
    }
}

impl Catalogs {
    /// Puts the catalogs of all crates together. The texts of this crate are added by itself.
    ///
    /// # Errors
    /// A syntax error, or a key that stands twice in one language (in one file or in two crates).
    pub fn new(sources: &[CatalogSource]) -> Result<Self, CatalogError> {
        let mut all = vec![crate::CATALOG];
        all.extend(sources.iter().filter(|s| s.crate_name != crate::CATALOG.crate_name));
        let (zh, zh_keys) = bundle("zh-CN", all.iter().map(|s| (s.crate_name, s.zh)))?;
        let (en, en_keys) = bundle("en", all.iter().map(|s| (s.crate_name, s.en)))?;
        Ok(Self { zh, en, zh_keys, en_keys })
    }

    /// The text of `id` in `language`; English falls back to Chinese, an unknown id shows itself in ⟨⟩.
    pub fn text(&self, language: Language, id: &str, args: &[Arg<'_>]) -> String {
        let found = match language {
            Language::En => format(&self.en, id, args).or_else(|| format(&self.zh, id, args)),
            Language::Zh => format(&self.zh, id, args),
        };
        found.unwrap_or_else(|| format!("⟨{id}⟩"))
    }

    /// Whether `id` exists in the reference language.
    pub fn has(&self, id: &str) -> bool {
        self.zh_keys.contains_key(id)
    }

    /// Keys that one language has and the other lacks, each as `key: missing in en (crate/zh-CN.ftl:12)`.
    pub fn missing_keys(&self) -> Vec<String> {
        let lacks = |have: &BTreeMap<String, Key>, other: &BTreeMap<String, Key>, name: &str| {
            have.iter()
                .filter(|(key, _)| !other.contains_key(*key))
                .map(|(key, at)| format!("{key}: missing in {name} (stands in {})", at.place))
                .collect::<Vec<_>>()
        };
        let mut missing = lacks(&self.zh_keys, &self.en_keys, "en");
        missing.extend(lacks(&self.en_keys, &self.zh_keys, "zh-CN"));
        missing
    }

    /// Keys whose two texts do not use the same `$variables`: usually a value forgotten in a translation.
    pub fn differing_variables(&self) -> Vec<String> {
        self.zh_keys
            .iter()
            .filter_map(|(key, zh)| {
                let en = self.en_keys.get(key)?;
                (zh.variables != en.variables)
                    .then(|| format!("{key}: zh-CN uses {:?}, en uses {:?}", zh.variables, en.variables))
            })
            .collect()
    }
}

type Bundled = (FluentBundle<FluentResource>, BTreeMap<String, Key>);

fn bundle(
    language: &'static str,
    files: impl Iterator<Item = (&'static str, &'static str)>,
) -> Result<Bundled, CatalogError> {
    let id = language.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    bundle.set_use_isolating(false);
    let mut keys: BTreeMap<String, Key> = BTreeMap::new();
    for (crate_name, text) in files {
        for (key, line, variables) in keys_of(text) {
            let place = format!("{crate_name}/locales/{language}.ftl:{line}");
            if let Some(first) = keys.get(&key) {
                let first = first.place.clone();
                return Err(CatalogError::DuplicateKey { key, language, first, second: place });
            }
            keys.insert(key, Key { place, variables });
        }
        let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| {
            let (at, reason) = errors.first().map_or((0, String::new()), |e| (e.pos.start, e.to_string()));
            let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
            CatalogError::Syntax { crate_name, language, line, reason }
        })?;
        // Duplicates were refused above, with their places; nothing else can go wrong here.
        bundle.add_resource_overriding(resource);
    }
    Ok((bundle, keys))
}

/// Messages stand at the start of a line (continuations are indented), so the keys can be read line by line.
/// Attributes (`.label =`) are not used in this product.
fn keys_of(text: &str) -> Vec<(String, usize, Vec<String>)> {
    let mut keys: Vec<(String, usize, Vec<String>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let starts = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-');
        let mut rest = line;
        if starts && let Some((key, value)) = line.split_once('=') {
            keys.push((key.trim().to_owned(), index + 1, Vec::new()));
            rest = value;
        } else if line.starts_with('#') {
            continue;
        }
        let Some((_, _, variables)) = keys.last_mut() else {
            continue;
        };
        for piece in rest.split('$').skip(1) {
            let name: String =
                piece.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
            if let Err(at) = variables.binary_search(&name) {
                variables.insert(at, name);
            }
        }
    }
    keys
}

fn format(bundle: &FluentBundle<FluentResource>, id: &str, args: &[Arg<'_>]) -> Option<String> {
    let pattern = bundle.get_message(id)?.value()?;
    let mut values = FluentArgs::with_capacity(args.len());
    for (name, value) in args {
        values.set(Cow::Borrowed(*name), value.clone());
    }
    let mut errors = Vec::new();
    Some(bundle.format_pattern(pattern, Some(&values), &mut errors).into_owned())
}
