//! What a screening does: the run, its facts, its act and the change of state, in one transaction.

use super::KeptFacts;
use crate::banks::fingerprints;
use crate::decide;
use crate::model::{Cause, Listing, Run, RunKind, Version, decision_name, worst_of};
use crate::shelf;
use crate::state::{Event, State, VersionState};
use crate::store;
use crate::store::pictures::PictureUse;
use crate::store::runs::StoredFacts;
use kernel::{Act, Actor, Kernel, Result, Write};
use screening::{Decision, Finding, Mode, Report, Severity};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Rules named in an act at most; all findings stand in the run.
const ACT_RULES_MAX: usize = 40;

/// A version and what came of judging it.
pub(crate) struct Judged {
    pub version: Version,
    pub report: Report,
    pub kept: KeptFacts,
    pub kind: RunKind,
}

/// The rules whose findings count, worst first, each once.
pub(crate) fn counting_rules(findings: &[Finding]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let counting = findings.iter().filter(|finding| finding.mode == Mode::On);
    counting.map(|finding| finding.rule.clone()).filter(|rule| seen.insert(rule.clone())).collect()
}

pub(crate) fn is_severe(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.mode == Mode::On && finding.severity == Severity::Severe)
}

/// Writes first screenings. A version that moved on meanwhile (superseded, screened by another worker) is left alone.
pub(crate) async fn write_batch(kernel: &Kernel, actor: &Actor, judged: &[Judged]) -> Result<u64> {
    let mut write = kernel.begin(actor).await?;
    let mut done = 0;
    let mut dropped = Vec::new();
    for one in judged {
        let Some(version) = store::versions::get(write.tx(), &one.version.id).await? else { continue };
        if version.state != VersionState::Screening {
            continue;
        }
        let Some(listing) = store::listings::get(write.tx(), &version.listing_id).await? else { continue };
        if listing.state == State::Removed {
            dropped.push(version.id);
            continue;
        }
        first(kernel, &mut write, listing, version, one).await?;
        done += 1;
    }
    if done > 0 {
        write.commit().await?;
    }
    if !dropped.is_empty() {
        // Goods were removed while a version of them waited: it is never decided, and that is no decision.
        let tx = kernel.db().write_tx().await?;
        for id in &dropped {
            store::versions::set_state(&tx, id, VersionState::Screening, VersionState::Superseded, kernel.now(), None)
                .await?;
        }
        tx.commit().await.map_err(db::Error::from)?;
    }
    Ok(done)
}

async fn first(kernel: &Kernel, write: &mut Write, listing: Listing, version: Version, judged: &Judged) -> Result<()> {
    let findings = &judged.report.findings;
    let act_id = write.act(screened_act("listing.screened", &listing, &version, &judged.report)).await?;
    record(write, &version, judged, &act_id).await?;
    let mut now = Listing {
        decision: Some(judged.report.decision),
        findings: findings.iter().filter(|finding| finding.mode == Mode::On).count() as u32,
        worst: worst_of(findings),
        updated_at: write.now(),
        ..listing.clone()
    };
    // The listing may still stand at "submitted" where a newer draft was written meanwhile.
    if now.state == State::Submitted {
        now.state = State::Screening;
    }
    if now.latest_version_id == version.id {
        now.latest_state = VersionState::Screening;
    }
    let listing_read = listing;
    shelf::keep(write, &listing_read, &now).await?;
    let rules = counting_rules(findings);
    let by = write.actor().id.clone();
    let now = match judged.report.decision {
        Decision::Pass => {
            decide::pass(kernel, write, &now, &version, &by, &act_id).await?;
            return Ok(());
        }
        Decision::Review => review(write, &now, &version, &rules, false).await?,
        Decision::Reject => {
            let act = Act::new("listing.rejected", "listing", &now.id)
                .about("listing_version", &version.id)
                .about("merchant", &now.merchant_id)
                .public("version", version.id.as_str())
                .outcome("reject")
                .policy(&now.market, &pack_of(&judged.report));
            let rejected = write.act(rules.iter().take(ACT_RULES_MAX).fold(act, |act, rule| act.reason(rule))).await?;
            let next = decide::reject(write, &now, &version, &by, &rejected, &rules).await?;
            if findings.iter().any(fingerprints::is_banning) {
                fingerprints::ban(write, &version, "rejected", &rules, &rejected).await?;
            }
            next
        }
    };
    // A severe finding does not wait: what is on sale of the same listing leaves the shelf at once.
    if is_severe(findings) && now.on_sale_version_id.is_some() {
        shelf::hold(write, &now, Cause::Screening, &version.id, &rules, "").await?;
    }
    Ok(())
}

