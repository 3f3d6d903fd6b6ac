//! Public recall notices: loaded from the files their publishers give, kept, and handed to the engine, which compares them
//! with every listing and judges by the policy table `recall-checks`.

use super::RecallRow;
use crate::store;
use arc_swap::ArcSwap;
use ground::{Fault, Place, Problem};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result};
use screening::recalls::{Notice, RecallBank, parse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the bank in the table of revisions.
pub(crate) const BANK: &str = "recalls";
/// Notices read in one query.
const READ_ROWS: u64 = 2_000;
/// Notices held at most.
const NOTICES_MAX: usize = 500_000;
/// Notices written in one transaction.
const WRITE_ROWS: usize = 500;

/// A notice as it is kept, JSON.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Kept {
    id: String,
    source: String,
    date: String,
    title: String,
    product: String,
    category: String,
    risk: String,
    brands: Vec<String>,
    models: Vec<String>,
    lots: Vec<String>,
    gtins: Vec<String>,
    other_codes: Vec<String>,
}

fn keep(notice: &Notice) -> Kept {
    Kept {
        id: notice.id.clone(),
        source: notice.source.clone(),
        date: notice.date.clone(),
        title: notice.title.clone(),
        product: notice.product.clone(),
        category: notice.category.clone(),
        risk: notice.risk.clone(),
        brands: notice.brands.clone(),
        models: notice.models.clone(),
        lots: notice.lots.clone(),
        gtins: notice.gtins.clone(),
        other_codes: notice.other_codes.clone(),
    }
}

fn notice_of(kept: Kept) -> Notice {
    Notice {
        id: kept.id,
        source: kept.source,
        date: kept.date,
        title: kept.title,
        product: kept.product,
        category: kept.category,
        risk: kept.risk,
        brands: kept.brands,
        models: kept.models,
        lots: kept.lots,
        gtins: kept.gtins,
        other_codes: kept.other_codes,
    }
}

/// What loading a file did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// `safety-gate` or `cpsc`.
    pub source: String,
    /// New notices.
    pub added: u64,
    /// Notices that were there and say something else now.
    pub changed: u64,
    /// Notices that were there already.
    pub unchanged: u64,
    /// Lines that are no notice, with what is wrong: line and words, at most 100.
    pub refused: Vec<(u64, String)>,
    /// Rescreens that were begun because of it.
    pub rescreens: u64,
}

/// Loads notices: EU Safety Gate alerts as JSON lines, or CPSC notices as a table with tabs, told by the content. Notices
/// that are there already are left alone. What is new is held against everything on sale. Act `recalls.loaded`.
///
/// # Errors
/// `forbidden`; `import_unreadable` when no line is a notice.
pub async fn load(kernel: &Kernel, actor: &Actor, file_name: &str, text: &str) -> Result<Loaded> {
    actor.require(Permission::ListingsDecide)?;
    let (notices, errors) = parse(text);
    let refused: Vec<(u64, String)> =
        errors.iter().take(100).map(|error| (error.line as u64, error.to_string())).collect();
    if notices.is_empty() {
        let (line, detail) = refused.first().cloned().unwrap_or((0, String::new()));
        let place = Place { line: Some(line).filter(|line| *line > 0), ..Place::default() }.in_file(file_name);
        let fault = Fault::at(place, "listings-recalls-unreadable").arg("detail", detail);
        return Err(crate::Error::Unreadable(Box::new(fault)).into());
    }
    let mut loaded = Loaded { refused, ..Loaded::default() };
    loaded.source = notices.first().map(|notice| notice.source.clone()).unwrap_or_default();
    for chunk in notices.chunks(WRITE_ROWS) {
        write_chunk(kernel, actor, chunk, &mut loaded).await?;
    }
    if loaded.added + loaded.changed > 0 {
        let packs = kernel.packs();
        for market in packs.markets() {
            crate::runs::rescreen::begin(kernel, &Actor::system("recalls"), market, "recalls").await?;
            loaded.rescreens += 1;
        }
    }
    Ok(loaded)
}

async fn write_chunk(kernel: &Kernel, actor: &Actor, chunk: &[Notice], loaded: &mut Loaded) -> Result<()> {
    let mut write = kernel.begin(actor).await?;
    let numbers: Vec<String> = chunk.iter().map(|notice| notice.id.clone()).collect();
    let there: BTreeMap<String, String> =
        store::banks::recall_hashes(write.tx(), &loaded.source, &numbers).await?.into_iter().collect();
    let mut rows: BTreeMap<String, RecallRow> = BTreeMap::new();
    let (mut added, mut changed) = (0, 0);
    for notice in chunk {
        let text = store::to_json(&keep(notice))?;
        let hash = super::sketch::digest(&text);
        match there.get(&notice.id) {
            Some(known) if *known == hash => {
                loaded.unchanged += 1;
                continue;
            }
            Some(_) => changed += 1,
            None => added += 1,
        }
        let row = RecallRow {
            id: write.new_id(),
            source: notice.source.clone(),
            number: notice.id.chars().take(190).collect(),
            published: notice.date.chars().take(40).collect(),
            product: notice.product.clone(),
            brand: notice.brands.join(", "),
            model: notice.models.join(", "),
            barcode: notice.gtins.iter().chain(&notice.other_codes).cloned().collect::<Vec<_>>().join(", "),
            content_hash: hash,
            notice: text,
            loaded_at: write.now(),
        };
        rows.insert(row.number.clone(), row);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<RecallRow> = rows.into_values().collect();
    store::banks::put_recalls(write.tx(), &rows).await?;
    store::banks::touch(write.tx(), BANK, &write.new_id()).await?;
    let act = Act::new("recalls.loaded", "bank", BANK)
        .public("source", loaded.source.as_str())
        .public("added", added)
        .public("changed", changed);
    write.act(act).await?;
    write.commit().await?;
    loaded.added += added;
    loaded.changed += changed;
    Ok(())
}

/// One page of notices, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(
    kernel: &Kernel,
    actor: &Actor,
    source: Option<&str>,
    search: Option<&str>,
    paging: &Paging,
) -> Result<Page<RecallRow>> {
    actor.require(Permission::ListingsRead)?;
    store::banks::recalls_page(kernel.db().read(), source, search, paging).await
}

/// The newest bank and the revision it was read at.
#[derive(Default)]
struct Newest(ArcSwap<(String, Arc<RecallBank>)>);

/// The bank as it stands now.
pub(crate) async fn current(kernel: &Kernel) -> Result<Arc<RecallBank>> {
    let revision = store::banks::revision(kernel.db().read(), BANK).await?;
    let newest = kernel.memory::<Newest>();
    let held = newest.0.load();
    if held.0 == revision {
        return Ok(Arc::clone(&held.1));
    }
    let mut bank = RecallBank::default();
    let mut after = String::new();
    while !revision.is_empty() && bank.len() < NOTICES_MAX {
        let rows = store::banks::recalls_after(kernel.db().read(), &after, READ_ROWS).await?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.id);
        for row in rows {
            let kept: Kept = serde_json::from_str(&row.notice).map_err(Problem::internal)?;
            bank.add(notice_of(kept));
        }
    }
    let bank = Arc::new(bank);
    newest.0.store(Arc::new((revision, Arc::clone(&bank))));
    Ok(bank)
}
