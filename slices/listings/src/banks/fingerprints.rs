//! Keeping the fingerprint bank: goods that were refused or removed go in, people may take an entry out.

use super::index::{BANK, gtin_key};
use super::sketch::Sketch;
use super::{Fingerprint, FingerprintKind};
use crate::model::Version;
use crate::store;
use ground::limits::NOTE_CHARS_MAX;
use ground::{Fault, Problem};
use kernel::{Act, Actor, Kernel, Page, Paging, Permission, Result, Write};
use screening::{Finding, Mode, Severity};

/// Whether a finding is of the kind whose goods nobody may list again.
pub fn is_banning(finding: &Finding) -> bool {
    finding.mode == Mode::On && (finding.zero_tolerance || finding.severity == Severity::Severe)
}

/// Puts the goods of a version into the bank. A version that is there already is not added twice.
pub(crate) async fn ban(
    write: &mut Write,
    version: &Version,
    reason: &str,
    rules: &[String],
    act_id: &str,
) -> Result<()> {
    if store::banks::has_version(write.tx(), &version.listing_id, &version.id).await? {
        return Ok(());
    }
    let content = &version.content;
    let mut values: Vec<(FingerprintKind, String)> = Vec::new();
    values.extend(Sketch::of(content).map(|sketch| (FingerprintKind::Text, sketch.to_text())));
    values.extend(gtin_key(&content.gtin).map(|gtin| (FingerprintKind::Gtin, gtin)));
    values.extend(
        content
            .images
            .iter()
            .filter(|image| !image.hash.is_empty())
            .map(|image| (FingerprintKind::Image, image.hash.clone())),
    );
    let files = content.documents.iter().filter(|document| !document.sha256.is_empty());
    values.extend(files.map(|document| (FingerprintKind::Document, document.sha256.clone())));
    if values.is_empty() {
        return Ok(());
    }
    let all: Vec<Fingerprint> = values
        .into_iter()
        .map(|(kind, value)| Fingerprint {
            id: write.new_id(),
            kind,
            value,
            title: content.title.clone(),
            listing_id: version.listing_id.clone(),
            version_id: version.id.clone(),
            merchant_id: version.merchant_id.clone(),
            reason: reason.to_owned(),
            rules: rules.iter().take(50).cloned().collect(),
            active: true,
            created_at: write.now(),
            act_id: act_id.to_owned(),
            removed_at: None,
            removed_act_id: None,
        })
        .collect();
    store::banks::add_fingerprints(write.tx(), &all).await?;
    store::banks::touch(write.tx(), BANK, &write.new_id()).await
}

/// One page of the bank, newest first.
///
/// # Errors
/// `forbidden`.
pub async fn list(
    kernel: &Kernel,
    actor: &Actor,
    kind: Option<FingerprintKind>,
    active: Option<bool>,
    paging: &Paging,
) -> Result<Page<Fingerprint>> {
    actor.require(Permission::ListingsRead)?;
    store::banks::fingerprints_page(kernel.db().read(), kind, active, paging).await
}

/// Takes an entry (or, with `whole`, all entries of the same goods) out of the bank: act `bank.fingerprint_removed`.
/// It stays visible, and no longer catches.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input` without a reason.
pub async fn remove(kernel: &Kernel, actor: &Actor, id: &str, whole: bool, reason: &str) -> Result<u64> {
    actor.require(Permission::ListingsDecide)?;
    let length = reason.trim().chars().count();
    if length == 0 || length > NOTE_CHARS_MAX {
        return Err(Problem::invalid(vec![Fault::field("reason", "listings-fault-reasons")]));
    }
    let mut write = kernel.begin(actor).await?;
    let entry = store::banks::fingerprint(write.tx(), id).await?.ok_or_else(Problem::not_found)?;
    let act = Act::new("bank.fingerprint_removed", "fingerprint", id)
        .about("listing", &entry.listing_id)
        .about("merchant", &entry.merchant_id)
        .public("by", entry.kind.name())
        .public("whole", whole)
        .private("reason", reason.trim());
    let act_id = write.act(act).await?;
    let (one, all) = if whole { (None, Some(entry.version_id.as_str())) } else { (Some(id), None) };
    let removed = store::banks::remove_fingerprints(write.tx(), one, all, &act_id, write.now()).await?;
    if removed == 0 {
        return Ok(0);
    }
    store::banks::touch(write.tx(), BANK, &write.new_id()).await?;
    write.commit().await?;
    Ok(removed)
}