/// Sends a version to a person. `again`: it passed before, and a changed policy asks.
pub(crate) async fn review(
    write: &mut Write,
    listing: &Listing,
    version: &Version,
    rules: &[String],
    again: bool,
) -> Result<Listing> {
    let act = Act::new("listing.review_requested", "listing", &listing.id)
        .about("listing_version", &version.id)
        .about("merchant", &listing.merchant_id)
        .public("version", version.id.as_str())
        .public("category", listing.category.as_str())
        .public("market", listing.market.as_str())
        .public("worst", u64::from(listing.worst))
        .public("again", again);
    write.act(rules.iter().take(ACT_RULES_MAX).fold(act, |act, rule| act.reason(rule))).await?;
    if again {
        return Ok(listing.clone());
    }
    let moved = store::versions::set_state(
        write.tx(),
        &version.id,
        VersionState::Screening,
        VersionState::InReview,
        write.now(),
        None,
    )
    .await?;
    if !moved {
        return Err(crate::error::Error::Stale.into());
    }
    let mut next = Listing { state: shelf::next_state(listing, Event::Review, "review")?, ..listing.clone() };
    if next.latest_version_id == version.id {
        next.latest_state = VersionState::InReview;
    }
    shelf::keep(write, listing, &next).await?;
    Ok(next)
}

pub(crate) fn pack_of(report: &Report) -> String {
    report.packs.first().map(|pack| pack.version.clone()).unwrap_or_default()
}

/// The act of a screening: what was decided by which pack, on how many findings, with a hash of all of them.
pub(crate) fn screened_act(kind: &str, listing: &Listing, version: &Version, report: &Report) -> Act {
    let rules = counting_rules(&report.findings);
    let all = serde_json::to_vec(&report.findings).unwrap_or_default();
    let act = Act::new(kind, "listing", &listing.id)
        .about("listing_version", &version.id)
        .about("merchant", &listing.merchant_id)
        .policy(&listing.market, &pack_of(report))
        .outcome(decision_name(report.decision))
        .public("version", version.id.as_str())
        .public("content_sha256", version.content_hash.as_str())
        .public("findings", report.findings.len() as u64)
        .public("findings_sha256", hex::encode(Sha256::digest(&all)));
    rules.iter().take(ACT_RULES_MAX).fold(act, |act, rule| act.reason(rule))
}

/// Keeps the run, its facts and the uses of pictures.
pub(crate) async fn record(write: &Write, version: &Version, judged: &Judged, act_id: &str) -> Result<()> {
    let run = Run {
        id: write.new_id(),
        version_id: version.id.clone(),
        listing_id: version.listing_id.clone(),
        at: write.now(),
        pack_version: pack_of(&judged.report),
        decision: judged.report.decision,
        findings: judged.report.findings.clone(),
        cleared: judged.report.cleared.clone(),
        kind: judged.kind,
        act_id: act_id.to_owned(),
    };
    store::runs::insert(write.tx(), std::slice::from_ref(&run)).await?;
    store::versions::set_run(write.tx(), &version.id, &run.id).await?;
    let facts = StoredFacts {
        version_id: version.id.clone(),
        listing_id: version.listing_id.clone(),
        market: version.market.clone(),
        pack_version: run.pack_version.clone(),
        facts: store::to_json(&judged.kept)?,
    };
    store::runs::set_facts(write.tx(), std::slice::from_ref(&facts), write.now()).await?;
    let uses: Vec<PictureUse> = version
        .content
        .images
        .iter()
        .map(|image| PictureUse {
            id: write.new_id(),
            sha256: image.sha256.clone(),
            hash: image.hash.clone(),
            quality: image.quality,
            listing_id: version.listing_id.clone(),
            merchant_id: version.merchant_id.clone(),
        })
        .collect();
    store::pictures::add_uses(write.tx(), &uses, write.now()).await
}
