//! The packs of all markets.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::node::{FILE_BYTES_MAX, Source};
use crate::pack::{FILES_MAX, Pack};
use crate::tables::Tables;
use crate::text::{Bilingual, nearest};

/// Most markets.
pub const MARKETS_MAX: usize = 64;
/// The market whose pack holds the operator's own working parameters (review, sign-in, imports).
pub const HOME_MARKET: &str = "cn";

include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// One pack a market; immutable, shared.
#[derive(Clone, Debug)]
pub struct Packs {
    by_market: BTreeMap<String, Arc<Pack>>,
}

/// No pack for a market.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no policy pack for market `{market}`; known: {known}")]
pub struct UnknownMarket {
    pub market: String,
    pub known: String,
    pub nearest: Option<String>,
}

impl Packs {
    /// # Errors
    /// A single diagnostic when there is no pack of the home market, which holds the working parameters.
    pub fn new(packs: impl IntoIterator<Item = Arc<Pack>>) -> Result<Self, Diagnostics> {
        let by_market: BTreeMap<String, Arc<Pack>> =
            packs.into_iter().map(|pack| (pack.market().to_owned(), pack)).collect();
        if by_market.contains_key(HOME_MARKET) {
            return Ok(Self { by_market });
        }
        Err(Diagnostic::at(
            &Place::file(HOME_MARKET),
            "policy_home_missing",
            Bilingual::new(
                format!("缺少 {HOME_MARKET} 策略包，系统的工作参数在其中"),
                format!("The pack `{HOME_MARKET}`, which holds the working parameters, is missing"),
            ),
        )
        .into())
    }

    /// Reads the folders `cn/`, `us/`, … below `root`.
    pub fn from_folder(root: &Path) -> Result<Self, Diagnostics> {
        Self::read_folder(root, |_| Ok(()))
    }

    /// The same, and every table is checked by its owner. All that is wrong in any pack comes at once.
    pub fn from_folder_checked(root: &Path, tables: &Tables) -> Result<Self, Diagnostics> {
        Self::read_folder(root, |pack| tables.check(pack))
    }

    fn read_folder(root: &Path, check: impl Fn(&Pack) -> Result<(), Diagnostics>) -> Result<Self, Diagnostics> {
        let mut packs = Vec::new();
        let mut found = Vec::new();
        for (market, folder) in folders(root)? {
            let read = pack_from_folder(&market, &folder);
            match read.and_then(|pack| check(&pack).map(|()| pack)) {
                Ok(pack) => packs.push(Arc::new(pack)),
                Err(diagnostics) => found.extend(diagnostics.0),
            }
        }
        if !found.is_empty() {
            return Err(Diagnostics(found));
        }
        Self::new(packs)
    }

    pub fn market(&self, market: &str) -> Result<&Arc<Pack>, UnknownMarket> {
        self.by_market.get(market).ok_or_else(|| UnknownMarket {
            market: market.to_owned(),
            known: self.markets().collect::<Vec<_>>().join(", "),
            nearest: nearest(market, self.markets()).map(str::to_owned),
        })
    }

    /// What people call the row of this id in any pack, the home pack first.
    pub fn words(&self, id: &str) -> Option<Bilingual> {
        self.home().words(id).or_else(|| self.iter().find_map(|pack| pack.words(id)))
    }

    /// The pack with the operator's working parameters.
    pub fn home(&self) -> &Arc<Pack> {
        &self.by_market[HOME_MARKET]
    }

    pub fn markets(&self) -> impl Iterator<Item = &str> {
        self.by_market.keys().map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.by_market.values()
    }

    /// The same packs with one replaced or added.
    pub fn replaced(&self, pack: Arc<Pack>) -> Self {
        let mut by_market = self.by_market.clone();
        by_market.insert(pack.market().to_owned(), pack);
        Self { by_market }
    }

    /// SHA-256, in hex, over the markets and their versions.
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        for (market, pack) in &self.by_market {
            hash.update(format!("{market} {}\n", pack.version()));
        }
        hex::encode(hash.finalize())
    }
}

/// The packs that come with the product. They are read once a process.
///
/// # Panics
/// Never in a released binary: the test `the_shipped_packs_are_valid` reads them.
pub fn shipped() -> Packs {
    static SHIPPED: LazyLock<Packs> = LazyLock::new(|| {
        match shipped_sources()
            .iter()
            .map(|(market, sources)| Pack::from_sources(market, sources).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()
            .and_then(Packs::new)
        {
            Ok(packs) => packs,
            Err(diagnostics) => panic!("the shipped policy packs are not valid:\n{diagnostics}"),
        }
    });
    SHIPPED.clone()
}

/// The text of the shipped packs by market.
pub fn shipped_sources() -> BTreeMap<String, Vec<Source>> {
    let mut markets: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for (market, path, text) in SHIPPED_FILES {
        markets.entry((*market).to_owned()).or_default().push(Source::new(*path, *text));
    }
    markets
}

/// Reads one pack from the YAML files directly in `folder`.
pub fn pack_from_folder(market: &str, folder: &Path) -> Result<Pack, Diagnostics> {
    let name = folder.display().to_string();
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map_err(|error| unreadable(&name, &error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml"))
        .collect();
    paths.sort();
    paths.truncate(FILES_MAX + 1);
    let mut sources = Vec::with_capacity(paths.len());
    for path in paths {
        let shown = path.display().to_string();
        let bytes = std::fs::metadata(&path).map_or(0, |data| data.len());
        if bytes > FILE_BYTES_MAX as u64 {
            // Read no more than the limit; `Node::parse` says what is wrong.
            sources.push(Source::new(shown, "#".repeat(FILE_BYTES_MAX + 1)));
            continue;
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&shown, &error))?;
        sources.push(Source::new(shown, text));
    }
    Pack::from_sources(market, &sources)
}

fn folders(root: &Path) -> Result<Vec<(String, std::path::PathBuf)>, Diagnostics> {
    let name = root.display().to_string();
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .map_err(|error| unreadable(&name, &error))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir())
        .filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)))
        .filter(|(market, _)| !market.starts_with('.'))
        .collect();
    folders.sort();
    folders.truncate(MARKETS_MAX);
    Ok(folders)
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostics {
    Diagnostic::at(
        &Place::file(name),
        "policy_file_unreadable",
        Bilingual::new(
            format!("读不了“{name}”：{error}。请确认它存在、可读、是 UTF-8 文本"),
            format!("`{name}` cannot be read: {error}. It must exist, be readable and be UTF-8 text"),
        ),
    )
    .into()
}
