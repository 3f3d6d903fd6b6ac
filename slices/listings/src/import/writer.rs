//! Products to listings: one transaction a batch, which holds the rows, their report and the checkpoint.

use super::record::{Item, Product};
use super::{Import, Reason, RowReport, RowStatus};
use crate::error::Error;
use crate::model::{Listing, Version};
use crate::state::{Event, State, VersionState};
use crate::store;
use crate::versions::{self, New};
use kernel::{Act, Actor, Kernel, Result, Write};
use std::collections::{HashMap, HashSet};

/// Items written in one transaction.
pub(crate) const BATCH_ITEMS: usize = 200;
/// Times a batch is planned again when somebody else changed one of its listings meanwhile.
const TRIES_MAX: usize = 3;

/// What a batch is about to do.
#[derive(Default)]
struct Plan {
    reports: Vec<RowReport>,
    created: Vec<(Listing, Version)>,
    revised: Vec<Revision>,
    handed_in: Vec<(Listing, Version)>,
    prices: Vec<(String, Vec<(String, i64)>)>,
}

struct Revision {
    listing: Listing,
    latest: Version,
    version: Version,
}

/// Writes a batch of items whose numbers differ, and moves the checkpoint to the last one. Returns the import as it now
/// stands. `progress` carries what the reader knows (bytes, lines, skipped lines, total).
pub(crate) async fn write_batch(
    kernel: &Kernel,
    import: &Import,
    progress: &Import,
    items: &[(u64, Item)],
) -> Result<Import> {
    let mut tries = 0;
    loop {
        tries += 1;
        let plan = plan(kernel, import, items).await?;
        match write(kernel, import, progress, items, plan).await {
            Err(problem) if tries < TRIES_MAX && matches!(problem.code.code, "listing_stale" | "stale") => {}
            done => return done,
        }
    }
}

/// Splits items so that no batch names a product twice: the later row then sees what the earlier one wrote.
pub(crate) fn batches(items: Vec<(u64, Item)>) -> Vec<Vec<(u64, Item)>> {
    let mut batches = vec![Vec::new()];
    let mut seen: HashSet<String> = HashSet::new();
    for (position, item) in items {
        if let Item::Product(product) = &item
            && !seen.insert(product.external_id.clone())
        {
            seen.clear();
            seen.insert(product.external_id.clone());
            batches.push(Vec::new());
        }
        if let Some(last) = batches.last_mut() {
            last.push((position, item));
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

async fn plan(kernel: &Kernel, import: &Import, items: &[(u64, Item)]) -> Result<Plan> {
    let numbers: Vec<String> = items
        .iter()
        .filter_map(|(_, item)| match item {
            Item::Product(product) => Some(product.external_id.clone()),
            Item::Refused { .. } => None,
        })
        .collect();
    let db = kernel.db().read();
    let there: HashMap<String, Listing> = store::listings::by_external_ids(db, &import.merchant_id, &numbers)
        .await?
        .into_iter()
        .map(|listing| (listing.external_id.clone(), listing))
        .collect();
    let ids: Vec<String> = there.values().map(|listing| listing.latest_version_id.clone()).collect();
    let latest: HashMap<String, Version> =
        store::versions::get_all(db, &ids).await?.into_iter().map(|version| (version.id.clone(), version)).collect();
    let mut plan = Plan::default();
    for (position, item) in items {
        match item {
            Item::Refused { line, external_id, reasons } => plan.reports.push(RowReport {
                position: *position,
                line: *line,
                external_id: external_id.clone(),
                status: RowStatus::Refused,
                listing_id: None,
                reasons: reasons.clone(),
            }),
            Item::Product(product) => {
                let listing = there.get(&product.external_id);
                let version = listing.and_then(|listing| latest.get(&listing.latest_version_id));
                plan.add(kernel, import, *position, product, listing.zip(version));
            }
        }
    }
    Ok(plan)
}

impl Plan {
    fn add(
        &mut self,
        kernel: &Kernel,
        import: &Import,
        position: u64,
        product: &Product,
        there: Option<(&Listing, &Version)>,
    ) {
        let mut report = RowReport {
            position,
            line: product.line,
            external_id: product.external_id.clone(),
            status: RowStatus::Created,
            listing_id: there.map(|(listing, _)| listing.id.clone()),
            reasons: Vec::new(),
        };
        let state = if import.screen { VersionState::Submitted } else { VersionState::Draft };
        match there {
            None => {
                let new = New {
                    merchant_id: import.merchant_id.clone(),
                    market: import.market.clone(),
                    external_id: product.external_id.clone(),
                    content: product.content.clone(),
                    source_at: product.source_at,
                };
                let (listing, version) =
                    versions::first_version(|| kernel.new_id(), new, &import.created_by, kernel.now(), state);
                report.listing_id = Some(listing.id.clone());
                self.prices.push((listing.id.clone(), product.days.clone()));
                self.created.push((listing, version));
            }
            Some((listing, _)) if listing.state == State::Removed => {
                report.status = RowStatus::Refused;
                report.reasons.push(Reason::new("", "listings-row-removed"));
            }
            Some((listing, _)) if product.source_at.zip(listing.source_at).is_some_and(|(new, old)| new < old) => {
                report.status = RowStatus::Unchanged;
                report.reasons.push(Reason::new("", "listings-row-older"));
            }
            Some((listing, version)) if version.content_hash == product.content.hash() => {
                report.status = RowStatus::Unchanged;
                if import.screen && version.state == VersionState::Draft {
                    self.handed_in.push((listing.clone(), version.clone()));
                }
                self.prices.push((listing.id.clone(), product.days.clone()));
            }
            Some((listing, latest)) => {
                report.status = RowStatus::Updated;
                let version = versions::version_of(
                    kernel.new_id(),
                    &listing.id,
                    &listing.merchant_id,
                    &listing.market,
                    listing.latest_number + 1,
                    product.content.clone(),
                    &import.created_by,
                    kernel.now(),
                    state,
                );
                let listing = Listing { source_at: product.source_at.or(listing.source_at), ..listing.clone() };
                self.prices.push((listing.id.clone(), product.days.clone()));
                self.revised.push(Revision { listing, latest: latest.clone(), version });
            }
        }
        self.reports.push(report);
    }
}

async fn write(
    kernel: &Kernel,
    import: &Import,
    progress: &Import,
    items: &[(u64, Item)],
    plan: Plan,
) -> Result<Import> {
    let mut next = Import {
        bytes_read: progress.bytes_read,
        lines_read: progress.lines_read,
        rows_total: progress.rows_total,
        skipped: progress.skipped.clone(),
        rows_done: items.last().map_or(import.rows_done, |(position, _)| *position),
        ..import.clone()
    };
    for report in &plan.reports {
        match report.status {
            RowStatus::Created => next.created += 1,
            RowStatus::Updated => next.updated += 1,
            RowStatus::Unchanged => next.unchanged += 1,
            RowStatus::Refused => next.refused += 1,
        }
    }
    let acts = import.screen && !(plan.created.is_empty() && plan.revised.is_empty() && plan.handed_in.is_empty());
    if acts {
        let mut write = kernel.begin(&Actor::system("import")).await?;
        rows(&plan, write.tx(), import, &next, kernel).await?;
        hand_in(&mut write, import, &plan).await?;
        write.commit().await?;
        kernel.wake(crate::runs::JOB);
    } else {
        // Drafts ask nobody anything: they need no act.
        let tx = kernel.db().write_tx().await?;
        rows(&plan, &tx, import, &next, kernel).await?;
        tx.commit().await.map_err(db::Error::from)?;
    }
    Ok(next)
}

async fn rows(plan: &Plan, tx: &db::Tx, import: &Import, next: &Import, kernel: &Kernel) -> Result<()> {
    if !store::imports::advance(tx, import, next, kernel.now()).await? {
        return Err(ground::Problem::new(&crate::error::IMPORT_RUNNING));
    }
    let listings = plan
        .created
        .iter()
        .map(|(listing, version)| {
            store::listings::row(listing, &version.content.brand, &versions::gtin_of(&version.content))
        })
        .collect();
    store::listings::insert(tx, listings).await?;
    let fresh: Vec<Version> = plan.created.iter().map(|(_, version)| version.clone()).collect();
    store::versions::insert(tx, &fresh).await?;
    for revision in &plan.revised {
        let state = if import.screen { after_submit(&revision.listing)? } else { revision.listing.state };
        versions::add_version(tx, &revision.listing, &revision.latest, &revision.version, state).await?;
    }
    store::listings::set_all_prices(tx, &plan.prices).await?;
    store::imports::add_rows(tx, &import.id, &plan.reports).await
}

fn after_submit(listing: &Listing) -> Result<State> {
    listing.state.after(Event::Submit).ok_or_else(|| Error::Stale.into())
}

/// Hands in what was written, with its acts.
async fn hand_in(write: &mut Write, import: &Import, plan: &Plan) -> Result<()> {
    for (listing, version) in &plan.created {
        let act = about(versions::submitted_act(listing, &version.id, version.number, &[]), import);
        write.act(act).await?;
    }
    for revision in &plan.revised {
        let replaced = versions::supersede_undecided(write, &revision.listing, &revision.version.id).await?;
        let act = versions::submitted_act(&revision.listing, &revision.version.id, revision.version.number, &replaced);
        write.act(about(act, import)).await?;
    }
    for (listing, version) in &plan.handed_in {
        versions::submit_in(write, &listing.id, &version.id).await?;
    }
    Ok(())
}

fn about(act: Act, import: &Import) -> Act {
    act.about("import", &import.id).public("requested_by", import.created_by.as_str())
}
